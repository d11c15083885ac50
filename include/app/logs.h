/* The newest log lines of this host, in a bounded ring. */
#ifndef APP_LOGS_H
#define APP_LOGS_H

#include "app/app.h"
#include "model/logline.h"

struct log_row {
	uint64_t seq; /* 1, 2, …: identity */
	int64_t at;
	enum level level;
	struct untrusted host, unit, text; /* in the row's own block */
};

struct logs *logs_new(struct app *app);
void logs_free(struct logs *logs);
/* Opens the journal or the usual files. */
void logs_start(struct logs *logs);
/* `set log.lines` or `set log.files` may have changed: the newest lines are kept, and
 * what is followed now is what the setting says. */
void logs_settle(struct logs *logs);
void logs_tick(struct logs *logs, int64_t now);
void logs_add(struct logs *logs, const struct logline *line);
size_t logs_count(const struct logs *logs);
const struct log_row *logs_at(const struct logs *logs, size_t i); /* 0: oldest */
const struct log_row *logs_find(const struct logs *logs, uint64_t seq);
/* What is read, in one line: "journal", "syslog, kern.log", "no logs found"; "" before
 * logs_start(). */
const char *logs_origin(const struct logs *logs);
/* Which of the files that are named cannot be read, and why; "" when all can. */
const char *logs_trouble(const struct logs *logs, char *out, size_t size);

#endif
