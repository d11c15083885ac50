/* Secrets in locked, guarded pages (libsodium), read-only once made. Hides where the
 * bytes came from; wipes every copy made on the way. Main thread. */
#include "base/secret.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct secret {
	size_t n;
	char bytes[];
};

void secret_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

static size_t trimmed(const char *p, size_t n)
{
	while (n && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	return n;
}

struct secret *secret_new(const void *bytes, size_t n)
{
	struct secret *secret;
	const char *p = bytes;
	size_t size;

	n = trimmed(p, n);
	/* Guarded memory ends at a page's end: only whole words begin aligned. */
	size = (sizeof *secret + n + sizeof secret->n) / sizeof secret->n *
	       sizeof secret->n;
	if (sodium_init() < 0 || !(secret = sodium_malloc(size)))
		abort();
	secret->n = n;
	memcpy(secret->bytes, p, n);
	secret->bytes[n] = '\0';
	sodium_mprotect_readonly(secret);
	return secret;
}

struct secret *secret_dup(const struct secret *secret)
{
	return secret_new(secret->bytes, secret->n);
}

void secret_free(struct secret *secret)
{
	if (secret)
		sodium_free(secret);
}

static struct secret *read_secret(int fd, const char *path, struct err *err)
{
	char bytes[SECRET_MAX_BYTES + 1];
	struct secret *secret = NULL;
	size_t n = 0;
	ssize_t got = 0;

	while (n < sizeof bytes && (got = read(fd, bytes + n, sizeof bytes - n)) > 0)
		n += (size_t)got;
	if (got < 0)
		err_set(err, ERR_IO, "cannot read %s: %s", path, strerror(errno));
	else if (n == sizeof bytes)
		err_set(err, ERR_LIMIT, "%s is larger than %d bytes: not a secret", path,
			SECRET_MAX_BYTES);
	else if (!trimmed(bytes, n))
		err_set(err, ERR_AUTH, "%s is empty", path);
	else if (memchr(bytes, '\0', n))
		err_set(err, ERR_AUTH, "%s holds a NUL byte: not a secret", path);
	else
		secret = secret_new(bytes, n);
	secret_wipe(bytes, sizeof bytes);
	return secret;
}

struct secret *secret_from_file(const char *path, struct err *err)
{
	struct secret *secret = NULL;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		err_set(err, ERR_AUTH, "cannot open %s: %s", path, strerror(errno));
		return NULL;
	}
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		err_set(err, ERR_AUTH, "%s is not a plain file", path);
	else if (st.st_mode & 077)
		err_set(err, ERR_AUTH,
			"%s can be read by others (mode %03o): chmod 600 %s", path,
			(unsigned)(st.st_mode & 0777), path);
	else
		secret = read_secret(fd, path, err);
	close(fd);
	return secret;
}

struct secret *secret_from_env(const char *name, struct err *err)
{
	const char *value = getenv(name);

	size_t n = value ? strlen(value) : 0;

	if (!trimmed(value, n)) {
		err_set(err, ERR_AUTH, "environment variable %s is not set or empty",
			name);
		return NULL;
	}
	if (n > SECRET_MAX_BYTES) {
		err_set(err, ERR_LIMIT, "environment variable %s is larger than %d bytes",
			name, SECRET_MAX_BYTES);
		return NULL;
	}
	return secret_new(value, n);
}

const char *secret_open(const struct secret *secret)
{
	return secret->bytes;
}

const char *secret_sign(
	const struct secret *secret, const void *p, size_t n, char out[SIGNATURE_TEXT])
{
	unsigned char sum[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(
		&state, (const unsigned char *)secret->bytes, secret->n);
	crypto_auth_hmacsha256_update(&state, p, n);
	crypto_auth_hmacsha256_final(&state, sum);
	secret_wipe(&state, sizeof state);
	sodium_bin2hex(out, SIGNATURE_TEXT, sum, sizeof sum);
	return out;
}
