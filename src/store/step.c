/* The index of steps: written from the audit's rows, one for each intent, and again when
 * its outcome is known. The functions over struct db run where it is; the _later ones on
 * main. Hides the SQL. */
#include "store/step.h"

enum { STEP_MAX_TEXT = 1000 };

static const char sql_put[] =
	"INSERT INTO step (id, team_id, created_by, created_at, updated_at, revision, "
	"chain, seq, at, ended_at, source, upstream_id, page_source, page_id, event, "
	"runbook, step, title, class, who, origin, place, result) "
	"VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
	"$15, $16, $17, $18, $19, $20, $21) "
	"ON CONFLICT (team_id, chain, seq) DO UPDATE SET ended_at = excluded.ended_at, "
	"result = excluded.result, updated_at = excluded.updated_at, "
	"revision = step.revision + 1 WHERE excluded.ended_at <> step.ended_at";

static const char sql_page[] =
	"UPDATE step SET page_source = $5, page_id = $6, updated_at = $7, "
	"revision = revision + 1 WHERE team_id = $1 AND source = $2 AND upstream_id = $3 "
	"AND at >= $4 AND page_id = ''";

#define COLUMNS                                                                          \
	"SELECT chain, seq, at, ended_at, source, upstream_id, page_source, page_id, "   \
	"event, runbook, step, title, class, who, origin, place, result FROM step "

static const char sql_of[] =
	COLUMNS "WHERE team_id = $1 AND at >= $4 AND ($5 = 0 OR at < $5) "
		"AND ((source = $2 AND upstream_id = $3) "
		"OR (page_source = $2 AND page_id = $3)) ORDER BY at, seq LIMIT $6";

static const char sql_span[] = COLUMNS "WHERE team_id = $1 AND at >= $2 AND at < $3 "
				       "ORDER BY at, seq LIMIT $4";

static struct db_value cut(struct untrusted text)
{
	return bind_untrusted(untrusted_slice(text, 0, STEP_MAX_TEXT));
}

bool step_put(struct db *db, const struct step_row *rows, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct step_row *r = &rows[i];
		int64_t now = db->now();
		char id[ID_TEXT];

		if (!db_run(db, sql_put,
			    DB_ARGS(DB_OWN(db, id, now), cut(r->chain), bind_i64(r->seq),
				    bind_i64(r->at), bind_i64(r->ended_at),
				    cut(r->source), cut(r->upstream_id),
				    cut(r->page_source), cut(r->page_id), cut(r->event),
				    cut(r->runbook), bind_i64(r->step), cut(r->title),
				    cut(r->class), cut(r->who), cut(r->origin),
				    cut(r->place), cut(r->result)),
			    err))
			return false;
	}
	return true;
}

bool step_page(struct db *db, const struct step_whom *whom, int64_t since,
	const struct step_whom *page, struct err *err)
{
	return db_run(db, sql_page,
		DB_ARGS(bind_text(db->who.team), cut(whom->source),
			cut(whom->upstream_id), bind_i64(since), cut(page->source),
			cut(page->upstream_id), bind_i64(db->now())),
		err);
}

static void take_row(
	const struct db_rows *rows, struct arena *arena, struct step_row *out)
{
	struct untrusted *const texts[] = {&out->chain, NULL, NULL, NULL, &out->source,
		&out->upstream_id, &out->page_source, &out->page_id, &out->event,
		&out->runbook, NULL, &out->title, &out->class, &out->who, &out->origin,
		&out->place, &out->result};

	*out = (struct step_row){.seq = row_i64(rows, 1),
		.at = row_i64(rows, 2),
		.ended_at = row_i64(rows, 3),
		.step = row_i64(rows, 10)};
	for (int i = 0; i < (int)(sizeof texts / sizeof *texts); i++)
		if (texts[i])
			*texts[i] = untrusted_copy(arena, row_text(rows, i));
}

static bool had(const struct step_rows *list, const struct step_row *row)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->rows[i].seq == row->seq &&
			untrusted_eq(list->rows[i].chain, row->chain))
			return true;
	return false;
}

/* Adds what comes to the list, each row once. */
static bool take_rows(struct db_rows *rows, struct arena *arena, struct step_rows *list,
	struct err *err)
{
	while (!arena->full && db_next(rows, err)) {
		struct step_row row;

		if (list->count == STEP_MAX_LIST) {
			list->cut = true;
			continue;
		}
		take_row(rows, arena, &row);
		if (!had(list, &row))
			list->rows[list->count++] = row;
	}
	if (!db_rows_free(rows))
		return false;
	return !arena->full ||
	       err_set(err, ERR_LIMIT, "the steps that were run do not fit in memory");
}

bool step_of(struct db *db, struct arena *arena, const struct step_query *query,
	struct step_rows *out, struct err *err)
{
	struct step_rows list = {
		.rows = arena_alloc(arena, STEP_MAX_LIST * sizeof *list.rows)};

	for (size_t i = 0; list.rows && i < query->count; i++) {
		const struct step_whom *whom = &query->whom[i];
		struct db_rows rows;

		db_query(db, &rows, sql_of,
			DB_ARGS(bind_text(db->who.team), cut(whom->source),
				cut(whom->upstream_id), bind_i64(query->from),
				bind_i64(query->until), bind_i64(STEP_MAX_LIST + 1)),
			err);
		if (!take_rows(&rows, arena, &list, err))
			return false;
	}
	*out = list;
	return list.rows != NULL || err_set(err, ERR_LIMIT, "no memory for steps");
}

bool step_span(struct db *db, struct arena *arena, int64_t from, int64_t until,
	struct step_rows *out, struct err *err)
{
	struct step_rows list = {
		.rows = arena_alloc(arena, STEP_MAX_LIST * sizeof *list.rows)};
	struct db_rows rows;

	if (!list.rows)
		return err_set(err, ERR_LIMIT, "no memory for steps");
	db_query(db, &rows, sql_span,
		DB_ARGS(bind_text(db->who.team), bind_i64(from), bind_i64(until),
			bind_i64(STEP_MAX_LIST + 1)),
		err);
	if (!take_rows(&rows, arena, &list, err))
		return false;
	*out = list;
	return true;
}

/* --- later --- */

struct step_job {
	struct store_job job;
	struct step_row *in;
	size_t count;
	struct step_whom whom, page, *list;
	int64_t since;
	struct step_query query;
	struct step_rows out;
	void (*got)(void *ctx, const struct step_rows *rows, const struct err *err);
	void *ctx;
};

static bool run_put(struct store_job *job, struct db *db, struct err *err)
{
	struct step_job *j = (struct step_job *)job;

	return step_put(db, j->in, j->count, err);
}

void step_put_later(struct store *store, const struct step_row *rows, size_t count,
	struct store_then then)
{
	struct step_job *j = store_job_new(sizeof *j);

	j->job.run = run_put;
	j->job.then = then;
	j->in = store_job_copy(&j->job, rows, count * sizeof *rows);
	j->count = j->in ? count : 0;
	for (size_t i = 0; i < j->count; i++) {
		struct step_row *r = &j->in[i];
		struct untrusted *const texts[] = {&r->chain, &r->source, &r->upstream_id,
			&r->page_source, &r->page_id, &r->event, &r->runbook, &r->title,
			&r->class, &r->who, &r->origin, &r->place, &r->result};

		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
			*texts[k] = store_job_text(&j->job, *texts[k]);
	}
	store_write(store, &j->job);
}

static struct step_whom copy_whom(struct store_job *job, const struct step_whom *from)
{
	return (struct step_whom){store_job_text(job, from->source),
		store_job_text(job, from->upstream_id)};
}

static bool run_page(struct store_job *job, struct db *db, struct err *err)
{
	struct step_job *j = (struct step_job *)job;

	return step_page(db, &j->whom, j->since, &j->page, err);
}

void step_page_later(struct store *store, const struct step_whom *whom, int64_t since,
	const struct step_whom *page)
{
	struct step_job *j = store_job_new(sizeof *j);

	j->job.run = run_page;
	j->whom = copy_whom(&j->job, whom);
	j->page = copy_whom(&j->job, page);
	j->since = since;
	store_write(store, &j->job);
}

static bool run_of(struct store_job *job, struct db *db, struct err *err)
{
	struct step_job *j = (struct step_job *)job;

	return step_of(db, &job->arena, &j->query, &j->out, err);
}

static void end_of(struct store_job *job, const struct err *err)
{
	struct step_job *j = (struct step_job *)job;

	j->got(j->ctx, &j->out, err);
}

void step_of_later(struct store *store, const struct step_query *query,
	void (*got)(void *ctx, const struct step_rows *rows, const struct err *err),
	void *ctx)
{
	struct step_job *j = store_job_new(sizeof *j);

	j->job.run = run_of;
	j->job.end = end_of;
	j->list =
		store_job_copy(&j->job, query->whom, query->count * sizeof *query->whom);
	j->query = *query;
	j->query.whom = j->list;
	j->query.count = j->list ? query->count : 0;
	for (size_t i = 0; i < j->query.count; i++)
		j->list[i] = copy_whom(&j->job, &j->list[i]);
	j->got = got;
	j->ctx = ctx;
	store_read(store, &j->job);
}
