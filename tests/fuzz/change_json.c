/* The body of a webhook, any bytes: it is refused with a sentence, or each change that
 * comes of it has an id and words. */
#include "connect/change_json.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct change_origin origin = {.prefix = "f",
		.name = untrusted_str("a.json"),
		.service = untrusted_str("s"),
		.at = 1000};
	struct arena arena;
	struct batch batch;
	struct err err = {0};
	bool ok;

	arena_init(&arena, 8 << 20);
	batch_init(&batch, &arena);
	ok = change_json_read(untrusted_make(data, size), &origin, &batch, &err);
	if (ok ? !batch.change_count : !err.text[0])
		abort();
	for (size_t i = 0; i < batch.change_count; i++)
		if (!untrusted_starts(batch.changes[i].id, "f/") ||
			untrusted_empty(batch.changes[i].summary))
			abort();
	arena_release(&arena);
	return 0;
}
