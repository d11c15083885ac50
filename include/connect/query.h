/* One question to a server that speaks Prometheus' API, once, beside all polling. Main
 * thread. */
#ifndef CONNECT_QUERY_H
#define CONNECT_QUERY_H

#include "connect/poll.h"

struct query;

enum { QUERY_MOST_BYTES = 8 << 20, QUERY_MOST_POINTS = 11000 };

/* What is asked. A range of step_ms, of at most QUERY_MOST_POINTS points (the servers
 * refuse more), or with step_ms 0 the value now. */
struct query_ask {
	const char *expr;
	int64_t timeout_ms;
	int64_t from, to, step_ms;
};

/* The kind answers such questions. */
bool query_asks(const struct source_kind *kind);
/* done comes once, later: a batch whose series are the answer,
 * borrowed for the call, or err. Everything is copied but the options' secret, which
 * is borrowed until then. NULL with a sentence. */
struct query *query_start(struct http *http, const struct poll_options *options,
	const struct query_ask *ask,
	void (*done)(void *ctx, const struct batch *batch, const struct err *err),
	void *ctx, struct err *err);
/* done does not come any more. */
void query_cancel(struct query *query);

#endif
