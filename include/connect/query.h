/* One question to a server that speaks Prometheus' API, once, beside all polling. Main
 * thread. */
#ifndef CONNECT_QUERY_H
#define CONNECT_QUERY_H

#include "connect/poll.h"

struct query;

enum {
	QUERY_MOST_BYTES = 8 << 20,
	QUERY_MOST_POINTS = 11000,   /* the servers refuse more */
	QUERY_MOST_RANGE = 16 << 20, /* of an answer with a value for each step */
};

struct query_ask {
	const char *expr;
	int64_t timeout_ms;
	int64_t at; /* UTC ms; 0: now. Of a range its end */
	/* Over [from, at], a value each step, QUERY_MOST_POINTS at most;
	 * step_ms 0: only that moment. */
	int64_t from, step_ms;
	size_t most_bytes; /* of the answer; 0: QUERY_MOST_RANGE or QUERY_MOST_BYTES */
};

/* An answer as it came: the status and the body, which is the callee's. */
struct query_body {
	int status;
	char origin[120]; /* "host:port", for sentences */
	char type[64];    /* Content-Type */
	struct http_body body;
};

/* The kind answers such questions. */
bool query_asks(const struct source_kind *kind);
/* done comes once, later: a batch whose series are the answer, borrowed for the call, or
 * err. Everything is copied but the options' secret, which is borrowed until then. NULL
 * with a sentence. */
struct query *query_start(struct http *http, const struct poll_options *options,
	const struct query_ask *ask,
	void (*done)(void *ctx, const struct batch *batch, const struct err *err),
	void *ctx, struct err *err);
/* The same, and the answer is read later, where there is time: query_body_read(). */
struct query *query_fetch(struct http *http, const struct poll_options *options,
	const struct query_ask *ask,
	void (*done)(void *ctx, struct query_body *body, const struct err *err),
	void *ctx, struct err *err);
/* Series into the batch, or false with the server's reason. Any thread. */
bool query_body_read(const struct query_body *body, struct batch *batch, struct err *err);
/* done does not come any more. */
void query_cancel(struct query *query);

#endif
