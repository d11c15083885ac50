/* Members of a problem are found in three ways. Alerts: by their labels (alerts_twin()).
 * Pages: by what joins.c finds. Anomalies: the series is of a query that looks at the
 * metrics of an alert's rule, and its labels are the alert's where both have them.
 * Hides them from whoever lists or counts. Main thread. */
#include "app/problems.h"
#include "joins.h"
#include "rules.h"

#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/metrics.h"
#include "app/sources.h"
#include "base/arena.h"
#include "base/str.h"
#include "model/promexpr.h"

#include <stdio.h>
#include <string.h>

/* In a storm the first ones are joined; the rest stays as it came. */
enum { ANOMALIES_JOINED = 64, ALERTS_JOINED = 500, NAMES = 8, PARSE_BYTES = 8 << 20 };

/* --- which anomalies an alert speaks for --- */

static bool is_open(const struct alert *alert)
{
	return alert->state == ALERT_FIRING || alert->state == ALERT_ACKNOWLEDGED;
}

static const struct rc_query *query_of(const struct app *app, const struct series *series)
{
	if (series->source == SOURCE_HOST || series->order >= app->rc->query_count)
		return NULL;
	return &app->rc->queries[series->order];
}

/* At least one label in common, and none that differs. */
static bool same_thing(const struct series *series, const struct alert *alert)
{
	ptrdiff_t brace = untrusted_find(series->name, "{");
	struct untrusted printed;
	int common = 0;

	if (brace < 0)
		return false;
	printed = untrusted_slice(series->name, (size_t)brace, SIZE_MAX);
	for (size_t i = 0; i < alert->label_count; i++) {
		struct pair label = alert_label(alert, i);
		int has = printed_label(printed, &label);

		if (has < 0)
			return false;
		common += has;
	}
	return common > 0;
}

static bool named(const struct alert *alert, const struct untrusted *names, size_t n)
{
	struct untrusted name = alert_label_value(alert, "alertname");

	for (size_t i = 0; i < n; i++)
		if (untrusted_eq(name, names[i]))
			return true;
	return false;
}

/* It speaks for its problem, or a page does; of others the same labels say it better. */
static bool heard(const struct app *app, const struct alert *alert)
{
	const struct alert *twin = NULL;

	if (alerts_speaks(app->alerts, alert))
		return true;
	while ((twin = alerts_twin(app->alerts, alert, twin)))
		if (twin->pages && alerts_speaks(app->alerts, twin))
			return true;
	return false;
}

static uint64_t alert_about(
	struct app *app, const struct series *series, struct arena *arena)
{
	const struct rc_query *query = query_of(app, series);
	struct untrusted names[NAMES];
	size_t n, alerts = alerts_count(app->alerts);

	arena_reset(arena);
	n = query ? rules_measuring(charts_rules(app->charts),
			    promexpr_measures(untrusted_str(query->expr), arena), names,
			    NAMES)
		  : 0;
	for (size_t i = 0; n && i < alerts && i < ALERTS_JOINED; i++) {
		const struct alert *alert = alerts_at(app->alerts, i);

		if (is_open(alert) && named(alert, names, n) &&
			same_thing(series, alert) && heard(app, alert))
			return alert->key;
	}
	return 0;
}

void problems_join(struct app *app)
{
	size_t n = anomalies_count(app->anomalies), joined = 0;
	struct arena arena;

	joins_run(app->joins);
	if (!anomalies_open(app->anomalies))
		return;
	arena_init(&arena, PARSE_BYTES);
	for (size_t i = 0; i < n; i++) {
		const struct anomaly_row *row = anomalies_at(app->anomalies, i);
		const struct series *series =
			row->end_at ? NULL : metrics_find(app->metrics, row->series);

		if (series && joined++ < ANOMALIES_JOINED)
			anomalies_join(
				app->anomalies, i, alert_about(app, series, &arena));
		else
			anomalies_join(app->anomalies, i, 0);
	}
	arena_release(&arena);
}

/* --- the list --- */

struct listing_state {
	const struct app *app;
	struct problem *out;
	size_t max, n;
};

static const struct alert *speaker(const struct app *app, const struct alert *alert)
{
	const struct alert *twin = NULL;

	if (alerts_speaks(app->alerts, alert))
		return alert;
	while ((twin = alerts_twin(app->alerts, alert, twin)))
		if (alerts_speaks(app->alerts, twin))
			return twin;
	return alert;
}

/* The alert that counts anomaly i's, when it is still open. */
static bool spoken_for(const struct app *app, const struct anomaly_row *row)
{
	const struct alert *alert =
		row->alert ? alerts_find(app->alerts, row->alert) : NULL;

	return alert && is_open(speaker(app, alert));
}

/* The alert of that key belongs to the same problem. */
static bool member(const struct app *app, const struct alert *alert, uint64_t key)
{
	const struct alert *other = key ? alerts_find(app->alerts, key) : NULL;

	return other && (other == alert || alerts_identity(app->alerts, other) ==
						   alerts_identity(app->alerts, alert));
}

const struct alert *problem_pages(
	const struct app *app, const struct alert *alert, const struct alert *after)
{
	while ((after = alerts_twin(app->alerts, alert, after)))
		if (after->pages && after->state != ALERT_RESOLVED)
			return after;
	return NULL;
}

struct problem problem_of(const struct app *app, const struct alert *alert)
{
	struct problem p = {.id = alert->key,
		.severity = alerts_worst(app->alerts, alert),
		.acknowledged = alert->state == ALERT_ACKNOWLEDGED,
		.since = alert->started_at,
		.alert = alert};

	for (const struct alert *twin = NULL;
		(twin = alerts_twin(app->alerts, alert, twin));)
		p.alerts++;
	p.guessed = p.alerts > 1 && problem_guessed(app, alert);
	for (size_t i = 0; i < anomalies_count(app->anomalies); i++) {
		const struct anomaly_row *row = anomalies_at(app->anomalies, i);

		if (row->end_at || !member(app, alert, row->alert))
			continue;
		p.anomalies++;
		if (!p.anomaly || row->severity < p.anomaly->severity)
			p.anomaly = row;
	}
	return p;
}

/* The first of its members that are in the same state as the one that speaks: where the
 * problem stands in the list, as severe as its worst. */
static bool stands_first(const struct app *app, const struct alert *alert)
{
	const struct alert *twin = NULL;

	while ((twin = alerts_twin(app->alerts, alert, twin)))
		if (twin->state == alert->state && alerts_before(twin, alert))
			return false;
	return true;
}

static void add_alert(struct listing_state *s, const struct alert *alert)
{
	const struct alert *speaks = speaker(s->app, alert);

	if (speaks->state == alert->state && stands_first(s->app, alert))
		s->out[s->n++] = problem_of(s->app, speaks);
}

static void add_anomaly(struct listing_state *s, const struct anomaly_row *row)
{
	if (s->n == s->max || spoken_for(s->app, row))
		return;
	s->out[s->n++] = (struct problem){.id = row->id,
		.severity = row->severity,
		.since = row->start_at,
		.anomaly = row,
		.anomalies = 1};
}

size_t problems_list(
	const struct app *app, struct problem *out, size_t max, size_t *total)
{
	struct listing_state s = {app, out, max, 0};
	struct problem_counts counts = problems_counts(app);
	size_t alerts = alerts_count(app->alerts), i = 0;

	/* alerts_at() is sorted: state, then severity. */
	for (int severity = 0; severity <= SEVERITY_WARNING; severity++) {
		for (; i < alerts && s.n < max; i++) {
			const struct alert *a = alerts_at(app->alerts, i);

			if (a->state != ALERT_FIRING || a->severity != severity)
				break;
			add_alert(&s, a);
		}
		for (size_t k = 0; k < anomalies_count(app->anomalies); k++) {
			const struct anomaly_row *row = anomalies_at(app->anomalies, k);

			if (!row->end_at && (int)row->severity == severity)
				add_anomaly(&s, row);
		}
	}
	for (; i < alerts && s.n < max; i++) {
		const struct alert *a = alerts_at(app->alerts, i);

		if (a->state == ALERT_ACKNOWLEDGED)
			add_alert(&s, a);
		else if (a->state > ALERT_ACKNOWLEDGED)
			break;
	}
	*total = counts.acknowledged;
	for (int severity = 0; severity <= SEVERITY_WARNING; severity++)
		*total += counts.open[severity];
	return s.n;
}

struct problem_counts problems_counts(const struct app *app)
{
	struct alert_counts alerts = alerts_counts(app->alerts);
	struct problem_counts counts = {.acknowledged = alerts.acknowledged,
		/* What a wrong line was to name is not watched. */
		.complete = alerts.complete && !app->rc->conf.errors_total};

	memcpy(counts.open, alerts.firing, sizeof counts.open);
	for (size_t i = 0; i < anomalies_count(app->anomalies); i++) {
		const struct anomaly_row *row = anomalies_at(app->anomalies, i);

		if (!row->end_at && !spoken_for(app, row))
			counts.open[row->severity]++;
	}
	return counts;
}

/* --- who tells of it --- */

static const char *source_name(const struct app *app, int source)
{
	return sources_row(app->sources, source)->name;
}

static int source_of(const struct app *app, const struct anomaly_row *row)
{
	const struct series *series = metrics_find(app->metrics, row->series);

	return series ? series->source : SOURCE_HOST;
}

/* 0: this source answers. */
static int64_t old_since(const struct app *app, int source)
{
	const struct source_row *row = sources_row(app->sources, source);

	return source_old(row, app->now) ? row->status.last_ok_at : 0;
}

int64_t problem_old(const struct app *app, const struct problem *problem)
{
	const struct alert *alert = problem->alert;
	int64_t newest = 0;

	if (app_then(app))
		return 0;
	if (!alert)
		return old_since(app, source_of(app, problem->anomaly));
	for (const struct alert *t = NULL; (t = alerts_twin(app->alerts, alert, t));) {
		int64_t since = old_since(app, t->source);

		if (!since)
			return 0;
		if (since > newest)
			newest = since;
	}
	return newest;
}

/* A group of alerts comes from one source many times. */
static bool told_before(
	const struct app *app, const struct alert *speaks, const struct alert *alert)
{
	if (alert->source == speaks->source)
		return true;
	for (const struct alert *twin = NULL;
		(twin = alerts_twin(app->alerts, speaks, twin)) &&
		twin->key != alert->key;)
		if (twin->source == alert->source)
			return true;
	return false;
}

const char *problem_sources(const struct app *app, const struct problem *problem,
	bool brief, char *out, size_t size)
{
	const struct alert *alert = problem->alert;
	int source = alert ? alert->source : source_of(app, problem->anomaly);
	size_t used;

	out[0] = '\0';
	if (brief && (alert ? problem->alerts < 2 : source == SOURCE_HOST))
		return out;
	used = (size_t)snprintf(out, size, "%s", source_name(app, source));
	if (!alert || problem->alerts < 2)
		return out;
	if (brief) {
		if (used < size)
			snprintf(out + used, size - used, " +%zu%s", problem->alerts - 1,
				problem->guessed ? "?" : "");
		return out;
	}
	for (const struct alert *twin = NULL;
		(twin = alerts_twin(app->alerts, alert, twin)) && used < size;)
		if (twin->key != alert->key && !told_before(app, alert, twin))
			used += (size_t)snprintf(out + used, size - used, ", %s",
				source_name(app, twin->source));
	if (problem->guessed && used < size)
		snprintf(out + used, size - used, " guessed");
	return out;
}
