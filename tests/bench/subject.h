#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "../term/pty.h"

/* A program under measurement: how to start it for each purpose, and what its screen
 * shows when it is whole. */

#define SUBJECT_WORDS 8

enum purpose { PURPOSE_QUIET, PURPOSE_LIVE, PURPOSE_INJECT, PURPOSES };

struct subject {
	const char *name;
	/* Shell words with $VARIABLES, but no shell: see wordexp(3). NULL: as QUIET. */
	const char *command[PURPOSES];
	const char
		*ready[SUBJECT_WORDS]; /* all on the screen: the first frame is there */
	const char *down, *up;         /* keys that move the cursor */
	/* On a slow line: a key, and the text that then appears; NULL: the highlighted
	 * row moves. */
	const char *slow_keys, *slow_text;
	const char *inject_keys[SUBJECT_WORDS]; /* pressed one after the other */
	bool present;
};

/* Starts it, with homes of its own (XDG_*, HOME) in the bench's folder that persist from
 * run to run. NULL after saying why on stderr. */
struct pty *subject_start(const struct subject *subject, enum purpose purpose, int cols,
	int rows, const struct pty_link *link);

/* Is its program there to be run? */
bool subject_present(const struct subject *subject);

bool subject_ready(const struct subject *subject, const struct emu *emu);
/* Waits until it is ready. False when it ended or did not get there. */
bool subject_await_ready(const struct subject *subject, struct pty *pty, int ms);

/* Once before all measurements: makes the store and warms the caches. */
bool subject_warm(const struct subject *subject);

#endif
