/*
 * Starting the programs that are measured: command lines to words, one home per program,
 * and knowing when a screen is whole.
 */
#include "subject.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wordexp.h>

#define WARM_MS 15000

static const char *command_line(const struct subject *subject, enum purpose purpose)
{
	const char *line = subject->command[purpose];

	return line ? line : subject->command[PURPOSE_QUIET];
}

static bool found_in_path(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];

	if (strchr(name, '/'))
		return access(name, X_OK) == 0;
	while (path && *path) {
		size_t size = strcspn(path, ":");

		snprintf(file, sizeof file, "%.*s/%s", (int)size, path, name);
		if (access(file, X_OK) == 0)
			return true;
		path += size + (path[size] == ':');
	}
	return false;
}

bool subject_present(const struct subject *subject)
{
	wordexp_t words;
	bool found;

	if (wordexp(command_line(subject, PURPOSE_QUIET), &words, WRDE_NOCMD) != 0)
		return false;
	found = words.we_wordc > 0 && found_in_path(words.we_wordv[0]);
	wordfree(&words);
	return found;
}

static void set_homes(const char *name)
{
	static const struct {
		const char *variable, *folder;
	} homes[] = {{"HOME", "home"}, {"XDG_CONFIG_HOME", "config"},
		{"XDG_STATE_HOME", "state"}, {"XDG_DATA_HOME", "data"},
		{"XDG_CACHE_HOME", "cache"}, {"XDG_RUNTIME_DIR", "run"}};
	static const char *const unset[] = {"LC_ALL", "LC_CTYPE", "COLUMNS", "LINES",
		"NO_COLOR", "COLORTERM", "TMUX", "STY", "DISPLAY", "ESCDELAY"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof unset / sizeof unset[0]; i++)
		unsetenv(unset[i]);
	snprintf(path, sizeof path, "%s/%s", getenv("BENCH_TMP"), name);
	mkdir(path, 0700);
	for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
		snprintf(path, sizeof path, "%s/%s/%s", getenv("BENCH_TMP"), name,
			homes[i].folder);
		mkdir(path, 0700);
		setenv(homes[i].variable, path, 1);
	}
	setenv("LANG", "C.UTF-8", 1);
}

struct pty *subject_start(const struct subject *subject, enum purpose purpose, int cols,
	int rows, const struct pty_link *link)
{
	struct pty_options options = {.cols = cols, .rows = rows};
	wordexp_t words;
	char why[256];
	struct pty *pty;

	if (wordexp(command_line(subject, purpose), &words, WRDE_NOCMD) != 0) {
		fprintf(stderr, "bench: not a command line: %s\n",
			command_line(subject, purpose));
		return NULL;
	}
	if (link)
		options.link = *link;
	set_homes(subject->name);
	options.argv = words.we_wordv;
	pty = pty_start(&options, why, sizeof why);
	if (!pty)
		fprintf(stderr, "bench: %s\n", why);
	wordfree(&words);
	return pty;
}

bool subject_ready(const struct subject *subject, const struct emu *emu)
{
	int row;

	for (int i = 0; i < SUBJECT_WORDS && subject->ready[i]; i++)
		if (!emu_find(emu, subject->ready[i], 0, &row, NULL, NULL))
			return false;
	return true;
}

bool subject_await_ready(const struct subject *subject, struct pty *pty, int ms)
{
	int64_t until = pty_now() + (int64_t)ms * 1000000;

	while (!subject_ready(subject, pty_emu(pty))) {
		if (pty_exited(pty, NULL) || pty_now() >= until)
			return false;
		pty_pump(pty, until);
	}
	return true;
}

bool subject_warm(const struct subject *subject)
{
	struct pty *pty = subject_start(subject, PURPOSE_QUIET, 160, 48, NULL);
	int64_t until;
	bool ready;

	if (!pty)
		return false;
	ready = subject_await_ready(subject, pty, WARM_MS);
	for (until = pty_now() + 1000000000; pty_now() < until;)
		pty_pump(pty, until);
	pty_signal(pty, SIGTERM);
	for (until = pty_now() + 3000000000; pty_now() < until && !pty_exited(pty, NULL);)
		pty_pump(pty, until);
	if (!ready) {
		char *text = emu_text(pty_emu(pty));

		fprintf(stderr, "bench: %s never showed its whole screen; it showed:\n%s",
			subject->name, text);
		free(text);
	}
	pty_close(pty);
	return ready;
}
