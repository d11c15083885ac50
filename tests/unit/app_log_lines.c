/* Lines of sources: by time, each with an id that stays, no more than fit, and what is
 * not there is known. */
#include "app/log_lines.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { SOURCE = 3, OTHER = 5 };

/* Lines at from, from - 1, … */
static void give(struct log_lines *lines, int source, struct batch_lines_of of,
	int64_t from, int count, size_t most)
{
	struct arena arena;
	struct batch batch;

	arena_init(&arena, 1 << 20);
	batch_init(&batch, &arena);
	for (int i = 0; i < count; i++) {
		struct batch_line *line = batch_add_line(&batch);

		line->line.at = from - i;
		line->line.text = untrusted_str("x");
		line->labels = untrusted_str("a=b\n");
	}
	batch.lines_of = &of;
	assert_true(log_lines_take(lines, source, &batch, most));
	arena_release(&arena);
}

static void test_order(void **state)
{
	struct log_lines lines;
	uint64_t id;

	(void)state;
	log_lines_init(&lines);
	give(&lines, SOURCE, (struct batch_lines_of){true, false, 90}, 100, 10, 50);
	id = lines.rows[0]->seq;
	assert_int_equal(lines.rows[0]->at, 91);
	give(&lines, OTHER, (struct batch_lines_of){true, true, 1}, 95, 3, 50);
	give(&lines, SOURCE, (struct batch_lines_of){false, true, 80}, 90, 10, 50);
	assert_int_equal(lines.count, 23);
	for (size_t i = 1; i < lines.count; i++)
		assert_true(lines.rows[i]->at >= lines.rows[i - 1]->at);
	assert_int_equal(log_lines_find(&lines, id)->at, 91);
	assert_true(lines.of[SOURCE].whole);
	assert_int_equal(lines.of[SOURCE].from, 80);
	/* Another window of one: the other's stay. */
	give(&lines, SOURCE, (struct batch_lines_of){true, true, 10}, 20, 1, 50);
	assert_int_equal(lines.count, 4);
	assert_null(log_lines_find(&lines, id));
	log_lines_forget(&lines, OTHER);
	assert_int_equal(lines.count, 1);
	assert_false(lines.of[OTHER].told);
	log_lines_release(&lines);
}

static void test_most(void **state)
{
	struct log_lines lines;

	(void)state;
	log_lines_init(&lines);
	give(&lines, SOURCE, (struct batch_lines_of){true, false, 91}, 100, 10, 15);
	give(&lines, SOURCE, (struct batch_lines_of){false, false, 81}, 90, 10, 15);
	assert_int_equal(lines.count, 15);
	assert_int_equal(lines.rows[0]->at, 86);
	/* The rest of the window is empty; what was lost is lost. */
	give(&lines, SOURCE, (struct batch_lines_of){false, true, 1}, 0, 0, 15);
	assert_false(lines.of[SOURCE].whole);
	assert_int_equal(lines.of[SOURCE].from, 86);
	log_lines_trim(&lines, 4);
	assert_int_equal(lines.of[SOURCE].from, 97);
	give(&lines, SOURCE, (struct batch_lines_of){true, true, 1}, 50, 2, 15);
	assert_true(lines.of[SOURCE].whole);
	assert_int_equal(lines.of[SOURCE].from, 1);
	log_lines_release(&lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order), cmocka_unit_test(test_most)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
