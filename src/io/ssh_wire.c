/* Addresses tried in the order the resolver gives them, each with its own time. Hides
 * libuv's requests, which outlive who asked, and the life of a ProxyCommand: it has one
 * end of a socket pair as its input and output, and ends with its connection. Main. */
#include "ssh_wire.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "io/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

enum { SAID = 200 };

struct proxy {
	uv_process_t process;
	uv_pipe_t errors;
	struct wire *wire; /* NULL: closed */
	int handles;
	bool exited;
	char buffer[512];
};

struct wire {
	struct wire_how how;
	uv_getaddrinfo_t *resolving;
	struct addrinfo *addresses, *next;
	struct loop_watch *watch;
	struct loop_timer *timer;
	int fd, proxy_fd;
	struct proxy *proxy;
	struct err err;
	char said[SAID];
};

static void told(struct wire *wire, int fd)
{
	wire->fd = -1;
	loop_timer_stop(wire->timer);
	wire->how.opened(wire->how.ctx, fd, fd < 0 ? &wire->err : NULL);
}

/* --- TCP --- */

static void try_next(struct wire *wire);

static void forget_try(struct wire *wire)
{
	loop_watch_free(wire->watch);
	wire->watch = NULL;
	if (wire->fd >= 0)
		close(wire->fd);
	wire->fd = -1;
}

static void address_text(const struct addrinfo *ai, char *out, size_t size)
{
	char host[64] = "?", port[12] = "?";

	getnameinfo(ai->ai_addr, ai->ai_addrlen, host, sizeof host, port, sizeof port,
		NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(out, size, ai->ai_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static void not_this(struct wire *wire, int why)
{
	char address[90];

	address_text(wire->next, address, sizeof address);
	err_set(&wire->err, why == ETIMEDOUT ? ERR_TIMEOUT : ERR_NET,
		"cannot connect to %s: %s", address, strerror(why));
	forget_try(wire);
	wire->next = wire->next->ai_next;
	try_next(wire);
}

static void on_connected(void *ctx, int events)
{
	struct wire *wire = ctx;
	int why = 0, fd = wire->fd;
	socklen_t n = sizeof why;

	(void)events;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n);
	if (why) {
		not_this(wire, why);
		return;
	}
	loop_watch_free(wire->watch);
	wire->watch = NULL;
	told(wire, fd);
}

static void on_late(void *ctx)
{
	struct wire *wire = ctx;

	if (wire->fd >= 0)
		not_this(wire, ETIMEDOUT);
	else
		told(wire, -1);
}

static void try_next(struct wire *wire)
{
	const struct addrinfo *ai = wire->next;

	if (!ai) {
		told(wire, -1);
		return;
	}
	wire->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (wire->fd < 0 || (connect(wire->fd, ai->ai_addr, ai->ai_addrlen) &&
				    errno != EINPROGRESS)) {
		not_this(wire, errno);
		return;
	}
	wire->watch =
		loop_watch(wire->how.loop, wire->fd, LOOP_WRITE, on_connected, wire);
	loop_timer_start(wire->timer, wire->how.connect_ms);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
	struct wire *wire = request->data;

	mem_free(request);
	if (!wire) {
		uv_freeaddrinfo(found);
		return;
	}
	wire->resolving = NULL;
	wire->addresses = wire->next = found;
	if (status)
		err_set(&wire->err, ERR_NET, "its name %s cannot be resolved: %s",
			wire->how.host, uv_strerror(status));
	try_next(wire);
}

static void resolve(struct wire *wire)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	char port[12];
	int rc;

	snprintf(port, sizeof port, "%d", wire->how.port);
	wire->resolving = mem_new(1, sizeof *wire->resolving);
	wire->resolving->data = wire;
	rc = uv_getaddrinfo(loop_uv(wire->how.loop), wire->resolving, on_resolved,
		wire->how.host, port, &hints);
	if (!rc)
		return;
	mem_free(wire->resolving);
	wire->resolving = NULL;
	err_set(&wire->err, ERR_NET, "its name %s cannot be resolved: %s", wire->how.host,
		uv_strerror(rc));
	loop_timer_start(wire->timer, 0);
}

/* --- ProxyCommand --- */

static void proxy_gone(uv_handle_t *handle)
{
	struct proxy *proxy = handle->data;

	if (--proxy->handles)
		return;
	if (proxy->wire)
		proxy->wire->proxy = NULL;
	mem_free(proxy);
}

static void proxy_exit(uv_process_t *process, int64_t status, int number)
{
	struct proxy *proxy = process->data;

	(void)status;
	(void)number;
	proxy->exited = true;
	uv_close((uv_handle_t *)&proxy->process, proxy_gone);
}

static void proxy_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct proxy *proxy = handle->data;

	(void)suggested;
	*buf = uv_buf_init(proxy->buffer, sizeof proxy->buffer);
}

static void proxy_said(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct proxy *proxy = stream->data;

	if (n < 0)
		uv_close((uv_handle_t *)stream, proxy_gone);
	else if (n > 0 && proxy->wire)
		text_line(untrusted_trim(untrusted_make(buf->base, (size_t)n)),
			proxy->wire->said, SAID);
}

static struct proxy *proxy_spawn(struct wire *wire, int theirs, struct err *err)
{
	struct proxy *proxy = mem_new(1, sizeof *proxy);
	uv_stdio_container_t stdio[3] = {
		{.flags = UV_INHERIT_FD, .data.fd = theirs},
		{.flags = UV_INHERIT_FD, .data.fd = theirs},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
			.data.stream = (uv_stream_t *)&proxy->errors},
	};
	const uv_process_options_t how = {
		.exit_cb = proxy_exit,
		.file = wire->how.proxy[0],
		.args = (char **)(uintptr_t)wire->how.proxy,
		.flags = UV_PROCESS_DETACHED,
		.stdio_count = 3,
		.stdio = stdio,
	};
	int rc;

	uv_pipe_init(loop_uv(wire->how.loop), &proxy->errors, 0);
	proxy->process.data = proxy->errors.data = proxy;
	proxy->handles = 2;
	rc = uv_spawn(loop_uv(wire->how.loop), &proxy->process, &how);
	if (!rc) {
		proxy->wire = wire;
		uv_read_start((uv_stream_t *)&proxy->errors, proxy_alloc, proxy_said);
		return proxy;
	}
	err_set(err, ERR_IO, "cannot run its ProxyCommand %s: %s", wire->how.proxy[0],
		uv_strerror(rc));
	uv_close((uv_handle_t *)&proxy->process, proxy_gone);
	uv_close((uv_handle_t *)&proxy->errors, proxy_gone);
	return NULL;
}

static void proxy_ready(void *ctx)
{
	struct wire *wire = ctx;
	int fd = wire->proxy_fd;

	wire->proxy_fd = -1;
	told(wire, fd);
}

static void begin_proxy(struct wire *wire)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		err_set(&wire->err, ERR_IO, "no socket for its ProxyCommand: %s",
			strerror(errno));
	} else {
		wire->proxy = proxy_spawn(wire, ends[1], &wire->err);
		close(ends[1]);
		if (wire->proxy) {
			wire->proxy_fd = ends[0];
			fcntl(ends[0], F_SETFL, O_NONBLOCK);
		} else {
			close(ends[0]);
		}
	}
	wire->timer = loop_timer(wire->how.loop, proxy_ready, wire);
	loop_timer_start(wire->timer, 0);
}

/* --- */

struct wire *wire_open(const struct wire_how *how)
{
	struct wire *wire = mem_new(1, sizeof *wire);

	wire->how = *how;
	wire->fd = wire->proxy_fd = -1;
	if (how->proxy) {
		begin_proxy(wire);
		return wire;
	}
	wire->timer = loop_timer(how->loop, on_late, wire);
	resolve(wire);
	return wire;
}

const char *wire_said(const struct wire *wire)
{
	return wire ? wire->said : "";
}

void wire_close(struct wire *wire)
{
	if (!wire)
		return;
	forget_try(wire);
	loop_timer_free(wire->timer);
	if (wire->resolving) {
		wire->resolving->data = NULL;
		uv_cancel((uv_req_t *)wire->resolving);
	}
	if (wire->addresses)
		uv_freeaddrinfo(wire->addresses);
	if (wire->proxy_fd >= 0)
		close(wire->proxy_fd);
	if (wire->proxy) {
		wire->proxy->wire = NULL;
		if (!wire->proxy->exited)
			kill(-wire->proxy->process.pid, SIGTERM);
	}
	mem_free(wire);
}
