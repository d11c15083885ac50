/* Growable text with a maximum, and the few string questions asked everywhere. A cut
 * never falls inside a character, and nothing is added behind one. One owner; the
 * questions are for any thread. */
#include "base/str.h"

#include "base/alloc.h"
#include "base/secret.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void str_init(struct str *s, size_t max)
{
	*s = (struct str){.max = max};
}

void str_release(struct str *s)
{
	if (s->wipes && s->p)
		secret_wipe(s->p, s->cap);
	mem_free(s->p);
	*s = (struct str){.max = s->max, .wipes = s->wipes};
}

void str_reset(struct str *s)
{
	s->n = 0;
	s->cut = false;
	if (s->p)
		s->p[0] = '\0';
}

/* mem_resize() may leave a copy behind. */
static void move(struct str *s, size_t cap)
{
	char *old = s->p;

	s->p = mem_new(cap, 1);
	if (!old)
		return;
	memcpy(s->p, old, s->n + 1);
	secret_wipe(old, s->cap);
	mem_free(old);
}

static void room(struct str *s, size_t n)
{
	size_t want = s->n + n + 1, cap = s->cap ? s->cap : 64;

	if (want <= s->cap)
		return;
	while (cap < want)
		cap *= 2;
	if (s->wipes)
		move(s, cap);
	else
		s->p = mem_resize(s->p, cap, 1);
	s->cap = cap;
}

bool str_add(struct str *s, const void *p, size_t n)
{
	bool fits = !s->cut && n <= s->max - s->n;

	if (!fits) {
		n = s->cut ? 0 : utf8_cut(p, s->max - s->n);
		s->cut = true;
	}
	room(s, n);
	if (n)
		memcpy(s->p + s->n, p, n);
	s->n += n;
	s->p[s->n] = '\0';
	return fits;
}

bool str_puts(struct str *s, const char *text)
{
	return str_add(s, text, strlen(text));
}

bool str_putc(struct str *s, char c)
{
	return str_add(s, &c, 1);
}

bool str_printf(struct str *s, const char *fmt, ...)
{
	char small[256], *big;
	va_list ap;
	int n;
	bool ok;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n < 0)
		return false;
	if ((size_t)n < sizeof small)
		return str_add(s, small, (size_t)n);
	big = mem_new((size_t)n + 1, 1);
	va_start(ap, fmt);
	vsnprintf(big, (size_t)n + 1, fmt, ap);
	va_end(ap);
	ok = str_add(s, big, (size_t)n);
	mem_free(big);
	return ok;
}

char *str_take(struct str *s)
{
	char *p = s->p ? s->p : mem_strdup("");

	*s = (struct str){.max = s->max};
	return p;
}

const char *str_text(const struct str *s)
{
	return s->p ? s->p : "";
}

bool str_copy(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);
	bool fits = n < size;

	if (!size)
		return false;
	if (!fits)
		n = utf8_cut(from, size - 1);
	memmove(to, from, n);
	to[n] = '\0';
	return fits;
}

bool str_starts(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

bool str_ends(const char *text, const char *suffix)
{
	size_t n = strlen(text), m = strlen(suffix);

	return n >= m && !strcmp(text + n - m, suffix);
}

int str_distance(const char *a, const char *b)
{
	enum { MOST = 40 };
	int row[MOST + 1], n = (int)strlen(a), m = (int)strlen(b);

	if (n > MOST || m > MOST)
		return MOST;
	for (int j = 0; j <= m; j++)
		row[j] = j;
	for (int i = 1; i <= n; i++) {
		int diagonal = row[0];

		row[0] = i;
		for (int j = 1; j <= m; j++) {
			int keep = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < keep)
				keep = row[j] + 1;
			if (row[j - 1] + 1 < keep)
				keep = row[j - 1] + 1;
			row[j] = keep;
		}
	}
	return row[m];
}
