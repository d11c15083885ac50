/*
 * The screen-test language: a table of directives over pty and screen. One script runs
 * in one process of its own (term.c forks), so failing hard is harmless to the others.
 *
 * Looking and waiting are one thing here: every directive that looks at the screen first
 * waits until what it looks for is there, up to a limit, so scripts need no sleeps and a
 * slow machine is not a failure.
 */
#include "script.h"

#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pty.h"
#include "screen.h"
#include "words.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define LINE_MAX_BYTES  4096
#define SESSIONS_MAX    4
#define WAIT_MS         5000 /* wait, wait-gone, exit */
#define LOOK_MS         2000 /* expect, snapshot: the program had its time already */
#define SETTLE_MS       80
#define SETTLE_FIRST_MS 400   /* for the first byte after a key */
#define SETTLE_LIMIT_MS 10000 /* a screen that never rests */
#define OTHERS_NS       20000000
#define SENTENCE        512 /* bytes of a message */

/* A program on its terminal; `use NAME` changes between several. */
struct session {
	char name[32];
	struct pty *pty;
	uint64_t mark; /* bytes-max counts from here */
	bool fed;      /* input was sent and the screen not looked at since */
	bool judged;   /* its end was checked, or caused by the script */
};

struct script {
	const struct script_options *options;
	const char *path;
	int line;
	char text[LINE_MAX_BYTES]; /* the directive as written, for messages */
	int failures, checks;
	bool stop;
	int cols, rows;
	char term[64];
	char folder[PATH_MAX]; /* of the script file: snapshots lie there */
	struct pty_link link;
	struct session sessions[SESSIONS_MAX];
	struct session *session;
	struct screen_masks masks;
};

enum flags {
	EXPAND = 1,  /* $NAME in words */
	REST = 2,    /* takes the rest of the line, unsplit */
	RUNNING = 4, /* needs a program */
	CHECK = 8,   /* counts as one */
};

struct directive {
	const char *name;
	int least, most; /* words after the name */
	unsigned flags;
	bool (*run)(struct script *script, struct words *words);
	const char *help;
};

/* ---- failing ---- */

static bool fail(struct script *script, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool fail(struct script *script, const char *format, ...)
{
	FILE *out = script->options->out;
	va_list args;

	fprintf(out, "  %s:%d: %s\n    ", script->path, script->line, script->text);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
	script->failures++;
	return false;
}

/* A failure with the screen as it was. */
static bool fail_showing(struct script *script, const char *reason)
{
	fail(script, "%s", reason);
	if (script->session->pty)
		screen_print(script->options->out, pty_emu(script->session->pty));
	return false;
}

static bool fail_for_good(struct script *script, const char *reason)
{
	script->stop = true;
	return fail_showing(script, reason);
}

static void status_words(int status, char *out, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(out, size, "ended by SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(out, size, "ended with status %d", WEXITSTATUS(status));
}

/* ---- time ---- */

static int64_t limit_ns(const struct script *script, int ms)
{
	return (int64_t)((double)ms * 1e6 * script->options->slowness);
}

/* The others must be read too, or they block in write. */
static void pump_others(struct script *script)
{
	for (int i = 0; i < SESSIONS_MAX; i++)
		if (script->sessions[i].pty && &script->sessions[i] != script->session)
			pty_pump(script->sessions[i].pty, 0);
}

static void pump_until(struct script *script, int64_t until)
{
	int64_t turn = pty_now() + OTHERS_NS;

	pty_pump(script->session->pty, until < turn ? until : turn);
	pump_others(script);
}

typedef bool condition(struct script *script, void *what);

/* Waits for it. False when time is up, or when the program has ended without it. */
static bool await(struct script *script, int ms, condition *holds, void *what)
{
	int64_t until = pty_now() + limit_ns(script, ms);
	struct pty *pty = script->session->pty;

	while (pty_pump(pty, 0) && pty_now() < until)
		;
	while (!holds(script, what)) {
		if (pty_exited(pty, NULL) || pty_now() >= until)
			return false;
		pump_until(script, until);
	}
	return true;
}

/* Until no byte came for `ms`. After input the first byte gets more time to come. */
static bool settle(struct script *script, int ms)
{
	struct pty *pty = script->session->pty;
	int64_t now = pty_now(), first = now + limit_ns(script, SETTLE_FIRST_MS);
	int64_t limit = now + limit_ns(script, SETTLE_LIMIT_MS);
	int64_t quiet = limit_ns(script, ms), since = now;
	uint64_t shown = pty_shown(pty);
	bool waiting = script->session->fed;

	script->session->fed = false;
	for (;;) {
		int64_t until = waiting ? first : since + quiet;

		if (pty_exited(pty, NULL) || (now = pty_now()) >= until)
			return true;
		if (now > limit)
			return false;
		pump_until(script, until);
		if (pty_shown(pty) != shown) {
			shown = pty_shown(pty);
			since = pty_now();
			waiting = false;
		}
	}
}

/* Before a look at the screen: what a key has caused must have had time to appear. */
static void settle_if_fed(struct script *script)
{
	if (script->session->fed)
		settle(script, SETTLE_MS);
}

/* ---- words ---- */

static bool number(struct script *script, const char *word, long least, long *out)
{
	char *end;
	long value = strtol(word, &end, 10);

	if (end == word || *end || value < least)
		return fail(script, "\"%s\" is not a number from %ld on", word, least);
	*out = value;
	return true;
}

static bool milliseconds(struct script *script, struct words *words, int at, int *ms)
{
	long value = *ms;

	if (words->count > at && !number(script, words->word[at], 0, &value))
		return false;
	*ms = (int)value;
	return true;
}

static bool size_word(struct script *script, const char *word, int *cols, int *rows)
{
	char rest;

	if (sscanf(word, "%dx%d%c", cols, rows, &rest) == 2 && *cols > 0 && *rows > 0 &&
		*cols <= 1000 && *rows <= 1000)
		return true;
	script->stop = true;
	return fail(script, "a size is COLSxROWS, such as 80x24");
}

static bool hex_bytes(struct script *script, struct words *words, char *out, size_t *size)
{
	*size = 0;
	for (int i = 0; i < words->count; i++)
		for (const char *c = words->word[i]; *c; c += 2) {
			unsigned byte;

			if (sscanf(c, "%2x", &byte) != 1 ||
				!isxdigit((unsigned char)c[1]))
				return fail(script,
					"bytes are pairs of hex digits: 1b 5b 41");
			out[(*size)++] = (char)byte;
		}
	return true;
}

/* ---- setting up ---- */

static bool do_size(struct script *script, struct words *words)
{
	return size_word(script, words->word[0], &script->cols, &script->rows);
}

static bool do_term(struct script *script, struct words *words)
{
	snprintf(script->term, sizeof script->term, "%s", words->word[0]);
	return true;
}

static bool do_env(struct script *script, struct words *words)
{
	for (int i = 0; i < words->count; i++) {
		char *equals = strchr(words->word[i], '=');

		if (!equals)
			return fail(script, "env takes NAME=VALUE");
		*equals = '\0';
		setenv(words->word[i], equals + 1, 1);
	}
	return true;
}

static bool do_unenv(struct script *script, struct words *words)
{
	(void)script;
	for (int i = 0; i < words->count; i++)
		unsetenv(words->word[i]);
	return true;
}

/* What could not be known when the script was written: an id, a code out of a mail. */
static bool do_env_from(struct script *script, struct words *words)
{
	const char *command = words->rest + strlen(words->word[0]);
	char line[LINE_MAX_BYTES] = "";
	FILE *out = popen(command, "re");
	int status = -1;

	if (out) {
		if (!fgets(line, sizeof line, out))
			line[0] = '\0';
		status = pclose(out);
	}
	line[strcspn(line, "\r\n")] = '\0';
	if (status || !line[0])
		return fail_for_good(script, "the command failed, or printed nothing");
	setenv(words->word[0], line, 1);
	return true;
}

static bool do_link(struct script *script, struct words *words)
{
	long rate = 0, round_trip = 0;

	if (!number(script, words->word[0], 0, &rate) ||
		(words->count > 1 && !number(script, words->word[1], 0, &round_trip)))
		return false;
	script->link =
		(struct pty_link){.bytes_per_s = rate, .round_trip_ms = (int)round_trip};
	return true;
}

static bool do_mask(struct script *script, struct words *words)
{
	int at = script->masks.count;
	char why[SENTENCE];
	int failed;

	if (at == SCREEN_MASKS_MAX)
		return fail(script, "more than %d masks", SCREEN_MASKS_MAX);
	failed = regcomp(&script->masks.regex[at], words->rest, REG_EXTENDED);
	if (failed) {
		regerror(failed, &script->masks.regex[at], why, sizeof why);
		return fail(script, "not a regular expression: %s", why);
	}
	script->masks.count++;
	return true;
}

static bool do_sh(struct script *script, struct words *words)
{
	int status = system(words->rest);

	if (status == 0)
		return true;
	script->stop = true;
	return fail(script, "the command failed (status %d)",
		WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static bool do_use(struct script *script, struct words *words)
{
	struct session *free_one = NULL;

	for (int i = SESSIONS_MAX - 1; i >= 0; i--) {
		struct session *session = &script->sessions[i];

		if (strcmp(session->name, words->word[0]) == 0) {
			script->session = session;
			return true;
		}
		if (!session->name[0])
			free_one = session;
	}
	if (!free_one)
		return fail(script, "more than %d sessions", SESSIONS_MAX);
	snprintf(free_one->name, sizeof free_one->name, "%s", words->word[0]);
	script->session = free_one;
	return true;
}

/* A program that crashed while nobody was looking is a failure. */
static bool judge_end(struct script *script, struct session *session)
{
	int status;
	char words[64];

	if (!session->pty || session->judged || !pty_exited(session->pty, &status) ||
		!WIFSIGNALED(status))
		return true;
	status_words(status, words, sizeof words);
	session->judged = true;
	return fail_showing(script, words);
}

static bool do_run(struct script *script, struct words *words)
{
	struct session *session = script->session;
	struct pty_options options = {.argv = words->word,
		.term = script->term,
		.cols = script->cols,
		.rows = script->rows,
		.link = script->link};
	char why[SENTENCE];

	judge_end(script, session);
	pty_close(session->pty);
	session->pty = pty_start(&options, why, sizeof why);
	session->mark = 0;
	session->fed = session->judged = false;
	if (session->pty)
		return true;
	return fail_for_good(script, why);
}

/* ---- looking ---- */

struct look {
	const char *text;
	int row; /* -1: any */
	bool gone;
	regex_t *regex;
	char *taken; /* LINE_MAX_BYTES for what its first group is, or NULL */
};

static bool on_row(struct emu *emu, int row, const struct look *look)
{
	struct emu_line line;
	regmatch_t at[2];
	bool found;

	emu_line(emu, row, &line);
	found = look->regex ? regexec(look->regex, line.text, 2, at, 0) == 0
			    : strstr(line.text, look->text) != NULL;
	if (found && look->taken && at[1].rm_so >= 0)
		snprintf(look->taken, LINE_MAX_BYTES, "%.*s",
			(int)(at[1].rm_eo - at[1].rm_so), line.text + at[1].rm_so);
	emu_line_release(&line);
	return found;
}

static bool look_holds(struct script *script, void *what)
{
	struct look *look = what;
	struct emu *emu = pty_emu(script->session->pty);
	int rows = emu_rows(emu);
	bool found = false;

	for (int row = 0; row < rows && !found; row++)
		if (look->row < 0 || look->row == row)
			found = on_row(emu, row, look);
	return found != look->gone;
}

static bool look_for(struct script *script, struct look *look, int ms, bool for_good)
{
	char reason[SENTENCE], ending[64] = "";
	int status;

	script->session->fed &= !look->gone; /* the wait itself is the settling */
	if (await(script, ms, look_holds, look)) {
		script->session->fed = false;
		return true;
	}
	if (pty_exited(script->session->pty, &status)) {
		status_words(status, ending, sizeof ending);
		script->session->judged = true;
	}
	snprintf(reason, sizeof reason, "%s%s%s%s",
		look->gone ? "still on the screen" : "not on the screen",
		look->row >= 0 ? " in that row" : "", ending[0] ? "; the program " : "",
		ending);
	return for_good ? fail_for_good(script, reason) : fail_showing(script, reason);
}

static bool do_wait(struct script *script, struct words *words)
{
	struct look look = {.text = words->word[0], .row = -1};
	int ms = WAIT_MS;

	return milliseconds(script, words, 1, &ms) && look_for(script, &look, ms, true);
}

static bool do_wait_gone(struct script *script, struct words *words)
{
	struct look look = {.text = words->word[0], .row = -1, .gone = true};
	int ms = WAIT_MS;

	return milliseconds(script, words, 1, &ms) && look_for(script, &look, ms, true);
}

static bool do_expect(struct script *script, struct words *words)
{
	struct look look = {.text = words->word[0], .row = -1};

	return look_for(script, &look, LOOK_MS, false);
}

static bool do_reject(struct script *script, struct words *words)
{
	struct look look = {.text = words->word[0], .row = -1, .gone = true};

	settle_if_fed(script);
	return look_for(script, &look, LOOK_MS, false);
}

/* Rows count from 1, or from the bottom with -1. */
static bool row_word(struct script *script, const char *word, int *row)
{
	int rows = emu_rows(pty_emu(script->session->pty));
	long value = 0;

	if (strcmp(word, "*") == 0) {
		*row = -1;
		return true;
	}
	if (!number(script, word, -rows, &value))
		return false;
	if (value == 0 || value > rows)
		return fail(script, "rows are 1 to %d, or -1 for the last", rows);
	*row = (int)(value > 0 ? value - 1 : rows + value);
	return true;
}

static bool do_expect_row(struct script *script, struct words *words)
{
	struct look look = {.text = words->word[1]};

	return row_word(script, words->word[0], &look.row) &&
	       look_for(script, &look, LOOK_MS, false);
}

static bool look_for_regex(struct script *script, const char *text, char *taken)
{
	regex_t regex;
	struct look look = {.row = -1, .regex = &regex, .taken = taken};
	bool ok;

	if (regcomp(&regex, text, REG_EXTENDED) != 0)
		return fail(script, "not a regular expression");
	ok = look_for(script, &look, LOOK_MS, false);
	regfree(&regex);
	return ok;
}

static bool do_expect_re(struct script *script, struct words *words)
{
	return look_for_regex(script, words->rest, NULL);
}

static bool do_take(struct script *script, struct words *words)
{
	const char *text = words->rest + strlen(words->word[0]);
	char taken[LINE_MAX_BYTES] = "";

	return look_for_regex(script, text + strspn(text, " "), taken) &&
	       !setenv(words->word[0], taken, 1);
}

struct attr_look {
	int row;
	struct words *words; /* ROW TEXT ATTR… */
	char found[160];     /* what stands there instead */
	bool unknown;
};

static bool cells_hold(
	struct emu *emu, int row, int col, int cols, struct attr_look *look)
{
	struct emu_cell cell;

	for (int c = col; c < col + cols; c++) {
		emu_cell(emu, row, c, &cell);
		for (int i = 2; i < look->words->count && cell.width > 0; i++) {
			int holds = screen_attr_holds(&cell, look->words->word[i]);

			look->unknown |= holds < 0;
			if (holds != 1) {
				screen_attrs_words(
					&cell, look->found, sizeof look->found);
				return false;
			}
		}
	}
	return true;
}

static bool attrs_hold(struct script *script, void *what)
{
	struct attr_look *look = what;
	struct emu *emu = pty_emu(script->session->pty);
	int row, col, cols, from = look->row < 0 ? 0 : look->row;

	snprintf(look->found, sizeof look->found, "%s", "no such text");
	while (emu_find(emu, look->words->word[1], from, &row, &col, &cols)) {
		if (look->row >= 0 && row != look->row)
			return false;
		if (cells_hold(emu, row, col, cols, look))
			return true;
		from = row + 1;
	}
	return false;
}

static bool do_expect_attr(struct script *script, struct words *words)
{
	struct attr_look look = {.words = words};
	char reason[SENTENCE];

	if (!row_word(script, words->word[0], &look.row))
		return false;
	if (await(script, LOOK_MS, attrs_hold, &look)) {
		script->session->fed = false;
		return true;
	}
	if (look.unknown)
		return fail(script, "attributes are bold, underline, italic, blink, "
				    "reverse, strike, no-…, fg=N, bg=N, plain");
	snprintf(reason, sizeof reason, "there it is: %s",
		look.found[0] ? look.found : "plain");
	return fail_showing(script, reason);
}

/* ---- whole screens ---- */

struct shot {
	const char *expected;
	bool attrs;
	char *actual;
};

static bool same_screen(struct script *script, void *what)
{
	struct shot *shot = what;

	free(shot->actual);
	shot->actual =
		screen_render(pty_emu(script->session->pty), &script->masks, shot->attrs);
	return shot->expected && strcmp(shot->expected, shot->actual) == 0;
}

static char *file_read(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = strdup("");
	}
	fclose(file);
	return text;
}

static bool file_write(struct script *script, const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	bool ok = file && fputs(text, file) >= 0;

	if (file && fclose(file) != 0)
		ok = false;
	return ok ? true : fail(script, "cannot write %s: %s", path, strerror(errno));
}

static bool compare_screen(struct script *script, const char *path, bool attrs)
{
	struct shot shot = {.attrs = attrs};
	char *expected = file_read(path);
	bool ok = true;

	shot.expected = expected;
	settle_if_fed(script);
	if (script->options->generate) {
		settle(script, SETTLE_MS);
		same_screen(script, &shot);
		ok = file_write(script, path, shot.actual);
	} else if (!expected) {
		ok = fail_showing(script, "there is no such file yet; GENERATE=1 writes "
					  "the screen into it");
	} else if (!await(script, LOOK_MS, same_screen, &shot)) {
		ok = fail(script,
			"the screen differs from %s (- expected, + there):", path);
		screen_diff(script->options->out, expected, shot.actual);
	}
	free(shot.actual);
	free(expected);
	return ok;
}

static bool wants_attrs(const struct words *words)
{
	return words->count > 1 && strcmp(words->word[1], "attrs") == 0;
}

static bool do_snapshot(struct script *script, struct words *words)
{
	char path[PATH_MAX + 300];

	snprintf(path, sizeof path, "%s/%.250s.screen", script->folder, words->word[0]);
	return compare_screen(script, path, wants_attrs(words));
}

static bool do_same_as(struct script *script, struct words *words)
{
	return compare_screen(script, words->word[0], wants_attrs(words));
}

static bool do_settle(struct script *script, struct words *words)
{
	int ms = SETTLE_MS;

	if (!milliseconds(script, words, 0, &ms))
		return false;
	return settle(script, ms) || fail_for_good(script, "the screen never rests");
}

/* ---- input ---- */

static bool do_keys(struct script *script, struct words *words)
{
	char why[SENTENCE];

	for (int i = 0; i < words->count; i++)
		if (!pty_keys(script->session->pty, words->word[i], why, sizeof why))
			return fail(script, "%s", why);
	script->session->fed = true;
	return true;
}

static bool do_paste(struct script *script, struct words *words)
{
	pty_paste(script->session->pty, words->word[0]);
	script->session->fed = true;
	return true;
}

static bool do_type_raw(struct script *script, struct words *words)
{
	char bytes[LINE_MAX_BYTES];
	size_t size;

	if (!hex_bytes(script, words, bytes, &size))
		return false;
	pty_send(script->session->pty, bytes, size);
	script->session->fed = true;
	return true;
}

static bool do_click(struct script *script, struct words *words)
{
	long row = 0, col = 0, button = 1;

	if (!number(script, words->word[0], 1, &row) ||
		!number(script, words->word[1], 1, &col) ||
		(words->count > 2 && !number(script, words->word[2], 1, &button)))
		return false;
	emu_mouse(pty_emu(script->session->pty), (int)row - 1, (int)col - 1, (int)button);
	script->session->fed = true;
	return true;
}

static bool do_resize(struct script *script, struct words *words)
{
	int cols, rows;

	if (!size_word(script, words->word[0], &cols, &rows))
		return false;
	pty_resize(script->session->pty, cols, rows);
	script->session->fed = true;
	return true;
}

static int signal_number(const char *name)
{
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (int i = 1; i < NSIG; i++) {
		const char *known = sigabbrev_np(i);

		if (known && strcasecmp(known, name) == 0)
			return i;
	}
	return 0;
}

static bool do_signal(struct script *script, struct words *words)
{
	int which = signal_number(words->word[0]);

	if (!which)
		return fail(script, "there is no such signal");
	pty_signal(script->session->pty, which);
	script->session->fed = true;
	return true;
}

static bool do_hangup(struct script *script, struct words *words)
{
	(void)words;
	pty_hangup(script->session->pty);
	return true;
}

/* ---- bytes ---- */

static bool in_raw(struct script *script, struct words *words, bool *found)
{
	char bytes[LINE_MAX_BYTES];
	size_t size, raw_size;
	uint64_t first;
	const char *raw;

	if (!hex_bytes(script, words, bytes, &size))
		return false;
	settle_if_fed(script);
	raw = pty_raw(script->session->pty, &first, &raw_size);
	if (first > 0)
		return fail(script, "the output is too long to have been kept");
	*found = raw && memmem(raw, raw_size, bytes, size) != NULL;
	return true;
}

static bool do_raw_never(struct script *script, struct words *words)
{
	bool found;

	if (!in_raw(script, words, &found))
		return false;
	return !found || fail_showing(script, "these bytes were written to the terminal");
}

static bool do_raw_has(struct script *script, struct words *words)
{
	bool found;

	if (!in_raw(script, words, &found))
		return false;
	return found || fail_showing(script, "these bytes were never written");
}

static bool do_mark(struct script *script, struct words *words)
{
	(void)words;
	settle_if_fed(script);
	script->session->mark = pty_total(script->session->pty);
	return true;
}

static bool do_bytes_max(struct script *script, struct words *words)
{
	long most = 0;
	unsigned long long written;

	if (!number(script, words->word[0], 0, &most))
		return false;
	settle_if_fed(script);
	written = pty_total(script->session->pty) - script->session->mark;
	return written <= (unsigned long long)most ||
	       fail(script, "%llu bytes were written since the mark", written);
}

/* ---- ends ---- */

static bool ended(struct script *script, void *what)
{
	(void)what;
	return pty_exited(script->session->pty, NULL);
}

static bool status_is(int status, const char *word)
{
	char *end;
	long code = strtol(word, &end, 10);

	if (strcmp(word, "any") == 0)
		return true;
	if (!*end && end != word)
		return WIFEXITED(status) && WEXITSTATUS(status) == code;
	return WIFSIGNALED(status) && WTERMSIG(status) == signal_number(word);
}

static bool do_exit(struct script *script, struct words *words)
{
	int status;
	char reason[64];

	if (!await(script, WAIT_MS, ended, NULL))
		return fail_for_good(script, "it still runs");
	script->session->judged = true;
	pty_exited(script->session->pty, &status);
	if (status_is(status, words->count ? words->word[0] : "0"))
		return true;
	status_words(status, reason, sizeof reason);
	return fail_showing(script, reason);
}

static bool stopped(struct script *script, void *what)
{
	(void)what;
	return pty_stopped(script->session->pty);
}

static bool do_stopped(struct script *script, struct words *words)
{
	(void)words;
	return await(script, WAIT_MS, stopped, NULL) ||
	       fail_for_good(script, "it was not stopped");
}

static bool do_restored(struct script *script, struct words *words)
{
	char why[SENTENCE], reason[SENTENCE + 64];

	(void)words;
	settle_if_fed(script);
	if (pty_restored(script->session->pty, why, sizeof why))
		return true;
	snprintf(reason, sizeof reason, "left behind: %s", why);
	return fail_showing(script, reason);
}

static bool do_file_mode(struct script *script, struct words *words)
{
	struct stat info;
	unsigned mode = (unsigned)strtoul(words->word[1], NULL, 8);

	if (stat(words->word[0], &info) < 0)
		return fail(script, "%s: %s", words->word[0], strerror(errno));
	return (info.st_mode & 07777) == mode ||
	       fail(script, "its mode is %04o", info.st_mode & 07777);
}

struct state_word {
	const char *word;
	bool (*holds)(struct emu *emu, const struct emu_state *state);
};

static bool is_alt(struct emu *emu, const struct emu_state *state)
{
	(void)emu;
	return state->alt_screen;
}

static bool is_cursor(struct emu *emu, const struct emu_state *state)
{
	(void)emu;
	return !state->cursor_hidden;
}

static bool is_mouse(struct emu *emu, const struct emu_state *state)
{
	(void)state;
	return emu_mode(emu, 1000) || emu_mode(emu, 1002) || emu_mode(emu, 1003);
}

static bool is_paste(struct emu *emu, const struct emu_state *state)
{
	(void)state;
	return emu_mode(emu, 2004);
}

static const struct state_word state_words[] = {
	{"alt", is_alt},
	{"cursor", is_cursor},
	{"mouse", is_mouse},
	{"paste", is_paste},
};

static bool states_hold(struct script *script, void *what)
{
	struct words *words = what;
	struct emu *emu = pty_emu(script->session->pty);
	struct emu_state state;

	emu_state(emu, &state);
	for (int i = 0; i < words->count; i++) {
		bool no = strncmp(words->word[i], "no-", 3) == 0, known = false;

		for (size_t j = 0; j < COUNT(state_words); j++)
			if (strcmp(words->word[i] + 3 * no, state_words[j].word) == 0)
				known = no != state_words[j].holds(emu, &state);
		if (!known)
			return false;
	}
	return true;
}

static bool do_state(struct script *script, struct words *words)
{
	return await(script, LOOK_MS, states_hold, words) ||
	       fail_showing(script, "the terminal is not in that state");
}

struct place {
	long row, col;
};

static bool cursor_there(struct script *script, void *what)
{
	struct place *place = what;
	struct emu_state state;

	emu_state(pty_emu(script->session->pty), &state);
	return state.row + 1 == place->row && state.col + 1 == place->col;
}

static bool do_cursor(struct script *script, struct words *words)
{
	struct place place;

	return number(script, words->word[0], 1, &place.row) &&
	       number(script, words->word[1], 1, &place.col) &&
	       (await(script, LOOK_MS, cursor_there, &place) ||
		       fail_showing(script, "the cursor is elsewhere"));
}

static bool do_show(struct script *script, struct words *words)
{
	(void)words;
	settle_if_fed(script);
	screen_print(script->options->out, pty_emu(script->session->pty));
	return true;
}

/* ---- the language ---- */

#define ANY  (WORDS_MAX - 2)
#define LOOK (RUNNING | CHECK)

static const struct directive directives[] = {
	{"size", 1, 1, 0, do_size, "COLSxROWS of the next run (80x24)"},
	{"term", 1, 1, 0, do_term, "TERM of the next run (xterm-256color)"},
	{"env", 1, ANY, EXPAND, do_env, "NAME=VALUE…"},
	{"unenv", 1, ANY, 0, do_unenv, "NAME…"},
	{"env-from", 2, ANY, REST, do_env_from, "NAME COMMAND: its first line"},
	{"link", 1, 2, 0, do_link, "BYTES_PER_S [ROUND_TRIP_MS]: a slow line; 0 = none"},
	{"mask", 1, ANY, REST, do_mask, "REGEX: matches are ~~~ in whole screens"},
	{"sh", 1, ANY, REST, do_sh, "COMMAND: with TMP set; must succeed"},
	{"use", 1, 1, 0, do_use, "NAME: another terminal beside the first (main)"},
	{"run", 1, ANY, EXPAND, do_run,
		"PROGRAM ARGS…: $NAME from the environment, not in '…'"},
	{"wait", 1, 2, LOOK, do_wait, "\"text\" [MS]: until it is on the screen (5000)"},
	{"wait-gone", 1, 2, LOOK, do_wait_gone, "\"text\" [MS]: until it is not"},
	{"settle", 0, 1, RUNNING, do_settle, "[MS]: until no byte came for so long (80)"},
	{"keys", 1, ANY, RUNNING, do_keys, "\"jj<Enter><C-x><F1><S-Up><M-x><lt>\"…"},
	{"type", 1, ANY, RUNNING | EXPAND, do_keys, "as keys, with $NAME in it"},
	{"paste", 1, 1, RUNNING | EXPAND, do_paste,
		"\"text\", $NAME in it: bracketed if the program asked"},
	{"type-raw", 1, ANY, RUNNING, do_type_raw, "HEX…"},
	{"click", 2, 3, RUNNING, do_click,
		"ROW COL [BUTTON]: 1 left, 3 right, 4 5 wheel"},
	{"resize", 1, 1, RUNNING, do_resize, "COLSxROWS, while it runs"},
	{"expect", 1, 1, LOOK, do_expect, "\"text\": in one row of the screen"},
	{"expect-row", 2, 2, LOOK, do_expect_row, "ROW \"text\": 1 = top, -1 = last"},
	{"expect-re", 1, ANY, LOOK | REST, do_expect_re, "REGEX: matches in some row"},
	{"take", 2, ANY, LOOK | REST, do_take, "NAME REGEX: what its group is, there"},
	{"expect-attr", 3, ANY, LOOK, do_expect_attr,
		"ROW \"text\" ATTR…: * = any row; bold no-bold reverse underline italic "
		"strike blink fg=4 bg=#102030 fg=default plain"},
	{"reject", 1, 1, LOOK, do_reject, "\"text\": nowhere on the screen"},
	{"same-as", 1, 2, LOOK | EXPAND, do_same_as, "FILE [attrs]: the whole screen"},
	{"snapshot", 1, 2, LOOK, do_snapshot,
		"NAME [attrs]: as NAME.screen beside the script; GENERATE=1 writes it"},
	{"state", 1, ANY, LOOK, do_state, "[no-]alt cursor mouse paste"},
	{"cursor", 2, 2, LOOK, do_cursor, "ROW COL"},
	{"raw-never", 1, ANY, LOOK, do_raw_never, "HEX…: not in the output so far"},
	{"raw-has", 1, ANY, LOOK, do_raw_has, "HEX…"},
	{"mark", 0, 0, RUNNING, do_mark, "bytes-max counts from here"},
	{"bytes-max", 1, 1, LOOK, do_bytes_max, "N bytes written since mark or run"},
	{"signal", 1, 1, RUNNING, do_signal, "NAME: to the program"},
	{"hangup", 0, 0, RUNNING, do_hangup, "the terminal goes away"},
	{"stopped", 0, 0, LOOK, do_stopped, "it was stopped (SIGTSTP)"},
	{"exit", 0, 1, LOOK, do_exit, "[STATUS | SIGNAL | any]: it ends so (0)"},
	{"restored", 0, 0, LOOK, do_restored, "the terminal is as the program found it"},
	{"file-mode", 2, 2, CHECK | EXPAND, do_file_mode, "PATH 0600"},
	{"show", 0, 0, RUNNING, do_show, "print the screen (for writing scripts)"},
};

void script_help(FILE *out)
{
	for (size_t i = 0; i < COUNT(directives); i++)
		fprintf(out, "  %-12s %s\n", directives[i].name, directives[i].help);
}

static const struct directive *directive_named(const char *name)
{
	for (size_t i = 0; i < COUNT(directives); i++)
		if (strcmp(directives[i].name, name) == 0)
			return &directives[i];
	return NULL;
}

static void run_line(struct script *script)
{
	char store[2 * LINE_MAX_BYTES + PATH_MAX], name[32];
	const struct directive *directive;
	struct words words;
	size_t bytes = strcspn(script->text, " \t");

	snprintf(name, sizeof name, "%.*s", (int)bytes, script->text);
	directive = directive_named(name);
	if (!directive) {
		script->stop = true;
		fail(script, "there is no directive %s", name);
		return;
	}
	words.rest = script->text + bytes + strspn(script->text + bytes, " \t");
	words_split(&words, store, sizeof store, directive->flags & EXPAND);
	if (words.count < directive->least ||
		(words.count > directive->most && !(directive->flags & REST))) {
		script->stop = true;
		fail(script, "%s takes %s", directive->name, directive->help);
	} else if ((directive->flags & RUNNING) && !script->session->pty) {
		script->stop = true;
		fail(script, "nothing runs yet");
	} else {
		script->checks += !!(directive->flags & CHECK);
		directive->run(script, &words);
	}
}

/* What a script may rely on, whoever runs it: a home of its own, UTF-8, UTC, and nothing
 * of the caller's terminal. */
static void environment(const char *tmp)
{
	static const char *const unset[] = {"LC_ALL", "LC_CTYPE", "LC_MESSAGES",
		"LANGUAGE", "COLUMNS", "LINES", "NO_COLOR", "COLORTERM", "TERM_PROGRAM",
		"TMUX", "STY", "DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION",
		"SSH_CLIENT", "SSH_TTY", "SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS",
		"EDITOR", "VISUAL", "PAGER", "LESS", "LESSOPEN", "TERMINFO", "ESCDELAY"};
	static const struct {
		const char *name, *folder;
	} homes[] = {{"HOME", "home"}, {"XDG_CONFIG_HOME", "config"},
		{"XDG_STATE_HOME", "state"}, {"XDG_DATA_HOME", "data"},
		{"XDG_CACHE_HOME", "cache"}, {"XDG_RUNTIME_DIR", "run"}};
	char path[PATH_MAX];

	for (size_t i = 0; i < COUNT(unset); i++)
		unsetenv(unset[i]);
	for (size_t i = 0; i < COUNT(homes); i++) {
		snprintf(path, sizeof path, "%s/%s", tmp, homes[i].folder);
		setenv(homes[i].name, path, 1);
	}
	snprintf(path, sizeof path, "%s/home", tmp);
	mkdir(path, 0700);
	setenv("LANG", "C.UTF-8", 1);
	setenv("TZ", "UTC", 1);
	setenv("TMP", tmp, 1);
}

/* The name of TMP differs from run to run; its length does not. */
static void mask_tmp(struct script *script)
{
	char regex[PATH_MAX * 2];
	size_t used = 0;

	for (const char *c = script->options->tmp; *c && used + 3 < sizeof regex; c++) {
		if (strchr(".[]()*+?{}^$|\\", *c))
			regex[used++] = '\\';
		regex[used++] = *c;
	}
	regex[used] = '\0';
	if (regcomp(&script->masks.regex[0], regex, REG_EXTENDED) == 0)
		script->masks.count = 1;
}

static void script_lines(struct script *script, FILE *file)
{
	while (!script->stop && fgets(script->text, sizeof script->text, file)) {
		size_t indent;

		script->line++;
		script->text[strcspn(script->text, "\r\n")] = '\0';
		indent = strspn(script->text, " \t");
		memmove(script->text, script->text + indent,
			strlen(script->text + indent) + 1);
		if (!script->text[0] || script->text[0] == '#')
			continue;
		if (script->options->verbose)
			fprintf(script->options->out, "  %d: %s\n", script->line,
				script->text);
		run_line(script);
	}
}

int script_run(const char *path, const struct script_options *options, int *checks)
{
	static struct script script;
	char copy[PATH_MAX];
	FILE *file = fopen(path, "re");

	if (!file) {
		fprintf(options->out, "  %s: %s\n", path, strerror(errno));
		return 1;
	}
	script =
		(struct script){.options = options, .path = path, .cols = 80, .rows = 24};
	snprintf(script.term, sizeof script.term, "xterm-256color");
	snprintf(copy, sizeof copy, "%s", path);
	snprintf(script.folder, sizeof script.folder, "%s", dirname(copy));
	script.session = &script.sessions[0];
	snprintf(script.session->name, sizeof script.session->name, "main");
	environment(options->tmp);
	mask_tmp(&script);
	script_lines(&script, file);
	fclose(file);
	for (int i = 0; i < SESSIONS_MAX; i++) {
		script.session = &script.sessions[i];
		judge_end(&script, script.session);
		pty_close(script.session->pty);
	}
	for (int i = 0; i < script.masks.count; i++)
		regfree(&script.masks.regex[i]);
	*checks = script.checks;
	return script.failures;
}
