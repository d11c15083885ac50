/* Takes secrets out of what is about to be kept, shown or sent: the one place that does.
 * Values that oogway was given are known as they are and in the forms that programs print
 * (percent, JSON and shell escapes, hex, base64 at any alignment); others are known by
 * their shape, or by the name before them. Main thread. */
#ifndef OPS_REDACT_H
#define OPS_REDACT_H

#include "base/secret.h"
#include "base/str.h"
#include "base/untrusted.h"

#define REDACTED "[redacted]"

enum { REDACT_LEAST = 6, REDACT_KNOWN = 64 };

/* From now on its value is taken out wherever it stands. Shorter ones than REDACT_LEAST
 * are left alone, as they would be found in facts. Copied. */
void redact_know(const struct secret *secret);
/* For tests: none is known any more. */
void redact_forget(void);

/* A text of any kind: known values, passwords in URLs, headers with credentials,
 * NAME=VALUE with a telling name, tokens that are known by their shape. The rest stays as
 * it is. */
void redact_text(struct str *out, struct untrusted text);
/* The same for word i of an argv; a word behind --password and the like is taken
 * out whole. */
void redact_word(struct str *out, const struct untrusted *words, size_t i);

/* The same for what comes in pieces: whatever the pieces are, what is put out is the same
 * as for the whole. What could be the beginning of a secret is held back. */
struct redactor;
struct redactor *redactor_new(void);
void redactor_free(struct redactor *redactor);
void redactor_add(struct redactor *redactor, struct untrusted bytes, struct str *out);
/* What was held back, at the end. */
void redactor_end(struct redactor *redactor, struct str *out);

#endif
