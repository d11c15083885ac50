/* The one door for what has an effect outside: describe, policy, confirm, the audit's
 * intent on the disk, act, the audit's outcome. No audit, no act. What is refused, and
 * what was asked and answered with no, is recorded too. Main thread.
 *
 *   gate_open(&door, &deed, &err)     false: refused, err says why
 *     door.ask(…, pass)               … later gate_answer(pass, yes)
 *       deed.still()                  what is asked about may have changed
 *       deed.act(ctx, seq)            the intent `seq` is on the disk: now it is done
 *   gate_outcome(&door, seq, &record) what came of it                              */
#ifndef OPS_GATE_H
#define OPS_GATE_H

#include "ops/audit.h"
#include "ops/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct approvals;
struct gate_pass;
struct gate_deed;

/* What the gate is made of; the caller's, const, and longer-lived than any pass. */
struct gate_door {
	void (*policy)(void *ctx, struct policy *out);
	/* NULL with a sentence: there can be no audit. */
	struct audit *(*audit)(void *ctx, struct err *err);
	/* Puts the question; each pass is answered exactly once, perhaps before this
	 * returns. False with a sentence: nobody is asked, and the pass is gone. */
	bool (*ask)(void *ctx, const struct gate_deed *deed, struct gate_pass *pass,
		struct err *err);
	void *ctx;
	struct approvals *approvals; /* of gate_approvals_new(); NULL: none can be had */
	struct gate_gap *gap;        /* NULL: policy's best_effort does not count */
};

/* What was done and could not be recorded: told by a record of its own when that is
 * possible again. */
struct gate_gap {
	size_t count;
	int64_t since_at; /* of the first of them */
};

/* Approvals of one person: asked for, ready after the delay, void after that long, when
 * anything of the deed changes, once they are used, and when oogway ends. */
struct approvals *gate_approvals_new(int64_t delay_ms, int64_t valid_ms);
void gate_approvals_set(struct approvals *approvals, int64_t delay_ms, int64_t valid_ms);
void gate_approvals_free(struct approvals *approvals);

struct gate_deed {
	/* kind, decision and approval are the gate's. Copied. */
	struct audit_record record;
	const char *question; /* what will happen, to what; copied */
	const char *word;     /* that must be typed to confirm it, or NULL; copied */
	/* For policy: see struct policy_deed. Copied. */
	const char *book;
	const char *const *hosts;
	size_t host_count;
	bool lifts; /* approvals, so that it needs none itself */
	bool asked; /* somebody has said yes to just this already: no question */
	/* Nobody is asked, as this says, which is recorded in place of an answer: only
	 * what is read, and needs no approval, is done so. Or NULL. Copied. */
	const char *standing;
	/* Several records instead of one: begin() says how many when it is sure that they
	 * will be written, write() is called for each and calls gate_write() once, and
	 * intended() has its number when it is on the disk. `record` is then what a
	 * refusal says, and act() gets no number. NULL: the one. */
	size_t (*begin)(void *ctx);
	void (*write)(void *ctx, size_t i, struct gate_pass *pass);
	void (*intended)(void *ctx, size_t i, uint64_t seq);
	/* False with a sentence: it is not any more what was asked about. Looked at when
	 * the answer comes, and again when the intent is on the disk. */
	bool (*still)(void *ctx, char *why, size_t size);
	/* Exactly one of these two comes, once gate_open() was true. */
	void (*act)(void *ctx, uint64_t seq);
	void (*refused)(
		void *ctx, const struct err *why); /* ERR_CANCELLED: answered no */
	void *ctx;
};

bool gate_open(
	const struct gate_door *door, const struct gate_deed *deed, struct err *err);
/* kind, decision and approval are the gate's; copied. */
void gate_write(struct gate_pass *pass, const struct audit_record *record);
/* It was refused before it came here; that is recorded too. */
void gate_refuse(const struct gate_door *door, const struct audit_record *record,
	const struct err *why);
void gate_answer(struct gate_pass *pass, bool yes);
/* What stands in the audit beside what was done, such as a step that was passed over. */
void gate_note(const struct gate_door *door, const struct audit_record *record);
/* What is done cannot be recorded: true when it goes on all the same, as best-effort
 * says; that is counted, and told by a record later. */
bool gate_goes_on(const struct gate_door *door, const struct err *why);
/* For the question's own look before the answer is taken. */
bool gate_still(struct gate_pass *pass, char *why, size_t size);
/* kind and ref are the gate's. A failure to write it is logged: the intent then stands
 * there as "outcome unknown". */
void gate_outcome(
	const struct gate_door *door, uint64_t seq, const struct audit_record *record);

#endif
