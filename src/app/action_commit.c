/* A plan on its way: asked about, then its intents in the audit, then its rows in the
 * outbox. No audit, no act. What is oogway's alone is done here, between the two. Hides
 * how many records and rows that takes. Main thread. */
#include "actions_parts.h"

#include "app/runs.h"
#include "base/alloc.h"
#include "base/str.h"

#include <string.h>

void plan_free(struct plan *plan)
{
	if (plan->drop)
		plan->drop(plan->put_ctx);
	plan_release(plan);
	mem_free(plan);
}

/* Nothing was sent, and nothing will be. */
static void give_up(struct actions *actions, const struct plan *plan, const char *why)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct own *own = action_own_find(actions, plan->rows[i].action.id);

		if (own) {
			own->state = OUTBOX_FAILED;
			own->told = true;
			str_copy(own->error, sizeof own->error, why);
		}
		if (plan->rows[i].audit_seq)
			action_audit_outcome(actions->app, &plan->rows[i],
				outbox_state_names[OUTBOX_FAILED], untrusted_str(why));
	}
	app_notice(actions->app, true, "nothing was done: %s", why);
}

static void added(void *ctx, const struct err *err)
{
	struct plan *plan = ctx;
	struct actions *actions = plan->app->actions;

	actions->adding--;
	if (!actions->ended && err)
		give_up(actions, plan, err->text);
	else if (!actions->ended)
		actions_look(actions);
	plan_free(plan);
}

/* What is oogway's alone is done here; its row is only the record. */
static void act_here(const struct plan *plan)
{
	char who[PLAN_ACTOR];

	plan_actor(plan->app, who);
	for (size_t i = 0; i < plan->count; i++) {
		struct outbox_row *row = &plan->rows[i];
		bool done;

		if (!plan->here[i])
			continue;
		done = acks_set(plan->app->acks, plan->keys[i],
			row->action.verb == ACTION_ACKNOWLEDGE, who);
		row->state = done ? OUTBOX_CONFIRMED : OUTBOX_FAILED;
		if (!done)
			row->error = untrusted_str("it has ended meanwhile");
		action_audit_outcome(
			plan->app, row, done ? "done" : "failed", row->error);
		action_own_follow(plan->app->actions, row);
	}
}

/* --- through the gate --- */

/* All intents are on the disk. */
static void act(void *ctx, uint64_t seq)
{
	struct plan *plan = ctx;
	struct actions *actions = plan->app->actions;

	(void)seq;
	if (actions->ended) {
		actions->adding--;
		plan_free(plan);
		return;
	}
	act_here(plan);
	action_own_tell(actions);
	if (plan->put)
		plan->put(plan, (struct store_then){added, plan});
	else
		outbox_add_later(plan->app->store, plan->rows, plan->count,
			(struct store_then){added, plan});
}

static void refused(void *ctx, const struct err *why)
{
	struct plan *plan = ctx;
	struct actions *actions = plan->app->actions;

	if (plan->owned && !actions->ended)
		give_up(actions, plan, why->text);
	else if (!actions->ended && why->kind != ERR_CANCELLED)
		app_notice(plan->app, true, "%s", why->text);
	if (plan->owned)
		actions->adding--;
	plan_free(plan);
}

/* From here on it is followed. */
static size_t begin(void *ctx)
{
	struct plan *plan = ctx;
	struct actions *actions = plan->app->actions;

	if (plan->owned)
		return plan->count;
	plan->owned = true;
	actions->wishes++;
	actions->adding++;
	for (size_t i = 0; i < plan->count; i++) {
		struct own *own = action_own_add(actions, &plan->rows[i]);

		own->key = plan->keys[i];
		own->problem = plan->problems ? plan->problems[i] : 0;
	}
	if (plan->count == 1 && !plan->here[0])
		app_notice(plan->app, false, "%s: %s is on its way",
			actions->own[actions->own_count - 1].title,
			action_verbs[plan->verb].name);
	return plan->count;
}

static void intended(void *ctx, size_t i, uint64_t seq)
{
	((struct plan *)ctx)->rows[i].audit_seq = (int64_t)seq;
}

static void write_one(void *ctx, size_t i, struct gate_pass *pass)
{
	const struct plan *plan = ctx;

	action_audit_intent(plan, &plan->rows[i], pass);
}

/* Before it begins: behind that the rows are what was written down. Looked at twice, it
 * says the same twice. */
static bool plan_still(void *ctx, char *why, size_t size)
{
	struct plan *plan = ctx;

	if (plan->owned)
		return true;
	plan->void_ = plan->void_ || !plan_holds(plan, plan->gone, sizeof plan->gone);
	str_copy(why, size, plan->gone);
	return !plan->void_;
}

static bool open_gate(struct plan *plan, bool asks, struct err *err)
{
	struct gate_deed deed = {.question = asks ? plan->text : NULL,
		.asked = plan->asks && !asks,
		.still = plan_still,
		.begin = begin,
		.write = write_one,
		.intended = intended,
		.act = act,
		.refused = refused,
		.ctx = plan};
	struct audit_words words;

	action_audit_record(plan, &plan->rows[0], &words, &deed.record);
	return gate_open(runs_actions_door(plan->app->runs), &deed, err);
}

void plan_commit(struct plan *plan)
{
	struct err err = {0};

	begin(plan);
	if (!open_gate(plan, false, &err))
		refused(plan, &err);
}

/* The plan is taken. */
enum status plan_ask(struct plan *plan, struct err *err)
{
	if (open_gate(plan, true, err))
		return STATUS_PENDING;
	plan_free(plan);
	return STATUS_REFUSED;
}
