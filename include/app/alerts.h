/* Alerts and incidents of all sources, in one table. */
#ifndef APP_ALERTS_H
#define APP_ALERTS_H

#include "app/app.h"
#include "model/alert.h"
#include "model/batch.h"

struct silence_row {
	uint64_t id;
	int source;
	struct untrusted upstream_id, comment, author, matchers; /* owned */
	int64_t starts_at, ends_at;
	bool active;
	uint32_t generation;
};

struct alerts *alerts_new(struct app *app);
void alerts_free(struct alerts *alerts);
/* After a reload: heartbeats of the same name and alert go on where they were. */
void alerts_inherit(
	struct alerts *alerts, const struct alerts *from, const struct rc *rc_of_from);
/* Acknowledged here, or no longer: see app/actions.h. */
void alerts_reconsider(struct alerts *alerts, uint64_t key);
/* The key of what a source calls so; 0 when no source has that name. */
uint64_t alert_key_named(
	const struct app *app, struct untrusted source, struct untrusted id);
void alerts_apply(struct alerts *alerts, int source, const struct batch *batch);
/* Heartbeats: an alert that must always fire. */
void alerts_tick(struct alerts *alerts, int64_t now);

/* Long answers take several turns. Until all that came is merged and in order the list
 * below is what it was before: always whole, always sorted. */
bool alerts_settled(const struct alerts *alerts);
/* Sorted for the list: firing, acknowledged, silenced; worst first; oldest last.
 * Heartbeat alerts are not listed. Pointers are good as long as the version is the
 * same. */
size_t alerts_count(const struct alerts *alerts);
const struct alert *alerts_at(const struct alerts *alerts, size_t i);
uint32_t alerts_version(const struct alerts *alerts);
/* Where in the list it is; false: it is not there, or about to move. */
bool alerts_place(const struct alerts *alerts, uint64_t key, size_t *at);
/* The newest that is known of it, which the list may not show yet. */
const struct alert *alerts_find(const struct alerts *alerts, uint64_t key);
/* How many of a source are known. */
size_t alerts_of(const struct alerts *alerts, int source);

/* By upstream id, "#1234" or "1234", or the link of its page; NULL when there is none. */
const struct alert *alerts_named(const struct alerts *alerts, const char *wanted);

struct alert_counts {
	size_t firing[SEVERITY_COUNT];
	size_t acknowledged, silenced, total;
	size_t pages;  /* firing and paging */
	bool complete; /* every source that can page answered lately and in full */
};
/* Of all that came, in the list already or not. */
struct alert_counts alerts_counts(const struct alerts *alerts);
/* Of the list: what stands where in it follows from these. */
struct alert_counts alerts_shown(const struct alerts *alerts);

/* Never falsely quiet. */
enum quiet {
	QUIET_NO,        /* something is open */
	QUIET_YES,       /* every paging source answered within twice its interval */
	QUIET_UNKNOWN,   /* it cannot be said; see the sentence */
	QUIET_UNWATCHED, /* no source that pages is configured */
};
enum quiet alerts_quiet(const struct alerts *alerts, char *sentence, size_t size);

size_t silences_count(const struct alerts *alerts);
const struct silence_row *silences_at(const struct alerts *alerts, size_t i);

struct oncall_row {
	struct untrusted who, policy; /* owned */
	int level, source;
	int64_t ends_at;
	bool me;
};
size_t oncalls_count(const struct alerts *alerts);
const struct oncall_row *oncalls_at(const struct alerts *alerts, size_t i);

struct change_row {
	uint64_t id;
	int source;
	int64_t at;
	struct untrusted summary, service, link; /* owned */
};
size_t changes_count(const struct alerts *alerts);
const struct change_row *changes_at(const struct alerts *alerts, size_t i);

#endif
