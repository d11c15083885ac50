/* Points as bytes: what goes in comes out bit for bit, within a size. */
#include "store/chunk.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct chunk in, out;
static unsigned char bytes[CHUNK_MAX_BYTES];

static uint64_t state = 88172645463325252u;

static uint64_t noise(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static double unit(void)
{
	return (double)(noise() >> 11) / 9007199254740992.0;
}

static double constant(size_t i)
{
	(void)i;
	return 42;
}

static double percent(size_t i)
{
	return round((40 + 20 * sin((double)i / 300) + 5 * unit()) * 100) / 100;
}

static double full_digits(size_t i)
{
	return 40 + 20 * sin((double)i / 300) + 5 * unit();
}

static double memory(size_t i)
{
	return 8e9 + 4096.0 * (double)(i * 3 + noise() % 2000);
}

static double counter(size_t i)
{
	return 1e12 + (double)i * 1500 + (double)(noise() % 100);
}

static double special(size_t i)
{
	static const double values[] = {0, -0.0, NAN, INFINITY, -INFINITY, DBL_MAX,
		DBL_TRUE_MIN, -1, 0.1, 1e300, 9007199254740993.0, -1e-9};

	return values[i % (sizeof values / sizeof *values)];
}

static double any_bits(size_t i)
{
	uint64_t bits = noise();
	double value;

	(void)i;
	memcpy(&value, &bits, sizeof value);
	return value;
}

static double mostly_zero(size_t i)
{
	return i % 97 ? 0 : 3;
}

static double negative(size_t i)
{
	return -0.25 * (double)(i + 1);
}

static const struct row {
	const char *name;
	double (*value)(size_t i);
	size_t count;
	int columns;
	int jitter_ms;
	double max_bytes; /* of a point */
} rows[] = {
	{"constant", constant, 1800, 1, 0, 0.05},
	{"constant, jitter", constant, 1800, 1, 4, 0.7},
	{"percent", percent, 1800, 1, 0, 1.6},
	{"percent, jitter", percent, 1800, 1, 4, 2.2},
	{"full digits", full_digits, 1800, 1, 0, 7.5},
	{"memory", memory, 1800, 1, 0, 2.0},
	{"counter", counter, 1800, 1, 0, 1.8},
	{"special", special, 1800, 1, 0, 12},
	{"any bits", any_bits, CHUNK_MAX_POINTS, 3, 1000, 44},
	{"mostly zero", mostly_zero, 1800, 1, 0, 0.35},
	{"negative", negative, 1800, 1, 0, 0.3},
	{"one point", percent, 1, 1, 0, 40},
	{"two points", percent, 2, 1, 0, 40},
	{"three columns", percent, 288, 3, 0, 6},
};

static void fill(const struct row *row)
{
	int64_t at = 1795000000000;

	in.count = row->count;
	in.columns = row->columns;
	for (size_t i = 0; i < row->count; i++) {
		at += 1000;
		in.at[i] = at;
		if (row->jitter_ms)
			in.at[i] += (int64_t)(noise() % (unsigned)row->jitter_ms);
		for (int c = 0; c < row->columns; c++)
			in.value[c][i] = row->value(i);
	}
}

static bool same(const struct chunk *a, const struct chunk *b)
{
	if (a->count != b->count || a->columns != b->columns ||
		memcmp(a->at, b->at, a->count * sizeof *a->at))
		return false;
	for (int c = 0; c < a->columns; c++)
		if (memcmp(a->value[c], b->value[c], a->count * sizeof *a->value[c]))
			return false;
	return true;
}

static void test_round_trip(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t n;

		fill(&rows[i]);
		n = chunk_encode(&in, bytes);
		print_message("%-18s %5.2f bytes a point\n", rows[i].name,
			(double)n / (double)rows[i].count);
		assert_true(n <= sizeof bytes);
		assert_true((double)n <= rows[i].max_bytes * (double)rows[i].count);
		assert_true(chunk_decode(bytes, n, &out));
		assert_true(same(&in, &out));
	}
}

/* Every prefix is refused; every flipped bit is refused or gives points. */
static void test_damage(void **unused)
{
	size_t n;

	(void)unused;
	fill(&(struct row){"", percent, 40, 2, 3, 0});
	n = chunk_encode(&in, bytes);
	for (size_t i = 0; i < n; i++)
		assert_false(chunk_decode(bytes, i, &out));
	for (size_t i = 0; i < n * 8; i++) {
		bytes[i / 8] ^= (unsigned char)(1 << i % 8);
		if (chunk_decode(bytes, n, &out))
			for (size_t j = 1; j < out.count; j++)
				assert_true(out.at[j] > out.at[j - 1]);
		bytes[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	assert_true(chunk_decode(bytes, n, &out));
	bytes[n] = 0;
	assert_false(chunk_decode(bytes, n + 1, &out));
}

static void test_garbage(void **unused)
{
	(void)unused;
	for (int i = 0; i < 20000; i++) {
		size_t n = noise() % 200;

		for (size_t j = 0; j < n; j++)
			bytes[j] = (unsigned char)noise();
		bytes[0] = 1;
		bytes[1] = (unsigned char)(1 + noise() % 3);
		bytes[2] = 0;
		bytes[3] = (unsigned char)(noise() % 64);
		chunk_decode(bytes, n, &out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
