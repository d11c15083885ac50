/* The outbox as last read: a copy of its newest rows, found by the alert they are about,
 * with their words for people. Read anew every second while something is open, and
 * seldom at rest. Main thread. */
#include "actions_parts.h"

#include "app/alerts.h"
#include "app/sources.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "model/alert.h"

#include <stdio.h>

/* The server reckons from when it was asked, in whole seconds. */
enum { SNOOZE_OFF_MS = 2 * MINUTE_MS, SNOOZED_LOOK = 1000 };

size_t actions_count(const struct actions *actions)
{
	return actions->mirror_count;
}

const struct outbox_row *actions_at(const struct actions *actions, size_t i)
{
	return &actions->mirror[i];
}

uint64_t action_row_key(const struct outbox_row *row)
{
	return untrusted_hash(untrusted_str(row->action.id)) | 1;
}

static bool open_row(const struct outbox_row *row)
{
	return row->state == OUTBOX_WAITING || row->state == OUTBOX_SENDING ||
	       row->state == OUTBOX_HELD;
}

uint64_t action_target_key(const struct outbox_row *row)
{
	char source[64];

	return text_to_id(row->source, source, sizeof source)
		       ? alert_key(source, row->action.texts[ACTION_TARGET])
		       : 0;
}

const struct outbox_row *actions_on(const struct actions *actions, uint64_t alert)
{
	uintptr_t i = (uintptr_t)map_get(&actions->on, &alert, sizeof alert);

	return i ? &actions->mirror[i - 1] : NULL;
}

void actions_open(const struct actions *actions, size_t *waiting, size_t *held)
{
	*waiting = *held = 0;
	for (size_t i = 0; i < actions->mirror_count; i++) {
		*waiting += actions->mirror[i].state == OUTBOX_WAITING ||
			    actions->mirror[i].state == OUTBOX_SENDING;
		*held += actions->mirror[i].state == OUTBOX_HELD;
	}
}

const char *action_row_words(
	const struct app *app, const struct outbox_row *row, char *out, size_t size)
{
	char error[200], source[60], left[TIME_TEXT];
	int i;

	text_line(row->error, error, sizeof error);
	text_line(row->source, source, sizeof source);
	i = row->action.verb == ACTION_NOTIFY ? SOURCE_HOST
					      : sources_find(app->sources, source);
	if (row->state == OUTBOX_WAITING && row->next_at > app->now)
		snprintf(out, size, "waits, next try in %s%s%s",
			duration_text(row->next_at - app->now, left), *error ? ": " : "",
			error);
	else if (row->state == OUTBOX_WAITING &&
		 (i < 0 || source_health(sources_row(app->sources, i), app->now) !=
				   HEALTH_OK))
		snprintf(out, size, "waits for %s", source);
	else
		snprintf(out, size, "%s%s%s", outbox_state_names[row->state],
			*error ? ": " : "", error);
	return out;
}

int64_t actions_snoozed(const struct actions *actions, const struct alert *alert)
{
	size_t i = (uintptr_t)map_get(&actions->snoozed, &alert->key, sizeof alert->key);
	int64_t until = i ? actions->mirror[i - 1].action.until_at : 0;
	int64_t off = alert->next_at - until;
	struct untrusted by;

	if (alert->next_at <= actions->app->now)
		return 0;
	if (alert->state == ALERT_SILENCED && alert_snoozed(alert, &by))
		return alert->next_at;
	if (alert->state != ALERT_ACKNOWLEDGED)
		return 0;
	return alert_snoozed(alert, &by) ||
			       (until && off > -SNOOZE_OFF_MS && off < SNOOZE_OFF_MS)
		       ? alert->next_at
		       : 0;
}

const struct alert *actions_next_snoozed(const struct actions *actions, size_t *i)
{
	const struct alerts *alerts = actions->app->alerts;
	size_t first = alerts_first_acknowledged(alerts), end = first + SNOOZED_LOOK;

	for (*i = *i < first ? first : *i; *i < end && *i < alerts_count(alerts);) {
		const struct alert *alert = alerts_at(alerts, (*i)++);

		if (alert->state != ALERT_ACKNOWLEDGED)
			return NULL;
		if (actions_snoozed(actions, alert))
			return alert;
	}
	return NULL;
}

static struct untrusted keep(struct actions *actions, struct untrusted text)
{
	return untrusted_copy(&actions->mirror_arena, text);
}

static void got_list(void *ctx, const struct outbox_rows *rows, const struct err *err)
{
	struct actions *actions = ctx;
	uint64_t acks_seen = 0;

	actions->looking = false;
	if (actions->ended)
		return;
	if (err) {
		log_add(LOG_WARN, "outbox: %s", err->text);
		return;
	}
	arena_reset(&actions->mirror_arena);
	map_release(&actions->on);
	map_init(&actions->on);
	map_release(&actions->snoozed);
	map_init(&actions->snoozed);
	actions->mirror = arena_alloc(
		&actions->mirror_arena, (rows->count + 1) * sizeof *actions->mirror);
	actions->mirror_count = 0;
	for (size_t i = 0; actions->mirror && i < rows->count; i++) {
		struct outbox_row *to = &actions->mirror[actions->mirror_count];
		struct action *a = &to->action;
		uint64_t key;

		*to = rows->rows[i];
		to->profile = keep(actions, to->profile);
		to->source = keep(actions, to->source);
		to->error = keep(actions, to->error);
		to->result = keep(actions, to->result);
		to->undoes = keep(actions, to->undoes);
		for (int t = 0; t < ACTION_TEXT_COUNT; t++)
			a->texts[t] = keep(actions, a->texts[t]);
		action_own_follow(actions, to);
		/* Perhaps one that another oogway keeps for both. */
		if (a->verb == ACTION_ACKNOWLEDGE || a->verb == ACTION_UNACKNOWLEDGE)
			acks_seen ^= action_row_key(to);
		actions->mirror_count++;
		key = alert_key_named(to->source, a->texts[ACTION_TARGET]);
		if (a->verb == ACTION_SNOOZE && to->state == OUTBOX_CONFIRMED &&
			!map_get(&actions->snoozed, &key, sizeof key))
			map_put(&actions->snoozed, &key, sizeof key,
				(void *)(uintptr_t)actions->mirror_count);
		if (open_row(to) && !actions_on(actions, key) &&
			untrusted_is(to->profile, actions->app->rc->profile))
			map_put(&actions->on, &key, sizeof key,
				(void *)(uintptr_t)actions->mirror_count);
	}
	if (acks_seen != actions->acks_seen)
		acks_look(actions->app->acks);
	actions->acks_seen = acks_seen;
	action_own_tell(actions);
	app_changed(actions->app, CHANGED_ACTIONS | CHANGED_ALERTS);
	if (actions->look_again)
		actions_look(actions);
	action_send_as_needed(actions);
}

/* Reads the outbox anew; what happens meanwhile is read after it. */
void actions_look(struct actions *actions)
{
	struct store *store = actions->app->store;

	actions->look_again = actions->looking;
	if (actions->looking || !store || actions->ended)
		return;
	actions->looking = true;
	actions->looked_at = actions->app->now;
	outbox_list_later(store, ACTIONS_KEPT, got_list, actions);
}

void action_outbox_changed(void *ctx, const struct err *err)
{
	struct actions *actions = ctx;

	if (actions->ended)
		return;
	if (err)
		app_notice(actions->app, true, "%s", err->text);
	actions_look(actions);
}
