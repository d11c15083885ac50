/* Answers about an incident's window: the first part of the input names the metrics that
 * are there, each other one, behind a byte 1, answers a question. Whatever they hold, it
 * becomes a capture that the rankers can look at. */
#include "analysis/rca.h"
#include "connect/signals.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void probe(struct signals *signals, struct untrusted part)
{
	struct query_body body = {.status = 200, .origin = "fuzz"};
	struct err err = {0};
	struct arena arena;
	struct batch batch;

	body.body = http_body_copy(part);
	arena_init(&arena, 4 << 20);
	batch_init(&batch, &arena);
	if (query_body_read(&body, &batch, &err))
		signals_found(signals, &batch);
	http_body_free(&body.body);
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct source_query query = {.name = "queue of orders", .expr = "q"};
	const struct signals_conf conf = {.queries = &query,
		.query_count = 1,
		.from = INT64_C(1700000000000),
		.to = INT64_C(1700003600000),
		.step_ms = 60000,
		.timeout_ms = 1000};
	struct untrusted rest = untrusted_make(data, size), part;
	struct rca_options options = {.at = INT64_C(1700003000000)};
	struct signals *signals = signals_new(&conf);
	struct signals_reader *reader;
	struct capture capture;

	capture_init(&capture);
	reader = signals_reader_new(&capture);
	if (untrusted_split(&rest, "\x01", &part))
		probe(signals, part);
	for (size_t i = 0;
		i < signals_count(signals) && untrusted_split(&rest, "\x01", &part);
		i++) {
		struct query_body body = {.status = 200, .origin = "fuzz"};
		struct err err = {0};

		body.body = http_body_copy(part);
		signals_read(reader, signals, i, "fuzz", &body, &err);
		http_body_free(&body.body);
	}
	signals_named(&capture, "orders: queue is full");
	signals_reader_free(reader);
	capture_settle(&capture);
	rca_free(rca_run(&capture, &options));
	capture_release(&capture);
	signals_free(signals);
	return 0;
}
