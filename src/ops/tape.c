/* Two buffers: main fills one while a task writes the other. What the disk cannot take
 * makes tape_add() say so, and the reader lets the command wait in its pipe, so that
 * memory stays flat however much it prints. Main, but for the task. */
#include "tape.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "io/file.h"
#include "io/task.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What is on its way already when the reader is told to wait must fit as well. */
enum { BUFFER_MOST = TAPE_WAITING_BYTES + (1 << 20) };

struct tape {
	struct task task;
	struct task_pool *pool;
	char path[TAPE_PATH];
	void (*written)(void *ctx);
	void (*ended)(void *ctx);
	void *ctx;
	struct str waiting; /* main's */
	struct str writing; /* the task's, while it runs */
	struct digest *digest;
	struct err failed; /* the task's */
	struct err gap;    /* main's */
	struct err err;
	uint64_t bytes;
	uint64_t kept; /* in the file; the task's while it runs */
	int fd;
	bool last; /* the task's run is the one behind which nothing comes */
	bool running, ending, full, orphan;
};

static void put_away(struct tape *tape)
{
	char hash[SHA256_DIGITS + 1];

	if (tape->fd >= 0)
		close(tape->fd);
	if (tape->digest)
		digest_end(tape->digest, hash);
	str_release(&tape->waiting);
	str_release(&tape->writing);
	mem_free(tape);
}

static bool open_file(struct tape *tape)
{
	char folder[TAPE_PATH];
	char *slash;

	str_copy(folder, sizeof folder, tape->path);
	slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	if (!file_make_folder(folder, &tape->failed))
		return false;
	tape->fd = open(
		tape->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return tape->fd >= 0 || err_set(&tape->failed, ERR_IO, "cannot make %s: %s",
					tape->path, strerror(errno));
}

static void work(struct task *task)
{
	struct tape *tape = (struct tape *)task;
	size_t done = 0;

	if (tape->writing.n && tape->fd < 0 && !open_file(tape))
		return;
	while (done < tape->writing.n) {
		ssize_t n =
			write(tape->fd, tape->writing.p + done, tape->writing.n - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_set(&tape->failed, ERR_IO, "cannot write %s: %s", tape->path,
				strerror(errno));
			return;
		}
		digest_add(tape->digest, tape->writing.p + done, (size_t)n);
		done += (size_t)n;
		tape->kept += (uint64_t)n;
	}
	if (tape->last && tape->fd >= 0 && fdatasync(tape->fd) && errno != EINVAL)
		err_set(&tape->failed, ERR_IO, "cannot write %s: %s", tape->path,
			strerror(errno));
}

static void done(struct task *task);

static void submit(struct tape *tape)
{
	struct str empty = tape->writing;

	str_reset(&empty);
	tape->writing = tape->waiting;
	tape->waiting = empty;
	tape->running = true;
	tape->last = tape->ending;
	task_submit(tape->pool, &tape->task);
}

static void done(struct task *task)
{
	struct tape *tape = (struct tape *)task;
	bool was_full = tape->full;

	tape->running = false;
	if (tape->orphan) {
		put_away(tape);
		return;
	}
	tape->err = tape->gap.kind ? tape->gap : tape->failed;
	if (tape->err.kind)
		str_reset(&tape->waiting);
	if (tape->waiting.n || (tape->ending && !tape->last)) {
		submit(tape);
	} else if (tape->ending) {
		tape->ended(tape->ctx);
		return;
	}
	tape->full = false;
	if (was_full || tape->err.kind)
		tape->written(tape->ctx);
}

struct tape *tape_new(const struct tape_how *how)
{
	struct tape *tape = mem_new(1, sizeof *tape);

	tape->task = (struct task){.work = work, .done = done, .class = TASK_INTERACTIVE};
	tape->pool = how->pool;
	str_copy(tape->path, sizeof tape->path, how->path);
	tape->written = how->written;
	tape->ctx = how->ctx;
	tape->fd = -1;
	tape->digest = digest_new();
	str_init(&tape->waiting, BUFFER_MOST);
	str_init(&tape->writing, BUFFER_MOST);
	return tape;
}

bool tape_add(struct tape *tape, struct untrusted bytes)
{
	size_t n;
	const void *p = text_raw(bytes, &n);

	if (tape->err.kind)
		return true;
	if (!str_add(&tape->waiting, p, n)) {
		/* A gap in what is recorded is never silent. */
		err_set(&tape->gap, ERR_LIMIT, "%s: more came than the disk takes",
			tape->path);
		tape->err = tape->gap;
		return true;
	}
	tape->bytes += n;
	if (!tape->running)
		submit(tape);
	tape->full = tape->waiting.n >= TAPE_WAITING_BYTES;
	return !tape->full;
}

void tape_show(struct untrusted bytes, struct str *to)
{
	size_t n;
	const void *p = text_raw(bytes, &n);

	str_add(to, p, n);
}

bool tape_show_newest(struct untrusted bytes, struct str *to)
{
	size_t n;
	const char *p = text_raw(bytes, &n), *line;
	size_t half = to->max / 2;

	if (n > half) {
		p += n - half;
		n = half;
	}
	if (to->n + n <= to->max) {
		str_add(to, p, n);
		return false;
	}
	line = memchr(to->p + half, '\n', to->n - half);
	half = line ? (size_t)(line + 1 - to->p) : half;
	memmove(to->p, to->p + half, to->n - half);
	to->n -= half;
	str_add(to, p, n);
	return true;
}

void tape_end(struct tape *tape, void (*ended)(void *ctx))
{
	tape->ended = ended;
	tape->ending = true;
	if (!tape->running)
		submit(tape);
}

const struct err *tape_error(const struct tape *tape)
{
	return tape->err.kind ? &tape->err : NULL;
}

uint64_t tape_bytes(const struct tape *tape)
{
	return tape->err.kind && !tape->running ? tape->kept : tape->bytes;
}

const char *tape_path(const struct tape *tape)
{
	return tape->bytes ? tape->path : "";
}

const char *tape_hash(struct tape *tape, char out[SHA256_DIGITS + 1])
{
	digest_end(tape->digest, out);
	tape->digest = NULL;
	return out;
}

void tape_free(struct tape *tape)
{
	if (!tape)
		return;
	if (tape->running)
		tape->orphan = true;
	else
		put_away(tape);
}
