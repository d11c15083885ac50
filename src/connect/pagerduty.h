/* What the parts of PagerDuty share: the present, the past, the acting half. */
#ifndef SRC_CONNECT_PAGERDUTY_H
#define SRC_CONNECT_PAGERDUTY_H

#include "base/json.h"
#include "base/str.h"
#include "connect/act.h"
#include "connect/source.h"

/* The incidents of the past and the entries of their logs, for source_kind.past. */
extern const struct source_kind pagerduty_past;
/* Schedules and people, for source_kind.rota. */
extern const struct source_kind pagerduty_rota;

extern const char *const pagerduty_headers[];
/* The sentences of an "error" member, one line. */
void pagerduty_words(struct json error, struct str *out);
/* "&service_ids[]=P1…" of the source's filter; `only` "team=": of those words alone. */
void pagerduty_add_filter(struct str *path, const char *filter, const char *only);
/* An incident that was not asked for by the filter: it would have been found by it. Teams
 * are not looked at. */
bool pagerduty_passes(const char *filter, struct json incident);
/* All but its id. */
void pagerduty_incident(
	struct batch *batch, struct alert_draft *draft, struct json incident);
/* "&since=2026-11-21T14%3A32%3A01Z" */
void pagerduty_add_time(struct str *path, const char *name, int64_t at);
/* The server said no: false, with its words. */
bool pagerduty_refused(const struct answer *answer, struct err *err);
/* Overrides of schedules, v2 and v3: a part of pagerduty_actions, one action at a time.
 * The struct is theirs. */
struct pd_override {
	const struct action *action;
	struct action_result *result;
	const char *const *headers;
	struct override_facts facts;
	bool known, over; /* facts were read; nothing is left to ask */
	int step;
	int64_t start_at; /* as it is sent */
};
void pd_override_start(struct pd_override *o, const struct action *action,
	struct action_result *result, const char *const *headers);
bool pd_override_next(
	struct pd_override *o, int64_t now, struct arena *arena, struct ask *out);
void pd_override_take(struct pd_override *o, const struct answer *answer);
/* An answer of any status as JSON; and what it means for an action, unless 2xx. */
bool pagerduty_parse(const struct answer *answer, struct json_doc *doc);
void pagerduty_refuse_action(const struct answer *answer, struct action_result *result);
/* The document of a page, which has `member`. */
bool pagerduty_open(const struct answer *answer, const char *member, struct json_doc *doc,
	struct err *err);

#endif
