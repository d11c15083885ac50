/* One query, of now or of a range: the request as request.c makes all of them, so that a
 * credential goes no second way, and the answer as prom_read.c reads all of them. Main
 * thread, once for each query. */
#include "connect/query.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "prom.h"
#include "request.h"

#include <string.h>

enum { ARENA_BYTES = 64 << 20, ORG_TEXT = 160, FORM_BYTES = 256 << 10 };

struct query {
	struct arena arena;
	struct query_body body;
	char org[ORG_TEXT];
	const char *headers[3];
	struct http_tls tls;
	struct http_transfer *transfer;
	/* One of them. */
	void (*done)(void *ctx, const struct batch *batch, const struct err *err);
	void (*fetched)(void *ctx, struct query_body *body, const struct err *err);
	void *ctx;
};

bool query_asks(const struct source_kind *kind)
{
	return kind == &prometheus_source || kind == &victoriametrics_source;
}

static void query_free(struct query *query)
{
	arena_release(&query->arena);
	mem_free(query);
}

bool query_body_read(const struct query_body *body, struct batch *batch, struct err *err)
{
	const struct answer answer = {.status = body->status,
		.origin = body->origin,
		.body = http_body_view(&body->body),
		.type = untrusted_str(body->type),
		.now = time_now_ms()};
	struct prom_reading reading = {.query = 0, .query_count = 1};
	char words[PROM_ERROR_TEXT];
	bool timed_out;

	if (body->status == 200)
		return prom_read_series(&answer, &reading, batch, err);
	return prom_read_error(&answer, words, &timed_out, err);
}

static void tell(struct query *query)
{
	struct batch batch = {0};
	struct err err = {0};

	batch_init(&batch, &query->arena);
	if (query_body_read(&query->body, &batch, &err))
		query->done(query->ctx, &batch, NULL);
	else
		query->done(query->ctx, NULL, &err);
	http_body_free(&query->body.body);
}

static void on_reply(void *ctx, const struct http_reply *reply, const struct err *err)
{
	struct query *query = ctx;
	struct http_transfer *transfer = query->transfer;

	query->transfer = NULL;
	if (err && err->kind == ERR_CANCELLED)
		return;
	if (reply) {
		query->body.status = reply->status;
		query->body.body = http_take_body(transfer);
		text_line(reply->type, query->body.type, sizeof query->body.type);
	}
	if (query->fetched)
		query->fetched(query->ctx, reply ? &query->body : NULL, err);
	else if (reply)
		tell(query);
	else
		query->done(query->ctx, NULL, err);
	query_free(query);
}

static const char *keep(struct query *query, const char *text)
{
	return text ? arena_strdup(&query->arena, text) : NULL;
}

static void add_time(struct str *form, const char *name, int64_t ms)
{
	str_printf(form, "&%s=%lld.%03d", name, (long long)(ms / 1000), (int)(ms % 1000));
}

static void add_moment(
	const struct poll_options *options, const struct query_ask *ask, struct str *form)
{
	if (!ask->step_ms) {
		if (ask->at)
			add_time(form, "time", ask->at);
		return;
	}
	add_time(form, "start", ask->from);
	add_time(form, "end", ask->at);
	add_time(form, "step", ask->step_ms);
	/* Its cache shifts the start. */
	if (options->kind == &victoriametrics_source)
		str_puts(form, "&nocache=1");
}

static bool make(struct query *query, const struct poll_options *options,
	const struct query_ask *what, struct http_request *out)
{
	bool bare = str_ends(options->conf.url, "/api/v1");
	struct ask ask = {.kind = ASK_HTTP,
		.method = "POST",
		.headers = query->headers,
		.max_bytes = what->most_bytes ? what->most_bytes
			     : what->step_ms  ? QUERY_MOST_RANGE
					      : QUERY_MOST_BYTES};
	struct str form;
	bool ok;

	if (what->step_ms)
		ask.path = bare ? "/query_range" : "/api/v1/query_range";
	else
		ask.path = bare ? "/query" : "/api/v1/query";
	query->headers[0] = "Content-Type: application/x-www-form-urlencoded";
	if (options->conf.org && *options->conf.org) {
		str_copy(query->org, sizeof query->org, "X-Scope-OrgID: ");
		str_copy(query->org + strlen(query->org),
			sizeof query->org - strlen(query->org), options->conf.org);
		query->headers[1] = query->org;
	}
	str_init(&form, FORM_BYTES);
	str_puts(&form, "query=");
	text_add_url(&form, untrusted_str(what->expr));
	add_moment(options, what, &form);
	ask.body = form.cut ? NULL : arena_strdup(&query->arena, str_text(&form));
	ask.body_n = form.n;
	ok = ask.body && request_make(out, options, &ask, &query->arena);
	str_release(&form);
	return ok;
}

static struct query *start(struct http *http, const struct poll_options *options,
	const struct query_ask *ask, struct query *query, struct err *err)
{
	struct http_request request;

	arena_init(&query->arena, ARENA_BYTES);
	request_origin(options, query->body.origin, sizeof query->body.origin);
	if (!make(query, options, ask, &request)) {
		err_set(err, ERR_LIMIT, "the query is too long");
		query_free(query);
		return NULL;
	}
	request.timeout_ms = ask->timeout_ms;
	query->tls = (struct http_tls){keep(query, options->tls.ca_file),
		keep(query, options->tls.cert_file), keep(query, options->tls.key_file)};
	request.tls = &query->tls;
	query->transfer = http_start(http, &request, on_reply, query);
	return query;
}

struct query *query_start(struct http *http, const struct poll_options *options,
	const struct query_ask *ask,
	void (*done)(void *ctx, const struct batch *batch, const struct err *err),
	void *ctx, struct err *err)
{
	struct query *query = mem_new(1, sizeof *query);

	query->done = done;
	query->ctx = ctx;
	return start(http, options, ask, query, err);
}

struct query *query_fetch(struct http *http, const struct poll_options *options,
	const struct query_ask *ask,
	void (*done)(void *ctx, struct query_body *body, const struct err *err),
	void *ctx, struct err *err)
{
	struct query *query = mem_new(1, sizeof *query);

	query->fetched = done;
	query->ctx = ctx;
	return start(http, options, ask, query, err);
}

void query_cancel(struct query *query)
{
	if (!query)
		return;
	if (query->transfer)
		http_cancel(query->transfer);
	query_free(query);
}
