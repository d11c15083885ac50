/* What the parts of PagerDuty share: the present, the past, the acting half. */
#ifndef SRC_CONNECT_PAGERDUTY_H
#define SRC_CONNECT_PAGERDUTY_H

#include "base/json.h"
#include "base/str.h"
#include "connect/act.h"
#include "connect/source.h"
#include "job.h"
#include "seen.h"

/* The incidents of the past and the entries of their logs, for source_kind.past. */
extern const struct source_kind pagerduty_past;
/* How many there are of what is chosen, for source_kind.survey. */
extern const struct source_kind pagerduty_survey;
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
/* "": nothing is known of its service, and it passes. */
bool pagerduty_passes_service(const char *filter, struct untrusted service);
/* What tells more of what happens next than the incident does. */
struct ladder;
struct snoozes;
/* How its logs tell of a snooze; ctx: struct source_conf. */
extern const struct snooze_log pagerduty_snooze_log;
struct outlook {
	const struct ladder *ladder;
	struct snoozes *snoozes;
};
/* All but its id; outlook or NULL. */
void pagerduty_incident(struct batch *batch, const struct outlook *outlook,
	struct alert_draft *draft, struct json incident);
/* How long before now the changes of the present begin. */
#define PAGERDUTY_CHANGES_MS (24 * HOUR_MS)
void pagerduty_changes(
	const struct source_conf *conf, struct batch *batch, struct json list);
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

/* A line of a log; false: it says of no incident, or has no time. */
bool pagerduty_entry(struct batch *batch, struct json entry, unsigned left_out);
bool pagerduty_is_person(struct json agent);
/* Its name; "somebody" where people are left out. */
struct untrusted pagerduty_person(
	unsigned left_out, struct batch *batch, struct json agent);
/* The plan of the account, or its key, does not have this. */
bool pagerduty_absent(int status);

/* --- the incident that is looked at (pagerduty_opened.c) --- */

enum {
	OPENED_FACTS,
	OPENED_NOTES,
	OPENED_LOG,
	OPENED_ALERTS,
	OPENED_CHANGES, /* around its begin, where the present ones do not reach */
	OPENED_PARTS,
	OPENED_ASK = 100, /* the ids of its asks: this and a part */
};

struct opened {
	struct job job; /* rounds over it */
	char id[SOURCE_ID], asked[SOURCE_ID];
	int part;     /* asked next; OPENED_FACTS: between rounds */
	bool open;    /* an ask is under way */
	bool reading; /* a round is */
	int64_t offset;
	bool whole; /* its log was read to its end, or to the most of it */
	bool cut;   /* … to the most */
	uint64_t facts_hash, notes_hash;
	const struct source_conf *conf;
	int64_t created_at;
	bool changes_read;
	unsigned left_out;
	int64_t absent_until[OPENED_PARTS];
	struct arena arena;
	struct seen seen;
};

/* conf lives as long as it. */
void opened_init(struct opened *opened, const struct source_conf *conf, uint64_t seed);
void opened_release(struct opened *opened);
/* False: nothing is to be asked now. */
bool opened_next(struct opened *opened, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out);
/* Never an error of the source: the present does not depend on it. */
void opened_take(struct opened *opened, const struct answer *answer, struct batch *batch);

/* --- responders and status updates (pagerduty_respond.c) --- */

enum { RESPOND_TARGETS = 8 };

enum respond_stage {
	RESPOND_LOOK, /* an earlier try may have made the request */
	RESPOND_ME,   /* who asks */
	RESPOND_WHOM, /* who is meant, one after the other */
	RESPOND_WRITE,
	RESPOND_LOG, /* has the update reached the log of the incident? */
	RESPOND_OVER,
};

struct respond_target {
	char name[80], id[SOURCE_ID];
	bool user; /* else an escalation policy */
};

/* One action of ACTION_RESPONDERS or ACTION_STATUS. */
struct respond {
	const struct source_conf *conf;
	const struct action *action;
	struct action_result *result;
	enum respond_stage stage;
	char requester[SOURCE_ID];
	struct respond_target targets[RESPOND_TARGETS];
	size_t target_count, at;
	int looks; /* at the log */
	int64_t look_at;
};

/* What is passed lives as long as *r. The rest is as in struct action_kind. */
void respond_start(struct respond *r, const struct source_conf *conf,
	const struct action *action, struct action_result *result);
bool respond_next(struct respond *r, int64_t now, struct arena *arena,
	const char *const *headers, struct ask *out);
void respond_take(struct respond *r, const struct answer *answer);

#endif
