/* A wish worked out: which rows go to the outbox, what is done here, what to ask. */
#ifndef APP_ACTION_PLAN_H
#define APP_ACTION_PLAN_H

#include "app/actions.h"
#include "base/arena.h"
#include "base/time.h"
#include "ops/gate.h"

struct source_row;

enum { PLAN_TEXT = 2400, PLAN_ACTOR = 80, PLAN_WHOM = 200 };

struct plan {
	struct app *app;
	enum action_verb verb; /* as wished for */
	struct arena arena;    /* of all texts */
	struct outbox_row *rows;
	uint64_t *keys;     /* beside rows: the alert or silence each is about */
	uint64_t *problems; /* beside rows: the same for all of one problem; or NULL */
	bool *here; /* beside rows: oogway's own acknowledgement, nothing is sent */
	size_t count, cap;
	size_t same; /* targets that were other members of what is planned already */
	bool asks;
	bool owned;           /* it is followed: its rows do not change any more */
	bool void_;           /* it holds no more */
	char gone[240];       /* … and why */
	const char *origin;   /* "key", ":", "script": where the wish came from */
	char text[PLAN_TEXT]; /* the question */
	char whom[PLAN_WHOM]; /* in it, as found for the first of the rows */
	/* Puts the rows into the outbox with what they carry; NULL: the rows alone. */
	void (*put)(struct plan *plan, struct store_then then);
	void (*drop)(void *put_ctx); /* at its end, whatever came of it; or NULL */
	void *put_ctx;
};

/* False with a sentence; release it in both cases. */
bool plan_make(
	struct plan *plan, struct app *app, const struct wish *wish, struct err *err);
/* What a wish names is that at the alert's source, and so it is called (action_whom.c).
 * False: nobody or several are, and *err says who they could be. */
struct plan_whom {
	const char *id; /* what was wished for, or `found` */
	char found[80], words[PLAN_WHOM];
};
bool plan_find_whom(const struct app *app, const struct alert *alert,
	enum action_verb verb, const char *wanted, struct plan_whom *out,
	struct err *err);
/* There each of several whom a wish names is an action of its own. */
bool plan_apart(const struct app *app, int source, enum action_verb verb);
/* The silences that actions made are to end: one after the other, then the question. */
void plan_undo_init(struct plan *plan, struct app *app);
bool plan_undo_silence(struct plan *plan, uint64_t alert, const char *silence,
	const char *title, struct err *err);
void plan_undo_words(struct plan *plan);
/* One more row, of the plan's verb; its texts are to be filled. */
struct outbox_row *plan_add(struct plan *plan, uint64_t key, int source);
bool plan_can(const struct app *app, int source, enum action_verb verb);
/* Overrides, and the question that shows what they do (override_plan.c). */
bool plan_override(struct plan *plan, struct app *app, const struct override_wish *wish,
	struct err *err);
void plan_end_init(struct plan *plan, struct app *app);
/* One more override that was made is to end; then, of all of them, the question. */
bool plan_end_override(
	struct plan *plan, uint64_t key, const struct outbox_row *made, struct err *err);
void plan_end_words(struct plan *plan);
/* All that were made from this store for the schedule and have not ended. */
bool plan_end_overrides(
	struct plan *plan, struct app *app, const struct rota_row *row, struct err *err);
enum override_now {
	OVERRIDE_WANTED,
	OVERRIDE_CHANGED, /* others are on call than when it was asked about */
	OVERRIDE_UNREAD,  /* the schedule was not read since */
};
enum override_now override_still(
	const struct app *app, const struct outbox_row *row, char *why, size_t size);
/* A row that waited, long or until its source (NULL: none) was back, meets the world as
 * it is now; false: it is held, and why. */
bool row_wanted(const struct app *app, const struct source_row *source,
	const struct outbox_row *row, char *why, size_t size);
/* What waited long is not sent before it is known who is on call now. */
bool row_unread(const struct app *app, const struct outbox_row *row);
void plan_release(struct plan *plan);
/* Goes its way: the audit's intents, then the rows of the outbox, followed until the
 * last word. Takes the plan, which was made by mem_new(). */
void plan_commit(struct plan *plan);
/* What it is about is still as it was; of several, those that are not are left out, and
 * somebody is told. False: none is left. */
bool plan_holds(struct plan *plan, char *why, size_t size);
/* "ada@bastion-1": who acts, as far as this process can say. */
const char *plan_actor(const struct app *app, char out[PLAN_ACTOR]);
/* "HTTP 5xx (payments-api)": one line. */
const char *plan_name(const struct alert *alert, char *out, size_t size);

/* For the id of the next row. */
int64_t actions_stamp(struct actions *actions);

/* --- the audit of actions (action_audit.c) --- */

struct audit_words {
	char event[40], source[80], until[TIME_TEXT];
	struct untrusted words[4];
};
/* What the audit says of a row that is about to go out; borrows from both. */
void action_audit_record(const struct plan *plan, const struct outbox_row *row,
	struct audit_words *words, struct audit_record *out);
void action_audit_intent(
	const struct plan *plan, const struct outbox_row *row, struct gate_pass *pass);
/* What came of it; the row names its intent. */
void action_audit_outcome(const struct app *app, const struct outbox_row *row,
	const char *result, struct untrusted error);

#endif
