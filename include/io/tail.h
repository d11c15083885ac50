/* Following files as they grow: rotation (another inode) and truncation are seen, a
 * missing file is waited for. Read in slices on main. */
#ifndef IO_TAIL_H
#define IO_TAIL_H

#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>

struct tail;

enum { TAIL_SLICE = 64 * 1024, TAIL_LINE_MAX = 16 * 1024 };

/* Starts at most first_bytes before the end, at a whole line. */
struct tail *tail_new(const char *path, size_t first_bytes);
void tail_free(struct tail *tail);
/* Reads at most TAIL_SLICE bytes; each whole line goes to `line`. Longer lines than
 * TAIL_LINE_MAX are cut. Returns false while the file cannot be read. */
bool tail_read(
	struct tail *tail, void (*line)(void *ctx, struct untrusted line), void *ctx);
const char *tail_path(const struct tail *tail);

#endif
