/* Trying a source: an engine of its own, so that nothing of it reaches the panes or the
 * store. First the survey, where the kind has one: it turns names into ids and counts;
 * then the present, with the filter as it will be kept. Main thread. */
#include "trial.h"

#include "app/sources.h"
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "credential.h"
#include "io/loop.h"

#include <string.h>

enum { STEP_MS = 50, PATIENCE_MS = 120000, FILTER_BYTES = 4096 };

struct trial {
	struct app *app;
	const struct rc_source *line;
	struct trial_choices choices;
	struct trial_end end;
	struct credential credential;
	struct poll *poll;
	int source; /* in the engine, or -1 */
	struct loop_timer *step;
	int64_t began; /* monotonic */
	bool present, ready, told;
	struct err err;
	struct trial_found found;
	struct str filter;
};

/* --- what comes --- */

static void keep_counts(struct trial *t, const struct batch *batch)
{
	for (size_t i = 0; i < batch->count_count && t->found.count < TRIAL_MOST_COUNTS;
		i++) {
		const struct batch_count *from = &batch->counts[i];
		struct trial_count *to = &t->found.counts[t->found.count++];

		*to = (struct trial_count){.kind = from->kind,
			.incidents = from->incidents,
			.asks = from->asks,
			.unknown = from->unknown};
		text_line(from->id, to->id, sizeof to->id);
		text_line(from->name, to->name, sizeof to->name);
	}
}

static void count_open(struct trial *t, const struct alert_draft *draft)
{
	for (size_t i = 0; i < t->found.count; i++) {
		struct trial_count *c = &t->found.counts[i];

		c->open += c->kind == COUNT_ALL;
		for (size_t k = 0; c->kind == COUNT_SERVICE && k < draft->label_count;
			k++)
			c->open += untrusted_is(draft->labels[k].name, "service_id") &&
				   untrusted_is(draft->labels[k].value, c->id);
	}
}

/* A snapshot is all there is; what comes again replaces it. */
static void keep_alerts(struct trial *t, const struct batch *batch)
{
	struct trial_found *f = &t->found;

	f->alerts = f->silenced = 0;
	for (size_t i = 0; i < f->count; i++)
		f->counts[i].open = 0;
	for (size_t i = 0; i < batch->alert_count; i++) {
		const struct alert_draft *draft = &batch->alerts[i];

		if (draft->state == ALERT_RESOLVED)
			continue;
		f->alerts++;
		f->silenced += draft->state == ALERT_SILENCED;
		count_open(t, draft);
	}
}

static bool on_batch(void *ctx, int source, const struct batch *batch, size_t *taken)
{
	struct trial *t = ctx;

	(void)source;
	(void)taken;
	keep_counts(t, batch);
	if (batch->alerts_snapshot || batch->alert_count)
		keep_alerts(t, batch);
	if (batch->silences_snapshot)
		t->found.silences = batch->silence_count;
	t->found.lines += batch->line_count;
	if (batch->rules_snapshot)
		t->found.rules = batch->rule_count;
	return true;
}

/* --- the filter --- */

/* Ids where the survey knows them, else the words as they are. */
static bool choose(
	struct trial *t, enum source_choice choice, enum count_kind kind, struct err *err)
{
	const char *words = t->choices.words[choice];
	struct str ids;
	bool ok;

	if (!words)
		return true;
	str_init(&ids, FILTER_BYTES);
	for (size_t i = 0; i < t->found.count && kind != COUNT_ALL; i++)
		if (t->found.counts[i].kind == kind)
			str_printf(&ids, "%s%s", ids.n ? "," : "", t->found.counts[i].id);
	ok = source_choose(
		t->line->kind, choice, ids.n ? str_text(&ids) : words, &t->filter, err);
	if (ok && (ids.cut || t->filter.cut))
		ok = err_set(err, ERR_LIMIT, "the filter gets too long: choose fewer");
	str_release(&ids);
	return ok;
}

static bool build_filter(struct trial *t, struct err *err)
{
	if (t->line->filter)
		str_puts(&t->filter, t->line->filter);
	if (!choose(t, CHOOSE_SERVICES, COUNT_SERVICE, err) ||
		!choose(t, CHOOSE_TEAMS, COUNT_TEAM, err) ||
		!choose(t, CHOOSE_URGENCIES, COUNT_ALL, err))
		return false;
	t->found.filter = t->filter.n ? str_text(&t->filter) : NULL;
	return true;
}

/* --- the two askings --- */

static void tell(struct trial *t, const struct err *err)
{
	struct err told = err ? *err : (struct err){0};

	loop_timer_stop(t->step);
	t->told = true;
	t->end.told(t->end.ctx, &t->found, err ? &told : NULL);
}

static bool begin(struct trial *t, bool survey, struct err *err)
{
	struct poll_options options = source_options(t->line, t->credential.secret);

	if (survey) {
		options.kind = t->line->kind->survey;
		options.conf.services = t->choices.words[CHOOSE_SERVICES];
		options.conf.teams = t->choices.words[CHOOSE_TEAMS];
		options.conf.urgencies = t->choices.words[CHOOSE_URGENCIES];
		options.conf.since_at = t->line->since_ms
						? t->app->now - t->line->since_ms
						: t->line->since_at;
	} else {
		if (!build_filter(t, err))
			return false;
		options.conf.filter = t->found.filter;
	}
	t->present = !survey;
	t->source = poll_add(t->poll, &options, err);
	return t->source >= 0;
}

static bool over(struct trial *t)
{
	const struct poll_status *s = poll_status(t->poll, t->source);
	struct err err = {0};

	if (s->state == POLL_FAILING) {
		tell(t, &s->error);
		return true;
	}
	if (time_mono_ms() - t->began > PATIENCE_MS) {
		err_set(&err, ERR_TIMEOUT, "it did not answer all within two minutes");
		tell(t, &err);
		return true;
	}
	/* A survey that waits for its share of a second has settled, but is not over. */
	if (!poll_settled(t->poll) || (!t->present && !t->found.count))
		return false;
	t->found.latency_ms = s->latency_ms;
	t->found.partial = s->partial;
	str_copy(t->found.warning, sizeof t->found.warning, s->warning);
	poll_remove(t->poll, t->source);
	t->source = -1;
	/* Whoever is told may free it. */
	if (!t->present && begin(t, false, &err))
		return false;
	tell(t, err.kind ? &err : NULL);
	return true;
}

static void step(void *ctx)
{
	struct trial *t = ctx;

	if (t->told)
		return;
	/* Said here, so that nobody is told before trial_new() has ended. */
	if (t->err.kind) {
		tell(t, &t->err);
		return;
	}
	if (t->ready && t->source < 0 &&
		!begin(t, t->line->kind->survey && !t->line->no_past, &t->err)) {
		tell(t, &t->err);
		return;
	}
	if (t->source >= 0) {
		poll_tick(t->poll, time_now_ms());
		if (over(t))
			return;
	}
	loop_timer_start(t->step, STEP_MS);
}

static void fetched(void *ctx, const struct err *err)
{
	struct trial *t = ctx;

	if (err)
		t->err = *err;
	t->ready = !err;
}

struct trial *trial_new(struct app *app, const struct rc_source *line,
	const struct trial_choices *choices, struct trial_end end)
{
	struct trial *t = mem_new(1, sizeof *t);
	const struct poll_events events = {on_batch, NULL, t};
	const struct credential_place place = {
		line->token_file, line->token_env, line->token_command};

	t->app = app;
	t->line = t->found.line = line;
	t->choices = *choices;
	t->end = end;
	t->source = -1;
	t->began = time_mono_ms();
	t->found.counts = mem_new(TRIAL_MOST_COUNTS, sizeof *t->found.counts);
	str_init(&t->filter, FILTER_BYTES);
	t->poll = poll_new(app->loop, app->pool, app->http, &events);
	t->step = loop_timer(app->loop, step, t);
	t->credential.done = fetched;
	t->credential.ctx = t;
	t->ready = credential_fetch(&t->credential, app->loop, &place, &t->err);
	loop_timer_start(t->step, 0);
	return t;
}

void trial_free(struct trial *t)
{
	if (!t)
		return;
	poll_free(t->poll);
	loop_timer_free(t->step);
	credential_release(&t->credential);
	str_release(&t->filter);
	mem_free(t->found.counts);
	mem_free(t);
}
