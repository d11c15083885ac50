/* A finding as the store gives it back, of whatever bytes: what is read can be walked and
 * asked for its steps. */
#include "app/finding.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	struct finding *f = finding_read(untrusted_make(data, size), &err);
	char step[FINDING_STEP];

	if (!f) {
		if (!err.text[0])
			abort();
		return 0;
	}
	for (size_t i = 0; i < f->count; i++)
		for (size_t k = 0; k < f->suspects[i].count; k++) {
			const struct finding_evidence *e = &f->suspects[i].evidence[k];

			for (size_t p = 1; p < e->point_count; p++)
				if (e->points[p].at <= e->points[p - 1].at)
					abort();
		}
	for (size_t i = 0; finding_step(f, i, step); i++)
		if (i > 20)
			abort();
	finding_free(f);
	return 0;
}
