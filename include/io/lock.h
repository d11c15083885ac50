/* Locks between processes of one host, on files that hold nothing (flock(2)): the kernel
 * gives one back when its process ends, however it ends. Nothing here waits. */
#ifndef IO_LOCK_H
#define IO_LOCK_H

#include <stdbool.h>

/* The file is made (0600) when missing. A descriptor, or -1. */
int lock_open(const char *path);
/* Alone, or with all others that share it; false: others are in the way. */
bool lock_take(int fd, bool alone);
void lock_drop(int fd);
void lock_close(int *fd); /* drops it too; -1 is allowed, and left */

#endif
