/* The inside of triggers, shared by trigger*.c. */
#ifndef SRC_APP_TRIGGER_PARTS_H
#define SRC_APP_TRIGGER_PARTS_H

#include "app/triggers.h"
#include "base/map.h"
#include "ops/matchers.h"
#include "store/lease.h"

struct run;
struct runbook_row;

enum {
	TRIGGER_PROPOSALS = 200,
	TRIGGER_AGAIN_MS = 300000, /* an alert that comes back within that is the same */
};

/* A runbook that runs by itself. */
struct trigger_job {
	struct triggers *triggers;
	struct trigger_job *next;
	char firing[ID_TEXT], name[TRIGGER_NAME], runbook[TRIGGER_BOOK];
	char origin[TRIGGER_NAME + 10], about[120];
	uint64_t alert, book;
	struct run *run; /* of app/runs, which keeps it */
	bool looked;     /* its files were, and it is trusted */
	bool looking, begun;
	size_t step, done;
	int64_t since; /* it waits for the ssh configuration; 0: not */
	struct trust_look *look;
};

struct triggers {
	struct app *app;
	struct trigger_row *rows;
	struct matchers *labels; /* beside them */
	size_t count;
	struct map seen; /* alerts, by their key */
	int64_t swept_at;
	uint32_t version; /* of the alerts, as all of them were looked at */
	bool unsettled;   /* some alert is to be looked at again */
	/* the lease */
	char owner[ID_TEXT], lease_name[LEASE_MAX_NAME];
	int64_t lease_until, lease_asked_at;
	bool lease_asked, follows; /* follows: another has it */
	/* what the store has */
	bool begun, listed, listing, swept;
	bool stale; /* what is being read is of another profile */
	bool again; /* … or older than what was written since */
	int64_t listed_at;
	struct proposal proposals[TRIGGER_PROPOSALS];
	size_t proposal_count;
	struct map answered; /* firings that were answered here */
	struct map ours;     /* … and that were claimed here: nobody else runs them */
	size_t claims;       /* under way */
	/* what runs */
	struct trigger_job *jobs;
	struct loop_timer *pump;
	bool ended;
};

/* triggers.c */
struct trigger_row *trigger_named(struct triggers *triggers, const char *name);
/* When it is due next behind that moment; 0: it is of alerts. */
int64_t trigger_due(const struct rc_trigger *rc, int64_t after);
/* A time of it passed while nobody looked. */
void trigger_missed(struct triggers *triggers, struct trigger_row *row, int64_t due_at);
/* What it did goes into the audit, beside what is done. */
struct trigger_note {
	const char *event, *trigger, *runbook, *why;
	uint64_t alert;
};
void trigger_note(struct triggers *triggers, const struct trigger_note *note);

/* trigger_run.c */
/* Why the book may not run by itself: false with a sentence. ERR_BUSY: not known yet. */
bool trigger_may_run(struct triggers *triggers, const struct runbook_row *row,
	uint64_t alert, struct err *err);
/* It is claimed: it runs as soon as fewer do. */
void trigger_run(struct triggers *triggers, const struct trigger_job *job);
void trigger_runs_go_on(struct triggers *triggers);
bool trigger_runs(const struct triggers *triggers, const char *firing);
void trigger_runs_end(struct triggers *triggers);
void trigger_runs_free(struct triggers *triggers);

/* trigger_kept.c */
void trigger_list(struct triggers *triggers);
void trigger_kept_tick(struct triggers *triggers, int64_t now);
/* Written down, shown, noted. */
void trigger_propose(struct triggers *triggers, const struct proposal *proposal);
void trigger_ended(struct triggers *triggers, const char *firing, enum firing_state state,
	const char *why);

#endif
