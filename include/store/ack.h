/* Acknowledgements that oogway itself keeps: of alerts whose source has none (an
 * Alertmanager, a Prometheus). A state, not a silence: it holds while the alert fires
 * and looks the same. */
#ifndef STORE_ACK_H
#define STORE_ACK_H

#include "base/arena.h"
#include "store/store.h"

enum { ACK_MAX_LIST = 5000 };

struct ack_row {
	struct untrusted source, upstream_id, acked_by;
	int64_t started_at; /* of the alert: one that fires anew is not acknowledged */
	int64_t shape;      /* hash of what was acknowledged (severity, value) */
	int64_t acked_at;
};

struct ack_rows {
	struct ack_row *rows;
	size_t count;
};

bool ack_put(struct db *db, const struct ack_row *rows, size_t count, struct err *err);
bool ack_remove(struct db *db, const struct ack_row *rows, size_t count, struct err *err);
/* Newest first, at most ACK_MAX_LIST. */
bool ack_list(struct db *db, struct arena *arena, struct ack_rows *out, struct err *err);
/* Those made before. */
bool ack_trim(struct db *db, int64_t before_at, struct err *err);

/* On main. */
void ack_put_later(struct store *store, const struct ack_row *rows, size_t count,
	struct store_then then);
void ack_remove_later(struct store *store, const struct ack_row *rows, size_t count,
	struct store_then then);
void ack_trim_later(struct store *store, int64_t before_at);
void ack_list_later(struct store *store,
	void (*got)(void *ctx, const struct ack_rows *rows, const struct err *err),
	void *ctx);

#endif
