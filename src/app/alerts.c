/* The table of alerts: snapshots of each source are merged by identity, what a
 * snapshot no longer holds has ended. Also silences, who is on call, changes and
 * heartbeats, which come with the same answers. Main thread. */
#include "app/alerts.h"

#include "app/history.h"
#include "app/rotas.h"
#include "alert_table.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SILENCES_MAX = 5000,
	CHANGES_MAX = 2000,
	ONCALLS_MAX = 200,
	TEXT_KEEP = 400,
	MUTED_COUNTED = 10000, /* alerts */
};

struct heartbeat {
	int64_t seen_at;  /* or since when it is waited for */
	uint64_t missing; /* key of the alert listed while it is absent, 0: none */
};

struct alerts {
	struct app *app;
	struct alert_table *table;
	struct silence_row *silences;
	size_t silence_count, silence_cap;
	struct oncall_row *oncalls;
	size_t oncall_count, oncall_cap;
	struct change_row *changes;
	size_t change_count, change_cap;
	struct heartbeat *heartbeats; /* one per rc row */
	bool source_cut[RC_MAX_SOURCES + 1];
	bool uncounted; /* what silences mute is to be counted anew */
	char gap[200];  /* what is not known of the past */
};

static bool is_row(void *ctx, const struct alert *alert);

struct alerts *alerts_new(struct app *app)
{
	struct alerts *alerts = mem_new(1, sizeof *alerts);

	alerts->app = app;
	alerts->table = alert_table_new(app, is_row, alerts);
	alerts->heartbeats =
		mem_new(app->rc->heartbeat_count, sizeof *alerts->heartbeats);
	for (size_t i = 0; i < app->rc->heartbeat_count; i++)
		alerts->heartbeats[i].seen_at = app->now;
	str_copy(alerts->gap, sizeof alerts->gap,
		"UNKNOWN: there is no store that was written then");
	return alerts;
}

void alerts_past(struct alerts *alerts, const char *gap)
{
	str_copy(alerts->gap, sizeof alerts->gap, gap);
	app_changed(alerts->app, CHANGED_ALERTS);
}

static void free_silence(struct silence_row *s)
{
	untrusted_free(s->upstream_id);
	untrusted_free(s->comment);
	untrusted_free(s->author);
	untrusted_free(s->matchers);
}

static void free_oncall(struct oncall_row *o)
{
	untrusted_free(o->who);
	untrusted_free(o->policy);
	untrusted_free(o->user);
	untrusted_free(o->schedule);
}

static void free_change(struct change_row *c)
{
	untrusted_free(c->summary);
	untrusted_free(c->service);
	untrusted_free(c->link);
}

void alerts_free(struct alerts *alerts)
{
	if (!alerts)
		return;
	alert_table_free(alerts->table);
	for (size_t i = 0; i < alerts->silence_count; i++)
		free_silence(&alerts->silences[i]);
	for (size_t i = 0; i < alerts->oncall_count; i++)
		free_oncall(&alerts->oncalls[i]);
	for (size_t i = 0; i < alerts->change_count; i++)
		free_change(&alerts->changes[i]);
	mem_free(alerts->silences);
	mem_free(alerts->oncalls);
	mem_free(alerts->changes);
	mem_free(alerts->heartbeats);
	mem_free(alerts);
}

/* Heartbeats of the same name and alert go on where they were. */
static const struct heartbeat *heartbeat_was(
	const struct alerts *alerts, const struct rc *old, const struct rc_heartbeat *h)
{
	for (size_t i = 0; i < old->heartbeat_count; i++)
		if (!strcmp(h->name, old->heartbeats[i].name) &&
			!strcmp(h->alert, old->heartbeats[i].alert))
			return &alerts->heartbeats[i];
	return NULL;
}

void alerts_reload(struct alerts *alerts, const struct rc *old)
{
	const struct rc *rc = alerts->app->rc;
	struct heartbeat *list = mem_new(rc->heartbeat_count, sizeof *list);

	for (size_t i = 0; i < rc->heartbeat_count; i++) {
		const struct heartbeat *was =
			heartbeat_was(alerts, old, &rc->heartbeats[i]);

		list[i].seen_at = was ? was->seen_at : alerts->app->now;
	}
	/* What is missing still is listed anew: it may be allowed more time now. */
	for (size_t i = 0; i < old->heartbeat_count; i++)
		if (alerts->heartbeats[i].missing)
			alert_table_remove(alerts->table, alerts->heartbeats[i].missing);
	mem_free(alerts->heartbeats);
	alerts->heartbeats = list;
	alerts_tick(alerts, alerts->app->now);
}

static void forget_silences(struct alerts *alerts, int source)
{
	size_t kept = 0;

	for (size_t i = 0; i < alerts->silence_count; i++) {
		if (alerts->silences[i].source == source)
			free_silence(&alerts->silences[i]);
		else
			alerts->silences[kept++] = alerts->silences[i];
	}
	alerts->silence_count = kept;
}

static void forget_oncalls(struct alerts *alerts, int source)
{
	size_t kept = 0;

	for (size_t i = 0; i < alerts->oncall_count; i++) {
		if (alerts->oncalls[i].source == source)
			free_oncall(&alerts->oncalls[i]);
		else
			alerts->oncalls[kept++] = alerts->oncalls[i];
	}
	alerts->oncall_count = kept;
}

static void forget_changes(struct alerts *alerts, int source)
{
	size_t kept = 0;

	for (size_t i = 0; i < alerts->change_count; i++) {
		if (alerts->changes[i].source == source)
			free_change(&alerts->changes[i]);
		else
			alerts->changes[kept++] = alerts->changes[i];
	}
	alerts->change_count = kept;
}

void alerts_forget(struct alerts *alerts, int source)
{
	alert_table_forget(alerts->table, source);
	forget_silences(alerts, source);
	forget_oncalls(alerts, source);
	forget_changes(alerts, source);
	alerts->source_cut[source] = false;
	app_changed(alerts->app, CHANGED_ALERTS);
}

/* An alert that must always fire is a sign of life, not a row. */
static bool is_row(void *ctx, const struct alert *alert)
{
	struct alerts *alerts = ctx;
	const struct rc *rc = alerts->app->rc;
	bool found = false;

	for (size_t i = 0; i < rc->heartbeat_count; i++) {
		if (!untrusted_is(
			    alert_text(alert, ALERT_TITLE), rc->heartbeats[i].alert))
			continue;
		found = true;
		if (alert->state != ALERT_RESOLVED)
			alerts->heartbeats[i].seen_at = alerts->app->now;
	}
	return !found;
}

static const char *name_of(const struct alerts *alerts, int source)
{
	return sources_row(alerts->app->sources, source)->name;
}

/* --- what silences mute --- */

/* "silence ID, ID; inhibited by …", as the server says it. */
static void count_muted(
	struct alerts *alerts, const struct map *by_id, const struct alert *alert)
{
	struct untrusted rest = alert_text(alert, ALERT_ACKED_BY), word;
	ptrdiff_t end = untrusted_find(rest, ";");

	if (!untrusted_starts(rest, "silence "))
		return;
	rest = untrusted_slice(rest, strlen("silence "),
		end < 0 ? SIZE_MAX : (size_t)end - strlen("silence "));
	while (untrusted_word(&rest, ", ", &word)) {
		uint64_t id = alert_key(name_of(alerts, alert->source), word);
		struct silence_row *s = map_get(by_id, &id, sizeof id);

		if (!s)
			continue;
		s->matches++;
		s->matched_at = alerts->app->now;
	}
}

/* The table is sorted by state: the silenced ones stand together at its end. */
static void count_matches(struct alerts *alerts)
{
	size_t i = alerts_count(alerts), counted = 0, before = 0, after = 0;
	struct map by_id;

	alerts->uncounted = false;
	map_init(&by_id);
	map_reserve(&by_id, alerts->silence_count);
	for (size_t k = 0; k < alerts->silence_count; k++) {
		struct silence_row *s = &alerts->silences[k];

		before += s->matches * (k + 1);
		s->matches = 0;
		map_put(&by_id, &s->id, sizeof s->id, s);
	}
	for (; i-- > 0 && counted < MUTED_COUNTED; counted++) {
		const struct alert *alert = alerts_at(alerts, i);

		if (alert->state < ALERT_SILENCED)
			break;
		if (alert->state == ALERT_SILENCED)
			count_muted(alerts, &by_id, alert);
	}
	for (size_t k = 0; k < alerts->silence_count; k++)
		alerts->silences[k].matches_more = counted == MUTED_COUNTED;
	map_release(&by_id);
	for (size_t k = 0; k < alerts->silence_count; k++)
		after += alerts->silences[k].matches * (k + 1);
	if (before != after)
		app_changed(alerts->app, CHANGED_ALERTS);
}

struct seen_match {
	uint64_t id;
	int64_t at;
	size_t matches;
	bool more;
};

/* What was seen of those that there were before. */
static void remember_matches(
	struct alerts *alerts, const struct seen_match *seen, size_t count)
{
	struct map by_id;

	map_init(&by_id);
	map_reserve(&by_id, count);
	for (size_t i = 0; i < count; i++)
		map_put(&by_id, &seen[i].id, sizeof seen[i].id,
			(void *)(uintptr_t)&seen[i]);
	for (size_t i = 0; i < alerts->silence_count; i++) {
		struct silence_row *s = &alerts->silences[i];
		const struct seen_match *was = map_get(&by_id, &s->id, sizeof s->id);

		if (!was)
			continue;
		/* Until they are counted again. */
		s->matched_at = was->at;
		s->matches = was->matches;
		s->matches_more = was->more;
	}
	map_release(&by_id);
}

static void apply_silences(struct alerts *alerts, int source, const struct batch *batch)
{
	size_t count = alerts->silence_count;
	struct seen_match *seen = mem_new(count, sizeof *seen);

	for (size_t i = 0; i < count; i++)
		seen[i] = (struct seen_match){alerts->silences[i].id,
			alerts->silences[i].matched_at, alerts->silences[i].matches,
			alerts->silences[i].matches_more};
	forget_silences(alerts, source);
	for (size_t i = 0; i < batch->silence_count; i++) {
		const struct batch_silence *from = &batch->silences[i];

		if (alerts->silence_count == SILENCES_MAX)
			break;
		MEM_ROOM(alerts->silences, alerts->silence_count, alerts->silence_cap);
		alerts->silences[alerts->silence_count++] = (struct silence_row){
			.id = alert_key(name_of(alerts, source), from->id),
			.source = source,
			.upstream_id = untrusted_keep(from->id, TEXT_KEEP),
			.comment = untrusted_keep(from->comment, TEXT_KEEP),
			.author = untrusted_keep(from->author, TEXT_KEEP),
			.matchers = untrusted_keep(from->matchers, TEXT_KEEP),
			.starts_at = from->starts_at,
			.ends_at = from->ends_at,
			.active = from->active,
		};
	}
	remember_matches(alerts, seen, count);
	mem_free(seen);
	app_changed(alerts->app, CHANGED_ALERTS);
}

static void apply_oncalls(struct alerts *alerts, int source, const struct batch *batch)
{
	forget_oncalls(alerts, source);
	for (size_t i = 0; i < batch->oncall_count; i++) {
		const struct batch_oncall *from = &batch->oncalls[i];

		if (alerts->oncall_count == ONCALLS_MAX)
			break;
		MEM_ROOM(alerts->oncalls, alerts->oncall_count, alerts->oncall_cap);
		alerts->oncalls[alerts->oncall_count++] = (struct oncall_row){
			.who = untrusted_keep(from->who, TEXT_KEEP),
			.policy = untrusted_keep(from->policy, TEXT_KEEP),
			.user = untrusted_keep(from->user, TEXT_KEEP),
			.schedule = untrusted_keep(from->schedule, TEXT_KEEP),
			.level = from->level,
			.source = source,
			.ends_at = from->ends_at,
			.told_at = alerts->app->now,
			.me = from->me,
		};
	}
	rotas_follow(alerts->app->rotas);
	app_changed(alerts->app, CHANGED_ALERTS);
}

void oncalls_follow(struct alerts *alerts, size_t i, struct untrusted user,
	struct untrusted who, int64_t ends_at, bool me)
{
	struct oncall_row *o = &alerts->oncalls[i];

	if (o->ends_at == ends_at && untrusted_eq(o->user, user) &&
		untrusted_eq(o->who, who))
		return;
	untrusted_free(o->who);
	untrusted_free(o->user);
	o->who = untrusted_keep(who, TEXT_KEEP);
	o->user = untrusted_keep(user, TEXT_KEEP);
	o->ends_at = ends_at;
	o->me = me;
	app_changed(alerts->app, CHANGED_ALERTS);
}

static int newest_first(const void *a, const void *b)
{
	const struct change_row *x = a, *y = b;

	if (x->at != y->at)
		return x->at > y->at ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void add_change(struct alerts *alerts, uint64_t id, int source)
{
	if (alerts->change_count == CHANGES_MAX)
		free_change(&alerts->changes[--alerts->change_count]);
	MEM_ROOM(alerts->changes, alerts->change_count, alerts->change_cap);
	alerts->changes[alerts->change_count++] =
		(struct change_row){.id = id, .source = source};
}

/* False: that is what it was. */
static bool fill_change(struct change_row *row, const struct batch_change *from)
{
	if (row->at == from->at && untrusted_eq(row->summary, from->summary) &&
		untrusted_eq(row->service, from->service) &&
		untrusted_eq(row->link, from->link))
		return false;
	free_change(row);
	row->at = from->at;
	row->summary = untrusted_keep(from->summary, TEXT_KEEP);
	row->service = untrusted_keep(from->service, TEXT_KEEP);
	row->link = untrusted_keep(from->link, TEXT_KEEP);
	return true;
}

static void apply_changes(struct alerts *alerts, int source, const struct batch *batch)
{
	for (size_t i = 0; i < batch->change_count; i++) {
		const struct batch_change *from = &batch->changes[i];
		uint64_t id = alert_key(name_of(alerts, source), from->id);
		size_t k = 0;

		while (k < alerts->change_count && alerts->changes[k].id != id)
			k++;
		if (k == alerts->change_count)
			add_change(alerts, id, source);
		else if (batch->changes_kept)
			continue;
		k = k < alerts->change_count ? k : alerts->change_count - 1;
		if (!fill_change(&alerts->changes[k], from))
			continue;
		if (!batch->changes_kept)
			history_change(alerts->app->history, source, from);
		app_changed(alerts->app, CHANGED_ALERTS);
	}
	if (alerts->change_count)
		qsort(alerts->changes, alerts->change_count, sizeof *alerts->changes,
			newest_first);
}

static void apply_alerts(struct alerts *alerts, int source, const struct batch *batch)
{
	struct alert_pack own = {0}, *pack = batch->pack;

	if (!pack) {
		pack = &own;
		alert_pack_make(pack, batch, source, name_of(alerts, source));
	}
	alerts->source_cut[source] = batch->cut || batch->partial;
	/* A cut snapshot says nothing about what it lacks. */
	alert_table_merge(alerts->table, source, pack->list, pack->count,
		batch->alerts_snapshot && !alerts->source_cut[source]);
	*pack = (struct alert_pack){0};
}

void alerts_apply(struct alerts *alerts, int source, const struct batch *batch)
{
	alerts->uncounted |= batch->alerts_snapshot || batch->silences_snapshot;
	if (batch->alerts_snapshot || batch->alert_count) {
		apply_alerts(alerts, source, batch);
		alert_table_learn(alerts->table);
	}
	if (batch->silences_snapshot)
		apply_silences(alerts, source, batch);
	if (batch->oncalls_snapshot)
		apply_oncalls(alerts, source, batch);
	if (batch->change_count)
		apply_changes(alerts, source, batch);
}

void alerts_reconsider(struct alerts *alerts, uint64_t key)
{
	const struct alert *alert = alerts_find(alerts, key);
	struct alert *anew;

	if (!alert)
		return;
	anew = alert_with(alert, ALERT_ACKED_BY, UNTRUSTED_NONE);
	if (anew->state == ALERT_ACKNOWLEDGED) {
		anew->state = ALERT_FIRING;
		anew->acked_at = 0;
	}
	alert_table_put(alerts->table, anew);
}

uint64_t alert_key_named(struct untrusted source, struct untrusted id)
{
	char name[256];

	return alert_key(text_line(source, name, sizeof name), id);
}

static struct alert *missing_alert(
	const struct alerts *alerts, const struct rc_heartbeat *h, int64_t since)
{
	char id[96], summary[200], every[TIME_TEXT];
	struct alert_draft draft = {
		.severity = SEVERITY_CRITICAL,
		.state = ALERT_FIRING,
		.started_at = since,
		.updated_at = since,
	};

	snprintf(id, sizeof id, "heartbeat %.80s", h->name);
	snprintf(summary, sizeof summary,
		"%.80s did not fire within %s: whoever should page may be dead", h->alert,
		duration_text(h->every_ms, every));
	draft.texts[ALERT_ID] = untrusted_str(id);
	draft.texts[ALERT_TITLE] = untrusted_str(id);
	draft.texts[ALERT_SUMMARY] = untrusted_str(summary);
	draft.texts[ALERT_SERVICE] = untrusted_str("monitoring");
	return alert_new(&draft, SOURCE_HOST, name_of(alerts, SOURCE_HOST));
}

void alerts_own(struct alerts *alerts, struct alert *alert)
{
	alert_table_put(alerts->table, alert);
	alerts->uncounted = true;
	app_changed(alerts->app, CHANGED_ALERTS);
}

void alerts_own_over(struct alerts *alerts, uint64_t key)
{
	alert_table_remove(alerts->table, key);
	app_changed(alerts->app, CHANGED_ALERTS);
}

void alerts_count_muted(struct alerts *alerts)
{
	if (alerts->uncounted && alerts_settled(alerts))
		count_matches(alerts);
}

void alerts_tick(struct alerts *alerts, int64_t now)
{
	const struct rc *rc = alerts->app->rc;

	alerts_count_muted(alerts);
	for (size_t i = 0; !app_then(alerts->app) && i < rc->heartbeat_count; i++) {
		struct heartbeat *h = &alerts->heartbeats[i];
		int64_t since = h->seen_at;
		bool late = now - since > rc->heartbeats[i].every_ms;

		if (late && !h->missing) {
			struct alert *alert = missing_alert(alerts, &rc->heartbeats[i],
				since + rc->heartbeats[i].every_ms);

			h->missing = alert->key;
			alert_table_put(alerts->table, alert);
			log_add(LOG_ERROR, "heartbeat %s is missing",
				rc->heartbeats[i].name);
		} else if (!late && h->missing) {
			alert_table_remove(alerts->table, h->missing);
			h->missing = 0;
			log_add(LOG_INFO, "heartbeat %s is back", rc->heartbeats[i].name);
		}
	}
}

bool alerts_settled(const struct alerts *alerts)
{
	return alert_table_settled(alerts->table);
}

size_t alerts_count(const struct alerts *alerts)
{
	return alert_table_count(alerts->table);
}

const struct alert *alerts_at(const struct alerts *alerts, size_t i)
{
	return alert_table_at(alerts->table, i);
}

size_t alerts_first_acknowledged(const struct alerts *alerts)
{
	size_t low = 0, high = alerts_count(alerts);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct alert *a = alerts_at(alerts, middle);

		if (a->state == ALERT_FIRING && a->severity <= SEVERITY_WARNING)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct alert *alerts_find(const struct alerts *alerts, uint64_t key)
{
	return alert_table_find(alerts->table, key);
}

bool alerts_speaks(const struct alerts *alerts, const struct alert *alert)
{
	return alert_table_speaks(alerts->table, alert);
}

uint64_t alerts_identity(const struct alerts *alerts, const struct alert *alert)
{
	return alert_table_identity(alerts->table, alert);
}

uint64_t alerts_told(const struct alerts *alerts, const struct alert *alert)
{
	return alert_table_told(alerts->table, alert);
}

void alerts_join(struct alerts *alerts, uint64_t key, uint64_t joined)
{
	alert_table_join(alerts->table, key, joined);
}

void alerts_echo(struct alerts *alerts, uint64_t key)
{
	alert_table_echo(alerts->table, key);
}

enum severity alerts_worst(const struct alerts *alerts, const struct alert *alert)
{
	return alert_table_worst(alerts->table, alert);
}

const struct alert *alerts_twin(
	const struct alerts *alerts, const struct alert *alert, const struct alert *after)
{
	return alert_table_twin(alerts->table, alert, after);
}

/* What is pasted may go on behind the page itself: "…/Q1X9/timeline?a=b". */
static bool is_link(struct untrusted link, const char *wanted)
{
	size_t n = untrusted_size(link);

	return n && n <= strlen(wanted) &&
	       untrusted_eq(link, untrusted_make(wanted, n)) &&
	       (!wanted[n] || strchr("/?#", wanted[n]));
}

static bool names(const struct alert *alert, const char *wanted)
{
	int64_t number;

	if (untrusted_is(alert_text(alert, ALERT_ID), wanted) ||
		is_link(alert_text(alert, ALERT_LINK), wanted))
		return true;
	if (*wanted == '#')
		wanted++;
	return alert->number && untrusted_to_i64(untrusted_str(wanted), &number) &&
	       number == alert->number;
}

const struct alert *alerts_named(const struct alerts *alerts, const char *wanted)
{
	const struct alert *found = NULL;

	for (size_t i = 0; i < alerts_count(alerts) && !found; i++)
		if (names(alerts_at(alerts, i), wanted))
			found = alerts_at(alerts, i);
	return found;
}

const struct alert *alerts_named_at(
	const struct alerts *alerts, int source, const char *wanted)
{
	for (size_t i = 0; i < alerts_count(alerts); i++)
		if (alerts_at(alerts, i)->source == source &&
			names(alerts_at(alerts, i), wanted))
			return alerts_at(alerts, i);
	return NULL;
}

const struct alert *alerts_named_too(
	const struct alerts *alerts, const struct alert *found, const char *wanted)
{
	for (size_t i = 0; i < alerts_count(alerts); i++) {
		const struct alert *other = alerts_at(alerts, i);

		if (other->source != found->source && names(other, wanted) &&
			alerts_identity(alerts, other) != alerts_identity(alerts, found))
			return other;
	}
	return NULL;
}

uint32_t alerts_version(const struct alerts *alerts)
{
	return alert_table_version(alerts->table);
}

bool alerts_before(const struct alert *alert, const struct alert *other)
{
	return alert_table_before(alert, other);
}

bool alerts_place(const struct alerts *alerts, uint64_t key, size_t *at)
{
	return alert_table_place(alerts->table, key, at);
}

size_t alerts_of(const struct alerts *alerts, int source)
{
	return alert_table_of(alerts->table, source);
}

/* --- never falsely quiet --- */

/* What a source leaves open of "what is open?". */
enum gap { GAP_NONE, GAP_PART, GAP_WAITING, GAP_DEAD };

struct gaps {
	const struct source_row *worst; /* what pages before what does not; or NULL */
	enum gap gap;                   /* the worst one's */
	size_t count;                   /* sources that are as bad */
	size_t asked;
};

static enum gap gap_of(const struct alerts *alerts, const struct source_row *row)
{
	switch (source_health(row, alerts->app->now)) {
	case HEALTH_OK:
		return alerts->source_cut[row->number] ? GAP_PART : GAP_NONE;
	case HEALTH_STALE:
		return GAP_PART;
	case HEALTH_WAITING:
		return GAP_WAITING;
	default:
		return GAP_DEAD;
	}
}

/* The past was asked of the store, not of them. */
static struct gaps gaps_find(const struct alerts *alerts, bool pages_only)
{
	const struct sources *sources = alerts->app->sources;
	struct gaps gaps = {0};

	for (size_t i = 1; i < sources_count(sources); i++) {
		const struct source_row *row = sources_at(sources, i);
		enum gap gap;

		if (!row->alerts || (pages_only && !row->pages))
			continue;
		gaps.asked++;
		gap = app_then(alerts->app) ? GAP_NONE : gap_of(alerts, row);
		if (gap == GAP_NONE || gap < gaps.gap)
			continue;
		gaps.count = gap > gaps.gap ? 1 : gaps.count + 1;
		if (gap > gaps.gap || (row->pages && !gaps.worst->pages))
			gaps.worst = row;
		gaps.gap = gap;
	}
	return gaps;
}

static void say_dead(const struct alerts *alerts, const struct source_row *row,
	const char *name, struct str *out)
{
	int64_t since = row->status.last_ok_at;
	char clock[TIME_TEXT], why[200];

	time_clock(since ? since : alerts->app->started_at, clock);
	if (since)
		str_printf(out,
			"UNKNOWN since %s: %s not answering; its last word was %zu open",
			clock, name, alert_table_open_of(alerts->table, row->number));
	else
		str_printf(out, "UNKNOWN since %s: %s has never answered", clock, name);
	if (*source_trouble(row, why, sizeof why))
		str_printf(out, ": %s", why);
}

static void say_gaps(
	const struct alerts *alerts, const struct gaps *gaps, char *sentence, size_t size)
{
	const struct source_row *row = gaps->worst;
	char name[120], why[200];
	struct str out;

	str_init(&out, size - 1);
	if (gaps->count > 1)
		snprintf(name, sizeof name, "%.80s (and %zu more)", row->name,
			gaps->count - 1);
	else
		snprintf(name, sizeof name, "%.100s", row->name);
	if (gaps->gap == GAP_DEAD)
		say_dead(alerts, row, name, &out);
	else if (gaps->gap == GAP_WAITING)
		str_printf(&out, "UNKNOWN: %s has not answered yet", name);
	else
		str_printf(&out, "%s: %s", name,
			alerts->source_cut[row->number]
				? "more is open than fits"
				: source_words(row, alerts->app->now, why, sizeof why));
	str_copy(sentence, size, str_text(&out));
	str_release(&out);
}

bool alerts_complete(const struct alerts *alerts, bool pages_only, char *why, size_t size)
{
	struct gaps gaps;

	why[0] = '\0';
	if (app_then(alerts->app) && alerts->gap[0]) {
		str_copy(why, size, alerts->gap);
		return false;
	}
	gaps = gaps_find(alerts, pages_only);
	if (gaps.worst)
		say_gaps(alerts, &gaps, why, size);
	return !gaps.worst;
}

const char *alerts_deaf(const struct alerts *alerts, int64_t *since_at)
{
	struct gaps gaps = gaps_find(alerts, false);

	if (gaps.gap != GAP_DEAD)
		return NULL;
	*since_at = gaps.worst->status.last_ok_at;
	if (!*since_at)
		*since_at = alerts->app->started_at;
	return gaps.worst->name;
}

struct alert_counts alerts_counts(const struct alerts *alerts)
{
	struct alert_counts counts = alert_table_counts(alerts->table);

	counts.complete =
		app_then(alerts->app) ? !alerts->gap[0] : !gaps_find(alerts, false).worst;
	return counts;
}

enum quiet alerts_quiet(const struct alerts *alerts, char *sentence, size_t size)
{
	struct alert_counts counts = alert_table_counts(alerts->table);
	struct gaps gaps = gaps_find(alerts, false);

	sentence[0] = '\0';
	if (app_then(alerts->app) && alerts->gap[0]) {
		str_copy(sentence, size, alerts->gap);
		return QUIET_UNKNOWN;
	}
	if (gaps.gap >= GAP_WAITING) {
		say_gaps(alerts, &gaps, sentence, size);
		return QUIET_UNKNOWN;
	}
	for (int s = 0; s < SEVERITY_INFO; s++)
		if (counts.firing[s])
			return QUIET_NO;
	if (counts.acknowledged)
		return QUIET_NO;
	return gaps.asked ? QUIET_YES : QUIET_UNWATCHED;
}

size_t silences_count(const struct alerts *alerts)
{
	return alerts->silence_count;
}

const struct silence_row *silences_at(const struct alerts *alerts, size_t i)
{
	return &alerts->silences[i];
}

size_t oncalls_count(const struct alerts *alerts)
{
	return alerts->oncall_count;
}

const struct oncall_row *oncalls_at(const struct alerts *alerts, size_t i)
{
	return &alerts->oncalls[i];
}

size_t changes_count(const struct alerts *alerts)
{
	return alerts->change_count;
}

const struct change_row *changes_at(const struct alerts *alerts, size_t i)
{
	return &alerts->changes[i];
}
