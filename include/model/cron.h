/* Times as crontab(5) has them: minute, hour, day of the month, month, day of the week.
 * They are times of a wall clock: one that is skipped in spring comes when it is over,
 * one that comes twice in autumn comes the first time; where every hour counts, each
 * hour does. Pure; any thread. */
#ifndef MODEL_CRON_H
#define MODEL_CRON_H

#include "base/err.h"
#include "model/zone.h"

#include <stdbool.h>
#include <stdint.h>

struct cron {
	uint64_t minutes;       /* bit n: minute n */
	uint32_t hours, days;   /* days from 1 */
	uint16_t months;        /* from 1 */
	uint8_t weekdays;       /* bit 0: Sunday */
	bool any_day, any_week; /* that field is *: the other one decides */
};

/* Five fields: *, N, N-M, lists with commas, /STEP behind * or N-M; names of months and
 * days (jan, mon); 7 is Sunday too. False with a sentence, also of what never comes. */
bool cron_parse(struct cron *cron, const char *text, struct err *err);
/* The first moment after that one, UTC ms; 0: none within five years. */
int64_t cron_next(const struct cron *cron, const struct zone *zone, int64_t after);

#endif
