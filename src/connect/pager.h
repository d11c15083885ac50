/* Lists that come in pages while they change: pages are collected and given out only
 * when the list is whole. Any thread. */
#ifndef SRC_CONNECT_PAGER_H
#define SRC_CONNECT_PAGER_H

#include "base/json.h"
#include "job.h"
#include "model/batch.h"
#include "seen.h"

enum {
	PAGER_LIMIT = 100,       /* rows asked for; the server may give fewer */
	PAGER_MAX_REACH = 10000, /* offset + limit beyond is refused upstream */
	PAGER_MAX_BYTES = 64 << 20,
	PAGER_MAX_RESTARTS = 3,
};

struct pager {
	struct job job;
	bool overlap; /* pages share a row, so that rows that moved are noticed */
	bool shared;  /* the next page's first row was in the last one */
	int64_t offset;
	int restarts;
	bool reading; /* at least one page was taken */
	bool incomplete;
	struct arena arena;
	struct batch rows;
	struct seen seen;
};

enum pager_step {
	PAGER_MORE,  /* the next page is to be asked for at once */
	PAGER_AGAIN, /* rows moved meanwhile: from the start */
	PAGER_WHOLE,
};

void pager_init(struct pager *pager, int64_t every_ms, uint64_t seed, bool overlap);
void pager_release(struct pager *pager);
/* Before the first page of a new reading. */
void pager_begin(struct pager *pager);
/* After the rows of a page were added: `first` is its first row's id, `count` how many
 * rows it had, page the document with limit, offset and more. */
enum pager_step pager_page(
	struct pager *pager, struct json page, bool first_known, size_t count);

#endif
