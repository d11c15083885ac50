/* Wrapping and scrolling of styled lines. Hides
 * where a row breaks; owners add spans and forget
 * them. Main thread. */
#include "pages.h"

#include "base/alloc.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINES_MAX = 20000, TEXTS_MAX = 1 << 20, SPAN_MAX = 16 << 10 };

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
	page->tables = 0;
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
	page->cell = 0;
}

void page_row(struct page *page, bool fresh)
{
	page_line(page, 0, false);
	page->tables += fresh || !page->tables;
	page->lines[page->count - 1].table = page->tables;
}

void page_next_cell(struct page *page)
{
	if (page->cell < PAGE_MOST_CELLS - 1)
		page->cell++;
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
	line->spans[line->count++] = (struct page_span){role, page->cell, text};
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
	int right; /* where a row ends */
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
	struct untrusted word;

	for (size_t left = untrusted_size(text), blanks; left;
		left = untrusted_size(text)) {
		int width, room = f->right - f->col;

		if (!untrusted_word(&text, " \t", &word)) {
			/* Blanks between this span and the next. */
			f->col += room > (int)left ? (int)left : 0;
			return;
		}
		blanks = left - untrusted_size(text) - untrusted_size(word);
		width = text_width(word, f->right + 1);
		if (f->col > f->indent && (int)blanks + width > room)
			new_row(f, f->indent);
		else if (blanks && f->col > f->indent)
			f->col += (int)blanks < room ? (int)blanks : 1;
		else if (blanks)
			f->col += (int)blanks < room / 2 ? (int)blanks : 0;
		if (width > f->right - f->col)
			width = f->right - f->col;
		put(f, role, word, width);
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

/* --- tables --- */

enum { TABLE_INDENT = 2, TABLE_GAP = 2, LEAST_CELL = 8 };

struct table {
	uint32_t number;
	int widths[PAGE_MOST_CELLS];
	int cells;
	bool fits; /* false: too narrow for columns, rows are lines */
};

/* Columns that are wider than an equal share give way to the others. */
static void share_room(struct table *table, int room)
{
	int left = room, wide = table->cells, share = 0;
	bool given[PAGE_MOST_CELLS] = {false}, any = true;

	while (any && wide) {
		any = false;
		share = left / wide;
		for (int k = 0; k < table->cells; k++) {
			if (given[k] || table->widths[k] > share)
				continue;
			given[k] = any = true;
			left -= table->widths[k];
			wide--;
			share = wide ? left / wide : 0;
		}
	}
	for (int k = 0; k < table->cells; k++)
		if (!given[k])
			table->widths[k] = share;
	table->fits = !wide || share >= LEAST_CELL;
}

/* From its first row on: the widest text of each column. */
static void measure_table(
	const struct page *page, size_t from, int cols, struct table *table)
{
	*table = (struct table){.number = page->lines[from].table};
	for (size_t i = from;
		table->number && i < page->count && page->lines[i].table == table->number;
		i++) {
		const struct page_line *line = &page->lines[i];
		int widths[PAGE_MOST_CELLS] = {0};

		for (size_t k = 0; k < line->count; k++) {
			const struct page_span *span = &line->spans[k];

			widths[span->cell] += text_width(span->text, cols);
			if (span->cell >= table->cells)
				table->cells = span->cell + 1;
			if (widths[span->cell] > table->widths[span->cell])
				table->widths[span->cell] = widths[span->cell];
		}
	}
	share_room(table, cols - TABLE_INDENT - TABLE_GAP * (table->cells - 1));
}

/* Each cell flows in its own column; the row is as high as the highest of them. */
static void flow_row(
	struct flow *f, const struct page_line *line, const struct table *table)
{
	struct flow start, last;
	int left = TABLE_INDENT;

	new_row(f, 0);
	start = last = *f;
	for (int cell = 0; cell < table->cells; cell++) {
		struct flow g = start;

		g.col = g.indent = left;
		g.right = left + table->widths[cell];
		for (size_t i = 0; i < line->count; i++)
			if (line->spans[i].cell == cell)
				flow_words(&g, line->spans[i].role, line->spans[i].text);
		if (g.rows > last.rows)
			last = g;
		left = g.right + TABLE_GAP;
	}
	last.right = f->right;
	last.indent = last.col = 0;
	*f = last;
}

void page_draw(struct page *page, const struct canvas *c)
{
	struct flow f = {.c = c, .row = -1, .right = c->cols, .skip = (long)page->top};
	struct table table = {.number = 0};

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
		if (page->lines[i].table != table.number)
			measure_table(page, i, c->cols, &table);
		if (page->lines[i].table && table.fits)
			flow_row(&f, &page->lines[i], &table);
		else
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

void page_text(const struct page *page, struct str *out)
{
	for (size_t i = 0; i < page->count; i++) {
		const struct page_line *line = &page->lines[i];
		uint8_t cell = 0;

		if (line->room)
			continue;
		for (size_t k = 0; k < line->count; k++) {
			if (line->table && line->spans[k].cell != cell)
				str_puts(out, "  ");
			cell = line->spans[k].cell;
			text_add_line(out, line->spans[k].text, SPAN_MAX);
		}
		str_putc(out, '\n');
	}
}
