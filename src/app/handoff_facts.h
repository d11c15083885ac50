/* All that a handoff is composed of: what the store has of a shift and the weeks before
 * it, and what is open now. Plain values in one arena, so that loading, counting and
 * composing run where nobody waits. */
#ifndef APP_HANDOFF_FACTS_H
#define APP_HANDOFF_FACTS_H

#include "analysis/trend.h"
#include "app/handoff.h"
#include "app/rc.h"
#include "base/arena.h"
#include "known.h"
#include "model/severity.h"
#include "store/db.h"
#include "store/hand.h"
#include "store/shift.h"
#include "store/step.h"

enum {
	HANDOFF_BYTES = 192 << 20,
	HANDOFF_MAX_INCIDENTS = 100000, /* of the shift and four weeks */
	HANDOFF_MAX_LIVE = 200,         /* of each kind */
	HANDOFF_MAX_GAPS = 12,
	HANDOFF_MAX_SOURCES = 64,
	HANDOFF_GAP_MS = KNOWN_HOLE_MS, /* shorter ones do not make a count partial */
	HANDOFF_WEEKS = 4,
};

struct handoff_incident {
	struct untrusted title, service, source, upstream_id, who;
	int64_t started_at, taken_at, ended_at, ended_after_at;
	uint32_t number, problem;
	uint8_t severity;
	bool pages; /* not of low urgency */
	bool low, echo, acted, by_hand;
};

struct handoff_problem {
	struct untrusted title, service;
	struct trend_group group; /* of the shift */
	size_t weeks;             /* how often in the four weeks before */
	size_t templates;         /* titles with one mask each */
	bool runbook;
};

/* Open now. */
struct handoff_open {
	struct untrusted title, service, owner, runbook, link, next;
	int64_t since_at, next_at;
	int64_t until_at; /* of what is snoozed or silenced, else 0 */
	enum severity severity;
	bool acked, quiet, pages, anomaly;
	bool minor; /* of severity info: it asks for nothing now */
};

struct handoff_silence {
	struct untrusted matchers, comment, author;
	int64_t ends_at;
};

struct handoff_call {
	struct untrusted who, policy;
	int64_t ends_at;
	int level;
	bool me;
	bool nameless; /* who is an id */
};

struct handoff_source {
	const char *name;
	const char *scope;   /* what of it is asked for */
	int64_t changes_ms;  /* it tells of changes so long before it is watched */
	const char *trouble; /* NULL: it answers */
};

struct handoff_gap {
	const char *source;
	int64_t from_at, to_at;
};

struct handoff_change {
	struct untrusted summary, service, source, link;
	int64_t at;
	int64_t before_ms; /* to the next page; -1: none within an hour */
};

struct handoff_act {
	const char *verb;
	struct untrusted title, by;
	int64_t at;
};

/* A runbook that was worked through, or is proposed: steps of one book for one thing by
 * one hand. */
struct handoff_deed {
	struct untrusted runbook, about,
		who; /* who: "trigger disk" of what ran by itself */
	int64_t at;
	size_t steps, bad;    /* bad: not done, or nobody knows */
	struct untrusted why; /* of one that is proposed: steps is 0 */
};

struct handoff_facts {
	struct arena arena;
	struct rc_handoff handoff; /* texts copied */
	const char *profile, *actor;
	struct shift shift;
	int64_t now, to_at; /* to_at: the shift's end, or now when that is earlier */
	char code[HANDOFF_CODE];
	/* --- live, filled on main --- */
	struct handoff_source *sources; /* that page */
	size_t source_count;
	struct handoff_open *open;
	size_t open_count, open_more;
	struct handoff_silence *silences;
	size_t silence_count;
	struct handoff_call *calls;
	size_t call_count;
	/* Who is on call when the shift ends, and of one that has ended who was just
	 * before; 0: not known. */
	struct untrusted *incoming, *outgoing;
	size_t incoming_count, outgoing_count;
	struct untrusted *matches; /* of all runbooks */
	size_t match_count;
	struct step_rows recent; /* of the shift, as the audit has them */
	/* --- of the store --- */
	struct shift_row row, before; /* this shift's, and that of the one before */
	struct handoff_draft draft;
	struct handoff_incident *incidents; /* newest first; of four weeks too */
	size_t incident_count, in_shift;    /* the first in_shift began in the shift */
	struct handoff_incident *carried;   /* began before, open at its start */
	size_t carried_count;
	size_t low; /* pages of low urgency in the shift: not counted with the others */
	bool cut;   /* there were more than HANDOFF_MAX_INCIDENTS */
	bool pages; /* what is counted is what pages; else every alert */
	struct handoff_change *changes;
	size_t change_count, changes_more;
	int64_t changes_from; /* all since then were read; 0: all of the shift */
	struct handoff_act *acts;
	size_t act_count;
	struct handoff_deed *deeds;
	size_t deed_count;
	struct followup_rows followups;
	struct hand_rows hands; /* what belongs together, as people said */
	struct handoff_gap gaps[HANDOFF_MAX_GAPS];
	size_t gap_count, gaps_more;
	int64_t gap_ms;
	bool complete;
	/* --- counted --- */
	struct trend_sum sum;
	size_t before_count; /* the same span a week before */
	double median;       /* of the four weeks before */
	size_t interruptions[TREND_TIMES];
	struct handoff_problem *problems; /* most often first */
	size_t problem_count;
	uint32_t days[35];
	size_t day_count;
	int64_t first_day;
};

/* handoff_live.c. On main: what is open, on call, silenced now. */
void handoff_live(const struct app *app, struct handoff_facts *f);
/* handoff_facts.c. Reads the store (db may be NULL: nothing was kept) and counts. */
bool handoff_load(struct handoff_facts *f, struct db *db, struct err *err);
/* The counting alone, of what is loaded. */
void handoff_count(struct handoff_facts *f);
/* A page, or where nothing pages an alert of which no other tells. */
bool handoff_counted(const struct handoff_facts *f, const struct handoff_incident *in);
bool handoff_has_runbook(const struct handoff_facts *f, struct untrusted title);

/* handoff_document.c */
struct document;
void handoff_document(const struct handoff_facts *f, struct document *d);
const char *handoff_subject(const struct handoff_facts *f, char *out, size_t size);
/* "Mon 16 Nov 09:00", on the schedule's wall clock. */
const char *handoff_when(const struct handoff_facts *f, int64_t at, char *out);

/* handoff_draft.c */
void handoff_draft_init(struct handoff_draft *draft);
/* Of what was kept; what cannot be read is as if it were not there. */
void handoff_draft_read(struct handoff_draft *draft, const void *bytes, size_t n);
bool handoff_draft_write(const struct handoff_draft *draft, struct str *out);

#endif
