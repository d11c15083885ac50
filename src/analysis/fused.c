/* Several detectors fused into one verdict, by two kinds of evidence.
 *
 * Surprise: how far the robust seasonal baseline was missed (seasonal.c), times the root
 * of how sudden it came, the last step over the mean step: what crept there is most often
 * the baseline's own error. News: by how much of its range a view of the series is beyond
 * everything of the last 4096 points (extremes.c). Views are the value, what differs from
 * the half hour of day and week, the level, the spread, and how long nothing moved.
 *
 * Each alone can make it bad. News x (1 + surprise) is how much begins here: what was
 * told is not news again until it has faded, so one problem is one peak. Sources and
 * figures: docs/anomalies.md. Any thread. */
#include "analysis/detector.h"

#include "base/time.h"
#include "extremes.h"
#include "profile.h"

#include <math.h>
#include <string.h>

enum {
	SEASONAL_WORDS = 918, /* of its state */
	LEVEL = 48,           /* points of the level */
	REST = 8,             /* of the mean difference from the profile */
	SPREAD = 24,          /* of the spread */
	FLAT_MIN = 12,        /* equal ones that may be a line */
	FLAT_LEAST = 6,       /* are nothing at all */
	WILD = 36,            /* points of more spread than ever */
	WILD_MOST = 576,
	FLAT_FORGETS = 16, /* shorter ones until a long one is forgotten */
	STEPS = 200,       /* of the mean step */
	KNOWN = 9,         /* blocks of a view before its news alone are enough */
	STARTED = 50,      /* points before a step is cut */
};

enum view { VIEW_VALUE, VIEW_REST, VIEW_LEVEL, VIEW_SPREAD, VIEW_FLAT, VIEWS };

#define SUDDEN     10.0  /* mean steps at once that count in full */
#define SURPRISED  0.85  /* surprise that is bad */
#define FAR        3.0   /* so many bounds off are bad, however they came */
#define LASTING    2.4   /* bounds off in sum that are bad though they crept */
#define ALLOWED    0.6   /* of a bound for each point: what does not add up */
#define NEWS       1.0   /* news that are bad: as wide as the range was, in one view */
#define CONFIRMED  1.1   /* mean badness of a run */
#define WILD_TIMES 1.25  /* as much as ever */
#define WILD_LEAST 0.01  /* of the level */
#define CLEAR      0.5   /* bounds off: still bad */
#define FADES      0.985 /* what was told, for each point */
#define STEP_CLIP  6.0   /* influence of one step, in mean steps */
#define STEP_MAX   40.0
#define FLAT_FLOOR 0.69 /* ln 2: twice as long as ever */
#define ZERO_NEWS  1.0  /* of a fall to zero of what was never near it */
#define ZERO_NEAR  0.25 /* of the level */
#define GRAVE      3.0
#define GAP        3 /* intervals without a point: a run ends */

/* Spread and standstill follow what the other views see first, so they weigh half. */
static const double weights[VIEWS] = {
	[VIEW_VALUE] = 1,
	[VIEW_REST] = 1,
	[VIEW_LEVEL] = 1,
	[VIEW_SPREAD] = 0.5,
	[VIEW_FLAT] = 0.5,
};

struct fused_state {
	int64_t seasonal[SEASONAL_WORDS];
	int64_t since, last_at;
	double origin; /* the first value: floats hold what differs from it */
	double last, step, told;
	double strength; /* of all points of the run */
	double level_sum, rest_sum, spread_sum, spread_squares;
	struct profile profile;
	struct extremes seen[VIEWS];
	float values[LEVEL], rests[REST];
	uint32_t count, flat, longest; /* points; of the same; of the same ever */
	int32_t run, wild; /* points in a row: bad; with more spread than `calm` */
	float calm;
	float lasting; /* cumulative sum of what each point is off, on one side */
	uint8_t next_value, next_rest, rest_count, bad;
};

_Static_assert(sizeof(struct fused_state) <= DETECTOR_MAX_STATE, "the promise");
_Static_assert(sizeof(struct fused_state) % 8 == 0, "no hole at the end");

struct evidence {
	double excess;                      /* bounds off the seasonal baseline */
	double surprise;                    /* with how sudden it was */
	double lasting;                     /* what the last points were off in sum */
	double views[VIEWS], before[VIEWS]; /* and the extreme until then */
	double beyond[VIEWS];               /* signed, in ranges */
	double news;                        /* weighed, all of them */
	double sure;                        /* of known views only */
	double by_baseline, by_news;        /* 1 is bad */
	bool stands, restless;              /* still, or not, for too long */
};

static void fused_start(void *opaque)
{
	struct fused_state *s = opaque;

	detector_start(&detector_seasonal, s->seasonal);
}

/* --- the views --- */

/* Exact again once a round, so that no rounding adds up. */
static void ring_put(float *ring, uint8_t *next, int n, double *sum, double value)
{
	*sum += (double)(float)value - (double)ring[*next];
	ring[*next] = (float)value;
	*next = (uint8_t)((*next + 1) % n);
	if (*next)
		return;
	*sum = 0;
	for (int i = 0; i < n; i++)
		*sum += (double)ring[i];
}

/* Of the last SPREAD values; exact again once a round, too. */
static void put_value(struct fused_state *s, double x)
{
	double old = (double)s->values[(s->next_value + LEVEL - SPREAD) % LEVEL];
	double now = (double)(float)x;

	s->spread_sum += now - old;
	s->spread_squares += now * now - old * old;
	ring_put(s->values, &s->next_value, LEVEL, &s->level_sum, x);
	if (s->next_value)
		return;
	s->spread_sum = s->spread_squares = 0;
	for (int i = LEVEL - SPREAD; i < LEVEL; i++) {
		now = (double)s->values[i];
		s->spread_sum += now;
		s->spread_squares += now * now;
	}
}

static double spread_of(const struct fused_state *s)
{
	double mean = s->spread_sum / SPREAD;

	return s->count < SPREAD
		       ? (double)NAN
		       : sqrt(fmax(s->spread_squares / SPREAD - mean * mean, 0));
}

static double flat_of(const struct fused_state *s)
{
	return s->flat < FLAT_MIN ? 0 : log((double)s->flat / (FLAT_MIN / 2));
}

static double rest_of(struct fused_state *s, int64_t at, double x)
{
	double rest = profile_feed(&s->profile, at, x);

	if (isnan(rest))
		return rest;
	ring_put(s->rests, &s->next_rest, REST, &s->rest_sum, rest);
	s->rest_count += s->rest_count < REST;
	return s->rest_count < REST ? (double)NAN : s->rest_sum / REST;
}

/* NAN: nothing can be seen yet. */
static void look(struct fused_state *s, struct point point, double views[VIEWS])
{
	double x = point.value - s->origin;

	put_value(s, x);
	s->flat = s->count && point.value == s->last ? s->flat + 1 : 0;
	s->count += s->count < UINT32_MAX;
	views[VIEW_VALUE] = x;
	views[VIEW_REST] = rest_of(s, point.at, x);
	views[VIEW_LEVEL] = s->count < LEVEL ? (double)NAN : s->level_sum / LEVEL;
	views[VIEW_SPREAD] = spread_of(s);
	views[VIEW_FLAT] = flat_of(s);
}

/* More spread and a longer standstill are news, less are not; spread has no side. */
static bool counts(const struct detector_config *config, enum view view, double beyond)
{
	if (view == VIEW_FLAT)
		return beyond > 0;
	if (config->direction == DIRECTION_BOTH)
		return view != VIEW_SPREAD || beyond > 0;
	return view != VIEW_SPREAD && (config->direction == DIRECTION_UP) == (beyond > 0);
}

/* A fall to zero is more than its part of a wide range. */
static bool fell_to_zero(const struct fused_state *s, struct point point)
{
	double level = s->origin + s->level_sum / LEVEL;

	return point.value == 0 && s->seen[VIEW_VALUE].blocks >= KNOWN &&
	       s->origin + (double)s->seen[VIEW_VALUE].bottom > ZERO_NEAR * level;
}

/* Four times as long as those that were: that is said for three times as long again. */
static void find_standstill(struct fused_state *s, struct point point, struct evidence *e)
{
	bool moved = !s->count || point.value != s->last;
	uint32_t least;

	if (moved && s->flat >= s->longest)
		s->longest = s->flat;
	else if (moved)
		s->longest -= (s->longest - s->flat) / FLAT_FORGETS;
	least = s->longest > FLAT_LEAST ? s->longest : FLAT_LEAST;
	e->stands = !moved && s->seen[VIEW_VALUE].blocks >= KNOWN &&
		    s->flat / 4 >= least && s->flat / 16 < least;
}

/* More spread than ever, for longer than one far point stays in it; after WILD_MOST
 * points it is how the series is. */
static void find_restless(
	struct fused_state *s, const struct detector_config *config, struct evidence *e)
{
	const struct extremes *seen = &s->seen[VIEW_SPREAD];
	double spread = e->views[VIEW_SPREAD];
	double level = fabs(s->origin + s->level_sum / LEVEL);

	if (isnan(spread) || seen->blocks < KNOWN || config->direction != DIRECTION_BOTH)
		return;
	if (!s->wild)
		s->calm = seen->top;
	if (spread <= (double)s->calm || s->wild >= WILD_MOST) {
		s->wild = 0;
		return;
	}
	s->wild++;
	e->restless = s->wild >= WILD && spread >= WILD_TIMES * (double)s->calm &&
		      spread >= WILD_LEAST * level;
}

static void find_news(struct fused_state *s, const struct detector_config *config,
	struct point point, struct evidence *e)
{
	bool fell = fell_to_zero(s, point);

	find_standstill(s, point, e);
	look(s, point, e->views);
	find_restless(s, config, e);
	for (enum view i = 0; i < VIEWS; i++) {
		struct extremes *seen = &s->seen[i];
		double beyond, news;

		if (isnan(e->views[i]))
			continue;
		beyond = extremes_beyond(
			seen, e->views[i], i == VIEW_FLAT ? FLAT_FLOOR : 0);
		if (i == VIEW_VALUE && fell)
			beyond = fmin(beyond, -ZERO_NEWS);
		e->before[i] = (double)(beyond > 0 ? seen->top : seen->bottom);
		e->beyond[i] = counts(config, i, beyond) ? beyond : 0;
		news = weights[i] * fabs(e->beyond[i]);
		e->news += news;
		e->sure += seen->blocks >= KNOWN ? news : 0;
		extremes_add(seen, e->views[i]);
	}
	e->views[VIEW_VALUE] += s->origin;
	e->views[VIEW_LEVEL] += s->origin;
	e->before[VIEW_VALUE] += s->origin;
	e->before[VIEW_LEVEL] += s->origin;
	e->views[VIEW_FLAT] = s->flat + 1;
}

/* --- surprise --- */

static void find_surprise(struct fused_state *s, const struct verdict *seasonal,
	struct point point, struct evidence *e)
{
	double step = s->count ? fabs(point.value - s->last) : 0;
	double times = s->step > 0 ? fmin(step / s->step, STEP_MAX) : 0;
	double most = s->count > STARTED ? STEP_CLIP * s->step : step;
	double n = s->count < STEPS ? s->count + 1 : STEPS;

	e->excess = seasonal->excess;
	e->surprise = e->excess * sqrt(times / SUDDEN);
	s->step += (fmin(step, most) - s->step) / n;
}

/* E. S. Page, Continuous Inspection Schemes, Biometrika 41, 1954: six points a bound off
 * and twelve at four fifths of it are the same. A change of side begins anew. */
static void last_on(struct fused_state *s, const struct verdict *v, struct evidence *e)
{
	double sum = fabs((double)s->lasting);
	double side = v->value < v->expected ? -1 : 1;

	if ((double)s->lasting * side < 0)
		sum = 0;
	sum = fmin(fmax(sum + fmin(e->excess, 1) - ALLOWED, 0), LASTING + 1);
	s->lasting = (float)(side * sum);
	e->lasting = sum;
}

/* --- the verdict --- */

static enum view most_of(const struct evidence *e)
{
	enum view most = VIEW_VALUE;

	for (enum view i = 0; i < VIEWS; i++)
		if (weights[i] * fabs(e->beyond[i]) >
			weights[most] * fabs(e->beyond[most]))
			most = i;
	return most;
}

/* What came at once, or lasts, is bad nearer to what was expected: that is the band. */
static void narrow(const struct evidence *e, struct verdict *v)
{
	double part = e->surprise >= SURPRISED ? SURPRISED * e->excess / e->surprise
		      : e->lasting >= LASTING  ? ALLOWED
					       : 1;

	if (e->excess >= 1 || e->excess <= part)
		return;
	v->low = v->expected - (v->expected - v->low) * part;
	v->high = v->expected + (v->high - v->expected) * part;
}

static void explain(
	const struct fused_state *s, const struct evidence *e, struct verdict *v)
{
	static const enum detector_reason above[VIEWS] = {REASON_HIGHEST, REASON_DRIFT_UP,
		REASON_LEVEL_UP, REASON_RESTLESS, REASON_FLAT};
	static const enum detector_reason below[VIEWS] = {REASON_LOWEST,
		REASON_DRIFT_DOWN, REASON_LEVEL_DOWN, REASON_RESTLESS, REASON_FLAT};
	enum view most = most_of(e);

	v->reason = v->value > v->expected ? REASON_ABOVE_USUAL : REASON_BELOW_USUAL;
	narrow(e, v);
	if (e->by_baseline >= 1 || e->by_news < 1)
		return;
	if (e->stands)
		most = VIEW_FLAT;
	else if (e->restless)
		most = VIEW_SPREAD;
	v->reason = e->beyond[most] < 0 ? below[most] : above[most];
	v->measured = e->views[most];
	v->before = e->restless ? (double)s->calm : e->before[most];
}

static int needed(const struct detector_config *config)
{
	int64_t fit = config->confirm_ms / config->interval_ms;
	int64_t n = fit < config->confirm_points ? fit : config->confirm_points;

	return n > 1 ? (int)n : 1;
}

/* What only one point says waits for the next ones. */
static bool is_sure(const struct fused_state *s, const struct detector_config *config,
	const struct evidence *e)
{
	return s->bad || e->lasting >= LASTING ||
	       (s->run >= needed(config) && s->strength >= CONFIRMED * s->run) ||
	       e->stands || e->restless;
}

static void end_run(struct fused_state *s)
{
	s->run = s->bad = 0;
	s->strength = 0;
	s->since = 0;
}

static void judge(struct fused_state *s, const struct detector_config *config,
	const struct evidence *e, struct point point, struct verdict *v)
{
	double bad = fmax(e->by_baseline, e->by_news);
	bool goes_on = s->run && e->excess >= (s->bad ? CLEAR : 1);

	bad = goes_on ? fmax(bad, e->excess) : bad;
	v->score = 1 - exp2(-bad);
	if (bad < 1 && !goes_on) {
		end_run(s);
		return;
	}
	if (!s->run)
		s->since = point.at;
	if (s->run < INT32_MAX)
		s->run++;
	s->strength += bad;
	v->suspect = true;
	v->since = s->since;
	if (!is_sure(s, config, e))
		return;
	s->bad = 1;
	v->anomalous = true;
	v->severity = bad >= GRAVE ? SEVERITY_HIGH : SEVERITY_WARNING;
	explain(s, e, v);
}

static struct verdict fused_feed(
	void *opaque, const struct detector_config *config, struct point point)
{
	struct fused_state *s = opaque;
	struct evidence e = {0};
	struct verdict v = detector_feed(&detector_seasonal, s->seasonal, config, point);
	double begins;

	if (v.reason == REASON_IGNORED)
		return v;
	if (!s->count)
		s->origin = point.value;
	if (s->count && point.at - s->last_at > GAP * config->interval_ms)
		end_run(s);
	v.anomalous = false;
	v.severity = SEVERITY_OK;
	v.since = 0;
	if (v.reason != REASON_LEARNING)
		v.reason = REASON_NORMAL;
	find_surprise(s, &v, point, &e);
	find_news(s, config, point, &e);
	s->last = point.value;
	s->last_at = point.at;
	last_on(s, &v, &e);
	e.by_baseline = fmax(e.surprise / SURPRISED, e.excess / FAR);
	if (e.lasting >= LASTING && e.excess >= CLEAR)
		e.by_baseline = fmax(e.by_baseline, 1);
	e.by_news = fmax(e.sure / NEWS, e.stands || e.restless);
	judge(s, config, &e, point, &v);
	begins = e.news * (1 + fmin(e.surprise, 1));
	v.fresh = begins > s->told ? 1 - exp2(-begins / NEWS) : 0;
	s->told = fmax(begins, s->told * FADES);
	return v;
}

static bool fused_check(const void *opaque)
{
	const struct fused_state *s = opaque;

	for (int i = 0; i < VIEWS; i++)
		if (!extremes_check(&s->seen[i]))
			return false;
	return s->next_value < LEVEL && s->next_rest < REST && s->rest_count <= REST &&
	       s->run >= 0 && s->wild >= 0 && profile_check(&s->profile) &&
	       detector_seasonal.check(s->seasonal);
}

const struct detector_class detector_fused = {
	.name = "fused",
	.version = 1,
	.state_size = sizeof(struct fused_state),
	.start = fused_start,
	.feed = fused_feed,
	.check = fused_check,
};
