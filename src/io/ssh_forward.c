/* A jump: a direct-tcpip channel of one connection, whose other end is a socket that the
 * next connection speaks SSH over, so that hops can be chained without end. Hides the two
 * ways bytes wait: for the socket, and for the channel's window. Main. */
#include "ssh_parts.h"

#include "base/alloc.h"
#include "base/text.h"
#include "io/loop.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PART = 32 << 10 };

struct ssh_forward {
	struct conn *via, *user; /* user NULL: it is gone */
	struct ssh_forward *next;
	ssh_channel channel;
	int fd;
	struct loop_watch *watch;
	bool open;
	char waiting[PART]; /* for the socket */
	size_t from, n;
};

struct ssh_forward *forward_open(struct conn *via, struct conn *user)
{
	struct ssh_forward *f = mem_new(1, sizeof *f);

	f->via = via;
	f->user = user;
	f->fd = -1;
	f->next = via->forwards;
	via->forwards = f;
	net_kick(via->net);
	return f;
}

struct ssh_forward *forward_next(const struct ssh_forward *forward)
{
	return forward->next;
}

static void take_out(struct ssh_forward *f)
{
	struct ssh_forward **at = &f->via->forwards;

	while (*at && *at != f)
		at = &(*at)->next;
	if (*at)
		*at = f->next;
}

static void forward_free(struct ssh_forward *f)
{
	take_out(f);
	loop_watch_free(f->watch);
	if (f->channel && f->via->session)
		ssh_channel_free(f->channel);
	if (f->fd >= 0)
		close(f->fd);
	mem_free(f);
}

void forward_close(struct ssh_forward *f)
{
	if (f->user)
		f->user->forward = NULL;
	forward_free(f);
}

static void refused(struct ssh_forward *f)
{
	struct conn *user = f->user;
	struct err err;
	char host[80], via[80], what[300];

	snprintf(what, sizeof what, "%s does not let it through to %s:%d",
		text_line(untrusted_str(f->via->hop.name), via, sizeof via),
		text_line(untrusted_str(user->hop.host), host, sizeof host),
		user->hop.port);
	login_error(&err, ERR_NET, f->via->session, what);
	conn_wire(user, -1, &err);
}

static void on_socket(void *ctx, int events)
{
	struct ssh_forward *f = ctx;
	struct conn *via = f->via;

	(void)events;
	forward_drive(f);
	if (via->phase == CONN_READY)
		conn_arm(via);
}

static void opened(struct ssh_forward *f)
{
	int ends[2];
	struct err err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends)) {
		err_set(&err, ERR_IO, "no socket for a jump: %s", strerror(errno));
		conn_wire(f->user, -1, &err);
		return;
	}
	f->open = true;
	f->fd = ends[1];
	f->watch = loop_watch(f->via->net->config.loop, f->fd, LOOP_READ, on_socket, f);
	conn_wire(f->user, ends[0], NULL);
}

/* False: the socket is broken. */
static bool to_socket(struct ssh_forward *f)
{
	for (;;) {
		ssize_t sent;

		if (!f->n) {
			int got = ssh_channel_read_nonblocking(
				f->channel, f->waiting, PART, 0);

			if (got <= 0)
				return got != SSH_ERROR;
			f->from = 0;
			f->n = (size_t)got;
		}
		sent = send(f->fd, f->waiting + f->from, f->n, MSG_NOSIGNAL);
		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		f->from += (size_t)sent;
		f->n -= (size_t)sent;
	}
}

/* False: the user has closed its end. */
static bool to_channel(struct ssh_forward *f)
{
	char part[PART];

	for (;;) {
		size_t window = ssh_channel_window_size(f->channel);
		ssize_t n;

		if (!window)
			return true;
		n = recv(f->fd, part, window < PART ? window : PART, 0);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (!n || ssh_channel_write(f->channel, part, (uint32_t)n) != n)
			return false;
	}
}

static void try_open(struct ssh_forward *f)
{
	int rc;

	if (!f->channel)
		f->channel = ssh_channel_new(f->via->session);
	rc = ssh_channel_open_forward(
		f->channel, f->user->hop.host, f->user->hop.port, "127.0.0.1", 0);
	if (rc == SSH_OK)
		opened(f);
	else if (rc != SSH_AGAIN)
		refused(f);
}

void forward_drive(struct ssh_forward *f)
{
	int events = 0;

	if (!f->open) {
		try_open(f);
		return;
	}
	if (!to_socket(f) || !to_channel(f) ||
		(!f->n && ssh_channel_is_eof(f->channel))) {
		/* The user reads the end and says why. */
		loop_watch_free(f->watch);
		f->watch = NULL;
		shutdown(f->fd, SHUT_RDWR);
		return;
	}
	if (ssh_channel_window_size(f->channel))
		events |= LOOP_READ;
	if (f->n)
		events |= LOOP_WRITE;
	if (f->watch)
		loop_watch_change(f->watch, events);
}
