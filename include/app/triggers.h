/* Triggers: `trigger` lines of the rc that put a runbook before somebody, or run it, when
 * a matching alert fires or at their times. Of the consoles that share a store one looks,
 * and each episode of an alert counts once, whoever looks and however often it is
 * restarted. Main thread. */
#ifndef APP_TRIGGERS_H
#define APP_TRIGGERS_H

#include "app/app.h"
#include "app/rc.h"
#include "base/crypto.h"
#include "store/firing.h"

struct alert;
struct triggers;

enum { TRIGGER_NAME = 64, TRIGGER_BOOK = 128 };

/* A line of the rc, and how it stands. */
struct trigger_row {
	uint64_t id;
	const struct rc_trigger *rc; /* until the rc is read anew */
	int64_t next_at;             /* of a schedule; 0: of alerts */
	int64_t missed_at;           /* it passed while no oogway ran; 0: none known */
	int64_t last_at;             /* it fired; 0: not within a week */
	enum firing_state last;
	char last_why[FIRING_WHY];
	int64_t held_until; /* more than `most` within an hour; 0: not */
};

/* A runbook that somebody is to run, or to look at: it was begun and not ended well. */
struct proposal {
	char firing[ID_TEXT];
	char trigger[TRIGGER_NAME], runbook[TRIGGER_BOOK];
	enum firing_state state;
	uint64_t alert; /* that it is for; 0: of a schedule */
	int64_t at;
	char why[FIRING_WHY]; /* why it is not run by itself, or what went wrong; or "" */
};

struct triggers *triggers_new(struct app *app);
/* Before history_end(): nothing fires any more. */
void triggers_end(struct triggers *triggers);
/* Before runs_free() and after task_pool_free(). */
void triggers_free(struct triggers *triggers);
/* The store is there. */
void triggers_begin(struct triggers *triggers);
/* The rc is another one now. */
void triggers_reload(struct triggers *triggers);
void triggers_tick(struct triggers *triggers, int64_t now);
/* For one command: what the store has of them was read, or cannot be. */
bool triggers_settled(const struct triggers *triggers);

size_t triggers_count(const struct triggers *triggers);
const struct trigger_row *triggers_at(const struct triggers *triggers, size_t i);
/* Why none of them does anything here now: a sentence; "" they do, or another console
 * looks. */
const char *triggers_hold(const struct triggers *triggers);
/* This one looks. */
bool triggers_lead(const struct triggers *triggers);

/* Open ones, the newest first. Borrowed until the next turn of the loop. */
size_t proposals_count(const struct triggers *triggers);
const struct proposal *proposals_at(const struct triggers *triggers, size_t i);
/* For this alert or one that tells of the same; NULL: none. */
const struct proposal *proposal_for(
	const struct triggers *triggers, const struct alert *alert);
/* "trigger disk: step 3 is of class change" */
const char *proposal_words(const struct proposal *proposal, char *out, size_t size);
/* Nobody wants it. False with a sentence. */
bool proposal_dismiss(struct triggers *triggers, const char *firing, const char *origin,
	struct err *err);

#endif
