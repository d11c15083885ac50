/* The store's index of steps follows the audit: all its rows are looked at when some have
 * come, and what is not written yet, or had no outcome then, is. Hides that an alert's
 * incident may page only after a step was run for it. Main thread. */
#include "deeds.h"

#include "app/alerts.h"
#include "app/history.h"
#include "app/problems.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "model/alert.h"
#include "model/timeline.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { AT_ONCE = 500, READ_MS = 60000, PAGES_MS = 5000, ROWS_BYTES = 4 << 20 };

#define PAGE_WITHIN_MS (12 * HOUR_MS)

struct deeds {
	struct app *app;
	struct map written; /* "CHAIN SEQ": 1 begun, 2 over */
	uint64_t version;   /* of the audit's rows, as they were looked at */
	int64_t read_at, pages_at;
	bool began;
};

struct deeds *deeds_new(struct app *app)
{
	struct deeds *deeds = mem_new(1, sizeof *deeds);

	deeds->app = app;
	map_init(&deeds->written);
	return deeds;
}

void deeds_free(struct deeds *deeds)
{
	if (!deeds)
		return;
	map_release(&deeds->written);
	mem_free(deeds);
}

/* --- a row --- */

static bool counts(const struct audit_row *row)
{
	return (row->is_intent && row->step) || !strcmp(row->event, DEED_PROPOSED);
}

/* Borrows from the row. */
static struct step_row row_of(const struct app *app, const struct audit_row *a)
{
	return (struct step_row){.chain = untrusted_str(audits_chain(app->audits)),
		.seq = (int64_t)a->seq,
		.at = a->at,
		.ended_at = a->ended_at,
		.source = untrusted_str(a->source),
		.upstream_id = a->id,
		.event = untrusted_str(a->event),
		.runbook = untrusted_str(a->book),
		.title = untrusted_str(a->title),
		.class = untrusted_str(a->class),
		.who = untrusted_str(a->who),
		.origin = untrusted_str(a->origin),
		.place = a->target,
		/* The sentence of an error says nothing of how it ended. */
		.result = untrusted_str(!a->is_intent  ? a->result
					: !a->ended_at ? ""
					: *a->state    ? a->state
					: a->failed    ? "failed"
						       : a->result),
		.step = a->step};
}

enum run_state deed_state(const struct step_row *row)
{
	int64_t code = 0;

	if (!row->ended_at)
		return RUN_UNKNOWN;
	for (int s = RUN_DONE; s < RUN_STATE_COUNT; s++)
		if (untrusted_is(row->result, run_state_names[s]))
			return (enum run_state)s;
	if (untrusted_starts(row->result, "exit ") &&
		untrusted_to_i64(untrusted_slice(row->result, 5, SIZE_MAX), &code))
		return code ? RUN_FAILED : RUN_DONE;
	return untrusted_starts(row->result, "stopped") ? RUN_STOPPED : RUN_DONE;
}

enum run_state deed_state_of(const struct audit_row *row)
{
	const struct step_row as = {.ended_at = row->ended_at,
		.result = untrusted_str(*row->state   ? row->state
					: row->failed ? "failed"
						      : row->result)};

	return deed_state(&as);
}

const char *deed_words(const struct step_row *row, struct arena *arena)
{
	bool alone = untrusted_starts(row->origin, "trigger ");
	char text[240], origin[100];

	text_line(row->origin, origin, sizeof origin);
	snprintf(text, sizeof text, "%s%s%s", run_state_names[deed_state(row)],
		alone ? ", by " : "", alone ? origin : "");
	return arena_strdup(arena, text);
}

void deed_line(struct timeline *timeline, const struct step_row *row, struct arena *arena)
{
	struct timeline_line line = {.at = row->at,
		.from = TIMELINE_COMMAND,
		.text = row->title,
		.data = "audit log"};
	char text[400], name[100], why[240];

	if (!row->step) {
		line.words = "runbook proposed";
		line.text = row->runbook;
		snprintf(text, sizeof text, "by %s: %.240s",
			text_line(row->origin, name, sizeof name),
			text_line(row->result, why, sizeof why));
	} else {
		str_copy(text, sizeof text, deed_words(row, arena));
		line.bad = deed_state(row) != RUN_DONE;
	}
	line.more = arena_strdup(arena, text);
	/* Of old records only the number is known. */
	if (row->step && untrusted_empty(row->title)) {
		snprintf(text, sizeof text, "%.100s step %lld",
			text_line(row->runbook, name, sizeof name), (long long)row->step);
		line.text = untrusted_copy(arena, untrusted_str(text));
	}
	timeline_add(timeline, &line);
}

static bool is_whom(
	struct untrusted source, struct untrusted id, const struct step_whom *w)
{
	return !untrusted_empty(id) && untrusted_eq(source, w->source) &&
	       untrusted_eq(id, w->upstream_id);
}

static bool is_within(const struct step_row *row, const struct step_query *query)
{
	return row->at >= query->from && (!query->until || row->at < query->until);
}

bool deed_is_of(const struct step_row *row, const struct step_query *query)
{
	if (!is_within(row, query))
		return false;
	for (size_t i = 0; i < query->count; i++)
		if (is_whom(row->source, row->upstream_id, &query->whom[i]) ||
			is_whom(row->page_source, row->page_id, &query->whom[i]))
			return true;
	return false;
}

static struct step_row *listed(const struct step_rows *list, const struct step_row *row)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->rows[i].seq == row->seq &&
			untrusted_eq(list->rows[i].chain, row->chain))
			return &list->rows[i];
	return NULL;
}

bool deed_listed(const struct step_rows *list, const struct step_row *row)
{
	return listed(list, row) != NULL;
}

void deed_copy(struct arena *arena, const struct step_row *from, struct step_row *to)
{
	struct untrusted *texts[] = {&to->chain, &to->source, &to->upstream_id,
		&to->page_source, &to->page_id, &to->event, &to->runbook, &to->title,
		&to->class, &to->who, &to->origin, &to->place, &to->result};

	*to = *from;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		*texts[i] = untrusted_copy(arena, *texts[i]);
}

void deeds_add_recent(const struct app *app, const struct step_query *query,
	struct arena *arena, struct step_rows *list)
{
	const struct step_rows before = *list;
	size_t count = audits_count(app->audits), room = before.count;

	for (size_t i = 0; i < count; i++)
		room += counts(audits_row(app->audits, i));
	list->rows = arena_alloc(arena, (room + 1) * sizeof *list->rows);
	if (!list->rows) {
		*list = before;
		return;
	}
	if (before.count)
		memcpy(list->rows, before.rows, before.count * sizeof *list->rows);
	for (size_t i = 0; i < count; i++) {
		const struct audit_row *a = audits_row(app->audits, i);
		struct step_row row, *known;

		if (!counts(a))
			continue;
		row = row_of(app, a);
		if (query->count ? !deed_is_of(&row, query) : !is_within(&row, query))
			continue;
		/* The audit has each of them once. */
		known = listed(
			&(struct step_rows){.rows = list->rows, .count = before.count},
			&row);
		if (!known) {
			deed_copy(arena, &row, &list->rows[list->count++]);
		} else if (!known->ended_at && row.ended_at) {
			known->ended_at = row.ended_at;
			known->result = untrusted_copy(arena, row.result);
		}
	}
}

/* --- into the store --- */

static bool writes(const struct deeds *deeds)
{
	const struct app *app = deeds->app;

	return app->live && !app->demo && app->store && history_keeps(app->history);
}

/* False: it is there as it is. */
static bool is_news(struct deeds *deeds, const struct step_row *row)
{
	char key[ID_TEXT + 24];
	uintptr_t state = row->ended_at || !row->step ? 2 : 1, had;
	int n;

	n = snprintf(key, sizeof key, "%s %lld", audits_chain(deeds->app->audits),
		(long long)row->seq);
	had = (uintptr_t)map_get(&deeds->written, key, (size_t)n);
	if (had >= state)
		return false;
	map_put(&deeds->written, key, (size_t)n, (void *)state);
	return true;
}

static void index_rows(struct deeds *deeds)
{
	const struct app *app = deeds->app;
	struct step_row *rows = mem_new(AT_ONCE, sizeof *rows);
	size_t count = audits_count(app->audits), n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct audit_row *a = audits_row(app->audits, i);

		if (!counts(a))
			continue;
		rows[n] = row_of(app, a);
		n += is_news(deeds, &rows[n]);
		if (n == AT_ONCE) {
			step_put_later(app->store, rows, n, (struct store_then){0});
			n = 0;
		}
	}
	if (n)
		step_put_later(app->store, rows, n, (struct store_then){0});
	mem_free(rows);
}

/* --- the incident it paged with --- */

/* Only once for each: the statement looks for what has none. */
static void join_pages(struct deeds *deeds)
{
	const struct app *app = deeds->app;

	for (size_t i = audits_count(app->audits); i-- > 0;) {
		const struct audit_row *a = audits_row(app->audits, i);
		const struct alert *alert, *page;
		char key[ID_TEXT + 24];
		int n;

		if (a->at < app->now - PAGE_WITHIN_MS)
			break;
		if (!counts(a) || !*a->source || untrusted_empty(a->id))
			continue;
		n = snprintf(key, sizeof key, "page %lld", (long long)a->seq);
		if (map_get(&deeds->written, key, (size_t)n))
			continue;
		alert = alerts_find(app->alerts, alert_key(a->source, a->id));
		page = alert && !alert->pages ? problem_pages(app, alert, NULL) : NULL;
		if (!page)
			continue;
		map_put(&deeds->written, key, (size_t)n, deeds);
		step_page_later(app->store,
			&(struct step_whom){untrusted_str(a->source), a->id},
			alert->started_at,
			&(struct step_whom){
				untrusted_str(
					sources_row(app->sources, page->source)->name),
				alert_text(page, ALERT_ID)});
	}
}

void deeds_soon(struct deeds *deeds)
{
	audits_want(deeds->app->audits);
}

void deeds_tick(struct deeds *deeds, int64_t now)
{
	const struct app *app = deeds->app;

	if (!writes(deeds))
		return;
	if (!deeds->began || now - deeds->read_at >= READ_MS) {
		deeds->began = true;
		deeds->read_at = now;
		audits_want(app->audits);
	}
	if (deeds->version != audits_version(app->audits)) {
		deeds->version = audits_version(app->audits);
		index_rows(deeds);
		deeds->pages_at = 0;
	}
	if (now - deeds->pages_at >= PAGES_MS) {
		deeds->pages_at = now;
		join_pages(deeds);
	}
}
