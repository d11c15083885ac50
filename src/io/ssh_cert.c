/* One table says which types there are and how many fields their keys have; a cursor
 * never passes the end; OpenSSL verifies. What sshd(8) calls a wildcard in a principal is
 * one here. An empty list of principals names no host, whatever older ssh take it for.
 * Pure. */
#include "ssh_cert.h"

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/glob.h"
#include "base/str.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <string.h>

enum { ED25519_BYTES = 32, ED25519_SIGNATURE = 64, RSA_BITS = 2048 };

const char cert_types[] = "ssh-ed25519-cert-v01@openssh.com,"
			  "ecdsa-sha2-nistp256-cert-v01@openssh.com,"
			  "ecdsa-sha2-nistp384-cert-v01@openssh.com,"
			  "ecdsa-sha2-nistp521-cert-v01@openssh.com,"
			  "rsa-sha2-512-cert-v01@openssh.com,"
			  "rsa-sha2-256-cert-v01@openssh.com";

static const struct kind {
	const char *certificate, *key;
	int fields;
} kinds[] = {
	{"ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519", 1},
	{"ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256", 2},
	{"ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp384", 2},
	{"ecdsa-sha2-nistp521-cert-v01@openssh.com", "ecdsa-sha2-nistp521", 2},
	{"ssh-rsa-cert-v01@openssh.com", "ssh-rsa", 2},
};

/* --- bytes --- */

struct part {
	const unsigned char *p;
	size_t n;
};

static bool take(struct part *from, size_t n, struct part *out)
{
	if (from->n < n)
		return false;
	*out = (struct part){from->p, n};
	from->p += n;
	from->n -= n;
	return true;
}

static bool take_u32(struct part *from, uint32_t *out)
{
	struct part b;

	if (!take(from, 4, &b))
		return false;
	*out = (uint32_t)b.p[0] << 24 | (uint32_t)b.p[1] << 16 | (uint32_t)b.p[2] << 8 |
	       b.p[3];
	return true;
}

static bool take_u64(struct part *from, uint64_t *out)
{
	uint32_t high, low;

	if (!take_u32(from, &high) || !take_u32(from, &low))
		return false;
	*out = (uint64_t)high << 32 | low;
	return true;
}

static bool take_string(struct part *from, struct part *out)
{
	uint32_t n;

	return take_u32(from, &n) && take(from, n, out);
}

static bool is(const struct part *part, const char *text)
{
	return part->n == strlen(text) && !memcmp(part->p, text, part->n);
}

static void put_string(struct str *out, const void *p, size_t n)
{
	const unsigned char size[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16),
		(unsigned char)(n >> 8), (unsigned char)n};

	str_add(out, size, 4);
	str_add(out, p, n);
}

static char *in_base64(const void *p, size_t n)
{
	char *text = mem_new(1, 4 * ((n + 2) / 3) + 1);

	base64_encode(p, n, text);
	return text;
}

/* --- signatures --- */

static const struct algorithm {
	const char *key, *name, *digest, *curve;
} algorithms[] = {
	{"ssh-ed25519", "ssh-ed25519", NULL, NULL},
	{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", "SHA256", "prime256v1"},
	{"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", "SHA384", "secp384r1"},
	{"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521", "SHA512", "secp521r1"},
	/* Not with SHA-1, which "ssh-rsa" would be. */
	{"ssh-rsa", "rsa-sha2-512", "SHA512", NULL},
	{"ssh-rsa", "rsa-sha2-256", "SHA256", NULL},
};

static EVP_PKEY *key_of(const char *type, OSSL_PARAM_BLD *build)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY *key = NULL;

	if (ctx && params && EVP_PKEY_fromdata_init(ctx) > 0 &&
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *curve_key(const struct algorithm *algorithm, struct part fields)
{
	struct part curve, point;
	OSSL_PARAM_BLD *build;
	EVP_PKEY *key = NULL;

	if (!take_string(&fields, &curve) || !take_string(&fields, &point) || fields.n ||
		!is(&curve, strrchr(algorithm->key, '-') + 1))
		return NULL;
	build = OSSL_PARAM_BLD_new();
	if (build &&
		OSSL_PARAM_BLD_push_utf8_string(
			build, OSSL_PKEY_PARAM_GROUP_NAME, algorithm->curve, 0) &&
		OSSL_PARAM_BLD_push_octet_string(
			build, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.n))
		key = key_of("EC", build);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static EVP_PKEY *rsa_key(struct part fields)
{
	struct part e, n;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *be = NULL, *bn = NULL;
	EVP_PKEY *key = NULL;

	if (take_string(&fields, &e) && take_string(&fields, &n) && !fields.n &&
		n.n <= 2049 && e.n <= 9) {
		be = BN_bin2bn(e.p, (int)e.n, NULL);
		bn = BN_bin2bn(n.p, (int)n.n, NULL);
	}
	if (build && be && bn && BN_num_bits(bn) >= RSA_BITS &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, be) &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, bn))
		key = key_of("RSA", build);
	BN_free(be);
	BN_free(bn);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static EVP_PKEY *public_key(const struct algorithm *algorithm, struct part fields)
{
	struct part raw;

	if (algorithm->curve)
		return curve_key(algorithm, fields);
	if (algorithm->digest)
		return rsa_key(fields);
	if (!take_string(&fields, &raw) || fields.n || raw.n != ED25519_BYTES)
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw.p, raw.n);
}

/* Two numbers as SSH has them become what OpenSSL reads. */
static unsigned char *curve_signature(struct part blob, size_t *n)
{
	struct part r, s;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *br = NULL, *bs = NULL;
	unsigned char *der = NULL;
	int size = -1;

	if (sig && take_string(&blob, &r) && take_string(&blob, &s) && !blob.n &&
		r.n <= 67 && s.n <= 67) {
		br = BN_bin2bn(r.p, (int)r.n, NULL);
		bs = BN_bin2bn(s.p, (int)s.n, NULL);
	}
	if (br && bs && ECDSA_SIG_set0(sig, br, bs)) {
		size = i2d_ECDSA_SIG(sig, &der);
	} else {
		BN_free(br);
		BN_free(bs);
	}
	ECDSA_SIG_free(sig);
	*n = size > 0 ? (size_t)size : 0;
	return size > 0 ? der : NULL;
}

static bool holds(const struct algorithm *algorithm, struct part fields,
	const struct part *text, const struct part *blob)
{
	EVP_PKEY *key = public_key(algorithm, fields);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	const unsigned char *signature = blob->p;
	size_t n = blob->n;
	bool ok = key && ctx;

	if (algorithm->curve)
		signature = der = curve_signature(*blob, &n);
	ok = ok && n && (algorithm->digest || n == ED25519_SIGNATURE) &&
	     EVP_DigestVerifyInit_ex(
		     ctx, NULL, algorithm->digest, NULL, NULL, key, NULL) > 0 &&
	     EVP_DigestVerify(ctx, signature, n, text->p, text->n) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

/* Ours are all that ssh allows by itself, so a list that adds to them allows them. */
static bool allowed(const char *list, const char *name)
{
	if (!list || *list == '+' || *list == '^')
		return true;
	if (*list == '-')
		return glob_list(list + 1, ',', name) != GLOB_YES;
	return glob_list(list, ',', name) == GLOB_YES;
}

static bool verify(const struct part *text, struct part authority, struct part signature,
	const char *list, struct err *err)
{
	struct part type, name, blob;

	if (!take_string(&authority, &type) || !take_string(&signature, &name) ||
		!take_string(&signature, &blob) || signature.n)
		return err_set(err, ERR_INPUT, "its signature cannot be read");
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
		const struct algorithm *a = &algorithms[i];

		if (!is(&type, a->key) || !is(&name, a->name))
			continue;
		if (!allowed(list, a->name))
			return err_set(err, ERR_REFUSED,
				"it is signed by %s, which CASignatureAlgorithms does "
				"not allow",
				a->name);
		return holds(a, authority, text, &blob) ||
		       err_set(err, ERR_REFUSED, "its signature does not hold");
	}
	return err_set(err, ERR_REFUSED, "it is signed in a way that is not known here");
}

/* --- what it says --- */

static bool names_host(struct part names, const char *host, struct err *err)
{
	char name[CERT_NAMES];
	struct part one;
	bool any = false;

	while (names.n) {
		if (!take_string(&names, &one))
			return err_set(err, ERR_INPUT, "its names cannot be read");
		if (!one.n || one.n >= sizeof name || memchr(one.p, '\0', one.n))
			continue;
		memcpy(name, one.p, one.n);
		name[one.n] = '\0';
		any |= glob_match(name, host);
	}
	return any ||
	       err_set(err, ERR_REFUSED, "it is not made for the name %.100s", host);
}

static bool is_of_now(uint64_t after, uint64_t before, int64_t now_s, struct err *err)
{
	if (now_s < 0 || (uint64_t)now_s < after)
		return err_set(err, ERR_REFUSED, "it is not valid yet");
	return (uint64_t)now_s < before || err_set(err, ERR_REFUSED, "it has expired");
}

struct fields {
	const struct kind *kind;
	struct part type, key, names, critical, authority, signature, text;
	uint32_t whose;
	uint64_t after, before;
};

static bool read_fields(const void *bytes, size_t n, struct fields *out)
{
	struct part all = {bytes, n}, skipped;
	const unsigned char *begin = bytes;
	uint64_t serial;

	if (!take_string(&all, &out->type))
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (is(&out->type, kinds[i].certificate))
			out->kind = &kinds[i];
	if (!out->kind || !take_string(&all, &skipped))
		return false;
	out->key.p = all.p;
	for (int i = 0; i < out->kind->fields; i++)
		if (!take_string(&all, &skipped))
			return false;
	out->key.n = (size_t)(all.p - out->key.p);
	if (!take_u64(&all, &serial) || !take_u32(&all, &out->whose) ||
		!take_string(&all, &skipped) || !take_string(&all, &out->names) ||
		!take_u64(&all, &out->after) || !take_u64(&all, &out->before) ||
		!take_string(&all, &out->critical) || !take_string(&all, &skipped) ||
		!take_string(&all, &skipped) || !take_string(&all, &out->authority))
		return false;
	out->text = (struct part){begin, (size_t)(all.p - begin)};
	return take_string(&all, &out->signature) && !all.n;
}

static void keep(const struct fields *f, struct cert *out)
{
	struct str key;

	str_init(&key, CERT_BYTES);
	put_string(&key, f->kind->key, strlen(f->kind->key));
	str_add(&key, f->key.p, f->key.n);
	*out = (struct cert){.key = in_base64(key.p, key.n),
		.authority = in_base64(f->authority.p, f->authority.n)};
	str_copy(out->type, sizeof out->type, f->kind->key);
	str_release(&key);
}

bool cert_open(const void *bytes, size_t n, const struct cert_query *query,
	struct cert *out, struct err *err)
{
	struct fields f = {0};

	if (n > CERT_BYTES / 2 || !read_fields(bytes, n, &f))
		return err_set(err, ERR_INPUT, "it cannot be read");
	if (f.whose != 2)
		return err_set(err, ERR_REFUSED, "it is not that of a host");
	if (f.critical.n)
		return err_set(err, ERR_REFUSED,
			"it has critical options, of which none is known");
	if (!is_of_now(f.after, f.before, query->now_s, err) ||
		!names_host(f.names, query->host, err) ||
		!verify(&f.text, f.authority, f.signature, query->algorithms, err))
		return false;
	keep(&f, out);
	return true;
}

void cert_release(struct cert *cert)
{
	mem_free(cert->key);
	mem_free(cert->authority);
	*cert = (struct cert){0};
}
