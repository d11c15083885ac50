/* Records. In an exchangeable sequence the n-th value is the highest so far with the
 * probability 1/n whatever its distribution is (Rényi 1962; Arnold, Balakrishnan and
 * Nagaraja, Records, 1998, section 2.5), so a new extreme is news where nothing is
 * assumed, and by how much of the range it is one says how large the news is. Maxima of
 * blocks let the window slide with two floats for each 64 values. Any thread. */
#include "extremes.h"

#include <math.h>

double extremes_beyond(const struct extremes *e, double value, double smallest)
{
	float v = (float)value; /* as it is remembered: the same is not beyond */
	double range, beyond;

	if (!e->any || (v <= e->top && v >= e->bottom))
		return 0;
	range = fmax((double)e->top - (double)e->bottom, smallest);
	beyond = (double)v - (double)(v > e->top ? e->top : e->bottom);
	return range > 0 ? beyond / range : 0;
}

static void widen(float *high, float *low, float value)
{
	if (value > *high)
		*high = value;
	if (value < *low)
		*low = value;
}

static void close_block(struct extremes *e)
{
	e->high[e->next] = e->block_high;
	e->low[e->next] = e->block_low;
	e->next = (uint8_t)((e->next + 1) % EXTREMES_BLOCKS);
	if (e->blocks < EXTREMES_BLOCKS)
		e->blocks++;
	e->in_block = 0;
	e->top = e->high[0];
	e->bottom = e->low[0];
	for (int i = 1; i < e->blocks; i++) {
		e->top = e->high[i] > e->top ? e->high[i] : e->top;
		e->bottom = e->low[i] < e->bottom ? e->low[i] : e->bottom;
	}
}

void extremes_add(struct extremes *e, double value)
{
	float v = (float)value;

	if (!e->any)
		e->top = e->bottom = v;
	if (!e->in_block)
		e->block_high = e->block_low = v;
	e->any = 1;
	widen(&e->top, &e->bottom, v);
	widen(&e->block_high, &e->block_low, v);
	if (++e->in_block == EXTREMES_BLOCK)
		close_block(e);
}

bool extremes_check(const struct extremes *e)
{
	return e->in_block < EXTREMES_BLOCK && e->blocks <= EXTREMES_BLOCKS &&
	       e->next < EXTREMES_BLOCKS;
}
