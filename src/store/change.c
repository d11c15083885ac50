/* Changes, one row each. The functions over struct db run where it is (a lane, or a
 * one-shot command); the _later ones on main.
 * Hides the SQL and what a row looks like. */
#include "store/change.h"

static const char sql_put[] =
	"INSERT INTO change (id, team_id, created_by, created_at, updated_at, revision, "
	"source, upstream_id, happened_at, service, summary, link) "
	"VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7, $8, $9, $10) "
	"ON CONFLICT (team_id, source, upstream_id) DO UPDATE SET "
	"happened_at = excluded.happened_at, service = excluded.service, "
	"summary = excluded.summary, link = excluded.link, "
	"updated_at = excluded.updated_at, revision = change.revision + 1 "
	"WHERE change.happened_at <> excluded.happened_at "
	"OR change.service <> excluded.service OR change.summary <> excluded.summary "
	"OR change.link <> excluded.link";

static const char sql_span[] =
	"SELECT source, upstream_id, service, summary, link, happened_at FROM change "
	"WHERE team_id = $1 AND happened_at >= $2 AND happened_at < $3 "
	"ORDER BY happened_at DESC LIMIT $4";

static const char sql_trim[] = "DELETE FROM change "
			       "WHERE team_id = $1 AND happened_at < $2";

static struct db_value cut(struct untrusted text)
{
	return bind_untrusted(untrusted_slice(text, 0, CHANGE_MAX_TEXT));
}

static bool put_one(struct db *db, const struct change_row *row, struct err *err)
{
	char id[ID_TEXT];
	int64_t now = db->now();

	return db_run(db, sql_put,
		DB_ARGS(DB_OWN(db, id, now), cut(row->source), cut(row->upstream_id),
			bind_i64(row->at), cut(row->service), cut(row->summary),
			cut(row->link)),
		err);
}

bool change_put(
	struct db *db, const struct change_row *rows, size_t count, struct err *err)
{
	if (count > CHANGE_MAX_LIST)
		return err_set(err, ERR_LIMIT, "%zu changes at once, the limit is %d",
			count, CHANGE_MAX_LIST);
	for (size_t i = 0; i < count; i++)
		if (!put_one(db, &rows[i], err))
			return false;
	return true;
}

static void read_one(
	const struct db_rows *rows, struct arena *arena, struct change_row *out)
{
	*out = (struct change_row){
		.source = untrusted_copy(arena, row_text(rows, 0)),
		.upstream_id = untrusted_copy(arena, row_text(rows, 1)),
		.service = untrusted_copy(arena, row_text(rows, 2)),
		.summary = untrusted_copy(arena, row_text(rows, 3)),
		.link = untrusted_copy(arena, row_text(rows, 4)),
		.at = row_i64(rows, 5),
	};
}

bool change_span(struct db *db, struct arena *arena, struct change_query query,
	struct change_rows *out, struct err *err)
{
	struct change_rows list = {0};
	struct db_rows rows;

	list.rows = arena_alloc(arena, CHANGE_MAX_LIST * sizeof *list.rows);
	if (db_query(db, &rows, sql_span,
		    DB_ARGS(bind_text(db->who.team), bind_i64(query.from_at),
			    bind_i64(query.to_at), bind_i64(CHANGE_MAX_LIST + 1)),
		    err))
		while (!arena->full && !list.cut && db_next(&rows, err)) {
			list.cut = list.count == CHANGE_MAX_LIST;
			if (!list.cut)
				read_one(&rows, arena, &list.rows[list.count++]);
		}
	if (!db_rows_free(&rows))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "the changes do not fit in memory");
	*out = list;
	return true;
}

bool change_trim(struct db *db, int64_t before_at, struct err *err)
{
	return db_run(
		db, sql_trim, DB_ARGS(bind_text(db->who.team), bind_i64(before_at)), err);
}

/* --- later --- */

struct change_job {
	struct store_job job;
	struct change_row *in;
	size_t count;
	struct change_query query;
	struct change_rows out;
	void (*got)(void *ctx, const struct change_rows *rows, const struct err *err);
	void *ctx;
};

static bool run_put(struct store_job *job, struct db *db, struct err *err)
{
	struct change_job *c = (struct change_job *)job;

	return change_put(db, c->in, c->count, err);
}

void change_put_later(struct store *store, const struct change_row *rows, size_t count,
	struct store_then then)
{
	struct change_job *c = store_job_new(sizeof *c);

	c->job.run = run_put;
	c->job.then = then;
	c->in = store_job_copy(&c->job, rows, count * sizeof *rows);
	c->count = count;
	for (size_t i = 0; c->in && i < count; i++) {
		struct change_row *row = &c->in[i];

		row->source = store_job_text(&c->job, row->source);
		row->upstream_id = store_job_text(&c->job, row->upstream_id);
		row->service = store_job_text(&c->job, row->service);
		row->summary = store_job_text(&c->job, row->summary);
		row->link = store_job_text(&c->job, row->link);
	}
	store_write(store, &c->job);
}

static bool run_span(struct store_job *job, struct db *db, struct err *err)
{
	struct change_job *c = (struct change_job *)job;

	return change_span(db, &job->arena, c->query, &c->out, err);
}

static void end_span(struct store_job *job, const struct err *err)
{
	struct change_job *c = (struct change_job *)job;

	c->got(c->ctx, &c->out, err);
}

void change_span_later(struct store *store, struct change_query query,
	void (*got)(void *ctx, const struct change_rows *rows, const struct err *err),
	void *ctx)
{
	struct change_job *c = store_job_new(sizeof *c);

	c->job.run = run_span;
	c->job.end = end_span;
	c->query = query;
	c->got = got;
	c->ctx = ctx;
	store_read(store, &c->job);
}

static bool run_trim(struct store_job *job, struct db *db, struct err *err)
{
	return change_trim(db, ((struct change_job *)job)->query.to_at, err);
}

void change_trim_later(struct store *store, int64_t before_at, struct store_then then)
{
	struct change_job *c = store_job_new(sizeof *c);

	c->job.run = run_trim;
	c->job.then = then;
	c->query.to_at = before_at;
	store_write(store, &c->job);
}
