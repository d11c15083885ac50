/* Lists that come in pages while they change: pages are collected and given out only
 * when the list is whole. Any thread. */
#ifndef SRC_CONNECT_PAGER_H
#define SRC_CONNECT_PAGER_H

#include "job.h"
#include "model/batch.h"
#include "seen.h"

enum {
	PAGER_LIMIT = 100,   /* rows asked for; the server may give fewer */
	PAGER_REACH = 10000, /* unless a kind sets another */
	PAGER_MAX_BYTES = 64 << 20,
	PAGER_MAX_RESTARTS = 3,
};

struct pager {
	struct job job;
	int64_t reach; /* offset + limit beyond is refused upstream */
	bool overlap;  /* pages share a row, so that rows that moved are noticed */
	bool shared;   /* the next page's first row was in the last one */
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

/* What a page said. */
struct pager_got {
	bool more;
	bool first_known; /* its first row came in the page before, too */
	int64_t limit;    /* rows of a page as the server has it, 0: not said */
	size_t count;
};

void pager_init(struct pager *pager, int64_t every_ms, uint64_t seed, bool overlap);
void pager_release(struct pager *pager);
/* The first page when it is due, or the next one of a reading under way. */
bool pager_wants(struct pager *pager, int64_t now);
/* After the rows of a page were added. Until the list is whole, the pager is due. */
enum pager_step pager_page(struct pager *pager, const struct pager_got *got);
/* The reading under way is given up. */
void pager_drop(struct pager *pager);
/* The whole list goes over; its texts live in the pager until it begins again, which is
 * not before the batch has been used. */
void pager_give_alerts(struct pager *pager, struct batch *batch, const char *incomplete);
void pager_give_oncalls(struct pager *pager, struct batch *batch);

#endif
