/* The overview without a screen: what needs somebody, worst first, and the one
 * sentence that says how things are, never falsely quiet. Used by the pane, --once,
 * plain mode and the status file. Main thread. */
#include "app/overview.h"

#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/history.h"
#include "app/listing.h"
#include "app/metrics.h"
#include "app/problems.h"
#include "app/sources.h"
#include "app/triggers.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

static void count_words(const struct app *app, char *out, size_t size)
{
	struct problem_counts counts = problems_counts(app);
	size_t used = 0;

	out[0] = '\0';
	for (int s = 0; s <= SEVERITY_WARNING && used < size; s++)
		if (counts.open[s])
			used += (size_t)snprintf(out + used, size - used, "%s%zu %s",
				used ? ", " : "", counts.open[s], severity_name(s));
	if (counts.acknowledged && used < size)
		snprintf(out + used, size - used, "%s%zu acknowledged", used ? ", " : "",
			counts.acknowledged);
}

enum { LAST_PAGE_TEXT = 120 };

/* "Last page 3h ago, resolved. " */
static const char *last_page(const struct app *app, char out[LAST_PAGE_TEXT])
{
	int64_t after, at = history_last_page(app->history, &after);
	char age[TIME_TEXT], from[TIME_TEXT], to[TIME_TEXT];

	*out = '\0';
	if (at && after)
		snprintf(out, LAST_PAGE_TEXT,
			"Last page ended between %s and %s, while nobody watched. ",
			time_stamp(after, app->now, from), time_stamp(at, app->now, to));
	else if (at)
		snprintf(out, LAST_PAGE_TEXT, "Last page %s ago, resolved. ",
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
	size_t beyond, errors = app->rc->conf.errors_total;
	char page[LAST_PAGE_TEXT];

	if (quiet == QUIET_UNKNOWN)
		return out;
	count_words(app, out, size);
	if (*out)
		return out;
	if (errors) {
		snprintf(out, size,
			"Not all is watched: %zu error%s in the rc. `oogway doctor` "
			"lists %s.",
			errors, errors == 1 ? "" : "s", errors == 1 ? "it" : "them");
		return out;
	}
	if (sources_page(app->sources))
		snprintf(out, size,
			"No open incidents. %sWatching %zu series, %zu sources.",
			last_page(app, page), metrics_count(app->metrics),
			sources_count(app->sources));
	else if ((beyond = beyond_limit(app)))
		snprintf(out, size, "%zu of %zu series beyond their limit; %s.", beyond,
			metrics_count(app->metrics),
			quiet == QUIET_YES ? "no open alerts" : "no pager is configured");
	else if (quiet == QUIET_YES)
		snprintf(out, size,
			"No open alerts. Watching %zu series, %zu sources; no pager "
			"configured.",
			metrics_count(app->metrics), sources_count(app->sources));
	else
		snprintf(out, size,
			"Nothing wrong here. Watching %zu series; no pager configured.",
			metrics_count(app->metrics));
	return out;
}

bool overview_known(const struct app *app, char *why, size_t size)
{
	return alerts_complete(app->alerts, false, why, size);
}

void overview_print_problem(
	const struct app *app, const struct problem *need, struct str *out)
{
	char age[TIME_TEXT], from[128];

	str_printf(out, "  %c  ", severity_letter(need->severity));
	if (need->alert) {
		text_add_line(out, alert_text(need->alert, ALERT_SERVICE), 30);
		str_puts(out, "  ");
		text_add_line(out, alert_name(need->alert), 60);
		if (need->alert->state == ALERT_ACKNOWLEDGED)
			str_puts(out, "  (acknowledged)");
	} else {
		str_printf(out, "%s  %s", need->anomaly->name, need->anomaly->reason);
	}
	if (need->since)
		str_printf(out, need->since > app->now ? "  in %s" : "  %s",
			duration_text(need->since > app->now ? need->since - app->now
							     : app->now - need->since,
				age));
	if (*problem_sources(app, need, true, from, sizeof from))
		str_printf(out, "  (%s)",
			problem_sources(app, need, false, from, sizeof from));
	str_puts(out, "\n");
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
			series_now(app, series, text),
			severity == SEVERITY_OK ? "" : "  ",
			severity == SEVERITY_OK ? "" : severity_name(severity));
	}
	if (n > MOST)
		str_printf(out, "  and %zu more: oogway metric list\n", n - MOST);
}

static void print_proposals(const struct app *app, struct str *out)
{
	char words[400];

	for (size_t i = 0; i < proposals_count(app->triggers); i++) {
		const struct proposal *p = proposals_at(app->triggers, i);

		str_printf(out, "  !  runbook %s %s\n", p->runbook,
			proposal_words(p, words, sizeof words));
	}
}

void overview_print(const struct app *app, struct str *out)
{
	enum { MOST = 20 };
	struct problem needs[MOST];
	size_t total, n = problems_list(app, needs, MOST, &total);
	char text[512], stamp[TIME_TEXT], when[TIME_TEXT], zone[TIME_TEXT];

	if (app_then(app))
		str_printf(out, "PAST  as of %s; nothing acts\n",
			time_rfc3339(window_to(app), when));
	str_printf(out, "%s%s%s  %s %s %s\n", *app->rc->profile ? app->rc->profile : "",
		*app->rc->profile ? " " : "", app->host, time_stamp(app->now, 0, stamp),
		time_clock(app->now, when), time_zone(app->now, zone));
	str_printf(out, "%s\n", overview_headline(app, text, sizeof text));
	for (size_t i = 0; i < n; i++)
		overview_print_problem(app, &needs[i], out);
	if (total > n)
		str_printf(out, "  and %zu more: oogway alert list\n", total - n);
	print_proposals(app, out);
	print_metrics(app, out);
	str_puts(out, "\nSources\n");
	for (size_t i = 0; i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_at(app->sources, i);

		str_printf(out, "  %-12s %-16s %s\n", row->name, row->kind,
			source_words(row, app->now, text, sizeof text));
	}
}
