/* A runbook's text taken apart: front matter, variables, and the fenced blocks that are
 * steps. Total: any bytes give a runbook; what cannot be understood is a fault with its
 * line, and a step with a fault is never run. Everything is a slice of the text, which
 * must outlive it. Any thread. The form is described in runbooks/README.md. */
#ifndef OPS_RUNBOOK_H
#define OPS_RUNBOOK_H

#include "base/untrusted.h"
#include "ops/audit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RUNBOOK_MAX_BYTES = 256 << 10,
	RUNBOOK_MAX_STEPS = 200,
	RUNBOOK_MAX_VARS = 64,
	RUNBOOK_MAX_FAULTS = 50,
	RUNBOOK_BLOCK_BYTES = 16 << 10, /* of one step */
	RUNBOOK_NAME = 32,              /* of a variable, with its NUL */
	RUNBOOK_VALUE_BYTES = 4096,     /* of a variable */
	RUNBOOK_TIMEOUT_MS = 600000,    /* of a step that names none */
	RUNBOOK_TIMEOUT_MOST_MS = 24 * 3600000,
};

/* What the first word of a block's info string says. */
enum step_kind_id {
	STEP_LOCAL,   /* sh, bash: on this machine */
	STEP_HOST,    /* sh host: on the machine that the variable `host` names */
	STEP_KUBECTL, /* argv, from here */
	STEP_SQL,
	STEP_PROMQL, /* a query, and perhaps what must come of it */
	STEP_HTTP,   /* a URL, and what must come of it */
	STEP_WAIT,   /* a duration, or until another kind's words are done */
	STEP_ASK,    /* a sentence that is confirmed, or answered */
	STEP_NOTE,   /* a sentence for the incident and the record */
	STEP_OOGWAY, /* a command of oogway */
	STEP_KIND_COUNT,
};

/* What a query must give. */
enum step_expect { EXPECT_ANY, EXPECT_SOME, EXPECT_NONE };

enum var_type {
	VAR_TEXT,
	VAR_HOST, /* scheme and port of an address are cut off */
	VAR_INT,
	VAR_URL,
	VAR_PATH,
	VAR_NAME,
	VAR_TYPE_COUNT,
};

struct runbook_var {
	char name[RUNBOOK_NAME];
	enum var_type type;
	bool secret;
	struct untrusted from;     /* the alert's label that fills it */
	struct untrusted fallback; /* `default` */
	struct untrusted choices;  /* "a, b": nothing else is taken */
	int line;
};

struct runbook_step {
	enum step_kind_id kind;
	bool bash;             /* its shell, should it need one */
	bool broken;           /* a fault names its line */
	enum audit_class risk; /* as it is written; AUDIT_UNCLASSED: not */
	bool rollback;         /* takes a step before it back; see runbook_undoes() */
	bool types;            /* of an ask: the answer is typed */
	int undoes;            /* rollback=N, from 1; 0: the one before it */
	enum step_expect expect;
	int64_t timeout_ms;
	int64_t every_ms;        /* of a wait: between two looks */
	char as[RUNBOOK_NAME];   /* what it prints is ${as} from then on; "" none */
	struct untrusted when;   /* NAME=VALUE or NAME!=VALUE: else it is not needed */
	struct untrusted choose; /* of an ask: "a,b" */
	struct untrusted source; /* of a query: which */
	struct untrusted become; /* as whom a command runs; empty: as we are */
	struct untrusted on;     /* host=HOSTS: where; empty: where the kind says */
	struct untrusted title;  /* of the heading above it */
	struct untrusted text;   /* between the fences */
	int line;                /* of the fence that begins it, from 1 */
};

struct runbook_fault {
	int line;
	char text[200]; /* a sentence */
};

struct runbook {
	struct untrusted text, body; /* body: behind the front matter */
	int body_line;               /* of its first line */
	struct untrusted title, owner, risk, labels, keywords;
	struct untrusted matches; /* "A, B" */
	struct runbook_var *vars;
	size_t var_count, var_cap;
	struct runbook_step *steps;
	size_t step_count, step_cap;
	struct runbook_fault *faults;
	size_t fault_count, fault_cap;
};

/* Release it. Text over RUNBOOK_MAX_BYTES is a fault, and its end is not read. */
void runbook_parse(struct runbook *book, struct untrusted text);
/* Text that is only read: no front matter, no step, no fault. */
void runbook_prose(struct runbook *book, struct untrusted text);
void runbook_release(struct runbook *book);
/* Its file was not read: a fault, and nothing else. */
void runbook_unread(struct runbook *book, const char *why);
const struct runbook_var *runbook_var(const struct runbook *book, struct untrusted name);
/* The step that this one takes back, from 0; SIZE_MAX: it is no rollback. */
size_t runbook_undoes(const struct runbook *book, size_t step);
/* Some step gives this name a value. */
bool runbook_gives(const struct runbook *book, struct untrusted name);
const char *step_kind_name(enum step_kind_id kind);
const char *var_type_name(enum var_type type);

/* A fence of a block: its length in bytes without indentation, and what stands behind
 * it. 0: the line is none. `open` is the fence that began the block, or empty. */
size_t runbook_fence(
	struct untrusted line, struct untrusted open, struct untrusted *info);

#endif
