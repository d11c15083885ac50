/* Points of one series from a CSV file that somebody else wrote.
 *
 * Columns end at ',', ';' or a tab, whichever the first line has; texts may be quoted as
 * RFC 4180 says. A first line that is no point names the columns: the time is
 * timestamp, time, date, datetime, ts or ds, the value is value, val or y; the first and
 * the second column where none is called so. Times are RFC 3339 (a blank for the T, no
 * seconds and no zone will do: UTC then) or numbers since 1970 in seconds, milli-,
 * micro- or nanoseconds, whichever lies after 2001. */
#ifndef MODEL_CSV_H
#define MODEL_CSV_H

#include "base/err.h"
#include "base/untrusted.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CSV_MAX_BYTES = 128 << 20,
	CSV_MAX_ROWS = 2000000,
	CSV_MAX_COLUMNS = 256, /* looked at */
};

struct csv_row {
	struct untrusted stamp; /* the time as it was written: borrowed from the text */
	int64_t at;
	double value; /* NAN: none, or not a finite number */
};

struct csv_points {
	struct csv_row *rows; /* owned, in the order of the file */
	size_t count;
	size_t unread; /* lines without a time that can be read, not blank ones */
	size_t empty;  /* rows without a value */
};

/* False when there is no point in it, or too many. */
bool csv_read(struct untrusted text, struct csv_points *out, struct err *err);
void csv_release(struct csv_points *points);

#endif
