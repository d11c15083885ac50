/* Changing the layout from the console: each command changes the text that a `layout`
 * line would have, so that what is seen can be kept as such a line. Main thread. */
#include "state.h"

#include "app/layouts.h"
#include "app/setting.h"
#include "app/sources.h"
#include "base/str.h"
#include "screen.h"

#include <stdio.h>
#include <string.h>

/* Changed here, else by name, else built in. Another name in the settings ends what
 * was changed here. */
const char *layout_text(struct console *console)
{
	const struct rc *rc = console->app->rc;
	const char *name = settings_text(&rc->settings, SET_LAYOUT), *text = NULL;

	if (strcmp(console->arranged_on, name))
		console->arranged[0] = '\0';
	if (console->arranged[0])
		return console->arranged;
	for (size_t i = 0; i < rc->layout_count; i++)
		if (!strcmp(rc->layouts[i].name, name))
			text = rc->layouts[i].text;
	if (text)
		return text;
	return layout_built_in(console_grid_rows(console), screen_cols(),
		sources_page(console->app->sources));
}

static bool which_pane(const struct call *call, int *pane, struct err *err)
{
	const struct console *console = call->ctx;

	*pane = console->focus;
	for (int i = 0; call->argc && i < PANE_NUMBERED; i++) {
		*pane = i;
		if (!strcmp(pane_classes[i]->name, call->argv[0]))
			return true;
	}
	return !call->argc ||
	       err_set(err, ERR_USAGE, "no pane of the grid is called %s", call->argv[0]);
}

enum status cmd_layout(struct call *call, struct err *err)
{
	static const char *const words[] = {[LAYOUT_WIDER] = "wider",
		[LAYOUT_NARROWER] = "narrower",
		[LAYOUT_TALLER] = "taller",
		[LAYOUT_SHORTER] = "shorter",
		[LAYOUT_LEFT] = "left",
		[LAYOUT_RIGHT] = "right",
		[LAYOUT_UP] = "up",
		[LAYOUT_DOWN] = "down",
		[LAYOUT_HIDE] = "hide",
		[LAYOUT_SHOW] = "show"};
	struct console *console = call->ctx;
	const char *word = call->command->name + strlen("layout ");
	char text[LAYOUT_TEXT];
	int change = 0, pane;

	while (strcmp(words[change], word))
		change++;
	if (!which_pane(call, &pane, err))
		return STATUS_USAGE;
	if (console->layout.single) {
		err_set(err, ERR_USAGE,
			"one pane fits on this screen: nothing to arrange");
		return STATUS_FAILED;
	}
	str_copy(text, sizeof text, layout_text(console));
	if (!layout_change(text, (enum layout_change)change, pane, err))
		return STATUS_FAILED;
	str_copy(console->arranged, sizeof console->arranged, text);
	str_copy(console->arranged_on, sizeof console->arranged_on,
		settings_text(&console->app->rc->settings, SET_LAYOUT));
	while (console->depth)
		console_pop(console);
	console->zoomed = false;
	if (change == LAYOUT_SHOW)
		console->focus = pane;
	console->layout_dirty = true;
	/* Who hid the focused pane wants to see the others. */
	if (change == LAYOUT_HIDE && pane == console->focus) {
		layout_make(&console->layout, text, console_grid_rows(console),
			screen_cols(), err);
		console->focus = console->layout.boxes[0].pane;
	}
	return STATUS_DONE;
}

enum status cmd_layout_save(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	char text[LAYOUT_TEXT];

	str_copy(text, sizeof text, layout_text(console));
	if (!layouts_save(console->app, call->argv[0], text, err))
		return STATUS_FAILED;
	console->arranged[0] = '\0';
	console->layout_dirty = true;
	return STATUS_DONE;
}

enum status cmd_layout_reset(struct call *call, struct err *err)
{
	struct console *console = call->ctx;

	(void)err;
	console->arranged[0] = '\0';
	console->layout_dirty = true;
	return STATUS_DONE;
}
