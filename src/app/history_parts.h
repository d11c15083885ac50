/* The parts of app/history, shared by the files history*.c and nobody else. */
#ifndef APP_HISTORY_PARTS_H
#define APP_HISTORY_PARTS_H

#include "app/app.h"
#include "app/history.h"
#include "app/rc.h"
#include "base/crypto.h"
#include "base/map.h"
#include "base/str.h"
#include "base/time.h"
#include "model/coverage.h"
#include "store/store.h"

struct alert;
struct change_row;
struct series;

enum {
	LEASE_MS = 150 * 1000,
	STATES_MS = 10 * 60 * 1000,
	ROLL_MS = 5 * 60 * 1000,
};

/* What was last asked of the store for the charts. */
struct look {
	int64_t span_ms, to; /* the window; to 0: live */
	int64_t back_ms;     /* compared with, 0: nothing */
	size_t series;       /* of this host */
	int64_t at;          /* when */
};

/* An alert that is gone; by its source's name, since a reload renumbers sources. */
struct alert_over {
	struct alert *alert;
	struct untrusted source;
};

/* A source as it is watched. */
struct seen {
	struct history *history;
	int source;
	int64_t from_at, seen_at, written_at; /* first and last snapshot of this span */
	bool asked;     /* what the store holds open; the answer is awaited */
	bool forgotten; /* … and is for nobody */
	bool closed;    /* what ended before is closed */
};

/* The past of one source on its way into the store. */
struct pull {
	struct history *history;
	int source;
	int writing; /* pages; the source waits, but for the newest incidents */
	bool stale;  /* … and its source is another now */
	int64_t not_before;
	struct coverage coverage; /* with that page */
	int64_t written_at;
};

struct history {
	struct app *app;
	bool opened;   /* the store has said how it is */
	bool writable; /* … and takes writes */
	bool ended;
	enum store_state told, here; /* here: of one that a command opened itself */
	char remark[360]; /* what is wrong with the store, or was; "": nothing */
	/* Of several consoles on one store, the one that has this lease writes points and
	 * baselines. */
	char owner[ID_TEXT];
	bool mine;
	/* points */
	int64_t kept_at;     /* newest point known to be written, or not ours to write */
	int64_t appended_at; /* when that was last tried */
	bool appending, looking;
	struct look look; /* what the series have now, or are about to */
	int64_t rolled_at, trimmed_at;
	/* states */
	int64_t states_at;
	size_t states_from; /* where the round goes on, see anomalies_learnt() */
	bool saving_states, told_dropped;
	/* incidents */
	uint64_t *alerts; /* keys, changed; before alert_at they are written */
	size_t alert_at, alert_count, alert_cap;
	bool writing_alerts;
	struct alert_over *over;
	size_t over_count, over_cap;
	struct raw_row *raws;
	size_t raw_count, raw_cap;
	uint64_t raw_last; /* of the one that was told last */
	struct change_row *changes;
	size_t change_count, change_cap;
	int64_t last_page_at, last_page_after; /* see struct incident_row */
	struct seen seen[RC_MAX_SOURCES + 1];
	int64_t seen_written_at;
	struct pull pulls[RC_MAX_SOURCES + 1];
	bool pulls_mine; /* has the lease for it, which lapses soon */
	bool asking_lease, asked_lease, asking_covered;
	int64_t asked_lease_at;
	int64_t asked_covered_at;
	/* console state */
	struct map kept; /* of struct kept */
	int64_t kept_saved_at;
};

/* Whether something can be kept where that file is or would be; else why not. */
bool history_room(const char *path, char *why, size_t size);
/* How many damaged stores were moved aside there, and the newest one's name. */
size_t history_aside(const char *path, char *newest, size_t size);
/* False: nothing may be written now. */
bool history_writes(const struct history *history);
/* Likewise, of what the sources tell of their past: one command may want it too. */
bool history_pulls(const struct history *history);
/* True also while it may still come to that. */
bool history_wants(const struct history *history);

/* history.c: forgets what is older in tables without a setting of their own. */
void history_trim(struct history *history, int64_t before_at);

/* history_points.c */
void history_points_tick(struct history *history, int64_t now);
void history_points_write(struct history *history);
void history_points_look(struct history *history);

/* history_states.c */
void history_states_tick(struct history *history, int64_t now);
void history_states_write(struct history *history);

/* history_alerts.c */
void history_alerts_tick(struct history *history);
/* All there is, at once: at the end. */
void history_alerts_write(struct history *history);
void history_alerts_begin(struct history *history);
void history_alerts_forget(struct history *history);

struct incident_row;
void history_page_ended(struct history *history, const struct incident_row *row);

/* history_seen.c */
void history_seen_tick(struct history *history, int64_t now);
void history_seen_write(struct history *history);

/* history_pull.c */
void history_pull_tick(struct history *history, int64_t now);
void history_pull_end(struct history *history);
void history_pull_forget(struct history *history, int source);

/* history_past.c */
void history_past_begin(struct history *history);
/* What a source said then, by its name. */
struct batch;
void history_past_give(
	struct history *history, struct untrusted source, const struct batch *batch);

/* history_raws.c */
void history_raws_write(struct history *history);
void history_raws_forget(struct history *history);

/* history_changes.c */
void history_changes_write(struct history *history);
void history_changes_trim(struct history *history, int64_t before_at);
void history_changes_forget(struct history *history);
/* Those of [from, at] come into the table. */
void history_changes_past(struct history *history, int64_t from, int64_t at);

#endif
