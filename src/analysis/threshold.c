/* Fixed limits. N points in a row make it bad, so one blip is nothing; N in a row well
 * inside make it good again, so a value that dances on the limit is one anomaly. The
 * severity is the mildest of the last N points: N critical ones make it critical.
 * Any thread. */
#include "analysis/detector.h"

#include <math.h>
#include <string.h>

struct threshold_state {
	int64_t last_at, since;
	int32_t warn_run, critical_run, good_run;
	uint8_t bad, critical, spare[2];
};

_Static_assert(sizeof(struct threshold_state) == 32, "as the header says");

static int needed(const struct detector_config *config)
{
	return config->confirm_points > 1 ? config->confirm_points : 1;
}

static void count(int32_t *run, bool one_more)
{
	if (!one_more)
		*run = 0;
	else if (*run < INT32_MAX)
		(*run)++;
}

/* The limits at which a bad series is good again. */
static struct limits easier(const struct detector_config *config)
{
	struct limits limits = config->limits;
	double room = fabs(limits.warn) * (1 - config->clear_ratio);
	double hard = fabs(limits.critical) * (1 - config->clear_ratio);

	limits.warn += limits.below ? room : -room;
	limits.critical += limits.below ? hard : -hard;
	return limits;
}

/* 0 far away, 0.5 at the first limit, 1 at the critical one. */
static double score_of(struct limits limits, double value)
{
	double first = isnan(limits.warn) ? limits.critical : limits.warn;
	double last = isnan(limits.critical) ? limits.warn : limits.critical;
	double part;

	switch (limits_judge(limits, value)) {
	case SEVERITY_CRITICAL:
		return 1;
	case SEVERITY_OK:
		part = limits.below ? first / value : value / first;
		return part > 0 && part < 1 ? part / 2 : 0;
	default:
		part = last != first ? (value - first) / (last - first) : 0;
		return 0.5 + 0.5 * fmin(fmax(part, 0), 1);
	}
}

static struct verdict threshold_feed(
	void *opaque, const struct detector_config *config, struct point point)
{
	struct threshold_state *s = opaque;
	struct limits limits = config->limits;
	struct verdict out = {
		.value = point.value,
		.expected = NAN,
		.low = NAN,
		.high = NAN,
		.severity = SEVERITY_OK,
		.basis = BASIS_LIMITS,
	};
	enum severity judged;
	int n = needed(config);

	if (!isfinite(point.value) || (s->last_at && point.at <= s->last_at)) {
		out.reason = REASON_IGNORED;
		return out;
	}
	s->last_at = point.at;
	judged = limits_judge(limits, point.value);
	if (judged != SEVERITY_OK && !s->warn_run && !s->bad)
		s->since = point.at;
	count(&s->warn_run, judged != SEVERITY_OK);
	count(&s->critical_run, judged == SEVERITY_CRITICAL);
	count(&s->good_run, limits_judge(easier(config), point.value) == SEVERITY_OK);
	if (s->warn_run >= n)
		s->bad = 1;
	if (s->critical_run >= n)
		s->critical = 1;
	if (s->good_run >= n)
		s->bad = s->critical = 0;
	if (!s->bad && !s->warn_run)
		s->since = 0;
	out.score = score_of(limits, point.value);
	out.since = s->since;
	if (limits.below)
		out.low =
			isnan(limits.warn) || s->critical ? limits.critical : limits.warn;
	else
		out.high =
			isnan(limits.warn) || s->critical ? limits.critical : limits.warn;
	if (!s->bad)
		return out;
	out.anomalous = true;
	out.severity = s->critical ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	out.reason = limits.below ? REASON_UNDER_LIMIT : REASON_OVER_LIMIT;
	return out;
}

const struct detector_class detector_threshold = {
	.name = "threshold",
	.version = 1,
	.state_size = sizeof(struct threshold_state),
	.feed = threshold_feed,
};
