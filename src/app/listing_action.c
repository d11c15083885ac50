/* Columns and JSON of actions: what was done upstream, what waits, and why. Main
 * thread. */
#include "app/actions.h"
#include "app/listing.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>

static const enum role state_roles[OUTBOX_STATE_COUNT] = {
	[OUTBOX_WAITING] = ROLE_WARNING,
	[OUTBOX_SENDING] = ROLE_WARNING,
	[OUTBOX_CONFIRMED] = ROLE_OK,
	[OUTBOX_FAILED] = ROLE_CRITICAL,
	[OUTBOX_HELD] = ROLE_HIGH,
	[OUTBOX_CANCELLED] = ROLE_DIM,
};

static void when_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct outbox_row *r = row;
	char text[TIME_TEXT];

	out->is_number = true;
	out->number = (double)r->created_at;
	cell_print(out, "%s", time_stamp(r->created_at, app->now, text));
	out->role = ROLE_DIM;
}

static void verb_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_print(out, "%s",
		action_verbs[((const struct outbox_row *)row)->action.verb].name);
	out->role = ROLE_STRONG;
}

static void title_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct outbox_row *)row)->action.texts[ACTION_TITLE]);
}

static void state_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct outbox_row *r = row;

	action_row_words(app, r, out->own, sizeof out->own);
	cell_text(out, untrusted_str(out->own));
	out->role = state_roles[r->state];
}

static void by_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct outbox_row *)row)->action.texts[ACTION_BY]);
	out->role = ROLE_DIM;
}

static void source_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct outbox_row *)row)->source);
	out->role = ROLE_DIM;
}

static const struct column columns[] = {
	{"at", "When", 8, 2, COLUMN_DESC, when_cell},
	{"verb", "Action", 11, 0, 0, verb_cell},
	{"title", "On", 18, 0, COLUMN_FLEX, title_cell},
	{"state", "State", 20, 0, COLUMN_FLEX, state_cell},
	{"by", "By", 12, 6, 0, by_cell},
	{"source", "Source", 6, 5, 0, source_cell},
};

static size_t rows(const struct app *app)
{
	return actions_count(app->actions);
}

static const void *row_at(const struct app *app, size_t i)
{
	return actions_at(app->actions, i);
}

static uint64_t row_id(const void *row)
{
	return action_row_key(row);
}

static const void *find(const struct app *app, uint64_t id)
{
	for (size_t i = 0; i < actions_count(app->actions); i++)
		if (row_id(actions_at(app->actions, i)) == id)
			return actions_at(app->actions, i);
	return NULL;
}

static void json(const struct app *app, const void *row, struct json_out *o)
{
	const struct outbox_row *r = row;
	const struct action *a = &r->action;

	(void)app;
	json_put_str(o, "id", a->id);
	json_put_str(o, "verb", action_verbs[a->verb].name);
	json_put_str(o, "state", outbox_state_names[r->state]);
	json_put_text(o, "profile", r->profile);
	json_put_text(o, "source", r->source);
	json_put_text(o, "target", a->texts[ACTION_TARGET]);
	json_put_text(o, "title", a->texts[ACTION_TITLE]);
	json_put_text(o, "body", a->texts[ACTION_BODY]);
	json_put_text(o, "whom", a->texts[ACTION_WHOM]);
	json_put_text(o, "by", a->texts[ACTION_BY]);
	json_put_text(o, "error", r->error);
	json_put_text(o, "result", r->result);
	json_put_text(o, "undoes", r->undoes);
	json_put_i64(o, "attempts", a->attempts);
	json_put_time(o, "until_at", a->until_at);
	json_put_time(o, "created_at", r->created_at);
	json_put_time(o, "sent_at", r->sent_at);
	json_put_time(o, "done_at", r->done_at);
}

static bool complete(const struct app *app, char *why, size_t size)
{
	if (actions_count(app->actions) < ACTIONS_KEPT)
		return true;
	snprintf(why, size, "only the newest %d are listed", ACTIONS_KEPT);
	return false;
}

const struct listing action_listing = {
	.noun = "action",
	.schema = "oogway.action/1",
	.columns = columns,
	.column_count = sizeof columns / sizeof columns[0],
	.changes = CHANGED_ACTIONS,
	.count = rows,
	.row = row_at,
	.id = row_id,
	.find = find,
	.json = json,
	.complete = complete,
};
