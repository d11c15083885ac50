/* The writer of a chain: one thread at a time, any number of processes. */
#ifndef OPS_CHAIN_H
#define OPS_CHAIN_H

#include "ops/audit.h"
#include "record.h"

enum { CHAIN_MAX_LINES = 64, CHAIN_LOCK_MS = 3000, CHAIN_SEGMENT_BYTES = 4 << 20 };

struct chain;

/* The config is borrowed as long as the chain lives. Touches no file. */
struct chain *chain_new(const struct audit_config *config);
void chain_free(struct chain *chain);

/* Appends all of them (at most CHAIN_MAX_LINES) or none, and returns when they are on
 * the disk. seqs gets the number of each. */
bool chain_append(struct chain *chain, const struct draft *drafts, size_t count,
	uint64_t *seqs, struct err *err);
/* Signs what this process wrote since the last checkpoint; nothing to do is true. */
bool chain_seal(struct chain *chain, struct err *err);

#endif
