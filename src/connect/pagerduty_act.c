/* What can be done to PagerDuty's incidents. State verbs go to PUT /incidents, up to
 * 100 in one request; when the server refuses the lot, each is asked for by itself, so
 * that one bad incident spoils no other. The answer holds the incidents as they are
 * now, and only that counts as done. A note carries a marker and is looked for before
 * it is written again. Responders and status updates are pagerduty_respond.c's,
 * overrides pagerduty_override.c's.
 *
 * A state machine without I/O. */
#include "connect/act.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "pagerduty.h"

#include <string.h>

enum {
	MOST = 100, /* of 250: the answer tells of each, and is read in one turn */
	ANSWER_MAX = 16 << 20,
	BODY_MAX = 1 << 20,
	PATH_MAX_BYTES = 1 << 10,
	FROM_MAX = 320,
	PRIORITIES = 100, /* one page; an account has about five */
	PRIORITIES_NAMED = 8,
};

enum stage { WRITE, SINGLY, LOOK, NAMES, OVER };

struct priority {
	char id[40], name[60];
};

struct pd_act {
	const struct source_conf *conf;
	const struct action *actions;
	struct action_result *results;
	size_t count;
	size_t at; /* SINGLY: whose turn it is */
	enum stage stage;
	char from[FROM_MAX];
	const char *headers[4];
	struct priority *priorities; /* of ACTION_PRIORITY: as the account has them */
	size_t priority_count;
	struct respond respond; /* ACTION_RESPONDERS, ACTION_STATUS */
	struct pd_override override;
};

/* What PUT /incidents gets for a verb. */
static const struct change {
	const char *member, *value; /* value NULL: from the action */
	const char *status;         /* the answer then says so; NULL: any */
} changes[ACTION_VERB_COUNT] = {
	[ACTION_ACKNOWLEDGE] = {"status", "acknowledged", "acknowledged"},
	[ACTION_UNACKNOWLEDGE] = {"status", "triggered", "triggered"},
	[ACTION_RESOLVE] = {"status", "resolved", "resolved"},
	[ACTION_ESCALATE] = {"escalation_level", NULL, NULL},
	[ACTION_REASSIGN] = {"assignments", NULL, NULL},
	[ACTION_PRIORITY] = {"priority", NULL, NULL},
};

static bool responds(const struct pd_act *pd)
{
	return pd->actions->verb == ACTION_RESPONDERS ||
	       pd->actions->verb == ACTION_STATUS;
}

static bool overrides(const struct pd_act *pd)
{
	return pd->actions->verb == ACTION_OVERRIDE ||
	       pd->actions->verb == ACTION_END_OVERRIDE;
}

static void start(void *state, const struct source_conf *conf,
	const struct action *actions, size_t count, struct action_result *results)
{
	struct pd_act *pd = state;

	pd->conf = conf;
	pd->actions = actions;
	pd->results = results;
	pd->count = count;
	pd->stage = actions->verb == ACTION_NOTE && actions->attempts ? LOOK
		    : actions->verb == ACTION_PRIORITY                ? NAMES
								      : WRITE;
	pd->headers[0] = "Accept: application/vnd.pagerduty+json;version=2";
	pd->headers[1] = "Content-Type: application/json";
	if (conf->from) {
		char line[FROM_MAX - 8];

		text_line(untrusted_str(conf->from), line, sizeof line);
		str_copy(pd->from, sizeof pd->from, "From: ");
		str_copy(pd->from + 6, sizeof pd->from - 6, line);
		pd->headers[2] = pd->from;
	}
	if (responds(pd))
		respond_start(&pd->respond, conf, actions, results);
	if (overrides(pd))
		pd_override_start(&pd->override, actions, results, pd->headers);
}

static bool by_list(const struct pd_act *pd)
{
	return changes[pd->actions->verb].member != NULL;
}

/* --- asking --- */

static void put_reference(
	struct json_out *o, const char *name, const char *type, struct untrusted id)
{
	json_open(o, name, '{');
	json_put_str(o, "type", type);
	json_put_text(o, "id", id);
	json_shut(o, '}');
}

/* Its id, by that or by its name; empty: there is none. */
static struct untrusted priority_id(const struct pd_act *pd, const struct action *a)
{
	struct untrusted whom = untrusted_trim(a->texts[ACTION_WHOM]);

	for (size_t i = 0; i < pd->priority_count; i++) {
		const struct priority *p = &pd->priorities[i];

		if (untrusted_is(whom, p->id) ||
			(untrusted_size(whom) == strlen(p->name) &&
				untrusted_find_nocase(whom, p->name) == 0))
			return untrusted_str(p->id);
	}
	return UNTRUSTED_NONE;
}

/* It was refused before anything was sent. */
static bool misnamed(const struct pd_act *pd, size_t i)
{
	return pd->priorities && untrusted_empty(priority_id(pd, &pd->actions[i]));
}

static void put_change(
	const struct pd_act *pd, struct json_out *o, const struct action *a)
{
	const struct change *change = &changes[a->verb];
	int64_t level = 0;

	json_open(o, NULL, '{');
	json_put_str(o, "type", "incident_reference");
	json_put_text(o, "id", a->texts[ACTION_TARGET]);
	if (a->verb == ACTION_REASSIGN) {
		json_open(o, change->member, '[');
		json_open(o, NULL, '{');
		put_reference(o, "assignee", "user_reference", a->texts[ACTION_WHOM]);
		json_shut(o, '}');
		json_shut(o, ']');
	} else if (a->verb == ACTION_PRIORITY) {
		put_reference(
			o, change->member, "priority_reference", priority_id(pd, a));
	} else if (change->value) {
		json_put_str(o, change->member, change->value);
	} else if (untrusted_to_i64(a->texts[ACTION_WHOM], &level)) {
		json_put_i64(o, change->member, level);
	}
	json_shut(o, '}');
}

static void list_body(const struct pd_act *pd, struct json_out *o)
{
	bool one = pd->stage == SINGLY;

	json_open(o, "incidents", '[');
	for (size_t i = one ? pd->at : 0; i < (one ? pd->at + 1 : pd->count); i++)
		if (!misnamed(pd, i))
			put_change(pd, o, &pd->actions[i]);
	json_shut(o, ']');
}

static void note_body(const struct action *a, struct json_out *o)
{
	char marker[ACTION_MARKER];
	struct str text;

	str_init(&text, ACTION_MAX_TEXT + 64);
	text_add_line(&text, a->texts[ACTION_BODY], ACTION_MAX_TEXT);
	str_printf(&text, " (oogway %s)", action_marker(a, marker));
	json_open(o, "note", '{');
	json_put_text(o, "content", untrusted_make(text.p, text.n));
	json_shut(o, '}');
	str_release(&text);
}

static void merge_body(const struct action *a, struct json_out *o)
{
	json_open(o, "source_incidents", '[');
	put_reference(o, NULL, "incident_reference", a->texts[ACTION_TARGET]);
	json_shut(o, ']');
}

static const char *path_of(const struct pd_act *pd, struct arena *arena)
{
	const struct action *a = pd->actions;
	const char *kept;
	struct str path;

	str_init(&path, PATH_MAX_BYTES);
	str_puts(&path, pd->stage == NAMES ? "/priorities?limit=100" : "/incidents");
	if (!by_list(pd)) {
		str_putc(&path, '/');
		text_add_url(&path,
			a->texts[a->verb == ACTION_MERGE ? ACTION_WHOM : ACTION_TARGET]);
		str_puts(&path, a->verb == ACTION_SNOOZE  ? "/snooze"
				: a->verb == ACTION_MERGE ? "/merge"
							  : "/notes");
	}
	kept = arena_strdup(arena, str_text(&path));
	str_release(&path);
	return kept;
}

static void give_up(struct pd_act *pd, const char *text)
{
	for (size_t i = 0; i < pd->count; i++) {
		pd->results[i].outcome = ACTION_FAILED;
		str_copy(pd->results[i].text, sizeof pd->results[i].text, text);
	}
	pd->stage = OVER;
}

/* What would be sent without it would be a change of nothing, and look like success. */
static bool lacks_whom(const struct action *a)
{
	int64_t level;

	if (a->verb == ACTION_ESCALATE)
		return !untrusted_to_i64(a->texts[ACTION_WHOM], &level) || level < 1;
	return (a->verb == ACTION_REASSIGN || a->verb == ACTION_PRIORITY ||
		       a->verb == ACTION_MERGE) &&
	       untrusted_empty(a->texts[ACTION_WHOM]);
}

static bool write_body(struct pd_act *pd, int64_t now, struct str *out)
{
	const struct action *a = pd->actions;
	int64_t seconds = (a->until_at - now) / SECOND_MS;
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	if (by_list(pd)) {
		list_body(pd, &o);
	} else if (a->verb == ACTION_NOTE) {
		note_body(a, &o);
	} else if (a->verb == ACTION_MERGE) {
		merge_body(a, &o);
	} else {
		if (seconds < 1) {
			give_up(pd, "its end has passed meanwhile");
			return false;
		}
		json_put_i64(&o, "duration",
			seconds > ACTION_SNOOZE_MOST_S ? ACTION_SNOOZE_MOST_S : seconds);
	}
	json_shut(&o, '}');
	return !out->cut;
}

static bool next(void *state, int64_t now, struct arena *arena, struct ask *out)
{
	struct pd_act *pd = state;
	struct str body;
	bool ok;

	if (responds(pd))
		return respond_next(&pd->respond, now, arena, pd->headers, out);
	if (overrides(pd))
		return pd_override_next(&pd->override, now, arena, out);
	if (pd->stage == WRITE || pd->stage == NAMES)
		for (size_t i = 0; i < pd->count; i++)
			if (lacks_whom(&pd->actions[i]))
				give_up(pd, "it does not say to whom, or to which level");
	if (pd->stage == OVER)
		return false;
	*out = (struct ask){.kind = ASK_HTTP,
		.id = pd->stage,
		.method = "GET",
		.path = path_of(pd, arena),
		.headers = pd->headers,
		.max_bytes = ANSWER_MAX};
	if (pd->stage == LOOK || pd->stage == NAMES)
		return out->path != NULL;
	out->method = by_list(pd) || pd->actions->verb == ACTION_MERGE ? "PUT" : "POST";
	str_init(&body, BODY_MAX);
	ok = write_body(pd, now, &body);
	out->body = arena_strdup(arena, str_text(&body));
	out->body_n = body.n;
	str_release(&body);
	return ok && out->path && out->body;
}

/* --- reading --- */

bool pagerduty_parse(const struct answer *answer, struct json_doc *doc)
{
	size_t n;
	const char *text = text_raw(answer->body, &n);

	return json_parse(doc, text ? text : "", n, ANSWER_MAX, NULL);
}

void pagerduty_refuse_action(const struct answer *answer, struct action_result *result)
{
	struct json_doc doc = {NULL};
	struct str words;

	str_init(&words, 400);
	if (pagerduty_parse(answer, &doc))
		pagerduty_words(json_get(json_root(&doc), "error"), &words);
	action_refused(answer, untrusted_make(words.p, words.n), result);
	str_release(&words);
	json_release(&doc);
}

/* Where the answer tells who has it or how urgent it is, that is to be as asked. */
static bool as_asked(
	const struct pd_act *pd, const struct action *a, struct json incident)
{
	struct untrusted whom = a->texts[ACTION_WHOM];
	struct json is;

	if (a->verb == ACTION_PRIORITY) {
		is = json_get(incident, "priority.id");
		return !json_item(is) || untrusted_eq(json_text(is), priority_id(pd, a));
	}
	is = json_get(incident, "assignments");
	if (a->verb != ACTION_REASSIGN || !json_item(is))
		return true;
	for (struct json e = json_first(is); json_item(e); e = json_next(e))
		if (untrusted_eq(json_text(json_get(e, "assignee.id")), whom))
			return true;
	return false;
}

static void confirm(const struct pd_act *pd, size_t i, struct json incident)
{
	const struct action *a = &pd->actions[i];
	struct action_result *result = &pd->results[i];
	const char *status = changes[a->verb].status;
	struct untrusted is = json_text(json_get(incident, "status"));
	char word[40];

	if (!status && !as_asked(pd, a, incident)) {
		result->outcome = ACTION_FAILED;
		str_copy(result->text, sizeof result->text,
			"the server took it, and the incident is as it was");
		return;
	}
	if (!status || untrusted_is(is, status)) {
		result->outcome = ACTION_CONFIRMED;
		return;
	}
	result->outcome = ACTION_FAILED;
	str_copy(result->text, sizeof result->text, "the incident is ");
	str_copy(result->text + strlen(result->text), 60,
		text_line(is, word, sizeof word));
}

static void read_list(struct pd_act *pd, struct json list)
{
	for (struct json e = json_first(list); json_item(e); e = json_next(e))
		for (size_t i = 0; i < pd->count; i++)
			if (untrusted_eq(json_text(json_get(e, "id")),
				    pd->actions[i].texts[ACTION_TARGET]))
				confirm(pd, i, e);
}

static void refuse_priority(const struct pd_act *pd, size_t i)
{
	char word[60];
	struct str text;

	str_init(&text, sizeof pd->results->text - 1);
	str_printf(&text, "no priority is called %s there",
		text_line(pd->actions[i].texts[ACTION_WHOM], word, sizeof word));
	for (size_t k = 0; k < pd->priority_count && k < PRIORITIES_NAMED; k++)
		str_printf(&text, "%s %s", k ? "," : ":", pd->priorities[k].name);
	pd->results[i].outcome = ACTION_FAILED;
	str_copy(pd->results[i].text, sizeof pd->results[i].text, str_text(&text));
	str_release(&text);
}

static void take_names(struct pd_act *pd, struct json list)
{
	size_t known = 0;

	pd->priorities = mem_new(PRIORITIES, sizeof *pd->priorities);
	for (struct json e = json_first(list);
		json_item(e) && pd->priority_count < PRIORITIES; e = json_next(e)) {
		struct priority *p = &pd->priorities[pd->priority_count];

		pd->priority_count +=
			text_to_id(json_text(json_get(e, "id")), p->id, sizeof p->id);
		text_line(json_text(json_get(e, "name")), p->name, sizeof p->name);
	}
	for (size_t i = 0; i < pd->count; i++)
		if (untrusted_empty(priority_id(pd, &pd->actions[i])))
			refuse_priority(pd, i);
		else
			known++;
	pd->stage = known ? WRITE : OVER;
}

static void look(struct pd_act *pd, struct json notes)
{
	char marker[ACTION_MARKER];

	action_marker(pd->actions, marker);
	pd->stage = WRITE;
	for (struct json n = json_first(notes); json_item(n); n = json_next(n))
		if (untrusted_find(json_text(json_get(n, "content")), marker) >= 0) {
			pd->results->outcome = ACTION_CONFIRMED;
			pd->stage = OVER;
		}
}

static void advance(struct pd_act *pd)
{
	do
		pd->at++;
	while (pd->at < pd->count && misnamed(pd, pd->at));
	if (pd->stage != SINGLY || pd->at >= pd->count)
		pd->stage = OVER;
}

static void take_bad(struct pd_act *pd, const struct answer *answer)
{
	bool refused = answer->status >= 400 && answer->status < 500 &&
		       answer->status != 429 && answer->status != 401;

	/* One of them may be what the server does not like. */
	if (pd->stage == WRITE && pd->count > 1 && refused) {
		pd->stage = SINGLY;
		for (pd->at = 0; misnamed(pd, pd->at);)
			pd->at++;
		return;
	}
	if (pd->stage == SINGLY) {
		pagerduty_refuse_action(answer, &pd->results[pd->at]);
	} else {
		for (size_t i = 0; i < pd->count; i++)
			pagerduty_refuse_action(answer, &pd->results[i]);
	}
	/* The rest would fare no better now. */
	if (pd->stage == SINGLY && !refused) {
		for (size_t i = pd->at + 1; i < pd->count; i++)
			pd->results[i] = pd->results[pd->at];
		pd->stage = OVER;
		return;
	}
	advance(pd);
}

static void take(void *state, const struct answer *answer)
{
	struct pd_act *pd = state;
	struct json_doc doc = {NULL};
	struct json root;

	if (responds(pd)) {
		respond_take(&pd->respond, answer);
		return;
	}
	if (overrides(pd)) {
		pd_override_take(&pd->override, answer);
		return;
	}
	if (answer->status < 200 || answer->status > 299) {
		take_bad(pd, answer);
		return;
	}
	if (!pagerduty_parse(answer, &doc)) {
		pd->stage = OVER;
		return;
	}
	root = json_root(&doc);
	if (pd->stage == LOOK) {
		look(pd, json_get(root, "notes"));
		json_release(&doc);
		return;
	}
	if (pd->stage == NAMES) {
		take_names(pd, json_get(root, "priorities"));
		json_release(&doc);
		return;
	}
	if (by_list(pd))
		read_list(pd, json_get(root, "incidents"));
	else if (json_item(json_get(root, "incident")) ||
		 json_item(json_get(root, "note")))
		pd->results->outcome = ACTION_CONFIRMED;
	advance(pd);
	json_release(&doc);
}

static void stop(void *state)
{
	mem_free(((struct pd_act *)state)->priorities);
}

const struct action_kind pagerduty_actions = {
	.verbs = 1 << ACTION_ACKNOWLEDGE | 1 << ACTION_UNACKNOWLEDGE |
		 1 << ACTION_RESOLVE | 1 << ACTION_SNOOZE | 1 << ACTION_NOTE |
		 1 << ACTION_ESCALATE | 1 << ACTION_REASSIGN | 1 << ACTION_PRIORITY |
		 1 << ACTION_MERGE | 1 << ACTION_RESPONDERS | 1 << ACTION_STATUS |
		 1 << ACTION_OVERRIDE | 1 << ACTION_END_OVERRIDE,
	.bulk = 1 << ACTION_ACKNOWLEDGE | 1 << ACTION_UNACKNOWLEDGE |
		1 << ACTION_RESOLVE | 1 << ACTION_ESCALATE | 1 << ACTION_REASSIGN |
		1 << ACTION_PRIORITY,
	.most = MOST,
	.state_size = sizeof(struct pd_act),
	.start = start,
	.next = next,
	.take = take,
	.stop = stop,
};
