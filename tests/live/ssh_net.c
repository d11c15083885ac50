/* Runs one line on hosts, all at once, and tells what came of each:
 *   ssh_net [--key FILE]… [--cert FILE] [--known FILE]… [--agent] [--accept yes|no]
 *           [--say ANSWER]… [--jump USER@HOST:PORT]… [--proxy WORD]… [--repeat N]
 *           [--stop-ms N] [--timeout-ms N] [--login-ms N] [--input TEXT] [--pause-ms N]
 *           [--listed-only]
 *           [--hash] [--strict] [--quiet] [--alive-ms N] [--ca-algorithms LIST]
 *           [--group N] [--program CONFIG --sockets FOLDER] USER@HOST:PORT… -- LINE
 * HOST is an address; the last line names the longest turn of the loop. */
#include "base/alloc.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"
#include "io/ssh.h"
#include "io/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST = 16, HOSTS = 600 };

struct list {
	const char *words[LIST + 1];
	size_t n;
};

static struct list keys, certs, known, answers, proxy, jumps;
static struct loop *loop;
static struct task_pool *pool;
static struct ssh_net *net;
static struct ssh_hop template;
static int running, repeat = 1, answered;
static int64_t group, stop_ms, timeout_ms, login_ms, pause_ms;
static const char *accept_key, *line, *input, *program, *sockets;
static bool quiet;

struct host {
	struct ssh_hop hops[SSH_MAX_HOPS];
	size_t hop_count;
	char texts[SSH_MAX_HOPS][200];
	struct ssh_call *call;
	struct loop_timer *timer;
	struct str out, err;
	uint64_t bytes;
	int64_t started_us;
	int left;
	bool paused;
};

static struct host hosts[HOSTS];
static size_t host_count;

static bool ask(
	void *ctx, const struct ssh_question *q, struct ssh_reply *reply, struct err *err)
{
	static const char *const kinds[] = {
		"host-key", "passphrase", "password", "prompt"};
	struct secret *secret = NULL;

	(void)ctx;
	printf("asked %s %s@%s %s%s\n", kinds[q->kind], q->user, q->host, q->what,
		untrusted_find(q->prompt, "code") >= 0 ? " code" : "");
	if (q->kind == SSH_ASK_HOST_KEY) {
		if (!accept_key)
			return err_set(err, ERR_REFUSED, "there is nobody to ask");
		ssh_answer(reply, !strcmp(accept_key, "yes"), NULL);
		return true;
	}
	if ((size_t)answered >= answers.n)
		return err_set(err, ERR_REFUSED, "there is nobody to ask");
	secret = secret_new(answers.words[answered], strlen(answers.words[answered]));
	answered++;
	ssh_answer(reply, true, secret);
	secret_free(secret);
	return true;
}

static void start(struct host *host);

static void on_bytes(void *ctx, bool is_error, struct untrusted bytes)
{
	struct host *host = ctx;
	size_t n;
	const void *p = text_raw(bytes, &n);

	host->bytes += n;
	str_add(is_error ? &host->err : &host->out, p, n);
	if (pause_ms && !host->paused) {
		host->paused = true;
		ssh_call_pause(host->call, true);
		loop_timer_start(host->timer, pause_ms);
	}
}

static void on_timer(void *ctx)
{
	struct host *host = ctx;

	if (host->paused)
		ssh_call_pause(host->call, false);
	else if (host->call)
		ssh_call_stop(host->call);
}

static void on_end(void *ctx, const struct ssh_end *end)
{
	struct host *host = ctx;
	double ms = (double)(time_mono_us() - host->started_us) / 1000;

	host->call = NULL;
	loop_timer_stop(host->timer);
	if (!quiet) {
		printf("%s %llu bytes%s%s: ", host->hops[host->hop_count - 1].name,
			(unsigned long long)host->bytes, end->stopped ? " stopped" : "",
			end->timed_out ? " timed out" : "");
		if (end->kind == SSH_EXITED)
			printf("exit %d\n", end->exit_code);
		else if (end->kind == SSH_SIGNALED)
			printf("signal %s\n", end->signal);
		else
			printf("%s %s: %s\n", end->kind == SSH_LOST ? "lost" : "failed",
				err_kind_name(end->err.kind), end->err.text);
		if (host->out.n)
			printf("out: %s\n", str_text(&host->out));
		if (host->err.n)
			printf("err: %s\n", str_text(&host->err));
	}
	if (repeat > 1)
		printf("ms %.1f\n", ms);
	str_reset(&host->out);
	str_reset(&host->err);
	host->bytes = 0;
	if (--host->left) {
		start(host);
		return;
	}
	if (!--running)
		loop_stop(loop);
}

static void start(struct host *host)
{
	const struct ssh_call_options options = {
		.target = {host->hops, host->hop_count, program != NULL, program, NULL},
		.line = line,
		.input = input,
		.input_n = input ? strlen(input) : 0,
		.group = (uint64_t)group,
		.timeout_ms = timeout_ms,
		.login_ms = login_ms,
		.bytes = on_bytes,
		.end = on_end,
		.ctx = host};

	host->started_us = time_mono_us();
	host->call = ssh_call_start(net, &options);
	if (stop_ms)
		loop_timer_start(host->timer, stop_ms);
}

/* USER@HOST:PORT */
static void read_hop(const char *word, struct ssh_hop *hop, char *text, size_t size)
{
	char *at, *colon;

	*hop = template;
	snprintf(text, size, "%s", word);
	at = strchr(text, '@');
	colon = strrchr(text, ':');
	if (!at || !colon)
		exit(2);
	*at = *colon = '\0';
	hop->user = text;
	hop->host = hop->name = at + 1;
	hop->port = (int)strtol(colon + 1, NULL, 10);
	hop->proxy = NULL;
}

static void add_host(const char *word)
{
	struct host *host = &hosts[host_count++];

	for (size_t i = 0; i < jumps.n; i++, host->hop_count++)
		read_hop(jumps.words[i], &host->hops[i], host->texts[i],
			sizeof host->texts[i]);
	read_hop(word, &host->hops[host->hop_count], host->texts[host->hop_count],
		sizeof host->texts[0]);
	if (proxy.n)
		host->hops[0].proxy = proxy.words;
	host->hop_count++;
	host->left = repeat;
	str_init(&host->out, quiet ? 1 : 1 << 20);
	str_init(&host->err, 1 << 20);
	host->timer = loop_timer(loop, on_timer, host);
}

static void take_option(const char *name, const char *value)
{
	const struct {
		const char *name;
		struct list *list;
		int64_t *number;
		const char **text;
	} options[] = {
		{"--key", &keys, NULL, NULL},
		{"--cert", &certs, NULL, NULL},
		{"--known", &known, NULL, NULL},
		{"--say", &answers, NULL, NULL},
		{"--proxy", &proxy, NULL, NULL},
		{"--jump", &jumps, NULL, NULL},
		{"--stop-ms", NULL, &stop_ms, NULL},
		{"--timeout-ms", NULL, &timeout_ms, NULL},
		{"--login-ms", NULL, &login_ms, NULL},
		{"--pause-ms", NULL, &pause_ms, NULL},
		{"--alive-ms", NULL, &template.alive_ms, NULL},
		{"--accept", NULL, NULL, &accept_key},
		{"--group", NULL, &group, NULL},
		{"--input", NULL, NULL, &input},
		{"--program", NULL, NULL, &program},
		{"--sockets", NULL, NULL, &sockets},
		{"--ca-algorithms", NULL, NULL, &template.authority_types},
	};

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		if (strcmp(name, options[i].name))
			continue;
		if (options[i].list)
			options[i].list->words[options[i].list->n++] = value;
		else if (options[i].number)
			*options[i].number = strtol(value, NULL, 10);
		else
			*options[i].text = value;
		return;
	}
	if (strcmp(name, "--repeat"))
		exit(2);
	repeat = (int)strtol(value, NULL, 10);
}

int main(int argc, char **argv)
{
	struct ssh_net_how config = {.ask = ask};
	const char *words[HOSTS];
	size_t count = 0;
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--agent"))
			template.agent = getenv("SSH_AUTH_SOCK");
		else if (!strcmp(argv[i], "--listed-only"))
			template.listed_only = true;
		else if (!strcmp(argv[i], "--hash"))
			template.hashes_names = true;
		else if (!strcmp(argv[i], "--strict"))
			template.unknown_refused = true;
		else if (!strcmp(argv[i], "--quiet"))
			quiet = true;
		else if (argv[i][0] == '-')
			take_option(argv[i], argv[i + 1]), i++;
		else
			words[count++] = argv[i];
	}
	line = argv[i + 1];
	template.identities = keys.words;
	template.certificates = certs.words;
	template.known_hosts = known.words;
	config.loop = loop = loop_new();
	config.pool = pool = task_pool_new(loop);
	config.sockets = sockets;
	net = ssh_net_new(&config);
	for (size_t k = 0; k < count; k++)
		add_host(words[k]);
	running = (int)count;
	for (size_t k = 0; k < count; k++)
		start(&hosts[k]);
	loop_run(loop);
	ssh_net_end(net);
	task_pool_free(pool);
	ssh_net_free(net);
	for (size_t k = 0; k < count; k++) {
		loop_timer_free(hosts[k].timer);
		str_release(&hosts[k].out);
		str_release(&hosts[k].err);
	}
	printf("longest turn %.1f ms\n", (double)loop_longest(loop).cpu_us / 1000);
	loop_free(loop);
	return 0;
}
