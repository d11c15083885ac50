/* Problems: what one person would call one thing, however many tell of it. Its members
 * are alerts with the same labels, from whichever sources, the pages that these opened,
 * and anomalies of series that an alert's rule looks at. One of them speaks for it. */
#ifndef APP_PROBLEMS_H
#define APP_PROBLEMS_H

#include "app/app.h"
#include "base/err.h"
#include "model/severity.h"

struct alert;
struct anomaly_row;

struct problem {
	uint64_t id; /* of the alert or anomaly that speaks for it */
	enum severity severity;
	bool acknowledged;
	int64_t since;
	bool guessed;              /* a page is joined to it by what looks alike only */
	const struct alert *alert; /* NULL: only an anomaly */
	const struct anomaly_row *anomaly; /* the worst, or NULL */
	size_t alerts, anomalies;          /* its members */
};

/* What needs somebody: worst first, at most max; firing alerts before anomalies of the
 * same severity, then what somebody has acknowledged. Returns how many; *total counts
 * all. Rows point into app. */
size_t problems_list(
	const struct app *app, struct problem *out, size_t max, size_t *total);

/* The one whose member this alert is, as if it spoke for it. */
struct problem problem_of(const struct app *app, const struct alert *alert);

struct problem_counts {
	size_t open[SEVERITY_COUNT];
	size_t acknowledged;
	bool complete; /* every source that can page answered lately and in full */
};
struct problem_counts problems_counts(const struct app *app);

/* Who tells of it: "am, prom". brief: "am +1"; nothing when it goes without saying,
 * which is one alert, or an anomaly of this host. A guess is called so: "pd +1 guessed",
 * brief "pd +1?". */
const char *problem_sources(const struct app *app, const struct problem *problem,
	bool brief, char *out, size_t size);

/* 0: somebody tells of it now; else when the last who did answered for the last time. */
int64_t problem_old(const struct app *app, const struct problem *problem);

/* A page is joined to it only because it looks like it. */
bool problem_guessed(const struct app *app, const struct alert *alert);
/* Its open members that page: NULL starts, NULL ends. */
const struct alert *problem_pages(
	const struct app *app, const struct alert *alert, const struct alert *after);

/* By hand, and remembered: it stands alone from now on, with all that have its labels;
 * or these are one. False with a sentence. */
bool problem_split(struct app *app, uint64_t alert, struct err *err);
bool problem_join(struct app *app, const uint64_t *alerts, size_t count, struct err *err);

/* Finds anew which open anomalies an open alert speaks for. Short; once a second, and
 * when alerts or anomalies changed. */
void problems_join(struct app *app);

#endif
