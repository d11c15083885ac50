/* What plans of steps have in common: a command's words, its class, a text with its
 * values put in, and that a program which reaches some cluster or account names which.
 * Pure, but for the arena. */
#include "step_plan.h"

#include "base/str.h"
#include "base/text.h"
#include "ops/step.h"
#include "step_pin.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

enum { FILLED_MOST = 64 << 10 };

static bool value(void *ctx, struct untrusted name, bool shell, struct untrusted *out,
	struct err *err)
{
	return values_get(ctx, name, shell, out, err);
}

static bool ours(void *ctx, struct untrusted name)
{
	return values_has(ctx, name);
}

bool planning_command(const struct planning *p, struct err *err)
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
	out->sudo = step_runs(out, "sudo") > 0;
	return true;
}

void planning_here(const struct planning *p)
{
	snprintf(p->out->place, sizeof p->out->place, "%s (this machine)", p->how->host);
}

const char *planning_source(const struct planning *p)
{
	return p->values->source ? p->values->source : "";
}

/* --- texts --- */

static void add_value(struct str *to, struct untrusted value, enum fill fill, bool string)
{
	struct str quoted;
	size_t n;
	const char *p = text_raw(value, &n);

	if (fill == FILL_URL && !words_plain(value, "?&%")) {
		text_add_url(to, value);
	} else if (fill == FILL_PROMQL && string) {
		str_init(&quoted, RUNBOOK_VALUE_BYTES * 2 + 2);
		text_add_promql(&quoted, value);
		str_add(to, str_text(&quoted) + 1, quoted.n - 2);
		to->cut |= quoted.cut;
		str_release(&quoted);
	} else {
		str_add(to, p, n);
	}
}

/* The text so far ends within a string of PromQL. */
static bool in_string(const struct str *text)
{
	char quote = '\0';

	for (size_t i = 0; i < text->n; i++) {
		char c = text->p[i];

		if (quote && c == '\\' && quote != '`')
			i++;
		else if (quote ? c == quote : c == '"' || c == '\'' || c == '`')
			quote = quote ? '\0' : c;
	}
	return quote == '"';
}

static bool one_value(const struct planning *p, struct untrusted name, enum fill fill,
	struct str *to, struct err *err)
{
	bool string = fill == FILL_PROMQL && in_string(to);
	struct untrusted got;

	if (!values_get(p->values, name, fill == FILL_PROMQL && !string, &got, err))
		return false;
	add_value(to, got, fill, string);
	return true;
}

static bool fill_text(const struct planning *p, struct untrusted text, enum fill fill,
	struct str *to, struct err *err)
{
	struct untrusted rest = text, name;
	ptrdiff_t at, end;
	const char *bytes;
	size_t n;

	while ((at = untrusted_find(rest, "${")) >= 0) {
		bytes = text_raw(untrusted_slice(rest, 0, (size_t)at), &n);
		str_add(to, bytes, n);
		rest = untrusted_slice(rest, (size_t)at + 2, SIZE_MAX);
		end = untrusted_find(rest, "}");
		if (end < 0)
			return err_set(err, ERR_INPUT, "a ${ has no end");
		name = untrusted_slice(rest, 0, (size_t)end);
		if (!one_value(p, name, fill, to, err))
			return false;
		rest = untrusted_slice(rest, (size_t)end + 1, SIZE_MAX);
	}
	bytes = text_raw(rest, &n);
	str_add(to, bytes, n);
	return true;
}

bool planning_fill(const struct planning *p, struct untrusted text, enum fill fill,
	struct untrusted *out, struct err *err)
{
	struct str filled;
	bool ok;

	str_init(&filled, FILLED_MOST);
	ok = fill_text(p, text, fill, &filled, err);
	if (ok && filled.cut)
		ok = err_set(err, ERR_LIMIT, "with its values the step is over %d KiB",
			FILLED_MOST >> 10);
	if (ok)
		*out = untrusted_copy(
			p->arena, untrusted_make(str_text(&filled), filled.n));
	str_release(&filled);
	return ok;
}

void planning_words(
	const struct planning *p, struct untrusted shown, enum audit_class class)
{
	p->out->shown = shown;
	p->out->judgement = (struct judgement){.class = class};
	p->out->class = policy_worse(class, p->step->risk);
	snprintf(p->out->place, sizeof p->out->place, "%s (this machine)", p->how->host);
}

bool step_plan_make(const struct run_how *how, struct values *values,
	const struct runbook_step *step, struct arena *arena, struct run_plan *out,
	struct err *err)
{
	const struct planning p = {how, values, step, arena, out, false};
	const struct step_kind *const *kinds = how->kinds ? how->kinds : step_kinds_here;

	*out = (struct run_plan){.timeout_ms = step->timeout_ms};
	return kinds[step->kind]->plan(&p, err) && step_pinned(out, err);
}

bool step_plan_look(const struct step_kind *const *kinds, struct values *values,
	const struct runbook_step *step, struct arena *arena, struct run_plan *out,
	struct err *err)
{
	const struct run_how how = {.host = "", .kube_context = "", .kinds = kinds};
	const struct planning p = {&how, values, step, arena, out, true};
	bool ok;

	*out = (struct run_plan){.class = step->risk ? step->risk : AUDIT_READ};
	values->stand_in = true;
	ok = (kinds ? kinds : step_kinds_here)[step->kind]->plan(&p, err);
	values->stand_in = false;
	return ok;
}
