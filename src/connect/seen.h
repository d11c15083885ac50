/* Which foreign ids have been met: a set of texts, each with a number. Any thread. */
#ifndef SRC_CONNECT_SEEN_H
#define SRC_CONNECT_SEEN_H

#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen_entry {
	struct untrusted id; /* borrowed; empty: free */
	uint64_t hash;
	size_t number;
};

struct seen {
	struct seen_entry *entries;
	size_t cap, count;
};

void seen_init(struct seen *seen);
void seen_release(struct seen *seen);
/* True when the id is there. */
bool seen_find(const struct seen *seen, struct untrusted id, size_t *number);
/* True when the id was met before: *number is what was given then. Otherwise it is
 * noted with `number`. The id is not copied; an empty one is always new. */
bool seen_before(struct seen *seen, struct untrusted id, size_t *number);

#endif
