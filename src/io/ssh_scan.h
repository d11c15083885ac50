/* Asks an SSH server for its host certificate, as `ssh-keyscan -c` does: a key exchange
 * is begun in the clear, and left as soon as the certificate is there. That the server
 * has the key in it is not proven here, but by the connection that is made afterwards,
 * whose host key must be that key. A state machine over a descriptor; for tasks. */
#ifndef SRC_IO_SSH_SCAN_H
#define SRC_IO_SSH_SCAN_H

#include "base/err.h"
#include "base/str.h"

enum { SCAN_BYTES = 256 << 10, SCAN_LINES = 64 };

enum scan_wants {
	SCAN_WANTS_WIRE, /* scan_events() */
	SCAN_HAS_KEY,    /* scan->certificate */
	SCAN_HAS_NONE,   /* the server has none of the types asked for */
	SCAN_HAS_FAILED, /* scan->err */
};

struct scan {
	struct str in, out;
	size_t sent;
	int at; /* ssh_scan.c's */
	int lines;
	const char *exchange;
	struct str certificate;
	struct err err;
};

void scan_init(struct scan *scan);
/* Reads and writes what it can of a descriptor that does not block. */
enum scan_wants scan_step(struct scan *scan, int fd);
/* The same of bytes that came, for whoever has no descriptor; what is to be sent lies in
 * `out`. */
enum scan_wants scan_take(struct scan *scan, const void *bytes, size_t n);
bool scan_writes(const struct scan *scan);
void scan_release(struct scan *scan);

#endif
