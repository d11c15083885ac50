/* Units of a metric and how its numbers are written. */
#ifndef BASE_UNIT_H
#define BASE_UNIT_H

#include <stdbool.h>
#include <stddef.h>

enum unit {
	UNIT_NONE,
	UNIT_PERCENT, /* 0..100 */
	UNIT_RATIO,   /* 0..1, written as a percentage */
	UNIT_BYTES,
	UNIT_BYTES_PER_S,
	UNIT_SECONDS,
	UNIT_PER_S,
	UNIT_CELSIUS,
	UNIT_COUNT_,
};

enum { UNIT_TEXT = 24 };

const char *unit_name(enum unit unit);
bool unit_parse(const char *word, enum unit *out);
/* At most 9 columns: "93 %", "842 ms", "1.2k", "61 MiB", "3.4 GiB/s", "-" for NaN;
 * what no unit makes short enough as "1.0e+23". */
const char *unit_text(enum unit unit, double value, char out[UNIT_TEXT]);

#endif
