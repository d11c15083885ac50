/* UTF-8: decoding and the width of what is drawn. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes one code point; returns its length in bytes, 0 when invalid (overlong,
 * surrogate, beyond U+10FFFF, cut short). n must be at least 1. */
size_t utf8_decode(const void *p, size_t n, uint32_t *out);
/* How many of the first `most` bytes to keep so that no character is split; p[most]
 * must be there. What is not UTF-8 is cut at `most`. */
size_t utf8_cut(const void *p, size_t most);
/* Returns the bytes written, 0 for a surrogate or what is beyond U+10FFFF. */
size_t utf8_encode(uint32_t cp, char out[4]);
/* Columns of one code point: 0 (combining), 1 or 2. Ambiguous counts 1. */
int utf8_width(uint32_t cp);
/* True where a grapheme cluster may end between a and b. */
bool utf8_breaks(uint32_t a, uint32_t b, int32_t *state);
/* Drawn as itself: not a control, format, line separator, surrogate, private-use,
 * unassigned or otherwise invisible character. Blanks of any width are. */
bool utf8_printable(uint32_t cp);

#endif
