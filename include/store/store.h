/* The store of this installation: one file, two lanes.
 *
 * The console asks on main and is answered on main; SQL runs in tasks. The write lane
 * is ordered and puts what waits in one transaction of at most 5 ms; the read lane has
 * its own connection and sees what was committed before it began (to read what you
 * wrote, ask in the write's callback). One-shot commands open a struct db instead and
 * call the same entity functions on their own thread.
 *
 * An entity (store/keep.h …) offers each call twice: `noun_verb(db, …)`, plain code
 * that runs where the db is, and `noun_verb_later(store, …)`, which copies its inputs
 * and returns at once. Callbacks come once, never before the call has returned. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "store/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct task_pool;
struct store;

enum {
	STORE_MAX_PENDING = 4096,   /* jobs waiting in one lane; more are refused */
	STORE_JOB_BYTES = 32 << 20, /* inputs and results of one job */
	STORE_TRANSACTION_MS = 5,
	STORE_RETRY_MS = 1000, /* while another process holds the lock */
	STORE_PATH = 4096,
};

enum store_state {
	STORE_OPENING,
	STORE_READY,
	STORE_WAITING,   /* locked by another process; tried again every second */
	STORE_READ_ONLY, /* written by a newer oogway, or on a network file system */
	STORE_MEMORY,    /* works, but nothing will be kept */
	STORE_FAILING,   /* the last write did not reach the disk; the next may */
};

struct store_report {
	enum store_state state;
	char text[360];        /* a sentence for the user, "" when there is none */
	char path[STORE_PATH]; /* of the file in use, "" in memory */
	int version;           /* of the schema in the file */
};

struct store_config {
	/* Its folder is made (0700) when missing; the files are 0600. */
	const char *path;
	/* Used instead when path is on a network file system; NULL: read-only there. */
	const char *local_path;
	/* Ids, at most DB_WHO - 1 bytes; NULL: "local". */
	const char *team, *user;
	/* On main, for every change of state and every sentence; may be NULL. */
	void (*report)(void *ctx, const struct store_report *report);
	void *ctx;
	/* For tests; NULL: the real clock, and statfs(2)'s f_type (-1: not known). */
	int64_t (*now)(void);
	int64_t (*fs_type)(const char *folder);
};

/* Returns at once; a task opens (and upgrades) the file while jobs already queue.
 * Never fails: what goes wrong is a report. The config is copied. */
struct store *store_open(
	struct loop *loop, struct task_pool *pool, const struct store_config *config);
/* After task_pool_free() and before loop_free(). What still waits is written here. */
void store_close(struct store *store);
const struct store_report *store_report(const struct store *store);
/* Jobs whose callback has not come yet. */
size_t store_pending(const struct store *store);

/* For one-shot commands: opens and upgrades on this thread. NULL only when the file
 * stays locked by others for 3 s; then *err says so. report may be NULL. Put writes
 * between db_begin() and db_commit(). */
struct db *store_open_here(
	const struct store_config *config, struct store_report *report, struct err *err);

/* Reads the whole file and its indexes; false with what is wrong. A damaged file is
 * moved aside at the next start. */
bool store_check(struct db *db, struct err *err);

/* --- for writers of entities --- */

/* Who waits for a write; err is NULL when it is committed. With done NULL a failure
 * is logged. */
struct store_then {
	void (*done)(void *ctx, const struct err *err);
	void *ctx;
};

/* Embedded first in a struct of the entity's. `run` touches the job and the db and
 * may run again after a rollback; inputs and results live in the arena. */
struct store_job {
	bool (*run)(struct store_job *job, struct db *db, struct err *err);
	/* On main, last use of the job; err is NULL on success. NULL: tells `then`. */
	void (*end)(struct store_job *job, const struct err *err);
	struct store_then then;
	struct arena arena;
	/* the store's */
	struct store_job *next_;
	bool ok_;
	struct err err_;
};

/* Zeroed memory of `size` bytes that starts with a struct store_job. */
void *store_job_new(size_t size);
/* Copies into the job; when it is full the job fails with ERR_LIMIT. */
struct untrusted store_job_text(struct store_job *job, struct untrusted text);
const char *store_job_str(struct store_job *job, const char *text);
void *store_job_copy(struct store_job *job, const void *p, size_t n);
/* Take the job. */
void store_write(struct store *store, struct store_job *job);
void store_read(struct store *store, struct store_job *job);

void store_check_later(struct store *store, struct store_then then);

#endif
