/* The verbs of actions, one row each: what they are called, what they create, what takes
 * them back; the markers that creating ones carry, and what is known of an earlier try.
 * Pure; any thread. */
#include "model/action.h"

#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { FACTS_MAX = 1024 };

const struct action_verb_row action_verbs[ACTION_VERB_COUNT] = {
	[ACTION_ACKNOWLEDGE] = {.name = "acknowledge",
		.words = "acknowledge",
		.past = "acknowledged",
		.undoable = true,
		.undo = ACTION_UNACKNOWLEDGE},
	[ACTION_UNACKNOWLEDGE] = {.name = "unacknowledge",
		.words = "un-acknowledge",
		.past = "un-acknowledged",
		.undoable = true,
		.undo = ACTION_ACKNOWLEDGE},
	[ACTION_RESOLVE] = {.name = "resolve", .words = "resolve", .past = "resolved"},
	[ACTION_SNOOZE] = {.name = "snooze",
		.words = "snooze",
		.past = "snoozed",
		.undoable = true,
		.undo = ACTION_UNACKNOWLEDGE},
	[ACTION_NOTE] = {.name = "note",
		.words = "add a note to",
		.past = "noted",
		.creates = true},
	[ACTION_ESCALATE] = {.name = "escalate",
		.words = "escalate",
		.past = "escalated"},
	[ACTION_REASSIGN] = {.name = "reassign",
		.words = "reassign",
		.past = "reassigned"},
	[ACTION_PRIORITY] = {.name = "priority",
		.words = "set the priority of",
		.past = "given a priority"},
	[ACTION_MERGE] = {.name = "merge", .words = "merge", .past = "merged"},
	[ACTION_RESPONDERS] = {.name = "responders",
		.words = "ask for responders",
		.past = "asked for responders",
		.creates = true},
	[ACTION_STATUS] = {.name = "status",
		.words = "send a status update",
		.past = "told to its subscribers",
		.creates = true},
	[ACTION_SILENCE] = {.name = "silence",
		.words = "silence",
		.past = "silenced",
		.creates = true,
		.undoable = true,
		.undo = ACTION_EXPIRE},
	[ACTION_EXTEND] = {.name = "extend",
		.words = "extend a silence",
		.past = "extended"},
	[ACTION_EXPIRE] = {.name = "expire", .words = "end a silence", .past = "ended"},
	[ACTION_MAIL] = {.name = "mail", .words = "mail", .past = "mailed"},
	[ACTION_OVERRIDE] = {.name = "override",
		.words = "override",
		.past = "on call by an override",
		.creates = true,
		.undoable = true,
		.undo = ACTION_END_OVERRIDE},
	[ACTION_END_OVERRIDE] = {.name = "unoverride",
		.words = "end an override",
		.past = "override ended"},
	[ACTION_NOTIFY] = {.name = "notify",
		.words = "tell of",
		.past = "told",
		.creates = true},
};

enum action_verb action_verb_find(struct untrusted name)
{
	int verb = 0;

	while (verb < ACTION_VERB_COUNT && !untrusted_is(name, action_verbs[verb].name))
		verb++;
	return (enum action_verb)verb;
}

void override_facts_print(const struct override_facts *facts, struct str *out)
{
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_time(&o, "from", facts->from_at);
	json_put_bool(&o, "by_shifts", facts->by_shifts);
	if (facts->by_shifts) {
		json_put_str(&o, facts->custom ? "custom_shift_id" : "rotation_id",
			facts->slot);
		json_put_str(&o, "displaced", facts->displaced);
	}
	json_shut(&o, '}');
}

bool override_facts_read(struct untrusted text, struct override_facts *out)
{
	size_t n;
	const char *bytes = text_raw(text, &n);
	struct override_facts facts = {0};
	struct untrusted slot;
	struct json_doc doc;
	struct json root;
	bool fine;

	if (!n || !json_parse(&doc, bytes, n, FACTS_MAX, NULL))
		return false;
	root = json_root(&doc);
	facts.by_shifts = json_bool(json_get(root, "by_shifts"), false);
	slot = json_text(json_get(root, "custom_shift_id"));
	facts.custom = !untrusted_empty(slot);
	if (!facts.custom)
		slot = json_text(json_get(root, "rotation_id"));
	fine = json_time(json_get(root, "from"), &facts.from_at) &&
	       (!facts.by_shifts ||
		       (text_to_id(slot, facts.slot, sizeof facts.slot) &&
			       text_to_id(json_text(json_get(root, "displaced")),
				       facts.displaced, sizeof facts.displaced)));
	json_release(&doc);
	if (fine)
		*out = facts;
	return fine;
}

const char *action_marker(const struct action *action, char out[ACTION_MARKER])
{
	/* The last twelve digits of a UUIDv7 are random. */
	memcpy(out, action->id + ID_TEXT - ACTION_MARKER, ACTION_MARKER);
	out[ACTION_MARKER - 1] = '\0';
	return out;
}

const char *action_tried(const struct action *action, char *out, size_t size)
{
	snprintf(out, size, "try-%d", action->attempts);
	return out;
}

bool action_last_known(const struct action *action)
{
	char last[20];

	if (!action->attempts)
		return true;
	snprintf(last, sizeof last, "try-%d", action->attempts - 1);
	return untrusted_is(action->earlier, last);
}
