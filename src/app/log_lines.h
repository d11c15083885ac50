/* Log lines that sources gave, in order of their time; the oldest go first when there are
 * too many. Belongs to app/logs.c. Main thread. */
#ifndef SRC_APP_LOG_LINES_H
#define SRC_APP_LOG_LINES_H

#include "app/logs.h"
#include "base/map.h"
#include "model/batch.h"

/* What of the window a source gave. */
struct lines_of {
	bool told;    /* something, be it nothing */
	bool whole;   /* all of it */
	int64_t from; /* lines at or after this are here */
	int64_t lost; /* … but none before this, which did not fit; 0: all did */
};

struct log_lines {
	struct log_row **rows;
	size_t count, cap;
	uint64_t newest; /* id of the last one */
	struct map ids;
	struct lines_of of[RC_MAX_SOURCES + 1];
};

/* Their ids lie above all that this host's lines ever get. */
#define LOG_LINES_FIRST (UINT64_C(1) << 40)

void log_lines_init(struct log_lines *lines);
void log_lines_release(struct log_lines *lines);
/* Takes a batch of a source; true: something is another one than before. */
bool log_lines_take(
	struct log_lines *lines, int source, const struct batch *batch, size_t most);
void log_lines_forget(struct log_lines *lines, int source);
/* Only so many are kept. */
void log_lines_trim(struct log_lines *lines, size_t most);
const struct log_row *log_lines_find(const struct log_lines *lines, uint64_t id);

#endif
