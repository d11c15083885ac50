/* Joins the verdicts of one series into anomalies: one begins with the first point of
 * the run that made it sure, keeps its worst point, and is over after a hold-off. Any
 * thread. */
#include "analysis/anomaly.h"

#include "base/time.h"

#include <math.h>

int64_t anomaly_hold_ms(int64_t interval_ms)
{
	int64_t hold = 12 * interval_ms;

	return hold > 10 * MINUTE_MS ? hold : 10 * MINUTE_MS;
}

int64_t anomaly_calm_ms(int64_t interval_ms)
{
	int64_t calm = 5 * interval_ms;

	return calm > MINUTE_MS ? calm : MINUTE_MS;
}

static void keep_peak(
	struct anomaly *a, const struct verdict *v, int64_t at, enum unit unit)
{
	a->peak_at = at;
	a->value = v->value;
	a->expected = v->expected;
	a->low = v->low;
	a->high = v->high;
	a->score = v->score;
	a->reason = v->reason;
	verdict_sentence(v, unit, a->sentence);
}

/* How far a value is where none should be: beyond a limit, or from what is expected. */
static double distance(const struct verdict *v, double value)
{
	switch (v->reason) {
	case REASON_OVER_LIMIT:
		return value;
	case REASON_UNDER_LIMIT:
		return -value;
	default:
		return fabs(value - v->expected);
	}
}

/* The score ends at 1, severity and value do not. */
static bool is_worse(const struct anomaly *a, const struct verdict *v)
{
	if (v->severity != a->severity)
		return v->severity < a->severity;
	if (v->score != a->score)
		return v->score > a->score;
	return v->reason == a->reason && distance(v, v->value) > distance(v, a->value);
}

/* It is graver now, by another limit; what its worst value was may stay. */
static void keep_worse(
	struct anomaly *a, const struct verdict *v, int64_t at, enum unit unit)
{
	struct verdict worst = *v;
	double score = v->score > a->score ? v->score : a->score;

	if (v->reason == a->reason && distance(v, a->value) > distance(v, v->value)) {
		worst.value = a->value;
		at = a->peak_at;
	}
	a->severity = v->severity;
	keep_peak(a, &worst, at, unit);
	a->score = score;
}

bool anomaly_over(struct anomaly_track *track, int64_t at, int64_t hold_ms)
{
	if (!track->open || at - track->now.end <= hold_ms)
		return false;
	track->open = false;
	return true;
}

enum anomaly_event anomaly_feed(struct anomaly_track *track,
	const struct verdict *verdict, int64_t at, enum unit unit)
{
	struct anomaly *a = &track->now;

	if (!verdict->anomalous)
		return ANOMALY_NONE;
	if (!track->open) {
		track->open = true;
		*a = (struct anomaly){
			.start = verdict->since ? verdict->since : at,
			.end = at,
			.severity = verdict->severity,
		};
		keep_peak(a, verdict, at, unit);
		return ANOMALY_BEGAN;
	}
	a->end = at;
	if (!is_worse(a, verdict))
		return ANOMALY_NONE;
	keep_worse(a, verdict, at, unit);
	return ANOMALY_WORSE;
}
