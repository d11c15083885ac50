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
	struct map known;     /* what was said of alerts, by their identity */
	struct map anomalies; /* id → 1 on, 2 over */
	enum source_health told[RC_MAX_SOURCES + 1];
	char headline[256];
};

static void say(const struct plain *plain, const char *kind, const char *text)
{
	char when[TIME_TEXT];

	printf("%s %s %s\n", time_clock_s(plain->app->now, when), kind, text);
}

/* What was said of an alert, by its identity: twins are said once. */
struct told {
	uint64_t alert;
	uint8_t state;
	char name[];
};

static void forget(struct map *known)
{
	void *value;

	for (size_t at = 0; map_each(known, &at, NULL, &value);)
		mem_free(value);
	map_release(known);
}

static void say_alert(const struct plain *plain, const struct alert *a)
{
	char text[320], service[60], title[120], summary[120];

	text_line(alert_text(a, ALERT_SERVICE), service, sizeof service);
	text_line(alert_name(a), title, sizeof title);
	text_line(alert_text(a, ALERT_SUMMARY), summary, sizeof summary);
	snprintf(text, sizeof text, "%s %s %s %s%s%s", alert_state_name(a->state),
		severity_name(a->severity), service, title, *summary ? " " : "", summary);
	say(plain, "ALERT", text);
}

static struct told *told_new(const struct alert *a)
{
	char name[200], service[60], title[120];
	struct told *told;
	size_t n;

	text_line(alert_text(a, ALERT_SERVICE), service, sizeof service);
	text_line(alert_name(a), title, sizeof title);
	snprintf(name, sizeof name, "%s %s", service, title);
	n = strlen(name) + 1;
	told = mem_new(1, sizeof *told + n);
	memcpy(told->name, name, n);
	return told;
}

static void tell_alerts(struct plain *plain)
{
	struct app *app = plain->app;
	struct map seen;
	void *value;

	map_init(&seen);
	for (size_t i = 0; i < alerts_count(app->alerts); i++) {
		const struct alert *a = alerts_at(app->alerts, i);
		uint64_t id = alerts_identity(app->alerts, a);
		struct told *told;

		if (!alerts_speaks(app->alerts, a))
			continue;
		told = map_del(&plain->known, &id, sizeof id);
		if (!told || told->state != a->state)
			say_alert(plain, a);
		if (!told)
			told = told_new(a);
		told->alert = a->key;
		told->state = a->state;
		mem_free(map_put(&seen, &id, sizeof id, told));
	}
	for (size_t at = 0; map_each(&plain->known, &at, NULL, &value);) {
		const struct told *told = value;
		char text[320];

		/* Still there: another one speaks for it now. */
		if (alerts_find(app->alerts, told->alert))
			continue;
		snprintf(text, sizeof text, "over %s", told->name);
		say(plain, "ALERT", text);
	}
	forget(&plain->known);
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
		const struct source_row *row = sources_at(app->sources, i);
		enum source_health health = source_health(row, app->now);
		char words[300], text[400];

		if (health == HEALTH_OK && source_warns(row))
			health = HEALTH_STALE;
		if (health == plain->told[row->number])
			continue;
		plain->told[row->number] = health;
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
	forget(&plain->known);
	map_release(&plain->anomalies);
	plain->app->front = (struct front){0};
	mem_free(plain);
}
