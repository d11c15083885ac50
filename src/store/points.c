/* Series of points as rows of blobs: series → chunk, one for each tier and span of
 * time. Hides how points are spread over chunks and merged with what is there. The
 * functions over struct db run where it is; the _later ones are in points_later.c. */
#include "store/points.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "chunk.h"

#include <math.h>
#include <string.h>

enum { ROLL_SERIES = 8, ROLL_CHUNKS = 4 };

static const struct tier {
	int64_t span_ms; /* of one chunk */
	int columns;
} tiers[] = {
	[POINTS_RAW] = {30 * MINUTE_MS, 1},
	[POINTS_SUMS] = {DAY_MS, 3},
};

static const char sql_series_find[] =
	"SELECT id FROM series WHERE team_id = $1 AND key = $2";

static const char sql_series_add[] =
	"INSERT INTO series (id, team_id, created_by, created_at, updated_at, revision, "
	"key, rolled_at) VALUES ($1, $2, $3, $4, $4, 1, $5, $6) "
	"ON CONFLICT (team_id, key) DO UPDATE SET updated_at = excluded.updated_at "
	"RETURNING id";

static const char sql_series_all[] =
	"SELECT id, key FROM series WHERE team_id = $1 ORDER BY key LIMIT $2";

static const char sql_series_due[] =
	"SELECT id, rolled_at FROM series WHERE team_id = $1 AND rolled_at < $2 "
	"ORDER BY rolled_at LIMIT $3";

static const char sql_series_rolled[] =
	"UPDATE series SET rolled_at = $2, updated_at = $3, revision = revision + 1 "
	"WHERE id = $1";

static const char sql_series_trim[] =
	"DELETE FROM series WHERE team_id = $1 AND updated_at < $2 "
	"AND NOT EXISTS (SELECT 1 FROM chunk WHERE chunk.series_id = series.id)";

static const char sql_chunk_get[] =
	"SELECT body FROM chunk WHERE series_id = $1 AND tier = $2 AND from_at = $3";

static const char sql_chunk_put[] =
	"INSERT INTO chunk (id, team_id, created_by, created_at, updated_at, revision, "
	"series_id, tier, from_at, body) VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7, $8) "
	"ON CONFLICT (series_id, tier, from_at) DO UPDATE SET body = excluded.body, "
	"updated_at = excluded.updated_at, revision = chunk.revision + 1";

static const char sql_chunk_newest[] =
	"SELECT body FROM chunk WHERE series_id = $1 AND tier = $2 AND from_at > $3 "
	"AND from_at < $4 ORDER BY from_at DESC";

static const char sql_chunk_next[] =
	"SELECT body, from_at FROM chunk WHERE series_id = $1 AND tier = $2 "
	"AND from_at > $3 AND from_at < $4 ORDER BY from_at LIMIT $5";

static const char sql_chunk_trim[] =
	"DELETE FROM chunk WHERE series_id IN (SELECT id FROM series WHERE team_id = $1) "
	"AND tier = $2 AND from_at <= $3";

/* Where a chunk belongs. */
struct shelf {
	const char *id; /* of the series */
	enum points_tier tier;
};

/* Work space of one call, on the heap. */
struct space {
	struct chunk old, in, out;
	unsigned char bytes[CHUNK_MAX_BYTES];
};

struct found_series {
	char id[ID_TEXT];
	struct untrusted key;
	int64_t rolled_at;
};

struct found_list {
	struct found_series *items;
	size_t count;
};

/* The newest points of a series, gathered from the end. Raw points use the mean. */
struct gathered {
	struct points_sum *sums;
	size_t max, left; /* sums[left … max) are filled */
};

static int64_t floor_to(int64_t at, int64_t step)
{
	return at - at % step;
}

/* --- chunks --- */

/* A chunk that cannot be read counts as empty: its points are lost, not the series. */
static void read_chunk(const struct db_rows *rows, struct chunk *out)
{
	size_t n;
	const void *p = row_blob(rows, 0, &n);

	if (p && !chunk_decode(p, n, out))
		log_add(LOG_WARN, "store: points of half an hour or a day are damaged");
	else if (!p)
		out->count = 0;
}

static bool get_chunk(struct db *db, const struct shelf *shelf, int64_t from_at,
	struct chunk *out, struct err *err)
{
	struct db_rows rows;

	out->count = 0;
	if (db_query(db, &rows, sql_chunk_get,
		    DB_ARGS(bind_text(shelf->id), bind_i64(shelf->tier),
			    bind_i64(from_at)),
		    err) &&
		db_next(&rows, err))
		read_chunk(&rows, out);
	return db_rows_free(&rows);
}

static bool put_chunk(
	struct db *db, const struct shelf *shelf, struct space *space, struct err *err)
{
	const struct chunk *chunk = &space->out;
	size_t n = chunk_encode(chunk, space->bytes);
	int64_t now = db->now();
	char own[ID_TEXT];

	return db_run(db, sql_chunk_put,
		DB_ARGS(DB_OWN(db, own, now), bind_text(shelf->id), bind_i64(shelf->tier),
			bind_i64(floor_to(chunk->at[0], tiers[shelf->tier].span_ms)),
			bind_blob(space->bytes, n)),
		err);
}

static void copy_point(struct chunk *to, const struct chunk *from, size_t i)
{
	if (to->count == CHUNK_MAX_POINTS)
		return;
	to->at[to->count] = from->at[i];
	for (int c = 0; c < to->columns; c++)
		to->value[c][to->count] = from->value[c][i];
	to->count++;
}

/* out = old and in[from … to), the new one where both have a time. */
static void merge(struct space *space, size_t from, size_t to)
{
	const struct chunk *old = &space->old, *in = &space->in;
	struct chunk *out = &space->out;
	size_t i = 0;

	out->count = 0;
	out->columns = in->columns;
	while (i < old->count || from < to) {
		if (from == to || (i < old->count && old->at[i] < in->at[from])) {
			copy_point(out, old, i++);
		} else {
			if (i < old->count && old->at[i] == in->at[from])
				i++;
			copy_point(out, in, from++);
		}
	}
}

/* Spreads space->in over its chunks. */
static bool put_points(
	struct db *db, const struct shelf *shelf, struct space *space, struct err *err)
{
	const struct chunk *in = &space->in;
	int64_t span = tiers[shelf->tier].span_ms;
	size_t to;

	for (size_t from = 0; from < in->count; from = to) {
		int64_t from_at = floor_to(in->at[from], span);

		for (to = from; to < in->count && in->at[to] < from_at + span;)
			to++;
		if (!get_chunk(db, shelf, from_at, &space->old, err))
			return false;
		if (space->old.columns != in->columns)
			space->old.count = 0;
		merge(space, from, to);
		if (!put_chunk(db, shelf, space, err))
			return false;
	}
	return true;
}

/* --- series --- */

/* *id is "" when there is none. */
static bool find_series(
	struct db *db, struct untrusted key, char id[ID_TEXT], struct err *err)
{
	struct db_rows rows;

	*id = 0;
	if (db_query(db, &rows, sql_series_find,
		    DB_ARGS(bind_text(db->who.team), bind_untrusted(key)), err) &&
		db_next(&rows, err) && !text_to_id(row_text(&rows, 0), id, ID_TEXT))
		*id = 0;
	return db_rows_free(&rows);
}

static bool add_series(
	struct db *db, const struct points_add *add, char id[ID_TEXT], struct err *err)
{
	int64_t now = db->now();
	struct db_rows rows;
	char own[ID_TEXT];

	if (db_query(db, &rows, sql_series_add,
		    DB_ARGS(DB_OWN(db, own, now), bind_untrusted(add->key),
			    bind_i64(floor_to(add->points[0].at, POINTS_BUCKET_MS))),
		    err))
		while (db_next(&rows, err))
			if (!text_to_id(row_text(&rows, 0), id, ID_TEXT))
				*id = 0;
	return db_rows_free(&rows);
}

static bool append_one(
	struct db *db, const struct points_add *add, struct space *space, struct err *err)
{
	struct chunk *in = &space->in;
	char id[ID_TEXT];
	struct shelf shelf = {id, POINTS_RAW};
	size_t i = 0;

	if (untrusted_size(add->key) > SERIES_KEY_MAX)
		return err_set(err, ERR_LIMIT, "the key of a series is longer than %d",
			SERIES_KEY_MAX);
	if (!add->count)
		return true;
	if (!find_series(db, add->key, id, err) ||
		(!*id && !add_series(db, add, id, err)))
		return false;
	in->columns = 1;
	while (i < add->count) {
		in->count = 0;
		for (; i < add->count && in->count < CHUNK_MAX_POINTS; i++) {
			if (add->points[i].at < 0 ||
				(in->count && add->points[i].at <= in->at[in->count - 1]))
				continue;
			in->at[in->count] = add->points[i].at;
			in->value[0][in->count++] = add->points[i].value;
		}
		if (!put_points(db, &shelf, space, err))
			return false;
	}
	return true;
}

bool points_append(
	struct db *db, const struct points_add *adds, size_t count, struct err *err)
{
	struct space *space;
	bool fine = true;

	if (count > POINTS_MAX_SERIES)
		return err_set(err, ERR_LIMIT, "%zu series at once, the limit is %d",
			count, POINTS_MAX_SERIES);
	space = mem_new(1, sizeof *space);
	for (size_t i = 0; fine && i < count; i++)
		fine = append_one(db, &adds[i], space, err);
	mem_free(space);
	return fine;
}

/* --- loading --- */

static bool list_named(struct db *db, const struct points_query *query,
	struct found_list *list, struct err *err)
{
	for (size_t i = 0; i < query->key_count; i++) {
		struct found_series *series = &list->items[list->count];

		series->key = query->keys[i];
		if (!find_series(db, query->keys[i], series->id, err))
			return false;
		list->count += *series->id != 0;
	}
	return true;
}

static bool list_all(
	struct db *db, struct arena *arena, struct found_list *list, struct err *err)
{
	struct db_rows rows;

	if (db_query(db, &rows, sql_series_all,
		    DB_ARGS(bind_text(db->who.team), bind_i64(POINTS_MAX_SERIES)), err))
		while (list->count < POINTS_MAX_SERIES && db_next(&rows, err)) {
			struct found_series *series = &list->items[list->count];

			series->key = untrusted_copy(arena, row_text(&rows, 1));
			list->count +=
				text_to_id(row_text(&rows, 0), series->id, ID_TEXT);
		}
	return db_rows_free(&rows);
}

static void gather_chunk(
	const struct chunk *c, const struct points_query *query, struct gathered *to)
{
	int columns = tiers[query->tier].columns;

	if (c->columns != columns)
		return;
	for (size_t i = c->count; to->left && i--;)
		if (c->at[i] >= query->from_at && c->at[i] < query->to_at)
			to->sums[--to->left] = (struct points_sum){c->at[i],
				c->value[0][i], c->value[columns == 1 ? 0 : 1][i],
				c->value[columns - 1][i]};
}

static bool gather(struct db *db, const char *id, const struct points_query *query,
	struct gathered *to, struct err *err)
{
	struct chunk *chunk = mem_new(1, sizeof *chunk);
	struct db_rows rows;

	to->left = to->max;
	if (db_query(db, &rows, sql_chunk_newest,
		    DB_ARGS(bind_text(id), bind_i64(query->tier),
			    bind_i64(query->from_at - tiers[query->tier].span_ms),
			    bind_i64(query->to_at)),
		    err))
		while (to->left && db_next(&rows, err)) {
			read_chunk(&rows, chunk);
			gather_chunk(chunk, query, to);
		}
	mem_free(chunk);
	return db_rows_free(&rows);
}

/* Copies what was gathered; an arena that is full shows in the arena. */
static void keep_series(struct arena *arena, enum points_tier tier,
	const struct gathered *from, struct points_series *out)
{
	const struct points_sum *sums = from->sums + from->left;
	struct points_sum *copy = NULL;
	struct point *points = NULL;

	out->count = from->max - from->left;
	if (tier == POINTS_SUMS)
		out->sums = copy = arena_alloc(arena, out->count * sizeof *copy);
	else
		out->points = points = arena_alloc(arena, out->count * sizeof *points);
	if (copy)
		memcpy(copy, sums, out->count * sizeof *copy);
	for (size_t i = 0; points && i < out->count; i++)
		points[i] = (struct point){sums[i].at, sums[i].mean};
}

struct loading {
	struct arena *arena;
	const struct points_query *query;
	struct found_list list;
	struct gathered gathered;
};

static bool load(
	struct db *db, struct loading *l, struct points_span *out, struct err *err)
{
	bool fine = l->query->key_count ? list_named(db, l->query, &l->list, err)
					: list_all(db, l->arena, &l->list, err);

	out->series = arena_alloc(l->arena, l->list.count * sizeof *out->series);
	for (size_t i = 0; fine && !l->arena->full && i < l->list.count; i++) {
		const struct found_series *series = &l->list.items[i];

		fine = gather(db, series->id, l->query, &l->gathered, err);
		if (!fine || l->gathered.left == l->gathered.max)
			continue;
		out->series[out->count].key = untrusted_copy(l->arena, series->key);
		keep_series(l->arena, l->query->tier, &l->gathered,
			&out->series[out->count++]);
	}
	if (fine && l->arena->full)
		return err_set(err, ERR_LIMIT, "the points do not fit in memory at once");
	return fine;
}

bool points_load(struct db *db, struct arena *arena, const struct points_query *query,
	struct points_span *out, struct err *err)
{
	struct loading l = {.arena = arena, .query = query};
	struct points_span span = {0};
	bool fine;

	if (!query->max_points || query->max_points > POINTS_MAX_LOAD ||
		query->key_count > POINTS_MAX_SERIES)
		return err_set(err, ERR_LIMIT,
			"1 to %d points of at most %d series can be read at once",
			POINTS_MAX_LOAD, POINTS_MAX_SERIES);
	l.list.items =
		mem_new((query->key_count ? query->key_count : POINTS_MAX_SERIES) + 1,
			sizeof *l.list.items);
	l.gathered.max = query->max_points;
	l.gathered.sums = mem_new(query->max_points, sizeof *l.gathered.sums);
	fine = load(db, &l, &span, err);
	mem_free(l.gathered.sums);
	mem_free(l.list.items);
	if (fine)
		*out = span;
	return fine;
}

/* --- sums --- */

/* Adds the raw points of `raw` in [from_at, to_at) to the sums in `in`. */
static void add_sums(const struct chunk *raw, int64_t from_at, int64_t to_at,
	struct chunk *in, size_t *weight)
{
	for (size_t i = 0; i < raw->count; i++) {
		int64_t at = floor_to(raw->at[i], POINTS_BUCKET_MS);
		double value = raw->value[0][i];
		size_t n = in->count;

		if (at < from_at || at >= to_at || !isfinite(value))
			continue;
		/* Only a damaged chunk has times outside its span. */
		if (n == CHUNK_MAX_POINTS || (n && at < in->at[n - 1]))
			continue;
		if (!n || in->at[n - 1] != at) {
			in->at[n] = at;
			in->value[0][n] = in->value[1][n] = in->value[2][n] = value;
			in->count++;
			*weight = 1;
			continue;
		}
		n--;
		in->value[0][n] = fmin(in->value[0][n], value);
		in->value[1][n] += (value - in->value[1][n]) / (double)++*weight;
		in->value[2][n] = fmax(in->value[2][n], value);
	}
}

static bool sum_chunks(struct db *db, const struct found_series *series, int64_t *to_at,
	struct space *space, struct err *err)
{
	int64_t span = tiers[POINTS_RAW].span_ms, last = 0;
	size_t chunks = 0, weight = 0;
	struct db_rows rows;

	space->in.count = 0;
	space->in.columns = 3;
	if (db_query(db, &rows, sql_chunk_next,
		    DB_ARGS(bind_text(series->id), bind_i64(POINTS_RAW),
			    bind_i64(series->rolled_at - span), bind_i64(*to_at),
			    bind_i64(ROLL_CHUNKS)),
		    err))
		while (db_next(&rows, err)) {
			read_chunk(&rows, &space->old);
			add_sums(&space->old, series->rolled_at, *to_at, &space->in,
				&weight);
			last = row_i64(&rows, 1) + span;
			chunks++;
		}
	if (chunks == ROLL_CHUNKS && last < *to_at)
		*to_at = last;
	return db_rows_free(&rows);
}

static bool roll_one(struct db *db, const struct found_series *series, int64_t to_at,
	struct space *space, struct err *err)
{
	struct shelf shelf = {series->id, POINTS_SUMS};
	struct chunk *in = &space->in;

	if (!sum_chunks(db, series, &to_at, space, err))
		return false;
	for (size_t i = 0; i < in->count; i++)
		in->value[1][i] = (double)(float)in->value[1][i];
	return put_points(db, &shelf, space, err) &&
	       db_run(db, sql_series_rolled,
		       DB_ARGS(bind_text(series->id), bind_i64(to_at),
			       bind_i64(db->now())),
		       err);
}

bool points_roll_up(struct db *db, bool *more, struct err *err)
{
	int64_t to_at = floor_to(db->now() - POINTS_LATE_MS, POINTS_BUCKET_MS);
	struct found_series due[ROLL_SERIES];
	struct space *space;
	struct db_rows rows;
	size_t count = 0;
	bool fine;

	if (db_query(db, &rows, sql_series_due,
		    DB_ARGS(bind_text(db->who.team), bind_i64(to_at),
			    bind_i64(ROLL_SERIES)),
		    err))
		while (count < ROLL_SERIES && db_next(&rows, err)) {
			due[count].rolled_at = row_i64(&rows, 1);
			count += text_to_id(row_text(&rows, 0), due[count].id, ID_TEXT);
		}
	fine = db_rows_free(&rows);
	space = mem_new(1, sizeof *space);
	for (size_t i = 0; fine && i < count; i++)
		fine = roll_one(db, &due[i], to_at, space, err);
	mem_free(space);
	*more = fine && count > 0;
	return fine;
}

bool points_trim(struct db *db, struct points_retention retention, struct err *err)
{
	const int64_t keep_ms[] = {
		[POINTS_RAW] = retention.raw_ms, [POINTS_SUMS] = retention.sums_ms};
	int64_t now = db->now();

	for (int tier = POINTS_RAW; tier <= POINTS_SUMS; tier++)
		if (!db_run(db, sql_chunk_trim,
			    DB_ARGS(bind_text(db->who.team), bind_i64(tier),
				    bind_i64(now - keep_ms[tier] - tiers[tier].span_ms)),
			    err))
			return false;
	return db_run(db, sql_series_trim,
		DB_ARGS(bind_text(db->who.team), bind_i64(now - retention.raw_ms)), err);
}
