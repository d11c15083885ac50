/* A page of HTML read as Markdown: headings, paragraphs, lists, tables, code; what a
 * site puts around it (menus, footers) is left out, scripts and styles always. Total: any
 * bytes give a page. libxml2, opened with the first. In a task. */
#ifndef SRC_CONNECT_DOCS_HTML_H
#define SRC_CONNECT_DOCS_HTML_H

#include "base/arena.h"
#include "base/err.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>

enum { HTML_LINKS = 2000 };

struct html_page {
	struct untrusted title;  /* its first heading, else that of its head; one line */
	struct untrusted text;   /* Markdown, at most `most` bytes */
	struct untrusted base;   /* that its links are relative to; empty: itself */
	struct untrusted *links; /* as they stand there, those of menus too */
	size_t link_count;
	bool login; /* asks for a password, and says little else */
	bool cut;   /* there is more text */
};

/* utf8 is text in UTF-8. Everything is in the arena. Fenced blocks of the text carry the
 * language that the page names. False: the library is not there, or a page made to hurt:
 * tags in tags without end, or with thousands of attributes. */
bool html_read(struct untrusted utf8, size_t most, struct arena *arena,
	struct html_page *out, struct err *err);

#endif
