/* Detector states, one row for each series. The functions over struct db run where it
 * is (a lane, or a one-shot command); the _later ones on main.
 * Hides the SQL and what a row looks like. */
#include "store/baseline.h"

#include "model/series.h"

#include <string.h>

static const char sql_put[] =
	"INSERT INTO baseline (id, team_id, created_by, created_at, updated_at, "
	"revision, "
	"key, version, body) VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7) "
	"ON CONFLICT (team_id, key) DO UPDATE SET version = excluded.version, "
	"body = excluded.body, updated_at = excluded.updated_at, "
	"revision = baseline.revision + 1";

static const char sql_count[] = "SELECT count(*) FROM baseline "
				"WHERE team_id = $1 AND version = $2";

static const char sql_load[] = "SELECT key, version, body, updated_at FROM baseline "
			       "WHERE team_id = $1 AND version = $2 ORDER BY key";

static const char sql_find[] = "SELECT key, version, body, updated_at FROM baseline "
			       "WHERE team_id = $1 AND key = $2";

static const char sql_trim[] = "DELETE FROM baseline "
			       "WHERE team_id = $1 AND updated_at < $2";

bool baseline_put(
	struct db *db, const struct baseline_row *rows, size_t count, struct err *err)
{
	int64_t now = db->now();
	char id[ID_TEXT];

	for (size_t i = 0; i < count; i++) {
		const struct baseline_row *row = &rows[i];

		if (row->n > BASELINE_MAX_BYTES ||
			untrusted_size(row->key) > SERIES_KEY_MAX)
			return err_set(err, ERR_LIMIT,
				"a baseline of %zu bytes, the limit is %d", row->n,
				BASELINE_MAX_BYTES);
		if (!db_run(db, sql_put,
			    DB_ARGS(DB_OWN(db, id, now), bind_untrusted(row->key),
				    bind_i64(row->version),
				    bind_blob(row->bytes, row->n)),
			    err))
			return false;
	}
	return true;
}

static void read_one(struct db_rows *rows, struct arena *arena, struct baseline_row *out)
{
	const void *p = row_blob(rows, 2, &out->n);
	void *copy = arena_alloc(arena, out->n + 1);

	if (copy && out->n)
		memcpy(copy, p, out->n);
	out->bytes = copy;
	out->key = untrusted_copy(arena, row_text(rows, 0));
	out->version = row_i64(rows, 1);
	out->updated_at = row_i64(rows, 3);
}

static bool count_rows(struct db *db, int64_t version, size_t *out, struct err *err)
{
	struct db_rows rows;

	if (db_query(db, &rows, sql_count,
		    DB_ARGS(bind_text(db->who.team), bind_i64(version)), err) &&
		db_next(&rows, err))
		*out = (size_t)row_i64(&rows, 0);
	return db_rows_free(&rows);
}

bool baseline_load(struct db *db, struct arena *arena, int64_t version,
	struct baseline_rows *out, struct err *err)
{
	struct baseline_rows list = {0};
	struct db_rows rows;
	size_t max = 0;

	if (!count_rows(db, version, &max, err))
		return false;
	list.cut = max > BASELINE_MAX_LIST;
	if (list.cut)
		max = BASELINE_MAX_LIST;
	list.rows = arena_alloc(arena, max * sizeof *list.rows);
	if (list.rows &&
		db_query(db, &rows, sql_load,
			DB_ARGS(bind_text(db->who.team), bind_i64(version)), err))
		while (list.count < max && db_next(&rows, err)) {
			read_one(&rows, arena, &list.rows[list.count]);
			if (arena->full)
				break;
			list.count++;
		}
	list.cut |= arena->full;
	if (list.rows && !db_rows_free(&rows))
		return false;
	*out = list;
	return true;
}

bool baseline_find(struct db *db, struct arena *arena, const struct untrusted *keys,
	size_t count, struct baseline_rows *out, struct err *err)
{
	struct baseline_rows list = {
		.rows = arena_alloc(arena, count * sizeof *list.rows)};

	for (size_t i = 0; i < count && !arena->full; i++) {
		struct db_rows rows;

		if (db_query(db, &rows, sql_find,
			    DB_ARGS(bind_text(db->who.team), bind_untrusted(keys[i])),
			    err) &&
			db_next(&rows, err))
			read_one(&rows, arena, &list.rows[list.count++]);
		if (!db_rows_free(&rows))
			return false;
	}
	if (arena->full)
		return err_set(err, ERR_LIMIT, "the baselines do not fit in memory");
	*out = list;
	return true;
}

bool baseline_trim(struct db *db, int64_t before_at, struct err *err)
{
	return db_run(
		db, sql_trim, DB_ARGS(bind_text(db->who.team), bind_i64(before_at)), err);
}

/* --- later --- */

struct baseline_job {
	struct store_job job;
	struct baseline_row *in;
	struct untrusted *keys;
	size_t count;
	int64_t number; /* version, or before_at */
	struct baseline_rows out;
	void (*got)(void *ctx, const struct baseline_rows *rows, const struct err *err);
	void *ctx;
};

static bool run_put(struct store_job *job, struct db *db, struct err *err)
{
	struct baseline_job *b = (struct baseline_job *)job;

	return baseline_put(db, b->in, b->count, err);
}

void baseline_put_later(struct store *store, const struct baseline_row *rows,
	size_t count, struct store_then then)
{
	struct baseline_job *b = store_job_new(sizeof *b);

	b->job.run = run_put;
	b->job.then = then;
	b->in = store_job_copy(&b->job, rows, count * sizeof *rows);
	b->count = count;
	for (size_t i = 0; b->in && i < count; i++) {
		b->in[i].key = store_job_text(&b->job, rows[i].key);
		b->in[i].bytes = store_job_copy(&b->job, rows[i].bytes, rows[i].n);
	}
	store_write(store, &b->job);
}

static bool run_load(struct store_job *job, struct db *db, struct err *err)
{
	struct baseline_job *b = (struct baseline_job *)job;

	return baseline_load(db, &job->arena, b->number, &b->out, err);
}

static void end_load(struct store_job *job, const struct err *err)
{
	struct baseline_job *b = (struct baseline_job *)job;

	b->got(b->ctx, &b->out, err);
}

void baseline_load_later(struct store *store, int64_t version,
	void (*got)(void *ctx, const struct baseline_rows *rows, const struct err *err),
	void *ctx)
{
	struct baseline_job *b = store_job_new(sizeof *b);

	b->job.run = run_load;
	b->job.end = end_load;
	b->number = version;
	b->got = got;
	b->ctx = ctx;
	store_read(store, &b->job);
}

static bool run_find(struct store_job *job, struct db *db, struct err *err)
{
	struct baseline_job *b = (struct baseline_job *)job;

	return baseline_find(db, &job->arena, b->keys, b->count, &b->out, err);
}

void baseline_find_later(struct store *store, const struct untrusted *keys, size_t count,
	void (*got)(void *ctx, const struct baseline_rows *rows, const struct err *err),
	void *ctx)
{
	struct baseline_job *b = store_job_new(sizeof *b);

	b->job.run = run_find;
	b->job.end = end_load;
	b->keys = store_job_copy(&b->job, keys, count * sizeof *keys);
	b->count = count;
	for (size_t i = 0; b->keys && i < count; i++)
		b->keys[i] = store_job_text(&b->job, keys[i]);
	b->got = got;
	b->ctx = ctx;
	store_read(store, &b->job);
}

static bool run_trim(struct store_job *job, struct db *db, struct err *err)
{
	return baseline_trim(db, ((struct baseline_job *)job)->number, err);
}

void baseline_trim_later(struct store *store, int64_t before_at, struct store_then then)
{
	struct baseline_job *b = store_job_new(sizeof *b);

	b->job.run = run_trim;
	b->job.then = then;
	b->number = before_at;
	store_write(store, &b->job);
}
