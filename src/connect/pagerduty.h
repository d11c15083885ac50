/* What the parts of PagerDuty share: the present, the past, the acting half. */
#ifndef SRC_CONNECT_PAGERDUTY_H
#define SRC_CONNECT_PAGERDUTY_H

#include "base/json.h"
#include "base/str.h"
#include "connect/source.h"

/* The incidents of the past and the entries of their logs, for source_kind.past. */
extern const struct source_kind pagerduty_past;
/* How many there are of what is chosen, for source_kind.survey. */
extern const struct source_kind pagerduty_survey;

extern const char *const pagerduty_headers[];
/* The sentences of an "error" member, one line. */
void pagerduty_words(struct json error, struct str *out);
/* "&service_ids[]=P1…" of the source's filter; `only` "team=": of those words alone. */
void pagerduty_add_filter(struct str *path, const char *filter, const char *only);
/* An incident that was not asked for by the filter: it would have been found by it. Teams
 * are not looked at. */
bool pagerduty_passes(const char *filter, struct json incident);
/* "": nothing is known of its service, and it passes. */
bool pagerduty_passes_service(const char *filter, struct untrusted service);
/* All but its id. */
void pagerduty_incident(
	struct batch *batch, struct alert_draft *draft, struct json incident);
/* The server said no: false, with its words. */
bool pagerduty_refused(const struct answer *answer, struct err *err);
/* The document of a page, which has `member`. */
bool pagerduty_open(const struct answer *answer, const char *member, struct json_doc *doc,
	struct err *err);

#endif
