/* A recording as text, for whoever has no console. Main thread. */
#ifndef UI_REPLAY_TEXT_H
#define UI_REPLAY_TEXT_H

#include "app/command.h"

/* What the record has recorded, line by line as a terminal showed it, into call->out. */
enum status replay_print(struct call *call, int64_t seq, struct err *err);

#endif
