/* A batch: what one answer of a source means. Everything in it lives in its arena.
 * A full array sets `cut`: the batch is then partial, never silently short. */
#ifndef MODEL_BATCH_H
#define MODEL_BATCH_H

#include "base/arena.h"
#include "model/alert.h"
#include "model/coverage.h"
#include "model/entry.h"
#include "model/logline.h"
#include "model/rota.h"
#include "model/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BATCH_MAX_SERIES = 20000,
	BATCH_MAX_ALERTS = 200000,
	BATCH_MAX_ITEMS = 20000, /* silences, changes, rules, lines */
	BATCH_MAX_RAW = 64 << 10,
};

struct batch_series {
	int query;               /* index in the source's query list, -1: of a watch */
	struct untrusted labels; /* printed: {a="b",c="d"} without __name__, or empty */
	const struct point *points;
	size_t count;
	bool history; /* replaces what is kept of that span */
};

enum { BATCH_MAX_LABELS = 24, BATCH_MAX_LABEL_BYTES = 1024 };

/* A log line of a server. Lines of one batch are in any order. */
struct batch_line {
	struct logline line;
	int64_t at_ns;           /* of its millisecond */
	struct untrusted labels; /* "name=value\n" each, BATCH_MAX_LABEL_BYTES */
};

/* What a batch says of the window whose lines are read. */
struct batch_lines_of {
	bool anew;    /* another window: what came before is not of it */
	bool whole;   /* all of it came; else more follows, or there is too much */
	int64_t from; /* lines at or after this came; 0: not known yet */
};

/* What became of a query; the series that it gave are in the same batch. */
struct batch_query {
	int query;
	size_t series;          /* with numbers */
	size_t odd;             /* whose value is no number, or an infinite one */
	struct untrusted error; /* why it has none; empty: it was answered */
};

struct batch_silence {
	struct untrusted id, comment, author, matchers; /* matchers printed */
	int64_t starts_at, ends_at;
	bool active;
};

/* An alerting rule of a Prometheus-like server. */
struct batch_rule {
	struct untrusted name, expr, state;
	double for_s;
	struct untrusted health, last_error;
	const struct pair *labels; /* that it sets; values may be templates */
	size_t label_count;
};

/* One that comes again with its id has new words. */
struct batch_change {
	struct untrusted id, summary, service, link;
	int64_t at;
};

/* An incident as the source's own history has it. */
struct batch_past {
	struct alert_draft alert; /* acked_at: of the acknowledgement that holds now */
	enum urgency urgency;
	struct untrusted priority;
	struct untrusted
		resolved_by; /* a person; empty: it ended by itself, or is open */
};

/* A line of an incident's log. */
struct batch_entry {
	struct untrusted id, incident, who, text;
	enum entry_kind kind;
	bool by_hand; /* a person did it */
	int64_t at;
};

struct batch_oncall {
	struct untrusted who, policy;
	struct untrusted user, schedule; /* ids, where the source has such */
	int level;
	int64_t ends_at; /* 0: no end */
	bool me;
};

/* An incident as its source told it, all of it, when that has changed. */
struct batch_raw {
	struct untrusted id, json; /* json: an object, at most BATCH_MAX_RAW */
};

/* The incident that somebody looks at was read: its entries came before, or with it. */
struct batch_opened {
	struct untrusted incident;
	bool notes;             /* this batch has all of its notes */
	bool ended;             /* … and all the rest of this round came */
	struct untrusted lacks; /* why not all of it is here; empty: whole */
};

/* What a page says of itself when it is asked: the alert that opened it, if somebody
 * told its labels. None of them: nothing more will be known. */
struct batch_detail {
	struct untrusted id;       /* of the incident */
	struct untrusted link;     /* generatorURL */
	const struct pair *labels; /* of one alert; of several one element each */
	size_t label_count;
};

/* A page of a site: its text when it was read anew, else only that it is the same, or
 * gone. */
enum page_news { PAGE_READ, PAGE_SAME, PAGE_GONE };

struct batch_page {
	enum page_news news;
	struct untrusted url, title, text; /* text: Markdown */
	struct untrusted etag, modified;   /* printable, one line each */
	struct untrusted links;            /* of the site: a path on each line */
};

/* How many incidents a survey found, of a service or of all that is chosen. */
enum count_kind { COUNT_ALL, COUNT_SERVICE, COUNT_TEAM };

struct batch_count {
	enum count_kind kind; /* of a team: only its id and name are known */
	struct untrusted id, name;
	int64_t incidents;
	int64_t asks; /* COUNT_ALL: requests that reading them takes, about */
	bool unknown; /* the source did not say how many */
};

/* Alerts of a batch as they are kept, made where the answer was read, so that main
 * only has to take the pointers. Whoever takes the list leaves NULL. */
struct alert_pack {
	struct alert **list;
	size_t count;
};

struct batch {
	struct arena *arena;
	uint32_t watch; /* all series answer this watch (connect/source.h); 0: none */
	struct untrusted watch_error; /* why the server has no series for it */
	struct batch_series *series;
	size_t series_count, series_cap;
	/* All series are counts of objectives: of number query / 2, the part when
	 * query is even, all when it is odd, each point of what the bucket of that
	 * width that ends there holds. 0: they are not. */
	int64_t bucket_ms;
	struct batch_query *queries;
	size_t query_count, query_cap;
	struct alert_draft *alerts;
	size_t alert_count, alert_cap;
	struct alert_pack *pack; /* or NULL: see alert_pack_make() */
	bool alerts_snapshot; /* alerts are all there are now: absent ones have ended */
	struct batch_line *lines;
	size_t line_count, line_cap;
	const struct batch_lines_of *lines_of; /* or NULL */
	struct batch_silence *silences;
	size_t silence_count, silence_cap;
	bool silences_snapshot;
	struct batch_rule *rules;
	size_t rule_count, rule_cap;
	bool rules_snapshot;
	struct batch_change *changes;
	size_t change_count, change_cap;
	bool changes_kept; /* they come from the store: what is known is newer */
	struct batch_past *pasts;
	size_t past_count, past_cap;
	struct batch_entry *entries;
	size_t entry_count, entry_cap;
	/* With these pasts and entries kept, this is what is here; NULL: as before. */
	const struct coverage *coverage;
	const struct batch_opened *opened; /* or NULL */
	struct batch_oncall *oncalls;
	size_t oncall_count, oncall_cap;
	bool oncalls_snapshot;
	struct batch_count *counts;
	size_t count_count, count_cap;
	struct batch_raw *raws;
	size_t raw_count, raw_cap;
	struct batch_detail *details;
	size_t detail_count, detail_cap;
	struct batch_page *pages;
	size_t page_count, page_cap;
	struct rota *rotas;
	size_t rota_count, rota_cap;
	struct person *people; /* those that rotas name, and others who could be */
	size_t person_count, person_cap;
	struct untrusted me; /* id of whose key it is; empty: not known */
	/* Servers that share what is done at one of them say the same number, one that
	 * stands alone 0. Only where cluster_told. */
	uint64_t cluster;
	bool cluster_told;
	bool rotas_snapshot;      /* rotas and people are all there are */
	bool rotas_absent;        /* the plan has no schedules, or they may not be read */
	bool cut;                 /* something did not fit */
	bool partial;             /* the server itself said so */
	struct untrusted warning; /* the server's words, empty when none */
};

void batch_init(struct batch *batch, struct arena *arena);
/* Each returns a zeroed new element, or NULL when full (and sets cut). */
struct batch_series *batch_add_series(struct batch *batch);
struct batch_query *batch_add_query(struct batch *batch);
struct alert_draft *batch_add_alert(struct batch *batch);
struct batch_line *batch_add_line(struct batch *batch);
struct batch_silence *batch_add_silence(struct batch *batch);
struct batch_rule *batch_add_rule(struct batch *batch);
struct batch_change *batch_add_change(struct batch *batch);
struct batch_oncall *batch_add_oncall(struct batch *batch);
struct batch_past *batch_add_past(struct batch *batch);
struct batch_entry *batch_add_entry(struct batch *batch);
struct batch_detail *batch_add_detail(struct batch *batch);
struct batch_raw *batch_add_raw(struct batch *batch);
struct batch_count *batch_add_count(struct batch *batch);
struct batch_page *batch_add_page(struct batch *batch);
struct rota *batch_add_rota(struct batch *batch);
struct person *batch_add_person(struct batch *batch);
/* Any thread; their keys are made with the source's name. */
void alert_pack_make(struct alert_pack *pack, const struct batch *batch, int source,
	const char *source_name);
/* Frees what was not taken. */
void alert_pack_release(struct alert_pack *pack);
/* Prints the batch line by line, for tests of recorded answers. */
struct str;
void batch_print(const struct batch *batch, struct str *out);

#endif
