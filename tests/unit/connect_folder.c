/* The folder layout: rows of every form, rows that are refused, and where they stand. */
#include "connect/folder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct folder_read parse(
	struct capture *capture, enum folder_file file, const char *text)
{
	struct folder_read read = {0};
	struct err err = {0};

	if (!folder_parse(file, untrusted_str(text), capture, &read, &err))
		print_message("%s\n", err.text);
	assert_string_equal(err.text, "");
	return read;
}

static void test_moments(void **unused)
{
	static const struct {
		const char *text;
		int64_t at; /* -1: refused */
	} rows[] = {
		{"1674984938", 1674984938000},
		{"1674984938.387", 1674984938387},
		{"1674984938387", 1674984938387},
		{"1674984938387636", 1674984938387},
		{"1674984938387636821", 1674984938387},
		{"2023-01-29T09:35:38.387Z", 1674984938387},
		{"2023-01-29T15:05:38+05:30", 1674984938000},
		{"0", 0},
		{"-5", -1},
		{"NaN", -1},
		{"1e300", -1},
		{"yesterday", -1},
		{"", -1},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[200];
		struct capture c;
		struct folder_read read;

		capture_init(&c);
		snprintf(text, sizeof text, "time,node,metric,value\n%s,a,cpu,1\n",
			rows[i].text);
		read = parse(&c, FOLDER_METRICS, text);
		assert_int_equal(read.rows, rows[i].at >= 0);
		assert_int_equal(read.refused, rows[i].at < 0);
		if (rows[i].at >= 0)
			assert_int_equal(c.series[0].points[0].at, rows[i].at);
		capture_release(&c);
	}
}

static void test_metrics(void **unused)
{
	static const struct {
		const char *row;
		size_t rows, refused, points;
	} rows[] = {
		{"1,x,1674984938,cpu,a,more", 1, 0, 1},
		{"1,x,1674984938,cpu,\"a, b\",more", 1, 0, 1},
		{"1,x,1674984938,cpu,\"a\"", 1, 0, 1},
		{"NaN,x,1674984938,cpu,a", 1, 0, 0},
		{",x,1674984938,cpu,a", 0, 0, 0}, /* a gap */
		{"Inf,x,1674984938,cpu,a", 0, 1, 0},
		{"1e9,x,1674984938,cpu,a", 1, 0, 1},
		{"-1,x,1674984938,cpu,a", 1, 0, 1},
		{"one,x,1674984938,cpu,a", 0, 1, 0},
		{"1,x,1674984938,,a", 0, 1, 0},
		{"1,x,1674984938,cpu,", 0, 1, 0},
		{"1,x,1674984938", 0, 1, 0},
		{"\"", 0, 1, 0},
		{"   ", 0, 0, 0},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[300];
		struct capture c;
		struct folder_read read;

		capture_init(&c);
		snprintf(text, sizeof text, "value,other,time,metric,node\r\n%s\r\n",
			rows[i].row);
		read = parse(&c, FOLDER_METRICS, text);
		assert_int_equal(read.rows, rows[i].rows);
		assert_int_equal(read.refused, rows[i].refused);
		assert_int_equal(read.first_refused, rows[i].refused ? 2 : 0);
		assert_int_equal(c.point_count, rows[i].points);
		capture_release(&c);
	}
}

static void test_quoted(void **unused)
{
	struct capture c;

	(void)unused;
	capture_init(&c);
	parse(&c, FOLDER_GRAPH, "caller,callee\n\"a, b\",\"c\"\nc,c\nc,d\n,d\n");
	capture_settle(&c);
	assert_true(untrusted_is(graph_name(&c.graph, 0), "a, b"));
	assert_int_equal(c.graph.edge_count, 2);
	assert_int_equal(c.refused, 1);
	capture_release(&c);
}

static void test_headers(void **unused)
{
	static const char *const texts[] = {"a,b,c\n1,2,3\n", "time,node,metric\n", "\n"};
	struct folder_read read = {0};

	(void)unused;
	for (size_t i = 0; i < 3; i++) {
		struct capture c;
		struct err err = {0};

		capture_init(&c);
		assert_false(folder_parse(
			FOLDER_METRICS, untrusted_str(texts[i]), &c, &read, &err));
		assert_non_null(strstr(err.text, "metrics.csv"));
		assert_non_null(strstr(err.text, "column"));
		capture_release(&c);
	}
}

static void test_lines(void **unused)
{
	struct capture c;
	struct folder_read read;

	(void)unused;
	capture_init(&c);
	read = parse(&c, FOLDER_LOGS,
		"{\"time\":\"2023-01-29T09:35:38.387636Z\",\"node\":\"a\",\"level\":"
		"\"ERROR\","
		"\"source\":\"A#1\",\"message\":\"no\",\"trace\":\"t\",\"span\":\"s\"}\n"
		"\n"
		"{\"time\":1674984938,\"node\":\"a\",\"message\":\"WARN slow\"}\n"
		"{\"node\":\"a\",\"message\":\"when?\"}\n"
		"{\"time\":1674984938,\"message\":\"who?\"}\n"
		"not JSON\n"
		"[1,2]\n");
	assert_int_equal(read.rows, 2);
	assert_int_equal(read.refused, 4);
	assert_int_equal(read.first_refused, 4);
	assert_int_equal(c.lines[0].at_us, INT64_C(1674984938387636));
	assert_int_equal(c.lines[0].level, LEVEL_ERROR);
	assert_int_equal(c.lines[1].level, LEVEL_WARN);
	assert_true(c.lines[0].trace && c.lines[0].span && !c.lines[1].trace);
	capture_release(&c);
}

static void test_spans(void **unused)
{
	struct capture c;
	struct folder_read read;

	(void)unused;
	capture_init(&c);
	read = parse(&c, FOLDER_TRACES,
		"{\"time\":1674984938,\"trace\":\"t\",\"span\":\"1\",\"node\":\"a\","
		"\"operation\":\"GET\",\"duration_ms\":12.5,\"failed\":true}\n"
		"{\"time\":1674984938,\"trace\":\"t\",\"span\":\"2\",\"parent\":\"1\","
		"\"node\":\"b\",\"operation\":\"GET\",\"duration_ms\":2}\n"
		"{\"time\":1674984938,\"trace\":\"t\",\"span\":\"2\",\"parent\":\"1\","
		"\"node\":\"b\",\"operation\":\"GET\",\"duration_ms\":2}\n"
		"{\"time\":1674984938,\"trace\":\"t\",\"span\":\"3\",\"node\":\"b\","
		"\"duration_ms\":-1}\n"
		"{\"time\":1674984938,\"span\":\"3\",\"node\":\"b\",\"duration_ms\":1}"
		"\n");
	capture_settle(&c);
	assert_int_equal(read.rows, 3);
	assert_int_equal(read.refused, 2);
	assert_int_equal(c.span_count, 2); /* what is there twice is one */
	assert_int_equal(c.graph.edge_count, 1);
	assert_int_equal(c.graph.edges[0].caller, 0);
	capture_release(&c);
}

static void test_incident(void **unused)
{
	static const struct {
		const char *text;
		int64_t at, window_ms, from;
	} rows[] = {
		{"{\"at\":\"2023-01-29T09:35:38Z\",\"window_minutes\":10,\"node\":"
		 "\"web\","
		 "\"normal\":{\"from\":100,\"to\":200}}",
			1674984938000, 600000, 100000},
		{"{}", 0, 0, 0},
		{"{\"at\":\"soon\",\"window_minutes\":-1,\"normal\":{\"from\":2,\"to\":1}"
		 "}",
			0, 0, 0},
		{"[]", 0, 0, 0},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct capture c;

		capture_init(&c);
		parse(&c, FOLDER_INCIDENT, rows[i].text);
		assert_int_equal(c.at, rows[i].at);
		assert_int_equal(c.window_ms, rows[i].window_ms);
		assert_int_equal(c.normal_from, rows[i].from);
		assert_int_equal(c.alerted, i ? GRAPH_NONE : 0);
		capture_release(&c);
	}
}

static void test_load(void **unused)
{
	char folder[] = "/tmp/oogway-folder-XXXXXX", path[100];
	struct folder_read read[FOLDER_FILES];
	struct capture c;
	struct err err = {0};
	FILE *f;

	(void)unused;
	assert_non_null(mkdtemp(folder));
	capture_init(&c);
	assert_false(folder_load(folder, &c, read, &err));
	assert_non_null(strstr(err.text, "metrics.csv"));
	snprintf(path, sizeof path, "%s/metrics.csv", folder);
	f = fopen(path, "w");
	fputs("time,node,metric,value\n20,a,cpu,1\n10,a,cpu,2\n10,a,cpu,2\n", f);
	fclose(f);
	assert_true(folder_load(folder, &c, read, &err));
	assert_true(read[FOLDER_METRICS].there && !read[FOLDER_LOGS].there);
	/* Sorted, doubles dropped. */
	assert_int_equal(c.series[0].count, 2);
	assert_int_equal(c.series[0].points[0].at, 10000);
	capture_release(&c);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_incident),
		cmocka_unit_test(test_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
