/* Canonical JSON (RFC 8785): one text for one value, so that a hash of it means
 * something. The parts of a writer, and a reader that takes nothing else. */
#ifndef BASE_CANONICAL_H
#define BASE_CANONICAL_H

#include "base/str.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A string with its quotes; what is not UTF-8 becomes U+FFFD, one for each byte.
 * Invisible characters stay as they are: never for a terminal. */
void canonical_text(struct str *out, struct untrusted text);
/* As ECMAScript writes it (section 3.2.2.3); must be finite. */
void canonical_number(struct str *out, double value);
/* Order of the members of an object: by UTF-16 code units (section 3.2.3). */
int canonical_cmp(struct untrusted a, struct untrusted b);

/* Bytes of the canonical value that the text begins with; 0 when it begins with none,
 * *bad (may be NULL) then tells the offset. Nested at most 16 deep. */
size_t canonical_read(struct untrusted text, size_t *bad);
/* The canonical text of a member, in a text that canonical_read() took as an object.
 * The name is made of a-z, 0-9, '_' and '.', and begins with a letter. */
bool canonical_member(struct untrusted object, const char *name, struct untrusted *value);
/* Several in one pass: names in their order; what is not there stays as it was. */
struct canonical_want {
	const char *name;
	struct untrusted *value;
};
void canonical_members(
	struct untrusted object, const struct canonical_want *wants, size_t count);
/* An integer from 0 to 2^53. */
bool canonical_count(struct untrusted value, uint64_t *out);
/* A string of exactly n hexadecimal digits in lower case; out gets n + 1 bytes. */
bool canonical_hex(struct untrusted value, size_t n, char *out);

#endif
