/* The run engine: one book, its values, one step at a time through the gate. A step's
 * kind says how it begins and is stopped; it ends in finish(), which writes the outcome.
 * Hides the tapes, and that what was confirmed is compared with what is run. Main. */
#include "ops/run.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"
#include "io/proc.h"
#include "step_plan.h"
#include "tape.h"
#include "values.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PLAN_BYTES = 1 << 20,
	TARGET_TEXT = RUN_PLACE,
	QUESTION_BYTES = 2200,
	LINE_COLUMNS = 2000
};
enum { OUT, ERRORS, STREAMS };

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

/* The step on its way. */
struct work {
	size_t step;
	char bound[SHA256_DIGITS + 1]; /* of argv and place, as they were asked about */
	char id[ID_TEXT];              /* of its files */
	char place[RUN_PLACE];
	uint64_t seq;
	struct proc *proc;
	struct loop_timer *timer;
	struct tape *tapes[STREAMS];
	int open_tapes, exit_code;
	bool paused, stopped;
	struct err why;
	struct run_result before; /* until it is run: what comes back when it is not */
};

struct run {
	struct run_how how;
	char *texts[6]; /* that how borrows */
	struct untrusted text;
	char text_hash[SHA256_DIGITS + 1];
	struct runbook book;
	struct values values;
	struct arena plan_arena, look_arena;
	struct run_result *results;
	struct untrusted *outputs; /* beside them: what later steps may use; owned */
	struct str captured;       /* of the step that runs */
	enum audit_class *classes; /* beside them; AUDIT_UNCLASSED: not looked at yet */
	int active;                /* -1: none */
	struct work work;
	struct untrusted edited; /* in place of the active step's text; owned */
	size_t edited_step;
	char *source;
	struct untrusted incident;
	bool ended;
};

static void changed(struct run *run)
{
	run->how.changed(run->how.ctx);
}

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
	for (int i = 0; i < STREAMS; i++)
		tape_free(run->work.tapes[i]);
	loop_timer_free(run->work.timer);
	str_release(&run->work.before.shown);
	str_release(&run->captured);
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
	changed(run);
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
	changed(run);
}

const char *run_hash(const struct run *run)
{
	return run->text_hash;
}

int run_active(const struct run *run)
{
	return run->active;
}

int run_next(const struct run *run)
{
	for (size_t i = 0; i < run->book.step_count; i++)
		if (run->results[i].state != RUN_DONE &&
			run->results[i].state != RUN_SKIPPED)
			return (int)i;
	return -1;
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

static bool is_edited(const struct run *run, size_t step)
{
	return !untrusted_empty(run->edited) && run->edited_step == step;
}

bool run_plan(struct run *run, size_t step, struct run_plan *out, struct err *err)
{
	struct runbook_step s;

	if (!good_step(run, step, err))
		return false;
	s = run->book.steps[step];
	if (is_edited(run, step))
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
		step_plan_look(&run->values, &run->book.steps[step], &run->look_arena,
			&plan, &err);
		run->classes[step] = plan.class;
	}
	return run->classes[step];
}

bool run_check(const struct runbook *book, size_t step, struct err *err)
{
	struct run_plan plan;
	struct values values;
	struct arena arena;
	bool ok;

	arena_init(&arena, PLAN_BYTES);
	values_init(&values, book, 1);
	ok = step_plan_look(&values, &book->steps[step], &arena, &plan, err);
	values_release(&values);
	arena_release(&arena);
	return ok;
}

/* --- the end of a step --- */

static void forget_edit(struct run *run)
{
	untrusted_free(run->edited);
	run->edited = UNTRUSTED_NONE;
}

static void at_rest(struct run *run)
{
	loop_timer_free(run->work.timer);
	run->work = (struct work){0};
	run->active = -1;
	forget_edit(run);
	changed(run);
}

static void over(struct run *run, enum run_state state, const char *why)
{
	struct run_result *r = &run->results[run->active];

	r->state = state;
	r->ended_at = time_now_ms();
	str_copy(r->why, sizeof r->why, why);
	at_rest(run);
}

/* It was not run: what it printed the last time is still there. */
static void not_run(struct run *run, const struct err *why)
{
	struct run_result *r = &run->results[run->active];

	str_release(&r->shown);
	*r = run->work.before;
	if (why->kind != ERR_CANCELLED) {
		r->state = RUN_REFUSED;
		str_copy(r->why, sizeof r->why, why->text);
	}
	at_rest(run);
}

static size_t add_stream(struct audit_pair *pairs, size_t n, struct tape *tape,
	const char *const names[3], char hash[SHA256_DIGITS + 1])
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

static struct audit_record outcome_record(const struct run *run, const char *result)
{
	static const char *const events[STEP_KIND_COUNT] = {
		[STEP_LOCAL] = "run.local",
		[STEP_HOST] = "run.host",
		[STEP_KUBECTL] = "run.kubectl",
		[STEP_SQL] = "run.sql",
		[STEP_PROMQL] = "run.promql",
		[STEP_WAIT] = "run.wait",
		[STEP_ASK] = "run.ask",
		[STEP_NOTE] = "run.note",
	};
	const struct runbook_step *step = &run->book.steps[run->work.step];

	return (struct audit_record){.event = events[step->kind],
		.class = run->classes[run->work.step],
		.profile = *run->how.profile ? run->how.profile : NULL,
		.source = run->source,
		.id = run->incident,
		.target = untrusted_str(run->work.place),
		.result = untrusted_str(result)};
}

static const char *state_of(const struct work *w, char result[40], enum run_state *state)
{
	*state = w->stopped || w->why.kind == ERR_TIMEOUT ? RUN_STOPPED
		 : w->why.kind || w->exit_code            ? RUN_FAILED
							  : RUN_DONE;
	if (w->stopped)
		snprintf(result, 40, "stopped, exit %d", w->exit_code);
	else if (w->why.kind == ERR_TIMEOUT)
		snprintf(result, 40, "timed out");
	else if (!w->tapes[OUT])
		snprintf(result, 40, "done");
	else if (w->exit_code < 0)
		snprintf(result, 40, "not run");
	else
		snprintf(result, 40, "exit %d", w->exit_code);
	return result;
}

/* All that was printed is on the disk. */
static void finish(struct run *run)
{
	static const char *const names[STREAMS][3] = {
		{"out_bytes", "out_sha256", "out_file"},
		{"err_bytes", "err_sha256", "err_file"}};
	struct work *w = &run->work;
	struct run_result *r = &run->results[run->active];
	struct audit_pair pairs[8];
	char hashes[STREAMS][SHA256_DIGITS + 1], result[40];
	enum run_state state;
	struct audit_record record;
	size_t n = 0, step;

	for (int i = 0; i < STREAMS; i++)
		if (w->tapes[i] && tape_error(w->tapes[i]) && !w->why.kind)
			w->why = *tape_error(w->tapes[i]);
	record = outcome_record(run, state_of(w, result, &state));
	pairs[n++] = (struct audit_pair){.name = "ms",
		.number = (double)(time_now_ms() - r->started_at),
		.is_number = true};
	for (int i = 0; i < STREAMS; i++) {
		if (!w->tapes[i])
			continue;
		n = add_stream(pairs, n, w->tapes[i], names[i], hashes[i]);
		str_copy(i ? r->err_file : r->out_file, sizeof r->out_file,
			tape_path(w->tapes[i]));
	}
	record.extra = pairs;
	record.extra_count = n;
	record.error = untrusted_str(w->why.text);
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
		finish(run);
}

/* --- commands --- */

static void tape_written(void *ctx)
{
	struct run *run = ctx;
	struct work *w = &run->work;

	for (int i = 0; i < STREAMS; i++) {
		if (!tape_error(w->tapes[i]) || w->why.kind)
			continue;
		/* Strict: what cannot be recorded does not go on. */
		w->why = *tape_error(w->tapes[i]);
		err_prefix(&w->why, "ended, as it cannot be recorded: ");
		if (w->proc)
			proc_stop(w->proc);
	}
	if (w->proc && w->paused) {
		w->paused = false;
		proc_pause(w->proc, false);
	}
}

static void on_bytes(void *ctx, bool is_error, struct untrusted bytes)
{
	struct run *run = ctx;
	struct work *w = &run->work;
	struct run_result *r = &run->results[run->active];
	uint64_t *count = is_error ? &r->err_bytes : &r->out_bytes;

	*count += untrusted_size(bytes);
	r->dropped |= tape_show_newest(bytes, &r->shown);
	if (!is_error)
		tape_show(bytes, &run->captured);
	if (!tape_add(w->tapes[is_error ? ERRORS : OUT], bytes) && !w->paused) {
		w->paused = true;
		proc_pause(w->proc, true);
	}
	if (r->out_bytes + r->err_bytes > RUN_OUTPUT_MOST && !w->why.kind) {
		err_set(&w->why, ERR_LIMIT, "ended, as it printed more than 2 GiB");
		proc_stop(w->proc);
	}
	changed(run);
}

static void on_end(void *ctx, int exit_code, const struct err *why)
{
	struct run *run = ctx;
	struct work *w = &run->work;

	w->proc = NULL;
	w->exit_code = exit_code;
	if (why && !w->why.kind && !w->stopped)
		w->why = *why;
	w->open_tapes = STREAMS;
	for (int i = 0; i < STREAMS; i++)
		tape_end(w->tapes[i], tape_ended);
}

static void open_tapes(struct run *run)
{
	static const char *const ends[STREAMS] = {"out", "err"};
	char path[TAPE_PATH];

	for (int i = 0; i < STREAMS; i++) {
		const struct tape_how how = {run->how.pool, path, tape_written, run};

		snprintf(path, sizeof path, "%s/%s.%s", run->how.folder, run->work.id,
			ends[i]);
		run->work.tapes[i] = tape_new(&how);
	}
}

static void start_command(struct run *run, const struct run_plan *plan)
{
	struct work *w = &run->work;
	struct proc_options options = {.argv = plan->argv,
		.bytes = on_bytes,
		.end = on_end,
		.ctx = run,
		.timeout_ms = plan->timeout_ms};

	open_tapes(run);
	w->proc = proc_start(run->how.loop, &options, &w->why);
	if (w->proc)
		return;
	on_end(run, -1, NULL);
}

static void stop_command(struct run *run)
{
	if (run->work.proc)
		proc_stop(run->work.proc);
}

/* --- waiting, and sentences --- */

static void wait_over(void *ctx)
{
	finish(ctx);
}

static void start_wait(struct run *run, const struct run_plan *plan)
{
	run->work.timer = loop_timer(run->how.loop, wait_over, run);
	loop_timer_start(run->work.timer, plan->timeout_ms);
}

static void stop_wait(struct run *run)
{
	loop_timer_start(run->work.timer, 0);
}

/* It was read and confirmed: that is all of it. */
static void start_words(struct run *run, const struct run_plan *plan)
{
	(void)plan;
	finish(run);
}

static void stop_nothing(struct run *run)
{
	(void)run;
}

static const struct {
	const char *begins; /* of the question */
	void (*start)(struct run *run, const struct run_plan *plan);
	void (*stop)(struct run *run);
} kinds[STEP_KIND_COUNT] = {
	[STEP_LOCAL] = {"run", start_command, stop_command},
	[STEP_HOST] = {"run", start_command, stop_command},
	[STEP_KUBECTL] = {"run", start_command, stop_command},
	[STEP_SQL] = {"run", start_words, stop_nothing},
	[STEP_PROMQL] = {"run", start_words, stop_nothing},
	[STEP_WAIT] = {"wait", start_wait, stop_wait},
	[STEP_ASK] = {"confirm", start_words, stop_nothing},
	[STEP_NOTE] = {"put on record", start_words, stop_nothing},
};

/* --- through the gate --- */

static void bind(const struct run_plan *plan, char out[SHA256_DIGITS + 1])
{
	struct digest *digest = digest_new();

	/* With their ends, so that "a b" and "a", "b" are two things. */
	for (size_t i = 0; i < plan->argc; i++)
		digest_add(digest, plan->argv[i], strlen(plan->argv[i]) + 1);
	digest_add(digest, plan->place, strlen(plan->place) + 1);
	digest_end(digest, out);
}

static bool still(void *ctx, char *why, size_t size)
{
	struct run *run = ctx;
	char bound[SHA256_DIGITS + 1];
	struct run_plan plan;
	struct err err = {0};

	if (run->ended) {
		snprintf(why, size, "oogway ended before it was run");
		return false;
	}
	if (!run->how.still(run->how.ctx, why, size))
		return false;
	if (!run_plan(run, run->work.step, &plan, &err)) {
		str_copy(why, size, err.text);
		return false;
	}
	bind(&plan, bound);
	if (!strcmp(bound, run->work.bound))
		return true;
	snprintf(why, size, "what the step would do has changed: look again");
	return false;
}

static void act(void *ctx, uint64_t seq)
{
	struct run *run = ctx;
	struct run_result *r = &run->results[run->active];
	struct run_plan plan;
	struct err err = {0};

	str_release(&run->work.before.shown);
	str_reset(&run->captured);
	untrusted_free(run->outputs[run->active]);
	run->outputs[run->active] = UNTRUSTED_NONE;
	run->work.seq = r->intent = seq;
	r->state = RUN_RUNNING;
	r->started_at = time_now_ms();
	/* still() has just made the same. */
	if (run_plan(run, run->work.step, &plan, &err)) {
		kinds[run->book.steps[run->work.step].kind].start(run, &plan);
	} else {
		run->work.why = err;
		run->work.exit_code = -1;
		finish(run);
		return;
	}
	changed(run);
}

static void refused(void *ctx, const struct err *why)
{
	not_run(ctx, why);
}

static const char *class_words(
	const struct run_plan *plan, enum audit_class risk, char *out, size_t size)
{
	bool why = plan->judgement.why[0] && plan->judgement.class == plan->class;
	bool other = risk && risk != plan->class;

	snprintf(out, size, "Class %s%s%s%s%s%s%s.", audit_class_name(plan->class),
		why ? " (" : "", why ? plan->judgement.why : "", why ? ")" : "",
		other ? ", written as " : "", other ? audit_class_name(risk) : "",
		!other && !why && risk ? ", as written" : "");
	return out;
}

static void question(struct run *run, const struct run_plan *plan, struct str *out)
{
	const struct runbook_step *step = &run->book.steps[run->work.step];
	struct untrusted rest = plan->shown, line;
	char class[200], title[80], limit[TIME_TEXT];

	if (*run->how.profile)
		str_printf(out, "%s: ", run->how.profile);
	str_printf(out, "%s on %s%s?\n", kinds[step->kind].begins, plan->place,
		plan->judgement.as_root ? " as root" : "");
	while (untrusted_line(&rest, &line)) {
		/* Cut, it would be another command. */
		out->cut |= text_width(line, LINE_COLUMNS + 1) > LINE_COLUMNS;
		str_puts(out, "  ");
		text_add_line(out, line, LINE_COLUMNS);
		str_putc(out, '\n');
	}
	if (is_edited(run, run->work.step))
		str_puts(out, "Edited. ");
	str_printf(out, "%s Step %zu of %s, \"%s\".",
		class_words(plan, step->risk, class, sizeof class), run->work.step + 1,
		run->how.name, text_line(step->title, title, sizeof title));
	if (plan->argc)
		str_printf(out, " Ended after %s. Recorded with what it prints.",
			duration_text(plan->timeout_ms, limit));
	else
		str_puts(out, " Recorded.");
}

static bool open_gate(
	struct run *run, const struct run_plan *plan, const char *origin, struct err *err)
{
	struct untrusted args[AUDIT_MAX_ARGS];
	char cwd[PATH_MAX] = "", number[24];
	struct audit_pair pairs[] = {
		{.name = "book", .value = untrusted_str(run->how.name)},
		{.name = "book_sha256", .value = untrusted_str(run->text_hash)},
		{.name = "step", .value = untrusted_str(number)},
		{.name = "cwd", .value = untrusted_str(cwd)},
		{.name = "edited", .value = untrusted_str("yes")},
	};
	struct gate_deed deed = {.record = outcome_record(run, NULL),
		.still = still,
		.act = act,
		.refused = refused,
		.ctx = run};
	struct str text;
	bool ok;

	if (!getcwd(cwd, sizeof cwd))
		*cwd = '\0';
	pairs[3].value = untrusted_str(cwd);
	snprintf(number, sizeof number, "%zu", run->work.step + 1);
	pairs[2].value = untrusted_str(number);
	for (size_t i = 0; i < plan->argc && i < AUDIT_MAX_ARGS; i++)
		args[i] = untrusted_str(plan->argv[i]);
	if (!plan->argc)
		args[0] = plan->shown;
	deed.record.class = plan->class;
	deed.record.origin = origin;
	deed.record.target = untrusted_str(plan->place);
	deed.record.args = args;
	deed.record.arg_count = plan->argc ? plan->argc : 1;
	deed.record.extra = pairs;
	deed.record.extra_count = sizeof pairs / sizeof pairs[0];
	deed.record.extra_count -= !is_edited(run, run->work.step);
	str_init(&text, QUESTION_BYTES);
	question(run, plan, &text);
	deed.question = str_text(&text);
	/* What cannot be brought back is not done by a key. */
	if (plan->class == AUDIT_DESTROY ||
		run->book.steps[run->work.step].risk == AUDIT_DESTROY)
		deed.word = run->how.host;
	ok = text.cut ? err_set(err, ERR_LIMIT,
				"the command is too long to be shown whole, so it is not "
				"asked about: nothing was done")
		      : gate_open(run->how.door, &deed, err);
	str_release(&text);
	return ok;
}

/* Shown below the step too, and recorded when it was no slip of the pen. */
static bool not_planned(
	struct run *run, size_t step, const char *origin, const struct err *err)
{
	struct audit_record record;
	struct run_result *r;
	struct untrusted text;

	if (step >= run->book.step_count)
		return false;
	r = &run->results[step];
	r->state = RUN_REFUSED;
	str_copy(r->why, sizeof r->why, err->text);
	changed(run);
	if (err->kind != ERR_REFUSED)
		return false;
	run->work.step = step;
	text = untrusted_trim(
		is_edited(run, step) ? run->edited : run->book.steps[step].text);
	record = outcome_record(run, NULL);
	record.origin = origin;
	record.args = &text;
	record.arg_count = 1;
	gate_refuse(run->how.door, &record, err);
	return false;
}

bool run_start(struct run *run, size_t step, const char *origin, struct err *err)
{
	struct run_plan plan;
	struct run_result *r;

	if (run->active >= 0)
		return err_set(err, ERR_BUSY, "step %d is not over yet: C-c stops it",
			run->active + 1);
	if (!run_plan(run, step, &plan, err))
		return not_planned(run, step, origin, err);
	if (plan.argc > AUDIT_MAX_ARGS)
		return err_set(err, ERR_LIMIT, "the command has more than %d words",
			AUDIT_MAX_ARGS);
	r = &run->results[step];
	run->active = (int)step;
	run->work = (struct work){.step = step, .before = *r};
	/* What was refused before can be asked about now. */
	if (r->state == RUN_REFUSED) {
		run->work.before.state = RUN_NOT_YET;
		run->work.before.why[0] = '\0';
	}
	*r = (struct run_result){.state = RUN_ASKING, .is_command = plan.argc > 0};
	str_init(&r->shown, RUN_SHOWN_BYTES);
	run->classes[step] = plan.class;
	id_new(time_now_ms(), run->work.id);
	bind(&plan, run->work.bound);
	str_copy(run->work.place, sizeof run->work.place, plan.place);
	if (open_gate(run, &plan, origin, err))
		return true;
	not_run(run, err);
	return false;
}

bool run_start_edited(struct run *run, size_t step, struct untrusted command,
	const char *origin, struct err *err)
{
	bool started;

	if (run->active >= 0)
		return err_set(err, ERR_BUSY, "step %d is not over yet: C-c stops it",
			run->active + 1);
	if (untrusted_size(command) > RUNBOOK_BLOCK_BYTES)
		return err_set(err, ERR_LIMIT, "a step has at most %d bytes",
			RUNBOOK_BLOCK_BYTES);
	run->edited = untrusted_keep(command, RUNBOOK_BLOCK_BYTES);
	run->edited_step = step;
	started = run_start(run, step, origin, err);
	if (!started)
		forget_edit(run);
	return started;
}

bool run_skip(struct run *run, size_t step, struct err *err)
{
	if (run->active == (int)step)
		return err_set(err, ERR_BUSY, "step %zu is not over yet", step + 1);
	if (step >= run->book.step_count)
		return err_set(err, ERR_USAGE, "%s has %zu steps", run->how.name,
			run->book.step_count);
	run->results[step].state = RUN_SKIPPED;
	changed(run);
	return true;
}

bool run_stop(struct run *run)
{
	if (run->active < 0 || run->results[run->active].state != RUN_RUNNING)
		return false;
	run->work.stopped = true;
	kinds[run->book.steps[run->active].kind].stop(run);
	return true;
}

void run_end(struct run *run)
{
	struct work *w = &run->work;
	struct audit_record record;

	run->ended = true;
	if (run->active < 0 || run->results[run->active].state != RUN_RUNNING)
		return;
	record = outcome_record(run, "stopped");
	record.error = untrusted_str("oogway ended while it ran");
	proc_kill(w->proc);
	w->proc = NULL;
	gate_outcome(run->how.door, w->seq, &record);
}
