/* What can be done at an Alertmanager: a silence is made, extended or ended. A silence
 * carries a marker in its comment; when nobody knows whether an earlier try made it,
 * it is looked for first, so that none is made twice. One action per conversation.
 *
 * A state machine without I/O. */
#include "connect/act.h"

#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <string.h>

enum { ANSWER_MAX = 16 << 20, BODY_MAX = 256 << 10, PATH_MAX_BYTES = 1 << 10 };

enum stage { LOOK, READ, WRITE, END_IT, OVER };

struct am_act {
	const struct source_conf *conf;
	const struct action *action;
	struct action_result *result;
	enum stage stage;
	struct str old; /* body for an extension, made of the silence as it is */
};

static const char *const headers[] = {"Content-Type: application/json", NULL};

static void start(void *state, const struct source_conf *conf,
	const struct action *actions, size_t count, struct action_result *results)
{
	struct am_act *am = state;

	(void)count;
	am->conf = conf;
	am->action = actions;
	am->result = results;
	if (actions->verb == ACTION_SILENCE)
		am->stage = actions->attempts ? LOOK : WRITE;
	else
		am->stage = actions->verb == ACTION_EXTEND ? READ : END_IT;
}

static void over(
	struct am_act *am, enum action_outcome outcome, const char *text, const char *id)
{
	am->result->outcome = outcome;
	str_copy(am->result->text, sizeof am->result->text, text);
	str_copy(am->result->upstream_id, sizeof am->result->upstream_id, id);
	am->stage = OVER;
}

/* --- asking --- */

static void put_matchers(struct json_out *o, struct json list)
{
	json_open(o, "matchers", '[');
	for (struct json m = json_first(list); json_item(m); m = json_next(m)) {
		json_open(o, NULL, '{');
		json_put_text(o, "name", json_text(json_get(m, "name")));
		json_put_text(o, "value", json_text(json_get(m, "value")));
		json_put_bool(o, "isRegex", json_bool(json_get(m, "isRegex"), false));
		json_put_bool(o, "isEqual", json_bool(json_get(m, "isEqual"), true));
		json_shut(o, '}');
	}
	json_shut(o, ']');
}

static void put_comment(struct json_out *o, const struct action *a)
{
	char marker[ACTION_MARKER];
	struct str text;

	str_init(&text, ACTION_MAX_TEXT + 64);
	text_add_line(&text, a->texts[ACTION_BODY], ACTION_MAX_TEXT);
	str_printf(&text, "%s(oogway %s)", text.n ? " " : "", action_marker(a, marker));
	json_put_text(o, "comment", untrusted_make(text.p, text.n));
	str_release(&text);
}

static bool silence_body(const struct action *a, int64_t now, struct str *out)
{
	struct json_doc matchers;
	struct json_out o;
	size_t n;
	const char *text = text_raw(a->texts[ACTION_MATCHERS], &n);

	if (!json_parse(&matchers, text ? text : "", n, BODY_MAX, NULL))
		return false;
	json_begin(&o, out);
	json_open(&o, NULL, '{');
	put_matchers(&o, json_root(&matchers));
	json_put_time(&o, "startsAt", now);
	json_put_time(&o, "endsAt", a->until_at);
	json_put_text(&o, "createdBy", a->texts[ACTION_BY]);
	put_comment(&o, a);
	json_shut(&o, '}');
	json_release(&matchers);
	return !out->cut;
}

static const char *path_of(const struct am_act *am, struct arena *arena, bool list)
{
	const char *prefix = str_ends(am->conf->url, "/api/v2") ? "" : "/api/v2";
	const char *kept;
	struct str path;

	str_init(&path, PATH_MAX_BYTES);
	str_printf(&path, "%s/silence%s", prefix, list ? "s" : "/");
	if (!list)
		text_add_url(&path, am->action->texts[ACTION_TARGET]);
	kept = arena_strdup(arena, str_text(&path));
	str_release(&path);
	return kept;
}

static bool write_ask(
	struct am_act *am, int64_t now, struct arena *arena, struct ask *out)
{
	struct str body;

	if (am->action->until_at <= now) {
		over(am, ACTION_FAILED, "its end has passed meanwhile", "");
		return false;
	}
	str_init(&body, BODY_MAX);
	if (am->action->verb == ACTION_EXTEND)
		str_puts(&body, str_text(&am->old));
	else if (!silence_body(am->action, now, &body))
		over(am, ACTION_FAILED, "its matchers cannot be read", "");
	out->method = "POST";
	out->headers = headers;
	out->path = path_of(am, arena, true);
	out->body = arena_strdup(arena, str_text(&body));
	out->body_n = body.n;
	str_release(&body);
	return am->stage == WRITE && out->path && out->body;
}

static bool next(void *state, int64_t now, struct arena *arena, struct ask *out)
{
	struct am_act *am = state;

	if (am->stage == OVER)
		return false;
	*out = (struct ask){.kind = ASK_HTTP,
		.id = am->stage,
		.method = "GET",
		.max_bytes = ANSWER_MAX};
	if (am->stage == WRITE)
		return write_ask(am, now, arena, out);
	if (am->stage == END_IT)
		out->method = "DELETE";
	out->path = path_of(am, arena, am->stage == LOOK);
	return out->path != NULL;
}

/* --- reading --- */

static bool parse(const struct answer *answer, struct json_doc *doc)
{
	size_t n;
	const char *text = text_raw(answer->body, &n);

	return json_parse(doc, text ? text : "", n, ANSWER_MAX, NULL);
}

static void refused(struct am_act *am, const struct answer *answer)
{
	struct untrusted words = UNTRUSTED_NONE;
	struct json_doc doc = {NULL};

	if (parse(answer, &doc)) {
		words = json_text(json_root(&doc));
		if (untrusted_empty(words))
			words = json_text(json_get(json_root(&doc), "message"));
	}
	action_refused(answer, words, am->result);
	json_release(&doc);
	am->stage = OVER;
}

/* An earlier try may have made it: its comment has our marker. */
static void look(struct am_act *am, struct json list)
{
	char marker[ACTION_MARKER], id[80];

	action_marker(am->action, marker);
	for (struct json s = json_first(list); json_item(s); s = json_next(s)) {
		if (untrusted_find(json_text(json_get(s, "comment")), marker) < 0 ||
			!text_to_id(json_text(json_get(s, "id")), id, sizeof id))
			continue;
		over(am, ACTION_CONFIRMED, "", id);
		return;
	}
	am->stage = WRITE;
}

/* The same silence with another end; its id may change all the same. */
static void read_silence(struct am_act *am, struct json silence)
{
	struct json_out o;
	int64_t starts_at = 0;

	if (untrusted_is(json_text(json_get(silence, "status.state")), "expired")) {
		over(am, ACTION_FAILED, "it has ended already; make a new one", "");
		return;
	}
	json_time(json_get(silence, "startsAt"), &starts_at);
	str_init(&am->old, BODY_MAX);
	json_begin(&o, &am->old);
	json_open(&o, NULL, '{');
	json_put_text(&o, "id", json_text(json_get(silence, "id")));
	put_matchers(&o, json_get(silence, "matchers"));
	/* As it was, to the last digit: another start would make it another silence. */
	json_put_text(&o, "startsAt", json_text(json_get(silence, "startsAt")));
	json_put_time(&o, "endsAt", am->action->until_at);
	json_put_text(&o, "createdBy", json_text(json_get(silence, "createdBy")));
	json_put_text(&o, "comment", json_text(json_get(silence, "comment")));
	json_shut(&o, '}');
	if (am->old.cut || !starts_at)
		over(am, ACTION_FAILED, "the silence cannot be read", "");
	else
		am->stage = WRITE;
}

static void written(struct am_act *am, struct json answer)
{
	char id[80];

	if (text_to_id(json_text(json_get(answer, "silenceID")), id, sizeof id))
		over(am, ACTION_CONFIRMED, "", id);
	else
		over(am, ACTION_AGAIN, "the answer names no silence", "");
}

static void take(void *state, const struct answer *answer)
{
	struct am_act *am = state;
	struct json_doc doc = {NULL};

	if (answer->status < 200 || answer->status > 299) {
		refused(am, answer);
		return;
	}
	if (am->stage == END_IT) {
		over(am, ACTION_CONFIRMED, "", "");
		return;
	}
	if (!parse(answer, &doc)) {
		over(am, ACTION_AGAIN, "the answer is no JSON", "");
		return;
	}
	if (am->stage == LOOK)
		look(am, json_root(&doc));
	else if (am->stage == READ)
		read_silence(am, json_root(&doc));
	else
		written(am, json_root(&doc));
	json_release(&doc);
}

static void stop(void *state)
{
	str_release(&((struct am_act *)state)->old);
}

const struct action_kind alertmanager_actions = {
	.verbs = 1 << ACTION_SILENCE | 1 << ACTION_EXTEND | 1 << ACTION_EXPIRE,
	.most = 1,
	.state_size = sizeof(struct am_act),
	.start = start,
	.next = next,
	.take = take,
	.stop = stop,
};
