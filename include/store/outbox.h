/* The outbox: every action is a row here before it is sent, and stays as its record.
 *
 * WAITING rows are claimed (in the statement that marks them SENDING) by whoever holds
 * the poller lease; what comes of it is written back. A row that is still SENDING when
 * its claimer is gone is claimed again, with its attempts counted: creating verbs then
 * look upstream first. Nothing takes effect twice, nothing is lost. */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "base/arena.h"
#include "model/action.h"
#include "store/store.h"

enum {
	OUTBOX_MAX_LIST = 2000,
	/* No action waits longer for its next try: a next_at behind that is of a clock
	 * that was set back since, and due. */
	OUTBOX_WAIT_MOST_MS = 2 * 3600000,
};

enum outbox_state {
	OUTBOX_WAITING,   /* until next_at */
	OUTBOX_SENDING,   /* claimed; whether it took effect is not known */
	OUTBOX_CONFIRMED, /* upstream says so */
	OUTBOX_FAILED,    /* will not be tried again by itself */
	OUTBOX_HELD,      /* the target changed meanwhile: somebody must say */
	OUTBOX_CANCELLED, /* by the user, before it was sent */
	OUTBOX_STATE_COUNT,
};

extern const char *const outbox_state_names[OUTBOX_STATE_COUNT];

struct outbox_row {
	struct action action;
	struct untrusted profile, source; /* names in the rc */
	struct untrusted error;           /* why it failed or waits */
	struct untrusted result;          /* id of what it made upstream */
	struct untrusted undoes;          /* id of the action that it takes back */
	enum outbox_state state;
	/* As the target was when the user said so: its state, and when that began. */
	int expected_state;
	int64_t expected_at;
	int64_t audit_seq; /* record of the intent */
	int64_t created_at, next_at, sent_at, done_at;
};

struct outbox_rows {
	struct outbox_row *rows;
	size_t count;
};

/* All or none. A row whose id is there already (a notice of the same, by another oogway
 * or an earlier one) is left as it is. */
bool outbox_add(
	struct db *db, const struct outbox_row *rows, size_t count, struct err *err);

struct outbox_claim {
	const char *profile, *source, *owner; /* owner: id of this process */
	int64_t now;
	int64_t abandoned_before; /* SENDING rows claimed by others before are taken */
	size_t limit;             /* 1 … OUTBOX_MAX_LIST */
};
/* The oldest due rows that have the same verb as the first, in the order they were
 * made; one target's actions never overtake each other. */
bool outbox_claim(struct db *db, const struct outbox_claim *claim, struct arena *arena,
	struct outbox_rows *out, struct err *err);

/* What came of a claimed row: state, error, result and next_at of `row` are written; one
 * that is SENDING still is so, with what is known by now. A
 * row that the owner has lost meanwhile is left alone. */
bool outbox_settle(struct db *db, const char *owner, const struct outbox_row *rows,
	size_t count, struct err *err);
/* By the user: a waiting, held or failed row is cancelled, or tried anew at once.
 * *changed says if the row was in such a state. */
bool outbox_cancel(struct db *db, const char *id, bool *changed, struct err *err);
bool outbox_retry(struct db *db, const char *id, bool *changed, struct err *err);

/* What is not settled, then the newest that is; newest first within. */
bool outbox_list(struct db *db, struct arena *arena, size_t limit,
	struct outbox_rows *out, struct err *err);

/* On main; rows live until the callback returns; err NULL on success. */
typedef void outbox_got(void *ctx, const struct outbox_rows *rows, const struct err *err);
void outbox_add_later(struct store *store, const struct outbox_row *rows, size_t count,
	struct store_then then);
void outbox_claim_later(struct store *store, const struct outbox_claim *claim,
	outbox_got *got, void *ctx);
void outbox_settle_later(struct store *store, const char *owner,
	const struct outbox_row *rows, size_t count, struct store_then then);
void outbox_cancel_later(struct store *store, const char *id, struct store_then then);
void outbox_retry_later(struct store *store, const char *id, struct store_then then);
/* Another number when a row came, went or changed, whoever wrote it: cheaper than the
 * list. */
bool outbox_mark(struct db *db, uint64_t *out, struct err *err);
typedef void outbox_marked(void *ctx, uint64_t mark, const struct err *err);
void outbox_mark_later(struct store *store, outbox_marked *got, void *ctx);
void outbox_list_later(struct store *store, size_t limit, outbox_got *got, void *ctx);

#endif
