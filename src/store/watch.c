/* Spans in which a source was watched, one row each. The functions over struct db run
 * where it is; the _later one on main. */
#include "store/watch.h"

static const char sql_put[] =
	"INSERT INTO watch (id, team_id, created_by, created_at, updated_at, revision, "
	"source, from_at, until_at) VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7) "
	"ON CONFLICT (team_id, source, from_at) DO UPDATE SET "
	"until_at = excluded.until_at, updated_at = excluded.updated_at, "
	"revision = watch.revision + 1 WHERE watch.until_at < excluded.until_at";

static const char sql_covers[] =
	"SELECT count(*) FROM watch WHERE team_id = $1 AND source = $2 "
	"AND from_at <= $3 AND until_at >= $3";

bool watch_put(struct db *db, const struct watch_span *span, struct err *err)
{
	char id[ID_TEXT];

	return db_run(db, sql_put,
		DB_ARGS(DB_OWN(db, id, db->now()), bind_untrusted(span->source),
			bind_i64(span->from_at), bind_i64(span->until_at)),
		err);
}

bool watch_covers(
	struct db *db, struct untrusted source, int64_t at, bool *out, struct err *err)
{
	struct db_rows rows;
	bool covers = false;

	if (db_query(db, &rows, sql_covers,
		    DB_ARGS(bind_text(db->who.team), bind_untrusted(source),
			    bind_i64(at)),
		    err) &&
		db_next(&rows, err))
		covers = row_i64(&rows, 0) > 0;
	if (!db_rows_free(&rows))
		return false;
	*out = covers;
	return true;
}

static const char sql_list[] =
	"SELECT source, from_at, until_at FROM (SELECT source, from_at, until_at FROM "
	"watch WHERE team_id = $1 AND until_at >= $3 ORDER BY until_at DESC LIMIT $2) "
	"AS newest ORDER BY source, from_at";

bool watch_list(struct db *db, struct arena *arena, int64_t after_at,
	struct watch_spans *out, struct err *err)
{
	struct watch_spans list = {0};
	struct db_rows rows;

	list.spans = arena_alloc(arena, WATCH_MAX_LIST * sizeof *list.spans);
	if (db_query(db, &rows, sql_list,
		    DB_ARGS(bind_text(db->who.team), bind_i64(WATCH_MAX_LIST),
			    bind_i64(after_at)),
		    err))
		while (!arena->full && list.count < WATCH_MAX_LIST && db_next(&rows, err))
			list.spans[list.count++] = (struct watch_span){
				.source = untrusted_copy(arena, row_text(&rows, 0)),
				.from_at = row_i64(&rows, 1),
				.until_at = row_i64(&rows, 2),
			};
	if (!db_rows_free(&rows))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "what was watched does not fit in memory");
	*out = list;
	return true;
}

/* --- later --- */

struct watch_job {
	struct store_job job;
	struct watch_span span;
};

static bool run_put(struct store_job *job, struct db *db, struct err *err)
{
	return watch_put(db, &((struct watch_job *)job)->span, err);
}

void watch_put_later(
	struct store *store, const struct watch_span *span, struct store_then then)
{
	struct watch_job *w = store_job_new(sizeof *w);

	w->job.run = run_put;
	w->job.then = then;
	w->span = *span;
	w->span.source = store_job_text(&w->job, span->source);
	store_write(store, &w->job);
}
