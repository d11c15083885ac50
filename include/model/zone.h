/* A time zone over a span: when which offset from UTC was in force. Days, hours and
 * weeks of the wall clock are arithmetic on it, so that 100,000 moments cost no call of
 * the C library, and a day of 23 or 25 hours is one day. Pure; any thread. */
#ifndef MODEL_ZONE_H
#define MODEL_ZONE_H

#include <stddef.h>
#include <stdint.h>

enum { ZONE_SPANS = 128 };

struct zone {
	int64_t from_at[ZONE_SPANS];   /* the first counts for all before it too */
	int64_t offset_ms[ZONE_SPANS]; /* local minus UTC */
	size_t count;                  /* at least 1 */
};

/* offset_ms() is asked every 12 hours and where it changes, to the second. Changes
 * beyond ZONE_SPANS are left out. */
void zone_read(
	struct zone *zone, int64_t from, int64_t to, int64_t (*offset_ms)(int64_t at));
/* Milliseconds on the wall clock since 1970-01-01T00:00 local. */
int64_t zone_local(const struct zone *zone, int64_t at);
/* The first moment whose wall clock is there or later: a time that is skipped in
 * spring begins when it is over, one that comes twice begins the first time. */
int64_t zone_moment(const struct zone *zone, int64_t local);
/* Days since 1970-01-01 on the wall clock; when that day begins. */
int64_t zone_day(const struct zone *zone, int64_t at);
int64_t zone_day_start(const struct zone *zone, int64_t day);
/* 0 (Monday) to 6; 0 (Monday 00) to 167. */
int zone_weekday(int64_t day);
int zone_hour_of_week(const struct zone *zone, int64_t at);
/* The same time on the wall clock so many days later. */
int64_t zone_shift(const struct zone *zone, int64_t at, int64_t days);
/* The first day of the month of a day, so many months later. */
int64_t zone_month(int64_t day, int months);

#endif
