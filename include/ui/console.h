/* The console: the screen, the panes and the keys. Runs on the loop until quit. */
#ifndef UI_CONSOLE_H
#define UI_CONSOLE_H

#include "app/app.h"
#include "app/command.h"
#include "base/err.h"

struct console;

/* Its commands; they run only in an open console. */
extern const struct command console_commands[];

/* What of an rc only the console can judge, its layouts and what is bound to commands,
 * becomes errors of it. The table of commands is complete by then. */
void console_check_rc(const struct commands *commands, struct rc *rc);

/* Opens the terminal and draws the first frame. NULL with *err when there is no
 * usable terminal. Adds its commands to the table. */
struct console *console_open(struct app *app, struct commands *commands, struct err *err);
/* Runs a command line, as typed at ':'. */
void console_run(struct console *console, const char *line);
/* Restores the terminal. */
void console_close(struct console *console);
/* A line to print after the terminal is restored, or NULL: why it ended. */
const char *console_parting(const struct console *console);

#endif
