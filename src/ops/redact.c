/* Redaction by table: names that announce a secret, and shapes that are one; and values
 * that are known (redact_known.c). What is taken out leaves REDACTED in its place, so
 * that it is seen that something stood there. Text comes in pieces: what could be the
 * beginning of something is held until more has come, and inside of a secret all is
 * dropped up to its end, so that the pieces do not matter. Main thread. */
#include "ops/redact.h"

#include "base/alloc.h"
#include "base/text.h"
#include "redact_known.h"

#include <string.h>

/* Where the secret stands. */
enum place {
	NEXT_WORD, /* the whole next word; also behind '=' in the same */
	NAMED,     /* NAME=VALUE, NAME: VALUE, "NAME":"VALUE", with NAME ending so */
	SHAPE,     /* begins so, and goes on for at least `least` token characters */
	REST,      /* all that follows on the line */
	PEM,       /* a private key, to the end of its armour */
};

enum {
	EXACT = 1 << 0,  /* case matters */
	DIGIT = 1 << 1,  /* a digit is in it */
	PROSE = 1 << 2,  /* behind ": " it is a value only when a digit is in it */
	UPPER = 1 << 3,  /* upper case and digits only, exactly `least` of them */
	DOTTED = 1 << 4, /* a dot is in it */
	MIXED = 1 << 5,  /* both cases are in it */
};

enum { LOOK = 512 }; /* how far a value or a user name in an URL is looked at */

static const struct row {
	const char *text; /* compared without case, but for EXACT */
	enum place place;
	size_t least;
	unsigned flags;
} rows[] = {
	{"--password", NEXT_WORD, 0, 0},
	{"--passwd", NEXT_WORD, 0, 0},
	{"--passphrase", NEXT_WORD, 0, 0},
	{"--token", NEXT_WORD, 0, 0},
	{"--secret", NEXT_WORD, 0, 0},
	{"--api-key", NEXT_WORD, 0, 0},
	{"--apikey", NEXT_WORD, 0, 0},
	{"--access-key", NEXT_WORD, 0, 0},
	{"--secret-key", NEXT_WORD, 0, 0},
	{"--client-secret", NEXT_WORD, 0, 0},
	{"--auth-token", NEXT_WORD, 0, 0},
	{"--proxy-user", NEXT_WORD, 0, 0},
	{"--user-pass", NEXT_WORD, 0, 0},
	{"password", NAMED, 0, 0},
	{"passwd", NAMED, 0, 0},
	{"passphrase", NAMED, 0, 0},
	{"pgpassword", NAMED, 0, 0},
	{"token", NAMED, 0, PROSE},
	{"secret", NAMED, 0, PROSE},
	{"api_key", NAMED, 0, 0},
	{"api-key", NAMED, 0, 0},
	{"apikey", NAMED, 0, 0},
	{"access_key", NAMED, 0, 0},
	{"secret_access_key", NAMED, 0, 0},
	{"secret_key", NAMED, 0, 0},
	{"routing_key", NAMED, 0, 0},
	{"integration_key", NAMED, 0, 0},
	{"private_key", NAMED, 0, 0},
	{"authorization:", REST, 0, 0},
	{"cookie:", REST, 0, 0},
	{"bearer ", SHAPE, 8, DIGIT},
	{"basic ", SHAPE, 12, MIXED | DIGIT},
	{"AKIA", SHAPE, 16, EXACT | UPPER},
	{"ASIA", SHAPE, 16, EXACT | UPPER},
	{"ghp_", SHAPE, 20, EXACT},
	{"gho_", SHAPE, 20, EXACT},
	{"ghs_", SHAPE, 20, EXACT},
	{"github_pat_", SHAPE, 20, EXACT},
	{"glpat-", SHAPE, 16, EXACT},
	{"xoxb-", SHAPE, 10, EXACT},
	{"xoxp-", SHAPE, 10, EXACT},
	{"xoxa-", SHAPE, 10, EXACT},
	{"xoxs-", SHAPE, 10, EXACT},
	{"xoxe-", SHAPE, 10, EXACT},
	{"xapp-", SHAPE, 10, EXACT},
	{"hooks.slack.com/services/", SHAPE, 10, 0},
	{"eyJ", SHAPE, 20, EXACT | DOTTED},
	{"sk_live_", SHAPE, 10, EXACT},
	{"AIza", SHAPE, 30, EXACT},
	{"hvs.", SHAPE, 20, EXACT},
	{"u+", SHAPE, 18, EXACT | MIXED}, /* PagerDuty, of a user */
	{"-----BEGIN ", PEM, 0, EXACT},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

struct bytes {
	const unsigned char *p;
	size_t n;
	int before; /* the byte in front of it; -1: none */
	bool more;  /* it may go on */
};

/* What is dropped, once its beginning is known. */
enum inside { NOTHING, TOKEN, VALUE, LINE, ARMOUR };

struct hit {
	size_t begin, size; /* size: of what is NOTHING more than itself */
	enum inside inside;
	int quote; /* of a VALUE */
};

struct redactor {
	struct str held;
	enum inside inside;
	int quote, before;
	size_t armour; /* how much of its end has come */
};

/* Two bytes that something could begin with; [256]: with any second one. */
static unsigned char pairs[256][32];
static bool firsts[256];
static unsigned pairs_of; /* known_version() */

/* -1 behind the end. */
static int at(struct bytes u, size_t i)
{
	return i < u.n ? u.p[i] : -1;
}

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool token_char(int c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') || is_digit(c) ||
	       (c > 0 && strchr("-_.+/=~", c));
}

static bool word_char(int c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') || is_digit(c) || c == '_';
}

static bool value_ends(int c, int quote)
{
	return quote ? c == quote : c > 0 && strchr(" \t\n\"'&;,", c);
}

/* --- does one begin here --- */

static enum found begins(struct bytes u, size_t i, const struct row *row)
{
	for (const char *t = row->text; *t; t++, i++) {
		if (i >= u.n)
			return u.more ? FOUND_MAYBE : FOUND_NONE;
		if (row->flags & EXACT ? u.p[i] != (unsigned char)*t
				       : lower(u.p[i]) != *t)
			return FOUND_NONE;
	}
	return FOUND;
}

/* Behind NAME: where the value begins; what may stand between is a quote, '=', or ':'
 * with blanks. */
static enum found named_value(
	struct bytes u, size_t i, const struct row *row, size_t *value)
{
	size_t from = i;
	bool prose = false;

	if (at(u, i) == '"' || at(u, i) == '\'')
		i++;
	while (at(u, i) == ' ' && i < from + LOOK)
		i++;
	if (i >= u.n)
		return u.more ? FOUND_MAYBE : FOUND_NONE;
	if (u.p[i] == '=') {
		for (i++; at(u, i) == ' ' && i < from + LOOK; i++)
			;
		if (at(u, i) == '=')
			return FOUND_NONE;
	} else if (u.p[i - 1] == ' ') {
		return FOUND_NONE;
	} else if (u.p[i] == ':') {
		for (i++; at(u, i) == ' ' && i < from + LOOK; i++)
			prose = from + 1 == i;
	} else {
		return FOUND_NONE;
	}
	if (i >= u.n)
		return u.more ? FOUND_MAYBE : FOUND_NONE;
	*value = i;
	if (!(row->flags & PROSE) || !prose)
		return FOUND;
	for (; i < *value + LOOK; i++) {
		if (i >= u.n)
			return u.more ? FOUND_MAYBE : FOUND_NONE;
		if (is_digit(u.p[i]))
			return FOUND;
		if (value_ends(u.p[i], 0))
			break;
	}
	return FOUND_NONE;
}

static enum found value_at(
	struct bytes u, size_t i, const struct row *row, struct hit *hit)
{
	size_t value = 0;
	enum found found = named_value(u, i + strlen(row->text), row, &value);
	int quote = at(u, value);

	if (found != FOUND)
		return found;
	quote = quote == '"' || quote == '\'' ? quote : 0;
	/* An empty one, and one that was taken out before, are left as they are. */
	if (value + 1 >= u.n && u.more)
		return FOUND_MAYBE;
	if (value_ends(at(u, quote ? value + 1 : value), quote))
		return FOUND_NONE;
	*hit = (struct hit){
		.begin = value, .size = quote ? 1 : 0, .inside = VALUE, .quote = quote};
	return FOUND;
}

/* What a run of token characters must be made of. */
static enum found shape_at(
	struct bytes u, size_t i, const struct row *row, struct hit *hit)
{
	size_t from = i + strlen(row->text), k = from;
	bool digit = false, dot = false, small = false, large = false, ok;
	int before = i ? u.p[i - 1] : u.before;

	if (before >= 0 && word_char(before))
		return FOUND_NONE;
	for (; k < u.n && token_char(u.p[k]) && k < from + LOOK; k++) {
		digit |= is_digit(u.p[k]);
		dot |= u.p[k] == '.';
		small |= u.p[k] >= 'a' && u.p[k] <= 'z';
		large |= u.p[k] >= 'A' && u.p[k] <= 'Z';
		if (row->flags & UPPER && !is_digit(u.p[k]) &&
			!(u.p[k] >= 'A' && u.p[k] <= 'Z'))
			return FOUND_NONE;
	}
	ok = k - from >= row->least && (!(row->flags & DIGIT) || digit) &&
	     (!(row->flags & DOTTED) || dot) &&
	     (!(row->flags & MIXED) || (small && large)) &&
	     (!(row->flags & UPPER) || k - from == row->least);
	/* It is one only when it has ended so, or cannot end otherwise any more. */
	if (k == u.n && u.more && (!ok || row->flags & UPPER))
		return FOUND_MAYBE;
	if (!ok)
		return FOUND_NONE;
	*hit = (struct hit){.begin = from, .inside = TOKEN};
	return FOUND;
}

/* "-----BEGIN … PRIVATE KEY-----"; a certificate is a fact. */
static enum found armour_at(
	struct bytes u, size_t i, const struct row *row, struct hit *hit)
{
	static const char word[] = "PRIVATE KEY";
	size_t from = i + strlen(row->text);

	for (size_t k = from; k < from + 64; k++) {
		if (k >= u.n)
			return u.more ? FOUND_MAYBE : FOUND_NONE;
		if (u.p[k] == '-' || u.p[k] == '\n')
			return FOUND_NONE;
		if (k + strlen(word) > u.n && u.more)
			return FOUND_MAYBE;
		if (k + strlen(word) <= u.n && !memcmp(u.p + k, word, strlen(word))) {
			*hit = (struct hit){.begin = i + strlen("-----BEGIN"),
				.size = k + strlen(word) - i - strlen("-----BEGIN"),
				.inside = ARMOUR};
			return FOUND;
		}
	}
	return FOUND_NONE;
}

static enum found row_at(struct bytes u, size_t i, const struct row *row, struct hit *hit)
{
	enum found found = begins(u, i, row);

	if (found != FOUND)
		return found;
	switch (row->place) {
	case NEXT_WORD:
	case NAMED:
		return value_at(u, i, row, hit);
	case REST:
		*hit = (struct hit){.begin = i + strlen(row->text), .inside = LINE};
		if (hit->begin == u.n)
			return u.more ? FOUND_MAYBE : FOUND_NONE;
		return u.p[hit->begin] == '\n' ? FOUND_NONE : FOUND;
	case PEM:
		return armour_at(u, i, row, hit);
	default:
		return shape_at(u, i, row, hit);
	}
}

/* scheme://user:password@host: what stands between ':' and '@'. */
static enum found url_at(struct bytes u, size_t i, struct hit *hit)
{
	static const struct row scheme = {.text = "://", .flags = EXACT};
	size_t colon = 0;
	enum found found = begins(u, i, &scheme);

	if (found != FOUND)
		return found;
	for (size_t k = i + 3; k < i + LOOK; k++) {
		if (k >= u.n)
			return u.more ? FOUND_MAYBE : FOUND_NONE;
		if (!u.p[k] || strchr("/?# \t\n\"'", u.p[k]))
			return FOUND_NONE;
		if (u.p[k] == ':' && !colon)
			colon = k + 1;
		if (u.p[k] != '@' || !colon || k == colon)
			continue;
		*hit = (struct hit){.begin = colon, .size = k - colon};
		return FOUND;
	}
	return FOUND_NONE;
}

/* The first that begins at i. One that may begin is waited for, whatever else does. */
static enum found secret_at(struct bytes u, size_t i, struct hit *hit)
{
	struct hit one = {.begin = i};
	enum found best = known_at(u.p + i, u.n - i, u.more, &one.size), found;

	*hit = one;
	if (best != FOUND_NONE)
		return best;
	found = url_at(u, i, hit);
	if (found != FOUND_NONE)
		return found;
	for (size_t r = 0; r < ROWS; r++) {
		found = row_at(u, i, &rows[r], hit);
		if (found != FOUND_NONE)
			return found;
	}
	return FOUND_NONE;
}

/* --- the pieces --- */

static void mark(unsigned char first, int second)
{
	firsts[first] = true;
	if (second < 0)
		memset(pairs[first], 0xff, sizeof pairs[first]);
	else
		pairs[first][second >> 3] |= (unsigned char)(1 << (second & 7));
}

static void mark_row(const struct row *row)
{
	for (int k = 0; k < 4; k++) {
		int first = row->text[0], second = row->text[1];

		if (!(row->flags & EXACT) && k & 1 && first >= 'a' && first <= 'z')
			first -= 32;
		if (!(row->flags & EXACT) && k & 2 && second >= 'a' && second <= 'z')
			second -= 32;
		mark((unsigned char)first, second);
	}
}

static void mark_all(void)
{
	memset(pairs, 0, sizeof pairs);
	memset(firsts, 0, sizeof firsts);
	for (size_t r = 0; r < ROWS; r++)
		mark_row(&rows[r]);
	mark(':', '/');
	known_mark(mark);
	pairs_of = known_version();
}

static bool may_begin(struct bytes u, size_t i)
{
	unsigned char c = u.p[i];

	if (i + 1 == u.n)
		return firsts[c];
	return pairs[c][u.p[i + 1] >> 3] >> (u.p[i + 1] & 7) & 1;
}

/* Where the secret ends that i is in; n: not here. */
static size_t skip(struct redactor *r, struct bytes u, size_t i)
{
	static const char end[] = "-----END ";

	for (; i < u.n; i++) {
		unsigned char c = u.p[i];

		if (r->inside == TOKEN && !token_char(c))
			break;
		if (r->inside == VALUE && value_ends(c, r->quote))
			break;
		if (r->inside == LINE && c == '\n')
			break;
		if (r->inside != ARMOUR)
			continue;
		/* Its last line is dropped up to its dashes. */
		if (end[r->armour])
			r->armour = c == (unsigned char)end[r->armour] ? r->armour + 1
				    : c == '-' ? (r->armour == 5 ? 5 : 1)
					       : 0;
		else if (c == '-')
			break;
	}
	return i;
}

static void go_on(struct redactor *r, struct bytes u, struct str *out)
{
	size_t kept = 0, i = 0;
	struct hit hit;

	if (pairs_of != known_version())
		mark_all();

	while (i < u.n) {
		enum found found;

		if (r->inside) {
			i = kept = skip(r, u, i);
			if (i < u.n)
				r->inside = NOTHING;
			continue;
		}
		found = may_begin(u, i) ? secret_at(u, i, &hit) : FOUND_NONE;
		if (found == FOUND_MAYBE)
			break;
		if (found == FOUND_NONE) {
			i++;
			continue;
		}
		str_add(out, u.p + kept, hit.begin - kept);
		str_puts(out, REDACTED);
		i = kept = hit.begin + hit.size;
		r->inside = hit.inside;
		r->quote = hit.quote;
		r->armour = 0;
	}
	if (kept < i)
		str_add(out, u.p + kept, i - kept);
	if (i)
		r->before = u.p[i - 1];
	/* What is held moves to the front. */
	memmove(r->held.p, u.p + i, u.n - i);
	r->held.n = u.n - i;
}

static void begin(struct redactor *r)
{
	*r = (struct redactor){.before = -1};
	str_init(&r->held, SIZE_MAX / 2);
}

static void add(struct redactor *r, struct untrusted text, bool more, struct str *out)
{
	size_t n;
	const void *p = text_raw(text, &n);

	str_add(&r->held, p, n);
	if (r->held.n)
		go_on(r,
			(struct bytes){
				(unsigned char *)r->held.p, r->held.n, r->before, more},
			out);
}

void redact_text(struct str *out, struct untrusted text)
{
	struct redactor r;

	begin(&r);
	add(&r, text, false, out);
	str_release(&r.held);
}

struct redactor *redactor_new(void)
{
	struct redactor *redactor = mem_new(1, sizeof *redactor);

	begin(redactor);
	return redactor;
}

void redactor_free(struct redactor *redactor)
{
	if (!redactor)
		return;
	str_release(&redactor->held);
	mem_free(redactor);
}

void redactor_add(struct redactor *redactor, struct untrusted bytes, struct str *out)
{
	add(redactor, bytes, true, out);
}

void redactor_end(struct redactor *redactor, struct str *out)
{
	add(redactor, UNTRUSTED_NONE, false, out);
}

void redact_word(struct str *out, const struct untrusted *words, size_t i)
{
	for (size_t r = 0; i && r < ROWS; r++) {
		if (rows[r].place != NEXT_WORD ||
			untrusted_size(words[i - 1]) != strlen(rows[r].text) ||
			untrusted_find_nocase(words[i - 1], rows[r].text) != 0)
			continue;
		str_puts(out, REDACTED);
		return;
	}
	redact_text(out, words[i]);
}
