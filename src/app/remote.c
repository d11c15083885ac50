/* Joins fan-outs to the program. A wish waits for its inventory, which a task reads, as
 * a home may lie on a dead file server; then its fan asks. What SSH has to ask on the way
 * is put through the front, one at a time, and again while another question is open.
 * Hides where a group comes from and which fans are kept. Main thread. */
#include "remote_parts.h"

#include "app/alerts.h"
#include "app/audits.h"
#include "app/runs.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/task.h"
#include "model/alert.h"
#include "ops/redact.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDER = 4096, AGAIN_MS = 250, USER = 80, FRESH_MS = 3000 };

/* A wish on its way to a fan. */
struct request {
	struct task task; /* first */
	struct remote *remote;
	struct request *next;
	struct remote_wish wish; /* its texts are ours */
	char *shell;             /* the host of a terminal, instead of a wish; or NULL */
	char *from, *to;         /* of a copy, instead of a wish; or NULL */
	bool gets;
	char *pattern, *origin, *source, *alert_hosts;
	struct untrusted id;
	char **argv;
	char *home, *agent, user[USER], host[128];
	bool foreign_home;
	struct inventory *inventory; /* the task's, until it is done */
};

struct entry {
	struct remote *remote;
	struct fan *fan;
	struct followed *tail; /* of one that follows, or NULL */
	char *profile;
};

/* What SSH waits for an answer to. */
struct asking {
	struct ssh_reply *reply;
	enum ssh_asked kind;
	char text[1000];
	bool echo, put;
};

/* A fan of a runbook's step. */
struct step {
	const struct run *run; /* NULL: it is over */
	struct fan *fan;
	bool alone; /* nobody has asked for it */
	struct step *next;
};

struct remote {
	struct app *app;
	struct inventory *inventory; /* for steps, as it was read last */
	int64_t read_at;             /* monotonic */
	struct step *steps;
	struct shell *shell; /* or NULL */
	struct copy *copy;   /* or NULL */
	char copied[300];    /* what came of the last one, or "" */
	struct loop_timer *sweep;
	struct ssh_net *net;
	struct request *requests;
	struct entry *list[REMOTE_MAX_FANS]; /* the newest first */
	size_t count;
	struct asking asking;
	struct loop_timer *timer; /* to ask again */
	struct err failed;        /* of the newest wish, which came to no fan */
	bool ended;
};

/* --- what SSH asks --- */

static void settle(struct remote *remote, bool yes, const struct secret *typed)
{
	struct ssh_reply *reply = remote->asking.reply;

	remote->asking = (struct asking){0};
	if (reply)
		ssh_answer(reply, yes, typed);
}

static void answered(void *ctx, bool yes)
{
	settle(ctx, yes, NULL);
}

static void typed(void *ctx, const struct secret *secret)
{
	/* Should a host say it again, it is not kept. */
	if (secret)
		redact_know(secret);
	settle(ctx, secret != NULL, secret);
}

static void put_question(void *ctx)
{
	struct remote *remote = ctx;
	struct asking *asking = &remote->asking;
	const struct front *front = &remote->app->front;
	struct question question = {
		.text = asking->text, .answer = answered, .waits = true, .ctx = remote};
	struct err err = {0};

	if (!asking->reply || asking->put)
		return;
	if (asking->kind != SSH_ASK_HOST_KEY) {
		question.typed = typed;
		question.echo = asking->echo;
	}
	asking->put = true;
	if (front->ask(front->ctx, &question, &err))
		return;
	asking->put = false;
	if (err.kind == ERR_BUSY)
		loop_timer_start(remote->timer, AGAIN_MS);
	else
		settle(remote, false, NULL);
}

static void question_text(const struct ssh_question *q, char *out, size_t size)
{
	char host[120], user[80], what[700], prompt[400], others[80] = "";

	if (q->others && !q->echo)
		snprintf(others, sizeof others,
			"\nIt serves the %zu other host%s that ask the same", q->others,
			q->others == 1 ? "" : "s");
	text_line(untrusted_str(q->host), host, sizeof host);
	text_line(untrusted_str(q->user), user, sizeof user);
	text_line(untrusted_str(q->what), what, sizeof what);
	switch (q->kind) {
	case SSH_ASK_HOST_KEY:
		snprintf(out, size,
			"%s shows a host key that is not known:\n  %s\nCompare it with "
			"what its owner says. Trust it, and keep it in known_hosts?",
			host, what);
		break;
	case SSH_ASK_PASSPHRASE:
		snprintf(out, size, "passphrase of %s, to reach %s", what, host);
		break;
	case SSH_ASK_PASSWORD:
		snprintf(out, size, "password of %s on %s%s", user, host, others);
		break;
	default:
		snprintf(out, size, "%s asks %s: %s%s", host, user,
			text_line(q->prompt, prompt, sizeof prompt), others);
	}
}

/* All that is under way runs by itself: nobody sits there who knows what is asked. */
static bool is_alone(const struct remote *remote)
{
	bool any = false;

	if (remote->shell || remote->copy)
		return false;
	for (size_t i = 0; i < remote->count; i++)
		if (!fan_is_over(remote->list[i]->fan))
			return false;
	for (const struct step *step = remote->steps; step; step = step->next) {
		if (!step->run)
			continue;
		if (!step->alone)
			return false;
		any = true;
	}
	return any;
}

/* A script answers no question of this kind, whatever --yes says: it was given for what
 * is to be run, and not for whom to trust. */
static bool ask(void *ctx, const struct ssh_question *question, struct ssh_reply *reply,
	struct err *err)
{
	struct remote *remote = ctx;
	struct app *app = remote->app;

	if (!app->live || !app->front.ask || is_alone(remote))
		return err_set(err, ERR_REFUSED, "there is nobody to ask");
	remote->asking = (struct asking){
		.reply = reply, .kind = question->kind, .echo = question->echo};
	question_text(question, remote->asking.text, sizeof remote->asking.text);
	loop_timer_start(remote->timer, 0);
	return true;
}

/* --- life --- */

static void sweep_steps(void *ctx)
{
	struct remote *remote = ctx;
	struct step **at = &remote->steps, *step;

	while ((step = *at)) {
		if (step->run) {
			at = &step->next;
			continue;
		}
		*at = step->next;
		fan_free(step->fan);
		mem_free(step);
	}
}

struct remote *remote_new(struct app *app)
{
	struct remote *remote = mem_new(1, sizeof *remote);

	remote->app = app;
	remote->timer = loop_timer(app->loop, put_question, remote);
	remote->sweep = loop_timer(app->loop, sweep_steps, remote);
	return remote;
}

static struct ssh_net *net_of(struct remote *remote)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	char sockets[FOLDER];
	const struct ssh_net_how how = {.loop = remote->app->loop,
		.pool = remote->app->pool,
		.ask = ask,
		.ctx = remote,
		.sockets = sockets};

	if (remote->net)
		return remote->net;
	/* Where long names and file servers are no matter. */
	if (run && *run == '/' && strlen(run) < 50)
		snprintf(sockets, sizeof sockets, "%s/oogway-ssh", run);
	else
		snprintf(sockets, sizeof sockets, "/tmp/oogway-ssh-%u",
			(unsigned)getuid());
	remote->net = ssh_net_new(&how);
	return remote->net;
}

static void entry_free(struct entry *entry)
{
	if (!entry)
		return;
	fan_free(entry->fan);
	followed_free(entry->tail);
	mem_free(entry->profile);
	mem_free(entry);
}

static void request_free(struct request *request)
{
	char *const texts[] = {request->pattern, request->origin, request->source,
		request->alert_hosts, request->home, request->agent, request->shell,
		request->from, request->to};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		mem_free(texts[i]);
	for (size_t i = 0; request->argv && request->argv[i]; i++)
		mem_free(request->argv[i]);
	mem_free(request->argv);
	untrusted_free(request->id);
	inventory_free(request->inventory);
	mem_free(request);
}

void remote_end(struct remote *remote)
{
	remote->ended = true;
	for (size_t i = 0; i < remote->count; i++)
		fan_end(remote->list[i]->fan);
	for (struct step *step = remote->steps; step; step = step->next)
		fan_end(step->fan);
	if (remote->shell)
		remote_shell_end(remote->shell);
	if (remote->copy)
		remote_copy_end(remote->copy);
	ssh_net_end(remote->net);
}

void remote_free(struct remote *remote)
{
	if (!remote)
		return;
	while (remote->requests) {
		struct request *request = remote->requests;

		remote->requests = request->next;
		request_free(request);
	}
	for (size_t i = 0; i < remote->count; i++)
		entry_free(remote->list[i]);
	for (struct step *step = remote->steps; step; step = step->next)
		step->run = NULL;
	sweep_steps(remote);
	remote_shell_free(remote->shell);
	remote_copy_free(remote->copy);
	inventory_free(remote->inventory);
	ssh_net_free(remote->net);
	loop_timer_free(remote->timer);
	loop_timer_free(remote->sweep);
	mem_free(remote);
}

/* --- groups --- */

bool remote_alert_host(const struct alert *alert, char *out, size_t size)
{
	static const char *const names[] = {
		"host", "hostname", "node", "nodename", "server", "instance"};

	for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
		for (size_t i = 0; i < alert->label_count; i++) {
			struct pair pair = alert_label(alert, i);
			struct untrusted host = pair.value, rest;

			if (!untrusted_is(pair.name, names[n]))
				continue;
			if (untrusted_find(host, "://") >= 0)
				host = untrusted_slice(host,
					(size_t)untrusted_find(host, "://") + 3,
					SIZE_MAX);
			rest = host;
			/* The port is that of an exporter, not of sshd. */
			untrusted_split(&rest, ":/", &host);
			if (text_to_id(host, out, size) && host_name_good(out))
				return true;
		}
	return false;
}

struct groups {
	const struct inventory *inventory; /* NULL: no names are known */
	const char *alert_hosts;           /* or NULL */
	const struct rc *rc;
};

static const char *find_group(void *ctx, const char *name)
{
	const struct groups *groups = ctx;

	if (!strcmp(name, "alert"))
		return groups->alert_hosts;
	for (size_t i = 0; i < groups->rc->host_group_count; i++)
		if (!strcmp(groups->rc->host_groups[i].name, name))
			return groups->rc->host_groups[i].pattern;
	return NULL;
}

/* Names of the ssh configuration, then the plain words of all groups. */
static const char *known_name(void *ctx, size_t i)
{
	const struct groups *groups = ctx;
	size_t n = 0;

	while (groups->inventory && inventory_name(groups->inventory, n))
		n++;
	if (i < n)
		return inventory_name(groups->inventory, i);
	return i - n < groups->rc->host_name_count ? groups->rc->host_names[i - n] : NULL;
}

bool remote_hosts(const struct app *app, const struct inventory *inventory,
	const char *pattern, struct host_list *out, struct err *err)
{
	struct groups groups = {inventory, NULL, app->rc};
	const struct host_groups of = {find_group, known_name, &groups};

	return hosts_of(&of, pattern, out, err);
}

bool remote_in_group(void *app, const char *group, const char *host, bool *known)
{
	struct groups groups = {NULL, NULL, ((struct app *)app)->rc};
	const struct host_groups of = {find_group, known_name, &groups};
	const char *pattern = find_group(&groups, group);
	struct host_list list = {0};
	struct err err;
	bool in = false;

	*known = pattern && hosts_of(&of, pattern, &list, &err);
	for (size_t i = 0; i < list.count; i++) {
		const char *name = strchr(list.names[i], '@');
		size_t n;

		name = name ? name + 1 : list.names[i];
		n = strcspn(name, ":");
		in |= !strcmp(list.names[i], host) ||
		      (strlen(host) == n && !strncmp(name, host, n));
	}
	host_list_release(&list);
	return in;
}

/* Of the lines that match the last. */
static enum transport transport_of(void *ctx, const char *host)
{
	const struct rc *rc = ((struct app *)ctx)->rc;

	for (size_t i = rc->transport_count; i-- > 0;)
		for (const char *at = rc->transports[i].hosts; *at; at += *at == ',') {
			size_t n = strcspn(at, ",");
			char word[INVENTORY_NAME];
			bool known;

			snprintf(word, sizeof word, "%.*s", (int)n, at);
			at += n;
			if (*word == '@' ? remote_in_group(ctx, word + 1, host, &known)
					 : glob_match(word, host))
				return (enum transport)rc->transports[i].transport;
		}
	return TRANSPORT_AUTO;
}

/* --- a wish --- */

static void changed(void *ctx)
{
	app_changed(((struct entry *)ctx)->remote->app, CHANGED_REMOTE | CHANGED_AUDIT);
}

static void on_bytes(void *ctx, size_t host, bool is_error, struct untrusted bytes)
{
	struct entry *entry = ctx;

	(void)is_error;
	followed_add(entry->tail, host, bytes);
	app_changed(entry->remote->app, CHANGED_REMOTE);
}

static void ended(void *ctx)
{
	const struct entry *entry = ctx;
	const struct fan *fan = entry->fan;
	char summary[200];

	if (fan_refusal(fan)->kind || entry->remote->ended)
		return;
	app_notice(entry->remote->app, fan_in_state(fan, FAN_DONE) != fan_count(fan),
		"%.80s: %s", fan_command(fan), fan_summary(fan, summary, sizeof summary));
}

static bool still(void *ctx, char *why, size_t size)
{
	const struct entry *entry = ctx;

	if (!strcmp(entry->remote->app->rc->profile, entry->profile))
		return true;
	snprintf(why, size, "the profile has changed since it was asked for");
	return false;
}

/* The oldest that is over makes way. */
static bool make_room(struct remote *remote)
{
	for (size_t i = remote->count; remote->count == REMOTE_MAX_FANS && i-- > 0;) {
		if (!fan_is_over(remote->list[i]->fan))
			continue;
		entry_free(remote->list[i]);
		remote->count--;
		memmove(remote->list + i, remote->list + i + 1,
			(remote->count - i) * sizeof *remote->list);
	}
	return remote->count < REMOTE_MAX_FANS;
}

static struct fan *make_fan(struct request *request, struct entry *entry, struct err *err)
{
	struct remote *remote = request->remote;
	struct app *app = remote->app;
	struct groups groups = {request->inventory, request->alert_hosts, app->rc};
	const struct host_groups of = {find_group, known_name, &groups};
	char folder[FOLDER - 8], files[FOLDER];
	struct host_list hosts = {0};
	struct fan *fan;

	if (!file_state_folder(folder, sizeof folder, err) ||
		!hosts_of(&of, request->pattern, &hosts, err))
		return NULL;
	snprintf(files, sizeof files, "%s/runs", folder);
	fan = fan_new(&(struct fan_how){.loop = app->loop,
			      .pool = app->pool,
			      .net = net_of(remote),
			      .door = runs_door(app->runs),
			      .inventory = request->inventory,
			      .folder = files,
			      .profile = app->rc->profile,
			      .user = request->user,
			      .still = still,
			      .bytes = request->wish.follows ? on_bytes : NULL,
			      .changed = changed,
			      .ended = ended,
			      .ctx = entry},
		&(struct fan_wish){.pattern = request->pattern,
			.hosts = (const char *const *)hosts.names,
			.host_count = hosts.count,
			.argv = (const char *const *)request->argv,
			.origin = request->origin,
			.source = request->source,
			.id = request->id,
			.width = request->wish.width,
			.serial = request->wish.serial,
			.most_failed = request->wish.most_failed,
			.canary = request->wish.canary,
			.timeout_ms = request->wish.timeout_ms},
		err);
	host_list_release(&hosts);
	return fan;
}

static bool make_entry(struct request *request, struct err *err)
{
	struct remote *remote = request->remote;
	struct entry *entry;

	if (!make_room(remote))
		return err_set(
			err, ERR_LIMIT, "%d commands are under way", REMOTE_MAX_FANS);
	entry = mem_new(1, sizeof *entry);
	entry->remote = remote;
	entry->profile = mem_strdup(remote->app->rc->profile);
	entry->fan = make_fan(request, entry, err);
	if (!entry->fan) {
		entry_free(entry);
		return false;
	}
	if (request->wish.follows)
		entry->tail = followed_new(entry->fan);
	memmove(remote->list + 1, remote->list, remote->count * sizeof *remote->list);
	remote->list[0] = entry;
	remote->count++;
	app_changed(remote->app, CHANGED_REMOTE);
	return fan_ask(entry->fan, err) || fan_give_up(entry->fan, err);
}

static void read_work(struct task *task)
{
	struct request *request = (struct request *)task;

	request->inventory = inventory_read(&(struct inventory_how){.home = request->home,
		.user = request->user,
		.host = request->host,
		.agent = request->agent,
		.foreign_home = request->foreign_home,
		.transport = transport_of,
		.ctx = request->remote->app});
}

static bool go_on(struct request *request, struct err *err)
{
	if (request->shell)
		return remote_shell_open(request->remote, request->inventory,
			request->shell, request->origin, err);
	if (request->from)
		return remote_copy_open(request->remote, request->inventory,
			&(struct remote_copy_wish){request->gets, request->from,
				request->to, request->origin},
			err);
	return !request->pattern || make_entry(request, err);
}

static void read_done(struct task *task)
{
	struct request *request = (struct request *)task, **at;
	struct remote *remote = request->remote;
	struct err err = {0};

	for (at = &remote->requests; *at != request; at = &(*at)->next)
		continue;
	*at = request->next;
	if (request->inventory) {
		inventory_free(remote->inventory);
		remote->inventory = inventory_share(request->inventory);
		remote->read_at = time_mono_ms();
	}
	if (!remote->ended && !task_cancelled(task) && !go_on(request, &err)) {
		remote->failed = err;
		/* A script hears of it by its outcome. */
		if (remote->app->live)
			app_notice(remote->app, true, "%s", err.text);
	}
	request_free(request);
	if (remote->inventory && !remote->ended)
		runs_go_on(remote->app->runs);
}

static void take_alerts(struct request *request, const struct remote_wish *wish)
{
	const struct app *app = request->remote->app;
	struct str hosts;
	char host[INVENTORY_NAME];

	str_init(&hosts, 64 << 10);
	for (size_t i = 0; i < wish->alert_count; i++) {
		const struct alert *alert = alerts_find(app->alerts, wish->alerts[i]);

		if (!alert || !remote_alert_host(alert, host, sizeof host))
			continue;
		str_printf(&hosts, "%s%s", hosts.n ? " " : "", host);
		if (request->source)
			continue;
		request->source =
			mem_strdup(sources_row(app->sources, alert->source)->name);
		request->id = untrusted_keep(alert_text(alert, ALERT_ID), 1000);
	}
	if (hosts.n && !hosts.cut)
		request->alert_hosts = mem_strdup(str_text(&hosts));
	str_release(&hosts);
}

static void take_user(struct request *request)
{
	const struct passwd *me = getpwuid(getuid());
	const char *home = getenv("HOME"), *agent = getenv("SSH_AUTH_SOCK");

	if (me)
		text_line(
			untrusted_str(me->pw_name), request->user, sizeof request->user);
	else
		snprintf(
			request->user, sizeof request->user, "uid%u", (unsigned)getuid());
	request->home = mem_strdup(home ? home : me ? me->pw_dir : "");
	/* The installed ssh asks the account for its home, not the environment. */
	request->foreign_home = me && strcmp(request->home, me->pw_dir) != 0;
	request->agent = agent && *agent ? mem_strdup(agent) : NULL;
	str_copy(request->host, sizeof request->host, request->remote->app->host);
}

static struct request *request_new(struct remote *remote)
{
	struct request *request = mem_new(1, sizeof *request);

	request->remote = remote;
	take_user(request);
	request->task = (struct task){
		.work = read_work, .done = read_done, .class = TASK_INTERACTIVE};
	return request;
}

static void submit(struct request *request)
{
	struct remote *remote = request->remote;

	request->next = remote->requests;
	remote->requests = request;
	task_submit(remote->app->pool, &request->task);
}

bool remote_run(struct remote *remote, const struct remote_wish *wish, struct err *err)
{
	struct request *request;
	size_t n = 0;

	for (request = remote->requests; request; request = request->next)
		if (request->pattern)
			return err_set(err, ERR_BUSY, "one is being looked up already");
	request = request_new(remote);
	request->wish = *wish;
	request->pattern = mem_strdup(wish->pattern);
	request->origin = mem_strdup(wish->origin);
	while (wish->argv[n])
		n++;
	request->argv = mem_new(n + 1, sizeof *request->argv);
	for (size_t i = 0; i < n; i++)
		request->argv[i] = mem_strdup(wish->argv[i]);
	if (strstr(wish->pattern, "@alert")) {
		take_alerts(request, wish);
		if (!request->alert_hosts) {
			request_free(request);
			return err_set(err, ERR_USAGE,
				"@alert: no alert is selected whose labels name a host");
		}
	}
	remote->failed = (struct err){0};
	submit(request);
	return true;
}

/* --- a terminal --- */

struct app *remote_app(struct remote *remote)
{
	return remote->app;
}

struct ssh_net *remote_net(struct remote *remote)
{
	return net_of(remote);
}

void remote_shell_begun(struct remote *remote, struct shell *shell)
{
	remote->shell = shell;
}

void remote_shell_over(struct remote *remote)
{
	remote->shell = NULL;
}

bool remote_shell(
	struct remote *remote, const char *host, const char *origin, struct err *err)
{
	struct request *request;

	if (!host_name_good(host))
		return err_set(err, ERR_USAGE, "%.80s is no host", host);
	if (remote->shell)
		return err_set(err, ERR_BUSY, "one terminal at a time");
	request = request_new(remote);
	request->shell = mem_strdup(host);
	request->origin = mem_strdup(origin);
	submit(request);
	return true;
}

/* --- a copy --- */

void remote_copy_begun(struct remote *remote, struct copy *copy)
{
	remote->copy = copy;
}

void remote_copy_over(struct remote *remote, const struct err *why, const char *said)
{
	remote->copy = NULL;
	if (why)
		remote->failed = *why;
	str_copy(remote->copied, sizeof remote->copied, why ? "" : said);
	if (remote->app->live && !remote->ended && (!why || why->kind != ERR_CANCELLED))
		app_notice(remote->app, why != NULL, "%s", why ? why->text : said);
}

bool remote_copy(struct remote *remote, bool gets, const char *from, const char *to,
	const char *origin, struct err *err)
{
	struct request *request;

	if (remote->copy)
		return err_set(err, ERR_BUSY, "one file at a time: remote stop ends it");
	request = request_new(remote);
	request->gets = gets;
	request->from = mem_strdup(from);
	request->to = to ? mem_strdup(to) : NULL;
	request->origin = mem_strdup(origin);
	remote->failed = (struct err){0};
	remote->copied[0] = '\0';
	submit(request);
	return true;
}

/* --- steps --- */

struct inventory *remote_inventory(struct remote *remote, struct err *err)
{
	bool old = !remote->inventory || time_mono_ms() - remote->read_at > FRESH_MS;

	if (old && !remote->requests && !remote->app->live) {
		struct request *request = request_new(remote);

		read_work(&request->task);
		remote->inventory = request->inventory;
		remote->read_at = time_mono_ms();
		request->inventory = NULL;
		request_free(request);
	} else if (old && !remote->requests) {
		submit(request_new(remote));
	}
	if (!remote->inventory)
		err_set(err, ERR_BUSY, "the ssh configuration is being read");
	return remote->inventory;
}

struct fan *remote_step(struct remote *remote, struct run *run, const struct fan_how *how,
	const struct fan_wish *wish, struct err *err)
{
	struct app *app = remote->app;
	struct fan_how whole = *how;
	char folder[FOLDER - 8], files[FOLDER];
	struct step *step;

	if (!file_state_folder(folder, sizeof folder, err))
		return NULL;
	snprintf(files, sizeof files, "%s/runs", folder);
	whole.loop = app->loop;
	whole.pool = app->pool;
	whole.net = net_of(remote);
	whole.door = runs_door(app->runs);
	whole.inventory = remote_inventory(remote, err);
	whole.folder = files;
	whole.profile = app->rc->profile;
	whole.user = "";
	if (!whole.inventory)
		return NULL;
	step = mem_new(1, sizeof *step);
	step->fan = fan_new(&whole, wish, err);
	if (!step->fan) {
		mem_free(step);
		return NULL;
	}
	step->run = run;
	step->alone = run_is_alone(run);
	step->next = remote->steps;
	remote->steps = step;
	return step->fan;
}

struct fan *remote_step_fan(const struct remote *remote, const struct run *run)
{
	for (const struct step *step = remote->steps; step; step = step->next)
		if (step->run == run)
			return step->fan;
	return NULL;
}

void remote_step_over(struct remote *remote, const struct run *run)
{
	for (struct step *step = remote->steps; step; step = step->next)
		if (step->run == run)
			step->run = NULL;
	loop_timer_start(remote->sweep, 0);
}

/* --- looking --- */

struct fan *remote_fan(const struct remote *remote, size_t i)
{
	return i < remote->count ? remote->list[i]->fan : NULL;
}

const struct followed *remote_followed(const struct remote *remote)
{
	for (size_t i = 0; i < remote->count; i++)
		if (remote->list[i]->tail)
			return remote->list[i]->tail;
	return NULL;
}

bool remote_follows(const struct remote *remote)
{
	return remote->count && remote->list[0]->tail;
}

bool remote_busy(const struct remote *remote)
{
	for (size_t i = 0; i < remote->count; i++)
		if (!fan_is_over(remote->list[i]->fan))
			return true;
	for (const struct request *r = remote->requests; r; r = r->next)
		if (r->pattern || r->from)
			return true;
	return remote->copy != NULL;
}

const char *remote_running(const struct remote *remote, char *out, size_t size)
{
	for (size_t i = 0; i < remote->count; i++) {
		const struct fan *fan = remote->list[i]->fan;

		if (fan_is_over(fan) || !fan_started_at(fan))
			continue;
		snprintf(out, size, "%.60s on %zu host%s", fan_command(fan),
			fan_count(fan), fan_count(fan) == 1 ? "" : "s");
		return out;
	}
	return NULL;
}

bool remote_stop(struct remote *remote)
{
	bool any = remote->copy != NULL;

	if (any)
		remote_copy_stop(remote->copy);
	for (size_t i = 0; i < remote->count; i++)
		any |= fan_stop(remote->list[i]->fan);
	return any;
}

static void put_json(const struct fan *fan, struct str *out)
{
	for (size_t i = 0; i < fan_count(fan); i++) {
		struct json_out o;

		json_begin(&o, out);
		json_open(&o, NULL, '{');
		json_put_str(&o, "schema", "oogway.remote/1");
		fan_json(fan_host(fan, i), &o);
		json_shut(&o, '}');
		str_putc(out, '\n');
	}
}

bool remote_outcome(struct remote *remote, bool json, struct str *out,
	enum status *status, struct err *err)
{
	struct fan *fan = remote_fan(remote, 0);
	size_t done, count, groups;

	if (remote->copied[0]) {
		str_printf(out, "%s\n", remote->copied);
		*status = STATUS_DONE;
		return true;
	}
	if (!fan && !remote->failed.kind)
		return false;
	if (!fan || fan_refusal(fan)->kind) {
		*err = fan ? *fan_refusal(fan) : remote->failed;
		*status = err->kind == ERR_REFUSED || err->kind == ERR_CANCELLED
				  ? STATUS_REFUSED
			  : err->kind == ERR_USAGE || err->kind == ERR_MISSING ||
					  err->kind == ERR_INPUT
				  ? STATUS_USAGE
				  : STATUS_FAILED;
		return true;
	}
	fan_compare(fan, &groups);
	if (json)
		put_json(fan, out);
	else
		fan_print(fan, out);
	done = fan_in_state(fan, FAN_DONE);
	count = fan_count(fan);
	*status = done == count ? STATUS_DONE : done ? STATUS_PARTIAL : STATUS_FAILED;
	if (done < count)
		err_set(err, ERR_IO, "%zu of %zu hosts did it", done, count);
	return true;
}
