/* The way of a sample through oogway, in one place to read:
 *
 *   a source answers (connect/poll)   this host is read (app/host)
 *              |                              |
 *        pipeline_answer()             pipeline_reading()
 *              |                              |
 *     merge: alerts, silences,  series  <-----+   (app/alerts, metrics, charts)
 *              |       detect: each new point     (app/anomalies, analysis/)
 *              +---- join: one thing, one row      (app/problems)
 *              |                   |
 *              +--- change bits ---+------------> whoever shows it draws once a turn
 */
#include "pipeline.h"
#include "joins.h"
#include "pages.h"

#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/charts.h"
#include "app/dossier.h"
#include "app/history.h"
#include "app/logs.h"
#include "app/metrics.h"
#include "app/problems.h"
#include "app/rotas.h"
#include "app/sources.h"

static void fresh_point(void *ctx, const struct series *series, struct point point)
{
	struct app *app = ctx;

	if (!app_then(app))
		anomalies_feed(app->anomalies, series, point);
}

bool pipeline_answer(
	struct app *app, int source, const struct batch *batch, size_t *taken)
{
	if (batch->watch)
		return charts_take(app->charts, source, batch, taken);
	if (!metrics_apply(app->metrics, source, batch, taken, fresh_point, app))
		return false;
	if (!app_then(app))
		alerts_apply(app->alerts, source, batch);
	if (batch->rotas_snapshot && !app_then(app))
		rotas_apply(app->rotas, source, batch);
	logs_take(app->logs, source, batch);
	history_raws(app->history, source, batch);
	joins_details(app->joins, source, batch);
	dossier_take(app->dossier, source, batch);
	charts_apply(app->charts, source, batch);
	pages_take(app->pages, source, batch);
	if (app->changes & (CHANGED_ALERTS | CHANGED_ANOMALIES))
		problems_join(app);
	return true;
}

void pipeline_reading(
	struct app *app, int64_t now, const struct host_metric *list, size_t n)
{
	metrics_host(app->metrics, now, list, n, fresh_point, app);
	sources_host_read(
		app->sources, now, n > 0, n ? "" : "nothing could be read below /proc");
}
