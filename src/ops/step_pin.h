/* Programs whose target is whatever the surroundings name now. */
#ifndef OPS_STEP_PIN_H
#define OPS_STEP_PIN_H

#include "ops/step.h"

/* How often the plan runs the program, through sudo and the like too. */
size_t step_runs(const struct run_plan *plan, const char *program);
/* False with a sentence, which names what the surroundings point to now where that can be
 * read: a program of them does not say where to. */
bool step_pinned(const struct run_plan *plan, struct err *err);
/* kubectl and helm get the context of the profile, unless the step says one. */
bool step_pin(const struct planning *p, struct err *err);

#endif
