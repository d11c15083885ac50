/* The table of sources: the host and what the rc names, each driven by the poll
 * engine. Hides credentials (fetched from file, environment or command, then handed
 * on) and the engine's numbers. Main thread. */
#include "app/sources.h"

#include "credential.h"
#include "pipeline.h"
#include "share.h"
#include "app/alerts.h"
#include "app/charts.h"
#include "app/handoff.h"
#include "app/history.h"
#include "app/logs.h"
#include "app/metrics.h"
#include "app/rotas.h"
#include "app/slos.h"
#include "app/runbooks.h"
#include "app/setting.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "connect/docs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct source {
	struct source_row row;
	struct source_query *queries;
	size_t query_count;
	struct credential credential;
	struct sources *owner;
	int past; /* number in the engine of the half that reads the past, or -1 */
	struct source_objective *objectives;
	size_t objective_count;
	int slo;  /* … of that which counts for objectives */
	int rota; /* likewise of that which reads the schedules */
	bool logged_bad;
	bool tested; /* its next answer is waited for, and told */
	bool waits;  /* for what is kept of its pages */
	uint64_t heard;
	enum source_health health; /* as last told */
};

struct sources {
	struct app *app;
	struct poll *poll;
	struct source *list[RC_MAX_SOURCES + 1]; /* as in the rc */
	size_t count;
	struct source *numbered[RC_MAX_SOURCES + 1];
	struct source *by_poll[POLL_MAX_SOURCES]; /* by the engine's number */
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

static void collect_objectives(struct source *s, const struct rc *rc)
{
	size_t cap = 0;

	for (size_t i = 0; i < rc->slo_count; i++) {
		const struct rc_slo *o = &rc->slos[i];

		if (strcmp(o->source, s->row.name))
			continue;
		MEM_ROOM(s->objectives, s->objective_count, cap);
		s->objectives[s->objective_count++] = (struct source_objective){
			o->name, o->part, o->total, o->bad, o->window_ms};
	}
}

/* The lowest free one, so that the numbers stay below RC_MAX_SOURCES + 1. */
static int free_number(const struct sources *sources)
{
	int number = 0;

	while (sources->numbered[number])
		number++;
	return number;
}

static struct source *add(struct sources *sources, const struct source_row *row)
{
	struct source *s = mem_new(1, sizeof *s);

	s->row = *row;
	s->row.alerts |= s->row.pages;
	s->row.poll = s->past = s->rota = s->slo = -1;
	s->row.status.limit_remaining = s->row.status.limit_total = -1;
	s->row.number = free_number(sources);
	s->owner = sources;
	sources->numbered[s->row.number] = s;
	sources->list[sources->count++] = s;
	return s;
}

static bool on_batch(void *ctx, int poll, const struct batch *batch, size_t *taken)
{
	struct sources *sources = ctx;
	struct source *s = sources->by_poll[poll];

	if (!s)
		return true;
	if (poll == s->past) {
		history_past_batch(sources->app->history, s->row.number, batch);
		handoffs_heard(sources->app->handoffs, batch);
		return true;
	}
	if (poll == s->slo) {
		slos_take(sources->app->slos, s->row.number, batch);
		return true;
	}
	if (batch->cluster_told)
		s->row.cluster = batch->cluster;
	return pipeline_answer(sources->app, s->row.number, batch, taken);
}

/* One command asks once: there is no next try to speak of. */
static void show_status(struct source *s, const struct poll_status *status)
{
	s->row.status = *status;
	if (!s->owner->app->live)
		s->row.status.next_try_at = 0;
}

static void take_status(struct source *s, const struct poll_status *status)
{
	show_status(s, status);
	if (status->state == POLL_FAILING && !s->logged_bad)
		log_add(LOG_WARN, "%s: %s", s->row.name, status->error.text);
	else if (status->state == POLL_OK && s->logged_bad)
		log_add(LOG_INFO, "%s: answers again", s->row.name);
	s->logged_bad = status->state == POLL_FAILING;
	app_changed(s->owner->app, CHANGED_SOURCES | CHANGED_EVENTS);
}

static void take_past_status(struct source *s, const struct poll_status *status)
{
	bool bad = status->state == POLL_FAILING;

	if (bad && !s->row.past_error.kind)
		log_add(LOG_WARN, "%s: incidents of the past: %s", s->row.name,
			status->error.text);
	s->row.past_error = bad ? status->error : (struct err){0};
	app_changed(s->owner->app, CHANGED_SOURCES);
}

static uint64_t heard(const struct source *s)
{
	const struct poll_status *status =
		s->row.poll < 0 ? &s->row.status
				: poll_status(s->owner->poll, s->row.poll);

	return status->answers + status->failures;
}

static void tell_test(struct source *s, int64_t now)
{
	char text[400];

	if (!s->tested || s->heard == heard(s))
		return;
	s->tested = false;
	source_words(&s->row, now, text, sizeof text);
	app_notice(s->owner->app, source_health(&s->row, now) != HEALTH_OK, "%s: %s",
		s->row.name, text);
}

static void on_status(void *ctx, int poll)
{
	struct sources *sources = ctx;
	struct source *s = sources->by_poll[poll];

	if (s && poll == s->rota)
		rotas_status(sources->app->rotas, s->row.number,
			poll_status(sources->poll, poll));
	else if (s && poll == s->slo)
		slos_status(sources->app->slos, s->row.number,
			poll_status(sources->poll, poll));
	else if (s && poll == s->past)
		take_past_status(s, poll_status(sources->poll, poll));
	else if (s)
		take_status(sources->by_poll[poll], poll_status(sources->poll, poll));
}

/* The texts of a row and of its queries are those of the rc. */
static void describe(struct source *s, const struct rc *rc, const struct rc_source *line)
{
	s->row.name = line->name;
	s->row.kind = line->kind->name;
	s->row.where = line->url;
	s->row.alerts = line->kind->alerts;
	s->row.pages = line->kind->pages;
	s->row.changes_ms = line->kind->changes_ms;
	s->row.has_past = line->kind->past && !line->no_past;
	s->row.has_rota = line->kind->rota != NULL;
	s->row.every_ms = line->every_ms;
	s->row.rc = line;
	mem_free(s->queries);
	s->queries = NULL;
	s->query_count = 0;
	collect_queries(s, rc);
	mem_free(s->objectives);
	s->objectives = NULL;
	s->objective_count = 0;
	collect_objectives(s, rc);
}

struct sources *sources_new(struct app *app)
{
	struct sources *sources = mem_new(1, sizeof *sources);
	const struct poll_events events = {on_batch, on_status, sources};

	sources->app = app;
	sources->poll = poll_new(app->loop, app->pool, app->http, &events);
	poll_set_share(sources->poll, share_hooks(app->share));
	add(sources, &(struct source_row){.name = "host",
			     .kind = "host",
			     .where = "this host",
			     .every_ms = app_setting(app, SET_REFRESH)});
	for (size_t i = 0; i < app->rc->source_count; i++)
		describe(add(sources, &(struct source_row){0}), app->rc,
			&app->rc->sources[i]);
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

struct poll_options source_options(
	const struct rc_source *rc, const struct secret *secret)
{
	return (struct poll_options){
		.conf = {.name = rc->name,
			.url = rc->url,
			.from = rc->from,
			.org = rc->org,
			.region = rc->region,
			.site = rc->site,
			.filter = rc->filter,
			.receiver = rc->receiver,
			.query = rc->query,
			.left_out = rc->left_out,
			.pages = rc->pages,
			.every_ms = rc->every_ms,
			.timeout_ms = rc->timeout_ms},
		.kind = rc->kind,
		.tls = {rc->ca_file, rc->cert_file, rc->key_file},
		.secret = secret,
		.user = rc->user,
		.unix_socket = rc->unix_socket,
	};
}

static struct poll_options options_of(const struct source *s)
{
	struct poll_options options = source_options(s->row.rc, s->credential.secret);

	options.conf.queries = s->queries;
	options.conf.query_count = s->query_count;
	options.number = s->row.number;
	return options;
}

/* Without it, what the store has is all there is of schedules. */
static void begin_rota(struct source *s)
{
	struct app *app = s->owner->app;
	struct poll_options options = options_of(s);
	struct err err = {0};

	if (!s->row.has_rota || app_then(app) || !(app->live || app->wants_rotas))
		return;
	options.kind = s->row.rc->kind->rota;
	s->rota = poll_add(s->owner->poll, &options, &err);
	if (s->rota < 0) {
		log_add(LOG_ERROR, "%s: schedules: %s", s->row.name, err.text);
		return;
	}
	s->row.reads_rota = true;
	s->owner->by_poll[s->rota] = s;
}

/* Once a minute, whatever the source's own interval is. */
static void begin_slo(struct source *s)
{
	struct app *app = s->owner->app;
	struct poll_options options = options_of(s);
	struct err err = {0};

	if (!s->objective_count || !s->row.rc->kind->slo || s->slo >= 0 ||
		app_then(app) || !(app->live || app->wants_slos))
		return;
	options.kind = s->row.rc->kind->slo;
	options.conf.queries = NULL;
	options.conf.query_count = 0;
	options.conf.objectives = s->objectives;
	options.conf.objective_count = s->objective_count;
	options.conf.every_ms = MINUTE_MS;
	s->slo = poll_add(s->owner->poll, &options, &err);
	s->row.counts = s->slo >= 0;
	if (s->row.counts)
		s->owner->by_poll[s->slo] = s;
	else
		log_add(LOG_ERROR, "%s: objectives: %s", s->row.name, err.text);
}

static void end_slo(struct source *s)
{
	if (s->slo < 0)
		return;
	s->owner->by_poll[s->slo] = NULL;
	poll_remove(s->owner->poll, s->slo);
	s->slo = -1;
	s->row.counts = false;
}

static void end_rota(struct source *s)
{
	if (s->rota < 0)
		return;
	s->owner->by_poll[s->rota] = NULL;
	poll_remove(s->owner->poll, s->rota);
	s->rota = -1;
	s->row.reads_rota = false;
}

static void begin(struct source *s)
{
	struct app *app = s->owner->app;
	struct poll_options options = options_of(s);
	struct source_page known[DOCS_PAGES_MOST];
	struct err err = {0};

	s->waits = s->row.rc->kind->site && !runbooks_settled(app->runbooks);
	if (s->waits)
		return;
	if (s->row.rc->kind->site) {
		options.conf.known = known;
		options.conf.known_count = runbooks_known_pages(
			app->runbooks, s->row.name, known, DOCS_PAGES_MOST);
	}
	s->row.poll = poll_add(s->owner->poll, &options, &err);
	if (s->row.poll < 0) {
		refuse(s, &err);
		return;
	}
	s->owner->by_poll[s->row.poll] = s;
	show_status(s, poll_status(s->owner->poll, s->row.poll));
	begin_rota(s);
	begin_slo(s);
}

static void fetched(void *ctx, const struct err *err)
{
	struct source *s = ctx;

	if (err)
		refuse(s, err);
	else
		begin(s);
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

static void start(struct source *s)
{
	const struct rc_source *rc = s->row.rc;
	const struct credential_place place = {
		rc->token_file, rc->token_env, rc->token_command};
	struct err err = {0};

	/* One command reads what is kept. */
	if (!s->owner->app->live)
		s->row.kept = (rc->kind->site && !s->owner->app->wants_sites) ||
			      (rc->kind->logs && !s->owner->app->wants_logs);
	if (s->row.kept)
		return;
	s->credential.done = fetched;
	s->credential.ctx = s;
	if (credential_fetch(&s->credential, s->owner->app->loop, &place, &err))
		begin(s);
	else if (err.kind)
		refuse(s, &err);
}

void sources_start(struct sources *sources)
{
	sources_set_window(sources);
	check_queries(sources);
	for (size_t i = 1; i < sources->count; i++)
		if (sources->list[i]->row.rc)
			start(sources->list[i]);
}

/* --- another rc --- */

/* The engine owns the figures; the row shows them as they are now. */
static const struct source_row *row_of(const struct sources *sources, struct source *s)
{
	if (s->row.poll >= 0)
		show_status(s, poll_status(sources->poll, s->row.poll));
	return &s->row;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_line(const struct rc_source *a, const struct rc_source *b)
{
	return a->kind == b->kind && same_text(a->url, b->url) &&
	       same_text(a->unix_socket, b->unix_socket) && same_text(a->from, b->from) &&
	       same_text(a->org, b->org) && same_text(a->region, b->region) &&
	       same_text(a->site, b->site) && same_text(a->filter, b->filter) &&
	       same_text(a->receiver, b->receiver) && same_text(a->query, b->query) &&
	       a->left_out == b->left_out && same_text(a->user, b->user) &&
	       same_text(a->token_file, b->token_file) &&
	       same_text(a->token_env, b->token_env) &&
	       same_text(a->token_command, b->token_command) &&
	       same_text(a->ca_file, b->ca_file) &&
	       same_text(a->cert_file, b->cert_file) &&
	       same_text(a->key_file, b->key_file) && a->since_ms == b->since_ms &&
	       a->since_at == b->since_at && a->no_past == b->no_past &&
	       a->pages == b->pages && a->every_ms == b->every_ms &&
	       a->timeout_ms == b->timeout_ms;
}

static bool same_limit(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static bool same_objectives(const struct source *a, const struct source *b)
{
	if (a->objective_count != b->objective_count)
		return false;
	for (size_t i = 0; i < a->objective_count; i++) {
		const struct source_objective *x = &a->objectives[i],
					      *y = &b->objectives[i];

		if (strcmp(x->name, y->name) || strcmp(x->part, y->part) ||
			strcmp(x->total, y->total) || x->bad != y->bad ||
			x->window_ms != y->window_ms)
			return false;
	}
	return true;
}

static bool same_queries(const struct source *a, const struct source *b)
{
	if (a->query_count != b->query_count)
		return false;
	for (size_t i = 0; i < a->query_count; i++) {
		const struct source_query *x = &a->queries[i], *y = &b->queries[i];

		if (strcmp(x->name, y->name) || strcmp(x->expr, y->expr) ||
			x->unit != y->unit ||
			!same_limit(x->limits.warn, y->limits.warn) ||
			!same_limit(x->limits.critical, y->limits.critical))
			return false;
	}
	return true;
}

static struct source *take_old(
	struct source **old, size_t count, const struct rc_source *line)
{
	for (size_t i = 1; i < count; i++) {
		struct source *s = old[i];

		if (!s || !s->row.rc || strcmp(s->row.name, line->name) ||
			!same_line(s->row.rc, line))
			continue;
		old[i] = NULL;
		return s;
	}
	return NULL;
}

void sources_past_end(struct sources *sources, int source)
{
	struct source *s = sources->numbered[source];

	if (!s || s->past < 0)
		return;
	sources->by_poll[s->past] = NULL;
	poll_remove(sources->poll, s->past);
	s->past = -1;
	s->row.reads_past = false;
}

bool sources_past_begin(
	struct sources *sources, int source, const struct coverage *coverage)
{
	struct source *s = sources->numbered[source];
	struct poll_options options;
	struct err err = {0};

	if (!s || s->past >= 0 || s->row.poll < 0 || !s->row.has_past)
		return false;
	options = options_of(s);
	options.kind = s->row.rc->kind->past;
	options.conf.since_at = s->row.rc->since_at;
	if (s->row.rc->since_ms)
		options.conf.since_at = sources->app->now - s->row.rc->since_ms;
	options.conf.coverage = coverage;
	s->row.coverage = *coverage;
	s->past = poll_add(sources->poll, &options, &err);
	if (s->past < 0) {
		log_add(LOG_ERROR, "%s: incidents of the past: %s", s->row.name,
			err.text);
		return false;
	}
	s->row.reads_past = true;
	sources->by_poll[s->past] = s;
	return true;
}

void sources_past_hold(struct sources *sources, int source, bool hold)
{
	const struct source *s = sources->numbered[source];

	if (s && s->past >= 0)
		poll_pause(sources->poll, s->past, hold);
}

void sources_past_covered(
	struct sources *sources, int source, const struct coverage *coverage)
{
	struct source *s = sources->numbered[source];

	if (!s || !memcmp(&s->row.coverage, coverage, sizeof *coverage))
		return;
	s->row.coverage = *coverage;
	app_changed(sources->app, CHANGED_SOURCES);
}

const char *sources_scope(const struct sources *sources, char *out, size_t size)
{
	char words[200];
	size_t n = 0;

	*out = '\0';
	for (size_t i = 1; i < sources->count && n < size; i++) {
		const struct source_row *row = &sources->list[i]->row;

		if (!row->rc || !*row->rc->scope)
			continue;
		n += (size_t)snprintf(out + n, size - n, "%s%s %s", n ? "; " : "only ",
			row->name,
			text_line(untrusted_str(row->rc->scope), words, sizeof words));
	}
	return out;
}

const char *sources_past_words(
	const struct source_row *row, int64_t now, char out[COVERAGE_TEXT])
{
	enum { BAR = 10 };
	const struct coverage *c = &row->coverage;
	int percent = coverage_percent(c), full = percent * BAR / 100;
	char back[TIME_TEXT], why[COVERAGE_TEXT];

	*out = '\0';
	if (!row->has_past)
		return out;
	if (row->past_error.kind)
		snprintf(out, COVERAGE_TEXT, "past partial: %s",
			text_line(untrusted_str(row->past_error.text), why, sizeof why));
	else if (!c->began.until_at)
		snprintf(out, COVERAGE_TEXT, "%s",
			row->reads_past ? "past: newest first" : "");
	else if (c->began.from_at > c->wanted_at)
		snprintf(out, COVERAGE_TEXT, "past [%.*s%.*s] %d%%, back to %s", full,
			"##########", BAR - full, "----------", percent,
			time_stamp(c->began.from_at, now, back));
	else if (c->lacking.until_at)
		coverage_words(c, c->lacking, 0, out);
	else
		snprintf(out, COVERAGE_TEXT, "past complete since %s",
			time_stamp(c->wanted_at, now, back));
	return out;
}

static void stop_asking(struct source *s)
{
	sources_past_end(s->owner, s->row.number);
	end_rota(s);
	end_slo(s);
	if (s->row.poll < 0)
		return;
	s->owner->by_poll[s->row.poll] = NULL;
	poll_remove(s->owner->poll, s->row.poll);
	s->row.poll = -1;
}

static void source_free(struct source *s)
{
	stop_asking(s);
	credential_release(&s->credential);
	mem_free(s->queries);
	mem_free(s->objectives);
	mem_free(s);
}

/* What was refused, and a secret that its server refuses, is tried anew. */
static bool locked_out(const struct source_row *row)
{
	return row->refused.kind ||
	       (row->status.state == POLL_FAILING && row->status.error.kind == ERR_AUTH);
}

/* The same line; its queries may be others. */
static void go_on(struct source *s, const struct rc_source *line)
{
	struct source was = *s;
	bool anew = locked_out(row_of(s->owner, s));

	s->queries = NULL;
	s->objectives = NULL;
	describe(s, s->owner->app->rc, line);
	s->row.fresh = false;
	if (anew || (!same_queries(s, &was) && s->row.poll >= 0)) {
		stop_asking(s);
		charts_forget(s->owner->app->charts, s->row.number, false);
	}
	if (anew) {
		credential_release(&s->credential);
		s->row.refused = (struct err){0};
		s->row.status.state = POLL_STARTING;
		start(s);
	} else if (s->row.poll < 0 && was.row.poll >= 0) {
		begin(s);
	}
	if (!same_objectives(s, &was) && s->row.poll >= 0) {
		end_slo(s);
		begin_slo(s);
	}
	mem_free(was.queries);
	mem_free(was.objectives);
}

static void forget(struct source *s)
{
	struct sources *sources = s->owner;

	charts_forget(sources->app->charts, s->row.number, true);
	alerts_forget(sources->app->alerts, s->row.number);
	logs_forget(sources->app->logs, s->row.number);
	rotas_forget(sources->app->rotas, s->row.number);
	history_forget(sources->app->history, s->row.number);
	sources->numbered[s->row.number] = NULL;
	source_free(s);
}

void sources_reload(struct sources *sources)
{
	const struct rc *rc = sources->app->rc;
	struct source *old[RC_MAX_SOURCES + 1], *kept[RC_MAX_SOURCES] = {0};
	size_t count = sources->count;

	memcpy(old, sources->list, sizeof old);
	for (size_t i = 0; i < rc->source_count; i++)
		kept[i] = take_old(old, count, &rc->sources[i]);
	/* First what ends, so that its number is free. */
	for (size_t i = 1; i < count; i++)
		if (old[i])
			forget(old[i]);
	sources->count = 1;
	sources->list[0]->row.every_ms = app_setting(sources->app, SET_REFRESH);
	for (size_t i = 0; i < rc->source_count; i++) {
		if (kept[i]) {
			sources->list[sources->count++] = kept[i];
			go_on(kept[i], &rc->sources[i]);
		} else {
			struct source *s =
				add(sources, &(struct source_row){.fresh = true});

			describe(s, rc, &rc->sources[i]);
			start(s);
		}
	}
	check_queries(sources);
	app_changed(sources->app, CHANGED_SOURCES);
}

int sources_add_fed(struct sources *sources, const struct source_row *row)
{
	if (!strcmp(row->name, sources->list[SOURCE_HOST]->row.name)) {
		sources->list[SOURCE_HOST]->row.kind = row->kind;
		sources->list[SOURCE_HOST]->row.where = row->where;
		return SOURCE_HOST;
	}
	return add(sources, row)->row.number;
}

void sources_feed(struct sources *sources, int source, const struct poll_status *status)
{
	take_status(sources->numbered[source], status);
}

void sources_free(struct sources *sources)
{
	if (!sources)
		return;
	for (size_t i = 0; i < sources->count; i++)
		source_free(sources->list[i]);
	poll_free(sources->poll);
	mem_free(sources);
}

void sources_tick(struct sources *sources, int64_t now)
{
	poll_tick(sources->poll, now);
	/* A source grows old without any event. */
	for (size_t i = 0; i < sources->count; i++) {
		enum source_health health = source_health(sources_at(sources, i), now);

		if (sources->list[i]->waits)
			begin(sources->list[i]);
		if (health != sources->list[i]->health)
			app_changed(sources->app, CHANGED_SOURCES);
		sources->list[i]->health = health;
		tell_test(sources->list[i], now);
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
	for (size_t i = 1; i < sources->count; i++) {
		const struct source *s = sources->list[i];

		if (s->row.poll >= 0)
			poll_hurry(sources->poll, s->row.poll);
		if (s->past >= 0)
			poll_hurry(sources->poll, s->past);
		sources_hurry_rota(sources, s->row.number);
	}
}

void sources_hurry_rota(struct sources *sources, int source)
{
	const struct source *s = sources->numbered[source];

	if (s && s->rota >= 0)
		poll_hurry(sources->poll, s->rota);
}

void sources_hurry_one(struct sources *sources, int source)
{
	const struct source *s = sources->numbered[source];

	if (s && s->row.poll >= 0)
		poll_hurry(sources->poll, s->row.poll);
}

void sources_test(struct sources *sources, int source)
{
	struct source *s = sources->numbered[source];

	if (!s)
		return;
	s->tested = true;
	s->heard = s->row.poll >= 0 ? heard(s) : heard(s) - 1;
	sources_hurry_one(sources, source);
}

const struct action_kind *sources_actions(const struct sources *sources, int source)
{
	const struct source *s = sources->numbered[source];

	return s && s->row.rc && s->row.poll >= 0 ? s->row.rc->kind->actions : NULL;
}

struct act *sources_act(struct sources *sources, int source, const struct act_how *how,
	const struct action *actions, size_t count)
{
	struct act_how all = *how;

	all.loop = sources->app->loop;
	all.http = sources->app->http;
	all.options = poll_options(sources->poll, sources->numbered[source]->row.poll);
	return act_start(&all, actions, count);
}

uint32_t sources_watch(struct sources *sources, int source, const char *expr, bool urgent)
{
	return poll_watch(
		sources->poll, sources->numbered[source]->row.poll, expr, urgent);
}

void sources_unwatch(struct sources *sources, int source, uint32_t watch)
{
	poll_unwatch(sources->poll, sources->numbered[source]->row.poll, watch);
}

void sources_set_details(
	struct sources *sources, int source, const char (*ids)[SOURCE_ID], size_t count)
{
	poll_set_details(sources->poll, sources->numbered[source]->row.poll, ids, count);
}

bool sources_set_opened(struct sources *sources, int source, const char *id)
{
	const struct source *s = sources->numbered[source];

	if (!s || !s->row.rc || s->row.poll < 0 || !s->row.rc->kind->opens)
		return false;
	poll_set_opened(sources->poll, s->row.poll, id);
	return true;
}

bool sources_detailed(const struct sources *sources, int source)
{
	const struct rc_source *rc = sources->numbered[source]->row.rc;

	return rc && rc->kind->details && sources->numbered[source]->row.poll >= 0;
}

bool sources_charts(const struct sources *sources, int source)
{
	const struct rc_source *rc = sources->numbered[source]->row.rc;

	return rc && rc->kind->watches;
}

size_t sources_count(const struct sources *sources)
{
	return sources->count;
}

const struct source_row *sources_at(const struct sources *sources, size_t i)
{
	return row_of(sources, sources->list[i]);
}

const struct source_row *sources_row(const struct sources *sources, int source)
{
	struct source *s = sources->numbered[source];

	return s ? row_of(sources, s) : NULL;
}

int sources_find(const struct sources *sources, const char *name)
{
	for (size_t i = 0; i < sources->count; i++)
		if (!strcmp(sources->list[i]->row.name, name))
			return sources->list[i]->row.number;
	return -1;
}

bool sources_page(const struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		if (sources->list[i]->row.pages)
			return true;
	return false;
}

bool sources_settled(const struct sources *sources)
{
	for (size_t i = 1; i < sources->count; i++)
		if (sources->list[i]->credential.command || sources->list[i]->waits)
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
	/* Twice the interval, and the second in which the tick falls. */
	int64_t allowed = 2 * row->every_ms + SECOND_MS;

	if (row->refused.kind)
		return HEALTH_BAD;
	if (row->kept)
		return HEALTH_OK;
	if (status->last_ok_at && now - status->last_ok_at <= allowed)
		return status->state == POLL_FAILING ? HEALTH_STALE : HEALTH_OK;
	if (status->state == POLL_STARTING ||
		(status->state == POLL_OK && !status->last_ok_at))
		return HEALTH_WAITING;
	return HEALTH_BAD;
}

bool source_old(const struct source_row *row, int64_t now)
{
	return row->status.last_ok_at && source_health(row, now) == HEALTH_BAD;
}

static bool has_series(const struct app *app, int source)
{
	for (size_t i = 0; i < metrics_count(app->metrics); i++)
		if (metrics_at(app->metrics, i)->source == source)
			return true;
	return false;
}

/* By its kind; one that is fed by what it gave. */
static bool gives(const struct app *app, const struct source_row *row, unsigned what)
{
	bool host = row->number == SOURCE_HOST;
	bool site = row->rc && (row->rc->kind->site || row->rc->kind->logs);
	bool alerts =
		(row->rc && !site) || row->pages || alerts_of(app->alerts, row->number);
	bool series =
		row->rc ? row->rc->kind->watches : host || has_series(app, row->number);

	return ((what & GIVES_ALERTS) && alerts && !host) ||
	       ((what & GIVES_METRICS) && series);
}

const char *sources_gap(const struct app *app, unsigned what, char *out, size_t size)
{
	const struct source_row *worst = NULL;
	size_t more = 0, n;
	char since[TIME_TEXT];

	*out = '\0';
	for (size_t i = 0; !app_then(app) && i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_at(app->sources, i);
		enum source_health health = source_health(row, app->now);

		if (health == HEALTH_OK || !gives(app, row, what))
			continue;
		if (!worst || health > source_health(worst, app->now))
			worst = row;
		more++;
	}
	if (!worst)
		return out;
	if (source_old(worst, app->now))
		snprintf(out, size, "%s stale since %s", worst->name,
			time_stamp(worst->status.last_ok_at, app->now, since));
	else if (worst->status.last_ok_at)
		snprintf(out, size, "%s failing since %s", worst->name,
			time_stamp(worst->status.failing_since, app->now, since));
	else
		snprintf(out, size, "%s %s", worst->name,
			source_health(worst, app->now) == HEALTH_WAITING
				? "has not answered yet"
				: "never answered");
	n = strlen(out);
	if (more > 1)
		snprintf(out + n, size - n, ", %zu more", more - 1);
	return out;
}

const char *sources_slow(const struct app *app, unsigned what, char *out, size_t size)
{
	char p95[TIME_TEXT];

	*out = '\0';
	for (size_t i = 0; !app_then(app) && i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_at(app->sources, i);

		if (!row->status.survival || !gives(app, row, what))
			continue;
		snprintf(out, size, "%s is slow (p95 %s): charts of open alerts only",
			row->name, duration_text(row->status.p95_ms, p95));
		break;
	}
	return out;
}

const char *source_end(const struct source_row *row, int64_t now, char *out, size_t size)
{
	const struct source_service *service = row->rc ? row->rc->kind->service : NULL;
	char day[TIME_TEXT];
	int64_t days;

	*out = '\0';
	if (!service || !service->ends_at)
		return out;
	time_rfc3339(service->ends_at, day);
	days = (service->ends_at - now + DAY_MS - 1) / DAY_MS;
	if (now >= service->ends_at)
		snprintf(out, size, "its API ended on %.10s: move to %s", day,
			service->after);
	else
		snprintf(out, size, "its API ends %.10s, in %lld day%s: move to %s", day,
			(long long)days, days == 1 ? "" : "s", service->after);
	return out;
}

const char *source_advice(const struct source_row *row)
{
	if (row->refused.kind)
		return "";
	/* The error is an old one: it is the newest question that hangs. */
	if (row->status.state == POLL_OK)
		return "look at the server's load, and at what is on the way to it";
	if (row->status.error_status >= 500)
		return "see the server's own log, and those of what stands before it";
	switch (row->status.error.kind) {
	case ERR_AUTH:
		return "check token-file, token-env or token-command of this source";
	case ERR_NET:
		return "check that it runs and that this host may reach it";
	case ERR_TIMEOUT:
		return "raise timeout= or look at the server's load";
	case ERR_LIMIT:
		return "ask for less: a longer every= or narrower queries";
	case ERR_MISSING:
		return "check url=: the path is not an API of this kind";
	default:
		return "see the server's own log";
	}
}

bool source_warns(const struct source_row *row)
{
	return row->status.partial || row->status.warning[0];
}

const char *source_trouble(const struct source_row *row, char *out, size_t size)
{
	char *wait;

	str_copy(out, size,
		row->refused.kind ? row->refused.text : row->status.error.text);
	/* The wait as it was when the error came. */
	wait = strstr(out, ": next try in ");
	if (wait)
		*wait = '\0';
	return out;
}

static int64_t whole_seconds(int64_t ms)
{
	return (ms + SECOND_MS - 1) / SECOND_MS * SECOND_MS;
}

const char *source_words(
	const struct source_row *row, int64_t now, char *out, size_t size)
{
	const struct poll_status *status = &row->status;
	char age[TIME_TEXT], next[TIME_TEXT];

	if (row->refused.kind) {
		snprintf(out, size, "not started: %s", row->refused.text);
	} else if (row->kept) {
		snprintf(out, size, "not asked: one command shows what is kept of it");
	} else if (status->state == POLL_STARTING) {
		snprintf(out, size, "no answer yet");
	} else if (status->state == POLL_FAILING) {
		if (status->last_ok_at)
			snprintf(out, size, "%s stale: ",
				duration_text(now - status->last_ok_at, age));
		else
			snprintf(out, size, "never answered: ");
		source_trouble(row, out + strlen(out), size - strlen(out));
		if (status->next_try_at > now)
			snprintf(out + strlen(out), size - strlen(out),
				", next try in %s",
				duration_text(
					whole_seconds(status->next_try_at - now), next));
	} else if (source_old(row, now)) {
		snprintf(out, size, "%s stale: it hangs, an answer is waited for",
			duration_text(now - status->last_ok_at, age));
	} else if (status->survival) {
		snprintf(out, size, "slow (p95 %s): asking for the least",
			duration_text(status->p95_ms, age));
	} else if (status->warning[0]) {
		snprintf(out, size, "%s%s", status->partial ? "partial: " : "",
			status->warning);
	} else {
		char end[160];

		source_end(row, now, end, sizeof end);
		snprintf(out, size, "%s%s%s%s", status->partial ? "partial answer" : "ok",
			status->shared ? ", asked by another oogway" : "",
			*end ? "; " : "", end);
	}
	return out;
}
