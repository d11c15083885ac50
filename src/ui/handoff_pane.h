/* What the console's commands need of the handoff's pane. */
#ifndef UI_HANDOFF_PANE_H
#define UI_HANDOFF_PANE_H

#include "app/handoff.h"
#include "state.h"

/* The selected part; HANDOFF_PARTS when the pane is another or nothing is composed. */
enum handoff_part handoff_pane_part(const struct pane *pane);
/* Selects it, wherever it has gone. */
void handoff_pane_follow(struct pane *pane, enum handoff_part part);

enum status cmd_handoff_part(struct call *call, struct err *err);
enum status cmd_handoff_edit(struct call *call, struct err *err);
enum status cmd_handoff_preview(struct call *call, struct err *err);
/* At the end of a turn, when no answer of the terminal is awaited: it would be typed into
 * the editor. */
void handoff_edit_begin(struct console *console);
/* What waits for that is forgotten. */
void handoff_edit_drop(struct console *console);

#endif
