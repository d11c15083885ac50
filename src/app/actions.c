/* Actions from the wish to the last word of the server. A wish becomes a plan
 * (action_plan.c), a question where it must, rows of the outbox; whoever holds the
 * lease of the profile claims rows that are due, sends them and writes back what came
 * of it. Without the network they wait; when the world has changed meanwhile they are
 * held until somebody says. Hides who sends and when. Main thread. */
#include "app/actions.h"

#include "action_plan.h"
#include "notify.h"
#include "app/alerts.h"
#include "app/audits.h"
#include "app/handoff.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"
#include "model/alert.h"
#include "store/lease.h"

#include <stdio.h>
#include <string.h>

enum {
	LEASE_MS = 20000,
	ABANDONED_MS = 22000, /* longer than any lease */
	BACKOFF_FIRST_MS = 2000,
	BACKOFF_MOST_MS = 300000,
	CLAIM_MOST = 250,
	OWN_MOST = 2 * ACTIONS_MAX_TARGETS, /* the newer half is all of any wish */
	RETRY_MOST_MS = 3600000,            /* however long a server says */
	HOLD_MOST_MS = 10000, /* then what is claimed and not yet sent is claimed anew */
	UNKNOWN_MS = 10000,   /* a request that was cut off may still be at work */
	MIRROR_BYTES = 64 << 20,
	BATCH_BYTES = 64 << 20,
	LOOK_OPEN_MS = 1000, /* how often the outbox is read while something is open */
	LOOK_IDLE_MS = 60000,
	RECORDS_AT_ONCE = 32, /* of the audit in one turn: about 1 ms */
	TITLE_TEXT = 90,
	NOTIFIERS = RC_MAX_SOURCES + 1, /* numbers from here on: places of notices */
	PLACES = NOTIFIERS + RC_MAX_NOTIFIES,
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

/* A wish of this process, until its outcome was told. */
struct own {
	char id[ID_TEXT];
	enum action_verb verb;
	uint64_t key, wish; /* wish: the same for all that were wished for at once */
	bool told;
	enum outbox_state state;
	uint64_t profile; /* hash of its name */
	int64_t at;
	char title[TITLE_TEXT], result[80], error[200];
};

struct actions {
	struct app *app;
	bool begun, ended;
	char owner[ID_TEXT];
	char lease_name[LEASE_MAX_NAME];
	int64_t lease_until; /* 0: not ours */
	bool lease_asked;
	struct arena mirror_arena;
	struct outbox_row *mirror;
	size_t mirror_count;
	struct map on; /* key of an alert to the index in mirror, plus one */
	bool looking, look_again;
	int64_t looked_at;
	struct sending *sendings[PLACES];
	struct own *own;
	size_t own_count, own_cap;
	uint64_t wishes;
	int64_t stamp;      /* of the newest row */
	uint64_t acks_seen; /* of the rows as last read */
	size_t adding;
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
	id_new(app->now, actions->owner);
	return actions;
}

void actions_free(struct actions *actions)
{
	if (!actions)
		return;
	for (int i = 0; i < PLACES; i++) {
		if (actions->sendings[i]) {
			arena_release(&actions->sendings[i]->arena);
			loop_timer_free(actions->sendings[i]->later);
		}
		mem_free(actions->sendings[i]);
	}
	arena_release(&actions->mirror_arena);
	map_release(&actions->on);
	mem_free(actions->own);
	mem_free(actions);
}

/* --- the outbox as last read --- */

size_t actions_count(const struct actions *actions)
{
	return actions->mirror_count;
}

const struct outbox_row *actions_at(const struct actions *actions, size_t i)
{
	return &actions->mirror[i];
}

uint64_t action_row_key(const struct outbox_row *row)
{
	return untrusted_hash(untrusted_str(row->action.id)) | 1;
}

static bool open_row(const struct outbox_row *row)
{
	return row->state == OUTBOX_WAITING || row->state == OUTBOX_SENDING ||
	       row->state == OUTBOX_HELD;
}

uint64_t action_target_key(const struct outbox_row *row)
{
	char source[64];

	return text_to_id(row->source, source, sizeof source)
		       ? alert_key(source, row->action.texts[ACTION_TARGET])
		       : 0;
}

const struct outbox_row *actions_on(const struct actions *actions, uint64_t alert)
{
	uintptr_t i = (uintptr_t)map_get(&actions->on, &alert, sizeof alert);

	return i ? &actions->mirror[i - 1] : NULL;
}

void actions_open(const struct actions *actions, size_t *waiting, size_t *held)
{
	*waiting = *held = 0;
	for (size_t i = 0; i < actions->mirror_count; i++) {
		*waiting += actions->mirror[i].state == OUTBOX_WAITING ||
			    actions->mirror[i].state == OUTBOX_SENDING;
		*held += actions->mirror[i].state == OUTBOX_HELD;
	}
}

const char *action_row_words(
	const struct app *app, const struct outbox_row *row, char *out, size_t size)
{
	char error[200], source[60], left[TIME_TEXT];
	int i;

	text_line(row->error, error, sizeof error);
	text_line(row->source, source, sizeof source);
	i = row->action.verb == ACTION_NOTIFY ? SOURCE_HOST
					      : sources_find(app->sources, source);
	if (row->state == OUTBOX_WAITING && row->next_at > app->now)
		snprintf(out, size, "waits, next try in %s%s%s",
			duration_text(row->next_at - app->now, left), *error ? ": " : "",
			error);
	else if (row->state == OUTBOX_WAITING &&
		 (i < 0 || source_health(sources_row(app->sources, i), app->now) !=
				   HEALTH_OK))
		snprintf(out, size, "waits for %s", source);
	else
		snprintf(out, size, "%s%s%s", outbox_state_names[row->state],
			*error ? ": " : "", error);
	return out;
}

static struct own *own_find(struct actions *actions, const char *id)
{
	for (size_t i = 0; i < actions->own_count; i++)
		if (!strcmp(actions->own[i].id, id))
			return &actions->own[i];
	return NULL;
}

/* Many at once are told as one line. */
static void tell(struct actions *actions)
{
	size_t done = 0, bad = 0;
	const struct own *last = NULL, *worst = NULL;

	for (size_t i = 0; i < actions->own_count; i++) {
		struct own *own = &actions->own[i];

		if (own->told || own->state == OUTBOX_WAITING ||
			own->state == OUTBOX_SENDING)
			continue;
		own->told = true;
		if (own->state == OUTBOX_CONFIRMED) {
			done++;
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
	else if (done == 1)
		app_notice(actions->app, false, "%s: %s", last->title,
			action_verbs[last->verb].past);
	else if (done)
		app_notice(actions->app, false, "%zu %s", done,
			action_verbs[last->verb].past);
}

static void follow(struct actions *actions, const struct outbox_row *row)
{
	struct own *own = own_find(actions, row->action.id);

	if (!own)
		return;
	own->state = row->state;
	text_line(row->error, own->error, sizeof own->error);
	text_line(row->result, own->result, sizeof own->result);
}

static struct untrusted keep(struct actions *actions, struct untrusted text)
{
	return untrusted_copy(&actions->mirror_arena, text);
}

static void look(struct actions *actions);
static void lease_as_needed(struct actions *actions);

static void got_list(void *ctx, const struct outbox_rows *rows, const struct err *err)
{
	struct actions *actions = ctx;
	uint64_t acks_seen = 0;

	actions->looking = false;
	if (actions->ended)
		return;
	if (err) {
		log_add(LOG_WARN, "outbox: %s", err->text);
		return;
	}
	arena_reset(&actions->mirror_arena);
	map_release(&actions->on);
	map_init(&actions->on);
	actions->mirror = arena_alloc(
		&actions->mirror_arena, (rows->count + 1) * sizeof *actions->mirror);
	actions->mirror_count = 0;
	for (size_t i = 0; actions->mirror && i < rows->count; i++) {
		struct outbox_row *to = &actions->mirror[actions->mirror_count];
		struct action *a = &to->action;
		uint64_t key;

		*to = rows->rows[i];
		to->profile = keep(actions, to->profile);
		to->source = keep(actions, to->source);
		to->error = keep(actions, to->error);
		to->result = keep(actions, to->result);
		to->undoes = keep(actions, to->undoes);
		for (int t = 0; t < ACTION_TEXT_COUNT; t++)
			a->texts[t] = keep(actions, a->texts[t]);
		follow(actions, to);
		/* Perhaps one that another oogway keeps for both. */
		if (a->verb == ACTION_ACKNOWLEDGE || a->verb == ACTION_UNACKNOWLEDGE)
			acks_seen ^= action_row_key(to);
		actions->mirror_count++;
		key = alert_key_named(to->source, a->texts[ACTION_TARGET]);
		if (open_row(to) && !actions_on(actions, key) &&
			untrusted_is(to->profile, actions->app->rc->profile))
			map_put(&actions->on, &key, sizeof key,
				(void *)(uintptr_t)actions->mirror_count);
	}
	if (acks_seen != actions->acks_seen)
		acks_look(actions->app->acks);
	actions->acks_seen = acks_seen;
	tell(actions);
	app_changed(actions->app, CHANGED_ACTIONS | CHANGED_ALERTS);
	if (actions->look_again)
		look(actions);
	lease_as_needed(actions);
}

/* Reads the outbox anew; what happens meanwhile is read after it. */
static void look(struct actions *actions)
{
	struct store *store = actions->app->store;

	actions->look_again = actions->looking;
	if (actions->looking || !store || actions->ended)
		return;
	actions->looking = true;
	actions->looked_at = actions->app->now;
	outbox_list_later(store, ACTIONS_KEPT, got_list, actions);
}

static void changed(void *ctx, const struct err *err)
{
	struct actions *actions = ctx;

	if (actions->ended)
		return;
	if (err)
		app_notice(actions->app, true, "%s", err->text);
	look(actions);
}

/* --- sending --- */

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
			(struct store_then){changed, actions});
}

/* First the audit, then the store. False: there are more than fit into a turn. */
static bool tell_some(struct sending *s)
{
	size_t from = s->told;

	for (; s->told < s->n && s->told < from + RECORDS_AT_ONCE; s->told++) {
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
		loop_timer_start(s->later, 1);
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
							    : OUTBOX_WAITING;
		if (row->state == OUTBOX_WAITING)
			row->next_at = now + wait_ms(r, row->action.attempts + 1);
	}
	if (s->place < NOTIFIERS)
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
		s->rows[i].state = OUTBOX_WAITING;
		s->rows[i].next_at = 0;
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
		if (!plan_still_wanted(actions->app,
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
static void lease_as_needed(struct actions *actions)
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

void actions_begin(struct actions *actions)
{
	actions->begun = true;
	look(actions);
}

bool actions_begun(const struct actions *actions)
{
	return actions->begun && !actions->looking;
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
		look(actions);
	if (waiting)
		lease_as_needed(actions);
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

void actions_end(struct actions *actions)
{
	actions_halt(actions);
	actions->ended = true;
}

/* --- wishes --- */

static uint64_t profile_of(const struct app *app)
{
	return untrusted_hash(untrusted_str(app->rc->profile));
}

static struct own *own_add(struct actions *actions, const struct outbox_row *row)
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

/* A plan on its way: first the audit's intents, then the rows of the outbox. */
struct commit {
	struct plan *plan;
	size_t asked, answered;
	struct err err; /* the first that went wrong */
};

static void plan_free(struct plan *plan)
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
		struct own *own = own_find(actions, plan->rows[i].action.id);

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
		look(actions);
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
		follow(plan->app->actions, row);
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
	tell(actions);
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

void actions_look(struct actions *actions)
{
	look(actions);
}

/* No audit, no act. */
void plan_commit(struct plan *plan)
{
	struct actions *actions = plan->app->actions;
	struct commit *c;
	struct err err = {0};

	actions->wishes++;
	for (size_t i = 0; i < plan->count; i++) {
		struct own *own = own_add(actions, &plan->rows[i]);

		own->key = plan->keys[i];
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
	for (; c->asked < plan->count && c->asked < RECORDS_AT_ONCE; c->asked++)
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
static enum status ask(struct plan *plan, struct err *err)
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

static bool may_act(const struct app *app, struct err *err)
{
	if (app->readonly || app->past || app->demo || app->window.to)
		return err_set(err, ERR_REFUSED, "oogway is %s: nothing was done",
			app->demo       ? "playing its demo"
			: app->readonly ? "read-only"
					: "looking at the past (. returns to now)");
	if (!app->store || !app->actions->begun)
		return err_set(err, ERR_BUSY,
			"the store is not open yet: nothing was done; try again");
	return true;
}

enum status actions_wish(
	struct actions *actions, const struct wish *wish, struct err *err)
{
	struct plan *plan = mem_new(1, sizeof *plan);

	if (!may_act(actions->app, err)) {
		mem_free(plan);
		return STATUS_REFUSED;
	}
	if (!plan_make(plan, actions->app, wish, err)) {
		plan_free(plan);
		return STATUS_FAILED;
	}
	if (plan->asks)
		return ask(plan, err);
	answered(plan, true);
	return STATUS_PENDING;
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
		err_set(err, ERR_BUSY,
			"%s: %s is not done yet: wait for it, or cancel it in :actions",
			own->title, action_verbs[own->verb].name);
		return NULL;
	}
	err_set(err, ERR_MISSING, "nothing was done here in the last minute");
	return NULL;
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

	for (size_t i = 0; i < actions->own_count; i++)
		if (actions->own[i].wish == own->wish &&
			actions->own[i].verb == own->verb &&
			actions->own[i].state == OUTBOX_CONFIRMED)
			keys[wish.count++] = actions->own[i].key;
	if (own->verb == ACTION_SILENCE) {
		/* It may be too young to be in any list: its id is enough. */
		*plan = (struct plan){.app = app, .verb = ACTION_EXPIRE};
		made = plan_undo_silence(plan, own->key, own->result, own->title, err);
	} else {
		made = plan_make(plan, app, &wish, err);
	}
	mem_free(keys);
	return made;
}

enum status actions_undo(struct actions *actions, const char *origin, struct err *err)
{
	const struct own *own;
	struct plan *plan;
	char text[PLAN_TEXT];

	if (!may_act(actions->app, err))
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
		plan->rows[i].undoes =
			untrusted_copy(&plan->arena, untrusted_str(own->id));
	return ask(plan, err);
}

enum status actions_cancel(struct actions *actions, const char *id, struct err *err)
{
	if (!may_act(actions->app, err))
		return STATUS_REFUSED;
	outbox_cancel_later(
		actions->app->store, id, (struct store_then){changed, actions});
	return STATUS_DONE;
}

enum status actions_retry(struct actions *actions, const char *id, struct err *err)
{
	if (!may_act(actions->app, err))
		return STATUS_REFUSED;
	outbox_retry_later(
		actions->app->store, id, (struct store_then){changed, actions});
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
	look(actions);
}

void actions_notify(struct actions *actions, const struct outbox_row *rows, size_t count)
{
	if (!actions->begun || !actions->app->store)
		return;
	actions->adding++;
	outbox_add_later(
		actions->app->store, rows, count, (struct store_then){noted, actions});
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
