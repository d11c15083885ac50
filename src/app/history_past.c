/* The past of one command (--at): incidents that were open then and changes before, as
 * the store has them, put where those of now would stand. What the store cannot say is
 * said: a source of alerts that nobody watched then. */
#include "history_parts.h"

#include "app/alerts.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "model/batch.h"
#include "store/incident.h"
#include "store/watch.h"

#include <stdio.h>

struct past_job {
	struct store_job job;
	struct history *history;
	int64_t at;
	struct untrusted sources[RC_MAX_SOURCES + 1]; /* of alerts */
	bool rules[RC_MAX_SOURCES + 1];               /* those of rules, if it has any */
	bool covered[RC_MAX_SOURCES + 1];
	size_t source_count;
	struct incident_rows incidents;
};

/* A server of metrics whose rules were never read has none. */
static bool has_rules(const struct watch_spans *watched, struct untrusted source)
{
	for (size_t i = 0; i < watched->count; i++)
		if (untrusted_eq(watched->spans[i].source, source))
			return true;
	return false;
}

static bool run_past(struct store_job *job, struct db *db, struct err *err)
{
	struct past_job *p = (struct past_job *)job;
	struct watch_spans watched;

	if (!watch_list(db, &job->arena, 0, &watched, err))
		return false;
	for (size_t i = 0; i < p->source_count; i++) {
		if (!watch_covers(db, p->sources[i], p->at, &p->covered[i], err))
			return false;
		p->covered[i] |= p->rules[i] && !has_rules(&watched, p->sources[i]);
	}
	return incident_at(db, &job->arena, p->at, INCIDENT_MAX_LIST, &p->incidents, err);
}

/* The source of a row; one that the rc does not name any more is listed for it. */
static int source_of(struct app *app, struct untrusted name)
{
	char id[64];
	int source;

	if (!text_to_id(name, id, sizeof id))
		return -1;
	source = sources_find(app->sources, id);
	if (source < 0 && sources_count(app->sources) <= RC_MAX_SOURCES)
		source = sources_add_fed(app->sources,
			&(struct source_row){.name = arena_strdup(&app->rc->arena, id),
				.kind = "gone",
				.where = "in the store only",
				.every_ms = MINUTE_MS});
	return source;
}

void history_past_give(
	struct history *history, struct untrusted source, const struct batch *batch)
{
	int number = source_of(history->app, source);

	if (number >= 0)
		alerts_apply(history->app->alerts, number, batch);
}

static void add_incident(
	struct past_job *p, struct arena *arena, const struct incident_row *row)
{
	bool acked = row->acked_at && row->acked_at <= p->at;
	struct alert_draft *draft;
	struct batch batch;

	arena_reset(arena);
	batch_init(&batch, arena);
	draft = batch_add_alert(&batch);
	*draft = (struct alert_draft){.severity = row->severity,
		.state = row->state == ALERT_SILENCED ? ALERT_SILENCED
			 : acked                      ? ALERT_ACKNOWLEDGED
						      : ALERT_FIRING,
		.pages = row->pages,
		.started_at = row->started_at,
		.updated_at = row->started_at,
		.acked_at = acked ? row->acked_at : 0};
	draft->texts[ALERT_ID] = row->upstream_id;
	draft->texts[ALERT_TITLE] = row->title;
	draft->texts[ALERT_SERVICE] = row->service;
	draft->texts[ALERT_SUMMARY] = row->summary;
	history_past_give(p->history, row->source, &batch);
}

static void say_gap(const struct past_job *p)
{
	char gap[200] = "", name[64], when[TIME_TEXT];

	for (size_t i = p->source_count; i-- > 0;)
		if (!p->covered[i])
			snprintf(gap, sizeof gap, "UNKNOWN: nobody watched %s at %s",
				text_line(p->sources[i], name, sizeof name),
				time_stamp(p->at, p->history->app->now, when));
	alerts_past(p->history->app->alerts, gap);
}

static void end_past(struct store_job *job, const struct err *err)
{
	struct past_job *p = (struct past_job *)job;
	struct arena arena;

	if (p->history->ended)
		return;
	if (err) {
		alerts_past(p->history->app->alerts, err->text);
		return;
	}
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < p->incidents.count; i++)
		add_incident(p, &arena, &p->incidents.rows[i]);
	arena_release(&arena);
	say_gap(p);
}

void history_past_begin(struct history *history)
{
	struct app *app = history->app;
	struct past_job *p = store_job_new(sizeof *p);

	p->job.run = run_past;
	p->job.end = end_past;
	p->history = history;
	p->at = window_to(app);
	for (size_t i = 1; i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_at(app->sources, i);

		if (!row->alerts)
			continue;
		p->rules[p->source_count] = sources_charts(app->sources, row->number);
		p->sources[p->source_count++] =
			store_job_text(&p->job, untrusted_str(row->name));
	}
	store_read(app->store, &p->job);
	history_changes_past(history, window_from(app), p->at);
}
