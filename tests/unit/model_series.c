/* Series: the ring against a plain list, merging history, spans, buckets, limits. */
#include "model/series.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 3000 };

static struct point list[MOST];
static size_t listed;

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static struct series *named(const char *name)
{
	return series_new(untrusted_str(name), 0, SIZE_MAX);
}

/* The newest SERIES_MAX_POINTS of the list, in order. */
static void same_as_list(const struct series *series)
{
	size_t skip = listed > SERIES_MAX_POINTS ? listed - SERIES_MAX_POINTS : 0;
	struct point last;

	assert_int_equal(series->count, listed - skip);
	for (size_t i = 0; i < series->count; i++) {
		assert_int_equal(series_at(series, i).at, list[skip + i].at);
		assert_true(series_at(series, i).value == list[skip + i].value);
	}
	assert_int_equal(series_last(series, &last), listed > 0);
	if (listed)
		assert_int_equal(last.at, list[listed - 1].at);
}

static void ring_like_a_list(void **state)
{
	struct series *series = named("a");
	uint32_t seed = 3;

	(void)state;
	listed = 0;
	same_as_list(series);
	for (int i = 0; i < 2500; i++) {
		struct point p = {(int64_t)i * 10 + next(&seed) % 30, next(&seed) % 100};

		if (next(&seed) % 10 == 0)
			p.value = NAN;
		series_add(series, p);
		if (!isnan(p.value) && (!listed || p.at > list[listed - 1].at))
			list[listed++] = p;
		if (i % 100 == 0)
			same_as_list(series);
	}
	same_as_list(series);
	for (int64_t at = -5; at < 26000; at += 7) {
		size_t i = series_find(series, at);

		assert_true(i == series->count || series_at(series, i).at >= at);
		assert_true(i == 0 || series_at(series, i - 1).at < at);
	}
	series_free(series);
	series_free(NULL);
}

static void history_in_front(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed < 60; seed++) {
		struct series *series = named("a");
		struct point old[900], all[MOST] = {{0, 0}};
		bool has[MOST] = {false};
		uint32_t s = seed;
		size_t n = 0, fresh = next(&s) % 800;

		/* What is there already counts where both have a time. */
		for (size_t i = 0; i < 900; i++) {
			int64_t at = (int64_t)i * 2 + next(&s) % 2;

			if (next(&s) % 3 == 0)
				continue;
			old[n++] = (struct point){at, 1};
			all[at] = (struct point){at, 1};
			has[at] = true;
		}
		for (size_t i = 0; i < fresh; i++) {
			int64_t at = 1000 + (int64_t)i * 2;

			series_add(series, (struct point){at, 2});
			all[at] = (struct point){at, 2};
			has[at] = true;
		}
		/* The ring may have dropped the first of them already. */
		for (int64_t at = 1000; series->count && at < series_at(series, 0).at;
			at++)
			if (has[at] && all[at].value == 2)
				has[at] = false;
		for (size_t i = 0; i < n; i++)
			if (!has[old[i].at]) {
				has[old[i].at] = true;
				all[old[i].at] = old[i];
			}
		series_merge(series, old, n);
		listed = 0;
		for (int at = 0; at < MOST; at++)
			if (has[at])
				list[listed++] = all[at];
		same_as_list(series);
		series_merge(series, NULL, 0);
		same_as_list(series);
		series_free(series);
	}
}

static void spans_and_buckets(void **state)
{
	struct series *series = named("a");
	struct series_span span;
	double buckets[5];

	(void)state;
	span = series_span(series, 0, 100);
	assert_int_equal(span.count, 0);
	assert_true(isnan(span.low) && isnan(span.mean));
	for (int i = 0; i < 10; i++)
		series_add(series, (struct point){i * 10, i});
	span = series_span(series, 20, 50);
	assert_int_equal(span.count, 4);
	assert_true(
		span.low == 2 && span.high == 5 && span.mean == 3.5 && span.last == 5);
	span = series_span(series, 21, 29);
	assert_int_equal(span.count, 0);
	span = series_span(series, 50, 20);
	assert_int_equal(span.count, 0);
	series_buckets(series, 0, 100, buckets, 5);
	for (int i = 0; i < 5; i++)
		assert_true(buckets[i] == 2 * i + 1);
	series_dips(series, 0, 100, buckets, 5);
	for (int i = 0; i < 5; i++)
		assert_true(buckets[i] == 2 * i);
	series_dips(series, 45, 145, buckets, 5);
	assert_true(buckets[0] == 5 && buckets[1] == 7 && buckets[2] == 9);
	assert_true(isnan(buckets[3]) && isnan(buckets[4]));
	series_buckets(series, 45, 145, buckets, 5);
	assert_true(buckets[0] == 6 && buckets[1] == 8 && buckets[2] == 9);
	assert_true(isnan(buckets[3]) && isnan(buckets[4]));
	series_buckets(series, 100, 0, buckets, 5);
	for (int i = 0; i < 5; i++)
		assert_true(isnan(buckets[i]));
	series_buckets(series, 0, 100, NULL, 0);
	series_free(series);
}

static void names(void **state)
{
	static const struct {
		const char *name, *shown;
	} rows[] = {
		{"cpu", "cpu"},
		{"cpu{host=\"a\"}", "cpu a"},
		{"cpu{host=\"a\",mode=\"b c\"}", "cpu a b c"},
		{"cpu{}", "cpu"},
		{"cpu{host=\"", "cpu"},
		{"{", ""},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct series *series = named(rows[i].name);

		if (!untrusted_is(series->shown, rows[i].shown) &&
			strcmp(rows[i].name, "cpu{host=\""))
			fail_msg("%s", rows[i].name);
		assert_true(untrusted_is(series->key, rows[i].name));
		assert_true(series->id == untrusted_hash(untrusted_str(rows[i].name)));
		series_free(series);
	}
}

static void judged(void **state)
{
	static const struct {
		struct limits limits;
		double value;
		enum severity want;
	} rows[] = {
		{{NAN, NAN, false}, 1e9, SEVERITY_OK},
		{{80, 90, false}, 79.9, SEVERITY_OK},
		{{80, 90, false}, 80, SEVERITY_WARNING},
		{{80, 90, false}, 90, SEVERITY_CRITICAL},
		{{80, 90, false}, INFINITY, SEVERITY_CRITICAL},
		{{80, NAN, false}, 1000, SEVERITY_WARNING},
		{{NAN, 90, false}, 89, SEVERITY_OK},
		{{20, 10, true}, 20.1, SEVERITY_OK},
		{{20, 10, true}, 20, SEVERITY_WARNING},
		{{20, 10, true}, 10, SEVERITY_CRITICAL},
		{{20, 10, true}, -INFINITY, SEVERITY_CRITICAL},
		{{0, NAN, true}, 0, SEVERITY_WARNING},
		{{80, 90, false}, NAN, SEVERITY_OK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(
			limits_judge(rows[i].limits, rows[i].value), rows[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ring_like_a_list),
		cmocka_unit_test(history_in_front),
		cmocka_unit_test(spans_and_buckets),
		cmocka_unit_test(names),
		cmocka_unit_test(judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
