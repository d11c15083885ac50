/* Recordings read back: asciicast v2, plain output, and what is neither. */
#include "ops/recording.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "{\"version\": 2, \"width\": 80, \"height\": 24}\n"

static const struct {
	const char *text, *fault; /* NULL: it is read */
	bool timed, cut;
	size_t events;
	int64_t length_ms;
} rows[] = {
	{"", "nothing was printed", false, false, 0, 0},
	{"a\nb\n", NULL, false, false, 2, 0},
	{"a", NULL, false, false, 1, 0},
	{HEAD, "nothing was recorded", true, false, 0, 0},
	{HEAD "[1.5, \"o\", \"a\"]\n", NULL, true, false, 1, 1500},
	{HEAD "[1, \"o\", \"a\"]\n[0.5, \"o\", \"b\"]\n", NULL, true, false, 2, 1000},
	{HEAD "[1, \"i\", \"a\"]\n[2, \"o\", \"b\"]\n", NULL, true, false, 1, 2000},
	{HEAD "[1, \"r\", \"60x12\"]\n", NULL, true, false, 1, 1000},
	{HEAD "[1, \"r\", \"0x12\"]\n[1, \"r\", \"9999x1\"]\n[1, \"o\", \"\"]\n", NULL,
		true, false, 1, 1000},
	{HEAD "[1, \"o\", \"a\"]\n[2, \"o", NULL, true, true, 1, 1000},
	{HEAD "[1, \"o\", \"a\"]\nnoise\n[2, \"o\", \"b\"]\n", "line 3 of the recording",
		true, false, 1, 1000},
	{HEAD "{}\n[1, \"o\", \"b\"]\n", "line 2 of the recording", true, false, 0, 0},
	{HEAD "[-5, \"o\", \"a\"]\n[1e300, \"o\", \"b\"]\n", NULL, true, false, 2, 0},
	/* Other versions, and sizes that nobody has, are output like any other. */
	{"{\"version\": 1, \"width\": 80, \"height\": 24}\n", NULL, false, false, 1, 0},
	{"{\"version\": 2, \"width\": 80000, \"height\": 24}\n", NULL, false, false, 1,
		0},
};

static void reading(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct recording r;
		struct err err = {0};
		bool ok = recording_read(&r, untrusted_str(rows[i].text), &err);

		if (ok != !rows[i].fault || r.timed != rows[i].timed ||
			r.cut != rows[i].cut || r.count != rows[i].events ||
			r.length_ms != rows[i].length_ms)
			fail_msg("row %zu: %d %s, %zu events, %lld ms", i, ok, err.text,
				r.count, (long long)r.length_ms);
		if (rows[i].fault && !strstr(err.text, rows[i].fault))
			fail_msg("row %zu: %s", i, err.text);
		recording_release(&r);
	}
}

static void finding(void **state)
{
	struct recording r;
	struct err err = {0};

	(void)state;
	assert_true(recording_read(&r,
		untrusted_str(HEAD "[1, \"o\", \"alpha\"]\n[2, \"o\", \"Beta ERROR\"]\n"
				   "[3, \"o\", \"alpha\"]\n"),
		&err));
	assert_int_equal(recording_find(&r, SIZE_MAX, 1, "ALPHA"), 0);
	assert_int_equal(recording_find(&r, 0, 1, "alpha"), 2);
	assert_int_equal(recording_find(&r, 2, -1, "alpha"), 0);
	assert_true(recording_find(&r, 2, 1, "alpha") == SIZE_MAX);
	assert_true(recording_find(&r, 0, -1, "alpha") == SIZE_MAX);
	assert_int_equal(recording_error(&r, SIZE_MAX), 1);
	assert_true(recording_error(&r, 1) == SIZE_MAX);
	assert_true(untrusted_is(recording_output(&r, 1), "Beta ERROR"));
	recording_release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),
		cmocka_unit_test(finding),
	};

	return cmocka_run_group_tests_name("ops/recording", tests, NULL, NULL);
}
