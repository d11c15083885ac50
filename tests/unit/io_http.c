/* io/http against a server that misbehaves: one row for each way, with the sentence
 * that the user reads. */
#include "base/secret.h"
#include "base/str.h"
#include "base/text.h"
#include "http_faults.h"
#include "io/http.h"
#include "io/loop.h"
#include "io/task.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct world {
	struct loop *loop;
	struct task_pool *pool;
	struct http *http;
	struct faults faults;
};

struct result {
	struct world *world;
	int calls, status;
	size_t n;
	int64_t retry_after_s, remaining, total;
	char etag[100], modified[100], moved[200];
	struct err err;
};

static int setup(void **state)
{
	static struct world world;

	world.faults = faults_start();
	world.loop = loop_new();
	world.pool = task_pool_new(world.loop);
	world.http = http_new(world.loop, world.pool);
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	http_free(world->http);
	task_pool_free(world->pool);
	loop_free(world->loop);
	faults_stop(&world->faults);
	return 0;
}

static void done(void *ctx, const struct http_reply *reply, const struct err *err)
{
	struct result *result = ctx;

	result->calls++;
	if (reply) {
		result->status = reply->status;
		result->n = untrusted_size(reply->body);
		result->retry_after_s = reply->retry_after_s;
		result->remaining = reply->limit_remaining;
		result->total = reply->limit_total;
		text_line(reply->etag, result->etag, sizeof result->etag);
		text_line(reply->modified, result->modified, sizeof result->modified);
		text_line(reply->moved, result->moved, sizeof result->moved);
	} else {
		result->err = *err;
	}
	if (result->world)
		loop_stop(result->world->loop);
}

static struct result ask(struct world *world, const char *path, struct http_request *r)
{
	struct result result = {.world = world};
	struct str url;

	str_init(&url, 1000);
	if (strstr(path, "://"))
		str_puts(&url, path);
	else
		str_printf(&url, "http://127.0.0.1:%d/%s", world->faults.port, path);
	r->url = str_text(&url);
	r->method = r->method ? r->method : "GET";
	r->timeout_ms = r->timeout_ms ? r->timeout_ms : 5000;
	r->max_bytes = r->max_bytes ? r->max_bytes : 64 << 20;
	http_start(world->http, r, done, &result);
	assert_int_equal(result.calls, 0);
	loop_run(world->loop);
	str_release(&url);
	assert_int_equal(result.calls, 1);
	return result;
}

static void test_faults(void **state)
{
	static const struct {
		const char *path;
		enum err_kind kind;
		const char *words;
		int64_t timeout_ms;
		size_t max_bytes;
	} rows[] = {
		{"cut", ERR_NET, "cut short: 6 of 900 bytes", 0, 0},
		{"half", ERR_NET, "cut short after 4 bytes", 0, 0},
		{"nothing", ERR_NET, "closed the connection without an answer", 0, 0},
		{"garbage", ERR_INPUT, "does not speak HTTP", 0, 0},
		{"elsewhere", ERR_REFUSED, "http://other.example:81/x", 0, 0},
		{"escape", ERR_INPUT, "^[[2J", 0, 0},
		{"circle", ERR_INPUT, "redirects in a circle", 0, 0},
		{"hang", ERR_TIMEOUT, "no answer from 127.0.0.1", 300, 0},
		{"long", ERR_LIMIT, "larger than 1024 KiB", 0, 1 << 20},
		{"headers", ERR_LIMIT, "more than 64 KiB of headers", 0, 0},
		{"gzip", ERR_INPUT, "the compressed answer of", 0, 0},
		{"http://127.0.0.1:1/", ERR_NET,
			"connection refused by 127.0.0.1:1: is it", 0, 0},
		{"http://no.such.name.invalid/", ERR_NET, "cannot resolve no.such", 0, 0},
		{"ftp://127.0.0.1/", ERR_USAGE, "neither an http:// nor an https://", 0,
			0},
		{"http://me:pw@127.0.0.1/", ERR_USAGE, "holds a user name", 0, 0},
		{"://", ERR_USAGE, "is not a URL", 0, 0},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct http_request request = {
			.timeout_ms = rows[i].timeout_ms, .max_bytes = rows[i].max_bytes};
		struct result result = ask(*state, rows[i].path, &request);

		if (!strstr(result.err.text, rows[i].words))
			print_error("%s: %s\n", rows[i].path, result.err.text);
		assert_non_null(strstr(result.err.text, rows[i].words));
		assert_int_equal(result.err.kind, rows[i].kind);
		for (const char *c = result.err.text; *c; c++)
			assert_true((unsigned char)*c >= ' ');
	}
}

static void test_tls_on_plain(void **state)
{
	struct world *world = *state;
	struct http_request request = {0};
	struct result result;
	struct str url;

	str_init(&url, 100);
	str_printf(&url, "https://127.0.0.1:%d/garbage", world->faults.port);
	request.timeout_ms = 1000;
	result = ask(world, str_text(&url), &request);
	assert_true(result.err.kind != ERR_NONE);
	str_release(&url);
}

static void test_statuses(void **state)
{
	static const struct {
		const char *path;
		int status;
		size_t n;
		int64_t retry_after_s, remaining, total;
	} rows[] = {
		{"ok", 200, 2, -1, -1, -1},
		{"here", 200, 2, -1, -1, -1},
		{"404", 404, 4, -1, -1, -1},
		{"429", 429, 0, 37, -1, -1},
		{"429-bare", 429, 0, -1, -1, -1},
		{"header", 200, 2, 12, 7, 960},
		{"full", 429, 0, 9, 0, -1},
		{"delayed", 200, 2, 9, 0, -1},
		{"calm", 200, 2, -1, -1, -1},
		{"long", 200, 20000000, -1, -1, -1},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct http_request request = {.timeout_ms = 20000};
		struct result result = ask(*state, rows[i].path, &request);

		if (!strcmp(rows[i].path, "long") && !result.status)
			continue;
		assert_int_equal(result.status, rows[i].status);
		assert_int_equal(result.n, rows[i].n);
		assert_int_equal(result.retry_after_s, rows[i].retry_after_s);
		assert_int_equal(result.remaining, rows[i].remaining);
		assert_int_equal(result.total, rows[i].total);
	}
}

static int credentials_seen(struct world *world)
{
	char bytes[64];
	ssize_t n;

	fcntl(world->faults.seen, F_SETFL, O_NONBLOCK);
	n = read(world->faults.seen, bytes, sizeof bytes);
	return n > 0 ? (int)n : 0;
}

static void test_secret(void **state)
{
	struct world *world = *state;
	struct secret *secret = secret_new("sesame\n", 7);
	struct secret *broken = secret_new("a\nsesame", 8);
	struct http_request request = {
		.secret = secret, .secret_header = "Authorization: Bearer "};
	struct result result;

	assert_int_equal(credentials_seen(world), 0);
	result = ask(world, "here", &request);
	assert_int_equal(result.status, 200);
	assert_int_equal(credentials_seen(world), 2);
	result = ask(world, "elsewhere", &request);
	assert_int_equal(result.err.kind, ERR_REFUSED);
	assert_int_equal(credentials_seen(world), 1);
	assert_null(strstr(result.err.text, "sesame"));
	request.secret = broken;
	result = ask(world, "ok", &request);
	assert_int_equal(result.err.kind, ERR_USAGE);
	assert_int_equal(credentials_seen(world), 0);
	secret_free(secret);
	secret_free(broken);
}

static void test_post_redirect(void **state)
{
	struct http_request request = {.method = "POST", .body = "a=b", .body_n = 3};
	struct result result = ask(*state, "here", &request);

	assert_non_null(strstr(result.err.text, "answers a POST with a redirect"));
}

/* What an answer says of its age is its own, not that of what led to it. */
static void test_age(void **state)
{
	struct world *world = *state;
	struct http_request request = {0};
	struct result result = ask(world, "aged", &request);
	char moved[200];

	assert_string_equal(result.etag, "W/\"a b\"");
	assert_string_equal(result.modified, "Sun, 29 Nov 2026 23:04:10 GMT");
	assert_string_equal(result.moved, "");
	request = (struct http_request){0};
	result = ask(world, "to-aged", &request);
	assert_string_equal(result.etag, "W/\"a b\"");
	snprintf(moved, sizeof moved, "http://127.0.0.1:%d/aged/x?y=1",
		world->faults.port);
	assert_string_equal(result.moved, moved);
	request = (struct http_request){0};
	result = ask(world, "here", &request);
	assert_string_equal(result.etag, "");
	assert_string_equal(result.modified, "");
}

static void test_unix_socket(void **state)
{
	struct http_request request = {.unix_socket = "/nonexistent/socket"};
	struct result result = ask(*state, "http://localhost/ok", &request);

	assert_non_null(strstr(result.err.text, "no socket /nonexistent/socket"));
}

static void test_bad_ca_file(void **state)
{
	struct http_tls tls = {.ca_file = "/nonexistent/ca.pem"};
	struct http_request request = {.tls = &tls};
	struct result result = ask(*state, "https://127.0.0.1:1/", &request);

	assert_non_null(strstr(result.err.text, "cannot read ca-file /nonexistent"));
}

static void test_cancel(void **state)
{
	struct world *world = *state;
	struct result result = {0}; /* the loop does not run */
	struct http_request request = {
		.method = "GET", .timeout_ms = 5000, .max_bytes = 1000};
	struct http_transfer *transfer;
	struct str url;

	str_init(&url, 100);
	str_printf(&url, "http://127.0.0.1:%d/hang", world->faults.port);
	request.url = str_text(&url);
	transfer = http_start(world->http, &request, done, &result);
	http_cancel(transfer);
	assert_int_equal(result.calls, 1);
	assert_int_equal(result.err.kind, ERR_CANCELLED);
	str_release(&url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_tls_on_plain),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_post_redirect),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_unix_socket),
		cmocka_unit_test(test_bad_ca_file),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
