/* The audit: what was about to be done, by whom and why, and what came of it. No audit,
 * no act: whoever has an effect outside writes an intent, waits for its callback, acts,
 * and writes the outcome, which names the intent.
 *
 *   audit = audit_open(pool, &config, &err);     at the first act, not before
 *   audit_write(audit, &(struct audit_record){.kind = AUDIT_INTENT, …}, intended, ctx);
 *   intended(ctx, seq, err): err? tell the user and do nothing : act
 *   audit_write(audit, &(struct audit_record){.kind = AUDIT_OUTCOME, .ref = seq, …}, …);
 *
 * An intent that never gets an outcome stands in the log as "outcome unknown".
 * Format and promises of the files: docs/security.md. */
#ifndef OPS_AUDIT_H
#define OPS_AUDIT_H

#include "base/err.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct audit;
struct task_pool;

enum audit_kind {
	AUDIT_INTENT,  /* about to be done: nothing has been sent yet */
	AUDIT_OUTCOME, /* of the intent `ref` */
	AUDIT_REFUSAL, /* was asked for and not done */
	AUDIT_NOTE,    /* anything else worth standing here */
	AUDIT_KIND_COUNT,
};

enum audit_class {
	AUDIT_UNCLASSED,
	AUDIT_READ,
	AUDIT_CHANGE,
	AUDIT_DESTROY,
	AUDIT_SHELL,
	AUDIT_CLASS_COUNT,
};

enum {
	AUDIT_MAX_ARGS = 256,
	AUDIT_MAX_PAIRS = 64,
	AUDIT_MAX_PENDING = 1024,   /* records waiting for the disk; more are refused */
	AUDIT_MAX_BYTES = 64 << 10, /* of one line; a larger record is refused */
	AUDIT_PATH = 4096,
};

/* More about a record. Names are ours: a-z, 0-9, '_' and '.', each once. */
struct audit_pair {
	const char *name;
	struct untrusted value;
	double number; /* instead of the value, when is_number; finite */
	bool is_number;
};

/* What is not known is left zero and does not stand in the file. Everything is
 * borrowed for the call. Secrets in args, target, approval, result, error and extra
 * are taken out before it is written (ops/redact.c). */
struct audit_record {
	enum audit_kind kind;
	enum audit_class class;
	/* What it is, in dotted words of ours: "alert.silence", "incident.note",
	 * "remote.run". Those that begin with "audit." are the audit's own. */
	const char *event;
	const char *origin; /* where it came from: "key a", ":", "script", "trigger" */
	const char *profile;
	const char *pager_user; /* who the pager believes it is: claimed */
	/* The incident or alert: the source's name in the rc, and the id there. */
	const char *source;
	struct untrusted id;
	struct untrusted target; /* hosts, a schedule, a matcher: as people read it */
	const struct untrusted *args; /* argv, or the words of the action */
	size_t arg_count;             /* at most AUDIT_MAX_ARGS */
	const char *decision;         /* of the policy, and by which line of it */
	struct untrusted approval;    /* who approved, and how */
	struct untrusted result;      /* "done", "exit 1", "HTTP 202", "asked for" */
	struct untrusted error;       /* why not */
	uint64_t ref;                 /* seq of the intent that this is the outcome of */
	const struct audit_pair *extra; /* byte counts, SHA-256 of what was kept, … */
	size_t extra_count;             /* at most AUDIT_MAX_PAIRS */
};

struct audit_config {
	/* $XDG_STATE_HOME/oogway/audit as a rule (audit_folder()); made 0700. */
	const char *folder;
	/* Records up to seq are on the disk: `then` is to be called, later, when whoever
	 * keeps copies has them too, or with err when one who must have them has not.
	 * NULL: nobody keeps any. Main. */
	void (*written)(void *ctx, uint64_t seq,
		void (*then)(struct audit *audit, const struct err *err),
		struct audit *audit);
	void *ctx;
	/* For tests; 0 and NULL are what everybody uses. */
	size_t segment_bytes;
	int64_t (*now)(void);
	int64_t (*fs_type)(const char *folder); /* statfs(2)'s f_type, -1: not known */
};

/* Where the audit of this user lies. */
bool audit_folder(char out[AUDIT_PATH], struct err *err);

/* Returns at once and touches no file: the first write opens the chain, and its callback
 * says when that cannot be. NULL only for a config that cannot be used. The config is
 * copied. With pool NULL: for audit_write_here() alone. */
struct audit *audit_open(
	struct task_pool *pool, const struct audit_config *config, struct err *err);
/* After task_pool_free(), when all callbacks have come: signs what was written since
 * the last checkpoint. NULL is fine. */
void audit_close(struct audit *audit);

/* Copies the record and returns. `then` comes once, on main, in the order of the
 * writes, never before this has returned: err is NULL when the record is on the disk
 * (fdatasync has returned), those who must have a copy have one, and seq is its number.
 * With err the caller does not act; with a seq beside it the record is there all the
 * same, and only the copies are not. `then` may be NULL: a failure is then logged. */
void audit_write(struct audit *audit, const struct audit_record *record,
	void (*then)(void *ctx, uint64_t seq, const struct err *err), void *ctx);
/* The same on this thread, for one-shot commands; refused (ERR_BUSY) while records of
 * audit_write() wait. seq may be NULL. */
bool audit_write_here(struct audit *audit, const struct audit_record *record,
	uint64_t *seq, struct err *err);
/* Records whose callback has not come yet. */
size_t audit_pending(const struct audit *audit);

const char *audit_kind_name(enum audit_kind kind);
const char *audit_class_name(enum audit_class class);

#endif
