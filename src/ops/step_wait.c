/* Waiting: for a duration, or until the words of another kind are done ("until http",
 * "until promql", "until sh"), looked at every so often up to the timeout. Each look is
 * planned anew and compared with what was asked about. Main thread. */
#include "ops/step.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"
#include "run_parts.h"
#include "step_info.h"

#include <stdio.h>
#include <string.h>

struct waiting {
	struct run *run;
	struct loop_timer *timer;
	int64_t until; /* monotonic; of a loop */
	bool looks;    /* the other kind runs now */
};

/* "until promql up == 1": its kind and the rest, which borrow from the step. */
static bool until(const struct runbook_step *step, struct runbook_step *inner)
{
	struct untrusted rest = untrusted_trim(step->text), word;

	if (!untrusted_word(&rest, " \t", &word) || !untrusted_is(word, "until"))
		return false;
	*inner = *step;
	inner->expect = step->expect == EXPECT_ANY ? EXPECT_SOME : step->expect;
	rest = untrusted_trim(rest);
	if (!step_info_kind(inner, &rest))
		inner->kind = STEP_KIND_COUNT;
	inner->timeout_ms = step->timeout_ms;
	inner->every_ms = step->every_ms;
	inner->text = untrusted_trim(rest);
	return true;
}

static const struct step_kind *kind_of(const struct run_how *how, enum step_kind_id id)
{
	if (id == STEP_LOCAL || id == STEP_KUBECTL || id == STEP_HTTP ||
		id == STEP_PROMQL)
		return (how->kinds ? how->kinds : step_kinds_here)[id];
	return NULL;
}

static bool plan_until(
	const struct planning *p, const struct runbook_step *inner, struct err *err)
{
	const struct step_kind *kind = kind_of(p->how, inner->kind);
	struct planning look = *p;
	char every[TIME_TEXT], head[80];
	struct str shown;
	size_t n;
	const char *bytes;

	if (!kind)
		return err_set(err, ERR_INPUT,
			"a wait is until http, promql, sh or kubectl and their words");
	look.step = inner;
	if (!kind->plan(&look, err))
		return false;
	str_init(&shown, 70 << 10);
	snprintf(head, sizeof head, "until this is so, looked at every %s:\n",
		duration_text(inner->every_ms, every));
	str_puts(&shown, head);
	bytes = text_raw(p->out->shown, &n);
	str_add(&shown, bytes, n);
	p->out->shown =
		untrusted_copy(p->arena, untrusted_make(str_text(&shown), shown.n));
	str_release(&shown);
	p->out->timeout_ms = inner->timeout_ms;
	return true;
}

static bool plan(const struct planning *p, struct err *err)
{
	struct runbook_step inner;
	char text[40];

	if (until(p->step, &inner))
		return plan_until(p, &inner, err);
	planning_words(p, untrusted_trim(p->step->text), AUDIT_READ);
	text_line(p->out->shown, text, sizeof text);
	if (duration_parse(text, &p->out->timeout_ms) && p->out->timeout_ms > 0 &&
		p->out->timeout_ms <= RUNBOOK_TIMEOUT_MOST_MS)
		return true;
	return err_set(err, ERR_INPUT,
		"a wait is a duration of at most 24h, or until KIND …, not %s", text);
}

/* --- waiting --- */

static void waiting_free(struct run *run)
{
	struct waiting *w = run->work.own;

	if (!w)
		return;
	loop_timer_free(w->timer);
	mem_free(w);
	run->work.own = NULL;
	run->work.looping = NULL;
}

static void end(struct run *run, int exit_code, const struct err *why)
{
	waiting_free(run);
	run_over(run, exit_code, NULL, why);
}

static void look(struct waiting *w)
{
	struct run *run = w->run;
	char bound[SHA256_DIGITS + 1];
	struct run_plan plan;
	struct err err = {0};

	if (!run_plan(run, run->work.step, &plan, &err)) {
		end(run, 1, &err);
		return;
	}
	run_fingerprint(&plan, bound);
	if (strcmp(bound, run->work.bound)) {
		err_set(&err, ERR_REFUSED,
			"what it looks at has changed: it looks no more");
		end(run, 1, &err);
		return;
	}
	w->looks = true;
	/* One look takes no longer than is left. */
	if (plan.timeout_ms > w->until - time_mono_ms())
		plan.timeout_ms = w->until - time_mono_ms();
	if (plan.timeout_ms < 100)
		plan.timeout_ms = 100;
	run->work.looping->start(run, &plan);
}

static void timer_fired(void *ctx)
{
	struct waiting *w = ctx;

	if (w->run->work.looping && !run_stopping(w->run))
		look(w);
	else
		end(w->run, 0, NULL);
}

bool step_wait_again(struct run *run, int exit_code, const struct err *why)
{
	struct waiting *w = run->work.own;
	int64_t every = run_step(run)->every_ms;
	struct err err = {0};

	w->looks = false;
	if (run_stopping(run) || (!exit_code && !why)) {
		waiting_free(run);
		return false;
	}
	if (time_mono_ms() + every < w->until) {
		loop_timer_start(w->timer, every);
		run->how.changed(run->how.ctx);
		return true;
	}
	err_set(&err, ERR_MISSING, "it did not become so in time%s%s", why ? ": " : "",
		why ? why->text : "");
	end(run, exit_code ? exit_code : 1, &err);
	return true;
}

static void start(struct run *run, const struct run_plan *plan)
{
	struct waiting *w = mem_new(1, sizeof *w);
	struct runbook_step inner;

	w->run = run;
	w->timer = loop_timer(run->how.loop, timer_fired, w);
	w->until = time_mono_ms() + plan->timeout_ms;
	run->work.own = w;
	if (!until(run_step(run), &inner)) {
		loop_timer_start(w->timer, plan->timeout_ms);
		return;
	}
	run->work.now = inner;
	run->work.looping = kind_of(&run->how, inner.kind);
	w->looks = true;
	run->work.looping->start(run, plan);
}

static void stop(struct run *run)
{
	struct waiting *w = run->work.own;

	if (w && w->looks)
		run->work.looping->stop(run);
	else if (w)
		loop_timer_start(w->timer, 0);
}

static void drop(struct run *run)
{
	struct waiting *w = run->work.own;

	if (w && w->looks)
		run->work.looping->drop(run);
	waiting_free(run);
}

const struct step_kind step_wait = {.name = "wait",
	.begins = "wait",
	.event = "run.wait",
	.plan = plan,
	.start = start,
	.stop = stop,
	.drop = drop};
