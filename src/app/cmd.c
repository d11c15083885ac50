/* The commands that need no screen, and the table of them. Each is a few lines over
 * the state; what needs more has a file of its own (cmd_list.c, doctor.c). Main
 * thread, from the console and from scripts alike. */
#include "cmd.h"

#include "app/enrol.h"
#include "app/overview.h"
#include "app/setting.h"
#include "app/replay.h"
#include "app/sources.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

static enum status cmd_show(struct call *call, struct err *err)
{
	char line[COMMAND_LINE_MAX];
	const char *rest = call->rest;
	size_t n = strcspn(rest, " ");
	struct run_options options = {.out = call->out,
		.told = call->told,
		.json = call->json,
		.script = call->out != NULL};

	/* `oogway show metrics` reads well too. */
	if (n > 1 && rest[n - 1] == 's' && strncmp(rest, "status", 6))
		snprintf(line, sizeof line, "%.*s list%s", (int)n - 1, rest, rest + n);
	else
		snprintf(line, sizeof line, "%.*s list%s", (int)n, rest, rest + n);
	return command_run(call->app, call->commands, line, &options, err);
}

static enum status cmd_status(struct call *call, struct err *err)
{
	char text[256];

	/* What it says of an incident is asked about, and refused where nothing acts. */
	if (call->argc)
		return cmd_act(call, err);
	app_notice(
		call->app, false, "%s", overview_headline(call->app, text, sizeof text));
	return STATUS_DONE;
}

static enum status cmd_window(struct call *call, struct err *err)
{
	struct window window = call->app->window;

	if (!duration_parse(call->argv[0], &window.span_ms)) {
		err_set(err, ERR_USAGE, "a window is a duration such as 1h, not %s",
			call->argv[0]);
		return STATUS_USAGE;
	}
	if (window.span_ms < WINDOW_LEAST_MS || window.span_ms > WINDOW_MOST_MS) {
		err_set(err, ERR_USAGE, "a window goes from 1m to 60d, not %s",
			call->argv[0]);
		return STATUS_USAGE;
	}
	app_set_window(call->app, window);
	return STATUS_DONE;
}

static enum status cmd_at(struct call *call, struct err *err)
{
	struct window window = call->app->window;

	if (!time_parse_moment(call->rest, call->app->now, &window.to)) {
		err_set(err, ERR_USAGE,
			"a moment is 14:05, -2h, now, or 2026-11-21T14:05:00Z, not %s",
			call->rest);
		return STATUS_USAGE;
	}
	app_set_window(call->app, window);
	return STATUS_DONE;
}

static enum status cmd_now(struct call *call, struct err *err)
{
	struct window window = call->app->window;

	(void)err;
	window.to = 0;
	app_set_window(call->app, window);
	return STATUS_DONE;
}

/* The window moves by half of itself. */
static enum status move_window(struct call *call, int direction)
{
	struct window window = call->app->window;

	window.to = window_to(call->app) + direction * window.span_ms / 2;
	app_set_window(call->app, window);
	return STATUS_DONE;
}

static enum status cmd_earlier(struct call *call, struct err *err)
{
	(void)err;
	return move_window(call, -1);
}

static enum status cmd_later(struct call *call, struct err *err)
{
	(void)err;
	return move_window(call, 1);
}

static const int64_t spans[] = {5 * MINUTE_MS, 15 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS,
	3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS, DAY_MS, 2 * DAY_MS, 7 * DAY_MS,
	28 * DAY_MS};

static enum status zoom_window(struct call *call, bool in)
{
	enum { COUNT = sizeof spans / sizeof spans[0] };
	struct window window = call->app->window;
	int i = 0;

	if (in) {
		for (i = COUNT - 1; i > 0 && spans[i] >= window.span_ms;)
			i--;
	} else {
		while (i < COUNT - 1 && spans[i] <= window.span_ms)
			i++;
	}
	window.span_ms = spans[i];
	app_set_window(call->app, window);
	return STATUS_DONE;
}

static enum status cmd_zoom_in(struct call *call, struct err *err)
{
	(void)err;
	return zoom_window(call, true);
}

static enum status cmd_zoom_out(struct call *call, struct err *err)
{
	(void)err;
	return zoom_window(call, false);
}

static enum status cmd_refresh(struct call *call, struct err *err)
{
	(void)err;
	sources_hurry(call->app->sources);
	app_notice(call->app, false, "asking all sources now");
	return STATUS_DONE;
}

static enum status cmd_profile(struct call *call, struct err *err)
{
	struct app *app = call->app;

	if (!call->argc) {
		app_notice(app, false, "profile %s",
			*app->rc->profile ? app->rc->profile : "(none)");
		return STATUS_DONE;
	}
	return app_profile(app, call->argv[0], err) ? STATUS_DONE : STATUS_FAILED;
}

static enum status cmd_readonly(struct call *call, struct err *err)
{
	struct app *app = call->app;

	if (app->readonly && app_setting(app, SET_READONLY) &&
		!settings_free(&app->rc->settings, SET_READONLY, err))
		return STATUS_REFUSED;
	app->readonly = !app->readonly;
	app_changed(app, CHANGED_CONFIG);
	app_notice(app, false, app->readonly ? "read-only" : "actions are allowed again");
	return STATUS_DONE;
}

static enum status cmd_source_add(struct call *call, struct err *err)
{
	return enrol_add(call->app->enrol, call, true, err);
}

static enum status cmd_source_remove(struct call *call, struct err *err)
{
	return enrol_remove(call->app->enrol, call, err);
}

/* One of the rc by its name; or the words of a line that is not there yet. */
static enum status cmd_source_test(struct call *call, struct err *err)
{
	const struct app *app = call->app;
	int i = sources_find(app->sources, call->argv[0]);
	const struct source_row *row;
	char text[400];

	if (call->argc > 1)
		return enrol_add(call->app->enrol, call, false, err);
	if (i < 0) {
		err_set(err, ERR_MISSING, "no source is called %s", call->argv[0]);
		return STATUS_FAILED;
	}
	row = sources_row(app->sources, i);
	if (!call->out) {
		app_notice(call->app, false, "asking %s", row->name);
		sources_test(app->sources, row->number);
		return STATUS_DONE;
	}
	source_words(row, app->now, text, sizeof text);
	str_printf(call->out, "%s: %s\n", row->name, text);
	return source_health(row, app->now) == HEALTH_OK ? STATUS_DONE : STATUS_FAILED;
}

/* On what is selected or marked. */
#define ACT(name, args, help, max)                                                       \
	{                                                                                \
		name, args, help, COMMAND_ACTS, 0, max, cmd_act                          \
	}
/* On what a script names. */
#define NAMED(name, args, help, min)                                                     \
	{                                                                                \
		name, args, help,                                                        \
			COMMAND_ACTS | COMMAND_NO_ROW | COMMAND_SCRIPT | COMMAND_SETTLE, \
			min, SIZE_MAX, cmd_act                                           \
	}
enum { LISTED = COMMAND_SCRIPT | COMMAND_SETTLE | COMMAND_JSON };
/* For scripts, without asking any source. */
enum { PRINTS = COMMAND_SCRIPT | COMMAND_JSON };

#define LIST(noun, help)                                                                 \
	{                                                                                \
		noun " list", "[FILTER]", help, LISTED, 0, SIZE_MAX, cmd_list            \
	}

const struct command app_commands[] = {
	LIST("alert", "alerts and incidents of all sources"),
	{"incident list", "[-s SINCE] [FILTER]",
		"what pages; with -s what paged since (7d, a date, all)", LISTED, 0,
		SIZE_MAX, cmd_list},
	LIST("metric", "all series with their newest value"),
	LIST("anomaly", "what the detectors found"),
	{"detect", "[preset=NAME] [NOW_DAYS PAST_DAYS HOURS] | --csv FILE [--scores]",
		"what differs between the HOURS (1) that ended NOW_DAYS (0) ago and the "
		"same hours PAST_DAYS (7) before; or what is unusual in a file of times "
		"and values, with --scores each point",
		PRINTS, 0, 4, cmd_detect},
	{"pack list", "", "the query packs that are shipped, and where the rc uses them",
		PRINTS, 0, 0, cmd_pack_list},
	{"pack show", "PACK", "a pack's text, as a file of your own begins",
		COMMAND_SCRIPT, 1, 1, cmd_pack_show},
	LIST("runbook", "all runbooks"),
	LIST("trigger", "what puts runbooks forward by itself, and what came of it"),
	{"slo", "", "objectives: budgets left, burn rates, and when they end", LISTED, 0,
		0, cmd_list},
	LIST("slo", "the same, or those that a filter finds"),
	{"runbook search", "WORDS", "runbooks that hold these words, best first", PRINTS,
		1, SIZE_MAX, cmd_runbook_search},
	{"runbook match", "ALERT [SUMMARY]",
		"which runbooks are about an alert of this name, and why", PRINTS, 1,
		SIZE_MAX, cmd_runbook_match},
	{"runbook show", "RUNBOOK", "a runbook's text, and its steps as JSON", PRINTS, 1,
		1, cmd_runbook_show},
	{"runbook diff", "RUNBOOK", "what has changed in a runbook since its last run",
		COMMAND_SCRIPT, 1, 1, cmd_runbook_diff},
	{"runbook trust", "RUNBOOK",
		"remember that its text as it is now was read and is right",
		COMMAND_SCRIPT, 1, 1, cmd_runbook_trust},
	{"runbook untrust", "RUNBOOK", "forget that", COMMAND_SCRIPT, 1, 1,
		cmd_runbook_untrust},
	{"runbook new", "NAME [ALERT...]",
		"a runbook of your own, in your folder of `set runbooks`", COMMAND_SCRIPT,
		1, SIZE_MAX, cmd_runbook_new},
	{"runbook edit", "RUNBOOK",
		"open a runbook in your editor; of a built-in one your own copy",
		COMMAND_SCRIPT, 1, 1, cmd_runbook_edit},
	{"runbook run",
		"RUNBOOK [--step N] [--var NAME=VALUE]... [--dry-run] [--changed]",
		"run a step of a runbook on this machine; it asks first", PRINTS, 1,
		SIZE_MAX, cmd_runbook_run},
	{"runbook check", "[RUNBOOK|FILE...]",
		"is there anything in runbooks that cannot be understood", PRINTS, 0,
		SIZE_MAX, cmd_runbook_check},
	{"run",
		"HOSTS... [--serial N] [--canary] [--max-fail PERCENT] [--width N] "
		"[--timeout T] -- COMMAND...",
		"run a command on other machines over SSH; it asks first",
		COMMAND_SCRIPT | COMMAND_JSON | COMMAND_ACTS | COMMAND_NO_ROW |
			COMMAND_ARGV,
		1, SIZE_MAX, cmd_run},
	{"ssh", "[USER@]HOST[:PORT]",
		"a terminal on another machine, recorded; it asks first",
		COMMAND_ACTS | COMMAND_NO_ROW, 1, 1, cmd_ssh},
	{"tail", "HOSTS... FILE",
		"follow a file on other machines, their lines together; it asks first",
		COMMAND_ACTS | COMMAND_NO_ROW, 2, CONF_MAX_WORDS, cmd_tail},
	{"get", "HOST:PATH [FILE]",
		"copy a file from another machine, with its SHA-256; it asks first",
		COMMAND_SCRIPT | COMMAND_ACTS | COMMAND_NO_ROW, 1, 2, cmd_get},
	{"put", "FILE HOST:PATH",
		"copy a file to another machine, with its SHA-256; it asks first",
		COMMAND_SCRIPT | COMMAND_ACTS | COMMAND_NO_ROW, 2, 2, cmd_put},
	{"remote stop", "", "end what runs on other machines", 0, 0, 0, cmd_remote_stop},
	LIST("log", "log lines of this host and of sources"),
	LIST("source", "where data comes from, and how that goes"),
	LIST("event", "what oogway itself did"),
	LIST("silence", "silences, soonest end first"),
	LIST("change", "deploys and other changes"),
	LIST("process", "the busiest and largest processes of this host"),
	{"breakglass", "REASON|off",
		"lift approvals for 30 minutes, recorded and told to all; it asks first",
		COMMAND_CONSOLE | COMMAND_ACTS | COMMAND_NO_ROW, 1, SIZE_MAX,
		cmd_breakglass},
	{"audit log", "[FILTER]", "what was done from here, and what came of it",
		COMMAND_SCRIPT | COMMAND_JSON, 0, SIZE_MAX, cmd_audit_log},
	{"audit show", "SEQ", "one record of the audit in full", COMMAND_SCRIPT, 1, 1,
		cmd_audit_show},
	{"rca",
		"[--incident ID|--issue TEXT|--dir DIR] [--at TIME] [--window 30m] "
		"[--shares]",
		"what failed first and why: of now, a moment, an incident, or a folder",
		PRINTS, 0, SIZE_MAX, cmd_rca},
	{"audit verify", "[--against SINK|FILE]",
		"is the audit whole, and as in a copy kept elsewhere", COMMAND_SCRIPT, 0,
		2, cmd_audit_verify},
	{"replay pause", "", "pause the recording, go on, begin anew at its end",
		COMMAND_CONSOLE, 0, 0, cmd_replay_pause},
	{"replay speed", "+|-|NUMBER", "how fast it is played", COMMAND_CONSOLE, 1, 1,
		cmd_replay_speed},
	{"replay seek", "+TIME|-TIME|TIME", "another place of it", COMMAND_CONSOLE, 1, 1,
		cmd_replay_seek},
	{"replay find", "TEXT", "the next place that shows this", COMMAND_CONSOLE, 1,
		SIZE_MAX, cmd_replay_find},
	{"replay error", "", "the next place that reads as an error", COMMAND_CONSOLE, 0,
		0, cmd_replay_error},
	{"audit export", "", "all records as they are, for a copy elsewhere",
		COMMAND_SCRIPT, 0, 0, cmd_audit_export},
	LIST("oncall",
		"who is on call now and next in each schedule, and what has no cover"),
	{"oncall show", "ROTA", "a schedule's next shifts, and what has no cover", LISTED,
		1, CONF_MAX_WORDS, cmd_oncall_show},
	LIST("action", "what was done upstream, what waits, and why"),
	ACT("ack", "", "acknowledge", 0),
	ACT("unack", "", "take the acknowledgement back", 0),
	ACT("resolve", "", "resolve", 0),
	ACT("snooze", "TIME", "snooze until TIME (1h, 18:00); an alert is silenced", 1),
	ACT("silence", "TIME [COMMENT]", "silence until TIME, at an Alertmanager",
		SIZE_MAX),
	ACT("note", "TEXT", "add a note", SIZE_MAX),
	ACT("escalate", "[LEVEL]", "page the next level, or LEVEL", 1),
	ACT("reassign", "USER", "page another user, by name or mail address", 4),
	ACT("priority", "PRIORITY", "set the priority, by its name", 4),
	ACT("merge", "INCIDENT", "merge into another incident, by its number", 1),
	ACT("responders add", "USER|POLICY…", "ask users and escalation policies to join",
		SIZE_MAX),
	{"role", "commander|scribe [NAME]",
		"note who has a role, without NAME me; nobody gives it back",
		COMMAND_ACTS, 1, SIZE_MAX, cmd_role},
	ACT("extend", "TIME", "let a silence last until TIME, or +2h longer", 1),
	ACT("expire", "", "end a silence now", 0),
	{"problem join", "[ID...]",
		"the marked rows, or this one and ID, are one problem", COMMAND_ACTS, 0,
		SIZE_MAX, cmd_problem_join},
	{"problem split", "", "this one stands alone, whatever it was joined with",
		COMMAND_ACTS, 0, 0, cmd_problem_split},
	{"undo", "", "take the last action back; within a minute",
		COMMAND_ACTS | COMMAND_NO_ROW, 0, 0, cmd_undo},
	NAMED("incident ack", "ID...", "acknowledge incidents", 1),
	NAMED("incident unack", "ID...", "take acknowledgements back", 1),
	NAMED("incident resolve", "ID...", "resolve incidents", 1),
	NAMED("incident snooze", "TIME ID...", "snooze incidents until TIME", 2),
	NAMED("incident note", "ID TEXT", "add a note", 2),
	NAMED("incident escalate", "LEVEL ID...", "page LEVEL of the policy", 2),
	NAMED("incident reassign", "USER ID...",
		"page another user, by name or mail address", 2),
	NAMED("incident priority", "PRIORITY ID...", "set the priority", 2),
	NAMED("incident merge", "INTO ID...", "merge incidents into INTO", 2),
	NAMED("incident responders", "@USER|POLICY ID...",
		"ask users or an escalation policy to join", 2),
	NAMED("incident status", "ID TEXT [next TIME]", "tell the subscribers", 2),
	{"incident role", "commander|scribe NAME ID...", "note who has a role",
		COMMAND_ACTS | COMMAND_SCRIPT | COMMAND_SETTLE, 3, SIZE_MAX, cmd_role},
	{"incident show", "ID", "one incident: who responds, and its timeline",
		COMMAND_SCRIPT | COMMAND_SETTLE | COMMAND_JSON, 1, 1, cmd_incident_show},
	{"incident raw", "ID", "all that its source tells of it, as JSON",
		COMMAND_SCRIPT | COMMAND_SETTLE, 1, 1, cmd_incident_raw},
	{"raw", "", "all that the source tells of this incident, on its page", 0, 0, 0,
		cmd_incident_raw},
	{"incident similar", "ID", "incidents like it, and what was done then",
		COMMAND_SCRIPT | COMMAND_SETTLE | COMMAND_JSON, 1, 1,
		cmd_incident_similar},
	NAMED("alert ack", "ID...", "acknowledge alerts, here where their source cannot",
		1),
	NAMED("alert unack", "ID...", "take acknowledgements back", 1),
	NAMED("alert silence", "TIME ID...", "silence alerts until TIME", 2),
	NAMED("silence extend", "TIME ID...", "let silences last until TIME", 2),
	NAMED("silence expire", "ID...", "end silences now", 1),
	{"take", "DURATION [ROTA]", "take the pager: be on call for DURATION",
		COMMAND_ACTS | COMMAND_NO_ROW, 1, CONF_MAX_WORDS, cmd_take},
	{"give", "USER until TIME [ROTA]",
		"give the pager: USER is on call until TIME, or for a DURATION",
		COMMAND_ACTS | COMMAND_NO_ROW, 2, CONF_MAX_WORDS, cmd_give},
	{"swap", "USER [ROTA]", "USER gets my running or next shift, I get theirs",
		COMMAND_ACTS | COMMAND_NO_ROW, 1, CONF_MAX_WORDS, cmd_swap},
	{"oncall take", "DURATION [ROTA]", "take the pager for DURATION",
		COMMAND_ACTS | COMMAND_NO_ROW | COMMAND_SCRIPT | COMMAND_SETTLE, 1,
		CONF_MAX_WORDS, cmd_take},
	{"oncall give", "USER until TIME [ROTA]",
		"give the pager to USER until TIME, or for a DURATION",
		COMMAND_ACTS | COMMAND_NO_ROW | COMMAND_SCRIPT | COMMAND_SETTLE, 2,
		CONF_MAX_WORDS, cmd_give},
	{"oncall swap", "USER [ROTA]", "USER gets my running or next shift, I get theirs",
		COMMAND_ACTS | COMMAND_NO_ROW | COMMAND_SCRIPT | COMMAND_SETTLE, 1,
		CONF_MAX_WORDS, cmd_swap},
	{"oncall end", "[ROTA]",
		"end the overrides that were made from here and have not ended",
		COMMAND_ACTS | COMMAND_SCRIPT | COMMAND_SETTLE, 0, CONF_MAX_WORDS,
		cmd_oncall_end},
	{"action cancel", "[ID]", "cancel an action that waits",
		COMMAND_ACTS | COMMAND_SCRIPT | COMMAND_SETTLE, 0, 1, cmd_action_cancel},
	{"action retry", "[ID]", "try an action again that failed or is held",
		COMMAND_ACTS | COMMAND_SCRIPT | COMMAND_SETTLE, 0, 1, cmd_action_retry},
	{"handoff print", "[text|markdown|html] [previous|SCHEDULE]",
		"the handoff of the running shift, or of the one before",
		COMMAND_SCRIPT | COMMAND_SETTLE, 0, 3, cmd_handoff_print},
	{"handoff send", "[again] [previous|SCHEDULE]",
		"send the handoff by mail; again: also what was sent before",
		COMMAND_ACTS | COMMAND_NO_ROW | COMMAND_SCRIPT | COMMAND_SETTLE, 0, 3,
		cmd_handoff_send},
	{"handoff accept", "[CODE]",
		"take the shift over, by the code in its mail or the one that is shown",
		COMMAND_ACTS | COMMAND_NO_ROW | COMMAND_SCRIPT | COMMAND_SETTLE, 0, 1,
		cmd_handoff_accept},
	{"handoff shift", "running|previous|SCHEDULE", "which shift is looked at", 0, 1,
		1, cmd_handoff_shift},
	{"handoff to", "EMAIL…", "send it to these too; -EMAIL takes one out again",
		COMMAND_ACTS | COMMAND_NO_ROW, 1, CONF_MAX_WORDS, cmd_handoff_to},
	{"followup add", "[-o OWNER] [-d WHEN] TEXT",
		"something to be done, carried over until it is closed",
		COMMAND_ACTS | COMMAND_NO_ROW | COMMAND_SCRIPT | COMMAND_SETTLE, 1,
		CONF_MAX_WORDS, cmd_followup_add},
	{"followup close", "ID", "a follow-up is done",
		COMMAND_ACTS | COMMAND_NO_ROW | COMMAND_SCRIPT | COMMAND_SETTLE, 1, 1,
		cmd_followup_close},
	{"incident postmortem", "ID", "a postmortem's draft as Markdown",
		COMMAND_SCRIPT | COMMAND_SETTLE, 1, 1, cmd_postmortem},
	{"postmortem", "[INCIDENT]", "write a postmortem's draft to a file", 0, 0, 1,
		cmd_postmortem},
	{"trend list", "[-b WHAT] [-d DAYS] [FILTER]",
		"what the past adds up to, by problem, service, urgency, day, hour, "
		"weekday or cell (an hour of the week)",
		COMMAND_SCRIPT | COMMAND_JSON, 0, SIZE_MAX, cmd_trend_list},
	{"trend show", "[-d DAYS]",
		"counts, times and interruptions of the last DAYS (28)",
		COMMAND_SCRIPT | COMMAND_JSON, 0, 2, cmd_trend_show},
	{"past list", "[-d DAYS] [FILTER]", "incidents of the past, newest first",
		COMMAND_SCRIPT | COMMAND_JSON, 0, SIZE_MAX, cmd_trend_list},
	{"trend by", "[WHAT]", "trends by the next kind of bar, or by WHAT", 0, 0, 1,
		cmd_trend_by},
	{"trend days", "[DAYS]", "trends over the next longer span, or over DAYS", 0, 0,
		1, cmd_trend_days},
	{"trend part", "on|off|toggle|up|down TRENDS-PART",
		"switch a part of the trends or move it; kept in layouts.rc", 0, 2, 2,
		cmd_trend_part},
	{"trend merge", "[ID...]", "the marked problems are one; remembered",
		COMMAND_SCRIPT | COMMAND_ROWS, 0, SIZE_MAX, cmd_trend_merge},
	{"trend split", "[ID...]",
		"incidents like the marked ones are a problem of their own; remembered",
		COMMAND_SCRIPT | COMMAND_ROWS, 0, SIZE_MAX, cmd_trend_split},
	{"change add", "TEXT [service=NAME]", "note what changed, for the timeline",
		COMMAND_SCRIPT | COMMAND_ACTS | COMMAND_NO_ROW, 1, SIZE_MAX,
		cmd_change_add},
	{"show", "NOUN", "the same as NOUN list", LISTED, 1, SIZE_MAX, cmd_show},
	{"source add", "NAME KIND [KEY=VALUE]…",
		"check a source, show what it would bring, ask, and keep it in "
		"sources.rc",
		COMMAND_SCRIPT | COMMAND_ACTS, 2, CONF_MAX_WORDS, cmd_source_add},
	{"source remove", "SOURCE", "take a source out that source add kept",
		COMMAND_SCRIPT | COMMAND_ACTS, 1, 1, cmd_source_remove},
	{"source test", "SOURCE [KIND] [KEY=VALUE]…",
		"ask a source once and say how it went; with a kind, one that is not "
		"kept",
		COMMAND_SCRIPT | COMMAND_SETTLE, 1, CONF_MAX_WORDS, cmd_source_test},
	{"source import", "[-w] [-s SOURCE] [FILE…]",
		"rc lines out of amtool's, kubectl's or Grafana's files (-w: into "
		"imported.rc)",
		COMMAND_SCRIPT | COMMAND_JSON, 0, CONF_MAX_WORDS, cmd_source_import},
	{"status", "[TEXT [next TIME]]",
		"one line: what needs somebody now; with TEXT a status update to the "
		"subscribers, and when the next one is due (next 30m)",
		COMMAND_ROWS, 0, SIZE_MAX, cmd_status},
	{"doctor", "", "check the rc, the credentials and each source",
		COMMAND_SCRIPT | COMMAND_SETTLE, 0, 0, cmd_doctor},
	{"window", "DURATION", "look at the last DURATION", 0, 1, 1, cmd_window},
	{"at", "MOMENT", "end the window at 14:05, -2h or a date", 0, 1, 2, cmd_at},
	{"now", "", "back to the present", 0, 0, 0, cmd_now},
	{"earlier", "", "move the window back by half of it", 0, 0, 0, cmd_earlier},
	{"later", "", "move the window on by half of it", 0, 0, 0, cmd_later},
	{"zoom-in", "", "a shorter window", 0, 0, 0, cmd_zoom_in},
	{"zoom-out", "", "a longer window", 0, 0, 0, cmd_zoom_out},
	{"refresh", "", "ask all sources now", 0, 0, 0, cmd_refresh},
	{"profile", "[PROFILE]", "switch to another profile of the rc", 0, 0, 1,
		cmd_profile},
	{"readonly", "", "refuse actions, or allow them again", 0, 0, 0, cmd_readonly},
	{0},
};
