/* An oogway step: a command of oogway, about the alert that the runbook is worked
 * through for. Values are single words of it. Hides what a step must not do (end the
 * console, run itself again) and that a book which leads back to itself is refused. Main
 * thread. */
#include "steps.h"

#include "app/command.h"
#include "app/runbooks.h"
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { OUTPUT_MOST = 4 << 20, DEPTH_MOST = 8, PATH_TEXT = 200 };

/* What would run steps, change what may be done, or leave. */
static const char *const never[] = {"quit", "step ", "breakglass", "approve",
	"source add", "source remove", "source import", "profile", "reload", "suspend",
	"shell", "edit", "readonly", "undo"};

/* --- books that lead to each other --- */

/* The book that the words of a step open or run, or NULL. */
static const struct runbook_row *leads_to(const struct app *app, struct untrusted text)
{
	struct untrusted rest = text, word;
	char name[80];

	if (!untrusted_word(&rest, " \t\r\n", &word) || !untrusted_is(word, "runbook") ||
		!untrusted_word(&rest, " \t\r\n", &word))
		return NULL;
	if (untrusted_is(word, "run") && !untrusted_word(&rest, " \t\r\n", &word))
		return NULL;
	text_line(word, name, sizeof name);
	return runbooks_named(app->runbooks, name);
}

/* Follows the oogway steps; true with the way in `path` when it comes back to `goal`. */
static bool comes_back(const struct app *app, const struct runbook_row *from,
	const char *goal, int depth, char path[PATH_TEXT])
{
	char name[80];
	size_t n = strlen(path);

	snprintf(path + n, PATH_TEXT - n, " > %s", runbook_name(from, name, sizeof name));
	if (!strcmp(name, goal))
		return true;
	for (size_t i = 0; depth < DEPTH_MOST && i < from->book.step_count; i++) {
		const struct runbook_step *step = &from->book.steps[i];
		const struct runbook_row *next =
			step->kind == STEP_OOGWAY ? leads_to(app, step->text) : NULL;
		size_t kept = strlen(path);

		if (!next)
			continue;
		if (comes_back(app, next, goal, depth + 1, path))
			return true;
		path[kept] = '\0';
	}
	return false;
}

bool steps_no_cycle(const struct app *app, const char *book, struct untrusted command,
	struct err *err)
{
	const struct runbook_row *next = leads_to(app, command);
	char path[PATH_TEXT];

	str_copy(path, sizeof path, book);
	if (!next || !comes_back(app, next, book, 0, path))
		return true;
	return err_set(err, ERR_INPUT, "the runbook leads back to itself: %s", path);
}

/* --- what it would do --- */

static const struct command *command_of(const struct app *app, const char *line)
{
	const struct commands *all = app->runs ? runs_commands(app->runs) : NULL;
	const char *rest;
	void *ctx;

	return all ? commands_find(all, line, &ctx, &rest) : NULL;
}

static bool may_run(const struct command *c, const char *line, struct err *err)
{
	char shown[80];

	text_line(untrusted_str(line), shown, sizeof shown);
	if (!c)
		return err_set(err, ERR_INPUT, "no command of oogway is %s", shown);
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		if (str_starts(c->name, never[i]))
			return err_set(err, ERR_REFUSED,
				"%s is not run by a step: it is for a person", c->name);
	return true;
}

static void join(const struct run_plan *plan, char out[COMMAND_LINE_MAX])
{
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < plan->argc && n < COMMAND_LINE_MAX - 1; i++) {
		snprintf(out + n, COMMAND_LINE_MAX - n, "%s%s", i ? " " : "",
			plan->argv[i]);
		n = strlen(out);
	}
}

/* Behind a word that is no shell's, as "source list" is one of ours. */
static bool words_of(const struct planning *p, struct err *err)
{
	struct runbook_step step = *p->step;
	struct planning behind = *p;
	struct run_plan *out = p->out;
	struct str text;
	size_t n;
	const char *bytes = text_raw(untrusted_trim(step.text), &n);
	bool ok;

	str_init(&text, COMMAND_LINE_MAX + 8);
	str_puts(&text, "oogway ");
	str_add(&text, bytes, n);
	step.text = untrusted_copy(p->arena, untrusted_make(str_text(&text), text.n));
	ok = !text.cut || err_set(err, ERR_LIMIT, "the command is too long");
	str_release(&text);
	behind.step = &step;
	if (!ok || !planning_command(&behind, err))
		return false;
	if (out->shell || out->argc < 2)
		return err_set(err, ERR_INPUT,
			"a command of oogway is plain words, without a shell");
	out->argv++;
	out->argc--;
	out->shown = untrusted_slice(out->shown, strlen("oogway "), SIZE_MAX);
	out->sudo = false;
	return true;
}

static bool plan(const struct planning *p, struct err *err)
{
	const struct app *app = p->how->app;
	const struct command *c;
	char line[COMMAND_LINE_MAX];
	bool acts;

	if (!words_of(p, err))
		return false;
	if (app && !steps_no_cycle(app, p->how->name, p->step->text, err))
		return false;
	join(p->out, line);
	c = app ? command_of(app, line) : NULL;
	if (app && app->runs && runs_commands(app->runs) && !may_run(c, line, err))
		return false;
	acts = c && (c->flags & COMMAND_ACTS || !strcmp(c->name, "runbook run"));
	p->out->judgement = (struct judgement){.class = acts ? AUDIT_CHANGE : AUDIT_READ};
	p->out->class = policy_worse(p->out->judgement.class, p->step->risk);
	snprintf(p->out->place, sizeof p->out->place, "this oogway");
	return true;
}

/* --- doing it --- */

static size_t its_alert(void *ctx, uint64_t **ids)
{
	uint64_t key = runs_alert_at(run_how(ctx)->ctx);

	if (!key)
		return 0;
	*ids = mem_new(1, sizeof **ids);
	**ids = key;
	return 1;
}

static void start(struct run *run, const struct run_plan *plan)
{
	struct app *app = steps_app(run);
	char line[COMMAND_LINE_MAX];
	struct run_options options = {.origin = "runbook",
		.words = plan->argv,
		.word_count = plan->argc,
		.target = runs_alert_at(run_how(run)->ctx),
		.find_targets = its_alert,
		.targets_ctx = run};
	const struct command *c;
	struct err err = {0};
	enum status status;
	struct str out;
	bool bad;

	join(plan, line);
	c = command_of(app, line);
	str_init(&out, OUTPUT_MOST);
	/* What prints for scripts prints into the step, what needs the console has it. */
	if (c && c->flags & COMMAND_SCRIPT) {
		options.out = &out;
		options.script = true;
	}
	status = command_run(app, runs_commands(app->runs), line, &options, &err);
	bad = status != STATUS_DONE && status != STATUS_PENDING;
	if (bad && !err.kind)
		err_set(&err, ERR_IO, "%s", status_words[status]);
	if (out.n)
		run_prints(run, false, untrusted_make(str_text(&out), out.n));
	str_release(&out);
	run_over(run, bad ? status : 0, status_words[status], bad ? &err : NULL);
}

static void stop(struct run *run)
{
	(void)run;
}

const struct step_kind step_oogway = {.name = "oogway",
	.begins = "run the command of oogway",
	.event = "run.oogway",
	.plan = plan,
	.start = start,
	.stop = stop,
	.drop = stop};
