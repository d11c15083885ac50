/* Sends what waits in the outbox. One oogway at a time holds the lease of the profile:
 * it claims the rows of a place that are due, hands them to its conversation, and
 * writes back what came of each. Without the network they wait; when the world has
 * changed meanwhile they are held until somebody says. Main thread. */
#include "actions_parts.h"

#include "app/alerts.h"
#include "app/handoff.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"
#include "model/alert.h"
#include "notify.h"

#include <stdio.h>
#include <string.h>

enum {
	LEASE_MS = 20000,
	ABANDONED_MS = 22000, /* longer than any lease */
	BACKOFF_FIRST_MS = 2000,
	BACKOFF_MOST_MS = 300000,
	CLAIM_MOST = 250,
	RETRY_MOST_MS = 3600000, /* however long a server says */
	HOLD_MOST_MS = 10000, /* then what is claimed and not yet sent is claimed anew */
	UNREAD_MS = 5000,
	UNKNOWN_MS = 10000, /* a request that was cut off may still be at work */
	BATCH_BYTES = 64 << 20,
};

/* What is under way at one source. */
struct sending {
	struct actions *actions;
	int place; /* the source's number, or a notifier's behind them */
	bool busy;
	bool lost; /* the source was taken away while rows were being claimed */
	int64_t claimed_at;
	struct arena arena;
	struct outbox_row *rows;
	size_t count, at, n; /* rows at … at+n are in the conversation */
	struct act *act;
	/* It is over: the outcomes of so many of these rows are written down. */
	bool telling;
	size_t told;
	struct loop_timer *later;
};

/* What can be done at a place; NULL: nothing, or not now. */
static const struct action_kind *kind_of(const struct app *app, int place)
{
	if (place < NOTIFIERS)
		return sources_actions(app->sources, place);
	return notify_place(app->notify, place - NOTIFIERS)
		       ? notify_options(app->notify, place - NOTIFIERS)->kind->actions
		       : NULL;
}

static void send_chunk(struct sending *s);

static void finish_sending(struct sending *s)
{
	s->busy = false;
	s->count = s->at = 0;
	arena_release(&s->arena);
}

static int64_t backoff_ms(int attempts)
{
	int64_t ms = BACKOFF_FIRST_MS;

	for (int i = 1; i < attempts && ms < BACKOFF_MOST_MS; i++)
		ms *= 2;
	if (ms > BACKOFF_MOST_MS)
		ms = BACKOFF_MOST_MS;
	return ms / 2 + (int64_t)(random_u64() % (uint64_t)(ms / 2));
}

static int64_t wait_ms(const struct action_result *r, int attempts)
{
	if (r->retry_after_s < 0)
		return backoff_ms(attempts);
	return r->retry_after_s < RETRY_MOST_MS / 1000 ? r->retry_after_s * 1000
						       : RETRY_MOST_MS;
}

static void settle(struct sending *s, const struct outbox_row *rows, size_t n)
{
	struct actions *actions = s->actions;

	if (n)
		outbox_settle_later(actions->app->store, actions->owner, rows, n,
			(struct store_then){action_outbox_changed, actions});
}

/* First the audit, then the store. False: there are more than fit into a turn. */
static bool tell_some(struct sending *s)
{
	size_t from = s->told;

	for (; s->told < s->n && s->told < from + ACTION_RECORDS_AT_ONCE; s->told++) {
		const struct outbox_row *row = &s->rows[s->at + s->told];

		/* Nobody did a notice: its row is all of its record. */
		if (row->state != OUTBOX_WAITING && row->action.verb != ACTION_NOTIFY)
			action_audit_outcome(s->actions->app, row,
				outbox_state_names[row->state], row->error);
	}
	settle(s, s->rows + s->at + from, s->told - from);
	if (s->told < s->n)
		return false;
	s->telling = false;
	s->at += s->n;
	return true;
}

static void tell_outcomes(void *ctx)
{
	struct sending *s = ctx;

	if (tell_some(s))
		send_chunk(s);
	else
		loop_timer_start(s->later, 0);
}

static bool overrides(enum action_verb verb)
{
	return verb == ACTION_OVERRIDE || verb == ACTION_END_OVERRIDE;
}

static void sent(void *ctx, const struct action_result *results, size_t count)
{
	struct sending *s = ctx;
	int64_t now = s->actions->app->now;

	s->act = NULL;
	for (size_t i = 0; i < count; i++) {
		struct outbox_row *row = &s->rows[s->at + i];
		const struct action_result *r = &results[i];

		row->error = untrusted_copy(&s->arena, untrusted_str(r->text));
		row->result = untrusted_copy(&s->arena, untrusted_str(r->upstream_id));
		row->next_at = 0;
		row->state = r->outcome == ACTION_CONFIRMED ? OUTBOX_CONFIRMED
			     : r->outcome == ACTION_FAILED  ? OUTBOX_FAILED
			     : r->outcome == ACTION_UNSURE  ? OUTBOX_HELD
							    : OUTBOX_WAITING;
		if (row->state == OUTBOX_WAITING)
			row->next_at = now + wait_ms(r, row->action.attempts + 1);
	}
	if (overrides(s->rows[s->at].action.verb))
		sources_hurry_rota(s->actions->app->sources, s->place);
	else if (s->place < NOTIFIERS)
		sources_hurry_one(s->actions->app->sources, s->place);
	s->telling = true;
	s->told = 0;
	tell_outcomes(s);
}

/* Kept at once: who comes after a death asks for it, and sends nothing twice. */
static void accepted(void *ctx, size_t index, const char *request)
{
	struct sending *s = ctx;
	struct outbox_row *row = &s->rows[s->at + index];

	row->result = untrusted_copy(&s->arena, untrusted_str(request));
	row->error = untrusted_str("accepted, not confirmed yet");
	settle(s, row, 1);
}

/* What is not sent yet goes back to the outbox. */
static void put_back(struct sending *s, size_t from)
{
	for (size_t i = from; i < s->count; i++) {
		struct outbox_row *row = &s->rows[i];
		char tried[20];

		row->state = OUTBOX_WAITING;
		row->next_at = 0;
		/* This try was none. */
		if (row->action.verb == ACTION_STATUS)
			row->result = untrusted_copy(&s->arena,
				untrusted_str(
					action_tried(&row->action, tried, sizeof tried)));
	}
	settle(s, s->rows + from, s->count - from);
	s->count = from;
}

/* False: there is nothing to ask of the server for these rows. */
static bool send_rows(struct sending *s, const struct action_kind *kind)
{
	const struct app *app = s->actions->app;
	struct act_how how = {.done = sent, .accepted = accepted, .ctx = s};
	struct action actions[CLAIM_MOST];
	enum action_verb verb = s->rows[s->at].action.verb;

	s->n = kind->bulk & 1U << verb ? s->count - s->at : 1;
	if (s->n > kind->most)
		s->n = kind->most;
	for (size_t i = 0; i < s->n; i++)
		actions[i] = s->rows[s->at + i].action;
	if (s->place < NOTIFIERS) {
		s->act = sources_act(app->sources, s->place, &how, actions, s->n);
	} else {
		how.loop = app->loop;
		how.http = app->http;
		how.options = notify_options(app->notify, s->place - NOTIFIERS);
		s->act = act_start(&how, actions, s->n);
	}
	return s->act != NULL;
}

static void send_chunk(struct sending *s)
{
	const struct app *app = s->actions->app;
	const struct action_kind *kind = kind_of(app, s->place);
	int64_t held_ms = time_now_ms() - s->claimed_at;

	/* After a sleep of this host, or of this process, another may have taken the
	 * lease and these rows: what is still ours is claimed anew. */
	if (!kind || held_ms > HOLD_MOST_MS || held_ms < 0)
		put_back(s, s->at);
	while (s->at < s->count) {
		if (send_rows(s, kind))
			return;
		for (size_t i = s->at; i < s->at + s->n; i++) {
			s->rows[i].state = OUTBOX_FAILED;
			s->rows[i].error = untrusted_str(
				"its moment has passed, or the source cannot do it");
			action_audit_outcome(app, &s->rows[i],
				outbox_state_names[OUTBOX_FAILED], s->rows[i].error);
		}
		settle(s, s->rows + s->at, s->n);
		s->at += s->n;
	}
	finish_sending(s);
}

static void got_claim(void *ctx, const struct outbox_rows *rows, const struct err *err)
{
	struct sending *s = ctx;
	struct actions *actions = s->actions;
	char why[120];

	if (err || !rows->count || actions->ended) {
		if (err)
			log_add(LOG_WARN, "outbox: %s", err->text);
		s->lost = false;
		finish_sending(s);
		return;
	}
	s->rows = arena_alloc(&s->arena, rows->count * sizeof *s->rows);
	for (size_t i = 0; i < rows->count; i++) {
		struct outbox_row row = rows->rows[i];

		if (s->lost) {
			row.state = OUTBOX_WAITING;
			settle(s, &row, 1);
			continue;
		}
		if (row_unread(actions->app, &row)) {
			row.state = OUTBOX_WAITING;
			row.next_at = actions->app->now + UNREAD_MS;
			row.error = untrusted_str("its schedule is read first");
			settle(s, &row, 1);
			sources_hurry_rota(actions->app->sources, s->place);
			continue;
		}
		if (!row_wanted(actions->app,
			    s->place < NOTIFIERS
				    ? sources_row(actions->app->sources, s->place)
				    : NULL,
			    &row, why, sizeof why)) {
			row.state = OUTBOX_HELD;
			row.error = untrusted_str(why);
			settle(s, &row, 1);
			continue;
		}
		for (int t = 0; t < ACTION_TEXT_COUNT; t++)
			row.action.texts[t] =
				untrusted_copy(&s->arena, row.action.texts[t]);
		/* Only these texts are needed until it is settled. */
		row.action.earlier = untrusted_copy(&s->arena, row.result);
		row.result = row.action.earlier;
		row.source = untrusted_copy(&s->arena, row.source);
		row.error = untrusted_copy(&s->arena, row.error);
		row.profile = row.undoes = UNTRUSTED_NONE;
		s->rows[s->count++] = row;
	}
	s->lost = false;
	send_chunk(s);
}

static bool due_at(const struct actions *actions, const char *name)
{
	const struct app *app = actions->app;

	for (size_t i = 0; i < actions->mirror_count; i++) {
		const struct outbox_row *row = &actions->mirror[i];

		if ((row->state == OUTBOX_WAITING &&
			    (row->next_at <= app->now ||
				    row->next_at > app->now + OUTBOX_WAIT_MOST_MS) &&
			    untrusted_is(row->source, name) &&
			    untrusted_is(row->profile, app->rc->profile)) ||
			(row->state == OUTBOX_SENDING &&
				untrusted_is(row->source, name) &&
				(app->now - row->sent_at > ABANDONED_MS ||
					row->sent_at > app->now + ABANDONED_MS)))
			return true;
	}
	return false;
}

static void claim_at(struct actions *actions, int place, const char *name)
{
	const struct app *app = actions->app;
	struct sending *s = actions->sendings[place];
	const struct outbox_claim claim = {.profile = app->rc->profile,
		.source = name,
		.owner = actions->owner,
		.now = app->now,
		.abandoned_before = app->now - ABANDONED_MS,
		.limit = CLAIM_MOST};

	if (!kind_of(app, place) || (s && s->busy) || !due_at(actions, name))
		return;
	if (!s) {
		s = actions->sendings[place] = mem_new(1, sizeof *s);
		s->actions = actions;
		s->place = place;
		s->later = loop_timer(app->loop, tell_outcomes, s);
	}
	s->busy = true;
	s->claimed_at = time_now_ms();
	arena_init(&s->arena, BATCH_BYTES);
	outbox_claim_later(app->store, &claim, got_claim, s);
}

static void send_due(struct actions *actions)
{
	const struct app *app = actions->app;

	for (size_t i = 1; i < sources_count(app->sources); i++) {
		const struct source_row *source = sources_at(app->sources, i);

		if (source_health(source, app->now) == HEALTH_OK &&
			alerts_settled(app->alerts))
			claim_at(actions, source->number, source->name);
	}
	/* A notice is of the console that stays, and a read-only one tells nobody. */
	for (int i = 0; app->live && !app->readonly && i < RC_MAX_NOTIFIES; i++) {
		const char *name = notify_place(app->notify, i);

		if (name)
			claim_at(actions, NOTIFIERS + i, name);
	}
	handoffs_send_due(app->handoffs, actions->owner);
}

static void name_lease(const struct actions *actions, char out[LEASE_MAX_NAME])
{
	snprintf(out, LEASE_MAX_NAME, "actions %.50s", actions->app->rc->profile);
}

static void got_lease(void *ctx, const struct lease *lease, const struct err *err)
{
	struct actions *actions = ctx;
	const struct lease_claim claim = {actions->lease_name, actions->owner, LEASE_MS};
	const struct store_then then = {0};
	char name[LEASE_MAX_NAME];

	actions->lease_asked = false;
	if (err || actions->ended)
		return;
	/* The profile was switched meanwhile: it is the lease of another. */
	name_lease(actions, name);
	if (strcmp(name, actions->lease_name)) {
		if (lease->mine)
			lease_release_later(actions->app->store, &claim, then);
		return;
	}
	actions->lease_until = lease->mine ? lease->until_at : 0;
	if (lease->mine)
		send_due(actions);
}

static void release_lease(struct actions *actions)
{
	const struct lease_claim claim = {actions->lease_name, actions->owner, LEASE_MS};

	if (actions->lease_until)
		lease_release_later(actions->app->store, &claim, (struct store_then){0});
	actions->lease_until = 0;
}

/* Who only looks, or leaves in a moment, sends nothing, whoever wished for it. */
static bool sends(const struct app *app)
{
	return !app->readonly && !app->past && !app->demo && (app->live || app->acts);
}

/* One oogway at a time sends for a profile; nobody holds the lease at rest. */
void action_send_as_needed(struct actions *actions)
{
	const struct lease_claim claim = {actions->lease_name, actions->owner, LEASE_MS};
	size_t waiting, held;

	actions_open(actions, &waiting, &held);
	if (!sends(actions->app))
		return;
	if (!waiting) {
		release_lease(actions);
	} else if (actions->lease_until > actions->app->now + LEASE_MS / 2) {
		send_due(actions);
	} else if (!actions->lease_asked) {
		name_lease(actions, actions->lease_name);
		actions->lease_asked = true;
		lease_take_later(actions->app->store, &claim, got_lease, actions);
	}
}

void actions_halt(struct actions *actions)
{
	for (int i = 0; i < PLACES; i++) {
		struct sending *s = actions->sendings[i];

		if (!s || !s->busy)
			continue;
		if (s->telling) {
			loop_timer_stop(s->later);
			while (!tell_some(s))
				continue;
			put_back(s, s->at);
			finish_sending(s);
			continue;
		}
		s->lost = !s->act;
		if (s->lost)
			continue;
		act_cancel(s->act);
		s->act = NULL;
		put_back(s, s->at + s->n);
		/* Nobody knows what came of these: they are looked for, once the server
		 * has had its time. */
		for (size_t k = s->at; k < s->count; k++) {
			s->rows[k].state = OUTBOX_WAITING;
			s->rows[k].next_at = actions->app->now + UNKNOWN_MS;
		}
		settle(s, s->rows + s->at, s->count - s->at);
		finish_sending(s);
	}
	/* The next profile has a lease of its own. */
	release_lease(actions);
}

void action_send_free(struct sending *sending)
{
	if (!sending)
		return;
	arena_release(&sending->arena);
	loop_timer_free(sending->later);
	mem_free(sending);
}
