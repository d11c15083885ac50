/* Markdown as people write it, line by line onto a page: headings, paragraphs, lists and
 * task lists, quotes, tables, and marks within a line. Fenced blocks are the caller's.
 * The page borrows the texts. Main thread. */
#ifndef UI_MARKDOWN_H
#define UI_MARKDOWN_H

#include "pages.h"

struct markdown {
	struct page *page;
	bool flows; /* a paragraph or an item: a plain line goes on with it */
	int indent; /* of the item that goes on */
	int table;  /* row of the table that is being read, from 1; 0: none */
};

/* `next` is the line behind it: below the head of a table stands a rule. */
void markdown_line(struct markdown *m, struct untrusted line, struct untrusted next);
/* Something else stands here: what comes next is on a line of its own. */
void markdown_break(struct markdown *m);

#endif
