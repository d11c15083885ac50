/* --print-rc: an rc with every setting, verb and source
 * kind, made from the tables, so that it cannot say
 * anything else than what is. Pure. */
#include "app/rc.h"
#include "app/setting.h"
#include "connect/source.h"
#include "embedded.h"

#include <string.h>

static void print_settings(struct str *out)
{
	for (size_t i = 0; i < SET_COUNT_; i++) {
		const struct setting_row *row = &setting_rows[i];

		str_printf(out, "# %s\n", row->help);
		if (row->choices)
			str_printf(out, "#   one of %s\n", row->choices);
		str_printf(out, "#set %s = ", row->name);
		conf_quote(out, row->initial);
		str_puts(out, "\n\n");
	}
}

static void print_sources(struct str *out)
{
	str_puts(out,
		"# --- where data comes from ---\n"
		"#\n"
		"# source NAME KIND url=URL [region=us|eu] [site=NAME.atlassian.net]\n"
		"#   [every=15s] [timeout=10s] [token-file=FILE | "
		"token-env=NAME |\n"
		"#   token-command=\"COMMAND ARGS\"] [user=NAME] [from=EMAIL] "
		"[org=TENANT] "
		"[filter=…]\n"
		"#   [unix=SOCKET] [ca-file=FILE] [cert-file=FILE key-file=FILE]\n"
		"#\n");
	for (size_t i = 0; source_kinds[i]; i++)
		str_printf(out, "#   %-16s %s\n", source_kinds[i]->name,
			source_kinds[i]->help);
	str_puts(out,
		"#\n"
		"# Secrets never stand here: a token-file must be readable by you "
		"alone.\n"
		"#\n"
		"#source prom prometheus url=http://127.0.0.1:9090\n"
		"#source am alertmanager url=http://127.0.0.1:9093 every=5s\n"
		"#source pd pagerduty url=https://api.pagerduty.com token-file=~/.config/"
		"oogway/pd.token from=me@example.org\n"
		"#source og opsgenie region=eu token-file=~/.config/oogway/og.token "
		"from=me@example.org\n"
		"#source jsm jsm site=NAME.atlassian.net user=me@example.org "
		"token-file=~/.config/oogway/jsm.token\n"
		"\n"
		"# query NAME source=NAME [unit=percent] [warn=N] [critical=N] -- EXPR\n"
		"#query \"error rate\" source=prom unit=ratio warn=0.01 critical=0.05 -- "
		"sum(rate(http_requests_total{status=~\"5..\"}[5m])) / "
		"sum(rate(http_requests_total[5m]))\n"
		"\n"
		"# Many of them, as shipped: `oogway pack list`; how `oogway detect` "
		"compares.\n"
		"#pack istio source=prom service=destination_service_name\n"
		"#preset istio class=5xx count=50 percent=40 points=2\n"
		"\n"
		"# Objectives: error budgets and burn rates, :slos. $window is "
		"oogway's.\n"
		"#slo checkout source=prom target=99.9 window=30d "
		"\"good=requests_total{code!~\\\"5..\\\"}\" total=requests_total\n"
		"#slo quick source=prom target=99 histogram=request_seconds_bucket "
		"under=300ms\n"
		"\n"
		"# An alert that must always fire; its absence is critical.\n"
		"#heartbeat watchdog alert=Watchdog every=5m\n"
		"\n"
		"# Groups of machines, for run @web -- COMMAND and for steps.\n"
		"#hosts web = web[01-12].example.org ada@edge:2222\n"
		"#hosts all = @web db[1-3] !db2\n"
		"\n"
		"# A schedule: when shifts change, and the mail that hands over.\n"
		"#handoff primary at=\"Mon 09:00\" zone=Europe/Berlin "
		"to=ana@example.org,ben@example.org from=oncall@example.org "
		"smtp=mail.example.org:587 user=oncall "
		"password-file=~/.config/oogway/mail.password send=at-end\n"
		"\n");
}

static void print_rest(struct str *out)
{
	str_puts(out,
		"# --- keys, colours, names ---\n"
		"#\n"
		"# bind CONTEXT KEYS COMMAND-LINE [-- \"note\"], unbind CONTEXT KEYS\n"
		"#bind alerts <C-y> copy -- \"copy the row\"\n"
		"# color ROLE FG BG [bold dim underline reverse italic]\n"
		"#color critical 197 default bold\n"
		"# alias NAME COMMAND-LINE\n"
		"#alias db alerts -l service=db\n"
		"# layout NAME PANE[:WEIGHT] … [@ROW-WEIGHT] [/ PANE …]\n"
		"#layout wide overview:3 metrics:2 @3 / alerts logs @2\n"
		"\n"
		"# --- more files and conditions ---\n"
		"#\n"
		"#include -q local.rc\n"
		"#if ssh\n"
		"#set frame-ack = on\n"
		"#end\n"
		"# Lines of a profile count only with -P NAME; its name stands first on "
		"every "
		"screen.\n"
		"#profile prod\n"
		"#source pd pagerduty url=https://api.pagerduty.com token-env=PD_TOKEN\n"
		"#end\n");
}

void rc_print_example(struct str *out)
{
	str_puts(out,
		"# oogway.rc: every setting with its default, each verb with an "
		"example.\n"
		"# It belongs in ~/.config/oogway/oogway.rc; take out the # of what you "
		"change.\n"
		"# The language: oogway.rc(5). Check it: oogway --check-config.\n"
		"\n"
		"# --- settings ---\n\n");
	print_settings(out);
	print_sources(out);
	print_rest(out);
}
