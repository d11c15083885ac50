/* What the reading and the acting half of PagerDuty share. */
#ifndef SRC_CONNECT_PAGERDUTY_H
#define SRC_CONNECT_PAGERDUTY_H

#include "base/json.h"
#include "base/str.h"

/* The sentences of an "error" member, one line. */
void pagerduty_words(struct json error, struct str *out);

#endif
