/* The map against a naive model, under random operations and awkward keys. */
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/map.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { KEYS = 6000 }; /* more than a map takes over at once as it grows */

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void check_all(const struct map *map, void *const model[KEYS])
{
	size_t at = 0, seen = 0, live = 0;
	const char *key;
	void *value;

	for (int k = 0; k < KEYS; k++)
		live += model[k] != NULL;
	assert_int_equal(map->count, live);
	while (map_each(map, &at, &key, &value)) {
		int k = atoi(key);

		assert_in_range(k, 0, KEYS - 1);
		assert_ptr_equal(value, model[k]);
		seen++;
	}
	assert_int_equal(seen, live);
}

static void random_operations(void **state)
{
	static int values[16];
	static void *model[KEYS];
	uint32_t seed = 42;
	struct map map;

	(void)state;
	map_init(&map);
	for (int i = 0; i < 120000; i++) {
		int k = (int)(next(&seed) % KEYS);
		char key[16];
		size_t n = (size_t)snprintf(key, sizeof key, "%d", k);

		switch (next(&seed) % (i % 40000 < 20000 ? 3 : 6)) {
		case 0:
		case 1: {
			void *value = &values[next(&seed) % 16];

			assert_ptr_equal(map_put(&map, key, n, value), model[k]);
			model[k] = value;
			break;
		}
		case 2:
			assert_ptr_equal(map_get(&map, key, n), model[k]);
			break;
		default:
			assert_ptr_equal(map_del(&map, key, n), model[k]);
			model[k] = NULL;
		}
		if (i % 1000 == 0)
			check_all(&map, model);
	}
	check_all(&map, model);
	for (int k = 0; k < KEYS; k++) {
		char key[16];
		size_t n = (size_t)snprintf(key, sizeof key, "%d", k);

		assert_ptr_equal(map_get(&map, key, n), model[k]);
		assert_ptr_equal(map_del(&map, key, n), model[k]);
		assert_null(map_get(&map, key, n));
	}
	assert_int_equal(map.count, 0);
	map_release(&map);
	map_release(&map);
}

static void awkward_keys(void **state)
{
	struct map map;
	int a, b, c, d;
	size_t at = 0;

	(void)state;
	map_init(&map);
	assert_null(map_get(&map, "x", 1));
	assert_null(map_del(&map, "x", 1));
	assert_false(map_each(&map, &at, NULL, NULL));
	assert_null(map_put(&map, NULL, 0, &a));
	assert_ptr_equal(map_get(&map, "", 0), &a);
	assert_ptr_equal(map_get(&map, NULL, 0), &a);
	assert_null(map_put(&map, "a", 1, &b));
	assert_null(map_put(&map, "a\0", 2, &c));
	assert_null(map_put(&map, "a\0b", 3, &d));
	assert_ptr_equal(map_get(&map, "a", 1), &b);
	assert_ptr_equal(map_get(&map, "a\0", 2), &c);
	assert_ptr_equal(map_get(&map, "a\0b", 3), &d);
	assert_ptr_equal(map_put(&map, "a", 1, &a), &b);
	assert_int_equal(map.count, 4);
	assert_ptr_equal(map_del(&map, NULL, 0), &a);
	assert_null(map_get(&map, NULL, 0));
	for (at = 0; map_each(&map, &at, NULL, NULL);)
		;
	map_release(&map);
}

/* Two threads that are first to hash must agree. */
static void *hash_one(void *out)
{
	*(uint64_t *)out = hash_keyed("key", 3);
	return NULL;
}

static void hashes_agree_between_threads(void **state)
{
	uint64_t hashes[8];
	pthread_t threads[8];
	char ids[2][ID_TEXT];

	(void)state;
	for (int i = 0; i < 8; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, hash_one, &hashes[i]), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	for (int i = 1; i < 8; i++)
		assert_true(hashes[i] == hashes[0]);
	assert_true(hash_keyed("", 0) == hash_keyed(NULL, 0));
	assert_true(hash_keyed("a", 1) != hash_keyed("b", 1));
	assert_true(random_u64() != random_u64());
	/* RFC 9562 section 5.7: time, version 7, variant 10. */
	id_new(0x017F22E279B0, ids[0]);
	id_new(0x017F22E279B0, ids[1]);
	assert_memory_equal(ids[0], "017f22e2-79b0-7", 15);
	assert_non_null(strchr("89ab", ids[0][19]));
	assert_int_equal(strlen(ids[0]), ID_TEXT - 1);
	assert_string_not_equal(ids[0], ids[1]);
	assert_int_equal(ids[0][8] + ids[0][13] + ids[0][18] + ids[0][23], 4 * '-');
}

/* FNV-1a with a seed was: one hash that is seen somewhere told all others. */
static void one_hash_tells_nothing_of_others(void **state)
{
	uint64_t seen = hash_keyed("", 0), h = seen ^ seen >> 29 ^ seen >> 58;

	(void)state;
	h = (h ^ 'a') * UINT64_C(0x100000001b3);
	assert_true((h ^ h >> 29) != hash_keyed("a", 1));
}

/* Another process has another key; what is kept or shown is the same in all. */
static void only_the_lasting_hash_lasts(void **state)
{
	char text[HASH_TEXT];
	uint64_t mine = hash_keyed("key", 3), other = mine;
	int ends[2];
	char *words[] = {"/proc/self/exe", "--hash", NULL};
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		dup2(ends[1], 1);
		execv(words[0], words);
		_exit(127);
	}
	assert_int_equal(read(ends[0], &other, sizeof other), sizeof other);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(ends[0]);
	close(ends[1]);
	assert_true(other != mine);
	/* b2sum -l 128 */
	hash_lasting("abc", 3, text);
	assert_string_equal(text, "cf4ab791c62b8d2b2109c90275287816");
}

static void base64(void **state)
{
	/* RFC 4648 section 10. */
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
		{"\xff\xfe\xfd", "//79"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t n = strlen(rows[i].in);
		char *out = mem_new(4 * ((n + 2) / 3) + 1, 1); /* and not one more */

		assert_int_equal(base64_encode(rows[i].in, n, out), strlen(rows[i].out));
		assert_string_equal(out, rows[i].out);
		mem_free(out);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_agree_between_threads),
		cmocka_unit_test(random_operations),
		cmocka_unit_test(awkward_keys),
		cmocka_unit_test(base64),
		cmocka_unit_test(one_hash_tells_nothing_of_others),
		cmocka_unit_test(only_the_lasting_hash_lasts),
	};

	if (argc > 1 && !strcmp(argv[1], "--hash")) {
		uint64_t hash = hash_keyed("key", 3);

		return fwrite(&hash, sizeof hash, 1, stdout) != 1;
	}

	return cmocka_run_group_tests(tests, NULL, NULL);
}
