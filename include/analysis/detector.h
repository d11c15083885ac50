/* A detector looks at one series, point by point, and says after each whether it is
 * as it should be. Pure mathematics: no clock, no files, any thread, one at a time
 * for one state.
 *
 * A state is learnt, has a fixed size and holds no pointer, so that it is saved as
 * bytes and goes on bit for bit. What people set (struct detector_config) is not part
 * of it: a changed limit works from the next point on. Callers use the functions
 * below, never the slots. */
#ifndef ANALYSIS_DETECTOR_H
#define ANALYSIS_DETECTOR_H

#include "base/err.h"
#include "model/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DETECTOR_MAX_STATE = 16384, /* bytes of the state of any class */
	DETECTOR_HEADER = 32,       /* that a saved state has in front */
	DETECTOR_SENTENCE = 120,
};

enum detector_direction { DIRECTION_BOTH, DIRECTION_UP, DIRECTION_DOWN };

struct detector_config {
	struct limits limits;
	enum unit unit;
	int64_t interval_ms; /* between points, as expected; > 0 */
	/* How many points in a row make it bad. Longer ones than `confirm_ms` in all
	 * are not waited for: hourly points speak alone. */
	int confirm_points;
	int64_t confirm_ms;
	double clear_ratio; /* threshold: clears below this part of the limit, 0..1 */
	enum detector_direction direction;
	double sensitivity;      /* robust standard deviations that are too many */
	double min_change;       /* smallest change worth a word, in the unit */
	double min_change_ratio; /* and as a part of what was expected */
};

/* Defaults for a unit: 3 points in at most 10 minutes, 10 %, … */
void detector_config_init(struct detector_config *config, enum unit unit,
	struct limits limits, int64_t interval_ms);

enum detector_reason {
	REASON_NORMAL,
	REASON_LEARNING,   /* too little is known to say anything */
	REASON_IGNORED,    /* not newer than the last point, or not a number */
	REASON_OVER_LIMIT, /* for confirm_points in a row */
	REASON_UNDER_LIMIT,
	REASON_ABOVE_USUAL,
	REASON_BELOW_USUAL,
	REASON_HIGHEST, /* of all that is remembered, by much */
	REASON_LOWEST,
	REASON_LEVEL_UP, /* the mean of the last points */
	REASON_LEVEL_DOWN,
	REASON_DRIFT_UP, /* the mean of what differs from the same half hours before */
	REASON_DRIFT_DOWN,
	REASON_RESTLESS, /* varies more than ever */
	REASON_FLAT,     /* has not moved for longer than ever */
	REASON_COUNT,
};

/* One word for machines: "above-usual", "level-up", … */
const char *reason_name(enum detector_reason reason);

/* What `expected` was made from. */
enum detector_basis {
	BASIS_RECENT, /* the last values only */
	BASIS_DAY,    /* the same hour of other days */
	BASIS_WEEK,   /* the same hour of other weeks */
	BASIS_LIMITS, /* nothing: fixed limits */
};

struct verdict {
	double value;
	double score;  /* 0 as ever … 1 */
	double excess; /* how many bounds off; 0 for limits, and while learning */
	/* Fused only, as the next line: how much begins here, 0 … 1; 0 while what was
	 * said already goes on. For ranking and thresholds of one's own. */
	double fresh;
	double measured, before;    /* by the reason: now, and the extreme until now */
	double expected, low, high; /* NaN: none */
	int64_t since;              /* first of the points in a row; 0 when none */
	enum severity severity;     /* SEVERITY_OK unless anomalous */
	enum detector_reason reason;
	enum detector_basis basis;
	bool anomalous;
	bool suspect;    /* fused: bad as it is, though more points may be waited for */
	bool learning;   /* the whole of what it could know is not known yet */
	int days_learnt; /* of 7; seasonal only */
};

/* What is still missing: "seasonal baseline: 3 of 7 days learnt; compared with the last
 * hours" (or "… with the same hour of other days"; "thresholds only" while nothing can
 * be said); "" when all is known. */
const char *verdict_learning(const struct verdict *verdict, char out[DETECTOR_SENTENCE]);
/* One short sentence without a full stop: "91 %, usually 31 % to 46 % at this hour of
 * the week", what verdict_learning says while nothing can be said, or "" when all is
 * normal. */
const char *verdict_sentence(
	const struct verdict *verdict, enum unit unit, char out[DETECTOR_SENTENCE]);

struct detector_class {
	const char *name;
	uint32_t version; /* of the state's layout */
	size_t state_size;
	void (*start)(void *state);
	struct verdict (*feed)(
		void *state, const struct detector_config *config, struct point point);
	bool (*check)(const void *state); /* every index within its array */
};

/* Limits that people set: bad after confirm_points in a row, good again after as many
 * beyond clear_ratio. 32 bytes. */
extern const struct detector_class detector_threshold;
/* Robust seasonal baseline, by the hour of the week in the local zone: see
 * src/analysis/seasonal.c for the method. 7,344 bytes. */
extern const struct detector_class detector_seasonal;
/* Baseline, new extremes, level, spread and standstill fused into one verdict: see
 * src/analysis/fused.c. 12,320 bytes. */
extern const struct detector_class detector_fused;

/* state: class->state_size bytes, aligned for int64_t. */
void detector_start(const struct detector_class *class, void *state);
struct verdict detector_feed(const struct detector_class *class, void *state,
	const struct detector_config *config, struct point point);
/* Writes DETECTOR_HEADER + state_size bytes; 0 when size is too small. */
size_t detector_save(
	const struct detector_class *class, const void *state, void *out, size_t size);
/* Refuses bytes of another class, version or machine, and damaged ones; the state is
 * untouched then: start it anew. */
bool detector_restore(const struct detector_class *class, void *state, const void *bytes,
	size_t n, struct err *err);

#endif
