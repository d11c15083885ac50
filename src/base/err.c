/* Errors as values. See err.h. Any thread. */
#include "base/err.h"

#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return false;
	err->kind = kind;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	return false;
}

bool err_prefix(struct err *err, const char *fmt, ...)
{
	char old[sizeof err->text];
	va_list ap;
	int n;

	if (!err)
		return false;
	memcpy(old, err->text, sizeof old);
	va_start(ap, fmt);
	n = vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof err->text)
		str_copy(err->text + n, sizeof err->text - (size_t)n, old);
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
