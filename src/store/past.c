/* The pager's own history: its incidents go where those that were seen stand (what the
 * source tells of an end beats what was seen of it), entries beside them. What a log
 * tells of the first acknowledgement is kept with the incident, whichever came first.
 * The functions over struct db run where it is; the _later ones on main. */
#include "store/past.h"

/* A first acknowledgement that was seen is not put off by a later one. */
#define EARLIER                                                                          \
	"excluded.taken_at > 0 AND (incident.taken_at = 0 OR "                           \
	"excluded.taken_at <= incident.taken_at)"

static const char sql_put[] =
	"INSERT INTO incident (id, team_id, created_by, created_at, updated_at, "
	"revision, source, upstream_id, started_at, acked_at, ended_at, severity, state, "
	"pages, title, service, summary, urgency, number, priority, link, resolved_by, "
	"told, taken_at, acked_by) "
	"VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7, $8, $9, $10, $11, 1, $12, $13, $14, "
	"$15, $16, $17, $18, $19, CASE WHEN $9 > 0 THEN 1 ELSE 0 END, "
	"coalesce((SELECT happened_at FROM entry WHERE entry.team_id = $2 "
	"AND entry.source = $5 AND entry.incident = $6 AND entry.kind = 2 "
	"ORDER BY happened_at LIMIT 1), $8), "
	"coalesce((SELECT who FROM entry WHERE entry.team_id = $2 "
	"AND entry.source = $5 AND entry.incident = $6 AND entry.kind = 2 "
	"ORDER BY happened_at LIMIT 1), $20)) "
	"ON CONFLICT (team_id, source, upstream_id, started_at) DO UPDATE SET "
	"acked_at = excluded.acked_at, ended_at = excluded.ended_at, "
	"ended_after_at = 0, severity = excluded.severity, state = excluded.state, "
	"pages = 1, title = excluded.title, service = excluded.service, "
	"urgency = excluded.urgency, number = excluded.number, "
	"priority = excluded.priority, link = excluded.link, "
	"resolved_by = excluded.resolved_by, told = excluded.told, "
	"taken_at = CASE WHEN " EARLIER " THEN excluded.taken_at "
	"ELSE incident.taken_at END, "
	"acked_by = CASE WHEN " EARLIER " THEN excluded.acked_by "
	"ELSE incident.acked_by END, "
	"updated_at = excluded.updated_at, revision = incident.revision + 1 "
	"WHERE incident.acked_at <> excluded.acked_at "
	"OR incident.ended_at <> excluded.ended_at OR incident.told <> excluded.told "
	"OR incident.severity <> excluded.severity OR incident.state <> excluded.state "
	"OR incident.title <> excluded.title OR incident.service <> excluded.service "
	"OR incident.urgency <> excluded.urgency OR incident.number <> excluded.number "
	"OR incident.priority <> excluded.priority OR incident.link <> excluded.link "
	"OR incident.resolved_by <> excluded.resolved_by "
	"OR incident.ended_after_at <> 0 OR incident.pages <> 1";

static const char sql_put_entry[] =
	"INSERT INTO entry (id, team_id, created_by, created_at, updated_at, revision, "
	"source, upstream_id, incident, happened_at, kind, by_hand, who, text) "
	"VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7, $8, $9, $10, $11, $12) "
	"ON CONFLICT (team_id, source, upstream_id) DO UPDATE SET "
	"text = excluded.text, updated_at = excluded.updated_at, "
	"revision = entry.revision + 1 "
	"WHERE entry.text <> excluded.text AND entry.incident = excluded.incident";

/* Notes that were read as notes, not as lines of the log; kind 8 is ENTRY_NOTE. */
static const char sql_drop_notes[] =
	"DELETE FROM entry WHERE team_id = $1 AND source = $2 AND incident = $3 "
	"AND kind = 8 AND upstream_id LIKE 'note/%'";

static const char sql_taken[] =
	"UPDATE incident SET taken_at = $4, acked_by = $5, updated_at = $6, "
	"revision = revision + 1 "
	"WHERE team_id = $1 AND source = $2 AND upstream_id = $3 AND started_at <= $4 "
	"AND (taken_at = 0 OR taken_at > $4 OR (taken_at = $4 AND acked_by <> $5))";

static const char sql_cover[] =
	"INSERT INTO coverage (id, team_id, created_by, created_at, updated_at, "
	"revision, source, scope, wanted_at, oldest, began_from, began_until, "
	"entries_from, entries_until, lacking_from, lacking_until, no_entries) "
	"VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
	"$15) "
	"ON CONFLICT (team_id, source) DO UPDATE SET "
	"scope = excluded.scope, wanted_at = excluded.wanted_at, "
	"oldest = excluded.oldest, began_from = excluded.began_from, "
	"began_until = excluded.began_until, entries_from = excluded.entries_from, "
	"entries_until = excluded.entries_until, "
	"lacking_from = excluded.lacking_from, lacking_until = excluded.lacking_until, "
	"no_entries = excluded.no_entries, updated_at = excluded.updated_at, "
	"revision = coverage.revision + 1";

static const char sql_list[] =
	"SELECT source, upstream_id, title, service, summary, severity, state, "
	"started_at, acked_at, ended_at, ended_after_at, number, urgency, priority, "
	"link, acked_by, resolved_by, taken_at FROM incident "
	"WHERE team_id = $1 AND started_at >= $2 AND started_at < $3 AND pages = 1 "
	"ORDER BY started_at DESC, number DESC, upstream_id DESC LIMIT $4";

static const char sql_count[] =
	"SELECT count(*) FROM incident "
	"WHERE team_id = $1 AND started_at >= $2 AND started_at < $3 AND pages = 1";

static const char sql_log[] =
	"SELECT upstream_id, incident, who, text, kind, by_hand, happened_at FROM entry "
	"WHERE team_id = $1 AND source = $2 AND incident = $3 "
	"ORDER BY happened_at, upstream_id LIMIT $4";

static const char sql_covered[] =
	"SELECT source, scope, wanted_at, oldest, began_from, began_until, entries_from, "
	"entries_until, lacking_from, lacking_until, no_entries FROM coverage "
	"WHERE team_id = $1 ORDER BY source LIMIT $2";

static struct db_value cut(struct untrusted text)
{
	return bind_untrusted(untrusted_slice(text, 0, INCIDENT_MAX_TEXT));
}

static bool put_past(struct db *db, struct untrusted source,
	const struct batch_past *past, struct err *err)
{
	const struct alert_draft *a = &past->alert;
	char id[ID_TEXT];

	return db_run(db, sql_put,
		DB_ARGS(DB_OWN(db, id, db->now()), cut(source), cut(a->texts[ALERT_ID]),
			bind_i64(a->started_at), bind_i64(a->acked_at),
			bind_i64(a->ended_at), bind_i64(a->severity), bind_i64(a->state),
			cut(a->texts[ALERT_TITLE]), cut(a->texts[ALERT_SERVICE]),
			cut(a->texts[ALERT_SUMMARY]), bind_i64(past->urgency),
			bind_i64(a->number), cut(past->priority),
			cut(a->texts[ALERT_LINK]), cut(past->resolved_by),
			cut(a->texts[ALERT_ACKED_BY])),
		err);
}

static bool put_entry(struct db *db, struct untrusted source,
	const struct batch_entry *entry, struct err *err)
{
	char id[ID_TEXT];
	int64_t now = db->now();

	if (!db_run(db, sql_put_entry,
		    DB_ARGS(DB_OWN(db, id, now), cut(source), cut(entry->id),
			    cut(entry->incident), bind_i64(entry->at),
			    bind_i64(entry->kind), bind_i64(entry->by_hand),
			    cut(entry->who), cut(entry->text)),
		    err))
		return false;
	if (entry->kind != ENTRY_ACK)
		return true;
	return db_run(db, sql_taken,
		DB_ARGS(bind_text(db->who.team), cut(source), cut(entry->incident),
			bind_i64(entry->at), cut(entry->who), bind_i64(now)),
		err);
}

static bool put_coverage(struct db *db, const struct past_page *page, struct err *err)
{
	const struct coverage *c = page->coverage;
	char id[ID_TEXT];

	return db_run(db, sql_cover,
		DB_ARGS(DB_OWN(db, id, db->now()), cut(page->source), cut(page->scope),
			bind_i64(c->wanted_at), bind_i64(c->oldest),
			bind_i64(c->began.from_at), bind_i64(c->began.until_at),
			bind_i64(c->entries.from_at), bind_i64(c->entries.until_at),
			bind_i64(c->lacking.from_at), bind_i64(c->lacking.until_at),
			bind_i64(c->no_entries)),
		err);
}

bool past_put(struct db *db, const struct past_page *page, struct err *err)
{
	for (size_t i = 0; i < page->past_count; i++)
		if (!put_past(db, page->source, &page->pasts[i], err))
			return false;
	if (!untrusted_empty(page->notes_of) &&
		!db_run(db, sql_drop_notes,
			DB_ARGS(bind_text(db->who.team), cut(page->source),
				cut(page->notes_of)),
			err))
		return false;
	for (size_t i = 0; i < page->entry_count; i++)
		if (!put_entry(db, page->source, &page->entries[i], err))
			return false;
	return !page->coverage || put_coverage(db, page, err);
}

/* --- reading --- */

static int within(int64_t value, int count)
{
	return value >= 0 && value < count ? (int)value : 0;
}

static struct untrusted text_at(const struct db_rows *rows, struct arena *arena, int i)
{
	return untrusted_copy(arena, row_text(rows, i));
}

static void read_one(
	const struct db_rows *rows, struct arena *arena, struct past_row *out)
{
	int64_t number = row_i64(rows, 11);

	*out = (struct past_row){
		.incident = {.source = text_at(rows, arena, 0),
			.upstream_id = text_at(rows, arena, 1),
			.title = text_at(rows, arena, 2),
			.service = text_at(rows, arena, 3),
			.summary = text_at(rows, arena, 4),
			.severity =
				(enum severity)within(row_i64(rows, 5), SEVERITY_COUNT),
			.state = (enum alert_state)within(
				row_i64(rows, 6), ALERT_STATE_COUNT),
			.pages = true,
			.started_at = row_i64(rows, 7),
			.acked_at = row_i64(rows, 8),
			.ended_at = row_i64(rows, 9),
			.ended_after_at = row_i64(rows, 10)},
		.number = number > 0 && number <= UINT32_MAX ? (uint32_t)number : 0,
		.urgency = (enum urgency)within(row_i64(rows, 12), URGENCY_COUNT),
		.priority = text_at(rows, arena, 13),
		.link = text_at(rows, arena, 14),
		.acked_by = text_at(rows, arena, 15),
		.resolved_by = text_at(rows, arena, 16),
		.taken_at = row_i64(rows, 17),
	};
}

bool past_list(struct db *db, struct arena *arena, struct span window, size_t limit,
	struct past_rows *out, struct err *err)
{
	struct past_rows list = {0};
	struct db_rows rows;

	if (!limit || limit > PAST_MAX_LIST)
		return err_set(err, ERR_LIMIT, "1 to %d incidents can be read at once",
			PAST_MAX_LIST);
	if (db_query(db, &rows, sql_count,
		    DB_ARGS(bind_text(db->who.team), bind_i64(window.from_at),
			    bind_i64(window.until_at)),
		    err) &&
		db_next(&rows, err))
		list.total = (size_t)row_i64(&rows, 0);
	if (!db_rows_free(&rows))
		return false;
	if (limit > list.total)
		limit = list.total;
	list.rows = arena_alloc(arena, (limit + 1) * sizeof *list.rows);
	if (db_query(db, &rows, sql_list,
		    DB_ARGS(bind_text(db->who.team), bind_i64(window.from_at),
			    bind_i64(window.until_at), bind_i64((int64_t)limit)),
		    err))
		while (!arena->full && list.count < limit && db_next(&rows, err))
			read_one(&rows, arena, &list.rows[list.count++]);
	if (!db_rows_free(&rows))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "the incidents do not fit in memory");
	*out = list;
	return true;
}

bool past_log(struct db *db, struct arena *arena, struct untrusted source,
	struct untrusted incident, struct past_entries *out, struct err *err)
{
	struct past_entries list = {0};
	struct db_rows rows;

	list.rows = arena_alloc(arena, PAST_MAX_ENTRIES * sizeof *list.rows);
	if (db_query(db, &rows, sql_log,
		    DB_ARGS(bind_text(db->who.team), cut(source), cut(incident),
			    bind_i64(PAST_MAX_ENTRIES + 1)),
		    err))
		while (!arena->full && !list.cut && db_next(&rows, err)) {
			list.cut = list.count == PAST_MAX_ENTRIES;
			if (list.cut)
				break;
			list.rows[list.count++] =
				(struct batch_entry){.id = text_at(&rows, arena, 0),
					.incident = text_at(&rows, arena, 1),
					.who = text_at(&rows, arena, 2),
					.text = text_at(&rows, arena, 3),
					.kind = (enum entry_kind)within(
						row_i64(&rows, 4), ENTRY_KIND_COUNT),
					.by_hand = row_i64(&rows, 5) == 1,
					.at = row_i64(&rows, 6)};
		}
	if (!db_rows_free(&rows))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "the log does not fit in memory");
	*out = list;
	return true;
}

bool past_covered(
	struct db *db, struct arena *arena, struct past_coverages *out, struct err *err)
{
	struct past_coverages list = {0};
	struct db_rows rows;

	list.rows = arena_alloc(arena, PAST_MAX_SOURCES * sizeof *list.rows);
	if (db_query(db, &rows, sql_covered,
		    DB_ARGS(bind_text(db->who.team), bind_i64(PAST_MAX_SOURCES)), err))
		while (!arena->full && list.count < PAST_MAX_SOURCES &&
			db_next(&rows, err))
			list.rows[list.count++] = (struct past_coverage){
				.source = text_at(&rows, arena, 0),
				.scope = text_at(&rows, arena, 1),
				.coverage = {.wanted_at = row_i64(&rows, 2),
					.oldest = row_i64(&rows, 3) == 1,
					.began = {row_i64(&rows, 4), row_i64(&rows, 5)},
					.entries = {row_i64(&rows, 6), row_i64(&rows, 7)},
					.lacking = {row_i64(&rows, 8), row_i64(&rows, 9)},
					.no_entries = row_i64(&rows, 10) == 1}};
	if (!db_rows_free(&rows))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "what is covered does not fit in memory");
	*out = list;
	return true;
}

/* --- later --- */

struct past_job {
	struct store_job job;
	struct past_page page;
	struct untrusted source, incident;
	struct past_entries entries;
	struct past_coverages covered;
	void (*got_entries)(
		void *ctx, const struct past_entries *entries, const struct err *err);
	void (*got_covered)(
		void *ctx, const struct past_coverages *list, const struct err *err);
	void *ctx;
};

static bool run_put(struct store_job *job, struct db *db, struct err *err)
{
	return past_put(db, &((struct past_job *)job)->page, err);
}

static const struct batch_past *copy_pasts(
	struct store_job *job, const struct past_page *page)
{
	struct batch_past *rows =
		store_job_copy(job, page->pasts, page->past_count * sizeof *rows);

	for (size_t i = 0; rows && i < page->past_count; i++) {
		for (int t = 0; t < ALERT_TEXT_COUNT; t++)
			rows[i].alert.texts[t] =
				store_job_text(job, rows[i].alert.texts[t]);
		rows[i].priority = store_job_text(job, rows[i].priority);
		rows[i].resolved_by = store_job_text(job, rows[i].resolved_by);
	}
	return rows;
}

static const struct batch_entry *copy_entries(
	struct store_job *job, const struct past_page *page)
{
	struct batch_entry *rows =
		store_job_copy(job, page->entries, page->entry_count * sizeof *rows);

	for (size_t i = 0; rows && i < page->entry_count; i++) {
		rows[i].id = store_job_text(job, rows[i].id);
		rows[i].incident = store_job_text(job, rows[i].incident);
		rows[i].who = store_job_text(job, rows[i].who);
		rows[i].text = store_job_text(job, rows[i].text);
	}
	return rows;
}

void past_put_later(
	struct store *store, const struct past_page *page, struct store_then then)
{
	struct past_job *p = store_job_new(sizeof *p);

	p->job.run = run_put;
	p->job.then = then;
	p->page = *page;
	p->page.source = store_job_text(&p->job, page->source);
	p->page.scope = store_job_text(&p->job, page->scope);
	p->page.notes_of = store_job_text(&p->job, page->notes_of);
	p->page.pasts = copy_pasts(&p->job, page);
	p->page.entries = copy_entries(&p->job, page);
	if (page->coverage)
		p->page.coverage =
			store_job_copy(&p->job, page->coverage, sizeof *page->coverage);
	store_write(store, &p->job);
}

static bool run_log(struct store_job *job, struct db *db, struct err *err)
{
	struct past_job *p = (struct past_job *)job;

	return past_log(db, &job->arena, p->source, p->incident, &p->entries, err);
}

static void end_log(struct store_job *job, const struct err *err)
{
	struct past_job *p = (struct past_job *)job;

	p->got_entries(p->ctx, &p->entries, err);
}

void past_log_later(struct store *store, struct untrusted source,
	struct untrusted incident,
	void (*got)(void *ctx, const struct past_entries *entries, const struct err *err),
	void *ctx)
{
	struct past_job *p = store_job_new(sizeof *p);

	p->job.run = run_log;
	p->job.end = end_log;
	p->source = store_job_text(&p->job, source);
	p->incident = store_job_text(&p->job, incident);
	p->got_entries = got;
	p->ctx = ctx;
	store_read(store, &p->job);
}

static bool run_covered(struct store_job *job, struct db *db, struct err *err)
{
	return past_covered(db, &job->arena, &((struct past_job *)job)->covered, err);
}

static void end_covered(struct store_job *job, const struct err *err)
{
	struct past_job *p = (struct past_job *)job;

	p->got_covered(p->ctx, &p->covered, err);
}

void past_covered_later(struct store *store,
	void (*got)(void *ctx, const struct past_coverages *list, const struct err *err),
	void *ctx)
{
	struct past_job *p = store_job_new(sizeof *p);

	p->job.run = run_covered;
	p->job.end = end_covered;
	p->got_covered = got;
	p->ctx = ctx;
	store_read(store, &p->job);
}
