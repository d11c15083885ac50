/* Any answers to what a reader of schedules asks (FUZZ_ROTA): each line is one, its
 * first byte the status. Every ask is one that can be sent, and what is given out is in
 * order. */
#include "base/alloc.h"
#include "base/str.h"
#include "connect/source.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { ASKS_MOST = 200 };

static void check_ask(const struct ask *ask)
{
	for (const char *c = ask->path; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == '"' || *c == '#')
			abort();
}

static void check_rotas(const struct batch *batch)
{
	for (size_t i = 0; i < batch->rota_count; i++) {
		const struct rota *rota = &batch->rotas[i];

		if (rota->count > ROTA_MAX_SHIFTS)
			abort();
		for (size_t k = 0; k < rota->count; k++) {
			const struct span *span = &rota->shifts[k].span;

			if (span->from_at >= span->until_at ||
				(k && rota->shifts[k - 1].span.from_at > span->from_at))
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int statuses[] = {200, 200, 200, 200, 402, 404, 429, 0};
	const struct source_kind *kind = FUZZ_ROTA;
	const struct source_conf conf = {.name = "f",
		.url = "http://f",
		.from = "me@f",
		.filter = FUZZ_FILTER,
		.org = "c1",
		.every_ms = 5000,
		.timeout_ms = 4000,
		.seed = 1};
	struct untrusted rest = untrusted_make(data, n), line;
	struct source_window window = {0};
	int64_t now = INT64_C(1700000000000);
	struct arena arena;
	struct str out;
	size_t at = 0;
	void *state = mem_new(1, kind->state_size);

	kind->start(state, &conf, NULL);
	arena_init(&arena, 16 << 20);
	str_init(&out, 4 << 20);
	for (int i = 0; i < ASKS_MOST; i++) {
		struct answer answer = {.origin = "f", .now = now};
		struct batch batch;
		struct ask ask = {0};
		struct err err = {0};

		arena_reset(&arena);
		arena.full = false;
		if (!kind->next(state, now, &window, &arena, &ask))
			abort();
		if (ask.kind == ASK_WAIT) {
			if (ask.until <= now)
				abort();
			now = ask.until;
			continue;
		}
		check_ask(&ask);
		if (!untrusted_line(&rest, &line) || untrusted_empty(line))
			break;
		at = untrusted_offset(untrusted_make(data, n), line);
		answer.id = ask.id;
		answer.status = statuses[data[at] % 8];
		answer.body = untrusted_slice(line, 1, SIZE_MAX);
		batch_init(&batch, &arena);
		if (kind->take(state, &answer, &batch, &err)) {
			check_rotas(&batch);
			str_reset(&out);
			batch_print(&batch, &out);
		}
		now += 50;
	}
	str_release(&out);
	arena_release(&arena);
	kind->stop(state);
	mem_free(state);
	return 0;
}
