/* A tiny server in a child process: the first step of the path says how it answers.
 * For tests of io/http and connect/poll. */
#ifndef TESTS_UNIT_HTTP_FAULTS_H
#define TESTS_UNIT_HTTP_FAULTS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct faults {
	pid_t pid;
	int port;
	int seen; /* read end: one byte for each request that carried a credential */
};

static const struct {
	const char *mode, *answer;
} faults_rows[] = {
	{"ok", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	       "Content-Length: 2\r\n\r\n[]"},
	{"cut", "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n[1,2,3"},
	{"half", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2"},
	{"nothing", ""},
	{"garbage", "\x01\x02\x03 what is this\r\n\r\n"},
	{"elsewhere", "HTTP/1.1 302 Found\r\nLocation: http://other.example:81/x\r\n"
		      "Content-Length: 0\r\n\r\n"},
	{"escape", "HTTP/1.1 302 Found\r\nLocation: http://other.example/\x1b[2J\r\n"
		   "Content-Length: 0\r\n\r\n"},
	{"here", "HTTP/1.1 302 Found\r\nLocation: /ok/x\r\nContent-Length: 0\r\n\r\n"},
	{"aged", "HTTP/1.1 200 OK\r\nETag: W/\"a b\"\r\nLast-Modified: Sun, 29 Nov 2026 "
		 "23:04:10 GMT\r\nContent-Length: 2\r\n\r\n[]"},
	{"to-aged", "HTTP/1.1 302 Found\r\nETag: \"of the way\"\r\n"
		    "Location: /aged/x?y=1\r\nContent-Length: 0\r\n\r\n"},
	{"circle",
		"HTTP/1.1 302 Found\r\nLocation: /circle/x\r\nContent-Length: 0\r\n\r\n"},
	{"401", "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"},
	{"403", "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"},
	{"404", "HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\nnope"},
	{"429", "HTTP/1.1 429 Slow\r\nRetry-After: 37\r\nContent-Length: 0\r\n\r\n"},
	{"429-bare", "HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n"},
	{"500", "HTTP/1.1 500 Oh\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n"
		"<html></html>"},
	{"html",
		"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n"
		"<html></html>"},
	{"words", "HTTP/1.1 503 Busy\r\nContent-Length: 22\r\n\r\n\"too many "
		  "\x1b]0;x\x07here\"\n"},
	{"gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
		 "5\r\n\r\nabcde"},
	{"header", "HTTP/1.1 200 OK\r\nratelimit-remaining: 7\r\nratelimit-limit: 960\r\n"
		   "ratelimit-reset: 12\r\nContent-Length: 2\r\n\r\n[]"},
	{"full", "HTTP/1.1 429 Slow\r\nX-RateLimit-State: THROTTLED\r\n"
		 "X-RateLimit-Period-In-Sec: 9\r\nContent-Length: 0\r\n\r\n"},
	{"delayed", "HTTP/1.1 200 OK\r\nX-RateLimit-Period-In-Sec: 9\r\n"
		    "X-RateLimit-State: THROTTLED\r\nContent-Length: 2\r\n\r\n[]"},
	{"calm", "HTTP/1.1 200 OK\r\nX-RateLimit-State: OK\r\n"
		 "X-RateLimit-Period-In-Sec: 9\r\nContent-Length: 2\r\n\r\n[]"},
};

static void faults_long(int fd)
{
	char block[4096];

	memset(block, 'x', sizeof block);
	dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n");
	for (int i = 0; i < 20000000 / 4096; i++)
		if (write(fd, block, sizeof block) <= 0)
			return;
}

/* A right answer without a row, large enough to be read in a task. */
static void faults_large(int fd)
{
	static char blanks[300 << 10];

	memset(blanks, ' ', sizeof blanks);
	dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n[", sizeof blanks + 2);
	if (write(fd, blanks, sizeof blanks) > 0)
		dprintf(fd, "]");
}

static void faults_headers(int fd)
{
	dprintf(fd, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 20000; i++)
		if (dprintf(fd, "X-%d: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", i) <= 0)
			return;
}

/* Until the client ends, as after a closed connection its bytes would be lost. */
static void faults_drain(int fd)
{
	char byte[512];

	shutdown(fd, SHUT_WR);
	while (read(fd, byte, sizeof byte) > 0)
		;
}

static void faults_serve(int fd, int seen)
{
	char request[8192], mode[64] = "";
	size_t n = 0;
	ssize_t got;

	while (n < sizeof request - 1 && !memmem(request, n, "\r\n\r\n", 4)) {
		got = read(fd, request + n, sizeof request - 1 - n);
		if (got <= 0)
			return;
		n += (size_t)got;
	}
	request[n] = '\0';
	if (strstr(request, "sesame") && write(seen, "x", 1) < 0)
		return;
	sscanf(request, "%*s /%63[^/ ?]", mode);
	if (!strcmp(mode, "hang"))
		pause();
	if (!strcmp(mode, "slow")) {
		usleep(2100000);
		str_copy(mode, sizeof mode, "ok");
	}
	if (!strcmp(mode, "long"))
		faults_long(fd);
	if (!strcmp(mode, "large"))
		faults_large(fd);
	if (!strcmp(mode, "headers"))
		faults_headers(fd);
	for (size_t i = 0; i < sizeof faults_rows / sizeof *faults_rows; i++)
		if (!strcmp(mode, faults_rows[i].mode) &&
			write(fd, faults_rows[i].answer, strlen(faults_rows[i].answer)) <
				0)
			return;
	faults_drain(fd);
}

static void faults_run(int listener, int seen)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			_exit(1);
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			faults_serve(fd, seen);
			_exit(0);
		}
		close(fd);
	}
}

static struct faults faults_start(void)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	struct faults faults;
	int fds[2], listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 64) ||
		getsockname(listener, (struct sockaddr *)&at, &size) || pipe(fds))
		abort();
	faults.port = ntohs(at.sin_port);
	faults.seen = fds[0];
	faults.pid = fork();
	if (!faults.pid)
		faults_run(listener, fds[1]);
	close(listener);
	close(fds[1]);
	return faults;
}

static void faults_stop(struct faults *faults)
{
	kill(faults->pid, SIGKILL);
	waitpid(faults->pid, NULL, 0);
	close(faults->seen);
}

#endif
