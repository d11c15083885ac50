/* Matching with one place to come back to: a later * takes the place of an earlier one,
 * so no pattern makes it exponential. Any thread. */
#include "base/glob.h"

#include <string.h>

/* The pattern ends at `end`. */
static bool match(const char *pattern, const char *end, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		if (pattern < end && *pattern == '*') {
			star = pattern++;
			from = text;
		} else if (pattern < end && (*pattern == '?' || *pattern == *text)) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++from;
		} else {
			return false;
		}
	}
	while (pattern < end && *pattern == '*')
		pattern++;
	return pattern == end;
}

bool glob_match(const char *pattern, const char *text)
{
	return match(pattern, pattern + strlen(pattern), text);
}

enum glob_verdict glob_list(const char *patterns, char separator, const char *text)
{
	enum glob_verdict verdict = GLOB_NOT;

	while (*patterns) {
		const char *end = strchr(patterns, separator);
		bool negated = *patterns == '!';

		if (!end)
			end = patterns + strlen(patterns);
		patterns += negated;
		if (patterns < end && match(patterns, end, text)) {
			if (negated)
				return GLOB_LEFT_OUT;
			verdict = GLOB_YES;
		}
		patterns = *end ? end + 1 : end;
	}
	return verdict;
}
