/* PagerDuty's incidents of the past and the entries of their logs. First the newest
 * thousand, then, one ask at a time, windows of time: those that are new since, and from
 * there back to where history was asked to begin. A window counts as read only when it
 * was read whole; with the rows of its last page goes the coverage, so that whoever keeps
 * both together can be killed at any moment and goes on where it was.
 *
 * Hides the limits: pages go on by the limit echoed; 10,000 rows are the most behind
 * one question, so that a window with more is halved; rows that move between pages are
 * found by a row that two pages share. A state machine without I/O; any thread, one at a
 * time. */
#include "pagerduty.h"

#include "base/text.h"
#include "base/time.h"
#include "model/entry.h"
#include "job.h"
#include "labels.h"
#include "pager.h"

#include <string.h>

enum {
	NEWEST = 1000,
	ASKS_PER_S = 14, /* 840 of the 960 a minute; the present needs some too */
	SPARE_PARTS = 4, /* a quarter of the budget is left to others */
	MAX_BODY = 16 << 20,
	PATH_BYTES = 8 << 10,
	WANTED_ROWS = 2000, /* of one window */
	MAX_RESTARTS = 4,
	ABSENT_MS = 3600 * 1000,
};

#define STEP_FIRST_MS (DAY_MS)
#define STEP_MOST_MS  (30 * DAY_MS) /* the least that any endpoint allows */
/* Upstream may be late in listing what has just happened. */
#define OVERLAP_MS (5 * MINUTE_MS)

enum what { WHAT_NEWEST, WHAT_OLDEST, WHAT_INCIDENTS, WHAT_ENTRIES };

/* One window of a list while its pages are read. */
struct walk {
	bool reading, up; /* up: the end of what is covered moves, else its beginning */
	struct span window;
	int64_t offset;
	int64_t total; /* as the first page said; -1: it did not */
	int restarts;
	bool shared; /* the next page's first row was in the last one */
	struct arena arena;
	struct seen seen;
};

struct reader {
	const struct source_conf *conf;
	struct job job; /* rounds over what is new */
	bool open;
	enum what what;
	struct walk walk;
	struct coverage coverage;
	int64_t begun_at; /* when the newest were asked for */
	int64_t newest_read;
	bool read_newest, know_oldest;
	int64_t step_ms[2];  /* of incidents, of entries */
	int64_t round_until; /* of what is new; 0: none under way */
	int64_t round_at[2]; /* how far it has come */
	int64_t second;
	int asked; /* in that second */
	int64_t wait_until, absent_until;
};

/* --- asking --- */

void pagerduty_add_time(struct str *path, const char *name, int64_t at)
{
	char text[TIME_TEXT];

	time_rfc3339(at, text);
	text[strlen("2026-11-21T14:32:01")] = '\0';
	str_printf(path, "&%s=", name);
	text_add_url(path, untrusted_str(text));
	str_putc(path, 'Z');
}

static void add_window(const struct reader *reader, struct str *path)
{
	const struct walk *walk = &reader->walk;

	pagerduty_add_time(path, "since", walk->window.from_at);
	pagerduty_add_time(path, "until", walk->window.until_at);
	str_printf(path, "&limit=%d&offset=%lld%s", PAGER_LIMIT, (long long)walk->offset,
		walk->offset ? "" : "&total=true");
}

static bool ask(struct reader *reader, struct arena *arena, struct ask *out)
{
	struct str path;

	str_init(&path, PATH_BYTES);
	switch (reader->what) {
	case WHAT_NEWEST:
		str_printf(&path,
			"/incidents?date_range=all&time_zone=UTC"
			"&sort_by=incident_number%%3Adesc&limit=%d&offset=%lld",
			PAGER_LIMIT, (long long)reader->newest_read);
		break;
	case WHAT_OLDEST:
		str_puts(&path, "/incidents?date_range=all&time_zone=UTC"
				"&sort_by=created_at%3Aasc&limit=1&offset=0");
		break;
	case WHAT_INCIDENTS:
		str_puts(
			&path, "/incidents?time_zone=UTC&sort_by=incident_number%3Adesc");
		add_window(reader, &path);
		break;
	default:
		str_puts(&path, "/log_entries?is_overview=true&time_zone=UTC");
		/* By urgency the log cannot be asked for: its incidents must tell it. */
		if (reader->walk.up || (reader->conf->filter &&
					       strstr(reader->conf->filter, "urgency=")))
			str_puts(&path, "&include%5B%5D=incidents");
		add_window(reader, &path);
	}
	pagerduty_add_filter(&path, reader->conf->filter,
		reader->what == WHAT_ENTRIES ? "team=" : NULL);
	*out = (struct ask){.kind = ASK_HTTP,
		.id = reader->what,
		.method = "GET",
		.path = arena_strdup(arena, str_text(&path)),
		.headers = pagerduty_headers,
		.max_bytes = MAX_BODY};
	str_release(&path);
	reader->open = out->path != NULL;
	return reader->open;
}

/* --- what to read next --- */

static void walk_again(struct walk *walk)
{
	walk->offset = 0;
	walk->total = -1;
	walk->shared = false;
	seen_release(&walk->seen);
	arena_release(&walk->arena);
	walk->arena.full = false;
}

static int64_t whole_seconds(int64_t at)
{
	return at - at % SECOND_MS;
}

/* A window that begins where what is covered ends, or ends where it begins. */
static void walk_begin(
	struct reader *reader, enum what what, bool up, int64_t from_at, int64_t until_at)
{
	struct walk *walk = &reader->walk;
	int64_t step = reader->step_ms[what == WHAT_ENTRIES];

	walk_again(walk);
	walk->reading = true;
	walk->up = up;
	walk->restarts = 0;
	if (up && until_at - from_at > step)
		until_at = from_at + step;
	if (!up && until_at - from_at > step)
		from_at = until_at - step;
	walk->window = (struct span){
		whole_seconds(from_at), whole_seconds(until_at - 1) + SECOND_MS};
	reader->what = what;
}

static bool begin_round(struct reader *reader, int64_t now)
{
	struct coverage *c = &reader->coverage;

	if (!reader->round_until) {
		if (!job_due(&reader->job, now))
			return false;
		job_ask(&reader->job, now);
		reader->round_until = whole_seconds(now) + SECOND_MS;
		reader->round_at[0] = c->began.until_at - OVERLAP_MS;
		reader->round_at[1] = c->entries.until_at - OVERLAP_MS;
	}
	for (int i = 0; i < (c->no_entries ? 1 : 2); i++)
		if (reader->round_at[i] < reader->round_until) {
			walk_begin(reader, i ? WHAT_ENTRIES : WHAT_INCIDENTS, true,
				reader->round_at[i], reader->round_until);
			return true;
		}
	reader->round_until = 0;
	reader->job.open = false;
	return false;
}

/* Incidents lead, the entries of their logs follow. */
static bool begin_back(struct reader *reader)
{
	struct coverage *c = &reader->coverage;

	if (!c->no_entries && c->entries.from_at > c->began.from_at) {
		walk_begin(reader, WHAT_ENTRIES, false, c->began.from_at,
			c->entries.from_at);
		return true;
	}
	if (c->began.from_at > c->wanted_at) {
		walk_begin(reader, WHAT_INCIDENTS, false, c->wanted_at, c->began.from_at);
		return true;
	}
	return false;
}

static bool choose(struct reader *reader, int64_t now)
{
	if (reader->walk.reading)
		return true;
	if (!reader->read_newest) {
		if (!reader->newest_read)
			reader->begun_at = whole_seconds(now);
		reader->what = WHAT_NEWEST;
		return true;
	}
	if (!reader->know_oldest) {
		reader->what = WHAT_OLDEST;
		return true;
	}
	if (reader->conf->left_out & FIELD_LOG) {
		reader->coverage.no_entries = true;
	} else if (reader->coverage.no_entries && now >= reader->absent_until) {
		reader->coverage.no_entries = false;
		reader->absent_until = now + ABSENT_MS;
	}
	/* A round may end when the next is due already. */
	return begin_round(reader, now) || begin_back(reader) || begin_round(reader, now);
}

static bool next(void *state, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out)
{
	struct reader *reader = state;

	if (reader->open)
		return false;
	if (reader->second != now / SECOND_MS) {
		reader->second = now / SECOND_MS;
		reader->asked = 0;
	}
	out->kind = ASK_WAIT;
	/* A wait of more than an hour was set before the clock went back. */
	if (now < reader->wait_until && reader->wait_until - now <= HOUR_MS) {
		out->until = reader->wait_until;
	} else if (window->least || reader->asked == ASKS_PER_S) {
		out->until = (reader->second + 1) * SECOND_MS;
	} else if (choose(reader, now)) {
		reader->asked++;
		return ask(reader, arena, out);
	} else {
		out->until = job_until(&reader->job, now + reader->conf->every_ms);
	}
	return true;
}

/* --- rows --- */

bool pagerduty_is_person(struct json agent)
{
	return untrusted_starts(json_text(json_get(agent, "type")), "user");
}

/* Where people are left out: that it was one still counts. */
static const char somebody[] = "somebody";

struct untrusted pagerduty_person(
	unsigned left_out, struct batch *batch, struct json agent)
{
	if (pagerduty_is_person(agent) && left_out & FIELD_PEOPLE)
		return untrusted_str(somebody);
	return batch_keep(batch, json_text(json_get(agent, "summary")));
}

static void add_past(struct reader *reader, struct batch *batch, struct json incident)
{
	struct untrusted id = json_text(json_get(incident, "id")), urgency;
	struct json by = json_get(incident, "last_status_change_by");
	struct batch_past *row;

	if (untrusted_empty(id) || !json_ok(json_get(incident, "status")) ||
		!pagerduty_passes(reader->conf->filter, incident) ||
		!(row = batch_add_past(batch)))
		return;
	pagerduty_incident(batch, NULL, &row->alert, incident);
	if (reader->conf->left_out & FIELD_PEOPLE) {
		row->alert.texts[ALERT_ASSIGNED] = UNTRUSTED_NONE;
		if (row->alert.acked_at)
			row->alert.texts[ALERT_ACKED_BY] = untrusted_str(somebody);
	}
	row->alert.texts[ALERT_ID] = batch_keep(batch, id);
	urgency = json_text(json_get(incident, "urgency"));
	row->urgency = untrusted_is(urgency, "high")  ? URGENCY_HIGH
		       : untrusted_is(urgency, "low") ? URGENCY_LOW
						      : URGENCY_UNKNOWN;
	row->priority =
		batch_keep(batch, json_text(json_get(incident, "priority.summary")));
	if (!untrusted_is(json_text(json_get(incident, "status")), "resolved"))
		return;
	row->alert.state = ALERT_RESOLVED;
	row->alert.next_at = 0;
	if (!json_time(json_get(incident, "resolved_at"), &row->alert.ended_at))
		json_time(json_get(incident, "last_status_change_at"),
			&row->alert.ended_at);
	if (!row->alert.ended_at)
		row->alert.ended_at = row->alert.started_at;
	if (pagerduty_is_person(by))
		row->resolved_by = pagerduty_person(reader->conf->left_out, batch, by);
}

static const struct {
	const char *type;
	enum entry_kind kind;
} entry_types[] = {
	{"trigger_log_entry", ENTRY_TRIGGER},
	{"acknowledge_log_entry", ENTRY_ACK},
	{"unacknowledge_log_entry", ENTRY_UNACK},
	{"resolve_log_entry", ENTRY_RESOLVE},
	{"escalate_log_entry", ENTRY_ESCALATE},
	{"assign_log_entry", ENTRY_ASSIGN},
	{"snooze_log_entry", ENTRY_SNOOZE},
	{"annotate_log_entry", ENTRY_NOTE},
	{"notify_log_entry", ENTRY_NOTIFY},
};

/* The log cannot be asked for by service; what an entry does not say lets it pass. */
static bool entry_passes(const struct reader *reader, struct json entry)
{
	struct untrusted service = json_text(json_get(entry, "service.id"));
	struct json incident = json_get(entry, "incident");

	return pagerduty_passes_service(reader->conf->filter, service) &&
	       (!json_ok(json_get(incident, "status")) ||
		       pagerduty_passes(reader->conf->filter, incident));
}

/* The note itself, where the entry has it. */
static struct untrusted words_of(struct json entry, enum entry_kind kind)
{
	struct json channel = json_get(entry, "channel");
	struct untrusted note = json_text(json_get(entry, "note"));

	if (kind == ENTRY_NOTE && !untrusted_empty(note))
		return note;
	if (kind == ENTRY_NOTE &&
		untrusted_is(json_text(json_get(channel, "type")), "note") &&
		!untrusted_empty(json_text(json_get(channel, "summary"))))
		return json_text(json_get(channel, "summary"));
	return json_text(json_get(entry, "summary"));
}

bool pagerduty_entry(struct batch *batch, struct json entry, unsigned left_out)
{
	struct untrusted id = json_text(json_get(entry, "id"));
	struct untrusted type = json_text(json_get(entry, "type"));
	struct untrusted incident = json_text(json_get(entry, "incident.id"));
	struct json agent = json_get(entry, "agent");
	struct batch_entry *row;
	int64_t at;

	if (untrusted_empty(id) || untrusted_empty(incident) ||
		!json_time(json_get(entry, "created_at"), &at) ||
		!(row = batch_add_entry(batch)))
		return false;
	for (size_t i = 0; i < sizeof entry_types / sizeof *entry_types; i++)
		if (untrusted_is(type, entry_types[i].type))
			row->kind = entry_types[i].kind;
	row->at = at;
	row->id = batch_keep(batch, id);
	row->incident = batch_keep(batch, incident);
	row->who = pagerduty_person(left_out, batch, agent);
	/* Its sentences name people. */
	if (!(left_out & FIELD_PEOPLE))
		row->text = batch_keep(batch, words_of(entry, row->kind));
	row->by_hand = pagerduty_is_person(agent);
	return true;
}

static void add_entry(struct reader *reader, struct batch *batch, struct json entry)
{
	if (!entry_passes(reader, entry) ||
		!pagerduty_entry(batch, entry, reader->conf->left_out))
		return;
	add_past(reader, batch, json_get(entry, "incident"));
}

/* Adds what was not on an earlier page; true when the first row was. */
static bool add_rows(struct reader *reader, struct batch *batch, struct json list)
{
	struct walk *walk = &reader->walk;
	bool first_known = false, first = true;

	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		struct untrusted id =
			untrusted_copy(&walk->arena, json_text(json_get(e, "id")));
		size_t number = 0;
		bool known = seen_before(&walk->seen, id, &number);

		first_known = first_known || (first && known);
		first = false;
		if (known)
			continue;
		if (reader->what == WHAT_ENTRIES)
			add_entry(reader, batch, e);
		else
			add_past(reader, batch, e);
	}
	return first_known;
}

/* --- a window's end --- */

static void cover(struct reader *reader, struct batch *batch)
{
	struct coverage *out = arena_alloc(batch->arena, sizeof *out);

	if (out)
		*out = reader->coverage;
	batch->coverage = out;
}

static void close_window(struct reader *reader, struct batch *batch)
{
	struct walk *walk = &reader->walk;
	bool entries = reader->what == WHAT_ENTRIES;
	struct span *span = entries ? &reader->coverage.entries : &reader->coverage.began;
	int64_t *step = &reader->step_ms[entries];

	if (walk->up) {
		reader->round_at[entries] = walk->window.until_at;
		if (walk->window.until_at > span->until_at)
			span->until_at = walk->window.until_at;
	} else if (walk->window.from_at < span->from_at) {
		span->from_at = walk->window.from_at;
	}
	if (!walk->up && walk->seen.count < WANTED_ROWS / 4)
		*step = *step * 2 < STEP_MOST_MS ? *step * 2 : STEP_MOST_MS;
	else if (walk->seen.count > WANTED_ROWS && *step > MINUTE_MS)
		*step /= 2;
	walk->reading = false;
	walk_again(walk);
	cover(reader, batch);
}

/* More rows than can be asked for: the half of the time that touches what is covered. */
static void split(struct reader *reader, struct batch *batch)
{
	struct walk *walk = &reader->walk;
	struct span *window = &walk->window;
	int64_t half = whole_seconds((window->until_at - window->from_at) / 2);

	if (half < SECOND_MS) {
		coverage_lacks(&reader->coverage, *window);
		close_window(reader, batch);
		return;
	}
	if (walk->up)
		window->until_at = window->from_at + half;
	else
		window->from_at = window->until_at - half;
	reader->step_ms[reader->what == WHAT_ENTRIES] = half;
	walk->restarts = 0;
	walk_again(walk);
}

/* Rows moved or are missing: from the window's start, a few times. */
static void read_again(struct reader *reader, struct batch *batch)
{
	struct walk *walk = &reader->walk;

	if (walk->restarts++ < MAX_RESTARTS) {
		walk_again(walk);
		return;
	}
	coverage_lacks(&reader->coverage, walk->window);
	close_window(reader, batch);
}

static int64_t echoed_limit(struct json page)
{
	int64_t limit = 0;

	if (!json_i64(json_get(page, "limit"), &limit) || limit < 1 ||
		limit > PAGER_LIMIT)
		limit = PAGER_LIMIT;
	return limit;
}

static void take_window(
	struct reader *reader, struct json page, struct json list, struct batch *batch)
{
	struct walk *walk = &reader->walk;
	bool more = json_bool(json_get(page, "more"), false), first_known;
	int64_t limit = echoed_limit(page), step;

	if (!walk->offset &&
		(!json_i64(json_get(page, "total"), &walk->total) || walk->total < 0))
		walk->total = -1;
	if (walk->total > PAGER_REACH - PAGER_LIMIT) {
		split(reader, batch);
		return;
	}
	first_known = add_rows(reader, batch, list);
	if ((walk->shared && json_count(list) && !first_known) ||
		(more && !json_count(list))) {
		read_again(reader, batch);
		return;
	}
	if (!more) {
		if ((int64_t)walk->seen.count < walk->total || batch->cut)
			read_again(reader, batch);
		else
			close_window(reader, batch);
		return;
	}
	walk->shared = limit > 1;
	step = walk->shared ? limit - 1 : limit;
	if (walk->offset + step + PAGER_LIMIT > PAGER_REACH)
		split(reader, batch);
	else
		walk->offset += step;
}

/* --- answers --- */

/* That they are here is no statement about a span of time: rows may have moved. */
static void end_newest(struct reader *reader, int64_t now)
{
	struct span none = {reader->begun_at, reader->begun_at};

	reader->read_newest = true;
	reader->coverage = (struct coverage){.began = none, .entries = none};
	reader->job.due_at = now;
}

static void take_newest(struct reader *reader, struct json page, struct json list,
	struct batch *batch, int64_t now)
{
	for (struct json e = json_first(list); json_item(e); e = json_next(e))
		add_past(reader, batch, e);
	reader->newest_read += echoed_limit(page);
	if (!json_bool(json_get(page, "more"), false) || !json_count(list) ||
		reader->newest_read >= NEWEST)
		end_newest(reader, now);
}

static void take_oldest(struct reader *reader, struct json list, struct batch *batch)
{
	struct coverage *c = &reader->coverage;
	int64_t oldest = c->began.from_at;

	json_time(json_get(json_first(list), "created_at"), &oldest);
	oldest = whole_seconds(oldest);
	c->oldest = oldest >= reader->conf->since_at;
	c->wanted_at = c->oldest ? oldest : whole_seconds(reader->conf->since_at);
	reader->know_oldest = true;
	cover(reader, batch);
}

static bool read_page(struct reader *reader, const struct answer *answer,
	struct batch *batch, struct err *err)
{
	const char *member = reader->what == WHAT_ENTRIES ? "log_entries" : "incidents";
	struct json_doc doc;
	struct json page, list;

	if (!pagerduty_open(answer, member, &doc, err))
		return false;
	page = json_root(&doc);
	list = json_get(page, member);
	if (reader->what == WHAT_NEWEST)
		take_newest(reader, page, list, batch, answer->now);
	else if (reader->what == WHAT_OLDEST)
		take_oldest(reader, list, batch);
	else
		take_window(reader, page, list, batch);
	json_release(&doc);
	return true;
}

bool pagerduty_absent(int status)
{
	return status == 402 || status == 403 || status == 404;
}

/* "Offset+limit exceeds maximum", below the limit that we know of. */
static bool too_far(const struct answer *answer)
{
	return answer->status == 400 &&
	       untrusted_find_nocase(answer->body, "offset+limit") >= 0;
}

/* The key's budget is shared with others. */
static void spare(struct reader *reader, const struct answer *answer)
{
	int64_t wait = answer->limit_reset_s;

	if (!answer->limit_total ||
		answer->limit_left * SPARE_PARTS >= answer->limit_total || wait <= 0)
		return;
	reader->wait_until = answer->now + (wait > 60 ? 60 : wait) * SECOND_MS;
}

static bool take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err)
{
	struct reader *reader = state;
	bool window = reader->walk.reading, ok;

	reader->open = false;
	spare(reader, answer);
	if (answer->status == 200) {
		ok = read_page(reader, answer, batch, err);
	} else if (window && too_far(answer)) {
		split(reader, batch);
		ok = true;
	} else if (reader->what == WHAT_NEWEST && too_far(answer)) {
		end_newest(reader, answer->now);
		ok = true;
	} else if (reader->what == WHAT_ENTRIES && pagerduty_absent(answer->status)) {
		reader->coverage.no_entries = true;
		reader->absent_until = answer->now + ABSENT_MS;
		reader->walk.reading = false;
		cover(reader, batch);
		ok = true;
	} else {
		ok = pagerduty_refused(answer, err);
	}
	if (!ok)
		reader->wait_until = answer->now + reader->conf->every_ms;
	return ok;
}

/* --- life --- */

static bool start(void *state, const struct source_conf *conf, struct err *err)
{
	struct reader *reader = state;

	(void)err;
	reader->conf = conf;
	job_init(&reader->job, conf->every_ms, conf->seed + 4);
	reader->job.begun = true;
	reader->step_ms[0] = reader->step_ms[1] = STEP_FIRST_MS;
	arena_init(&reader->walk.arena, PAGER_MAX_BYTES);
	seen_init(&reader->walk.seen);
	if (!conf->coverage || !conf->coverage->began.until_at)
		return true;
	reader->coverage = *conf->coverage;
	reader->read_newest = true;
	/* History may be asked for from earlier on than the last time. */
	reader->know_oldest = false;
	return true;
}

static void stop(void *state)
{
	struct reader *reader = state;

	seen_release(&reader->walk.seen);
	arena_release(&reader->walk.arena);
}

const struct source_kind pagerduty_past = {
	.name = "pagerduty past",
	.help = "PagerDuty: incidents of the past",
	.secret_header = "Authorization: Token token=",
	.state_size = sizeof(struct reader),
	.start = start,
	.stop = stop,
	.next = next,
	.take = take,
};
