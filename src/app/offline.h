/* What the store last knew of a thing whose source does not answer now. */
#ifndef SRC_APP_OFFLINE_H
#define SRC_APP_OFFLINE_H

#include "app/command.h"

/* In a one-shot command: looks for an incident, by id or number, among those that the
 * store holds open of sources that do not answer, and puts it among the alerts. Its key;
 * 0: ERR_MISSING when all sources answer, else ERR_NET with which does not, since
 * when and why. Waits for the store. */
uint64_t offline_find(struct call *call, const char *wanted, struct err *err);

#endif
