/* What was said in one SMTP conversation, and what that means for each recipient. */
#ifndef SRC_IO_MAIL_TALK_H
#define SRC_IO_MAIL_TALK_H

#include "base/err.h"
#include "base/untrusted.h"
#include "io/mail.h"

enum talk_phase {
	TALK_GREETING,
	TALK_HELLO,
	TALK_STARTTLS,
	TALK_AUTH,
	TALK_FROM,
	TALK_RECIPIENT,
	TALK_DATA,
	TALK_BODY, /* the mail itself; its answer is the last word */
};

struct talk {
	enum talk_phase phase;
	size_t recipient;              /* the one that is asked for, from 1 */
	size_t count;                  /* of outcomes */
	struct mail_outcome *outcomes; /* code and text: as answered to RCPT */
	bool body_ended;               /* all of the mail was given away */
	bool answered;                 /* a final line came since the last command */
	bool quit;                     /* we have said good-bye */
	int code;                      /* of the last final line, 0: none yet */
	enum talk_phase code_phase;
	char text[MAIL_TEXT]; /* of it */
	bool strange;         /* a line that is not SMTP */
};

/* outcomes: count of them, zeroed. */
void talk_init(struct talk *talk, struct mail_outcome *outcomes, size_t count);
/* A line that was sent. */
void talk_said(struct talk *talk, struct untrusted line);
/* A line that came. */
void talk_heard(struct talk *talk, struct untrusted line);
/* Fills the fates. broke: the conversation ended by an error that has words already.
 * Returns false with *err when not every recipient got an answer. */
bool talk_end(
	struct talk *talk, const char *host, const struct err *broke, struct err *err);

#endif
