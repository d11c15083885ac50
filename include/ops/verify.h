/* Reading the audit back: is it whole, and what does it say. Slow (the disk, and
 * 200,000 records a second): on main only in one-shot commands. */
#ifndef OPS_VERIFY_H
#define OPS_VERIFY_H

#include "base/crypto.h"
#include "base/err.h"
#include "base/str.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VERIFY_MAX_CHAINS = 64, VERIFY_MAX_NOTES = 8 };

/* What one chain turned out to be. */
struct verdict {
	char chain[ID_TEXT];
	uint64_t count;               /* records that were read and hold */
	char hash[SHA256_DIGITS + 1]; /* of the last of them: write it down elsewhere */
	uint64_t bad;                 /* number of the first bad record, 0: none */
	char why[240];                /* a sentence, when bad is set */
	/* What is no damage but worth a look: sentences. */
	char notes[VERIFY_MAX_NOTES][200];
	size_t note_count;
	uint64_t open_intents; /* intents without an outcome: outcome unknown */
};

/* Ids of the chains in the folder, oldest first. */
size_t verify_chains(const char *folder, char out[][ID_TEXT], size_t max);
/* False with *err when it cannot be read at all; damage is the verdict's. */
bool verify_chain(
	const char *folder, const char *chain, struct verdict *out, struct err *err);

/* Compares with a copy that was kept elsewhere: lines of `audit export`, lines that a
 * sink received, or copies of a chain's `head`. Finds what neither the chain nor its
 * key can show: records cut off the end, and a history written anew with the key. */
struct against {
	uint64_t compared;
	uint64_t bad; /* number of the first record that differs, 0: none */
	char why[240];
};
bool verify_against(
	const char *folder, const char *file, struct against *out, struct err *err);

/* Number of the newest record of the newest chain, as its `head` says, unchecked; 0
 * without one, chain is then "". */
uint64_t audit_newest(const char *folder, char chain[ID_TEXT]);

/* Calls `one` for each whole line of all chains, oldest first, from record `from` of
 * the newest chain when from is not 0 (older chains are then left out); until it
 * returns false. Damaged lines are given too. */
bool audit_each(const char *folder, uint64_t from,
	bool (*one)(void *ctx, const char *chain, struct untrusted line), void *ctx,
	struct err *err);

#endif
