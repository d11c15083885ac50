/* What the map's keyed hash costs: 100,000 keys of 8 bytes (alerts and series by their
 * number) and of 64 (texts), put, found, and hashed only. Prints ns per key, the best of
 * several rounds. */
#include "base/crypto.h"
#include "base/map.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { KEYS = 100000, ROUNDS = 9, LONGEST = 64 };

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void key_of(unsigned i, char out[LONGEST])
{
	memset(out, 'k', LONGEST);
	memcpy(out, &i, sizeof i);
}

struct cost {
	double put, get, hash; /* ns for all keys, least of the rounds */
};

static void least(double *best, double from, double to)
{
	if (!*best || to - from < *best)
		*best = to - from;
}

static void one_round(size_t size, struct cost *cost)
{
	static int value;
	char key[LONGEST];
	struct map map;
	double t[4];
	size_t found = 0;
	uint64_t sum = 0;

	map_init(&map);
	t[0] = now_ns();
	for (unsigned i = 0; i < KEYS; i++) {
		key_of(i, key);
		map_put(&map, key, size, &value);
	}
	t[1] = now_ns();
	for (unsigned i = 0; i < KEYS; i++) {
		key_of(i, key);
		found += map_get(&map, key, size) == &value;
	}
	t[2] = now_ns();
	for (unsigned i = 0; i < KEYS; i++) {
		key_of(i, key);
		sum += hash_keyed(key, size);
	}
	t[3] = now_ns();
	if (found != KEYS || !sum)
		puts("map: keys are lost");
	least(&cost->put, t[0], t[1]);
	least(&cost->get, t[1], t[2]);
	least(&cost->hash, t[2], t[3]);
	map_release(&map);
}

int main(void)
{
	static const size_t sizes[] = {8, LONGEST};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct cost cost = {0};

		for (int k = 0; k < ROUNDS; k++)
			one_round(sizes[i], &cost);
		printf("map: %d keys of %zu bytes: put %.0f ns, get %.0f ns, hash %.1f "
		       "ns each\n",
			KEYS, sizes[i], cost.put / KEYS, cost.get / KEYS,
			cost.hash / KEYS);
	}
	return 0;
}
