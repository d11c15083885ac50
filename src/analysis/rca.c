/* Root cause: runs the table of rankers over a capture, adds up what each said of each
 * node, and makes the four parts of the answer of the sums. What grade a part gets is
 * decided here: from the sum, from how far behind the next one is, from whether anything
 * tells a cause from a victim, and from what could not be seen. */
#include "analysis/rca.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "rca_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Those behind `strangers` look at what those before them found. */
static const struct ranker *const rankers[] = {&rca_change, &rca_saturation, &rca_latency,
	&rca_failures, &rca_statement, &rca_words, &rca_loss, &rca_strangers,
	&rca_position, &rca_first, &rca_trigger};

enum { RANKERS = sizeof rankers / sizeof *rankers };

/* What one strong sign alone gives is not yet an answer. */
#define LEAST_SCORE 0.5
/* Below which nobody else suffers worth the word. */
#define LEAST_AGREED 0.01
/* So many calls into the dark that the dark may be the cause. */
#define BLIND_PART 0.1

const char *const rca_part_names[RCA_PARTS] = {[RCA_TRIGGER] = "Trigger",
	[RCA_WHERE] = "Where",
	[RCA_FELT] = "Felt by",
	[RCA_MISSING] = "Missing"};

const char *rca_grade_name(enum rca_grade grade)
{
	static const char *const names[] = {"unknown", "weak", "likely", "strong"};

	return names[grade];
}

const char *rca_ranker(size_t i, const char **help)
{
	if (i >= RANKERS)
		return NULL;
	*help = rankers[i]->help;
	return rankers[i]->name;
}

/* --- what rankers use --- */

double rca_strength(double z)
{
	double s = z > 3 ? log(z / 3) / log(RCA_FULL_Z / 3) : 0;

	return s < 1 ? s : 1;
}

static double wilson(double hits, double n, double sign)
{
	const double z = 1.96, p = hits / n;

	return (p + z * z / (2 * n) +
		       sign * z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) /
	       (1 + z * z / n);
}

double rca_ratio_low(double hits, double n)
{
	return n > 0 ? fmax(wilson(fmin(hits, n), n, -1), 0) : 0;
}

double rca_ratio_high(double hits, double n)
{
	return n > 0 ? fmin(wilson(fmin(hits, n), n, 1), 1) : 1;
}

/* Hoare's selection: the k-th smallest at its place, smaller ones before it. */
static void select_value(double *values, size_t n, size_t k)
{
	size_t low = 0, high = n - 1;

	while (low < high) {
		double pivot = values[low + (high - low) / 2];
		size_t i = low, j = high;

		for (;;) {
			double swap;

			while (values[i] < pivot)
				i++;
			while (values[j] > pivot)
				j--;
			if (i >= j)
				break;
			swap = values[i];
			values[i++] = values[j];
			values[j--] = swap;
		}
		/* [low, j] is not above the pivot, and what is behind j not below it. */
		if (values[j] > pivot && j > low)
			j--;
		if (k <= j)
			high = j;
		else
			low = j + 1;
	}
}

double rca_quantile(double *values, size_t n, double p)
{
	double place = p * (double)(n - 1), next;
	size_t at = (size_t)place;

	if (at + 1 >= n)
		at = n - 1;
	select_value(values, n, at);
	next = values[at];
	for (size_t i = at + 1; i < n; i++)
		if (i == at + 1 || values[i] < next)
			next = values[i];
	return values[at] + (next - values[at]) * (place - (double)at);
}

const char *rca_name(const struct rca_work *work, uint32_t node, char out[80])
{
	return text_line(graph_name(&work->c->graph, node), out, 80);
}

void rca_say(struct rca_work *work, uint32_t node, const struct rca_evidence *evidence)
{
	struct rca_note *note;

	MEM_ROOM(work->notes, work->note_count, work->note_cap);
	note = &work->notes[work->note_count++];
	note->node = node;
	note->evidence = *evidence;
	note->evidence.ranker = work->ranker;
}

void rca_symptom(struct rca_work *work, uint32_t node, double strength, int64_t since)
{
	struct rca_node *n = &work->nodes[node];

	if (strength <= n->symptom)
		return;
	n->symptom = strength;
	n->since = since;
}

/* --- what there is --- */

static void saw(struct rca_work *w, uint32_t node, int64_t at)
{
	struct rca_node *n = &w->nodes[node];
	bool normal = w->c->normal_to && at >= w->c->normal_from && at <= w->c->normal_to;

	n->data = true;
	n->covered |= at >= w->from && at <= w->to;
	/* Somewhat before, lest it is the incident itself. */
	n->before += normal || at < w->at - 3 * MINUTE_MS;
}

static void look(struct rca_work *w)
{
	const struct capture *c = w->c;
	size_t *fullest = mem_new(w->node_count + 1, sizeof *fullest), most = 0;

	for (size_t i = 0; i < c->series_count; i++) {
		uint32_t node = c->series[i].node;
		size_t before = w->nodes[node].before;

		if (c->series[i].kind == METRIC_TRAFFIC && !w->nodes[node].traffic)
			w->nodes[node].traffic = i + 1;
		for (size_t k = 0; k < c->series[i].count; k++)
			saw(w, node, c->series[i].points[k].at);
		before = w->nodes[node].before - before;
		fullest[node] = before > fullest[node] ? before : fullest[node];
		most = before > most ? before : most;
	}
	for (uint32_t i = 0; i < w->node_count; i++) {
		/* In hardly any of the moments in which others were. */
		w->nodes[i].past = fullest[i] * 10 >= most && fullest[i];
		w->nodes[i].before = 0;
	}
	for (size_t i = 0; i < c->span_count; i++) {
		int64_t at = c->spans[i].at_us / 1000;

		saw(w, c->spans[i].node, at);
		w->nodes[c->spans[i].node].traced |= at >= w->from && at <= w->to;
	}
	for (size_t i = 0; i < c->line_count; i++)
		saw(w, c->lines[i].node, c->lines[i].at_us / 1000);
	for (size_t i = 0; i < w->node_count; i++)
		w->nodes[i].past |= w->nodes[i].before > 0;
	mem_free(fullest);
}

static int64_t newest(const struct capture *c)
{
	int64_t at = 0;

	for (size_t i = 0; i < c->series_count; i++) {
		const struct capture_series *s = &c->series[i];

		if (s->count && s->points[s->count - 1].at > at)
			at = s->points[s->count - 1].at;
	}
	for (size_t i = 0; i < c->span_count; i++)
		at = c->spans[i].at_us / 1000 > at ? c->spans[i].at_us / 1000 : at;
	for (size_t i = 0; i < c->line_count; i++)
		at = c->lines[i].at_us / 1000 > at ? c->lines[i].at_us / 1000 : at;
	return at;
}

/* --- suspects --- */

struct sum {
	uint32_t node;
	double score;
};

static int by_score(const void *a, const void *b)
{
	const struct sum *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

static int by_share(const void *a, const void *b)
{
	const struct rca_evidence *x = a, *y = b;

	return (fabs(x->share) < fabs(y->share)) - (fabs(x->share) > fabs(y->share));
}

/* What causes something is nearer to the fault than what is caused by it. */
static bool is_cause(const struct rca_evidence *e)
{
	return !strcmp(e->ranker, "saturation") || !strcmp(e->ranker, "statement");
}

/* Evidence is sorted by share. */
static const char *detail_of(const struct rca_suspect *s)
{
	const char *any = "";

	for (size_t i = 0; i < s->count; i++) {
		const struct rca_evidence *e = &s->evidence[i];

		if (!*e->query || !(e->share > 0))
			continue;
		if (is_cause(e) && e->share >= 0.3)
			return e->query;
		if (!*any)
			any = e->query;
	}
	return any;
}

static void fill_suspect(const struct rca_work *w, struct rca_suspect *s)
{
	for (size_t i = 0; i < w->note_count; i++) {
		if (w->notes[i].node != s->node || s->count == RCA_EVIDENCE)
			continue;
		s->evidence[s->count++] = w->notes[i].evidence;
	}
	qsort(s->evidence, s->count, sizeof *s->evidence, by_share);
	s->since = w->nodes[s->node].since;
	s->detail = detail_of(s);
}

static void find_suspects(const struct rca_work *w, struct rca *out)
{
	struct sum *sums = mem_new(w->node_count + 1, sizeof *sums);

	for (uint32_t i = 0; i < w->node_count; i++)
		sums[i].node = i;
	for (size_t i = 0; i < w->note_count; i++)
		sums[w->notes[i].node].score += w->notes[i].evidence.share;
	qsort(sums, w->node_count, sizeof *sums, by_score);
	for (size_t i = 0; i < w->node_count && out->count < RCA_SUSPECTS; i++) {
		struct rca_suspect *s = &out->suspects[out->count];

		if (!(sums[i].score > 0))
			break;
		s->node = sums[i].node;
		s->score = sums[i].score;
		fill_suspect(w, s);
		out->count++;
	}
	mem_free(sums);
}

/* --- the four parts --- */

static void note(struct rca_part *part, const char *text)
{
	if (part->count < RCA_NOTES)
		str_copy(part->notes[part->count++], RCA_SENTENCE, text);
}

/* Evidence that tells the cause from a victim: metrics that moved do not. */
static double cause_of(const struct rca_suspect *s)
{
	static const char *const telling[] = {
		"saturation", "statement", "latency", "stranger", "trigger"};
	double most = 0;

	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < sizeof telling / sizeof *telling; k++)
			if (!strcmp(s->evidence[i].ranker, telling[k]))
				most = fmax(most, s->evidence[i].share);
	return most;
}

/* Somebody was alerted because of a node that leads to this one. */
static bool is_alerted(const struct rca_work *w, uint32_t node)
{
	bool *seen = mem_new(w->node_count + 1, sizeof *seen), found;

	graph_callers_of(&w->c->graph, node, seen);
	found = w->c->alerted != GRAPH_NONE && seen[w->c->alerted];
	mem_free(seen);
	return found;
}

/* Nothing else agrees: no evidence of another kind, nobody who fails and calls it. */
static bool is_alone(const struct rca_work *w, const struct rca_suspect *s)
{
	return s->score < 1 && cause_of(s) < 0.3 &&
	       w->nodes[s->node].felt < LEAST_AGREED && !is_alerted(w, s->node);
}

static enum rca_grade grade_where(const struct rca_work *w, const struct rca *rca)
{
	const struct rca_suspect *top = &rca->suspects[0];
	double second = rca->count > 1 ? rca->suspects[1].score : 0;
	bool ahead = second < 0.75 * top->score;

	if (!rca->count || top->score < LEAST_SCORE || is_alone(w, top))
		return RCA_UNKNOWN;
	/* It calls what cannot be seen: that may be it just as well. */
	if (w->nodes[top->node].blind >= BLIND_PART)
		return RCA_UNKNOWN;
	if (ahead && top->score >= 1 && cause_of(top) >= 0.5)
		return RCA_STRONG;
	return ahead && top->score >= 0.8 ? RCA_LIKELY : RCA_WEAK;
}

static void say_unknown(
	const struct rca_work *w, const struct rca *rca, struct rca_part *part)
{
	const struct rca_suspect *top = &rca->suspects[0];
	char name[80];

	if (!w->c->series_count && !w->c->span_count && !w->c->line_count)
		str_copy(part->sentence, sizeof part->sentence,
			"there is nothing here to look at");
	else if (!rca->count)
		str_copy(part->sentence, sizeof part->sentence, "nothing moved");
	else if (w->nodes[top->node].blind >= BLIND_PART)
		snprintf(part->sentence, sizeof part->sentence,
			"%s fails, and %.0f %% of its calls go to something of which "
			"there "
			"is nothing here",
			rca_name(w, top->node, name), 100 * w->nodes[top->node].blind);
	else
		snprintf(part->sentence, sizeof part->sentence,
			"nothing stands out enough; most of it is said of %s",
			rca_name(w, top->node, name));
}

static void say_where(const struct rca_work *w, struct rca *rca)
{
	struct rca_part *part = &rca->parts[RCA_WHERE];
	const struct rca_suspect *top = &rca->suspects[0];
	char name[80];

	part->grade = grade_where(w, rca);
	if (part->grade == RCA_UNKNOWN) {
		say_unknown(w, rca, part);
		return;
	}
	rca->since = top->since;
	str_copy(part->sentence, sizeof part->sentence, rca_name(w, top->node, name));
	for (size_t i = 0; i < top->count; i++)
		if (top->evidence[i].share > 0)
			note(part, top->evidence[i].sentence);
}

static void say_trigger(const struct rca_work *w, struct rca *rca)
{
	struct rca_part *part = &rca->parts[RCA_TRIGGER];
	const struct capture_change *best = NULL;
	double most = 0;
	char kind[60], text[120], name[80], clock[TIME_TEXT];

	for (size_t i = 0; i < w->c->change_count && rca->since; i++) {
		double fit = rca_change_fit(
			w, &w->c->changes[i], rca->suspects[0].node, rca->since);

		if (fit > most) {
			most = fit;
			best = &w->c->changes[i];
		}
	}
	if (most < 0.1) {
		str_copy(part->sentence, sizeof part->sentence,
			!w->c->change_count ? "no changes are known"
			: rca->since        ? "no change fits in time and place"
					    : "not known what it would have to explain");
		return;
	}
	part->grade = most >= 0.6 ? RCA_STRONG : most >= 0.3 ? RCA_LIKELY : RCA_WEAK;
	/* It can be no surer than the place that it explains. */
	if (part->grade > rca->parts[RCA_WHERE].grade)
		part->grade = rca->parts[RCA_WHERE].grade;
	snprintf(part->sentence, sizeof part->sentence, "%s \"%s\"%s%s at %s",
		text_line(best->kind, kind, sizeof kind),
		text_line(best->text, text, sizeof text),
		best->node == GRAPH_NONE ? "" : " of ",
		best->node == GRAPH_NONE ? "" : rca_name(w, best->node, name),
		time_clock(best->at, clock));
}

static void say_felt(const struct rca_work *w, struct rca *rca)
{
	struct rca_part *part = &rca->parts[RCA_FELT];
	bool *seen = mem_new(w->node_count + 1, sizeof *seen);
	struct sum *felt = mem_new(w->node_count + 1, sizeof *felt);
	size_t n = 0;
	char name[80];

	if (rca->parts[RCA_WHERE].grade != RCA_UNKNOWN) {
		graph_callers_of(&w->c->graph, rca->suspects[0].node, seen);
		for (uint32_t i = 0; i < w->node_count; i++)
			if (seen[i] && i != rca->suspects[0].node &&
				(w->nodes[i].symptom > 0 || i == w->c->alerted))
				felt[n++] = (struct sum){i, w->nodes[i].symptom};
	}
	qsort(felt, n, sizeof *felt, by_score);
	part->grade = !n ? RCA_UNKNOWN : felt[0].score >= 0.5 ? RCA_STRONG : RCA_LIKELY;
	if (!n)
		str_copy(part->sentence, sizeof part->sentence,
			"nobody that calls it is seen to suffer");
	for (size_t i = 0; i < n && i < 8; i++) {
		size_t used = strlen(part->sentence);

		snprintf(part->sentence + used, sizeof part->sentence - used, "%s%s",
			i ? ", " : "", rca_name(w, felt[i].node, name));
	}
	mem_free(seen);
	mem_free(felt);
}

static void note_nodes(const struct rca_work *w, struct rca_part *part)
{
	size_t blind = 0, late = 0;
	char first[80] = "", late_first[80] = "", text[RCA_SENTENCE];

	for (uint32_t i = 0; i < w->node_count; i++) {
		const struct rca_node *n = &w->nodes[i];

		if (!n->data && !blind++)
			rca_name(w, i, first);
		if (n->data && !n->covered && !late++)
			rca_name(w, i, late_first);
	}
	if (blind) {
		snprintf(text, sizeof text,
			"%zu of %zu nodes of the graph without any data, such as %s",
			blind, w->node_count, first);
		note(part, text);
	}
	if (late) {
		snprintf(text, sizeof text,
			"%zu nodes with data, but none from this window, such as %s: "
			"gone, "
			"or a wrong clock",
			late, late_first);
		note(part, text);
	}
}

static void say_missing(const struct rca_work *w, struct rca *rca)
{
	struct rca_part *part = &rca->parts[RCA_MISSING];
	const struct capture *c = w->c;
	char text[RCA_SENTENCE];

	if (!c->series_count)
		note(part, "no metrics");
	if (!c->span_count)
		note(part, "no traces: own time and failed calls cannot be told apart");
	if (!c->line_count)
		note(part, "no logs");
	if (!c->graph.edge_count)
		note(part, "no call graph: causes and victims cannot be told apart");
	if (!c->change_count)
		note(part, "no changes: the trigger cannot be named");
	for (size_t i = 0; i < c->missing_count; i++)
		note(part, c->missing[i]);
	note_nodes(w, part);
	if (c->refused) {
		snprintf(text, sizeof text, "%zu rows that could not be taken",
			c->refused);
		note(part, text);
	}
	part->grade = part->count ? RCA_STRONG : RCA_UNKNOWN;
	snprintf(part->sentence, sizeof part->sentence,
		part->count ? part->count == 1 ? "one thing could not be seen"
					       : "%zu things could not be seen"
			    : "nothing that was looked for",
		part->count);
}

struct rca *rca_run(const struct capture *capture, const struct rca_options *options)
{
	struct rca *out = mem_new(1, sizeof *out);
	struct rca_work w = {.c = capture, .node_count = graph_count(&capture->graph)};

	out->at = options->at ? options->at : capture->at ? capture->at : newest(capture);
	out->window_ms = options->window_ms   ? options->window_ms
			 : capture->window_ms ? capture->window_ms
					      : RCA_WINDOW_MS;
	w.at = out->at;
	w.window_ms = out->window_ms;
	w.from = w.at - w.window_ms;
	w.to = w.at + w.window_ms;
	w.nodes = mem_new(w.node_count + 1, sizeof *w.nodes);
	look(&w);
	rca_look_blind(&w);
	for (size_t i = 0; i < RANKERS; i++) {
		w.ranker = rankers[i]->name;
		rankers[i]->rank(&w);
	}
	find_suspects(&w, out);
	say_where(&w, out);
	say_trigger(&w, out);
	say_felt(&w, out);
	say_missing(&w, out);
	mem_free(w.nodes);
	mem_free(w.notes);
	mem_free(w.measured);
	return out;
}

void rca_free(struct rca *rca)
{
	mem_free(rca);
}
