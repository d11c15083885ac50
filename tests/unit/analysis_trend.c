/* Trends: each number against a count by hand over few incidents, and against a slow
 * and simple count over many; across changes of the clock. */
#include "analysis/trend.h"
#include "base/alloc.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct zone zone;

static int64_t at(const char *text)
{
	int64_t out;

	assert_true(time_parse(text, &out));
	return out;
}

static void be_in(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
	zone_read(&zone, at("2025-06-01"), at("2027-01-01"), time_offset_ms);
}

static struct trend_input input(const struct trend_fact *facts, size_t n)
{
	return (struct trend_input){facts, n, &zone, {23, 7, 9, 18, 0x1f}};
}

static struct trend_fact fact(const char *when, int ack_s, int end_s, unsigned flags)
{
	int64_t begin = at(when);

	return (struct trend_fact){.started_at = begin,
		.acked_at = ack_s ? begin + ack_s * SECOND_MS : 0,
		.ended_at = end_s ? begin + end_s * SECOND_MS : 0,
		.flags = (uint8_t)flags};
}

static void test_sum(void **unused)
{
	const struct trend_fact facts[] = {
		fact("2026-11-16T10:00:00Z", 60, 600, TREND_ACTED | TREND_BY_HAND),
		fact("2026-11-16T11:00:00Z", 120, 300, TREND_ACTED),
		fact("2026-11-16T12:00:00Z", 0, 100, 0),
		fact("2026-11-16T13:00:00Z", 300, 0, TREND_ACTED),
		/* Two clocks: never less than nothing. */
		fact("2026-11-16T14:00:00Z", -5, 200, TREND_ACTED),
	};
	struct trend_input in;
	struct trend_sum s;

	(void)unused;
	be_in("UTC");
	in = input(facts, 5);
	s = trend_sum(&in, at("2026-11-16"), at("2026-11-17"));
	assert_int_equal(s.count, 5);
	assert_int_equal(s.open, 1);
	assert_int_equal(s.ended, 4);
	assert_int_equal(s.acked, 4);
	assert_int_equal(s.auto_resolved, 3);
	assert_int_equal(s.never_acted, 1);
	assert_true(s.ack_median == 90000);
	assert_true(s.ack_p90 == 300000);
	assert_true(s.end_median == 250000);
	assert_true(s.end_p90 == 600000);
	s = trend_sum(&in, at("2026-11-17"), at("2026-11-18"));
	assert_int_equal(s.count, 0);
	assert_true(isnan(s.ack_median) && isnan(s.end_p90));
}

/* One that is open across a boundary is in one span, that in which it began. */
static void test_boundary(void **unused)
{
	const struct trend_fact facts[] = {
		fact("2026-11-15T23:59:59Z", 0, 7200, 0),
		fact("2026-11-16T00:00:00Z", 0, 7200, 0),
		fact("2026-11-22T23:59:59Z", 0, 7 * 86400, 0),
	};
	struct trend_input in;
	uint32_t days[8];

	(void)unused;
	be_in("UTC");
	in = input(facts, 3);
	assert_int_equal(trend_count(&in, at("2026-11-09"), at("2026-11-16")), 1);
	assert_int_equal(trend_count(&in, at("2026-11-16"), at("2026-11-23")), 2);
	assert_int_equal(trend_count(&in, at("2026-11-23"), at("2026-11-30")), 0);
	assert_int_equal(
		trend_days(&in, at("2026-11-16"), at("2026-11-23"), SIZE_MAX, days, 8),
		7);
	assert_int_equal(days[0], 1);
	assert_int_equal(days[6], 1);
}

static void test_interruptions(void **unused)
{
	const struct trend_fact facts[] = {
		/* Monday. */
		fact("2026-11-16T02:00:00Z", 0, 0, TREND_PAGES),
		fact("2026-11-16T02:09:59Z", 0, 0, TREND_PAGES),
		/* After the last one, though within an hour of the first. */
		fact("2026-11-16T02:19:58Z", 0, 0, TREND_PAGES),
		fact("2026-11-16T02:30:00Z", 0, 0, TREND_PAGES),
		fact("2026-11-16T09:00:00Z", 0, 0, TREND_PAGES),
		fact("2026-11-16T12:00:00Z", 0, 0, 0),
		fact("2026-11-16T18:00:00Z", 0, 0, TREND_PAGES),
		fact("2026-11-16T23:00:00Z", 0, 0, TREND_PAGES),
		/* Saturday. */
		fact("2026-11-21T12:00:00Z", 0, 0, TREND_PAGES),
	};
	struct trend_input in;
	size_t out[TREND_TIMES];

	(void)unused;
	be_in("UTC");
	in = input(facts, 9);
	trend_interruptions(&in, at("2026-11-16"), at("2026-11-23"), out);
	assert_int_equal(out[TREND_ASLEEP], 3);
	assert_int_equal(out[TREND_WORK], 1);
	assert_int_equal(out[TREND_OFF], 2);
	/* What begins the span may belong to an interruption before it. */
	trend_interruptions(
		&in, at("2026-11-16T02:05:00Z"), at("2026-11-16T02:25:00Z"), out);
	assert_int_equal(out[TREND_ASLEEP], 0);
	/* Every second of the clock is one of the three. */
	assert_int_equal(trend_time_of(&in.hours, 4 * 24 + 17), TREND_WORK);
	assert_int_equal(trend_time_of(&in.hours, 4 * 24 + 18), TREND_OFF);
	assert_int_equal(trend_time_of(&in.hours, 5 * 24 + 10), TREND_OFF);
	in.hours = (struct trend_hours){0, 0, 8, 8, 0x7f};
	for (int hour = 0; hour < 168; hour++)
		assert_int_equal(trend_time_of(&in.hours, hour), TREND_OFF);
}

/* One incident an hour for a year: weeks have 167, 168 or 169 of them. */
static void test_clock_changes(void **unused)
{
	enum { HOURS = 400 * 24 };
	struct trend_fact *facts = mem_new(HOURS, sizeof *facts);
	struct trend_input in;
	struct trend_card card;
	struct trend_group *groups;
	uint32_t heat[168], days[8], sum = 0;

	(void)unused;
	be_in("Europe/Berlin");
	for (int i = 0; i < HOURS; i++)
		facts[i].started_at = at("2025-10-01T00:30:00Z") + i * HOUR_MS;
	in = input(facts, HOURS);
	/* Sunday evening after the hour that was skipped. */
	card = trend_week(&in, at("2026-03-29T22:00:00Z") - 1);
	assert_int_equal(card.from, at("2026-03-22T23:00:00Z"));
	assert_int_equal(card.count, 167);
	assert_int_equal(card.before, 168);
	assert_true(card.median == 168);
	card = trend_week(&in, at("2026-04-05T22:00:00Z") - 1);
	assert_int_equal(card.count, 168);
	assert_int_equal(card.before, 167);
	card = trend_week(&in, at("2025-10-26T23:00:00Z") - 1);
	assert_int_equal(card.count, 169);
	/* The day of 25 hours: two of them are one hour of the clock. */
	assert_int_equal(trend_days(&in, at("2025-10-19T22:00:00Z"),
				 at("2025-10-26T23:00:00Z"), SIZE_MAX, days, 8),
		7);
	assert_int_equal(days[5], 24);
	assert_int_equal(days[6], 25);
	trend_heat(&in, at("2025-10-19T22:00:00Z"), at("2025-10-26T23:00:00Z"), SIZE_MAX,
		heat);
	for (int i = 0; i < 168; i++)
		sum += heat[i];
	assert_int_equal(sum, 169);
	assert_int_equal(heat[6 * 24 + 2], 2);
	assert_int_equal(heat[6 * 24 + 3], 1);
	/* Each day is one bar, also across the change. */
	assert_int_equal(trend_groups(&in, at("2026-03-22T23:00:00Z"),
				 at("2026-03-29T22:00:00Z"), TREND_BY_DAY, &groups),
		7);
	assert_int_equal(groups[6].sum.count, 23);
	assert_int_equal(groups[5].sum.count, 24);
	assert_int_equal(groups[6].before, 24);
	mem_free(groups);
	card = trend_month(&in, at("2026-03-31T22:00:00Z") - 1);
	assert_int_equal(card.from, at("2026-02-28T23:00:00Z"));
	assert_int_equal(card.count, 31 * 24 - 1);
	assert_int_equal(card.before, 28 * 24);
	card = trend_today(&in, at("2026-03-29T10:00:00Z"));
	assert_int_equal(card.count, 11);
	assert_int_equal(card.before, 12);
	mem_free(facts);
	be_in("UTC");
}

static uint64_t seed = 41;

static unsigned below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 16) % n;
}

static int by_start(const void *a, const void *b)
{
	int64_t x = ((const struct trend_fact *)a)->started_at;
	int64_t y = ((const struct trend_fact *)b)->started_at;

	return x < y ? -1 : x > y;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The slow way: all times of one key, sorted. */
/* The largest are the first of all groups; their hours add up to them. */
static void check_top(const struct trend_input *in, int64_t from, int64_t to,
	enum trend_by by, const struct trend_group *groups, size_t n)
{
	struct trend_top tops[TREND_TOP_MOST];
	uint32_t hours[TREND_TOP_MOST][24], heat[168];
	size_t got = trend_top(in, from, to, by, tops, 5), all;

	assert_int_equal(got, n < 5 ? n : 5);
	for (size_t i = 0; i < got; i++) {
		assert_int_equal(tops[i].key, groups[i].key);
		assert_int_equal(tops[i].count, groups[i].sum.count);
	}
	if (by != TREND_BY_PROBLEM)
		return;
	trend_hours_of(in, from, to, tops, got, hours);
	for (size_t i = 0; i < got; i++) {
		trend_heat(in, from, to, tops[i].key, heat);
		all = 0;
		for (int hour = 0; hour < 24; hour++) {
			uint32_t sum = 0;

			for (int day = 0; day < 7; day++)
				sum += heat[day * 24 + hour];
			assert_int_equal(hours[i][hour], sum);
			all += sum;
		}
		assert_int_equal(all, tops[i].count);
	}
}

static void check_group(const struct trend_input *in, int64_t from, int64_t to,
	enum trend_by by, const struct trend_group *group)
{
	double *ends = mem_new(in->count, sizeof *ends);
	size_t n = 0, count = 0;

	for (size_t i = 0; i < in->count; i++) {
		const struct trend_fact *f = &in->facts[i];

		if (f->started_at < from || f->started_at >= to ||
			trend_key(in, f, from, by) != group->key)
			continue;
		count++;
		if (f->ended_at)
			ends[n++] = (double)(f->ended_at - f->started_at);
	}
	qsort(ends, n, sizeof *ends, by_value);
	assert_int_equal(group->sum.count, count);
	assert_int_equal(group->sum.ended, n);
	if (n) {
		assert_true(
			group->sum.end_median == (ends[(n - 1) / 2] + ends[n / 2]) / 2);
		assert_true(group->sum.end_p90 == ends[(n * 9 + 9) / 10 - 1]);
	} else {
		assert_true(isnan(group->sum.end_median));
	}
	mem_free(ends);
}

static void test_groups(void **unused)
{
	enum { FACTS = 3000 };
	struct trend_fact *facts = mem_new(FACTS, sizeof *facts);
	int64_t from = at("2026-10-01"), to = at("2026-11-10T07:30:00Z");
	struct trend_input in;

	(void)unused;
	be_in("America/New_York");
	for (size_t i = 0; i < FACTS; i++) {
		struct trend_fact *f = &facts[i];

		f->started_at =
			at("2026-08-01") + (int64_t)below(110 * 86400) * SECOND_MS;
		f->problem = below(40) * below(3);
		f->service = below(9);
		f->urgency = (uint8_t)below(3);
		f->acked_at = below(3) ? f->started_at + below(900) * SECOND_MS + 1 : 0;
		f->ended_at = below(9) ? f->started_at + below(50) * MINUTE_MS + 1 : 0;
		f->flags = (uint8_t)below(8);
	}
	qsort(facts, FACTS, sizeof *facts, by_start);
	in = input(facts, FACTS);
	for (int by = 0; by < TREND_BY_COUNT; by++) {
		struct trend_group *groups;
		size_t n = trend_groups(&in, from, to, (enum trend_by)by, &groups),
		       all = 0;

		for (size_t i = 0; i < n; i++) {
			check_group(&in, from, to, (enum trend_by)by, &groups[i]);
			all += groups[i].sum.count;
			if (i && by < TREND_BY_DAY)
				assert_true(
					groups[i - 1].sum.count >= groups[i].sum.count);
		}
		assert_int_equal(all, trend_count(&in, from, to));
		if (by < TREND_BY_DAY)
			check_top(&in, from, to, (enum trend_by)by, groups, n);
		mem_free(groups);
	}
	mem_free(facts);
	be_in("UTC");
}

static void test_nothing(void **unused)
{
	struct trend_input in;
	struct trend_group *groups;
	struct trend_card card;
	struct trend_top top;
	uint32_t days[3];

	(void)unused;
	be_in("UTC");
	in = input(NULL, 0);
	assert_int_equal(trend_groups(&in, 0, DAY_MS, TREND_BY_PROBLEM, &groups), 0);
	mem_free(groups);
	assert_int_equal(trend_groups(&in, 0, DAY_MS, TREND_BY_DAY, &groups), 1);
	assert_int_equal(groups[0].sum.count, 0);
	mem_free(groups);
	assert_int_equal(trend_top(&in, 0, DAY_MS, TREND_BY_SERVICE, &top, 1), 0);
	assert_int_equal(trend_days(&in, 0, 9 * DAY_MS, SIZE_MAX, days, 3), 3);
	assert_int_equal(days[2], 0);
	card = trend_week(&in, at("2026-11-21T10:00:00Z"));
	assert_int_equal(card.count, 0);
	assert_true(card.median == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_boundary),
		cmocka_unit_test(test_interruptions),
		cmocka_unit_test(test_clock_changes),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
