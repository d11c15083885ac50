/* --print-man: the man pages in mdoc, from the tables of options, commands, settings,
 * verbs, roles, contexts, keys, listings and source kinds. What stands here as prose is
 * only what has no table. The same tables give the same bytes; the user's own rc is not
 * read. Main thread. */
#include "app/print_man.h"

#include "app/keyseq.h"
#include "app/listing.h"
#include "app/option.h"
#include "app/setting.h"
#include "base/alloc.h"
#include "base/time.h"
#include "connect/source.h"

#include <string.h>

#define MAN_DATE "November 21, 2026"

/* --- mdoc --- */

/* One character, so that roff shows it as it is: in code no hyphens, curly quotes or
 * carets that are not what one types. Returns its bytes. */
static size_t put_char(struct str *out, const char *p, bool code)
{
	static const struct {
		const char *from, *to;
		bool code;
	} rows[] = {{"\\", "\\e", false}, {"…", "\\(u2026", false}, {"→", "\\(->", false},
		{"\"", "\\(dq", false}, {"`", "\\(ga", false}, {"'", "\\(aq", true},
		{"^", "\\(ha", false}, {"~", "\\(ti", false}, {"-", "\\-", true}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t n = strlen(rows[i].from);

		if (strncmp(p, rows[i].from, n) || (rows[i].code && !code))
			continue;
		str_puts(out, strcmp(rows[i].from, "…") ? rows[i].to : "...");
		return n;
	}
	str_putc(out, *p);
	return 1;
}

/* What one types or reads on the screen, up to n bytes. */
static void put_code(struct str *out, const char *text, size_t n)
{
	str_puts(out, "\\&");
	for (const char *p = text; p < text + n;)
		p += put_char(out, p, true);
}

/* Sentences, each on its own line and none wider than 78 bytes; words in `…` are
 * code. Takes "" and adds nothing then. */
static void prose(struct str *out, const char *text)
{
	struct str word;
	size_t column = 0;
	bool code = false;

	str_init(&word, 4000);
	while (*text) {
		bool ends;

		str_reset(&word);
		while (*text && *text != ' ') {
			if (*text == '`') {
				str_puts(&word, code ? "\\fR" : "\\fB");
				code = !code;
				text++;
			} else {
				text += put_char(&word, text, code);
			}
		}
		text += strspn(text, " ");
		ends = str_ends(str_text(&word), ".") || str_ends(str_text(&word), ":");
		if (column && column + 1 + word.n > 78) {
			str_putc(out, '\n');
			column = 0;
		}
		if (!column && strchr(".'", *str_text(&word)))
			str_puts(out, "\\&");
		str_printf(out, "%s%s", column ? " " : "", str_text(&word));
		column += word.n + 1;
		if (ends && *text && !code) {
			str_putc(out, '\n');
			column = 0;
		}
	}
	if (column)
		str_putc(out, '\n');
	str_release(&word);
}

static void section(struct str *out, const char *name)
{
	str_printf(out, ".Sh %s\n", name);
}

static void paragraph(struct str *out, const char *text)
{
	str_puts(out, ".Pp\n");
	prose(out, text);
}

static void list(struct str *out)
{
	str_puts(out, ".Bl -tag -width Ds\n");
}

static void list_end(struct str *out)
{
	str_puts(out, ".El\n");
}

/* An item: what one writes in bold, its arguments behind it in italics. */
static void item(struct str *out, const char *name, const char *args)
{
	str_puts(out, ".It Ic \"");
	put_code(out, name, strlen(name));
	str_putc(out, '"');
	if (args && *args) {
		str_puts(out, " Ar \"");
		put_code(out, args, strlen(args));
		str_putc(out, '"');
	}
	str_putc(out, '\n');
}

/* An item whose text is help without a full stop. */
static void item_line(
	struct str *out, const char *name, const char *args, const char *help)
{
	struct str text;

	str_init(&text, 4000);
	str_printf(&text, "%c%s.", *help >= 'a' && *help <= 'z' ? *help - 32 : *help,
		help + 1);
	item(out, name, args);
	prose(out, str_text(&text));
	str_release(&text);
}

/* Lines of code, as they are; NULL-ended. */
static void example(struct str *out, const char *const *lines)
{
	str_puts(out, ".Bd -literal -offset indent\n");
	for (; *lines; lines++) {
		if (**lines)
			put_code(out, *lines, strlen(*lines));
		str_putc(out, '\n');
	}
	str_puts(out, ".Ed\n");
}

static void head(struct str *out, const char *name, int number, const char *what)
{
	str_printf(out,
		".\\\" Made by oogway --print-man %d from the tables in src/app: change "
		"those.\n"
		".Dd " MAN_DATE "\n"
		".Dt %s %d\n"
		".Os\n"
		".Sh NAME\n"
		".Nm %s\n"
		".Nd %s\n",
		number, number == 1 ? "OOGWAY" : "OOGWAY.RC", number, name, what);
}

/* --- oogway(1) --- */

static void synopsis(struct str *out)
{
	str_puts(out, ".Sh SYNOPSIS\n"
		      ".Nm\n"
		      ".Op Ar option ...\n"
		      ".Nm\n"
		      ".Op Ar option ...\n"
		      ".Ar noun verb\n"
		      ".Op Ar argument ...\n"
		      ".Nm\n"
		      ".Op Ar option ...\n"
		      ".Ar id | number | URL\n"
		      ".Nm\n"
		      ".Cm status\n"
		      ".Op Fl -format Ar text | tmux | json\n");
}

static void options(struct str *out)
{
	section(out, "OPTIONS");
	prose(out, "Options stand before the command; those with two dashes may also "
		   "follow it.");
	list(out);
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &option_rows[i];
		struct str name;

		str_init(&name, 100);
		if (row->letter)
			str_printf(&name, "-%c, ", row->letter);
		str_printf(&name, "--%s", row->name);
		item_line(out, str_text(&name), row->arg, row->help);
		str_release(&name);
	}
	list_end(out);
}

static void commands_with(
	struct str *out, const struct commands *commands, bool script, bool console)
{
	const struct command *c;

	list(out);
	for (size_t i = 0; (c = commands_at(commands, i)); i++)
		if ((script && c->flags & COMMAND_SCRIPT) ||
			(console && !(c->flags & COMMAND_SCRIPT)))
			item_line(out, c->name, c->args, c->help);
	if (script)
		item_line(out, "status", "[--format text|tmux|json]",
			"what the running console says, read from a file, at once; for "
			"status bars");
	list_end(out);
}

static void columns(struct str *out)
{
	section(out, "NOUNS AND THEIR COLUMNS");
	prose(out, "The names below are what `sort` takes, and `-l` of a filter. For "
		   "alerts and incidents `-l` takes severity, state, service and the "
		   "labels that their source gave them instead.");
	list(out);
	for (size_t i = 0; listings[i]; i++) {
		struct str names;

		str_init(&names, 1000);
		for (size_t c = 0; c < listings[i]->column_count; c++)
			str_printf(&names, "%s%s", c ? ", " : "",
				listings[i]->columns[c].name);
		str_puts(&names, ".");
		item(out, listings[i]->noun, NULL);
		prose(out, str_text(&names));
		str_release(&names);
	}
	list_end(out);
}

/* Keys of one command in one context stand together. */
static void keys(struct str *out, const struct rc *rc, const struct commands *commands)
{
	section(out, "KEYS");
	prose(out, "The default keymap. `?` lists the keys of the running console, and "
		   "Enter runs one; oogway.rc(5) tells how to change them.");
	list(out);
	for (size_t i = 0; i < rc->bind_count; i++) {
		const struct rc_bind *b = &rc->binds[i];
		const struct command *c;
		const char *rest;
		struct str names;
		void *ctx;

		if (i && !strcmp(b[-1].command, b->command) &&
			!strcmp(b[-1].context, b->context))
			continue;
		str_init(&names, 400);
		for (size_t k = i; k < rc->bind_count; k++)
			if (!strcmp(rc->binds[k].command, b->command) &&
				!strcmp(rc->binds[k].context, b->context))
				str_printf(&names, "%s%s", k > i ? "  " : "",
					rc->binds[k].keys);
		if (strcmp(b->context, "global"))
			str_printf(&names, "  (%s)", b->context);
		c = commands_find(commands, b->command, &ctx, &rest);
		item_line(out, str_text(&names), NULL,
			b->note ? b->note
			: c     ? c->help
				: b->command);
		str_release(&names);
	}
	list_end(out);
}

static void filters(struct str *out)
{
	section(out, "FILTER GRAMMAR");
	prose(out, "The same in `/`, in `oogway NOUN list FILTER` and behind a view's "
		   "name.");
	list(out);
	item_line(out, "REGEX", NULL,
		"rows with a column that matches; a pattern in lower case ignores case");
	item_line(out, "!REGEX", NULL, "rows without one");
	item_line(out, "-f", "FUZZY", "these letters in this order, with others between");
	item_line(out, "-l", "NAME=VALUE[,NAME!=VALUE]",
		"exactly this value of a label or column, or any other; at most 8");
	list_end(out);
}

static void exits(struct str *out)
{
	section(out, "EXIT STATUS");
	list(out);
	for (int i = 0; i < STATUS_COUNT; i++) {
		char number[2] = {(char)('0' + i), '\0'};

		item_line(out, number, NULL, status_words[i]);
	}
	list_end(out);
}

static const char *const environment[][2] = {
	{"TERM", "the terminal; dumb gives plain lines"},
	{"NO_COLOR", "when not empty: the theme mono"},
	{"LC_ALL, LC_CTYPE, LANG", "UTF-8 or ASCII"},
	{"TZ", "the zone of all times shown"},
	{"XDG_CONFIG_HOME, HOME", "where the rc is"},
	{"KUBECONFIG", "files that `source import` looks at, separated by colons"},
	{"XDG_STATE_HOME, HOME", "where logs and the store are"},
	{"XDG_RUNTIME_DIR", "where the store is when the state folder is on a network "
			    "file system"},
	{"TMUX", "inside tmux copies go to its buffer"},
	{"SSH_CONNECTION", "an SSH session, for `if ssh` in the rc"},
	{"http_proxy, https_proxy, no_proxy", "as curl reads them"},
	{"SSL_CERT_FILE", "the trusted authorities, instead of the system's"},
};

static const char *const files[][2] = {
	{"/etc/oogway/oogway.rc", "read first; may mark settings final"},
	{"~/.config/oogway/layouts.rc", "read next: what `layout save` keeps"},
	{"~/.config/oogway/oogway.rc", "read next, and anew when it changes"},
	{"~/.config/oogway/sources.rc",
		"beside the rc and read behind it: what `source add` keeps"},
	{"~/.config/oogway/imported.rc", "what `source import -w` keeps"},
	{"~/.local/state/oogway/oogway.db", "the store: this host's points, what was "
					    "learnt, incidents and changes"},
	{"~/.local/state/oogway/audit/", "what was done from here, a chain of signed "
					 "records; see docs/security.md"},
	{"~/.local/state/oogway/oogway.log", "what oogway itself did"},
	{"~/.local/state/oogway/status-*.json",
		"for `oogway status`: one for each console, while it runs"},
	{"~/.local/state/oogway/crash-*.txt", "a report when it crashed"},
};

static void pairs(struct str *out, const char *const (*rows)[2], size_t n)
{
	list(out);
	for (size_t i = 0; i < n; i++)
		item_line(out, rows[i][0], NULL, rows[i][1]);
	list_end(out);
}

static void see_also(struct str *out, const char *first)
{
	str_printf(out, ".Sh SEE ALSO\n.Xr %s\n", first);
}

static void adding(struct str *out)
{
	section(out, "ADDING A SOURCE");
	prose(out, "`source add` takes the words of a source line of the rc, and "
		   "services=, teams= and urgencies= with names separated by commas. "
		   "The credential is tried first; then it is counted what would be "
		   "read: of PagerDuty the incidents of each service since since=, of "
		   "others what there is now. It asks, and only then the line is "
		   "kept in sources.rc beside the rc, with names become ids, and the "
		   "source begins. In a script --yes is the answer, without it only "
		   "the numbers are printed. `source test` with the same words adds "
		   "nothing.");
	paragraph(out, "A secret is never a word of it: token-file=FILE names a file "
		       "that nobody else may read, token-env=NAME a variable, "
		       "token-command=COMMAND a command that prints it.");
	paragraph(out,
		"services=, teams= and urgencies= end up in filter=, whose form is "
		"the kind's: of pagerduty service=ID,... team=ID,... "
		"urgency=high,low; of opsgenie and jsm a query in their search "
		"language; of alertmanager matchers separated by commas, beside "
		"receiver=REGEX. What it leaves out is neither listed nor "
		"imported, and every count over it says so. With another filter "
		"the history is read anew; what the store had stays in it.");
	paragraph(out, "`source remove` takes out what source add kept, and of any other "
		       "source says which line of which file it is in. The incidents "
		       "that it told stay in the store.");
}

static void importing(struct str *out)
{
	section(out, "IMPORT");
	prose(out, "`source import` tells by what a file holds whether it is a Grafana "
		   "dashboard (JSON, as exported or as the API gives it), a "
		   "configuration of amtool or a kubeconfig, and prints lines for the "
		   "rc; `-` is the standard input. Without FILE it looks at "
		   "~/.config/amtool/config.yml, /etc/amtool/config.yml and $KUBECONFIG "
		   "or ~/.kube/config. What it left out, and why, stands on the standard "
		   "error; then the exit status is 3.");
	paragraph(out, "Each PromQL query of a panel becomes a query line that asks the "
		       "first Prometheus or VictoriaMetrics of the rc, or with -s the "
		       "source of that name. A variable chosen from the server's values "
		       "becomes all of them, any other what the dashboard had; "
		       "$__interval and $__rate_interval become 5m. Red steps that the "
		       "panel shows are critical, orange and yellow ones warn.");
	paragraph(out, "Of a kubeconfig nothing can be asked yet but a Prometheus behind "
		       "the API server: its line is printed as a comment. Passwords, "
		       "tokens and keys are never copied, only the names of files that "
		       "hold them.");
	paragraph(out, "With -w the lines are appended to imported.rc beside the rc. The "
		       "rc itself is not changed: the line to add is told; only where "
		       "there is no rc one is made with that line. What the rc or "
		       "imported.rc has already is not added again.");
}

static void page_1(struct str *out, const struct commands *commands)
{
	static const char *const examples[] = {"oogway", "oogway -c lab.rc -P prod",
		"oogway alert list -l severity=critical --json",
		"oogway --at -2h metric list cpu",
		"oogway source import dashboard.json >>oogway.rc",
		"oogway -e 'window 6h' -e 'metrics disk'", NULL};
	struct rc *rc = rc_read(&(struct rc_options){.shipped_only = true});

	head(out, "oogway", 1, "console of an on-call engineer");
	synopsis(out);
	section(out, "DESCRIPTION");
	prose(out, "Shows what needs somebody now: metrics, anomalies, alerts, logs and "
		   "runbooks, from this host and from the servers that the rc names. "
		   "Without an rc it watches this host alone.");
	paragraph(out, "With a terminal it stays and draws; without one it asks every "
		       "source once, prints the overview and ends. What has an "
		       "effect elsewhere (an acknowledgement, a silence, a note, a mail) "
		       "is said before it is done, asked for unless it can be taken "
		       "back, and recorded in the audit.");
	options(out);
	section(out, "COMMANDS FOR SCRIPTS");
	prose(out, "Each asks the sources once and ends. At the `:` line only `source "
		   "test` and "
		   "`doctor` run, the views stand for the rest.");
	commands_with(out, commands, true, false);
	adding(out);
	importing(out);
	section(out, "COMMANDS OF THE CONSOLE");
	prose(out, "For the `:` line, keys, aliases and `-e`. The verbs of oogway.rc(5) "
		   "run there too, but for source, query, changes and heartbeat, and "
		   "last until the "
		   "end of the console; `set NAME` shows a value and the line that set "
		   "it.");
	commands_with(out, commands, false, true);
	keys(out, rc, commands);
	filters(out);
	columns(out);
	section(out, "ENVIRONMENT");
	pairs(out, environment, sizeof environment / sizeof environment[0]);
	section(out, "FILES");
	pairs(out, files, sizeof files / sizeof files[0]);
	exits(out);
	section(out, "EXAMPLES");
	example(out, examples);
	see_also(out, "oogway.rc 5");
	rc_free(rc);
}

/* --- oogway.rc(5) --- */

static void grammar(struct str *out)
{
	section(out, "GRAMMAR");
	prose(out, "A line is a verb and its words, separated by blanks or tabs. A file "
		   "has at most 1 MiB, a line 8192 bytes and 64 words.");
	list(out);
	item(out, "\"two words\"", NULL);
	prose(out,
		"Quotes make one word of blanks; inside, \\\" and \\\\ stand for "
		"themselves. name=\"two words\" is one word too; else a quote inside a "
		"word means nothing.");
	item(out, "# comment", NULL);
	prose(out, "To the end of the line: at its beginning, or behind a blank when a "
		   "blank or the end follows. So #ff8800 is a word.");
	item(out, "-- rest", NULL);
	prose(out, "Everything behind it is one piece, as written: no quotes, no "
		   "comments.");
	item(out, "\\ at the end", NULL);
	prose(out, "Joins the next line.");
	list_end(out);
	paragraph(out, "A wrong line is an error with its file, line and column, and the "
		       "nearest name where there is one; all other lines count. `oogway "
		       "--check-config` prints the errors. Durations are written 500ms, "
		       "5s, 2m, 1h30m, 7d, 8w.");
}

/* "source NAME KIND …": the verb is bold, its words are italic. */
static void word(struct str *out, const struct conf_verb *verb)
{
	size_t n = strlen(verb->name);

	item(out, verb->name,
		strncmp(verb->usage, verb->name, n)
			? verb->usage
			: verb->usage + n + strspn(verb->usage + n, " "));
	prose(out, verb->help);
}

static void verbs(struct str *out)
{
	section(out, "VERBS");
	list(out);
	for (const struct conf_verb *v = rc_verbs; v->name; v++) {
		bool any = false;

		word(out, v);
		for (const struct rc_key *k = rc_keys; k->verb; k++) {
			struct str name;

			if (strcmp(k->verb, v->name))
				continue;
			if (!any)
				str_puts(out, ".Bl -tag -width Ds -compact\n");
			any = true;
			str_init(&name, 100);
			str_printf(&name, "%s=%s", k->name, k->value);
			item_line(out, str_text(&name), NULL, k->help);
			str_release(&name);
		}
		if (any)
			list_end(out);
	}
	list_end(out);
}

static void one_setting(struct str *out, const struct setting_row *row)
{
	char low[TIME_TEXT], high[TIME_TEXT];
	struct str text;

	str_init(&text, 2000);
	str_printf(
		&text, "%c%s.", *row->help - (*row->help >= 'a' ? 32 : 0), row->help + 1);
	if (row->type == SETTING_BOOL)
		str_puts(&text, " on or off.");
	else if (row->choices)
		str_printf(&text, " One of `%s`.", row->choices);
	if (row->high > row->low && row->type == SETTING_DURATION)
		str_printf(&text, " From %s to %s.", duration_text(row->low, low),
			duration_text(row->high, high));
	else if (row->high > row->low)
		str_printf(&text, " From %lld to %lld.", (long long)row->low,
			(long long)row->high);
	item(out, row->name, row->initial);
	prose(out, str_text(&text));
	str_release(&text);
}

static void hosts(struct str *text, const struct source_service *service)
{
	char ends[TIME_TEXT];

	for (int i = 0; service && i < SOURCE_MAX_HOSTS && service->hosts[i].url; i++)
		str_printf(text, "%s %s%s%s", i ? "," : " Without url it is asked at",
			service->hosts[i].url, service->hosts[i].region ? " for " : "",
			service->hosts[i].region ? service->hosts[i].region : "");
	if (service)
		str_putc(text, '.');
	if (service && service->ends_at) {
		time_rfc3339(service->ends_at, ends);
		str_printf(text, " Its API ends on %.10s; %s takes its place.", ends,
			service->after);
	}
}

static void source_list(struct str *out)
{
	section(out, "SOURCE KINDS");
	list(out);
	for (size_t i = 0; source_kinds[i]; i++) {
		const struct source_kind *kind = source_kinds[i];
		struct str text;

		str_init(&text, 1000);
		str_printf(&text, "%s.", kind->help);
		if (kind->alerts)
			str_puts(&text, " While it does not answer, oogway does not say "
					"that nothing is open.");
		if (kind->secret_header)
			str_printf(&text, " The secret is sent as `%sSECRET`.",
				kind->secret_header);
		hosts(&text, kind->service);
		item(out, kind->name, NULL);
		prose(out, str_text(&text));
		str_release(&text);
	}
	list_end(out);
}

static void keys_and_contexts(struct str *out)
{
	struct str names;

	section(out, "KEYS AND CONTEXTS");
	str_init(&names, 1000);
	str_puts(&names, "A key is a character, `<C-a>` to `<C-z>`, `<F1>` to `<F12>`, "
			 "or one of these names:");
	for (size_t i = 0; keyseq_named(i); i++)
		str_printf(&names, " `<%s>`%s", keyseq_named(i),
			keyseq_named(i + 1) ? "," : ".");
	str_puts(&names, " Up to four keys in quotes are a chord: `\"g g\"`.");
	prose(out, str_text(&names));
	str_release(&names);
	paragraph(out, "A key is looked for in the context of the pane, then in list, "
		       "then in global:");
	list(out);
	for (const struct keyseq_context *c = keyseq_contexts; c->name; c++)
		item_line(out, c->name, NULL, c->help);
	list_end(out);
}

static void rest_of_5(struct str *out)
{
	section(out, "UNITS");
	str_puts(out, ".Bl -item -compact\n");
	for (int i = 0; i < UNIT_COUNT_; i++) {
		str_puts(out, ".It\n");
		prose(out, unit_name((enum unit)i));
	}
	list_end(out);
	section(out, "NAMES IN CONDITIONS");
	list(out);
	for (const struct rc_name *n = rc_names; n->name; n++)
		item_line(out, n->name, NULL, n->help);
	list_end(out);
	keys_and_contexts(out);
	section(out, "ROLES");
	list(out);
	for (size_t i = 0; role_rows[i].name; i++)
		item_line(out, role_rows[i].name, NULL, role_rows[i].help);
	list_end(out);
}

static void page_5(struct str *out)
{
	static const char *const examples[] = {
		"source prom prometheus url=http://127.0.0.1:9090",
		"query \"error rate\" source=prom unit=percent warn=1 critical=5 -- 100 "
		"* "
		"job:errors:ratio",
		"heartbeat watchdog alert=Watchdog every=5m",
		"bind alerts <C-y> copy -- \"copy the row\"", "if ssh", "set mouse = off",
		"end", "profile prod",
		"source pd pagerduty url=https://api.pagerduty.com token-env=PD_TOKEN",
		"end", NULL};

	head(out, "oogway.rc", 5, "configuration of oogway");
	section(out, "DESCRIPTION");
	prose(out, "Settings, sources, queries, keys, colours and names, one line each. "
		   "Keymaps and themes are files of the same language. The rc is read "
		   "anew when it changes. `oogway --print-rc` prints one with every "
		   "setting.");
	grammar(out);
	section(out, "WORDS OF THE LANGUAGE");
	list(out);
	for (const struct conf_verb *w = conf_words; w->name; w++)
		word(out, w);
	list_end(out);
	verbs(out);
	section(out, "SETTINGS");
	prose(out, "Each with its default.");
	list(out);
	for (size_t i = 0; i < SET_COUNT_; i++)
		one_setting(out, &setting_rows[i]);
	list_end(out);
	source_list(out);
	rest_of_5(out);
	section(out, "FILES");
	pairs(out, files, 2);
	section(out, "EXAMPLES");
	example(out, examples);
	see_also(out, "oogway 1");
}

void man_print(int number, const struct commands *commands, struct str *out)
{
	if (number == 1)
		page_1(out, commands);
	else
		page_5(out);
}
