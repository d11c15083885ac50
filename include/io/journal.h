/* Lines to other keepers of logs on this machine or beyond it: journald's own socket, and
 * syslog over TLS (RFC 5424 and 5425). Both wait: for tasks. */
#ifndef IO_JOURNAL_H
#define IO_JOURNAL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct task_pool;

enum { JOURNAL_LINE_MOST = 128 << 10 };

/* One entry, its MESSAGE the line, SYSLOG_IDENTIFIER the name. socket NULL: that of
 * journald. */
bool journal_send(const char *socket, const char *name, const char *line, size_t n,
	struct err *err);

struct syslog_to {
	const char *place;   /* HOST[:PORT], 6514 without */
	const char *ca_file; /* NULL: the system's authorities */
	const char *host;    /* that it comes from */
	const char *name;    /* of the program */
};

/* libcurl is being opened until this is true; call it on main before the first
 * syslog_send(). */
bool syslog_ready(struct task_pool *pool);
/* All lines over one connection, one message each. True: the TLS connection took them
 * all; the protocol has no other acknowledgement. */
bool syslog_send(
	const struct syslog_to *to, const char *lines, size_t n, struct err *err);

#endif
