/* For the tests of the audit: a folder of its own, a chain of a few records in it, its
 * files read and written whole, and lines made with and without the key. */
#ifndef TESTS_UNIT_OPS_PLACE_H
#define TESTS_UNIT_OPS_PLACE_H

#include "base/alloc.h"
#include "base/secret.h"
#include "ops/audit.h"
#include "ops/record.h"
#include "ops/trail.h"
#include "ops/verify.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[256];
static struct err err;

static inline int64_t still(void)
{
	return INT64_C(1795000000000);
}

static inline int make_folder(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof folder - 8, "%s/audit-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(folder))
		abort();
	strcat(folder, "/audit");
	return 0;
}

static inline int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int remove_folder(void **state)
{
	(void)state;
	*strrchr(folder, '/') = '\0';
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}

static inline struct audit *open_here(size_t segment_bytes)
{
	struct audit_config config = {
		.folder = folder, .segment_bytes = segment_bytes, .now = still};
	struct audit *audit = audit_open(NULL, &config, &err);

	assert_non_null(audit);
	return audit;
}

static inline uint64_t write_one(struct audit *audit, enum audit_kind kind, uint64_t ref)
{
	struct audit_record record = {.kind = kind,
		.event = "alert.silence",
		.origin = "script",
		.source = "am",
		.id = untrusted_str("f00d"),
		.target = untrusted_str("alertname=\"DiskFull\""),
		.class = AUDIT_CHANGE,
		.result = untrusted_str(kind == AUDIT_OUTCOME ? "done" : ""),
		.ref = ref};
	uint64_t seq = 0;

	if (!audit_write_here(audit, &record, &seq, &err))
		fail_msg("%s", err.text);
	return seq;
}

static inline void only_chain(char chain[ID_TEXT])
{
	char chains[4][ID_TEXT];

	assert_int_equal(verify_chains(folder, chains, 4), 1);
	memcpy(chain, chains[0], ID_TEXT);
}

static inline struct verdict judge(void)
{
	struct verdict verdict;
	char chain[ID_TEXT];

	only_chain(chain);
	if (!verify_chain(folder, chain, &verdict, &err))
		fail_msg("%s", err.text);
	return verdict;
}

static inline void file_path(const char *name, char out[512])
{
	char chain[ID_TEXT];

	only_chain(chain);
	snprintf(out, 512, "%s/%s/%s", folder, chain, name);
}

static inline char *load(const char *name, size_t *n)
{
	char path[512], *text = mem_new(1 << 20, 1);
	FILE *f;

	file_path(name, path);
	f = fopen(path, "r");
	assert_non_null(f);
	*n = fread(text, 1, 1 << 20, f);
	fclose(f);
	return text;
}

static inline void store(const char *name, const char *text, size_t n)
{
	char path[512];
	FILE *f;

	file_path(name, path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
}

/* The lines of a text: where each begins, and the end behind the last. */
static inline size_t find_lines(const char *text, size_t n, size_t *starts)
{
	size_t count = 0;

	starts[0] = 0;
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\n')
			starts[++count] = i + 1;
	return count;
}

static inline struct signer *chain_key(void)
{
	char path[512];
	struct secret *seed;
	struct signer *signer;

	file_path("key", path);
	seed = secret_from_file(path, &err);
	assert_non_null(seed);
	signer = signer_new(seed, &err);
	secret_free(seed);
	return signer;
}

/* All lines from the one that holds `from` (number, 1 …) with word a in place of b,
 * and a chain that is right again. Signed anew with that key, or (NULL) as it was. */
static inline void rewrite(struct str *out, const char *text, size_t n, uint64_t from,
	const struct signer *key, struct link *end)
{
	size_t starts[400], count = find_lines(text, n, starts);
	struct link link = {.hash = RECORD_FIRST_PREV};

	only_chain(link.chain);
	for (size_t i = 0; i < count; i++) {
		struct untrusted line =
			untrusted_make(text + starts[i], starts[i + 1] - starts[i] - 1);
		char body[4000], hash[SHA256_DIGITS + 1], *at;
		struct untrusted parts[3];
		struct record r;
		const char *why;

		assert_true(record_read(line, &r, &why));
		snprintf(body, sizeof body, "%.*s}",
			(int)(starts[i + 1] - starts[i] - 1 - 75), text + starts[i]);
		if (r.seq >= from && (at = strstr(body, "\"origin\":\"script\"")))
			memcpy(at, "\"origin\":\"nobody\"", 17);
		if (key && r.seq >= from) {
			struct str seal;

			str_init(&seal, 8000);
			r.line = untrusted_make(body, strlen(body) + 74);
			record_seal_text(&r, &link, &seal);
			signer_sign(key, untrusted_make(seal.p, seal.n), r.sealed);
			memcpy(body + r.sealed_at + 11, r.sealed, SIGNATURE_DIGITS);
			str_release(&seal);
		}
		parts[0] = untrusted_str(link.hash);
		parts[1] = untrusted_str("\n");
		parts[2] = untrusted_str(body);
		sha256_text(parts, 3, hash);
		memcpy(link.hash, hash, sizeof hash);
		link.seq = r.seq;
		str_printf(out, "%.*s,\"hash\":\"%s\"}\n", (int)strlen(body) - 1, body,
			hash);
	}
	*end = link;
}

static inline void sign_head(const struct link *end, const struct signer *key)
{
	struct head head;
	struct str text;

	str_init(&text, 1000);
	head_make(&head, end, key);
	head_add(&text, &head);
	store("head", text.p, text.n);
	str_release(&text);
}

#endif
