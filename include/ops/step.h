/* What a kind of step is: one file, one const struct, one row of a table. A kind says
 * first what exactly would happen (plan), and does that when the gate has let it pass
 * (start). Kinds that need sources or commands are app's; the rest lie beside this in
 * src/ops. Main thread.
 *
 *   start()  …  run_prints() any number of times  …  run_over(), exactly once          */
#ifndef OPS_STEP_H
#define OPS_STEP_H

#include "ops/run.h"

struct secret;
struct sudo;
struct values;

/* A plan being made. All texts live in the arena, as long as the plan. */
struct planning {
	const struct run_how *how;
	struct values *values;
	const struct runbook_step *step; /* its text is the edited one, if it was */
	struct arena *arena;
	struct run_plan *out;
	bool look; /* only to be looked at: values stand in, nothing is refused for
		      where it would go, and how may say nothing */
};

struct step_kind {
	const char *name;
	const char *begins; /* of the question: "run" */
	const char *event;  /* of the audit: "run.local" */
	/* Fills argv or shown, class, judgement, place and timeout_ms of out. False with
	 * a sentence: it is not understood, or refused. */
	bool (*plan)(const struct planning *p, struct err *err);
	void (*start)(struct run *run, const struct run_plan *plan);
	/* Asks it to end: run_over() comes as ever. */
	void (*stop)(struct run *run);
	/* oogway ends: what it has begun is broken off, and nothing of it is told. */
	void (*drop)(struct run *run);
	/* The disk is slower than what it prints, or has caught up; NULL: it does not
	 * matter. */
	void (*pause)(struct run *run, bool on);
	bool silent; /* prints nothing: it has no files */
};

/* Those that need nothing but ops, and in place of the others one that refuses. */
extern const struct step_kind *const step_kinds_here[STEP_KIND_COUNT];
extern const struct step_kind step_local, step_host, step_kubectl, step_wait, step_ask,
	step_note, step_elsewhere;

/* --- for plan() --- */

/* The step's text as a command: argv, shown, shell, class. */
bool planning_command(const struct planning *p, struct err *err);
/* The same with its pins, and as whom it is to run. */
bool planning_run(const struct planning *p, struct err *err);
/* What host=, or the variable host, says. */
bool planning_host(const struct planning *p, struct untrusted *host, struct err *err);
/* On this machine. */
void planning_here(const struct planning *p);
/* The source of the alert that it is about, or "". */
const char *planning_source(const struct planning *p);
/* A text with its variables put in: as they are; percent-encoded unless they are a URL
 * or plain; within PromQL, where one that stands in no string must be plain. */
enum fill { FILL_TEXT, FILL_URL, FILL_PROMQL };
bool planning_fill(const struct planning *p, struct untrusted text, enum fill fill,
	struct untrusted *out, struct err *err);
/* What is no command: shown, its class, and the place "from HOST". */
void planning_words(
	const struct planning *p, struct untrusted shown, enum audit_class class);

/* --- for start() and what follows --- */

/* The kind's own, for the step that runs; NULL at its start. */
void **run_own(struct run *run);
const struct run_how *run_how(const struct run *run);
const struct runbook_step *run_step(const struct run *run);
/* Goes into the step's files and below it; copied. */
void run_prints(struct run *run, bool is_error, struct untrusted bytes);
/* It is over: its exit code (0: done), and with `why` that it failed so. `result` is what
 * the audit says of it, or NULL: "exit N". What was run with argv only has a code. */
void run_over(struct run *run, int exit_code, const char *result, const struct err *why);
/* sudo over there wants a password: the one that was typed for this run, or it is asked
 * for. got() comes once unless the step is over before, perhaps from within; NULL: there
 * is none, and err says why not. */
void run_want_password(struct run *run, const char *where,
	void (*got)(
		struct run *run, const struct secret *password, const struct err *err));
/* NULL: none was typed. */
const struct secret *run_kept_password(const struct run *run);
/* It was wrong. */
void run_forget_password(struct run *run);
/* For a command of this machine's; src/ops/sudo.h. */
struct sudo *run_sudo(struct run *run);
/* Somebody has asked it to end. */
bool run_stopping(const struct run *run);

#endif
