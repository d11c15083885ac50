/* What differs between two texts, by lines: the shortest script of Myers ("An O(ND)
 * Difference Algorithm and Its Variations", 1986, section 4). Texts that differ in more
 * than DIFF_MOST lines give, between what they have in common at both ends, all old lines
 * and then all new ones. Lines are slices of the texts. Any thread. */
#ifndef MODEL_DIFF_H
#define MODEL_DIFF_H

#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>

enum { DIFF_LINES = 20000, DIFF_MOST = 1000 };

enum diff_kind { DIFF_SAME, DIFF_OLD, DIFF_NEW };

struct diff_line {
	enum diff_kind kind;
	bool gap; /* lines that are the same are left out before it */
	struct untrusted text;
};

struct diff {
	struct diff_line *lines;
	size_t count, cap;
	size_t removed, added;
};

/* `around`: of the lines that are the same so many are kept beside each change. Lines
 * over DIFF_LINES are not looked at. Release it. */
void diff_make(
	struct diff *out, struct untrusted before, struct untrusted now, size_t around);
void diff_release(struct diff *diff);

#endif
