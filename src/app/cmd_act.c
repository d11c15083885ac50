/* Commands that act: acknowledge, snooze, resolve, silence and the rest, from a key
 * (on the marked rows, or the selected one) and from scripts (on the ids they name).
 * Each is a row here over actions_wish(). Main thread. */
#include "cmd.h"

#include "app/actions.h"
#include "app/alerts.h"
#include "app/problems.h"
#include "base/str.h"
#include "base/time.h"

#include <string.h>

enum { TARGETS_MAX = 200 };

/* What the words of a command are, beside the ids of a script. */
enum words { WORDS_NONE, WORDS_UNTIL, WORDS_WHOM, WORDS_BODY };

static const struct {
	const char *command;
	enum action_verb verb;
	enum words words;
	const char *otherwise; /* of WORDS_WHOM when nothing is said */
} acts[] = {
	{"ack", ACTION_ACKNOWLEDGE, WORDS_NONE, NULL},
	{"unack", ACTION_UNACKNOWLEDGE, WORDS_NONE, NULL},
	{"resolve", ACTION_RESOLVE, WORDS_NONE, NULL},
	{"snooze", ACTION_SNOOZE, WORDS_UNTIL, NULL},
	{"silence", ACTION_SILENCE, WORDS_UNTIL, NULL},
	{"note", ACTION_NOTE, WORDS_BODY, NULL},
	{"escalate", ACTION_ESCALATE, WORDS_WHOM, "2"},
	{"reassign", ACTION_REASSIGN, WORDS_WHOM, NULL},
	{"priority", ACTION_PRIORITY, WORDS_WHOM, NULL},
	{"merge", ACTION_MERGE, WORDS_WHOM, NULL},
	{"extend", ACTION_EXTEND, WORDS_UNTIL, NULL},
	{"expire", ACTION_EXPIRE, WORDS_NONE, NULL},
};

enum { ACTS = sizeof acts / sizeof *acts };

/* "4h", "18:00" (the next one), or a date. */
bool cmd_until(const char *text, int64_t now, int64_t *out, struct err *err)
{
	int64_t span;

	if (duration_parse(text, &span) && span > 0) {
		*out = now + span;
		return true;
	}
	if (!time_parse_moment(text, now, out))
		return err_set(err, ERR_USAGE,
			"until when: 1h, 18:00 or 2026-11-21T18:00:00Z, not %s", text);
	if (*out <= now && strlen(text) <= 5)
		*out += DAY_MS;
	return true;
}

static uint64_t silence_named(const struct alerts *alerts, const char *id)
{
	for (size_t i = 0; i < silences_count(alerts); i++)
		if (untrusted_is(silences_at(alerts, i)->upstream_id, id))
			return silences_at(alerts, i)->id;
	return 0;
}

static bool find_named(const struct call *call, size_t from, enum action_verb verb,
	uint64_t *targets, size_t *count, struct err *err)
{
	const struct alerts *alerts = call->app->alerts;

	for (size_t i = from; i < call->argc; i++) {
		const struct alert *alert;
		uint64_t key;

		if (*count == TARGETS_MAX)
			return err_set(err, ERR_LIMIT, "at most %d at once", TARGETS_MAX);
		if (verb == ACTION_EXTEND || verb == ACTION_EXPIRE) {
			key = silence_named(alerts, call->argv[i]);
		} else {
			alert = alerts_named(alerts, call->argv[i]);
			key = alert ? alert->key : 0;
		}
		if (!key)
			return err_set(
				err, ERR_MISSING, "no source has %s now", call->argv[i]);
		targets[(*count)++] = key;
	}
	return true;
}

static enum status act(struct call *call, size_t row, bool named, struct err *err)
{
	uint64_t targets[TARGETS_MAX];
	struct wish wish = {.verb = acts[row].verb,
		.origin = call->origin,
		.targets = call->targets,
		.count = call->target_count};
	const char *words = acts[row].words && call->argc ? call->argv[0] : NULL;
	size_t ids_from = acts[row].words != WORDS_NONE, found = 0;

	if (wish.verb == ACTION_EXTEND && words && *words == '+') {
		if (!duration_parse(words + 1, &wish.by_ms) || wish.by_ms <= 0) {
			err_set(err, ERR_USAGE, "by how much: +2h, not %s", words);
			return STATUS_USAGE;
		}
	} else if (acts[row].words == WORDS_UNTIL &&
		   (!words || !cmd_until(words, call->app->now, &wish.until_at, err))) {
		if (!words)
			err_set(err, ERR_USAGE, "until when: 1h, or 18:00");
		return STATUS_USAGE;
	}
	if (acts[row].words == WORDS_WHOM)
		wish.whom = words ? words : acts[row].otherwise;
	if (acts[row].words == WORDS_WHOM && !wish.whom) {
		err_set(err, ERR_USAGE, "expected: %s %s", call->command->name,
			call->command->args);
		return STATUS_USAGE;
	}
	if (acts[row].words == WORDS_BODY)
		/* A script's note is its last word, behind the id. */
		wish.body = named ? call->argv[1] : call->rest;
	if (acts[row].words == WORDS_BODY && (!wish.body || !*wish.body)) {
		err_set(err, ERR_USAGE, "a note needs words");
		return STATUS_USAGE;
	}
	if (acts[row].words == WORDS_BODY && named) {
		call->argc = 1;
		ids_from = 0;
	} else if (acts[row].words == WORDS_UNTIL && !named && call->argc > 1) {
		wish.body = strstr(call->rest, call->argv[1]);
	}
	if (named) {
		if (!find_named(call, ids_from, wish.verb, targets, &found, err))
			return STATUS_FAILED;
		wish.targets = targets;
		wish.count = found;
	}
	return actions_wish(call->app->actions, &wish, err);
}

enum status cmd_act(struct call *call, struct err *err)
{
	const char *name = call->command->name, *verb = strchr(name, ' ');

	for (size_t i = 0; i < ACTS; i++)
		if (!strcmp(acts[i].command, verb ? verb + 1 : name))
			return act(call, i, verb != NULL, err);
	return STATUS_USAGE;
}

enum status cmd_problem_join(struct call *call, struct err *err)
{
	uint64_t keys[TARGETS_MAX];
	size_t n = 0;

	while (n < call->target_count && n < TARGETS_MAX)
		keys[n] = call->targets[n], n++;
	if (!find_named(call, 0, ACTION_ACKNOWLEDGE, keys, &n, err) ||
		!problem_join(call->app, keys, n, err))
		return STATUS_FAILED;
	app_notice(call->app, false, "one problem from now on; problem split parts them");
	return STATUS_DONE;
}

enum status cmd_problem_split(struct call *call, struct err *err)
{
	for (size_t i = 0; i < call->target_count; i++)
		if (!problem_split(call->app, call->targets[i], err))
			return STATUS_FAILED;
	if (!call->target_count) {
		err_set(err, ERR_USAGE, "nothing is selected to split");
		return STATUS_USAGE;
	}
	app_notice(call->app, false, "stands alone from now on");
	return STATUS_DONE;
}

enum status cmd_undo(struct call *call, struct err *err)
{
	return actions_undo(call->app->actions, call->origin, err);
}

/* The row of the outbox: by its id, or the selected one. */
static const struct outbox_row *chosen(struct call *call, struct err *err)
{
	const struct actions *actions = call->app->actions;

	for (size_t i = 0; i < actions_count(actions); i++) {
		const struct outbox_row *row = actions_at(actions, i);

		if (call->argc ? !strcmp(row->action.id, call->argv[0])
			       : action_row_key(row) == call->target)
			return row;
	}
	err_set(err, ERR_MISSING, "no action is %s",
		call->argc ? "called so" : "selected: :actions lists them");
	return NULL;
}

enum status cmd_action_cancel(struct call *call, struct err *err)
{
	const struct outbox_row *row = chosen(call, err);

	return row ? actions_cancel(call->app->actions, row->action.id, err)
		   : STATUS_FAILED;
}

enum status cmd_action_retry(struct call *call, struct err *err)
{
	const struct outbox_row *row = chosen(call, err);

	return row ? actions_retry(call->app->actions, row->action.id, err)
		   : STATUS_FAILED;
}
