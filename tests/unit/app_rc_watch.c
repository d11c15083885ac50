/* The rc and runbooks on a file system that does not answer, and an rc that is written
 * while it is watched. */
#include "app/rc_watch.h"
#include "app/runbooks.h"
#include "app/sources.h"
#include "base/text.h"
#include "io/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], rc[96], other[96], book[96];
static struct loop *loop;
static struct app *app;
static char notice[600];

/* --- the C library's: files below the folder can be made to answer never --- */

static atomic_bool dead;
static void (*when_opened)(void); /* `other`, once */

int open(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	while (dead && !strncmp(path, folder, strlen(folder)))
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	if (when_opened && !strcmp(path, other)) {
		void (*then)(void) = when_opened;

		when_opened = NULL;
		then();
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static void put(const char *path, const char *text)
{
	int fd = (int)syscall(
		SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

#define A "source a alertmanager url=http://127.0.0.1:1 every=1h\n"
#define B "source b alertmanager url=http://127.0.0.1:1 every=1h\n"
#define C "source c alertmanager url=http://127.0.0.1:1 every=1h\n"

static void on_notice(void *ctx, bool bad, const char *text)
{
	(void)ctx;
	(void)bad;
	snprintf(notice, sizeof notice, "%s", text);
}

static void begin(void)
{
	struct app_options options = {.no_host = true};

	options.rc = (struct rc_options){.file = rc, .no_system = true};
	loop = loop_new();
	app = app_new(loop, &options);
	app->front.notice = on_notice;
	*notice = '\0';
}

static int setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/oogway-watch-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(rc, sizeof rc, "%s/rc", folder);
	snprintf(other, sizeof other, "%s/other", folder);
	snprintf(book, sizeof book, "%s/a.md", folder);
	put(rc, A B);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	dead = false;
	app_free(app);
	loop_free(loop);
	unlink(rc);
	unlink(other);
	unlink(book);
	rmdir(folder);
	return 0;
}

static bool (*awaited)(void);

static void stop_when_true(void *ctx)
{
	(void)ctx;
	if (awaited())
		loop_stop(loop);
}

static void run_until(bool (*true_)(void))
{
	awaited = true_;
	loop_on_turn(loop, stop_when_true, &awaited);
	alarm(20);
	loop_run(loop);
	alarm(0);
	loop_off(loop, &awaited);
}

static bool resting(void)
{
	return !rc_watch_busy(app->rc_watch);
}

/* A second passes; what is begun in it ends in it. Sources and the host. */
static size_t second(void)
{
	app->now += 1000;
	rc_watch_tick(app->rc_watch, app->now);
	if (rc_watch_busy(app->rc_watch))
		run_until(resting);
	return sources_count(app->sources) - 1;
}

static size_t seconds(int n)
{
	size_t count = 0;

	while (n--)
		count = second();
	return count;
}

/* --- a home that does not answer --- */

static bool is_read(void)
{
	return !app->rc->unread;
}

static void a_start_does_not_wait_for_ever(void **state)
{
	(void)state;
	dead = true;
	alarm(20);
	begin();
	alarm(0);
	assert_true(app->rc->unread);
	assert_int_equal(sources_count(app->sources), 1);
	assert_true(app->rc->bind_count > 50); /* the shipped keys work */
	assert_int_equal(app->rc->conf.error_count, 1);
	assert_string_equal(app->rc->conf.errors[0].text,
		"did not answer within 2s (a dead file server?): the defaults are used "
		"until it does");
	/* When it answers after all, it counts. */
	dead = false;
	run_until(is_read);
	assert_int_equal(sources_count(app->sources), 3);
	assert_non_null(strstr(notice, "was read anew"));
}

static void a_reload_does_not_wait(void **state)
{
	const struct rc *before;

	(void)state;
	begin();
	before = app->rc;
	dead = true;
	alarm(20);
	app_reload(app);
	for (int i = 0; i < 9; i++) {
		app->now += 1000;
		rc_watch_tick(app->rc_watch, app->now);
	}
	assert_string_equal(notice, "");
	app->now += 2000;
	rc_watch_tick(app->rc_watch, app->now);
	alarm(0);
	assert_non_null(strstr(notice, "/rc does not answer"));
	assert_ptr_equal(app->rc, before);
	assert_int_equal(sources_count(app->sources), 3);
	put(rc, A);
	dead = false;
	run_until(resting);
	assert_int_equal(sources_count(app->sources), 2);
}

static bool books_are_read(void)
{
	return runbooks_settled(app->runbooks);
}

static void runbooks_do_not_hold_main(void **state)
{
	char line[200];

	(void)state;
	snprintf(line, sizeof line, "set runbooks = auto,%s\n", folder);
	put(rc, line);
	put(book, "# A book of mine\n");
	begin();
	dead = true;
	alarm(20);
	runbooks_load(app->runbooks);
	alarm(0);
	assert_true(runbooks_count(app->runbooks) > 0); /* the shipped ones */
	runbooks_tick(app->runbooks, app->now + 9000);
	assert_string_equal(notice, "");
	runbooks_tick(app->runbooks, app->now + 11000);
	assert_non_null(strstr(notice, "does not answer"));
	dead = false;
	run_until(books_are_read);
	assert_non_null(
		runbooks_find(app->runbooks, untrusted_hash(untrusted_str(book))));
}

static void only_plain_files_are_read(void **state)
{
	(void)state;
	unlink(rc);
	assert_int_equal(mkfifo(rc, 0600), 0);
	alarm(20);
	begin();
	alarm(0);
	assert_false(app->rc->unread);
	assert_int_equal(app->rc->conf.error_count, 1);
	assert_string_equal(
		app->rc->conf.errors[0].text, "cannot read it: it is not a plain file");
}

/* --- editors --- */

static void a_change_is_read_when_it_is_stable(void **state)
{
	(void)state;
	begin();
	assert_int_equal(seconds(4), 2);
	put(rc, A B C);
	assert_int_equal(seconds(4), 3);
	assert_non_null(strstr(notice, "was read anew"));
}

static void a_gone_rc_is_waited_for(void **state)
{
	(void)state;
	begin();
	unlink(rc);
	assert_int_equal(seconds(3), 2);
	assert_string_equal(notice, ""); /* a rename takes a moment */
	assert_int_equal(seconds(6), 2);
	assert_non_null(strstr(notice, "/rc is gone: its lines stay in force"));
	*notice = '\0';
	assert_int_equal(seconds(20), 2);
	assert_string_equal(notice, ""); /* told once */
	put(rc, A);
	assert_int_equal(seconds(5), 1);
	/* Who asks for it gets it. */
	unlink(rc);
	app_reload(app);
	run_until(resting);
	assert_int_equal(second(), 0);
}

static void a_half_written_rc_is_not_read(void **state)
{
	(void)state;
	begin();
	put(rc, "");
	assert_int_equal(seconds(5), 2);
	put(rc, A);
	assert_int_equal(second(), 2);
	put(rc, A B);
	assert_int_equal(second(), 2);
	put(rc, A B C);
	assert_int_equal(second(), 2);
	assert_int_equal(seconds(2), 3);
	/* One that stays empty was meant. */
	put(rc, "");
	assert_int_equal(seconds(12), 0);
}

static void change_the_rc(void)
{
	put(rc, A B C "include other\n");
}

/* The change falls into the reading, behind the file's own turn. */
static void a_change_while_it_is_read_is_not_lost(void **state)
{
	(void)state;
	put(rc, A "include other\n");
	put(other, "# nothing\n");
	begin();
	assert_int_equal(sources_count(app->sources), 2);
	when_opened = change_the_rc;
	app_reload(app);
	run_until(resting);
	assert_int_equal(sources_count(app->sources), 2);
	assert_int_equal(seconds(6), 3);
}

/* Files that were missing are watched too; one that is left out is not missed. */
static void includes_come_and_go(void **state)
{
	(void)state;
	put(rc, A "include -q other\n");
	begin();
	assert_int_equal(seconds(4), 1);
	put(other, B);
	assert_int_equal(seconds(5), 2);
	unlink(other);
	assert_int_equal(seconds(9), 2);
	assert_non_null(strstr(notice, "/other is gone"));
	put(rc, A C);
	assert_int_equal(seconds(10), 2);
	assert_true(sources_find(app->sources, "c") > 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_start_does_not_wait_for_ever),
		CASE(a_reload_does_not_wait),
		CASE(runbooks_do_not_hold_main),
		CASE(only_plain_files_are_read),
		CASE(a_change_is_read_when_it_is_stable),
		CASE(a_gone_rc_is_waited_for),
		CASE(a_half_written_rc_is_not_read),
		CASE(a_change_while_it_is_read_is_not_lost),
		CASE(includes_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
