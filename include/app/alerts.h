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
	size_t matches;     /* alerts that its server says it mutes now */
	bool matches_more;  /* at least; they were too many to count */
	int64_t matched_at; /* when it last did, as far as this process saw; 0: never */
};

enum {
	SILENCE_SOON_MS = 900000,
	ACK_SOON_MS = 180000,
	SNOOZE_SOON_MS = 3600000,
	UPDATE_SOON_MS = 300000
};

struct alerts *alerts_new(struct app *app);
void alerts_free(struct alerts *alerts);
/* The rc is another one now: heartbeats of the same name and alert go on. */
void alerts_reload(struct alerts *alerts, const struct rc *old);
/* A source is gone: all that came from it, without a word that it ended. */
void alerts_forget(struct alerts *alerts, int source);
/* Acknowledged here, or no longer: see app/actions.h. */
void alerts_reconsider(struct alerts *alerts, uint64_t key);
/* The key of what a source of that name calls so. */
uint64_t alert_key_named(struct untrusted source, struct untrusted id);
void alerts_apply(struct alerts *alerts, int source, const struct batch *batch);
/* What oogway itself says, as an alert of this host: takes it, in the place of one
 * with its key; and that it is over. */
void alerts_own(struct alerts *alerts, struct alert *alert);
void alerts_own_over(struct alerts *alerts, uint64_t key);
/* Heartbeats: an alert that must always fire. */
void alerts_tick(struct alerts *alerts, int64_t now);
/* What each silence mutes is counted now, for who does not wait for the next tick. */
void alerts_count_muted(struct alerts *alerts);

/* What is in the table was known at the moment that --at names, as far as the store can
 * say; gap: what it cannot, one sentence, or "". */
void alerts_past(struct alerts *alerts, const char *gap);

/* Long answers take several turns. Until all that came is merged and in order the list
 * below is what it was before: always whole, always sorted. */
bool alerts_settled(const struct alerts *alerts);
/* Sorted for the list: firing, acknowledged, silenced; worst first; oldest last.
 * Heartbeat alerts are not listed. Pointers are good as long as the version is the
 * same. */
size_t alerts_count(const struct alerts *alerts);
const struct alert *alerts_at(const struct alerts *alerts, size_t i);
/* Where the acknowledged ones begin, behind all that needs somebody; behind them is what
 * fires and needs nobody, then what is quiet. */
size_t alerts_first_acknowledged(const struct alerts *alerts);
uint32_t alerts_version(const struct alerts *alerts);
/* It comes first in the order of the list. */
bool alerts_before(const struct alert *alert, const struct alert *other);
/* Where in the list it is; false: it is not there, or about to move. */
bool alerts_place(const struct alerts *alerts, uint64_t key, size_t *at);
/* The newest that is known of it, which the list may not show yet. */
const struct alert *alerts_find(const struct alerts *alerts, uint64_t key);
/* How many of a source are known. */
size_t alerts_of(const struct alerts *alerts, int source);

/* By upstream id, "#1234" or "1234", or the link of its page; NULL when there is none. */
const struct alert *alerts_named(const struct alerts *alerts, const char *wanted);

/* The same, of one source. */
const struct alert *alerts_named_at(
	const struct alerts *alerts, int source, const char *wanted);
/* It fits another thing than this one too: a number that two sources have. NULL: no. */
const struct alert *alerts_named_too(
	const struct alerts *alerts, const struct alert *found, const char *wanted);

/* Several sources may tell of one thing: alerts with the same labels (and a label
 * alertname; but for those that a Prometheus adds to all) are twins, so are those that
 * were joined, and one of them speaks for all. That is a page before one of a source
 * that decides who is called, such as Alertmanager, and that before one that evaluates
 * rules; of those the worst, of the source named first; a source that does not answer
 * comes last. */
bool alerts_speaks(const struct alerts *alerts, const struct alert *alert);
/* The same for twins, another for all others. */
uint64_t alerts_identity(const struct alerts *alerts, const struct alert *alert);
/* What its labels alone say it is, whatever it was joined with. */
uint64_t alerts_told(const struct alerts *alerts, const struct alert *alert);
/* It belongs to that problem from now on; 0: to the one its labels say. */
void alerts_join(struct alerts *alerts, uint64_t key, uint64_t joined);
/* It pages nobody and a twin tells of the same: it is not counted again. */
void alerts_echo(struct alerts *alerts, uint64_t key);
/* The worst severity of its twins that are open. */
enum severity alerts_worst(const struct alerts *alerts, const struct alert *alert);
/* Twins, the alert among them: NULL starts, NULL ends. */
const struct alert *alerts_twin(const struct alerts *alerts, const struct alert *alert,
	const struct alert *after);

/* Twins count once. */
struct alert_counts {
	size_t firing[SEVERITY_COUNT];
	size_t acknowledged, silenced, total;
	size_t pages;  /* firing and paging, each twin */
	bool complete; /* every source of alerts answered lately and in full */
};
/* Of all that came, in the list already or not. */
struct alert_counts alerts_counts(const struct alerts *alerts);
/* counts.complete, of all sources of alerts or of those that page; false with the
 * sentence which one left what open. */
bool alerts_complete(
	const struct alerts *alerts, bool pages_only, char *why, size_t size);

/* Never falsely quiet. */
enum quiet {
	QUIET_NO,        /* something is open */
	QUIET_YES,       /* every source of alerts answered within twice its interval */
	QUIET_UNKNOWN,   /* it cannot be said; see the sentence */
	QUIET_UNWATCHED, /* no source of alerts is configured */
};
/* Since when which source of alerts does not answer, of several the one that counts
 * most; NULL: all do, or have not been asked long enough. */
const char *alerts_deaf(const struct alerts *alerts, int64_t *since_at);
enum quiet alerts_quiet(const struct alerts *alerts, char *sentence, size_t size);

size_t silences_count(const struct alerts *alerts);
const struct silence_row *silences_at(const struct alerts *alerts, size_t i);

struct oncall_row {
	struct untrusted who, policy;    /* owned */
	struct untrusted user, schedule; /* ids, owned; of its source, or empty */
	int level, source;
	int64_t ends_at;
	int64_t told_at; /* when the source said so */
	bool me;
};
/* The schedule says who it is by now. */
void oncalls_follow(struct alerts *alerts, size_t i, struct untrusted user,
	struct untrusted who, int64_t ends_at, bool me);
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
