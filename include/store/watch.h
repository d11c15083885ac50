/* When somebody watched a source: spans in which its alerts were read again and again. */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include "base/arena.h"
#include "store/store.h"

/* Identity: source and from_at. Times are UTC ms; both ends belong to the span. */
struct watch_span {
	struct untrusted source;
	int64_t from_at, until_at;
};

/* A new one is added, a known one grows. */
bool watch_put(struct db *db, const struct watch_span *span, struct err *err);
/* *out: there is a span that holds this moment. */
bool watch_covers(
	struct db *db, struct untrusted source, int64_t at, bool *out, struct err *err);
/* Those of all sources that reach beyond a moment, by source and then by time; the
 * newest WATCH_MAX_LIST. */
enum { WATCH_MAX_LIST = 5000 };
struct watch_spans {
	struct watch_span *spans;
	size_t count;
};
bool watch_list(struct db *db, struct arena *arena, int64_t after_at,
	struct watch_spans *out, struct err *err);

/* On main. */
void watch_put_later(
	struct store *store, const struct watch_span *span, struct store_then then);

#endif
