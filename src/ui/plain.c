/* Plain mode: the same state told in lines, one per change, for
 * dumb terminals, screen readers and pipes. Every foreign word goes
 * through text_line(). Main thread. */
#include "ui/plain.h"

#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/overview.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/map.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct plain {
	struct app *app;
	struct map known;     /* alert key → state it was last told in (+1) */
	struct map anomalies; /* id → 1 on, 2 over */
	enum source_health told[RC_MAX_SOURCES + 1];
	char headline[256];
};

static void say(const struct plain *plain, const char *kind, const char *text)
{
	char when[TIME_TEXT];

	printf("%s %s %s\n", time_clock_s(plain->app->now, when), kind, text);
}

static void say_alert(const struct plain *plain, const struct alert *a)
{
	char text[320], service[60], title[120], summary[120];

	text_line(alert_text(a, ALERT_SERVICE), service, sizeof service);
	text_line(alert_text(a, ALERT_TITLE), title, sizeof title);
	text_line(alert_text(a, ALERT_SUMMARY), summary, sizeof summary);
	snprintf(text, sizeof text, "%s %s %s %s %s", alert_state_name(a->state),
		severity_name(a->severity), service, title, summary);
	say(plain, "ALERT", text);
}

static void tell_alerts(struct plain *plain)
{
	struct app *app = plain->app;
	struct map seen;
	const char *key;
	void *value;

	map_init(&seen);
	for (size_t i = 0; i < alerts_count(app->alerts); i++) {
		const struct alert *a = alerts_at(app->alerts, i);
		uintptr_t told =
			(uintptr_t)map_get(&plain->known, &a->key, sizeof a->key);

		map_put(&seen, &a->key, sizeof a->key, (void *)((uintptr_t)a->state + 1));
		if (told != (uintptr_t)a->state + 1)
			say_alert(plain, a);
	}
	for (size_t at = 0; map_each(&plain->known, &at, &key, &value);)
		if (!map_get(&seen, key, sizeof(uint64_t)))
			say(plain, "ALERT", "over: one alert is no longer listed");
	map_release(&plain->known);
	plain->known = seen;
}

static void tell_anomalies(struct plain *plain)
{
	struct app *app = plain->app;

	for (size_t i = anomalies_count(app->anomalies); i-- > 0;) {
		const struct anomaly_row *a = anomalies_at(app->anomalies, i);
		uintptr_t now = a->end_at ? 2 : 1;
		uintptr_t told = (uintptr_t)map_put(
			&plain->anomalies, &a->id, sizeof a->id, (void *)now);
		char text[320];

		if (told == now)
			continue;
		snprintf(text, sizeof text, "%s %s %s %s", a->end_at ? "over" : "new",
			severity_name(a->severity), a->name, a->reason);
		say(plain, "ANOMALY", text);
	}
}

static void tell_sources(struct plain *plain)
{
	struct app *app = plain->app;

	for (size_t i = 0; i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_row(app->sources, i);
		enum source_health health = source_health(row, app->now);
		char words[300], text[400];

		if (health == plain->told[i])
			continue;
		plain->told[i] = health;
		snprintf(text, sizeof text, "%s %s", row->name,
			source_words(row, app->now, words, sizeof words));
		say(plain, "SOURCE", text);
	}
}

static void end_of_turn(void *ctx)
{
	struct plain *plain = ctx;
	uint32_t bits = app_take_changes(plain->app);
	char headline[256];

	if (bits & CHANGED_ALERTS)
		tell_alerts(plain);
	if (bits & CHANGED_ANOMALIES)
		tell_anomalies(plain);
	if (bits & (CHANGED_SOURCES | CHANGED_CLOCK))
		tell_sources(plain);
	if (bits & (CHANGED_ALERTS | CHANGED_SOURCES | CHANGED_ANOMALIES)) {
		overview_headline(plain->app, headline, sizeof headline);
		if (strncmp(headline, plain->headline, strcspn(headline, "."))) {
			snprintf(plain->headline, sizeof plain->headline, "%s", headline);
			say(plain, "STATUS", headline);
		}
	}
	if (bits && fflush(stdout))
		loop_stop(plain->app->loop);
}

static void notice(void *ctx, bool bad, const char *text)
{
	say(ctx, bad ? "WARNING" : "NOTICE", text);
}

static void stop(void *ctx)
{
	struct plain *plain = ctx;

	loop_stop(plain->app->loop);
}

struct plain *plain_new(struct app *app)
{
	struct plain *plain = mem_new(1, sizeof *plain);

	plain->app = app;
	map_init(&plain->known);
	map_init(&plain->anomalies);
	for (int i = 0; i <= RC_MAX_SOURCES; i++)
		plain->told[i] = HEALTH_WAITING;
	app->front = (struct front){.notice = notice, .ctx = plain};
	loop_on_turn(app->loop, end_of_turn, plain);
	loop_on_signal(app->loop, SIGINT, stop, plain);
	loop_on_signal(app->loop, SIGTERM, stop, plain);
	loop_on_signal(app->loop, SIGHUP, stop, plain);
	return plain;
}

void plain_free(struct plain *plain)
{
	if (!plain)
		return;
	loop_off(plain->app->loop, plain);
	map_release(&plain->known);
	map_release(&plain->anomalies);
	plain->app->front = (struct front){0};
	mem_free(plain);
}
