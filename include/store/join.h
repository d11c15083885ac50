/* What somebody said by hand about alerts and incidents: that they are one problem, or
 * that one stands alone. */
#ifndef STORE_JOIN_H
#define STORE_JOIN_H

#include "base/arena.h"
#include "store/store.h"

enum { JOIN_MAX_LIST = 5000 };

struct join_row {
	struct untrusted source, upstream_id;
	struct untrusted problem; /* the same for all of one; empty: it stands alone */
};

struct join_rows {
	struct join_row *rows;
	size_t count;
};

/* The last word on each counts. */
bool join_put(struct db *db, const struct join_row *rows, size_t count, struct err *err);
/* Newest first, at most JOIN_MAX_LIST. */
bool join_list(
	struct db *db, struct arena *arena, struct join_rows *out, struct err *err);
/* Those said before. */
bool join_trim(struct db *db, int64_t before_at, struct err *err);

/* On main. */
void join_put_later(struct store *store, const struct join_row *rows, size_t count,
	struct store_then then);
void join_trim_later(struct store *store, int64_t before_at);
void join_list_later(struct store *store,
	void (*got)(void *ctx, const struct join_rows *rows, const struct err *err),
	void *ctx);

#endif
