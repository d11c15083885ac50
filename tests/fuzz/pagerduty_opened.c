/* An incident that is looked at at PagerDuty, with any answers to whatever is asked: each
 * line is a status and a body. No path has a control byte, entries are of that incident
 * or say of which, and what is asked for ends with each round. */
#include "base/alloc.h"
#include "base/str.h"
#include "connect/source.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ASKS_MOST = 60 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(const struct batch *batch)
{
	for (size_t i = 0; i < batch->entry_count; i++) {
		const struct batch_entry *e = &batch->entries[i];

		if (untrusted_empty(e->id) || untrusted_empty(e->incident) ||
			(int)e->kind < 0 || e->kind >= ENTRY_KIND_COUNT)
			abort();
	}
	if (batch->opened && !untrusted_is(batch->opened->incident, "Q1"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int statuses[] = {200, 200, 200, 200, 402, 404, 429, 503};
	const struct source_conf conf = {
		.name = "f", .url = "http://f", .every_ms = 5000, .timeout_ms = 4000};
	const struct source_window window = {.opened = "Q1"};
	struct untrusted rest = untrusted_make(data, n), line;
	int64_t now = INT64_C(1700000000000);
	struct str out;
	struct err err = {0};
	void *state = mem_new(1, pagerduty_source.state_size);

	pagerduty_source.start(state, &conf, &err);
	for (int i = 0; i < ASKS_MOST; i++) {
		struct answer answer = {.origin = "f", .now = now};
		struct arena arena;
		struct batch batch;
		struct ask ask = {0};

		arena_init(&arena, 16 << 20);
		batch_init(&batch, &arena);
		str_init(&out, 1 << 20);
		now += 1000;
		if (pagerduty_source.next(state, now, &window, &arena, &ask) &&
			ask.kind == ASK_HTTP) {
			for (const char *c = ask.path; *c; c++)
				if ((unsigned char)*c <= ' ' || *c == '"')
					abort();
			answer.id = ask.id;
			answer.now = now;
			answer.status = 404;
			/* Only what it is asked for has the fuzzer's answers. */
			if (strstr(ask.path, "/incidents/Q1") &&
				untrusted_line(&rest, &line)) {
				answer.status = statuses[untrusted_hash(line) % 8];
				answer.body = line;
			}
			if (pagerduty_source.take(state, &answer, &batch, &err)) {
				check(&batch);
				batch_print(&batch, &out);
			}
		}
		str_release(&out);
		arena_release(&arena);
	}
	pagerduty_source.stop(state);
	mem_free(state);
	return 0;
}
