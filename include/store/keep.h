/* What the console remembers for its user: a key and a small blob. Command history,
 * saved layouts, last filters. Each user of a team has their own. */
#ifndef STORE_KEEP_H
#define STORE_KEEP_H

#include "base/arena.h"
#include "store/store.h"

enum { KEEP_MAX_KEY = 200, KEEP_MAX_BYTES = 256 << 10, KEEP_MAX_LIST = 1000 };

/* Keys are ours ("layout/main"); the bytes may hold anything. */
struct keep_item {
	struct untrusted key;
	const void *bytes; /* NULL: there is no such key */
	size_t n;
	int64_t updated_at;
};

struct keep_list {
	struct keep_item *items; /* by key */
	size_t count;
	bool cut; /* there are more than KEEP_MAX_LIST */
};

/* Replaces what is there. ERR_LIMIT above KEEP_MAX_BYTES. */
bool keep_put(
	struct db *db, const char *key, const void *bytes, size_t n, struct err *err);
/* A missing key is no error: bytes is NULL. */
bool keep_get(struct db *db, struct arena *arena, const char *key, struct keep_item *out,
	struct err *err);
/* Keys that start with prefix. */
bool keep_find(struct db *db, struct arena *arena, const char *prefix,
	struct keep_list *out, struct err *err);
bool keep_delete(struct db *db, const char *key, struct err *err);

/* On main; results live until the callback returns; err NULL on success. */
void keep_put_later(struct store *store, const char *key, const void *bytes, size_t n,
	struct store_then then);
void keep_get_later(struct store *store, const char *key,
	void (*got)(void *ctx, const struct keep_item *item, const struct err *err),
	void *ctx);
void keep_find_later(struct store *store, const char *prefix,
	void (*got)(void *ctx, const struct keep_list *list, const struct err *err),
	void *ctx);
void keep_delete_later(struct store *store, const char *key, struct store_then then);

#endif
