/* What can be done to alerts of Opsgenie and Jira Service Management Operations. The
 * server answers every change with "accepted" and the id of a request, and carries it
 * out later: each change is written, then all requests are asked for until the server
 * says what came of them, or some time has passed. What is still open then is told
 * with its request's id, and the next try asks for that first. A try whose answer was
 * lost is looked for: in the state of the alert, or, where sending twice would take
 * effect twice, by a marker among the notes.
 *
 * A state machine without I/O. */
#include "connect/act.h"

#include "base/text.h"
#include "base/time.h"
#include "genie.h"

#include <string.h>

enum {
	MOST = 20, /* in one conversation: each takes some asks */
	BODY_MAX = 32 << 10,
	PATH_MAX_BYTES = 2 << 10,
	CONFIRM_MS = 25000, /* a script waits half a minute for its outcome */
	PAUSE_FIRST_MS = 300,
	PAUSE_MOST_MS = 2000,
	NOTES_MOST = 100, /* in one page */
	NOTE_PAGES = 10,
	GIVE_UP_TRIES = 6,
	LOOK_PAUSE_MS = 2000,
	LOOK_MS = 8000, /* so long may an accepted request take to show */
	SAME_MOMENT_MS = 2000,
};

enum step {
	TENANT,  /* of the conversation: the cloud id is not known */
	TEAMS,   /* and so are the teams that are to be asked */
	EARLIER, /* the request of the try before */
	LOOK,    /* has an earlier try taken effect? */
	WRITE,
	ACCEPTED, /* its request is asked for */
	OVER,
};

struct item {
	enum step step;
	char request[80];
	char place[80]; /* LOOK: notes behind this one */
	char team[80];  /* of ACTION_RESPONDERS: the id of a team that is named */
	int pages;
	int64_t look_at, look_until;
};

struct genie_act {
	const struct source_conf *conf;
	const struct genie_face *face;
	const struct action *actions;
	struct action_result *results;
	size_t count, at;
	struct item items[MOST];
	char cloud[GENIE_CLOUD];
	const char *headers[2];
	bool polling, teams_read;
	int64_t give_up_at, poll_at, pause_ms;
	struct genie_override override;
};

static bool overrides(const struct genie_act *g)
{
	return g->actions->verb == ACTION_OVERRIDE ||
	       g->actions->verb == ACTION_END_OVERRIDE;
}

/* Sent twice, it would take effect twice; it leaves a note with a marker. Who is asked to
 * respond in Jira gets no note, and is found among the responders. */
static bool creates(const struct genie_act *g, const struct action *a)
{
	return a->verb == ACTION_NOTE || a->verb == ACTION_ESCALATE ||
	       (a->verb == ACTION_RESPONDERS && !g->face->jsm);
}

/* "@ben@lab.example" is a person, everything else a team. */
static bool asks_person(const struct action *a)
{
	return untrusted_starts(a->texts[ACTION_WHOM], "@");
}

/* Opsgenie takes a team's name, Jira only its id. */
static bool wants_teams(const struct genie_act *g)
{
	if (g->teams_read || !g->face->jsm || g->actions->verb != ACTION_RESPONDERS)
		return false;
	for (size_t i = 0; i < g->count; i++)
		if (g->items[i].step < ACCEPTED && !asks_person(&g->actions[i]))
			return true;
	return false;
}

static void over(struct genie_act *g, size_t i, enum action_outcome outcome,
	const char *text, const char *request)
{
	struct action_result *r = &g->results[i];

	r->outcome = outcome;
	str_copy(r->text, sizeof r->text, text);
	str_copy(r->upstream_id, sizeof r->upstream_id, request);
	g->items[i].step = OVER;
}

/* --- before anything is asked --- */

static bool is_priority(struct untrusted word)
{
	int64_t n = 0;

	return untrusted_size(word) == 2 && untrusted_find_nocase(word, "p") == 0 &&
	       untrusted_to_i64(untrusted_slice(word, 1, 1), &n) && n >= 1 && n <= 5;
}

/* What the server would only refuse later, in words of its own. */
static const char *senseless(const struct action *a, int64_t now)
{
	int64_t level;

	if (a->verb == ACTION_PRIORITY && !is_priority(a->texts[ACTION_WHOM]))
		return "a priority is P1 to P5";
	if (a->verb == ACTION_ESCALATE && untrusted_to_i64(a->texts[ACTION_WHOM], &level))
		return "there are no levels here: name the escalation";
	if (a->verb == ACTION_RESPONDERS && untrusted_size(a->texts[ACTION_WHOM]) < 2)
		return "it does not say whom to ask";
	if (a->verb == ACTION_SNOOZE && a->until_at <= now)
		return "its end has passed meanwhile";
	return NULL;
}

static void start(struct genie_act *g, const struct genie_face *face,
	const struct source_conf *conf, const struct action *actions, size_t count,
	struct action_result *results)
{
	g->conf = conf;
	g->face = face;
	g->actions = actions;
	g->results = results;
	g->count = count < MOST ? count : MOST;
	g->headers[0] = "Content-Type: application/json";
	if (conf->org)
		text_to_id(untrusted_str(conf->org), g->cloud, sizeof g->cloud);
	if (overrides(g)) {
		genie_override_start(&g->override, face, actions, results);
		return;
	}
	for (size_t i = 0; i < g->count; i++) {
		struct item *item = &g->items[i];

		if (text_to_id(actions[i].earlier, item->request, sizeof item->request))
			item->step = EARLIER;
		else
			item->step = actions[i].attempts ? LOOK : WRITE;
	}
}

static void start_opsgenie(void *state, const struct source_conf *conf,
	const struct action *actions, size_t count, struct action_result *results)
{
	start(state, &genie_opsgenie, conf, actions, count, results);
}

static void start_jsm(void *state, const struct source_conf *conf,
	const struct action *actions, size_t count, struct action_result *results)
{
	start(state, &genie_jsm, conf, actions, count, results);
}

/* --- asking --- */

static const char *const verb_paths[ACTION_VERB_COUNT] = {
	[ACTION_ACKNOWLEDGE] = "/acknowledge",
	[ACTION_UNACKNOWLEDGE] = "/unacknowledge",
	[ACTION_RESOLVE] = "/close",
	[ACTION_SNOOZE] = "/snooze",
	[ACTION_NOTE] = "/notes",
	[ACTION_ESCALATE] = "/escalate",
	[ACTION_REASSIGN] = "/assign",
	[ACTION_PRIORITY] = "/priority",
	[ACTION_RESPONDERS] = "/responders",
};

static void look_path(const struct genie_act *g, struct str *path)
{
	const struct item *item = &g->items[g->at];

	if (!creates(g, &g->actions[g->at]))
		return;
	str_printf(path, "/notes?%s=%d", g->face->limit, NOTES_MOST);
	if (!g->face->jsm)
		str_puts(path, "&order=desc");
	if (*item->place) {
		str_printf(path, "&%s=", g->face->note_from);
		text_add_url(path, untrusted_str(item->place));
	}
}

static const char *path_of(const struct genie_act *g, struct arena *arena)
{
	const struct item *item = &g->items[g->at];
	const struct action *a = &g->actions[g->at];
	const char *kept;
	struct str path;

	str_init(&path, PATH_MAX_BYTES);
	genie_root(g->face, g->cloud, &path);
	str_puts(&path, wants_teams(g) ? "/teams" : "/alerts/");
	if (wants_teams(g)) {
		/* Of the conversation, whoever is next. */
	} else if (item->step == ACCEPTED || item->step == EARLIER) {
		str_printf(&path, "requests/%s", item->request);
	} else {
		text_add_url(&path, a->texts[ACTION_TARGET]);
		if (item->step == LOOK)
			look_path(g, &path);
		else
			str_puts(&path, verb_paths[a->verb]);
	}
	kept = path.cut ? NULL : arena_strdup(arena, str_text(&path));
	str_release(&path);
	return kept;
}

static void put_note(struct json_out *o, const struct action *a)
{
	char marker[ACTION_MARKER];
	struct str text;

	str_init(&text, ACTION_MAX_TEXT + 64);
	text_add_line(&text, a->texts[ACTION_BODY], ACTION_MAX_TEXT);
	str_printf(&text, "%s(oogway %s)", text.n ? " " : "", action_marker(a, marker));
	json_put_text(o, "note", untrusted_make(text.p, text.n));
	str_release(&text);
}

/* "9b251e07-73c9-…": an id of theirs, not a name. */
static bool is_uuid(struct untrusted word)
{
	return untrusted_size(word) == 36 && untrusted_find(word, "-") == 8;
}

static void put_whom(const struct genie_act *g, struct json_out *o)
{
	const struct action *a = &g->actions[g->at];
	struct untrusted whom = a->texts[ACTION_WHOM];
	bool escalate = a->verb == ACTION_ESCALATE;

	if (g->face->jsm) {
		json_put_text(o, escalate ? "escalationId" : "accountId", whom);
		return;
	}
	json_open(o, escalate ? "escalation" : "owner", '{');
	json_put_str(o, "type", escalate ? "escalation" : "user");
	json_put_text(o, is_uuid(whom) ? "id" : escalate ? "name" : "username", whom);
	json_shut(o, '}');
}

/* {"responder":{"type":…}} of Opsgenie, its members alone in Jira. */
static void put_responder(const struct genie_act *g, struct json_out *o)
{
	const struct action *a = &g->actions[g->at];
	bool user = asks_person(a);
	struct untrusted whom = untrusted_slice(a->texts[ACTION_WHOM], user, SIZE_MAX);

	if (!g->face->jsm)
		json_open(o, "responder", '{');
	json_put_str(o, "type", user ? "user" : "team");
	if (g->face->jsm)
		json_put_text(o, "id", user ? whom : untrusted_str(g->items[g->at].team));
	else
		json_put_text(o, is_uuid(whom) ? "id" : user ? "username" : "name", whom);
	if (!g->face->jsm)
		json_shut(o, '}');
}

static void put_body(const struct genie_act *g, struct json_out *o)
{
	static const char *const priorities[] = {"P1", "P2", "P3", "P4", "P5"};
	const struct action *a = &g->actions[g->at];
	int64_t n = 1;

	json_open(o, NULL, '{');
	if (a->verb == ACTION_PRIORITY) {
		untrusted_to_i64(untrusted_slice(a->texts[ACTION_WHOM], 1, 1), &n);
		json_put_str(o, "priority", priorities[n - 1]);
		json_shut(o, '}');
		return;
	}
	if (!g->face->jsm) {
		json_put_text(o, "user", a->texts[ACTION_BY]);
		json_put_str(o, "source", "oogway");
	}
	if (creates(g, a))
		put_note(o, a);
	if (a->verb == ACTION_SNOOZE)
		json_put_time(o, "endTime", a->until_at);
	else if (a->verb == ACTION_ESCALATE || a->verb == ACTION_REASSIGN)
		put_whom(g, o);
	else if (a->verb == ACTION_RESPONDERS)
		put_responder(g, o);
	json_shut(o, '}');
}

static bool write_ask(struct genie_act *g, struct arena *arena, struct ask *out)
{
	struct json_out o;
	struct str body;

	out->method =
		g->actions[g->at].verb == ACTION_PRIORITY ? g->face->priority : "POST";
	out->headers = g->headers;
	str_init(&body, BODY_MAX);
	json_begin(&o, &body);
	put_body(g, &o);
	out->body = body.cut ? NULL : arena_strdup(arena, str_text(&body));
	out->body_n = body.n;
	str_release(&body);
	return out->body != NULL;
}

/* The next one that has something to ask: first all that is to be written, then, round
 * after round, the requests. */
static bool find_next(struct genie_act *g)
{
	for (; g->at < g->count; g->at++) {
		enum step step = g->items[g->at].step;

		if (g->polling ? step == ACCEPTED : step < ACCEPTED)
			return true;
	}
	return false;
}

static bool any_accepted(const struct genie_act *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->items[i].step == ACCEPTED)
			return true;
	return false;
}

/* The server was patient with us; we are with it, to a degree. */
static void give_up(struct genie_act *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->items[i].step == ACCEPTED)
			over(g, i, ACTION_AGAIN, "accepted, not confirmed yet",
				g->items[i].request);
}

static bool pause_until(struct ask *out, int64_t until)
{
	*out = (struct ask){.kind = ASK_WAIT, .until = until};
	return true;
}

/* All were written, or all were asked for: the next round comes after a pause. */
static bool next_round(struct genie_act *g, int64_t now, struct ask *out)
{
	if (!any_accepted(g))
		return false;
	if (!g->polling) {
		g->polling = true;
		g->give_up_at = now + CONFIRM_MS;
		g->pause_ms = PAUSE_FIRST_MS;
	} else {
		g->pause_ms *= 2;
		if (g->pause_ms > PAUSE_MOST_MS)
			g->pause_ms = PAUSE_MOST_MS;
	}
	g->poll_at = now + g->pause_ms;
	g->at = 0;
	return pause_until(out, g->poll_at);
}

static bool http_ask(
	struct genie_act *g, int64_t now, struct arena *arena, struct ask *out)
{
	struct item *item = &g->items[g->at];
	const char *why = item->step == WRITE ? senseless(&g->actions[g->at], now) : NULL;

	if (why) {
		over(g, g->at, ACTION_FAILED, why, "");
		return false;
	}
	*out = (struct ask){.kind = ASK_HTTP,
		.id = wants_teams(g) ? TEAMS : (int)item->step,
		.method = "GET",
		.path = path_of(g, arena),
		.max_bytes = GENIE_MAX_BODY};
	if (out->path &&
		(out->id == TEAMS || item->step != WRITE || write_ask(g, arena, out)))
		return true;
	over(g, g->at, ACTION_FAILED, "it is too long for the server", "");
	return false;
}

static bool next(void *state, int64_t now, struct arena *arena, struct ask *out)
{
	struct genie_act *g = state;

	if (overrides(g) && !g->override.over && g->face->jsm && !*g->cloud)
		return genie_tenant_ask(g->conf, arena, TENANT, out);
	if (overrides(g))
		return genie_override_next(&g->override, now, g->cloud, arena, out);
	if (g->polling && now >= g->give_up_at) {
		give_up(g);
		return false;
	}
	if (g->polling && !g->at && now < g->poll_at)
		return pause_until(out, g->poll_at);
	while (find_next(g)) {
		const struct item *item = &g->items[g->at];

		if (g->face->jsm && !*g->cloud)
			return genie_tenant_ask(g->conf, arena, TENANT, out);
		if (item->step == LOOK && now < item->look_at)
			return pause_until(out, item->look_at);
		if (http_ask(g, now, arena, out))
			return true;
	}
	return next_round(g, now, out);
}

/* --- reading --- */

static void refuse(struct genie_act *g, size_t i, const struct answer *answer)
{
	struct json_doc doc = {NULL};
	struct str words;

	str_init(&words, 400);
	if (genie_parse(answer, &doc))
		genie_words(json_root(&doc), &words);
	action_refused(answer, untrusted_make(words.p, words.n), &g->results[i]);
	str_release(&words);
	json_release(&doc);
	str_copy(g->results[i].upstream_id, sizeof g->results[i].upstream_id,
		g->items[i].request);
	g->items[i].step = OVER;
}

/* Teams are few: what is not in the list is none, unless it is not all of it. */
static void find_team(struct genie_act *g, size_t i, struct json list)
{
	struct item *item = &g->items[i];
	struct untrusted whom = g->actions[i].texts[ACTION_WHOM];
	char name[80];
	struct str words;

	for (struct json t = json_first(list); json_item(t); t = json_next(t)) {
		struct untrusted is = json_text(json_get(t, "teamName"));
		struct untrusted id = json_text(json_get(t, "teamId"));

		text_line(is, name, sizeof name);
		if (untrusted_eq(id, whom) ||
			(untrusted_size(is) == untrusted_size(whom) &&
				untrusted_find_nocase(whom, name) == 0))
			text_to_id(id, item->team, sizeof item->team);
	}
	if (*item->team)
		return;
	str_init(&words, sizeof g->results->text - 1);
	str_printf(&words, "no team is called %s there, and nobody was asked (",
		text_line(whom, name, sizeof name));
	genie_teams_words(g->face, list, &words);
	str_puts(&words, "); a person is @NAME");
	over(g, i, ACTION_FAILED, str_text(&words), "");
	str_release(&words);
}

/* The rest would fare no better now. */
static void refuse_all(struct genie_act *g, const struct answer *answer)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->items[i].step < ACCEPTED)
			refuse(g, i, answer);
}

static void take_tenant(struct genie_act *g, const struct answer *answer)
{
	struct err err = {0};

	if (genie_tenant_take(g->conf, answer, g->cloud, &err))
		return;
	for (size_t i = 0; i < g->count; i++)
		over(g, i, ACTION_AGAIN, err.text, g->items[i].request);
	g->override.over = true;
}

static void take_teams(struct genie_act *g, const struct answer *answer)
{
	struct json_doc doc = {NULL};

	g->teams_read = true;
	if (answer->status != 200) {
		refuse_all(g, answer);
		return;
	}
	/* Without a list no team is found, and nobody is asked. */
	genie_open(answer, "platformTeams", &doc, NULL);
	for (size_t i = 0; i < g->count; i++)
		if (g->items[i].step < ACCEPTED && !asks_person(&g->actions[i]))
			find_team(g, i, json_get(json_root(&doc), "platformTeams"));
	json_release(&doc);
}

static void take_write(struct genie_act *g, const struct answer *answer)
{
	struct item *item = &g->items[g->at];
	struct json_doc doc = {NULL};
	bool known = false;

	if (answer->status >= 200 && answer->status < 300) {
		if (genie_parse(answer, &doc))
			known = text_to_id(
				json_text(json_get(json_root(&doc), "requestId")),
				item->request, sizeof item->request);
		json_release(&doc);
		if (known)
			str_copy(g->results[g->at].upstream_id,
				sizeof g->results[g->at].upstream_id, item->request);
		/* Without one nobody knows: it is looked for next time. */
		item->step = known ? ACCEPTED : OVER;
		return;
	}
	if (!answer->status || answer->status == 429 || answer->status >= 500)
		refuse_all(g, answer);
	else
		refuse(g, g->at, answer);
}

/* The request's own words on how it ended; false: it has not yet. Opsgenie wraps them,
 * Jira does not. */
static bool take_outcome(struct genie_act *g, const struct answer *answer)
{
	struct json_doc doc = {NULL};
	struct json said;
	bool done = false, ended;
	char text[160];

	if (answer->status != 200 || !genie_parse(answer, &doc))
		return false;
	said = json_get(json_root(&doc), "data");
	if (!json_is_object(said))
		said = json_root(&doc);
	done = json_bool(json_get(said, "isSuccess"), false) ||
	       json_bool(json_get(said, "success"), false);
	ended = done || !untrusted_empty(json_text(json_get(said, "processedAt")));
	text_line(json_text(json_get(said, "status")), text, sizeof text);
	if (done)
		over(g, g->at, ACTION_CONFIRMED, "", "");
	else if (ended)
		over(g, g->at, ACTION_FAILED, *text ? text : "the server could not do it",
			"");
	json_release(&doc);
	return ended;
}

/* The request of the try before: while it is unknown, waiting goes on. One that stays
 * unknown for many tries is looked for in what it should have done. */
static void take_earlier(struct genie_act *g, const struct answer *answer)
{
	struct item *item = &g->items[g->at];

	if (take_outcome(g, answer))
		return;
	if (!answer->status || answer->status == 429 || answer->status >= 500)
		refuse_all(g, answer);
	else if (g->actions[g->at].attempts >= GIVE_UP_TRIES)
		item->step = LOOK;
	else
		item->step = ACCEPTED;
}

static bool is_responder(const struct genie_act *g, struct json alert)
{
	const struct action *a = &g->actions[g->at];
	struct json list = json_get(alert, "responders");
	struct untrusted id =
		asks_person(a) ? untrusted_slice(a->texts[ACTION_WHOM], 1, SIZE_MAX)
			       : untrusted_str(g->items[g->at].team);

	for (struct json r = json_first(list); json_item(r); r = json_next(r))
		if (untrusted_eq(json_text(json_get(r, "id")), id))
			return true;
	return false;
}

static bool state_is(const struct genie_act *g, struct json alert)
{
	const struct action *a = &g->actions[g->at];
	bool acked = json_bool(json_get(alert, "acknowledged"), false);
	struct untrusted status = json_text(json_get(alert, "status"));
	struct untrusted whom = a->texts[ACTION_WHOM];
	int64_t until = 0;

	switch (a->verb) {
	case ACTION_ACKNOWLEDGE:
		return acked || untrusted_is(status, "acked");
	case ACTION_UNACKNOWLEDGE:
		return !acked && untrusted_is(status, "open");
	case ACTION_RESOLVE:
		return untrusted_is(status, "closed");
	case ACTION_SNOOZE:
		return json_bool(json_get(alert, "snoozed"), false) &&
		       json_time(json_get(alert, "snoozedUntil"), &until) &&
		       until > a->until_at - SAME_MOMENT_MS &&
		       until < a->until_at + SAME_MOMENT_MS;
	case ACTION_REASSIGN:
		return untrusted_eq(json_text(json_get(alert, "owner")), whom);
	case ACTION_RESPONDERS:
		return is_responder(g, alert);
	default:
		return untrusted_size(whom) == 2 &&
		       untrusted_eq(untrusted_slice(
					    json_text(json_get(alert, "priority")), 1, 1),
			       untrusted_slice(whom, 1, 1));
	}
}

/* True when our marker is among the notes. */
static bool marked(struct genie_act *g, struct json list)
{
	struct item *item = &g->items[g->at];
	char marker[ACTION_MARKER];

	action_marker(&g->actions[g->at], marker);
	item->place[0] = '\0';
	for (struct json n = json_first(list); json_item(n); n = json_next(n)) {
		if (untrusted_find(json_text(json_get(n, "note")), marker) >= 0)
			return true;
		text_to_id(json_text(json_get(n, g->face->note_place)), item->place,
			sizeof item->place);
	}
	return false;
}

/* Nothing is found. What takes effect twice when sent twice is looked for a while, as
 * the server may have accepted it and not carried it out yet; and it is not sent again
 * when the server is known to have accepted it. */
static void not_found(struct genie_act *g, int64_t now)
{
	struct item *item = &g->items[g->at];
	bool careful = creates(g, &g->actions[g->at]);

	if (!item->look_until)
		item->look_until = now + LOOK_MS;
	item->look_at = now + LOOK_PAUSE_MS;
	item->pages = 0;
	item->place[0] = '\0';
	if (careful && item->look_at < item->look_until)
		return;
	if (careful && *item->request)
		over(g, g->at, ACTION_FAILED,
			"the server accepted it and never said what came of it: look "
			"before you try again",
			"");
	else
		item->step = WRITE;
}

static void take_look(struct genie_act *g, const struct answer *answer)
{
	struct item *item = &g->items[g->at];
	bool notes = creates(g, &g->actions[g->at]), found = false;
	struct json_doc doc = {NULL};
	struct json root, rows;

	if (answer->status != 200) {
		refuse(g, g->at, answer);
		return;
	}
	if (!genie_parse(answer, &doc)) {
		over(g, g->at, ACTION_AGAIN, "the answer is no JSON", item->request);
		return;
	}
	root = json_root(&doc);
	rows = json_get(root, notes ? g->face->rows : "data");
	if (notes) {
		found = marked(g, rows);
		if (!found && *item->place && json_count(rows) >= NOTES_MOST &&
			++item->pages < NOTE_PAGES) {
			json_release(&doc);
			return;
		}
	} else {
		found = state_is(g, json_is_object(rows) ? rows : root);
	}
	if (found)
		over(g, g->at, ACTION_CONFIRMED, "", "");
	else
		not_found(g, answer->now);
	json_release(&doc);
}

static void take(void *state, const struct answer *answer)
{
	struct genie_act *g = state;

	if (answer->id == TENANT) {
		take_tenant(g, answer);
	} else if (answer->id == TEAMS) {
		take_teams(g, answer);
	} else if (answer->id == GENIE_OVERRIDE_ASK) {
		genie_override_take(&g->override, answer);
	} else if (answer->id == WRITE) {
		take_write(g, answer);
	} else if (answer->id == LOOK) {
		take_look(g, answer);
	} else if (answer->id == EARLIER) {
		take_earlier(g, answer);
	} else {
		/* What is no answer, or none yet, is asked for again. */
		take_outcome(g, answer);
		g->at++;
	}
}

#define VERBS                                                                            \
	(1 << ACTION_ACKNOWLEDGE | 1 << ACTION_UNACKNOWLEDGE | 1 << ACTION_RESOLVE |     \
		1 << ACTION_SNOOZE | 1 << ACTION_NOTE | 1 << ACTION_ESCALATE |           \
		1 << ACTION_REASSIGN | 1 << ACTION_PRIORITY | 1 << ACTION_RESPONDERS)
#define ONE_BY_ONE (1 << ACTION_OVERRIDE | 1 << ACTION_END_OVERRIDE)

const struct action_kind opsgenie_actions = {
	.verbs = VERBS | ONE_BY_ONE,
	.bulk = VERBS,
	.most = MOST,
	.apart = 1 << ACTION_RESPONDERS,
	.state_size = sizeof(struct genie_act),
	.start = start_opsgenie,
	.next = next,
	.take = take,
};

const struct action_kind jsm_actions = {
	.verbs = VERBS | ONE_BY_ONE,
	.bulk = VERBS,
	.most = MOST,
	.apart = 1 << ACTION_RESPONDERS,
	.state_size = sizeof(struct genie_act),
	.start = start_jsm,
	.next = next,
	.take = take,
};
