/* `trigger` lines of the rc: which runbook, when, and whether it may run by itself.
 * Parsed at the border, so that what is kept is sets of bits, patterns and matchers that
 * can be read. Whether there is such a runbook is known only later. Any thread; reads
 * zone files. */
#include "rc_parts.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "ops/matchers.h"
#include "zonefile.h"

#include <string.h>

enum { MOST = 10, MOST_LIMIT = 100 };

#define YEAR_MS (366 * DAY_MS)

/* Index of the word among those; the first when it may be left out, and is. */
static bool take_word(const struct conf_line *line, const char *key,
	const char *const words[2], bool needed, int *out, struct err *err)
{
	const char *word = conf_value(line, 2, key);

	for (*out = 0; word && *out < 2; (*out)++)
		if (!strcmp(word, words[*out]))
			return true;
	if (word)
		return err_set(err, ERR_INPUT, "%s is %s or %s, not %.60s", key, words[0],
			words[1], word);
	return !needed || err_set(err, ERR_INPUT, "trigger %s needs %s=%s or %s=%s",
				  line->words[1].text, key, words[0], key, words[1]);
}

static bool take_severity(
	const struct conf_line *line, struct rc_trigger *t, struct err *err)
{
	const char *word = conf_value(line, 2, "severity");

	t->severity = SEVERITY_INFO;
	for (int s = 0; word && s <= SEVERITY_INFO; s++)
		if (!strcmp(word, severity_name((enum severity)s))) {
			t->severity = (enum severity)s;
			return true;
		}
	return !word ||
	       err_set(err, ERR_INPUT,
		       "severity is critical, high, warning or info, not %.60s", word);
}

static bool take_labels(struct rc *rc, const struct conf_line *line, struct rc_trigger *t,
	struct err *err)
{
	const char *word = conf_value(line, 2, "labels");
	struct matchers labels;
	bool ok;

	if (!word)
		return true;
	ok = matchers_read(&labels, untrusted_str(word), err);
	if (ok && !labels.count)
		ok = err_set(err, ERR_INPUT, "it is empty");
	matchers_release(&labels);
	if (!ok)
		return err_prefix(err, "labels: ");
	t->labels = rc_keep(rc, word);
	return true;
}

/* The zone is right from a month ago to six years ahead. */
static bool take_times(struct rc *rc, const struct conf_line *line, struct rc_trigger *t,
	struct err *err)
{
	const char *cron = conf_value(line, 2, "cron"),
		   *every = conf_value(line, 2, "every");
	int64_t now = time_now_ms();

	if (!cron == !every)
		return err_set(err, ERR_INPUT,
			"trigger %s needs \"cron=30 6 * * 1-5\" or every=1h", t->name);
	if (!rc_take_duration(line, "every", MINUTE_MS, 30 * DAY_MS, &t->every_ms, err) ||
		(cron && !cron_parse(&t->cron, cron, err)))
		return false;
	if (every && conf_value(line, 2, "zone"))
		return err_set(err, ERR_INPUT, "zone is of cron, not of every");
	t->cron_text = rc_keep(rc, cron);
	t->zone = rc_keep(rc, conf_value(line, 2, "zone"));
	return !cron ||
	       zone_named(&t->clock, t->zone, now - 31 * DAY_MS, now + 6 * YEAR_MS, err);
}

/* What belongs to the other kind is a slip. */
static bool check_kind(
	const struct conf_line *line, const struct rc_trigger *t, struct err *err)
{
	static const char *const of_alerts[] = {"alert", "labels", "severity", NULL};
	static const char *const of_times[] = {"cron", "every", "zone", NULL};
	const char *const *others = t->on == TRIGGER_ALERT ? of_times : of_alerts;

	for (; *others; others++)
		if (conf_value(line, 2, *others))
			return err_set(err, ERR_INPUT, "%s= is of on=%s", *others,
				t->on == TRIGGER_ALERT ? "schedule" : "alert");
	return true;
}

static bool take_most(const struct conf_line *line, struct rc_trigger *t, struct err *err)
{
	const char *word = conf_value(line, 2, "most");
	/* A schedule is a limit by itself. */
	int64_t n = t->on == TRIGGER_ALERT ? MOST : MOST_LIMIT;

	if (word &&
		(!untrusted_to_i64(untrusted_str(word), &n) || n < 1 || n > MOST_LIMIT))
		return err_set(
			err, ERR_INPUT, "most is 1 to %d, not %.60s", MOST_LIMIT, word);
	t->most = (size_t)n;
	return true;
}

bool rc_run_trigger(struct conf *conf, const struct conf_line *line, struct err *err)
{
	static const char *const ons[] = {"alert", "schedule"};
	static const char *const dos[] = {"propose", "run"};
	struct rc *rc = conf->ctx;
	struct rc_trigger t = {.place = line->place};
	const char *runbook = conf_value(line, 2, "runbook");
	int on, runs;

	if (!rc_check_name(line->words[1].text, err) ||
		!rc_check_keys(line, 2, "trigger", err))
		return false;
	t.name = rc_keep(rc, line->words[1].text);
	if (!runbook || !*runbook)
		return err_set(err, ERR_INPUT, "trigger %s needs runbook=NAME", t.name);
	if (!take_word(line, "on", ons, true, &on, err) ||
		!take_word(line, "do", dos, false, &runs, err))
		return false;
	t.on = (enum trigger_on)on;
	t.runs = runs;
	if (!check_kind(line, &t, err) || !take_severity(line, &t, err) ||
		!take_labels(rc, line, &t, err) || !take_most(line, &t, err) ||
		(t.on == TRIGGER_SCHEDULE && !take_times(rc, line, &t, err)))
		return false;
	t.runbook = rc_keep(rc, runbook);
	t.alerts = rc_keep(rc, conf_value(line, 2, "alert"));
	for (size_t i = 0; i < rc->trigger_count; i++)
		if (!strcmp(rc->triggers[i].name, t.name))
			return err_set(err, ERR_INPUT,
				"there is a trigger %s already (line %d)", t.name,
				rc->triggers[i].place.line);
	if (rc->trigger_count == RC_MAX_TRIGGERS)
		return err_set(
			err, ERR_LIMIT, "more than %d trigger lines", RC_MAX_TRIGGERS);
	MEM_ROOM(rc->triggers, rc->trigger_count, rc->trigger_cap);
	rc->triggers[rc->trigger_count++] = t;
	return true;
}
