/* Lending the terminal. The screen is left, input is not watched, and the program has
 * both until it ends. Started by argv, never by a shell. Hides what of the screen has to
 * be left and entered again. Main thread. */
#include "lend.h"

#include "app/editor.h"
#include "app/runbooks.h"
#include "io/loop.h"
#include "io/proc.h"
#include "screen.h"
#include "state.h"

#include <stdlib.h>
#include <unistd.h>

static void no_line(void *ctx, struct untrusted line)
{
	(void)ctx;
	(void)line;
}

void lend_end(struct console *console)
{
	if (console->mode != MODE_LENT)
		return;
	console->lent = NULL;
	console->mode = MODE_NORMAL;
	console->input = loop_watch(
		console->app->loop, STDIN_FILENO, LOOP_READ, console_input, console);
	screen_enter();
	screen_resize();
	console->layout_dirty = true;
	console_dirty(console);
}

static void program_end(void *ctx, int exit_code, const struct err *why)
{
	struct console *console = ctx;

	lend_end(console);
	console->lent_ended(console->lent_ctx, exit_code, why);
}

bool lend(struct console *console, const char *const *argv,
	void (*ended)(void *ctx, int exit_code, const struct err *why), void *ctx,
	struct err *err)
{
	screen_leave();
	loop_watch_free(console->input);
	console->input = NULL;
	console->mode = MODE_LENT;
	console->lent_ended = ended;
	console->lent_ctx = ctx;
	console->lent = proc_start(console->app->loop,
		&(struct proc_options){.argv = argv,
			.line = no_line,
			.end = program_end,
			.ctx = console,
			.terminal = true},
		err);
	if (!console->lent)
		lend_end(console);
	return console->lent != NULL;
}

static void shell_ended(void *ctx, int exit_code, const struct err *why)
{
	(void)exit_code;
	if (why)
		console_notice(ctx, true, why->text);
}

void lend_shell(struct console *console)
{
	const char *shell = getenv("SHELL");
	const char *const argv[] = {shell && *shell ? shell : "/bin/sh", NULL};
	struct err err = {0};

	console->wants_shell = false;
	if (!lend(console, argv, shell_ended, console, &err))
		console_notice(console, true, err.text);
}

static void editor_ended(void *ctx, int exit_code, const struct err *why)
{
	struct console *console = ctx;

	if (why || exit_code)
		console_notice(console, true, "the editor failed; set EDITOR");
	runbooks_load(console->app->runbooks);
}

void lend_editor(struct console *console)
{
	const char *argv[EDITOR_WORDS];
	char text[1000], path[sizeof console->wants_edit];
	struct err err;

	str_copy(path, sizeof path, console->wants_edit);
	*console->wants_edit = '\0';
	editor_argv(path, text, sizeof text, argv);
	if (!lend(console, argv, editor_ended, console, &err))
		console_notice(console, true, err.text);
}
