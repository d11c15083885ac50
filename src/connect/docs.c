/* A site of pages: its first page, and those below it that it and they link to, one
 * after the other, as often as the rc says. First robots.txt, once a day (RFC 9309): what
 * it forbids is not asked for, and while it cannot be had nothing is, but for what an
 * older one of it allows. A page is asked for with what its server said of its age. What
 * is no page any more (an error, a login form, another page, something far too large) is
 * told, and is never its text. Any thread, one at a time. */
#include "connect/docs.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "charset.h"
#include "connect/source.h"
#include "docs_html.h"
#include "robots.h"

#include <stdio.h>
#include <string.h>

enum {
	ASK_ROBOTS,
	ASK_PAGE,
	GAP_MS = 500, /* between two asks */
	ROBOTS_EVERY_MS = 24 * 3600 * 1000,
	AGAIN_MS = 60 * 1000,
	LATER_MS = 5 * 60 * 1000, /* of a page that its server fails to make */
	STAMP = 128,
	WHY = 120,
	DECODED = 6 << 20,
	SENTENCE = 160,
};

struct page {
	char *path;
	char etag[STAMP], modified[STAMP];
	char why[WHY]; /* what is wrong with it; "" nothing */
	int64_t due_at;
	bool had;    /* its text is kept */
	bool barred; /* by robots.txt */
};

enum robots_state { ROBOTS_UNKNOWN, ROBOTS_THERE, ROBOTS_AWAY };

struct docs {
	const struct source_conf *conf;
	char origin[DOCS_URL], prefix[DOCS_PATH];
	struct page *pages; /* the first one is the site's */
	size_t count, cap, most;
	size_t open; /* page that is asked for */
	bool asking;
	int64_t rests_until;
	enum robots_state robots_state;
	int64_t robots_due;
	struct robots robots;
	uint32_t hurry;
	const char *header[3];
	char stamp[STAMP + 32];
};

/* --- the pages --- */

static bool may_be_asked(const struct docs *d, const char *path)
{
	return robots_allow(&d->robots, path);
}

static struct page *add(struct docs *d, const char *path)
{
	struct page *page;

	for (size_t i = 0; i < d->count; i++)
		if (!strcmp(d->pages[i].path, path))
			return &d->pages[i];
	if (d->count == d->most)
		return NULL;
	MEM_ROOM(d->pages, d->count, d->cap);
	page = &d->pages[d->count++];
	*page = (struct page){.path = mem_strdup(path)};
	page->barred = !may_be_asked(d, path);
	return page;
}

static bool same_but_slash(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	n -= n > 1 && a[n - 1] == '/';
	m -= m > 1 && b[m - 1] == '/';
	return n == m && !strncmp(a, b, n);
}

/* Its server has put the slash behind it before. */
static struct page *known_page(struct docs *d, const char *path)
{
	struct page *first = &d->pages[0];

	if (!same_but_slash(first->path, path))
		return add(d, path);
	mem_free(first->path);
	first->path = mem_strdup(path);
	return first;
}

static void add_known_links(struct docs *d, struct untrusted links)
{
	struct untrusted line;
	char path[DOCS_PATH];

	while (untrusted_line(&links, &line))
		if (docs_resolve(d->origin, "/", line, path) &&
			str_starts(path, d->prefix))
			add(d, path);
}

static bool start(void *state, const struct source_conf *conf, struct err *err)
{
	struct docs *d = state;
	const char *first;
	char path[DOCS_PATH];

	d->conf = conf;
	d->most = conf->pages ? conf->pages : DOCS_PAGES;
	if (!docs_place(conf->url, conf->filter, d->origin, d->prefix))
		return err_set(
			err, ERR_USAGE, "source %s: its url is too long", conf->name);
	first = conf->url + strlen(d->origin);
	if (!docs_resolve(d->origin, "/", untrusted_str(*first ? first : "/"), path))
		return err_set(err, ERR_USAGE,
			"source %s: its url is no page, or does something when it is "
			"asked for",
			conf->name);
	add(d, path);
	for (size_t i = 0; i < conf->known_count; i++) {
		const struct source_page *known = &conf->known[i];
		struct page *page;

		if (!docs_holds(conf->url, conf->filter, known->url) ||
			!docs_resolve(d->origin, "/",
				untrusted_str(known->url + strlen(d->origin)), path))
			continue;
		page = known_page(d, path);
		if (!page)
			continue;
		page->had = true;
		str_copy(page->etag, STAMP, known->etag ? known->etag : "");
		str_copy(page->modified, STAMP, known->modified ? known->modified : "");
	}
	for (size_t i = 0; i < conf->known_count; i++)
		add_known_links(d, conf->known[i].links);
	return true;
}

static void stop(void *state)
{
	struct docs *d = state;

	for (size_t i = 0; i < d->count; i++)
		mem_free(d->pages[i].path);
	mem_free(d->pages);
	robots_release(&d->robots);
}

/* --- what to ask --- */

static void wait(struct ask *out, int64_t until)
{
	out->kind = ASK_WAIT;
	out->until = until;
}

static void ask(struct docs *d, struct arena *arena, struct ask *out, int id,
	const char *path, size_t most)
{
	d->asking = true;
	*out = (struct ask){.kind = ASK_HTTP,
		.id = id,
		.method = "GET",
		.path = arena_strdup(arena, path),
		.rooted = true,
		.max_bytes = most};
}

/* What its server said of its age, once more. */
static void put_stamps(struct docs *d, const struct page *page, struct ask *out)
{
	size_t n = 0;

	d->header[n++] = "Accept: text/html, application/xhtml+xml, text/markdown, "
			 "text/plain;q=0.8";
	if (*page->etag) {
		snprintf(d->stamp, sizeof d->stamp, "If-None-Match: %s", page->etag);
		d->header[n++] = d->stamp;
	} else if (*page->modified) {
		snprintf(d->stamp, sizeof d->stamp, "If-Modified-Since: %s",
			page->modified);
		d->header[n++] = d->stamp;
	}
	d->header[n] = NULL;
	out->headers = d->header;
}

static void take_hurry(struct docs *d, const struct source_window *window)
{
	if (window->hurry == d->hurry)
		return;
	d->hurry = window->hurry;
	for (size_t i = 0; i < d->count; i++)
		d->pages[i].due_at = 0;
	if (d->robots_state != ROBOTS_THERE)
		d->robots_due = 0;
}

static bool next(void *state, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out)
{
	struct docs *d = state;
	struct page *due = NULL;
	int64_t until = d->robots_due;

	if (d->asking)
		return false;
	take_hurry(d, window);
	if (now < d->rests_until) {
		wait(out, d->rests_until);
		return true;
	}
	if (now >= d->robots_due) {
		ask(d, arena, out, ASK_ROBOTS, "/robots.txt", ROBOTS_BYTES);
		return true;
	}
	for (size_t i = 0; i < d->count && d->robots_state != ROBOTS_AWAY; i++) {
		struct page *page = &d->pages[i];

		if (page->barred)
			continue;
		if (page->due_at <= now && (!due || page->due_at < due->due_at))
			due = page;
		if (page->due_at < until)
			until = page->due_at;
	}
	if (!due) {
		wait(out, until);
		return true;
	}
	d->open = (size_t)(due - d->pages);
	ask(d, arena, out, ASK_PAGE, due->path, DOCS_PAGE_BYTES);
	put_stamps(d, due, out);
	return true;
}

/* --- a page --- */

/* What is the same the next time does not tell its links again: they are given too. */
static void add_links(
	struct docs *d, const char *from, const struct html_page *read, struct str *links)
{
	char base[DOCS_PATH], path[DOCS_PATH];

	if (untrusted_empty(read->base) ||
		!docs_resolve(d->origin, from, read->base, base))
		str_copy(base, sizeof base, from);
	for (size_t i = 0; i < read->link_count; i++)
		if (docs_resolve(d->origin, base, read->links[i], path) &&
			str_starts(path, d->prefix)) {
			str_printf(links, "%s\n", path);
			add(d, path);
		}
}

static bool is_type(const struct answer *answer, const char *type)
{
	return untrusted_find_nocase(answer->type, type) == 0;
}

static void say(char why[WHY], const char *words, struct untrusted what)
{
	char text[WHY - 40];

	snprintf(why, WHY, "%s %s", words, text_line(what, text, sizeof text));
}

/* Its first heading; of a text that has none its name. */
static struct untrusted markdown_title(
	struct arena *arena, struct untrusted text, const char *path)
{
	struct untrusted line;
	const char *slash = strrchr(path, '/');

	while (untrusted_line(&text, &line))
		if (untrusted_starts(line, "# "))
			return untrusted_trim(untrusted_slice(line, 2, 300));
	return untrusted_copy(arena, untrusted_str(slash && slash[1] ? slash + 1 : path));
}

/* The text of what came, or what is wrong with it. */
static bool read_body(const char *path, const struct answer *answer, struct arena *arena,
	struct html_page *read, char why[WHY])
{
	struct err err = {0};
	struct str utf8;
	bool html = is_type(answer, "text/html") ||
		    is_type(answer, "application/xhtml") || untrusted_empty(answer->type);
	bool plain = is_type(answer, "text/markdown") || is_type(answer, "text/plain") ||
		     is_type(answer, "text/x-markdown");
	bool ok = true;

	*read = (struct html_page){0};
	if (!html && !plain) {
		say(why, "is no page but", answer->type);
		return false;
	}
	str_init(&utf8, DECODED);
	charset_to_utf8(answer->body, answer->type, &utf8);
	if (html) {
		ok = html_read(untrusted_make(utf8.p, utf8.n), DOCS_TEXT_BYTES, arena,
			read, &err);
	} else {
		struct untrusted all = untrusted_make(utf8.p, utf8.n);

		read->cut = utf8.n > DOCS_TEXT_BYTES;
		read->text =
			untrusted_copy(arena, untrusted_slice(all, 0, DOCS_TEXT_BYTES));
		read->title = markdown_title(arena, read->text, path);
	}
	str_release(&utf8);
	if (!ok)
		snprintf(why, WHY, "%s", err.text);
	else if (read->login)
		snprintf(why, WHY, "shows a login form");
	else if (untrusted_empty(untrusted_trim(read->text)))
		snprintf(why, WHY, "has no text");
	return !*why;
}

static struct batch_page *add_news(const struct docs *d, const struct page *page,
	enum page_news news, struct batch *batch)
{
	struct batch_page *to = batch_add_page(batch);
	char url[DOCS_URL + DOCS_PATH];

	if (!to)
		return NULL;
	snprintf(url, sizeof url, "%s%s", d->origin, page->path);
	to->news = news;
	to->url = untrusted_copy(batch->arena, untrusted_str(url));
	return to;
}

/* False: the page is not this one any more, or not yet. */
static bool take_text(struct docs *d, size_t i, const struct answer *answer,
	struct batch *batch, char why[WHY])
{
	struct html_page read;
	struct batch_page *news;
	struct page *page;
	struct str links;

	if (!read_body(d->pages[i].path, answer, batch->arena, &read, why))
		return false;
	str_init(&links, DOCS_LINKS);
	add_links(d, d->pages[i].path, &read, &links);
	page = &d->pages[i];
	page->had = true;
	text_line(answer->etag, page->etag, sizeof page->etag);
	text_line(answer->modified, page->modified, sizeof page->modified);
	news = add_news(d, page, PAGE_READ, batch);
	if (news)
		news->links =
			untrusted_copy(batch->arena, untrusted_make(links.p, links.n));
	str_release(&links);
	if (!news)
		return true;
	news->title = read.title;
	news->text = read.text;
	news->etag = untrusted_copy(batch->arena, untrusted_str(page->etag));
	news->modified = untrusted_copy(batch->arena, untrusted_str(page->modified));
	if (read.cut)
		snprintf(why, WHY, "has more than %d KiB of text: its end is not read",
			DOCS_TEXT_BYTES >> 10);
	return true;
}

/* Its server sends us to another page of the same host. The first time that is the page
 * that is meant, if it lies in the site; later it is another one, such as a login. */
static bool take_move(struct docs *d, size_t i, const struct answer *answer,
	struct batch *batch, char why[WHY])
{
	char path[DOCS_PATH], *old = d->pages[i].path;
	struct page *other = NULL;

	if (!docs_resolve(d->origin, old, answer->moved, path)) {
		say(why, "leads to another page,", answer->moved);
		return false;
	}
	if (same_but_slash(old, path)) {
		/* Links of it are relative to where it is. */
		d->pages[i].path = mem_strdup(path);
		mem_free(old);
		return take_text(d, i, answer, batch, why);
	}
	if (!d->pages[i].had && str_starts(path, d->prefix))
		other = add(d, path);
	if (!other) {
		say(why, "leads to another page,", untrusted_str(path));
		return false;
	}
	return take_text(d, (size_t)(other - d->pages), answer, batch, why);
}

static void say_unread(const struct answer *answer, char why[WHY])
{
	if (answer->status)
		snprintf(why, WHY, "answers %d", answer->status);
	else
		snprintf(why, WHY, "is not read: %.90s", answer->failed);
}

static bool take_answer(struct docs *d, size_t i, const struct answer *answer,
	struct batch *batch, char why[WHY])
{
	struct page *page = &d->pages[i];

	switch (answer->status) {
	case 200:
		return untrusted_empty(answer->moved)
			       ? take_text(d, i, answer, batch, why)
			       : take_move(d, i, answer, batch, why);
	case 304:
		add_news(d, page, PAGE_SAME, batch);
		return true;
	case 404:
	case 410:
		if (page->had)
			add_news(d, page, PAGE_GONE, batch);
		snprintf(why, WHY, "is not there%s (%d)", page->had ? " any more" : "",
			answer->status);
		return false;
	case 401:
	case 403:
		snprintf(why, WHY, "may not be read (%d)", answer->status);
		return false;
	default:
		say_unread(answer, why);
		return false;
	}
}

/* "2 of 12 pages are as before: /runbooks/big shows a login form" */
static void warn(const struct docs *d, struct batch *batch)
{
	const struct page *worst = NULL;
	size_t bad = 0, all = 0;
	char text[SENTENCE];

	for (size_t i = 0; i < d->count; i++) {
		const struct page *page = &d->pages[i];

		all += page->had;
		/* What never was a page is not missed. */
		if (!*page->why || (i && !page->had))
			continue;
		bad++;
		worst = worst ? worst : page;
	}
	if (!bad)
		return;
	snprintf(text, sizeof text, "%zu of %zu page%s %s as before: %.48s %.80s", bad,
		all, all == 1 ? "" : "s", bad == 1 ? "is" : "are", worst->path,
		worst->why);
	batch->warning = untrusted_copy(batch->arena, untrusted_str(text));
	batch->partial = true;
}

static enum err_kind kind_of(int status)
{
	return status == 401 || status == 403   ? ERR_AUTH
	       : status == 404 || status == 410 ? ERR_MISSING
						: ERR_INPUT;
}

/* The host, not the page: it is asked again when the engine thinks fit. */
static bool is_outage(const struct answer *answer)
{
	return answer->status == 429 || answer->status == 503 ||
	       (!answer->status && answer->failure != ERR_LIMIT &&
		       answer->failure != ERR_REFUSED && answer->failure != ERR_INPUT);
}

static int64_t again_ms(const struct docs *d)
{
	return d->conf->every_ms < LATER_MS ? d->conf->every_ms : LATER_MS;
}

static const char *what_to_do(const struct answer *answer, const char *why)
{
	return strstr(why, "login") || kind_of(answer->status) == ERR_AUTH
		       ? ": token-file= and perhaps user= let oogway in"
	       : strstr(why, "leads to") ? ": set that as the url if it is right"
					 : "";
}

static bool take_page(
	struct docs *d, const struct answer *answer, struct batch *batch, struct err *err)
{
	size_t i = d->open;
	char why[WHY] = "";
	bool ok;

	/* One that never answers holds up the others no longer than that. */
	if (is_outage(answer)) {
		d->pages[i].due_at = answer->now + AGAIN_MS;
		say_unread(answer, d->pages[i].why);
		return false;
	}
	ok = take_answer(d, i, answer, batch, why);
	d->pages[i].due_at = answer->now + (ok || answer->status < 500 ? d->conf->every_ms
								       : again_ms(d));
	str_copy(d->pages[i].why, WHY, why);
	warn(d, batch);
	/* Without its first page it is no site; the engine says what kept the answer
	 * away. */
	if (!ok && !i && !d->pages[0].had)
		return answer->status &&
		       err_set(err, kind_of(answer->status), "%.200s %s%s", d->conf->url,
			       why, what_to_do(answer, why));
	return true;
}

/* --- robots.txt --- */

static void bar_pages(struct docs *d)
{
	for (size_t i = 0; i < d->count; i++) {
		struct page *page = &d->pages[i];
		bool was = page->barred;

		page->barred = !may_be_asked(d, page->path);
		if (page->barred)
			snprintf(page->why, WHY, "is forbidden by robots.txt now");
		else if (was)
			*page->why = '\0';
	}
}

static bool robots_gone(struct docs *d, const struct answer *answer, struct err *err)
{
	d->robots_due = answer->now + AGAIN_MS;
	/* The last one that was read counts on (2.4). */
	if (d->robots_state == ROBOTS_THERE)
		return true;
	d->robots_state = ROBOTS_AWAY;
	if (answer->status)
		return err_set(err, ERR_NET,
			"%s/robots.txt answered %d: nothing of the site is read until it "
			"can be had",
			d->origin, answer->status);
	return err_set(err, answer->failure,
		"robots.txt cannot be had, so nothing of the site is read: %s",
		answer->failed);
}

static bool take_robots(
	struct docs *d, const struct answer *answer, struct batch *batch, struct err *err)
{
	int status = answer->status;

	if (!status || status >= 500 || status == 429)
		return robots_gone(d, answer, err);
	robots_release(&d->robots);
	/* 4xx: there is none (2.3.1.3). */
	if (status == 200)
		robots_read(&d->robots, answer->body, "oogway");
	d->robots_state = ROBOTS_THERE;
	d->robots_due = answer->now + ROBOTS_EVERY_MS;
	bar_pages(d);
	warn(d, batch);
	if (d->pages[0].barred && d->count == 1)
		return err_set(err, ERR_REFUSED, "%s/robots.txt forbids to read %.60s",
			d->origin, d->pages[0].path);
	return true;
}

/* --- both --- */

static bool take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err)
{
	struct docs *d = state;

	d->asking = false;
	if (answer->id == ASK_PAGE)
		d->rests_until = answer->now + GAP_MS;
	return answer->id == ASK_ROBOTS ? take_robots(d, answer, batch, err)
					: take_page(d, answer, batch, err);
}

const struct source_kind docs_source = {.name = "docs",
	.help = "Pages of a web site, as runbooks that are read",
	.site = true,
	.secret_header = "Authorization: Bearer ",
	.state_size = sizeof(struct docs),
	.start = start,
	.stop = stop,
	.next = next,
	.take = take};
