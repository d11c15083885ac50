/* Sentences: an ask is confirmed, or answered with words that later steps can use; a
 * note without an incident is put on record. And the table of those kinds that need
 * nothing but ops. Main thread. */
#include "ops/step.h"

#include "base/str.h"
#include "base/text.h"
#include "run_parts.h"

#include <string.h>

enum { TEXT_MOST = 2000, ANSWER_MOST = 1000 };

static bool plan_sentence(const struct planning *p, struct err *err)
{
	struct untrusted shown;

	if (!planning_fill(p, untrusted_trim(p->step->text), FILL_TEXT, &shown, err))
		return false;
	planning_words(p, shown, AUDIT_READ);
	return true;
}

static bool plan_ask(const struct planning *p, struct err *err)
{
	bool answers = p->step->types || !untrusted_empty(p->step->choose);

	if (answers && !*p->step->as)
		return err_set(err, ERR_INPUT,
			"an answer needs a name: as=NAME, and later steps have ${NAME}");
	if (*p->step->as && !answers)
		return err_set(err, ERR_INPUT,
			"what is only confirmed has no answer: choose=A,B or type "
			"beside as=%s",
			p->step->as);
	p->out->asks = answers;
	return plan_sentence(p, err);
}

/* It was read and confirmed: that is all of it. */
static void start_words(struct run *run, const struct run_plan *plan)
{
	(void)plan;
	run_over(run, 0, NULL, NULL);
}

static void stop_nothing(struct run *run)
{
	(void)run;
}

static bool may_answer(const struct run *run, const char *answer, struct err *err)
{
	struct untrusted choices = run_step(run)->choose, one;
	char shown[80];

	if (!*answer || strlen(answer) > ANSWER_MOST)
		return err_set(
			err, ERR_USAGE, "an answer has 1 to %d bytes", ANSWER_MOST);
	if (untrusted_empty(choices))
		return true;
	while (untrusted_split(&choices, ",", &one))
		if (untrusted_is(untrusted_trim(one), answer))
			return true;
	return err_set(err, ERR_USAGE, "%s is none of %s", answer,
		text_line(run_step(run)->choose, shown, sizeof shown));
}

void run_answer(struct run *run, const char *answer)
{
	struct err err = {0};

	if (run->active < 0 || run->results[run->active].state != RUN_RUNNING)
		return;
	if (!answer)
		err_set(&err, ERR_CANCELLED, "not answered");
	else if (may_answer(run, answer, &err))
		run_prints(run, false, untrusted_str(answer));
	run_over(run, err.kind ? 1 : 0, err.kind ? "not answered" : "answered",
		err.kind ? &err : NULL);
}

static void start_ask(struct run *run, const struct run_plan *plan)
{
	struct untrusted given;
	struct err err = {0};
	char text[TEXT_MOST], known[ANSWER_MOST + 1];

	if (!plan->asks) {
		run_over(run, 0, NULL, NULL);
		return;
	}
	/* Given ahead, with --var. */
	if (values_given(&run->values, run->work.step, &given)) {
		text_line(given, known, sizeof known);
		run_answer(run, known);
		return;
	}
	text_line(plan->shown, text, sizeof text);
	if (run->how.ask &&
		run->how.ask(run->how.ctx, run, text, run_step(run)->choose, &err))
		return;
	if (!err.kind)
		err_set(&err, ERR_REFUSED, "there is nobody to ask: --var %s=VALUE",
			run_step(run)->as);
	run_over(run, 1, "not answered", &err);
}

static void stop_ask(struct run *run)
{
	if (run->results[run->active].state == RUN_RUNNING)
		run_over(run, 1, "not answered", NULL);
}

const struct step_kind step_ask = {.name = "ask",
	.begins = "confirm",
	.event = "run.ask",
	.plan = plan_ask,
	.start = start_ask,
	.stop = stop_ask,
	.drop = stop_nothing};

const struct step_kind step_note = {.name = "note",
	.begins = "put on record",
	.event = "run.note",
	.plan = plan_sentence,
	.start = start_words,
	.stop = stop_nothing,
	.drop = stop_nothing,
	.silent = true};

/* --- kinds that are not to be had here --- */

static bool plan_elsewhere(const struct planning *p, struct err *err)
{
	if (p->look)
		return true;
	return err_set(err, ERR_REFUSED,
		"steps of kind %s are not run from here yet: y copies the command",
		step_kind_name(p->step->kind));
}

const struct step_kind step_elsewhere = {.name = "elsewhere",
	.begins = "run",
	.event = "run.elsewhere",
	.plan = plan_elsewhere,
	.start = start_words,
	.stop = stop_nothing,
	.drop = stop_nothing,
	.silent = true};

const struct step_kind *const step_kinds_here[STEP_KIND_COUNT] = {
	[STEP_LOCAL] = &step_local,
	[STEP_HOST] = &step_host,
	[STEP_KUBECTL] = &step_kubectl,
	[STEP_SQL] = &step_elsewhere,
	[STEP_PROMQL] = &step_elsewhere,
	[STEP_HTTP] = &step_elsewhere,
	[STEP_WAIT] = &step_wait,
	[STEP_ASK] = &step_ask,
	[STEP_NOTE] = &step_note,
	[STEP_OOGWAY] = &step_elsewhere,
};
