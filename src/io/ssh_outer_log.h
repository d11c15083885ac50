/* What OpenSSH's client logs (-E, LogLevel=DEBUG2) when it goes through a ControlMaster's
 * socket: the only place that tells an exit status of 255 from a broken connection. Pure.
 */
#ifndef SRC_IO_SSH_OUTER_LOG_H
#define SRC_IO_SSH_OUTER_LOG_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { OUTER_LOG_BYTES = 64 << 10 };

struct outer_log {
	bool begun; /* the connection has taken the command */
	bool has_status;
	int status;
};

void outer_log_read(const char *text, size_t n, struct outer_log *out);
/* A sentence of what is no debugging, with a kind that fits. */
void outer_log_error(const char *text, size_t n, const char *host, struct err *err);

#endif
