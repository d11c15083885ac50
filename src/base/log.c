/* Our own log: ring and file behind one mutex. Every entry is one clean line, so
 * that neither the pane nor a later `cat` of the file can be driven by what was
 * logged. Any thread. */
#include "base/log.h"

#include "base/str.h"
#include "base/text.h"
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
static char file_path[4096];
static size_t file_bytes;

const char *log_level_name(enum log_level level)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};

	return names[level];
}

static void shut_file(void)
{
	if (fd >= 0)
		close(fd);
	fd = -1;
}

/* The file starts anew when it has grown past its maximum; the old one is kept
 * beside it once. Non-blocking, so that a FIFO in its place cannot hang us. */
static bool open_file(void)
{
	struct stat st;
	char old[sizeof file_path + 4];

	shut_file();
	if (!stat(file_path, &st) && st.st_size > FILE_MAX_BYTES) {
		snprintf(old, sizeof old, "%s.old", file_path);
		rename(file_path, old);
	}
	fd = open(file_path,
		O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		0600);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || fchmod(fd, 0600)) {
		shut_file();
		return false;
	}
	file_bytes = (size_t)st.st_size;
	return true;
}

bool log_open(const char *path)
{
	bool ok;

	pthread_mutex_lock(&lock);
	shut_file();
	ok = str_copy(file_path, sizeof file_path, path) && open_file();
	pthread_mutex_unlock(&lock);
	return ok;
}

void log_close(void)
{
	pthread_mutex_lock(&lock);
	shut_file();
	pthread_mutex_unlock(&lock);
}

static void write_file(const struct log_entry *e)
{
	char line[LOG_TEXT + 80], when[TIME_TEXT];
	int n;

	if (fd < 0)
		return;
	n = snprintf(line, sizeof line, "%s %s %s\n", time_rfc3339(e->at, when),
		log_level_name(e->level), e->text);
	if (n <= 0)
		return;
	/* A full disk must not stop the console; the ring still holds it. */
	if (write(fd, line, (size_t)n) < 0) {
		shut_file();
		return;
	}
	file_bytes += (size_t)n;
	if (file_bytes > FILE_MAX_BYTES)
		open_file();
}

void log_add(enum log_level level, const char *fmt, ...)
{
	char words[2 * LOG_TEXT] = "";
	struct log_entry *e;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&lock);
	e = &ring[newest % LOG_RING];
	e->seq = ++newest;
	e->at = time_now_ms();
	e->level = level;
	text_line(untrusted_str(words), e->text, sizeof e->text);
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
