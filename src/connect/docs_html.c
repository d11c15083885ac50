/* HTML to Markdown, in one pass over libxml2's events: no tree is built. Hides how
 * blocks, lists and tables become lines, which part of a page is the page itself, and
 * what of its text would be marks and is escaped. The parser is libxml2's, looked up anew
 * for each page, so that no thread waits for another. Any thread, one page each. */
#include "docs_html.h"

#include "base/str.h"
#include "base/text.h"

#include <dlfcn.h>
#include <libxml/HTMLparser.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	DEPTH = 300,
	LISTS = 8,
	TAG_PARTS = 2000, /* blanks and signs in one tag */
	MAIN_LEAST = 200, /* bytes of what claims to be the page itself */
	LOGIN_MOST = 1200,
	LINK_BYTES = 300,
	TITLE_BYTES = 300,
	NOWHERE = -1,
};

struct library {
	__typeof__(&htmlCreatePushParserCtxt) open;
	__typeof__(&htmlCtxtUseOptions) options;
	__typeof__(&htmlParseChunk) chunk;
	__typeof__(&htmlFreeParserCtxt) end;
	__typeof__(&xmlStopParser) stop;
	__typeof__(&xmlInitParser) init;
};

struct reader {
	const struct library *library;
	htmlParserCtxtPtr parser;
	struct arena *arena;
	struct html_page *page;
	struct str out, title;
	int depth, skip; /* skip: the depth from which nothing counts; 0: all counts */
	bool deep;
	/* The line that is written. */
	bool text, space; /* it has some; a blank is due before the next */
	int level;        /* of a heading, or 0 */
	bool item;        /* its mark is due */
	int quotes;
	struct {
		bool numbers;
		int number;
	} lists[LISTS];
	int list_count;
	/* Code, links: where they began in out. */
	ptrdiff_t code, link;
	struct untrusted href;
	ptrdiff_t pre; /* where its text begins */
	char language[24];
	int pre_depth;
	/* Tables: 0 none, 1 rows, 2 one that only lays out. */
	int table, table_depth, rows, cells;
	bool cell;
	/* The part that is the page. */
	int main_depth;
	size_t main_from, best_from, best_size;
	bool in_title, heading_done;
	bool password;
};

/* --- the library --- */

static bool open_library(struct library *l, struct err *err)
{
	const struct {
		const char *name;
		void *to;
	} names[] = {
		{"htmlCreatePushParserCtxt", &l->open},
		{"htmlCtxtUseOptions", &l->options},
		{"htmlParseChunk", &l->chunk},
		{"htmlFreeParserCtxt", &l->end},
		{"xmlStopParser", &l->stop},
		{"xmlInitParser", &l->init},
	};
	void *library = dlopen("libxml2.so.2", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return err_set(err, ERR_MISSING,
			"libxml2.so.2 cannot be opened: install libxml2 (Debian)");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		void *found = dlsym(library, names[i].name);

		if (!found)
			return err_set(err, ERR_MISSING, "this libxml2 has no %s()",
				names[i].name);
		*(void **)names[i].to = found;
	}
	l->init();
	return true;
}

/* --- attributes --- */

static const char *attribute(const xmlChar **attrs, const char *name)
{
	for (; attrs && *attrs; attrs += 2)
		if (!strcasecmp((const char *)attrs[0], name))
			return attrs[1] ? (const char *)attrs[1] : "";
	return NULL;
}

/* A word of the attribute. */
static bool has_word(const xmlChar **attrs, const char *name, const char *word)
{
	struct untrusted rest = untrusted_str(attribute(attrs, name)), one;

	while (untrusted_word(&rest, " \t\r\n", &one))
		if (untrusted_is(one, word))
			return true;
	return false;
}

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

/* Before a heading of the page's own the top of a site is a menu as well. */
static bool is_around(const char *name, const xmlChar **attrs)
{
	static const char *const never[] = {"script", "style", "template", "svg",
		"noscript", "iframe", "object", "select", "textarea", "button", "nav",
		"footer", "aside", "math", NULL};
	static const char *const roles[] = {
		"navigation", "banner", "contentinfo", "search", "complementary", NULL};
	const char *style = attribute(attrs, "style");

	if (is_one_of(name, never) || attribute(attrs, "hidden") ||
		has_word(attrs, "aria-hidden", "true") ||
		(style && strstr(style, "display:none")) ||
		(!strcmp(name, "a") && (has_word(attrs, "class", "headerlink") ||
					       has_word(attrs, "class", "anchor"))))
		return true;
	for (size_t i = 0; roles[i]; i++)
		if (has_word(attrs, "role", roles[i]))
			return true;
	return false;
}

static bool is_main(const char *name, const xmlChar **attrs)
{
	static const char *const ids[] = {"content", "main-content", "mw-content-text",
		"main", "bodyContent", "wiki-content", NULL};
	const char *id = attribute(attrs, "id");

	return !strcmp(name, "main") || !strcmp(name, "article") ||
	       has_word(attrs, "role", "main") || (id && is_one_of(id, ids));
}

/* --- lines --- */

static void put_prefix(struct reader *r)
{
	if (!r->quotes && !r->level && !r->list_count)
		return;
	for (int i = 0; i < r->quotes; i++)
		str_puts(&r->out, "> ");
	for (int i = 1; i < r->list_count; i++)
		str_puts(&r->out, "  ");
	if (r->item && r->list_count && r->lists[r->list_count - 1].numbers)
		str_printf(&r->out, "%d. ", ++r->lists[r->list_count - 1].number);
	else if (r->item && r->list_count)
		str_puts(&r->out, "- ");
	else if (r->list_count)
		str_puts(&r->out, "  ");
	r->item = false;
	for (int i = 0; i < r->level; i++)
		str_putc(&r->out, '#');
	if (r->level)
		str_putc(&r->out, ' ');
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

static void end_code(struct reader *r)
{
	char marks[40] = "";
	size_t n;

	if (r->code == NOWHERE)
		return;
	n = longest_run(&r->out, (size_t)r->code, '`') + 1;
	/* Nobody writes that; what they are does not matter. */
	for (size_t i = (size_t)r->code; n >= sizeof marks - 2 && i < r->out.n; i++)
		if (r->out.p[i] == '`')
			r->out.p[i] = '\'';
	n = n >= sizeof marks - 2 ? 1 : n;
	if ((size_t)r->code < r->out.n) {
		bool padded = n > 1;

		memset(marks, '`', n);
		if (padded)
			marks[n] = ' ';
		insert(&r->out, (size_t)r->code, marks);
		if (padded)
			str_putc(&r->out, ' ');
		marks[n] = '\0';
		str_puts(&r->out, marks);
	}
	r->code = NOWHERE;
}

static void end_link(struct reader *r)
{
	char address[LINK_BYTES];

	if (r->link != NOWHERE && (size_t)r->link < r->out.n && r->code == NOWHERE &&
		untrusted_size(r->href) < sizeof address &&
		text_to_link(r->href, address, sizeof address) &&
		!strpbrk(address, "()[] ")) {
		insert(&r->out, (size_t)r->link, "[");
		str_printf(&r->out, "](%s)", address);
	}
	r->link = NOWHERE;
}

/* What is open in a line ends with it. */
static void end_inline(struct reader *r)
{
	end_code(r);
	end_link(r);
}

/* The line ends; in a cell it goes on. */
static void end_line(struct reader *r)
{
	if (r->pre != NOWHERE)
		return;
	if (r->cell) {
		r->space = r->text;
		return;
	}
	end_inline(r);
	if (r->text)
		str_puts(&r->out, "\n\n");
	r->text = r->space = false;
}

/* Items stand below each other. */
static void end_item(struct reader *r)
{
	if (r->text && !r->cell) {
		end_inline(r);
		str_putc(&r->out, '\n');
		r->text = r->space = false;
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

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Marks within a line; '_' is one only where a word ends. */
static bool marks_text(const struct reader *r, const char *p, size_t n)
{
	const struct str *out = &r->out;
	bool before = out->n && is_name(out->p[out->n - 1]),
	     behind = n > 1 && is_name(p[1]);

	if (r->code != NOWHERE)
		return r->table == 1 && *p == '|';
	return *p == '*' || *p == '`' || *p == '[' || *p == ']' || *p == '\\' ||
	       *p == '~' || (*p == '_' && !(before && behind)) ||
	       (r->table == 1 && *p == '|');
}

/* "# ", "- ", "12. ": its last sign is escaped. How many bytes of it were written. */
static size_t begin_text(struct reader *r, const char *p, size_t n)
{
	size_t digits = 0;

	r->text = true;
	if (r->cell)
		return 0;
	put_prefix(r);
	if (r->level || !marks_line(p, n))
		return 0;
	while (p[digits] >= '0' && p[digits] <= '9')
		digits++;
	str_add(&r->out, p, digits);
	str_putc(&r->out, '\\');
	str_putc(&r->out, p[digits]);
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

static void put_words(struct reader *r, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool hard = is_hard_blank(p + i, n - i);

		if (hard || is_blank(p[i])) {
			r->space = r->text;
			i += hard;
			continue;
		}
		if (r->space)
			str_putc(&r->out, ' ');
		r->space = false;
		if (!r->text) {
			size_t done = begin_text(r, p + i, n - i);

			if (done) {
				i += done - 1;
				continue;
			}
		}
		if (marks_text(r, p + i, n - i))
			str_putc(&r->out, '\\');
		str_putc(&r->out, p[i]);
	}
}

/* --- code and links --- */

static void begin_inline(struct reader *r, ptrdiff_t *at)
{
	if (r->pre != NOWHERE || r->skip)
		return;
	if (r->space) {
		str_putc(&r->out, ' ');
		r->space = false;
	}
	if (!r->text && !r->cell)
		put_prefix(r);
	r->text = true;
	*at = (ptrdiff_t)r->out.n;
}

static void add_link(struct reader *r, const char *href)
{
	if (r->page->link_count == HTML_LINKS || !*href || *href == '#')
		return;
	r->page->links[r->page->link_count] =
		untrusted_copy(r->arena, untrusted_str(href));
	if (!untrusted_empty(r->page->links[r->page->link_count]))
		r->page->link_count++;
}

/* --- blocks of code --- */

static void take_language(struct reader *r, const xmlChar **attrs)
{
	struct untrusted rest = untrusted_str(attribute(attrs, "class")), word;

	while (!*r->language && untrusted_word(&rest, " \t\r\n", &word)) {
		static const char *const begins[] = {"language-", "lang-", "highlight-"};

		for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
			if (untrusted_starts(word, begins[i]))
				text_to_id(untrusted_slice(
						   word, strlen(begins[i]), SIZE_MAX),
					r->language, sizeof r->language);
	}
}

static void begin_pre(struct reader *r, const xmlChar **attrs)
{
	end_line(r);
	r->pre = (ptrdiff_t)r->out.n;
	r->pre_depth = r->depth;
	take_language(r, attrs);
}

static void end_pre(struct reader *r)
{
	char fence[40] = "", head[80];
	size_t from = (size_t)r->pre, n;

	r->pre = NOWHERE;
	while (r->out.n > from &&
		(r->out.p[r->out.n - 1] == '\n' || r->out.p[r->out.n - 1] == ' '))
		r->out.p[--r->out.n] = '\0';
	if (r->out.n > from && r->out.p[from] == '\n') {
		memmove(r->out.p + from, r->out.p + from + 1, r->out.n - from);
		r->out.n--;
	}
	n = longest_run(&r->out, from, '`') + 1;
	n = n < 3 ? 3 : n;
	if (r->out.n == from || n >= sizeof fence) {
		*r->language = '\0';
		return;
	}
	memset(fence, '`', n);
	snprintf(head, sizeof head, "%s%s\n", fence, r->language);
	insert(&r->out, from, head);
	str_printf(&r->out, "\n%s\n\n", fence);
	*r->language = '\0';
	r->text = r->space = false;
}

/* --- tables --- */

/* A cell that holds blocks: the table arranges a page, and is none. */
static void unroll(struct reader *r)
{
	if (r->table != 1)
		return;
	r->table = 2;
	end_inline(r);
	/* Its first cell has nothing in it yet. */
	if (r->cells == 1 && !r->rows && !r->text && r->out.n >= 2)
		r->out.p[r->out.n -= 2] = '\0';
	else if (r->cells)
		str_puts(&r->out, "\n\n");
	if (r->cells)
		r->text = r->space = false;
	r->cell = false;
	r->cells = 0;
}

static void begin_cell(struct reader *r)
{
	if (r->table != 1) {
		end_line(r);
		return;
	}
	end_inline(r);
	if (!r->cells)
		end_line(r);
	str_puts(&r->out, r->cells++ ? " | " : "| ");
	r->cell = true;
	r->text = r->space = false;
}

static void end_row(struct reader *r)
{
	if (r->table != 1 || !r->cells)
		return;
	end_inline(r);
	str_puts(&r->out, " |\n");
	if (!r->rows++) {
		for (int i = 0; i < r->cells; i++)
			str_puts(&r->out, i ? "---|" : "|---|");
		str_putc(&r->out, '\n');
	}
	r->cells = 0;
	r->cell = r->text = r->space = false;
}

static void end_table(struct reader *r)
{
	end_row(r);
	if (r->table == 1 && r->rows)
		str_putc(&r->out, '\n');
	r->table = r->rows = r->cells = 0;
	r->cell = false;
	end_line(r);
}

/* --- elements --- */

static int heading_of(const char *name)
{
	return name[0] == 'h' && name[1] >= '1' && name[1] <= '6' && !name[2]
		       ? name[1] - '0'
		       : 0;
}

static const char *const blocks[] = {"p", "div", "section", "article", "main", "header",
	"details", "summary", "figure", "figcaption", "dl", "dt", "dd", "form",
	"fieldset", "address", "body", "center", "hr", NULL};

static void begin_list(struct reader *r, bool numbers)
{
	unroll(r);
	if (r->list_count)
		end_item(r);
	else
		end_line(r);
	if (r->list_count < LISTS) {
		r->lists[r->list_count].numbers = numbers;
		r->lists[r->list_count].number = 0;
	}
	r->list_count += r->list_count < LISTS;
}

static void begin_block(struct reader *r, const char *name, const xmlChar **attrs)
{
	int level = heading_of(name);

	if (level) {
		unroll(r);
		end_line(r);
		r->level = level;
	} else if (!strcmp(name, "pre")) {
		unroll(r);
		begin_pre(r, attrs);
	} else if (!strcmp(name, "ul") || !strcmp(name, "ol")) {
		begin_list(r, *name == 'o');
	} else if (!strcmp(name, "li")) {
		end_item(r);
		r->item = true;
	} else if (!strcmp(name, "blockquote")) {
		end_line(r);
		r->quotes += r->quotes < LISTS;
	} else if (!strcmp(name, "table")) {
		if (r->table)
			unroll(r);
		else
			r->table_depth = r->depth;
		end_line(r);
		r->table = r->table ? r->table : 1;
	} else if (!strcmp(name, "tr")) {
		end_row(r);
	} else if (!strcmp(name, "td") || !strcmp(name, "th")) {
		begin_cell(r);
	} else if (!strcmp(name, "br")) {
		if (r->list_count)
			r->space = r->text;
		else
			end_line(r);
	} else if (is_one_of(name, blocks)) {
		/* A paragraph in an item goes on with it. */
		if (r->list_count && r->item)
			return;
		if (r->list_count && r->text)
			end_item(r);
		else
			end_line(r);
	}
}

static void begin_words(struct reader *r, const char *name, const xmlChar **attrs)
{
	const char *text;
	ptrdiff_t at;

	if (!strcmp(name, "code") || !strcmp(name, "kbd") || !strcmp(name, "samp") ||
		!strcmp(name, "tt")) {
		if (r->pre != NOWHERE)
			take_language(r, attrs);
		else if (r->code == NOWHERE)
			begin_inline(r, &r->code);
	} else if (!strcmp(name, "a") && attribute(attrs, "href")) {
		r->href =
			untrusted_copy(r->arena, untrusted_str(attribute(attrs, "href")));
		if (r->link == NOWHERE && r->code == NOWHERE)
			begin_inline(r, &r->link);
	} else if (!strcmp(name, "img")) {
		text = attribute(attrs, "alt");
		if (text && *text && r->pre == NOWHERE) {
			put_words(r, "(image: ", 8);
			put_words(r, text, strlen(text));
			put_words(r, ")", 1);
		}
	} else if (!strcmp(name, "input") && r->list_count &&
		   has_word(attrs, "type", "checkbox")) {
		begin_inline(r, &at);
		str_puts(&r->out, attribute(attrs, "checked") ? "[x]" : "[ ]");
		r->space = true;
	}
}

static void note_head(struct reader *r, const char *name, const xmlChar **attrs)
{
	const char *href = attribute(attrs, "href");

	if (!strcmp(name, "base") && href && untrusted_empty(r->page->base))
		r->page->base = untrusted_copy(r->arena, untrusted_str(href));
	if (!strcmp(name, "a") && href && !has_word(attrs, "rel", "nofollow"))
		add_link(r, href);
	if (!strcmp(name, "input") && has_word(attrs, "type", "password"))
		r->password = true;
	if (!strcmp(name, "title") && !r->title.n)
		r->in_title = true;
}

static void on_start(void *ctx, const xmlChar *element, const xmlChar **attrs)
{
	struct reader *r = ctx;
	const char *name = (const char *)element;

	if (r->depth++ >= DEPTH) {
		r->deep = true;
		r->library->stop(r->parser);
		return;
	}
	note_head(r, name, attrs);
	if (!r->skip && (is_around(name, attrs) || !strcmp(name, "head"))) {
		r->skip = r->depth;
		return;
	}
	if (r->skip)
		return;
	if (!r->main_depth && r->pre == NOWHERE && is_main(name, attrs)) {
		unroll(r);
		end_line(r);
		r->main_depth = r->depth;
		r->main_from = r->out.n;
	}
	if (r->pre == NOWHERE)
		begin_block(r, name, attrs);
	else if (!strcmp(name, "br"))
		str_putc(&r->out, '\n');
	begin_words(r, name, attrs);
}

static void end_block(struct reader *r, const char *name)
{
	if (heading_of(name)) {
		r->level = 0;
		end_line(r);
	} else if (!strcmp(name, "ul") || !strcmp(name, "ol")) {
		end_item(r);
		r->list_count -= r->list_count > 0;
		if (!r->list_count)
			str_putc(&r->out, '\n');
		r->item = false;
	} else if (!strcmp(name, "li")) {
		end_item(r);
		r->item = false;
	} else if (!strcmp(name, "blockquote")) {
		end_line(r);
		r->quotes -= r->quotes > 0;
	} else if (!strcmp(name, "tr")) {
		end_row(r);
	} else if ((!strcmp(name, "td") || !strcmp(name, "th")) && r->table == 1) {
		end_inline(r);
		r->cell = false;
	} else if (is_one_of(name, blocks) && !r->list_count) {
		end_line(r);
	}
}

/* Some have an element for each line. */
static void end_in_pre(struct reader *r, const char *name)
{
	if ((!strcmp(name, "div") || !strcmp(name, "p") || !strcmp(name, "li") ||
		    !strcmp(name, "tr")) &&
		r->out.n > (size_t)r->pre && r->out.p[r->out.n - 1] != '\n')
		str_putc(&r->out, '\n');
}

static void end_main(struct reader *r)
{
	end_line(r);
	if (r->out.n - r->main_from > r->best_size) {
		r->best_from = r->main_from;
		r->best_size = r->out.n - r->main_from;
	}
	r->main_depth = 0;
}

static void on_end(void *ctx, const xmlChar *element)
{
	struct reader *r = ctx;
	const char *name = (const char *)element;
	int depth = r->depth--;

	if (r->in_title && !strcmp(name, "title"))
		r->in_title = false;
	if (r->skip) {
		if (depth == r->skip)
			r->skip = 0;
		return;
	}
	if (r->pre != NOWHERE && depth == r->pre_depth)
		end_pre(r);
	else if (r->pre != NOWHERE)
		end_in_pre(r, name);
	else if (!strcmp(name, "a"))
		end_link(r);
	else if (!strcmp(name, "code") || !strcmp(name, "kbd") || !strcmp(name, "samp") ||
		 !strcmp(name, "tt"))
		end_code(r);
	else if (r->table && depth == r->table_depth)
		end_table(r);
	else
		end_block(r, name);
	if (r->main_depth == depth)
		end_main(r);
}

static void on_text(void *ctx, const xmlChar *text, int n)
{
	struct reader *r = ctx;

	if (r->in_title && r->title.n < TITLE_BYTES)
		str_add(&r->title, (const char *)text, (size_t)n);
	if (r->skip || n <= 0)
		return;
	if (r->pre != NOWHERE)
		str_add(&r->out, (const char *)text, (size_t)n);
	else
		put_words(r, (const char *)text, (size_t)n);
}

static void quiet(void *ctx, const char *format, ...)
{
	(void)ctx;
	(void)format;
}

/* --- the whole --- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Behind the next one of these words; the end when there is none. */
static size_t behind(const char *p, size_t n, size_t from, const char *word)
{
	size_t size = strlen(word);

	for (; from + size <= n; from++)
		if (!strncasecmp(p + from, word, size))
			return from + size;
	return n;
}

/* What stands in it is no tag. */
static size_t pass_over(const char *p, size_t n, size_t at)
{
	static const struct {
		const char *begin, *end;
	} plain[] = {{"<!--", "-->"}, {"<script", "</script"}, {"<style", "</style"}};

	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		size_t size = strlen(plain[i].begin);

		if (at + size <= n && !strncasecmp(p + at, plain[i].begin, size))
			return behind(p, n, at + size, plain[i].end);
	}
	return at;
}

/* How many names and values a tag may have, about; *at goes to its end. */
static size_t tag_parts(const char *p, size_t n, size_t *at)
{
	size_t parts = 0, i = *at + 1;
	char quote = 0;

	for (; i < n && (quote || p[i] != '>'); i++) {
		if (quote)
			quote = p[i] == quote ? 0 : quote;
		else if ((p[i] == '"' || p[i] == '\'') && p[i - 1] == '=')
			quote = p[i];
		parts += !quote && !is_name(p[i]);
	}
	*at = i;
	return parts;
}

/* What a parser compares each with each, and a page never has. */
static bool is_mean(struct untrusted utf8)
{
	size_t n;
	const char *p = text_raw(utf8, &n);

	for (size_t i = 0; i + 1 < n; i++) {
		size_t next = p[i] == '<' ? pass_over(p, n, i) : i;

		if (next > i)
			i = next - 1;
		else if (p[i] == '<' && is_letter(p[i + 1]) &&
			 tag_parts(p, n, &i) > TAG_PARTS)
			return true;
	}
	return false;
}

/* The first heading of it, without its marks. */
static struct untrusted first_heading(struct untrusted text)
{
	struct untrusted line;
	size_t n = 0;

	while (untrusted_line(&text, &line)) {
		if (!untrusted_starts(line, "#"))
			continue;
		while (untrusted_is(untrusted_slice(line, n, 1), "#"))
			n++;
		return untrusted_trim(untrusted_slice(line, n, TITLE_BYTES));
	}
	return UNTRUSTED_NONE;
}

/* What escaped its letters, and what makes code of them. */
static struct untrusted without_marks(struct arena *arena, struct untrusted title)
{
	struct untrusted rest = title, piece;
	char line[TITLE_BYTES];
	struct str text;

	str_init(&text, TITLE_BYTES - 1);
	while (untrusted_split(&rest, "\\`", &piece))
		text_add_line(&text, piece, TITLE_BYTES);
	str_copy(line, sizeof line, str_text(&text));
	str_release(&text);
	return untrusted_copy(arena, untrusted_str(line));
}

static void finish(struct reader *r, size_t most)
{
	struct html_page *page = r->page;
	struct untrusted all, title;
	char line[TITLE_BYTES];

	if (r->pre != NOWHERE)
		end_pre(r);
	if (r->table)
		end_table(r);
	end_line(r);
	if (r->main_depth)
		end_main(r);
	all = untrusted_make(r->out.p, r->out.n);
	if (r->best_size >= MAIN_LEAST || r->best_size * 4 >= r->out.n)
		all = untrusted_slice(all, r->best_from, r->best_size);
	all = untrusted_trim(all);
	page->cut = r->out.cut || untrusted_size(all) > most;
	page->text = untrusted_copy(r->arena, untrusted_slice(all, 0, most));
	title = first_heading(page->text);
	if (untrusted_empty(title))
		title = untrusted_trim(untrusted_make(r->title.p, r->title.n));
	else
		title = without_marks(r->arena, title);
	text_line(title, line, sizeof line);
	page->title = untrusted_copy(r->arena, untrusted_str(line));
	page->login = r->password && untrusted_size(all) < LOGIN_MOST;
}

static bool parse(struct reader *r, struct untrusted utf8, struct err *err)
{
	htmlSAXHandler sax = {.startElement = on_start,
		.endElement = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text,
		.warning = quiet,
		.error = quiet,
		.fatalError = quiet};
	size_t n;
	const char *p = text_raw(utf8, &n);

	r->parser = r->library->open(&sax, r, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);
	if (!r->parser)
		return err_set(err, ERR_IO, "no memory for a page");
	r->library->options(r->parser, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
					       HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
					       HTML_PARSE_IGNORE_ENC);
	r->library->chunk(r->parser, p, (int)n, 0);
	r->library->chunk(r->parser, "", 0, 1);
	r->library->end(r->parser);
	return !r->deep ||
	       err_set(err, ERR_INPUT, "it has tags in tags more than %d deep: not read",
		       DEPTH);
}

bool html_read(struct untrusted utf8, size_t most, struct arena *arena,
	struct html_page *out, struct err *err)
{
	struct library library;
	struct reader r = {.library = &library,
		.arena = arena,
		.page = out,
		.code = NOWHERE,
		.link = NOWHERE,
		.pre = NOWHERE};
	bool ok;

	*out = (struct html_page){0};
	if (is_mean(utf8))
		return err_set(err, ERR_INPUT,
			"a tag of it has thousands of attributes: not read");
	out->links = arena_alloc(arena, HTML_LINKS * sizeof *out->links);
	if (!out->links || !open_library(&library, err))
		return out->links || err_set(err, ERR_LIMIT, "no memory for a page");
	str_init(&r.out, 2 * most + 65536);
	str_init(&r.title, 2 * TITLE_BYTES);
	ok = parse(&r, utf8, err);
	if (ok)
		finish(&r, most);
	str_release(&r.out);
	str_release(&r.title);
	return ok;
}
