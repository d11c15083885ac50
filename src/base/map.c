/* Open addressing with linear probing and backward-shift deletion. Hash: SipHash with a
 * key of this process, so that nobody outside can make keys that pile up or are taken
 * for each other. A map has one owner. */
#include "base/map.h"

#include "base/alloc.h"
#include "base/crypto.h"

#include <string.h>

void map_init(struct map *map)
{
	*map = (struct map){0};
}

void map_release(struct map *map)
{
	for (size_t i = 0; i < map->cap; i++)
		mem_free(map->slots[i].key);
	mem_free(map->slots);
	*map = (struct map){0};
}

static size_t find(const struct map *map, uint64_t hash, const void *key, size_t n)
{
	size_t i = hash & (map->cap - 1);

	while (map->slots[i].key &&
		!(map->slots[i].hash == hash && map->slots[i].n == n &&
			(!n || !memcmp(map->slots[i].key, key, n))))
		i = (i + 1) & (map->cap - 1);
	return i;
}

void *map_get(const struct map *map, const void *key, size_t n)
{
	if (!map->count)
		return NULL;
	return map->slots[find(map, hash_keyed(key, n), key, n)].value;
}

static void grow(struct map *map, size_t cap)
{
	struct map old = *map;

	map->cap = cap;
	map->slots = mem_new(map->cap, sizeof *map->slots);
	for (size_t i = 0; i < old.cap; i++) {
		struct map_slot *s = &old.slots[i];

		if (s->key)
			map->slots[find(map, s->hash, s->key, s->n)] = *s;
	}
	mem_free(old.slots);
}

void map_reserve(struct map *map, size_t count)
{
	size_t cap = map->cap ? map->cap : 16;

	while (count * 4 >= cap * 3)
		cap *= 2;
	if (cap != map->cap)
		grow(map, cap);
}

void *map_put(struct map *map, const void *key, size_t n, void *value)
{
	uint64_t hash = hash_keyed(key, n);
	struct map_slot *slot;
	void *old;

	if (map->count * 4 >= map->cap * 3)
		grow(map, map->cap ? map->cap * 2 : 16);
	slot = &map->slots[find(map, hash, key, n)];
	old = slot->value;
	if (!slot->key) {
		slot->key = mem_new(n + 1, 1);
		if (n)
			memcpy(slot->key, key, n);
		slot->n = n;
		slot->hash = hash;
		map->count++;
	}
	slot->value = value;
	return old;
}

void *map_del(struct map *map, const void *key, size_t n)
{
	size_t mask = map->cap - 1, i, j;
	void *old;

	if (!map->count)
		return NULL;
	i = find(map, hash_keyed(key, n), key, n);
	if (!map->slots[i].key)
		return NULL;
	old = map->slots[i].value;
	mem_free(map->slots[i].key);
	for (j = (i + 1) & mask; map->slots[j].key; j = (j + 1) & mask) {
		size_t home = map->slots[j].hash & mask;

		if (((j - home) & mask) >= ((j - i) & mask)) {
			map->slots[i] = map->slots[j];
			i = j;
		}
	}
	map->slots[i] = (struct map_slot){0};
	map->count--;
	return old;
}

bool map_each(const struct map *map, size_t *at, const char **key, void **value)
{
	while (*at < map->cap) {
		const struct map_slot *s = &map->slots[(*at)++];

		if (s->key) {
			if (key)
				*key = s->key;
			if (value)
				*value = s->value;
			return true;
		}
	}
	return false;
}
