/* The table of sources: the host and what the rc names, each driven by the poll
 * engine. Hides credentials (fetched from file, environment or command, then handed
 * on) and the engine's numbers. Main thread. */
#include "app/sources.h"

#include "pipeline.h"
#include "app/setting.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "io/proc.h"

#include <stdio.h>
#include <string.h>

struct source {
	struct source_row row;
	struct source_query *queries;
	size_t query_count;
	struct secret *secret;
	struct poll_options options;
	struct proc *token_command; /* while it runs */
	struct sources *owner;
	struct str token;
	bool logged_bad;
	enum source_health health; /* as last told */
};

struct sources {
	struct app *app;
	struct poll *poll;
	struct source *list[RC_MAX_SOURCES + 1];
	size_t count;
	int by_poll[POLL_MAX_SOURCES]; /* engine's number to ours */
};

static void collect_queries(struct source *s, const struct rc *rc)
{
	size_t cap = 0;

	for (size_t i = 0; i < rc->query_count; i++) {
		const struct rc_query *q = &rc->queries[i];

		if (strcmp(q->source, s->row.name))
			continue;
		MEM_ROOM(s->queries, s->query_count, cap);
		s->queries[s->query_count++] =
			(struct source_query){q->name, q->expr, q->unit, q->limits};
	}
}

static struct source *add(struct sources *sources, const struct source_row *row)
{
	struct source *s = mem_new(1, sizeof *s);

	s->row = *row;
	s->row.poll = -1;
	s->row.status.limit_remaining = s->row.status.limit_total = -1;
	s->owner = sources;
	str_init(&s->token, SECRET_MAX_BYTES);
	sources->list[sources->count++] = s;
	return s;
}

static int index_of(const struct sources *sources, int poll)
{
	return poll >= 0 && poll < POLL_MAX_SOURCES ? sources->by_poll[poll] : -1;
}

static bool on_batch(void *ctx, int poll, const struct batch *batch, size_t *taken)
{
	struct sources *sources = ctx;
	int i = index_of(sources, poll);

	return i < 0 || pipeline_answer(sources->app, i, batch, taken);
}

static void take_status(struct source *s, const struct poll_status *status)
{
	s->row.status = *status;
	if (status->state == POLL_FAILING && !s->logged_bad)
		log_add(LOG_WARN, "%s: %s", s->row.name, status->error.text);
	else if (status->state == POLL_OK && s->logged_bad)
		log_add(LOG_INFO, "%s: answers again", s->row.name);
	s->logged_bad = status->state == POLL_FAILING;
	app_changed(s->owner->app, CHANGED_SOURCES | CHANGED_EVENTS);
}

static void on_status(void *ctx, int poll)
{
	struct sources *sources = ctx;
	int i = index_of(sources, poll);

	if (i >= 0)
		take_status(sources->list[i], poll_status(sources->poll, poll));
}

struct sources *sources_new(struct app *app)
{
	struct sources *sources = mem_new(1, sizeof *sources);
	const struct poll_events events = {on_batch, on_status, sources};

	sources->app = app;
	for (int i = 0; i < POLL_MAX_SOURCES; i++)
		sources->by_poll[i] = -1;
	sources->poll = poll_new(app->loop, app->pool, app->http, &events);
	add(sources, &(struct source_row){.name = "host",
			     .kind = "host",
			     .where = "this host",
			     .every_ms = app_setting(app, SET_REFRESH)});
	for (size_t i = 0; i < app->rc->source_count; i++) {
		const struct rc_source *rc = &app->rc->sources[i];
		struct source *s = add(sources, &(struct source_row){
							.name = rc->name,
							.kind = rc->kind->name,
							.where = rc->url,
							.pages = rc->kind->pages,
							.every_ms = rc->every_ms,
							.rc = rc,
						});

		collect_queries(s, app->rc);
	}
	return sources;
}

static void refuse(struct source *s, const struct err *err)
{
	s->row.refused = *err;
	s->row.status.state = POLL_FAILING;
	s->row.status.error = *err;
	s->row.status.failing_since = s->owner->app->now;
	log_add(LOG_ERROR, "%s: %s", s->row.name, err->text);
	app_changed(s->owner->app, CHANGED_SOURCES | CHANGED_EVENTS);
}

static void begin(struct source *s, int index)
{
	const struct rc_source *rc = s->row.rc;
	const struct poll_options options = {
		.conf = {.name = rc->name,
			.url = rc->url,
			.from = rc->from,
			.org = rc->org,
			.filter = rc->filter,
			.queries = s->queries,
			.query_count = s->query_count,
			.every_ms = rc->every_ms,
			.timeout_ms = rc->timeout_ms},
		.kind = rc->kind,
		.tls = {rc->ca_file, rc->cert_file, rc->key_file},
		.secret = s->secret,
		.user = rc->user,
		.unix_socket = rc->unix_socket,
		.number = index,
	};
	struct err err = {0};

	s->options = options;
	s->row.poll = poll_add(s->owner->poll, &options, &err);
	if (s->row.poll < 0) {
		refuse(s, &err);
		return;
	}
	s->owner->by_poll[s->row.poll] = index;
	s->row.status = *poll_status(s->owner->poll, s->row.poll);
}

static void token_line(void *ctx, struct untrusted line)
{
	struct source *s = ctx;
	size_t n;
	const void *raw = text_raw(line, &n);

	if (!s->token.n)
		str_add(&s->token, raw, n);
}

static void token_end(void *ctx, int exit_code, const struct err *why)
{
	struct source *s = ctx;
	struct err err = {0};

	s->token_command = NULL;
	if (why) {
		err_set(&err, ERR_AUTH, "token-command: %s", why->text);
	} else if (exit_code || !s->token.n) {
		err_set(&err, ERR_AUTH, "token-command %s: it must print the token",
			exit_code ? "failed" : "printed nothing");
	} else {
		s->secret = secret_new(s->token.p, s->token.n);
		for (size_t i = 1; i < s->owner->count; i++)
			if (s->owner->list[i] == s)
				begin(s, (int)i);
	}
	if (s->token.p)
		secret_wipe(s->token.p, s->token.cap);
	str_release(&s->token);
	if (err.kind)
		refuse(s, &err);
}

/* True when the source may begin at once. */
static bool fetch_secret(struct source *s, struct err *err)
{
	const struct rc_source *rc = s->row.rc;
	struct conf_line words;
	char text[CONF_MAX_LINE];
	const char *argv[CONF_MAX_WORDS + 1];

	if (rc->token_file)
		return (s->secret = secret_from_file(rc->token_file, err)) != NULL;
	if (rc->token_env)
		return (s->secret = secret_from_env(rc->token_env, err)) != NULL;
	if (!rc->token_command)
		return true;
	if (!conf_split(rc->token_command, &words, text, sizeof text, err))
		return false;
	if (!words.count)
		return err_set(err, ERR_INPUT, "token-command is empty");
	for (size_t i = 0; i < words.count; i++)
		argv[i] = words.words[i].text;
	argv[words.count] = NULL;
	s->token_command = proc_start(s->owner->app->loop,
		&(struct proc_options){.argv = argv,
			.line = token_line,
			.end = token_end,
			.ctx = s,
			.timeout_ms = 30 * SECOND_MS},
		err);
	return false;
}

static void check_queries(struct sources *sources)
{
	const struct rc *rc = sources->app->rc;

	for (size_t i = 0; i < rc->query_count; i++)
		if (sources_find(sources, rc->queries[i].source) < 1)
			log_add(LOG_ERROR, "%s:%d: query %s: no source is called %s",
				rc->queries[i].place.file, rc->queries[i].place.line,
				rc->queries[i].name, rc->queries[i].source);
}

void sources_start(struct sources *sources)
{
	sources_set_window(sources);
	check_queries(sources);
	for (size_t i = 1; i < sources->count; i++) {
		struct source *s = sources->list[i];
		struct err err = {0};

		if (!s->row.rc)
			continue;
		if (fetch_secret(s, &err))
			begin(s, (int)i);
		else if (err.kind)
			refuse(s, &err);
	}
}

int sources_add_fed(struct sources *sources, const struct source_row *row)
{
	if (!strcmp(row->name, sources->list[SOURCE_HOST]->row.name)) {
		sources->list[SOURCE_HOST]->row.kind = row->kind;
		sources->list[SOURCE_HOST]->row.where = row->where;
		return SOURCE_HOST;
	}
	add(sources, row);
	return (int)sources->count - 1;
}

void sources_feed(struct sources *sources, int source, const struct poll_status *status)
{
	take_status(sources->list[source], status);
}

void sources_free(struct sources *sources)
{
	if (!sources)
		return;
	poll_free(sources->poll);
	for (size_t i = 0; i < sources->count; i++) {
		struct source *s = sources->list[i];

		proc_kill(s->token_command);
		secret_free(s->secret);
		str_release(&s->token);
		mem_free(s->queries);
		mem_free(s);
	}
	mem_free(sources);
}

void sources_tick(struct sources *sources, int64_t now)
{
	poll_tick(sources->poll, now);
	/* A source grows old without any event. */
	for (size_t i = 0; i < sources->count; i++) {
		enum source_health health = source_health(sources_row(sources, i), now);

		if (health != sources->list[i]->health)
			app_changed(sources->app, CHANGED_SOURCES);
		sources->list[i]->health = health;
	}
}

void sources_set_window(struct sources *sources)
{
	struct app *app = sources->app;
	struct source_window window = {.from = window_from(app), .to = app->window.to};

	/* About as many points as a wide chart has columns, twice over. */
	window.step_ms = app->window.span_ms / 240;
	if (window.step_ms < SECOND_MS)
		window.step_ms = SECOND_MS;
	poll_set_window(sources->poll, &window);
}

void sources_hurry(struct sources *sources)
{
	for (size_t i = 1; i < sources->count; i++)
		if (sources->list[i]->row.poll >= 0)
			poll_hurry(sources->poll, sources->list[i]->row.poll);
}

void sources_hurry_one(struct sources *sources, size_t i)
{
	if (sources->list[i]->row.poll >= 0)
		poll_hurry(sources->poll, sources->list[i]->row.poll);
}

const struct action_kind *sources_actions(const struct sources *sources, size_t i)
{
	const struct source *s = sources->list[i];

	return s->row.rc && s->row.poll >= 0 ? s->row.rc->kind->actions : NULL;
}

struct act *sources_act(struct sources *sources, size_t i, const struct action *actions,
	size_t count,
	void (*done)(void *ctx, const struct action_result *results, size_t count),
	void *ctx)
{
	return act_start(sources->app->http, &sources->list[i]->options, actions, count,
		done, ctx);
}

uint32_t sources_watch(struct sources *sources, size_t i, const char *expr, bool urgent)
{
	return poll_watch(sources->poll, sources->list[i]->row.poll, expr, urgent);
}

void sources_unwatch(struct sources *sources, size_t i, uint32_t watch)
{
	poll_unwatch(sources->poll, sources->list[i]->row.poll, watch);
}

bool sources_charts(const struct sources *sources, size_t i)
{
	const struct rc_source *rc = sources->list[i]->row.rc;

	return rc && rc->kind->watches;
}

size_t sources_count(const struct sources *sources)
{
	return sources->count;
}

const struct source_row *sources_row(const struct sources *sources, size_t i)
{
	struct source_row *row = &sources->list[i]->row;

	/* The engine owns the figures; the row shows them as they are now. */
	if (row->poll >= 0)
		row->status = *poll_status(sources->poll, row->poll);
	return row;
}

int sources_find(const struct sources *sources, const char *name)
{
	for (size_t i = 0; i < sources->count; i++)
		if (!strcmp(sources->list[i]->row.name, name))
			return (int)i;
	return -1;
}

bool sources_settled(const struct sources *sources)
{
	for (size_t i = 1; i < sources->count; i++)
		if (sources->list[i]->token_command)
			return false;
	return poll_settled(sources->poll);
}

void sources_host_read(struct sources *sources, int64_t now, bool ok, const char *why)
{
	struct poll_status *status = &sources->list[SOURCE_HOST]->row.status;
	enum poll_state before = status->state;

	status->state = ok ? POLL_OK : POLL_FAILING;
	if (ok) {
		status->last_ok_at = now;
		status->failing_since = 0;
		status->answers++;
	} else {
		status->failures++;
		if (!status->failing_since)
			status->failing_since = now;
		err_set(&status->error, ERR_IO, "%s", why);
	}
	if (before != status->state)
		app_changed(sources->app, CHANGED_SOURCES);
}

enum source_health source_health(const struct source_row *row, int64_t now)
{
	const struct poll_status *status = &row->status;
	int64_t allowed = 2 * row->every_ms;

	if (allowed < 10 * SECOND_MS)
		allowed = 10 * SECOND_MS;
	if (row->refused.kind)
		return HEALTH_BAD;
	if (status->last_ok_at && now - status->last_ok_at <= allowed)
		return status->state == POLL_FAILING ? HEALTH_STALE : HEALTH_OK;
	if (status->state == POLL_STARTING ||
		(status->state == POLL_OK && !status->last_ok_at))
		return HEALTH_WAITING;
	return HEALTH_BAD;
}

const char *source_words(
	const struct source_row *row, int64_t now, char *out, size_t size)
{
	const struct poll_status *status = &row->status;
	char age[TIME_TEXT], next[TIME_TEXT];

	if (row->refused.kind) {
		snprintf(out, size, "not started: %s", row->refused.text);
	} else if (status->state == POLL_STARTING) {
		snprintf(out, size, "no answer yet");
	} else if (status->state == POLL_FAILING) {
		if (status->last_ok_at)
			snprintf(out, size, "%s stale: ",
				duration_text(now - status->last_ok_at, age));
		else
			snprintf(out, size, "never answered: ");
		str_copy(out + strlen(out), size - strlen(out), status->error.text);
		if (status->next_try_at > now)
			snprintf(out + strlen(out), size - strlen(out),
				", next try in %s",
				duration_text(status->next_try_at - now, next));
	} else if (status->survival) {
		snprintf(out, size, "slow (p95 %s): asking for the least",
			duration_text(status->p95_ms, age));
	} else if (status->warning[0]) {
		snprintf(out, size, "%s%s", status->partial ? "partial: " : "",
			status->warning);
	} else {
		snprintf(out, size, status->partial ? "partial answer" : "ok");
	}
	return out;
}
