/* Life of the whole state: born with the rc, started after the first frame, ticking
 * once a second, read anew when the rc changes. Hides the order in which the parts
 * begin and end. Main thread. */
#include "app/replay.h"
#include "app/app.h"

#include "app/actions.h"
#include "app/alerts.h"
#include "app/anomalies.h"
#include "changes.h"
#include "app/audits.h"
#include "app/charts.h"
#include "app/dossier.h"
#include "app/handoff.h"
#include "app/enrol.h"
#include "app/findings.h"
#include "app/history.h"
#include "app/incidents.h"
#include "app/host.h"
#include "app/logs.h"
#include "app/metrics.h"
#include "notify.h"
#include "app/problems.h"
#include "app/remote.h"
#include "app/rotas.h"
#include "app/runbooks.h"
#include "app/runs.h"
#include "app/similar.h"
#include "app/slos.h"
#include "app/setting.h"
#include "app/sources.h"
#include "app/status.h"
#include "app/trends.h"
#include "app/triggers.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "breakglass.h"
#include "deeds.h"
#include "expiry.h"
#include "pages.h"
#include "prune.h"
#include "sinks.h"
#include "io/http.h"
#include "io/loop.h"
#include "io/task.h"
#include "ops/redact.h"
#include "joins.h"
#include "rc_watch.h"
#include "share.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How long one command waits for its store. */
enum { HISTORY_WAIT_MS = 3000, SETTLE_MS = 10000 };

static void name_host(struct app *app)
{
	char name[256] = "";

	if (app->demo)
		str_copy(name, sizeof name, "bastion-1");
	else if (gethostname(name, sizeof name - 1) || !*name)
		str_copy(name, sizeof name, "localhost");
	text_line(untrusted_str(name), app->host, sizeof app->host);
}

struct app *app_new(struct loop *loop, const struct app_options *options)
{
	struct app *app = mem_new(1, sizeof *app);

	app->loop = loop;
	app->now = app->started_at = time_now_ms();
	app->demo = options->demo;
	app->pool = task_pool_new(loop);
	app->rc_watch = rc_watch_new(app, &options->rc);
	app->rc = rc_watch_first(app->rc_watch);
	app->readonly = options->readonly || app_setting(app, SET_READONLY);
	app->window.span_ms = app->window_set = app_setting(app, SET_WINDOW);
	app->window.to = options->at;
	app->past = options->at != 0;
	name_host(app);
	app->history = history_new(app);
	app->audits = audits_new(app);
	app->deeds = deeds_new(app);
	app->http = http_new(loop, app->pool);
	app->metrics = metrics_new(app);
	app->acks = acks_new(app);
	app->joins = joins_new(app);
	app->rotas = rotas_new(app);
	app->actions = actions_new(app);
	app->handoffs = handoffs_new(app);
	app->alerts = alerts_new(app);
	app->anomalies = anomalies_new(app);
	app->logs = logs_new(app);
	app->runbooks = runbooks_new(app);
	app->pages = pages_new(app);
	app->runs = runs_new(app);
	app->remote = remote_new(app);
	app->triggers = triggers_new(app);
	app->charts = charts_new(app);
	app->trends = trends_new(app);
	app->incidents = incidents_new(app);
	app->dossier = dossier_new(app);
	app->similar = similar_new(app);
	app->findings = findings_new(app);
	app->change_feeds = changes_new(app);
	app->slos = slos_new(app);
	app->share = share_new(app);
	app->sources = sources_new(app);
	app->enrol = enrol_new(app);
	app->notify = notify_new(app);
	app->expiry = expiry_new(app);
	app->breakglass = breakglass_new(app);
	app->sinks = sinks_new(app);
	app->replay = replay_new(app);
	app->prune = prune_new(app);
	if (!options->no_host && !app->demo)
		app->host_reader = host_reader_new(app, options->host_root);
	app->changes = CHANGED_ALL;
	return app;
}

static void settle_work(struct task *task)
{
	(void)task;
	mem_settle();
}

static void settle_done(struct task *task)
{
	mem_free(task);
}

/* Once what the start asked for is there, what that took is given back. */
static void settle(struct app *app)
{
	struct task *task;

	if (!app->live || app->settled || app->now - app->started_at < SETTLE_MS)
		return;
	app->settled = true;
	task = mem_new(1, sizeof *task);
	*task = (struct task){
		.work = settle_work, .done = settle_done, .class = TASK_BACKGROUND};
	task_submit(app->pool, task);
}

static void tick(void *ctx, int64_t now)
{
	struct app *app = ctx;
	bool minute = now / MINUTE_MS != app->now / MINUTE_MS;

	app->now = now;
	if (minute)
		app_changed(app, CHANGED_CLOCK);
	if (app->host_reader)
		host_reader_tick(app->host_reader, now);
	logs_tick(app->logs, now);
	share_tick(app->share, now);
	sources_tick(app->sources, now);
	slos_tick(app->slos, now);
	alerts_tick(app->alerts, now);
	pages_tick(app->pages, now);
	runbooks_tick(app->runbooks, now);
	anomalies_tick(app->anomalies, now);
	problems_join(app);
	notify_tick(app->notify, now);
	triggers_tick(app->triggers, now);
	expiry_tick(app->expiry, now);
	breakglass_tick(app->breakglass, now);
	sinks_tick(app->sinks);
	prune_tick(app->prune, now);
	history_tick(app->history, now);
	incidents_tick(app->incidents);
	dossier_tick(app->dossier);
	similar_tick(app->similar, now);
	findings_tick(app->findings, now);
	changes_tick(app->change_feeds, now);
	rotas_tick(app->rotas, now);
	actions_tick(app->actions, now);
	handoffs_tick(app->handoffs, now);
	trends_tick(app->trends, now);
	deeds_tick(app->deeds, now);
	audits_tick(app->audits, now);
	if (app->status_writer)
		status_writer_tick(app->status_writer, now);
	if (app->live && !app->demo)
		rc_watch_tick(app->rc_watch, now);
	settle(app);
}

void app_start(struct app *app)
{
	for (size_t i = 0; i < app->rc->conf.error_count; i++) {
		char text[LOG_TEXT];

		rc_error_text(&app->rc->conf.errors[i], text, sizeof text);
		log_add(LOG_ERROR, "%s", text);
	}
	if (app->live && !app->demo)
		app->status_writer = status_writer_new(app);
	runbooks_load(app->runbooks);
	sources_start(app->sources);
	if (app->live)
		notify_start(app->notify);
	if (!app_then(app) && !app->demo)
		changes_start(app->change_feeds);
	if (app->host_reader)
		logs_start(app->logs);
	loop_on_tick(app->loop, tick, app);
	if (!app->demo)
		history_start(app->history);
}

void app_free(struct app *app)
{
	if (!app)
		return;
	loop_off(app->loop, app);
	triggers_end(app->triggers);
	findings_end(app->findings);
	history_end(app->history);
	incidents_watch(app->incidents, false);
	trends_end(app->trends);
	runs_end(app->runs);
	remote_end(app->remote);
	sinks_end(app->sinks);
	replay_end(app->replay);
	prune_end(app->prune);
	audits_end(app->audits);
	status_writer_free(app->status_writer);
	host_reader_free(app->host_reader);
	logs_free(app->logs);
	handoffs_end(app->handoffs);
	actions_end(app->actions);
	rotas_end(app->rotas);
	notify_free(app->notify);
	expiry_free(app->expiry);
	enrol_end(app->enrol);
	sources_free(app->sources);
	http_free(app->http);
	rc_watch_free(app->rc_watch);
	runbooks_free(app->runbooks);
	pages_end(app->pages);
	task_pool_free(app->pool);
	runs_free(app->runs);
	remote_free(app->remote);
	breakglass_free(app->breakglass);
	sinks_free(app->sinks);
	replay_free(app->replay);
	pages_free(app->pages);
	prune_free(app->prune);
	history_free(app->history);
	triggers_free(app->triggers);
	share_free(app->share);
	trends_free(app->trends);
	changes_free(app->change_feeds);
	incidents_free(app->incidents);
	dossier_free(app->dossier);
	similar_free(app->similar);
	findings_free(app->findings);
	deeds_free(app->deeds);
	audits_free(app->audits);
	charts_free(app->charts);
	anomalies_free(app->anomalies);
	slos_free(app->slos);
	alerts_free(app->alerts);
	rotas_free(app->rotas);
	handoffs_free(app->handoffs);
	actions_free(app->actions);
	acks_free(app->acks);
	joins_free(app->joins);
	metrics_free(app->metrics);
	enrol_free(app->enrol);
	rc_free(app->rc);
	mem_free(app);
}

/* Sources, queries and heartbeats that changed begin anew; the rest of the rc is looked
 * at where it is used. */
static bool parts(const struct rc *a, const struct rc *b)
{
	return strcmp(a->profile, b->profile) &&
	       (strcmp(settings_text(&a->settings, SET_STORE),
			settings_text(&b->settings, SET_STORE)) ||
		       settings_number(&a->settings, SET_READONLY) !=
			       settings_number(&b->settings, SET_READONLY));
}

void app_take_rc(struct app *app, struct rc *rc)
{
	struct rc *old = app->rc;

	if (parts(old, rc)) {
		str_copy(app->begins_anew, sizeof app->begins_anew, rc->profile);
		rc_free(rc);
		loop_stop(app->loop);
		return;
	}
	history_flush(app->history);
	actions_halt(app->actions);
	app->rc = rc;
	slos_reload(app->slos);
	sources_reload(app->sources);
	sinks_reload(app->sinks);
	metrics_reload(app->metrics, old);
	alerts_reload(app->alerts, old);
	charts_settle(app->charts);
	notify_reload(app->notify, old);
	runbooks_load(app->runbooks);
	handoffs_reload(app->handoffs);
	changes_start(app->change_feeds);
	rotas_begin(app->rotas);
	triggers_reload(app->triggers);
	rc_free(old);
	app_settle_settings(app);
	app_changed(app, CHANGED_ALL);
	if (app->front.check)
		app->front.check(app->front.ctx, rc);
	for (size_t i = 0; i < rc->conf.error_count; i++) {
		char text[480];

		rc_error_text(&rc->conf.errors[i], text, sizeof text);
		log_add(LOG_WARN, "%s", text);
	}
	if (rc->no_profile)
		app_notice(app, true, "no profile is called %.60s: none is chosen",
			rc->no_profile);
	else if (rc->conf.errors_total)
		app_notice(app, true, "%zu error%s in the rc: `oogway doctor` lists them",
			rc->conf.errors_total, rc->conf.errors_total == 1 ? "" : "s");
	else
		app_notice(app, false,
			access(rc->path, F_OK) ? "%s is not there: the defaults are used"
					       : "%s was read anew",
			rc->path);
}

void app_reload(struct app *app)
{
	if (app->demo)
		app_notice(app, true, "the demo reads no rc anew");
	else
		rc_watch_read(app->rc_watch, NULL);
}

bool app_profile(struct app *app, const char *name, struct err *err)
{
	bool known = false;

	for (size_t i = 0; i < app->rc->conf.profile_count; i++)
		known |= !strcmp(app->rc->conf.profiles[i], name);
	if (!known)
		return err_set(err, ERR_MISSING, "no profile is called %s in %s", name,
			app->rc->path);
	if (app->demo)
		app_notice(app, true, "the demo reads no rc anew");
	else
		rc_watch_read(app->rc_watch, name);
	return true;
}

void app_changed(struct app *app, uint32_t bits)
{
	app->changes |= bits;
}

uint32_t app_take_changes(struct app *app)
{
	uint32_t bits = app->changes;

	app->changes = 0;
	return bits;
}

void app_clean(struct str *text)
{
	struct str clean;

	str_init(&clean, text->max);
	redact_text(&clean, untrusted_make(text->p, text->n));
	str_release(text);
	*text = clean;
}

void app_notice(struct app *app, bool bad, const char *fmt, ...)
{
	char text[LOG_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	log_add(bad ? LOG_WARN : LOG_INFO, "%s", text);
	app_changed(app, CHANGED_EVENTS);
	if (app->front.notice)
		app->front.notice(app->front.ctx, bad, text);
}

int64_t window_to(const struct app *app)
{
	return app->window.to ? app->window.to : app->now;
}

int64_t window_from(const struct app *app)
{
	return window_to(app) - app->window.span_ms;
}

void app_set_window(struct app *app, struct window window)
{
	if (window.span_ms < WINDOW_LEAST_MS)
		window.span_ms = WINDOW_LEAST_MS;
	if (window.span_ms > WINDOW_MOST_MS)
		window.span_ms = WINDOW_MOST_MS;
	if (window.to >= app->now)
		window.to = 0;
	/* Back from the past: what --at had put off is allowed again. */
	if (!window.to && app->past) {
		app->past = false;
		app_changed(app, CHANGED_ALL);
	}
	if (window.to == app->window.to && window.span_ms == app->window.span_ms)
		return;
	app->window = window;
	sources_set_window(app->sources);
	history_look(app->history);
	app_changed(app, CHANGED_WINDOW);
}

int64_t app_setting(const struct app *app, int id)
{
	return settings_number(&app->rc->settings, id);
}

void app_settle_settings(struct app *app)
{
	struct window window = app->window;
	int64_t span = app_setting(app, SET_WINDOW);

	if (span != app->window_set) {
		app->window_set = window.span_ms = span;
		app_set_window(app, window);
	}
	logs_settle(app->logs);
	/* It can be forbidden while it runs, not allowed. */
	app->readonly |= app_setting(app, SET_READONLY);
}

bool app_then(const struct app *app)
{
	return app->past && !app->live;
}

bool app_settled(const struct app *app)
{
	bool store = !history_busy(app->history) ||
		     app->now - app->started_at > HISTORY_WAIT_MS;

	return store && acks_known(app->acks) && sources_settled(app->sources) &&
	       slos_settled(app->slos) && alerts_settled(app->alerts) &&
	       joins_settled(app->joins) && metrics_settled(app->metrics) &&
	       runbooks_settled(app->runbooks) && changes_settled(app->change_feeds) &&
	       rotas_settled(app->rotas) && triggers_settled(app->triggers);
}

bool app_edit(struct app *app, const char *path, struct err *err)
{
	if (!app->front.edit)
		return err_set(err, ERR_USAGE, "there is no terminal for an editor here");
	app->front.edit(app->front.ctx, path);
	return true;
}
