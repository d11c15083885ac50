/* Kinds of steps that need sources, the network or commands. */
#ifndef SRC_APP_STEPS_H
#define SRC_APP_STEPS_H

#include "app/runs.h"
#include "ops/step.h"

/* All kinds, as runs have them. A kind more is a file more and its row here. */
extern const struct step_kind *const app_step_kinds[STEP_KIND_COUNT];
extern const struct step_kind step_http, step_promql, step_note_app, step_oogway,
	step_host_app;

/* Of the run's run_how. */
struct app *steps_app(const struct run *run);
/* False with a sentence: the command of an oogway step of `book` leads back to it. */
bool steps_no_cycle(const struct app *app, const char *book, struct untrusted command,
	struct err *err);
/* What is shown, without the line that a wait has put above it. */
struct untrusted steps_words(const struct run_plan *plan);

#endif
