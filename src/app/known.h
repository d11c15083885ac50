/* Since when all incidents of a source are known: it was watched, or its own history was
 * read. One place says it, so that counts of the past, trends and handoffs agree. Pure;
 * any thread. */
#ifndef APP_KNOWN_H
#define APP_KNOWN_H

#include "store/past.h"
#include "store/watch.h"

/* A shorter hole between two answers counts as watched. */
enum { KNOWN_HOLE_MS = 5 * 60 * 1000 };

/* scope: what is asked for of it; another scope is another history. */
struct known_source {
	const char *name, *scope;
};

/* What of its own history is in the store; both 0: nothing. */
struct span known_past(
	const struct past_coverages *covered, const struct known_source *source);
/* How far back from `until_at` it is known without a hole; INT64_MIN: there was nothing
 * before, INT64_MAX: it was not watched then. covered may be NULL. */
int64_t known_since(const struct watch_spans *watched,
	const struct past_coverages *covered, const struct known_source *source,
	int64_t until_at);

#endif
