/* Commands on this machine: sh, sh host where the host is this one, and kubectl. What
 * they print waits in the pipe while the disk is slower. As somebody else through sudo,
 * without a password or with one that is typed for the run. Main thread. */
#include "ops/step.h"

#include "base/str.h"
#include "base/text.h"
#include "io/proc.h"
#include "step_pin.h"
#include "sudo.h"
#include "values.h"

#include <stdio.h>
#include <string.h>

/* --- what it would do --- */

/* sudo -n -u USER -- …: what is judged stays what is run. */
static bool become(const struct planning *p, struct err *err)
{
	struct run_plan *out = p->out;
	const char **argv = arena_alloc(p->arena, (out->argc + 6) * sizeof *argv);

	if (!argv)
		return err_set(err, ERR_LIMIT, "the step is too long");
	text_line(p->step->become, out->as_user, sizeof out->as_user);
	argv[0] = "sudo";
	argv[1] = "-n";
	argv[2] = "-u";
	argv[3] = arena_strdup(p->arena, out->as_user);
	argv[4] = "--";
	memcpy(argv + 5, out->argv, (out->argc + 1) * sizeof *argv);
	out->argv = argv;
	out->argc += 5;
	out->sudo = true;
	return argv[3] || err_set(err, ERR_LIMIT, "the step is too long");
}

bool planning_run(const struct planning *p, struct err *err)
{
	if (!planning_command(p, err) || !step_pin(p, err))
		return false;
	return untrusted_empty(p->step->become) || become(p, err);
}

static bool plan_local(const struct planning *p, struct err *err)
{
	planning_here(p);
	return planning_run(p, err);
}

static bool is_loopback(struct untrusted host)
{
	return untrusted_is(host, "localhost") || untrusted_starts(host, "127.") ||
	       untrusted_is(host, "::1") || untrusted_starts(host, "localhost.");
}

bool planning_host(const struct planning *p, struct untrusted *host, struct err *err)
{
	if (!untrusted_empty(p->step->on))
		return planning_fill(p, p->step->on, FILL_TEXT, host, err);
	if (!runbook_var(p->values->book, untrusted_str("host")))
		return err_set(err, ERR_INPUT,
			"the runbook has no variable host, which says where this step "
			"runs");
	return values_get(p->values, untrusted_str("host"), false, host, err);
}

static bool plan_host(const struct planning *p, struct err *err)
{
	struct untrusted host;
	char shown[120];

	if (p->look)
		return planning_command(p, err);
	if (!planning_host(p, &host, err))
		return false;
	text_line(host, shown, sizeof shown);
	/* To whoever scraped it that was itself, and that need not be this machine. */
	if (is_loopback(host) && !p->how->own_host &&
		!values_typed(p->values, untrusted_str("host")))
		return err_set(err, ERR_REFUSED,
			"%s in an alert is the machine that looked: `step set host=NAME` "
			"says which one that is",
			shown);
	if (!p->how->is_here(p->how->ctx, host))
		return err_set(err, ERR_REFUSED,
			"this step runs on %s, and nothing here reaches other machines: "
			"y copies the command",
			shown);
	return plan_local(p, err);
}

static bool plan_kubectl(const struct planning *p, struct err *err)
{
	planning_here(p);
	if (!planning_command(p, err))
		return false;
	if (!p->out->shell && strcmp(p->out->argv[0], "kubectl"))
		return err_set(err, ERR_INPUT, "a kubectl step begins with kubectl");
	return plan_local(p, err);
}

/* --- doing it --- */

static void put(void *ctx, const void *bytes, size_t n)
{
	proc_write(ctx, bytes, n);
}

static void type_password(struct run *run, const struct secret *password)
{
	struct proc *proc = *run_own(run);

	if (proc && password)
		sudo_type(password, put, proc);
	if (proc)
		proc_close_input(proc);
}

static void on_bytes(void *ctx, bool is_error, struct untrusted bytes)
{
	struct run *run = ctx;

	switch (sudo_hears(run_sudo(run), is_error, bytes)) {
	case SUDO_PASSWORD:
		type_password(run, run_kept_password(run));
		break;
	case SUDO_NO_INPUT:
		type_password(run, NULL);
		break;
	default:
		break;
	}
	run_prints(run, is_error, bytes);
}

static void begin_again(
	struct run *run, const struct secret *password, const struct err *err);

static void on_end(void *ctx, int exit_code, const struct err *why)
{
	struct run *run = ctx;

	*run_own(run) = NULL;
	if (!why && !run_stopping(run) && sudo_refused(run_sudo(run), exit_code)) {
		run_want_password(run, "this machine", begin_again);
		return;
	}
	if (run_sudo(run)->wrong)
		run_forget_password(run);
	run_over(run, exit_code, NULL, why);
}

/* The same, behind sudo's own prompt. */
static void begin_again(
	struct run *run, const struct secret *password, const struct err *err)
{
	struct proc_options options = {
		.bytes = on_bytes, .end = on_end, .ctx = run, .writes = true};
	const char *argv[AUDIT_MAX_ARGS + SUDO_MORE_WORDS + 1];
	char prompt[SUDO_PROMPT];
	struct run_plan plan;
	struct err why = {0};

	if (!password || run_stopping(run)) {
		run_over(run, 1, NULL, err);
		return;
	}
	sudo_prompt(prompt);
	sudo_begin(run_sudo(run), prompt);
	if (!run_plan(run, (size_t)run_active(run), &plan, &why) ||
		plan.argc > AUDIT_MAX_ARGS ||
		!sudo_argv(run_sudo(run), plan.argv, argv)) {
		err_set(&why, ERR_REFUSED, "the step has changed: not run again");
		run_over(run, 1, NULL, &why);
		return;
	}
	options.argv = argv;
	options.timeout_ms = plan.timeout_ms;
	*run_own(run) = proc_start(run_how(run)->loop, &options, &why);
	if (!*run_own(run))
		run_over(run, -1, NULL, &why);
}

static void start(struct run *run, const struct run_plan *plan)
{
	struct proc_options options = {.argv = plan->argv,
		.bytes = on_bytes,
		.end = on_end,
		.ctx = run,
		.timeout_ms = plan->timeout_ms};
	struct err err = {0};

	sudo_begin(run_sudo(run), NULL);
	*run_own(run) = proc_start(run_how(run)->loop, &options, &err);
	if (!*run_own(run))
		run_over(run, -1, NULL, &err);
}

static void stop(struct run *run)
{
	if (*run_own(run))
		proc_stop(*run_own(run));
}

static void drop(struct run *run)
{
	proc_kill(*run_own(run));
	*run_own(run) = NULL;
}

static void hold(struct run *run, bool on)
{
	if (*run_own(run))
		proc_pause(*run_own(run), on);
}

const struct step_kind step_local = {.name = "local",
	.begins = "run",
	.event = "run.local",
	.plan = plan_local,
	.start = start,
	.stop = stop,
	.drop = drop,
	.pause = hold};

const struct step_kind step_host = {.name = "host",
	.begins = "run",
	.event = "run.host",
	.plan = plan_host,
	.start = start,
	.stop = stop,
	.drop = drop,
	.pause = hold};

const struct step_kind step_kubectl = {.name = "kubectl",
	.begins = "run",
	.event = "run.kubectl",
	.plan = plan_kubectl,
	.start = start,
	.stop = stop,
	.drop = drop,
	.pause = hold};
