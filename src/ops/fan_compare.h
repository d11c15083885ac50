/* Which hosts of a fan-out have come to the same. */
#ifndef OPS_FAN_COMPARE_H
#define OPS_FAN_COMPARE_H

#include "ops/fanout.h"

/* Sets the hosts' group numbers; *out is the caller's to free. Hosts that are not over
 * have none. */
size_t fan_group_hosts(struct fan_host *hosts, size_t count, struct fan_group **out);

#endif
