/* Which incidents are snoozed, until when and by whom, wherever that was done. Any
 * thread, one at a time. */
#ifndef SRC_CONNECT_SNOOZE_H
#define SRC_CONNECT_SNOOZE_H

#include "connect/source.h"
#include "job.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SNOOZE_WHO = 80 };

struct snooze {
	char id[SOURCE_ID];
	int64_t until_at; /* when its snooze, or its acknowledgement, ends */
	bool told;        /* its log was read */
	bool snoozed;
	bool met; /* in the reading that is under way */
	char who[SNOOZE_WHO];
};

/* Where a service keeps its logs, and how they tell of a snooze. */
struct snooze_log {
	int in_span; /* asks in ten seconds at most */
	void (*path)(void *ctx, const char *id, struct str *path);
	/* Reads an answer of status 200: true when the log tells of the snooze, and then
	 * who, one line. */
	bool (*read)(void *ctx, const struct snooze *one, const struct answer *answer,
		char who[SNOOZE_WHO]);
};

struct snoozes {
	const struct snooze_log *log;
	void *ctx; /* of its functions */
	struct snooze *list;
	size_t count, cap;
	char asked[SOURCE_ID]; /* "": nothing is asked */
	struct job job;
	int64_t span; /* that `in_span` asks were made in */
	int in_span;
	bool news; /* some were found that were not told of yet */
};

void snoozes_init(
	struct snoozes *s, const struct snooze_log *log, void *ctx, uint64_t seed);
void snoozes_release(struct snoozes *s);
/* This one is snoozed, or acknowledged, until then: is that a snooze, and whose? NULL:
 * no, or not known yet, and then its log will be asked for. Borrowed. */
const struct snooze *snoozes_of(struct snoozes *s, struct untrusted id, int64_t until_at);
/* All incidents were met: what was not is forgotten. */
void snoozes_settle(struct snoozes *s);
/* The path to ask, in the arena; NULL: nothing, and *until is when there will be. */
const char *snoozes_next(
	struct snoozes *s, int64_t now, struct arena *arena, int64_t *until);
/* Never an error of the source. True: the incidents are to be read again, for what was
 * found. */
bool snoozes_take(struct snoozes *s, const struct answer *answer);

#endif
