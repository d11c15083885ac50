/* Child processes: argv only, never a shell; output as lines. Main thread. */
#ifndef IO_PROC_H
#define IO_PROC_H

#include "base/err.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct proc;

enum { PROC_LINE_MAX = 64 * 1024, PROC_WAITING_BYTES = 1 << 20 };

struct proc_options {
	const char *const *argv;
	/* A line of its standard output without newline; longer ones are cut. */
	void (*line)(void *ctx, struct untrusted line);
	/* Instead of lines: bytes as they come, of its standard output, or of its
	 * standard error, which is not read otherwise. */
	void (*bytes)(void *ctx, bool is_error, struct untrusted bytes);
	/* Called once, last: the exit code (128 + signal), or *why it could not run.
	 * The proc is gone afterwards. */
	void (*end)(void *ctx, int exit_code, const struct err *why);
	void *ctx;
	int64_t timeout_ms; /* 0: none (a follower) */
	const void *input;  /* written to its standard input, then closed */
	size_t input_n;
	bool writes; /* its standard input stays open for proc_write() */
	/* There is room again after proc_write() took less; or NULL. */
	void (*room)(void *ctx);
	/* With a terminal of its own of that size, which is its output. 0: none. */
	int columns, rows;
	bool terminal; /* it has ours: nothing is read from it, nothing written */
	bool secret;   /* what it prints is wiped when it has been told */
};

/* NULL with *err when it cannot be started; end is then not called. */
struct proc *proc_start(
	struct loop *loop, const struct proc_options *options, struct err *err);
/* Asks it to end: TERM, then KILL after 2 s. `end` comes as ever, with 128 + signal. */
void proc_stop(struct proc *proc);
/* Reads nothing more of it, or goes on: what it writes then waits in the pipe. */
void proc_pause(struct proc *proc, bool on);
/* Bytes taken, PROC_WAITING_BYTES at a time at most. */
size_t proc_write(struct proc *proc, const void *bytes, size_t n);
/* The end of its standard input, behind what was written. */
void proc_close_input(struct proc *proc);
/* Of its own terminal. */
void proc_resize(struct proc *proc, int columns, int rows);
/* Ends it (TERM, then KILL after 2 s); no callback is called any more. NULL is fine. */
void proc_kill(struct proc *proc);

#endif
