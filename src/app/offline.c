/* An engineer whose pager does not answer can still say what is to be done: the thing is
 * looked for in the store, as it was last seen, and the action waits in the outbox until
 * the source is back. There it is compared with what is, before it is sent. For one-shot
 * commands, which have seen nothing before. Main thread. */
#include "offline.h"

#include "app/alerts.h"
#include "app/history.h"
#include "app/sources.h"
#include "base/time.h"
#include "model/batch.h"
#include "store/incident.h"

#include <string.h>

enum { LIST_BYTES = 64 << 20 };

static bool is_named(const struct incident_row *row, const char *wanted)
{
	int64_t number;

	if (untrusted_is(row->upstream_id, wanted))
		return true;
	wanted += *wanted == '#';
	return row->number && untrusted_to_i64(untrusted_str(wanted), &number) &&
	       number == row->number;
}

/* Its snapshot is none: what else the source has is not known to be over. */
static uint64_t put(struct call *call, const struct source_row *source,
	const struct incident_row *row, struct arena *arena)
{
	struct app *app = call->app;
	struct alert_draft *draft;
	struct batch batch;
	char age[TIME_TEXT];

	batch_init(&batch, arena);
	draft = batch_add_alert(&batch);
	if (!draft)
		return 0;
	draft->texts[ALERT_ID] = row->upstream_id;
	draft->texts[ALERT_TITLE] = row->title;
	draft->texts[ALERT_SERVICE] = row->service;
	draft->texts[ALERT_SUMMARY] = row->summary;
	draft->texts[ALERT_ACKED_BY] = row->acked_by;
	draft->severity = row->severity;
	draft->state = row->state;
	draft->pages = row->pages;
	draft->number = row->number;
	draft->started_at = row->started_at;
	draft->acked_at = row->acked_at;
	alerts_apply(app->alerts, source->number, &batch);
	if (call->told)
		str_printf(call->told,
			"%s does not answer: what is known of it is %s old, and is "
			"compared before anything is sent\n",
			source->name, duration_text(app->now - row->ended_after_at, age));
	return alert_key(source->name, row->upstream_id);
}

static uint64_t find(
	struct call *call, const struct source_row *source, const char *wanted)
{
	struct err err = {0};
	struct db *db = history_db(call->app, &err);
	struct incident_rows rows;
	struct arena arena;
	uint64_t key = 0;

	if (!db)
		return 0;
	arena_init(&arena, LIST_BYTES);
	if (incident_open(db, &arena, untrusted_str(source->name), &rows, &err))
		for (size_t i = 0; i < rows.count && !key; i++)
			if (is_named(&rows.rows[i], wanted))
				key = put(call, source, &rows.rows[i], &arena);
	arena_release(&arena);
	db_close(db);
	return key;
}

uint64_t offline_find(struct call *call, const char *wanted, struct err *err)
{
	const struct app *app = call->app;
	const struct source_row *silent = NULL;
	char since[TIME_TEXT];
	uint64_t key = 0;

	for (size_t i = 1; call->out && i < sources_count(app->sources) && !key; i++) {
		const struct source_row *row = sources_at(app->sources, i);

		if (!row->pages || source_health(row, app->now) == HEALTH_OK)
			continue;
		silent = silent ? silent : row;
		key = find(call, row, wanted);
	}
	if (!key && silent)
		err_set(err, ERR_NET,
			"%s does not answer since %s, and nothing here knows %.60s to "
			"be open: %s",
			silent->name,
			time_stamp(silent->status.failing_since
					   ? silent->status.failing_since
					   : app->now,
				app->now, since),
			wanted, silent->status.error.text);
	else if (!key)
		err_set(err, ERR_MISSING, "no source has %s now", wanted);
	return key;
}
