/* Captures: growing arrays with a maximum each, and one table that tells what a metric
 * is about from the words of its name. capture_settle() is what makes the order in which
 * things were added not matter. */
#include "model/capture.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

void capture_init(struct capture *capture)
{
	*capture = (struct capture){.alerted = GRAPH_NONE};
	graph_init(&capture->graph);
	intern_init(&capture->words, CAPTURE_WORDS);
	map_init(&capture->series_ids);
	arena_init(&capture->arena, (size_t)CAPTURE_LINES * CAPTURE_TEXT);
}

void capture_release(struct capture *capture)
{
	for (size_t i = 0; i < capture->series_count; i++)
		mem_free(capture->series[i].points);
	mem_free(capture->series);
	mem_free(capture->spans);
	mem_free(capture->lines);
	mem_free(capture->changes);
	map_release(&capture->series_ids);
	intern_release(&capture->words);
	graph_release(&capture->graph);
	arena_release(&capture->arena);
	*capture = (struct capture){0};
}

/* Longer words first where one holds another's: "success latency" is a latency. */
static const struct {
	const char *word;
	enum metric_kind kind;
} metric_words[] = {
	{"latency", METRIC_LATENCY},
	{"duration", METRIC_LATENCY},
	{"response time", METRIC_LATENCY},
	{"response_time", METRIC_LATENCY},
	{"availability", METRIC_GOOD},
	{"success", METRIC_GOOD},
	{"error", METRIC_ERRORS},
	{"5xx", METRIC_ERRORS},
	{"0dc", METRIC_ERRORS},
	{"fail", METRIC_ERRORS},
	{"fault", METRIC_ERRORS},
	{"timeout", METRIC_ERRORS},
	{"restart", METRIC_ERRORS},
	{"oom", METRIC_ERRORS},
	{"throttl", METRIC_ERRORS},
	{"cpu", METRIC_RESOURCE},
	{"memory", METRIC_RESOURCE},
	{"disk", METRIC_RESOURCE},
	{"connections", METRIC_RESOURCE},
	{"usage", METRIC_RESOURCE},
	{"utilization", METRIC_RESOURCE},
	{"utilisation", METRIC_RESOURCE},
	{"saturation", METRIC_RESOURCE},
	{"queue", METRIC_RESOURCE},
	{"request", METRIC_TRAFFIC},
	{"workload", METRIC_TRAFFIC},
	{"throughput", METRIC_TRAFFIC},
	{"ops", METRIC_TRAFFIC},
	{"qps", METRIC_TRAFFIC},
	{"rps", METRIC_TRAFFIC},
};

enum metric_kind metric_kind_of(struct untrusted name)
{
	for (size_t i = 0; i < sizeof metric_words / sizeof *metric_words; i++)
		if (untrusted_find_nocase(name, metric_words[i].word) >= 0)
			return metric_words[i].kind;
	return METRIC_OTHER;
}

uint64_t capture_id(struct untrusted id)
{
	size_t n;
	const unsigned char *p = text_raw(id, &n);
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return n ? (h ? h : 1) : 0;
}

static bool refuse(struct capture *capture)
{
	capture->refused++;
	return false;
}

static struct capture_series *series_of(
	struct capture *capture, uint32_t node, uint32_t metric)
{
	const uint32_t key[2] = {node, metric};
	uintptr_t at = (uintptr_t)map_get(&capture->series_ids, key, sizeof key);

	if (at)
		return &capture->series[at - 1];
	if (capture->series_count == CAPTURE_SERIES)
		return NULL;
	MEM_ROOM(capture->series, capture->series_count, capture->series_cap);
	capture->series[capture->series_count++] = (struct capture_series){.node = node,
		.metric = metric,
		.kind = metric_kind_of(capture_word(capture, metric))};
	map_put(&capture->series_ids, key, sizeof key,
		(void *)(uintptr_t)capture->series_count);
	return &capture->series[capture->series_count - 1];
}

bool capture_add_point(struct capture *capture, struct untrusted node,
	struct untrusted metric, struct point point)
{
	uint32_t id = graph_node(&capture->graph, node);
	uint32_t word = intern_id(&capture->words, metric);
	struct capture_series *series;

	if (id == GRAPH_NONE || word == CAPTURE_NONE || !isfinite(point.value) ||
		capture->point_count == CAPTURE_POINTS)
		return refuse(capture);
	series = series_of(capture, id, word);
	if (!series)
		return refuse(capture);
	MEM_ROOM(series->points, series->count, series->cap);
	series->points[series->count++] = point;
	capture->point_count++;
	return true;
}

const struct capture_series *capture_find(
	const struct capture *capture, uint32_t node, struct untrusted metric)
{
	const uint32_t key[2] = {node, intern_find(&capture->words, metric)};
	uintptr_t at = (uintptr_t)map_get(&capture->series_ids, key, sizeof key);

	return at ? &capture->series[at - 1] : NULL;
}

void capture_asked(struct capture *capture, struct untrusted node,
	struct untrusted metric, const char *expr)
{
	const struct capture_series *found =
		capture_find(capture, graph_find(&capture->graph, node), metric);

	if (found)
		capture->series[found - capture->series].asked =
			untrusted_copy(&capture->arena, untrusted_str(expr));
}

void capture_miss(struct capture *capture, const char *sentence)
{
	for (size_t i = 0; i < capture->missing_count; i++)
		if (!strcmp(capture->missing[i], sentence))
			return;
	if (capture->missing_count < CAPTURE_MISSING)
		str_copy(capture->missing[capture->missing_count++], CAPTURE_TEXT,
			sentence);
}

bool capture_add_span(struct capture *capture, struct untrusted node,
	struct untrusted operation, struct capture_span span)
{
	span.node = graph_node(&capture->graph, node);
	span.operation = intern_id(&capture->words, operation);
	if (span.node == GRAPH_NONE || !span.trace || !span.id || span.took_us < 0 ||
		capture->span_count == CAPTURE_SPANS)
		return refuse(capture);
	MEM_ROOM(capture->spans, capture->span_count, capture->span_cap);
	capture->spans[capture->span_count++] = span;
	return true;
}

bool capture_add_line(struct capture *capture, struct untrusted node,
	struct untrusted source, struct capture_line line)
{
	line.node = graph_node(&capture->graph, node);
	line.source = intern_id(&capture->words, source);
	if (line.node == GRAPH_NONE || capture->line_count == CAPTURE_LINES)
		return refuse(capture);
	line.text = untrusted_copy(
		&capture->arena, untrusted_slice(line.text, 0, CAPTURE_TEXT));
	MEM_ROOM(capture->lines, capture->line_count, capture->line_cap);
	capture->lines[capture->line_count++] = line;
	return true;
}

bool capture_add_change(
	struct capture *capture, struct untrusted node, struct capture_change change)
{
	if (capture->change_count == CAPTURE_CHANGES)
		return refuse(capture);
	change.node = graph_node(&capture->graph, node);
	change.kind = untrusted_copy(
		&capture->arena, untrusted_slice(change.kind, 0, CAPTURE_TEXT));
	change.text = untrusted_copy(
		&capture->arena, untrusted_slice(change.text, 0, CAPTURE_TEXT));
	MEM_ROOM(capture->changes, capture->change_count, capture->change_cap);
	capture->changes[capture->change_count++] = change;
	return true;
}

bool capture_add_edge(
	struct capture *capture, struct untrusted caller, struct untrusted callee)
{
	uint32_t from = graph_node(&capture->graph, caller);
	uint32_t to = graph_node(&capture->graph, callee);

	return graph_add(&capture->graph, from, to) || refuse(capture);
}

struct untrusted capture_word(const struct capture *capture, uint32_t id)
{
	return intern_at(&capture->words, id);
}

/* --- settling --- */

static int by_time(const void *a, const void *b)
{
	int64_t x = ((const struct point *)a)->at, y = ((const struct point *)b)->at;

	return (x > y) - (x < y);
}

static void settle_series(struct capture_series *series)
{
	size_t kept = 0;

	if (!series->count)
		return;
	qsort(series->points, series->count, sizeof *series->points, by_time);
	for (size_t i = 0; i < series->count; i++)
		if (!kept || series->points[kept - 1].at != series->points[i].at)
			series->points[kept++] = series->points[i];
	series->count = kept;
}

static int by_id(const void *a, const void *b)
{
	const struct capture_span *x = a, *y = b;

	if (x->trace != y->trace)
		return x->trace < y->trace ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->at_us > y->at_us) - (x->at_us < y->at_us);
}

static const struct capture_span *span_of(
	const struct capture *capture, uint64_t trace, uint64_t id)
{
	const struct capture_span key = {.trace = trace, .id = id, .at_us = INT64_MIN};
	size_t low = 0, high = capture->span_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by_id(&capture->spans[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == capture->span_count || capture->spans[low].trace != trace ||
		capture->spans[low].id != id)
		return NULL;
	return &capture->spans[low];
}

static void settle_spans(struct capture *capture)
{
	size_t kept = 0;

	if (!capture->span_count)
		return;
	qsort(capture->spans, capture->span_count, sizeof *capture->spans, by_id);
	for (size_t i = 0; i < capture->span_count; i++) {
		const struct capture_span *last = &capture->spans[kept ? kept - 1 : 0];

		if (!kept || last->trace != capture->spans[i].trace ||
			last->id != capture->spans[i].id)
			capture->spans[kept++] = capture->spans[i];
	}
	capture->span_count = kept;
	for (size_t i = 0; i < kept; i++) {
		const struct capture_span *span = &capture->spans[i], *parent;

		parent =
			span->parent ? span_of(capture, span->trace, span->parent) : NULL;
		if (parent && parent->node != span->node)
			graph_add(&capture->graph, parent->node, span->node);
	}
}

static int line_order(const void *a, const void *b)
{
	const struct capture_line *x = a, *y = b;

	return (x->at_us > y->at_us) - (x->at_us < y->at_us);
}

void capture_settle(struct capture *capture)
{
	for (size_t i = 0; i < capture->series_count; i++)
		settle_series(&capture->series[i]);
	settle_spans(capture);
	if (capture->line_count)
		qsort(capture->lines, capture->line_count, sizeof *capture->lines,
			line_order);
	graph_settle(&capture->graph);
}
