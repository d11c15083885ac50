/* The table of incidents out of the store. Each reading is a copy of its own, so that a
 * listing never sees half of one. What is said of their number comes from what the store
 * says is covered, of every source that has a past, and was watched, of those that page
 * without one. Main thread. */
#include "app/incidents.h"

#include "app/alerts.h"
#include "app/dossier.h"
#include "app/history.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "known.h"
#include "store/watch.h"

#include <stdio.h>
#include <string.h>

enum { TABLE_BYTES = 128 << 20, LATE_MS = 60 * 1000 };

/* A reading, on the store's lane. */
struct table_job {
	struct store_job job;
	struct incidents *incidents;
	struct span window;
	struct past_rows rows;
	struct watch_spans watched;
};

struct incidents {
	struct app *app;
	struct arena arena;
	struct past_rows table;
	struct span window;
	bool watched, loading, dirty;
	/* By the source's number: of one that pages and does not tell of its past. */
	int64_t known_since[RC_MAX_SOURCES + 1];
	int64_t to; /* end of the console's window as last read for */
};

struct incidents *incidents_new(struct app *app)
{
	struct incidents *incidents = mem_new(1, sizeof *incidents);

	incidents->app = app;
	arena_init(&incidents->arena, TABLE_BYTES);
	return incidents;
}

void incidents_free(struct incidents *incidents)
{
	if (!incidents)
		return;
	arena_release(&incidents->arena);
	mem_free(incidents);
}

/* --- reading --- */

static void take(struct incidents *incidents, const struct past_rows *rows)
{
	struct arena *arena = &incidents->arena;
	struct past_rows *table = &incidents->table;

	arena_release(arena);
	arena->full = false;
	*table = (struct past_rows){.total = rows->total};
	table->rows = arena_alloc(arena, (rows->count + 1) * sizeof *table->rows);
	for (size_t i = 0; table->rows && !arena->full && i < rows->count; i++) {
		struct past_row row = rows->rows[i];
		struct untrusted *texts[] = {&row.incident.source,
			&row.incident.upstream_id, &row.incident.title,
			&row.incident.service, &row.incident.summary, &row.priority,
			&row.link, &row.acked_by, &row.resolved_by};

		for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
			*texts[t] = untrusted_copy(arena, *texts[t]);
		table->rows[table->count++] = row;
	}
	app_changed(incidents->app, CHANGED_PAST);
}

static void take_watched(
	struct incidents *incidents, const struct watch_spans *watched, int64_t until)
{
	const struct sources *sources = incidents->app->sources;
	int64_t now = incidents->app->now;

	if (until > now)
		until = now;
	for (size_t i = 1; i < sources_count(sources); i++) {
		const struct source_row *row = sources_at(sources, i);

		incidents->known_since[row->number] = known_since(
			watched, NULL, &(struct known_source){row->name, ""}, until);
	}
}

static void load(struct incidents *incidents);

static bool run_table(struct store_job *job, struct db *db, struct err *err)
{
	struct table_job *t = (struct table_job *)job;

	return past_list(db, &job->arena, t->window, INCIDENTS_SHOWN, &t->rows, err) &&
	       watch_list(db, &job->arena, t->window.from_at, &t->watched, err);
}

static void end_table(struct store_job *job, const struct err *err)
{
	struct table_job *t = (struct table_job *)job;
	struct incidents *incidents = t->incidents;

	incidents->loading = false;
	if (!err) {
		take(incidents, &t->rows);
		take_watched(incidents, &t->watched, t->window.until_at);
	}
	/* Until the first screens are full it follows at once, then once a second. */
	if (incidents->dirty && incidents->table.count < INCIDENTS_SHOWN)
		load(incidents);
}

static void load(struct incidents *incidents)
{
	struct app *app = incidents->app;
	struct table_job *t;

	if (!app->store || incidents->loading || !incidents->watched)
		return;
	incidents->loading = true;
	incidents->dirty = false;
	incidents->to = app->window.to;
	incidents->window = (struct span){1, window_to(app) + 1};
	t = store_job_new(sizeof *t);
	t->job.run = run_table;
	t->job.end = end_table;
	t->incidents = incidents;
	t->window = incidents->window;
	store_read(app->store, &t->job);
}

/* --- one of them --- */

const struct past_row *incidents_find(const struct incidents *incidents, uint64_t id)
{
	for (size_t i = 0; i < incidents->table.count; i++)
		if (incident_id(&incidents->table.rows[i]) == id)
			return &incidents->table.rows[i];
	return NULL;
}

void incidents_watch(struct incidents *incidents, bool on)
{
	if (on && !incidents->watched)
		incidents->dirty = true;
	incidents->watched = on;
	if (on && incidents->dirty)
		load(incidents);
}

void incidents_changed(struct incidents *incidents)
{
	incidents->dirty = true;
	dossier_changed(incidents->app->dossier);
	if (incidents->table.count < INCIDENTS_SHOWN)
		load(incidents);
}

void incidents_tick(struct incidents *incidents)
{
	if (incidents->dirty || incidents->to != incidents->app->window.to)
		load(incidents);
}

bool incidents_read(struct incidents *incidents, struct span window, struct err *err)
{
	struct past_coverages covered;
	struct watch_spans watched;
	struct past_rows rows;
	struct arena arena;
	struct db *db = history_open_here(incidents->app, false, err);
	bool ok;

	if (!db)
		return false;
	arena_init(&arena, TABLE_BYTES);
	ok = past_list(db, &arena, window, PAST_MAX_LIST, &rows, err) &&
	     watch_list(db, &arena, window.from_at, &watched, err) &&
	     past_covered(db, &arena, &covered, err);
	if (ok) {
		take(incidents, &rows);
		take_watched(incidents, &watched, window.until_at);
		incidents->window = window;
		history_pull_covered(incidents->app->history, &covered);
	}
	arena_release(&arena);
	db_close(db);
	return ok;
}

/* --- what is there --- */

size_t incidents_count(const struct incidents *incidents)
{
	return incidents->table.count;
}

const struct past_row *incidents_at(const struct incidents *incidents, size_t i)
{
	return &incidents->table.rows[i];
}

uint64_t incident_id(const struct past_row *row)
{
	char source[64];

	text_to_id(row->incident.source, source, sizeof source);
	return alert_key(source, row->incident.upstream_id);
}

struct span incidents_window(const struct incidents *incidents)
{
	return incidents->window;
}

/* It pages and tells of nothing that was before it was watched. */
static bool watched_all(const struct incidents *incidents, const struct source_row *row,
	struct span window, char *out)
{
	int64_t now = incidents->app->now, since = incidents->known_since[row->number];
	char when[TIME_TEXT], words[80];

	bool here = incidents->app->live && !incidents->app->past &&
		    window.until_at + LATE_MS >= now;

	/* What is written of it is a minute old, or not there yet. */
	if (here && since == INT64_MAX && row->status.last_ok_at)
		since = incidents->app->started_at;
	if (here && source_health(row, now) > HEALTH_WAITING) {
		snprintf(out, COVERAGE_TEXT, "partial: %.60s %s", row->name,
			source_words(row, now, words, sizeof words));
		return false;
	}
	if (since <= window.from_at)
		return true;
	if (since == INT64_MAX)
		snprintf(out, COVERAGE_TEXT, "partial: nobody watches %.60s", row->name);
	else
		snprintf(out, COVERAGE_TEXT, "partial: %.60s is known since %s only",
			row->name, time_stamp(since, now, when));
	return false;
}

/* The worst that can be said of a source. */
static bool covered(const struct incidents *incidents, struct span window, char *out)
{
	const struct sources *sources = incidents->app->sources;
	bool any = false;

	for (size_t i = 1; i < sources_count(sources); i++) {
		const struct source_row *row = sources_at(sources, i);
		struct span asked = window;

		if (!row->has_past && !row->pages)
			continue;
		any = true;
		if (!row->has_past) {
			if (!watched_all(incidents, row, window, out))
				return false;
			continue;
		}
		if (asked.from_at <= 1)
			asked.from_at = row->coverage.wanted_at;
		coverage_words(&row->coverage, asked, LATE_MS, out);
		if (coverage_of(&row->coverage, asked, LATE_MS) != COVERAGE_COMPLETE)
			return false;
	}
	snprintf(out, COVERAGE_TEXT, "%s",
		any ? "complete" : "partial: no source that pages is configured");
	return any;
}

static int64_t wanted(const struct incidents *incidents)
{
	const struct sources *sources = incidents->app->sources;
	int64_t at = 0;

	for (size_t i = 1; i < sources_count(sources); i++) {
		const struct source_row *row = sources_at(sources, i);

		if (row->has_past && row->coverage.wanted_at > at)
			at = row->coverage.wanted_at;
	}
	return at;
}

bool incidents_words(const struct incidents *incidents, char *out, size_t size)
{
	const struct past_rows *table = &incidents->table;
	char says[COVERAGE_TEXT], since[TIME_TEXT], of[40] = "", from[60] = "";
	char scope[200];
	bool complete = covered(incidents, incidents->window, says);
	int64_t at = incidents->window.from_at;

	if (at <= 1)
		at = wanted(incidents);
	if (table->count < table->total)
		snprintf(of, sizeof of, " of %zu", table->total);
	if (at)
		snprintf(from, sizeof from, " since %s",
			time_stamp(at, incidents->app->now, since));
	sources_scope(incidents->app->sources, scope, sizeof scope);
	snprintf(out, size, "%zu%s%s  %s%s%s", table->count, of, from, says,
		*scope ? ", " : "", scope);
	return complete;
}
