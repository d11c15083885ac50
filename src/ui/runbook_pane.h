/* What the console's commands need of the runbook's pane. */
#ifndef UI_RUNBOOK_PANE_H
#define UI_RUNBOOK_PANE_H

#include "state.h"

/* The selected step, from 0; SIZE_MAX when the pane is another. */
size_t runbook_pane_step(const struct pane *pane);
/* It is in sight when the pane is drawn next. */
void runbook_pane_reveal(struct pane *pane);

/* Shows below each step what it would do, or no more; which it is now. */
bool runbook_pane_dry(struct pane *pane);
/* Selects that step. */
void runbook_pane_go(struct pane *pane, size_t step);
/* Once for each text that is another than what last ran: shows what has changed instead,
 * with a sentence. */
bool runbook_pane_read(struct pane *pane, struct app *app, struct err *err);

enum status cmd_step_run(struct call *call, struct err *err);
enum status cmd_step_edit(struct call *call, struct err *err);
enum status cmd_step_stop(struct call *call, struct err *err);
enum status cmd_step_skip(struct call *call, struct err *err);
enum status cmd_step_set(struct call *call, struct err *err);
enum status cmd_step_dry(struct call *call, struct err *err);
enum status cmd_step_rollback(struct call *call, struct err *err);
enum status cmd_step_copy(struct call *call, struct err *err);
/* "disk-full step 3 is not over …": once within five seconds for each `what`, which lives
 * on. False: go on. */
bool step_warns(struct console *console, const char *what, struct err *err);

#endif
