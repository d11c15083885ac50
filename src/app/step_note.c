/* A note step: put on the incident by the outbox, so that it waits there when the network
 * is away, and in the record; without an incident in the record alone. Main thread. */
#include "steps.h"

#include "app/actions.h"
#include "app/alerts.h"
#include "app/sources.h"
#include "base/str.h"
#include "base/text.h"
#include "connect/act.h"
#include "model/alert.h"

#include <stdio.h>
#include <string.h>

enum { NOTE_MOST = 4000 };

static bool takes_notes(const struct app *app, const struct alert *alert)
{
	const struct action_kind *kind = sources_actions(app->sources, alert->source);

	return kind && kind->verbs >> ACTION_NOTE & 1;
}

/* The alert whose source takes notes, or another row that tells of the same, as what
 * fires in Alertmanager pages elsewhere; or NULL. */
static const struct alert *noted(const struct app *app, uint64_t key)
{
	const struct alert *alert = key ? alerts_find(app->alerts, key) : NULL;

	if (!alert || takes_notes(app, alert))
		return alert;
	for (const struct alert *a = NULL; (a = alerts_twin(app->alerts, alert, a));)
		if (takes_notes(app, a))
			return a;
	return NULL;
}

static bool plan(const struct planning *p, struct err *err)
{
	const struct app *app = p->how->app;
	const struct alert *alert =
		p->look ? NULL : noted(app, runs_alert_at(p->how->ctx));
	struct untrusted shown;
	char title[80];

	if (!planning_fill(p, untrusted_trim(p->step->text), FILL_TEXT, &shown, err))
		return false;
	if (untrusted_size(shown) > NOTE_MOST)
		return err_set(err, ERR_LIMIT, "a note has at most %d bytes", NOTE_MOST);
	planning_words(p, shown, alert ? AUDIT_CHANGE : AUDIT_READ);
	if (alert)
		snprintf(p->out->place, sizeof p->out->place, "%s: %s",
			sources_row(app->sources, alert->source)->name,
			text_line(alert_text(alert, ALERT_TITLE), title, sizeof title));
	return true;
}

static void start(struct run *run, const struct run_plan *plan)
{
	struct app *app = steps_app(run);
	const struct alert *alert = noted(app, runs_alert_at(run_how(run)->ctx));
	uint64_t key = alert ? alert->key : 0;
	char body[NOTE_MOST + 1];
	struct wish wish = {.verb = ACTION_NOTE,
		.targets = &key,
		.count = 1,
		.body = body,
		.origin = "runbook",
		.asked = true};
	struct err err = {0};
	size_t n;
	const char *p = text_raw(plan->shown, &n);

	if (!alert) {
		run_over(run, 0, "on record", NULL);
		return;
	}
	snprintf(body, sizeof body, "%.*s", (int)n, p);
	if (actions_wish(app->actions, &wish, &err) == STATUS_PENDING)
		run_over(run, 0, "on its way", NULL);
	else
		run_over(run, 1, "not sent", &err);
}

static void stop(struct run *run)
{
	(void)run;
}

const struct step_kind step_note_app = {.name = "note",
	.begins = "note",
	.event = "run.note",
	.plan = plan,
	.start = start,
	.stop = stop,
	.drop = stop,
	.silent = true};
