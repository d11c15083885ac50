/* What can follow on a command line: names of commands and of the rc language, and for
 * each argument what its place in the table says (PANE, SOURCE, COLUMN …). */
#ifndef APP_COMPLETE_H
#define APP_COMPLETE_H

#include "app/command.h"
#include "app/listing.h"

enum { COMPLETION_WORDS = 100, COMPLETION_BYTES = 64, COMPLETION_NOTE = 40 };

struct completion {
	size_t from; /* byte of the line where the words begin */
	size_t count;
	/* Sorted as their tables are; each as it stands on the line, with the blank or
	 * the " = " that follows it. */
	char words[COMPLETION_WORDS][COMPLETION_BYTES];
	/* What a word that says nothing by itself is, one line; or "". */
	char notes[COMPLETION_WORDS][COMPLETION_NOTE];
};

/* What the words depend on besides app. */
struct completion_place {
	const struct commands *commands;
	const char *const *panes;      /* names, NULL-ended */
	const struct listing *listing; /* of the focused pane, or NULL */
	uint64_t target;               /* what is selected there; 0: nothing */
};

void complete_line(const struct app *app, const struct completion_place *place,
	const char *line, struct completion *out);
/* Bytes that all words share. */
size_t completion_common(const struct completion *completion);

#endif
