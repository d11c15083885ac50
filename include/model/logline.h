/* One line of a log. */
#ifndef MODEL_LOGLINE_H
#define MODEL_LOGLINE_H

#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum level {
	LEVEL_NONE, /* not known */
	LEVEL_DEBUG,
	LEVEL_INFO,
	LEVEL_WARN,
	LEVEL_ERROR,
	LEVEL_FATAL,
};

enum { LOGLINE_MAX_BYTES = 2000 };

struct logline {
	int64_t at; /* 0: not known */
	enum level level;
	struct untrusted host, unit, text;
};

const char *level_name(enum level level);
/* From a line of a file: RFC 3339, syslog ("Nov 21 14:32:01 host unit[1]: text") and
 * common forms are taken apart; the year of a syslog stamp is the one that makes it
 * nearest to now. Views borrow from line. */
void logline_parse(struct untrusted line, int64_t now, struct logline *out);
/* From the words of the text itself (ERROR, level=warn, "level":"info" …). */
enum level level_guess(struct untrusted text);
/* Of a level's own name ("WARN", "Information", "crit"), in any case. */
enum level level_named(struct untrusted name);
/* Bytes at the beginning of the text that only say this level, "[ERROR] ", "warn: ",
 * "level=info ", and what separates them from the rest; 0 when there are none, or when
 * nothing follows. */
size_t level_said(struct untrusted text, enum level level);

#endif
