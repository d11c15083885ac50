/* Points as compact bytes, without loss: any double comes back bit for bit.
 *
 * Times: delta of delta (Pelkonen et al., "Gorilla", VLDB 2015, section 4.1.1), the
 * differences in Rice codes (Rice, JPL Publication 79-22, 1979). Values that are whole
 * numbers after a decimal shift (percentages with two digits, bytes, counters): their
 * differences over the greatest common divisor, in Rice codes. All others: Gorilla's
 * XOR code (section 4.1.2). A second of a host metric rounded to two digits takes
 * about 2 bytes, of one with all its digits about 7: round before keeping. */
#ifndef STORE_CHUNK_H
#define STORE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CHUNK_MAX_POINTS = 4096,
	CHUNK_COLUMNS = 3, /* raw points have one, sums three: low, mean, high */
	/* The worst case of one time or value is 88 bits. */
	CHUNK_MAX_BYTES = 128 + CHUNK_MAX_POINTS * 11 * (1 + CHUNK_COLUMNS),
};

/* Large (128 KiB): on the heap. Times strictly rising. */
struct chunk {
	size_t count;
	int columns;
	int64_t at[CHUNK_MAX_POINTS];
	double value[CHUNK_COLUMNS][CHUNK_MAX_POINTS];
};

/* out has CHUNK_MAX_BYTES; count at least 1. Returns the bytes used. */
size_t chunk_encode(const struct chunk *chunk, unsigned char *out);
/* False when the bytes are no chunk; out is then empty (count 0). Any bytes are safe. */
bool chunk_decode(const void *bytes, size_t n, struct chunk *out);

#endif
