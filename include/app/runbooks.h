/* Runbooks: Markdown files of the folders in `set runbooks`, and the pages of `source
 * NAME docs`. A file stands in for the built-in one of its name. */
#ifndef APP_RUNBOOKS_H
#define APP_RUNBOOKS_H

#include "app/app.h"
#include "base/untrusted.h"
#include "ops/matchers.h"
#include "ops/runbook.h"

struct search;

/* A page of a site: it is only read. Whoever may edit the site decides what stands there,
 * and it comes by itself: nothing of it is ever run, trusted or not. */
struct runbook_page {
	char site[64], name[280]; /* the source; "wiki:disk-full" */
	char title[300];
	char etag[128], modified[128];
	int64_t changed_at, gone_at; /* as in struct page_file */
	struct untrusted links;      /* … and owned */
};

struct runbook_row {
	uint64_t id;
	char *path;                /* of a page its URL */
	struct runbook_page *page; /* NULL: a file, or built in */
	int section; /* line of its text that was last found in it; 0: the whole */
	struct untrusted text; /* the whole file, owned */
	struct untrusted title;
	struct runbook book;
	struct matchers labels;
	bool built_in; /* of the starter set */
	/* See runbook_versions.h. */
	struct untrusted
		before; /* the text it last ran with, if that is another; owned */
	bool changed, trusted;
	bool ran, seen; /* in this process: a step of this text, what has changed */
};

struct runbooks *runbooks_new(struct app *app);
void runbooks_free(struct runbooks *runbooks);
/* Reads the folders of `set runbooks` in a task; until it has ended the list is what it
 * was. Called again, only the last one counts. */
void runbooks_load(struct runbooks *runbooks);
/* The same, and the index of their words is made too. */
void runbooks_load_indexed(struct runbooks *runbooks);
/* Once a second: says when a folder does not answer. */
void runbooks_tick(struct runbooks *runbooks, int64_t now);
bool runbooks_settled(const struct runbooks *runbooks);
size_t runbooks_count(const struct runbooks *runbooks);
const struct runbook_row *runbooks_at(const struct runbooks *runbooks, size_t i);
const struct runbook_row *runbooks_find(const struct runbooks *runbooks, uint64_t id);
/* The same, for whoever notes what became of it. */
struct runbook_row *runbooks_known(struct runbooks *runbooks, uint64_t id);
/* The name of its file without .md; as `runbook NAME` takes it. */
const char *runbook_name(const struct runbook_row *row, char *out, size_t size);
const struct runbook_row *runbooks_named(
	const struct runbooks *runbooks, const char *wanted);
/* Of all of them; the number of a hit is its place in the list. It is large,
 * ten times their texts, so the first call has it made, by a task: NULL until then. */
const struct search *runbooks_index(const struct runbooks *runbooks);
/* A section of a page: a part of that index, by its number. */
struct runbook_section {
	uint32_t row; /* its place in the list */
	int line;     /* of its heading, in the text */
	struct untrusted heading;
};
/* NULL: the number is that of a whole book. */
const struct runbook_section *runbooks_section(
	const struct runbooks *runbooks, uint32_t part);
/* The number of the section of a row that begins at a line; the row's when it is none. */
uint32_t runbooks_part(const struct runbooks *runbooks, uint32_t row, int line);
/* It is a file of the user's, or built in: it may be run and edited. False: ERR_REFUSED,
 * and why. */
bool runbook_is_file(const struct runbook_row *row, struct err *err);
/* What is known of a site's pages, for whoever asks it. Borrowed from the list; how
 * many. */
struct source_page;
size_t runbooks_known_pages(const struct runbooks *runbooks, const char *site,
	struct source_page *out, size_t max);
/* How many pages of it are listed. */
size_t runbooks_pages(const struct runbooks *runbooks, const char *site);

#endif
