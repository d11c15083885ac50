/* Random ids and base64: libsodium's door beside secret.c. It is made ready at its
 * first use. Any thread. */
#include "base/crypto.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

static void ready(void)
{
	static atomic_bool done;

	if (!done && sodium_init() >= 0)
		done = true;
}

uint64_t random_u64(void)
{
	uint64_t value;

	ready();
	randombytes_buf(&value, sizeof value);
	return value;
}

const char *id_new(int64_t at, char out[ID_TEXT])
{
	uint64_t a = random_u64(), b = random_u64();

	snprintf(out, ID_TEXT, "%08x-%04x-7%03x-%04x-%012llx",
		(unsigned)((uint64_t)at >> 16), (unsigned)(at & 0xffff),
		(unsigned)(a & 0xfff), (unsigned)(0x8000 | ((a >> 12) & 0x3fff)),
		(unsigned long long)(b & UINT64_C(0xffffffffffff)));
	return out;
}

size_t base64_encode(const void *bytes, size_t n, char *out)
{
	size_t size = sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL);

	ready();
	sodium_bin2base64(out, size, bytes, n, sodium_base64_VARIANT_ORIGINAL);
	return size - 1;
}
