/* An alert of Opsgenie or Jira Service Management Operations as one of ours. Jira gives
 * ids where Opsgenie gives names; those that are known are put in their place, others are
 * wanted. Any thread, one at a time. */
#include "genie.h"

#include "base/text.h"
#include "base/time.h"
#include "labels.h"

#include <string.h>

enum { NAMES_SHOWN = 300, LINK_MAX = 600, USERS_MOST = 50 /* in one ask */ };

void genie_view_init(struct genie_view *view, const struct genie_face *face,
	const struct source_conf *conf)
{
	view->face = face;
	view->conf = conf;
	names_init(&view->names);
}

void genie_view_release(struct genie_view *view)
{
	names_release(&view->names);
}

/* Jira's people are ids: their names are learnt. Opsgenie's have their names. */
struct untrusted genie_who(struct genie_view *v, struct untrusted id, bool user)
{
	struct untrusted name = names_of(&v->names, id, v->face->jsm && user);

	return untrusted_empty(name) && v->face->jsm && user ? id : name;
}

static struct untrusted responder(struct genie_view *v, struct json r)
{
	struct untrusted name = json_text(json_get(r, "name"));

	if (untrusted_empty(name))
		name = json_text(json_get(r, "username"));
	if (untrusted_empty(name))
		name = genie_who(v, json_text(json_get(r, "id")),
			untrusted_is(json_text(json_get(r, "type")), "user"));
	return name;
}

static struct untrusted owner_of(struct genie_view *v, struct json alert)
{
	struct untrusted owner = json_text(json_get(alert, "owner"));

	return v->face->jsm ? genie_who(v, owner, true) : owner;
}

/* The owner; without one, who is asked to respond. */
static struct untrusted assigned(
	struct genie_view *v, struct batch *batch, struct json alert)
{
	struct json list = json_get(alert, "responders");
	struct untrusted text = owner_of(v, alert);
	struct str out;

	if (!untrusted_empty(text))
		return batch_keep(batch, text);
	str_init(&out, NAMES_SHOWN);
	for (struct json r = json_first(list); json_item(r); r = json_next(r)) {
		struct untrusted name = responder(v, r);

		if (untrusted_empty(name))
			continue;
		str_puts(&out, out.n ? ", " : "");
		text_add_line(&out, name, 80);
	}
	text = batch_keep_str(batch, str_text(&out));
	str_release(&out);
	return text;
}

static struct untrusted team(struct genie_view *v, struct json alert)
{
	struct json list = json_get(alert, "responders");

	for (struct json r = json_first(list); json_item(r); r = json_next(r))
		if (untrusted_is(json_text(json_get(r, "type")), "team"))
			return responder(v, r);
	return names_of(&v->names, json_text(json_get(alert, "ownerTeamId")), false);
}

/* Sorted by name, each name once. */
static void add_label(struct batch *batch, struct alert_draft *draft, struct pair *pairs,
	struct pair label)
{
	size_t at = draft->label_count;

	if (untrusted_empty(label.value) || at == ALERT_MAX_PAIRS)
		return;
	while (at && untrusted_cmp(pairs[at - 1].name, label.name) > 0)
		at--;
	if (at && untrusted_eq(pairs[at - 1].name, label.name))
		return;
	memmove(pairs + at + 1, pairs + at, (draft->label_count - at) * sizeof *pairs);
	pairs[at] = (struct pair){
		batch_keep(batch, label.name), batch_keep(batch, label.value)};
	draft->label_count++;
}

/* "service:cart" and "env=prod" are labels; other tags are listed in one. */
static bool tag_pair(struct untrusted tag, struct pair *out)
{
	struct untrusted rest = tag;
	char id[64];

	return untrusted_split(&rest, ":=", &out->name) &&
	       untrusted_size(out->name) < untrusted_size(tag) &&
	       text_to_id(out->name, id, sizeof id) &&
	       !untrusted_empty(out->value = untrusted_trim(rest)) &&
	       !untrusted_starts(out->value, "//");
}

static void add_tags(struct batch *batch, struct alert_draft *draft, struct pair *pairs,
	struct json tags)
{
	struct str others;

	str_init(&others, LABELS_MAX_TEXT);
	for (struct json t = json_first(tags); json_item(t); t = json_next(t)) {
		struct pair label = {UNTRUSTED_NONE, UNTRUSTED_NONE};

		if (tag_pair(json_text(t), &label)) {
			add_label(batch, draft, pairs, label);
			continue;
		}
		if (untrusted_empty(json_text(t)))
			continue;
		str_puts(&others, others.n ? ", " : "");
		text_add_line(&others, json_text(t), 120);
	}
	add_label(batch, draft, pairs,
		(struct pair){untrusted_str("tags"), untrusted_make(others.p, others.n)});
	str_release(&others);
}

enum urgency genie_urgency(struct json alert)
{
	static const char *const called[] = {"P1", "P2", "P3"};
	struct untrusted priority = json_text(json_get(alert, "priority"));

	for (size_t i = 0; i < sizeof called / sizeof *called; i++)
		if (untrusted_is(priority, called[i]))
			return URGENCY_HIGH;
	return untrusted_is(priority, "P4") || untrusted_is(priority, "P5")
		       ? URGENCY_LOW
		       : URGENCY_UNKNOWN;
}

static void fill_labels(struct genie_view *v, struct batch *batch,
	struct alert_draft *draft, struct json alert)
{
	static const struct {
		const char *name, *path, *other;
	} rows[] = {
		{"integration", "integration.name", "integrationName"},
		{"priority", "priority", NULL},
		{"source", "source", NULL},
		{"entity", "entity", NULL},
	};
	static const char *const urgencies[URGENCY_COUNT] = {
		[URGENCY_HIGH] = "high", [URGENCY_LOW] = "low"};
	const char *urgency = urgencies[genie_urgency(alert)];
	struct pair pairs[ALERT_MAX_PAIRS], *kept;
	int64_t count = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct untrusted value = json_text(json_get(alert, rows[i].path));

		if (untrusted_empty(value) && rows[i].other)
			value = json_text(json_get(alert, rows[i].other));
		add_label(batch, draft, pairs,
			(struct pair){untrusted_str(rows[i].name), value});
	}
	add_label(batch, draft, pairs,
		(struct pair){untrusted_str("team"), team(v, alert)});
	add_label(batch, draft, pairs,
		(struct pair){
			untrusted_str("urgency"), untrusted_str(urgency ? urgency : "")});
	if (json_i64(json_get(alert, "count"), &count) && count > 1) {
		struct str text;

		str_init(&text, 32);
		str_printf(&text, "%lld", (long long)count);
		add_label(batch, draft, pairs,
			(struct pair){
				untrusted_str("count"), untrusted_make(text.p, text.n)});
		str_release(&text);
	}
	add_tags(batch, draft, pairs, json_get(alert, "tags"));
	kept = arena_alloc(batch->arena, draft->label_count * sizeof *kept);
	if (!kept)
		draft->label_count = 0;
	else
		memcpy(kept, pairs, draft->label_count * sizeof *kept);
	draft->labels = kept;
}

/* What it is about: a tag or an entity that says so, else whose it is. */
static struct untrusted service_of(const struct alert_draft *draft)
{
	static const char *const names[] = {"service", "entity", "team", "integration"};

	for (size_t n = 0; n < sizeof names / sizeof *names; n++)
		for (size_t i = 0; i < draft->label_count; i++)
			if (untrusted_is(draft->labels[i].name, names[n]))
				return draft->labels[i].value;
	return UNTRUSTED_NONE;
}

static struct untrusted page_of(
	const struct genie_view *v, struct batch *batch, struct untrusted id)
{
	bool eu = v->conf->region && !strcmp(v->conf->region, "eu");
	struct untrusted text = UNTRUSTED_NONE;
	char site[GENIE_SITE];
	struct str out;

	if (v->face->jsm && !v->conf->site)
		return text;
	str_init(&out, LINK_MAX);
	if (v->face->jsm)
		str_printf(&out, "%s/jira/ops/alerts/", genie_site(v->conf, site));
	else
		str_printf(&out, "https://app.%sopsgenie.com/alert/detail/",
			eu ? "eu." : "");
	text_add_url(&out, id);
	str_puts(&out, v->face->jsm ? "" : "/details");
	if (!out.cut)
		text = batch_keep_str(batch, str_text(&out));
	str_release(&out);
	return text;
}

/* After how long, in Opsgenie's list; a moment in Jira's. */
static int64_t moment_of(struct json time, int64_t started_at)
{
	int64_t at = 0, after;

	if (json_time(time, &at) || !json_i64(time, &after) || after <= 0 ||
		after >= 3650 * DAY_MS || !started_at)
		return at;
	return started_at + after;
}

struct genie_report genie_report(struct genie_view *v, struct json alert)
{
	bool jsm = v->face->jsm;
	struct genie_report report = {
		.acked_by = json_text(json_get(alert, "report.acknowledgedBy")),
		.closed_by = json_text(json_get(alert, "report.closedBy"))};
	int64_t started_at = 0;

	json_time(json_get(alert, "createdAt"), &started_at);
	report.acked_at = moment_of(
		json_get(alert, jsm ? "ackTime" : "report.ackTime"), started_at);
	report.closed_at = moment_of(
		json_get(alert, jsm ? "closeTime" : "report.closeTime"), started_at);
	if (untrusted_empty(report.acked_by))
		report.acked_by = owner_of(v, alert);
	if (!report.closed_at)
		json_time(json_get(alert, "updatedAt"), &report.closed_at);
	return report;
}

static void fill_acked(struct genie_view *v, struct batch *batch,
	struct alert_draft *draft, struct json alert)
{
	struct genie_report report = genie_report(v, alert);

	draft->texts[ALERT_ACKED_BY] = batch_keep(batch, report.acked_by);
	draft->acked_at = report.acked_at;
}

/* "snooze by ana@lab.example ends", where its log has told whose it is. */
static void fill_snooze(struct genie_view *v, struct batch *batch,
	struct alert_draft *draft, struct json alert)
{
	const struct snooze *snooze = NULL;
	struct untrusted who = UNTRUSTED_NONE;
	struct str text;

	json_time(json_get(alert, "snoozedUntil"), &draft->next_at);
	if (v->snoozes && draft->next_at)
		snooze = snoozes_of(v->snoozes, draft->texts[ALERT_ID], draft->next_at);
	if (snooze)
		who = genie_who(v, untrusted_str(snooze->who), true);
	/* Of Opsgenie's people the address is the name. */
	if (snooze && untrusted_empty(who))
		who = untrusted_str(snooze->who);
	str_init(&text, NAMES_SHOWN);
	str_puts(&text, snooze ? "a snooze by " : "a snooze");
	text_add_line(&text, who, SNOOZE_WHO);
	draft->state = ALERT_SILENCED;
	draft->texts[ALERT_ACKED_BY] = batch_keep_str(batch, str_text(&text));
	str_puts(&text, " ends");
	/* Without the article. */
	if (draft->next_at)
		draft->texts[ALERT_NEXT] = batch_keep_str(batch, str_text(&text) + 2);
	str_release(&text);
}

static void fill_state(struct genie_view *v, struct batch *batch,
	struct alert_draft *draft, struct json alert)
{
	struct untrusted status = json_text(json_get(alert, "status"));

	if (json_bool(json_get(alert, "snoozed"), false))
		fill_snooze(v, batch, draft, alert);
	if (json_bool(json_get(alert, "acknowledged"), false) ||
		untrusted_is(status, "acked")) {
		draft->state = ALERT_ACKNOWLEDGED;
		fill_acked(v, batch, draft, alert);
	}
}

void genie_alert(struct genie_view *v, struct batch *batch, struct alert_draft *draft,
	struct json alert)
{
	int64_t number = 0, last = 0;

	draft->pages = true;
	draft->severity =
		severity_parse(json_text(json_get(alert, "priority")), SEVERITY_WARNING);
	draft->texts[ALERT_TITLE] =
		batch_keep(batch, json_text(json_get(alert, "message")));
	draft->texts[ALERT_GROUP] =
		batch_keep(batch, json_text(json_get(alert, "alias")));
	draft->texts[ALERT_SUMMARY] =
		batch_keep(batch, json_text(json_get(alert, "description")));
	draft->texts[ALERT_LINK] = page_of(v, batch, draft->texts[ALERT_ID]);
	draft->texts[ALERT_ASSIGNED] = assigned(v, batch, alert);
	json_time(json_get(alert, "createdAt"), &draft->started_at);
	json_time(json_get(alert, "updatedAt"), &draft->updated_at);
	/* Jira spells it with one r. */
	if (!json_time(json_get(alert, "lastOccurredAt"), &last))
		json_time(json_get(alert, "lastOccuredAt"), &last);
	if (last > draft->updated_at)
		draft->updated_at = last;
	if (untrusted_to_i64(json_text(json_get(alert, "tinyId")), &number) &&
		number > 0 && number <= UINT32_MAX)
		draft->number = (uint32_t)number;
	fill_labels(v, batch, draft, alert);
	draft->texts[ALERT_SERVICE] = service_of(draft);
	fill_state(v, batch, draft, alert);
}

void genie_entry_id(struct untrusted alert, enum entry_kind kind, struct untrusted mark,
	struct str *out)
{
	static const char *const words[ENTRY_KIND_COUNT] = {
		[ENTRY_TRIGGER] = "begin", [ENTRY_ACK] = "ack", [ENTRY_RESOLVE] = "end"};

	text_add_line(out, alert, 100);
	str_printf(out, "/%s", words[kind] ? words[kind] : "log");
	if (!untrusted_empty(mark)) {
		str_putc(out, '/');
		text_add_line(out, mark, 60);
	}
}

/* --- names --- */

/* The ids that are wanted, some at a time. */
void genie_users_path(struct genie_view *v, const char *cloud, struct str *path)
{
	struct untrusted id;

	str_printf(path, "/ex/jira/%s/rest/api/3/user/bulk?maxResults=%d", cloud,
		USERS_MOST);
	for (int i = 0; i < USERS_MOST && names_next(&v->names, &id); i++) {
		str_puts(path, "&accountId=");
		text_add_url(path, id);
	}
}

void genie_learn_users(struct genie_view *v, struct json root)
{
	struct json list = json_get(root, "values");

	for (struct json u = json_first(list); json_item(u); u = json_next(u))
		names_put(&v->names, json_text(json_get(u, "accountId")),
			json_text(json_get(u, "displayName")));
}

/* [{"id","name"}] of Opsgenie, [{"teamId","teamName"}] of Jira. */
struct json genie_learn_teams(struct genie_view *v, struct json root)
{
	bool jsm = v->face->jsm;
	struct json list = json_get(root, jsm ? "platformTeams" : "data");

	for (struct json t = json_first(list); json_item(t); t = json_next(t))
		names_put(&v->names, json_text(json_get(t, jsm ? "teamId" : "id")),
			json_text(json_get(t, jsm ? "teamName" : "name")));
	return list;
}
