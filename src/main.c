/* oogway: reads the command line, joins the parts, runs one of: the console, plain
 * lines, or one command. The only file that sees everything.
 *
 *   oogway                       the console (plain lines on a dumb terminal)
 *   oogway --once                ask every source once, print the overview
 *   oogway NOUN VERB [args]      one command, for scripts
 */
#include "app/app.h"
#include "app/command.h"
#include "app/demo.h"
#include "app/host.h"
#include "app/overview.h"
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_MAX = 256 << 20, SETTLE_MS = 30000, QUIT_MS = 150, LINES_MAX = 8 };

struct options {
	struct app_options app;
	bool once, plain, json, print_rc, check_config, version, help;
	const char *format;           /* of status */
	const char *lines[LINES_MAX]; /* -e */
	int line_count;
	char command[COMMAND_LINE_MAX];
};

enum {
	OPT_ONCE = 256,
	OPT_PLAIN,
	OPT_JSON,
	OPT_PRINT_RC,
	OPT_CHECK,
	OPT_AT,
	OPT_READONLY,
	OPT_FORMAT,
	OPT_DEMO,
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"execute", required_argument, NULL, 'e'},
	{"profile", required_argument, NULL, 'P'},
	{"readonly", no_argument, NULL, OPT_READONLY},
	{"demo", no_argument, NULL, OPT_DEMO},
	{"once", no_argument, NULL, OPT_ONCE},
	{"plain", no_argument, NULL, OPT_PLAIN},
	{"json", no_argument, NULL, OPT_JSON},
	{"at", required_argument, NULL, OPT_AT},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"print-rc", no_argument, NULL, OPT_PRINT_RC},
	{"check-config", no_argument, NULL, OPT_CHECK},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static void usage(FILE *to)
{
	fputs("usage: oogway [-c FILE] [-P PROFILE] [--readonly] [--at MOMENT] [-e "
	      "LINE]…\n"
	      "              [--demo] [--once | --plain | --print-rc | --check-config | "
	      "--version]\n"
	      "       oogway [-c FILE] NOUN VERB [ARGS] [--json]\n"
	      "       oogway [-c FILE] ID | NUMBER | URL   opens that incident\n"
	      "\n"
	      "Without arguments: the console on this host's own metrics and logs.\n"
	      "--demo: the console on an invented incident of three minutes, with a "
	      "lesson.\n"
	      "\n",
		to);
	for (const struct command *c = app_commands; c->name; c++)
		if (c->flags & COMMAND_SCRIPT)
			fprintf(to, "  oogway %-14s %-10s %s\n", c->name, c->args,
				c->help);
	fputs("  oogway status         [--format text|tmux|json]  what the running "
	      "console says, at once\n",
		to);
	fputs("\nExit: 0 done, 1 failed, 2 usage, 3 partial or stale, 4 refused, "
	      "5 pending.\n",
		to);
}

/* A word of the command line may hold anything: it is shown as text. */
static void complain(const char *what, const char *word)
{
	char text[512];

	fprintf(stderr, "oogway: %s %s\n", what,
		text_line(untrusted_str(word), text, sizeof text));
}

static bool take_option(int c, struct options *o)
{
	switch (c) {
	case 'c':
		o->app.rc.file = optarg;
		return true;
	case 'e':
		if (o->line_count < LINES_MAX)
			o->lines[o->line_count++] = optarg;
		return true;
	case 'P':
		o->app.rc.profile = optarg;
		return true;
	case 'V':
		return o->version = true;
	case 'h':
		return o->help = true;
	case OPT_FORMAT:
		o->format = optarg;
		return true;
	case OPT_READONLY:
		return o->app.readonly = true;
	case OPT_DEMO:
		return o->app.demo = o->app.rc.looks_only = true;
	case OPT_ONCE:
		return o->once = true;
	case OPT_PLAIN:
		return o->plain = true;
	case OPT_JSON:
		return o->json = true;
	case OPT_PRINT_RC:
		return o->print_rc = true;
	case OPT_CHECK:
		return o->check_config = true;
	case OPT_AT:
		if (time_parse_moment(optarg, time_now_ms(), &o->app.at))
			return true;
		complain("--at takes 14:05, -2h or 2026-11-21T14:05:00Z, not", optarg);
		return false;
	default:
		usage(stderr);
		return false;
	}
}

static bool read_options(int argc, char **argv, struct options *o)
{
	size_t n = 0;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:e:P:Vh", long_options, NULL)) != -1) {
		if (c == '?')
			complain("no such option, or its value is missing:",
				argv[optind - 1]);
		if (!take_option(c, o))
			return false;
	}
	for (int i = optind; i < argc; i++) {
		int k = snprintf(o->command + n, sizeof o->command - n, "%s%s",
			i > optind ? " " : "", argv[i]);

		if (k < 0 || (size_t)k >= sizeof o->command - n) {
			fputs("oogway: command too long\n", stderr);
			return false;
		}
		n += (size_t)k;
	}
	return true;
}

static int put(struct str *out, enum status status)
{
	bool ok = fwrite(str_text(out), 1, out->n, stdout) == out->n && !fflush(stdout);

	str_release(out);
	return ok ? (int)status : STATUS_FAILED;
}

static int check_config(const struct app *app)
{
	const struct conf *conf = &app->rc->conf;

	for (size_t i = 0; i < conf->error_count; i++) {
		char text[512];

		rc_error_text(&conf->errors[i], text, sizeof text);
		fprintf(stderr, "%s\n", text);
	}
	if (conf->errors_total > conf->error_count)
		fprintf(stderr, "and %zu more\n", conf->errors_total - conf->error_count);
	if (!conf->errors_total)
		printf("%s: no errors\n", app->rc->path);
	return conf->errors_total ? STATUS_FAILED : STATUS_DONE;
}

/* --- one command --- */

struct settle {
	struct app *app;
	int64_t until;
	int reads;
};

static void settle_tick(void *ctx)
{
	struct settle *s = ctx;

	s->app->now = time_now_ms();
	if (s->app->host_reader && s->reads < 2)
		host_reader_read(s->app->host_reader, s->app->now);
	s->reads++;
	if ((app_settled(s->app) && s->reads > 2) || s->app->now > s->until)
		loop_stop(s->app->loop);
}

static void settle_turn(void *ctx)
{
	struct settle *s = ctx;

	if (app_settled(s->app) && s->reads > 2)
		loop_stop(s->app->loop);
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
static void settle(struct app *app)
{
	struct settle_timer t = {.settle = {app, time_now_ms() + SETTLE_MS, 0}};

	t.timer = loop_timer(app->loop, settle_again, &t);
	loop_on_turn(app->loop, settle_turn, &t.settle);
	host_reader_watch_procs(app->host_reader, true);
	app_start(app);
	loop_timer_start(t.timer, 0);
	loop_run(app->loop);
	loop_timer_free(t.timer);
	loop_off(app->loop, &t.settle);
	app->now = time_now_ms();
}

static int run_once(struct app *app)
{
	struct str out;
	char why[256];

	settle(app);
	str_init(&out, OUTPUT_MAX);
	overview_print(app, &out);
	return put(&out,
		overview_known(app, why, sizeof why) ? STATUS_DONE : STATUS_PARTIAL);
}

static int run_command(
	struct app *app, struct commands *commands, const struct options *o)
{
	struct run_options run = {.json = o->json, .script = true};
	struct err err = {0};
	struct str out;
	const struct command *c;
	const char *rest;
	void *ctx;
	enum status status;

	str_init(&out, OUTPUT_MAX);
	run.out = &out;
	c = commands_find(commands, o->command, &ctx, &rest);
	if (c && (c->flags & COMMAND_SETTLE))
		settle(app);
	status = command_run(app, commands, o->command, &run, &err);
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

/* One word that is no command: an incident, pasted. */
static void take_incident(const struct commands *commands, struct options *o)
{
	static char line[COMMAND_LINE_MAX + 16];
	const char *rest;
	void *ctx;

	if (strchr(o->command, ' ') || !strpbrk(o->command, "0123456789") ||
		commands_find(commands, o->command, &ctx, &rest))
		return;
	snprintf(line, sizeof line, "incident %s", o->command);
	o->lines[0] = line;
	o->line_count = 1;
	o->command[0] = '\0';
}

static bool is_live(const struct options *o)
{
	return !o->command[0] && !o->once &&
	       (o->plain || (isatty(STDOUT_FILENO) && isatty(STDIN_FILENO)));
}

static int run(struct app *app, struct commands *commands, const struct options *o)
{
	if (o->json && !strstr(o->command, " list") && strncmp(o->command, "show ", 5)) {
		fputs("oogway: --json goes with NOUN list, show NOUN and status\n",
			stderr);
		return STATUS_USAGE;
	}
	if (o->check_config)
		return check_config(app);
	if (is_live(o))
		return run_live(app, commands, o);
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

	/* Few arenas: this is one busy thread and a few helpers. */
	mallopt(M_ARENA_MAX, 2);
	/* Large blocks go back to the system when they are freed. */
	mallopt(M_MMAP_THRESHOLD, 256 << 10);
	setenv("UV_THREADPOOL_SIZE", "3", 0);
	if (!setlocale(LC_ALL, ""))
		setlocale(LC_ALL, "C.UTF-8");
	setlocale(LC_NUMERIC, "C");
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

int main(int argc, char **argv)
{
	struct options o = {0};
	struct commands commands = {0};
	struct loop *loop;
	struct app *app;
	struct demo *demo;
	int status;

	hold_streams();
	if (!read_options(argc, argv, &o))
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
	if (!strcmp(o.command, "status") && !o.app.demo)
		return print_status(&o);
	prepare(&o);
	loop = loop_new();
	app = app_new(loop, &o.app);
	commands_add(&commands, app_commands, NULL);
	take_incident(&commands, &o);
	demo = begin_demo(app, &commands, &o);
	status = run(app, &commands, &o);
	demo_free(demo);
	if (app->live)
		guard_quit(QUIT_MS);
	app_free(app);
	loop_free(loop);
	guard_quit(0);
	log_close();
	return status;
}
