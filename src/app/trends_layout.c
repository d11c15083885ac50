/* Which parts the trends pane is made of, and in which order: a text of names separated
 * by commas, as the setting trends.parts keeps it. The list is always among them, or
 * nothing could be selected. Hides what a text from elsewhere may hold. Any thread. */
#include "app/trends.h"

#include "base/conf.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

const struct trends_part_row trends_part_rows[TRENDS_PART_COUNT + 1] = {
	[TRENDS_CARDS_PART] = {"cards", "today, this week, this month"},
	[TRENDS_BARS] = {"bars", "incidents of each day"},
	[TRENDS_HEAT] = {"heat", "hours of the week"},
	[TRENDS_INTERRUPTIONS] = {"interruptions", "asleep, off-hours, at work"},
	[TRENDS_TIMES] = {"times", "MTTA and MTTR"},
	[TRENDS_LIST] = {"list", "problems, services, days ... with their figures"},
	[TRENDS_SHARES] = {"shares", "shares of problems, services and urgencies"},
	[TRENDS_STRIPS] = {"strips", "24 hours of each of the top problems"},
};

static int part_of(struct untrusted name)
{
	int part = 0;

	while (part < TRENDS_PART_COUNT &&
		!untrusted_is(name, trends_part_rows[part].name))
		part++;
	return part;
}

static int place_of(const enum trends_part *parts, size_t n, int part)
{
	for (size_t i = 0; i < n; i++)
		if ((int)parts[i] == part)
			return (int)i;
	return -1;
}

size_t trends_parts(const char *text, enum trends_part out[TRENDS_PART_COUNT])
{
	struct untrusted rest = untrusted_str(text), name;
	size_t n = 0;

	while (untrusted_word(&rest, ", ", &name)) {
		int part = part_of(name);

		if (part < TRENDS_PART_COUNT && place_of(out, n, part) < 0)
			out[n++] = (enum trends_part)part;
	}
	if (place_of(out, n, TRENDS_LIST) < 0)
		out[n++] = TRENDS_LIST;
	return n;
}

static bool no_such(const char *part, struct err *err)
{
	char near[80];

	return err_set(err, ERR_USAGE, "trends have no part %.40s%s", part,
		conf_nearest(
			part, &trends_part_rows->name, sizeof *trends_part_rows, near));
}

static void move(enum trends_part *parts, int from, int to)
{
	enum trends_part part = parts[from];

	parts[from] = parts[to];
	parts[to] = part;
}

bool trends_part_change(
	char *text, size_t size, const char *how, const char *name, struct err *err)
{
	enum trends_part parts[TRENDS_PART_COUNT];
	int count = (int)trends_parts(text, parts), part = part_of(untrusted_str(name));
	int at = place_of(parts, (size_t)count, part);
	bool turn = !strcmp(how, "toggle");
	size_t used = 0;

	if (part == TRENDS_PART_COUNT)
		return no_such(name, err);
	if (!strcmp(how, "up") || !strcmp(how, "down")) {
		int to = !strcmp(how, "up") ? at - 1 : at + 1;

		if (at < 0)
			return err_set(
				err, ERR_USAGE, "%s is off: it has no place", name);
		if (to < 0 || to == count)
			return err_set(err, ERR_USAGE, "%s is the %s already", name,
				to < 0 ? "first" : "last");
		move(parts, at, to);
	} else if (at < 0 && (turn || !strcmp(how, "on"))) {
		parts[count++] = (enum trends_part)part;
	} else if (at >= 0 && (turn || !strcmp(how, "off"))) {
		if (part == TRENDS_LIST)
			return err_set(err, ERR_USAGE,
				"the list stays: what is in it can be selected");
		memmove(parts + at, parts + at + 1,
			(size_t)(--count - at) * sizeof *parts);
	} else if (strcmp(how, "on") && strcmp(how, "off")) {
		return err_set(err, ERR_USAGE,
			"a part is switched on, off or toggled, or moved up or down");
	}
	*text = '\0';
	for (int i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? "," : "",
			trends_part_rows[parts[i]].name);
	return true;
}
