/* What happens to data that arrives: merge → detect → say what changed. Main thread. */
#ifndef APP_PIPELINE_H
#define APP_PIPELINE_H

#include "app/app.h"
#include "io/host.h"
#include "model/batch.h"

/* An answer of a source. false: not all of it is merged, call again in the next turn
 * with the same `taken`, which is 0 at first. */
bool pipeline_answer(
	struct app *app, int source, const struct batch *batch, size_t *taken);
/* A reading of this host. */
void pipeline_reading(
	struct app *app, int64_t now, const struct host_metric *list, size_t n);

#endif
