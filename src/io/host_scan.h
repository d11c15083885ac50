/* A bounded walk over the text of a /proc or /sys file. */
#ifndef HOST_SCAN_H
#define HOST_SCAN_H

#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scan {
	const char *at, *end;
};

/* Takes the next line off *rest, without its newline; false at the end. */
bool scan_line(struct scan *rest, struct scan *line);
/* Takes the next run of bytes that are not blanks; false when there is none. */
bool scan_word(struct scan *rest, struct scan *word);
/* Next word as a number: digits, saturating. False (and nothing taken) otherwise. */
bool scan_u64(struct scan *rest, uint64_t *out);
/* Digits with an optional fraction, as "12.34". */
bool scan_decimal(struct scan *rest, double *out);
bool scan_skip(struct scan *rest, int words);
/* The line that begins with `key`; *line is what stands behind the key. */
bool scan_find(struct scan text, const char *key, struct scan *line);
bool scan_is(struct scan word, const char *literal);
bool scan_starts(struct scan word, const char *prefix);
size_t scan_size(struct scan word);
struct untrusted scan_text(struct scan word);

#endif
