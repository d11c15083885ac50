/* A finding: the answer of analysis/rca.h about one incident, as it is printed for
 * scripts, kept in the store and shown: one JSON object of schema oogway.rca/1. What is
 * read back is foreign again. */
#ifndef APP_FINDING_H
#define APP_FINDING_H

#include "analysis/rca.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum {
	FINDING_BYTES = 240 << 10, /* fits into the store's keep */
	FINDING_POINTS = 160,      /* of one piece of evidence */
	FINDING_DRAWN = 5,         /* suspects whose evidence has points */
	FINDING_CHANGES = 20,
	FINDING_STEPS = 6,
	FINDING_STEP = 320,
};

struct finding_evidence {
	struct untrusted ranker, sentence;
	struct untrusted query;        /* the metric, or the pair of log statements */
	struct untrusted expr;         /* the expression that gives it; empty: none */
	double share, value, expected; /* NAN: none */
	int64_t at;
	const struct point *points; /* NULL: none are kept */
	size_t point_count;
};

struct finding_suspect {
	struct untrusted node;
	double score;
	int64_t since;
	struct finding_evidence *evidence; /* largest share first */
	size_t count;
};

struct finding_part {
	enum rca_grade grade;
	struct untrusted sentence;
	struct untrusted notes[RCA_NOTES];
	size_t count;
};

struct finding_change {
	int64_t at;
	struct untrusted node, text;
};

struct finding {
	int64_t at, window_ms, since, made_at;
	struct finding_part parts[RCA_PARTS];
	struct finding_suspect *suspects;
	struct finding_change *changes; /* of the window, oldest first */
	size_t count, change_count;
	struct arena arena;
};

/* What is written: points only with `drawn`; made_at 0: of a folder. */
struct finding_facts {
	const struct capture *capture;
	const struct rca *rca;
	int64_t made_at;
	bool drawn;
};
void finding_write(const struct finding_facts *facts, struct str *out);
/* NULL with a sentence when it is none. Any thread. */
struct finding *finding_read(struct untrusted bytes, struct err *err);
void finding_free(struct finding *finding);
/* What would prove it, or what to look at next: one sentence each, the first ones first.
 * False at the end. */
bool finding_step(const struct finding *finding, size_t i, char out[FINDING_STEP]);

#endif
