/* Takes secrets out of what is about to be stored. */
#ifndef OPS_REDACT_H
#define OPS_REDACT_H

#include "base/str.h"
#include "base/untrusted.h"

#define REDACTED "[redacted]"

/* A text of any kind: passwords in URLs, headers with credentials, NAME=VALUE with a
 * telling name, tokens that are known by their shape. The rest stays as it is. */
void redact_text(struct str *out, struct untrusted text);
/* The same for word i of an argv; a word behind --password and the like is taken
 * out whole. */
void redact_word(struct str *out, const struct untrusted *words, size_t i);

#endif
