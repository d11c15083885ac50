/* draft-miller-ssh-agent: a length, a type, fields. Two requests are let through: the
 * list of keys, whose answer is written anew, and a signature by a listed key. Hides the
 * two sockets and what waits for each. Main, which is not held up: neither end blocks. */
#include "ssh_agent.h"

#include "base/alloc.h"
#include "base/crypto.h"
#include "io/loop.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FAILURE = 5, LIST_REQUEST = 11, LIST_ANSWER = 12, SIGN_REQUEST = 13 };
enum { KEY_MOST = 16 << 10, KEYS_MOST = 2000 };

/* --- messages --- */

static uint32_t u32_at(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_u32(struct str *out, size_t value)
{
	const unsigned char bytes[4] = {(unsigned char)(value >> 24),
		(unsigned char)(value >> 16), (unsigned char)(value >> 8),
		(unsigned char)value};

	str_add(out, bytes, 4);
}

static bool is_listed(const unsigned char *key, size_t n, const char *listed)
{
	char *line;
	size_t size;
	bool found;

	if (!n || n > KEY_MOST)
		return false;
	line = mem_new(1, 4 * ((n + 2) / 3) + 3);
	line[0] = '\n';
	size = base64_encode(key, n, line + 1);
	line[size + 1] = '\n';
	line[size + 2] = '\0';
	found = strstr(listed, line) != NULL;
	mem_free(line);
	return found;
}

enum agent_verdict agent_request(const void *message, size_t n, const char *listed)
{
	const unsigned char *p = message;

	if (n == 1 && *p == LIST_REQUEST)
		return AGENT_LISTS;
	if (n < 5 || *p != SIGN_REQUEST || u32_at(p + 1) > n - 5)
		return AGENT_REFUSE;
	return is_listed(p + 5, u32_at(p + 1), listed) ? AGENT_PASS : AGENT_REFUSE;
}

static void put_failure(struct str *out)
{
	put_u32(out, 1);
	str_putc(out, FAILURE);
}

/* Keys and their comments, two strings each. */
static bool read_keys(const unsigned char *p, size_t n, const char *listed,
	struct str *keys, size_t *count)
{
	uint32_t left = u32_at(p);

	p += 4;
	n -= 4;
	if (left > KEYS_MOST)
		return false;
	for (; left; left--) {
		size_t key = n >= 4 ? u32_at(p) : SIZE_MAX, all;

		if (n < 8 || key > n - 8)
			return false;
		all = (size_t)u32_at(p + 4 + key);
		if (all > n - 8 - key)
			return false;
		all += 8 + key;
		if (is_listed(p + 4, key, listed)) {
			str_add(keys, p, all);
			++*count;
		}
		p += all;
		n -= all;
	}
	return true;
}

void agent_list(const void *message, size_t n, const char *listed, struct str *out)
{
	const unsigned char *p = message;
	struct str keys;
	size_t count = 0;

	str_init(&keys, AGENT_MESSAGE_MOST);
	if (n < 5 || *p != LIST_ANSWER ||
		!read_keys(p + 1, n - 1, listed, &keys, &count) || keys.cut) {
		put_failure(out);
	} else {
		put_u32(out, 5 + keys.n);
		str_putc(out, LIST_ANSWER);
		put_u32(out, count);
		str_add(out, keys.p, keys.n);
	}
	str_release(&keys);
}

/* --- the two sockets --- */

struct end {
	struct agent_filter *filter;
	int fd;
	struct loop_watch *watch;
	struct str in, out;
};

struct agent_filter {
	struct end ours, agent;
	char *listed;
	bool lists; /* the answer that comes next is the list */
};

static void drop(struct str *s, size_t n)
{
	memmove(s->p, s->p + n, s->n - n);
	s->n -= n;
}

static void shut(struct end *end)
{
	loop_watch_free(end->watch);
	end->watch = NULL;
	if (end->fd >= 0)
		close(end->fd);
	end->fd = -1;
}

static void shut_both(struct agent_filter *filter)
{
	shut(&filter->ours);
	shut(&filter->agent);
}

/* False: it is broken. */
static bool flush(struct end *end)
{
	while (end->out.n) {
		ssize_t n = send(
			end->fd, end->out.p, end->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		drop(&end->out, (size_t)n);
	}
	return true;
}

static void one_request(struct agent_filter *f, const char *message, size_t n)
{
	enum agent_verdict verdict = agent_request(message, n, f->listed);

	if (verdict == AGENT_REFUSE) {
		put_failure(&f->ours.out);
		return;
	}
	f->lists = verdict == AGENT_LISTS;
	put_u32(&f->agent.out, n);
	str_add(&f->agent.out, message, n);
}

static void one_answer(struct agent_filter *f, const char *message, size_t n)
{
	if (f->lists) {
		agent_list(message, n, f->listed, &f->ours.out);
	} else {
		put_u32(&f->ours.out, n);
		str_add(&f->ours.out, message, n);
	}
	f->lists = false;
}

/* False: it speaks something else. */
static bool take_messages(struct end *end)
{
	struct agent_filter *f = end->filter;

	while (end->in.n >= 4) {
		size_t n = u32_at((const unsigned char *)end->in.p);

		if (!n || n > AGENT_MESSAGE_MOST - 4)
			return false;
		if (end->in.n < 4 + n)
			break;
		if (end == &f->ours)
			one_request(f, end->in.p + 4, n);
		else
			one_answer(f, end->in.p + 4, n);
		drop(&end->in, 4 + n);
	}
	return !f->ours.out.cut && !f->agent.out.cut;
}

static bool read_end(struct end *end)
{
	char part[16 << 10];

	for (;;) {
		ssize_t n = recv(end->fd, part, sizeof part, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (!n || !str_add(&end->in, part, (size_t)n) || end->in.cut ||
			!take_messages(end))
			return false;
	}
}

static void on_end(void *ctx, int events)
{
	struct end *end = ctx;
	struct agent_filter *f = end->filter;

	(void)events;
	if (!read_end(end) || !flush(&f->ours) || !flush(&f->agent)) {
		shut_both(f);
		return;
	}
	loop_watch_change(f->ours.watch, LOOP_READ | (f->ours.out.n ? LOOP_WRITE : 0));
	loop_watch_change(f->agent.watch, LOOP_READ | (f->agent.out.n ? LOOP_WRITE : 0));
}

static void end_init(struct end *end, struct agent_filter *f, struct loop *loop, int fd)
{
	end->filter = f;
	end->fd = fd;
	str_init(&end->in, 2 * AGENT_MESSAGE_MOST);
	str_init(&end->out, 2 * AGENT_MESSAGE_MOST);
	end->watch = loop_watch(loop, fd, LOOP_READ, on_end, end);
}

static int connect_to(const char *path, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (!str_copy(address.sun_path, sizeof address.sun_path, path)) {
		err_set(err, ERR_INPUT, "the agent's socket has too long a name");
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !connect(fd, (const struct sockaddr *)&address, sizeof address))
		return fd;
	err_set(err, ERR_IO, "the agent at %s is not there: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

struct agent_filter *agent_filter_new(struct loop *loop, const char *socket,
	const struct str *listed, int *fd, struct err *err)
{
	struct agent_filter *f;
	int agent = connect_to(socket, err), ends[2];

	if (agent < 0)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		err_set(err, ERR_IO, "no socket for the agent: %s", strerror(errno));
		close(agent);
		return NULL;
	}
	f = mem_new(1, sizeof *f);
	f->listed = mem_strdup(str_text(listed));
	end_init(&f->ours, f, loop, ends[0]);
	end_init(&f->agent, f, loop, agent);
	*fd = ends[1];
	return f;
}

static void end_release(struct end *end)
{
	shut(end);
	str_release(&end->in);
	str_release(&end->out);
}

void agent_filter_free(struct agent_filter *filter)
{
	if (!filter)
		return;
	end_release(&filter->ours);
	end_release(&filter->agent);
	mem_free(filter->listed);
	mem_free(filter);
}
