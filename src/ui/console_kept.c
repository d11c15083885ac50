/* How the console was left: typed lines, the focused pane, sorting and filters. Kept in
 * the history as lines of words; what comes back may be anything and is only used where
 * it still makes sense. Once somebody has typed, nothing moves by itself any more, and
 * what the command line asked for stays.
 * Main thread. */
#include "state.h"

#include "app/history.h"
#include "base/str.h"
#include "base/text.h"

#include <string.h>

enum { LINES_MAX = 200 << 10, PANES_MAX = 16 << 10 };

static const char key_commands[] = "console/commands", key_filters[] = "console/filters",
		  key_panes[] = "console/panes";

static struct untrusted read_key(const struct console *console, const char *key)
{
	size_t n;
	const void *bytes = history_kept(console->app->history, key, &n);

	return untrusted_make(bytes, bytes ? n : 0);
}

/* Kept lines go before those of this run. */
static void restore_lines(
	const struct console *console, const char *key, struct edit_history *history)
{
	struct untrusted rest = read_key(console, key), line;
	struct edit_history typed = *history;
	bool walking = typed.at < typed.count;
	size_t before = typed.count;
	char text[EDIT_MAX];

	if (untrusted_empty(rest))
		return;
	*history = (struct edit_history){0};
	memcpy(history->kept, typed.kept, sizeof typed.kept);
	while (untrusted_line(&rest, &line))
		history_add(history, text_line(line, text, sizeof text));
	for (size_t i = 0; i < typed.count; i++)
		history_add(history, typed.lines[i]);
	history->at = history->count;
	if (walking && typed.at + history->count >= before)
		history->at = typed.at + history->count - before;
	history_release(&typed);
}

static struct list *list_named(struct console *console, struct untrusted name)
{
	for (int i = 0; i < PANE_NUMBERED; i++) {
		struct pane *pane = &console->base[i];

		if (untrusted_is(name, pane->class->name) && pane->class->list) {
			pane->dirty = true;
			return pane->class->list(pane->state);
		}
	}
	return NULL;
}

static void restore_sort(
	struct console *console, struct list *list, struct untrusted column, bool desc)
{
	char name[40];

	text_line(column, name, sizeof name);
	if (list_sort(list, console->app, name, NULL) && list->sort_desc != desc)
		list_sort(list, console->app, name, NULL);
}

static void restore_line(struct console *console, struct untrusted line)
{
	struct untrusted verb, name, word, rest = line;
	char text[EDIT_MAX];
	struct list *list;

	if (!untrusted_word(&rest, " ", &verb) || !untrusted_word(&rest, " ", &name))
		return;
	if (untrusted_is(verb, "focus")) {
		for (int i = 0; i < PANE_NUMBERED; i++)
			if (untrusted_is(name, pane_classes[i]->name) &&
				!console->focus && !console->depth)
				console_focus(console, i);
		return;
	}
	list = list_named(console, name);
	if (!list)
		return;
	if (untrusted_is(verb, "sort") && list->sort_column < 0 &&
		untrusted_word(&rest, " ", &word))
		restore_sort(
			console, list, word, untrusted_is(untrusted_trim(rest), "desc"));
	else if (untrusted_is(verb, "filter") && !list->filter)
		list_set_filter(list, console->app,
			text_line(untrusted_trim(rest), text, sizeof text), NULL);
}

void console_kept_restore(struct console *console)
{
	struct untrusted rest = read_key(console, key_panes), line;

	console->restored = true;
	restore_lines(console, key_commands, &console->commands_typed);
	restore_lines(console, key_filters, &console->filters_typed);
	if (console->typed)
		return;
	while (untrusted_line(&rest, &line))
		restore_line(console, line);
}

static void keep(const struct console *console, const char *key, const struct str *text)
{
	history_keep(console->app->history, key, str_text(text), text->n);
}

static void keep_lines(const struct console *console, const char *key,
	const struct edit_history *history, struct str *text)
{
	str_reset(text);
	for (size_t i = 0; i < history->count; i++)
		str_printf(text, "%s\n", history->lines[i]);
	if (text->n)
		keep(console, key, text);
}

void console_kept_save(struct console *console)
{
	struct str text;

	str_init(&text, LINES_MAX);
	keep_lines(console, key_commands, &console->commands_typed, &text);
	keep_lines(console, key_filters, &console->filters_typed, &text);
	str_release(&text);
	str_init(&text, PANES_MAX);
	for (int i = 0; i < PANE_NUMBERED; i++) {
		const struct pane *pane = &console->base[i];
		const struct list *list =
			pane->class->list ? pane->class->list(pane->state) : NULL;
		const char *name = pane->class->name;

		if (list && list->sort_column >= 0)
			str_printf(&text, "sort %s %s %s\n", name,
				list->listing->columns[list->sort_column].name,
				list->sort_desc ? "desc" : "asc");
		if (list && list->filter)
			str_printf(&text, "filter %s %s\n", name, list->filter_text);
	}
	str_printf(&text, "focus %s\n", console->base[console->focus].class->name);
	keep(console, key_panes, &text);
	str_release(&text);
}
