/* Root cause: which of the nodes of a capture is the likely origin of what went wrong, by
 * what it is felt, what may have triggered it, and what could not be seen. A row of
 * rankers looks at the capture; each adds a signed share and a sentence to the nodes it
 * has something to say of, and the sum of the shares is the rank. The method and its
 * sources: docs/root-cause.md. Pure: no clock and no I/O, any thread; the same capture
 * gives the same answer. */
#ifndef ANALYSIS_RCA_H
#define ANALYSIS_RCA_H

#include "model/capture.h"

enum {
	RCA_SENTENCE = 280,
	RCA_QUERY = 200,
	RCA_SUSPECTS = 50, /* at most in the answer */
	RCA_EVIDENCE = 16, /* of one suspect */
	RCA_NOTES = 12,    /* of one part */
};
#define RCA_WINDOW_MS (30 * INT64_C(60000))

/* No two decimals that pose as a probability. */
enum rca_grade { RCA_UNKNOWN, RCA_WEAK, RCA_LIKELY, RCA_STRONG };
enum rca_part_id {
	RCA_TRIGGER, /* what change started it */
	RCA_WHERE,   /* the deepest thing that fails */
	RCA_FELT,    /* its victims */
	RCA_MISSING, /* what could not be seen */
	RCA_PARTS,
};

extern const char *const rca_part_names[RCA_PARTS];
const char *rca_grade_name(enum rca_grade grade);

/* All texts are printable: names in them have passed text_line(). */
struct rca_evidence {
	const char *ranker;
	double share;
	int64_t at;             /* when it began, 0: not known */
	double value, expected; /* NaN: none */
	char query[RCA_QUERY];  /* the metric, or the pair of log statements; "": none */
	char sentence[RCA_SENTENCE];
};

struct rca_suspect {
	uint32_t node;
	double score;       /* the sum of all shares */
	int64_t since;      /* first sign of it; 0: none */
	const char *detail; /* the query of what is nearest to the fault; "": none */
	size_t count;
	struct rca_evidence evidence[RCA_EVIDENCE]; /* largest share first */
};

struct rca_part {
	enum rca_grade grade;
	char sentence[RCA_SENTENCE];
	size_t count;
	char notes[RCA_NOTES][RCA_SENTENCE];
};

struct rca {
	int64_t at, window_ms;
	int64_t since; /* when it began; 0: not known */
	struct rca_part parts[RCA_PARTS];
	size_t count;
	struct rca_suspect suspects[RCA_SUSPECTS]; /* best first; score > 0 */
};

struct rca_options {
	int64_t at;        /* 0: what the capture says, else its last moment */
	int64_t window_ms; /* before and after it; 0: what the capture says, else 30m */
};

/* The capture is settled. The caller frees the answer with rca_free(). */
struct rca *rca_run(const struct capture *capture, const struct rca_options *options);
void rca_free(struct rca *rca);
/* The names and one line of help of each ranker, NULL at the end. */
const char *rca_ranker(size_t i, const char **help);

#endif
