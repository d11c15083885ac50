/* Panes that are a list over a listing: alerts, metrics, anomalies, logs, sources,
 * events, runbooks, silences, changes, actions, processes, audit, incidents. Each says
 * what an empty one means. Main thread. */
#include "app/history.h"
#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/incidents.h"
#include "app/audits.h"
#include "app/logs.h"
#include "app/metrics.h"
#include "app/rotas.h"
#include "app/runbooks.h"
#include "app/sources.h"
#include "app/triggers.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "pane.h"

#include <stdio.h>
#include <string.h>

#define OPEN(noun)                                                                       \
	static void open_##noun(void *state, const struct app *app, uint64_t id)         \
	{                                                                                \
		struct list_pane *pane = state;                                          \
                                                                                         \
		list_init(&pane->list, &noun##_listing);                                 \
		list_reload(&pane->list, app);                                           \
		if (id)                                                                  \
			list_select(&pane->list, app, id);                               \
	}

OPEN(alert)
OPEN(metric)
OPEN(anomaly)
OPEN(runbook)
OPEN(source)
OPEN(silence)
OPEN(trigger)
OPEN(slo)
OPEN(change)
OPEN(process)
OPEN(action)
OPEN(incidents)
OPEN(oncall)

static void open_log(void *state, const struct app *app, uint64_t id)
{
	struct list_pane *pane = state;

	list_init(&pane->list, &log_listing);
	pane->list.tail = !id;
	list_reload(&pane->list, app);
}

static void open_event(void *state, const struct app *app, uint64_t id)
{
	struct list_pane *pane = state;

	list_init(&pane->list, &event_listing);
	pane->list.tail = !id;
	list_reload(&pane->list, app);
}

static void open_audit(void *state, const struct app *app, uint64_t id)
{
	struct list_pane *pane = state;

	list_init(&pane->list, &audit_listing);
	pane->list.tail = !id;
	list_reload(&pane->list, app);
}

static struct pane_link link_to(void *state, const struct app *app, const char *class)
{
	struct list_pane *pane = state;

	if (!list_row(&pane->list, app))
		return (struct pane_link){0};
	return (struct pane_link){class, pane->list.selected};
}

static struct pane_link alert_link(void *state, const struct app *app)
{
	return link_to(state, app, "alert");
}

static struct pane_link metric_link(void *state, const struct app *app)
{
	return link_to(state, app, "chart");
}

static struct pane_link runbook_link(void *state, const struct app *app)
{
	return link_to(state, app, "runbook");
}

static struct pane_link slo_link(void *state, const struct app *app)
{
	return link_to(state, app, "slo");
}

/* Enter on a trigger opens its runbook. */
static struct pane_link trigger_link(void *state, const struct app *app)
{
	const struct trigger_row *row = list_row(&((struct list_pane *)state)->list, app);
	const struct runbook_row *book =
		row ? runbooks_named(app->runbooks, row->rc->runbook) : NULL;

	return book ? (struct pane_link){"runbook", book->id} : (struct pane_link){0};
}

static struct pane_link anomaly_link(void *state, const struct app *app)
{
	const struct anomaly_row *row = list_row(&((struct list_pane *)state)->list, app);

	return row ? (struct pane_link){"chart", row->series} : (struct pane_link){0};
}

static struct pane_link log_link(void *state, const struct app *app)
{
	return link_to(state, app, "text");
}

static struct pane_link event_link(void *state, const struct app *app)
{
	return link_to(state, app, "event");
}

static struct pane_link source_link(void *state, const struct app *app)
{
	return link_to(state, app, "source");
}

static void alerts_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct list_pane *pane = state;
	char sentence[256];

	/* One that is still being put in order is not an empty one. */
	if (list_count(&pane->list, app) || pane->list.filter || pane->list.job) {
		list_pane_draw(state, app, c, focus);
		return;
	}
	switch (alerts_quiet(app->alerts, sentence, sizeof sentence)) {
	case QUIET_UNKNOWN:
		pane_empty(c, sentence);
		break;
	case QUIET_UNWATCHED:
		pane_empty(c, "No source of alerts is configured: add a line to the rc");
		break;
	default:
		pane_empty(c, sources_page(app->sources) ? "No open incidents."
							 : "No open alerts.");
	}
}

static void anomalies_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct list_pane *pane = state;
	const char *learning = anomalies_learning(app->anomalies);
	struct canvas rest = *c;

	if (*learning && c->rows > 3) {
		canvas_blank(c, 0, 0, c->cols, ROLE_TEXT);
		canvas_put(c, 0, 0, ROLE_DIM, learning);
		rest = canvas_part(c, 1, 0, c->rows - 1, c->cols);
	}
	if (list_count(&pane->list, app) || pane->list.filter)
		list_pane_draw(state, app, &rest, focus);
	else
		pane_empty(&rest, "No anomalies in this window.");
}

static void logs_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct list_pane *pane = state;
	char trouble[320];

	if (list_count(&pane->list, app) || pane->list.filter)
		list_pane_draw(state, app, c, focus);
	else if (*logs_trouble(app->logs, trouble, sizeof trouble))
		pane_empty(c, trouble);
	else if (*logs_lack(app->logs, trouble, sizeof trouble))
		pane_empty(c, trouble);
	else if (logs_asked(app->logs))
		pane_empty(c, "No lines in this window.");
	else if (!strcmp(logs_origin(app->logs), "no logs found"))
		pane_empty(c, "No log lines: no journal and none of the usual files. "
			      "Name some with `set log.files`");
	else
		pane_empty(c, *logs_origin(app->logs) ? "No lines yet." : "");
}

/* A list that says why it is empty. */
static void draw_or_say(void *state, const struct app *app, const struct canvas *c,
	bool focus, const char *sentence)
{
	const struct list *list = &((struct list_pane *)state)->list;

	if (list_count(list, app) || list->filter)
		list_pane_draw(state, app, c, focus);
	else
		pane_empty(c, sentence);
}

static void metrics_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	draw_or_say(state, app, c, focus, "No series yet.");
}

static void runbooks_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	/* Somebody may look for words next. */
	runbooks_index(app->runbooks);
	draw_or_say(state, app, c, focus,
		"No runbooks: `set runbooks` names folders of Markdown files");
}

static void events_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	draw_or_say(state, app, c, focus, "Nothing to tell yet.");
}

static void processes_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	draw_or_say(state, app, c, focus,
		app->demo ? "No processes: this world is invented."
			  : "Reading the processes of this host.");
}

static void silences_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	if (list_count(&((struct list_pane *)state)->list, app))
		list_pane_draw(state, app, c, focus);
	else
		pane_empty(c, "No silences.");
}

static void triggers_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	draw_or_say(state, app, c, focus,
		"No triggers: a `trigger` line of the rc puts a runbook forward by "
		"itself");
}

static void slos_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	draw_or_say(state, app, c, focus,
		"No SLOs: an `slo` line of the rc says what share of which events shall "
		"be good");
}

/* Who looks, of the consoles that share the store. */
static void triggers_words(void *state, const struct app *app, char *out, size_t size)
{
	const char *hold = triggers_hold(app->triggers);
	size_t n;

	list_pane_words(state, app, out, size);
	n = strlen(out);
	if (*hold)
		snprintf(out + n, size - n, "  nothing fires: %s", hold);
	else if (triggers_count(app->triggers) && !triggers_lead(app->triggers))
		snprintf(out + n, size - n, "  another console looks");
}

static void actions_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	if (list_count(&((struct list_pane *)state)->list, app))
		list_pane_draw(state, app, c, focus);
	else
		pane_empty(c, "Nothing was done yet.");
}

static void changes_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	if (list_count(&((struct list_pane *)state)->list, app))
		list_pane_draw(state, app, c, focus);
	else
		pane_empty(c, "No changes known up to here.");
}

static void oncall_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct list_pane *pane = state;
	char why[ROTAS_WORDS];
	struct canvas rest = *c;
	bool whole = rotas_words(app->rotas, why, sizeof why);

	if (!list_count(&pane->list, app) && !pane->list.filter) {
		pane_empty(c, whole ? "No source has schedules." : why);
		return;
	}
	if (!whole && c->rows > 3) {
		canvas_blank(c, 0, 0, c->cols, ROLE_WARNING);
		canvas_put(c, 0, 0, ROLE_WARNING, why);
		rest = canvas_part(c, 1, 0, c->rows - 1, c->cols);
	}
	list_pane_draw(state, app, &rest, focus);
}

static struct pane_link oncall_link(void *state, const struct app *app)
{
	return link_to(state, app, "shifts");
}

static void open_shifts(void *state, const struct app *app, uint64_t id)
{
	struct list_pane *pane = state;

	if (id)
		rotas_show(app->rotas, id);
	list_init(&pane->list, &shift_listing);
	list_reload(&pane->list, app);
}

static void shifts_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	draw_or_say(state, app, c, focus, "Nothing is known of this schedule any more.");
}

/* Whose shifts, and in whose zone the schedule itself was made. */
static void shifts_words(void *state, const struct app *app, char *out, size_t size)
{
	const struct rota_row *row = rotas_shown(app->rotas);
	char name[80], zone[40];
	size_t n;

	list_pane_words(state, app, out, size);
	n = strlen(out);
	if (row)
		snprintf(out + n, size - n, "  %s, made in %s",
			text_line(row->rota.name, name, sizeof name),
			text_line(row->rota.zone, zone, sizeof zone));
}

static void incidents_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct list *list = &((struct list_pane *)state)->list;

	if (list_count(list, app) || list->filter)
		list_pane_draw(state, app, c, focus);
	else
		pane_empty(c, "No incidents of the past are in the store yet.");
}

static void incidents_words_of(void *state, const struct app *app, char *out, size_t size)
{
	size_t n;

	if (((struct list_pane *)state)->list.filter) {
		list_pane_words(state, app, out, size);
		n = strlen(out);
		snprintf(out + n, size - n, "  of ");
	} else {
		*out = '\0';
	}
	n = strlen(out);
	incidents_words(app->incidents, out + n, size - n);
}

static void audit_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct list_pane *pane = state;
	char why[400];

	if (list_count(&pane->list, app) || pane->list.filter)
		list_pane_draw(state, app, c, focus);
	else if (!audits_complete(app->audits, why, sizeof why))
		pane_empty(c, why);
	else
		pane_empty(c, "Nothing was done from here yet.");
}

static void alerts_words(void *state, const struct app *app, char *out, size_t size)
{
	size_t n;

	list_pane_words(state, app, out, size);
	n = strlen(out);
	pane_complete(app, out + n, size - n);
}

static void metrics_words(void *state, const struct app *app, char *out, size_t size)
{
	char gap[160];
	size_t n;

	list_pane_words(state, app, out, size);
	n = strlen(out);
	if (*sources_gap(app, GIVES_METRICS, gap, sizeof gap))
		snprintf(out + n, size - n, "  partial: %s", gap);
	else if (*sources_slow(app, GIVES_METRICS, gap, sizeof gap))
		snprintf(out + n, size - n, "  %s", gap);
}

/* What of the window is not there, else where lines come from. */
static void logs_words(void *state, const struct app *app, char *out, size_t size)
{
	struct list_pane *pane = state;
	char lack[400] = "";
	size_t n;

	if (!log_listing.complete(app, lack, sizeof lack))
		snprintf(out, size, "%s", lack);
	else
		str_copy(out, size, logs_origin(app->logs));
	n = strlen(out);
	for (size_t i = 0; !*lack && i < app->rc->source_count && n < size; i++)
		if (app->rc->sources[i].kind->logs)
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "",
				app->rc->sources[i].name);
	if (n < size && !pane->list.tail)
		snprintf(out + n, size - n, "  paused: G follows");
	if (pane->list.filter)
		list_pane_words(state, app, out, size);
}

static void sources_words(void *state, const struct app *app, char *out, size_t size)
{
	size_t n;

	list_pane_words(state, app, out, size);
	n = strlen(out);
	if (history_trouble(app->history))
		snprintf(out + n, size - n, "  %s", history_remark(app->history));
}

#define LIST_PANE(var, word, heading, noun, draws, opens, says)                          \
	const struct pane_class var = {.name = word,                                     \
		.title = heading,                                                        \
		.changes = CHANGED_##noun,                                               \
		.state_size = sizeof(struct list_pane),                                  \
		.close = list_pane_close,                                                \
		.reload = list_pane_reload,                                              \
		.act = list_pane_act,                                                    \
		.list = list_pane_list,                                                  \
		.draw = draws,                                                           \
		.open = opens,                                                           \
		.words = says

LIST_PANE(alerts_pane, "alerts", "Alerts",
	ALERTS | CHANGED_SOURCES | CHANGED_CLOCK | CHANGED_CONFIG, alerts_draw,
	open_alert, alerts_words),
	.link = alert_link,
}
;
LIST_PANE(metrics_pane, "metrics", "Metrics",
	METRICS | CHANGED_WINDOW | CHANGED_SOURCES | CHANGED_CLOCK, metrics_draw,
	open_metric, metrics_words),
	.link = metric_link,
}
;
LIST_PANE(anomalies_pane, "anomalies", "Anomalies",
	ANOMALIES | CHANGED_CLOCK | CHANGED_WINDOW, anomalies_draw, open_anomaly,
	list_pane_words),
	.link = anomaly_link,
}
;
LIST_PANE(runbooks_pane, "runbooks", "Runbooks", RUNBOOKS, runbooks_draw, open_runbook,
	list_pane_words),
	.link = runbook_link,
}
;
LIST_PANE(logs_pane, "logs", "Logs", LOGS | CHANGED_WINDOW | CHANGED_SOURCES, logs_draw,
	open_log, logs_words),
	.link = log_link,
}
;
LIST_PANE(sources_pane, "sources", "Sources", SOURCES | CHANGED_CLOCK, list_pane_draw,
	open_source, sources_words),
	.link = source_link,
}
;
LIST_PANE(events_pane, "events", "Events", EVENTS, events_draw, open_event,
	list_pane_words),
	.link = event_link,
}
;
LIST_PANE(silences_pane, "silences", "Silences", ALERTS | CHANGED_CLOCK, silences_draw,
	open_silence, list_pane_words),
}
;
LIST_PANE(triggers_pane, "triggers", "Triggers",
	RUNBOOKS | CHANGED_CLOCK | CHANGED_CONFIG | CHANGED_ALERTS, triggers_draw,
	open_trigger, triggers_words),
	.link = trigger_link,
}
;
LIST_PANE(slos_pane, "slos", "SLOs", SLOS | CHANGED_CLOCK | CHANGED_CONFIG,
	slos_draw, open_slo, list_pane_words),
	.link = slo_link,
}
;
LIST_PANE(changes_pane, "changes", "Changes", ALERTS | CHANGED_CLOCK | CHANGED_WINDOW,
	changes_draw, open_change, list_pane_words),
}
;
LIST_PANE(audit_pane, "audit", "Audit", AUDIT, audit_draw, open_audit, list_pane_words),
}
;
LIST_PANE(processes_pane, "processes", "Processes", PROCESSES, processes_draw,
	open_process, list_pane_words),
}
;
LIST_PANE(incidents_pane, "incidents", "Incidents",
	PAST | CHANGED_CLOCK | CHANGED_SOURCES, incidents_draw, open_incidents,
	incidents_words_of),
	.link = alert_link,
}
;
LIST_PANE(oncall_pane, "oncall", "On call", ROTAS | CHANGED_CLOCK | CHANGED_SOURCES,
	oncall_draw, open_oncall, list_pane_words),
	.link = oncall_link,
}
;
LIST_PANE(shifts_pane, "shifts", "Shifts", ROTAS | CHANGED_CLOCK, shifts_draw,
	open_shifts, shifts_words),
}
;
LIST_PANE(actions_pane, "actions", "Actions", ACTIONS | CHANGED_CLOCK, actions_draw,
	open_action, list_pane_words),
}
;
