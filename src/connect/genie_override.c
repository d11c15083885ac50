/* Overrides of schedules of Opsgenie and Jira Service Management Operations: of all
 * rotations of a schedule, answered at once. Opsgenie lets us name an override: the
 * marker of the action is in its name, by which it is looked for before it is made again,
 * so that it is never there twice. Jira gives it a name of its own: one of the same
 * person, begin and end is looked for. One that is not there any more is what ending it
 * wanted.
 *
 * A state machine without I/O. */
#include "base/text.h"
#include "base/time.h"
#include "genie.h"

#include <string.h>

enum { BODY_MAX = 4 << 10, PATH_BYTES = 1 << 10, PAGES = 20, LATE_MS = 60000 };

void genie_override_start(struct genie_override *o, const struct genie_face *face,
	const struct action *action, struct action_result *result)
{
	*o = (struct genie_override){.face = face, .action = action, .result = result};
	o->known = override_facts_read(action->texts[ACTION_FACTS], &o->facts);
	o->step = action->verb == ACTION_END_OVERRIDE ? OVERRIDE_END
		  : action->attempts                  ? OVERRIDE_LOOK
						      : OVERRIDE_MAKE;
}

static void fail(struct genie_override *o, const char *why)
{
	o->result->outcome = ACTION_FAILED;
	str_copy(o->result->text, sizeof o->result->text, why);
	o->over = true;
}

/* "oogway-1f0c…": only of Opsgenie. */
static void add_name(const struct genie_override *o, struct str *out)
{
	char marker[ACTION_MARKER];

	str_printf(out, "oogway-%s", action_marker(o->action, marker));
}

static const char *path_of(
	const struct genie_override *o, const char *cloud, struct arena *arena)
{
	struct str path;
	const char *kept;

	str_init(&path, PATH_BYTES);
	genie_root(o->face, cloud, &path);
	str_puts(&path, "/schedules/");
	text_add_url(&path, o->action->texts[ACTION_TARGET]);
	str_puts(&path, "/overrides");
	if (o->step == OVERRIDE_END) {
		str_putc(&path, '/');
		text_add_url(&path, o->action->texts[ACTION_WHOM]);
	} else if (o->step == OVERRIDE_LOOK && !o->face->jsm) {
		str_putc(&path, '/');
		add_name(o, &path);
	} else if (o->step == OVERRIDE_LOOK) {
		str_printf(&path, "?size=100&offset=%d", o->offset);
	}
	kept = path.cut ? NULL : arena_strdup(arena, str_text(&path));
	str_release(&path);
	return kept;
}

static bool add_body(const struct genie_override *o, struct arena *arena, struct ask *out)
{
	struct json_out json;
	struct str body, name;

	str_init(&body, BODY_MAX);
	str_init(&name, 80);
	json_begin(&json, &body);
	json_open(&json, NULL, '{');
	if (!o->face->jsm) {
		add_name(o, &name);
		json_put_str(&json, "alias", str_text(&name));
	}
	json_open(&json, o->face->jsm ? "responder" : "user", '{');
	json_put_str(&json, "type", "user");
	json_put_text(
		&json, o->face->jsm ? "id" : "username", o->action->texts[ACTION_WHOM]);
	json_shut(&json, '}');
	json_put_time(&json, "startDate", o->start_at);
	json_put_time(&json, "endDate", o->action->until_at);
	json_shut(&json, '}');
	out->body = body.cut ? NULL : arena_strdup(arena, str_text(&body));
	out->body_n = body.n;
	str_release(&name);
	str_release(&body);
	return out->body != NULL;
}

bool genie_override_next(struct genie_override *o, int64_t now, const char *cloud,
	struct arena *arena, struct ask *out)
{
	static const char *const methods[] = {[OVERRIDE_MAKE] = "POST",
		[OVERRIDE_END] = "DELETE",
		[OVERRIDE_LOOK] = "GET"};
	static const char *const headers[] = {"Content-Type: application/json", NULL};

	if (!o->over && !o->known)
		fail(o, "what it was to be cannot be read");
	else if (!o->over && o->step == OVERRIDE_MAKE && o->action->until_at <= now)
		fail(o, "its end has passed meanwhile");
	if (o->over)
		return false;
	*out = (struct ask){.kind = ASK_HTTP,
		.id = GENIE_OVERRIDE_ASK,
		.method = methods[o->step],
		.path = path_of(o, cloud, arena),
		.headers = o->step == OVERRIDE_MAKE ? headers : NULL,
		.max_bytes = GENIE_MAX_BODY};
	/* What has waited long does not begin in the past. */
	o->start_at = now - o->facts.from_at < LATE_MS ? o->facts.from_at
						       : now - now % SECOND_MS;
	if (o->step == OVERRIDE_MAKE && !add_body(o, arena, out))
		return false;
	return out->path != NULL;
}

static void made(struct genie_override *o, struct untrusted alias)
{
	char kept[sizeof o->result->upstream_id];

	o->over = true;
	if (!text_to_id(alias, kept, sizeof kept))
		return;
	o->result->outcome = ACTION_CONFIRMED;
	str_copy(o->result->upstream_id, sizeof o->result->upstream_id, kept);
}

static bool is_it(const struct genie_override *o, struct json e, int64_t now)
{
	int64_t from = 0, until = 0;

	return json_time(json_get(e, "startDate"), &from) &&
	       json_time(json_get(e, "endDate"), &until) &&
	       untrusted_eq(json_text(json_get(e, "responder.id")),
		       o->action->texts[ACTION_WHOM]) &&
	       until / SECOND_MS == o->action->until_at / SECOND_MS &&
	       (from / SECOND_MS == o->facts.from_at / SECOND_MS ||
		       (from > o->facts.from_at && from <= now));
}

static void look(struct genie_override *o, struct json root, int64_t now)
{
	struct json list = json_get(root, "values");

	if (!o->face->jsm) {
		made(o, json_text(json_get(root, "data.alias")));
		return;
	}
	for (struct json e = json_first(list); json_item(e) && !o->over; e = json_next(e))
		if (is_it(o, e, now))
			made(o, json_text(json_get(e, "alias")));
	if (o->over)
		return;
	o->offset += (int)json_count(list);
	if (untrusted_empty(json_text(json_get(root, "links.next"))) ||
		!json_count(list) || ++o->pages == PAGES)
		o->step = OVERRIDE_MAKE;
}

static void refuse(struct genie_override *o, const struct answer *answer)
{
	struct json_doc doc = {NULL};
	struct str words;

	str_init(&words, 400);
	if (genie_parse(answer, &doc))
		genie_words(json_root(&doc), &words);
	action_refused(answer, untrusted_make(words.p, words.n), o->result);
	str_release(&words);
	json_release(&doc);
	o->over = true;
}

void genie_override_take(struct genie_override *o, const struct answer *answer)
{
	bool ok = answer->status >= 200 && answer->status < 300;
	struct json_doc doc;

	if (o->step == OVERRIDE_END && (ok || answer->status == 404)) {
		o->result->outcome = ACTION_CONFIRMED;
		o->over = true;
	} else if (o->step == OVERRIDE_LOOK && answer->status == 404 && !o->face->jsm) {
		o->step = OVERRIDE_MAKE;
	} else if (!ok) {
		refuse(o, answer);
	} else if (!genie_parse(answer, &doc)) {
		/* Without a word of what was made it is looked for. */
		o->over = true;
	} else {
		if (o->step == OVERRIDE_LOOK)
			look(o, json_root(&doc), answer->now);
		else
			made(o, json_text(json_get(json_root(&doc),
					o->face->jsm ? "alias" : "data.alias")));
		json_release(&doc);
	}
}
