/* Shifts: what was written for one, when its handoff was sent, who accepted it; and the
 * follow-ups that go from shift to shift until somebody closes them. */
#ifndef STORE_SHIFT_H
#define STORE_SHIFT_H

#include "base/arena.h"
#include "store/outbox.h"
#include "store/store.h"

enum {
	SHIFT_MAX_DRAFT = 128 << 10,
	SHIFT_MAX_MESSAGE = 8 << 20,
	FOLLOWUP_MAX_TEXT = 400,
	FOLLOWUP_MAX_LIST = 500,
};

/* Identity: profile, schedule and from_at. */
struct shift_key {
	const char *profile, *schedule;
	int64_t from_at, to_at;
};

struct shift_row {
	bool known; /* there is such a row */
	const void *draft, *message;
	size_t draft_n, message_n;
	struct untrusted subject, code, sent_by, accepted_by;
	int64_t sent_at, accepted_at; /* 0: not */
};

/* What goes over the wire, and to whom: written before any of it is sent. */
struct shift_mail {
	const char *subject, *code, *by;
	const void *message;
	size_t message_n;
	const struct outbox_row *rows;
	size_t count;
	bool again; /* else what was sent before is refused */
};

/* A missing one is no error: known is false. message: read it too. */
bool shift_get(struct db *db, struct arena *arena, const struct shift_key *key,
	bool message, struct shift_row *out, struct err *err);
bool shift_put_draft(struct db *db, const struct shift_key *key, const void *bytes,
	size_t n, struct err *err);
/* Keeps the mail, says it is sent, and puts the rows in the outbox: all or nothing.
 * ERR_REFUSED when it was sent already and not `again`. */
bool shift_send(struct db *db, const struct shift_key *key, const struct shift_mail *mail,
	struct err *err);
/* Once: the first who accepts stays. ERR_REFUSED says who did. */
bool shift_accept(struct db *db, const struct shift_key *key, const char *code,
	const char *by, struct err *err);

struct followup_row {
	char id[ID_TEXT];
	struct untrusted words, owner, closed_by;
	int64_t created_at, due_at, closed_at; /* 0: none, open */
};

struct followup_rows {
	struct followup_row *rows;
	size_t count;
};

bool followup_add(struct db *db, const char *schedule, const struct followup_row *row,
	struct err *err);
/* By the last letters of its id, as `followup list` shows it. */
bool followup_close(struct db *db, const char *schedule, const char *tail, const char *by,
	struct err *err);
/* Open ones, oldest first, then those closed at or after a moment. */
bool followup_list(struct db *db, struct arena *arena, const char *schedule,
	int64_t closed_after, struct followup_rows *out, struct err *err);

/* On main. */
void shift_put_draft_later(struct store *store, const struct shift_key *key,
	const void *bytes, size_t n, struct store_then then);
void shift_send_later(struct store *store, const struct shift_key *key,
	const struct shift_mail *mail, struct store_then then);
void shift_accept_later(struct store *store, const struct shift_key *key,
	const char *code, const char *by, struct store_then then);
void shift_get_later(struct store *store, const struct shift_key *key,
	void (*got)(void *ctx, const struct shift_row *row, const struct err *err),
	void *ctx);
void followup_add_later(struct store *store, const char *schedule,
	const struct followup_row *row, struct store_then then);
void followup_close_later(struct store *store, const char *schedule, const char *tail,
	const char *by, struct store_then then);

#endif
