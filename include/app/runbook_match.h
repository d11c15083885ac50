/* Which runbooks are about an alert, best first, and why: the one that somebody chose for
 * alerts of this name, the one its runbook_url names, those whose front matter names it,
 * then what the search finds. Main thread. */
#ifndef APP_RUNBOOK_MATCH_H
#define APP_RUNBOOK_MATCH_H

#include "app/runbooks.h"
#include "model/alert.h"

struct app;

enum { MATCHES_MAX = 6, MATCH_WHY = 160 };

enum match_kind {
	MATCH_PROPOSED, /* a trigger proposes it now */
	MATCH_CHOSEN,   /* somebody opened it for such an alert */
	MATCH_URL,      /* its runbook_url is this one */
	MATCH_NAMED,    /* `matches` or `labels` */
	MATCH_FOUND,    /* by its words */
};

struct runbook_match {
	const struct runbook_row *row; /* until the list is read anew */
	enum match_kind kind;
	/* Of what was found: it is about this. What is not sure stands behind what is. */
	bool sure;
	char why[MATCH_WHY]; /* printable, "chosen before" */
};

struct runbook_matches {
	struct runbook_match list[MATCHES_MAX];
	size_t count;
	bool none; /* nothing is sure: no runbook is about this */
};

void runbook_matches(
	const struct app *app, const struct alert *alert, struct runbook_matches *out);
/* The same for the words of an alert that is none: its name and its summary. */
void runbook_matches_text(const struct app *app, struct untrusted name,
	struct untrusted summary, struct runbook_matches *out);
/* The same of an incident that is over, by its key and its title: what was run for it
 * comes first. */
void runbook_matches_past(const struct app *app, uint64_t key, struct untrusted title,
	struct runbook_matches *out);
/* It names this alert by itself: its front matter, or the alert its page. */
bool runbook_is_named(
	const struct app *app, const struct runbook_row *row, const struct alert *alert);
/* The first one, if it is sure. */
const struct runbook_row *runbook_best(const struct app *app, const struct alert *alert);
/* From now on this one comes first for alerts of that name. Of what would come first
 * anyway nothing is remembered. */
void runbook_choose(
	struct app *app, const struct alert *alert, const struct runbook_row *row);

struct runbook_found {
	const struct runbook_row *row;
	double score;
	char why[MATCH_WHY];
};

/* What somebody types: best first; how many. */
size_t runbook_search(const struct app *app, struct untrusted words,
	struct runbook_found *out, size_t max);
void runbook_found_why(const struct app *app, struct untrusted words,
	const struct runbook_row *row, char *out, size_t size);

#endif
