/* `incident show` and `incident similar`: one incident for scripts, wherever it is known
 * from: a source that has it now, else the store. Its source is asked for its log first;
 * what is printed is what the console's page shows. Main thread. */
#include "cmd.h"

#include "app/actions.h"
#include "app/alerts.h"
#include "app/audits.h"
#include "app/dossier.h"
#include "app/history.h"
#include "app/similar.h"
#include "app/sources.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "model/alert.h"
#include "store/incident.h"
#include "store/raw.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 400, SUBJECT_BYTES = 1 << 20 };

/* One that is shown. */
struct subject {
	struct dossier_head head;
	char source[64];
	struct untrusted id, service, link, assigned, next, snoozed_by;
	uint32_t number;
	enum severity severity;
	enum alert_state state;
	int64_t next_at, snoozed_at;
	struct arena arena;
};

static void of_alert(const struct app *app, const struct alert *a, struct subject *s)
{
	s->head = dossier_head_of(a);
	str_copy(s->source, sizeof s->source, sources_row(app->sources, a->source)->name);
	s->id = alert_text(a, ALERT_ID);
	s->service = alert_text(a, ALERT_SERVICE);
	s->link = alert_text(a, ALERT_LINK);
	s->assigned = alert_text(a, ALERT_ASSIGNED);
	s->next = alert_text(a, ALERT_NEXT);
	s->next_at = a->next_at;
	s->snoozed_at = actions_snoozed(app->actions, a);
	alert_snoozed(a, &s->snoozed_by);
	s->number = a->number;
	s->severity = (enum severity)a->severity;
	s->state = (enum alert_state)a->state;
}

/* Of an alert that is over nothing else is kept than what its source told of it. */
static bool of_raws(struct app *app, struct db *db, const char *name, struct subject *s)
{
	for (size_t i = 1; i < sources_count(app->sources); i++) {
		const char *source = sources_at(app->sources, i)->name;
		struct raw_row row = {.source = untrusted_str(source),
			.upstream_id = untrusted_str(name)};

		if (!raw_find(db, &s->arena, &row, NULL) || !row.told_at)
			continue;
		str_copy(s->source, sizeof s->source, source);
		s->id = untrusted_copy(&s->arena, row.upstream_id);
		s->head = (struct dossier_head){.key = alert_key(source, s->id),
			.started_at = row.told_at,
			.ended_at = row.told_at};
		return true;
	}
	return false;
}

static bool of_store(
	struct app *app, const char *name, struct subject *s, struct err *err)
{
	struct incident_rows found = {0};
	struct db *db = history_db(app, err);
	const struct incident_row *row;
	bool ok = db && incident_named(db, &s->arena, untrusted_str(name), &found, err);

	if (ok && !found.count && dossier_wished_raw(app->dossier) &&
		of_raws(app, db, name, s)) {
		db_close(db);
		return true;
	}
	db_close(db);
	if (!ok || !found.count)
		return err_set(err, ERR_MISSING,
			"no source has %s now, and neither has the store", name);
	row = &found.rows[0];
	text_to_id(row->source, s->source, sizeof s->source);
	s->head = (struct dossier_head){.key = alert_key(s->source, row->upstream_id),
		.started_at = row->started_at,
		.acked_at = row->acked_at,
		.ended_at = row->ended_at,
		.pages = row->pages,
		.title = row->title,
		.acked_by = row->acked_by,
		.resolved_by = row->resolved_by};
	s->id = row->upstream_id;
	s->service = row->service;
	s->number = row->number;
	s->severity = row->severity;
	s->state = row->ended_at ? ALERT_RESOLVED : row->state;
	return true;
}

/* Release its arena in both cases. */
static bool find(struct app *app, const char *name, struct subject *s, struct err *err)
{
	const struct alert *alert = alerts_named(app->alerts, name);

	*s = (struct subject){.number = 0};
	arena_init(&s->arena, SUBJECT_BYTES);
	if (!alert)
		return of_store(app, name, s, err);
	if (!act_one_thing(app, alert, name, err))
		return false;
	/* What its source tells of just that one is another thing than its page. */
	of_alert(app, dossier_wished_raw(app->dossier) ? alert : dossier_page(app, alert),
		s);
	return true;
}

/* --- as text --- */

static void field(struct str *out, const char *name, struct untrusted text)
{
	if (untrusted_empty(text))
		return;
	str_printf(out, "%-13s ", name);
	text_add_line(out, text, COLUMNS);
	str_putc(out, '\n');
}

static void moment(struct str *out, const char *name, int64_t at, int64_t now)
{
	char text[TIME_TEXT];

	if (at)
		str_printf(out, "%-13s %s\n", name, time_stamp(at, now, text));
}

static void print_response(const struct app *app, uint64_t key, struct str *out)
{
	struct response r;
	int64_t next = dossier_next_update(app, key);
	char text[TIME_TEXT];

	dossier_response(app, key, &r);
	for (int i = 0; i < RESPONSE_ROLES; i++)
		field(out, response_role_names[i], r.roles[i]);
	for (size_t i = 0; i < r.responder_count; i++) {
		str_printf(out, "%-13s ", i ? "" : "responders");
		text_add_line(out, r.responders[i].who, COLUMNS);
		str_printf(out, "  %s\n", responder_state_names[r.responders[i].state]);
	}
	field(out, "bridge", r.number);
	field(out, untrusted_empty(r.number) ? "bridge" : "", r.link);
	if (next)
		str_printf(out, "%-13s %s %s\n", "next update",
			next > app->now ? "due in" : "overdue by",
			duration_text(next > app->now ? next - app->now : app->now - next,
				text));
}

static void print_line(
	const struct app *app, const struct timeline_line *l, struct str *out)
{
	char when[TIME_TEXT];

	str_printf(
		out, "%-13s %-8s ", time_stamp(l->at, app->now, when), timeline_kind(l));
	if (l->kind == ENTRY_NOTE && l->from == TIMELINE_LOG &&
		!untrusted_empty(l->who)) {
		text_add_line(out, l->who, 60);
		str_puts(out, ": ");
	}
	if (l->words)
		str_printf(out, "%s%s", l->words, untrusted_empty(l->text) ? "" : ": ");
	text_add_line(out, timeline_text(l), COLUMNS);
	if (l->more)
		str_printf(out, "  %s", l->more);
	if (l->bad && !untrusted_empty(l->by)) {
		str_puts(out, ": ");
		text_add_line(out, l->by, COLUMNS);
	}
	if (l->ours) {
		str_puts(out, "  from here, by ");
		text_add_line(out, l->by, 60);
	}
	str_putc(out, '\n');
}

static void print_similar(
	const struct app *app, const struct similar_list *list, struct str *out)
{
	char when[TIME_TEXT], id[60];

	if (*list->why)
		str_printf(out, "%s\n", list->why);
	for (size_t i = 0; i < list->count; i++) {
		const struct similar_one *one = &list->ones[i];

		text_line(one->upstream_id, id, sizeof id);
		str_printf(out, "%-13s %-8s ",
			time_stamp(one->started_at, app->now, when),
			one->same ? "same" : "alike");
		text_add_line(out, one->title, COLUMNS);
		str_printf(out, " (%s): ", id);
		similar_words(one, out);
		str_putc(out, '\n');
		for (size_t k = 0; k < one->note_count; k++) {
			str_printf(out, "%-13s %-8s ", "", "note");
			text_add_line(out, one->notes[k], COLUMNS);
			str_putc(out, '\n');
		}
	}
}

static void print_text(const struct app *app, const struct subject *s,
	const struct similar_list *list, struct str *out)
{
	struct timeline t;
	char how[200];

	field(out, "incident", s->head.title);
	field(out, "id", s->id);
	if (s->number)
		str_printf(out, "%-13s %u\n", "number", (unsigned)s->number);
	str_printf(out, "%-13s %s, %s\n", "state", alert_state_name(s->state),
		severity_name(s->severity));
	moment(out, "snoozed until", s->snoozed_at, app->now);
	field(out, s->snoozed_at ? "snoozed by" : "", s->snoozed_by);
	moment(out, "started", s->head.started_at, app->now);
	moment(out, "acknowledged", s->head.acked_at, app->now);
	field(out, "by", s->head.acked_by);
	moment(out, "ended", s->head.ended_at, app->now);
	field(out, "resolved by", s->head.resolved_by);
	field(out, "assigned", s->assigned);
	moment(out, "next", s->next_at, app->now);
	field(out, s->next_at ? "" : "next", s->next);
	field(out, "service", s->service);
	field(out, "source", untrusted_str(s->source));
	field(out, "link", s->link);
	print_response(app, s->head.key, out);
	dossier_words(app->dossier, s->head.key, how, sizeof how);
	str_printf(out, "\ntimeline      %s\n", how);
	dossier_timeline(app, &s->head, &t);
	if (t.left_out)
		str_printf(out, "%zu earlier lines are left out\n", t.left_out);
	for (size_t i = 0; i < t.count; i++)
		print_line(app, &t.lines[i], out);
	timeline_release(&t);
	if (list->count)
		str_puts(out, "\nsimilar\n");
	if (list->count)
		print_similar(app, list, out);
}

/* --- as JSON --- */

static void put_response(const struct app *app, uint64_t key, struct json_out *o)
{
	struct response r;

	dossier_response(app, key, &r);
	for (int i = 0; i < RESPONSE_ROLES; i++)
		json_put_text(o, response_role_names[i], r.roles[i]);
	json_open(o, "responders", '[');
	for (size_t i = 0; i < r.responder_count; i++) {
		json_open(o, NULL, '{');
		json_put_text(o, "who", r.responders[i].who);
		json_put_str(o, "state", responder_state_names[r.responders[i].state]);
		json_put_time(o, "at", r.responders[i].at);
		json_shut(o, '}');
	}
	json_shut(o, ']');
	json_put_text(o, "bridge_number", r.number);
	json_put_text(o, "bridge_link", r.link);
	json_put_time(o, "next_update_at", dossier_next_update(app, key));
}

static void put_timeline(
	const struct app *app, const struct dossier_head *head, struct json_out *o)
{
	struct timeline t;

	dossier_timeline(app, head, &t);
	json_put_i64(o, "left_out", (int64_t)t.left_out);
	json_open(o, "timeline", '[');
	for (size_t i = 0; i < t.count; i++) {
		const struct timeline_line *l = &t.lines[i];

		json_open(o, NULL, '{');
		json_put_time(o, "at", l->at);
		json_put_str(o, "kind", timeline_kind(l));
		json_put_text(o, "who", l->who);
		if (l->words)
			json_put_str(o, "did", l->words);
		json_put_text(o, "text", timeline_text(l));
		if (l->more)
			json_put_str(o, "state", l->more);
		json_put_bool(o, "from_here", l->ours || l->from == TIMELINE_HERE);
		if (l->ours || l->bad)
			json_put_text(o, l->bad ? "why" : "by", l->by);
		json_put_text(o, "link", l->link);
		json_shut(o, '}');
	}
	json_shut(o, ']');
	timeline_release(&t);
}

static void put_similar(const struct similar_list *list, struct json_out *o)
{
	json_put_str(o, "why", list->why);
	json_open(o, "similar", '[');
	for (size_t i = 0; i < list->count; i++) {
		const struct similar_one *one = &list->ones[i];

		json_open(o, NULL, '{');
		json_put_text(o, "source", one->source);
		json_put_text(o, "id", one->upstream_id);
		json_put_i64(o, "number", one->number);
		json_put_text(o, "title", one->title);
		json_put_text(o, "service", one->service);
		json_put_bool(o, "same", one->same);
		json_put_time(o, "started_at", one->started_at);
		json_put_time(o, "acknowledged_at", one->taken_at);
		json_put_time(o, "ended_at", one->ended_at);
		json_put_text(o, "by", one->who);
		json_put_i64(o, "escalations", (int64_t)one->escalations);
		json_open(o, "notes", '[');
		for (size_t k = 0; k < one->note_count; k++)
			json_put_text(o, NULL, one->notes[k]);
		json_shut(o, ']');
		json_shut(o, '}');
	}
	json_shut(o, ']');
}

static void print_json(const struct app *app, const struct subject *s,
	const struct similar_list *list, bool timeline, struct str *out)
{
	char how[200];
	bool whole = dossier_words(app->dossier, s->head.key, how, sizeof how);
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_str(&o, "schema",
		timeline ? "oogway.incident/1" : "oogway.incident.similar/1");
	json_put_str(&o, "source", s->source);
	json_put_text(&o, "id", s->id);
	json_put_i64(&o, "number", s->number);
	json_put_text(&o, "title", s->head.title);
	json_put_text(&o, "service", s->service);
	json_put_str(&o, "severity", severity_name(s->severity));
	json_put_str(&o, "state", alert_state_name(s->state));
	json_put_time(&o, "started_at", s->head.started_at);
	json_put_time(&o, "acknowledged_at", s->head.acked_at);
	json_put_time(&o, "ended_at", s->head.ended_at);
	json_put_text(&o, "assigned", s->assigned);
	json_put_text(&o, "next", s->next);
	json_put_time(&o, "next_at", s->next_at);
	json_put_time(&o, "snoozed_until", s->snoozed_at);
	json_put_text(&o, "snoozed_by", s->snoozed_by);
	json_put_text(&o, "link", s->link);
	if (timeline) {
		json_put_bool(&o, "complete", whole);
		json_put_str(&o, "how", how);
		put_response(app, s->head.key, &o);
		put_timeline(app, &s->head, &o);
	}
	put_similar(list, &o);
	json_shut(&o, '}');
	str_putc(out, '\n');
}

/* --- the commands --- */

static bool refuse_console(const struct call *call, struct err *err)
{
	return call->out || err_set(err, ERR_USAGE,
				    "%s prints for scripts; here :incident %s opens it",
				    call->command->name, call->argv[0]);
}

/* Its source is asked; what comes of it is printed by dossier_outcome(). */
enum status cmd_incident_show(struct call *call, struct err *err)
{
	struct app *app = call->app;
	struct subject subject;
	bool found;

	if (!refuse_console(call, err))
		return STATUS_USAGE;
	found = find(app, call->argv[0], &subject, err);
	if (found) {
		/* What was done a moment ago may not be in the store yet. */
		audits_load(app->audits, &(struct err){0});
		dossier_open(app->dossier, subject.source, subject.id,
			subject.head.started_at);
		dossier_wish(app->dossier, call->argv[0], call->json);
	}
	arena_release(&subject.arena);
	return found ? STATUS_PENDING : STATUS_FAILED;
}

/* What its source says of it now, else what the store has of that. */
static enum status print_raw(
	struct app *app, const struct subject *s, struct str *out, struct err *err)
{
	int64_t told_at;

	if (dossier_raw(app->dossier, s->head.key, out, &told_at))
		return told_at ? STATUS_PARTIAL : STATUS_DONE;
	err_set(err, ERR_MISSING,
		"%s has not told all of it, or it was over before anybody watched",
		s->source);
	return STATUS_FAILED;
}

enum status dossier_outcome(struct app *app, struct str *out, struct err *err)
{
	struct similar_list list;
	struct err none = {0};
	struct subject s;
	bool json;
	const char *name = dossier_wished(app->dossier, &json);
	enum status status = STATUS_FAILED;

	if (!name)
		return STATUS_DONE;
	if (dossier_wished_raw(app->dossier)) {
		if (find(app, name, &s, err))
			status = print_raw(app, &s, out, err);
		arena_release(&s.arena);
		return status;
	}
	if (find(app, name, &s, err)) {
		/* Without a store there is nothing like it. */
		if (!similar_read(app, s.id, s.head.title, s.service, &list, &none))
			list.count = 0;
		if (json)
			print_json(app, &s, &list, true, out);
		else
			print_text(app, &s, &list, out);
		similar_release(&list);
		status = dossier_lacks(app->dossier, err) ? STATUS_PARTIAL : STATUS_DONE;
	}
	arena_release(&s.arena);
	return status;
}

enum status cmd_incident_raw(struct call *call, struct err *err)
{
	/* On its page, which is shown, it stands below. */
	if (!call->out) {
		dossier_turn_raw(call->app->dossier);
		return STATUS_DONE;
	}
	dossier_wish_raw(call->app->dossier);
	return cmd_incident_show(call, err);
}

enum status cmd_incident_similar(struct call *call, struct err *err)
{
	struct app *app = call->app;
	struct similar_list list;
	struct subject s;
	bool ok;

	if (!refuse_console(call, err))
		return STATUS_USAGE;
	ok = find(app, call->argv[0], &s, err);
	if (ok) {
		ok = similar_read(app, s.id, s.head.title, s.service, &list, err);
		if (ok && call->json)
			print_json(app, &s, &list, false, call->out);
		else if (ok && list.count)
			print_similar(app, &list, call->out);
		if (ok && !list.count && !call->json)
			str_puts(call->told, "nothing in the store is like it\n");
		similar_release(&list);
	}
	arena_release(&s.arena);
	return ok ? STATUS_DONE : STATUS_FAILED;
}
