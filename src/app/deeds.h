/* What was done for incidents by steps of runbooks, and what triggers proposed: rows of
 * the audit, whoever wrote them, brought into the store's index (store/step.h) and joined
 * to the incident that the alert had paged with. Main thread. */
#ifndef SRC_APP_DEEDS_H
#define SRC_APP_DEEDS_H

#include "app/app.h"
#include "app/audits.h"
#include "base/arena.h"
#include "ops/run.h"
#include "store/step.h"

struct deeds;

struct deeds *deeds_new(struct app *app);
void deeds_free(struct deeds *deeds);
void deeds_tick(struct deeds *deeds, int64_t now);
/* Something was recorded just now: the audit is read soon. */
void deeds_soon(struct deeds *deeds);

/* What a trigger notes of a book that somebody is to run. */
#define DEED_PROPOSED "trigger.propose"

/* How it went, by what the record of it says. */
enum run_state deed_state(const struct step_row *row);
enum run_state deed_state_of(const struct audit_row *row);
/* "done", "failed, by trigger disk"; in the arena. */
const char *deed_words(const struct step_row *row, struct arena *arena);
/* A line of an incident's timeline; its texts live with the row and the arena. */
struct timeline;
void deed_line(
	struct timeline *timeline, const struct step_row *row, struct arena *arena);
/* The audit's own rows that began in that span and are of one of those, or without such
 * of all; copied. What is in the list already stays out. */
void deeds_add_recent(const struct app *app, const struct step_query *query,
	struct arena *arena, struct step_rows *list);
void deed_copy(struct arena *arena, const struct step_row *from, struct step_row *to);
bool deed_listed(const struct step_rows *list, const struct step_row *row);
/* It was run for one of these, or that was its page. */
bool deed_is_of(const struct step_row *row, const struct step_query *query);

#endif
