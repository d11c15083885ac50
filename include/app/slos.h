/* Service level objectives: the `slo` lines of the rc, what is left of their budgets, and
 * the alerts that oogway makes of its own of that. Main thread. */
#ifndef APP_SLOS_H
#define APP_SLOS_H

#include "analysis/slo.h"
#include "app/app.h"
#include "base/err.h"

struct batch;
struct poll_status;
struct series;
struct slos;

enum slo_level {
	SLO_UNKNOWN, /* nothing can be said, and the words say why */
	SLO_FINE,
	SLO_SPENT, /* the budget is, and is not burnt now */
	SLO_TICKET,
	SLO_PAGE,
};
extern const char *const slo_level_names[];

struct slo_row {
	uint64_t id;
	const struct rc_slo *rc; /* until the rc is read anew */
	enum slo_level level;
	struct slo_state state; /* .at 0: nothing was judged yet */
	struct slo_track tracks[SLO_RULES];
	int64_t since;    /* of a page or a ticket */
	bool answered;    /* its counts came at least once */
	bool part_seen;   /* good or bad ones were ever counted */
	bool silenced[2]; /* its page, its ticket */
	char error[160];  /* what the server says to its queries, or "" */
};

struct slos *slos_new(struct app *app);
void slos_free(struct slos *slos);
/* The rc is another one now: objectives whose lines count the same go on. */
void slos_reload(struct slos *slos);
/* An answer to a source's questions for its objectives, and how asking goes. */
void slos_take(struct slos *slos, int source, const struct batch *batch);
void slos_status(struct slos *slos, int source, const struct poll_status *status);
/* What the store has kept is there. */
void slos_begin(struct slos *slos);
void slos_tick(struct slos *slos, int64_t now);
/* For one command, when its sources have answered: silences are looked through now. */
bool slos_settled(struct slos *slos);

size_t slos_count(const struct slos *slos);
/* In the order of the rc. */
const struct slo_row *slos_at(const struct slos *slos, size_t i);
const struct slo_row *slos_find(const struct slos *slos, uint64_t id);

/* The state in words: what burns, or why nothing can be said. One line. */
const char *slo_words(
	const struct app *app, const struct slo_row *row, char *out, size_t size);
/* "63 %", "-120 %", "spent"; "-" when it is not known. */
enum { SLO_TEXT = 160 };
/* Of a bar of so many cells, those that are left: none only when nothing is, all only
 * when all is. */
int slo_left_cells(const struct slo_row *row, int cells);
const char *slo_left_text(const struct slo_row *row, char out[SLO_TEXT]);
/* The end of the budget at the present rate: "in 3d", "spent", "not within 30d", "-". */
const char *slo_end_text(const struct slo_row *row, int64_t now, char out[SLO_TEXT]);
/* One rule: "15.2x over 1h, 22x over 5m", or why there is no verdict. */
const char *slo_rule_text(const struct slo_row *row, size_t rule, char out[SLO_TEXT]);
/* "15.2x", "-" */
const char *slo_burn_text(double burn, char out[SLO_TEXT]);
/* "99.9 %" */
const char *slo_target_text(const struct rc_slo *rc, char out[SLO_TEXT]);

/* The window of the objective, hour by hour: the share of bad events, and what was
 * left of the budget, both 0 to 1. New, the caller frees it; empty when nothing is
 * known. */
struct series *slo_ratio_series(const struct slos *slos, const struct slo_row *row);
struct series *slo_budget_series(const struct slos *slos, const struct slo_row *row);

#endif
