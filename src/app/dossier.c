/* The incident that is looked at: the store's log of it and what its source tells
 * meanwhile become one log, by the ids of their entries; what is told is put into the
 * store. Then its lines: that log, alerts, our actions, changes and anomalies around it.
 * Hides which of the two knows what. Main thread. */
#include "app/dossier.h"

#include "app/actions.h"
#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/handoff.h"
#include "app/history.h"
#include "app/incidents.h"
#include "app/problems.h"
#include "app/runs.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "deeds.h"
#include "store/past.h"
#include "store/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOG_BYTES = 16 << 20,
	STEPS_BYTES = 16 << 20,
	LOG_MOST = 5000, /* entries that are held */
	RAW_PRETTY = 1 << 20,
	CHANGES_BEFORE_MS = 6 * HOUR_MS,
	CHANGES_AFTER_MS = 10 * MINUTE_MS,
	ANOMALIES_BEFORE_MS = 30 * MINUTE_MS,
	STEPS_AFTER_MS = 6 * HOUR_MS,
	AROUND_MOST = 40, /* changes, and anomalies, and alerts */
};

struct entries {
	struct batch_entry *rows;
	size_t count, cap;
};

struct dossier {
	struct app *app;
	uint64_t shown; /* as whoever looks names it */
	uint64_t key;   /* of the incident; 0: none is looked at */
	char source[64], id[SOURCE_ID];
	int asked; /* the number of the source that is, -1: none */
	bool dirty, loading;
	bool told_notes, ended;
	char wish[200]; /* what one command prints; "": nothing */
	bool wish_json, wish_raw;
	char lacks[160];
	struct arena stored_arena, told_arena;
	struct entries stored, told, log;
	/* What was run for it, and for all that tell of it; what is in memory stands
	 * beside. */
	struct arena steps_arena, words_arena; /* words: until the next timeline */
	struct step_rows steps;
	struct step_whom whom[STEP_MAX_WHOM]; /* as it was asked for; owned */
	size_t whom_count;
	uint64_t audits_seen; /* version of the audit's rows */
	int64_t started_at;   /* of the first of them */
	bool steps_loading, steps_dirty;
	struct untrusted raw; /* as its source told it; a copy */
	int64_t raw_at;       /* when that was read, of one from the store; 0: just now */
	bool show_raw;
	struct map by_id; /* of told: index + 1 */
};

struct dossier *dossier_new(struct app *app)
{
	struct dossier *d = mem_new(1, sizeof *d);

	d->app = app;
	d->asked = -1;
	arena_init(&d->stored_arena, LOG_BYTES);
	arena_init(&d->told_arena, LOG_BYTES);
	arena_init(&d->steps_arena, STEPS_BYTES);
	arena_init(&d->words_arena, STEPS_BYTES);
	map_init(&d->by_id);
	return d;
}

static void forget_whom(struct dossier *d)
{
	for (size_t i = 0; i < d->whom_count; i++) {
		untrusted_free(d->whom[i].source);
		untrusted_free(d->whom[i].upstream_id);
	}
	d->whom_count = 0;
}

void dossier_free(struct dossier *d)
{
	if (!d)
		return;
	arena_release(&d->stored_arena);
	arena_release(&d->told_arena);
	arena_release(&d->steps_arena);
	arena_release(&d->words_arena);
	forget_whom(d);
	map_release(&d->by_id);
	untrusted_free(d->raw);
	mem_free(d->stored.rows);
	mem_free(d->told.rows);
	mem_free(d->log.rows);
	mem_free(d);
}

/* --- one log of two --- */

static void copy_entry(
	struct arena *arena, const struct batch_entry *from, struct batch_entry *to)
{
	*to = *from;
	to->id = untrusted_copy(arena, from->id);
	to->incident = UNTRUSTED_NONE;
	to->who = untrusted_copy(arena, from->who);
	to->text = untrusted_copy(arena, from->text);
}

static struct batch_entry *add(struct entries *entries)
{
	if (entries->count == LOG_MOST)
		return NULL;
	MEM_ROOM(entries->rows, entries->count, entries->cap);
	return &entries->rows[entries->count++];
}

static int by_time(const void *a, const void *b)
{
	const struct batch_entry *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return untrusted_cmp(x->id, y->id);
}

static bool is_told(const struct dossier *d, const struct batch_entry *e)
{
	uint64_t id = untrusted_hash(e->id);

	if (map_get(&d->by_id, &id, sizeof id))
		return true;
	/* One that is not among all of its notes any more. */
	return d->told_notes && untrusted_starts(e->id, "note/");
}

static void merge(struct dossier *d)
{
	struct batch_entry *to;

	d->log.count = 0;
	for (size_t i = 0; i < d->told.count; i++)
		if (d->told.rows[i].at && (to = add(&d->log)))
			*to = d->told.rows[i];
	for (size_t i = 0; i < d->stored.count; i++)
		if (!is_told(d, &d->stored.rows[i]) && (to = add(&d->log)))
			*to = d->stored.rows[i];
	if (d->log.count)
		qsort(d->log.rows, d->log.count, sizeof *d->log.rows, by_time);
	app_changed(d->app, CHANGED_PAST);
}

static void got_log(void *ctx, const struct past_entries *entries, const struct err *err)
{
	struct dossier *d = ctx;
	struct batch_entry *to;

	d->loading = false;
	/* Another is looked at meanwhile. */
	if (err || d->dirty)
		return;
	arena_release(&d->stored_arena);
	d->stored_arena.full = false;
	d->stored.count = 0;
	for (size_t i = 0; i < entries->count && (to = add(&d->stored)); i++)
		copy_entry(&d->stored_arena, &entries->rows[i], to);
	merge(d);
}

static void got_raw(void *ctx, const struct raw_row *row, const struct err *err)
{
	struct dossier *d = ctx;

	/* What its source says meanwhile is newer. */
	if (err || !row->told_at || !untrusted_empty(d->raw) ||
		!untrusted_is(row->upstream_id, d->id))
		return;
	d->raw = untrusted_keep(row->body, RAW_MAX_BYTES);
	d->raw_at = row->told_at;
	app_changed(d->app, CHANGED_PAST);
}

/* --- what was run for it --- */

static void add_whom(struct dossier *d, struct untrusted source, struct untrusted id)
{
	if (d->whom_count == STEP_MAX_WHOM || untrusted_empty(id))
		return;
	d->whom[d->whom_count++] = (struct step_whom){
		untrusted_keep(source, SOURCE_ID), untrusted_keep(id, SOURCE_ID)};
}

/* It, and all that tell of the same: a runbook may have been opened from any of them. */
static void take_whom(struct dossier *d, int64_t started_at)
{
	const struct app *app = d->app;
	const struct alert *alert = alerts_find(app->alerts, d->key);

	forget_whom(d);
	d->started_at = started_at;
	add_whom(d, untrusted_str(d->source), untrusted_str(d->id));
	for (const struct alert *a = NULL;
		alert && (a = alerts_twin(app->alerts, alert, a));) {
		if (a->key == d->key)
			continue;
		add_whom(d, untrusted_str(sources_row(app->sources, a->source)->name),
			alert_text(a, ALERT_ID));
		if (a->started_at < d->started_at)
			d->started_at = a->started_at;
	}
}

static struct step_query steps_wanted(const struct dossier *d)
{
	return (struct step_query){d->whom, d->whom_count, d->started_at - MINUTE_MS, 0};
}

static void got_steps(void *ctx, const struct step_rows *rows, const struct err *err)
{
	struct dossier *d = ctx;
	const struct step_query query = steps_wanted(d);
	struct step_rows all = {.rows = NULL};

	d->steps_loading = false;
	/* Another is looked at meanwhile. */
	if (d->steps_dirty)
		return;
	arena_reset(&d->steps_arena);
	all.rows = arena_alloc(&d->steps_arena, (rows->count + 1) * sizeof *all.rows);
	for (size_t i = 0; all.rows && !err && i < rows->count; i++)
		deed_copy(&d->steps_arena, &rows->rows[i], &all.rows[all.count++]);
	deeds_add_recent(d->app, &query, &d->steps_arena, &all);
	d->steps = all;
	app_changed(d->app, CHANGED_PAST);
}

static void load_steps(struct dossier *d)
{
	const struct step_query query = steps_wanted(d);

	if (!d->key || d->steps_loading || d->app->demo)
		return;
	d->steps_dirty = false;
	d->audits_seen = audits_version(d->app->audits);
	if (!d->app->store) {
		got_steps(d, &(struct step_rows){.rows = NULL}, NULL);
		return;
	}
	d->steps_loading = true;
	step_of_later(d->app->store, &query, got_steps, d);
}

static void load(struct dossier *d)
{
	if (!d->app->store || d->loading || !d->key)
		return;
	if (untrusted_empty(d->raw))
		raw_find_later(d->app->store, untrusted_str(d->source),
			untrusted_str(d->id), got_raw, d);
	d->loading = true;
	d->dirty = false;
	past_log_later(d->app->store, untrusted_str(d->source), untrusted_str(d->id),
		got_log, d);
}

/* --- what is looked at --- */

static void forget(struct dossier *d)
{
	d->key = 0;
	d->told.count = d->stored.count = d->log.count = 0;
	d->steps = (struct step_rows){.rows = NULL};
	arena_reset(&d->steps_arena);
	forget_whom(d);
	d->steps_dirty = true;
	arena_release(&d->told_arena);
	arena_release(&d->stored_arena);
	d->told_arena.full = d->stored_arena.full = false;
	map_release(&d->by_id);
	map_init(&d->by_id);
	d->told_notes = d->ended = false;
	untrusted_free(d->raw);
	d->raw = UNTRUSTED_NONE;
	d->raw_at = 0;
	d->lacks[0] = '\0';
	d->dirty = true;
}

static void ask(struct dossier *d, int source, const char *id)
{
	const struct app *app = d->app;

	if (d->asked >= 0 && d->asked != source && sources_row(app->sources, d->asked))
		sources_set_opened(app->sources, d->asked, "");
	d->asked = -1;
	if (source >= 0 && !app->past && !app->demo &&
		sources_set_opened(app->sources, source, id))
		d->asked = source;
}

bool dossier_open(
	struct dossier *d, const char *source, struct untrusted id, int64_t started_at)
{
	int number = sources_find(d->app->sources, source);
	uint64_t key = alert_key(source, id);

	if (d->key != key) {
		forget(d);
		d->key = key;
		str_copy(d->source, sizeof d->source, source);
		if (!text_to_id(id, d->id, sizeof d->id))
			d->id[0] = '\0';
		take_whom(d, started_at);
		load_steps(d);
		/* What is newer is among the changes already. */
		if (started_at < d->app->now - DAY_MS)
			history_changes_around(d->app->history,
				started_at - CHANGES_BEFORE_MS,
				started_at + CHANGES_AFTER_MS);
	}
	ask(d, *d->id ? number : -1, d->id);
	load(d);
	return d->asked >= 0;
}

const struct alert *dossier_page(const struct app *app, const struct alert *alert)
{
	const struct alert *page = alert->pages ? NULL : problem_pages(app, alert, NULL);

	return page ? page : alert;
}

void dossier_show(struct dossier *d, uint64_t key)
{
	const struct app *app = d->app;
	const struct alert *alert = key ? alerts_find(app->alerts, key) : NULL;
	const struct past_row *row = key ? incidents_find(app->incidents, key) : NULL;
	char source[64];

	d->shown = key;
	if (alert)
		alert = dossier_page(app, alert);
	if (key && d->key == (alert ? alert->key : key))
		return;
	if (alert) {
		dossier_open(d, sources_row(app->sources, alert->source)->name,
			alert_text(alert, ALERT_ID), alert->started_at);
	} else if (row && text_to_id(row->incident.source, source, sizeof source)) {
		dossier_open(
			d, source, row->incident.upstream_id, row->incident.started_at);
	} else {
		ask(d, -1, "");
		forget(d);
	}
}

/* --- what its source tells --- */

static void keep(struct dossier *d, const struct batch_entry *e)
{
	uint64_t id = untrusted_hash(e->id);
	size_t at = (size_t)(uintptr_t)map_get(&d->by_id, &id, sizeof id);
	struct batch_entry *to = at ? &d->told.rows[at - 1] : add(&d->told);

	if (!to)
		return;
	copy_entry(&d->told_arena, e, to);
	if (!at)
		map_put(&d->by_id, &id, sizeof id, (void *)(uintptr_t)d->told.count);
}

/* Those that follow are all there are; what is left of others has no time any more. */
static void drop_notes(struct dossier *d)
{
	d->told_notes = true;
	for (size_t i = 0; i < d->told.count; i++)
		if (untrusted_starts(d->told.rows[i].id, "note/"))
			d->told.rows[i].at = 0;
}

void dossier_take(struct dossier *d, int source, const struct batch *batch)
{
	const struct batch_opened *opened = batch->opened;

	for (size_t i = 0; source == d->asked && i < batch->raw_count; i++) {
		if (!untrusted_is(batch->raws[i].id, d->id))
			continue;
		untrusted_free(d->raw);
		d->raw = untrusted_keep(batch->raws[i].json, RAW_MAX_BYTES);
		d->raw_at = 0;
	}
	if (!batch->entry_count && !opened)
		return;
	history_opened_batch(d->app->history, source, batch);
	handoffs_heard(d->app->handoffs, batch);
	if (source != d->asked)
		return;
	if (opened && opened->notes)
		drop_notes(d);
	for (size_t i = 0; i < batch->entry_count; i++)
		if (untrusted_is(batch->entries[i].incident, d->id))
			keep(d, &batch->entries[i]);
	if (opened && opened->ended && untrusted_is(opened->incident, d->id)) {
		d->ended = true;
		text_line(opened->lacks, d->lacks, sizeof d->lacks);
	}
	merge(d);
}

bool dossier_raw(const struct dossier *d, uint64_t key, struct str *out, int64_t *told_at)
{
	struct untrusted lines, line;
	struct json_doc doc;
	struct str pretty;

	*told_at = d->raw_at;
	if (key != d->key || !json_read(&doc, d->raw, RAW_MAX_BYTES + 1, NULL))
		return false;
	str_init(&pretty, RAW_PRETTY);
	json_pretty(json_root(&doc), &pretty);
	lines = untrusted_make(pretty.p, pretty.n);
	while (untrusted_line(&lines, &line)) {
		while (untrusted_starts(line, "\t")) {
			str_puts(out, "  ");
			line = untrusted_slice(line, 1, SIZE_MAX);
		}
		text_add_line(out, line, RAW_MAX_BYTES);
		str_putc(out, '\n');
	}
	str_release(&pretty);
	json_release(&doc);
	return true;
}

void dossier_turn_raw(struct dossier *d)
{
	d->show_raw = !d->show_raw;
	app_changed(d->app, CHANGED_PAST);
}

bool dossier_shows_raw(const struct dossier *d)
{
	return d->show_raw;
}

void dossier_changed(struct dossier *d)
{
	if (d)
		d->dirty = true;
}

/* After a reload its source may have another number, or be there only now. */
static void ask_again(struct dossier *d)
{
	int number = sources_find(d->app->sources, d->source);

	if (*d->id && number != d->asked)
		ask(d, number, d->id);
}

void dossier_tick(struct dossier *d)
{
	const struct alert *alert =
		d->shown ? alerts_find(d->app->alerts, d->shown) : NULL;

	/* It may have paged only now. */
	if (alert && dossier_page(d->app, alert)->key != d->key)
		dossier_show(d, d->shown);
	if (d->key)
		ask_again(d);
	if (d->dirty && d->key)
		load(d);
	if (d->key &&
		(d->steps_dirty || d->audits_seen != audits_version(d->app->audits))) {
		take_whom(d, d->started_at);
		load_steps(d);
	}
}

const struct batch_entry *dossier_log(const struct dossier *d, uint64_t key, size_t *n)
{
	*n = key == d->key ? d->log.count : 0;
	return d->log.rows;
}

/* Its source cannot be reached: nothing more is to be waited for. */
static bool cut_off(const struct dossier *d)
{
	const struct source_row *row =
		d->asked < 0 ? NULL : sources_row(d->app->sources, d->asked);

	return row && row->status.state == POLL_FAILING;
}

bool dossier_words(const struct dossier *d, uint64_t key, char *out, size_t size)
{
	if (key != d->key || d->asked < 0)
		snprintf(out, size, "as far as the store has it");
	else if (!d->ended && cut_off(d))
		snprintf(out, size, "partial: %s does not answer; as the store has it",
			d->source);
	else if (!d->ended)
		snprintf(out, size, "being read");
	else
		snprintf(out, size, "%s%s", *d->lacks ? "partial: " : "complete",
			d->lacks);
	return key == d->key && d->asked >= 0 && d->ended && !*d->lacks;
}

bool dossier_reads(const struct dossier *d, uint64_t key)
{
	return key && d->key == key;
}

bool dossier_busy(const struct dossier *d)
{
	return d->key && (d->loading || d->steps_loading ||
				 (d->asked >= 0 && !d->ended && !cut_off(d)));
}

void dossier_wish(struct dossier *d, const char *name, bool json)
{
	str_copy(d->wish, sizeof d->wish, name);
	d->wish_json = json;
}

void dossier_wish_raw(struct dossier *d)
{
	d->wish_raw = true;
}

bool dossier_wished_raw(const struct dossier *d)
{
	return d->wish_raw;
}

const char *dossier_wished(const struct dossier *d, bool *json)
{
	*json = d->wish_json;
	return *d->wish ? d->wish : NULL;
}

bool dossier_lacks(const struct dossier *d, struct err *err)
{
	char how[200];

	if (d->asked < 0 || dossier_words(d, d->key, how, sizeof how))
		return false;
	err_set(err, ERR_TIMEOUT, "the timeline is %s",
		d->ended || cut_off(d) ? how : "not read to its end");
	return true;
}

void dossier_response(const struct app *app, uint64_t key, struct response *out)
{
	size_t n;
	const struct batch_entry *entries = dossier_log(app->dossier, key, &n);

	response_read(out, entries, n);
}

const char *dossier_book(
	const struct app *app, uint64_t key, size_t i, char *out, size_t size)
{
	const struct dossier *d = app->dossier;

	*out = '\0';
	for (size_t at = 0; d->key == key && at < d->steps.count; at++) {
		const struct step_row *row = &d->steps.rows[at];
		bool named = !row->step;

		for (size_t k = 0; k < at && !named; k++)
			named = d->steps.rows[k].step &&
				untrusted_eq(d->steps.rows[k].runbook, row->runbook);
		if (!named && !i--)
			return text_line(row->runbook, out, size);
	}
	return out;
}

int64_t dossier_next_update(const struct app *app, uint64_t key)
{
	const struct outbox_row *newest = NULL;

	for (size_t i = 0; i < actions_count(app->actions); i++) {
		const struct outbox_row *row = actions_at(app->actions, i);

		if (row->action.verb == ACTION_STATUS && row->state != OUTBOX_FAILED &&
			row->state != OUTBOX_CANCELLED && action_target_key(row) == key &&
			(!newest || row->created_at > newest->created_at))
			newest = row;
	}
	return newest ? newest->action.until_at : 0;
}

/* The newest status update of each incident. */
struct promise {
	uint64_t key;
	int64_t created_at, until_at;
};

static size_t promises(const struct app *app, struct promise out[ACTIONS_KEPT])
{
	size_t n = 0;

	for (size_t i = 0; i < actions_count(app->actions); i++) {
		const struct outbox_row *row = actions_at(app->actions, i);
		struct promise one = {0, row->created_at, row->action.until_at};
		size_t at = 0;

		if (row->action.verb != ACTION_STATUS || row->state == OUTBOX_FAILED ||
			row->state == OUTBOX_CANCELLED)
			continue;
		one.key = action_target_key(row);
		while (at < n && out[at].key != one.key)
			at++;
		if (at == ACTIONS_KEPT)
			break;
		if (at == n)
			n++;
		else if (out[at].created_at >= one.created_at)
			continue;
		out[at] = one;
	}
	return n;
}

size_t dossier_updates(const struct app *app, struct dossier_update *out, size_t max)
{
	struct promise found[ACTIONS_KEPT];
	size_t count = promises(app, found), n = 0;

	for (size_t i = 0; i < count; i++) {
		struct dossier_update one = {
			alerts_find(app->alerts, found[i].key), found[i].until_at};
		size_t at = n;

		if (!one.at || !one.alert || one.alert->state == ALERT_RESOLVED)
			continue;
		while (at && out[at - 1].at > one.at)
			at--;
		if (at == max)
			continue;
		n += n < max;
		memmove(out + at + 1, out + at, (n - at - 1) * sizeof *out);
		out[at] = one;
	}
	return n;
}

/* --- its lines --- */

struct dossier_head dossier_head_of(const struct alert *a)
{
	return (struct dossier_head){.key = a->key,
		.started_at = a->started_at,
		.acked_at = a->acked_at,
		.ended_at = a->ended_at,
		.pages = a->pages,
		.title = alert_text(a, ALERT_TITLE),
		.acked_by = alert_text(a, ALERT_ACKED_BY)};
}

/* What an action leaves in the source's log. */
static enum entry_kind leaves(enum action_verb verb)
{
	static const enum entry_kind kinds[ACTION_VERB_COUNT] = {
		[ACTION_ACKNOWLEDGE] = ENTRY_ACK,
		[ACTION_UNACKNOWLEDGE] = ENTRY_UNACK,
		[ACTION_RESOLVE] = ENTRY_RESOLVE,
		[ACTION_SNOOZE] = ENTRY_SNOOZE,
		[ACTION_NOTE] = ENTRY_NOTE,
		[ACTION_ESCALATE] = ENTRY_ESCALATE,
		[ACTION_REASSIGN] = ENTRY_ASSIGN,
		[ACTION_RESPONDERS] = ENTRY_RESPONDER,
	};

	return kinds[verb];
}

/* Its words; without them to whom, by name where that is known. */
static struct untrusted said_of(const struct action *a)
{
	bool named = a->verb == ACTION_RESPONDERS || a->verb == ACTION_REASSIGN ||
		     a->verb == ACTION_MERGE;

	if (a->verb != ACTION_RESPONDERS && !untrusted_empty(a->texts[ACTION_BODY]))
		return a->texts[ACTION_BODY];
	return named && !untrusted_empty(a->texts[ACTION_FACTS]) ? a->texts[ACTION_FACTS]
								 : a->texts[ACTION_WHOM];
}

void dossier_add_action(struct timeline *timeline, const struct outbox_row *row)
{
	const struct action *a = &row->action;
	bool fine = row->state == OUTBOX_CONFIRMED;
	struct timeline_line line = {.at = row->done_at ? row->done_at : row->created_at,
		.from_at = row->created_at,
		.from = TIMELINE_HERE,
		.kind = leaves(a->verb),
		.words = action_verbs[a->verb].words,
		.text = said_of(a),
		.who = a->texts[ACTION_BY],
		.more = outbox_state_names[row->state],
		.data = "action list",
		.bad = !fine,
		.by = fine ? UNTRUSTED_NONE : row->error};

	if (a->verb == ACTION_NOTE)
		action_marker(a, line.marker);
	timeline_add(timeline, &line);
}

static void add_actions(struct timeline *t, const struct app *app, uint64_t key)
{
	for (size_t i = 0; i < actions_count(app->actions); i++) {
		const struct outbox_row *row = actions_at(app->actions, i);

		if (row->action.verb != ACTION_NOTIFY && action_target_key(row) == key)
			dossier_add_action(t, row);
	}
}

static bool around(const struct dossier_head *h, int64_t at, int64_t before_ms)
{
	return at >= h->started_at - before_ms && at <= h->started_at + CHANGES_AFTER_MS;
}

static void add_around(
	struct timeline *t, const struct app *app, const struct dossier_head *h)
{
	size_t n = 0;

	for (size_t i = 0; i < changes_count(app->alerts) && n < AROUND_MOST; i++) {
		const struct change_row *c = changes_at(app->alerts, i);

		if (!around(h, c->at, CHANGES_BEFORE_MS))
			continue;
		n++;
		timeline_add(t, &(struct timeline_line){.at = c->at,
					.from = TIMELINE_CHANGE,
					.text = c->summary,
					.who = c->service,
					.link = c->link,
					.data = "change list"});
	}
	n = 0;
	for (size_t i = 0; i < anomalies_count(app->anomalies) && n < AROUND_MOST; i++) {
		const struct anomaly_row *row = anomalies_at(app->anomalies, i);

		if (row->alert != h->key &&
			!around(h, row->start_at, ANOMALIES_BEFORE_MS))
			continue;
		n++;
		timeline_add(t, &(struct timeline_line){.at = row->start_at,
					.from = TIMELINE_ANOMALY,
					.text = untrusted_str(row->name),
					.more = row->reason,
					.data = "anomaly list"});
	}
}

/* Steps of runbooks that were run for it from here. */
static void add_runs(struct timeline *t, const struct app *app, uint64_t key)
{
	const struct run *run;

	for (size_t i = 0; (run = runs_for(app->runs, key, i)); i++) {
		const struct runbook *book = run_book(run);

		for (size_t k = 0; k < book->step_count; k++) {
			const struct run_result *r = run_result(run, k);

			if (r->started_at >= app->dossier->started_at - MINUTE_MS)
				timeline_add(
					t, &(struct timeline_line){.at = r->started_at,
						   .from = TIMELINE_COMMAND,
						   .text = book->steps[k].title,
						   .more = run_state_names[r->state],
						   .bad = r->state != RUN_DONE,
						   .data = "audit log"});
		}
	}
}

/* It is in memory, where its state is newer. */
static bool is_here(const struct app *app, const struct step_row *row)
{
	for (size_t i = 0; i < app->dossier->whom_count; i++) {
		const struct step_whom *w = &app->dossier->whom[i];
		const struct run *run;
		char source[64];

		text_line(w->source, source, sizeof source);
		for (size_t k = 0;
			(run = runs_for(app->runs, alert_key(source, w->upstream_id), k));
			k++)
			for (size_t s = 0; s < run_book(run)->step_count; s++)
				if ((int64_t)run_result(run, s)->intent == row->seq &&
					llabs(run_result(run, s)->started_at - row->at) <
						MINUTE_MS)
					return true;
	}
	return false;
}

/* … and by others, or before this console began; for hours behind its end. */
static void add_steps(
	struct timeline *t, const struct app *app, const struct dossier_head *h)
{
	struct dossier *d = app->dossier;

	for (size_t i = 0; d->key == h->key && i < d->steps.count; i++) {
		const struct step_row *row = &d->steps.rows[i];

		if ((h->ended_at && row->at > h->ended_at + STEPS_AFTER_MS) ||
			is_here(app, row))
			continue;
		deed_line(t, row, &d->words_arena);
	}
}

/* Others that tell of the same. */
static void add_twins(
	struct timeline *t, const struct app *app, const struct alert *alert)
{
	size_t n = 0;

	for (const struct alert *a = NULL;
		n < AROUND_MOST && (a = alerts_twin(app->alerts, alert, a));) {
		if (a->key == alert->key)
			continue;
		n++;
		timeline_add(
			t, &(struct timeline_line){.at = a->started_at,
				   .from = TIMELINE_ALERT,
				   .kind = ENTRY_ALERT,
				   .text = alert_text(a, ALERT_TITLE),
				   .more = sources_row(app->sources, a->source)->name,
				   .data = "alert list"});
	}
}

static void add_head(struct timeline *t, const struct dossier_head *h)
{
	timeline_add(t, &(struct timeline_line){.at = h->started_at,
				.from = h->pages ? TIMELINE_LOG : TIMELINE_ALERT,
				.kind = ENTRY_TRIGGER,
				.text = h->title,
				.data = "incident list"});
	timeline_add(t, &(struct timeline_line){.at = h->acked_at,
				.kind = ENTRY_ACK,
				.text = h->acked_by,
				.data = "incident list"});
	timeline_add(t, &(struct timeline_line){.at = h->ended_at,
				.kind = ENTRY_RESOLVE,
				.text = h->resolved_by,
				.data = "incident list"});
}

/* Only the log tells how it began: of some, only what was added to it is known. */
static bool tells_all(const struct batch_entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (entries[i].kind == ENTRY_TRIGGER)
			return true;
	return false;
}

void dossier_timeline(
	const struct app *app, const struct dossier_head *head, struct timeline *out)
{
	size_t n;
	const struct batch_entry *entries = dossier_log(app->dossier, head->key, &n);
	const struct alert *alert = alerts_find(app->alerts, head->key);

	timeline_init(out);
	arena_reset(&app->dossier->words_arena);
	timeline_add_log(out, entries, n);
	if (!tells_all(entries, n))
		add_head(out, head);
	if (alert)
		add_twins(out, app, alert);
	add_around(out, app, head);
	add_actions(out, app, head->key);
	add_runs(out, app, head->key);
	/* Whichever row of the same it was that the runbook was opened from. */
	for (const struct alert *a = NULL;
		alert && (a = alerts_twin(app->alerts, alert, a));)
		if (a->key != alert->key)
			add_runs(out, app, a->key);
	add_steps(out, app, head);
	timeline_settle(out);
}
