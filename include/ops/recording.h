/* A recording read back: asciicast v2 as `:ssh` makes it, or the plain bytes that a step
 * printed, which have no times. Total: any bytes give a recording or a sentence. Any
 * thread. */
#ifndef OPS_RECORDING_H
#define OPS_RECORDING_H

#include "base/err.h"
#include "base/str.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RECORDING_MOST = 64 << 20, /* bytes that are read; the rest is left out */
	RECORDING_SIDE = 500,      /* columns and rows at most */
	RECORDING_EVENTS = 2000000,
};

struct recording_event {
	int64_t at_ms;
	bool resize;       /* columns and rows are others now */
	int columns, rows; /* of a resize */
	size_t from, n;    /* of output: in the text */
	size_t line;       /* of the file, from 1 */
};

struct recording {
	bool timed; /* asciicast: else all is there at once */
	bool cut;   /* there was more */
	int columns, rows;
	int64_t length_ms;
	struct str text; /* all output behind each other */
	struct recording_event *events;
	size_t count, cap;
};

/* Release it, in both cases. */
bool recording_read(struct recording *out, struct untrusted bytes, struct err *err);
void recording_release(struct recording *recording);
struct untrusted recording_output(const struct recording *recording, size_t event);
/* The next event after `from` (before it with by -1) whose output holds the text, without
 * case; SIZE_MAX: none. */
size_t recording_find(
	const struct recording *recording, size_t from, int by, const char *text);
/* The same for what reads as an error. */
size_t recording_error(const struct recording *recording, size_t from);

#endif
