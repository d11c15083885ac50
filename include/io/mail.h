/* Sending mail: SMTP by libcurl. Always over TLS with the certificate checked, and
 * nothing, not even a password, is sent before it.
 *
 * libcurl waits inside of one call for the answer to the last dot and to QUIT, so a
 * mail is sent by a task on a pool thread: one at a time, the others wait. Main only. */
#ifndef IO_MAIL_H
#define IO_MAIL_H

#include "base/err.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mail;
struct task_pool;

enum {
	MAIL_TEXT = 200,
	MAIL_MAX_RECIPIENTS = 200,
	MAIL_MAX_BYTES = 16 << 20,
};

enum mail_tls {
	MAIL_STARTTLS, /* port 587, 25: a server that does not offer it is refused */
	MAIL_TLS,      /* port 465 */
};

enum mail_auth { MAIL_AUTH_NONE, MAIL_AUTH_PLAIN, MAIL_AUTH_LOGIN, MAIL_AUTH_XOAUTH2 };

struct mail_server {
	const char *host;
	int port; /* 0: 587 or 465 */
	enum mail_tls tls;
	enum mail_auth auth;
	const char *user;
	const struct secret *secret; /* password, or the token of XOAUTH2 */
	const char *ca_file;         /* NULL: the system's */
};

struct mail_request {
	struct mail_server server;
	const char *from;      /* name@domain, as text_to_mailbox() takes it */
	const char *const *to; /* the same */
	size_t to_count;
	const void *message; /* RFC 5322, lines with CRLF */
	size_t message_n;
	int64_t timeout_ms; /* the whole of it; must not be 0 */
};

enum mail_fate {
	MAIL_LATER,   /* not now (4xx, no connection): send again */
	MAIL_SENT,    /* the server has taken it for this recipient */
	MAIL_REFUSED, /* never (5xx): sending again will not help */
	/* The connection broke when the mail was on its way: it may be there. Sent again
	 * with the same Message-ID, a second copy is known as one. */
	MAIL_UNSURE,
};

struct mail_outcome {
	enum mail_fate fate;
	int code;             /* the server's, 0: it said nothing to this recipient */
	char text[MAIL_TEXT]; /* its words, through text_line */
};

struct mail_reply {
	const struct mail_outcome *outcomes; /* in the order of `to` */
	size_t count, sent;
	/* NULL when every recipient got an answer; else why not. */
	const struct err *err;
};

struct mail *mail_new(struct task_pool *pool);
/* What has not been sent is told ERR_CANCELLED now. One that is on its way goes on
 * until its server answers or a second has passed; nobody hears of it. */
void mail_free(struct mail *mail);

/* done is called exactly once, never from within mail_send. Everything in `request` is
 * copied, the secret too. A request that cannot be sent (a bad address, no server)
 * is ERR_USAGE. */
void mail_send(struct mail *mail, const struct mail_request *request,
	void (*done)(void *ctx, const struct mail_reply *reply), void *ctx);

#endif
