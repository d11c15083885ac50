/* How a source is spoken to: its base URL, its credential, its TLS files. Poll and act
 * both ask through here, so that a credential never goes two ways. Main only. */
#include "request.h"

#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

/* X-Oogway-Timestamp is the second it was signed; the signature is over that number, a
 * dot and the body, so that neither can be changed nor sent again much later. */
static const char *const *sign(const struct poll_options *o, const struct ask *ask,
	struct arena *arena, int64_t now)
{
	char hex[SIGNATURE_TEXT], line[120];
	const char **headers;
	char *text;
	size_t n = 0, used;

	while (ask->headers && ask->headers[n])
		n++;
	headers = arena_alloc(arena, (n + 3) * sizeof *headers);
	text = arena_alloc(arena, 24 + ask->body_n);
	if (!headers || !text)
		return NULL;
	memcpy(headers, ask->headers, n * sizeof *headers);
	used = (size_t)snprintf(text, 24, "%lld.", (long long)(now / 1000));
	memcpy(text + used, ask->body, ask->body_n);
	snprintf(line, sizeof line, "X-Oogway-Timestamp: %lld", (long long)(now / 1000));
	headers[n] = arena_strdup(arena, line);
	snprintf(line, sizeof line, "X-Oogway-Signature: v1=%s",
		secret_sign(o->secret, text, used + ask->body_n, hex));
	headers[n + 1] = arena_strdup(arena, line);
	headers[n + 2] = NULL;
	return headers[n] && headers[n + 1] ? headers : NULL;
}

bool request_make(struct http_request *out, const struct poll_options *o,
	const struct ask *ask, struct arena *arena)
{
	const char *base = ask->base ? ask->base : o->conf.url;
	const char *host = ask->rooted ? strstr(base, "://") : NULL;
	size_t base_n =
		host ? (size_t)(host - base) + 3 + strcspn(host + 3, "/") : strlen(base);
	size_t path_n = strlen(ask->path);
	bool own = !ask->base;
	char *url = arena_alloc(arena, base_n + path_n + 1);
	bool signs = o->kind->secret_use == SECRET_SIGNS && o->secret;
	bool path = o->kind->secret_use == SECRET_PATH && o->secret;
	const char *const *headers =
		signs ? sign(o, ask, arena, time_now_ms()) : ask->headers;

	if (!url || (signs && !headers))
		return false;
	memcpy(url, base, base_n);
	memcpy(url + base_n, ask->path, path_n);
	*out = (struct http_request){.method = ask->method,
		.url = url,
		.unix_socket = own ? o->unix_socket : NULL,
		.headers = headers,
		.secret_header = own && !o->user ? o->kind->secret_header : NULL,
		.secret = own && (o->kind->secret_header || o->user || path) ? o->secret
									     : NULL,
		.secret_path = own && path,
		.user = own ? o->user : NULL,
		.body = ask->body,
		.body_n = ask->body_n,
		.timeout_ms = o->conf.timeout_ms,
		.max_bytes = ask->max_bytes,
		.tls = &o->tls};
	return true;
}

void request_origin(const struct poll_options *o, char *out, size_t size)
{
	const char *url = o->conf.url, *host = strstr(url, "://");

	if (o->unix_socket)
		host = o->unix_socket;
	else
		host = host ? host + 3 : url;
	text_line(
		untrusted_make(host, o->unix_socket ? strlen(host) : strcspn(host, "/")),
		out, size);
}
