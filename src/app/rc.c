/* Reading the configuration: the verbs of the language and where its files lie.
 * Keymaps and themes are files of the same language; the shipped ones are embedded.
 * Any thread, one owner. */
#include "app/rc.h"

#include "embedded.h"
#include "rc_check.h"
#include "rc_parts.h"
#include "app/keyseq.h"
#include "app/role.h"
#include "app/setting.h"
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_RC "/etc/oogway/oogway.rc"

enum { RC_MAX_BYTES = 8 << 20, RC_MAX_BINDS = 4000 };

static struct rc *rc_of(struct conf *conf)
{
	return conf->ctx;
}

const char *rc_keep(struct rc *rc, const char *text)
{
	return text ? arena_strdup(&rc->arena, text) : NULL;
}

static bool run_set(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = rc_of(conf);
	bool final = !strcmp(line->words[1].text, "-final");
	size_t at = 1 + final;
	struct conf_place place = line->place;

	if (line->count != at + 3 || strcmp(line->words[at + 1].text, "="))
		return err_set(err, ERR_INPUT, "expected: set [-final] NAME = VALUE");
	if (final && !conf->final_allowed)
		return err_set(err, ERR_REFUSED,
			"-final is for /etc/oogway/oogway.rc and what it includes");
	place.column = line->words[at + 2].column;
	if (!rc_may_set_policy(conf, line->words[at].text, err))
		return false;
	return settings_set(&rc->settings, line->words[at].text, line->words[at + 2].text,
		final, place, err);
}

const struct rc_key rc_keys[] = {
	{"source", "url", "URL",
		"where it answers; needed, also with unix, but for kinds whose hosts are "
		"known"},
	{"source", "region", "REGION", "us or eu, of kinds whose hosts are known; us"},
	{"source", "site", "SITE",
		"NAME.atlassian.net, or its URL: to whom the alerts belong (jsm)"},
	{"source", "unix", "FILE", "a socket to reach it by"},
	{"source", "every", "DURATION",
		"between two asks, 1s to 1h; 15s; of loki 5s; of docs to 1d; 1h"},
	{"source", "timeout", "DURATION", "of one ask, 100ms to 5m; 10s"},
	{"source", "token-file", "FILE",
		"holds the secret; nobody but you may be able to read it"},
	{"source", "token-env", "NAME", "the environment variable with the secret"},
	{"source", "token-command", "COMMAND",
		"prints the secret; words separated by blanks, no shell"},
	{"source", "user", "NAME", "sends the secret as the password of this user"},
	{"source", "from", "EMAIL",
		"you, as PagerDuty or Opsgenie knows you: marks your shifts"},
	{"source", "org", "TENANT",
		"the tenant, for servers that have several; of jsm the cloud id, else "
		"the site is asked for it"},
	{"source", "filter", "TEXT", "restricts what is asked; its form is the kind's"},
	{"source", "pages", "NUMBER", "of docs: so many at most, 1 to 500; 50"},
	{"source", "receiver", "REGEX",
		"of alertmanager: only what goes to receivers of this name"},
	{"source", "query", "LOGQL",
		"of loki: which lines, as {app=\"shop\"}; needed there. With blanks it "
		"is quoted whole: \"query={app=`shop`} |= `error`\""},
	{"source", "fields", "FIELD,…",
		"what of incidents is kept besides their times and titles: log (entries, "
		"who acknowledged when), people (their names), all or none; all"},
	{"source", "since", "WHEN",
		"how far back incidents are read: 90d, a date, all or none; 180d"},
	{"source", "ca-file", "FILE", "trust these authorities, not the system's"},
	{"source", "cert-file", "FILE", "client certificate"},
	{"source", "key-file", "FILE", "and its key"},
	{"query", "source", "NAME", "the source to ask; needed"},
	{"query", "unit", "UNIT", "of the values; none"},
	{"query", "warn", "NUMBER", "a value that warns"},
	{"query", "critical", "NUMBER",
		"a value that is critical; below warn, low values are the bad ones"},
	{"query", "preset", "NAME", "how windows of it are compared; standard"},
	{"query", "most", "NUMBER",
		"series of it that are kept, the first ones; any number, of packs 200"},
	{"pack", "source", "NAME", "the source to ask; needed"},
	{"pack", "most", "NUMBER", "series of each query that are kept; 200"},
	{"preset", "class", "CLASS",
		"1xx to 5xx, 0DC, other, traffic (all answers), or value; value"},
	{"preset", "count", "NUMBER", "answers in the window, the least that matters"},
	{"preset", "percent", "NUMBER", "of change; of answers, of their share of all"},
	{"preset", "difference", "NUMBER", "of change, in the unit of the values"},
	{"preset", "points", "NUMBER", "so many in a row; 2"},
	{"preset", "sense", "up|down|both", "which change counts; both, of traffic down"},
	{"preset", "new", "on|off", "of value: a series that came or went counts; on"},
	{"changes", "git", "FOLDER", "a checkout: its tags are changes"},
	{"changes", "folder", "FOLDER",
		"its .json files are: the bodies of webhooks, or objects of yours"},
	{"changes", "service", "NAME", "what they are about; NAME of the line"},
	{"heartbeat", "alert", "NAME", "the name of the alert; needed"},
	{"heartbeat", "every", "DURATION", "how long it may be absent, 1s to 1d; 5m"},
	{"handoff", "at", "TIMES",
		"when shifts change: 09:00 for each day, Mon 09:00, or several with "
		"commas; "
		"what has blanks is quoted: at=\"Mon 09:00\"; needed"},
	{"handoff", "zone", "ZONE", "of those times, as Europe/Berlin; this host's"},
	{"handoff", "to", "EMAIL,…", "whom it is sent to: the whole rota; at most 50"},
	{"handoff", "from", "EMAIL", "who sends it; needed to send"},
	{"handoff", "smtp", "HOST[:PORT]", "the mail server; needed to send"},
	{"handoff", "tls", "starttls|tls",
		"from the start (port 465) or after STARTTLS (587); never without; "
		"starttls"},
	{"handoff", "auth", "plain|login|xoauth2", "how to log in; plain with a user"},
	{"handoff", "user", "NAME", "the user at the mail server"},
	{"handoff", "password-file", "FILE",
		"holds the password or token; nobody but you may be able to read it"},
	{"handoff", "password-env", "NAME", "the environment variable with it"},
	{"handoff", "password-command", "COMMAND",
		"prints it; words separated by blanks, no shell"},
	{"handoff", "ca-file", "FILE", "trust these authorities, not the system's"},
	{"handoff", "send", "by-hand|at-end",
		"at-end: a console sends it when the shift is over; by-hand"},
	{"notify", "kind", "KIND",
		"desktop, terminal (OSC 9 or 777), bell, title, command, slack or "
		"webhook; needed"},
	{"notify", "severity", "SEVERITY", "this one and worse; high"},
	{"notify", "anomalies", "on|off",
		"also what only oogway's own detectors found; off"},
	{"notify", "quiet", "HH:MM-HH:MM",
		"local hours in which nothing is told; what is still open is told at "
		"their end"},
	{"notify", "url", "URL", "of a webhook; of slack https://hooks.slack.com"},
	{"notify", "token-file", "FILE",
		"holds the secret: Slack's URL, or the key that signs a webhook"},
	{"notify", "token-env", "NAME", "the environment variable with the secret"},
	{"notify", "token-command", "COMMAND",
		"prints the secret; words separated by blanks, no shell"},
	{"notify", "ca-file", "FILE", "trust these authorities, not the system's"},
	{"sink", "kind", "KIND",
		"file, journald, syslog (over TLS), https, or note: the signed end of "
		"the "
		"audit on the incident that a step was run for; needed"},
	{"sink", "path", "FILE", "of a file: on another disk, or one that only grows"},
	{"sink", "url", "URL",
		"https://…, which takes lines of JSON and answers 2xx; of syslog "
		"HOST[:PORT]"},
	{"sink", "required", "on|off",
		"nothing is done before it has the record of it; off"},
	{"sink", "ca-file", "FILE", "trust these authorities, not the system's"},
	{"sink", "token-file", "FILE", "of https: holds the token it wants"},
	{"sink", "token-env", "NAME", "the environment variable with it"},
	{"sink", "token-command", "COMMAND",
		"prints it; words separated by blanks, no shell"},
	{"slo", "source", "NAME", "a prometheus or victoriametrics source; needed"},
	{"slo", "target", "PERCENT", "of events that shall be good, as 99.9; needed"},
	{"slo", "window", "DURATION", "3d to 90d, rolling; 30d"},
	{"slo", "good", "COUNTER",
		"the good events: a counter with its labels, or PromQL that gives a "
		"count and has $window where its range goes"},
	{"slo", "bad", "COUNTER", "… or the bad ones"},
	{"slo", "total", "COUNTER", "all events, likewise"},
	{"slo", "histogram", "BUCKETS",
		"instead: buckets of a histogram, as "
		"http_duration_seconds_bucket{job=\"api\"}"},
	{"slo", "under", "DURATION",
		"good is what took no longer: a bound that the histogram has"},
	{"slo", "least", "N",
		"events in the long window of a rule; fewer give no verdict; 100"},
	{"slo", "service", "NAME", "what its alerts are about; the objective's name"},
	{"slo", "runbook", "URL", "runbook_url of its alerts"},
	{"trigger", "runbook", "RUNBOOK", "the book, by the name of its file; needed"},
	{"trigger", "on", "alert|schedule", "what makes it fire; needed"},
	{"trigger", "alert", "PATTERN,…",
		"names of alerts, with * and ?; without it and labels= those that the "
		"runbook itself names, or whose runbook_url it is"},
	{"trigger", "labels", "MATCHERS",
		"labels of the alert, as {job=\"node\",instance=~\"web-.*\"}; all must "
		"hold"},
	{"trigger", "severity", "SEVERITY", "this one and worse; any"},
	{"trigger", "cron", "FIELDS",
		"minute hour day month weekday, quoted as a whole: \"cron=30 6 * * "
		"1-5\""},
	{"trigger", "every", "DURATION", "1m to 30d, counted from midnight UTC"},
	{"trigger", "zone", "ZONE", "of cron's times, as Europe/Berlin; this host's"},
	{"trigger", "do", "propose|run",
		"run: by itself, if the runbook is trusted as it is now, all its steps "
		"are of class read and policy allows them; else it is proposed; propose"},
	{"trigger", "most", "N",
		"runs, and proposals, within an hour, 1 to 100; 10, of a schedule 100"},
	{"policy", "hosts", "PATTERN,…",
		"names with * and ?, @GROUP for a group of hosts; what goes to several "
		"is allowed when all match, and denied when one does; any"},
	{"policy", "class", "CLASS,…", "read, change, destroy, shell; any"},
	{"policy", "runbook", "PATTERN,…", "names of runbooks; any, also none"},
	{"policy", "hours", "HH:MM-HH:MM", "local hours of the day; always"},
	{"policy", "approve", "on|off", "what it allows needs an approval; off"},
	{0},
};

bool rc_check_keys(
	const struct conf_line *line, size_t from, const char *verb, struct err *err)
{
	const char *names[sizeof rc_keys / sizeof rc_keys[0]];
	size_t n = 0;

	for (const struct rc_key *key = rc_keys; key->verb; key++)
		if (!strcmp(key->verb, verb))
			names[n++] = key->name;
	names[n] = NULL;
	return conf_check_keys(line, from, names, err);
}

/* A path in the rc is relative to the file that names it. */
const char *rc_keep_path(struct rc *rc, const struct conf_line *line, const char *path)
{
	const char *slash = strrchr(line->place.file, '/'), *home = getenv("HOME");
	struct str full;

	if (!path)
		return NULL;
	str_init(&full, 4096);
	if (str_starts(path, "~/") && home)
		str_printf(&full, "%s/%s", home, path + 2);
	else if (path[0] != '/' && slash)
		str_printf(&full, "%.*s/%s", (int)(slash - line->place.file),
			line->place.file, path);
	else
		str_puts(&full, path);
	path = rc_keep(rc, str_text(&full));
	str_release(&full);
	return path;
}

bool rc_take_duration(const struct conf_line *line, const char *key, int64_t low,
	int64_t high, int64_t *out, struct err *err)
{
	const char *word = conf_value(line, 2, key);
	char a[TIME_TEXT], b[TIME_TEXT];

	if (!word)
		return true;
	if (!duration_parse(word, out))
		return err_set(
			err, ERR_INPUT, "%s is a duration such as 5s, not %s", key, word);
	if (*out < low || *out > high)
		return err_set(err, ERR_INPUT, "%s goes from %s to %s, not %s", key,
			duration_text(low, a), duration_text(high, b), word);
	return true;
}

bool rc_check_name(const char *name, struct err *err)
{
	char id[64];

	if (!text_to_id(untrusted_str(name), id, sizeof id))
		return err_set(err, ERR_INPUT,
			"a name is letters, digits and - _ . : (at most 63), not %s",
			name);
	return true;
}

static bool run_changes(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = rc_of(conf);
	struct rc_changes c = {.place = line->place};

	if (!rc_check_name(line->words[1].text, err) ||
		!rc_check_keys(line, 2, "changes", err))
		return false;
	c.git = rc_keep_path(rc, line, conf_value(line, 2, "git"));
	c.folder = rc_keep_path(rc, line, conf_value(line, 2, "folder"));
	if (!c.git == !c.folder)
		return err_set(err, ERR_INPUT,
			"changes %s needs git= or folder=", line->words[1].text);
	if (rc->changes_count == RC_MAX_CHANGES)
		return err_set(
			err, ERR_LIMIT, "more than %d changes lines", RC_MAX_CHANGES);
	c.name = rc_keep(rc, line->words[1].text);
	c.service = rc_keep(rc, conf_value(line, 2, "service"));
	MEM_ROOM(rc->changes, rc->changes_count, rc->changes_cap);
	rc->changes[rc->changes_count++] = c;
	return true;
}

static bool add_bind(struct rc *rc, const struct rc_bind *bind, struct err *err)
{
	if (!keyseq_context(bind->context, err) || !keyseq_check(bind->keys, err))
		return false;
	if (rc->bind_count == RC_MAX_BINDS)
		return err_set(err, ERR_LIMIT, "more than %d bindings", RC_MAX_BINDS);
	MEM_ROOM(rc->binds, rc->bind_count, rc->bind_cap);
	rc->binds[rc->bind_count] = *bind;
	rc->binds[rc->bind_count].context = rc_keep(rc, bind->context);
	rc->binds[rc->bind_count].keys = rc_keep(rc, bind->keys);
	rc->binds[rc->bind_count++].note = rc_keep(rc, bind->note);
	return true;
}

/* The note is quoted: "…"; without quotes it is taken as it is. */
static const char *plain_note(const char *rest, char *out, size_t size)
{
	size_t n;

	if (!rest)
		return NULL;
	str_copy(out, size, *rest == '"' ? rest + 1 : rest);
	n = strlen(out);
	if (*rest == '"' && n && out[n - 1] == '"')
		out[n - 1] = '\0';
	return out;
}

/* The words from one on as one text. */
static const char *keep_words(
	struct rc *rc, const struct conf_line *line, size_t from, bool quoted)
{
	const char *kept;
	struct str text;

	str_init(&text, CONF_MAX_LINE);
	for (size_t i = from; i < line->count; i++) {
		if (i > from)
			str_putc(&text, ' ');
		if (quoted)
			conf_quote(&text, line->words[i].text);
		else
			str_puts(&text, line->words[i].text);
	}
	kept = rc_keep(rc, str_text(&text));
	str_release(&text);
	return kept;
}

/* The command line that begins at a word: one quoted word is the whole of it. */
static const char *keep_command(struct rc *rc, const struct conf_line *line, size_t from)
{
	return keep_words(rc, line, from, line->count > from + 1);
}

static bool run_bind(struct conf *conf, const struct conf_line *line, struct err *err)
{
	char note[120];
	struct rc_bind bind = {line->words[1].text, line->words[2].text,
		keep_command(rc_of(conf), line, 3),
		plain_note(line->rest, note, sizeof note), line->place};

	return add_bind(rc_of(conf), &bind, err);
}

static bool run_unbind(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc_bind bind = {
		line->words[1].text, line->words[2].text, NULL, NULL, line->place};

	return add_bind(rc_of(conf), &bind, err);
}

const char *const rc_color_names[] = {"default", "black", "red", "green", "yellow",
	"blue", "magenta", "cyan", "white", NULL};
const char *const rc_attributes[] = {
	"bold", "dim", "underline", "reverse", "italic", NULL};

static bool check_color(const char *word, struct err *err)
{
	char *end, near[80];
	long n = strtol(word, &end, 10);

	if (*word == '#' && strlen(word) == 7 &&
		strspn(word + 1, "0123456789abcdefABCDEF") == 6)
		return true;
	if (end != word && !*end)
		return n >= 0 && n <= 255
			       ? true
			       : err_set(err, ERR_INPUT,
					 "a colour number goes from 0 to 255, not %s",
					 word);
	for (size_t i = 0; rc_color_names[i]; i++)
		if (!strcmp(rc_color_names[i], word))
			return true;
	return err_set(err, ERR_INPUT,
		"a colour is a name, 0 to 255, #rrggbb or default, not %s%s", word,
		conf_nearest(word, rc_color_names, sizeof *rc_color_names, near));
}

static bool run_color(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = rc_of(conf);
	struct rc_color color = {.place = line->place};
	char near[80];
	size_t role = 0;

	while (role_rows[role].name && strcmp(role_rows[role].name, line->words[1].text))
		role++;
	if (!role_rows[role].name)
		return err_set(err, ERR_INPUT, "no role is called %s%s",
			line->words[1].text,
			conf_nearest(line->words[1].text, &role_rows->name,
				sizeof *role_rows, near));
	if (!check_color(line->words[2].text, err) ||
		!check_color(line->words[3].text, err))
		return false;
	for (size_t i = 4; i < line->count; i++) {
		size_t k = 0;

		while (rc_attributes[k] && strcmp(rc_attributes[k], line->words[i].text))
			k++;
		if (!rc_attributes[k])
			return err_set(err, ERR_INPUT,
				"an attribute is bold, dim, underline, reverse or "
				"italic, "
				"not %s",
				line->words[i].text);
		color.attrs[color.attr_count++] = rc_attributes[k];
	}
	color.role = role_rows[role].name;
	color.fg = rc_keep(rc, line->words[2].text);
	color.bg = rc_keep(rc, line->words[3].text);
	MEM_ROOM(rc->colors, rc->color_count, rc->color_cap);
	rc->colors[rc->color_count++] = color;
	return true;
}

static bool run_alias(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = rc_of(conf);

	if (!rc_check_name(line->words[1].text, err))
		return false;
	MEM_ROOM(rc->aliases, rc->alias_count, rc->alias_cap);
	rc->aliases[rc->alias_count++] = (struct rc_alias){
		rc_keep(rc, line->words[1].text), keep_command(rc, line, 2), line->place};
	return true;
}

static bool run_heartbeat(
	struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = rc_of(conf);
	struct rc_heartbeat h = {.every_ms = 5 * MINUTE_MS};

	if (!rc_check_name(line->words[1].text, err) ||
		!rc_check_keys(line, 2, "heartbeat", err) ||
		!rc_take_duration(line, "every", SECOND_MS, DAY_MS, &h.every_ms, err))
		return false;
	if (!conf_value(line, 2, "alert") || !*conf_value(line, 2, "alert"))
		return err_set(err, ERR_INPUT, "heartbeat %s needs alert=NAME",
			line->words[1].text);
	h.name = rc_keep(rc, line->words[1].text);
	h.alert = rc_keep(rc, conf_value(line, 2, "alert"));
	MEM_ROOM(rc->heartbeats, rc->heartbeat_count, rc->heartbeat_cap);
	rc->heartbeats[rc->heartbeat_count++] = h;
	return true;
}

static bool run_layout(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = rc_of(conf);

	if (!rc_check_name(line->words[1].text, err))
		return false;
	MEM_ROOM(rc->layouts, rc->layout_count, rc->layout_cap);
	rc->layouts[rc->layout_count++] = (struct rc_layout){
		rc_keep(rc, line->words[1].text), keep_words(rc, line, 2, false),
		line->place, !strcmp(line->place.file, rc->layouts_path)};
	return true;
}

static struct rc_layout *layout_named(const struct rc *rc, const char *name)
{
	for (size_t i = rc->layout_count; i-- > 0;)
		if (!strcmp(rc->layouts[i].name, name))
			return &rc->layouts[i];
	return NULL;
}

bool rc_save_layout(struct rc *rc, const char *name, const char *text, struct err *err)
{
	const struct rc_layout *old = layout_named(rc, name);
	struct conf_place place = {rc->layouts_path, 0, 0};

	if (!*rc->layouts_path)
		return err_set(err, ERR_REFUSED, "the demo leaves no file behind");
	if (!rc_check_name(name, err))
		return false;
	if (!strcmp(name, "auto"))
		return err_set(err, ERR_INPUT, "auto is the built-in layout's name");
	if (old && !old->saved && *old->place.file == '/')
		return err_set(err, ERR_INPUT,
			"%s is a layout of %s:%d, which is yours: choose another name",
			name, old->place.file, old->place.line);
	if (!settings_set(&rc->settings, "layout", name, false, place, err))
		return false;
	MEM_ROOM(rc->layouts, rc->layout_count, rc->layout_cap);
	rc->layouts[rc->layout_count++] =
		(struct rc_layout){rc_keep(rc, name), rc_keep(rc, text), place, true};
	return true;
}

void rc_print_layouts(const struct rc *rc, struct str *out)
{
	static const int kept[] = {SET_LAYOUT, SET_TRENDS_PARTS};

	str_puts(out, "# Written by `layout save` and `trend part`; read before your own "
		      "oogway.rc.\n");
	for (size_t i = 0; i < rc->layout_count; i++) {
		const struct rc_layout *layout = &rc->layouts[i];

		if (layout->saved && layout_named(rc, layout->name) == layout)
			str_printf(out, "layout %s %s\n", layout->name, layout->text);
	}
	/* Those of the user's own lines are in the user's own file. */
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		const struct setting_value *value = &rc->settings.values[kept[i]];

		if (value->place.file && !strcmp(value->place.file, rc->layouts_path))
			str_printf(out, "set %s = %s\n", setting_rows[kept[i]].name,
				value->text);
	}
}

const struct conf_verb rc_verbs[] = {
	{"set", 3, 4, "set [-final] NAME = VALUE", run_set,
		"Gives a setting its value. With -final, in /etc/oogway/oogway.rc and "
		"what "
		"it includes only, no later line changes it."},
	{"source", 2, 0, "source NAME KIND [url=URL] [KEY=VALUE …]", rc_run_source,
		"A server or a service to ask. NAME is what panes and queries call it."},
	{"query", 1, 0, "query NAME source=NAME [unit= warn= critical=] -- EXPR",
		rc_run_query,
		"A metric to ask a Prometheus-like source for, in its own language: EXPR "
		"is the rest of the line. Each series of the answer becomes a row."},
	{"pack", 2, 0, "pack NAME source=NAME [most=N] [LABEL=NAME …]", rc_run_pack,
		"The query lines of a file: a shipped one (`oogway pack list`), or one "
		"of yours by its path. What it calls ${NAME:DEFAULT} can be said here, "
		"as service=app_name where a label is called otherwise; `oogway pack "
		"show NAME` prints it, to be edited."},
	{"preset", 2, 0, "preset NAME [class=CLASS] [count= percent= points= …]",
		rc_run_preset,
		"How `detect` compares a window with the one before, of each query with "
		"preset=NAME: one line for each class of answers (2xx, 5xx, 0DC …), for "
		"traffic, and for value, which is all else. What a line does not say "
		"stays as it was; none takes a limit away."},
	{"changes", 2, 3, "changes NAME git=FOLDER | folder=FOLDER [service=NAME]",
		run_changes,
		"Where else changes are read, once a minute: the tags of a git checkout, "
		"or a folder into which webhooks are put. They stand on the timeline of "
		"each incident that begins within six hours."},
	{"heartbeat", 2, 3, "heartbeat NAME alert=NAME [every=5m]", run_heartbeat,
		"An alert that must always fire. When no source has told of it for that "
		"long, its absence is listed as a critical alert."},
	{"hosts", 3, 0, "hosts NAME = PATTERN", rc_run_hosts,
		"A group of machines, for `run @NAME -- COMMAND`. PATTERN is made of "
		"names as ~/.ssh/config knows them, [USER@]NAME[:PORT], with [01-20] for "
		"several, globs over what is known, and other groups as @NAME; A B is "
		"both, A & B what is in both, A !B what is in A alone."},
	{"transport", 2, 2, "transport openssh|libssh|auto PATTERN,…", rc_run_transport,
		"How hosts are reached: names with * and ?, and @GROUP; of several lines "
		"that match the last counts. auto is without any: libssh, and the "
		"installed ssh where ~/.ssh/config asks for what libssh cannot do (as "
		"GSSAPI, BindAddress, a Match exec). openssh takes the installed ssh "
		"always, libssh never."},
	{"handoff", 2, 0, "handoff NAME at=TIMES [KEY=VALUE …]", rc_run_handoff,
		"A schedule: its shifts, and the mail that is composed of each. NAME is "
		"a "
		"part of the mail's identity."},
	{"notify", 2, 0,
		"notify NAME kind=KIND [severity= quiet= url= token-file=] [-- COMMAND]",
		rc_run_notify,
		"Tells somebody of what is new and open: once for each incident, and "
		"once "
		"more when it gets worse; many at once are one notice. COMMAND is an "
		"argument list without a shell, in which {title}, {summary}, {severity}, "
		"{service}, {link} and {count} as words of their own are replaced. slack "
		"and webhook go through the outbox, from one oogway of those that share "
		"a "
		"store; a webhook is signed (X-Oogway-Signature: HMAC-SHA-256 in hex, "
		"over "
		"X-Oogway-Timestamp, a dot and the body)."},
	{"sink", 2, 0, "sink NAME kind=KIND [path= url= required= ca-file= token-file=]",
		rc_run_sink,
		"Where a copy of each record of the audit goes as it is written: what a "
		"chain alone cannot show, that its end was cut off or that it was "
		"written anew, `audit verify --against` finds with such a copy."},
	{"slo", 2, 0,
		"slo NAME source=NAME target=PERCENT [window=30d] good=|bad= total= | "
		"histogram= under=",
		rc_run_slo,
		"An objective. Its error budget and the speed at which that is spent are "
		"listed, and oogway makes alerts of its own of it: a page when the "
		"budget burns 14.4 times too fast over 1h and 5m or 6 times over 6h and "
		"30m, a ticket at 3 times over 1d and 2h or once over 3d and 6h. Quote "
		"words with blanks or quotes in them."},
	{"trigger", 2, 0, "trigger NAME runbook=RUNBOOK on=alert|schedule [KEY=VALUE …]",
		rc_run_trigger,
		"Puts a runbook before whoever looks when a matching alert fires, or at "
		"its times; or runs it, if that only reads. Once for each episode of an "
		"alert, by one oogway of those that share a store; times that passed "
		"while none ran are not made up for."},
	{"policy", 1, 0, "policy allow|deny [hosts= class= runbook= hours= approve=]",
		rc_run_policy,
		"What steps and actions may be: host names and groups, classes, "
		"runbooks, "
		"hours. Deny wins. Where a line allows anything, what none allows is "
		"refused; lines of /etc/oogway/oogway.rc and yours count each for "
		"themselves, so yours can only narrow."},
	{"bind", 3, 0, "bind CONTEXT KEYS COMMAND-LINE [-- \"note\"]", run_bind,
		"Binds keys to a command line; the innermost context that knows the keys "
		"wins. Quote the line when it has blanks or quotes of its own. The note "
		"is what help says instead of the command's own words."},
	{"unbind", 2, 2, "unbind CONTEXT KEYS", run_unbind, "Removes a binding."},
	{"color", 3, 7, "color ROLE FG BG [ATTRIBUTE …]", run_color,
		"Colours what has that role. A colour is default, black, red, green, "
		"yellow, blue, magenta, cyan, white, a number from 0 to 255, or #rrggbb; "
		"an attribute is bold, dim, underline, reverse or italic."},
	{"alias", 2, 0, "alias NAME COMMAND-LINE", run_alias,
		"Another name for the beginning of a command line. What is typed behind "
		"it follows."},
	{"layout", 2, 0, "layout NAME PANE[:WEIGHT] … [@WEIGHT] [/ PANE …]", run_layout,
		"An arrangement of panes for `set layout = NAME`: rows separated by /, a "
		"pane's share of the width behind its colon, a row's share of the height "
		"behind @; weights go from 1 to 20, rows to 6."},
	{0},
};

bool rc_is_live(const char *word)
{
	return rc_is_verb(word) && strcmp(word, "source") && strcmp(word, "query") &&
	       strcmp(word, "pack") && strcmp(word, "preset") &&
	       strcmp(word, "heartbeat") && strcmp(word, "handoff") &&
	       strcmp(word, "notify") && strcmp(word, "changes") && strcmp(word, "slo") &&
	       strcmp(word, "policy") && strcmp(word, "sink") && strcmp(word, "trigger");
}

bool rc_is_verb(const char *word)
{
	for (size_t i = 0; rc_verbs[i].name; i++)
		if (!strcmp(rc_verbs[i].name, word))
			return true;
	return false;
}

/* --- names that `if` knows --- */

static const char *term_name(const struct rc *rc)
{
	const char *value = getenv("TERM");

	(void)rc;
	return value ? value : "";
}

static const char *term_utf8(const struct rc *rc)
{
	(void)rc;
	return strcmp(nl_langinfo(CODESET), "UTF-8") ? "0" : "1";
}

static const char *in_ssh(const struct rc *rc)
{
	(void)rc;
	return getenv("SSH_CONNECTION") ? "1" : "0";
}

bool rc_in_tmux(void)
{
	const char *socket = getenv("TMUX");

	return socket && *socket;
}

static const char *in_tmux(const struct rc *rc)
{
	(void)rc;
	return rc_in_tmux() ? "1" : "0";
}

static const char *is_root(const struct rc *rc)
{
	(void)rc;
	return geteuid() ? "0" : "1";
}

static const char *host_name(const struct rc *rc)
{
	return rc->host;
}

static const char *profile_name(const struct rc *rc)
{
	return rc->profile;
}

const struct rc_name rc_names[] = {
	{"env.NAME", "the environment variable NAME; empty without it", NULL},
	{"host", "the name of this host", host_name},
	{"profile", "the chosen profile; empty without one", profile_name},
	{"root", "1 when run by root", is_root},
	{"ssh", "1 in an SSH session", in_ssh},
	{"term.name", "the value of TERM", term_name},
	{"term.utf8", "1 when the locale is UTF-8", term_utf8},
	{"tmux", "1 inside tmux", in_tmux},
	{0},
};

static const char *lookup(void *ctx, const char *name)
{
	if (str_starts(name, "env.")) {
		const char *value = getenv(name + 4);

		return value ? value : "";
	}
	for (const struct rc_name *n = rc_names; n->name; n++)
		if (n->value && !strcmp(n->name, name))
			return n->value(ctx);
	return NULL;
}

/* A shipped file by its short name, else a path of the user's. */
static void read_shipped(struct rc *rc, const char *folder, const char *name)
{
	char key[80];
	const struct embedded *file;

	snprintf(key, sizeof key, "%s/%.60s.rc", folder, name);
	file = embedded_find(key);
	if (file)
		conf_read_text(&rc->conf, file->name, file->text, file->size);
	else if (strchr(name, '/') || str_ends(name, ".rc"))
		rc_read_look(rc, folder, name);
	else
		rc_no_such_look(rc, folder, name);
}

static void config_path(const char *name, char *out, size_t size)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (xdg && *xdg == '/')
		snprintf(out, size, "%s/oogway/%s", xdg, name);
	else
		snprintf(out, size, "%s/.config/oogway/%s", home ? home : "", name);
}

static void user_path(const struct rc_options *options, char *out, size_t size)
{
	if (options->file && *options->file != '/' && getcwd(out, size))
		snprintf(out + strlen(out), size - strlen(out), "/%s", options->file);
	else if (options->file)
		snprintf(out, size, "%s", options->file);
	else
		config_path("oogway.rc", out, size);
}

/* Shipped binds and colours come first, so that the user's own lines override. */
static void shipped_first(struct rc *rc, size_t binds, size_t colors)
{
	struct rc_bind *b = mem_new(rc->bind_count, sizeof *b);
	struct rc_color *c = mem_new(rc->color_count, sizeof *c);
	size_t more = rc->bind_count - binds, tints = rc->color_count - colors;

	if (more)
		memcpy(b, rc->binds + binds, more * sizeof *b);
	if (binds)
		memcpy(b + more, rc->binds, binds * sizeof *b);
	if (tints)
		memcpy(c, rc->colors + colors, tints * sizeof *c);
	if (colors)
		memcpy(c + tints, rc->colors, colors * sizeof *c);
	mem_free(rc->binds);
	mem_free(rc->colors);
	rc->binds = b;
	rc->colors = c;
	rc->bind_cap = rc->bind_count;
	rc->color_cap = rc->color_count;
}

/* The keymap and the theme that are chosen, in place of those read before. */
static void read_look(struct rc *rc)
{
	const char *no_color = getenv("NO_COLOR");
	size_t binds = rc->bind_count - rc->shipped_binds;
	size_t colors = rc->color_count - rc->shipped_colors;

	if (rc->shipped_binds)
		memmove(rc->binds, rc->binds + rc->shipped_binds,
			binds * sizeof *rc->binds);
	if (rc->shipped_colors)
		memmove(rc->colors, rc->colors + rc->shipped_colors,
			colors * sizeof *rc->colors);
	rc->bind_count = binds;
	rc->color_count = colors;
	read_shipped(rc, "keymaps", "default");
	if (strcmp(settings_text(&rc->settings, SET_KEYMAP), "default"))
		read_shipped(rc, "keymaps", settings_text(&rc->settings, SET_KEYMAP));
	read_shipped(rc, "themes",
		no_color && *no_color ? "mono" : settings_text(&rc->settings, SET_THEME));
	rc->shipped_binds = rc->bind_count - binds;
	rc->shipped_colors = rc->color_count - colors;
	shipped_first(rc, binds, colors);
}

/* One that need not be there, but must be readable if it is. */
static void read_if_there(struct rc *rc, const char *path)
{
	if (!conf_read_file(&rc->conf, path, true) && errno && errno != ENOENT &&
		errno != ENOTDIR)
		conf_read_file(&rc->conf, path, false);
}

/* What `source add` wrote, behind the user's own lines: those win. */
static void read_sources(struct rc *rc, const struct rc_options *options)
{
	const char *slash = strrchr(rc->path, '/');

	if (!slash || options->looks_only || options->no_system)
		return;
	if ((size_t)snprintf(rc->sources_path, sizeof rc->sources_path, "%.*s/sources.rc",
		    (int)(slash - rc->path), rc->path) >= sizeof rc->sources_path)
		rc->sources_path[0] = '\0';
	else if (!options->shipped_only && !conf_had(&rc->conf, rc->sources_path))
		read_if_there(rc, rc->sources_path);
}

/* What others can write decides nothing for good. */
static bool is_roots(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	bool roots = fd >= 0 && !fstat(fd, &st) && !st.st_uid && !(st.st_mode & 022);

	if (fd >= 0)
		close(fd);
	return roots;
}

static void read_files(struct rc *rc, const struct rc_options *options)
{
	if (!options->no_system && !options->looks_only) {
		rc->conf.final_allowed = is_roots(SYSTEM_RC);
		rc->reads_system = true;
		read_if_there(rc, SYSTEM_RC);
		rc_read_signed(rc);
		rc->reads_system = rc->conf.final_allowed = false;
		read_if_there(rc, rc->layouts_path);
	}
	if (options->file)
		conf_read_file(&rc->conf, rc->path, false);
	else if (*rc->path)
		read_if_there(rc, rc->path);
}

static struct rc *read_with(const struct rc_options *options, const char *profile)
{
	struct rc *rc = mem_new(1, sizeof *rc);

	arena_init(&rc->arena, RC_MAX_BYTES);
	settings_init(&rc->settings, setting_rows, SET_COUNT_);
	rc->profile = rc_keep(rc, profile);
	rc->conf.verbs = rc_verbs;
	rc->conf.ctx = rc;
	rc->conf.lookup = lookup;
	rc->conf.profile = *rc->profile ? rc->profile : NULL;
	if (gethostname(rc->host, sizeof rc->host - 1))
		rc->host[0] = '\0';
	if (!options->looks_only && !options->no_system)
		config_path("layouts.rc", rc->layouts_path, sizeof rc->layouts_path);
	user_path(options, rc->path, sizeof rc->path);
	rc->path_named = options->file != NULL;
	if (options->looks_only && !options->file)
		rc->path[0] = '\0';
	read_shipped(rc, "packs", "presets");
	if (!options->shipped_only)
		read_files(rc, options);
	read_sources(rc, options);
	if (options->looks_only)
		rc->source_count = rc->query_count = rc->heartbeat_count =
			rc->handoff_count = rc->changes_count = rc->trigger_count =
				rc->slo_count = 0;
	return rc;
}

static void no_such_profile(struct rc *rc, const char *profile)
{
	char line[120];

	snprintf(line, sizeof line, "no profile is called %.60s", profile);
	conf_complain(&rc->conf, (struct conf_place){"-P", 0, 0}, line);
	rc->no_profile = rc_keep(rc, profile);
}

static bool complained(const struct conf *conf, const struct conf_error *error)
{
	for (size_t i = 0; i < conf->error_count; i++) {
		const struct conf_error *e = &conf->errors[i];

		if (e->place.line == error->place.line &&
			e->place.column == error->place.column &&
			!strcmp(e->place.file, error->place.file) &&
			!strcmp(e->text, error->text))
			return true;
	}
	return false;
}

/* The lines of a profile that is not chosen are as right or wrong as all others. */
static void check_profiles(struct rc *rc, const struct rc_options *options)
{
	for (size_t i = 0; i < rc->conf.profile_count; i++) {
		const char *name = rc->conf.profiles[i];
		struct rc *other;

		if (!strcmp(name, rc->profile))
			continue;
		other = read_with(options, name);
		rc_check(other);
		read_look(other);
		for (size_t k = 0; k < other->conf.error_count; k++) {
			const struct conf_error *e = &other->conf.errors[k];
			struct conf_place place = e->place;

			if (complained(&rc->conf, e))
				continue;
			place.file = rc_keep(rc, place.file);
			conf_complain(&rc->conf, place, e->text);
		}
		rc_free(other);
	}
}

struct rc *rc_read(const struct rc_options *options)
{
	const char *profile = options->profile ? options->profile : "";
	struct rc *rc = read_with(options, profile);

	/* Nothing may bear its name, nor an `if` believe in it. */
	if (*profile && !options->shipped_only && !rc->conf.profile_found) {
		rc_free(rc);
		rc = read_with(options, "");
		no_such_profile(rc, profile);
	}
	if (!options->shipped_only)
		rc_check(rc);
	read_look(rc);
	if (!options->shipped_only)
		check_profiles(rc, options);
	conf_sort_errors(&rc->conf);
	return rc;
}

bool rc_whole(const struct rc *rc, char *why, size_t size)
{
	char first[4500];

	*why = '\0';
	if (!rc->conf.errors_total)
		return true;
	rc_error_text(&rc->conf.errors[0], first, sizeof first);
	snprintf(why, size, "%zu error%s in the rc, the first: %s", rc->conf.errors_total,
		rc->conf.errors_total == 1 ? "" : "s", first);
	return false;
}

void rc_free(struct rc *rc)
{
	if (!rc)
		return;
	conf_release(&rc->conf);
	settings_release(&rc->settings);
	mem_free(rc->sources);
	mem_free(rc->queries);
	mem_free(rc->presets);
	mem_free(rc->binds);
	mem_free(rc->colors);
	mem_free(rc->aliases);
	mem_free(rc->heartbeats);
	mem_free(rc->host_groups);
	mem_free(rc->transports);
	mem_free(rc->host_names);
	mem_free(rc->notifies);
	mem_free(rc->policies);
	mem_free(rc->changes);
	mem_free(rc->layouts);
	mem_free(rc->handoffs);
	mem_free(rc->triggers);
	mem_free(rc->slos);
	arena_release(&rc->arena);
	mem_free(rc);
}

/* After a line that chose another keymap or theme. One that cannot be had leaves the
 * one there was. */
static void change_look(struct rc *rc, int setting, const char *before)
{
	const struct setting_value *value = &rc->settings.values[setting];
	size_t errors = rc->conf.errors_total;

	if (!strcmp(value->text, before))
		return;
	read_look(rc);
	if (rc->conf.errors_total == errors)
		return;
	settings_set(&rc->settings, setting_rows[setting].name, before, false,
		value->place, NULL);
	read_look(rc);
}

bool rc_line(struct rc *rc, const char *line, struct err *err)
{
	size_t before = rc->conf.error_count, total = rc->conf.errors_total;
	char *keymap = mem_strdup(settings_text(&rc->settings, SET_KEYMAP));
	char *theme = mem_strdup(settings_text(&rc->settings, SET_THEME));
	char *layout = mem_strdup(settings_text(&rc->settings, SET_LAYOUT));
	struct conf_place place = rc->settings.values[SET_LAYOUT].place;

	if (conf_read_text(&rc->conf, CONF_TYPED, line, strlen(line))) {
		change_look(rc, SET_KEYMAP, keymap);
		change_look(rc, SET_THEME, theme);
		if (strcmp(settings_text(&rc->settings, SET_LAYOUT), layout) &&
			!rc_check_layout(rc))
			settings_set(&rc->settings, "layout", layout, false, place, NULL);
	}
	mem_free(layout);
	mem_free(keymap);
	mem_free(theme);
	if (rc->conf.errors_total == total)
		return true;
	if (rc->conf.error_count > before)
		err_set(err, ERR_INPUT, "%s", rc->conf.errors[before].text);
	rc->conf.error_count = before;
	rc->conf.errors_total = total;
	return false;
}

struct rc *rc_try(
	const struct rc *rc, const char *name, const char *line, struct err *err)
{
	struct rc *tried = mem_new(1, sizeof *tried);

	arena_init(&tried->arena, RC_MAX_BYTES);
	settings_init(&tried->settings, setting_rows, SET_COUNT_);
	tried->profile = rc->profile;
	tried->conf.verbs = rc_verbs;
	tried->conf.ctx = tried;
	tried->conf.lookup = lookup;
	tried->conf.profile = rc->conf.profile;
	if (conf_read_text(&tried->conf, name, line, strlen(line)))
		return tried;
	if (tried->conf.error_count)
		err_set(err, ERR_INPUT, "%s", tried->conf.errors[0].text);
	rc_free(tried);
	return NULL;
}

struct rc *rc_look(const struct rc *rc, const char *line)
{
	struct rc *look = mem_new(1, sizeof *look);
	const char *name;

	arena_init(&look->arena, RC_MAX_BYTES);
	settings_init(&look->settings, setting_rows, SET_COUNT_);
	look->profile = "";
	look->conf.verbs = rc_verbs;
	look->conf.ctx = look;
	look->conf.lookup = lookup;
	conf_read_text(&look->conf, CONF_TYPED, line, strlen(line));
	name = look->settings.values[SET_THEME].place.file
		       ? settings_text(&look->settings, SET_THEME)
		       : NULL;
	/* A file of the user's is not read for each letter that is typed. */
	if (name && !strchr(name, '/') && !str_ends(name, ".rc"))
		read_shipped(look, "themes", name);
	if (look->conf.errors_total || !look->color_count ||
		(name && rc->settings.values[SET_THEME].final)) {
		rc_free(look);
		return NULL;
	}
	/* A theme lies under the user's own colours, a colour over all. */
	for (size_t i = name ? rc->shipped_colors : 0; i < rc->color_count; i++) {
		MEM_ROOM(look->colors, look->color_count, look->color_cap);
		look->colors[look->color_count++] = rc->colors[i];
	}
	if (!name) {
		struct rc_color own = look->colors[0];

		memmove(look->colors, look->colors + 1,
			(look->color_count - 1) * sizeof own);
		look->colors[look->color_count - 1] = own;
	}
	return look;
}

void rc_error_text(const struct conf_error *error, char *out, size_t size)
{
	if (error->place.line)
		snprintf(out, size, "%s:%d:%d: %s", error->place.file, error->place.line,
			error->place.column, error->text);
	else
		snprintf(out, size, "%s: %s", error->place.file, error->text);
}
