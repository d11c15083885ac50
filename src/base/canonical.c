/* RFC 8785. Hides ECMAScript's way to write numbers and the order
 * of UTF-16. The reader is one pass and allocates nothing: it looks
 * at every byte of the audit. Any thread. */
#include "base/canonical.h"

#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 16, NUMBER_MAX = 32, DIGITS_MAX = 17 };

static const char escaped[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";

/* --- writing --- */

void canonical_text(struct str *out, struct untrusted text)
{
	size_t from = 0, i = 0;

	str_putc(out, '"');
	while (i < text.n_) {
		unsigned char c = text.bytes_[i];
		const char *at = c ? strchr(escaped, c) : NULL;
		uint32_t cp;
		size_t n = c < 0x80 ? 1 : utf8_decode(text.bytes_ + i, text.n_ - i, &cp);

		if (n && c >= 0x20 && !at) {
			i += n;
			continue;
		}
		str_add(out, text.bytes_ + from, i - from);
		if (!n)
			str_puts(out, "\xef\xbf\xbd");
		else if (at)
			str_printf(out, "\\%c", letters[at - escaped]);
		else
			str_printf(out, "\\u%04x", c);
		from = ++i;
	}
	if (i > from)
		str_add(out, text.bytes_ + from, i - from);
	str_putc(out, '"');
}

/* value = digits × 10^exponent, with as few digits as read back as the same number. At
 * powers of two these need not be the nearest of their length (5.684341886080802e-14),
 * so the neighbours are tried as well. */
static void shortest(double value, unsigned long long *digits, int *exponent)
{
	char text[NUMBER_MAX];

	for (int n = 1; n <= DIGITS_MAX; n++) {
		unsigned long long d = 0;
		const char *p = text;
		int e;

		snprintf(text, sizeof text, "%.*e", n - 1, value);
		for (; *p != 'e'; p++)
			if (*p != '.')
				d = d * 10 + (unsigned long long)(*p - '0');
		e = (int)strtol(p + 1, NULL, 10) - (n - 1);
		for (int off = 0; off < 3; off++) {
			*digits = off == 2 ? d - 1 : d + (unsigned)off;
			*exponent = e;
			snprintf(text, sizeof text, "%llue%d", *digits, e);
			if (strtod(text, NULL) == value)
				return;
		}
	}
}

static void put_zeros(struct str *out, int n)
{
	while (n-- > 0)
		str_putc(out, '0');
}

void canonical_number(struct str *out, double value)
{
	char digits[NUMBER_MAX];
	unsigned long long d = 0;
	int exponent = 0, k, n;

	if (value < 0)
		str_putc(out, '-');
	if (fabs(value) <= 9007199254740992.0 && value == trunc(value)) {
		str_printf(out, "%.0f", fabs(value));
		return;
	}
	shortest(fabs(value), &d, &exponent);
	for (; d && d % 10 == 0; d /= 10)
		exponent++;
	k = snprintf(digits, sizeof digits, "%llu", d);
	n = k + exponent; /* where the point stands */
	if (n > 21 || n <= -6) {
		str_putc(out, digits[0]);
		if (k > 1)
			str_printf(out, ".%s", digits + 1);
		str_printf(out, "e%c%d", n > 0 ? '+' : '-', abs(n - 1));
	} else if (n <= 0) {
		str_puts(out, "0.");
		put_zeros(out, -n);
		str_puts(out, digits);
	} else if (k <= n) {
		str_puts(out, digits);
		put_zeros(out, n - k);
	} else {
		str_printf(out, "%.*s.%s", n, digits, digits + n);
	}
}

/* --- the order of names --- */

/* A UTF-8 lead byte from 0xf0 on stands for two surrogates, which sort below the
 * characters from U+E000 to U+FFFF (lead bytes 0xee and 0xef). */
static int weight(unsigned char c)
{
	return c >= 0xf0 ? c - 0xf0 + 0xee : c >= 0xee ? c - 0xee + 0xf3 : c;
}

int canonical_cmp(struct untrusted a, struct untrusted b)
{
	size_t n = a.n_ < b.n_ ? a.n_ : b.n_;

	for (size_t i = 0; i < n; i++)
		if (a.bytes_[i] != b.bytes_[i])
			return weight(a.bytes_[i]) - weight(b.bytes_[i]);
	return (a.n_ > b.n_) - (a.n_ < b.n_);
}

/* --- reading --- */

struct reader {
	const unsigned char *p, *end;
	int depth;
};

static bool take(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != (unsigned char)c)
		return false;
	r->p++;
	return true;
}

/* The character of an escape, -1 when there is a shorter way to write it. */
static int take_escape(struct reader *r)
{
	static const char hex[] = "0123456789abcdef";
	const char *high, *low, *at;
	int value;

	if (r->end - r->p < 2)
		return -1;
	at = r->p[1] ? strchr(letters, r->p[1]) : NULL;
	if (at) {
		r->p += 2;
		return escaped[at - letters];
	}
	if (r->end - r->p < 6 || memcmp(r->p, "\\u00", 4) || !r->p[4] || !r->p[5])
		return -1;
	high = strchr(hex, r->p[4]);
	low = strchr(hex, r->p[5]);
	if (!high || !low)
		return -1;
	value = (int)((high - hex) * 16 + (low - hex));
	if (value >= 0x20 || (value && strchr(escaped, value)))
		return -1;
	r->p += 6;
	return value;
}

static bool plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static bool take_string(struct reader *r)
{
	if (!take(r, '"'))
		return false;
	while (r->p < r->end) {
		uint32_t cp;
		size_t n;

		while (plain(*r->p) && r->p + 1 < r->end)
			r->p++;
		if (*r->p == '"') {
			r->p++;
			return true;
		}
		if (*r->p == '\\') {
			if (take_escape(r) < 0)
				return false;
		} else if (*r->p < 0x80) {
			if (*r->p < 0x20)
				return false;
			r->p++;
		} else {
			n = utf8_decode(r->p, (size_t)(r->end - r->p), &cp);
			if (!n)
				return false;
			r->p += n;
		}
	}
	return false;
}

static bool take_number(struct reader *r)
{
	const unsigned char *from = r->p;
	char text[NUMBER_MAX + 1];
	struct str again;
	double value;
	size_t n = 0;
	bool same;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	n = (size_t)(r->p - from);
	if (n && n < 16 && (*from != '0' || n == 1) &&
		(r->p == r->end || !strchr(".eE+-", *r->p)))
		return true;
	r->p = from;
	for (n = 0; r->p < r->end && *r->p && strchr("0123456789.e+-", *r->p); r->p++)
		if (n < NUMBER_MAX)
			text[n++] = (char)*r->p;
	text[n] = '\0';
	if (!n)
		return false;
	value = strtod(text, NULL);
	str_init(&again, NUMBER_MAX * 2);
	if (isfinite(value))
		canonical_number(&again, value);
	same = again.n == (size_t)(r->p - from) &&
	       !memcmp(str_text(&again), from, again.n);
	str_release(&again);
	if (!same)
		r->p = from;
	return same;
}

static bool take_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n))
		return false;
	r->p += n;
	return true;
}

static bool take_value(struct reader *r);

/* One character of the inside of a string that was read: escapes are taken away. */
static int next_weight(struct reader *r)
{
	if (r->p == r->end)
		return -1;
	return *r->p == '\\' ? take_escape(r) : weight(*r->p++);
}

/* Both with their quotes, as read; equal names are not in order either. */
static bool ascends(struct reader before, struct reader after)
{
	before.end--;
	after.end--;
	before.p++;
	after.p++;
	for (;;) {
		int a = next_weight(&before), b = next_weight(&after);

		if (a != b)
			return a < b;
		if (a < 0)
			return false;
	}
}

static bool take_members(struct reader *r)
{
	struct reader last = {0}, name;

	if (take(r, '}'))
		return true;
	do {
		name = (struct reader){.p = r->p};
		if (!take_string(r))
			return false;
		name.end = r->p;
		if (last.p && !ascends(last, name)) {
			r->p = name.p;
			return false;
		}
		last = name;
		if (!take(r, ':') || !take_value(r))
			return false;
	} while (take(r, ','));
	return take(r, '}');
}

static bool take_items(struct reader *r)
{
	if (take(r, ']'))
		return true;
	do {
		if (!take_value(r))
			return false;
	} while (take(r, ','));
	return take(r, ']');
}

static bool take_value(struct reader *r)
{
	bool ok;

	if (r->p == r->end)
		return false;
	switch (*r->p) {
	case '"':
		return take_string(r);
	case '{':
	case '[':
		if (r->depth == DEPTH_MAX)
			return false;
		r->depth++;
		ok = *r->p++ == '{' ? take_members(r) : take_items(r);
		r->depth--;
		return ok;
	case 't':
		return take_word(r, "true");
	case 'f':
		return take_word(r, "false");
	case 'n':
		return take_word(r, "null");
	default:
		return take_number(r);
	}
}

size_t canonical_read(struct untrusted text, size_t *bad)
{
	struct reader r = {.p = text.bytes_, .end = text.bytes_ + text.n_};

	if (text.n_ && take_value(&r))
		return (size_t)(r.p - text.bytes_);
	if (bad)
		*bad = text.n_ ? (size_t)(r.p - text.bytes_) : 0;
	return 0;
}

/* Over a value that was read before: only its end is looked for. */
static void skip_value(struct reader *r)
{
	int depth = 0;

	do {
		unsigned char c = r->p < r->end ? *r->p : 0;

		if (c == '"') {
			for (r->p++; r->p < r->end && *r->p != '"'; r->p++)
				r->p += *r->p == '\\';
		} else if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			depth--;
		}
		r->p++;
	} while (r->p < r->end && (depth || !strchr(",}]", *r->p)));
}

/* The same for a name, whose text is between the quotes. */
static struct untrusted skip_name(struct reader *r)
{
	const unsigned char *from = ++r->p;

	for (; r->p < r->end && *r->p != '"'; r->p++)
		r->p += *r->p == '\\';
	r->p++;
	return (struct untrusted){from, (size_t)(r->p - from) - 1};
}

void canonical_members(
	struct untrusted object, const struct canonical_want *wants, size_t count)
{
	struct reader r = {.p = object.bytes_, .end = object.bytes_ + object.n_};
	size_t next = 0;

	if (!take(&r, '{') || take(&r, '}'))
		return;
	do {
		struct untrusted name = skip_name(&r);
		const unsigned char *from = ++r.p;
		int order = -1;

		skip_value(&r);
		while (next < count &&
			(order = canonical_cmp(untrusted_str(wants[next].name), name)) <
				0)
			next++;
		if (next < count && !order)
			*wants[next++].value =
				(struct untrusted){from, (size_t)(r.p - from)};
	} while (next < count && take(&r, ','));
}

bool canonical_member(struct untrusted object, const char *name, struct untrusted *value)
{
	struct untrusted found = {0};

	canonical_members(object, &(struct canonical_want){name, &found}, 1);
	if (found.bytes_)
		*value = found;
	return found.bytes_ != NULL;
}

bool canonical_count(struct untrusted value, uint64_t *out)
{
	uint64_t n = 0;

	if (!value.n_ || value.n_ > 16)
		return false;
	for (size_t i = 0; i < value.n_; i++) {
		if (value.bytes_[i] < '0' || value.bytes_[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(value.bytes_[i] - '0');
	}
	if (n > UINT64_C(9007199254740992))
		return false;
	*out = n;
	return true;
}

bool canonical_hex(struct untrusted value, size_t n, char *out)
{
	if (value.n_ != n + 2 || value.bytes_[0] != '"' || value.bytes_[n + 1] != '"')
		return false;
	for (size_t i = 1; i <= n; i++)
		if (!value.bytes_[i] || !strchr("0123456789abcdef", value.bytes_[i]))
			return false;
	memcpy(out, value.bytes_ + 1, n);
	out[n] = '\0';
	return true;
}
