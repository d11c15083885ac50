/* One record as text: made, and read back. Format: docs/security.md.
 *
 *   {"audit":{…},"hash":"<64 hex>"}
 *
 * The line is canonical JSON (RFC 8785) as a whole, and so is the line without `hash`,
 * {"audit":{…}}, over which the hash is made. */
#ifndef OPS_RECORD_H
#define OPS_RECORD_H

#include "base/crypto.h"
#include "base/str.h"
#include "ops/audit.h"

enum {
	RECORD_LINE_MAX = AUDIT_MAX_BYTES + 512, /* with what the chain adds */
	CHECKPOINT_EVERY = 100,                  /* records, at most, between two */
};

#define RECORD_FIRST_PREV                                                                \
	"0000000000000000000000000000000000000000000000000000000000000000"

/* Everything but what is known only when it is written: the signature over what
 * stands before, seq, and the hash; they go in at `hole`. */
struct draft {
	char *text;
	size_t n, hole;
};

/* ours: an event of the audit itself. False when the record cannot be written as it
 * is: a bad name, too much of something. Main thread (it looks at the environment). */
bool draft_make(struct draft *draft, const struct audit_record *record, bool ours,
	int64_t at, struct err *err);
void draft_free(struct draft *draft);

/* Where a chain stands. */
struct link {
	char chain[ID_TEXT];
	uint64_t seq;                 /* of the last record, 0: none */
	char hash[SHA256_DIGITS + 1]; /* of the last record, or RECORD_FIRST_PREV */
};

/* Appends the line with its newline and moves the link on. False when the line is not
 * canonical, which is a bug of whoever made it. */
bool record_add(struct str *out, const struct draft *draft, struct link *link,
	const struct signer *signer, struct err *err);

struct record {
	struct untrusted line;  /* without the newline */
	struct untrusted audit; /* the object */
	struct untrusted kind, event, extra;
	size_t sealed_at; /* in the line: the comma before the member */
	uint64_t seq, ref;
	char sealed[SIGNATURE_DIGITS + 1];
	char hash[SHA256_DIGITS + 1];
};

/* Looks at the form alone. *why is a constant. */
bool record_read(struct untrusted line, struct record *out, const char **why);
/* The hash follows from prev and the line. */
bool record_holds(const struct record *record, const char *prev);
/* Appends what `sealed` signs: the chain, prev, and the line without hash and sealed. */
void record_seal_text(
	const struct record *record, const struct link *before, struct str *out);

bool record_is(const struct record *record, const char *event);
/* A checkpoint, or the first of a segment, which counts as one. */
bool record_seals(const struct record *record);
/* Texts and numbers of extra. */
bool record_count(const struct record *record, const char *name, uint64_t *out);
bool record_hex(const struct record *record, const char *name, size_t n, char *out);
/* Without its quotes; escapes are left as they are. */
bool record_text(const struct record *record, const char *name, struct untrusted *value);
bool record_word(const struct record *record, const char *name, const char *value);

#endif
