/* Trends: counts and times over incidents of the past. docs/metrics.md says what each
 * means; this is where it is computed. Pure: arrays in, arrays out, no clock.
 *
 * An incident belongs to the moment it began and to no other: one that is open across
 * a boundary is counted once. Any thread. */
#ifndef ANALYSIS_TREND_H
#define ANALYSIS_TREND_H

#include "model/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trend_flag {
	TREND_PAGES = 1 << 0, /* somebody was called: not of low urgency */
	TREND_ACTED = 1 << 1, /* a person acknowledged, resolved or did something else */
	TREND_BY_HAND = 1 << 2, /* a person resolved it */
	TREND_ECHO = 1 << 3,    /* another tells of the same: the facts leave it out */
};

struct trend_fact {
	int64_t started_at, acked_at, ended_at; /* UTC ms; 0: not (yet) */
	uint32_t problem, service;
	uint8_t urgency;
	uint8_t flags;
};

/* When people sleep and work, in hours of the wall clock; a span may pass midnight, and
 * one from h to h is empty. Sleep wins. */
struct trend_hours {
	int sleep_from, sleep_to, work_from, work_to;
	unsigned work_days; /* bit 0: Monday */
};

enum trend_time { TREND_ASLEEP, TREND_OFF, TREND_WORK, TREND_TIMES };

enum trend_by {
	TREND_BY_PROBLEM,
	TREND_BY_SERVICE,
	TREND_BY_URGENCY,
	TREND_BY_DAY,     /* group 0 is the day of `from` */
	TREND_BY_HOUR,    /* of the day, 0 … 23 */
	TREND_BY_WEEKDAY, /* 0: Monday */
	TREND_BY_CELL,    /* of the heat map: 0 is Monday 0:00, 167 Sunday 23:00 */
	TREND_BY_COUNT,
};

enum { TREND_INTERRUPTION_MS = 10 * 60 * 1000, TREND_WEEKS = 4 };

struct trend_input {
	const struct trend_fact *facts; /* by started_at, rising */
	size_t count;
	const struct zone *zone;
	struct trend_hours hours;
};

/* Times in ms, NAN when there is none. */
struct trend_sum {
	size_t count, open, ended;
	size_t acked;         /* have an MTTA */
	size_t auto_resolved; /* of the ended */
	size_t never_acted;   /* of the ended */
	double ack_median, ack_p90;
	double end_median, end_p90;
};

/* One bar: a problem, a service, a day … */
struct trend_group {
	uint32_t key;
	struct trend_sum sum;
	size_t before; /* count in the span before */
	int64_t last_at;
};

/* All over [from, to). */
struct trend_sum trend_sum(const struct trend_input *in, int64_t from, int64_t to);
size_t trend_count(const struct trend_input *in, int64_t from, int64_t to);
/* The index of the first fact at or after that. */
size_t trend_first(const struct trend_input *in, int64_t at);

/* Pages that began at least TREND_INTERRUPTION_MS after the page before them. */
void trend_interruptions(
	const struct trend_input *in, int64_t from, int64_t to, size_t out[TREND_TIMES]);
/* Incidents by hour of the week, Monday 00 first. problem SIZE_MAX: all. */
void trend_heat(const struct trend_input *in, int64_t from, int64_t to, size_t problem,
	uint32_t out[168]);
/* Incidents of each day of the wall clock; the first is that of `from`. Returns how many
 * days, at most max. problem SIZE_MAX: all. */
size_t trend_days(const struct trend_input *in, int64_t from, int64_t to, size_t problem,
	uint32_t *out, size_t max);
/* One for each key that occurs, most incidents first, then by key; days, hours and
 * weekdays: all of them, in their order. *out is to be freed with mem_free(). */
size_t trend_groups(const struct trend_input *in, int64_t from, int64_t to,
	enum trend_by by, struct trend_group **out);
/* The largest groups only, as shares are shown: most incidents first, then by key. max:
 * TREND_TOP_MOST at most. Returns how many; keys beyond TREND_KEY_MOST are not looked
 * at. */
enum { TREND_TOP_MOST = 16, TREND_KEY_MOST = 1 << 22 };
struct trend_top {
	uint32_t key;
	size_t count;
};
size_t trend_top(const struct trend_input *in, int64_t from, int64_t to, enum trend_by by,
	struct trend_top *out, size_t max);
/* Incidents of some problems by hour of the day, in one pass: out[i] is of tops[i]. */
void trend_hours_of(const struct trend_input *in, int64_t from, int64_t to,
	const struct trend_top *tops, size_t n, uint32_t (*out)[24]);
uint32_t trend_key(const struct trend_input *in, const struct trend_fact *fact,
	int64_t from, enum trend_by by);

/* A count, what it was in the same span of the wall clock a week (or a month) before,
 * and the median of the four weeks before. */
struct trend_card {
	int64_t from, to;
	size_t count, before;
	double median;       /* NAN: of a month there is none */
	int64_t before_from; /* how far back this looks */
};
struct trend_card trend_today(const struct trend_input *in, int64_t now);
/* From Monday 00:00 until now. */
struct trend_card trend_week(const struct trend_input *in, int64_t now);
/* From the first of the month; before: the month before up to the same day and time,
 * or its end. */
struct trend_card trend_month(const struct trend_input *in, int64_t now);

enum trend_time trend_time_of(const struct trend_hours *hours, int hour_of_week);

#endif
