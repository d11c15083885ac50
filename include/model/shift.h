/* Shifts of a schedule: the spans between two handoffs. Boundaries are times of the
 * wall clock in the schedule's zone, so a week in which the clocks change has 167 or
 * 169 hours and no moment belongs to two shifts. Pure; any thread. */
#ifndef MODEL_SHIFT_H
#define MODEL_SHIFT_H

#include "base/err.h"
#include "model/zone.h"

#include <stdbool.h>
#include <stdint.h>

enum { SHIFT_MAX_BOUNDS = 28 };

struct shift_plan {
	struct zone zone;
	/* Minutes since Monday 00:00 on the wall clock, rising. */
	uint16_t minutes[SHIFT_MAX_BOUNDS];
	size_t count; /* at least 1 */
};

/* from_at belongs to it, to_at to the next. */
struct shift {
	int64_t from_at, to_at;
};

/* "Mon 09:00", "09:00" (every day), "Mon 09:00, Fri 17:00". The zone is left alone. */
bool shift_parse(struct shift_plan *plan, const char *text, struct err *err);
/* The shift that holds a moment; the one before it is that of from_at - 1. */
struct shift shift_at(const struct shift_plan *plan, int64_t at);

#endif
