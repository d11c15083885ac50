/* Random ids and hashes. */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

enum { ID_TEXT = 37, HASH_TEXT = 33 };

/* UUID version 7 (RFC 9562 section 5.7): 48 bits of UTC ms, then random. */
const char *id_new(int64_t at, char out[ID_TEXT]);
uint64_t random_u64(void);
/* Quick, and another in every process: never kept, never shown. Nobody who does not
 * know this process' key can find two texts of the same hash. SipHash-2-4. */
uint64_t hash_keyed(const void *p, size_t n);
/* The same for ever, for what is kept or shown: 32 hex digits of BLAKE2b. */
void hash_lasting(const void *p, size_t n, char out[HASH_TEXT]);
/* Standard base64 with padding; out needs 4 * ((n + 2) / 3) + 1 bytes. */
size_t base64_encode(const void *bytes, size_t n, char *out);

#endif
