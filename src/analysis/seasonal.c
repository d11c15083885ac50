/* A robust seasonal baseline, learnt causally and in constant space.
 *
 * Three bases predict a value at the same time: nothing (0), the median of this hour
 * on other days, and the median of this hour of the week in other weeks. To each the
 * median of its last misses is added (the level: growth, or a new release). The basis
 * that missed least lately is believed. What is left over, against its own robust
 * scale, is the score. An error that this hour has in most weeks (the 6 o'clock cron
 * job), or that the series has in one point of a hundred, is no anomaly. Values enter
 * the memory at most CLIP deviations away from what was expected, so a bad hour does
 * not poison the baseline and a new level is believed after some hours. Any thread. */
#include "analysis/detector.h"

#include "base/time.h"
#include "robust.h"

#include <math.h>
#include <string.h>

enum {
	HOURS = 168,
	WEEKS = 4,        /* remembered for each hour of the week */
	PAST = 2,         /* of them whose largest error is kept; divides WEEKS */
	RECENT = 48,      /* slots of level and error */
	RECENT_MIN = 24,  /* before a basis may speak */
	HOUR_POINTS = 48, /* of the current hour, thinned evenly when more come */
	BASES = 3,
	MEAN_SLOTS = 256,
	TAIL_MIN = 100,  /* points before the tail is known */
	TAIL_AGE = 4032, /* points of a generation: two weeks of 5 minutes */
};

#define SLOT_MS      (5 * MINUTE_MS) /* at least, between two entries of RECENT */
#define CLIP         3.0             /* influence of one value, in deviations */
#define CLEAR        0.5             /* of the sensitivity: good again below */
#define TAIL         0.99            /* P² quantile of errors that is still usual */
#define TAIL_FACTOR  1.5
#define USUAL_FACTOR 1.3
#define LEVEL_NOISE  0.01 /* smallest scale, as a part of the level */
#define BASIS_BETTER 0.95 /* of the error of the basis in use: change to it */
#define STALE_SLOTS  RECENT

/* The quantile TAIL of a basis' errors, in generations: what was long ago fades. */
struct tail {
	struct quantile now;
	double before;
};

struct basis {
	struct tail tail;
	float miss[RECENT];                  /* value - seasonal part */
	float error[RECENT];                 /* value - all of the prediction */
	float misses[RECENT], sizes[RECENT]; /* both in order, errors without sign */
	float level, scale;
	float mean;     /* size of the error, over some hundred slots */
	uint16_t slots; /* counted up to MEAN_SLOTS */
	uint8_t count, next;
};

struct seasonal_state {
	int64_t last_at, slot_at, since;
	int64_t hour; /* number of the current hour since 1970, -1 before the first */
	struct basis bases[BASES];
	float median[HOURS][WEEKS];
	float worst[HOURS][PAST]; /* largest error in that hour, of the last weeks */
	uint8_t filled[HOURS], next[HOURS];
	float points[HOUR_POINTS];
	float hour_worst;
	float usual; /* error of this hour */
	/* Of the day and the week basis: for the hour before, this one and the next. */
	float part[2][3];
	uint8_t part_known[2][3];
	uint8_t bow;   /* hour of the week */
	uint8_t hours; /* filled ones */
	uint8_t basis, bad, whole;
	int32_t point_count, stride, skip, run;
};

_Static_assert(sizeof(struct seasonal_state) <= DETECTOR_MAX_STATE, "the promise");

static void seasonal_start(void *opaque)
{
	struct seasonal_state *s = opaque;

	s->hour = -1;
	s->stride = 1;
	s->whole = 1; /* only whole numbers so far */
}

/* --- memory of the hours --- */

static void week_part(
	const struct seasonal_state *s, int hour, float *out, uint8_t *known)
{
	*known = s->filled[hour] >= 2;
	*out = robust_median(s->median[hour], s->filled[hour]);
}

/* Every day counts alike, whatever its number of weeks. */
static size_t same_hour(const struct seasonal_state *s, int hour, float out[7])
{
	size_t days = 0;

	for (int day = 0; day < 7; day++) {
		int h = day * 24 + hour % 24;

		if (s->filled[h])
			out[days++] = robust_median(s->median[h], s->filled[h]);
	}
	return days;
}

static void day_part(const struct seasonal_state *s, int hour, float *out, uint8_t *known)
{
	float days[7];
	size_t n = same_hour(s, hour, days);

	*known = n >= 3;
	*out = robust_median(days, n);
}

static void refresh_parts(struct seasonal_state *s)
{
	for (int i = 0; i < 3; i++) {
		int hour = (s->bow + HOURS + i - 1) % HOURS;

		day_part(s, hour, &s->part[0][i], &s->part_known[0][i]);
		week_part(s, hour, &s->part[1][i], &s->part_known[1][i]);
	}
}

/* The largest error of that hour, so many weeks ago (0: the last time). */
static float worst_of(const struct seasonal_state *s, int hour, int weeks_ago)
{
	return s->worst[hour][(s->next[hour] + WEEKS - 1 - weeks_ago) % PAST];
}

/* The error that is usual in this hour: of both the last two weeks, or of most of the
 * last seven days. Older ones were made by worse bases. */
static double usual_error(const struct seasonal_state *s)
{
	float days[7];
	size_t n = 0;
	double usual = 0;

	for (int hour = s->bow % 24; hour < HOURS; hour += 24)
		if (s->filled[hour])
			days[n++] = worst_of(s, hour, 0);
	if (n >= 3)
		usual = robust_median(days, n);
	if (s->filled[s->bow] >= 2)
		usual = fmax(usual, fmin(worst_of(s, s->bow, 0), worst_of(s, s->bow, 1)));
	return usual;
}

static void close_hour(struct seasonal_state *s)
{
	int hour = s->bow;

	if (!s->point_count)
		return;
	s->median[hour][s->next[hour]] = robust_median(s->points, (size_t)s->point_count);
	s->worst[hour][s->next[hour] % PAST] = s->hour_worst;
	s->next[hour] = (uint8_t)((s->next[hour] + 1) % WEEKS);
	s->hours += !s->filled[hour];
	if (s->filled[hour] < WEEKS)
		s->filled[hour]++;
	s->point_count = s->skip = 0;
	s->stride = 1;
	s->hour_worst = 0;
}

/* The hour in the local zone, so that a habit of people stays where it is when the
 * clocks change: that night an hour comes twice, or not at all. */
static void enter_hour(struct seasonal_state *s, int64_t at)
{
	int64_t hour = at / HOUR_MS;

	if (hour == s->hour)
		return;
	close_hour(s);
	s->hour = hour;
	s->bow = (uint8_t)time_hour_of_week(hour * HOUR_MS);
	refresh_parts(s);
	s->usual = (float)usual_error(s);
}

/* When the array is full every other value goes, and only every other one comes. */
static void keep_point(struct seasonal_state *s, double value)
{
	if (s->skip-- > 0)
		return;
	if (s->point_count == HOUR_POINTS) {
		for (int i = 0; i < HOUR_POINTS / 2; i++)
			s->points[i] = s->points[2 * i];
		s->point_count = HOUR_POINTS / 2;
		s->stride *= 2;
	}
	s->points[s->point_count++] = (float)value;
	s->skip = s->stride - 1;
}

static int days_learnt(const struct seasonal_state *s)
{
	return s->hours / 24;
}

/* --- bases --- */

static int64_t slot_of(const struct detector_config *config)
{
	return config->interval_ms > SLOT_MS ? config->interval_ms : SLOT_MS;
}

/* The seasonal part of a prediction, and the range in which nothing is a surprise. */
struct part {
	bool known;
	double middle, low, high;
};

/* Between the middles of two hours the way is straight, but it may as well be a step
 * anywhere between them. Sparse points are compared with their own hour, which then
 * is one moment. */
static struct part seasonal_part(const struct seasonal_state *s,
	enum detector_basis basis, const struct detector_config *config, int64_t at)
{
	const float *part;
	const uint8_t *known;
	double way, other;
	int side;

	if (basis == BASIS_RECENT)
		return (struct part){.known = true};
	part = s->part[basis - BASIS_DAY];
	known = s->part_known[basis - BASIS_DAY];
	way = (double)(at % HOUR_MS) / (double)HOUR_MS - 0.5;
	side = way < 0 ? 0 : 2;
	if (config->interval_ms * 4 > HOUR_MS || !known[side])
		return (struct part){known[1], part[1], part[1], part[1]};
	other = part[side];
	return (struct part){
		.known = known[1],
		.middle = part[1] + fabs(way) * (other - part[1]),
		.low = fmin(part[1], other),
		.high = fmax(part[1], other),
	};
}

/* How far a value is outside of what a basis finds usual. */
static double surprise(const struct part *part, const struct basis *b, double value)
{
	double rest = value - b->level;

	return rest < part->low    ? rest - part->low
	       : rest > part->high ? rest - part->high
				   : 0;
}

static void basis_add(struct basis *b, double miss, double error)
{
	float size = (float)fabs(error);

	if (b->count < RECENT) {
		sorted_add(b->misses, b->count, (float)miss);
		sorted_add(b->sizes, b->count++, size);
	} else {
		sorted_swap(b->misses, RECENT, b->miss[b->next], (float)miss);
		sorted_swap(b->sizes, RECENT, fabsf(b->error[b->next]), size);
	}
	b->miss[b->next] = (float)miss;
	b->error[b->next] = (float)error;
	b->next = (uint8_t)((b->next + 1) % RECENT);
	b->level = b->misses[(b->count - 1) / 2];
	b->scale = sorted_scale(b->sizes, b->count);
}

static void tail_add(struct tail *t, double size)
{
	if (t->now.count == TAIL_AGE) {
		t->before = quantile_value(&t->now);
		memset(&t->now, 0, sizeof t->now);
	}
	quantile_add(&t->now, TAIL, size);
}

/* Large errors that the hour explains are no excuse for other hours. */
static void tail_learn(struct tail *t, double error, double large, double usual)
{
	double size = fabs(error);

	if (size <= large || size > usual)
		tail_add(t, size);
}

static double tail_value(const struct tail *t)
{
	if (t->before > 0 && t->now.count < TAIL_AGE / 8)
		return t->before;
	return t->now.count < TAIL_MIN ? 0 : quantile_value(&t->now);
}

static bool basis_ready(const struct basis *b)
{
	return b->count >= RECENT_MIN;
}

static void basis_grade(struct basis *b, double error)
{
	if (b->slots < MEAN_SLOTS)
		b->slots++;
	b->mean += (float)((fabs(error) - b->mean) / b->slots);
}

/* A basis must have watched for a whole day before it is believed: what comes once a
 * day is not news then. */
static bool basis_tried(const struct basis *b, const struct detector_config *config)
{
	int64_t day = DAY_MS / slot_of(config);

	return basis_ready(b) &&
	       b->slots >= (day < MEAN_SLOTS ? day : (int64_t)MEAN_SLOTS);
}

static void choose_basis(struct seasonal_state *s, const struct detector_config *config,
	const struct part parts[BASES])
{
	if (!parts[s->basis].known || !basis_tried(&s->bases[s->basis], config))
		s->basis = BASIS_RECENT;
	for (int i = 0; i < BASES; i++)
		if (parts[i].known && basis_tried(&s->bases[i], config) &&
			s->bases[i].mean < BASIS_BETTER * s->bases[s->basis].mean)
			s->basis = (uint8_t)i;
}

/* --- one point --- */

struct view {
	struct part parts[BASES];
	double expected, error, floor, usual, bound;
};

/* The smallest scale believed: a part of the level, the unit's own noise, and for
 * counts (only whole numbers were seen) that of a Poisson process. */
static double scale_floor(const struct seasonal_state *s,
	const struct detector_config *config, double expected)
{
	double floor = fmax(
		LEVEL_NOISE * fabs(expected), config->min_change / config->sensitivity);

	if (s->whole)
		floor = fmax(floor, sqrt(fmax(fabs(expected), 1)));
	return fmax(floor, 1e-9);
}

static void look(struct seasonal_state *s, const struct detector_config *config,
	struct point point, struct view *out)
{
	const struct basis *b;

	for (int i = 0; i < BASES; i++)
		out->parts[i] =
			seasonal_part(s, (enum detector_basis)i, config, point.at);
	choose_basis(s, config, out->parts);
	b = &s->bases[s->basis];
	out->expected = out->parts[s->basis].middle + b->level;
	out->error = surprise(&out->parts[s->basis], b, point.value);
	out->floor = scale_floor(s, config, out->expected);
	out->bound =
		fmax(config->min_change, config->min_change_ratio * fabs(out->expected));
	out->bound = fmax(out->bound, config->sensitivity * fmax(b->scale, out->floor));
	out->usual = USUAL_FACTOR * (double)s->usual;
	out->bound = fmax(out->bound, out->usual);
	out->bound = fmax(out->bound, TAIL_FACTOR * tail_value(&b->tail));
}

static double clipped(double error, double most)
{
	return fmin(fmax(error, -most), most);
}

/* Every basis learns for itself, so that a good one is not spoilt by what surprised
 * the one in use. */
static void basis_learn(
	struct basis *b, const struct part *part, double value, double floor)
{
	double error = value - part->middle - b->level;

	if (b->count) {
		basis_grade(b, error);
	} else {
		b->level = (float)(value - part->middle);
		error = 0;
	}
	if (basis_ready(b))
		error = clipped(error, CLIP * fmax(b->scale, floor));
	basis_add(b, b->level + error, error);
}

static void learn(struct seasonal_state *s, const struct detector_config *config,
	struct point point, const struct view *view)
{
	int64_t slot = slot_of(config);

	if (point.value != nearbyint(point.value))
		s->whole = 0;
	if (basis_ready(&s->bases[s->basis]))
		s->hour_worst = fmaxf(s->hour_worst, (float)fabs(view->error));
	keep_point(s, point.value);
	for (int i = 0; i < BASES; i++) {
		struct basis *b = &s->bases[i];

		if (view->parts[i].known && basis_ready(b))
			tail_learn(&b->tail, surprise(&view->parts[i], b, point.value),
				config->sensitivity * fmax(b->scale, view->floor),
				view->usual);
	}
	if (s->slot_at && point.at - s->slot_at < slot - slot / 8)
		return;
	s->slot_at = point.at;
	for (int i = 0; i < BASES; i++)
		if (view->parts[i].known)
			basis_learn(
				&s->bases[i], &view->parts[i], point.value, view->floor);
}

static int needed(const struct detector_config *config)
{
	int64_t fit = config->confirm_ms / config->interval_ms;
	int64_t n = fit < config->confirm_points ? fit : config->confirm_points;

	return n > 1 ? (int)n : 1;
}

static void judge(struct seasonal_state *s, const struct detector_config *config,
	struct point point, const struct view *view, struct verdict *out)
{
	bool counts = config->direction == DIRECTION_BOTH ||
		      (config->direction == DIRECTION_UP) == (view->error > 0);
	double excess = counts ? fabs(view->error) / view->bound : 0;

	out->excess = excess;
	out->score = 1 - exp2(-excess);
	if (excess < (s->bad ? CLEAR : 1)) {
		s->run = s->bad = 0;
		s->since = 0;
		return;
	}
	if (!s->run)
		s->since = point.at;
	if (s->run < INT32_MAX)
		s->run++;
	out->since = s->since;
	if (s->run < needed(config))
		return;
	s->bad = 1;
	out->anomalous = true;
	out->severity = excess >= 3 ? SEVERITY_HIGH : SEVERITY_WARNING;
	out->reason = view->error > 0 ? REASON_ABOVE_USUAL : REASON_BELOW_USUAL;
}

/* After a long silence the level is unknown again; what hours look like is not. */
static void check_gap(
	struct seasonal_state *s, const struct detector_config *config, int64_t at)
{
	if (at - s->last_at > STALE_SLOTS * slot_of(config))
		for (int i = 0; i < BASES; i++)
			s->bases[i].count = s->bases[i].next = 0;
	if (at - s->last_at > 3 * config->interval_ms) {
		s->run = s->bad = 0;
		s->since = 0;
	}
}

static struct verdict seasonal_feed(
	void *opaque, const struct detector_config *config, struct point point)
{
	struct seasonal_state *s = opaque;
	struct verdict out = {
		.value = point.value,
		.expected = NAN,
		.low = NAN,
		.high = NAN,
		.severity = SEVERITY_OK,
	};
	struct view view;

	if (!isfinite(point.value) || fabs(point.value) > 1e30 ||
		(s->hour >= 0 && point.at <= s->last_at) || point.at < 0) {
		out.reason = REASON_IGNORED;
		return out;
	}
	if (s->hour >= 0)
		check_gap(s, config, point.at);
	enter_hour(s, point.at);
	look(s, config, point, &view);
	out.days_learnt = days_learnt(s);
	out.basis = (enum detector_basis)s->basis;
	out.learning = out.days_learnt < 7;
	if (basis_tried(&s->bases[s->basis], config)) {
		out.expected = view.expected;
		out.low = view.expected - view.bound;
		out.high = view.expected + view.bound;
		judge(s, config, point, &view, &out);
	} else {
		out.reason = REASON_LEARNING;
		out.learning = true;
	}
	learn(s, config, point, &view);
	s->last_at = point.at;
	return out;
}

static bool seasonal_check(const void *opaque)
{
	const struct seasonal_state *s = opaque;

	for (int i = 0; i < HOURS; i++)
		if (s->filled[i] > WEEKS || s->next[i] >= WEEKS)
			return false;
	for (int i = 0; i < BASES; i++)
		if (s->bases[i].count > RECENT || s->bases[i].next >= RECENT)
			return false;
	return s->basis < BASES && s->bow < HOURS && s->hours <= HOURS &&
	       s->point_count >= 0 && s->point_count <= HOUR_POINTS && s->stride >= 1 &&
	       s->stride <= 1 << 20 && s->skip <= s->stride && s->run >= 0;
}

const struct detector_class detector_seasonal = {
	.name = "seasonal",
	.version = 2,
	.state_size = sizeof(struct seasonal_state),
	.start = seasonal_start,
	.feed = seasonal_feed,
	.check = seasonal_check,
};
