/* Ten hints, one at a time: each stays until its command was done, or some seconds. */
#ifndef APP_DEMO_LESSON_H
#define APP_DEMO_LESSON_H

#include "app/app.h"
#include "app/command.h"

struct lesson {
	struct app *app;
	size_t step; /* LESSON_STEPS: all are taught */
	bool over;   /* the story is */
	int64_t since, done_at;
	struct hint hint;
};

enum { LESSON_STEPS = 10, LESSON_HINT_S = 18 };

void lesson_begin(struct lesson *lesson, struct app *app, int64_t now);
void lesson_tick(struct lesson *lesson, int64_t now);
void lesson_ran(struct lesson *lesson, const struct command *command, const char *rest);
/* The story is over: the last word, which stays. */
void lesson_end(struct lesson *lesson);

#endif
