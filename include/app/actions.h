/* What somebody does to incidents and alerts: planned, asked about where it cannot be
 * taken back, written to the outbox, sent by whichever oogway holds the lease, and
 * followed until the server has said what came of it. Main thread. */
#ifndef APP_ACTIONS_H
#define APP_ACTIONS_H

#include "app/app.h"
#include "app/command.h"
#include "model/coverage.h"
#include "store/outbox.h"

struct actions;
struct alert;

enum {
	ACTIONS_MAX_TARGETS = 2000, /* of one wish */
	ACTIONS_UNDO_MS = 60000,
	ACTIONS_KEPT = 500, /* rows of the outbox that are shown */
};

struct actions *actions_new(struct app *app);
void actions_free(struct actions *actions);
/* The store is open: what waits there is learnt. */
void actions_begin(struct actions *actions);
bool actions_begun(const struct actions *actions);
void actions_tick(struct actions *actions, int64_t now);
/* Before the sources are freed: what is under way has no known outcome. */
void actions_halt(struct actions *actions);
/* The same, for good: when the app ends. */
void actions_end(struct actions *actions);

/* What is wished for: one verb on any number of rows. */
struct wish {
	enum action_verb verb;
	const uint64_t *targets; /* keys of alerts; of silences for extend and expire */
	size_t count;
	int64_t until_at;
	int64_t by_ms;      /* of ACTION_EXTEND: from its end on, instead of until_at */
	const char *body;   /* note, comment; may be NULL */
	const char *origin; /* "key", ":", "script": for the audit */
	const char *whom;   /* user, level, priority, incident; may be NULL */
	bool asked;         /* about just this, by a step: not once more */
};

/* Plans and does it, or asks first. STATUS_PENDING: it is under way; scripts wait for
 * it. Else *err says why not. */
enum status actions_wish(
	struct actions *actions, const struct wish *wish, struct err *err);
enum override_kind { OVERRIDE_TAKE, OVERRIDE_GIVE, OVERRIDE_SWAP };

struct rota_row;

/* To put somebody on call for a time, or to change shifts with them. */
struct override_wish {
	enum override_kind kind;
	const struct rota_row *row;
	const char *whom; /* as typed, see rotas_person() */
	struct span span; /* of a swap: from when on shifts are looked for */
	const char *origin;
};
/* Always asks: the question shows the overrides and what they do to the coverage. */
enum status actions_override(
	struct actions *actions, const struct override_wish *wish, struct err *err);
/* Asks whether to end what was made from this store for the schedule and has not ended,
 * by whichever process and however long ago. */
enum status actions_end_overrides(struct actions *actions, const struct rota_row *row,
	const char *origin, struct err *err);
/* Asks whether to take the newest action of this process back. */
enum status actions_undo(struct actions *actions, const char *origin, struct err *err);
/* Reads the outbox anew. */
void actions_look(struct actions *actions);
/* By the id in the list. */
enum status actions_cancel(struct actions *actions, const char *id, struct err *err);
enum status actions_retry(struct actions *actions, const char *id, struct err *err);

/* Rows of ACTION_NOTIFY for a remote notifier (app/notify.h): written at once, sent when
 * they are due. */
void actions_notify(struct actions *actions, const struct outbox_row *rows, size_t count);

/* Wishes of this process whose outcome is not known yet. */
bool actions_busy(const struct actions *actions);
/* One line for each action of this process, and the worst status of them. */
enum status actions_outcome(const struct actions *actions, struct str *out);

/* The outbox as last read. Borrowed until the next turn of the loop. */
size_t actions_count(const struct actions *actions);
const struct outbox_row *actions_at(const struct actions *actions, size_t i);
uint64_t action_row_key(const struct outbox_row *row);    /* identity in lists */
uint64_t action_target_key(const struct outbox_row *row); /* of the alert it is about */
/* Until when it is snoozed: its source says so, or has it acknowledged until the moment
 * that a snooze from this store named. 0: it is not, or nobody knows. */
int64_t actions_snoozed(const struct actions *actions, const struct alert *alert);
/* The next one that is, of the first thousand acknowledged; *i begins at 0. NULL at the
 * end. */
const struct alert *actions_next_snoozed(const struct actions *actions, size_t *i);
/* The newest unsettled action on this alert, or NULL. */
const struct outbox_row *actions_on(const struct actions *actions, uint64_t alert);
/* How many wait, and how many need a word. */
void actions_open(const struct actions *actions, size_t *waiting, size_t *held);
/* "waits for pd", "confirmed", "failed: …": one line. */
const char *action_row_words(
	const struct app *app, const struct outbox_row *row, char *out, size_t size);

/* --- acknowledgements that oogway keeps itself (acks.c) --- */

struct acks;
struct acks *acks_new(struct app *app);
void acks_free(struct acks *acks);
void acks_begin(struct acks *acks);
/* What the store has is known, or it was never asked. */
bool acks_known(const struct acks *acks);
/* Others share the store: what they acknowledged meanwhile. */
void acks_look(struct acks *acks);
/* Takes the alert; gives it back, or one that says acknowledged where somebody has. */
struct alert *acks_apply(struct acks *acks, struct alert *alert);
/* Now, and in the store; false: there is no such alert. */
bool acks_set(struct acks *acks, uint64_t key, bool acked, const char *who);

#endif
