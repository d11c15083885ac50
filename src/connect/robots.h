/* robots.txt (RFC 9309): which paths of a host may be asked for. Any thread. */
#ifndef SRC_CONNECT_ROBOTS_H
#define SRC_CONNECT_ROBOTS_H

#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>

enum { ROBOTS_BYTES = 512 << 10, ROBOTS_RULES = 300, ROBOTS_PATTERN = 256 };

struct robots_rule {
	char pattern[ROBOTS_PATTERN]; /* with * and $, percent signs as in a path */
	bool allows;
};

struct robots {
	struct robots_rule *rules;
	size_t count, cap;
};

/* Those of the groups for `agent`, else of those for all. Total: what is not understood
 * is passed over, rules over ROBOTS_RULES and longer than ROBOTS_PATTERN too, but then
 * nothing is allowed that they might forbid: a pattern is cut to its beginning. Release
 * it. */
void robots_read(struct robots *robots, struct untrusted text, const char *agent);
void robots_release(struct robots *robots);
/* The longest rule that fits says; without one it is allowed. The path has its query. */
bool robots_allow(const struct robots *robots, const char *path);

#endif
