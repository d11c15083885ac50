/* Alerts by their labels: what several sources tell of one thing. */
#ifndef SRC_APP_TWINS_H
#define SRC_APP_TWINS_H

#include "app/rc.h"
#include "model/alert.h"

struct twins {
	struct alert **lists;
	size_t cap, count; /* cap: 0 or a power of two */
	/* What the labels that a server adds to all its alerts when it sends them on (its
	 * external labels) add to their hash; it does not list them itself. */
	uint64_t added[RC_MAX_SOURCES + 1];
};

void twins_release(struct twins *twins);
/* Room for that many without growing on the way. */
void twins_reserve(struct twins *twins, size_t count);
/* Alerts without labels to go by are left out, unless they were joined; and of very many
 * alike the last. */
void twins_put(struct twins *twins, struct alert *alert);
void twins_remove(struct twins *twins, struct alert *alert);
/* NULL starts; NULL ends. The alert itself is among them. */
struct alert *twins_next(
	const struct twins *twins, const struct alert *alert, const struct alert *after);
/* What its labels alone say it is: the same for all that tell the same labels. */
uint64_t twins_told(const struct twins *twins, const struct alert *alert);
/* The same for twins, another for all others. */
uint64_t twins_identity(const struct twins *twins, const struct alert *alert);
/* The second has all labels of the first, and more. */
bool twins_extended(const struct alert *alert, const struct alert *sent_on);
/* Then: that is what the first one's source adds. Its lists are empty now: all are to
 * be put again. */
void twins_learn(
	struct twins *twins, const struct alert *alert, const struct alert *sent_on);

#endif
