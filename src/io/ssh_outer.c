/* Calls by the installed ssh, for what libssh cannot do. One process of it opens a
 * connection and stays behind it (ControlMaster, ControlPersist), or the user's own is
 * there already; each call is one more process that only goes through that socket, never
 * a way of its own. Hides how the end is told apart: ssh says 255 for a broken
 * connection, for a signal and for a command that says 255, so what counts is what the
 * process that went through the socket logged (ssh_outer_log.h). Main. */
#include "ssh_outer_log.h"
#include "ssh_parts.h"

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PATH_MOST = 90, /* ssh adds 17 bytes, and a socket's name has 108 */
	WORDS = 64,
	OPENING_MOST = 16, /* connections at a time */
	LOGIN_MS = 30000,
	QUICK_MS = 5000,
	STOP_MS = 2500,
	ALIVE_MS = 15000,
	CONNECT_MS = 15000,
	/* It leaves 60 s after its last use; the user's own whenever that says so. */
	STALE_MS = 50000,
	STALE_OTHERS_MS = 2000,
};

enum master_at { MASTER_NEW, MASTER_LOOKING, MASTER_OPENING, MASTER_READY, MASTER_DEAD };

struct master {
	struct ssh_net *net;
	struct master *next;
	struct ssh_hop hop; /* of it only what is no text */
	char name[SSH_TEXT], user[SSH_TEXT], config[4096], path[PATH_MOST + 1];
	enum master_at at;
	bool looked, own; /* own: opened here; else it is the user's */
	int64_t login_ms, used_at;
	struct proc *proc;
	struct err err;
};

struct outer {
	struct master *master;
	struct loop_timer *later; /* nothing is called back from within a start */
	struct proc *proc;
	char log[PATH_MOST + 40];
	bool tried_again, ended_here;
	struct err err; /* why it has no master */
	int kills;
};

/* --- the words --- */

struct words {
	const char *list[WORDS];
	size_t n;
	char port[12], connect[40], alive[40];
};

static void add(struct words *words, const char *word)
{
	if (words->n + 1 < WORDS)
		words->list[words->n++] = word;
}

static void add_all(struct words *words, const char *const *list)
{
	for (; *list; list++)
		add(words, *list);
}

/* Nobody is asked, nothing is forwarded, no host key is taken on trust, and nothing is
 * run here; whatever its configuration says. */
static void begin(struct words *words, const struct master *m)
{
	static const char *const fixed[] = {"-o", "BatchMode=yes", "-o",
		"StrictHostKeyChecking=yes", "-o", "UpdateHostKeys=no", "-o",
		"ForwardAgent=no", "-o", "ForwardX11=no", "-o", "ClearAllForwardings=yes",
		"-o", "PermitLocalCommand=no", "-o", "Tunnel=no", "-o",
		"RemoteCommand=none", "-o", "ServerAliveCountMax=3", NULL};
	const struct ssh_hop *hop = &m->hop;

	words->n = 0;
	add(words, "ssh");
	if (*m->config) {
		add(words, "-F");
		add(words, m->config);
	}
	add_all(words, fixed);
	snprintf(words->connect, sizeof words->connect, "ConnectTimeout=%d",
		(int)((hop->connect_ms ? hop->connect_ms : CONNECT_MS) / 1000));
	snprintf(words->alive, sizeof words->alive, "ServerAliveInterval=%d",
		(int)((hop->alive_ms ? hop->alive_ms : ALIVE_MS) / 1000));
	snprintf(words->port, sizeof words->port, "%d", hop->port);
	add_all(words, (const char *const[]){"-o", words->connect, "-o", words->alive,
			       "-l", m->user, "-p", words->port, NULL});
}

static void add_socket(struct words *words, const struct master *m)
{
	if (m->own)
		add_all(words, (const char *const[]){"-S", m->path, NULL});
}

static void add_host(struct words *words, const struct master *m)
{
	add_all(words, (const char *const[]){"--", m->name, NULL});
}

static struct proc *run(struct master *m, struct words *words,
	const struct proc_options *how, struct err *err)
{
	struct proc_options options = *how;

	words->list[words->n] = NULL;
	options.argv = words->list;
	return proc_start(m->net->config.loop, &options, err);
}

/* --- logs --- */

/* The newest of it, and then it is gone. */
static void read_log(const char *path, struct str *out)
{
	char part[OUTER_LOG_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = -1;
	struct stat file;

	unlink(path);
	if (fd < 0)
		return;
	if (!fstat(fd, &file) && file.st_size > (off_t)sizeof part)
		lseek(fd, -(off_t)sizeof part, SEEK_END);
	n = read(fd, part, sizeof part);
	close(fd);
	if (n > 0)
		str_add(out, part, (size_t)n);
}

static void log_name(const struct master *m, char *out, size_t size)
{
	static unsigned count;

	snprintf(out, size, "%s.%u.log", m->path, ++count);
}

/* --- masters --- */

static void no_bytes(void *ctx, bool is_error, struct untrusted bytes)
{
	(void)ctx;
	(void)is_error;
	(void)bytes;
}

static void call_step(struct ssh_call *call);

static void wake_all(struct ssh_net *net)
{
	struct ssh_call *next;

	for (struct ssh_call *call = net->outers; call; call = next) {
		next = call->next;
		if (!call->over && call->outer)
			call_step(call);
	}
}

static void master_dies(struct master *m, const struct err *why)
{
	m->at = MASTER_DEAD;
	m->err = *why;
	wake_all(m->net);
}

static void opened(void *ctx, int exit_code, const struct err *why)
{
	struct master *m = ctx;
	char log[PATH_MOST + 40];
	struct str text;
	struct err err;

	m->proc = NULL;
	snprintf(log, sizeof log, "%s.log", m->path);
	str_init(&text, OUTER_LOG_BYTES);
	read_log(log, &text);
	if (why) {
		err_set(&err, ERR_TIMEOUT, "%.80s: no login within %lld s", m->name,
			(long long)(m->login_ms / 1000));
		master_dies(m, &err);
	} else if (exit_code) {
		outer_log_error(str_text(&text), text.n, m->name, &err);
		master_dies(m, &err);
	} else {
		m->at = MASTER_READY;
		m->used_at = time_mono_ms();
		wake_all(m->net);
	}
	str_release(&text);
}

/* It goes into the background when it has logged in, and leaves by itself a minute after
 * it was used last. */
static void master_open(struct master *m)
{
	const struct proc_options how = {
		.bytes = no_bytes, .end = opened, .ctx = m, .timeout_ms = m->login_ms};
	struct words words;
	char log[PATH_MOST + 40];
	struct err err = {0};

	m->own = true;
	m->at = MASTER_OPENING;
	snprintf(log, sizeof log, "%s.log", m->path);
	begin(&words, m);
	add_socket(&words, m);
	add_all(&words, (const char *const[]){
				"-M", "-N", "-o", "ControlPersist=60", "-E", log, NULL});
	add_host(&words, m);
	m->proc = run(m, &words, &how, &err);
	if (!m->proc)
		master_dies(m, &err);
}

static void looked(void *ctx, int exit_code, const struct err *why)
{
	struct master *m = ctx;

	m->proc = NULL;
	m->looked = true;
	m->at = !exit_code && !why ? MASTER_READY : MASTER_NEW;
	m->used_at = time_mono_ms();
	wake_all(m->net);
}

/* The user's own connection may be there. */
static void master_look(struct master *m)
{
	const struct proc_options how = {
		.bytes = no_bytes, .end = looked, .ctx = m, .timeout_ms = QUICK_MS};
	struct words words;
	struct err err = {0};

	m->own = false;
	m->at = MASTER_LOOKING;
	begin(&words, m);
	add_all(&words, (const char *const[]){"-O", "check", NULL});
	add_host(&words, m);
	m->proc = run(m, &words, &how, &err);
	if (!m->proc) {
		err_prefix(&err, "transport openssh: ");
		master_dies(m, &err);
	}
}

static void master_step(struct master *m)
{
	int opening = 0;

	if (m->at != MASTER_NEW)
		return;
	for (const struct master *other = m->net->masters; other; other = other->next)
		opening += other->at == MASTER_OPENING || other->at == MASTER_LOOKING;
	if (opening >= OPENING_MOST)
		return;
	if (m->looked)
		master_open(m);
	else
		master_look(m);
}

static int users_of(const struct master *m)
{
	int n = 0;

	for (const struct ssh_call *call = m->net->outers; call; call = call->next)
		n += !call->over && call->outer && call->outer->master == m;
	return n;
}

static bool folder_is_ours(const char *path, struct err *err)
{
	struct stat folder;

	if (!path)
		return err_set(err, ERR_REFUSED, "the installed ssh is not run here");
	if (!file_make_folder(path, err))
		return false;
	if (lstat(path, &folder) || !S_ISDIR(folder.st_mode) ||
		folder.st_uid != getuid() || folder.st_mode & 077)
		return err_set(err, ERR_REFUSED,
			"%s has to be a folder of yours alone (0700), as ssh's sockets "
			"lie there",
			path);
	return true;
}

static bool same(const struct master *m, const struct ssh_target *target)
{
	const struct ssh_hop *hop = &target->hops[target->count - 1];

	return !strcmp(m->name, hop->name) && !strcmp(m->user, hop->user) &&
	       m->hop.port == hop->port &&
	       !strcmp(m->config, target->config ? target->config : "");
}

/* Nothing has used it for so long that it may be gone. */
static bool is_stale(const struct master *m)
{
	return m->at == MASTER_READY && !users_of(m) &&
	       time_mono_ms() - m->used_at > (m->own ? STALE_MS : STALE_OTHERS_MS);
}

static void forget_dead(struct ssh_net *net)
{
	struct master **at = &net->masters, *m;

	while ((m = *at)) {
		if (m->at != MASTER_DEAD || m->proc || users_of(m)) {
			at = &m->next;
			continue;
		}
		*at = m->next;
		mem_free(m);
	}
}

static struct master *master_get(struct ssh_net *net, const struct ssh_target *target,
	int64_t login_ms, struct err *err)
{
	const struct ssh_hop *hop = &target->hops[target->count - 1];
	static unsigned count;
	struct master *m;

	for (m = net->masters; m; m = m->next)
		if (is_stale(m))
			m->at = MASTER_DEAD;
	for (m = net->masters; m; m = m->next)
		if (m->at != MASTER_DEAD && same(m, target) &&
			users_of(m) < SSH_MAX_CHANNELS)
			return m;
	if (!folder_is_ours(net->sockets, err))
		return NULL;
	forget_dead(net);
	m = mem_new(1, sizeof *m);
	m->net = net;
	m->hop = (struct ssh_hop){.port = hop->port,
		.connect_ms = hop->connect_ms,
		.alive_ms = hop->alive_ms};
	m->login_ms = login_ms ? login_ms : LOGIN_MS;
	if (!str_copy(m->name, sizeof m->name, hop->name) ||
		!str_copy(m->user, sizeof m->user, hop->user) ||
		!str_copy(m->config, sizeof m->config,
			target->config ? target->config : "") ||
		snprintf(m->path, sizeof m->path, "%s/%d.%u", net->sockets, (int)getpid(),
			++count) >= (int)sizeof m->path) {
		err_set(err, ERR_LIMIT, "%.60s: a name on its way is too long for ssh",
			hop->name);
		mem_free(m);
		return NULL;
	}
	m->next = net->masters;
	net->masters = m;
	return m;
}

/* --- calls --- */

static void fail(struct ssh_call *call, const struct err *why)
{
	call_begun(call, false);
	call_fail(call, why);
}

/* Its connection has gone since it was used last: once more, with a new one. */
static bool try_again(struct ssh_call *call)
{
	struct outer *outer = call->outer;
	struct master *m = outer->master;
	struct ssh_hop hop = m->hop;
	const struct ssh_target target = {
		.hops = &hop, .count = 1, .config = *m->config ? m->config : NULL};
	struct err err;

	/* What was written to it is gone with it. */
	if (outer->tried_again || call->stopping || call->options.writes)
		return false;
	outer->tried_again = true;
	hop.name = m->name;
	hop.user = m->user;
	/* It stays until this is over: it is its user. */
	m->at = MASTER_DEAD;
	m->err = (struct err){ERR_NET, "its connection is gone"};
	outer->master = master_get(call->net, &target, m->login_ms, &err);
	if (!outer->master) {
		fail(call, &err);
		return true;
	}
	call_step(call);
	return true;
}

static void say_lost(struct ssh_call *call)
{
	struct err err;

	if (call->stopping)
		err_set(&err, call->timed_out ? ERR_TIMEOUT : ERR_CANCELLED,
			"stopped; whether it ended is not known");
	else
		err_set(&err, ERR_NET,
			"it ended without a status: a signal over there, or the "
			"connection broke; ssh does not say which");
	call_fail(call, &err);
}

static void checked(void *ctx, int exit_code, const struct err *why)
{
	struct ssh_call *call = ctx;

	call->outer->proc = NULL;
	if (!exit_code && !why) {
		/* sshd says how a command ended, or breaks the connection; ssh passes
		 * only a status on. So it was a signal. */
		str_copy(call->end.signal, sizeof call->end.signal, "unknown");
		call_finish(call);
		return;
	}
	say_lost(call);
}

/* It has ended without a status: is the connection still there? */
static void check(struct ssh_call *call)
{
	struct outer *outer = call->outer;
	const struct proc_options how = {
		.bytes = no_bytes, .end = checked, .ctx = call, .timeout_ms = QUICK_MS};
	struct words words;
	struct err err;

	begin(&words, outer->master);
	add_socket(&words, outer->master);
	add_all(&words, (const char *const[]){"-O", "check", NULL});
	add_host(&words, outer->master);
	if (!outer->ended_here)
		outer->proc = run(outer->master, &words, &how, &err);
	if (!outer->proc)
		say_lost(call);
}

static void ended(void *ctx, int exit_code, const struct err *why)
{
	struct ssh_call *call = ctx;
	struct outer *outer = call->outer;
	struct outer_log said;
	struct str text;
	struct err err;

	(void)why;
	outer->proc = NULL;
	outer->master->used_at = time_mono_ms();
	str_init(&text, OUTER_LOG_BYTES);
	read_log(outer->log, &text);
	outer_log_read(str_text(&text), text.n, &said);
	if (said.has_status) {
		call->has_status = true;
		call->end.exit_code = said.status;
		call_begun(call, true);
		call_finish(call);
	} else if (said.begun || (exit_code && exit_code != 255)) {
		call_begun(call, true);
		check(call);
	} else if (!try_again(call)) {
		outer_log_error(str_text(&text), text.n, outer->master->name, &err);
		fail(call, &err);
	}
	str_release(&text);
}

static void on_bytes(void *ctx, bool is_error, struct untrusted bytes)
{
	struct ssh_call *call = ctx;

	if (!call->over)
		call->options.bytes(call->options.ctx, is_error, bytes);
}

static void on_room(void *ctx)
{
	struct ssh_call *call = ctx;

	if (!call->over && call->options.room)
		call->options.room(call->options.ctx);
}

static void feed(struct ssh_call *call)
{
	struct outer *outer = call->outer;

	if (!call->options.writes)
		return;
	if (call->input.n)
		proc_write(outer->proc, call->input.p, call->input.n);
	str_reset(&call->input);
	if (call->input_over)
		proc_close_input(outer->proc);
}

/* Were the socket gone, ssh would connect by itself: this keeps it from that. */
static void spawn(struct ssh_call *call)
{
	struct outer *outer = call->outer;
	struct master *m = outer->master;
	struct proc_options how = {.bytes = on_bytes,
		.end = ended,
		.room = on_room,
		.ctx = call,
		.writes = call->options.writes,
		.input = call->input.p,
		.input_n = call->options.writes ? 0 : call->input.n};
	struct words words;
	struct err err = {0};

	log_name(m, outer->log, sizeof outer->log);
	begin(&words, m);
	add_socket(&words, m);
	add_all(&words, (const char *const[]){"-o", "ControlMaster=no", "-o",
				"ProxyCommand=false", "-o", "LogLevel=DEBUG2", "-E",
				outer->log, "-e", "none", NULL});
	if (call->term) {
		how.columns = call->options.columns > 0 ? call->options.columns : 80;
		how.rows = call->options.rows > 0 ? call->options.rows : 24;
	}
	add(&words, call->term ? "-tt" : "-T");
	if (call->subsystem)
		add(&words, "-s");
	add_host(&words, m);
	if (call->subsystem || call->line)
		add(&words, call->subsystem ? call->subsystem : call->line);
	outer->proc = run(m, &words, &how, &err);
	if (!outer->proc) {
		fail(call, &err);
		return;
	}
	call_begun(call, true);
	feed(call);
	if (call->paused)
		proc_pause(outer->proc, true);
	call_state(call, SSH_RUNNING);
}

static void call_step(struct ssh_call *call)
{
	struct outer *outer = call->outer;
	struct master *m = outer->master;

	if (call->over || outer->proc || !m)
		return;
	switch (m->at) {
	case MASTER_READY:
		spawn(call);
		break;
	case MASTER_DEAD:
		fail(call, &m->err);
		break;
	default:
		master_step(m);
		if (!call->over && !outer->proc)
			call_state(
				call, m->at == MASTER_NEW ? SSH_WAITING : SSH_CONNECTING);
	}
}

static void begin_call(void *ctx)
{
	struct ssh_call *call = ctx;

	if (call->outer->master)
		call_step(call);
	else
		fail(call, &call->outer->err);
}

/* What it borrows of the target is copied; the rest comes later. */
void outer_start(struct ssh_call *call)
{
	const struct ssh_call_options *options = &call->options;

	call->outer = mem_new(1, sizeof *call->outer);
	call->outer->master = master_get(
		call->net, &options->target, options->login_ms, &call->outer->err);
	call->outer->later = loop_timer(call->net->config.loop, begin_call, call);
	loop_timer_start(call->outer->later, 0);
}

/* --- its end by us --- */

static void no_end(void *ctx, int exit_code, const struct err *why)
{
	(void)ctx;
	(void)exit_code;
	(void)why;
}

/* ssh passes no signal on. Where nothing else runs over a connection that is ours alone,
 * whatever is a child of its sshd is this command. */
static bool end_by_hand(struct ssh_call *call, bool kill)
{
	struct master *m = call->outer->master;
	const struct proc_options how = {
		.bytes = no_bytes, .end = no_end, .timeout_ms = QUICK_MS};
	struct words words;
	struct err err;

	if (!m->own || users_of(m) > 1)
		return false;
	begin(&words, m);
	add_socket(&words, m);
	add_all(&words, (const char *const[]){"-o", "ControlMaster=no", "-o",
				"ProxyCommand=false", "-T", NULL});
	add_host(&words, m);
	add(&words, call_end_line(kill));
	return run(m, &words, &how, &err) != NULL;
}

/* By hand, politely and then not; then the process here ends, and what it ran may go on:
 * which is said. */
void outer_stop(struct ssh_call *call)
{
	struct outer *outer = call->outer;

	if (!outer->proc) {
		fail(call, &(struct err){call->timed_out ? ERR_TIMEOUT : ERR_CANCELLED,
				   "stopped before it was begun"});
		return;
	}
	call->paused = false;
	proc_pause(outer->proc, false);
	if (outer->kills < 2 && !call->term && end_by_hand(call, outer->kills)) {
		outer->kills++;
		loop_timer_start(call->stop_timer, STOP_MS);
		return;
	}
	outer->ended_here = true;
	proc_stop(outer->proc);
}

void outer_pause(struct ssh_call *call, bool on)
{
	if (call->outer->proc)
		proc_pause(call->outer->proc, on);
}

size_t outer_write(struct ssh_call *call, const void *bytes, size_t n)
{
	size_t room = SSH_WAITING_BYTES - call->input.n;

	if (call->outer->proc)
		return proc_write(call->outer->proc, bytes, n);
	if (n > room)
		n = room;
	str_add(&call->input, bytes, n);
	return n;
}

void outer_close_input(struct ssh_call *call)
{
	if (call->outer->proc)
		proc_close_input(call->outer->proc);
}

void outer_resize(struct ssh_call *call, int columns, int rows)
{
	if (call->outer->proc && call->term)
		proc_resize(call->outer->proc, columns, rows);
}

void outer_free(struct ssh_call *call)
{
	struct outer *outer = call->outer;

	proc_kill(outer->proc);
	loop_timer_free(outer->later);
	if (*outer->log)
		unlink(outer->log);
	mem_free(outer);
	call->outer = NULL;
}

/* Those that are in the background leave with us, not a minute later. */
void outers_end(struct ssh_net *net)
{
	const struct proc_options how = {
		.bytes = no_bytes, .end = no_end, .timeout_ms = QUICK_MS};

	for (struct master *m = net->masters; m; m = m->next) {
		struct words words;
		struct err err;

		proc_kill(m->proc);
		m->proc = NULL;
		if (m->at != MASTER_READY || !m->own)
			continue;
		m->at = MASTER_DEAD;
		begin(&words, m);
		add_socket(&words, m);
		add_all(&words, (const char *const[]){"-O", "exit", NULL});
		add_host(&words, m);
		run(m, &words, &how, &err);
	}
}

void outers_free(struct ssh_net *net)
{
	while (net->masters) {
		struct master *m = net->masters;

		net->masters = m->next;
		mem_free(m);
	}
}
