/* Acknowledgements of alerts whose source knows none: kept in the store, put on each
 * snapshot as it comes. One holds while the alert fires on and is as severe as it was:
 * an alert that ends, or grows worse, asks for somebody again. Main thread. */
#include "app/actions.h"

#include "app/alerts.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "base/text.h"
#include "model/alert.h"
#include "store/ack.h"

#include <string.h>

struct ack {
	int64_t started_at, acked_at;
	int severity;
	uint64_t seen; /* the reading that had it last */
	char who[80];
};

struct acks {
	struct app *app;
	struct map by_key;
	uint64_t reads, changes, changes_then;
	size_t writing;
	bool looking, look_again;
};

struct acks *acks_new(struct app *app)
{
	struct acks *acks = mem_new(1, sizeof *acks);

	acks->app = app;
	map_init(&acks->by_key);
	return acks;
}

void acks_free(struct acks *acks)
{
	void *value;

	if (!acks)
		return;
	for (size_t at = 0; map_each(&acks->by_key, &at, NULL, &value);)
		mem_free(value);
	map_release(&acks->by_key);
	mem_free(acks);
}

static struct ack *find(const struct acks *acks, uint64_t key)
{
	return map_get(&acks->by_key, &key, sizeof key);
}

static struct ack *add(struct acks *acks, uint64_t key)
{
	struct ack *ack = find(acks, key);

	if (!ack) {
		ack = mem_new(1, sizeof *ack);
		map_put(&acks->by_key, &key, sizeof key, ack);
	}
	return ack;
}

struct alert *acks_apply(struct acks *acks, struct alert *alert)
{
	const struct ack *ack = find(acks, alert->key);
	struct alert *acked;

	if (!ack || alert->state != ALERT_FIRING ||
		alert->started_at != ack->started_at || alert->severity < ack->severity)
		return alert;
	acked = alert_with(alert, ALERT_ACKED_BY, untrusted_str(ack->who));
	acked->state = ALERT_ACKNOWLEDGED;
	acked->acked_at = ack->acked_at;
	alert_free(alert);
	return acked;
}

static void told(void *ctx, const struct err *err)
{
	struct acks *acks = ctx;

	if (!--acks->writing && acks->look_again)
		acks_look(acks);
	if (err)
		app_notice(acks->app, true, "acknowledged here, but not kept: %s",
			err->text);
}

static struct ack_row row_of(
	const struct acks *acks, const struct alert *alert, const struct ack *ack)
{
	return (struct ack_row){
		.source = untrusted_str(
			sources_row(acks->app->sources, alert->source)->name),
		.upstream_id = alert_text(alert, ALERT_ID),
		.acked_by = untrusted_str(ack->who),
		.started_at = ack->started_at,
		.shape = ack->severity,
		.acked_at = ack->acked_at,
	};
}

bool acks_set(struct acks *acks, uint64_t key, bool acked, const char *who)
{
	const struct alert *alert = alerts_find(acks->app->alerts, key);
	const struct store_then then = {told, acks};
	struct ack *ack;
	struct ack_row row;

	if (!alert)
		return false;
	acks->changes++;
	acks->writing++;
	ack = add(acks, key);
	*ack = (struct ack){.started_at = acked ? alert->started_at : -1,
		.acked_at = acks->app->now,
		.severity = alert->severity};
	str_copy(ack->who, sizeof ack->who, who);
	row = row_of(acks, alert, ack);
	if (acked)
		ack_put_later(acks->app->store, &row, 1, then);
	else
		ack_remove_later(acks->app->store, &row, 1, then);
	alerts_reconsider(acks->app->alerts, key);
	return true;
}

/* Acknowledgements that were taken back elsewhere are no longer among the rows. */
static void drop_missing(struct acks *acks)
{
	const char *bytes;
	void *value;

	for (size_t at = 0; map_each(&acks->by_key, &at, &bytes, &value);) {
		struct ack *ack = value;
		uint64_t key;

		if (ack->seen == acks->reads || ack->started_at < 0)
			continue;
		memcpy(&key, bytes, sizeof key);
		ack->started_at = -1;
		alerts_reconsider(acks->app->alerts, key);
	}
}

static void take(struct acks *acks, const struct ack_row *row)
{
	uint64_t key = alert_key_named(row->source, row->upstream_id);
	struct ack *ack = add(acks, key);
	bool same = ack->started_at == row->started_at && ack->acked_at == row->acked_at;

	ack->seen = acks->reads;
	if (same)
		return;
	ack->started_at = row->started_at;
	ack->acked_at = row->acked_at;
	ack->severity = (int)row->shape;
	text_line(row->acked_by, ack->who, sizeof ack->who);
	alerts_reconsider(acks->app->alerts, key);
}

static void got(void *ctx, const struct ack_rows *rows, const struct err *err)
{
	struct acks *acks = ctx;

	acks->looking = false;
	if (err) {
		log_add(LOG_WARN, "acknowledgements: %s", err->text);
		return;
	}
	/* What was acknowledged here since the question was put is newer. */
	if (acks->changes != acks->changes_then) {
		acks_look(acks);
		return;
	}
	acks->reads++;
	for (size_t i = 0; i < rows->count; i++)
		take(acks, &rows->rows[i]);
	if (rows->count < ACK_MAX_LIST)
		drop_missing(acks);
}

bool acks_known(const struct acks *acks)
{
	return !acks->looking;
}

void acks_look(struct acks *acks)
{
	acks->look_again = acks->writing > 0;
	if (acks->looking || acks->writing || !acks->app->store)
		return;
	acks->looking = true;
	acks->changes_then = acks->changes;
	ack_list_later(acks->app->store, got, acks);
}

void acks_begin(struct acks *acks)
{
	acks_look(acks);
}
