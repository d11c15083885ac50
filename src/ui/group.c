/* Groups of rows: made in three passes over ids (whose is each, where does each group
 * begin, put them there), so that no pass moves a row twice and each can stop after a
 * few. The order of groups is that of their first members. Main thread. */
#include "group.h"

#include "base/alloc.h"

#include <string.h>

enum { STEPS = 64 };

struct group_job {
	uint64_t *ids;
	uint32_t *of; /* group of each id, from 1; 0: the row is gone */
	uint32_t *filled;
	size_t count, at, put;
	struct groups groups;
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

size_t groups_rows(
	const struct groups *groups, const struct map *unfolded, uint64_t *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < groups->count; i++) {
		const struct group *group = &groups->list[i];
		uint64_t id = group->sum.id;
		bool many = group->sum.count > 1;

		if (many)
			rows[n++] = id;
		if (many && !map_get(unfolded, &id, sizeof id))
			continue;
		memcpy(rows + n, groups->members + group->from,
			group->sum.count * sizeof *rows);
		n += group->sum.count;
	}
	return n;
}

struct group_job *group_job_new(uint64_t *ids, size_t count)
{
	struct group_job *job = mem_new(1, sizeof *job);

	job->ids = ids;
	job->count = count;
	job->of = mem_new(count ? count : 1, sizeof *job->of);
	map_init(&job->groups.by_id);
	return job;
}

void group_job_free(struct group_job *job)
{
	if (!job)
		return;
	mem_free(job->ids);
	mem_free(job->of);
	mem_free(job->filled);
	groups_release(&job->groups);
	mem_free(job);
}

/* Index of the group of a row, from 1. */
static uint32_t group_of(struct groups *groups, uint64_t id)
{
	uintptr_t at = id ? (uintptr_t)map_get(&groups->by_id, &id, sizeof id) : 0;

	if (at)
		return (uint32_t)at;
	MEM_ROOM(groups->list, groups->count, groups->cap);
	groups->list[groups->count++] = (struct group){.sum.id = id};
	if (id)
		map_put(&groups->by_id, &id, sizeof id, (void *)(uintptr_t)groups->count);
	return (uint32_t)groups->count;
}

static void look_at(
	struct group_job *job, const struct app *app, const struct listing *listing)
{
	const void *row = listing->find(app, job->ids[job->at]);
	uint32_t of = 0;

	if (row) {
		of = group_of(&job->groups, listing->grouping->key(app, row));
		listing->grouping->add(app, &job->groups.list[of - 1].sum, row);
	}
	job->of[job->at++] = of;
}

static void make_room(struct group_job *job)
{
	struct groups *groups = &job->groups;
	uint32_t from = 0;

	for (size_t i = 0; i < groups->count; i++) {
		groups->list[i].from = from;
		from += groups->list[i].sum.count;
	}
	groups->member_count = from;
	groups->members = mem_new(from ? from : 1, sizeof *groups->members);
	job->filled = mem_new(groups->count ? groups->count : 1, sizeof *job->filled);
}

bool group_job_step(
	struct group_job *job, const struct app *app, const struct listing *listing)
{
	if (job->at < job->count) {
		for (int i = 0; i < STEPS && job->at < job->count; i++)
			look_at(job, app, listing);
		return true;
	}
	if (!job->filled) {
		make_room(job);
		return true;
	}
	for (int i = 0; i < STEPS * 16 && job->put < job->count; i++, job->put++) {
		uint32_t of = job->of[job->put];

		if (of)
			job->groups.members[job->groups.list[of - 1].from +
					    job->filled[of - 1]++] = job->ids[job->put];
	}
	return job->put < job->count;
}

void group_job_take(struct group_job *job, struct groups *groups)
{
	*groups = job->groups;
	job->groups = (struct groups){0};
	map_init(&job->groups.by_id);
}
