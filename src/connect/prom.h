/* The Prometheus query engine as a source, shared by the servers that speak its API.
 * Any thread (one at a time). */
#ifndef SRC_CONNECT_PROM_H
#define SRC_CONNECT_PROM_H

#include "base/json.h"
#include "connect/source.h"
#include "job.h"

enum {
	PROM_MAX_QUERIES = 200,
	PROM_PER_GROUP = 20,
	PROM_GROUP_BYTES = 16 << 10, /* of expressions */
	PROM_MAX_POINTS = 11000,     /* a range of more is refused by the servers */
	PROM_MAX_BODY = 64 << 20,
	PROM_PLAIN_BYTES = 64 << 10, /* matrices from here on are read from the text */
	PROM_ERROR_TEXT = 120,
};

enum prom_history { HISTORY_NONE, HISTORY_GROUP, HISTORY_ALONE };

struct prom_query {
	int group;
	enum prom_history history; /* how its history is still to be asked */
	bool suspect;              /* its group was refused: being asked alone */
	bool bad;                  /* refused alone: left out until retry_at */
	bool loose;                /* right alone, not joined until retry_at */
	bool pending, open;        /* asked alone in this round */
	bool joined;               /* in the question that its group is being asked */
	bool history_open;
	uint32_t history_window;
	int64_t retry_at;
	char error[PROM_ERROR_TEXT];
};

/* A watch of the window that has been asked, or is. */
struct prom_watch {
	uint32_t number; /* 0: free; kept while it is open */
	bool open;
	bool ranged;     /* the window has been answered: from now on the newest value */
	uint32_t window; /* that is being asked, or was answered */
	struct job job;
};

struct prom_group {
	bool pending, open, history_open;
	uint32_t history_window;
	bool refused; /* since it last went well together */
};

struct prom {
	const struct source_conf *conf;
	bool nocache;       /* ranges are asked with nocache=1; set before the start */
	const char *prefix; /* of API paths, behind the base URL */
	struct prom_query *queries;
	struct prom_group *groups;
	size_t query_count, group_count;
	struct job round, rules;
	bool in_round, round_failed;
	bool rules_missing; /* no such path there */
	uint32_t hurry;
	struct source_window window; /* whose history was asked */
	uint32_t window_count;       /* answers for an older one do not count */
	int64_t history_from, history_to, history_step, history_span;
	struct prom_watch watches[SOURCE_MAX_WATCHES];
	int64_t round_ok_at;
	char url_org[160]; /* tenant header */
	const char *headers[3];
};

bool prom_start(void *state, const struct source_conf *conf, struct err *err);
void prom_stop(void *state);
bool prom_next(void *state, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out);
bool prom_take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err);

struct prom_range {
	int64_t from, to, step; /* step 0: no range, but now */
};
/* Its question; false: it is too long. */
bool prom_ask(struct prom *prom, struct arena *arena, const char *expr,
	struct prom_range range, struct ask *out);
/* One expression more, its answer marked with that index. */
void prom_join(struct str *joined, const char *expr, size_t index);
/* The status says that the question itself is wrong. */
bool prom_refuses(int status);

/* --- reading (prom_read.c) --- */

struct prom_reading {
	int query;          /* of all series; -1: by the label oogway_query */
	size_t query_count; /* labels beyond are ignored */
	bool history;
	bool loose; /* out: a scalar, which cannot be combined */
};

/* An answer of query or query_range. false: nothing of it can be read. */
bool prom_read_series(const struct answer *answer, struct prom_reading *reading,
	struct batch *batch, struct err *err);
/* An answer of rules?type=alert: rules, and their firing alerts. */
bool prom_read_rules(const struct answer *answer, struct batch *batch, struct err *err);
/* The sentence of an answer that is no success; timed_out: the server gave up. */
bool prom_read_error(const struct answer *answer, char words[PROM_ERROR_TEXT],
	bool *timed_out, struct err *err);

#endif
