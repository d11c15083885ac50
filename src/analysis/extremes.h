/* How far a value is outside of everything that was seen lately. */
#ifndef ANALYSIS_EXTREMES_H
#define ANALYSIS_EXTREMES_H

#include <stdbool.h>
#include <stdint.h>

enum { EXTREMES_BLOCK = 64, EXTREMES_BLOCKS = 64 };

/* The highest and lowest value of each of the last EXTREMES_BLOCKS blocks of
 * EXTREMES_BLOCK values, of the block that fills, and of all of them: 4096 values are
 * remembered, two weeks of one every five minutes. Zeroed is the start; no pointers. */
struct extremes {
	float high[EXTREMES_BLOCKS], low[EXTREMES_BLOCKS];
	float block_high, block_low;
	float top, bottom;
	uint8_t in_block, blocks, next, any;
};

/* 0 within what was seen, else how far beyond it, as a part of its range: positive
 * above, negative below. `smallest` is the least range that is believed. */
double extremes_beyond(const struct extremes *extremes, double value, double smallest);
void extremes_add(struct extremes *extremes, double value);
/* Every index is within its array. */
bool extremes_check(const struct extremes *extremes);

#endif
