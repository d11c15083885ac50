/* PagerDuty's schedules as they come out, overrides applied, and the people who can be
 * put on call: one more conversation, slow and one ask at a time. A round lists the
 * schedules (v2, and the shift-based ones of v3, which have paths and shapes of their
 * own), reads each, and gives all of it out as one snapshot. What a plan lacks (402,
 * 403) is said once and looked for again an hour later. An ask that had no answer is
 * made again, so that one 429 does not cost the round.
 *
 * A state machine without I/O; any thread, one at a time. */
#include "pagerduty.h"

#include "base/text.h"
#include "base/time.h"
#include "labels.h"
#include "pager.h"

#include <stdio.h>
#include <string.h>

enum {
	ROTA_EVERY_MS = 300000,
	PEOPLE_EVERY_MS = 6 * 3600 * 1000,
	ME_EVERY_MS = 24 * 3600 * 1000,
	ABSENT_MS = 3600 * 1000,
	ASKS_PER_S = 5, /* of 960 a minute a third at most */
	SCHEDULES = 100,
	RETRIES = 5,
	ROUND_BYTES = 32 << 20,
	MAX_BODY = 16 << 20,
	PATH_BYTES = 8 << 10,
	ME_ID = 40,
};

#define BEFORE_MS HOUR_MS
#define AHEAD_MS  (35 * DAY_MS) /* v2 gives three months at most */

enum step { REST, ME, PEOPLE, LIST, LIST_SHIFTS, ONE };

struct rota_reader {
	const struct source_conf *conf;
	struct job me, round;
	struct pager people;
	enum step step;
	bool open, again; /* again: something was changed while a round was under way */
	char me_id[ME_ID];
	uint32_t hurry;
	int64_t second;
	int asked, retries;
	/* The round. */
	struct arena arena;
	struct batch rows;
	struct seen met; /* ids of the people in rows */
	struct span window;
	int64_t offset;
	size_t at;     /* ONE: whose turn it is */
	size_t listed; /* schedules there are, read or not */
	size_t unread; /* that may not be read */
	bool absent, capped;
	bool no_shifts; /* the list of shift-based ones did not come */
};

/* --- asking --- */

static void path_list(const struct rota_reader *r, struct str *path)
{
	str_printf(path, "%s/schedules?limit=%d&offset=%lld",
		r->step == LIST_SHIFTS ? "/v3" : "", PAGER_LIMIT, (long long)r->offset);
	pagerduty_add_filter(path, r->conf->filter, "team=");
}

static void path_one(const struct rota_reader *r, struct str *path)
{
	const struct rota *rota = &r->rows.rotas[r->at];

	str_puts(path, rota->by_shifts ? "/v3/schedules/" : "/schedules/");
	text_add_url(path, rota->id);
	str_puts(path, "?time_zone=UTC&overflow=true");
	pagerduty_add_time(path, "since", r->window.from_at);
	pagerduty_add_time(path, "until", r->window.until_at);
	if (rota->by_shifts)
		str_puts(path, "&include%5B%5D=final_schedule");
}

static bool ask(struct rota_reader *r, struct arena *arena, struct ask *out)
{
	struct str path;

	str_init(&path, PATH_BYTES);
	switch (r->step) {
	case ME:
		str_puts(&path, "/users/me");
		break;
	case PEOPLE:
		str_printf(&path, "/users?limit=%d&offset=%lld", PAGER_LIMIT,
			(long long)r->people.offset);
		break;
	case ONE:
		path_one(r, &path);
		break;
	default:
		path_list(r, &path);
	}
	*out = (struct ask){.kind = ASK_HTTP,
		.id = r->step,
		.method = "GET",
		.path = arena_strdup(arena, str_text(&path)),
		.headers = pagerduty_headers,
		.max_bytes = MAX_BODY};
	str_release(&path);
	r->open = out->path != NULL;
	r->asked += r->open;
	return r->open;
}

static void begin_round(struct rota_reader *r, int64_t now)
{
	seen_release(&r->met);
	arena_release(&r->arena);
	r->arena.full = false;
	batch_init(&r->rows, &r->arena);
	r->window = (struct span){now - now % HOUR_MS - BEFORE_MS, now + AHEAD_MS};
	r->offset = 0;
	r->at = r->listed = r->unread = 0;
	r->retries = 0;
	r->absent = r->capped = r->again = r->no_shifts = false;
	r->step = LIST;
}

/* What to begin when nothing is under way. */
static bool choose(struct rota_reader *r, int64_t now)
{
	if (job_due(&r->me, now)) {
		job_ask(&r->me, now);
		r->step = ME;
	} else if (pager_wants(&r->people, now)) {
		r->step = PEOPLE;
	} else if (job_due(&r->round, now)) {
		job_ask(&r->round, now);
		begin_round(r, now);
	}
	return r->step != REST;
}

static bool next(void *state, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out)
{
	struct rota_reader *r = state;

	if (window->hurry != r->hurry) {
		r->hurry = window->hurry;
		r->again = r->round.open;
		job_hurry(&r->round);
	}
	if (r->open)
		return false;
	if (r->second != now / SECOND_MS) {
		r->second = now / SECOND_MS;
		r->asked = 0;
	}
	out->kind = ASK_WAIT;
	if (r->step != REST || (!window->least && choose(r, now))) {
		if (r->asked < ASKS_PER_S)
			return ask(r, arena, out);
		out->until = (r->second + 1) * SECOND_MS;
		return true;
	}
	out->until = job_until(&r->round, now + ROTA_EVERY_MS);
	out->until = job_until(&r->people.job, out->until);
	out->until = job_until(&r->me, out->until);
	return true;
}

/* --- people --- */

static void add_person(struct batch *batch, struct json user)
{
	struct untrusted id = json_text(json_get(user, "id"));
	struct untrusted name = json_text(json_get(user, "name"));
	struct person *person;

	if (untrusted_empty(name))
		name = json_text(json_get(user, "summary"));
	if (untrusted_empty(id) || !(person = batch_add_person(batch)))
		return;
	person->id = batch_keep(batch, id);
	person->name = batch_keep(batch, name);
	person->mail = batch_keep(batch, json_text(json_get(user, "email")));
}

/* A key that is not a user's acts for whom the rc names. */
static void find_me(struct rota_reader *r)
{
	const struct batch *rows = &r->people.rows;

	for (size_t i = 0; r->conf->from && !*r->me_id && i < rows->person_count; i++)
		if (untrusted_is(rows->people[i].mail, r->conf->from))
			text_to_id(rows->people[i].id, r->me_id, sizeof r->me_id);
}

static bool take_people(struct rota_reader *r, struct json root, struct json list)
{
	struct pager_got got = {.more = json_bool(json_get(root, "more"), false),
		.count = json_count(list)};

	json_i64(json_get(root, "limit"), &got.limit);
	for (struct json u = json_first(list); json_item(u); u = json_next(u))
		add_person(&r->people.rows, u);
	if (pager_page(&r->people, &got) == PAGER_WHOLE)
		find_me(r);
	return true;
}

/* --- schedules --- */

static bool known(const struct rota_reader *r, struct untrusted id)
{
	for (size_t i = 0; i < r->rows.rota_count; i++)
		if (untrusted_eq(r->rows.rotas[i].id, id))
			return true;
	return false;
}

static void add_listed(struct rota_reader *r, struct json e)
{
	struct untrusted id = json_text(json_get(e, "id"));
	struct untrusted name = json_text(json_get(e, "name"));
	struct rota *rota;

	/* The same under both paths would be read twice. */
	if (untrusted_empty(id) || known(r, id))
		return;
	r->listed++;
	if (r->rows.rota_count == SCHEDULES) {
		r->capped = true;
		return;
	}
	rota = batch_add_rota(&r->rows);
	if (!rota)
		return;
	if (untrusted_empty(name))
		name = json_text(json_get(e, "summary"));
	rota->id = batch_keep(&r->rows, id);
	rota->name = batch_keep(&r->rows, name);
	rota->zone = batch_keep(&r->rows, json_text(json_get(e, "time_zone")));
	rota->by_shifts = r->step == LIST_SHIFTS;
	rota->window = r->window;
}

static void after_list(struct rota_reader *r)
{
	r->offset = 0;
	r->step = r->step == LIST ? LIST_SHIFTS : ONE;
}

static void take_list(struct rota_reader *r, struct json root, struct json list)
{
	int64_t limit = 0;
	bool more = json_bool(json_get(root, "more"), false) && json_count(list);

	json_i64(json_get(root, "limit"), &limit);
	if (limit < 1 || limit > PAGER_LIMIT)
		limit = PAGER_LIMIT;
	for (struct json e = json_first(list); json_item(e); e = json_next(e))
		add_listed(r, e);
	r->offset += limit;
	if (!more || r->offset + PAGER_LIMIT > PAGER_REACH)
		after_list(r);
}

static struct rota_shift *add_shift(struct rota *rota, struct json e)
{
	static const char *const starts[] = {"start", "start_time"};
	static const char *const ends[] = {"end", "end_time"};
	struct rota_shift shift = {0};

	if (rota->count == ROTA_MAX_SHIFTS ||
		!json_time(json_get(e, starts[rota->by_shifts]), &shift.span.from_at) ||
		!json_time(json_get(e, ends[rota->by_shifts]), &shift.span.until_at) ||
		shift.span.until_at <= shift.span.from_at)
		return NULL;
	rota->shifts[rota->count] = shift;
	return &rota->shifts[rota->count++];
}

/* Each once, however often schedules name them. */
static void meet(struct rota_reader *r, struct json user)
{
	struct untrusted id = json_text(json_get(user, "id"));
	size_t number = r->rows.person_count;

	if (untrusted_empty(id) || seen_find(&r->met, id, &number))
		return;
	add_person(&r->rows, user);
	if (r->rows.person_count > number)
		seen_before(&r->met, r->rows.people[number].id, &number);
}

static void add_entry(struct rota_reader *r, struct rota *rota, struct json e)
{
	struct rota_shift *shift = add_shift(rota, e);

	if (!shift)
		return;
	shift->user = batch_keep(&r->rows, json_text(json_get(e, "user.id")));
	meet(r, json_get(e, "user"));
}

static void add_assignment(struct rota_reader *r, struct rota *rota, struct json e)
{
	struct rota_shift *shift = add_shift(rota, e);
	struct untrusted source = json_text(json_get(e, "source.type"));
	bool user = untrusted_is(json_text(json_get(e, "member.type")), "user_member");

	if (!shift)
		return;
	shift->custom = untrusted_starts(source, "custom_shift");
	shift->over = untrusted_find(source, "_override") >= 0;
	shift->slot = batch_keep(&r->rows,
		json_text(json_get(
			e, shift->custom ? "source.shift_id" : "source.rotation_id")));
	if (user)
		shift->user =
			batch_keep(&r->rows, json_text(json_get(e, "member.user_id")));
}

/* More than is kept: what is not is unknown, no gap. */
static void cut_window(struct rota *rota, size_t entries)
{
	if (entries > ROTA_MAX_SHIFTS && rota->count)
		rota->window.until_at = rota->shifts[rota->count - 1].span.from_at;
}

static void take_one(struct rota_reader *r, struct json schedule)
{
	struct rota *rota = &r->rows.rotas[r->at];
	struct json list = json_get(
		schedule, rota->by_shifts ? "final_schedule.computed_shift_assignments"
					  : "final_schedule.rendered_schedule_entries");
	struct untrusted zone = json_text(json_get(schedule, "time_zone"));
	size_t entries = json_count(list);

	rota->shifts = arena_alloc(
		&r->arena, ((entries < ROTA_MAX_SHIFTS ? entries : ROTA_MAX_SHIFTS) + 1) *
				   sizeof *rota->shifts);
	if (!untrusted_empty(zone))
		rota->zone = batch_keep(&r->rows, zone);
	for (struct json e = json_first(list); rota->shifts && json_item(e);
		e = json_next(e)) {
		if (rota->by_shifts)
			add_assignment(r, rota, e);
		else
			add_entry(r, rota, e);
	}
	if (rota->shifts) {
		rota_sort(rota);
		cut_window(rota, entries);
	}
	for (struct json u = json_first(json_get(schedule, "users")); json_item(u);
		u = json_next(u))
		meet(r, u);
	r->at++;
}

/* One that may not be read, or is gone meanwhile, is not listed. */
static void drop_one(struct rota_reader *r, bool gone)
{
	struct batch *rows = &r->rows;

	memmove(rows->rotas + r->at, rows->rotas + r->at + 1,
		(rows->rota_count - r->at - 1) * sizeof *rows->rotas);
	rows->rota_count--;
	r->unread += !gone;
}

/* --- giving --- */

static void give_people(const struct batch *from, struct batch *batch)
{
	for (size_t i = 0; i < from->person_count; i++) {
		struct person *person = batch_add_person(batch);

		if (person)
			*person = from->people[i];
	}
}

static void say_partial(const struct rota_reader *r, struct batch *batch)
{
	char text[160];

	if (r->capped)
		snprintf(text, sizeof text,
			"%d of %zu schedules are read: name teams in the source's filter",
			SCHEDULES, r->listed);
	else if (r->no_shifts)
		snprintf(text, sizeof text, "shift-based schedules could not be read");
	else
		snprintf(text, sizeof text, "%zu of %zu schedules may not be read",
			r->unread, r->listed);
	batch->partial = true;
	batch_warn(batch, text);
}

/* Texts stay in the arenas of the reader until the next round, which begins after the
 * batch has been used. Those with a mail come first: of two with one id they count. */
static void give(struct rota_reader *r, struct batch *batch)
{
	for (size_t i = 0; i < r->rows.rota_count; i++) {
		struct rota *rota = batch_add_rota(batch);

		if (rota)
			*rota = r->rows.rotas[i];
	}
	give_people(&r->people.rows, batch);
	give_people(&r->rows, batch);
	batch->me = untrusted_str(r->me_id);
	batch->cut = batch->cut || r->rows.cut;
	batch->rotas_absent = r->absent;
	batch->rotas_snapshot = !batch->cut;
	if (r->capped || r->unread || r->no_shifts)
		say_partial(r, batch);
}

/* --- answers --- */

static bool absent(int status)
{
	return status == 402 || status == 403 || status == 404;
}

/* It will not do, and not by asking again either. */
static bool final(int status)
{
	return status >= 400 && status < 500 && status != 401 && status != 408 &&
	       status != 425 && status != 429;
}

/* What an account does not have, or one schedule that will not do, spoils no other. */
static bool left_out(const struct rota_reader *r, int status)
{
	return absent(status) ||
	       (final(status) && (r->step == LIST_SHIFTS || r->step == ONE));
}

static void end_round(struct rota_reader *r, const struct answer *answer, bool ok)
{
	r->step = REST;
	job_done(&r->round, answer, ok);
	if (r->again)
		job_hurry(&r->round);
	r->again = false;
}

/* Without the shift-based ones there are still the others. */
static void give_up(struct rota_reader *r, const struct answer *answer)
{
	r->retries = 0;
	if (r->step != LIST_SHIFTS || answer->status == 401) {
		end_round(r, answer, false);
		return;
	}
	r->no_shifts = true;
	after_list(r);
}

/* Who I am only decides what is marked as mine: what the server says to it is never an
 * error. */
static bool take_me(struct rota_reader *r, const struct answer *answer)
{
	struct json_doc doc = {NULL};
	bool ok = answer->status && answer->status != 429 && answer->status < 500;

	if (answer->status == 200 && pagerduty_open(answer, "user", &doc, NULL)) {
		text_to_id(json_text(json_get(json_root(&doc), "user.id")), r->me_id,
			sizeof r->me_id);
		json_release(&doc);
	}
	r->step = REST;
	job_done(&r->me, answer, ok);
	return ok;
}

static bool take_absent(struct rota_reader *r, const struct answer *answer)
{
	switch (r->step) {
	case PEOPLE:
		pager_drop(&r->people);
		job_done(&r->people.job, answer, true);
		job_put_off(&r->people.job, answer->now, ABSENT_MS);
		r->step = REST;
		return true;
	case LIST:
		r->absent = true;
		after_list(r);
		return true;
	case LIST_SHIFTS:
		after_list(r);
		return true;
	case ONE:
		drop_one(r, answer->status == 404);
		return true;
	default:
		return false;
	}
}

static bool read(struct rota_reader *r, const struct answer *answer, struct err *err)
{
	static const char *const members[] = {[PEOPLE] = "users",
		[LIST] = "schedules",
		[LIST_SHIFTS] = "schedules",
		[ONE] = "schedule"};
	struct json_doc doc;
	struct json value;

	if (!pagerduty_open(answer, members[r->step], &doc, err))
		return false;
	value = json_get(json_root(&doc), members[r->step]);
	if (r->step == PEOPLE)
		take_people(r, json_root(&doc), value);
	else if (r->step == ONE)
		take_one(r, value);
	else
		take_list(r, json_root(&doc), value);
	json_release(&doc);
	return true;
}

static bool take_step(struct rota_reader *r, const struct answer *answer, struct err *err)
{
	int status = answer->status;
	bool people = r->step == PEOPLE;
	bool ok = left_out(r, status) ? take_absent(r, answer)
				      : status == 200 && read(r, answer, err);

	if (!ok && status != 200)
		pagerduty_refused(answer, err);
	if (people && !absent(status)) {
		if (!ok)
			pager_drop(&r->people);
		job_done(&r->people.job, answer, ok);
		r->step = REST;
	} else if (!ok && !people) {
		/* What is read already is not lost to an answer that did not come. */
		if (status == 200 || status == 401 || final(status) ||
			++r->retries > RETRIES)
			give_up(r, answer);
	} else if (!people) {
		r->retries = 0;
	}
	return ok;
}

static bool take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err)
{
	struct rota_reader *r = state;
	bool ok;

	r->open = false;
	if (r->step == ME)
		return take_me(r, answer) || pagerduty_refused(answer, err);
	ok = take_step(r, answer, err);
	if (r->step != ONE || r->at < r->rows.rota_count)
		return ok;
	r->absent = r->absent && !r->rows.rota_count;
	end_round(r, answer, true);
	if (r->absent)
		job_put_off(&r->round, answer->now, ABSENT_MS);
	give(r, batch);
	return ok;
}

/* --- life --- */

static bool start(void *state, const struct source_conf *conf, struct err *err)
{
	struct rota_reader *r = state;

	(void)err;
	r->conf = conf;
	job_init(&r->me, ME_EVERY_MS, conf->seed + 4);
	job_init(&r->round, ROTA_EVERY_MS, conf->seed + 5);
	pager_init(&r->people, PEOPLE_EVERY_MS, conf->seed + 6, false);
	arena_init(&r->arena, ROUND_BYTES);
	batch_init(&r->rows, &r->arena);
	seen_init(&r->met);
	return true;
}

static void stop(void *state)
{
	struct rota_reader *r = state;

	pager_release(&r->people);
	seen_release(&r->met);
	arena_release(&r->arena);
}

const struct source_kind pagerduty_rota = {
	.name = "pagerduty rota",
	.help = "schedules, overrides applied, and people",
	.secret_header = "Authorization: Token token=",
	.state_size = sizeof(struct rota_reader),
	.start = start,
	.stop = stop,
	.next = next,
	.take = take,
};
