/* Random ids and hashes. */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

enum { ID_TEXT = 37 };

/* UUID version 7 (RFC 9562 section 5.7): 48 bits of UTC ms, then random. */
const char *id_new(int64_t at, char out[ID_TEXT]);
uint64_t random_u64(void);
/* Standard base64 with padding; out needs 4 * ((n + 2) / 3) + 1 bytes. */
size_t base64_encode(const void *bytes, size_t n, char *out);

#endif
