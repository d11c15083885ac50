/* Regular expressions: PCRE2 with limits, so that no pattern can hang the console. */
#ifndef BASE_REGEX_H
#define BASE_REGEX_H

#include "base/err.h"
#include "base/untrusted.h"

struct regex;

/* UTF-8, case-insensitive when the pattern holds no upper-case letter. At most
 * 1 KiB of pattern, which may not begin with "(*". NULL and *err on a bad one. One
 * thread at a time may use it. */
struct regex *regex_new(const char *pattern, struct err *err);
void regex_free(struct regex *re);
/* First match at or after `from`; start and n may be NULL. A text on which the
 * match limit is reached counts as no match. Only 4 KiB behind `from` are searched:
 * split what is longer into lines. */
bool regex_match(const struct regex *re, struct untrusted text, size_t from,
	size_t *start, size_t *n);

#endif
