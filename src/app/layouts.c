/* Layouts that are kept: a file of their own beside the rc, which oogway writes whole
 * and never the user's. The writing waits for a disk, so it is a task, one at a time:
 * what changes meanwhile is written behind it. What is said of it is said when it is
 * done. Main thread. */
#include "app/layouts.h"

#include "app/setting.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "io/file.h"
#include "io/task.h"

#include <stdio.h>
#include <string.h>

enum { FILE_BYTES = 64 << 10 };

struct saving {
	struct task task;
	struct app *app;
	char *path, *text;
	char but[600]; /* what will win over it at the next start, or "" */
	struct err err;
	bool written, again;
};

static void save(struct task *task)
{
	struct saving *saving = (struct saving *)task;

	saving->written = file_replace(
		saving->path, saving->text, strlen(saving->text), &saving->err);
}

static char *text_now(const struct rc *rc)
{
	struct str out;
	char *text;

	str_init(&out, FILE_BYTES);
	rc_print_layouts(rc, &out);
	text = mem_strdup(str_text(&out));
	str_release(&out);
	return text;
}

static void saved(struct task *task)
{
	struct saving *saving = (struct saving *)task;
	struct app *app = saving->app;

	if (saving->again) {
		mem_free(saving->text);
		saving->text = text_now(app->rc);
		saving->again = saving->written = false;
		saving->err = (struct err){0};
		if (!task_cancelled(task)) {
			task_submit(app->pool, task);
			return;
		}
	}
	/* The program ends and it had not begun: what was asked for is done still. */
	if (!saving->written && !saving->err.text[0])
		save(task);
	if (saving->written)
		app_notice(app, *saving->but, "kept in %s%s", saving->path, saving->but);
	else
		app_notice(app, true, "%s", saving->err.text);
	app->saving = NULL;
	mem_free(saving->path);
	mem_free(saving->text);
	mem_free(saving);
}

/* chosen: where the setting's value came from until now. */
static void write_file(struct app *app, struct conf_place chosen)
{
	struct saving *saving = app->saving;

	if (saving) {
		saving->again = true;
		return;
	}
	saving = mem_new(1, sizeof *saving);
	saving->task =
		(struct task){.work = save, .done = saved, .class = TASK_INTERACTIVE};
	saving->app = app;
	if (chosen.file && *chosen.file == '/' &&
		strcmp(chosen.file, app->rc->layouts_path))
		snprintf(saving->but, sizeof saving->but,
			"; but %.500s:%d sets another and is read after it", chosen.file,
			chosen.line);
	saving->path = mem_strdup(app->rc->layouts_path);
	saving->text = text_now(app->rc);
	app->saving = saving;
	task_submit(app->pool, &saving->task);
}

bool layouts_save(struct app *app, const char *name, const char *text, struct err *err)
{
	const struct conf_place chosen = app->rc->settings.values[SET_LAYOUT].place;

	if (!rc_save_layout(app->rc, name, text, err))
		return false;
	write_file(app, chosen);
	return true;
}

bool layouts_keep(struct app *app, int setting, const char *value, struct err *err)
{
	const struct conf_place chosen = app->rc->settings.values[setting].place;
	struct conf_place place = {app->rc->layouts_path, 0, 0};

	/* The demo leaves no file behind: there it holds until its end. */
	if (!*app->rc->layouts_path)
		place.file = CONF_TYPED;
	if (!settings_set(&app->rc->settings, setting_rows[setting].name, value, false,
		    place, err))
		return false;
	if (*app->rc->layouts_path)
		write_file(app, chosen);
	app_changed(app, CHANGED_CONFIG);
	return true;
}
