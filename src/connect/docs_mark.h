/* Markdown as it is written, from what a page of HTML holds. Total: calls in any order
 * give lines in which every block of code has its end. Any thread. */
#ifndef SRC_CONNECT_DOCS_MARK_H
#define SRC_CONNECT_DOCS_MARK_H

#include "base/str.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>

enum { MARK_LISTS = 8, MARK_NOWHERE = -1 };

/* Table: rows, or one that only arranges what is in it. */
enum mark_table { MARK_NO_TABLE, MARK_ROWS, MARK_LAYOUT };

struct mark {
	struct str out;
	/* The line that is written. */
	bool text, space; /* it has some; a blank is due before the next */
	int level;        /* of a heading, or 0 */
	bool item;        /* its mark is due */
	int quotes;
	struct {
		bool numbers;
		int number;
	} lists[MARK_LISTS];
	int list_count;
	/* Where in out they began, or MARK_NOWHERE. */
	ptrdiff_t code, link, pre;
	struct untrusted href; /* of the link */
	char language[24];     /* of the block of code, or "" */
	enum mark_table table;
	int rows, cells;
	bool cell; /* one is open */
};

void mark_init(struct mark *mark, size_t most);
void mark_release(struct mark *mark);
bool mark_is_name(char c);
/* Text; blanks in a row are one. Not within a block of code: that goes to out. */
void mark_words(struct mark *mark, const char *p, size_t n);
/* Behind it an empty line; items stand below each other. In a cell the line goes on. */
void mark_end_line(struct mark *mark);
void mark_end_item(struct mark *mark);
/* Code or a link begins here: *at is one of the two. */
void mark_begin_inline(struct mark *mark, ptrdiff_t *at);
void mark_end_code(struct mark *mark);
void mark_end_link(struct mark *mark);
void mark_begin_pre(struct mark *mark);
void mark_end_pre(struct mark *mark);
/* A cell holds blocks: its table arranges a page, and is none. */
void mark_unroll(struct mark *mark);
void mark_cell(struct mark *mark);
void mark_end_cell(struct mark *mark);
void mark_end_row(struct mark *mark);
void mark_end_table(struct mark *mark);

#endif
