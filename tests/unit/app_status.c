/* The status files of several consoles: which one counts, and which is not believed. */
#include "app/status.h"
#include "base/str.h"
#include "base/time.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/task.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], state_folder[96], here[256];

static int setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/oogway-status-XXXXXX");
	assert_non_null(mkdtemp(folder));
	setenv("XDG_STATE_HOME", folder, 1);
	snprintf(state_folder, sizeof state_folder, "%s/oogway", folder);
	gethostname(here, sizeof here - 1);
	return 0;
}

static size_t files(bool remove)
{
	DIR *dir = opendir(state_folder);
	struct dirent *entry;
	size_t n = 0;

	while (dir && (entry = readdir(dir))) {
		char path[400];

		if (entry->d_name[0] == '.')
			continue;
		n++;
		snprintf(path, sizeof path, "%s/%s", state_folder, entry->d_name);
		if (remove)
			unlink(path);
	}
	if (dir)
		closedir(dir);
	return n;
}

static int tear_down(void **state)
{
	(void)state;
	files(true);
	rmdir(state_folder);
	rmdir(folder);
	return 0;
}

struct console {
	const char *says, *host;
	long pid;
	int64_t started_s, silent_s;
	const char *more; /* members, or NULL */
};

static void put(const struct console *c)
{
	char path[300], at[TIME_TEXT], started[TIME_TEXT];
	int64_t now = time_now_ms();
	FILE *f;

	assert_true(file_state_folder(path, sizeof path, NULL));
	snprintf(path, sizeof path, "%s/status-x-%s.json", state_folder, c->says);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f,
		"{\"schema\":\"oogway.status/1\",\"at\":\"%s\",\"started_at\":\"%s\","
		"\"pid\":%ld,\"host\":\"%s\",\"headline\":\"%s\",%s}\n",
		time_rfc3339(now - c->silent_s * 1000, at),
		time_rfc3339(now - c->started_s * 1000, started), c->pid, c->host,
		c->says, c->more ? c->more : "\"known\":true");
	fclose(f);
}

static void says_as(const char *format, const char *want, enum status status)
{
	struct err err = {0};
	struct str out;

	str_init(&out, 1000);
	assert_int_equal(status_print(format, &out, &err), status);
	assert_string_equal(str_text(&out), want);
	str_release(&out);
}

static void says(const char *want, enum status status)
{
	says_as("text", want, status);
}

/* The number of a process that has been and is no more. */
static long dead_pid(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

static void the_console_started_last_counts(void **state)
{
	(void)state;
	says("", STATUS_PARTIAL);
	put(&(struct console){"old", here, getpid(), 500, 1, NULL});
	says("old\n", STATUS_DONE);
	put(&(struct console){"young", here, getpid(), 100, 60, NULL});
	says("young\n", STATUS_DONE); /* though it wrote before the other */
	put(&(struct console){"silent", here, getpid(), 50, 91, NULL});
	says("young\n", STATUS_DONE);
	put(&(struct console){"killed", here, dead_pid(), 20, 1, NULL});
	says("young\n", STATUS_DONE);
	/* One in a container shares the home, not the numbers. */
	put(&(struct console){"elsewhere", "elsewhere", dead_pid(), 30, 1, NULL});
	says("elsewhere\n", STATUS_DONE);
	put(&(struct console){"future", here, getpid(), 10, -1000, NULL});
	says("elsewhere\n", STATUS_DONE);
}

/* "ok" is said when all is known and nothing is open. */
static void a_bar_is_not_falsely_quiet(void **state)
{
	static const struct {
		const char *more, *tmux;
		enum status status;
	} rows[] = {
		{"\"known\":true,\"complete\":true", "ok\n", STATUS_DONE},
		{"\"known\":false,\"complete\":false",
			"#[fg=colour203,bold]UNKNOWN#[default]\n", STATUS_PARTIAL},
		{"\"known\":true,\"complete\":false",
			"#[fg=colour221]partial#[default]\n", STATUS_PARTIAL},
		{"\"known\":true,\"complete\":false,\"high\":2",
			"#[fg=colour208,bold]H2#[default] "
			"#[fg=colour221]partial#[default]\n",
			STATUS_PARTIAL},
		{"\"known\":true,\"complete\":true,\"high\":2",
			"#[fg=colour208,bold]H2#[default]\n", STATUS_DONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put(&(struct console){"one", here, getpid(), 5, 1, rows[i].more});
		says_as("tmux", rows[i].tmux, rows[i].status);
	}
}

static void stop(void *ctx)
{
	loop_stop(ctx);
}

static void pass(struct loop *loop, int64_t ms)
{
	struct loop_timer *timer = loop_timer(loop, stop, loop);

	loop_timer_start(timer, ms);
	loop_run(loop);
	loop_timer_free(timer);
}

/* Two consoles in one home: each writes its own, each removes its own. */
static void a_console_touches_only_its_own_file(void **state)
{
	struct app_options options = {.no_host = true};
	struct loop *loop = loop_new();
	struct app *app;
	struct str out;

	(void)state;
	options.rc = (struct rc_options){.shipped_only = true};
	put(&(struct console){"other", here, getppid(), 500, 1, NULL});
	put(&(struct console){"killed", here, dead_pid(), 20, 1, NULL});
	app = app_new(loop, &options);
	app->status_writer = status_writer_new(app);
	status_writer_tick(app->status_writer, app->now);
	pass(loop, 200);
	assert_int_equal(files(false), 2); /* the killed one's is gone */
	str_init(&out, 5000);
	assert_int_equal(status_print("json", &out, NULL), STATUS_DONE);
	assert_non_null(strstr(str_text(&out), "no pager configured"));
	str_release(&out);
	/* It ends while it writes: what is written then goes, too. */
	app->now += 60000;
	status_writer_tick(app->status_writer, app->now);
	app_free(app);
	loop_free(loop);
	assert_int_equal(files(false), 1);
	says("other\n", STATUS_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_console_started_last_counts, setup, tear_down),
		cmocka_unit_test_setup_teardown(
			a_bar_is_not_falsely_quiet, setup, tear_down),
		cmocka_unit_test_setup_teardown(
			a_console_touches_only_its_own_file, setup, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
