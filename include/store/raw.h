/* Incidents as their source told them: all their fields, as JSON, in a table of their own
 * that is read only for one that somebody looks at. */
#ifndef STORE_RAW_H
#define STORE_RAW_H

#include "base/arena.h"
#include "store/store.h"

enum { RAW_MAX_BYTES = 64 << 10 };

/* Identity: source and upstream_id. */
struct raw_row {
	struct untrusted source, upstream_id, body;
	int64_t told_at; /* 0: there is none */
};

/* New ones are added, known ones replaced. Longer ones are refused. */
bool raw_put(struct db *db, const struct raw_row *rows, size_t count, struct err *err);
/* A missing one is no error: told_at is 0. */
bool raw_find(struct db *db, struct arena *arena, struct raw_row *row, struct err *err);
/* Those told last before. */
bool raw_trim(struct db *db, int64_t before_at, struct err *err);

/* On main. */
void raw_put_later(struct store *store, const struct raw_row *rows, size_t count,
	struct store_then then);
void raw_find_later(struct store *store, struct untrusted source, struct untrusted id,
	void (*got)(void *ctx, const struct raw_row *row, const struct err *err),
	void *ctx);
void raw_trim_later(struct store *store, int64_t before_at);

#endif
