/* What joins the store to the running console: this host's points, what the detectors
 * have learnt, incidents and changes, and how the console was left. All of it is
 * written behind the user's back and none of it is needed: when the store cannot be
 * used, only the history is missing.
 *
 * A process that is killed loses at most the last minute. Main thread. */
#ifndef APP_HISTORY_H
#define APP_HISTORY_H

#include "app/app.h"

struct alert;
struct batch_change;
struct db;
struct history;

struct history *history_new(struct app *app);
/* Opens the store in a task: in the console and in plain mode, after the first frame.
 * One command opens it only when there is one, and only reads; with --at what was known
 * then comes into the tables. Until it is open the calls below do nothing. */
void history_start(struct history *history);
/* Hands what is not written yet to the store: first of all when the app ends. */
void history_end(struct history *history);
/* Closes the store: after task_pool_free(), before what it fills is freed. */
void history_free(struct history *history);
void history_tick(struct history *history, int64_t now);
/* The window has changed: what it needs of the past is fetched. */
void history_look(struct history *history);
/* Before metrics, alerts and sources are made anew. */
void history_flush(struct history *history);

/* How the console was left. Keys are ours and begin with "console/". The bytes come
 * back as others may have written them; NULL when there are none (yet): CHANGED_KEPT
 * says when they have come. Borrowed until the next history_keep() of that key. */
const void *history_kept(const struct history *history, const char *key, size_t *n);
/* Copied; equal bytes cost nothing; written within a minute and at the end. */
void history_keep(struct history *history, const char *key, const void *bytes, size_t n);

/* From app/alerts: new or changed, and gone (taken). */
void history_alert(struct history *history, uint64_t key);
void history_alert_over(struct history *history, struct alert *alert);
void history_change(
	struct history *history, int source, const struct batch_change *change);
/* Changes in [from, to) that others have put into the store, or an earlier console, come
 * into the table. */
void history_changes_others(struct history *history, int64_t from, int64_t to);
/* What the store has of changes of that span is given to the alerts as if it came. */
void history_changes_around(struct history *history, int64_t from, int64_t to);
/* For one command: into the store at once. */
bool history_change_here(
	const struct app *app, const struct batch_change *change, struct err *err);
/* What a source tells of its past, see sources_past_begin(). */
struct batch;
void history_past_batch(struct history *history, int source, const struct batch *batch);
/* For one command: is all there that app->wants_past asks for, or cannot it be had? */
bool history_past_read(struct history *history);
/* What a source tells of the incident that is looked at: its entries are kept. */
void history_opened_batch(struct history *history, int source, const struct batch *batch);
/* Incidents as a source told them: they are kept, and held nowhere. */
void history_raws(struct history *history, int source, const struct batch *batch);
/* All alerts of a source were read, and are in the table. */
void history_snapshot(struct history *history, int source);
/* The source is gone; its number is another's from now on. */
void history_forget(struct history *history, int source);
/* When the last page ended, UTC ms; 0: not known. *after: 0, or it ended while nobody
 * watched, between that and the time returned. */
int64_t history_last_page(const struct history *history, int64_t *after);

/* For one command: the store, on this thread; NULL when there is none and it is not to
 * be made. */
struct db *history_open_here(const struct app *app, bool make, struct err *err);
/* What the store says is covered goes to the rows of the sources. */
struct past_coverages;
void history_pull_covered(struct history *history, const struct past_coverages *list);

/* One line for `oogway doctor`; false when the store needs somebody. In a one-shot
 * command it opens the file itself, if there is one, and reads all of it. */
bool history_check(struct app *app, char *out, size_t size);

/* What is wrong with the store, or was when it was opened: a sentence; "" nothing. */
const char *history_remark(const struct history *history);
/* In a few words for a bar: "store read-only"; NULL: it keeps what it is given. */
const char *history_trouble(const struct history *history);

/* In a one-shot command: the store, on this thread; NULL with *err, also when there is
 * none yet. */
struct db *history_db(struct app *app, struct err *err);
/* The store is there and takes what is written. */
bool history_keeps(const struct history *history);
/* This process is the one of those that share the store that tells others. */
bool history_leads(const struct history *history);

/* For tests: jobs of the store that have not ended, and those about to begin. */
bool history_busy(const struct history *history);

#endif
