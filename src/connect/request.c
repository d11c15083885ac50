/* How a source is spoken to: its base URL, its credential, its TLS files. Poll and act
 * both ask through here, so that a credential never goes two ways. Main only. */
#include "request.h"

#include "base/text.h"

#include <string.h>

bool request_make(struct http_request *out, const struct poll_options *o,
	const struct ask *ask, struct arena *arena)
{
	const char *base = ask->base ? ask->base : o->conf.url;
	size_t base_n = strlen(base), path_n = strlen(ask->path);
	bool own = !ask->base;
	char *url = arena_alloc(arena, base_n + path_n + 1);

	if (!url)
		return false;
	memcpy(url, base, base_n);
	memcpy(url + base_n, ask->path, path_n);
	*out = (struct http_request){.method = ask->method,
		.url = url,
		.unix_socket = own ? o->unix_socket : NULL,
		.headers = ask->headers,
		.secret_header = own && !o->user ? o->kind->secret_header : NULL,
		.secret = own && (o->kind->secret_header || o->user) ? o->secret : NULL,
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
