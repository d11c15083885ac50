/* Shifts: which times are understood, which shift a moment belongs to, and the weeks in
 * which the clocks change; zone files against the C library's own reading of them. */
#include "app/zonefile.h"
#include "base/time.h"
#include "model/shift.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static int64_t at(const char *text)
{
	int64_t out;

	assert_true(time_parse(text, &out));
	return out;
}

static void plan_of(struct shift_plan *plan, const char *times, const char *zone)
{
	struct err err;

	if (!zone_named(&plan->zone, zone, at("2024-01-01"), at("2032-01-01"), &err) ||
		!shift_parse(plan, times, &err))
		fail_msg("%s", err.text);
}

static void test_words(void **unused)
{
	static const struct {
		const char *text;
		size_t count; /* 0: refused */
		int first;
	} rows[] = {
		{"Mon 09:00", 1, 540},
		{"mon 09:00", 1, 540},
		{"09:00", 7, 540},
		{"Fri 17:00, Mon 09:00", 2, 540},
		{"Mon 09:00,Mon 09:00", 1, 540},
		{"09:00, 21:00", 14, 540},
		{"Sun 23:59", 1, 6 * 1440 + 23 * 60 + 59},
		{"", 0, 0},
		{"Mon", 0, 0},
		{"Mon 9:00", 0, 0},
		{"Mon 24:00", 0, 0},
		{"Mon 09:60", 0, 0},
		{"Mon 09:00,", 0, 0},
		{"Mon 09:00 Tue 09:00", 0, 0},
		{"Xyz 09:00", 0, 0},
		{"00:00,01:00,02:00,03:00,04:00", 0, 0},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct shift_plan plan;
		struct err err;
		bool fine = shift_parse(&plan, rows[i].text, &err);

		if (fine != (rows[i].count > 0))
			fail_msg("\"%s\" is%s taken", rows[i].text, fine ? "" : " not");
		if (!fine)
			continue;
		assert_int_equal(plan.count, rows[i].count);
		assert_int_equal(plan.minutes[0], rows[i].first);
	}
}

static void test_hours(void **unused)
{
	static const struct {
		const char *zone, *times, *moment, *from;
		int minutes;
	} rows[] = {
		{"Europe/Berlin", "Mon 09:00", "2026-11-21T06:00:00Z",
			"2026-11-16T08:00:00Z", 10080},
		/* The clocks go on on 29 March and back on 25 October 2026. */
		{"Europe/Berlin", "Mon 09:00", "2026-03-25T06:00:00Z",
			"2026-03-23T08:00:00Z", 10020},
		{"Europe/Berlin", "Mon 09:00", "2026-10-21T06:00:00Z",
			"2026-10-19T07:00:00Z", 10140},
		{"America/New_York", "Mon 09:00", "2026-11-01T12:00:00Z",
			"2026-10-26T13:00:00Z", 10140},
		{"Asia/Kolkata", "09:00,21:00", "2026-11-21T06:00:00Z",
			"2026-11-21T03:30:00Z", 720},
		/* 02:30 does not exist on 29 March: the shift begins at 03:00. */
		{"Europe/Berlin", "Sun 02:30", "2026-03-30T00:00:00Z",
			"2026-03-29T01:00:00Z", 10050},
		/* 02:30 comes twice on 25 October: it begins the first time. */
		{"Europe/Berlin", "Sun 02:30", "2026-10-25T03:00:00Z",
			"2026-10-25T00:30:00Z", 10140},
		{"Pacific/Auckland", "Mon 09:00", "2026-09-24T00:00:00Z",
			"2026-09-20T21:00:00Z", 10020},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct shift_plan plan;
		struct shift shift;
		char text[TIME_TEXT];

		plan_of(&plan, rows[i].times, rows[i].zone);
		shift = shift_at(&plan, at(rows[i].moment));
		if (shift.from_at != at(rows[i].from) ||
			shift.to_at - shift.from_at != rows[i].minutes * MINUTE_MS)
			fail_msg("%s %s: from %s, %lld min", rows[i].zone, rows[i].times,
				time_rfc3339(shift.from_at, text),
				(long long)((shift.to_at - shift.from_at) / MINUTE_MS));
	}
}

/* Shifts follow each other without a gap, and each moment has one. */
static void test_partition(void **unused)
{
	static const char *const times[] = {"Mon 09:00", "09:00,21:00", "Sun 02:30"};

	(void)unused;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct shift_plan plan;
		struct shift shift;

		plan_of(&plan, times[i], "Europe/Berlin");
		shift = shift_at(&plan, at("2025-06-01"));
		for (int n = 0; n < 800; n++) {
			struct shift next = shift_at(&plan, shift.to_at);

			assert_int_equal(next.from_at, shift.to_at);
			assert_true(next.to_at > next.from_at);
			assert_int_equal(
				shift_at(&plan, next.to_at - 1).from_at, next.from_at);
			shift = next;
			if (shift.to_at > at("2027-06-01"))
				break;
		}
	}
}

/* The C library is asked in the zone itself. */
static void test_zones(void **unused)
{
	static const char *const zones[] = {"Europe/Berlin", "America/New_York", "UTC",
		"Asia/Kolkata", "Pacific/Auckland", "America/Sao_Paulo",
		"Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu"};

	(void)unused;
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		struct zone zone;
		struct err err;

		if (!zone_named(
			    &zone, zones[i], at("2024-01-01"), at("2032-01-01"), &err))
			fail_msg("%s", err.text);
		setenv("TZ", zones[i], 1);
		tzset();
		for (int64_t t = at("2024-01-01"); t < at("2032-01-01"); t += 5 * HOUR_MS)
			if (zone_local(&zone, t) - t != time_offset_ms(t))
				fail_msg("%s at %lld: %lld, not %lld", zones[i],
					(long long)t,
					(long long)(zone_local(&zone, t) - t),
					(long long)time_offset_ms(t));
	}
	unsetenv("TZ");
	tzset();
}

static void put32(FILE *file, unsigned value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		fputc((int)(value >> shift & 0xff), file);
}

static void header(FILE *file)
{
	fputs("TZif2", file);
	for (int i = 0; i < 15; i++)
		fputc(0, file);
	put32(file, 0); /* isut, isstd, leap, time */
	put32(file, 0);
	put32(file, 0);
	put32(file, 0);
	put32(file, 1); /* types */
	put32(file, 4); /* characters */
}

/* A slim file: no transition written out, only the rule. */
static void slim(const char *path, const char *rule)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (int i = 0; i < 2; i++) {
		header(file);
		put32(file, 3600);
		fputc(0, file);
		fputc(0, file);
		fwrite("CET", 1, 4, file);
	}
	fprintf(file, "\n%s\n", rule);
	fclose(file);
}

static void test_rule(void **unused)
{
	char folder[200], path[260];
	struct zone zone, full;
	struct err err;

	(void)unused;
	snprintf(folder, sizeof folder, "%s/zones-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/Slim", folder);
	slim(path, "CET-1CEST,M3.5.0,M10.5.0/3");
	assert_true(zone_named(
		&full, "Europe/Berlin", at("2024-01-01"), at("2032-01-01"), &err));
	setenv("TZDIR", folder, 1);
	if (!zone_named(&zone, "Slim", at("2024-01-01"), at("2032-01-01"), &err))
		fail_msg("%s", err.text);
	for (int64_t t = at("2024-01-01"); t < at("2032-01-01"); t += HOUR_MS)
		assert_int_equal(zone_local(&zone, t), zone_local(&full, t));
	slim(path, "CET-1CEST,nonsense");
	assert_false(zone_named(&zone, "Slim", at("2024-01-01"), at("2032-01-01"), &err));
	assert_false(zone_named(&zone, "None", at("2024-01-01"), at("2032-01-01"), &err));
	assert_false(
		zone_named(&zone, "../Slim", at("2024-01-01"), at("2032-01-01"), &err));
	unsetenv("TZDIR");
	remove(path);
	remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_partition),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
