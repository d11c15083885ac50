/* What the detectors have learnt: for each series their state, as bytes. */
#ifndef STORE_BASELINE_H
#define STORE_BASELINE_H

#include "base/arena.h"
#include "store/store.h"

enum { BASELINE_MAX_BYTES = 64 << 10, BASELINE_MAX_LIST = 20000 };

/* key: detector and series, at most SERIES_KEY_MAX bytes; version: of the layout of
 * the bytes, which only the detector understands. */
struct baseline_row {
	struct untrusted key;
	int64_t version;
	const void *bytes;
	size_t n;
	int64_t updated_at; /* read only */
};

struct baseline_rows {
	struct baseline_row *rows;
	size_t count;
	bool cut; /* more than fits in BASELINE_MAX_LIST or the arena */
};

/* Replaces what is there. */
bool baseline_put(
	struct db *db, const struct baseline_row *rows, size_t count, struct err *err);
/* All that have this version, by key. */
bool baseline_load(struct db *db, struct arena *arena, int64_t version,
	struct baseline_rows *out, struct err *err);
/* Those of these keys that are there, whatever their version. */
bool baseline_find(struct db *db, struct arena *arena, const struct untrusted *keys,
	size_t count, struct baseline_rows *out, struct err *err);
/* Retention: forgets those not put since. */
bool baseline_trim(struct db *db, int64_t before_at, struct err *err);

/* On main; results live until the callback returns; err NULL on success. */
void baseline_put_later(struct store *store, const struct baseline_row *rows,
	size_t count, struct store_then then);
void baseline_load_later(struct store *store, int64_t version,
	void (*got)(void *ctx, const struct baseline_rows *rows, const struct err *err),
	void *ctx);
void baseline_find_later(struct store *store, const struct untrusted *keys, size_t count,
	void (*got)(void *ctx, const struct baseline_rows *rows, const struct err *err),
	void *ctx);
void baseline_trim_later(struct store *store, int64_t before_at, struct store_then then);

#endif
