/* PagerDuty's REST API v2 as a source: open incidents (all of them, in pages), who is
 * on call, recent changes. What the account's plan lacks is quietly left out. Rows
 * are collected over the pages and given out as one snapshot.
 *
 * A state machine without I/O; any thread, one at a time. */
#include "pagerduty.h"

#include "connect/act.h"

#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "labels.h"
#include "pager.h"
#include "pagerduty_ladder.h"
#include "raws.h"
#include "snooze.h"

#include <string.h>

enum {
	ONCALL_EVERY_MS = 300000,
	CHANGES_EVERY_MS = 60000,
	ME_EVERY_MS = 24 * 3600 * 1000,
	ABSENT_MS = 3600 * 1000, /* a feature the plan lacks */
	CHANGES_OVERLAP_MS = 600 * 1000,
	PAGE_MAX_BODY = 16 << 20,
	PATH_MAX_BYTES = 8 << 10,
	NAMES_TEXT = 300,
	ID_MAX = 40,
	MAX_INCIDENT_LABELS = 4,
	DETAILS_MAX_BODY = 4 << 20,
	DETAILS_SPAN_MS = 1000,
	DETAILS_IN_SPAN = 5, /* of 960 requests a minute a third at most */
};

enum ask_what { INCIDENTS, ONCALLS, CHANGES, ME, ME_BY_MAIL, DETAILS, SNOOZES };

struct pagerduty {
	const struct source_conf *conf;
	struct pager incidents, oncalls, changes;
	struct job me;
	bool me_by_mail; /* the key is not a user's */
	char me_id[ID_MAX];
	char detail_id[SOURCE_ID]; /* asked last */
	int64_t detail_span;       /* the second they are counted in */
	int details_asked;
	bool detail_open;
	int64_t changes_until;
	uint32_t hurry;
	struct opened opened;
	struct ladder ladder; /* as it was read last */
	struct ladder climb;  /* while it is read again */
	struct snoozes snoozes;
	struct raws raws;
};

const char *const pagerduty_headers[] = {
	"Accept: application/vnd.pagerduty+json;version=2",
	"Content-Type: application/json",
	NULL,
};

/* --- asking --- */

/* "service=P1,P2 team=P3 urgency=high" */
static const struct {
	const char *word, *parameter;
} filters[] = {
	{"service=", "service_ids%5B%5D"},
	{"team=", "team_ids%5B%5D"},
	{"urgency=", "urgencies%5B%5D"},
};

static void add_filter(struct str *path, struct untrusted word)
{
	struct untrusted value;

	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
		if (!untrusted_starts(word, filters[i].word))
			continue;
		word = untrusted_slice(word, strlen(filters[i].word), SIZE_MAX);
		while (untrusted_word(&word, ",", &value)) {
			str_printf(path, "&%s=", filters[i].parameter);
			text_add_url(path, value);
		}
		return;
	}
}

void pagerduty_add_filter(struct str *path, const char *filter, const char *only)
{
	struct untrusted rest = untrusted_str(filter), word;

	while (untrusted_word(&rest, " ", &word))
		if (!only || untrusted_starts(word, only))
			add_filter(path, word);
}

/* A word of the filter that names this kind of thing lets only what it lists pass. */
static bool passes(const char *filter, const char *word_start, struct untrusted value)
{
	struct untrusted rest = untrusted_str(filter), word, one;
	bool named = false, listed = false;

	while (untrusted_word(&rest, " ", &word)) {
		if (!untrusted_starts(word, word_start))
			continue;
		named = true;
		word = untrusted_slice(word, strlen(word_start), SIZE_MAX);
		while (untrusted_word(&word, ",", &one))
			listed = listed || untrusted_eq(one, value);
	}
	return !named || listed;
}

bool pagerduty_passes(const char *filter, struct json incident)
{
	return passes(filter, "service=", json_text(json_get(incident, "service.id"))) &&
	       passes(filter, "urgency=", json_text(json_get(incident, "urgency")));
}

bool pagerduty_passes_service(const char *filter, struct untrusted service)
{
	return untrusted_empty(service) || passes(filter, "service=", service);
}

static bool filter_check(const struct source_conf *conf, struct err *err)
{
	struct untrusted rest = untrusted_str(conf->filter), word;
	char shown[80];

	if (conf->filter && strlen(conf->filter) > PATH_MAX_BYTES / 8)
		return err_set(
			err, ERR_LIMIT, "source %s: filter is too long", conf->name);
	while (untrusted_word(&rest, " ", &word)) {
		bool known = false;

		for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
			known = known || untrusted_starts(word, filters[i].word);
		if (!known)
			return err_set(err, ERR_USAGE,
				"source %s: filter word %s is not service=, team= or "
				"urgency=",
				conf->name, text_line(word, shown, sizeof shown));
	}
	return true;
}

static void path_incidents(const struct pagerduty *pd, struct str *path)
{
	str_printf(path,
		"/incidents?statuses%%5B%%5D=triggered&statuses%%5B%%5D=acknowledged"
		"&date_range=all&time_zone=UTC&sort_by=incident_number%%3Adesc"
		"&limit=%d&offset=%lld",
		PAGER_LIMIT, (long long)pd->incidents.offset);
	pagerduty_add_filter(path, pd->conf->filter, NULL);
}

static void path_changes(const struct pagerduty *pd, int64_t now, struct str *path)
{
	int64_t since = pd->changes_until ? pd->changes_until - CHANGES_OVERLAP_MS
					  : now - PAGERDUTY_CHANGES_MS;
	char text[TIME_TEXT];

	time_rfc3339(since, text);
	text[strlen("2026-11-21T14:32:01")] = '\0';
	str_printf(path, "/change_events?since=");
	text_add_url(path, untrusted_str(text));
	str_printf(path, "Z&limit=%d&offset=%lld", PAGER_LIMIT,
		(long long)pd->changes.offset);
	pagerduty_add_filter(path, pd->conf->filter, "team=");
}

static bool ask(const struct pagerduty *pd, struct arena *arena, enum ask_what what,
	int64_t now, struct ask *out)
{
	struct str path;

	str_init(&path, PATH_MAX_BYTES);
	if (what == INCIDENTS)
		path_incidents(pd, &path);
	else if (what == ONCALLS)
		str_printf(&path,
			"/oncalls?earliest=true&time_zone=UTC"
			"&include%%5B%%5D=escalation_policies&limit=%d&offset=%lld",
			PAGER_LIMIT, (long long)pd->oncalls.offset);
	else if (what == CHANGES)
		path_changes(pd, now, &path);
	else if (what == ME)
		str_puts(&path, "/users/me");
	else if (what == DETAILS)
		str_printf(&path, "/incidents/%s/alerts?limit=%d", pd->detail_id,
			PAGER_LIMIT);
	else
		str_puts(&path, "/users?query=");
	if (what == ME_BY_MAIL)
		text_add_url(&path, untrusted_str(pd->conf->from));
	*out = (struct ask){.kind = ASK_HTTP,
		.id = what,
		.method = "GET",
		.path = arena_strdup(arena, str_text(&path)),
		.headers = pagerduty_headers,
		.max_bytes = what == DETAILS ? DETAILS_MAX_BODY : PAGE_MAX_BODY};
	str_release(&path);
	return out->path != NULL;
}

/* One at a time; what was asked last is not known yet to have come. */
static bool detail_wanted(
	struct pagerduty *pd, int64_t now, const struct source_window *window)
{
	if (pd->detail_span != now / DETAILS_SPAN_MS) {
		pd->detail_span = now / DETAILS_SPAN_MS;
		pd->details_asked = 0;
	}
	if (!window->details || window->least || pd->detail_open ||
		pd->details_asked == DETAILS_IN_SPAN)
		return false;
	for (int i = 0; i < SOURCE_MAX_DETAILS && *window->details[i]; i++) {
		if (!strcmp(window->details[i], pd->detail_id))
			continue;
		str_copy(pd->detail_id, sizeof pd->detail_id, window->details[i]);
		pd->details_asked++;
		pd->detail_open = true;
		return true;
	}
	return false;
}

/* False: out->until is when there may be one. */
static bool ask_snooze(
	struct pagerduty *pd, int64_t now, struct arena *arena, struct ask *out)
{
	const char *path = snoozes_next(&pd->snoozes, now, arena, &out->until);

	if (!path)
		return false;
	*out = (struct ask){.kind = ASK_HTTP,
		.id = SNOOZES,
		.method = "GET",
		.path = path,
		.headers = pagerduty_headers,
		.max_bytes = DETAILS_MAX_BODY};
	return true;
}

static bool next(void *state, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out)
{
	struct pagerduty *pd = state;
	int64_t snooze_until;

	if (window->hurry != pd->hurry) {
		pd->hurry = window->hurry;
		job_hurry(&pd->incidents.job);
		job_hurry(&pd->oncalls.job);
		job_hurry(&pd->changes.job);
		job_hurry(&pd->opened.job);
	}
	if (pager_wants(&pd->incidents, now))
		return ask(pd, arena, INCIDENTS, now, out);
	if (job_due(&pd->me, now)) {
		job_ask(&pd->me, now);
		return ask(pd, arena, pd->me_by_mail ? ME_BY_MAIL : ME, now, out);
	}
	if (!pd->me.open && !window->least && pager_wants(&pd->oncalls, now))
		return ask(pd, arena, ONCALLS, now, out);
	if (!window->least && pager_wants(&pd->changes, now))
		return ask(pd, arena, CHANGES, now, out);
	if (opened_next(&pd->opened, now, window, arena, out))
		return true;
	out->until = INT64_MAX;
	if (!window->least && ask_snooze(pd, now, arena, out))
		return true;
	if (detail_wanted(pd, now, window))
		return ask(pd, arena, DETAILS, now, out);
	snooze_until = out->until;
	out->kind = ASK_WAIT;
	out->until = job_until(&pd->incidents.job, now + pd->conf->every_ms);
	if (snooze_until < out->until)
		out->until = snooze_until;
	if (window->details && *window->details[0] && !window->least)
		out->until = now + DETAILS_SPAN_MS - now % DETAILS_SPAN_MS;
	if (window->opened && *window->opened && !window->least)
		out->until = job_until(&pd->opened.job, out->until);
	out->until = job_until(&pd->changes.job, out->until);
	out->until = job_until(&pd->oncalls.job, out->until);
	return true;
}

/* --- incidents --- */

/* "Ada, Grace": the summaries of `member` of each row. */
static struct untrusted names(struct batch *batch, struct json list, const char *member)
{
	struct untrusted text;
	struct str out;

	str_init(&out, NAMES_TEXT);
	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		struct json who = json_get(e, member);
		struct untrusted name = json_text(json_get(who, "summary"));

		if (untrusted_empty(name))
			name = json_text(json_get(who, "name"));
		if (untrusted_empty(name))
			name = json_text(json_get(who, "id"));
		if (out.n)
			str_puts(&out, ", ");
		text_add_line(&out, name, 80);
	}
	text = batch_keep_str(batch, str_text(&out));
	str_release(&out);
	return text;
}

static const struct {
	const char *type, *text;
} pending_texts[] = {
	{"unacknowledge", "acknowledgement ends"},
	{"resolve", "resolves itself"},
	{"urgency_change", "urgency rises"},
};

static struct untrusted pending_text(struct batch *batch, const struct outlook *outlook,
	struct json action, struct json incident)
{
	const struct snooze *snooze = NULL;
	struct untrusted type = json_text(json_get(action, "type")), text;
	const char *words = NULL;
	int64_t at = 0;
	struct str out;

	for (size_t i = 0; i < sizeof pending_texts / sizeof *pending_texts; i++)
		if (untrusted_is(type, pending_texts[i].type))
			words = pending_texts[i].text;
	str_init(&out, NAMES_TEXT);
	json_time(json_get(action, "at"), &at);
	if (outlook && untrusted_is(type, "unacknowledge"))
		snooze = snoozes_of(
			outlook->snoozes, json_text(json_get(incident, "id")), at);
	if (outlook && untrusted_is(type, "escalate"))
		ladder_next(outlook->ladder, incident, at, &out);
	else if (snooze)
		str_printf(&out, "snooze by %s ends", snooze->who);
	else if (words)
		str_puts(&out, words);
	else
		text_add_line(&out, type, 60);
	text = batch_keep_str(batch, str_text(&out));
	str_release(&out);
	return text;
}

/* The earliest thing that happens by itself. */
static void fill_pending(struct batch *batch, const struct outlook *outlook,
	struct alert_draft *draft, struct json incident)
{
	struct json list = json_get(incident, "pending_actions"), first = {NULL};
	int64_t at;

	for (struct json e = json_first(list); json_item(e); e = json_next(e))
		if (json_time(json_get(e, "at"), &at) &&
			(!draft->next_at || at < draft->next_at)) {
			draft->next_at = at;
			first = e;
		}
	if (json_item(first))
		draft->texts[ALERT_NEXT] = pending_text(batch, outlook, first, incident);
	else if (json_is_array(list) && draft->state == ALERT_FIRING)
		draft->texts[ALERT_NEXT] = untrusted_str("nothing by itself");
}

static void fill_labels(
	struct batch *batch, struct alert_draft *draft, struct json incident)
{
	static const struct {
		const char *name, *path;
	} rows[MAX_INCIDENT_LABELS] = {
		{"policy", "escalation_policy.summary"},
		{"priority", "priority.summary"},
		{"service_id", "service.id"},
		{"urgency", "urgency"},
	};
	struct pair *pairs =
		arena_alloc(batch->arena, sizeof *pairs * MAX_INCIDENT_LABELS);

	for (size_t i = 0; pairs && i < MAX_INCIDENT_LABELS; i++) {
		struct untrusted value = json_text(json_get(incident, rows[i].path));

		if (!untrusted_empty(value))
			pairs[draft->label_count++] = (struct pair){
				untrusted_str(rows[i].name), batch_keep(batch, value)};
	}
	draft->labels = pairs;
}

static enum severity severity_of(struct json incident)
{
	bool low = untrusted_is(json_text(json_get(incident, "urgency")), "low");
	struct untrusted priority = json_text(json_get(incident, "priority.summary"));

	if (untrusted_empty(priority))
		priority = json_text(json_get(incident, "priority.name"));
	return severity_parse(priority, low ? SEVERITY_WARNING : SEVERITY_HIGH);
}

void pagerduty_incident(struct batch *batch, const struct outlook *outlook,
	struct alert_draft *draft, struct json incident)
{
	struct json acks = json_get(incident, "acknowledgements");
	struct untrusted title = json_text(json_get(incident, "title"));
	int64_t number = 0;

	if (untrusted_empty(title))
		title = json_text(json_get(incident, "summary"));
	draft->pages = true;
	draft->severity = severity_of(incident);
	draft->texts[ALERT_TITLE] = batch_keep(batch, title);
	draft->texts[ALERT_SERVICE] =
		batch_keep(batch, json_text(json_get(incident, "service.summary")));
	draft->texts[ALERT_GROUP] =
		batch_keep(batch, json_text(json_get(incident, "incident_key")));
	draft->texts[ALERT_LINK] =
		batch_keep(batch, json_text(json_get(incident, "html_url")));
	draft->texts[ALERT_ASSIGNED] =
		names(batch, json_get(incident, "assignments"), "assignee");
	json_time(json_get(incident, "created_at"), &draft->started_at);
	if (!json_time(json_get(incident, "updated_at"), &draft->updated_at))
		json_time(
			json_get(incident, "last_status_change_at"), &draft->updated_at);
	if (json_i64(json_get(incident, "incident_number"), &number) && number > 0 &&
		number <= UINT32_MAX)
		draft->number = (uint32_t)number;
	if (untrusted_is(json_text(json_get(incident, "status")), "acknowledged")) {
		draft->state = ALERT_ACKNOWLEDGED;
		draft->texts[ALERT_ACKED_BY] = names(batch, acks, "acknowledger");
		json_time(json_get(json_first(acks), "at"), &draft->acked_at);
	}
	fill_pending(batch, outlook, draft, incident);
	fill_labels(batch, draft, incident);
}

/* Adds the page's rows; true when the first of them was known before. */
static bool add_incidents(struct pagerduty *pd, struct json list)
{
	struct outlook outlook = {&pd->ladder, &pd->snoozes};
	struct pager *pager = &pd->incidents;
	struct batch *batch = &pager->rows;
	bool first_known = false, first = true;

	if (!pager->offset)
		raws_begin(&pd->raws);
	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		struct untrusted id = json_text(json_get(e, "id")), kept;
		struct alert_draft *draft;
		size_t number = batch->alert_count;
		bool known;

		if (untrusted_empty(id) ||
			untrusted_is(json_text(json_get(e, "status")), "resolved"))
			continue;
		kept = batch_keep(batch, id);
		known = seen_before(&pager->seen, kept, &number);
		first_known = first_known || (first && known);
		first = false;
		if (known || !(draft = batch_add_alert(batch)))
			continue;
		draft->texts[ALERT_ID] = kept;
		pagerduty_incident(batch, &outlook, draft, e);
		/* It names people. */
		if (!(pd->conf->left_out & FIELD_PEOPLE))
			raws_add(&pd->raws, batch, e, kept,
				json_text(json_get(e, "updated_at")));
	}
	return first_known;
}

/* --- what opened an incident --- */

enum { DETAIL_LABELS = 64, DETAIL_ALERTS = 32 };

/* " - name = value", as Alertmanager's own template writes labels. */
static bool read_label(
	struct batch *batch, struct untrusted line, struct pair *pairs, size_t *count)
{
	ptrdiff_t at = untrusted_find(line, " = ");

	if (!untrusted_starts(line, "- ") || at < 2 || *count == DETAIL_LABELS)
		return false;
	pairs[*count].name = batch_keep(batch, untrusted_slice(line, 2, (size_t)at - 2));
	pairs[(*count)++].value =
		batch_keep(batch, untrusted_slice(line, (size_t)at + 3, SIZE_MAX));
	return true;
}

static struct batch_detail *new_detail(
	struct batch *batch, struct untrusted id, struct pair **pairs)
{
	struct batch_detail *detail = batch_add_detail(batch);

	*pairs = arena_alloc(batch->arena, DETAIL_LABELS * sizeof **pairs);
	if (!detail || !*pairs)
		return NULL;
	detail->id = id;
	detail->labels = *pairs;
	return detail;
}

/* "Labels:", then labels, "Annotations:", …, "Source: URL"; for each alert anew. */
static bool read_listed(struct batch *batch, struct untrusted id, struct untrusted text)
{
	struct batch_detail *detail = NULL;
	struct untrusted line;
	struct pair *pairs = NULL;
	bool labels = false;
	size_t n = 0;

	while (untrusted_line(&text, &line) && n < DETAIL_ALERTS) {
		line = untrusted_trim(line);
		if (untrusted_is(line, "Labels:")) {
			detail = new_detail(batch, id, &pairs);
			labels = detail != NULL;
			n++;
		} else if (labels &&
			   read_label(batch, line, pairs, &detail->label_count)) {
			continue;
		} else if (detail && untrusted_starts(line, "Source: ")) {
			detail->link = batch_keep(batch,
				untrusted_slice(line, strlen("Source: "), SIZE_MAX));
		} else {
			labels = false;
		}
	}
	return n > 0;
}

/* Details that name labels one by one, as an own template may. */
static void read_named(struct batch *batch, struct untrusted id, struct json details)
{
	struct pair *pairs;
	struct batch_detail *detail = new_detail(batch, id, &pairs);
	struct json labels = json_get(details, "labels");

	if (!detail)
		return;
	if (!json_is_object(labels))
		labels = details;
	for (struct json e = json_first(labels); json_item(e); e = json_next(e)) {
		struct untrusted text = json_text(e);

		if (!untrusted_empty(text) && detail->label_count < DETAIL_LABELS)
			pairs[detail->label_count++] = (struct pair){
				batch_keep(batch, json_name(e)), batch_keep(batch, text)};
	}
	detail->link = batch_keep(batch, json_text(json_get(details, "generatorURL")));
}

static void read_details(struct batch *batch, struct untrusted id, struct json body)
{
	struct json details = json_get(body, "details");
	struct json inner = json_get(body, "cef_details.details");

	if (json_is_object(inner))
		details = inner;
	if (!read_listed(batch, id, json_text(json_get(details, "firing"))))
		read_named(batch, id, details);
}

/* Never an error: without an answer the incident is joined by other means. */
static bool take_details(
	struct pagerduty *pd, const struct answer *answer, struct batch *batch)
{
	struct untrusted id = batch_keep_str(batch, pd->detail_id);
	struct json_doc doc = {NULL};
	struct json list;
	size_t n;
	const char *text = text_raw(answer->body, &n);

	pd->detail_open = false;
	/* Asked again: nothing is known yet. */
	if (!answer->status || answer->status == 429 || answer->status >= 500) {
		pd->detail_id[0] = '\0';
		return true;
	}
	if (answer->status == 200 && n &&
		json_parse(&doc, text, n, DETAILS_MAX_BODY, NULL)) {
		list = json_get(json_root(&doc), "alerts");
		for (struct json e = json_first(list);
			json_item(e) && batch->detail_count < DETAIL_ALERTS;
			e = json_next(e))
			read_details(batch, id, json_get(e, "body"));
		json_release(&doc);
	}
	if (!batch->detail_count) {
		struct batch_detail *none = batch_add_detail(batch);

		if (none)
			none->id = id;
	}
	return true;
}

/* --- on call and changes --- */

static void add_oncalls(struct pagerduty *pd, struct batch *batch, struct json list)
{
	if (!pd->oncalls.offset)
		ladder_reset(&pd->climb);
	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		struct json user = json_get(e, "user");
		bool me = *pd->me_id &&
			  untrusted_is(json_text(json_get(user, "id")), pd->me_id);
		struct batch_oncall *oncall;
		int64_t level = 0;

		ladder_add(&pd->climb, e);
		json_i64(json_get(e, "escalation_level"), &level);
		if (level < 1 || level > 1000 || (level != 1 && !me) ||
			!(oncall = batch_add_oncall(batch)))
			continue;
		oncall->who = batch_keep(batch, json_text(json_get(user, "summary")));
		oncall->policy = batch_keep(
			batch, json_text(json_get(e, "escalation_policy.summary")));
		oncall->user = batch_keep(batch, json_text(json_get(user, "id")));
		oncall->schedule =
			batch_keep(batch, json_text(json_get(e, "schedule.id")));
		oncall->level = (int)level;
		oncall->me = me;
		json_time(json_get(e, "end"), &oncall->ends_at);
	}
}

/* What was said of the open incidents before is said again when others are next. */
static void give_oncalls(struct pagerduty *pd, struct batch *batch)
{
	struct ladder last = pd->ladder;

	ladder_end(&pd->climb, pd->oncalls.incomplete || pd->oncalls.rows.cut);
	if (!ladder_same(&pd->climb, &last))
		job_hurry(&pd->incidents.job);
	pd->ladder = pd->climb;
	pd->climb = last;
	ladder_reset(&pd->climb);
	pager_give_oncalls(&pd->oncalls, batch);
}

/* Of several services the first that passes; none that does: *passes is false. */
static struct json service_of(
	const struct source_conf *conf, struct json services, bool *passes)
{
	struct json first = json_first(services);

	for (struct json s = first; json_item(s); s = json_next(s))
		if (pagerduty_passes_service(
			    conf->filter, json_text(json_get(s, "id")))) {
			*passes = true;
			return s;
		}
	/* What is of no service may be of each. */
	*passes = !json_item(first);
	return first;
}

void pagerduty_changes(
	const struct source_conf *conf, struct batch *batch, struct json list)
{
	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		struct batch_change *change;
		bool passes;
		struct json service = service_of(conf, json_get(e, "services"), &passes);
		struct untrusted name = json_text(json_get(service, "summary"));
		int64_t at;

		if (!passes || !json_time(json_get(e, "timestamp"), &at) ||
			!(change = batch_add_change(batch)))
			continue;
		if (untrusted_empty(name))
			name = json_text(json_get(e, "source"));
		change->at = at;
		change->id = batch_keep(batch, json_text(json_get(e, "id")));
		change->summary = batch_keep(batch, json_text(json_get(e, "summary")));
		change->service = batch_keep(batch, name);
		change->link = batch_keep(batch,
			json_text(json_get(json_first(json_get(e, "links")), "href")));
	}
}

static void give_changes(
	struct pagerduty *pd, struct pager *pager, struct batch *batch, int64_t now)
{
	for (size_t i = 0; i < pager->rows.change_count; i++) {
		struct batch_change *change = batch_add_change(batch);

		if (change)
			*change = pager->rows.changes[i];
	}
	batch->cut = batch->cut || pager->rows.cut || pager->incomplete;
	pd->changes_until = now;
}

/* --- answers --- */

/* message, then errors: a list of sentences, or lists of them by field. */
void pagerduty_words(struct json error, struct str *out)
{
	struct json list = json_get(error, "errors");

	text_add_line(out, json_text(json_get(error, "message")), 100);
	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		struct json said = json_is_array(e) ? json_first(e) : e;

		str_puts(out, out->n ? ": " : "");
		text_add_line(out, json_name(e), 60);
		if (!untrusted_empty(json_name(e)))
			str_putc(out, ' ');
		text_add_line(out, json_text(said), 120);
	}
}

bool pagerduty_refused(const struct answer *answer, struct err *err)
{
	struct json_doc doc = {NULL};
	struct str words;
	size_t n;
	const char *text = text_raw(answer->body, &n);

	if (!answer->status)
		return false;
	str_init(&words, 400);
	if (n && json_parse(&doc, text, n, PAGE_MAX_BODY, NULL))
		pagerduty_words(json_get(json_root(&doc), "error"), &words);
	answer_refused(answer, untrusted_make(words.p, words.n), err);
	str_release(&words);
	json_release(&doc);
	return false;
}

bool pagerduty_open(const struct answer *answer, const char *member, struct json_doc *doc,
	struct err *err)
{
	size_t n;
	const char *text = text_raw(answer->body, &n);

	if (!json_parse(doc, text ? text : "", n, PAGE_MAX_BODY, err))
		return err_prefix(err, "%s: ", answer->origin);
	if (json_item(json_get(json_root(doc), member)))
		return true;
	json_release(doc);
	return err_set(err, ERR_INPUT, "%s: JSON, but without %s: check url",
		answer->origin, member);
}

static bool read_page(struct pagerduty *pd, struct pager *pager, const char *member,
	const struct answer *answer, struct batch *batch, struct err *err)
{
	struct json_doc doc;
	struct json list;
	struct pager_got got;
	enum pager_step step;

	if (!pagerduty_open(answer, member, &doc, err))
		return false;
	list = json_get(json_root(&doc), member);
	got = (struct pager_got){
		.more = json_bool(json_get(json_root(&doc), "more"), false),
		.count = json_count(list)};
	json_i64(json_get(json_root(&doc), "limit"), &got.limit);
	if (answer->id == INCIDENTS)
		got.first_known = add_incidents(pd, list);
	else if (answer->id == ONCALLS)
		add_oncalls(pd, &pager->rows, list);
	else
		pagerduty_changes(pd->conf, &pager->rows, list);
	step = pager_page(pager, &got);
	json_release(&doc);
	if (step != PAGER_WHOLE)
		return true;
	if (answer->id == INCIDENTS) {
		snoozes_settle(&pd->snoozes);
		raws_settle(&pd->raws);
		pager_give_alerts(
			pager, batch, "the list of open incidents is not complete");
	}
	if (answer->id == ONCALLS)
		give_oncalls(pd, batch);
	if (answer->id == CHANGES)
		give_changes(pd, pager, batch, answer->now);
	return true;
}

static bool take_page(struct pagerduty *pd, struct pager *pager, const char *member,
	const struct answer *answer, struct batch *batch, struct err *err)
{
	bool ok, missing = answer->id != INCIDENTS && pagerduty_absent(answer->status);

	if (missing)
		ok = true;
	else if (answer->status == 200)
		ok = read_page(pd, pager, member, answer, batch, err);
	else
		ok = pagerduty_refused(answer, err);
	if (!ok || missing)
		pager_drop(pager);
	job_done(&pager->job, answer, ok);
	if (missing)
		job_put_off(&pager->job, answer->now, ABSENT_MS);
	return ok;
}

static void learn_me(struct pagerduty *pd, const struct answer *answer)
{
	struct json_doc doc;
	struct json users, root;
	size_t n;
	const char *text = text_raw(answer->body, &n);

	if (!n || !json_parse(&doc, text, n, PAGE_MAX_BODY, NULL))
		return;
	root = json_root(&doc);
	text_to_id(json_text(json_get(root, "user.id")), pd->me_id, sizeof pd->me_id);
	users = json_get(root, "users");
	for (struct json u = json_first(users); json_item(u); u = json_next(u)) {
		struct untrusted mail = json_text(json_get(u, "email"));

		if (pd->conf->from && untrusted_is(mail, pd->conf->from))
			text_to_id(json_text(json_get(u, "id")), pd->me_id,
				sizeof pd->me_id);
	}
	json_release(&doc);
}

/* Who I am only decides which shifts are marked as mine: what the server says to it
 * is never an error. */
static bool take_me(struct pagerduty *pd, const struct answer *answer, struct err *err)
{
	int status = answer->status;
	bool ok = status && status != 429 && status < 500;

	job_done(&pd->me, answer, ok);
	if (status == 200) {
		learn_me(pd, answer);
	} else if (ok && answer->id == ME && pd->conf->from) {
		pd->me_by_mail = true;
		pd->me.due_at = answer->now;
	}
	return ok || pagerduty_refused(answer, err);
}

static bool take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err)
{
	struct pagerduty *pd = state;

	if (answer->id >= OPENED_ASK) {
		opened_take(&pd->opened, answer, batch);
		return true;
	}
	switch (answer->id) {
	case INCIDENTS:
		return take_page(pd, &pd->incidents, "incidents", answer, batch, err);
	case ONCALLS:
		return take_page(pd, &pd->oncalls, "oncalls", answer, batch, err);
	case CHANGES:
		return take_page(pd, &pd->changes, "change_events", answer, batch, err);
	case DETAILS:
		return take_details(pd, answer, batch);
	case SNOOZES:
		if (snoozes_take(&pd->snoozes, answer))
			job_hurry(&pd->incidents.job);
		return true;
	default:
		return take_me(pd, answer, err);
	}
}

/* --- life --- */

static bool start(void *state, const struct source_conf *conf, struct err *err)
{
	struct pagerduty *pd = state;

	pd->conf = conf;
	if (!filter_check(conf, err))
		return false;
	pager_init(&pd->incidents, conf->every_ms, conf->seed, true);
	pager_init(&pd->oncalls, ONCALL_EVERY_MS, conf->seed + 1, false);
	pager_init(&pd->changes, CHANGES_EVERY_MS, conf->seed + 2, false);
	job_init(&pd->me, ME_EVERY_MS, conf->seed + 3);
	ladder_init(&pd->ladder);
	ladder_init(&pd->climb);
	raws_init(&pd->raws);
	snoozes_init(&pd->snoozes, &pagerduty_snooze_log, (void *)(uintptr_t)conf,
		conf->seed + 6);
	opened_init(&pd->opened, conf, conf->seed + 5);
	return true;
}

static void stop(void *state)
{
	struct pagerduty *pd = state;

	pager_release(&pd->incidents);
	pager_release(&pd->oncalls);
	pager_release(&pd->changes);
	ladder_release(&pd->ladder);
	ladder_release(&pd->climb);
	snoozes_release(&pd->snoozes);
	raws_release(&pd->raws);
	opened_release(&pd->opened);
}

static const struct source_service service = {
	.hosts = {{"us", "https://api.pagerduty.com"},
		{"eu", "https://api.eu.pagerduty.com"}},
};

const struct source_kind pagerduty_source = {
	.name = "pagerduty",
	.help = "PagerDuty: incidents, on-call shifts, change events",
	.details = true,
	.opens = true,
	.alerts = true,
	.pages = true,
	.changes_ms = PAGERDUTY_CHANGES_MS,
	.service = &service,
	.actions = &pagerduty_actions,
	.past = &pagerduty_past,
	.survey = &pagerduty_survey,
	.rota = &pagerduty_rota,
	.secret_header = "Authorization: Token token=",
	.state_size = sizeof(struct pagerduty),
	.start = start,
	.stop = stop,
	.next = next,
	.take = take,
};
