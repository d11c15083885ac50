/* A run: one book, its values, what each step would do and what came of it. Hides where a
 * value comes from and how results that others know are joined; a step's way through the
 * gate is run_ask.c, what it does then run_work.c. Main thread. */
#include "run_parts.h"

#include "base/alloc.h"
#include "base/secret.h"
#include "ops/redact.h"
#include "step_plan.h"
#include "tape.h"

#include <string.h>

enum { PLAN_BYTES = 1 << 20 };

const char *const run_state_names[RUN_STATE_COUNT] = {
	[RUN_NOT_YET] = "",
	[RUN_ASKING] = "asked",
	[RUN_RUNNING] = "running",
	[RUN_DONE] = "done",
	[RUN_FAILED] = "failed",
	[RUN_STOPPED] = "stopped",
	[RUN_SKIPPED] = "skipped",
	[RUN_REFUSED] = "refused",
	[RUN_UNKNOWN] = "outcome unknown",
};

static bool step_output(void *ctx, size_t step, struct untrusted *out, struct err *err)
{
	struct run *run = ctx;

	if (step < run->book.step_count && !untrusted_empty(run->outputs[step])) {
		*out = run->outputs[step];
		return true;
	}
	return err_set(err, ERR_MISSING,
		"step.%zu has no value: that step printed nothing yet, or more than %d "
		"bytes",
		step + 1, RUNBOOK_VALUE_BYTES);
}

struct run *run_new(const struct run_how *how, struct untrusted text)
{
	struct run *run = mem_new(1, sizeof *run);
	const char **borrowed[] = {&run->how.folder, &run->how.name, &run->how.profile,
		&run->how.host, &run->how.kube_context};

	run->how = *how;
	for (size_t i = 0; i < sizeof borrowed / sizeof borrowed[0]; i++)
		*borrowed[i] = run->texts[i] = mem_strdup(*borrowed[i]);
	run->text = untrusted_keep(text, RUNBOOK_MAX_BYTES);
	sha256_text(&run->text, 1, run->text_hash);
	if (how->prose)
		runbook_prose(&run->book, run->text);
	else
		runbook_parse(&run->book, run->text);
	values_init(&run->values, &run->book, RUN_CONTEXT_BYTES);
	run->values.host = how->own_host ? run->how.host : NULL;
	run->values.output = step_output;
	run->values.ctx = run;
	arena_init(&run->plan_arena, PLAN_BYTES);
	arena_init(&run->look_arena, PLAN_BYTES);
	run->results = mem_new(run->book.step_count + 1, sizeof *run->results);
	run->outputs = mem_new(run->book.step_count + 1, sizeof *run->outputs);
	run->classes = mem_new(run->book.step_count + 1, sizeof *run->classes);
	for (size_t i = 0; i < run->book.step_count; i++)
		str_init(&run->results[i].shown, RUN_SHOWN_BYTES);
	str_init(&run->captured, RUNBOOK_VALUE_BYTES);
	run->active = -1;
	return run;
}

void run_free(struct run *run)
{
	if (!run)
		return;
	for (size_t i = 0; i < run->book.step_count; i++) {
		str_release(&run->results[i].shown);
		untrusted_free(run->outputs[i]);
	}
	for (int i = 0; i < STREAMS; i++) {
		tape_free(run->work.tapes[i]);
		redactor_free(run->work.clean[i]);
	}
	str_release(&run->work.before.shown);
	str_release(&run->captured);
	secret_free(run->password);
	mem_free(run->results);
	mem_free(run->outputs);
	mem_free(run->classes);
	arena_release(&run->plan_arena);
	arena_release(&run->look_arena);
	values_release(&run->values);
	runbook_release(&run->book);
	untrusted_free(run->text);
	untrusted_free(run->edited);
	untrusted_free(run->incident);
	mem_free(run->source);
	for (size_t i = 0; i < sizeof run->texts / sizeof run->texts[0]; i++)
		mem_free(run->texts[i]);
	mem_free(run);
}

/* --- looking --- */

const struct runbook *run_book(const struct run *run)
{
	return &run->book;
}

void run_label(struct run *run, struct untrusted name, struct untrusted value)
{
	values_label(&run->values, name, value);
}

void run_incident(struct run *run, const char *source, struct untrusted id)
{
	mem_free(run->source);
	untrusted_free(run->incident);
	run->source = mem_strdup(source);
	run->values.source = run->source;
	run->incident = untrusted_keep(id, 1000);
}

const char *run_about(const struct run *run, struct untrusted *id)
{
	*id = run->incident;
	return run->source ? run->source : "";
}

bool run_set(
	struct run *run, struct untrusted name, struct untrusted value, struct err *err)
{
	if (run->active >= 0)
		return err_set(err, ERR_BUSY, "step %d is not over yet", run->active + 1);
	if (!values_set(&run->values, name, value, err))
		return false;
	/* What was refused without it may go now. */
	for (size_t i = 0; i < run->book.step_count; i++) {
		if (run->results[i].state != RUN_REFUSED)
			continue;
		run->results[i].state = RUN_NOT_YET;
		run->results[i].why[0] = '\0';
	}
	run->how.changed(run->how.ctx);
	return true;
}

bool run_value(struct run *run, const struct runbook_var *var, struct untrusted *out,
	struct err *err)
{
	return values_get(&run->values, untrusted_str(var->name), false, out, err);
}

const struct run_result *run_result(const struct run *run, size_t step)
{
	return &run->results[step];
}

void run_recall(struct run *run, size_t step, const struct run_result *known)
{
	struct run_result *r;

	if (step >= run->book.step_count || run->active == (int)step)
		return;
	r = &run->results[step];
	if (known->intent < r->intent ||
		(known->intent == r->intent && known->state == r->state) ||
		(known->intent == r->intent && r->state != RUN_UNKNOWN))
		return;
	str_reset(&r->shown);
	r->state = known->state;
	r->is_command = known->is_command;
	r->exit_code = known->exit_code;
	r->started_at = known->started_at;
	r->ended_at = 0;
	r->intent = known->intent;
	r->dropped = false;
	str_copy(r->why, sizeof r->why, known->why);
	run->how.changed(run->how.ctx);
}

const char *run_hash(const struct run *run)
{
	return run->text_hash;
}

int run_active(const struct run *run)
{
	return run->active;
}

const struct step_kind *run_kind(const struct run *run, size_t step)
{
	return (run->how.kinds ? run->how.kinds
			       : step_kinds_here)[run->book.steps[step].kind];
}

static bool good_step(const struct run *run, size_t step, struct err *err)
{
	const struct runbook_step *s;

	if (step >= run->book.step_count)
		return err_set(err, ERR_USAGE, "%s has %zu steps", run->how.name,
			run->book.step_count);
	s = &run->book.steps[step];
	for (size_t i = 0; s->broken && i < run->book.fault_count; i++)
		if (run->book.faults[i].line == s->line)
			return err_set(err, ERR_INPUT,
				"step %zu is not run: %s (line %d)", step + 1,
				run->book.faults[i].text, s->line);
	return !s->broken ||
	       err_set(err, ERR_INPUT, "step %zu is broken: not run", step + 1);
}

bool run_edited(const struct run *run, size_t step)
{
	return !untrusted_empty(run->edited) && run->edited_step == step;
}

bool run_plan(struct run *run, size_t step, struct run_plan *out, struct err *err)
{
	struct runbook_step s;

	if (!good_step(run, step, err))
		return false;
	s = run->book.steps[step];
	if (run_edited(run, step))
		s.text = run->edited;
	arena_reset(&run->plan_arena);
	return step_plan_make(&run->how, &run->values, &s, &run->plan_arena, out, err);
}

enum audit_class run_class(struct run *run, size_t step)
{
	if (run->classes[step] == AUDIT_UNCLASSED) {
		struct run_plan plan;
		struct err err;

		arena_reset(&run->look_arena);
		step_plan_look(run->how.kinds, &run->values, &run->book.steps[step],
			&run->look_arena, &plan, &err);
		run->classes[step] = plan.class;
	}
	return run->classes[step];
}

bool run_check(const struct step_kind *const *kinds, const struct runbook *book,
	size_t step, struct err *err)
{
	struct run_plan plan;
	struct values values;
	struct arena arena;
	bool ok;

	arena_init(&arena, PLAN_BYTES);
	values_init(&values, book, 1);
	ok = step_plan_look(kinds, &values, &book->steps[step], &arena, &plan, err);
	values_release(&values);
	arena_release(&arena);
	return ok;
}

bool run_stop(struct run *run)
{
	if (run->active < 0 || run->results[run->active].state != RUN_RUNNING)
		return false;
	run->work.stopped = true;
	run_kind(run, (size_t)run->active)->stop(run);
	/* Whatever waits for a password waits no longer. */
	run_password(run, NULL);
	return true;
}

void run_end(struct run *run)
{
	struct work *w = &run->work;
	struct audit_record record;

	run->ended = true;
	if (run->active < 0 || run->results[run->active].state != RUN_RUNNING)
		return;
	record = run_record(run, "stopped");
	record.error = untrusted_str("oogway ended while it ran");
	run_kind(run, w->step)->drop(run);
	gate_outcome(run->how.door, w->seq, &record);
}
