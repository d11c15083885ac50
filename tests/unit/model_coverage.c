/* What may be said of a count: complete only where all of the window was read. */
#include "base/time.h"
#include "model/coverage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define T(days) (INT64_C(1795000000000) + (days)*DAY_MS)

static void test_words(void **unused)
{
	static const struct coverage none = {0},
				     half = {.wanted_at = T(-90),
					     .began = {T(-30), T(0)}},
				     all = {.wanted_at = T(-90), .began = {T(-90), T(0)}},
				     oldest = {.wanted_at = T(-90),
					     .oldest = true,
					     .began = {T(-90), T(0)}},
				     hole = {.wanted_at = T(-90),
					     .began = {T(-90), T(0)},
					     .lacking = {T(-20), T(-19)}};
	static const struct {
		const struct coverage *coverage;
		struct span window;
		enum coverage_state state;
		const char *word;
		int percent;
	} rows[] = {
		{&none, {T(-1), T(0)}, COVERAGE_NONE, "not read yet", 0},
		{&half, {T(-30), T(0)}, COVERAGE_COMPLETE, "complete", 33},
		{&half, {T(-31), T(0)}, COVERAGE_PARTIAL, "so far", 33},
		{&half, {T(-5), T(0) + MINUTE_MS}, COVERAGE_COMPLETE, "complete", 33},
		{&half, {T(-5), T(1)}, COVERAGE_PARTIAL, "read up to", 33},
		{&all, {T(-91), T(0)}, COVERAGE_PARTIAL, "read back to", 100},
		{&oldest, {1, T(0)}, COVERAGE_COMPLETE, "complete", 100},
		{&hole, {T(-90), T(0)}, COVERAGE_PARTIAL, "did not give all", 100},
		{&hole, {T(-19), T(0)}, COVERAGE_COMPLETE, "complete", 100},
		{&hole, {T(-90), T(-20)}, COVERAGE_COMPLETE, "complete", 100},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char words[COVERAGE_TEXT];

		assert_int_equal(coverage_of(rows[i].coverage, rows[i].window, MINUTE_MS),
			rows[i].state);
		coverage_words(rows[i].coverage, rows[i].window, MINUTE_MS, words);
		assert_non_null(strstr(words, rows[i].word));
		assert_int_equal(strncmp(words, "complete", 8) == 0,
			rows[i].state == COVERAGE_COMPLETE);
		assert_int_equal(coverage_percent(rows[i].coverage), rows[i].percent);
	}
}

static void test_lacks(void **unused)
{
	struct coverage c = {0};

	(void)unused;
	coverage_lacks(&c, (struct span){50, 60});
	coverage_lacks(&c, (struct span){20, 30});
	coverage_lacks(&c, (struct span){55, 58});
	assert_int_equal(c.lacking.from_at, 20);
	assert_int_equal(c.lacking.until_at, 60);
}

static void test_known(void **unused)
{
	static const struct {
		struct coverage coverage;
		struct span known;
	} rows[] = {
		{{0}, {0, 0}},
		{{.wanted_at = T(-90), .began = {T(-30), T(0)}}, {0, 0}},
		{{.wanted_at = T(-90),
			 .began = {T(-30), T(0)},
			 .entries = {T(-20), T(-1)}},
			{T(-20), T(-1)}},
		{{.wanted_at = T(-90), .began = {T(-30), T(0)}, .no_entries = true},
			{T(-30), T(0)}},
		{{.wanted_at = T(-90),
			 .oldest = true,
			 .began = {T(-90), T(0)},
			 .entries = {T(-90), T(0)}},
			{INT64_MIN, T(0)}},
		{{.wanted_at = T(-90),
			 .began = {T(-90), T(0)},
			 .entries = {T(-90), T(0)},
			 .lacking = {T(-20), T(-19)}},
			{T(-19), T(0)}},
		{{.wanted_at = T(-90),
			 .began = {T(-90), T(0)},
			 .entries = {T(-90), T(0)},
			 .lacking = {T(-1), T(0)}},
			{0, 0}},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct span known = coverage_known(&rows[i].coverage);

		assert_true(known.from_at == rows[i].known.from_at);
		assert_true(known.until_at == rows[i].known.until_at);
	}
}

static void test_longer(void **unused)
{
	const struct coverage known = {.wanted_at = T(-90),
		.began = {T(-90), T(-1)},
		.entries = {T(-90), T(-1)}};
	struct coverage now = known;

	(void)unused;
	now.began.until_at = now.entries.until_at = T(0);
	assert_true(coverage_longer(&known, &known));
	assert_true(coverage_longer(&known, &now));
	assert_false(coverage_longer(&now, &known));
	now.began.from_at = T(-91);
	assert_false(coverage_longer(&known, &now));
	now = known;
	now.lacking = (struct span){T(-2), T(-1)};
	assert_false(coverage_longer(&known, &now));
	now = known;
	now.oldest = true;
	assert_false(coverage_longer(&known, &now));
	now = known;
	now.no_entries = true;
	assert_false(coverage_longer(&known, &now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_lacks),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
