/* The audit's signed end, put on an incident as a note: a copy that others keep. */
#ifndef SRC_APP_ANCHOR_H
#define SRC_APP_ANCHOR_H

#include "app/app.h"

/* When the rc has a sink of kind note, and none was put on this alert's incident within
 * the last ten minutes. What it cannot do is logged. */
void anchor_put(struct app *app, uint64_t alert, int64_t *last_at);

#endif
