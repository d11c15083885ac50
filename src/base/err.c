/* Errors as values. Hides that every sentence passes text_line(), so that whatever it
 * was made of it is one line that a terminal can show. Any thread. */
#include "base/err.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Whatever the words were made of, the sentence is one line that a terminal can
 * show. Words beyond twice the sentence's size cannot reach it. */
static void say(struct err *err, const char *words)
{
	text_line(untrusted_str(words), err->text, sizeof err->text);
}

bool err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	char words[2 * sizeof err->text] = "";
	va_list ap;

	if (!err)
		return false;
	va_start(ap, fmt);
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	err->kind = kind;
	say(err, words);
	return false;
}

bool err_prefix(struct err *err, const char *fmt, ...)
{
	char words[2 * sizeof err->text] = "";
	va_list ap;
	size_t n;

	if (!err)
		return false;
	va_start(ap, fmt);
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	n = strlen(words);
	snprintf(words + n, sizeof words - n, "%s", err->text);
	say(err, words);
	return false;
}

const char *err_kind_name(enum err_kind kind)
{
	static const char *const names[] = {
		[ERR_NONE] = "none",
		[ERR_USAGE] = "usage",
		[ERR_INPUT] = "input",
		[ERR_IO] = "io",
		[ERR_NET] = "network",
		[ERR_TIMEOUT] = "timeout",
		[ERR_AUTH] = "auth",
		[ERR_LIMIT] = "limit",
		[ERR_MISSING] = "missing",
		[ERR_BUSY] = "busy",
		[ERR_REFUSED] = "refused",
		[ERR_CANCELLED] = "cancelled",
	};

	return names[kind];
}
