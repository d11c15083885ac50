/* A runbook being worked through: its values, what each step would do exactly, and what
 * came of those that were run. Each step goes through the gate, one at a time. Main.
 *
 * A value reaches a command as one word (src/ops/words.h). Behind a shell it must hold
 * nothing that any shell would read as more than text, else the step is refused. */
#ifndef OPS_RUN_H
#define OPS_RUN_H

#include "base/arena.h"
#include "base/str.h"
#include "ops/gate.h"
#include "ops/runbook.h"

struct loop;
struct run;
struct secret;
struct step_kind;
struct task_pool;

enum {
	RUN_SHOWN_BYTES =
		256 << 10, /* of a step's output kept in memory; all is in files */
	RUN_OUTPUT_MOST = 2147483647,  /* of a step in all; then it is ended */
	RUN_CONTEXT_BYTES = 128 << 10, /* of labels */
	RUN_PLACE = 160,
	RUN_WHY = 360,
};

enum run_state {
	RUN_NOT_YET,
	RUN_ASKING, /* the question stands there, or its intent is on its way */
	RUN_RUNNING,
	RUN_DONE,    /* exit 0 */
	RUN_FAILED,  /* another exit, or it could not be run or recorded */
	RUN_STOPPED, /* by somebody, or by its timeout */
	RUN_SKIPPED,
	RUN_REFUSED, /* nothing was done */
	RUN_UNKNOWN, /* begun elsewhere or before a crash, and no outcome is known */
	RUN_STATE_COUNT,
};

extern const char *const run_state_names[RUN_STATE_COUNT];

struct run_how {
	struct loop *loop;
	struct task_pool *pool;
	const struct gate_door *door; /* outlives the run */
	const char *folder;           /* of the files with what was printed; copied */
	const char *name;             /* of the runbook, for records; copied */
	const char *profile;          /* of the rc; "" for none; copied */
	const char *host;             /* this machine; copied */
	const char *kube_context;     /* that kubectl gets; "" for none; copied */
	bool prose;    /* nothing of its text is a step: see runbook_prose() */
	bool own_host; /* `host` is this machine when nothing says otherwise */
	/* The name or address is this machine's. */
	bool (*is_here)(void *ctx, struct untrusted host);
	/* The kinds of steps, STEP_KIND_COUNT of them; NULL: step_kinds_here. */
	const struct step_kind *const *kinds;
	void *app; /* of kinds that are not ops's own; NULL: they have nothing */
	/* An ask is to be answered with words, one of `choices` ("a,b") unless that is
	 * empty. run_answer() brings them. NULL, or false: there is nobody to ask. */
	bool (*ask)(void *ctx, struct run *run, const char *text,
		struct untrusted choices, struct err *err);
	/* sudo's password is to be typed, and not shown: run_password() brings it, once.
	 * NULL, or false: there is nobody. */
	bool (*password)(void *ctx, struct run *run, const char *text, struct err *err);
	/* Who runs it here, for the question: "ada". */
	void (*user)(void *ctx, char *out, size_t size);
	/* False with a sentence: the runbook is not any more what it was. */
	bool (*still)(void *ctx, char *why, size_t size);
	void (*changed)(void *ctx);            /* something to be shown has */
	void (*ended)(void *ctx, size_t step); /* it was run, and its outcome is known */
	void *ctx;
};

/* What a step would do: borrowed from the run until the next plan of it. */
struct run_plan {
	const char *const *argv; /* NULL-ended; none for what is no command */
	size_t argc;
	struct untrusted shown; /* the command or sentence for people */
	struct judgement judgement;
	enum audit_class class; /* the worse of judged and written */
	bool shell;
	bool sudo;             /* it runs something as somebody else */
	bool asks;             /* it asks for an answer: no other question before */
	char place[RUN_PLACE]; /* "here, on bastion-1" */
	char as_user[40];      /* of become=; "" as we are */
	char login[40];        /* of SSH on the hosts; "" here */
	/* Where it goes, for policy; none: this machine. */
	const char *const *hosts;
	size_t host_count;
	char confirm[64]; /* typed when it destroys: a group's name; "": this machine's */
	int64_t timeout_ms;
};

struct run_result {
	enum run_state state;
	bool is_command;
	int exit_code;
	int64_t started_at, ended_at;
	uint64_t intent; /* seq in the audit, 0: none */
	uint64_t out_bytes, err_bytes;
	struct str shown;  /* both streams as they came, the newest of them */
	bool dropped;      /* there was more: it is in the files */
	char why[RUN_WHY]; /* a sentence, when it went wrong; or "" */
	char out_file[300], err_file[300]; /* "" without output */
};

/* The text is copied. */
struct run *run_new(const struct run_how *how, struct untrusted text);
/* Kills what runs; its outcome is recorded as such. */
void run_end(struct run *run);
/* After task_pool_free(), or while nothing runs and the gate holds no pass of it. */
void run_free(struct run *run);

const struct runbook *run_book(const struct run *run);
/* What the alert says: its labels, and where it stands. */
void run_label(struct run *run, struct untrusted name, struct untrusted value);
/* Its source, "" without; and its id. */
const char *run_about(const struct run *run, struct untrusted *id);
void run_incident(struct run *run, const char *source, struct untrusted id);
/* From the front matter's variables; false with a sentence. */
bool run_set(
	struct run *run, struct untrusted name, struct untrusted value, struct err *err);
/* The value of a variable as it would be used; false with a sentence: it has none. */
bool run_value(struct run *run, const struct runbook_var *var, struct untrusted *out,
	struct err *err);

/* The step can be understood: its quotes, and each of its variables is known. kinds as
 * in run_how. */
bool run_check(const struct step_kind *const *kinds, const struct runbook *book,
	size_t step, struct err *err);

/* Steps count from 0 here, from 1 for people. */
bool run_plan(struct run *run, size_t step, struct run_plan *out, struct err *err);
/* For lists: its class, with a stand-in for what has no value. */
enum audit_class run_class(struct run *run, size_t step);
/* Asks, then runs. False with a sentence: refused, another one runs, … */
bool run_start(struct run *run, size_t step, const char *origin, struct err *err);
/* Without a question, as `standing` says, which is recorded: only what is read, and asks
 * nobody. */
bool run_start_alone(struct run *run, size_t step, const char *origin,
	const char *standing, struct err *err);
/* Of the active step: "key", "trigger disk"; "" when none is. */
const char *run_origin(const struct run *run);
/* That step was begun by run_start_alone(). */
bool run_is_alone(const struct run *run);
/* The same once with another command in its place; the written class stays the least. */
bool run_start_edited(struct run *run, size_t step, struct untrusted command,
	const char *origin, struct err *err);
/* Kept in the audit too, so that it is known after a crash. */
bool run_skip(struct run *run, size_t step, const char *origin, struct err *err);
/* The answer to run_how.ask; NULL: there is none. */
void run_answer(struct run *run, const char *answer);
/* What was typed; NULL: nothing. It is kept for this run's later steps, and wiped with
 * it. */
void run_password(struct run *run, const struct secret *password);
/* Its if= holds not, and the step is not needed; false too when that is not known yet:
 * then err says what is missing. */
bool run_needless(struct run *run, size_t step, struct err *err);
/* Behind a step that failed: the rollback that comes next, the newest step's first; -1:
 * none. `failed` is the step that did. */
int run_rollback(const struct run *run, size_t *failed);
/* False: nothing runs. */
bool run_stop(struct run *run);
const struct run_result *run_result(const struct run *run, size_t step);
/* What the audit knows of a step that was not run from here, or before: the newer intent
 * counts. The output is not brought back. */
void run_recall(struct run *run, size_t step, const struct run_result *known);
/* SHA-256 of the text. */
const char *run_hash(const struct run *run);
/* The step that runs or is asked about, or -1. */
int run_active(const struct run *run);
/* The first one that is neither done nor skipped nor needless nor a rollback, or -1. */
int run_next(struct run *run);

#endif
