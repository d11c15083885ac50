/* The ways out of struct untrusted: each writes one destination's own escapes.
 * Nothing here trusts its input; everything here is fuzzed. Nothing is dropped
 * without a trace but marks beyond the third and the two emoji selectors. Any thread. */
#include "base/text.h"

#include "base/crypto.h"
#include "base/str.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

static void one_column(struct text_cluster *out, char c, bool shown)
{
	*out = (struct text_cluster){.utf8 = {c}, .n = 1, .width = 1, .shown = shown};
}

static void pend(struct text_state *state, const char *text)
{
	state->n = (unsigned char)strlen(text);
	memcpy(state->pending, text, state->n);
	state->at = 0;
}

/* The shown form of a character that must not be drawn as itself. */
static void pend_hidden(struct text_state *state, uint32_t cp)
{
	char text[16];

	if (cp < 0x20)
		snprintf(text, sizeof text, "^%c", (int)(cp + 0x40));
	else if (cp == 0x7f)
		snprintf(text, sizeof text, "^?");
	else
		snprintf(text, sizeof text, "<U+%04X>", (unsigned)cp);
	pend(state, text);
}

/* Combining marks that belong to the cluster just begun. The two selectors of emoji
 * and text style are swallowed; a joiner is not a mark, it is shown as <U+200D>. */
static size_t take_marks(struct untrusted rest, uint32_t base, struct text_cluster *out)
{
	size_t used = 0;
	int32_t state = 0;
	int marks = 0;

	while (used < rest.n_ && rest.bytes_[used] >= 0x80) {
		uint32_t cp;
		size_t n = utf8_decode(rest.bytes_ + used, rest.n_ - used, &cp);

		if (!n || utf8_breaks(base, cp, &state))
			break;
		if (cp == 0xfe0f || cp == 0xfe0e) {
			used += n;
			base = cp;
			continue;
		}
		if (!utf8_printable(cp) || utf8_width(cp) > 0)
			break;
		if (marks++ < TEXT_MAX_MARKS && out->n + n < TEXT_CLUSTER_BYTES) {
			memcpy(out->utf8 + out->n, rest.bytes_ + used, n);
			out->n = (unsigned char)(out->n + n);
		}
		used += n;
		base = cp;
	}
	out->utf8[out->n] = '\0';
	return used;
}

bool text_next(struct untrusted *rest, struct text_state *state, struct text_cluster *out)
{
	uint32_t cp;
	size_t n;
	int width;

	if (state->at < state->n) {
		one_column(out, state->pending[state->at++], true);
		return true;
	}
	if (!rest->n_)
		return false;
	if (rest->bytes_[0] >= 0x20 && rest->bytes_[0] < 0x7f &&
		(rest->n_ == 1 || rest->bytes_[1] < 0x80)) {
		one_column(out, (char)rest->bytes_[0], false);
		*rest = untrusted_slice(*rest, 1, SIZE_MAX);
		return true;
	}
	n = utf8_decode(rest->bytes_, rest->n_, &cp);
	if (!n) {
		char text[8];

		snprintf(text, sizeof text, "<%02X>", rest->bytes_[0]);
		pend(state, text);
		*rest = untrusted_slice(*rest, 1, SIZE_MAX);
		return text_next(rest, state, out);
	}
	if (cp == '\t' || cp == '\n') {
		one_column(out, ' ', false);
		*rest = untrusted_slice(*rest, 1, SIZE_MAX);
		return true;
	}
	width = utf8_width(cp);
	if (!utf8_printable(cp) || width <= 0) {
		pend_hidden(state, cp);
		*rest = untrusted_slice(*rest, n, SIZE_MAX);
		return text_next(rest, state, out);
	}
	*out = (struct text_cluster){
		.n = (unsigned char)n, .width = (unsigned char)width};
	memcpy(out->utf8, rest->bytes_, n);
	*rest = untrusted_slice(*rest, n, SIZE_MAX);
	*rest = untrusted_slice(*rest, take_marks(*rest, cp, out), SIZE_MAX);
	return true;
}

int text_width(struct untrusted u, int limit)
{
	struct text_state state = {0};
	struct text_cluster c;
	int width = 0;

	while (width < limit && text_next(&u, &state, &c))
		width += c.width;
	return width < limit ? width : limit;
}

const char *text_line(struct untrusted u, char *out, size_t size)
{
	struct text_state state = {0};
	struct text_cluster c;
	size_t n = 0, safe = 0;

	if (!size)
		return "";
	while (text_next(&u, &state, &c)) {
		if (n + c.n + 1 > size) {
			if (size > 3) {
				memcpy(out + safe, "\xe2\x80\xa6", 3);
				n = safe + 3;
			}
			break;
		}
		memcpy(out + n, c.utf8, c.n);
		n += c.n;
		if (n + 4 <= size)
			safe = n;
	}
	out[n] = '\0';
	return out;
}

void text_add_line(struct str *out, struct untrusted u, size_t max_columns)
{
	struct text_state state = {0};
	struct text_cluster c;
	size_t width = 0, safe = out->n;

	while (text_next(&u, &state, &c)) {
		width += c.width;
		if (width > max_columns) {
			if (max_columns && !out->cut) {
				out->n = safe;
				str_puts(out, "\xe2\x80\xa6");
			}
			return;
		}
		if (!str_add(out, c.utf8, c.n))
			return;
		if (width < max_columns)
			safe = out->n;
	}
}

void text_add_json(struct str *out, struct untrusted u)
{
	static const char names[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
	uint32_t cp;

	str_putc(out, '"');
	for (size_t i = 0; i < u.n_;) {
		size_t n = utf8_decode(u.bytes_ + i, u.n_ - i, &cp);
		const char *at = n == 1 && cp ? strchr(names, (int)cp) : NULL;

		if (!n) {
			str_puts(out, "\xef\xbf\xbd");
			n = 1;
		} else if (at) {
			str_printf(out, "\\%c", letters[at - names]);
		} else if (cp < 0x20 ||
			   (cp >= 0x7f && cp <= 0xffff && !utf8_printable(cp))) {
			/* Escaped, so that a record shown on a terminal is inert. */
			str_printf(out, "\\u%04x", (unsigned)cp);
		} else if (cp > 0xffff && !utf8_printable(cp)) {
			str_printf(out, "\\u%04x\\u%04x",
				(unsigned)(0xd800 + ((cp - 0x10000) >> 10)),
				(unsigned)(0xdc00 + ((cp - 0x10000) & 0x3ff)));
		} else {
			str_add(out, u.bytes_ + i, n);
		}
		i += n;
	}
	str_putc(out, '"');
}

static bool alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

void text_add_url(struct str *out, struct untrusted u)
{
	/* As a path segment they would climb. */
	bool dots = untrusted_is(u, ".") || untrusted_is(u, "..");

	for (size_t i = 0; i < u.n_; i++) {
		unsigned char c = u.bytes_[i];

		if (alnum(c) || c == '-' || c == '_' || (c == '.' && !dots) || c == '~')
			str_putc(out, (char)c);
		else
			str_printf(out, "%%%02X", c);
	}
}

bool text_to_id(struct untrusted u, char *out, size_t size)
{
	if (!u.n_ || u.n_ >= size || untrusted_is(u, ".") || untrusted_is(u, ".."))
		return false;
	for (size_t i = 0; i < u.n_; i++)
		if (!alnum(u.bytes_[i]) && (!u.bytes_[i] || !strchr("-_.:", u.bytes_[i])))
			return false;
	memcpy(out, u.bytes_, u.n_);
	out[u.n_] = '\0';
	return true;
}

void text_add_promql(struct str *out, struct untrusted u)
{
	str_putc(out, '"');
	for (size_t i = 0; i < u.n_; i++) {
		unsigned char c = u.bytes_[i];

		if (c == '"' || c == '\\')
			str_printf(out, "\\%c", c);
		else if (c == '\n')
			str_puts(out, "\\n");
		else if (c < 0x20 || c == 0x7f)
			str_printf(out, "\\x%02x", c);
		else
			str_putc(out, (char)c);
	}
	str_putc(out, '"');
}

static void add_entities(struct str *out, struct untrusted u, const char *names)
{
	static const char *const entities[] = {
		"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
	struct text_state state = {0};
	struct text_cluster c;

	while (text_next(&u, &state, &c)) {
		/* Marks may follow it in its cluster. */
		const char *at = c.n ? strchr(names, c.utf8[0]) : NULL;

		if (at)
			str_puts(out, entities[at - names]);
		str_add(out, c.utf8 + (at != NULL), (size_t)c.n - (at != NULL));
	}
}

void text_add_html(struct str *out, struct untrusted u)
{
	add_entities(out, u, "&<>\"'");
}

/* Slack knows these three and no others. */
void text_add_slack(struct str *out, struct untrusted u)
{
	add_entities(out, u, "&<>");
}

/* What stands around one character of a Markdown text. */
struct markdown {
	char back
		[4]; /* the characters before, the last one first; 0: none or not ASCII */
	bool start;  /* nothing but digits came before */
};

static bool markdown_escapes(const struct markdown *m, char c, struct untrusted rest)
{
	unsigned char next = rest.n_ ? rest.bytes_[0] : 0;

	if (m->start && !m->back[0] && strchr("#-+=>~:", c))
		return true;
	switch (c) {
	case '_':
		return !alnum((unsigned char)m->back[0]) || !alnum(next);
	case '&':
		return !rest.n_ || alnum(next) || next == '#';
	case '#':
		return m->back[0] == ' ';
	case ':':
		return untrusted_starts(rest, "//");
	case '.':
		return (m->start && m->back[0]) ||
		       ((m->back[0] | 32) == 'w' && (m->back[1] | 32) == 'w');
	case ')':
		return m->start && m->back[0];
	default:
		return strchr("\\`*[]<|~$", c) != NULL;
	}
}

void text_add_markdown(struct str *out, struct untrusted u)
{
	struct text_state state = {0};
	struct text_cluster c;
	struct markdown m = {.start = true};

	while (text_next(&u, &state, &c)) {
		char one = (unsigned char)c.utf8[0] < 0x80 ? c.utf8[0] : 0;

		if (one == ' ' && m.start && !m.back[0]) {
			str_puts(out, "&#32;");
			str_add(out, c.utf8 + 1, c.n - 1u);
		} else {
			if (one && markdown_escapes(&m, one, u))
				str_putc(out, '\\');
			str_add(out, c.utf8, c.n);
		}
		m.start = m.start && one >= '0' && one <= '9';
		memmove(m.back + 1, m.back, sizeof m.back - 1);
		m.back[0] = one;
	}
}

void text_add_ascii(struct str *out, struct untrusted u)
{
	static const struct {
		uint32_t cp;
		const char *ascii;
	} rows[] = {{0xa0, " "}, {0xb7, "-"}, {0xd7, "x"}, {0x2010, "-"}, {0x2011, "-"},
		{0x2013, "-"}, {0x2014, "-"}, {0x2018, "'"}, {0x2019, "'"},
		{0x201c, "\""}, {0x201d, "\""}, {0x2022, "*"}, {0x2026, "..."},
		{0x2190, "<-"}, {0x2192, "->"}, {0x2212, "-"}, {0x2264, "<="},
		{0x2265, ">="}};
	struct text_state state = {0};
	struct text_cluster c;
	uint32_t cp;

	while (text_next(&u, &state, &c)) {
		for (size_t i = 0, used = 0, k; i < c.n; i += used) {
			used = utf8_decode(c.utf8 + i, c.n - i, &cp);
			for (k = 0; k < sizeof rows / sizeof *rows; k++)
				if (rows[k].cp == cp)
					break;
			if (cp < 0x80)
				str_putc(out, (char)cp);
			else if (k < sizeof rows / sizeof *rows)
				str_puts(out, rows[k].ascii);
			else
				str_printf(out, "<U+%04X>", (unsigned)cp);
		}
	}
}

enum { HEADER_LINE = 76, HEADER_WORD = 60, HEADER_CHUNK = 36 };

/* True when the value may stand as it is, folded at its blanks. */
static bool header_plain(const struct str *s, enum text_header kind)
{
	size_t word = 0;

	if (!s->n || s->p[0] == ' ' || s->p[s->n - 1] == ' ')
		return false;
	for (size_t i = 0; i < s->n; i++) {
		unsigned char c = (unsigned char)s->p[i];

		word = c == ' ' ? 0 : word + 1;
		if (c >= 0x7f || word > HEADER_WORD || (c == '=' && s->p[i + 1] == '?') ||
			(c == ' ' && s->p[i + 1] == ' '))
			return false;
		if (kind == TEXT_HEADER_PHRASE && !alnum(c) && !strchr(" -_", c))
			return false;
	}
	return true;
}

static void header_fold(struct str *out, const char *p, size_t used)
{
	while (*p) {
		size_t n = strcspn(p, " ");

		if (used + n + 1 > HEADER_LINE) {
			str_puts(out, "\r\n ");
			used = 1;
		} else if (out->n && out->p[out->n - 1] != ' ') {
			str_putc(out, ' ');
			used++;
		}
		str_add(out, p, n);
		used += n;
		p += n + (p[n] == ' ');
	}
}

/* =?UTF-8?B?…?= words: none splits a character. */
static void header_encode(struct str *out, const struct str *s, size_t used)
{
	char word[4 * ((HEADER_CHUNK + 2) / 3) + 1];

	for (size_t at = 0; at < s->n;) {
		size_t n = s->n - at;

		if (n > HEADER_CHUNK)
			n = utf8_cut(s->p + at, HEADER_CHUNK);
		base64_encode(s->p + at, n, word);
		if (used + strlen(word) + 12 > HEADER_LINE) {
			str_puts(out, "\r\n ");
			used = 1;
		} else if (at) {
			str_putc(out, ' ');
			used++;
		}
		str_printf(out, "=?UTF-8?B?%s?=", word);
		used += strlen(word) + 12;
		at += n;
	}
}

void text_add_header(struct str *out, struct untrusted u, enum text_header kind,
	size_t used, size_t max_columns)
{
	struct str s;

	str_init(&s, 4 * max_columns);
	text_add_line(&s, u, max_columns);
	if (header_plain(&s, kind))
		header_fold(out, s.p, used);
	else
		header_encode(out, &s, used);
	str_release(&s);
}

static bool mail_domain(const unsigned char *p, size_t n)
{
	if (!n || n > 253 || p[0] == '.' || p[n - 1] == '.')
		return false;
	for (size_t i = 0; i < n; i++) {
		bool edge = !i || i + 1 == n || p[i - 1] == '.' || p[i + 1] == '.';

		if (!alnum(p[i]) && !(p[i] == '-' && !edge) &&
			!(p[i] == '.' && p[i - 1] != '.'))
			return false;
	}
	return true;
}

bool text_to_mailbox(struct untrusted u, char *out, size_t size)
{
	ptrdiff_t at = untrusted_find(u, "@");

	if (u.n_ >= size || u.n_ > 254 || at < 1 || at > 64 || u.bytes_[0] == '.' ||
		u.bytes_[at - 1] == '.')
		return false;
	for (ptrdiff_t i = 0; i < at; i++) {
		unsigned char c = u.bytes_[i];

		if (!alnum(c) && (!c || !strchr("!#$%&'*+-/=?^_`{|}~.", c)))
			return false;
		if (c == '.' && u.bytes_[i + 1] == '.')
			return false;
	}
	if (!mail_domain(u.bytes_ + at + 1, u.n_ - (size_t)at - 1))
		return false;
	memcpy(out, u.bytes_, u.n_);
	out[u.n_] = '\0';
	return true;
}

bool text_is_formula(struct untrusted u)
{
	u = untrusted_trim(u);
	if (!u.n_)
		return false;
	if (u.bytes_[0] == '=' || u.bytes_[0] == '@')
		return true;
	return (u.bytes_[0] == '+' || u.bytes_[0] == '-') &&
	       (untrusted_find(u, "(") > 0 || untrusted_find(u, "|") > 0 ||
		       untrusted_find(u, "!") > 0);
}

bool text_to_link(struct untrusted u, char *out, size_t size)
{
	if (u.n_ >= size ||
		!(untrusted_starts(u, "https://") || untrusted_starts(u, "http://")))
		return false;
	for (size_t i = 0; i < u.n_; i++)
		if (u.bytes_[i] <= 0x20 || u.bytes_[i] >= 0x7f)
			return false;
	memcpy(out, u.bytes_, u.n_);
	out[u.n_] = '\0';
	return true;
}

const void *text_raw(struct untrusted u, size_t *n)
{
	*n = u.n_;
	return u.bytes_ ? (const void *)u.bytes_ : "";
}
