/* Building the tree of a report. Every text is made printable and copied into the
 * document's arena when it is said, so that nothing borrowed and nothing raw is left
 * in the tree. What is over a limit is counted or marked, never silently lost. No I/O;
 * one owner. */
#include "report/document.h"

#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void *grow(struct document *d, size_t size)
{
	void *p = d->full ? NULL : arena_alloc(&d->arena, size);

	d->full = d->full || !p;
	return p;
}

/* "" when the arena is full. */
static const char *keep_line(struct document *d, struct untrusted text)
{
	char line[DOCUMENT_MAX_TEXT + 1];
	char *kept;
	size_t n;

	text_line(text, line, sizeof line);
	n = strlen(line) + 1;
	kept = grow(d, n);
	return kept ? memcpy(kept, line, n) : "";
}

void document_init(struct document *d, struct untrusted title, size_t max_bytes)
{
	*d = (struct document){0};
	arena_init(&d->arena, max_bytes);
	d->title = keep_line(d, title);
}

void document_release(struct document *d)
{
	arena_release(&d->arena);
}

/* --- blocks --- */

static struct document_block *open_block(struct document *d, enum document_kind kind)
{
	struct document_block *b = grow(d, sizeof *b);

	d->at = NULL;
	if (!b)
		return NULL;
	b->kind = kind;
	if (d->last)
		d->last->next = b;
	else
		d->first = b;
	d->last = b;
	d->at = &b->text;
	return b;
}

void document_heading(struct document *d, int level, const char *words)
{
	struct document_block *b = open_block(d, DOC_HEADING);

	if (b)
		b->level = level < 3 ? 2 : 3;
	document_say(d, DOC_PLAIN, "%s", words);
}

void document_paragraph(struct document *d)
{
	open_block(d, DOC_PARAGRAPH);
}

void document_callout(struct document *d, enum document_style tone, const char *title)
{
	struct document_block *b = open_block(d, DOC_CALLOUT);

	if (b)
		b->tone = tone;
	document_say(d, DOC_STRONG, "%s", title);
	document_say(d, DOC_PLAIN, " ");
}

void document_footer(struct document *d)
{
	open_block(d, DOC_FOOTER);
}

void document_facts(struct document *d)
{
	open_block(d, DOC_FACTS);
	d->at = NULL;
}

void document_list(struct document *d)
{
	open_block(d, DOC_LIST);
	d->at = NULL;
}

void document_timeline(struct document *d)
{
	open_block(d, DOC_TIMELINE);
	d->at = NULL;
}

void document_table(
	struct document *d, const struct document_column *columns, size_t count)
{
	struct document_block *b = open_block(d, DOC_TABLE);

	d->at = NULL;
	if (!b)
		return;
	b->column_count = count < DOCUMENT_MAX_COLUMNS ? count : DOCUMENT_MAX_COLUMNS;
	memcpy(b->columns, columns, b->column_count * sizeof *columns);
}

/* --- rows and cells --- */

static struct document_row *add_row(struct document *d, enum document_kind kind)
{
	struct document_block *b = d->last;
	struct document_row *row;

	d->at = NULL;
	if (d->full || !b || b->kind != kind)
		return NULL;
	if (b->rows == DOCUMENT_MAX_ROWS) {
		b->more++;
		return NULL;
	}
	row = grow(d, sizeof *row);
	if (!row)
		return NULL;
	if (b->last)
		b->last->next = row;
	else
		b->first = row;
	b->last = row;
	b->rows++;
	return row;
}

static void add_cell(struct document *d, struct document_row *row)
{
	struct document_cell *cell = row ? grow(d, sizeof *cell) : NULL;

	d->at = NULL;
	if (!cell)
		return;
	if (row->last)
		row->last->next = cell;
	else
		row->first = cell;
	row->last = cell;
	row->cells++;
	d->at = &cell->text;
}

void document_row(struct document *d)
{
	add_row(d, DOC_TABLE);
}

void document_cell(struct document *d)
{
	struct document_block *b = d->last;

	d->at = NULL;
	if (!b || b->kind != DOC_TABLE || !b->last || b->more ||
		b->last->cells == b->column_count)
		return;
	add_cell(d, b->last);
}

void document_fact(struct document *d, const char *key)
{
	struct document_row *row = add_row(d, DOC_FACTS);

	add_cell(d, row);
	document_say(d, DOC_PLAIN, "%s", key);
	add_cell(d, row);
}

void document_item(struct document *d, enum document_mark mark)
{
	struct document_row *row = add_row(d, DOC_LIST);

	if (row)
		row->mark = mark;
	add_cell(d, row);
}

void document_event(struct document *d, const char *time, struct untrusted link)
{
	struct document_row *row = add_row(d, DOC_TIMELINE);

	add_cell(d, row);
	document_link(d, link, untrusted_str(time));
	add_cell(d, row);
}

void document_code(struct document *d, struct untrusted text)
{
	struct document_block *b = open_block(d, DOC_LINES);
	struct untrusted line;

	while (b && untrusted_line(&text, &line)) {
		struct document_row *row;

		if (b->rows == DOCUMENT_MAX_LINES) {
			b->more++;
			continue;
		}
		row = add_row(d, DOC_LINES);
		add_cell(d, row);
		document_text(d, DOC_PLAIN, line);
	}
	d->at = NULL;
}

/* --- figures --- */

static bool copy_figure(struct document *d, struct figure *to, const struct figure *from)
{
	size_t count = from->count < FIGURE_MAX_POINTS ? from->count : FIGURE_MAX_POINTS;
	double *values = grow(d, (count + 1) * sizeof *values);
	const char **labels = from->labels ? grow(d, (count + 1) * sizeof *labels) : NULL;

	if (from->kind == FIGURE_BARS && count > FIGURE_MAX_BARS)
		count = FIGURE_MAX_BARS;
	if (!values || (from->labels && !labels))
		return false;
	*to = *from;
	to->count = count;
	for (size_t i = 0; i < count; i++)
		values[i] = fabs(from->values[i]) <= FIGURE_MOST ? from->values[i] : NAN;
	for (size_t i = 0; labels && i < count; i++)
		labels[i] = keep_line(d, untrusted_str(from->labels[i]));
	to->values = values;
	to->labels = labels;
	to->title = keep_line(d, untrusted_str(from->title));
	to->unit = from->unit ? keep_line(d, untrusted_str(from->unit)) : NULL;
	return !d->full;
}

void document_figure(struct document *d, const struct figure *figure)
{
	struct document_block *b;
	struct figure copy = {0};

	if (d->figures == DOCUMENT_MAX_FIGURES) {
		d->full = true;
		return;
	}
	if (!copy_figure(d, &copy, figure))
		return;
	b = open_block(d, DOC_FIGURE);
	d->at = NULL;
	if (!b)
		return;
	b->figure = copy;
	b->more = figure->count - copy.count;
	b->figure_index = ++d->figures;
}

/* --- words --- */

static struct document_span *add_span(
	struct document *d, enum document_style style, struct untrusted text)
{
	struct document_span *span;

	if (!d->at || untrusted_empty(text))
		return NULL;
	span = grow(d, sizeof *span);
	if (!span)
		return NULL;
	span->style = style;
	span->text = keep_line(d, text);
	if (d->at->last)
		d->at->last->next = span;
	else
		d->at->first = span;
	d->at->last = span;
	return span;
}

void document_say(struct document *d, enum document_style style, const char *fmt, ...)
{
	char words[DOCUMENT_MAX_TEXT + 1];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	add_span(d, style, untrusted_str(words));
}

void document_text(struct document *d, enum document_style style, struct untrusted text)
{
	struct document_span *span = add_span(d, style, text);

	if (span)
		span->foreign = true;
}

void document_link(struct document *d, struct untrusted url, struct untrusted words)
{
	char link[DOCUMENT_MAX_LINK];
	struct document_span *span = add_span(d, DOC_PLAIN, words);
	char *kept;

	if (!span)
		return;
	span->foreign = true;
	if (!text_to_link(url, link, sizeof link))
		return;
	kept = grow(d, strlen(link) + 1);
	span->link = kept ? memcpy(kept, link, strlen(link) + 1) : NULL;
}

void document_blank(struct document *d, const char *what)
{
	add_span(d, DOC_BLANK, untrusted_str(what));
}
