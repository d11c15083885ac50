/* Rankers over spans. A span's own time is what its children do not account for, so that
 * a caller that only waits is not slow itself; the own time of a call to another node is
 * the way there, and belongs to both ends of it. Each operation and each way is compared
 * with itself: median and quartiles of before against the median since. */
#include "analysis/rca.h"

#include "rca_parts.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	LEAST_BEFORE = 8,
	LEAST_NOW = 4,
	OWN_MS = 10, /* for less nobody is alerted */
};

struct sample {
	uint32_t node, operation; /* of a way the node that is called */
	int64_t at;
	double own_ms;
};

static int by_place(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	if (x->operation != y->operation)
		return x->operation < y->operation ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

/* Spans are sorted by trace and id. */
static size_t parent_of(const struct capture *c, const struct capture_span *span)
{
	size_t low = 0, high = c->span_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct capture_span *s = &c->spans[mid];

		if (s->trace < span->trace ||
			(s->trace == span->trace && s->id < span->parent))
			low = mid + 1;
		else
			high = mid;
	}
	if (low < c->span_count && c->spans[low].trace == span->trace &&
		c->spans[low].id == span->parent)
		return low;
	return SIZE_MAX;
}

struct kids {
	int64_t took_us;
	uint32_t other; /* node that is called, GRAPH_NONE: none */
	bool inner;     /* it is below another span of its node */
};

static struct kids *kids_of(const struct capture *c)
{
	struct kids *kids = mem_new(c->span_count + 1, sizeof *kids);

	for (size_t i = 0; i < c->span_count; i++)
		kids[i].other = GRAPH_NONE;
	for (size_t i = 0; i < c->span_count; i++) {
		size_t parent =
			c->spans[i].parent ? parent_of(c, &c->spans[i]) : SIZE_MAX;

		if (parent == SIZE_MAX)
			continue;
		kids[parent].took_us += c->spans[i].took_us;
		if (c->spans[i].node != c->spans[parent].node)
			kids[parent].other = c->spans[i].node;
		else
			kids[i].inner = true;
	}
	return kids;
}

/* An operation that mostly leads to another node, wherever it is, is a call. */
struct operation {
	size_t spans, calls;
};

static struct operation *operations_of(const struct capture *c, const struct kids *kids)
{
	struct operation *ops = mem_new(c->words.count + 1, sizeof *ops);

	for (size_t i = 0; i < c->span_count; i++) {
		if (c->spans[i].operation == CAPTURE_NONE)
			continue;
		ops[c->spans[i].operation].spans++;
		ops[c->spans[i].operation].calls += kids[i].other != GRAPH_NONE;
	}
	return ops;
}

/* What is below no other span of its node is its work, whatever it calls. */
static bool is_call(const struct operation *ops, const struct capture_span *span,
	const struct kids *kids)
{
	return kids->inner && span->operation != CAPTURE_NONE &&
	       2 * ops[span->operation].calls >= ops[span->operation].spans &&
	       ops[span->operation].calls;
}

/* Own time of spans by operation; or, of calls, the time between both ends, by the node
 * that is called. A call whose other end is not seen is nobody's time. */
static struct sample *samples_of(const struct rca_work *w, bool ways, size_t *count)
{
	const struct capture *c = w->c;
	struct kids *kids = kids_of(c);
	struct operation *ops = operations_of(c, kids);
	struct sample *out = mem_new(c->span_count + 1, sizeof *out);
	size_t n = 0;

	for (size_t i = 0; i < c->span_count; i++) {
		const struct capture_span *s = &c->spans[i];
		int64_t own = s->took_us - kids[i].took_us;
		struct sample sample = {s->node, ways ? kids[i].other : s->operation,
			s->at_us / 1000, (double)(own > 0 ? own : 0) / 1000};

		if (is_call(ops, s, &kids[i]) != ways ||
			(ways && kids[i].other == GRAPH_NONE))
			continue;
		out[n++] = sample;
	}
	mem_free(kids);
	mem_free(ops);
	qsort(out, n, sizeof *out, by_place);
	*count = n;
	return out;
}

struct group {
	const struct sample *samples;
	size_t count;
	double *scratch;
};

/* Slower than before by itself: robust spreads, 0 when it cannot be said. */
static double own_time(
	const struct group *g, int64_t cut, int64_t to, double *was, double *is)
{
	size_t before = 0, now = 0;
	double scale;

	for (size_t i = 0; i < g->count; i++)
		if (g->samples[i].at < cut)
			g->scratch[before++] = g->samples[i].own_ms;
	if (before < LEAST_BEFORE)
		return 0;
	*was = rca_quantile(g->scratch, before, 0.5);
	scale = (rca_quantile(g->scratch, before, 0.75) -
			rca_quantile(g->scratch, before, 0.25)) /
		1.349;
	/* What one in ten calls takes anyway is no news. */
	scale = fmax(scale, (rca_quantile(g->scratch, before, 0.9) - *was) / 1.2816);
	scale = fmax(scale, fmax(0.1 * *was, OWN_MS / 3.0));
	for (size_t i = 0; i < g->count; i++)
		if (g->samples[i].at >= cut && g->samples[i].at <= to)
			g->scratch[now++] = g->samples[i].own_ms;
	if (now < LEAST_NOW)
		return 0;
	*is = rca_quantile(g->scratch, now, 0.5);
	return (*is - *was) / scale;
}

struct slow {
	double z, was, is;
	uint32_t operation;
	int64_t since;
	bool known;
};

static void say_slow(struct rca_work *w, uint32_t node, const struct slow *slow)
{
	struct rca_evidence e = {.share = rca_strength(slow->z),
		.at = slow->since,
		.value = slow->is,
		.expected = slow->was};
	char clock[TIME_TEXT];

	if (!(e.share > 0))
		return;
	text_line(capture_word(w->c, slow->operation), e.query, sizeof e.query);
	snprintf(e.sentence, sizeof e.sentence,
		"%.120s takes %.0f ms by itself since %s, was %.0f ms, its children left "
		"out",
		e.query, slow->is, time_clock(slow->since, clock), slow->was);
	rca_say(w, node, &e);
	rca_symptom(w, node, e.share, slow->since);
}

/* The samples of one operation begin at `from`; where they end. */
static size_t slowest(const struct rca_work *w, const struct sample *samples,
	size_t count, size_t from, struct slow *out)
{
	struct group g = {samples + from, 0, mem_new(count - from, sizeof(double))};
	size_t end = from;

	while (end < count && samples[end].node == samples[from].node &&
		samples[end].operation == samples[from].operation)
		end++;
	g.count = end - from;
	*out = (struct slow){.operation = samples[from].operation};
	/* Enough of them to be compared. */
	out->known = g.count >= LEAST_BEFORE + LEAST_NOW;
	for (int k = 0; k < RCA_LENGTHS; k++) {
		struct slow s = *out;

		s.since = w->at - (MINUTE_MS << k);
		s.z = own_time(&g, s.since, w->to, &s.was, &s.is);
		if (s.z > out->z)
			*out = s;
	}
	mem_free(g.scratch);
	return end;
}

static void rank_own(struct rca_work *w)
{
	struct slow *worst = mem_new(w->node_count + 1, sizeof *worst), slow;
	size_t count;
	struct sample *samples = samples_of(w, false, &count);

	for (size_t i = 0; i < count;) {
		struct slow *best = &worst[samples[i].node];

		i = slowest(w, samples, count, i, &slow);
		if (slow.z > best->z)
			*best = slow;
	}
	for (uint32_t i = 0; i < w->node_count; i++)
		say_slow(w, i, &worst[i]);
	mem_free(samples);
	mem_free(worst);
}

/* --- the ways between nodes --- */

struct way {
	uint32_t caller, callee;
	struct slow slow;
};

struct ends {
	double strength; /* of all ways that end here, added up */
	size_t count, slow;
	struct slow worst;
	bool blamed; /* for one of them more than its other end */
};

static void add_end(struct ends *ends, const struct slow *slow)
{
	double strength = rca_strength(slow->z);

	ends->strength += strength;
	ends->count++;
	ends->slow += strength > 0;
	if (slow->z > ends->worst.z)
		ends->worst = *slow;
}

/* One way more is added, which is fast: Laplace's rule of succession, so that a single
 * slow one is half a sign for each of its ends. */
static double ends_share(const struct ends *ends)
{
	return ends->strength / (double)(ends->count + 1);
}

static struct way *ways_of(const struct rca_work *w, struct ends *ends, size_t *count)
{
	size_t samples_count, n = 0;
	struct sample *samples = samples_of(w, true, &samples_count);
	struct way *ways = mem_new(samples_count + 1, sizeof *ways);

	for (size_t i = 0; i < samples_count;) {
		struct way way = {
			.caller = samples[i].node, .callee = samples[i].operation};

		i = slowest(w, samples, samples_count, i, &way.slow);
		if (!way.slow.known)
			continue;
		add_end(&ends[way.caller], &way.slow);
		add_end(&ends[way.callee], &way.slow);
		ways[n++] = way;
	}
	mem_free(samples);
	*count = n;
	return ways;
}

static void say_ends(struct rca_work *w, uint32_t node, const struct ends *n)
{
	struct rca_evidence e = {.share = ends_share(n) * (n->blamed ? 1 : 0.5),
		.at = n->worst.since,
		.value = n->worst.is,
		.expected = n->worst.was};

	str_copy(e.query, sizeof e.query, "the ways to and from it");
	snprintf(e.sentence, sizeof e.sentence,
		"%zu of %zu ways to and from it are slow, the worst takes %.0f ms, was "
		"%.0f ms",
		n->slow, n->count, n->worst.is, n->worst.was);
	rca_say(w, node, &e);
	if (n->blamed)
		rca_symptom(w, node, e.share, e.at);
}

/* A slow way may be the fault of either end: it is that of which more is slow. */
static void rank_ways(struct rca_work *w)
{
	struct ends *ends = mem_new(w->node_count + 1, sizeof *ends);
	size_t count;
	struct way *ways = ways_of(w, ends, &count);

	for (size_t i = 0; i < count; i++) {
		struct ends *a = &ends[ways[i].caller], *b = &ends[ways[i].callee];

		if (!(rca_strength(ways[i].slow.z) > 0))
			continue;
		a->blamed |= ends_share(a) >= ends_share(b);
		b->blamed |= ends_share(b) >= ends_share(a);
	}
	for (uint32_t i = 0; i < w->node_count; i++)
		if (ends[i].slow)
			say_ends(w, i, &ends[i]);
	mem_free(ways);
	mem_free(ends);
}

static void rank_latency(struct rca_work *w)
{
	rank_own(w);
	rank_ways(w);
}

const struct ranker rca_latency = {"latency",
	"time that its spans take by themselves, without those that they call",
	rank_latency};

/* --- calls into the dark --- */

void rca_look_blind(struct rca_work *w)
{
	const struct capture *c = w->c;
	struct kids *kids = kids_of(c);
	struct operation *ops = operations_of(c, kids);
	struct operation *nodes = mem_new(w->node_count + 1, sizeof *nodes);

	for (size_t i = 0; i < c->span_count; i++) {
		const struct capture_span *s = &c->spans[i];
		int64_t at = s->at_us / 1000;

		if (!is_call(ops, s, &kids[i]) || at < w->from || at > w->to)
			continue;
		nodes[s->node].spans++;
		nodes[s->node].calls += kids[i].other != GRAPH_NONE;
	}
	for (size_t i = 0; i < w->node_count; i++)
		if (nodes[i].spans >= LEAST_NOW)
			w->nodes[i].blind = (double)(nodes[i].spans - nodes[i].calls) /
					    (double)nodes[i].spans;
	mem_free(kids);
	mem_free(ops);
	mem_free(nodes);
}

/* --- failures --- */

static void rank_failures(struct rca_work *w)
{
	struct tally {
		double calls[2], failed[2];
	} *tallies = mem_new(w->node_count + 1, sizeof *tallies);
	int64_t cut = w->at - (MINUTE_MS << 1);

	for (size_t i = 0; i < w->c->span_count; i++) {
		const struct capture_span *s = &w->c->spans[i];
		int64_t at = s->at_us / 1000;
		bool now = at >= cut;

		if (at > w->to)
			continue;
		tallies[s->node].calls[now]++;
		tallies[s->node].failed[now] += s->failed;
	}
	for (uint32_t i = 0; i < w->node_count; i++) {
		const struct tally *t = &tallies[i];
		double gap = rca_ratio_low(t->failed[1], t->calls[1]) -
			     rca_ratio_high(t->failed[0], t->calls[0]);
		struct rca_evidence e = {.share = fmin(2 * gap, 1), .at = cut};

		if (!(gap > 0) || t->calls[0] < LEAST_BEFORE)
			continue;
		e.value = t->failed[1] / t->calls[1];
		e.expected = t->failed[0] / t->calls[0];
		snprintf(e.query, sizeof e.query, "failed spans");
		snprintf(e.sentence, sizeof e.sentence,
			"%.0f of %.0f spans failed, %.1f %% before", t->failed[1],
			t->calls[1], 100 * e.expected);
		rca_say(w, i, &e);
		rca_symptom(w, i, e.share, e.at);
	}
	mem_free(tallies);
}

const struct ranker rca_failures = {
	"failures", "how many of its spans failed, and failed before", rank_failures};
