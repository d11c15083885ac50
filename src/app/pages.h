/* Pages of sites, as they were last read: files of the user's own below
 * $XDG_STATE_HOME/oogway/docs, one for each page and five for what it was before. What
 * is in them is foreign text. Main thread, but for what says otherwise. */
#ifndef SRC_APP_PAGES_H
#define SRC_APP_PAGES_H

#include "app/app.h"
#include "base/untrusted.h"
#include "model/batch.h"

enum { PAGE_STAMP = 128, PAGE_TITLE = 300, PAGE_URL = 1000, PAGE_NAME = 200 };

/* One file; release it. */
struct page_file {
	char url[PAGE_URL], title[PAGE_TITLE]; /* printable */
	char etag[PAGE_STAMP], modified[PAGE_STAMP];
	int64_t changed_at; /* UTC ms: since then it is as it is */
	int64_t gone_at;    /* since then its server has it no more; 0: it has */
	struct untrusted text, links; /* as in struct batch_page; owned */
};

/* In a task: waits for the disk. The folder of a site; those of its files that are pages
 * are NAME.page. False: this is none. */
bool page_file_read(const char *path, struct page_file *out);
void page_file_release(struct page_file *page);
/* What it was before that; false: nothing is known. */
bool page_file_before(const char *path, struct page_file *out);
bool pages_folder(const struct app *app, const char *site, char *out, size_t size);

struct pages *pages_new(struct app *app);
/* What is being written goes on. */
void pages_end(struct pages *pages);
void pages_free(struct pages *pages);
/* What a site gave goes to the disk, by tasks; then the runbooks are read anew. */
void pages_take(struct pages *pages, int source, const struct batch *batch);
/* Once a second. */
void pages_tick(struct pages *pages, int64_t now);

#endif
