/* What triggers did, as the store has it: the list is read anew every ten seconds, so
 * that each console shows what another one proposed, and what is not open any more goes.
 * Hides when a proposal is answered: somebody ran the book, or does not want to, or the
 * alert is over. Main thread. */
#include "trigger_parts.h"

#include "app/alerts.h"
#include "app/runbooks.h"
#include "app/runs.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "deeds.h"
#include "model/alert.h"

#include <stdio.h>
#include <string.h>

enum { LIST_MS = 10000 };

#define LOOK_BACK_MS (7 * DAY_MS)
/* A proposal of a schedule, which is about no alert. */
#define TIMED_MS DAY_MS

/* --- the list --- */

static bool is_proposed(enum firing_state state)
{
	return state == FIRING_PROPOSED || state == FIRING_STOPPED ||
	       state == FIRING_RUNNING;
}

static bool was_answered(const struct triggers *t, const char *firing)
{
	return map_get(&t->answered, firing, strlen(firing)) != NULL;
}

static void add(struct triggers *t, const struct proposal *p)
{
	if (t->proposal_count < TRIGGER_PROPOSALS && !was_answered(t, p->firing))
		t->proposals[t->proposal_count++] = *p;
}

/* It was begun by a process that is gone: whoever leads knows that nobody else runs. */
static void sweep_dead(struct triggers *t, struct proposal *p)
{
	static const char why[] =
		"oogway was killed while it ran: its outcome is not known";

	/* A claim of our own may be on its way back, and so may its end. */
	if (p->state != FIRING_RUNNING || t->app->now - p->at < LIST_MS ||
		map_get(&t->ours, p->firing, strlen(p->firing)))
		return;
	str_copy(p->why, sizeof p->why, why);
	if (!triggers_lead(t) || *triggers_hold(t))
		return;
	p->state = FIRING_STOPPED;
	firing_set_later(
		t->app->store, p->firing, FIRING_STOPPED, why, (struct store_then){0});
}

static void take_proposal(struct triggers *t, const struct firing_row *row)
{
	struct proposal p = {.state = row->state, .at = row->created_at};
	char source[64];

	text_line(row->id, p.firing, sizeof p.firing);
	/* What runs here is no proposal. */
	if (trigger_runs(t, p.firing))
		return;
	text_line(row->trigger, p.trigger, sizeof p.trigger);
	text_line(row->runbook, p.runbook, sizeof p.runbook);
	text_line(row->why, p.why, sizeof p.why);
	text_line(row->source, source, sizeof source);
	if (*source)
		p.alert = alert_key(source, row->upstream_id);
	/* Another console runs it just now. */
	sweep_dead(t, &p);
	if (p.state == FIRING_RUNNING)
		return;
	add(t, &p);
}

/* A time of it came between the newest that is known and the start of this console. */
static void look_for_missed(
	struct triggers *t, struct trigger_row *of, const struct firing_row *row)
{
	int64_t due = trigger_due(of->rc, row->started_at);

	if (!of->last_at && due && row->created_at < t->app->started_at &&
		due < t->app->started_at)
		trigger_missed(t, of, due);
}

/* Bits of the triggers whose newest row, and newest that was not held, were seen. */
struct taken {
	uint64_t newest, last;
};

static void take_last(
	struct triggers *t, const struct firing_row *row, struct taken *taken)
{
	struct trigger_row *of;
	char name[TRIGGER_NAME];
	uint64_t bit;

	of = trigger_named(t, text_line(row->trigger, name, sizeof name));
	bit = of ? UINT64_C(1) << (of - t->rows) : 0;
	if (of && !(taken->newest & bit))
		look_for_missed(t, of, row);
	taken->newest |= bit;
	if (!of || taken->last & bit || row->state == FIRING_HELD)
		return;
	taken->last |= bit;
	of->last_at = row->created_at;
	of->last = row->state;
	text_line(row->why, of->last_why, sizeof of->last_why);
}

/* The same alert has fired it again since: what came of that counts. */
static bool is_outlived(const struct firing_rows *rows, size_t i)
{
	const struct firing_row *row = &rows->rows[i];

	for (size_t k = 0; k < i; k++)
		if (untrusted_eq(rows->rows[k].trigger, row->trigger) &&
			untrusted_eq(rows->rows[k].source, row->source) &&
			untrusted_eq(rows->rows[k].upstream_id, row->upstream_id))
			return true;
	return false;
}

static void got_list(void *ctx, const struct firing_rows *rows, const struct err *err)
{
	struct triggers *t = ctx;
	struct taken taken = {0};

	t->listing = false;
	if (t->stale || t->again) {
		t->stale = false;
		trigger_list(t);
		return;
	}
	if (err || t->ended)
		return;
	t->listed = true;
	t->proposal_count = 0;
	for (size_t i = 0; i < rows->count; i++) {
		take_last(t, &rows->rows[i], &taken);
		if (is_proposed(rows->rows[i].state) && !is_outlived(rows, i))
			take_proposal(t, &rows->rows[i]);
	}
	app_changed(t->app, CHANGED_RUNBOOKS | CHANGED_ALERTS);
}

void trigger_list(struct triggers *t)
{
	t->again |= t->listing;
	if (!t->app->store || t->listing || t->ended || !t->begun)
		return;
	t->again = false;
	t->listing = true;
	t->listed_at = t->app->now;
	firing_list_later(t->app->store, t->app->rc->profile, t->app->now - LOOK_BACK_MS,
		got_list, t);
}

/* --- what is open --- */

static bool is_open(const struct triggers *t, const struct proposal *p)
{
	const struct alert *a;

	if (!p->alert)
		return t->app->now - p->at < TIMED_MS;
	a = alerts_find(t->app->alerts, p->alert);
	return a && !a->over && a->state != ALERT_RESOLVED;
}

static bool is_touched(const struct triggers *t, const struct proposal *p)
{
	const struct app *app = t->app;
	const struct runbook_row *row = runbooks_named(app->runbooks, p->runbook);
	const struct alert *alert = alerts_find(app->alerts, p->alert);

	if (!row || !p->alert)
		return row && runs_touched(app->runs, row->id, 0, p->at);
	for (const struct alert *a = NULL;
		alert && (a = alerts_twin(app->alerts, alert, a));)
		if (runs_touched(app->runs, row->id, a->key, p->at))
			return true;
	return false;
}

static void answer(struct triggers *t, size_t i, const char *why)
{
	struct proposal *p = &t->proposals[i];

	map_put(&t->answered, p->firing, strlen(p->firing), t);
	if (t->app->store)
		firing_set_later(t->app->store, p->firing, FIRING_ANSWERED, why,
			(struct store_then){0});
	t->proposal_count--;
	memmove(p, p + 1, (t->proposal_count - i) * sizeof *p);
	app_changed(t->app, CHANGED_RUNBOOKS | CHANGED_ALERTS);
}

void trigger_kept_tick(struct triggers *t, int64_t now)
{
	/* What it took over may hold runs of a process that is gone. */
	bool took_over = triggers_lead(t) && !t->swept;

	t->swept |= took_over;
	for (size_t i = 0; i < t->proposal_count && !t->app->readonly; i++)
		if (is_touched(t, &t->proposals[i]))
			answer(t, i--, "somebody took it up");
	if ((t->count || t->proposal_count) &&
		(took_over || now - t->listed_at >= LIST_MS))
		trigger_list(t);
}

size_t proposals_count(const struct triggers *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->proposal_count; i++)
		n += is_open(t, &t->proposals[i]);
	return n;
}

const struct proposal *proposals_at(const struct triggers *t, size_t i)
{
	for (size_t k = 0; k < t->proposal_count; k++)
		if (is_open(t, &t->proposals[k]) && !i--)
			return &t->proposals[k];
	return NULL;
}

const struct proposal *proposal_for(const struct triggers *t, const struct alert *alert)
{
	for (size_t i = 0; i < t->proposal_count; i++) {
		const struct proposal *p = &t->proposals[i];
		const struct alert *a = NULL;

		if (!p->alert || !is_open(t, p))
			continue;
		if (p->alert == alert->key)
			return p;
		while ((a = alerts_twin(t->app->alerts, alert, a)))
			if (a->key == p->alert)
				return p;
	}
	return NULL;
}

const char *proposal_words(const struct proposal *p, char *out, size_t size)
{
	snprintf(out, size, "%s trigger %s%s%s",
		p->state == FIRING_PROPOSED ? "proposed by" : "stopped, begun by",
		p->trigger, *p->why ? ": " : "", p->why);
	return out;
}

/* --- what happens to them --- */

void trigger_propose(struct triggers *t, const struct proposal *p)
{
	const struct alert *alert = alerts_find(t->app->alerts, p->alert);
	char words[400], about[120];
	size_t n = 0;

	/* The one of an episode before makes way. */
	for (size_t i = 0; i < t->proposal_count; i++)
		if (strcmp(t->proposals[i].trigger, p->trigger) != 0 ||
			t->proposals[i].alert != p->alert)
			t->proposals[n++] = t->proposals[i];
	t->proposal_count = n < TRIGGER_PROPOSALS ? n : TRIGGER_PROPOSALS - 1;
	memmove(t->proposals + 1, t->proposals, t->proposal_count * sizeof *p);
	t->proposals[0] = *p;
	t->proposal_count++;
	trigger_note(t, &(struct trigger_note){
				DEED_PROPOSED, p->trigger, p->runbook, p->why, p->alert});
	deeds_soon(t->app->deeds);
	app_notice(t->app, false, "runbook %s%s%s %s", p->runbook, alert ? " for " : "",
		alert ? text_line(alert_text(alert, ALERT_TITLE), about, sizeof about)
		      : "",
		proposal_words(p, words, sizeof words));
	app_changed(t->app, CHANGED_RUNBOOKS | CHANGED_ALERTS);
}

/* What is listed from now on has it. */
static void written(void *ctx, const struct err *err)
{
	if (err)
		log_add(LOG_WARN, "trigger: how it ended is not kept: %s", err->text);
	trigger_list(ctx);
}

void trigger_ended(
	struct triggers *t, const char *firing, enum firing_state state, const char *why)
{
	if (t->app->store)
		firing_set_later(t->app->store, firing, state, why,
			(struct store_then){written, t});
	deeds_soon(t->app->deeds);
	app_changed(t->app, CHANGED_RUNBOOKS | CHANGED_ALERTS);
}

bool proposal_dismiss(
	struct triggers *t, const char *firing, const char *origin, struct err *err)
{
	for (size_t i = 0; i < t->proposal_count; i++) {
		const struct proposal p = t->proposals[i];
		struct audit_record record = {.event = "trigger.dismiss",
			.origin = origin,
			.target = untrusted_str(p.runbook),
			.result = untrusted_str("nobody wants it")};

		if (strcmp(p.firing, firing))
			continue;
		gate_note(runs_door(t->app->runs), &record);
		answer(t, i, "nobody wants it");
		return true;
	}
	return err_set(err, ERR_MISSING, "that is not proposed any more");
}
