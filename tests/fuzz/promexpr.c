/* Expressions of any bytes: split and narrowed without a stumble; what could be read
 * can still be read when it was narrowed. */
#include "base/alloc.h"
#include "model/promexpr.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pair labels[] = {{untrusted_str("job"), untrusted_str("a\"b\\\n")},
		{untrusted_str("le"), untrusted_str("}{")}};
	char *copy = mem_dup(data, size);
	struct untrusted expr = untrusted_make(copy, size), narrowed;
	struct promexpr split, again;
	struct arena arena;
	bool read;

	arena_init(&arena, 16 << 20);
	read = promexpr_split(expr, &arena, &split);
	check(untrusted_size(split.value) <= size + 20);
	check(promexpr_op_text(split.op) != NULL);
	check((split.op == PROMEXPR_NONE) == isnan(split.constant));
	narrowed = promexpr_narrow(expr, labels, 2, &arena);
	if (read && !arena.full && untrusted_size(narrowed) <= PROMEXPR_MAX_BYTES)
		check(promexpr_split(narrowed, &arena, &again));
	if (!read)
		check(untrusted_eq(narrowed, expr));
	arena_release(&arena);
	mem_free(copy);
	return 0;
}
