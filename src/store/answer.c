/* Answers that are shared: one row for each question. The functions over struct db run
 * where it is (a lane); the _later ones on main. Hides the SQL. */
#include "store/answer.h"

static const char sql_put[] =
	"INSERT INTO answer (id, team_id, created_by, created_at, updated_at, revision, "
	"key, came_at, type, body) VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7, $8) "
	"ON CONFLICT (team_id, key) DO UPDATE SET body = excluded.body, "
	"type = excluded.type, came_at = excluded.came_at, "
	"updated_at = excluded.updated_at, revision = answer.revision + 1";

static const char sql_find[] = "SELECT came_at, type, body FROM answer "
			       "WHERE team_id = $1 AND key = $2 AND came_at >= $3";

static const char sql_trim[] = "DELETE FROM answer WHERE team_id = $1 AND came_at < $2";

bool answer_put(struct db *db, const struct answer_row *row, struct err *err)
{
	char id[ID_TEXT];
	int64_t now = db->now();

	if (untrusted_size(row->body) > ANSWER_MAX_BYTES)
		return err_set(err, ERR_LIMIT, "an answer of %zu KiB is not shared",
			untrusted_size(row->body) >> 10);
	return db_run(db, sql_put,
		DB_ARGS(DB_OWN(db, id, now), bind_untrusted(row->key),
			bind_i64(row->came_at), bind_untrusted(row->type),
			bind_untrusted(row->body)),
		err);
}

bool answer_find(struct db *db, struct arena *arena, struct untrusted key,
	int64_t since_at, struct answer_row *out, struct err *err)
{
	struct answer_row row = {.key = key};
	struct db_rows rows;

	if (db_query(db, &rows, sql_find,
		    DB_ARGS(bind_text(db->who.team), bind_untrusted(key),
			    bind_i64(since_at)),
		    err) &&
		db_next(&rows, err)) {
		row.came_at = row_i64(&rows, 0);
		row.type = untrusted_copy(arena, row_text(&rows, 1));
		row.body = untrusted_copy(arena, row_text(&rows, 2));
	}
	if (!db_rows_free(&rows))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "the answer does not fit in memory");
	*out = row;
	return true;
}

bool answer_trim(struct db *db, int64_t before_at, struct err *err)
{
	return db_run(
		db, sql_trim, DB_ARGS(bind_text(db->who.team), bind_i64(before_at)), err);
}

/* --- later --- */

struct answer_job {
	struct store_job job;
	struct answer_row row;
	int64_t at;
	void (*got)(void *ctx, const struct answer_row *row, const struct err *err);
	void *ctx;
};

static bool run_put(struct store_job *job, struct db *db, struct err *err)
{
	return answer_put(db, &((struct answer_job *)job)->row, err);
}

void answer_put_later(
	struct store *store, const struct answer_row *row, struct store_then then)
{
	struct answer_job *a = store_job_new(sizeof *a);

	a->job.run = run_put;
	a->job.then = then;
	a->row = (struct answer_row){.key = store_job_text(&a->job, row->key),
		.came_at = row->came_at,
		.type = store_job_text(&a->job, row->type),
		.body = store_job_text(&a->job, row->body)};
	store_write(store, &a->job);
}

static bool run_find(struct store_job *job, struct db *db, struct err *err)
{
	struct answer_job *a = (struct answer_job *)job;

	return answer_find(db, &job->arena, a->row.key, a->at, &a->row, err);
}

static void end_find(struct store_job *job, const struct err *err)
{
	struct answer_job *a = (struct answer_job *)job;

	a->got(a->ctx, &a->row, err);
}

void answer_find_later(struct store *store, struct untrusted key, int64_t since_at,
	void (*got)(void *ctx, const struct answer_row *row, const struct err *err),
	void *ctx)
{
	struct answer_job *a = store_job_new(sizeof *a);

	a->job.run = run_find;
	a->job.end = end_find;
	a->row.key = store_job_text(&a->job, key);
	a->at = since_at;
	a->got = got;
	a->ctx = ctx;
	store_read(store, &a->job);
}

static bool run_trim(struct store_job *job, struct db *db, struct err *err)
{
	return answer_trim(db, ((struct answer_job *)job)->at, err);
}

void answer_trim_later(struct store *store, int64_t before_at, struct store_then then)
{
	struct answer_job *a = store_job_new(sizeof *a);

	a->job.run = run_trim;
	a->job.then = then;
	a->at = before_at;
	store_write(store, &a->job);
}
