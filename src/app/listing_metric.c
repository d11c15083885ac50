/* Columns and JSON of metrics and anomalies. A value is shown with its unit and judged
 * against its limits here, in one place for lists, scripts and copies. Reads app,
 * changes nothing. Main thread. */
#include "app/anomalies.h"
#include "app/listing.h"
#include "app/metrics.h"
#include "app/sources.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const enum role severity_roles[SEVERITY_COUNT] = {
	ROLE_CRITICAL, ROLE_HIGH, ROLE_WARNING, ROLE_INFO, ROLE_TEXT};

static void name_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct series *series = row;

	cell_text(out, series->shown);
	out->role = series_stale(app, series) ? ROLE_DIM : ROLE_TEXT;
}

static void value_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct series *series = row;
	double value = series_value(app, series);
	char text[UNIT_TEXT];
	const char *why;

	cell_print(out, "%s", series_now(app, series, text));
	out->is_number = true;
	out->number = isnan(value) ? -HUGE_VAL : value;
	out->role = series_stale(app, series)
			    ? ROLE_DIM
			    : severity_roles[limits_judge(series->limits, value)];
	if (isnan(value) && series_health(app, series, &why) == QUERY_FAILED)
		out->role = ROLE_WARNING;
	if (out->role == ROLE_TEXT)
		out->role = ROLE_STRONG;
}

static void spark_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct series *series = row;
	double value = series_value(app, series);
	const char *why;

	if (isnan(value) && series_health(app, series, &why) > QUERY_FINE) {
		cell_text(out, untrusted_str(why));
		out->role = ROLE_DIM;
		return;
	}
	out->spark = series;
	out->role = series_stale(app, series)
			    ? ROLE_DIM
			    : severity_roles[limits_judge(series->limits, value)];
	if (out->role == ROLE_TEXT)
		out->role = ROLE_CHART;
}

static void high_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct series *series = row;
	struct series_span span = series_in_window(app, series);
	char text[UNIT_TEXT];

	cell_print(out, "%s", unit_text(series->unit, span.high, text));
	out->is_number = true;
	out->number = span.count ? span.high : -HUGE_VAL;
	out->role = ROLE_DIM;
}

static void series_source(const struct app *app, const void *row, struct cell *out)
{
	const struct series *series = row;

	cell_text(out, untrusted_str(sources_row(app->sources, series->source)->name));
	out->role = ROLE_DIM;
}

/* Of the newest value, once it is older than twice its interval. */
static void old_cell(const struct app *app, const void *row, struct cell *out)
{
	struct point last;

	if (series_stale(app, row) && series_last(row, &last))
		cell_old(out, last.at, app->now);
}

enum { METRIC_OLD = 2 };

static const struct column metric_columns[] = {
	{"name", "Metric", 18, 0, COLUMN_FLEX, name_cell},
	{"value", "Now", 9, 0, COLUMN_RIGHT | COLUMN_DESC, value_cell},
	[METRIC_OLD] = {"old", "Old", 3, 0, COLUMN_RIGHT | COLUMN_DESC, old_cell},
	{"trend", "", 12, 2, COLUMN_SPARK | COLUMN_FLEX, spark_cell},
	{"max", "Max", 9, 4, COLUMN_RIGHT | COLUMN_DESC, high_cell},
	{"source", "Source", 6, 8, 0, series_source},
};

static size_t metric_rows(const struct app *app)
{
	return metrics_count(app->metrics);
}

static const void *metric_row(const struct app *app, size_t i)
{
	return metrics_at(app->metrics, i);
}

static uint64_t metric_id(const void *row)
{
	return ((const struct series *)row)->id;
}

static const void *metric_find(const struct app *app, uint64_t id)
{
	return metrics_find(app->metrics, id);
}

static const char *status_word(
	enum query_health health, struct limits limits, double value)
{
	if (health == QUERY_FAILED)
		return "failed";
	return isnan(value) ? "no_data" : severity_name(limits_judge(limits, value));
}

/* Looking back: of then. */
static bool newest(const struct app *app, const struct series *series, struct point *out)
{
	if (!app->window.to)
		return series_last(series, out);
	return series_newest(series, window_from(app), window_to(app), out);
}

static void metric_json(const struct app *app, const void *row, struct json_out *o)
{
	const struct series *series = row;
	struct series_span span = series_in_window(app, series);
	double value = series_value(app, series);
	struct point last;
	const char *why;
	enum query_health health = series_health(app, series, &why);

	json_put_str(o, "source", sources_row(app->sources, series->source)->name);
	json_put_text(o, "name", series->name);
	json_put_str(o, "unit", unit_name(series->unit));
	json_put_double(o, "value", value);
	json_put_double(o, "min", span.low);
	json_put_double(o, "max", span.high);
	json_put_double(o, "mean", span.mean);
	json_put_i64(o, "points", (int64_t)span.count);
	json_put_str(o, "status", status_word(health, series->limits, value));
	if (*why)
		json_put_str(o, "reason", why);
	json_put_time(o, "at", newest(app, series, &last) ? last.at : 0);
	json_put_bool(o, "stale", series_stale(app, series));
}

static bool metric_says(const struct app *app, size_t column)
{
	struct point last;

	if (column != METRIC_OLD)
		return true;
	for (size_t i = 0; i < metrics_count(app->metrics); i++) {
		const struct series *series = metrics_at(app->metrics, i);

		if (series_stale(app, series) && series_last(series, &last))
			return true;
	}
	return false;
}

static bool queries_answer(const struct app *app, char *why, size_t size)
{
	const char *said;

	for (size_t i = 0; i < app->rc->query_count; i++) {
		const struct rc_query *q = &app->rc->queries[i];

		if (metrics_query_health(app->metrics, i, &said) != QUERY_FAILED)
			continue;
		snprintf(why, size, "%s: query %s: %s", q->source, q->name, said);
		return false;
	}
	return true;
}

/* Of this host nobody but its store knows what was. What stands there is kept once in
 * five minutes, or for each of the steps that a long window has. */
static bool host_kept(const struct app *app, char *why, size_t size)
{
	int64_t to = window_to(app), apart = app->window.span_ms / 60;
	size_t lacking = 0, all = 0;
	char when[TIME_TEXT];

	if (apart < 11 * MINUTE_MS)
		apart = 11 * MINUTE_MS;
	for (size_t i = 0; app_then(app) && i < metrics_count(app->metrics); i++) {
		const struct series *series = metrics_at(app->metrics, i);
		struct point point;

		if (series->source != SOURCE_HOST)
			continue;
		all++;
		lacking += !series_newest(series, to - apart, to, &point);
	}
	if (lacking)
		snprintf(why, size, "of %s %zu of %zu metrics of this host are not kept",
			time_rfc3339(to, when), lacking, all);
	return !lacking;
}

static bool metric_complete(const struct app *app, char *why, size_t size)
{
	for (size_t i = 0; i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_at(app->sources, i);

		if (source_health(row, app->now) == HEALTH_OK && !row->status.partial)
			continue;
		snprintf(why, size, "%s: ", row->name);
		source_words(row, app->now, why + strlen(why), size - strlen(why));
		return false;
	}
	return queries_answer(app, why, size) && host_kept(app, why, size);
}

const struct listing metric_listing = {
	.noun = "metric",
	.schema = "oogway.metric/1",
	.columns = metric_columns,
	.column_count = sizeof metric_columns / sizeof metric_columns[0],
	.changes = CHANGED_METRICS | CHANGED_WINDOW,
	.count = metric_rows,
	.row = metric_row,
	.id = metric_id,
	.find = metric_find,
	.json = metric_json,
	.complete = metric_complete,
	.says = metric_says,
};

/* --- anomalies --- */

static void anomaly_when(const struct app *app, const void *row, struct cell *out)
{
	const struct anomaly_row *a = row;
	char text[TIME_TEXT];

	out->is_number = true;
	out->number = (double)a->start_at;
	cell_print(out, "%s", time_stamp(a->start_at, app->now, text));
	out->role = a->end_at ? ROLE_DIM : ROLE_TEXT;
}

static void anomaly_name(const struct app *app, const void *row, struct cell *out)
{
	const struct anomaly_row *a = row;

	(void)app;
	cell_print(out, "%s", a->name);
	out->role = a->end_at ? ROLE_DIM : ROLE_STRONG;
}

static void anomaly_value(const struct app *app, const void *row, struct cell *out)
{
	const struct anomaly_row *a = row;
	char text[UNIT_TEXT];

	(void)app;
	cell_print(out, "%s", unit_text(a->unit, a->value, text));
	out->is_number = true;
	out->number = a->value;
	out->role = a->end_at ? ROLE_DIM : severity_roles[a->severity];
}

static void anomaly_band(const struct app *app, const void *row, struct cell *out)
{
	const struct anomaly_row *a = row;
	char low[UNIT_TEXT], high[UNIT_TEXT];

	(void)app;
	if (isnan(a->low) && isnan(a->high))
		return;
	cell_print(out, "%s to %s", unit_text(a->unit, a->low, low),
		unit_text(a->unit, a->high, high));
	out->role = ROLE_DIM;
}

static void anomaly_score(const struct app *app, const void *row, struct cell *out)
{
	const struct anomaly_row *a = row;

	(void)app;
	cell_print(out, "%.2f", a->score);
	out->is_number = true;
	out->number = a->score;
	out->role = a->end_at ? ROLE_DIM : ROLE_TEXT;
}

static void anomaly_reason(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(((const struct anomaly_row *)row)->reason));
	out->role = ((const struct anomaly_row *)row)->end_at ? ROLE_DIM : ROLE_TEXT;
}

static void anomaly_length(const struct app *app, const void *row, struct cell *out)
{
	const struct anomaly_row *a = row;

	cell_age(out, a->start_at, a->end_at ? a->end_at : app->now);
	out->role = ROLE_DIM;
}

static const struct column anomaly_columns[] = {
	{"at", "Since", 9, 0, COLUMN_DESC, anomaly_when},
	{"for", "For", 4, 4, COLUMN_RIGHT | COLUMN_DESC, anomaly_length},
	{"name", "Metric", 14, 0, COLUMN_FLEX, anomaly_name},
	{"value", "Value", 9, 2, COLUMN_RIGHT | COLUMN_DESC, anomaly_value},
	{"expected", "Expected", 20, 6, 0, anomaly_band},
	{"score", "Score", 5, 5, COLUMN_RIGHT | COLUMN_DESC, anomaly_score},
	{"reason", "Reason", 22, 1, COLUMN_FLEX, anomaly_reason},
};

/* Looking back, only what touched the window. */
static bool in_window(const struct app *app, const struct anomaly_row *a)
{
	return !app->window.to || (a->start_at <= window_to(app) &&
					  (!a->end_at || a->end_at >= window_from(app)));
}

static size_t anomaly_rows(const struct app *app)
{
	size_t n = 0;

	for (size_t i = 0; i < anomalies_count(app->anomalies); i++)
		n += in_window(app, anomalies_at(app->anomalies, i));
	return n;
}

static const void *anomaly_row_at(const struct app *app, size_t i)
{
	for (size_t k = 0; k < anomalies_count(app->anomalies); k++)
		if (in_window(app, anomalies_at(app->anomalies, k)) && !i--)
			return anomalies_at(app->anomalies, k);
	return NULL;
}

static uint64_t anomaly_id(const void *row)
{
	return ((const struct anomaly_row *)row)->id;
}

static const void *anomaly_find(const struct app *app, uint64_t id)
{
	for (size_t i = 0; i < anomalies_count(app->anomalies); i++)
		if (anomaly_id(anomalies_at(app->anomalies, i)) == id)
			return anomalies_at(app->anomalies, i);
	return NULL;
}

static void anomaly_json(const struct app *app, const void *row, struct json_out *o)
{
	const struct anomaly_row *a = row;
	const struct series *series = metrics_find(app->metrics, a->series);

	json_put_str(o, "name", a->name + a->bare);
	if (series)
		json_put_str(
			o, "source", sources_row(app->sources, series->source)->name);
	json_put_time(o, "start_at", a->start_at);
	json_put_time(o, "end_at", a->end_at);
	json_put_double(o, "value", a->value);
	json_put_double(o, "expected", a->expected);
	json_put_double(o, "low", a->low);
	json_put_double(o, "high", a->high);
	json_put_double(o, "score", a->score);
	json_put_str(o, "severity", severity_name(a->severity));
	json_put_str(o, "reason", a->reason);
}

const struct listing anomaly_listing = {
	.noun = "anomaly",
	.schema = "oogway.anomaly/1",
	.columns = anomaly_columns,
	.column_count = sizeof anomaly_columns / sizeof anomaly_columns[0],
	.changes = CHANGED_ANOMALIES | CHANGED_WINDOW,
	.count = anomaly_rows,
	.row = anomaly_row_at,
	.id = anomaly_id,
	.find = anomaly_find,
	.json = anomaly_json,
	.complete = metric_complete,
};
