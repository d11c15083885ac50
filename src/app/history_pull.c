/* The past of sources on its way into the store: of several consoles the one with a lease
 * of its own asks, the others look now and then how far it is. One page is on its way at
 * a time: only when it is kept the next one is asked for, and when it cannot be kept the
 * source begins again where the store really is. Main thread. */
#include "history_parts.h"

#include "app/incidents.h"
#include "app/sources.h"
#include "base/log.h"
#include "base/text.h"
#include "store/lease.h"
#include "store/past.h"

enum {
	LOOK_MS = 15 * 1000,
	AGAIN_MS = 10 * 1000,
	PULL_LEASE_MS = 15 * 1000, /* one that is killed is followed after that */
	RENEW_MS = 5 * 1000,
	QUIET_MS = 20 * 1000, /* less than LATE_MS */
	LATE_MS = 60 * 1000,  /* what began since comes with the next round */
};

static struct untrusted scope_of(const struct source_row *row)
{
	return untrusted_str(row->rc->scope);
}

static const struct coverage *coverage_in(
	const struct past_coverages *list, const struct source_row *row)
{
	static const struct coverage none;

	for (size_t i = 0; i < list->count; i++)
		if (untrusted_is(list->rows[i].source, row->name) &&
			untrusted_eq(list->rows[i].scope, scope_of(row)))
			return &list->rows[i].coverage;
	return &none;
}

static bool can_begin(const struct history *history, const struct source_row *row)
{
	const struct pull *pull = &history->pulls[row->number];

	return row->has_past && row->poll >= 0 && !row->reads_past &&
	       history->pulls_mine && history_pulls(history) && !pull->writing &&
	       history->app->now >= pull->not_before;
}

void history_pull_covered(struct history *history, const struct past_coverages *list)
{
	struct sources *sources = history->app->sources;

	for (size_t i = 1; i < sources_count(sources); i++) {
		const struct source_row *row = sources_at(sources, i);

		if (row->has_past && !row->reads_past)
			sources_past_covered(
				sources, row->number, coverage_in(list, row));
	}
}

static void got_covered(
	void *ctx, const struct past_coverages *list, const struct err *err)
{
	struct history *history = ctx;
	struct sources *sources = history->app->sources;

	history->asking_covered = false;
	if (err || history->ended)
		return;
	history_pull_covered(history, list);
	for (size_t i = 1; i < sources_count(sources); i++) {
		const struct source_row *row = sources_at(sources, i);

		if (!can_begin(history, row))
			continue;
		history->pulls[row->number] =
			(struct pull){.history = history, .source = row->number};
		if (!sources_past_begin(sources, row->number, coverage_in(list, row)))
			history->pulls[row->number].not_before =
				history->app->now + AGAIN_MS;
	}
}

static void got_lease(void *ctx, const struct lease *lease, const struct err *err)
{
	struct history *history = ctx;

	history->asking_lease = false;
	history->asked_lease = true;
	if (history->ended)
		return;
	history->pulls_mine = !err && lease->mine;
	history_pull_tick(history, history->app->now);
}

static void renew(struct history *history, int64_t now)
{
	const struct lease_claim claim = {"past", history->owner, PULL_LEASE_MS};

	if (history->asking_lease || !history_pulls(history) ||
		(now >= history->asked_lease_at &&
			now - history->asked_lease_at < RENEW_MS))
		return;
	history->asking_lease = true;
	history->asked_lease_at = now;
	lease_take_later(history->app->store, &claim, got_lease, history);
}

void history_pull_end(struct history *history)
{
	const struct lease_claim claim = {"past", history->owner, PULL_LEASE_MS};

	if (history->pulls_mine && history_pulls(history))
		lease_release_later(history->app->store, &claim, (struct store_then){0});
}

void history_pull_tick(struct history *history, int64_t now)
{
	struct sources *sources = history->app->sources;
	bool look = false, begin = false, any = false;

	for (size_t i = 1; i < sources_count(sources); i++) {
		const struct source_row *row = sources_at(sources, i);

		any = any || row->has_past;
		if (row->reads_past && !history->pulls_mine)
			sources_past_end(sources, row->number);
		look = look || (row->has_past && !row->reads_past);
		begin = begin || can_begin(history, row);
	}
	if (any)
		renew(history, now);
	if (history->asking_covered || !look ||
		(!begin && now - history->asked_covered_at < LOOK_MS))
		return;
	history->asking_covered = true;
	history->asked_covered_at = now;
	past_covered_later(history->app->store, got_covered, history);
}

/* As far as it was asked for, up to now. */
static bool past_read(const struct history *history, const struct source_row *row)
{
	const struct coverage *c = &row->coverage;
	struct span known = coverage_known(c);
	int64_t from = history->app->wants_past;

	if (from < c->wanted_at)
		from = c->wanted_at;
	return known.from_at <= from && known.until_at + LATE_MS >= history->app->now;
}

bool history_past_read(struct history *history)
{
	const struct app *app = history->app;

	if (!app->wants_past || !app->store || history->ended || app_then(app) ||
		(history->opened && !history_pulls(history)))
		return true;
	if (!history->opened)
		return false;
	history_pull_tick(history, app->now);
	for (size_t i = 1; i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_at(app->sources, i);

		if (!row->has_past || row->poll < 0 || row->past_error.kind ||
			row->status.state == POLL_FAILING || past_read(history, row))
			continue;
		/* Another oogway reads it: it is as new as it is there. */
		if (!history->asked_lease || history->pulls_mine)
			return false;
	}
	return true;
}

static void put_done(void *ctx, const struct err *err)
{
	struct pull *pull = ctx;
	struct history *history = pull->history;
	struct sources *sources = history->app->sources;

	pull->writing--;
	if (pull->stale || history->ended) {
		pull->stale = pull->writing > 0;
		return;
	}
	if (err) {
		log_add(LOG_WARN, "incidents of the past: %s", err->text);
		sources_past_end(sources, pull->source);
		pull->not_before = history->app->now + AGAIN_MS;
		return;
	}
	sources_past_covered(sources, pull->source, &pull->coverage);
	incidents_changed(history->app->incidents);
	if (!pull->writing)
		sources_past_hold(sources, pull->source, false);
}

/* Nothing but that nothing happened since: of that it is enough to write now and then. */
static bool only_later(const struct history *history, const struct pull *pull,
	const struct coverage *known, const struct batch *batch)
{
	return !batch->past_count && !batch->entry_count && !pull->writing &&
	       known->began.until_at && coverage_longer(known, batch->coverage) &&
	       history->app->now >= pull->written_at &&
	       history->app->now - pull->written_at < QUIET_MS;
}

void history_past_batch(struct history *history, int source, const struct batch *batch)
{
	const struct source_row *row = sources_row(history->app->sources, source);
	struct pull *pull = &history->pulls[source];
	struct past_page page;

	if (history->ended ||
		(!batch->past_count && !batch->entry_count && !batch->coverage))
		return;
	if (only_later(history, pull, &row->coverage, batch)) {
		sources_past_covered(history->app->sources, source, batch->coverage);
		return;
	}
	pull->written_at = history->app->now;
	page = (struct past_page){.source = untrusted_str(row->name),
		.scope = scope_of(row),
		.pasts = batch->pasts,
		.past_count = batch->past_count,
		.entries = batch->entries,
		.entry_count = batch->entry_count,
		.coverage = batch->coverage};
	pull->coverage = batch->coverage ? *batch->coverage : row->coverage;
	pull->writing++;
	/* Until something is covered, nothing is said that a lost page would belie. */
	if (row->coverage.began.until_at || batch->coverage)
		sources_past_hold(history->app->sources, source, true);
	past_put_later(history->app->store, &page, (struct store_then){put_done, pull});
}

static void opened_done(void *ctx, const struct err *err)
{
	struct history *history = ctx;

	if (err && !history->ended)
		log_add(LOG_WARN, "an incident's log: %s", err->text);
}

void history_opened_batch(struct history *history, int source, const struct batch *batch)
{
	const struct source_row *row = sources_row(history->app->sources, source);
	struct past_page page;

	if (history->ended || !history_writes(history) || !row || !row->rc ||
		(!batch->entry_count && !(batch->opened && batch->opened->notes)))
		return;
	page = (struct past_page){.source = untrusted_str(row->name),
		.scope = scope_of(row),
		.entries = batch->entries,
		.entry_count = batch->entry_count};
	if (batch->opened && batch->opened->notes)
		page.notes_of = batch->opened->incident;
	past_put_later(
		history->app->store, &page, (struct store_then){opened_done, history});
}

void history_pull_forget(struct history *history, int source)
{
	struct pull *pull = &history->pulls[source];

	sources_past_end(history->app->sources, source);
	if (pull->writing)
		pull->stale = true;
	else
		*pull = (struct pull){0};
}
