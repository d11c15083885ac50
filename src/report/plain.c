/* The plain text form: what a phone, a terminal and a screen reader show, and the first
 * part of every mail. Wraps, lays out tables, numbers the addresses and puts them at
 * the end. Hides the measuring; nothing here knows what a handoff is. Any thread. */
#include "base/alloc.h"
#include "base/text.h"
#include "render.h"

#include <stdio.h>
#include <string.h>

enum {
	LEAST_COLUMNS = 40,
	MOST_COLUMNS = 200,
	CELL_LINES = 9, /* of one table cell; the last one ends with … */
	CELL_LEAST = 6, /* columns */
	FACT_MOST = 20, /* columns of a fact's key */
	LINE_BYTES = 1 << 16,
};

static const char *rule_of(const struct render *r, bool heavy)
{
	if (r->ascii)
		return heavy ? "=" : "-";
	return heavy ? "\xe2\x95\x90" : "\xe2\x94\x80";
}

static void rule(struct render *r, int columns, bool heavy)
{
	for (int i = 0; i < columns; i++)
		str_puts(r->out, rule_of(r, heavy));
}

static void blanks(struct render *r, int n)
{
	for (int i = 0; i < n; i++)
		str_putc(r->out, ' ');
}

/* No blank stands before the end of a line. */
static void end_line(struct render *r)
{
	struct str *out = r->out;

	while (out->n && out->p[out->n - 1] == ' ')
		out->p[--out->n] = '\0';
	str_putc(out, '\n');
}

static void add_words(struct render *r, struct str *to, const char *words)
{
	if (r->ascii)
		text_add_ascii(to, untrusted_str(words));
	else
		str_puts(to, words);
}

static size_t link_number(struct render *r, const char *link)
{
	for (size_t i = 0; i < r->link_count; i++)
		if (!strcmp(r->links[i], link))
			return i + 1;
	MEM_ROOM(r->links, r->link_count, r->link_cap);
	r->links[r->link_count++] = link;
	return r->link_count;
}

/* The spans as one line. */
static void join(struct render *r, const struct document_text *text, struct str *to)
{
	for (const struct document_span *s = text->first; s; s = s->next) {
		if (s->style == DOC_BLANK)
			str_puts(to, "[__ ");
		if (!to->n && s->foreign && text_is_formula(untrusted_str(s->text)))
			str_putc(to, '\'');
		add_words(r, to, s->text);
		if (s->style == DOC_BLANK)
			str_puts(to, " __]");
		if (s->link)
			str_printf(to, " [%zu]", link_number(r, s->link));
	}
}

static int width_of(const char *p, size_t n)
{
	return text_width(untrusted_make(p, n), MOST_COLUMNS * 4);
}

/* Bytes of p that fit into `columns`; *blank: where the last blank among them is, or
 * right behind them. */
static size_t fitting(const char *p, size_t n, int columns, size_t *blank)
{
	struct untrusted rest = untrusted_make(p, n);
	struct text_state state = {0};
	struct text_cluster c;
	size_t fits = 0;
	int width = 0;

	*blank = 0;
	while (text_next(&rest, &state, &c)) {
		width += c.width;
		if (c.utf8[0] == ' ' && c.n == 1)
			*blank = fits;
		if (width > columns)
			break;
		fits = n - untrusted_size(rest);
	}
	return fits;
}

/* Bytes of p that make a line of `columns`; *skip: what to drop behind them. */
static size_t take_line(const char *p, size_t n, int columns, size_t *skip)
{
	size_t blank, fits = fitting(p, n, columns, &blank);

	*skip = 0;
	if (fits == n)
		return n;
	if (blank) {
		*skip = strspn(p + blank, " ");
		return blank;
	}
	return fits ? fits : n;
}

/* `first` stands before the first line, as many blanks before the others. */
static void wrap(struct render *r, const char *first, const char *p, size_t n)
{
	int indent = width_of(first, strlen(first)), room = r->columns - indent;
	bool begun = false;

	str_puts(r->out, first);
	while (n || !begun) {
		size_t skip, take = take_line(p, n, room, &skip);

		if (begun)
			blanks(r, indent);
		str_add(r->out, p, take);
		end_line(r);
		p += take + skip;
		n -= take + skip;
		begun = true;
	}
}

static void wrap_text(
	struct render *r, const char *first, const struct document_text *text)
{
	struct str line;

	str_init(&line, LINE_BYTES);
	join(r, text, &line);
	wrap(r, first, str_text(&line), line.n);
	str_release(&line);
}

/* --- tables --- */

struct grid {
	char **cells; /* rows * columns, the title row first */
	size_t rows, columns;
	int width[DOCUMENT_MAX_COLUMNS];
	const struct document_column *column;
};

static void grid_measure(struct grid *g, int columns)
{
	int room = columns - 2 * ((int)g->columns - 1), sum = 0,
	    least = room / (int)g->columns < CELL_LEAST ? room / (int)g->columns
							: CELL_LEAST;

	for (size_t c = 0; c < g->columns; c++) {
		g->width[c] = 1;
		for (size_t i = 0; i < g->rows; i++) {
			const char *cell = g->cells[i * g->columns + c];
			int w = width_of(cell, strlen(cell));

			g->width[c] = w > g->width[c] ? w : g->width[c];
		}
		sum += g->width[c];
	}
	while (sum > room) {
		size_t widest = 0;

		for (size_t c = 1; c < g->columns; c++)
			if (g->width[c] > g->width[widest])
				widest = c;
		if (g->width[widest] <= least)
			break;
		g->width[widest]--;
		sum--;
	}
}

/* One line of one cell, padded when more columns follow. */
static void cell_line(struct render *r, const struct grid *g, size_t c, const char *p,
	size_t n, bool cut)
{
	int pad = g->width[c] - width_of(p, n);
	bool last = c + 1 == g->columns;

	if (g->column[c].right)
		blanks(r, pad);
	str_add(r->out, p, n);
	if (cut && pad > 0 && !g->column[c].right) {
		str_puts(r->out, r->ascii ? "~" : "\xe2\x80\xa6");
		pad--;
	}
	if (!last && !g->column[c].right)
		blanks(r, pad);
	if (!last)
		blanks(r, 2);
}

static void grid_row(struct render *r, const struct grid *g, size_t row)
{
	const char *rest[DOCUMENT_MAX_COLUMNS];
	bool more = true;

	for (size_t c = 0; c < g->columns; c++)
		rest[c] = g->cells[row * g->columns + c];
	for (int line = 0; more && line < CELL_LINES; line++) {
		more = false;
		for (size_t c = 0; c < g->columns; c++) {
			int room = g->width[c] - (line + 1 == CELL_LINES);
			size_t n = strlen(rest[c]), skip;
			size_t take = take_line(rest[c], n, room, &skip);

			cell_line(r, g, c, rest[c], take,
				line + 1 == CELL_LINES && take < n);
			rest[c] += take + skip;
			more = more || *rest[c];
		}
		end_line(r);
	}
}

static char *cell_of(struct render *r, const struct document_text *text)
{
	struct str s;

	str_init(&s, LINE_BYTES);
	join(r, text, &s);
	return str_take(&s);
}

static void more_rows(struct render *r, const struct document_block *b, const char *what)
{
	if (b->more)
		str_printf(r->out, "and %zu more %s\n", b->more, what);
}

static void table(struct render *r, const struct document_block *b)
{
	struct grid g = {
		.rows = b->rows + 1, .columns = b->column_count, .column = b->columns};
	const struct document_row *row = b->first;

	g.cells = mem_new(g.rows * g.columns + 1, sizeof *g.cells);
	for (size_t c = 0; c < g.columns; c++) {
		struct str s;

		str_init(&s, DOCUMENT_MAX_TEXT);
		add_words(r, &s, b->columns[c].title);
		g.cells[c] = str_take(&s);
	}
	for (size_t i = 1; row; row = row->next, i++) {
		const struct document_cell *cell = row->first;

		for (size_t c = 0; c < g.columns; c++) {
			g.cells[i * g.columns + c] =
				cell ? cell_of(r, &cell->text) : mem_strdup("");
			cell = cell ? cell->next : NULL;
		}
	}
	grid_measure(&g, r->columns);
	grid_row(r, &g, 0);
	for (size_t c = 0; c < g.columns; c++) {
		rule(r, g.width[c], false);
		str_puts(r->out, c + 1 < g.columns ? "  " : "\n");
	}
	for (size_t i = 1; i < g.rows; i++)
		grid_row(r, &g, i);
	more_rows(r, b, "rows");
	for (size_t i = 0; i < g.rows * g.columns; i++)
		mem_free(g.cells[i]);
	mem_free(g.cells);
}

/* --- the other blocks --- */

static void heading(struct render *r, const struct document_block *b)
{
	size_t from = r->out->n;
	int width;

	wrap_text(r, "", &b->text);
	if (r->out->cut)
		return;
	width = width_of(r->out->p + from, r->out->n - from - 1);
	rule(r, b->level == 2 || width > r->columns ? r->columns : width, false);
	str_putc(r->out, '\n');
}

static void callout(struct render *r, const struct document_block *b)
{
	const char *bar = r->ascii ? "| " : "\xe2\x94\x83 ";
	struct str line;
	const char *p;
	size_t n;

	str_init(&line, LINE_BYTES);
	join(r, &b->text, &line);
	p = str_text(&line);
	n = line.n;
	while (n && p[n - 1] == ' ')
		n--;
	while (n) {
		size_t skip, take = take_line(p, n, r->columns - 2, &skip);

		str_puts(r->out, bar);
		str_add(r->out, p, take);
		end_line(r);
		p += take + skip;
		n -= take + skip;
	}
	str_release(&line);
}

/* Rows of a short text and a long one beside it. */
static void pairs(struct render *r, const struct document_block *b, int most)
{
	int width = 0;

	for (const struct document_row *row = b->first; row; row = row->next) {
		char *key = row->first ? cell_of(r, &row->first->text) : mem_strdup("");
		int w = width_of(key, strlen(key));

		if (w <= most && w > width)
			width = w;
		mem_free(key);
	}
	for (const struct document_row *row = b->first; row; row = row->next) {
		const struct document_cell *value = row->first ? row->first->next : NULL;
		struct str key;
		int w;

		str_init(&key, LINE_BYTES);
		if (row->first)
			join(r, &row->first->text, &key);
		w = width_of(str_text(&key), key.n);
		if (w > width) {
			wrap(r, "", str_text(&key), key.n);
			str_reset(&key);
			w = 0;
		}
		str_printf(&key, "%*s", width - w + 2, "");
		if (value)
			wrap_text(r, str_text(&key), &value->text);
		else
			wrap(r, str_text(&key), "", 0);
		str_release(&key);
	}
	more_rows(r, b, "rows");
}

static void list(struct render *r, const struct document_block *b)
{
	int number = 0;

	for (const struct document_row *row = b->first; row; row = row->next) {
		char mark[16];

		if (row->mark == DOC_NUMBER)
			snprintf(mark, sizeof mark, "%2d. ", ++number);
		else
			snprintf(mark, sizeof mark, "%s",
				row->mark == DOC_OPEN   ? "[ ] "
				: row->mark == DOC_DONE ? "[x] "
				: r->ascii              ? "- "
							: "\xe2\x80\xa2 ");
		if (row->first)
			wrap_text(r, mark, &row->first->text);
	}
	more_rows(r, b, "items");
}

/* Broken where it must be, with all its blanks. */
static void code_line(struct render *r, const char *p, size_t n)
{
	int indent = 4;

	do {
		size_t blank, take = fitting(p, n, r->columns - indent, &blank);

		blanks(r, indent);
		str_add(r->out, p, take ? take : n);
		end_line(r);
		n -= take ? take : n;
		p += take;
		indent = 8;
	} while (n);
}

static void code(struct render *r, const struct document_block *b)
{
	for (const struct document_row *row = b->first; row; row = row->next) {
		char *line = row->first ? cell_of(r, &row->first->text) : mem_strdup("");

		code_line(r, line, strlen(line));
		mem_free(line);
	}
	more_rows(r, b, "lines");
}

static void figure(struct render *r, const struct document_block *b)
{
	struct str title;

	str_init(&title, DOCUMENT_MAX_TEXT * 2);
	add_words(r, &title, b->figure.title);
	if (b->figure.limit == b->figure.limit) {
		char number[32];

		str_printf(&title, " (limit %s)",
			figure_number(b->figure.limit, number, sizeof number));
	}
	wrap(r, "", str_text(&title), title.n);
	str_release(&title);
	render_figure(r->out, &b->figure, r->columns, r->ascii);
	more_rows(r, b, "values");
}

static void paragraph(struct render *r, const struct document_block *b)
{
	wrap_text(r, "", &b->text);
}

static void facts(struct render *r, const struct document_block *b)
{
	pairs(r, b, FACT_MOST);
}

static void footer(struct render *r, const struct document_block *b)
{
	if (!r->before || r->before->kind != DOC_FOOTER) {
		rule(r, r->columns, false);
		str_putc(r->out, '\n');
	}
	wrap_text(r, "", &b->text);
}

static void (*const blocks[])(struct render *, const struct document_block *) = {
	[DOC_HEADING] = heading,
	[DOC_PARAGRAPH] = paragraph,
	[DOC_FACTS] = facts,
	[DOC_TABLE] = table,
	[DOC_LIST] = list,
	[DOC_TIMELINE] = facts,
	[DOC_LINES] = code,
	[DOC_FIGURE] = figure,
	[DOC_CALLOUT] = callout,
	[DOC_FOOTER] = footer,
};

static void plain_open(struct render *r)
{
	struct str title;

	str_init(&title, LINE_BYTES);
	add_words(r, &title, r->doc->title);
	wrap(r, "", str_text(&title), title.n);
	str_release(&title);
	rule(r, r->columns, true);
	str_putc(r->out, '\n');
}

static void plain_block(struct render *r, const struct document_block *b)
{
	bool after_heading = r->before && r->before->kind == DOC_HEADING;

	if (!after_heading &&
		!(b->kind == DOC_FOOTER && r->before && r->before->kind == DOC_FOOTER))
		str_putc(r->out, '\n');
	if (b->kind == DOC_HEADING && b->level == 2 && r->before)
		str_putc(r->out, '\n');
	blocks[b->kind](r, b);
}

static void plain_shut(struct render *r, const char *cut)
{
	size_t said = 0;

	if (cut) {
		str_putc(r->out, '\n');
		wrap(r, "", cut, strlen(cut));
	}
	if (r->link_count)
		str_puts(r->out, "\nLinks\n");
	for (; said < r->link_count; said++) {
		size_t n = strlen(r->links[said]) + 16;

		if (r->out->n + n + 64 > r->out->max)
			break;
		str_printf(r->out, "%4s%zu] %s\n", "[", said + 1, r->links[said]);
	}
	if (said < r->link_count)
		str_printf(r->out, "  and %zu more\n", r->link_count - said);
}

bool document_to_plain(
	const struct document *d, const struct document_plain *how, struct str *out)
{
	static const struct form form = {plain_open, plain_block, plain_shut};
	struct render r = {.doc = d,
		.out = out,
		.reserve = DOCUMENT_LEAST / 2,
		.columns = how->columns < LEAST_COLUMNS  ? LEAST_COLUMNS
			   : how->columns > MOST_COLUMNS ? MOST_COLUMNS
							 : how->columns,
		.ascii = how->ascii};
	bool whole = render_run(&form, &r);

	mem_free(r.links);
	return whole;
}
