/* Asks people to join an incident at PagerDuty, and tells those who subscribed to it.
 * Who is meant by a name is looked up first: one that fits several is refused, for who
 * is woken by mistake does not trust it again. A request carries a marker in its message
 * and is looked for before it is made again. A status update is looked for in the log of
 * its incident, which tells most accounts of them; where it is not found it may still
 * have gone out, and somebody must say whether it is sent again.
 *
 * A state machine without I/O. */
#include "pagerduty.h"

#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
	ANSWER_MAX = 4 << 20,
	BODY_MAX = 32 << 10,
	PATH_MOST = 1 << 10,
	ID_LEAST = 7, /* "PJ25ZYX" */
	NAMED = 4,    /* in a refusal */
	LOOKS = 3,    /* at the log, which may be late */
	LOOK_PAUSE_MS = 2000,
	CLOCKS_MS = 60000, /* so far may those of two machines be apart */
};

static void fail(struct respond *r, const char *text)
{
	r->result->outcome = ACTION_FAILED;
	str_copy(r->result->text, sizeof r->result->text, text);
	r->stage = RESPOND_OVER;
}

/* An id of theirs, as it is copied from a link. */
static bool is_id(const char *word)
{
	size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	return *word == 'P' && n >= ID_LEAST && !word[n] &&
	       strcspn(word, "0123456789") < n;
}

static void add_target(struct respond *r, struct untrusted word)
{
	struct respond_target *t = &r->targets[r->target_count];
	char name[sizeof t->name + 1];

	word = untrusted_trim(word);
	if (untrusted_empty(word))
		return;
	if (r->target_count == RESPOND_TARGETS) {
		fail(r, "at most 8 can be asked at once");
		return;
	}
	text_line(word, name, sizeof name);
	t->user = *name == '@';
	str_copy(t->name, sizeof t->name, name + t->user);
	if (is_id(t->name))
		str_copy(t->id, sizeof t->id, t->name);
	r->target_count += *t->name != '\0';
}

/* "@ada @grace", "@ada, Payments on call". */
static void read_targets(struct respond *r)
{
	struct untrusted rest = r->action->texts[ACTION_WHOM], piece, word;

	while (untrusted_split(&rest, ",", &piece)) {
		piece = untrusted_trim(piece);
		if (!untrusted_starts(piece, "@"))
			add_target(r, piece);
		else
			while (untrusted_word(&piece, " \t", &word))
				add_target(r, word);
	}
	if (!r->target_count && r->stage != RESPOND_OVER)
		fail(r, "it does not say whom to ask");
}

/* It says nothing else about whether it was sent. */
static void not_known(struct respond *r)
{
	action_tried(r->action, r->result->upstream_id, sizeof r->result->upstream_id);
	r->result->outcome = ACTION_UNSURE;
	str_copy(r->result->text, sizeof r->result->text,
		"it may have reached the subscribers, the log of the incident does not "
		"tell: action retry sends it again");
	r->stage = RESPOND_OVER;
}

static void look_for_it(struct respond *r, int64_t now)
{
	r->result->outcome = ACTION_UNKNOWN;
	r->result->text[0] = '\0';
	r->look_at = now + LOOK_PAUSE_MS;
	r->stage = RESPOND_LOG;
}

void respond_start(struct respond *r, const struct source_conf *conf,
	const struct action *action, struct action_result *result)
{
	*r = (struct respond){.conf = conf, .action = action, .result = result};
	if (action->verb == ACTION_STATUS) {
		r->stage = RESPOND_WRITE;
		if (!action_last_known(action))
			r->stage = RESPOND_LOG;
		return;
	}
	r->stage = action->attempts ? RESPOND_LOOK : RESPOND_ME;
	read_targets(r);
}

/* --- asking --- */

static void put_message(const struct respond *r, int64_t now, struct json_out *o)
{
	const struct action *a = r->action;
	char marker[ACTION_MARKER], clock[TIME_TEXT];
	struct str text;

	str_init(&text, ACTION_MAX_TEXT + 100);
	text_add_line(&text, a->texts[ACTION_BODY], ACTION_MAX_TEXT);
	if (a->verb == ACTION_RESPONDERS) {
		str_printf(&text, " (oogway %s)", action_marker(a, marker));
	} else if (a->until_at > now) {
		/* Those who read it are in any zone. */
		time_rfc3339(a->until_at, clock);
		str_printf(&text, " (next update by %.5s UTC)", clock + 11);
	}
	json_put_text(o, "message", untrusted_make(text.p, text.n));
	str_release(&text);
}

static void put_targets(const struct respond *r, struct json_out *o)
{
	json_open(o, "responder_request_targets", '[');
	for (size_t i = 0; i < r->target_count; i++) {
		json_open(o, NULL, '{');
		json_open(o, "responder_request_target", '{');
		json_put_str(o, "id", r->targets[i].id);
		json_put_str(o, "type",
			r->targets[i].user ? "user_reference"
					   : "escalation_policy_reference");
		json_shut(o, '}');
		json_shut(o, '}');
	}
	json_shut(o, ']');
}

static void write_body(const struct respond *r, int64_t now, struct str *out)
{
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	if (r->action->verb == ACTION_RESPONDERS) {
		json_put_str(&o, "requester_id", r->requester);
		put_targets(r, &o);
	}
	put_message(r, now, &o);
	json_shut(&o, '}');
}

static void put_path(const struct respond *r, struct str *path)
{
	const struct respond_target *t = &r->targets[r->at];

	if (r->stage == RESPOND_ME && r->conf->from) {
		str_puts(path, "/users?limit=100&query=");
		text_add_url(path, untrusted_str(r->conf->from));
	} else if (r->stage == RESPOND_ME) {
		str_puts(path, "/users/me");
	} else if (r->stage == RESPOND_WHOM) {
		str_printf(path, "/%s?limit=100&query=",
			t->user ? "users" : "escalation_policies");
		text_add_url(path, untrusted_str(t->name));
	} else {
		str_puts(path, "/incidents/");
		text_add_url(path, r->action->texts[ACTION_TARGET]);
		if (r->stage == RESPOND_LOG)
			str_puts(path, "/log_entries?time_zone=UTC&limit=100");
		if (r->stage == RESPOND_WRITE)
			str_puts(path, r->action->verb == ACTION_STATUS
					       ? "/status_updates"
					       : "/responder_requests");
	}
}

bool respond_next(struct respond *r, int64_t now, struct arena *arena,
	const char *const *headers, struct ask *out)
{
	struct str text;

	while (r->stage == RESPOND_WHOM && *r->targets[r->at].id)
		if (++r->at == r->target_count)
			r->stage = RESPOND_WRITE;
	if (r->stage == RESPOND_OVER)
		return false;
	if (r->stage == RESPOND_LOG && now < r->look_at) {
		*out = (struct ask){.kind = ASK_WAIT, .until = r->look_at};
		return true;
	}
	str_init(&text, PATH_MOST);
	put_path(r, &text);
	*out = (struct ask){.kind = ASK_HTTP,
		.id = (int)r->stage,
		.method = r->stage == RESPOND_WRITE ? "POST" : "GET",
		.path = text.cut ? NULL : arena_strdup(arena, str_text(&text)),
		.headers = headers,
		.max_bytes = ANSWER_MAX};
	str_release(&text);
	if (r->stage != RESPOND_WRITE)
		return out->path != NULL;
	str_init(&text, BODY_MAX);
	write_body(r, now, &text);
	out->body = text.cut ? NULL : arena_strdup(arena, str_text(&text));
	out->body_n = text.n;
	str_release(&text);
	return out->path && out->body;
}

/* --- who is meant --- */

static bool equal(struct untrusted text, const char *word)
{
	return untrusted_size(text) == strlen(word) &&
	       untrusted_find_nocase(text, word) == 0;
}

static bool is_named(struct json one, const char *word)
{
	struct untrusted mail = json_text(json_get(one, "email"));
	ptrdiff_t at = untrusted_find(mail, "@");

	return equal(json_text(json_get(one, "name")), word) || equal(mail, word) ||
	       (at > 0 && equal(untrusted_slice(mail, 0, (size_t)at), word));
}

static bool is_like(struct json one, const char *word)
{
	return untrusted_find_nocase(json_text(json_get(one, "name")), word) >= 0 ||
	       untrusted_find_nocase(json_text(json_get(one, "email")), word) >= 0;
}

static void refuse_many(struct respond *r, struct json list, const char *word)
{
	char name[60];
	struct str text;
	size_t n = 0;

	str_init(&text, sizeof r->result->text - 1);
	str_printf(&text, "%s may be", word);
	for (struct json e = json_first(list); json_item(e) && n < NAMED;
		e = json_next(e))
		if (is_like(e, word))
			str_printf(&text, "%s %s", n++ ? "," : "",
				text_line(json_text(json_get(e, "name")), name,
					sizeof name));
	str_puts(&text, ": say who is meant; nobody was asked");
	fail(r, str_text(&text));
	str_release(&text);
}

static void take_target(struct respond *r, struct json list, bool more)
{
	struct respond_target *t = &r->targets[r->at];
	struct json named = {NULL}, like = {NULL};
	size_t exact = 0, alike = 0;
	char text[160];

	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		if (is_named(e, t->name)) {
			named = e;
			exact++;
		}
		if (is_like(e, t->name)) {
			like = e;
			alike++;
		}
	}
	if (exact != 1 && (alike > 1 || exact > 1 || (alike && more))) {
		refuse_many(r, list, t->name);
		return;
	}
	if (exact != 1)
		named = like;
	if (!json_item(named) ||
		!text_to_id(json_text(json_get(named, "id")), t->id, sizeof t->id)) {
		snprintf(text, sizeof text, "no %s is called %s: nobody was asked",
			t->user ? "user" : "escalation policy", t->name);
		fail(r, text);
		return;
	}
	text_line(json_text(json_get(named, "name")), t->name, sizeof t->name);
	if (++r->at == r->target_count)
		r->stage = RESPOND_WRITE;
}

static void take_me(struct respond *r, struct json root)
{
	struct json list = json_get(root, "users"), me = json_get(root, "user");

	for (struct json e = json_first(list); json_item(e); e = json_next(e))
		if (r->conf->from &&
			equal(json_text(json_get(e, "email")), r->conf->from))
			me = e;
	if (text_to_id(json_text(json_get(me, "id")), r->requester, sizeof r->requester))
		r->stage = RESPOND_WHOM;
	else
		fail(r, "who asks is not known there: set from= of the source to your "
			"e-mail address");
}

/* An earlier try may have made it. */
static void take_look(struct respond *r, struct json incident)
{
	struct json list = json_get(incident, "responder_requests");
	char marker[ACTION_MARKER];

	action_marker(r->action, marker);
	r->stage = RESPOND_ME;
	for (struct json e = json_first(list); json_item(e); e = json_next(e))
		if (untrusted_find(json_text(json_get(e, "message")), marker) >= 0) {
			r->result->outcome = ACTION_CONFIRMED;
			r->stage = RESPOND_OVER;
		}
}

/* Its words, in whichever member: the published description has none of these. */
static bool is_it(const struct respond *r, struct json entry)
{
	static const char *const members[] = {
		"message", "note", "channel.message", "channel.summary", "summary"};
	char words[ACTION_MAX_TEXT];

	text_line(r->action->texts[ACTION_BODY], words, sizeof words);
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (untrusted_find(json_text(json_get(entry, members[i])), words) >= 0)
			return true;
	return false;
}

static void take_log(struct respond *r, struct json list, int64_t now)
{
	int64_t made_at = id_made_at(r->action->id), at;

	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		if (untrusted_find(json_text(json_get(e, "type")), "status_update") < 0 ||
			!json_time(json_get(e, "created_at"), &at) ||
			at < made_at - CLOCKS_MS || !is_it(r, e))
			continue;
		r->result->outcome = ACTION_CONFIRMED;
		r->stage = RESPOND_OVER;
		return;
	}
	if (++r->looks < LOOKS)
		look_for_it(r, now);
	else
		not_known(r);
}

static void take_written(struct respond *r, struct json root)
{
	bool status = r->action->verb == ACTION_STATUS;
	struct str names;

	r->stage = RESPOND_OVER;
	if (!json_item(json_get(root, status ? "status_update" : "responder_request")))
		return;
	r->result->outcome = ACTION_CONFIRMED;
	str_init(&names, sizeof r->result->text - 1);
	for (size_t i = 0; i < r->target_count; i++)
		str_printf(&names, "%s%s", i ? ", " : "", r->targets[i].name);
	str_copy(r->result->text, sizeof r->result->text, str_text(&names));
	str_release(&names);
}

static void take_bad(struct respond *r, const struct answer *answer)
{
	bool status = r->action->verb == ACTION_STATUS;
	struct err err = {0};

	/* With this key nobody is "me", and no mail is given. */
	if (r->stage == RESPOND_ME && answer->status >= 400 && answer->status < 500 &&
		answer->status != 429 && answer->status != 401) {
		fail(r, "who asks is not known there: set from= of the source to your "
			"e-mail address");
		return;
	}
	pagerduty_refused(answer, &err);
	action_refused(answer, UNTRUSTED_NONE, r->result);
	if (*err.text)
		str_copy(r->result->text, sizeof r->result->text, err.text);
	if (status && r->stage == RESPOND_WRITE && r->result->outcome == ACTION_AGAIN &&
		answer->status != 429) {
		look_for_it(r, answer->now);
		return;
	}
	if (r->stage == RESPOND_LOG) {
		/* Without the network it is looked for again; else nobody can tell. */
		if (r->result->outcome != ACTION_AGAIN)
			not_known(r);
	} else if (status && answer->status == 429) {
		action_tried(
			r->action, r->result->upstream_id, sizeof r->result->upstream_id);
	}
	r->stage = RESPOND_OVER;
}

static void take_status(struct respond *r, struct json root, int64_t now)
{
	if (r->stage == RESPOND_LOG)
		take_log(r, json_get(root, "log_entries"), now);
	else if (json_item(json_get(root, "status_update")))
		take_written(r, root);
	else
		look_for_it(r, now); /* the server said yes, and what to is lost */
}

void respond_take(struct respond *r, const struct answer *answer)
{
	bool status = r->action->verb == ACTION_STATUS;
	struct json_doc doc = {NULL};
	struct json root;
	const char *text;
	size_t n;

	if (answer->status < 200 || answer->status > 299) {
		take_bad(r, answer);
		return;
	}
	text = text_raw(answer->body, &n);
	if (!json_parse(&doc, text ? text : "", n, ANSWER_MAX, NULL) && !status) {
		r->stage = RESPOND_OVER;
		return;
	}
	root = json_root(&doc);
	if (status)
		take_status(r, root, answer->now);
	else if (r->stage == RESPOND_LOOK)
		take_look(r, json_get(root, "incident"));
	else if (r->stage == RESPOND_ME)
		take_me(r, root);
	else if (r->stage == RESPOND_WHOM)
		take_target(r,
			json_get(root,
				r->targets[r->at].user ? "users" : "escalation_policies"),
			json_bool(json_get(root, "more"), false));
	else
		take_written(r, root);
	json_release(&doc);
}
