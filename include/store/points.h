/* Points of this host's series: raw for hours, sums of five minutes for weeks.
 *
 * Kept as blobs (store/chunk.h), half an hour of raw points or a day of sums in each;
 * appending rewrites the newest one. Append every minute or so and before leaving:
 * what was not appended is lost with the process. */
#ifndef STORE_POINTS_H
#define STORE_POINTS_H

#include "base/arena.h"
#include "model/series.h"
#include "store/store.h"

enum {
	POINTS_MAX_SERIES = 2000, /* in one call */
	POINTS_MAX_LOAD = 20000,  /* points of one series in one load */
	POINTS_BUCKET_MS = 5 * 60 * 1000,
	POINTS_LATE_MS = 5 * 60 * 1000, /* later than this is kept but not summed */
};

enum points_tier { POINTS_RAW, POINTS_SUMS };

struct points_add {
	struct untrusted key; /* of the series, at most SERIES_KEY_MAX bytes */
	const struct point *points;
	size_t count;
};

/* Times rising; others are skipped. A point at a time that is there already replaces
 * it. Beyond CHUNK_MAX_POINTS in half an hour, points are dropped. */
bool points_append(
	struct db *db, const struct points_add *adds, size_t count, struct err *err);

/* at: start of the five minutes. The mean has single precision. */
struct points_sum {
	int64_t at;
	double low, mean, high;
};

struct points_query {
	enum points_tier tier;
	int64_t from_at, to_at; /* [from_at, to_at) */
	size_t max_points;      /* the newest of each series; ≤ POINTS_MAX_LOAD */
	const struct untrusted *keys;
	size_t key_count; /* 0: all series */
};

struct points_series {
	struct untrusted key;
	const struct point *points;    /* of POINTS_RAW */
	const struct points_sum *sums; /* of POINTS_SUMS */
	size_t count;
};

struct points_span {
	struct points_series *series; /* by key; those without points are left out */
	size_t count;
};

bool points_load(struct db *db, struct arena *arena, const struct points_query *query,
	struct points_span *out, struct err *err);

/* Sums what has come since the last time, some series at a time: *more says that it
 * wants to be called again. */
bool points_roll_up(struct db *db, bool *more, struct err *err);

struct points_retention {
	int64_t raw_ms, sums_ms; /* e.g. 48 h and 8 weeks, from now back */
};
/* Forgets old chunks, and series that have none left. */
bool points_trim(struct db *db, struct points_retention retention, struct err *err);

/* On main; results live until the callback returns; err NULL on success. */
void points_append_later(struct store *store, const struct points_add *adds, size_t count,
	struct store_then then);
void points_load_later(struct store *store, const struct points_query *query,
	void (*got)(void *ctx, const struct points_span *span, const struct err *err),
	void *ctx);
/* Calls itself until there is no more. */
void points_roll_up_later(struct store *store, struct store_then then);
void points_trim_later(
	struct store *store, struct points_retention retention, struct store_then then);

#endif
