/* The newest log lines of this host, in a bounded ring, and those that sources gave; as
 * one list in order of time. */
#ifndef APP_LOGS_H
#define APP_LOGS_H

#include "app/app.h"
#include "model/logline.h"

struct log_row {
	uint64_t seq; /* 1, 2, …: identity */
	int64_t at;
	enum level level;
	int64_t at_ns;                     /* of its millisecond; 0: not known */
	int source;                        /* number; SOURCE_HOST: this host */
	struct untrusted host, unit, text; /* in the row's own block */
	struct untrusted labels;           /* "name=value\n" each, of a source's line */
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
struct batch;
/* Lines of a source. */
void logs_take(struct logs *logs, int source, const struct batch *batch);
void logs_forget(struct logs *logs, int source);
size_t logs_count(struct logs *logs);
const struct log_row *logs_at(struct logs *logs, size_t i); /* 0: oldest */
const struct log_row *logs_find(const struct logs *logs, uint64_t seq);
/* What is read, in one line: "journal", "syslog, kern.log", "no logs found"; "" before
 * logs_start(). */
const char *logs_origin(const struct logs *logs);
/* Since when this host's own lines are held; 0: there are none. */
int64_t logs_since(const struct logs *logs);
/* Some source gives lines. */
bool logs_asked(const struct logs *logs);
/* What of the window sources did not give, and why: "loki: no lines before 14:02:07 are
 * read"; "" when all of it is here. */
const char *logs_lack(const struct logs *logs, char *out, size_t size);
/* Which of the files that are named cannot be read, and why; "" when all can. */
const char *logs_trouble(const struct logs *logs, char *out, size_t size);

#endif
