/* What a runbook's text was when it was last run, and at which text somebody trusts it:
 * files of the user's own below $XDG_STATE_HOME/oogway/runbooks. A book that has changed
 * since shows the difference before a step of it runs again; by itself only one runs that
 * is trusted at the text it has now. Main thread, but for what says otherwise. */
#ifndef APP_RUNBOOK_VERSIONS_H
#define APP_RUNBOOK_VERSIONS_H

#include "app/runbooks.h"

struct app;
struct diff;

/* Sets what the row knows of its past; waits for the disk. In a task. */
void runbook_version_load(struct runbook_row *row, const char *folder);
/* The folder; false: there is none, and nothing is remembered. */
bool runbook_versions_folder(const struct app *app, char *out, size_t size);

/* A step of this text ran: it is what the next change is compared with. */
void runbook_ran(struct app *app, uint64_t id, struct untrusted text);
/* May a step run that somebody asks for? ERR_REFUSED with a sentence while what has
 * changed was not shown. */
bool runbook_may_run(const struct runbook_row *row, struct err *err);
/* Somebody has seen what changed. */
void runbook_changes_seen(struct app *app, uint64_t id);
/* May it run by itself? */
bool runbook_is_trusted(const struct runbook_row *row);
/* What its file and the trust in it are now, looked at by a task: somebody may have
 * changed them behind our back. done() comes with a sentence, or NULL: it is trusted at
 * the text that is loaded, and that is the file's. */
struct trust_look;
struct trust_look *runbook_trust_look(struct app *app, const struct runbook_row *row,
	void (*done)(void *ctx, const struct err *why), void *ctx);
/* Nobody waits for it any more. NULL is fine. */
void runbook_trust_forget(struct trust_look *look);
/* Trusts the text it has now, or none any more. Waits for the disk. */
bool runbook_trust(
	struct app *app, const struct runbook_row *row, bool on, struct err *err);
/* From the text it last ran with to that of now; empty when it has not changed. Release
 * it; it borrows from the row. */
void runbook_changes(const struct runbook_row *row, struct diff *out);

#endif
