/* Collecting the window of an incident: metrics of the sources that answer queries, who
 * calls whom, changes and log lines, and what the rankers make of it. Asks a few at a
 * time; reads and thinks in a task. Main thread. */
#ifndef SRC_APP_COLLECT_H
#define SRC_APP_COLLECT_H

#include "app/app.h"
#include "app/finding.h"

enum { COLLECT_TEXT = 600 };

struct collect_wish {
	int64_t at;        /* the alert */
	int64_t window_ms; /* before and after it */
	/* Words that name whose alert it is: of the nodes the longest that stands in
	 * them is meant. "": not known. */
	char about[COLLECT_TEXT];
	bool spare; /* a server that is slow is not asked: nobody waits for this */
};

/* Borrowed until told() returns; the finding is the callee's when it takes it (leaving
 * NULL). */
struct collect_result {
	const struct capture *capture; /* and rca: only with collect_end.whole */
	const struct rca *rca;
	const struct str *json; /* the finding with its curves */
	struct finding *finding;
	bool partial; /* a source did not answer, or not all */
};

struct collect;
struct collect_end {
	/* Once, later; NULL with err: nobody could be asked. */
	void (*told)(void *ctx, struct collect_result *result, const struct err *err);
	void *ctx;
	bool whole; /* the capture is wanted: main frees it, which takes its time */
};

struct collect *collect_start(
	struct app *app, const struct collect_wish *wish, const struct collect_end *end);
/* told does not come any more. Not behind it. */
void collect_stop(struct collect *collect);

#endif
