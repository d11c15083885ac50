/* PCRE2 with JIT and limits; its only home. Compiling is main's or a task's; a
 * compiled pattern may be used by one thread at a time. */
#include "base/regex.h"

#include "base/alloc.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <ctype.h>
#include <string.h>

enum { PATTERN_MAX = 1024, MATCH_LIMIT = 20000, DEPTH_LIMIT = 500 };
/* The limits are counted per place where a match may start, and loops over single
 * characters do not count at all: the time still grows with the square of the text.
 * So much of it costs a hostile pair of pattern and text some 60 ms. */
enum { WINDOW = 4096 };

struct regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

static bool has_upper(const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '\\' && pattern[1])
			pattern++; /* \S, \D … are not capital letters */
		else if (isupper((unsigned char)*pattern))
			return true;
	}
	return false;
}

struct regex *regex_new(const char *pattern, struct err *err)
{
	uint32_t flags = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
	struct regex *re;
	int code;
	PCRE2_SIZE at;

	if (strlen(pattern) > PATTERN_MAX) {
		err_set(err, ERR_LIMIT, "pattern longer than %d bytes", PATTERN_MAX);
		return NULL;
	}
	if (!strncmp(pattern, "(*", 2)) {
		err_set(err, ERR_INPUT,
			"a pattern may not begin with (*: that sets limits");
		return NULL;
	}
	if (!has_upper(pattern))
		flags |= PCRE2_CASELESS;
	re = mem_new(1, sizeof *re);
	re->code = pcre2_compile(
		(PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, flags, &code, &at, NULL);
	if (!re->code) {
		unsigned char why[160];

		pcre2_get_error_message(code, why, sizeof why);
		err_set(err, ERR_INPUT, "bad pattern at character %zu: %s", at + 1,
			(char *)why);
		regex_free(re);
		return NULL;
	}
	pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
	re->data = pcre2_match_data_create(1, NULL);
	re->limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(re->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(re->limits, DEPTH_LIMIT);
	return re;
}

void regex_free(struct regex *re)
{
	if (!re)
		return;
	pcre2_match_context_free(re->limits);
	pcre2_match_data_free(re->data);
	pcre2_code_free(re->code);
	mem_free(re);
}

bool regex_match(const struct regex *re, struct untrusted text, size_t from,
	size_t *start, size_t *n)
{
	const void *subject = text.n_ ? (const void *)text.bytes_ : "";
	size_t size = text.n_;
	uint32_t flags = 0;
	PCRE2_SIZE *spans;

	if (from > size)
		return false;
	if (size - from > WINDOW) {
		size = from + WINDOW;
		flags = PCRE2_NOTEOL;
	}
	if (pcre2_match(re->code, subject, size, from, flags, re->data, re->limits) < 0)
		return false;
	spans = pcre2_get_ovector_pointer(re->data);
	if (start)
		*start = spans[0];
	if (n)
		*n = spans[1] > spans[0] ? spans[1] - spans[0] : 0;
	return true;
}
