/* Which ids have been met: a hash set with linear probing, at most half full. The ids
 * are borrowed, so a set of 100,000 costs a few MiB and no copies.
 * Any thread. */
#include "seen.h"

#include "base/alloc.h"

void seen_init(struct seen *seen)
{
	*seen = (struct seen){0};
}

void seen_release(struct seen *seen)
{
	mem_free(seen->entries);
	seen_init(seen);
}

static struct seen_entry *place(
	const struct seen *seen, struct untrusted id, uint64_t hash)
{
	size_t i = hash & (seen->cap - 1);

	while (!untrusted_empty(seen->entries[i].id) &&
		(seen->entries[i].hash != hash || !untrusted_eq(seen->entries[i].id, id)))
		i = (i + 1) & (seen->cap - 1);
	return &seen->entries[i];
}

static void grow(struct seen *seen)
{
	struct seen bigger = {
		.cap = seen->cap ? seen->cap * 2 : 64, .count = seen->count};

	bigger.entries = mem_new(bigger.cap, sizeof *bigger.entries);
	for (size_t i = 0; i < seen->cap; i++)
		if (!untrusted_empty(seen->entries[i].id))
			*place(&bigger, seen->entries[i].id, seen->entries[i].hash) =
				seen->entries[i];
	mem_free(seen->entries);
	*seen = bigger;
}

bool seen_find(const struct seen *seen, struct untrusted id, size_t *number)
{
	const struct seen_entry *entry;

	if (untrusted_empty(id) || !seen->cap)
		return false;
	entry = place(seen, id, untrusted_hash(id));
	if (untrusted_empty(entry->id))
		return false;
	*number = entry->number;
	return true;
}

bool seen_before(struct seen *seen, struct untrusted id, size_t *number)
{
	uint64_t hash = untrusted_hash(id);
	struct seen_entry *entry;

	if (untrusted_empty(id))
		return false;
	if (seen->count * 2 >= seen->cap)
		grow(seen);
	entry = place(seen, id, hash);
	if (!untrusted_empty(entry->id)) {
		*number = entry->number;
		return true;
	}
	*entry = (struct seen_entry){id, hash, *number};
	seen->count++;
	return false;
}
