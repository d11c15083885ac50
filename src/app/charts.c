/* From an open alert page to a curve: alert → rule → what the rule compares → a watch of
 * its server → of the answer, the series with the alert's labels. Hides when that has to
 * be decided anew (rules, alerts or the page changed), and which of several series is
 * meant: the one that is worst. Main thread. */
#include "app/charts.h"
#include "rules.h"

#include "app/alerts.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	SPLIT_BYTES = 8 << 20,
	SHOWN_MAX = 2000,
	WORDS_MAX = 160,
	STEP_SERIES = 8, /* between two looks at the clock */
};

/* Of the series of an answer, the best so far. */
struct choice {
	const struct batch_series *best;
	int most;
	size_t matched;
};

struct chart {
	struct alert_chart shown;
	struct rule_search search;
	bool searching;
	struct choice choice;
	uint32_t watch;
	bool urgent;
	struct pair *labels; /* of the series; owned, texts too */
	size_t label_count;
	struct series *series;
	uint64_t series_id; /* hash of its labels */
	struct limits limits;
	enum unit unit;
};

struct charts {
	struct app *app;
	struct rules *rules;
	struct arena arena; /* of one decision */
	struct chart list[SOURCE_MAX_WATCHES];
	size_t count;
	struct loop_timer *later; /* searches go on */
};

static void search_on(void *ctx);

struct charts *charts_new(struct app *app)
{
	struct charts *charts = mem_new(1, sizeof *charts);

	charts->app = app;
	charts->rules = rules_new(app);
	charts->later = loop_timer(app->loop, search_on, charts);
	arena_init(&charts->arena, SPLIT_BYTES);
	return charts;
}

static void drop_series(struct chart *chart)
{
	series_free(chart->series);
	chart->series = NULL;
	chart->shown.series = NULL;
	chart->shown.matched = 0;
}

/* Nothing is asked any more, and what came is forgotten. */
static void chart_stop(struct charts *charts, struct chart *chart, bool tell)
{
	if (chart->watch && tell)
		sources_unwatch(charts->app->sources, chart->shown.source, chart->watch);
	for (size_t i = 0; i < chart->label_count; i++) {
		untrusted_free(chart->labels[i].name);
		untrusted_free(chart->labels[i].value);
	}
	mem_free(chart->labels);
	mem_free((void *)(uintptr_t)chart->shown.asked);
	untrusted_free(chart->shown.expr);
	drop_series(chart);
	*chart = (struct chart){.shown = {.alert = chart->shown.alert, .source = -1}};
}

void charts_free(struct charts *charts)
{
	if (!charts)
		return;
	for (size_t i = 0; i < charts->count; i++)
		chart_stop(charts, &charts->list[i], false);
	rules_free(charts->rules);
	loop_timer_free(charts->later);
	arena_release(&charts->arena);
	mem_free(charts);
}

/* --- what to ask --- */

struct chart_ask {
	struct rule_match match;
	int64_t until; /* time_mono_us */
	struct promexpr split;
	const struct pair *labels; /* what series must carry; in the arena */
	size_t label_count;
	const char *asked;
	bool urgent;
};

/* Of the alert as its rule's server knows it, what the rule did not set; of one that
 * came another way (labels may have been added) the same, to filter by only. */
static void pick_labels(
	struct charts *charts, const struct alert *alert, struct chart_ask *q)
{
	const struct alert *from = q->match.instance ? q->match.instance : alert;
	struct pair *labels =
		arena_alloc(&charts->arena, (from->label_count + 1) * sizeof *labels);

	q->labels = labels;
	if (!labels || untrusted_empty(alert_label_value(from, "alertname")))
		return;
	for (size_t i = 0; i < from->label_count; i++) {
		struct pair pair = alert_label(from, i);

		if (!rule_sets(q->match.rule, pair.name))
			labels[q->label_count++] = pair;
	}
}

/* false: there is nothing to ask; chart->shown.why says so. Or its rule is still being
 * looked for. */
static bool decide(struct charts *charts, struct chart *chart, struct chart_ask *q)
{
	const struct alert *alert = alerts_find(charts->app->alerts, chart->shown.alert);
	enum rules_found found = RULES_NONE;
	struct untrusted narrowed;
	const char *text;
	size_t n;

	chart->shown.why[0] = '\0';
	if (alert)
		found = rules_search(charts->rules, alert, &chart->search, q->until,
			chart->shown.why, sizeof chart->shown.why);
	chart->searching = found == RULES_SEARCHING;
	if (found != RULES_FOUND)
		return false;
	q->match = chart->search.match;
	promexpr_split(q->match.rule->expr, &charts->arena, &q->split);
	pick_labels(charts, alert, q);
	narrowed = q->split.value;
	if (q->match.instance)
		narrowed = promexpr_narrow(
			q->split.value, q->labels, q->label_count, &charts->arena);
	q->urgent = alert->state != ALERT_RESOLVED;
	text = text_raw(narrowed, &n);
	q->asked = n ? arena_strndup(&charts->arena, text, n) : NULL;
	if (!q->asked)
		snprintf(chart->shown.why, sizeof chart->shown.why,
			"its rule is too long to be drawn");
	return q->asked != NULL;
}

static void set_limits(struct charts *charts, struct chart *chart, struct promexpr *split)
{
	const struct alert *alert = alerts_find(charts->app->alerts, chart->shown.alert);
	bool critical = alert && alert->severity <= SEVERITY_HIGH;

	chart->limits = (struct limits){critical ? NAN : split->limit,
		critical ? split->limit : NAN, split->below};
	chart->unit = split->unit;
	chart->shown.op = split->op;
	chart->shown.constant = split->constant;
	chart->shown.lowest = split->below;
}

static void chart_start(struct charts *charts, struct chart *chart, struct chart_ask *q)
{
	struct alert_chart *shown = &chart->shown;
	const char *name;

	shown->source = q->match.source;
	shown->expr = untrusted_keep(q->split.value, SHOWN_MAX);
	set_limits(charts, chart, &q->split);
	chart->shown.asked = mem_strdup(q->asked);
	chart->urgent = q->urgent;
	chart->labels = mem_new(q->label_count + 1, sizeof *chart->labels);
	for (size_t i = 0; i < q->label_count; i++)
		chart->labels[chart->label_count++] =
			(struct pair){untrusted_keep(q->labels[i].name, SIZE_MAX),
				untrusted_keep(q->labels[i].value, SIZE_MAX)};
	name = sources_row(charts->app->sources, shown->source)->name;
	chart->watch = sources_watch(
		charts->app->sources, shown->source, chart->shown.asked, chart->urgent);
	snprintf(shown->why, sizeof shown->why,
		chart->watch ? "asking %s" : "%s cannot be asked now", name);
}

static bool same_question(const struct chart *chart, const struct chart_ask *q)
{
	if (!chart->watch || chart->shown.source != q->match.source ||
		strcmp(chart->shown.asked, q->asked) || chart->urgent != q->urgent ||
		chart->label_count != q->label_count)
		return false;
	for (size_t i = 0; i < q->label_count; i++)
		if (!untrusted_eq(chart->labels[i].name, q->labels[i].name) ||
			!untrusted_eq(chart->labels[i].value, q->labels[i].value))
			return false;
	return true;
}

/* Goes on where its search stopped; until it ends, the chart is what it was. */
static void decide_on(struct charts *charts, struct chart *chart, int64_t until)
{
	struct chart_ask q = {.until = until};
	char before[sizeof chart->shown.why], now[sizeof before];
	bool can;

	str_copy(before, sizeof before, chart->shown.why);
	arena_reset(&charts->arena);
	can = decide(charts, chart, &q);
	if (chart->searching) {
		str_copy(chart->shown.why, sizeof chart->shown.why,
			*before ? before : "looking for its rule");
		loop_timer_start(charts->later, 0);
		return;
	}
	if (can && same_question(chart, &q)) {
		set_limits(charts, chart, &q.split);
		str_copy(chart->shown.why, sizeof chart->shown.why, before);
		return;
	}
	if (!can && !chart->watch && !strcmp(before, chart->shown.why))
		return;
	str_copy(now, sizeof now, chart->shown.why);
	chart_stop(charts, chart, true);
	str_copy(chart->shown.why, sizeof chart->shown.why, now);
	if (can)
		chart_start(charts, chart, &q);
	app_changed(charts->app, CHANGED_CHARTS);
}

static void search_on(void *ctx)
{
	struct charts *charts = ctx;
	int64_t until = loop_slice_end(charts->app->loop);

	for (size_t i = 0; i < charts->count; i++)
		if (charts->list[i].searching)
			decide_on(charts, &charts->list[i], until);
}

/* Called after each answer: mostly everything is as it was. */
static void chart_decide(struct charts *charts, struct chart *chart, int64_t until)
{
	chart->search = (struct rule_search){0};
	decide_on(charts, chart, until);
}

/* --- who is looked at --- */

static bool listed(const uint64_t *alerts, size_t n, uint64_t alert)
{
	for (size_t i = 0; i < n; i++)
		if (alerts[i] == alert)
			return true;
	return false;
}

void charts_show(struct charts *charts, const uint64_t *alerts, size_t n)
{
	int64_t until = loop_slice_end(charts->app->loop);
	size_t kept = 0;

	for (size_t i = 0; i < charts->count; i++) {
		if (listed(alerts, n, charts->list[i].shown.alert))
			charts->list[kept++] = charts->list[i];
		else
			chart_stop(charts, &charts->list[i], true);
	}
	charts->count = kept;
	for (size_t i = 0; i < n && charts->count < SOURCE_MAX_WATCHES; i++) {
		struct chart *chart = &charts->list[charts->count];

		if (charts_find(charts, alerts[i]))
			continue;
		*chart = (struct chart){.shown = {.alert = alerts[i], .source = -1}};
		charts->count++;
		chart_decide(charts, chart, until);
	}
}

struct rules *charts_rules(const struct charts *charts)
{
	return charts->rules;
}

void charts_forget(struct charts *charts, int source, bool rules)
{
	for (size_t i = 0; i < charts->count; i++)
		if (charts->list[i].shown.source == source)
			chart_stop(charts, &charts->list[i], false);
	if (rules)
		rules_forget(charts->rules, source);
}

void charts_settle(struct charts *charts)
{
	int64_t until = loop_slice_end(charts->app->loop);

	for (size_t i = 0; i < charts->count; i++)
		chart_decide(charts, &charts->list[i], until);
}

const struct alert_chart *charts_find(const struct charts *charts, uint64_t alert)
{
	for (size_t i = 0; i < charts->count; i++)
		if (charts->list[i].shown.alert == alert)
			return &charts->list[i].shown;
	return NULL;
}

/* --- what came --- */

/* How many labels it shares with the alert; -1: it is another's. */
static int fit(const struct chart *chart, struct untrusted printed)
{
	int score = 0;

	for (size_t i = 0; i < chart->label_count; i++) {
		int has = printed_label(printed, &chart->labels[i]);

		if (has < 0)
			return -1;
		score += has;
	}
	return score;
}

static bool worse(const struct chart *chart, const struct batch_series *a,
	const struct batch_series *b)
{
	double x = a->points[a->count - 1].value, y = b->points[b->count - 1].value;

	return chart->shown.lowest ? x < y : x > y;
}

static void consider(struct chart *chart, const struct batch_series *s)
{
	struct choice *c = &chart->choice;
	int score = fit(chart, s->labels);

	if (score < 0 || score < c->most || !s->count)
		return;
	c->matched = score > c->most ? 1 : c->matched + 1;
	if (score > c->most || worse(chart, s, c->best))
		c->best = s;
	c->most = score;
}

static void begin_series(
	struct charts *charts, struct chart *chart, const struct batch_series *from)
{
	drop_series(chart);
	chart->series = series_new(untrusted_str("alert"), 0, SIZE_MAX);
	chart->series->source = chart->shown.source;
	chart->series->interval_ms =
		sources_row(charts->app->sources, chart->shown.source)->every_ms;
	chart->series_id = untrusted_hash(from->labels);
	series_merge(chart->series, from->points, from->count);
}

/* Whether the answer says which series is drawn, or only where it is now. */
static bool chooses(const struct chart *chart, const struct batch *batch)
{
	return !chart->series || (batch->series_count && batch->series[0].history);
}

static void end_answer(struct charts *charts, struct chart *chart,
	const struct batch *batch, bool chosen)
{
	const char *name = sources_row(charts->app->sources, chart->shown.source)->name;
	char words[WORDS_MAX];

	if (chosen && chart->choice.best) {
		begin_series(charts, chart, chart->choice.best);
		chart->shown.matched = chart->choice.matched;
	} else if (chosen) {
		drop_series(chart);
	}
	if (chart->series) {
		chart->series->limits = chart->limits;
		chart->series->unit = chart->unit;
	}
	chart->shown.series = chart->series;
	text_line(batch->watch_error, words, sizeof words);
	if (*words)
		snprintf(
			chart->shown.why, sizeof chart->shown.why, "%s: %s", name, words);
	else
		snprintf(chart->shown.why, sizeof chart->shown.why,
			batch->series_count ? "%s has no series with its labels"
					    : "%s has no points in this window",
			name);
	app_changed(charts->app, CHANGED_CHARTS);
}

/* false: the time is over. */
static bool take_answer(struct charts *charts, struct chart *chart,
	const struct batch *batch, size_t *taken)
{
	int64_t until = loop_slice_end(charts->app->loop);
	bool chosen = chooses(chart, batch);

	if (!*taken)
		chart->choice = (struct choice){.most = -1};
	while (*taken < batch->series_count) {
		const struct batch_series *s = &batch->series[(*taken)++];

		if (chosen)
			consider(chart, s);
		else if (untrusted_hash(s->labels) == chart->series_id)
			series_add(chart->series, s->points[0]);
		if (*taken % STEP_SERIES == 0 && time_mono_us() > until)
			return false;
	}
	end_answer(charts, chart, batch, chosen);
	return true;
}

bool charts_take(
	struct charts *charts, int source, const struct batch *batch, size_t *taken)
{
	for (size_t i = 0; i < charts->count; i++) {
		struct chart *chart = &charts->list[i];

		if (chart->watch == batch->watch && chart->shown.source == source)
			return take_answer(charts, chart, batch, taken);
	}
	return true;
}

void charts_apply(struct charts *charts, int source, const struct batch *batch)
{
	int64_t until = loop_slice_end(charts->app->loop);

	if (batch->rules_snapshot)
		rules_apply(charts->rules, source, batch);
	for (size_t i = 0; i < charts->count; i++)
		if (batch->rules_snapshot || batch->alerts_snapshot)
			chart_decide(charts, &charts->list[i], until);
}
