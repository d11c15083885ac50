/* A bounded walk over the text of a /proc or /sys file: the only place of io/host
 * that looks at single bytes. Numbers saturate, nothing is read beyond `end`, and a
 * word that is not what was asked for leaves the walk where it was. Any thread. */
#include "host_scan.h"

#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

bool scan_line(struct scan *rest, struct scan *line)
{
	const char *end;

	if (rest->at == rest->end)
		return false;
	end = memchr(rest->at, '\n', (size_t)(rest->end - rest->at));
	*line = (struct scan){rest->at, end ? end : rest->end};
	rest->at = end ? end + 1 : rest->end;
	return true;
}

static void skip_blanks(struct scan *rest)
{
	while (rest->at < rest->end && blank(*rest->at))
		rest->at++;
}

bool scan_word(struct scan *rest, struct scan *word)
{
	skip_blanks(rest);
	word->at = rest->at;
	while (rest->at < rest->end && !blank(*rest->at))
		rest->at++;
	word->end = rest->at;
	return word->at < word->end;
}

bool scan_u64(struct scan *rest, uint64_t *out)
{
	uint64_t value = 0;

	skip_blanks(rest);
	if (rest->at == rest->end || !digit(*rest->at))
		return false;
	for (; rest->at < rest->end && digit(*rest->at); rest->at++) {
		unsigned d = (unsigned)(*rest->at - '0');

		value = value > (UINT64_MAX - d) / 10 ? UINT64_MAX : value * 10 + d;
	}
	*out = value;
	return true;
}

bool scan_decimal(struct scan *rest, double *out)
{
	uint64_t whole;
	double scale = 1, fraction = 0;

	if (!scan_u64(rest, &whole))
		return false;
	if (rest->at < rest->end && *rest->at == '.')
		for (rest->at++; rest->at < rest->end && digit(*rest->at); rest->at++)
			fraction += (*rest->at - '0') * (scale /= 10);
	*out = (double)whole + fraction;
	return true;
}

bool scan_skip(struct scan *rest, int words)
{
	struct scan word;

	while (words-- > 0)
		if (!scan_word(rest, &word))
			return false;
	return true;
}

bool scan_find(struct scan text, const char *key, struct scan *line)
{
	size_t n = strlen(key);
	struct scan rest = text;

	while (rest.at < rest.end) {
		const char *hit = memmem(rest.at, (size_t)(rest.end - rest.at), key, n);

		if (!hit)
			return false;
		if (hit == text.at || hit[-1] == '\n') {
			rest.at = hit + n;
			if (!scan_line(&rest, line))
				*line = (struct scan){text.end, text.end};
			return true;
		}
		rest.at = hit + 1;
	}
	return false;
}

bool scan_is(struct scan word, const char *literal)
{
	return scan_size(word) == strlen(literal) && scan_starts(word, literal);
}

bool scan_starts(struct scan word, const char *prefix)
{
	size_t n = strlen(prefix);

	return scan_size(word) >= n && !memcmp(word.at, prefix, n);
}

size_t scan_size(struct scan word)
{
	return (size_t)(word.end - word.at);
}

struct untrusted scan_text(struct scan word)
{
	return untrusted_make(word.at, scan_size(word));
}
