/* Our own log: ring and file behind one mutex. Any thread. */
#include "base/log.h"

#include "base/str.h"
#include "base/time.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 4 << 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_entry ring[LOG_RING];
static uint64_t newest;
static int fd = -1;

const char *log_level_name(enum log_level level)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};

	return names[level];
}

/* The file starts anew when it has grown past its maximum; the old one is kept
 * beside it once. */
bool log_open(const char *path)
{
	struct stat st;
	char old[4096];

	log_close();
	if (!stat(path, &st) && st.st_size > FILE_MAX_BYTES &&
		snprintf(old, sizeof old, "%s.old", path) < (int)sizeof old)
		rename(path, old);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd >= 0;
}

void log_close(void)
{
	if (fd >= 0)
		close(fd);
	fd = -1;
}

static void write_file(const struct log_entry *e)
{
	char line[LOG_TEXT + 80], when[TIME_TEXT];
	int n;

	if (fd < 0)
		return;
	n = snprintf(line, sizeof line, "%s %s %s\n", time_rfc3339(e->at, when),
		log_level_name(e->level), e->text);
	if (n > 0 && write(fd, line, (size_t)n) < 0) {
		/* A full disk must not stop the console; the ring still holds it. */
		close(fd);
		fd = -1;
	}
}

void log_add(enum log_level level, const char *fmt, ...)
{
	struct log_entry *e;
	va_list ap;

	pthread_mutex_lock(&lock);
	e = &ring[newest % LOG_RING];
	e->seq = ++newest;
	e->at = time_now_ms();
	e->level = level;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	write_file(e);
	pthread_mutex_unlock(&lock);
}

uint64_t log_newest(void)
{
	uint64_t seq;

	pthread_mutex_lock(&lock);
	seq = newest;
	pthread_mutex_unlock(&lock);
	return seq;
}

bool log_get(uint64_t seq, struct log_entry *out)
{
	bool found = false;

	if (!seq)
		return false;
	pthread_mutex_lock(&lock);
	if (ring[(seq - 1) % LOG_RING].seq == seq) {
		*out = ring[(seq - 1) % LOG_RING];
		found = true;
	}
	pthread_mutex_unlock(&lock);
	return found;
}
