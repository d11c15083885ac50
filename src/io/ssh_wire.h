/* The way to a machine: its name resolved by the loop, a TCP connection to one of its
 * addresses after the other, or the two ends of a ProxyCommand. Main only. */
#ifndef SRC_IO_SSH_WIRE_H
#define SRC_IO_SSH_WIRE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct wire;

struct wire_how {
	struct loop *loop;
	const char *host;
	int port;
	const char *const *proxy; /* argv, or NULL */
	int64_t connect_ms;       /* for each address */
	/* fd is the caller's and does not block; -1 with *err: there is none. Once, never
	 * from within wire_open(). */
	void (*opened)(void *ctx, int fd, const struct err *err);
	void *ctx;
};

/* Texts of how are copied, but for host and proxy, which outlive it. */
struct wire *wire_open(const struct wire_how *how);
/* What a ProxyCommand wrote to its standard error last, or "". */
const char *wire_said(const struct wire *wire);
/* Ends what is under way, and the ProxyCommand; `opened` does not come any more. NULL is
 * fine. */
void wire_close(struct wire *wire);

#endif
