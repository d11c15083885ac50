/* Map from bytes to a pointer. Keys are copied; values are the caller's. A large map
 * grows a few entries at a time, with each put, so that none of them takes long. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
	uint64_t hash;
	char *key; /* NULL: free */
	size_t n;
	void *value;
};

struct map_table {
	struct map_slot **parts; /* of 1,024 slots; NULL: all free */
	size_t cap;
};

struct map {
	struct map_table now, old; /* old: the smaller one, while its entries move */
	size_t moved;              /* slots of the old one that are done */
	size_t count;
};

void map_init(struct map *map);
void map_release(struct map *map);
/* Room for that many entries without growing on the way. */
void map_reserve(struct map *map, size_t count);
void *map_get(const struct map *map, const void *key, size_t n);
/* Returns the old value, or NULL. */
void *map_put(struct map *map, const void *key, size_t n, void *value);
void *map_del(struct map *map, const void *key, size_t n);
/* Walks all entries: start with *at = 0; false at the end. Do not change the map
 * while walking. */
bool map_each(const struct map *map, size_t *at, const char **key, void **value);

#endif
