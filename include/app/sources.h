/* Where data comes from, and how that goes. Number 0 is this host. */
#ifndef APP_SOURCES_H
#define APP_SOURCES_H

#include "app/app.h"
#include "connect/act.h"
#include "connect/poll.h"

enum { SOURCE_HOST = 0 };

struct source_row {
	int number; /* the same for as long as the source lives; given again afterwards */
	const char *name;
	const char *kind;
	const char *where;  /* URL or "this host" */
	bool alerts, pages; /* its alerts are listed; and are pages */
	int64_t every_ms;
	int poll; /* number in the engine, -1: the host, a refused or fed one */
	struct poll_status status;
	const struct rc_source *rc;
	struct err refused;       /* why it could not even start */
	int64_t changes_ms;       /* as its kind says */
	bool kept;                /* a site that one command does not ask */
	bool has_past;            /* its kind can tell what was before */
	bool reads_past;          /* … and this process asks it */
	struct coverage coverage; /* what of that is in the store */
	struct err past_error;    /* why it does not go on */
	bool counts;              /* objectives of it are asked by this process */
	bool has_rota;            /* its kind has schedules */
	bool reads_rota;          /* … and this process asks for them */
	uint64_t cluster;         /* as in a batch; 0: alone, or not known */
	bool fresh;               /* since the last reload another one than before */
};

/* How the engine asks what a line says: without queries and without a number. */
struct poll_options source_options(
	const struct rc_source *rc, const struct secret *secret);
struct sources *sources_new(struct app *app);
void sources_start(struct sources *sources);
void sources_free(struct sources *sources);
/* The rc is another one now. A source whose line is the same goes on: its number, its
 * secret, and when its queries are the same also what the engine knows of it. Of the
 * others all that came is forgotten. */
void sources_reload(struct sources *sources);
void sources_tick(struct sources *sources, int64_t now);
void sources_set_window(struct sources *sources);
void sources_hurry(struct sources *sources);
/* Begins to read a source's past where `coverage` ends; its batches go to
 * history_past_batch(). False when it cannot be asked. */
bool sources_past_begin(
	struct sources *sources, int source, const struct coverage *coverage);
void sources_past_end(struct sources *sources, int source);
/* While what it gave is being kept. */
void sources_past_hold(struct sources *sources, int source, bool hold);
/* What the store holds now. */
void sources_past_covered(
	struct sources *sources, int source, const struct coverage *coverage);
/* How far the reading of the past is, or "" when there is nothing to say. */
const char *sources_past_words(
	const struct source_row *row, int64_t now, char out[COVERAGE_TEXT]);
/* What counts over sources leave out: "only pd service=P1 urgency=high", or "". */
const char *sources_scope(const struct sources *sources, char *out, size_t size);
/* By the source's number. */
void sources_hurry_one(struct sources *sources, int source);
/* The same, and a notice says what came of it. */
void sources_test(struct sources *sources, int source);
/* Its schedules alone. */
void sources_hurry_rota(struct sources *sources, int source);
/* What can be done at a source; NULL: nothing. */
const struct action_kind *sources_actions(const struct sources *sources, int source);
/* act_start() there; act_cancel() it before the source is taken away. */
struct act *sources_act(struct sources *sources, int source, const struct act_how *how,
	const struct action *actions, size_t count);
/* poll_watch() and poll_unwatch() by the source's number. */
uint32_t sources_watch(
	struct sources *sources, int source, const char *expr, bool urgent);
void sources_unwatch(struct sources *sources, int source, uint32_t watch);
/* poll_set_details() by the source's number; and whether its kind gives such. */
void sources_set_details(
	struct sources *sources, int source, const char (*ids)[SOURCE_ID], size_t count);
/* poll_set_opened() likewise; false: its kind tells of no incident's log. */
bool sources_set_opened(struct sources *sources, int source, const char *id);
bool sources_detailed(const struct sources *sources, int source);
/* The kind has rules and answers watches. */
bool sources_charts(const struct sources *sources, int source);
/* In the order of the rc, the host first. */
size_t sources_count(const struct sources *sources);
const struct source_row *sources_at(const struct sources *sources, size_t i);
/* By number; NULL when no source has it. */
const struct source_row *sources_row(const struct sources *sources, int source);
/* Its number, or -1. */
int sources_find(const struct sources *sources, const char *name);
bool sources_settled(const struct sources *sources);
/* Some source pages. */
bool sources_page(const struct sources *sources);
/* A source that something inside of oogway feeds; no engine asks it. Returns its
 * number; that of the host describes it anew. */
int sources_add_fed(struct sources *sources, const struct source_row *row);
void sources_feed(struct sources *sources, int source, const struct poll_status *status);
/* The host's own reader reports here. */
void sources_host_read(struct sources *sources, int64_t now, bool ok, const char *why);

enum source_health { HEALTH_OK, HEALTH_WAITING, HEALTH_STALE, HEALTH_BAD };

/* OK: answered within twice its interval. Waiting: no answer yet, still young. */
enum source_health source_health(const struct source_row *row, int64_t now);
/* It answered once, but not within twice its interval: what it gave may be untrue now. */
bool source_old(const struct source_row *row, int64_t now);
/* What sources are asked about: each but the host for alerts, those with series for
 * metrics. */
enum source_gives { GIVES_ALERTS = 1 << 0, GIVES_METRICS = 1 << 1 };
/* What is listed of these may be old or short, and why: "am stale since 14:02:07, 1
 * more", or "". Nothing is said about the past. */
const char *sources_gap(const struct app *app, unsigned gives, char *out, size_t size);
/* Which of them is spared because it is slow, and what that means; or "". */
const char *sources_slow(const struct app *app, unsigned gives, char *out, size_t size);
/* "its API ends 2027-04-05, in 135 days: move to jsm", or "". */
const char *source_end(const struct source_row *row, int64_t now, char *out, size_t size);
/* What to do about its failure: a sentence without its dot; "" when its error says. */
const char *source_advice(const struct source_row *row);
/* It answers, but not all is well: its words are a warning. */
bool source_warns(const struct source_row *row);
/* The bare reason why it does not answer, or "". */
const char *source_trouble(const struct source_row *row, char *out, size_t size);
/* "ok", "38s stale: connection refused …, next try in 12s"; one line. */
const char *source_words(
	const struct source_row *row, int64_t now, char *out, size_t size);

#endif
