/* Columns and JSON of triggers: what each line of the rc puts where, when it comes next,
 * and what came of it the last time. Hides what is said first when several things are
 * wrong. Main thread. */
#include "app/listing.h"
#include "app/runbooks.h"
#include "app/triggers.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

static const struct trigger_row *of(const void *row)
{
	return row;
}

static void trigger_name(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(of(row)->rc->name));
	out->role = ROLE_STRONG;
}

static void trigger_book(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(of(row)->rc->runbook));
}

static const char *when_words(const struct rc_trigger *rc, char *out, size_t size)
{
	char every[TIME_TEXT];

	if (rc->on == TRIGGER_SCHEDULE && rc->cron_text)
		snprintf(out, size, "cron %s%s%s", rc->cron_text, rc->zone ? " in " : "",
			rc->zone ? rc->zone : "");
	else if (rc->on == TRIGGER_SCHEDULE)
		snprintf(out, size, "every %s", duration_text(rc->every_ms, every));
	else if (!rc->alerts && !rc->labels)
		snprintf(out, size, "alerts that it names");
	else
		snprintf(out, size, "%s%s%s%s", rc->alerts ? "alert " : "",
			rc->alerts ? rc->alerts : "", rc->alerts && rc->labels ? " " : "",
			rc->labels ? rc->labels : "");
	return out;
}

static void trigger_when(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	when_words(of(row)->rc, out->own, sizeof out->own);
	cell_text(out, untrusted_str(out->own));
}

static void trigger_does(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_print(out, "%s", of(row)->rc->runs ? "run" : "propose");
	out->role = ROLE_DIM;
}

static void trigger_next(const struct app *app, const void *row, struct cell *out)
{
	char text[TIME_TEXT];

	out->is_number = true;
	out->number = (double)of(row)->next_at;
	if (of(row)->next_at && !*triggers_hold(app->triggers))
		cell_print(
			out, "in %s", duration_text(of(row)->next_at - app->now, text));
	out->role = ROLE_DIM;
}

static bool is_lost(const struct app *app, const struct trigger_row *row)
{
	return runbooks_settled(app->runbooks) &&
	       !runbooks_named(app->runbooks, row->rc->runbook);
}

/* What is wrong before what went well. */
static const char *state_words(
	const struct app *app, const struct trigger_row *row, char *out, size_t size)
{
	const char *hold = triggers_hold(app->triggers);
	char when[TIME_TEXT];

	if (is_lost(app, row))
		snprintf(out, size, "no runbook is called %s", row->rc->runbook);
	else if (*hold)
		snprintf(out, size, "nothing: %s", hold);
	else if (row->held_until > app->now)
		snprintf(out, size, "held until %s: %zu within an hour",
			time_clock(row->held_until, when), row->rc->most);
	else if (row->last_at)
		snprintf(out, size, "%s %s%s%s", firing_state_names[row->last],
			time_stamp(row->last_at, app->now, when),
			*row->last_why ? ": " : "", row->last_why);
	else
		snprintf(out, size, "none this week");
	return out;
}

static bool is_bad(const struct app *app, const struct trigger_row *row)
{
	return is_lost(app, row) || *triggers_hold(app->triggers) ||
	       row->held_until > app->now || row->last == FIRING_STOPPED;
}

static void trigger_state(const struct app *app, const void *row, struct cell *out)
{
	state_words(app, row, out->own, sizeof out->own);
	cell_text(out, untrusted_str(out->own));
	out->role = is_bad(app, row) ? ROLE_WARNING : ROLE_TEXT;
}

/* It passed while no oogway ran. */
static void trigger_missed_at(const struct app *app, const void *row, struct cell *out)
{
	char when[TIME_TEXT];

	if (of(row)->missed_at)
		cell_print(out, "%s", time_stamp(of(row)->missed_at, app->now, when));
	out->role = ROLE_WARNING;
}

enum { MISSED_COLUMN = 6 };

static const struct column trigger_columns[] = {
	{"name", "Trigger", 8, 0, COLUMN_WANT(20), trigger_name},
	{"runbook", "Runbook", 12, 2, COLUMN_WANT(24), trigger_book},
	{"when", "When", 12, 4, COLUMN_FLEX | COLUMN_WANT(30), trigger_when},
	{"does", "Does", 7, 5, 0, trigger_does},
	{"next", "Next", 7, 3, COLUMN_RIGHT, trigger_next},
	{"state", "Last", 14, 0, COLUMN_FLEX | COLUMN_WANT(60), trigger_state},
	{"missed", "Missed", 8, 6, 0, trigger_missed_at},
};

static bool trigger_says(const struct app *app, size_t column)
{
	for (size_t i = 0; column == MISSED_COLUMN && i < triggers_count(app->triggers);
		i++)
		if (triggers_at(app->triggers, i)->missed_at)
			return true;
	return column != MISSED_COLUMN;
}

static size_t trigger_rows(const struct app *app)
{
	return triggers_count(app->triggers);
}

static const void *trigger_at(const struct app *app, size_t i)
{
	return triggers_at(app->triggers, i);
}

static uint64_t trigger_id(const void *row)
{
	return of(row)->id;
}

static const void *trigger_find(const struct app *app, uint64_t id)
{
	for (size_t i = 0; i < triggers_count(app->triggers); i++)
		if (triggers_at(app->triggers, i)->id == id)
			return triggers_at(app->triggers, i);
	return NULL;
}

static void trigger_json(const struct app *app, const void *r, struct json_out *o)
{
	const struct trigger_row *row = r;
	const struct rc_trigger *rc = row->rc;
	char text[400];

	json_put_str(o, "name", rc->name);
	json_put_str(o, "runbook", rc->runbook);
	json_put_str(o, "on", rc->on == TRIGGER_ALERT ? "alert" : "schedule");
	json_put_str(o, "when", when_words(rc, text, sizeof text));
	json_put_str(o, "do", rc->runs ? "run" : "propose");
	json_put_i64(o, "most", (int64_t)rc->most);
	json_put_time(o, "next_at", row->next_at);
	json_put_time(o, "missed_at", row->missed_at);
	json_put_time(o, "last_at", row->last_at);
	json_put_str(o, "last", row->last_at ? firing_state_names[row->last] : "");
	json_put_str(o, "state", state_words(app, row, text, sizeof text));
	json_open(o, "proposed", '[');
	for (size_t i = 0; i < proposals_count(app->triggers); i++) {
		const struct proposal *p = proposals_at(app->triggers, i);

		if (strcmp(p->trigger, rc->name) != 0)
			continue;
		json_open(o, NULL, '{');
		json_put_str(o, "id", p->firing);
		json_put_time(o, "at", p->at);
		json_put_str(o, "state", firing_state_names[p->state]);
		json_put_str(o, "why", p->why);
		json_shut(o, '}');
	}
	json_shut(o, ']');
}

const struct listing trigger_listing = {
	.noun = "trigger",
	.schema = "oogway.trigger/1",
	.columns = trigger_columns,
	.column_count = sizeof trigger_columns / sizeof trigger_columns[0],
	.changes = CHANGED_RUNBOOKS | CHANGED_CONFIG | CHANGED_CLOCK | CHANGED_ALERTS,
	.count = trigger_rows,
	.row = trigger_at,
	.id = trigger_id,
	.find = trigger_find,
	.json = trigger_json,
	.says = trigger_says,
};
