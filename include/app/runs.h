/* Runbooks that are being worked through: one run for each, for the alert it was opened
 * from, joined to the gate, the question and the audit. Main thread. */
#ifndef APP_RUNS_H
#define APP_RUNS_H

#include "app/app.h"
#include "app/command.h"
#include "ops/run.h"

struct runbook_row;
struct runs;

enum { RUNS_MAX = 32 };

struct runs *runs_new(struct app *app);
/* What was done and could not be recorded, as `set audit = best-effort` allows. */
size_t runs_unrecorded(const struct runs *runs);
/* The door of the gate, for all that goes through it. */
const struct gate_door *runs_door(const struct runs *runs);
/* The same for what is done upstream, for which run.allow does not count. */
const struct gate_door *runs_actions_door(const struct runs *runs);
/* The commands that steps may name; borrowed. */
void runs_set_commands(struct runs *runs, const struct commands *commands);
const struct commands *runs_commands(const struct runs *runs);
/* The key of the alert that a run of ours is about, by run_how's ctx; 0: none. */
uint64_t runs_alert_at(const void *ctx);
/* Before task_pool_free(): what runs is killed, and recorded as such. */
void runs_end(struct runs *runs);
/* After task_pool_free(). */
void runs_free(struct runs *runs);

/* The run of this runbook, begun when there is none. `alert` fills its variables; with 0
 * the run stays about what it was about. One of another alert, or of a text that has
 * changed, is set aside unless a step of it runs; at most RUNS_MAX are kept. NULL with a
 * sentence. */
struct run *runs_open(
	struct runs *runs, uint64_t runbook, uint64_t alert, struct err *err);
/* One that nobody looks at, for what begins by itself: it is not the newest of its book
 * until somebody opens it, and none of its steps may run once the book is not trusted as
 * it is. `ended` comes behind each step. NULL with a sentence; ERR_BUSY: somebody works
 * on this book for this alert. */
struct runs_aside {
	void (*ended)(void *ctx, const struct run *run);
	void *ctx;
};
struct run *runs_open_aside(struct runs *runs, uint64_t runbook, uint64_t alert,
	const struct runs_aside *aside, struct err *err);
/* One that was opened so and of which nothing was begun is gone. */
void runs_close_aside(struct runs *runs, const struct run *run);
/* From now on nobody waits for the end of its steps. */
void runs_leave(struct runs *runs, const struct run *run);

/* run_start(), or with a text run_start_edited(). While the ssh configuration is being
 * read the step waits for it, and is asked about then: true all the same. */
bool runs_start(struct runs *runs, struct run *run, size_t step, struct untrusted edited,
	const char *origin, struct err *err);
/* It was read: what waits goes on. */
void runs_go_on(struct runs *runs);
/* What waits does not begin any more. False: nothing did. */
bool runs_drop_waiting(struct runs *runs);

/* NULL: it was not begun. */
struct run *runs_find(const struct runs *runs, uint64_t runbook);
/* A step of this book was run here since then, or is asked about, by somebody, for this
 * alert. */
bool runs_touched(
	const struct runs *runs, uint64_t runbook, uint64_t alert, int64_t since);
/* What it is about: its title, or "". */
const char *runs_about(const struct runs *runs, uint64_t runbook);
/* What the audit's rows, as last read, know of steps of the last twelve hours. */
void runs_recall(struct runs *runs);
/* The i-th run that was begun for this alert; NULL behind the last. */
const struct run *runs_for(const struct runs *runs, uint64_t alert, size_t i);
/* "disk-full step 3", or NULL: nothing runs. */
const char *runs_running(const struct runs *runs, char *out, size_t size);
bool runs_busy(const struct runs *runs);
/* Whatever runs is asked to end, as by C-c. */
void runs_stop(struct runs *runs);
/* For scripts: what the steps of this process printed, and how they went; with json one
 * object each behind a header. False: there was none. */
bool runs_outcome(const struct runs *runs, bool json, struct str *out,
	enum status *status, struct err *err);
/* The first line of what is printed as JSON of a run of this book. */
void runs_json_header(const struct run *run, const char *name, bool dry, struct str *out);

#endif
