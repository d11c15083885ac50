/* All series that are held, in the order of the list: rc queries first, in rc order,
 * then this host's. */
#ifndef APP_METRICS_H
#define APP_METRICS_H

#include "app/app.h"
#include "io/host.h"
#include "model/batch.h"
#include "model/series.h"

struct metrics *metrics_new(struct app *app);
void metrics_free(struct metrics *metrics);
/* Told of each point that is new, in order. */
typedef void (*point_fn)(void *ctx, const struct series *series, struct point point);
/* The rc is another one now: series of queries that it still has go on. */
void metrics_reload(struct metrics *metrics, const struct rc *old);
/* What an answer of a source brings, as much as a turn has time for: *taken counts the
 * series and is 0 at first. true: that was all. */
bool metrics_apply(struct metrics *metrics, int source, const struct batch *batch,
	size_t *taken, point_fn fresh, void *ctx);
/* One reading of this host. */
void metrics_host(struct metrics *metrics, int64_t now, const struct host_metric *list,
	size_t n, point_fn fresh, void *ctx);
/* All that came is in the list: new series are listed when they are in order. */
bool metrics_settled(const struct metrics *metrics);
size_t metrics_count(const struct metrics *metrics);
struct series *metrics_at(const struct metrics *metrics, size_t i);
struct series *metrics_find(const struct metrics *metrics, uint64_t id);
/* Position of a query among the source's own; its rc row. */
const struct rc_query *metrics_query(
	const struct metrics *metrics, int source, int query);

/* What became of a query of the rc when its source was asked last. */
enum query_health {
	QUERY_UNASKED, /* or not answered yet */
	QUERY_FINE,
	QUERY_EMPTY,  /* it gave nothing */
	QUERY_ODD,    /* … or nothing that is a number */
	QUERY_FAILED, /* the server refuses it */
};
enum { QUERY_WHY = 160 };
/* By its place in the rc, or of a series; *why: a sentence, or "". Such a query has a row
 * of its own as long as it has no other. */
enum query_health metrics_query_health(
	const struct metrics *metrics, size_t query, const char **why);
enum query_health series_health(
	const struct app *app, const struct series *series, const char **why);
/* series_value() as text, or why there is none: "failed", "no data". */
const char *series_now(
	const struct app *app, const struct series *series, char out[UNIT_TEXT]);

/* Another source has a metric of that name. */
bool metrics_ambiguous(const struct metrics *metrics, const struct series *series);
/* Name as the list shows it: the query's name and what tells its series apart. */
void series_label(const struct series *series, char *out, size_t size);
/* The newest value inside the window; NAN when there is none. */
double series_value(const struct app *app, const struct series *series);
/* Over the window; live, the newest value is in it, also where the clock of its server
 * is ahead. */
struct series_span series_in_window(const struct app *app, const struct series *series);
/* No point within twice its interval (at least 10 s). */
bool series_stale(const struct app *app, const struct series *series);

#endif
