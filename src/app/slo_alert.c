/* An objective in words, and the alerts that are made of it: a page and a ticket,
 * which is held back while there is a page. Each says how fast which windows burn,
 * what is left, and when that ends. Main thread. */
#include "app/slos.h"
#include "slos_parts.h"

#include "app/alerts.h"
#include "app/sources.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "model/alert.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SENTENCE = 400, TITLE = 120, MOST_BURN = 1000 };

const char *const slo_level_names[] = {[SLO_UNKNOWN] = "unknown",
	[SLO_FINE] = "ok",
	[SLO_SPENT] = "spent",
	[SLO_TICKET] = "ticket",
	[SLO_PAGE] = "page",
	NULL};

const char *slo_burn_text(double burn, char out[SLO_TEXT])
{
	if (isnan(burn))
		snprintf(out, SLO_TEXT, "-");
	else if (burn >= MOST_BURN)
		snprintf(out, SLO_TEXT, "over 1000x");
	else
		snprintf(out, SLO_TEXT, burn >= 100 ? "%.0fx" : "%.3gx", burn);
	return out;
}

const char *slo_target_text(const struct rc_slo *rc, char out[SLO_TEXT])
{
	snprintf(out, SLO_TEXT, "%.6g %%", rc->target * 100);
	return out;
}

int slo_left_cells(const struct slo_row *row, int cells)
{
	double left = row->state.left;
	int full;

	if (!row->state.at || !row->state.known || !(left > 0))
		return 0;
	if (left >= 1)
		return cells;
	full = (int)lround(left * cells);
	return full < 1 ? 1 : full < cells ? full : cells - 1;
}

const char *slo_left_text(const struct slo_row *row, char out[SLO_TEXT])
{
	double left = row->state.left * 100;

	if (!row->state.at || !row->state.known)
		snprintf(out, SLO_TEXT, "-");
	else if (left < -9999)
		snprintf(out, SLO_TEXT, "spent");
	else
		snprintf(out, SLO_TEXT,
			fabs(left) < 10 && left != 0 ? "%.1f %%" : "%.0f %%", left);
	return out;
}

const char *slo_end_text(const struct slo_row *row, int64_t now, char out[SLO_TEXT])
{
	const struct slo_state *s = &row->state;
	char span[TIME_TEXT];

	if (!s->at || !s->known || isnan(s->rate))
		snprintf(out, SLO_TEXT, "-");
	else if (s->left <= 0)
		snprintf(out, SLO_TEXT, "spent");
	else if (s->ends_at > now)
		snprintf(out, SLO_TEXT, "in %s", duration_text(s->ends_at - now, span));
	else if (s->ends_at)
		snprintf(out, SLO_TEXT, "now");
	else
		snprintf(out, SLO_TEXT, "not within %s",
			duration_text(row->rc->window_ms, span));
	return out;
}

/* Which of the two windows is not covered. */
static void no_data(const struct slo_rule_state *s, char out[SLO_TEXT])
{
	const struct slo_span *span = slo_span_valid(&s->over) ? &s->lately : &s->over;
	char covered[TIME_TEXT], all[TIME_TEXT];

	if (!span->covered_ms)
		snprintf(out, SLO_TEXT, "no verdict: no data for %s",
			duration_text(span->span_ms, all));
	else
		snprintf(out, SLO_TEXT, "no verdict: data for %s of %s, less than half",
			duration_text(span->covered_ms, covered),
			duration_text(span->span_ms, all));
}

const char *slo_rule_text(const struct slo_row *row, size_t rule, char out[SLO_TEXT])
{
	const struct slo_rule_state *s = &row->state.rules[rule];
	char over[TIME_TEXT], lately[TIME_TEXT], x[SLO_TEXT], y[SLO_TEXT];
	bool few_lately = s->over.total >= row->rc->least && s->over.total > 0;

	duration_text(slo_rules[rule].long_ms, over);
	duration_text(slo_rules[rule].short_ms, lately);
	if (!row->state.at)
		snprintf(out, SLO_TEXT, "no verdict yet");
	else if (s->verdict == SLO_NO_DATA)
		no_data(s, out);
	else if (s->verdict == SLO_FEW)
		snprintf(out, SLO_TEXT, "no verdict: %.0f events in %s are too few",
			few_lately ? s->lately.total : s->over.total,
			few_lately ? lately : over);
	else
		snprintf(out, SLO_TEXT, "%.12s over %s, %.12s over %s",
			slo_burn_text(s->burn, x), over, slo_burn_text(s->burn_lately, y),
			lately);
	return out;
}

/* --- the state --- */

static ptrdiff_t firing_rule(const struct slo_row *row, size_t from, size_t to)
{
	for (size_t rule = from; rule < to; rule++)
		if (row->tracks[rule].fires)
			return (ptrdiff_t)rule;
	return -1;
}

/* The rule that fires and that says it best: one that burns before one that holds. */
static size_t telling_rule(const struct slo_row *row, size_t from, size_t to)
{
	for (size_t rule = from; rule < to; rule++)
		if (row->tracks[rule].fires &&
			row->state.rules[rule].verdict == SLO_BURNS)
			return rule;
	return (size_t)firing_rule(row, from, to);
}

static bool any_verdict(const struct slo_row *row)
{
	for (size_t rule = 0; rule < SLO_RULES; rule++)
		if (row->state.rules[rule].verdict <= SLO_BURNS)
			return true;
	return false;
}

static int64_t since(const struct slo_row *row, size_t from, size_t to)
{
	int64_t at = 0;

	for (size_t rule = from; rule < to; rule++)
		if (row->tracks[rule].fires && (!at || row->tracks[rule].since < at))
			at = row->tracks[rule].since;
	return at;
}

static void set_level(struct slo_row *row)
{
	bool page = firing_rule(row, 0, SLO_PAGES) >= 0;
	bool ticket = firing_rule(row, SLO_PAGES, SLO_RULES) >= 0;

	row->since = page     ? since(row, 0, SLO_PAGES)
		     : ticket ? since(row, SLO_PAGES, SLO_RULES)
			      : 0;
	if (page)
		row->level = SLO_PAGE;
	else if (ticket)
		row->level = SLO_TICKET;
	else if (!row->state.at || !any_verdict(row))
		row->level = SLO_UNKNOWN;
	else
		row->level =
			row->state.known && row->state.left <= 0 ? SLO_SPENT : SLO_FINE;
}

static const char *level_words(const struct slo_row *row, char *out, size_t size)
{
	size_t from = row->level == SLO_PAGE ? 0 : SLO_PAGES;
	size_t to = row->level == SLO_PAGE ? SLO_PAGES : SLO_RULES;
	char text[SLO_TEXT];
	size_t rule;

	if (row->level == SLO_PAGE || row->level == SLO_TICKET) {
		rule = telling_rule(row, from, to);
		slo_rule_text(row, rule, text);
		snprintf(out, size, "%s%s, limit %gx", text,
			row->state.rules[rule].verdict == SLO_CALM ? ", calming" : "",
			slo_rules[rule].burn);
	} else if (row->level == SLO_UNKNOWN) {
		snprintf(out, size, "%s", slo_rule_text(row, 0, text));
	} else if (row->level == SLO_SPENT) {
		snprintf(out, size, "the budget is spent; not burning too fast now");
	} else {
		snprintf(out, size, "not burning too fast%s",
			row->state.known ? "" : "; too little data for the budget");
	}
	return out;
}

const char *slo_words(
	const struct app *app, const struct slo_row *row, char *out, size_t size)
{
	int source = sources_find(app->sources, row->rc->source);

	if (source < 0)
		snprintf(out, size, "no source is called %s", row->rc->source);
	else if (*row->error)
		snprintf(out, size, "%s%s",
			row->level >= SLO_TICKET ? "still firing, but: " : "",
			row->error);
	else if (row->answered && !row->part_seen && !row->rc->bad)
		snprintf(out, size,
			"no verdict: %s gives nothing; look at its names in line %d",
			row->rc->under_ms ? "that bound of the histogram" : "good=",
			row->rc->place.line);
	else if (!row->answered && row->state.at)
		snprintf(out, size,
			"no verdict: total gives nothing; look at its names "
			"in line %d",
			row->rc->place.line);
	else
		level_words(row, out, size);
	return out;
}

/* --- alerts --- */

static void sentence(
	const struct app *app, const struct slo_row *row, size_t rule, char out[SENTENCE])
{
	const struct slo_rule_state *s = &row->state.rules[rule];
	char text[SLO_TEXT], left[SLO_TEXT], end[SLO_TEXT], window[TIME_TEXT],
		over[TIME_TEXT], stamp[TIME_TEXT];
	int64_t ends = row->state.ends_at;

	if (!row->state.at) {
		snprintf(out, SENTENCE,
			"It fired before oogway was restarted; its source "
			"has not answered since.");
		return;
	}
	duration_text(row->rc->window_ms, window);
	duration_text(slo_rules[rule].long_ms, over);
	slo_rule_text(row, rule, text);
	slo_left_text(row, left);
	slo_end_text(row, app->now, end);
	snprintf(out, SENTENCE,
		"Error budget burns %.100s (limit %gx): %.3g %% of %.0f failed in %s. "
		"Budget of %s left: %.20s%s. At this rate it ends: %.30s%s%s%s.",
		text, slo_rules[rule].burn,
		s->over.total > 0 ? s->over.bad / s->over.total * 100 : 0, s->over.total,
		over, window, row->state.known ? left : "not known",
		row->state.known ? "" : " (data for less than half of it)", end,
		ends > app->now ? " (" : "",
		ends > app->now ? time_stamp(ends, app->now, stamp) : "",
		ends > app->now ? ")" : "");
}

/* The texts that an alert is made of, while it is made. */
struct wording {
	char id[TITLE], title[TITLE], summary[SENTENCE], muted[SLO_SILENCE + 20];
	const char *service, *severity;
};

static void word(const struct app *app, const struct slo *slo, size_t what, size_t rule,
	struct wording *w)
{
	const struct rc_slo *rc = slo->row.rc;

	w->service = rc->service ? rc->service : rc->name;
	w->severity = what ? "ticket" : "page";
	snprintf(w->id, sizeof w->id, "slo %.80s %s", rc->name, w->severity);
	snprintf(w->title, sizeof w->title, "SLO %.80s burns its error budget", rc->name);
	sentence(app, &slo->row, rule, w->summary);
	snprintf(w->muted, sizeof w->muted, "silence %s", slo->silence[what]);
}

static struct alert *make_alert(
	const struct app *app, const struct slo *slo, size_t what, size_t rule)
{
	const struct slo_row *row = &slo->row;
	struct wording w;

	word(app, slo, what, rule, &w);
	const struct pair labels[] = {
		{untrusted_str("alertname"), untrusted_str("SLOBudgetBurn")},
		{untrusted_str("slo"), untrusted_str(row->rc->name)},
		{untrusted_str("severity"), untrusted_str(w.severity)},
		{untrusted_str("service"), untrusted_str(w.service)},
		{untrusted_str("source"), untrusted_str(row->rc->source)},
	};
	const struct pair notes[] = {
		{untrusted_str(row->rc->bad ? "bad" : "good"),
			untrusted_str(row->rc->part)},
		{untrusted_str("total"), untrusted_str(row->rc->total)},
	};
	struct alert_draft draft = {
		.severity = what ? SEVERITY_WARNING : SEVERITY_CRITICAL,
		.state = *slo->silence[what] ? ALERT_SILENCED : ALERT_FIRING,
		.started_at = row->since,
		.updated_at = row->state.at ? row->state.at : app->now,
		.labels = labels,
		.label_count = sizeof labels / sizeof *labels,
		.annotations = notes,
		.annotation_count = sizeof notes / sizeof *notes,
	};

	draft.texts[ALERT_ID] = untrusted_str(w.id);
	draft.texts[ALERT_TITLE] = untrusted_str(w.title);
	draft.texts[ALERT_SUMMARY] = untrusted_str(w.summary);
	draft.texts[ALERT_SERVICE] = untrusted_str(w.service);
	if (row->rc->runbook)
		draft.texts[ALERT_RUNBOOK] = untrusted_str(row->rc->runbook);
	if (*slo->silence[what])
		draft.texts[ALERT_ACKED_BY] = untrusted_str(w.muted);
	return alert_new(
		&draft, SOURCE_HOST, sources_row(app->sources, SOURCE_HOST)->name);
}

static void end_alert(struct app *app, struct slo *slo, size_t what)
{
	if (!slo->keys[what])
		return;
	alerts_own_over(app->alerts, slo->keys[what]);
	slo->keys[what] = 0;
	slo->silence[what][0] = '\0';
	log_add(LOG_INFO, "slo %s: no %s any more", slo->row.rc->name,
		what ? "ticket" : "page");
}

static void put_alert(struct app *app, struct slo *slo, size_t what, size_t rule)
{
	struct alert *alert = make_alert(app, slo, what, rule);

	if (!slo->keys[what])
		log_add(LOG_WARN, "slo %s: %s", slo->row.rc->name,
			what ? "ticket" : "page");
	slo->keys[what] = alert->key;
	alerts_own(app->alerts, alert);
}

void slo_publish(struct app *app, struct slo *slo)
{
	struct slo_row *row = &slo->row;

	set_level(row);
	if (app_then(app))
		return;
	if (row->level == SLO_PAGE)
		put_alert(app, slo, 0, telling_rule(row, 0, SLO_PAGES));
	else
		end_alert(app, slo, 0);
	if (row->level == SLO_TICKET)
		put_alert(app, slo, 1, telling_rule(row, SLO_PAGES, SLO_RULES));
	else
		end_alert(app, slo, 1);
	for (size_t what = 0; what < 2; what++)
		row->silenced[what] = *slo->silence[what];
}

void slo_withdraw(struct app *app, struct slo *slo)
{
	end_alert(app, slo, 0);
	end_alert(app, slo, 1);
}
