/* The mean of each half hour, exponentially forgotten: over days, and for the half hour
 * of the week. Whichever of the two missed less lately is believed. Any thread. */
#include "profile.h"

#include "base/time.h"

#include <math.h>
#include <string.h>

#define HALF_HOUR_MS (30 * MINUTE_MS)
#define DAY_KEEPS    0.3   /* weight of the last day */
#define WEEK_KEEPS   0.5   /* weight of the last week */
#define ERROR_KEEPS  0.002 /* weight of the last value in what was missed */

static void blend(float *mean, uint8_t *known, double value, double weight)
{
	double w = fmax(weight, 1.0 / (1 + *known));

	*mean += (float)(w * (value - (double)*mean));
	if (*known < UINT8_MAX)
		(*known)++;
}

static void close_slot(struct profile *p)
{
	double mean = p->sum / p->count;
	int day = p->slot % PROFILE_DAY;

	blend(&p->day[day], &p->day_known[day], mean, DAY_KEEPS);
	blend(&p->week[p->slot], &p->week_known[p->slot], mean, WEEK_KEEPS);
	p->sum = 0;
	p->count = 0;
}

static void enter_slot(struct profile *p, int64_t half_hour)
{
	int64_t at = half_hour * HALF_HOUR_MS;

	if (p->begun && half_hour == p->half_hour)
		return;
	if (p->count)
		close_slot(p);
	if (!p->begun)
		p->first = half_hour;
	p->begun = 1;
	p->half_hour = half_hour;
	p->slot = (uint16_t)(2 * time_hour_of_week(at) + (half_hour & 1));
}

static void grade(float *error, double miss)
{
	*error += (float)(ERROR_KEEPS * (fabs(miss) - (double)*error));
}

double profile_feed(struct profile *p, int64_t at, double value)
{
	double of_day, of_week, out;
	int day;

	enter_slot(p, at / HALF_HOUR_MS);
	day = p->slot % PROFILE_DAY;
	of_day = p->day_known[day] ? value - (double)p->day[day] : 0;
	of_week = p->week_known[p->slot] ? value - (double)p->week[p->slot] : of_day;
	out = p->week_known[p->slot] && p->week_error < p->day_error ? of_week : of_day;
	if (p->week_known[p->slot]) {
		grade(&p->day_error, of_day);
		grade(&p->week_error, of_week);
	}
	p->sum += value;
	p->count++;
	return p->half_hour - p->first < PROFILE_DAY ? (double)NAN : out;
}

bool profile_check(const struct profile *p)
{
	return p->slot < PROFILE_WEEK && p->count >= 0;
}
