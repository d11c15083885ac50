/* A page: styled lines that are scrolled, for details and documents. Main thread. */
#ifndef UI_PAGES_H
#define UI_PAGES_H

#include "canvas.h"
#include "pane.h"

#include "base/arena.h"

struct page_span {
	enum role role;
	uint8_t cell; /* of a row of a table */
	struct untrusted text;
};

struct page_line {
	struct page_span *spans;
	size_t count, cap;
	uint8_t indent; /* of what is wrapped */
	bool whole;     /* never wrapped: code */
	uint8_t room;   /* rows kept free for something drawn over the page */
	uint32_t table; /* this is a row of it; 0: of none */
};

struct page {
	struct page_line *lines;
	size_t count, cap;
	size_t top, height, rows;
	size_t mark;        /* number of a line, from 1; 0: none */
	size_t mark_row;    /* where it begins, after drawing */
	uint32_t tables;    /* begun so far */
	uint8_t cell;       /* of the last line, to which spans are added */
	long room_at;       /* where the room begins on the canvas, after drawing */
	int room_rows;      /* 0: there is none */
	struct arena arena; /* of the texts that are made for it */
};

void page_init(struct page *page);
void page_release(struct page *page);
void page_clear(struct page *page);
void page_line(struct page *page, int indent, bool whole);
/* A row of a table; fresh: of a new one. Its columns are as wide as their texts need,
 * and narrower, their texts wrapped, where there is no room for that. */
void page_row(struct page *page, bool fresh);
/* What is added now belongs to the next cell; those over PAGE_MOST_CELLS to the last. */
enum { PAGE_MOST_CELLS = 12 };
void page_next_cell(struct page *page);
/* Adds to the last line; the text is borrowed. */
void page_add(struct page *page, enum role role, struct untrusted text);
void page_puts(struct page *page, enum role role, const char *text);
void page_printf(struct page *page, enum role role, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Keeps rows free; at most one such place in a page. */
void page_room(struct page *page, int rows);
/* The part of the room that is on the canvas; rows 0 when none is. */
struct canvas page_room_canvas(const struct page *page, const struct canvas *c);
/* The last line is the one that page_reveal() brings into sight. */
void page_mark(struct page *page);
void page_reveal(struct page *page);
/* Draws wrapped lines from page->top. */
void page_draw(struct page *page, const struct canvas *c);
bool page_act(struct page *page, enum pane_act act);
/* All of it as text, each line as it is, unwrapped. */
void page_text(const struct page *page, struct str *out);

#endif
