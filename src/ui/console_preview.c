/* A command line that only looks is shown while it is typed: another pane, a filter, a
 * sorting, a theme or a colour, a window of time. Nothing is asked of any source for
 * it, and whatever ends the prompt first puts all back as it was. Only in the grid:
 * pages above it stay. Main thread. */
#include "state.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/time.h"

#include <string.h>

struct preview {
	int focus;
	bool zoomed;
	struct list *list; /* whose filter or sorting is another now, or NULL */
	char filter[256];
	int sort_column;
	bool sort_desc, touched, moved, tail;
	uint64_t selected;
	struct rc *look; /* whose colours are shown, or NULL */
	struct window window;
};

static struct list *focused_list(struct console *console)
{
	struct pane *pane = console_pane(console);

	return pane->class->list ? pane->class->list(pane->state) : NULL;
}

/* A pane that was not on the screen is behind. */
static void bring_up(struct console *console)
{
	struct pane *pane = console_pane(console);

	if (pane->pending & pane->class->changes && pane->class->reload)
		pane->class->reload(pane->state, console->app, pane->pending);
	pane->pending = 0;
	pane->dirty = true;
	console->layout_dirty = true;
}

static void show_pane(struct console *console, int pane)
{
	console->focus = pane;
	bring_up(console);
}

static void keep_list(struct console *console)
{
	struct preview *p = console->preview;
	struct list *list = focused_list(console);

	p->list = list;
	if (!list)
		return;
	str_copy(p->filter, sizeof p->filter, list->filter ? list->filter_text : "");
	p->sort_column = list->sort_column;
	p->sort_desc = list->sort_desc;
	p->selected = list->selected;
	p->touched = list->touched;
	p->moved = list->moved;
	p->tail = list->tail;
	console_pane(console)->dirty = true;
}

static void show_filter(struct console *console, const char *text)
{
	struct err err;

	keep_list(console);
	if (console->preview->list)
		list_set_filter(console->preview->list, console->app, text, &err);
}

static void show_sort(struct console *console, const char *column)
{
	struct err err;

	keep_list(console);
	if (console->preview->list)
		list_sort(console->preview->list, console->app, column, &err);
}

static void window_changed(struct console *console)
{
	for (int i = 0; i < PANE_NUMBERED; i++)
		if (console->base[i].class->changes & CHANGED_WINDOW)
			console->base[i].dirty = true;
	console->bars_dirty = true;
}

static void show_window(struct console *console, const char *text)
{
	int64_t span;

	if (!duration_parse(text, &span) || span < MINUTE_MS || span > 60 * DAY_MS)
		return;
	console->app->window.span_ms = span;
	window_changed(console);
}

/* "alerts", "alerts /web": the pane, filtered; "pane 3". */
static bool show_view(struct console *console, const struct command *c, const char *rest)
{
	for (int i = 0; i < PANE_NUMBERED; i++) {
		if (strcmp(pane_classes[i]->name, c->name))
			continue;
		show_pane(console, i);
		if (*rest)
			show_filter(console, rest + (*rest == '/'));
		return true;
	}
	if (strcmp(c->name, "pane") || *rest < '1' || *rest > '9' || rest[1])
		return false;
	show_pane(console, *rest - '1');
	return true;
}

static void show_command(
	struct console *console, const struct command *c, const char *typed)
{
	char rest[EDIT_MAX];
	size_t n;

	str_copy(rest, sizeof rest, typed);
	for (n = strlen(rest); n && rest[n - 1] == ' '; n--)
		rest[n - 1] = '\0';
	if (show_view(console, c, rest))
		return;
	if (!strcmp(c->name, "filter"))
		show_filter(console, rest);
	else if (!strcmp(c->name, "sort") && *rest)
		show_sort(console, rest);
	else if (!strcmp(c->name, "window"))
		show_window(console, rest);
}

static void show_colors(struct console *console, const struct rc *rc)
{
	canvas_theme(rc->colors, rc->color_count);
	console_dirty(console);
}

bool preview_shown(const struct console *console)
{
	const struct preview *p = console->preview;

	return p && (p->look || p->list || p->focus != console->focus ||
			    p->window.span_ms != console->app->window.span_ms);
}

void preview_undo(struct console *console)
{
	struct preview *p = console->preview;

	if (!p)
		return;
	console->preview = NULL;
	if (p->list) {
		p->list->sort_column = p->sort_column;
		p->list->sort_desc = p->sort_desc;
		list_set_filter(p->list, console->app, p->filter, NULL);
		list_select(p->list, console->app, p->selected);
		p->list->touched = p->touched;
		p->list->moved = p->moved;
		p->list->tail = p->tail;
	}
	if (p->look)
		show_colors(console, console->app->rc);
	rc_free(p->look);
	if (console->app->window.span_ms != p->window.span_ms) {
		console->app->window = p->window;
		window_changed(console);
	}
	console->zoomed = p->zoomed;
	if (console->focus != p->focus)
		show_pane(console, p->focus);
	console_dirty(console);
	mem_free(p);
}

void preview_show(struct console *console)
{
	const char *line = console->edit.text + strspn(console->edit.text, " ");
	const struct command *c;
	const char *rest = "";
	void *ctx;

	preview_undo(console);
	if (console->mode != MODE_COMMAND || console->depth)
		return;
	console->preview = mem_new(1, sizeof *console->preview);
	*console->preview = (struct preview){.focus = console->focus,
		.zoomed = console->zoomed,
		.window = console->app->window};
	c = commands_find(console->commands, line, &ctx, &rest);
	if (c)
		show_command(console, c, rest);
	else if (str_starts(line, "set theme = ") || str_starts(line, "color "))
		console->preview->look = rc_look(console->app->rc, line);
	if (console->preview->look)
		show_colors(console, console->preview->look);
}
