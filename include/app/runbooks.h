/* Runbooks: Markdown files of the folders in `set runbooks`. A file stands in for the
 * built-in one of its name. */
#ifndef APP_RUNBOOKS_H
#define APP_RUNBOOKS_H

#include "app/app.h"
#include "base/untrusted.h"
#include "ops/matchers.h"
#include "ops/runbook.h"

struct search;

struct runbook_row {
	uint64_t id;
	char *path;
	struct untrusted text; /* the whole file, owned */
	struct untrusted title;
	struct runbook book;
	struct matchers labels;
	bool built_in; /* of the starter set */
	/* See runbook_versions.h. */
	struct untrusted
		before; /* the text it last ran with, if that is another; owned */
	bool changed, trusted;
	bool ran, seen; /* in this process: a step of this text, what has changed */
};

struct runbooks *runbooks_new(struct app *app);
void runbooks_free(struct runbooks *runbooks);
/* Reads the folders of `set runbooks` in a task; until it has ended the list is what it
 * was. Called again, only the last one counts. */
void runbooks_load(struct runbooks *runbooks);
/* The same, and the index of their words is made too. */
void runbooks_load_indexed(struct runbooks *runbooks);
/* Once a second: says when a folder does not answer. */
void runbooks_tick(struct runbooks *runbooks, int64_t now);
bool runbooks_settled(const struct runbooks *runbooks);
size_t runbooks_count(const struct runbooks *runbooks);
const struct runbook_row *runbooks_at(const struct runbooks *runbooks, size_t i);
const struct runbook_row *runbooks_find(const struct runbooks *runbooks, uint64_t id);
/* The same, for whoever notes what became of it. */
struct runbook_row *runbooks_known(struct runbooks *runbooks, uint64_t id);
/* The name of its file without .md; as `runbook NAME` takes it. */
const char *runbook_name(const struct runbook_row *row, char *out, size_t size);
const struct runbook_row *runbooks_named(
	const struct runbooks *runbooks, const char *wanted);
/* Of all of them; the number of a hit is its place in the list. It is large,
 * ten times their texts, so the first call has it made, by a task: NULL until then. */
const struct search *runbooks_index(const struct runbooks *runbooks);

#endif
