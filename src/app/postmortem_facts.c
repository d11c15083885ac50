/* A postmortem's facts from the store, and its Markdown. The timeline is in UTC; behind
 * each row stands its data: a page upstream, or the command that shows it. Judgement is
 * left as blanks, never filled. Any thread; touches the facts and the db only. */
#include "postmortem_facts.h"

#include "base/text.h"
#include "base/time.h"
#include "report/document.h"
#include "store/change.h"

#include <stdio.h>
#include <string.h>

enum { BEFORE_MS = 2 * 3600000, ROWS_MOST = 60 };

struct event {
	int64_t at;
	const char *what;
	struct untrusted words, by, link;
	const char *data; /* a command, where there is no page */
};

/* The most of one incident and what was around it. */
enum { EVENTS_MOST = 4 + 3 * ROWS_MOST };

struct timeline {
	struct event events[EVENTS_MOST];
	size_t count;
};

static int64_t end_of(const struct postmortem_facts *f)
{
	return f->incident.ended_at ? f->incident.ended_at : f->now;
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
		!outbox_list(db, f->arena, OUTBOX_MAX_LIST, &all, err))
		return false;
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

static void add(struct timeline *t, const struct event *event)
{
	size_t at = t->count;

	if (!event->at || t->count == EVENTS_MOST)
		return;
	for (; at && t->events[at - 1].at > event->at; at--)
		t->events[at] = t->events[at - 1];
	t->events[at] = *event;
	t->count++;
}

static void fill(const struct postmortem_facts *f, struct timeline *t)
{
	const struct incident_row *in = &f->incident;

	add(t, &(struct event){in->started_at, "Began: ", in->title, UNTRUSTED_NONE,
		       f->link, "incident list"});
	add(t, &(struct event){in->acked_at, "Acknowledged", UNTRUSTED_NONE, f->acked_by,
		       f->link, "incident list"});
	add(t, &(struct event){in->ended_at,
		       in->ended_after_at ? "Resolved, at the latest" : "Resolved",
		       UNTRUSTED_NONE, UNTRUSTED_NONE, f->link, "incident list"});
	for (size_t i = 0; i < f->change_count && i < ROWS_MOST; i++)
		add(t, &(struct event){f->changes[i].at,
			       "Change: ", f->changes[i].summary, UNTRUSTED_NONE,
			       f->changes[i].link, "change list"});
	for (size_t i = 0; i < f->others.count; i++)
		if (!untrusted_eq(f->others.rows[i].upstream_id, in->upstream_id) &&
			f->others.rows[i].started_at >= in->started_at - BEFORE_MS)
			add(t, &(struct event){f->others.rows[i].started_at,
				       "Also began: ", f->others.rows[i].title,
				       UNTRUSTED_NONE, UNTRUSTED_NONE, "alert list"});
	for (size_t i = 0; i < f->acts.count && i < ROWS_MOST; i++) {
		const struct outbox_row *row = &f->acts.rows[i];

		add(t, &(struct event){row->done_at ? row->done_at : row->created_at,
			       action_verbs[row->action.verb].past,
			       row->action.texts[ACTION_BODY],
			       row->action.texts[ACTION_BY], UNTRUSTED_NONE,
			       "action list"});
	}
}

static void timeline(const struct postmortem_facts *f, struct document *d)
{
	struct timeline t = {0};
	char when[TIME_TEXT], moment[TIME_TEXT];

	fill(f, &t);
	document_heading(d, 2, "Timeline (UTC)");
	document_timeline(d);
	for (size_t i = 0; i < t.count; i++) {
		const struct event *e = &t.events[i];

		document_event(d, utc(e->at, when), e->link);
		document_say(d, DOC_PLAIN, "%s", e->what);
		if (!untrusted_empty(e->words) && !strchr(e->what, ':'))
			document_say(d, DOC_PLAIN, ": ");
		document_text(d, DOC_PLAIN, e->words);
		if (!untrusted_empty(e->by)) {
			document_say(d, DOC_PLAIN, ", by ");
			document_text(d, DOC_STRONG, e->by);
		}
		if (untrusted_empty(e->link)) {
			document_say(d, DOC_PLAIN, " ");
			document_say(d, DOC_CODE, "oogway --at %s %s",
				time_rfc3339(e->at, moment), e->data);
		}
	}
	document_paragraph(d);
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

static void responders(const struct postmortem_facts *f, struct document *d)
{
	struct untrusted said[ROWS_MOST];
	size_t n = 0;

	document_heading(d, 2, "Responders");
	document_list(d);
	document_item(d, DOC_BULLET);
	document_say(d, DOC_PLAIN, "Commander, scribe: ");
	document_blank(d, "who");
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
