/* The copy of a request: what http_start() is given lives only as long as the call, and
 * libcurl, which would copy it, may not be open yet. Its secret is a secret of its own,
 * in locked memory like the first. Main only. */
#include "http_request.h"

#include "base/alloc.h"
#include "io/http.h"

static char *copied(const char *text)
{
	return text ? mem_strdup(text) : NULL;
}

static const char *const *headers_copy(const char *const *headers)
{
	size_t n = 0;
	char **copy;

	if (!headers)
		return NULL;
	while (headers[n])
		n++;
	copy = mem_new(n + 1, sizeof *copy);
	for (size_t i = 0; i < n; i++)
		copy[i] = mem_strdup(headers[i]);
	return (const char *const *)copy;
}

struct http_request *http_request_copy(const struct http_request *request)
{
	struct http_request *copy = mem_dup(request, sizeof *request);

	copy->method = copied(request->method);
	copy->url = copied(request->url);
	copy->unix_socket = copied(request->unix_socket);
	copy->headers = headers_copy(request->headers);
	copy->secret_header = copied(request->secret_header);
	copy->user = copied(request->user);
	copy->secret = request->secret ? secret_dup(request->secret) : NULL;
	copy->body = request->body_n ? mem_dup(request->body, request->body_n) : NULL;
	return copy;
}

void http_request_free(struct http_request *request)
{
	if (!request)
		return;
	for (const char *const *h = request->headers; h && *h; h++)
		mem_free((void *)*h);
	mem_free((void *)request->headers);
	mem_free((void *)request->method);
	mem_free((void *)request->url);
	mem_free((void *)request->unix_socket);
	mem_free((void *)request->secret_header);
	mem_free((void *)request->user);
	mem_free((void *)request->body);
	secret_free((struct secret *)request->secret);
	mem_free(request);
}
