/* Any text as printed labels: what is left is no longer than they were shown, and the
 * same where no code was found; its bytes as the points of windows give a verdict whose
 * first point lies on the grid, and a sentence. */
#include "analysis/compare.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 16, KEY = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void judge(const uint8_t *data, size_t n, enum compare_class class)
{
	const struct compare_rule rule = {50, 40, NAN, 2, SENSE_BOTH, false};
	double rows[4][POINTS] = {{0}};
	struct compare_pair pair = {rows[0], rows[1], rows[2], rows[3], POINTS, 60};
	struct compare_verdict v;
	char text[COMPARE_SENTENCE];

	memcpy(rows, data, n < sizeof rows ? n : sizeof rows);
	compare_judge(&pair, class, &rule, &v);
	if (v.since > POINTS)
		abort();
	if (!strlen(compare_sentence(&v, class, UNIT_NONE, text)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct untrusted labels = untrusted_make(data, n);
	char shown[KEY], key[KEY];
	enum compare_class class;

	text_line(labels, shown, sizeof shown);
	if (!compare_labels(labels, &class, key, sizeof key) &&
		(strcmp(key, shown) != 0 || class != CLASS_VALUE))
		abort();
	if (strlen(key) > strlen(shown))
		abort();
	judge(data, n, class);
	judge(data, n, CLASS_TRAFFIC);
	judge(data, n, CLASS_VALUE);
	return 0;
}
