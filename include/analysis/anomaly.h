/* Anomalies: the verdicts of one series, joined into spans of time. */
#ifndef ANALYSIS_ANOMALY_H
#define ANALYSIS_ANOMALY_H

#include "analysis/detector.h"

struct anomaly {
	int64_t start; /* first bad point, also those before it was sure */
	int64_t end;   /* last bad point */
	int64_t peak_at;
	double value;               /* at its worst, with the limit of its severity */
	double expected, low, high; /* then; NaN: none */
	double score;               /* highest */
	enum severity severity;     /* worst */
	enum detector_reason reason;
	char sentence[DETECTOR_SENTENCE]; /* of the worst point */
};

/* Per series; zeroed is the start. No pointers: may be saved as bytes. */
struct anomaly_track {
	struct anomaly now; /* valid while open */
	bool open;
};

enum anomaly_event {
	ANOMALY_NONE,
	ANOMALY_BEGAN,
	ANOMALY_WORSE, /* a graver severity, a higher score or a worse value */
};

/* True once when nothing was bad for hold_ms (> 0), so that one problem that comes and
 * goes is one anomaly; track->now is its last form. Call it before anomaly_feed, and
 * from time to time also without points: a series may fall silent. */
bool anomaly_over(struct anomaly_track *track, int64_t at, int64_t hold_ms);
/* `at` rises. */
enum anomaly_event anomaly_feed(struct anomaly_track *track,
	const struct verdict *verdict, int64_t at, enum unit unit);
/* What to use for hold_ms: 12 points, at least 10 minutes. */
int64_t anomaly_hold_ms(int64_t interval_ms);
/* Nothing was bad for so long that nobody needs to look, though the same anomaly goes
 * on if it comes again within the hold-off: 5 points, at least a minute. */
int64_t anomaly_calm_ms(int64_t interval_ms);

#endif
