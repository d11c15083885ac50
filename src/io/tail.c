/* Follows one file by looking at it: no inotify, so it works on any file system. Hides
 * rotation, truncation and lines that are written in parts. Main only; a slice at a
 * time. */
#include "io/tail.h"

#include "base/alloc.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tail {
	char *path;
	int fd;
	ino_t inode;
	dev_t device;
	off_t at;
	size_t first_bytes;
	bool skip_part; /* the first line may be a part of one */
	bool cut;       /* the rest of an over-long line is skipped */
	struct str line;
	int trouble;      /* errno of the last attempt to open it */
	uint64_t skipped; /* bytes that nobody asked about yet */
};

struct tail *tail_new(const char *path, size_t first_bytes)
{
	struct tail *tail = mem_new(1, sizeof *tail);

	tail->path = mem_strdup(path);
	tail->fd = -1;
	tail->first_bytes = first_bytes;
	str_init(&tail->line, TAIL_LINE_MAX);
	return tail;
}

void tail_free(struct tail *tail)
{
	if (!tail)
		return;
	if (tail->fd >= 0)
		close(tail->fd);
	str_release(&tail->line);
	mem_free(tail->path);
	mem_free(tail);
}

static void start_at(struct tail *tail, off_t at)
{
	tail->at = at;
	tail->skip_part = at > 0;
	tail->cut = false;
	str_reset(&tail->line);
}

static bool open_file(struct tail *tail)
{
	struct stat st;
	int fd = open(tail->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	tail->trouble = fd < 0 ? errno : 0;
	if (fd < 0)
		return false;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		tail->trouble = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		close(fd);
		return false;
	}
	tail->fd = fd;
	tail->inode = st.st_ino;
	tail->device = st.st_dev;
	start_at(tail, st.st_size > (off_t)tail->first_bytes
			       ? st.st_size - (off_t)tail->first_bytes
			       : 0);
	/* After a rotation the new file is read from its beginning. */
	tail->first_bytes = SIZE_MAX / 2;
	return true;
}

static void take(struct tail *tail, const char *p, size_t n,
	void (*line)(void *ctx, struct untrusted line), void *ctx)
{
	while (n) {
		const char *end = memchr(p, '\n', n);
		size_t part = end ? (size_t)(end - p) : n;

		if (!tail->cut)
			str_add(&tail->line, p, part);
		tail->cut = tail->cut || tail->line.cut;
		if (end) {
			if (!tail->skip_part && tail->line.n)
				line(ctx, untrusted_make(tail->line.p, tail->line.n));
			tail->skip_part = tail->cut = false;
			str_reset(&tail->line);
			part++;
		}
		p += part;
		n -= part;
	}
}

/* True when the path names another file now and this one was read to its end. */
static bool rotated(const struct tail *tail)
{
	struct stat st;

	return !stat(tail->path, &st) &&
	       (st.st_ino != tail->inode || st.st_dev != tail->device);
}

/* A flood is not read to its end for ever behind it: what is new counts. */
static void leap(struct tail *tail, off_t size)
{
	if (size - tail->at <= TAIL_BEHIND)
		return;
	tail->skipped += (uint64_t)(size - TAIL_SLICE - tail->at);
	start_at(tail, size - TAIL_SLICE);
}

uint64_t tail_skipped(struct tail *tail)
{
	uint64_t skipped = tail->skipped;

	tail->skipped = 0;
	return skipped;
}

bool tail_read(struct tail *tail, bool *more,
	void (*line)(void *ctx, struct untrusted line), void *ctx)
{
	static char buffer[16 * 1024];
	struct stat st;

	*more = false;
	if (tail->fd < 0 && !open_file(tail))
		return false;
	if (!fstat(tail->fd, &st)) {
		if (st.st_size < tail->at)
			start_at(tail, 0);
		leap(tail, st.st_size);
	}
	for (size_t total = 0; total < TAIL_SLICE;) {
		ssize_t n = pread(tail->fd, buffer, sizeof buffer, tail->at);

		if (n <= 0) {
			if (rotated(tail)) {
				close(tail->fd);
				tail->fd = -1;
			}
			return n == 0;
		}
		tail->at += n;
		total += (size_t)n;
		take(tail, buffer, (size_t)n, line, ctx);
	}
	*more = true;
	return true;
}

int tail_trouble(const struct tail *tail)
{
	return tail->trouble;
}

const char *tail_path(const struct tail *tail)
{
	return tail->path;
}
