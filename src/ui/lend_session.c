/* The terminal lent to a session on another machine: what is typed goes there as it is,
 * what comes back is written as fast as the terminal takes it. Lent at the end of a turn,
 * when no answer of the terminal is awaited, and taken back with its modes as they were:
 * a host leaves them as it likes. Main thread. */
#include "lend.h"

#include "base/str.h"
#include "io/loop.h"
#include "screen.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { OUT_MOST = 4 << 20, OUT_FULL = 64 << 10, READ_MOST = 4096 };

/* Soft reset, main screen, mouse, focus, paste and keypad off, colours, the cursor. */
static const char restore[] =
	"\033[!p\033[?1049l\033[?1000l\033[?1002l\033[?1003l\033[?1004l"
	"\033[?1005l\033[?1006l\033[?1015l\033[?2004l\033[?1l\033>"
	"\033[?7h\033[?25h\033[r\033(B\033[0m\017\r\n";

struct loan {
	struct termios modes;
	int flags;
};

static struct loan loan;

static void session_input(void *ctx, int events);

void console_size(void *ctx, int *columns, int *rows)
{
	struct winsize size;

	(void)ctx;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
		return;
	*columns = size.ws_col;
	*rows = size.ws_row;
}

/* --- what comes back --- */

static void session_drain(void *ctx, int events)
{
	struct console *console = ctx;
	struct str *out = &console->session_out;
	bool was_full = out->n >= OUT_FULL;
	size_t done = 0;

	(void)events;
	while (done < out->n) {
		ssize_t n = write(STDOUT_FILENO, out->p + done, out->n - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (done)
		memmove(out->p, out->p + done, out->n - done);
	out->n -= done;
	if (out->n && !console->session_watch)
		console->session_watch = loop_watch(console->app->loop, STDOUT_FILENO,
			LOOP_WRITE, session_drain, console);
	if (!out->n) {
		loop_watch_free(console->session_watch);
		console->session_watch = NULL;
	}
	if (was_full && out->n < OUT_FULL)
		console->session.drained(console->session.ctx);
}

bool console_put(void *ctx, const void *bytes, size_t n)
{
	struct console *console = ctx;

	str_add(&console->session_out, bytes, n);
	if (console->session_lent && !console->session_watch)
		session_drain(console, LOOP_WRITE);
	return console->session_out.n < OUT_FULL;
}

/* --- what is typed --- */

/* "~." at the beginning of a line ends it, "~~" is one "~". */
static bool escape_byte(struct console *console, unsigned char c, struct str *out)
{
	bool tilde = console->session_tilde, start = console->session_line_start;

	console->session_tilde = false;
	console->session_line_start = c == '\r' || c == '\n';
	if (tilde && c == '.')
		return false;
	if (tilde && c != '~')
		str_putc(out, '~');
	if (!tilde && start && c == '~') {
		console->session_tilde = true;
		return true;
	}
	str_putc(out, (char)c);
	return true;
}

static void session_input(void *ctx, int events)
{
	struct console *console = ctx;
	char part[READ_MOST];
	ssize_t n = read(STDIN_FILENO, part, sizeof part);
	struct str out;
	bool goes_on = true;

	if (n < 0 && events >= 0 && (errno == EAGAIN || errno == EINTR))
		return;
	str_init(&out, 2 * READ_MOST + 1);
	for (ssize_t i = 0; goes_on && i < n; i++)
		goes_on = escape_byte(console, (unsigned char)part[i], &out);
	if (out.n)
		console->session.typed(console->session.ctx, out.p, out.n);
	str_release(&out);
	if (n <= 0 || !goes_on)
		console->session.gone(console->session.ctx);
	if (n <= 0) {
		loop_watch_free(console->input);
		console->input = NULL;
	}
}

void lend_session_resized(struct console *console)
{
	int columns = 80, rows = 24;

	if (!console->session_lent)
		return;
	console_size(console, &columns, &rows);
	console->session.resized(console->session.ctx, columns, rows);
}

/* --- lent, and taken back --- */

bool console_lend(void *ctx, const struct terminal_session *session, struct err *err)
{
	struct console *console = ctx;

	if (console->session_wanted || console->session_lent)
		return err_set(err, ERR_BUSY, "the terminal is lent");
	console->session = *session;
	console->session_wanted = true;
	str_init(&console->session_out, OUT_MOST);
	return true;
}

void lend_session(struct console *console)
{
	struct termios raw;

	console->session_wanted = false;
	console->session_lent = console->session_line_start = true;
	console->session_tilde = false;
	screen_leave();
	loop_watch_free(console->input);
	console->mode = MODE_LENT;
	tcgetattr(STDIN_FILENO, &loan.modes);
	raw = loan.modes;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	loan.flags = fcntl(STDOUT_FILENO, F_GETFL);
	fcntl(STDOUT_FILENO, F_SETFL, loan.flags | O_NONBLOCK);
	console->input = loop_watch(
		console->app->loop, STDIN_FILENO, LOOP_READ, session_input, console);
	lend_session_resized(console);
	session_drain(console, LOOP_WRITE);
}

void console_take_back(void *ctx)
{
	struct console *console = ctx;
	struct str *out = &console->session_out;

	if (console->session_lent) {
		loop_watch_free(console->session_watch);
		console->session_watch = NULL;
		fcntl(STDOUT_FILENO, F_SETFL, loan.flags);
		/* The last words of it, unless there are too many to wait for. */
		if (out->n < OUT_FULL && write(STDOUT_FILENO, out->p, out->n) < 0)
			out->n = 0;
		if (write(STDOUT_FILENO, restore, sizeof restore - 1) < 0)
			out->n = 0;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &loan.modes);
		loop_watch_free(console->input);
		console->input = NULL;
		console->session_lent = false;
		lend_end(console);
	}
	console->session_wanted = false;
	str_release(out);
	console->session = (struct terminal_session){0};
}
