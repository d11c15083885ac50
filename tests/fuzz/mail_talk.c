/* Any lines of a mail server, between any commands of ours: every recipient has a fate,
 * and nobody counts as sent unless the server said so. */
#include "base/untrusted.h"
#include "io/mail_talk.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const said[] = {"EHLO x\r\n", "STARTTLS\r\n", "AUTH PLAIN\r\n",
		"MAIL FROM:<a@b>\r\n", "RCPT TO:<a@b>\r\n", "DATA\r\n", "QUIT\r\n",
		"eA==\r\n"};
	struct mail_outcome outcomes[3] = {{0}};
	struct untrusted rest = untrusted_make(data, size), line;
	struct err broke = {.kind = ERR_NET, .text = "broke"}, err = {0};
	struct talk talk;
	bool ok;

	talk_init(&talk, outcomes, 3);
	for (size_t i = 0; untrusted_line(&rest, &line); i++) {
		if (untrusted_starts(line, ">"))
			talk_said(&talk, untrusted_str(said[untrusted_hash(line) % 8]));
		else
			talk_heard(&talk, line);
		talk.body_ended = talk.body_ended || (talk.phase == TALK_BODY && i % 2);
	}
	ok = talk_end(&talk, "mx:25", &broke, &err);
	if (ok != (err.kind == ERR_NONE))
		abort();
	for (int i = 0; i < 3; i++) {
		if (outcomes[i].fate == MAIL_SENT &&
			(talk.code_phase != TALK_BODY || talk.code / 100 != 2 ||
				outcomes[i].code / 100 != 2))
			abort();
		for (const char *c = outcomes[i].text; *c; c++)
			if ((unsigned char)*c < ' ')
				abort();
	}
	return 0;
}
