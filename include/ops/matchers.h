/* Label matchers as Prometheus writes them: {job="node", instance=~"web-.*"}. All of
 * them must hold; a label that is not there is the empty text; expressions are anchored
 * at both ends and mind their case. Any thread, one at a time. */
#ifndef OPS_MATCHERS_H
#define OPS_MATCHERS_H

#include "base/err.h"
#include "base/untrusted.h"

enum { MATCHERS_MAX = 16, MATCHER_NAME = 64, MATCHER_VALUE = 256 };

enum matcher_op { MATCHER_IS, MATCHER_IS_NOT, MATCHER_FITS, MATCHER_FITS_NOT };

struct regex;

struct matcher {
	char name[MATCHER_NAME], value[MATCHER_VALUE];
	enum matcher_op op;
	struct regex *regex; /* of the last two */
};

struct matchers {
	struct matcher list[MATCHERS_MAX];
	size_t count; /* 0: nothing matches */
};

/* The braces may be left out; an empty text is none. Release it also after false, which
 * leaves none. */
bool matchers_read(struct matchers *out, struct untrusted text, struct err *err);
void matchers_release(struct matchers *matchers);
bool matchers_hold(const struct matchers *matchers,
	struct untrusted (*value)(const void *ctx, const char *name), const void *ctx);

#endif
