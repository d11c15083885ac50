/* Writing Markdown line by line. Hides what stands before a line (items, quotes,
 * headings), where blanks go, what of the text would be marks and is escaped, and how
 * long a fence has to be. Any thread. */
#include "docs_mark.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { LINK_BYTES = 300, NOWHERE = MARK_NOWHERE };

void mark_init(struct mark *m, size_t most)
{
	*m = (struct mark){.code = NOWHERE, .link = NOWHERE, .pre = NOWHERE};
	str_init(&m->out, most);
}

void mark_release(struct mark *m)
{
	str_release(&m->out);
}

/* --- lines --- */

static void put_prefix(struct mark *m)
{
	if (!m->quotes && !m->level && !m->list_count)
		return;
	for (int i = 0; i < m->quotes; i++)
		str_puts(&m->out, "> ");
	for (int i = 1; i < m->list_count; i++)
		str_puts(&m->out, "  ");
	if (m->item && m->list_count && m->lists[m->list_count - 1].numbers)
		str_printf(&m->out, "%d. ", ++m->lists[m->list_count - 1].number);
	else if (m->item && m->list_count)
		str_puts(&m->out, "- ");
	else if (m->list_count)
		str_puts(&m->out, "  ");
	m->item = false;
	for (int i = 0; i < m->level; i++)
		str_putc(&m->out, '#');
	if (m->level)
		str_putc(&m->out, ' ');
}

/* Between `at` and the end, as it is. */
static void insert(struct str *s, size_t at, const char *text)
{
	size_t n = strlen(text), old = s->n;

	if (!str_puts(s, text))
		return;
	memmove(s->p + at + n, s->p + at, old - at);
	memcpy(s->p + at, text, n);
}

static size_t longest_run(const struct str *s, size_t from, char c)
{
	size_t most = 0, run = 0;

	for (size_t i = from; i < s->n; i++) {
		run = s->p[i] == c ? run + 1 : 0;
		most = run > most ? run : most;
	}
	return most;
}

void mark_end_code(struct mark *m)
{
	char marks[40] = "";
	size_t n;

	if (m->code == NOWHERE)
		return;
	n = longest_run(&m->out, (size_t)m->code, '`') + 1;
	/* Nobody writes that; what they are does not matter. */
	for (size_t i = (size_t)m->code; n >= sizeof marks - 2 && i < m->out.n; i++)
		if (m->out.p[i] == '`')
			m->out.p[i] = '\'';
	n = n >= sizeof marks - 2 ? 1 : n;
	if ((size_t)m->code < m->out.n) {
		bool padded = n > 1;

		memset(marks, '`', n);
		if (padded)
			marks[n] = ' ';
		insert(&m->out, (size_t)m->code, marks);
		if (padded)
			str_putc(&m->out, ' ');
		marks[n] = '\0';
		str_puts(&m->out, marks);
	}
	m->code = NOWHERE;
}

void mark_end_link(struct mark *m)
{
	char address[LINK_BYTES];

	if (m->link != NOWHERE && (size_t)m->link < m->out.n && m->code == NOWHERE &&
		untrusted_size(m->href) < sizeof address &&
		text_to_link(m->href, address, sizeof address) &&
		!strpbrk(address, "()[] ")) {
		insert(&m->out, (size_t)m->link, "[");
		str_printf(&m->out, "](%s)", address);
	}
	m->link = NOWHERE;
}

/* What is open in a line ends with it. */
static void end_inline(struct mark *m)
{
	mark_end_code(m);
	mark_end_link(m);
}

/* The line ends; in a cell it goes on. */
void mark_end_line(struct mark *m)
{
	if (m->pre != NOWHERE)
		return;
	if (m->cell) {
		m->space = m->text;
		return;
	}
	end_inline(m);
	if (m->text)
		str_puts(&m->out, "\n\n");
	m->text = m->space = false;
}

/* Items stand below each other. */
void mark_end_item(struct mark *m)
{
	if (m->text && !m->cell) {
		end_inline(m);
		str_putc(&m->out, '\n');
		m->text = m->space = false;
	}
}

/* At the start of a line it would be a heading, an item, a fence, a quote, a rule. */
static bool marks_line(const char *p, size_t n)
{
	size_t digits = 0;

	while (digits < n && p[digits] >= '0' && p[digits] <= '9')
		digits++;
	return *p == '#' || *p == '>' || *p == '-' || *p == '+' || *p == '|' ||
	       *p == '~' || *p == '=' ||
	       (digits && digits < n && (p[digits] == '.' || p[digits] == ')'));
}

bool mark_is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Marks within a line; '_' is one only where a word ends. */
static bool marks_text(const struct mark *m, const char *p, size_t n)
{
	const struct str *out = &m->out;
	bool before = out->n && mark_is_name(out->p[out->n - 1]),
	     behind = n > 1 && mark_is_name(p[1]);

	if (m->code != NOWHERE)
		return m->table == MARK_ROWS && *p == '|';
	return *p == '*' || *p == '`' || *p == '[' || *p == ']' || *p == '\\' ||
	       *p == '~' || (*p == '_' && !(before && behind)) ||
	       (m->table == MARK_ROWS && *p == '|');
}

/* "# ", "- ", "12. ": its last sign is escaped. How many bytes of it were written. */
static size_t begin_text(struct mark *m, const char *p, size_t n)
{
	size_t digits = 0;

	m->text = true;
	if (m->cell)
		return 0;
	put_prefix(m);
	if (m->level || !marks_line(p, n))
		return 0;
	while (p[digits] >= '0' && p[digits] <= '9')
		digits++;
	str_add(&m->out, p, digits);
	str_putc(&m->out, '\\');
	str_putc(&m->out, p[digits]);
	return digits + 1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* The blank that does not break lines. */
static bool is_hard_blank(const char *p, size_t n)
{
	return n > 1 && (unsigned char)p[0] == 0xc2 && (unsigned char)p[1] == 0xa0;
}

void mark_words(struct mark *m, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool hard = is_hard_blank(p + i, n - i);

		if (hard || is_blank(p[i])) {
			m->space = m->text;
			i += hard;
			continue;
		}
		if (m->space)
			str_putc(&m->out, ' ');
		m->space = false;
		if (!m->text) {
			size_t done = begin_text(m, p + i, n - i);

			if (done) {
				i += done - 1;
				continue;
			}
		}
		if (marks_text(m, p + i, n - i))
			str_putc(&m->out, '\\');
		str_putc(&m->out, p[i]);
	}
}

/* --- code and links --- */

void mark_begin_inline(struct mark *m, ptrdiff_t *at)
{
	if (m->pre != NOWHERE)
		return;
	if (m->space) {
		str_putc(&m->out, ' ');
		m->space = false;
	}
	if (!m->text && !m->cell)
		put_prefix(m);
	m->text = true;
	*at = (ptrdiff_t)m->out.n;
}

/* --- blocks of code --- */

void mark_begin_pre(struct mark *m)
{
	mark_end_line(m);
	m->pre = (ptrdiff_t)m->out.n;
}

void mark_end_pre(struct mark *m)
{
	char fence[40] = "", head[80];
	size_t from = (size_t)m->pre, n;

	m->pre = NOWHERE;
	while (m->out.n > from &&
		(m->out.p[m->out.n - 1] == '\n' || m->out.p[m->out.n - 1] == ' '))
		m->out.p[--m->out.n] = '\0';
	if (m->out.n > from && m->out.p[from] == '\n') {
		memmove(m->out.p + from, m->out.p + from + 1, m->out.n - from);
		m->out.n--;
	}
	n = longest_run(&m->out, from, '`') + 1;
	n = n < 3 ? 3 : n;
	if (m->out.n == from || n >= sizeof fence) {
		*m->language = '\0';
		return;
	}
	memset(fence, '`', n);
	snprintf(head, sizeof head, "%s%s\n", fence, m->language);
	insert(&m->out, from, head);
	str_printf(&m->out, "\n%s\n\n", fence);
	*m->language = '\0';
	m->text = m->space = false;
}

/* --- tables --- */

/* A cell that holds blocks: the table arranges a page, and is none. */
void mark_unroll(struct mark *m)
{
	if (m->table != MARK_ROWS)
		return;
	m->table = MARK_LAYOUT;
	end_inline(m);
	/* Its first cell has nothing in it yet. */
	if (m->cells == 1 && !m->rows && !m->text && m->out.n >= 2)
		m->out.p[m->out.n -= 2] = '\0';
	else if (m->cells)
		str_puts(&m->out, "\n\n");
	if (m->cells)
		m->text = m->space = false;
	m->cell = false;
	m->cells = 0;
}

void mark_cell(struct mark *m)
{
	if (m->table != MARK_ROWS) {
		mark_end_line(m);
		return;
	}
	end_inline(m);
	if (!m->cells)
		mark_end_line(m);
	str_puts(&m->out, m->cells++ ? " | " : "| ");
	m->cell = true;
	m->text = m->space = false;
}

void mark_end_cell(struct mark *m)
{
	if (m->table != MARK_ROWS)
		return;
	end_inline(m);
	m->cell = false;
}

void mark_end_row(struct mark *m)
{
	if (m->table != MARK_ROWS || !m->cells)
		return;
	end_inline(m);
	str_puts(&m->out, " |\n");
	if (!m->rows++) {
		for (int i = 0; i < m->cells; i++)
			str_puts(&m->out, i ? "---|" : "|---|");
		str_putc(&m->out, '\n');
	}
	m->cells = 0;
	m->cell = m->text = m->space = false;
}

void mark_end_table(struct mark *m)
{
	mark_end_row(m);
	if (m->table == MARK_ROWS && m->rows)
		str_putc(&m->out, '\n');
	m->table = MARK_NO_TABLE;
	m->rows = m->cells = 0;
	m->cell = false;
	mark_end_line(m);
}
