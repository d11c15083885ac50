/* Sorting in steps: the same as sorting at once, equal ones in their order, and no step
 * that is long. */
#include "base/alloc.h"
#include "base/sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct item {
	unsigned key;
	size_t place; /* where it was */
};

static size_t compared;

static int by_key(const void *ctx, const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	assert_ptr_equal(ctx, &compared);
	compared++;
	return x->key < y->key ? -1 : x->key > y->key;
}

static void check(size_t count, unsigned kinds)
{
	struct item *items = mem_new(count, sizeof *items);
	void **list = mem_new(count, sizeof *list), **sorted;
	struct sort sort;
	unsigned seed = 7;

	for (size_t i = 0; i < count; i++) {
		seed = seed * 1103515245u + 12345u;
		items[i] = (struct item){seed >> 8, i};
		if (kinds)
			items[i].key %= kinds;
		list[i] = &items[i];
	}
	sort_begin(&sort, list, count, by_key, &compared);
	do {
		assert_in_range(compared, 0, 300);
		compared = 0;
	} while (sort_step(&sort));
	sorted = sort_take(&sort);
	for (size_t i = 0; i < count; i++) {
		const struct item *item = sorted[i], *before = i ? sorted[i - 1] : NULL;

		assert_ptr_equal(list[i], &items[i]);
		if (!before)
			continue;
		assert_true(before->key <= item->key);
		if (before->key == item->key)
			assert_true(before->place < item->place);
	}
	mem_free(sorted);
	mem_free(list);
	mem_free(items);
}

static void sorts_any_number(void **state)
{
	static const size_t counts[] = {
		0, 1, 2, 31, 32, 33, 64, 65, 255, 256, 1000, 4097};

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		check(counts[i], 0);
		check(counts[i], 1);
		check(counts[i], 5);
	}
}

static void can_be_given_up(void **state)
{
	struct item items[100];
	void *list[100];
	struct sort sort;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		items[i] = (struct item){(unsigned)(100 - i), i};
		list[i] = &items[i];
	}
	sort_begin(&sort, list, 100, by_key, &compared);
	for (int i = 0; i < 5; i++)
		assert_true(sort_step(&sort));
	sort_release(&sort);
	assert_ptr_equal(list[0], &items[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_any_number),
		cmocka_unit_test(can_be_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
