/* The incidents of a source's own history, the entries of their logs, and how much of it
 * is here. Rows and coverage are written together, so that a process may be killed at any
 * moment and the next one goes on from what is really there. */
#ifndef STORE_PAST_H
#define STORE_PAST_H

#include "base/arena.h"
#include "model/batch.h"
#include "store/incident.h"

enum { PAST_MAX_ENTRIES = 2000, PAST_MAX_LIST = 20000, PAST_MAX_SOURCES = 64 };

/* What one answer tells. */
struct past_page {
	struct untrusted source;
	struct untrusted
		scope; /* what is asked of it: another scope is another history */
	const struct batch_past *pasts;
	size_t past_count;
	const struct batch_entry *entries;
	size_t entry_count;
	/* Of this incident they are all of its notes: what is kept of others goes; or
	 * empty. */
	struct untrusted notes_of;
	const struct coverage *coverage; /* as it is with this page; NULL: as it was */
};

bool past_put(struct db *db, const struct past_page *page, struct err *err);

struct past_row {
	struct incident_row incident;
	uint32_t number;
	enum urgency urgency;
	struct untrusted priority, link, acked_by, resolved_by;
	int64_t taken_at; /* the first acknowledgement; 0: none */
};

struct past_rows {
	struct past_row *rows;
	size_t count; /* of rows, at most the limit */
	size_t total; /* of what began in the window */
};

/* What paged and began in the window, newest first. limit: 1 … PAST_MAX_LIST. */
bool past_list(struct db *db, struct arena *arena, struct span window, size_t limit,
	struct past_rows *out, struct err *err);

struct past_entries {
	struct batch_entry *rows;
	size_t count;
	bool cut; /* there are more; the first PAST_MAX_ENTRIES are here */
};

/* The log of one incident, oldest first. */
bool past_log(struct db *db, struct arena *arena, struct untrusted source,
	struct untrusted incident, struct past_entries *out, struct err *err);

struct past_coverage {
	struct untrusted source, scope;
	struct coverage coverage;
};

struct past_coverages {
	struct past_coverage *rows;
	size_t count;
};

/* Of all sources. */
bool past_covered(
	struct db *db, struct arena *arena, struct past_coverages *out, struct err *err);

/* On main; results live until the callback returns; err NULL on success. */
void past_put_later(
	struct store *store, const struct past_page *page, struct store_then then);
void past_log_later(struct store *store, struct untrusted source,
	struct untrusted incident,
	void (*got)(void *ctx, const struct past_entries *entries, const struct err *err),
	void *ctx);
void past_covered_later(struct store *store,
	void (*got)(void *ctx, const struct past_coverages *list, const struct err *err),
	void *ctx);

#endif
