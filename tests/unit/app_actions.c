/* Wishes from the key to the outbox: what is asked, what is done here, what is taken
 * back, and who sends nothing. No server answers: the sources are fed by hand. */
#include "app/actions.h"
#include "app/alerts.h"
#include "app/dossier.h"
#include "app/history.h"
#include "app/sources.h"
#include "base/time.h"
#include "io/loop.h"
#include "model/batch.h"
#include "store/db.h"
#include "store/outbox.h"
#include "store/store.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { PROM = 1, AM, PD, AM_B, MANY = ACTIONS_MAX_TARGETS, LIMIT_MS = 60000 };

static char folder[200], rc[300];
static struct loop *loop;
static struct app *app;
static struct arena arena;
static struct loop_timer *timer;
static struct question asked;
static char asked_text[4000];
static int asks;
static bool (*awaited)(void);
static int64_t wait_until;
static struct err err;

static bool ask(void *ctx, const struct question *question, struct err *why)
{
	(void)ctx;
	(void)why;
	asks++;
	asked = *question;
	snprintf(asked_text, sizeof asked_text, "%s", question->text);
	return true;
}

static void answer(bool yes)
{
	const struct question question = asked;

	assert_non_null(question.answer);
	asked = (struct question){0};
	question.answer(question.ctx, yes);
}

static void look(void *ctx)
{
	(void)ctx;
	app->now++;
	actions_tick(app->actions, app->now);
	if (awaited() || time_mono_ms() > wait_until)
		loop_stop(loop);
	else
		loop_timer_start(timer, 2);
}

static void wait_for(bool (*what)(void))
{
	awaited = what;
	wait_until = time_mono_ms() + LIMIT_MS;
	loop_timer_start(timer, 0);
	loop_run(loop);
	assert_true(what());
}

static bool begun(void)
{
	return app->store && !history_busy(app->history) && actions_begun(app->actions) &&
	       acks_known(app->acks);
}

static bool rested(void)
{
	app->now += 1000;
	return begun() && !actions_busy(app->actions);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void begin(void)
{
	struct app_options options = {
		.no_host = true, .rc = {.file = rc, .no_system = true}};

	loop = loop_new();
	app = app_new(loop, &options);
	app->live = true;
	app->front.ask = ask;
	timer = loop_timer(loop, look, NULL);
	arena_init(&arena, 64 << 20);
	sources_start(app->sources);
	history_start(app->history);
	wait_for(begun);
}

static void end(void)
{
	if (asked.answer)
		answer(false);
	loop_timer_free(timer);
	app_free(app);
	loop_free(loop);
	arena_release(&arena);
}

static int set_up(void **unused)
{
	FILE *f;

	(void)unused;
	strcpy(folder, "/tmp/oogway-actions-XXXXXX");
	assert_non_null(mkdtemp(folder));
	setenv("HOME", folder, 1);
	setenv("XDG_STATE_HOME", folder, 1);
	setenv("XDG_CONFIG_HOME", folder, 1);
	setenv("OOGWAY_TEST_TOKEN", "0123456789", 1);
	unsetenv("XDG_RUNTIME_DIR");
	snprintf(rc, sizeof rc, "%s/rc", folder);
	f = fopen(rc, "w");
	assert_non_null(f);
	fputs("source prom prometheus url=http://127.0.0.1:1\n"
	      "source am alertmanager url=http://127.0.0.1:1\n"
	      "source pd pagerduty url=http://127.0.0.1:1 "
	      "token-env=OOGWAY_TEST_TOKEN\n"
	      "source am-b alertmanager url=http://127.0.0.1:1\n",
		f);
	fclose(f);
	asks = 0;
	begin();
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	end();
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}

static bool merged(void)
{
	return alerts_settled(app->alerts);
}

static void give(int source, size_t n, enum alert_state state)
{
	struct batch batch;

	batch_init(&batch, &arena);
	for (size_t i = 0; i < n; i++) {
		struct alert_draft *draft = batch_add_alert(&batch);
		struct pair *labels = arena_alloc(&arena, 2 * sizeof *labels);
		char name[40];

		snprintf(name, sizeof name, "Alert %zu", i);
		labels[0] = (struct pair){untrusted_str("alertname"),
			untrusted_copy(&arena, untrusted_str(name))};
		labels[1] = (struct pair){untrusted_str("team"), untrusted_str("a")};
		draft->labels = labels;
		draft->label_count = source == PD ? 0 : 2;
		draft->texts[ALERT_ID] = draft->texts[ALERT_TITLE] = labels[0].value;
		draft->state = state;
		draft->severity = SEVERITY_CRITICAL;
		draft->started_at = 1000;
	}
	batch.alerts_snapshot = true;
	alerts_apply(app->alerts, source, &batch);
	wait_for(merged);
}

static uint64_t key(int source, size_t i)
{
	char name[40];

	snprintf(name, sizeof name, "Alert %zu", i);
	return alert_key(sources_row(app->sources, source)->name, untrusted_str(name));
}

static int state_of(int source, size_t i)
{
	return alerts_find(app->alerts, key(source, i))->state;
}

static enum status wish(enum action_verb verb, const uint64_t *keys, size_t n)
{
	const struct wish wish = {.verb = verb,
		.targets = keys,
		.count = n,
		.until_at = verb == ACTION_SNOOZE ? app->now + 3600000 : 0,
		.origin = "key"};

	return actions_wish(app->actions, &wish, &err);
}

/* As many as can be at once, behind some others: each is followed. */
static void many_here(void **unused)
{
	static uint64_t keys[MANY];

	(void)unused;
	give(AM, MANY, ALERT_FIRING);
	for (size_t i = 0; i < MANY; i++)
		keys[i] = key(AM, i);
	assert_int_equal(wish(ACTION_ACKNOWLEDGE, keys, 1), STATUS_PENDING);
	wait_for(rested);
	assert_int_equal(wish(ACTION_UNACKNOWLEDGE, keys, 1), STATUS_PENDING);
	wait_for(rested);
	assert_int_equal(wish(ACTION_ACKNOWLEDGE, keys, MANY), STATUS_PENDING);
	answer(true);
	wait_for(rested);
	assert_int_equal(state_of(AM, 0), ALERT_ACKNOWLEDGED);
	assert_int_equal(state_of(AM, MANY - 1), ALERT_ACKNOWLEDGED);
}

/* The row stands for all that tell of it; u takes back all of it. */
static void twins_together(void **unused)
{
	struct str out;
	uint64_t one;

	(void)unused;
	give(PROM, 2, ALERT_FIRING);
	give(AM, 2, ALERT_FIRING);
	one = key(AM, 0);
	assert_int_equal(wish(ACTION_ACKNOWLEDGE, &one, 1), STATUS_PENDING);
	assert_int_equal(asks, 0);
	wait_for(rested);
	str_init(&out, 1000);
	assert_int_equal(actions_outcome(app->actions, &out), STATUS_DONE);
	assert_string_equal(str_text(&out), "Alert 0: acknowledged\n");
	str_release(&out);
	assert_int_equal(state_of(AM, 0), ALERT_ACKNOWLEDGED);
	assert_int_equal(state_of(PROM, 0), ALERT_ACKNOWLEDGED);
	assert_int_equal(state_of(PROM, 1), ALERT_FIRING);
	assert_int_equal(actions_undo(app->actions, "key", &err), STATUS_PENDING);
	assert_int_equal(asks, 1);
	answer(true);
	wait_for(rested);
	assert_int_equal(state_of(AM, 0), ALERT_FIRING);
	assert_int_equal(state_of(PROM, 0), ALERT_FIRING);
}

static void cluster(int source, uint64_t number)
{
	((struct source_row *)sources_row(app->sources, source))->cluster = number;
}

static bool two_wait(void)
{
	return begun() && actions_count(app->actions) == 2;
}

/* Each peer notifies by itself, but for those of one cluster; what both tell of is one
 * alert. */
static void silenced_at_peers(void **unused)
{
	uint64_t one;

	(void)unused;
	give(PROM, 2, ALERT_FIRING);
	give(AM, 2, ALERT_FIRING);
	give(AM_B, 2, ALERT_FIRING);
	one = key(AM_B, 0);
	assert_int_equal(wish(ACTION_SNOOZE, &one, 1), STATUS_PENDING);
	assert_non_null(strstr(asked_text, "silence at am-b and am: Alert 0; until"));
	assert_non_null(strstr(asked_text, "; matches 1 alert now?"));
	answer(true);
	wait_for(two_wait);
	/* Muted there, it is about the other alone. */
	give(AM, 2, ALERT_SILENCED);
	assert_int_equal(wish(ACTION_SNOOZE, &one, 1), STATUS_PENDING);
	assert_non_null(strstr(asked_text, "silence at am-b: Alert 0; until"));
	answer(false);
	give(AM, 2, ALERT_FIRING);
	cluster(AM, 7);
	cluster(AM_B, 7);
	assert_int_equal(wish(ACTION_SNOOZE, &one, 1), STATUS_PENDING);
	assert_non_null(strstr(asked_text, "silence at am-b: Alert 0; until"));
	cluster(AM, 8);
	answer(false);
	assert_int_equal(wish(ACTION_SNOOZE, &one, 1), STATUS_PENDING);
	assert_non_null(strstr(asked_text, "silence at am-b and am: Alert 0; until"));
}

/* Two marks of which one has ended are still a question; the same twice is one. */
static void marks(void **unused)
{
	uint64_t keys[2];

	(void)unused;
	give(AM, 1, ALERT_FIRING);
	keys[0] = key(AM, 0);
	keys[1] = key(AM, 7);
	assert_int_equal(wish(ACTION_ACKNOWLEDGE, keys, 2), STATUS_PENDING);
	assert_int_equal(asks, 1);
	assert_non_null(
		strstr(asked_text, "1 left out: this is no alert, or it has ended"));
	answer(false);
	keys[1] = keys[0];
	assert_int_equal(wish(ACTION_ACKNOWLEDGE, keys, 2), STATUS_PENDING);
	assert_int_equal(asks, 1);
	wait_for(rested);
	assert_int_equal(actions_count(app->actions), 1);
}

static bool one_kept(void)
{
	return actions_count(app->actions) == 1;
}

/* One of two ends while the question stands: the other is still meant. */
static void marks_that_end(void **unused)
{
	uint64_t keys[2];
	char why[200];

	(void)unused;
	give(PD, 2, ALERT_FIRING);
	keys[0] = key(PD, 0);
	keys[1] = key(PD, 1);
	assert_int_equal(wish(ACTION_RESOLVE, keys, 2), STATUS_PENDING);
	give(PD, 1, ALERT_FIRING);
	assert_true(asked.still(asked.ctx, why, sizeof why));
	answer(true);
	wait_for(one_kept);
	assert_int_equal(wish(ACTION_RESOLVE, keys, 1), STATUS_PENDING);
	give(PD, 0, ALERT_FIRING);
	assert_false(asked.still(asked.ctx, why, sizeof why));
	assert_non_null(strstr(why, "is over now: nothing was done"));
	answer(false);
}

/* What is still on its way is not skipped for something older. */
static void undo_of_the_newest(void **unused)
{
	uint64_t here, there;

	(void)unused;
	give(AM, 1, ALERT_FIRING);
	give(PD, 1, ALERT_FIRING);
	here = key(AM, 0);
	there = key(PD, 0);
	assert_int_equal(wish(ACTION_ACKNOWLEDGE, &here, 1), STATUS_PENDING);
	wait_for(rested);
	assert_int_equal(wish(ACTION_SNOOZE, &there, 1), STATUS_PENDING);
	assert_int_equal(actions_undo(app->actions, "key", &err), STATUS_FAILED);
	assert_non_null(strstr(err.text, "snooze is not done yet"));
	assert_int_equal(asks, 0);
}

/* Yes was said to another profile's question. */
static void question_of_another_profile(void **unused)
{
	uint64_t there;
	const char *before = app->rc->profile;
	char why[200];

	(void)unused;
	give(PD, 1, ALERT_FIRING);
	there = key(PD, 0);
	assert_int_equal(wish(ACTION_RESOLVE, &there, 1), STATUS_PENDING);
	assert_true(asked.still(asked.ctx, why, sizeof why));
	app->rc->profile = "lab";
	assert_false(asked.still(asked.ctx, why, sizeof why));
	assert_non_null(strstr(why, "the profile is lab now"));
	app->rc->profile = before;
}

static bool one_known(void)
{
	return actions_count(app->actions) == 1;
}

/* What another process put into the store is seen long before the list is read by
 * itself. */
static void by_another_process(void **unused)
{
	const struct store_report *report = store_report(app->store);
	const struct store_config config = {.path = report->path};
	struct outbox_row row = {.action = {.verb = ACTION_NOTE},
		.profile = untrusted_str(""),
		.source = untrusted_str("gone"),
		.state = OUTBOX_CONFIRMED};
	int64_t began;
	struct db *db;

	(void)unused;
	wait_for(begun);
	began = app->now;
	db = store_open_here(&config, NULL, &err);
	assert_non_null(db);
	id_new(app->now, row.action.id);
	assert_true(db_begin(db, &err) && outbox_add(db, &row, 1, &err) &&
		    db_commit(db, &err));
	db_close(db);
	wait_for(one_known);
	assert_true(app->now - began < 60000);
}

/* Acknowledged by one life of the app, known to the next before it prints a list. */
static void kept(void **unused)
{
	uint64_t one;

	(void)unused;
	give(AM, 1, ALERT_FIRING);
	one = key(AM, 0);
	assert_int_equal(wish(ACTION_ACKNOWLEDGE, &one, 1), STATUS_PENDING);
	wait_for(rested);
	end();
	begin();
	give(AM, 1, ALERT_FIRING);
	assert_int_equal(state_of(AM, 0), ALERT_ACKNOWLEDGED);
}

static size_t wanted_rows;

static bool listed(void)
{
	return actions_count(app->actions) == wanted_rows;
}

static void tell(uint64_t target, int64_t next_at)
{
	const struct wish wish = {.verb = ACTION_STATUS,
		.targets = &target,
		.count = 1,
		.until_at = next_at,
		.body = "we look into it",
		.origin = "key"};

	assert_int_equal(actions_wish(app->actions, &wish, &err), STATUS_PENDING);
	answer(true);
	wanted_rows++;
	wait_for(listed);
}

/* When subscribers hear again: the newest update counts, also while it waits; nothing of
 * what is over, and nothing of an alert of an Alertmanager. */
static void promised(void **unused)
{
	struct dossier_update due[4];
	int64_t first, second;
	uint64_t other;

	(void)unused;
	wanted_rows = 0;
	give(PD, 3, ALERT_FIRING);
	give(AM, 1, ALERT_FIRING);
	first = app->now + 2 * HOUR_MS;
	second = app->now + HOUR_MS;
	tell(key(PD, 0), first);
	assert_non_null(strstr(asked_text, "send a status update at pd: Alert 0"));
	assert_non_null(strstr(asked_text, "next update by"));
	tell(key(PD, 1), second);
	assert_int_equal(dossier_updates(app, due, 4), 2);
	assert_int_equal(due[0].alert->key, key(PD, 1));
	assert_int_equal(due[0].at, second);
	assert_int_equal(due[1].at, first);
	assert_int_equal(dossier_updates(app, due, 1), 1);
	assert_int_equal(due[0].at, second);
	assert_int_equal(dossier_next_update(app, key(PD, 2)), 0);
	/* The next one promises nothing. */
	tell(key(PD, 1), 0);
	assert_int_equal(dossier_next_update(app, key(PD, 1)), 0);
	assert_int_equal(dossier_updates(app, due, 4), 1);
	assert_int_equal(due[0].alert->key, key(PD, 0));
	give(PD, 0, ALERT_FIRING);
	assert_int_equal(dossier_updates(app, due, 4), 0);
	other = key(AM, 0);
	assert_int_equal(wish(ACTION_STATUS, &other, 1), STATUS_FAILED);
	assert_non_null(strstr(err.text, "one cannot send a status update there"));
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(many_here),
		ROW(twins_together),
		ROW(silenced_at_peers),
		ROW(marks),
		ROW(marks_that_end),
		ROW(undo_of_the_newest),
		ROW(question_of_another_profile),
		ROW(kept),
		ROW(by_another_process),
		ROW(promised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
