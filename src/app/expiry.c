/* Looks every few seconds at the acknowledged alerts, the silences and the status updates
 * that were promised for an end that is near. What was told is remembered by the thing
 * and its end: one that is extended is told again when that comes. Main thread. */
#include "expiry.h"

#include "action_plan.h"
#include "app/actions.h"
#include "app/alerts.h"
#include "app/dossier.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "model/alert.h"
#include "notify.h"

#include <stdio.h>
#include <string.h>

enum { EVERY_MS = 5000, TOLD_MOST = 500, LOOKED_AT = 2000, TEXT = 200, UPDATES = 20 };

struct told {
	uint64_t key;
	int64_t at;
};

struct expiry {
	struct app *app;
	int64_t looked_at;
	struct told told[TOLD_MOST]; /* the last ones, in a ring */
	size_t next;
};

struct expiry *expiry_new(struct app *app)
{
	struct expiry *expiry = mem_new(1, sizeof *expiry);

	expiry->app = app;
	return expiry;
}

void expiry_free(struct expiry *expiry)
{
	mem_free(expiry);
}

static bool first_time(struct expiry *expiry, uint64_t key, int64_t at)
{
	for (size_t i = 0; i < TOLD_MOST; i++)
		if (expiry->told[i].key == key && expiry->told[i].at == at)
			return false;
	expiry->told[expiry->next++ % TOLD_MOST] = (struct told){key, at};
	return true;
}

/* "WHAT in 14m; MORE": the time stands where a narrow line does not cut it off. */
static void tell(struct expiry *expiry, struct notice *notice, int source,
	struct untrusted id, const char *what, const char *more)
{
	struct app *app = expiry->app;
	char target[TEXT], name[80], left[TIME_TEXT], title[TEXT * 2];

	text_line(id, name, sizeof name);
	snprintf(target, sizeof target, "%.80s/%s",
		sources_row(app->sources, source)->name, name);
	if (notice->since > app->now)
		snprintf(title, sizeof title, "%s in %s%s", what,
			duration_text(notice->since - app->now, left), more);
	else
		snprintf(title, sizeof title, "%s%s", what, more);
	notice->target = target;
	notice->title = title;
	notice->sources = sources_row(app->sources, source)->name;
	app_notice(app, true, "%s", title);
	notify_say(app->notify, notice);
}

static void look_at_acks(struct expiry *expiry, int64_t now)
{
	const struct alerts *alerts = expiry->app->alerts;
	size_t first = alerts_first_acknowledged(alerts);

	for (size_t i = first; i < alerts_count(alerts) && i < first + LOOKED_AT; i++) {
		const struct alert *a = alerts_at(alerts, i);
		struct untrusted next = alert_text(a, ALERT_NEXT);
		char name[TEXT], what[TEXT + 60], link[TEXT], service[80];
		struct notice notice = {.severity = (enum severity)a->severity,
			.event = "ack-ends",
			.summary = "",
			.since = a->next_at};

		if (a->state != ALERT_ACKNOWLEDGED)
			break;
		if (a->next_at <= now || a->next_at - now > ACK_SOON_MS ||
			(!untrusted_starts(next, "acknowledgement") &&
				!untrusted_starts(next, "snooze ")) ||
			!first_time(expiry, a->key, a->next_at))
			continue;
		plan_name(a, name, sizeof name);
		text_line(alert_text(a, ALERT_SERVICE), service, sizeof service);
		if (!text_to_link(alert_text(a, ALERT_LINK), link, sizeof link))
			*link = '\0';
		notice.service = service;
		notice.link = link;
		snprintf(what, sizeof what, "the %s of %s ends",
			actions_snoozed(expiry->app->actions, a) ? "snooze"
								 : "acknowledgement",
			name);
		tell(expiry, &notice, a->source, alert_text(a, ALERT_ID), what, "");
	}
}

static void look_at_silences(struct expiry *expiry, int64_t now)
{
	const struct alerts *alerts = expiry->app->alerts;

	for (size_t i = 0; i < silences_count(alerts); i++) {
		const struct silence_row *s = silences_at(alerts, i);
		char matchers[TEXT], comment[TEXT], more[TEXT + 80];
		struct notice notice = {.severity = SEVERITY_WARNING,
			.event = "silence-ends",
			.service = "",
			.link = "",
			.since = s->ends_at};

		if (!s->active || s->ends_at <= now ||
			s->ends_at - now > SILENCE_SOON_MS ||
			s->ends_at - s->starts_at <= SILENCE_SOON_MS ||
			!first_time(expiry, s->id, s->ends_at))
			continue;
		text_line(s->matchers, matchers, sizeof matchers);
		text_line(s->comment, comment, sizeof comment);
		notice.summary = comment;
		snprintf(more, sizeof more, "; it mutes %zu now: %s", s->matches,
			matchers);
		tell(expiry, &notice, s->source, s->upstream_id, "a silence ends", more);
	}
}

/* Before it is due, and once when it is. */
static void look_at_updates(struct expiry *expiry, int64_t now)
{
	struct dossier_update due[UPDATES];
	size_t n = dossier_updates(expiry->app, due, UPDATES);

	for (size_t i = 0; i < n; i++) {
		const struct alert *a = due[i].alert;
		bool late = due[i].at <= now;
		char name[TEXT], what[TEXT + 60], link[TEXT], service[80];
		struct notice notice = {.severity = (enum severity)a->severity,
			.event = late ? "update-late" : "update-due",
			.summary = "",
			.since = due[i].at};

		if (due[i].at - now > UPDATE_SOON_MS || now - due[i].at > HOUR_MS ||
			!first_time(expiry, a->key + (late ? 2 : 1), due[i].at))
			continue;
		plan_name(a, name, sizeof name);
		text_line(alert_text(a, ALERT_SERVICE), service, sizeof service);
		if (!text_to_link(alert_text(a, ALERT_LINK), link, sizeof link))
			*link = '\0';
		notice.service = service;
		notice.link = link;
		snprintf(what, sizeof what, "the next status update of %s is due", name);
		tell(expiry, &notice, a->source, alert_text(a, ALERT_ID), what, "");
	}
}

void expiry_tick(struct expiry *expiry, int64_t now)
{
	struct app *app = expiry->app;

	if (!app->live || app->past || now - expiry->looked_at < EVERY_MS ||
		!alerts_settled(app->alerts))
		return;
	expiry->looked_at = now;
	look_at_acks(expiry, now);
	look_at_silences(expiry, now);
	look_at_updates(expiry, now);
}
