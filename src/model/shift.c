/* Boundaries of shifts on the wall clock of a zone. Hides how a moment finds its shift:
 * each boundary of the days around it is made a moment of its own, so a time that the
 * clocks skip or repeat is still one boundary. Pure; any thread. */
#include "model/shift.h"

#include "base/time.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { DAY_MINUTES = 24 * 60, DAYS_AROUND = 8 };

static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

static bool add(struct shift_plan *plan, int minute, struct err *err)
{
	size_t at = plan->count;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->minutes[i] == minute)
			return true;
	if (plan->count == SHIFT_MAX_BOUNDS)
		return err_set(
			err, ERR_LIMIT, "more than %d handoffs a week", SHIFT_MAX_BOUNDS);
	for (; at && plan->minutes[at - 1] > minute; at--)
		plan->minutes[at] = plan->minutes[at - 1];
	plan->minutes[at] = (uint16_t)minute;
	plan->count++;
	return true;
}

static const char *skip(const char *p)
{
	while (*p == ' ')
		p++;
	return p;
}

static bool clock_of(const char **p, int *out)
{
	int minute = 0;

	for (int i = 0; i < 5; i++) {
		char c = (*p)[i];

		if (i == 2 ? c != ':' : !isdigit((unsigned char)c))
			return false;
		if (i != 2)
			minute = minute * 10 + (c - '0');
	}
	*p += 5;
	*out = minute / 100 * 60 + minute % 100;
	return minute / 100 < 24 && minute % 100 < 60;
}

bool shift_parse(struct shift_plan *plan, const char *text, struct err *err)
{
	const char *p = skip(text);

	plan->count = 0;
	for (;;) {
		int day = 0, clock;

		while (day < 7 && strncasecmp(p, days[day], 3))
			day++;
		if (day < 7)
			p = skip(p + 3);
		if (!clock_of(&p, &clock))
			break;
		for (int d = 0; d < 7; d++)
			if ((day == 7 || d == day) &&
				!add(plan, d * DAY_MINUTES + clock, err))
				return false;
		p = skip(p);
		if (!*p)
			return true;
		if (*p++ != ',')
			break;
		p = skip(p);
	}
	return err_set(err, ERR_INPUT,
		"a handoff is at \"Mon 09:00\", at 09:00 (each day), or at several such "
		"times with commas between them, not at %s",
		text);
}

struct shift shift_at(const struct shift_plan *plan, int64_t at)
{
	int64_t today = zone_day(&plan->zone, at);
	struct shift found = {INT64_MIN, INT64_MAX};

	for (int64_t day = today - DAYS_AROUND; day <= today + DAYS_AROUND; day++) {
		int first = zone_weekday(day) * DAY_MINUTES;

		for (size_t i = 0; i < plan->count; i++) {
			int minute = plan->minutes[i] - first;
			int64_t moment;

			if (minute < 0 || minute >= DAY_MINUTES)
				continue;
			moment = zone_moment(
				&plan->zone, day * DAY_MS + minute * MINUTE_MS);
			if (moment <= at && moment > found.from_at)
				found.from_at = moment;
			if (moment > at && moment < found.to_at)
				found.to_at = moment;
		}
	}
	return found;
}
