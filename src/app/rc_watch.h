/* The rc of a running program: read beside main, so that a home on a dead file server
 * holds nothing up, and read anew when its files have changed and are complete. */
#ifndef SRC_APP_RC_WATCH_H
#define SRC_APP_RC_WATCH_H

#include "app/app.h"

struct rc_watch;

/* The options' texts are copied. */
struct rc_watch *rc_watch_new(struct app *app, const struct rc_options *options);
/* What runs goes on by itself; its rc is given to nobody. */
void rc_watch_free(struct rc_watch *watch);
/* At the start: the rc, or after RC_START_MS what is shipped, with rc->unread; when the
 * files answer later, they come as if they had changed. */
enum { RC_START_MS = 2000, RC_LATE_MS = 10000 };
struct rc *rc_watch_first(struct rc_watch *watch);
/* Reads all files, with this profile ("" for none, NULL for the one that
 * was asked for before), and hands the rc to app_take_rc(). */
void rc_watch_read(struct rc_watch *watch, const char *profile);
/* Once a second: looks whether a file has changed. */
void rc_watch_tick(struct rc_watch *watch, int64_t now);
/* For tests: it looks or reads. */
bool rc_watch_busy(const struct rc_watch *watch);

#endif
