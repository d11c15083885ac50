/* Patterns: what matches where, smart case, and that no pattern takes long. */
#include "base/alloc.h"
#include "base/regex.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void matches(void **state)
{
	static const struct {
		const char *pattern, *text;
		size_t from;
		int start; /* -1: none */
		size_t n;
	} rows[] = {
		{"b+", "abbbc", 0, 1, 3},
		{"b+", "abbbc", 2, 2, 2},
		{"b+", "abbbc", 4, -1, 0},
		{"", "abc", 0, 0, 0},
		{"", "abc", 3, 3, 0},
		{"a", "abc", 9, -1, 0},
		{"error", "an ERROR", 0, 3, 5},
		{"Error", "an ERROR", 0, -1, 0},
		{"Error", "an Error", 0, 3, 5},
		{"\\Serror", "xERROR", 0, 0, 6},
		{"^a$", "a", 0, 0, 1},
		{"$", "", 0, 0, 0},
		{"é", "caf\xc3\xa9", 0, 3, 2},
		{"É", "caf\xc3\xa9", 0, 3, 2}, /* no ASCII capital: any case */
		{".",
			"\xff\xff"
			"a",
			0, 2, 1},
		{"caf.", "caf\xff", 0, -1, 0},
		{"b", "\xff\xfe b", 0, 3, 1},
		{"(?<=a)b", "ab", 1, 1, 1},
		{"a(?=b\\K)", "ab", 0, 2, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err err;
		struct regex *re = regex_new(rows[i].pattern, &err);
		size_t start = 0, n = 0;
		bool found;

		if (!re && strstr(rows[i].pattern, "\\K"))
			continue; /* newer libraries refuse it */
		assert_non_null(re);
		found = regex_match(
			re, untrusted_str(rows[i].text), rows[i].from, &start, &n);
		if (found != (rows[i].start >= 0))
			fail_msg("%s on %s", rows[i].pattern, rows[i].text);
		if (found) {
			assert_int_equal(start, rows[i].start);
			assert_int_equal(n, rows[i].n);
		}
		assert_int_equal(regex_match(re, untrusted_str(rows[i].text),
					 rows[i].from, NULL, NULL),
			found);
		regex_match(re, UNTRUSTED_NONE, 0, NULL, NULL);
		regex_free(re);
	}
	regex_free(NULL);
}

static void bad_patterns(void **state)
{
	static const struct {
		const char *pattern, *why;
	} rows[] = {
		{"(", "bad pattern at character 2: missing closing parenthesis"},
		{"a**(", "bad pattern at character"},
		{"[", "bad pattern at character 2: missing terminating ] for character "
		      "class"},
		{"\\C", "bad pattern at character"},
		{"\xff", "bad pattern at character 1: UTF-8 error"},
		{"(?:(?:(?:a?){30}){30}){30}b", "bad pattern at character 28"},
		{"(*NO_JIT)a", "a pattern may not begin with (*"},
	};
	char big[1100];
	struct err err;
	struct regex *re;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_null(regex_new(rows[i].pattern, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		if (strncmp(err.text, rows[i].why, strlen(rows[i].why)))
			fail_msg("%s: %s", rows[i].pattern, err.text);
	}
	memset(big, 'a', sizeof big);
	big[1025] = '\0';
	assert_null(regex_new(big, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	big[1024] = '\0';
	re = regex_new(big, &err);
	assert_non_null(re);
	regex_free(re);
}

/* As documented: 4 KiB behind `from`, and what is cut there is no end of a line. */
static void long_texts(void **state)
{
	char *bytes = mem_new(10000, 1);
	struct untrusted u = untrusted_make(bytes, 10000);
	struct err err;
	struct regex *x = regex_new("x", &err), *end = regex_new("a$", &err);
	size_t start;

	(void)state;
	memset(bytes, 'a', 10000);
	bytes[5000] = 'x';
	assert_false(regex_match(x, u, 0, NULL, NULL));
	assert_true(regex_match(x, u, 1000, &start, NULL));
	assert_int_equal(start, 5000);
	assert_false(regex_match(end, u, 0, NULL, NULL));
	assert_true(regex_match(end, u, 7000, &start, NULL));
	assert_int_equal(start, 9999);
	regex_free(x);
	regex_free(end);
	mem_free(bytes);
}

static void nothing_takes_long(void **state)
{
	static const char *const patterns[] = {"(a+)+$", "(a|aa)+$", "(a|a?)+$", "(.*)*x",
		"^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y", "a.*a.*a.*a.*b",
		"(\\w+\\s*)+:", "([a-z]+)*\\d", "[a-z]+[0-9]", "(?:a?){200}a{200}",
		"(a*)*(a*)*(a*)*b", "(?=(a+))\\1b", "(?=(a+))\\1[bc]", "[a-z]{2,}\\d",
		"(?:[a-z]*?)*\\d", "((((((a*)*)*)*)*)*)*c", "(?R)?a+b"};
	static const size_t sizes[] = {40, 2000, 65536, 1 << 20};
	char *bytes = mem_new(1 << 20, 1);

	(void)state;
	memset(bytes, 'a', 1 << 20);
	for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
		struct err err;
		struct regex *re = regex_new(patterns[i], &err);

		if (!re)
			fail_msg("%s: %s", patterns[i], err.text);
		for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
			int64_t start = time_mono_ms();

			regex_match(re, untrusted_make(bytes, sizes[k]), 0, NULL, NULL);
			if (time_mono_ms() - start > 1000)
				fail_msg("%s on %zu bytes: %d ms", patterns[i], sizes[k],
					(int)(time_mono_ms() - start));
		}
		regex_free(re);
	}
	mem_free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(bad_patterns),
		cmocka_unit_test(long_texts),
		cmocka_unit_test(nothing_takes_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
