/* Incidents as their source told them, given on when they have changed. Belongs to a
 * source kind's state; any thread. */
#ifndef SRC_CONNECT_RAWS_H
#define SRC_CONNECT_RAWS_H

#include "base/json.h"
#include "base/map.h"
#include "model/batch.h"

struct raws {
	struct map told; /* by the hash of an id: the hash of its stamp */
	size_t added;    /* in this reading */
	bool open;       /* a reading is under way; what it told may be lost */
};

void raws_init(struct raws *raws);
void raws_release(struct raws *raws);
/* Another reading of all of them begins. */
void raws_begin(struct raws *raws);
/* `stamp` is when it changed last. Some at a time: the rest comes with the next
 * readings. */
void raws_add(struct raws *raws, struct batch *batch, struct json incident,
	struct untrusted id, struct untrusted stamp);
/* What was told has been given out. */
void raws_settle(struct raws *raws);
/* One of them; too long ones say so instead. */
void raw_give(struct batch *batch, struct untrusted id, struct json incident);

#endif
