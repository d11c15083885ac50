/* Redaction by table: names that announce a secret, and shapes that are one. What is
 * taken out leaves REDACTED in its place, so that it is seen that something stood
 * there. It works on the text as it will be stored; hashes are made behind it. It knows
 * no secret's value, so one that has no shape and no name before it is not found. Any
 * thread. */
#include "redact.h"

#include "base/text.h"

#include <string.h>

/* Where the secret stands. */
enum place {
	NEXT_WORD, /* the whole next word; also behind '=' in the same */
	NAMED,     /* NAME=VALUE, NAME: VALUE, "NAME":"VALUE", with NAME ending so */
	SHAPE,     /* begins so, and goes on for at least `least` token characters */
	REST,      /* all that follows on the line */
};

static const struct row {
	const char *text; /* compared without case */
	enum place place;
	size_t least;
} rows[] = {
	{"--password", NEXT_WORD, 0},
	{"--passwd", NEXT_WORD, 0},
	{"--passphrase", NEXT_WORD, 0},
	{"--token", NEXT_WORD, 0},
	{"--secret", NEXT_WORD, 0},
	{"--api-key", NEXT_WORD, 0},
	{"--apikey", NEXT_WORD, 0},
	{"--access-key", NEXT_WORD, 0},
	{"--secret-key", NEXT_WORD, 0},
	{"--client-secret", NEXT_WORD, 0},
	{"--auth-token", NEXT_WORD, 0},
	{"--proxy-user", NEXT_WORD, 0},
	{"--user-pass", NEXT_WORD, 0},
	{"password", NAMED, 0},
	{"passwd", NAMED, 0},
	{"passphrase", NAMED, 0},
	{"pgpassword", NAMED, 0},
	{"token", NAMED, 0},
	{"secret", NAMED, 0},
	{"api_key", NAMED, 0},
	{"api-key", NAMED, 0},
	{"apikey", NAMED, 0},
	{"access_key", NAMED, 0},
	{"routing_key", NAMED, 0},
	{"private_key", NAMED, 0},
	{"authorization:", REST, 0},
	{"cookie:", REST, 0},
	{"bearer ", SHAPE, 8},
	{"akia", SHAPE, 16},
	{"asia", SHAPE, 16},
	{"ghp_", SHAPE, 20},
	{"gho_", SHAPE, 20},
	{"github_pat_", SHAPE, 20},
	{"glpat-", SHAPE, 16},
	{"xoxb-", SHAPE, 10},
	{"xoxp-", SHAPE, 10},
	{"xoxa-", SHAPE, 10},
	{"xoxs-", SHAPE, 10},
	{"xapp-", SHAPE, 10},
	{"hooks.slack.com/services/", SHAPE, 10},
	{"eyj", SHAPE, 24},
	{"sk_live_", SHAPE, 10},
	{"-----begin", REST, 0},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

struct bytes {
	const unsigned char *p;
	size_t n;
};

static struct bytes bytes_of(struct untrusted text)
{
	struct bytes bytes;

	bytes.p = text_raw(text, &bytes.n);
	return bytes;
}

/* -1 behind the end. */
static int at(struct bytes u, size_t i)
{
	return i < u.n ? u.p[i] : -1;
}

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool token_char(int c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c > 0 && strchr("-_.+/=~", c));
}

static bool word_char(int c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool begins(struct bytes u, size_t i, const char *text)
{
	for (; *text; text++, i++)
		if (lower(at(u, i)) != *text)
			return false;
	return true;
}

static size_t run(struct bytes u, size_t i)
{
	size_t n = 0;

	while (token_char(at(u, i + n)))
		n++;
	return n;
}

/* A value: up to a blank or what ends it in an URL, JSON, a shell. Quoted: up to the
 * quote. */
static size_t value_end(struct bytes u, size_t i)
{
	int quote = at(u, i) == '"' || at(u, i) == '\'' ? at(u, i++) : 0;

	for (; i < u.n; i++) {
		int c = at(u, i);

		if (quote ? c == quote : c && strchr(" \t\n\"'&;,", c))
			break;
	}
	return i;
}

/* Behind NAME: the '=' or ':' with what may stand around it; 0 when none is there. */
static size_t named_value(struct bytes u, size_t i)
{
	if (at(u, i) == '"' || at(u, i) == '\'')
		i++;
	if (at(u, i) == '=')
		return i + 1;
	if (at(u, i) != ':')
		return 0;
	for (i++; at(u, i) == ' ';)
		i++;
	return i;
}

/* The secret that begins at i: [*begin, *end). */
static bool secret_at(struct bytes u, size_t i, size_t *begin, size_t *end)
{
	bool starts = !i || !word_char(at(u, i - 1));

	for (size_t r = 0; r < ROWS; r++) {
		const struct row *row = &rows[r];
		size_t n = strlen(row->text), value;

		if (!begins(u, i, row->text))
			continue;
		if (row->place == NAMED || row->place == NEXT_WORD) {
			value = named_value(u, i + n);
			if (!value || at(u, value) == -1)
				continue;
			*begin = value;
			*end = value_end(u, value);
		} else if (row->place == REST) {
			*begin = i + n;
			*end = i + n;
			while (*end < u.n && (at(u, *end) != '\n' || row->text[0] == '-'))
				++*end;
		} else {
			if (!starts || run(u, i + n) < row->least)
				continue;
			*begin = i + n;
			*end = i + n + run(u, i + n);
		}
		if (*end > *begin)
			return true;
	}
	return false;
}

/* scheme://user:password@host: what stands between ':' and '@'. */
static bool url_secret(struct bytes u, size_t i, size_t *begin, size_t *end)
{
	size_t colon = 0, k;

	if (!begins(u, i, "://"))
		return false;
	for (k = i + 3; k < u.n && at(u, k) && !strchr("/?# \t\n", at(u, k)); k++) {
		if (at(u, k) == ':' && !colon)
			colon = k + 1;
		if (at(u, k) == '@' && colon && k > colon) {
			*begin = colon;
			*end = k;
			return true;
		}
	}
	return false;
}

void redact_text(struct str *out, struct untrusted text)
{
	struct bytes u = bytes_of(text);
	size_t kept = 0, begin, end;

	for (size_t i = 0; i < u.n;) {
		if (!url_secret(u, i, &begin, &end) && !secret_at(u, i, &begin, &end)) {
			i++;
			continue;
		}
		str_add(out, u.p + kept, begin - kept);
		str_puts(out, REDACTED);
		i = kept = end;
	}
	str_add(out, u.p + kept, u.n - kept);
}

void redact_word(struct str *out, const struct untrusted *words, size_t i)
{
	struct bytes before = {0};

	if (i)
		before = bytes_of(words[i - 1]);
	for (size_t r = 0; i && r < ROWS; r++) {
		if (rows[r].place != NEXT_WORD || before.n != strlen(rows[r].text) ||
			!begins(before, 0, rows[r].text))
			continue;
		str_puts(out, REDACTED);
		return;
	}
	redact_text(out, words[i]);
}
