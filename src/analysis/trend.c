/* Trends over incidents: one pass for counts, a selection (not a sort) for medians and
 * percentiles. Facts are sorted by when they began, so a span of time is two searches.
 * What the numbers mean is written in docs/metrics.md. */
#include "analysis/trend.h"

#include "base/alloc.h"
#include "base/time.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS_MOST = 4000 };

size_t trend_first(const struct trend_input *in, int64_t at)
{
	size_t low = 0, high = in->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (in->facts[mid].started_at < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t trend_count(const struct trend_input *in, int64_t from, int64_t to)
{
	return to > from ? trend_first(in, to) - trend_first(in, from) : 0;
}

/* --- medians --- */

/* Hoare's selection: values[k] is then what it would be if they were sorted. */
static double select_at(double *values, size_t n, size_t k)
{
	size_t low = 0, high = n - 1;

	while (low < high) {
		double pivot = values[low + (high - low) / 2];
		size_t i = low, j = high;

		while (i <= j) {
			while (values[i] < pivot)
				i++;
			while (values[j] > pivot)
				j--;
			if (i <= j) {
				double swap = values[i];

				values[i++] = values[j];
				values[j] = swap;
				if (!j--)
					break;
			}
		}
		if (j != SIZE_MAX && k <= j)
			high = j;
		else if (k >= i)
			low = i;
		else
			break;
	}
	return values[k];
}

/* The mean of the two in the middle when there is no one in the middle. */
static double median(double *values, size_t n)
{
	double upper;

	if (!n)
		return NAN;
	upper = select_at(values, n, n / 2);
	return n % 2 ? upper : (select_at(values, n, n / 2 - 1) + upper) / 2;
}

/* Nearest rank: the least value that nine of ten do not exceed. */
static double p90(double *values, size_t n)
{
	return n ? select_at(values, n, (n * 9 + 9) / 10 - 1) : NAN;
}

/* --- sums --- */

static void count_fact(struct trend_sum *sum, const struct trend_fact *fact)
{
	sum->count++;
	sum->acked += fact->acked_at > 0;
	if (!fact->ended_at) {
		sum->open++;
		return;
	}
	sum->ended++;
	sum->auto_resolved += !(fact->flags & TREND_BY_HAND);
	sum->never_acted += !(fact->flags & TREND_ACTED);
}

/* Clocks of two systems may differ by a little: never less than nothing. */
static double since_start(const struct trend_fact *fact, int64_t at)
{
	return at > fact->started_at ? (double)(at - fact->started_at) : 0;
}

/* Times of facts, those of one group behind each other. */
struct times {
	double *acks, *ends;
};

static void fill_times(struct trend_sum *sum, const struct times *times)
{
	sum->ack_median = median(times->acks, sum->acked);
	sum->ack_p90 = p90(times->acks, sum->acked);
	sum->end_median = median(times->ends, sum->ended);
	sum->end_p90 = p90(times->ends, sum->ended);
}

struct trend_sum trend_sum(const struct trend_input *in, int64_t from, int64_t to)
{
	size_t first = trend_first(in, from), n = trend_count(in, from, to);
	size_t acks = 0, ends = 0;
	struct trend_sum sum = {0};
	struct times times = {
		mem_new(n + 1, sizeof(double)), mem_new(n + 1, sizeof(double))};

	for (size_t i = first; i < first + n; i++) {
		const struct trend_fact *fact = &in->facts[i];

		count_fact(&sum, fact);
		if (fact->acked_at)
			times.acks[acks++] = since_start(fact, fact->acked_at);
		if (fact->ended_at)
			times.ends[ends++] = since_start(fact, fact->ended_at);
	}
	fill_times(&sum, &times);
	mem_free(times.acks);
	mem_free(times.ends);
	return sum;
}

/* --- when --- */

static bool within(int hour, int from, int to)
{
	return from <= to ? hour >= from && hour < to : hour >= from || hour < to;
}

enum trend_time trend_time_of(const struct trend_hours *hours, int hour_of_week)
{
	int hour = hour_of_week % 24;

	if (within(hour, hours->sleep_from, hours->sleep_to))
		return TREND_ASLEEP;
	if (hours->work_days >> hour_of_week / 24 & 1 &&
		within(hour, hours->work_from, hours->work_to))
		return TREND_WORK;
	return TREND_OFF;
}

void trend_interruptions(
	const struct trend_input *in, int64_t from, int64_t to, size_t out[TREND_TIMES])
{
	size_t first = trend_first(in, from), end = trend_first(in, to), i = first;
	int64_t last = INT64_MIN / 2;

	memset(out, 0, TREND_TIMES * sizeof *out);
	/* A page just before the span may have been the interruption. */
	while (i && in->facts[i - 1].started_at > from - TREND_INTERRUPTION_MS)
		i--;
	for (; i < end; i++) {
		const struct trend_fact *fact = &in->facts[i];

		if (!(fact->flags & TREND_PAGES))
			continue;
		if (i >= first && fact->started_at - last >= TREND_INTERRUPTION_MS)
			out[trend_time_of(&in->hours,
				zone_hour_of_week(in->zone, fact->started_at))]++;
		last = fact->started_at;
	}
}

void trend_heat(const struct trend_input *in, int64_t from, int64_t to, size_t problem,
	uint32_t out[168])
{
	size_t end = trend_first(in, to);

	memset(out, 0, 168 * sizeof *out);
	for (size_t i = trend_first(in, from); i < end; i++)
		if (problem == SIZE_MAX || in->facts[i].problem == problem)
			out[zone_hour_of_week(in->zone, in->facts[i].started_at)]++;
}

size_t trend_days(const struct trend_input *in, int64_t from, int64_t to, size_t problem,
	uint32_t *out, size_t max)
{
	int64_t first = zone_day(in->zone, from);
	size_t n = to > from ? (size_t)(zone_day(in->zone, to - 1) - first + 1) : 0;
	size_t end = trend_first(in, to);

	n = n < max ? n : max;
	memset(out, 0, n * sizeof *out);
	for (size_t i = trend_first(in, from); i < end; i++) {
		size_t day =
			(size_t)(zone_day(in->zone, in->facts[i].started_at) - first);

		if (day < n && (problem == SIZE_MAX || in->facts[i].problem == problem))
			out[day]++;
	}
	return n;
}

/* --- groups --- */

uint32_t trend_key(const struct trend_input *in, const struct trend_fact *fact,
	int64_t from, enum trend_by by)
{
	switch (by) {
	case TREND_BY_PROBLEM:
		return fact->problem;
	case TREND_BY_SERVICE:
		return fact->service;
	case TREND_BY_URGENCY:
		return fact->urgency;
	case TREND_BY_DAY:
		return (uint32_t)(zone_day(in->zone, fact->started_at) -
				  zone_day(in->zone, from));
	case TREND_BY_HOUR:
		return (uint32_t)zone_hour_of_week(in->zone, fact->started_at) % 24;
	case TREND_BY_WEEKDAY:
		return (uint32_t)zone_hour_of_week(in->zone, fact->started_at) / 24;
	default:
		return (uint32_t)zone_hour_of_week(in->zone, fact->started_at);
	}
}

static size_t keys_of(
	const struct trend_input *in, int64_t from, int64_t to, enum trend_by by)
{
	size_t most = 0, end = trend_first(in, to);
	int64_t days;

	switch (by) {
	case TREND_BY_DAY:
		days = to > from ? zone_day(in->zone, to - 1) - zone_day(in->zone, from)
				 : -1;
		return days < DAYS_MOST ? (size_t)(days + 1) : DAYS_MOST;
	case TREND_BY_HOUR:
		return 24;
	case TREND_BY_WEEKDAY:
		return 7;
	case TREND_BY_CELL:
		return 7 * 24;
	default:
		for (size_t i = trend_first(in, from); i < end; i++) {
			size_t key = trend_key(in, &in->facts[i], from, by);

			most = key + 1 > most ? key + 1 : most;
		}
		return most;
	}
}

/* The times of all groups in two arrays, each group's from where its offset says. */
static void group_times(const struct trend_input *in, int64_t from, int64_t to,
	enum trend_by by, struct trend_group *groups, size_t n)
{
	size_t first = trend_first(in, from), end = trend_first(in, to);
	size_t *acks = mem_new(n + 1, sizeof *acks), *ends = mem_new(n + 1, sizeof *ends);
	struct times all = {mem_new(end - first + 1, sizeof(double)),
		mem_new(end - first + 1, sizeof(double))};

	for (size_t k = 0; k < n; k++) {
		acks[k + 1] = acks[k] + groups[k].sum.acked;
		ends[k + 1] = ends[k] + groups[k].sum.ended;
	}
	for (size_t i = first; i < end; i++) {
		const struct trend_fact *fact = &in->facts[i];
		size_t key = trend_key(in, fact, from, by);

		if (key >= n)
			continue;
		if (fact->acked_at)
			all.acks[acks[key]++] = since_start(fact, fact->acked_at);
		if (fact->ended_at)
			all.ends[ends[key]++] = since_start(fact, fact->ended_at);
	}
	for (size_t k = 0; k < n; k++) {
		struct trend_sum *sum = &groups[k].sum;
		struct times times = {
			all.acks + acks[k] - sum->acked, all.ends + ends[k] - sum->ended};

		fill_times(sum, &times);
	}
	mem_free(acks);
	mem_free(ends);
	mem_free(all.acks);
	mem_free(all.ends);
}

static int by_count(const void *a, const void *b)
{
	const struct trend_group *x = a, *y = b;

	if (x->sum.count != y->sum.count)
		return x->sum.count < y->sum.count ? 1 : -1;
	return x->key < y->key ? -1 : x->key > y->key;
}

/* The span before: the same times on the wall clock, as many whole days earlier as
 * keep the two apart. */
static void count_before(const struct trend_input *in, int64_t from, int64_t to,
	enum trend_by by, struct trend_group *groups, size_t n)
{
	int64_t days =
		(zone_local(in->zone, to) - zone_local(in->zone, from) + DAY_MS - 1) /
		DAY_MS;
	int64_t before = zone_shift(in->zone, from, -days);
	size_t end = trend_first(in, zone_shift(in->zone, to, -days));

	for (size_t i = trend_first(in, before); i < end; i++) {
		size_t key = trend_key(in, &in->facts[i], before, by);

		if (key < n)
			groups[key].before++;
	}
}

static bool larger(const struct trend_top *a, const struct trend_top *b)
{
	return a->count != b->count ? a->count > b->count : a->key < b->key;
}

static size_t take_top(
	const uint32_t *counts, uint32_t keys, struct trend_top *out, size_t max)
{
	size_t n = 0;

	for (uint32_t key = 0; key < keys; key++) {
		struct trend_top one = {key, counts[key]};
		size_t at = n;

		while (at && one.count && larger(&one, &out[at - 1]))
			at--;
		if (!one.count || at == max)
			continue;
		n += n < max;
		memmove(out + at + 1, out + at, (n - at - 1) * sizeof *out);
		out[at] = one;
	}
	return n;
}

size_t trend_top(const struct trend_input *in, int64_t from, int64_t to, enum trend_by by,
	struct trend_top *out, size_t max)
{
	size_t first = trend_first(in, from), n = trend_count(in, from, to), top;
	uint32_t keys = 0, *counts;

	max = max < TREND_TOP_MOST ? max : TREND_TOP_MOST;
	for (size_t i = first; i < first + n; i++) {
		uint32_t key = trend_key(in, &in->facts[i], from, by);

		keys = key < TREND_KEY_MOST && key >= keys ? key + 1 : keys;
	}
	counts = mem_new((size_t)keys + 1, sizeof *counts);
	for (size_t i = first; i < first + n; i++) {
		uint32_t key = trend_key(in, &in->facts[i], from, by);

		if (key < keys)
			counts[key]++;
	}
	top = max ? take_top(counts, keys, out, max) : 0;
	mem_free(counts);
	return top;
}

void trend_hours_of(const struct trend_input *in, int64_t from, int64_t to,
	const struct trend_top *tops, size_t n, uint32_t (*out)[24])
{
	size_t first = trend_first(in, from), count = trend_count(in, from, to);

	memset(out, 0, n * sizeof *out);
	for (size_t i = first; i < first + count; i++)
		for (size_t k = 0; k < n; k++)
			if (in->facts[i].problem == tops[k].key)
				out[k]
				   [zone_hour_of_week(in->zone, in->facts[i].started_at) %
					   24]++;
}

size_t trend_groups(const struct trend_input *in, int64_t from, int64_t to,
	enum trend_by by, struct trend_group **out)
{
	size_t n = keys_of(in, from, to, by), kept = 0, end = trend_first(in, to);
	struct trend_group *groups = mem_new(n + 1, sizeof *groups);

	for (size_t k = 0; k < n; k++)
		groups[k].key = (uint32_t)k;
	for (size_t i = trend_first(in, from); i < end; i++) {
		const struct trend_fact *fact = &in->facts[i];
		size_t key = trend_key(in, fact, from, by);

		if (key >= n)
			continue;
		count_fact(&groups[key].sum, fact);
		groups[key].last_at = fact->started_at;
	}
	group_times(in, from, to, by, groups, n);
	count_before(in, from, to, by, groups, n);
	*out = groups;
	/* The cells of a heat map are many, and most of them cold. */
	if (by >= TREND_BY_DAY && by != TREND_BY_CELL)
		return n;
	for (size_t k = 0; k < n; k++)
		if (groups[k].sum.count)
			groups[kept++] = groups[k];
	qsort(groups, kept, sizeof *groups, by_count);
	return kept;
}

/* --- cards --- */

static struct trend_card weekly(const struct trend_input *in, int64_t from, int64_t to)
{
	struct trend_card card = {.from = from, .to = to};
	double counts[TREND_WEEKS];

	card.count = trend_count(in, from, to);
	for (int week = 1; week <= TREND_WEEKS; week++) {
		card.before_from = zone_shift(in->zone, from, -7 * week);
		counts[week - 1] = (double)trend_count(
			in, card.before_from, zone_shift(in->zone, to, -7 * week));
	}
	card.before = (size_t)counts[0];
	card.median = median(counts, TREND_WEEKS);
	return card;
}

struct trend_card trend_today(const struct trend_input *in, int64_t now)
{
	return weekly(in, zone_day_start(in->zone, zone_day(in->zone, now)), now);
}

struct trend_card trend_week(const struct trend_input *in, int64_t now)
{
	int64_t day = zone_day(in->zone, now);

	return weekly(in, zone_day_start(in->zone, day - zone_weekday(day)), now);
}

struct trend_card trend_month(const struct trend_input *in, int64_t now)
{
	int64_t first = zone_month(zone_day(in->zone, now), 0);
	int64_t from = zone_day_start(in->zone, first), before = zone_month(first, -1);
	struct trend_card card = {.from = from, .to = now, .median = NAN};
	int64_t until = zone_shift(in->zone, now, before - first);

	card.count = trend_count(in, from, now);
	card.before_from = zone_day_start(in->zone, before);
	card.before = trend_count(in, card.before_from, until < from ? until : from);
	return card;
}
