/* `runbook run` and `runbook check`: one step by its number, what all of them would do,
 * and whether runbooks can be understood. The console's own keys on steps are
 * ui/console_run.c. Main thread. */
#include "cmd.h"

#include "app/runbook_versions.h"
#include "app/runs.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "io/loop.h"
#include "steps.h"

#include <stdio.h>
#include <string.h>

enum { BOOKS_WAIT_MS = 10000, VARS_MAX = 64 };

/* --- the runbooks of a script, which has asked no source --- */

struct waiting {
	struct app *app;
	struct loop_timer *timer;
	int64_t until;
};

static void look(void *ctx)
{
	struct waiting *w = ctx;

	if (runbooks_settled(w->app->runbooks) || time_mono_ms() > w->until)
		loop_stop(w->app->loop);
	else
		loop_timer_start(w->timer, 10);
}

bool runbook_books_ready(struct call *call, struct err *err)
{
	struct waiting w = {call->app, NULL, time_mono_ms() + BOOKS_WAIT_MS};

	if (!call->out)
		return true;
	runbooks_load_indexed(call->app->runbooks);
	w.timer = loop_timer(call->app->loop, look, &w);
	loop_timer_start(w.timer, 0);
	loop_run(call->app->loop);
	loop_timer_free(w.timer);
	return runbooks_settled(call->app->runbooks) ||
	       err_set(err, ERR_TIMEOUT,
		       "the folders of `set runbooks` do not answer (a dead file "
		       "server?)");
}

/* --- run --- */

struct wanted {
	const char *name;
	int64_t step; /* 0: none is named */
	bool dry, changed;
	const char *vars[VARS_MAX];
	size_t var_count;
};

static bool read_words(const struct call *call, struct wanted *w, struct err *err)
{
	*w = (struct wanted){.name = call->argv[0]};
	for (size_t i = 1; i < call->argc; i++) {
		const char *word = call->argv[i], *value = call->argv[i + 1];

		if (!strcmp(word, "--dry-run") || !strcmp(word, "--changed")) {
			w->dry |= !strcmp(word, "--dry-run");
			w->changed |= !strcmp(word, "--changed");
			continue;
		}
		i++;
		if (!strcmp(word, "--step") && value &&
			untrusted_to_i64(untrusted_str(value), &w->step) && w->step > 0 &&
			w->step <= RUNBOOK_MAX_STEPS)
			continue;
		if (!strcmp(word, "--var") && value && w->var_count < VARS_MAX) {
			w->vars[w->var_count++] = value;
			continue;
		}
		return err_set(
			err, ERR_USAGE, "expected: runbook run %s", call->command->args);
	}
	return true;
}

bool run_set_word(struct run *run, const char *word, struct err *err)
{
	const char *equals = strchr(word, '=');
	char shown[80];

	if (!equals)
		return err_set(err, ERR_USAGE, "a value is NAME=VALUE, not %s",
			text_line(untrusted_str(word), shown, sizeof shown));
	return run_set(run, untrusted_make(word, (size_t)(equals - word)),
		untrusted_str(equals + 1), err);
}

/* What a step would do, or why it would be refused: a line or two. */
static void print_step(struct run *run, size_t step, struct str *out)
{
	const struct runbook_step *s = &run_book(run)->steps[step];
	struct run_plan plan;
	struct untrusted rest, line;
	struct err err = {0};
	bool ok = run_plan(run, step, &plan, &err);

	str_printf(out, "%zu  %s  ", step + 1,
		audit_class_name(ok ? plan.class : run_class(run, step)));
	text_add_line(out, s->title, 200);
	str_printf(out, "\n");
	if (!ok) {
		str_printf(out, "    would be refused: %s\n", err.text);
		return;
	}
	str_printf(out, "    on %s%s\n", plan.place, plan.sudo ? ", with sudo" : "");
	rest = plan.shown;
	while (untrusted_line(&rest, &line)) {
		str_puts(out, "    ");
		text_add_line(out, line, 4000);
		str_putc(out, '\n');
	}
}

static void json_step(struct run *run, size_t step, struct str *out)
{
	const struct runbook_step *s = &run_book(run)->steps[step];
	struct run_plan plan;
	struct err err = {0};
	bool ok = run_plan(run, step, &plan, &err);
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_i64(&o, "step", (int64_t)step + 1);
	json_put_text(&o, "title", s->title);
	json_put_str(&o, "kind", step_kind_name(s->kind));
	json_put_str(
		&o, "class", audit_class_name(ok ? plan.class : run_class(run, step)));
	json_put_bool(&o, "ready", ok);
	if (ok) {
		json_put_str(&o, "place", plan.place);
		json_put_text(&o, "command", plan.shown);
	}
	json_put_str(&o, "why", err.text);
	json_shut(&o, '}');
	str_putc(out, '\n');
}

/* Into the console it goes as one passing line: its view shows the rest. */
static enum status dry_run(struct call *call, struct run *run, const struct wanted *w)
{
	size_t count = run_book(run)->step_count, ready = 0;
	int64_t only = w->step;
	struct err err;

	if (call->json)
		runs_json_header(run, w->name, true, call->out);
	for (size_t i = 0; i < count; i++) {
		struct run_plan plan;

		if (only && (size_t)only != i + 1)
			continue;
		ready += run_plan(run, i, &plan, &err);
		if (call->json)
			json_step(run, i, call->out);
		else if (call->out)
			print_step(run, i, call->out);
	}
	if (!call->out)
		app_notice(call->app, false,
			"%zu of %zu steps could be run; nothing was done", ready,
			only ? (size_t)1 : count);
	return STATUS_DONE;
}

static enum status start(
	struct call *call, struct run *run, int64_t step, struct err *err)
{
	const struct run_result *r;

	enum status status;
	struct err told;

	if (!runs_start(call->app->runs, run, (size_t)step - 1, UNTRUSTED_NONE,
		    call->origin, err)) {
		/* What was refused is an object too. */
		if (call->json)
			runs_outcome(call->app->runs, true, call->out, &status, &told);
		return err->kind == ERR_REFUSED   ? STATUS_REFUSED
		       : err->kind == ERR_USAGE   ? STATUS_USAGE
		       : err->kind == ERR_MISSING ? STATUS_USAGE
						  : STATUS_FAILED;
	}
	r = run_result(run, (size_t)step - 1);
	if (r->state != RUN_REFUSED)
		return call->out ? STATUS_PENDING : STATUS_DONE;
	err_set(err, ERR_REFUSED, "%s", r->why);
	return STATUS_REFUSED;
}

enum status cmd_runbook_run(struct call *call, struct err *err)
{
	struct app *app = call->app;
	const struct runbook_row *row;
	struct wanted w;
	struct run *run;

	if (!read_words(call, &w, err))
		return STATUS_USAGE;
	if (!runbook_books_ready(call, err))
		return STATUS_FAILED;
	row = runbooks_named(app->runbooks, w.name);
	if (!row) {
		err_set(err, ERR_MISSING, "no runbook is called %s: runbook list",
			w.name);
		return STATUS_FAILED;
	}
	if (!runbook_is_file(row, err))
		return STATUS_REFUSED;
	run = runs_open(app->runs, row->id, 0, err);
	if (!run)
		return STATUS_FAILED;
	for (size_t i = 0; i < w.var_count; i++)
		if (!run_set_word(run, w.vars[i], err))
			return err->kind == ERR_REFUSED ? STATUS_REFUSED : STATUS_USAGE;
	if (w.dry)
		return dry_run(call, run, &w);
	if (!w.changed && !runbook_may_run(row, err)) {
		if (call->told)
			runbook_print_changes(row, call->told);
		return STATUS_REFUSED;
	}
	if (!w.step) {
		err_set(err, ERR_USAGE,
			"which step? --step N of %zu; --dry-run shows what each would do",
			run_book(run)->step_count);
		return STATUS_USAGE;
	}
	return start(call, run, w.step, err);
}

/* --- check --- */

/* A step that only misses a value is as it should be. */
static bool check_step(const struct app *app, const struct runbook *book, size_t step,
	const char *path, struct err *err)
{
	const struct runbook_step *s = &book->steps[step];
	const char *slash = strrchr(path, '/');
	char name[256];

	if (!run_check(app_step_kinds, book, step, err))
		return false;
	if (s->kind != STEP_OOGWAY)
		return true;
	str_copy(name, sizeof name, slash ? slash + 1 : path);
	if (str_ends(name, ".md"))
		name[strlen(name) - strlen(".md")] = '\0';
	return steps_no_cycle(app, name, s->text, err);
}

/* What is found in one book: lines, or one object each. */
struct finding {
	const struct app *app;
	struct str *out;
	bool json;
	const char *path;
	size_t bad;
};

/* line and step 0: of the whole. What is no fault is only told. */
static void tell(struct finding *f, int line, size_t step, bool fault, const char *text)
{
	struct json_out o;

	f->bad += fault;
	if (f->json) {
		json_begin(&o, f->out);
		json_open(&o, NULL, '{');
		json_put_str(&o, "path", f->path);
		json_put_i64(&o, "line", line);
		json_put_i64(&o, "step", (int64_t)step);
		json_put_bool(&o, "fault", fault);
		json_put_str(&o, "text", text);
		json_shut(&o, '}');
		str_putc(f->out, '\n');
		return;
	}
	str_puts(f->out, f->path);
	if (line)
		str_printf(f->out, ":%d", line);
	if (step)
		str_printf(f->out, ": step %zu", step);
	str_printf(f->out, ": %s\n", text);
}

static void check_steps(struct finding *f, const struct runbook *book)
{
	struct err err = {0};

	for (size_t i = 0; i < book->step_count; i++)
		if (!book->steps[i].broken && !check_step(f->app, book, i, f->path, &err))
			tell(f, book->steps[i].line, i + 1, true, err.text);
}

static void check_labels(struct finding *f, const struct runbook *book)
{
	struct matchers labels;
	struct err err;

	if (!matchers_read(&labels, book->labels, &err)) {
		err_prefix(&err, "labels: ");
		tell(f, 0, 0, true, err.text);
	}
	matchers_release(&labels);
}

static size_t check_book(const struct call *call, const struct runbook *book,
	const char *path, struct str *out)
{
	struct finding f = {call->app, out, call->json, path, 0};

	check_labels(&f, book);
	for (size_t i = 0; i < book->fault_count; i++)
		tell(&f, book->faults[i].line, 0, true, book->faults[i].text);
	check_steps(&f, book);
	if (!book->step_count)
		tell(&f, 0, 0, false, "no steps: nothing in it can be run");
	return f.bad;
}

static enum status check_file(
	const struct call *call, const char *path, struct str *out, struct err *err)
{
	struct runbook book;
	struct str text;
	size_t bad;

	str_init(&text, RUNBOOK_MAX_BYTES + 1);
	if (!file_read(path, &text, err)) {
		str_release(&text);
		return STATUS_USAGE;
	}
	runbook_parse(&book, untrusted_make(text.p, text.n));
	bad = check_book(call, &book, path, out);
	runbook_release(&book);
	str_release(&text);
	return bad ? STATUS_FAILED : STATUS_DONE;
}

static size_t check_named(struct call *call, const char *word, enum status *status,
	struct str *out, struct err *err)
{
	const struct runbook_row *row = runbooks_named(call->app->runbooks, word);
	enum status one;

	if (row && !runbook_is_file(row, err)) {
		*status = STATUS_REFUSED;
		return 0;
	}
	if (row)
		return check_book(call, &row->book, row->path, out);
	one = check_file(call, word, out, err);
	if (one == STATUS_USAGE)
		*status = one;
	return one == STATUS_FAILED;
}

static void log_lines(struct untrusted rest)
{
	struct untrusted line;
	char text[300];

	while (untrusted_line(&rest, &line))
		log_add(LOG_INFO, "%s", text_line(line, text, sizeof text));
}

/* All that are named, or all there are. */
static enum status check_all(struct call *call, struct str *out, struct err *err)
{
	const struct runbooks *all = call->app->runbooks;
	enum status status = STATUS_DONE;
	size_t bad = 0, count = call->argc;

	for (size_t i = 0; i < call->argc; i++)
		bad += check_named(call, call->argv[i], &status, out, err);
	for (size_t i = 0; !call->argc && i < runbooks_count(all); i++) {
		const struct runbook_row *row = runbooks_at(all, i);

		if (row->page)
			continue;
		count++;
		bad += check_book(call, &row->book, row->path, out);
	}
	if (status)
		return status;
	if (!bad && call->json)
		return STATUS_DONE;
	if (!bad) {
		str_printf(out, "%zu runbook%s: all of it can be understood\n", count,
			count == 1 ? "" : "s");
		return STATUS_DONE;
	}
	err_set(err, ERR_INPUT, "%zu fault%s; what is at fault is not run", bad,
		bad == 1 ? "" : "s");
	return STATUS_FAILED;
}

enum status cmd_runbook_check(struct call *call, struct err *err)
{
	enum status status;
	struct str out;

	if (!runbook_books_ready(call, err))
		return STATUS_FAILED;
	if (call->out)
		return check_all(call, call->out, err);
	/* In the console its last line has to do; the log has all of them. */
	str_init(&out, 1 << 16);
	status = check_all(call, &out, err);
	log_lines(untrusted_make(out.p, out.n));
	if (status == STATUS_DONE)
		app_notice(call->app, false, "all of it can be understood");
	str_release(&out);
	return status;
}
