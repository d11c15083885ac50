/* Approvals without a second person: the delay is for second thoughts, the typed code
 * shows that they were about this. Kept in memory alone: what is left of them at an end
 * is void. Hides how long one holds. Pure. */
#include "approval.h"

#include "base/str.h"

#include <string.h>

static struct approval *find(struct approvals *a, const char *bound, int64_t now)
{
	for (size_t i = 0; i < APPROVAL_MOST; i++) {
		struct approval *one = &a->list[i];

		if (one->asked_at && now - one->asked_at > a->delay_ms + a->valid_ms)
			*one = (struct approval){0};
		if (one->asked_at && !strcmp(one->bound, bound))
			return one;
	}
	return NULL;
}

enum approval_state approval_look(
	struct approvals *approvals, const char *bound, int64_t now, int64_t *left_ms)
{
	const struct approval *one = find(approvals, bound, now);

	*left_ms = 0;
	if (!one)
		return APPROVAL_NONE;
	*left_ms = one->asked_at + approvals->delay_ms - now;
	if (*left_ms > 0)
		return APPROVAL_EARLY;
	*left_ms += approvals->valid_ms;
	return APPROVAL_READY;
}

void approval_ask(struct approvals *approvals, const char *bound, int64_t now)
{
	struct approval *to = &approvals->list[0];

	approval_drop(approvals, bound);
	for (size_t i = 0; i < APPROVAL_MOST; i++)
		if (approvals->list[i].asked_at < to->asked_at)
			to = &approvals->list[i];
	str_copy(to->bound, sizeof to->bound, bound);
	to->asked_at = now;
}

void approval_drop(struct approvals *approvals, const char *bound)
{
	for (size_t i = 0; i < APPROVAL_MOST; i++)
		if (!strcmp(approvals->list[i].bound, bound))
			approvals->list[i] = (struct approval){0};
}

const char *approval_code(const char *bound, char out[APPROVAL_CODE])
{
	str_copy(out, APPROVAL_CODE - 2, bound);
	return out;
}
