/* What status bars ask for: the running console writes its headline to a small file,
 * `oogway status` reads that and nothing else, so that it answers at once. */
#ifndef APP_STATUS_H
#define APP_STATUS_H

#include "app/app.h"
#include "app/command.h"

struct status_writer;

struct status_writer *status_writer_new(struct app *app);
void status_writer_free(struct status_writer *writer);
/* Once a second: writes, in a task, when what it says has changed or is 30 s old. */
void status_writer_tick(struct status_writer *writer, int64_t now);

/* format: "text", "tmux" or "json". Older than STATUS_STALE_MS counts as not running. */
enum { STATUS_STALE_MS = 90000 };
enum status status_print(const char *format, struct str *out, struct err *err);

#endif
