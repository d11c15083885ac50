/* One question to a server that speaks Prometheus' API, once, beside all polling. Main
 * thread. */
#ifndef CONNECT_QUERY_H
#define CONNECT_QUERY_H

#include "connect/poll.h"

struct query;

enum { QUERY_MOST_BYTES = 8 << 20 };

/* The kind answers such questions. */
bool query_asks(const struct source_kind *kind);
/* Asks for the value now. done comes once, later: a batch whose series are the answer,
 * borrowed for the call, or err. Everything is copied but the options' secret, which
 * is borrowed until then. NULL with a sentence. */
struct query *query_start(struct http *http, const struct poll_options *options,
	const char *expr, int64_t timeout_ms,
	void (*done)(void *ctx, const struct batch *batch, const struct err *err),
	void *ctx, struct err *err);
/* done does not come any more. */
void query_cancel(struct query *query);

#endif
