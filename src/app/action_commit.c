/* A plan on its way: asked about, then its intents in the audit, then its rows in the
 * outbox. No audit, no act. What is oogway's alone is done here, between the two. Hides
 * how many records and rows that takes. Main thread. */
#include "actions_parts.h"

#include "app/audits.h"
#include "base/alloc.h"
#include "base/str.h"

#include <string.h>

/* A plan on its way: first the audit's intents, then the rows of the outbox. */
struct commit {
	struct plan *plan;
	size_t asked, answered;
	struct err err; /* the first that went wrong */
};

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
	struct commit *c = ctx;
	struct actions *actions = c->plan->app->actions;

	actions->adding--;
	if (!actions->ended && err)
		give_up(actions, c->plan, err->text);
	else if (!actions->ended)
		actions_look(actions);
	plan_free(c->plan);
	mem_free(c);
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

static void all_intended(struct commit *c)
{
	struct plan *plan = c->plan;
	struct actions *actions = plan->app->actions;

	if (actions->ended || c->err.kind) {
		if (!actions->ended)
			give_up(actions, plan, c->err.text);
		actions->adding--;
		plan_free(plan);
		mem_free(c);
		return;
	}
	act_here(plan);
	action_own_tell(actions);
	if (plan->put)
		plan->put(plan, (struct store_then){added, c});
	else
		outbox_add_later(plan->app->store, plan->rows, plan->count,
			(struct store_then){added, c});
}

static void intended(void *ctx, uint64_t seq, const struct err *err)
{
	struct commit *c = ctx;

	if (err && !c->err.kind)
		c->err = *err;
	c->plan->rows[c->answered++].audit_seq = (int64_t)seq;
	if (!c->err.kind && c->asked < c->plan->count) {
		struct outbox_row *row = &c->plan->rows[c->asked++];

		action_audit_intent(c->plan, row, intended, c);
	}
	if (c->answered == c->asked)
		all_intended(c);
}

/* No audit, no act. */
void plan_commit(struct plan *plan)
{
	struct actions *actions = plan->app->actions;
	struct commit *c;
	struct err err = {0};

	actions->wishes++;
	for (size_t i = 0; i < plan->count; i++) {
		struct own *own = action_own_add(actions, &plan->rows[i]);

		own->key = plan->keys[i];
		own->problem = plan->problems ? plan->problems[i] : 0;
	}
	if (!audits_writer(plan->app->audits, &err)) {
		give_up(actions, plan, err.text);
		plan_free(plan);
		return;
	}
	c = mem_new(1, sizeof *c);
	c->plan = plan;
	actions->adding++;
	if (plan->count == 1 && !plan->here[0])
		app_notice(plan->app, false, "%s: %s is on its way",
			actions->own[actions->own_count - 1].title,
			action_verbs[plan->verb].name);
	for (; c->asked < plan->count && c->asked < ACTION_RECORDS_AT_ONCE; c->asked++)
		action_audit_intent(plan, &plan->rows[c->asked], intended, c);
}

static void answered(void *ctx, bool yes)
{
	struct plan *plan = ctx;

	if (yes)
		plan_commit(plan);
	else
		plan_free(plan);
}

static bool plan_still(void *ctx, char *why, size_t size)
{
	return plan_holds(ctx, why, size);
}

/* The plan is taken. */
enum status plan_ask(struct plan *plan, struct err *err)
{
	const struct front *front = &plan->app->front;
	const struct question question = {
		.text = plan->text, .still = plan_still, .answer = answered, .ctx = plan};

	if (front->ask && front->ask(front->ctx, &question, err))
		return STATUS_PENDING;
	if (!front->ask)
		err_set(err, ERR_REFUSED, "there is nobody to ask: %s", plan->text);
	plan_free(plan);
	return STATUS_REFUSED;
}
