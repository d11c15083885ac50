/* Several consoles on one store: one asks the servers, the others read what they
 * answered. Main thread. */
#ifndef SRC_APP_SHARE_H
#define SRC_APP_SHARE_H

#include <stdint.h>

struct app;
struct poll_share;
struct share;

struct share *share_new(struct app *app);
/* After the store is closed. */
void share_free(struct share *share);
/* Once a second: who leads, and whether somebody follows. */
void share_tick(struct share *share, int64_t now);
/* What the poll engine asks; lives as long as the share. */
const struct poll_share *share_hooks(const struct share *share);

#endif
