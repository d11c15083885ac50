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

struct ack {
	int64_t started_at, acked_at;
	int severity;
	char who[80];
};

struct acks {
	struct app *app;
	struct map by_key;
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

	if (err)
		app_notice(acks->app, true, "acknowledged here, but not kept: %s",
			err->text);
}

static struct ack_row row_of(
	const struct acks *acks, const struct alert *alert, const struct ack *ack)
{
	return (struct ack_row){
		.source = untrusted_str(
			sources_row(acks->app->sources, (size_t)alert->source)->name),
		.upstream_id = alert_text(alert, ALERT_ID),
		.acked_by = untrusted_str(ack->who),
		.started_at = ack->started_at,
		.shape = ack->severity,
		.acked_at = ack->acked_at,
	};
}

void acks_set(struct acks *acks, uint64_t key, bool acked, const char *who)
{
	const struct alert *alert = alerts_find(acks->app->alerts, key);
	const struct store_then then = {told, acks};
	struct ack *ack;
	struct ack_row row;

	if (!alert)
		return;
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
}

static void got(void *ctx, const struct ack_rows *rows, const struct err *err)
{
	struct acks *acks = ctx;

	if (err) {
		log_add(LOG_WARN, "acknowledgements: %s", err->text);
		return;
	}
	for (size_t i = 0; i < rows->count; i++) {
		const struct ack_row *row = &rows->rows[i];
		uint64_t key = alert_key_named(acks->app, row->source, row->upstream_id);
		struct ack *ack;

		if (!key || find(acks, key))
			continue;
		ack = add(acks, key);
		ack->started_at = row->started_at;
		ack->acked_at = row->acked_at;
		ack->severity = (int)row->shape;
		text_line(row->acked_by, ack->who, sizeof ack->who);
		alerts_reconsider(acks->app->alerts, key);
	}
}

void acks_begin(struct acks *acks)
{
	ack_list_later(acks->app->store, got, acks);
}
