/* One answer of any ask of a source, from the fuzzer's bytes: the first two choose the
 * ask and the status, the rest is the body. Each target defines FUZZ_KIND first. */
#ifndef TESTS_FUZZ_SOURCE_H
#define TESTS_FUZZ_SOURCE_H

#include "base/alloc.h"
#include "base/str.h"
#include "connect/source.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int fuzz_ask(const struct source_kind *kind, void *state, int wanted)
{
	struct source_window window = {
		.from = 1000, .to = INT64_C(1700000000000), .step_ms = 60000};
	struct arena arena;
	int id = 0;

	arena_init(&arena, 1 << 20);
	for (int i = 0; i <= wanted; i++) {
		struct ask ask = {0};

		/* Time goes on: what waits for another answer does so in vain. */
		if (!kind->next(state, INT64_C(1700000000000) + i * 2000, &window, &arena,
			    &ask) ||
			ask.kind == ASK_WAIT)
			break;
		id = ask.id;
	}
	arena_release(&arena);
	return id;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int statuses[] = {200, 200, 200, 200, 400, 404, 422, 503};
	static const struct source_query queries[] = {
		{.name = "a", .expr = "up"}, {.name = "b", .expr = "x"}};
	const struct source_kind *kind = &FUZZ_KIND;
	struct source_conf conf = {.name = "f",
		.url = "http://f",
		.from = "me@f",
		.org = "f",
		.queries = queries,
		.query_count = 2,
		.every_ms = 5000,
		.timeout_ms = 4000,
		.seed = 1};
	struct answer answer = {.origin = "f", .now = INT64_C(1700000000000)};
	struct arena arena;
	struct batch batch;
	struct str out;
	struct err err = {0};
	void *state;

	if (n < 2)
		return 0;
	state = mem_new(1, kind->state_size);
	kind->start(state, &conf, &err);
	answer.id = fuzz_ask(kind, state, data[0] % 4);
	answer.status = statuses[data[1] % 8];
	answer.body = untrusted_make(data + 2, n - 2);
	arena_init(&arena, 16 << 20);
	batch_init(&batch, &arena);
	str_init(&out, 1 << 20);
	if (kind->take(state, &answer, &batch, &err))
		batch_print(&batch, &out);
	str_release(&out);
	arena_release(&arena);
	if (kind->stop)
		kind->stop(state);
	mem_free(state);
	return 0;
}

#endif
