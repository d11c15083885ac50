/* Pages of a site: the first byte says what the rest is. HTML in whatever charset gives a
 * text of its size at most, in which no fence stays open; robots.txt and links give what
 * is in them, and a link never leads out of its origin. */
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "connect/charset.h"
#include "connect/docs.h"
#include "connect/docs_html.h"
#include "connect/robots.h"
#include "ops/runbook.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MOST = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A block that the reader opened it also ends; one that is cut off may stay open. */
static void check_fences(const struct html_page *page)
{
	struct untrusted rest = page->text, line, open = UNTRUSTED_NONE, info;

	while (untrusted_line(&rest, &line)) {
		size_t n = runbook_fence(line, open, &info);

		if (n)
			open = untrusted_empty(open)
				       ? untrusted_slice(untrusted_trim(line), 0, n)
				       : UNTRUSTED_NONE;
	}
	if (!untrusted_empty(open) && !page->cut)
		abort();
}

static void read_page(struct untrusted bytes, struct untrusted type)
{
	struct html_page page;
	struct arena arena;
	struct str utf8;
	struct err err = {0};

	arena_init(&arena, 64 << 20);
	str_init(&utf8, 4 << 20);
	charset_to_utf8(bytes, type, &utf8);
	if (html_read(untrusted_make(utf8.p, utf8.n), TEXT_MOST, &arena, &page, &err)) {
		if (untrusted_size(page.text) > TEXT_MOST || page.link_count > HTML_LINKS)
			abort();
		check_fences(&page);
	} else if (!err.kind) {
		abort();
	}
	str_release(&utf8);
	arena_release(&arena);
}

static void read_robots(struct untrusted bytes)
{
	struct robots robots;

	robots_read(&robots, bytes, "oogway");
	if (robots.count > ROBOTS_RULES)
		abort();
	robots_allow(&robots, "/a/b.html?c=%64");
	robots_release(&robots);
}

static void read_links(struct untrusted bytes)
{
	struct untrusted line;
	char path[DOCS_PATH], name[100];

	while (untrusted_line(&bytes, &line)) {
		if (!docs_resolve("https://w.example", "/a/b", line, path))
			continue;
		if (*path != '/' || strlen(path) >= DOCS_PATH || strchr(path, '#'))
			abort();
		for (const char *c = path; *c; c++)
			if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
				abort();
		docs_name("https://w.example/a/", NULL, path, name, sizeof name);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {"text/html", "text/html; charset=utf-8",
		"text/html; charset=shift_jis", "text/html; charset=utf-16le"};
	struct untrusted bytes;

	if (!size)
		return 0;
	bytes = untrusted_make(data + 1, size - 1);
	if (data[0] < 32)
		read_robots(bytes);
	else if (data[0] < 64)
		read_links(bytes);
	else
		read_page(bytes, untrusted_str(types[data[0] % 4]));
	return 0;
}
