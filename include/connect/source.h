/* A source kind: how to talk to one service. A pure state machine without I/O: the
 * poll engine (connect/poll.h) asks what to do next, does it, and brings the answer.
 * One kind = one file in src/connect + one exported const struct + one test. */
#ifndef CONNECT_SOURCE_H
#define CONNECT_SOURCE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/untrusted.h"
#include "model/batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A metric to ask for, from a `query` line. */
struct source_query {
	const char *name, *expr;
	enum unit unit;
	struct limits limits;
};

/* Counts to ask for, from an `slo` line: PromQL in which $window stands for a
 * duration. */
struct source_objective {
	const char *name;
	const char *part;  /* of the events, the good ones or the bad */
	const char *total; /* all of them */
	bool bad;          /* … and which part says */
	int64_t window_ms;
};

/* A page of a site as it was last read; texts are printable or NULL. */
struct source_page {
	const char *url, *etag, *modified;
	struct untrusted links; /* as in struct batch_page */
};

/* What the rc says; poll keeps copies of the texts. */
struct source_conf {
	const char *name;
	const char *url;      /* base, without a trailing slash */
	const char *from;     /* my e-mail address (PagerDuty, Opsgenie) */
	const char *org;      /* the tenant, or NULL */
	const char *region;   /* of a service with several, or NULL */
	const char *site;     /* "NAME.atlassian.net" or its URL, or NULL */
	const char *filter;   /* kind-specific restriction (services, teams, matchers) */
	const char *receiver; /* only what goes to receivers of this name, a regex */
	const char *query;    /* of logs: which lines, in the server's language */
	unsigned left_out;    /* enum source_field: not read of the past */
	/* What a survey is about: names or ids, separated by commas, or NULL. */
	const char *services, *teams, *urgencies;
	const struct source_query *queries;
	size_t query_count;
	const struct source_objective *objectives; /* read by the kind's slo only */
	size_t objective_count;
	/* What is kept of its pages, and how many may be read. Read by start() only. */
	const struct source_page *known;
	size_t known_count, pages;
	int64_t every_ms, timeout_ms;
	int64_t since_at; /* as far back as history is read */
	/* What was read of it before; NULL: nothing. Read by start() only. */
	const struct coverage *coverage;
	uint64_t seed; /* spreads the asks of many consoles; poll fills it when 0 */
};

/* What of incidents of the past may be left out. */
enum source_field {
	FIELD_LOG = 1 << 0,    /* entries of their logs */
	FIELD_PEOPLE = 1 << 1, /* who acknowledged, resolved, wrote */
};

/* A question for as long as somebody looks at its answer: asked over the window, then
 * now and now. */
struct source_watch {
	uint32_t number; /* 0: free place; a number is never used twice */
	const char *expr;
	bool urgent; /* also while the server is slow, only less often */
};

enum { SOURCE_MAX_WATCHES = 16, SOURCE_MAX_DETAILS = 8, SOURCE_ID = 64 };

/* The window the console looks at; to 0: live; step_ms 0: no history wanted. The
 * members from `least` on are poll's. */
struct source_window {
	int64_t from, to;
	int64_t step_ms;
	bool least;     /* the server is slow: only what alerting needs */
	uint32_t hurry; /* another number than last time: everything is due now */
	const struct source_watch *watches; /* SOURCE_MAX_WATCHES, or NULL: none */
	/* Incidents about which more is to be asked, SOURCE_MAX_DETAILS of them, empty
	 * ones at the end; or NULL: none. */
	const char (*details)[SOURCE_ID];
	/* The incident that somebody looks at: its log, notes, alerts and responders are
	 * read, and read again; or NULL, or "". */
	const char *opened;
};

enum ask_kind {
	ASK_HTTP,
	ASK_WAIT, /* nothing to do before ask.until */
};

struct ask {
	enum ask_kind kind;
	int id;             /* the kind's own number for this ask */
	int64_t until;      /* ASK_WAIT: UTC ms */
	const char *method; /* ASK_HTTP: all in the arena or static */
	const char *base;   /* NULL: the source's URL; to another no credential goes */
	const char *path;   /* behind the base URL, with its query string */
	bool rooted;        /* … behind its host instead */
	const char *const *headers; /* NULL-ended or NULL */
	const char *body;
	size_t body_n;
	size_t max_bytes;
	int64_t holds_ms; /* the server is asked to wait so long before it ends */
};

/* What came back: either an HTTP status and body, or no answer at all (status 0, and
 * failure says of what kind). */
struct answer {
	int id;
	int status;
	enum err_kind failure;
	const char *failed; /* the sentence of that; NULL with a status */
	const char *origin; /* "host:port", for sentences */
	struct untrusted body, type;
	struct untrusted etag, modified, moved; /* as in struct http_reply */
	int64_t now;                            /* UTC ms when it arrived */
	/* So far the server's clock is ahead of this host's (behind: less than 0); 0:
	 * they agree, or nobody knows. */
	int64_t ahead_ms;
	/* Of the rate budget: what is left, of how much, seconds until it is whole again;
	 * 0 of 0 when the server does not say. */
	int64_t limit_left, limit_total, limit_reset_s;
};

struct action_kind;

enum secret_use {
	SECRET_HEADER, /* behind secret_header, or as the password of a user */
	SECRET_PATH,   /* it is the rest of the URL */
	SECRET_SIGNS,  /* signs what is sent, and is not sent */
};

enum { SOURCE_MAX_HOSTS = 4 };

/* A service that everybody reaches at the same hosts: the rc needs no url. */
struct source_service {
	struct {
		const char *region, *url;
	} hosts[SOURCE_MAX_HOSTS]; /* the first unless the rc says; ends with NULLs */
	bool site;                 /* it belongs to a site that the rc names */
	int64_t ends_at;           /* UTC ms; 0: nothing is known of an end */
	const char *after;         /* the kind that takes its place, or NULL */
};

struct source_kind {
	const char *name; /* "prometheus", as in the rc */
	const char *help; /* one line */
	bool watches;     /* answers the window's watches: batches with their number */
	bool details;     /* answers the window's details: batches with such */
	bool opens;  /* answers the window's opened: entries, and struct batch_opened */
	bool alerts; /* its alerts are listed: silence from it is not peace */
	/* Its URL is a page, and pages are what it gives: one command does not ask it,
	 * and reading an answer takes long. */
	bool site;
	bool pages; /* … and are pages */
	bool logs;  /* lines of logs are what it gives: `query` says which */
	/* Tells of changes, those of so long before it is first asked too; 0: of none. */
	int64_t changes_ms;
	const struct source_service *service; /* NULL: a server of the user's own */
	/* Reads its incidents of the past; NULL: there is no such thing. A source of its
	 * own to the engine, so that the present never waits for it. */
	const struct source_kind *past;
	/* Counts what past would read, and resolves names of what is chosen; NULL: no
	 * past. Asks once. */
	const struct source_kind *survey;
	/* Reads its schedules, slowly: likewise one of its own; or NULL. */
	const struct source_kind *rota;
	/* Counts for objectives, likewise one of its own; its batches say which buckets
	 * they are of. NULL: it cannot count. */
	const struct source_kind *slo;
	const struct action_kind *actions; /* what can be done there; NULL: nothing */
	/* How the secret is sent: "Authorization: Bearer " …; NULL: no secret */
	const char *secret_header;
	enum secret_use secret_use;
	size_t state_size;
	/* conf lives as long as the state. */
	bool (*start)(void *state, const struct source_conf *conf, struct err *err);
	void (*stop)(void *state); /* NULL when nothing is held */
	/* What to do now: fills *out and returns true; false: all asks that may be
	 * open are open. Called again after every take. */
	bool (*next)(void *state, int64_t now, const struct source_window *window,
		struct arena *arena, struct ask *out);
	/* Reads an answer into the batch; called once for each ask, also without an
	 * answer. May run on a pool thread: touches state, answer and batch only.
	 * false: *err is a sentence, or left alone for the one that fits the status;
	 * the ask counts as failed. Poll waits before it asks this source again when
	 * it had no answer or not 2xx; the kind itself puts off the ask that failed
	 * (struct job). true for what it can do without. */
	bool (*take)(void *state, const struct answer *answer, struct batch *batch,
		struct err *err);
};

extern const struct source_kind prometheus_source;
extern const struct source_kind victoriametrics_source;
extern const struct source_kind prometheus_slo, victoriametrics_slo;
extern const struct source_kind alertmanager_source;
extern const struct source_kind pagerduty_source;
extern const struct source_kind opsgenie_source;
extern const struct source_kind jsm_source;
extern const struct source_kind kubernetes_source;
extern const struct source_kind loki_source;
extern const struct source_kind docs_source;

/* What of an account is taken, from words that people use. */
enum source_choice { CHOOSE_SERVICES, CHOOSE_TEAMS, CHOOSE_URGENCIES, CHOOSE_COUNT };
extern const char *const source_choices[CHOOSE_COUNT + 1]; /* as typed; NULL-ended */
/* Adds that to a filter of the kind: `values` are separated by commas. False with a
 * sentence when the kind has no such thing. */
bool source_choose(const struct source_kind *kind, enum source_choice choice,
	const char *values, struct str *filter, struct err *err);

/* The sentence for a status that is not success, with the server's own words in it. */
bool answer_refused(const struct answer *answer, struct untrusted words, struct err *err);

/* All kinds, NULL-ended. */
extern const struct source_kind *const source_kinds[];
const struct source_kind *source_kind_find(const char *name);

#endif
