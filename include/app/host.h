/* The reader of this host: metrics every `set refresh`, processes only while somebody
 * looks at them. Main thread. */
#ifndef APP_HOST_H
#define APP_HOST_H

#include "app/app.h"
#include "io/host.h"

struct host_reader *host_reader_new(struct app *app, const char *root);
void host_reader_free(struct host_reader *reader);
void host_reader_tick(struct host_reader *reader, int64_t now);
/* Reads at once. */
void host_reader_read(struct host_reader *reader, int64_t now);
/* While on, each reading also scans the processes, in a task. */
void host_reader_watch_procs(struct host_reader *reader, bool on);
size_t host_reader_proc_count(const struct host_reader *reader);
const struct host_proc *host_reader_proc(const struct host_reader *reader, size_t i);

#endif
