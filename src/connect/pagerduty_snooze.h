/* Which acknowledged incidents are snoozed, until when and by whom, wherever that was
 * done. Any thread, one at a time. */
#ifndef SRC_CONNECT_PAGERDUTY_SNOOZE_H
#define SRC_CONNECT_PAGERDUTY_SNOOZE_H

#include "connect/source.h"
#include "job.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SNOOZE_WHO = 80 };

struct snooze {
	char id[SOURCE_ID];
	int64_t until_at; /* when its acknowledgement ends */
	bool told;        /* its log was read */
	bool snoozed;
	bool met; /* in the reading that is under way */
	char who[SNOOZE_WHO];
};

struct snoozes {
	struct snooze *list;
	size_t count, cap;
	char asked[SOURCE_ID]; /* "": nothing is asked */
	struct job job;
	int64_t span; /* that `in_span` asks were made in */
	int in_span;
	bool news; /* some were found that were not told of yet */
};

void snoozes_init(struct snoozes *s, uint64_t seed);
void snoozes_release(struct snoozes *s);
/* This one is acknowledged until then: is that a snooze? NULL: no, or not known yet, and
 * then its log will be asked for. Borrowed. */
const struct snooze *snoozes_of(struct snoozes *s, struct untrusted id, int64_t until_at);
/* All incidents were met: what was not is forgotten. */
void snoozes_settle(struct snoozes *s);
/* The path to ask, in the arena; NULL: nothing, and *until is when there will be. */
const char *snoozes_next(
	struct snoozes *s, int64_t now, struct arena *arena, int64_t *until);
/* Never an error of the source. True: the incidents are to be read again, for what was
 * found. */
bool snoozes_take(struct snoozes *s, const struct answer *answer, unsigned left_out);

#endif
