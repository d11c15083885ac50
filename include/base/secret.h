/* Secrets: locked in memory, wiped at the end, not printable. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/err.h"

#include <stddef.h>

struct secret;

enum { SECRET_MAX_BYTES = 8192, SIGNATURE_TEXT = 65 };

/* Copies and trims trailing newlines; the caller wipes its own copy. */
struct secret *secret_new(const void *bytes, size_t n);
struct secret *secret_dup(const struct secret *secret);
void secret_free(struct secret *secret);
/* From a file of the user's that nobody else can read (0600 or stricter). */
struct secret *secret_from_file(const char *path, struct err *err);
/* From the environment. */
struct secret *secret_from_env(const char *name, struct err *err);
/* The bytes, NUL-terminated. Callers are listed in tests/lint/secret.txt. */
const char *secret_open(const struct secret *secret);
/* HMAC-SHA-256 with it as the key, in hex (RFC 2104, FIPS 180-4). */
const char *secret_sign(
	const struct secret *secret, const void *p, size_t n, char out[SIGNATURE_TEXT]);
void secret_wipe(void *p, size_t n);

#endif
