/* One file to or from another machine over SFTP, with the SHA-256 of what went over. The
 * file is whole or not there: it is written beside its place under another name and then
 * put there. Main thread. */
#ifndef OPS_TRANSFER_H
#define OPS_TRANSFER_H

#include "base/crypto.h"
#include "base/err.h"
#include "io/ssh.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct task_pool;
struct transfer;

enum { TRANSFER_PATH = 4096 };

struct transfer_how {
	struct loop *loop;
	struct task_pool *pool;
	struct ssh_net *net;
	struct ssh_target target;
	bool gets;                /* from there to here */
	const char *here, *there; /* paths; copied */
	/* Once, never from within: err is NULL when all of it is in its place. The
	 * transfer is the caller's to free then. */
	void (*ended)(void *ctx, const struct err *err);
	void *ctx;
};

struct transfer *transfer_start(const struct transfer_how *how);
/* Asks it to end; `ended` comes as ever. */
void transfer_stop(struct transfer *transfer);
uint64_t transfer_bytes(const struct transfer *transfer);
/* After `ended` with no error. */
const char *transfer_hash(const struct transfer *transfer);
void transfer_free(struct transfer *transfer);

#endif
