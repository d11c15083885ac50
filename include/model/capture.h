/* A capture: what was collected about one incident. Metrics of nodes, who calls whom,
 * spans, log lines and changes, from before it to after it. Whoever collects (a folder,
 * later the sources) fills it; analysis/rca.h reads it. One owner, any thread; everything
 * that is added is copied. Times of spans and lines are in microseconds, since their
 * order matters; all others are UTC ms. */
#ifndef MODEL_CAPTURE_H
#define MODEL_CAPTURE_H

#include "model/graph.h"
#include "model/logline.h"
#include "model/series.h"

enum {
	CAPTURE_SERIES = 50000,
	CAPTURE_POINTS = 20000000, /* of all series together */
	CAPTURE_SPANS = 4000000,
	CAPTURE_LINES = 4000000,
	CAPTURE_CHANGES = 10000,
	CAPTURE_WORDS = 400000, /* different metrics, operations and places in code */
	CAPTURE_TEXT = 240,     /* bytes kept of a message */
	CAPTURE_MISSING = 8,    /* sentences of what could not be seen */
};
#define CAPTURE_NONE INTERN_NONE

/* What a metric tells. Which way it is bad follows from it. */
enum metric_kind {
	METRIC_OTHER,
	METRIC_TRAFFIC,  /* requests, operations */
	METRIC_LATENCY,  /* bad when high */
	METRIC_ERRORS,   /* bad when high */
	METRIC_GOOD,     /* availability, success rate: bad when low */
	METRIC_RESOURCE, /* CPU, memory, disk, connections */
	METRIC_KINDS,
};

struct capture_series {
	uint32_t node, metric;
	enum metric_kind kind;
	struct untrusted asked; /* the expression that gives it; empty: not known */
	struct point *points;   /* sorted by capture_settle() */
	size_t count, cap;
};

struct capture_span {
	uint64_t trace, id, parent; /* hashes; parent 0: none */
	int64_t at_us, took_us;
	uint32_t node, operation;
	bool failed;
};

struct capture_line {
	int64_t at_us;
	uint64_t trace, span; /* 0: not known */
	uint32_t node;
	uint32_t source; /* place in code, in words; CAPTURE_NONE: not known */
	enum level level;
	struct untrusted text;
};

struct capture_change {
	int64_t at;
	uint32_t node; /* GRAPH_NONE: of no known node */
	struct untrusted kind, text;
};

struct capture {
	struct graph graph;
	struct intern words; /* metrics, operations, places in code */
	struct capture_series *series;
	struct capture_span *spans;
	struct capture_line *lines;
	struct capture_change *changes;
	size_t series_count, series_cap, span_count, span_cap, line_count, line_cap;
	size_t change_count, change_cap, point_count;
	size_t refused; /* what had no room, or no time */
	/* What whoever collected could not see; printable, without a dot. */
	char missing[CAPTURE_MISSING][CAPTURE_TEXT];
	size_t missing_count;
	int64_t at;        /* when somebody was alerted; 0: not known */
	int64_t window_ms; /* that was asked for; 0: not known */
	/* Where it was as ever, when that is not what is before the incident; 0: none. */
	int64_t normal_from, normal_to;
	uint32_t alerted; /* the node whose alert it is; GRAPH_NONE: not known */
	struct map series_ids;
	struct arena arena;
};

void capture_init(struct capture *capture);
void capture_release(struct capture *capture);
/* These return false, and count it as refused, when there is no room for it, or when it
 * has no node. */
bool capture_add_point(struct capture *capture, struct untrusted node,
	struct untrusted metric, struct point point);
bool capture_add_span(struct capture *capture, struct untrusted node,
	struct untrusted operation, struct capture_span span);
bool capture_add_line(struct capture *capture, struct untrusted node,
	struct untrusted source, struct capture_line line);
bool capture_add_change(
	struct capture *capture, struct untrusted node, struct capture_change change);
bool capture_add_edge(
	struct capture *capture, struct untrusted caller, struct untrusted callee);
/* How that series is asked for, once there is a point of it. Copied. */
void capture_asked(struct capture *capture, struct untrusted node,
	struct untrusted metric, const char *expr);
/* NULL when there is no such series. */
const struct capture_series *capture_find(
	const struct capture *capture, uint32_t node, struct untrusted metric);
/* One more sentence of what could not be seen; doubles, and those over CAPTURE_MISSING,
 * are dropped. */
void capture_miss(struct capture *capture, const char *sentence);
/* When all is added: sorts by time, drops doubles, and adds the edges that spans tell. */
void capture_settle(struct capture *capture);
struct untrusted capture_word(const struct capture *capture, uint32_t id);
/* By the words of its name: "PodServerLatencyP95(s)" is METRIC_LATENCY. */
enum metric_kind metric_kind_of(struct untrusted name);
/* An id of a trace or a span, of whatever form, as a number; 0 for the empty one. */
uint64_t capture_id(struct untrusted id);

#endif
