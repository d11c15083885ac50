/* Alerts of the past of Opsgenie and Jira Service Management Operations. First the newest
 * thousand, then, one ask at a time, windows of time: what began or changed since, and
 * from there back to where history was asked to begin. A window counts as read only when
 * it was read whole; with the rows of its last page goes the coverage, so that whoever
 * keeps both can be killed at any moment and goes on where it was.
 *
 * Their list tells when an alert was acknowledged and closed, and by whom: that is made
 * entries of, as the log of each alert would take an ask of its own; the whole log is
 * read of an alert that somebody looks at (genie_opened.c). More rows than the server
 * gives out are halved; rows that move between pages are found by a row that two pages
 * share. A state machine without I/O; any thread, one at a time. */
#include "genie.h"

#include "base/text.h"
#include "base/time.h"
#include "job.h"
#include "labels.h"
#include "pager.h"

#include <string.h>

enum {
	NEWEST = 1000,
	ASKS_PER_S = 4, /* searching has a small budget, and the present needs it too */
	PATH_BYTES = 16 << 10,
	QUERY_BYTES = 4 << 10,
	WANTED_ROWS = 2000, /* of one window */
	MAX_RESTARTS = 4,
	TENANT_EVERY_MS = 60000,
	DAILY_MS = 24 * 3600 * 1000,
	ENTRY_ID = 200,
};

#define STEP_FIRST_MS (DAY_MS)
#define STEP_MOST_MS  (60 * DAY_MS)
/* Upstream may be late in listing what has just happened. */
#define OVERLAP_MS (5 * MINUTE_MS)

enum what { PAST_TENANT, PAST_TEAMS, PAST_USERS, PAST_NEWEST, PAST_OLDEST, PAST_WINDOW };

/* One window while its pages are read. */
struct walk {
	bool reading, up; /* up: what changed since, else what began before */
	struct span window;
	int64_t offset;
	int restarts;
	bool shared; /* the next page's first row was in the last one */
	struct arena arena;
	struct seen seen;
};

struct reader {
	struct genie_view view;
	char cloud[GENIE_CLOUD];
	struct job job, tenant, teams; /* job: rounds over what is new */
	bool open;
	struct walk walk;
	struct coverage coverage;
	int64_t begun_at; /* when the newest were asked for */
	int64_t newest_read;
	bool read_newest, know_oldest;
	int64_t step_ms;
	int64_t round_until; /* of what is new; 0: none under way */
	int64_t round_at;    /* how far it has come */
	int64_t second;
	int asked; /* in that second */
	int64_t wait_until;
};

/* --- asking --- */

static void add_query(const struct reader *r, enum what what, struct str *path)
{
	const struct span *w = &r->walk.window;
	const char *filter = r->view.conf->filter;
	long long from = (long long)w->from_at, until = (long long)w->until_at;
	struct str query;

	str_init(&query, QUERY_BYTES);
	if (what == PAST_WINDOW)
		str_printf(&query, "(createdAt>=%lld AND createdAt<%lld)", from, until);
	if (what == PAST_WINDOW && r->walk.up)
		str_printf(
			&query, " OR (updatedAt>=%lld AND updatedAt<%lld)", from, until);
	if (filter && query.n) {
		struct str both;

		str_init(&both, QUERY_BYTES);
		str_printf(&both, "(%s) AND (%s)", str_text(&query), filter);
		str_release(&query);
		query = both;
	} else if (filter) {
		str_puts(&query, filter);
	}
	if (query.n) {
		str_puts(path, "&query=");
		text_add_url(path, untrusted_make(query.p, query.n));
	}
	str_release(&query);
}

static void add_path(struct reader *r, enum what what, struct str *path)
{
	const struct genie_face *face = r->view.face;
	int64_t offset = what == PAST_WINDOW   ? r->walk.offset
			 : what == PAST_NEWEST ? r->newest_read
					       : 0;

	if (what == PAST_USERS) {
		genie_users_path(&r->view, r->cloud, path);
		return;
	}
	genie_root(face, r->cloud, path);
	if (what == PAST_TEAMS) {
		str_puts(path, "/teams");
		return;
	}
	str_printf(path, "/alerts?sort=createdAt&order=%s&%s=%d&offset=%lld",
		what == PAST_OLDEST ? "asc" : "desc", face->limit,
		what == PAST_OLDEST ? 1 : PAGER_LIMIT, (long long)offset);
	add_query(r, what, path);
}

static bool ask(struct reader *r, enum what what, struct arena *arena, struct ask *out)
{
	struct str path;

	r->open = true;
	if (what == PAST_TENANT)
		return genie_tenant_ask(r->view.conf, arena, PAST_TENANT, out);
	str_init(&path, PATH_BYTES);
	add_path(r, what, &path);
	*out = (struct ask){.kind = ASK_HTTP,
		.id = what,
		.method = "GET",
		.path = arena_strdup(arena, str_text(&path)),
		.max_bytes = GENIE_MAX_BODY};
	str_release(&path);
	r->open = out->path != NULL;
	return r->open;
}

/* --- what to read next --- */

static void walk_again(struct walk *walk)
{
	walk->offset = 0;
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
static void walk_begin(struct reader *r, bool up, int64_t from_at, int64_t until_at)
{
	struct walk *walk = &r->walk;

	walk_again(walk);
	walk->reading = true;
	walk->up = up;
	walk->restarts = 0;
	if (up && until_at - from_at > r->step_ms)
		until_at = from_at + r->step_ms;
	if (!up && until_at - from_at > r->step_ms)
		from_at = until_at - r->step_ms;
	walk->window = (struct span){
		whole_seconds(from_at), whole_seconds(until_at - 1) + SECOND_MS};
}

static bool begin_round(struct reader *r, int64_t now)
{
	if (!r->round_until) {
		if (!job_due(&r->job, now))
			return false;
		job_ask(&r->job, now);
		r->round_until = whole_seconds(now) + SECOND_MS;
		r->round_at = r->coverage.began.until_at - OVERLAP_MS;
	}
	if (r->round_at < r->round_until) {
		walk_begin(r, true, r->round_at, r->round_until);
		return true;
	}
	r->round_until = 0;
	r->job.open = false;
	return false;
}

static bool begin_back(struct reader *r)
{
	struct coverage *c = &r->coverage;

	if (c->began.from_at <= c->wanted_at)
		return false;
	walk_begin(r, false, c->wanted_at, c->began.from_at);
	return true;
}

static bool choose(struct reader *r, int64_t now, enum what *what)
{
	*what = PAST_WINDOW;
	if (r->walk.reading)
		return true;
	if (!r->read_newest) {
		if (!r->newest_read)
			r->begun_at = whole_seconds(now);
		*what = PAST_NEWEST;
		return true;
	}
	if (!r->know_oldest) {
		*what = PAST_OLDEST;
		return true;
	}
	/* A round may end when the next is due already. */
	return begin_round(r, now) || begin_back(r) || begin_round(r, now);
}

static bool due(struct job *job, int64_t now)
{
	if (!job_due(job, now))
		return false;
	job_ask(job, now);
	return true;
}

static bool next(void *state, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out)
{
	struct reader *r = state;
	enum what what;

	if (r->open)
		return false;
	if (r->second != now / SECOND_MS) {
		r->second = now / SECOND_MS;
		r->asked = 0;
	}
	out->kind = ASK_WAIT;
	if (r->view.face->jsm && !*r->cloud) {
		if (due(&r->tenant, now))
			return ask(r, PAST_TENANT, arena, out);
		out->until = job_until(&r->tenant, now + r->view.conf->every_ms);
		return true;
	}
	/* A wait of more than an hour was set before the clock went back. */
	if (now < r->wait_until && r->wait_until - now <= HOUR_MS) {
		out->until = r->wait_until;
	} else if (window->least || r->asked == ASKS_PER_S) {
		out->until = (r->second + 1) * SECOND_MS;
	} else if (due(&r->teams, now)) {
		return ask(r, PAST_TEAMS, arena, out);
	} else if (r->view.names.wanted) {
		return ask(r, PAST_USERS, arena, out);
	} else if (choose(r, now, &what)) {
		r->asked++;
		return ask(r, what, arena, out);
	} else {
		out->until = job_until(&r->job, now + r->view.conf->every_ms);
	}
	return true;
}

/* --- rows --- */

static const char somebody[] = "somebody";

/* Opsgenie's people are named by their address; what else closes is a machine. */
static bool is_person(const struct reader *r, struct untrusted who)
{
	if (r->view.face->jsm)
		return !untrusted_empty(who) && !untrusted_is(who, "System");
	return untrusted_find(who, "@") > 0;
}

static struct untrusted person(
	const struct reader *r, struct batch *batch, struct untrusted who)
{
	if (is_person(r, who) && r->view.conf->left_out & FIELD_PEOPLE)
		return untrusted_str(somebody);
	return batch_keep(batch, who);
}

static void add_entry(struct reader *r, struct batch *batch, const struct batch_past *row,
	enum entry_kind kind, int64_t at, struct untrusted who)
{
	struct batch_entry *entry;
	struct str id;

	if (!at || r->view.conf->left_out & FIELD_LOG ||
		!(entry = batch_add_entry(batch)))
		return;
	str_init(&id, ENTRY_ID);
	genie_entry_id(row->alert.texts[ALERT_ID], kind, UNTRUSTED_NONE, &id);
	*entry = (struct batch_entry){.id = batch_keep_str(batch, str_text(&id)),
		.incident = row->alert.texts[ALERT_ID],
		.who = person(r, batch, who),
		.text = untrusted_str(kind == ENTRY_ACK       ? "Acknowledged"
				      : kind == ENTRY_RESOLVE ? "Closed"
							      : "Created"),
		.kind = kind,
		.by_hand = kind != ENTRY_TRIGGER && is_person(r, who),
		.at = at};
	str_release(&id);
}

static void add_past(struct reader *r, struct batch *batch, struct json alert)
{
	struct untrusted id = json_text(json_get(alert, "id"));
	bool closed = untrusted_is(json_text(json_get(alert, "status")), "closed");
	struct genie_report report = genie_report(&r->view, alert);
	struct batch_past *row;

	if (untrusted_empty(id) || !json_ok(json_get(alert, "status")) ||
		!(row = batch_add_past(batch)))
		return;
	row->alert.texts[ALERT_ID] = batch_keep(batch, id);
	genie_alert(&r->view, batch, &row->alert, alert);
	row->urgency = genie_urgency(alert);
	row->priority = batch_keep(batch, json_text(json_get(alert, "priority")));
	if (r->view.conf->left_out & FIELD_PEOPLE) {
		row->alert.texts[ALERT_ASSIGNED] = UNTRUSTED_NONE;
		if (row->alert.acked_at)
			row->alert.texts[ALERT_ACKED_BY] = untrusted_str(somebody);
	}
	add_entry(r, batch, row, ENTRY_TRIGGER, row->alert.started_at,
		json_text(json_get(alert, "source")));
	add_entry(r, batch, row, ENTRY_ACK, report.acked_at, report.acked_by);
	if (!closed)
		return;
	row->alert.state = ALERT_RESOLVED;
	row->alert.next_at = 0;
	row->alert.ended_at = report.closed_at ? report.closed_at : row->alert.started_at;
	if (is_person(r, report.closed_by))
		row->resolved_by = person(r, batch, report.closed_by);
	add_entry(r, batch, row, ENTRY_RESOLVE, row->alert.ended_at, report.closed_by);
}

/* Adds what was not on an earlier page; true when the first row was. */
static bool add_rows(struct reader *r, struct batch *batch, struct json list)
{
	struct walk *walk = &r->walk;
	bool first_known = false, first = true;

	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		struct untrusted id =
			untrusted_copy(&walk->arena, json_text(json_get(e, "id")));
		size_t number = 0;
		bool known = seen_before(&walk->seen, id, &number);

		first_known = first_known || (first && known);
		first = false;
		if (!known)
			add_past(r, batch, e);
	}
	return first_known;
}

/* Ids that are met for the first time: their names are asked for before the rows go
 * out, as what is stored is not read again for a name. */
static bool wants_names(struct reader *r, struct json list)
{
	for (struct json e = json_first(list); r->view.face->jsm && json_item(e);
		e = json_next(e)) {
		struct json people = json_get(e, "responders");

		genie_who(&r->view, json_text(json_get(e, "owner")), true);
		for (struct json p = json_first(people); json_item(p); p = json_next(p))
			if (untrusted_is(json_text(json_get(p, "type")), "user"))
				genie_who(&r->view, json_text(json_get(p, "id")), true);
	}
	return r->view.names.wanted > 0;
}

/* --- a window's end --- */

static void cover(struct reader *r, struct batch *batch)
{
	struct coverage *out;

	r->coverage.entries = r->coverage.began;
	r->coverage.no_entries = r->view.conf->left_out & FIELD_LOG;
	out = arena_alloc(batch->arena, sizeof *out);
	if (out)
		*out = r->coverage;
	batch->coverage = out;
}

static void close_window(struct reader *r, struct batch *batch)
{
	struct walk *walk = &r->walk;
	struct span *span = &r->coverage.began;

	if (walk->up) {
		r->round_at = walk->window.until_at;
		if (walk->window.until_at > span->until_at)
			span->until_at = walk->window.until_at;
	} else if (walk->window.from_at < span->from_at) {
		span->from_at = walk->window.from_at;
	}
	if (!walk->up && walk->seen.count < WANTED_ROWS / 4)
		r->step_ms =
			r->step_ms * 2 < STEP_MOST_MS ? r->step_ms * 2 : STEP_MOST_MS;
	else if (walk->seen.count > WANTED_ROWS && r->step_ms > MINUTE_MS)
		r->step_ms /= 2;
	walk->reading = false;
	walk_again(walk);
	cover(r, batch);
}

/* More rows than can be asked for: the half of the time that touches what is covered. */
static void split(struct reader *r, struct batch *batch)
{
	struct walk *walk = &r->walk;
	struct span *window = &walk->window;
	int64_t half = whole_seconds((window->until_at - window->from_at) / 2);

	if (half < SECOND_MS) {
		coverage_lacks(&r->coverage, *window);
		close_window(r, batch);
		return;
	}
	if (walk->up)
		window->until_at = window->from_at + half;
	else
		window->from_at = window->until_at - half;
	r->step_ms = half;
	walk->restarts = 0;
	walk_again(walk);
}

/* Rows moved or are missing: from the window's start, a few times. */
static void read_again(struct reader *r, struct batch *batch)
{
	struct walk *walk = &r->walk;

	if (walk->restarts++ < MAX_RESTARTS) {
		walk_again(walk);
		return;
	}
	coverage_lacks(&r->coverage, walk->window);
	close_window(r, batch);
}

/* A full page says how long the server's pages are. */
static void take_window(
	struct reader *r, bool more, struct json list, struct batch *batch)
{
	struct walk *walk = &r->walk;
	int64_t limit = (int64_t)json_count(list);
	bool first_known = add_rows(r, batch, list);

	if ((walk->shared && limit && !first_known) || (more && !limit)) {
		read_again(r, batch);
	} else if (!more && batch->cut) {
		read_again(r, batch);
	} else if (!more) {
		close_window(r, batch);
	} else {
		walk->shared = limit > 1;
		walk->offset += walk->shared ? limit - 1 : limit;
		if (walk->offset + PAGER_LIMIT > r->view.face->reach)
			split(r, batch);
	}
}

/* --- answers --- */

/* That they are here is no statement about a span of time: rows may have moved. */
static void end_newest(struct reader *r, int64_t now)
{
	struct span none = {r->begun_at, r->begun_at};

	r->read_newest = true;
	r->coverage = (struct coverage){.began = none, .entries = none};
	r->job.due_at = now;
}

static void take_newest(
	struct reader *r, bool more, struct json list, struct batch *batch, int64_t now)
{
	for (struct json e = json_first(list); json_item(e); e = json_next(e))
		add_past(r, batch, e);
	r->newest_read += (int64_t)json_count(list);
	if (!more || !json_count(list) || r->newest_read >= NEWEST)
		end_newest(r, now);
}

static void take_oldest(struct reader *r, struct json list, struct batch *batch)
{
	struct coverage *c = &r->coverage;
	int64_t oldest = c->began.from_at;

	json_time(json_get(json_first(list), "createdAt"), &oldest);
	oldest = whole_seconds(oldest);
	c->oldest = oldest >= r->view.conf->since_at;
	c->wanted_at = c->oldest ? oldest : whole_seconds(r->view.conf->since_at);
	r->know_oldest = true;
	cover(r, batch);
}

static bool read_page(struct reader *r, const struct answer *answer, struct batch *batch,
	struct err *err)
{
	struct json_doc doc;
	struct json page, list;
	bool more;

	if (!genie_open(answer, r->view.face->rows, &doc, err))
		return false;
	page = json_root(&doc);
	list = json_get(page, r->view.face->rows);
	more = !untrusted_empty(json_text(json_get(page, r->view.face->next)));
	if (answer->id == PAST_OLDEST)
		take_oldest(r, list, batch);
	else if (wants_names(r, list))
		; /* asked for, and then this page again */
	else if (answer->id == PAST_NEWEST)
		take_newest(r, more, list, batch, answer->now);
	else
		take_window(r, more, list, batch);
	json_release(&doc);
	return true;
}

/* What only makes names of ids is never an error. */
static bool take_names(struct reader *r, const struct answer *answer, struct err *err)
{
	bool ok = answer->status && answer->status != 429 && answer->status < 500;
	struct json_doc doc = {NULL};

	if (answer->status == 200 && genie_parse(answer, &doc)) {
		if (answer->id == PAST_USERS)
			genie_learn_users(&r->view, json_root(&doc));
		else
			genie_learn_teams(&r->view, json_root(&doc));
	}
	json_release(&doc);
	if (answer->id == PAST_TEAMS)
		job_done(&r->teams, answer, ok);
	return ok || genie_refused(&r->view, answer, err);
}

static bool too_far(const struct answer *answer)
{
	return answer->status == 422 &&
	       untrusted_find_nocase(answer->body, "sum of offset") >= 0;
}

static bool take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err)
{
	struct reader *r = state;
	bool ok;

	r->open = false;
	if (answer->id == PAST_TENANT) {
		ok = genie_tenant_take(r->view.conf, answer, r->cloud, err);
		job_done(&r->tenant, answer, ok);
		return ok;
	}
	if (answer->id == PAST_TEAMS || answer->id == PAST_USERS) {
		ok = take_names(r, answer, err);
	} else if (answer->status == 200) {
		ok = read_page(r, answer, batch, err);
	} else if (r->walk.reading && too_far(answer)) {
		split(r, batch);
		ok = true;
	} else if (answer->id == PAST_NEWEST && too_far(answer)) {
		end_newest(r, answer->now);
		ok = true;
	} else {
		ok = genie_refused(&r->view, answer, err);
	}
	if (!ok)
		r->wait_until = answer->now + r->view.conf->every_ms;
	return ok;
}

/* --- life --- */

static bool start(struct reader *r, const struct genie_face *face,
	const struct source_conf *conf, struct err *err)
{
	if (!genie_place(face, conf, err))
		return false;
	genie_view_init(&r->view, face, conf);
	if (conf->org)
		text_to_id(untrusted_str(conf->org), r->cloud, sizeof r->cloud);
	job_init(&r->job, conf->every_ms, conf->seed + 7);
	job_init(&r->tenant, TENANT_EVERY_MS, conf->seed + 8);
	job_init(&r->teams, DAILY_MS, conf->seed + 9);
	r->job.begun = true;
	r->step_ms = STEP_FIRST_MS;
	arena_init(&r->walk.arena, PAGER_MAX_BYTES);
	seen_init(&r->walk.seen);
	if (!conf->coverage || !conf->coverage->began.until_at)
		return true;
	r->coverage = *conf->coverage;
	r->read_newest = true;
	return true;
}

static bool start_opsgenie(void *state, const struct source_conf *conf, struct err *err)
{
	return start(state, &genie_opsgenie, conf, err);
}

static bool start_jsm(void *state, const struct source_conf *conf, struct err *err)
{
	return start(state, &genie_jsm, conf, err);
}

static void stop(void *state)
{
	struct reader *r = state;

	seen_release(&r->walk.seen);
	arena_release(&r->walk.arena);
	genie_view_release(&r->view);
}

const struct source_kind opsgenie_past = {
	.name = "opsgenie past",
	.help = "Opsgenie: alerts of the past",
	.secret_header = "Authorization: GenieKey ",
	.state_size = sizeof(struct reader),
	.start = start_opsgenie,
	.stop = stop,
	.next = next,
	.take = take,
};

const struct source_kind jsm_past = {
	.name = "jsm past",
	.help = "Jira Service Management Operations: alerts of the past",
	.secret_header = "Authorization: Bearer ",
	.state_size = sizeof(struct reader),
	.start = start_jsm,
	.stop = stop,
	.next = next,
	.take = take,
};
