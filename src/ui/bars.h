/* Bars of counts, and the heat of a week. Main thread. */
#ifndef UI_BARS_H
#define UI_BARS_H

#include "canvas.h"

#include <stddef.h>
#include <stdint.h>

struct bars {
	const uint32_t *values;
	size_t count;
	size_t marked;     /* SIZE_MAX: none */
	int64_t first_day; /* days since 1970-01-01: what is written below */
};

/* Fills the rectangle: the largest count above on the left, Mondays below. The newest
 * bars when there is no room for all. */
void bars_draw(const struct canvas *c, const struct bars *bars);
/* One row of bars, each `width` columns wide. */
void bars_strip(const struct canvas *c, int row, int col, int width,
	const uint32_t *values, size_t count);
/* A part of one, lying; what is not nothing is at least a cell. */
void bars_share(const struct canvas *c, int row, int col, int width, double share);
/* The same as text, for a page: at most width cells of it and 3 * width + 1 bytes. */
void bars_text(char *out, size_t size, int width, double share);
/* Hours across, Monday to Sunday down, hours above: 8 rows; 28 columns, or 52. */
void bars_heat(const struct canvas *c, const uint32_t of[168]);

#endif
