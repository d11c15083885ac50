/* Incidents of the past on their way from the store into memory: newest first, a page
 * at a time, then what was written since. Equal texts are kept once. Hides where a page
 * ends and how rows that come again are found. Main thread; pages are read by the
 * store's reading lane. */
#include "known.h"
#include "trends_parts.h"

#include "analysis/template.h"
#include "app/history.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/time.h"
#include "store/past.h"

#include <stdio.h>
#include <string.h>

enum { PAGE = 100, SINCE_MS = 5000, OVERLAP_MS = 60000, LATE_MS = 60000 };

struct page_job {
	struct store_job job;
	struct trends *trends;
	bool first, newer; /* newer: what was written since */
	int64_t from_at, watch_from;
	struct incident_cursor cursor;
	struct incident_rows rows;
	struct hand_rows hands;
	struct watch_spans watched;
	struct past_coverages covered;
	size_t coming; /* rows in all, with the first page */
};

struct trends *trends_new(struct app *app)
{
	struct trends *trends = mem_new(1, sizeof *trends);

	trends->app = app;
	trends->days = 28;
	trends->whole_from = INT64_MAX;
	trends->clusters = clusters_new();
	map_init(&trends->by_id);
	map_init(&trends->texts);
	map_init(&trends->service_indices);
	return trends;
}

void trends_end(struct trends *trends)
{
	trends->ended = true;
}

void trends_free(struct trends *trends)
{
	void *value;

	if (!trends)
		return;
	clusters_free(trends->clusters);
	for (size_t at = 0; map_each(&trends->texts, &at, NULL, &value);) {
		struct untrusted *text = value;

		untrusted_free(*text);
		mem_free(text);
	}
	map_release(&trends->texts);
	map_release(&trends->by_id);
	map_release(&trends->service_indices);
	mem_free(trends->services);
	for (size_t i = 0; i < trends->count; i++)
		untrusted_free(trends->rows[i].upstream_id);
	mem_free(trends->rows);
	mem_free(trends->drill.indices);
	trends_view_free(trends->view);
	mem_free(trends);
}

/* --- rows --- */

/* Each text that rows may share once, for as long as the program runs. */
static struct untrusted keep_text(struct trends *trends, struct untrusted text)
{
	uint64_t hash = untrusted_hash(text);
	struct untrusted *known;

	if (untrusted_empty(text))
		return UNTRUSTED_NONE;
	for (;; hash++) {
		known = map_get(&trends->texts, &hash, sizeof hash);
		if (known && untrusted_eq(*known, text))
			return *known;
		if (!known)
			break;
	}
	known = mem_new(1, sizeof *known);
	*known = untrusted_keep(text, INCIDENT_MAX_TEXT);
	map_put(&trends->texts, &hash, sizeof hash, known);
	return *known;
}

static uint32_t service_index(struct trends *trends, struct untrusted service)
{
	uint64_t key = template_service(service);
	uintptr_t known = (uintptr_t)map_get(&trends->service_indices, &key, sizeof key);

	if (known)
		return (uint32_t)(known - 1);
	MEM_ROOM(trends->services, trends->service_count, trends->service_cap);
	trends->services[trends->service_count++] = keep_text(trends, service);
	map_put(&trends->service_indices, &key, sizeof key,
		(void *)(uintptr_t)trends->service_count);
	return (uint32_t)trends->service_count - 1;
}

/* What the pager calls urgent; else as severe as it was. */
static uint8_t urgency_of(const struct incident_row *row)
{
	if (row->urgency == URGENCY_HIGH)
		return PAST_HIGH;
	return row->urgency == URGENCY_LOW ? PAST_LOW
					   : (uint8_t)(PAST_SEVERITY + row->severity);
}

static void fill(
	struct trends *trends, struct past_incident *p, const struct incident_row *row)
{
	p->summary = keep_text(trends, row->summary);
	p->who = keep_text(trends,
		untrusted_empty(row->resolved_by) ? row->acked_by : row->resolved_by);
	p->taken_at = row->taken_at;
	p->ended_at = row->ended_at;
	p->ended_after_at = row->ended_after_at;
	p->number = row->number;
	p->severity = (uint8_t)row->severity;
	p->state = (uint8_t)row->state;
	p->urgency = urgency_of(row);
	p->flags =
		(uint8_t)((row->pages && row->urgency != URGENCY_LOW ? TREND_PAGES : 0) |
			  (row->echo && !row->pages ? TREND_ECHO : 0) |
			  (row->acted & INCIDENT_ACTED ? TREND_ACTED : 0) |
			  (row->acted & INCIDENT_BY_HAND ? TREND_BY_HAND : 0));
}

static void take_row(struct trends *trends, const struct incident_row *row)
{
	uint64_t id = untrusted_hash(row->id);
	uintptr_t known = (uintptr_t)map_get(&trends->by_id, &id, sizeof id);
	struct past_incident *p;

	if (row->updated_at > trends->since.at)
		trends->since = incident_cursor_at(row->updated_at);
	if (known) {
		fill(trends, &trends->rows[known - 1], row);
		return;
	}
	if (trends->count == TRENDS_MAX_ROWS || row->started_at < trends->from_at)
		return;
	MEM_ROOM(trends->rows, trends->count, trends->cap);
	p = &trends->rows[trends->count++];
	*p = (struct past_incident){.id = id, .started_at = row->started_at};
	p->title = keep_text(trends, row->title);
	p->service = keep_text(trends, row->service);
	p->source = keep_text(trends, row->source);
	p->upstream_id = untrusted_keep(row->upstream_id, INCIDENT_MAX_TEXT);
	p->service_index = service_index(trends, row->service);
	p->cell =
		clusters_add(trends->clusters, row->title, row->service, row->started_at);
	fill(trends, p, row);
	map_put(&trends->by_id, &id, sizeof id, (void *)(uintptr_t)trends->count);
}

/* --- since when all is known --- */

/* Those that page, and when there is none, all but this host. */
static int64_t all_watched_since(const struct page_job *p)
{
	const struct app *app = p->trends->app;
	int64_t since = 0;
	bool pagers = sources_page(app->sources), any = false;

	for (size_t i = 1; i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_at(app->sources, i);
		int64_t one;

		if (pagers && !row->pages)
			continue;
		any = true;
		one = known_since(&p->watched, &p->covered,
			&(struct known_source){row->name, row->rc ? row->rc->scope : ""},
			app->now);
		since = one > since ? one : since;
	}
	return any ? since : INT64_MAX;
}

/* --- pages --- */

static bool read_page(
	struct page_job *p, struct db *db, struct arena *arena, struct err *err)
{
	if (p->first && (!hand_list(db, arena, &p->hands, err) ||
				!incident_count(db, p->from_at, TRENDS_MAX_ROWS,
					&p->coming, err)))
		return false;
	if (!watch_list(db, arena, p->watch_from, &p->watched, err) ||
		!past_covered(db, arena, &p->covered, err))
		return false;
	if (p->newer)
		return incident_since(db, arena, &p->cursor, PAGE, &p->rows, err);
	return incident_span(db, arena, p->from_at, &p->cursor, PAGE, &p->rows, err);
}

static void begin_page(struct trends *trends, struct page_job *p)
{
	int64_t now = trends->app->now;

	p->trends = trends;
	p->first = !trends->begun;
	p->newer = trends->whole;
	if (p->first) {
		trends->from_at = now - TRENDS_HISTORY_DAYS * DAY_MS;
		trends->cursor = incident_cursor_at(now + DAY_MS);
		trends->begun = true;
	}
	p->from_at = p->watch_from = trends->from_at;
	p->cursor = p->newer ? trends->since : trends->cursor;
	/* What was committed late carries an earlier time. */
	if (p->newer && !p->cursor.id[0])
		p->cursor.at -= OVERLAP_MS;
}

static void take_page(struct trends *trends, const struct page_job *p)
{
	int64_t newest = trends->since.at;

	if (p->coming) {
		/* It is not copied while pages come; maps grow piece by piece. */
		trends->cap = p->coming;
		trends->rows =
			mem_resize(trends->rows, trends->cap, sizeof *trends->rows);
	}
	for (size_t i = 0; i < p->hands.count; i++)
		clusters_label(trends->clusters, p->hands.rows[i].title,
			p->hands.rows[i].service, (uint64_t)p->hands.rows[i].label);
	for (size_t i = 0; i < p->rows.count; i++)
		take_row(trends, &p->rows.rows[i]);
	trends->whole_from = all_watched_since(p);
	if (!p->newer) {
		trends->cursor = p->cursor;
		trends->whole = p->rows.count < PAGE || trends->count == TRENDS_MAX_ROWS;
	} else if (p->rows.count == PAGE) {
		trends->since = p->cursor;
	} else {
		trends->since.id[0] = '\0';
	}
	if (trends->since.at > newest || !p->newer)
		trends->stale = true;
	/* What was not read is not known. */
	if (trends->count == TRENDS_MAX_ROWS || !trends->whole)
		if (trends->cursor.at > trends->whole_from)
			trends->whole_from = trends->cursor.at;
	if (trends->from_at > trends->whole_from)
		trends->whole_from = trends->from_at;
}

static bool run_page(struct store_job *job, struct db *db, struct err *err)
{
	return read_page((struct page_job *)job, db, &job->arena, err);
}

static void ask(struct trends *trends);

static void end_page(struct store_job *job, const struct err *err)
{
	struct page_job *p = (struct page_job *)job;
	struct trends *trends = p->trends;

	trends->asked = false;
	if (trends->ended)
		return;
	trends->read_at = trends->app->now;
	if (err) {
		snprintf(trends->error, sizeof trends->error, "%s", err->text);
		return;
	}
	trends->error[0] = '\0';
	take_page(trends, p);
	app_changed(trends->app, CHANGED_TRENDS);
	if (!trends->whole || (p->newer && p->rows.count == PAGE))
		ask(trends);
	if (trends->stale && (trends->whole || !trends->view))
		trends_compute(trends, false);
}

static void ask(struct trends *trends)
{
	struct page_job *p;

	if (trends->asked || !trends->app->store || trends->ended)
		return;
	trends->asked = true;
	p = store_job_new(sizeof *p);
	p->job.run = run_page;
	p->job.end = end_page;
	begin_page(trends, p);
	store_read(trends->app->store, &p->job);
}

bool trends_read_here(struct trends *trends, struct err *err)
{
	struct db *db = history_db(trends->app, err);
	struct past_coverages covered;
	struct arena arena;
	bool ok = db != NULL;

	arena_init(&arena, 32 << 20);
	if (ok && past_covered(db, &arena, &covered, NULL))
		history_pull_covered(trends->app->history, &covered);
	while (ok && !trends->whole) {
		struct page_job p = {0};

		arena_reset(&arena);
		begin_page(trends, &p);
		ok = read_page(&p, db, &arena, err);
		if (ok)
			take_page(trends, &p);
	}
	arena_release(&arena);
	db_close(db);
	if (ok)
		trends_compute(trends, true);
	return ok;
}

void trends_watch(struct trends *trends, bool on)
{
	trends->watchers += on ? 1 : -1;
	if (on && !trends->begun)
		ask(trends);
}

void trends_tick(struct trends *trends, int64_t now)
{
	if (trends->watchers <= 0)
		return;
	if (!trends->whole || now - trends->read_at >= SINCE_MS)
		ask(trends);
	if (now - trends->computed_at >= MINUTE_MS)
		trends->stale = trends->begun;
	if (trends->stale && !trends->computing && now - trends->computed_at >= SECOND_MS)
		trends_compute(trends, false);
}

size_t trends_known(const struct trends *trends)
{
	return trends->count;
}

const char *trends_state(const struct trends *trends)
{
	if (trends->error[0])
		return trends->error;
	if (!trends->app->store)
		return trends->app->demo ? "The demo has no past."
					 : "There is no store, so there is no past.";
	if (!trends->view)
		return "Reading the past...";
	return "No incidents in this span.";
}

/* --- by hand --- */

static bool store_hands(
	struct trends *trends, const struct hand_row *rows, size_t n, struct err *err)
{
	struct app *app = trends->app;
	struct db *db;
	bool ok;

	if (app->store) {
		hand_put_later(app->store, rows, n, (struct store_then){0});
		return true;
	}
	db = history_db(app, err);
	ok = db && db_begin(db, err);
	if (ok) {
		ok = hand_put(db, rows, n, err) && db_commit(db, err);
		if (!ok)
			db_rollback(db);
	}
	db_close(db);
	return ok;
}

/* All cells for which `wanted` is set get a label of their own. */
static bool label_cells(struct trends *trends, const bool *wanted, struct err *err)
{
	size_t n = clusters_cells(trends->clusters), count = 0;
	struct hand_row *rows = mem_new(n + 1, sizeof *rows);
	int64_t label = (int64_t)(random_u64() >> 1) | 1;
	bool ok;

	for (uint32_t i = 0; i < n; i++) {
		const struct cluster_cell *cell = clusters_cell(trends->clusters, i);

		if (wanted[i])
			rows[count++] =
				(struct hand_row){cell->title, cell->service, label};
	}
	ok = store_hands(trends, rows, count, err);
	for (size_t i = 0; ok && i < count; i++)
		clusters_label(trends->clusters, rows[i].title, rows[i].service,
			(uint64_t)label);
	mem_free(rows);
	return ok;
}

static void regroup(struct trends *trends)
{
	clusters_settle(trends->clusters);
	trends->stale = true;
	trends_compute(trends, !trends->app->store);
}

bool trends_merge(
	struct trends *trends, const uint64_t *rows, size_t count, struct err *err)
{
	size_t n = clusters_cells(trends->clusters), found = 0;
	bool *wanted = mem_new(n + 1, sizeof *wanted), ok;

	for (size_t k = 0; k < clusters_count(trends->clusters); k++) {
		const struct cluster *cluster = clusters_at(trends->clusters, k);
		bool named = false;

		for (size_t i = 0; i < count; i++)
			named |= rows[i] == cluster->id;
		found += named;
		for (uint32_t i = 0; named && i < n; i++)
			wanted[i] |= clusters_of(trends->clusters, i) == k;
	}
	ok = found >= 2 ||
	     err_set(err, ERR_USAGE, "two problems or more are merged: mark them first");
	ok = ok && label_cells(trends, wanted, err);
	mem_free(wanted);
	if (ok)
		regroup(trends);
	return ok;
}

bool trends_split(
	struct trends *trends, const uint64_t *incidents, size_t count, struct err *err)
{
	size_t n = clusters_cells(trends->clusters), left = 0, taken = 0;
	bool *apart = mem_new(n + 1, sizeof *apart), *rest = mem_new(n + 1, sizeof *rest);
	size_t of = SIZE_MAX;
	bool ok;

	for (size_t i = 0; i < count; i++) {
		const struct past_incident *p = trends_incident(trends, incidents[i]);

		if (!p)
			continue;
		of = clusters_of(trends->clusters, p->cell);
		apart[p->cell] = true;
		taken++;
	}
	for (uint32_t i = 0; i < n; i++) {
		rest[i] = !apart[i] && clusters_of(trends->clusters, i) == of;
		left += rest[i];
	}
	ok = taken || err_set(err, ERR_USAGE, "select an incident of the past first");
	ok = ok && (left || err_set(err, ERR_USAGE,
				    "all its incidents have the same template and "
				    "service: there is nothing to split"));
	ok = ok && label_cells(trends, apart, err) && label_cells(trends, rest, err);
	mem_free(apart);
	mem_free(rest);
	if (ok)
		regroup(trends);
	return ok;
}
