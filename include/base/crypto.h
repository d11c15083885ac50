/* Random ids, hashes and signatures. */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secret;
struct signer;
struct untrusted;

enum {
	ID_TEXT = 37,
	HASH_TEXT = 33,
	SHA256_DIGITS = 64,
	SIGN_KEY_DIGITS = 64,
	SIGNATURE_DIGITS = 128,
};

/* UUID version 7 (RFC 9562 section 5.7): 48 bits of UTC ms, then random. */
const char *id_new(int64_t at, char out[ID_TEXT]);
/* When such an id was made, UTC ms; 0: it is none. */
int64_t id_made_at(const char *id);
uint64_t random_u64(void);
/* Quick, and another in every process: never kept, never shown. Nobody who does not
 * know this process' key can find two texts of the same hash. SipHash-2-4. */
uint64_t hash_keyed(const void *p, size_t n);
/* The same for ever, for what is kept or shown: 32 hex digits of BLAKE2b. */
void hash_lasting(const void *p, size_t n, char out[HASH_TEXT]);
/* Standard base64 with padding; out needs 4 * ((n + 2) / 3) + 1 bytes. */
size_t base64_encode(const void *bytes, size_t n, char *out);

/* SHA-256 of the parts one behind the other, in lower-case hexadecimal. */
const char *sha256_text(
	const struct untrusted *parts, size_t count, char out[SHA256_DIGITS + 1]);

/* The same of bytes that come in pieces. digest_end() gives it and frees the digest. */
struct digest;
struct digest *digest_new(void);
void digest_add(struct digest *digest, const void *p, size_t n);
const char *digest_end(struct digest *digest, char out[SHA256_DIGITS + 1]);

/* Ed25519. Everything is lower-case hexadecimal, ended with NUL. */
void signer_seed(char out[SIGN_KEY_DIGITS + 1]); /* secret: wipe it */
struct signer *signer_new(const struct secret *seed, struct err *err);
void signer_free(struct signer *signer);
const char *signer_public(const struct signer *signer);
void signer_sign(const struct signer *signer, struct untrusted text,
	char out[SIGNATURE_DIGITS + 1]);
/* False for a signature of another key or text, and for what is no signature. */
bool signature_holds(
	const char *public_key, struct untrusted text, const char *signature);

#endif
