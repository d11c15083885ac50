/* What the past looks like: incidents of the store in memory, their clusters, and the
 * trends over them. Read when somebody looks, a page at a time; computed in a task; kept
 * up with what is written meanwhile, by whichever oogway. Main thread. */
#ifndef APP_TRENDS_H
#define APP_TRENDS_H

#include "analysis/cluster.h"
#include "analysis/trend.h"
#include "app/app.h"
#include "base/str.h"
#include "store/incident.h"

enum {
	TRENDS_MAX_ROWS = 100000, /* the newest */
	TRENDS_HISTORY_DAYS = 220,
	TRENDS_MAX_DAYS = 91,
	TRENDS_CARDS = 3,
};

struct trends;

/* An incident of the past. */
struct past_incident {
	uint64_t id;
	struct untrusted title, service, source, upstream_id, who; /* acked or resolved */
	struct untrusted summary;
	int64_t started_at, taken_at, ended_at, ended_after_at;
	uint32_t cell, service_index, number;
	uint8_t severity, state, urgency, flags; /* flags: enum trend_flag */
};
/* As urgency says it: what the pager calls so; above them 2 and the severity. */
enum { PAST_HIGH, PAST_LOW, PAST_SEVERITY };

/* A bar: problem, service, urgency, day, hour or weekday. */
struct trends_row {
	uint64_t id;
	struct trend_group group;
	struct untrusted name, service; /* service: of a problem */
	char own[40];                   /* a name that is ours */
	double share;
	unsigned reasons; /* of a problem: enum cluster_reason */
	size_t cells;     /* templates in it */
};

/* What the pane is made of, in an order of the user's. */
enum trends_part {
	TRENDS_CARDS_PART,
	TRENDS_BARS,
	TRENDS_HEAT,
	TRENDS_INTERRUPTIONS,
	TRENDS_TIMES,
	TRENDS_LIST, /* always there: what can be selected */
	TRENDS_SHARES,
	TRENDS_STRIPS,
	TRENDS_PART_COUNT,
};
extern const struct trends_part_row {
	const char *name, *help;
} trends_part_rows[TRENDS_PART_COUNT + 1]; /* ends with a NULL name */

/* Those that are on, in order; the list is among them. What a text (of the setting
 * trends.parts) names wrongly or twice is left out. Returns how many. */
size_t trends_parts(const char *text, enum trends_part out[TRENDS_PART_COUNT]);
/* Changes the setting's text: how is on, off, toggle, up or down. False with a
 * sentence. */
bool trends_part_change(
	char *text, size_t size, const char *how, const char *part, struct err *err);

/* A share of all incidents, or a problem with its hours of the day. */
enum { TRENDS_TOP = 5 };
struct trends_top {
	struct untrusted name;
	char own[40];
	size_t count;
	double share;
	uint32_t hours[24];
};

struct trends_view {
	enum trend_by by;
	int64_t from, to;
	int64_t whole_from; /* all is known since; INT64_MAX: nothing is for sure */
	struct trend_card cards[TRENDS_CARDS];
	struct trend_sum sum;
	size_t pages, low; /* of the span; low: incidents of low urgency */
	size_t before;     /* incidents in the span before */
	size_t interruptions[TREND_TIMES], interruptions_before[TREND_TIMES];
	uint32_t days[TRENDS_MAX_DAYS + 1];
	size_t day_count;
	int64_t first_day; /* days since 1970-01-01 */
	uint32_t heat[168];
	/* The largest of problems, services and urgencies; hours are of problems. */
	struct trends_top tops[TREND_BY_URGENCY + 1][TRENDS_TOP];
	size_t top_counts[TREND_BY_URGENCY + 1];
	struct trends_row *rows;
	size_t row_count;
};

struct trends *trends_new(struct app *app);
/* Before the pool: what runs is told to end; after it: what it filled is freed. */
void trends_end(struct trends *trends);
void trends_free(struct trends *trends);
void trends_tick(struct trends *trends, int64_t now);
/* Somebody looks, or no longer does: it may be called with those of a const app. */
void trends_watch(struct trends *trends, bool on);
/* For one command: reads the store and computes, here and now. */
bool trends_read_here(struct trends *trends, struct err *err);

/* NULL until the first is computed. Borrowed until the next turn of the loop. */
const struct trends_view *trends_view(const struct trends *trends);
const struct trends_row *trends_find(const struct trends *trends, uint64_t id);
size_t trends_known(const struct trends *trends); /* incidents in memory */
/* Words for an empty pane: what is being done, or why there is nothing. */
const char *trends_state(const struct trends *trends);
/* "complete", or "partial: known since Wed 09:12": of a span that begins there. True:
 * complete. */
bool trends_complete(const struct app *app, const struct trends_view *v, int64_t from,
	char *out, size_t size);

/* What the bars are, and how many days (1 to TRENDS_MAX_DAYS). */
void trends_show(struct trends *trends, enum trend_by by, int days);
enum trend_by trends_by(const struct trends *trends);
int trends_days(const struct trends *trends);
extern const char *const trend_by_names[TREND_BY_COUNT];

/* The incidents behind a bar become the rows of past_listing; 0: all of the span. */
void trends_drill(struct trends *trends, uint64_t row);
/* The bar they are behind; a copy that stays. */
const struct trends_row *trends_drilled(const struct trends *trends);
/* Hours of the day of the incidents drilled to. */
void trends_strip(const struct trends *trends, uint32_t out[24]);
size_t trends_count(const struct trends *trends);
const struct past_incident *trends_at(const struct trends *trends, size_t i);
const struct past_incident *trends_incident(const struct trends *trends, uint64_t id);
/* Incidents of the past like this title: those of its problem first, then others, the
 * newest first; scores 1 to 0.5. Returns how many. Needs trends_watch(). */
struct trends_like {
	const struct past_incident *incident;
	double score;
};
size_t trends_like(const struct trends *trends, struct untrusted title,
	struct untrusted service, struct trends_like *out, size_t max);

/* "same template, same service, 11 times in 4 weeks". */
const char *trends_explain(const struct trends *trends, const struct trends_row *row,
	char *out, size_t size);

/* The same of a title that need not be of the past: how often it was in the last days,
 * and since when that is known, where it is not all; "" when it never was. Needs
 * trends_watch(). */
const char *trends_why(const struct trends *trends, struct untrusted title,
	struct untrusted service, int days, char *out, size_t size);

/* By hand, and remembered: these bars are one problem; these incidents' titles are one
 * of their own. False with *err. */
bool trends_merge(
	struct trends *trends, const uint64_t *rows, size_t count, struct err *err);
bool trends_split(
	struct trends *trends, const uint64_t *incidents, size_t count, struct err *err);

#endif
