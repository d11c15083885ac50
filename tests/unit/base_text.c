/* The ways out of struct untrusted: hostile payloads through every exit, and the
 * properties that must hold whatever the bytes were. */
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "base/untrusted.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MARKS_5  "\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"
#define MARKS_25 MARKS_5 MARKS_5 MARKS_5 MARKS_5 MARKS_5

#define BYTES(literal) literal, sizeof literal - 1

static const struct {
	const char *name, *bytes;
	size_t n;
	const char *line; /* as text_line() shows it */
} payloads[] = {
	{"OSC 52", BYTES("a\033]52;c;ZXZpbA==\ab"), "a^[]52;c;ZXZpbA==^Gb"},
	{"OSC 0", BYTES("\033]0;title\033\\"), "^[]0;title^[\\"},
	{"DSR", BYTES("\033[6n"), "^[[6n"},
	{"cursor", BYTES("\033[1;1H\033[A"), "^[[1;1H^[[A"},
	{"clear", BYTES("\033[2J\033[3J"), "^[[2J^[[3J"},
	{"RIS", BYTES("\033c"), "^[c"},
	{"DCS", BYTES("\033P$qm\033\\"), "^[P$qm^[\\"},
	{"OSC 8", BYTES("\033]8;;http://e\033\\x\033]8;;\033\\"),
		"^[]8;;http://e^[\\x^[]8;;^[\\"},
	{"C1 CSI as UTF-8",
		BYTES("\xc2\x9b"
		      "2J"),
		"<U+009B>2J"},
	{"C1 OSC as UTF-8",
		BYTES("\xc2\x9d"
		      "0;t\xc2\x9c"),
		"<U+009D>0;t<U+009C>"},
	{"raw CSI",
		BYTES("\x9b"
		      "2J"),
		"<9B>2J"},
	{"raw OSC",
		BYTES("\x9d"
		      "0;t\x9c"),
		"<9D>0;t<9C>"},
	{"BEL", BYTES("\a\a"), "^G^G"},
	{"SGR", BYTES("\033[30;40mhidden\033[0m"), "^[[30;40mhidden^[[0m"},
	{"backspaces", BYTES("rm\b\bls"), "rm^H^Hls"},
	{"CR", BYTES("evil\rgood"), "evil^Mgood"},
	{"bidi",
		BYTES("a\xe2\x80\xae"
		      "b\xe2\x81\xa6"),
		"a<U+202E>b<U+2066>"},
	{"zero width",
		BYTES("a\xe2\x80\x8b"
		      "b\xef\xbb\xbf"),
		"a<U+200B>b<U+FEFF>"},
	{"TAG", BYTES("a\xf3\xa0\x81\x81"), "a<U+E0041>"},
	{"ZWJ emoji", BYTES("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb"),
		"\xf0\x9f\x91\xa9<U+200D>\xf0\x9f\x92\xbb"},
	{"emoji style", BYTES("\xe2\x9d\xa4\xef\xb8\x8f!"), "\xe2\x9d\xa4!"},
	{"50 marks", BYTES("e" MARKS_25 MARKS_25 "f"),
		"e\xcc\x81\xcc\x81\xcc\x81"
		"f"},
	{"mark alone", BYTES("\xcc\x81x"), "<U+0301>x"},
	{"overlong slash", BYTES("\xc0\xaf"), "<C0><AF>"},
	{"overlong ESC", BYTES("\xe0\x80\x9b"), "<E0><80><9B>"},
	{"surrogate", BYTES("\xed\xa0\x80"), "<ED><A0><80>"},
	{"beyond Unicode", BYTES("\xf4\x90\x80\x80"), "<F4><90><80><80>"},
	{"cut short", BYTES("x\xe2\x82"), "x<E2><82>"},
	{"0xFE", BYTES("\xfe\xff"), "<FE><FF>"},
	{"NUL", BYTES("a\0b"), "a^@b"},
	{"DEL", BYTES("a\177"), "a^?"},
	{"newline, tab", BYTES("a\nb\tc"), "a b c"},
	{"line separators", BYTES("a\xe2\x80\xa8\xe2\x80\xa9\xc2\x85"),
		"a<U+2028><U+2029><U+0085>"},
	{"soft hyphen", BYTES("a\xc2\xad"), "a<U+00AD>"},
	{"fillers", BYTES("\xe3\x85\xa4\xef\xbe\xa0\xe2\xa0\x80"),
		"<U+3164><U+FFA0><U+2800>"},
	{"Mongolian selector", BYTES("a\xe1\xa0\x8b"), "a<U+180B>"},
	{"null note", BYTES("\xf0\x9d\x85\x99"), "<U+1D159>"},
	{"noncharacter", BYTES("\xef\xbf\xbf\xef\xb7\x90"), "<U+FFFF><U+FDD0>"},
	{"private use", BYTES("\xee\x82\xa0"), "<U+E0A0>"},
	{"wide", BYTES("\xe6\xbc\xa2\xe5\xad\x97"), "\xe6\xbc\xa2\xe5\xad\x97"},
	{"empty", BYTES(""), ""},
};

enum { PAYLOADS = sizeof payloads / sizeof payloads[0] };

static struct untrusted payload(size_t i)
{
	return untrusted_make(payloads[i].bytes, payloads[i].n);
}

/* Fit for a terminal: valid UTF-8, nothing but what draws itself. A zero-width
 * character must be a mark behind another one. */
static void assert_clean(const char *name, const char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t used = utf8_decode(p + i, n - i, &cp);

		if (!used || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
			!utf8_printable(cp))
			fail_msg("%s: byte %zu of \"%s\" is not clean", name, i, p);
		i += used;
	}
}

/* Columns by the same measure as the clusters', counted independently. */
static int columns(const char *p, size_t n)
{
	int width = 0;

	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t used = utf8_decode(p + i, n - i, &cp);

		assert_true(used > 0);
		width += utf8_width(cp);
		i += used;
	}
	return width;
}

static void payloads_as_a_line(void **state)
{
	char line[400];

	(void)state;
	for (size_t i = 0; i < PAYLOADS; i++) {
		text_line(payload(i), line, sizeof line);
		assert_string_equal(line, payloads[i].line);
		/* What was shown once stays as it is. */
		text_line(untrusted_str(payloads[i].line), line, sizeof line);
		assert_string_equal(line, payloads[i].line);
	}
}

static void clusters_hold_their_promise(const char *name, struct untrusted u)
{
	struct text_state state = {0};
	struct text_cluster c;
	struct untrusted rest = u;
	int width = 0;

	while (text_next(&rest, &state, &c)) {
		assert_in_range(c.width, 1, 2);
		assert_in_range(c.n, 1, TEXT_CLUSTER_BYTES - 1);
		assert_int_equal(c.utf8[c.n], 0);
		assert_int_equal(strlen(c.utf8), c.n);
		assert_clean(name, c.utf8, c.n);
		if (c.shown)
			assert_int_equal(c.width, 1);
		width += c.width;
	}
	assert_int_equal(untrusted_size(rest), 0);
	assert_false(text_next(&rest, &state, &c));
	assert_int_equal(text_width(u, INT32_MAX), width);
	assert_int_equal(text_width(u, 3), width < 3 ? width : 3);
	assert_int_equal(text_width(u, 0), 0);
}

static void lines_fit(const char *name, struct untrusted u)
{
	int whole = text_width(u, INT32_MAX);
	char line[64];

	for (size_t size = 1; size <= 40; size++) {
		memset(line, '!', sizeof line);
		assert_ptr_equal(text_line(u, line, size), line);
		assert_true(strlen(line) < size);
		assert_int_equal(line[size], '!');
		assert_clean(name, line, strlen(line));
	}
	for (size_t most = 0; most <= 12; most++) {
		struct str s;
		int width;

		str_init(&s, 1000);
		str_puts(&s, "at ");
		text_add_line(&s, u, most);
		assert_clean(name, s.p, s.n);
		width = columns(s.p + 3, s.n - 3);
		assert_true(width <= (int)most);
		if (whole <= (int)most)
			assert_int_equal(width, whole);
		else if (most)
			assert_true(str_ends(s.p, "…"));
		str_release(&s);
		/* A str that fills up on the way. */
		str_init(&s, most);
		text_add_line(&s, u, SIZE_MAX);
		assert_clean(name, str_text(&s), s.n);
		str_release(&s);
		str_init(&s, most);
		text_add_line(&s, u, 5);
		assert_clean(name, str_text(&s), s.n);
		str_release(&s);
	}
}

/* Each invalid byte and each NUL as U+FFFD, the rest as it is. */
static void repaired(struct untrusted u, struct str *out)
{
	size_t n;
	const char *p = text_raw(u, &n);

	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t used = utf8_decode(p + i, n - i, &cp);

		if (used && cp)
			str_add(out, p + i, used);
		else
			str_puts(out, "\xef\xbf\xbd");
		i += used ? used : 1;
	}
}

static void json_comes_back(const char *name, struct untrusted u)
{
	struct str s, want;
	struct json_doc doc;
	struct err err;
	size_t n;
	const char *back;

	str_init(&s, 16 << 20);
	str_init(&want, 16 << 20);
	text_add_json(&s, u);
	assert_false(s.cut);
	assert_clean(name, s.p, s.n);
	assert_true(json_parse(&doc, s.p, s.n, s.n, &err));
	repaired(u, &want);
	back = text_raw(json_text(json_root(&doc)), &n);
	assert_int_equal(n, want.n);
	assert_memory_equal(back, str_text(&want), n);
	json_release(&doc);
	str_release(&s);
	str_release(&want);
}

static int hex(char c)
{
	return c <= '9' ? c - '0' : c - 'A' + 10;
}

static void url_comes_back(struct untrusted u)
{
	struct str s;
	size_t n, at = 0;
	const unsigned char *p = text_raw(u, &n);

	str_init(&s, 4 << 20);
	text_add_url(&s, u);
	for (size_t i = 0; i < s.n; at++) {
		assert_true(at < n);
		if (s.p[i] == '%') {
			assert_int_equal(hex(s.p[i + 1]) * 16 + hex(s.p[i + 2]), p[at]);
			i += 3;
		} else {
			assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					       "abcdefghijklmnopqrstuvwxyz0123456789-_.~",
				s.p[i]));
			assert_int_equal((unsigned char)s.p[i++], p[at]);
		}
	}
	assert_int_equal(at, n);
	str_release(&s);
}

/* Undoes the quoting as PromQL's own strings are read. */
static void promql_comes_back(struct untrusted u)
{
	struct str s;
	size_t n, at = 0;
	const unsigned char *p = text_raw(u, &n);

	str_init(&s, 4 << 20);
	text_add_promql(&s, u);
	assert_true(s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"');
	for (size_t i = 1; i < s.n - 1; at++) {
		unsigned char c = (unsigned char)s.p[i++];

		assert_true(c >= 0x20 && c != 0x7f && c != '"');
		if (c == '\\') {
			c = (unsigned char)s.p[i++];
			if (c == 'n') {
				c = '\n';
			} else if (c == 'x') {
				char two[3] = {s.p[i], s.p[i + 1], 0};

				c = (unsigned char)strtoul(two, NULL, 16);
				i += 2;
			} else {
				assert_true(c == '"' || c == '\\');
			}
		}
		assert_true(at < n && c == p[at]);
	}
	assert_int_equal(at, n);
	str_release(&s);
}

/* HTML and Markdown: with their escapes undone they are the line again. */
static void markup_comes_back(struct untrusted u)
{
	static const char *const entities[] = {
		"&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#32;"};
	struct str line, html, markdown, back;

	str_init(&line, 4 << 20);
	str_init(&html, 4 << 20);
	str_init(&markdown, 4 << 20);
	str_init(&back, 4 << 20);
	text_add_line(&line, u, SIZE_MAX);
	text_add_html(&html, u);
	text_add_markdown(&markdown, u);
	for (size_t i = 0; i < html.n; i++) {
		size_t k = 0;

		assert_null(strchr("<>\"'", html.p[i]));
		while (html.p[i] == '&' && k < 5 &&
			strncmp(html.p + i, entities[k], strlen(entities[k])))
			k++;
		assert_true(k < 5);
		str_putc(&back, html.p[i] == '&' ? "&<>\"'"[k] : html.p[i]);
		i += html.p[i] == '&' ? strlen(entities[k]) - 1 : 0;
	}
	assert_string_equal(str_text(&back), str_text(&line));
	str_reset(&back);
	for (size_t i = 0; i < markdown.n; i++) {
		bool blank = !i && !strncmp(markdown.p, "&#32;", 5);

		if (!blank && markdown.p[i] != '\\')
			assert_null(strchr("`*[]<|~$", markdown.p[i]));
		i += markdown.p[i] == '\\';
		str_putc(&back, blank ? ' ' : markdown.p[i]);
		i += blank ? 4 : 0;
	}
	assert_string_equal(str_text(&back), str_text(&line));
	str_release(&line);
	str_release(&html);
	str_release(&markdown);
	str_release(&back);
}

static void header_is_one(struct untrusted u, enum text_header kind)
{
	struct str s;
	size_t line = 30;

	str_init(&s, 1 << 20);
	text_add_header(&s, u, kind, line, 200);
	for (size_t i = 0; i < s.n; i++, line++) {
		if (s.p[i] == '\r') {
			assert_memory_equal(s.p + i, "\r\n ", 3);
			assert_true(line <= 76);
			i += 2;
			line = 0;
			continue;
		}
		assert_true(s.p[i] >= ' ' && s.p[i] < 0x7f);
		if (kind == TEXT_HEADER_PHRASE)
			assert_null(strchr("<>\",;:@()[]\\", s.p[i]));
	}
	assert_true(line <= 76);
	str_release(&s);
}

static void mail_exits(const char *name, struct untrusted u)
{
	char mailbox[300];
	struct str s;

	header_is_one(u, TEXT_HEADER_WORDS);
	header_is_one(u, TEXT_HEADER_PHRASE);
	str_init(&s, 4 << 20);
	text_add_ascii(&s, u);
	assert_clean(name, str_text(&s), s.n);
	for (size_t i = 0; i < s.n; i++)
		assert_true((unsigned char)s.p[i] < 0x7f);
	str_release(&s);
	if (text_to_mailbox(u, mailbox, sizeof mailbox))
		assert_null(strpbrk(mailbox, " <>\r\n\",;:()"));
}

static void every_exit(const char *name, struct untrusted u)
{
	char id[64], link[64];

	clusters_hold_their_promise(name, u);
	lines_fit(name, u);
	json_comes_back(name, u);
	url_comes_back(u);
	promql_comes_back(u);
	markup_comes_back(u);
	mail_exits(name, u);
	if (text_to_id(u, id, sizeof id)) {
		assert_clean(name, id, strlen(id));
		assert_int_equal(strlen(id), untrusted_size(u));
	}
	if (text_to_link(u, link, sizeof link))
		assert_clean(name, link, strlen(link));
}

static void payloads_through_every_exit(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAYLOADS; i++)
		every_exit(payloads[i].name, payload(i));
	every_exit("none", UNTRUSTED_NONE);
}

static void pairs_of_payloads(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAYLOADS; i++) {
		for (size_t k = 0; k < PAYLOADS; k++) {
			struct str s;

			str_init(&s, 4096);
			str_add(&s, payloads[i].bytes, payloads[i].n);
			str_add(&s, payloads[k].bytes, payloads[k].n);
			every_exit(payloads[i].name, untrusted_make(str_text(&s), s.n));
			str_release(&s);
		}
	}
}

static void random_bytes(void **state)
{
	uint32_t seed = 12345;
	unsigned char bytes[60];

	(void)state;
	for (int round = 0; round < 2000; round++) {
		size_t n;

		seed = seed * 1664525 + 1013904223;
		n = (seed >> 16) % sizeof bytes;
		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (unsigned char)(seed >> 24);
			if (round % 2) /* mostly characters of two and three bytes */
				bytes[i] = "\xc2\x9b\xcc\x81\xe2\x80\xae\xef\xb8\x8f"
					   "a \xf0\x9f\x91\xa9\xe1"[(seed >> 24) % 17];
		}
		every_exit("random", untrusted_make(bytes, n));
	}
}

/* Every character there is, alone and behind a letter. */
static void every_code_point(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		char bytes[8] = "a", line[64];
		size_t n = utf8_encode(cp, bytes + 1);
		struct str s;

		if (cp >= 0xd800 && cp <= 0xdfff) {
			assert_int_equal(n, 0);
			continue;
		}
		assert_in_range(n, 1, 4);
		text_line(untrusted_make(bytes, n + 1), line, sizeof line);
		assert_clean("code point", line, strlen(line));
		assert_int_equal(line[0], 'a');
		text_line(untrusted_make(bytes + 1, n), line, sizeof line);
		assert_clean("code point", line, strlen(line));
		assert_true(columns(line, strlen(line)) > 0);
		str_init(&s, 64);
		text_add_json(&s, untrusted_make(bytes + 1, n));
		assert_clean("code point in JSON", s.p, s.n);
		str_release(&s);
	}
	assert_int_equal(utf8_encode(0x110000, (char[4]){0}), 0);
	assert_false(utf8_printable(0x110000));
	assert_false(utf8_printable(UINT32_MAX));
}

/* A megabyte on one line takes no longer than a megabyte should. */
static void long_lines(void **state)
{
	static const char *const units[] = {"a", "\033", "\xcc\x81", "\x80",
		"\xe2\x80\xae", "\xef\xb8\x8f", "\"", "漢"};
	enum { SIZE = 1 << 20 };
	char *bytes = mem_new(SIZE + 8, 1), line[200];

	(void)state;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		int64_t start = time_mono_ms();
		size_t n = strlen(units[i]);
		struct untrusted u = untrusted_make(bytes, SIZE / n * n);
		struct str s;

		for (size_t at = 0; at + n <= SIZE; at += n)
			memcpy(bytes + at, units[i], n);
		clusters_hold_their_promise("long", untrusted_slice(u, 0, 20000));
		text_line(u, line, sizeof line);
		assert_clean("long", line, strlen(line));
		assert_true(text_width(u, INT32_MAX) > 0);
		str_init(&s, 16 << 20);
		text_add_line(&s, u, SIZE_MAX);
		assert_false(s.cut);
		str_reset(&s);
		text_add_line(&s, u, 80);
		assert_true(columns(s.p, s.n) <= 80);
		str_release(&s);
		json_comes_back("long", u);
		assert_true(time_mono_ms() - start < 20000);
	}
	mem_free(bytes);
}

static void ids(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{"P1ABC", true},
		{"a-b_c.d:e", true},
		{"0", true},
		{"123456789012345", true},
		{"1234567890123456", false},
		{"", false},
		{"a b", false},
		{"a/b", false},
		{"..", false},
		{".", false},
		{"...", true},
		{"..a", true},
		{"é", false},
		{"a\n", false},
		{"$(x)", false},
	};
	char id[16];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		strcpy(id, "old");
		assert_int_equal(text_to_id(untrusted_str(rows[i].text), id, sizeof id),
			rows[i].ok);
		assert_string_equal(id, rows[i].ok ? rows[i].text : "old");
	}
	assert_false(text_to_id(untrusted_make("a\0b", 3), id, sizeof id));
	assert_false(text_to_id(untrusted_str("a"), id, 0));
}

static void links(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{"https://example.org/a?b=c#d", true},
		{"http://h", true},
		{"ftp://h", false},
		{"javascript:alert(1)", false},
		{" https://h", false},
		{"https://h/a b", false},
		{"https://h/\033]8;;", false},
		{"https://h/\xc3\xa9", false},
		{"https://h/\n", false},
		{"", false},
		{"https:/", false},
	};
	char link[40];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(
			text_to_link(untrusted_str(rows[i].text), link, sizeof link),
			rows[i].ok);
	assert_false(text_to_link(untrusted_str("https://h"), link, 9));
	assert_true(text_to_link(untrusted_str("https://h"), link, 10));
	assert_false(text_to_link(UNTRUSTED_NONE, link, 0));
}

static void urls_and_promql(void **state)
{
	static const struct {
		const char *text, *url, *promql;
	} rows[] = {
		{"a b/c", "a%20b%2Fc", "\"a b/c\""},
		{"..", "%2E%2E", "\"..\""},
		{".", "%2E", "\".\""},
		{"a.b", "a.b", "\"a.b\""},
		{"é\"", "%C3%A9%22", "\"é\\\"\""},
		{"a\\\n\033", "a%5C%0A%1B", "\"a\\\\\\n\\x1b\""},
		{"\"} or vector(1) #", "%22%7D%20or%20vector%281%29%20%23",
			"\"\\\"} or vector(1) #\""},
		{"", "", "\"\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str s;

		str_init(&s, 200);
		text_add_url(&s, untrusted_str(rows[i].text));
		assert_string_equal(str_text(&s), rows[i].url);
		str_reset(&s);
		text_add_promql(&s, untrusted_str(rows[i].text));
		assert_string_equal(str_text(&s), rows[i].promql);
		str_release(&s);
	}
}

static void markdown_and_ascii(void **state)
{
	static const struct {
		const char *text, *markdown, *ascii;
	} rows[] = {
		{"node_cpu_seconds _a_", "node_cpu_seconds \\_a\\_",
			"node_cpu_seconds _a_"},
		{"# a # b", "\\# a \\# b", "# a # b"},
		{"- a - b", "\\- a - b", "- a - b"},
		{"12. a 3. b", "12\\. a 3. b", "12. a 3. b"},
		{"1) x", "1\\) x", "1) x"},
		{"2.5 %", "2\\.5 %", "2.5 %"},
		{"03:15", "03:15", "03:15"},
		{"https://x www.y", "https\\://x www\\.y", "https://x www.y"},
		{"a & b &lt; &#60; c&", "a & b \\&lt; \\&#60; c\\&",
			"a & b &lt; &#60; c&"},
		{"    code", "&#32;   code", "    code"},
		{"a|b\\", "a\\|b\\\\", "a|b\\"},
		{"\xe2\x80\x9cq\xe2\x80\x9d \xe2\x80\x93 \xe2\x80\xa6 "
		 "\xc3\xa9\xe2\x86\x92",
			"\xe2\x80\x9cq\xe2\x80\x9d \xe2\x80\x93 \xe2\x80\xa6 "
			"\xc3\xa9\xe2\x86\x92",
			"\"q\" - ... <U+00E9>->"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str s;

		str_init(&s, 200);
		text_add_markdown(&s, untrusted_str(rows[i].text));
		assert_string_equal(str_text(&s), rows[i].markdown);
		str_reset(&s);
		text_add_ascii(&s, untrusted_str(rows[i].text));
		assert_string_equal(str_text(&s), rows[i].ascii);
		str_release(&s);
	}
}

static void mailboxes(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{"ana@lab.example", true},
		{"a.b+c=d@x-y.example", true},
		{"x@localhost", true},
		{"", false},
		{"ana", false},
		{"@lab.example", false},
		{"ana@", false},
		{".a@b", false},
		{"a.@b", false},
		{"a..b@c", false},
		{"a@b..c", false},
		{"a@.b", false},
		{"a@b.", false},
		{"a@-b", false},
		{"a@b-", false},
		{"a@b@c", false},
		{"a b@c", false},
		{"\"a\"@b", false},
		{"a@b>", false},
		{"a@b\r\nRCPT TO:<c@d>", false},
		{"\xc3\xa9@b", false},
		{"a@\xc3\xa9", false},
	};
	char out[300], text[300];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(
			text_to_mailbox(untrusted_str(rows[i].text), out, sizeof out),
			rows[i].ok);
		if (rows[i].ok)
			assert_string_equal(out, rows[i].text);
	}
	memset(text, 'a', sizeof text);
	memcpy(text + 64, "@b", 3);
	assert_true(text_to_mailbox(untrusted_str(text), out, sizeof out));
	assert_false(text_to_mailbox(untrusted_str(text), out, 66));
	memcpy(text + 64, "a@b", 4);
	assert_false(text_to_mailbox(untrusted_str(text), out, sizeof out));
}

static void formulas(void **state)
{
	static const struct {
		const char *text;
		bool formula;
	} rows[] = {
		{"=1+1", true},
		{" =cmd|' /C calc'!A0", true},
		{"@SUM(1)", true},
		{"-2+3+cmd|' /C calc'!A0", true},
		{"+HYPERLINK(1)", true},
		{"-5 %", false},
		{"- item", false},
		{"+12", false},
		{"a=b", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(
			text_is_formula(untrusted_str(rows[i].text)), rows[i].formula);
}

static void decoding(void **state)
{
	static const struct {
		const char *bytes;
		size_t n, used;
		uint32_t cp;
	} rows[] = {
		{BYTES("a"), 1, 'a'},
		{BYTES("\0"), 1, 0},
		{BYTES("\x7f"), 1, 0x7f},
		{BYTES("\xc2\x80"), 2, 0x80},
		{BYTES("\xdf\xbf"), 2, 0x7ff},
		{BYTES("\xe0\xa0\x80"), 3, 0x800},
		{BYTES("\xed\x9f\xbf"), 3, 0xd7ff},
		{BYTES("\xee\x80\x80"), 3, 0xe000},
		{BYTES("\xf0\x90\x80\x80"), 4, 0x10000},
		{BYTES("\xf4\x8f\xbf\xbf"), 4, 0x10ffff},
		{BYTES("\x80"), 0, 0},
		{BYTES("\xc0\x80"), 0, 0},
		{BYTES("\xc1\xbf"), 0, 0},
		{BYTES("\xc2"), 0, 0},
		{BYTES("\xc2\x20"), 0, 0},
		{BYTES("\xe0\x9f\xbf"), 0, 0},
		{BYTES("\xed\xa0\x80"), 0, 0},
		{BYTES("\xed\xbf\xbf"), 0, 0},
		{BYTES("\xf0\x8f\xbf\xbf"), 0, 0},
		{BYTES("\xf4\x90\x80\x80"), 0, 0},
		{BYTES("\xf8\x88\x80\x80\x80"), 0, 0},
		{BYTES("\xff"), 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint32_t cp = 0;
		/* On the heap, so that reading too far is seen. */
		char *bytes = mem_dup(rows[i].bytes, rows[i].n), back[4];

		assert_int_equal(utf8_decode(bytes, rows[i].n, &cp), rows[i].used);
		if (rows[i].used) {
			assert_int_equal(cp, rows[i].cp);
			assert_int_equal(utf8_encode(cp, back), rows[i].used);
			assert_memory_equal(back, bytes, rows[i].used);
		}
		mem_free(bytes);
	}
	assert_int_equal(utf8_width(0x301), 0);
	assert_int_equal(utf8_width(0x6f22), 2);
	assert_int_equal(utf8_width(0xe9), 1);
	assert_int_equal(utf8_width(0x1f600), 2);
}

static void grapheme_breaks(void **state)
{
	int32_t at = 0;

	(void)state;
	assert_true(utf8_breaks('a', 'b', &at));
	at = 0;
	assert_false(utf8_breaks('e', 0x301, &at));
	at = 0;
	assert_false(utf8_breaks(0x1f469, 0x200d, &at));
	assert_false(utf8_breaks(0x200d, 0x1f4bb, &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(payloads_as_a_line),
		cmocka_unit_test(payloads_through_every_exit),
		cmocka_unit_test(pairs_of_payloads),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(every_code_point),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(ids),
		cmocka_unit_test(links),
		cmocka_unit_test(urls_and_promql),
		cmocka_unit_test(markdown_and_ascii),
		cmocka_unit_test(mailboxes),
		cmocka_unit_test(formulas),
		cmocka_unit_test(decoding),
		cmocka_unit_test(grapheme_breaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
