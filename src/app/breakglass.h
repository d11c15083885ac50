/* Broken glass: approvals are lifted for a while, and everybody hears of it. */
#ifndef SRC_APP_BREAKGLASS_H
#define SRC_APP_BREAKGLASS_H

#include "app/app.h"
#include "app/command.h"

struct breakglass;

/* What such a change is about: by that the handoff finds it. */
#define BREAKGLASS_SERVICE "break-glass"

struct breakglass *breakglass_new(struct app *app);
void breakglass_free(struct breakglass *glass);
/* Asks, records, lifts approvals for thirty minutes, tells. */
enum status breakglass_begin(struct breakglass *glass, const char *reason,
	const char *origin, struct err *err);
/* False: it is not broken. */
bool breakglass_end(struct breakglass *glass, const char *origin);
/* Ends it when its time is over. */
void breakglass_tick(struct breakglass *glass, int64_t now);

#endif
