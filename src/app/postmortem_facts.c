/* A postmortem's facts from the store, and its Markdown. The timeline is in UTC; behind
 * each row stands its data: a page upstream, or the command that shows it. Judgement is
 * left as blanks, never filled. Any thread; touches the facts and the db only. */
#include "postmortem_facts.h"

#include "app/dossier.h"
#include "base/text.h"
#include "base/time.h"
#include "deeds.h"
#include "model/response.h"
#include "model/timeline.h"
#include "report/document.h"
#include "store/change.h"

#include <stdio.h>
#include <string.h>

enum {
	BEFORE_MS = 2 * 3600000,
	BEFORE_STEP_MS = 300000,
	AFTER_MS = 6 * 3600000,
	ROWS_MOST = 60
};

static int64_t end_of(const struct postmortem_facts *f)
{
	return f->incident.ended_at ? f->incident.ended_at : f->now;
}

/* The store's, and what the audit has beyond that; until hours behind its end. */
static bool load_steps(struct postmortem_facts *f, struct db *db, struct err *err)
{
	const struct incident_row *in = &f->incident;
	struct step_query query = {f->whom, f->whom_count,
		in->started_at - BEFORE_STEP_MS,
		in->ended_at ? in->ended_at + AFTER_MS : 0};
	struct step_rows found, all = {.rows = NULL};

	if (!f->whom_count) {
		f->whom[0] = (struct step_whom){in->source, in->upstream_id};
		query.count = 1;
	}
	if (!step_of(db, f->arena, &query, &found, err))
		return false;
	all.rows = arena_alloc(
		f->arena, (found.count + f->recent.count + 1) * sizeof *all.rows);
	for (size_t i = 0; all.rows && i < found.count; i++)
		all.rows[all.count++] = found.rows[i];
	for (size_t i = 0; all.rows && i < f->recent.count; i++)
		if (deed_is_of(&f->recent.rows[i], &query) &&
			!deed_listed(&all, &f->recent.rows[i]))
			all.rows[all.count++] = f->recent.rows[i];
	f->steps = all;
	return true;
}

bool postmortem_load(struct postmortem_facts *f, struct db *db, struct err *err)
{
	struct incident_rows found;
	struct outbox_rows all;
	struct change_query query;
	struct change_rows changes;
	char name[60];

	if (!incident_named(db, f->arena, f->id, &found, err))
		return false;
	if (!found.count)
		return err_set(err, ERR_MISSING, "the store has no incident %s",
			text_line(f->id, name, sizeof name));
	f->incident = found.rows[0];
	query = (struct change_query){f->incident.started_at - BEFORE_MS, end_of(f) + 1};
	if (!change_span(db, f->arena, query, &changes, err) ||
		!incident_at(db, f->arena, f->incident.started_at, ROWS_MOST, &f->others,
			err) ||
		!past_log(db, f->arena, f->incident.source, f->incident.upstream_id,
			&f->log, err) ||
		!outbox_list(db, f->arena, OUTBOX_MAX_LIST, &all, err) ||
		!load_steps(f, db, err))
		return false;
	if (text_to_id(f->incident.upstream_id, name, sizeof name))
		snprintf(f->show, sizeof f->show, "incident show %s", name);
	else
		snprintf(f->show, sizeof f->show, "incident list");
	f->changes = changes.rows;
	f->change_count = changes.count;
	f->acts.rows = arena_alloc(f->arena, (all.count + 1) * sizeof *all.rows);
	f->acts.count = 0;
	for (size_t i = 0; f->acts.rows && i < all.count; i++)
		if (untrusted_eq(all.rows[i].action.texts[ACTION_TARGET],
			    f->incident.upstream_id))
			f->acts.rows[f->acts.count++] = all.rows[i];
	return true;
}

static const char *utc(int64_t at, char out[TIME_TEXT])
{
	time_rfc3339(at, out);
	out[10] = ' ';
	out[19] = 'Z';
	out[20] = '\0';
	return out;
}

static bool tells_all(const struct past_entries *log)
{
	for (size_t i = 0; i < log->count; i++)
		if (log->rows[i].kind == ENTRY_TRIGGER)
			return true;
	return false;
}

/* Without a log upstream, as it was seen. */
static void add_seen(const struct postmortem_facts *f, struct timeline *t)
{
	const struct incident_row *in = &f->incident;

	timeline_add(t, &(struct timeline_line){.at = in->started_at,
				.words = "Began",
				.text = in->title,
				.link = f->link,
				.data = "incident list"});
	timeline_add(t, &(struct timeline_line){.at = in->acked_at,
				.kind = ENTRY_ACK,
				.words = "Acknowledged",
				.who = f->acked_by,
				.link = f->link,
				.data = "incident list"});
	timeline_add(t, &(struct timeline_line){.at = in->ended_at,
				.kind = ENTRY_RESOLVE,
				.words = in->ended_after_at ? "Resolved, at the latest"
							    : "Resolved",
				.who = in->resolved_by,
				.link = f->link,
				.data = "incident list"});
}

static bool counts(const struct postmortem_facts *f, size_t i)
{
	const struct incident_row *row = &f->others.rows[i];

	return !untrusted_eq(row->upstream_id, f->incident.upstream_id) &&
	       row->started_at >= f->incident.started_at - BEFORE_MS;
}

/* Of a storm the first of each title, and how many there were. */
static void add_others(const struct postmortem_facts *f, struct timeline *t)
{
	for (size_t i = 0; i < f->others.count; i++) {
		const struct incident_row *row = &f->others.rows[i];
		size_t same = 0, first = i;
		char times[60];

		for (size_t k = 0; counts(f, i) && k < f->others.count; k++) {
			const struct incident_row *other = &f->others.rows[k];

			if (!counts(f, k) || !untrusted_eq(other->title, row->title))
				continue;
			same++;
			if (other->started_at < f->others.rows[first].started_at ||
				(other->started_at == f->others.rows[first].started_at &&
					k < first))
				first = k;
		}
		if (!same || first != i)
			continue;
		snprintf(times, sizeof times, "Also began, %zu of them", same);
		timeline_add(t, &(struct timeline_line){.at = row->started_at,
					.from = TIMELINE_ALERT,
					.words = same > 1 ? arena_strdup(f->arena, times)
							  : "Also began",
					.text = row->title,
					.data = "alert list"});
	}
}

static void fill(const struct postmortem_facts *f, struct timeline *t)
{
	timeline_add_log(t, f->log.rows, f->log.count);
	if (!tells_all(&f->log))
		add_seen(f, t);
	for (size_t i = 0; i < f->change_count && i < ROWS_MOST; i++)
		timeline_add(t, &(struct timeline_line){.at = f->changes[i].at,
					.from = TIMELINE_CHANGE,
					.words = "Change",
					.text = f->changes[i].summary,
					.link = f->changes[i].link,
					.data = "change list"});
	add_others(f, t);
	for (size_t i = 0; i < f->acts.count && i < ROWS_MOST; i++)
		dossier_add_action(t, &f->acts.rows[i]);
	for (size_t i = 0; i < f->steps.count; i++)
		deed_line(t, &f->steps.rows[i], f->arena);
	timeline_settle(t);
}

/* The words of a log name who did it. */
static bool names_who(const struct timeline_line *l)
{
	return !untrusted_empty(l->who) &&
	       (l->words || l->kind == ENTRY_NOTE || l->from == TIMELINE_HERE);
}

static void event(const struct postmortem_facts *f, const struct timeline_line *l,
	struct document *d)
{
	char when[TIME_TEXT], moment[TIME_TEXT];

	document_event(d, utc(l->at, when), l->link);
	if (l->kind == ENTRY_NOTE && l->from == TIMELINE_LOG)
		document_say(d, DOC_PLAIN, "Note");
	if (l->words)
		document_say(d, DOC_PLAIN, "%s", l->words);
	if ((l->words || l->kind == ENTRY_NOTE) && !untrusted_empty(l->text))
		document_say(d, DOC_PLAIN, ": ");
	document_text(d, DOC_PLAIN, timeline_text(l));
	if (l->more)
		document_say(d, DOC_PLAIN, "%s %s%s%s",
			l->from == TIMELINE_COMMAND ? "," : "",
			l->from == TIMELINE_HERE ? "(" : "", l->more,
			l->from == TIMELINE_HERE ? ")" : "");
	if (names_who(l)) {
		document_say(d, DOC_PLAIN, ", by ");
		document_text(d, DOC_STRONG, l->who);
	}
	if (l->ours) {
		document_say(d, DOC_PLAIN, ", from here by ");
		document_text(d, DOC_STRONG, l->by);
	}
	if (!untrusted_empty(l->link))
		return;
	document_say(d, DOC_PLAIN, " ");
	if (l->data)
		document_say(d, DOC_CODE, "oogway --at %s %s",
			time_rfc3339(l->at, moment), l->data);
	else
		document_say(d, DOC_CODE, "oogway %s", f->show);
}

static void timeline(const struct postmortem_facts *f, struct document *d)
{
	struct timeline t;

	timeline_init(&t);
	fill(f, &t);
	document_heading(d, 2, "Timeline (UTC)");
	document_timeline(d);
	for (size_t i = 0; i < t.count; i++)
		event(f, &t.lines[i], d);
	timeline_release(&t);
	document_paragraph(d);
	if (f->log.cut)
		document_say(d, DOC_PLAIN, "Its log is longer than what is here. ");
	document_blank(d, "when the factor began, and what was told to whom");
}

static void section(struct document *d, const char *title, const char *blank)
{
	document_heading(d, 2, title);
	document_paragraph(d);
	document_blank(d, blank);
}

static void took(struct document *d, const char *key, int64_t from, int64_t to)
{
	document_fact(d, key);
	if (to)
		document_say(d, DOC_PLAIN, "%.1f min",
			(double)(to - from) / (double)MINUTE_MS);
	else
		document_say(d, DOC_PLAIN, "not yet");
}

static void impact(const struct postmortem_facts *f, struct document *d)
{
	const struct incident_row *in = &f->incident;

	document_heading(d, 2, "Impact");
	document_facts(d);
	document_fact(d, "Severity");
	document_say(d, DOC_PLAIN, "%s", severity_name(in->severity));
	document_fact(d, "Service");
	document_text(d, DOC_PLAIN, in->service);
	took(d, "To acknowledge", in->started_at, in->acked_at);
	took(d, "To resolve", in->started_at, in->ended_at);
	document_fact(d, "Outside of the SLA");
	document_blank(d, "how much, for whom");
	document_fact(d, "Customers, tickets");
	document_blank(d, "how many");
}

/* As the notes say, and who was asked to join. */
static void roles(const struct postmortem_facts *f, struct document *d)
{
	static const char *const titles[RESPONSE_ROLES] = {"Commander: ", "Scribe: "};
	struct response r;

	response_read(&r, f->log.rows, f->log.count);
	for (int i = 0; i < RESPONSE_ROLES; i++) {
		document_item(d, DOC_BULLET);
		document_say(d, DOC_PLAIN, "%s", titles[i]);
		if (untrusted_empty(r.roles[i]))
			document_blank(d, "who");
		else
			document_text(d, DOC_PLAIN, r.roles[i]);
	}
	for (size_t i = 0; i < r.responder_count; i++) {
		document_item(d, DOC_BULLET);
		document_text(d, DOC_PLAIN, r.responders[i].who);
		document_say(d, DOC_PLAIN, ": %s",
			responder_state_names[r.responders[i].state]);
	}
}

static void responders(const struct postmortem_facts *f, struct document *d)
{
	struct untrusted said[ROWS_MOST];
	size_t n = 0;

	document_heading(d, 2, "Responders");
	document_list(d);
	roles(f, d);
	if (!untrusted_empty(f->assigned)) {
		document_item(d, DOC_BULLET);
		document_say(d, DOC_PLAIN, "Paged: ");
		document_text(d, DOC_PLAIN, f->assigned);
	}
	for (size_t i = 0; i < f->acts.count && n < ROWS_MOST; i++) {
		struct untrusted by = f->acts.rows[i].action.texts[ACTION_BY];
		bool there = false;

		for (size_t k = 0; k < n; k++)
			there |= untrusted_eq(said[k], by);
		if (there)
			continue;
		said[n++] = by;
		document_item(d, DOC_BULLET);
		document_text(d, DOC_PLAIN, by);
	}
}

void postmortem_write(const struct postmortem_facts *f, struct str *out)
{
	struct document d;
	char title[200];

	text_line(f->incident.title, title, sizeof title);
	document_init(&d, untrusted_str(title), 2 << 20);
	document_facts(&d);
	document_fact(&d, "Incident");
	document_link(&d, f->link, f->incident.upstream_id);
	document_fact(&d, "Owner");
	document_blank(&d, "who writes this to its end");
	document_fact(&d, "Meeting");
	document_blank(&d, "within five working days");
	section(&d, "Overview", "one or two sentences: what, why, for whom, how long");
	section(&d, "Contributing factors", "several, also what made it worse");
	section(&d, "Resolution", "what ended it for now, and for good");
	impact(f, &d);
	responders(f, &d);
	timeline(f, &d);
	section(&d, "What went well", "and where we were lucky");
	section(&d, "What did not", "detection, tools, words");
	section(&d, "Action items",
		"each a ticket with an owner: prevent, mitigate, detect, process");
	document_to_markdown(&d, out);
	document_release(&d);
}
