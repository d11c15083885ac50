/* All that is known of the incident that somebody looks at: what the store has of its
 * log, and what its source tells while it is looked at, which the store keeps. One at a
 * time. Main thread. */
#ifndef APP_DOSSIER_H
#define APP_DOSSIER_H

#include "app/app.h"
#include "app/command.h"
#include "model/response.h"
#include "model/timeline.h"

struct alert;
struct batch;
struct dossier;

struct dossier *dossier_new(struct app *app);
void dossier_free(struct dossier *dossier);
/* Of an alert whose problem pages: the incident it opened, which has the log. Else the
 * alert itself. */
const struct alert *dossier_page(const struct app *app, const struct alert *alert);
/* The incident, or the alert, with this key (0: none): its source is asked, and asked
 * again. What follows goes by the key of dossier_page(). */
void dossier_show(struct dossier *dossier, uint64_t key);
/* The same by its source and the id there; false: that source has no log to tell. */
bool dossier_open(struct dossier *dossier, const char *source, struct untrusted id,
	int64_t started_at);
/* What a source told, of whichever incident. */
void dossier_take(struct dossier *dossier, int source, const struct batch *batch);
/* The store has more. */
void dossier_changed(struct dossier *dossier);
void dossier_tick(struct dossier *dossier);
/* Its log, oldest first; *n 0: nothing is known of it, or another is looked at. Borrowed
 * until the next turn of the loop. */
const struct batch_entry *dossier_log(
	const struct dossier *dossier, uint64_t key, size_t *n);
/* "complete", "being read", "partial: …"; true: complete. */
bool dossier_words(const struct dossier *dossier, uint64_t key, char *out, size_t size);
/* It is the one that is looked at. */
bool dossier_reads(const struct dossier *dossier, uint64_t key);
/* Its source was asked and has not told all yet. */
bool dossier_busy(const struct dossier *dossier);

/* All that its source told of it, as lines of JSON; false: nothing is known. *told_at is
 * 0 when it came just now. */
bool dossier_raw(
	const struct dossier *dossier, uint64_t key, struct str *out, int64_t *told_at);
/* On its page too, or not any more. */
void dossier_turn_raw(struct dossier *dossier);
bool dossier_shows_raw(const struct dossier *dossier);

/* For one command: which one is to be printed when it was read, and how; then what it
 * was. The rest is in cmd_incident.c. */
void dossier_wish(struct dossier *dossier, const char *name, bool json);
void dossier_wish_raw(struct dossier *dossier); /* as its source told it */
bool dossier_wished_raw(const struct dossier *dossier);
const char *dossier_wished(const struct dossier *dossier, bool *json);
/* Its source did not tell all: true, with the sentence. */
bool dossier_lacks(const struct dossier *dossier, struct err *err);
enum status dossier_outcome(struct app *app, struct str *out, struct err *err);

/* What an incident's lines are made of, wherever it is known from. */
struct dossier_head {
	uint64_t key;
	int64_t started_at, acked_at, ended_at; /* 0: not */
	bool pages;
	struct untrusted title, acked_by, resolved_by;
};
struct dossier_head dossier_head_of(const struct alert *alert);
/* All of it, in order; release it. */
void dossier_timeline(
	const struct app *app, const struct dossier_head *head, struct timeline *out);
/* Roles, responders, bridge. */
void dossier_response(const struct app *app, uint64_t key, struct response *out);
/* Its i-th runbook of which a step was run for it; "" behind the last. Only of the
 * one that is looked at. */
const char *dossier_book(
	const struct app *app, uint64_t key, size_t i, char *out, size_t size);
/* When the next status update was promised; 0: none was, or it is made. */
int64_t dossier_next_update(const struct app *app, uint64_t key);

/* Open incidents whose next status update was promised, soonest first. */
struct dossier_update {
	const struct alert *alert;
	int64_t at;
};
size_t dossier_updates(const struct app *app, struct dossier_update *out, size_t max);

struct outbox_row;
/* An action of ours as a line. */
void dossier_add_action(struct timeline *timeline, const struct outbox_row *row);

#endif
