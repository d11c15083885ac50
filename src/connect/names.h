/* A directory of foreign ids: which name each has, and which are yet to be asked for.
 * Belongs to a source kind's state; any thread. */
#ifndef SRC_CONNECT_NAMES_H
#define SRC_CONNECT_NAMES_H

#include "base/arena.h"
#include "seen.h"

enum { NAMES_MAX = 5000, NAMES_TEXT = 120 };

struct name_row {
	struct untrusted id, name; /* in the arena; no name: not known */
	bool wanted;
};

struct names {
	struct seen seen;
	struct name_row *rows;
	size_t count, cap, wanted;
	struct arena arena;
};

void names_init(struct names *names);
void names_release(struct names *names);
/* Its name, or the empty text; then, with `want`, names_next() gives the id once. */
struct untrusted names_of(struct names *names, struct untrusted id, bool want);
void names_put(struct names *names, struct untrusted id, struct untrusted name);
/* The next wanted id, which is not wanted any more; false: there is none. */
bool names_next(struct names *names, struct untrusted *id);

#endif
