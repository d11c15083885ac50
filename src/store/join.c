/* What was joined and split by hand, one row for each alert or incident of which that
 * was said. The functions over struct db run where it is (a lane, or a one-shot
 * command); the _later ones on main. Hides the SQL. */
#include "store/join.h"

enum { JOIN_MAX_TEXT = 2000 };

static const char sql_put[] =
	"INSERT INTO problem_join (id, team_id, created_by, created_at, updated_at, "
	"revision, source, upstream_id, problem) "
	"VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7) "
	"ON CONFLICT (team_id, source, upstream_id) DO UPDATE SET "
	"problem = excluded.problem, updated_at = excluded.updated_at, "
	"revision = problem_join.revision + 1";

static const char sql_list[] = "SELECT source, upstream_id, problem FROM problem_join "
			       "WHERE team_id = $1 ORDER BY updated_at DESC LIMIT $2";

static const char sql_trim[] =
	"DELETE FROM problem_join WHERE team_id = $1 AND updated_at < $2";

static struct db_value cut(struct untrusted text)
{
	return bind_untrusted(untrusted_slice(text, 0, JOIN_MAX_TEXT));
}

bool join_put(struct db *db, const struct join_row *rows, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		char id[ID_TEXT];
		int64_t now = db->now();

		if (!db_run(db, sql_put,
			    DB_ARGS(DB_OWN(db, id, now), cut(rows[i].source),
				    cut(rows[i].upstream_id), cut(rows[i].problem)),
			    err))
			return false;
	}
	return true;
}

bool join_list(struct db *db, struct arena *arena, struct join_rows *out, struct err *err)
{
	struct join_rows list = {0};
	struct db_rows rows;

	list.rows = arena_alloc(arena, JOIN_MAX_LIST * sizeof *list.rows);
	if (db_query(db, &rows, sql_list,
		    DB_ARGS(bind_text(db->who.team), bind_i64(JOIN_MAX_LIST)), err))
		while (!arena->full && db_next(&rows, err))
			list.rows[list.count++] = (struct join_row){
				.source = untrusted_copy(arena, row_text(&rows, 0)),
				.upstream_id = untrusted_copy(arena, row_text(&rows, 1)),
				.problem = untrusted_copy(arena, row_text(&rows, 2)),
			};
	if (!db_rows_free(&rows))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "what was joined does not fit in memory");
	*out = list;
	return true;
}

bool join_trim(struct db *db, int64_t before_at, struct err *err)
{
	return db_run(
		db, sql_trim, DB_ARGS(bind_text(db->who.team), bind_i64(before_at)), err);
}

/* --- later --- */

struct join_job {
	struct store_job job;
	struct join_row *in;
	size_t count;
	int64_t before_at;
	struct join_rows out;
	void (*got)(void *ctx, const struct join_rows *rows, const struct err *err);
	void *ctx;
};

static bool run_put(struct store_job *job, struct db *db, struct err *err)
{
	struct join_job *j = (struct join_job *)job;

	return join_put(db, j->in, j->count, err);
}

void join_put_later(struct store *store, const struct join_row *rows, size_t count,
	struct store_then then)
{
	struct join_job *j = store_job_new(sizeof *j);

	j->job.run = run_put;
	j->job.then = then;
	j->in = store_job_copy(&j->job, rows, count * sizeof *rows);
	j->count = j->in ? count : 0;
	for (size_t i = 0; i < j->count; i++) {
		struct join_row *row = &j->in[i];

		row->source = store_job_text(&j->job, row->source);
		row->upstream_id = store_job_text(&j->job, row->upstream_id);
		row->problem = store_job_text(&j->job, row->problem);
	}
	store_write(store, &j->job);
}

static bool run_trim(struct store_job *job, struct db *db, struct err *err)
{
	return join_trim(db, ((struct join_job *)job)->before_at, err);
}

void join_trim_later(struct store *store, int64_t before_at)
{
	struct join_job *j = store_job_new(sizeof *j);

	j->job.run = run_trim;
	j->before_at = before_at;
	store_write(store, &j->job);
}

static bool run_list(struct store_job *job, struct db *db, struct err *err)
{
	struct join_job *j = (struct join_job *)job;

	return join_list(db, &job->arena, &j->out, err);
}

static void end_list(struct store_job *job, const struct err *err)
{
	struct join_job *j = (struct join_job *)job;

	j->got(j->ctx, &j->out, err);
}

void join_list_later(struct store *store,
	void (*got)(void *ctx, const struct join_rows *rows, const struct err *err),
	void *ctx)
{
	struct join_job *j = store_job_new(sizeof *j);

	j->job.run = run_list;
	j->job.end = end_list;
	j->got = got;
	j->ctx = ctx;
	store_read(store, &j->job);
}
