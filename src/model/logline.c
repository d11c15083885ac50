/* Log lines taken apart: time, host, unit, level, text. Views only; nothing is copied
 * and nothing is trusted. A line that fits no form is text with the time of its
 * reading. Pure. */
#include "model/logline.h"

#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const char *level_name(enum level level)
{
	static const char *const names[] = {
		"", "debug", "info", "warn", "error", "fatal"};

	return names[level];
}

static const struct {
	const char *word;
	enum level level;
} level_words[] = {
	{"panic", LEVEL_FATAL},
	{"fatal", LEVEL_FATAL},
	{"emerg", LEVEL_FATAL},
	{"critical", LEVEL_FATAL},
	{"alert", LEVEL_FATAL},
	{"error", LEVEL_ERROR},
	{"err", LEVEL_ERROR},
	{"failed", LEVEL_ERROR},
	{"failure", LEVEL_ERROR},
	{"exception", LEVEL_ERROR},
	{"warning", LEVEL_WARN},
	{"warn", LEVEL_WARN},
	{"info", LEVEL_INFO},
	{"notice", LEVEL_INFO},
	{"debug", LEVEL_DEBUG},
	{"trace", LEVEL_DEBUG},
};

enum { LEVEL_LOOK = 160 };

static enum level level_of(struct untrusted word)
{
	for (size_t i = 0; i < sizeof level_words / sizeof level_words[0]; i++)
		if (untrusted_size(word) == strlen(level_words[i].word) &&
			!untrusted_find_nocase(word, level_words[i].word))
			return level_words[i].level;
	return LEVEL_NONE;
}

enum level level_named(struct untrusted name)
{
	static const struct {
		const char *name;
		enum level level;
	} more[] = {{"information", LEVEL_INFO}, {"informational", LEVEL_INFO},
		{"inf", LEVEL_INFO}, {"wrn", LEVEL_WARN}, {"dbg", LEVEL_DEBUG},
		{"crit", LEVEL_FATAL}, {"emergency", LEVEL_FATAL}, {"trc", LEVEL_DEBUG},
		{"severe", LEVEL_ERROR}, {"verbose", LEVEL_DEBUG}};

	for (size_t i = 0; i < sizeof more / sizeof *more; i++)
		if (untrusted_size(name) == strlen(more[i].name) &&
			!untrusted_find_nocase(name, more[i].name))
			return more[i].level;
	return level_of(name);
}

enum level level_guess(struct untrusted text)
{
	static const char blanks[] = " \t[]{}()<>:=,;\"'|/";
	struct untrusted rest = untrusted_slice(text, 0, LEVEL_LOOK), word;
	enum level worst = LEVEL_NONE;

	while (untrusted_word(&rest, blanks, &word))
		if (level_of(word) > worst)
			worst = level_of(word);
	return worst;
}

/* Words that are nothing but a level: in capitals, or with what closes them behind.
 * "Failed" and "Error" at the head of a sentence belong to it. */
static bool names_level(struct untrusted word, struct untrusted behind, enum level level)
{
	static const struct {
		const char *low, *capitals;
	} names[] = {{"debug", "DEBUG"}, {"info", "INFO"}, {"warn", "WARN"},
		{"warning", "WARNING"}, {"error", "ERROR"}, {"err", "ERR"},
		{"fatal", "FATAL"}};
	struct untrusted next = untrusted_slice(behind, 0, 1);
	bool closed = untrusted_is(next, ":") || untrusted_is(next, "]") ||
		      untrusted_is(next, ")") || untrusted_is(next, ">");

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (untrusted_is(word, names[i].capitals) ||
			(closed && untrusted_size(word) == strlen(names[i].low) &&
				!untrusted_find_nocase(word, names[i].low)))
			return level_of(word) == level;
	return false;
}

size_t level_said(struct untrusted text, enum level level)
{
	static const char ends[] = " \t])>:|";
	struct untrusted rest = text, word, behind;
	size_t size = untrusted_size(text);
	bool key = untrusted_starts(text, "level=");

	if (key)
		rest = untrusted_slice(text, strlen("level="), SIZE_MAX);
	else if (untrusted_starts(text, "[") || untrusted_starts(text, "(") ||
		 untrusted_starts(text, "<"))
		rest = untrusted_slice(text, 1, SIZE_MAX);
	behind = rest;
	if (!untrusted_word(&behind, ends, &word) ||
		untrusted_size(rest) != untrusted_size(word) + untrusted_size(behind))
		return 0;
	if (level == LEVEL_NONE ||
		(key ? level_of(word) != level : !names_level(word, behind, level)))
		return 0;
	if (!untrusted_word(&behind, ends, &word))
		return 0;
	return size - untrusted_size(behind) - untrusted_size(word);
}

/* "Nov 21 14:32:01" in local time, in the year nearest to now. */
static bool syslog_time(struct untrusted line, int64_t now, int64_t *out)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct untrusted name = untrusted_slice(line, 0, 3), rest;
	struct tm tm = {.tm_isdst = -1}, today;
	char text[16];
	time_t seconds = (time_t)(now / 1000), t;
	int month = -1, day, h, m, s;

	if (untrusted_size(line) < 16)
		return false;
	for (int i = 0; i < 12 && month < 0; i++) {
		char three[4] = {months[i * 3], months[i * 3 + 1], months[i * 3 + 2], 0};

		if (untrusted_is(name, three))
			month = i;
	}
	rest = untrusted_slice(line, 3, 12);
	text_line(rest, text, sizeof text);
	if (month < 0 || sscanf(text, "%d %2d:%2d:%2d", &day, &h, &m, &s) != 4 ||
		day < 1 || day > 31 || h > 23 || m > 59 || s > 60)
		return false;
	localtime_r(&seconds, &today);
	tm.tm_year = today.tm_year;
	if (month > today.tm_mon + 6)
		tm.tm_year--;
	tm.tm_mon = month;
	tm.tm_mday = day;
	tm.tm_hour = h;
	tm.tm_min = m;
	tm.tm_sec = s;
	t = mktime(&tm);
	if (t == (time_t)-1)
		return false;
	*out = (int64_t)t * 1000;
	return true;
}

/* "2026-11-21 14:32:01,123" without a zone counts as local time. */
static bool plain_time(struct untrusted line, int64_t *out, size_t *used)
{
	struct tm tm = {.tm_isdst = -1};
	char text[24];
	int ms = 0;
	time_t t;

	if (untrusted_size(line) < 19)
		return false;
	text_line(untrusted_slice(line, 0, 23), text, sizeof text);
	if (sscanf(text, "%4d-%2d-%2d%*1[ T]%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon,
		    &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6 ||
		tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday > 31)
		return false;
	*used = 19;
	if ((text[19] == '.' || text[19] == ',') && sscanf(text + 20, "%3d", &ms) == 1)
		*used = 23;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	t = mktime(&tm);
	if (t == (time_t)-1)
		return false;
	*out = (int64_t)t * 1000 + ms;
	return true;
}

/* "host unit[12]: text" behind a stamp. */
static void take_origin(struct untrusted rest, struct logline *out)
{
	struct untrusted before = rest, host, unit;
	size_t n;

	if (!untrusted_word(&rest, " ", &host) || !untrusted_word(&rest, " ", &unit))
		return;
	n = untrusted_size(unit);
	if (n < 2 || !untrusted_is(untrusted_slice(unit, n - 1, 1), ":")) {
		out->text = untrusted_trim(before);
		return;
	}
	out->host = host;
	out->unit = untrusted_slice(unit, 0, n - 1);
	out->text = untrusted_trim(rest);
}

void logline_parse(struct untrusted line, int64_t now, struct logline *out)
{
	struct untrusted rest = line, first;
	size_t used;

	*out = (struct logline){.text = line};
	if (untrusted_word(&rest, " ", &first) && untrusted_to_time(first, &out->at) &&
		untrusted_size(first) > 10) {
		out->text = untrusted_trim(rest);
		take_origin(rest, out);
	} else if (syslog_time(line, now, &out->at)) {
		rest = untrusted_slice(line, 15, SIZE_MAX);
		out->text = untrusted_trim(rest);
		take_origin(rest, out);
	} else if (plain_time(line, &out->at, &used)) {
		out->text = untrusted_trim(untrusted_slice(line, used, SIZE_MAX));
	} else {
		out->at = 0;
	}
	out->level = level_guess(out->text);
}
