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
	char own[96];
	enum role role;
	double number; /* for sorting, when is_number */
	bool is_number;
	const struct series *spark; /* draw this instead of text */
};

enum column_flag {
	COLUMN_RIGHT = 1 << 0, /* aligned right */
	COLUMN_FLEX = 1 << 1,  /* takes what is left */
	COLUMN_SPARK = 1 << 2, /* a sparkline */
	COLUMN_DESC = 1 << 3,  /* sorting starts with the largest */
};

struct column {
	const char *name;  /* in `sort NAME`, one word */
	const char *title; /* above the column */
	uint8_t width;     /* columns; of a flexible one the least */
	uint8_t keep;      /* 0: always shown … 9: dropped first when narrow */
	uint8_t flags;
	void (*cell)(const struct app *app, const void *row, struct cell *out);
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
};

extern const struct listing alert_listing, incident_listing, metric_listing,
	source_listing, log_listing, event_listing, anomaly_listing, runbook_listing,
	silence_listing, change_listing, process_listing, action_listing;
/* NULL-ended. */
extern const struct listing *const listings[];
const struct listing *listing_find(const char *noun);

/* Fills a cell's own buffer and points text at it. */
void cell_print(struct cell *cell, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void cell_text(struct cell *cell, struct untrusted text);
/* "4m", with the number for sorting. */
void cell_age(struct cell *cell, int64_t since, int64_t now);

/* The filter grammar of `/`: REGEX, !REGEX, -f FUZZY, -l NAME=VALUE[,…]. */
struct filter;
struct filter *filter_new(const char *text, struct err *err);
void filter_free(struct filter *filter);
/* The row's columns are looked at. */
bool filter_match(const struct filter *filter, const struct app *app,
	const struct listing *listing, const void *row);

#endif
