/* Which sources are watched, and what ended while none was: with the first whole
 * snapshot of a source, incidents of it that the store holds open and the snapshot does
 * not list are closed, between when they were last seen and now. From then on the span
 * in which the source is watched is written, once a minute and at the end. */
#include "history_parts.h"

#include "app/alerts.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/log.h"
#include "store/incident.h"
#include "store/watch.h"

enum { GAP_MS = 10 * 1000 };

static struct untrusted name_of(const struct history *history, int source)
{
	const struct source_row *row = sources_row(history->app->sources, source);

	return row ? untrusted_str(row->name) : UNTRUSTED_NONE;
}

static void write_span(struct history *history, struct seen *s)
{
	struct watch_span span = {name_of(history, s->source), s->from_at, s->seen_at};

	if (!s->closed || s->seen_at <= s->written_at || untrusted_empty(span.source))
		return;
	s->written_at = s->seen_at;
	watch_put_later(history->app->store, &span, (struct store_then){0});
}

/* False: it is listed, or its own end is known. */
static bool ended(const struct history *history, const struct incident_row *row,
	const char *name, int64_t *end)
{
	const struct alert *alert =
		alerts_find(history->app->alerts, alert_key(name, row->upstream_id));

	if (alert && alert->started_at == row->started_at)
		return false;
	/* It fires again: the end came before that. */
	if (alert && alert->started_at > row->ended_after_at && alert->started_at < *end)
		*end = alert->started_at;
	return true;
}

static size_t close_ended(const struct history *history, struct seen *s,
	const struct incident_rows *rows, struct incident_row *out)
{
	const char *name = sources_row(history->app->sources, s->source)->name;
	size_t n = 0;

	for (size_t i = 0; i < rows->count; i++) {
		struct incident_row row = rows->rows[i];
		int64_t end = s->seen_at;

		if (!untrusted_is(row.source, name) || !ended(history, &row, name, &end))
			continue;
		row.state = ALERT_RESOLVED;
		row.ended_at = end;
		if (row.ended_after_at >= end)
			row.ended_after_at = end - 1;
		out[n++] = row;
	}
	return n;
}

static void got_open(void *ctx, const struct incident_rows *rows, const struct err *err)
{
	struct seen *s = ctx;
	struct history *history = s->history;
	struct incident_row *ends;
	size_t n;

	s->asked = false;
	if (err || s->forgotten || history->ended) {
		s->forgotten = false;
		return;
	}
	ends = mem_new(rows->count, sizeof *ends);
	n = close_ended(history, s, rows, ends);
	if (n) {
		incident_put_later(history->app->store, ends, n, (struct store_then){0});
		log_add(LOG_INFO, "%zu incident%s of %s ended while nobody watched", n,
			n == 1 ? "" : "s",
			sources_row(history->app->sources, s->source)->name);
	}
	for (size_t i = 0; i < n; i++)
		history_page_ended(history, &ends[i]);
	mem_free(ends);
	s->closed = true;
	write_span(history, s);
}

void history_snapshot(struct history *history, int source)
{
	const struct source_row *row = sources_row(history->app->sources, source);
	struct seen *s = &history->seen[source];
	int64_t now = history->app->now;

	if (!row || source == SOURCE_HOST || !history_wants(history))
		return;
	if (s->seen_at && now - s->seen_at > 2 * row->every_ms + GAP_MS) {
		if (history_writes(history))
			write_span(history, s);
		s->from_at = 0;
	}
	if (!s->from_at)
		s->from_at = now;
	s->seen_at = now;
	s->source = source;
	s->history = history;
}

/* Answers may come before the store is open. */
static void ask(struct history *history, struct seen *s)
{
	struct untrusted name = name_of(history, s->source);

	if (!s->seen_at || s->closed || s->asked || untrusted_empty(name))
		return;
	s->asked = true;
	incident_open_later(history->app->store, name, got_open, s);
}

void history_forget(struct history *history, int source)
{
	struct seen *s = &history->seen[source];
	bool asked = s->asked;

	history_pull_forget(history, source);
	if (history_writes(history))
		write_span(history, s);
	*s = (struct seen){.history = history, .asked = asked, .forgotten = asked};
}

void history_seen_write(struct history *history)
{
	history->seen_written_at = history->app->now;
	for (int i = 0; i <= RC_MAX_SOURCES; i++)
		if (history_writes(history))
			write_span(history, &history->seen[i]);
}

void history_seen_tick(struct history *history, int64_t now)
{
	for (int i = 0; i <= RC_MAX_SOURCES; i++)
		if (history_writes(history))
			ask(history, &history->seen[i]);
	if (now - history->seen_written_at >= MINUTE_MS)
		history_seen_write(history);
}
