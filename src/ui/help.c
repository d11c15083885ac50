/* Help and options: lists made from the live keymap and the settings table, so that
 * they cannot say anything else than what is. They look at one console, set once. Main
 * thread. */
#include "state.h"

#include "app/setting.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

static struct console *looked_at;

void help_look_at(struct console *console)
{
	looked_at = console;
}

/* --- keys --- */

static size_t key_rows(const struct app *app)
{
	(void)app;
	return looked_at->keymap.first_count;
}

static const void *key_row(const struct app *app, size_t i)
{
	(void)app;
	return &looked_at->keymap.list[looked_at->keymap.firsts[i]];
}

static uint64_t key_id(const void *row)
{
	const struct binding *b = row;

	return (uint64_t)(b - looked_at->keymap.list) + 1;
}

static const void *key_find(const struct app *app, uint64_t id)
{
	(void)app;
	return id && id <= looked_at->keymap.count ? &looked_at->keymap.list[id - 1]
						   : NULL;
}

static void key_keys(const struct app *app, const void *row, struct cell *out)
{
	struct str keys;

	(void)app;
	str_init(&keys, sizeof out->own);
	binding_all_keys(&looked_at->keymap, row, &keys);
	cell_print(out, "%s", str_text(&keys));
	str_release(&keys);
	out->role = ROLE_KEY;
}

static void key_context(const struct app *app, const void *row, struct cell *out)
{
	const char *context = ((const struct binding *)row)->context;

	/* Everywhere goes without saying. */
	(void)app;
	cell_text(out, untrusted_str(strcmp(context, "global") ? context : ""));
	out->role = ROLE_DIM;
}

static void key_note(const struct app *app, const void *row, struct cell *out)
{
	const struct binding *b = row;
	void *ctx;
	const char *rest;
	const struct command *c;

	(void)app;
	out->role = ROLE_TEXT;
	if (b->note) {
		cell_text(out, untrusted_str(b->note));
		return;
	}
	c = commands_find(looked_at->commands, b->command, &ctx, &rest);
	if (c)
		cell_text(out, untrusted_str(c->help));
}

static void key_command(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(((const struct binding *)row)->command));
	out->role = ROLE_DIM;
}

static const struct column key_columns[] = {
	{"keys", "Keys", 12, 0, COLUMN_WANT(22), key_keys},
	{"what", "What it does", 20, 0, COLUMN_WANT(40), key_note},
	{"command", "Command", 16, 4, 0, key_command},
	{"context", "Only in", 9, 2, 0, key_context},
};

static void key_json(const struct app *app, const void *row, struct json_out *o)
{
	char keys[64];

	(void)app;
	json_put_str(o, "keys", binding_keys(row, keys));
	json_put_str(o, "command", ((const struct binding *)row)->command);
}

static const struct listing key_listing = {
	.noun = "key",
	.schema = "oogway.key/1",
	.columns = key_columns,
	.column_count = sizeof key_columns / sizeof key_columns[0],
	.changes = CHANGED_CONFIG,
	.count = key_rows,
	.row = key_row,
	.id = key_id,
	.find = key_find,
	.json = key_json,
};

/* What is typed ahead of a filter's work means the row that it will find. */
static const void *row_found(const struct pane *pane)
{
	struct list *list = &((struct list_pane *)pane->state)->list;

	while (list_work(list, looked_at->app))
		;
	return list_row(list, looked_at->app);
}

const char *help_command(const struct pane *pane)
{
	const struct binding *b = row_found(pane);

	return b ? b->command : NULL;
}

static void open_help(void *state, const struct app *app, uint64_t id)
{
	struct list_pane *pane = state;

	(void)id;
	keymap_show(&looked_at->keymap, console_contexts_below(looked_at));
	list_init(&pane->list, &key_listing);
	list_reload(&pane->list, app);
}

static void help_words(void *state, const struct app *app, char *out, size_t size)
{
	const char *const *contexts = looked_at->keymap.shown_in;
	size_t n;

	list_pane_words(state, app, out, size);
	n = strlen(out);
	if (contexts[0])
		snprintf(out + n, size - n, "  here: %s", contexts[0]);
}

const struct pane_class help_pane = {
	.name = "help",
	.title = "Help: keys; / finds one, Enter runs it",
	.changes = CHANGED_CONFIG,
	.state_size = sizeof(struct list_pane),
	.open = open_help,
	.close = list_pane_close,
	.reload = list_pane_reload,
	.draw = list_pane_draw,
	.act = list_pane_act,
	.list = list_pane_list,
	.words = help_words,
};

/* --- settings --- */

static size_t setting_count(const struct app *app)
{
	return app->rc->settings.count;
}

static const void *setting_row_at(const struct app *app, size_t i)
{
	return &app->rc->settings.rows[i];
}

static uint64_t setting_id(const void *row)
{
	return (uint64_t)((const struct setting_row *)row -
			  looked_at->app->rc->settings.rows) +
	       1;
}

static const void *setting_find(const struct app *app, uint64_t id)
{
	return id && id <= app->rc->settings.count ? &app->rc->settings.rows[id - 1]
						   : NULL;
}

static int index_of(const struct app *app, const void *row)
{
	return (int)((const struct setting_row *)row - app->rc->settings.rows);
}

static void setting_name(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(((const struct setting_row *)row)->name));
	out->role = ROLE_STRONG;
}

/* The window is another one than the setting's, by + and - or the like. */
static bool is_zoomed(const struct app *app, int setting)
{
	return setting == SET_WINDOW && app->window.span_ms != app->window_set;
}

static void setting_value(const struct app *app, const void *row, struct cell *out)
{
	int i = index_of(app, row);
	char span[TIME_TEXT];

	if (is_zoomed(app, i)) {
		cell_print(out, "%s", duration_text(app->window.span_ms, span));
		out->role = ROLE_STRONG;
		return;
	}
	cell_text(out, untrusted_str(settings_text(&app->rc->settings, i)));
	out->role = app->rc->settings.values[i].place.file ? ROLE_TEXT : ROLE_DIM;
}

static void setting_help(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(((const struct setting_row *)row)->help));
	out->role = ROLE_DIM;
}

static void setting_place(const struct app *app, const void *row, struct cell *out)
{
	int i = index_of(app, row);
	const struct setting_value *v = &app->rc->settings.values[i];

	if (is_zoomed(app, i))
		cell_print(out, "now; set is %s", settings_text(&app->rc->settings, i));
	else if (v->place.file && strcmp(v->place.file, CONF_TYPED) != 0)
		cell_print(out, "%.80s:%d", v->place.file, v->place.line);
	else if (v->place.file)
		cell_print(out, "%.80s", v->place.file);
	else
		cell_print(out, "default");
	out->role = ROLE_DIM;
}

static const struct column setting_columns[] = {
	{"name", "Setting", 17, 0, 0, setting_name},
	{"value", "Value", 10, 0, 0, setting_value},
	{"help", "What it does", 24, 1, COLUMN_FLEX, setting_help},
	{"place", "Set by", 14, 5, COLUMN_WANT(36), setting_place},
};

static void setting_json(const struct app *app, const void *row, struct json_out *o)
{
	json_put_str(o, "name", ((const struct setting_row *)row)->name);
	json_put_str(o, "value", settings_text(&app->rc->settings, index_of(app, row)));
}

static const struct listing setting_listing = {
	.noun = "setting",
	.schema = "oogway.setting/1",
	.columns = setting_columns,
	.column_count = sizeof setting_columns / sizeof setting_columns[0],
	.changes = CHANGED_CONFIG | CHANGED_WINDOW,
	.count = setting_count,
	.row = setting_row_at,
	.id = setting_id,
	.find = setting_find,
	.json = setting_json,
};

bool options_command(const struct pane *pane, char *out, size_t size, bool *complete)
{
	const struct app *app = looked_at->app;
	const struct setting_row *row = row_found(pane);
	int64_t number;
	const char *choices;

	if (!row)
		return false;
	number = settings_number(&app->rc->settings, index_of(app, row));
	*complete = row->type != SETTING_BOOL && row->type != SETTING_ENUM;
	if (*complete) {
		snprintf(out, size, "set %s = ", row->name);
		return true;
	}
	if (row->type == SETTING_BOOL) {
		snprintf(out, size, "set %s = %s", row->name, number ? "off" : "on");
		return true;
	}
	choices = row->choices;
	for (int64_t i = 0; i <= number; i++)
		choices +=
			strcspn(choices, "|") + (choices[strcspn(choices, "|")] == '|');
	if (!*choices)
		choices = row->choices;
	snprintf(out, size, "set %s = %.*s", row->name, (int)strcspn(choices, "|"),
		choices);
	return true;
}

static void open_options(void *state, const struct app *app, uint64_t id)
{
	struct list_pane *pane = state;

	(void)id;
	list_init(&pane->list, &setting_listing);
	list_reload(&pane->list, app);
}

const struct pane_class options_pane = {
	.name = "options",
	.title = "Options; Enter changes one",
	.changes = CHANGED_CONFIG | CHANGED_WINDOW,
	.state_size = sizeof(struct list_pane),
	.open = open_options,
	.close = list_pane_close,
	.reload = list_pane_reload,
	.draw = list_pane_draw,
	.act = list_pane_act,
	.list = list_pane_list,
};
