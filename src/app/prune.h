/* Recordings that are older than `set retention.recordings` go. */
#ifndef SRC_APP_PRUNE_H
#define SRC_APP_PRUNE_H

#include "app/app.h"

struct prune;

struct prune *prune_new(struct app *app);
/* Before the pool is freed. */
void prune_end(struct prune *prune);
void prune_free(struct prune *prune);
/* Once a second; looks once a day, first ten seconds after the start. */
void prune_tick(struct prune *prune, int64_t now);

#endif
