/* Listings: one table of columns per noun, used alike by panes (sort, filter, draw)
 * and by one-shot commands (text, JSON). Rows are borrowed from app; identity is the
 * id, never the position. Main thread. */
#ifndef APP_LISTING_H
#define APP_LISTING_H

#include "app/app.h"
#include "app/role.h"
#include "base/json.h"
#include "base/untrusted.h"

struct cell {
	struct untrusted text; /* may point into own */
	char own[240];         /* a whole sentence, as of a source that fails */
	enum role role;
	int room;      /* set before: columns there are for it, 0: as many as it likes */
	size_t said;   /* bytes of text that another column shows: not drawn again */
	double number; /* for sorting, when is_number */
	bool is_number;
	const struct series *spark; /* draw this instead of text */
};

enum column_flag {
	COLUMN_RIGHT = 1 << 0, /* aligned right */
	COLUMN_FLEX = 1 << 1,  /* shares what is left when nothing is cut */
	COLUMN_SPARK = 1 << 2, /* a sparkline */
	COLUMN_DESC = 1 << 3,  /* sorting starts with the largest */
	COLUMN_FOLD = 1 << 4,  /* names the row: groups unfold at it */
};
/* Grows to n, if its texts need it, before others share what is left; columns that are
 * not needed badly (keep 4 and more) are dropped for it. */
#define COLUMN_WANT(n)      ((n) << 8)
#define COLUMN_WANTS(flags) ((flags) >> 8)

struct column {
	const char *name;  /* in `sort NAME`, one word */
	const char *title; /* above the column */
	uint8_t width;     /* columns, at least */
	uint8_t keep;      /* 0: always shown … 9: dropped first when narrow */
	uint16_t flags;
	void (*cell)(const struct app *app, const void *row, struct cell *out);
};

/* Rows shown as one, and what they add up to. */
struct row_group {
	uint64_t id;    /* never that of a row; 0: a row that stands alone */
	uint64_t first; /* the member that comes first */
	int64_t oldest_at;
	uint32_t count, open, taken, quiet; /* members; those in each state */
	uint32_t mixed;                     /* bits of columns in which members differ */
	uint8_t worst;                      /* how bad, as its grouping counts it */
};

struct grouping {
	/* False when the settings say so. */
	bool (*wanted)(const struct app *app);
	/* What the rows of one group have in common; 0: this one stands alone. */
	uint64_t (*key)(const struct app *app, const void *row);
	/* Counts a member; the group is zeroed before the first. */
	void (*add)(const struct app *app, struct row_group *group, const void *row);
	/* column: index in the table. */
	void (*cell)(const struct app *app, const struct row_group *group, size_t column,
		struct cell *out);
};

/* Rows that plain words behind `/` are looked for in, rather than a filter. */
struct ranking {
	/* Best first; how many. 0: the words are a filter after all. */
	size_t (*find)(
		const struct app *app, const char *words, uint64_t *ids, size_t max);
	/* Why a row is among them: one line. */
	void (*why)(const struct app *app, const char *words, const void *row, char *out,
		size_t size);
};

struct listing {
	const char *noun;   /* "alert" */
	const char *schema; /* "oogway.alert/1" */
	const struct column *columns;
	size_t column_count;
	uint32_t changes; /* bits that touch its rows */
	size_t (*count)(const struct app *app);
	const void *(*row)(const struct app *app, size_t i);
	uint64_t (*id)(const void *row);
	/* NULL when it is gone. */
	const void *(*find)(const struct app *app, uint64_t id);
	/* Position of a row, without a walk; NULL: rows are few enough for one. */
	bool (*place)(const struct app *app, uint64_t id, size_t *at);
	/* The members of a row's JSON object. */
	void (*json)(const struct app *app, const void *row, struct json_out *out);
	/* Value of a label for `/ -l name=value`; NULL: the columns are the labels. */
	struct untrusted (*label)(const void *row, const char *name);
	/* False with a sentence: what is listed may be short or old. */
	bool (*complete)(const struct app *app, char *why, size_t size);
	/* The span that its rows are of; NULL: the window. */
	void (*window)(const struct app *app, int64_t *from, int64_t *to);
	const struct grouping *grouping; /* NULL: rows are never grouped */
	const struct ranking *ranking;   /* NULL: `/` only filters */
	/* False: no row has anything in this column now, and it is not shown. NULL: all
	 * columns are. */
	bool (*says)(const struct app *app, size_t column);
};

extern const struct listing alert_listing, incident_listing, metric_listing,
	source_listing, log_listing, event_listing, anomaly_listing, runbook_listing,
	silence_listing, change_listing, process_listing, action_listing, audit_listing,
	trend_listing, past_listing, incidents_listing, oncall_listing, shift_listing,
	remote_listing, tail_listing, trigger_listing, slo_listing;
extern const struct grouping alert_grouping;
/* A filter text without the marks of one: words. */
bool listing_is_words(const char *text);
/* Columns of alerts, in the order of their table. */
enum alert_column {
	ALERT_COLUMN_SEVERITY,
	ALERT_COLUMN_SERVICE,
	ALERT_COLUMN_TITLE,
	ALERT_COLUMN_SUMMARY,
	ALERT_COLUMN_AGE,
	ALERT_COLUMN_OLD,
	ALERT_COLUMN_STATE,
	ALERT_COLUMN_SOURCE,
	ALERT_COLUMN_COUNT,
};
/* NULL-ended. */
extern const struct listing *const listings[];
const struct listing *listing_find(const char *noun);

/* Fills a cell's own buffer and points text at it. */
void cell_print(struct cell *cell, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void cell_text(struct cell *cell, struct untrusted text);
/* "4m", with the number for sorting. */
void cell_age(struct cell *cell, int64_t since, int64_t now);
/* Of what was not confirmed since then: its age, for a column that is shown only while
 * something is old. */
void cell_old(struct cell *cell, int64_t last_at, int64_t now);

/* The filter grammar of `/`: REGEX, !REGEX, -f FUZZY, -l NAME=VALUE[,…]. */
struct filter;
struct filter *filter_new(const char *text, struct err *err);
void filter_free(struct filter *filter);
/* The row's columns are looked at. */
bool filter_match(const struct filter *filter, const struct app *app,
	const struct listing *listing, const void *row);

#endif
