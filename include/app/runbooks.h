/* Runbooks: Markdown files of the folders in `set runbooks`, the starter set first. */
#ifndef APP_RUNBOOKS_H
#define APP_RUNBOOKS_H

#include "app/app.h"
#include "base/untrusted.h"

struct runbook_row {
	uint64_t id;
	char *path;
	struct untrusted text; /* the whole file, owned */
	struct untrusted body; /* behind the front matter */
	struct untrusted title, owner, risk;
	struct untrusted matches; /* "A, B" */
	int steps;
};

struct runbooks *runbooks_new(struct app *app);
void runbooks_free(struct runbooks *runbooks);
void runbooks_load(struct runbooks *runbooks);
size_t runbooks_count(const struct runbooks *runbooks);
const struct runbook_row *runbooks_at(const struct runbooks *runbooks, size_t i);
const struct runbook_row *runbooks_find(const struct runbooks *runbooks, uint64_t id);
/* By alert name: the front matter's `matches`; NULL when none. */
const struct runbook_row *runbooks_match(
	const struct runbooks *runbooks, struct untrusted alert_name);

#endif
