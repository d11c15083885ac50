/* Runbooks: Markdown files of the folders in `set runbooks`, the starter set first. */
#ifndef APP_RUNBOOKS_H
#define APP_RUNBOOKS_H

#include "app/app.h"
#include "base/untrusted.h"
#include "ops/runbook.h"

struct runbook_row {
	uint64_t id;
	char *path;
	struct untrusted text; /* the whole file, owned */
	struct untrusted title;
	struct runbook book;
};

struct runbooks *runbooks_new(struct app *app);
void runbooks_free(struct runbooks *runbooks);
/* Reads the folders of `set runbooks` in a task; until it has ended the list is what it
 * was. Called again, only the last one counts. */
void runbooks_load(struct runbooks *runbooks);
/* Once a second: says when a folder does not answer. */
void runbooks_tick(struct runbooks *runbooks, int64_t now);
bool runbooks_settled(const struct runbooks *runbooks);
size_t runbooks_count(const struct runbooks *runbooks);
const struct runbook_row *runbooks_at(const struct runbooks *runbooks, size_t i);
const struct runbook_row *runbooks_find(const struct runbooks *runbooks, uint64_t id);
/* The name of its file without .md; as `runbook NAME` takes it. */
const char *runbook_name(const struct runbook_row *row, char *out, size_t size);
const struct runbook_row *runbooks_named(
	const struct runbooks *runbooks, const char *wanted);
/* By alert name: the front matter's `matches`; NULL when none. */
const struct runbook_row *runbooks_match(
	const struct runbooks *runbooks, struct untrusted alert_name);

#endif
