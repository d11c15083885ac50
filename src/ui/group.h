/* Rows of a list put together in groups: what list.c shows instead of a flat order.
 * Knows ids and the listing's grouping, no canvas. Main thread. */
#ifndef UI_GROUP_H
#define UI_GROUP_H

#include "app/listing.h"
#include "base/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct group {
	struct row_group sum;
	uint32_t from;      /* of its members, in members */
	uint32_t marked_at; /* version of the marks that `marked` was counted for */
	bool marked;
};

struct groups {
	struct group *list; /* in the order shown */
	size_t count, cap;
	uint64_t *members; /* ids, group after group */
	size_t member_count;
	struct map by_id; /* to the index in list, + 1; not those that stand alone */
};

void groups_release(struct groups *groups);
/* NULL when there is none of that id. */
struct group *groups_find(const struct groups *groups, uint64_t id);
/* The ids to show: a group of one is its row, of an unfolded one the members follow.
 * {rows, 0, 0} begins; rows is NULL or has room for all members and groups. Some at a
 * time: false when it is done. */
struct group_rows {
	uint64_t *rows;
	size_t count, at;
};
bool groups_rows(const struct groups *groups, const struct map *unfolded,
	struct group_rows *shown);

/* Making them: each row is counted as it is met, in any order; then the ids are put in
 * the order wanted, in small steps. */
struct group_job;
struct group_job *group_job_new(void);
void group_job_free(struct group_job *job);
/* Returns a number for the row's group. */
uint32_t group_job_add(struct group_job *job, const struct app *app,
	const struct listing *listing, const void *row);
/* Takes ids in the order wanted, and the number each got. */
void group_job_order(
	struct group_job *job, uint64_t *ids, uint32_t *numbers, size_t count);
bool group_job_ordered(const struct group_job *job);
/* False when it is done. */
bool group_job_step(struct group_job *job);
/* What was made, once; *groups was released or is empty. */
void group_job_take(struct group_job *job, struct groups *groups);

#endif
