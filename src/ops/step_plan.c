/* Plans of steps, a row for each kind: its words, its class, its place. What cannot be
 * run from here is refused with what to do instead. Hides how kubectl is pinned to a
 * context, so that moving the current one between the question and the run hits nothing.
 * Pure, but for the arena. */
#include "step_plan.h"

#include "base/text.h"
#include "base/time.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

static bool value(void *ctx, struct untrusted name, bool shell, struct untrusted *out,
	struct err *err)
{
	return values_get(ctx, name, shell, out, err);
}

static bool ours(void *ctx, struct untrusted name)
{
	return values_has(ctx, name);
}

struct planning {
	const struct run_how *how;
	struct values *values;
	const struct runbook_step *step;
	struct arena *arena;
	struct run_plan *out;
};

/* As a word of its own somewhere in the text. */
static bool mentions(struct untrusted text, const char *word)
{
	struct untrusted rest = text, piece;

	while (untrusted_word(&rest, " \t\r\n|&;()<>`\"'$={}/", &piece))
		if (untrusted_is(piece, word))
			return true;
	return false;
}

/* Through sudo, timeout and their like too: any word may be the program. */
static bool runs(const struct run_plan *plan, const char *program)
{
	size_t n = strlen(program);

	if (plan->shell)
		return mentions(plan->shown, program);
	for (size_t i = 0; i < plan->argc; i++) {
		size_t size = strlen(plan->argv[i]);

		if (size >= n && !strcmp(plan->argv[i] + size - n, program) &&
			(size == n || plan->argv[i][size - n - 1] == '/'))
			return true;
	}
	return false;
}

static bool command(const struct planning *p, struct err *err)
{
	const struct words_values values = {value, ours, p->values};
	struct words *words = arena_alloc(p->arena, sizeof *words);
	struct run_plan *out = p->out;

	if (!words)
		return err_set(err, ERR_LIMIT, "the step is too long");
	if (!words_read(words, p->arena, p->step->text, err) ||
		!words_argv(words, &values, p->step->bash ? "/bin/bash" : "/bin/sh",
			p->arena, &out->argv, &out->argc, err) ||
		!words_show(words, &values, p->arena, &out->shown, err))
		return false;
	out->shell = words->shell;
	policy_judge(out->argv, out->argc, &out->judgement);
	if (words->shell)
		snprintf(out->judgement.why, sizeof out->judgement.why, "%s", words->why);
	out->class = policy_worse(out->judgement.class, p->step->risk);
	out->sudo = runs(out, "sudo");
	return true;
}

static void here(const struct planning *p)
{
	snprintf(p->out->place, sizeof p->out->place, "%s (this machine)", p->how->host);
}

/* --- pins --- */

struct pin {
	const char *program, *options[3];
};

static const struct pin pins[] = {
	{"kubectl", {"--context", "--server", NULL}},
	{"helm", {"--kube-context", NULL, NULL}},
	{"aws", {"--profile", NULL, NULL}},
	{"gcloud", {"--project", "--configuration", NULL}},
	{"terraform", {"-chdir", NULL, NULL}},
	{"psql", {"-h", "--host", NULL}},
};

static bool has_option(const struct run_plan *plan, const struct pin *pin)
{
	for (size_t i = 1; i < plan->argc; i++)
		for (int k = 0; k < 3 && pin->options[k]; k++) {
			size_t n = strlen(pin->options[k]);

			if (!strncmp(plan->argv[i], pin->options[k], n) &&
				(!plan->argv[i][n] || plan->argv[i][n] == '='))
				return true;
		}
	return false;
}

static bool pinned(const struct run_plan *plan, struct err *err)
{
	for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
		bool named = plan->shell ? mentions(plan->shown, pins[i].options[0])
					 : has_option(plan, &pins[i]);

		if (runs(plan, pins[i].program) && !named)
			return err_set(err, ERR_REFUSED,
				"%s without %s goes wherever this machine points now: "
				"nothing was done; name it in the step%s",
				pins[i].program, pins[i].options[0],
				i ? "" : ", or `set kube.context`");
	}
	return true;
}

/* kubectl --context NAME …, unless the step says it. */
static bool pin_context(const struct planning *p, struct err *err)
{
	struct run_plan *out = p->out;
	const char **argv;

	if (out->shell || has_option(out, &pins[0]) || !*p->how->kube_context)
		return true;
	argv = arena_alloc(p->arena, (out->argc + 3) * sizeof *argv);
	if (!argv)
		return err_set(err, ERR_LIMIT, "the step is too long");
	argv[0] = out->argv[0];
	argv[1] = "--context";
	argv[2] = p->how->kube_context;
	memcpy(argv + 3, out->argv + 1, (out->argc - 1) * sizeof *argv);
	out->argv = argv;
	out->argc += 2;
	return true;
}

/* --- kinds --- */

static bool plan_local(const struct planning *p, struct err *err)
{
	here(p);
	return command(p, err);
}

static bool is_loopback(struct untrusted host)
{
	return untrusted_is(host, "localhost") || untrusted_starts(host, "127.") ||
	       untrusted_is(host, "::1") || untrusted_starts(host, "localhost.");
}

static bool plan_host(const struct planning *p, struct err *err)
{
	struct untrusted host;
	char shown[120];

	if (!runbook_var(p->values->book, untrusted_str("host")))
		return err_set(err, ERR_INPUT,
			"the runbook has no variable host, which says where this step "
			"runs");
	if (!values_get(p->values, untrusted_str("host"), false, &host, err))
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
			"this step runs on %s, and oogway does not reach other machines "
			"yet: y copies the command",
			shown);
	return plan_local(p, err);
}

static bool plan_kubectl(const struct planning *p, struct err *err)
{
	if (!plan_local(p, err))
		return false;
	if (!p->out->shell && strcmp(p->out->argv[0], "kubectl"))
		return err_set(err, ERR_INPUT, "a kubectl step begins with kubectl");
	return pin_context(p, err);
}

static bool plan_elsewhere(const struct planning *p, struct err *err)
{
	return err_set(err, ERR_REFUSED,
		"steps of kind %s are not run from here yet: y copies the command",
		step_kind_name(p->step->kind));
}

/* What is no command: the sentence itself. */
static bool plan_words(const struct planning *p, struct err *err)
{
	p->out->shown = untrusted_trim(p->step->text);
	p->out->class = policy_worse(AUDIT_READ, p->step->risk);
	p->out->judgement.class = AUDIT_READ;
	here(p);
	(void)err;
	return true;
}

static bool plan_wait(const struct planning *p, struct err *err)
{
	char text[40];

	plan_words(p, err);
	text_line(p->out->shown, text, sizeof text);
	if (duration_parse(text, &p->out->timeout_ms) && p->out->timeout_ms > 0 &&
		p->out->timeout_ms <= RUNBOOK_TIMEOUT_MOST_MS)
		return true;
	return err_set(
		err, ERR_INPUT, "a wait is a duration of at most 24h, not %s", text);
}

static bool (*const planners[STEP_KIND_COUNT])(
	const struct planning *p, struct err *err) = {
	[STEP_LOCAL] = plan_local,
	[STEP_HOST] = plan_host,
	[STEP_KUBECTL] = plan_kubectl,
	[STEP_SQL] = plan_elsewhere,
	[STEP_PROMQL] = plan_elsewhere,
	[STEP_WAIT] = plan_wait,
	[STEP_ASK] = plan_words,
	[STEP_NOTE] = plan_words,
};

bool step_plan_make(const struct run_how *how, struct values *values,
	const struct runbook_step *step, struct arena *arena, struct run_plan *out,
	struct err *err)
{
	const struct planning p = {how, values, step, arena, out};

	*out = (struct run_plan){.timeout_ms = step->timeout_ms};
	return planners[step->kind](&p, err) && pinned(out, err);
}

bool step_plan_look(struct values *values, const struct runbook_step *step,
	struct arena *arena, struct run_plan *out, struct err *err)
{
	const struct run_how how = {.host = ""};
	const struct planning p = {&how, values, step, arena, out};
	bool ok = true;

	*out = (struct run_plan){.class = step->risk ? step->risk : AUDIT_READ};
	if (step->kind == STEP_WAIT)
		return plan_wait(&p, err);
	if (planners[step->kind] == plan_words || planners[step->kind] == plan_elsewhere)
		return true;
	values->stand_in = true;
	ok = command(&p, err);
	values->stand_in = false;
	return ok;
}
