/* The store's changes of a span, one by one: apart from collect.c, since the store's row
 * and the console's have the same name. Main thread. */
#ifndef SRC_APP_COLLECT_CHANGES_H
#define SRC_APP_COLLECT_CHANGES_H

#include "base/err.h"
#include "base/untrusted.h"

struct store;

struct collect_changes {
	/* Borrowed for the call. */
	void (*each)(void *ctx, int64_t at, struct untrusted service,
		struct untrusted summary);
	void (*end)(void *ctx, const struct err *err); /* once, later */
	void *ctx;
};

/* Of [from, to]. */
void collect_changes_later(
	struct store *store, int64_t from, int64_t to, const struct collect_changes *how);

#endif
