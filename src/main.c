/* oogway: reads the command line, joins the parts, runs one of: the console, plain
 * lines, or one command. The only file that sees everything.
 *
 *   oogway                       the console (plain lines on a dumb terminal)
 *   oogway --once                ask every source once, print the overview
 *   oogway NOUN VERB [args]      one command, for scripts
 */
#include "app/actions.h"
#include "app/alerts.h"
#include "app/app.h"
#include "app/color.h"
#include "app/command.h"
#include "app/demo.h"
#include "app/dossier.h"
#include "app/enrol.h"
#include "app/findings.h"
#include "app/handoff.h"
#include "app/history.h"
#include "app/host.h"
#include "app/option.h"
#include "app/overview.h"
#include "app/print_man.h"
#include "app/remote.h"
#include "app/replay.h"
#include "app/audits.h"
#include "app/runs.h"
#include "app/setting.h"
#include "app/status.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "io/loop.h"
#include "ui/console.h"
#include "ui/guard.h"
#include "ui/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	OUTPUT_MAX = 256 << 20,
	SETTLE_MS = 30000,
	PAST_MS = 20000,
	QUIT_MS = 150,
	LINES_MAX = 8,
	WORDS_MAX = 256
};

struct options {
	struct app_options app;
	bool yes, send, once, plain, json, print_rc, check_config, version, help;
	int man_section;              /* 0: none */
	const char *format;           /* of status */
	const char *lines[LINES_MAX]; /* -e */
	int line_count;
	char replay[COMMAND_LINE_MAX]; /* `audit replay SEQ` on a terminal, or "" */
	char command[COMMAND_LINE_MAX];
	const char *words[WORDS_MAX]; /* the same, one by one */
	size_t word_count;
};

static void usage_option(FILE *to, const struct option_row *row)
{
	char words[40];

	snprintf(words, sizeof words, "--%s%s%s", row->name, row->arg ? " " : "",
		row->arg ? row->arg : "");
	fprintf(to, "  %c%c  %-24s %s\n", row->letter ? '-' : ' ',
		row->letter ? row->letter : ' ', words, row->help);
}

static void usage(FILE *to)
{
	fputs("usage: oogway [OPTION]…                   the console, on this host's own "
	      "metrics and logs\n"
	      "       oogway [OPTION]… NOUN VERB [ARGS]  one command, for scripts\n"
	      "       oogway [OPTION]… ID | NUMBER | URL the console, with that incident "
	      "open\n\n",
		to);
	for (int i = 0; i < OPTION_COUNT; i++)
		usage_option(to, &option_rows[i]);
	fputs("\n", to);
	for (const struct command *c = app_commands; c->name; c++)
		if (c->flags & COMMAND_SCRIPT)
			fprintf(to, "  oogway %-14s %-10s %s\n", c->name, c->args,
				c->help);
	fputs("  oogway status                    what the running console says, at "
	      "once\n"
	      "\nFILTER: REGEX, !REGEX, -f FUZZY, -l NAME=VALUE[,NAME!=VALUE].\nExit:",
		to);
	for (int i = 0; i < STATUS_COUNT; i++)
		fprintf(to, "%s %d %s", i ? "," : "", i, status_words[i]);
	fputs(".\n", to);
}

/* A word of the command line may hold anything: it is shown as text. */
static void complain(const char *what, const char *word)
{
	char text[512];

	fprintf(stderr, "oogway: %s%s%s\n", what, *what ? " " : "",
		text_line(untrusted_str(word), text, sizeof text));
}

static bool take_moment(const char *arg, struct options *o)
{
	int64_t now = time_now_ms();

	if (!time_parse_moment(arg, now, &o->app.at))
		complain("--at takes 14:05, -2h or 2026-11-21T14:05:00Z, not", arg);
	else if (o->app.at > now)
		complain("--at looks back, and this is in the future:", arg);
	else
		return true;
	return false;
}

static bool take_section(const char *arg, struct options *o)
{
	o->man_section = *arg - '0';
	if (!arg[1] && (*arg == '1' || *arg == '5'))
		return true;
	complain("--print-man takes 1 or 5, not", arg);
	return false;
}

static bool add_word(struct options *o, const char *word)
{
	size_t n = strlen(o->command);
	int k = snprintf(
		o->command + n, sizeof o->command - n, "%s%s", n ? " " : "", word);

	if (k >= 0 && (size_t)k < sizeof o->command - n && o->word_count < WORDS_MAX) {
		o->words[o->word_count++] = word;
		return true;
	}
	fputs("oogway: command too long\n", stderr);
	return false;
}

/* Both are words of the command. */
static bool add_pair(struct options *o, const char *option, const char *value)
{
	return add_word(o, option) && add_word(o, value);
}

static bool take_option(int id, struct options *o)
{
	switch (id) {
	case OPTION_CONFIG:
		o->app.rc.file = optarg;
		return true;
	case OPTION_EXECUTE:
		if (o->line_count < LINES_MAX)
			o->lines[o->line_count++] = optarg;
		return true;
	case OPTION_PROFILE:
		o->app.rc.profile = optarg;
		return true;
	case OPTION_VERSION:
		return o->version = true;
	case OPTION_HELP:
		return o->help = true;
	case OPTION_FORMAT:
		o->format = optarg;
		return true;
	case OPTION_AGAINST:
		return add_pair(o, "--against", optarg);
	case OPTION_STEP:
		return add_pair(o, "--step", optarg);
	case OPTION_VAR:
		return add_pair(o, "--var", optarg);
	case OPTION_DRY_RUN:
		return add_word(o, "--dry-run");
	case OPTION_SERIAL:
		return add_pair(o, "--serial", optarg);
	case OPTION_CANARY:
		return add_word(o, "--canary");
	case OPTION_MAX_FAIL:
		return add_pair(o, "--max-fail", optarg);
	case OPTION_WIDTH:
		return add_pair(o, "--width", optarg);
	case OPTION_TIMEOUT:
		return add_pair(o, "--timeout", optarg);
	case OPTION_CHANGED:
		return add_word(o, "--changed");
	case OPTION_DIR:
		return add_pair(o, "--dir", optarg);
	case OPTION_INCIDENT:
		return add_pair(o, "--incident", optarg);
	case OPTION_ISSUE:
		return add_pair(o, "--issue", optarg);
	case OPTION_WINDOW:
		return add_pair(o, "--window", optarg);
	case OPTION_SHARES:
		return add_word(o, "--shares");
	case OPTION_CSV:
		return add_pair(o, "--csv", optarg);
	case OPTION_SCORES:
		return add_word(o, "--scores");
	case OPTION_READONLY:
		return o->app.readonly = true;
	case OPTION_YES:
		return o->yes = true;
	case OPTION_SEND:
		return o->send = o->yes = true;
	case OPTION_DEMO:
		return o->app.demo = o->app.rc.looks_only = true;
	case OPTION_ONCE:
		return o->once = true;
	case OPTION_PLAIN:
		return o->plain = true;
	case OPTION_JSON:
		return o->json = true;
	case OPTION_PRINT_RC:
		return o->print_rc = true;
	case OPTION_PRINT_MAN:
		return take_section(optarg, o);
	case OPTION_CHECK:
		return o->check_config = true;
	case OPTION_AT:
		return take_moment(optarg, o);
	default:
		fputs("usage: oogway [OPTION]… [NOUN VERB [ARGS]]; oogway --help tells "
		      "more\n",
			stderr);
		return false;
	}
}

/* The table as getopt wants it. A letter is found by its row. */
static int next_option(int argc, char **argv)
{
	enum { FIRST = 256 };
	struct option longs[OPTION_COUNT + 1] = {0};
	char letters[3 * OPTION_COUNT + 2] = "+";
	int c;

	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &option_rows[i];
		size_t n = strlen(letters);

		longs[i] = (struct option){row->name,
			row->arg ? required_argument : no_argument, NULL, FIRST + i};
		if (row->letter)
			snprintf(letters + n, sizeof letters - n, "%c%s", row->letter,
				row->arg ? ":" : "");
	}
	opterr = 0;
	c = getopt_long(argc, argv, letters, longs, NULL);
	if (c == '?')
		complain("no such option, or its value is missing:", argv[optind - 1]);
	for (int i = 0; c > 0 && i < OPTION_COUNT; i++)
		if (c == option_rows[i].letter)
			return i;
	return c < FIRST ? (c == -1 ? -1 : OPTION_COUNT) : c - FIRST;
}

/* Its two dashes are the command's own. */
static bool takes_argv(const struct options *o)
{
	for (const struct command *c = app_commands; o->word_count && c->name; c++)
		if (!strcmp(c->name, o->words[0]))
			return c->flags & COMMAND_ARGV;
	return false;
}

/* Behind the command's first word, what begins with one dash is the command's (a
 * filter: -f, -l); --json and the like may still follow. */
static bool read_options(int argc, char **argv, struct options *o)
{
	bool words_only = false;

	while (optind < argc) {
		bool word =
			words_only || (o->word_count && !str_starts(argv[optind], "--"));
		int id;

		if (word || argv[optind][0] != '-') {
			if (!add_word(o, argv[optind++]))
				return false;
			continue;
		}
		id = next_option(argc, argv);
		if (id >= 0 && !take_option(id, o))
			return false;
		if (id >= 0)
			continue;
		words_only = true;
		if (!strcmp(argv[optind - 1], "--") && takes_argv(o) &&
			!add_word(o, "--"))
			return false;
	}
	return true;
}

static int put(struct str *out, enum status status)
{
	bool ok = fwrite(str_text(out), 1, out->n, stdout) == out->n && !fflush(stdout);

	if (!ok)
		fprintf(stderr, "oogway: cannot write all of it: %s\n", strerror(errno));
	str_release(out);
	return ok ? (int)status : STATUS_FAILED;
}

/* Colours that are hard to read: told, but no error. */
static int check_contrast(const struct rc *rc)
{
	struct contrast roles[ROLE_COUNT];
	int faint = 0;

	color_contrast(rc, roles);
	for (int i = 0; i < ROLE_COUNT; i++) {
		const struct rc_color *color = roles[i].color;

		if (!color || roles[i].ratio * 10 >= CONTRAST_LEAST)
			continue;
		faint++;
		fprintf(stderr,
			"%s:%d:%d: role %s: %s on %s has a contrast of %.1f, text needs "
			"%.1f (a %s default background is assumed)\n",
			color->place.file, color->place.line, color->place.column,
			color->role, color->fg, color->bg, roles[i].ratio,
			CONTRAST_LEAST / 10.0, roles[i].light ? "white" : "dark");
	}
	return faint;
}

static int check_config(const struct app *app)
{
	const struct conf *conf = &app->rc->conf;
	int faint;

	for (size_t i = 0; i < conf->error_count; i++) {
		char text[512];

		rc_error_text(&conf->errors[i], text, sizeof text);
		fprintf(stderr, "%s\n", text);
	}
	if (conf->errors_total > conf->error_count)
		fprintf(stderr, "and %zu more\n", conf->errors_total - conf->error_count);
	faint = check_contrast(app->rc);
	if (!conf->errors_total && !faint)
		printf("%s: no errors\n", app->rc->path);
	else if (!conf->errors_total)
		printf("%s: no errors, %d colour%s hard to read\n", app->rc->path, faint,
			faint == 1 ? "" : "s");
	return conf->errors_total ? STATUS_FAILED : STATUS_DONE;
}

/* --- one command --- */

struct settle {
	struct app *app;
	int64_t until;
	int64_t past_until; /* so long for what is missing of the past */
	int reads;
	bool acts; /* what is to be done will wait in the store */
};

static bool settled(const struct settle *s)
{
	return handoffs_refused(s->app->handoffs) ||
	       (app_settled(s->app) && s->reads > 2 &&
		       (s->app->now > s->past_until ||
			       history_past_read(s->app->history)) &&
		       (!s->acts || actions_begun(s->app->actions)));
}

static void settle_tick(void *ctx)
{
	struct settle *s = ctx;

	s->app->now = time_now_ms();
	if (s->app->host_reader && s->reads < 2)
		host_reader_read(s->app->host_reader, s->app->now);
	s->reads++;
	history_look(s->app->history);
	handoffs_look_first(s->app->handoffs);
	if (settled(s) || s->app->now > s->until)
		loop_stop(s->app->loop);
}

static void settle_turn(void *ctx)
{
	if (settled(ctx))
		loop_stop(((struct settle *)ctx)->app->loop);
}

static void settle_again(void *ctx);

struct settle_timer {
	struct settle settle;
	struct loop_timer *timer;
};

static void settle_again(void *ctx)
{
	struct settle_timer *t = ctx;

	settle_tick(&t->settle);
	loop_timer_start(t->timer, 100);
}

/* Asks every source once; rates of this host need two readings. */
static void settle(struct app *app, bool acts)
{
	/* What is missing of the past is told as that: nothing else is waited for longer
	 * than for it. */
	int64_t most = app->wants_past ? PAST_MS : SETTLE_MS;
	struct settle_timer t = {
		.settle = {app, time_now_ms() + most, time_now_ms() + PAST_MS, 0, acts}};

	t.timer = loop_timer(app->loop, settle_again, &t);
	loop_on_turn(app->loop, settle_turn, &t.settle);
	host_reader_watch_procs(app->host_reader, true);
	app->acts = acts;
	app_start(app);
	loop_timer_start(t.timer, 0);
	loop_run(app->loop);
	loop_timer_free(t.timer);
	loop_off(app->loop, &t.settle);
	/* Ages and stamps are those of the moment that is looked at. */
	app->now = app->past ? window_to(app) : time_now_ms();
	alerts_count_muted(app->alerts);
}

static int run_once(struct app *app)
{
	struct str out;
	char why[256];
	bool known;

	settle(app, false);
	known = overview_known(app, why, sizeof why);
	str_init(&out, OUTPUT_MAX);
	overview_print(app, &out);
	if (!known)
		fprintf(stderr, "oogway: %s\n", why);
	known = known && !app->rc->conf.errors_total;
	return put(&out, known ? STATUS_DONE : STATUS_PARTIAL);
}

/* A script has nobody to ask: --yes is its answer. */
static bool answer_ahead(void *ctx, const struct question *question, struct err *err)
{
	if (question->reply)
		return err_set(err, ERR_REFUSED,
			"there is nobody to ask: --var NAME=VALUE answers ahead");
	if (!ctx)
		return err_set(err, ERR_REFUSED, "%s add --yes if so", question->text);
	question->answer(question->ctx, true);
	return true;
}

struct wait {
	struct app *app;
	int64_t until;
	struct loop_timer *timer;
};

static void wait_tick(void *ctx)
{
	struct wait *wait = ctx;

	wait->app->now = time_now_ms();
	/* A step ends by its own timeout. */
	if (!runs_busy(wait->app->runs) && !remote_busy(wait->app->remote) &&
		((!audits_busy(wait->app->audits) && !actions_busy(wait->app->actions) &&
			 !handoffs_busy(wait->app->handoffs) &&
			 !enrol_busy(wait->app->enrol) &&
			 !findings_busy(wait->app->findings) &&
			 !dossier_busy(wait->app->dossier)) ||
			wait->app->now > wait->until))
		loop_stop(wait->app->loop);
	else
		loop_timer_start(wait->timer, 50);
}

/* While a script waits for a step: what interrupts it ends the step, not oogway, which
 * would leave the step running and its outcome unknown. */
static struct app *interruptible;

static void on_interrupt(void *ctx)
{
	(void)ctx;
	if (!interruptible)
		return;
	runs_stop(interruptible->runs);
	remote_stop(interruptible->remote);
}

static void take_interrupts(struct app *app)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

	if (!runs_busy(app->runs) && !remote_busy(app->remote))
		return;
	interruptible = app;
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		loop_on_signal(app->loop, signals[i], on_interrupt, NULL);
}

/* What is not known in time goes on waiting in the outbox, for whoever runs next. */
static enum status wait_for_actions(
	struct app *app, bool json, struct str *out, struct err *err)
{
	/* A large account is counted for longer than a server answers. */
	struct wait wait = {app,
		time_now_ms() +
			(enrol_busy(app->enrol) || findings_busy(app->findings) ? 5 : 1) *
				SETTLE_MS,
		NULL};
	enum status status;

	take_interrupts(app);
	wait.timer = loop_timer(app->loop, wait_tick, &wait);
	loop_timer_start(wait.timer, 50);
	loop_run(app->loop);
	loop_timer_free(wait.timer);
	interruptible = NULL;
	if (runs_outcome(app->runs, json, out, &status, err) ||
		remote_outcome(app->remote, json, out, &status, err))
		return status;
	if (findings_outcome(app->findings, out, &status, err))
		return status;
	if (enrol_busy(app->enrol)) {
		err_set(err, ERR_TIMEOUT, "no answer in time: nothing was done");
		return STATUS_FAILED;
	}
	status = enrol_outcome(app->enrol, out, err);
	if (!status)
		status = handoffs_outcome(app->handoffs, out, err);
	if (!status)
		status = dossier_outcome(app, out, err);
	return status ? status : actions_outcome(app->actions, out);
}

/* A folder needs no source. */
static bool collects(const struct command *c, const char *rest)
{
	return !strcmp(c->name, "rca") && !strstr(rest, "--dir");
}

static int run_command(
	struct app *app, struct commands *commands, const struct options *o)
{
	struct run_options run = {.json = o->json,
		.script = true,
		.words = o->words,
		.word_count = o->word_count};
	struct err err = {0};
	struct str out, told;
	const struct command *c;
	const char *rest;
	void *ctx;
	enum status status;

	str_init(&out, OUTPUT_MAX);
	str_init(&told, OUTPUT_MAX);
	run.out = &out;
	run.told = &told;
	/* They are refused, by their own name. */
	commands_add(commands, console_commands, NULL);
	c = commands_find(commands, o->command, &ctx, &rest);
	app->front =
		(struct front){.ask = answer_ahead, .ctx = (void *)(uintptr_t)o->yes};
	app->wants_rotas = c && (str_starts(c->name, "oncall ") ||
					!strcmp(c->name, "handoff print") ||
					!strcmp(c->name, "handoff send") ||
					!strcmp(c->name, "action retry") ||
					!strcmp(c->name, "incident reassign") ||
					!strcmp(c->name, "incident responders") ||
					str_starts(o->command, "show oncall"));
	app->wants_slos =
		c && (str_starts(c->name, "slo") || !strcmp(c->name, "alert list") ||
			     !strcmp(c->name, "doctor"));
	app->wants_sites =
		c && (str_starts(c->name, "source ") || !strcmp(c->name, "doctor") ||
			     str_starts(o->command, "show source"));
	app->wants_logs =
		app->wants_sites || (c && (str_starts(c->name, "log ") ||
						  str_starts(o->command, "show log")));
	if (c && (!strcmp(c->name, "handoff print") || !strcmp(c->name, "handoff send")))
		app->wants_past = handoffs_since(app->handoffs);
	if (c && !strcmp(c->name, "handoff send"))
		handoffs_expect_send(app->handoffs, rest);
	if (c && collects(c, rest) && app->past) {
		/* What the sources know now of then is asked as ever. */
		findings_set_at(app->findings, window_to(app));
		app_set_window(app, (struct window){app->window.span_ms, 0});
	}
	if (c && (c->flags & COMMAND_SETTLE || collects(c, rest)))
		settle(app, c->flags & COMMAND_ACTS || str_starts(c->name, "action ") ||
				    str_starts(c->name, "handoff "));
	status = command_run(app, commands, o->command, &run, &err);
	if (status == STATUS_PENDING)
		status = wait_for_actions(app, o->json, &out, &err);
	/* It was asked with less than the rc means. */
	if (status == STATUS_DONE && app->rc->conf.errors_total && c &&
		(c->flags & (COMMAND_SETTLE | COMMAND_ACTS)) == COMMAND_SETTLE)
		status = STATUS_PARTIAL;
	fputs(str_text(&told), stderr);
	str_release(&told);
	if (status != STATUS_DONE && err.text[0])
		fprintf(stderr, "oogway: %s\n", err.text);
	return put(&out, status);
}

/* --- live --- */

static bool wants_plain(const struct options *o)
{
	const char *term = getenv("TERM");

	return o->plain || (term && !strcmp(term, "dumb"));
}

static int run_live(struct app *app, struct commands *commands, const struct options *o)
{
	struct console *console = NULL;
	struct plain *plain = NULL;
	struct err err = {0};
	char parting[512] = "";

	if (app->host_reader)
		host_reader_read(app->host_reader, app->now);
	if (wants_plain(o)) {
		plain = plain_new(app);
	} else {
		console = console_open(app, commands, &err);
		if (!console) {
			fprintf(stderr, "oogway: %s\n", err.text);
			return STATUS_FAILED;
		}
	}
	app->live = true;
	app_start(app);
	for (int i = 0; console && i < o->line_count; i++)
		console_run(console, o->lines[i]);
	loop_run(app->loop);
	if (console && console_parting(console))
		str_copy(parting, sizeof parting, console_parting(console));
	console_close(console);
	if (*parting)
		fprintf(stderr, "oogway: %s\n", parting);
	plain_free(plain);
	return STATUS_DONE;
}

/* `oogway handoff` prints, `oogway handoff --send` sends, for cron. */
static bool take_handoff(struct options *o)
{
	if (!strcmp(o->command, "handoff"))
		return add_word(o, o->send ? "send" : "print");
	if (!o->send)
		return true;
	fputs("oogway: --send goes with handoff\n", stderr);
	return false;
}

/* One word that is no command: an incident, pasted. */
static void take_incident(const struct commands *commands, struct options *o)
{
	static char line[COMMAND_LINE_MAX + 16];
	const char *rest;
	void *ctx;

	if (strchr(o->command, ' ') || !strpbrk(o->command, "0123456789") ||
		commands_find(commands, o->command, &ctx, &rest))
		return;
	/* "#" begins a comment in a command line. */
	snprintf(line, sizeof line, "incident %s", o->command + (*o->command == '#'));
	o->lines[0] = line;
	o->line_count = 1;
	o->command[0] = '\0';
}

/* On a terminal it is played, in the console; else its text is printed. */
static void take_replay(struct options *o)
{
	if (!str_starts(o->command, "audit replay ") || o->json || wants_plain(o) ||
		!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		return;
	str_copy(o->replay, sizeof o->replay, o->command);
	o->lines[0] = o->replay;
	o->line_count = 1;
	o->command[0] = '\0';
}

static bool is_live(const struct options *o)
{
	return !o->command[0] && !o->once &&
	       (o->plain || (isatty(STDOUT_FILENO) && isatty(STDIN_FILENO)));
}

/* What is no command at all is refused as such. */
static bool takes_json(const struct commands *commands, const char *line)
{
	const char *rest;
	void *ctx;
	const struct command *c = commands_find(commands, line, &ctx, &rest);

	return c ? (c->flags & COMMAND_JSON) != 0 : *line != '\0';
}

/* What a script would be told of a default configuration is not what it asks for. */
static int refuse_unread(const struct app *app)
{
	fprintf(stderr,
		"oogway: %s did not answer within 2s (a dead file server?): nothing is "
		"known\n",
		app->rc->path);
	return STATUS_FAILED;
}

/* They tell of the rc themselves. */
static bool examines(const struct options *o)
{
	return o->check_config || !strcmp(o->command, "doctor");
}

/* Why the file that -c names could not be read. */
static const struct conf_error *unreadable(const struct rc *rc)
{
	const struct conf *conf = &rc->conf;

	for (size_t i = 0; rc->path_named && i < conf->error_count; i++)
		if (!conf->errors[i].place.line &&
			!strcmp(conf->errors[i].place.file, rc->path) &&
			!conf_had(conf, rc->path))
			return &conf->errors[i];
	return NULL;
}

/* A script hears of a wrong rc, and what it names must be there. */
static bool take_rc(const struct rc *rc)
{
	const struct conf_error *error = unreadable(rc);
	char why[4500];

	if (rc_whole(rc, why, sizeof why))
		return true;
	if (error)
		rc_error_text(error, why, sizeof why);
	else if (rc->no_profile)
		snprintf(why, sizeof why, "no profile is called %.60s in %s",
			rc->no_profile, rc->path);
	complain("", why);
	return !error && !rc->no_profile;
}

/* What is not there is said where it was asked for. */
static bool may_replay(struct app *app, const char *line)
{
	struct err err = {0};
	int64_t seq = 0;

	if (untrusted_to_i64(untrusted_str(strrchr(line, ' ') + 1), &seq) && seq > 0 &&
		replay_is_there(app, (uint64_t)seq, &err))
		return true;
	complain("", err.kind ? err.text : "expected: oogway audit replay SEQ");
	return false;
}

static int run(struct app *app, struct commands *commands, const struct options *o)
{
	if (app->rc->unread && !is_live(o))
		return refuse_unread(app);
	if (o->json && !takes_json(commands, o->command)) {
		fputs("oogway: --json goes with NOUN list, show NOUN, run, rca, incident "
		      "show and similar, source import and status\n",
			stderr);
		return STATUS_USAGE;
	}
	if (examines(o)) {
		commands_add(commands, console_commands, NULL);
		commands_add(commands, demo_commands, NULL);
		console_check_rc(commands, app->rc);
	}
	if (o->check_config)
		return check_config(app);
	if (*o->replay && !may_replay(app, o->replay))
		return STATUS_FAILED;
	if (is_live(o))
		return run_live(app, commands, o);
	if (!examines(o) && !take_rc(app->rc))
		return STATUS_USAGE;
	return o->command[0] ? run_command(app, commands, o) : run_once(app);
}

/* A glance shows the worst moment, whoever stays sees all of it. */
static struct demo *begin_demo(
	struct app *app, struct commands *commands, const struct options *o)
{
	struct demo_options options = {.seed = DEMO_SEED,
		.at_s = is_live(o) ? 0 : DEMO_WORST_S,
		.stops = wants_plain(o),
		.teaches = is_live(o) && !wants_plain(o)};
	struct demo *demo;

	if (!app->demo)
		return NULL;
	demo = demo_new(app, &options);
	commands_add(commands, demo_commands, demo);
	commands->ran = demo_ran;
	commands->ran_ctx = demo;
	return demo;
}

static int print_rc(void)
{
	struct str out;

	str_init(&out, 1 << 20);
	rc_print_example(&out);
	return put(&out, STATUS_DONE);
}

static int print_man(struct commands *commands, int section)
{
	struct str out;

	str_init(&out, 1 << 20);
	commands_add(commands, app_commands, NULL);
	commands_add(commands, console_commands, NULL);
	commands_add(commands, demo_commands, NULL);
	man_print(section, commands, &out);
	return put(&out, STATUS_DONE);
}

static int print_status(const struct options *o)
{
	struct err err = {0};
	struct str out;
	enum status status;

	str_init(&out, 1 << 16);
	status = status_print(o->format ? o->format
			      : o->json ? "json"
					: "text",
		&out, &err);
	if (err.text[0])
		fprintf(stderr, "oogway: %s\n", err.text);
	return put(&out, status);
}

static void prepare(const struct options *o)
{
	char folder[4096], log[4200];

	/* Few arenas: this is one busy thread and a few pool threads. */
	mallopt(M_ARENA_MAX, 2);
	/* Large blocks go back to the system when they are freed. */
	mallopt(M_MMAP_THRESHOLD, 256 << 10);
	/* Else small freed pieces are put together all at once, when something large is
	 * wanted: 100 ms for 100,000 of them. */
	mallopt(M_MXFAST, 0);
	setenv("UV_THREADPOOL_SIZE", "3", 0);
	/* Only what characters are: numbers and names of days stay as they are. */
	if (!setlocale(LC_CTYPE, ""))
		setlocale(LC_CTYPE, "C.UTF-8");
	/* The demo leaves nothing behind. */
	if (!o->app.demo && file_state_folder(folder, sizeof folder, NULL)) {
		snprintf(log, sizeof log, "%s/oogway.log", folder);
		log_open(log);
		guard_signals(folder);
	} else {
		guard_signals(NULL);
	}
}

/* A standard stream that is closed would become the next file we open, and what is
 * printed would land in it. In its place stands one on which I/O fails. */
static void hold_streams(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd ? O_RDONLY : O_WRONLY);
}

/* Another profile with another store: nothing of this process may reach it, so it is
 * another process, in the same place. Returns when that cannot be begun. */
static void begin_anew(const struct options *o, const char *profile)
{
	const char *argv[8] = {"oogway", "-P", profile};
	size_t n = 3;

	if (o->app.rc.file) {
		argv[n++] = "-c";
		argv[n++] = o->app.rc.file;
	}
	if (o->app.readonly)
		argv[n++] = "--readonly";
	if (o->plain)
		argv[n++] = "--plain";
	execv("/proc/self/exe", (char **)(uintptr_t)argv);
	complain("the profile was left, and the new one cannot be begun:", profile);
}

int main(int argc, char **argv)
{
	char profile[256];
	struct options o = {0};
	struct commands commands = {0};
	struct loop *loop;
	struct app *app;
	struct demo *demo;
	int status;

	hold_streams();
	if (!read_options(argc, argv, &o) || !take_handoff(&o))
		return STATUS_USAGE;
	if (o.version) {
		puts("oogway " VERSION);
		return STATUS_DONE;
	}
	if (o.help) {
		usage(stdout);
		return STATUS_DONE;
	}
	if (o.print_rc)
		return print_rc();
	if (o.man_section)
		return print_man(&commands, o.man_section);
	if (!strcmp(o.command, "status") && !o.app.demo)
		return print_status(&o);
	prepare(&o);
	loop = loop_new();
	app = app_new(loop, &o.app);
	commands_add(&commands, app_commands, NULL);
	runs_set_commands(app->runs, &commands);
	take_incident(&commands, &o);
	take_replay(&o);
	demo = begin_demo(app, &commands, &o);
	status = run(app, &commands, &o);
	demo_free(demo);
	if (!app->live && *history_remark(app->history))
		complain("", history_remark(app->history));
	if (app->live || app->rc->unread || !app_settled(app))
		guard_quit(QUIT_MS, status);
	str_copy(profile, sizeof profile, app->begins_anew);
	app_free(app);
	loop_free(loop);
	guard_quit(0, 0);
	log_close();
	if (*profile)
		begin_anew(&o, profile);
	return *profile ? STATUS_FAILED : status;
}
