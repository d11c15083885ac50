/* A wish worked out: which rows go to the outbox, what is done here, what to ask. */
#ifndef APP_ACTION_PLAN_H
#define APP_ACTION_PLAN_H

#include "app/actions.h"
#include "base/arena.h"

enum { PLAN_TEXT = 2400, PLAN_ACTOR = 80 };

struct plan {
	struct app *app;
	enum action_verb verb; /* as wished for */
	struct arena arena;    /* of all texts */
	struct outbox_row *rows;
	uint64_t *keys; /* beside rows: the alert or silence each is about */
	bool *here;     /* beside rows: oogway's own acknowledgement, nothing is sent */
	size_t count, cap;
	size_t same; /* targets that were other members of what is planned already */
	bool asks;
	const char *origin;   /* "key", ":", "script": where the wish came from */
	char text[PLAN_TEXT]; /* the question */
	/* Puts the rows into the outbox with what they carry; NULL: the rows alone. */
	void (*put)(struct plan *plan, struct store_then then);
	void (*drop)(void *put_ctx); /* at its end, whatever came of it; or NULL */
	void *put_ctx;
};

/* False with a sentence; release it in both cases. */
bool plan_make(
	struct plan *plan, struct app *app, const struct wish *wish, struct err *err);
/* The silence that an action made is to end: plan->app is set. */
bool plan_undo_silence(struct plan *plan, uint64_t alert, const char *silence,
	const char *title, struct err *err);
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

/* `then` comes once the record is on the disk, or cannot be. */
void action_audit_intent(const struct plan *plan, const struct outbox_row *row,
	void (*then)(void *ctx, uint64_t seq, const struct err *err), void *ctx);
/* What came of it; the row names its intent. */
void action_audit_outcome(const struct app *app, const struct outbox_row *row,
	const char *result, struct untrusted error);

struct source_row;
/* A row that waited, long or until its source (NULL: none) was back, meets the world as
 * it is now; false: somebody must say, and why. */
bool plan_still_wanted(const struct app *app, const struct source_row *source,
	const struct outbox_row *row, char *why, size_t size);

#endif
