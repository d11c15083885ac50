/* A terminal session as it was seen, in a file of its own: asciicast v2, one line for
 * each piece of output and each change of size. Input is not recorded. And what of a
 * host's bytes the terminal is not given. Main thread. */
#ifndef OPS_CAST_H
#define OPS_CAST_H

#include "base/crypto.h"
#include "base/err.h"
#include "base/str.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stdint.h>

struct cast;
struct task_pool;

struct cast_how {
	struct task_pool *pool;
	const char *path;         /* copied; there must be no such file */
	const char *title, *term; /* for its head; copied */
	int columns, rows;
	/* There is room again, or it failed (cast_error()). */
	void (*written)(void *ctx);
	void *ctx;
};

struct cast *cast_new(const struct cast_how *how);
/* False: nothing more should be read until written(). No character is split; bytes that
 * are none become U+FFFD. */
bool cast_output(struct cast *cast, struct untrusted bytes);
void cast_resize(struct cast *cast, int columns, int rows);
/* `ended` comes once, on main, when all of it is on the disk. */
void cast_end(struct cast *cast, void (*ended)(void *ctx));
const struct err *cast_error(const struct cast *cast); /* NULL: none so far */
uint64_t cast_bytes(const struct cast *cast);          /* of output */
const char *cast_path(const struct cast *cast);
/* After `ended`, once. */
const char *cast_hash(struct cast *cast, char out[SHA256_DIGITS + 1]);
void cast_free(struct cast *cast);

/* A host may draw, but not write to the clipboard: OSC 52, also within the strings that
 * tmux and screen pass on, is left out wherever it is cut. Zeroed at its start. */
struct cast_filter {
	int state, wrap;
	unsigned char held[16];
	int n;
};
void cast_filter(struct cast_filter *filter, struct untrusted bytes, struct str *out);

#endif
