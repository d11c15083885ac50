/* The terminal. Opening tries harder than initscr (an unknown TERM is no reason to
 * die); giving back happens on every way out, also from a signal handler, for which
 * the bytes are prepared beforehand. */
#include "input.h"
#include "screen.h"
#include "ui/guard.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/time.h"

#include <curses.h>
#include <term.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

enum {
	RESTORE_MAX = 256,
	TITLE_MAX = 120,
	ACK_PATIENCE_MS = 3000,
	ACK_FIRST_MS = 2000,
	MOST_COLS = 1024,
	WRITE_WAIT_MS = 100,
	WRITE_TURNS = 20
};

static struct {
	SCREEN *handle;
	bool open, away;
	struct screen_options options;
	bool ascii, repaint;
	int cursor; /* visible, -1: not known */
	struct place {
		int row, col, shown;
	} at;          /* of the cursor at the last flush */
	uint64_t hash; /* of the frame on the terminal */
	char remark[120];
	char title[TITLE_MAX]; /* "": the terminal's own */
	int rows, cols;
	/* frame acknowledgement */
	bool ack_works, ack_off, ack_pending;
	int64_t ack_sent_at, round_trip_ms;
	/* for the signal handler */
	struct termios original;
	bool have_original;
	int flags; /* of its description, which others have too */
	char restore[RESTORE_MAX];
	size_t restore_n;
	char crash_file[512];
} screen = {.cursor = -1, .round_trip_ms = -1};

static void add_restore(const char *bytes)
{
	size_t n = bytes && bytes != (char *)-1 ? strlen(bytes) : 0;

	if (n && screen.restore_n + n < RESTORE_MAX) {
		memcpy(screen.restore + screen.restore_n, bytes, n);
		screen.restore_n += n;
	}
}

/* xterm-like terminals understand private modes; others would print them. */
bool screen_knows_modes(void)
{
	const char *rmcup = tigetstr("rmcup");

	return rmcup && rmcup != (char *)-1 && strstr(rmcup, "\033[?1049l");
}

static void prepare_restore(void)
{
	screen.restore_n = 0;
	if (screen.title[0])
		add_restore("\033[23;2t");
	if (screen_knows_modes())
		add_restore("\033[?1006l\033[?1000l\033[?2004l\033[?2026l");
	add_restore(tigetstr("sgr0"));
	add_restore(tigetstr("rmkx"));
	add_restore(tigetstr("rmcup"));
	add_restore(tigetstr("cnorm"));
	add_restore("\r\n");
}

/* The loop has made the terminal non-blocking, for its output too: what does not fit is
 * waited for, but not for ever. poll() may be called in a signal handler. */
static void write_all(const void *bytes, size_t n)
{
	const char *p = bytes;
	int patience = WRITE_TURNS;

	while (n && patience) {
		ssize_t done = write(STDOUT_FILENO, p, n);

		if (done < 0 && errno == EAGAIN) {
			struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

			patience -= poll(&out, 1, WRITE_WAIT_MS) <= 0;
		} else if (done <= 0 && errno != EINTR) {
			return;
		} else if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
}

/* newterm() of a name without a description leaks; so its description is looked for
 * first. */
static SCREEN *try_terminal(const char *name)
{
	int why;

	if (setupterm(name, STDOUT_FILENO, &why) != OK)
		return NULL;
	del_curterm(cur_term);
	return newterm(name, stdout, input_open());
}

static SCREEN *try_terminals(void)
{
	static const char *const others[] = {
		"xterm-256color", "xterm", "vt100", "ansi", NULL};
	const char *name = getenv("TERM");
	SCREEN *handle = try_terminal(NULL);

	for (size_t i = 0; !handle && others[i]; i++) {
		handle = try_terminal(others[i]);
		if (handle)
			snprintf(screen.remark, sizeof screen.remark,
				"terminal %.40s is not known here: drawn as %s",
				name && *name ? name : "(TERM not set)", others[i]);
	}
	return handle;
}

static void set_modes(void)
{
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	meta(stdscr, TRUE);
	leaveok(stdscr, FALSE);
	/* Waiting input would make doupdate() stop half-way, and a frame that is the
	 * same is not drawn again. */
	typeahead(-1);
	curs_set(0);
	if (has_colors()) {
		start_color();
		use_default_colors();
	}
	if (screen_knows_modes())
		write_all("\033[?2004h", 8);
	mousemask(screen.options.mouse ? ALL_MOUSE_EVENTS : 0, NULL);
	mouseinterval(0);
}

bool screen_open(const struct screen_options *options, struct err *err)
{
	screen.options = *options;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, ERR_MISSING,
			"no terminal here: use --once, --plain or a command");
	screen.have_original = !tcgetattr(STDIN_FILENO, &screen.original);
	screen.flags = fcntl(STDIN_FILENO, F_GETFL) & ~O_NONBLOCK;
	screen.ascii = options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8");
	/* What comes from there is whole: waiting for the rest of it is not ncurses'. */
	set_escdelay(0);
	if (!input_open())
		return err_set(
			err, ERR_LIMIT, "no pipe for the keys: %s", strerror(errno));
	screen.handle = try_terminals();
	if (!screen.handle)
		return err_set(err, ERR_MISSING,
			"no description of this terminal (TERM=%s): use --plain",
			getenv("TERM") ? getenv("TERM") : "");
	set_term(screen.handle);
	set_modes();
	prepare_restore();
	getmaxyx(stdscr, screen.rows, screen.cols);
	screen.ack_off = options->frame_ack == ACK_OFF || !screen_knows_modes();
	screen.open = true;
	screen.away = false;
	return true;
}

void screen_apply(const struct screen_options *options)
{
	bool mouse = options->mouse != screen.options.mouse;

	screen.options = *options;
	screen.ascii = options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8");
	screen.ack_off = options->frame_ack == ACK_OFF || !screen_knows_modes();
	if (mouse)
		mousemask(options->mouse ? ALL_MOUSE_EVENTS : 0, NULL);
}

/* The title that the terminal had lies on its own stack meanwhile (XTWINOPS 22, 23). */
static void write_title(void)
{
	write_all("\033]2;", 4);
	write_all(screen.title, strlen(screen.title));
	write_all("\007", 1);
}

void screen_title(const char *title)
{
	bool had = screen.title[0];

	if (!screen_knows_modes() || (!title && !had))
		return;
	str_copy(screen.title, sizeof screen.title, title ? title : "");
	prepare_restore();
	if (!screen_is_open())
		return;
	if (!had)
		write_all("\033[22;2t", 7);
	if (title)
		write_title();
	else
		write_all("\033[23;2t", 7);
}

/* endwin() leaves the cursor in the last row. Without a second screen to go back from,
 * the prompt would be written over what stands there. */
static void clear_prompt_row(void)
{
	const char *back = tigetstr("rmcup"), *clear = tigetstr("el");

	if ((back && back != (char *)-1) || !clear || clear == (char *)-1)
		return;
	putp(clear);
	fflush(stdout);
}

/* It is the shell's too, and the loop has made it non-blocking: others could not read. */
static void block_again(void)
{
	if (screen.have_original)
		fcntl(STDIN_FILENO, F_SETFL, screen.flags);
}

void screen_leave(void)
{
	if (!screen.open || screen.away)
		return;
	screen.away = true;
	if (screen.title[0])
		write_all("\033[23;2t", 7);
	if (screen_knows_modes())
		write_all("\033[?2004l", 8);
	curs_set(1);
	endwin();
	clear_prompt_row();
	block_again();
}

void screen_enter(void)
{
	if (!screen.open || !screen.away)
		return;
	screen.away = false;
	fcntl(STDIN_FILENO, F_SETFL, screen.flags | O_NONBLOCK);
	refresh();
	curs_set(0);
	if (screen_knows_modes())
		write_all("\033[?2004h", 8);
	if (screen.title[0]) {
		write_all("\033[22;2t", 7);
		write_title();
	}
	screen.ack_pending = false;
	screen.cursor = -1;
	screen_repaint();
}

void screen_close(void)
{
	if (!screen.open)
		return;
	screen_leave();
	screen.open = false;
	delscreen(screen.handle);
	screen.handle = NULL;
	input_close();
}

bool screen_is_open(void)
{
	return screen.open && !screen.away;
}

void screen_suspend(void)
{
	struct sigaction stop = {.sa_handler = SIG_DFL}, old;

	screen_leave();
	sigaction(SIGTSTP, &stop, &old);
	raise(SIGTSTP);
	sigaction(SIGTSTP, &old, NULL);
	screen_enter();
}

int screen_rows(void)
{
	return screen.rows;
}

int screen_cols(void)
{
	return screen.cols;
}

bool screen_resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		return false;
	if (size.ws_row == screen.rows && size.ws_col == screen.cols)
		return false;
	resizeterm(size.ws_row, size.ws_col);
	screen_repaint();
	getmaxyx(stdscr, screen.rows, screen.cols);
	return true;
}

enum graphics screen_graphics(void)
{
	return screen.ascii ? GRAPHICS_ASCII : GRAPHICS_UTF8;
}

int screen_colors(void)
{
	return has_colors() ? COLORS : 0;
}

const char *screen_remark(void)
{
	return screen.remark;
}

static void ask_ack(void)
{
	/* In auto mode the question is asked now and then until one was answered. */
	if (screen.ack_off || screen.ack_pending)
		return;
	write_all("\033[5n", 4);
	screen.ack_pending = true;
	screen.ack_sent_at = time_mono_ms();
}

/* Hash (FNV-1a) of all cells and the cursor: a frame that is the same as the last
 * one sends nothing, not even the question for an acknowledgement. */
static uint64_t frame_hash(void)
{
	static cchar_t row[MOST_COLS + 1];
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	int y, x;

	getyx(stdscr, y, x);
	hash ^= (uint64_t)(y * 10000 + x) * 2 + (uint64_t)screen.cursor;
	for (int i = 0; i < screen.rows; i++) {
		const uint32_t *words = (const uint32_t *)row;
		int cols = screen.cols < MOST_COLS ? screen.cols : MOST_COLS;

		memset(row, 0, (size_t)cols * sizeof *row);
		mvin_wchnstr(i, 0, row, cols);
		for (size_t k = 0; k < (size_t)cols * sizeof *row / sizeof *words; k++)
			hash = (hash ^ words[k]) * UINT64_C(0x100000001b3);
	}
	move(y, x);
	return hash;
}

void screen_flush(void)
{
	bool sync = screen.options.sync_output && screen_knows_modes();
	struct place at = {.shown = screen.cursor};
	uint64_t hash;

	if (!screen_is_open())
		return;
	getyx(stdscr, at.row, at.col);
	/* Most turns draw nothing: they are not worth a look at every cell. */
	if (!is_wintouched(stdscr) && !screen.repaint && at.row == screen.at.row &&
		at.col == screen.at.col && at.shown == screen.at.shown)
		return;
	screen.at = at;
	hash = frame_hash();
	if (hash == screen.hash && !screen.repaint) {
		untouchwin(stdscr);
		return;
	}
	screen.hash = hash;
	screen.repaint = false;
	if (sync)
		write_all("\033[?2026h", 8);
	wnoutrefresh(stdscr);
	doupdate();
	if (sync)
		write_all("\033[?2026l", 8);
	ask_ack();
}

void screen_repaint(void)
{
	screen.repaint = true;
	clearok(curscr, TRUE);
}

void screen_erase(void)
{
	werase(stdscr);
}

bool screen_ready(void)
{
	/* Only a terminal that has answered before is waited for. */
	return !screen.ack_pending ||
	       (!screen.ack_works && screen.options.frame_ack != ACK_ON);
}

void screen_acked(void)
{
	if (!screen.ack_pending)
		return;
	screen.ack_works = true;
	screen.ack_pending = false;
	screen.round_trip_ms = time_mono_ms() - screen.ack_sent_at;
}

void screen_tick(void)
{
	int64_t waited = time_mono_ms() - screen.ack_sent_at;

	if (!screen.ack_pending)
		return;
	if (!screen.ack_works && waited > ACK_FIRST_MS) {
		/* It never answers: stop asking. */
		screen.ack_pending = false;
		if (screen.options.frame_ack == ACK_AUTO)
			screen.ack_off = true;
	} else if (waited > ACK_PATIENCE_MS) {
		screen.ack_pending = false;
	}
}

int64_t screen_round_trip_ms(void)
{
	return screen.round_trip_ms;
}

void screen_print(const void *bytes, size_t n)
{
	if (screen.open && screen.away)
		write_all(bytes, n);
}

void screen_write(const void *bytes, size_t n)
{
	if (screen_is_open())
		write_all(bytes, n);
}

void screen_cursor(int y, int x, bool visible)
{
	if (screen.cursor != visible)
		curs_set(visible);
	screen.cursor = visible;
	if (y >= 0 && y < screen.rows && x >= 0 && x < screen.cols)
		move(y, x);
}

/* --- the last resort; async-signal-safe calls only --- */

static void crash_report(int signal)
{
	static const char head[] = "oogway " VERSION " ended by signal ";
	void *frames[64];
	char number[4] = {(char)('0' + signal / 10), (char)('0' + signal % 10), '\n', 0};
	int fd;

	if (!screen.crash_file[0])
		return;
	fd = open(screen.crash_file,
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	if (write(fd, head, sizeof head - 1) > 0 && write(fd, number, 3) > 0)
		backtrace_symbols_fd(frames, backtrace(frames, 64), fd);
	close(fd);
}

static void restore_now(void)
{
	if (!screen.open)
		return;
	if (!screen.away)
		write_all(screen.restore, screen.restore_n);
	screen.away = true;
	if (screen.have_original)
		tcsetattr(STDIN_FILENO, TCSANOW, &screen.original);
	block_again();
}

static void on_fatal(int signal)
{
	static const char words[] = "oogway crashed; a report is in ";
	static volatile sig_atomic_t again;

	if (!again++) {
		restore_now();
		crash_report(signal);
		if (screen.crash_file[0] &&
			write(STDERR_FILENO, words, sizeof words - 1) > 0 &&
			write(STDERR_FILENO, screen.crash_file,
				strlen(screen.crash_file)) > 0 &&
			write(STDERR_FILENO, "\n", 1) < 0)
			again++;
	}
	/* SA_RESETHAND has put the default back. */
	raise(signal);
}

static void on_exhausted(void)
{
	static const char words[] = "oogway: out of memory\n";

	restore_now();
	if (write(STDERR_FILENO, words, sizeof words - 1) < 0)
		_exit(1);
}

static volatile sig_atomic_t quit_status;

static void on_quit_late(int signal)
{
	(void)signal;
	_exit(quit_status);
}

void guard_quit(int ms, int status)
{
	struct itimerval timer = {.it_value = {ms / 1000, ms % 1000 * 1000}};

	quit_status = status;
	signal(SIGALRM, on_quit_late);
	setitimer(ITIMER_REAL, &timer, NULL);
}

void guard_signals(const char *folder)
{
	static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};
	static char stack[64 * 1024];
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction action = {.sa_handler = on_fatal,
		.sa_flags = SA_ONSTACK | SA_RESETHAND | SA_NODEFER};
	void *warm[2];

	/* The first backtrace() loads libgcc, which may not happen in a handler. */
	backtrace(warm, 2);
	if (folder)
		snprintf(screen.crash_file, sizeof screen.crash_file, "%s/crash-%lld.txt",
			folder, (long long)(time_now_ms() / 1000));
	sigaltstack(&alternate, NULL);
	for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
		sigaction(fatal[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	mem_on_exhausted(on_exhausted);
}
