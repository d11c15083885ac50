/* A site of pages: what its links lead to, what robots.txt allows, how HTML reads, and
 * what becomes of a page that is none any more: its text is never rewritten by that. */
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "connect/charset.h"
#include "connect/docs.h"
#include "connect/docs_html.h"
#include "connect/robots.h"
#include "connect/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1700000000000)

/* --- places --- */

static void test_places(void **state)
{
	static const struct {
		const char *url, *filter, *origin, *prefix;
	} rows[] = {
		{"https://w.example/runbooks/", NULL, "https://w.example", "/runbooks/"},
		{"https://w.example/runbooks", NULL, "https://w.example", "/runbooks/"},
		{"https://w.example/a/index.html", NULL, "https://w.example", "/a/"},
		{"https://w.example/a/view?id=3", NULL, "https://w.example", "/a/"},
		{"http://w.example:8080", NULL, "http://w.example:8080", "/"},
		{"http://w.example/a", "/b/", "http://w.example", "/b/"},
		{"http://w.example/a", "b", "http://w.example", "/b"},
		{"ftp://w.example/a", NULL, NULL, NULL},
		{"https:///a", NULL, NULL, NULL},
	};
	char origin[DOCS_URL], prefix[DOCS_PATH];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool ok = docs_place(rows[i].url, rows[i].filter, origin, prefix);

		assert_int_equal(ok, rows[i].origin != NULL);
		if (!ok)
			continue;
		assert_string_equal(origin, rows[i].origin);
		assert_string_equal(prefix, rows[i].prefix);
	}
}

static void test_links(void **state)
{
	static const struct {
		const char *from, *link, *to;
	} rows[] = {
		{"/a/b", "c", "/a/c"},
		{"/a/b/", "c?x=1#y", "/a/b/c?x=1"},
		{"/a/b", "../c", "/c"},
		{"/a/b", "../../../c", "/c"},
		{"/a/b", "./", "/a/"},
		{"/a/b", "..", "/"},
		{"/a/b?q", "?p=2", "/a/b?p=2"},
		{"/a/b", "/c//d", "/c//d"},
		{"/a/b", "//w.example/c", "/c"},
		{"/a/b", "//w.example", "/"},
		{"/a/b", "https://w.example/c", "/c"},
		{"/a/b", "HTTPS://W.example/c", "/c"},
		{"/a/b", "https://w.example?x=1", "/?x=1"},
		{"/a/b", "two words", "/a/two%20words"},
		{"/a/b",
			"gr\xc3\xb6\xc3\x9f"
			"e",
			"/a/gr%C3%B6%C3%9Fe"},
		{"/a/b", "/delete-old-pods", "/delete-old-pods"},
		{"/a/b", "/exporter-down", "/exporter-down"},
		/* elsewhere */
		{"/a/b", "https://w.example.evil/c", NULL},
		{"/a/b", "https://w.example@evil/c", NULL},
		{"/a/b", "http://w.example/c", NULL},
		{"/a/b", "//evil/c", NULL},
		{"/a/b", "mailto:a@b", NULL},
		{"/a/b", "javascript:alert(1)", NULL},
		{"/a/b", "#top", NULL},
		{"/a/b", "", NULL},
		/* what would do something, and no pages */
		{"/a/b", "/logout", NULL},
		{"/a/b", "/pages/editpage.action?id=1", NULL},
		{"/a/b", "/x?action=edit", NULL},
		{"/a/b", "/x?do=delete", NULL},
		{"/a/b", "/x/edit", NULL},
		{"/a/b", "picture.PNG", NULL},
		{"/a/b", "file.pdf?x=1", NULL},
	};
	char to[DOCS_PATH], long_link[2 * DOCS_PATH];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool ok = docs_resolve("https://w.example", rows[i].from,
			untrusted_str(rows[i].link), to);

		if (ok != (rows[i].to != NULL))
			print_error("%s\n", rows[i].link);
		assert_int_equal(ok, rows[i].to != NULL);
		if (ok)
			assert_string_equal(to, rows[i].to);
	}
	memset(long_link, 'x', sizeof long_link);
	assert_false(docs_resolve(
		"https://w.example", "/a", untrusted_make(long_link, DOCS_PATH), to));
	assert_false(docs_resolve("https://w.example", "/a",
		untrusted_make(long_link, sizeof long_link), to));
}

static void test_names(void **state)
{
	static const struct {
		const char *page, *name;
		bool held;
	} rows[] = {
		{"https://w.example/rb/", "", true},
		{"https://w.example/rb/disk-full.html", "disk-full", true},
		{"https://w.example/rb/db/fail%20over", "db-fail-20over", true},
		{"https://w.example/rb/view.action?id=7", "view-id-7", true},
		{"https://w.example/other", NULL, false},
		{"https://w.example.evil/rb/x", NULL, false},
	};
	char name[100];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(docs_holds("https://w.example/rb/", NULL, rows[i].page),
			rows[i].held);
		if (rows[i].name)
			assert_string_equal(docs_name("https://w.example/rb/", NULL,
						    rows[i].page, name, sizeof name),
				rows[i].name);
	}
}

/* --- robots.txt --- */

static bool allows(const char *text, const char *path)
{
	struct robots robots;
	bool ok;

	robots_read(&robots, untrusted_str(text), "oogway");
	ok = robots_allow(&robots, path);
	robots_release(&robots);
	return ok;
}

/* The examples of RFC 9309, 5, and what its text says besides. */
static void test_robots(void **state)
{
	static const struct {
		const char *text, *path;
		bool allowed;
	} rows[] = {
		{"", "/a", true},
		{"<html>not found</html>", "/a", true},
		{"User-agent: *\nDisallow: /a", "/a/b", false},
		{"User-agent: *\nDisallow: /a", "/b", true},
		{"User-agent: *\nDisallow:", "/b", true},
		{"\xef\xbb\xbfUser-Agent: *\r\nDISALLOW: / # all\r\n", "/b", false},
		/* the longest match, and of two equal ones the kinder */
		{"user-agent: *\nallow: /e/p/\ndisallow: /e/p/d.gif", "/e/p/d.gif",
			false},
		{"user-agent: *\nallow: /e/p/\ndisallow: /e/", "/e/p/d.gif", true},
		{"user-agent: *\ndisallow: /e\nallow: /e", "/e", true},
		/* groups */
		{"user-agent: *\ndisallow: /\nuser-agent: oogway\nallow: /", "/a", true},
		{"user-agent: OOGWAY/2\ndisallow: /a", "/a", false},
		{"user-agent: oogwayx\ndisallow: /a", "/a", true},
		{"user-agent: x\nuser-agent: oogway\ndisallow: /a", "/a", false},
		{"user-agent: oogway\ndisallow: /a\nuser-agent: x\ndisallow: /b", "/b",
			true},
		{"user-agent: oogway\ndisallow: /a\n\nuser-agent: oogway\ndisallow: /b",
			"/a", false},
		{"user-agent: oogway\nsitemap: /s\ndisallow: /a", "/a", false},
		/* marks */
		{"user-agent: *\ndisallow: /*.gif$", "/a/b.gif", false},
		{"user-agent: *\ndisallow: /*.gif$", "/a/b.gif?x", true},
		{"user-agent: *\ndisallow: /a*c", "/abbbc/d", false},
		{"user-agent: *\ndisallow: *", "/x", false},
		/* percent signs */
		{"user-agent: *\ndisallow: /%61", "/a", false},
		{"user-agent: *\ndisallow: /a%2fb", "/a/b", true},
		{"user-agent: *\ndisallow: /gr\xc3\xb6", "/gr%C3%B6%C3%9Fe", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (allows(rows[i].text, rows[i].path) != rows[i].allowed)
			print_error("%s: %s\n", rows[i].text, rows[i].path);
		assert_int_equal(allows(rows[i].text, rows[i].path), rows[i].allowed);
	}
}

/* A pattern that is too long forbids what begins like it, and allows nothing. */
static void test_robots_long(void **state)
{
	struct str text, path;

	(void)state;
	str_init(&text, 4000);
	str_puts(&text, "user-agent: *\ndisallow: /");
	for (int i = 0; i < 1000; i++)
		str_putc(&text, 'a');
	str_init(&path, 4000);
	str_putc(&path, '/');
	for (int i = 0; i < 300; i++)
		str_putc(&path, 'a');
	assert_false(allows(str_text(&text), str_text(&path)));
	str_release(&path);
	assert_true(allows(str_text(&text), "/aab"));
	str_release(&text);
}

/* --- HTML --- */

static void check_html(const char *html, const char *title, const char *text)
{
	struct html_page page;
	struct arena arena;
	struct err err = {0};
	size_t n;
	const char *p;

	arena_init(&arena, 8 << 20);
	if (!html_read(untrusted_str(html), 4096, &arena, &page, &err))
		fail_msg("%s", err.text);
	p = text_raw(page.text, &n);
	if (n != strlen(text) || memcmp(p, text, n) != 0)
		fail_msg("%s\ngave\n%.*s\nnot\n%s", html, (int)n, p, text);
	assert_true(untrusted_is(page.title, title));
	arena_release(&arena);
}

static void test_html(void **state)
{
	static const struct {
		const char *html, *title, *text;
	} rows[] = {
		{"<title>T</title><p>a  b\n c&nbsp;d", "T", "a b c d"},
		{"<h1>A <b>b</b></h1><h2>c</h2>d", "A b", "# A b\n\n## c\n\nd"},
		{"<h1>is_a <code>b_c_</code> *</h1>", "is_a b_c_ *", "# is_a `b_c_` \\*"},
		{"<title>x\nA</title><body>y", "x A", "y"},
		{"<ul><li>a<ul><li>b</ul><li>c</ul><ol><li>d<li>e</ol>", "",
			"- a\n  - b\n- c\n\n1. d\n2. e"},
		{"<pre><code class='x language-sh'>a\n  b &lt;\n</code></pre>c", "",
			"```sh\na\n  b <\n```\n\nc"},
		{"<pre><div>a</div><div>b</div><h1>c</h1><pre>d</pre></pre>e", "",
			"```\na\nb\ncd\n```\n\ne"},
		{"<pre>\n````</pre>", "", "`````\n````\n`````"},
		{"a<code>b*c</code>d<code>e`f</code>", "", "a`b*c`d`` e`f ``"},
		{"<a href='https://x.example/y'>a b</a> <a href='/z'>c</a>", "",
			"[a b](https://x.example/y) c"},
		{"<a href='https://x.example/)('>a</a>", "", "a"},
		{"<table><tr><th>a<th>b</tr><tr><td>c|d<td>e<br>f</tr></table>g", "",
			"| a | b |\n|---|---|\n| c\\|d | e f |\n\ng"},
		{"<table><tr><td><h1>a</h1><p>b</table>c", "a", "# a\n\nb\n\nc"},
		{"<blockquote><p>a<p>b</blockquote>c", "", "> a\n\n> b\n\nc"},
		{"<ul><li><input type=checkbox checked> a<li><input type=checkbox> "
		 "b</ul>",
			"", "- [x] a\n- [ ] b"},
		{"<img alt='a chart' src=x>b", "", "(image: a chart)b"},
		/* what would be marks */
		{"<p># a<p>- b<p>1. c<p>``` d<p>~~~<p>> e<p>*f* _g_ h_i [j](k)<p>| l", "",
			"\\# a\n\n\\- b\n\n1\\. c\n\n\\`\\`\\` d\n\n\\~\\~\\~\n\n\\> "
			"e\n\n"
			"\\*f\\* \\_g\\_ h_i \\[j\\](k)\n\n\\| l"},
		/* what is around it, and what is never shown */
		{"<nav>a</nav><script>b</script><style>c</style><p>d<footer>e</footer>"
		 "<div hidden>f</div><div style='display:none'>g</div><aside>h</aside>",
			"", "d"},
		{"<body>menu<main><h1>a</h1>b</main>rest", "a", "# a\n\nb"},
		{"<h1>a<a class=headerlink href=#x>#</a></h1>", "a", "# a"},
		/* broken */
		{"", "", ""},
		{"<", "", ""},
		{"<p>a</b></i></p></div>b<table><tr>c", "", "a\n\nb\n\nc"},
		{"<p>a<!-- b", "", "a"},
		{"a<p", "", "a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_html(rows[i].html, rows[i].title, rows[i].text);
}

static void check_refused(struct str *html, const char *word)
{
	struct html_page page;
	struct arena arena;
	struct err err = {0};

	arena_init(&arena, 8 << 20);
	assert_false(
		html_read(untrusted_make(html->p, html->n), 4096, &arena, &page, &err));
	assert_non_null(strstr(err.text, word));
	arena_release(&arena);
	str_release(html);
}

static void test_html_mean(void **state)
{
	struct str html;

	(void)state;
	str_init(&html, 8 << 20);
	for (int i = 0; i < 200000; i++)
		str_puts(&html, "<b>");
	check_refused(&html, "deep");
	str_init(&html, 8 << 20);
	str_puts(&html, "<p ");
	for (int i = 0; i < 200000; i++)
		str_printf(&html, "a%d ", i);
	check_refused(&html, "attributes");
	str_init(&html, 8 << 20);
	str_puts(&html, "<p ");
	for (int i = 0; i < 200000; i++)
		str_printf(&html, "a%d=\"b\"", i);
	check_refused(&html, "attributes");
}

/* A program, a comment and a long address are none of that. */
static void test_html_long(void **state)
{
	static const char *const parts[] = {"<script>for (i = 0; i <n; i++)", "</script>",
		"<!-- <a", "-->", "<style>a <b", "</style>", "<img alt=x src=\"data:,",
		"\">"};
	struct html_page page;
	struct arena arena;
	struct str html;

	(void)state;
	arena_init(&arena, 8 << 20);
	str_init(&html, 8 << 20);
	for (size_t k = 0; k < sizeof parts / sizeof *parts; k += 2) {
		str_puts(&html, parts[k]);
		for (int i = 0; i < 20000; i++)
			str_puts(&html, " = ");
		str_puts(&html, parts[k + 1]);
	}
	str_puts(&html, "<p>text");
	assert_true(html_read(untrusted_make(html.p, html.n), 4096, &arena, &page, NULL));
	assert_true(untrusted_is(page.text, "(image: x)\n\ntext"));
	str_release(&html);
	arena_release(&arena);
}

static void test_html_flags(void **state)
{
	static const char login[] = "<h1>Sign in</h1><form><input type=password></form>";
	struct html_page page;
	struct arena arena;
	struct str html;

	(void)state;
	arena_init(&arena, 8 << 20);
	assert_true(html_read(untrusted_str(login), 4096, &arena, &page, NULL));
	assert_true(page.login);
	assert_true(html_read(untrusted_str("<base href=/b/><nav><a href=x>y</a></nav>"
					    "<a rel=nofollow href=z>y</a>"),
		4096, &arena, &page, NULL));
	assert_false(page.login);
	assert_int_equal(page.link_count, 1);
	assert_true(untrusted_is(page.links[0], "x"));
	assert_true(untrusted_is(page.base, "/b/"));
	/* A login box beside a long text, and a text that is longer than it may be. */
	str_init(&html, 1 << 20);
	str_puts(&html, login);
	for (int i = 0; i < 2000; i++)
		str_puts(&html, "words ");
	assert_true(html_read(untrusted_make(html.p, html.n), 4096, &arena, &page, NULL));
	assert_false(page.login);
	assert_true(page.cut);
	assert_int_equal(untrusted_size(page.text), 4096);
	str_release(&html);
	arena_release(&arena);
}

/* --- charsets --- */

static void test_charsets(void **state)
{
	static const struct {
		const char *bytes, *type, *text;
	} rows[] = {
		{"gr\xc3\xb6", "text/html; charset=utf-8", "gr\xc3\xb6"},
		{"gr\xc3\xb6", "text/html; charset=ISO-8859-1", "gr\xc3\xb6"},
		{"gr\xf6", "text/html; charset=utf-8", "gr\xc3\xb6"},
		{"gr\xf6", "text/html", "gr\xc3\xb6"},
		{"\x93"
		 "a\x94",
			"text/html; charset=iso-8859-1",
			"\xe2\x80\x9c"
			"a\xe2\x80\x9d"},
		{"\xc1\xc2", "text/html; charset=\"koi8-r\"", "\xd0\xb0\xd0\xb1"},
		{"<meta charset=windows-1251>\xe0", "text/html",
			"<meta charset=windows-1251>\xd0\xb0"},
		{"\x82\xa0", "text/html; charset=Shift_JIS", "\xe3\x81\x82"},
		{"a\xff", "text/html; charset=../../evil", "a\xc3\xbf"},
		{"\xef\xbb\xbfx", "text/html", "x"},
		{"", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str out;

		str_init(&out, 1000);
		charset_to_utf8(
			untrusted_str(rows[i].bytes), untrusted_str(rows[i].type), &out);
		assert_string_equal(str_text(&out), rows[i].text);
		str_release(&out);
	}
}

/* --- the site --- */

struct talk {
	void *state;
	struct source_conf conf;
	struct source_window window;
	int64_t now;
	char path[DOCS_PATH], header[200];
	struct arena arena;
	struct batch batch;
	struct err err;
	bool ok;
};

static void talk_open(struct talk *t, const struct source_page *known, size_t count)
{
	*t = (struct talk){.now = NOW,
		.conf = {.name = "wiki",
			.url = "https://w.example/rb/",
			.every_ms = 3600000,
			.timeout_ms = 1000,
			.known = known,
			.known_count = count,
			.pages = 4}};
	arena_init(&t->arena, 16 << 20);
	t->state = mem_new(1, docs_source.state_size);
	assert_true(docs_source.start(t->state, &t->conf, &t->err));
}

static void talk_close(struct talk *t)
{
	docs_source.stop(t->state);
	mem_free(t->state);
	arena_release(&t->arena);
}

/* What it asks for next; false: it waits for longer than a minute. */
static bool asks(struct talk *t)
{
	for (int i = 0; i < 10; i++) {
		struct ask ask = {0};

		if (!docs_source.next(t->state, t->now, &t->window, &t->arena, &ask))
			return false;
		if (ask.kind == ASK_WAIT && ask.until > t->now + 120000)
			return false;
		if (ask.kind == ASK_WAIT) {
			t->now = ask.until;
			continue;
		}
		assert_true(ask.rooted);
		snprintf(t->path, sizeof t->path, "%s", ask.path);
		*t->header = '\0';
		for (size_t k = 0; ask.headers && ask.headers[k]; k++)
			if (!strncmp(ask.headers[k], "If-", 3))
				snprintf(t->header, sizeof t->header, "%s",
					ask.headers[k]);
		return true;
	}
	return false;
}

static bool answer(struct talk *t, const struct answer *with)
{
	struct answer a = *with;

	a.id = strcmp(t->path, "/robots.txt") != 0;
	a.now = t->now;
	a.origin = "w.example";
	if (untrusted_empty(a.type))
		a.type = untrusted_str("text/html");
	batch_init(&t->batch, &t->arena);
	t->err = (struct err){0};
	t->ok = docs_source.take(t->state, &a, &t->batch, &t->err);
	return t->ok;
}

static bool answer_html(struct talk *t, const char *html)
{
	return answer(t, &(struct answer){.status = 200,
				 .body = untrusted_str(html),
				 .etag = untrusted_str("\"e1\"")});
}

static void expect(struct talk *t, const char *path)
{
	assert_true(asks(t));
	assert_string_equal(t->path, path);
}

static void no_robots(struct talk *t)
{
	expect(t, "/robots.txt");
	assert_true(answer(t, &(struct answer){.status = 404}));
}

static void warned(const struct talk *t, const char *what)
{
	char text[300];

	text_line(t->batch.warning, text, sizeof text);
	if (!strstr(text, what))
		fail_msg("%s is not in: %s", what, text);
	assert_int_equal(t->batch.page_count, 0);
}

static void test_crawl(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t, NULL, 0);
	no_robots(&t);
	expect(&t, "/rb/");
	assert_string_equal(t.header, "");
	assert_true(answer_html(&t, "<h1>All</h1><a href=a>a</a><a href=/rb/b>b</a>"
				    "<a href=/other>o</a><a href=a#x>a</a>"
				    "<a href=c>c</a><a href=d>d</a><a href=e>e</a>"));
	assert_int_equal(t.batch.page_count, 1);
	assert_true(untrusted_is(t.batch.pages[0].url, "https://w.example/rb/"));
	assert_true(untrusted_is(t.batch.pages[0].title, "All"));
	assert_true(untrusted_is(t.batch.pages[0].etag, "\"e1\""));
	assert_true(untrusted_is(
		t.batch.pages[0].links, "/rb/a\n/rb/b\n/rb/a\n/rb/c\n/rb/d\n/rb/e\n"));
	expect(&t, "/rb/a");
	assert_true(answer_html(&t, "<h1>A</h1>"));
	expect(&t, "/rb/b");
	assert_true(answer(&t, &(struct answer){.status = 200,
				       .type = untrusted_str("text/markdown"),
				       .body = untrusted_str("# B\n\ntext\n")}));
	assert_true(untrusted_is(t.batch.pages[0].title, "B"));
	expect(&t, "/rb/c");
	assert_true(answer_html(&t, "x"));
	/* Four pages and no more; in an hour all of them again, with their stamps. */
	assert_false(asks(&t));
	t.now += t.conf.every_ms;
	expect(&t, "/rb/");
	assert_string_equal(t.header, "If-None-Match: \"e1\"");
	assert_true(answer(&t, &(struct answer){.status = 304}));
	assert_int_equal(t.batch.page_count, 1);
	assert_int_equal(t.batch.pages[0].news, PAGE_SAME);
	expect(&t, "/rb/a");
	talk_close(&t);
}

/* None of these is the page: what is kept of it stays, and the sentence says why. */
static void test_not_the_page(void **state)
{
	static const struct source_page known[] = {
		{.url = "https://w.example/rb/", .etag = "\"r\""},
		{.url = "https://w.example/rb/a",
			.modified = "Sun, 29 Nov 2026 23:04:10 GMT"},
		{.url = "https://w.example/gone/elsewhere"}};
	static const struct {
		struct answer answer;
		const char *html, *said;
	} rows[] = {
		{{.status = 500}, "<h1>Error</h1>", "answers 500"},
		{{.status = 401}, "", "may not be read (401)"},
		{{.status = 200}, "<h1>Sign in</h1><input type=password>",
			"shows a login form"},
		{{.status = 200}, "", "has no text"},
		{{.status = 200}, "<script>x</script>", "has no text"},
		{{.failure = ERR_REFUSED,
			 .failed = "w.example redirects to another place"},
			"", "another place"},
		{{.failure = ERR_LIMIT, .failed = "the answer is larger than 2048 KiB"},
			"", "larger than 2048"},
	};
	struct talk t;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct answer a = rows[i].answer;

		talk_open(&t, known, 3);
		no_robots(&t);
		expect(&t, "/rb/");
		assert_string_equal(t.header, "If-None-Match: \"r\"");
		assert_true(answer(&t, &(struct answer){.status = 304}));
		expect(&t, "/rb/a");
		assert_string_equal(
			t.header, "If-Modified-Since: Sun, 29 Nov 2026 23:04:10 GMT");
		a.body = untrusted_str(rows[i].html);
		assert_true(answer(&t, &a));
		warned(&t, rows[i].said);
		warned(&t, "1 of 2 pages is as before: /rb/a");
		/* It is told until the page is one again; what its server fails to make
		 * is asked for earlier. */
		assert_false(asks(&t));
		t.now += a.status == 500 ? 5 * 60000 : t.conf.every_ms;
		assert_true(asks(&t));
		if (a.status != 500) {
			assert_string_equal(t.path, "/rb/");
			answer(&t, &(struct answer){.status = 304});
			assert_true(t.batch.partial);
			expect(&t, "/rb/a");
		}
		assert_string_equal(t.path, "/rb/a");
		assert_true(answer_html(&t, "<h1>A</h1>"));
		assert_true(untrusted_empty(t.batch.warning));
		assert_int_equal(t.batch.page_count, 1);
		talk_close(&t);
	}
}

static void test_moved_and_gone(void **state)
{
	static const struct source_page known[] = {
		{.url = "https://w.example/rb/"}, {.url = "https://w.example/rb/a"}};
	struct answer moved = {.status = 200,
		.body = untrusted_str("<h1>Welcome</h1>"),
		.moved = untrusted_str("https://w.example/welcome")};
	struct talk t;

	(void)state;
	talk_open(&t, known, 2);
	no_robots(&t);
	expect(&t, "/rb/");
	assert_true(answer(&t, &moved));
	warned(&t, "leads to another page, /welcome");
	expect(&t, "/rb/a");
	assert_true(answer(&t, &(struct answer){.status = 404}));
	assert_int_equal(t.batch.page_count, 1);
	assert_int_equal(t.batch.pages[0].news, PAGE_GONE);
	assert_true(t.batch.partial);
	talk_close(&t);
	/* What was kept with the slash is the first page, not one more. */
	talk_open(&t, known, 1);
	docs_source.stop(t.state);
	memset(t.state, 0, docs_source.state_size);
	t.conf.url = "https://w.example/rb";
	assert_true(docs_source.start(t.state, &t.conf, &t.err));
	no_robots(&t);
	expect(&t, "/rb/");
	assert_true(answer(&t, &(struct answer){.status = 304}));
	assert_false(asks(&t));
	talk_close(&t);
	/* A folder's slash is no other page; the first time another one may be meant. */
	talk_open(&t, NULL, 0);
	no_robots(&t);
	expect(&t, "/rb/");
	assert_false(answer(&t, &moved));
	assert_non_null(strstr(t.err.text, "/welcome: set that as the url"));
	t.window.hurry++;
	expect(&t, "/rb/");
	moved.moved = untrusted_str("https://w.example/rb/start");
	assert_true(answer(&t, &moved));
	assert_true(untrusted_is(t.batch.pages[0].url, "https://w.example/rb/start"));
	talk_close(&t);
}

static void test_robots_away(void **state)
{
	static const struct source_page known[] = {{.url = "https://w.example/rb/"}};
	struct talk t;

	(void)state;
	talk_open(&t, known, 1);
	expect(&t, "/robots.txt");
	assert_false(answer(&t, &(struct answer){.status = 503}));
	assert_non_null(strstr(t.err.text, "robots.txt answered 503"));
	/* Nothing but robots.txt until it is there. */
	expect(&t, "/robots.txt");
	assert_false(answer(&t,
		&(struct answer){.failure = ERR_NET, .failed = "connection refused"}));
	assert_non_null(strstr(t.err.text, "connection refused"));
	expect(&t, "/robots.txt");
	assert_true(answer(&t, &(struct answer){.status = 200,
				       .type = untrusted_str("text/plain"),
				       .body = untrusted_str("User-agent: *\n")}));
	expect(&t, "/rb/");
	assert_true(answer_html(&t, "x"));
	/* A day later it cannot be had: the old one counts on. */
	t.now += 24 * 3600000;
	expect(&t, "/robots.txt");
	assert_true(answer(&t, &(struct answer){.status = 500}));
	expect(&t, "/rb/");
	assert_true(answer_html(&t, "x"));
	/* It forbids us: what is kept stays, and is said to be old. */
	t.now += 60000;
	expect(&t, "/robots.txt");
	answer(&t, &(struct answer){.status = 200,
			   .type = untrusted_str("text/plain"),
			   .body = untrusted_str("User-agent: *\nDisallow: /")});
	assert_false(t.ok);
	assert_non_null(strstr(t.err.text, "forbids"));
	t.now += t.conf.every_ms;
	assert_false(asks(&t));
	talk_close(&t);
}

/* One page that breaks off each time does not hold up the others. */
static void test_one_outage(void **state)
{
	static const struct source_page known[] = {
		{.url = "https://w.example/rb/"}, {.url = "https://w.example/rb/a"}};
	struct talk t;

	(void)state;
	talk_open(&t, known, 2);
	no_robots(&t);
	expect(&t, "/rb/");
	assert_false(
		answer(&t, &(struct answer){.failure = ERR_NET, .failed = "broke off"}));
	expect(&t, "/rb/a");
	assert_true(answer(&t, &(struct answer){.status = 304}));
	assert_true(untrusted_find(t.batch.warning, "/rb/ is not read: broke off") > 0);
	expect(&t, "/rb/");
	talk_close(&t);
}

/* Without its first page it is no site; an outage is the host's, and asked again. */
static void test_no_first_page(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t, NULL, 0);
	no_robots(&t);
	expect(&t, "/rb/");
	assert_false(
		answer(&t, &(struct answer){.failure = ERR_NET, .failed = "refused"}));
	expect(&t, "/rb/");
	assert_false(answer(&t, &(struct answer){.status = 503}));
	expect(&t, "/rb/");
	assert_false(answer_html(&t, "<h1>Log in</h1><input type=password>"));
	assert_non_null(strstr(t.err.text, "token-file="));
	assert_false(asks(&t));
	t.window.hurry++;
	expect(&t, "/rb/");
	talk_close(&t);
}

/* What was kept tells its links: it is not asked for them again. */
static void test_known_links(void **state)
{
	struct source_page known = {.url = "https://w.example/rb/", .etag = "\"r\""};
	struct talk t;

	(void)state;
	known.links = untrusted_str("/rb/a\n/other\n/rb/logout\n");
	talk_open(&t, &known, 1);
	no_robots(&t);
	expect(&t, "/rb/");
	assert_true(answer(&t, &(struct answer){.status = 304}));
	expect(&t, "/rb/a");
	assert_true(answer_html(&t, "<h1>A</h1>"));
	assert_false(asks(&t));
	talk_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_robots),
		cmocka_unit_test(test_robots_long),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_html_mean),
		cmocka_unit_test(test_html_long),
		cmocka_unit_test(test_html_flags),
		cmocka_unit_test(test_charsets),
		cmocka_unit_test(test_crawl),
		cmocka_unit_test(test_known_links),
		cmocka_unit_test(test_not_the_page),
		cmocka_unit_test(test_moved_and_gone),
		cmocka_unit_test(test_robots_away),
		cmocka_unit_test(test_one_outage),
		cmocka_unit_test(test_no_first_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
