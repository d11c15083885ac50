/* The whole state of oogway, without a screen. Main owns it; ui sees it const.
 *
 * app says *what changed* (bits); who shows it looks at app_take_changes() once per
 * loop turn. */
#ifndef APP_APP_H
#define APP_APP_H

#include "app/rc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct acks;
struct actions;
struct alerts;
struct anomalies;
struct breakglass;
struct changes;
struct audits;
struct deeds;
struct charts;
struct enrol;
struct dossier;
struct handoffs;
struct expiry;
struct findings;
struct history;
struct host_reader;
struct incidents;
struct loop;
struct logs;
struct metrics;
struct notify;
struct prune;
struct rc_watch;
struct replay;
struct saving;
struct similar;
struct slos;
struct runbooks;
struct remote;
struct runs;
struct rotas;
struct secret;
struct sinks;
struct sources;
struct status_writer;
struct store;
struct task_pool;
struct share;
struct trends;
struct triggers;
struct http;
struct joins;

enum change {
	CHANGED_METRICS = 1 << 0,
	CHANGED_ALERTS = 1 << 1,
	CHANGED_LOGS = 1 << 2,
	CHANGED_SOURCES = 1 << 3,
	CHANGED_ANOMALIES = 1 << 4,
	CHANGED_RUNBOOKS = 1 << 5,
	CHANGED_EVENTS = 1 << 6,
	CHANGED_WINDOW = 1 << 7,
	CHANGED_CONFIG = 1 << 8,
	CHANGED_CLOCK = 1 << 9, /* once a minute */
	CHANGED_PROCESSES = 1 << 10,
	CHANGED_CHARTS = 1 << 11, /* of open alerts */
	CHANGED_AUDIT = 1 << 12,
	CHANGED_ACTIONS = 1 << 13,
	CHANGED_TRENDS = 1 << 14,
	CHANGED_HANDOFF = 1 << 15,
	CHANGED_PAST = 1 << 16,   /* incidents of the store */
	CHANGED_RUNS = 1 << 17,   /* steps of runbooks */
	CHANGED_ROTAS = 1 << 18,  /* who is on call */
	CHANGED_REMOTE = 1 << 19, /* commands on other machines */
	CHANGED_SLOS = 1 << 20,
	CHANGED_ALL = (1 << 21) - 1,
	CHANGED_KEPT = 1 << 21, /* once: how the console was left is known */
	CHANGED_HINT = 1 << 22, /* the lesson's next hint */
	CHANGED_REPLAY = 1 << 23,
	CHANGED_FINDINGS = 1 << 24, /* root causes */
};

/* The span that metrics, logs, anomalies and changes are looked at in. */
struct window {
	int64_t span_ms;
	int64_t to; /* 0: live, ends now */
};

/* A line that teaches and stays until the next. It names commands: whoever shows it
 * knows which keys run them. */
struct hint {
	char title[16];          /* "3/10" */
	const char *commands[2]; /* the second may be NULL */
	const char *text;        /* follows the keys in the sentence */
	bool done;
};

enum { QUESTION_WORD = 200 };

/* What somebody must say yes to. The texts are clean and the asker's until then. */
struct question {
	const char *text; /* what will happen, to what; lines end with a newline */
	/* Yes is this word, typed out; NULL: y. At most QUESTION_WORD - 1 bytes. */
	const char *word;
	/* Answered with words instead, one of `choices` ("a,b") if there are any: reply
	 * gets them, and answer(false) comes when there are none. NULL: yes or no. */
	void (*reply)(void *ctx, const char *words);
	const char *choices;
	/* At "yes": false with a sentence when what is asked about has changed. */
	bool (*still)(void *ctx, char *why, size_t size);
	void (*answer)(void *ctx, bool yes); /* it, reply or typed, exactly once */
	/* Instead: what was typed, which is shown only with `echo`; NULL: nothing was. It
	 * is the asker's for the call. */
	void (*typed)(void *ctx, const struct secret *secret);
	bool echo;
	bool waits; /* nobody has just asked for it: not while a line is being typed */
	void *ctx;
};

/* Who gets the terminal: what is typed, as it is; changes of its size; that there is room
 * again for what comes back; and that whoever sat there is gone. */
struct terminal_session {
	void (*typed)(void *ctx, const void *bytes, size_t n);
	void (*resized)(void *ctx, int columns, int rows);
	void (*drained)(void *ctx);
	void (*gone)(void *ctx);
	void *ctx;
};

/* How the world outside is asked and told: the console, plain lines, a script. */
struct front {
	/* NULL, or false with *err: there is nobody to ask, the answer is no. */
	bool (*ask)(void *ctx, const struct question *question, struct err *err);
	void (*notice)(void *ctx, bool bad, const char *text); /* one line, passing */
	/* Terminal, bell, title (in words; NULL: none any more). NULL: it has none. */
	void (*alarm)(void *ctx, enum notify_kind kind, const char *words);
	/* A new rc whose lines may name commands; faults are added to it. Or NULL. */
	void (*check)(void *ctx, struct rc *rc);
	/* The user's editor gets the terminal at the end of the turn; runbooks are read
	 * anew behind it. NULL: there is no terminal to lend. */
	void (*edit)(void *ctx, const char *path);
	/* The terminal goes to a session as soon as the console rests, and comes back
	 * with take_back(). put() writes to it; false: no more until drained(). NULL, all
	 * of them: there is none to lend. */
	bool (*lend)(void *ctx, const struct terminal_session *session, struct err *err);
	bool (*put)(void *ctx, const void *bytes, size_t n);
	void (*take_back)(void *ctx);
	void (*size)(void *ctx, int *columns, int *rows); /* left alone: not known */
	void *ctx;
};

struct app {
	struct loop *loop;
	struct task_pool *pool;
	struct http *http;
	struct rc *rc;
	struct rc_watch *rc_watch;
	struct saving *saving; /* of layouts, under way */
	struct sources *sources;
	struct enrol *enrol;
	struct metrics *metrics;
	struct alerts *alerts;
	struct acks *acks;
	struct incidents *incidents; /* of the past */
	struct dossier *dossier;     /* of the incident that is looked at */
	struct similar *similar;     /* … and what is like it */
	struct slos *slos;
	struct joins *joins;
	struct rotas *rotas;
	struct actions *actions;
	struct anomalies *anomalies;
	struct notify *notify;
	struct expiry *expiry;
	struct logs *logs;
	struct host_reader *host_reader; /* NULL in tests without a host */
	struct changes *change_feeds;    /* of this host */
	struct charts *charts;
	struct runbooks *runbooks;
	struct runs *runs;
	struct remote *remote;
	struct findings *findings; /* root causes */
	struct history *history;
	struct handoffs *handoffs;
	struct trends *trends;
	struct pages *pages;
	struct audits *audits;
	struct deeds *deeds; /* the store's index of the audit's steps */
	struct triggers *triggers;
	struct breakglass *breakglass;
	struct sinks *sinks; /* of the audit */
	struct replay *replay;
	struct prune *prune;
	struct share *share;
	struct store *store; /* NULL in one-shot commands without a store to read */
	struct status_writer *status_writer;
	struct window window;
	int64_t window_set; /* `set window` as last seen */
	struct front front;
	uint32_t changes;
	int64_t now; /* of this loop turn, UTC ms */
	int64_t started_at;
	bool settled; /* what the start took is given back */
	bool readonly;
	bool wants_rotas; /* one command that reads schedules */
	bool wants_slos;  /* … and one that judges objectives */
	bool wants_sites; /* … and one that asks sites of pages */
	bool wants_logs;  /* … and one that asks for log lines */
	/* One command that counts: what is missing since then is read from the pagers
	 * first; 0: nothing is. */
	int64_t wants_past;
	bool acts; /* one command that acts: what it does waits in the store */
	bool live; /* stays: a console or plain lines, not one command */
	bool past; /* opened with --at: actions are off */
	/* The profile for which another process is begun when this one ends; or "". */
	char begins_anew[256];
	bool demo; /* an invented world: no rc, nothing acts, nothing is kept */
	const struct hint *hint; /* what is taught now, or NULL */
	char host[128];
};

struct app_options {
	struct rc_options rc;
	bool readonly;
	int64_t at;            /* --at, 0: now */
	bool no_host;          /* tests: no host metrics, no logs */
	bool demo;             /* an invented world; see app/demo.h */
	const char *host_root; /* "" for the real host */
};

struct app *app_new(struct loop *loop, const struct app_options *options);
/* Starts sources, host readers and the store: after the first frame. */
void app_start(struct app *app);
void app_free(struct app *app);
/* Reads the rc anew, in a task; what did not change keeps its state. */
void app_reload(struct app *app);
/* From then on this is the rc: takes it. */
void app_take_rc(struct app *app, struct rc *rc);
/* app_reload() with another profile; false when the rc has none of that name. */
bool app_profile(struct app *app, const char *name, struct err *err);

void app_changed(struct app *app, uint32_t bits);
uint32_t app_take_changes(struct app *app);
/* Takes secrets out of what is about to leave, such as into the clipboard. */
void app_clean(struct str *text);
/* A passing message to whoever sits there, and to the log. */
/* False where there is no terminal. */
bool app_edit(struct app *app, const char *path, struct err *err);
void app_notice(struct app *app, bool bad, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Bounds of the window now. */
int64_t window_from(const struct app *app);
int64_t window_to(const struct app *app);
#define WINDOW_LEAST_MS MINUTE_MS
#define WINDOW_MOST_MS  (60 * DAY_MS)
/* A span beyond those is brought within them. */
void app_set_window(struct app *app, struct window window);
int64_t app_setting(const struct app *app, int id);
/* After a `set` or a reload: what was taken from the settings at the start follows. */
void app_settle_settings(struct app *app);
/* One command looks at the past: nothing of now is listed. */
bool app_then(const struct app *app);
/* Why approvals are lifted now, and until when; NULL: they are not. */
const char *breakglass_words(const struct breakglass *glass, int64_t *until);
/* Sources have answered once, or failed; what the store has is there. */
bool app_settled(const struct app *app);

#endif
