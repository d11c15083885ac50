/* Copying: inside tmux by `tmux load-buffer -w -`, else OSC 52, and always a register.
 * Bare mode: the pane as plain text outside the alternate screen, for the terminal's
 * own selection. Main thread. */
#include "state.h"

#include "app/dossier.h"
#include "app/setting.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/str.h"
#include "base/text.h"
#include "io/proc.h"
#include "model/response.h"
#include "screen.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum {
	OSC52_MAX = 56000, /* 74,994 bytes of base64: what terminals accept */
	BRIDGE_TEXT = 600,
};

struct copied {
	const struct app *app;
	const struct listing *listing;
	struct str *out;
	uint32_t hidden; /* bits of columns that have nothing to say */
};

static uint32_t hidden_columns(const struct app *app, const struct listing *l)
{
	uint32_t bits = 0;

	for (size_t i = 0; l && i < l->column_count; i++)
		if ((l->columns[i].flags & COLUMN_SPARK) || (l->says && !l->says(app, i)))
			bits |= 1u << i;
	return bits;
}

static bool add_row(void *ctx, const void *row)
{
	const struct copied *copied = ctx;
	struct str *out = copied->out;

	for (size_t i = 0; i < copied->listing->column_count; i++) {
		struct cell cell = {0};

		if (copied->hidden & 1u << i)
			continue;
		copied->listing->columns[i].cell(copied->app, row, &cell);
		if (i)
			str_puts(out, "  ");
		text_add_line(out, cell.text, 4000);
	}
	str_putc(out, '\n');
	return !out->cut;
}

void copy_rows(struct console *console, struct str *out, bool all)
{
	struct pane *pane = console_pane(console);
	struct list *list = pane->class->list ? pane->class->list(pane->state) : NULL;
	const struct listing *listing = list ? list->listing : NULL;
	struct copied copied = {
		console->app, listing, out, hidden_columns(console->app, listing)};

	if (!list) {
		char words[200] = "";

		if (pane->class->text) {
			pane->class->text(pane->state, console->app, all, out);
			return;
		}
		if (pane->class->words)
			pane->class->words(
				pane->state, console->app, words, sizeof words);
		str_puts(out, words);
		return;
	}
	list_each(list, console->app, all, add_row, &copied);
}

static void tmux_end(void *ctx, int exit_code, const struct err *why)
{
	struct console *console = ctx;

	console->copying = NULL;
	if (why || exit_code)
		console_notice(console, true,
			"tmux did not take the text: set clipboard = osc52, or use B");
}

static void tmux_line(void *ctx, struct untrusted line)
{
	(void)ctx;
	(void)line;
}

static bool by_tmux(struct console *console, struct err *err)
{
	static const char *const argv[] = {"tmux", "load-buffer", "-w", "-", NULL};

	proc_kill(console->copying);
	console->copying = proc_start(console->app->loop,
		&(struct proc_options){.argv = argv,
			.line = tmux_line,
			.end = tmux_end,
			.ctx = console,
			.timeout_ms = 5000,
			.input = str_text(&console->register_),
			.input_n = console->register_.n},
		err);
	return console->copying != NULL;
}

static bool by_osc52(struct console *console, struct err *err)
{
	size_t n = console->register_.n;
	char *encoded;

	if (n > OSC52_MAX)
		return err_set(err, ERR_LIMIT,
			"too much for the terminal's clipboard (%zu KiB); it is kept "
			"here",
			n / 1024);
	encoded = mem_new(n * 4 / 3 + 8, 1);
	n = base64_encode(str_text(&console->register_), n, encoded);
	screen_write("\033]52;c;", 7);
	screen_write(encoded, n);
	screen_write("\007", 1);
	mem_free(encoded);
	return true;
}

bool copy_text(struct console *console, const char *what, struct err *err)
{
	int64_t way = app_setting(console->app, SET_CLIPBOARD);
	char text[NOTICE_TEXT];

	if (!console->register_.n)
		return err_set(err, ERR_MISSING, "nothing to copy here");
	app_clean(&console->register_);
	if ((way == 0 && rc_in_tmux()) || way == 1) {
		if (!by_tmux(console, err))
			return false;
	} else if (way != 3 && !by_osc52(console, err)) {
		return false;
	}
	snprintf(text, sizeof text, "%s%s", str_starts(what, "http") ? "copied " : "",
		what);
	console_notice(console, false, text);
	return true;
}

/* --- the bridge of an incident --- */

/* Its link, else its number; or the one that is named. */
static bool bridge_text(
	const struct app *app, uint64_t key, const char *which, char *out, size_t size)
{
	bool number = !strcmp(which, "number"), link = !strcmp(which, "link");
	struct response response;

	dossier_response(app, key, &response);
	*out = '\0';
	if (!number && text_to_link(response.link, out, size))
		return true;
	if (!link)
		text_line(response.number, out, size);
	return *out != '\0';
}

static bool copy_bridge(struct console *console, const char *text, struct err *err)
{
	char what[BRIDGE_TEXT + 20];

	console->bridge_of = 0;
	str_reset(&console->register_);
	str_puts(&console->register_, text);
	snprintf(what, sizeof what, "copied %s", text);
	return copy_text(console, what, err);
}

bool bridge_copy(
	struct console *console, uint64_t key, const char *which, struct err *err)
{
	struct app *app = console->app;
	char text[BRIDGE_TEXT];

	if (bridge_text(app, key, which, text, sizeof text))
		return copy_bridge(console, text, err);
	/* Nobody has looked at it: it is looked at now, without being shown. */
	if (key && !dossier_reads(app->dossier, key))
		dossier_show(app->dossier, key);
	if (dossier_reads(app->dossier, key) && dossier_busy(app->dossier)) {
		console->bridge_of = key;
		str_copy(console->bridge_which, sizeof console->bridge_which, which);
		console_notice(console, false, "its bridge is being looked up");
		return true;
	}
	console_read_shown(console);
	return err_set(err, ERR_MISSING, "no conference bridge is known of this");
}

void bridge_follow(struct console *console)
{
	struct app *app = console->app;
	char text[BRIDGE_TEXT];
	struct err err = {0};

	/* Another one is looked at meanwhile. */
	if (!dossier_reads(app->dossier, console->bridge_of)) {
		console->bridge_of = 0;
		return;
	}
	if (bridge_text(
		    app, console->bridge_of, console->bridge_which, text, sizeof text)) {
		if (!copy_bridge(console, text, &err))
			console_notice(console, true, err.text);
	} else if (!dossier_busy(app->dossier)) {
		console->bridge_of = 0;
		dossier_lacks(app->dossier, &err);
		console_notice(console, true,
			err.kind ? err.text : "no conference bridge is known of this");
	} else {
		return;
	}
	console_read_shown(console);
}

/* --- bare mode --- */

static struct termios cooked;

void copy_bare(struct console *console)
{
	static const char last[] = "\r\n-- any key returns --\r\n";
	struct str text;
	struct termios one;
	const char *p;

	str_init(&text, REGISTER_MAX);
	copy_rows(console, &text, true);
	screen_leave();
	console->mode = MODE_BARE;
	/* text_add_line has made each line harmless. */
	for (p = str_text(&text); *p;) {
		size_t n = strcspn(p, "\n");

		screen_print(p, n);
		screen_print("\r\n", 2);
		p += n + (p[n] == '\n');
	}
	screen_print(last, sizeof last - 1);
	str_release(&text);
	tcgetattr(STDIN_FILENO, &cooked);
	one = cooked;
	one.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &one);
}

void copy_bare_leave(struct console *console)
{
	char bytes[256];
	int flags = fcntl(STDIN_FILENO, F_GETFL);

	fcntl(STDIN_FILENO, F_SETFL, flags | O_NONBLOCK);
	while (read(STDIN_FILENO, bytes, sizeof bytes) > 0)
		;
	fcntl(STDIN_FILENO, F_SETFL, flags);
	tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
	console->mode = MODE_NORMAL;
}

void copy_bare_end(struct console *console)
{
	copy_bare_leave(console);
	screen_enter();
	screen_resize();
	console->layout_dirty = true;
}
