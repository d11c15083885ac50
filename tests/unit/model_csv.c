/* Points of CSV files, as others write them. */
#include "model/csv.h"

#include "base/str.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define AT INT64_C(1396310400000) /* 2014-04-01 00:00:00 UTC */

static void forms(void **state)
{
	static const struct {
		const char *text;
		int64_t at; /* of the first row */
		double value;
		size_t count, unread, empty;
	} rows[] = {
		{"timestamp,value\n2014-04-01 00:00:00,20\n2014-04-01 00:05:00,21\n", AT,
			20, 2, 0, 0},
		{"2014-04-01 00:00:00,20\n", AT, 20, 1, 0, 0},
		{"\xef\xbb\xbf\"TimeStamp\",\"Value\",\"Label\"\r\n"
		 "\"2014-04-01T00:00:00Z\",\"1.5\",\"0\"\r\n",
			AT, 1.5, 1, 0, 0},
		{"2014-04-01T02:00:00+02:00,1e9\n", AT, 1e9, 1, 0, 0},
		{"2014-04-01 00:00:00.000000,-3\n", AT, -3, 1, 0, 0},
		{"2014-04-01 00:00,7\n", AT, 7, 1, 0, 0},
		{"2014-04-01,7\n", AT, 7, 1, 0, 0},
		{"1396310400,7\n", AT, 7, 1, 0, 0},
		{"1396310400.5,7\n", AT + 500, 7, 1, 0, 0},
		{"1396310400000,7\n", AT, 7, 1, 0, 0},
		{"1396310400000000,7\n", AT, 7, 1, 0, 0},
		{"1396310400000000000,7\n", AT, 7, 1, 0, 0},
		{"host;y;ds\na;7;2014-04-01\n", AT, 7, 1, 0, 0},
		{"time\tcpu\n2014-04-01\t7\n", AT, 7, 1, 0, 0},
		{"value,time\n7,2014-04-01\n", AT, 7, 1, 0, 0},
		{"a \"b\",time,\"x, \"\"y\"\"\",value\n1,2014-04-01,2,7", AT, 7, 1, 0, 0},
		{"\n\ntime,value\n\n2014-04-01,7\n\n", AT, 7, 1, 0, 0},
		/* What is no point is counted. */
		{"time,value\n2014-04-01,7\n2014-04-02,\n2014-04-03,NaN\n"
		 "2014-04-04,Inf\n2014-04-05,x\n2014-04-06\n",
			AT, 7, 6, 0, 5},
		{"time,value\n2014-04-01,7\nyesterday,8\n2014-02-30,9\n12,1\n,,\n", AT, 7,
			1, 4, 0},
		/* As in the file: who asks for the order sorts. */
		{"2014-04-01,7\n2013-04-01,8\n2014-04-01,9\n", AT, 7, 3, 0, 0},
	};

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		struct csv_points points;
		struct err err = {0};

		if (!csv_read(untrusted_str(rows[r].text), &points, &err))
			fail_msg("row %zu: %s", r, err.text);
		if (points.count != rows[r].count || points.unread != rows[r].unread ||
			points.empty != rows[r].empty ||
			points.rows[0].at != rows[r].at ||
			points.rows[0].value != rows[r].value)
			fail_msg("row %zu: %zu rows, %zu unread, %zu empty, %lld, %g", r,
				points.count, points.unread, points.empty,
				(long long)points.rows[0].at, points.rows[0].value);
		csv_release(&points);
		assert_null(points.rows);
	}
}

static void refused(void **state)
{
	static const char *const rows[] = {"", "\n\n", "timestamp,value\n", "a\nb\n",
		"2014-04-01\n", "2014-04-01,x\n", "\"", "\"\"\"", ",", "\xef\xbb\xbf"};

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		struct csv_points points = {.count = 77};
		struct err err = {0};

		assert_false(csv_read(untrusted_str(rows[r]), &points, &err));
		assert_int_equal(points.count, 77);
		assert_non_null(strstr(err.text, "no point in it"));
	}
}

static void stamps_are_kept(void **state)
{
	struct csv_points points;
	struct err err;

	(void)state;
	assert_true(
		csv_read(untrusted_str("ts,v\n\"2014-04-01 00:05\",1\n"), &points, &err));
	assert_true(untrusted_is(points.rows[0].stamp, "2014-04-01 00:05"));
	csv_release(&points);
}

static void too_many(void **state)
{
	struct csv_points points;
	struct err err = {0};
	struct str text;

	(void)state;
	str_init(&text, CSV_MAX_BYTES);
	for (int i = 0; i <= CSV_MAX_ROWS; i++)
		str_puts(&text, "1396310400,7\n");
	assert_false(csv_read(untrusted_make(text.p, text.n), &points, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(refused),
		cmocka_unit_test(stamps_are_kept),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests_name("model_csv", tests, NULL, NULL);
}
