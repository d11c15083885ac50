/* The audit in the running program: opened at the first act, and read back for whoever
 * wants to see it. Main thread. */
#ifndef APP_AUDITS_H
#define APP_AUDITS_H

#include "app/app.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/untrusted.h"
#include "ops/audit.h"

struct audits;

/* A record as lists show it. Texts are safe to print. */
struct audit_row {
	uint64_t seq, ref;
	int64_t at;
	bool is_intent;
	uint64_t outcome; /* of an intent: seq of its outcome, 0: none yet */
	char kind[8], class[8], event[40], who[40], origin[40], source[40];
	char result[80]; /* "unknown": an intent that has no outcome */
	/* Of a runbook's step: the book, its SHA-256, the number; else "" and 0. */
	char book[64], book_hash[SHA256_DIGITS + 1];
	int step;
	char state[16];   /* of a step's outcome: "done", "failed"; "" of old records */
	bool failed;      /* the outcome, or this, says an error */
	int64_t ended_at; /* of an intent: when its outcome was written, 0: none */
	char *title;      /* of the step, or NULL */
	struct untrusted target; /* target, or the words of the action */
	struct untrusted id;     /* of the incident or alert */
	char *recording;         /* name of its file, or NULL */
};

struct audits *audits_new(struct app *app);
/* Before task_pool_free(): nobody waits for what is being read any more. */
void audits_end(struct audits *audits);
/* After task_pool_free(): closes the audit. */
void audits_free(struct audits *audits);

/* The audit to write to, opened now if it was not. NULL with a sentence when there can
 * be none: then nothing is done. */
struct audit *audits_writer(struct audits *audits, struct err *err);
/* Records are being written, or are on their way to a sink. */
bool audits_busy(const struct audits *audits);
/* Where the files are; false when there is no place for them. */
bool audits_folder(const struct audits *audits, char out[AUDIT_PATH], struct err *err);

/* While somebody looks, the newest records are read every other second, in a task. */
void audits_watch(struct audits *audits, bool on);
/* They are read once, soon. */
void audits_want(struct audits *audits);
/* Whose records the rows are; "" before they were read. */
const char *audits_chain(const struct audits *audits);
/* Another number whenever rows have come or changed. */
uint64_t audits_version(const struct audits *audits);
void audits_tick(struct audits *audits, int64_t now);
/* All of the newest chain, at once: for one-shot commands. */
bool audits_load(struct audits *audits, struct err *err);
/* Oldest first; at most AUDITS_MAX_ROWS, the oldest are then left out. */
enum { AUDITS_MAX_ROWS = 20000 };
size_t audits_count(const struct audits *audits);
const struct audit_row *audits_row(const struct audits *audits, size_t i);
const struct audit_row *audits_find(const struct audits *audits, uint64_t seq);
/* False with a sentence: it could not be read, or the oldest are left out. */
bool audits_complete(const struct audits *audits, char *why, size_t size);

#endif
