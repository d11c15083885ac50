/* Budgets and burn rates. Hides two grids of buckets (five minutes for the windows of
 * the rules, hours for that of the objective) and how a span that begins or ends between
 * two of them is made of parts: a bucket counts by the share of it that lies within.
 * Any thread. */
#include "analysis/slo.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

enum {
	FINE_KEPT = 3 * 288 + 24,
	LONG_SPARE = 4,
	PER_LONG = 12,
	NEAR_PERCENT = 90,
};

/* Wall clocks tick a little behind the minute that was asked about. */
#define FRESH_MS (5 * MINUTE / 2)

const struct slo_rule slo_rules[SLO_RULES] = {
	{14.4, HOUR, 5 * MINUTE},
	{6, 6 * HOUR, 30 * MINUTE},
	{3, DAY, 2 * HOUR},
	{1, 3 * DAY, 6 * HOUR},
};

struct bucket {
	int64_t end; /* 0: nothing is known */
	double total, bad;
	double share; /* of it that is covered */
};

struct grid {
	int64_t width;
	struct bucket *list;
	size_t count;
};

struct slo_data {
	struct grid fine, hours;
	struct bucket last; /* ends anywhere; SLO_FINE_MS wide */
};

static void grid_init(struct grid *grid, int64_t width, size_t count)
{
	grid->width = width;
	grid->count = count;
	grid->list = mem_new(count, sizeof *grid->list);
}

struct slo_data *slo_data_new(int64_t window_ms)
{
	struct slo_data *data = mem_new(1, sizeof *data);
	int64_t hours = window_ms / SLO_LONG_MS + LONG_SPARE;

	grid_init(&data->fine, SLO_FINE_MS, FINE_KEPT);
	grid_init(&data->hours, SLO_LONG_MS, (size_t)hours);
	return data;
}

void slo_data_free(struct slo_data *data)
{
	if (!data)
		return;
	mem_free(data->fine.list);
	mem_free(data->hours.list);
	mem_free(data);
}

static struct bucket *slot(const struct grid *grid, int64_t end)
{
	return &grid->list[(size_t)(end / grid->width) % grid->count];
}

static const struct bucket *at(const struct grid *grid, int64_t end)
{
	const struct bucket *b = slot(grid, end);

	return b->end == end ? b : NULL;
}

/* An older one does not take the place of a newer one. */
static void keep(struct grid *grid, const struct bucket *bucket)
{
	struct bucket *b = slot(grid, bucket->end);

	if (b->end <= bucket->end)
		*b = *bucket;
}

/* The hour of what its twelve parts say, unless the server told of it as a whole. */
static void sum_hour(struct slo_data *data, int64_t end)
{
	int64_t last = (end + SLO_LONG_MS - 1) / SLO_LONG_MS * SLO_LONG_MS;
	struct bucket sum = {.end = last};

	for (int i = 0; i < PER_LONG; i++) {
		const struct bucket *b = at(&data->fine, last - i * SLO_FINE_MS);

		if (!b)
			continue;
		sum.total += b->total;
		sum.bad += b->bad;
		sum.share += 1.0 / PER_LONG;
	}
	if (!at(&data->hours, last) || at(&data->hours, last)->share <= sum.share)
		keep(&data->hours, &sum);
}

static bool countable(double x)
{
	return isfinite(x) && x >= 0;
}

void slo_data_put(
	struct slo_data *data, int64_t width, int64_t end, double total, double bad)
{
	struct bucket b = {end, total, bad < total ? bad : total, 1};

	if (end <= 0 || !countable(total) || !countable(bad))
		return;
	if (width == SLO_LONG_MS) {
		if (end % SLO_LONG_MS == 0)
			keep(&data->hours, &b);
		return;
	}
	if (end >= data->last.end)
		data->last = b;
	if (end % SLO_FINE_MS)
		return;
	keep(&data->fine, &b);
	sum_hour(data, end);
}

int64_t slo_data_newest(const struct slo_data *data)
{
	return data->last.end;
}

bool slo_data_bucket(const struct slo_data *data, int64_t width, int64_t end,
	double *total, double *bad)
{
	const struct grid *grid = width == SLO_LONG_MS ? &data->hours : &data->fine;
	const struct bucket *b = end > 0 ? at(grid, end) : NULL;

	if (!b)
		return false;
	*total = b->total;
	*bad = b->bad;
	return true;
}

/* --- spans --- */

static void add(struct slo_span *span, const struct bucket *b, double part, int64_t width)
{
	span->total += b->total * part;
	span->bad += b->bad * part;
	span->covered_ms += (int64_t)((double)width * part * b->share);
}

/* Buckets of the grid within (from, to]; to lies on it. */
static void add_grid(
	struct slo_span *span, const struct grid *grid, int64_t from, int64_t to)
{
	for (int64_t end = to; end > from; end -= grid->width) {
		const struct bucket *b = at(grid, end);
		int64_t begin = end - grid->width;
		double part =
			begin >= from ? 1 : (double)(end - from) / (double)grid->width;

		if (b)
			add(span, b, part, grid->width);
	}
}

static int64_t floor_to(int64_t t, int64_t width)
{
	return t - t % width;
}

struct slo_span slo_data_span(const struct slo_data *data, int64_t to, int64_t span_ms)
{
	struct slo_span span = {.span_ms = span_ms};
	const struct bucket *last = &data->last;
	int64_t from = to - span_ms, fine = floor_to(to, SLO_FINE_MS), hours = from;
	int64_t end = last->end < to ? last->end : to;

	if (span_ms == SLO_FINE_MS && last->end == to && last->end) {
		add(&span, last, 1, SLO_FINE_MS);
		return span;
	}
	/* What lies between the grid and `to`, as far as the newest bucket reaches. */
	if (end > fine && last->end - SLO_FINE_MS < end)
		add(&span, last, (double)(end - fine) / (double)SLO_FINE_MS, SLO_FINE_MS);
	if (span_ms > slo_rules[SLO_RULES - 1].long_ms)
		hours = floor_to(to, SLO_LONG_MS);
	add_grid(&span, &data->fine, hours, fine);
	if (hours > from)
		add_grid(&span, &data->hours, from, hours);
	return span;
}

bool slo_span_valid(const struct slo_span *span)
{
	return span->covered_ms * 2 >= span->span_ms;
}

double slo_burn(const struct slo_span *span, double target)
{
	double allowed = 1 - target;

	if (span->total <= 0 || span->bad <= 0)
		return 0;
	return allowed > 0 ? span->bad / span->total / allowed : INFINITY;
}

/* --- the rules --- */

static enum slo_verdict judge_rule(const struct slo_spec *spec,
	const struct slo_rule *rule, struct slo_rule_state *s)
{
	double few = spec->least * (double)rule->short_ms / (double)rule->long_ms;
	double near = rule->burn * NEAR_PERCENT / 100;

	s->burn = slo_burn(&s->over, spec->target);
	s->burn_lately = slo_burn(&s->lately, spec->target);
	if (!slo_span_valid(&s->over) || !slo_span_valid(&s->lately))
		return SLO_NO_DATA;
	if (s->over.total < spec->least || s->over.total <= 0 || s->lately.total < few)
		return SLO_FEW;
	s->holds = s->burn >= near && s->burn_lately >= near;
	return s->burn >= rule->burn && s->burn_lately >= rule->burn ? SLO_BURNS
								     : SLO_CALM;
}

/* What leaves the window at its far end makes room again, so the end is looked for hour
 * by hour rather than by one division. */
static int64_t project(const struct slo_spec *spec, const struct slo_data *data,
	const struct slo_state *s, const struct slo_span *rate)
{
	double allowed = 1 - spec->target, total = s->budget.total, bad = s->budget.bad;
	double per = (double)SLO_LONG_MS / (double)rate->span_ms;
	int64_t from = s->at - spec->window_ms;

	if (rate->bad <= 0)
		return 0;
	for (int64_t t = SLO_LONG_MS; t <= spec->window_ms; t += SLO_LONG_MS) {
		const struct bucket *gone = at(
			&data->hours, floor_to(from + t + SLO_LONG_MS - 1, SLO_LONG_MS));
		double before = total * allowed - bad, after;

		total += rate->total * per - (gone ? gone->total : 0);
		bad += rate->bad * per - (gone ? gone->bad : 0);
		after = total * allowed - bad;
		if (after >= 0)
			continue;
		/* Between two hours the line is straight. */
		return s->at + t - SLO_LONG_MS +
		       (int64_t)((double)SLO_LONG_MS * before / (before - after));
	}
	return 0;
}

static void judge_budget(
	const struct slo_spec *spec, const struct slo_data *data, struct slo_state *s)
{
	const struct slo_span *rate = NULL;
	double allowed;

	s->budget = slo_data_span(data, s->at, spec->window_ms);
	s->known = slo_span_valid(&s->budget) && s->budget.total > 0;
	s->left = NAN;
	s->rate = NAN;
	s->ends_at = 0;
	for (size_t i = 0; i < SLO_PAGES && !rate; i++)
		if (slo_span_valid(&s->rules[i].over) && s->rules[i].over.total > 0)
			rate = &s->rules[i].over;
	if (rate)
		s->rate = slo_burn(rate, spec->target);
	if (!s->known)
		return;
	allowed = s->budget.total * (1 - spec->target);
	if (allowed > 0)
		s->left = 1 - s->budget.bad / allowed;
	else
		s->left = s->budget.bad > 0 ? -INFINITY : 1;
	if (rate && s->left > 0 && rate->total >= spec->least)
		s->ends_at = project(spec, data, s, rate);
}

void slo_judge(const struct slo_spec *spec, const struct slo_data *data, int64_t now,
	struct slo_state *out)
{
	int64_t newest = slo_data_newest(data);

	*out = (struct slo_state){.at = now};
	if (newest && newest <= now && now - newest <= FRESH_MS)
		out->at = newest;
	for (size_t i = 0; i < SLO_RULES; i++) {
		const struct slo_rule *rule = &slo_rules[i];
		struct slo_rule_state *s = &out->rules[i];

		s->over = slo_data_span(data, out->at, rule->long_ms);
		s->lately = slo_data_span(data, out->at, rule->short_ms);
		s->verdict = judge_rule(spec, rule, s);
	}
	judge_budget(spec, data, out);
}

/* --- over time --- */

int64_t slo_track_calm(size_t rule)
{
	return rule < SLO_PAGES ? 5 * MINUTE : 30 * MINUTE;
}

bool slo_track_feed(struct slo_track *track, size_t rule,
	const struct slo_rule_state *state, int64_t now)
{
	bool known = state->verdict == SLO_CALM || state->verdict == SLO_BURNS;

	if (state->verdict == SLO_BURNS || (track->fires && known && state->holds))
		track->burnt_at = now;
	if (known)
		track->known_at = now;
	if (!track->fires) {
		if (state->verdict != SLO_BURNS)
			return false;
		track->fires = true;
		track->since = now;
		return true;
	}
	if (known && now - track->burnt_at < slo_track_calm(rule))
		return false;
	if (!known && now - track->known_at < slo_rules[rule].long_ms)
		return false;
	track->fires = false;
	track->since = now;
	return true;
}
