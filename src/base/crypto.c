/* Random ids, hashes and base64: libsodium's door beside secret.c. It is made ready at
 * its first use, and so is the key of this process. Any thread. */
#include "base/crypto.h"

#include "base/alloc.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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

/* Of several threads here at once, one sets the key and all use that. */
static const unsigned char *process_key(void)
{
	static unsigned char *_Atomic key;
	unsigned char *now = key, *fresh;

	if (now)
		return now;
	ready();
	fresh = mem_new(crypto_shorthash_KEYBYTES, 1);
	crypto_shorthash_keygen(fresh);
	if (atomic_compare_exchange_strong(&key, &now, fresh))
		return fresh;
	mem_free(fresh);
	return now;
}

uint64_t hash_keyed(const void *p, size_t n)
{
	unsigned char out[crypto_shorthash_BYTES];
	uint64_t hash;

	crypto_shorthash(out, n ? p : out, n, process_key());
	memcpy(&hash, out, sizeof hash);
	return hash;
}

void hash_lasting(const void *p, size_t n, char out[HASH_TEXT])
{
	unsigned char bytes[HASH_TEXT / 2];

	ready();
	crypto_generichash(bytes, sizeof bytes, n ? p : bytes, n, NULL, 0);
	sodium_bin2hex(out, HASH_TEXT, bytes, sizeof bytes);
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
