/* Counts of objectives as a conversation: how few questions there are and what they
 * ask, which of several is guilty, what a slow server is spared, and that a gap is read
 * again. */
#include "base/alloc.h"
#include "base/text.h"
#include "connect/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { OBJECTIVES = 10, MOST = 100 };

#define MINUTE INT64_C(60000)
#define DAY    (1440 * MINUTE)

static const char nothing[] =
	"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}";
static const char refusal[] = "{\"status\":\"error\",\"errorType\":\"bad_data\","
			      "\"error\":\"parse error here\"}";

struct bench {
	struct source_objective list[OBJECTIVES];
	char names[OBJECTIVES][24];
	struct source_conf conf;
	struct source_window window;
	void *state;
	struct arena arena;
	int64_t now;
	char last[8000]; /* body of the last question */
	int asks, live, past;
	int guilty; /* an objective that the server refuses; -1: none */
	int status; /* of each answer; 200: as said above */
	char error[100];
	int error_of;
};

static void bench_open(struct bench *b, size_t count)
{
	*b = (struct bench){.now = INT64_C(1760000000000) / MINUTE * MINUTE + 7000,
		.guilty = -1,
		.status = 200};
	for (size_t i = 0; i < count; i++) {
		snprintf(b->names[i], sizeof b->names[i], "part_%zu_[$window]", i);
		b->list[i] = (struct source_objective){
			"o", b->names[i], "total[$window]", false, 30 * DAY};
	}
	b->conf = (struct source_conf){.name = "p",
		.url = "http://p",
		.objectives = b->list,
		.objective_count = count,
		.every_ms = MINUTE,
		.timeout_ms = 4000,
		.seed = 7};
	arena_init(&b->arena, 16 << 20);
	b->state = mem_new(1, prometheus_slo.state_size);
	assert_true(prometheus_slo.start(b->state, &b->conf, NULL));
}

static void bench_close(struct bench *b)
{
	prometheus_slo.stop(b->state);
	mem_free(b->state);
	arena_release(&b->arena);
}

static void answer(struct bench *b, const struct ask *ask)
{
	char needle[24] = "never";
	struct answer answer = {
		.id = ask->id, .status = b->status, .origin = "p", .now = b->now};
	struct batch batch;
	struct err err = {0};

	if (b->guilty >= 0)
		snprintf(needle, sizeof needle, "part_%d_", b->guilty);
	if (b->status == 200 && strstr(b->last, needle))
		answer.status = 400;
	answer.body = untrusted_str(answer.status == 200 ? nothing : refusal);
	batch_init(&batch, &b->arena);
	prometheus_slo.take(b->state, &answer, &batch, &err);
	assert_true(batch.bucket_ms == 5 * MINUTE || batch.bucket_ms == 60 * MINUTE);
	for (size_t i = 0; i < batch.query_count; i++)
		if (!untrusted_empty(batch.queries[i].error)) {
			text_line(batch.queries[i].error, b->error, sizeof b->error);
			b->error_of = batch.queries[i].query / 2;
		}
}

/* Until it waits; *until: for what. */
static int64_t settle(struct bench *b)
{
	for (int n = 0; n < MOST; n++) {
		struct ask ask = {0};

		arena_reset(&b->arena);
		assert_true(prometheus_slo.next(
			b->state, b->now, &b->window, &b->arena, &ask));
		if (ask.kind == ASK_WAIT)
			return ask.until;
		assert_non_null(strstr(ask.path, "/query_range"));
		snprintf(b->last, sizeof b->last, "%.*s", (int)ask.body_n, ask.body);
		b->asks++;
		if (strstr(b->last, "step=60.000"))
			b->live++;
		else
			b->past++;
		answer(b, &ask);
	}
	fail_msg("it asks for ever");
	return 0;
}

/* An hour of ten objectives: twenty questions at first, then one in each minute. */
static void test_few(void **unused)
{
	struct bench b;

	(void)unused;
	bench_open(&b, OBJECTIVES);
	settle(&b);
	assert_int_equal(b.live, 1);
	assert_int_equal(b.past, 2 * OBJECTIVES);
	b.live = b.past = 0;
	for (int s = 0; s < 3600; s++) {
		b.now += 1000;
		settle(&b);
	}
	assert_in_range(b.live, 59, 62);
	assert_int_equal(b.past, 0);
	bench_close(&b);
}

static void test_question(void **unused)
{
	struct bench b;
	struct ask ask = {0};

	(void)unused;
	bench_open(&b, 1);
	assert_true(prometheus_slo.next(b.state, b.now, &b.window, &b.arena, &ask));
	assert_non_null(strstr(ask.body, "part_0_%5B5m%5D"));
	assert_non_null(strstr(ask.body, "total%5B5m%5D"));
	assert_null(strstr(ask.body, "window"));
	/* Whole minutes: whoever asks in the same one asks the same. */
	assert_non_null(strstr(ask.body, "&end=1759999980.000&step=60.000"));
	answer(&b, &ask);
	bench_close(&b);
}

/* One of ten that is wrong: the others go on, it alone is told, and not asked at once. */
static void test_guilty(void **unused)
{
	struct bench b;

	(void)unused;
	bench_open(&b, OBJECTIVES);
	b.guilty = 3;
	settle(&b);
	assert_int_equal(b.live, 1 + OBJECTIVES);
	assert_int_equal(b.error_of, 3);
	assert_non_null(strstr(b.error, "parse error here"));
	b.live = 0;
	b.now += MINUTE;
	settle(&b);
	assert_in_range(b.live, 1, OBJECTIVES - 1);
	/* Mended, it is asked again after a while. */
	b.guilty = -1;
	for (int i = 0; i < 20; i++) {
		b.now += MINUTE;
		b.last[0] = '\0';
		settle(&b);
	}
	assert_int_equal(b.asks > 0, 1);
	bench_close(&b);
}

static void test_slow(void **unused)
{
	struct bench b;

	(void)unused;
	bench_open(&b, OBJECTIVES);
	b.window.least = true;
	settle(&b);
	assert_int_equal(b.live, 1);
	assert_int_equal(b.past, 0);
	b.window.least = false;
	settle(&b);
	assert_int_equal(b.past, 2 * OBJECTIVES);
	bench_close(&b);
}

/* A server that was away: minutes are made up for by the question of the minute, hours by
 * those of the past. */
static void test_gap(void **unused)
{
	struct bench b;

	(void)unused;
	bench_open(&b, 2);
	settle(&b);
	b.live = b.past = 0;
	b.now += 30 * MINUTE;
	settle(&b);
	assert_int_equal(b.live, 1);
	assert_int_equal(b.past, 0);
	b.status = 503;
	for (int i = 0; i < 90; i++) {
		b.now += MINUTE;
		settle(&b);
	}
	b.status = 200;
	b.past = 0;
	for (int i = 0; i < 20; i++) {
		b.now += MINUTE;
		settle(&b);
	}
	assert_int_equal(b.past, 4);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_question),
		cmocka_unit_test(test_guilty),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
