/* A recording from any bytes: it can be read or there is a sentence, and its events lie
 * in its text, in the order of their times. */
#include "ops/recording.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct recording r;
	struct err err = {0};
	int64_t last = 0;

	if (!recording_read(&r, untrusted_make(data, size), &err))
		check(err.text[0] != '\0');
	for (size_t i = 0; i < r.count; i++) {
		const struct recording_event *e = &r.events[i];

		check(e->at_ms >= last && e->at_ms <= r.length_ms);
		check(e->from + e->n <= r.text.n);
		check(!e->resize || (e->columns > 0 && e->columns <= RECORDING_SIDE &&
					    e->rows > 0 && e->rows <= RECORDING_SIDE));
		last = e->at_ms;
	}
	recording_find(&r, SIZE_MAX, 1, "x");
	recording_error(&r, SIZE_MAX);
	recording_release(&r);
	return 0;
}
