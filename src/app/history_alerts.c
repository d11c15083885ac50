/* What fired, for ever: alerts that are new, changed or gone are written once a second,
 * a part at a time: the next one when the store has the last. Changed ones wait as keys
 * and are looked up when their turn comes; those that are gone wait themselves. */
#include "history_parts.h"

#include "app/alerts.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/log.h"
#include "store/incident.h"

#include <string.h>

enum { KEYS_MAX = 200000, PART_ROWS = 200, LAST_ROWS = 5000 };

static struct untrusted source_name(const struct history *history, int source)
{
	return untrusted_str(sources_row(history->app->sources, source)->name);
}

static enum urgency urgency_of(const struct alert *a)
{
	struct untrusted word = alert_label_value(a, "urgency");

	if (untrusted_is(word, "high"))
		return URGENCY_HIGH;
	return untrusted_is(word, "low") ? URGENCY_LOW : URGENCY_UNKNOWN;
}

/* Who it was, or only that it was somebody where the rc leaves people out. */
static struct untrusted acked_by(
	const struct history *history, struct untrusted source, const struct alert *a)
{
	const struct sources *sources = history->app->sources;

	for (size_t i = 1; i < sources_count(sources); i++) {
		const struct source_row *row = sources_at(sources, i);

		if (row->rc && row->rc->left_out & FIELD_PEOPLE &&
			untrusted_is(source, row->name))
			return untrusted_str("somebody");
	}
	return alert_text(a, ALERT_ACKED_BY);
}

static struct incident_row row_of(
	const struct history *history, struct untrusted source, const struct alert *a)
{
	bool acked = a->state == ALERT_ACKNOWLEDGED;

	return (struct incident_row){
		.source = source,
		.upstream_id = alert_text(a, ALERT_ID),
		.title = alert_text(a, ALERT_TITLE),
		.service = alert_text(a, ALERT_SERVICE),
		.summary = alert_text(a, ALERT_SUMMARY),
		.severity = (enum severity)a->severity,
		.state = (enum alert_state)a->state,
		.pages = a->pages,
		.echo = a->echo,
		.started_at = a->started_at,
		.acked_at = a->acked_at,
		.ended_at = a->ended_at,
		.urgency = urgency_of(a),
		.number = a->number,
		.priority = alert_label_value(a, "priority"),
		.acked_by = acked ? acked_by(history, source, a) : UNTRUSTED_NONE,
	};
}

static void note_page(struct history *history, const struct alert *alert)
{
	if (alert->pages && alert->state == ALERT_RESOLVED &&
		alert->ended_at > history->last_page_at) {
		history->last_page_at = alert->ended_at;
		history->last_page_after = 0;
		app_changed(history->app, CHANGED_ALERTS);
	}
}

void history_alert(struct history *history, uint64_t key)
{
	const struct alert *alert;

	if (!history_wants(history))
		return;
	alert = alerts_find(history->app->alerts, key);
	if (alert)
		note_page(history, alert);
	if (history->alert_count == KEYS_MAX && history->alert_at) {
		history->alert_count -= history->alert_at;
		memmove(history->alerts, history->alerts + history->alert_at,
			history->alert_count * sizeof *history->alerts);
		history->alert_at = 0;
	}
	if (history->alert_count == KEYS_MAX)
		return;
	MEM_ROOM(history->alerts, history->alert_count, history->alert_cap);
	history->alerts[history->alert_count++] = key;
}

void history_alert_over(struct history *history, struct alert *alert)
{
	if (!history_wants(history) || history->over_count == KEYS_MAX) {
		alert_free(alert);
		return;
	}
	if (alert->state != ALERT_RESOLVED || !alert->ended_at)
		alert->ended_at = history->app->now;
	alert->state = ALERT_RESOLVED;
	note_page(history, alert);
	MEM_ROOM(history->over, history->over_count, history->over_cap);
	history->over[history->over_count++] = (struct alert_over){
		alert, untrusted_keep(source_name(history, alert->source), SIZE_MAX)};
}

static void free_over(struct alert_over *over)
{
	alert_free(over->alert);
	untrusted_free(over->source);
}

/* At most max rows; what is gone goes first, as it may have come back since. */
static void write_part(struct history *history, size_t max, struct store_then then)
{
	struct incident_row *rows = mem_new(max, sizeof *rows);
	size_t n = 0, gone = history->over_count;

	if (gone > max)
		gone = max;
	while (n < gone) {
		rows[n] =
			row_of(history, history->over[n].source, history->over[n].alert);
		n++;
	}
	while (gone == history->over_count && n < max &&
		history->alert_at < history->alert_count) {
		const struct alert *alert = alerts_find(
			history->app->alerts, history->alerts[history->alert_at++]);

		if (alert)
			rows[n++] = row_of(
				history, source_name(history, alert->source), alert);
	}
	incident_put_later(history->app->store, rows, n, then);
	for (size_t i = 0; i < gone; i++)
		free_over(&history->over[i]);
	history->over_count -= gone;
	if (history->over_count)
		memmove(history->over, history->over + gone,
			history->over_count * sizeof *history->over);
	mem_free(rows);
}

/* There may have been very many: what none of them needs any more is given back. */
static bool any_left(struct history *history)
{
	if (history->alert_at == history->alert_count) {
		mem_free(history->alerts);
		history->alerts = NULL;
		history->alert_at = history->alert_count = history->alert_cap = 0;
	}
	return history->over_count || history->alert_count;
}

static void part_done(void *ctx, const struct err *err)
{
	struct history *history = ctx;

	history->writing_alerts = false;
	/* What the store does not take is told elsewhere; the next try is the tick's. */
	if (!err)
		history_alerts_tick(history);
}

void history_alerts_tick(struct history *history)
{
	if (history->writing_alerts || !history_writes(history) || !any_left(history))
		return;
	history->writing_alerts = true;
	write_part(history, PART_ROWS, (struct store_then){part_done, history});
}

void history_alerts_write(struct history *history)
{
	while (history_writes(history) && any_left(history))
		write_part(history, LAST_ROWS, (struct store_then){0});
}

void history_page_ended(struct history *history, const struct incident_row *row)
{
	if (!row->pages || row->ended_at <= history->last_page_at)
		return;
	history->last_page_at = row->ended_at;
	history->last_page_after = row->ended_after_at;
	app_changed(history->app, CHANGED_ALERTS);
}

static void got_last_page(
	void *ctx, const struct incident_rows *rows, const struct err *err)
{
	struct history *history = ctx;

	if (!err && !history->ended && rows->count)
		history_page_ended(history, &rows->rows[0]);
}

void history_alerts_begin(struct history *history)
{
	incident_last_page_later(history->app->store, got_last_page, history);
}

void history_alerts_forget(struct history *history)
{
	for (size_t i = 0; i < history->over_count; i++)
		free_over(&history->over[i]);
	mem_free(history->over);
	mem_free(history->alerts);
}

int64_t history_last_page(const struct history *history, int64_t *after)
{
	*after = history->last_page_after;
	return history->last_page_at;
}
