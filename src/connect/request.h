/* An ask of a kind as an HTTP request to its source: what poll and act share. */
#ifndef SRC_CONNECT_REQUEST_H
#define SRC_CONNECT_REQUEST_H

#include "connect/poll.h"

/* The URL is put in the arena; false when it does not fit. */
bool request_make(struct http_request *out, const struct poll_options *options,
	const struct ask *ask, struct arena *arena);
/* "host:port" of the source, for sentences. */
void request_origin(const struct poll_options *options, char *out, size_t size);

#endif
