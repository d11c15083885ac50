/* What a command prints, written to a file of its own (0600) as it comes, by a task,
 * with the SHA-256 of what is in the file. A stream that stays empty makes no file.
 * Main. */
#ifndef OPS_TAPE_H
#define OPS_TAPE_H

#include "base/crypto.h"
#include "base/err.h"
#include "base/str.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stdint.h>

struct tape;
struct task_pool;

enum { TAPE_WAITING_BYTES = 1 << 20, TAPE_PATH = 4096 };

struct tape_how {
	struct task_pool *pool;
	const char *path; /* copied; there must be no such file */
	/* On main: there is room again, or it failed (tape_error()). */
	void (*written)(void *ctx);
	void *ctx;
};

struct tape *tape_new(const struct tape_how *how);
/* False when TAPE_WAITING_BYTES wait: nothing more should be read until written(). */
bool tape_add(struct tape *tape, struct untrusted bytes);
/* All that was added is in the file, and on the disk: `ended` comes once, on main, never
 * from within; nothing is added any more. */
void tape_end(struct tape *tape, void (*ended)(void *ctx));
/* The bytes as they are, into memory: for what is shown and used again. */
void tape_show(struct untrusted bytes, struct str *to);
/* The same, but the newest: when it is full its older half goes. True: some is gone. */
bool tape_show_newest(struct untrusted bytes, struct str *to);
const struct err *tape_error(const struct tape *tape); /* NULL: none so far */
uint64_t tape_bytes(const struct tape *tape);
/* "" when there is no file. */
const char *tape_path(const struct tape *tape);
/* After `ended`, once. */
const char *tape_hash(struct tape *tape, char out[SHA256_DIGITS + 1]);
/* At any time; no callback comes any more. NULL is fine. */
void tape_free(struct tape *tape);

#endif
