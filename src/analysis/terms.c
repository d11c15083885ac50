/* Splitting texts into words, and words from their endings. The rules know how names are
 * written and a few English endings; the endings are cut alike in books and in what is
 * looked for, so that it matters little whether a stem is a word. It reads the bytes of
 * foreign texts and gives back letters and digits only. Pure; any thread. */
#include "terms.h"

#include "base/text.h"

#include <string.h>

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Bytes above ASCII count as small letters: other scripts are words too. */
static bool is_small(char c)
{
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool in_name(char c)
{
	return is_upper(c) || is_small(c) || is_digit(c) || c == '_';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void terms_begin(struct terms *terms, struct untrusted text)
{
	size_t n;

	*terms = (struct terms){.text = text_raw(text, &n)};
	terms->n = n;
}

/* Lower case, without '_', no half character at its end. */
static void put_word(struct term *out, const char *p, size_t n)
{
	size_t used = out->whole ? 1 : 0;

	if (out->whole)
		out->word[0] = '=';
	for (size_t i = 0; i < n && used < TERM_BYTES - 1; i++) {
		size_t left = TERM_BYTES - 1 - used, bytes = 1;

		if (p[i] == '_')
			continue;
		while (i + bytes < n && ((unsigned char)p[i + bytes] & 0xc0) == 0x80)
			bytes++;
		if (bytes > left)
			break;
		memcpy(out->word + used, p + i, bytes);
		if (is_upper(p[i]))
			out->word[used] = (char)(p[i] + ('a' - 'A'));
		used += bytes;
		i += bytes - 1;
	}
	out->word[used] = '\0';
}

/* A word of a name: digits; small letters with the capital before them; or capitals,
 * whose last belongs to the word behind them (API in APIErrors), with the s of their
 * plural (PVCs). */
static size_t part_size(const char *p, size_t n)
{
	size_t i = 0;

	if (is_digit(p[0])) {
		while (i < n && is_digit(p[i]))
			i++;
		return i;
	}
	while (i < n && is_upper(p[i]))
		i++;
	if (i > 1 && i < n && is_small(p[i])) {
		if (p[i] == 's' && (i + 1 == n || !is_small(p[i + 1])))
			return i + 1;
		return i - 1;
	}
	while (i < n && is_small(p[i]))
		i++;
	return i;
}

bool terms_next(struct terms *t, struct term *out)
{
	size_t n;

	if (t->at >= t->name_end && t->parts > 1) {
		*out = (struct term){.whole = true,
			.from = t->name_at,
			.size = t->name_end - t->name_at,
			.name_from = t->name_at,
			.name_size = t->name_end - t->name_at};
		put_word(out, t->text + t->name_at, out->size);
		t->parts = 0;
		return true;
	}
	while (t->at < t->n && (t->text[t->at] == '_' || !in_name(t->text[t->at])))
		t->at++;
	if (t->at >= t->n)
		return false;
	if (t->at >= t->name_end) {
		t->name_at = t->name_end = t->at;
		while (t->name_end < t->n && in_name(t->text[t->name_end]))
			t->name_end++;
		t->parts = 0;
	}
	n = part_size(t->text + t->at, t->name_end - t->at);
	*out = (struct term){.from = t->at,
		.size = n,
		.name_from = t->name_at,
		.name_size = t->name_end - t->name_at,
		.digits = is_digit(t->text[t->at])};
	put_word(out, t->text + t->at, n);
	t->at += n;
	t->parts++;
	while (t->at < t->name_end && t->text[t->at] == '_')
		t->at++;
	return true;
}

/* --- endings --- */

static bool ends(const char *word, size_t n, const char *with)
{
	size_t m = strlen(with);

	return n >= m && !memcmp(word + n - m, with, m);
}

static size_t cut_plural(char *word, size_t n)
{
	if (n > 4 && ends(word, n, "ies")) {
		word[n - 3] = 'y';
		return n - 2;
	}
	if (ends(word, n, "sses") || ends(word, n, "xes") || ends(word, n, "shes") ||
		ends(word, n, "ches"))
		return n - 2;
	if (ends(word, n, "s") && !ends(word, n, "ss") && !ends(word, n, "us") &&
		!ends(word, n, "is"))
		return n - 1;
	return n;
}

void term_stem(char word[TERM_BYTES])
{
	static const char *const endings[] = {"ations", "ation", "ating", "ated", "ates",
		"ate", "ing", "ions", "ion", "ings", "ment", "ed", "er", "al", "ly",
		"ness"};
	size_t n = strlen(word);

	if (n <= 3 || is_digit(word[0]))
		return;
	n = cut_plural(word, n);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (ends(word, n, endings[i]) && n >= strlen(endings[i]) + 4) {
			n -= strlen(endings[i]);
			break;
		}
	if (n > 4 && word[n - 1] == word[n - 2] && word[n - 1] != 's' &&
		word[n - 1] != 'l')
		n--;
	if (n > 4 && word[n - 1] == 'e')
		n--;
	if (n > 4 && word[n - 1] == 'i')
		word[n - 1] = 'y';
	word[n] = '\0';
}

size_t terms_sentence(struct untrusted text)
{
	size_t n;
	const char *p = text_raw(text, &n);

	for (size_t i = 1; i < n; i++)
		if (is_blank(p[i]) &&
			(p[i - 1] == '.' || p[i - 1] == '!' || p[i - 1] == '?'))
			return i;
	return n;
}

/* --- numbers --- */

/* A unit of time directly behind a number, or behind one blank. */
static bool is_duration(const char *p, size_t n)
{
	static const char *const units[] = {"min", "hour", "sec", "day", "week"};
	static const char *const letters[] = {"ms", "s", "m", "h", "d", "w"};

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (n >= strlen(units[i]) && !memcmp(p, units[i], strlen(units[i])))
			return true;
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
		size_t m = strlen(letters[i]);

		if (n >= m && !memcmp(p, letters[i], m) && (n == m || !in_name(p[m])))
			return true;
	}
	return false;
}

bool terms_number(struct terms *t, char *out, size_t size)
{
	while (t->at < t->n) {
		size_t from = t->at, end;

		if (!is_digit(t->text[from])) {
			t->at++;
			continue;
		}
		for (end = from; end < t->n && is_digit(t->text[end]); end++)
			;
		if (end + 1 < t->n && t->text[end] == '.' && is_digit(t->text[end + 1]))
			for (end++; end < t->n && is_digit(t->text[end]); end++)
				;
		t->at = end;
		while (end < t->n && is_blank(t->text[end]))
			end++;
		if (is_duration(t->text + end, t->n - end) || t->at - from >= size)
			continue;
		memcpy(out, t->text + from, t->at - from);
		out[t->at - from] = '\0';
		return true;
	}
	return false;
}
