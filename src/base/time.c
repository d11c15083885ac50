/* Clocks, RFC 3339 and durations. Times are foreign numbers: every function is total
 * over int64_t. The zone is the process's own (TZ), read by main at start; nothing
 * here changes it. Any thread. */
#include "base/time.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t read_clock_us(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t time_now_ms(void)
{
	return read_clock_us(CLOCK_REALTIME) / 1000;
}

int64_t time_mono_ms(void)
{
	return read_clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t time_mono_us(void)
{
	return read_clock_us(CLOCK_MONOTONIC);
}

/* Seconds rounded down also before 1970. */
static time_t floor_seconds(int64_t at)
{
	return (time_t)(at / 1000 - (at % 1000 < 0));
}

static void local_parts(int64_t at, struct tm *tm)
{
	time_t seconds = floor_seconds(at);

	if (!localtime_r(&seconds, tm))
		memset(tm, 0, sizeof *tm);
}

const char *time_rfc3339(int64_t at, char out[TIME_TEXT])
{
	time_t seconds = floor_seconds(at);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || tm.tm_year > 8099 || tm.tm_year < -1900) {
		at = seconds = 0;
		gmtime_r(&seconds, &tm);
	}
	snprintf(out, TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		(tm.tm_year + 1900) % 10000, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		tm.tm_min, tm.tm_sec, (int)((at % 1000 + 1000) % 1000));
	return out;
}

static bool fixed_digits(const char **text, int n, int *out)
{
	*out = 0;
	for (int i = 0; i < n; i++) {
		if (!isdigit((unsigned char)(*text)[i]))
			return false;
		*out = *out * 10 + ((*text)[i] - '0');
	}
	*text += n;
	return true;
}

static bool take(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

/* "Z", "+05:30", "-0800"; seconds east in *out. */
static bool parse_zone(const char **text, int *out)
{
	int sign = **text == '-' ? -1 : 1, h, m;

	if (take(text, 'Z') || take(text, 'z')) {
		*out = 0;
		return true;
	}
	if (**text != '+' && **text != '-')
		return false;
	(*text)++;
	if (!fixed_digits(text, 2, &h))
		return false;
	take(text, ':');
	if (!fixed_digits(text, 2, &m) || h > 23 || m > 59)
		return false;
	*out = sign * (h * 3600 + m * 60);
	return true;
}

static int days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

bool time_parse(const char *text, int64_t *out)
{
	struct tm tm = {0};
	int year, month, day, zone = 0, ms = 0, scale = 100;

	if (!fixed_digits(&text, 4, &year) || !take(&text, '-') ||
		!fixed_digits(&text, 2, &month) || !take(&text, '-') ||
		!fixed_digits(&text, 2, &day))
		return false;
	if (*text) {
		if (*text != 'T' && *text != 't' && *text != ' ')
			return false;
		text++;
		if (!fixed_digits(&text, 2, &tm.tm_hour) || !take(&text, ':') ||
			!fixed_digits(&text, 2, &tm.tm_min) || !take(&text, ':') ||
			!fixed_digits(&text, 2, &tm.tm_sec))
			return false;
		if (take(&text, '.')) {
			if (!isdigit((unsigned char)*text))
				return false;
			for (; isdigit((unsigned char)*text); text++, scale /= 10)
				ms += (*text - '0') * scale;
		}
		if (!parse_zone(&text, &zone) || *text)
			return false;
	}
	if (month < 1 || month > 12 || day < 1 || day > days_of(year, month) ||
		tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	*out = ((int64_t)timegm(&tm) - zone) * 1000 + ms;
	return true;
}

bool time_parse_moment(const char *text, int64_t now, int64_t *out)
{
	struct tm tm;
	int h, m;
	int64_t ms;
	const char *p = text;

	if (!strcmp(text, "now")) {
		*out = now;
		return true;
	}
	if (*text == '-' && duration_parse(text + 1, &ms)) {
		*out = now - ms;
		return true;
	}
	if (fixed_digits(&p, 2, &h) && take(&p, ':') && fixed_digits(&p, 2, &m) && !*p &&
		h < 24 && m < 60) {
		local_parts(now, &tm);
		tm.tm_hour = h;
		tm.tm_min = m;
		tm.tm_sec = 0;
		tm.tm_isdst = -1;
		*out = (int64_t)mktime(&tm) * 1000;
		if (*out > now) {
			local_parts(now, &tm);
			tm.tm_mday--;
			tm.tm_hour = h;
			tm.tm_min = m;
			tm.tm_sec = 0;
			tm.tm_isdst = -1;
			*out = (int64_t)mktime(&tm) * 1000;
		}
		return true;
	}
	return time_parse(text, out);
}

static const char *format_local(int64_t at, const char *fmt, char out[TIME_TEXT])
{
	struct tm tm;

	local_parts(at, &tm);
	if (!strftime(out, TIME_TEXT, fmt, &tm))
		out[0] = '\0';
	return out;
}

const char *time_clock(int64_t at, char out[TIME_TEXT])
{
	return format_local(at, "%H:%M", out);
}

const char *time_clock_s(int64_t at, char out[TIME_TEXT])
{
	return format_local(at, "%H:%M:%S", out);
}

const char *time_stamp(int64_t at, int64_t now, char out[TIME_TEXT])
{
	struct tm a, b;

	local_parts(at, &a);
	local_parts(now, &b);
	if (a.tm_yday == b.tm_yday && a.tm_year == b.tm_year)
		return format_local(at, "%H:%M:%S", out);
	if (at <= now && at > now - 6 * DAY_MS)
		return format_local(at, "%a %H:%M", out);
	return format_local(at, a.tm_year == b.tm_year ? "%b %d %H:%M" : "%Y-%m-%d", out);
}

const char *time_day(int64_t at, char out[TIME_TEXT])
{
	return format_local(at, "%a %b %d", out);
}

const char *time_zone(int64_t at, char out[TIME_TEXT])
{
	return format_local(at, "%Z", out);
}

int time_hour_of_week(int64_t at)
{
	struct tm tm;

	local_parts(at, &tm);
	return (tm.tm_wday + 6) % 7 * 24 + tm.tm_hour;
}

int64_t time_offset_ms(int64_t at)
{
	struct tm tm;

	local_parts(at, &tm);
	return tm.tm_gmtoff * SECOND_MS;
}

static const struct {
	const char *name;
	int64_t ms;
} units[] = {
	{"w", 7 * DAY_MS},
	{"d", DAY_MS},
	{"h", HOUR_MS},
	{"ms", 1},
	{"m", MINUTE_MS},
	{"s", SECOND_MS},
};

const char *duration_text(int64_t ms, char out[TIME_TEXT])
{
	const char *sign = ms < 0 ? "-" : "";
	uint64_t n = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;

	if (n && n < SECOND_MS)
		snprintf(out, TIME_TEXT, "%s%dms", sign, (int)n);
	else if (n < MINUTE_MS)
		snprintf(out, TIME_TEXT, "%s%ds", sign, (int)(n / SECOND_MS));
	else if (n < HOUR_MS)
		snprintf(out, TIME_TEXT, "%s%dm", sign, (int)(n / MINUTE_MS));
	else if (n < 2 * DAY_MS)
		snprintf(out, TIME_TEXT, "%s%dh", sign, (int)(n / HOUR_MS));
	else
		snprintf(out, TIME_TEXT, "%s%llud", sign,
			(unsigned long long)(n / DAY_MS));
	return out;
}

bool duration_parse(const char *text, int64_t *out_ms)
{
	int64_t total = 0;

	if (!*text)
		return false;
	while (*text) {
		char *end;
		long value;
		size_t i;

		if (!isdigit((unsigned char)*text))
			return false;
		value = strtol(text, &end, 10);
		if (value > 1000000000)
			return false;
		for (i = 0; i < sizeof units / sizeof units[0]; i++)
			if (!strncmp(end, units[i].name, strlen(units[i].name)))
				break;
		if (i == sizeof units / sizeof units[0])
			return false;
		text = end + strlen(units[i].name);
		total += value * units[i].ms;
		if (total > INT64_C(1000) * 365 * DAY_MS)
			return false;
	}
	*out_ms = total;
	return true;
}
