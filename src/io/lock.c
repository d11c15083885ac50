/* Locks on files. Hides flock(2): it goes by the open file, so that a child which
 * inherits none cannot hold it on. Any thread, one at a time for one descriptor. */
#include "io/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

int lock_open(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

bool lock_take(int fd, bool alone)
{
	return fd >= 0 && !flock(fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB);
}

void lock_drop(int fd)
{
	if (fd >= 0)
		flock(fd, LOCK_UN);
}

void lock_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
