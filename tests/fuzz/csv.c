/* Points of a CSV file from any bytes: refused with a sentence, or rows with a time, a
 * value that is finite or none, and a stamp that lies within the text. */
#include "model/csv.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct untrusted text = untrusted_make(data, size);
	struct csv_points points;
	struct err err = {0};
	size_t empty = 0;

	if (!csv_read(text, &points, &err)) {
		check(err.text[0] != '\0');
		return 0;
	}
	check(points.count > points.empty && points.count <= size);
	for (size_t i = 0; i < points.count; i++) {
		const struct csv_row *row = &points.rows[i];

		empty += isnan(row->value);
		check(isnan(row->value) || isfinite(row->value));
		check(untrusted_offset(text, row->stamp) + untrusted_size(row->stamp) <=
			size);
	}
	check(empty == points.empty);
	csv_release(&points);
	return 0;
}
