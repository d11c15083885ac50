/* Hand-made groups of incidents, one row for each title that somebody has put into one.
 * The functions over struct db run where it is; the _later one on main. Hides the
 * SQL. */
#include "store/hand.h"

static const char sql_put[] =
	"INSERT INTO hand (id, team_id, created_by, created_at, updated_at, revision, "
	"title, service, label) VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7) "
	"ON CONFLICT (team_id, title, service) DO UPDATE SET label = excluded.label, "
	"updated_at = excluded.updated_at, revision = hand.revision + 1";

static const char sql_list[] =
	"SELECT title, service, label FROM hand WHERE team_id = $1 "
	"ORDER BY updated_at, id LIMIT $2";

static struct db_value cut(struct untrusted text)
{
	return bind_untrusted(untrusted_slice(text, 0, HAND_MAX_TEXT));
}

bool hand_put(struct db *db, const struct hand_row *rows, size_t count, struct err *err)
{
	if (count > HAND_MAX_LIST)
		return err_set(err, ERR_LIMIT, "%zu titles at once, the limit is %d",
			count, HAND_MAX_LIST);
	for (size_t i = 0; i < count; i++) {
		char id[ID_TEXT];
		int64_t now = db->now();

		if (!db_run(db, sql_put,
			    DB_ARGS(DB_OWN(db, id, now), cut(rows[i].title),
				    cut(rows[i].service), bind_i64(rows[i].label)),
			    err))
			return false;
	}
	return true;
}

bool hand_list(struct db *db, struct arena *arena, struct hand_rows *out, struct err *err)
{
	struct hand_rows list = {0};
	struct db_rows rows;

	list.rows = arena_alloc(arena, HAND_MAX_LIST * sizeof *list.rows);
	if (db_query(db, &rows, sql_list,
		    DB_ARGS(bind_text(db->who.team), bind_i64(HAND_MAX_LIST)), err))
		while (!arena->full && list.count < HAND_MAX_LIST && db_next(&rows, err))
			list.rows[list.count++] = (struct hand_row){
				.title = untrusted_copy(arena, row_text(&rows, 0)),
				.service = untrusted_copy(arena, row_text(&rows, 1)),
				.label = row_i64(&rows, 2),
			};
	if (!db_rows_free(&rows))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "the groups do not fit in memory");
	*out = list;
	return true;
}

/* --- later --- */

struct hand_job {
	struct store_job job;
	struct hand_row *in;
	size_t count;
};

static bool run_put(struct store_job *job, struct db *db, struct err *err)
{
	struct hand_job *h = (struct hand_job *)job;

	return hand_put(db, h->in, h->count, err);
}

void hand_put_later(struct store *store, const struct hand_row *rows, size_t count,
	struct store_then then)
{
	struct hand_job *h = store_job_new(sizeof *h);

	h->job.run = run_put;
	h->job.then = then;
	h->in = store_job_copy(&h->job, rows, count * sizeof *rows);
	h->count = h->in ? count : 0;
	for (size_t i = 0; i < h->count; i++) {
		h->in[i].title = store_job_text(&h->job, h->in[i].title);
		h->in[i].service = store_job_text(&h->job, h->in[i].service);
	}
	store_write(store, &h->job);
}
