/* How wide columns become, and what an age says: rows. */
#include "../../src/ui/columns.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct column columns[] = {
	{"name", "Name", 8, 0, COLUMN_WANT(14), NULL},
	{"text", "Text", 12, 0, COLUMN_FLEX, NULL},
	{"state", "State", 6, 0, COLUMN_WANT(20), NULL},
	{"source", "Source", 6, 7, 0, NULL},
	{"where", "Where", 10, 8, COLUMN_FLEX, NULL},
};

enum { COUNT = sizeof columns / sizeof columns[0] };

static const struct listing listing = {
	.noun = "row", .columns = columns, .column_count = COUNT};

static void placed(void **state)
{
	static const struct {
		int cols;
		uint8_t seen[COUNT];
		int width[COUNT];
	} rows[] = {
		/* Nothing written: the least, the rest shared by the flexible ones. */
		{72, {0, 0, 0, 0, 0}, {8, 24, 6, 6, 20}},
		/* What is cut grows before a flexible one gets what it does not need. */
		{60, {8, 22, 6, 6, 0}, {8, 22, 6, 6, 10}},
		/* A fixed column takes its word whole when there is room. */
		{72, {8, 12, 6, 8, 10}, {8, 22, 6, 8, 20}},
		/* Wanted ones grow first, and what is not needed badly is dropped. */
		{50, {14, 40, 20, 6, 30}, {14, 12, 20, 0, 0}},
		{64, {14, 40, 20, 6, 30}, {14, 18, 20, 6, 0}},
		/* No more than they need. */
		{60, {9, 12, 6, 6, 10}, {9, 16, 6, 6, 15}},
		/* Narrow: only those that are always kept. */
		{32, {14, 40, 20, 6, 30}, {10, 12, 6, 0, 0}},
		{30, {14, 40, 20, 6, 30}, {8, 12, 6, 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct column_need needs[COLUMNS_MOST] = {0};
		struct column_place out[COLUMNS_MOST];
		int col = 0;

		for (size_t k = 0; k < COUNT; k++)
			needs[k] = (struct column_need){
				columns[k].width, rows[i].seen[k], false};
		columns_place(&listing, rows[i].cols, needs, out);
		for (size_t k = 0; k < COUNT; k++) {
			if (out[k].width != rows[i].width[k])
				printf("row %zu, column %zu\n", i, k);
			assert_int_equal(out[k].width, rows[i].width[k]);
			if (!out[k].width)
				continue;
			assert_int_equal(out[k].col, col);
			col += out[k].width + COLUMNS_GAP;
		}
		assert_true(col - COLUMNS_GAP <= rows[i].cols);
	}
}

/* What has nothing to say leaves no gap; a title keeps its arrow. */
static void hidden(void **state)
{
	struct column_need needs[COUNT] = {{8, 8, false}, {12, 0, false},
		{6, 6, true}, {8, 6, false}, {10, 0, true}};
	struct column_place out[COLUMNS_MOST];

	(void)state;
	columns_place(&listing, 40, needs, out);
	assert_int_equal(out[2].width, 0);
	assert_int_equal(out[4].width, 0);
	assert_int_equal(out[3].width, 8);
	assert_int_equal(out[3].col, 32);
}

static void aged(void **state)
{
	static const struct {
		int64_t since_ms; /* before now */
		const char *text;
	} rows[] = {
		{4 * MINUTE_MS + 1, "4m"},
		{59 * SECOND_MS, "<1m"},
		{0, "<1m"},
		{-1, "<1m"},
		{-59 * SECOND_MS, "<1m"},
		{-4 * MINUTE_MS, "in 4m"},
	};
	const int64_t now = 1700000000000;
	struct cell cell = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		cell_age(&cell, now - rows[i].since_ms, now);
		assert_true(untrusted_is(cell.text, rows[i].text));
	}
	cell_age(&cell, 0, now);
	assert_true(untrusted_empty(cell.text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placed),
		cmocka_unit_test(hidden),
		cmocka_unit_test(aged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
