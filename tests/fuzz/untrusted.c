/* Work on foreign bytes: pieces add up to the whole, orders are orders, a pattern
 * ends, numbers that are taken say what was written. */
#include "base/regex.h"
#include "base/str.h"
#include "base/text.h"
#include "base/untrusted.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void order(struct untrusted a, struct untrusted b, struct untrusted c)
{
	int ab = sign(untrusted_cmp(a, b)), nab = sign(untrusted_cmp_natural(a, b));

	check(ab == -sign(untrusted_cmp(b, a)));
	check(nab == -sign(untrusted_cmp_natural(b, a)));
	check(!ab == untrusted_eq(a, b));
	if (!ab)
		check(!nab && untrusted_hash(a) == untrusted_hash(b));
	if (nab <= 0 && untrusted_cmp_natural(b, c) <= 0)
		check(untrusted_cmp_natural(a, c) <= 0);
}

static void pieces(struct untrusted u)
{
	struct untrusted rest = u, piece;
	size_t n = 0, count = 0;

	while (untrusted_split(&rest, ",;", &piece)) {
		n += untrusted_size(piece);
		count++;
	}
	check(!count || n + count - 1 == untrusted_size(u));
	rest = u;
	while (untrusted_word(&rest, " \t\n", &piece))
		check(!untrusted_empty(piece) && untrusted_find(piece, " ") < 0);
	rest = u;
	while (untrusted_line(&rest, &piece))
		check(untrusted_find(piece, "\n") < 0);
	piece = untrusted_trim(u);
	check(untrusted_eq(piece, untrusted_trim(piece)));
	piece = untrusted_keep(u, 7);
	check(untrusted_size(piece) <= 7 && untrusted_size(u) >= untrusted_size(piece));
	check(untrusted_size(u) < 7 || untrusted_size(piece) > 3);
	untrusted_free(piece);
}

static void numbers(struct untrusted u)
{
	struct str s;
	int64_t i, again;
	double d;

	str_init(&s, 100);
	if (untrusted_to_i64(u, &i)) {
		str_printf(&s, "%lld", (long long)i);
		check(untrusted_to_i64(untrusted_str(s.p), &again) && i == again);
		check(untrusted_to_double(u, &d));
	}
	if (untrusted_to_double(u, &d) && isfinite(d)) {
		double back;

		str_reset(&s);
		str_printf(&s, "%.17g", d);
		check(untrusted_to_double(untrusted_str(s.p), &back) && back == d);
	}
	str_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct untrusted u = untrusted_make(data, size), a, b, c;
	char needle[64];
	ptrdiff_t at;
	struct regex *re;
	size_t start, n;

	if (size > 3000)
		return 0;
	a = untrusted_slice(u, 0, size / 3);
	b = untrusted_slice(u, size / 3, size / 3);
	c = untrusted_slice(u, size / 3 * 2, SIZE_MAX);
	check(untrusted_size(a) + untrusted_size(b) + untrusted_size(c) == size);
	order(a, b, c);
	order(c, a, b);
	pieces(u);
	numbers(u);
	numbers(a);
	text_line(a, needle, sizeof needle);
	at = untrusted_find(u, needle);
	check(at < 0 ||
		untrusted_starts(untrusted_slice(u, (size_t)at, SIZE_MAX), needle));
	check(at < 0 || untrusted_find_nocase(u, needle) <= at);
	check(at < 0 || untrusted_fuzzy(u, needle) >= 0);
	re = regex_new(needle, NULL);
	if (re && regex_match(re, c, 0, &start, &n))
		check(start <= untrusted_size(c) && n <= untrusted_size(c) - start);
	regex_free(re);
	return 0;
}
