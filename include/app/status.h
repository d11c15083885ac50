/* What status bars ask for: each running console writes its headline to a small file of
 * its own, `oogway status` reads those and nothing else, so that it answers at once. Of
 * several consoles the one that was started last is told. */
#ifndef APP_STATUS_H
#define APP_STATUS_H

#include "app/app.h"
#include "app/command.h"

struct status_writer;

struct status_writer *status_writer_new(struct app *app);
void status_writer_free(struct status_writer *writer);
/* Once a second: writes, in a task, when what it says has changed or is 30 s old. */
void status_writer_tick(struct status_writer *writer, int64_t now);

/* format: "text", "tmux" or "json". A file older than STATUS_STALE_MS, or
 * of a process that is gone, is that of a console that does not run. */
enum { STATUS_STALE_MS = 90000 };
enum status status_print(const char *format, struct str *out, struct err *err);

#endif
