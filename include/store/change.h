/* Changes: deploys, releases, configuration, from the sources that report them. */
#ifndef STORE_CHANGE_H
#define STORE_CHANGE_H

#include "base/arena.h"
#include "store/store.h"

enum { CHANGE_MAX_TEXT = 2000, CHANGE_MAX_LIST = 5000 };

/* Identity: source and upstream_id. */
struct change_row {
	struct untrusted source, upstream_id, service, summary, link;
	int64_t at;
};

struct change_rows {
	struct change_row *rows;
	size_t count;
	bool cut; /* there are more; the newest are here */
};

/* New ones are added, known ones brought up to date. */
bool change_put(
	struct db *db, const struct change_row *rows, size_t count, struct err *err);
/* Of [from_at, to_at), newest first, at most CHANGE_MAX_LIST. */
struct change_query {
	int64_t from_at, to_at;
};
bool change_span(struct db *db, struct arena *arena, struct change_query query,
	struct change_rows *out, struct err *err);
/* Retention: forgets what happened before. */
bool change_trim(struct db *db, int64_t before_at, struct err *err);

/* On main; results live until the callback returns; err NULL on success. */
void change_put_later(struct store *store, const struct change_row *rows, size_t count,
	struct store_then then);
void change_span_later(struct store *store, struct change_query query,
	void (*got)(void *ctx, const struct change_rows *rows, const struct err *err),
	void *ctx);
void change_trim_later(struct store *store, int64_t before_at, struct store_then then);

#endif
