/* `sink` lines of the rc: where copies of the audit's records go. Checked when the rc is
 * read, so that a sink that must have them is not found to be none at the first step.
 * Any thread. */
#include "rc_parts.h"

#include "base/alloc.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

static const char *const kinds[SINK_KIND_COUNT] = {
	[SINK_FILE] = "file",
	[SINK_JOURNALD] = "journald",
	[SINK_SYSLOG] = "syslog",
	[SINK_HTTPS] = "https",
	[SINK_NOTE] = "note",
};

static bool take_kind(const char *word, struct rc_sink *sink, struct err *err)
{
	for (int i = 0; word && i < SINK_KIND_COUNT; i++) {
		if (strcmp(word, kinds[i]) != 0)
			continue;
		sink->kind = (enum sink_kind)i;
		return true;
	}
	return err_set(err, ERR_INPUT,
		"a sink needs kind=file, journald, syslog, https or note, not %s",
		word ? word : "none");
}

static bool take_place(struct rc *rc, const struct conf_line *line, struct rc_sink *sink,
	struct err *err)
{
	const char *path = conf_value(line, 2, "path"), *url = conf_value(line, 2, "url");

	sink->path = rc_keep_path(rc, line, path);
	sink->url = rc_keep(rc, url);
	switch (sink->kind) {
	case SINK_FILE:
		return (path && !url) ||
		       err_set(err, ERR_INPUT,
			       "sink %s needs path=FILE and no url=", sink->name);
	case SINK_JOURNALD:
		return !url || err_set(err, ERR_INPUT, "sink %s has no url=", sink->name);
	case SINK_SYSLOG:
		return (url && !path && !strstr(url, "://") && strlen(url) < 200 &&
			       !strpbrk(url, "@/ ")) ||
		       err_set(err, ERR_INPUT, "sink %s needs url=HOST[:PORT]",
			       sink->name);
	case SINK_NOTE:
		return (!url && !path) ||
		       err_set(err, ERR_INPUT,
			       "sink %s has neither url= nor path=", sink->name);
	default:
		return (url && !path && str_starts(url, "https://") &&
			       rc_check_url(url, err)) ||
		       err_set(err, ERR_INPUT, "sink %s needs url=https://…", sink->name);
	}
}

bool rc_run_sink(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = conf->ctx;
	struct rc_sink sink = {.name = line->words[1].text};
	const char *required;

	if (!rc_check_name(sink.name, err) || !rc_check_keys(line, 2, "sink", err) ||
		!take_kind(conf_value(line, 2, "kind"), &sink, err) ||
		!take_place(rc, line, &sink, err))
		return false;
	required = conf_value(line, 2, "required");
	sink.required = required && !strcmp(required, "on");
	if (required && !sink.required && strcmp(required, "off") != 0)
		return err_set(err, ERR_INPUT, "required is on or off, not %s", required);
	if (sink.required && sink.kind == SINK_NOTE)
		return err_set(err, ERR_INPUT,
			"a note is on its way for minutes: it cannot be required");
	for (size_t i = 0; i < rc->sink_count; i++)
		if (!strcmp(rc->sinks[i].name, sink.name))
			return err_set(
				err, ERR_INPUT, "there is a sink %s already", sink.name);
	if (rc->sink_count == RC_MAX_SINKS)
		return err_set(err, ERR_LIMIT, "more than %d sinks", RC_MAX_SINKS);
	sink.name = rc_keep(rc, sink.name);
	sink.ca_file = rc_keep_path(rc, line, conf_value(line, 2, "ca-file"));
	sink.token_file = rc_keep_path(rc, line, conf_value(line, 2, "token-file"));
	sink.token_env = rc_keep(rc, conf_value(line, 2, "token-env"));
	sink.token_command = rc_keep(rc, conf_value(line, 2, "token-command"));
	rc->sinks[rc->sink_count++] = sink;
	return true;
}
