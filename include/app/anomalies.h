/* Anomalies found on the series that are held: the detectors of analysis/, fed as
 * points arrive. */
#ifndef APP_ANOMALIES_H
#define APP_ANOMALIES_H

#include "app/app.h"
#include "base/err.h"
#include "model/series.h"

enum { ANOMALY_REASON = 120, ANOMALIES_MAX = 500 };

struct anomaly_row {
	uint64_t id;              /* of this anomaly */
	uint64_t series;          /* id of the series */
	int64_t start_at, end_at; /* end 0: still on; it may come again for a while */
	double value;             /* at its peak */
	double expected, low, high;
	double score; /* 0..1 */
	enum severity severity;
	enum unit unit;
	uint64_t alert; /* key of the open alert about the same, 0: none; problems.h */
	char name[96];  /* with its source in front where several have one of that name */
	uint8_t bare;   /* where in it the name itself begins */
	char reason[ANOMALY_REASON];
};

struct anomalies *anomalies_new(struct app *app);
void anomalies_free(struct anomalies *anomalies);
/* How long a series must be good before its anomaly cannot come again; 0: what suits
 * it. */
void anomalies_hold(struct anomalies *anomalies, int64_t hold_ms);
/* A new point of a series. */
void anomalies_feed(
	struct anomalies *anomalies, const struct series *series, struct point point);
/* A series that its source no longer gives has no anomaly for ever. */
void anomalies_tick(struct anomalies *anomalies, int64_t now);
/* Newest first. */
size_t anomalies_count(const struct anomalies *anomalies);
const struct anomaly_row *anomalies_at(const struct anomalies *anomalies, size_t i);
/* Which alert speaks for an anomaly; see app/problems.h. */
void anomalies_join(struct anomalies *anomalies, size_t i, uint64_t alert);
size_t anomalies_open(const struct anomalies *anomalies);
/* "Baseline: 3 of 7 days learnt; until then limits …"; empty when learnt. */
const char *anomalies_learning(const struct anomalies *anomalies);
/* --- for app/history: what is learnt outlives the process --- */

/* Series whose saved state nobody has looked for yet, at most max; each is told once.
 * The second: whose seasonal state has changed since they were last told, from *at on, so
 * that a round comes to all of them; 0 and 0 at its begin and its end. */
size_t anomalies_unasked(struct anomalies *anomalies, uint64_t *series, size_t max);
size_t anomalies_learnt(
	struct anomalies *anomalies, size_t *at, uint64_t *series, size_t max);
/* The seasonal state; NULL when there is none yet. */
const void *anomalies_state(const struct anomalies *anomalies, uint64_t series);
/* Goes on from a saved one; false with *err when the bytes are not usable. */
bool anomalies_restore(struct anomalies *anomalies, uint64_t series, const void *bytes,
	size_t n, struct err *err);
/* Of what was asked for, nothing is saved: learning is at its begin, and is told so. */
void anomalies_anew(struct anomalies *anomalies);

/* Expected band of a series now; false when not known. */
bool anomalies_band(const struct anomalies *anomalies, uint64_t series, double *expected,
	double *low, double *high);

#endif
