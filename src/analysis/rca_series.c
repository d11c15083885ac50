/* Rankers over metrics. Each series is held against itself: a segment that ends behind
 * the alert against the points right before it and against the spread of all that is
 * known from before. Median and quartiles throughout, so that neither a spike nor an
 * earlier incident makes the scale. Latency and errors count when they rise, success when
 * it falls; what is none of these does not say that work is not done, and counts half. */
#include "analysis/rca.h"

#include "rca_parts.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

enum {
	LOCAL = 10,      /* points right before that make the level */
	LEAST = 5,       /* points from before, without which nothing is said, */
	LEAST_PART = 10, /* and this part of what the fullest series has */
	SPREAD = 10,     /* points that a spread should be made of */
};

struct move {
	double z; /* signed, in robust standard deviations */
	double value, expected;
	int64_t since;
};

struct series_work {
	const struct rca_work *rca;
	const struct capture_series *series;
	double *scratch;
	double level, scale; /* of all that was before */
	double spread;       /* the scale without its least */
	size_t base_count, least;
};

static bool is_normal(const struct rca_work *w, int64_t at)
{
	return w->c->normal_to && at >= w->c->normal_from && at <= w->c->normal_to;
}

/* Values of the normal range, and of all before `until`. */
static size_t base_values(const struct series_work *s, int64_t until)
{
	const struct rca_work *w = s->rca;
	size_t n = 0;

	for (size_t i = 0; i < s->series->count; i++) {
		const struct point *p = &s->series->points[i];

		if (p->at < until || is_normal(w, p->at))
			s->scratch[n++] = p->value;
	}
	return n;
}

/* A share of the level below which nobody would call it a change. */
static double least_scale(enum metric_kind kind, double level)
{
	return fabs(level) * (kind == METRIC_GOOD ? 0.005 : 0.05);
}

static void measure_base(struct series_work *s)
{
	const struct rca_work *w = s->rca;
	int64_t lag = w->at - (MINUTE_MS << (RCA_LENGTHS - 1));
	size_t n = base_values(s, lag);
	double tail;

	if (n < SPREAD)
		n = base_values(s, w->at - MINUTE_MS);
	s->base_count = n;
	if (!n)
		return;
	s->level = rca_quantile(s->scratch, n, 0.5);
	s->scale =
		(rca_quantile(s->scratch, n, 0.75) - rca_quantile(s->scratch, n, 0.25)) /
		1.349;
	/* Heavy tails: 97.5 % of a normal distribution lie within 2.24. */
	for (size_t i = 0; i < n; i++)
		s->scratch[i] = fabs(s->scratch[i] - s->level);
	tail = rca_quantile(s->scratch, n, 0.975) / 2.24;
	s->spread = s->scale = fmax(s->scale, tail);
	s->scale = fmax(s->scale, least_scale(s->series->kind, s->level));
}

/* The first point of a segment that is at least half as far off as the segment is. */
static int64_t began(
	const struct capture_series *s, const struct move *move, int64_t from)
{
	double half = (move->value - move->expected) / 2;

	for (size_t i = 0; i < s->count; i++) {
		double off = s->points[i].value - move->expected;

		if (s->points[i].at >= from && (half < 0 ? off <= half : off >= half))
			return s->points[i].at;
	}
	return from;
}

static double signed_least(double a, double b)
{
	if ((a > 0) != (b > 0))
		return 0;
	return fabs(a) < fabs(b) ? a : b;
}

/* The segment [from, to] against what was right before it, and against all before. */
static bool measure_segment(
	struct series_work *s, int64_t from, int64_t to, struct move *out)
{
	const struct capture_series *series = s->series;
	size_t first = series->count, last, n = 0, local = 0;
	double now, before;

	for (size_t i = 0; i < series->count && first == series->count; i++)
		if (series->points[i].at >= from)
			first = i;
	for (last = first; last < series->count && series->points[last].at <= to; last++)
		s->scratch[n++] = series->points[last].value;
	if (!n)
		return false;
	now = rca_quantile(s->scratch, n, 0.5);
	for (size_t i = first; i > 0 && local < LOCAL; i--)
		if (!is_normal(s->rca, series->points[i - 1].at))
			s->scratch[local++] = series->points[i - 1].value;
	/* Right before it there was nothing: then it is no change, but how it is. */
	if (!local)
		return false;
	before = rca_quantile(s->scratch, local, 0.5);
	out->z = signed_least(now - before, now - s->level) / s->scale;
	out->value = now;
	out->expected = before;
	out->since = began(series, out, from);
	return true;
}

static bool counts(enum metric_kind kind, double z)
{
	if (kind == METRIC_GOOD)
		return z < 0;
	return kind == METRIC_TRAFFIC || kind == METRIC_OTHER || z > 0;
}

/* The strongest of the segments that are tried. */
static struct move measure(struct series_work *s)
{
	struct move best = {0}, move;
	const struct rca_work *w = s->rca;

	if (s->base_count < s->least || !(s->scale > 0))
		return best;
	for (int k = 0; k < RCA_LENGTHS; k++) {
		int64_t length = MINUTE_MS << k;
		int64_t ends[] = {w->at + length < w->to ? w->at + length : w->to, w->to};

		for (int e = 0; e < 2; e++)
			if (measure_segment(s, w->at - length, ends[e], &move) &&
				counts(s->series->kind, move.z) &&
				fabs(move.z) > fabs(best.z))
				best = move;
	}
	return best;
}

/* --- ratios of counted requests --- */

struct counted {
	double bad, all; /* requests */
};

static const struct capture_series *traffic_of(const struct rca_work *w, uint32_t node)
{
	size_t at = w->nodes[node].traffic;

	return at ? &w->c->series[at - 1] : NULL;
}

/* Adds up what a share of successes means in requests; moments of both series. */
static void count_bad(const struct series_work *s, const struct capture_series *traffic,
	int64_t from, int64_t to, struct counted out[2])
{
	double full = s->level > 1.5 ? 100 : 1;
	size_t k = 0;

	for (size_t i = 0; i < s->series->count; i++) {
		const struct point *p = &s->series->points[i];
		bool now = p->at >= from && p->at <= to && !is_normal(s->rca, p->at);
		double n;

		while (k < traffic->count && traffic->points[k].at < p->at)
			k++;
		if (k == traffic->count || traffic->points[k].at != p->at ||
			(!now && p->at > to && !is_normal(s->rca, p->at)))
			continue;
		n = fmax(traffic->points[k].value, 0);
		out[now].all += n;
		out[now].bad += fmin(fmax(1 - p->value / full, 0), 1) * n;
	}
}

static double xlogx(double x)
{
	return x > 0 ? x * log(x) : 0;
}

/* Signed root of the likelihood ratio of two shares (Dunning 1993); half a request more
 * of each kind, so that a past without any failure is not infinitely sure. */
static double ratio_z(const struct counted c[2])
{
	double a = c[0].bad + 0.5, b = c[0].all - c[0].bad + 0.5;
	double d = c[1].bad + 0.5, e = c[1].all - c[1].bad + 0.5;
	double g = 2 * (xlogx(a) + xlogx(b) + xlogx(d) + xlogx(e) - xlogx(a + b) -
			       xlogx(d + e) - xlogx(a + d) - xlogx(b + e) +
			       xlogx(a + b + d + e));

	return (d / (d + e) > a / (a + b) ? -1 : 1) * sqrt(fmax(g, 0));
}

/* Where requests are counted, a share of successes is judged by them: the same fall says
 * little of ten and much of a thousand. What varied more than chance before is allowed
 * to do so now. */
static void weigh_ratio(struct series_work *s, struct move *move)
{
	const struct rca_work *w = s->rca;
	const struct capture_series *traffic = traffic_of(w, s->series->node);
	double full = s->level > 1.5 ? 100 : 1, z = 0, p, chance;

	if (s->series->kind != METRIC_GOOD || !traffic || s->base_count < s->least)
		return;
	for (int k = 0; k < RCA_LENGTHS; k++) {
		struct counted c[2] = {{0, 0}, {0, 0}};
		int64_t from = w->at - (MINUTE_MS << k), to = w->at + (MINUTE_MS << k);
		double now;

		count_bad(s, traffic, from, to < w->to ? to : w->to, c);
		if (!(c[0].all > 0) || !(c[1].all > 0))
			continue;
		now = ratio_z(c);
		p = (c[0].bad + 0.5) / (c[0].all + 1);
		chance = full * sqrt(p * (1 - p) * (double)s->base_count / c[0].all);
		if (s->spread > chance)
			now *= chance / s->spread;
		if (now >= z)
			continue;
		z = now;
		move->since = from;
		move->expected = full * (1 - c[0].bad / c[0].all);
		move->value = full * (1 - c[1].bad / c[1].all);
	}
	move->z = z;
	if (z < 0)
		move->since = began(s->series, move, move->since);
}

/* --- how often it happens anyway --- */

struct measured {
	struct move move;
	double level, scale, spread;
	size_t base_count;
	bool judged; /* there was enough of it before */
};

/* Of all nodes with this metric, how many at one time are as far off by chance, by what
 * all of them did before: metrics that often jump somewhere say little. Beyond RCA_FULL_Z
 * a strength does not rise, so all of that is one. */
static double by_chance(
	const struct rca_work *w, const struct measured *all, size_t which)
{
	const struct capture_series *mine = &w->c->series[which];
	int64_t lag = w->at - (MINUTE_MS << (RCA_LENGTHS - 1));
	double wanted = fmin(fmax(all[which].move.z, -RCA_FULL_Z), RCA_FULL_Z),
	       points = 0, beyond = 0, nodes = 0;

	for (size_t i = 0; i < w->c->series_count; i++) {
		const struct capture_series *s = &w->c->series[i];

		if (s->metric != mine->metric || all[i].base_count < LEAST ||
			!(all[i].scale > 0))
			continue;
		nodes++;
		for (size_t k = 0; k < s->count; k++) {
			double z = (s->points[k].value - all[i].level) / all[i].scale;

			if (s->points[k].at >= lag && !is_normal(w, s->points[k].at))
				continue;
			points++;
			beyond += wanted > 0 ? z >= wanted : z <= wanted;
		}
	}
	return points > 0 ? nodes * beyond / points : 0;
}

/* Once in ten looks is half a sign. */
static double surprise(double chance)
{
	return 0.1 / (0.1 + chance);
}

/* How much a latency is worth: nothing where requests are counted and there are none, and
 * little where spans tell the same at first hand (rca_latency). */
static double worth(
	const struct rca_work *w, const struct capture_series *s, int64_t since)
{
	const struct capture_series *traffic = traffic_of(w, s->node);
	double most = 0;
	bool known = false;

	if (s->kind != METRIC_LATENCY)
		return 1;
	if (w->nodes[s->node].traced)
		return 0.25;
	for (size_t i = 0; traffic && i < traffic->count; i++)
		if (traffic->points[i].at >= since && traffic->points[i].at <= w->to) {
			most = fmax(most, traffic->points[i].value);
			known = true;
		}
	return known && !(most > 0) ? 0 : 1;
}

/* What all series of one kind of a node say together. */
struct kind_sum {
	size_t best; /* place of the strongest, plus 1 */
	double most, sum;
	size_t count;
};

static void say_change(
	struct rca_work *w, const struct measured *all, const struct kind_sum *kind)
{
	const struct capture_series *series = &w->c->series[kind->best - 1];
	const struct move *move = &all[kind->best - 1].move;
	bool works = series->kind == METRIC_LATENCY || series->kind == METRIC_ERRORS ||
		     series->kind == METRIC_GOOD;
	struct rca_evidence e = {
		.at = move->since, .value = move->value, .expected = move->expected};
	char clock[TIME_TEXT];

	/* Half of it is how many of them agree: of a latency its average and its middle
	 * move with its tail when it is the whole that got slower. */
	e.share = (kind->most + kind->sum / (double)kind->count) / 2;
	e.share *= surprise(by_chance(w, all, kind->best - 1)) * (works ? 1 : 0.5);
	text_line(capture_word(w->c, series->metric), e.query, sizeof e.query);
	snprintf(e.sentence, sizeof e.sentence,
		"%.120s is %.4g since %s, was %.4g: %.0f times its spread %s", e.query,
		move->value, time_clock(move->since, clock), move->expected,
		fmin(fabs(move->z), 999), move->z > 0 ? "above" : "below");
	rca_say(w, series->node, &e);
	if (works)
		rca_symptom(w, series->node, e.share, move->since);
}

static struct measured *measure_all(const struct rca_work *w)
{
	struct measured *all = mem_new(w->c->series_count + 1, sizeof *all);
	struct series_work s = {.rca = w};
	size_t most = 1, fullest = 0;

	for (size_t i = 0; i < w->c->series_count; i++)
		most = w->c->series[i].count > most ? w->c->series[i].count : most;
	s.scratch = mem_new(most, sizeof *s.scratch);
	for (size_t i = 0; i < w->c->series_count; i++) {
		s.series = &w->c->series[i];
		s.level = s.scale = s.spread = 0;
		measure_base(&s);
		all[i].level = s.level;
		all[i].scale = s.scale;
		all[i].spread = s.spread;
		all[i].base_count = s.base_count;
		fullest = s.base_count > fullest ? s.base_count : fullest;
	}
	s.least = fullest / LEAST_PART > LEAST ? fullest / LEAST_PART : LEAST;
	for (size_t i = 0; i < w->c->series_count; i++) {
		s.series = &w->c->series[i];
		s.level = all[i].level;
		s.scale = all[i].scale;
		s.spread = all[i].spread;
		s.base_count = all[i].base_count;
		all[i].judged = s.base_count >= s.least;
		all[i].move = measure(&s);
		weigh_ratio(&s, &all[i].move);
	}
	mem_free(s.scratch);
	return all;
}

/* One sentence for each kind of metric of a node: its strongest. */
static void rank_change(struct rca_work *w)
{
	struct measured *all = w->measured = measure_all(w);
	struct kind_sum *kinds = mem_new(w->node_count * METRIC_KINDS + 1, sizeof *kinds);

	for (size_t i = 0; i < w->c->series_count; i++) {
		const struct capture_series *s = &w->c->series[i];
		struct kind_sum *kind = &kinds[s->node * METRIC_KINDS + s->kind];
		double strength = rca_strength(fabs(all[i].move.z)) *
				  worth(w, s, all[i].move.since);

		kind->count += all[i].judged;
		kind->sum += strength;
		if (strength > kind->most) {
			kind->most = strength;
			kind->best = i + 1;
		}
	}
	for (size_t i = 0; i < w->node_count * METRIC_KINDS; i++)
		if (kinds[i].best)
			say_change(w, all, &kinds[i]);
	mem_free(kinds);
}

const struct ranker rca_change = {"change",
	"how far its metrics are from what they were, in robust spreads", rank_change};

/* --- how much is lost --- */

/* Time that requests lose: how much longer they take, times how many there are. */
static double time_lost(const struct rca_work *w, const struct capture_series *latency,
	const struct move *move)
{
	const struct capture_series *traffic = traffic_of(w, latency->node);
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; traffic && i < traffic->count; i++)
		if (traffic->points[i].at >= move->since &&
			traffic->points[i].at <= w->to) {
			sum += traffic->points[i].value;
			n++;
		}
	return n && move->z > 3 ? (move->value - move->expected) * sum / (double)n : 0;
}

struct loss {
	double sum; /* of its parts of what is lost most by one metric */
	size_t count;
};

/* Latencies of one name are compared among the nodes: average with average. */
static void rank_loss(struct rca_work *w)
{
	const struct measured *all = w->measured;
	struct loss *losses = mem_new(w->node_count + 1, sizeof *losses);
	double *lost = mem_new(w->c->series_count + 1, sizeof *lost);
	double *most = mem_new(w->c->words.count + 1, sizeof *most);

	for (size_t i = 0; i < w->c->series_count; i++) {
		const struct capture_series *s = &w->c->series[i];

		if (s->kind != METRIC_LATENCY || !(w->nodes[s->node].symptom > 0))
			continue;
		lost[i] = time_lost(w, s, &all[i].move);
		most[s->metric] = fmax(most[s->metric], lost[i]);
	}
	for (size_t i = 0; i < w->c->series_count; i++) {
		const struct capture_series *s = &w->c->series[i];

		if (s->kind != METRIC_LATENCY || !(most[s->metric] > 0))
			continue;
		losses[s->node].sum += lost[i] / most[s->metric];
		losses[s->node].count++;
	}
	for (uint32_t i = 0; i < w->node_count; i++) {
		struct rca_evidence e = {.value = NAN, .expected = NAN};
		double part =
			losses[i].count ? losses[i].sum / (double)losses[i].count : 0;

		if (!(part > 0.01))
			continue;
		e.share = 0.3 * w->nodes[i].symptom * part;
		snprintf(e.sentence, sizeof e.sentence,
			"its requests lose %.0f %% of the time that the worst hit lose, "
			"by latency and their number",
			100 * part);
		rca_say(w, i, &e);
	}
	mem_free(losses);
	mem_free(lost);
	mem_free(most);
}

const struct ranker rca_loss = {
	"loss", "how much time its requests lose, all together", rank_loss};

/* --- saturation --- */

/* What is all of it, when the name says that the value is a share; 0: not known. */
static double full_of(struct untrusted metric)
{
	if (untrusted_find(metric, "%") >= 0 ||
		untrusted_find_nocase(metric, "percent") >= 0 ||
		untrusted_find_nocase(metric, "utilization") >= 0 ||
		untrusted_find_nocase(metric, "utilisation") >= 0)
		return 100;
	return untrusted_find_nocase(metric, "ratio") >= 0 ? 1 : 0;
}

/* Full, and it was not: 80 % and more, from below half of what it is now. Node metrics
 * (of the machine below) are everybody's there. */
static void rank_saturation(struct rca_work *w)
{
	for (size_t i = 0; i < w->c->series_count; i++) {
		const struct capture_series *s = &w->c->series[i];
		struct untrusted name = capture_word(w->c, s->metric);
		double full = full_of(name), high = -1, sum = 0;
		struct rca_evidence e = {0};
		size_t before = 0;

		if (s->kind != METRIC_RESOURCE || !(full > 0))
			continue;
		for (size_t k = 0; k < s->count; k++) {
			const struct point *p = &s->points[k];
			bool recent = p->at >= w->at - (MINUTE_MS << 1) && p->at <= w->to;

			if (recent && p->value > high) {
				high = p->value;
				e.at = p->at;
			}
			if ((p->at < w->at - (MINUTE_MS << 1) || is_normal(w, p->at)) &&
				!recent) {
				sum += p->value;
				before++;
			}
		}
		if (before < LEAST || high < 0.8 * full ||
			sum / (double)before > 0.5 * high)
			continue;
		e.share = fmin(high / full, 1);
		e.value = high;
		e.expected = sum / (double)before;
		text_line(name, e.query, sizeof e.query);
		snprintf(e.sentence, sizeof e.sentence,
			"%.120s is full: %.4g of %.4g, was %.4g on average", e.query,
			high, full, e.expected);
		rca_say(w, s->node, &e);
		rca_symptom(w, s->node, e.share, e.at);
	}
}

const struct ranker rca_saturation = {
	"saturation", "a resource of it is full, and was not before", rank_saturation};
