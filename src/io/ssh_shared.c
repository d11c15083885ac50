/* One answer for a fan-out: what was typed for one host is kept until that host has let
 * it in, and then given, once, to each other host of the group whose question is the same
 * to the letter. So a slip of the keyboard locks out nobody, and a code that counts once
 * is asked for again where it is not taken. Main. */
#include "ssh_parts.h"

#include "base/alloc.h"
#include "base/secret.h"

#include <string.h>

struct shared {
	struct shared *next;
	uint64_t id;
	struct conn *by; /* whose answer it is, until that is known to be right */
	uint64_t group;
	enum ssh_asked kind;
	char *user;
	struct untrusted prompt;
	struct secret *answer;
};

static uint64_t group_of(const struct conn *conn)
{
	for (const struct ssh_call *call = conn->calls; call; call = call->next)
		if (!call->over && call->options.group)
			return call->options.group;
	return 0;
}

static struct shared *find(const struct conn *conn, const struct ssh_question *q)
{
	uint64_t group = group_of(conn);

	if (!group || q->echo ||
		(q->kind != SSH_ASK_PASSWORD && q->kind != SSH_ASK_PROMPT))
		return NULL;
	for (struct shared *s = conn->net->shared; s; s = s->next)
		if (s->group == group && s->kind == q->kind &&
			!strcmp(s->user, q->user) && untrusted_eq(s->prompt, q->prompt))
			return s;
	return NULL;
}

static bool was_given(const struct conn *conn, const struct shared *shared)
{
	for (size_t i = 0; i < conn->took_count; i++)
		if (conn->took[i] == shared->id)
			return true;
	return conn->took_count == SHARED_MOST;
}

/* A server that asks again has not taken it: then somebody is asked. */
enum shared_verdict shared_answer(struct conn *conn, const struct ssh_question *q)
{
	struct shared *s = find(conn, q);

	if (!s || s->by == conn || was_given(conn, s))
		return SHARED_NONE;
	if (s->by)
		return SHARED_WAIT;
	conn->took[conn->took_count++] = s->id;
	conn_answer(conn, true, s->answer);
	return SHARED_GIVEN;
}

static void unlink_(struct ssh_net *net, struct shared *shared)
{
	struct shared **at = &net->shared;

	while (*at != shared)
		at = &(*at)->next;
	*at = shared->next;
	untrusted_free(shared->prompt);
	secret_free(shared->answer);
	mem_free(shared->user);
	mem_free(shared);
}

void shared_keep(
	struct conn *conn, const struct ssh_question *q, const struct secret *answer)
{
	struct ssh_net *net = conn->net;
	static uint64_t count;
	struct shared *s = find(conn, q);
	uint64_t group = group_of(conn);

	if (s && s->by == conn) {
		/* It was asked again: the one before was wrong. */
		secret_free(s->answer);
		s->answer = answer ? secret_dup(answer) : NULL;
		if (!answer)
			unlink_(net, s);
		return;
	}
	if (s || !group || !answer || q->echo ||
		(q->kind != SSH_ASK_PASSWORD && q->kind != SSH_ASK_PROMPT))
		return;
	s = mem_new(1, sizeof *s);
	*s = (struct shared){.next = net->shared,
		.id = ++count,
		.by = conn,
		.group = group,
		.kind = q->kind,
		.user = mem_strdup(q->user),
		.prompt = untrusted_keep(q->prompt, LOGIN_PROMPT_BYTES),
		.answer = secret_dup(answer)};
	net->shared = s;
}

void shared_proven(struct conn *conn, bool right)
{
	struct shared *next;

	for (struct shared *s = conn->net->shared; s; s = next) {
		next = s->next;
		if (s->by != conn)
			continue;
		s->by = NULL;
		if (!right)
			unlink_(conn->net, s);
	}
	net_kick(conn->net);
}

size_t shared_others(const struct conn *conn)
{
	uint64_t group = group_of(conn);
	size_t n = 0;

	for (const struct conn *c = conn->net->conns; group && c; c = c->next)
		n += c != conn && c->phase < CONN_READY && group_of(c) == group;
	return n;
}

void shared_sweep(struct ssh_net *net)
{
	struct shared *next;

	for (struct shared *s = net->shared; s; s = next) {
		bool used = false;

		next = s->next;
		for (const struct conn *c = net->conns; c; c = c->next)
			used |= c->phase != CONN_DEAD && group_of(c) == s->group;
		if (!used)
			unlink_(net, s);
	}
}

void shared_free(struct ssh_net *net)
{
	while (net->shared)
		unlink_(net, net->shared);
}
