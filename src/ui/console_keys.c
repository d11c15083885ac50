/* Keys: prompts take them first, then chords of the keymap. Pasted text is text and
 * never runs; replies of the terminal are swallowed. Knows no command but through the
 * keymap. Main thread. */
#include "state.h"

#include "app/enrol.h"
#include "app/setting.h"
#include "base/conf.h"
#include "base/str.h"
#include "base/time.h"
#include "io/loop.h"
#include "input.h"
#include "keys.h"
#include "screen.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* --- prompts --- */

static struct list *list_of(struct console *console)
{
	struct pane *pane = console_pane(console);

	return pane->class->list ? pane->class->list(pane->state) : NULL;
}

void console_end_prompt(struct console *console, bool keep)
{
	struct list *list;

	complete_drop(console);
	preview_undo(console);
	list = list_of(console);
	if (console->mode == MODE_FILTER && !keep && list)
		list_set_filter(list, console->app, console->filter_before, NULL);
	console->mode = MODE_NORMAL;
	console_dirty(console);
	screen_erase();
	console->layout_dirty = true;
}

void console_live_filter(struct console *console)
{
	struct list *list = list_of(console);
	struct err err;

	/* A half-typed pattern may be wrong: the last good one stays. */
	if (list && list_set_filter(list, console->app, console->edit.text, &err))
		console_pane(console)->dirty = true;
}

static void submit(struct console *console)
{
	char line[EDIT_MAX];
	struct list *list;
	struct err err;

	preview_undo(console);
	list = list_of(console);
	str_copy(line, sizeof line, console->edit.text);
	if (console->mode == MODE_COMMAND) {
		if (!enrol_tells_secret(line))
			history_add(&console->commands_typed, line);
		console_end_prompt(console, true);
		console->origin = ":";
		if (*line)
			console_run(console, line);
		console->origin = NULL;
		return;
	}
	if (list)
		history_add(&console->filters_typed, line);
	if (!list)
		err_set(&err, ERR_USAGE, "nothing to filter in %s",
			console_pane(console)->class->title);
	if (!list || !list_set_filter(list, console->app, line, &err))
		console_notice(console, true, err.text);
	/* What it has selected did not slip under the cursor: it was looked for. */
	if (list)
		list->lost_at = 0;
	console_end_prompt(console, true);
}

static void prompt_key(struct console *console, int code)
{
	bool filter = console->mode == MODE_FILTER;
	struct edit_history *history =
		filter ? &console->filters_typed : &console->commands_typed;

	switch (code) {
	case KEYCODE_ENTER:
		submit(console);
		return;
	case KEYCODE_ESC:
	case 3: /* C-c */
	case 7: /* C-g */
		console_end_prompt(console, false);
		return;
	case KEYCODE_UP:
	case 16:
		history_walk(history, &console->edit, -1);
		break;
	case KEYCODE_DOWN:
	case 14:
		history_walk(history, &console->edit, 1);
		break;
	case KEYCODE_TAB:
	case KEYCODE_BACKTAB:
		if (!filter)
			complete_step(console, code == KEYCODE_TAB ? 1 : -1);
		preview_show(console);
		return;
	case KEYCODE_BACKSPACE:
		if (!console->edit.n) {
			console_end_prompt(console, false);
			return;
		}
		edit_key(&console->edit, code);
		break;
	default:
		if (!edit_key(&console->edit, code))
			edit_insert(&console->edit, code);
	}
	if (filter) {
		console_live_filter(console);
	} else {
		complete_drop(console);
		preview_show(console);
	}
}

/* --- chords --- */

static void unbound(struct console *console, int code)
{
	const struct binding *help =
		keymap_for(&console->keymap, console_contexts(console), "help");
	char name[16], text[120], keys[64];

	if (code == KEYCODE_UNKNOWN)
		return;
	snprintf(text, sizeof text, "%s does nothing here; %s lists the keys",
		keyseq_name(code, name), help ? binding_keys(help, keys) : ":help");
	console_notice(console, false, text);
}

static void normal_key(struct console *console, int code)
{
	const struct binding *binding = NULL;
	char line[COMMAND_LINE_MAX];

	if (console->chord_count == KEYSEQ_MAX)
		console->chord_count = 0;
	console->chord[console->chord_count++] = code;
	switch (keymap_find(&console->keymap, console_contexts(console), console->chord,
		console->chord_count, &binding)) {
	case KEY_MATCH:
		console->chord_count = 0;
		str_copy(line, sizeof line, binding->command);
		console->notice[0] = '\0';
		console_run(console, line);
		return;
	case KEY_PREFIX:
		return;
	case KEY_NO_MATCH:
		if (console->chord_count == 1)
			unbound(console, code);
		console->chord_count = 0;
	}
}

/* --- paste --- */

static void paste_key(struct console *console, int code)
{
	if (code == KEYCODE_PASTE_END) {
		console->pasting = false;
		if (console->paste_refused)
			console_notice(console, true,
				"pasted text was not taken: open : or / first");
		console->paste_refused = false;
		if (console->mode == MODE_FILTER)
			console_live_filter(console);
		if (console->mode == MODE_COMMAND)
			preview_show(console);
		return;
	}
	/* A passphrase out of a keyring; its newline is not its end. */
	if (console->mode == MODE_ASK && console->question.typed) {
		if (code >= ' ' && code < KEYCODE_ENTER)
			console_wait_key(console, code);
		return;
	}
	/* Newlines are blanks: nothing that is pasted runs by itself. */
	if (code == KEYCODE_ENTER || code == KEYCODE_TAB)
		code = ' ';
	if (console->mode == MODE_COMMAND || console->mode == MODE_FILTER)
		edit_insert(&console->edit, code);
	else
		console->paste_refused = true;
}

/* --- mouse --- */

static void mouse(struct console *console, const struct key_event *event)
{
	struct pane *pane = console_pane(console);

	if (event->wheel_up || event->wheel_down) {
		for (int i = 0; i < 3 && pane->class->act; i++)
			pane->class->act(pane->state, console->app,
				event->wheel_up ? ACT_UP : ACT_DOWN);
		pane->dirty = true;
		return;
	}
	if (console_single(console))
		return;
	for (size_t i = 0; i < console->layout.count; i++) {
		const struct layout_box *b = &console->layout.boxes[i];
		int y = event->mouse_y - 1;

		if (y >= b->row && y < b->row + b->rows && event->mouse_x >= b->col &&
			event->mouse_x < b->col + b->cols)
			console_focus(console, b->pane);
	}
}

static void take_key(struct console *console, const struct key_event *event)
{
	int code = event->code;

	if (code == KEYCODE_FRAME_ACK) {
		screen_acked();
		return;
	}
	console->input_pending = console->typed = true;
	if (code == KEYCODE_RESIZE)
		return;
	if (console->pasting) {
		paste_key(console, code);
		return;
	}
	if (code == KEYCODE_PASTE_BEGIN)
		console->pasting = true;
	else if (code == KEYCODE_MOUSE)
		mouse(console, event);
	else if (console->mode == MODE_NORMAL)
		normal_key(console, code);
	else if (console_waits(console))
		console_wait_key(console, code);
	else
		prompt_key(console, code);
}

/* Readable without a byte to read, again and again: the terminal is gone. */
static void check_hangup(struct console *console)
{
	int waiting = 0;

	if (ioctl(STDIN_FILENO, FIONREAD, &waiting) || !waiting) {
		if (++console->silent_reads > 3)
			console_quit(console, NULL);
	} else {
		console->silent_reads = 0;
	}
}

static void take_keys(struct console *console)
{
	struct key_event event;

	while (keys_next(&event)) {
		take_key(console, &event);
		if (console->mode == MODE_BARE)
			break;
	}
}

/* Nothing more came: an Esc is a key. */
void console_escape(void *ctx)
{
	struct console *console = ctx;

	if (console->mode == MODE_LENT || console->mode == MODE_BARE)
		return;
	input_release();
	take_keys(console);
}

void console_input(void *ctx, int events)
{
	struct console *console = ctx;
	bool any;

	if (events < 0) {
		console_quit(console, NULL);
		return;
	}
	if (console->mode == MODE_BARE) {
		copy_bare_end(console);
		return;
	}
	/* A reload may have ended in this very turn, and the keymap borrows from the rc
	 * that is gone. */
	if (console->app->changes & CHANGED_CONFIG)
		console_take_changes(console);
	any = input_take();
	take_keys(console);
	if (input_held())
		loop_timer_start(
			console->escape, app_setting(console->app, SET_ESCAPE_TIME));
	if (any)
		console->silent_reads = 0;
	else
		check_hangup(console);
}
