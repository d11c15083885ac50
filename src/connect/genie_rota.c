/* Schedules of Opsgenie and Jira Service Management Operations as they come out,
 * overrides applied, and the people who can be put on call: one more conversation, slow
 * and one ask at a time. A round lists the schedules, reads the timeline of each, and
 * gives all of it out as one snapshot. Opsgenie names people by their address, which is
 * their id here as well; of Jira's, those that schedules name and the key's own are
 * known, by id, and their names are asked for behind the timelines. What may not be read
 * is said once and looked for again an hour later.
 *
 * A state machine without I/O; any thread, one at a time. */
#include "genie.h"

#include "base/text.h"
#include "base/time.h"
#include "job.h"
#include "labels.h"
#include "pager.h"

#include <stdio.h>
#include <string.h>

enum {
	ROTA_EVERY_MS = 300000,
	PEOPLE_EVERY_MS = 6 * 3600 * 1000,
	ME_EVERY_MS = 24 * 3600 * 1000,
	TENANT_EVERY_MS = 60000,
	ABSENT_MS = 3600 * 1000,
	ASKS_PER_S = 3,
	SCHEDULES = 100,
	RETRIES = 5,
	ROUND_BYTES = 32 << 20,
	PATH_BYTES = 16 << 10,
	WEEKS = 6, /* the one that is, and five ahead */
	LIST_MOST = 2000,
};

enum step { REST, TENANT, ME, PEOPLE, LIST, ONE, NAMES };

struct rota_reader {
	struct genie_view view;
	char cloud[GENIE_CLOUD];
	struct job tenant, me, round;
	struct pager people;
	enum step step;
	bool open, again; /* again: something was changed while a round was under way */
	char me_id[ROTA_ID];
	uint32_t hurry;
	int64_t second;
	int asked, retries;
	/* The round. */
	struct arena arena;
	struct batch rows;
	struct seen met; /* ids of the people in rows */
	int64_t offset, begun_at;
	size_t at, listed, unread;
	bool absent, capped;
};

/* --- asking --- */

static bool ask(struct rota_reader *r, struct arena *arena, struct ask *out)
{
	const struct genie_face *face = r->view.face;
	struct str path;

	r->open = true;
	r->asked++;
	if (r->step == TENANT)
		return genie_tenant_ask(r->view.conf, arena, TENANT, out);
	str_init(&path, PATH_BYTES);
	if (r->step == ME) {
		str_printf(&path, "/ex/jira/%s/rest/api/3/myself", r->cloud);
	} else if (r->step == NAMES) {
		genie_users_path(&r->view, r->cloud, &path);
	} else {
		genie_root(face, r->cloud, &path);
		if (r->step == PEOPLE) {
			str_printf(&path, "/users?limit=%d&offset=%lld", PAGER_LIMIT,
				(long long)r->people.offset);
		} else if (r->step == ONE) {
			str_puts(&path, "/schedules/");
			text_add_url(&path, r->rows.rotas[r->at].id);
			str_printf(
				&path, "/timeline?interval=%d&intervalUnit=weeks", WEEKS);
		} else if (face->jsm) {
			str_printf(&path, "/schedules?size=%d&offset=%lld", PAGER_LIMIT,
				(long long)r->offset);
		} else {
			str_puts(&path, "/schedules");
		}
	}
	*out = (struct ask){.kind = ASK_HTTP,
		.id = r->step,
		.method = "GET",
		.path = arena_strdup(arena, str_text(&path)),
		.max_bytes = GENIE_MAX_BODY};
	str_release(&path);
	r->open = out->path != NULL;
	return r->open;
}

static void begin_round(struct rota_reader *r, int64_t now)
{
	seen_release(&r->met);
	arena_release(&r->arena);
	r->arena.full = false;
	batch_init(&r->rows, &r->arena);
	r->begun_at = now;
	r->offset = 0;
	r->at = r->listed = r->unread = 0;
	r->retries = 0;
	r->absent = r->capped = r->again = false;
	r->step = LIST;
}

/* What to begin when nothing is under way. */
static bool choose(struct rota_reader *r, int64_t now)
{
	bool jsm = r->view.face->jsm;

	if (jsm && !*r->cloud) {
		if (!job_due(&r->tenant, now))
			return false;
		job_ask(&r->tenant, now);
		r->step = TENANT;
	} else if (jsm && job_due(&r->me, now)) {
		job_ask(&r->me, now);
		r->step = ME;
	} else if (!jsm && pager_wants(&r->people, now)) {
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
	if (r->view.face->jsm && !*r->cloud)
		out->until = job_until(&r->tenant, now + TENANT_EVERY_MS);
	else if (r->view.face->jsm)
		out->until = job_until(&r->me, out->until);
	else
		out->until = job_until(&r->people.job, out->until);
	return true;
}

/* --- people --- */

static void add_person(struct batch *batch, struct untrusted id, struct untrusted name,
	struct untrusted mail)
{
	struct person *person;

	if (untrusted_empty(id) || !(person = batch_add_person(batch)))
		return;
	person->id = batch_keep(batch, id);
	person->name = batch_keep(batch, untrusted_empty(name) ? id : name);
	person->mail = batch_keep(batch, mail);
}

static void take_people(struct rota_reader *r, struct json root, struct json list)
{
	struct pager_got got = {
		.more = !untrusted_empty(json_text(json_get(root, "paging.next"))),
		.count = json_count(list)};
	const char *from = r->view.conf->from;

	if (got.more)
		got.limit = (int64_t)got.count;
	for (struct json u = json_first(list); json_item(u); u = json_next(u)) {
		struct untrusted name = json_text(json_get(u, "username"));

		if (json_bool(json_get(u, "blocked"), false))
			continue;
		add_person(
			&r->people.rows, name, json_text(json_get(u, "fullName")), name);
		if (from && untrusted_is(name, from))
			text_line(name, r->me_id, sizeof r->me_id);
	}
	pager_page(&r->people, &got);
}

/* Each once, however often schedules name them. */
static void meet(struct rota_reader *r, struct untrusted id, struct untrusted name,
	struct untrusted mail)
{
	size_t number = r->rows.person_count;

	if (untrusted_empty(id) || seen_find(&r->met, id, &number))
		return;
	add_person(&r->rows, id, name, mail);
	if (r->rows.person_count > number)
		seen_before(&r->met, r->rows.people[number].id, &number);
}

static void take_user(struct rota_reader *r, struct json user)
{
	meet(r, json_text(json_get(user, "accountId")),
		json_text(json_get(user, "displayName")),
		json_text(json_get(user, "emailAddress")));
}

/* --- schedules --- */

static void add_listed(struct rota_reader *r, struct json e)
{
	struct untrusted id = json_text(json_get(e, "id"));
	struct rota *rota;

	if (untrusted_empty(id) || !json_bool(json_get(e, "enabled"), true))
		return;
	r->listed++;
	if (r->rows.rota_count == SCHEDULES) {
		r->capped = true;
		return;
	}
	rota = batch_add_rota(&r->rows);
	if (!rota)
		return;
	rota->id = batch_keep(&r->rows, id);
	rota->name = batch_keep(&r->rows, json_text(json_get(e, "name")));
	rota->zone = batch_keep(&r->rows, json_text(json_get(e, "timezone")));
}

static void take_list(struct rota_reader *r, struct json root, struct json list)
{
	bool more = !untrusted_empty(json_text(json_get(root, r->view.face->next)));

	for (struct json e = json_first(list); json_item(e); e = json_next(e))
		add_listed(r, e);
	r->offset += (int64_t)json_count(list);
	if (!more || !json_count(list) || r->offset >= LIST_MOST)
		r->step = ONE;
}

/* A person; a team or another schedule stands under its own name, nobody under none. */
static struct untrusted whom(struct rota_reader *r, struct json who)
{
	bool jsm = r->view.face->jsm;
	struct untrusted id = json_text(json_get(who, "id"));
	struct untrusted name = json_text(json_get(who, "name"));
	struct untrusted type = json_text(json_get(who, "type"));
	char text[ROTA_ID];

	if (untrusted_starts(type, "no"))
		return UNTRUSTED_NONE;
	if (untrusted_is(type, "user") && jsm) {
		genie_who(&r->view, id, true);
		return batch_keep(&r->rows, id);
	}
	if (untrusted_is(type, "user")) {
		name = untrusted_empty(name) ? id : name;
		return batch_keep(&r->rows, name);
	}
	if (untrusted_empty(name))
		name = genie_who(&r->view, id, false);
	snprintf(text, sizeof text, "%s ", "all of");
	text_line(name, text + strlen(text), sizeof text - strlen(text));
	meet(r, id, untrusted_str(text), UNTRUSTED_NONE);
	return batch_keep(&r->rows, id);
}

static void add_shift(struct rota *rota, const struct rota_shift *shift, size_t from)
{
	struct rota_shift *last =
		rota->count > from ? &rota->shifts[rota->count - 1] : NULL;

	/* What is over and what is still to come of one shift are told apart. */
	if (last && last->span.until_at == shift->span.from_at &&
		last->over == shift->over && untrusted_eq(last->user, shift->user))
		last->span.until_at = shift->span.until_at;
	else if (rota->count < ROTA_MAX_SHIFTS)
		rota->shifts[rota->count++] = *shift;
}

static void add_period(
	struct rota_reader *r, struct rota *rota, struct json e, size_t from)
{
	bool jsm = r->view.face->jsm;
	struct json flat =
		json_get(e, jsm ? "flattenedResponders" : "flattenedRecipients");
	struct untrusted type = json_text(json_get(e, "type"));
	struct rota_shift shift = {.over = untrusted_is(type, "override")};

	if (!json_time(json_get(e, "startDate"), &shift.span.from_at) ||
		!json_time(json_get(e, "endDate"), &shift.span.until_at) ||
		shift.span.until_at <= shift.span.from_at)
		return;
	if (!json_count(flat)) {
		shift.user = whom(r, json_get(e, jsm ? "responder" : "recipient"));
		add_shift(rota, &shift, from);
	}
	for (struct json f = json_first(flat); json_item(f); f = json_next(f)) {
		shift.user = whom(r, f);
		add_shift(rota, &shift, from);
	}
}

static size_t count_periods(struct json rotations, const char *flat)
{
	size_t n = 0;

	for (struct json t = json_first(rotations); json_item(t); t = json_next(t))
		for (struct json p = json_first(json_get(t, "periods")); json_item(p);
			p = json_next(p)) {
			size_t several = json_count(json_get(p, flat));

			n += several ? several : 1;
		}
	return n;
}

static void take_one(struct rota_reader *r, struct json root)
{
	bool jsm = r->view.face->jsm;
	struct json line = jsm ? root : json_get(root, "data");
	struct json rotations = json_get(line, "finalTimeline.rotations");
	struct rota *rota = &r->rows.rotas[r->at];
	size_t n = count_periods(
		rotations, jsm ? "flattenedResponders" : "flattenedRecipients");

	rota->shifts = arena_alloc(&r->arena,
		((n < ROTA_MAX_SHIFTS ? n : ROTA_MAX_SHIFTS) + 1) * sizeof *rota->shifts);
	rota->window = (struct span){r->begun_at, r->begun_at + WEEKS * 7 * DAY_MS};
	json_time(json_get(line, "startDate"), &rota->window.from_at);
	json_time(json_get(line, "endDate"), &rota->window.until_at);
	if (rota->window.until_at < rota->window.from_at)
		rota->window.until_at = rota->window.from_at;
	for (struct json t = json_first(rotations); rota->shifts && json_item(t);
		t = json_next(t)) {
		size_t from = rota->count;

		for (struct json p = json_first(json_get(t, "periods")); json_item(p);
			p = json_next(p))
			add_period(r, rota, p, from);
	}
	if (rota->shifts)
		rota_sort(rota);
	/* More than is kept: what is not is unknown, no gap. */
	if (n > ROTA_MAX_SHIFTS && rota->count)
		rota->window.until_at = rota->shifts[rota->count - 1].span.from_at;
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

/* Texts stay in the arenas of the reader until the next round, which begins after the
 * batch has been used. */
static void give(struct rota_reader *r, struct batch *batch)
{
	char text[160];

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
	if (!r->capped && !r->unread)
		return;
	if (r->capped)
		snprintf(text, sizeof text, "%d of %zu schedules are read", SCHEDULES,
			r->listed);
	else
		snprintf(text, sizeof text, "%zu of %zu schedules may not be read",
			r->unread, r->listed);
	batch->partial = true;
	batch_warn(batch, text);
}

/* --- answers --- */

static bool absent(int status)
{
	return status == 402 || status == 403 || status == 404;
}

/* It will not do, and not by asking again either. */
static bool final(int status)
{
	return status >= 400 && status < 500 && status != 408 && status != 425 &&
	       status != 429;
}

static void end_round(struct rota_reader *r, const struct answer *answer, bool ok)
{
	r->step = REST;
	job_done(&r->round, answer, ok);
	if (r->again)
		job_hurry(&r->round);
	r->again = false;
}

/* Who I am, and who the others are, is known or not: never an error. */
static bool take_me(struct rota_reader *r, const struct answer *answer)
{
	struct json_doc doc = {NULL};
	bool ok = answer->status && answer->status != 429 && answer->status < 500;

	if (answer->status == 200 && genie_parse(answer, &doc)) {
		struct json root = json_root(&doc);

		text_line(json_text(json_get(root, "accountId")), r->me_id,
			sizeof r->me_id);
		names_put(&r->view.names, json_text(json_get(root, "accountId")),
			json_text(json_get(root, "displayName")));
		batch_init(&r->people.rows, &r->people.arena);
		add_person(&r->people.rows, json_text(json_get(root, "accountId")),
			json_text(json_get(root, "displayName")),
			json_text(json_get(root, "emailAddress")));
	}
	json_release(&doc);
	r->step = REST;
	job_done(&r->me, answer, ok);
	return ok;
}

static bool take_all_people(
	struct rota_reader *r, const struct answer *answer, struct err *err)
{
	bool missing = absent(answer->status) || answer->status == 401, ok = missing;
	struct json_doc doc = {NULL};

	if (answer->status == 200 && genie_open(answer, "data", &doc, err)) {
		take_people(r, json_root(&doc), json_get(json_root(&doc), "data"));
		json_release(&doc);
		ok = true;
	} else if (answer->status != 200 && !missing) {
		genie_refused(&r->view, answer, err);
	}
	if (!ok || missing)
		pager_drop(&r->people);
	r->step = REST;
	job_done(&r->people.job, answer, ok);
	if (missing)
		job_put_off(&r->people.job, answer->now, ABSENT_MS);
	return ok;
}

static void take_names(struct rota_reader *r, const struct answer *answer)
{
	struct json_doc doc = {NULL};

	if (answer->status == 200 && genie_parse(answer, &doc)) {
		struct json list = json_get(json_root(&doc), "values");

		genie_learn_users(&r->view, json_root(&doc));
		for (struct json u = json_first(list); json_item(u); u = json_next(u))
			take_user(r, u);
	}
	json_release(&doc);
}

/* Of those whose names were learnt in an earlier round. */
static void meet_known(struct rota_reader *r)
{
	for (size_t i = 0; r->view.face->jsm && i < r->rows.rota_count; i++)
		for (size_t k = 0; k < r->rows.rotas[i].count; k++) {
			struct untrusted id = r->rows.rotas[i].shifts[k].user;

			meet(r, id, names_of(&r->view.names, id, false), UNTRUSTED_NONE);
		}
}

/* Behind a timeline: the next one, then names, then all of it goes out. */
static bool finish(
	struct rota_reader *r, const struct answer *answer, struct batch *batch)
{
	if (r->step == ONE && r->at < r->rows.rota_count)
		return true;
	if (r->view.names.wanted) {
		r->step = NAMES;
		return true;
	}
	meet_known(r);
	r->absent = r->absent && !r->rows.rota_count;
	end_round(r, answer, true);
	if (r->absent)
		job_put_off(&r->round, answer->now, ABSENT_MS);
	give(r, batch);
	return true;
}

static bool read_answer(
	struct rota_reader *r, const struct answer *answer, struct err *err)
{
	struct json_doc doc;

	if (!genie_open(answer, r->step == LIST ? r->view.face->rows : NULL, &doc, err))
		return false;
	if (r->step == LIST)
		take_list(r, json_root(&doc),
			json_get(json_root(&doc), r->view.face->rows));
	else
		take_one(r, json_root(&doc));
	json_release(&doc);
	return true;
}

static bool take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err)
{
	struct rota_reader *r = state;
	int status = answer->status;
	bool ok;

	r->open = false;
	if (r->step == TENANT) {
		ok = genie_tenant_take(r->view.conf, answer, r->cloud, err);
		job_done(&r->tenant, answer, ok);
		r->step = REST;
		return ok;
	}
	if (r->step == ME)
		return take_me(r, answer) || genie_refused(&r->view, answer, err);
	if (r->step == PEOPLE)
		return take_all_people(r, answer, err);
	if (r->step == NAMES) {
		take_names(r, answer);
		return finish(r, answer, batch);
	}
	ok = true;
	if (status == 200) {
		ok = read_answer(r, answer, err);
	} else if (absent(status) && r->step == LIST) {
		r->absent = true;
		r->step = ONE;
	} else if (final(status) && r->step == ONE) {
		drop_one(r, status == 404);
	} else {
		ok = genie_refused(&r->view, answer, err);
	}
	if (ok) {
		r->retries = 0;
		return r->step == LIST || finish(r, answer, batch);
	}
	/* What is read already is not lost to an answer that did not come. */
	if (status == 200 || final(status) || ++r->retries > RETRIES)
		end_round(r, answer, false);
	return false;
}

/* --- life --- */

static bool start(struct rota_reader *r, const struct genie_face *face,
	const struct source_conf *conf, struct err *err)
{
	if (!genie_place(face, conf, err))
		return false;
	genie_view_init(&r->view, face, conf);
	if (conf->org)
		text_to_id(untrusted_str(conf->org), r->cloud, sizeof r->cloud);
	job_init(&r->tenant, TENANT_EVERY_MS, conf->seed + 10);
	job_init(&r->me, ME_EVERY_MS, conf->seed + 11);
	job_init(&r->round, ROTA_EVERY_MS, conf->seed + 12);
	pager_init(&r->people, PEOPLE_EVERY_MS, conf->seed + 13, false);
	arena_init(&r->arena, ROUND_BYTES);
	batch_init(&r->rows, &r->arena);
	seen_init(&r->met);
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
	struct rota_reader *r = state;

	pager_release(&r->people);
	seen_release(&r->met);
	arena_release(&r->arena);
	genie_view_release(&r->view);
}

const struct source_kind opsgenie_rota = {
	.name = "opsgenie rota",
	.help = "schedules, overrides applied, and people",
	.secret_header = "Authorization: GenieKey ",
	.state_size = sizeof(struct rota_reader),
	.start = start_opsgenie,
	.stop = stop,
	.next = next,
	.take = take,
};

const struct source_kind jsm_rota = {
	.name = "jsm rota",
	.help = "schedules, overrides applied, and people",
	.secret_header = "Authorization: Bearer ",
	.state_size = sizeof(struct rota_reader),
	.start = start_jsm,
	.stop = stop,
	.next = next,
	.take = take,
};
