#ifndef TERM_WATCHER_H
#define TERM_WATCHER_H

#include <stdint.h>

/* What the watcher tells through its SEQPACKET socket. */
struct watcher_note {
	enum {
		WATCHER_STARTED, /* value: process id; at: just before its fork */
		WATCHER_FAILED,  /* value: errno */
		WATCHER_EXITED,  /* value: wait status */
		WATCHER_STOPPED, /* value: signal */
		WATCHER_CONTINUED,
	} kind;
	int value;
	int64_t at;
};

struct watcher_program {
	char *const *argv;
	char *const *envp; /* NULL: inherited */
	const char *term;
	const char *folder; /* or NULL */
};

/* Run in a freshly forked process; takes both descriptors and never returns. Ends, with
 * everything the program started, when the other end of `status` is closed. */
_Noreturn void watcher_run(int slave, int status, const struct watcher_program *program);

#endif
