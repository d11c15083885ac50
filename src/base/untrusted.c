/* Work on foreign bytes that never lets them out: questions, pieces, order, numbers.
 * All of it is linear in the bytes given, and total: there is no input that it
 * refuses to look at. What it returns borrows from what it was given. Any thread. */
#include "base/untrusted.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/crypto.h"
#include "base/time.h"
#include "base/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 64, FUZZY_LONGEST_RUN = 64, FUZZY_MOST = 1 << 20 };

struct untrusted untrusted_make(const void *bytes, size_t n)
{
	return (struct untrusted){bytes, bytes ? n : 0};
}

struct untrusted untrusted_str(const char *text)
{
	return untrusted_make(text, text ? strlen(text) : 0);
}

struct untrusted untrusted_copy(struct arena *arena, struct untrusted u)
{
	char *p = u.n_ ? arena_strndup(arena, (const char *)u.bytes_, u.n_) : NULL;

	return untrusted_make(p, u.n_);
}

struct untrusted untrusted_keep(struct untrusted u, size_t max)
{
	size_t n = u.n_;

	if (!n)
		return UNTRUSTED_NONE;
	if (n > max)
		n = utf8_cut(u.bytes_, max);
	return untrusted_make(mem_dup(u.bytes_, n), n);
}

void untrusted_free(struct untrusted u)
{
	mem_free((void *)(uintptr_t)u.bytes_);
}

size_t untrusted_size(struct untrusted u)
{
	return u.n_;
}

bool untrusted_empty(struct untrusted u)
{
	return !u.n_;
}

bool untrusted_is(struct untrusted u, const char *literal)
{
	size_t n = strlen(literal);

	return n == u.n_ && !memcmp(u.bytes_ ? (const void *)u.bytes_ : "", literal, n);
}

bool untrusted_eq(struct untrusted a, struct untrusted b)
{
	return a.n_ == b.n_ && (!a.n_ || !memcmp(a.bytes_, b.bytes_, a.n_));
}

int untrusted_cmp(struct untrusted a, struct untrusted b)
{
	size_t n = a.n_ < b.n_ ? a.n_ : b.n_;
	int order = n ? memcmp(a.bytes_, b.bytes_, n) : 0;

	if (order)
		return order;
	return a.n_ < b.n_ ? -1 : a.n_ > b.n_;
}

static bool digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits_at(struct untrusted u, size_t i)
{
	size_t n = 0;

	while (i + n < u.n_ && digit(u.bytes_[i + n]))
		n++;
	return n;
}

int untrusted_cmp_natural(struct untrusted a, struct untrusted b)
{
	size_t i = 0, j = 0;

	while (i < a.n_ && j < b.n_) {
		size_t n = digits_at(a, i), m = digits_at(b, j);
		int order;

		if (!n || !m) {
			order = (int)a.bytes_[i++] - (int)b.bytes_[j++];
			if (order)
				return order;
			continue;
		}
		while (n > 1 && a.bytes_[i] == '0')
			i++, n--;
		while (m > 1 && b.bytes_[j] == '0')
			j++, m--;
		if (n != m)
			return n < m ? -1 : 1;
		order = memcmp(a.bytes_ + i, b.bytes_ + j, n);
		if (order)
			return order;
		i += n;
		j += m;
	}
	if (a.n_ - i == b.n_ - j)
		return 0;
	return a.n_ - i < b.n_ - j ? -1 : 1;
}

uint64_t untrusted_hash(struct untrusted u)
{
	return hash_keyed(u.bytes_, u.n_);
}

void untrusted_hash_lasting(struct untrusted u, char out[HASH_TEXT])
{
	hash_lasting(u.bytes_, u.n_, out);
}

bool untrusted_starts(struct untrusted u, const char *literal)
{
	size_t n = strlen(literal);

	return n <= u.n_ && (!n || !memcmp(u.bytes_, literal, n));
}

ptrdiff_t untrusted_find(struct untrusted u, const char *literal)
{
	const unsigned char *at;

	if (!u.n_)
		return *literal ? -1 : 0;
	at = memmem(u.bytes_, u.n_, literal, strlen(literal));
	return at ? at - u.bytes_ : -1;
}

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

ptrdiff_t untrusted_find_nocase(struct untrusted u, const char *literal)
{
	size_t n = strlen(literal);

	for (size_t i = 0; i + n <= u.n_; i++) {
		size_t k = 0;

		while (k < n &&
			lower(u.bytes_[i + k]) == lower((unsigned char)literal[k]))
			k++;
		if (k == n)
			return (ptrdiff_t)i;
	}
	return -1;
}

struct untrusted untrusted_slice(struct untrusted u, size_t from, size_t n)
{
	if (from > u.n_)
		from = u.n_;
	if (n > u.n_ - from)
		n = u.n_ - from;
	return untrusted_make(u.bytes_ ? u.bytes_ + from : NULL, n);
}

static bool blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

size_t untrusted_offset(struct untrusted u, struct untrusted slice)
{
	return (size_t)(slice.bytes_ - u.bytes_);
}

struct untrusted untrusted_trim(struct untrusted u)
{
	while (u.n_ && blank(u.bytes_[0]))
		u.bytes_++, u.n_--;
	while (u.n_ && blank(u.bytes_[u.n_ - 1]))
		u.n_--;
	return u;
}

static bool one_of(unsigned char c, const char *set)
{
	return c && strchr(set, c);
}

bool untrusted_split(
	struct untrusted *rest, const char *separators, struct untrusted *piece)
{
	size_t i = 0;

	if (!rest->bytes_)
		return false;
	while (i < rest->n_ && !one_of(rest->bytes_[i], separators))
		i++;
	*piece = untrusted_make(rest->bytes_, i);
	*rest = i < rest->n_ ? untrusted_make(rest->bytes_ + i + 1, rest->n_ - i - 1)
			     : UNTRUSTED_NONE;
	return true;
}

bool untrusted_word(struct untrusted *rest, const char *blanks, struct untrusted *word)
{
	size_t i = 0;

	while (rest->n_ && one_of(rest->bytes_[0], blanks))
		rest->bytes_++, rest->n_--;
	if (!rest->n_)
		return false;
	while (i < rest->n_ && !one_of(rest->bytes_[i], blanks))
		i++;
	*word = untrusted_make(rest->bytes_, i);
	rest->bytes_ += i;
	rest->n_ -= i;
	return true;
}

bool untrusted_line(struct untrusted *rest, struct untrusted *line)
{
	const unsigned char *end;
	size_t n;

	if (!rest->n_)
		return false;
	end = memchr(rest->bytes_, '\n', rest->n_);
	n = end ? (size_t)(end - rest->bytes_) : rest->n_;
	*line = untrusted_make(rest->bytes_, n);
	if (end && n && line->bytes_[n - 1] == '\r')
		line->n_--;
	*rest = untrusted_slice(*rest, n + (end != NULL), SIZE_MAX);
	return true;
}

int untrusted_fuzzy(struct untrusted u, const char *needle)
{
	int score = 0, run = 0;
	size_t i = 0;

	for (; *needle; needle++) {
		unsigned char want = lower((unsigned char)*needle);
		size_t before = i;

		while (i < u.n_ && lower(u.bytes_[i]) != want)
			i++;
		if (i == u.n_)
			return -1;
		run = i != before ? 1 : run < FUZZY_LONGEST_RUN ? run + 1 : run;
		score += run * 4 - (int)(i - before > 8 ? 8 : i - before);
		if (!i || one_of(u.bytes_[i - 1], " -_./:"))
			score += 6;
		if (score > FUZZY_MOST)
			score = FUZZY_MOST;
		i++;
	}
	return score < 0 ? 0 : score;
}

static bool number_text(struct untrusted u, char out[NUMBER_MAX])
{
	u = untrusted_trim(u);
	if (!u.n_ || u.n_ >= NUMBER_MAX || memchr(u.bytes_, '\0', u.n_))
		return false;
	memcpy(out, u.bytes_, u.n_);
	out[u.n_] = '\0';
	return true;
}

bool untrusted_to_i64(struct untrusted u, int64_t *out)
{
	char text[NUMBER_MAX], *end;
	long long value;

	if (!number_text(u, text))
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || *end || end == text)
		return false;
	*out = value;
	return true;
}

bool untrusted_to_double(struct untrusted u, double *out)
{
	char text[NUMBER_MAX], *end;
	double value;

	if (!number_text(u, text) || strpbrk(text, "xXpP("))
		return false;
	value = strtod(text, &end);
	if (*end || end == text)
		return false;
	/* Infinity is a value when it is written out, not when digits overflow. */
	if (isinf(value) && strpbrk(text, "0123456789"))
		return false;
	*out = value;
	return true;
}

bool untrusted_to_time(struct untrusted u, int64_t *out_ms)
{
	char text[NUMBER_MAX];

	return number_text(u, text) && time_parse(text, out_ms);
}
