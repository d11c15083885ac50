/* Reading Markdown for the screen. What is not understood is shown as it was written;
 * nothing is ever left out but the marks of what is shown otherwise. Hides how lines join
 * to paragraphs and how far marks reach. Main thread. */
#include "markdown.h"

#include "base/text.h"

#include <string.h>

/* A mark that reaches further is text: whatever a line holds, reading it is quick. */
enum { INDENT_MOST = 12, REACH = 400 };

static bool is_at(struct untrusted text, size_t at, const char *what)
{
	return untrusted_starts(untrusted_slice(text, at, SIZE_MAX), what);
}

static bool is_letter(struct untrusted text, size_t at)
{
	char c[8];

	text_line(untrusted_slice(text, at, 1), c, sizeof c);
	return (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
	       (*c >= '0' && *c <= '9') || *c >= 0x7f;
}

static bool is_digit(struct untrusted text, size_t at)
{
	int64_t digit;

	return untrusted_to_i64(untrusted_slice(text, at, 1), &digit);
}

/* --- marks within a line --- */

/* What was found from `at` on: its text, and what it takes with its marks. */
struct mark {
	enum role role;
	struct untrusted text;
	size_t size;
};

/* As many backticks end it as began it. */
static bool code_mark(struct untrusted text, size_t at, struct mark *out)
{
	size_t n = 0, from, end;

	while (is_at(text, at + n, "`"))
		n++;
	from = at + n;
	for (end = from; n && end < untrusted_size(text) && end < from + REACH;) {
		size_t m = 0;

		while (is_at(text, end + m, "`"))
			m++;
		if (m == n) {
			out->role = ROLE_CODE;
			out->text = untrusted_slice(text, from, end - from);
			out->size = end + n - at;
			return true;
		}
		end += m ? m : 1;
	}
	return false;
}

/* **strong**, __strong__, *em*, _em_, ~~gone~~: what they hold touches them, and '_'
 * within a word is a letter. */
static bool pair_mark(struct untrusted text, size_t at, struct mark *out)
{
	static const struct {
		const char *mark;
		enum role role;
	} pairs[] = {{"**", ROLE_STRONG}, {"__", ROLE_STRONG}, {"~~", ROLE_DIM},
		{"*", ROLE_STRONG}, {"_", ROLE_STRONG}};

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		size_t n = strlen(pairs[i].mark);
		struct untrusted rest = untrusted_slice(text, at + n, REACH);
		bool line = *pairs[i].mark == '_';
		ptrdiff_t end;

		if (!is_at(text, at, pairs[i].mark))
			continue;
		end = untrusted_find(rest, pairs[i].mark);
		if (end <= 0 || is_at(rest, 0, " ") ||
			is_at(rest, (size_t)end - 1, " ") ||
			(line && at && is_letter(text, at - 1)) ||
			(line && is_letter(rest, (size_t)end + n)))
			return false;
		*out = (struct mark){pairs[i].role, untrusted_slice(rest, 0, (size_t)end),
			2 * n + (size_t)end};
		return true;
	}
	return false;
}

/* [words](address), ![words](address); the address is shown where it stands for
 * itself. */
static bool link_mark(struct untrusted text, size_t at, struct mark *out)
{
	size_t from = at + (is_at(text, at, "!") ? 2 : 1);
	struct untrusted rest = untrusted_slice(text, from, REACH), address;
	ptrdiff_t middle = untrusted_find(rest, "]("), end;

	if (middle <= 0)
		return false;
	address = untrusted_slice(rest, (size_t)middle + 2, SIZE_MAX);
	end = untrusted_find(address, ")");
	if (end < 0 || untrusted_find(untrusted_slice(rest, 0, (size_t)middle), "]") >= 0)
		return false;
	*out = (struct mark){ROLE_STRONG, untrusted_slice(rest, 0, (size_t)middle),
		from - at + (size_t)middle + 2 + (size_t)end + 1};
	return true;
}

static bool escape_mark(struct untrusted text, size_t at, struct mark *out)
{
	static const char *const escaped[] = {"\\", "`", "*", "_", "{", "}", "[", "]",
		"(", ")", "#", "+", "-", ".", "!", "|", "~", ">", "<"};

	for (size_t i = 0; i < sizeof escaped / sizeof *escaped; i++)
		if (is_at(text, at + 1, escaped[i])) {
			*out = (struct mark){
				out->role, untrusted_slice(text, at + 1, 1), 2};
			return true;
		}
	return false;
}

static bool find_mark(struct untrusted text, size_t at, struct mark *out)
{
	if (is_at(text, at, "`"))
		return code_mark(text, at, out);
	if (is_at(text, at, "*") || is_at(text, at, "_") || is_at(text, at, "~~"))
		return pair_mark(text, at, out);
	if (is_at(text, at, "[") || is_at(text, at, "!["))
		return link_mark(text, at, out);
	return is_at(text, at, "\\") && escape_mark(text, at, out);
}

static void inline_text(struct page *p, enum role base, struct untrusted text)
{
	size_t from = 0, n = untrusted_size(text);

	for (size_t at = 0; at < n;) {
		struct mark mark = {.role = base};

		if (!find_mark(text, at, &mark)) {
			/* All of a run, so that it is looked at once. */
			do
				at++;
			while (at < n && is_at(text, at, "`") &&
				is_at(text, at - 1, "`"));
			continue;
		}
		page_add(p, base, untrusted_slice(text, from, at - from));
		page_add(p, mark.role, mark.text);
		at = from = at + mark.size;
	}
	page_add(p, base, untrusted_slice(text, from, SIZE_MAX));
}

/* --- tables --- */

/* "|---|:-:|": nothing but these marks, and three of them. */
static bool is_rule(struct untrusted line)
{
	struct untrusted body = untrusted_trim(line);
	size_t dashes = 0, n = untrusted_size(body);

	for (size_t i = 0; i < n; i++) {
		if (is_at(body, i, "-"))
			dashes++;
		else if (!is_at(body, i, "|") && !is_at(body, i, ":") &&
			 !is_at(body, i, " "))
			return false;
	}
	return dashes > 0 && untrusted_find(body, "|") >= 0;
}

/* Up to a '|' that is neither escaped nor code. False: there is no more. */
static bool next_cell(struct untrusted *rest, struct untrusted *cell)
{
	size_t at = 0, n = untrusted_size(*rest);

	if (!n)
		return false;
	while (at < n && !is_at(*rest, at, "|")) {
		struct mark code = {0};

		if (is_at(*rest, at, "\\"))
			at += 2;
		else if (is_at(*rest, at, "`") && code_mark(*rest, at, &code))
			at += code.size;
		else
			at++;
	}
	*cell = untrusted_trim(untrusted_slice(*rest, 0, at));
	*rest = untrusted_slice(*rest, at + 1, SIZE_MAX);
	return true;
}

static void table_row(struct markdown *m, struct untrusted line)
{
	struct untrusted rest = untrusted_trim(line), cell;
	struct page *p = m->page;
	bool first = true;

	m->table++;
	if (m->table == 2 && is_rule(line)) {
		struct page_line *head = &p->lines[p->count - 1];

		for (size_t i = 0; i < head->count; i++)
			head->spans[i].role = ROLE_HEADER;
		return;
	}
	if (untrusted_starts(rest, "|"))
		rest = untrusted_slice(rest, 1, SIZE_MAX);
	page_row(p, m->table == 1);
	while (next_cell(&rest, &cell)) {
		if (!first)
			page_next_cell(p);
		inline_text(p, first ? ROLE_STRONG : ROLE_TEXT, cell);
		first = false;
	}
}

/* --- lines --- */

/* "- ", "* ", "+ ", "12. ", "3) ": its size, or 0. */
static size_t item_mark(struct untrusted body)
{
	static const char *const bullets[] = {"- ", "* ", "+ "};
	size_t n = 0;

	for (int i = 0; i < 3; i++)
		if (untrusted_starts(body, bullets[i]))
			return 2;
	while (n < 9 && is_digit(body, n))
		n++;
	return n && (is_at(body, n, ". ") || is_at(body, n, ") ")) ? n + 2 : 0;
}

/* "[ ] " and "[x] " behind the mark of an item. */
static const char *task_mark(struct untrusted body, enum role *role)
{
	bool done = untrusted_starts(body, "[x] ") || untrusted_starts(body, "[X] ");

	*role = done ? ROLE_OK : ROLE_WARNING;
	return done ? "[x] " : untrusted_starts(body, "[ ] ") ? "[ ] " : NULL;
}

static size_t indent_of(struct untrusted line)
{
	size_t n = 0;

	while (is_at(line, n, " ") || is_at(line, n, "\t"))
		n++;
	return n;
}

static void item_row(struct markdown *m, struct untrusted line, size_t mark)
{
	struct untrusted body = untrusted_trim(line);
	size_t indent = indent_of(line);
	struct untrusted words = untrusted_slice(body, mark, SIZE_MAX);
	enum role role;
	const char *task = task_mark(words, &role);

	indent = indent > INDENT_MOST ? INDENT_MOST : indent;
	m->indent = (int)indent + 2 + (task ? 4 : (int)mark);
	page_line(m->page, m->indent, false);
	page_printf(m->page, ROLE_DIM, "  %*s", (int)indent, "");
	if (task)
		page_puts(m->page, role, task);
	else if (mark == 2)
		page_printf(m->page, ROLE_DIM, "%s ", canvas_glyph(GLYPH_BULLET));
	else
		page_add(m->page, ROLE_DIM, untrusted_slice(body, 0, mark));
	inline_text(m->page, ROLE_TEXT,
		untrusted_slice(words, task ? strlen(task) : 0, SIZE_MAX));
	m->flows = true;
}

static int heading_level(struct untrusted line)
{
	int n = 0;

	while (n < 6 && is_at(line, (size_t)n, "#"))
		n++;
	return n && is_at(line, (size_t)n, " ") ? n : 0;
}

static bool is_line(struct untrusted body)
{
	return untrusted_is(body, "---") || untrusted_is(body, "***") ||
	       untrusted_is(body, "___");
}

static void quote_row(struct markdown *m, struct untrusted body)
{
	page_line(m->page, 2, false);
	page_printf(m->page, ROLE_DIM, "%s ", canvas_glyph(GLYPH_V));
	inline_text(
		m->page, ROLE_TEXT, untrusted_trim(untrusted_slice(body, 1, SIZE_MAX)));
	m->flows = false;
}

static void plain_row(struct markdown *m, struct untrusted body)
{
	if (m->flows && !untrusted_empty(body))
		page_puts(m->page, ROLE_TEXT, " ");
	else
		page_line(m->page, 0, false);
	m->flows = !untrusted_empty(body);
	inline_text(m->page, ROLE_TEXT, body);
}

void markdown_break(struct markdown *m)
{
	m->flows = false;
	m->table = 0;
}

void markdown_line(struct markdown *m, struct untrusted line, struct untrusted next)
{
	struct untrusted body = untrusted_trim(line);
	int level = heading_level(line);
	size_t mark = item_mark(body);

	if (untrusted_starts(body, "|") ||
		(untrusted_find(body, "|") >= 0 && (m->table || is_rule(next)))) {
		m->flows = false;
		table_row(m, line);
		return;
	}
	m->table = 0;
	if (level) {
		markdown_break(m);
		page_line(m->page, 0, false);
		inline_text(m->page, level < 3 ? ROLE_HEADER : ROLE_STRONG,
			untrusted_slice(line, (size_t)level + 1, SIZE_MAX));
	} else if (is_line(body)) {
		markdown_break(m);
		page_line(m->page, 0, false);
		page_add(m->page, ROLE_DIM, body);
	} else if (mark) {
		item_row(m, line, mark);
	} else if (untrusted_starts(body, ">")) {
		quote_row(m, body);
	} else {
		plain_row(m, body);
	}
}
