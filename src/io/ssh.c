/* The net of connections: what can go on is driven from one timer, what is over is swept
 * there, so that no callback has anything freed under it; questions are put one after the
 * other. Hides who waits for whom. Main. */
#include "ssh_parts.h"

#include "base/alloc.h"
#include "base/time.h"
#include "io/loop.h"

enum { TICK_MS = 1000 };

void net_kick(struct ssh_net *net)
{
	if (!loop_timer_active(net->kick))
		loop_timer_start(net->kick, 0);
}

/* --- questions --- */

static void settle(struct ssh_reply *reply, bool yes, const struct secret *answer)
{
	struct ssh_question question;

	if (reply->conn) {
		conn_question(reply->conn, &question);
		shared_keep(reply->conn, &question, yes ? answer : NULL);
		conn_answer(reply->conn, yes, answer);
	} else if (reply->identity) {
		identity_answer(reply->identity, yes, answer);
	}
}

static void nobody(struct ssh_reply *reply, const struct err *err)
{
	struct ssh_question question;
	struct err why;

	if (reply->identity) {
		identity_answer(reply->identity, false, NULL);
		return;
	}
	if (!reply->conn)
		return;
	conn_question(reply->conn, &question);
	/* A way to log in that needs somebody is not taken; others may do. */
	if (question.kind != SSH_ASK_HOST_KEY) {
		conn_answer(reply->conn, false, NULL);
		return;
	}
	err_set(&why, ERR_REFUSED,
		"%s is refused: its host key is not known (%s), and %s", question.host,
		question.what, err->text);
	conn_fail(reply->conn, &why);
}

static void take_out(struct ssh_reply *reply)
{
	struct ssh_reply **at = &reply->net->replies;

	while (*at != reply)
		at = &(*at)->next;
	*at = reply->next;
}

void ssh_answer(struct ssh_reply *reply, bool yes, const struct secret *answer)
{
	struct ssh_net *net = reply->net;

	take_out(reply);
	settle(reply, yes, answer);
	mem_free(reply);
	net_kick(net);
}

/* The first that somebody has to be asked; those on the way to it are answered by what is
 * known, or wait for that. */
static struct ssh_reply *next_reply(struct ssh_net *net, struct ssh_question *question)
{
	struct ssh_reply *next;

	for (struct ssh_reply *reply = net->replies; reply; reply = next) {
		enum shared_verdict verdict = SHARED_NONE;

		next = reply->next;
		if (reply->asked)
			return NULL;
		if (reply->conn) {
			conn_question(reply->conn, question);
			verdict = shared_answer(reply->conn, question);
		} else if (reply->identity) {
			identity_question(reply->identity, question);
		} else {
			verdict = SHARED_GIVEN;
		}
		if (verdict == SHARED_NONE)
			return reply;
		if (verdict == SHARED_WAIT)
			continue;
		take_out(reply);
		mem_free(reply);
		net_kick(net);
	}
	return NULL;
}

static void put(struct ssh_net *net)
{
	const struct ssh_net_how *config = &net->config;
	struct ssh_question question;
	struct err err = {0};
	struct ssh_reply *reply;

	for (reply = net->replies; reply; reply = reply->next)
		if (reply->asked)
			return;
	reply = next_reply(net, &question);
	if (!reply)
		return;
	reply->asked = true;
	if (!config->ask)
		err_set(&err, ERR_REFUSED, "there is nobody to ask");
	else if (config->ask(config->ctx, &question, reply, &err))
		return;
	take_out(reply);
	nobody(reply, &err);
	mem_free(reply);
	net_kick(net);
}

void net_ask(struct ssh_net *net, struct conn *conn, struct identity *identity)
{
	struct ssh_reply *reply = mem_new(1, sizeof *reply), **at = &net->replies;

	*reply = (struct ssh_reply){.net = net, .conn = conn, .identity = identity};
	while (*at)
		at = &(*at)->next;
	*at = reply;
	net_kick(net);
}

void net_forget_question(struct ssh_net *net, struct conn *conn)
{
	for (struct ssh_reply *r = net->replies; r; r = r->next)
		if (r->conn == conn)
			r->conn = NULL;
}

/* --- sweeping --- */

static void sweep_calls(struct ssh_call **at)
{
	struct ssh_call *call;

	while ((call = *at)) {
		if (!call->over) {
			at = &call->next;
			continue;
		}
		*at = call->next;
		call_free(call);
	}
}

/* Nobody waits any more for a connection that is not made yet. */
static void give_up(struct conn *conn)
{
	struct err err;

	if (conn->calls || conn->users || conn->phase >= CONN_READY)
		return;
	err_set(&err, ERR_CANCELLED, "stopped");
	conn_fail(conn, &err);
}

static void sweep(struct ssh_net *net)
{
	struct conn **at = &net->conns, *conn;

	shared_sweep(net);
	sweep_calls(&net->outers);
	for (conn = net->conns; conn; conn = conn->next) {
		sweep_calls(&conn->calls);
		give_up(conn);
	}
	while ((conn = *at)) {
		if (!conn_is_over(conn)) {
			at = &conn->next;
			continue;
		}
		*at = conn->next;
		/* The hop before it may be over now, too. */
		if (conn->via)
			net_kick(net);
		conn_free(conn);
	}
}

static void on_kick(void *ctx)
{
	struct ssh_net *net = ctx;

	/* Whoever is driven may start more, which is put in front: seen the next time. */
	for (struct conn *conn = net->conns; conn; conn = conn->next)
		conn_drive(conn);
	put(net);
	sweep(net);
	if (net->conns && !loop_timer_active(net->tick))
		loop_timer_start(net->tick, TICK_MS);
}

static void on_tick(void *ctx)
{
	struct ssh_net *net = ctx;
	int64_t now = time_mono_ms();

	for (struct conn *conn = net->conns; conn; conn = conn->next)
		conn_tick(conn, now);
	if (net->conns)
		loop_timer_start(net->tick, TICK_MS);
}

struct ssh_net *ssh_net_new(const struct ssh_net_how *config)
{
	struct ssh_net *net = mem_new(1, sizeof *net);

	net->config = *config;
	net->sockets = config->sockets ? mem_strdup(config->sockets) : NULL;
	net->kick = loop_timer(config->loop, on_kick, net);
	net->tick = loop_timer(config->loop, on_tick, net);
	return net;
}

void ssh_net_end(struct ssh_net *net)
{
	struct err err;

	if (!net)
		return;
	err_set(&err, ERR_CANCELLED, "oogway ended");
	for (struct conn *conn = net->conns; conn; conn = conn->next)
		conn_fail(conn, &err);
	for (struct ssh_call *call = net->outers; call; call = call->next)
		call_fail(call, &err);
	outers_end(net);
}

void ssh_net_free(struct ssh_net *net)
{
	struct ssh_reply *reply;

	if (!net)
		return;
	/* Each time those go that nobody went through any more. */
	for (int i = 0; i <= SSH_MAX_HOPS; i++)
		sweep(net);
	while ((reply = net->replies)) {
		net->replies = reply->next;
		mem_free(reply);
	}
	identities_free(net);
	shared_free(net);
	outers_free(net);
	mem_free(net->sockets);
	loop_timer_free(net->kick);
	loop_timer_free(net->tick);
	mem_free(net);
}
