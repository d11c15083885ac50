/*
 * Runs a program on a pseudo-terminal with an emulated screen behind it. The structure
 * follows the timing needs of the benches: the terminal is always read before the
 * emulator works, so that the time stamp of a read does not wait for the emulator; and
 * the raw output with its stamps is kept, so that an exact time can be found afterwards
 * by playing the output again. A slow line is the same log with a second mark in it:
 * what has been shown.
 */
#include "pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "watcher.h"

#define RAW_KEEP_BYTES    (64u << 20)
#define READ_BYTES        65536
#define FEED_BYTES        512 /* emulator work between two reads */
#define READ_TURN_BYTES   (256u << 10)
#define PUMP_BYTES        (1u << 20)
#define LINK_BUFFER_BYTES (256u << 10)
#define LINK_TICK_NS      10000000 /* a slow line delivers every 10 ms */
#define DRAIN_MS          20       /* silence after the exit that ends the output */
#define SENT_MAX          4096     /* pieces of input under way on a slow line */

struct pending_input {
	int64_t due;
	size_t size;
	char *bytes;
};

struct pty {
	int master; /* -1 after pty_hangup */
	int status; /* socket to the watcher */
	pid_t watcher, pid;
	int64_t started_at, sent_at, last_output_at, ended_at;
	bool ended, drained, stopped;
	int wait_status;
	struct termios before;
	struct emu *emu;
	struct pty_link link;
	int64_t link_at; /* the line is free from here on */

	char *raw;
	size_t raw_size, raw_capacity;
	uint64_t raw_first; /* offset of raw[0] in the whole output */
	uint64_t shown;
	struct pty_piece *pieces;
	size_t pieces_count, pieces_capacity;
	size_t pieces_arrived, pieces_shown; /* whole ones, from the first */

	struct pending_input *inputs;
	size_t inputs_count;
};

static void *need(void *memory)
{
	if (!memory) {
		fputs("term: out of memory\n", stderr);
		abort();
	}
	return memory;
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t latest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t pty_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- input ---- */

static void write_all(struct pty *pty, const char *bytes, size_t size)
{
	while (size > 0 && pty->master >= 0) {
		ssize_t n = write(pty->master, bytes, size);

		if (n < 0 && errno == EAGAIN) {
			/* The program does not read. A real terminal would wait too; a
			 * test must end, so after a second the rest is lost. */
			struct pollfd fd = {.fd = pty->master, .events = POLLOUT};

			if (poll(&fd, 1, 1000) <= 0)
				return;
		} else if (n < 0 && errno != EINTR) {
			return;
		} else if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
	}
	pty->sent_at = pty_now();
}

static int64_t half_trip(const struct pty *pty)
{
	return (int64_t)pty->link.round_trip_ms * 1000000 / 2;
}

void pty_send(struct pty *pty, const char *bytes, size_t size)
{
	struct pending_input *input;

	if (pty->link.round_trip_ms <= 0) {
		write_all(pty, bytes, size);
		return;
	}
	if (pty->inputs_count == SENT_MAX)
		return;
	if (!pty->inputs)
		pty->inputs = need(calloc(SENT_MAX, sizeof *pty->inputs));
	input = &pty->inputs[pty->inputs_count++];
	input->due = pty_now() + half_trip(pty);
	input->size = size;
	input->bytes = need(malloc(size));
	memcpy(input->bytes, bytes, size);
}

static void on_reply(const char *bytes, size_t size, void *user)
{
	pty_send(user, bytes, size);
}

static void send_due(struct pty *pty, int64_t now)
{
	size_t sent = 0;

	while (sent < pty->inputs_count && pty->inputs[sent].due <= now) {
		write_all(pty, pty->inputs[sent].bytes, pty->inputs[sent].size);
		free(pty->inputs[sent].bytes);
		sent++;
	}
	pty->inputs_count -= sent;
	if (sent > 0)
		memmove(pty->inputs, pty->inputs + sent,
			pty->inputs_count * sizeof *pty->inputs);
}

/* ---- output ---- */

static void raw_make_room(struct pty *pty)
{
	if (pty->raw_size + READ_BYTES <= pty->raw_capacity)
		return;
	if (pty->raw_capacity >= RAW_KEEP_BYTES) {
		size_t drop = pty->raw_size / 2;

		if (pty->raw_first + drop > pty->shown)
			drop = (size_t)(pty->shown - pty->raw_first);
		memmove(pty->raw, pty->raw + drop, pty->raw_size - drop);
		pty->raw_first += drop;
		pty->raw_size -= drop;
		return;
	}
	pty->raw_capacity = pty->raw_capacity ? pty->raw_capacity * 2 : READ_BYTES * 4;
	pty->raw = need(realloc(pty->raw, pty->raw_capacity));
}

static void piece_add(struct pty *pty, int64_t at)
{
	if (pty->pieces_count == pty->pieces_capacity) {
		pty->pieces_capacity =
			pty->pieces_capacity ? pty->pieces_capacity * 2 : 256;
		pty->pieces = need(
			realloc(pty->pieces, pty->pieces_capacity * sizeof *pty->pieces));
	}
	pty->pieces[pty->pieces_count++] =
		(struct pty_piece){.end = pty_total(pty), .at = at};
}

static bool may_read(const struct pty *pty)
{
	return pty->master >= 0 && pty_total(pty) - pty->shown < pty->link.buffer_bytes;
}

/* Reads what is there without waiting; true when there was something. */
static bool read_some(struct pty *pty)
{
	bool any = false;
	size_t turn = 0;

	while (may_read(pty) && turn < READ_TURN_BYTES) {
		raw_make_room(pty);
		if (pty->raw_capacity - pty->raw_size < READ_BYTES)
			break;
		ssize_t n = read(pty->master, pty->raw + pty->raw_size, READ_BYTES);
		int64_t at = pty_now();

		if (n <= 0)
			break;
		pty->raw_size += (size_t)n;
		turn += (size_t)n;
		piece_add(pty, at);
		any = true;
	}
	return any;
}

/* How far the screen may go now: what has crossed the line. */
static uint64_t link_front(struct pty *pty, int64_t now)
{
	uint64_t arrived = pty->shown;
	int64_t budget;

	while (pty->pieces_arrived < pty->pieces_count &&
		pty->pieces[pty->pieces_arrived].at + half_trip(pty) <= now)
		pty->pieces_arrived++;
	if (pty->pieces_arrived > 0)
		arrived = pty->pieces[pty->pieces_arrived - 1].end;
	if (pty->link.bytes_per_s <= 0)
		return arrived;
	if (arrived <= pty->shown)
		return pty->shown;
	while (pty->pieces[pty->pieces_shown].end <= pty->shown)
		pty->pieces_shown++;
	/* An idle line saves nothing up: the first byte starts when it arrives. */
	pty->link_at =
		latest(pty->link_at, pty->pieces[pty->pieces_shown].at + half_trip(pty));
	budget = (int64_t)((double)(now - pty->link_at) * 1e-9 *
			   (double)pty->link.bytes_per_s);
	if (budget > (int64_t)(arrived - pty->shown))
		budget = (int64_t)(arrived - pty->shown);
	pty->link_at += (int64_t)((double)budget * 1e9 / (double)pty->link.bytes_per_s);
	return pty->shown + (uint64_t)budget;
}

/* Feeds the emulator up to what has crossed the line; true when it saw something new. */
static bool show(struct pty *pty)
{
	uint64_t front = link_front(pty, pty_now());
	uint64_t stop = pty->shown + PUMP_BYTES;
	bool any = front > pty->shown;

	while (pty->shown < front && pty->shown < stop) {
		size_t size = front - pty->shown < FEED_BYTES
				      ? (size_t)(front - pty->shown)
				      : FEED_BYTES;

		emu_feed(pty->emu, pty->raw + (pty->shown - pty->raw_first), size);
		pty->shown += size;
		if (read_some(pty) && pty->link.bytes_per_s <= 0)
			front = link_front(pty, pty_now());
	}
	if (any)
		pty->last_output_at = pty->link.bytes_per_s || pty->link.round_trip_ms
					      ? pty_now()
					      : pty->pieces[pty->pieces_count - 1].at;
	return any;
}

/* ---- what the watcher says ---- */

static bool read_status(struct pty *pty)
{
	struct watcher_note note;
	bool any = false;

	while (recv(pty->status, &note, sizeof note, MSG_DONTWAIT) == sizeof note) {
		any = true;
		if (note.kind == WATCHER_STOPPED)
			pty->stopped = true;
		if (note.kind == WATCHER_CONTINUED)
			pty->stopped = false;
		if (note.kind == WATCHER_EXITED) {
			pty->ended = true;
			pty->ended_at = pty_now();
			pty->wait_status = note.value;
		}
	}
	return any;
}

static int64_t next_turn(const struct pty *pty, int64_t until)
{
	int64_t now = pty_now();

	if (pty->inputs_count > 0)
		until = earliest(until, pty->inputs[0].due);
	if (pty->shown < pty_total(pty)) {
		if (pty->pieces_arrived < pty->pieces_count &&
			(pty->pieces_arrived == 0 ||
				pty->pieces[pty->pieces_arrived - 1].end <= pty->shown))
			until = earliest(until,
				pty->pieces[pty->pieces_arrived].at + half_trip(pty));
		else
			until = earliest(until, now + LINK_TICK_NS);
	}
	if (pty->ended && !pty->drained)
		until = earliest(until, now + (int64_t)DRAIN_MS * 1000000);
	return until;
}

static void wait_for_events(struct pty *pty, int64_t until)
{
	struct pollfd fds[2] = {
		{.fd = may_read(pty) ? pty->master : -1, .events = POLLIN},
		{.fd = pty->ended ? -1 : pty->status, .events = POLLIN},
	};
	int64_t left = next_turn(pty, until) - pty_now();
	struct timespec span = {0};

	if (left > 0)
		span = (struct timespec){left / 1000000000, left % 1000000000};
	ppoll(fds, 2, &span, NULL);
}

/* The kernel hands the last output over a moment after the exit: the output has ended
 * when nothing more came for a while. */
static bool now_drained(struct pty *pty)
{
	int64_t quiet_since = pty->ended_at;

	if (!pty->ended || pty->drained)
		return false;
	if (pty->pieces_count > 0 && pty->pieces[pty->pieces_count - 1].at > quiet_since)
		quiet_since = pty->pieces[pty->pieces_count - 1].at;
	if (pty->shown == pty_total(pty) &&
		pty_now() - quiet_since >= (int64_t)DRAIN_MS * 1000000)
		pty->drained = true;
	return pty->drained;
}

bool pty_pump(struct pty *pty, int64_t until)
{
	for (;;) {
		bool any = read_some(pty);

		send_due(pty, pty_now());
		any = show(pty);
		any |= read_status(pty);
		any |= now_drained(pty);
		if (any)
			return true;
		if (pty_now() >= until)
			return false;
		wait_for_events(pty, until);
	}
}

/* ---- life ---- */

static bool open_terminal(struct pty *pty, int *slave, int cols, int rows)
{
	struct winsize size = {
		.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

	if (openpty(&pty->master, slave, NULL, NULL, &size) < 0)
		return false;
	tcgetattr(*slave, &pty->before);
	pty->before.c_iflag |= IUTF8;
	tcsetattr(*slave, TCSANOW, &pty->before);
	tcgetattr(*slave, &pty->before);
	fcntl(pty->master, F_SETFD, FD_CLOEXEC);
	fcntl(*slave, F_SETFD, FD_CLOEXEC);
	fcntl(pty->master, F_SETFL, O_NONBLOCK);
	return true;
}

static bool wait_for_start(struct pty *pty, const char *name, char *why, size_t why_size)
{
	struct watcher_note note;

	while (recv(pty->status, &note, sizeof note, 0) == sizeof note) {
		if (note.kind == WATCHER_STARTED) {
			pty->pid = note.value;
			pty->started_at = note.at;
			return true;
		}
		if (note.kind == WATCHER_FAILED) {
			snprintf(why, why_size, "cannot run %s: %s", name,
				strerror(note.value));
			return false;
		}
	}
	snprintf(why, why_size, "its watcher ended before the program began");
	return false;
}

struct pty *pty_start(const struct pty_options *options, char *why, size_t why_size)
{
	struct pty *pty = need(calloc(1, sizeof *pty));
	int cols = options->cols ? options->cols : 80;
	int rows = options->rows ? options->rows : 24;
	int slave = -1, pair[2] = {-1, -1};

	pty->master = pty->status = -1;
	pty->link = options->link;
	if (!pty->link.buffer_bytes)
		pty->link.buffer_bytes = pty->link.bytes_per_s || pty->link.round_trip_ms
						 ? LINK_BUFFER_BYTES
						 : RAW_KEEP_BYTES / 2;
	pty->emu = emu_new(cols, rows, on_reply, pty);
	if (!open_terminal(pty, &slave, cols, rows) ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ||
		(pty->watcher = fork()) < 0) {
		snprintf(why, why_size, "no terminal for it: %s", strerror(errno));
	} else if (pty->watcher == 0) {
		watcher_run(slave, pair[1],
			&(struct watcher_program){options->argv, options->envp,
				options->term ? options->term : "xterm-256color",
				options->folder});
	}
	if (slave >= 0)
		close(slave);
	if (pair[1] >= 0)
		close(pair[1]);
	pty->status = pair[0];
	if (pty->watcher <= 0 || !wait_for_start(pty, options->argv[0], why, why_size)) {
		pty_close(pty);
		return NULL;
	}
	pty->link_at = pty_now();
	return pty;
}

void pty_close(struct pty *pty)
{
	if (!pty)
		return;
	if (pty->status >= 0)
		close(pty->status); /* the watcher kills the rest and leaves */
	if (pty->watcher > 0)
		while (waitpid(pty->watcher, NULL, 0) < 0 && errno == EINTR)
			;
	if (pty->master >= 0)
		close(pty->master);
	for (size_t i = 0; i < pty->inputs_count; i++)
		free(pty->inputs[i].bytes);
	emu_free(pty->emu);
	free(pty->inputs);
	free(pty->pieces);
	free(pty->raw);
	free(pty);
}

struct emu *pty_emu(struct pty *pty)
{
	return pty->emu;
}

void pty_resize(struct pty *pty, int cols, int rows)
{
	struct winsize size = {
		.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

	emu_resize(pty->emu, cols, rows);
	if (pty->master >= 0)
		ioctl(pty->master, TIOCSWINSZ, &size);
}

bool pty_keys(struct pty *pty, const char *keys, char *why, size_t why_size)
{
	return emu_keys(pty->emu, keys, why, why_size);
}

void pty_paste(struct pty *pty, const char *text)
{
	emu_paste(pty->emu, text);
}

int64_t pty_sent_at(const struct pty *pty)
{
	return pty->sent_at;
}

pid_t pty_pid(const struct pty *pty)
{
	return pty->pid;
}

void pty_signal(struct pty *pty, int number)
{
	if (pty->ended)
		return;
	/* The watcher says so too, but later: the next stop is not this one. */
	if (number == SIGCONT)
		pty->stopped = false;
	kill(pty->pid, number);
}

void pty_hangup(struct pty *pty)
{
	read_some(pty);
	if (pty->master >= 0)
		close(pty->master);
	pty->master = -1;
}

int64_t pty_started_at(const struct pty *pty)
{
	return pty->started_at;
}

bool pty_exited(const struct pty *pty, int *wait_status)
{
	if (wait_status)
		*wait_status = pty->wait_status;
	return pty->drained;
}

bool pty_stopped(const struct pty *pty)
{
	return pty->stopped && !pty->ended;
}

const char *pty_raw(const struct pty *pty, uint64_t *first, size_t *size)
{
	*first = pty->raw_first;
	*size = pty->raw_size;
	return pty->raw;
}

uint64_t pty_total(const struct pty *pty)
{
	return pty->raw_first + pty->raw_size;
}

uint64_t pty_shown(const struct pty *pty)
{
	return pty->shown;
}

const struct pty_piece *pty_pieces(const struct pty *pty, size_t *count)
{
	*count = pty->pieces_count;
	return pty->pieces;
}

int64_t pty_last_output_at(const struct pty *pty)
{
	return pty->last_output_at;
}

static void add_words(char *out, size_t size, const char *words)
{
	size_t used = strlen(out);

	snprintf(out + used, size - used, "%s%s", used ? ", " : "", words);
}

bool pty_restored(struct pty *pty, char *why, size_t why_size)
{
	struct termios now;

	emu_leftovers(pty->emu, why, why_size);
	/* Reads the slave's settings: for these the kernel looks at the other end. */
	if (pty->master < 0 || tcgetattr(pty->master, &now) < 0) {
		add_words(why, why_size, "terminal gone");
		return false;
	}
	if (now.c_iflag != pty->before.c_iflag)
		add_words(why, why_size, "input flags");
	if (now.c_oflag != pty->before.c_oflag)
		add_words(why, why_size, "output flags (newlines)");
	if (now.c_cflag != pty->before.c_cflag)
		add_words(why, why_size, "line flags");
	if (now.c_lflag != pty->before.c_lflag)
		add_words(why, why_size, "local flags (echo, line input, signals)");
	if (memcmp(now.c_cc, pty->before.c_cc, sizeof now.c_cc) != 0)
		add_words(why, why_size, "control characters");
	return why[0] == '\0';
}
