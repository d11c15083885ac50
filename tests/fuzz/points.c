/* Fuzz target of the chunk decoder: any bytes are refused or give points that encode
 * and decode to themselves. Built with clang -fsanitize=fuzzer,address,undefined. */
#include "store/chunk.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static struct chunk first, second;
static unsigned char again[CHUNK_MAX_BYTES];

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	size_t size;

	if (!chunk_decode(bytes, n, &first))
		return 0;
	size = chunk_encode(&first, again);
	if (size > sizeof again || !chunk_decode(again, size, &second))
		abort();
	if (second.count != first.count || second.columns != first.columns ||
		memcmp(second.at, first.at, first.count * sizeof *first.at))
		abort();
	for (int c = 0; c < first.columns; c++)
		if (memcmp(second.value[c], first.value[c],
			    first.count * sizeof *first.value[c]))
			abort();
	return 0;
}
