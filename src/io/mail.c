/* Sends mail with libcurl's SMTP on a pool thread. The thread has all it needs copied
 * into its own struct sending; main keeps the queue. Hides curl, and that it answers
 * with one code for many recipients: mail_talk.c follows the lines instead. */
#include "io/mail.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "curl.h"
#include "http_error.h"
#include "io/task.h"
#include "mail_talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_MS = 20000, ANSWER_S = 300, QUIT_S = 2 };

struct mail_sending {
	struct task task;
	struct mail_sending *next;
	struct mail *owner; /* NULL: nobody waits any more */
	char *url, host[HTTP_HOST_TEXT];
	char *from, *user, *ca_file;
	enum mail_auth auth;
	struct secret *secret;
	char **to; /* count of them */
	char *message;
	size_t message_n, given;
	int64_t timeout_ms;
	struct mail_outcome *outcomes;
	size_t count;
	struct talk talk;
	struct err err;
	void (*done)(void *ctx, const struct mail_reply *reply);
	void *ctx;
};

struct mail {
	struct task_pool *pool;
	struct curl_waiter curl;
	struct mail_sending *first; /* the one on its way, then those that wait */
};

static void sending_free(struct mail_sending *s)
{
	for (size_t i = 0; s->to && i < s->count; i++)
		mem_free(s->to[i]);
	mem_free(s->to);
	secret_free(s->secret);
	mem_free(s->url);
	mem_free(s->from);
	mem_free(s->user);
	mem_free(s->ca_file);
	mem_free(s->message);
	mem_free(s->outcomes);
	mem_free(s);
}

/* --- on the thread --- */

static size_t on_read(char *to, size_t size, size_t count, void *ctx)
{
	struct mail_sending *s = ctx;
	size_t n = size * count, left = s->message_n - s->given;

	n = n < left ? n : left;
	memcpy(to, s->message + s->given, n);
	s->given += n;
	s->talk.body_ended = s->given == s->message_n;
	return n;
}

/* The lines that were sent hold the password: nothing of them is kept. */
static int on_line(CURL *easy, curl_infotype type, char *p, size_t n, void *ctx)
{
	struct mail_sending *s = ctx;

	if (type == CURLINFO_HEADER_OUT)
		talk_said(&s->talk, untrusted_make(p, n));
	else if (type == CURLINFO_HEADER_IN)
		talk_heard(&s->talk, untrusted_make(p, n));
	/* The whole's time limit does not count for good-byes. */
	if (s->talk.quit)
		curl.easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)QUIT_S);
	return 0;
}

static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct mail_sending *s = ctx;

	(void)a, (void)b, (void)c, (void)d;
	return task_cancelled(&s->task);
}

static void set_credentials(CURL *easy, const struct mail_sending *s)
{
	static const char *const options[] = {
		[MAIL_AUTH_PLAIN] = "AUTH=PLAIN",
		[MAIL_AUTH_LOGIN] = "AUTH=LOGIN",
		[MAIL_AUTH_XOAUTH2] = "AUTH=XOAUTH2",
	};

	if (s->auth == MAIL_AUTH_NONE)
		return;
	curl.easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, options[s->auth]);
	curl.easy_setopt(easy, CURLOPT_USERNAME, s->user);
	curl.easy_setopt(easy,
		s->auth == MAIL_AUTH_XOAUTH2 ? CURLOPT_XOAUTH2_BEARER : CURLOPT_PASSWORD,
		secret_open(s->secret));
}

static void set_tls(CURL *easy, const struct mail_sending *s)
{
	const char *named = getenv("SSL_CERT_FILE");

	curl.easy_setopt(easy, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	curl.easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (s->ca_file) {
		curl.easy_setopt(easy, CURLOPT_CAINFO, s->ca_file);
		curl.easy_setopt(easy, CURLOPT_CAPATH, NULL);
	} else if (named && *named) {
		curl.easy_setopt(easy, CURLOPT_CAINFO, named);
	}
}

static void set_limits(CURL *easy, const struct mail_sending *s)
{
	curl.easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)s->timeout_ms);
	curl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
		(long)(s->timeout_ms < CONNECT_MS ? s->timeout_ms : CONNECT_MS));
	curl.easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)ANSWER_S);
	curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl.easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	/* Closed by the same call, within its limits. */
	curl.easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
}

static void say_failure(
	CURL *easy, CURLcode code, struct mail_sending *s, const char *words)
{
	const char *port = strrchr(s->host, ':');
	const struct http_failure failure = {.host = s->host,
		.error = words,
		.ca_file = s->ca_file,
		.port = port ? port + 1 : "",
		.timeout_ms = s->timeout_ms};

	switch (code) {
	case CURLE_OK:
		err_set(&s->err, ERR_NET, "%s ended the conversation early", s->host);
		break;
	case CURLE_USE_SSL_FAILED:
		err_set(&s->err, ERR_REFUSED,
			"%s does not offer STARTTLS, or somebody on the way took it out: "
			"nothing was sent; for a port with TLS from the start (465) set "
			"tls",
			s->host);
		break;
	case CURLE_LOGIN_DENIED:
		err_set(&s->err, ERR_AUTH,
			"%s does not take this way to log in, or not this user: check "
			"auth, user and secret",
			s->host);
		break;
	case CURLE_ABORTED_BY_CALLBACK:
		err_set(&s->err, ERR_CANCELLED, "cancelled");
		break;
	case CURLE_COULDNT_RESOLVE_HOST:
		err_set(&s->err, ERR_NET, "cannot resolve %s: check the name, or DNS",
			s->host);
		break;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		err_set(&s->err, ERR_NET, "%s broke the connection", s->host);
		break;
	default:
		http_error(easy, code, &failure, &s->err);
	}
}

static struct curl_slist *recipients(const struct mail_sending *s)
{
	struct curl_slist *list = NULL, *longer;

	for (size_t i = 0; i < s->count; i++) {
		longer = curl.slist_append(list, s->to[i]);
		if (!longer) {
			curl.slist_free_all(list);
			return NULL;
		}
		list = longer;
	}
	return list;
}

static void sending_work(struct task *task)
{
	struct mail_sending *s = (struct mail_sending *)task;
	char words[CURL_ERROR_SIZE] = "";
	struct curl_slist *to = recipients(s);
	CURL *easy = to ? curl.easy_init() : NULL;
	struct err broke;
	CURLcode code;

	if (!easy) {
		curl.slist_free_all(to);
		err_set(&s->err, ERR_IO, "no memory to send a mail");
		return;
	}
	curl.easy_setopt(easy, CURLOPT_URL, s->url);
	curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, words);
	curl.easy_setopt(easy, CURLOPT_MAIL_FROM, s->from);
	curl.easy_setopt(easy, CURLOPT_MAIL_RCPT, to);
	curl.easy_setopt(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
	curl.easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl.easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
	curl.easy_setopt(easy, CURLOPT_READDATA, s);
	curl.easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->message_n);
	curl.easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_line);
	curl.easy_setopt(easy, CURLOPT_DEBUGDATA, s);
	curl.easy_setopt(easy, CURLOPT_VERBOSE, 1L);
	curl.easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl.easy_setopt(easy, CURLOPT_XFERINFODATA, s);
	curl.easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	set_limits(easy, s);
	set_tls(easy, s);
	set_credentials(easy, s);
	code = curl.easy_perform(easy);
	say_failure(easy, code, s, words);
	broke = s->err;
	s->err = (struct err){0};
	talk_end(&s->talk, s->host, &broke, &s->err);
	curl.easy_cleanup(easy);
	curl.slist_free_all(to);
}

/* --- the queue, on main --- */

static void tell(struct mail_sending *s)
{
	struct mail_reply reply = {.outcomes = s->outcomes,
		.count = s->count,
		.err = s->err.kind ? &s->err : NULL};

	for (size_t i = 0; i < s->count; i++)
		reply.sent += s->outcomes[i].fate == MAIL_SENT;
	s->done(s->ctx, &reply);
}

static void all_fates(struct mail_sending *s, enum mail_fate fate)
{
	for (size_t i = 0; i < s->count; i++)
		s->outcomes[i] = (struct mail_outcome){.fate = fate};
}

/* What cannot be sent goes through the queue too, so that done is never early. */
static void refused_work(struct task *task)
{
	(void)task;
}

static void queue_go(struct mail *mail)
{
	if (mail->first && (mail->first->task.work == refused_work ||
				   curl_open(mail->pool, &mail->curl)))
		task_submit(mail->pool, &mail->first->task);
}

static void on_curl_opened(void *ctx, const struct err *err)
{
	struct mail *mail = ctx;
	struct mail_sending *s = mail->first;

	if (s && err) {
		s->err = *err;
		s->task.work = refused_work;
		all_fates(s, MAIL_LATER);
	}
	queue_go(mail);
}

static void sending_done(struct task *task)
{
	struct mail_sending *s = (struct mail_sending *)task;
	struct mail *mail = s->owner;

	if (mail) {
		mail->first = s->next;
		queue_go(mail);
		if (task_cancelled(task) && !s->err.kind && !s->talk.code) {
			all_fates(s, MAIL_LATER);
			err_set(&s->err, ERR_CANCELLED, "stopped");
		}
		tell(s);
	}
	sending_free(s);
}

static bool copy_addresses(struct mail_sending *s, const struct mail_request *request)
{
	char address[256], shown[100];
	const char *bad = request->from;
	struct str line;
	bool ok = text_to_mailbox(untrusted_str(bad), address, sizeof address);

	s->to = mem_new(s->count, sizeof *s->to);
	str_init(&line, sizeof address + 2);
	if (ok) {
		str_printf(&line, "<%s>", address);
		s->from = mem_strdup(str_text(&line));
	}
	for (size_t i = 0; ok && i < request->to_count; i++) {
		bad = request->to[i];
		ok = text_to_mailbox(untrusted_str(bad), address, sizeof address);
		str_reset(&line);
		str_printf(&line, "<%s>", address);
		s->to[i] = mem_strdup(str_text(&line));
	}
	str_release(&line);
	if (!ok)
		err_set(&s->err, ERR_USAGE,
			"%s is not a mail address (name@domain, in ASCII)",
			text_line(untrusted_str(bad), shown, sizeof shown));
	return ok;
}

static bool copy_server(struct mail_sending *s, const struct mail_server *server)
{
	static const int ports[] = {[MAIL_STARTTLS] = 587, [MAIL_TLS] = 465};
	const char *host = server->host ? server->host : "";
	bool six = strchr(host, ':');
	int port = server->port ? server->port : ports[server->tls];
	struct str url;

	if (!*host || host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
					"WXYZ0123456789.-:")]) {
		text_line(untrusted_str(host), s->host, sizeof s->host);
		return err_set(&s->err, ERR_USAGE, "%s is not the name of a mail server",
			*s->host ? s->host : "\"\"");
	}
	str_init(&url, 400);
	str_printf(&url, "%s://%s%s%s:%d", server->tls == MAIL_TLS ? "smtps" : "smtp",
		six ? "[" : "", host, six ? "]" : "", port);
	s->url = str_take(&url);
	snprintf(s->host, sizeof s->host, "%.100s:%d", host, port);
	s->auth = server->auth;
	s->ca_file = server->ca_file ? mem_strdup(server->ca_file) : NULL;
	if (s->auth == MAIL_AUTH_NONE)
		return true;
	if (!server->user || !server->secret)
		return err_set(&s->err, ERR_USAGE,
			"%s wants a log-in, but user or secret is missing", s->host);
	s->user = mem_strdup(server->user);
	s->secret = secret_dup(server->secret);
	return true;
}

static bool copy_request(struct mail_sending *s, const struct mail_request *request)
{
	s->timeout_ms = request->timeout_ms;
	s->message_n = request->message_n;
	if (!copy_server(s, &request->server))
		return false;
	if (!request->to_count || request->to_count > MAIL_MAX_RECIPIENTS)
		return err_set(&s->err, ERR_USAGE,
			"a mail has 1 to %d recipients, not %zu", MAIL_MAX_RECIPIENTS,
			request->to_count);
	if (!request->message_n || request->message_n > MAIL_MAX_BYTES)
		return err_set(&s->err, ERR_LIMIT, "a mail has 1 byte to %d MiB",
			MAIL_MAX_BYTES >> 20);
	s->message = mem_dup(request->message, request->message_n);
	return copy_addresses(s, request);
}

void mail_send(struct mail *mail, const struct mail_request *request,
	void (*done)(void *ctx, const struct mail_reply *reply), void *ctx)
{
	struct mail_sending *s = mem_new(1, sizeof *s), **at = &mail->first;

	s->owner = mail;
	s->done = done;
	s->ctx = ctx;
	s->count = request->to_count;
	s->outcomes = mem_new(s->count ? s->count : 1, sizeof *s->outcomes);
	talk_init(&s->talk, s->outcomes, s->count);
	s->task = (struct task){
		.work = sending_work, .done = sending_done, .class = TASK_INTERACTIVE};
	if (!copy_request(s, request)) {
		s->task.work = refused_work;
		all_fates(s, MAIL_REFUSED);
	}
	while (*at)
		at = &(*at)->next;
	*at = s;
	if (mail->first == s)
		queue_go(mail);
}

struct mail *mail_new(struct task_pool *pool)
{
	struct mail *mail = mem_new(1, sizeof *mail);

	mail->pool = pool;
	mail->curl = (struct curl_waiter){.opened = on_curl_opened, .ctx = mail};
	return mail;
}

void mail_free(struct mail *mail)
{
	struct mail_sending *s = mail ? mail->first : NULL, *next;
	/* The first runs, unless it waits for libcurl. */
	bool running = mail && !mail->curl.waiting_;

	if (mail)
		curl_forget(&mail->curl);
	for (; s; s = next) {
		struct mail_sending gone = {.done = s->done, .ctx = s->ctx};

		next = s->next;
		gone.count = s->count;
		gone.outcomes = mem_new(s->count ? s->count : 1, sizeof *gone.outcomes);
		/* The thread may be past the point where it can be called back. */
		all_fates(&gone, running ? MAIL_UNSURE : MAIL_LATER);
		err_set(&gone.err, ERR_CANCELLED, "stopped");
		tell(&gone);
		mem_free(gone.outcomes);
		s->owner = NULL;
		if (running)
			task_cancel(&s->task);
		else
			sending_free(s);
		running = false;
	}
	mem_free(mail);
}
