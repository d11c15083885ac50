/*
 * The process between a test and its program. It plays the login shell: it leads the
 * session, owns the terminal and lives longer than the program. Without it the kernel
 * would reset the terminal's settings when the program, being session leader itself,
 * ends, and a program that forgot to restore them would pass. It is also the reaper:
 * orphans of the program become its children and are killed with it.
 */
#include "watcher.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLAVE = 3, STATUS = 4, SIGNALS = 5, FIRST_FREE = 6 };

#define REAP_ROUNDS 100

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void tell(int kind, int value, int64_t at)
{
	struct watcher_note note = {.kind = kind, .value = value, .at = at};

	send(STATUS, &note, sizeof note, MSG_NOSIGNAL);
}

/* Only these three stay open: a copy of another watcher's socket would keep that watcher
 * alive after its owner's death. */
static void take_descriptors(int slave, int status)
{
	int high_slave = dup2(slave, 900), high_status = dup2(status, 901);

	if (high_slave < 0 || high_status < 0 || dup2(high_slave, SLAVE) < 0 ||
		dup2(high_status, STATUS) < 0)
		_exit(125);
	fcntl(STATUS, F_SETFD, FD_CLOEXEC);
	close_range(SIGNALS, ~0u, 0);
}

static void watch_signals(void)
{
	sigset_t mine;

	sigemptyset(&mine);
	sigaddset(&mine, SIGCHLD);
	sigaddset(&mine, SIGHUP);
	sigprocmask(SIG_BLOCK, &mine, NULL);
	signal(SIGTTOU, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (dup2(signalfd(-1, &mine, SFD_NONBLOCK), SIGNALS) < 0)
		_exit(125);
	close_range(FIRST_FREE, ~0u, 0);
}

/* `started` closes by itself when the program begins; else it takes errno. */
static _Noreturn void become(const struct watcher_program *program, int started)
{
	static const struct rlimit no_core = {0, 0};
	sigset_t none;
	int status;

	setpgid(0, 0);
	tcsetpgrp(SLAVE, getpid()); /* SIGTTOU is still ignored here */
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setrlimit(RLIMIT_CORE, &no_core);
	for (int fd = 0; fd <= 2; fd++)
		dup2(SLAVE, fd);
	close(SLAVE);
	close(SIGNALS);
	if (program->envp)
		environ = (char **)program->envp;
	setenv("TERM", program->term, 1);
	if (!program->folder || chdir(program->folder) == 0)
		execvp(program->argv[0], program->argv);
	status = errno;
	(void)!write(started, &status, sizeof status);
	_exit(127);
}

/* Returns when the program itself runs, so that a signal sent next reaches it and not
 * this file's copy of it. 0 after telling of a failure. */
static pid_t start(const struct watcher_program *program)
{
	int64_t at = now_ns();
	int started[2], failed = 0;
	pid_t pid;

	if (pipe2(started, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		tell(WATCHER_FAILED, errno, 0);
		return 0;
	}
	if (pid == 0)
		become(program, started[1]);
	close(started[1]);
	if (read(started[0], &failed, sizeof failed) == sizeof failed) {
		tell(WATCHER_FAILED, failed, 0);
		pid = 0;
	} else {
		tell(WATCHER_STARTED, pid, at);
	}
	close(started[0]);
	return pid;
}

static void reap(pid_t program)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
		if (pid != program)
			continue;
		if (WIFSTOPPED(status))
			tell(WATCHER_STOPPED, WSTOPSIG(status), now_ns());
		else if (WIFCONTINUED(status))
			tell(WATCHER_CONTINUED, 0, now_ns());
		else
			tell(WATCHER_EXITED, status, now_ns());
	}
}

static pid_t parent_of(const char *pid)
{
	char path[64], text[512];
	FILE *file;
	size_t n;
	char *after;
	int parent = 0;

	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	n = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[n] = '\0';
	after = strrchr(text, ')');
	if (after)
		sscanf(after + 1, " %*c %d", &parent);
	return parent;
}

/* Kills every child; the children of the killed become ours. Returns how many. */
static int kill_children(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
			parent_of(entry->d_name) != getpid())
			continue;
		kill(atoi(entry->d_name), SIGKILL);
		count++;
	}
	if (proc)
		closedir(proc);
	return count;
}

static _Noreturn void finish(void)
{
	static const struct timespec pause = {.tv_nsec = 1000000};

	for (int round = 0; round < REAP_ROUNDS && kill_children() > 0; round++) {
		nanosleep(&pause, NULL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	_exit(0);
}

_Noreturn void watcher_run(int slave, int status, const struct watcher_program *program)
{
	struct signalfd_siginfo info;
	pid_t pid;

	take_descriptors(slave, status);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	setsid();
	ioctl(SLAVE, TIOCSCTTY, 0);
	watch_signals();
	pid = start(program);
	for (;;) {
		struct pollfd fds[] = {{.fd = SIGNALS, .events = POLLIN},
			{.fd = STATUS, .events = POLLIN}};

		poll(fds, 2, -1);
		while (read(SIGNALS, &info, sizeof info) == sizeof info)
			if (info.ssi_signo == SIGHUP && pid > 0)
				kill(-pid, SIGHUP); /* as a shell passes it on */
		reap(pid);
		if (fds[1].revents)
			finish();
	}
}
