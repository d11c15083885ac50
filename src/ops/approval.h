/* Approvals of somebody alone: asked for, and after a while confirmed by typing a
 * code. */
#ifndef OPS_APPROVAL_H
#define OPS_APPROVAL_H

#include "base/crypto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { APPROVAL_CODE = 9, APPROVAL_MOST = 32 };

/* Bound to the SHA-256 of all that would be done, to what, and by whom. */
struct approval {
	char bound[SHA256_DIGITS + 1];
	int64_t asked_at; /* monotonic, ms; 0: free place */
};

struct approvals {
	struct approval list[APPROVAL_MOST];
	int64_t delay_ms; /* before it can be used */
	int64_t valid_ms; /* from then on */
};

enum approval_state { APPROVAL_NONE, APPROVAL_EARLY, APPROVAL_READY };

/* What there is of just this; left_ms: until it is ready, or until it is void. One that
 * is too old is forgotten. */
enum approval_state approval_look(
	struct approvals *approvals, const char *bound, int64_t now, int64_t *left_ms);
/* Asked for; the oldest makes way. */
void approval_ask(struct approvals *approvals, const char *bound, int64_t now);
/* It has been used, or is void: not twice. */
void approval_drop(struct approvals *approvals, const char *bound);
/* What is typed: the first digits. */
const char *approval_code(const char *bound, char out[APPROVAL_CODE]);

#endif
