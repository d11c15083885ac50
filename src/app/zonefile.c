/* Zone files (RFC 8536, TZif) into a struct zone: the transitions that are written out,
 * then those of the rule at the file's end. Hides the format; nothing of the process's
 * own zone is touched. Any thread; waits for the disk. */
#include "zonefile.h"

#include "base/str.h"
#include "base/time.h"
#include "io/file.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ZONE_MAX_BYTES = 256 << 10, HEADER = 44 };

struct reader {
	const unsigned char *p;
	size_t n;
};

static int64_t big(const unsigned char *p, int bytes)
{
	uint64_t value = bytes == 4 && p[0] & 0x80 ? UINT64_MAX : 0;

	for (int i = 0; i < bytes; i++)
		value = value << 8 | p[i];
	return (int64_t)value;
}

/* isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt */
struct counts {
	size_t of[6], bytes;
};

static bool read_counts(const struct reader *r, int time_bytes, struct counts *out)
{
	if (r->n < HEADER || memcmp(r->p, "TZif", 4) != 0)
		return false;
	for (int i = 0; i < 6; i++) {
		int64_t value = big(r->p + 20 + 4 * i, 4);

		if (value < 0 || value > ZONE_MAX_BYTES)
			return false;
		out->of[i] = (size_t)value;
	}
	out->bytes = out->of[3] * (size_t)(time_bytes + 1) + out->of[4] * 6 + out->of[5] +
		     out->of[2] * (size_t)(time_bytes + 4) + out->of[1] + out->of[0];
	return r->n - HEADER >= out->bytes && out->of[4];
}

static void put(struct zone *zone, int64_t at, int64_t offset)
{
	if (zone->count && zone->offset_ms[zone->count - 1] == offset)
		return;
	if (zone->count == ZONE_SPANS)
		return;
	zone->from_at[zone->count] = at;
	zone->offset_ms[zone->count++] = offset;
}

/* --- the rule: "CET-1CEST,M3.5.0,M10.5.0/3" --- */

static bool skip_name(const char **p)
{
	const char *from = *p;

	if (**p == '<') {
		while (**p && **p != '>')
			(*p)++;
		if (!**p)
			return false;
		(*p)++;
		return true;
	}
	while (isalpha((unsigned char)**p))
		(*p)++;
	return *p - from >= 3;
}

/* [+-]hh[:mm[:ss]] in ms */
static bool take_time(const char **p, int64_t *out)
{
	int64_t sign = **p == '-' ? -1 : 1, part, unit = HOUR_MS;
	char *end;

	if (**p == '-' || **p == '+')
		(*p)++;
	*out = 0;
	for (;;) {
		if (!isdigit((unsigned char)**p))
			return false;
		part = strtol(*p, &end, 10);
		if (part > 167)
			return false;
		*out += part * unit;
		*p = end;
		unit /= 60;
		if (**p != ':' || unit < SECOND_MS)
			break;
		(*p)++;
	}
	*out *= sign;
	return true;
}

struct turn {
	int month, week, weekday; /* weekday: 0 is Sunday */
	int64_t clock;
};

static bool take_turn(const char **p, struct turn *out)
{
	int n = 0;

	if (sscanf(*p, ",M%d.%d.%d%n", &out->month, &out->week, &out->weekday, &n) != 3 ||
		out->month < 1 || out->month > 12 || out->week < 1 || out->week > 5 ||
		out->weekday < 0 || out->weekday > 6)
		return false;
	*p += n;
	out->clock = 2 * HOUR_MS;
	if (**p != '/')
		return true;
	(*p)++;
	return take_time(p, &out->clock);
}

/* The turn of a year on the wall clock. */
static int64_t turn_local(const struct turn *t, int64_t year)
{
	int64_t first = zone_month(0, (int)((year - 1970) * 12 + t->month - 1));
	int64_t next = zone_month(0, (int)((year - 1970) * 12 + t->month));
	/* zone_weekday() counts from Monday. */
	int64_t day = first + (t->weekday + 6 - zone_weekday(first) + 7) % 7;

	day += 7 * (t->week - 1);
	while (day >= next)
		day -= 7;
	return day * DAY_MS + t->clock;
}

static bool add_rule(struct zone *zone, const char *p, int64_t from, int64_t to)
{
	int64_t plain, summer,
		after = zone->count ? zone->from_at[zone->count - 1] : from;
	struct turn on, off;

	if (!skip_name(&p) || !take_time(&p, &plain))
		return false;
	plain = -plain;
	if (!*p) {
		put(zone, after, plain);
		return true;
	}
	summer = plain + HOUR_MS;
	if (!skip_name(&p))
		return false;
	if (*p && *p != ',') {
		if (!take_time(&p, &summer))
			return false;
		summer = -summer;
	}
	if (!take_turn(&p, &on) || !take_turn(&p, &off) || *p)
		return false;
	/* A zone without turns in its file begins a year early. */
	if (after < from - 60 * 366 * DAY_MS)
		after = from - 366 * DAY_MS;
	for (int64_t year = 1970 + after / (366 * DAY_MS);
		year <= 1971 + to / (365 * DAY_MS); year++) {
		int64_t a = turn_local(&on, year) - plain;
		int64_t b = turn_local(&off, year) - summer;
		bool north = a < b;

		if ((north ? a : b) > after)
			put(zone, north ? a : b, north ? summer : plain);
		if ((north ? b : a) > after)
			put(zone, north ? b : a, north ? plain : summer);
	}
	return true;
}

static bool parse(struct zone *zone, struct reader r, int64_t from, int64_t to)
{
	struct counts c;
	const unsigned char *times, *kinds, *types;
	int64_t last = INT64_MIN;
	char rule[80];
	size_t n;

	if (!read_counts(&r, 4, &c) || r.p[4] < '2')
		return false;
	r.p += HEADER + c.bytes;
	r.n -= HEADER + c.bytes;
	if (!read_counts(&r, 8, &c))
		return false;
	times = r.p + HEADER;
	kinds = times + c.of[3] * 8;
	types = kinds + c.of[3];
	zone->count = 0;
	put(zone, INT64_MIN / 2, big(types, 4) * SECOND_MS);
	for (size_t i = 0; i < c.of[3]; i++) {
		int64_t at = big(times + 8 * i, 8);

		if (kinds[i] >= c.of[4])
			return false;
		if (at > INT64_MAX / 2000 || at < INT64_MIN / 2000)
			continue;
		last = at *= SECOND_MS;
		/* Of all that was before the span the last counts. */
		if (at < from)
			zone->count = 0;
		if (at < to)
			put(zone, at, big(types + 6 * kinds[i], 4) * SECOND_MS);
	}
	r.p += HEADER + c.bytes;
	r.n -= HEADER + c.bytes;
	/* The rule is for what comes behind the last of the transitions. */
	if (last >= to || r.n < 2 || r.p[0] != '\n')
		return zone->count > 0;
	for (n = 0; n + 1 < r.n && r.p[n + 1] != '\n' && n + 1 < sizeof rule; n++)
		rule[n] = (char)r.p[n + 1];
	rule[n] = '\0';
	return !n || add_rule(zone, rule, from, to);
}

static bool fit_name(const char *name)
{
	return *name && *name != '/' && !strstr(name, "..") && strlen(name) < 80 &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			    "0123456789_+-/") == strlen(name);
}

bool zone_named(
	struct zone *out, const char *name, int64_t from, int64_t to, struct err *err)
{
	const char *folder = getenv("TZDIR");
	char path[512];
	struct err why;
	struct str bytes;
	bool fine;

	if (!name) {
		zone_read(out, from, to, time_offset_ms);
		return true;
	}
	if (!fit_name(name))
		return err_set(
			err, ERR_INPUT, "a zone is such as Europe/Berlin, not %s", name);
	snprintf(path, sizeof path, "%.400s/%s",
		folder && *folder ? folder : "/usr/share/zoneinfo", name);
	str_init(&bytes, ZONE_MAX_BYTES);
	fine = file_read(path, &bytes, &why) &&
	       parse(out,
		       (struct reader){(const unsigned char *)str_text(&bytes), bytes.n},
		       from, to);
	str_release(&bytes);
	return fine || err_set(err, ERR_MISSING,
			       "no zone is called %s: it must be a file below %s", name,
			       folder && *folder ? folder : "/usr/share/zoneinfo");
}
