/* Leases: of several oogways that share one store, one holds "poller" and polls,
 * notifies and sends; the others read and take over when it lapses. */
#ifndef STORE_LEASE_H
#define STORE_LEASE_H

#include "store/store.h"

enum { LEASE_MAX_NAME = 64 };

struct lease_claim {
	const char *name;  /* "poller" */
	const char *owner; /* id of this process (id_new), stays the same while it runs */
	int64_t ttl_ms;    /* renew at a third of it */
};

struct lease {
	char owner[LEASE_MAX_NAME]; /* who holds it now */
	int64_t until_at;
	bool mine;
};

/* Takes a free or lapsed lease, renews one's own, else says who has it: in one
 * statement, so that two processes never both get it. */
bool lease_take(struct db *db, const struct lease_claim *claim, struct lease *out,
	struct err *err);
/* Lets others in at once; nothing happens when it is not ours. ttl_ms is not read. */
bool lease_release(struct db *db, const struct lease_claim *claim, struct err *err);

/* On main; err NULL on success. */
void lease_take_later(struct store *store, const struct lease_claim *claim,
	void (*got)(void *ctx, const struct lease *lease, const struct err *err),
	void *ctx);
void lease_release_later(
	struct store *store, const struct lease_claim *claim, struct store_then then);

#endif
