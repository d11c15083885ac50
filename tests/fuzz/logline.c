/* Log lines of any bytes: the parts are views into the line, and no more than it. */
#include "base/alloc.h"
#include "base/text.h"
#include "model/logline.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void within(struct untrusted part, struct untrusted whole)
{
	size_t n, m;
	const char *p = text_raw(part, &n), *w = text_raw(whole, &m);

	check(!n || (p >= w && p + n <= w + m));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = mem_dup(data, size);
	struct untrusted line = untrusted_make(copy, size);
	struct logline out;

	logline_parse(line, 1795271521250, &out);
	within(out.host, line);
	within(out.unit, line);
	within(out.text, line);
	check(out.level <= LEVEL_FATAL && level_name(out.level));
	check(level_guess(line) <= LEVEL_FATAL);
	mem_free(copy);
	return 0;
}
