/* The rc read anew: what goes on, and what must not hold it up. */
#include "app/alerts.h"
#include "app/command.h"
#include "app/metrics.h"
#include "app/pipeline.h"
#include "app/runbooks.h"
#include "app/setting.h"
#include "app/sources.h"
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
	for (int i = 0; i < 2; i++) {
		char path[96];

		snprintf(path, sizeof path, "%s/%s", folder, i ? "token" : "asked");
		unlink(path);
	}
	rmdir(folder);
	(void)state;
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

static const struct rc *rc_before;

static bool read_anew(void)
{
	return app->rc != rc_before;
}

static void reload(void)
{
	rc_before = app->rc;
	app_reload(app);
	run_until(read_anew);
}

static bool runbooks_read(void)
{
	return runbooks_settled(app->runbooks);
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
	reload();
	assert_int_equal(missing_after(500), 0);
	assert_int_equal(missing_after(1000), 1);
	reload();
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
	reload();
	assert_int_equal(missing_after(1000), 1);
	assert_int_equal(missing_after(5000), 2);
	(void)state;
}

static void a_fifo_is_no_runbook(void **state)
{
	runbooks_load(app->runbooks);
	run_until(runbooks_read);
	/* It is listed with the reason, and matches nothing. */
	assert_int_equal(runbooks_count(app->runbooks), 1);
	assert_int_equal(runbooks_at(app->runbooks, 0)->book.fault_count, 1);
	assert_true(untrusted_empty(runbooks_at(app->runbooks, 0)->text));
	(void)state;
}

/* --- sources whose line did not change --- */

static void write_rc(const char *text)
{
	FILE *f = fopen(rc, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

#define LINE_A "source a alertmanager url=http://127.0.0.1:1 every=1h\n"
#define LINE_B                                                                           \
	"source b prometheus url=http://127.0.0.1:1 every=1h token-command=%s/token\n"
#define QUERY_B "query up source=b warn=1 -- up\n"

static void write_lines(const char *before, const char *after)
{
	char text[1000];

	snprintf(text, sizeof text, "%s" LINE_B QUERY_B "%s", before, folder, after);
	write_rc(text);
}

static void give(const char *name, const char *id)
{
	size_t taken = 0;
	int source = sources_find(app->sources, name);
	struct arena arena;
	struct batch batch;
	struct batch_series *series;
	struct alert_draft *draft;
	struct point point = {app->now, 5};

	arena_init(&arena, 1 << 20);
	batch_init(&batch, &arena);
	draft = batch_add_alert(&batch);
	draft->texts[ALERT_ID] = draft->texts[ALERT_TITLE] = untrusted_str(id);
	batch.alerts_snapshot = true;
	if (!strcmp(name, "b")) {
		series = batch_add_series(&batch);
		series->labels = untrusted_str("{x=\"1\"}");
		series->points = &point;
		series->count = 1;
	}
	assert_true(pipeline_answer(app, source, &batch, &taken));
	arena_release(&arena);
}

static const struct source_row *row(const char *name)
{
	int source = sources_find(app->sources, name);

	return source < 0 ? NULL : sources_row(app->sources, source);
}

static size_t tokens_asked(void)
{
	char path[96];
	struct stat st;

	snprintf(path, sizeof path, "%s/asked", folder);
	return stat(path, &st) ? 0 : (size_t)st.st_size;
}

static bool failed(void)
{
	return row("a")->status.failures && row("b")->status.failures;
}

static void start_sources(void)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof path, "%s/token", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\nprintf x >>%s/asked\necho s3cret\n", folder);
	fclose(f);
	assert_int_equal(chmod(path, 0700), 0);
	write_lines(LINE_A, "");
	reload();
	run_until(failed);
	give("a", "1");
	give("b", "2");
	assert_int_equal(tokens_asked(), 1);
}

static int64_t failing_since;

/* The state of both sources is what it was, wherever their lines stand. */
static void state_is_kept(int a, int b)
{
	const struct alert *first =
		alerts_find(app->alerts, alert_key("a", untrusted_str("1")));
	const struct alert *second =
		alerts_find(app->alerts, alert_key("b", untrusted_str("2")));
	struct point last;

	assert_true(row("b")->status.failing_since == failing_since);
	assert_int_equal(row("a")->number, a);
	assert_int_equal(row("b")->number, b);
	assert_non_null(first);
	assert_non_null(second);
	assert_int_equal(first->source, a);
	assert_int_equal(second->source, b);
	assert_int_equal(metrics_count(app->metrics), 1);
	assert_int_equal(metrics_at(app->metrics, 0)->source, b);
	assert_true(series_last(metrics_at(app->metrics, 0), &last) && last.value == 5);
	assert_int_equal(tokens_asked(), 1);
}

static void state_outlives_the_order_of_lines(void **state)
{
	int a, b;

	(void)state;
	start_sources();
	a = row("a")->number;
	b = row("b")->number;
	failing_since = row("b")->status.failing_since;
	write_lines("", LINE_A); /* reordered */
	reload();
	state_is_kept(a, b);
	assert_string_equal(sources_at(app->sources, 1)->name, "b");
	write_lines("source new alertmanager url=http://127.0.0.1:1\n" LINE_A, "");
	reload();
	state_is_kept(a, b);
	assert_true(row("new")->number != a && row("new")->number != b);
	give("new", "1");
	state_is_kept(a, b);
	write_lines(LINE_A, ""); /* and gone again, with what it had */
	reload();
	state_is_kept(a, b);
	assert_null(row("new"));
	assert_int_equal(alerts_count(app->alerts), 2);
}

static void what_changed_begins_anew(void **state)
{
	int64_t since_a, since_b;

	(void)state;
	start_sources();
	since_a = row("a")->status.failing_since;
	since_b = row("b")->status.failing_since;
	write_lines("source a alertmanager url=http://127.0.0.1:2 every=1h\n",
		"query more source=b -- more\n");
	reload();
	assert_true(row("a")->status.failing_since != since_a);
	assert_null(alerts_find(app->alerts, alert_key("a", untrusted_str("1"))));
	/* Another query: the engine begins anew, the rest of the source goes on. */
	assert_true(row("b")->status.failing_since != since_b);
	assert_non_null(alerts_find(app->alerts, alert_key("b", untrusted_str("2"))));
	assert_int_equal(metrics_count(app->metrics), 1);
	assert_int_equal(tokens_asked(), 1);
	write_rc("source b prometheus url=http://127.0.0.1:1\n"
		 "query up source=b -- up\n");
	reload();
	assert_int_equal(metrics_count(app->metrics), 0);
	assert_int_equal(alerts_count(app->alerts), 0);
}

/* --- secrets --- */

static size_t wiped;

/* libsodium's; what held the secret must come by here. */
void sodium_memzero(void *const p, const size_t n);

void sodium_memzero(void *const p, const size_t n)
{
	wiped += memmem(p, n, "s3cret", 6) != NULL;
	memset(p, 0, n);
}

static bool refused(void)
{
	return row("t")->refused.kind;
}

static void long_tokens_are_refused(void **state)
{
	(void)state;
	write_rc("source t prometheus url=http://127.0.0.1:1 "
		 "\"token-command=head -c 8193 /dev/zero\"\n");
	reload();
	run_until(refused);
	assert_string_equal(row("t")->refused.text,
		"token-command printed a line of more than 8192 bytes: not a secret");
}

/* The pipe's buffer and the line; the child is closed a turn later. */
static bool wiped_twice(void)
{
	return wiped == 2;
}

static void a_commands_output_is_wiped(void **state)
{
	(void)state;
	wiped = 0;
	start_sources();
	run_until(wiped_twice);
}

static enum status run_line(const char *line, struct err *err)
{
	struct commands commands = {0};

	commands_add(&commands, app_commands, NULL);
	return command_run(app, &commands, line, &(struct run_options){0}, err);
}

static void final_setting(const char *name, const char *value)
{
	assert_true(settings_set(&app->rc->settings, name, value, true,
		(struct conf_place){"/etc/oogway/oogway.rc", 3, 1}, NULL));
	app_settle_settings(app);
}

/* Whoever set it with -final is asked by every door. */
static void what_is_final_is_not_toggled(void **state)
{
	static const char *const doors[] = {"readonly", "set readonly = off",
		"set -final readonly = off", "set readonly = off # or so",
		"alias loose set readonly = off", "loose", "readonly"};
	struct err err;

	(void)state;
	/* One's own goes to and fro. */
	assert_int_equal(run_line("readonly", &err), STATUS_DONE);
	assert_true(app->readonly);
	assert_int_equal(run_line("readonly", &err), STATUS_DONE);
	assert_false(app->readonly);
	assert_int_equal(run_line("set readonly = on", &err), STATUS_DONE);
	assert_true(app->readonly);
	assert_int_equal(run_line("readonly", &err), STATUS_DONE);
	assert_false(app->readonly);
	final_setting("readonly", "on");
	for (size_t i = 0; i < sizeof doors / sizeof *doors; i++) {
		run_line(doors[i], &err);
		assert_true(app->readonly);
	}
	assert_int_equal(run_line("readonly", &err), STATUS_REFUSED);
	assert_string_equal(
		err.text, "readonly is final, set at /etc/oogway/oogway.rc:3");
}

/* Final off does not forbid to be careful. */
static void one_may_be_more_careful(void **state)
{
	struct err err;

	(void)state;
	final_setting("readonly", "off");
	assert_int_equal(run_line("readonly", &err), STATUS_DONE);
	assert_true(app->readonly);
	assert_int_equal(run_line("readonly", &err), STATUS_DONE);
	assert_false(app->readonly);
}

/* A theme that cannot be chosen is not tried on either. */
static void what_is_final_has_no_preview(void **state)
{
	struct rc *look = rc_look(app->rc, "set theme = light");

	(void)state;
	assert_non_null(look);
	rc_free(look);
	final_setting("theme", "dark");
	assert_null(rc_look(app->rc, "set theme = light"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(heartbeats_go_on, setup, tear_down),
		cmocka_unit_test_setup_teardown(
			a_new_heartbeat_has_its_time, setup, tear_down),
		cmocka_unit_test_setup_teardown(a_fifo_is_no_runbook, setup, tear_down),
		cmocka_unit_test_setup_teardown(
			state_outlives_the_order_of_lines, setup, tear_down),
		cmocka_unit_test_setup_teardown(
			what_changed_begins_anew, setup, tear_down),
		cmocka_unit_test_setup_teardown(
			long_tokens_are_refused, setup, tear_down),
		cmocka_unit_test_setup_teardown(
			a_commands_output_is_wiped, setup, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_final_is_not_toggled, setup, tear_down),
		cmocka_unit_test_setup_teardown(
			one_may_be_more_careful, setup, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_final_has_no_preview, setup, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
