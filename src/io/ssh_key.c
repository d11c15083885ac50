/* Key files through libssh, which does not look for certificates by itself. Hides how a
 * certificate is known to be for a key: behind its type and a nonce it holds the same
 * bytes as the public key has behind its type (PROTOCOL.certkeys). For tasks. */
#include "ssh_key.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/secret.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOB_MAX = 64 << 10 };

struct blob {
	unsigned char *p;
	size_t n;
};

/* The public key as it goes over the wire; p is to be freed. */
static struct blob blob_of(ssh_key key)
{
	struct blob blob = {0};
	char *text = NULL;
	size_t n;
	int got;

	if (ssh_pki_export_pubkey_base64(key, &text))
		return blob;
	n = strlen(text);
	if (n && n < BLOB_MAX && n % 4 == 0) {
		blob.p = mem_new(1, n);
		got = EVP_DecodeBlock(blob.p, (const unsigned char *)text, (int)n);
		for (size_t i = n; got > 0 && i > n - 2 && text[i - 1] == '='; i--)
			got--;
		blob.n = got > 0 ? (size_t)got : 0;
	}
	ssh_string_free_char(text);
	return blob;
}

/* How many bytes its first `count` strings take; 0: it has not so many. */
static size_t strings_size(struct blob blob, int count)
{
	size_t at = 0;

	while (count--) {
		size_t n;

		if (blob.n - at < 4)
			return 0;
		n = (size_t)blob.p[at] << 24 | (size_t)blob.p[at + 1] << 16 |
		    (size_t)blob.p[at + 2] << 8 | blob.p[at + 3];
		if (n > blob.n - at - 4)
			return 0;
		at += 4 + n;
	}
	return at;
}

static bool is_for(ssh_key certificate, ssh_key key)
{
	struct blob cert = blob_of(certificate), own = blob_of(key);
	size_t from = strings_size(cert, 2), skip = strings_size(own, 1);
	bool same = from && skip && own.n > skip && cert.n - from >= own.n - skip &&
		    !memcmp(cert.p + from, own.p + skip, own.n - skip);

	mem_free(cert.p);
	mem_free(own.p);
	return same;
}

/* From its text, as libssh's copies of a key leave the certificate out. */
static ssh_key with(const struct login_key *key)
{
	ssh_key certificate = NULL, copy = NULL;

	if (!key->certificate || ssh_pki_import_cert_base64(key->certificate,
					 key->certificate_type, &certificate))
		return NULL;
	copy = ssh_key_dup(key->plain);
	if (copy && ssh_pki_copy_cert_to_privkey(certificate, copy)) {
		ssh_key_free(copy);
		copy = NULL;
	}
	ssh_key_free(certificate);
	return copy;
}

static void add_certificate(const char *path, struct login_key *key)
{
	ssh_key certificate = NULL;
	char *text = NULL;

	if (key->certificate || access(path, R_OK) ||
		ssh_pki_import_cert_file(path, &certificate))
		return;
	if (is_for(certificate, key->plain) &&
		!ssh_pki_export_pubkey_base64(certificate, &text)) {
		key->certificate = mem_strdup(text);
		key->certificate_type = ssh_key_type(certificate);
		ssh_string_free_char(text);
	}
	ssh_key_free(certificate);
}

static int wants_passphrase(
	const char *prompt, char *buf, size_t size, int echo, int verify, void *ctx)
{
	(void)prompt;
	(void)buf;
	(void)size;
	(void)echo;
	(void)verify;
	*(bool *)ctx = true;
	return -1;
}

static enum key_verdict locked(const char *path, struct login_key *out)
{
	char beside[4200];

	out->encrypted = true;
	snprintf(beside, sizeof beside, "%s.pub", path);
	if (access(beside, R_OK) || ssh_pki_import_pubkey_file(beside, &out->public_half))
		out->public_half = NULL;
	return KEY_ENCRYPTED;
}

enum key_verdict key_load(const char *path, const struct secret *passphrase,
	const char *const *certificates, struct login_key *out)
{
	bool asked = false;
	char beside[4200];
	struct stat file;

	*out = (struct login_key){.looked = true};
	if (stat(path, &file))
		return KEY_ABSENT;
	if (file.st_mode & 077 && file.st_uid == getuid()) {
		log_add(LOG_WARN, "ssh: %s is not used, as others can read it: chmod 600",
			path);
		return KEY_BROKEN;
	}
	if (ssh_pki_import_privkey_file(path, passphrase ? secret_open(passphrase) : NULL,
		    wants_passphrase, &asked, &out->plain)) {
		out->plain = NULL;
		if (asked || passphrase)
			return locked(path, out);
		log_add(LOG_WARN, "ssh: %s cannot be read as a private key", path);
		return KEY_BROKEN;
	}
	snprintf(beside, sizeof beside, "%s-cert.pub", path);
	add_certificate(beside, out);
	for (size_t i = 0; certificates && certificates[i]; i++)
		add_certificate(certificates[i], out);
	out->with_certificate = with(out);
	return KEY_LOADED;
}

void key_release(struct login_key *key)
{
	ssh_key_free(key->plain);
	ssh_key_free(key->with_certificate);
	ssh_key_free(key->public_half);
	mem_free(key->certificate);
	key->plain = key->with_certificate = key->public_half = NULL;
	key->certificate = NULL;
}

static ssh_key dup_or_none(ssh_key key)
{
	return key ? ssh_key_dup(key) : NULL;
}

void key_copy(const struct login_key *from, struct login_key *to)
{
	*to = *from;
	to->plain = dup_or_none(from->plain);
	to->certificate = from->certificate ? mem_strdup(from->certificate) : NULL;
	to->with_certificate = with(to);
	to->public_half = dup_or_none(from->public_half);
}
