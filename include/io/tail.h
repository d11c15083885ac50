/* Following files as they grow: rotation (another inode) and truncation are seen, a
 * missing file is waited for. Read in slices on main. */
#ifndef IO_TAIL_H
#define IO_TAIL_H

#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tail;

enum {
	TAIL_SLICE = 64 * 1024,
	TAIL_LINE_MAX = 16 * 1024,
	TAIL_BEHIND = 8 << 20, /* further behind its end it goes on near the end */
};

/* Starts at most first_bytes before the end, at a whole line. */
struct tail *tail_new(const char *path, size_t first_bytes);
void tail_free(struct tail *tail);
/* Reads at most TAIL_SLICE bytes; each whole line goes to `line`. Longer lines than
 * TAIL_LINE_MAX are cut. *more: the end was not reached, read again soon. Returns false
 * while the file cannot be read. */
bool tail_read(struct tail *tail, bool *more,
	void (*line)(void *ctx, struct untrusted line), void *ctx);
/* Bytes that were passed over since the last call, because too much came. */
uint64_t tail_skipped(struct tail *tail);
/* Why it cannot be read, an errno; 0 when it can, or was not tried yet. */
int tail_trouble(const struct tail *tail);
const char *tail_path(const struct tail *tail);

#endif
