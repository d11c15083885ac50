/* The Prometheus source as a state machine: what it asks, how it finds the guilty
 * expression, and that large matrices read from the text equal small ones read from
 * the tree. */
#include "base/alloc.h"
#include "base/str.h"
#include "connect/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { QUERIES = 22, MOST_ASKS = 64 };

static const char refusal[] =
	"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":"
	"\"parse error here\"}";
static const char nothing[] =
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\","
	"\"result\":[]}}";
static const char rules[] = "{\"status\":\"success\",\"data\":{\"groups\":[]}}";

struct bench {
	struct source_query queries[QUERIES];
	char names[QUERIES][16];
	struct source_conf conf;
	void *state;
	struct arena arena;
	struct source_window window;
	int64_t now;
	int now_asks, range_asks, rule_asks;
	size_t bad; /* this expression is refused */
	char warning[200];
};

static void bench_open(struct bench *b, size_t count)
{
	*b = (struct bench){.now = INT64_C(1700000000000), .bad = QUERIES};
	for (size_t i = 0; i < count; i++) {
		snprintf(b->names[i], sizeof b->names[i], "expr_%zu_", i);
		b->queries[i].name = b->queries[i].expr = b->names[i];
	}
	b->conf = (struct source_conf){.name = "p",
		.url = "http://p",
		.queries = b->queries,
		.query_count = count,
		.every_ms = 5000,
		.timeout_ms = 4000,
		.seed = 7};
	b->state = mem_new(1, prometheus_source.state_size);
	assert_true(prometheus_source.start(b->state, &b->conf, NULL));
	arena_init(&b->arena, 16 << 20);
}

static void bench_close(struct bench *b)
{
	prometheus_source.stop(b->state);
	mem_free(b->state);
	arena_release(&b->arena);
}

static bool give(struct bench *b, int id, int status, const char *body)
{
	struct answer answer = {.id = id,
		.status = status,
		.origin = "p",
		.now = b->now,
		.body = untrusted_str(body)};
	struct arena arena;
	struct batch batch;
	struct err err;
	struct str out;
	bool ok;

	arena_init(&arena, 16 << 20);
	batch_init(&batch, &arena);
	ok = prometheus_source.take(b->state, &answer, &batch, &err);
	str_init(&out, 1 << 20);
	batch_print(&batch, &out);
	if (strstr(str_text(&out), "warning="))
		str_copy(b->warning, sizeof b->warning,
			strstr(str_text(&out), "warning="));
	str_release(&out);
	arena_release(&arena);
	return ok;
}

/* Answers everything until the machine waits; its waking time. */
static int64_t run(struct bench *b)
{
	for (int i = 0; i < MOST_ASKS; i++) {
		struct ask ask = {0};

		arena_reset(&b->arena);
		assert_true(prometheus_source.next(
			b->state, b->now, &b->window, &b->arena, &ask));
		if (ask.kind == ASK_WAIT)
			return ask.until;
		b->rule_asks += strstr(ask.path, "/rules") != NULL;
		b->range_asks += strstr(ask.path, "/query_range") != NULL;
		b->now_asks += !strcmp(ask.path, "/api/v1/query");
		if (strstr(ask.path, "/rules"))
			assert_true(give(b, ask.id, 200, rules));
		else if (b->bad < QUERIES && strstr(ask.body, b->names[b->bad]))
			assert_true(give(b, ask.id, 400, refusal));
		else
			assert_true(give(b, ask.id, 200, nothing));
	}
	fail_msg("asks without end");
	return 0;
}

static void test_minute(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 22);
	for (int second = 0; second < 60; second++, b.now += 1000)
		run(&b);
	print_message("22 queries at 5 s: %d query and %d rules requests a minute\n",
		b.now_asks, b.rule_asks);
	assert_in_range(b.now_asks, 22, 28);
	assert_in_range(b.rule_asks, 4, 6);
	bench_close(&b);
}

/* A slow server computes nothing for `query` lines; that it lives its rules say. */
static void test_spared(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 22);
	run(&b);
	b.window.least = true;
	b.now_asks = b.rule_asks = 0;
	for (int second = 0; second < 60; second++, b.now += 1000)
		run(&b);
	assert_int_equal(b.now_asks, 0);
	assert_in_range(b.rule_asks, 11, 13);
	b.window.least = false;
	for (int second = 0; second < 20; second++, b.now += 1000)
		run(&b);
	assert_in_range(b.now_asks, 4, 10);
	bench_close(&b);
}

static void test_guilty(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 5);
	b.bad = 3;
	run(&b);
	assert_int_equal(b.now_asks, 1 + 5);
	assert_non_null(strstr(b.warning, "query expr_3_: parse error here"));
	b.now_asks = 0;
	b.now += 5000;
	run(&b);
	assert_int_equal(b.now_asks, 1);
	b.now_asks = 0;
	b.bad = QUERIES;
	b.now += 400000;
	run(&b);
	assert_int_equal(b.now_asks, 2);
	b.now_asks = 0;
	b.now += 5000;
	run(&b);
	assert_int_equal(b.now_asks, 1);
	bench_close(&b);
}

static void test_history(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 22);
	b.window = (struct source_window){.from = b.now - 3600000, .step_ms = 15000};
	run(&b);
	assert_int_equal(b.range_asks, 2);
	b.window.from += 5000;
	b.now += 5000;
	run(&b);
	assert_int_equal(b.range_asks, 2);
	b.window.step_ms = 60000;
	b.bad = 21;
	run(&b);
	assert_int_equal(b.range_asks, 2 + 2 + 2);
	b.bad = QUERIES;
	b.window.from = b.now - INT64_C(400) * 86400 * 1000;
	b.window.least = true;
	run(&b);
	assert_int_equal(b.range_asks, 6);
	bench_close(&b);
}

static void test_failures_end(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 5);
	for (int i = 0; i < 40; i++, b.now += 1000) {
		struct ask ask = {0};

		arena_reset(&b.arena);
		assert_true(prometheus_source.next(
			b.state, b.now, &b.window, &b.arena, &ask));
		if (ask.kind == ASK_HTTP)
			give(&b, ask.id, i % 2 ? 0 : 500, "");
	}
	b.now_asks = 0;
	b.now += 100000;
	run(&b);
	b.now += 5000;
	run(&b);
	assert_in_range(b.now_asks, 2, 12);
	bench_close(&b);
}

/* --- two readers, one meaning --- */

static uint32_t seed = 1;

static uint32_t roll(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void add_value(struct str *out)
{
	static const char *const odd[] = {"NaN", "+Inf", "-Inf", "1e309", "", "x", "-",
		"1.", ".5", "1e-400", "0x10", " 5 ", "9007199254740993",
		"123456789012345678901234567890", "-0", "1e22", "1e23", "+3"};

	if (!roll(8))
		str_printf(out, "\"%s\"", odd[roll(sizeof odd / sizeof *odd)]);
	else
		str_printf(out, "\"%s%u.%0*u\"", roll(4) ? "" : "-", roll(100000),
			(int)roll(12) + 1, roll(1000000));
}

static void add_document(struct str *out, const char *last)
{
	str_puts(out, "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",");
	str_puts(out, "\"result\": [ ");
	for (int s = 0; s < 40; s++) {
		uint32_t at = 1700000000 + roll(1000);

		str_printf(out,
			"{\"metric\":{\"oogway_query\":\"%u\",\"values\":\"[%d\"},"
			"\"values\":[",
			roll(3), s);
		for (int i = 0; i < 60; i++) {
			at += roll(30);
			str_printf(
				out, "%s[%u%s,", i ? "," : "", at, roll(3) ? "" : ".125");
			add_value(out);
			str_puts(out, roll(9) ? "]" : " ] ");
		}
		str_puts(out, "]},");
	}
	str_printf(out, "{\"metric\":{\"oogway_query\":\"0\"},\"values\":[[1,\"%s\"]]}",
		last);
	str_puts(out, "]}}");
}

static void read_document(const char *last, uint32_t from, struct str *printed)
{
	struct bench b;
	struct ask ask = {0};
	struct answer answer = {.status = 200, .origin = "p"};
	struct arena arena;
	struct batch batch;
	struct str body;

	seed = from;
	bench_open(&b, 3);
	str_init(&body, 16 << 20);
	add_document(&body, last);
	assert_true(body.n > 65536);
	prometheus_source.next(b.state, b.now, &b.window, &b.arena, &ask);
	answer.id = ask.id;
	answer.now = b.now;
	answer.body = untrusted_make(body.p, body.n);
	arena_init(&arena, 64 << 20);
	batch_init(&batch, &arena);
	assert_true(prometheus_source.take(b.state, &answer, &batch, NULL));
	batch_print(&batch, printed);
	arena_release(&arena);
	str_release(&body);
	bench_close(&b);
}

static void test_readers_agree(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 50; i++) {
		struct str plain, tree;

		str_init(&plain, 16 << 20);
		str_init(&tree, 16 << 20);
		read_document("7", i, &plain);
		read_document("\\u0037", i, &tree);
		assert_true(plain.n > 10000);
		assert_string_equal(str_text(&plain), str_text(&tree));
		str_release(&plain);
		str_release(&tree);
	}
}

/* A watch: over the window at once, then the newest value; refused without harm to the
 * source; gone when nobody looks; rarely asked while the server is slow. */
static void test_watch(void **state)
{
	struct source_watch watches[SOURCE_MAX_WATCHES] = {
		[3] = {.number = 9, .expr = "errors_of_a", .urgent = true},
		[4] = {.number = 10, .expr = "expr_0_ again"}};
	struct bench b;

	(void)state;
	bench_open(&b, 1);
	b.bad = 0;
	b.window = (struct source_window){.from = b.now - 3600000, .step_ms = 15000};
	run(&b);
	b.range_asks = b.now_asks = 0;
	b.warning[0] = '\0';
	b.window.watches = watches;
	run(&b);
	assert_int_equal(b.range_asks, 2);
	assert_int_equal(b.now_asks, 0);
	assert_string_equal(b.warning, "");
	watches[4].number = 0;
	for (int second = 0; second < 60; second++, b.now += 1000)
		run(&b);
	assert_int_equal(b.range_asks, 2);
	assert_in_range(b.now_asks, 11, 13); /* expr_0_ is bad: not asked */
	b.now_asks = 0;
	b.window.least = true;
	for (int second = 0; second < 60; second++, b.now += 1000)
		run(&b);
	assert_in_range(b.now_asks, 2, 5);
	watches[3].urgent = false;
	b.now_asks = 0;
	for (int second = 0; second < 30; second++, b.now += 1000)
		run(&b);
	assert_int_equal(b.now_asks, 0);
	b.window.least = false;
	b.window.from = (b.window.to = b.now - 7200000) - 3600000;
	run(&b);
	assert_int_equal(b.range_asks, 3);
	b.now += 60000;
	run(&b);
	assert_int_equal(b.range_asks + b.now_asks, 3);
	bench_close(&b);
}

static void test_watch_answer(void **state)
{
	static const char body[] = "{\"status\":\"success\",\"data\":{\"resultType\":"
				   "\"matrix\",\"result\":[{"
				   "\"metric\":{\"a\":\"b\"},\"values\":[[1700000000,"
				   "\"1\"],[1700000015,\"2\"]]"
				   "}]}}";
	struct source_watch watches[SOURCE_MAX_WATCHES] = {{.number = 9, .expr = "x"}};
	struct answer answer = {.origin = "p", .now = INT64_C(1700000000000)};
	struct ask ask = {0};
	struct batch batch;
	struct bench b;

	(void)state;
	bench_open(&b, 0);
	b.window = (struct source_window){.from = b.now - 3600000, .step_ms = 15000};
	run(&b);
	b.window.watches = watches;
	assert_true(prometheus_source.next(b.state, b.now, &b.window, &b.arena, &ask));
	assert_non_null(strstr(ask.path, "/query_range"));
	answer.id = ask.id;
	answer.status = 200;
	answer.body = untrusted_str(body);
	batch_init(&batch, &b.arena);
	assert_true(prometheus_source.take(b.state, &answer, &batch, NULL));
	assert_int_equal(batch.watch, 9);
	assert_int_equal(batch.series_count, 1);
	assert_int_equal(batch.series[0].query, -1);
	assert_true(batch.series[0].history);
	b.now += 5000;
	ask = (struct ask){0};
	assert_true(prometheus_source.next(b.state, b.now, &b.window, &b.arena, &ask));
	assert_string_equal(ask.path, "/api/v1/query");
	answer.id = ask.id;
	answer.status = 422;
	answer.body = untrusted_str(refusal);
	batch_init(&batch, &b.arena);
	assert_true(prometheus_source.take(b.state, &answer, &batch, NULL));
	assert_true(untrusted_is(batch.watch_error, "parse error here"));
	assert_true(untrusted_empty(batch.warning));
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_minute),
		cmocka_unit_test(test_spared),
		cmocka_unit_test(test_guilty),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_watch_answer),
		cmocka_unit_test(test_failures_end),
		cmocka_unit_test(test_readers_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
