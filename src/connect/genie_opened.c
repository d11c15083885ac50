/* The alert that somebody looks at, at Opsgenie and Jira Service Management Operations:
 * its course as its list tells it, its notes and its log become entries, part after part,
 * again and again. What of the log says the same as the course is one line with it.
 * Notes come all at once, as one may have been taken back; a log is read on from where it
 * ended, and from its start where the server does not say where that was. What fails is
 * put off and fails nobody else.
 *
 * A state machine without I/O; any thread, one at a time. */
#include "genie.h"

#include "base/text.h"
#include "base/time.h"
#include "labels.h"
#include "raws.h"

#include <string.h>

enum {
	PAGE = 100,
	PAGES_MOST = 20,
	ABSENT_MS = 3600 * 1000,
	ID_BYTES = 240,
	PATH_MOST = 1024,
	SAME_MS = 5000,
};

void genie_opened_init(struct genie_opened *o, int64_t every_ms, uint64_t seed)
{
	*o = (struct genie_opened){.part = GENIE_FACTS};
	job_init(&o->job, every_ms, seed);
	o->job.begun = true;
}

static void forget(struct genie_opened *o, const char *id)
{
	struct job job = o->job;
	bool open = o->open;
	char asked[SOURCE_ID];

	memcpy(asked, o->asked, sizeof asked);
	job.open = false;
	job.fails = 0;
	job.due_at = 0;
	*o = (struct genie_opened){.part = GENIE_FACTS, .job = job, .open = open};
	memcpy(o->asked, asked, sizeof asked);
	str_copy(o->id, sizeof o->id, id);
}

static const char *path_of(const struct genie_opened *o, const struct genie_view *v,
	const char *cloud, struct arena *arena)
{
	bool jsm = v->face->jsm;
	const char *kept;
	struct str path;

	str_init(&path, PATH_MOST);
	genie_root(v->face, cloud, &path);
	str_puts(&path, "/alerts/");
	text_add_url(&path, untrusted_str(o->id));
	if (o->part != GENIE_FACTS) {
		str_printf(&path, "/%s?%s=%d%s",
			o->part == GENIE_NOTES ? "notes" : "logs", v->face->limit, PAGE,
			jsm ? "" : "&order=asc");
		if (*o->place) {
			str_puts(&path, jsm ? "&after=" : "&direction=next&offset=");
			text_add_url(&path, untrusted_str(o->place));
		}
	}
	kept = path.cut ? NULL : arena_strdup(arena, str_text(&path));
	str_release(&path);
	return kept;
}

bool genie_opened_next(struct genie_opened *o, const struct genie_view *v,
	const char *cloud, int64_t now, const struct source_window *window,
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
		.id = GENIE_OPENED_ASK + (int)o->part,
		.method = "GET",
		.path = path_of(o, v, cloud, arena),
		.max_bytes = GENIE_MAX_BODY};
	o->open = out->path != NULL;
	str_copy(o->asked, sizeof o->asked, o->id);
	return o->open;
}

/* --- entries --- */

static struct batch_entry *add(struct genie_opened *o, struct batch *batch,
	enum entry_kind kind, int64_t at, struct untrusted mark)
{
	struct batch_entry *row = batch_add_entry(batch);
	struct str id;

	if (!row)
		return NULL;
	row->kind = kind;
	row->at = at;
	row->incident = batch_keep_str(batch, o->id);
	str_init(&id, ID_BYTES);
	if (kind == ENTRY_NOTE)
		str_puts(&id, "note/");
	genie_entry_id(row->incident, kind, mark, &id);
	row->id = batch_keep_str(batch, str_text(&id));
	str_release(&id);
	return row;
}

static struct untrusted who_of(
	struct genie_view *v, struct batch *batch, struct untrusted who, bool *by_hand)
{
	bool jsm = v->face->jsm;

	*by_hand = jsm ? !untrusted_empty(who) && !untrusted_is(who, "System")
		       : untrusted_find(who, "@") > 0;
	if (*by_hand && v->conf->left_out & FIELD_PEOPLE)
		return untrusted_str("somebody");
	return batch_keep(batch, jsm ? genie_who(v, who, true) : who);
}

static void add_course(struct genie_opened *o, struct genie_view *v, struct batch *batch,
	enum entry_kind kind, int64_t at, struct untrusted who)
{
	struct batch_entry *row;

	o->course[kind] = at;
	if (!at || !(row = add(o, batch, kind, at, UNTRUSTED_NONE)))
		return;
	row->who = who_of(v, batch, who, &row->by_hand);
	row->by_hand = row->by_hand && kind != ENTRY_TRIGGER;
	row->text = untrusted_str(kind == ENTRY_ACK       ? "Acknowledged"
				  : kind == ENTRY_RESOLVE ? "Closed"
							  : "Created");
}

static void read_facts(struct genie_opened *o, struct genie_view *v, struct batch *batch,
	struct json alert)
{
	struct genie_report report = genie_report(v, alert);
	int64_t at = 0;

	json_time(json_get(alert, "createdAt"), &at);
	if (!(v->conf->left_out & FIELD_PEOPLE))
		raw_give(batch, untrusted_str(o->id), alert);
	add_course(o, v, batch, ENTRY_TRIGGER, at, json_text(json_get(alert, "source")));
	add_course(o, v, batch, ENTRY_ACK, report.acked_at, report.acked_by);
	if (untrusted_is(json_text(json_get(alert, "status")), "closed"))
		add_course(
			o, v, batch, ENTRY_RESOLVE, report.closed_at, report.closed_by);
}

/* The words that their logs begin with; what is none of these is told as it is. */
static const struct {
	const char *words;
	enum entry_kind kind;
} log_words[] = {
	{"created", ENTRY_TRIGGER},
	{"unacknowledged", ENTRY_UNACK},
	{"acknowledged", ENTRY_ACK},
	{"closed", ENTRY_RESOLVE},
	{"snooze", ENTRY_SNOOZE},
	{"escalat", ENTRY_ESCALATE},
	{"assigned", ENTRY_ASSIGN},
	{"notif", ENTRY_NOTIFY},
};

/* By what stands first in its first words; whatever a note says. */
enum entry_kind genie_log_kind(struct untrusted log)
{
	struct untrusted begin = untrusted_slice(log, 0, 60);
	enum entry_kind kind = ENTRY_OTHER;
	ptrdiff_t best = PTRDIFF_MAX;

	if (untrusted_find_nocase(log, "note") == 0 ||
		untrusted_find_nocase(log, "added note") >= 0)
		return ENTRY_NOTE;
	for (size_t i = 0; i < sizeof log_words / sizeof *log_words; i++) {
		ptrdiff_t at = untrusted_find_nocase(begin, log_words[i].words);

		if (at >= 0 && at < best) {
			best = at;
			kind = log_words[i].kind;
		}
	}
	return kind;
}

static bool is_course(const struct genie_opened *o, enum entry_kind kind, int64_t at)
{
	int64_t known = o->course[kind];

	return known && at > known - SAME_MS && at < known + SAME_MS;
}

static void add_log(
	struct genie_opened *o, struct genie_view *v, struct batch *batch, struct json e)
{
	bool jsm = v->face->jsm;
	struct untrusted log = json_text(json_get(e, "log")), mark;
	struct batch_entry *row;
	char own[TIME_TEXT];
	enum entry_kind kind;
	int64_t at;

	if (!json_time(json_get(e, jsm ? "logTime" : "createdAt"), &at))
		return;
	kind = genie_log_kind(log);
	/* A note is told in full by the notes. */
	if (is_course(o, kind, at) || kind == ENTRY_NOTE)
		return;
	mark = json_text(json_get(e, "offset"));
	if (untrusted_empty(mark)) {
		time_rfc3339(at, own);
		mark = untrusted_str(own);
	}
	/* Its own kind would give it the id of the course. */
	row = add(o, batch, ENTRY_OTHER, at, mark);
	if (!row)
		return;
	row->kind = kind;
	row->who = who_of(v, batch, json_text(json_get(e, "owner")), &row->by_hand);
	if (!(v->conf->left_out & FIELD_PEOPLE))
		row->text = batch_keep(batch, log);
}

static void add_note(
	struct genie_opened *o, struct genie_view *v, struct batch *batch, struct json e)
{
	struct untrusted mark = json_text(json_get(e, v->face->note_place));
	struct batch_entry *row;
	int64_t at;

	if (!json_time(json_get(e, "createdAt"), &at) ||
		!(row = add(o, batch, ENTRY_NOTE, at, mark)))
		return;
	row->who = who_of(v, batch, json_text(json_get(e, "owner")), &row->by_hand);
	row->text = batch_keep(batch, json_text(json_get(e, "note")));
}

/* True when there is another page to be read. */
static bool read_list(struct genie_opened *o, struct genie_view *v, struct batch *batch,
	struct json root)
{
	struct json list = json_get(root, v->face->rows);
	bool more = !untrusted_empty(json_text(json_get(root, v->face->next)));

	o->place[0] = '\0';
	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		if (o->part == GENIE_NOTES)
			add_note(o, v, batch, e);
		else
			add_log(o, v, batch, e);
		text_to_id(json_text(json_get(e, v->face->jsm ? "id" : "offset")),
			o->place, sizeof o->place);
	}
	more = more && json_count(list);
	/* Without a place there is no way on. */
	if (more && (!*o->place || ++o->pages == PAGES_MOST)) {
		o->cut = true;
		more = false;
	}
	return more;
}

/* --- answers --- */

static struct batch_opened *say(struct genie_opened *o, struct batch *batch)
{
	struct batch_opened *said = arena_alloc(batch->arena, sizeof *said);

	if (!said)
		return NULL;
	*said = (struct batch_opened){.incident = batch_keep_str(batch, o->id)};
	batch->opened = said;
	return said;
}

static struct batch_opened *end_round(struct genie_opened *o, const struct answer *answer,
	struct batch *batch, const char *lacks)
{
	struct batch_opened *said = say(o, batch);

	o->part = GENIE_FACTS;
	o->place[0] = '\0';
	o->pages = 0;
	o->reading = false;
	job_done(&o->job, answer, !lacks);
	if (!said)
		return NULL;
	said->ended = true;
	if (lacks)
		said->lacks = batch_keep_str(batch, lacks);
	else if (o->cut)
		said->lacks = untrusted_str("not all of its log");
	o->cut = false;
	return said;
}

static bool absent(int status)
{
	return status == 401 || status == 402 || status == 403 || status == 404;
}

static void next_part(
	struct genie_opened *o, const struct answer *answer, struct batch *batch)
{
	o->place[0] = '\0';
	o->pages = 0;
	if (++o->part == GENIE_LOGS && answer->now < o->no_logs_until)
		o->part++;
	if (o->part == GENIE_PARTS)
		end_round(o, answer, batch, NULL);
}

static void fail(struct genie_opened *o, struct genie_view *v,
	const struct answer *answer, struct batch *batch)
{
	struct err err = {0};

	if (o->part == GENIE_LOGS && absent(answer->status)) {
		o->no_logs_until = answer->now + ABSENT_MS;
		next_part(o, answer, batch);
		return;
	}
	genie_refused(v, answer, &err);
	end_round(o, answer, batch,
		answer->status == 404 ? "the server has no such alert"
		: *err.text           ? err.text
				      : "the server does not answer");
}

void genie_opened_take(struct genie_opened *o, struct genie_view *v,
	const struct answer *answer, struct batch *batch)
{
	bool notes = o->part == GENIE_NOTES, first = !o->pages, again = false;
	struct json_doc doc;
	struct json root, data;
	struct err err = {0};

	o->open = false;
	/* Another one is looked at meanwhile. */
	if (strcmp(o->asked, o->id) != 0)
		return;
	if (answer->status != 200) {
		fail(o, v, answer, batch);
		return;
	}
	if (!genie_open(
		    answer, o->part == GENIE_FACTS ? NULL : v->face->rows, &doc, &err)) {
		end_round(o, answer, batch, err.text);
		return;
	}
	root = json_root(&doc);
	data = json_get(root, "data");
	if (o->part == GENIE_FACTS)
		read_facts(o, v, batch, json_is_object(data) ? data : root);
	else
		again = read_list(o, v, batch, root);
	json_release(&doc);
	if (!again)
		next_part(o, answer, batch);
	/* Of several pages none has all of them. */
	if (notes && first && !again && (batch->opened || say(o, batch)))
		((struct batch_opened *)(uintptr_t)batch->opened)->notes = true;
}
