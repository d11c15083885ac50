/* Values that are known, found in any form that programs print them in. */
#ifndef OPS_REDACT_KNOWN_H
#define OPS_REDACT_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

enum found { FOUND_NONE, FOUND_MAYBE, FOUND };

/* One begins at p: *size is how long it is there. MAYBE: what is there ends within what
 * could be one, and more could come. */
enum found known_at(const unsigned char *p, size_t n, bool more, size_t *size);
/* Calls `mark` for each two bytes that any of them can begin with; second -1: any. */
void known_mark(void (*mark)(unsigned char first, int second));
/* Another number when others are known than before. */
unsigned known_version(void);

#endif
