/* journald's native protocol is a datagram of fields; syslog over TLS is a connection
 * that libcurl makes and checks, with frames counted in octets. Hides both forms, and
 * that a line may hold no newline. In tasks. */
#include "io/journal.h"

#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "curl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000, PORT = 6514, PRIORITY = 13 * 8 + 5 };

#define JOURNALD "/run/systemd/journal/socket"

bool journal_send(
	const char *path, const char *name, const char *line, size_t n, struct err *err)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct str text;
	ssize_t sent = -1;
	int fd, why;

	if (n > JOURNAL_LINE_MOST || memchr(line, '\n', n))
		return err_set(err, ERR_LIMIT, "a line for journald is too long");
	if (!str_copy(to.sun_path, sizeof to.sun_path, path ? path : JOURNALD))
		return err_set(
			err, ERR_USAGE, "the path of journald's socket is too long");
	str_init(&text, JOURNAL_LINE_MOST + 400);
	str_printf(&text, "SYSLOG_IDENTIFIER=%s\nPRIORITY=5\nMESSAGE=", name);
	str_add(&text, line, n);
	str_putc(&text, '\n');
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		sent = sendto(fd, text.p, text.n, MSG_NOSIGNAL, (struct sockaddr *)&to,
			sizeof to);
	why = errno;
	if (fd >= 0)
		close(fd);
	str_release(&text);
	return sent >= 0 ||
	       err_set(err, ERR_IO, "journald does not take it: %s", strerror(why));
}

/* --- syslog --- */

static struct curl_waiter waiter;

static void opened(void *ctx, const struct err *err)
{
	(void)ctx;
	(void)err;
}

bool syslog_ready(struct task_pool *pool)
{
	waiter.opened = opened;
	return curl_open(pool, &waiter);
}

static bool send_all(CURL *easy, const char *p, size_t n, struct err *err)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	curl.easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd);
	while (n) {
		struct pollfd wait = {.fd = fd, .events = POLLOUT};
		size_t sent = 0;
		CURLcode code = curl.easy_send(easy, p, n, &sent);

		if (code == CURLE_AGAIN && poll(&wait, 1, PATIENCE_MS) == 1)
			continue;
		if (code != CURLE_OK)
			return err_set(
				err, ERR_NET, "syslog: %s", curl.easy_strerror(code));
		p += sent;
		n -= sent;
	}
	return true;
}

/* "LEN <PRI>1 TIME HOST NAME PID audit - LINE" */
static void add_frame(
	struct str *to, const struct syslog_to *s, const char *line, size_t n)
{
	char head[400], when[TIME_TEXT];
	size_t size = (size_t)snprintf(head, sizeof head,
		"<%d>1 %s %.200s %.40s %d audit - ", PRIORITY,
		time_rfc3339(time_now_ms(), when), s->host, s->name, (int)getpid());

	str_printf(to, "%zu %s", size + n, head);
	str_add(to, line, n);
}

static bool send_lines(CURL *easy, const struct syslog_to *to, const char *lines,
	size_t n, struct err *err)
{
	struct str frame;
	bool ok = true;

	str_init(&frame, JOURNAL_LINE_MOST + 800);
	while (ok && n) {
		const char *end = memchr(lines, '\n', n);
		size_t size = end ? (size_t)(end - lines) : n;

		str_reset(&frame);
		add_frame(&frame, to, lines, size);
		ok = !frame.cut && send_all(easy, frame.p, frame.n, err);
		if (frame.cut)
			err_set(err, ERR_LIMIT, "a line for syslog is too long");
		size += end != NULL;
		lines += size;
		n -= size;
	}
	str_release(&frame);
	return ok;
}

bool syslog_send(const struct syslog_to *to, const char *lines, size_t n, struct err *err)
{
	const char *colon = strrchr(to->place, ':');
	char url[300];
	CURL *easy = curl.easy_init();
	CURLcode code;
	bool ok;

	if (!easy)
		return err_set(err, ERR_IO, "syslog: no connection can be made");
	if (colon && !strchr(colon, ']'))
		snprintf(url, sizeof url, "https://%s", to->place);
	else
		snprintf(url, sizeof url, "https://%s:%d", to->place, PORT);
	curl.easy_setopt(easy, CURLOPT_URL, url);
	curl.easy_setopt(easy, CURLOPT_PROXY, "");
	curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl.easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	curl.easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
	curl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)PATIENCE_MS);
	if (to->ca_file)
		curl.easy_setopt(easy, CURLOPT_CAINFO, to->ca_file);
	code = curl.easy_perform(easy);
	ok = code == CURLE_OK || err_set(err, ERR_NET, "syslog at %s: %s", to->place,
					 curl.easy_strerror(code));
	ok = ok && send_lines(easy, to, lines, n, err);
	curl.easy_cleanup(easy);
	return ok;
}
