/* The Markdown form: CommonMark with GitHub's tables and task lists, for a chat, a wiki
 * or a file. Foreign words are escaped where they stand, addresses percent-encoded, and
 * a fence is longer than any run of backticks within. Any thread. */
#include "base/text.h"
#include "render.h"

#include <string.h>

static void words(struct render *r, const char *text)
{
	text_add_markdown(r->out, untrusted_str(text));
}

static bool parts_words(char c)
{
	return c == ' ' || c == ';' || c == ',' || c == ':';
}

static void outside(struct render *r, const char *text, size_t n)
{
	text_add_markdown(r->out, untrusted_make(text, n));
}

/* Emphasis marks must touch what they mark, and between a word and a ; they mark nothing:
 * what parts words goes outside. */
static void marked(struct render *r, const char *mark, const char *text)
{
	size_t n = strlen(text), lead = 0, end = n;

	while (lead < n && parts_words(text[lead]))
		lead++;
	while (end > lead && parts_words(text[end - 1]))
		end--;
	outside(r, text, lead);
	if (end > lead) {
		str_puts(r->out, mark);
		outside(r, text + lead, end - lead);
		str_puts(r->out, mark);
	}
	outside(r, text + end, n - end);
}

static bool is_bold(const struct document_span *s)
{
	return !s->link &&
	       (s->style == DOC_STRONG || s->style == DOC_BAD || s->style == DOC_WARN);
}

/* Bold ones behind each other are marked as one: between two, **** would be read as
 * neither. Returns the last. */
static const struct document_span *bold_run(
	struct render *r, const struct document_span *s, size_t skip)
{
	struct str all;

	str_init(&all, 1 << 20);
	str_puts(&all, s->text + skip);
	while (s->next && is_bold(s->next)) {
		s = s->next;
		str_puts(&all, s->text);
	}
	marked(r, "**", str_text(&all));
	str_release(&all);
	return s;
}

static size_t longest_ticks(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t n = strspn(text, "`");

		longest = n > longest ? n : longest;
		text += n ? n : 1;
	}
	return longest;
}

/* In a table a | ends the cell even inside of ticks, so words are escaped instead. */
static void ticked(struct render *r, const char *text)
{
	if (strpbrk(text, "`|\\") || text[0] == ' ') {
		words(r, text);
		return;
	}
	str_printf(r->out, "`%s`", text);
}

static void span(struct render *r, const struct document_span *s)
{
	switch (s->style) {
	case DOC_STRONG:
	case DOC_BAD:
	case DOC_WARN:
		marked(r, "**", s->text);
		break;
	case DOC_CODE:
		ticked(r, s->text);
		break;
	case DOC_BLANK:
		str_puts(r->out, "**\\[to fill in: ");
		words(r, s->text);
		str_puts(r->out, "\\]**");
		break;
	default:
		words(r, s->text);
	}
}

static void text(struct render *r, const struct document_text *t)
{
	for (const struct document_span *s = t->first; s; s = s->next) {
		struct document_span rest = *s;

		/* Only at its start does a line read blanks as something else. */
		if (s != t->first && s->text[0] == ' ' && !s->link) {
			str_putc(r->out, ' ');
			rest.text++;
		}
		if (s == t->first && s->foreign &&
			text_is_formula(untrusted_str(s->text)))
			str_putc(r->out, '\'');
		if (is_bold(s)) {
			s = bold_run(r, s, (size_t)(rest.text - s->text));
			continue;
		}
		if (s->link)
			str_putc(r->out, '[');
		span(r, &rest);
		if (s->link) {
			str_puts(r->out, "](");
			render_link(r->out, s->link);
			str_putc(r->out, ')');
		}
	}
}

static void line(struct render *r, const char *before, const struct document_text *t)
{
	str_puts(r->out, before);
	text(r, t);
	str_putc(r->out, '\n');
}

static void more_rows(struct render *r, const struct document_block *b)
{
	if (b->more)
		str_printf(r->out, "\nand %zu more\n", b->more);
}

static void heading(struct render *r, const struct document_block *b)
{
	line(r, b->level == 2 ? "## " : "### ", &b->text);
}

static void paragraph(struct render *r, const struct document_block *b)
{
	line(r, "", &b->text);
}

static void callout(struct render *r, const struct document_block *b)
{
	line(r, "> ", &b->text);
}

static void footer(struct render *r, const struct document_block *b)
{
	if (!r->before || r->before->kind != DOC_FOOTER)
		str_puts(r->out, "---\n\n");
	line(r, "", &b->text);
}

static void facts(struct render *r, const struct document_block *b)
{
	for (const struct document_row *row = b->first; row; row = row->next) {
		str_puts(r->out, "- **");
		if (row->first)
			text(r, &row->first->text);
		str_puts(r->out, ":** ");
		if (row->first && row->first->next)
			text(r, &row->first->next->text);
		str_putc(r->out, '\n');
	}
	more_rows(r, b);
}

static void table_rows(
	struct render *r, const struct document_row *row, size_t column_count)
{
	for (; row; row = row->next) {
		const struct document_cell *cell = row->first;

		for (size_t c = 0; c < column_count; c++) {
			str_puts(r->out, "| ");
			if (cell)
				text(r, &cell->text);
			str_putc(r->out, ' ');
			cell = cell ? cell->next : NULL;
		}
		str_puts(r->out, "|\n");
	}
}

static void table(struct render *r, const struct document_block *b)
{
	for (size_t c = 0; c < b->column_count; c++) {
		str_puts(r->out, "| ");
		words(r, b->columns[c].title);
		str_putc(r->out, ' ');
	}
	str_puts(r->out, "|\n");
	for (size_t c = 0; c < b->column_count; c++)
		str_puts(r->out, b->columns[c].right ? "|---:" : "|---");
	str_puts(r->out, "|\n");
	table_rows(r, b->first, b->column_count);
	more_rows(r, b);
}

static void timeline(struct render *r, const struct document_block *b)
{
	str_puts(r->out, "| Time | What |\n|---|---|\n");
	table_rows(r, b->first, 2);
	more_rows(r, b);
}

static void list(struct render *r, const struct document_block *b)
{
	static const char *const marks[] = {
		[DOC_BULLET] = "- ",
		[DOC_NUMBER] = "1. ",
		[DOC_OPEN] = "- [ ] ",
		[DOC_DONE] = "- [x] ",
	};

	/* Two lists behind each other would become one. */
	if (r->before && r->before->kind == DOC_LIST)
		str_puts(r->out, "<!-- -->\n\n");
	for (const struct document_row *row = b->first; row; row = row->next)
		if (row->first)
			line(r, marks[row->mark], &row->first->text);
	more_rows(r, b);
}

static void fence(struct render *r, size_t ticks)
{
	for (size_t i = 0; i < (ticks < 3 ? 3 : ticks); i++)
		str_putc(r->out, '`');
	str_putc(r->out, '\n');
}

static void code(struct render *r, const struct document_block *b)
{
	size_t ticks = 0;

	for (const struct document_row *row = b->first; row; row = row->next)
		if (row->first && row->first->text.first) {
			size_t n = longest_ticks(row->first->text.first->text) + 1;

			ticks = n > ticks ? n : ticks;
		}
	fence(r, ticks);
	for (const struct document_row *row = b->first; row; row = row->next) {
		if (row->first && row->first->text.first)
			str_puts(r->out, row->first->text.first->text);
		str_putc(r->out, '\n');
	}
	fence(r, ticks);
	more_rows(r, b);
}

static void figure(struct render *r, const struct document_block *b)
{
	const struct figure *f = &b->figure;
	struct str drawn;
	size_t ticks;
	char number[32];

	str_init(&drawn, 1 << 16);
	render_figure(&drawn, f, 60, false);
	ticks = longest_ticks(str_text(&drawn)) + 1;
	marked(r, "**", f->title);
	if (f->limit == f->limit)
		str_printf(r->out, " (limit %s)",
			figure_number(f->limit, number, sizeof number));
	str_puts(r->out, "\n\n");
	fence(r, ticks);
	str_puts(r->out, str_text(&drawn));
	fence(r, ticks);
	str_release(&drawn);
	more_rows(r, b);
}

static void (*const blocks[])(struct render *, const struct document_block *) = {
	[DOC_HEADING] = heading,
	[DOC_PARAGRAPH] = paragraph,
	[DOC_FACTS] = facts,
	[DOC_TABLE] = table,
	[DOC_LIST] = list,
	[DOC_TIMELINE] = timeline,
	[DOC_LINES] = code,
	[DOC_FIGURE] = figure,
	[DOC_CALLOUT] = callout,
	[DOC_FOOTER] = footer,
};

static void markdown_open(struct render *r)
{
	str_puts(r->out, "# ");
	words(r, r->doc->title);
	str_putc(r->out, '\n');
}

static void markdown_block(struct render *r, const struct document_block *b)
{
	str_putc(r->out, '\n');
	blocks[b->kind](r, b);
}

static void markdown_shut(struct render *r, const char *cut)
{
	if (cut)
		str_printf(r->out, "\n**%s**\n", cut);
}

bool document_to_markdown(const struct document *d, struct str *out)
{
	static const struct form form = {markdown_open, markdown_block, markdown_shut};
	struct render r = {.doc = d, .out = out, .reserve = DOCUMENT_LEAST / 2};

	return render_run(&form, &r);
}
