/* What was wished for in this process: followed until its outcome was told, in one line
 * for many, and taken back by another wish the other way round. What others that share
 * the store wished for is not here. Main thread. */
#include "actions_parts.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { OWN_MOST = 2 * ACTIONS_MAX_TARGETS }; /* the newer half is all of any wish */

struct own *action_own_find(struct actions *actions, const char *id)
{
	for (size_t i = 0; i < actions->own_count; i++)
		if (!strcmp(actions->own[i].id, id))
			return &actions->own[i];
	return NULL;
}

/* The one before was about the same problem: to who reads it the two are one. */
static bool goes_on(const struct actions *actions, size_t i)
{
	const struct own *own = &actions->own[i];

	return i && own[-1].wish == own->wish && own[-1].problem == own->problem &&
	       own[-1].verb == own->verb;
}

/* Of all that was wished for with it: how many things, and how many are done. */
static size_t count_wish(const struct actions *actions, uint64_t wish, size_t *done)
{
	size_t all = 0;

	*done = 0;
	for (size_t i = 0; i < actions->own_count; i++) {
		const struct own *own = &actions->own[i];

		if (own->wish != wish || goes_on(actions, i))
			continue;
		all++;
		*done += own->state == OUTBOX_CONFIRMED;
	}
	return all;
}

/* Many at once are told as one line: "282 of 300 acknowledged", at last "300". */
static void tell_done(const struct actions *actions, const struct own *last)
{
	const char *past = action_verbs[last->verb].past;
	size_t done, all = count_wish(actions, last->wish, &done);

	if (all == 1)
		app_notice(actions->app, false, "%s: %s", last->title, past);
	else if (done == all)
		app_notice(actions->app, false, "%zu %s", done, past);
	else
		app_notice(actions->app, false, "%zu of %zu %s", done, all, past);
}

void action_own_tell(struct actions *actions)
{
	size_t bad = 0;
	const struct own *last = NULL, *worst = NULL;

	for (size_t i = 0; i < actions->own_count; i++) {
		struct own *own = &actions->own[i];

		if (own->told || own->state == OUTBOX_WAITING ||
			own->state == OUTBOX_SENDING)
			continue;
		own->told = true;
		if (own->state == OUTBOX_CONFIRMED) {
			last = own;
		} else if (own->state != OUTBOX_CANCELLED) {
			bad++;
			worst = own;
		}
	}
	if (bad)
		app_notice(actions->app, true, "%s: %s %s%s%s", worst->title,
			action_verbs[worst->verb].name,
			worst->state == OUTBOX_HELD ? "waits for your word: "
						    : "failed: ",
			worst->error, bad > 1 ? "; others too: see :actions" : "");
	else if (last)
		tell_done(actions, last);
}

void action_own_follow(struct actions *actions, const struct outbox_row *row)
{
	struct own *own = action_own_find(actions, row->action.id);

	if (!own)
		return;
	own->state = row->state;
	text_line(row->error, own->error, sizeof own->error);
	text_line(row->result, own->result, sizeof own->result);
}

static uint64_t profile_of(const struct app *app)
{
	return untrusted_hash(untrusted_str(app->rc->profile));
}

struct own *action_own_add(struct actions *actions, const struct outbox_row *row)
{
	struct own *own;

	if (actions->own_count == OWN_MOST) {
		memmove(actions->own, actions->own + OWN_MOST / 2,
			OWN_MOST / 2 * sizeof *actions->own);
		actions->own_count = OWN_MOST / 2;
	}
	MEM_ROOM(actions->own, actions->own_count, actions->own_cap);
	own = &actions->own[actions->own_count++];
	*own = (struct own){.verb = row->action.verb,
		.wish = actions->wishes,
		.state = OUTBOX_WAITING,
		.at = actions->app->now};
	str_copy(own->id, sizeof own->id, row->action.id);
	own->profile = profile_of(actions->app);
	text_line(row->action.texts[ACTION_TITLE], own->title, sizeof own->title);
	return own;
}

/* The newest wish that had an effect, or may have one still. Never one before a wish
 * that is being sent: that would be taken back the moment before it is done. */
static const struct own *undoable(const struct actions *actions, struct err *err)
{
	for (size_t i = actions->own_count; i-- > 0;) {
		const struct own *own = &actions->own[i];

		if (actions->app->now - own->at > ACTIONS_UNDO_MS ||
			own->profile != profile_of(actions->app))
			break;
		if (own->state == OUTBOX_CONFIRMED && !action_verbs[own->verb].undoable) {
			err_set(err, ERR_MISSING, "%s cannot be taken back",
				action_verbs[own->verb].name);
			return NULL;
		}
		if (own->state == OUTBOX_CONFIRMED)
			return own;
		if (own->state == OUTBOX_FAILED || own->state == OUTBOX_CANCELLED)
			continue;
		err_set(err, ERR_BUSY, "%s is not done yet, :actions cancels it: %s",
			action_verbs[own->verb].name, own->title);
		return NULL;
	}
	err_set(err, ERR_MISSING, "nothing was done here in the last minute");
	return NULL;
}

/* All overrides that were made at once end. */
static bool plan_undo_override(
	struct plan *plan, struct app *app, const struct own *own, struct err *err)
{
	const struct actions *actions = app->actions;
	struct err last = {0};

	plan_end_init(plan, app);
	for (size_t i = 0; i < actions->own_count; i++) {
		const struct own *one = &actions->own[i];

		if (one->wish != own->wish || one->state != OUTBOX_CONFIRMED)
			continue;
		for (size_t k = 0; k < actions->mirror_count; k++)
			if (!strcmp(actions->mirror[k].action.id, one->id))
				plan_end_override(
					plan, one->key, &actions->mirror[k], &last);
	}
	if (!plan->count) {
		if (!last.kind)
			err_set(&last, ERR_MISSING,
				"%s: it is not in the outbox any more", own->title);
		*err = last;
		return false;
	}
	plan_end_words(plan);
	return true;
}

/* Each peer has one of its own. They may be too young to be in any list: their ids are
 * enough. */
static bool plan_undo_silences(
	struct plan *plan, struct app *app, const struct own *own, struct err *err)
{
	const struct actions *actions = app->actions;

	plan_undo_init(plan, app);
	for (size_t i = 0; i < actions->own_count; i++) {
		const struct own *one = &actions->own[i];

		if (one->wish != own->wish || one->verb != ACTION_SILENCE ||
			one->state != OUTBOX_CONFIRMED)
			continue;
		if (!plan_undo_silence(plan, one->key, one->result, one->title, err))
			return false;
		plan->problems[plan->count - 1] = one->problem;
	}
	plan_undo_words(plan);
	return true;
}

/* What makes up for it: another action, the other way round, on all that the wish was
 * about. */
static bool plan_undo(
	struct plan *plan, struct app *app, const struct own *own, struct err *err)
{
	const struct actions *actions = app->actions;
	uint64_t *keys = mem_new(actions->own_count, sizeof *keys);
	struct wish wish = {.verb = action_verbs[own->verb].undo, .targets = keys};
	bool made;

	if (own->verb == ACTION_OVERRIDE || own->verb == ACTION_SILENCE) {
		mem_free(keys);
		return own->verb == ACTION_OVERRIDE
			       ? plan_undo_override(plan, app, own, err)
			       : plan_undo_silences(plan, app, own, err);
	}
	for (size_t i = 0; i < actions->own_count; i++)
		if (actions->own[i].wish == own->wish &&
			actions->own[i].verb == own->verb &&
			actions->own[i].state == OUTBOX_CONFIRMED)
			keys[wish.count++] = actions->own[i].key;
	made = plan_make(plan, app, &wish, err);
	mem_free(keys);
	return made;
}

enum status actions_undo(struct actions *actions, const char *origin, struct err *err)
{
	const struct own *own;
	struct plan *plan;
	char text[PLAN_TEXT];

	if (!actions_may(actions->app, err))
		return STATUS_REFUSED;
	own = undoable(actions, err);
	if (!own)
		return STATUS_FAILED;
	plan = mem_new(1, sizeof *plan);
	if (!plan_undo(plan, actions->app, own, err)) {
		plan_free(plan);
		return STATUS_FAILED;
	}
	plan->origin = origin;
	plan->asks = true;
	str_copy(text, sizeof text, plan->text);
	snprintf(plan->text, sizeof plan->text, "undo: %s", text);
	for (size_t i = 0; i < plan->count; i++)
		if (untrusted_empty(plan->rows[i].undoes))
			plan->rows[i].undoes =
				untrusted_copy(&plan->arena, untrusted_str(own->id));
	return plan_ask(plan, err);
}

bool actions_busy(const struct actions *actions)
{
	for (size_t i = 0; i < actions->own_count; i++)
		if (actions->own[i].state == OUTBOX_WAITING ||
			actions->own[i].state == OUTBOX_SENDING)
			return true;
	return actions->adding > 0;
}

enum status actions_outcome(const struct actions *actions, struct str *out)
{
	enum status worst = STATUS_DONE;

	for (size_t i = 0; i < actions->own_count; i++) {
		const struct own *own = &actions->own[i];
		bool done = own->state == OUTBOX_CONFIRMED;

		if (goes_on(actions, i) && own[-1].state == own->state &&
			!strcmp(own[-1].result, own->result) &&
			!strcmp(own[-1].error, own->error))
			continue;
		str_printf(out, "%s: %s%s%s%s%s\n", own->title,
			done ? action_verbs[own->verb].past
			     : outbox_state_names[own->state],
			*own->result ? " " : "", own->result, *own->error ? ": " : "",
			own->error);
		if (own->state == OUTBOX_FAILED || own->state == OUTBOX_HELD)
			worst = STATUS_FAILED;
		else if (!done && worst == STATUS_DONE)
			worst = STATUS_PENDING;
	}
	return worst;
}
