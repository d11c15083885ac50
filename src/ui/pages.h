/* A page: styled lines that are scrolled, for details and documents. Main thread. */
#ifndef UI_PAGES_H
#define UI_PAGES_H

#include "canvas.h"
#include "pane.h"

#include "base/arena.h"

struct page_span {
	enum role role;
	struct untrusted text;
};

struct page_line {
	struct page_span *spans;
	size_t count, cap;
	uint8_t indent; /* of what is wrapped */
	bool whole;     /* never wrapped: code */
	uint8_t room;   /* rows kept free for something drawn over the page */
};

struct page {
	struct page_line *lines;
	size_t count, cap;
	size_t top, height, rows;
	size_t mark;        /* number of a line, from 1; 0: none */
	size_t mark_row;    /* where it begins, after drawing */
	long room_at;       /* where the room begins on the canvas, after drawing */
	int room_rows;      /* 0: there is none */
	struct arena arena; /* of the texts that are made for it */
};

void page_init(struct page *page);
void page_release(struct page *page);
void page_clear(struct page *page);
void page_line(struct page *page, int indent, bool whole);
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

#endif
