/* The audit's commands, as a script runs them, on a chain with everything in it; and
 * the same files seen by a verifier that knows nothing of the program. */
#include "app/app.h"
#include "app/audits.h"
#include "app/command.h"
#include "base/time.h"
#include "io/loop.h"
#include "ops_place.h"

#include <sys/wait.h>

static struct loop *loop;
static struct app *app;
static struct commands commands;

static int set_up(void **state)
{
	const struct app_options options = {
		.rc = {.file = "/dev/null", .no_system = true}, .no_host = true};

	make_folder(state);
	*strrchr(folder, '/') = '\0';
	setenv("XDG_STATE_HOME", folder, 1);
	strcat(folder, "/oogway/audit");
	loop = loop_new();
	app = app_new(loop, &options);
	commands = (struct commands){0};
	commands_add(&commands, app_commands, NULL);
	return 0;
}

static int tear_down(void **state)
{
	app_free(app);
	loop_free(loop);
	*strrchr(folder, '/') = '\0';
	return remove_folder(state);
}

static void fill(void)
{
	const struct untrusted args[] = {untrusted_str("uptime"),
		untrusted_str("\xe2\x82\xac\x7f\b\f\x1f\xf0\x9f\x98\x80\xc2\x9b\"\\/")};
	const struct audit_pair extra[] = {
		{.name = "z", .number = 12.5, .is_number = true},
		{.name = "bytes", .number = 4096, .is_number = true}};
	struct audit_record record = {.kind = AUDIT_INTENT,
		.event = "remote.run",
		.class = AUDIT_READ,
		.args = args,
		.arg_count = 2,
		.extra = extra,
		.extra_count = 2};
	struct audit *audit = audits_writer(app->audits, &err);
	uint64_t seq;

	assert_non_null(audit);
	assert_ptr_equal(audits_writer(app->audits, &err), audit);
	assert_true(audit_write_here(audit, &record, &seq, &err));
	record = (struct audit_record){.kind = AUDIT_OUTCOME,
		.event = "remote.run",
		.ref = seq,
		.result = untrusted_str("exit 0")};
	assert_true(audit_write_here(audit, &record, NULL, &err));
	write_one(audit, AUDIT_INTENT, 0);
	record = (struct audit_record){.kind = AUDIT_REFUSAL,
		.event = "remote.run",
		.target = untrusted_str("db\x1b[2J1"),
		.error = untrusted_str("read-only")};
	assert_true(audit_write_here(audit, &record, NULL, &err));
}

static enum status run(const char *line, struct str *out)
{
	struct run_options options = {.out = out, .script = true};

	str_reset(out);
	err = (struct err){0};
	return command_run(app, &commands, line, &options, &err);
}

static void expect(const struct str *out, const char *words)
{
	if (!strstr(str_text(out), words))
		fail_msg("no \"%s\" in:\n%s", words, str_text(out));
}

static void empty(void **state)
{
	struct str out;

	(void)state;
	str_init(&out, 1 << 20);
	assert_int_equal(run("audit verify", &out), STATUS_DONE);
	expect(&out, "nothing was done from here yet");
	assert_int_equal(run("audit log", &out), STATUS_DONE);
	assert_int_equal(run("audit show 1", &out), STATUS_FAILED);
	assert_int_equal(access(folder, F_OK), -1); /* looking makes nothing */
	str_release(&out);
}

static void log_and_show(void **state)
{
	const struct audit_row *row;
	struct str out;

	(void)state;
	str_init(&out, 1 << 20);
	fill();
	assert_int_equal(run("audit log", &out), STATUS_DONE);
	expect(&out, "exit 0");
	expect(&out, "unknown");
	expect(&out, "db^[[2J1");
	assert_int_equal(run("audit log refusal", &out), STATUS_DONE);
	expect(&out, "read-only");
	assert_null(strstr(str_text(&out), "exit 0"));
	assert_int_equal(audits_count(app->audits), 5);
	row = audits_find(app->audits, 2);
	assert_non_null(row);
	assert_int_equal(row->outcome, 3);
	assert_string_equal(row->result, "exit 0");
	row = audits_find(app->audits, 4);
	assert_string_equal(row->result, "unknown");
	assert_int_equal(run("audit show 5", &out), STATUS_DONE);
	expect(&out, "target: db^[[2J1\n");
	expect(&out, "seq: 5\n");
	assert_int_equal(run("audit show x", &out), STATUS_USAGE);
	assert_int_equal(run("audit show 99", &out), STATUS_FAILED);
	str_release(&out);
}

static int outside(const char *const *argv)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(9);
		execvp("python3", (char *const *)argv);
		_exit(9);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static void verified(void **state)
{
	char first[512], copy[512], line[600];
	const char *argv[] = {"python3", "tests/unit/audit_verify.py", first, NULL};
	struct str out;
	size_t n;
	char *text;

	(void)state;
	str_init(&out, 1 << 20);
	fill();
	assert_int_equal(run("audit export", &out), STATUS_DONE);
	file_path("000001.jsonl", first);
	file_path("copy", copy);
	store("copy", out.p, out.n);
	text = load("000001.jsonl", &n);
	assert_int_equal(n, out.n);
	assert_memory_equal(text, out.p, n);
	assert_int_equal(outside(argv), 0);
	assert_int_equal(run("audit verify", &out), STATUS_DONE);
	expect(&out, "ok   chain ");
	expect(&out, ": 5 records");
	expect(&out, "1 intent without an outcome");
	snprintf(line, sizeof line, "audit verify --against %s", copy);
	assert_int_equal(run(line, &out), STATUS_DONE);
	expect(&out, "5 records are as in the copy");
	strstr(text, "uptime")[0] = 'U';
	store("000001.jsonl", text, n);
	assert_int_equal(outside(argv), 1);
	assert_int_equal(run("audit verify", &out), STATUS_FAILED);
	expect(&out, "BAD  chain ");
	expect(&out, "record 2 is not what was written");
	mem_free(text);
	assert_int_equal(run("audit verify --against /nowhere", &out), STATUS_FAILED);
	assert_int_equal(run("audit verify /nowhere", &out), STATUS_USAGE);
	str_release(&out);
}

/* A pane that watches sees what another process wrote. */
static void stop(void *ctx)
{
	loop_stop(ctx);
}

static void watched(void **state)
{
	struct loop_timer *timer = loop_timer(loop, stop, loop);

	(void)state;
	fill();
	audits_watch(app->audits, true);
	for (int i = 0; i < 100 && !audits_count(app->audits); i++) {
		audits_tick(app->audits, time_now_ms());
		loop_timer_start(timer, 20);
		loop_run(loop);
	}
	assert_int_equal(audits_count(app->audits), 5);
	assert_true(app_take_changes(app) & CHANGED_AUDIT);
	write_one(audits_writer(app->audits, &err), AUDIT_OUTCOME, 4);
	for (int i = 0; i < 100 && audits_count(app->audits) < 6; i++) {
		audits_tick(app->audits, time_now_ms() + i * 5000);
		loop_timer_start(timer, 20);
		loop_run(loop);
	}
	assert_int_equal(audits_count(app->audits), 6);
	assert_string_equal(audits_find(app->audits, 4)->result, "done");
	loop_timer_free(timer);
}

/* In the console it is a task, and a notice tells. */
static char noticed[300];

static void on_notice(void *ctx, bool bad, const char *text)
{
	(void)ctx;
	(void)bad;
	snprintf(noticed, sizeof noticed, "%s", text);
}

static void wait_notice(const char *words)
{
	struct loop_timer *timer = loop_timer(loop, stop, loop);

	for (int i = 0; i < 200 && !strstr(noticed, words); i++) {
		loop_timer_start(timer, 20);
		loop_run(loop);
	}
	if (!strstr(noticed, words))
		fail_msg("no \"%s\": %s", words, noticed);
	loop_timer_free(timer);
}

static void in_the_console(void **state)
{
	const struct run_options options = {0};
	size_t n;
	char *text;

	(void)state;
	app->front.notice = on_notice;
	fill();
	assert_int_equal(
		command_run(app, &commands, "audit verify", &options, &err), STATUS_DONE);
	wait_notice("audit: whole, 5 records");
	text = load("000001.jsonl", &n);
	strstr(text, "uptime")[0] = 'U';
	store("000001.jsonl", text, n);
	mem_free(text);
	assert_int_equal(
		command_run(app, &commands, "audit verify", &options, &err), STATUS_DONE);
	wait_notice("record 2 is not what was written");
	assert_int_equal(
		command_run(app, &commands, "audit log", &options, &err), STATUS_USAGE);
}

static void demo(void **state)
{
	struct app_options options = {.demo = true, .rc = {.looks_only = true}};
	struct app *other = app_new(loop, &options);

	(void)state;
	assert_null(audits_writer(other->audits, &err));
	assert_int_equal(err.kind, ERR_REFUSED);
	app_free(other);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		EACH(empty),
		EACH(log_and_show),
		EACH(verified),
		EACH(watched),
		EACH(in_the_console),
		EACH(demo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
