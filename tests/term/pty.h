#ifndef TERM_PTY_H
#define TERM_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "emu.h"

/*
 * A program on a terminal of its own: started, driven, watched and cleaned up after.
 * A small watcher process plays the shell: it leads the session and outlives the program,
 * so that what the program leaves in the terminal's settings can still be read, and
 * everything the program started dies with the watcher.
 *
 * Times are CLOCK_MONOTONIC nanoseconds. Not thread-safe; nothing happens outside calls.
 */

/* A slow line between program and terminal. All zero: none. */
struct pty_link {
	long bytes_per_s;    /* to the terminal; 0 = as fast as it comes */
	size_t buffer_bytes; /* how much the line holds before it pushes back: sshd and
	                        TCP hold about 256 KiB; 0 means that */
	int round_trip_ms;   /* half of it in each direction */
};

struct pty_options {
	char *const *argv;  /* argv[0] is looked up in PATH */
	char *const *envp;  /* NULL: this process's own; TERM is always replaced */
	const char *term;   /* NULL: xterm-256color */
	const char *folder; /* NULL: this one */
	int cols, rows;     /* 0: 80x24 */
	struct pty_link link;
};

/* A read that brought bytes. `end` counts from the start of the program's output. */
struct pty_piece {
	uint64_t end;
	int64_t at;
};

struct pty;

/* NULL and a sentence in `why` when the program cannot be started. Else it runs: a signal
 * sent next is its own affair. */
struct pty *pty_start(const struct pty_options *options, char *why, size_t why_size);
/* Kills whatever is left of the program. Accepts NULL. */
void pty_close(struct pty *pty);

/* Waits until something happened (output reached the screen, the program ended or
 * stopped) or until `until`, and works off what is there. False: time is up. */
bool pty_pump(struct pty *pty, int64_t until);
int64_t pty_now(void);

struct emu *pty_emu(struct pty *pty);
void pty_resize(struct pty *pty, int cols, int rows);
bool pty_keys(struct pty *pty, const char *keys, char *why, size_t why_size);
void pty_paste(struct pty *pty, const char *text);
void pty_send(struct pty *pty, const char *bytes, size_t size);
/* When the last byte of pty_send, pty_keys, pty_paste or a mouse report was written to
 * the program's terminal; 0 before. */
int64_t pty_sent_at(const struct pty *pty);

pid_t pty_pid(const struct pty *pty);
void pty_signal(struct pty *pty, int number);
/* The terminal goes away, as when its window is closed or the connection drops. */
void pty_hangup(struct pty *pty);

int64_t pty_started_at(const struct pty *pty); /* just before the program's fork */
bool pty_exited(const struct pty *pty, int *wait_status); /* and all its output is here */
bool pty_stopped(const struct pty *pty);                  /* SIGTSTP and its kind */

/*
 * The output since the start. The newest 64 MiB are kept; pty_raw gives the bytes from
 * *first on. Pieces tell when each read came in; on a slow line that is when the program
 * wrote them, and pty_shown how far the screen has got.
 */
const char *pty_raw(const struct pty *pty, uint64_t *first, size_t *size);
uint64_t pty_total(const struct pty *pty);
uint64_t pty_shown(const struct pty *pty);
const struct pty_piece *pty_pieces(const struct pty *pty, size_t *count);
int64_t pty_last_output_at(const struct pty *pty); /* of what was shown; 0: none yet */

/* Is everything as the program found it: terminal settings, modes, screen, colours?
 * What is not is listed in `why`. */
bool pty_restored(struct pty *pty, char *why, size_t why_size);

#endif
