/* Answers of kubernetes: the bytes as a list, then as a watch that goes on from it. The
 * first byte chooses the kind of object. */
#include "base/alloc.h"
#include "base/str.h"
#include "connect/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void take(void *state, int id, struct untrusted body)
{
	struct answer answer = {.id = id,
		.status = 200,
		.origin = "f",
		.body = body,
		.now = INT64_C(1700000000000)};
	struct arena arena;
	struct batch batch;
	struct str out;
	struct err err = {0};

	arena_init(&arena, 8 << 20);
	batch_init(&batch, &arena);
	if (kubernetes_source.take(state, &answer, &batch, &err)) {
		str_init(&out, 1 << 20);
		batch_print(&batch, &out);
		str_release(&out);
	}
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct source_conf conf = {.name = "f",
		.url = "http://f",
		.every_ms = 5000,
		.timeout_ms = 4000,
		.seed = 1};
	void *state;
	struct err err = {0};
	struct untrusted body;

	if (n < 1)
		return 0;
	state = mem_new(1, kubernetes_source.state_size);
	if (!kubernetes_source.start(state, &conf, &err))
		__builtin_trap();
	body = untrusted_make(data + 1, n - 1);
	take(state, data[0] % 7, body);
	take(state, data[0] % 7,
		untrusted_str("{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":"
			      "\"1\"},\"items\":[]}"));
	take(state, data[0] % 7, body);
	kubernetes_source.stop(state);
	mem_free(state);
	return 0;
}
