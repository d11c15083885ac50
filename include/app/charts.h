/* The charts of the alerts whose pages are open: what an alert's rule compares, asked
 * of the rule's own server for as long as somebody looks. */
#ifndef APP_CHARTS_H
#define APP_CHARTS_H

#include "app/app.h"
#include "model/batch.h"
#include "model/promexpr.h"
#include "model/series.h"

struct alert_chart {
	uint64_t alert;
	int source;            /* that is asked, -1: none */
	struct untrusted expr; /* what is drawn, as the rule has it */
	const char *asked;     /* the same, narrowed to the alert */
	enum promexpr_op op;   /* its comparison, PROMEXPR_NONE without a constant */
	double constant;
	bool lowest;    /* of several series the lowest is drawn, not the highest */
	size_t matched; /* series that could be meant */
	const struct series *series; /* with the limit; NULL: nothing to draw */
	char why[400];               /* when there is nothing to draw: one sentence */
};

struct charts *charts_new(struct app *app);
void charts_free(struct charts *charts);
/* These alerts' pages are open; charts of others end. At most SOURCE_MAX_WATCHES. */
void charts_show(struct charts *charts, const uint64_t *alerts, size_t n);
/* A source is gone, or is asked anew from the beginning: its rules are kept only when
 * they are still its own. Its watches are gone already. charts_settle() follows. */
void charts_forget(struct charts *charts, int source, bool rules);
/* The sources are other ones now: what they are asked is decided anew. */
void charts_settle(struct charts *charts);
/* Any answer, when its alerts are in the table: rules are kept, rules and alerts may
 * decide what is asked. */
void charts_apply(struct charts *charts, int source, const struct batch *batch);
/* The answer to a watch, as much as a turn has time for: the series that is meant is
 * drawn. *taken counts series and is 0 at first; true: that was all. */
bool charts_take(
	struct charts *charts, int source, const struct batch *batch, size_t *taken);
/* NULL when it is not shown. */
const struct alert_chart *charts_find(const struct charts *charts, uint64_t alert);

#endif
