/* UTF-8 and character properties; utf8proc lives here and nowhere else. What counts
 * as drawable is decided here, once. Any thread. */
#include "base/utf8.h"

#include <utf8proc.h>

size_t utf8_decode(const void *p, size_t n, uint32_t *out)
{
	const unsigned char *s = p;
	utf8proc_int32_t cp;
	utf8proc_ssize_t used;

	if (s[0] < 0x80) {
		*out = s[0];
		return 1;
	}
	used = utf8proc_iterate(s, n > 4 ? 4 : (utf8proc_ssize_t)n, &cp);
	if (used <= 0 || cp < 0)
		return 0;
	*out = (uint32_t)cp;
	return (size_t)used;
}

static bool continues(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t utf8_cut(const void *p, size_t most)
{
	const unsigned char *s = p;
	size_t n = most;

	while (n && most - n < 3 && continues(s[n]))
		n--;
	/* Back to a first byte; without one these were no characters. */
	return n == most || s[n] >= 0xc0 ? n : most;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
	if (cp >= 0xd800 && cp <= 0xdfff)
		return 0;
	return (size_t)utf8proc_encode_char(
		(utf8proc_int32_t)cp, (utf8proc_uint8_t *)out);
}

int utf8_width(uint32_t cp)
{
	if (cp >= 0x20 && cp < 0x7f)
		return 1;
	return utf8proc_charwidth((utf8proc_int32_t)cp);
}

bool utf8_breaks(uint32_t a, uint32_t b, int32_t *state)
{
	return utf8proc_grapheme_break_stateful(
		(utf8proc_int32_t)a, (utf8proc_int32_t)b, state);
}

bool utf8_printable(uint32_t cp)
{
	if (cp >= 0x20 && cp < 0x7f)
		return true;
	/* Drawn blank by some terminals, so they can hide what stands there: what
	 * Unicode calls default ignorable, the empty Braille cell, the null note. */
	if (cp > 0x10ffff || utf8proc_get_property((utf8proc_int32_t)cp)->ignorable ||
		cp == 0x2800 || cp == 0x1d159)
		return false;
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	default:
		return true;
	}
}
