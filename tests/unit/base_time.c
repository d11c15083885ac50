/* Clocks, RFC 3339 both ways, moments in zones with summer time, durations. */
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

/* The rules of Central Europe, without need of the zone files. */
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static void rfc3339_in(void **state)
{
	static const struct {
		const char *text;
		int64_t at;
	} rows[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01", 0},
		{"2026-11-21T14:32:01.250Z", 1795271521250},
		{"2026-11-21t14:32:01.25z", 1795271521250},
		{"2026-11-21 14:32:01Z", 1795271521000},
		{"2026-11-21T20:02:01+05:30", 1795271521000},
		{"2026-11-21T06:32:01-0800", 1795271521000},
		{"2026-11-21T14:32:01.123456789Z", 1795271521123},
		{"2026-11-21T14:32:01.9999999999999999999999Z", 1795271521999},
		{"2026-11-21T14:32:01-00:00", 1795271521000},
		{"2024-02-29T00:00:00Z", 1709164800000},
		{"2000-02-29", 951782400000},
		{"1969-12-31T23:59:59.999Z", -1},
		{"0001-01-01T00:00:00Z", -62135596800000},
		{"0000-01-01T00:00:00Z", -62167219200000},
		{"9999-12-31T23:59:59Z", 253402300799000},
		{"2016-12-31T23:59:60Z", 1483228800000},
	};
	static const char *const bad[] = {"", "2026", "2026-11", "2026-11-21T",
		"2026-11-21T14:32Z", "2026-11-21T14:32:01", "2026-11-21T14:32:01+05",
		"2026-11-21T14:32:01+24:00", "2026-11-21T14:32:01+05:60",
		"2026-11-21T14:32:01.Z", "2026-11-21T14:32:01.5", "2026-11-21T14:32:01Z ",
		" 2026-11-21", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32",
		"2026-02-29", "2026-02-30", "1900-02-29", "2026-04-31",
		"2026-11-21T24:00:00Z", "2026-11-21T23:60:00Z", "2026-11-21T23:59:61Z",
		"26-11-21", "2026/11/21", "+026-11-21", "2026-1-1", "20261-11-21",
		"2026-11-21X14:32:01Z"};
	int64_t at;

	(void)state;
	zone(BERLIN);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		at = -12345;
		assert_true(time_parse(rows[i].text, &at));
		assert_true(at == rows[i].at);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		at = -12345;
		if (time_parse(bad[i], &at))
			fail_msg("\"%s\" was taken for a time", bad[i]);
		assert_int_equal(at, -12345);
	}
}

static void rfc3339_out(void **state)
{
	static const struct {
		int64_t at;
		const char *text;
	} rows[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{-1, "1969-12-31T23:59:59.999Z"},
		{-1000, "1969-12-31T23:59:59.000Z"},
		{-1001, "1969-12-31T23:59:58.999Z"},
		{1795271521250, "2026-11-21T14:32:01.250Z"},
		{-62135596800000, "0001-01-01T00:00:00.000Z"},
		{-62167219200000, "0000-01-01T00:00:00.000Z"},
		{-62167219200001, "1970-01-01T00:00:00.000Z"},
		{253402300799999, "9999-12-31T23:59:59.999Z"},
		{253402300800000, "1970-01-01T00:00:00.000Z"},
		{INT64_MAX, "1970-01-01T00:00:00.000Z"},
		{INT64_MIN, "1970-01-01T00:00:00.000Z"},
	};
	char text[TIME_TEXT];
	uint64_t seed = 99;

	(void)state;
	zone(BERLIN);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(time_rfc3339(rows[i].at, text), rows[i].text);
	for (int i = 0; i < 20000; i++) {
		int64_t at, back = 0;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		at = (int64_t)(seed >> 16) % 253402300800000;
		if (seed & 1)
			at = -(at % 62167219200000);
		assert_true(time_parse(time_rfc3339(at, text), &back));
		assert_true(at == back);
	}
}

static int64_t at_utc(const char *text)
{
	int64_t at = 0;

	assert_true(time_parse(text, &at));
	return at;
}

static void moments(void **state)
{
	static const struct {
		const char *zone, *now, *text, *want; /* want NULL: refused */
	} rows[] = {
		{"UTC", "2026-11-21T12:00:00Z", "now", "2026-11-21T12:00:00Z"},
		{"UTC", "2026-11-21T12:00:00Z", "-2h", "2026-11-21T10:00:00Z"},
		{"UTC", "2026-11-21T12:00:00Z", "-1h30m", "2026-11-21T10:30:00Z"},
		{"UTC", "2026-11-21T12:00:00Z", "11:59", "2026-11-21T11:59:00Z"},
		{"UTC", "2026-11-21T12:00:00Z", "12:00", "2026-11-21T12:00:00Z"},
		{"UTC", "2026-11-21T12:00:00Z", "12:01", "2026-11-20T12:01:00Z"},
		{"UTC", "2026-01-01T00:10:00Z", "23:00", "2025-12-31T23:00:00Z"},
		{BERLIN, "2026-07-01T12:00:00Z", "13:00", "2026-07-01T11:00:00Z"},
		{BERLIN, "2026-01-15T12:00:00Z", "13:00", "2026-01-15T12:00:00Z"},
		/* The clock went forward at 02:00 local on 29 March: yesterday at 23:00
		 * was still winter time. */
		{BERLIN, "2026-03-29T08:00:00Z", "23:00", "2026-03-28T22:00:00Z"},
		/* 02:30 has not been today: the last one was yesterday's. */
		{BERLIN, "2026-03-29T00:50:00Z", "02:30", "2026-03-28T01:30:00Z"},
		/* The clock went back on 25 October. */
		{BERLIN, "2026-10-25T12:00:00Z", "14:00", "2026-10-24T12:00:00Z"},
		{BERLIN, "2026-10-25T12:00:00Z", "13:00", "2026-10-25T12:00:00Z"},
		{"UTC", "2026-11-21T12:00:00Z", "2026-11-20T01:02:03Z",
			"2026-11-20T01:02:03Z"},
		{"UTC", "2026-11-21T12:00:00Z", "24:00", NULL},
		{"UTC", "2026-11-21T12:00:00Z", "12:60", NULL},
		{"UTC", "2026-11-21T12:00:00Z", "9:00", NULL},
		{"UTC", "2026-11-21T12:00:00Z", "-", NULL},
		{"UTC", "2026-11-21T12:00:00Z", "-2", NULL},
		{"UTC", "2026-11-21T12:00:00Z", "2h", NULL},
		{"UTC", "2026-11-21T12:00:00Z", "", NULL},
		{"UTC", "2026-11-21T12:00:00Z", "tomorrow", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t at = 0;

		zone(rows[i].zone);
		if (!rows[i].want) {
			assert_false(time_parse_moment(
				rows[i].text, at_utc(rows[i].now), &at));
			continue;
		}
		assert_true(time_parse_moment(rows[i].text, at_utc(rows[i].now), &at));
		if (at != at_utc(rows[i].want))
			fail_msg("row %zu: %s at %s", i, rows[i].text, rows[i].now);
	}
}

static void local_clock(void **state)
{
	static const struct {
		const char *zone, *at, *now, *clock, *clock_s, *stamp, *name;
		int hour;
	} rows[] = {
		{"UTC", "2026-11-21T14:32:01Z", "2026-11-21T15:00:00Z", "14:32",
			"14:32:01", "14:32:01", "UTC", 5 * 24 + 14},
		{"UTC", "2026-11-20T14:32:01Z", "2026-11-21T15:00:00Z", "14:32",
			"14:32:01", "Fri 14:32", "UTC", 4 * 24 + 14},
		{"UTC", "2026-11-01T14:32:01Z", "2026-11-21T15:00:00Z", "14:32",
			"14:32:01", "Nov 01 14:32", "UTC", 6 * 24 + 14},
		{"UTC", "2025-11-21T14:32:01Z", "2026-11-21T15:00:00Z", "14:32",
			"14:32:01", "2025-11-21", "UTC", 4 * 24 + 14},
		{"UTC", "2026-11-22T14:32:01Z", "2026-11-21T15:00:00Z", "14:32",
			"14:32:01", "Nov 22 14:32", "UTC", 6 * 24 + 14},
		{BERLIN, "2026-07-01T22:30:00Z", "2026-07-01T23:00:00Z", "00:30",
			"00:30:00", "00:30:00", "CEST", 3 * 24},
		{BERLIN, "2026-12-01T22:30:00Z", "2026-12-01T23:00:00Z", "23:30",
			"23:30:00", "Tue 23:30", "CET", 1 * 24 + 23},
		{"IST-5:30", "2026-11-22T18:30:00Z", "2026-11-22T18:30:00Z", "00:00",
			"00:00:00", "00:00:00", "IST", 0},
		/* Either side of the hour skipped, and of the one that comes twice. */
		{BERLIN, "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "01:59",
			"01:59:59", "01:59:59", "CET", 6 * 24 + 1},
		{BERLIN, "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z", "03:00",
			"03:00:00", "03:00:00", "CEST", 6 * 24 + 3},
		{BERLIN, "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z", "02:30",
			"02:30:00", "02:30:00", "CEST", 6 * 24 + 2},
		{BERLIN, "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z", "02:30",
			"02:30:00", "02:30:00", "CET", 6 * 24 + 2},
	};
	char text[TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t at = at_utc(rows[i].at), now = at_utc(rows[i].now);

		zone(rows[i].zone);
		assert_string_equal(time_clock(at, text), rows[i].clock);
		assert_string_equal(time_clock_s(at, text), rows[i].clock_s);
		assert_string_equal(time_stamp(at, now, text), rows[i].stamp);
		assert_string_equal(time_zone(at, text), rows[i].name);
		assert_int_equal(time_hour_of_week(at), rows[i].hour);
	}
	/* Foreign times may be anything. */
	for (int i = 0; i < 4; i++) {
		static const int64_t far[] = {INT64_MIN, INT64_MAX, -1, INT64_MIN + 1};

		time_clock(far[i], text);
		time_clock_s(far[i], text);
		time_stamp(far[i], 1795271521250, text);
		time_zone(far[i], text);
		assert_in_range(time_hour_of_week(far[i]), 0, 167);
	}
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} in[] = {
		{"0s", 0},
		{"250ms", 250},
		{"5s", 5000},
		{"1h30m", 5400000},
		{"2d", 172800000},
		{"1w", 604800000},
		{"90m", 5400000},
		{"1m1ms", 60001},
		{"007s", 7000},
		{"1000000000ms", 1000000000},
	};
	static const char *const bad[] = {"", "5", "s", "5x", "-5s", "+5s", " 5s", "5s ",
		"5 s", "1h30", "5.5s", "1000000001ms", "99999999999999999999s",
		"1000000000w", "ms", "1hh", "5S"};
	static const struct {
		int64_t ms;
		const char *text;
	} out[] = {
		{0, "0s"},
		{1, "1ms"},
		{999, "999ms"},
		{1000, "1s"},
		{59999, "59s"},
		{60000, "1m"},
		{3599999, "59m"},
		{3600000, "1h"},
		{47 * HOUR_MS, "47h"},
		{48 * HOUR_MS, "2d"},
		{400 * DAY_MS, "400d"},
		{-4000, "-4s"},
		{-1, "-1ms"},
		{INT64_MAX, "106751991167d"},
		{INT64_MIN, "-106751991167d"},
	};
	char text[TIME_TEXT];
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
		assert_true(duration_parse(in[i].text, &ms));
		assert_int_equal(ms, in[i].ms);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ms = -7;
		if (duration_parse(bad[i], &ms))
			fail_msg("\"%s\" was taken for a duration", bad[i]);
		assert_int_equal(ms, -7);
	}
	for (size_t i = 0; i < sizeof out / sizeof out[0]; i++)
		assert_string_equal(duration_text(out[i].ms, text), out[i].text);
}

static void clocks_run(void **state)
{
	int64_t a = time_mono_us(), b = time_mono_us(), ms = time_mono_ms();

	(void)state;
	assert_true(b >= a);
	assert_true(ms >= a / 1000 && ms - a / 1000 < 10000);
	assert_true(time_now_ms() > 1600000000000);
	assert_true(time_now_ms() - (int64_t)time(NULL) * 1000 < 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc3339_in),
		cmocka_unit_test(rfc3339_out),
		cmocka_unit_test(moments),
		cmocka_unit_test(local_clock),
		cmocka_unit_test(durations),
		cmocka_unit_test(clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
