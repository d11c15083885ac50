/* Random ids, hashes, base64, SHA-256 and ed25519: libsodium's door beside secret.c. It
 * is made ready at its first use, and so is the key of this process. Hides libsodium's
 * own types and what it needs to begin. Any thread. */
#include "base/crypto.h"

#include "base/alloc.h"
#include "base/secret.h"
#include "base/untrusted.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

int64_t id_made_at(const char *id)
{
	unsigned high, low;

	if (strlen(id) != ID_TEXT - 1 || sscanf(id, "%8x-%4x-7", &high, &low) != 2)
		return 0;
	return (int64_t)((uint64_t)high << 16 | low);
}

size_t base64_encode(const void *bytes, size_t n, char *out)
{
	size_t size = sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL);

	ready();
	sodium_bin2base64(out, size, bytes, n, sodium_base64_VARIANT_ORIGINAL);
	return size - 1;
}

const char *sha256_text(
	const struct untrusted *parts, size_t count, char out[SHA256_DIGITS + 1])
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;

	ready();
	crypto_hash_sha256_init(&state);
	for (size_t i = 0; i < count; i++)
		crypto_hash_sha256_update(&state, parts[i].bytes_, parts[i].n_);
	crypto_hash_sha256_final(&state, hash);
	return sodium_bin2hex(out, SHA256_DIGITS + 1, hash, sizeof hash);
}

struct digest {
	crypto_hash_sha256_state state;
};

struct digest *digest_new(void)
{
	struct digest *digest = mem_new(1, sizeof *digest);

	ready();
	crypto_hash_sha256_init(&digest->state);
	return digest;
}

void digest_add(struct digest *digest, const void *p, size_t n)
{
	if (n)
		crypto_hash_sha256_update(&digest->state, p, n);
}

const char *digest_end(struct digest *digest, char out[SHA256_DIGITS + 1])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256_final(&digest->state, hash);
	mem_free(digest);
	return sodium_bin2hex(out, SHA256_DIGITS + 1, hash, sizeof hash);
}

/* --- signatures --- */

struct signer {
	unsigned char key[crypto_sign_SECRETKEYBYTES];
	char public_text[SIGN_KEY_DIGITS + 1];
};

static bool from_hex(const char *text, size_t n, unsigned char *out)
{
	size_t got;

	return strlen(text) == 2 * n &&
	       !sodium_hex2bin(out, n, text, 2 * n, NULL, &got, NULL) && got == n;
}

void signer_seed(char out[SIGN_KEY_DIGITS + 1])
{
	unsigned char seed[crypto_sign_SEEDBYTES];

	ready();
	randombytes_buf(seed, sizeof seed);
	sodium_bin2hex(out, SIGN_KEY_DIGITS + 1, seed, sizeof seed);
	sodium_memzero(seed, sizeof seed);
}

struct signer *signer_new(const struct secret *secret, struct err *err)
{
	unsigned char seed[crypto_sign_SEEDBYTES], open[crypto_sign_PUBLICKEYBYTES];
	struct signer *signer;

	ready();
	if (!from_hex(secret_open(secret), sizeof seed, seed)) {
		err_set(err, ERR_INPUT, "a signing key is %d hexadecimal digits",
			SIGN_KEY_DIGITS);
		return NULL;
	}
	signer = sodium_malloc(sizeof *signer);
	if (!signer)
		abort();
	crypto_sign_seed_keypair(open, signer->key, seed);
	sodium_bin2hex(
		signer->public_text, sizeof signer->public_text, open, sizeof open);
	sodium_memzero(seed, sizeof seed);
	sodium_mprotect_readonly(signer);
	return signer;
}

void signer_free(struct signer *signer)
{
	sodium_free(signer);
}

const char *signer_public(const struct signer *signer)
{
	return signer->public_text;
}

void signer_sign(const struct signer *signer, struct untrusted text,
	char out[SIGNATURE_DIGITS + 1])
{
	unsigned char signature[crypto_sign_BYTES];

	crypto_sign_detached(signature, NULL, text.bytes_, text.n_, signer->key);
	sodium_bin2hex(out, SIGNATURE_DIGITS + 1, signature, sizeof signature);
}

bool signature_holds(const char *public_key, struct untrusted text, const char *signature)
{
	unsigned char key[crypto_sign_PUBLICKEYBYTES], bytes[crypto_sign_BYTES];

	ready();
	return from_hex(public_key, sizeof key, key) &&
	       from_hex(signature, sizeof bytes, bytes) &&
	       !crypto_sign_verify_detached(bytes, text.bytes_, text.n_, key);
}
