/* Errors: a kind for programs and a sentence for people. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

enum err_kind {
	ERR_NONE,
	ERR_USAGE,     /* the caller's words are wrong */
	ERR_INPUT,     /* foreign bytes that cannot be understood */
	ERR_IO,        /* the operating system said no */
	ERR_NET,       /* no connection, or it broke */
	ERR_TIMEOUT,   /* nothing within the time given */
	ERR_AUTH,      /* credentials missing or refused */
	ERR_LIMIT,     /* larger than a maximum, or rate limited */
	ERR_MISSING,   /* no such thing */
	ERR_BUSY,      /* somebody else holds it */
	ERR_REFUSED,   /* policy, read-only, no terminal to ask */
	ERR_CANCELLED, /* the user stopped it */
};

/* The text is one sentence that says what, which, why and what next. It never
 * holds a control byte: foreign words reach it only through text_line(). */
struct err {
	enum err_kind kind;
	char text[360];
};

/* Sets *err (which may be NULL) and returns false, so that a function can end
 * with `return err_set(...)`. Text over the limit is cut. */
bool err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts words before the text of an error already set; returns false. */
bool err_prefix(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* One lower-case word for a kind, for machines: "timeout", "auth", … */
const char *err_kind_name(enum err_kind kind);

#endif
