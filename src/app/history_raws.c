/* Incidents as their source told them wait here until the store takes them, and are held
 * nowhere else. */
#include "history_parts.h"

#include "app/sources.h"
#include "base/alloc.h"
#include "model/batch.h"
#include "store/raw.h"

enum { RAWS_MAX = 500 }; /* that wait */

static void drop_one(struct raw_row *row)
{
	untrusted_free(row->source);
	untrusted_free(row->upstream_id);
	untrusted_free(row->body);
}

static void drop_all(struct history *history)
{
	for (size_t i = 0; i < history->raw_count; i++)
		drop_one(&history->raws[i]);
	history->raw_count = 0;
}

static void add(struct history *history, const char *source, const struct batch_raw *raw)
{
	/* The one that is looked at comes with every reading of it. */
	uint64_t is = untrusted_hash(raw->id) ^ untrusted_hash(raw->json) >> 1;

	if (is == history->raw_last || history->raw_count == RAWS_MAX)
		return;
	history->raw_last = is;
	MEM_ROOM(history->raws, history->raw_count, history->raw_cap);
	history->raws[history->raw_count++] = (struct raw_row){
		.source = untrusted_keep(untrusted_str(source), SIZE_MAX),
		.upstream_id = untrusted_keep(raw->id, SIZE_MAX),
		.body = untrusted_keep(raw->json, RAW_MAX_BYTES)};
}

void history_raws(struct history *history, int source, const struct batch *batch)
{
	const struct source_row *row = sources_row(history->app->sources, source);

	for (size_t i = 0; row && history_wants(history) && i < batch->raw_count; i++)
		add(history, row->name, &batch->raws[i]);
}

void history_raws_write(struct history *history)
{
	if (!history->raw_count || !history_writes(history))
		return;
	raw_put_later(history->app->store, history->raws, history->raw_count,
		(struct store_then){0});
	drop_all(history);
}

void history_raws_forget(struct history *history)
{
	drop_all(history);
	mem_free(history->raws);
}
