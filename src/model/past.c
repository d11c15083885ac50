/* Steps of the past: what falls into one, and how a live span moves on with time. Hides
 * that means are kept by counting the pieces of the newest step only: points and sums
 * come in the order of time. Pure, any thread. */
#include "model/past.h"

#include "base/alloc.h"
#include "model/series.h"

#include <math.h>
#include <string.h>

static const struct past_step nothing = {NAN, NAN, NAN};

struct past *past_new(int64_t from_at, int64_t to_at, int64_t step_ms)
{
	int64_t least = (to_at - from_at + PAST_MAX_STEPS - 2) / (PAST_MAX_STEPS - 1);
	struct past *past;
	size_t count;

	if (step_ms < least)
		step_ms = least;
	if (step_ms < 1)
		step_ms = 1;
	from_at -= from_at % step_ms;
	count = to_at > from_at ? (size_t)((to_at - from_at + step_ms - 1) / step_ms) : 1;
	past = mem_new(1, sizeof *past + count * sizeof *past->steps);
	past->from_at = from_at;
	past->step_ms = step_ms;
	past->count = (uint32_t)count;
	for (size_t i = 0; i < count; i++)
		past->steps[i] = nothing;
	return past;
}

int64_t past_end(const struct past *past)
{
	return past->from_at + past->step_ms * past->count;
}

static void move_on(struct past *past, int64_t at)
{
	size_t by = (size_t)((at - past_end(past)) / past->step_ms + 1);
	size_t kept = by < past->count ? past->count - by : 0;

	memmove(past->steps, past->steps + (past->count - kept),
		kept * sizeof *past->steps);
	for (size_t i = kept; i < past->count; i++)
		past->steps[i] = nothing;
	past->from_at += past->step_ms * (int64_t)by;
	past->newest = 0;
	past->weight = 0;
}

/* Steps are filled in rising order of time, each from one or more pieces: the mean
 * counts each piece of the newest step alike. */
static void join(struct past *past, uint32_t i, const struct past_step *piece)
{
	struct past_step *step = &past->steps[i];

	if (i != past->newest || !past->weight) {
		past->newest = i;
		past->weight = isnan(step->mean) ? 0 : 1;
	}
	past->weight++;
	if (past->weight == 1) {
		*step = *piece;
		return;
	}
	step->low = fminf(step->low, piece->low);
	step->mean += (piece->mean - step->mean) / (float)past->weight;
	step->high = fmaxf(step->high, piece->high);
}

void past_add(struct past *past, struct point point)
{
	float value = (float)point.value;

	if (isnan(value) || point.at < past->from_at)
		return;
	if (point.at >= past_end(past)) {
		if (!past->live)
			return;
		move_on(past, point.at);
	}
	join(past, (uint32_t)((point.at - past->from_at) / past->step_ms),
		&(struct past_step){value, value, value});
}

void past_add_sum(
	struct past *past, int64_t at, int64_t span_ms, const struct past_step *sum)
{
	int64_t i = at > past->from_at ? (at - past->from_at) / past->step_ms : 0;
	int64_t end = at + span_ms;

	if (end <= past->from_at)
		return;
	for (; i < past->count && past->from_at + i * past->step_ms < end; i++)
		join(past, (uint32_t)i, sum);
}

const struct past_step *past_at(const struct past *past, int64_t at)
{
	if (at < past->from_at || at >= past_end(past))
		return NULL;
	return &past->steps[(at - past->from_at) / past->step_ms];
}
