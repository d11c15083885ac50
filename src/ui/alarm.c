/* Notices to the engineer's own terminal, also through SSH: OSC 777 where it is known to
 * be understood, else OSC 9; the bell; the title. Words come clean (app/notify.h), and
 * leave without what would end the string. Inside tmux a string gets through only when
 * its allow-passthrough says so: tmux is asked once. Main thread. */
#include "state.h"

#include "base/str.h"
#include "base/text.h"
#include "io/proc.h"
#include "screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALARM_COLUMNS = 200, TMUX_MS = 2000 };

/* Terminals that know OSC 777; the others get OSC 9 (iTerm2, kitty, Windows Terminal,
 * Konsole …), which a terminal that does not know it drops. */
static bool knows_777(void)
{
	static const char *const starts[] = {"rxvt", "foot", "ghostty", "xterm-ghostty"};
	const char *term = getenv("TERM"), *program = getenv("TERM_PROGRAM");

	for (size_t i = 0; term && i < sizeof starts / sizeof *starts; i++)
		if (str_starts(term, starts[i]))
			return true;
	return getenv("VTE_VERSION") || (program && !strcmp(program, "WezTerm"));
}

static void write_string(const char *words, bool tmux)
{
	struct str out;

	str_init(&out, 4 * ALARM_COLUMNS + 64);
	str_printf(&out, "%s\033]%s", tmux ? "\033Ptmux;\033" : "",
		knows_777() ? "777;notify;oogway;" : "9;oogway: ");
	for (const char *p = words; *p; p++)
		str_putc(&out, *p == ';' ? ',' : *p);
	str_printf(&out, "\007%s", tmux ? "\033\\" : "");
	screen_write(str_text(&out), out.n);
	str_release(&out);
}

static void tmux_line(void *ctx, struct untrusted line)
{
	struct console *console = ctx;

	console->passthrough =
		untrusted_is(line, "on") || untrusted_is(line, "all") ? 1 : -1;
}

static void tmux_end(void *ctx, int exit_code, const struct err *why)
{
	struct console *console = ctx;

	console->asking_tmux = NULL;
	if (exit_code || why || !console->passthrough)
		console->passthrough = -1;
	if (console->passthrough > 0)
		write_string(console->alarm, true);
}

static void ask_tmux(struct console *console)
{
	static const char *const argv[] = {
		"tmux", "show-options", "-Apv", "allow-passthrough", NULL};
	struct err err = {0};

	if (console->asking_tmux)
		return;
	console->asking_tmux = proc_start(console->app->loop,
		&(struct proc_options){.argv = argv,
			.line = tmux_line,
			.end = tmux_end,
			.ctx = console,
			.timeout_ms = TMUX_MS},
		&err);
	if (!console->asking_tmux)
		console->passthrough = -1;
}

static void alarm_terminal(struct console *console, const char *words)
{
	struct str line;

	if (!screen_knows_modes() || getenv("STY"))
		return;
	str_init(&line, sizeof console->alarm - 1);
	if (screen_graphics() == GRAPHICS_ASCII)
		text_add_ascii(&line, untrusted_str(words));
	else
		text_add_line(&line, untrusted_str(words), ALARM_COLUMNS);
	str_copy(console->alarm, sizeof console->alarm, str_text(&line));
	str_release(&line);
	if (!rc_in_tmux())
		write_string(console->alarm, false);
	else if (console->passthrough > 0)
		write_string(console->alarm, true);
	else if (!console->passthrough)
		ask_tmux(console);
}

void console_alarm(void *ctx, enum notify_kind kind, const char *words)
{
	struct console *console = ctx;

	if (kind == NOTIFY_TITLE)
		screen_title(words);
	else if (kind == NOTIFY_BELL)
		screen_write("\007", 1);
	else
		alarm_terminal(console, words);
}
