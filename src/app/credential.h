/* A secret that the rc names: fetched from a file, the environment or what a command
 * prints. Main thread. */
#ifndef SRC_APP_CREDENTIAL_H
#define SRC_APP_CREDENTIAL_H

#include "base/err.h"
#include "base/secret.h"

#include <stdbool.h>

struct loop;
struct proc;

struct credential {
	struct secret *secret; /* NULL: none, or not yet */
	struct proc *command;  /* while it runs */
	struct err err;        /* why what it printed is no secret */
	void (*done)(void *ctx, const struct err *err);
	void *ctx;
};

/* Where it is; all NULL: there is none. */
struct credential_place {
	const char *file, *env, *command;
};

/* True when it is there, or none is named. False with *err when it cannot be had; false
 * without: done tells later, with NULL when it is there. */
bool credential_fetch(struct credential *credential, struct loop *loop,
	const struct credential_place *place, struct err *err);
/* Wiped; nothing is told any more; it may be fetched anew. */
void credential_release(struct credential *credential);

#endif
