/* Changes as tools post them: the bodies of webhooks, kept as files. */
#ifndef CONNECT_CHANGE_JSON_H
#define CONNECT_CHANGE_JSON_H

#include "base/err.h"
#include "model/batch.h"

enum { CHANGE_JSON_MAX = 256 << 10 };

/* What a body has not: its own name as the id, when it came as the time. */
struct change_origin {
	const char *prefix; /* of ids */
	struct untrusted name, service;
	int64_t at;
};

/* Adds the change, or each of a list. false with *err: it is no JSON, or names nothing
 * that could be shown. Any thread. */
bool change_json_read(struct untrusted body, const struct change_origin *origin,
	struct batch *batch, struct err *err);

#endif
