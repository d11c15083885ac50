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

enum {
	ARENA_BYTES = 64 << 20,
	ORIGIN_TEXT = 120,
	ORG_TEXT = 160,
	FORM_BYTES = 256 << 10
};

struct query {
	struct arena arena;
	char origin[ORIGIN_TEXT], org[ORG_TEXT];
	const char *headers[3];
	struct http_tls tls;
	struct http_transfer *transfer;
	void (*done)(void *ctx, const struct batch *batch, const struct err *err);
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

static void tell(struct query *query, const struct http_reply *reply)
{
	const struct answer answer = {.status = reply->status,
		.origin = query->origin,
		.body = reply->body,
		.type = reply->type,
		.now = time_now_ms()};
	struct prom_reading reading = {.query = 0, .query_count = 1};
	char words[PROM_ERROR_TEXT];
	struct batch batch = {0};
	struct err err = {0};
	bool timed_out;

	batch_init(&batch, &query->arena);
	if (reply->status != 200)
		prom_read_error(&answer, words, &timed_out, &err);
	else if (prom_read_series(&answer, &reading, &batch, &err)) {
		query->done(query->ctx, &batch, NULL);
		return;
	}
	query->done(query->ctx, NULL, &err);
}

static void on_reply(void *ctx, const struct http_reply *reply, const struct err *err)
{
	struct query *query = ctx;

	query->transfer = NULL;
	if (err && err->kind == ERR_CANCELLED)
		return;
	if (reply)
		tell(query, reply);
	else
		query->done(query->ctx, NULL, err);
	query_free(query);
}

static const char *keep(struct query *query, const char *text)
{
	return text ? arena_strdup(&query->arena, text) : NULL;
}

static bool make(struct query *query, const struct poll_options *options,
	const struct query_ask *what, struct http_request *out)
{
	bool range = what->step_ms > 0;
	struct ask ask = {.kind = ASK_HTTP,
		.method = "POST",
		.headers = query->headers,
		.max_bytes = QUERY_MOST_BYTES};
	struct str form;
	bool ok;

	ask.path = range ? "/api/v1/query_range" : "/api/v1/query";
	if (str_ends(options->conf.url, "/api/v1"))
		ask.path += strlen("/api/v1");
	if (range)
		ask.max_bytes = PROM_MAX_BODY;
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
	if (range)
		str_printf(&form, "&start=%lld.%03d&end=%lld.%03d&step=%lld.%03d%s",
			(long long)(what->from / 1000), (int)(what->from % 1000),
			(long long)(what->to / 1000), (int)(what->to % 1000),
			(long long)(what->step_ms / 1000), (int)(what->step_ms % 1000),
			options->kind == &victoriametrics_source ? "&nocache=1" : "");
	ask.body = form.cut ? NULL : arena_strdup(&query->arena, str_text(&form));
	ask.body_n = form.n;
	ok = ask.body && request_make(out, options, &ask, &query->arena);
	str_release(&form);
	return ok;
}

struct query *query_start(struct http *http, const struct poll_options *options,
	const struct query_ask *ask,
	void (*done)(void *ctx, const struct batch *batch, const struct err *err),
	void *ctx, struct err *err)
{
	struct query *query = mem_new(1, sizeof *query);
	struct http_request request;

	arena_init(&query->arena, ARENA_BYTES);
	query->done = done;
	query->ctx = ctx;
	request_origin(options, query->origin, sizeof query->origin);
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

void query_cancel(struct query *query)
{
	if (!query)
		return;
	if (query->transfer)
		http_cancel(query->transfer);
	query_free(query);
}
