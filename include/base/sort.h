/* Sorting in small steps, for lists so long that sorting them at once would hold up
 * the loop: merge sort of pointers, stable. What it is given stays as it is. */
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include <stdbool.h>
#include <stddef.h>

/* ctx is the caller's; a and b are two of the pointers. */
typedef int (*sort_fn)(const void *ctx, const void *a, const void *b);

struct sort {
	void **from, **to;
	size_t count, runs, width;
	size_t left, right, out; /* of the two runs that are being merged */
	sort_fn compare;
	const void *ctx;
};

/* Copies the pointers. */
void sort_begin(struct sort *sort, void *const *items, size_t count, sort_fn compare,
	const void *ctx);
/* A few hundred comparisons at most; false: it is sorted. */
bool sort_step(struct sort *sort);
/* The sorted pointers, once; the caller's to free. */
void **sort_take(struct sort *sort);
void sort_release(struct sort *sort);

#endif
