/* Names that lines of the rc give each other: what is called so is there, or the line
 * that says it is an error, with the nearest name that is. Hides where the line is of a
 * setting that was left as it was. Any thread, one owner. */
#include "rc_check.h"

#include "app/rc.h"
#include "app/setting.h"
#include "base/str.h"
#include "embedded.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NAMES_MAX = 100, NAME_BYTES = 64 };

/* NULL-ended, as conf_nearest() wants them. */
struct names {
	const char *list[NAMES_MAX + 1];
	char kept[NAMES_MAX][NAME_BYTES];
	size_t count;
};

static void add_name(struct names *names, const char *name, size_t n)
{
	if (names->count == NAMES_MAX)
		return;
	snprintf(names->kept[names->count], NAME_BYTES, "%.*s", (int)n, name);
	names->list[names->count] = names->kept[names->count];
	names->count++;
}

static bool knows(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->list[i], name))
			return true;
	return false;
}

static void complain(struct rc *rc, struct conf_place place, const char *what,
	const char *name, const char *hint)
{
	char text[240];

	if (!place.file)
		place.file = "built-in";
	snprintf(text, sizeof text, "no %s is called %.80s%s", what, name, hint);
	conf_complain(&rc->conf, place, text);
}

static void complain_of(struct rc *rc, int setting, const char *what, const char *name,
	const struct names *names)
{
	char near[80];

	conf_nearest(name, names->list, sizeof *names->list, near);
	complain(rc, rc->settings.values[setting].place, what, name,
		*near ? near : "; :options tells the names");
}

void rc_no_such_look(struct rc *rc, const char *folder, const char *name)
{
	bool theme = !strcmp(folder, "themes");
	size_t before = strlen(folder) + 1;
	struct names names = {0};

	for (const struct embedded *e = embedded_files; e->name; e++)
		if (str_starts(e->name, folder))
			add_name(
				&names, e->name + before, strcspn(e->name + before, "."));
	complain_of(rc, theme ? SET_THEME : SET_KEYMAP, theme ? "theme" : "keymap", name,
		&names);
}

void rc_read_look(struct rc *rc, const char *folder, const char *path)
{
	int setting = strcmp(folder, "themes") ? SET_KEYMAP : SET_THEME;
	struct conf_place place = rc->settings.values[setting].place;
	char text[300];

	if (conf_read_file(&rc->conf, path, true) || !errno)
		return;
	snprintf(text, sizeof text, "%s %.160s cannot be read: %s",
		setting_rows[setting].name, path, strerror(errno));
	conf_complain(
		&rc->conf, place.file ? place : (struct conf_place){path, 0, 0}, text);
}

static const struct rc_source *answers_none(const struct rc *rc, const char *name)
{
	for (size_t i = 0; i < rc->source_count; i++)
		if (!strcmp(rc->sources[i].name, name) && !rc->sources[i].kind->watches)
			return &rc->sources[i];
	return NULL;
}

static void no_queries(struct rc *rc, struct conf_place place, const char *verb,
	const char *name, const char *source)
{
	char text[240];

	snprintf(text, sizeof text, "%s %.60s: %.60s is of kind %s, which has no series",
		verb, name, source, answers_none(rc, source)->kind->name);
	conf_complain(&rc->conf, place, text);
}

static void check_slos(struct rc *rc, struct names *names)
{
	char near[80];

	for (size_t i = 0; i < rc->slo_count; i++) {
		const struct rc_slo *s = &rc->slos[i];

		if (answers_none(rc, s->source)) {
			no_queries(rc, s->place, "slo", s->name, s->source);
			continue;
		}
		if (knows(names, s->source))
			continue;
		conf_nearest(s->source, names->list, sizeof *names->list, near);
		complain(rc, s->place, "source", s->source, near);
	}
}

static void check_queries(struct rc *rc)
{
	struct names names = {0};
	char near[80];

	for (size_t i = 0; i < rc->source_count; i++)
		add_name(&names, rc->sources[i].name, NAME_BYTES - 1);
	for (size_t i = 0; i < rc->query_count; i++) {
		const struct rc_query *q = &rc->queries[i];

		if (!rc_preset_known(rc, q->preset))
			complain(rc, q->place, "preset", q->preset, "");
		if (answers_none(rc, q->source)) {
			no_queries(rc, q->place, "query", q->name, q->source);
			continue;
		}
		if (knows(&names, q->source))
			continue;
		conf_nearest(q->source, names.list, sizeof *names.list, near);
		complain(rc, q->place, "source", q->source, near);
	}
	check_slos(rc, &names);
}

bool rc_check_layout(struct rc *rc)
{
	const char *name = settings_text(&rc->settings, SET_LAYOUT);
	struct names names = {0};

	add_name(&names, "auto", NAME_BYTES - 1);
	for (size_t i = 0; i < rc->layout_count; i++)
		add_name(&names, rc->layouts[i].name, NAME_BYTES - 1);
	if (knows(&names, name))
		return true;
	complain_of(rc, SET_LAYOUT, "layout", name, &names);
	return false;
}

/* What is relative would be another file in each folder that oogway is started in. */
static bool absolute(const char *path, size_t n)
{
	return !n || *path == '/' || (n > 1 && path[0] == '~' && path[1] == '/') ||
	       (n == 4 && !strncmp(path, "auto", n));
}

static void check_paths(struct rc *rc, int setting)
{
	const char *at = settings_text(&rc->settings, setting);

	while (*at) {
		size_t n = strcspn(at, ",");
		char text[240];

		if (!absolute(at, n)) {
			snprintf(text, sizeof text,
				"%s names files from / or ~/ on, not %.*s",
				setting_rows[setting].name, (int)(n < 120 ? n : 120), at);
			conf_complain(
				&rc->conf, rc->settings.values[setting].place, text);
		}
		at += n;
		at += strspn(at, ", ");
	}
}

void rc_check(struct rc *rc)
{
	static const int paths[] = {SET_STORE, SET_LOG_FILES, SET_RUNBOOKS};

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		check_paths(rc, paths[i]);
	check_queries(rc);
	rc_check_layout(rc);
}
