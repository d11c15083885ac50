/* Raw incidents, one row each. The functions over struct db run where it is (a lane, or
 * a one-shot command); the _later ones on main. Hides the SQL. */
#include "store/raw.h"

static const char sql_put[] =
	"INSERT INTO raw (id, team_id, created_by, created_at, updated_at, revision, "
	"source, upstream_id, told_at, body) "
	"VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $4, $7) "
	"ON CONFLICT (team_id, source, upstream_id) DO UPDATE SET body = excluded.body, "
	"told_at = excluded.told_at, updated_at = excluded.updated_at, "
	"revision = raw.revision + 1";

static const char sql_find[] = "SELECT told_at, body FROM raw "
			       "WHERE team_id = $1 AND source = $2 AND upstream_id = $3";

static const char sql_trim[] = "DELETE FROM raw WHERE team_id = $1 AND told_at < $2";

bool raw_put(struct db *db, const struct raw_row *rows, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		char id[ID_TEXT];
		int64_t now = db->now();

		if (untrusted_size(rows[i].body) > RAW_MAX_BYTES)
			return err_set(err, ERR_LIMIT,
				"an incident of %zu KiB is not kept as it is",
				untrusted_size(rows[i].body) >> 10);
		if (!db_run(db, sql_put,
			    DB_ARGS(DB_OWN(db, id, now), bind_untrusted(rows[i].source),
				    bind_untrusted(rows[i].upstream_id),
				    bind_untrusted(rows[i].body)),
			    err))
			return false;
	}
	return true;
}

bool raw_find(struct db *db, struct arena *arena, struct raw_row *row, struct err *err)
{
	struct db_rows rows;
	struct raw_row found = *row;

	found.told_at = 0;
	found.body = UNTRUSTED_NONE;
	if (db_query(db, &rows, sql_find,
		    DB_ARGS(bind_text(db->who.team), bind_untrusted(row->source),
			    bind_untrusted(row->upstream_id)),
		    err) &&
		db_next(&rows, err)) {
		found.told_at = row_i64(&rows, 0);
		found.body = untrusted_copy(arena, row_text(&rows, 1));
	}
	if (!db_rows_free(&rows))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "the incident does not fit in memory");
	*row = found;
	return true;
}

bool raw_trim(struct db *db, int64_t before_at, struct err *err)
{
	return db_run(
		db, sql_trim, DB_ARGS(bind_text(db->who.team), bind_i64(before_at)), err);
}

/* --- later --- */

struct raw_job {
	struct store_job job;
	struct raw_row *in;
	size_t count;
	int64_t before_at;
	struct raw_row row;
	void (*got)(void *ctx, const struct raw_row *row, const struct err *err);
	void *ctx;
};

static bool run_put(struct store_job *job, struct db *db, struct err *err)
{
	struct raw_job *r = (struct raw_job *)job;

	return raw_put(db, r->in, r->count, err);
}

void raw_put_later(struct store *store, const struct raw_row *rows, size_t count,
	struct store_then then)
{
	struct raw_job *r = store_job_new(sizeof *r);

	r->job.run = run_put;
	r->job.then = then;
	r->in = store_job_copy(&r->job, rows, count * sizeof *rows);
	r->count = r->in ? count : 0;
	for (size_t i = 0; i < r->count; i++) {
		struct raw_row *row = &r->in[i];

		row->source = store_job_text(&r->job, row->source);
		row->upstream_id = store_job_text(&r->job, row->upstream_id);
		row->body = store_job_text(&r->job, row->body);
	}
	store_write(store, &r->job);
}

static bool run_find(struct store_job *job, struct db *db, struct err *err)
{
	return raw_find(db, &job->arena, &((struct raw_job *)job)->row, err);
}

static void end_find(struct store_job *job, const struct err *err)
{
	struct raw_job *r = (struct raw_job *)job;

	r->got(r->ctx, &r->row, err);
}

void raw_find_later(struct store *store, struct untrusted source, struct untrusted id,
	void (*got)(void *ctx, const struct raw_row *row, const struct err *err),
	void *ctx)
{
	struct raw_job *r = store_job_new(sizeof *r);

	r->job.run = run_find;
	r->job.end = end_find;
	r->row.source = store_job_text(&r->job, source);
	r->row.upstream_id = store_job_text(&r->job, id);
	r->got = got;
	r->ctx = ctx;
	store_read(store, &r->job);
}

static bool run_trim(struct store_job *job, struct db *db, struct err *err)
{
	return raw_trim(db, ((struct raw_job *)job)->before_at, err);
}

void raw_trim_later(struct store *store, int64_t before_at)
{
	struct raw_job *r = store_job_new(sizeof *r);

	r->job.run = run_trim;
	r->before_at = before_at;
	store_write(store, &r->job);
}
