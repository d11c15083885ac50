/* Which problem is told to which line of the rc, and when. Every alert and anomaly seen
 * has an entry; the members of a problem share what was told of it. A follower (another
 * oogway on the store leads) keeps what is young, in case it must take over. Looks once a
 * second at the worst problems only. Main thread. */
#include "action_plan.h"
#include "notify_send.h"

#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/history.h"
#include "app/problems.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/desktop.h"
#include "model/alert.h"

#include <stdio.h>
#include <string.h>

enum {
	WATCHED = 500,      /* problems, the worst */
	MEMBERS = 16,       /* of one */
	FOLLOW_MS = 300000, /* what a follower keeps; longer than the lease lasts */
	TEXT = 200,
};

struct entry {
	int64_t first_at, seen_at;
	uint8_t told[RC_MAX_NOTIFIES]; /* severity plus one; 0: not */
};

/* The texts of a notice. */
struct telling {
	struct notice notice;
	char target[TEXT + 80], title[TEXT], summary[TEXT * 2], service[80], link[TEXT];
	char sources[80];
	size_t problem;
};

struct notify {
	struct app *app;
	struct desktop *desktop;
	struct sender senders[RC_MAX_NOTIFIES];
	size_t count;
	bool started;
	struct map entries;
	bool based[RC_MAX_SOURCES + 1]; /* its first answer was seen */
	int64_t known_until; /* what began before is known, though it was never seen */
	int64_t swept_at;
	size_t titled; /* what the title says, plus one */
	struct problem problems[WATCHED];
	struct telling tellings[WATCHED];
};

static void take_rules(struct notify *notify)
{
	const struct rc *rc = notify->app->rc;

	notify->count = rc->notify_count;
	for (size_t i = 0; i < notify->count; i++) {
		notify->senders[i] = (struct sender){.app = notify->app,
			.desktop = notify->desktop,
			.rule = &rc->notifies[i]};
		sender_begin(&notify->senders[i]);
	}
}

struct notify *notify_new(struct app *app)
{
	struct notify *notify = mem_new(1, sizeof *notify);

	notify->app = app;
	notify->desktop = desktop_new(app->pool);
	map_init(&notify->entries);
	return notify;
}

void notify_start(struct notify *notify)
{
	notify->started = true;
	notify->based[SOURCE_HOST] = true;
	take_rules(notify);
}

static void end_rules(struct notify *notify)
{
	for (size_t i = 0; i < notify->count; i++)
		sender_end(&notify->senders[i]);
	notify->count = 0;
}

void notify_free(struct notify *notify)
{
	void *value;

	if (!notify)
		return;
	end_rules(notify);
	desktop_free(notify->desktop);
	for (size_t at = 0; map_each(&notify->entries, &at, NULL, &value);)
		mem_free(value);
	map_release(&notify->entries);
	mem_free(notify);
}

/* --- what is known of a problem --- */

static struct entry *entry_of(struct notify *notify, uint64_t key, int64_t now)
{
	struct entry *e = map_get(&notify->entries, &key, sizeof key);

	if (!e) {
		e = mem_new(1, sizeof *e);
		e->first_at = now;
		map_put(&notify->entries, &key, sizeof key, e);
	} else if (now - e->seen_at > NOTIFY_FORGET_MS) {
		*e = (struct entry){.first_at = now};
	}
	e->seen_at = now;
	return e;
}

static size_t members(struct notify *notify, const struct problem *p,
	struct entry *out[MEMBERS], int64_t now)
{
	size_t n = 0;

	for (const struct alert *twin = NULL;
		p->alert && n < MEMBERS - 1 &&
		(twin = alerts_twin(notify->app->alerts, p->alert, twin));)
		out[n++] = entry_of(notify, twin->key, now);
	if (p->anomaly)
		out[n++] = entry_of(notify, p->anomaly->id, now);
	return n;
}

/* What one member was told of, all were. */
static struct entry merged(struct entry *const list[MEMBERS], size_t n)
{
	struct entry all = *list[0];

	for (size_t i = 1; i < n; i++) {
		if (list[i]->first_at < all.first_at)
			all.first_at = list[i]->first_at;
		for (int r = 0; r < RC_MAX_NOTIFIES; r++)
			if (list[i]->told[r] &&
				(!all.told[r] || list[i]->told[r] < all.told[r]))
				all.told[r] = list[i]->told[r];
	}
	for (size_t i = 0; i < n; i++)
		memcpy(list[i]->told, all.told, sizeof all.told);
	return all;
}

static void mark(struct notify *notify, const struct problem *p, size_t rule, int64_t now)
{
	struct entry *list[MEMBERS];
	size_t n = members(notify, p, list, now);

	for (size_t i = 0; i < n; i++)
		list[i]->told[rule] = (uint8_t)(p->severity + 1);
}

static bool known(const struct notify *notify, const struct problem *p)
{
	bool based = !p->alert || notify->based[p->alert->source];

	return p->since < notify->known_until ||
	       (!based && p->since < notify->app->started_at);
}

/* --- the words --- */

static void compose(
	struct notify *notify, const struct problem *p, bool worse, struct telling *t)
{
	const struct app *app = notify->app;
	char name[TEXT], id[TEXT], source[80];

	if (p->alert) {
		const struct alert *a = p->alert;

		plan_name(a, name, sizeof name);
		text_line(alert_text(a, ALERT_SUMMARY), t->summary, sizeof t->summary);
		text_line(alert_text(a, ALERT_SERVICE), t->service, sizeof t->service);
		if (!text_to_link(alert_text(a, ALERT_LINK), t->link, sizeof t->link))
			*t->link = '\0';
		text_line(alert_text(a, ALERT_ID), id, sizeof id);
		text_line(untrusted_str(sources_row(app->sources, a->source)->name),
			source, sizeof source);
	} else {
		text_line(untrusted_str(p->anomaly->name), name, sizeof name);
		text_line(
			untrusted_str(p->anomaly->reason), t->summary, sizeof t->summary);
		*t->service = *t->link = '\0';
		str_copy(id, sizeof id, name);
		str_copy(source, sizeof source, "anomaly");
	}
	problem_sources(app, p, false, t->sources, sizeof t->sources);
	snprintf(t->target, sizeof t->target, "%s/%s", source, id);
	snprintf(t->title, sizeof t->title, "%s%s: %.160s", worse ? "worse, " : "",
		severity_name(p->severity), name);
	t->notice = (struct notice){.severity = p->severity,
		.event = worse ? "worse" : "alert",
		.target = t->target,
		.title = t->title,
		.summary = t->summary,
		.service = t->service,
		.link = t->link,
		.sources = t->sources,
		.since = p->since};
}

/* --- telling --- */

static bool hears(const struct notify *notify, const struct sender *s)
{
	const struct app *app = notify->app;

	if (s->rule->kind == NOTIFY_TITLE)
		return false;
	/* Outside of this terminal and desktop nothing happens in an invented or a
	 * read-only world. */
	if (app->demo || app->readonly)
		return !sender_remote(s) && s->rule->kind != NOTIFY_COMMAND;
	return !sender_remote(s) || s->ready;
}

/* A notice that this process does not send, because another one does. */
static bool left_to_others(const struct notify *notify, const struct sender *s)
{
	return sender_remote(s) && !history_leads(notify->app->history);
}

static void tell_rule(struct notify *notify, size_t rule, size_t count, int64_t now)
{
	struct sender *s = &notify->senders[rule];
	static struct notice list[WATCHED];
	bool follows = left_to_others(notify, s);
	size_t n = 0;

	if (!hears(notify, s) || !sender_free(s, now) || sender_quiet(s, now))
		return;
	for (size_t i = 0; i < count; i++) {
		const struct problem *p = &notify->problems[i];
		struct entry *all[MEMBERS], e;
		size_t had;

		if (p->acknowledged || p->severity > s->rule->severity ||
			(!p->alert && !s->rule->anomalies))
			continue;
		e = merged(all, members(notify, p, all, now));
		had = e.told[rule];
		if ((had && had - 1 <= (size_t)p->severity) ||
			now - e.first_at < NOTIFY_SETTLE_MS)
			continue;
		if (follows) {
			if (now - e.first_at > FOLLOW_MS)
				mark(notify, p, rule, now);
			continue;
		}
		compose(notify, p, had != 0, &notify->tellings[n]);
		notify->tellings[n].problem = i;
		list[n] = notify->tellings[n].notice;
		n++;
	}
	if (!n)
		return;
	sender_tell(s, list, n);
	for (size_t i = 0; i < n; i++)
		mark(notify, &notify->problems[notify->tellings[i].problem], rule, now);
}

void notify_say(struct notify *notify, const struct notice *notice)
{
	for (size_t i = 0; i < notify->count; i++) {
		struct sender *s = &notify->senders[i];

		if (hears(notify, s) && notice->severity <= s->rule->severity &&
			!s->command &&
			(notice->urgent || (!left_to_others(notify, s) &&
						   !sender_quiet(s, notify->app->now))))
			sender_tell(s, notice, 1);
	}
}

/* The title says how many there are, all the time. */
static void tell_title(struct notify *notify)
{
	const struct app *app = notify->app;
	const struct rc_notify *rule = NULL;
	struct problem_counts counts;
	char words[80];
	size_t open = 0;

	for (size_t i = 0; i < notify->count && !rule; i++)
		if (notify->senders[i].rule->kind == NOTIFY_TITLE)
			rule = notify->senders[i].rule;
	if (!app->front.alarm || (!rule && !notify->titled))
		return;
	if (!rule) {
		notify->titled = 0;
		app->front.alarm(app->front.ctx, NOTIFY_TITLE, NULL);
		return;
	}
	counts = problems_counts(app);
	for (int s = 0; s <= (int)rule->severity; s++)
		open += counts.open[s];
	if (notify->titled == open + 1)
		return;
	notify->titled = open + 1;
	snprintf(words, sizeof words, open ? "(%zu) oogway" : "oogway", open);
	app->front.alarm(app->front.ctx, NOTIFY_TITLE, words);
}

/* --- the second --- */

/* Sources that have answered: from now on what they tell is new. Of very many problems
 * the last ones were never looked at: what began before is not new then. */
static void learn_bases(struct notify *notify, bool all)
{
	const struct app *app = notify->app;

	for (size_t i = 0; i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_at(app->sources, i);

		if (notify->based[row->number] || !row->status.last_ok_at ||
			!alerts_settled(app->alerts))
			continue;
		notify->based[row->number] = true;
		if (!all)
			notify->known_until = app->now;
	}
}

static void sweep(struct notify *notify, int64_t now)
{
	uint64_t gone[WATCHED];
	const char *key;
	void *value;
	size_t n = 0;

	if (now - notify->swept_at < MINUTE_MS)
		return;
	notify->swept_at = now;
	for (size_t at = 0; n < WATCHED && map_each(&notify->entries, &at, &key, &value);)
		if (now - ((struct entry *)value)->seen_at > NOTIFY_FORGET_MS)
			memcpy(&gone[n++], key, sizeof *gone);
	for (size_t i = 0; i < n; i++)
		mem_free(map_del(&notify->entries, &gone[i], sizeof gone[i]));
}

void notify_tick(struct notify *notify, int64_t now)
{
	struct app *app = notify->app;
	size_t count, total;

	if (!notify->started || app->past)
		return;
	tell_title(notify);
	if (!notify->count)
		return;
	count = problems_list(app, notify->problems, WATCHED, &total);
	for (size_t i = 0; i < count; i++) {
		const struct problem *p = &notify->problems[i];
		struct entry *all[MEMBERS];

		members(notify, p, all, now);
		for (size_t r = 0; known(notify, p) && r < notify->count; r++)
			mark(notify, p, r, now);
	}
	learn_bases(notify, total == count);
	for (size_t r = 0; r < notify->count; r++)
		tell_rule(notify, r, count, now);
	sweep(notify, now);
}

/* --- another rc --- */

void notify_reload(struct notify *notify, const struct rc *old)
{
	const struct app *app = notify->app;
	struct entry was;
	void *value;

	if (!notify->started)
		return;
	end_rules(notify);
	take_rules(notify);
	for (size_t i = 0; i < sources_count(app->sources); i++)
		if (sources_at(app->sources, i)->fresh)
			notify->based[sources_at(app->sources, i)->number] = false;
	for (size_t at = 0; map_each(&notify->entries, &at, NULL, &value);) {
		struct entry *e = value;

		was = *e;
		/* A new line: told of everything. */
		memset(e->told, SEVERITY_CRITICAL + 1, sizeof e->told);
		for (size_t i = 0; i < app->rc->notify_count; i++)
			for (size_t k = 0; k < old->notify_count; k++)
				if (!strcmp(app->rc->notifies[i].name,
					    old->notifies[k].name))
					e->told[i] = was.told[k];
	}
}

const char *notify_place(const struct notify *notify, int number)
{
	const struct sender *s = &notify->senders[number];

	return (size_t)number < notify->count && s->ready ? s->name : NULL;
}

const struct poll_options *notify_options(const struct notify *notify, int number)
{
	return &notify->senders[number].options;
}
