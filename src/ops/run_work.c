/* What is the same for all kinds of steps once one runs: its two tapes, and its end,
 * which writes the outcome. Hides when the last byte is on the disk, and that what cannot
 * be recorded is ended. Main thread. */
#include "run_parts.h"

#include "base/secret.h"
#include "base/text.h"
#include "base/time.h"
#include "ops/redact.h"
#include "tape.h"

#include <stdio.h>
#include <string.h>

enum { RESULT = 80 };

/* --- the end of a step --- */

void run_forget_edit(struct run *run)
{
	untrusted_free(run->edited);
	run->edited = UNTRUSTED_NONE;
}

void run_rests(struct run *run)
{
	for (int i = 0; i < STREAMS; i++)
		redactor_free(run->work.clean[i]);
	run->work = (struct work){0};
	run->active = -1;
	run_forget_edit(run);
	run->how.changed(run->how.ctx);
}

static void over(struct run *run, enum run_state state, const char *why)
{
	struct run_result *r = &run->results[run->active];

	r->state = state;
	r->ended_at = time_now_ms();
	str_copy(r->why, sizeof r->why, why);
	run_rests(run);
}

/* It was not run: what it printed the last time is still there. */
void run_refused(struct run *run, const struct err *why)
{
	struct run_result *r = &run->results[run->active];

	str_release(&r->shown);
	*r = run->work.before;
	if (why->kind != ERR_CANCELLED) {
		r->state = RUN_REFUSED;
		str_copy(r->why, sizeof r->why, why->text);
	}
	run_rests(run);
}

static size_t add_stream(struct audit_pair *pairs, size_t n, struct tape *tape,
	const char *const names[4], char hash[SHA256_DIGITS + 1])
{
	const char *slash = strrchr(tape_path(tape), '/');

	pairs[n++] = (struct audit_pair){
		.name = names[0], .number = (double)tape_bytes(tape), .is_number = true};
	pairs[n++] = (struct audit_pair){
		.name = names[1], .value = untrusted_str(tape_hash(tape, hash))};
	if (slash)
		pairs[n++] = (struct audit_pair){
			.name = names[2], .value = untrusted_str(slash + 1)};
	return n;
}

struct audit_record run_record(const struct run *run, const char *result)
{
	return (struct audit_record){.event = run_kind(run, run->work.step)->event,
		.class = run->classes[run->work.step],
		.profile = *run->how.profile ? run->how.profile : NULL,
		.source = run->source,
		.id = run->incident,
		.target = untrusted_str(run->work.place),
		.result = untrusted_str(result)};
}

static const char *state_of(
	const struct work *w, char result[RESULT], enum run_state *state)
{
	*state = w->stopped || w->why.kind == ERR_TIMEOUT ? RUN_STOPPED
		 : w->why.kind || w->exit_code            ? RUN_FAILED
							  : RUN_DONE;
	if (w->stopped)
		snprintf(result, RESULT, "stopped, exit %d", w->exit_code);
	else if (w->why.kind == ERR_TIMEOUT)
		snprintf(result, RESULT, "timed out");
	else if (*w->result)
		str_copy(result, RESULT, w->result);
	else if (!w->is_command)
		snprintf(result, RESULT, w->exit_code ? "failed" : "done");
	else if (w->exit_code < 0)
		snprintf(result, RESULT, "not run");
	else
		snprintf(result, RESULT, "exit %d", w->exit_code);
	return result;
}

/* It goes on without its recording, and that was counted once. */
static bool gap(struct run *run, int stream)
{
	struct work *w = &run->work;

	w->gaps[stream] = w->gaps[stream] ||
			  gate_goes_on(run->how.door, tape_error(w->tapes[stream]));
	return w->gaps[stream];
}

/* All that was printed is on the disk. */
void run_finish(struct run *run)
{
	static const char *const names[STREAMS][4] = {
		{"out_bytes", "out_sha256", "out_file", "out_gap"},
		{"err_bytes", "err_sha256", "err_file", "err_gap"}};
	struct work *w = &run->work;
	struct run_result *r = &run->results[run->active];
	struct audit_pair pairs[13];
	char hashes[STREAMS][SHA256_DIGITS + 1], result[RESULT];
	enum run_state state;
	struct audit_record record;
	size_t n = 0, step;

	for (int i = 0; i < STREAMS; i++)
		if (w->tapes[i] && tape_error(w->tapes[i]) && !w->why.kind &&
			!gap(run, i))
			w->why = *tape_error(w->tapes[i]);
	record = run_record(run, state_of(w, result, &state));
	pairs[n++] = (struct audit_pair){.name = "ms",
		.number = (double)(time_now_ms() - r->started_at),
		.is_number = true};
	pairs[n++] = (struct audit_pair){
		.name = "state", .value = untrusted_str(run_state_names[state])};
	for (int i = 0; i < STREAMS; i++) {
		if (!w->tapes[i])
			continue;
		if (tape_error(w->tapes[i]))
			pairs[n++] = (struct audit_pair){.name = names[i][3],
				.value = untrusted_str(tape_error(w->tapes[i])->text)};
		n = add_stream(pairs, n, w->tapes[i], names[i], hashes[i]);
		str_copy(i ? r->err_file : r->out_file, sizeof r->out_file,
			tape_path(w->tapes[i]));
	}
	if (w->sudo.typed)
		pairs[n++] = (struct audit_pair){
			.name = "sudo", .value = untrusted_str("password typed")};
	record.extra = pairs;
	record.extra_count = n;
	record.error = untrusted_str(w->why.kind ? w->why.text : NULL);
	gate_outcome(run->how.door, w->seq, &record);
	for (int i = 0; i < STREAMS; i++)
		tape_free(w->tapes[i]);
	if (state == RUN_DONE && !run->captured.cut)
		run->outputs[run->active] = untrusted_keep(
			untrusted_trim(untrusted_make(run->captured.p, run->captured.n)),
			RUNBOOK_VALUE_BYTES);
	r->exit_code = w->exit_code;
	step = w->step;
	over(run, state, w->why.text);
	run->how.ended(run->how.ctx, step);
}

static void tape_ended(void *ctx)
{
	struct run *run = ctx;

	if (!--run->work.open_tapes && !run->ended)
		run_finish(run);
}

/* --- what it prints --- */

static void tape_written(void *ctx)
{
	struct run *run = ctx;
	struct work *w = &run->work;
	const struct step_kind *kind;

	if (run->active < 0)
		return;
	kind = w->looping ? w->looping : run_kind(run, w->step);
	for (int i = 0; i < STREAMS; i++) {
		if (!w->tapes[i] || !tape_error(w->tapes[i]) || w->why.kind)
			continue;
		if (gap(run, i))
			continue;
		/* Strict: what cannot be recorded does not go on. */
		w->why = *tape_error(w->tapes[i]);
		err_prefix(&w->why, "ended, as it cannot be recorded: ");
		if (!w->open_tapes)
			kind->stop(run);
	}
	if (w->paused && !w->open_tapes && kind->pause) {
		w->paused = false;
		kind->pause(run, false);
	}
}

void run_open_tapes(struct run *run)
{
	static const char *const ends[STREAMS] = {"out", "err"};
	char path[TAPE_PATH];

	for (int i = 0; i < STREAMS; i++) {
		const struct tape_how how = {run->how.pool, path, tape_written, run};

		snprintf(path, sizeof path, "%s/%s.%s", run->how.folder, run->work.id,
			ends[i]);
		run->work.tapes[i] = tape_new(&how);
		run->work.clean[i] = redactor_new();
	}
}

/* Into the files, below the step, and for later steps. */
static void keep(struct run *run, bool is_error, const struct str *clean)
{
	struct untrusted bytes = untrusted_make(clean->p, clean->n);
	struct work *w = &run->work;
	const struct step_kind *kind = w->looping ? w->looping : run_kind(run, w->step);
	struct run_result *r = &run->results[run->active];
	uint64_t *count = is_error ? &r->err_bytes : &r->out_bytes;

	if (!clean->n)
		return;
	*count += clean->n;
	r->dropped |= tape_show_newest(bytes, &r->shown);
	if (!is_error)
		tape_show(bytes, &run->captured);
	if (!tape_add(w->tapes[is_error ? ERRORS : OUT], bytes) && !w->paused &&
		kind->pause) {
		w->paused = true;
		kind->pause(run, true);
	}
	if (r->out_bytes + r->err_bytes > RUN_OUTPUT_MOST && !w->why.kind) {
		err_set(&w->why, ERR_LIMIT, "ended, as it printed more than 2 GiB");
		kind->stop(run);
	}
	run->how.changed(run->how.ctx);
}

void run_prints(struct run *run, bool is_error, struct untrusted bytes)
{
	struct str clean;

	str_init(&clean, SIZE_MAX / 2);
	redactor_add(run->work.clean[is_error ? ERRORS : OUT], bytes, &clean);
	keep(run, is_error, &clean);
	str_release(&clean);
}

/* What was held back, as it might have become a secret. */
static void print_rest(struct run *run)
{
	for (int i = 0; i < STREAMS; i++) {
		struct str clean;

		str_init(&clean, SIZE_MAX / 2);
		redactor_end(run->work.clean[i], &clean);
		keep(run, i == ERRORS, &clean);
		str_release(&clean);
	}
}

void run_over(struct run *run, int exit_code, const char *result, const struct err *why)
{
	struct work *w = &run->work;

	if (w->looping && step_wait_again(run, exit_code, why))
		return;
	w->exit_code = exit_code;
	if (result)
		str_copy(w->result, sizeof w->result, result);
	if (why && !w->why.kind && !w->stopped)
		w->why = *why;
	if (!w->tapes[OUT]) {
		run_finish(run);
		return;
	}
	print_rest(run);
	w->open_tapes = STREAMS;
	for (int i = 0; i < STREAMS; i++)
		tape_end(w->tapes[i], tape_ended);
}

/* --- sudo's password --- */

void run_want_password(struct run *run, const char *where,
	void (*got)(
		struct run *run, const struct secret *password, const struct err *err))
{
	char text[400], user[40] = "";
	struct run_plan plan;
	struct err err = {0};

	if (run->password) {
		got(run, run->password, NULL);
		return;
	}
	if (run_plan(run, run->work.step, &plan, &err))
		str_copy(user, sizeof user, plan.as_user);
	snprintf(text, sizeof text,
		"sudo on %.120s wants a password to run step %zu as %s, and has run "
		"nothing "
		"so far.\nIt goes to sudo's own prompt there, and is kept for this run",
		where, run->work.step + 1, user);
	run->work.got_password = got;
	if (run->how.password && run->how.password(run->how.ctx, run, text, &err))
		return;
	run->work.got_password = NULL;
	if (!err.kind)
		err_set(&err, ERR_REFUSED, "there is nobody to type it");
	err_prefix(&err, "sudo wants a password, and ");
	got(run, NULL, &err);
}

void run_password(struct run *run, const struct secret *password)
{
	static const struct err none = {
		ERR_CANCELLED, "sudo wants a password, and none was given"};
	void (*got)(struct run *, const struct secret *, const struct err *) =
		run->work.got_password;

	/* The step may be over by now. */
	if (run->active < 0 || !got)
		return;
	run->work.got_password = NULL;
	run_forget_password(run);
	run->password = password ? secret_dup(password) : NULL;
	got(run, run->password, password ? NULL : &none);
}

const struct secret *run_kept_password(const struct run *run)
{
	return run->password;
}

void run_forget_password(struct run *run)
{
	secret_free(run->password);
	run->password = NULL;
}

struct sudo *run_sudo(struct run *run)
{
	return &run->work.sudo;
}

void **run_own(struct run *run)
{
	return run->work.looping ? &run->work.inner : &run->work.own;
}

const struct run_how *run_how(const struct run *run)
{
	return &run->how;
}

const struct runbook_step *run_step(const struct run *run)
{
	return &run->work.now;
}

bool run_stopping(const struct run *run)
{
	return run->work.stopped || run->work.why.kind;
}
