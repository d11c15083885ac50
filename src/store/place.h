/* The place of the store on disk. */
#ifndef STORE_PLACE_H
#define STORE_PLACE_H

#include "store/store.h"

struct place {
	struct db *writer; /* NULL: read-only */
	struct db *reader; /* NULL: not asked for, or in memory */
	struct store_report report;
};

/* Finds, makes, checks and upgrades the file; falls back to memory. False only with
 * ERR_BUSY: others hold the lock, try again. Waits for the disk. */
bool place_open(const struct store_config *config, bool with_reader, struct place *out,
	struct err *err);
/* Remembers that the file looked damaged: the next opening checks all of it. */
void place_suspect(const char *path);

#endif
