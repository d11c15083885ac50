/* Changes that sources report, kept for as long as sums of points are; what others have
 * put into the store comes back from there. A file of its own because the store's row and
 * the console's have the same name. Main thread. */
#include "history_parts.h"

#include "app/sources.h"
#include "base/alloc.h"
#include "base/text.h"
#include "model/batch.h"
#include "store/change.h"

enum { CHANGES_MAX = 2000 };

void history_change(
	struct history *history, int source, const struct batch_change *change)
{
	if (!history_wants(history) || history->change_count == CHANGES_MAX)
		return;
	MEM_ROOM(history->changes, history->change_count, history->change_cap);
	history->changes[history->change_count++] = (struct change_row){
		.source = untrusted_keep(
			untrusted_str(sources_row(history->app->sources, source)->name),
			CHANGE_MAX_TEXT),
		.upstream_id = untrusted_keep(change->id, CHANGE_MAX_TEXT),
		.service = untrusted_keep(change->service, CHANGE_MAX_TEXT),
		.summary = untrusted_keep(change->summary, CHANGE_MAX_TEXT),
		.link = untrusted_keep(change->link, CHANGE_MAX_TEXT),
		.at = change->at,
	};
}

static void drop_all(struct history *history)
{
	for (size_t i = 0; i < history->change_count; i++) {
		struct change_row *row = &history->changes[i];

		untrusted_free(row->source);
		untrusted_free(row->upstream_id);
		untrusted_free(row->service);
		untrusted_free(row->summary);
		untrusted_free(row->link);
	}
	history->change_count = 0;
}

void history_changes_write(struct history *history)
{
	if (!history->change_count || !history_writes(history))
		return;
	change_put_later(history->app->store, history->changes, history->change_count,
		(struct store_then){0});
	drop_all(history);
}

void history_changes_trim(struct history *history, int64_t before_at)
{
	change_trim_later(history->app->store, before_at, (struct store_then){0});
}

void history_changes_forget(struct history *history)
{
	drop_all(history);
	mem_free(history->changes);
}

/* Those of one source that stand together go in one batch: each sorts the table. */
static void got_past(void *ctx, const struct change_rows *rows, const struct err *err)
{
	struct history *history = ctx;
	struct arena arena;
	struct batch batch;

	if (err || history->ended)
		return;
	arena_init(&arena, 4 << 20);
	batch_init(&batch, &arena);
	batch.changes_kept = true;
	for (size_t i = 0; i < rows->count; i++) {
		const struct change_row *row = &rows->rows[i];
		struct batch_change *change = batch_add_change(&batch);

		if (change)
			*change = (struct batch_change){.id = row->upstream_id,
				.at = row->at,
				.summary = row->summary,
				.service = row->service,
				.link = row->link};
		if (i + 1 < rows->count &&
			untrusted_eq(row->source, rows->rows[i + 1].source))
			continue;
		history_past_give(history, row->source, &batch);
		arena_reset(&arena);
		batch_init(&batch, &arena);
		batch.changes_kept = true;
	}
	arena_release(&arena);
}

void history_changes_past(struct history *history, int64_t from, int64_t at)
{
	change_span_later(history->app->store, (struct change_query){from, at + 1},
		got_past, history);
}

void history_changes_around(struct history *history, int64_t from, int64_t to)
{
	if (history->app->store && !history->ended && !app_then(history->app))
		change_span_later(history->app->store, (struct change_query){from, to},
			got_past, history);
}

/* Of a source that the rc does not name any more nobody asks what changed now. */
static bool is_known(const struct history *history, const struct change_row *row)
{
	char name[CHANGE_MAX_TEXT];

	return sources_find(history->app->sources,
		       text_line(row->source, name, sizeof name)) >= 0;
}

static void got_others(void *ctx, const struct change_rows *rows, const struct err *err)
{
	struct history *history = ctx;
	struct change_rows known = {.rows = rows->rows};

	/* When the store closes, the sources are gone. */
	if (err || history->ended)
		return;
	for (size_t i = 0; i < rows->count; i++)
		if (is_known(history, &rows->rows[i]))
			known.rows[known.count++] = rows->rows[i];
	got_past(history, &known, err);
}

void history_changes_others(struct history *history, int64_t from, int64_t to)
{
	if (history->opened && !history->ended && !app_then(history->app))
		change_span_later(history->app->store, (struct change_query){from, to},
			got_others, history);
}

bool history_change_here(
	const struct app *app, const struct batch_change *change, struct err *err)
{
	struct change_row row = {
		.source = untrusted_str(sources_row(app->sources, SOURCE_HOST)->name),
		.upstream_id = change->id,
		.service = change->service,
		.summary = change->summary,
		.at = change->at};
	struct db *db = history_open_here(app, true, err);
	bool ok = db && db_begin(db, err) && change_put(db, &row, 1, err) &&
		  db_commit(db, err);

	db_close(db);
	return ok;
}
