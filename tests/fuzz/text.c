/* Every exit of struct untrusted on any bytes: what is meant for a terminal draws
 * itself and is as wide as promised, JSON and URLs give back what went in. */
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/untrusted.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* Columns; aborts on anything that a terminal would act on or not show. */
static int clean(const char *p, size_t n)
{
	int width = 0;
	uint32_t cp;

	for (size_t i = 0, used; i < n; i += used) {
		used = utf8_decode(p + i, n - i, &cp);
		check(used && cp >= 0x20 && (cp < 0x7f || cp > 0x9f) &&
			utf8_printable(cp));
		width += utf8_width(cp);
	}
	return width;
}

static void lines(struct untrusted u, size_t room)
{
	char line[256], again[256];
	struct str s;
	int whole = text_width(u, INT32_MAX);

	text_line(u, line, room + 1);
	check(strlen(line) <= room);
	clean(line, strlen(line));
	text_line(untrusted_str(line), again, sizeof again);
	check(!strcmp(line, again));
	str_init(&s, 1 << 20);
	text_add_line(&s, u, room);
	check(clean(str_text(&s), s.n) == (whole < (int)room ? whole : (int)room) ||
		whole > (int)room);
	check(clean(str_text(&s), s.n) <= (int)room);
	str_release(&s);
	str_init(&s, room);
	text_add_line(&s, u, SIZE_MAX);
	clean(str_text(&s), s.n);
	str_release(&s);
}

static void clusters(struct untrusted u)
{
	struct text_state state = {0};
	struct text_cluster c;
	int width = 0;

	while (text_next(&u, &state, &c)) {
		check(c.width >= 1 && c.width <= 2 && c.n >= 1);
		check(c.n < TEXT_CLUSTER_BYTES && strlen(c.utf8) == c.n);
		check(clean(c.utf8, c.n) == c.width);
		width += c.width;
	}
	check(width >= 0);
}

static void json(struct untrusted u)
{
	struct str s;
	struct json_doc doc;
	struct err err;
	struct untrusted back;
	size_t n, m;
	const char *p = text_raw(u, &n), *q;

	str_init(&s, 1 << 20);
	text_add_json(&s, u);
	check(!s.cut);
	clean(s.p, s.n);
	check(json_parse(&doc, s.p, s.n, s.n, &err));
	back = json_text(json_root(&doc));
	q = text_raw(back, &m);
	for (size_t i = 0, k = 0, used; i < n && p[i]; i += used) {
		uint32_t cp;

		used = utf8_decode(p + i, n - i, &cp);
		if (used) {
			check(k + used <= m && !memcmp(p + i, q + k, used));
			k += used;
		} else {
			check(k + 3 <= m && !memcmp(q + k, "\xef\xbf\xbd", 3));
			k += 3;
			used = 1;
		}
		check(i + used < n || k == m);
	}
	json_release(&doc);
	str_release(&s);
}

/* What goes into a mail: no tag, no cell, no header of its own. */
static void marked_up(struct untrusted u)
{
	char mailbox[300];
	struct str s;

	str_init(&s, 1 << 20);
	text_add_html(&s, u);
	clean(str_text(&s), s.n);
	check(!s.cut && !strpbrk(str_text(&s), "<>\"'"));
	str_reset(&s);
	text_add_markdown(&s, u);
	clean(str_text(&s), s.n);
	for (size_t i = 0; i < s.n; i++) {
		check(s.p[i] != '|' && s.p[i] != '<' && s.p[i] != '`');
		i += s.p[i] == '\\';
	}
	str_reset(&s);
	text_add_ascii(&s, u);
	for (size_t i = 0; i < s.n; i++)
		check(s.p[i] >= ' ' && s.p[i] < 0x7f);
	str_reset(&s);
	text_add_header(&s, u, TEXT_HEADER_WORDS, 9, 200);
	for (size_t i = 0; i < s.n; i++)
		check(s.p[i] >= ' ' ||
			(s.p[i] == '\r' && s.p[++i] == '\n' && s.p[i + 1] == ' '));
	str_release(&s);
	if (text_to_mailbox(u, mailbox, sizeof mailbox))
		check(!strpbrk(mailbox, " <>\r\n\"") && strchr(mailbox, '@'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct untrusted u;
	struct str s;
	char small[32];
	size_t room;

	if (!size || size > 20000)
		return 0;
	room = data[0] % 200;
	u = untrusted_make(data + 1, size - 1);
	clusters(u);
	lines(u, room);
	json(u);
	marked_up(u);
	str_init(&s, 1 << 20);
	text_add_url(&s, u);
	for (size_t i = 0; i < s.n; i++)
		check(s.p[i] > 0x20 && s.p[i] < 0x7f && !strchr("/?#&=+ \"<>\\", s.p[i]));
	check(strcmp(str_text(&s), "..") && strcmp(str_text(&s), "."));
	str_reset(&s);
	text_add_promql(&s, u);
	for (size_t i = 1; i + 1 < s.n; i++) {
		check((unsigned char)s.p[i] >= 0x20 && s.p[i] != 0x7f && s.p[i] != '"');
		i += s.p[i] == '\\';
	}
	str_release(&s);
	if (text_to_id(u, small, sizeof small))
		check(!strpbrk(small, "/ \n\"'$`\\;") && strcmp(small, ".."));
	if (text_to_link(u, small, sizeof small))
		check(clean(small, strlen(small)) == (int)strlen(small));
	return 0;
}
