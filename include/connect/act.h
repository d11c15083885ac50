/* Actions upstream: one conversation carries out a few actions of one verb at one
 * source, reads back what came of them, and never says "done" before the server has.
 * A source kind that can act has a struct action_kind. Main only. */
#ifndef CONNECT_ACT_H
#define CONNECT_ACT_H

#include "connect/source.h"
#include "model/action.h"

struct http;
struct loop;
struct poll_options;
struct act;

enum action_outcome {
	ACTION_UNKNOWN,   /* no word yet */
	ACTION_CONFIRMED, /* the server says so */
	ACTION_FAILED,    /* it will not work by trying again */
	ACTION_AGAIN,     /* no answer, or "later": it may or may not have worked */
	ACTION_UNSURE,    /* it may have worked, nothing can tell: somebody must say */
};

struct action_result {
	enum action_outcome outcome;
	char text[240];        /* why not; or what the server made of it */
	char upstream_id[80];  /* of what was created (a silence), or of a request that
				* was accepted and is not done yet; "" without */
	int64_t retry_after_s; /* of ACTION_AGAIN, -1: not said */
};

/* Asks are made one at a time, with pauses where the kind wants one (ASK_WAIT). All
 * actions have the same verb. */
struct action_kind {
	unsigned verbs; /* 1 << ACTION_… */
	/* Verbs of which up to `most` go in one conversation; others go one by one. */
	unsigned bulk;
	size_t most;
	/* Verbs of which one asks for one person or team: several are an action each. */
	unsigned apart;
	size_t state_size;
	/* All that is passed lives as long as the state. */
	void (*start)(void *state, const struct source_conf *conf,
		const struct action *actions, size_t count,
		struct action_result *results);
	/* The next ask; false when there is nothing more to ask. */
	bool (*next)(void *state, int64_t now, struct arena *arena, struct ask *out);
	/* Told every answer, also those without a status. */
	void (*take)(void *state, const struct answer *answer);
	void (*stop)(void *state); /* NULL when nothing is held */
};

extern const struct action_kind alertmanager_actions;
extern const struct action_kind pagerduty_actions;
extern const struct action_kind opsgenie_actions;
extern const struct action_kind jsm_actions;

/* Not sources: nothing is asked of them, they are only told (ACTION_NOTIFY). Their
 * secret is the path of the URL, or signs the body: see src/connect/request.c. */
extern const struct source_kind webhook_notifier;
extern const struct source_kind slack_notifier;

struct act_how {
	struct loop *loop;
	struct http *http;
	const struct poll_options *options; /* those of poll_add(); live until done */
	void (*done)(void *ctx, const struct action_result *results, size_t count);
	/* The server has accepted the action of that index and will carry it out: under
	 * this id it can be asked what came of it. Comes before done; may be NULL. */
	void (*accepted)(void *ctx, size_t index, const char *request);
	void *ctx;
};

/* Runs them. The texts are copied. done comes once, on main, never from within; results
 * are borrowed. */
struct act *act_start(
	const struct act_how *how, const struct action *actions, size_t count);
/* done does not come any more. NULL is accepted. */
void act_cancel(struct act *act);

/* For the kinds: what an answer that is not success means for an action. `words` are
 * the server's own. */
void action_refused(const struct answer *answer, struct untrusted words,
	struct action_result *result);

#endif
