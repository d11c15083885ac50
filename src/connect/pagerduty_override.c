/* Overrides of PagerDuty's schedules. v2 takes a list and answers with a status for
 * each; v3 (shift-based) has paths and a shape of its own, and names whose shift of which
 * slot is taken over. An override has no text that could carry a marker: before it is
 * made again, one of the same user, end and begin is looked for. To end one that runs
 * cuts it short (200), one that has not begun is gone (204); one that is not there any
 * more is what was wanted.
 *
 * A state machine without I/O. */
#include "connect/act.h"

#include "base/text.h"
#include "base/time.h"
#include "pagerduty.h"

#include <string.h>

enum { ANSWER_MAX = 4 << 20, BODY_MAX = 4 << 10, PATH_BYTES = 1 << 10, PAGES = 50 };
enum { LOOK_LIMIT = 100, LATE_MS = 60000 };

/* LOOK … + n: the page of that number. */
enum step { MAKE, END, LOOK };

void pd_override_start(struct pd_override *o, const struct action *action,
	struct action_result *result, const char *const *headers)
{
	*o = (struct pd_override){.action = action, .result = result, .headers = headers};
	o->known = override_facts_read(action->texts[ACTION_FACTS], &o->facts);
	o->step = action->verb == ACTION_END_OVERRIDE ? END
		  : action->attempts                  ? LOOK
						      : MAKE;
}

static void fail(struct pd_override *o, const char *why)
{
	o->result->outcome = ACTION_FAILED;
	str_copy(o->result->text, sizeof o->result->text, why);
	o->over = true;
}

static const char *path_of(const struct pd_override *o, struct arena *arena)
{
	struct str path;
	const char *kept;

	str_init(&path, PATH_BYTES);
	str_puts(&path, o->facts.by_shifts ? "/v3/schedules/" : "/schedules/");
	text_add_url(&path, o->action->texts[ACTION_TARGET]);
	str_puts(&path, "/overrides");
	if (o->step == END) {
		str_putc(&path, '/');
		text_add_url(&path, o->action->texts[ACTION_WHOM]);
	} else if (o->step >= LOOK) {
		/* Wider than it is: where it was cut to its begin it is still found. */
		str_puts(&path, "?overflow=true");
		pagerduty_add_time(&path, "since", o->facts.from_at - HOUR_MS);
		pagerduty_add_time(&path, "until", o->action->until_at + HOUR_MS);
		if (o->facts.by_shifts)
			str_printf(&path, "&limit=%d&offset=%d", LOOK_LIMIT,
				(o->step - LOOK) * LOOK_LIMIT);
	}
	kept = path.cut ? NULL : arena_strdup(arena, str_text(&path));
	str_release(&path);
	return kept;
}

static void put_member(struct json_out *o, const char *name, struct untrusted user)
{
	json_open(o, name, '{');
	json_put_str(o, "type", "user_member");
	json_put_text(o, "user_id", user);
	json_shut(o, '}');
}

static void put_v2(const struct pd_override *o, struct json_out *out)
{
	json_put_time(out, "start", o->start_at);
	json_put_time(out, "end", o->action->until_at);
	json_open(out, "user", '{');
	json_put_text(out, "id", o->action->texts[ACTION_WHOM]);
	json_put_str(out, "type", "user_reference");
	json_shut(out, '}');
}

static void put_v3(const struct pd_override *o, struct json_out *out)
{
	json_put_str(out, "type", "override_shift");
	json_put_str(
		out, o->facts.custom ? "custom_shift_id" : "rotation_id", o->facts.slot);
	json_put_time(out, "start_time", o->start_at);
	json_put_time(out, "end_time", o->action->until_at);
	put_member(out, "overridden_member", untrusted_str(o->facts.displaced));
	put_member(out, "overriding_member", o->action->texts[ACTION_WHOM]);
}

static bool add_body(const struct pd_override *o, struct arena *arena, struct ask *out)
{
	struct json_out json;
	struct str body;

	str_init(&body, BODY_MAX);
	json_begin(&json, &body);
	json_open(&json, NULL, '{');
	json_open(&json, "overrides", '[');
	json_open(&json, NULL, '{');
	if (o->facts.by_shifts)
		put_v3(o, &json);
	else
		put_v2(o, &json);
	json_shut(&json, '}');
	json_shut(&json, ']');
	json_shut(&json, '}');
	out->body = body.cut ? NULL : arena_strdup(arena, str_text(&body));
	out->body_n = body.n;
	str_release(&body);
	return out->body != NULL;
}

bool pd_override_next(
	struct pd_override *o, int64_t now, struct arena *arena, struct ask *out)
{
	static const char *const methods[] = {[MAKE] = "POST", [END] = "DELETE"};

	if (!o->over && !o->known)
		fail(o, "what it was to be cannot be read");
	else if (!o->over && o->step == MAKE && o->action->until_at <= now)
		fail(o, "its end has passed meanwhile");
	if (o->over)
		return false;
	*out = (struct ask){.kind = ASK_HTTP,
		.id = o->step,
		.method = o->step >= LOOK ? "GET" : methods[o->step],
		.path = path_of(o, arena),
		.headers = o->headers,
		.max_bytes = ANSWER_MAX};
	/* What has waited long does not begin in the past. */
	o->start_at = now - o->facts.from_at < LATE_MS ? o->facts.from_at
						       : now - now % SECOND_MS;
	if (o->step == MAKE && !add_body(o, arena, out))
		return false;
	return out->path != NULL;
}

/* --- reading --- */

static void made(struct pd_override *o, struct untrusted id)
{
	char kept[sizeof o->result->upstream_id];

	if (!text_to_id(id, kept, sizeof kept))
		return;
	o->result->outcome = ACTION_CONFIRMED;
	str_copy(o->result->upstream_id, sizeof o->result->upstream_id, kept);
}

/* v2: [{"status": 201, "override": {…}}], refused ones with their errors; some answer
 * with {"override": {…}}. v3: {"overrides": [{…}]}. */
static void read_made(struct pd_override *o, struct json root)
{
	struct json first = json_is_array(root) ? json_first(root) : root;
	struct json error = json_first(json_get(first, "errors"));
	int64_t status = 201;

	if (o->facts.by_shifts) {
		made(o, json_text(
				json_get(json_first(json_get(root, "overrides")), "id")));
		return;
	}
	json_i64(json_get(first, "status"), &status);
	if (status >= 200 && status < 300) {
		made(o, json_text(json_get(first, "override.id")));
		return;
	}
	o->result->outcome = ACTION_FAILED;
	text_line(json_text(error), o->result->text, sizeof o->result->text);
	if (!*o->result->text)
		str_copy(o->result->text, sizeof o->result->text,
			"the schedule refused the override");
}

/* The server may have moved a begin that had passed to when it was sent. */
static bool is_it(const struct pd_override *o, struct json e, int64_t now)
{
	bool v3 = o->facts.by_shifts;
	struct untrusted user =
		json_text(json_get(e, v3 ? "overriding_member.user_id" : "user.id"));
	int64_t from = 0, until = 0;

	if (!json_time(json_get(e, v3 ? "start_time" : "start"), &from) ||
		!json_time(json_get(e, v3 ? "end_time" : "end"), &until) ||
		!untrusted_eq(user, o->action->texts[ACTION_WHOM]) ||
		until != o->action->until_at)
		return false;
	if (v3 && !untrusted_is(json_text(json_get(e, o->facts.custom ? "custom_shift_id"
								      : "rotation_id")),
			  o->facts.slot))
		return false;
	return from == o->facts.from_at || (from > o->facts.from_at && from <= now);
}

static void look(struct pd_override *o, struct json root, int64_t now)
{
	for (struct json e = json_first(json_get(root, "overrides")); json_item(e);
		e = json_next(e))
		if (is_it(o, e, now))
			made(o, json_text(json_get(e, "id")));
	o->over = o->result->outcome == ACTION_CONFIRMED;
	if (o->over)
		return;
	if (json_bool(json_get(root, "more"), false) && o->step - LOOK < PAGES)
		o->step++;
	else
		o->step = MAKE;
}

void pd_override_take(struct pd_override *o, const struct answer *answer)
{
	bool ok = answer->status >= 200 && answer->status < 300;
	struct json_doc doc;

	if (o->step == END) {
		o->over = true;
		if (ok || answer->status == 404)
			o->result->outcome = ACTION_CONFIRMED;
		else
			pagerduty_refuse_action(answer, o->result);
		return;
	}
	if (!ok) {
		pagerduty_refuse_action(answer, o->result);
		o->over = true;
		return;
	}
	/* Without a word of what was made it is looked for. */
	if (!pagerduty_parse(answer, &doc)) {
		o->over = true;
		return;
	}
	if (o->step == MAKE) {
		read_made(o, json_root(&doc));
		o->over = true;
	} else if (json_is_array(json_get(json_root(&doc), "overrides"))) {
		look(o, json_root(&doc), answer->now);
	} else {
		/* A list that is none says nothing of what there is. */
		o->over = true;
	}
	json_release(&doc);
}
