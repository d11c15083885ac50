/* Rankers over the call graph and over time, which look at what the others found. A node
 * whose callee fails as well waits for it: it is a victim as far as the callee fails. The
 * deepest that fails, and from which most of the failing ones can be reached against the
 * calls, explains most. */
#include "analysis/rca.h"

#include "rca_parts.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "model/graph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- position --- */

static double explained_by_callees(
	const struct rca_work *w, uint32_t node, uint32_t *callee)
{
	size_t n;
	const struct graph_edge *edges = graph_callees(&w->c->graph, node, &n);
	double most = 0;

	for (size_t i = 0; i < n; i++) {
		double s = w->nodes[edges[i].callee].symptom;

		if (s > most) {
			most = s;
			*callee = edges[i].callee;
		}
	}
	return fmin(most / w->nodes[node].symptom, 1);
}

static void rank_position(struct rca_work *w)
{
	bool *seen = mem_new(w->node_count + 1, sizeof *seen);
	double all = 0;

	for (size_t i = 0; i < w->node_count; i++)
		all += w->nodes[i].symptom;
	for (uint32_t i = 0; i < w->node_count && all > 0; i++) {
		double own = w->nodes[i].symptom, covers = 0, victim;
		uint32_t callee = GRAPH_NONE;
		struct rca_evidence e = {
			.at = w->nodes[i].since, .value = NAN, .expected = NAN};
		size_t others = 0;
		char name[80];

		if (!(own > 0))
			continue;
		memset(seen, 0, w->node_count);
		graph_callers_of(&w->c->graph, i, seen);
		for (size_t k = 0; k < w->node_count; k++)
			if (seen[k]) {
				covers += w->nodes[k].symptom;
				others += k != i && w->nodes[k].symptom > 0;
			}
		w->nodes[i].felt = covers - own;
		victim = explained_by_callees(w, i, &callee);
		e.share = own * ((1 - victim) * (covers - own) / all - victim / 2);
		if (victim > 0.5)
			snprintf(e.sentence, sizeof e.sentence,
				"calls %s, which fails as well: rather a victim",
				rca_name(w, callee, name));
		else if (others)
			snprintf(e.sentence, sizeof e.sentence,
				"nothing that it calls fails as much, and %zu of those "
				"that "
				"fail %s to it",
				others, others == 1 ? "leads" : "lead");
		else
			str_copy(e.sentence, sizeof e.sentence,
				"nothing that it calls fails as much, and nobody who "
				"fails "
				"calls it");
		rca_say(w, i, &e);
	}
	mem_free(seen);
}

const struct ranker rca_position = {"position",
	"the deepest in the call graph that fails, by how many failing ones call it",
	rank_position};

/* --- strangers --- */

/* What was hardly there before cannot have changed: who began to call it has. */
static void rank_strangers(struct rca_work *w)
{
	for (size_t i = 0; i < w->c->graph.edge_count; i++) {
		const struct graph_edge *edge = &w->c->graph.edges[i];
		const struct rca_node *callee = &w->nodes[edge->callee];
		const struct rca_node *caller = &w->nodes[edge->caller];
		struct rca_evidence e = {.value = NAN, .expected = NAN};
		char name[80];

		if (!callee->covered || callee->past || !(caller->symptom > 0))
			continue;
		e.share = 0.7 * caller->symptom;
		snprintf(e.sentence, sizeof e.sentence,
			"fails, and began to call %s, of which there was hardly anything "
			"before",
			rca_name(w, edge->callee, name));
		rca_say(w, edge->caller, &e);
	}
}

const struct ranker rca_strangers = {
	"stranger", "it began to call what was never called before", rank_strangers};

/* --- first to move --- */

/* How far apart points usually are: what lies closer together is at the same time. */
static int64_t grain(const struct rca_work *w)
{
	double *gaps = mem_new(w->c->series_count + 1, sizeof *gaps), gap = MINUTE_MS;
	size_t n = 0;

	for (size_t i = 0; i < w->c->series_count; i++) {
		const struct capture_series *s = &w->c->series[i];
		size_t low = 0, high;

		while (low < s->count && s->points[low].at < w->from)
			low++;
		for (high = low; high < s->count && s->points[high].at <= w->to;)
			high++;
		if (high - low >= 3)
			gaps[n++] = (double)(s->points[high - 1].at - s->points[low].at) /
				    (double)(high - low - 1);
	}
	if (n)
		gap = fmax(gap, rca_quantile(gaps, n, 0.5));
	mem_free(gaps);
	return (int64_t)gap;
}

static void rank_first(struct rca_work *w)
{
	int64_t first = INT64_MAX, last = 0;
	char clock[TIME_TEXT];

	for (size_t i = 0; i < w->node_count; i++) {
		const struct rca_node *n = &w->nodes[i];

		if (!(n->symptom >= 0.2) || !n->since)
			continue;
		first = n->since < first ? n->since : first;
		last = n->since > last ? n->since : last;
	}
	if (last - first <= grain(w))
		return;
	for (uint32_t i = 0; i < w->node_count; i++) {
		const struct rca_node *n = &w->nodes[i];
		double late;
		struct rca_evidence e = {.at = n->since, .value = NAN, .expected = NAN};

		if (!(n->symptom >= 0.2) || !n->since)
			continue;
		late = (double)(n->since - first) / (double)(last - first);
		e.share = 0.2 * (0.5 - late) * n->symptom;
		snprintf(e.sentence, sizeof e.sentence,
			late < 0.5 ? "among the first to move, at %s"
				   : "moved at %s, when others already had",
			time_clock(n->since, clock));
		rca_say(w, i, &e);
	}
}

const struct ranker rca_first = {
	"first", "who moved first, and who only later", rank_first};

/* --- changes --- */

enum { CHANGE_BEFORE_MS = 60 * 60000, CHANGE_AFTER_MS = 2 * 60000 };

static bool calls(const struct rca_work *w, uint32_t caller, uint32_t callee)
{
	size_t n;
	const struct graph_edge *edges = graph_callees(&w->c->graph, caller, &n);

	for (size_t i = 0; i < n; i++)
		if (edges[i].callee == callee)
			return true;
	return false;
}

double rca_change_fit(const struct rca_work *work, const struct capture_change *change,
	uint32_t node, int64_t since)
{
	int64_t before = since - change->at;
	double near, scope;

	if (!since || before < -CHANGE_AFTER_MS || before > CHANGE_BEFORE_MS)
		return 0;
	/* Half of it is gone after a quarter of an hour. */
	near = exp2(-(double)(before > 0 ? before : 0) / (15 * 60000.0));
	if (change->node == node)
		scope = 1;
	else if (change->node == GRAPH_NONE)
		scope = 0.4;
	else
		scope = calls(work, node, change->node) ? 0.5 : 0;
	return near * scope;
}

static void rank_trigger(struct rca_work *w)
{
	for (uint32_t i = 0; i < w->node_count; i++) {
		const struct rca_node *n = &w->nodes[i];
		const struct capture_change *best = NULL;
		double most = 0;
		struct rca_evidence e = {.value = NAN, .expected = NAN};
		char kind[60], text[120], clock[TIME_TEXT];

		if (!(n->symptom > 0))
			continue;
		for (size_t k = 0; k < w->c->change_count; k++) {
			double fit = rca_change_fit(w, &w->c->changes[k], i, n->since);

			if (fit > most) {
				most = fit;
				best = &w->c->changes[k];
			}
		}
		/* One that fits everybody sets nobody apart. */
		if (!best || best->node == GRAPH_NONE)
			continue;
		e.share = 0.5 * most * n->symptom;
		e.at = best->at;
		snprintf(e.sentence, sizeof e.sentence, "%s \"%s\" at %s, just before",
			text_line(best->kind, kind, sizeof kind),
			text_line(best->text, text, sizeof text),
			time_clock(best->at, clock));
		rca_say(w, i, &e);
	}
}

const struct ranker rca_trigger = {
	"trigger", "a change of it, or of what it calls, just before", rank_trigger};
