/* Console state: one row for each key of each user. The functions over struct db run
 * where it is (a lane, or a one-shot command); the _later ones on main.
 * Hides the SQL and what a row looks like. */
#include "store/keep.h"

#include <string.h>

static const char sql_put[] =
	"INSERT INTO keep (id, team_id, created_by, created_at, updated_at, revision, "
	"key, body) VALUES ($1, $2, $3, $4, $4, 1, $5, $6) "
	"ON CONFLICT (team_id, created_by, key) DO UPDATE SET body = excluded.body, "
	"updated_at = excluded.updated_at, revision = keep.revision + 1";

/* Not LIKE: a prefix needs no escaping. */
static const char sql_find[] =
	"SELECT key, body, updated_at FROM keep WHERE team_id = $1 AND created_by = $2 "
	"AND substr(key, 1, length($3)) = $3 ORDER BY key LIMIT $4";

static const char sql_get[] = "SELECT key, body, updated_at FROM keep "
			      "WHERE team_id = $1 AND created_by = $2 AND key = $3";

static const char sql_delete[] = "DELETE FROM keep "
				 "WHERE team_id = $1 AND created_by = $2 AND key = $3";

bool keep_put(
	struct db *db, const char *key, const void *bytes, size_t n, struct err *err)
{
	char id[ID_TEXT];
	int64_t now = db->now();

	if (n > KEEP_MAX_BYTES || strlen(key) > KEEP_MAX_KEY)
		return err_set(err, ERR_LIMIT,
			"%.40s is too large to keep (%zu KiB of %d)", key, n >> 10,
			KEEP_MAX_BYTES >> 10);
	return db_run(db, sql_put,
		DB_ARGS(DB_OWN(db, id, now), bind_text(key), bind_blob(bytes, n)), err);
}

static bool read_item(struct db_rows *rows, struct arena *arena, struct keep_item *item)
{
	const void *p = row_blob(rows, 1, &item->n);
	void *copy = arena_alloc(arena, item->n + 1);

	item->key = untrusted_copy(arena, row_text(rows, 0));
	if (copy && item->n)
		memcpy(copy, p, item->n);
	item->bytes = copy;
	item->updated_at = row_i64(rows, 2);
	return !arena->full;
}

static bool full(struct err *err)
{
	return err_set(err, ERR_LIMIT, "what was kept does not fit in memory at once");
}

bool keep_get(struct db *db, struct arena *arena, const char *key, struct keep_item *out,
	struct err *err)
{
	struct keep_item item = {0};
	struct db_rows rows;
	bool fits = true;

	if (db_query(db, &rows, sql_get,
		    DB_ARGS(bind_text(db->who.team), bind_text(db->who.user),
			    bind_text(key)),
		    err) &&
		db_next(&rows, err))
		fits = read_item(&rows, arena, &item);
	if (!db_rows_free(&rows))
		return false;
	*out = item;
	return fits || full(err);
}

bool keep_find(struct db *db, struct arena *arena, const char *prefix,
	struct keep_list *out, struct err *err)
{
	struct keep_list list = {
		arena_alloc(arena, KEEP_MAX_LIST * sizeof *list.items), 0, false};
	struct db_rows rows;
	bool fits = list.items != NULL;

	if (db_query(db, &rows, sql_find,
		    DB_ARGS(bind_text(db->who.team), bind_text(db->who.user),
			    bind_text(prefix), bind_i64(KEEP_MAX_LIST + 1)),
		    err))
		while (fits && db_next(&rows, err)) {
			list.cut = list.count == KEEP_MAX_LIST;
			if (list.cut)
				break;
			fits = read_item(&rows, arena, &list.items[list.count++]);
		}
	if (!db_rows_free(&rows))
		return false;
	*out = list;
	return fits || full(err);
}

bool keep_delete(struct db *db, const char *key, struct err *err)
{
	return db_run(db, sql_delete,
		DB_ARGS(bind_text(db->who.team), bind_text(db->who.user), bind_text(key)),
		err);
}

/* --- later --- */

struct keep_job {
	struct store_job job;
	const char *key;
	const void *bytes;
	size_t n;
	struct keep_item item;
	struct keep_list list;
	void (*got_item)(void *ctx, const struct keep_item *item, const struct err *err);
	void (*got_list)(void *ctx, const struct keep_list *list, const struct err *err);
	void *ctx;
};

static struct keep_job *new_job(const char *key,
	bool (*run)(struct store_job *job, struct db *db, struct err *err))
{
	struct keep_job *k = store_job_new(sizeof *k);

	k->job.run = run;
	k->key = store_job_str(&k->job, key);
	return k;
}

static bool run_put(struct store_job *job, struct db *db, struct err *err)
{
	struct keep_job *k = (struct keep_job *)job;

	return keep_put(db, k->key, k->bytes, k->n, err);
}

void keep_put_later(struct store *store, const char *key, const void *bytes, size_t n,
	struct store_then then)
{
	struct keep_job *k = new_job(key, run_put);

	k->job.then = then;
	k->bytes = store_job_copy(&k->job, bytes, n);
	k->n = n;
	store_write(store, &k->job);
}

static bool run_get(struct store_job *job, struct db *db, struct err *err)
{
	struct keep_job *k = (struct keep_job *)job;

	return keep_get(db, &job->arena, k->key, &k->item, err);
}

static void end_get(struct store_job *job, const struct err *err)
{
	struct keep_job *k = (struct keep_job *)job;

	k->got_item(k->ctx, &k->item, err);
}

void keep_get_later(struct store *store, const char *key,
	void (*got)(void *ctx, const struct keep_item *item, const struct err *err),
	void *ctx)
{
	struct keep_job *k = new_job(key, run_get);

	k->job.end = end_get;
	k->got_item = got;
	k->ctx = ctx;
	store_read(store, &k->job);
}

static bool run_find(struct store_job *job, struct db *db, struct err *err)
{
	struct keep_job *k = (struct keep_job *)job;

	return keep_find(db, &job->arena, k->key, &k->list, err);
}

static void end_find(struct store_job *job, const struct err *err)
{
	struct keep_job *k = (struct keep_job *)job;

	k->got_list(k->ctx, &k->list, err);
}

void keep_find_later(struct store *store, const char *prefix,
	void (*got)(void *ctx, const struct keep_list *list, const struct err *err),
	void *ctx)
{
	struct keep_job *k = new_job(prefix, run_find);

	k->job.end = end_find;
	k->got_list = got;
	k->ctx = ctx;
	store_read(store, &k->job);
}

static bool run_delete(struct store_job *job, struct db *db, struct err *err)
{
	return keep_delete(db, ((struct keep_job *)job)->key, err);
}

void keep_delete_later(struct store *store, const char *key, struct store_then then)
{
	struct keep_job *k = new_job(key, run_delete);

	k->job.then = then;
	store_write(store, &k->job);
}
