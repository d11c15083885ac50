/* Sinks of the audit: each has a cursor, the number of the last record that it has taken,
 * kept in a file of its own; whatever is behind that is read from the chain and given to
 * it. So what was written while it was away, or by another process, comes too, and some
 * records twice, which hurts nobody. What must have a copy holds up the answer to whoever
 * wrote. Main thread; reading and local sinks are a task each. */
#include "sinks.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "credential.h"
#include "io/file.h"
#include "io/http.h"
#include "io/journal.h"
#include "io/loop.h"
#include "io/task.h"
#include "ops/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BATCH_BYTES = 1 << 20,
	BATCH_LINES = 500,
	RETRY_MS = 10000,
	PATIENCE_MS = 6000,
	LOOK_MS = 100,
	ANSWER_MS = 5000,
	WAITERS = 64,
	NAME_TEXT = 80,
	PATH_TEXT = 4096,
};

/* What is on its way to one sink; lives until its task is done. */
struct giving {
	struct task task;
	struct sink *sink; /* NULL: nobody waits for it */
	enum sink_kind kind;
	char folder[AUDIT_PATH], chain[ID_TEXT], cursor_path[PATH_TEXT];
	char path[PATH_TEXT], ca_file[PATH_TEXT], host[NAME_TEXT];
	uint64_t from, last;
	struct str lines;
	size_t count;
	struct err err;
	bool more; /* than one batch */
};

struct sink {
	struct sinks *owner;
	const struct rc_sink *rule;
	char name[NAME_TEXT];
	bool required;
	struct credential credential;
	struct http_tls tls;
	struct giving *giving; /* in its task, or NULL */
	struct http_transfer *transfer;
	struct giving *sent; /* what the transfer carries */
	char chain[ID_TEXT];
	uint64_t taken; /* number of the last record that it has */
	bool known;     /* the cursor was read */
	bool wants;     /* there may be more */
	int64_t retry_at;
	bool told; /* that it does not answer */
	struct err err;
};

struct waiter {
	uint64_t seq;
	int64_t until; /* monotonic */
	void (*then)(struct audit *audit, const struct err *err);
	struct audit *audit;
};

struct sinks {
	struct app *app;
	struct sink *list[RC_MAX_SINKS];
	size_t count;
	struct waiter waiters[WAITERS];
	size_t waiting;
	struct loop_timer *timer; /* while somebody waits */
	bool ended;
};

/* --- those who wait --- */

/* NULL with nothing in *err: all that must have it have it. */
static const struct sink *missing(const struct sinks *sinks, uint64_t seq)
{
	for (size_t i = 0; i < sinks->count; i++)
		if (sinks->list[i]->required &&
			(sinks->list[i]->taken < seq || !sinks->list[i]->known))
			return sinks->list[i];
	return NULL;
}

static void tell_waiters(struct sinks *sinks)
{
	struct waiter list[WAITERS];
	size_t n = sinks->waiting;

	memcpy(list, sinks->waiters, n * sizeof *list);
	sinks->waiting = 0;
	for (size_t i = 0; i < n; i++) {
		const struct sink *sink = missing(sinks, list[i].seq);
		struct err err = {0};

		if (sink && !sink->err.kind && time_mono_ms() < list[i].until) {
			sinks->waiters[sinks->waiting++] = list[i];
			continue;
		}
		if (sink)
			err_set(&err, ERR_NET, "sink %s, which must have it, has not: %s",
				sink->name,
				sink->err.kind ? sink->err.text : "no answer in time");
		list[i].then(list[i].audit, sink ? &err : NULL);
	}
}

/* --- one sink --- */

static void cursor_path(const struct sink *sink, char out[PATH_TEXT])
{
	char state[PATH_TEXT - NAME_TEXT - 16];

	*out = '\0';
	if (file_state_folder(state, sizeof state, NULL))
		snprintf(out, PATH_TEXT, "%s/sinks/%s", state, sink->name);
}

/* "CHAIN NUMBER"; what cannot be read begins anew. */
static void read_cursor(const char *path, char chain[ID_TEXT], uint64_t *taken)
{
	struct untrusted rest, word;
	struct str text;
	int64_t number = 0;

	*chain = '\0';
	*taken = 0;
	str_init(&text, 200);
	if (file_read(path, &text, NULL)) {
		rest = untrusted_make(text.p, text.n);
		if (untrusted_word(&rest, " \n", &word) &&
			text_to_id(word, chain, ID_TEXT) &&
			untrusted_word(&rest, " \n", &word) &&
			untrusted_to_i64(word, &number) && number > 0)
			*taken = (uint64_t)number;
		else
			*chain = '\0';
	}
	str_release(&text);
}

static void write_cursor(const struct giving *g)
{
	char text[ID_TEXT + 32];
	int n = snprintf(
		text, sizeof text, "%s %llu\n", g->chain, (unsigned long long)g->last);
	struct err err = {0};

	if (!file_replace(g->cursor_path, text, (size_t)n, &err))
		log_add(LOG_WARN, "audit: %s", err.text);
}

static bool take_line(void *ctx, const char *chain, struct untrusted line)
{
	struct giving *g = ctx;
	size_t n;
	const char *bytes = text_raw(line, &n);

	if (strcmp(chain, g->chain) != 0)
		return true;
	if (g->count == BATCH_LINES || g->lines.n + n + 1 > BATCH_BYTES) {
		g->more = true;
		return false;
	}
	str_add(&g->lines, bytes, n);
	str_putc(&g->lines, '\n');
	g->count++;
	return true;
}

static bool to_file(const struct giving *g, struct err *err)
{
	int fd = open(g->path,
		O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	size_t done = 0;
	bool ok = fd >= 0;

	while (ok && done < g->lines.n) {
		ssize_t n = write(fd, g->lines.p + done, g->lines.n - done);

		if (n < 0 && errno == EINTR)
			continue;
		ok = n > 0;
		done += n > 0 ? (size_t)n : 0;
	}
	ok = ok && (!fdatasync(fd) || errno == EINVAL);
	if (!ok)
		err_set(err, ERR_IO, "%s: %s", g->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool to_journal(const struct giving *g, struct err *err)
{
	const char *at = g->lines.p, *end = g->lines.p + g->lines.n;
	bool ok = true;

	while (ok && at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		ok = journal_send(*g->path ? g->path : NULL, "oogway-audit", at,
			(size_t)(newline - at), err);
		at = newline + 1;
	}
	return ok;
}

static bool to_syslog(const struct giving *g, struct err *err)
{
	const struct syslog_to to = {
		g->path, *g->ca_file ? g->ca_file : NULL, g->host, "oogway"};

	return syslog_send(&to, g->lines.p, g->lines.n, err);
}

static void give_work(struct task *task)
{
	struct giving *g = (struct giving *)task;
	char chain[ID_TEXT], had[ID_TEXT];
	uint64_t newest = audit_newest(g->folder, chain), taken;

	read_cursor(g->cursor_path, had, &taken);
	memcpy(g->chain, chain, sizeof chain);
	if (!*chain || strcmp(had, chain) != 0 || taken > newest)
		taken = 0;
	g->from = taken + 1;
	g->last = newest;
	if (newest <= taken || !audit_each(g->folder, g->from, take_line, g, &g->err))
		return;
	if (g->more)
		g->last = taken + g->count;
	if (g->kind == SINK_FILE)
		to_file(g, &g->err);
	else if (g->kind == SINK_JOURNALD)
		to_journal(g, &g->err);
	else if (g->kind == SINK_SYSLOG)
		to_syslog(g, &g->err);
	if (!g->err.kind && g->kind != SINK_HTTPS)
		write_cursor(g);
}

static void giving_free(struct giving *g)
{
	str_release(&g->lines);
	mem_free(g);
}

static void wake(struct sink *sink);
static void look(void *ctx);

/* It has all up to there, or it has not. */
static void settle(struct sink *sink, const struct giving *g, const struct err *err)
{
	struct sinks *sinks = sink->owner;

	sink->err = err ? *err : (struct err){0};
	if (!err) {
		sink->known = true;
		sink->taken = g->last;
		memcpy(sink->chain, g->chain, sizeof sink->chain);
		if (sink->told)
			app_notice(sinks->app, false,
				"audit: sink %s takes records again", sink->name);
		sink->told = false;
		sink->wants |= g->more;
	} else {
		sink->wants = true;
		sink->retry_at = time_mono_ms() + RETRY_MS;
		if (!sink->told)
			app_notice(sinks->app, true, "audit: sink %s: %s%s", sink->name,
				err->text,
				sink->required ? ": nothing is done without it" : "");
		sink->told = true;
	}
	tell_waiters(sinks);
	if (!err && sink->wants)
		wake(sink);
}

static void on_answer(void *ctx, const struct http_reply *reply, const struct err *err)
{
	struct sink *sink = ctx;
	struct giving *g = sink->sent;
	struct err why = {0};

	sink->transfer = NULL;
	sink->sent = NULL;
	if (sink->owner->ended) {
		giving_free(g);
		return;
	}
	if (!reply)
		why = *err;
	else if (reply->status < 200 || reply->status > 299)
		err_set(&why, ERR_NET, "it answered HTTP %d", reply->status);
	else
		write_cursor(g);
	settle(sink, g, why.kind ? &why : NULL);
	giving_free(g);
}

/* Lines of JSON; 2xx is the acknowledgement. */
static void post(struct sink *sink, struct giving *g)
{
	static const char *const headers[] = {"Content-Type: application/x-ndjson", NULL};
	const struct http_request request = {.method = "POST",
		.url = sink->rule->url,
		.headers = headers,
		.secret_header =
			sink->credential.secret ? "Authorization: Bearer " : NULL,
		.secret = sink->credential.secret,
		.body = g->lines.p,
		.body_n = g->lines.n,
		.timeout_ms = ANSWER_MS,
		.max_bytes = 64 << 10,
		.tls = &sink->tls};

	sink->sent = g;
	sink->transfer = http_start(sink->owner->app->http, &request, on_answer, sink);
}

static void give_done(struct task *task)
{
	struct giving *g = (struct giving *)task;
	struct sink *sink = g->sink;

	if (!sink || sink->owner->ended) {
		giving_free(g);
		return;
	}
	sink->giving = NULL;
	if (!g->err.kind && g->kind == SINK_HTTPS && g->count) {
		post(sink, g);
		return;
	}
	settle(sink, g, g->err.kind ? &g->err : NULL);
	giving_free(g);
}

static void wake(struct sink *sink)
{
	struct app *app = sink->owner->app;
	const struct rc_sink *rule = sink->rule;
	struct giving *g;

	sink->wants = true;
	if (sink->giving || sink->transfer || sink->credential.command ||
		sink->owner->ended)
		return;
	if (rule->kind == SINK_SYSLOG && !syslog_ready(app->pool))
		return;
	g = mem_new(1, sizeof *g);
	g->task = (struct task){
		.work = give_work, .done = give_done, .class = TASK_INTERACTIVE};
	g->sink = sink;
	g->kind = rule->kind;
	str_init(&g->lines, BATCH_BYTES);
	cursor_path(sink, g->cursor_path);
	str_copy(g->path, sizeof g->path, rule->path ? rule->path : "");
	if (rule->kind == SINK_SYSLOG)
		str_copy(g->path, sizeof g->path, rule->url);
	str_copy(g->ca_file, sizeof g->ca_file, rule->ca_file ? rule->ca_file : "");
	str_copy(g->host, sizeof g->host, app->host);
	if (!*g->cursor_path || !audit_folder(g->folder, &g->err)) {
		giving_free(g);
		return;
	}
	sink->wants = false;
	sink->giving = g;
	task_submit(app->pool, &g->task);
}

/* --- all of them --- */

static void fetched(void *ctx, const struct err *err)
{
	struct sink *sink = ctx;

	if (err)
		sink->err = *err;
	else
		wake(sink);
}

static void begin(struct sinks *sinks, const struct rc_sink *rule)
{
	struct sink *sink = mem_new(1, sizeof *sink);
	const struct credential_place place = {
		rule->token_file, rule->token_env, rule->token_command};
	struct err err = {0};

	sink->owner = sinks;
	sink->rule = rule;
	sink->required = rule->required;
	str_copy(sink->name, sizeof sink->name, rule->name);
	sink->tls.ca_file = rule->ca_file;
	sink->credential.done = fetched;
	sink->credential.ctx = sink;
	sinks->list[sinks->count++] = sink;
	if (!credential_fetch(&sink->credential, sinks->app->loop, &place, &err) &&
		err.kind) {
		sink->err = err;
		log_add(LOG_ERROR, "audit: sink %s: %s", sink->name, err.text);
	}
}

static void begin_all(struct sinks *sinks)
{
	const struct rc *rc = sinks->app->rc;

	for (size_t i = 0; i < rc->sink_count && !sinks->app->demo; i++)
		if (rc->sinks[i].kind != SINK_NOTE)
			begin(sinks, &rc->sinks[i]);
}

struct sinks *sinks_new(struct app *app)
{
	struct sinks *sinks = mem_new(1, sizeof *sinks);

	sinks->app = app;
	sinks->timer = loop_timer(app->loop, look, sinks);
	begin_all(sinks);
	return sinks;
}

static void stop(struct sink *sink)
{
	if (sink->giving)
		sink->giving->sink = NULL;
	if (sink->transfer)
		http_cancel(sink->transfer);
	credential_release(&sink->credential);
	mem_free(sink);
}

static void stop_all(struct sinks *sinks)
{
	bool ended = sinks->ended;

	/* What is broken off is told to nobody. */
	sinks->ended = true;
	for (size_t i = 0; i < sinks->count; i++)
		stop(sinks->list[i]);
	sinks->count = 0;
	sinks->ended = ended;
}

void sinks_reload(struct sinks *sinks)
{
	stop_all(sinks);
	begin_all(sinks);
	for (size_t i = 0; i < sinks->count; i++)
		wake(sinks->list[i]);
}

void sinks_end(struct sinks *sinks)
{
	struct err err;

	stop_all(sinks);
	loop_timer_free(sinks->timer);
	sinks->timer = NULL;
	sinks->ended = true;
	err_set(&err, ERR_CANCELLED, "oogway ended before all had their copy");
	for (size_t i = 0; i < sinks->waiting; i++)
		sinks->waiters[i].then(sinks->waiters[i].audit, &err);
	sinks->waiting = 0;
}

bool sinks_busy(const struct sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++)
		if (sinks->list[i]->giving || sinks->list[i]->transfer)
			return true;
	return sinks->waiting > 0;
}

void sinks_free(struct sinks *sinks)
{
	mem_free(sinks);
}

/* Scripts have no tick. */
static void look(void *ctx)
{
	struct sinks *sinks = ctx;

	sinks_tick(sinks);
	if (sinks->waiting)
		loop_timer_start(sinks->timer, LOOK_MS);
}

void sinks_tick(struct sinks *sinks)
{
	for (size_t i = 0; i < sinks->count; i++)
		if (sinks->list[i]->wants && time_mono_ms() >= sinks->list[i]->retry_at)
			wake(sinks->list[i]);
	if (sinks->waiting)
		tell_waiters(sinks);
}

void sinks_written(void *ctx, uint64_t seq,
	void (*then)(struct audit *audit, const struct err *err), struct audit *audit)
{
	struct sinks *sinks = ctx;
	struct err err = {0};

	for (size_t i = 0; i < sinks->count; i++) {
		/* One that is asked for because it must have it is asked at once. */
		if (sinks->list[i]->required)
			sinks->list[i]->err = (struct err){0};
		wake(sinks->list[i]);
	}
	if (!missing(sinks, seq)) {
		then(audit, NULL);
		return;
	}
	if (sinks->waiting == WAITERS || sinks->ended) {
		err_set(&err, ERR_BUSY, "the sinks of the audit are not asked any more");
		then(audit, &err);
		return;
	}
	sinks->waiters[sinks->waiting++] =
		(struct waiter){seq, time_mono_ms() + PATIENCE_MS, then, audit};
	loop_timer_start(sinks->timer, LOOK_MS);
}

const char *sinks_file(const struct app *app, const char *name)
{
	for (size_t i = 0; i < app->rc->sink_count; i++)
		if (!strcmp(app->rc->sinks[i].name, name) &&
			app->rc->sinks[i].kind == SINK_FILE)
			return app->rc->sinks[i].path;
	return NULL;
}
