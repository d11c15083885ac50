/* Key files: each is loaded once, in a task, and copied to every connection that wants
 * it, so that a passphrase is asked for and worked on once for a fan-out of hundreds. A
 * file that has changed since is not looked at again: the net is as old as its user's
 * run. Main, but for the loading. */
#include "ssh_parts.h"

#include "base/alloc.h"
#include "base/secret.h"

#include <string.h>

enum { IDENTITY_TRIES = 3 };

struct waiter {
	struct waiter *next;
	struct conn *conn;
	bool may_ask;
};

struct identity {
	struct task task; /* first */
	struct ssh_net *net;
	struct identity *next;
	char *path;
	char **certificates;
	struct secret *passphrase; /* the task's, while it is loading */
	struct login_key key;
	enum key_verdict verdict;
	bool loading, loaded, asking, refused;
	int tries;
	struct waiter *waiters;
};

static void load_work(struct task *task)
{
	struct identity *identity = (struct identity *)task;

	key_release(&identity->key);
	identity->verdict = key_load(identity->path, identity->passphrase,
		(const char *const *)identity->certificates, &identity->key);
}

/* Those who may be served are; the others wait for the passphrase. */
static void serve(struct identity *identity)
{
	struct waiter **at = &identity->waiters, *w;
	bool locked = identity->verdict == KEY_ENCRYPTED && !identity->refused;

	while ((w = *at)) {
		if (locked && w->may_ask && w->conn) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		if (w->conn)
			conn_key(w->conn, &identity->key);
		mem_free(w);
	}
	if (!identity->waiters || identity->asking)
		return;
	if (identity->tries++ < IDENTITY_TRIES) {
		identity->asking = true;
		net_ask(identity->net, NULL, identity);
		return;
	}
	identity->refused = true;
	serve(identity);
}

static void load_done(struct task *task)
{
	struct identity *identity = (struct identity *)task;

	identity->loading = false;
	secret_free(identity->passphrase);
	identity->passphrase = NULL;
	if (task_cancelled(task))
		identity->verdict = KEY_ABSENT;
	identity->loaded = true;
	serve(identity);
}

static void load(struct identity *identity)
{
	identity->loading = true;
	identity->task = (struct task){
		.work = load_work, .done = load_done, .class = TASK_INTERACTIVE};
	task_submit(identity->net->config.pool, &identity->task);
}

static struct identity *find(
	struct ssh_net *net, const char *path, const char *const *certificates)
{
	struct identity *identity = net->identities;
	size_t n = 0;

	while (identity && strcmp(identity->path, path))
		identity = identity->next;
	if (identity)
		return identity;
	identity = mem_new(1, sizeof *identity);
	identity->net = net;
	identity->path = mem_strdup(path);
	while (certificates && certificates[n])
		n++;
	identity->certificates = mem_new(n + 1, sizeof *identity->certificates);
	while (n--)
		identity->certificates[n] = mem_strdup(certificates[n]);
	identity->next = net->identities;
	net->identities = identity;
	return identity;
}

void identity_want(struct ssh_net *net, struct conn *conn, const char *path, bool may_ask)
{
	struct identity *identity = find(net, path, conn->hop.certificates);
	struct waiter *w = mem_new(1, sizeof *w), **at = &identity->waiters;

	*w = (struct waiter){.conn = conn, .may_ask = may_ask};
	while (*at)
		at = &(*at)->next;
	*at = w;
	if (identity->loading || identity->asking)
		return;
	if (identity->loaded)
		serve(identity);
	else
		load(identity);
}

void identity_answer(struct identity *identity, bool yes, const struct secret *answer)
{
	identity->asking = false;
	if (!yes || !answer) {
		identity->refused = true;
		serve(identity);
		return;
	}
	identity->passphrase = secret_dup(answer);
	load(identity);
}

void identity_question(const struct identity *identity, struct ssh_question *out)
{
	const struct waiter *w = identity->waiters;

	while (w && !w->conn)
		w = w->next;
	*out = (struct ssh_question){.kind = SSH_ASK_PASSPHRASE,
		.host = w ? w->conn->hop.name : "",
		.user = w ? w->conn->hop.user : "",
		.what = identity->path};
}

/* A connection that is gone waits for nothing. */
void identity_forget(struct ssh_net *net, const struct conn *conn)
{
	for (struct identity *i = net->identities; i; i = i->next)
		for (struct waiter *w = i->waiters; w; w = w->next)
			if (w->conn == conn)
				w->conn = NULL;
}

void identities_free(struct ssh_net *net)
{
	struct identity *identity;

	while ((identity = net->identities)) {
		struct waiter *w;

		net->identities = identity->next;
		while ((w = identity->waiters)) {
			identity->waiters = w->next;
			mem_free(w);
		}
		for (size_t i = 0; identity->certificates[i]; i++)
			mem_free(identity->certificates[i]);
		mem_free(identity->certificates);
		mem_free(identity->path);
		key_release(&identity->key);
		secret_free(identity->passphrase);
		mem_free(identity);
	}
}
