/* What the store knows of one incident. A file beside postmortem.c because the rows of
 * changes have the console's name. */
#ifndef APP_POSTMORTEM_FACTS_H
#define APP_POSTMORTEM_FACTS_H

#include "base/arena.h"
#include "base/str.h"
#include "base/untrusted.h"
#include "store/incident.h"
#include "store/outbox.h"
#include "store/past.h"
#include "store/step.h"

struct change_row;

struct postmortem_facts {
	struct arena *arena;
	struct untrusted id; /* upstream, or its number */
	int64_t now;
	struct untrusted link, assigned, acked_by; /* when it is open now */
	struct incident_row incident;
	struct incident_rows others; /* that were open meanwhile */
	struct change_row *changes;  /* the store's */
	size_t change_count;
	struct outbox_rows acts; /* on this incident */
	/* Steps of runbooks for it and for those that tell of the same. */
	struct step_whom whom[STEP_MAX_WHOM];
	size_t whom_count;
	struct step_rows recent; /* as the audit has them */
	struct step_rows steps;
	struct past_entries log; /* of its source */
	char show[80];           /* the command that shows it */
};

/* On any thread; the newest incident of that id. */
bool postmortem_load(struct postmortem_facts *f, struct db *db, struct err *err);
void postmortem_write(const struct postmortem_facts *f, struct str *out);

#endif
