/* The seasonal baseline on made series: what must be quiet, what must be seen, and
 * that a saved state goes on bit for bit. */
#include "analysis/anomaly.h"
#include "base/alloc.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define START (INT64_C(1762732800000)) /* Monday 2025-11-10 00:00 UTC */

static int64_t memory[DETECTOR_MAX_STATE / sizeof(int64_t)];
static struct detector_config config;
static uint32_t seed;

/* Roughly normal, deviation 1, the same everywhere. */
static double noise(void)
{
	double sum = 0;

	for (int i = 0; i < 12; i++) {
		seed = seed * 1664525 + 1013904223;
		sum += (double)(seed >> 8) / (1 << 24);
	}
	return sum - 6;
}

static double at_hour(int64_t at)
{
	return (double)((at - START) % DAY_MS) / HOUR_MS;
}

/* --- series: value of the moment --- */

static double constant(int64_t at)
{
	(void)at;
	return 42;
}

static double zero(int64_t at)
{
	(void)at;
	return 0;
}

static double flat_noise(int64_t at)
{
	(void)at;
	return 100 + 3 * noise();
}

static double daily(int64_t at)
{
	return 100 + 50 * sin(at_hour(at) / 24 * 2 * M_PI) + 2 * noise();
}

/* Busy from nine to five on weekdays only. */
static double office(int64_t at)
{
	bool weekend = (at - START) / DAY_MS % 7 >= 5;
	double hour = at_hour(at);

	return (!weekend && hour >= 9 && hour < 17 ? 400 : 50) + 4 * noise();
}

/* A job at six for ten minutes. */
static double six_o_clock(int64_t at)
{
	double hour = at_hour(at);

	return (hour >= 6 && hour < 6.17 ? 900 : 30) + 2 * noise();
}

static double growing(int64_t at)
{
	return 100 + (double)(at - START) / DAY_MS * 5 + 2 * noise();
}

static double rare_errors(int64_t at)
{
	(void)at;
	return noise() > 2 ? 1 : 0;
}

static void begin(int64_t interval)
{
	seed = 7;
	detector_config_init(
		&config, UNIT_NONE, (struct limits){NAN, NAN, false}, interval);
	detector_start(&detector_seasonal, memory);
}

static struct verdict feed(int64_t at, double value)
{
	return detector_feed(
		&detector_seasonal, memory, &config, (struct point){at, value});
}

/* Feeds [from, to) days; returns the number of anomalies that began. */
static int run(double (*value)(int64_t), double from, double to)
{
	struct anomaly_track track = {0};
	int began = 0;

	for (int64_t at = START + (int64_t)(from * DAY_MS);
		at < START + (int64_t)(to * DAY_MS); at += config.interval_ms) {
		struct verdict v = feed(at, value(at));

		anomaly_over(&track, at, anomaly_hold_ms(config.interval_ms));
		began += anomaly_feed(&track, &v, at, UNIT_NONE) == ANOMALY_BEGAN;
	}
	return began;
}

static void quiet(void **state)
{
	static const struct {
		const char *what;
		double (*value)(int64_t);
		int64_t interval;
		int most; /* anomalies in four weeks */
	} rows[] = {
		{"constant", constant, 5 * MINUTE_MS, 0},
		{"zero", zero, MINUTE_MS, 0},
		{"noise", flat_noise, MINUTE_MS, 0},
		{"noise, hourly", flat_noise, HOUR_MS, 0},
		{"daily", daily, 5 * MINUTE_MS, 0},
		{"daily, hourly", daily, HOUR_MS, 0},
		{"daily, 15 s", daily, 15 * SECOND_MS, 0},
		{"growing", growing, 5 * MINUTE_MS, 0},
		{"rare errors", rare_errors, MINUTE_MS, 0},
		/* Each is a surprise until it has been seen often enough. */
		{"office", office, 5 * MINUTE_MS, 6},
		{"six o'clock", six_o_clock, 5 * MINUTE_MS, 4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int began;

		begin(rows[i].interval);
		began = run(rows[i].value, 0, 28);
		if (began > rows[i].most)
			print_error("%s: %d anomalies\n", rows[i].what, began);
		assert_true(began <= rows[i].most);
	}
}

static void learnt_habits_are_quiet(void **state)
{
	(void)state;
	begin(5 * MINUTE_MS);
	run(office, 0, 21);
	assert_int_equal(run(office, 21, 35), 0);
	begin(5 * MINUTE_MS);
	run(six_o_clock, 0, 10);
	assert_int_equal(run(six_o_clock, 10, 28), 0);
}

struct fault {
	const char *what;
	double (*value)(int64_t);
	double day; /* when it begins */
	int points; /* how many are bad */
	double add, times;
	bool seen;
	enum detector_reason reason;
};

static const struct fault faults[] = {
	{"step up", flat_noise, 16.5, 6, 60, 1, true, REASON_ABOVE_USUAL},
	{"step down", flat_noise, 16.5, 6, -60, 1, true, REASON_BELOW_USUAL},
	{"one blip", flat_noise, 16.5, 1, 500, 1, false, REASON_NORMAL},
	{"too small to matter", flat_noise, 16.5, 20, 6, 1, false, REASON_NORMAL},
	{"from zero", zero, 16.5, 6, 2000, 1, true, REASON_ABOVE_USUAL},
	{"one or two from zero", zero, 16.5, 6, 2, 1, false, REASON_NORMAL},
	{"daily, midday at night", daily, 16.75, 6, 100, 1, true, REASON_ABOVE_USUAL},
	{"daily, silence", daily, 16.25, 6, 0, 0, true, REASON_BELOW_USUAL},
	{"busy on a Sunday", office, 27.5, 12, 350, 1, true, REASON_ABOVE_USUAL},
	{"nobody on a Tuesday", office, 29.45, 12, -350, 1, true, REASON_BELOW_USUAL},
	{"big job at noon", six_o_clock, 16.5, 3, 870, 1, true, REASON_ABOVE_USUAL},
};

static void faults_are_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		const struct fault *f = &faults[i];
		int64_t at = START + (int64_t)(f->day * DAY_MS);
		enum detector_reason reason = REASON_NORMAL;
		bool seen = false;

		begin(5 * MINUTE_MS);
		run(f->value, 0, f->day);
		for (int k = 0; k < f->points; k++, at += config.interval_ms) {
			struct verdict v = feed(at, f->value(at) * f->times + f->add);

			if (v.anomalous && !seen) {
				seen = true;
				reason = v.reason;
				assert_int_equal(
					v.since, START + (int64_t)(f->day * DAY_MS));
				assert_true(v.score >= 0.5);
			}
		}
		if (seen != f->seen)
			print_error("%s\n", f->what);
		assert_int_equal(seen, f->seen);
		assert_int_equal(reason, f->reason);
		/* The bad hour has not poisoned what is expected. */
		run(f->value, f->day + 1.0 / 24, f->day + 0.5);
		assert_int_equal(run(f->value, f->day + 0.5, f->day + 1), 0);
	}
}

/* A new level is one anomaly and then the usual thing. */
static void new_level(void **state)
{
	struct anomaly_track track = {0};
	int began = 0;

	(void)state;
	begin(5 * MINUTE_MS);
	run(flat_noise, 0, 14);
	for (int64_t at = START + 14 * DAY_MS; at < START + 18 * DAY_MS;
		at += config.interval_ms) {
		struct verdict v = feed(at, flat_noise(at) + 100);

		anomaly_over(&track, at, HOUR_MS);
		began += anomaly_feed(&track, &v, at, UNIT_NONE) == ANOMALY_BEGAN;
		if (at > START + 17 * DAY_MS) {
			assert_false(v.anomalous);
			assert_true(fabs(v.expected - 200) < 10);
		}
	}
	assert_int_equal(began, 1);
}

static void says_that_it_learns(void **state)
{
	char text[DETECTOR_SENTENCE];
	struct verdict v;

	(void)state;
	begin(5 * MINUTE_MS);
	v = feed(START, 5);
	assert_true(v.learning && v.reason == REASON_LEARNING && isnan(v.expected));
	assert_string_equal(verdict_sentence(&v, UNIT_NONE, text),
		"seasonal baseline: 0 of 7 days learnt; thresholds only");
	run(daily, 1, 4.1);
	v = feed(START + (int64_t)(4.1 * DAY_MS) + MINUTE_MS, 100);
	assert_true(v.learning && v.days_learnt == 3);
	verdict_learning(&v, text);
	assert_non_null(strstr(text, "3 of 7 days learnt; compared with the "));
	run(daily, 5, 20);
	v = feed(START + 20 * DAY_MS, 100);
	assert_false(v.learning);
	assert_int_not_equal(v.basis, BASIS_RECENT);
	assert_string_equal(verdict_learning(&v, text), "");
	run(daily, 20.01, 20.2);
	for (int k = 0; k < 4; k++)
		v = feed(START + (int64_t)(20.2 * DAY_MS) + k * config.interval_ms, 999);
	verdict_sentence(&v, UNIT_NONE, text);
	assert_non_null(strstr(text, "999, usually "));
	assert_non_null(strstr(text, " at this hour of the "));
}

static void what_is_not_a_point(void **state)
{
	int64_t before[DETECTOR_MAX_STATE / sizeof(int64_t)];
	static const double bad[] = {NAN, INFINITY, -INFINITY, 1e300};

	(void)state;
	begin(5 * MINUTE_MS);
	run(daily, 0, 3);
	memcpy(before, memory, sizeof before);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(feed(START + 4 * DAY_MS, bad[i]).reason, REASON_IGNORED);
	assert_int_equal(feed(START + DAY_MS, 5).reason, REASON_IGNORED);
	assert_int_equal(feed(-5, 5).reason, REASON_IGNORED);
	assert_memory_equal(before, memory, sizeof before);
}

/* After a gap the run begins anew, and the level is not that of last week. */
static void gaps(void **state)
{
	int64_t at = START + 16 * DAY_MS;

	(void)state;
	begin(5 * MINUTE_MS);
	run(flat_noise, 0, 15.9);
	assert_false(feed(at, 500).anomalous);
	assert_false(feed(at + HOUR_MS, 500).anomalous);
	assert_false(feed(at + 2 * HOUR_MS, 500).anomalous);
	assert_int_equal(feed(at + 3 * DAY_MS, 500).reason, REASON_LEARNING);
}

static void goes_on_bit_for_bit(void **state)
{
	size_t size = DETECTOR_HEADER + detector_seasonal.state_size;
	unsigned char *saved = mem_new(size, 1);
	int64_t whole[DETECTOR_MAX_STATE / sizeof(int64_t)];
	uint32_t seed_then;
	struct err err;

	(void)state;
	begin(5 * MINUTE_MS);
	run(office, 0, 10.37);
	seed_then = seed;
	assert_int_equal(detector_save(&detector_seasonal, memory, saved, size), size);
	assert_int_equal(detector_save(&detector_seasonal, memory, saved, size - 1), 0);
	run(office, 10.4, 20);
	memcpy(whole, memory, detector_seasonal.state_size);

	memset(memory, 0xee, sizeof memory);
	assert_true(detector_restore(&detector_seasonal, memory, saved, size, &err));
	seed = seed_then;
	run(office, 10.4, 20);
	assert_memory_equal(memory, whole, detector_seasonal.state_size);
	mem_free(saved);
}

static void damaged_bytes(void **state)
{
	size_t size = DETECTOR_HEADER + detector_seasonal.state_size;
	unsigned char *saved = mem_new(size, 1);
	int64_t untouched[DETECTOR_MAX_STATE / sizeof(int64_t)];
	struct err err;

	(void)state;
	begin(5 * MINUTE_MS);
	run(daily, 0, 2);
	detector_save(&detector_seasonal, memory, saved, size);
	memcpy(untouched, memory, sizeof untouched);
	for (size_t i = 0; i < size; i += 13) {
		saved[i] ^= 0x41;
		assert_false(
			detector_restore(&detector_seasonal, memory, saved, size, &err));
		saved[i] ^= 0x41;
	}
	assert_false(detector_restore(&detector_seasonal, memory, saved, 5, &err));
	assert_false(detector_restore(&detector_threshold, memory, saved, size, &err));
	assert_memory_equal(memory, untouched, sizeof untouched);
	/* A right checksum over wrong indices: the class looks for itself. */
	memset(memory, 0xff, detector_seasonal.state_size);
	detector_save(&detector_seasonal, memory, saved, size);
	assert_false(detector_restore(&detector_seasonal, memory, saved, size, &err));
	assert_non_null(strstr(err.text, "damaged"));
	mem_free(saved);
}

/* Work from nine to five by the clock on the wall, through the end of summer time. */
static double wall_clock(int64_t at)
{
	time_t seconds = (time_t)(at / 1000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	return (tm.tm_hour >= 9 && tm.tm_hour < 17 ? 400 : 50) + 4 * noise();
}

static void clocks_change(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	begin(5 * MINUTE_MS);
	/* START - 35 days is 2025-10-06; the clocks change on the 26th. */
	run(wall_clock, -35, -16);
	assert_int_equal(run(wall_clock, -16, -5), 0);
	setenv("TZ", "UTC", 1);
	tzset();
}

static void spans(void **state)
{
	struct anomaly_track track = {0};
	struct verdict v = {.anomalous = true,
		.since = 50,
		.score = 0.6,
		.value = 9,
		.low = NAN,
		.high = 5,
		.severity = SEVERITY_WARNING,
		.reason = REASON_OVER_LIMIT};

	(void)state;
	assert_int_equal(anomaly_feed(&track, &v, 100, UNIT_NONE), ANOMALY_BEGAN);
	assert_int_equal(anomaly_feed(&track, &v, 110, UNIT_NONE), ANOMALY_NONE);
	v.score = 0.9;
	v.value = 12;
	v.severity = SEVERITY_CRITICAL;
	assert_int_equal(anomaly_feed(&track, &v, 120, UNIT_NONE), ANOMALY_WORSE);
	v.anomalous = false;
	assert_int_equal(anomaly_feed(&track, &v, 130, UNIT_NONE), ANOMALY_NONE);
	assert_false(anomaly_over(&track, 150, 40));
	v.anomalous = true;
	v.score = 0.7;
	assert_int_equal(anomaly_feed(&track, &v, 155, UNIT_NONE), ANOMALY_NONE);
	assert_false(anomaly_over(&track, 195, 40));
	assert_true(anomaly_over(&track, 196, 40));
	assert_false(anomaly_over(&track, 197, 40));
	assert_int_equal(track.now.start, 50);
	assert_int_equal(track.now.end, 155);
	assert_int_equal(track.now.peak_at, 120);
	assert_int_equal(track.now.severity, SEVERITY_CRITICAL);
	assert_true(track.now.value == 12);
	assert_string_equal(track.now.sentence, "12, over the limit of 5");
	assert_int_equal(anomaly_feed(&track, &v, 200, UNIT_NONE), ANOMALY_BEGAN);
}

static void sizes(void **state)
{
	(void)state;
	assert_true(detector_seasonal.state_size <= DETECTOR_MAX_STATE);
	assert_int_equal(detector_seasonal.state_size, 7344);
	assert_int_equal(detector_threshold.state_size, 32);
	assert_true(anomaly_hold_ms(SECOND_MS) == 10 * MINUTE_MS);
	assert_true(anomaly_hold_ms(HOUR_MS) == 12 * HOUR_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet),
		cmocka_unit_test(learnt_habits_are_quiet),
		cmocka_unit_test(faults_are_seen),
		cmocka_unit_test(new_level),
		cmocka_unit_test(says_that_it_learns),
		cmocka_unit_test(what_is_not_a_point),
		cmocka_unit_test(gaps),
		cmocka_unit_test(goes_on_bit_for_bit),
		cmocka_unit_test(damaged_bytes),
		cmocka_unit_test(clocks_change),
		cmocka_unit_test(spans),
		cmocka_unit_test(sizes),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("analysis_seasonal", tests, NULL, NULL);
}
