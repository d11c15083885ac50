/* The words behind a step's fence: its kind and what more is said of it. */
#ifndef OPS_STEP_INFO_H
#define OPS_STEP_INFO_H

#include "base/err.h"
#include "ops/runbook.h"

/* Takes the first word off *info; false: no step begins here. */
bool step_info_kind(struct runbook_step *step, struct untrusted *info);
/* Takes the others, until one is not understood: false with a sentence, and the rest can
 * be taken by another call. */
bool step_info_word(struct runbook_step *step, struct untrusted *info, struct err *err);
/* Can be a variable's: a-z, 0-9, _ (runbook.c). */
bool runbook_name_ok(struct untrusted name, char out[RUNBOOK_NAME]);

#endif
