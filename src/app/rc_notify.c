/* `notify` lines of the rc: who is told of what, and how. Checked when the rc is read, so
 * that a place that cannot be reached for want of a word is found before the first page.
 * Any thread. */
#include "rc_parts.h"

#include "base/alloc.h"
#include "base/str.h"

#include <string.h>

const char *const notify_kind_names[NOTIFY_KIND_COUNT + 1] = {
	"desktop", "terminal", "bell", "title", "command", "slack", "webhook", NULL};

static bool take_notify_kind(
	const struct conf_line *line, struct rc_notify *n, struct err *err)
{
	const char *word = conf_value(line, 2, "kind"),
		   *severity = conf_value(line, 2, "severity");
	char near[80];
	int kind = 0;

	if (!word)
		return err_set(err, ERR_INPUT,
			"notify %s needs kind=desktop, terminal, "
			"bell, title, command, slack or webhook",
			line->words[1].text);
	while (kind < NOTIFY_KIND_COUNT && strcmp(word, notify_kind_names[kind]))
		kind++;
	if (kind == NOTIFY_KIND_COUNT)
		return err_set(err, ERR_INPUT, "no kind of notice is called %s%s", word,
			conf_nearest(word, notify_kind_names, sizeof *notify_kind_names,
				near));
	n->kind = (enum notify_kind)kind;
	for (int s = 0; severity && s <= SEVERITY_INFO; s++)
		if (!strcmp(severity, severity_name((enum severity)s))) {
			n->severity = (enum severity)s;
			severity = NULL;
		}
	if (severity)
		return err_set(err, ERR_INPUT,
			"severity is critical, high, warning or info, not %s", severity);
	return true;
}

/* What the kind needs is there, and nothing that it does not take. */
static bool check_notify(
	const struct conf_line *line, const struct rc_notify *n, struct err *err)
{
	bool remote = n->kind == NOTIFY_SLACK || n->kind == NOTIFY_WEBHOOK;
	bool secret = n->token_file || n->token_env || n->token_command;

	if (remote && !secret)
		return err_set(err, ERR_INPUT, "notify %s needs token-file=FILE: %s",
			n->name,
			n->kind == NOTIFY_SLACK ? "it holds the URL that Slack gave"
						: "it holds the key to sign with");
	if (n->kind == NOTIFY_WEBHOOK && !n->url)
		return err_set(
			err, ERR_INPUT, "notify %s needs url=https://HOST/PATH", n->name);
	if (!remote && (secret || n->url || n->ca_file))
		return err_set(err, ERR_INPUT,
			"notify %s: url, token and ca-file are of slack and webhook",
			n->name);
	if ((n->kind == NOTIFY_COMMAND) != (line->rest && *line->rest))
		return err_set(err, ERR_INPUT,
			n->kind == NOTIFY_COMMAND
				? "expected: notify NAME kind=command … -- COMMAND"
				: "only kind=command takes words behind --");
	return true;
}

bool rc_run_notify(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = conf->ctx;
	struct rc_notify n = {.severity = SEVERITY_HIGH, .place = line->place};
	const char *url = conf_value(line, 2, "url"),
		   *anomalies = conf_value(line, 2, "anomalies");

	if (!rc_check_name(line->words[1].text, err) ||
		!rc_check_keys(line, 2, "notify", err) ||
		!take_notify_kind(line, &n, err) ||
		!rc_take_hours(line, "quiet", &n.quiet_from, &n.quiet_to, err) ||
		(url && !rc_check_url(url, err)))
		return false;
	if (anomalies && strcmp(anomalies, "on") && strcmp(anomalies, "off"))
		return err_set(
			err, ERR_INPUT, "anomalies is on or off, not %s", anomalies);
	n.anomalies = anomalies && !strcmp(anomalies, "on");
	if (n.kind == NOTIFY_TITLE && n.quiet_from != n.quiet_to)
		return err_set(err, ERR_INPUT, "a title is never loud: no quiet=");
	if (n.kind == NOTIFY_SLACK && !url)
		url = "https://hooks.slack.com";
	n.name = rc_keep(rc, line->words[1].text);
	n.url = rc_keep(rc, url);
	n.command = rc_keep(rc, line->rest);
	n.token_env = rc_keep(rc, conf_value(line, 2, "token-env"));
	n.token_command = rc_keep(rc, conf_value(line, 2, "token-command"));
	n.token_file = rc_keep_path(rc, line, conf_value(line, 2, "token-file"));
	n.ca_file = rc_keep_path(rc, line, conf_value(line, 2, "ca-file"));
	if (!check_notify(line, &n, err))
		return false;
	for (size_t i = 0; i < rc->notify_count; i++)
		if (!strcmp(rc->notifies[i].name, n.name))
			return err_set(err, ERR_INPUT,
				"there is a notify %s already (line %d)", n.name,
				rc->notifies[i].place.line);
	if (rc->notify_count == RC_MAX_NOTIFIES)
		return err_set(
			err, ERR_LIMIT, "more than %d notify lines", RC_MAX_NOTIFIES);
	MEM_ROOM(rc->notifies, rc->notify_count, rc->notify_cap);
	rc->notifies[rc->notify_count++] = n;
	return true;
}
