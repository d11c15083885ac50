/* A disk that breaks, for a program that this is preloaded into (LD_PRELOAD): writes to
 * files whose path holds $FAULT_PATH work for $FAULT_AFTER bytes, the one that passes them
 * is cut short there, and from then on each fails with $FAULT_ERRNO (EIO or ENOSPC). With
 * $FAULT_SYNC it is fdatasync() and fsync() that fail. $FAULT_WHILE names a file: without
 * it the disk is whole again.
 *
 *   cc -shared -fPIC -o faultdisk.so faultdisk.c */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_long written;

static bool concerns(int fd)
{
	const char *path = getenv("FAULT_PATH"), *until = getenv("FAULT_WHILE");
	char link[40], target[PATH_MAX + 1];
	ssize_t n;

	if (!path || (until && access(until, F_OK)))
		return false;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, target, PATH_MAX);
	if (n <= 0)
		return false;
	target[n] = '\0';
	return strstr(target, path) != NULL;
}

static int fault(void)
{
	const char *name = getenv("FAULT_ERRNO");

	errno = name && !strcmp(name, "ENOSPC") ? ENOSPC : EIO;
	return -1;
}

/* How much of it may be written; -1: none, and errno says why. */
static ssize_t room(int fd, size_t n)
{
	const char *after = getenv("FAULT_AFTER");
	long most = after ? atol(after) : 0, before;

	if (getenv("FAULT_SYNC") || !concerns(fd))
		return (ssize_t)n;
	before = atomic_fetch_add(&written, (long)n);
	if (before >= most)
		return fault();
	return before + (long)n > most ? most - before : (ssize_t)n;
}

ssize_t write(int fd, const void *p, size_t n)
{
	ssize_t part = room(fd, n);

	return part < 0 ? -1 : syscall(SYS_write, fd, p, (size_t)part);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	ssize_t part = room(fd, n);

	/* In place: a page is written or it is not. */
	if (part >= 0 && (size_t)part < n)
		return fault();
	return part < 0 ? -1 : syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return pwrite(fd, p, n, at);
}

int fdatasync(int fd)
{
	if (getenv("FAULT_SYNC") && concerns(fd))
		return fault();
	return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	if (getenv("FAULT_SYNC") && concerns(fd))
		return fault();
	return (int)syscall(SYS_fsync, fd);
}
