/* Five fields become sets of bits; the next time is looked for day by day on the wall
 * clock, and then among that day's hours and minutes. Hides the rule that days of the
 * month and of the week are alternatives where both are given. Pure; any thread. */
#include "model/cron.h"

#include "base/str.h"
#include "base/time.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { FIELDS = 5, FIELD_TEXT = 120, DAYS_AHEAD = 5 * 366 };

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
	"aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekdays[] = {
	"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

static const struct field {
	const char *name;
	int low, high;
	const char *const *names; /* of low and those behind it */
} fields[FIELDS] = {
	{"minute", 0, 59, NULL},
	{"hour", 0, 23, NULL},
	{"day of the month", 1, 31, NULL},
	{"month", 1, 12, months},
	{"day of the week", 0, 7, weekdays},
};

/* --- reading --- */

static bool take_number(const struct field *f, const char **at, int *out)
{
	int n = 0, digits = 0;

	for (int i = 0; f->names && f->names[i]; i++)
		if (!strncasecmp(*at, f->names[i], 3) && !isalnum((*at)[3] & 0xff)) {
			*at += 3;
			*out = f->low + i;
			return true;
		}
	for (; **at >= '0' && **at <= '9' && digits < 4; (*at)++, digits++)
		n = 10 * n + (**at - '0');
	*out = n;
	return digits && n >= f->low && n <= f->high;
}

/* One of a list: "*", "5", "1-5", each of the first and last with a step behind it. */
static bool take_range(const struct field *f, const char **at, uint64_t *bits)
{
	int from = f->low, to = f->high, step = 1;
	bool whole = **at == '*', range = whole;

	if (whole) {
		(*at)++;
	} else {
		if (!take_number(f, at, &from))
			return false;
		to = from;
		range = **at == '-';
		if (range) {
			(*at)++;
			if (!take_number(f, at, &to) || to < from)
				return false;
		}
	}
	if (**at == '/') {
		const struct field steps = {"", 1, f->high, NULL};

		(*at)++;
		if (!range || !take_number(&steps, at, &step))
			return false;
	}
	for (int i = from; i <= to; i += step)
		*bits |= UINT64_C(1) << i;
	return **at == ',' || !**at;
}

static bool take_field(
	const struct field *f, const char *text, uint64_t *bits, struct err *err)
{
	const char *at = text;

	*bits = 0;
	do {
		at += at > text;
		if (!take_range(f, &at, bits))
			return err_set(err, ERR_INPUT,
				"%s of cron is *, %d to %d, 1-5, a list of them, */2, "
				"not %.40s",
				f->name, f->low, f->high, text);
	} while (*at);
	return true;
}

static bool split(const char *text, char out[FIELDS][FIELD_TEXT])
{
	int n = 0;

	while (*text) {
		size_t length;

		text += strspn(text, " \t");
		length = strcspn(text, " \t");
		if (!length)
			break;
		if (n == FIELDS || length >= FIELD_TEXT)
			return false;
		snprintf(out[n++], FIELD_TEXT, "%.*s", (int)length, text);
		text += length;
	}
	return n == FIELDS;
}

bool cron_parse(struct cron *cron, const char *text, struct err *err)
{
	static const struct zone utc = {.count = 1};
	char words[FIELDS][FIELD_TEXT];
	uint64_t bits[FIELDS];

	if (!split(text, words))
		return err_set(err, ERR_INPUT,
			"cron has five fields, minute hour day month weekday, as in "
			"\"cron=30 6 * * 1-5\", not %.60s",
			text);
	for (int i = 0; i < FIELDS; i++)
		if (!take_field(&fields[i], words[i], &bits[i], err))
			return false;
	*cron = (struct cron){.minutes = bits[0],
		.hours = (uint32_t)bits[1],
		.days = (uint32_t)bits[2],
		.months = (uint16_t)bits[3],
		.weekdays = (uint8_t)((bits[4] & 0x7f) | bits[4] >> 7),
		.any_day = words[2][0] == '*',
		.any_week = words[4][0] == '*'};
	return cron_next(cron, &utc, 0) ||
	       err_set(err, ERR_INPUT, "cron: %.60s never comes", text);
}

/* --- the next time --- */

/* Of days since 1970-01-01. */
static void date_of(int64_t day, int *month, int *number)
{
	time_t seconds = (time_t)(day * (DAY_MS / SECOND_MS));
	struct tm tm = {0};

	gmtime_r(&seconds, &tm);
	*month = tm.tm_mon + 1;
	*number = tm.tm_mday;
}

static bool day_matches(const struct cron *cron, int64_t day)
{
	bool of_month, of_week;
	int month, number;

	date_of(day, &month, &number);
	of_month = cron->days >> number & 1;
	/* zone_weekday() begins with Monday. */
	of_week = cron->weekdays >> (zone_weekday(day) + 1) % 7 & 1;
	if (!(cron->months >> month & 1))
		return false;
	return cron->any_day || cron->any_week ? of_month && of_week
					       : of_month || of_week;
}

/* Each hour counts, so that those of a night that comes twice do too. */
static int64_t next_by_minutes(
	const struct cron *cron, const struct zone *zone, int64_t after)
{
	int64_t at = (after / MINUTE_MS + 1) * MINUTE_MS, last = -1;
	bool matches = false;

	for (int days = 0; days < DAYS_AHEAD; at += MINUTE_MS) {
		int64_t local = zone_local(zone, at), day = zone_day(zone, at);

		if (day != last)
			matches = day_matches(cron, day);
		days += day != last;
		last = day;
		if (!matches)
			at = zone_day_start(zone, day + 1) - MINUTE_MS;
		else if (cron->minutes >> (local / MINUTE_MS % 60) & 1)
			return at;
	}
	return 0;
}

static int64_t next_in_day(
	const struct cron *cron, const struct zone *zone, int64_t day, int64_t after)
{
	for (int h = 0; h < 24; h++)
		for (int m = 0; cron->hours >> h & 1 && m < 60; m++) {
			int64_t at;

			if (!(cron->minutes >> m & 1))
				continue;
			at = zone_moment(
				zone, day * DAY_MS + h * HOUR_MS + m * MINUTE_MS);
			if (at > after)
				return at;
		}
	return 0;
}

int64_t cron_next(const struct cron *cron, const struct zone *zone, int64_t after)
{
	int64_t day = zone_day(zone, after), at;

	if (cron->hours == 0xffffff)
		return next_by_minutes(cron, zone, after);
	for (int i = 0; i < DAYS_AHEAD; i++, day++)
		if (day_matches(cron, day) && (at = next_in_day(cron, zone, day, after)))
			return at;
	return 0;
}
