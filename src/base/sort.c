/* Merge sort that can stop after any few comparisons: runs of RUN first, then runs are
 * merged pairwise, twice as long each time. A merge of long runs is resumed where it
 * stopped. Any thread, one at a time for one sort. */
#include "base/sort.h"

#include "base/alloc.h"

#include <string.h>

enum { RUN = 32, MERGE_STEP = 256 };

void sort_begin(struct sort *sort, void *const *items, size_t count, sort_fn compare,
	const void *ctx)
{
	*sort = (struct sort){
		.count = count, .width = RUN, .compare = compare, .ctx = ctx};
	sort->from = mem_new(count, sizeof *sort->from);
	sort->to = mem_new(count, sizeof *sort->to);
	if (count)
		memcpy(sort->from, items, count * sizeof *items);
}

/* Insertion, the place found by halving. */
static void sort_run(struct sort *sort)
{
	size_t begin = sort->runs, end = begin + RUN;

	if (end > sort->count)
		end = sort->count;
	for (size_t i = begin + 1; i < end; i++) {
		void *item = sort->from[i];
		size_t low = begin, high = i;

		while (low < high) {
			size_t middle = (low + high) / 2;

			if (sort->compare(sort->ctx, sort->from[middle], item) <= 0)
				low = middle + 1;
			else
				high = middle;
		}
		memmove(sort->from + low + 1, sort->from + low,
			(i - low) * sizeof *sort->from);
		sort->from[low] = item;
	}
	sort->runs = end;
}

static size_t at_most(size_t n, size_t most)
{
	return n < most ? n : most;
}

/* The two runs that `out` is in are [begin, middle) and [middle, end). */
static void merge_some(struct sort *sort)
{
	size_t begin = sort->out - sort->out % (2 * sort->width);
	size_t middle = at_most(begin + sort->width, sort->count);
	size_t end = at_most(middle + sort->width, sort->count);
	size_t until = at_most(sort->out + MERGE_STEP, end);

	if (sort->out == begin) {
		sort->left = begin;
		sort->right = middle;
	}
	while (sort->out < until) {
		void **left = sort->from + sort->left, **right = sort->from + sort->right;
		bool first = sort->right == end ||
			     (sort->left < middle &&
				     sort->compare(sort->ctx, *left, *right) <= 0);

		sort->to[sort->out++] = first ? *left : *right;
		if (first)
			sort->left++;
		else
			sort->right++;
	}
}

bool sort_step(struct sort *sort)
{
	if (sort->runs < sort->count) {
		sort_run(sort);
	} else if (sort->width >= sort->count) {
		return false;
	} else if (sort->out < sort->count) {
		merge_some(sort);
	} else {
		void **swap = sort->from;

		sort->from = sort->to;
		sort->to = swap;
		sort->out = 0;
		sort->width *= 2;
	}
	return true;
}

void **sort_take(struct sort *sort)
{
	void **items = sort->from;

	sort->from = NULL;
	sort_release(sort);
	return items;
}

void sort_release(struct sort *sort)
{
	mem_free(sort->from);
	mem_free(sort->to);
	*sort = (struct sort){0};
}
