/* Columns and JSON of alerts and incidents, silences and changes: what a person sees
 * of them in lists. Reads app, changes nothing; texts stay struct untrusted up to the
 * cell. Main thread. */
#include "app/actions.h"
#include "app/alerts.h"
#include "app/listing.h"
#include "app/problems.h"
#include "app/rotas.h"
#include "app/setting.h"
#include "app/sources.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

enum {
	STATE_WIDTH = 26,
	WHO_LEAST = 6,
	WHO_MOST = 40,
	WHERE_TEXT = 40,
	ACK_NEXT_SHOWN_MS = 1800000
};

static const enum role severity_roles[SEVERITY_COUNT] = {
	ROLE_CRITICAL, ROLE_HIGH, ROLE_WARNING, ROLE_INFO, ROLE_OK};

static const char *source_name(const struct app *app, int source)
{
	return sources_row(app->sources, source)->name;
}

static void severity_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct alert *alert = row;

	(void)app;
	cell_print(out, "%c %c", severity_letter(alert->severity),
		severity_mark(alert->severity));
	out->role =
		alert->state == ALERT_FIRING ? severity_roles[alert->severity] : ROLE_DIM;
	out->is_number = true;
	out->number = alert->severity;
}

/* Its source has not told of it for long: what is shown is its last word. */
static bool is_old(const struct app *app, const struct alert *alert)
{
	const struct source_row *source = sources_row(app->sources, alert->source);

	return !app_then(app) && source_old(source, app->now);
}

static enum role quiet_role(
	const struct app *app, const struct alert *alert, enum role loud)
{
	return alert->state == ALERT_SILENCED || alert->state == ALERT_RESOLVED ||
			       is_old(app, alert)
		       ? ROLE_DIM
		       : loud;
}

static void service_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct alert *alert = row;

	cell_text(out, alert_text(alert, ALERT_SERVICE));
	out->role = quiet_role(app, alert, ROLE_STRONG);
}

static void title_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct alert *alert = row;

	cell_text(out, alert_name(alert));
	out->role = quiet_role(app, alert, ROLE_TEXT);
}

static void summary_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct alert *alert = row;

	cell_text(out, alert_text(alert, ALERT_SUMMARY));
	out->role = quiet_role(app, alert, ROLE_DIM);
}

static void age_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct alert *alert = row;

	cell_age(out, alert->started_at, app->now);
	out->role = quiet_role(app, alert, ROLE_TEXT);
}

static void old_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct source_row *source =
		sources_row(app->sources, ((const struct alert *)row)->source);

	if (is_old(app, row))
		cell_old(out, source->status.last_ok_at, app->now);
}

/* "-> Ben Okafor in 12m": who is cut, so that when is always seen; where there is
 * no room for that, the short form. */
static void who_cell(struct cell *out, const char *before, struct untrusted who,
	const char *after, const char *brief)
{
	int room = out->room - (int)strlen(before) - (int)strlen(after);
	struct str text;

	str_init(&text, sizeof out->own - TIME_TEXT);
	if (!out->room)
		room = text_width(who, (int)sizeof out->own);
	else if (room < WHO_LEAST && room < text_width(who, WHO_LEAST))
		room = -1;
	if (room > WHO_MOST)
		room = WHO_MOST;
	if (room >= 0)
		text_add_line(&text, who, (size_t)room);
	if (room >= 0)
		cell_print(out, "%s%s%s", before, str_text(&text), after);
	else
		cell_print(out, "%s", brief);
	str_release(&text);
}

/* What is on its way to the server, or to be decided, before what the server says. */
static bool pending_cell(
	const struct app *app, const struct alert *alert, struct cell *out)
{
	const struct outbox_row *row = actions_on(app->actions, alert->key);

	if (!row)
		return false;
	cell_print(out, "%s: %s", outbox_state_names[row->state],
		action_verbs[row->action.verb].name);
	out->role = row->state == OUTBOX_HELD ? ROLE_ALARM : ROLE_WARNING;
	return true;
}

static void firing_cell(const struct app *app, const struct alert *a, struct cell *out)
{
	char when[TIME_TEXT], place[WHERE_TEXT] = "", brief[TIME_TEXT + 2];
	char after[TIME_TEXT + 5 + WHERE_TEXT];
	struct untrusted who, where;

	out->role = ROLE_TEXT;
	if (a->next_at <= app->now) {
		cell_print(out, "firing");
		return;
	}
	duration_text(a->next_at - app->now, when);
	alert_next_parts(a, &who, &where);
	if (untrusted_empty(who))
		who = untrusted_str("next");
	/* Of which policy, where there is room for all of it. */
	if (!out->room || text_width(who, WHO_MOST) + text_width(where, WHERE_TEXT) +
					  (int)sizeof "->  in  " + (int)strlen(when) <=
				  out->room + 1)
		text_line(where, place, sizeof place);
	snprintf(after, sizeof after, " in %s%s%s", when, *place ? " " : "", place);
	snprintf(brief, sizeof brief, "->%s", when);
	who_cell(out, "-> ", who, after, brief);
}

/* "snoozed until 14:30 by Ben Okafor", by whom where there is room for that. */
static void snoozed_cell(const struct app *app, const struct alert *a, struct cell *out)
{
	char moment[ROTA_TIME], until[ROTA_TIME + sizeof "snoozed until  by "];
	struct untrusted by;

	rota_moment(a->next_at, app->now, moment);
	snprintf(until, sizeof until, "snoozed until %s by ", moment);
	if (alert_snoozed(a, &by) && !untrusted_empty(by) &&
		(!out->room || (int)strlen(until) + WHO_LEAST <= out->room))
		who_cell(out, until, by, "", "snoozed");
	else
		who_cell(out, "snoozed until ", untrusted_str(moment), "", "snoozed");
}

static void ack_cell(const struct app *app, const struct alert *a, struct cell *out)
{
	struct untrusted next = alert_text(a, ALERT_NEXT);
	char when[TIME_TEXT], after[TIME_TEXT + 4] = "", brief[TIME_TEXT + 6];

	out->role = a->next_at > app->now && a->next_at - app->now < ACK_SOON_MS
			    ? ROLE_WARNING
			    : ROLE_OK;
	if (actions_snoozed(app->actions, a)) {
		snoozed_cell(app, a, out);
		return;
	}
	if (a->next_at > app->now && a->next_at - app->now < ACK_NEXT_SHOWN_MS) {
		duration_text(a->next_at - app->now, when);
		snprintf(after, sizeof after, " in %s", when);
		snprintf(brief, sizeof brief, "ack->%s", when);
		if (untrusted_starts(next, "acknowledgement "))
			next = untrusted_str("ack ends");
		who_cell(out, "", next, after, brief);
		return;
	}
	/* As in the column of ages: seconds are not counted on the screen. */
	if (a->acked_at && app->now - a->acked_at < MINUTE_MS)
		str_copy(after, sizeof after, " <1m");
	else if (a->acked_at)
		snprintf(after, sizeof after, " %s",
			duration_text(app->now - a->acked_at, when));
	who_cell(out, "ack ", alert_text(a, ALERT_ACKED_BY), after, "ack");
}

/* What it waits for: "→ ben in 6m", "ack you 4m", "silenced". */
static void state_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct alert *alert = row;
	char when[TIME_TEXT];

	out->is_number = true;
	out->number = alert->state;
	if (pending_cell(app, alert, out))
		return;
	out->role = ROLE_DIM;
	switch ((enum alert_state)alert->state) {
	case ALERT_FIRING:
		firing_cell(app, alert, out);
		break;
	case ALERT_ACKNOWLEDGED:
		ack_cell(app, alert, out);
		break;
	case ALERT_SILENCED:
		if (alert->next_at > app->now)
			cell_print(out, "snoozed, %s left",
				duration_text(alert->next_at - app->now, when));
		else
			cell_print(out, "silenced");
		if (out->room && (int)strlen(out->own) > out->room)
			cell_print(out, "quiet");
		break;
	default:
		cell_print(out, out->room && out->room < 8 ? "over" : "resolved");
	}
	out->role = quiet_role(app, alert, out->role);
}

static void source_cell(const struct app *app, const void *row, struct cell *out)
{
	cell_text(out,
		untrusted_str(source_name(app, ((const struct alert *)row)->source)));
	out->role = ROLE_DIM;
}

static const struct column alert_columns[ALERT_COLUMN_COUNT] = {
	[ALERT_COLUMN_SEVERITY] = {"severity", "", 3, 0, 0, severity_cell},
	[ALERT_COLUMN_SERVICE] = {"service", "Service", 8, 1, COLUMN_WANT(14),
		service_cell},
	[ALERT_COLUMN_TITLE] = {"title", "Alert", 11, 0,
		COLUMN_FLEX | COLUMN_WANT(22) | COLUMN_FOLD, title_cell},
	[ALERT_COLUMN_SUMMARY] = {"summary", "Summary", 24, 6, COLUMN_FLEX, summary_cell},
	[ALERT_COLUMN_AGE] = {"age", "Age", 4, 0, COLUMN_RIGHT | COLUMN_DESC, age_cell},
	[ALERT_COLUMN_OLD] = {"old", "Old", 3, 0, COLUMN_RIGHT | COLUMN_DESC, old_cell},
	[ALERT_COLUMN_STATE] = {"state", "State", 6, 0, COLUMN_WANT(STATE_WIDTH),
		state_cell},
	[ALERT_COLUMN_SOURCE] = {"source", "Source", 6, 7, 0, source_cell},
};

static size_t alert_rows(const struct app *app)
{
	return alerts_count(app->alerts);
}

static const void *alert_row(const struct app *app, size_t i)
{
	return alerts_at(app->alerts, i);
}

static uint64_t alert_id(const void *row)
{
	return ((const struct alert *)row)->key;
}

static const void *alert_find(const struct app *app, uint64_t id)
{
	return alerts_find(app->alerts, id);
}

static bool alert_place(const struct app *app, uint64_t id, size_t *at)
{
	return alerts_place(app->alerts, id, at);
}

/* The others that tell of the same. */
static void put_members(
	const struct app *app, const struct alert *alert, struct json_out *o)
{
	json_open(o, "same_as", '[');
	for (const struct alert *t = NULL; (t = alerts_twin(app->alerts, alert, t));) {
		if (t->key == alert->key)
			continue;
		json_open(o, NULL, '{');
		json_put_str(o, "source", source_name(app, t->source));
		json_put_text(o, "id", alert_text(t, ALERT_ID));
		json_shut(o, '}');
	}
	json_shut(o, ']');
	json_put_bool(o, "guessed", problem_guessed(app, alert));
}

static void alert_json(const struct app *app, const void *row, struct json_out *o)
{
	static const struct {
		const char *name;
		enum alert_text text;
	} texts[] = {
		{"id", ALERT_ID},
		{"title", ALERT_TITLE},
		{"summary", ALERT_SUMMARY},
		{"service", ALERT_SERVICE},
		{"acknowledged_by", ALERT_ACKED_BY},
		{"assigned", ALERT_ASSIGNED},
		{"next", ALERT_NEXT},
		{"link", ALERT_LINK},
		{"runbook", ALERT_RUNBOOK},
	};
	const struct alert *a = row;

	json_put_str(o, "source", source_name(app, a->source));
	json_put_str(o, "severity", severity_name(a->severity));
	json_put_str(o, "state", alert_state_name(a->state));
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		json_put_text(o, texts[i].name, alert_text(a, texts[i].text));
	json_put_time(o, "started_at", a->started_at);
	json_put_time(o, "ended_at", a->ended_at);
	json_put_time(o, "acknowledged_at", a->acked_at);
	json_put_time(o, "next_at", a->next_at);
	json_put_time(o, "snoozed_until", actions_snoozed(app->actions, a));
	if (a->number)
		json_put_i64(o, "number", a->number);
	put_members(app, a, o);
	json_open(o, "labels", '{');
	for (size_t i = 0; i < a->label_count; i++)
		json_put_pair(o, alert_label(a, i).name, alert_label(a, i).value);
	json_shut(o, '}');
	json_open(o, "annotations", '{');
	for (size_t i = 0; i < a->annotation_count; i++)
		json_put_pair(
			o, alert_annotation(a, i).name, alert_annotation(a, i).value);
	json_shut(o, '}');
}

static struct untrusted alert_label_of(const void *row, const char *name)
{
	const struct alert *a = row;

	if (!strcmp(name, "severity"))
		return untrusted_str(severity_name(a->severity));
	if (!strcmp(name, "state"))
		return untrusted_str(alert_state_name(a->state));
	if (!strcmp(name, "service"))
		return alert_text(a, ALERT_SERVICE);
	return alert_label_value(a, name);
}

static bool alert_says(const struct app *app, size_t column)
{
	if (column != ALERT_COLUMN_OLD)
		return true;
	for (size_t i = 0; !app_then(app) && i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_at(app->sources, i);

		if (source_old(row, app->now) && alerts_of(app->alerts, row->number))
			return true;
	}
	return false;
}

static bool alert_complete(const struct app *app, char *why, size_t size)
{
	return alerts_complete(app->alerts, false, why, size);
}

const struct listing alert_listing = {
	.noun = "alert",
	.schema = "oogway.alert/1",
	.columns = alert_columns,
	.column_count = sizeof alert_columns / sizeof alert_columns[0],
	.changes = CHANGED_ALERTS,
	.count = alert_rows,
	.row = alert_row,
	.id = alert_id,
	.find = alert_find,
	.place = alert_place,
	.json = alert_json,
	.label = alert_label_of,
	.complete = alert_complete,
	.grouping = &alert_grouping,
	.says = alert_says,
};

/* --- incidents: the alerts that page somebody --- */

static size_t incident_rows(const struct app *app)
{
	size_t n = 0;

	for (size_t i = 0; i < alerts_count(app->alerts); i++)
		n += alerts_at(app->alerts, i)->pages;
	return n;
}

/* Without a pager nothing pages: what is not known then is whether something is open. */
static bool incident_complete(const struct app *app, char *why, size_t size)
{
	return alerts_complete(app->alerts, sources_page(app->sources), why, size);
}

static const void *incident_row(const struct app *app, size_t i)
{
	for (size_t k = 0; k < alerts_count(app->alerts); k++)
		if (alerts_at(app->alerts, k)->pages && !i--)
			return alerts_at(app->alerts, k);
	return NULL;
}

const struct listing incident_listing = {
	.noun = "incident",
	.schema = "oogway.incident/1",
	.columns = alert_columns,
	.column_count = sizeof alert_columns / sizeof alert_columns[0],
	.changes = CHANGED_ALERTS,
	.count = incident_rows,
	.row = incident_row,
	.id = alert_id,
	.find = alert_find,
	.json = alert_json,
	.label = alert_label_of,
	.complete = incident_complete,
	.says = alert_says,
};

/* --- silences --- */

static void silence_ends(const struct app *app, const void *row, struct cell *out)
{
	const struct silence_row *s = row;
	char left[TIME_TEXT];

	out->is_number = true;
	out->number = (double)s->ends_at;
	if (s->ends_at <= app->now)
		cell_print(out, "ended");
	else
		cell_print(out, "%s", duration_text(s->ends_at - app->now, left));
	out->role = s->ends_at - app->now < SILENCE_SOON_MS ? ROLE_WARNING : ROLE_TEXT;
}

static void silence_matchers(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct silence_row *)row)->matchers);
	out->role = ROLE_STRONG;
}

static void silence_matches(const struct app *app, const void *row, struct cell *out)
{
	const struct silence_row *s = row;

	(void)app;
	out->is_number = true;
	out->number = (double)s->matches;
	cell_print(out, "%zu%s", s->matches, s->matches_more ? "+" : "");
	out->role = s->matches ? ROLE_TEXT : ROLE_DIM;
}

/* "never" is what this console can know: it has seen all of its life. */
static void silence_matched(const struct app *app, const void *row, struct cell *out)
{
	const struct silence_row *s = row;
	bool whole = s->starts_at >= app->started_at;

	out->is_number = true;
	out->number = (double)s->matched_at;
	out->role = s->matched_at ? ROLE_DIM : ROLE_WARNING;
	if (s->matches)
		cell_print(out, "now");
	else if (s->matched_at)
		cell_age(out, s->matched_at, app->now);
	else
		cell_print(out, "%s",
			!s->active ? "pending"
			: whole    ? "never"
				   : "not seen");
}

static void silence_age(const struct app *app, const void *row, struct cell *out)
{
	const struct silence_row *s = row;

	if (s->starts_at > app->now) {
		cell_print(out, "-");
		return;
	}
	cell_age(out, s->starts_at, app->now);
	out->role = app->now - s->starts_at >= app_setting(app, SET_SILENCES_OLD)
			    ? ROLE_WARNING
			    : ROLE_DIM;
}

static void silence_comment(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct silence_row *)row)->comment);
}

static void silence_author(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct silence_row *)row)->author);
	out->role = ROLE_DIM;
}

static const struct column silence_columns[] = {
	{"ends", "Ends in", 7, 0, COLUMN_RIGHT, silence_ends},
	{"matches", "Now", 4, 2, COLUMN_RIGHT | COLUMN_DESC, silence_matches},
	{"matched", "Matched", 8, 4, 0, silence_matched},
	{"age", "Age", 4, 3, COLUMN_RIGHT | COLUMN_DESC, silence_age},
	{"matchers", "Matchers", 20, 0, COLUMN_FLEX, silence_matchers},
	{"comment", "Comment", 14, 5, COLUMN_FLEX, silence_comment},
	{"author", "By", 12, 6, 0, silence_author},
};

static size_t silence_rows(const struct app *app)
{
	return silences_count(app->alerts);
}

static const void *silence_row_at(const struct app *app, size_t i)
{
	return silences_at(app->alerts, i);
}

static uint64_t silence_id(const void *row)
{
	return ((const struct silence_row *)row)->id;
}

static const void *silence_find(const struct app *app, uint64_t id)
{
	for (size_t i = 0; i < silences_count(app->alerts); i++)
		if (silence_id(silences_at(app->alerts, i)) == id)
			return silences_at(app->alerts, i);
	return NULL;
}

static void silence_json(const struct app *app, const void *row, struct json_out *o)
{
	const struct silence_row *s = row;

	json_put_str(o, "source", source_name(app, s->source));
	json_put_text(o, "id", s->upstream_id);
	json_put_text(o, "matchers", s->matchers);
	json_put_text(o, "comment", s->comment);
	json_put_text(o, "author", s->author);
	json_put_time(o, "starts_at", s->starts_at);
	json_put_time(o, "ends_at", s->ends_at);
	json_put_bool(o, "active", s->active);
	json_put_i64(o, "matches", (int64_t)s->matches);
	json_put_bool(o, "matches_all_counted", !s->matches_more);
	json_put_time(o, "matched_at", s->matched_at);
	json_put_bool(
		o, "old", app->now - s->starts_at >= app_setting(app, SET_SILENCES_OLD));
}

const struct listing silence_listing = {
	.noun = "silence",
	.schema = "oogway.silence/1",
	.columns = silence_columns,
	.column_count = sizeof silence_columns / sizeof silence_columns[0],
	.changes = CHANGED_ALERTS,
	.count = silence_rows,
	.row = silence_row_at,
	.id = silence_id,
	.find = silence_find,
	.json = silence_json,
	.complete = alert_complete,
};

/* --- changes --- */

static void change_when(const struct app *app, const void *row, struct cell *out)
{
	const struct change_row *c = row;
	char text[TIME_TEXT];

	out->is_number = true;
	out->number = (double)c->at;
	cell_print(out, "%s", time_stamp(c->at, app->now, text));
	out->role = ROLE_DIM;
}

static void change_summary(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct change_row *)row)->summary);
}

static void change_service(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct change_row *)row)->service);
	out->role = ROLE_STRONG;
}

static const struct column change_columns[] = {
	{"at", "When", 12, 0, COLUMN_DESC, change_when},
	{"service", "Service", 14, 1, 0, change_service},
	{"summary", "Change", 24, 0, COLUMN_FLEX, change_summary},
};

/* Newest first; looking back: what was known then. */
static size_t changes_later(const struct app *app)
{
	size_t n = 0;

	while (app->window.to && n < changes_count(app->alerts) &&
		changes_at(app->alerts, n)->at > window_to(app))
		n++;
	return n;
}

static size_t change_rows(const struct app *app)
{
	return changes_count(app->alerts) - changes_later(app);
}

static const void *change_row_at(const struct app *app, size_t i)
{
	return changes_at(app->alerts, i + changes_later(app));
}

static uint64_t change_id(const void *row)
{
	return ((const struct change_row *)row)->id;
}

static const void *change_find(const struct app *app, uint64_t id)
{
	for (size_t i = 0; i < changes_count(app->alerts); i++)
		if (change_id(changes_at(app->alerts, i)) == id)
			return changes_at(app->alerts, i);
	return NULL;
}

static void change_json(const struct app *app, const void *row, struct json_out *o)
{
	const struct change_row *c = row;

	json_put_str(o, "source", source_name(app, c->source));
	json_put_time(o, "at", c->at);
	json_put_text(o, "service", c->service);
	json_put_text(o, "summary", c->summary);
	json_put_text(o, "link", c->link);
}

/* Those before the console's window are listed too: from the oldest on. */
static void change_window(const struct app *app, int64_t *from, int64_t *to)
{
	size_t n = changes_count(app->alerts);
	int64_t oldest = n ? changes_at(app->alerts, n - 1)->at : *from;

	if (oldest < *from)
		*from = oldest;
	*to = window_to(app);
}

const struct listing change_listing = {
	.noun = "change",
	.schema = "oogway.change/1",
	.columns = change_columns,
	.column_count = sizeof change_columns / sizeof change_columns[0],
	.changes = CHANGED_ALERTS | CHANGED_WINDOW,
	.count = change_rows,
	.row = change_row_at,
	.id = change_id,
	.find = change_find,
	.json = change_json,
	.complete = alert_complete,
	.window = change_window,
};
