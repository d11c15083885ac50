/* The audit as its callers see it: records are made on main, written by one task at a
 * time in their order, and told on main again. What waits while the disk is busy goes
 * out with the next fdatasync. */
#include "ops/audit.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/time.h"
#include "chain.h"
#include "io/file.h"
#include "io/task.h"

#include <stdio.h>
#include <string.h>

/* A record on its way. */
struct pending {
	struct pending *next;
	struct draft draft; /* text NULL: it could not be made, err says why */
	struct err err;
	uint64_t seq;
	void (*then)(void *ctx, uint64_t seq, const struct err *err);
	void *ctx;
};

struct audit {
	struct task task;
	struct task_pool *pool;
	struct audit_config config;
	char folder[AUDIT_PATH];
	struct chain *chain;
	struct pending *waiting, **end;
	size_t count;
	bool running;
	/* The task's, while it runs. */
	struct pending *batch[CHAIN_MAX_LINES];
	size_t batch_count;
	uint64_t last; /* number of the newest that was written; 0: none */
};

bool audit_folder(char out[AUDIT_PATH], struct err *err)
{
	char state[AUDIT_PATH - 16];

	if (!file_state_folder(state, sizeof state, err))
		return false;
	snprintf(out, AUDIT_PATH, "%s/audit", state);
	return true;
}

static void write_work(struct task *task);
static void write_done(struct task *task);

struct audit *audit_open(
	struct task_pool *pool, const struct audit_config *config, struct err *err)
{
	struct audit *audit = mem_new(1, sizeof *audit);

	if (*config->folder != '/' ||
		!str_copy(audit->folder, sizeof audit->folder - 64, config->folder)) {
		mem_free(audit);
		err_set(err, ERR_USAGE,
			"the audit's folder must be an absolute path of at most %d bytes",
			AUDIT_PATH - 65);
		return NULL;
	}
	audit->pool = pool;
	audit->config = *config;
	audit->config.folder = audit->folder;
	audit->chain = chain_new(&audit->config);
	audit->end = &audit->waiting;
	audit->task = (struct task){
		.work = write_work, .done = write_done, .class = TASK_INTERACTIVE};
	return audit;
}

void audit_close(struct audit *audit)
{
	struct err err;

	if (!audit)
		return;
	if (!chain_seal(audit->chain, &err))
		log_add(LOG_ERROR, "audit: no checkpoint at the end: %s", err.text);
	chain_free(audit->chain);
	mem_free(audit);
}

size_t audit_pending(const struct audit *audit)
{
	return audit->count;
}

static int64_t clock_now(const struct audit *audit)
{
	return audit->config.now ? audit->config.now() : time_now_ms();
}

/* --- the queue --- */

/* Takes what waits, up to a batch; a record that could not be made goes with it, so
 * that callbacks come in order. */
static void submit(struct audit *audit)
{
	audit->batch_count = 0;
	while (audit->waiting && audit->batch_count < CHAIN_MAX_LINES) {
		struct pending *p = audit->waiting;

		audit->waiting = p->next;
		if (!audit->waiting)
			audit->end = &audit->waiting;
		audit->batch[audit->batch_count++] = p;
	}
	if (!audit->batch_count)
		return;
	audit->running = true;
	task_submit(audit->pool, &audit->task);
}

static void write_work(struct task *task)
{
	struct audit *audit = (struct audit *)task;
	struct draft drafts[CHAIN_MAX_LINES];
	uint64_t seqs[CHAIN_MAX_LINES];
	struct err err = {0};
	size_t n = 0, k = 0;
	bool ok;

	audit->last = 0;
	for (size_t i = 0; i < audit->batch_count; i++)
		if (audit->batch[i]->draft.text)
			drafts[n++] = audit->batch[i]->draft;
	if (!n)
		return;
	ok = chain_append(audit->chain, drafts, n, seqs, &err);
	for (size_t i = 0; i < audit->batch_count; i++) {
		struct pending *p = audit->batch[i];

		if (!p->draft.text)
			continue;
		if (ok)
			p->seq = audit->last = seqs[k++];
		else
			p->err = err;
	}
}

static void tell(struct pending *p)
{
	const struct err *err = p->err.kind ? &p->err : NULL;

	if (p->then)
		p->then(p->ctx, p->seq, err);
	else if (err)
		log_add(LOG_ERROR, "audit: %s", err->text);
	draft_free(&p->draft);
	mem_free(p);
}

static void batch_over(struct audit *audit, const struct err *err)
{
	struct pending *batch[CHAIN_MAX_LINES];
	size_t n = audit->batch_count;

	memcpy(batch, audit->batch, n * sizeof *batch);
	audit->count -= n;
	audit->running = false;
	/* The next are on their way while these are told. */
	submit(audit);
	for (size_t i = 0; i < n; i++) {
		if (err && !batch[i]->err.kind)
			batch[i]->err = *err;
		tell(batch[i]);
	}
}

static void write_done(struct task *task)
{
	struct audit *audit = (struct audit *)task;

	if (audit->last && audit->config.written)
		audit->config.written(audit->config.ctx, audit->last, batch_over, audit);
	else
		batch_over(audit, NULL);
}

void audit_write(struct audit *audit, const struct audit_record *record,
	void (*then)(void *ctx, uint64_t seq, const struct err *err), void *ctx)
{
	struct pending *p = mem_new(1, sizeof *p);

	p->then = then;
	p->ctx = ctx;
	if (audit->count >= AUDIT_MAX_PENDING)
		err_set(&p->err, ERR_LIMIT,
			"%d audit records wait for the disk: nothing more is done "
			"before they are written",
			AUDIT_MAX_PENDING);
	else
		draft_make(&p->draft, record, false, clock_now(audit), &p->err);
	*audit->end = p;
	audit->end = &p->next;
	audit->count++;
	if (!audit->running)
		submit(audit);
}

bool audit_write_here(struct audit *audit, const struct audit_record *record,
	uint64_t *seq, struct err *err)
{
	struct draft draft;
	uint64_t number = 0;
	bool ok;

	if (audit->count)
		return err_set(err, ERR_BUSY,
			"audit records of the console are still being written");
	if (!draft_make(&draft, record, false, clock_now(audit), err))
		return false;
	ok = chain_append(audit->chain, &draft, 1, &number, err);
	draft_free(&draft);
	if (ok && seq)
		*seq = number;
	return ok;
}
