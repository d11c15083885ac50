/* Actions from the wish to the last word of the server. A wish becomes a plan
 * (action_plan.c), a question where it must, rows of the outbox (action_commit.c);
 * whoever holds the lease of the profile claims rows that are due and sends them
 * (action_send.c), and all read what came of it (action_outbox.c, action_own.c). This
 * file is the life of it and the way in. Main thread. */
#include "actions_parts.h"

#include "app/history.h"
#include "app/rotas.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"

#include <stdio.h>
#include <string.h>

enum {
	MIRROR_BYTES = 64 << 20,
	LOOK_OPEN_MS = 1000, /* how often the outbox is read while something is open */
	LOOK_IDLE_MS = 60000,
	AGAIN_TEXT = 500,
};

/* Rows are sent in the order of their ids: no two have the same moment. */
int64_t actions_stamp(struct actions *actions)
{
	if (actions->stamp < actions->app->now)
		actions->stamp = actions->app->now;
	else
		actions->stamp++;
	return actions->stamp;
}

struct actions *actions_new(struct app *app)
{
	struct actions *actions = mem_new(1, sizeof *actions);

	actions->app = app;
	arena_init(&actions->mirror_arena, MIRROR_BYTES);
	map_init(&actions->on);
	map_init(&actions->snoozed);
	id_new(app->now, actions->owner);
	return actions;
}

void actions_free(struct actions *actions)
{
	if (!actions)
		return;
	for (int i = 0; i < PLACES; i++)
		action_send_free(actions->sendings[i]);
	arena_release(&actions->mirror_arena);
	map_release(&actions->on);
	map_release(&actions->snoozed);
	mem_free(actions->own);
	mem_free(actions);
}

void actions_begin(struct actions *actions)
{
	actions->begun = true;
	actions_look(actions);
}

bool actions_begun(const struct actions *actions)
{
	return actions->begun && !actions->looking;
}

static void marked(void *ctx, uint64_t mark, const struct err *err)
{
	struct actions *actions = ctx;

	actions->marking = false;
	if (actions->ended || err || mark == actions->mark_seen)
		return;
	actions->mark_seen = mark;
	actions_look(actions);
}

/* What other processes did to the outbox, read when the store's file has changed; this
 * process writes to it too, so the list is read only when it is another one. */
static void look_for_others(struct actions *actions)
{
	const struct store_report *report = store_report(actions->app->store);
	char path[STORE_PATH + 8];
	uint64_t stamp;

	if (actions->marking || !*report->path)
		return;
	snprintf(path, sizeof path, "%s-wal", report->path);
	stamp = file_stamp(path);
	if (stamp == actions->stamp_seen)
		return;
	actions->stamp_seen = stamp;
	actions->marking = true;
	outbox_mark_later(actions->app->store, marked, actions);
}

void actions_tick(struct actions *actions, int64_t now)
{
	bool open = actions_busy(actions);
	size_t waiting, held;

	if (!actions->begun || actions->ended)
		return;
	actions_open(actions, &waiting, &held);
	open = open || waiting;
	if (now - actions->looked_at >= (open ? LOOK_OPEN_MS : LOOK_IDLE_MS))
		actions_look(actions);
	else if (!open)
		look_for_others(actions);
	if (waiting)
		action_send_as_needed(actions);
}

void actions_end(struct actions *actions)
{
	actions_halt(actions);
	actions->ended = true;
}

/* --- wishes --- */

bool actions_may(const struct app *app, struct err *err)
{
	if (app->readonly || app->past || app->demo || app->window.to)
		return err_set(err, ERR_REFUSED, "oogway is %s: nothing was done",
			app->demo       ? "playing its demo"
			: app->readonly ? "read-only"
					: "looking at the past (. returns to now)");
	if (app->store && app->actions->begun)
		return true;
	if (*history_remark(app->history))
		return err_set(err, ERR_REFUSED, "%s Nothing was done.",
			history_remark(app->history));
	return err_set(
		err, ERR_BUSY, "the store is not open yet: nothing was done; try again");
}

enum status actions_wish(
	struct actions *actions, const struct wish *wish, struct err *err)
{
	struct plan *plan = mem_new(1, sizeof *plan);

	if (!actions_may(actions->app, err)) {
		mem_free(plan);
		return STATUS_REFUSED;
	}
	if (!plan_make(plan, actions->app, wish, err)) {
		plan_free(plan);
		return STATUS_FAILED;
	}
	if (plan->asks && !wish->asked)
		return plan_ask(plan, err);
	plan_commit(plan);
	return STATUS_PENDING;
}

enum status actions_override(
	struct actions *actions, const struct override_wish *wish, struct err *err)
{
	struct plan *plan;

	if (!actions_may(actions->app, err))
		return STATUS_REFUSED;
	plan = mem_new(1, sizeof *plan);
	if (!plan_override(plan, actions->app, wish, err)) {
		plan_free(plan);
		return STATUS_FAILED;
	}
	/* Until somebody says yes it is known whether it still holds. */
	sources_hurry_rota(actions->app->sources, wish->row->source);
	return plan_ask(plan, err);
}

enum status actions_end_overrides(struct actions *actions, const struct rota_row *row,
	const char *origin, struct err *err)
{
	struct plan *plan;

	if (!actions_may(actions->app, err))
		return STATUS_REFUSED;
	plan = mem_new(1, sizeof *plan);
	if (!plan_end_overrides(plan, actions->app, row, err)) {
		plan_free(plan);
		return STATUS_FAILED;
	}
	plan->origin = origin;
	return plan_ask(plan, err);
}

enum status actions_cancel(struct actions *actions, const char *id, struct err *err)
{
	if (!actions_may(actions->app, err))
		return STATUS_REFUSED;
	outbox_cancel_later(actions->app->store, id,
		(struct store_then){action_outbox_changed, actions});
	return STATUS_DONE;
}

/* One that may have taken effect, about which somebody is asked before it is sent once
 * more. */
struct again {
	struct actions *actions;
	char id[ID_TEXT], text[AGAIN_TEXT];
};

static void send_again(struct actions *actions, const char *id)
{
	outbox_retry_later(actions->app->store, id,
		(struct store_then){action_outbox_changed, actions});
}

static void answered(void *ctx, bool yes)
{
	struct again *again = ctx;

	if (yes && !again->actions->ended)
		send_again(again->actions, again->id);
	mem_free(again);
}

static enum status ask_again(
	struct actions *actions, const struct outbox_row *row, struct err *err)
{
	struct again *again = mem_new(1, sizeof *again);
	const struct front *front = &actions->app->front;
	struct question question = {
		.text = again->text, .answer = answered, .ctx = again};
	char title[80], body[200], when[TIME_TEXT];

	again->actions = actions;
	memcpy(again->id, row->action.id, sizeof again->id);
	snprintf(again->text, sizeof again->text,
		"%s of %s: \"%s\" may have been sent at %s already; send it once more?",
		action_verbs[row->action.verb].name,
		text_line(row->action.texts[ACTION_TITLE], title, sizeof title),
		text_line(row->action.texts[ACTION_BODY], body, sizeof body),
		time_stamp(row->sent_at, actions->app->now, when));
	if (front->ask && front->ask(front->ctx, &question, err))
		return STATUS_DONE;
	if (!err->kind)
		err_set(err, ERR_REFUSED, "there is nobody to ask: %s", again->text);
	mem_free(again);
	return STATUS_REFUSED;
}

/* Nobody knows whether it took effect. */
static bool unsure(const struct outbox_row *row)
{
	return row->state == OUTBOX_HELD && row->action.verb == ACTION_STATUS &&
	       untrusted_starts(row->result, "try-");
}

enum status actions_retry(struct actions *actions, const char *id, struct err *err)
{
	if (!actions_may(actions->app, err))
		return STATUS_REFUSED;
	for (size_t i = 0; i < actions->mirror_count; i++)
		if (!strcmp(actions->mirror[i].action.id, id) &&
			unsure(&actions->mirror[i]))
			return ask_again(actions, &actions->mirror[i], err);
	send_again(actions, id);
	return STATUS_DONE;
}

static void noted(void *ctx, const struct err *err)
{
	struct actions *actions = ctx;

	actions->adding--;
	if (actions->ended)
		return;
	if (err)
		app_notice(actions->app, true, "nobody was told: %s", err->text);
	actions_look(actions);
}

void actions_notify(struct actions *actions, const struct outbox_row *rows, size_t count)
{
	if (!actions->begun || !actions->app->store)
		return;
	actions->adding++;
	outbox_add_later(
		actions->app->store, rows, count, (struct store_then){noted, actions});
}
