/* The incident that somebody looks at, at PagerDuty: its facts (conference bridge,
 * responders), notes, log and alerts become entries, part after part, again and again.
 * What the account's plan lacks is left out. Hides pages that move: the log comes newest
 * first, so that new lines push old ones on, which are known then; a later round reads
 * only until it meets what is known. What fails is put off and fails nobody else.
 *
 * A state machine without I/O; any thread, one at a time. */
#include "pagerduty.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "labels.h"
#include "model/entry.h"
#include "pager.h"
#include "raws.h"

#include <string.h>

enum {
	LOG_MOST = 2000, /* lines; the newest */
	ABSENT_MS = 3600 * 1000,
	BODY_MOST = 4 << 20,
	SEEN_BYTES = 4 << 20,
	ID_TEXT_MOST = 200,
	RESPONDERS_MOST = 200,
	NOTES_MOST = 2000, /* the API's own limit */
	PATH_MOST = 4096,
};

#define CHANGES_BEFORE_MS (6 * HOUR_MS)
#define CHANGES_AFTER_MS  (10 * MINUTE_MS)

void opened_init(struct opened *opened, const struct source_conf *conf, uint64_t seed)
{
	*opened = (struct opened){
		.part = OPENED_FACTS, .conf = conf, .left_out = conf->left_out};
	job_init(&opened->job, conf->every_ms, seed);
	opened->job.begun = true;
	arena_init(&opened->arena, SEEN_BYTES);
	seen_init(&opened->seen);
}

void opened_release(struct opened *opened)
{
	seen_release(&opened->seen);
	arena_release(&opened->arena);
}

/* --- asking --- */

static void forget(struct opened *o, const char *id)
{
	str_copy(o->id, sizeof o->id, id);
	seen_release(&o->seen);
	seen_init(&o->seen);
	arena_release(&o->arena);
	o->arena.full = false;
	o->part = OPENED_FACTS;
	o->offset = 0;
	o->reading = o->whole = o->cut = false;
	o->facts_hash = o->notes_hash = 0;
	o->created_at = 0;
	o->changes_read = false;
	o->job.open = false;
	o->job.fails = 0;
	o->job.due_at = 0;
}

static const char *path_of(const struct opened *o, struct arena *arena)
{
	const char *kept;
	struct str path;

	str_init(&path, PATH_MOST);
	if (o->part == OPENED_CHANGES) {
		str_printf(&path, "/change_events?limit=%d", PAGER_LIMIT);
		pagerduty_add_time(&path, "since", o->created_at - CHANGES_BEFORE_MS);
		pagerduty_add_time(&path, "until", o->created_at + CHANGES_AFTER_MS);
		pagerduty_add_filter(&path, o->conf->filter, "team=");
		kept = path.cut ? NULL : arena_strdup(arena, str_text(&path));
		str_release(&path);
		return kept;
	}
	str_puts(&path, "/incidents/");
	text_add_url(&path, untrusted_str(o->id));
	if (o->part == OPENED_FACTS)
		str_puts(&path, "?include%5B%5D=conference_bridge");
	else if (o->part == OPENED_NOTES)
		str_puts(&path, "/notes");
	else if (o->part == OPENED_LOG)
		str_printf(&path, "/log_entries?time_zone=UTC&limit=%d&offset=%lld",
			PAGER_LIMIT, (long long)o->offset);
	else
		str_printf(&path, "/alerts?sort_by=created_at%%3Adesc&limit=%d",
			PAGER_LIMIT);
	kept = path.cut ? NULL : arena_strdup(arena, str_text(&path));
	str_release(&path);
	return kept;
}

static bool absent(const struct opened *o, int part, int64_t now)
{
	return now < o->absent_until[part] && o->absent_until[part] - now <= ABSENT_MS;
}

bool opened_next(struct opened *o, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out)
{
	const char *id = window->opened ? window->opened : "";

	if (strcmp(id, o->id) != 0)
		forget(o, id);
	if (!*id || o->open || window->least)
		return false;
	if (!o->reading && !job_due(&o->job, now))
		return false;
	if (!o->reading)
		job_ask(&o->job, now);
	o->reading = true;
	*out = (struct ask){.kind = ASK_HTTP,
		.id = OPENED_ASK + o->part,
		.method = "GET",
		.path = path_of(o, arena),
		.headers = pagerduty_headers,
		.max_bytes = BODY_MOST};
	o->open = out->path != NULL;
	str_copy(o->asked, sizeof o->asked, o->id);
	return o->open;
}

/* --- entries --- */

static struct untrusted id_of(struct batch *batch, const char *kind, struct untrusted a,
	struct untrusted b, const char *state)
{
	struct untrusted kept;
	struct str text;

	str_init(&text, ID_TEXT_MOST);
	str_puts(&text, kind);
	text_add_url(&text, a);
	if (!untrusted_empty(b)) {
		str_putc(&text, '/');
		text_add_url(&text, b);
	}
	if (state)
		str_printf(&text, "/%s", state);
	kept = batch_keep_str(batch, str_text(&text));
	str_release(&text);
	return kept;
}

static struct batch_entry *add(
	struct opened *o, struct batch *batch, enum entry_kind kind, int64_t at)
{
	struct batch_entry *row = batch_add_entry(batch);

	if (!row)
		return NULL;
	row->kind = kind;
	row->at = at;
	row->incident = batch_keep_str(batch, o->id);
	return row;
}

/* Called when it was asked for, and when it was answered. */
static void add_responder(
	struct opened *o, struct batch *batch, struct json responder, const char *state)
{
	bool pending = !strcmp(state, "pending");
	struct json user = json_get(responder, "user");
	struct batch_entry *row;
	int64_t at;

	if (!json_time(
		    json_get(responder, pending ? "requested_at" : "updated_at"), &at) &&
		!json_time(json_get(responder, "requested_at"), &at))
		return;
	if (!(row = add(o, batch, ENTRY_RESPONDER, at)))
		return;
	row->id = id_of(batch, "responder/", row->incident,
		json_text(json_get(user, "id")), state);
	row->who = batch_keep(batch, json_text(json_get(user, "summary")));
	row->text = batch_keep_str(batch, state);
	row->by_hand = !pending;
}

static void read_responders(struct opened *o, struct batch *batch, struct json list)
{
	static const char *const states[] = {"joined", "declined", "user_cancelled"};
	size_t n = 0;

	for (struct json e = json_first(list); json_item(e) && n++ < RESPONDERS_MOST;
		e = json_next(e)) {
		struct untrusted is = json_text(json_get(e, "state"));

		if (untrusted_empty(json_text(json_get(e, "user.id"))))
			continue;
		add_responder(o, batch, e, "pending");
		for (size_t i = 0; i < sizeof states / sizeof *states; i++)
			if (untrusted_is(is, states[i]))
				add_responder(o, batch, e, states[i]);
	}
}

static void read_bridge(
	struct opened *o, struct batch *batch, struct json bridge, int64_t at)
{
	struct batch_entry *row;
	struct str text;

	if (!json_is_object(bridge) || !(row = add(o, batch, ENTRY_BRIDGE, at)))
		return;
	str_init(&text, ID_TEXT_MOST * 4);
	text_add_line(&text, json_text(json_get(bridge, "conference_number")), 100);
	str_putc(&text, '\n');
	text_add_line(&text, json_text(json_get(bridge, "conference_url")), 500);
	row->id = id_of(batch, "bridge/", row->incident, UNTRUSTED_NONE, NULL);
	row->text = batch_keep_str(batch, str_text(&text));
	str_release(&text);
}

/* What is as it was is not told again. */
static uint64_t hash_new(const struct batch *batch, size_t from)
{
	uint64_t hash = 1;

	for (size_t i = from; i < batch->entry_count; i++) {
		const struct batch_entry *e = &batch->entries[i];

		hash = hash * 31 + untrusted_hash(e->id);
		hash = hash * 31 + untrusted_hash(e->text) + (uint64_t)e->at;
	}
	return hash;
}

static bool told_before(struct batch *batch, size_t from, uint64_t *hash)
{
	uint64_t is = hash_new(batch, from);
	bool same = is == *hash;

	if (same)
		batch->entry_count = from;
	*hash = is;
	return same;
}

static void read_facts(struct opened *o, struct batch *batch, struct json root)
{
	struct json incident = json_get(root, "incident");
	size_t from = batch->entry_count;
	int64_t at;

	if (!json_time(json_get(incident, "created_at"), &at))
		return;
	o->created_at = at;
	if (!(o->left_out & FIELD_PEOPLE))
		raw_give(batch, untrusted_str(o->id), incident);
	if (!(o->left_out & FIELD_PEOPLE))
		read_responders(o, batch, json_get(incident, "incidents_responders"));
	read_bridge(o, batch, json_get(incident, "conference_bridge"), at);
	told_before(batch, from, &o->facts_hash);
}

/* True: all of them are in the batch. */
static bool read_notes(struct opened *o, struct batch *batch, struct json root)
{
	struct json list = json_get(root, "notes");
	size_t from = batch->entry_count, n = 0;

	if (!json_is_array(list))
		return false;
	for (struct json e = json_first(list); json_item(e) && n++ < NOTES_MOST;
		e = json_next(e)) {
		struct json user = json_get(e, "user");
		struct batch_entry *row;
		int64_t at;

		if (untrusted_empty(json_text(json_get(e, "id"))) ||
			!json_time(json_get(e, "created_at"), &at) ||
			!(row = add(o, batch, ENTRY_NOTE, at)))
			continue;
		row->id = id_of(batch, "note/", json_text(json_get(e, "id")),
			UNTRUSTED_NONE, NULL);
		row->who = pagerduty_person(o->left_out, batch, user);
		row->text = batch_keep(batch, json_text(json_get(e, "content")));
		row->by_hand = pagerduty_is_person(user);
	}
	return !told_before(batch, from, &o->notes_hash);
}

static bool met(struct opened *o, struct untrusted id)
{
	size_t number = 0;

	return seen_before(&o->seen, untrusted_copy(&o->arena, id), &number);
}

/* True when there is another page to be read. */
static bool read_log(struct opened *o, struct batch *batch, struct json root)
{
	struct json list = json_get(root, "log_entries");
	bool more = json_bool(json_get(root, "more"), false), known = false;
	int64_t limit = 0;

	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		if (met(o, json_text(json_get(e, "id"))))
			known = true;
		else if (pagerduty_entry(batch, e, o->left_out))
			/* Whatever it says: it is of this one's log. */
			batch->entries[batch->entry_count - 1].incident =
				batch_keep_str(batch, o->id);
	}
	/* The server's own limit may be less than what was asked for. */
	if (!json_i64(json_get(root, "limit"), &limit) || limit < 1 ||
		limit > PAGER_LIMIT)
		limit = PAGER_LIMIT;
	o->offset += limit;
	o->cut = o->cut || (more && o->offset + PAGER_LIMIT > LOG_MOST);
	if (more && json_count(list) && !(o->whole && known) &&
		o->offset + PAGER_LIMIT <= LOG_MOST)
		return true;
	o->whole = true;
	return false;
}

static void read_alerts(struct opened *o, struct batch *batch, struct json root)
{
	struct json list = json_get(root, "alerts");

	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		struct untrusted id = json_text(json_get(e, "id"));
		struct batch_entry *row;
		int64_t at;

		if (untrusted_empty(id) || !json_time(json_get(e, "created_at"), &at) ||
			met(o, id) || !(row = add(o, batch, ENTRY_ALERT, at)))
			continue;
		row->id = id_of(batch, "alert/", id, UNTRUSTED_NONE, NULL);
		row->text = batch_keep(batch, json_text(json_get(e, "summary")));
	}
	o->cut = o->cut || json_bool(json_get(root, "more"), false);
}

static void read_changes(struct opened *o, struct batch *batch, struct json root)
{
	o->changes_read = true;
	pagerduty_changes(o->conf, batch, json_get(root, "change_events"));
}

/* --- answers --- */

static struct batch_opened *say(struct opened *o, struct batch *batch)
{
	struct batch_opened *said = arena_alloc(batch->arena, sizeof *said);

	if (!said)
		return NULL;
	*said = (struct batch_opened){.incident = batch_keep_str(batch, o->id)};
	batch->opened = said;
	return said;
}

static void end_round(struct opened *o, const struct answer *answer, struct batch *batch,
	const char *lacks)
{
	struct batch_opened *said = say(o, batch);

	o->part = OPENED_FACTS;
	o->offset = 0;
	o->reading = false;
	job_done(&o->job, answer, !lacks);
	if (!said)
		return;
	said->ended = true;
	if (lacks)
		said->lacks = batch_keep_str(batch, lacks);
	else if (o->cut)
		said->lacks = untrusted_str("only the newest of its log and alerts");
}

/* Changes of long ago are read once; of those around a new one the present tells. */
static bool worth(const struct opened *o, int part, int64_t now)
{
	return part != OPENED_CHANGES ||
	       (!o->changes_read && o->created_at &&
		       o->created_at - CHANGES_BEFORE_MS < now - PAGERDUTY_CHANGES_MS);
}

static void next_part(struct opened *o, const struct answer *answer, struct batch *batch)
{
	o->offset = 0;
	while (++o->part < OPENED_PARTS &&
		(absent(o, o->part, answer->now) || !worth(o, o->part, answer->now)))
		;
	if (o->part >= OPENED_PARTS)
		end_round(o, answer, batch, NULL);
}

static void fail(struct opened *o, const struct answer *answer, struct batch *batch)
{
	struct err err = {0};

	if (pagerduty_absent(answer->status) && o->part != OPENED_FACTS) {
		o->absent_until[o->part] = answer->now + ABSENT_MS;
		next_part(o, answer, batch);
		return;
	}
	pagerduty_refused(answer, &err);
	end_round(o, answer, batch,
		answer->status == 404 ? "the server has no such incident"
		: *err.text           ? err.text
				      : "the server does not answer");
}

void opened_take(struct opened *o, const struct answer *answer, struct batch *batch)
{
	static const char *const members[OPENED_PARTS] = {
		"incident", "notes", "log_entries", "alerts", "change_events"};
	bool notes = false, again = false;
	struct batch_opened *said;
	struct json_doc doc;
	struct err err = {0};

	o->open = false;
	/* Another one is looked at meanwhile. */
	if (strcmp(o->asked, o->id) != 0)
		return;
	if (answer->status != 200) {
		fail(o, answer, batch);
		return;
	}
	if (!pagerduty_open(answer, members[o->part], &doc, &err)) {
		end_round(o, answer, batch, err.text);
		return;
	}
	if (o->part == OPENED_FACTS)
		read_facts(o, batch, json_root(&doc));
	else if (o->part == OPENED_NOTES)
		notes = read_notes(o, batch, json_root(&doc));
	else if (o->part == OPENED_LOG)
		again = read_log(o, batch, json_root(&doc));
	else if (o->part == OPENED_ALERTS)
		read_alerts(o, batch, json_root(&doc));
	else
		read_changes(o, batch, json_root(&doc));
	json_release(&doc);
	if (!again)
		next_part(o, answer, batch);
	if (notes && (batch->opened || say(o, batch))) {
		said = (struct batch_opened *)(uintptr_t)batch->opened;
		said->notes = true;
	}
}
