/* Steps of runbooks, and what triggers proposed, as the audit of some process has them:
 * the store's index of it, so that an incident's page, a handoff and a postmortem find
 * them by the incident and by time. The audit is the evidence, this is not. */
#ifndef STORE_STEP_H
#define STORE_STEP_H

#include "base/arena.h"
#include "store/store.h"

enum { STEP_MAX_LIST = 5000, STEP_MAX_WHOM = 32 };

/* Identity: chain and seq of the intent. */
struct step_row {
	struct untrusted chain;
	int64_t seq, at, ended_at; /* 0: no outcome is known */
	/* What it was run for, as its source calls it, and the incident that this had
	 * paged with; or empty. */
	struct untrusted source, upstream_id, page_source, page_id;
	struct untrusted event, runbook, title, class, who, origin, place;
	struct untrusted result; /* of the outcome, or why it is proposed */
	int64_t step;            /* 0: the whole book, proposed */
};

struct step_rows {
	struct step_row *rows;
	size_t count;
	bool cut; /* there are more than STEP_MAX_LIST */
};

/* What a list is of: an alert or incident. */
struct step_whom {
	struct untrusted source, upstream_id;
};

bool step_put(struct db *db, const struct step_row *rows, size_t count, struct err *err);
/* What was run for this since then had this page. */
bool step_page(struct db *db, const struct step_whom *whom, int64_t since,
	const struct step_whom *page, struct err *err);
/* Of one of these, or of what had it as its page, oldest first. until 0: to the end. */
struct step_query {
	const struct step_whom *whom;
	size_t count; /* at most STEP_MAX_WHOM */
	int64_t from, until;
};
bool step_of(struct db *db, struct arena *arena, const struct step_query *query,
	struct step_rows *out, struct err *err);
/* All that began in [from, until), oldest first. */
bool step_span(struct db *db, struct arena *arena, int64_t from, int64_t until,
	struct step_rows *out, struct err *err);

/* On main. */
void step_put_later(struct store *store, const struct step_row *rows, size_t count,
	struct store_then then);
void step_page_later(struct store *store, const struct step_whom *whom, int64_t since,
	const struct step_whom *page);
void step_of_later(struct store *store, const struct step_query *query,
	void (*got)(void *ctx, const struct step_rows *rows, const struct err *err),
	void *ctx);

#endif
