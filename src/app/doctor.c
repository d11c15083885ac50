/* `oogway doctor`: one line each, what is right and what to do
 * about what is not. Looks at what is known already; asks
 * nothing by itself. Main thread. */
#include "app/alerts.h"
#include "app/history.h"
#include "changes.h"
#include "cmd.h"
#include "app/logs.h"
#include "app/metrics.h"
#include "app/runbook_versions.h"
#include "app/runbooks.h"
#include "app/slos.h"
#include "app/sources.h"
#include "base/text.h"
#include "base/time.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* From then on the end of a service is a thing to mend. */
#define END_NEAR_MS (30 * DAY_MS)

struct doctor {
	struct str *out;
	int bad;
};

static void __attribute__((format(printf, 3, 4)))
line(struct doctor *d, bool good, const char *fmt, ...)
{
	char words[512], text[sizeof words * 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	/* What an rc names may hold anything. */
	text_line(untrusted_str(words), text, sizeof text);
	str_printf(d->out, "%s  %s\n", good ? "ok " : "BAD", text);
	d->bad += !good;
}

static void check_rc(struct doctor *d, const struct app *app)
{
	const struct conf *conf = &app->rc->conf;

	if (!conf->errors_total) {
		if (app->demo && !*app->rc->path)
			line(d, true, "rc: the demo reads none, built-in defaults");
		else if (!conf_had(conf, app->rc->path))
			line(d, true, "rc: no %s, built-in defaults", app->rc->path);
		else
			line(d, true, "rc: %s read without an error", app->rc->path);
	}
	for (size_t i = 0; i < conf->error_count; i++) {
		char text[480];

		rc_error_text(&conf->errors[i], text, sizeof text);
		line(d, false, "%s", text);
	}
}

static void check_source(struct doctor *d, const struct app *app, size_t i)
{
	const struct source_row *row = sources_at(app->sources, i);
	enum source_health health = source_health(row, app->now);
	char words[400], end[160];

	source_words(row, app->now, words, sizeof words);
	source_end(row, app->now, end, sizeof end);
	if (health == HEALTH_OK)
		line(d, !row->status.partial && !row->status.warning[0],
			"source %s: %s at %s answers in %lld ms%s%s", row->name,
			row->kind, row->where, (long long)row->status.latency_ms,
			row->status.warning[0] ? "; " : "", row->status.warning);
	else if (*end && row->rc->kind->service->ends_at <= app->now)
		line(d, false, "source %s: %s. %s", row->name, words, end);
	else
		line(d, false, "source %s: %s%s%s", row->name, words,
			row->refused.kind ? "" : "; ",
			row->refused.kind ? "" : source_advice(row));
	if (*end && row->rc->kind->service->ends_at > app->now)
		line(d, row->rc->kind->service->ends_at - app->now > END_NEAR_MS,
			"source %s: %s", row->name, end);
}

static void check_queries(struct doctor *d, const struct app *app)
{
	for (size_t i = 0; i < app->rc->query_count; i++) {
		const struct rc_query *q = &app->rc->queries[i];

		const char *why;
		enum query_health health = metrics_query_health(app->metrics, i, &why);

		if (health == QUERY_FAILED)
			line(d, false, "%s:%d: query %s: %s", q->place.file,
				q->place.line, q->name, why);
		else if (health > QUERY_FINE)
			line(d, true,
				"query %s: %s; if that is wrong, look at the names in "
				"%s:%d",
				q->name, why, q->place.file, q->place.line);
	}
}

static void check_logs(struct doctor *d, const struct logs *logs)
{
	char trouble[320];

	if (*logs_trouble(logs, trouble, sizeof trouble))
		line(d, false, "logs: %s; see `set log.files`", trouble);
	else
		line(d, true, "logs: %s", logs_origin(logs));
}

/* A book that is not there, and one that would not run though its line says so. */
static void check_triggers(struct doctor *d, const struct app *app)
{
	for (size_t i = 0; i < app->rc->trigger_count; i++) {
		const struct rc_trigger *t = &app->rc->triggers[i];
		const struct runbook_row *row = runbooks_named(app->runbooks, t->runbook);

		if (!row)
			line(d, false, "%s:%d: trigger %s: no runbook is called %s",
				t->place.file, t->place.line, t->name, t->runbook);
		else if (t->runs && !runbook_is_trusted(row))
			line(d, true,
				"trigger %s: %s is only proposed: it is not trusted as "
				"it is now; runbook trust %s",
				t->name, t->runbook, t->runbook);
	}
}

/* One that nothing can be said of, and one that counts nothing. */
static void check_slos(struct doctor *d, const struct app *app)
{
	char words[400];

	for (size_t i = 0; i < slos_count(app->slos); i++) {
		const struct slo_row *row = slos_at(app->slos, i);
		bool bad = *row->error || !row->answered ||
			   (!row->part_seen && !row->rc->bad);

		line(d, !bad, "slo %s: %s", row->rc->name,
			slo_words(app, row, words, sizeof words));
	}
}

static void check_changes(struct doctor *d, const struct app *app)
{
	for (size_t i = 0; i < app->rc->changes_count; i++) {
		const struct rc_changes *c = &app->rc->changes[i];
		const char *why = changes_why(app->change_feeds, i);

		line(d, !why, "changes %s: %s", c->name,
			why      ? why
			: c->git ? c->git
				 : c->folder);
	}
}

enum status cmd_doctor(struct call *call, struct err *err)
{
	const struct app *app = call->app;
	struct doctor d = {.out = call->out};
	char store[480];
	bool fine;
	struct str own;

	str_init(&own, 1 << 16);
	if (!d.out)
		d.out = &own;
	check_rc(&d, app);
	for (size_t i = 0; i < sources_count(app->sources); i++)
		check_source(&d, app, i);
	check_queries(&d, app);
	check_triggers(&d, app);
	check_slos(&d, app);
	check_changes(&d, app);
	if (!app->demo) {
		fine = history_check(call->app, store, sizeof store);
		line(&d, fine, "%s", store);
	}
	check_logs(&d, app->logs);
	line(&d, runbooks_count(app->runbooks) > 0, "runbooks: %zu",
		runbooks_count(app->runbooks));
	for (size_t i = 0; i < app->rc->source_count; i++)
		if (app->rc->sources[i].kind->site)
			line(&d, true, "runbooks: %zu of them pages of %s",
				runbooks_pages(app->runbooks, app->rc->sources[i].name),
				app->rc->sources[i].name);
	str_release(&own);
	if (!d.bad) {
		if (!call->out)
			app_notice(call->app, false, "doctor: nothing to mend");
		return STATUS_DONE;
	}
	err_set(err, ERR_NONE, "%d thing%s to mend%s", d.bad, d.bad == 1 ? "" : "s",
		call->out ? "" : "; `oogway doctor` lists them");
	return STATUS_FAILED;
}
