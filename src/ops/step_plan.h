/* What a step would do exactly, worked out before anybody is asked. */
#ifndef OPS_STEP_PLAN_H
#define OPS_STEP_PLAN_H

#include "ops/step.h"
#include "values.h"

/* Texts of how are borrowed; the plan lives in the arena. A program that reaches some
 * cluster or account, whichever the surroundings name now, is refused unless the step
 * names one. */
bool step_plan_make(const struct run_how *how, struct values *values,
	const struct runbook_step *step, struct arena *arena, struct run_plan *out,
	struct err *err);
/* Only to be looked at: no pins, no place, values that stand in. False: it cannot be
 * understood; out's class is then what is written. */
bool step_plan_look(const struct step_kind *const *kinds, struct values *values,
	const struct runbook_step *step, struct arena *arena, struct run_plan *out,
	struct err *err);

#endif
