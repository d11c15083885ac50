/* The one line that an SSH server gives to the account's login shell, made of an argv so
 * that the program gets just these words, whichever of dash, bash, zsh, fish and tcsh the
 * shell is. Quoting alone cannot do that: what a quote protects in one of them is a way
 * out of it in another. Any thread. */
#ifndef OPS_REMOTE_LINE_H
#define OPS_REMOTE_LINE_H

#include "base/err.h"
#include "base/str.h"

enum { REMOTE_LINE_BYTES = 120 << 10 }; /* the kernel's limit for one word, and room */

/* Appends it; argv ends with NULL. False with a sentence: no word, or too long. */
bool remote_line_add(struct str *out, const char *const *argv, struct err *err);

#endif
