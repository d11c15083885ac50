/* Notices on a desktop, by libnotify: opened when the first one is shown, on a worker.
 * Without the library, a session bus or a daemon nothing is shown and nothing is said.
 * Main thread. */
#ifndef IO_DESKTOP_H
#define IO_DESKTOP_H

#include "base/untrusted.h"

#include <stdbool.h>

struct desktop;
struct task_pool;

struct desktop *desktop_new(struct task_pool *pool);
/* Before task_pool_free(): what is being shown is let go, the memory with its task. */
void desktop_free(struct desktop *desktop);
/* One at a time: of those that come meanwhile the last is shown then. */
void desktop_show(struct desktop *desktop, struct untrusted title, struct untrusted body,
	bool urgent);

#endif
