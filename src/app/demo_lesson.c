/* The lesson of the demo. It names commands; the console knows their keys, so a key
 * that was bound anew is taught as it is. A step is ticked off when its command was
 * done, whatever key, word or click ran it. Main thread. */
#include "demo_lesson.h"

#include "base/time.h"

#include <stdio.h>
#include <string.h>

enum { TICKED_MS = 1500 };

static const struct {
	const char *commands[2];
	const char *text;
} steps[LESSON_STEPS] = {
	{{"down", "up"}, "choose a row"},
	{{"open", NULL}, "opens it: an alert"},
	{{"runbook", NULL}, "opens its runbook"},
	{{"back", NULL}, "goes back, view by view"},
	{{"pane 3", "next-pane"}, "go to the metrics"},
	{{"filter", NULL}, "filters them: db, Enter"},
	{{"open", NULL}, "on one: its chart"},
	{{"zoom-out", "zoom-in"}, "longer, shorter window"},
	{{"help", "prompt"}, "all keys, all commands"},
	{{"copy", NULL}, "copies the chosen row"},
};

static void show(struct lesson *lesson)
{
	struct hint *hint = &lesson->hint;
	size_t i = lesson->step;

	*hint = (struct hint){.done = lesson->done_at != 0};
	if (i < LESSON_STEPS) {
		snprintf(hint->title, sizeof hint->title, "%zu/%d", i + 1, LESSON_STEPS);
		hint->commands[0] = steps[i].commands[0];
		hint->commands[1] = steps[i].commands[1];
		hint->text = steps[i].text;
	} else if (!lesson->over) {
		hint->text = "That was all; now follow the incident";
	} else {
		snprintf(hint->title, sizeof hint->title, "The end");
		hint->commands[0] = "quit";
		hint->text = "quits, :demo plays it again";
	}
	lesson->app->hint = hint;
	app_changed(lesson->app, CHANGED_HINT);
}

static void go(struct lesson *lesson, size_t step, int64_t now)
{
	lesson->step = step;
	lesson->since = now;
	lesson->done_at = 0;
	show(lesson);
}

void lesson_begin(struct lesson *lesson, struct app *app, int64_t now)
{
	lesson->app = app;
	lesson->over = false;
	go(lesson, 0, now);
}

void lesson_tick(struct lesson *lesson, int64_t now)
{
	if (lesson->step == LESSON_STEPS)
		return;
	if (lesson->done_at ? now - lesson->done_at >= TICKED_MS
			    : now - lesson->since >= LESSON_HINT_S * SECOND_MS)
		go(lesson, lesson->step + 1, now);
}

static bool teaches(size_t step, const struct command *command, const char *rest)
{
	char line[80];

	snprintf(line, sizeof line, "%s%s%s", command->name, *rest ? " " : "", rest);
	for (int i = 0; i < 2; i++) {
		const char *taught = steps[step].commands[i];
		size_t n = taught ? strlen(taught) : 0;

		if (n && !strncmp(line, taught, n) && (!line[n] || line[n] == ' '))
			return true;
	}
	return false;
}

void lesson_ran(struct lesson *lesson, const struct command *command, const char *rest)
{
	int64_t now = lesson->app->now;

	/* Whoever is quick need not wait for the tick. */
	if (lesson->step < LESSON_STEPS && lesson->done_at)
		go(lesson, lesson->step + 1, now);
	if (lesson->step == LESSON_STEPS || !teaches(lesson->step, command, rest))
		return;
	lesson->done_at = now;
	show(lesson);
}

void lesson_end(struct lesson *lesson)
{
	lesson->over = true;
	go(lesson, LESSON_STEPS, lesson->app->now);
}
