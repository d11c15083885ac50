/* What is asked of a server's metrics, and how its answers become series, edges and
 * names of nodes. */
#include "connect/signals.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FROM INT64_C(1700000040000)
#define STEP INT64_C(60000)

struct world {
	struct signals *signals;
	struct capture capture;
	struct signals_reader *reader;
	struct source_query query;
	const char *match;
};

static struct query_body body_of(int status, const char *text)
{
	struct query_body body = {.status = status, .origin = "prom:9090"};

	body.body = http_body_copy(untrusted_str(text));
	return body;
}

/* The answer to the probe names these metrics. */
static void begin(struct world *w, const char *const *metrics)
{
	struct signals_conf conf = {.queries = &w->query,
		.match = w->match,
		.query_count = w->query.name != NULL,
		.from = FROM,
		.to = FROM + 10 * STEP,
		.step_ms = STEP,
		.timeout_ms = 1000};
	struct query_body body;
	struct arena arena;
	struct batch batch;
	struct err err = {0};
	char text[4096] = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\","
			  "\"result\":[";

	for (size_t i = 0; metrics[i]; i++) {
		size_t n = strlen(text);

		snprintf(text + n, sizeof text - n,
			"%s{\"metric\":{\"metric\":\"%s\"},\"value\":[1,\"3\"]}",
			i ? "," : "", metrics[i]);
	}
	strcat(text, "]}}");
	w->signals = signals_new(&conf);
	capture_init(&w->capture);
	w->reader = signals_reader_new(&w->capture);
	arena_init(&arena, 1 << 20);
	batch_init(&batch, &arena);
	body = body_of(200, text);
	assert_true(query_body_read(&body, &batch, &err));
	signals_found(w->signals, &batch);
	http_body_free(&body.body);
	arena_release(&arena);
}

static void finish(struct world *w)
{
	signals_reader_free(w->reader);
	capture_release(&w->capture);
	signals_free(w->signals);
}

static bool give(struct world *w, size_t i, int status, const char *result)
{
	struct query_body body;
	struct err err = {0};
	char text[8192];
	bool ok;

	snprintf(text, sizeof text,
		"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\","
		"\"result\":[%s]}}",
		result);
	body = body_of(status, text);
	ok = signals_read(w->reader, w->signals, i, "prom", &body, &err);
	http_body_free(&body.body);
	return ok;
}

static double value_at(
	const struct capture *capture, const char *node, const char *metric, size_t i)
{
	const struct capture_series *s = capture_find(capture,
		graph_find(&capture->graph, untrusted_str(node)), untrusted_str(metric));

	return s && i < s->count ? s->points[i].value : NAN;
}

static bool calls(const struct capture *capture, const char *caller, const char *callee)
{
	uint32_t from = graph_find(&capture->graph, untrusted_str(caller));
	uint32_t to = graph_find(&capture->graph, untrusted_str(callee));

	for (size_t i = 0; i < capture->graph.edge_count; i++)
		if (capture->graph.edges[i].caller == from &&
			capture->graph.edges[i].callee == to)
			return true;
	return false;
}

static const char *const mesh[] = {"istio_requests_total", NULL};

#define EDGES                                                                            \
	"{\"metric\":{\"source_workload\":\"web-v1\",\"source_canonical_service\":"      \
	"\"web\",\"destination_service_name\":\"orders\",\"destination_workload\":"      \
	"\"orders-v2\"},\"value\":[1700000340,\"9\"]},"                                  \
	"{\"metric\":{\"source_workload\":\"orders-v2\",\"destination_service_name\":"   \
	"\"orders-db\",\"destination_workload\":\"unknown\"},\"value\":[1700000340,"     \
	"\"9\"]},"                                                                       \
	"{\"metric\":{\"source_workload\":\"orders-v2\",\"destination_service_name\":"   \
	"\"PassthroughCluster\"},\"value\":[1700000340,\"9\"]}"

static void test_edges(void **unused)
{
	struct world w = {0};

	(void)unused;
	begin(&w, mesh);
	assert_int_equal(signals_count(w.signals), 2);
	assert_int_equal(signals_at(w.signals, 0).step_ms, 0);
	assert_true(give(&w, 0, 200, EDGES));
	assert_true(calls(&w.capture, "web", "orders"));
	/* By its service, not by its workload. */
	assert_true(calls(&w.capture, "orders", "orders-db"));
	assert_int_equal(w.capture.graph.edge_count, 2);
	assert_true(untrusted_is(
		signals_node(w.reader, untrusted_str("orders-v2")), "orders"));
	assert_true(untrusted_is(
		signals_node(w.reader, untrusted_str("shop/orders-v2")), "orders"));
	assert_true(
		untrusted_is(signals_node(w.reader, untrusted_str("orders-db-exporter")),
			"orders-db"));
	assert_true(untrusted_is(
		signals_node(w.reader, untrusted_str("x-exporter")), "x-exporter"));
	finish(&w);
}

#define CODE(reporter, code, flags, value)                                               \
	"{\"metric\":{\"destination_service_name\":\"a\",\"reporter\":\"" reporter       \
	"\",\"response_code\":\"" code "\",\"response_flags\":\"" flags                  \
	"\"},\"values\":[[1700000040,\"" value "\"],[1700000100,\"" value "\"]]}"

/* All codes of five hundred are one sum; 0DC is kept apart; of both ends the larger. */
static void test_codes(void **unused)
{
	static const struct {
		const char *result;
		double requests, without_5xx, without_0dc; /* NAN: no such series */
	} rows[] = {
		{CODE("destination", "200", "-", "90") "," CODE("destination", "503", "-",
			 "9") "," CODE("destination", "500", "-", "1"),
			6000, 0.9, NAN},
		{CODE("destination", "200", "-", "75") "," CODE(
			 "destination", "0", "DC", "25"),
			6000, 1, 0.75},
		/* No answer came, and nobody hung up. */
		{CODE("destination", "200", "-", "50") "," CODE(
			 "destination", "0", "UF", "50"),
			6000, 0.5, NAN},
		/* What never reached it, only its callers know. */
		{CODE("destination", "200", "-", "50") "," CODE("source", "200", "-",
			 "50") "," CODE("source", "503", "UH", "50"),
			6000, 0.5, NAN},
		{CODE("destination", "404", "-", "10"), 600, 1, NAN},
		/* Once in a while somebody hangs up. */
		{CODE("destination", "200", "-", "999") "," CODE(
			 "destination", "0", "DC", "1"),
			60000, 1, NAN},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct world w = {0};
		double cut;

		begin(&w, mesh);
		assert_true(give(&w, 1, 200, rows[i].result));
		assert_true(fabs(value_at(&w.capture, "a", "requests", 0) -
				    rows[i].requests) < 1e-6);
		assert_true(fabs(value_at(&w.capture, "a", "success without 5xx", 1) -
				    rows[i].without_5xx) < 1e-9);
		cut = value_at(&w.capture, "a", "success without 0DC", 0);
		assert_int_equal(isnan(cut), isnan(rows[i].without_0dc));
		if (!isnan(cut))
			assert_true(fabs(cut - rows[i].without_0dc) < 1e-9);
		finish(&w);
	}
}

static void test_asked(void **unused)
{
	const struct capture_series *s;
	struct world w = {0};

	(void)unused;
	begin(&w, mesh);
	assert_true(give(&w, 1, 200, CODE("destination", "200", "-", "9")));
	s = capture_find(&w.capture, graph_find(&w.capture.graph, untrusted_str("a")),
		untrusted_str("requests"));
	assert_non_null(s);
	/* It says how to ask for just that, over two steps. */
	assert_true(
		untrusted_find(s->asked, "{destination_service_name=\"a\",}[120s]") > 0);
	assert_null(strchr(signals_at(w.signals, 1).expr, '$'));
	assert_int_equal(signals_at(w.signals, 1).step_ms, STEP);
	assert_int_equal(signals_at(w.signals, 1).from % STEP, 0);
	finish(&w);
}

static void test_match(void **unused)
{
	struct world w = {.match = "namespace=\"shop\""};

	(void)unused;
	begin(&w, mesh);
	assert_non_null(
		strstr(signals_probe(w.signals).expr, "{namespace=\"shop\",__name__=~"));
	for (size_t i = 0; i < signals_count(w.signals); i++)
		assert_non_null(strstr(signals_at(w.signals, i).expr,
			"istio_requests_total{namespace=\"shop\",}["));
	finish(&w);
}

/* The worst of a node's instances; what its callers see only without its own word. */
static void test_values(void **unused)
{
	static const char *const metrics[] = {
		"istio_request_duration_milliseconds_bucket", "pg_stat_activity_count",
		NULL};
	struct world w = {0};

	(void)unused;
	begin(&w, metrics);
	assert_int_equal(signals_count(w.signals), 2);
	assert_true(give(&w, 0, 200,
		"{\"metric\":{\"destination_service_name\":\"a\",\"reporter\":\"source\"}"
		","
		"\"values\":[[1700000040,\"900\"]]},"
		"{\"metric\":{\"destination_service_name\":\"a\",\"reporter\":"
		"\"destination\"},\"values\":[[1700000040,\"40\"],[1700000100,\"NaN\"]]},"
		"{\"metric\":{\"destination_service_name\":\"b\",\"reporter\":\"source\"}"
		","
		"\"values\":[[1700000040,\"7\"]]},"
		"{\"metric\":{\"reporter\":\"source\"},\"values\":[[1700000040,\"7\"]]"
		"}"));
	assert_true(give(&w, 1, 200,
		"{\"metric\":{\"instance\":\"db-1:9187\"},\"values\":[[1700000040,\"0."
		"2\"]]},"
		"{\"metric\":{\"service\":\"a-exporter\",\"instance\":\"x:1\"},"
		"\"values\":"
		"[[1700000040,\"0.2\"]]},"
		"{\"metric\":{\"service\":\"a-exporter\",\"instance\":\"y:1\"},"
		"\"values\":"
		"[[1700000040,\"0.9\"]]}"));
	assert_true(value_at(&w.capture, "a", "latency p95 (ms)", 0) == 40);
	assert_true(isnan(value_at(&w.capture, "a", "latency p95 (ms)", 1)));
	assert_true(value_at(&w.capture, "b", "latency p95 (ms)", 0) == 7);
	assert_true(value_at(&w.capture, "db-1", "connections percent", 0) == 20);
	assert_true(value_at(&w.capture, "a", "connections percent", 0) == 90);
	finish(&w);
}

/* What another source has told of a node is not told again. */
static void test_query(void **unused)
{
	static const char *const none[] = {NULL};
	struct world w = {.query = {.name = "Orders backlog", .expr = "sum(x)"}};
	struct query_ask ask;

	(void)unused;
	begin(&w, none);
	assert_int_equal(signals_count(w.signals), 1);
	ask = signals_at(w.signals, 0);
	assert_string_equal(ask.expr, "sum(x)");
	capture_add_edge(&w.capture, untrusted_str("web"), untrusted_str("orders"));
	capture_add_edge(&w.capture, untrusted_str("web"), untrusted_str("or"));
	assert_true(give(&w, 0, 200,
		"{\"metric\":{},\"values\":[[1700000040,\"5\"],[1600000000,\"5\"]]}"));
	assert_true(value_at(&w.capture, "orders", "Orders backlog", 0) == 5);
	/* What is not of the window is left out. */
	assert_true(isnan(value_at(&w.capture, "orders", "Orders backlog", 1)));
	finish(&w);
}

static void test_named(void **unused)
{
	static const struct {
		const char *words, *node;
	} rows[] = {
		{"checkout: is slow", "checkout"},
		{"Checkout-DB is full", "checkout-db"},
		{"webhooks fail", ""},
		{"the web is gone", "web"},
		{"", ""},
	};
	struct capture capture;

	(void)unused;
	capture_init(&capture);
	graph_node(&capture.graph, untrusted_str("web"));
	graph_node(&capture.graph, untrusted_str("checkout"));
	graph_node(&capture.graph, untrusted_str("checkout-db"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_true(untrusted_is(
			signals_named(&capture, rows[i].words), rows[i].node));
	capture_release(&capture);
}

static void test_refused(void **unused)
{
	struct world w = {0};
	struct query_body body = body_of(200,
		"{\"status\":\"success\",\"warnings\":[\"a shard is away\"],"
		"\"isPartial\":true,\"data\":{\"resultType\":\"matrix\",\"result\":[]}}");
	struct err err = {0};

	(void)unused;
	begin(&w, mesh);
	assert_false(give(&w, 1, 503, ""));
	assert_true(signals_read(w.reader, w.signals, 1, "prom", &body, &err));
	assert_int_equal(w.capture.missing_count, 1);
	assert_non_null(strstr(w.capture.missing[0], "partial"));
	http_body_free(&body.body);
	finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
