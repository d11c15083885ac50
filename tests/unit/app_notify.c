/* Which problems are told, when, and how often: by a line of the rc that rings in this
 * terminal, caught here. */
#include "app/alerts.h"
#include "app/expiry.h"
#include "app/notify.h"
#include "app/sources.h"
#include "base/time.h"
#include "io/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { AM = 1, AM_B, MOST = 220 };

static struct loop *loop;
static struct app *app;
static struct arena arena;
static char rc[64], last[1000], title[100];
static size_t told;

static void alarm_rings(void *ctx, enum notify_kind kind, const char *words)
{
	(void)ctx;
	if (kind == NOTIFY_TITLE) {
		snprintf(title, sizeof title, "%s", words ? words : "");
		return;
	}
	told++;
	snprintf(last, sizeof last, "%s", words);
}

static void begin(const char *lines)
{
	struct app_options options = {.no_host = true};
	int fd;

	strcpy(rc, "/tmp/oogway-notify-XXXXXX");
	fd = mkstemp(rc);
	assert_true(fd >= 0);
	dprintf(fd,
		"source am alertmanager url=http://am:9093\n"
		"source am-b alertmanager url=http://am-b:9093\n%s",
		lines);
	close(fd);
	options.rc = (struct rc_options){.file = rc, .no_system = true};
	loop = loop_new();
	app = app_new(loop, &options);
	assert_int_equal(app->rc->conf.errors_total, 0);
	app->front.alarm = alarm_rings;
	arena_init(&arena, 8 << 20);
	told = 0;
	*last = '\0';
	notify_start(app->notify);
	app->now = app->started_at + 1000;
}

static void end(void)
{
	app_free(app);
	loop_free(loop);
	arena_release(&arena);
	unlink(rc);
}

static enum severity severity = SEVERITY_CRITICAL;
static int64_t began;

/* The source has n firing alerts now. */
static void give(int source, size_t n)
{
	static struct pair labels[MOST];
	static char ids[MOST][24];
	struct batch batch;

	batch_init(&batch, &arena);
	for (size_t i = 0; i < n; i++) {
		struct alert_draft *draft = batch_add_alert(&batch);

		snprintf(ids[i], sizeof ids[i], "Down%zu", i);
		labels[i] =
			(struct pair){untrusted_str("alertname"), untrusted_str(ids[i])};
		draft->texts[ALERT_ID] = draft->texts[ALERT_TITLE] = labels[i].value;
		draft->texts[ALERT_SUMMARY] = untrusted_str("it is\033]0;x\007 down");
		draft->labels = &labels[i];
		draft->label_count = 1;
		draft->severity = severity;
		draft->state = ALERT_FIRING;
		draft->started_at = began;
	}
	batch.alerts_snapshot = true;
	alerts_apply(app->alerts, source, &batch);
	sources_feed(app->sources, source,
		&(struct poll_status){.state = POLL_OK, .last_ok_at = app->now});
}

static void pass(int64_t ms)
{
	for (int64_t left = ms; left > 0; left -= 1000) {
		app->now += 1000;
		notify_tick(app->notify, app->now);
	}
}

static const char ring[] = "notify ring kind=terminal severity=high\n";

static void once(void **state)
{
	(void)state;
	begin(ring);
	give(AM, 0);
	pass(2000);
	began = app->now;
	give(AM, 1);
	pass(10000);
	assert_int_equal(told, 1);
	assert_string_equal(last, "critical: Down0: it is^[]0;x^G down");
	/* Another server tells of the same. */
	give(AM_B, 1);
	pass(10000);
	assert_int_equal(told, 1);
	/* It flaps. */
	give(AM, 0);
	give(AM_B, 0);
	pass(30000);
	give(AM, 1);
	pass(10000);
	assert_int_equal(told, 1);
	/* After long, it is another one. */
	give(AM, 0);
	pass(NOTIFY_FORGET_MS + 5000);
	give(AM, 1);
	pass(10000);
	assert_int_equal(told, 2);
	end();
}

static void worse_is_told_again(void **state)
{
	(void)state;
	begin(ring);
	give(AM, 0);
	pass(2000);
	began = app->now;
	severity = SEVERITY_WARNING;
	give(AM, 1);
	pass(10000);
	assert_int_equal(told, 0);
	severity = SEVERITY_HIGH;
	give(AM, 1);
	pass(5000);
	assert_int_equal(told, 1);
	severity = SEVERITY_CRITICAL;
	give(AM, 1);
	pass(5000);
	assert_int_equal(told, 2);
	assert_true(!strncmp(last, "worse, critical: Down0", 22));
	severity = SEVERITY_HIGH;
	give(AM, 1);
	pass(5000);
	severity = SEVERITY_CRITICAL;
	give(AM, 1);
	pass(5000);
	assert_int_equal(told, 2);
	end();
}

static void known_at_the_start(void **state)
{
	(void)state;
	begin(ring);
	began = app->started_at - 60000;
	give(AM, 3);
	pass(20000);
	assert_int_equal(told, 0);
	/* The other server answers late; what it has is as old. */
	give(AM_B, 5);
	pass(20000);
	assert_int_equal(told, 0);
	/* An old alert that comes after the first answer is new: it was pending. */
	give(AM_B, 6);
	pass(20000);
	assert_int_equal(told, 1);
	end();
}

static void a_storm_is_one(void **state)
{
	(void)state;
	begin(ring);
	give(AM, 0);
	pass(2000);
	began = app->now;
	give(AM, 200);
	pass(60000);
	assert_int_equal(told, 1);
	assert_true(!strncmp(last, "200 alerts: 200 critical: critical: Down", 40));
	assert_non_null(strstr(last, "and 197 more"));
	end();
}

/* One after the other, faster than anybody reads. */
static void patience_ends(void **state)
{
	(void)state;
	begin(ring);
	give(AM, 0);
	pass(2000);
	began = app->now;
	for (size_t n = 1; n <= 20; n++) {
		give(AM, n);
		pass(3000);
	}
	assert_in_range(told, NOTIFY_BURST, NOTIFY_BURST + 3);
	pass(60000);
	assert_non_null(strstr(last, "Down"));
	assert_in_range(told, NOTIFY_BURST + 1, NOTIFY_BURST + 4);
	end();
}

static void quiet_hours(void **state)
{
	char lines[200];
	int minute;

	(void)state;
	minute = time_minute_of_day(time_now_ms());
	snprintf(lines, sizeof lines,
		"notify ring kind=terminal quiet=%02d:%02d-%02d:%02d\n",
		(minute + 1430) % 1440 / 60, (minute + 1430) % 60,
		(minute + 10) % 1440 / 60, (minute + 10) % 60);
	begin(lines);
	give(AM, 0);
	pass(2000);
	began = app->now;
	give(AM, 2);
	pass(60000);
	assert_int_equal(told, 0);
	/* One is over when the morning comes; the other is told. */
	give(AM, 1);
	pass(11 * MINUTE_MS);
	assert_int_equal(told, 1);
	assert_true(!strncmp(last, "critical: Down0", 15));
	end();
}

static void the_title(void **state)
{
	(void)state;
	begin("notify t kind=title severity=critical\n");
	give(AM, 2);
	pass(1000);
	assert_string_equal(title, "(2) oogway");
	give(AM, 0);
	pass(1000);
	assert_string_equal(title, "oogway");
	end();
}

/* --- what happens if nobody does anything --- */

static char noticed[400];
static size_t notices;

static void notice_shown(void *ctx, bool bad, const char *text)
{
	(void)ctx;
	(void)bad;
	notices++;
	snprintf(noticed, sizeof noticed, "%s", text);
}

static void watch_ends(int64_t ms)
{
	for (int64_t left = ms; left > 0; left -= 1000) {
		app->now += 1000;
		alerts_tick(app->alerts, app->now);
		expiry_tick(app->expiry, app->now);
	}
}

static void an_acknowledgement_ends(void **state)
{
	struct batch batch;
	struct alert_draft *draft;
	int64_t ends;

	(void)state;
	begin(ring);
	app->live = true;
	app->front.notice = notice_shown;
	notices = 0;
	ends = app->now + 10 * MINUTE_MS;
	for (int round = 0; round < 2; round++) {
		batch_init(&batch, &arena);
		for (int i = 0; i < 3; i++) {
			static const char *const next[] = {"acknowledgement ends",
				"resolves itself", "acknowledgement ends"};
			static const char *const ids[] = {"Q1", "Q2", "Q3"};

			draft = batch_add_alert(&batch);
			draft->texts[ALERT_ID] = untrusted_str(ids[i]);
			draft->texts[ALERT_TITLE] = untrusted_str("disk full");
			draft->texts[ALERT_NEXT] = untrusted_str(next[i]);
			draft->severity = SEVERITY_HIGH;
			draft->state = i == 2 ? ALERT_FIRING : ALERT_ACKNOWLEDGED;
			draft->next_at = ends;
		}
		batch.alerts_snapshot = true;
		alerts_apply(app->alerts, AM, &batch);
		watch_ends(ends - app->now - ACK_SOON_MS - 10000);
		assert_int_equal(notices, round);
		watch_ends(20000);
		assert_int_equal(notices, round + 1);
		assert_string_equal(
			noticed, "the acknowledgement of disk full ends in 2m");
		assert_int_equal(told, round + 1);
		watch_ends(60000);
		assert_int_equal(notices, round + 1);
		/* Acknowledged anew: it ends another time. */
		ends += 30 * MINUTE_MS;
	}
	end();
}

static void give_silences(int64_t ends, size_t muted)
{
	struct batch batch;
	struct batch_silence *s;
	static const char *const ids[] = {"Q1", "Q2", "Q3"};

	batch_init(&batch, &arena);
	for (int i = 0; i < 2; i++) {
		s = batch_add_silence(&batch);
		s->id = untrusted_str(i ? "s2" : "s1");
		s->matchers = untrusted_str(i ? "{b=\"c\"}" : "{a=\"b\"}");
		s->starts_at = app->started_at - HOUR_MS;
		s->ends_at = i ? ends + DAY_MS : ends;
		s->active = true;
	}
	batch.silences_snapshot = batch.alerts_snapshot = true;
	for (size_t i = 0; i < muted; i++) {
		struct alert_draft *draft = batch_add_alert(&batch);

		draft->texts[ALERT_ID] = untrusted_str(ids[i]);
		draft->texts[ALERT_ACKED_BY] = untrusted_str(
			i ? "silence s0, s1; inhibited by s2" : "silence s1");
		draft->state = ALERT_SILENCED;
	}
	alerts_apply(app->alerts, AM, &batch);
	alerts_tick(app->alerts, app->now);
}

static void a_silence_ends(void **state)
{
	int64_t ends;

	(void)state;
	begin("notify ring kind=terminal severity=warning\n");
	app->live = true;
	app->front.notice = notice_shown;
	notices = 0;
	ends = app->now + HOUR_MS;
	give_silences(ends, 3);
	assert_int_equal(silences_count(app->alerts), 2);
	assert_int_equal(silences_at(app->alerts, 0)->matches, 3);
	assert_int_equal(silences_at(app->alerts, 1)->matches, 0);
	assert_int_equal(silences_at(app->alerts, 1)->matched_at, 0);
	watch_ends(ends - app->now - SILENCE_SOON_MS - 10000);
	assert_int_equal(notices, 0);
	watch_ends(20000);
	assert_int_equal(notices, 1);
	assert_string_equal(noticed, "a silence ends in 14m; it mutes 3 now: {a=\"b\"}");
	assert_int_equal(told, 1);
	/* It mutes none any more; that it did is remembered. */
	give_silences(ends, 0);
	assert_int_equal(silences_at(app->alerts, 0)->matches, 0);
	assert_true(silences_at(app->alerts, 0)->matched_at > 0);
	watch_ends(60000);
	assert_int_equal(notices, 1);
	end();
}

static void wrong_lines(void **state)
{
	static const char *const lines[] = {
		"notify a kind=pigeon",
		"notify a",
		"notify a kind=bell quiet=25:00-07:00",
		"notify a kind=bell quiet=07:00",
		"notify a kind=bell severity=loud",
		"notify a kind=bell url=http://x",
		"notify a kind=slack",
		"notify a kind=webhook token-env=X",
		"notify a kind=webhook url=ftp://x token-env=X",
		"notify a kind=command",
		"notify a kind=bell -- words",
		"notify a kind=title quiet=22:00-07:00",
		"notify a kind=bell loud=yes",
	};
	char path[] = "/tmp/oogway-notify-XXXXXX";
	int fd = mkstemp(path);
	struct rc_options options = {.file = path, .no_system = true};
	struct rc *read;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		dprintf(fd, "%s\n", lines[i]);
	dprintf(fd, "notify twice kind=bell\nnotify twice kind=bell\n");
	close(fd);
	read = rc_read(&options);
	assert_int_equal(read->conf.errors_total, sizeof lines / sizeof *lines + 1);
	assert_int_equal(read->notify_count, 1);
	rc_free(read);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once),
		cmocka_unit_test(worse_is_told_again),
		cmocka_unit_test(known_at_the_start),
		cmocka_unit_test(a_storm_is_one),
		cmocka_unit_test(patience_ends),
		cmocka_unit_test(quiet_hours),
		cmocka_unit_test(the_title),
		cmocka_unit_test(an_acknowledgement_ends),
		cmocka_unit_test(a_silence_ends),
		cmocka_unit_test(wrong_lines),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
