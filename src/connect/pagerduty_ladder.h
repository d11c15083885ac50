/* Who is on call on each level of each escalation policy: whom an incident that nobody
 * takes is given to next. Any thread, one at a time. */
#ifndef SRC_CONNECT_PAGERDUTY_LADDER_H
#define SRC_CONNECT_PAGERDUTY_LADDER_H

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rung {
	uint64_t policy;
	int64_t level;
	int64_t levels, loops; /* of the policy; levels 0: not told */
	int64_t round_ms;      /* its levels take together */
	int64_t ends_at;       /* of the shift; 0: no end */
	struct untrusted user, who;
};

struct ladder {
	struct arena arena;
	struct rung *rungs; /* by policy, level and name */
	size_t count, cap;
	bool partial; /* some are missing */
};

void ladder_init(struct ladder *ladder);
void ladder_release(struct ladder *ladder);
/* Empties it. */
void ladder_reset(struct ladder *ladder);
/* An element of /oncalls, with its policy included. */
void ladder_add(struct ladder *ladder, struct json oncall);
/* All were added, or partial. */
void ladder_end(struct ladder *ladder, bool partial);
bool ladder_same(const struct ladder *a, const struct ladder *b);
/* "escalates to Ben Okafor (Payments)", "escalates to nobody (level 2 of Payments is
 * empty)": what its pending escalation at that time does, as far as it is known. */
void ladder_next(
	const struct ladder *ladder, struct json incident, int64_t at, struct str *out);

#endif
