/* Which charset a page is in, and its text as UTF-8. Servers and pages say the wrong one
 * often, so that the bytes decide first. Only charsets of the table are tried: others
 * would load whatever code glibc has for them. Any thread. */
#include "charset.h"

#include "base/text.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

enum { NAME = 40, HEAD = 2048, PIECE = 4096 };

static const char *const known[] = {"windows-1252", "windows-1250", "windows-1251",
	"windows-1253", "windows-1254", "windows-1257", "iso-8859-1", "iso-8859-2",
	"iso-8859-5", "iso-8859-7", "iso-8859-9", "iso-8859-15", "koi8-r", "koi8-u",
	"shift_jis", "euc-jp", "gb2312", "gbk", "gb18030", "big5", "euc-kr", "utf-16le",
	"utf-16be", NULL};

static bool is_utf8(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t more = p[i] < 0x80                      ? 0
			      : p[i] >> 5 == 6 && p[i] > 0xc1  ? 1
			      : p[i] >> 4 == 14                ? 2
			      : p[i] >> 3 == 30 && p[i] < 0xf5 ? 3
							       : n;

		if (more > n - i - 1)
			return false;
		for (size_t k = 1; k <= more; k++)
			if (p[i + k] >> 6 != 2)
				return false;
		if ((p[i] == 0xe0 && p[i + 1] < 0xa0) ||
			(p[i] == 0xed && p[i + 1] > 0x9f) ||
			(p[i] == 0xf0 && p[i + 1] < 0x90) ||
			(p[i] == 0xf4 && p[i + 1] > 0x8f))
			return false;
		i += more + 1;
	}
	return true;
}

/* "charset=…" in it, when the table has that. */
static const char *named(struct untrusted text)
{
	ptrdiff_t at = untrusted_find_nocase(text, "charset=");
	struct untrusted rest, word;
	char name[NAME];

	if (at < 0)
		return NULL;
	rest = untrusted_slice(text, (size_t)at + strlen("charset="), SIZE_MAX);
	if (!untrusted_word(&rest, " \t\r\n\"'>;/", &word) ||
		!text_to_id(word, name, sizeof name))
		return NULL;
	for (size_t i = 0; known[i]; i++)
		if (!strcasecmp(known[i], name))
			/* As browsers do: 0x80 to 0x9f are letters and quotes. */
			return strcasecmp(name, "iso-8859-1") ? known[i] : known[0];
	return NULL;
}

static void convert(const char *from, const char *p, size_t n, struct str *out)
{
	iconv_t cd = iconv_open("UTF-8", from);
	char *in = (char *)(uintptr_t)p;

	if (cd == (iconv_t)-1 && strcmp(from, known[0]) != 0)
		cd = iconv_open("UTF-8", known[0]);
	while (cd != (iconv_t)-1 && n && !out->cut) {
		char piece[PIECE], *to = piece;
		size_t room = sizeof piece;
		size_t done = iconv(cd, &in, &n, &to, &room);

		str_add(out, piece, (size_t)(to - piece));
		if (done != (size_t)-1 || errno == E2BIG)
			continue;
		str_puts(out, "\xef\xbf\xbd");
		in++;
		n--;
	}
	if (cd != (iconv_t)-1)
		iconv_close(cd);
}

void charset_to_utf8(struct untrusted bytes, struct untrusted type, struct str *out)
{
	size_t n;
	const unsigned char *p = text_raw(bytes, &n);
	const char *from = NULL;

	if (n >= 2 &&
		((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff))) {
		convert(p[0] == 0xff ? "utf-16le" : "utf-16be", (const char *)p + 2,
			n - 2, out);
		return;
	}
	if (n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3)) {
		p += 3;
		n -= 3;
	}
	from = named(type);
	if (!from)
		from = named(untrusted_slice(bytes, 0, HEAD));
	/* The tongues that shift between sets are ASCII bytes too, and UTF-16 as well. */
	if (is_utf8(p, n) && !(from && str_starts(from, "utf-16"))) {
		str_add(out, (const char *)p, n);
		return;
	}
	convert(from ? from : known[0], (const char *)p, n, out);
}
