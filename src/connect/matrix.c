/* A reader for the one shape that is large: {"data":{"result":[{"metric":{…},
 * "values":[[1700000000.1,"0.5"],…]},…]}}. One pass finds the arrays by depth and
 * key and checks their form; the rest of the document is given to the JSON reader.
 * Whatever is not of the plain form is left to it as a whole. Any thread. */
#include "matrix.h"

#include "base/alloc.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

enum { VALUES_DEPTH = 4, MAX_DEPTH = 64 };

struct scan {
	const char *p, *end;
};

static void skip_blanks(struct scan *s)
{
	while (s->p < s->end &&
		(*s->p == ' ' || *s->p == '\n' || *s->p == '\t' || *s->p == '\r'))
		s->p++;
}

static bool eat(struct scan *s, char c)
{
	skip_blanks(s);
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* Behind the closing quote; the opening one has been eaten. */
static bool skip_text(struct scan *s)
{
	for (; s->p < s->end; s->p++) {
		if (*s->p == '"') {
			s->p++;
			return true;
		}
		if (*s->p == '\\' && ++s->p == s->end)
			return false;
	}
	return false;
}

static bool skip_digits(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > from;
}

static bool skip_number(struct scan *s)
{
	if (s->p < s->end && *s->p == '-')
		s->p++;
	if (!skip_digits(s))
		return false;
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (!skip_digits(s))
			return false;
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		return skip_digits(s);
	}
	return true;
}

/* A text without escapes or control bytes. */
static bool skip_plain(struct scan *s)
{
	for (; s->p < s->end; s->p++) {
		if (*s->p == '"') {
			s->p++;
			return true;
		}
		if (*s->p == '\\' || (unsigned char)*s->p < ' ')
			return false;
	}
	return false;
}

struct number {
	const char *p;
	size_t n;
};

static bool next_pair(struct scan *s, struct number *at, struct number *value)
{
	if (!eat(s, '['))
		return false;
	skip_blanks(s);
	at->p = s->p;
	if (!skip_number(s))
		return false;
	at->n = (size_t)(s->p - at->p);
	if (at->n > 60 || !eat(s, ',') || !eat(s, '"'))
		return false;
	value->p = s->p;
	if (!skip_plain(s))
		return false;
	value->n = (size_t)(s->p - value->p) - 1;
	return eat(s, ']');
}

/* The whole array behind its '['; counts the pairs. */
static bool skip_values(struct scan *s, size_t *count)
{
	struct number at, value;

	*count = 0;
	skip_blanks(s);
	if (s->p < s->end && *s->p == ']')
		return eat(s, ']');
	do {
		if (!next_pair(s, &at, &value))
			return false;
		++*count;
	} while (eat(s, ','));
	return eat(s, ']');
}

static bool add_array(struct matrix *matrix, struct scan *s)
{
	struct matrix_values *v;
	size_t count;
	const char *from = s->p;

	if (!skip_values(s, &count))
		return false;
	MEM_ROOM(matrix->arrays, matrix->count, matrix->cap);
	v = &matrix->arrays[matrix->count];
	*v = (struct matrix_values){from, (size_t)(s->p - from), count};
	return str_printf(&matrix->skeleton, "\"oogway_values\":%zu", matrix->count++);
}

/* s->p is behind the key's opening quote; true unless the form is wrong. *copied:
 * up to where the document is in the skeleton. */
static bool maybe_values(struct matrix *matrix, struct scan *s, const char **copied)
{
	const char *key = s->p;
	struct scan ahead;

	if (!skip_text(s))
		return false;
	if (s->p - key != 7 || memcmp(key, "values\"", 7))
		return true;
	ahead = *s;
	if (!eat(&ahead, ':') || !eat(&ahead, '['))
		return true;
	if (!str_add(&matrix->skeleton, *copied, (size_t)(key - 1 - *copied)) ||
		!add_array(matrix, &ahead))
		return false;
	*s = ahead;
	*copied = s->p;
	return true;
}

static bool scan_document(struct matrix *matrix, struct scan *s)
{
	const char *copied = s->p;
	int depth = 0;

	while (s->p < s->end) {
		char c = *s->p++;

		if (c == '"') {
			bool ok = depth == VALUES_DEPTH ? maybe_values(matrix, s, &copied)
							: skip_text(s);
			if (!ok)
				return false;
		} else if (c == '{' || c == '[') {
			if (++depth > MAX_DEPTH)
				return false;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return str_add(&matrix->skeleton, copied, (size_t)(s->end - copied));
}

bool matrix_open(struct matrix *matrix, struct untrusted body)
{
	size_t n;
	const char *text = text_raw(body, &n);
	struct scan s = {text, text + n};

	*matrix = (struct matrix){0};
	str_init(&matrix->skeleton, n + 64);
	if (n && scan_document(matrix, &s))
		return true;
	matrix_release(matrix);
	return false;
}

void matrix_release(struct matrix *matrix)
{
	str_release(&matrix->skeleton);
	mem_free(matrix->arrays);
	*matrix = (struct matrix){0};
}

/* Up to 15 digits and a power of ten up to 22 are exact in doubles, so that one
 * multiplication or division rounds as strtod() does. */
static bool quick_double(struct number number, double *out)
{
	static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
		1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
		1e22};
	const char *p = number.p, *end = p + number.n;
	bool minus = p < end && *p == '-', point = false;
	int64_t digits = 0;
	int used = 0, behind = 0;

	if (minus)
		p++;
	if (p == end)
		return false;
	for (; p < end; p++) {
		if (*p == '.' && !point) {
			point = true;
			continue;
		}
		if (*p < '0' || *p > '9' || ++used > 15)
			return false;
		digits = digits * 10 + (*p - '0');
		behind += point;
	}
	if (!used)
		return false;
	*out = (double)digits / powers[behind];
	if (minus)
		*out = -*out;
	return true;
}

static bool to_double(struct number number, double *out)
{
	return quick_double(number, out) ||
	       untrusted_to_double(untrusted_make(number.p, number.n), out);
}

size_t point_add(struct point *points, size_t n, double seconds, double value)
{
	int64_t at;

	if (!isfinite(value) || !(seconds > 0 && seconds < 1e11))
		return n;
	at = llround(seconds * 1000);
	if (n && at <= points[n - 1].at)
		return n;
	points[n] = (struct point){at, value};
	return n + 1;
}

size_t matrix_points(const struct matrix *matrix, size_t index, struct point *out)
{
	const struct matrix_values *v = &matrix->arrays[index];
	struct scan s = {v->text, v->text + v->n};
	struct number at, value;
	double seconds, number;
	size_t n = 0;

	for (size_t i = 0; i < v->count; i++) {
		next_pair(&s, &at, &value);
		eat(&s, ',');
		if (to_double(at, &seconds) && to_double(value, &number))
			n = point_add(out, n, seconds, number);
	}
	return n;
}
