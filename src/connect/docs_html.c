/* HTML to Markdown, in one pass over libxml2's events: no tree is built. Hides which
 * element is which mark, and which part of a page is the page itself. The parser is
 * libxml2's, looked up anew for each page, so that no thread waits for another. Any
 * thread, one page each. */
#include "docs_html.h"

#include "docs_mark.h"

#include "base/str.h"
#include "base/text.h"

#include <dlfcn.h>
#include <libxml/HTMLparser.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	DEPTH = 300,
	TAG_PARTS = 2000, /* blanks and signs in one tag */
	MAIN_LEAST = 200, /* bytes of what claims to be the page itself */
	LOGIN_MOST = 1200,
	TITLE_BYTES = 300,
	NOWHERE = MARK_NOWHERE,
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
	struct mark m;
	struct str title;
	int depth, skip; /* skip: the depth from which nothing counts; 0: all counts */
	bool deep;
	int pre_depth, table_depth;
	/* The part that is the page. */
	int main_depth;
	size_t main_from, best_from, best_size;
	bool in_title;
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

static void add_link(struct reader *r, const char *href)
{
	if (r->page->link_count == HTML_LINKS || !*href || *href == '#')
		return;
	r->page->links[r->page->link_count] =
		untrusted_copy(r->arena, untrusted_str(href));
	if (!untrusted_empty(r->page->links[r->page->link_count]))
		r->page->link_count++;
}

static void take_language(struct reader *r, const xmlChar **attrs)
{
	struct untrusted rest = untrusted_str(attribute(attrs, "class")), word;

	while (!*r->m.language && untrusted_word(&rest, " \t\r\n", &word)) {
		static const char *const begins[] = {"language-", "lang-", "highlight-"};

		for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
			if (untrusted_starts(word, begins[i]))
				text_to_id(untrusted_slice(
						   word, strlen(begins[i]), SIZE_MAX),
					r->m.language, sizeof r->m.language);
	}
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
	mark_unroll(&r->m);
	if (r->m.list_count)
		mark_end_item(&r->m);
	else
		mark_end_line(&r->m);
	if (r->m.list_count < MARK_LISTS) {
		r->m.lists[r->m.list_count].numbers = numbers;
		r->m.lists[r->m.list_count].number = 0;
	}
	r->m.list_count += r->m.list_count < MARK_LISTS;
}

static void begin_block(struct reader *r, const char *name, const xmlChar **attrs)
{
	int level = heading_of(name);

	if (level) {
		mark_unroll(&r->m);
		mark_end_line(&r->m);
		r->m.level = level;
	} else if (!strcmp(name, "pre")) {
		mark_unroll(&r->m);
		mark_begin_pre(&r->m);
		r->pre_depth = r->depth;
		take_language(r, attrs);
	} else if (!strcmp(name, "ul") || !strcmp(name, "ol")) {
		begin_list(r, *name == 'o');
	} else if (!strcmp(name, "li")) {
		mark_end_item(&r->m);
		r->m.item = true;
	} else if (!strcmp(name, "blockquote")) {
		mark_end_line(&r->m);
		r->m.quotes += r->m.quotes < MARK_LISTS;
	} else if (!strcmp(name, "table")) {
		if (r->m.table)
			mark_unroll(&r->m);
		else
			r->table_depth = r->depth;
		mark_end_line(&r->m);
		r->m.table = r->m.table ? r->m.table : 1;
	} else if (!strcmp(name, "tr")) {
		mark_end_row(&r->m);
	} else if (!strcmp(name, "td") || !strcmp(name, "th")) {
		mark_cell(&r->m);
	} else if (!strcmp(name, "br")) {
		if (r->m.list_count)
			r->m.space = r->m.text;
		else
			mark_end_line(&r->m);
	} else if (is_one_of(name, blocks)) {
		/* A paragraph in an item goes on with it. */
		if (r->m.list_count && r->m.item)
			return;
		if (r->m.list_count && r->m.text)
			mark_end_item(&r->m);
		else
			mark_end_line(&r->m);
	}
}

static void begin_words(struct reader *r, const char *name, const xmlChar **attrs)
{
	const char *text;
	ptrdiff_t at;

	if (!strcmp(name, "code") || !strcmp(name, "kbd") || !strcmp(name, "samp") ||
		!strcmp(name, "tt")) {
		if (r->m.pre != NOWHERE)
			take_language(r, attrs);
		else if (r->m.code == NOWHERE)
			mark_begin_inline(&r->m, &r->m.code);
	} else if (!strcmp(name, "a") && attribute(attrs, "href")) {
		r->m.href =
			untrusted_copy(r->arena, untrusted_str(attribute(attrs, "href")));
		if (r->m.link == NOWHERE && r->m.code == NOWHERE)
			mark_begin_inline(&r->m, &r->m.link);
	} else if (!strcmp(name, "img")) {
		text = attribute(attrs, "alt");
		if (text && *text && r->m.pre == NOWHERE) {
			mark_words(&r->m, "(image: ", 8);
			mark_words(&r->m, text, strlen(text));
			mark_words(&r->m, ")", 1);
		}
	} else if (!strcmp(name, "input") && r->m.list_count &&
		   has_word(attrs, "type", "checkbox")) {
		mark_begin_inline(&r->m, &at);
		str_puts(&r->m.out, attribute(attrs, "checked") ? "[x]" : "[ ]");
		r->m.space = true;
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
	if (!r->main_depth && r->m.pre == NOWHERE && is_main(name, attrs)) {
		mark_unroll(&r->m);
		mark_end_line(&r->m);
		r->main_depth = r->depth;
		r->main_from = r->m.out.n;
	}
	if (r->m.pre == NOWHERE)
		begin_block(r, name, attrs);
	else if (!strcmp(name, "br"))
		str_putc(&r->m.out, '\n');
	begin_words(r, name, attrs);
}

static void end_block(struct reader *r, const char *name)
{
	if (heading_of(name)) {
		r->m.level = 0;
		mark_end_line(&r->m);
	} else if (!strcmp(name, "ul") || !strcmp(name, "ol")) {
		mark_end_item(&r->m);
		r->m.list_count -= r->m.list_count > 0;
		if (!r->m.list_count)
			str_putc(&r->m.out, '\n');
		r->m.item = false;
	} else if (!strcmp(name, "li")) {
		mark_end_item(&r->m);
		r->m.item = false;
	} else if (!strcmp(name, "blockquote")) {
		mark_end_line(&r->m);
		r->m.quotes -= r->m.quotes > 0;
	} else if (!strcmp(name, "tr")) {
		mark_end_row(&r->m);
	} else if (!strcmp(name, "td") || !strcmp(name, "th")) {
		mark_end_cell(&r->m);
	} else if (is_one_of(name, blocks) && !r->m.list_count) {
		mark_end_line(&r->m);
	}
}

/* Some have an element for each line. */
static void end_in_pre(struct reader *r, const char *name)
{
	if ((!strcmp(name, "div") || !strcmp(name, "p") || !strcmp(name, "li") ||
		    !strcmp(name, "tr")) &&
		r->m.out.n > (size_t)r->m.pre && r->m.out.p[r->m.out.n - 1] != '\n')
		str_putc(&r->m.out, '\n');
}

static void end_main(struct reader *r)
{
	mark_end_line(&r->m);
	if (r->m.out.n - r->main_from > r->best_size) {
		r->best_from = r->main_from;
		r->best_size = r->m.out.n - r->main_from;
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
	if (r->m.pre != NOWHERE && depth == r->pre_depth)
		mark_end_pre(&r->m);
	else if (r->m.pre != NOWHERE)
		end_in_pre(r, name);
	else if (!strcmp(name, "a"))
		mark_end_link(&r->m);
	else if (!strcmp(name, "code") || !strcmp(name, "kbd") || !strcmp(name, "samp") ||
		 !strcmp(name, "tt"))
		mark_end_code(&r->m);
	else if (r->m.table && depth == r->table_depth)
		mark_end_table(&r->m);
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
	if (r->m.pre != NOWHERE)
		str_add(&r->m.out, (const char *)text, (size_t)n);
	else
		mark_words(&r->m, (const char *)text, (size_t)n);
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
		parts += !quote && !mark_is_name(p[i]);
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

	if (r->m.pre != NOWHERE)
		mark_end_pre(&r->m);
	if (r->m.table)
		mark_end_table(&r->m);
	mark_end_line(&r->m);
	if (r->main_depth)
		end_main(r);
	all = untrusted_make(r->m.out.p, r->m.out.n);
	if (r->best_size >= MAIN_LEAST || r->best_size * 4 >= r->m.out.n)
		all = untrusted_slice(all, r->best_from, r->best_size);
	all = untrusted_trim(all);
	page->cut = r->m.out.cut || untrusted_size(all) > most;
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
	struct reader r = {.library = &library, .arena = arena, .page = out};
	bool ok;

	*out = (struct html_page){0};
	if (is_mean(utf8))
		return err_set(err, ERR_INPUT,
			"a tag of it has thousands of attributes: not read");
	out->links = arena_alloc(arena, HTML_LINKS * sizeof *out->links);
	if (!out->links || !open_library(&library, err))
		return out->links || err_set(err, ERR_LIMIT, "no memory for a page");
	mark_init(&r.m, 2 * most + 65536);
	str_init(&r.title, 2 * TITLE_BYTES);
	ok = parse(&r, utf8, err);
	if (ok)
		finish(&r, most);
	mark_release(&r.m);
	str_release(&r.title);
	return ok;
}
