/* Loki's conversation: size, pages backward, the present forward, another window, and
 * smaller questions where the server wants such. */
#include "base/alloc.h"
#include "base/str.h"
#include "connect/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const int64_t start_at = INT64_C(1700000000000);

struct talk {
	void *state;
	int64_t now;
	struct source_window window;
	struct source_conf conf;
	struct arena arena;
	struct ask ask;
	struct batch batch;
	struct err err;
};

static void begin(struct talk *t, int64_t to)
{
	*t = (struct talk){.now = start_at,
		.window = {.from = start_at - 3600000, .to = to},
		.conf = {.name = "it",
			.query = "{app=\"a}\"} |= \"x\"",
			.org = "team|other",
			.every_ms = 5000,
			.seed = 1}};
	t->state = mem_new(1, loki_source.state_size);
	assert_true(loki_source.start(t->state, &t->conf, &t->err));
	arena_init(&t->arena, 16 << 20);
}

static void finish(struct talk *t)
{
	arena_release(&t->arena);
	mem_free(t->state);
}

static bool asks(struct talk *t, const char *part)
{
	t->ask = (struct ask){0};
	if (!loki_source.next(t->state, t->now, &t->window, &t->arena, &t->ask) ||
		t->ask.kind == ASK_WAIT)
		return !part;
	if (!part || !strstr(t->ask.path, part))
		print_error("asked: %s\n", t->ask.path);
	return part && strstr(t->ask.path, part);
}

static bool answers(struct talk *t, int status, const char *body)
{
	struct answer answer = {.id = t->ask.id,
		.status = status,
		.origin = "it:3100",
		.now = t->now,
		.body = untrusted_str(body)};

	t->err = (struct err){0};
	batch_init(&t->batch, &t->arena);
	return loki_source.take(t->state, &answer, &t->batch, &t->err);
}

/* Lines `from` to `to` of one stream, newest first, a second apart. */
static bool gives(struct talk *t, int from, int to)
{
	struct str body;
	bool ok;

	str_init(&body, 1 << 20);
	str_puts(&body, "{\"data\":{\"resultType\":\"streams\",\"result\":[{\"stream\":"
			"{\"app\":\"a\"},\"values\":[");
	for (int i = from; i < to; i++)
		str_printf(&body, "%s[\"%lld\",\"line %d\"]", i == from ? "" : ",",
			(long long)(start_at - 1000 - i * 1000) * 1000000, i);
	str_puts(&body, "]}]}}");
	ok = answers(t, 200, str_text(&body));
	str_release(&body);
	return ok;
}

static void test_window(void **state)
{
	struct talk t;

	(void)state;
	begin(&t, start_at);
	assert_true(asks(&t, "/loki/api/v1/index/stats?start=1699996400000000000"
			     "&end=1700000000001000000&query=%7Bapp%3D%22a%7D%22%7D"));
	assert_string_equal(t.ask.headers[1], "X-Scope-OrgID: team|other");
	assert_true(strstr(t.ask.path, "%22x%22") == NULL);
	assert_true(answers(&t, 200, "{\"bytes\":10}"));
	assert_true(
		asks(&t, "query_range?start=1699996400000000000&end=170000000000100"));
	assert_true(strstr(t.ask.path, "limit=1000&direction=backward"));
	assert_true(gives(&t, 0, 1000));
	assert_int_equal(t.batch.line_count, 1000);
	assert_true(t.batch.lines_of->anew && !t.batch.lines_of->whole);
	/* The last nanosecond may have more: it is asked for again, and counts once. */
	assert_true(asks(&t, "&end=1699999000000000001&"));
	assert_true(gives(&t, 999, 1300));
	assert_int_equal(t.batch.line_count, 300);
	assert_true(!t.batch.lines_of->anew && t.batch.lines_of->whole);
	/* Then only that the server is there. */
	assert_true(asks(&t, "limit=1&direction=backward"));
	assert_true(gives(&t, 0, 1));
	assert_int_equal(t.batch.line_count, 0);
	finish(&t);
}

static void test_present(void **state)
{
	struct talk t;

	(void)state;
	begin(&t, 0);
	assert_true(asks(&t, "index/stats"));
	assert_true(answers(&t, 404, "404 page not found"));
	assert_true(asks(&t, "direction=backward"));
	assert_true(gives(&t, 2, 5));
	assert_int_equal(t.batch.line_count, 3);
	assert_true(asks(&t, "query_range?start=1699999995000000000"));
	assert_true(strstr(t.ask.path, "direction=forward"));
	assert_true(gives(&t, 0, 4));
	assert_int_equal(t.batch.line_count, 2);
	assert_true(asks(&t, NULL));
	/* The window moves on with the time; that is no other one. */
	t.now += 6000;
	t.window.from += 6000;
	assert_true(asks(&t, "query_range?start=1699999995000000000"));
	assert_true(gives(&t, 0, 0));
	t.now += 6000;
	/* Slow: not now. */
	t.window.least = true;
	assert_true(asks(&t, NULL));
	t.window.least = false;
	assert_true(asks(&t, "query_range?start=1700000001000000000"));
	/* Somebody looks elsewhere: what comes now is of another window. */
	t.window.to = start_at - 600000;
	assert_false(loki_source.next(t.state, t.now, &t.window, &t.arena, &t.ask));
	assert_true(gives(&t, 0, 1));
	assert_int_equal(t.batch.line_count, 0);
	assert_true(asks(&t, "direction=backward"));
	assert_true(gives(&t, 700, 701));
	assert_true(t.batch.lines_of->anew);
	finish(&t);
}

static void test_smaller(void **state)
{
	struct talk t;

	(void)state;
	begin(&t, start_at);
	assert_true(asks(&t, "index/stats"));
	assert_true(answers(&t, 200, "{\"bytes\":85899345920}"));
	/* A tenth of the window, its newest. */
	assert_true(t.batch.partial);
	assert_true(asks(&t, "query_range?start=1699999640001000000&"));
	assert_true(answers(&t, 400,
		"max entries limit per query exceeded, limit > "
		"max_entries_limit_per_query (1000 > 400)"));
	assert_true(asks(&t, "limit=400&"));
	assert_true(answers(&t, 400,
		"the query time range exceeds the limit (query "
		"length: 6m0s, limit: 1m0s)"));
	assert_true(asks(&t, "query_range?start=1699999940001000000&"));
	assert_true(gives(&t, 0, 59));
	assert_int_equal(t.batch.line_count, 59);
	assert_true(asks(&t, "query_range?start=1699999880001000000&"));
	assert_false(answers(&t, 400, "parse error at line 1, col 2: oops"));
	assert_non_null(strstr(t.err.text, "does not understand query"));
	finish(&t);
}

static void test_refused(void **state)
{
	static const char *const queries[] = {
		NULL, "", "sum(rate({app=\"a\"}[1m]))", "{app=\"a\"", "{app=\"a}"};
	void *it = mem_new(1, loki_source.state_size);
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		struct source_conf conf = {
			.name = "it", .query = queries[i], .every_ms = 1000};

		assert_false(loki_source.start(it, &conf, &err));
		assert_non_null(strstr(err.text, "query says which lines"));
	}
	mem_free(it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_window),
		cmocka_unit_test(test_present), cmocka_unit_test(test_smaller),
		cmocka_unit_test(test_refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
