/* HTTP client: many transfers at once on the loop (libcurl multi inside). Main only.
 *
 * Proxies come from the environment as curl reads it; redirects are followed at
 * most 3 times, only to the same origin (scheme, host, port); TLS is verified
 * always. The CA store is loaded once by a task and shared by all connections. */
#ifndef IO_HTTP_H
#define IO_HTTP_H

#include "base/err.h"
#include "base/secret.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct task_pool;
struct http;
struct http_transfer;

enum {
	HTTP_MAX_REDIRECTS = 3,
	HTTP_MAX_HEADERS = 64 << 10, /* bytes of one answer's headers */
	HTTP_HEADER_TEXT = 128,      /* a header that is told, with its NUL */
	HTTP_MAX_BURST = 512 << 10,  /* unpacked from one read of 1 KiB: more is a bomb */
};

struct http_tls {
	const char *ca_file;   /* NULL: the system's store */
	const char *cert_file; /* client certificate and key, or NULL */
	const char *key_file;
};

struct http_request {
	const char *method;      /* GET, HEAD, POST, PUT, DELETE */
	const char *url;         /* http://, https://, or http://… with unix_socket */
	const char *unix_socket; /* path, or NULL */
	const char *const *headers; /* "Name: value", NULL at the end; may be NULL */
	/* A header whose value is secret: sent to the URL's own origin only. */
	const char *secret_header; /* "Authorization: Token token=", NULL for none */
	const struct secret *secret;
	const char *user; /* with a secret and no secret_header: Basic */
	/* The secret is the rest of the URL, or the URL as a whole when that begins with
	 * `url`; it is sent nowhere else and in no sentence. */
	bool secret_path;
	const void *body;
	size_t body_n;
	int64_t timeout_ms; /* whole transfer; must not be 0 */
	size_t max_bytes;   /* of the body after decompression; must not be 0 */
	const struct http_tls *tls;
};

struct http_reply {
	int status;
	struct untrusted body; /* until the callback returns, unless taken */
	struct untrusted type; /* Content-Type */
	/* ETag, Last-Modified, and where redirects led, empty when there were none: of
	 * the same life. */
	struct untrusted etag, modified, moved;
	/* Seconds to wait, from Retry-After (seconds or date), else ratelimit-reset,
	 * else X-RateLimit-Period-In-Sec of a throttled answer; -1 when none came. */
	int64_t retry_after_s;
	int64_t limit_remaining; /* requests left in the budget, -1: not said */
	int64_t limit_total;
	int64_t elapsed_ms;
	int64_t server_date; /* Date header, 0 when absent: for clock skew */
};

struct http *http_new(struct loop *loop, struct task_pool *pool);
/* Cancels what is under way; its callbacks are called with ERR_CANCELLED. */
void http_free(struct http *http);

/* done is called exactly once, never from within http_start. When the transfer
 * failed, reply is NULL and err says why: refused, timeout, TLS, too large, a
 * redirect elsewhere … An HTTP status is not a failure here. Everything in
 * `request` is copied; tls is borrowed until done. */
struct http_transfer *http_start(struct http *http, const struct http_request *request,
	void (*done)(void *ctx, const struct http_reply *reply, const struct err *err),
	void *ctx);
/* Calls done with ERR_CANCELLED before it returns. Not from within its own done. */
void http_cancel(struct http_transfer *transfer);

/* A body that outlives its transfer. Large ones are pages of their own, so that
 * growing never copies them; freeing is safe on any thread. */
struct http_body {
	void *at;
	size_t used, cap;
};

/* In done only. */
struct http_body http_take_body(struct http_transfer *transfer);
struct http_body http_body_copy(struct untrusted bytes);
struct untrusted http_body_view(const struct http_body *body);
void http_body_free(struct http_body *body);

#endif
