/* Layouts that are kept: a file of their own beside the rc, which oogway writes whole
 * and never the user's. The writing waits for a disk, so it is a task; what is said of
 * it is said when it is done. Main thread. */
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
	bool written;
};

static void save(struct task *task)
{
	struct saving *saving = (struct saving *)task;

	saving->written = file_replace(
		saving->path, saving->text, strlen(saving->text), &saving->err);
}

static void saved(struct task *task)
{
	struct saving *saving = (struct saving *)task;

	/* The program ends and it had not begun: what was asked for is done still. */
	if (!saving->written && !saving->err.text[0])
		save(task);
	if (saving->written)
		app_notice(saving->app, *saving->but, "kept in %s%s", saving->path,
			saving->but);
	else
		app_notice(saving->app, true, "%s", saving->err.text);
	mem_free(saving->path);
	mem_free(saving->text);
	mem_free(saving);
}

bool layouts_save(struct app *app, const char *name, const char *text, struct err *err)
{
	const struct conf_place chosen = app->rc->settings.values[SET_LAYOUT].place;
	struct saving *saving;
	struct str out;

	if (!rc_save_layout(app->rc, name, text, err))
		return false;
	str_init(&out, FILE_BYTES);
	rc_print_layouts(app->rc, &out);
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
	saving->text = mem_strdup(str_text(&out));
	str_release(&out);
	task_submit(app->pool, &saving->task);
	return true;
}
