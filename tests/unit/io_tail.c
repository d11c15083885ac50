/* Following a file that grows, is rotated and cut short, and floods. */
#include "base/text.h"
#include "io/tail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64], other[80];

struct got {
	size_t lines;
	char last[40];
};

static void line(void *ctx, struct untrusted text)
{
	struct got *got = ctx;

	got->lines++;
	text_line(text, got->last, sizeof got->last);
}

static void add(const char *text)
{
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int setup(void **state)
{
	(void)state;
	strcpy(path, "/tmp/oogway-tail-XXXXXX");
	close(mkstemp(path));
	snprintf(other, sizeof other, "%s.1", path);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(other);
	return unlink(path);
}

static void whole_lines_of_what_is_new(void **state)
{
	struct tail *tail;
	struct got got = {0};
	bool more;

	(void)state;
	add("cut off here\nold\n");
	tail = tail_new(path, 8);
	assert_true(tail_read(tail, &more, line, &got));
	assert_int_equal(got.lines, 1);
	assert_string_equal(got.last, "old");
	assert_false(more);
	add("half");
	tail_read(tail, &more, line, &got);
	assert_int_equal(got.lines, 1);
	add(" and half\n");
	tail_read(tail, &more, line, &got);
	assert_string_equal(got.last, "half and half");
	/* Rotated: the old one to its end, then the new one from its beginning. */
	add("last of the old\n");
	assert_int_equal(rename(path, other), 0);
	add("first of the new\n");
	tail_read(tail, &more, line, &got);
	assert_string_equal(got.last, "last of the old");
	tail_read(tail, &more, line, &got);
	assert_string_equal(got.last, "first of the new");
	/* Cut short: from the beginning. */
	assert_int_equal(truncate(path, 0), 0);
	add("anew\n");
	tail_read(tail, &more, line, &got);
	assert_string_equal(got.last, "anew");
	tail_free(tail);
}

static void a_flood_is_read_in_slices(void **state)
{
	struct tail *tail = tail_new(path, 1024);
	struct got got = {0};
	size_t reads = 0;
	bool more = true;
	FILE *f;

	(void)state;
	tail_read(tail, &more, line, &got);
	f = fopen(path, "a");
	for (int i = 0; i < 20000; i++)
		fprintf(f, "line %d of a flood of lines\n", i);
	fclose(f);
	for (more = true; more; reads++)
		tail_read(tail, &more, line, &got);
	assert_int_equal(got.lines, 20000);
	assert_in_range(reads, 600000 / TAIL_SLICE - 3, 600000 / TAIL_SLICE + 3);
	assert_int_equal(tail_skipped(tail), 0);
	tail_free(tail);
}

static void too_far_behind_it_goes_on_near_the_end(void **state)
{
	struct tail *tail = tail_new(path, 1024);
	struct got got = {0};
	bool more = true;
	uint64_t skipped;
	FILE *f;

	(void)state;
	tail_read(tail, &more, line, &got);
	f = fopen(path, "a");
	for (int i = 0; i < 400000; i++)
		fprintf(f, "line %06d of a flood of lines\n", i);
	fclose(f);
	for (more = true; more;)
		tail_read(tail, &more, line, &got);
	assert_string_equal(got.last, "line 399999 of a flood of lines");
	skipped = tail_skipped(tail);
	assert_true(skipped > TAIL_BEHIND);
	assert_true(got.lines <= TAIL_SLICE / 32);
	assert_int_equal(tail_skipped(tail), 0);
	tail_free(tail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			whole_lines_of_what_is_new, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_flood_is_read_in_slices, setup, teardown),
		cmocka_unit_test_setup_teardown(
			too_far_behind_it_goes_on_near_the_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
