/* Opsgenie and Jira Service Management Operations as a source: open alerts (all of them,
 * in pages), who is on call in each schedule. Jira gives ids where Opsgenie gives names:
 * they are learnt on the way, and what the account may not read is quietly left out.
 *
 * Pages are asked for by our own offset, never by the server's link: "is there a next
 * one" is all that is taken from it, so no query is ever doubled and no link leads
 * elsewhere. A state machine without I/O; any thread, one at a time. */
#include "genie.h"

#include "base/text.h"
#include "base/time.h"
#include "connect/act.h"
#include "labels.h"
#include "names.h"
#include "pager.h"
#include "raws.h"

#include <string.h>

enum {
	ONCALL_EVERY_MS = 300000,
	DAILY_MS = 24 * 3600 * 1000,
	ABSENT_MS = 3600 * 1000, /* what the plan lacks or the key may not read */
	TENANT_EVERY_MS = 60000, /* until it is known */
	USERS_EVERY_MS = 1000,
	TEAMS_AGAIN_MS = 60000,
	MAX_SCHEDULES = 200,
	PATH_MAX_BYTES = 16 << 10,
	FILTER_MAX = 2000,
	ID_MAX = 120,
	ENDS_AT_S = 1806883200, /* 2027-04-05 */
};

enum ask_what { TENANT, ALERTS, SCHEDULES, ONCALL, ONCALLS, TEAMS, ME, USERS, SNOOZES };

struct schedule {
	struct untrusted id, name; /* in the arena of the schedules' pager */
};

struct genie {
	const struct source_conf *conf;
	const struct genie_face *face;
	char cloud[GENIE_CLOUD]; /* "" until the site has told it */
	char me_id[ID_MAX];
	struct job tenant, me, teams, users;
	struct pager alerts, oncalls;
	struct genie_view view;
	struct schedule schedules[MAX_SCHEDULES];
	size_t schedule_count, schedule_at;
	bool asking_schedules; /* the list is whole: now one by one */
	uint32_t hurry;
	bool names_teams; /* the filter does: they are looked for first */
	struct genie_opened opened;
	struct snoozes snoozes;
	struct raws raws;
	struct err no_team; /* one that it names is none; then nothing else is asked */
};

/* --- asking --- */

static void add_query(const struct genie *g, struct str *path)
{
	struct str query;

	str_init(&query, FILTER_MAX + 40);
	str_puts(&query, "status:open");
	if (g->conf->filter)
		str_printf(&query, " AND (%s)", g->conf->filter);
	text_add_url(path, untrusted_make(query.p, query.n));
	str_release(&query);
}

static void add_path(struct genie *g, enum ask_what what, struct str *path)
{
	if (what == USERS) {
		genie_users_path(&g->view, g->cloud, path);
		return;
	}
	if (what == ME) {
		str_printf(path, "/ex/jira/%s/rest/api/3/myself", g->cloud);
		return;
	}
	genie_root(g->face, g->cloud, path);
	if (what == ALERTS) {
		str_puts(path, "/alerts?query=");
		add_query(g, path);
		str_printf(path, "&sort=createdAt&order=desc&%s=%d&offset=%lld",
			g->face->limit, PAGER_LIMIT, (long long)g->alerts.offset);
	} else if (what == SCHEDULES) {
		str_printf(path, "/schedules?size=%d&offset=%lld", PAGER_LIMIT,
			(long long)g->oncalls.offset);
	} else if (what == ONCALL) {
		str_puts(path, "/schedules/");
		text_add_url(path, g->schedules[g->schedule_at].id);
		str_puts(path, "/on-calls?flat=true");
	} else if (what == ONCALLS) {
		str_puts(path, "/schedules/on-calls?flat=true");
	} else {
		str_puts(path, "/teams");
	}
}

static bool ask(struct genie *g, struct arena *arena, enum ask_what what, struct ask *out)
{
	struct str path;

	if (what == TENANT)
		return genie_tenant_ask(g->conf, arena, TENANT, out);
	str_init(&path, PATH_MAX_BYTES);
	add_path(g, what, &path);
	*out = (struct ask){.kind = ASK_HTTP,
		.id = what,
		.method = "GET",
		.path = arena_strdup(arena, str_text(&path)),
		.max_bytes = GENIE_MAX_BODY};
	str_release(&path);
	return out->path != NULL;
}

static enum ask_what oncall_ask(const struct genie *g)
{
	if (!g->face->jsm)
		return ONCALLS;
	return g->asking_schedules ? ONCALL : SCHEDULES;
}

static bool due(struct job *job, int64_t now)
{
	if (!job_due(job, now))
		return false;
	job_ask(job, now);
	return true;
}

/* False: *until is when there may be one. */
static bool ask_snooze(struct genie *g, int64_t now, struct arena *arena, int64_t *until,
	struct ask *out)
{
	const char *path = snoozes_next(&g->snoozes, now, arena, until);

	if (path)
		*out = (struct ask){.kind = ASK_HTTP,
			.id = SNOOZES,
			.method = "GET",
			.path = path,
			.max_bytes = GENIE_MAX_BODY};
	return path != NULL;
}

static bool next(void *state, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out)
{
	struct genie *g = state;
	int64_t snooze_until = INT64_MAX;

	if (window->hurry != g->hurry) {
		g->hurry = window->hurry;
		job_hurry(&g->tenant);
		job_hurry(&g->alerts.job);
		job_hurry(&g->oncalls.job);
		job_hurry(&g->opened.job);
	}
	out->kind = ASK_WAIT;
	if (g->face->jsm && !*g->cloud) {
		if (due(&g->tenant, now))
			return ask(g, arena, TENANT, out);
		out->until = job_until(&g->tenant, now + g->conf->every_ms);
		return true;
	}
	if (g->names_teams && due(&g->teams, now))
		return ask(g, arena, TEAMS, out);
	if (*g->no_team.text || (g->names_teams && g->teams.open)) {
		out->until = job_until(&g->teams, now + g->conf->every_ms);
		return true;
	}
	if (pager_wants(&g->alerts, now))
		return ask(g, arena, ALERTS, out);
	if (g->view.names.wanted && due(&g->users, now))
		return ask(g, arena, USERS, out);
	if (!window->least && due(&g->teams, now))
		return ask(g, arena, TEAMS, out);
	if (!window->least && g->face->jsm && due(&g->me, now))
		return ask(g, arena, ME, out);
	if (!window->least && !g->me.open && pager_wants(&g->oncalls, now))
		return ask(g, arena, oncall_ask(g), out);
	if (genie_opened_next(&g->opened, &g->view, g->cloud, now, window, arena, out))
		return true;
	if (!window->least && ask_snooze(g, now, arena, &snooze_until, out))
		return true;
	out->kind = ASK_WAIT;
	out->until = job_until(&g->alerts.job, now + g->conf->every_ms);
	if (snooze_until < out->until)
		out->until = snooze_until;
	if (window->opened && *window->opened && !window->least)
		out->until = job_until(&g->opened.job, out->until);
	out->until = job_until(&g->oncalls.job, out->until);
	if (g->view.names.wanted)
		out->until = job_until(&g->users, out->until);
	return true;
}

/* --- alerts --- */

/* Adds the page's rows; true when the first of them was known before. */
static bool add_alerts(struct genie *g, struct json list)
{
	struct batch *batch = &g->alerts.rows;
	bool first_known = false, first = true;

	if (!g->alerts.offset)
		raws_begin(&g->raws);
	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		struct untrusted id = json_text(json_get(e, "id")), kept;
		struct alert_draft *draft;
		size_t number = batch->alert_count;
		bool known;

		if (untrusted_empty(id) ||
			untrusted_is(json_text(json_get(e, "status")), "closed"))
			continue;
		kept = batch_keep(batch, id);
		known = seen_before(&g->alerts.seen, kept, &number);
		first_known = first_known || (first && known);
		first = false;
		if (known || !(draft = batch_add_alert(batch)))
			continue;
		draft->texts[ALERT_ID] = kept;
		genie_alert(&g->view, batch, draft, e);
		/* It names people. */
		if (!(g->conf->left_out & FIELD_PEOPLE))
			raws_add(&g->raws, batch, e, kept,
				json_text(json_get(e, "updatedAt")));
	}
	return first_known;
}

/* --- who is on call --- */

static void add_oncall(struct genie *g, struct untrusted id, struct untrusted schedule,
	struct untrusted schedule_id)
{
	struct batch *batch = &g->oncalls.rows;
	struct untrusted name = g->face->jsm ? genie_who(&g->view, id, true) : id;
	const char *me = g->face->jsm ? g->me_id : g->conf->from;
	struct batch_oncall *oncall;

	if (untrusted_empty(id) || !(oncall = batch_add_oncall(batch)))
		return;
	oncall->who = batch_keep(batch, name);
	oncall->policy = batch_keep(batch, schedule);
	oncall->schedule = batch_keep(batch, schedule_id);
	oncall->user = batch_keep(batch, id);
	oncall->level = 1;
	oncall->me = me && *me && untrusted_is(id, me);
}

/* All schedules of Opsgenie in one answer. */
static void add_oncalls(struct genie *g, struct json list)
{
	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		struct json people = json_get(e, "onCallRecipients");
		struct untrusted schedule = json_text(json_get(e, "_parent.name"));

		if (!json_bool(json_get(e, "_parent.enabled"), true))
			continue;
		for (struct json p = json_first(people); json_item(p); p = json_next(p))
			add_oncall(g, json_text(p), schedule,
				json_text(json_get(e, "_parent.id")));
	}
}

/* One schedule of Jira: bare ids, or participants where a site ignores flat=. */
static void add_schedule_oncalls(struct genie *g, struct json root)
{
	struct json users = json_get(root, "onCallUsers");
	struct json others = json_get(root, "onCallParticipants");
	const struct schedule *schedule = &g->schedules[g->schedule_at];

	for (struct json u = json_first(users); json_item(u); u = json_next(u))
		add_oncall(g, json_text(u), schedule->name, schedule->id);
	for (struct json p = json_first(others); json_item(p); p = json_next(p))
		if (untrusted_is(json_text(json_get(p, "type")), "user"))
			add_oncall(g, json_text(json_get(p, "id")), schedule->name,
				schedule->id);
}

static void add_schedules(struct genie *g, struct json list)
{
	struct batch *batch = &g->oncalls.rows;

	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		struct untrusted id = json_text(json_get(e, "id"));

		if (untrusted_empty(id) || !json_bool(json_get(e, "enabled"), true))
			continue;
		if (g->schedule_count == MAX_SCHEDULES) {
			batch->cut = true;
			return;
		}
		g->schedules[g->schedule_count++] =
			(struct schedule){batch_keep(batch, id),
				batch_keep(batch, json_text(json_get(e, "name")))};
	}
}

/* --- answers --- */

static bool read_alerts(struct genie *g, const struct answer *answer, struct batch *batch,
	struct err *err)
{
	struct json_doc doc;
	struct json root, list;
	struct pager_got got;
	enum pager_step step;

	if (!genie_open(answer, g->face->rows, &doc, err))
		return false;
	root = json_root(&doc);
	list = json_get(root, g->face->rows);
	got = (struct pager_got){
		.more = !untrusted_empty(json_text(json_get(root, g->face->next))),
		.count = json_count(list)};
	/* A full page says how long the server's pages are. */
	if (got.more)
		got.limit = (int64_t)got.count;
	got.first_known = add_alerts(g, list);
	step = pager_page(&g->alerts, &got);
	json_release(&doc);
	if (step == PAGER_WHOLE) {
		raws_settle(&g->raws);
		snoozes_settle(&g->snoozes);
		pager_give_alerts(
			&g->alerts, batch, "the list of open alerts is not complete");
	}
	return true;
}

static bool take_alerts(struct genie *g, const struct answer *answer, struct batch *batch,
	struct err *err)
{
	bool ok = answer->status == 200 ? read_alerts(g, answer, batch, err)
					: genie_refused(&g->view, answer, err);

	if (!ok)
		pager_drop(&g->alerts);
	job_done(&g->alerts.job, answer, ok);
	return ok;
}

static bool absent(int status)
{
	return status == 401 || status == 402 || status == 403 || status == 404;
}

static void read_schedule_list(struct genie *g, struct json root)
{
	struct json list = json_get(root, "values");
	struct pager_got got = {
		.more = !untrusted_empty(json_text(json_get(root, "links.next"))),
		.count = json_count(list)};

	if (!g->oncalls.reading)
		g->schedule_count = 0;
	got.limit = got.more ? (int64_t)got.count : 0;
	add_schedules(g, list);
	if (pager_page(&g->oncalls, &got) != PAGER_WHOLE)
		return;
	g->schedule_at = 0;
	g->asking_schedules = g->schedule_count > 0;
	/* The reading goes on with each of them. */
	g->oncalls.reading = g->asking_schedules;
	if (g->asking_schedules)
		g->oncalls.job.due_at = 0;
}

static void read_schedule(struct genie *g, struct json root)
{
	add_schedule_oncalls(g, root);
	g->asking_schedules = ++g->schedule_at < g->schedule_count;
	if (g->asking_schedules)
		g->oncalls.job.due_at = 0;
	else
		pager_drop(&g->oncalls);
}

static bool take_oncalls(struct genie *g, const struct answer *answer,
	struct batch *batch, struct err *err)
{
	bool missing = absent(answer->status), ok = missing;
	/* A schedule that went away meanwhile spoils no other. */
	bool gone = answer->id == ONCALL && answer->status == 404;
	struct json_doc doc = {NULL};

	if (answer->status == 200)
		ok = genie_open(answer,
			answer->id == ONCALL    ? NULL
			: answer->id == ONCALLS ? "data"
						: "values",
			&doc, err);
	else if (!missing)
		ok = genie_refused(&g->view, answer, err);
	if (gone || (ok && answer->status == 200)) {
		struct json root = json_root(&doc);

		if (answer->id == ONCALL)
			read_schedule(g, root);
		else if (answer->id == SCHEDULES)
			read_schedule_list(g, root);
		else
			add_oncalls(g, json_get(root, "data"));
	}
	json_release(&doc);
	if (answer->id == ONCALLS || !ok || (missing && !gone)) {
		pager_drop(&g->oncalls);
		g->asking_schedules = false;
	}
	job_done(&g->oncalls.job, answer, ok);
	if (missing && !gone)
		job_put_off(&g->oncalls.job, answer->now, ABSENT_MS);
	else if (ok && !g->oncalls.reading)
		pager_give_oncalls(&g->oncalls, batch);
	return ok;
}

/* What only makes names of ids is never an error. */
static bool take_aside(struct genie *g, struct job *job, const struct answer *answer,
	struct err *err, void (*learn)(struct genie *g, struct json root))
{
	int status = answer->status;
	bool ok = status && status != 429 && status < 500;
	struct json_doc doc = {NULL};

	job_done(job, answer, ok);
	if (status == 200 && genie_parse(answer, &doc))
		learn(g, json_root(&doc));
	else if (ok)
		job_put_off(job, answer->now, ABSENT_MS);
	json_release(&doc);
	return ok || genie_refused(&g->view, answer, err);
}

static void learn_me(struct genie *g, struct json root)
{
	text_to_id(json_text(json_get(root, "accountId")), g->me_id, sizeof g->me_id);
}

/* A list that is not whole says nothing about what it lacks. */
static void check_teams(struct genie *g, struct json root, struct json list)
{
	struct untrusted unknown;
	struct str words;
	char name[80];

	g->no_team = (struct err){0};
	if (!g->names_teams || !json_is_array(list) ||
		!untrusted_empty(json_text(json_get(root, g->face->next))) ||
		genie_teams_known(g->face, g->conf->filter, list, &unknown))
		return;
	str_init(&words, 300);
	genie_teams_words(g->face, list, &words);
	err_set(&g->no_team, ERR_USAGE,
		"no team is called %s there: check filter= (the key sees %s)",
		text_line(unknown, name, sizeof name), str_text(&words));
	str_release(&words);
}

static void learn_teams(struct genie *g, struct json root)
{
	check_teams(g, root, genie_learn_teams(&g->view, root));
}

static void learn_users(struct genie *g, struct json root)
{
	genie_learn_users(&g->view, root);
	/* Where ids were shown, names are now. */
	job_hurry(&g->alerts.job);
	job_hurry(&g->oncalls.job);
}

/* A team may come to be. */
static bool take_teams(struct genie *g, const struct answer *answer, struct err *err)
{
	bool before = *g->no_team.text;

	if (!take_aside(g, &g->teams, answer, err, learn_teams))
		return false;
	if (!*g->no_team.text) {
		if (before)
			job_hurry(&g->alerts.job);
		return true;
	}
	job_put_off(&g->teams, answer->now, TEAMS_AGAIN_MS);
	if (err)
		*err = g->no_team;
	return false;
}

static bool take_tenant(struct genie *g, const struct answer *answer, struct err *err)
{
	bool ok = genie_tenant_take(g->conf, answer, g->cloud, err);

	job_done(&g->tenant, answer, ok);
	return ok;
}

static bool take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err)
{
	struct genie *g = state;

	if (answer->id >= GENIE_OPENED_ASK) {
		genie_opened_take(&g->opened, &g->view, answer, batch);
		return true;
	}
	switch (answer->id) {
	case TENANT:
		return take_tenant(g, answer, err);
	case ALERTS:
		return take_alerts(g, answer, batch, err);
	case TEAMS:
		return take_teams(g, answer, err);
	case ME:
		return take_aside(g, &g->me, answer, err, learn_me);
	case USERS:
		return take_aside(g, &g->users, answer, err, learn_users);
	case SNOOZES:
		if (snoozes_take(&g->snoozes, answer))
			job_hurry(&g->alerts.job);
		return true;
	default:
		return take_oncalls(g, answer, batch, err);
	}
}

/* --- life --- */

static bool start(struct genie *g, const struct genie_face *face,
	const struct source_conf *conf, struct err *err)
{
	g->conf = conf;
	g->face = face;
	if (!genie_place(face, conf, err))
		return false;
	if (conf->filter && strlen(conf->filter) > FILTER_MAX)
		return err_set(
			err, ERR_LIMIT, "source %s: filter is too long", conf->name);
	g->names_teams = conf->filter && strstr(conf->filter, "teams");
	if (conf->org)
		text_to_id(untrusted_str(conf->org), g->cloud, sizeof g->cloud);
	pager_init(&g->alerts, conf->every_ms, conf->seed, true);
	pager_init(&g->oncalls, ONCALL_EVERY_MS, conf->seed + 1, false);
	g->alerts.reach = face->reach;
	job_init(&g->tenant, TENANT_EVERY_MS, conf->seed + 2);
	job_init(&g->me, DAILY_MS, conf->seed + 3);
	job_init(&g->teams, DAILY_MS, conf->seed + 4);
	job_init(&g->users, USERS_EVERY_MS, conf->seed + 5);
	genie_view_init(&g->view, face, conf);
	snoozes_init(&g->snoozes, &genie_snooze_log, &g->view, conf->seed + 6);
	g->view.snoozes = &g->snoozes;
	g->view.cloud = g->cloud;
	raws_init(&g->raws);
	genie_opened_init(&g->opened, conf->every_ms, conf->seed + 14);
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
	struct genie *g = state;

	pager_release(&g->alerts);
	pager_release(&g->oncalls);
	genie_view_release(&g->view);
	snoozes_release(&g->snoozes);
	raws_release(&g->raws);
}

static const struct source_service opsgenie_service = {
	.hosts = {{"us", "https://api.opsgenie.com"},
		{"eu", "https://api.eu.opsgenie.com"}},
	.ends_at = ENDS_AT_S * SECOND_MS,
	.after = "jsm",
};

static const struct source_service jsm_service = {
	.hosts = {{NULL, "https://api.atlassian.com"}},
	.site = true,
};

const struct source_kind opsgenie_source = {
	.name = "opsgenie",
	.help = "Opsgenie: alerts, who is on call, schedules",
	.opens = true,
	.alerts = true,
	.pages = true,
	.service = &opsgenie_service,
	.actions = &opsgenie_actions,
	.past = &opsgenie_past,
	.rota = &opsgenie_rota,
	.secret_header = "Authorization: GenieKey ",
	.state_size = sizeof(struct genie),
	.start = start_opsgenie,
	.stop = stop,
	.next = next,
	.take = take,
};

const struct source_kind jsm_source = {
	.name = "jsm",
	.help = "Jira Service Management Operations: alerts, who is on call, schedules",
	.opens = true,
	.alerts = true,
	.pages = true,
	.service = &jsm_service,
	.actions = &jsm_actions,
	.past = &jsm_past,
	.rota = &jsm_rota,
	.secret_header = "Authorization: Bearer ",
	.state_size = sizeof(struct genie),
	.start = start_jsm,
	.stop = stop,
	.next = next,
	.take = take,
};
