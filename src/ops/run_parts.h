/* A run's inside, shared by run.c, run_work.c and run_ask.c. */
#ifndef OPS_RUN_PARTS_H
#define OPS_RUN_PARTS_H

#include "ops/run.h"
#include "ops/step.h"
#include "sudo.h"
#include "values.h"

struct redactor;
struct tape;

enum { OUT, ERRORS, STREAMS };
enum { RUN_STANDING = 160, RUN_ORIGIN = 80 };

/* The step on its way. */
struct work {
	size_t step;
	char bound[SHA256_DIGITS + 1]; /* of argv and place, as they were asked about */
	char id[ID_TEXT];              /* of its files */
	char place[RUN_PLACE];
	uint64_t seq;
	struct runbook_step now; /* with its edit in; of a wait, what it looks at */
	void *own, *inner;       /* the kind's, and that of the kind it repeats */
	const struct step_kind *looping; /* whose words a wait repeats; NULL: none */
	struct tape *tapes[STREAMS];
	struct redactor *clean[STREAMS]; /* of what goes into them */
	int open_tapes, exit_code;
	char result[80]; /* for the audit; "" what follows from the exit code */
	bool is_command, paused, stopped;
	char standing[RUN_STANDING]; /* why nobody is asked; "": somebody is */
	bool gaps[STREAMS]; /* it goes on although that one cannot be recorded */
	char origin[RUN_ORIGIN];
	struct err why;
	struct sudo sudo; /* of a command of this machine's */
	void (*got_password)(
		struct run *run, const struct secret *password, const struct err *err);
	struct run_result before; /* until it is run: what comes back when it is not */
};

struct run {
	struct run_how how;
	char *texts[6]; /* that how borrows */
	struct untrusted text;
	char text_hash[SHA256_DIGITS + 1];
	struct runbook book;
	struct values values;
	struct arena plan_arena, look_arena;
	struct run_result *results;
	struct untrusted *outputs; /* beside them: what later steps may use; owned */
	struct str captured;       /* of the step that runs */
	enum audit_class *classes; /* beside them; AUDIT_UNCLASSED: not looked at yet */
	int active;                /* -1: none */
	struct work work;
	struct untrusted edited; /* in place of the active step's text; owned */
	size_t edited_step;
	char *source;
	struct secret *password; /* sudo's, for all steps; or NULL */
	struct untrusted incident;
	bool ended;
};

/* Its row in the table of this run. */
const struct step_kind *run_kind(const struct run *run, size_t step);
/* A wait whose words were not done this time: tries again, or gives up. False: it is no
 * such wait, or it is done. */
bool step_wait_again(struct run *run, int exit_code, const struct err *why);
/* What two plans must have in common to be the same. */
void run_fingerprint(const struct run_plan *plan, char out[SHA256_DIGITS + 1]);

/* The step's command was replaced for this once. */
bool run_edited(const struct run *run, size_t step);
void run_forget_edit(struct run *run);
/* What a record of the active step says in any case. */
struct audit_record run_record(const struct run *run, const char *result);
/* Writes the outcome of what run->work has come to. */
void run_finish(struct run *run);
void run_open_tapes(struct run *run);
/* The active step was not run: what it printed the last time is there again. */
void run_refused(struct run *run, const struct err *why);
/* No step is active any more. */
void run_rests(struct run *run);

#endif
