/* A mail as the bytes that go over the wire: RFC 5322 and MIME, text first, then HTML
 * with its pictures. Whatever a subject or a name holds, it cannot make a header. */
#ifndef REPORT_MESSAGE_H
#define REPORT_MESSAGE_H

#include "base/err.h"
#include "base/str.h"
#include "base/untrusted.h"
#include "report/document.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MESSAGE_MAX_ID = 200,
	MESSAGE_MAX_SUBJECT = 160, /* columns; longer ones end with … */
	MESSAGE_MAX_NAME = 60,     /* columns, of a person or a file */
};

struct message_address {
	struct untrusted name; /* or empty */
	const char *address;   /* name@domain, as text_to_mailbox() takes it */
};

/* A picture in the HTML (cid), or without one an attachment. */
struct message_file {
	const char *cid; /* "figure-1@domain", or NULL */
	struct untrusted name;
	const char *type; /* "image/png", "text/markdown; charset=utf-8" */
	const void *bytes;
	size_t n;
};

struct message {
	struct message_address from;
	const struct message_address *to;
	size_t to_count;
	struct untrusted subject;
	/* "words@domain" without < >, the same for each sending of the same thing:
	 * readers then thread, and know a second copy as one. */
	const char *id;
	const char *in_reply_to;       /* or NULL */
	const char *const *references; /* NULL at the end; or NULL */
	int64_t date;                  /* shown in the local zone of the process */
	const char *text;              /* UTF-8, lines with \n */
	const char *html;              /* or NULL */
	const struct message_file *files;
	size_t file_count;
};

/* Appends the mail to out: CRLF, no line over 78. False with *err when an address or
 * an id cannot be used, or when out is full. */
bool message_write(const struct message *m, struct str *out, struct err *err);

/* The forms of a document, and its figures as pictures. */
struct message_body {
	struct str text, html, pictures[DOCUMENT_MAX_FIGURES];
	char cids[DOCUMENT_MAX_FIGURES][MESSAGE_MAX_ID];
	char names[DOCUMENT_MAX_FIGURES][24];
	struct message_file files[DOCUMENT_MAX_FIGURES];
	size_t file_count;
	/* Set when there are no pictures: the charts are then drawn by the HTML. */
	struct err without_pictures;
};

/* cid_domain: letters, digits, '-' and '.'. Draws, so it belongs into a task. */
void message_body_init(struct message_body *body, const struct document *d, int columns,
	const char *cid_domain);
void message_body_release(struct message_body *body);

#endif
