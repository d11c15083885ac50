/* A request that waits until it can be built (src/io/curl.h): a copy of all that
 * http_start() was given. Main only. */
#ifndef SRC_IO_HTTP_REQUEST_H
#define SRC_IO_HTTP_REQUEST_H

struct http_request;

/* tls is borrowed, as it is by the transfer. */
struct http_request *http_request_copy(const struct http_request *request);
void http_request_free(struct http_request *request);

#endif
