/* Joins the verdicts of one series into anomalies: one begins with the first point of
 * the run that made it sure, keeps its worst point, and is over after a hold-off. Any
 * thread. */
#include "analysis/anomaly.h"

#include "base/time.h"

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
	bool worse;

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
	worse = verdict->score > a->score || verdict->severity < a->severity;
	if (verdict->severity < a->severity)
		a->severity = verdict->severity;
	if (verdict->score > a->score)
		keep_peak(a, verdict, at, unit);
	return worse ? ANOMALY_WORSE : ANOMALY_NONE;
}
