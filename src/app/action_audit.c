/* The audit of actions: what is about to be done upstream, and what came of it, as
 * records of ops/audit.h. Hides how an action reads there. Main thread. */
#include "action_plan.h"

#include "app/alerts.h"
#include "app/audits.h"
#include "app/sources.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "model/alert.h"

#include <stdio.h>
#include <string.h>

enum { EVENT_TEXT = 40, NAME_TEXT = 80, WORDS = 4 };

static const char *event_of(
	const struct app *app, const struct outbox_row *row, char out[EVENT_TEXT])
{
	enum action_verb verb = row->action.verb;
	const struct alert *alert = alerts_find(app->alerts,
		alert_key_named(row->source, row->action.texts[ACTION_TARGET]));
	bool override = verb == ACTION_OVERRIDE || verb == ACTION_END_OVERRIDE;
	bool silence = verb == ACTION_EXTEND || verb == ACTION_EXPIRE;

	snprintf(out, EVENT_TEXT, "%s.%s",
		verb == ACTION_MAIL      ? "handoff"
		: override               ? "oncall"
		: silence                ? "silence"
		: alert && !alert->pages ? "alert"
					 : "incident",
		action_verbs[verb].name);
	return out;
}

static const char *pager_user(const struct app *app, const char *source)
{
	int number = sources_find(app->sources, source);
	const struct source_row *row =
		number < 0 ? NULL : sources_row(app->sources, number);

	return row && row->rc ? row->rc->from : NULL;
}

/* What an action says beside its target. */
static size_t words_of(
	const struct action *action, char until[TIME_TEXT], struct untrusted out[WORDS])
{
	static const enum action_text texts[] = {
		ACTION_WHOM, ACTION_BODY, ACTION_MATCHERS};
	size_t n = 0;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!untrusted_empty(action->texts[texts[i]]))
			out[n++] = action->texts[texts[i]];
	if (action->until_at)
		out[n++] = untrusted_str(time_rfc3339(action->until_at, until));
	return n;
}

void action_audit_record(const struct plan *plan, const struct outbox_row *row,
	struct audit_words *w, struct audit_record *out)
{
	const struct app *app = plan->app;

	*out = (struct audit_record){.kind = AUDIT_INTENT,
		.class = AUDIT_CHANGE,
		.event = event_of(app, row, w->event),
		.origin = plan->origin,
		.profile = *app->rc->profile ? app->rc->profile : NULL,
		.source = text_line(row->source, w->source, sizeof w->source),
		.id = row->action.texts[ACTION_TARGET],
		.target = row->action.texts[ACTION_TITLE],
		.args = w->words,
		.arg_count = words_of(&row->action, w->until, w->words)};
	out->pager_user = pager_user(app, w->source);
}

void action_audit_intent(
	const struct plan *plan, const struct outbox_row *row, struct gate_pass *pass)
{
	struct audit_words words;
	struct audit_record record;

	action_audit_record(plan, row, &words, &record);
	gate_write(pass, &record);
}

void action_audit_outcome(const struct app *app, const struct outbox_row *row,
	const char *result, struct untrusted error)
{
	char event[EVENT_TEXT], source[NAME_TEXT];
	struct err err = {0};
	struct audit *audit = audits_writer(app->audits, &err);
	struct audit_record record = {.kind = AUDIT_OUTCOME,
		.class = AUDIT_CHANGE,
		.event = event_of(app, row, event),
		.source = text_line(row->source, source, sizeof source),
		.id = row->action.texts[ACTION_TARGET],
		.target = row->action.texts[ACTION_TITLE],
		.result = untrusted_str(result),
		.error = error,
		.ref = (uint64_t)row->audit_seq};

	if (audit)
		audit_write(audit, &record, NULL, NULL);
	else
		log_add(LOG_ERROR, "the outcome of an action is not in the audit: %s",
			err.text);
}
