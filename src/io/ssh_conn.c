/* One connection, from its place in the queue to its end: the way there, the login as
 * tasks, then the session in slices on main. Hides when libssh may be touched by whom,
 * and how a connection that breaks takes along what goes through it. Main, but for
 * step_work(). */
#include "ssh_parts.h"

#include "base/alloc.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	CONNECT_MS = 15000,
	LOGIN_MS = 30000,
	ALIVE_MS = 15000,
	ALIVE_MISSED = 3,
	IDLE_MS = 60000,
	PUMPS = 64, /* of 4 KiB in a turn, at most */
};

/* --- hops, copied --- */

static char *dup_or_null(const char *text)
{
	return text ? mem_strdup(text) : NULL;
}

static const char *const *dup_list(const char *const *list)
{
	size_t n = 0;
	char **copy;

	while (list && list[n])
		n++;
	if (!list)
		return NULL;
	copy = mem_new(n + 1, sizeof *copy);
	for (size_t i = 0; i < n; i++)
		copy[i] = mem_strdup(list[i]);
	return (const char *const *)copy;
}

static void free_list(const char *const *list)
{
	for (size_t i = 0; list && list[i]; i++)
		mem_free((void *)(uintptr_t)list[i]);
	mem_free((void *)(uintptr_t)list);
}

static void hop_copy(const struct ssh_hop *from, struct ssh_hop *to)
{
	static const char *const none[] = {NULL};

	*to = *from;
	to->name = dup_or_null(from->name);
	to->host = dup_or_null(from->host);
	to->alias = dup_or_null(from->alias);
	to->user = dup_or_null(from->user);
	to->agent = dup_or_null(from->agent);
	to->exchanges = dup_or_null(from->exchanges);
	to->ciphers = dup_or_null(from->ciphers);
	to->macs = dup_or_null(from->macs);
	to->host_key_types = dup_or_null(from->host_key_types);
	to->authority_types = dup_or_null(from->authority_types);
	to->identities = dup_list(from->identities);
	to->certificates = dup_list(from->certificates);
	to->known_hosts = dup_list(from->known_hosts ? from->known_hosts : none);
	to->proxy = dup_list(from->proxy);
}

static void hop_free(struct ssh_hop *hop)
{
	const char *const texts[] = {hop->name, hop->host, hop->alias, hop->user,
		hop->agent, hop->exchanges, hop->ciphers, hop->macs, hop->host_key_types,
		hop->authority_types};
	const char *const *const lists[] = {
		hop->identities, hop->certificates, hop->known_hosts, hop->proxy};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		mem_free((void *)(uintptr_t)texts[i]);
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		free_list(lists[i]);
}

static void key_text(struct str *key, const char *text)
{
	str_printf(key, "%s\n", text ? text : "");
}

static void key_list(struct str *key, const char *const *list)
{
	for (size_t i = 0; list && list[i]; i++)
		str_printf(key, "%s\n", list[i]);
	str_putc(key, '\n');
}

/* All that makes a connection what it is: nobody gets one that was made otherwise. */
static void hop_key(struct str *key, const struct ssh_hop *hop)
{
	const char *const texts[] = {hop->host, hop->alias, hop->user, hop->agent,
		hop->exchanges, hop->ciphers, hop->macs, hop->host_key_types,
		hop->authority_types};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		key_text(key, texts[i]);
	str_printf(key, "%d %d%d%d%d%d\n", hop->port, hop->unknown_refused, hop->no_keys,
		hop->no_password, hop->no_keyboard, hop->listed_only);
	key_list(key, hop->identities);
	key_list(key, hop->certificates);
	key_list(key, hop->known_hosts);
	key_list(key, hop->proxy);
}

/* --- the end --- */

static void close_wire(struct conn *conn)
{
	wire_close(conn->wire);
	conn->wire = NULL;
	if (conn->forward)
		forward_close(conn->forward);
	conn->forward = NULL;
}

static void leave_wire(struct conn *conn)
{
	loop_watch_free(conn->watch);
	conn->watch = NULL;
	if (conn->event) {
		ssh_event_remove_session(conn->event, conn->session);
		ssh_event_free(conn->event);
		conn->event = NULL;
	}
	if (conn->session) {
		ssh_disconnect(conn->session);
		ssh_free(conn->session);
		conn->session = NULL;
	}
	close_wire(conn);
}

static void fail_users(struct conn *conn)
{
	struct err err = conn->err;
	char name[80];

	err_prefix(&err, "through %s: ",
		text_line(untrusted_str(conn->hop.name), name, sizeof name));
	for (struct conn *c = conn->net->conns; c; c = c->next)
		if (c->via == conn && c->phase != CONN_DEAD)
			conn_fail(c, &err);
}

void conn_fail(struct conn *conn, const struct err *err)
{
	if (conn->phase == CONN_DEAD)
		return;
	conn->err = *err;
	conn->phase = CONN_DEAD;
	shared_proven(conn, false);
	loop_timer_stop(conn->timer);
	identity_forget(conn->net, conn);
	net_forget_question(conn->net, conn);
	for (struct ssh_call *call = conn->calls; call; call = call->next)
		call_fail(call, err);
	fail_users(conn);
	while (conn->forwards)
		forward_close(conn->forwards);
	if (!conn->in_task)
		leave_wire(conn);
	net_kick(conn->net);
}

/* With the host before the reason, and what a ProxyCommand said behind it. */
static void fail_here(struct conn *conn, const struct err *why)
{
	const char *said = wire_said(conn->wire);
	struct err err = *why;
	char name[80];

	text_line(untrusted_str(conn->hop.name), name, sizeof name);
	if (why->kind != ERR_REFUSED && !str_starts(why->text, name))
		err_prefix(&err, "%s: ", name);
	if (*said)
		err_prefix(&err, "(its ProxyCommand says: %s) ", said);
	conn_fail(conn, &err);
}

bool conn_is_over(const struct conn *conn)
{
	return conn->phase == CONN_DEAD && !conn->in_task && !conn->calls && !conn->users;
}

void conn_free(struct conn *conn)
{
	if (conn->via)
		conn->via->users--;
	leave_wire(conn);
	agent_filter_free(conn->agent);
	login_release(&conn->login);
	loop_timer_free(conn->timer);
	hop_free(&conn->hop);
	mem_free(conn->key);
	mem_free(conn);
}

/* --- its turn --- */

static void late(void *ctx)
{
	struct conn *conn = ctx;
	struct err err;

	err_set(&err, ERR_TIMEOUT, "no login within %lld s",
		(long long)(conn->login_ms / 1000));
	fail_here(conn, &err);
}

static void clock_on(struct conn *conn)
{
	conn->login_since = time_mono_ms();
	loop_timer_start(conn->timer, conn->login_left_ms);
}

static void clock_off(struct conn *conn)
{
	conn->login_left_ms -= time_mono_ms() - conn->login_since;
	if (conn->login_left_ms < 1)
		conn->login_left_ms = 1;
	loop_timer_stop(conn->timer);
}

static bool on_its_way(const struct conn *conn)
{
	return conn->phase > CONN_QUEUED && conn->phase < CONN_READY;
}

static bool has_turn(const struct conn *conn)
{
	int all = 0, same = 0;

	for (const struct conn *c = conn->net->conns; c; c = c->next) {
		if (!on_its_way(c))
			continue;
		all++;
		same += c->hop.port == conn->hop.port && c->via == conn->via &&
			!strcmp(c->hop.host, conn->hop.host);
	}
	return all < SSH_MAX_OPEN && same < SSH_MAX_HANDSHAKES;
}

static void wire_opened(void *ctx, int fd, const struct err *err)
{
	conn_wire(ctx, fd, err);
}

static void open_wire(struct conn *conn)
{
	const struct wire_how how = {.loop = conn->net->config.loop,
		.host = conn->hop.host,
		.port = conn->hop.port,
		.proxy = conn->hop.proxy,
		.connect_ms = conn->hop.connect_ms ? conn->hop.connect_ms : CONNECT_MS,
		.opened = wire_opened,
		.ctx = conn};

	conn->phase = CONN_WIRE;
	if (conn->via)
		conn->forward = forward_open(conn->via, conn);
	else
		conn->wire = wire_open(&how);
}

static void begin(struct conn *conn)
{
	clock_on(conn);
	open_wire(conn);
}

static struct conn *conn_new(
	struct ssh_net *net, const struct ssh_hop *hop, struct conn *via, char *key)
{
	struct conn *conn = mem_new(1, sizeof *conn);

	conn->net = net;
	conn->key = key;
	conn->via = via;
	if (via)
		via->users++;
	hop_copy(hop, &conn->hop);
	conn->fd = -1;
	conn->login_ms = conn->login_left_ms = LOGIN_MS;
	conn->timer = loop_timer(net->config.loop, late, conn);
	conn->next = net->conns;
	net->conns = conn;
	net_kick(net);
	return conn;
}

static int calls_of(const struct conn *conn)
{
	int n = 0;

	for (const struct ssh_call *call = conn->calls; call; call = call->next)
		n += !call->over;
	return n;
}

struct conn *conn_get(struct ssh_net *net, const struct ssh_target *target)
{
	struct conn *via = NULL, *conn;
	struct str key;

	str_init(&key, 1 << 20);
	for (size_t i = 0; i < target->count; i++) {
		bool last = i + 1 == target->count;

		hop_key(&key, &target->hops[i]);
		for (conn = net->conns; conn; conn = conn->next)
			if (conn->phase != CONN_DEAD && conn->via == via &&
				!strcmp(conn->key, str_text(&key)) &&
				(!last || calls_of(conn) < SSH_MAX_CHANNELS))
				break;
		if (!conn)
			conn = conn_new(
				net, &target->hops[i], via, mem_strdup(str_text(&key)));
		via = conn;
	}
	str_release(&key);
	return via;
}

/* --- the login --- */

static void step_done(struct task *task);

static void step_work(struct task *task)
{
	struct conn *conn = (struct conn *)task;

	conn->wants = login_step(&conn->login);
}

static void open_agent(struct conn *conn)
{
	struct err err;
	int fd = -1;

	conn->agent = agent_filter_new(
		conn->net->config.loop, conn->hop.agent, &conn->login.listed, &fd, &err);
	login_use_agent(&conn->login, fd);
}

static void submit(struct conn *conn)
{
	if (login_at_agent(&conn->login)) {
		if (conn->net->at_agent && conn->net->at_agent != conn) {
			conn->phase = CONN_AGENT;
			return;
		}
		conn->net->at_agent = conn;
		if (conn->hop.listed_only && !conn->agent)
			open_agent(conn);
	}
	conn->phase = CONN_STEP;
	conn->in_task = true;
	conn->task = (struct task){
		.work = step_work, .done = step_done, .class = TASK_INTERACTIVE};
	task_submit(conn->net->config.pool, &conn->task);
}

/* The descriptor is libssh's from here on. */
void conn_wire(struct conn *conn, int fd, const struct err *err)
{
	struct err why;

	if (fd < 0) {
		fail_here(conn, err);
		return;
	}
	if (conn->login.session) {
		login_again(&conn->login, fd);
	} else if (!login_init(&conn->login, &conn->hop, fd, &why)) {
		close(fd);
		fail_here(conn, &why);
		return;
	}
	conn->fd = fd;
	submit(conn);
}

static void on_wire(void *ctx, int events)
{
	struct conn *conn = ctx;

	(void)events;
	loop_watch_free(conn->watch);
	conn->watch = NULL;
	submit(conn);
}

static void on_ready_wire(void *ctx, int events)
{
	(void)events;
	conn_pump(ctx);
}

static void become_ready(struct conn *conn)
{
	loop_timer_stop(conn->timer);
	agent_filter_free(conn->agent);
	conn->agent = NULL;
	conn->session = login_take(&conn->login);
	login_release(&conn->login);
	ssh_set_counters(conn->session, &conn->out, &conn->in);
	conn->event = ssh_event_new();
	if (!conn->event || ssh_event_add_session(conn->event, conn->session)) {
		struct err err;

		err_set(&err, ERR_IO, "libssh cannot wait for it");
		fail_here(conn, &err);
		return;
	}
	conn->phase = CONN_READY;
	shared_proven(conn, true);
	conn->alive_at = conn->heard_at = conn->idle_since = time_mono_ms();
	conn->watch = loop_watch(
		conn->net->config.loop, conn->fd, LOOP_READ, on_ready_wire, conn);
	net_kick(conn->net);
}

static void want_key(struct conn *conn)
{
	conn->phase = CONN_KEY;
	identity_want(conn->net, conn, conn->hop.identities[conn->login.key],
		conn->login.may_ask);
}

void conn_key(struct conn *conn, const struct login_key *key)
{
	struct login *login = &conn->login;
	struct login_key *own = &login->keys[login->key];

	key_release(own);
	key_copy(key, own);
	own->looked = true;
	if (own->encrypted && login->may_ask)
		login->key_absent[login->key] = true;
	submit(conn);
}

static void give_agent(struct conn *conn)
{
	struct ssh_net *net = conn->net;

	if (net->at_agent != conn)
		return;
	net->at_agent = NULL;
	for (struct conn *c = net->conns; c; c = c->next)
		if (c->phase == CONN_AGENT) {
			submit(c);
			return;
		}
}

static void step_done(struct task *task)
{
	struct conn *conn = (struct conn *)task;

	conn->in_task = false;
	give_agent(conn);
	if (conn->phase == CONN_DEAD) {
		leave_wire(conn);
		net_kick(conn->net);
		return;
	}
	if (task_cancelled(task)) {
		err_set(&conn->login.err, ERR_CANCELLED, "stopped");
		conn->wants = LOGIN_HAS_FAILED;
	}
	switch (conn->wants) {
	case LOGIN_WANTS_WIRE:
		conn->phase = CONN_POLL;
		conn->watch = loop_watch(conn->net->config.loop, conn->fd,
			login_events(&conn->login), on_wire, conn);
		break;
	case LOGIN_WANTS_ANSWER:
		conn->phase = CONN_ASKING;
		clock_off(conn);
		net_ask(conn->net, conn, NULL);
		break;
	case LOGIN_WANTS_KEY:
		want_key(conn);
		break;
	case LOGIN_WANTS_TURN:
		submit(conn);
		break;
	case LOGIN_WANTS_ANEW:
		close_wire(conn);
		open_wire(conn);
		break;
	case LOGIN_IS_READY:
		become_ready(conn);
		break;
	case LOGIN_HAS_FAILED:
		fail_here(conn, &conn->login.err);
		break;
	}
}

void conn_question(const struct conn *conn, struct ssh_question *out)
{
	const struct login *login = &conn->login;

	*out = (struct ssh_question){.kind = login->asked,
		.host = conn->hop.name,
		.user = conn->hop.user,
		.what = login->what,
		.prompt = untrusted_make(login->text.p, login->text.n),
		.echo = login->echo,
		.others = shared_others(conn)};
}

void conn_answer(struct conn *conn, bool yes, const struct secret *answer)
{
	if (conn->phase != CONN_ASKING)
		return;
	secret_free(conn->login.answer);
	conn->login.answer = yes && answer ? secret_dup(answer) : NULL;
	conn->login.yes = yes;
	clock_on(conn);
	submit(conn);
}

/* --- a ready one --- */

void conn_arm(struct conn *conn)
{
	int flags = ssh_get_poll_flags(conn->session);

	loop_watch_change(
		conn->watch, LOOP_READ | (flags & SSH_WRITE_PENDING ? LOOP_WRITE : 0));
}

static void lost(struct conn *conn)
{
	struct err err;

	login_error(&err, ERR_NET, conn->session, "the connection broke");
	fail_here(conn, &err);
}

static void drive_all(struct conn *conn)
{
	struct ssh_call *next;
	struct ssh_forward *f, *after;

	for (struct ssh_call *call = conn->calls; call; call = next) {
		next = call->next;
		call_drive(call);
	}
	for (f = conn->forwards; f; f = after) {
		after = forward_next(f);
		forward_drive(f);
	}
}

void conn_pump(struct conn *conn)
{
	int64_t end = loop_slice_end(conn->net->config.loop);
	int rc = SSH_OK;

	for (int i = 0; i < PUMPS && rc != SSH_AGAIN && rc != SSH_ERROR; i++) {
		rc = ssh_event_dopoll(conn->event, 0);
		if (i % 8 == 7 && time_mono_us() > end)
			break;
	}
	drive_all(conn);
	if (conn->phase != CONN_READY)
		return;
	login_acknowledge(conn->fd);
	if (rc == SSH_ERROR || !ssh_is_connected(conn->session)) {
		lost(conn);
		return;
	}
	conn_arm(conn);
}

void conn_drive(struct conn *conn)
{
	struct conn *via = conn->via;

	if (conn->phase == CONN_QUEUED && (!via || via->phase == CONN_READY) &&
		has_turn(conn))
		begin(conn);
	if (conn->phase == CONN_READY) {
		drive_all(conn);
		if (conn->phase == CONN_READY)
			conn_arm(conn);
		return;
	}
	for (struct ssh_call *call = conn->calls; call; call = call->next)
		call_state(call, conn_state(conn));
}

static void ask_alive(struct conn *conn, int64_t now)
{
	int64_t every = conn->hop.alive_ms ? conn->hop.alive_ms : ALIVE_MS;

	if (conn->in.in_bytes != conn->heard_bytes) {
		conn->heard_bytes = conn->in.in_bytes;
		conn->heard_at = now;
	}
	if (now - conn->heard_at > every * ALIVE_MISSED) {
		struct err err;

		err_set(&err, ERR_TIMEOUT, "it shows no sign of life for %lld s",
			(long long)((now - conn->heard_at) / 1000));
		fail_here(conn, &err);
		return;
	}
	if (now - conn->heard_at >= every && now - conn->alive_at >= every / 2) {
		conn->alive_at = now;
		ssh_send_keepalive(conn->session);
		conn_arm(conn);
	}
}

void conn_tick(struct conn *conn, int64_t now)
{
	int64_t idle = conn->net->config.idle_ms ? conn->net->config.idle_ms : IDLE_MS;
	struct err err;

	if (conn->phase != CONN_READY)
		return;
	if (conn->calls || conn->users) {
		conn->idle_since = now;
	} else if (now - conn->idle_since >= idle) {
		err_set(&err, ERR_NONE, "idle");
		conn_fail(conn, &err);
		return;
	}
	ask_alive(conn, now);
}

enum ssh_state conn_state(const struct conn *conn)
{
	switch (conn->phase) {
	case CONN_QUEUED:
		return SSH_WAITING;
	case CONN_WIRE:
		return SSH_CONNECTING;
	case CONN_ASKING:
		return SSH_ASKING;
	case CONN_READY:
		return SSH_STARTING;
	default:
		return SSH_AUTHENTICATING;
	}
}
