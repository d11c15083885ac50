/* What the rankers of root cause share: the nodes with what is known of them, and the
 * sentences said so far. Only for src/analysis/rca*.c. */
#ifndef ANALYSIS_RCA_PARTS_H
#define ANALYSIS_RCA_PARTS_H

#include "analysis/rca.h"

enum {
	/* How long ago it may have begun, in minutes before the alert: the lengths that
	 * are tried, each twice the one before. */
	RCA_LENGTHS = 5,
};

struct rca_node {
	double symptom; /* strongest sign that it does not do its work, 0..1 */
	int64_t since;  /* of that sign; 0: none */
	double felt;    /* symptoms of all that lead to it by calls */
	bool data;      /* there is anything of it at all */
	bool past;      /* there is enough of it from before the incident */
	size_t before;  /* how much */
	size_t traffic; /* place of the series of its requests, from 1; 0: none */
	double blind;   /* part of its calls that lead nowhere, 0..1 */
	bool traced;    /* there are spans of it from the window */
	bool covered;   /* there is something of it from the window */
};

struct rca_note {
	uint32_t node;
	struct rca_evidence evidence;
};

struct measured;

struct rca_work {
	const struct capture *c;
	int64_t at, from, to; /* the window: [from, to] */
	int64_t window_ms;
	struct rca_node *nodes; /* one for each of the graph */
	size_t node_count;
	struct rca_note *notes;
	size_t note_count, note_cap;
	struct measured *measured; /* by rca_change, for rca_loss */
	const char *ranker;        /* whose turn it is */
};

struct ranker {
	const char *name;
	const char *help; /* one line without full stop */
	void (*rank)(struct rca_work *work);
};

/* Says something of a node. The sentence has no full stop. */
void rca_say(struct rca_work *work, uint32_t node, const struct rca_evidence *evidence);
/* The node does not do its work: `strength` 0..1 since then. */
void rca_symptom(struct rca_work *work, uint32_t node, double strength, int64_t since);
/* 0 at three robust standard deviations, 1 at RCA_FULL_Z and beyond, as its logarithm. */
#define RCA_FULL_Z 30.0
double rca_strength(double z);
/* Bounds of a ratio of `hits` in n at z = 1.96 (Wilson 1927); 0 and 1 for n = 0. */
double rca_ratio_low(double hits, double n);
double rca_ratio_high(double hits, double n);
/* The p-th quantile, by linear interpolation; reorders the values. n > 0. */
double rca_quantile(double *values, size_t n, double p);
/* The node's name as text; out has 80 bytes. */
const char *rca_name(const struct rca_work *work, uint32_t node, char out[80]);

extern const struct ranker rca_change, rca_loss, rca_saturation, rca_latency,
	rca_failures, rca_statement, rca_words, rca_strangers, rca_position, rca_first,
	rca_trigger;

/* Which of its calls go to what there is no span of. */
void rca_look_blind(struct rca_work *work);
/* How well a change explains what began at `since` on `node`: 0..1. */
double rca_change_fit(const struct rca_work *work, const struct capture_change *change,
	uint32_t node, int64_t since);

#endif
