/* HTTP client: libcurl's multi handle on the loop. Hides curl, sockets, redirects,
 * limits and the wiping of secrets; turns every failure into one sentence that names
 * the host. Transfers over TLS wait until the CA store has been loaded by a task.
 * Main only. */
#include "io/http.h"

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "body.h"
#include "curl.h"
#include "http_error.h"
#include "http_request.h"
#include "io/loop.h"
#include "tls.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	BUFFER_BYTES = 1 << 10, /* one read: bounds what one of them can unpack to */
	TURN_BYTES = 256 << 10, /* of one transfer in one turn; less when time is up */
	MAX_HOST_CONNECTIONS = 8,
	MAX_IDLE_CONNECTIONS = 32,
	MAX_RETRY_AFTER_S = 24 * 3600,
};

enum stage {
	OPENING, /* for libcurl */
	WAITING, /* for the CA store */
	RUNNING,
	BROKEN,
};

struct http_transfer {
	struct http *http;
	struct http_transfer *next, **link;
	enum stage stage;
	struct http_request *request; /* OPENING only */
	CURL *easy;
	CURLU *url;
	struct curl_slist *headers;
	char *method;
	char host[HTTP_HOST_TEXT];
	char curl_error[CURL_ERROR_SIZE];
	char *ca_file;
	struct http_body body;
	struct http_body type, etag, modified;
	size_t max_bytes, header_bytes;
	uint64_t turn;      /* the last one that brought bytes */
	size_t turn_bytes;  /* in it */
	size_t burst_bytes; /* unpacked from one read */
	bool paused, flushing;
	int redirects;
	int64_t timeout_ms, started_ms;
	int64_t reset_s, period_s;
	bool throttled;
	bool get, secure, certified;
	bool hides; /* its URL */
	struct http_reply reply;
	struct err err; /* ours; set before curl's own word */
	void (*done)(void *ctx, const struct http_reply *reply, const struct err *err);
	void *ctx;
};

struct http {
	struct loop *loop;
	struct task_pool *pool;
	struct curl_waiter curl;
	CURLM *multi;             /* NULL before the first transfer */
	struct loop_timer *timer; /* curl's */
	struct loop_timer *later; /* ends what could not start */
	struct loop_timer *resume;
	struct tls_stores *stores;
	struct http_transfer *transfers;
	uint64_t turn;
	int64_t until; /* time_mono_us: what comes later waits for the next turn */
	int alert;     /* a server's TLS alert in this turn, or 0 */
};

struct http_socket {
	struct http *http;
	curl_socket_t fd;
	struct loop_watch *watch;
};

/* --- the end of a transfer --- */

static void unlink_transfer(struct http_transfer *t)
{
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
}

static void wipe_headers(struct curl_slist *list)
{
	for (struct curl_slist *l = list; l; l = l->next)
		secret_wipe(l->data, strlen(l->data));
	curl.slist_free_all(list);
}

static void transfer_free(struct http_transfer *t)
{
	if (t->easy)
		curl.easy_cleanup(t->easy);
	if (t->url)
		curl.url_cleanup(t->url);
	if (t->headers)
		wipe_headers(t->headers);
	http_body_free(&t->body);
	http_body_free(&t->type);
	http_body_free(&t->etag);
	http_body_free(&t->modified);
	http_request_free(t->request);
	mem_free(t->method);
	mem_free(t->ca_file);
	mem_free(t);
}

static void transfer_end(struct http_transfer *t, const struct err *err)
{
	struct http_reply *reply = err ? NULL : &t->reply;
	char *moved = NULL;

	unlink_transfer(t);
	t->reply.elapsed_ms = time_mono_ms() - t->started_ms;
	if (reply) {
		reply->body = http_body_view(&t->body);
		reply->type = http_body_view(&t->type);
		reply->etag = http_body_view(&t->etag);
		reply->modified = http_body_view(&t->modified);
		if (t->redirects && !t->hides)
			curl.url_get(t->url, CURLUPART_URL, &moved, 0);
		reply->moved = untrusted_str(moved);
		if (reply->retry_after_s < 0)
			reply->retry_after_s = t->reset_s;
		/* The period is told always; it matters when the bucket is empty. */
		if (t->throttled && reply->retry_after_s < 0)
			reply->retry_after_s = t->period_s;
		if (t->throttled && reply->limit_remaining < 0)
			reply->limit_remaining = 0;
	}
	t->done(t->ctx, reply, err);
	if (moved)
		curl.free(moved);
	transfer_free(t);
}

/* The URL that a redirect points to, put in t->url when it is the same origin. */
static bool same_origin(CURLU *a, CURLU *b)
{
	static const CURLUPart parts[] = {
		CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		char *x = NULL, *y = NULL;
		bool same;

		curl.url_get(a, parts[i], &x, CURLU_DEFAULT_PORT);
		curl.url_get(b, parts[i], &y, CURLU_DEFAULT_PORT);
		same = x && y && !strcasecmp(x, y);
		curl.free(x);
		curl.free(y);
		if (!same)
			return false;
	}
	return true;
}

static bool redirect_check(struct http_transfer *t, const char *to, CURLU *url)
{
	char shown[200];

	text_line(untrusted_str(to), shown, sizeof shown);
	if (curl.url_set(url, CURLUPART_URL, to, 0))
		return err_set(&t->err, ERR_INPUT,
			"%s redirects to something that is no URL: %s", t->host, shown);
	if (!same_origin(t->url, url))
		return err_set(&t->err, ERR_REFUSED,
			"%s redirects to another place, %s: not followed, no credential "
			"went there; set that as the url if it is right",
			t->host, shown);
	if (++t->redirects > HTTP_MAX_REDIRECTS)
		return err_set(&t->err, ERR_INPUT, "%s redirects in a circle, last to %s",
			t->host, shown);
	if (!t->get && t->reply.status != 307 && t->reply.status != 308)
		return err_set(&t->err, ERR_INPUT,
			"%s answers a %s with a redirect to %s: set that as the url",
			t->host, t->method, shown);
	return true;
}

/* True when the transfer goes on at another URL; on a bad one t->err is set. */
static bool redirect_follow(struct http_transfer *t)
{
	char *to = NULL;
	CURLU *url;

	if (t->reply.status < 301 || t->reply.status > 308 ||
		(t->reply.status > 303 && t->reply.status < 307))
		return false;
	curl.easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &to);
	if (!to)
		return false;
	url = curl.url();
	if (!redirect_check(t, to, url)) {
		curl.url_cleanup(url);
		return false;
	}
	curl.url_cleanup(t->url);
	t->url = url;
	http_body_free(&t->body);
	http_body_free(&t->type);
	http_body_free(&t->etag);
	http_body_free(&t->modified);
	t->header_bytes = 0;
	curl.easy_setopt(t->easy, CURLOPT_CURLU, t->url);
	curl.easy_setopt(t->easy, CURLOPT_TIMEOUT_MS,
		(long)(t->timeout_ms - (time_mono_ms() - t->started_ms) > 1
				? t->timeout_ms - (time_mono_ms() - t->started_ms)
				: 1));
	curl.multi_add_handle(t->http->multi, t->easy);
	return true;
}

static void say_failure(struct http_transfer *t, CURLcode code)
{
	char *port = NULL;

	curl.url_get(t->url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
	http_error(t->easy, code,
		&(struct http_failure){.host = t->host,
			.error = t->curl_error,
			.ca_file = t->ca_file,
			.port = port ? port : "",
			.secure = t->secure,
			.certified = t->certified,
			.alert = t->http->alert,
			.timeout_ms = t->timeout_ms},
		&t->err);
	curl.free(port);
}

static void transfer_finish(struct http_transfer *t, CURLcode code)
{
	long status = 0;

	curl.multi_remove_handle(t->http->multi, t->easy);
	curl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->reply.status = (int)status;
	if (!code && redirect_follow(t))
		return;
	if (code && !t->err.kind)
		say_failure(t, code);
	transfer_end(t, t->err.kind ? &t->err : NULL);
}

static void check_finished(struct http *http)
{
	CURLMsg *message;
	int left;

	while ((message = curl.multi_info_read(http->multi, &left))) {
		struct http_transfer *t = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
		transfer_finish(t, code);
	}
}

/* --- curl on the loop --- */

static void begin_turn(struct http *http)
{
	http->turn++;
	http->until = loop_slice_end(http->loop);
}

static void act(struct http *http, curl_socket_t fd, int bits)
{
	int running;

	begin_turn(http);
	http->alert = 0;
	curl.multi_socket_action(http->multi, fd, bits, &running);
	check_finished(http);
}

static void on_socket_ready(void *ctx, int events)
{
	struct http_socket *s = ctx;
	int bits = events < 0 ? CURL_CSELECT_ERR : 0;

	if (events > 0 && (events & LOOP_READ))
		bits |= CURL_CSELECT_IN;
	if (events > 0 && (events & LOOP_WRITE))
		bits |= CURL_CSELECT_OUT;
	act(s->http, s->fd, bits);
}

static void on_curl_timer(void *ctx)
{
	act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

static int want_timer(CURLM *multi, long delay_ms, void *ctx)
{
	struct http *http = ctx;

	(void)multi;
	if (delay_ms < 0)
		loop_timer_stop(http->timer);
	else
		loop_timer_start(http->timer, delay_ms);
	return 0;
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket)
{
	struct http *http = ctx;
	struct http_socket *s = socket;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		curl.multi_assign(http->multi, fd, NULL);
		if (s)
			loop_watch_free(s->watch);
		mem_free(s);
		return 0;
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= LOOP_READ;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= LOOP_WRITE;
	if (s) {
		loop_watch_change(s->watch, events);
		return 0;
	}
	s = mem_new(1, sizeof *s);
	*s = (struct http_socket){.http = http, .fd = fd};
	s->watch = loop_watch(http->loop, fd, events, on_socket_ready, s);
	if (!s->watch) {
		mem_free(s);
		return -1;
	}
	curl.multi_assign(http->multi, fd, s);
	return 0;
}

/* The next turn: paused transfers go on. A write that fails in curl.easy_pause() is
 * told to nobody else. */
static void on_resume(void *ctx)
{
	struct http *http = ctx;
	struct http_transfer *t = http->transfers, *next;
	CURLcode code;

	begin_turn(http);
	for (; t; t = next) {
		next = t->next;
		if (!t->paused)
			continue;
		t->paused = false;
		t->flushing = true;
		code = curl.easy_pause(t->easy, CURLPAUSE_CONT);
		t->flushing = false;
		if (code) {
			transfer_finish(t, code);
			next = http->transfers;
		}
	}
	check_finished(http);
}

/* --- what arrives --- */

/* What one read unpacks to beyond a turn's share is kept by curl and comes from
 * on_resume(), so a burst is what comes from there in a row. */
static bool body_fits(struct http_transfer *t, size_t n)
{
	t->burst_bytes = t->flushing ? t->burst_bytes + n : n;
	if (n > t->max_bytes - t->body.used)
		return err_set(&t->err, ERR_LIMIT,
			"the answer of %s is larger than %zu KiB: not read", t->host,
			t->max_bytes / 1024);
	if (t->burst_bytes > HTTP_MAX_BURST)
		return err_set(&t->err, ERR_LIMIT,
			"the compressed answer of %s unpacks to far more than it should: "
			"not read",
			t->host);
	return true;
}

static size_t on_body(char *p, size_t size, size_t count, void *ctx)
{
	struct http_transfer *t = ctx;
	size_t n = size * count;

	if (t->turn != t->http->turn) {
		t->turn = t->http->turn;
		t->turn_bytes = 0;
	}
	if (t->turn_bytes &&
		(t->turn_bytes + n > TURN_BYTES || time_mono_us() > t->http->until)) {
		t->paused = true;
		loop_timer_start(t->http->resume, 0);
		return CURL_WRITEFUNC_PAUSE;
	}
	if (!body_fits(t, n))
		return CURL_WRITEFUNC_ERROR;
	t->turn_bytes += n;
	body_add(&t->body, p, n);
	return n;
}

static int64_t seconds_until(struct untrusted date)
{
	char text[64];
	time_t at = curl.getdate(text_line(date, text, sizeof text), NULL);
	int64_t wait;

	if (at == (time_t)-1)
		return -1;
	wait = (int64_t)at - time_now_ms() / 1000;
	return wait < 0 ? 0 : wait;
}

static int64_t wait_value(struct untrusted value)
{
	int64_t seconds;
	double fraction;

	if (untrusted_to_double(value, &fraction))
		seconds = fraction >= 0 && fraction < 1e9 ? (int64_t)fraction : -1;
	else
		seconds = seconds_until(value);
	return seconds > MAX_RETRY_AFTER_S ? MAX_RETRY_AFTER_S : seconds;
}

static void keep_header(struct http_body *to, struct untrusted value)
{
	char text[HTTP_HEADER_TEXT];

	text_line(value, text, sizeof text);
	http_body_free(to);
	body_add(to, text, strlen(text));
}

static void take_header(
	struct http_transfer *t, struct untrusted name, struct untrusted value)
{
	char text[64];
	time_t date;

	if (untrusted_find_nocase(name, "retry-after") == 0) {
		t->reply.retry_after_s = wait_value(value);
	} else if (untrusted_find_nocase(name, "ratelimit-reset") == 0) {
		t->reset_s = wait_value(value);
	} else if (untrusted_find_nocase(name, "ratelimit-remaining") == 0) {
		untrusted_to_i64(value, &t->reply.limit_remaining);
	} else if (untrusted_find_nocase(name, "ratelimit-limit") == 0) {
		untrusted_to_i64(value, &t->reply.limit_total);
	} else if (untrusted_find_nocase(name, "x-ratelimit-state") == 0) {
		t->throttled = untrusted_find_nocase(value, "THROTTLED") == 0;
	} else if (untrusted_find_nocase(name, "x-ratelimit-period-in-sec") == 0) {
		t->period_s = wait_value(value);
	} else if (untrusted_find_nocase(name, "content-type") == 0) {
		keep_header(&t->type, value);
	} else if (untrusted_find_nocase(name, "etag") == 0) {
		keep_header(&t->etag, value);
	} else if (untrusted_find_nocase(name, "last-modified") == 0) {
		keep_header(&t->modified, value);
	} else if (untrusted_find_nocase(name, "date") == 0) {
		date = curl.getdate(text_line(value, text, sizeof text), NULL);
		t->reply.server_date = date == (time_t)-1 ? 0 : (int64_t)date * SECOND_MS;
	}
}

static void reply_reset(struct http_transfer *t)
{
	t->reply = (struct http_reply){
		.retry_after_s = -1, .limit_remaining = -1, .limit_total = -1};
	t->reset_s = t->period_s = -1;
	t->throttled = false;
}

static size_t on_header(char *p, size_t size, size_t count, void *ctx)
{
	struct http_transfer *t = ctx;
	struct untrusted line = untrusted_make(p, size * count), name;

	t->header_bytes += size * count;
	if (t->header_bytes > HTTP_MAX_HEADERS) {
		err_set(&t->err, ERR_LIMIT, "%s sent more than %d KiB of headers",
			t->host, HTTP_MAX_HEADERS / 1024);
		return 0;
	}
	if (untrusted_starts(line, "HTTP/")) {
		reply_reset(t);
	} else if (untrusted_find(line, ":") > 0) {
		untrusted_split(&line, ":", &name);
		take_header(t, untrusted_trim(name), untrusted_trim(line));
	}
	return size * count;
}

/* --- the start of a transfer --- */

static bool url_host(CURLU *url, char out[HTTP_HOST_TEXT])
{
	char *host = NULL, *port = NULL, text[HTTP_HOST_TEXT - 8], port_text[8] = "";
	struct str s;

	if (curl.url_get(url, CURLUPART_HOST, &host, 0))
		return false;
	curl.url_get(url, CURLUPART_PORT, &port, 0);
	text_line(untrusted_str(host), text, sizeof text);
	if (port)
		text_line(untrusted_str(port), port_text, sizeof port_text);
	str_init(&s, HTTP_HOST_TEXT - 1);
	str_printf(&s, port ? "%s:%s" : "%s%s", text, port_text);
	str_copy(out, HTTP_HOST_TEXT, str_text(&s));
	str_release(&s);
	curl.free(host);
	curl.free(port);
	return true;
}

/* What is wrong with it is not said with its own words. */
static bool url_add_secret(struct http_transfer *t, const struct http_request *request)
{
	const char *rest = secret_open(request->secret);
	size_t base = strlen(request->url), size;
	char *whole;
	bool ok;

	if (!strncmp(rest, request->url, base))
		rest += base;
	if (*rest != '/' || rest[strcspn(rest, " \t\r\n#")])
		return err_set(&t->err, ERR_AUTH,
			"the secret for %s is neither a URL there nor a path", t->host);
	size = base + strlen(rest) + 1;
	whole = mem_new(size, 1);
	stpcpy(stpcpy(whole, request->url), rest);
	ok = !curl.url_set(t->url, CURLUPART_URL, whole, 0);
	secret_wipe(whole, size);
	mem_free(whole);
	return ok ||
	       err_set(&t->err, ERR_AUTH, "the secret for %s is not a URL", t->host);
}

static bool url_parse(struct http_transfer *t, const struct http_request *request)
{
	char *scheme = NULL, *user = NULL, shown[200];
	bool known;

	text_line(untrusted_str(request->url), shown, sizeof shown);
	t->url = curl.url();
	if (curl.url_set(t->url, CURLUPART_URL, request->url, CURLU_NON_SUPPORT_SCHEME) ||
		!url_host(t->url, t->host))
		return err_set(&t->err, ERR_USAGE, "%s is not a URL", shown);
	curl.url_get(t->url, CURLUPART_SCHEME, &scheme, 0);
	t->secure = scheme && !strcasecmp(scheme, "https");
	known = t->secure || (scheme && !strcasecmp(scheme, "http"));
	curl.free(scheme);
	if (!known)
		return err_set(&t->err, ERR_USAGE,
			"%s is neither an http:// nor an https:// URL", shown);
	curl.url_get(t->url, CURLUPART_USER, &user, 0);
	if (user) {
		curl.free(user);
		return err_set(&t->err, ERR_USAGE,
			"the url of %s holds a user name: set user and secret instead",
			t->host);
	}
	if (request->unix_socket) {
		text_line(untrusted_str(request->unix_socket), t->host, sizeof t->host);
		if (strlen(request->unix_socket) >= 108)
			return err_set(&t->err, ERR_USAGE,
				"the path of the socket %s is too long", t->host);
	}
	return !request->secret_path || url_add_secret(t, request);
}

static bool header_add(struct http_transfer *t, const char *line)
{
	struct curl_slist *list;

	if (strpbrk(line, "\r\n"))
		return err_set(&t->err, ERR_USAGE,
			"a header or secret for %s holds a line break", t->host);
	list = curl.slist_append(t->headers, line);
	if (list)
		t->headers = list;
	return list != NULL;
}

static bool header_add_secret(struct http_transfer *t, const struct http_request *request)
{
	const char *secret = secret_open(request->secret), *user = request->user;
	size_t n = strlen(secret) + (user ? strlen(user) : 0) + 2, size;
	char *line, *pair;
	bool ok;

	if (request->secret_header) {
		size = strlen(request->secret_header) + n;
		line = mem_new(size, 1);
		stpcpy(stpcpy(line, request->secret_header), secret);
	} else {
		pair = mem_new(n, 1);
		stpcpy(stpcpy(stpcpy(pair, user ? user : ""), ":"), secret);
		size = 32 + 4 * ((n + 2) / 3) + 1;
		line = mem_new(size, 1);
		base64_encode(pair, strlen(pair), stpcpy(line, "Authorization: Basic "));
		secret_wipe(pair, n);
		mem_free(pair);
	}
	ok = header_add(t, line);
	secret_wipe(line, size);
	mem_free(line);
	return ok;
}

static bool headers_build(struct http_transfer *t, const struct http_request *request)
{
	const char *const *h = request->headers;

	for (; h && *h; h++)
		if (!header_add(t, *h))
			return false;
	if (!header_add(t, "Expect:"))
		return false;
	return !request->secret || request->secret_path || header_add_secret(t, request);
}

static CURLcode on_ssl_ctx(CURL *easy, void *ssl_ctx, void *ctx)
{
	struct http_transfer *t = ctx;

	(void)easy;
	tls_hear_alerts(ssl_ctx, &t->http->alert);
	return tls_stores_apply(t->http->stores, t->ca_file, ssl_ctx)
		       ? CURLE_OK
		       : CURLE_SSL_CACERT_BADFILE;
}

static void set_method(struct http_transfer *t, const struct http_request *request)
{
	CURL *easy = t->easy;

	t->method = mem_strdup(request->method);
	t->get = !strcmp(t->method, "GET");
	if (request->body_n || !strcmp(t->method, "POST") || !strcmp(t->method, "PUT")) {
		curl.easy_setopt(
			easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_n);
		curl.easy_setopt(
			easy, CURLOPT_COPYPOSTFIELDS, request->body ? request->body : "");
	}
	if (!t->get)
		curl.easy_setopt(easy, CURLOPT_CUSTOMREQUEST, t->method);
	/* There is no body behind its length. */
	if (!strcmp(t->method, "HEAD"))
		curl.easy_setopt(easy, CURLOPT_NOBODY, 1L);
}

static void set_tls(struct http_transfer *t, const struct http_tls *tls)
{
	CURL *easy = t->easy;

	curl.easy_setopt(easy, CURLOPT_CAINFO, NULL);
	curl.easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl.easy_setopt(easy, CURLOPT_PROXY_CAINFO, NULL);
	curl.easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
	curl.easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
	curl.easy_setopt(easy, CURLOPT_SSL_CTX_DATA, t);
	curl.easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (tls && tls->cert_file) {
		t->certified = true;
		curl.easy_setopt(easy, CURLOPT_SSLCERT, tls->cert_file);
		curl.easy_setopt(easy, CURLOPT_SSLKEY,
			tls->key_file ? tls->key_file : tls->cert_file);
	}
}

static void set_limits(struct http_transfer *t)
{
	CURL *easy = t->easy;

	curl.easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)t->timeout_ms);
	curl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)t->timeout_ms);
	curl.easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
	curl.easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER_BYTES);
	curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl.easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl.easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl.easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
}

static bool easy_build(struct http_transfer *t, const struct http_request *request)
{
	CURL *easy = t->easy = curl.easy_init();

	if (!easy)
		return err_set(&t->err, ERR_IO, "no memory for a transfer");
	curl.easy_setopt(easy, CURLOPT_PRIVATE, t);
	curl.easy_setopt(easy, CURLOPT_CURLU, t->url);
	curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, t->curl_error);
	curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl.easy_setopt(easy, CURLOPT_WRITEDATA, t);
	curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl.easy_setopt(easy, CURLOPT_HEADERDATA, t);
	curl.easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl.easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
	curl.easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	curl.easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	curl.easy_setopt(easy, CURLOPT_USERAGENT, "oogway/" VERSION);
	if (request->unix_socket) {
		curl.easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
		curl.easy_setopt(easy, CURLOPT_PROXY, "");
	}
	set_limits(t);
	set_method(t, request);
	set_tls(t, request->tls);
	return true;
}

/* An HTTPS proxy needs the store too, whatever the URL's scheme. */
static bool proxy_secure(void)
{
	static const char *const names[] = {"http_proxy", "all_proxy", "ALL_PROXY"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);

		if (value && !strncasecmp(value, "https://", 8))
			return true;
	}
	return false;
}

static void fail_later(struct http_transfer *t)
{
	t->stage = BROKEN;
	loop_timer_start(t->http->later, 0);
}

/* WAITING goes on to RUNNING, stays, or becomes BROKEN. */
static void transfer_go(struct http_transfer *t)
{
	enum tls_state state = TLS_READY;

	if (t->secure || proxy_secure())
		state = tls_stores_ask(t->http->stores, t->ca_file, &t->err);
	if (state == TLS_FAILED)
		fail_later(t);
	if (state != TLS_READY)
		return;
	t->stage = RUNNING;
	if (curl.multi_add_handle(t->http->multi, t->easy)) {
		err_set(&t->err, ERR_IO, "cannot start a transfer to %s", t->host);
		fail_later(t);
	}
}

static void on_stores_loaded(void *ctx)
{
	struct http *http = ctx;

	for (struct http_transfer *t = http->transfers; t; t = t->next)
		if (t->stage == WAITING)
			transfer_go(t);
}

static void on_later(void *ctx)
{
	struct http *http = ctx;
	struct http_transfer *t = http->transfers;

	while (t) {
		if (t->stage == BROKEN) {
			transfer_end(t, &t->err);
			t = http->transfers;
		} else {
			t = t->next;
		}
	}
}

/* With the first transfer. */
static bool open_multi(struct http *http, struct err *err)
{
	CURLM *multi;

	if (http->multi)
		return true;
	multi = http->multi = curl.multi_init();
	if (!multi)
		return err_set(err, ERR_IO, "no memory for transfers");
	curl.multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl.multi_setopt(multi, CURLMOPT_SOCKETDATA, http);
	curl.multi_setopt(multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl.multi_setopt(multi, CURLMOPT_TIMERDATA, http);
	curl.multi_setopt(
		multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)MAX_HOST_CONNECTIONS);
	curl.multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)MAX_IDLE_CONNECTIONS);
	curl.multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	return true;
}

static void transfer_build(struct http_transfer *t, const struct http_request *request)
{
	if (open_multi(t->http, &t->err) && url_parse(t, request) &&
		headers_build(t, request) && easy_build(t, request)) {
		t->stage = WAITING;
		transfer_go(t);
	} else {
		fail_later(t);
	}
}

static void on_curl_opened(void *ctx, const struct err *err)
{
	struct http *http = ctx;

	for (struct http_transfer *t = http->transfers; t; t = t->next) {
		if (t->stage != OPENING)
			continue;
		if (err) {
			t->err = *err;
			fail_later(t);
		} else {
			transfer_build(t, t->request);
		}
		http_request_free(t->request);
		t->request = NULL;
	}
}

struct http_transfer *http_start(struct http *http, const struct http_request *request,
	void (*done)(void *ctx, const struct http_reply *reply, const struct err *err),
	void *ctx)
{
	struct http_transfer *t = mem_new(1, sizeof *t);

	t->http = http;
	t->done = done;
	t->ctx = ctx;
	t->max_bytes = request->max_bytes;
	t->hides = request->secret_path;
	t->timeout_ms = request->timeout_ms;
	t->started_ms = time_mono_ms();
	if (request->tls && request->tls->ca_file)
		t->ca_file = mem_strdup(request->tls->ca_file);
	t->next = http->transfers;
	t->link = &http->transfers;
	if (t->next)
		t->next->link = &t->next;
	http->transfers = t;
	reply_reset(t);
	if (curl_open(http->pool, &http->curl))
		transfer_build(t, request);
	else
		t->request = http_request_copy(request);
	return t;
}

static void transfer_cancel(struct http_transfer *t, const char *why)
{
	struct err err;

	if (t->easy)
		curl.multi_remove_handle(t->http->multi, t->easy);
	err_set(&err, ERR_CANCELLED, "%s", why);
	transfer_end(t, &err);
}

void http_cancel(struct http_transfer *transfer)
{
	if (transfer)
		transfer_cancel(transfer, "cancelled");
}

struct http_body http_take_body(struct http_transfer *transfer)
{
	struct http_body body = transfer->body;

	transfer->body = (struct http_body){0};
	return body;
}

struct http *http_new(struct loop *loop, struct task_pool *pool)
{
	struct http *http = mem_new(1, sizeof *http);

	http->loop = loop;
	http->pool = pool;
	http->curl = (struct curl_waiter){.opened = on_curl_opened, .ctx = http};
	http->stores = tls_stores_new(pool, on_stores_loaded, http);
	http->timer = loop_timer(loop, on_curl_timer, http);
	http->later = loop_timer(loop, on_later, http);
	http->resume = loop_timer(loop, on_resume, http);
	return http;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	curl_forget(&http->curl);
	while (http->transfers)
		transfer_cancel(http->transfers, "stopped");
	if (http->multi)
		curl.multi_cleanup(http->multi);
	tls_stores_free(http->stores);
	loop_timer_free(http->timer);
	loop_timer_free(http->later);
	loop_timer_free(http->resume);
	mem_free(http);
}
