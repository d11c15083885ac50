/* The table of settings: the rc, `:set`, options, --print-rc and
 * the man page come from it. A row here and a line where it is
 * used is all a new setting needs. */
#include "app/setting.h"

#include "app/app.h"
#include "base/time.h"

const struct setting_row setting_rows[SET_COUNT_] = {
	[SET_KEYMAP] = {"keymap", SETTING_TEXT, "default",
		"key bindings: default, emacs, k9s, or a file"},
	[SET_THEME] = {"theme", SETTING_TEXT, "dark",
		"colours: dark, light, mono, high-contrast, cb-dark, cb-light, or a "
		"file"},
	[SET_REFRESH] = {"refresh", SETTING_DURATION, "2s",
		"how often this host's metrics are read", NULL, SECOND_MS, 5 * MINUTE_MS},
	[SET_WINDOW] = {"window", SETTING_DURATION, "1h",
		"span of time the panes look at", NULL, WINDOW_LEAST_MS, WINDOW_MOST_MS},
	[SET_READONLY] = {"readonly", SETTING_BOOL, "off",
		"refuse every action with an effect outside"},
	[SET_MOUSE] = {"mouse", SETTING_BOOL, "off",
		"take mouse clicks and the wheel (the terminal's own selection then "
		"needs "
		"Shift)"},
	[SET_CLIPBOARD] = {"clipboard", SETTING_ENUM, "auto", "where `y` copies to",
		"auto|tmux|osc52|off"},
	[SET_LINE_GRAPHICS] = {"line-graphics", SETTING_ENUM, "auto",
		"characters of frames and marks", "auto|utf8|ascii"},
	[SET_CHARTS] = {"charts", SETTING_ENUM, "auto", "characters of charts",
		"auto|braille|block|ascii"},
	[SET_FRAME_ACK] = {"frame-ack", SETTING_ENUM, "auto",
		"wait for the terminal to have drawn a frame before the next (slow "
		"links)",
		"auto|on|off"},
	[SET_SYNC_OUTPUT] = {"sync-output", SETTING_BOOL, "off",
		"bracket frames in synchronized-update marks (mode 2026)"},
	[SET_ESCAPE_TIME] = {"escape-time", SETTING_DURATION, "25ms",
		"how long a lone Esc waits for more", NULL, 1, SECOND_MS},
	[SET_LAYOUT] = {"layout", SETTING_TEXT, "auto",
		"arrangement of panes: auto, or a name of a `layout` line"},
	[SET_COMPARE] = {"compare", SETTING_ENUM, "day",
		"what charts compare with: the same time yesterday, last week, or "
		"nothing",
		"day|week|off"},
	[SET_ALERTS_GROUP] = {"alerts.group", SETTING_TEXT, "name",
		"what alerts of one row have in common: name, service, severity, source, "
		"upstream (the group its source names) or labels, at most 8, separated "
		"by commas; none: each has its own row"},
	[SET_STORE] = {"store", SETTING_TEXT, "auto",
		"file of the embedded store; auto: $XDG_STATE_HOME/oogway/oogway.db"},
	[SET_RETENTION_RAW] = {"retention.raw", SETTING_DURATION, "2d",
		"how long every point of this host's metrics is kept", NULL, HOUR_MS,
		60 * DAY_MS},
	[SET_RETENTION_ROLLUP] = {"retention.rollup", SETTING_DURATION, "8w",
		"how long 5-minute summaries of them are kept", NULL, DAY_MS,
		400 * DAY_MS},
	[SET_RETENTION_RECORDINGS] = {"retention.recordings", SETTING_DURATION, "180d",
		"how long what steps printed and sessions showed is kept; the audit "
		"keeps "
		"its SHA-256",
		NULL, DAY_MS, 3650 * DAY_MS},
	[SET_LOG_FILES] = {"log.files", SETTING_TEXT, "auto",
		"log files to follow, separated by commas; auto: the journal, else the "
		"usual files"},
	[SET_LOG_LINES] = {"log.lines", SETTING_INT, "2000", "log lines held in memory",
		NULL, 100, 200000},
	[SET_ANOMALY_POINTS] = {"anomaly.points", SETTING_INT, "3",
		"consecutive points beyond a limit before it counts", NULL, 1, 100},
	[SET_RUNBOOKS] = {"runbooks", SETTING_TEXT, "auto",
		"folders of runbooks, with those below them, separated by commas; auto: "
		"the "
		"starter set"},
	[SET_RUN_ALLOW] = {"run.allow", SETTING_ENUM, "shell",
		"the worst class of command that a runbook's step may be, in this order; "
		"each asks all the same",
		"none|read|change|destroy|shell"},
	[SET_AUDIT] = {"audit", SETTING_ENUM, "strict",
		"strict: what cannot be recorded is not done; best-effort: it is done, "
		"the "
		"header says so, and a record tells of it later",
		"strict|best-effort"},
	[SET_POLICY_FILE] = {"policy.file", SETTING_TEXT, "none",
		"in /etc/oogway/oogway.rc: a file of more such lines, signed: FILE.sig "
		"holds its ed25519 signature in hexadecimal; what does not hold refuses "
		"everything"},
	[SET_POLICY_KEY] = {"policy.key", SETTING_TEXT, "none",
		"in /etc/oogway/oogway.rc: the public key of policy.file, 64 hexadecimal "
		"digits"},
	[SET_RUN_APPROVE] = {"run.approve", SETTING_ENUM, "none",
		"from this class on a step needs an approval: asked for, then done by "
		"asking again after run.approve.after and typing its code",
		"none|read|change|destroy|shell"},
	[SET_RUN_APPROVE_AFTER] = {"run.approve.after", SETTING_DURATION, "30s",
		"time for second thoughts before an approval can be used", NULL,
		SECOND_MS, HOUR_MS},
	[SET_RUN_APPROVE_FOR] = {"run.approve.for", SETTING_DURATION, "15m",
		"how long an approval can be used from then on", NULL, MINUTE_MS,
		24 * HOUR_MS},
	[SET_KUBE_CONTEXT] = {"kube.context", SETTING_TEXT, "none",
		"context that kubectl steps of runbooks get; none: a step that names "
		"none "
		"itself is refused"},
	[SET_HOURS_SLEEP_FROM] = {"hours.sleep.from", SETTING_INT, "23",
		"hour at which people go to sleep, for trends", NULL, 0, 23},
	[SET_HOURS_SLEEP_TO] = {"hours.sleep.to", SETTING_INT, "7",
		"hour at which they get up", NULL, 0, 23},
	[SET_HOURS_WORK_FROM] = {"hours.work.from", SETTING_INT, "9",
		"hour at which work begins, for trends", NULL, 0, 23},
	[SET_HOURS_WORK_TO] = {"hours.work.to", SETTING_INT, "18",
		"hour at which it ends", NULL, 0, 24},
	[SET_HOURS_DAYS] = {"hours.days", SETTING_ENUM, "mon-fri",
		"days of work, for trends", "mon-fri|mon-sat|sun-thu|all"},
	[SET_SILENCES_OLD] = {"silences.old", SETTING_DURATION, "2w",
		"a silence of this age is marked as old", NULL, HOUR_MS, 400 * DAY_MS},
	[SET_TRENDS_PARTS] = {"trends.parts", SETTING_TEXT,
		"cards,bars,heat,interruptions,times,list,shares,strips",
		"what the trends show, in order, separated by commas; what does not fit "
		"is left out from the end"},
	[SET_RCA_AUTO] = {"rca.auto", SETTING_BOOL, "on",
		"look for the root cause of each new high incident by itself"},
	[SET_RCA_WINDOW] = {"rca.window", SETTING_DURATION, "30m",
		"how far before and after an incident root cause looks", NULL, MINUTE_MS,
		7 * DAY_MS},
	[SET_RCA_STEP] = {"rca.step", SETTING_DURATION, "1m",
		"time between the points that it asks for: not less than a scrape takes",
		NULL, SECOND_MS, HOUR_MS},
	[SET_RCA_GRAPH] = {"rca.graph", SETTING_TEXT, "none",
		"CSV file of who calls whom (caller,callee), beside what metrics tell; "
		"none: they tell it all"},
	[SET_RCA_MATCH] = {"rca.match", SETTING_TEXT, "none",
		"labels that restrict what it asks, separated by commas, such as "
		"namespace=shop,cluster=~prod.*, where a server has several of "
		"everything; `query` lines are asked as they are"},
};
