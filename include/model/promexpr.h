/* PromQL of an alerting rule, read far enough to draw its chart: the comparison that
 * makes it fire is split off, and what is compared is the curve.
 *
 *   sum by (service) (rate(errors[5m])) > 5 * 60   →   the sum, and a limit at 300
 *
 * The whole grammar is parsed (and the words MetricsQL adds), since only precedence
 * says which comparison is outermost. Texts are foreign; results live in the arena. */
#ifndef MODEL_PROMEXPR_H
#define MODEL_PROMEXPR_H

#include "base/arena.h"
#include "base/unit.h"
#include "model/alert.h"

#include <stdbool.h>
#include <stddef.h>

enum { PROMEXPR_MAX_BYTES = 32 << 10, PROMEXPR_MAX_DEPTH = 60 };

enum promexpr_op {
	PROMEXPR_NONE, /* no comparison, or none with a constant */
	PROMEXPR_GT,
	PROMEXPR_GE,
	PROMEXPR_LT,
	PROMEXPR_LE,
	PROMEXPR_EQ,
	PROMEXPR_NE,
};

struct promexpr {
	struct untrusted value; /* the side to draw */
	enum promexpr_op op;    /* as if the constant stood on the right */
	double constant;        /* NAN: none */
	/* The constant as struct limits takes it: values at or beyond it are bad, so
	 * for `> 0` the next larger number. == 0 is bad from below, == 1 from above,
	 * != 0 from above, != 1 from below. */
	double limit;
	bool below;
	bool absent;      /* fires when there is no value: the gap is the trouble */
	enum unit unit;   /* guessed from the names of metrics; UNIT_NONE: cannot say */
	size_t selectors; /* in value; 0: it depends on no series */
};

/* Of `and` and `or` the first side with a constant is taken, of `unless` the left;
 * parentheses, label_replace() and sort() are looked into, and of
 * `(…) * on(…) group_left(…) info` the many side. absent(x) gives x. A comparison of
 * two vectors gives its left side, an expression without one itself.
 * false: it cannot be read; value is then the text as it is, without a limit. */
bool promexpr_split(struct untrusted expr, struct arena *arena, struct promexpr *out);

/* The expression that gives only the series with these labels, asked instead of
 * everything the rule looks at: a rule over 10,000 pods whose alert names one.
 * name="value" is added to a selector only where the result cannot change by it:
 * through functions that keep labels, through aggregations that keep this one, over
 * both sides of an operator that matches on it or the side its result is taken from.
 * Where that is not certain (topk, absent, count_values, scalar, label_replace to
 * that label, functions not known, `by` without it) the selector stays as it is, and
 * the answer is filtered by whoever asked.
 *
 * labels must be those of the result itself: without alertname and what the rule or a
 * relabelling adds. The same text when nothing can be added or read. */
struct untrusted promexpr_narrow(struct untrusted expr, const struct pair *labels,
	size_t count, struct arena *arena);

/* A hash of the names of the metrics it looks at, in any order: expressions with the
 * same one measure the same, scaled or aggregated as they may be. 0: it cannot be read,
 * or a selector names no metric. */
uint64_t promexpr_measures(struct untrusted expr, struct arena *arena);

/* ">" … for people; "" for PROMEXPR_NONE. */
const char *promexpr_op_text(enum promexpr_op op);

#endif
