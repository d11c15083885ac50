/* Log lines: stamps in several forms, where they came from, how bad they are. */
#include "base/time.h"
#include "model/logline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void lines(void **state)
{
	static const struct {
		const char *line, *at, *host, *unit, *text;
		enum level level;
	} rows[] = {
		{"", NULL, "", "", "", LEVEL_NONE},
		{"just words", NULL, "", "", "just words", LEVEL_NONE},
		{"ERROR: it broke", NULL, "", "", "ERROR: it broke", LEVEL_ERROR},
		{"2026-11-21T14:32:01Z web1 nginx[12]: failed", "2026-11-21T14:32:01Z",
			"web1", "nginx[12]", "failed", LEVEL_ERROR},
		{"2026-11-21T14:32:01.5+01:00 level=warn x", "2026-11-21T13:32:01.5Z", "",
			"", "level=warn x", LEVEL_WARN},
		{"Nov 21 14:32:01 web1 sshd[7]: ok then", "2026-11-21T14:32:01Z", "web1",
			"sshd[7]", "ok then", LEVEL_NONE},
		{"Nov  1 04:02:01 web1 kernel: panic", "2026-11-01T04:02:01Z", "web1",
			"kernel", "panic", LEVEL_FATAL},
		{"2026-11-21 14:32:01,123 INFO x", "2026-11-21T14:32:01.123Z", "", "",
			"INFO x", LEVEL_INFO},
		{"2026-11-21 14:32:01 [debug] x", "2026-11-21T14:32:01Z", "", "",
			"[debug] x", LEVEL_DEBUG},
		{"Nov 32 14:32:01 web1 x: y", NULL, "", "", "Nov 32 14:32:01 web1 x: y",
			LEVEL_NONE},
		{"Nov 21 25:32:01 web1 x: y", NULL, "", "", "Nov 21 25:32:01 web1 x: y",
			LEVEL_NONE},
		{"Foo 21 14:32:01 web1 x: y", NULL, "", "", "Foo 21 14:32:01 web1 x: y",
			LEVEL_NONE},
		{"2026-13-21 14:32:01 x", NULL, "", "", "2026-13-21 14:32:01 x",
			LEVEL_NONE},
		{"2026-11-21", NULL, "", "", "2026-11-21", LEVEL_NONE},
		{"2026-11-21T14:32:01Z", "2026-11-21T14:32:01Z", "", "", "", LEVEL_NONE},
		{"{\"level\":\"error\"}", NULL, "", "", "{\"level\":\"error\"}",
			LEVEL_ERROR},
		{"terror, informal, warned", NULL, "", "", "terror, informal, warned",
			LEVEL_NONE},
		{"info: then an error", NULL, "", "", "info: then an error", LEVEL_ERROR},
	};
	int64_t now = 0, at = 0;

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	assert_true(time_parse("2026-11-21T15:00:00Z", &now));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct logline out;

		at = 0;
		if (rows[i].at)
			assert_true(time_parse(rows[i].at, &at));
		logline_parse(untrusted_str(rows[i].line), now, &out);
		if (out.at != at || out.level != rows[i].level ||
			!untrusted_is(out.host, rows[i].host) ||
			!untrusted_is(out.unit, rows[i].unit) ||
			!untrusted_is(out.text, rows[i].text))
			fail_msg("row %zu: %s", i, rows[i].line);
	}
	logline_parse(UNTRUSTED_NONE, now, &(struct logline){0});
}

/* A syslog stamp has no year. */
static void year_of_a_stamp(void **state)
{
	static const struct {
		const char *now, *line, *at;
	} rows[] = {
		{"2026-01-02T00:00:00Z", "Dec 31 23:59:59 h u: x",
			"2025-12-31T23:59:59Z"},
		{"2026-12-31T00:00:00Z", "Dec 30 23:59:59 h u: x",
			"2026-12-30T23:59:59Z"},
		{"2026-06-01T00:00:00Z", "May 31 23:59:59 h u: x",
			"2026-05-31T23:59:59Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct logline out;
		int64_t now = 0, at = 0;

		assert_true(time_parse(rows[i].now, &now) && time_parse(rows[i].at, &at));
		logline_parse(untrusted_str(rows[i].line), now, &out);
		assert_int_equal(out.at, at);
	}
	assert_string_equal(level_name(LEVEL_WARN), "warn");
}

static void level_at_the_beginning(void **state)
{
	static const struct {
		const char *text, *rest;
		enum level level;
	} rows[] = {
		{"ERROR payment refused", "payment refused", LEVEL_ERROR},
		{"ERROR: payment refused", "payment refused", LEVEL_ERROR},
		{"error: payment refused", "payment refused", LEVEL_ERROR},
		{"[warn] x", "x", LEVEL_WARN},
		{"<info> x", "x", LEVEL_INFO},
		{"(Debug)  x", "x", LEVEL_DEBUG},
		{"WARNING | x", "x", LEVEL_WARN},
		{"level=warn msg=x", "msg=x", LEVEL_WARN},
		/* Part of what is said, or another level than that of the row. */
		{"Failed to start x", "Failed to start x", LEVEL_ERROR},
		{"Error opening x", "Error opening x", LEVEL_ERROR},
		{"panic: x", "panic: x", LEVEL_FATAL},
		{"info: then an error", "info: then an error", LEVEL_ERROR},
		{"ERRORS seen: 3", "ERRORS seen: 3", LEVEL_ERROR},
		{" ERROR x", " ERROR x", LEVEL_ERROR},
		{"level=info", "level=info", LEVEL_INFO},
		{"ERROR", "ERROR", LEVEL_ERROR},
		{"[ERROR]", "[ERROR]", LEVEL_ERROR},
		{"ERROR x", "ERROR x", LEVEL_NONE},
		{"", "", LEVEL_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct untrusted text = untrusted_str(rows[i].text);
		size_t said = level_said(text, rows[i].level);

		assert_true(untrusted_is(
			untrusted_slice(text, said, SIZE_MAX), rows[i].rest));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(year_of_a_stamp),
		cmocka_unit_test(level_at_the_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
