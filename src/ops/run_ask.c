/* A step on its way through the gate: planned, put into a question that shows all of it,
 * and compared with what was asked about before it is done. Hides what a record of it
 * holds, and what two plans must have in common. Main thread. */
#include "run_parts.h"

#include "base/text.h"
#include "base/time.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { QUESTION_BYTES = 2200, LINE_COLUMNS = 2000 };

void run_fingerprint(const struct run_plan *plan, char out[SHA256_DIGITS + 1])
{
	struct digest *digest = digest_new();
	char words[SHA256_DIGITS + 1];

	/* With their ends, so that "a b" and "a", "b" are two things. */
	for (size_t i = 0; i < plan->argc; i++)
		digest_add(digest, plan->argv[i], strlen(plan->argv[i]) + 1);
	digest_add(digest, plan->place, strlen(plan->place) + 1);
	digest_add(digest, plan->as_user, strlen(plan->as_user) + 1);
	digest_add(digest, plan->login, strlen(plan->login) + 1);
	for (size_t i = 0; i < plan->host_count; i++)
		digest_add(digest, plan->hosts[i], strlen(plan->hosts[i]) + 1);
	/* What is no command is bound by its words. */
	if (!plan->argc) {
		sha256_text(&plan->shown, 1, words);
		digest_add(digest, words, sizeof words);
	}
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
	run_fingerprint(&plan, bound);
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
		run->work.now = run->book.steps[run->work.step];
		if (run_edited(run, run->work.step))
			run->work.now.text = run->edited;
		if (!run_kind(run, run->work.step)->silent)
			run_open_tapes(run);
		run_kind(run, run->work.step)->start(run, &plan);
	} else {
		run->work.why = err;
		run->work.exit_code = -1;
		run_finish(run);
		return;
	}
	run->how.changed(run->how.ctx);
}

static void refused(void *ctx, const struct err *why)
{
	run_refused(ctx, why);
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
	char class[200], title[80], limit[TIME_TEXT], user[40];

	run->how.user(run->how.ctx, user, sizeof user);
	/* There it is the account of the login that counts. */
	if (*plan->login)
		str_copy(user, sizeof user, plan->login);
	if (*run->how.profile)
		str_printf(out, "%s: ", run->how.profile);
	str_printf(out, "%s as %s%s on %s?\n", run_kind(run, run->work.step)->begins,
		*plan->as_user ? plan->as_user : user,
		plan->sudo && !*plan->as_user ? ", with sudo," : "", plan->place);
	while (untrusted_line(&rest, &line)) {
		/* Cut, it would be another command. */
		out->cut |= text_width(line, LINE_COLUMNS + 1) > LINE_COLUMNS;
		str_puts(out, "  ");
		text_add_line(out, line, LINE_COLUMNS);
		str_putc(out, '\n');
	}
	if (run_edited(run, run->work.step))
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
		{.name = "edited"},
		{.name = "become"},
		{.name = "title", .value = run->book.steps[run->work.step].title},
	};
	struct gate_deed deed = {.record = run_record(run, NULL),
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
	/* What is not known is left out. */
	if (run_edited(run, run->work.step))
		pairs[4].value = untrusted_str("yes");
	pairs[5].value = untrusted_str(plan->as_user);
	deed.record.extra_count = sizeof pairs / sizeof pairs[0];
	str_init(&text, QUESTION_BYTES);
	question(run, plan, &text);
	/* An answer says yes itself. */
	deed.question = plan->asks ? NULL : str_text(&text);
	/* What cannot be brought back is not done by a key. */
	if (plan->class == AUDIT_DESTROY ||
		run->book.steps[run->work.step].risk == AUDIT_DESTROY)
		deed.word = *plan->confirm ? plan->confirm : run->how.host;
	deed.standing = *run->work.standing ? run->work.standing : NULL;
	deed.book = run->how.name;
	deed.hosts = plan->host_count ? plan->hosts : &run->how.host;
	deed.host_count = plan->host_count ? plan->host_count : 1;
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

	if (step >= run->book.step_count || err->kind == ERR_BUSY)
		return false;
	r = &run->results[step];
	r->state = RUN_REFUSED;
	str_copy(r->why, sizeof r->why, err->text);
	run->how.changed(run->how.ctx);
	if (err->kind != ERR_REFUSED)
		return false;
	run->work.step = step;
	text = untrusted_trim(
		run_edited(run, step) ? run->edited : run->book.steps[step].text);
	record = run_record(run, NULL);
	record.origin = origin;
	record.args = &text;
	record.arg_count = 1;
	gate_refuse(run->how.door, &record, err);
	return false;
}

static bool start(struct run *run, size_t step, const char *origin, const char *standing,
	struct err *err)
{
	struct run_plan plan;
	struct run_result *r;

	*err = (struct err){0};
	if (run->active >= 0)
		return err_set(err, ERR_BUSY, "step %d is not over yet: C-c stops it",
			run->active + 1);
	if (run_needless(run, step, err) || err->kind || !run_plan(run, step, &plan, err))
		return not_planned(run, step, origin, err);
	if (standing && plan.asks) {
		err_set(err, ERR_REFUSED, "step %zu asks somebody", step + 1);
		return not_planned(run, step, origin, err);
	}
	if (plan.argc > AUDIT_MAX_ARGS)
		return err_set(err, ERR_LIMIT, "the command has more than %d words",
			AUDIT_MAX_ARGS);
	r = &run->results[step];
	run->active = (int)step;
	run->work =
		(struct work){.step = step, .before = *r, .is_command = plan.argc > 0};
	/* What was refused before can be asked about now. */
	if (r->state == RUN_REFUSED) {
		run->work.before.state = RUN_NOT_YET;
		run->work.before.why[0] = '\0';
	}
	str_copy(run->work.origin, sizeof run->work.origin, origin);
	if (standing)
		str_copy(run->work.standing, sizeof run->work.standing, standing);
	*r = (struct run_result){.state = RUN_ASKING, .is_command = plan.argc > 0};
	str_init(&r->shown, RUN_SHOWN_BYTES);
	run->classes[step] = plan.class;
	id_new(time_now_ms(), run->work.id);
	run_fingerprint(&plan, run->work.bound);
	str_copy(run->work.place, sizeof run->work.place, plan.place);
	if (open_gate(run, &plan, origin, err))
		return true;
	run_refused(run, err);
	return false;
}

bool run_start(struct run *run, size_t step, const char *origin, struct err *err)
{
	return start(run, step, origin, NULL, err);
}

bool run_start_alone(struct run *run, size_t step, const char *origin,
	const char *standing, struct err *err)
{
	return start(run, step, origin, standing, err);
}

const char *run_origin(const struct run *run)
{
	return run->work.origin;
}

bool run_is_alone(const struct run *run)
{
	return *run->work.standing;
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
		run_forget_edit(run);
	return started;
}
