/* Wrapping and scrolling of styled lines. Hides
 * where a row breaks; owners add spans and forget
 * them. Main thread. */
#include "pages.h"

#include "base/alloc.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINES_MAX = 20000, TEXTS_MAX = 1 << 20 };

void page_init(struct page *page)
{
	*page = (struct page){0};
	arena_init(&page->arena, TEXTS_MAX);
}

void page_clear(struct page *page)
{
	for (size_t i = 0; i < page->count; i++)
		mem_free(page->lines[i].spans);
	page->count = page->mark = 0;
	arena_reset(&page->arena);
}

void page_release(struct page *page)
{
	page_clear(page);
	mem_free(page->lines);
	arena_release(&page->arena);
}

void page_line(struct page *page, int indent, bool whole)
{
	if (page->count == LINES_MAX)
		return;
	MEM_ROOM(page->lines, page->count, page->cap);
	page->lines[page->count++] =
		(struct page_line){.indent = (uint8_t)indent, .whole = whole};
}

void page_room(struct page *page, int rows)
{
	page_line(page, 0, true);
	page->lines[page->count - 1].room = (uint8_t)rows;
}

void page_mark(struct page *page)
{
	page->mark = page->count;
}

void page_reveal(struct page *page)
{
	size_t above = page->rows > 6 ? 3 : 0;

	if (page->mark_row >= page->top + above &&
		page->mark_row + page->rows / 2 < page->top + page->rows)
		return;
	page->top = page->mark_row > above ? page->mark_row - above : 0;
}

struct canvas page_room_canvas(const struct page *page, const struct canvas *c)
{
	long from = page->room_at, to = from + page->room_rows;

	if (from < 0)
		from = 0;
	if (to > c->rows)
		to = c->rows;
	return to > from ? canvas_part(c, (int)from, 0, (int)(to - from), c->cols)
			 : (struct canvas){0};
}

void page_add(struct page *page, enum role role, struct untrusted text)
{
	struct page_line *line;

	if (!page->count)
		page_line(page, 0, false);
	line = &page->lines[page->count - 1];
	MEM_ROOM(line->spans, line->count, line->cap);
	line->spans[line->count++] = (struct page_span){role, text};
}

void page_puts(struct page *page, enum role role, const char *text)
{
	page_add(page, role, untrusted_copy(&page->arena, untrusted_str(text)));
}

void page_printf(struct page *page, enum role role, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	page_puts(page, role, text);
}

/* One drawn row is put together from pieces; row -1 only measures. */
struct flow {
	const struct canvas *c;
	int row, col, indent;
	long skip; /* rows above the top */
	size_t rows;
};

static void new_row(struct flow *f, int indent)
{
	f->rows++;
	f->col = indent;
	if (f->skip > 0)
		f->skip--;
	else
		f->row++;
}

static void put(struct flow *f, enum role role, struct untrusted text, int width)
{
	if (f->skip <= 0 && f->row >= 0 && f->row < f->c->rows)
		canvas_text(f->c, f->row, f->col, width, role, text);
	f->col += width;
}

/* Puts a text word by word, breaking the row where it does not fit. */
static void flow_words(struct flow *f, enum role role, struct untrusted text)
{
	size_t n = untrusted_size(text), i = 0;

	while (i < n) {
		struct untrusted rest = untrusted_slice(text, i, SIZE_MAX), word;
		struct untrusted probe = rest;
		size_t blanks, size;
		int width, room = f->c->cols - f->col;

		if (!untrusted_word(&probe, " \t", &word)) {
			/* Blanks between this span and the next. */
			f->col += room > (int)(n - i) ? (int)(n - i) : 0;
			return;
		}
		blanks = untrusted_size(rest) - untrusted_size(probe) -
			 untrusted_size(word);
		size = untrusted_size(word);
		width = text_width(word, f->c->cols + 1);
		if (f->col > f->indent && (int)blanks + width > room)
			new_row(f, f->indent);
		else if (blanks && f->col > f->indent)
			f->col += (int)blanks < room ? (int)blanks : 1;
		else if (blanks)
			f->col += (int)blanks < room / 2 ? (int)blanks : 0;
		if (width > f->c->cols - f->col)
			width = f->c->cols - f->col;
		put(f, role, word, width);
		i += blanks + size;
	}
}

static void flow_line(struct flow *f, const struct page_line *line)
{
	for (int i = 1; i < line->room; i++)
		new_row(f, 0);
	new_row(f, 0);
	f->indent = line->indent < f->c->cols / 2 ? line->indent : 0;
	for (size_t i = 0; i < line->count; i++) {
		if (line->whole) {
			int width = text_width(line->spans[i].text, f->c->cols - f->col);

			put(f, line->spans[i].role, line->spans[i].text, width);
		} else {
			flow_words(f, line->spans[i].role, line->spans[i].text);
		}
	}
}

void page_draw(struct page *page, const struct canvas *c)
{
	struct flow f = {.c = c, .row = -1, .skip = (long)page->top};

	page->rows = c->rows > 0 ? (size_t)c->rows : 1;
	if (page->height > page->rows && page->top > page->height - page->rows)
		f.skip = (long)(page->top = page->height - page->rows);
	canvas_blank_rows(c, 0, c->rows);
	page->room_rows = 0;
	for (size_t i = 0; i < page->count; i++) {
		if (page->lines[i].room) {
			page->room_at = (long)f.rows - (long)page->top;
			page->room_rows = page->lines[i].room;
		}
		if (i + 1 == page->mark)
			page->mark_row = f.rows;
		flow_line(&f, &page->lines[i]);
	}
	page->height = f.rows;
	if (page->height <= page->rows && page->top) {
		page->top = 0;
		page_draw(page, c);
	}
}

bool page_act(struct page *page, enum pane_act act)
{
	size_t most = page->height > page->rows ? page->height - page->rows : 0;
	size_t by = page->rows > 2 ? page->rows - 2 : 1;

	switch (act) {
	case ACT_DOWN:
		page->top += page->top < most;
		return true;
	case ACT_UP:
		page->top -= page->top > 0;
		return true;
	case ACT_PAGE_DOWN:
		page->top = page->top + by < most ? page->top + by : most;
		return true;
	case ACT_PAGE_UP:
		page->top = page->top > by ? page->top - by : 0;
		return true;
	case ACT_FIRST:
		page->top = 0;
		return true;
	case ACT_LAST:
		page->top = most;
		return true;
	default:
		return false;
	}
}
