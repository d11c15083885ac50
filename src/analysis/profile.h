/* What is usual at this half hour of the day and of the week. */
#ifndef ANALYSIS_PROFILE_H
#define ANALYSIS_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

enum { PROFILE_DAY = 48, PROFILE_WEEK = 336 };

/* Zeroed is the start; no pointers. */
struct profile {
	int64_t first, half_hour; /* since 1970; the second is that of the sum */
	double sum;
	float day[PROFILE_DAY], week[PROFILE_WEEK];
	float day_error, week_error;
	int32_t count;
	uint16_t slot; /* in the week, in the local zone */
	uint8_t day_known[PROFILE_DAY], week_known[PROFILE_WEEK];
	uint8_t begun;
	uint8_t spare[5];
};

/* The value less what is usual now; then learns it. NAN on the first day, later 0 where
 * nothing is known of this half hour. */
double profile_feed(struct profile *profile, int64_t at, double value);
bool profile_check(const struct profile *profile);

#endif
