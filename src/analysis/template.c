/* Reading templates out of titles. A title is cut into chunks at blanks and brackets;
 * each chunk is masked as a whole, or split into words. The rules know what ids, hosts
 * and times look like and a few English prepositions, and no name of any alert. It
 * reads the bytes of titles and gives back only masks and words. */
#include "analysis/template.h"

#include "base/text.h"

#include <string.h>

struct reader {
	struct template *out;
	size_t words_used, text_used;
	bool named;  /* the title's own name has been read */
	bool aside;  /* in parentheses */
	bool quoted; /* the chunk is in quotes or behind '=' */
	bool behind; /* a preposition was before */
	char service[TEMPLATE_WORD];
};

static const char *const mask_texts[TOKEN_KIND_COUNT] = {[TOKEN_NUMBER] = "<n>",
	[TOKEN_PERCENT] = "<%>",
	[TOKEN_TIME] = "<time>",
	[TOKEN_ADDRESS] = "<ip>",
	[TOKEN_HEX] = "<id>",
	[TOKEN_HOST] = "<host>",
	[TOKEN_NAME] = "<name>",
	[TOKEN_SERVICE] = "<service>"};

/* FNV-1a: the same in every process, as ids of problems are. */
static uint64_t hash_bytes(const void *p, size_t n)
{
	const unsigned char *s = p;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		h = (h ^ s[i]) * UINT64_C(0x100000001b3);
	return h ^ (h >> 29);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Bytes above ASCII count as letters: other scripts are words too. */
static bool is_letter(char c)
{
	return is_upper(c) || (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static char lower(char c)
{
	return is_upper(c) ? (char)(c + ('a' - 'A')) : c;
}

static size_t span(const char *p, size_t n, bool (*of)(char c))
{
	size_t i = 0;

	while (i < n && of(p[i]))
		i++;
	return i;
}

static size_t count_of(const char *p, size_t n, const char *set)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += p[i] && strchr(set, p[i]);
	return count;
}

static bool same_word(const char *p, size_t n, const char *word)
{
	if (strlen(word) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower(p[i]) != word[i])
			return false;
	return true;
}

/* At most max bytes, and no half character at the end. */
static size_t cut(const char *p, size_t n, size_t max)
{
	if (n <= max)
		return n;
	while (max && ((unsigned char)p[max] & 0xc0) == 0x80)
		max--;
	return max;
}

static void show(struct reader *r, const char *p, size_t n)
{
	char *text = r->out->text;

	n = cut(p, n, TEMPLATE_TEXT - 1 - r->text_used);
	memcpy(text + r->text_used, p, n);
	r->text_used += n;
	text[r->text_used] = '\0';
}

static void add_token(struct reader *r, const struct token *token)
{
	struct template *t = r->out;

	/* A list of hosts is as one. */
	if (token->kind != TOKEN_WORD && t->count &&
		t->tokens[t->count - 1].hash == token->hash)
		return;
	if (t->count < TEMPLATE_TOKENS)
		t->tokens[t->count++] = *token;
}

static void add_mask(struct reader *r, enum token_kind kind)
{
	/* What varies may look like a number today and like an id tomorrow. */
	struct token token = {.hash = 1, .kind = (uint8_t)kind, .aside = r->aside};

	add_token(r, &token);
}

static void add_word(struct reader *r, const char *p, size_t n, bool slot)
{
	struct token token = {.kind = TOKEN_WORD,
		.at = (uint8_t)r->words_used,
		.slot = slot,
		.aside = r->aside};
	char *to = r->out->words + r->words_used;
	size_t room = sizeof r->out->words - 1 - r->words_used;

	n = n < TEMPLATE_WORD ? n : TEMPLATE_WORD;
	n = n < room ? n : room;
	if (!n)
		return;
	for (size_t i = 0; i < n; i++)
		to[i] = lower(p[i]);
	token.size = (uint8_t)n;
	token.hash = hash_bytes(to, n) | UINT64_C(1) << 63;
	r->words_used += n;
	add_token(r, &token);
}

/* --- chunks that are one mask --- */

static bool is_unit(const char *p, size_t n)
{
	static const char *const units[] = {"ms", "us", "ns", "s", "m", "h", "d", "w",
		"sec", "secs", "min", "mins", "hr", "hrs"};

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (same_word(p, n, units[i]))
			return true;
	return false;
}

/* 14:32, 2026-11-21T10:00:00Z, 5m, 1h30m */
static bool is_time(const char *p, size_t n)
{
	size_t i = 0;

	if (n >= 4 && is_digit(p[0]) && count_of(p, n, "0123456789:-T.Z+/") == n &&
		(count_of(p, n, ":") || count_of(p, n, "-") == 2))
		return count_of(p, n, ":") <= 3 && count_of(p, n, ".") <= 1;
	while (i < n) {
		size_t digits = span(p + i, n - i, is_digit), letters;

		letters = span(p + i + digits, n - i - digits, is_letter);
		if (!digits || digits > 6 || !is_unit(p + i + digits, letters))
			return false;
		i += digits + letters;
	}
	return n > 0;
}

/* Digits with separators, a sign before, at most three letters of a unit behind. */
static bool is_number(const char *p, size_t n)
{
	size_t i = 0, digits = 0;

	while (i < n && strchr("+-~$#<>", p[i]))
		i++;
	for (; i < n && (is_digit(p[i]) || strchr(".,/:_", p[i])); i++)
		digits += is_digit(p[i]);
	return digits && n - i <= 3 && span(p + i, n - i, is_letter) == n - i &&
	       !same_word(p + i, n - i, "xx");
}

static bool is_address(const char *p, size_t n)
{
	size_t tail = n;
	const char *slash = memchr(p, '/', n);

	if (slash)
		tail = (size_t)(slash - p);
	if (count_of(p, tail, ".") == 3 && is_digit(p[0]) &&
		count_of(p, tail, ".:0123456789") == tail)
		return true;
	return count_of(p, tail, ":") >= 2 &&
	       count_of(p, tail, ":0123456789abcdefABCDEF") == tail;
}

static bool is_hex_id(const char *p, size_t n)
{
	size_t digits = 0, hex = 0,
	       i = n > 2 && p[0] == '0' && lower(p[1]) == 'x' ? 2 : 0;
	bool marked = i > 0;

	for (; i < n; i++) {
		digits += is_digit(p[i]);
		hex += is_hex(p[i]);
		if (!is_hex(p[i]) && p[i] != '-')
			return false;
	}
	return hex && (marked || (hex >= 8 && digits));
}

/* p99, s3, 5xx, HTTP5xx: digits of a name's meaning. */
static bool is_short_word(const char *p, size_t n)
{
	return (n >= 3 && same_word(p + n - 2, 2, "xx") && is_digit(p[n - 3]) &&
		       span(p, n - 3, is_letter) == n - 3) ||
	       (n >= 2 && n <= 4 && is_letter(p[0]) &&
		       span(p + 1, n - 1, is_digit) == n - 1);
}

static bool is_camel(const char *p, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (is_upper(p[i]) && is_letter(p[i - 1]) && !is_upper(p[i - 1]))
			return true;
	return false;
}

static enum token_kind mask_of(const struct reader *r, const char *p, size_t n)
{
	size_t digits = count_of(p, n, "0123456789");

	if (*r->service && same_word(p, n, r->service))
		return TOKEN_SERVICE;
	if (r->quoted && r->named)
		return TOKEN_NAME;
	if (digits && p[n - 1] == '%')
		return TOKEN_PERCENT;
	if (digits && is_address(p, n))
		return TOKEN_ADDRESS;
	if (digits && is_time(p, n))
		return TOKEN_TIME;
	if (is_hex_id(p, n))
		return TOKEN_HEX;
	if (digits && is_number(p, n))
		return TOKEN_NUMBER;
	if (digits && is_short_word(p, n))
		return TOKEN_WORD;
	if (digits && (!is_camel(p, n) || count_of(p, n, "-./@:")))
		return TOKEN_HOST;
	if (count_of(p, n, ".") || count_of(p, n, "@"))
		return TOKEN_HOST;
	if (count_of(p, n, "/"))
		return TOKEN_NAME;
	return TOKEN_WORD;
}

/* --- chunks that are words --- */

static bool is_preposition(const char *p, size_t n)
{
	static const char *const words[] = {"on", "for", "in", "at", "host", "instance"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (same_word(p, n, words[i]))
			return true;
	return false;
}

/* Where the word that begins at p[0] ends: HTTPErrorRate is HTTP, Error, Rate. */
static size_t word_end(const char *p, size_t n)
{
	size_t i = 1;

	if (is_digit(p[0]))
		return span(p, n, is_digit);
	if (is_upper(p[0]) && n > 1 && is_upper(p[1])) {
		while (i < n && is_upper(p[i]))
			i++;
		/* The last capital begins the next word; a plural s does not. */
		if (i < n && is_letter(p[i]) &&
			!(p[i] == 's' && (i + 1 == n || is_upper(p[i + 1]))))
			return i - 1;
		return i < n && p[i] == 's' ? i + 1 : i;
	}
	while (i < n && is_letter(p[i]) && !is_upper(p[i]))
		i++;
	/* p99, s3 */
	if (i == 1)
		i += span(p + i, n - i, is_digit);
	return i;
}

static void add_parts(struct reader *r, const char *p, size_t n)
{
	while (n) {
		size_t end;

		if (!is_letter(*p) && !is_digit(*p)) {
			p++, n--;
			continue;
		}
		end = word_end(p, n);
		if (!is_digit(*p))
			add_word(r, p, end, false);
		else if (end + 2 <= n && same_word(p + end, 2, "xx"))
			add_word(r, p, end += 2, false);
		else
			add_mask(r, TOKEN_NUMBER);
		p += end;
		n -= end;
	}
}

/* "[FIRING:3]", which Alertmanager writes before the names of a group. */
static bool is_status(const char *p, size_t n)
{
	const char *colon = memchr(p, ':', n);
	size_t word = colon ? (size_t)(colon - p) : n;

	return (same_word(p, word, "firing") || same_word(p, word, "resolved")) &&
	       colon && span(colon + 1, n - word - 1, is_digit) == n - word - 1;
}

static void add_chunk(struct reader *r, const char *p, size_t n)
{
	enum token_kind kind;
	bool split, behind = r->behind;

	while (n && strchr(".:!?*-_/~", p[0]) && !(p[0] == '/' && n > 1))
		p++, n--;
	while (n && strchr(".:!?*-_~", p[n - 1]))
		n--;
	if (!n || (!r->named && is_status(p, n)))
		return;
	r->behind = false;
	kind = mask_of(r, p, n);
	if (kind == TOKEN_WORD && behind && r->named)
		kind = TOKEN_NAME;
	if (r->text_used)
		show(r, " ", 1);
	if (kind != TOKEN_WORD) {
		show(r, mask_texts[kind], strlen(mask_texts[kind]));
		add_mask(r, kind);
		return;
	}
	show(r, p, n);
	r->behind = is_preposition(p, n);
	split = is_camel(p, n) || count_of(p, n, "_") || !r->named;
	if (split)
		add_parts(r, p, n);
	else
		add_word(r, p, n, !r->aside);
	/* A first word in plain letters may begin a sentence: only what follows is free
	 * to vary. */
	r->named = true;
}

static bool is_break(char c)
{
	return !c || (unsigned char)c <= ' ' || strchr(",;()[]{}<>\"'`|=", c);
}

static void read_title(struct reader *r, const char *p, size_t n)
{
	size_t from = 0;
	char quote = 0;

	for (size_t i = 0; i <= n; i++) {
		char c = i < n ? p[i] : ' ';

		if (!is_break(c))
			continue;
		/* An apostrophe within a word is part of it. */
		if (c == '\'' && !quote && i > from && i + 1 < n && is_letter(p[i + 1]))
			continue;
		add_chunk(r, p + from, i - from);
		from = i + 1;
		if (quote && c == quote)
			quote = 0;
		else if (!quote && (c == '"' || c == '\'' || c == '`'))
			quote = c;
		r->quoted = quote || c == '=';
		if (c == '(')
			r->aside = true;
		else if (c == ')')
			r->aside = false;
	}
}

void template_read(struct template *out, struct untrusted title, struct untrusted service)
{
	struct reader r = {.out = out};
	size_t n, service_n;
	const char *p = text_raw(title, &n);
	const char *name = text_raw(service, &service_n);
	uint64_t hashes[TEMPLATE_TOKENS];

	out->count = 0;
	out->words[0] = out->text[0] = '\0';
	if (service_n < sizeof r.service)
		for (size_t i = 0; i < service_n; i++)
			r.service[i] = lower(name[i]);
	read_title(&r, p, cut(p, n, TEMPLATE_BYTES));
	for (size_t i = 0; i < out->count; i++)
		hashes[i] = out->tokens[i].hash;
	out->key = hash_bytes(hashes, out->count * sizeof *hashes);
}

uint64_t template_service(struct untrusted service)
{
	char folded[2 * TEMPLATE_WORD];
	size_t n, used = 0;
	const char *p = text_raw(service, &n);

	for (size_t i = 0; i < n && used < sizeof folded; i++) {
		if (!is_digit(p[i]))
			folded[used++] = lower(p[i]);
		else if (!used || folded[used - 1] != '0')
			folded[used++] = '0';
	}
	return hash_bytes(folded, used);
}

static bool alike(const struct template *a, const struct token *x,
	const struct template *b, const struct token *y)
{
	size_t n = x->size < y->size ? x->size : y->size;

	if (x->hash == y->hash)
		return true;
	return n >= 3 && !memcmp(a->words + x->at, b->words + y->at, n);
}

static double weight(const struct token *token)
{
	return token->kind != TOKEN_WORD ? 0 : token->aside ? 0.25 : 1;
}

double template_similarity(const struct template *a, const struct template *b)
{
	double all = 0, common = 0;
	bool used[TEMPLATE_TOKENS] = {false};

	for (size_t k = 0; k < b->count; k++)
		all += weight(&b->tokens[k]);
	for (size_t i = 0; i < a->count; i++) {
		const struct token *x = &a->tokens[i];

		if (x->kind != TOKEN_WORD)
			continue;
		all += weight(x);
		for (size_t k = 0; k < b->count; k++) {
			if (used[k] || b->tokens[k].kind != TOKEN_WORD ||
				!alike(a, x, b, &b->tokens[k]))
				continue;
			used[k] = true;
			common += weight(x) + weight(&b->tokens[k]);
			break;
		}
	}
	return all > 0 ? common / all : a->key == b->key;
}
