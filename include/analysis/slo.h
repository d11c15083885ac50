/* Service level objectives: of counts in buckets, the error budget that is left, how
 * fast it is spent, and whether that is worth a page. The rules are those of the Google
 * SRE Workbook, chapter 5 ("multiwindow, multi-burn-rate alerts"). No clock, no I/O; any
 * thread. Times are UTC ms: a day has 24 hours, whatever clocks on walls do. */
#ifndef ANALYSIS_SLO_H
#define ANALYSIS_SLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SLO_RULES = 4,
	SLO_PAGES = 2 /* the first of them page, the others are tickets */
};

#define SLO_FINE_MS  INT64_C(300000)  /* buckets of the last three days */
#define SLO_LONG_MS  INT64_C(3600000) /* … and of all of the window */
#define SLO_LEAST_MS (3 * INT64_C(86400000))
#define SLO_MOST_MS  (90 * INT64_C(86400000)) /* windows of objectives */

struct slo_rule {
	double burn;               /* times the rate that spends just the budget */
	int64_t long_ms, short_ms; /* both windows must burn so */
};
extern const struct slo_rule slo_rules[SLO_RULES];

struct slo_spec {
	double target;     /* 0.999; 1 leaves no budget: one bad event spends it */
	int64_t window_ms; /* SLO_LEAST_MS to SLO_MOST_MS */
	double least;      /* events in a long window; with fewer there is no verdict */
};

/* Counts of one objective. */
struct slo_data;
struct slo_data *slo_data_new(int64_t window_ms);
void slo_data_free(struct slo_data *data);
/* What happened in the bucket that ends at `end`; width is SLO_FINE_MS or SLO_LONG_MS.
 * One whose end lies on its grid is kept, and replaces what was there; a newer one
 * between two of the fine grid is the last known until another comes. Not finite or
 * negative: no data. bad is brought down to total. */
void slo_data_put(
	struct slo_data *data, int64_t width, int64_t end, double total, double bad);
/* When the newest bucket with data ends; 0: there is none. */
int64_t slo_data_newest(const struct slo_data *data);

struct slo_span {
	double total, bad;
	int64_t span_ms, covered_ms; /* less than half covered: it says nothing */
};
/* One bucket as it is kept; false: nothing is known of it. */
bool slo_data_bucket(const struct slo_data *data, int64_t width, int64_t end,
	double *total, double *bad);
/* The span that ends at `to`. */
struct slo_span slo_data_span(const struct slo_data *data, int64_t to, int64_t span_ms);
bool slo_span_valid(const struct slo_span *span);
/* Share of bad ones over the allowed share; 0 without events; INFINITY without budget. */
double slo_burn(const struct slo_span *span, double target);

enum slo_verdict {
	SLO_CALM,
	SLO_BURNS,
	SLO_NO_DATA, /* less than half of a window is covered */
	SLO_FEW,     /* too few events */
};

struct slo_rule_state {
	enum slo_verdict verdict;
	bool holds; /* not burning, but so near that what fires goes on */
	struct slo_span over, lately; /* the long window, and the short one */
	double burn, burn_lately;
};

struct slo_state {
	int64_t at;
	struct slo_rule_state rules[SLO_RULES];
	struct slo_span budget; /* over the objective's window */
	bool known;             /* half of that is covered, and there were events */
	double left;            /* share of the budget; 1: all, below 0: overspent */
	double rate;            /* the present burn: of the last hour, else of six; NAN */
	int64_t ends_at; /* when it is spent at that rate, what leaves the window counted;
	                    0: not within a window */
};
void slo_judge(const struct slo_spec *spec, const struct slo_data *data, int64_t now,
	struct slo_state *out);

/* A rule over time: fires at once, goes on while it nearly burns, and ends when it has
 * been calm for a while. What is not known ends nothing, for as long as its long
 * window. */
struct slo_track {
	bool fires;
	int64_t since; /* it fires, or ended */
	int64_t burnt_at, known_at;
};
/* True when it began or ended. */
bool slo_track_feed(struct slo_track *track, size_t rule,
	const struct slo_rule_state *state, int64_t now);
/* How long it must be calm. */
int64_t slo_track_calm(size_t rule);

#endif
