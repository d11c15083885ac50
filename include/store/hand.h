/* What people said about which incidents belong together: titles of a service with one
 * label are one problem, whatever the clustering thinks. The newest word of a title
 * counts. */
#ifndef STORE_HAND_H
#define STORE_HAND_H

#include "base/arena.h"
#include "store/store.h"

enum { HAND_MAX_LIST = 20000, HAND_MAX_TEXT = 400 };

/* Identity: title and service. */
struct hand_row {
	struct untrusted title, service;
	int64_t label; /* never 0 */
};

struct hand_rows {
	struct hand_row *rows;
	size_t count;
};

bool hand_put(struct db *db, const struct hand_row *rows, size_t count, struct err *err);
/* Oldest first, at most HAND_MAX_LIST. */
bool hand_list(
	struct db *db, struct arena *arena, struct hand_rows *out, struct err *err);

/* On main. */
void hand_put_later(struct store *store, const struct hand_row *rows, size_t count,
	struct store_then then);

#endif
