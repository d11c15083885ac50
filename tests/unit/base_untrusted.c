/* Work inside struct untrusted: questions, pieces, order, numbers. */
#include "base/alloc.h"
#include "base/arena.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "base/untrusted.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void questions(void **state)
{
	struct untrusted u = untrusted_str("Hello, hello"), none = UNTRUSTED_NONE;

	(void)state;
	assert_int_equal(untrusted_size(u), 12);
	assert_true(untrusted_empty(none) && untrusted_empty(untrusted_str("")));
	assert_int_equal(untrusted_size(untrusted_make(NULL, 5)), 0);
	assert_int_equal(untrusted_size(untrusted_str(NULL)), 0);
	assert_true(untrusted_is(u, "Hello, hello"));
	assert_false(untrusted_is(u, "Hello"));
	assert_true(untrusted_is(none, ""));
	assert_false(untrusted_is(none, "a"));
	assert_false(untrusted_is(untrusted_make("a\0b", 3), "a"));
	assert_true(untrusted_eq(none, untrusted_str("")));
	assert_true(untrusted_eq(untrusted_make("a\0b", 3), untrusted_make("a\0b", 3)));
	assert_false(untrusted_eq(untrusted_make("a\0b", 3), untrusted_make("a\0c", 3)));
	assert_true(untrusted_starts(u, "Hell"));
	assert_true(untrusted_starts(u, "") && untrusted_starts(none, ""));
	assert_false(untrusted_starts(none, "x"));
	assert_int_equal(untrusted_find(u, "hello"), 7);
	assert_int_equal(untrusted_find(u, "x"), -1);
	assert_int_equal(untrusted_find(u, ""), 0);
	assert_int_equal(untrusted_find(none, ""), 0);
	assert_int_equal(untrusted_find(none, "x"), -1);
	assert_int_equal(untrusted_find_nocase(u, "HELLO"), 0);
	assert_int_equal(untrusted_find_nocase(u, "O, H"), 4);
	assert_int_equal(untrusted_find_nocase(u, "hellox"), -1);
	assert_int_equal(untrusted_find_nocase(none, ""), 0);
	assert_int_equal(untrusted_find_nocase(none, "x"), -1);
	assert_int_equal(
		untrusted_hash(u), untrusted_hash(untrusted_str("Hello, hello")));
	assert_int_not_equal(
		untrusted_hash(u), untrusted_hash(untrusted_slice(u, 1, 99)));
	assert_int_equal(untrusted_hash(none), untrusted_hash(untrusted_str("")));
}

static void slices(void **state)
{
	static const struct {
		size_t from, n;
		const char *want;
	} rows[] = {
		{0, 3, "abc"},
		{0, SIZE_MAX, "abcdef"},
		{2, 2, "cd"},
		{5, 9, "f"},
		{6, 1, ""},
		{7, 1, ""},
		{SIZE_MAX, SIZE_MAX, ""},
		{3, 0, ""},
	};
	static const struct {
		const char *text, *want;
	} trims[] = {
		{"  a b \t\r\n", "a b"},
		{"", ""},
		{" \v\f ", ""},
		{"a", "a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_true(untrusted_is(
			untrusted_slice(untrusted_str("abcdef"), rows[i].from, rows[i].n),
			rows[i].want));
	assert_int_equal(untrusted_size(untrusted_slice(UNTRUSTED_NONE, 1, 1)), 0);
	for (size_t i = 0; i < sizeof trims / sizeof trims[0]; i++)
		assert_true(untrusted_is(
			untrusted_trim(untrusted_str(trims[i].text)), trims[i].want));
}

static void join(struct str *out, struct untrusted piece)
{
	size_t n;
	const char *p = text_raw(piece, &n);

	str_putc(out, '<');
	str_add(out, p, n);
	str_putc(out, '>');
}

static void pieces(void **state)
{
	static const struct {
		const char *text, *split, *words, *lines;
	} rows[] = {
		{"a,,b", "<a><><b>", "<a><b>", "<a,,b>"},
		{"a,", "<a><>", "<a>", "<a,>"},
		{",", "<><>", "", "<,>"},
		{"", "<>", "", ""},
		{"a b,c", "<a><b><c>", "<a><b><c>", "<a b,c>"},
		{"a\nb\r\nc", "<a\nb\r\nc>", "<a\nb\r\nc>", "<a><b><c>"},
		{"a\n\n", "<a\n\n>", "<a\n\n>", "<a><>"},
		{"\r\n", "<\r\n>", "<\r\n>", "<>"},
		{"a\r", "<a\r>", "<a\r>", "<a\r>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct untrusted rest = untrusted_str(rows[i].text), piece;
		struct str s;

		str_init(&s, 100);
		while (untrusted_split(&rest, ", ", &piece))
			join(&s, piece);
		assert_string_equal(str_text(&s), rows[i].split);
		str_reset(&s);
		rest = untrusted_str(rows[i].text);
		while (untrusted_word(&rest, ", ", &piece))
			join(&s, piece);
		assert_string_equal(str_text(&s), rows[i].words);
		str_reset(&s);
		rest = untrusted_str(rows[i].text);
		while (untrusted_line(&rest, &piece))
			join(&s, piece);
		assert_string_equal(str_text(&s), rows[i].lines);
		str_release(&s);
	}
	/* A NUL byte is no separator. */
	struct untrusted rest = untrusted_make("a\0b", 3), piece;

	assert_true(untrusted_word(&rest, " ", &piece));
	assert_int_equal(untrusted_size(piece), 3);
	rest = UNTRUSTED_NONE;
	assert_false(untrusted_split(&rest, ",", &piece));
	assert_false(untrusted_word(&rest, ",", &piece));
	assert_false(untrusted_line(&rest, &piece));
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void orders(void **state)
{
	static const struct {
		const char *a, *b;
		int plain, natural;
	} rows[] = {
		{"a", "a", 0, 0},
		{"a", "b", -1, -1},
		{"", "a", -1, -1},
		{"host2", "host10", 1, -1},
		{"host02", "host2", -1, 0},
		{"host010", "host9", -1, 1},
		{"a1b2", "a1b10", 1, -1},
		{"1.2.10", "1.2.9", -1, 1},
		{"0", "00", -1, 0},
		{"00", "1", -1, -1},
		{"99999999999999999999999", "100000000000000000000000", 1, -1},
		{"\xff", "a", 1, 1},
		{"a", "a1", -1, -1},
		{"x9", "x/", 1, 1},
		{"x9", "x:", -1, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct untrusted a = untrusted_str(rows[i].a),
				 b = untrusted_str(rows[i].b);

		assert_int_equal(sign(untrusted_cmp(a, b)), rows[i].plain);
		assert_int_equal(sign(untrusted_cmp(b, a)), -rows[i].plain);
		assert_int_equal(sign(untrusted_cmp_natural(a, b)), rows[i].natural);
		assert_int_equal(sign(untrusted_cmp_natural(b, a)), -rows[i].natural);
	}
	assert_int_equal(untrusted_cmp(UNTRUSTED_NONE, untrusted_str("")), 0);
	assert_int_equal(untrusted_cmp_natural(UNTRUSTED_NONE, UNTRUSTED_NONE), 0);
}

/* qsort() may do anything with an order that contradicts itself. */
static void natural_order_is_an_order(void **state)
{
	static const char letters[] = "019a-";
	struct untrusted all[200];
	char texts[200][6];
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 200; i++) {
		int n;

		seed = seed * 1664525 + 1013904223;
		n = (int)(seed >> 28) % 6;
		for (int k = 0; k < n; k++) {
			seed = seed * 1664525 + 1013904223;
			texts[i][k] = letters[(seed >> 24) % 5];
		}
		all[i] = untrusted_make(texts[i], (size_t)n);
	}
	for (int a = 0; a < 200; a++)
		for (int b = 0; b < 200; b++) {
			int ab = sign(untrusted_cmp_natural(all[a], all[b]));

			assert_int_equal(
				ab, -sign(untrusted_cmp_natural(all[b], all[a])));
			for (int c = 0; c < 200; c++) {
				int bc = sign(untrusted_cmp_natural(all[b], all[c]));
				int ac = sign(untrusted_cmp_natural(all[a], all[c]));

				if (ab <= 0 && bc <= 0)
					assert_true(ac <= 0);
				if (!ab && !bc)
					assert_int_equal(ac, 0);
			}
		}
}

static void fuzzy(void **state)
{
	/* Each row: the first matches better than the second. */
	static const struct {
		const char *needle, *better, *worse;
	} rows[] = {
		{"api", "api-gateway", "the-api"},
		{"api", "my-api", "a-pretty-icon"},
		{"db", "db", "dashboard-b"},
		{"GW", "gateway", "big window"},
		{"ck", "checkout-kafka", "abacklog"},
		{"xyz", "xyz", "abc"},
	};
	char *long_text = mem_new(200001, 1);

	(void)state;
	assert_int_equal(untrusted_fuzzy(untrusted_str("abc"), "abd"), -1);
	assert_int_equal(untrusted_fuzzy(untrusted_str(""), "a"), -1);
	assert_int_equal(untrusted_fuzzy(UNTRUSTED_NONE, ""), 0);
	assert_true(untrusted_fuzzy(untrusted_str("abc"), "") >= 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int better =
			untrusted_fuzzy(untrusted_str(rows[i].better), rows[i].needle);
		int worse = untrusted_fuzzy(untrusted_str(rows[i].worse), rows[i].needle);

		/* Row 5: "gateway" and "big window" both match. */
		if (i == 3)
			assert_true(better >= 0 && worse >= 0);
		else
			assert_true(better > worse);
	}
	/* A run without end does not overflow the score. */
	memset(long_text, 'a', 200000);
	assert_true(untrusted_fuzzy(untrusted_str(long_text), long_text) > 0);
	mem_free(long_text);
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		bool whole;
		int64_t i;
		bool real;
		double d;
	} rows[] = {
		{"0", true, 0, true, 0},
		{" 42\n", true, 42, true, 42},
		{"-17", true, -17, true, -17},
		{"+5", true, 5, true, 5},
		{"9223372036854775807", true, INT64_MAX, true, 9223372036854775807.0},
		{"-9223372036854775808", true, INT64_MIN, true, -9223372036854775808.0},
		{"9223372036854775808", false, 0, true, 9223372036854775808.0},
		{"1.5", false, 0, true, 1.5},
		{"1e3", false, 0, true, 1000},
		{".5", false, 0, true, 0.5},
		{"+Inf", false, 0, true, INFINITY},
		{"-Inf", false, 0, true, -INFINITY},
		{"infinity", false, 0, true, INFINITY},
		{"1e999", false, 0, false, 0},
		{"-1e999", false, 0, false, 0},
		{"1e-999", false, 0, true, 0},
		{"", false, 0, false, 0},
		{"  ", false, 0, false, 0},
		{"12x", false, 0, false, 0},
		{"x12", false, 0, false, 0},
		{"1 2", false, 0, false, 0},
		{"- 1", false, 0, false, 0},
		{"0x10", false, 0, false, 0},
		{"0x1p3", false, 0, false, 0},
		{"nan(1)", false, 0, false, 0},
		{"1,5", false, 0, false, 0},
		{"--1", false, 0, false, 0},
		{"1_000", false, 0, false, 0},
		{"000000000000000000000000000000000000000000000000000000000000007", true,
			7, true, 7},
		{"0000000000000000000000000000000000000000000000000000000000000007",
			false, 0, false, 0},
	};
	double d;
	int64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct untrusted u = untrusted_str(rows[i].text);

		n = -99;
		assert_int_equal(untrusted_to_i64(u, &n), rows[i].whole);
		assert_true(n == (rows[i].whole ? rows[i].i : -99));
		d = -99;
		assert_int_equal(untrusted_to_double(u, &d), rows[i].real);
		assert_true(d == (rows[i].real ? rows[i].d : -99));
	}
	assert_true(untrusted_to_double(untrusted_str("NaN"), &d) && isnan(d));
	assert_false(untrusted_to_i64(untrusted_make("1\0002", 3), &n));
	assert_false(untrusted_to_double(untrusted_make("1\0", 2), &d));
	assert_false(untrusted_to_i64(UNTRUSTED_NONE, &n));
	/* A view into digits that go on behind its end. */
	assert_true(untrusted_to_i64(untrusted_slice(untrusted_str("12345"), 1, 2), &n));
	assert_int_equal(n, 23);
	assert_true(untrusted_to_time(untrusted_str(" 2026-11-21T14:32:01.25Z "), &n));
	assert_int_equal(n, 1795271521250);
	assert_false(untrusted_to_time(untrusted_str("yesterday"), &n));
	assert_false(untrusted_to_time(UNTRUSTED_NONE, &n));
}

static void copies(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		const char *kept;
	} rows[] = {
		{"abc", 10, "abc"},
		{"abc", 3, "abc"},
		{"abc", 2, "ab"},
		{"abc", 0, ""},
		{"aé", 2, "a"},
		{"a😀", 4, "a"},
		{"\x80\x80\x80\x80\x80\x80\x80", 5, "\x80\x80\x80\x80\x80"},
		{"", 5, ""},
	};
	struct arena arena;
	struct untrusted u;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		u = untrusted_keep(untrusted_str(rows[i].text), rows[i].max);
		assert_true(untrusted_is(u, rows[i].kept));
		untrusted_free(u);
	}
	untrusted_free(UNTRUSTED_NONE);
	arena_init(&arena, 64);
	u = untrusted_copy(&arena, untrusted_str("held"));
	assert_true(untrusted_is(u, "held"));
	assert_true(untrusted_empty(untrusted_copy(&arena, UNTRUSTED_NONE)));
	assert_true(untrusted_empty(untrusted_copy(&arena, untrusted_make(rows, 64))));
	assert_true(arena.full);
	arena_release(&arena);
}

/* A megabyte in one piece, asked everything. */
static void long_text(void **state)
{
	enum { SIZE = 1 << 20 };
	char *bytes = mem_new(SIZE + 1, 1);
	struct untrusted u = untrusted_make(bytes, SIZE), rest = u, piece;
	int64_t start = time_mono_ms(), n;
	double d;

	(void)state;
	memset(bytes, '0', SIZE);
	assert_int_equal(untrusted_cmp_natural(u, untrusted_slice(u, 0, SIZE - 1)), 0);
	assert_int_equal(untrusted_find(u, "0000001"), -1);
	assert_int_equal(untrusted_find_nocase(u, "0000001"), -1);
	assert_false(untrusted_to_i64(u, &n));
	assert_false(untrusted_to_double(u, &d));
	assert_false(untrusted_to_time(u, &n));
	assert_true(untrusted_line(&rest, &piece));
	memset(bytes, ' ', SIZE);
	assert_true(untrusted_empty(untrusted_trim(u)));
	rest = u;
	assert_false(untrusted_word(&rest, " ", &piece));
	rest = u;
	for (n = 0; untrusted_split(&rest, " ", &piece); n++)
		;
	assert_int_equal(n, SIZE + 1);
	assert_true(time_mono_ms() - start < 5000);
	mem_free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions),
		cmocka_unit_test(slices),
		cmocka_unit_test(pieces),
		cmocka_unit_test(orders),
		cmocka_unit_test(natural_order_is_an_order),
		cmocka_unit_test(fuzzy),
		cmocka_unit_test(numbers),
		cmocka_unit_test(copies),
		cmocka_unit_test(long_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
