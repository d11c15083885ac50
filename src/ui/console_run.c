/* The keys on a runbook's steps: run, edit once, stop, skip, copy, give a variable its
 * value. All of that is done by ops/run; this knows which step is selected, and what the
 * command line has to do with it. Main thread. */
#include "runbook_pane.h"

#include "app/remote.h"
#include "app/runbooks.h"
#include "app/runs.h"
#include "base/str.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { WARN_MS = 5000 };

/* The run and the step that are looked at. */
static struct run *here(struct call *call, size_t *step, struct err *err)
{
	struct pane *pane = console_pane(call->ctx);
	const struct runbook_row *row;
	struct run *run;

	*step = runbook_pane_step(pane);
	if (*step == SIZE_MAX) {
		err_set(err, ERR_USAGE, "open a runbook first: r, or :runbooks");
		return NULL;
	}
	run = runs_open(call->app->runs, pane->id, 0, err);
	pane->dirty = true;
	row = runbooks_find(call->app->runbooks, pane->id);
	if (row && !runbook_is_file(row, err))
		return NULL;
	if (run && !run_book(run)->step_count) {
		err_set(err, ERR_MISSING, "the runbook has no steps");
		return NULL;
	}
	return run;
}

static enum status begin(struct call *call, struct run *run, size_t step,
	struct untrusted edited, struct err *err)
{
	if (runs_start(call->app->runs, run, step, edited, call->origin, err))
		return STATUS_DONE;
	return err->kind == ERR_REFUSED ? STATUS_REFUSED : STATUS_FAILED;
}

enum status cmd_step_run(struct call *call, struct err *err)
{
	size_t step;
	struct run *run = here(call, &step, err);

	if (!run)
		return STATUS_FAILED;
	if (!runbook_pane_read(console_pane(call->ctx), call->app, err))
		return STATUS_REFUSED;
	runbook_pane_reveal(console_pane(call->ctx));
	return begin(call, run, step, UNTRUSTED_NONE, err);
}

enum status cmd_step_dry(struct call *call, struct err *err)
{
	size_t step;
	struct run *run = here(call, &step, err);

	if (!run)
		return STATUS_FAILED;
	app_notice(call->app, false,
		runbook_pane_dry(console_pane(call->ctx))
			? "below each step stands what it would do; nothing was done"
			: "the steps alone");
	return STATUS_DONE;
}

/* The newest step's first; once more for the one before it. */
enum status cmd_step_rollback(struct call *call, struct err *err)
{
	size_t step, failed;
	struct run *run = here(call, &step, err);
	int next = run ? run_rollback(run, &failed) : -1;

	if (!run)
		return STATUS_FAILED;
	if (next < 0) {
		err_set(err, ERR_MISSING,
			"there is nothing to take back: no step went wrong, or all is");
		return STATUS_FAILED;
	}
	if (!runbook_pane_read(console_pane(call->ctx), call->app, err))
		return STATUS_REFUSED;
	runbook_pane_go(console_pane(call->ctx), (size_t)next);
	return begin(call, run, (size_t)next, UNTRUSTED_NONE, err);
}

/* The command line is where it is edited: Enter there asks, Esc leaves it as it is. */
static enum status begin_edit(
	struct console *console, struct untrusted text, struct err *err)
{
	char line[COMMAND_LINE_MAX];
	const char *begin = "step edit ";
	struct untrusted rest = text, first;

	untrusted_line(&rest, &first);
	if (!untrusted_empty(rest) || untrusted_size(text) > sizeof line / 2) {
		err_set(err, ERR_USAGE,
			"the step has more than a line: y copies it, step edit COMMAND "
			"runs another one in its place");
		return STATUS_USAGE;
	}
	str_copy(line, sizeof line, begin);
	text_line(text, line + strlen(begin), sizeof line - strlen(begin));
	console_bring_up(console);
	console->mode = MODE_COMMAND;
	edit_set(&console->edit, line);
	history_reset(&console->commands_typed);
	return STATUS_DONE;
}

enum status cmd_step_edit(struct call *call, struct err *err)
{
	size_t step;
	struct run *run = here(call, &step, err);

	if (!run)
		return STATUS_FAILED;
	if (!*call->rest)
		return begin_edit(
			call->ctx, untrusted_trim(run_book(run)->steps[step].text), err);
	if (!runbook_pane_read(console_pane(call->ctx), call->app, err))
		return STATUS_REFUSED;
	runbook_pane_reveal(console_pane(call->ctx));
	return begin(call, run, step, untrusted_str(call->rest), err);
}

enum status cmd_step_stop(struct call *call, struct err *err)
{
	size_t step;
	struct run *run = here(call, &step, err);

	if (!run)
		return STATUS_FAILED;
	if (run_stop(run) || runs_drop_waiting(call->app->runs))
		return STATUS_DONE;
	err_set(err, ERR_MISSING, "no step of this runbook runs");
	return STATUS_FAILED;
}

enum status cmd_step_skip(struct call *call, struct err *err)
{
	size_t step;
	struct run *run = here(call, &step, err);

	return run && run_skip(run, step, call->origin, err) ? STATUS_DONE
							     : STATUS_FAILED;
}

enum status cmd_step_set(struct call *call, struct err *err)
{
	size_t step;
	struct run *run = here(call, &step, err);
	const char *equals = strchr(call->rest, '=');
	char shown[200];

	if (!run)
		return STATUS_FAILED;
	if (!equals) {
		err_set(err, ERR_USAGE, "expected: step set NAME=VALUE");
		return STATUS_USAGE;
	}
	/* Behind the '=' everything is the value, blanks too. */
	if (!run_set(run, untrusted_make(call->rest, (size_t)(equals - call->rest)),
		    untrusted_trim(untrusted_str(equals + 1)), err))
		return err->kind == ERR_REFUSED ? STATUS_REFUSED : STATUS_USAGE;
	app_notice(call->app, false, "%s",
		text_line(untrusted_str(call->rest), shown, sizeof shown));
	return STATUS_DONE;
}

/* With its values where there are some, else as it is written. */
enum status cmd_step_copy(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	struct untrusted shown;
	struct run_plan plan;
	struct err none = {0};
	size_t step;
	struct run *run = here(call, &step, err);

	if (!run)
		return STATUS_FAILED;
	shown = run_plan(run, step, &plan, &none)
			? plan.shown
			: untrusted_trim(run_book(run)->steps[step].text);
	str_reset(&console->register_);
	while (!untrusted_empty(shown)) {
		struct untrusted line;

		untrusted_line(&shown, &line);
		text_add_line(&console->register_, line, 4000);
		if (!untrusted_empty(shown))
			str_putc(&console->register_, '\n');
	}
	return copy_text(console, "copied the step", err) ? STATUS_DONE : STATUS_FAILED;
}

bool step_warns(struct console *console, const char *what, struct err *err)
{
	const struct app *app = console->app;
	char name[300];

	if ((!runs_running(app->runs, name, sizeof name) &&
		    !remote_running(app->remote, name, sizeof name)) ||
		(console->run_warned_of == what &&
			app->now - console->run_warned_at <= WARN_MS))
		return false;
	console->run_warned_of = what;
	console->run_warned_at = app->now;
	err_set(err, ERR_BUSY, "%s is not over: once more to %s all the same", name,
		what);
	return true;
}
