/* Commands that act: acknowledge, snooze, resolve, silence and the rest, from a key
 * (on the marked rows, or the selected one) and from scripts (on the ids they name).
 * Each is a row here over actions_wish(). Main thread. */
#include "cmd.h"

#include "action_plan.h"
#include "app/actions.h"
#include "app/alerts.h"
#include "app/problems.h"
#include "app/sources.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "model/alert.h"
#include "model/response.h"
#include "offline.h"

#include <stdio.h>
#include <string.h>

enum { TARGETS_MAX = 200 };

/* What the words of a command are, beside the ids of a script. */
enum words {
	WORDS_NONE,
	WORDS_UNTIL,
	WORDS_WHOM,
	WORDS_WHOM_ALL,
	WORDS_BODY,
	WORDS_STATUS
};

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
	{"responders add", ACTION_RESPONDERS, WORDS_WHOM_ALL, NULL},
	{"responders", ACTION_RESPONDERS, WORDS_WHOM, NULL},
	{"status", ACTION_STATUS, WORDS_STATUS, NULL},
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

/* A number that two sources have is refused: each id is there for one thing only. */
bool act_one_thing(const struct app *app, const struct alert *alert, const char *wanted,
	struct err *err)
{
	const struct alert *other = alerts_named_too(app->alerts, alert, wanted);
	char id[80], other_id[80];

	return !other ||
	       err_set(err, ERR_USAGE, "%.60s could be %s of %s or %s of %s: say which",
		       wanted, text_line(alert_text(alert, ALERT_ID), id, sizeof id),
		       sources_row(app->sources, alert->source)->name,
		       text_line(alert_text(other, ALERT_ID), other_id, sizeof other_id),
		       sources_row(app->sources, other->source)->name);
}

static bool find_named(struct call *call, size_t from, enum action_verb verb,
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
			if (!key)
				return err_set(err, ERR_MISSING, "no source has %s now",
					call->argv[i]);
		} else {
			alert = alerts_named(alerts, call->argv[i]);
			key = alert ? alert->key : 0;
			if (alert && !act_one_thing(call->app, alert, call->argv[i], err))
				return false;
			if (!key)
				key = offline_find(call, call->argv[i], err);
			if (!key)
				return false;
		}
		targets[(*count)++] = key;
	}
	return true;
}

/* What is not known now may be there all the same. */
static enum status not_found(const struct err *err)
{
	return err->kind == ERR_NET ? STATUS_PARTIAL : STATUS_FAILED;
}

/* The "next 30m" at the end of a status update: true when it is there, and *words is
 * then without it. */
static bool take_next(
	const struct call *call, size_t from, char *words, int64_t *out, struct err *err)
{
	size_t n = call->argc, at = strlen(words);
	const char *last;

	if (n < from + 3 || strcmp(call->argv[n - 2], "next") != 0)
		return true;
	last = call->argv[n - 1];
	if (!cmd_until(last, call->app->now, out, err))
		return false;
	/* What was typed ends with these two words. */
	for (int i = 0; i < 2; i++) {
		while (at && words[at - 1] == ' ')
			at--;
		while (at && words[at - 1] != ' ')
			at--;
	}
	while (at && words[at - 1] == ' ')
		at--;
	words[at] = '\0';
	return true;
}

/* `status "text" [next 30m]`, in a script `ID TEXT [next 30m]`. */
static bool take_status(struct call *call, bool named, char words[COMMAND_LINE_MAX],
	struct wish *wish, struct err *err)
{
	size_t from = named, n;

	if (call->argc <= from)
		return err_set(err, ERR_USAGE, "a status update needs words");
	if (named && call->argc != 2 &&
		(call->argc != 4 || strcmp(call->argv[2], "next") != 0))
		return err_set(err, ERR_USAGE, "expected: %s %s", call->command->name,
			call->command->args);
	str_copy(words, COMMAND_LINE_MAX, named ? call->argv[1] : call->rest);
	if (named && call->argc == 4 &&
		!cmd_until(call->argv[3], call->app->now, &wish->until_at, err))
		return false;
	if (!named && !take_next(call, from, words, &wish->until_at, err))
		return false;
	n = strlen(words);
	if (!named && n > 1 && words[0] == '"' && words[n - 1] == '"') {
		words[n - 1] = '\0';
		memmove(words, words + 1, n - 1);
	}
	if (!words[strspn(words, " ")])
		return err_set(err, ERR_USAGE, "a status update needs words");
	wish->body = words;
	if (named)
		call->argc = 1;
	return true;
}

static bool take_until(struct call *call, bool named, struct wish *wish, struct err *err)
{
	const char *words = call->argc ? call->argv[0] : NULL;

	if (wish->verb == ACTION_EXTEND && words && *words == '+') {
		if (!duration_parse(words + 1, &wish->by_ms) || wish->by_ms <= 0)
			return err_set(err, ERR_USAGE, "by how much: +2h, not %s", words);
	} else if (!words) {
		return err_set(err, ERR_USAGE, "until when: 1h, or 18:00");
	} else if (!cmd_until(words, call->app->now, &wish->until_at, err)) {
		return false;
	}
	if (!named && call->argc > 1)
		wish->body = strstr(call->rest, call->argv[1]);
	return true;
}

static bool take_body(struct call *call, bool named, struct wish *wish, struct err *err)
{
	/* A script's note is its last word, behind the id. */
	wish->body = named ? call->argv[1] : call->rest;
	if (!wish->body || !*wish->body)
		return err_set(err, ERR_USAGE, "a note needs words");
	if (named)
		call->argc = 1;
	return true;
}

static bool take_whom(
	struct call *call, size_t row, bool named, struct wish *wish, struct err *err)
{
	wish->whom = call->argc ? call->argv[0] : acts[row].otherwise;
	/* "Ben Okafor"; a script's ids stand behind it. */
	if (call->argc > (acts[row].words != WORDS_WHOM_ALL) && !named)
		wish->whom = call->rest;
	return wish->whom || err_set(err, ERR_USAGE, "expected: %s %s",
				     call->command->name, call->command->args);
}

/* What is said of the verb, beside the ids of a script. */
static bool take_words(struct call *call, size_t row, bool named,
	char words[COMMAND_LINE_MAX], struct wish *wish, struct err *err)
{
	switch (acts[row].words) {
	case WORDS_UNTIL:
		return take_until(call, named, wish, err);
	case WORDS_WHOM:
	case WORDS_WHOM_ALL:
		return take_whom(call, row, named, wish, err);
	case WORDS_BODY:
		return take_body(call, named, wish, err);
	case WORDS_STATUS:
		return take_status(call, named, words, wish, err);
	default:
		return true;
	}
}

static enum status act(struct call *call, size_t row, bool named, struct err *err)
{
	uint64_t targets[TARGETS_MAX];
	char words[COMMAND_LINE_MAX];
	struct wish wish = {.verb = acts[row].verb,
		.origin = call->origin,
		.targets = call->targets,
		.count = call->target_count};
	enum words kind = acts[row].words;
	size_t found = 0;
	bool first = kind == WORDS_UNTIL || kind == WORDS_WHOM;

	if (!take_words(call, row, named, words, &wish, err))
		return STATUS_USAGE;
	if (named) {
		if (!find_named(call, first, wish.verb, targets, &found, err))
			return not_found(err);
		wish.targets = targets;
		wish.count = found;
	}
	return actions_wish(call->app->actions, &wish, err);
}

/* A script's command names the noun first. */
static const char *verb_of(const char *name)
{
	static const char *const nouns[] = {"incident ", "alert ", "silence "};

	for (size_t i = 0; i < sizeof nouns / sizeof *nouns; i++)
		if (str_starts(name, nouns[i]))
			return name + strlen(nouns[i]);
	return name;
}

enum status cmd_act(struct call *call, struct err *err)
{
	const char *name = call->command->name, *verb = verb_of(name);

	for (size_t i = 0; i < ACTS; i++)
		if (!strcmp(acts[i].command, verb))
			return act(call, i, verb != name, err);
	return STATUS_USAGE;
}

/* --- roles: notes that say who has them --- */

/* Me, as the source of what it is about knows me. */
static const char *me_at(const struct call *call, uint64_t target, char out[120])
{
	const struct app *app = call->app;
	const struct alert *alert = alerts_find(app->alerts, target);
	const struct source_row *row =
		alert ? sources_row(app->sources, alert->source) : NULL;

	if (row && row->rc && row->rc->from)
		str_copy(out, 120, row->rc->from);
	else
		plan_actor(app, out);
	return out;
}

/* `role commander [NAME]`; in a script `incident role commander NAME ID...`. */
enum status cmd_role(struct call *call, struct err *err)
{
	bool named = str_starts(call->command->name, "incident ");
	enum response_role role = response_role_find(call->argv[0]);
	uint64_t targets[TARGETS_MAX];
	struct wish wish = {.verb = ACTION_NOTE,
		.origin = call->origin,
		.targets = call->targets,
		.count = call->target_count};
	char body[COMMAND_LINE_MAX + 40], me[120];
	size_t found = 0;
	const char *who;

	if (role == RESPONSE_ROLES) {
		err_set(err, ERR_USAGE, "a role is commander or scribe, not %s",
			call->argv[0]);
		return STATUS_USAGE;
	}
	if (named && !find_named(call, 2, wish.verb, targets, &found, err))
		return not_found(err);
	if (named) {
		wish.targets = targets;
		wish.count = found;
	}
	if (named)
		who = call->argv[1];
	else if (call->argc > 1)
		who = call->rest + strcspn(call->rest, " ");
	else
		who = me_at(call, wish.count ? wish.targets[0] : 0, me);
	snprintf(body, sizeof body, "Role %s: %s", response_role_names[role],
		who + strspn(who, " "));
	wish.body = body;
	return actions_wish(call->app->actions, &wish, err);
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
