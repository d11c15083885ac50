/* What the reading and the acting half of Opsgenie and its successor share: the two
 * faces of one service, and its words. */
#ifndef SRC_CONNECT_GENIE_H
#define SRC_CONNECT_GENIE_H

#include "base/json.h"
#include "base/str.h"
#include "connect/act.h"
#include "connect/source.h"
#include "job.h"
#include "names.h"
#include "snooze.h"

enum { GENIE_MAX_BODY = 16 << 20, GENIE_CLOUD = 80, GENIE_SITE = 256 };

/* What differs. */
struct genie_face {
	bool jsm;
	const char *rows;       /* member of a page with its rows */
	const char *next;       /* and with the URL of the next one */
	const char *limit;      /* parameter: rows of a page */
	int64_t reach;          /* offset + limit beyond is refused */
	const char *priority;   /* method of that change */
	const char *note_from;  /* parameter: notes behind this one … */
	const char *note_place; /* … by this member of it */
};

extern const struct genie_face genie_opsgenie, genie_jsm;
/* Alerts of the past, for source_kind.past. */
extern const struct source_kind opsgenie_past, jsm_past;
/* Schedules and people, for source_kind.rota. */
extern const struct source_kind opsgenie_rota, jsm_rota;

/* How its alerts are read. */
struct genie_view {
	const struct source_conf *conf;
	const struct genie_face *face;
	struct names names; /* of teams, and of Jira's people */
	/* Of the present: whose snoozes they are; or NULL. */
	struct snoozes *snoozes;
	const char *cloud;
};
/* How its logs tell of a snooze; ctx: struct genie_view. `who` is for genie_who(). */
extern const struct snooze_log genie_snooze_log;
void genie_view_init(struct genie_view *view, const struct genie_face *face,
	const struct source_conf *conf);
void genie_view_release(struct genie_view *view);
/* All but its id. */
void genie_alert(struct genie_view *view, struct batch *batch, struct alert_draft *draft,
	struct json alert);
/* What people are called for: P1 to P3; P4 is low, and P5 only informs. */
enum urgency genie_urgency(struct json alert);
/* The name of a person (user) or a team; of an unknown person the id. */
struct untrusted genie_who(struct genie_view *view, struct untrusted id, bool user);

/* What its list says of its course. */
struct genie_report {
	int64_t acked_at, closed_at; /* 0: not told; closed_at: of one that is closed */
	struct untrusted acked_by, closed_by;
};
struct genie_report genie_report(struct genie_view *view, struct json alert);
/* The id of an entry of an alert's log: one of its kind, or the one that `mark` names. */
void genie_entry_id(struct untrusted alert, enum entry_kind kind, struct untrusted mark,
	struct str *out);
/* The path that asks Jira for the names that are wanted, some at a time. */
void genie_users_path(struct genie_view *view, const char *cloud, struct str *path);
void genie_learn_users(struct genie_view *view, struct json root);
/* The list of them. */
struct json genie_learn_teams(struct genie_view *view, struct json root);

/* Is each team that the filter names in the list of them? If not, *unknown is one. */
bool genie_teams_known(const struct genie_face *face, const char *filter,
	struct json list, struct untrusted *unknown);
/* "3 teams: Payments, Platform, Search" */
void genie_teams_words(const struct genie_face *face, struct json list, struct str *out);

/* Where the API begins: "/v2", "/jsm/ops/api/CLOUD/v1". */
void genie_root(const struct genie_face *face, const char *cloud, struct str *path);
/* False with a sentence when the rc says neither site nor cloud id. */
bool genie_place(
	const struct genie_face *face, const struct source_conf *conf, struct err *err);
/* "https://NAME.atlassian.net" of the rc's site. */
const char *genie_site(const struct source_conf *conf, char out[GENIE_SITE]);
/* Asks the site for its cloud id: without a credential. */
bool genie_tenant_ask(
	const struct source_conf *conf, struct arena *arena, int id, struct ask *out);
bool genie_tenant_take(const struct source_conf *conf, const struct answer *answer,
	char cloud[GENIE_CLOUD], struct err *err);
/* The sentences of an error, one line. */
void genie_words(struct json root, struct str *out);
bool genie_parse(const struct answer *answer, struct json_doc *doc);
/* A document with a list of that name (NULL: any); false: no such. */
bool genie_open(const struct answer *answer, const char *member, struct json_doc *doc,
	struct err *err);
/* The server said no: false, with its words. */
bool genie_refused(
	const struct genie_view *view, const struct answer *answer, struct err *err);

/* What a line of a log tells of; ENTRY_OTHER: something else. */
enum entry_kind genie_log_kind(struct untrusted log);

/* The alert that is looked at (genie_opened.c). */
enum genie_part { GENIE_FACTS, GENIE_NOTES, GENIE_LOGS, GENIE_PARTS };
enum { GENIE_OPENED_ASK = 200 };
struct genie_opened {
	struct job job; /* rounds over it */
	char id[SOURCE_ID], asked[SOURCE_ID];
	enum genie_part part; /* asked next; GENIE_FACTS: between rounds */
	bool open, reading;   /* an ask is under way; a round is */
	char place[80];       /* the next page begins behind it */
	int pages;
	bool cut; /* there is more than was read */
	int64_t no_logs_until;
	int64_t course[ENTRY_KIND_COUNT]; /* when it was acknowledged and so on */
};
void genie_opened_init(struct genie_opened *opened, int64_t every_ms, uint64_t seed);
/* False: nothing is to be asked now. */
bool genie_opened_next(struct genie_opened *opened, const struct genie_view *view,
	const char *cloud, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out);
/* Never an error of the source: the present does not depend on it. */
void genie_opened_take(struct genie_opened *opened, struct genie_view *view,
	const struct answer *answer, struct batch *batch);

/* Overrides of schedules: a part of the actions, one at a time. */
enum override_step { OVERRIDE_MAKE, OVERRIDE_END, OVERRIDE_LOOK };
enum { GENIE_OVERRIDE_ASK = 100 };
struct genie_override {
	const struct genie_face *face;
	const struct action *action;
	struct action_result *result;
	struct override_facts facts;
	bool known, over; /* facts were read; nothing is left to ask */
	enum override_step step;
	int offset, pages;
	int64_t start_at; /* as it is sent */
};
void genie_override_start(struct genie_override *o, const struct genie_face *face,
	const struct action *action, struct action_result *result);
bool genie_override_next(struct genie_override *o, int64_t now, const char *cloud,
	struct arena *arena, struct ask *out);
void genie_override_take(struct genie_override *o, const struct answer *answer);

#endif
