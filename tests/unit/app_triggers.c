/* Triggers over a real store: once for each episode, whoever tells of it and however
 * often oogway begins anew; a storm; what is read-only; what runs, and why something does
 * not. */
#include "app/alerts.h"
#include "app/history.h"
#include "app/runbook_match.h"
#include "app/runbook_versions.h"
#include "app/runbooks.h"
#include "app/runs.h"
#include "app/sources.h"
#include "app/triggers.h"
#include "base/log.h"
#include "base/time.h"
#include "io/loop.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { AM = 1, AM_B, MOST = 300, LIMIT_MS = 30000 };

static char folder[200], rc[300], books[300];
static struct loop *loop;
static struct app *app;
static struct loop_timer *timer;
static struct arena arena;
static int64_t wait_until, began;
static bool (*done)(void);

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int set_up(void **unused)
{
	(void)unused;
	snprintf(folder, sizeof folder, "/tmp/triggers-XXXXXX");
	assert_non_null(mkdtemp(folder));
	setenv("HOME", folder, 1);
	setenv("XDG_STATE_HOME", folder, 1);
	setenv("XDG_CONFIG_HOME", folder, 1);
	unsetenv("XDG_RUNTIME_DIR");
	snprintf(books, sizeof books, "%s/books", folder);
	snprintf(rc, sizeof rc, "%s/rc", folder);
	assert_int_equal(mkdir(books, 0700), 0);
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void put_book(const char *name, const char *text)
{
	char path[400];

	snprintf(path, sizeof path, "%s/%s.md", books, name);
	put(path, text);
}

/* --- turns of the loop --- */

static void look(void *ctx)
{
	(void)ctx;
	if (done() || time_mono_ms() > wait_until)
		loop_stop(loop);
	else
		loop_timer_start(timer, 2);
}

static void until(bool (*what)(void))
{
	done = what;
	wait_until = time_mono_ms() + LIMIT_MS;
	loop_timer_start(timer, 0);
	loop_run(loop);
	assert_true(what());
}

static bool at_rest(void)
{
	return !history_busy(app->history) && runbooks_settled(app->runbooks);
}

/* So many seconds, each with what the store has to say. */
static void pass(int seconds)
{
	for (int i = 0; i < seconds; i++) {
		app->now += 1000;
		triggers_tick(app->triggers, app->now);
		until(at_rest);
	}
}

static void begin(const char *lines)
{
	struct app_options options = {.no_host = true};
	char text[2000];

	snprintf(text, sizeof text,
		"set runbooks = %s\nset log.files = %s/none\n"
		"source am alertmanager url=http://127.0.0.1:1\n"
		"source am-b alertmanager url=http://127.0.0.1:1\n%s",
		books, folder, lines);
	put(rc, text);
	options.rc = (struct rc_options){.file = rc, .no_system = true};
	loop = loop_new();
	app = app_new(loop, &options);
	assert_int_equal(app->rc->conf.errors_total, 0);
	app->live = true;
	arena_init(&arena, 8 << 20);
	timer = loop_timer(loop, look, NULL);
	app_start(app);
	loop_off(loop, app); /* its second would set the clock that a test moves */
	until(at_rest);
	app->now = time_now_ms();
	pass(2);
}

static void end(void)
{
	loop_timer_free(timer);
	app_free(app);
	loop_free(loop);
	arena_release(&arena);
}

static enum severity severity = SEVERITY_WARNING;

/* The source has n firing alerts now, of these names: Down0, Down1, … */
static void give(int source, size_t n)
{
	static struct pair labels[MOST][2];
	static char ids[MOST][24];
	struct batch batch;

	arena_reset(&arena);
	batch_init(&batch, &arena);
	for (size_t i = 0; i < n; i++) {
		struct alert_draft *draft = batch_add_alert(&batch);

		snprintf(ids[i], sizeof ids[i], "Down%zu", i);
		labels[i][0] =
			(struct pair){untrusted_str("alertname"), untrusted_str(ids[i])};
		labels[i][1] = (struct pair){
			untrusted_str("job"), untrusted_str(i % 2 ? "odd" : "even")};
		draft->texts[ALERT_ID] = draft->texts[ALERT_TITLE] = labels[i][0].value;
		draft->labels = labels[i];
		draft->label_count = 2;
		draft->severity = severity;
		draft->state = ALERT_FIRING;
		draft->started_at = began;
	}
	batch.alerts_snapshot = true;
	alerts_apply(app->alerts, source, &batch);
	sources_feed(app->sources, source,
		&(struct poll_status){.state = POLL_OK, .last_ok_at = app->now});
}

static const struct proposal *only(const char *why)
{
	assert_int_equal(proposals_count(app->triggers), 1);
	if (!strstr(proposals_at(app->triggers, 0)->why, why))
		fail_msg("%s, not %s", proposals_at(app->triggers, 0)->why, why);
	return proposals_at(app->triggers, 0);
}

static bool logged(const char *words)
{
	for (uint64_t i = log_newest(); i > 0; i--) {
		struct log_entry entry;

		if (log_get(i, &entry) && strstr(entry.text, words))
			return true;
	}
	return false;
}

static const char reads[] = "---\ntitle: Look\nmatches: [Down0]\nrisk: read\n---\n"
			    "# Look\n### 1\n```sh local risk=read\nuptime -s\n```\n"
			    "### 2\n```sh local risk=read\nuptime -p\n```\n";

/* --- tests --- */

static void once(void **state)
{
	static const char line[] = "trigger t runbook=look on=alert\n";
	const struct alert *alert;
	struct runbook_matches all;

	(void)state;
	put_book("look", reads);
	begin(line);
	began = app->now;
	give(AM, 1);
	triggers_tick(app->triggers, app->now);
	until(at_rest);
	/* What else tells of it is waited for. */
	assert_int_equal(proposals_count(app->triggers), 0);
	pass(4);
	only("");
	/* Another source tells of the same. */
	give(AM_B, 1);
	pass(4);
	only("");
	/* It comes first among what is about the alert. */
	alert = alerts_named(app->alerts, "Down0");
	runbook_matches(app, alert, &all);
	assert_int_equal(all.list[0].kind, MATCH_PROPOSED);
	assert_string_equal(all.list[0].why, "proposed by trigger t");
	end();
	/* Begun anew it is there, and not again. */
	begin(line);
	give(AM, 1);
	give(AM_B, 1);
	pass(15);
	only("");
	assert_int_equal(triggers_at(app->triggers, 0)->last, FIRING_PROPOSED);
	/* It is over, and comes back soon: the same. */
	give(AM, 0);
	give(AM_B, 0);
	pass(2);
	assert_int_equal(proposals_count(app->triggers), 0);
	began += 60000;
	give(AM, 1);
	pass(5);
	only("");
	/* So is one that lasted for long and is away for a moment. */
	for (int i = 0; i < 12; i++) {
		app->now += MINUTE_MS;
		pass(1);
	}
	give(AM, 0);
	pass(2);
	began = app->now;
	give(AM, 1);
	pass(5);
	only("");
	/* Somebody does not want it: never again. */
	{
		struct err err;

		assert_true(proposal_dismiss(app->triggers,
			proposals_at(app->triggers, 0)->firing, "key", &err));
	}
	pass(15);
	assert_int_equal(proposals_count(app->triggers), 0);
	/* After long it is another. */
	began += HOUR_MS;
	app->now += HOUR_MS;
	give(AM, 1);
	pass(5);
	only("");
	end();
}

static void a_storm(void **state)
{
	static const char lines[] =
		"trigger odd runbook=look on=alert labels={job=\"odd\"} most=5\n"
		"trigger one runbook=look on=alert alert=Down7,Nothing*\n"
		"trigger high runbook=look on=alert alert=* severity=high\n";

	(void)state;
	put_book("look", reads);
	begin(lines);
	began = app->now;
	give(AM, MOST);
	pass(12);
	assert_int_equal(proposals_count(app->triggers), 6);
	assert_true(triggers_at(app->triggers, 0)->held_until > app->now);
	assert_true(logged("trigger odd: 5 within an hour"));
	assert_int_equal(triggers_at(app->triggers, 1)->last, FIRING_PROPOSED);
	assert_int_equal(triggers_at(app->triggers, 2)->last_at, 0);
	/* What was held is not made up for. */
	app->now += 2 * HOUR_MS;
	pass(5);
	assert_int_equal(proposals_count(app->triggers), 6);
	end();
}

static bool has_run(void)
{
	triggers_tick(app->triggers, app->now);
	return !runs_busy(app->runs) && at_rest() &&
	       triggers_at(app->triggers, 0)->last != FIRING_RUNNING;
}

static void runs_what_is_trusted(void **state)
{
	static const char line[] = "trigger t runbook=look on=alert do=run\n";
	const struct runbook_row *row;
	struct err err;

	(void)state;
	put_book("look", reads);
	/* Not trusted: it is proposed. */
	begin(line);
	began = app->now;
	give(AM, 1);
	pass(4);
	only("it is not trusted as it is now");
	assert_false(runs_busy(app->runs));
	row = runbooks_named(app->runbooks, "look");
	assert_true(runbook_trust(app, row, true, &err));
	end();
	/* Trusted: it runs, for another episode. */
	begin(line);
	began = app->now += HOUR_MS;
	give(AM, 1);
	pass(4);
	until(has_run);
	pass(12);
	assert_int_equal(triggers_at(app->triggers, 0)->last, FIRING_RAN);
	assert_true(logged("2 steps done, nothing but read"));
	assert_int_equal(proposals_count(app->triggers), 0);
	/* What began long before anybody saw it is of another moment. */
	app->now += 2 * HOUR_MS;
	began = app->now - HOUR_MS;
	give(AM, 1);
	pass(4);
	only("it had begun 1h before it was seen");
	/* The file has changed behind our back. */
	put_book(
		"look", "---\nmatches: [Down0]\n---\n# Look\n```sh risk=read\nid\n```\n");
	app->now += 2 * HOUR_MS;
	began = app->now;
	give(AM, 1);
	pass(4);
	until(has_run);
	pass(12);
	only("its file is another than the one that was read");
	end();
}

/* Why a book is not run, whoever trusts it. */
static void is_refused(void **state)
{
	static const struct {
		const char *book, *lines, *why;
	} rows[] = {
		{"### 1\n```sh local risk=read\nuptime -s\n```\n### 2\n```sh local "
		 "risk=change\ntouch /nowhere\n```\n",
			"", "step 2 is of class change"},
		{"### 1\n```sh local risk=read\nuptime -s | cat\n```\n", "",
			"step 1 is of class shell"},
		{"### 1\n```ask\nReally?\n```\n", "", "step 1"},
		{"### 1\n```sh local risk=read\nuptime -s\n```\n",
			"policy deny runbook=look\n", "forbids it"},
		{"### 1\n```sh local risk=read\nuptime -s\n```\n",
			"set run.approve = read\n", "step 1 needs an approval"},
		{"### 1\n```sh local risk=read\nuptime -s\n```\n",
			"set run.allow = none\n", "run.allow"},
		{"### 1\n```sh local risk=read\ndf ${nowhere}\n```\n", "",
			"step 1: no variable is called nowhere"},
		{"no step at all\n", "", "it has no steps"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[600], lines[200];
		struct err err;

		snprintf(text, sizeof text, "---\nmatches: [Down0]\n---\n# Look\n%s",
			rows[i].book);
		put_book("look", text);
		snprintf(lines, sizeof lines,
			"%strigger t%zu runbook=look on=alert do=run\n", rows[i].lines,
			i);
		begin(lines);
		assert_true(runbook_trust(
			app, runbooks_named(app->runbooks, "look"), true, &err));
		began = app->now;
		give(AM, 1);
		pass(4);
		until(has_run);
		if (proposals_count(app->triggers) < 1 ||
			!strstr(proposals_at(app->triggers, 0)->why, rows[i].why))
			fail_msg("%s: %s", rows[i].why,
				proposals_count(app->triggers)
					? proposals_at(app->triggers, 0)->why
					: "nothing is proposed");
		end();
	}
}

/* The first step that goes wrong ends it: somebody is to look, and those behind it are
 * not begun. */
static void stops(void **state)
{
	static const char line[] = "trigger t runbook=look on=alert do=run\n";
	struct err err;

	(void)state;
	put_book("look", "---\nmatches: [Down0]\n---\n# Look\n### 1\n```sh local "
			 "risk=read\nuptime -s\n```\n### 2\n```sh local risk=read\nls "
			 "/nowhere/at/all\n```\n### 3\n```sh local risk=read\nuptime "
			 "-p\n```\n");
	begin(line);
	assert_true(
		runbook_trust(app, runbooks_named(app->runbooks, "look"), true, &err));
	began = app->now;
	give(AM, 1);
	pass(4);
	until(has_run);
	pass(12);
	assert_int_equal(triggers_at(app->triggers, 0)->last, FIRING_STOPPED);
	assert_int_equal(only("step 2: failed, exit 2")->state, FIRING_STOPPED);
	assert_true(logged("trigger t, look for Down0: step 2: failed, exit 2"));
	assert_false(logged("3 steps done"));
	/* Somebody opens it for the alert: what it did stands there. */
	{
		const struct alert *alert = alerts_named(app->alerts, "Down0");
		const struct run *run = runs_open(app->runs,
			runbooks_named(app->runbooks, "look")->id, alert->key, &err);

		assert_non_null(run);
		assert_int_equal(run_result(run, 0)->state, RUN_DONE);
		assert_int_equal(run_result(run, 1)->state, RUN_FAILED);
		assert_int_equal(run_result(run, 2)->state, RUN_NOT_YET);
	}
	end();
}

/* A line about what is worse waits until it is. */
static void grows_worse(void **state)
{
	(void)state;
	put_book("look", reads);
	begin("trigger t runbook=look on=alert severity=high\n");
	began = app->now;
	give(AM, 1);
	pass(5);
	assert_int_equal(proposals_count(app->triggers), 0);
	severity = SEVERITY_CRITICAL;
	give(AM, 1);
	pass(5);
	severity = SEVERITY_WARNING;
	only("");
	end();
}

static void nothing_here(void **state)
{
	static const char line[] = "trigger t runbook=look on=alert\n";

	(void)state;
	put_book("look", reads);
	begin(line);
	began = app->now;
	app->readonly = true;
	give(AM, 1);
	pass(8);
	assert_int_equal(proposals_count(app->triggers), 0);
	assert_false(triggers_lead(app->triggers));
	assert_string_equal(triggers_hold(app->triggers), "oogway is read-only here");
	app->readonly = false;
	app->past = true;
	pass(8);
	assert_int_equal(proposals_count(app->triggers), 0);
	app->past = false;
	pass(8);
	only("");
	end();
}

static void on_time(void **state)
{
	static const char lines[] =
		"trigger t runbook=look on=schedule every=1h\n"
		"trigger u runbook=look on=schedule \"cron=0 0 1 1 *\" zone=UTC\n";
	int64_t due;

	(void)state;
	put_book("look", reads);
	begin(lines);
	due = triggers_at(app->triggers, 0)->next_at;
	assert_true(due > app->now && due % HOUR_MS == 0);
	app->now = due - 2000;
	pass(1);
	assert_int_equal(proposals_count(app->triggers), 0);
	pass(3);
	only("");
	assert_int_equal(triggers_at(app->triggers, 0)->next_at, due + HOUR_MS);
	/* A time that is long gone is not made up for, and that is said. */
	app->now = due + HOUR_MS + 10 * MINUTE_MS;
	pass(3);
	only("");
	assert_int_equal(triggers_at(app->triggers, 0)->missed_at, due + HOUR_MS);
	assert_int_equal(triggers_at(app->triggers, 0)->next_at, due + 2 * HOUR_MS);
	assert_true(logged("passed and was not looked at; it is not made up for"));
	end();
}

/* Nor is one that came while none ran: known by the one before it. */
static void missed(void **state)
{
	static const char line[] = "trigger t runbook=look on=schedule every=1h\n";
	struct firing_member m = {.started_at = 0};
	const struct firing_wish wish = {.profile = "",
		.trigger = "t",
		.runbook = "look",
		.members = &m,
		.count = 1,
		.runs = true,
		.most = 10};
	struct firing firing;
	struct err err;
	struct db *db;

	(void)state;
	put_book("look", reads);
	begin(line);
	assert_int_equal(triggers_at(app->triggers, 0)->missed_at, 0);
	m.started_at = triggers_at(app->triggers, 0)->next_at - 5 * HOUR_MS;
	db = history_db(app, &err);
	assert_non_null(db);
	assert_true(firing_claim(db, &wish, &firing, &err) && firing.mine);
	assert_true(firing_set(db, firing.id, FIRING_RAN, "done", &err));
	db_close(db);
	end();
	usleep(2000);
	begin(line);
	assert_int_equal(
		triggers_at(app->triggers, 0)->missed_at, m.started_at + HOUR_MS);
	assert_int_equal(triggers_at(app->triggers, 0)->last, FIRING_RAN);
	assert_int_equal(proposals_count(app->triggers), 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_storm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(runs_what_is_trusted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stops, set_up, tear_down),
		cmocka_unit_test_setup_teardown(grows_worse, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_here, set_up, tear_down),
		cmocka_unit_test_setup_teardown(on_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
