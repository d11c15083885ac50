/* Spans of the past: what falls where, how a live one moves on, and how a series is read
 * over ring and past together. */
#include "model/past.h"
#include "base/alloc.h"
#include "model/series.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void test_steps(void **unused)
{
	struct past *past = past_new(1005, 2000, 100);

	(void)unused;
	assert_int_equal(past->from_at, 1000);
	assert_int_equal(past_end(past), 2000);
	past_add(past, (struct point){999, 1});
	past_add(past, (struct point){2000, 1});
	for (uint32_t i = 0; i < past->count; i++)
		assert_true(isnan(past->steps[i].mean));
	past_add(past, (struct point){1100, 1});
	past_add(past, (struct point){1150, 2});
	past_add(past, (struct point){1199, 6});
	assert_float_equal(past_at(past, 1110)->low, 1, 0);
	assert_float_equal(past_at(past, 1110)->mean, 3, 1e-6);
	assert_float_equal(past_at(past, 1110)->high, 6, 0);
	past_add_sum(past, 1300, 300, &(struct past_step){1, 2, 3});
	assert_true(isnan(past_at(past, 1299)->mean));
	assert_float_equal(past_at(past, 1300)->mean, 2, 0);
	assert_float_equal(past_at(past, 1599)->high, 3, 0);
	assert_true(isnan(past_at(past, 1600)->mean));
	past_add_sum(past, 0, 900, &(struct past_step){1, 2, 3});
	past_add_sum(past, 1900, 900, &(struct past_step){1, 2, 3});
	assert_true(isnan(past_at(past, 1000)->mean));
	assert_float_equal(past_at(past, 1999)->mean, 2, 0);
	assert_null(past_at(past, 2000));
	mem_free(past);
}

static void test_sizes(void **unused)
{
	static const int64_t spans[] = {1, 1000, 3600000, 86400000, INT64_C(5184000000)};

	(void)unused;
	for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
		int64_t from = INT64_C(1795000000123);
		struct past *past = past_new(from, from + spans[i], 1);

		assert_true(past->count >= 1 && past->count <= PAST_MAX_STEPS);
		assert_true(past->from_at <= from);
		assert_true(past_end(past) >= from + spans[i]);
		past_add(past, (struct point){from + spans[i] - 1, 1});
		mem_free(past);
	}
}

static void test_live(void **unused)
{
	struct past *past = past_new(0, 1000, 100);

	(void)unused;
	past->live = true;
	for (int64_t at = 0; at < 1000; at += 100)
		past_add(past, (struct point){at, (double)at});
	past_add(past, (struct point){1250, 7});
	assert_int_equal(past->from_at, 300);
	assert_float_equal(past_at(past, 300)->mean, 300, 0);
	assert_float_equal(past_at(past, 900)->mean, 900, 0);
	assert_true(isnan(past_at(past, 1100)->mean));
	assert_float_equal(past_at(past, 1200)->mean, 7, 0);
	past_add(past, (struct point){99999, 8});
	assert_float_equal(past_at(past, 99999)->mean, 8, 0);
	assert_true(isnan(past->steps[0].mean));
	mem_free(past);
}

static struct series *series_of(void)
{
	struct series *series = series_new(untrusted_str("host/cpu"), 5, SIZE_MAX);

	series->interval_ms = 10;
	return series;
}

static void test_together(void **unused)
{
	struct series *series = series_of();
	struct series_span span;
	double out[20];

	(void)unused;
	series->past = past_new(0, 1000, 100);
	series->compared = past_new(-1000, 500, 100);
	for (int64_t at = 0; at < 500; at += 10)
		past_add(series->past, (struct point){at, 1});
	for (int64_t at = 0; at < 500; at += 10)
		past_add(series->compared, (struct point){at, 100});
	past_add_sum(series->compared, -1000, 1000, &(struct past_step){2, 2, 2});
	for (int64_t at = 550; at < 1000; at += 10)
		series_add(series, (struct point){at, 4});
	span = series_span(series, 0, 999);
	assert_float_equal(span.low, 1, 0);
	assert_float_equal(span.high, 4, 0);
	assert_float_equal(span.mean, (50 * 1 + 45 * 4) / 95.0, 1e-6);
	assert_float_equal(span.last, 4, 0);
	/* Compared: only what the first span does not have. */
	assert_float_equal(series_span(series, -1000, -1).high, 2, 0);
	series_buckets(series, 0, 1000, out, 20);
	for (int i = 0; i < 20; i++)
		assert_float_equal(isnan(out[i]) ? -1 : out[i],
			i < 10   ? 1
			: i < 11 ? -1
				 : 4,
			0);
	assert_float_equal(series_before(series, 0, 450), 1, 0);
	assert_float_equal(series_before(series, 0, 545), 1, 0);
	assert_float_equal(series_before(series, 0, 5000), 4, 0);
	assert_true(isnan(series_before(series, 500, 540)));
	series_free(series);
}

/* What the ring drops stays in the live span. */
static void test_pushed_out(void **unused)
{
	struct series *series = series_of();
	double out[10];

	(void)unused;
	series->past = past_new(0, 100000, 100);
	series->past->live = true;
	for (int64_t at = 0; at < 30000; at += 10)
		series_add(series, (struct point){at, (double)at});
	assert_int_equal(series->count, SERIES_MAX_POINTS);
	series_buckets(series, 0, 30000, out, 10);
	for (int i = 0; i < 10; i++)
		assert_true(out[i] >= i * 3000 && out[i] < (i + 2) * 3000);
	series_free(series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_pushed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
