/* A promql step: a query asked once, its series as lines, and whether something must come
 * of it. Which server: source=, else the alert's own, else the only one there is. Main
 * thread. */
#include "steps.h"

#include "app/sources.h"
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "connect/query.h"
#include "credential.h"

#include <stdio.h>
#include <string.h>

enum { EXPR_MOST = 16 << 10, LINES_MOST = 1000, ANSWER_MS = 30000, NAME_TEXT = 80 };

struct asking {
	struct run *run;
	struct credential credential;
	struct query *query;
	char source[NAME_TEXT]; /* by name, as the rc may be read anew */
	char *expr;
	int64_t timeout_ms;
	enum step_expect expect;
};

/* --- which server --- */

static const struct source_row *named(const struct app *app, const char *name)
{
	int number = sources_find(app->sources, name);

	return number < 0 ? NULL : sources_row(app->sources, number);
}

static bool asks(const struct source_row *row)
{
	return row && row->rc && row->rc->kind && query_asks(row->rc->kind);
}

static const struct source_row *only_one(const struct sources *sources, size_t *count)
{
	const struct source_row *found = NULL;

	*count = 0;
	for (size_t i = 0; i < sources_count(sources); i++) {
		const struct source_row *row = sources_at(sources, i);

		if (!asks(row))
			continue;
		found = row;
		++*count;
	}
	return found;
}

static const struct source_row *source_of(const struct app *app,
	const struct runbook_step *step, const char *about, struct err *err)
{
	const struct source_row *row;
	char name[NAME_TEXT];
	size_t count;

	if (!untrusted_empty(step->source)) {
		text_line(step->source, name, sizeof name);
		row = named(app, name);
		if (!asks(row))
			err_set(err, ERR_MISSING,
				"no source %s that answers queries is in the rc", name);
		return asks(row) ? row : NULL;
	}
	row = *about ? named(app, about) : NULL;
	if (asks(row))
		return row;
	row = only_one(app->sources, &count);
	if (count == 1)
		return row;
	if (count)
		err_set(err, ERR_MISSING,
			"which of %zu servers is asked? source=NAME in the step says it",
			count);
	else
		err_set(err, ERR_MISSING,
			"no source of the rc answers queries (prometheus, "
			"victoriametrics)");
	return NULL;
}

/* --- what it would do --- */

static bool plan(const struct planning *p, struct err *err)
{
	const struct app *app = p->how->app;
	const struct source_row *row;
	struct untrusted shown;

	if (!planning_fill(p, untrusted_trim(p->step->text), FILL_PROMQL, &shown, err))
		return false;
	if (untrusted_empty(shown) || untrusted_size(shown) > EXPR_MOST)
		return err_set(err, ERR_INPUT, "a query has 1 to %d bytes", EXPR_MOST);
	planning_words(p, shown, AUDIT_READ);
	if (p->look)
		return true;
	row = source_of(app, p->step, planning_source(p), err);
	if (!row)
		return false;
	snprintf(p->out->place, sizeof p->out->place, "%s (%s)", row->name, row->where);
	if (p->out->timeout_ms > ANSWER_MS)
		p->out->timeout_ms = ANSWER_MS;
	return true;
}

/* --- doing it --- */

static void asking_free(struct asking *a)
{
	query_cancel(a->query);
	credential_release(&a->credential);
	mem_free(a->expr);
	mem_free(a);
}

static void over(struct asking *a, const char *result, const struct err *why)
{
	struct run *run = a->run;

	*run_own(run) = NULL;
	asking_free(a);
	run_over(run, why ? 1 : 0, result, why);
}

static void print(struct run *run, const struct batch *batch)
{
	size_t shown =
		batch->series_count < LINES_MOST ? batch->series_count : LINES_MOST;
	struct str text;

	str_init(&text, 1 << 20);
	for (size_t i = 0; i < shown; i++) {
		const struct batch_series *s = &batch->series[i];

		text_add_line(&text, s->labels, 400);
		str_printf(&text, "%s%.10g\n", untrusted_empty(s->labels) ? "" : "  ",
			s->count ? s->points[s->count - 1].value : 0.0);
	}
	if (batch->series_count > shown)
		str_printf(&text, "and %zu more\n", batch->series_count - shown);
	if (!batch->series_count)
		str_puts(&text, "no series\n");
	run_prints(run, false, untrusted_make(str_text(&text), text.n));
	str_release(&text);
}

static void on_answer(void *ctx, const struct batch *batch, const struct err *err)
{
	struct asking *a = ctx;
	struct err why = {0};
	char result[40];

	a->query = NULL;
	if (!batch) {
		why = *err;
		over(a, "no answer", &why);
		return;
	}
	print(a->run, batch);
	snprintf(result, sizeof result, "%zu series", batch->series_count);
	if (a->expect == EXPECT_SOME && !batch->series_count)
		err_set(&why, ERR_MISSING, "the query gives nothing: it is not so");
	else if (a->expect == EXPECT_NONE && batch->series_count)
		err_set(&why, ERR_MISSING, "the query gives %zu series, not none",
			batch->series_count);
	over(a, result, why.kind ? &why : NULL);
}

static void fetched(void *ctx, const struct err *err)
{
	struct asking *a = ctx;
	const struct app *app = steps_app(a->run);
	const struct source_row *row = named(app, a->source);
	struct poll_options options;
	struct err why = {0};

	if (err) {
		why = *err;
	} else if (!asks(row)) {
		err_set(&why, ERR_MISSING, "source %s is not there any more", a->source);
	} else {
		options = source_options(row->rc, a->credential.secret);
		a->query = query_start(app->http, &options,
			&(struct query_ask){.expr = a->expr, .timeout_ms = a->timeout_ms},
			on_answer, a, &why);
	}
	if (!a->query)
		over(a, "not asked", &why);
}

static void start(struct run *run, const struct run_plan *plan)
{
	struct app *app = steps_app(run);
	struct asking *a = mem_new(1, sizeof *a);
	const struct source_row *row;
	struct credential_place place;
	struct untrusted words = steps_words(plan), id;
	struct err err = {0};
	size_t n;
	const char *p = text_raw(words, &n);

	*run_own(run) = a;
	a->run = run;
	a->timeout_ms = plan->timeout_ms;
	a->expect = run_step(run)->expect;
	a->expr = mem_new(1, n + 1);
	memcpy(a->expr, p, n);
	row = source_of(app, run_step(run), run_about(run, &id), &err);
	if (!row) {
		over(a, "not asked", &err);
		return;
	}
	str_copy(a->source, sizeof a->source, row->name);
	place = (struct credential_place){
		row->rc->token_file, row->rc->token_env, row->rc->token_command};
	a->credential.done = fetched;
	a->credential.ctx = a;
	if (credential_fetch(&a->credential, app->loop, &place, &err))
		fetched(a, NULL);
	else if (err.kind)
		over(a, "not asked", &err);
}

static void stop(struct run *run)
{
	struct asking *a = *run_own(run);

	if (a)
		over(a, NULL, NULL);
}

static void drop(struct run *run)
{
	struct asking *a = *run_own(run);

	*run_own(run) = NULL;
	if (a)
		asking_free(a);
}

const struct step_kind step_promql = {.name = "promql",
	.begins = "ask",
	.event = "run.promql",
	.plan = plan,
	.start = start,
	.stop = stop,
	.drop = drop};
