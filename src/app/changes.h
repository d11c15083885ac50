/* Changes that no server tells of: the tags of git checkouts, folders of webhook bodies,
 * and what somebody says (`change add`). They go where those of the sources are, for
 * this host. Main thread. */
#ifndef APP_CHANGES_H
#define APP_CHANGES_H

#include "app/app.h"

struct changes;

struct changes *changes_new(struct app *app);
void changes_free(struct changes *changes);
/* Reads what the rc names; begins anew with another rc. */
void changes_start(struct changes *changes);
void changes_tick(struct changes *changes, int64_t now);
/* Why not all can be read of a line of the rc; NULL: it can. */
const char *changes_why(const struct changes *changes, size_t i);
/* All was read once, or cannot be. */
bool changes_settled(const struct changes *changes);
/* Said by somebody, now. In the console it is in the store within a second; for one
 * command it is written at once. service may be NULL. */
bool changes_say(
	struct changes *changes, const char *text, const char *service, struct err *err);

#endif
