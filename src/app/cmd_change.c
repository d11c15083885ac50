/* `change add TEXT [service=NAME]`: what somebody says that changed, for the timeline of
 * the next incident. It stays in the store of this installation; nothing is sent.
 * Main thread. */
#include "changes.h"
#include "base/str.h"
#include "base/text.h"
#include "cmd.h"

#include <string.h>

enum { WORDS_MAX_BYTES = 1000 };

enum status cmd_change_add(struct call *call, struct err *err)
{
	const char *service = NULL;
	enum status status = STATUS_DONE;
	char shown[80];
	struct str text;

	if (call->app->past || call->app->demo) {
		err_set(err, ERR_REFUSED, "a change is added now, to a real world");
		return STATUS_REFUSED;
	}
	str_init(&text, WORDS_MAX_BYTES);
	for (size_t i = 0; i < call->argc; i++) {
		const char *word = call->argv[i];

		if (str_starts(word, "service=")) {
			service = word + strlen("service=");
			continue;
		}
		if (text.n)
			str_putc(&text, ' ');
		str_puts(&text, word);
	}
	if (!text.n) {
		err_set(err, ERR_USAGE, "expected: change add TEXT [service=NAME]");
		status = STATUS_USAGE;
	} else if (!changes_say(call->app->change_feeds, str_text(&text), service, err)) {
		status = STATUS_FAILED;
	} else if (call->out) {
		str_printf(call->out, "noted: %s\n",
			text_line(untrusted_str(str_text(&text)), shown, sizeof shown));
	} else {
		app_notice(call->app, false, "noted: %s",
			text_line(untrusted_str(str_text(&text)), shown, sizeof shown));
	}
	str_release(&text);
	return status;
}
