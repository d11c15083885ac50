/* Time zones as arrays: days of 23 and 25 hours, times that do not exist and that come
 * twice, months; compared with the C library. */
#include "base/time.h"
#include "model/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static struct zone zone;

static int64_t at(const char *text)
{
	int64_t out;

	assert_true(time_parse(text, &out));
	return out;
}

static void be_in(const char *name, const char *from, const char *to)
{
	setenv("TZ", name, 1);
	tzset();
	zone_read(&zone, at(from), at(to), time_offset_ms);
}

static void test_berlin(void **unused)
{
	int64_t monday, sunday;

	(void)unused;
	be_in("Europe/Berlin", "2026-01-01", "2027-01-01");
	assert_int_equal(zone.count, 3);
	assert_int_equal(zone.from_at[1], at("2026-03-29T01:00:00Z"));
	assert_int_equal(zone.from_at[2], at("2026-10-25T01:00:00Z"));
	/* Weeks of 167 and 169 hours. */
	monday = zone_day(&zone, at("2026-03-23T12:00:00+01:00"));
	assert_int_equal(zone_weekday(monday), 0);
	assert_int_equal(
		zone_day_start(&zone, monday + 7) - zone_day_start(&zone, monday),
		167 * HOUR_MS);
	monday = zone_day(&zone, at("2026-10-19T12:00:00+02:00"));
	assert_int_equal(
		zone_day_start(&zone, monday + 7) - zone_day_start(&zone, monday),
		169 * HOUR_MS);
	/* 02:30 does not exist: it begins at 03:00; the other comes twice. */
	sunday = zone_day(&zone, at("2026-03-29T12:00:00Z"));
	assert_int_equal(zone_moment(&zone, sunday * DAY_MS + 150 * MINUTE_MS),
		at("2026-03-29T01:00:00Z"));
	sunday = zone_day(&zone, at("2026-10-25T12:00:00Z"));
	assert_int_equal(zone_moment(&zone, sunday * DAY_MS + 150 * MINUTE_MS),
		at("2026-10-25T00:30:00Z"));
	assert_int_equal(
		zone_hour_of_week(&zone, at("2026-10-25T00:30:00Z")), 6 * 24 + 2);
	assert_int_equal(
		zone_hour_of_week(&zone, at("2026-10-25T01:30:00Z")), 6 * 24 + 2);
	/* The same time on the wall clock a week earlier. */
	assert_int_equal(zone_shift(&zone, at("2026-03-30T09:00:00+02:00"), -7),
		at("2026-03-23T09:00:00+01:00"));
}

/* All zones agree with localtime at random moments. */
static void test_library(void **unused)
{
	static const char *const names[] = {"UTC", "Europe/Berlin", "America/New_York",
		"Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo",
		"Africa/Casablanca", "Asia/Beirut", "Pacific/Apia"};
	uint64_t seed = 3;

	(void)unused;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int64_t from = at("2010-06-01"), to = at("2026-06-01");

		be_in(names[i], "2010-06-01", "2026-06-01");
		for (int k = 0; k < 3000; k++) {
			int64_t when, day;

			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			when = from + (int64_t)((seed >> 20) % (uint64_t)(to - from));
			day = zone_day(&zone, when);
			assert_int_equal(
				zone_hour_of_week(&zone, when), time_hour_of_week(when));
			assert_true(zone_day_start(&zone, day) <= when);
			assert_int_equal(
				zone_day(&zone, zone_day_start(&zone, day)), day);
			assert_true(
				zone_day(&zone, zone_day_start(&zone, day) - 1) < day);
		}
	}
	setenv("TZ", "UTC", 1);
	tzset();
}

static void test_months(void **unused)
{
	static const struct {
		const char *day;
		int months;
		const char *first;
	} rows[] = {
		{"2026-11-21", 0, "2026-11-01"},
		{"2026-11-21", -1, "2026-10-01"},
		{"2026-01-31", -1, "2025-12-01"},
		{"2026-12-01", 1, "2027-01-01"},
		{"2024-02-29", 0, "2024-02-01"},
		{"2024-03-31", -1, "2024-02-01"},
		{"2000-02-29", 12, "2001-02-01"},
		{"1969-12-31", 0, "1969-12-01"},
		{"1970-01-01", -1, "1969-12-01"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(
			zone_month(at(rows[i].day) / DAY_MS, rows[i].months) * DAY_MS,
			at(rows[i].first));
	assert_int_equal(zone_weekday(at("2026-11-16") / DAY_MS), 0);
	assert_int_equal(zone_weekday(at("2026-11-22") / DAY_MS), 6);
	assert_int_equal(zone_weekday(at("1969-12-29") / DAY_MS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_berlin),
		cmocka_unit_test(test_library),
		cmocka_unit_test(test_months),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
