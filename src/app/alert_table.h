/* The table of alerts: merged in slices, so that 100,000 of them never hold up a key.
 * What is shown is always whole and in order: a long answer shows when all of it is
 * merged and sorted, until then what was there before. Main thread. */
#ifndef APP_ALERT_TABLE_H
#define APP_ALERT_TABLE_H

#include "app/alerts.h"

struct alert_table;

/* Asked about each alert that a source lists, before it is merged; false: it is no row
 * and is dropped. */
typedef bool (*alert_row_fn)(void *ctx, const struct alert *alert);

struct alert_table *alert_table_new(struct app *app, alert_row_fn is_row, void *ctx);
void alert_table_free(struct alert_table *table);
/* What a source lists now; takes the list and its alerts. snapshot: what it lacks has
 * ended. Done at once when it is short, else goes on by itself. */
void alert_table_merge(struct alert_table *table, int source, struct alert **list,
	size_t count, bool snapshot);
/* One alert of our own; takes it. */
void alert_table_put(struct alert_table *table, struct alert *alert);
/* All alerts of a source, and what of it is not merged yet; none of them has ended. */
void alert_table_forget(struct alert_table *table, int source);
void alert_table_remove(struct alert_table *table, uint64_t key);
/* All that came is shown. */
bool alert_table_settled(const struct alert_table *table);
/* What is shown, in order; pointers are good until `version` changes. */
size_t alert_table_count(const struct alert_table *table);
const struct alert *alert_table_at(const struct alert_table *table, size_t i);
uint32_t alert_table_version(const struct alert_table *table);
/* It comes first in that order. */
bool alert_table_before(const struct alert *alert, const struct alert *other);
/* Where it is shown; false: it is not, or it changed and is about to move. */
bool alert_table_place(const struct alert_table *table, uint64_t key, size_t *at);
/* The newest that is known of it, shown already or not. */
const struct alert *alert_table_find(const struct alert_table *table, uint64_t key);
/* Alerts of the same labels, this one among them: NULL starts, NULL ends. */
const struct alert *alert_table_twin(const struct alert_table *table,
	const struct alert *alert, const struct alert *after);
uint64_t alert_table_identity(const struct alert_table *table, const struct alert *alert);
/* What its labels alone say it is. */
uint64_t alert_table_told(const struct alert_table *table, const struct alert *alert);
/* From now on it belongs to that problem; 0: to the one that its labels say. */
void alert_table_echo(struct alert_table *table, uint64_t key);
void alert_table_join(struct alert_table *table, uint64_t key, uint64_t joined);
/* The worst severity of those of them that are open. */
enum severity alert_table_worst(
	const struct alert_table *table, const struct alert *alert);
/* Of those it is the one that counts. */
bool alert_table_speaks(const struct alert_table *table, const struct alert *alert);
/* A server may add labels to all alerts that it sends on: seen on one that came both
 * ways, it counts for all. After each answer with alerts; short. */
void alert_table_learn(struct alert_table *table);
/* Of all that is merged, without `complete`. */
struct alert_counts alert_table_counts(const struct alert_table *table);
/* Of those merged, how many a source lists, and how many of them are open. */
size_t alert_table_of(const struct alert_table *table, int source);
size_t alert_table_open_of(const struct alert_table *table, int source);

#endif
