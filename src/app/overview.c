/* The overview without a screen: what needs somebody, worst first, and the one
 * sentence that says how things are, never falsely quiet. Used by the pane, --once,
 * plain mode and the status file. Main thread. */
#include "app/overview.h"

#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/history.h"
#include "app/listing.h"
#include "app/metrics.h"
#include "app/sources.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

struct needs {
	struct need *out;
	size_t max, n;
};

/* `count` alerts of the list from `at` on: only those that fit are looked at. */
static void add_alerts(
	const struct app *app, struct needs *needs, size_t at, size_t count)
{
	for (size_t i = 0; i < count && needs->n + i < needs->max; i++) {
		const struct alert *a = alerts_at(app->alerts, at + i);

		needs->out[needs->n + i] =
			(struct need){a->severity, a, NULL, a->started_at};
	}
	needs->n += count;
}

static void add_anomalies(const struct app *app, struct needs *needs, int severity)
{
	for (size_t i = 0; i < anomalies_count(app->anomalies); i++) {
		const struct anomaly_row *a = anomalies_at(app->anomalies, i);

		if (a->end_at || (int)a->severity != severity)
			continue;
		if (needs->n < needs->max)
			needs->out[needs->n] =
				(struct need){a->severity, NULL, a, a->start_at};
		needs->n++;
	}
}

size_t overview_needs(const struct app *app, struct need *out, size_t max, size_t *total)
{
	struct alert_counts counts = alerts_shown(app->alerts);
	struct needs needs = {out, max, 0};
	size_t at = 0;

	/* The list is in this order: what fires, worst first; what somebody has. */
	for (int s = 0; s <= SEVERITY_WARNING; s++) {
		add_alerts(app, &needs, at, counts.firing[s]);
		at += counts.firing[s];
		add_anomalies(app, &needs, s);
	}
	add_alerts(app, &needs, at, counts.acknowledged);
	*total = needs.n;
	return needs.n < max ? needs.n : max;
}

static void count_words(const struct app *app, char *out, size_t size)
{
	struct alert_counts counts = alerts_counts(app->alerts);
	size_t open[SEVERITY_COUNT] = {0}, used = 0;

	for (int s = 0; s < SEVERITY_COUNT; s++)
		open[s] = counts.firing[s];
	for (size_t i = 0; i < anomalies_count(app->anomalies); i++)
		if (!anomalies_at(app->anomalies, i)->end_at)
			open[anomalies_at(app->anomalies, i)->severity]++;
	out[0] = '\0';
	for (int s = 0; s <= SEVERITY_WARNING && used < size; s++)
		if (open[s])
			used += (size_t)snprintf(out + used, size - used, "%s%zu %s",
				used ? ", " : "", open[s], severity_name(s));
	if (counts.acknowledged && used < size)
		snprintf(out + used, size - used, "%s%zu acknowledged", used ? ", " : "",
			counts.acknowledged);
}

/* "Last page 3h ago, resolved. " */
static const char *last_page(const struct app *app, char out[80])
{
	int64_t at = history_last_page(app->history);
	char age[TIME_TEXT];

	*out = '\0';
	if (at)
		snprintf(out, 80, "Last page %s ago, resolved. ",
			duration_text(app->now > at ? app->now - at : 0, age));
	return out;
}

/* Series beyond a limit at this moment: not yet, or no longer, an anomaly. */
static size_t beyond_limit(const struct app *app)
{
	size_t n = 0;

	for (size_t i = 0; i < metrics_count(app->metrics); i++) {
		const struct series *series = metrics_at(app->metrics, i);

		n += limits_judge(series->limits, series_value(app, series)) !=
		     SEVERITY_OK;
	}
	return n;
}

const char *overview_headline(const struct app *app, char *out, size_t size)
{
	enum quiet quiet = alerts_quiet(app->alerts, out, size);
	size_t beyond;
	char page[80];

	if (quiet == QUIET_UNKNOWN)
		return out;
	count_words(app, out, size);
	if (*out)
		return out;
	if (quiet == QUIET_YES)
		snprintf(out, size,
			"No open incidents. %sWatching %zu series, %zu sources.",
			last_page(app, page), metrics_count(app->metrics),
			sources_count(app->sources));
	else if ((beyond = beyond_limit(app)))
		snprintf(out, size,
			"%zu of %zu series beyond their limit; no pager is configured.",
			beyond, metrics_count(app->metrics));
	else
		snprintf(out, size,
			"Nothing wrong here. Watching %zu series; no pager configured.",
			metrics_count(app->metrics));
	return out;
}

bool overview_known(const struct app *app, char *why, size_t size)
{
	return alerts_quiet(app->alerts, why, size) != QUIET_UNKNOWN;
}

static void print_need(const struct app *app, const struct need *need, struct str *out)
{
	char age[TIME_TEXT];

	str_printf(out, "  %c  ", severity_letter(need->severity));
	if (need->alert) {
		text_add_line(out, alert_text(need->alert, ALERT_SERVICE), 30);
		str_puts(out, "  ");
		text_add_line(out, alert_text(need->alert, ALERT_TITLE), 60);
		if (need->alert->state == ALERT_ACKNOWLEDGED)
			str_puts(out, "  (acknowledged)");
	} else {
		str_printf(out, "%s  %s", need->anomaly->name, need->anomaly->reason);
	}
	str_printf(out, "  %s\n", duration_text(app->now - need->since, age));
}

static void print_metrics(const struct app *app, struct str *out)
{
	enum { MOST = 24 };
	size_t n = metrics_count(app->metrics);

	str_puts(out, "\nMetrics\n");
	for (size_t i = 0; i < n && i < MOST; i++) {
		const struct series *series = metrics_at(app->metrics, i);
		double value = series_value(app, series);
		char name[64], text[UNIT_TEXT];
		enum severity severity = limits_judge(series->limits, value);

		series_label(series, name, sizeof name);
		str_printf(out, "  %-32.32s %12s%s%s\n", name,
			unit_text(series->unit, value, text),
			severity == SEVERITY_OK ? "" : "  ",
			severity == SEVERITY_OK ? "" : severity_name(severity));
	}
	if (n > MOST)
		str_printf(out, "  and %zu more: oogway metric list\n", n - MOST);
}

void overview_print(const struct app *app, struct str *out)
{
	enum { MOST = 20 };
	struct need needs[MOST];
	size_t total, n = overview_needs(app, needs, MOST, &total);
	char text[512], stamp[TIME_TEXT], when[TIME_TEXT], zone[TIME_TEXT];

	str_printf(out, "%s%s%s  %s %s %s\n", *app->rc->profile ? app->rc->profile : "",
		*app->rc->profile ? " " : "", app->host, time_stamp(app->now, 0, stamp),
		time_clock(app->now, when), time_zone(app->now, zone));
	str_printf(out, "%s\n", overview_headline(app, text, sizeof text));
	for (size_t i = 0; i < n; i++)
		print_need(app, &needs[i], out);
	if (total > n)
		str_printf(out, "  and %zu more: oogway alert list\n", total - n);
	print_metrics(app, out);
	str_puts(out, "\nSources\n");
	for (size_t i = 0; i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_row(app->sources, i);

		str_printf(out, "  %-12s %-16s %s\n", row->name, row->kind,
			source_words(row, app->now, text, sizeof text));
	}
}
