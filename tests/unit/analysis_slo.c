/* Objectives: spans of buckets, burn rates and verdicts against sums by hand; data that
 * lacks, lies or is not there; and what fires over time. */
#include "analysis/slo.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MIN  INT64_C(60000)
#define HOUR (60 * MIN)
#define DAY  (24 * HOUR)
/* A whole hour; six days later clocks in Europe are put back. */
#define NOW (INT64_C(1760958000000) / HOUR * HOUR)

static const struct slo_spec spec = {0.999, 30 * DAY, 100};

/* The same in each bucket of [from, to): per fine bucket. */
static void fill(
	struct slo_data *data, int64_t from, int64_t to, double total, double bad)
{
	for (int64_t end = from + SLO_LONG_MS; end <= to; end += SLO_LONG_MS)
		slo_data_put(data, SLO_LONG_MS, end, total * 12, bad * 12);
	for (int64_t end = from + SLO_FINE_MS; end <= to; end += SLO_FINE_MS)
		if (to - end <= 3 * DAY + HOUR)
			slo_data_put(data, SLO_FINE_MS, end, total, bad);
}

/* From so long before NOW until NOW the events are such; the last that says counts. */
struct stretch {
	int64_t ago;
	double total, bad;
};

static const struct row {
	const char *what;
	struct stretch parts[4];
	double target;
	enum slo_verdict verdicts[SLO_RULES];
	double burn; /* of the first rule's long window */
	bool known;  /* the budget is */
	double left;
	bool ends; /* within the window */
} rows[] = {
	{"nothing at all", {{0}}, 0.999,
		{SLO_NO_DATA, SLO_NO_DATA, SLO_NO_DATA, SLO_NO_DATA}, 0, false, 0, false},
	{"all good", {{30 * DAY, 1000, 0}}, 0.999,
		{SLO_CALM, SLO_CALM, SLO_CALM, SLO_CALM}, 0, true, 1, false},
	{"a little more than allowed, for long", {{30 * DAY, 1000, 1.1}}, 0.999,
		{SLO_CALM, SLO_CALM, SLO_CALM, SLO_BURNS}, 1.1, true, -0.1, false},
	{"two per cent fail for an hour", {{30 * DAY, 1000, 0}, {HOUR, 1000, 20}}, 0.999,
		{SLO_BURNS, SLO_CALM, SLO_CALM, SLO_CALM}, 20, true, 1 - 20.0 / 720,
		true},
	{"over now: the short windows say so",
		{{30 * DAY, 1000, 0}, {6 * HOUR, 1000, 20}, {HOUR, 1000, 0}}, 0.999,
		{SLO_CALM, SLO_CALM, SLO_BURNS, SLO_BURNS}, 0, true, 1 - 100.0 / 720,
		false},
	{"everything fails", {{30 * DAY, 1000, 0}, {HOUR, 1000, 1000}}, 0.999,
		{SLO_BURNS, SLO_BURNS, SLO_BURNS, SLO_BURNS}, 1000, true,
		1 - 1000.0 / 720, false},
	{"no traffic is no failure", {{30 * DAY, 0, 0}}, 0.999,
		{SLO_FEW, SLO_FEW, SLO_FEW, SLO_FEW}, 0, false, 0, false},
	{"traffic stops", {{30 * DAY, 1000, 0}, {6 * HOUR, 1000, 20}, {HOUR, 0, 0}},
		0.999, {SLO_FEW, SLO_FEW, SLO_BURNS, SLO_BURNS}, 0, true,
		1 - 5 * 12 * 20 / (719.0 * 12 * 1000 * 0.001), true},
	{"few requests, one bad", {{30 * DAY, 2, 0}, {HOUR, 2, 2}}, 0.999,
		{SLO_FEW, SLO_BURNS, SLO_BURNS, SLO_BURNS}, 1000, true, 1 - 1000.0 / 720,
		false},
	{"two hours of life", {{2 * HOUR, 1000, 0}}, 0.999,
		{SLO_CALM, SLO_NO_DATA, SLO_NO_DATA, SLO_NO_DATA}, 0, false, 0, false},
	{"half of six hours is enough", {{3 * HOUR, 1000, 0}}, 0.999,
		{SLO_CALM, SLO_CALM, SLO_NO_DATA, SLO_NO_DATA}, 0, false, 0, false},
	{"bad when there is no budget", {{30 * DAY, 1000, 0}, {HOUR, 1000, 1}}, 1,
		{SLO_BURNS, SLO_BURNS, SLO_BURNS, SLO_BURNS}, INFINITY, true, -INFINITY,
		false},
	{"no budget, none bad", {{30 * DAY, 1000, 0}}, 1,
		{SLO_CALM, SLO_CALM, SLO_CALM, SLO_CALM}, 0, true, 1, false},
};

static void check(const struct row *row)
{
	struct slo_data *data = slo_data_new(spec.window_ms);
	struct slo_spec own = {row->target, spec.window_ms, spec.least};
	struct slo_state s;

	for (size_t i = 0; i < 4 && row->parts[i].ago; i++)
		fill(data, NOW - row->parts[i].ago, NOW, row->parts[i].total,
			row->parts[i].bad);
	slo_judge(&own, data, NOW, &s);
	for (size_t i = 0; i < SLO_RULES; i++)
		if (s.rules[i].verdict != row->verdicts[i])
			fail_msg("%s: rule %zu says %d (%g and %g)", row->what, i,
				s.rules[i].verdict, s.rules[i].burn,
				s.rules[i].burn_lately);
	if (isinf(row->burn) ? !isinf(s.rules[0].burn)
			     : fabs(s.rules[0].burn - row->burn) > 1e-6)
		fail_msg("%s: burn %g", row->what, s.rules[0].burn);
	if (s.known != row->known)
		fail_msg("%s: known %d", row->what, s.known);
	if (row->known && (isinf(row->left) ? s.left != row->left
					    : fabs(s.left - row->left) > 1e-6))
		fail_msg("%s: left %.9g, not %.9g", row->what, s.left, row->left);
	if ((s.ends_at != 0) != row->ends)
		fail_msg("%s: ends %g h from now", row->what,
			s.ends_at ? (double)(s.ends_at - NOW) / HOUR : 0.0);
	slo_data_free(data);
}

static void test_verdicts(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(&rows[i]);
}

/* What cannot be a count is no data; more bad than all is all. */
static void test_odd_numbers(void **unused)
{
	static const struct {
		double total, bad, sum, sum_bad;
	} odd[] = {
		{NAN, 1, 0, 0},
		{100, NAN, 0, 0},
		{INFINITY, 1, 0, 0},
		{-5, 0, 0, 0},
		{100, -1, 0, 0},
		{100, 101, 100, 100},
		{1e12, 1, 1e12, 1},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct slo_data *data = slo_data_new(spec.window_ms);
		struct slo_span span;

		slo_data_put(data, SLO_FINE_MS, NOW, odd[i].total, odd[i].bad);
		span = slo_data_span(data, NOW, SLO_FINE_MS);
		assert_true(span.total == odd[i].sum && span.bad == odd[i].sum_bad);
		assert_int_equal(slo_span_valid(&span), odd[i].sum > 0);
		slo_data_free(data);
	}
}

/* A bucket that is read again replaces; one that lies long ago takes no newer one's
 * place; a hole is a hole. */
static void test_gaps(void **unused)
{
	struct slo_data *data = slo_data_new(spec.window_ms);
	struct slo_span span;
	struct slo_state s;

	(void)unused;
	fill(data, NOW - 30 * DAY, NOW, 10, 1);
	slo_data_put(data, SLO_FINE_MS, NOW, 50, 0);
	slo_data_put(data, SLO_FINE_MS, NOW - 40 * DAY, 999, 999);
	slo_data_put(data, SLO_LONG_MS, NOW - 400 * DAY, 999, 999);
	span = slo_data_span(data, NOW, HOUR);
	assert_true(span.total == 11 * 10 + 50 && span.bad == 11);
	assert_int_equal(span.covered_ms, HOUR);
	/* Nothing came for forty minutes. */
	span = slo_data_span(data, NOW + 40 * MIN, HOUR);
	assert_int_equal(span.covered_ms, 20 * MIN);
	assert_false(slo_span_valid(&span));
	slo_judge(&spec, data, NOW + 40 * MIN, &s);
	assert_int_equal(s.rules[0].verdict, SLO_NO_DATA);
	assert_true(s.known);
	slo_data_free(data);
}

/* Between two of the grid: the newest counts by what lies behind the grid, and alone for
 * the five minutes that it is. */
static void test_between(void **unused)
{
	struct slo_data *data = slo_data_new(spec.window_ms);
	int64_t now = NOW + 2 * MIN;
	struct slo_span span;

	(void)unused;
	fill(data, NOW - DAY, NOW, 100, 0);
	slo_data_put(data, SLO_FINE_MS, now, 200, 50);
	span = slo_data_span(data, now, SLO_FINE_MS);
	assert_true(span.total == 200 && span.bad == 50);
	span = slo_data_span(data, now, HOUR);
	assert_true(fabs(span.total - (11 * 100 + 60 + 80)) < 1e-6);
	assert_true(fabs(span.bad - 20) < 1e-6);
	assert_int_equal(span.covered_ms, HOUR);
	slo_data_free(data);
}

/* Hours that no server told of are made of their parts; each is known by what share. */
static void test_hours(void **unused)
{
	struct slo_data *data = slo_data_new(3 * DAY);
	double total, bad;

	(void)unused;
	for (int i = 0; i < 6; i++)
		slo_data_put(data, SLO_FINE_MS, NOW - i * SLO_FINE_MS, 10, 1);
	assert_true(slo_data_bucket(data, SLO_LONG_MS, NOW, &total, &bad));
	assert_true(total == 60 && bad == 6);
	slo_data_put(data, SLO_LONG_MS, NOW, 130, 12);
	slo_data_put(data, SLO_FINE_MS, NOW - SLO_FINE_MS, 11, 1);
	assert_true(slo_data_bucket(data, SLO_LONG_MS, NOW, &total, &bad));
	assert_true(total == 130 && bad == 12);
	assert_false(slo_data_bucket(data, SLO_LONG_MS, NOW - HOUR, &total, &bad));
	slo_data_free(data);
}

/* Twice the rate that is allowed, from a whole budget on: gone after half of the window,
 * as what was good before counts too. */
static void test_end(void **unused)
{
	struct slo_data *data = slo_data_new(spec.window_ms);
	struct slo_state s;

	(void)unused;
	fill(data, NOW - 30 * DAY, NOW, 1000, 0);
	fill(data, NOW - HOUR, NOW, 1000, 2);
	slo_judge(&spec, data, NOW, &s);
	assert_true(s.ends_at > NOW + 14 * DAY && s.ends_at < NOW + 15 * DAY + HOUR);
	slo_data_free(data);
}

static struct slo_rule_state said(enum slo_verdict verdict, bool holds)
{
	return (struct slo_rule_state){.verdict = verdict, .holds = holds};
}

static void test_track(void **unused)
{
	static const struct {
		int64_t at; /* minutes */
		enum slo_verdict verdict;
		bool holds, changes, fires;
	} steps[] = {
		{0, SLO_NO_DATA, false, false, false},
		{1, SLO_CALM, true, false, false}, /* near is not enough to begin */
		{2, SLO_BURNS, true, true, true},
		{3, SLO_CALM, true, false, true}, /* … but to go on */
		{12, SLO_CALM, true, false, true},
		{13, SLO_CALM, false, false, true},
		{14, SLO_BURNS, true, false, true},
		{18, SLO_CALM, false, false, true},
		{19, SLO_CALM, false, true, false},
		{20, SLO_BURNS, true, true, true},
		{60, SLO_NO_DATA, false, false, true}, /* nobody knows: it goes on … */
		{79, SLO_FEW, false, false, true},
		{80, SLO_NO_DATA, false, true, false}, /* … for an hour */
		{81, SLO_NO_DATA, false, false, false},
	};
	struct slo_track track = {0};

	(void)unused;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct slo_rule_state s = said(steps[i].verdict, steps[i].holds);
		bool changed = slo_track_feed(&track, 0, &s, NOW + steps[i].at * MIN);

		if (changed != steps[i].changes || track.fires != steps[i].fires)
			fail_msg("minute %d", (int)steps[i].at);
	}
}

/* The same counts give the same verdict wherever and whenever: hours are hours. */
static void test_clock_change(void **unused)
{
	struct slo_state a, b;

	(void)unused;
	for (int day = 0; day < 10; day++) {
		struct slo_data *data = slo_data_new(spec.window_ms);
		int64_t now = NOW + day * DAY;

		fill(data, now - 30 * DAY, now, 1000, 0);
		fill(data, now - 6 * HOUR, now, 1000, 7);
		slo_judge(&spec, data, now, day ? &b : &a);
		if (day) {
			assert_true(a.left == b.left);
			assert_true(a.rules[1].burn == b.rules[1].burn);
			assert_true(a.ends_at - a.at == b.ends_at - b.at);
		}
		slo_data_free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_odd_numbers),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_between),
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_track),
		cmocka_unit_test(test_clock_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
