/* Sends one mail and tells what became of it:
 *   mail_send --port N [--tls] [--auth plain|login|xoauth2] [--ca FILE] [--from ADDRESS]
 *             [--host NAME] [--timeout MS] [--hostile] [--stop] ADDRESS…
 * The password of user oogway is in SMTP_PASSWORD. --stop ends while it is on its way. */
#include "../unit/report_example.h"
#include "../unit/report_hostile.h"
#include "base/alloc.h"
#include "base/time.h"
#include "io/loop.h"
#include "io/mail.h"
#include "io/task.h"
#include "report/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEAT_MS = 50 };

static struct loop *loop;
static struct mail *mail;
static const char *const *people;
static struct loop_timer *beat;
static int beats;
static bool told;

static void on_reply(void *ctx, const struct mail_reply *reply)
{
	static const char *const fates[] = {
		[MAIL_LATER] = "later",
		[MAIL_SENT] = "sent",
		[MAIL_REFUSED] = "refused",
		[MAIL_UNSURE] = "unsure",
	};

	(void)ctx;
	if (told)
		abort();
	told = true;
	for (size_t i = 0; i < reply->count; i++)
		printf("%s %s %d %s\n", people[i], fates[reply->outcomes[i].fate],
			reply->outcomes[i].code, reply->outcomes[i].text);
	if (reply->err)
		printf("error %s: %s\n", err_kind_name(reply->err->kind),
			reply->err->text);
	loop_stop(loop);
}

/* Counts how often the loop comes by while a mail is on its way. */
static void on_beat(void *ctx)
{
	(void)ctx;
	beats++;
	loop_timer_start(beat, BEAT_MS);
}

static void on_stop(void *ctx)
{
	(void)ctx;
	mail_free(mail);
	mail = NULL;
}

static void write_message(struct str *out, const struct mail_request *request, bool bad)
{
	struct message_address to[MAIL_MAX_RECIPIENTS];
	struct untrusted name = untrusted_str("Ren\xc3\xa9 \"Ops\" <x@evil.example>");
	struct message_body body;
	struct document d;
	struct err err = {0};

	if (bad)
		hostile_document(&d);
	else
		example(&d);
	message_body_init(&body, &d, 76, "lab.example");
	if (body.without_pictures.kind)
		printf("note %s\n", body.without_pictures.text);
	for (size_t i = 0; i < request->to_count; i++)
		to[i] = (struct message_address){name, request->to[i]};
	if (!message_write(
		    &(struct message){
			    .from = {untrusted_str("oogway"), request->from},
			    .to = to,
			    .to_count = request->to_count,
			    .subject = bad ? untrusted_str(hostile[10])
					   : untrusted_str(d.title),
			    .id = "handoff-payments-2026W47@lab.example",
			    .in_reply_to = "handoff-payments-2026W46@lab.example",
			    .date = INT64_C(1795420680000),
			    .text = str_text(&body.text),
			    .html = str_text(&body.html),
			    .files = body.files,
			    .file_count = body.file_count,
		    },
		    out, &err))
		printf("error %s: %s\n", err_kind_name(err.kind), err.text);
	message_body_release(&body);
	document_release(&d);
}

static bool is(const char *word, const char *option)
{
	return !strcmp(word, option);
}

static enum mail_auth auth_of(const char *word)
{
	return is(word, "plain")   ? MAIL_AUTH_PLAIN
	       : is(word, "login") ? MAIL_AUTH_LOGIN
				   : MAIL_AUTH_XOAUTH2;
}

int main(int argc, char **argv)
{
	const char *password = getenv("SMTP_PASSWORD");
	struct secret *secret = password ? secret_new(password, strlen(password)) : NULL;
	struct mail_request request = {
		.server = {.host = "localhost", .user = "oogway", .secret = secret},
		.from = "oogway@lab.example",
		.timeout_ms = 10000};
	bool bad = false, stop = false;
	struct task_pool *pool;
	struct loop_timer *timer;
	struct str out;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (is(argv[i], "--tls"))
			request.server.tls = MAIL_TLS;
		else if (is(argv[i], "--hostile"))
			bad = true;
		else if (is(argv[i], "--stop"))
			stop = true;
		else if (is(argv[i], "--port"))
			request.server.port = (int)strtol(argv[++i], NULL, 10);
		else if (is(argv[i], "--auth"))
			request.server.auth = auth_of(argv[++i]);
		else if (is(argv[i], "--ca"))
			request.server.ca_file = argv[++i];
		else if (is(argv[i], "--host"))
			request.server.host = argv[++i];
		else if (is(argv[i], "--from"))
			request.from = argv[++i];
		else if (is(argv[i], "--timeout"))
			request.timeout_ms = strtol(argv[++i], NULL, 10);
	}
	people = request.to = (const char *const *)argv + i;
	request.to_count = (size_t)(argc - i);
	loop = loop_new();
	pool = task_pool_new(loop);
	mail = mail_new(pool);
	timer = loop_timer(loop, on_stop, NULL);
	str_init(&out, 8 << 20);
	write_message(&out, &request, bad);
	request.message = str_text(&out);
	request.message_n = out.n;
	mail_send(mail, &request, on_reply, NULL);
	str_release(&out);
	secret_free(secret);
	if (told)
		abort();
	if (stop)
		loop_timer_start(timer, 500);
	beat = loop_timer(loop, on_beat, NULL);
	loop_timer_start(beat, BEAT_MS);
	loop_run(loop);
	printf("beats %d\n", beats);
	loop_timer_free(beat);
	mail_free(mail);
	task_pool_free(pool);
	loop_timer_free(timer);
	loop_free(loop);
	return 0;
}
