/* Offsets of a time zone, and days, hours and months on its wall clock. Hides the
 * search for the offset in force; the calendar is the Gregorian one (the conversion of
 * days is Howard Hinnant's, "chrono-Compatible Low-Level Date Algorithms"). */
#include "model/zone.h"

#include "base/time.h"

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Where between two moments the offset becomes another, to the second. */
static int64_t change_between(
	int64_t low, int64_t high, int64_t offset, int64_t (*offset_ms)(int64_t at))
{
	while (high - low > SECOND_MS) {
		int64_t mid = low + (high - low) / 2;

		if (offset_ms(mid) == offset)
			low = mid;
		else
			high = mid;
	}
	return floor_div(high, SECOND_MS) * SECOND_MS;
}

void zone_read(
	struct zone *zone, int64_t from, int64_t to, int64_t (*offset_ms)(int64_t at))
{
	zone->count = 1;
	zone->from_at[0] = from;
	zone->offset_ms[0] = offset_ms(from);
	for (int64_t at = from; at < to && zone->count < ZONE_SPANS;) {
		int64_t next = at + DAY_MS / 2, now = zone->offset_ms[zone->count - 1];

		if (offset_ms(next) != now) {
			next = change_between(at, next, now, offset_ms);
			zone->from_at[zone->count] = next;
			zone->offset_ms[zone->count++] = offset_ms(next);
		}
		at = next;
	}
}

static size_t span_at(const struct zone *zone, int64_t at)
{
	size_t i = zone->count - 1;

	while (i && zone->from_at[i] > at)
		i--;
	return i;
}

int64_t zone_local(const struct zone *zone, int64_t at)
{
	return at + zone->offset_ms[span_at(zone, at)];
}

int64_t zone_moment(const struct zone *zone, int64_t local)
{
	for (size_t i = 0; i < zone->count; i++) {
		int64_t at = local - zone->offset_ms[i];

		if (i && at < zone->from_at[i])
			at = zone->from_at[i];
		if (i + 1 == zone->count || at < zone->from_at[i + 1])
			return at;
	}
	return local;
}

int64_t zone_day(const struct zone *zone, int64_t at)
{
	return floor_div(zone_local(zone, at), DAY_MS);
}

int64_t zone_day_start(const struct zone *zone, int64_t day)
{
	return zone_moment(zone, day * DAY_MS);
}

int zone_weekday(int64_t day)
{
	/* 1970-01-01 was a Thursday. */
	return (int)(day + 3 - floor_div(day + 3, 7) * 7);
}

int zone_hour_of_week(const struct zone *zone, int64_t at)
{
	int64_t local = zone_local(zone, at), day = floor_div(local, DAY_MS);

	return zone_weekday(day) * 24 + (int)((local - day * DAY_MS) / HOUR_MS);
}

int64_t zone_shift(const struct zone *zone, int64_t at, int64_t days)
{
	return zone_moment(zone, zone_local(zone, at) + days * DAY_MS);
}

static int64_t day_of(int64_t year, int64_t month)
{
	int64_t era, of_era;

	year -= month <= 2;
	era = floor_div(year, 400);
	of_era = year - era * 400;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 - 719468;
}

int64_t zone_month(int64_t day, int months)
{
	int64_t z = day + 719468, era = floor_div(z, 146097), doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;
	int64_t all = (yoe + era * 400 + (month <= 2)) * 12 + month - 1 + months;

	return day_of(floor_div(all, 12), all - floor_div(all, 12) * 12 + 1);
}
