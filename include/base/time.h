/* Time: UTC milliseconds everywhere (`_at`), durations in milliseconds (`_ms`). */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIME_TEXT = 40 };

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

/* The wall clock and one that never jumps. */
int64_t time_now_ms(void);
int64_t time_mono_ms(void);
int64_t time_mono_us(void);

/* "2026-11-21T14:32:01.250Z"; outside the years 0 to 9999 it is 1970. */
const char *time_rfc3339(int64_t at, char out[TIME_TEXT]);
/* RFC 3339 with offset or Z, fraction optional; date alone is midnight UTC. */
bool time_parse(const char *text, int64_t *out);
/* What people type for a moment: RFC 3339, "14:05" (the last one passed, local),
 * "-2h" (ago), "now". */
bool time_parse_moment(const char *text, int64_t now, int64_t *out);

/* Local zone: "14:32"; "14:32:01"; and "14:32:01" today, "Fri 14:32" within the last
 * six days, "Nov 21 14:32" this year, else "2025-11-21". */
const char *time_clock(int64_t at, char out[TIME_TEXT]);
const char *time_clock_s(int64_t at, char out[TIME_TEXT]);
const char *time_stamp(int64_t at, int64_t now, char out[TIME_TEXT]);
/* "Fri Nov 20" */
const char *time_day(int64_t at, char out[TIME_TEXT]);
/* Zone abbreviation then, as "UTC" or "IST". */
const char *time_zone(int64_t at, char out[TIME_TEXT]);
/* Hour of the week in the local zone, 0 (Monday 00:00) to 167. */
int time_hour_of_week(int64_t at);
/* Local time minus UTC then. */
int64_t time_offset_ms(int64_t at);

/* "250ms", "4s", "12m", "3h", "2d": one unit, rounded down; negative as "-4s". */
const char *duration_text(int64_t ms, char out[TIME_TEXT]);
/* "5s", "1h30m", "250ms", "2d"; a bare number is refused. */
bool duration_parse(const char *text, int64_t *out_ms);

#endif
