/* The fused detector: what is seen, how it is said, what is none, and its state. */
#include "analysis/anomaly.h"
#include "base/alloc.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define START (INT64_C(1699833600000)) /* a Monday, UTC */

enum { MINUTES = 5, PER_DAY = 24 * 60 / MINUTES };

static int64_t memory[DETECTOR_MAX_STATE / sizeof(int64_t)];
static struct detector_config config;
static uint32_t seed;

static double noise(void)
{
	double sum = 0;

	for (int i = 0; i < 6; i++) {
		seed = seed * 1664525 + 1013904223;
		sum += (double)(seed >> 8) / (1 << 24);
	}
	return (sum - 3) * 1.4142;
}

static void begin(int64_t interval)
{
	seed = 7;
	detector_config_init(
		&config, UNIT_NONE, (struct limits){NAN, NAN, false}, interval);
	detector_start(&detector_fused, memory);
}

static struct verdict feed(int64_t i, double value)
{
	return detector_feed(&detector_fused, memory, &config,
		(struct point){START + i * config.interval_ms, value});
}

/* What a series is like, and what breaks in it at point `at`; `i` counts from there. */
typedef double (*shape)(int64_t i, bool broken);

static double day(int64_t i)
{
	return sin(6.2832 * (double)(i % PER_DAY) / PER_DAY);
}

static double busy(int64_t i)
{
	return 1000 + 300 * day(i) + 10 * noise();
}

static double steps_up(int64_t i, bool broken)
{
	return busy(i) + (broken ? 900 : 0);
}

static double steps_down(int64_t i, bool broken)
{
	return busy(i) - (broken ? 500 : 0);
}

static double to_zero(int64_t i, bool broken)
{
	return broken ? 0 : busy(i);
}

static double stands(int64_t i, bool broken)
{
	return broken ? 1000 : busy(i);
}

static double shakes(int64_t i, bool broken)
{
	return 1000 + (broken ? 60 : 4) * noise() + (double)(i & 1) * 1e-6;
}

/* No point of it is far off. */
static double trembles(int64_t i, bool broken)
{
	(void)i;
	return 1000 + (broken ? 20 : 5) * noise();
}

static double negative(int64_t i, bool broken)
{
	return -busy(i) - (broken ? 900 : 0);
}

static double huge(int64_t i, bool broken)
{
	return 1e9 * (busy(i) + (broken ? 900 : 0));
}

static double tiny(int64_t i, bool broken)
{
	return 1e-6 * (busy(i) + (broken ? 900 : 0));
}

static void breaks_are_seen(void **state)
{
	static const struct {
		const char *what;
		shape value;
		int within; /* points */
		enum detector_reason reason;
	} rows[] = {
		{"a step up", steps_up, 2, REASON_ABOVE_USUAL},
		{"a step down", steps_down, 3, REASON_BELOW_USUAL},
		{"zero", to_zero, 2, REASON_BELOW_USUAL},
		{"a flat line", stands, 40, REASON_COUNT},
		{"another spread", shakes, 3, REASON_COUNT},
		{"a spread within bounds", trembles, 80, REASON_RESTLESS},
		{"negative", negative, 2, REASON_BELOW_USUAL},
		{"10^12", huge, 2, REASON_ABOVE_USUAL},
		{"10^-3", tiny, 2, REASON_ABOVE_USUAL},
	};

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		int64_t at = 14 * PER_DAY + 100;
		int early = 0, after = 0;
		struct verdict v = {0};

		begin(MINUTES * MINUTE_MS);
		for (int64_t i = 0; i < at; i++)
			early += feed(i, rows[r].value(i, false)).anomalous &&
				 i > 7 * PER_DAY;
		while (!v.anomalous && after < 100) {
			v = feed(at + after, rows[r].value(at + after, true));
			after++;
		}
		if (early || !v.anomalous || after > rows[r].within)
			fail_msg("%s: %d before, seen %d after %d points", rows[r].what,
				early, v.anomalous, after);
		if (rows[r].reason != REASON_COUNT && v.reason != rows[r].reason)
			fail_msg("%s: %s", rows[r].what, reason_name(v.reason));
		assert_true(v.since >= START + at * config.interval_ms);
		assert_true(v.severity < SEVERITY_OK);
		assert_true(v.score >= 0.5 && v.score <= 1);
	}
}

/* Nothing is found in two weeks, and no verdict holds what is no number. */
static void quiet(void **state)
{
	static const double lines[] = {0, 5, -5, 1e9, -1e9, 1e-9, 1e29};

	(void)state;
	for (size_t r = 0; r < sizeof lines / sizeof *lines; r++) {
		begin(MINUTES * MINUTE_MS);
		for (int64_t i = 0; i < 14 * PER_DAY; i++) {
			struct verdict v = feed(i, lines[r]);

			assert_false(v.anomalous || v.suspect);
			assert_true(v.fresh >= 0 && v.fresh <= 1);
		}
	}
	begin(MINUTES * MINUTE_MS);
	for (int64_t i = 0; i < 14 * PER_DAY; i++) {
		struct verdict v = feed(i, steps_up(i, false));

		assert_false(v.anomalous && i > 3 * PER_DAY);
		assert_true(v.fresh >= 0 && v.fresh <= 1);
	}
}

/* Neither learnt nor judged, and the state stays as it is. */
static void what_is_not_a_point(void **state)
{
	int64_t before[DETECTOR_MAX_STATE / sizeof(int64_t)];
	static const struct {
		const char *what;
		int64_t i;
		double value;
	} rows[] = {
		{"not a number", 600, NAN},
		{"infinite", 600, INFINITY},
		{"twice", 599, 1000},
		{"older", 10, 1000},
		{"too large", 600, 1e31},
	};

	(void)state;
	begin(MINUTES * MINUTE_MS);
	for (int64_t i = 0; i < 600; i++)
		feed(i, busy(i));
	memcpy(before, memory, sizeof before);
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		struct verdict v = feed(rows[r].i, rows[r].value);

		if (v.reason != REASON_IGNORED || v.anomalous || v.suspect ||
			memcmp(before, memory, detector_fused.state_size))
			fail_msg("%s", rows[r].what);
	}
	/* The future is only a gap. */
	assert_false(feed(100000000, 1000).anomalous);
}

static void few_points(void **state)
{
	struct verdict v;

	(void)state;
	begin(HOUR_MS);
	v = feed(0, 42);
	assert_int_equal(v.reason, REASON_LEARNING);
	assert_false(v.anomalous);
	assert_true(isnan(v.expected) && v.fresh == 0);
	assert_false(feed(1, 1e9).anomalous);
}

/* One bad point waits for more, a counter that begins anew too. */
static void one_point(void **state)
{
	struct verdict v;

	(void)state;
	begin(MINUTES * MINUTE_MS);
	for (int64_t i = 0; i < 10 * PER_DAY; i++)
		feed(i, busy(i));
	v = feed(10 * PER_DAY, 1130);
	assert_true(v.suspect);
	assert_false(v.anomalous);
	assert_false(feed(10 * PER_DAY + 1, busy(10 * PER_DAY + 1)).suspect);
	v = feed(10 * PER_DAY + 2, 3);
	assert_true(v.suspect && !v.anomalous);
	v = feed(10 * PER_DAY + 3, 13);
	assert_true(v.anomalous);
	assert_int_equal(v.severity, SEVERITY_HIGH);
	assert_true(v.since == START + (10 * PER_DAY + 2) * config.interval_ms);
}

/* What is off by less than a bound, but goes on, is seen too. */
static void lasting(void **state)
{
	struct verdict v = {0};
	int64_t i = 0;
	double off;
	int after = 0;

	(void)state;
	begin(MINUTES * MINUTE_MS);
	for (; i < 10 * PER_DAY + PER_DAY / 4; i++) /* where the curve is flat */
		v = feed(i, busy(i));
	for (off = 0.97 * (v.high - v.expected); after < 40 && !v.anomalous; after++, i++)
		v = feed(i, 1000 + 300 * day(i) + fmin(off, after * off / 3));
	assert_in_range(after, 7, 39);
	assert_int_equal(v.reason, REASON_ABOVE_USUAL);
	assert_true(v.value > v.high);
	/* Over when it is. */
	assert_false(feed(i, 1000 + 300 * day(i)).suspect);
}

/* One problem is one peak: what goes on is not fresh. */
static void fresh_once(void **state)
{
	int64_t at = 10 * PER_DAY;
	double first = 0, rest = 0;

	(void)state;
	begin(MINUTES * MINUTE_MS);
	for (int64_t i = 0; i < at; i++)
		feed(i, steps_up(i, false));
	for (int64_t i = at; i < at + 60; i++) {
		double fresh = feed(i, steps_up(i, true)).fresh;

		if (i < at + 3)
			first = fmax(first, fresh);
		else
			rest = fmax(rest, fresh);
	}
	assert_true(first > 0.5);
	assert_true(rest < first);
}

static void direction(void **state)
{
	int64_t at = 10 * PER_DAY;

	(void)state;
	begin(MINUTES * MINUTE_MS);
	config.direction = DIRECTION_DOWN;
	for (int64_t i = 0; i < at; i++)
		feed(i, steps_up(i, false));
	for (int64_t i = at; i < at + 6; i++)
		assert_false(feed(i, steps_up(i, true)).anomalous);
}

static void goes_on_bit_for_bit(void **state)
{
	size_t size = DETECTOR_HEADER + detector_fused.state_size;
	unsigned char *saved = mem_new(size, 1);
	int64_t whole[DETECTOR_MAX_STATE / sizeof(int64_t)];
	uint32_t seed_then;
	struct err err;

	(void)state;
	begin(MINUTES * MINUTE_MS);
	for (int64_t i = 0; i < 2987; i++)
		feed(i, busy(i) - (i > 2980 ? 120 : 0)); /* in the middle of something */
	seed_then = seed;
	assert_int_equal(detector_save(&detector_fused, memory, saved, size), size);
	for (int64_t i = 2987; i < 9000; i++)
		feed(i, steps_up(i, i % 1000 < 20));
	memcpy(whole, memory, detector_fused.state_size);
	memset(memory, 0xee, sizeof memory);
	assert_true(detector_restore(&detector_fused, memory, saved, size, &err));
	seed = seed_then;
	for (int64_t i = 2987; i < 9000; i++)
		feed(i, steps_up(i, i % 1000 < 20));
	assert_memory_equal(memory, whole, detector_fused.state_size);
	mem_free(saved);
}

static void damaged_bytes(void **state)
{
	size_t size = DETECTOR_HEADER + detector_fused.state_size;
	unsigned char *saved = mem_new(size, 1);
	struct err err;

	(void)state;
	begin(MINUTES * MINUTE_MS);
	for (int64_t i = 0; i < 700; i++)
		feed(i, busy(i));
	detector_save(&detector_fused, memory, saved, size);
	for (size_t i = 0; i < size; i += 97) {
		saved[i] ^= 0x41;
		assert_false(
			detector_restore(&detector_fused, memory, saved, size, &err));
		saved[i] ^= 0x41;
	}
	/* A right checksum over wrong indices. */
	memset(memory, 0xff, detector_fused.state_size);
	detector_save(&detector_fused, memory, saved, size);
	assert_false(detector_restore(&detector_fused, memory, saved, size, &err));
	assert_non_null(strstr(err.text, "damaged"));
	mem_free(saved);
}

static void sentences(void **state)
{
	static const struct {
		enum detector_reason reason;
		const char *sentence, *name;
	} rows[] = {
		{REASON_HIGHEST, "412, never above 310 before", "highest"},
		{REASON_LOWEST, "412, never below 310 before", "lowest"},
		{REASON_LEVEL_UP, "a new level of 412, never above 310 before",
			"level-up"},
		{REASON_DRIFT_DOWN,
			"412 off what is usual at this time, at most 310 before",
			"drift-down"},
		{REASON_RESTLESS, "varies by 412, at most by 310 before", "restless"},
		{REASON_FLAT, "has stood still for 412 points, never so long before",
			"flat"},
		{REASON_NORMAL, "", "normal"},
	};
	char out[DETECTOR_SENTENCE];

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		struct verdict v = {
			.reason = rows[r].reason, .measured = 412, .before = 310};

		assert_string_equal(
			verdict_sentence(&v, UNIT_NONE, out), rows[r].sentence);
		assert_string_equal(reason_name(rows[r].reason), rows[r].name);
	}
}

static void sizes(void **state)
{
	(void)state;
	assert_int_equal(detector_fused.state_size, 12320);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(breaks_are_seen),
		cmocka_unit_test(quiet),
		cmocka_unit_test(what_is_not_a_point),
		cmocka_unit_test(few_points),
		cmocka_unit_test(one_point),
		cmocka_unit_test(lasting),
		cmocka_unit_test(fresh_once),
		cmocka_unit_test(direction),
		cmocka_unit_test(goes_on_bit_for_bit),
		cmocka_unit_test(damaged_bytes),
		cmocka_unit_test(sentences),
		cmocka_unit_test(sizes),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("analysis_fused", tests, NULL, NULL);
}
