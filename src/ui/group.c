/* Groups of rows: a row is counted in its group when the list meets it, and later, when
 * the order is known, only ids are moved: groups in the order of their first members,
 * then the members behind each other. Each part can stop after a few. Main thread. */
#include "group.h"

#include "base/alloc.h"

#include <string.h>

enum { STEPS = 256 };

struct group_job {
	struct groups groups; /* in the order they were met */
	uint64_t *ids;
	uint32_t *numbers; /* of each id, its group */
	uint32_t *places;  /* of each group, in `order`, + 1 */
	uint32_t *order;   /* groups by their first members */
	uint32_t *filled;
	size_t count, at, ordered, put;
	struct groups done;
};

void groups_release(struct groups *groups)
{
	mem_free(groups->list);
	mem_free(groups->members);
	map_release(&groups->by_id);
	*groups = (struct groups){0};
	map_init(&groups->by_id);
}

struct group *groups_find(const struct groups *groups, uint64_t id)
{
	uintptr_t at = (uintptr_t)map_get(&groups->by_id, &id, sizeof id);

	return at ? &groups->list[at - 1] : NULL;
}

static size_t at_least_one(size_t n)
{
	return n ? n : 1;
}

bool groups_rows(
	const struct groups *groups, const struct map *unfolded, struct group_rows *shown)
{
	size_t end =
		shown->at + STEPS < groups->count ? shown->at + STEPS : groups->count;

	if (!shown->rows)
		shown->rows = mem_new(at_least_one(groups->member_count + groups->count),
			sizeof *shown->rows);
	for (; shown->at < end; shown->at++) {
		const struct group *group = &groups->list[shown->at];
		uint64_t id = group->sum.id;
		bool many = group->sum.count > 1;

		if (many)
			shown->rows[shown->count++] = id;
		if (many && !map_get(unfolded, &id, sizeof id))
			continue;
		memcpy(shown->rows + shown->count, groups->members + group->from,
			group->sum.count * sizeof *shown->rows);
		shown->count += group->sum.count;
	}
	return end < groups->count;
}

struct group_job *group_job_new(void)
{
	return mem_new(1, sizeof(struct group_job));
}

void group_job_free(struct group_job *job)
{
	if (!job)
		return;
	mem_free(job->ids);
	mem_free(job->numbers);
	mem_free(job->places);
	mem_free(job->order);
	mem_free(job->filled);
	groups_release(&job->groups);
	groups_release(&job->done);
	mem_free(job);
}

uint32_t group_job_add(struct group_job *job, const struct app *app,
	const struct listing *listing, const void *row)
{
	struct groups *groups = &job->groups;
	uint64_t id = listing->grouping->key(app, row);
	uintptr_t at = id ? (uintptr_t)map_get(&groups->by_id, &id, sizeof id) : 0;

	if (!at) {
		MEM_ROOM(groups->list, groups->count, groups->cap);
		groups->list[groups->count++] = (struct group){.sum.id = id};
		at = groups->count;
		if (id)
			map_put(&groups->by_id, &id, sizeof id, (void *)at);
	}
	listing->grouping->add(app, &groups->list[at - 1].sum, row);
	return (uint32_t)at - 1;
}

void group_job_order(
	struct group_job *job, uint64_t *ids, uint32_t *numbers, size_t count)
{
	size_t groups = at_least_one(job->groups.count);

	job->ids = ids;
	job->numbers = numbers;
	job->count = count;
	job->places = mem_new(groups, sizeof *job->places);
	job->order = mem_new(groups, sizeof *job->order);
	job->filled = mem_new(groups, sizeof *job->filled);
	job->done.list = mem_new(groups, sizeof *job->done.list);
	job->done.members = mem_new(at_least_one(count), sizeof *job->done.members);
	job->done.member_count = count;
}

bool group_job_ordered(const struct group_job *job)
{
	return job->order != NULL;
}

/* In which order the groups are met, and who is first in each. */
static void meet(struct group_job *job)
{
	uint32_t number = job->numbers[job->at];

	if (!job->places[number]) {
		job->groups.list[number].sum.first = job->ids[job->at];
		job->order[job->ordered++] = number;
		job->places[number] = (uint32_t)job->ordered;
	}
	job->at++;
}

static void move_group(struct group_job *job)
{
	struct groups *done = &job->done;
	struct group *group = &done->list[done->count];
	uint64_t id;

	*group = job->groups.list[job->order[done->count]];
	group->from = done->count ? group[-1].from + group[-1].sum.count : 0;
	id = group->sum.id;
	done->count++;
	if (id)
		map_put(&job->groups.by_id, &id, sizeof id,
			(void *)(uintptr_t)done->count);
}

static void put_id(struct group_job *job)
{
	uint32_t place = job->places[job->numbers[job->put]] - 1;

	job->done.members[job->done.list[place].from + job->filled[place]++] =
		job->ids[job->put];
	job->put++;
}

bool group_job_step(struct group_job *job)
{
	for (int i = 0; i < STEPS; i++) {
		if (job->at < job->count)
			meet(job);
		else if (job->done.count < job->ordered)
			move_group(job);
		else if (job->put < job->count)
			put_id(job);
		else
			return false;
	}
	return true;
}

void group_job_take(struct group_job *job, struct groups *groups)
{
	*groups = job->done;
	groups->by_id = job->groups.by_id;
	job->done = (struct groups){0};
	map_init(&job->groups.by_id);
}
