/* When triggers of the rc fired: one row for each episode of an alert, or each time of a
 * schedule, so that of several oogways on one store exactly one acts upon it, and none
 * does so again after a restart. */
#ifndef STORE_FIRING_H
#define STORE_FIRING_H

#include "base/arena.h"
#include "store/store.h"

enum { FIRING_MAX_LIST = 500, FIRING_MAX_MEMBERS = 16, FIRING_WHY = 300 };

/* Stored by number: new ones go to the end. */
enum firing_state {
	FIRING_PROPOSED, /* somebody is to run it */
	FIRING_RUNNING,  /* or whoever ran it was killed meanwhile */
	FIRING_RAN,
	FIRING_STOPPED,  /* a step was refused or went wrong */
	FIRING_HELD,     /* more than so many an hour */
	FIRING_ANSWERED, /* somebody ran it, or does not want to */
	FIRING_SAME,     /* another member of one that has its own row */
	FIRING_STATE_COUNT,
};

extern const char *const firing_state_names[FIRING_STATE_COUNT];

/* An alert's episode; of a schedule only its time. */
struct firing_member {
	struct untrusted source, upstream_id;
	int64_t started_at;
};

struct firing_wish {
	const char *profile, *trigger, *runbook;
	const struct firing_member *members; /* all that tell of it, the first leads */
	size_t count;                        /* at most FIRING_MAX_MEMBERS */
	bool runs;                           /* else it is proposed */
	const char *why;     /* of what is proposed, or held, or becomes so; or NULL */
	size_t most;      /* runs, and likewise proposals, within an hour */
	int64_t again_ms; /* one that begins again within that is the same */
};

struct firing_row {
	struct untrusted id, trigger, runbook, source, upstream_id, why;
	int64_t started_at, created_at;
	enum firing_state state;
};

struct firing_rows {
	struct firing_row *rows;
	size_t count;
};

/* What came of a claim: its row's id, and whether that is ours. A run over the limit is
 * proposed, a proposal over it is held. */
struct firing {
	char id[ID_TEXT];
	bool mine;
	enum firing_state state;
};

bool firing_claim(struct db *db, const struct firing_wish *wish, struct firing *out,
	struct err *err);
bool firing_set(struct db *db, const char *id, enum firing_state state, const char *why,
	struct err *err);
/* Since then, newest first, without those that are the same as another. */
bool firing_list(struct db *db, struct arena *arena, const char *profile, int64_t since,
	struct firing_rows *out, struct err *err);
bool firing_trim(struct db *db, int64_t before_at, struct err *err);

/* On main. */
void firing_claim_later(struct store *store, const struct firing_wish *wish,
	void (*got)(void *ctx, const struct firing *firing, const struct err *err),
	void *ctx);
void firing_set_later(struct store *store, const char *id, enum firing_state state,
	const char *why, struct store_then then);
void firing_list_later(struct store *store, const char *profile, int64_t since,
	void (*got)(void *ctx, const struct firing_rows *rows, const struct err *err),
	void *ctx);
void firing_trim_later(struct store *store, int64_t before_at);

#endif
