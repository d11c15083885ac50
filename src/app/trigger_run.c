/* Runbooks that run by themselves: whether one may, and then its steps, one behind the
 * other, each through the gate without a question. The first that is refused or goes
 * wrong ends it, and somebody is to look. A step is begun in a turn of its own, as the
 * one before may still be putting its things away. Main thread. */
#include "trigger_parts.h"

#include "app/alerts.h"
#include "app/runbook_versions.h"
#include "app/runbooks.h"
#include "app/runs.h"
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "deeds.h"
#include "io/loop.h"
#include "ops/policy.h"

#include <stdio.h>
#include <string.h>

enum { AT_ONCE = 4, WAIT_MS = 30000 };

/* --- whether it may --- */

static bool step_may(const struct app *app, struct run *run, const char *book, size_t i,
	struct err *err)
{
	const struct gate_door *door = runs_door(app->runs);
	const struct runbook_step *step = &run_book(run)->steps[i];
	enum audit_class class = run_class(run, i);
	const char *host = app->host;
	char decision[POLICY_DECISION];
	struct policy_deed deed = {class, book, &host, 1};
	struct run_plan plan;
	struct policy policy;
	struct err why = {0};

	if (step->broken)
		return err_set(err, ERR_REFUSED, "step %zu is not understood", i + 1);
	if (class != AUDIT_READ)
		return err_set(err, ERR_REFUSED, "step %zu is of class %s", i + 1,
			audit_class_name(class));
	if (run_plan(run, i, &plan, &why)) {
		deed.class = plan.class;
		if (plan.asks)
			return err_set(err, ERR_REFUSED, "step %zu asks somebody", i + 1);
		if (plan.class != AUDIT_READ)
			return err_set(err, ERR_REFUSED, "step %zu is of class %s", i + 1,
				audit_class_name(plan.class));
		if (plan.host_count) {
			deed.hosts = plan.hosts;
			deed.host_count = plan.host_count;
		}
	} else if (why.kind == ERR_BUSY || !i || why.kind != ERR_MISSING) {
		/* A later one may get its value from one before. */
		err_set(err, why.kind, "step %zu: %s", i + 1, why.text);
		return false;
	}
	door->policy(door->ctx, &policy);
	policy.breakglass = false;
	if (!policy_allows(&policy, &deed, decision, err))
		return false;
	return !policy_approves(&policy, &deed) ||
	       err_set(err, ERR_REFUSED, "step %zu needs an approval", i + 1);
}

bool trigger_may_run(struct triggers *t, const struct runbook_row *row, uint64_t alert,
	struct err *err)
{
	const struct runs_aside aside = {NULL, NULL};
	struct app *app = t->app;
	char name[TRIGGER_BOOK];
	struct run *run;
	bool may = true;

	if (row->page)
		return err_set(err, ERR_REFUSED,
			"it is a page of a site, and nothing of it is run");
	if (!row->book.step_count)
		return err_set(err, ERR_REFUSED, "it has no steps");
	run = runs_open_aside(app->runs, row->id, alert, &aside, err);
	if (!run) {
		/* Somebody is at it: that is said, and nobody waits for it. */
		if (err->kind == ERR_BUSY)
			err->kind = ERR_REFUSED;
		return false;
	}
	runbook_name(row, name, sizeof name);
	for (size_t i = 0; i < run_book(run)->step_count && may; i++)
		may = step_may(app, run, name, i, err);
	runs_close_aside(app->runs, run);
	/* What is trusted and may not run is said to be the latter. */
	if (may && !runbook_is_trusted(row))
		may = err_set(err, ERR_REFUSED,
			"it is not trusted as it is now: runbook trust %.80s", name);
	return may;
}

/* --- its steps --- */

static void end_job(struct trigger_job *job, enum firing_state state, const char *why)
{
	struct triggers *t = job->triggers;
	struct trigger_job **at = &t->jobs;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	runbook_trust_forget(job->look);
	if (job->run)
		runs_leave(t->app->runs, job->run);
	app_notice(t->app, state != FIRING_RAN, "trigger %s, %s%s%s: %s", job->name,
		job->runbook, *job->about ? " for " : "", job->about, why);
	trigger_ended(t, job->firing, state, why);
	mem_free(job);
}

/* Nothing was done: it is left to somebody. */
static void give_up(struct trigger_job *job, const char *why)
{
	const struct trigger_note note = {
		DEED_PROPOSED, job->name, job->runbook, why, job->alert};

	trigger_note(job->triggers, &note);
	end_job(job, FIRING_PROPOSED, why);
}

/* Refused before anything was done, it is only not run by itself. */
static void stopped(struct trigger_job *job, size_t step, const char *why)
{
	char text[FIRING_WHY];

	snprintf(text, sizeof text, "step %zu: %s", step + 1, why);
	if (!job->done && run_result(job->run, step)->state == RUN_REFUSED)
		give_up(job, text);
	else
		end_job(job, FIRING_STOPPED, text);
}

static void finished(struct trigger_job *job)
{
	char text[80];

	snprintf(text, sizeof text, "%zu step%s done, nothing but read", job->done,
		job->done == 1 ? "" : "s");
	end_job(job, FIRING_RAN, text);
}

static void begin_step(struct trigger_job *job, size_t step)
{
	struct triggers *t = job->triggers;
	char standing[160];
	struct err err = {0};

	snprintf(standing, sizeof standing,
		"nobody was asked: %s, the runbook is trusted as it is (%.12s)",
		job->origin, run_hash(job->run));
	job->step = step;
	job->begun = true;
	if (run_start_alone(job->run, step, job->origin, standing, &err)) {
		job->since = 0;
		return;
	}
	job->begun = false;
	if (err.kind == ERR_BUSY && run_active(job->run) < 0) {
		/* The ssh configuration is being read. */
		job->since = job->since ? job->since : t->app->now;
		if (t->app->now - job->since < WAIT_MS)
			return;
	}
	stopped(job, step, err.text);
}

static void step_over(struct trigger_job *job)
{
	const struct run_result *r = run_result(job->run, job->step);
	char why[FIRING_WHY];

	job->begun = false;
	if (r->state == RUN_DONE) {
		job->done++;
		return;
	}
	if (*r->why)
		str_copy(why, sizeof why, r->why);
	else
		snprintf(why, sizeof why, "%s, exit %d", run_state_names[r->state],
			r->exit_code);
	stopped(job, job->step, why);
}

static void step_ended(void *ctx, const struct run *run)
{
	struct triggers *t = ctx;

	(void)run;
	loop_timer_start(t->pump, 0);
}

static void looked(void *ctx, const struct err *why)
{
	struct trigger_job *job = ctx;

	job->look = NULL;
	job->looking = false;
	if (why) {
		give_up(job, why->text);
		return;
	}
	job->looked = true;
	loop_timer_start(job->triggers->pump, 0);
}

/* The files are looked at first: they may have changed since they were read. */
static void open_job(struct trigger_job *job)
{
	struct triggers *t = job->triggers;
	const struct runs_aside aside = {step_ended, t};
	const struct runbook_row *row = runbooks_find(t->app->runbooks, job->book);
	struct err err = {0};

	if (!row) {
		give_up(job, "the runbook is not there any more");
		return;
	}
	if (!job->looked && !job->looking) {
		job->looking = true;
		job->look = runbook_trust_look(t->app, row, looked, job);
	}
	if (!job->looked)
		return;
	job->run = runs_open_aside(t->app->runs, job->book, job->alert, &aside, &err);
	if (!job->run)
		give_up(job, err.text);
	else
		loop_timer_start(t->pump, 0);
}

/* The job may be gone behind it. */
static void go_on(struct trigger_job *job)
{
	struct triggers *t = job->triggers;
	int next;

	if (!job->run) {
		open_job(job);
		return;
	}
	if (run_active(job->run) >= 0)
		return;
	if (job->begun) {
		step_over(job);
		loop_timer_start(t->pump, 0);
		return;
	}
	next = run_next(job->run);
	if (next < 0)
		finished(job);
	else
		begin_step(job, (size_t)next);
}

void trigger_runs_go_on(struct triggers *t)
{
	struct trigger_job *job = t->jobs, *next;

	for (size_t n = 0; job && n < AT_ONCE && !t->ended; job = next, n++) {
		next = job->next;
		go_on(job);
	}
}

static void pump(void *ctx)
{
	trigger_runs_go_on(ctx);
}

void trigger_run(struct triggers *t, const struct trigger_job *from)
{
	struct trigger_job *job = mem_new(1, sizeof *job), **end = &t->jobs;

	*job = *from;
	job->triggers = t;
	snprintf(job->origin, sizeof job->origin, "trigger %s", job->name);
	while (*end)
		end = &(*end)->next;
	*end = job;
	if (!t->pump)
		t->pump = loop_timer(t->app->loop, pump, t);
	loop_timer_start(t->pump, 0);
}

bool trigger_runs(const struct triggers *t, const char *firing)
{
	for (const struct trigger_job *job = t->jobs; job; job = job->next)
		if (!strcmp(job->firing, firing))
			return true;
	return false;
}

void trigger_runs_end(struct triggers *t)
{
	for (struct trigger_job *job = t->jobs; job; job = job->next) {
		runbook_trust_forget(job->look);
		job->look = NULL;
		if (t->app->store)
			firing_set_later(t->app->store, job->firing, FIRING_STOPPED,
				job->run ? "oogway ended while it ran"
					 : "oogway ended before it began",
				(struct store_then){0});
	}
}

void trigger_runs_free(struct triggers *t)
{
	while (t->jobs) {
		struct trigger_job *job = t->jobs;

		t->jobs = job->next;
		mem_free(job);
	}
	loop_timer_free(t->pump);
}
