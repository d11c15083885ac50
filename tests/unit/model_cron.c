/* Cron's five fields: rows of what is written and when it comes next, also where the
 * clocks change. */
#include "model/cron.h"

#include "app/zonefile.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct zone zone;

static int64_t moment(const char *text)
{
	int64_t at = 0;

	assert_true(time_parse(text, &at));
	return at;
}

static void in_zone(const char *name)
{
	struct err err;

	assert_true(zone_named(&zone, name, moment("2025-01-01T00:00:00Z"),
		moment("2033-01-01T00:00:00Z"), &err));
}

struct row {
	const char *zone, *cron, *after, *next[4];
};

static const struct row rows[] = {
	{"UTC", "30 6 * * *", "2026-03-01T06:29:59Z",
		{"2026-03-01T06:30:00Z", "2026-03-02T06:30:00Z"}},
	{"UTC", "30 6 * * *", "2026-03-01T06:30:00Z", {"2026-03-02T06:30:00Z"}},
	{"UTC", "*/20 * * * *", "2026-03-01T23:30:00Z",
		{"2026-03-01T23:40:00Z", "2026-03-02T00:00:00Z", "2026-03-02T00:20:00Z"}},
	{"UTC", "0 9 * * mon-fri", "2026-03-06T09:00:00Z", {"2026-03-09T09:00:00Z"}},
	{"UTC", "0 9 * * 7", "2026-03-06T09:00:00Z", {"2026-03-08T09:00:00Z"}},
	{"UTC", "0 0 29 feb *", "2026-03-01T00:00:00Z", {"2028-02-29T00:00:00Z"}},
	{"UTC", "0 0 1,15 * *", "2026-03-02T00:00:00Z",
		{"2026-03-15T00:00:00Z", "2026-04-01T00:00:00Z"}},
	/* Day of the month or of the week, where both are given. */
	{"UTC", "0 0 13 * fri", "2026-03-01T00:00:00Z",
		{"2026-03-06T00:00:00Z", "2026-03-13T00:00:00Z", "2026-03-20T00:00:00Z"}},
	{"UTC", "0 0 */2 * *", "2026-03-30T12:00:00Z",
		{"2026-03-31T00:00:00Z", "2026-04-01T00:00:00Z"}},
	{"UTC", "59 23 31 12 *", "2026-01-01T00:00:00Z", {"2026-12-31T23:59:00Z"}},
	/* Spring: 02:30 is skipped, and comes when that is over, once. */
	{"Europe/Berlin", "30 2 * * *", "2026-03-28T01:30:00Z",
		{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
	{"Europe/Berlin", "0,30 2,3 * * *", "2026-03-28T22:00:00Z",
		{"2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:00:00Z"}},
	/* Autumn: 02:30 comes twice, and counts once. */
	{"Europe/Berlin", "30 2 * * *", "2026-10-24T00:30:00Z",
		{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
	/* Each hour is each hour. */
	{"Europe/Berlin", "30 * * * *", "2026-10-25T00:00:00Z",
		{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"}},
	{"Europe/Berlin", "30 * * * *", "2026-03-29T00:00:00Z",
		{"2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"}},
	/* A zone of half hours. */
	{"Australia/Lord_Howe", "15 2 * * *", "2026-10-03T12:00:00Z",
		{"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}},
};

static void comes_next(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t at = moment(rows[i].after);
		struct cron cron;
		struct err err;

		in_zone(rows[i].zone);
		if (!cron_parse(&cron, rows[i].cron, &err))
			fail_msg("%s: %s", rows[i].cron, err.text);
		for (int k = 0; k < 4 && rows[i].next[k]; k++) {
			char got[TIME_TEXT];

			at = cron_next(&cron, &zone, at);
			if (at != moment(rows[i].next[k]))
				fail_msg("%s in %s, number %d: %s, not %s", rows[i].cron,
					rows[i].zone, k + 1, time_rfc3339(at, got),
					rows[i].next[k]);
		}
	}
}

static void is_refused(void **state)
{
	static const char *const wrong[] = {"", "* * * *", "* * * * * *", "60 * * * *",
		"* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 8",
		"5-1 * * * *", "1- * * * *", "*/0 * * * *", "5/2 * * * *", "a * * * *",
		"1, * * * *", ",1 * * * *", "* * 30 2 *", "* * 31 apr,jun *",
		"-1 * * * *", "1 2 3 janx *", "99999999999 * * * *", "*1 * * * *"};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct cron cron;
		struct err err = {0};

		if (cron_parse(&cron, wrong[i], &err))
			fail_msg("taken: %s", wrong[i]);
		assert_true(err.text[0]);
	}
}

/* What is computed is rising, and its clock is one that was asked for. */
static void is_rising(void **state)
{
	struct cron cron;
	struct err err;
	int64_t at = moment("2026-01-01T00:00:00Z");

	(void)state;
	in_zone("America/New_York");
	assert_true(cron_parse(&cron, "*/7 1-3 * * *", &err));
	for (int i = 0; i < 9000; i++) {
		int64_t next = cron_next(&cron, &zone, at);

		assert_true(next > at);
		at = next;
	}
	assert_true(at > moment("2026-11-01T12:00:00Z"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_next),
		cmocka_unit_test(is_refused),
		cmocka_unit_test(is_rising),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
