/* Which trigger fires, when: alerts that are open long enough for their twins to be
 * known, and times of schedules. What fires is claimed in the store first; only whose
 * claim it is goes on. Hides the lease that lets one console of several look, and what
 * was looked at already. Main thread. */
#include "trigger_parts.h"

#include "app/alerts.h"
#include "app/history.h"
#include "app/runbook_match.h"
#include "app/runbooks.h"
#include "app/runs.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/glob.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"
#include "model/alert.h"
#include "ops/gate.h"

#include <stdio.h>
#include <string.h>

enum {
	LOOK = 2000,      /* alerts, the worst */
	SETTLE_MS = 2000, /* what else tells of it */
	FORGET_MS = 300000,
	AT_ONCE = 50, /* claims under way */
	LEASE_MS = 30000,
};

#define FRESH_MS (15 * MINUTE_MS)
/* Longer than a lease lasts: what falls due while nobody leads is done by the next. */
#define LATE_MS (4 * MINUTE_MS)

/* An alert as it was looked at. */
struct seen {
	int64_t first_at, seen_at, started_at;
	uint64_t looked, fired; /* a bit for each trigger; looked: it does not match */
	uint8_t severity;       /* as it was looked at */
};

/* --- the lines --- */

struct trigger_row *trigger_named(struct triggers *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (!strcmp(t->rows[i].rc->name, name))
			return &t->rows[i];
	return NULL;
}

int64_t trigger_due(const struct rc_trigger *rc, int64_t after)
{
	if (rc->on == TRIGGER_ALERT)
		return 0;
	return rc->cron_text ? cron_next(&rc->cron, &rc->clock, after)
			     : (after / rc->every_ms + 1) * rc->every_ms;
}

static void forget_lines(struct triggers *t)
{
	for (size_t i = 0; i < t->count; i++)
		matchers_release(&t->labels[i]);
	mem_free(t->rows);
	mem_free(t->labels);
	t->rows = NULL;
	t->labels = NULL;
	t->count = 0;
}

static void take_lines(struct triggers *t)
{
	const struct rc *rc = t->app->rc;
	struct err err;

	t->count = rc->trigger_count;
	t->rows = mem_new(t->count + 1, sizeof *t->rows);
	t->labels = mem_new(t->count + 1, sizeof *t->labels);
	for (size_t i = 0; i < t->count; i++) {
		const struct rc_trigger *line = &rc->triggers[i];

		t->rows[i] = (struct trigger_row){
			.id = untrusted_hash(untrusted_str(line->name)),
			.rc = line,
			.next_at = trigger_due(line, t->app->now)};
		matchers_read(&t->labels[i], untrusted_str(line->labels), &err);
	}
}

struct triggers *triggers_new(struct app *app)
{
	struct triggers *t = mem_new(1, sizeof *t);

	t->app = app;
	map_init(&t->seen);
	map_init(&t->answered);
	map_init(&t->ours);
	id_new(app->now, t->owner);
	take_lines(t);
	return t;
}

static void forget_seen(struct triggers *t)
{
	void *value;

	for (size_t at = 0; map_each(&t->seen, &at, NULL, &value);)
		mem_free(value);
	map_release(&t->seen);
	map_init(&t->seen);
}

size_t triggers_count(const struct triggers *t)
{
	return t->count;
}

const struct trigger_row *triggers_at(const struct triggers *t, size_t i)
{
	return &t->rows[i];
}

/* --- who looks --- */

const char *triggers_hold(const struct triggers *t)
{
	const struct app *app = t->app;

	if (app->demo)
		return "the demo runs nothing";
	if (app->readonly)
		return "oogway is read-only here";
	if (app->past || app->window.to)
		return "this console looks at the past";
	if (app->live && app->store &&
		(!history_keeps(app->history) || history_trouble(app->history)))
		return "the store keeps nothing, so that it might be done twice";
	return "";
}

bool triggers_lead(const struct triggers *t)
{
	return t->lease_until > t->app->now;
}

static void name_lease(const struct triggers *t, char out[LEASE_MAX_NAME])
{
	snprintf(out, LEASE_MAX_NAME, "triggers %.50s", t->app->rc->profile);
}

static void release_lease(struct triggers *t)
{
	const struct lease_claim claim = {t->lease_name, t->owner, LEASE_MS};

	if (t->lease_until && t->app->store)
		lease_release_later(t->app->store, &claim, (struct store_then){0});
	t->lease_until = 0;
}

static void got_lease(void *ctx, const struct lease *lease, const struct err *err)
{
	struct triggers *t = ctx;
	char name[LEASE_MAX_NAME];

	t->lease_asked = false;
	name_lease(t, name);
	/* The profile was switched meanwhile: it lapses by itself. */
	if (err || t->ended || strcmp(name, t->lease_name))
		return;
	if (lease->mine && !t->lease_until)
		t->swept = false;
	t->follows = !lease->mine;
	t->lease_until = lease->mine ? t->lease_asked_at + LEASE_MS : 0;
}

void triggers_reload(struct triggers *t)
{
	char name[LEASE_MAX_NAME];

	name_lease(t, name);
	/* Another profile has other lines, and another lease. */
	if (strcmp(name, t->lease_name) != 0) {
		release_lease(t);
		t->proposal_count = 0;
		t->listed = false;
		t->stale = t->listing;
	}
	forget_lines(t);
	take_lines(t);
	/* Lines have other numbers; what has fired is known to the store. */
	forget_seen(t);
	t->unsettled = true;
	trigger_list(t);
}

/* One console of a profile looks; whoever may do nothing leaves it to another. */
static void keep_lease(struct triggers *t)
{
	const struct lease_claim claim = {t->lease_name, t->owner, LEASE_MS};

	if (t->lease_asked || t->lease_until > t->app->now + LEASE_MS / 2)
		return;
	name_lease(t, t->lease_name);
	t->lease_asked = true;
	t->lease_asked_at = t->app->now;
	lease_take_later(t->app->store, &claim, got_lease, t);
}

/* --- what is recorded --- */

void trigger_note(struct triggers *t, const struct trigger_note *note)
{
	struct app *app = t->app;
	const struct alert *alert = alerts_find(app->alerts, note->alert);
	const struct runbook_row *row = runbooks_named(app->runbooks, note->runbook);
	char origin[TRIGGER_NAME + 10], hash[SHA256_DIGITS + 1] = "", source[64] = "";
	const struct audit_pair pairs[] = {
		{.name = "book", .value = untrusted_str(note->runbook)},
		{.name = "book_sha256", .value = untrusted_str(hash)}};
	struct audit_record record = {.event = note->event,
		.origin = origin,
		.profile = *app->rc->profile ? app->rc->profile : NULL,
		.target = untrusted_str(note->runbook),
		.result = untrusted_str(note->why),
		.extra = pairs,
		.extra_count = sizeof pairs / sizeof *pairs};

	snprintf(origin, sizeof origin, "trigger %s", note->trigger);
	if (row)
		sha256_text(&row->text, 1, hash);
	if (alert) {
		str_copy(source, sizeof source,
			sources_row(app->sources, alert->source)->name);
		record.source = source;
		record.id = alert_text(alert, ALERT_ID);
	}
	gate_note(runs_door(app->runs), &record);
}

/* --- what fires --- */

/* On its way through the store. */
struct claim {
	struct triggers *triggers;
	char trigger[TRIGGER_NAME], runbook[TRIGGER_BOOK], about[120], why[FIRING_WHY];
	uint64_t alert, book;
	size_t most;
	int64_t due_at;
};

static void say_held(struct triggers *t, const struct claim *c)
{
	struct trigger_row *row = trigger_named(t, c->trigger);
	char why[FIRING_WHY], until[TIME_TEXT];

	if (!row || row->held_until > t->app->now)
		return;
	row->held_until = t->app->now + HOUR_MS;
	snprintf(why, sizeof why,
		"%zu within an hour: what else fires until %s is left alone", c->most,
		time_clock(row->held_until, until));
	app_notice(t->app, true, "trigger %s: %s", c->trigger, why);
	trigger_note(t,
		&(struct trigger_note){"trigger.hold", c->trigger, c->runbook, why, 0});
}

static void propose(struct triggers *t, const struct claim *c, const char *firing)
{
	struct proposal p = {
		.state = FIRING_PROPOSED, .alert = c->alert, .at = t->app->now};

	str_copy(p.firing, sizeof p.firing, firing);
	str_copy(p.trigger, sizeof p.trigger, c->trigger);
	str_copy(p.runbook, sizeof p.runbook, c->runbook);
	str_copy(p.why, sizeof p.why, c->why);
	trigger_propose(t, &p);
}

static void start(struct triggers *t, const struct claim *c, const char *firing)
{
	struct trigger_job job = {.alert = c->alert, .book = c->book};

	str_copy(job.firing, sizeof job.firing, firing);
	str_copy(job.name, sizeof job.name, c->trigger);
	str_copy(job.runbook, sizeof job.runbook, c->runbook);
	str_copy(job.about, sizeof job.about, c->about);
	trigger_run(t, &job);
}

static struct seen *seen_of(struct triggers *t, const struct alert *alert)
{
	struct seen *s = map_get(&t->seen, &alert->key, sizeof alert->key);
	int64_t now = t->app->now, apart;

	if (!s) {
		s = mem_new(1, sizeof *s);
		map_put(&t->seen, &alert->key, sizeof alert->key, s);
		*s = (struct seen){.first_at = now, .seen_at = now};
		s->started_at = alert->started_at;
	}
	apart = alert->started_at - s->started_at;
	/* Another episode, unless it was open just now. */
	if ((apart > TRIGGER_AGAIN_MS || apart < -TRIGGER_AGAIN_MS) &&
		now - s->seen_at > TRIGGER_AGAIN_MS)
		*s = (struct seen){.first_at = now};
	/* A line may be about what is worse. */
	if (s->severity != alert->severity)
		s->looked = 0;
	s->severity = alert->severity;
	s->started_at = alert->started_at;
	s->seen_at = now;
	return s;
}

/* The store did not answer: an alert is looked at once more, a time has passed. */
static void not_claimed(struct triggers *t, const struct claim *c)
{
	struct trigger_row *row = trigger_named(t, c->trigger);
	const struct alert *alert = alerts_find(t->app->alerts, c->alert);

	if (row && !c->alert)
		trigger_missed(t, row, c->due_at);

	for (const struct alert *a = NULL;
		row && alert && (a = alerts_twin(t->app->alerts, alert, a));)
		seen_of(t, a)->fired &= ~(UINT64_C(1) << (row - t->rows));
	t->unsettled = true;
}

static void claimed(void *ctx, const struct firing *firing, const struct err *err)
{
	struct claim *c = ctx;
	struct triggers *t = c->triggers;

	t->claims--;
	if (err) {
		log_add(LOG_WARN, "trigger %s: %s", c->trigger, err->text);
		not_claimed(t, c);
	} else if (firing->mine && !t->ended) {
		struct trigger_row *row = trigger_named(t, c->trigger);

		if (row && firing->state != FIRING_HELD) {
			row->last_at = t->app->now;
			row->last = firing->state;
			str_copy(row->last_why, sizeof row->last_why,
				firing->state == FIRING_RUNNING ? "" : c->why);
		}
		map_put(&t->ours, firing->id, strlen(firing->id), t);
		if (firing->state == FIRING_RUNNING)
			start(t, c, firing->id);
		else if (firing->state == FIRING_HELD)
			say_held(t, c);
		else
			propose(t, c, firing->id);
		app_changed(t->app, CHANGED_RUNBOOKS);
	}
	mem_free(c);
}

static size_t members_of(struct triggers *t, const struct alert *alert, uint64_t bit,
	struct firing_member out[FIRING_MAX_MEMBERS])
{
	const struct app *app = t->app;
	size_t n = 0;

	out[n++] = (struct firing_member){
		untrusted_str(sources_row(app->sources, alert->source)->name),
		alert_text(alert, ALERT_ID), alert->started_at};
	seen_of(t, alert)->fired |= bit;
	for (const struct alert *a = NULL;
		n < FIRING_MAX_MEMBERS && (a = alerts_twin(app->alerts, alert, a));) {
		if (a->key == alert->key)
			continue;
		out[n++] = (struct firing_member){
			untrusted_str(sources_row(app->sources, a->source)->name),
			alert_text(a, ALERT_ID), a->started_at};
		seen_of(t, a)->fired |= bit;
	}
	return n;
}

/* May it run? Else why it is only proposed. False: not known yet. */
static bool decide(struct triggers *t, const struct rc_trigger *rc,
	const struct runbook_row *row, const struct alert *alert, struct claim *c)
{
	char age[TIME_TEXT];
	struct err err = {0};

	if (!rc->runs)
		return true;
	if (alert && t->app->now - alert->started_at > FRESH_MS) {
		snprintf(c->why, sizeof c->why, "it had begun %s before it was seen",
			duration_text(t->app->now - alert->started_at, age));
		return true;
	}
	if (trigger_may_run(t, row, c->alert, &err)) {
		c->book = row->id;
		return true;
	}
	str_copy(c->why, sizeof c->why, err.text);
	return err.kind != ERR_BUSY;
}

/* alert NULL: a schedule's time has come. False: once more, later. */
static bool fire(struct triggers *t, struct trigger_row *row, const struct alert *alert,
	int64_t due_at)
{
	const struct rc_trigger *rc = row->rc;
	const struct runbook_row *book = runbooks_named(t->app->runbooks, rc->runbook);
	struct firing_member members[FIRING_MAX_MEMBERS] = {{.started_at = due_at}};
	struct firing_wish wish = {.profile = t->app->rc->profile,
		.trigger = rc->name,
		.runbook = rc->runbook,
		.members = members,
		.count = 1,
		.most = rc->most};
	struct claim *c;

	if (!book || t->claims >= AT_ONCE)
		return false;
	c = mem_new(1, sizeof *c);
	*c = (struct claim){.triggers = t,
		.alert = alert ? alert->key : 0,
		.most = rc->most,
		.due_at = due_at};
	str_copy(c->trigger, sizeof c->trigger, rc->name);
	str_copy(c->runbook, sizeof c->runbook, rc->runbook);
	if (alert)
		text_line(alert_text(alert, ALERT_TITLE), c->about, sizeof c->about);
	if (!decide(t, rc, book, alert, c)) {
		mem_free(c);
		return false;
	}
	if (alert) {
		wish.count =
			members_of(t, alert, UINT64_C(1) << (row - t->rows), members);
		wish.again_ms = TRIGGER_AGAIN_MS;
	}
	wish.runs = c->book != 0;
	if (wish.runs)
		snprintf(c->why, sizeof c->why, "it ran %zu times within an hour already",
			rc->most);
	wish.why = c->why;
	t->claims++;
	firing_claim_later(t->app->store, &wish, claimed, c);
	return true;
}

/* --- alerts --- */

static struct untrusted label_of(const void *ctx, const char *name)
{
	return alert_label_value(ctx, name);
}

static bool named_so(const char *patterns, struct untrusted name)
{
	char text[256];

	return !untrusted_empty(name) &&
	       glob_list(patterns, ',', text_line(name, text, sizeof text)) == GLOB_YES;
}

static bool matches(struct triggers *t, size_t i, const struct alert *alert)
{
	const struct rc_trigger *rc = t->rows[i].rc;
	const struct runbook_row *book;

	if (rc->on != TRIGGER_ALERT || alert->severity > rc->severity)
		return false;
	if (rc->alerts && !named_so(rc->alerts, alert_text(alert, ALERT_TITLE)) &&
		!named_so(rc->alerts, alert_label_value(alert, "alertname")))
		return false;
	if (rc->labels && !matchers_hold(&t->labels[i], label_of, alert))
		return false;
	if (rc->alerts || rc->labels)
		return true;
	book = runbooks_named(t->app->runbooks, rc->runbook);
	return book && runbook_is_named(t->app, book, alert);
}

static bool twin_fired(struct triggers *t, const struct alert *alert, uint64_t bit)
{
	for (const struct alert *a = NULL; (a = alerts_twin(t->app->alerts, alert, a));)
		if (a->key != alert->key && seen_of(t, a)->fired & bit)
			return true;
	return false;
}

static bool may_name_later(const struct triggers *t, const struct rc_trigger *rc)
{
	return rc->on == TRIGGER_ALERT && !rc->alerts && !rc->labels &&
	       !runbooks_named(t->app->runbooks, rc->runbook);
}

static void look_at(struct triggers *t, const struct alert *alert)
{
	struct seen *s = seen_of(t, alert);
	bool young = t->app->now - s->first_at < SETTLE_MS;

	for (size_t i = 0; i < t->count; i++) {
		uint64_t bit = UINT64_C(1) << i;

		if ((s->looked | s->fired) & bit)
			continue;
		if (!matches(t, i, alert)) {
			/* A book that is not there yet may name it later. */
			if (may_name_later(t, t->rows[i].rc))
				t->unsettled = true;
			else
				s->looked |= bit;
			continue;
		}
		if (twin_fired(t, alert, bit))
			s->fired |= bit;
		else if (young || !fire(t, &t->rows[i], alert, 0))
			t->unsettled = true;
	}
}

static bool is_open(const struct alert *a)
{
	return !a->over && (a->state == ALERT_FIRING || a->state == ALERT_ACKNOWLEDGED);
}

static void look_at_alerts(struct triggers *t)
{
	const struct app *app = t->app;
	size_t n = alerts_count(app->alerts);

	if (!alerts_settled(app->alerts) ||
		(!t->unsettled && t->version == alerts_version(app->alerts)))
		return;
	t->version = alerts_version(app->alerts);
	t->unsettled = false;
	for (size_t i = 0; i < n && i < LOOK; i++)
		if (is_open(alerts_at(app->alerts, i)))
			look_at(t, alerts_at(app->alerts, i));
}

static void sweep(struct triggers *t, int64_t now)
{
	enum { GONE = 500 };
	uint64_t gone[GONE];
	const char *key;
	void *value;
	size_t n = 0;

	if (now - t->swept_at < MINUTE_MS)
		return;
	t->swept_at = now;
	for (size_t i = 0; i < alerts_count(t->app->alerts) && i < LOOK; i++)
		if (is_open(alerts_at(t->app->alerts, i)))
			seen_of(t, alerts_at(t->app->alerts, i));
	for (size_t at = 0; n < GONE && map_each(&t->seen, &at, &key, &value);)
		if (now - ((struct seen *)value)->seen_at > FORGET_MS)
			memcpy(&gone[n++], key, sizeof *gone);
	for (size_t i = 0; i < n; i++)
		mem_free(map_del(&t->seen, &gone[i], sizeof gone[i]));
}

/* --- times --- */

void trigger_missed(struct triggers *t, struct trigger_row *row, int64_t due_at)
{
	char when[TIME_TEXT];

	row->missed_at = due_at;
	app_notice(t->app, true,
		"trigger %s: %s passed and was not looked at; it is not made up for",
		row->rc->name, time_stamp(due_at, t->app->now, when));
}

/* A follower lets them pass; who does not know yet whether it leads waits. */
enum watch { WATCH_UNKNOWN, WATCH_FOLLOWS, WATCH_LEADS };

static void look_at_times(struct triggers *t, int64_t now, enum watch watch)
{
	bool leads = watch == WATCH_LEADS;

	for (size_t i = 0; i < t->count; i++) {
		struct trigger_row *row = &t->rows[i];
		bool late = now - row->next_at > LATE_MS;

		if (!row->next_at || now < row->next_at || watch == WATCH_UNKNOWN ||
			(!leads && !late))
			continue;
		if (leads && late)
			trigger_missed(t, row, row->next_at);
		/* What is not known in a moment is tried again until it is late. */
		if (late || fire(t, row, NULL, row->next_at))
			row->next_at = trigger_due(row->rc, now);
	}
}

/* --- each second, and the end --- */

void triggers_tick(struct triggers *t, int64_t now)
{
	struct app *app = t->app;

	if (!t->begun || t->ended || !app->live)
		return;
	trigger_kept_tick(t, now);
	if (!t->count || *triggers_hold(t)) {
		release_lease(t);
		look_at_times(t, now, WATCH_FOLLOWS);
		return;
	}
	keep_lease(t);
	if (!triggers_lead(t)) {
		look_at_times(t, now, t->follows ? WATCH_FOLLOWS : WATCH_UNKNOWN);
		return;
	}
	if (!t->listed || !runbooks_settled(app->runbooks))
		return;
	look_at_alerts(t);
	look_at_times(t, now, WATCH_LEADS);
	trigger_runs_go_on(t);
	sweep(t, now);
}

void triggers_begin(struct triggers *t)
{
	t->begun = true;
	t->unsettled = true;
	trigger_list(t);
}

bool triggers_settled(const struct triggers *t)
{
	return !t->begun || !t->count || t->listed;
}

void triggers_end(struct triggers *t)
{
	if (t->ended)
		return;
	trigger_runs_end(t);
	release_lease(t);
	t->ended = true;
}

void triggers_free(struct triggers *t)
{
	if (!t)
		return;
	trigger_runs_free(t);
	forget_lines(t);
	forget_seen(t);
	map_release(&t->seen);
	map_release(&t->answered);
	map_release(&t->ours);
	mem_free(t);
}
