/* The sentence for a transfer that failed. */
#ifndef SRC_IO_HTTP_ERROR_H
#define SRC_IO_HTTP_ERROR_H

#include "base/err.h"
#include "curl.h"

#include <stdbool.h>
#include <stdint.h>

enum { HTTP_HOST_TEXT = 120 };

struct http_failure {
	const char *host;    /* "name:port", or the path of a unix socket */
	const char *error;   /* curl's own words */
	const char *ca_file; /* or NULL */
	const char *port;    /* the URL's own; NULL: nobody asks for a proxy */
	bool secure;         /* https */
	bool certified;      /* a client certificate was shown */
	int alert;           /* TLS alert that the server sent, or 0 */
	int64_t timeout_ms;
};

void http_error(
	CURL *easy, CURLcode code, const struct http_failure *failure, struct err *err);

#endif
