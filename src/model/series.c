/* Rings of points, their buckets and spans. Hides the ring; callers count from the
 * oldest point. Points that do not rise in time are ignored, so that a repeated answer
 * changes nothing. Main thread. */
#include "model/series.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"

#include <string.h>

enum { FIRST_CAP = 64 };

/* name{a="x",b="y"} → name x y */
static struct untrusted short_name(struct untrusted name)
{
	ptrdiff_t brace = untrusted_find(name, "{");
	struct untrusted rest = untrusted_slice(name, (size_t)brace + 1, SIZE_MAX), piece;
	struct untrusted shown;
	struct str out;

	if (brace < 0)
		return untrusted_keep(name, SERIES_KEY_MAX);
	str_init(&out, SERIES_KEY_MAX);
	text_add_line(&out, untrusted_slice(name, 0, (size_t)brace), SERIES_KEY_MAX);
	/* Every second piece between quotes is a value. */
	for (int i = 0; untrusted_split(&rest, "\"", &piece); i++) {
		if (i % 2 == 0)
			continue;
		str_putc(&out, ' ');
		text_add_line(&out, piece, SERIES_KEY_MAX);
	}
	shown = untrusted_keep(untrusted_make(out.p, out.n), SERIES_KEY_MAX);
	str_release(&out);
	return shown;
}

struct series *series_new(struct untrusted key, size_t name_from, size_t name_n)
{
	struct series *series = mem_new(1, sizeof *series);

	series->key = untrusted_keep(key, SERIES_KEY_MAX);
	series->id = untrusted_hash(key);
	series->name = untrusted_slice(series->key, name_from, name_n);
	series->shown = short_name(series->name);
	series->limits = (struct limits){NAN, NAN, false};
	return series;
}

void series_free(struct series *series)
{
	if (!series)
		return;
	untrusted_free(series->key);
	untrusted_free(series->shown);
	mem_free(series->points);
	mem_free(series->past);
	mem_free(series->compared);
	mem_free(series);
}

struct point series_at(const struct series *series, size_t i)
{
	return series->points[(series->head + i) % series->cap];
}

bool series_last(const struct series *series, struct point *out)
{
	if (!series->count)
		return false;
	*out = series_at(series, series->count - 1);
	return true;
}

static void grow(struct series *series)
{
	uint32_t cap = series->cap ? series->cap * 2 : FIRST_CAP;
	struct point *points;

	if (cap > SERIES_MAX_POINTS)
		cap = SERIES_MAX_POINTS;
	points = mem_new(cap, sizeof *points);
	for (uint32_t i = 0; i < series->count; i++)
		points[i] = series_at(series, i);
	mem_free(series->points);
	series->points = points;
	series->cap = cap;
	series->head = 0;
}

void series_add(struct series *series, struct point point)
{
	struct point last;

	if (isnan(point.value) || (series_last(series, &last) && point.at <= last.at))
		return;
	if (series->count == series->cap && series->cap < SERIES_MAX_POINTS)
		grow(series);
	if (series->count == series->cap) {
		series->head = (series->head + 1) % series->cap;
		series->count--;
	}
	series->points[(series->head + series->count++) % series->cap] = point;
	if (series->past && series->past->live)
		past_add(series->past, point);
}

void series_merge(struct series *series, const struct point *points, size_t n)
{
	struct point *old = mem_new(series->count, sizeof *old);
	size_t count = series->count, i = 0, j = 0;

	for (size_t k = 0; k < count; k++)
		old[k] = series_at(series, k);
	series->count = 0;
	series->head = 0;
	while (i < n || j < count) {
		if (j == count || (i < n && points[i].at < old[j].at))
			series_add(series, points[i++]);
		else
			series_add(series, old[j++]);
	}
	mem_free(old);
}

size_t series_find(const struct series *series, int64_t at)
{
	size_t low = 0, high = series->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (series_at(series, middle).at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* --- reading ring and past together --- */

/* Walks the known steps of both pasts that touch [from, to) and begin before the ring
 * does; what is compared counts only where what is looked at does not reach. */
struct walk {
	const struct series *series;
	int64_t from, to;
	bool second;
	uint32_t i;
	int64_t at; /* of the step found */
};

static struct walk walk_from(const struct series *series, int64_t from, int64_t to)
{
	struct walk walk = {series, from, to, false, 0, 0};

	if (series->count && series_at(series, 0).at < to)
		walk.to = series_at(series, 0).at;
	return walk;
}

static const struct past_step *walk_next(struct walk *walk)
{
	const struct past *first = walk->series->past, *past;

	for (;; walk->second = true, walk->i = 0) {
		past = walk->second ? walk->series->compared : first;
		for (; past && walk->i < past->count; walk->i++) {
			walk->at = past->from_at + past->step_ms * walk->i;
			if (walk->at >= walk->to)
				break;
			if (walk->at + past->step_ms <= walk->from ||
				isnan(past->steps[walk->i].mean) ||
				(walk->second && first && past_at(first, walk->at)))
				continue;
			return &past->steps[walk->i++];
		}
		if (walk->second)
			return NULL;
	}
}

static int64_t walk_step_ms(const struct walk *walk)
{
	return (walk->second ? walk->series->compared : walk->series->past)->step_ms;
}

static void span_add(struct series_span *span, double low, double last, double high)
{
	if (!span->count || low < span->low)
		span->low = low;
	if (!span->count || high > span->high)
		span->high = high;
	span->last = last;
	span->count++;
}

struct series_span series_span(const struct series *series, int64_t from, int64_t to)
{
	struct series_span span = {NAN, NAN, NAN, NAN, 0};
	struct walk walk = walk_from(series, from, to + 1);
	double interval = series->interval_ms > 0 ? (double)series->interval_ms : 1;
	double sum = 0, weights = 0;
	const struct past_step *step;

	while ((step = walk_next(&walk))) {
		double points = (double)walk_step_ms(&walk) / interval;

		span_add(&span, step->low, step->mean, step->high);
		sum += step->mean * points;
		weights += points;
	}
	for (size_t i = series_find(series, from); i < series->count; i++) {
		struct point p = series_at(series, i);

		if (p.at > to)
			break;
		span_add(&span, p.value, p.value, p.value);
		sum += p.value;
		weights++;
	}
	if (span.count)
		span.mean = sum / weights;
	return span;
}

bool series_newest(
	const struct series *series, int64_t from, int64_t to, struct point *out)
{
	struct walk walk = walk_from(series, from, to + 1);
	size_t i = series_find(series, to + 1);
	const struct past_step *step;
	bool found = i && series_at(series, i - 1).at >= from;

	if (found) {
		*out = series_at(series, i - 1);
		return true;
	}
	while ((step = walk_next(&walk))) {
		if (!found || walk.at > out->at)
			*out = (struct point){walk.at, step->mean};
		found = true;
	}
	return found;
}

double series_before(const struct series *series, int64_t from, int64_t to)
{
	struct point point;

	return series_newest(series, from, to, &point) ? point.value : NAN;
}

struct buckets {
	double *out;
	size_t n;
	bool dips;
};

static void bucket_put(const struct buckets *b, size_t k, double value)
{
	double *out = &b->out[k];

	if (isnan(*out) || (b->dips ? value < *out : value > *out))
		*out = value;
}

static void fill_buckets(
	const struct series *series, int64_t from, int64_t to, const struct buckets *b)
{
	double scale = (double)b->n / (double)(to - from);
	struct walk walk = walk_from(series, from, to);
	const struct past_step *step;

	for (size_t i = 0; i < b->n; i++)
		b->out[i] = NAN;
	if (to <= from || !b->n)
		return;
	while ((step = walk_next(&walk))) {
		int64_t end = walk.at + walk_step_ms(&walk);
		double k = walk.at > from ? (double)(walk.at - from) * scale : 0;
		double last = (double)((end < to ? end : to) - from) * scale;

		for (size_t i = (size_t)k; i < b->n && (double)i < last; i++)
			bucket_put(b, i, b->dips ? step->low : step->high);
	}
	for (size_t i = series_find(series, from); i < series->count; i++) {
		struct point p = series_at(series, i);
		size_t k;

		if (p.at >= to)
			break;
		k = (size_t)((double)(p.at - from) * scale);
		if (k < b->n)
			bucket_put(b, k, p.value);
	}
}

void series_buckets(
	const struct series *series, int64_t from, int64_t to, double *out, size_t n)
{
	fill_buckets(series, from, to, &(struct buckets){out, n, false});
}

void series_dips(
	const struct series *series, int64_t from, int64_t to, double *out, size_t n)
{
	fill_buckets(series, from, to, &(struct buckets){out, n, true});
}

enum severity limits_judge(struct limits limits, double value)
{
	double sign = limits.below ? -1 : 1;

	if (!isnan(limits.critical) && value * sign >= limits.critical * sign)
		return SEVERITY_CRITICAL;
	if (!isnan(limits.warn) && value * sign >= limits.warn * sign)
		return SEVERITY_WARNING;
	return SEVERITY_OK;
}
