/* Answers of Loki. The first two bytes choose the ask and the status; what is read of the
 * body is read twice, as pages overlap. */
#include "base/alloc.h"
#include "base/str.h"
#include "connect/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const int64_t now = INT64_C(1700000000000);

static bool turn(void *state, int status, struct untrusted body)
{
	struct source_window window = {.from = 1000, .to = now};
	struct answer answer = {
		.status = status, .origin = "f", .body = body, .now = now};
	struct ask ask = {0};
	struct arena arena;
	struct batch batch;
	struct str out;
	struct err err = {0};

	arena_init(&arena, 8 << 20);
	if (!loki_source.next(state, now, &window, &arena, &ask) ||
		ask.kind == ASK_WAIT) {
		arena_release(&arena);
		return false;
	}
	answer.id = ask.id;
	batch_init(&batch, &arena);
	if (loki_source.take(state, &answer, &batch, &err)) {
		str_init(&out, 1 << 20);
		batch_print(&batch, &out);
		str_release(&out);
	} else if (!err.kind) {
		__builtin_trap();
	}
	arena_release(&arena);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int statuses[] = {200, 200, 200, 400, 429, 504};
	static const struct source_conf conf = {.name = "f",
		.url = "http://f",
		.query = "{app=\"f\"}",
		.every_ms = 5000,
		.timeout_ms = 4000,
		.seed = 1};
	struct untrusted body;
	void *state;
	struct err err = {0};

	if (n < 2)
		return 0;
	state = mem_new(1, loki_source.state_size);
	if (!loki_source.start(state, &conf, &err))
		__builtin_trap();
	body = untrusted_make(data + 2, n - 2);
	if (data[0] % 2)
		turn(state, 200, untrusted_str("{\"bytes\":1}"));
	for (int i = 0; i < 4 && turn(state, statuses[data[1] % 6], body); i++)
		;
	mem_free(state);
	return 0;
}
