/* Acknowledgements that oogway keeps, one row for each alert that is or was
 * acknowledged here. The functions over struct db run where it is (a lane, or a
 * one-shot command); the _later ones on main. Hides the SQL. */
#include "store/ack.h"

enum { ACK_MAX_TEXT = 2000 };

static const char sql_put[] =
	"INSERT INTO ack (id, team_id, created_by, created_at, updated_at, revision, "
	"source, upstream_id, started_at, shape, acked_at, acked_by) "
	"VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7, $8, $9, $10) "
	"ON CONFLICT (team_id, source, upstream_id) DO UPDATE SET "
	"started_at = excluded.started_at, shape = excluded.shape, "
	"acked_at = excluded.acked_at, acked_by = excluded.acked_by, "
	"updated_at = excluded.updated_at, revision = ack.revision + 1";

static const char sql_remove[] = "DELETE FROM ack WHERE team_id = $1 AND source = $2 "
				 "AND upstream_id = $3";

static const char sql_list[] =
	"SELECT source, upstream_id, acked_by, started_at, shape, acked_at FROM ack "
	"WHERE team_id = $1 ORDER BY acked_at DESC LIMIT $2";

static const char sql_trim[] = "DELETE FROM ack WHERE team_id = $1 AND acked_at < $2";

static struct db_value cut(struct untrusted text)
{
	return bind_untrusted(untrusted_slice(text, 0, ACK_MAX_TEXT));
}

bool ack_put(struct db *db, const struct ack_row *rows, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct ack_row *row = &rows[i];
		char id[ID_TEXT];
		int64_t now = db->now();

		if (!db_run(db, sql_put,
			    DB_ARGS(DB_OWN(db, id, now), cut(row->source),
				    cut(row->upstream_id), bind_i64(row->started_at),
				    bind_i64(row->shape), bind_i64(row->acked_at),
				    cut(row->acked_by)),
			    err))
			return false;
	}
	return true;
}

bool ack_remove(struct db *db, const struct ack_row *rows, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (!db_run(db, sql_remove,
			    DB_ARGS(bind_text(db->who.team), cut(rows[i].source),
				    cut(rows[i].upstream_id)),
			    err))
			return false;
	return true;
}

bool ack_list(struct db *db, struct arena *arena, struct ack_rows *out, struct err *err)
{
	struct ack_rows list = {0};
	struct db_rows rows;

	list.rows = arena_alloc(arena, ACK_MAX_LIST * sizeof *list.rows);
	if (db_query(db, &rows, sql_list,
		    DB_ARGS(bind_text(db->who.team), bind_i64(ACK_MAX_LIST)), err))
		while (!arena->full && db_next(&rows, err))
			list.rows[list.count++] = (struct ack_row){
				.source = untrusted_copy(arena, row_text(&rows, 0)),
				.upstream_id = untrusted_copy(arena, row_text(&rows, 1)),
				.acked_by = untrusted_copy(arena, row_text(&rows, 2)),
				.started_at = row_i64(&rows, 3),
				.shape = row_i64(&rows, 4),
				.acked_at = row_i64(&rows, 5),
			};
	if (!db_rows_free(&rows))
		return false;
	if (arena->full)
		return err_set(
			err, ERR_LIMIT, "the acknowledgements do not fit in memory");
	*out = list;
	return true;
}

bool ack_trim(struct db *db, int64_t before_at, struct err *err)
{
	return db_run(
		db, sql_trim, DB_ARGS(bind_text(db->who.team), bind_i64(before_at)), err);
}

/* --- later --- */

struct ack_job {
	struct store_job job;
	struct ack_row *in;
	size_t count;
	int64_t before_at;
	struct ack_rows out;
	void (*got)(void *ctx, const struct ack_rows *rows, const struct err *err);
	void *ctx;
};

static bool run_put(struct store_job *job, struct db *db, struct err *err)
{
	struct ack_job *a = (struct ack_job *)job;

	return ack_put(db, a->in, a->count, err);
}

static bool run_remove(struct store_job *job, struct db *db, struct err *err)
{
	struct ack_job *a = (struct ack_job *)job;

	return ack_remove(db, a->in, a->count, err);
}

static void write_later(struct store *store, const struct ack_row *rows, size_t count,
	struct store_then then,
	bool (*run)(struct store_job *job, struct db *db, struct err *err))
{
	struct ack_job *a = store_job_new(sizeof *a);

	a->job.run = run;
	a->job.then = then;
	a->in = store_job_copy(&a->job, rows, count * sizeof *rows);
	a->count = a->in ? count : 0;
	for (size_t i = 0; i < a->count; i++) {
		struct ack_row *row = &a->in[i];

		row->source = store_job_text(&a->job, row->source);
		row->upstream_id = store_job_text(&a->job, row->upstream_id);
		row->acked_by = store_job_text(&a->job, row->acked_by);
	}
	store_write(store, &a->job);
}

void ack_put_later(struct store *store, const struct ack_row *rows, size_t count,
	struct store_then then)
{
	write_later(store, rows, count, then, run_put);
}

void ack_remove_later(struct store *store, const struct ack_row *rows, size_t count,
	struct store_then then)
{
	write_later(store, rows, count, then, run_remove);
}

static bool run_trim(struct store_job *job, struct db *db, struct err *err)
{
	return ack_trim(db, ((struct ack_job *)job)->before_at, err);
}

void ack_trim_later(struct store *store, int64_t before_at)
{
	struct ack_job *a = store_job_new(sizeof *a);

	a->job.run = run_trim;
	a->before_at = before_at;
	store_write(store, &a->job);
}

static bool run_list(struct store_job *job, struct db *db, struct err *err)
{
	struct ack_job *a = (struct ack_job *)job;

	return ack_list(db, &job->arena, &a->out, err);
}

static void end_list(struct store_job *job, const struct err *err)
{
	struct ack_job *a = (struct ack_job *)job;

	a->got(a->ctx, &a->out, err);
}

void ack_list_later(struct store *store,
	void (*got)(void *ctx, const struct ack_rows *rows, const struct err *err),
	void *ctx)
{
	struct ack_job *a = store_job_new(sizeof *a);

	a->job.run = run_list;
	a->job.end = end_list;
	a->got = got;
	a->ctx = ctx;
	store_read(store, &a->job);
}
