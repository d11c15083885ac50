/* Follows an SMTP conversation from its lines: which command was answered how. curl
 * tells only that something failed; who was refused, and whether for now or for good,
 * stands in the codes. No I/O; used by the thread that sends. */
#include "mail_talk.h"

#include "base/str.h"
#include "base/text.h"

#include <string.h>

void talk_init(struct talk *talk, struct mail_outcome *outcomes, size_t count)
{
	*talk = (struct talk){.outcomes = outcomes, .count = count};
}

void talk_said(struct talk *talk, struct untrusted line)
{
	static const struct {
		const char *word;
		enum talk_phase phase;
	} rows[] = {
		{"EHLO ", TALK_HELLO},
		{"HELO ", TALK_HELLO},
		{"STARTTLS\r", TALK_STARTTLS},
		{"AUTH ", TALK_AUTH},
		{"MAIL FROM:", TALK_FROM},
		{"RCPT TO:", TALK_RECIPIENT},
		{"DATA\r", TALK_DATA},
	};

	/* The last word is said: what is answered to QUIT concerns nobody. */
	talk->quit = talk->quit || untrusted_starts(line, "QUIT\r");
	if (talk->quit)
		return;
	talk->answered = false;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (untrusted_starts(line, rows[i].word)) {
			talk->phase = rows[i].phase;
			talk->recipient += talk->phase == TALK_RECIPIENT;
			return;
		}
}

/* "250-…" goes on, "250 …" and "250" end an answer; -1 when it is neither. */
static int reply_code(struct untrusted line, bool *last, struct untrusted *words)
{
	int64_t code;
	struct untrusted digits = untrusted_slice(line, 0, 3),
			 mark = untrusted_slice(line, 3, 1);

	*last = !untrusted_is(mark, "-");
	*words = untrusted_trim(untrusted_slice(line, 4, SIZE_MAX));
	if (untrusted_size(digits) != 3 || !untrusted_to_i64(digits, &code) ||
		code < 200 || code > 599)
		return -1;
	return untrusted_empty(mark) || untrusted_is(mark, " ") || !*last ? (int)code
									  : -1;
}

void talk_heard(struct talk *talk, struct untrusted line)
{
	struct untrusted words;
	bool last;
	int code;

	line = untrusted_trim(line);
	code = reply_code(line, &last, &words);
	if (code < 0) {
		talk->strange = true;
		text_line(line, talk->text, sizeof talk->text);
		return;
	}
	if (!last || talk->quit)
		return;
	talk->answered = true;
	talk->code = code;
	talk->code_phase = talk->phase;
	text_line(words, talk->text, sizeof talk->text);
	if (talk->phase == TALK_RECIPIENT && talk->recipient <= talk->count) {
		struct mail_outcome *o = &talk->outcomes[talk->recipient - 1];

		o->code = code;
		str_copy(o->text, sizeof o->text, talk->text);
	}
	if (talk->phase == TALK_DATA && code == 354)
		talk->phase = TALK_BODY;
}

static enum mail_fate fate_of(int code)
{
	return code < 400 ? MAIL_SENT : code < 500 ? MAIL_LATER : MAIL_REFUSED;
}

/* What is true for those whom no answer of their own has decided. */
static enum mail_fate common_fate(const struct talk *talk)
{
	if (talk->code_phase == TALK_BODY)
		return fate_of(talk->code);
	if (talk->phase == TALK_BODY && talk->body_ended)
		return MAIL_UNSURE;
	if (talk->code >= 500 && talk->code_phase != TALK_RECIPIENT &&
		talk->code_phase != TALK_STARTTLS)
		return MAIL_REFUSED;
	return MAIL_LATER;
}

/* The words for a server that said no to all, before the first recipient or after. */
static void say_code(const struct talk *talk, const char *host, struct err *err)
{
	static const char *const where[] = {
		[TALK_GREETING] = "does not want to talk",
		[TALK_HELLO] = "does not want to talk",
		[TALK_STARTTLS] = "does not start TLS",
		[TALK_AUTH] = "refuses the user name or password",
		[TALK_FROM] = "refuses the sender",
		[TALK_RECIPIENT] = "refuses a recipient",
		[TALK_DATA] = "does not take the mail",
		[TALK_BODY] = "does not take the mail",
	};

	err_set(err,
		talk->code_phase == TALK_AUTH ? ERR_AUTH
		: talk->code < 500            ? ERR_BUSY
					      : ERR_REFUSED,
		"%s %s: %d %s", host, where[talk->code_phase], talk->code, talk->text);
}

bool talk_end(
	struct talk *talk, const char *host, const struct err *broke, struct err *err)
{
	enum mail_fate common = common_fate(talk);
	bool open = false, decided = talk->code_phase == TALK_BODY;
	bool refused = talk->code >= 400 && talk->code_phase != TALK_RECIPIENT;

	for (size_t i = 0; i < talk->count; i++) {
		struct mail_outcome *o = &talk->outcomes[i];

		if (o->code >= 400) {
			o->fate = fate_of(o->code);
			continue;
		}
		open = open || !decided;
		o->fate = common;
		o->code = decided || refused ? talk->code : 0;
		str_copy(o->text, sizeof o->text, o->code ? talk->text : "");
	}
	if (!open)
		return true;
	if (talk->answered && refused)
		say_code(talk, host, err);
	else if (common == MAIL_UNSURE)
		err_set(err, ERR_NET,
			"%s broke the connection when it had the mail: it may have taken "
			"it",
			host);
	else if (talk->strange)
		err_set(err, ERR_INPUT, "%s does not speak SMTP: check host and port",
			host);
	else
		*err = *broke;
	return false;
}
