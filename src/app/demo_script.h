/* The tables of the demo's story: what happens when, in seconds from its start. */
#ifndef APP_DEMO_SCRIPT_H
#define APP_DEMO_SCRIPT_H

#include "app/demo.h"

#include <limits.h>

enum { NEVER = INT_MAX, DEMO_CURVE = 6, DEMO_LABELS = 4 };

/* The curve of a series: by what it is multiplied from that second on, with a smooth
 * way from each to the next; 1 before the first and after the last. */
struct demo_key {
	int second;
	double factor;
};

struct demo_curve {
	const char *name;
	double base;
	double swing;    /* part of the base that comes and goes with the day */
	double noise;    /* part of the base that comes and goes with the minute */
	double per_hour; /* growth since an hour before the start */
	struct demo_key keys[DEMO_CURVE]; /* up to a factor of 0 */
};

/* Rows of the same query follow each other. */
struct demo_series {
	struct demo_curve curve; /* its name is the query's */
	const char *options;     /* as in the rc: "unit=percent warn=1" */
	const char *expr;
	const char *labels;
};

struct demo_metric {
	struct demo_curve curve;
	enum unit unit;
	double warn, critical;
};

struct demo_alert {
	enum demo_feed feed;
	enum severity severity;
	const char *id, *title, *summary, *service;
	bool pages;
	bool stays;           /* it is there in every round, before and after */
	int began;            /* below 0: before the story */
	const char *assigned; /* who is paged */
	const char *next;     /* and who is next, at next_at */
	int next_at;
	/* Later: worse, or another one is paged. */
	int escalated;
	enum severity worse;
	const char *later_assigned, *later_next;
	int later_next_at;
	int acked;
	const char *acked_by;
	int resolved, gone; /* listed as resolved until gone */
	const char *labels[DEMO_LABELS][2];
	const char *value; /* annotation */
};

struct demo_change {
	int second;
	const char *id, *service, *summary;
};

struct demo_line {
	int second, every, until; /* every 0: once */
	enum level level;
	const char *host, *unit;
	const char *text; /* each * is another number each time */
};

struct demo_call {
	const char *who;
	int level;
	bool me;
};

struct demo_source {
	const char *name, *where;
	bool pages;
	int every_s, phase; /* it answers in seconds phase, phase + every_s, … */
	int down_from, down_to;
	const char *why;
};

extern const struct demo_series demo_series[];
extern const size_t demo_series_count;
extern const struct demo_metric demo_metrics[];
extern const size_t demo_metric_count;
extern const struct demo_alert demo_alerts[];
extern const size_t demo_alert_count;
extern const struct demo_change demo_changes[];
extern const size_t demo_change_count;
extern const struct demo_line demo_log[];
extern const size_t demo_log_count;
extern const struct demo_call demo_calls[];
extern const size_t demo_call_count;
extern const struct demo_source demo_sources[DEMO_FEEDS];

#endif
