/* The terminal lent to another program: an editor, a shell. Main thread. */
#ifndef UI_LEND_H
#define UI_LEND_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct console;
struct terminal_session;

/* Until it ends the console draws nothing and reads no key; the loop goes on. ended is
 * called once, when the console has its terminal back; not when the console closes
 * first. argv is copied. false: it could not be started, and nothing has changed. */
bool lend(struct console *console, const char *const *argv,
	void (*ended)(void *ctx, int exit_code, const struct err *why), void *ctx,
	struct err *err);
/* To the user's shell. Like all lending at the end of a turn, when no answer of the
 * terminal is awaited: the program would read it. */
void lend_shell(struct console *console);
/* To the user's editor, for the runbook that is wanted; runbooks are read anew then. */
void lend_editor(struct console *console);
/* To the session that is wanted. */
void lend_session(struct console *console);
void lend_session_resized(struct console *console);
/* For struct front. */
bool console_lend(
	void *console, const struct terminal_session *session, struct err *err);
bool console_put(void *console, const void *bytes, size_t n);
void console_take_back(void *console);
void console_size(void *console, int *columns, int *rows);
/* Takes it back, if it is lent, whatever the program does. */
void lend_end(struct console *console);

#endif
