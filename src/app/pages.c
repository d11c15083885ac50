/* Keeping the pages of sites: each is a file with a head of a few lines; a new text takes
 * its place, and five old ones stand behind it. What is the same is not written anew, so
 * that a change is one that somebody made. Several oogways may keep the same site:
 * whoever has the folder's lock writes. Main thread; the disk is for tasks, one after the
 * other. */
#include "pages.h"

#include "app/runbooks.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "connect/docs.h"
#include "io/file.h"
#include "io/lock.h"
#include "io/task.h"
#include "ops/runbook.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PATH_BYTES = 4096,
	VERSIONS = 5,
	HEAD_BYTES = 4096 + DOCS_LINKS,
	REST_MS = 1500, /* behind the last page that came */
	LATE_MS = 10000,
};

/* Then its files go: somebody took it away. */
#define GONE_MS (7 * DAY_MS)

struct keeping {
	struct task task;
	struct pages *pages; /* NULL: nobody waits */
	char folder[PATH_BYTES - 100], path[PATH_BYTES];
	enum page_news news;
	struct page_file page; /* as it came */
	int64_t now;
	bool changed;
	struct err err;
};

struct pages {
	struct app *app;
	struct keeping **list; /* in their tasks */
	size_t count, cap;
	int64_t first_at, last_at; /* changes that are not listed yet; 0: none */
	bool told;
};

/* --- the file --- */

static void version_path(const char *path, int version, char out[PATH_BYTES + 8])
{
	if (version)
		snprintf(out, PATH_BYTES + 8, "%s.%d", path, version);
	else
		snprintf(out, PATH_BYTES + 8, "%s", path);
}

static void add_link(struct str *links, struct untrusted path)
{
	text_add_line(links, path, DOCS_PATH);
	str_putc(links, '\n');
}

static void take_field(struct page_file *page, struct str *links, struct untrusted name,
	struct untrusted value)
{
	if (untrusted_is(name, "url"))
		text_line(value, page->url, sizeof page->url);
	else if (untrusted_is(name, "title"))
		text_line(value, page->title, sizeof page->title);
	else if (untrusted_is(name, "etag"))
		text_line(value, page->etag, sizeof page->etag);
	else if (untrusted_is(name, "modified"))
		text_line(value, page->modified, sizeof page->modified);
	else if (untrusted_is(name, "link"))
		add_link(links, value);
	else if (untrusted_is(name, "changed"))
		untrusted_to_i64(value, &page->changed_at);
	else if (untrusted_is(name, "gone"))
		untrusted_to_i64(value, &page->gone_at);
}

bool page_file_read(const char *path, struct page_file *page)
{
	struct untrusted rest, line, name;
	struct str text, links;
	bool ok = false;

	*page = (struct page_file){0};
	str_init(&text, RUNBOOK_MAX_BYTES + 2 * HEAD_BYTES);
	str_init(&links, DOCS_LINKS);
	if (!access(path, R_OK) && file_read(path, &text, NULL)) {
		rest = untrusted_make(text.p, text.n);
		ok = untrusted_line(&rest, &line) && untrusted_is(line, "oogway page 1");
		while (ok && untrusted_line(&rest, &line) && !untrusted_empty(line))
			if (untrusted_split(&line, ":", &name))
				take_field(page, &links, name, untrusted_trim(line));
		ok = ok && *page->url;
		if (ok) {
			page->text = untrusted_keep(rest, RUNBOOK_MAX_BYTES);
			page->links = untrusted_keep(
				untrusted_make(links.p, links.n), DOCS_LINKS);
		}
	}
	str_release(&links);
	str_release(&text);
	return ok;
}

void page_file_release(struct page_file *page)
{
	untrusted_free(page->text);
	untrusted_free(page->links);
	page->text = page->links = UNTRUSTED_NONE;
}

bool page_file_before(const char *path, struct page_file *out)
{
	char old[PATH_BYTES + 8];

	version_path(path, 1, old);
	return page_file_read(old, out);
}

static bool write_page(const char *path, const struct page_file *page, struct err *err)
{
	struct untrusted rest = page->links, line;
	struct str out;
	size_t n;
	const char *text = text_raw(page->text, &n);
	bool ok;

	str_init(&out, RUNBOOK_MAX_BYTES + 2 * HEAD_BYTES);
	str_printf(&out, "oogway page 1\nurl: %s\ntitle: %s\n", page->url, page->title);
	if (*page->etag)
		str_printf(&out, "etag: %s\n", page->etag);
	if (*page->modified)
		str_printf(&out, "modified: %s\n", page->modified);
	str_printf(&out, "changed: %lld\n", (long long)page->changed_at);
	if (page->gone_at)
		str_printf(&out, "gone: %lld\n", (long long)page->gone_at);
	while (untrusted_line(&rest, &line)) {
		str_puts(&out, "link: ");
		add_link(&out, line);
	}
	str_putc(&out, '\n');
	str_add(&out, text, n);
	ok = file_replace(path, str_text(&out), out.n, err);
	str_release(&out);
	return ok;
}

/* --- in the task --- */

static void age_versions(const char *path)
{
	char from[PATH_BYTES + 8], to[PATH_BYTES + 8];

	for (int i = VERSIONS; i > 1; i--) {
		version_path(path, i - 1, from);
		version_path(path, i, to);
		rename(from, to);
	}
}

static void remove_versions(const char *path)
{
	char name[PATH_BYTES + 8];

	for (int i = 0; i <= VERSIONS; i++) {
		version_path(path, i, name);
		unlink(name);
	}
}

static bool keep_text(struct keeping *k, const struct page_file *old, bool there)
{
	char before[PATH_BYTES + 8];
	struct page_file *page = &k->page;

	page->changed_at = k->now;
	if (there && untrusted_eq(old->text, page->text) &&
		!strcmp(old->title, page->title)) {
		if (!old->gone_at && !strcmp(old->etag, page->etag) &&
			!strcmp(old->modified, page->modified) &&
			untrusted_eq(old->links, page->links))
			return true;
		page->changed_at = old->changed_at;
		k->changed = old->gone_at != 0;
		return write_page(k->path, page, &k->err);
	}
	k->changed = true;
	if (!there)
		return write_page(k->path, page, &k->err);
	age_versions(k->path);
	version_path(k->path, 1, before);
	/* The old one is whole under its new name before the new one takes its own. */
	return write_page(before, old, &k->err) && write_page(k->path, page, &k->err);
}

static bool keep_mark(struct keeping *k, struct page_file *old, int64_t gone_at)
{
	bool gone = gone_at != 0;

	if (gone && old->gone_at && k->now - old->gone_at > GONE_MS) {
		k->changed = true;
		remove_versions(k->path);
		return true;
	}
	if (gone == (old->gone_at != 0))
		return true;
	old->gone_at = gone_at;
	k->changed = true;
	return write_page(k->path, old, &k->err);
}

static void keep_work(struct task *task)
{
	struct keeping *k = (struct keeping *)task;
	char lock_path[PATH_BYTES];
	struct page_file old;
	bool there;
	int lock;

	snprintf(lock_path, sizeof lock_path, "%s/lock", k->folder);
	if (!file_make_folder(k->folder, &k->err))
		return;
	lock = lock_open(lock_path);
	/* Who has it writes the same; it is listed all the same. */
	if (lock < 0 || !lock_take(lock, true)) {
		k->changed = true;
		lock_close(&lock);
		return;
	}
	there = page_file_read(k->path, &old);
	if (k->news == PAGE_READ)
		keep_text(k, &old, there);
	else if (there)
		keep_mark(k, &old, k->news == PAGE_GONE ? k->now : 0);
	page_file_release(&old);
	lock_close(&lock);
}

static void keep_done(struct task *task)
{
	struct keeping *k = (struct keeping *)task;
	struct pages *pages = k->pages;

	for (size_t i = 0; pages && i < pages->count; i++)
		if (pages->list[i] == k)
			pages->list[i] = pages->list[--pages->count];
	if (pages && k->changed) {
		pages->last_at = pages->app->now;
		if (!pages->first_at)
			pages->first_at = pages->last_at;
	}
	if (k->err.kind && pages && !pages->told)
		app_notice(pages->app, true, "a page is not kept: %s", k->err.text);
	if (pages)
		pages->told = k->err.kind != ERR_NONE;
	page_file_release(&k->page);
	mem_free(k);
}

/* --- main --- */

bool pages_folder(const struct app *app, const char *site, char *out, size_t size)
{
	char state[PATH_BYTES - 300];
	struct err err;

	if (app->demo || !file_state_folder(state, sizeof state, &err))
		return false;
	snprintf(out, size, "%s/docs/%s", state, site);
	return true;
}

static void keep(struct pages *pages, const char *site, const struct batch_page *from)
{
	struct keeping *k = mem_new(1, sizeof *k);
	struct page_file *page = &k->page;
	char name[HASH_TEXT];

	if (!pages_folder(pages->app, site, k->folder, sizeof k->folder)) {
		mem_free(k);
		return;
	}
	k->pages = pages;
	k->news = from->news;
	k->now = pages->app->now;
	text_line(from->url, page->url, sizeof page->url);
	text_line(from->title, page->title, sizeof page->title);
	text_line(from->etag, page->etag, sizeof page->etag);
	text_line(from->modified, page->modified, sizeof page->modified);
	page->text = untrusted_keep(from->text, RUNBOOK_MAX_BYTES);
	page->links = untrusted_keep(from->links, DOCS_LINKS);
	hash_lasting(page->url, strlen(page->url), name);
	snprintf(k->path, sizeof k->path, "%s/%s.page", k->folder, name);
	k->task = (struct task){
		.work = keep_work, .done = keep_done, .class = TASK_BACKGROUND};
	MEM_ROOM(pages->list, pages->count, pages->cap);
	pages->list[pages->count++] = k;
	task_submit(pages->app->pool, &k->task);
}

void pages_take(struct pages *pages, int source, const struct batch *batch)
{
	const struct source_row *row = sources_row(pages->app->sources, source);

	for (size_t i = 0; row && i < batch->page_count; i++)
		keep(pages, row->name, &batch->pages[i]);
}

void pages_tick(struct pages *pages, int64_t now)
{
	if (!pages->first_at ||
		(now - pages->last_at < REST_MS && now - pages->first_at < LATE_MS))
		return;
	pages->first_at = pages->last_at = 0;
	runbooks_load(pages->app->runbooks);
}

struct pages *pages_new(struct app *app)
{
	struct pages *pages = mem_new(1, sizeof *pages);

	pages->app = app;
	return pages;
}

void pages_end(struct pages *pages)
{
	for (size_t i = 0; i < pages->count; i++)
		pages->list[i]->pages = NULL;
	pages->count = 0;
}

void pages_free(struct pages *pages)
{
	if (!pages)
		return;
	mem_free(pages->list);
	mem_free(pages);
}
