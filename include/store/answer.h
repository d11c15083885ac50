/* Answers of servers that several oogways on one store need: one asks, the others read
 * them here. They are worth something for a minute or two and then removed. */
#ifndef STORE_ANSWER_H
#define STORE_ANSWER_H

#include "base/arena.h"
#include "store/store.h"

enum { ANSWER_MAX_BYTES = 2 << 20, ANSWER_MAX_KEY = 200 };

struct answer_row {
	struct untrusted key; /* of what was asked, by whom */
	int64_t came_at;      /* UTC ms; 0: there is none */
	struct untrusted type, body;
};

/* Replaces an older one. ERR_LIMIT above ANSWER_MAX_BYTES. */
bool answer_put(struct db *db, const struct answer_row *row, struct err *err);
/* One that came at since_at or later; none is no error. */
bool answer_find(struct db *db, struct arena *arena, struct untrusted key,
	int64_t since_at, struct answer_row *out, struct err *err);
bool answer_trim(struct db *db, int64_t before_at, struct err *err);

/* On main; the row lives until the callback returns; err NULL on success. */
void answer_put_later(
	struct store *store, const struct answer_row *row, struct store_then then);
void answer_find_later(struct store *store, struct untrusted key, int64_t since_at,
	void (*got)(void *ctx, const struct answer_row *row, const struct err *err),
	void *ctx);
void answer_trim_later(struct store *store, int64_t before_at, struct store_then then);

#endif
