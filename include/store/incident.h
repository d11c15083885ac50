/* History of the alerts and incidents that were seen, for ever. Texts come from
 * outside and go out as they came. */
#ifndef STORE_INCIDENT_H
#define STORE_INCIDENT_H

#include "base/arena.h"
#include "base/crypto.h"
#include "model/alert.h"
#include "model/entry.h"
#include "model/severity.h"
#include "store/store.h"

enum incident_acted {
	INCIDENT_ACTED = 1 << 0,   /* somebody did something, here or at the source */
	INCIDENT_BY_HAND = 1 << 1, /* somebody resolved it */
};

enum {
	INCIDENT_MAX_TEXT = 2000, /* bytes kept of one text; more is cut */
	INCIDENT_MAX_LIST = 5000, /* rows put or read at once */
};

/* Identity: source, upstream_id and started_at, so that an alert that fires again
 * tomorrow is a new row. Times are UTC ms, 0: not (yet). */
struct incident_row {
	struct untrusted source, upstream_id, title, service, summary;
	enum severity severity;
	enum alert_state state; /* as last seen */
	bool pages;
	bool echo; /* another tells of the same, and is counted; it stays so */
	int64_t started_at, acked_at, ended_at;
	/* Of one that ended while nobody watched: when it was last seen; it ended between
	 * that and ended_at. Else 0. */
	int64_t ended_after_at;
	/* What is empty or 0 leaves what is known. But for the number these too are read
	 * only by incident_span() and incident_since(). */
	uint32_t number;
	enum urgency urgency;
	struct untrusted priority, acked_by, resolved_by;
	/* --- only read, and only by incident_span(), _since() and _at() --- */
	struct untrusted id; /* the store's */
	int64_t updated_at;
	int64_t taken_at; /* the first acknowledgement that was seen */
	unsigned acted;   /* of enum incident_acted */
};

struct incident_rows {
	struct incident_row *rows;
	size_t count;
};

/* New ones are added, known ones brought up to date; equal ones cost no write. */
bool incident_put(
	struct db *db, const struct incident_row *rows, size_t count, struct err *err);
/* The newest by started_at, newest first. limit: 1 … INCIDENT_MAX_LIST. */
bool incident_newest(struct db *db, struct arena *arena, size_t limit,
	struct incident_rows *out, struct err *err);
/* The page that was resolved last; count is 0 when there is none. */
bool incident_last_page(
	struct db *db, struct arena *arena, struct incident_rows *out, struct err *err);

/* Those of one source that have no end yet, newest first, at most INCIDENT_MAX_LIST;
 * their ended_after_at says when they were last seen. */
bool incident_open(struct db *db, struct arena *arena, struct untrusted source,
	struct incident_rows *out, struct err *err);
/* Those that were open at a moment, as far as is known, newest first; limit as above. */
bool incident_at(struct db *db, struct arena *arena, int64_t at, size_t limit,
	struct incident_rows *out, struct err *err);

/* The newest that a source calls so; count is 0 when there is none. */
bool incident_named(struct db *db, struct arena *arena, struct untrusted upstream_id,
	struct incident_rows *out, struct err *err);

/* Where a page of rows ends and the next goes on. */
struct incident_cursor {
	int64_t at;
	char id[ID_TEXT];
};
/* Begins before the first row of any kind. */
struct incident_cursor incident_cursor_at(int64_t at);
/* Those that began in [from_at, the cursor), newest first: a page at most, for which
 * the cursor then stands behind. Fewer than limit: these were the last. */
bool incident_span(struct db *db, struct arena *arena, int64_t from_at,
	struct incident_cursor *cursor, size_t limit, struct incident_rows *out,
	struct err *err);
/* How many began there or later, at most `most` counted. */
bool incident_count(
	struct db *db, int64_t from_at, size_t most, size_t *out, struct err *err);
/* All of one source. */
bool incident_count_source(
	struct db *db, struct untrusted source, size_t *out, struct err *err);
/* Those written at the cursor or after, in that order; the same paging. */
bool incident_since(struct db *db, struct arena *arena, struct incident_cursor *cursor,
	size_t limit, struct incident_rows *out, struct err *err);

/* On main; results live until the callback returns; err NULL on success. */
typedef void incident_got(
	void *ctx, const struct incident_rows *rows, const struct err *err);
void incident_put_later(struct store *store, const struct incident_row *rows,
	size_t count, struct store_then then);
void incident_newest_later(
	struct store *store, size_t limit, incident_got *got, void *ctx);
void incident_open_later(
	struct store *store, struct untrusted source, incident_got *got, void *ctx);
void incident_last_page_later(struct store *store, incident_got *got, void *ctx);

#endif
