/* The parts of app/actions, shared by the files action*.c and nobody else. */
#ifndef APP_ACTIONS_PARTS_H
#define APP_ACTIONS_PARTS_H

#include "action_plan.h"
#include "app/actions.h"
#include "app/rc.h"
#include "base/arena.h"
#include "base/map.h"
#include "store/lease.h"

enum {
	ACTION_RECORDS_AT_ONCE = 32, /* of the audit in one turn: about 1 ms */
	TITLE_TEXT = 90,
	NOTIFIERS = RC_MAX_SOURCES + 1, /* numbers from here on: places of notices */
	PLACES = NOTIFIERS + RC_MAX_NOTIFIES,
};

struct sending;

/* A wish of this process, until its outcome was told. */
struct own {
	char id[ID_TEXT];
	enum action_verb verb;
	uint64_t key, wish; /* wish: the same for all that were wished for at once */
	uint64_t problem;   /* … and problem for all of these about one */
	bool told;
	enum outbox_state state;
	uint64_t profile; /* hash of its name */
	int64_t at;
	char title[TITLE_TEXT], result[80], error[200];
};

struct actions {
	struct app *app;
	bool begun, ended;
	char owner[ID_TEXT];
	char lease_name[LEASE_MAX_NAME];
	int64_t lease_until; /* 0: not ours */
	bool lease_asked;
	struct arena mirror_arena;
	struct outbox_row *mirror;
	size_t mirror_count;
	struct map on;      /* key of an alert to the index in mirror, plus one */
	struct map snoozed; /* the same, of the newest snooze that was confirmed */
	bool looking, look_again;
	int64_t looked_at;
	uint64_t stamp_seen, mark_seen; /* of the store's file; of the outbox in it */
	bool marking;
	struct sending *sendings[PLACES];
	struct own *own;
	size_t own_count, own_cap;
	uint64_t wishes;
	int64_t stamp;      /* of the newest row */
	uint64_t acks_seen; /* of the rows as last read */
	size_t adding;
};

/* --- the outbox as last read (action_outbox.c) --- */

/* For store_then: the outbox has others now, or could not be written. */
void action_outbox_changed(void *ctx, const struct err *err);

/* --- wishes of this process (action_own.c) --- */

struct own *action_own_find(struct actions *actions, const char *id);
struct own *action_own_add(struct actions *actions, const struct outbox_row *row);
/* What the outbox says of it now. */
void action_own_follow(struct actions *actions, const struct outbox_row *row);
/* What came of those that were not told of yet. */
void action_own_tell(struct actions *actions);

/* --- on their way (action_commit.c) --- */

/* A plan with all that it carries. */
void plan_free(struct plan *plan);
/* Commits it or frees it, as somebody answers. The plan is taken. */
enum status plan_ask(struct plan *plan, struct err *err);

/* --- sending (action_send.c) --- */

/* Takes the lease while something waits, and sends what is due; gives it back. */
void action_send_as_needed(struct actions *actions);
void action_send_free(struct sending *sending);

/* False with a sentence: nothing may be done now. */
bool actions_may(const struct app *app, struct err *err);

#endif
