/* What a series was in a span of time, in equal steps: the look-aside for what its
 * ring of points does not reach. A step is 12 bytes, so that an hour or a month of a
 * series is 4 KiB at most. Owned by main once it is part of a series; filled by the
 * task that reads the store. */
#ifndef MODEL_PAST_H
#define MODEL_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct point;

enum { PAST_MAX_STEPS = 360 };

struct past_step {
	float low, mean, high; /* NAN: nothing known */
};

struct past {
	int64_t from_at, step_ms; /* from_at is a whole number of steps */
	uint32_t count;
	uint32_t newest, weight; /* the step filled last, points in it */
	bool live;               /* moves on with new points */
	struct past_step steps[];
};

/* Covers [from_at, to_at) in steps of at least step_ms, longer when there would be
 * more than PAST_MAX_STEPS. */
struct past *past_new(int64_t from_at, int64_t to_at, int64_t step_ms);
/* One point; times rising make the means right. Outside of the span it is ignored,
 * but when live one after the end moves the span on. */
void past_add(struct past *past, struct point point);
/* A summary of [at, at + span_ms). */
void past_add_sum(
	struct past *past, int64_t at, int64_t span_ms, const struct past_step *sum);
int64_t past_end(const struct past *past);
/* The step that holds this moment, or NULL. */
const struct past_step *past_at(const struct past *past, int64_t at);

#endif
