/* What the store knows of a shift, loaded and counted: incidents of the shift and the
 * four weeks before it, changes, actions, follow-ups, the draft; who watched, and when
 * nobody did. An incident belongs to the shift in which it began; one that was open at
 * the shift's start is listed beside, never counted again. Any thread; touches the facts
 * and the db only. */
#include "deeds.h"
#include "handoff_facts.h"
#include "known.h"

#include "analysis/cluster.h"
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "store/change.h"
#include "store/incident.h"
#include "store/past.h"
#include "store/watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	PAGE = 2000,
	PAGE_BYTES = 64 << 20,
	TITLE_MOST = 200,
	NAME_MOST = 100,
	NEAR_MS = 60 * 60 * 1000, /* a change so long before a page is told with it */
};

/* Sleep 23 to 7, work 9 to 18 on Monday to Friday, on the schedule's wall clock. */
static const struct trend_hours usual = {
	.sleep_from = 23, .sleep_to = 7, .work_from = 9, .work_to = 18, .work_days = 31};

static struct untrusted keep(struct handoff_facts *f, struct untrusted text, size_t most)
{
	return untrusted_copy(&f->arena, untrusted_slice(text, 0, most));
}

static int64_t weeks_ago(const struct handoff_facts *f, int64_t at, int weeks)
{
	return zone_shift(&f->handoff.plan.zone, at, -7 * weeks);
}

/* --- loading --- */

static void take_incident(struct handoff_facts *f, const struct incident_row *row,
	struct handoff_incident *to)
{
	bool by_hand = row->acted & INCIDENT_BY_HAND;

	*to = (struct handoff_incident){.title = keep(f, row->title, TITLE_MOST),
		.service = keep(f, row->service, NAME_MOST),
		.source = keep(f, row->source, NAME_MOST),
		.upstream_id = keep(f, row->upstream_id, NAME_MOST),
		.who = keep(f,
			untrusted_empty(row->resolved_by) ? row->acked_by
							  : row->resolved_by,
			NAME_MOST),
		.started_at = row->started_at,
		.taken_at = row->taken_at,
		.ended_at = row->ended_at,
		.ended_after_at = row->ended_after_at,
		.number = row->number,
		.severity = row->severity,
		.pages = row->pages && row->urgency != URGENCY_LOW,
		.low = row->pages && row->urgency == URGENCY_LOW,
		.echo = row->echo && !row->pages,
		.acted = row->acted != 0,
		.by_hand = by_hand};
}

static bool load_incidents(struct handoff_facts *f, struct db *db, struct err *err)
{
	struct incident_cursor cursor = incident_cursor_at(f->to_at);
	int64_t from = weeks_ago(f, f->shift.from_at, HANDOFF_WEEKS);
	size_t cap = 0;
	bool more = true, fine = true;
	struct arena page;

	arena_init(&page, PAGE_BYTES);
	f->incident_count = f->in_shift = 0;
	while (fine && more && !f->cut) {
		struct incident_rows rows;

		arena_reset(&page);
		fine = incident_span(db, &page, from, &cursor, PAGE, &rows, err);
		more = fine && rows.count == PAGE;
		for (size_t i = 0; fine && i < rows.count; i++) {
			if (f->incident_count == cap) {
				struct handoff_incident *old = f->incidents;

				cap = cap ? 2 * cap : PAGE;
				f->incidents = arena_alloc(
					&f->arena, cap * sizeof *f->incidents);
				if (!f->incidents)
					break;
				if (f->incident_count)
					memcpy(f->incidents, old,
						f->incident_count * sizeof *old);
			}
			take_incident(f, &rows.rows[i], &f->incidents[f->incident_count]);
			f->in_shift += rows.rows[i].started_at >= f->shift.from_at;
			f->incident_count++;
		}
		f->cut = f->incident_count >= HANDOFF_MAX_INCIDENTS || f->arena.full;
	}
	arena_release(&page);
	return fine;
}

static bool load_carried(struct handoff_facts *f, struct db *db, struct err *err)
{
	struct incident_rows rows;
	struct arena page;
	bool fine;

	arena_init(&page, PAGE_BYTES);
	fine = incident_at(
		db, &page, f->shift.from_at - 1, INCIDENT_MAX_LIST, &rows, err);
	f->carried = fine ? arena_alloc(&f->arena, (rows.count + 1) * sizeof *f->carried)
			  : NULL;
	f->carried_count = 0;
	for (size_t i = 0; f->carried && i < rows.count; i++)
		take_incident(f, &rows.rows[i], &f->carried[f->carried_count++]);
	arena_release(&page);
	return fine;
}

/* The first page within an hour after a change. */
static int64_t page_after(const struct handoff_facts *f, int64_t at)
{
	int64_t best = -1;

	for (size_t i = 0; i < f->in_shift; i++) {
		const struct handoff_incident *in = &f->incidents[i];

		if (in->started_at < at)
			break;
		if (handoff_counted(f, in) && in->started_at - at <= NEAR_MS)
			best = in->started_at - at;
	}
	return best;
}

static bool load_changes(struct handoff_facts *f, struct db *db, struct err *err)
{
	struct change_query query = {f->shift.from_at, f->to_at};
	struct change_rows rows;
	struct arena page;
	bool fine;

	arena_init(&page, PAGE_BYTES);
	fine = change_span(db, &page, query, &rows, err);
	f->changes = fine ? arena_alloc(&f->arena, (rows.count + 1) * sizeof *f->changes)
			  : NULL;
	f->change_count = 0;
	f->changes_more = fine && rows.cut;
	for (size_t i = 0; f->changes && i < rows.count; i++)
		f->changes[f->change_count++] = (struct handoff_change){
			.summary = keep(f, rows.rows[i].summary, TITLE_MOST),
			.service = keep(f, rows.rows[i].service, NAME_MOST),
			.source = keep(f, rows.rows[i].source, NAME_MOST),
			.link = untrusted_copy(&f->arena, rows.rows[i].link),
			.at = rows.rows[i].at};
	arena_release(&page);
	return fine;
}

static bool load_acts(struct handoff_facts *f, struct db *db, struct err *err)
{
	struct outbox_rows rows;
	struct arena page;
	bool fine;

	arena_init(&page, PAGE_BYTES);
	fine = outbox_list(db, &page, OUTBOX_MAX_LIST, &rows, err);
	f->acts =
		fine ? arena_alloc(&f->arena, (rows.count + 1) * sizeof *f->acts) : NULL;
	f->act_count = 0;
	for (size_t i = 0; f->acts && i < rows.count; i++) {
		const struct outbox_row *row = &rows.rows[i];

		if (row->state != OUTBOX_CONFIRMED || row->done_at < f->shift.from_at ||
			row->done_at >= f->to_at || row->action.verb == ACTION_MAIL)
			continue;
		f->acts[f->act_count++] = (struct handoff_act){
			.verb = action_verbs[row->action.verb].name,
			.title = keep(f, row->action.texts[ACTION_TITLE], TITLE_MOST),
			.by = keep(f, row->action.texts[ACTION_BY], NAME_MOST),
			.at = row->done_at};
	}
	arena_release(&page);
	return fine;
}

/* The incident's title, when it is among those that are known. */
static struct untrusted about(const struct handoff_facts *f, const struct step_row *row)
{
	for (size_t i = 0; i < f->incident_count; i++) {
		const struct handoff_incident *in = &f->incidents[i];

		if ((untrusted_eq(in->upstream_id, row->upstream_id) &&
			    untrusted_eq(in->source, row->source)) ||
			(untrusted_eq(in->upstream_id, row->page_id) &&
				untrusted_eq(in->source, row->page_source)))
			return in->title;
	}
	return row->upstream_id;
}

/* By itself, or by somebody; what is proposed counts for itself. */
static bool same_deed(const struct step_row *a, const struct step_row *b)
{
	return a->step && b->step && untrusted_eq(a->runbook, b->runbook) &&
	       untrusted_eq(a->source, b->source) &&
	       untrusted_eq(a->upstream_id, b->upstream_id) &&
	       untrusted_eq(a->who, b->who) &&
	       untrusted_starts(a->origin, "trigger ") ==
		       untrusted_starts(b->origin, "trigger ");
}

static void take_deeds(struct handoff_facts *f, const struct step_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct step_row *row = &rows->rows[i];
		bool alone = untrusted_starts(row->origin, "trigger ");
		struct handoff_deed *to;
		size_t k = i;

		while (k > 0 && !same_deed(&rows->rows[k - 1], row))
			k--;
		if (row->step && k > 0)
			continue;
		to = &f->deeds[f->deed_count++];
		*to = (struct handoff_deed){.runbook = keep(f, row->runbook, NAME_MOST),
			.about = keep(f, about(f, row), TITLE_MOST),
			.who = keep(f, alone ? row->origin : row->who, NAME_MOST),
			.at = row->at};
		if (!row->step)
			to->why = keep(f, row->result, TITLE_MOST);
		for (k = i; row->step && k < rows->count; k++) {
			if (!same_deed(&rows->rows[k], row))
				continue;
			to->steps++;
			to->bad += deed_state(&rows->rows[k]) != RUN_DONE;
		}
	}
}

static bool load_deeds(struct handoff_facts *f, struct db *db, struct err *err)
{
	struct step_rows rows, all = {.rows = NULL};
	struct arena page;
	bool fine;

	arena_init(&page, PAGE_BYTES);
	fine = step_span(db, &page, f->shift.from_at, f->to_at, &rows, err);
	all.rows = fine ? arena_alloc(&page,
				  (rows.count + f->recent.count + 1) * sizeof *all.rows)
			: NULL;
	for (size_t i = 0; all.rows && i < rows.count; i++)
		all.rows[all.count++] = rows.rows[i];
	for (size_t i = 0; all.rows && i < f->recent.count; i++)
		if (!deed_listed(&all, &f->recent.rows[i]))
			all.rows[all.count++] = f->recent.rows[i];
	f->deed_count = 0;
	f->deeds = arena_alloc(&f->arena, (all.count + 1) * sizeof *f->deeds);
	if (f->deeds)
		take_deeds(f, &all);
	arena_release(&page);
	return fine;
}

/* --- who watched --- */

static void gap(struct handoff_facts *f, const char *source, int64_t from, int64_t to)
{
	if (to - from <= HANDOFF_GAP_MS)
		return;
	f->gap_ms += to - from;
	f->complete = false;
	if (f->gap_count == HANDOFF_MAX_GAPS)
		f->gaps_more++;
	else
		f->gaps[f->gap_count++] = (struct handoff_gap){source, from, to};
}

/* What was read of its history counts as watched. From `at` on without a hole, and when
 * it goes on behind the hole. */
static int64_t watched_until(const struct watch_spans *list, const char *source,
	struct span known, int64_t at, int64_t *next)
{
	int64_t until = known.from_at <= at && known.until_at > at ? known.until_at : at;

	if (known.from_at > at && known.from_at < *next)
		*next = known.from_at;
	for (size_t i = 0; i < list->count; i++) {
		const struct watch_span *span = &list->spans[i];

		if (!untrusted_is(span->source, source))
			continue;
		if (span->from_at > until && span->from_at < *next)
			*next = span->from_at;
		if (span->from_at <= until && span->until_at > until)
			until = span->until_at;
	}
	return until;
}

/* Changes are read while a source is watched, and what was shortly before that. */
static int64_t changes_since(const struct handoff_facts *f,
	const struct watch_spans *list, const struct handoff_source *source)
{
	int64_t since = f->to_at, before;

	do {
		before = since;
		for (size_t i = 0; i < list->count; i++) {
			const struct watch_span *span = &list->spans[i];
			int64_t from = span->from_at - source->changes_ms;

			if (untrusted_is(span->source, source->name) && from < since &&
				span->until_at + HANDOFF_GAP_MS >= since)
				since = from;
		}
	} while (since != before);
	return since;
}

static bool load_watch(struct handoff_facts *f, struct db *db, struct err *err)
{
	struct past_coverages covered;
	struct watch_spans list;
	struct arena page;
	bool fine;

	arena_init(&page, PAGE_BYTES);
	fine = watch_list(db, &page, f->shift.from_at, &list, err) &&
	       past_covered(db, &page, &covered, err);
	f->gap_count = f->gaps_more = 0;
	f->gap_ms = f->changes_from = 0;
	for (size_t s = 0; fine && s < f->source_count; s++) {
		int64_t since = f->sources[s].changes_ms
					? changes_since(f, &list, &f->sources[s])
					: 0;

		if (since > f->shift.from_at && since > f->changes_from)
			f->changes_from = since;
	}
	for (size_t s = 0; fine && s < f->source_count; s++) {
		const char *name = f->sources[s].name;
		struct span known = known_past(
			&covered, &(struct known_source){name, f->sources[s].scope});
		int64_t at = f->shift.from_at;

		while (at < f->to_at) {
			int64_t next = f->to_at;
			int64_t until = watched_until(&list, name, known, at, &next);

			if (until == at) {
				gap(f, name, at, next);
				until = next;
			}
			at = until;
		}
	}
	arena_release(&page);
	return fine;
}

/* --- counting --- */

bool handoff_has_runbook(const struct handoff_facts *f, struct untrusted title)
{
	for (size_t i = 0; i < f->match_count; i++) {
		struct untrusted rest = f->matches[i], word;

		while (untrusted_word(&rest, "[], \t", &word))
			if (untrusted_eq(word, title))
				return true;
	}
	return false;
}

bool handoff_counted(const struct handoff_facts *f, const struct handoff_incident *in)
{
	return in->pages || (!f->pages && !in->low && !in->echo);
}

/* Oldest first, those that are counted. */
static struct trend_fact *make_facts(
	const struct handoff_facts *f, struct clusters *clusters, size_t *count)
{
	struct trend_fact *facts = mem_new(f->incident_count + 1, sizeof *facts);

	*count = 0;
	for (size_t i = 0; i < f->hands.count; i++)
		clusters_label(clusters, f->hands.rows[i].title, f->hands.rows[i].service,
			(uint64_t)f->hands.rows[i].label);
	for (size_t i = f->incident_count; i-- > 0;) {
		struct handoff_incident *in = &f->incidents[i];
		struct trend_fact *to = &facts[*count];

		if (!handoff_counted(f, in))
			continue;
		*to = (struct trend_fact){.started_at = in->started_at,
			.acked_at = in->taken_at,
			.ended_at = in->ended_at,
			.flags = (uint8_t)(TREND_PAGES | (in->acted ? TREND_ACTED : 0) |
					   (in->by_hand ? TREND_BY_HAND : 0))};
		in->problem =
			clusters_add(clusters, in->title, in->service, in->started_at);
		to->problem = in->problem;
		(*count)++;
	}
	clusters_settle(clusters);
	for (size_t i = 0; i < *count; i++)
		facts[i].problem = (uint32_t)clusters_of(clusters, facts[i].problem);
	return facts;
}

static int rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void count_weeks(struct handoff_facts *f, const struct trend_input *in)
{
	double counts[HANDOFF_WEEKS];

	for (int week = 1; week <= HANDOFF_WEEKS; week++)
		counts[week - 1] =
			(double)trend_count(in, weeks_ago(f, f->shift.from_at, week),
				weeks_ago(f, f->to_at, week));
	f->before_count = (size_t)counts[0];
	qsort(counts, HANDOFF_WEEKS, sizeof *counts, rising);
	f->median = (counts[HANDOFF_WEEKS / 2 - 1] + counts[HANDOFF_WEEKS / 2]) / 2;
}

static void count_problems(struct handoff_facts *f, const struct trend_input *in,
	const struct clusters *clusters)
{
	struct trend_group *groups;

	f->problem_count =
		trend_groups(in, f->shift.from_at, f->to_at, TREND_BY_PROBLEM, &groups);
	f->problems =
		arena_alloc(&f->arena, (f->problem_count + 1) * sizeof *f->problems);
	if (!f->problems)
		f->problem_count = 0;
	for (size_t i = 0; i < f->problem_count; i++) {
		const struct cluster *c = clusters_at(clusters, groups[i].key);
		const struct cluster_cell *cell = clusters_cell(clusters, c->cell);

		f->problems[i] = (struct handoff_problem){
			.title = keep(
				f, c->count > 1 ? cell->text : cell->title, TITLE_MOST),
			.service = keep(f, cell->service, NAME_MOST),
			.group = groups[i],
			.templates = c->cells,
			.runbook = handoff_has_runbook(f, cell->title)};
	}
	for (size_t i = 0; i < trend_first(in, f->shift.from_at); i++)
		for (size_t k = 0; k < f->problem_count && k < 32; k++)
			f->problems[k].weeks +=
				f->problems[k].group.key == in->facts[i].problem;
	mem_free(groups);
}

void handoff_count(struct handoff_facts *f)
{
	struct clusters *clusters = clusters_new();
	struct trend_input in = {.zone = &f->handoff.plan.zone, .hours = usual};
	struct trend_fact *facts;

	f->low = 0;
	for (size_t i = 0; i < f->in_shift; i++)
		f->low += f->incidents[i].low;
	facts = make_facts(f, clusters, &in.count);
	in.facts = facts;
	f->sum = trend_sum(&in, f->shift.from_at, f->to_at);
	count_weeks(f, &in);
	trend_interruptions(&in, f->shift.from_at, f->to_at, f->interruptions);
	f->first_day = zone_day(&f->handoff.plan.zone, f->shift.from_at);
	f->day_count = trend_days(&in, f->shift.from_at, f->to_at, SIZE_MAX, f->days,
		sizeof f->days / sizeof *f->days);
	count_problems(f, &in, clusters);
	for (size_t i = 0; i < f->change_count; i++)
		f->changes[i].before_ms = page_after(f, f->changes[i].at);
	mem_free(facts);
	clusters_free(clusters);
}

static bool load_rows(struct handoff_facts *f, struct db *db, struct err *err)
{
	struct shift_key key = {
		f->profile, f->handoff.name, f->shift.from_at, f->shift.to_at};
	struct shift before = shift_at(&f->handoff.plan, f->shift.from_at - 1);

	if (!shift_get(db, &f->arena, &key, false, &f->row, err))
		return false;
	key.from_at = before.from_at;
	return shift_get(db, &f->arena, &key, false, &f->before, err) &&
	       hand_list(db, &f->arena, &f->hands, err) &&
	       followup_list(db, &f->arena, f->handoff.name, f->shift.from_at,
		       &f->followups, err);
}

bool handoff_load(struct handoff_facts *f, struct db *db, struct err *err)
{
	f->complete = f->source_count > 0 && db;
	for (size_t i = 0; i < f->source_count; i++)
		f->complete &= !f->sources[i].trouble;
	f->pages = f->source_count > 0;
	if (db && (!load_rows(f, db, err) || !load_incidents(f, db, err) ||
			  !load_carried(f, db, err) || !load_changes(f, db, err) ||
			  !load_acts(f, db, err) || !load_deeds(f, db, err) ||
			  !load_watch(f, db, err)))
		return false;
	f->complete &= !f->cut && !f->changes_more;
	handoff_draft_read(&f->draft, f->row.draft, f->row.draft_n);
	for (size_t i = 0; i < f->in_shift && !f->pages; i++)
		f->pages = f->incidents[i].pages;
	handoff_count(f);
	return !f->arena.full ||
	       err_set(err, ERR_LIMIT, "the shift does not fit in memory");
}
