/* What is like an incident, out of app/trends, with what was done then, out of the logs
 * in the store. Hides when it is found anew: when another incident is looked at, and
 * when there is more of the past. Main thread; logs are read by the store's lane. */
#include "app/similar.h"

#include "app/history.h"
#include "app/trends.h"
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "store/past.h"

#include <stdio.h>
#include <string.h>

enum { LIST_BYTES = 4 << 20, AGAIN_MS = 10000 };

struct similar {
	struct app *app;
	uint64_t key; /* 0: nothing is looked at */
	struct untrusted id, title, service;
	bool watching, reading, found;
	size_t known; /* incidents of the past, when it was found */
	int64_t found_at;
	struct similar_list list;
};

struct similar_job {
	struct store_job job;
	struct similar *similar;
	uint64_t key;
	struct similar_list list;
};

struct similar *similar_new(struct app *app)
{
	struct similar *similar = mem_new(1, sizeof *similar);

	similar->app = app;
	arena_init(&similar->list.arena, LIST_BYTES);
	return similar;
}

static void forget(struct similar *s)
{
	untrusted_free(s->id);
	untrusted_free(s->title);
	untrusted_free(s->service);
	s->id = s->title = s->service = UNTRUSTED_NONE;
	s->key = 0;
	s->found = false;
	s->found_at = 0;
}

void similar_free(struct similar *similar)
{
	if (!similar)
		return;
	forget(similar);
	similar_release(&similar->list);
	mem_free(similar);
}

void similar_release(struct similar_list *list)
{
	arena_release(&list->arena);
	list->count = 0;
}

/* --- finding --- */

static void take(struct similar_list *list, const struct trends_like *like)
{
	const struct past_incident *p = like->incident;
	struct arena *arena = &list->arena;

	list->ones[list->count++] =
		(struct similar_one){.title = untrusted_copy(arena, p->title),
			.service = untrusted_copy(arena, p->service),
			.source = untrusted_copy(arena, p->source),
			.upstream_id = untrusted_copy(arena, p->upstream_id),
			.who = untrusted_copy(arena, p->who),
			.started_at = p->started_at,
			.taken_at = p->taken_at,
			.ended_at = p->ended_at,
			.number = p->number,
			.same = like->score == 1};
}

static void find(const struct trends *trends, struct untrusted id, struct untrusted title,
	struct untrusted service, struct similar_list *out)
{
	struct trends_like like[SIMILAR_MOST + 1];
	size_t n = trends_like(trends, title, service, like, SIMILAR_MOST + 1);

	out->count = 0;
	trends_why(trends, title, service, SIMILAR_DAYS, out->why, sizeof out->why);
	for (size_t i = 0; i < n && out->count < SIMILAR_MOST; i++)
		if (!untrusted_eq(like[i].incident->upstream_id, id))
			take(out, &like[i]);
}

/* --- what was done then --- */

static void keep_note(struct similar_one *one, struct untrusted text)
{
	if (one->note_count == SIMILAR_NOTES) {
		memmove(one->notes, one->notes + 1,
			(SIMILAR_NOTES - 1) * sizeof *one->notes);
		one->note_count--;
	}
	one->notes[one->note_count++] = text;
}

/* The log's own line of a note tells what the note tells. */
static bool is_told(const struct similar_one *one, struct untrusted text)
{
	if (untrusted_starts(text, "Note added by ") ||
		untrusted_find_nocase(text, "role ") == 0)
		return true;
	for (size_t i = 0; i < one->note_count; i++)
		if (untrusted_eq(one->notes[i], text))
			return true;
	return false;
}

static bool read_log(struct db *db, struct arena *arena, struct arena *into,
	struct similar_one *one, struct err *err)
{
	struct past_entries log;

	if (!past_log(db, arena, one->source, one->upstream_id, &log, err))
		return false;
	for (size_t i = 0; i < log.count; i++) {
		const struct batch_entry *e = &log.rows[i];

		one->escalations += e->kind == ENTRY_ESCALATE;
		if (e->kind == ENTRY_NOTE && !is_told(one, e->text))
			keep_note(one, untrusted_copy(into, e->text));
	}
	return true;
}

static bool read_logs(struct db *db, struct similar_list *list, struct err *err)
{
	struct arena arena;
	bool ok = true;

	arena_init(&arena, LIST_BYTES * 4);
	for (size_t i = 0; ok && i < list->count; i++) {
		arena_reset(&arena);
		ok = read_log(db, &arena, &list->arena, &list->ones[i], err);
	}
	arena_release(&arena);
	return ok;
}

/* --- in the console --- */

static bool run(struct store_job *job, struct db *db, struct err *err)
{
	return read_logs(db, &((struct similar_job *)job)->list, err);
}

static void end(struct store_job *job, const struct err *err)
{
	struct similar_job *j = (struct similar_job *)job;
	struct similar *s = j->similar;

	s->reading = false;
	if (err || s->key != j->key) {
		similar_release(&j->list);
		return;
	}
	similar_release(&s->list);
	s->list = j->list;
	s->found = true;
	app_changed(s->app, CHANGED_TRENDS);
}

static void look(struct similar *s, int64_t now)
{
	const struct trends *trends = s->app->trends;
	struct similar_job *j;

	s->known = trends_known(trends);
	s->found_at = now;
	s->reading = true;
	j = store_job_new(sizeof *j);
	j->job.run = run;
	j->job.end = end;
	j->similar = s;
	j->key = s->key;
	arena_init(&j->list.arena, LIST_BYTES);
	find(trends, s->id, s->title, s->service, &j->list);
	store_read(s->app->store, &j->job);
}

void similar_show(struct similar *s, uint64_t key, struct untrusted id,
	struct untrusted title, struct untrusted service)
{
	bool on = key && !untrusted_empty(title);

	if (on && key == s->key)
		return;
	forget(s);
	if (on != s->watching)
		trends_watch(s->app->trends, on);
	s->watching = on;
	if (!on)
		return;
	s->key = key;
	s->id = untrusted_keep(id, INCIDENT_MAX_TEXT);
	s->title = untrusted_keep(title, INCIDENT_MAX_TEXT);
	s->service = untrusted_keep(service, INCIDENT_MAX_TEXT);
}

void similar_tick(struct similar *s, int64_t now)
{
	const struct app *app = s->app;
	bool stale = !s->found || (s->known != trends_known(app->trends) &&
					  now - s->found_at >= AGAIN_MS);

	if (s->key && !s->reading && app->store && trends_view(app->trends) && stale)
		look(s, now);
}

const struct similar_list *similar_of(const struct similar *s, uint64_t key)
{
	return s->found && s->key == key ? &s->list : NULL;
}

/* --- for one command --- */

bool similar_read(struct app *app, struct untrusted id, struct untrusted title,
	struct untrusted service, struct similar_list *out, struct err *err)
{
	struct db *db;
	bool ok;

	memset(out, 0, sizeof *out);
	arena_init(&out->arena, LIST_BYTES);
	if (!trends_read_here(app->trends, err))
		return false;
	find(app->trends, id, title, service, out);
	db = history_db(app, err);
	ok = db && read_logs(db, out, err);
	db_close(db);
	return ok;
}

void similar_words(const struct similar_one *one, struct str *out)
{
	char who[80], span[TIME_TEXT];
	const char *between = "";

	text_line(one->who, who, sizeof who);
	if (one->taken_at) {
		str_printf(out, "acknowledged after %s",
			duration_text(one->taken_at - one->started_at, span));
		between = ", ";
	}
	if (one->escalations) {
		str_printf(out, "%sescalated %zu time%s", between, one->escalations,
			one->escalations == 1 ? "" : "s");
		between = ", ";
	}
	if (one->ended_at)
		str_printf(out, "%sover after %s", between,
			duration_text(one->ended_at - one->started_at, span));
	else
		str_printf(out, "%sits end is not known", between);
	if (*who)
		str_printf(out, ", by %s", who);
}
