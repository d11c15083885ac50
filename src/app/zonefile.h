/* A time zone by its name, as an array of offsets. */
#ifndef APP_ZONEFILE_H
#define APP_ZONEFILE_H

#include "base/err.h"
#include "model/zone.h"

#include <stdbool.h>

/* "Europe/Berlin" from the system's zone files; NULL: the zone of this process. Right
 * over [from, to). Reads a file: for tasks. */
bool zone_named(
	struct zone *out, const char *name, int64_t from, int64_t to, struct err *err);

#endif
