/* Open addressing with linear probing and backward-shift deletion. A map that grows
 * keeps its old table and takes a few of its entries over with each put; those taken
 * leave a mark behind, so that what lies after them is still found. A table is made of
 * parts that come as they are needed: a large one is not cleared at once. Hash: SipHash
 * with a key of this process, so that nobody outside can make keys that pile up or are
 * taken for each other. A map has one owner. */
#include "base/map.h"

#include "base/alloc.h"
#include "base/crypto.h"

#include <string.h>

/* Three quarters of a table are full when it doubles: two a put would be enough for the
 * old one to be empty before the new one is full. */
enum { CAP_MIN = 16, PART = 1024, MOVES = 32 };

static const struct map_slot free_slot;
static char taken[1]; /* the key of an entry of the old table that is gone from it */

void map_init(struct map *map)
{
	*map = (struct map){0};
}

static size_t part_size(const struct map_table *table)
{
	return table->cap < PART ? table->cap : PART;
}

static void release_table(struct map_table *table)
{
	for (size_t i = 0; i < table->cap; i += PART) {
		struct map_slot *part = table->parts[i / PART];

		for (size_t j = 0; part && j < part_size(table); j++)
			if (part[j].key != taken)
				mem_free(part[j].key);
		mem_free(part);
	}
	mem_free(table->parts);
	*table = (struct map_table){0};
}

void map_release(struct map *map)
{
	release_table(&map->now);
	release_table(&map->old);
	*map = (struct map){0};
}

static const struct map_slot *look(const struct map_table *table, size_t i)
{
	const struct map_slot *part = table->parts[i / PART];

	return part ? &part[i % PART] : &free_slot;
}

/* The same, to be written. */
static struct map_slot *slot_of(struct map_table *table, size_t i)
{
	struct map_slot **part = &table->parts[i / PART];

	if (!*part)
		*part = mem_new(part_size(table), sizeof **part);
	return &(*part)[i % PART];
}

/* Where the key is, or the free place where it belongs. */
static size_t find(
	const struct map_table *table, uint64_t hash, const void *key, size_t n)
{
	size_t i = hash & (table->cap - 1);

	for (const struct map_slot *s; (s = look(table, i))->key;
		i = (i + 1) & (table->cap - 1))
		if (s->hash == hash && s->n == n && s->key != taken &&
			(!n || !memcmp(s->key, key, n)))
			break;
	return i;
}

/* The table that has the key, and where; NULL: none. */
static struct map_table *find_any(
	struct map *map, uint64_t hash, const void *key, size_t n, size_t *at)
{
	if (map->now.cap) {
		*at = find(&map->now, hash, key, n);
		if (look(&map->now, *at)->key)
			return &map->now;
	}
	if (map->old.cap) {
		*at = find(&map->old, hash, key, n);
		if (look(&map->old, *at)->key)
			return &map->old;
	}
	return NULL;
}

static void move(struct map *map, size_t count)
{
	for (; count && map->moved < map->old.cap; count--, map->moved++) {
		struct map_slot *part = map->old.parts[map->moved / PART], *s;

		if (!part)
			continue;
		s = &part[map->moved % PART];
		if (!s->key || s->key == taken)
			continue;
		*slot_of(&map->now, find(&map->now, s->hash, s->key, s->n)) = *s;
		s->key = taken;
	}
	if (map->old.cap && map->moved == map->old.cap)
		release_table(&map->old);
}

static void grow(struct map *map, size_t cap)
{
	move(map, map->old.cap);
	map->old = map->now;
	map->moved = 0;
	map->now.cap = cap;
	map->now.parts = mem_new((cap + PART - 1) / PART, sizeof(struct map_slot *));
	if (map->old.cap <= PART)
		move(map, map->old.cap);
}

void map_reserve(struct map *map, size_t count)
{
	size_t cap = map->now.cap ? map->now.cap : CAP_MIN;

	while (count * 4 >= cap * 3)
		cap *= 2;
	if (cap != map->now.cap)
		grow(map, cap);
}

void *map_get(const struct map *map, const void *key, size_t n)
{
	uint64_t hash;
	const struct map_slot *s;

	if (!map->count)
		return NULL;
	hash = hash_keyed(key, n);
	s = look(&map->now, find(&map->now, hash, key, n));
	if (!s->key && map->old.cap)
		s = look(&map->old, find(&map->old, hash, key, n));
	return s->value;
}

void *map_put(struct map *map, const void *key, size_t n, void *value)
{
	uint64_t hash = hash_keyed(key, n);
	size_t at;
	struct map_table *table = find_any(map, hash, key, n, &at);
	struct map_slot *slot;
	void *old = NULL;

	if (table) {
		slot = slot_of(table, at);
		old = slot->value;
	} else {
		if (map->count * 4 >= map->now.cap * 3)
			grow(map, map->now.cap ? map->now.cap * 2 : CAP_MIN);
		slot = slot_of(&map->now, find(&map->now, hash, key, n));
		slot->key = mem_new(n + 1, 1);
		if (n)
			memcpy(slot->key, key, n);
		slot->n = n;
		slot->hash = hash;
		map->count++;
	}
	slot->value = value;
	move(map, MOVES);
	return old;
}

/* What was put behind it because it was there moves up. */
static void close_gap(struct map_table *table, size_t i)
{
	size_t mask = table->cap - 1;

	for (size_t j = (i + 1) & mask; look(table, j)->key; j = (j + 1) & mask) {
		size_t home = look(table, j)->hash & mask;

		if (((j - home) & mask) >= ((j - i) & mask)) {
			*slot_of(table, i) = *look(table, j);
			i = j;
		}
	}
	*slot_of(table, i) = free_slot;
}

void *map_del(struct map *map, const void *key, size_t n)
{
	size_t at;
	struct map_table *table;
	void *old;

	if (!map->count)
		return NULL;
	table = find_any(map, hash_keyed(key, n), key, n, &at);
	if (!table)
		return NULL;
	old = look(table, at)->value;
	mem_free(look(table, at)->key);
	if (table == &map->now)
		close_gap(table, at);
	else
		*slot_of(table, at) = (struct map_slot){.key = taken};
	map->count--;
	return old;
}

bool map_each(const struct map *map, size_t *at, const char **key, void **value)
{
	while (*at < map->now.cap + map->old.cap) {
		size_t i = (*at)++;
		const struct map_slot *s = i < map->now.cap
						   ? look(&map->now, i)
						   : look(&map->old, i - map->now.cap);

		if (s->key && s->key != taken) {
			if (key)
				*key = s->key;
			if (value)
				*value = s->value;
			return true;
		}
	}
	return false;
}
