/* The `query`, `pack` and `preset` lines of the rc: what a source is asked for, by line
 * or by the file of a pack, and how two windows of it are compared. Hides how names of
 * labels get into the text of a pack. Any thread, one owner. */
#include "rc_parts.h"

#include "base/alloc.h"
#include "base/str.h"
#include "embedded.h"
#include "io/file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PACK_MOST_SERIES = 200, PACK_BYTES = 64 << 10, KEY_TEXT = 64 };

static bool take_number(
	const struct conf_line *line, const char *key, double *out, struct err *err)
{
	const char *word = conf_value(line, 2, key);

	if (word && !strcmp(word, "none"))
		*out = NAN;
	else if (word && !untrusted_to_double(untrusted_str(word), out))
		return err_set(err, ERR_INPUT, "%s is a number, not %s", key, word);
	return true;
}

static bool take_most(const struct conf_line *line, size_t *out, struct err *err)
{
	const char *word = conf_value(line, 2, "most");
	int64_t most;

	if (!word)
		return true;
	if (!untrusted_to_i64(untrusted_str(word), &most) || most < 1 ||
		most > BATCH_MAX_SERIES)
		return err_set(err, ERR_INPUT, "most is 1 to %d series, not %s",
			BATCH_MAX_SERIES, word);
	*out = (size_t)most;
	return true;
}

/* --- query --- */

static bool take_limits(const struct conf_line *line, struct rc_query *q, struct err *err)
{
	q->limits.warn = q->limits.critical = NAN;
	if (!take_number(line, "warn", &q->limits.warn, err) ||
		!take_number(line, "critical", &q->limits.critical, err))
		return false;
	/* A critical limit under the warning one means: bad when low. */
	q->limits.below = q->limits.critical < q->limits.warn;
	return true;
}

bool rc_run_query(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = conf->ctx;
	const char *unit = conf_value(line, 2, "unit"),
		   *source = conf_value(line, 2, "source"),
		   *preset = conf_value(line, 2, "preset");
	struct rc_query q = {
		.place = line->place, .pack = rc->pack, .most = rc->pack_most};

	if (!rc_check_keys(line, 2, "query", err))
		return false;
	if (!line->rest || !*line->rest)
		return err_set(
			err, ERR_INPUT, "expected: query NAME source=NAME … -- EXPR");
	if (!source)
		source = rc->pack_source;
	if (!source)
		return err_set(err, ERR_INPUT, "query %s needs source=NAME",
			line->words[1].text);
	if (unit && !unit_parse(unit, &q.unit))
		return err_set(err, ERR_INPUT,
			"unit is none, percent, ratio, bytes, bytes/s, seconds, "
			"per-second or "
			"celsius, not %s",
			unit);
	if (!take_limits(line, &q, err) || !take_most(line, &q.most, err))
		return false;
	if (rc->query_count == RC_MAX_QUERIES)
		return err_set(err, ERR_LIMIT, "more than %d queries", RC_MAX_QUERIES);
	q.name = rc_keep(rc, line->words[1].text);
	q.source = rc_keep(rc, source);
	q.expr = rc_keep(rc, line->rest);
	q.preset = rc_keep(rc, preset ? preset : "standard");
	MEM_ROOM(rc->queries, rc->query_count, rc->query_cap);
	rc->queries[rc->query_count++] = q;
	return true;
}

/* --- preset --- */

static struct rc_preset *preset_of(
	struct rc *rc, const char *name, enum compare_class class)
{
	for (size_t i = 0; i < rc->preset_count; i++)
		if (rc->presets[i].class == class && !strcmp(rc->presets[i].name, name))
			return &rc->presets[i];
	MEM_ROOM(rc->presets, rc->preset_count, rc->preset_cap);
	rc->presets[rc->preset_count] = (struct rc_preset){rc_keep(rc, name), class,
		{NAN, NAN, NAN, 2, class == CLASS_TRAFFIC ? SENSE_DOWN : SENSE_BOTH,
			false}};
	return &rc->presets[rc->preset_count++];
}

const struct rc_preset *rc_preset_find(
	const struct rc *rc, const char *name, enum compare_class class)
{
	for (size_t i = 0; i < rc->preset_count; i++)
		if (rc->presets[i].class == class && !strcmp(rc->presets[i].name, name))
			return &rc->presets[i];
	return NULL;
}

bool rc_preset_known(const struct rc *rc, const char *name)
{
	for (size_t i = 0; i < rc->preset_count; i++)
		if (!strcmp(rc->presets[i].name, name))
			return true;
	return false;
}

static bool take_rule(
	const struct conf_line *line, struct compare_rule *rule, struct err *err)
{
	static const char *const senses[] = {"up", "down", "both"};
	const char *points = conf_value(line, 2, "points");
	const char *sense = conf_value(line, 2, "sense");
	const char *news = conf_value(line, 2, "new");
	int64_t n = rule->points;
	int i = 0;

	if (!take_number(line, "count", &rule->count, err) ||
		!take_number(line, "percent", &rule->percent, err) ||
		!take_number(line, "difference", &rule->difference, err))
		return false;
	if (points && (!untrusted_to_i64(untrusted_str(points), &n) || n < 1 || n > 100))
		return err_set(err, ERR_INPUT, "points is 1 to 100, not %s", points);
	rule->points = (int)n;
	while (sense && i < 3 && strcmp(sense, senses[i]))
		i++;
	if (i == 3)
		return err_set(
			err, ERR_INPUT, "sense is up, down or both, not %s", sense);
	if (news && strcmp(news, "on") && strcmp(news, "off"))
		return err_set(err, ERR_INPUT, "new is on or off, not %s", news);
	if (news)
		rule->follows = !strcmp(news, "off");
	if (sense)
		rule->sense = (enum compare_sense)(i + 1);
	return true;
}

bool rc_run_preset(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = conf->ctx;
	const char *word = conf_value(line, 2, "class");
	int class = word ? compare_class_parse(word) : CLASS_VALUE;
	struct compare_rule rule;
	struct rc_preset *preset;

	if (!rc_check_name(line->words[1].text, err) ||
		!rc_check_keys(line, 2, "preset", err))
		return false;
	if (class < 0)
		return err_set(err, ERR_INPUT,
			"class is 1xx to 5xx, 0DC, other, traffic or value, not %s",
			word);
	preset = preset_of(rc, line->words[1].text, (enum compare_class) class);
	rule = preset->rule;
	if (!take_rule(line, &rule, err))
		return false;
	preset->rule = rule;
	return true;
}

/* --- pack --- */

/* Of "${KEY:DEFAULT}" at `at`: its key, its default, and where it ends. */
static bool next_place(
	const char *at, char key[KEY_TEXT], const char **value, const char **end)
{
	size_t n = strcspn(at + 2, ":}");

	*end = strchr(at, '}');
	if (!*end || n >= KEY_TEXT || at[2 + n] != ':')
		return false;
	memcpy(key, at + 2, n);
	key[n] = '\0';
	*value = at + 2 + n + 1;
	return true;
}

static void fill_places(const char *text, const struct conf_line *line, struct str *out)
{
	const char *at, *value, *end;
	char key[KEY_TEXT];

	while ((at = strstr(text, "${")) && next_place(at, key, &value, &end)) {
		const char *given = conf_value(line, 2, key);

		str_add(out, text, (size_t)(at - text));
		if (given)
			str_puts(out, given);
		else
			str_add(out, value, (size_t)(end - value));
		text = end + 1;
	}
	str_puts(out, text);
}

static bool has_place(const char *text, const char *word, char names[], size_t size)
{
	const char *value, *end;
	char key[KEY_TEXT];

	for (; (text = strstr(text, "${")) && next_place(text, key, &value, &end);
		text = end) {
		size_t n = strlen(key), used = strlen(names);

		if (!strncmp(word, key, n) && word[n] == '=')
			return true;
		if (!strstr(names, key) && used + n + 3 < size)
			snprintf(
				names + used, size - used, "%s%s", used ? ", " : "", key);
	}
	return false;
}

static bool check_places(const char *text, const struct conf_line *line, struct err *err)
{
	for (size_t i = 2; i < line->count; i++) {
		const char *word = line->words[i].text;
		char names[300] = "";

		if (!strncmp(word, "source=", 7) || !strncmp(word, "most=", 5) ||
			has_place(text, word, names, sizeof names))
			continue;
		return err_set(err, ERR_INPUT, "pack %s has no %.*s: source, most%s%s",
			line->words[1].text, (int)strcspn(word, "="), word,
			*names ? ", " : "", names);
	}
	return true;
}

/* A shipped one by its name, else a file of the user's. */
static bool read_pack(struct rc *rc, const struct conf_line *line, struct str *text,
	const char **name, struct err *err)
{
	const char *word = line->words[1].text;
	const struct embedded *file;
	char key[KEY_TEXT + 16];

	snprintf(key, sizeof key, "packs/%.60s.rc", word);
	file = embedded_find(key);
	if (file && strcmp(word, "presets")) {
		str_add(text, file->text, file->size);
		*name = file->name;
		return true;
	}
	if (!strchr(word, '/') && !str_ends(word, ".rc"))
		return err_set(err, ERR_INPUT,
			"no pack is called %s: `oogway pack list` names them", word);
	*name = rc_keep_path(rc, line, word);
	conf_note(&rc->conf, *name);
	return file_read(*name, text, err);
}

bool rc_run_pack(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = conf->ctx;
	const char *source = conf_value(line, 2, "source"), *name = NULL;
	size_t most = PACK_MOST_SERIES;
	struct str text, filled;
	bool ok;

	if (rc->pack)
		return err_set(err, ERR_INPUT, "a pack holds no pack");
	if (!source)
		return err_set(
			err, ERR_INPUT, "pack %s needs source=NAME", line->words[1].text);
	if (!take_most(line, &most, err))
		return false;
	str_init(&text, PACK_BYTES);
	str_init(&filled, 2 * PACK_BYTES);
	ok = read_pack(rc, line, &text, &name, err) &&
	     check_places(str_text(&text), line, err);
	if (ok) {
		fill_places(str_text(&text), line, &filled);
		rc->pack = rc_keep(rc, line->words[1].text);
		rc->pack_source = rc_keep(rc, source);
		rc->pack_most = most;
		conf_read_text(conf, name, str_text(&filled), filled.n);
		rc->pack = rc->pack_source = NULL;
		rc->pack_most = 0;
	}
	str_release(&text);
	str_release(&filled);
	return ok;
}
