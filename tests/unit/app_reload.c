/* The rc read anew: what goes on, and what must not hold it up. */
#include "app/alerts.h"
#include "app/runbooks.h"
#include "io/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], rc[96], fifo[96];
static struct loop *loop;
static struct app *app;

static int setup(void **state)
{
	struct app_options options = {.no_host = true};
	FILE *f;

	strcpy(folder, "/tmp/oogway-reload-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(rc, sizeof rc, "%s/rc", folder);
	snprintf(fifo, sizeof fifo, "%s/a.md", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	f = fopen(rc, "w");
	assert_non_null(f);
	fprintf(f, "set runbooks = %s\nheartbeat dog alert=Watchdog every=5s\n", folder);
	fclose(f);
	options.rc = (struct rc_options){.file = rc, .no_system = true};
	loop = loop_new();
	app = app_new(loop, &options);
	(void)state;
	return 0;
}

static int tear_down(void **state)
{
	app_free(app);
	loop_free(loop);
	unlink(fifo);
	unlink(rc);
	rmdir(folder);
	(void)state;
	return 0;
}

static size_t missing_after(int64_t ms)
{
	app->now += ms;
	alerts_tick(app->alerts, app->now);
	return alerts_count(app->alerts);
}

static void heartbeats_go_on(void **state)
{
	assert_int_equal(missing_after(4000), 0);
	app_reload(app);
	assert_int_equal(missing_after(500), 0);
	assert_int_equal(missing_after(1000), 1);
	app_reload(app);
	assert_int_equal(missing_after(0), 1);
	(void)state;
}

/* A new one is waited for from now on, however long the console has run. */
static void a_new_heartbeat_has_its_time(void **state)
{
	FILE *f = fopen(rc, "a");

	assert_non_null(f);
	fputs("heartbeat cat alert=Watchcat every=5s\n", f);
	fclose(f);
	app->now += 3600 * 1000;
	app_reload(app);
	assert_int_equal(missing_after(1000), 1);
	assert_int_equal(missing_after(5000), 2);
	(void)state;
}

static void a_fifo_is_no_runbook(void **state)
{
	alarm(20);
	runbooks_load(app->runbooks);
	alarm(0);
	assert_int_equal(runbooks_count(app->runbooks), 0);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(heartbeats_go_on, setup, tear_down),
		cmocka_unit_test_setup_teardown(
			a_new_heartbeat_has_its_time, setup, tear_down),
		cmocka_unit_test_setup_teardown(a_fifo_is_no_runbook, setup, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
