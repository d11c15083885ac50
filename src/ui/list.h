/* A list over a listing: movement, filter, sort, marks. Selection follows identity,
 * never row number. Filtering and sorting run in slices, so that a long list never
 * holds up a key. Main thread. */
#ifndef UI_LIST_H
#define UI_LIST_H

#include "canvas.h"
#include "columns.h"
#include "group.h"

#include "app/listing.h"
#include "base/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct list_job;

struct list {
	const struct listing *listing;
	/* Order shown: ids, when there is a filter or a sort; else the listing's own. */
	uint64_t *rows;
	size_t row_count;
	bool direct;          /* rows is not used */
	struct groups groups; /* of the rows shown; empty when nothing is grouped */
	struct map unfolded;  /* ids of groups whose members are shown */
	struct list_job *job;
	struct filter *filter;
	char filter_text[256];
	int sort_column; /* -1: the listing's own order */
	bool sort_desc;
	uint64_t selected;
	size_t at, top;  /* index of the selection, first row shown */
	bool tail;       /* stays on the last row (logs) */
	int step;        /* asked for while the filter was at work, see list_step() */
	bool touched;    /* seen with the cursor on it: the selection follows its row */
	bool moved;      /* by the user: until then the top is shown */
	int64_t lost_at; /* when the selected row vanished, as time_mono_ms() */
	struct map marks;
	uint32_t marks_version; /* counts their changes */
	uint64_t range_from;    /* `v`: where the range began, 0: none */
	int page;               /* rows shown at the last draw */
	/* Of the texts that were drawn last, and from which row on. */
	uint8_t seen[COLUMNS_MOST];
	size_t seen_top;
};

void list_init(struct list *list, const struct listing *listing);
void list_release(struct list *list);
/* The rows changed: the order is made anew, that of a long list by list_work(). */
void list_reload(struct list *list, const struct app *app);
/* Goes on with filtering and sorting for a slice of a turn; true when more is to do. */
bool list_work(struct list *list, const struct app *app);
size_t list_count(const struct list *list, const struct app *app);
/* The selected row, NULL in an empty list and on a group. */
const void *list_row(const struct list *list, const struct app *app);
void list_select(struct list *list, const struct app *app, uint64_t id);
void list_move(struct list *list, const struct app *app, int64_t by);
void list_move_to(struct list *list, const struct app *app, size_t at);
/* The group the cursor is on, NULL on a row. */
const struct row_group *list_group(const struct list *list);
/* The row that stands for what is selected: itself, or the first of its group. */
const void *list_first_row(const struct list *list, const struct app *app);
/* Shows the members of the selected group, or not; from a member its group is folded
 * and selected. False when there is nothing to fold or unfold. */
bool list_fold(struct list *list, const struct app *app, bool fold);
/* All groups at once. */
void list_fold_all(struct list *list, const struct app *app, bool fold);
/* Calls for each marked row in the order shown, those of folded groups too; without
 * marks for the selected row or the members of the selected group; all: for each row. */
void list_each(const struct list *list, const struct app *app, bool all,
	bool (*take)(void *ctx, const void *row), void *ctx);
/* "" removes it. */
bool list_set_filter(
	struct list *list, const struct app *app, const char *text, struct err *err);
/* Next column, or the named one; the same one again reverses. */
bool list_sort(
	struct list *list, const struct app *app, const char *name, struct err *err);
void list_mark(struct list *list, const struct app *app);
void list_mark_range(struct list *list, const struct app *app);
void list_unmark(struct list *list);
/* Ids of the marked rows, else of the selected group or row; at most LIST_MAX_TARGETS.
 * Free them with mem_free(). */
enum { LIST_MAX_TARGETS = 5000 };
size_t list_targets(const struct list *list, const struct app *app, uint64_t **out);
bool list_marked(const struct list *list, uint64_t id);
/* To the next row that the filter matches, around the end; while it is still looking,
 * as soon as it has found them. false: there is no filter, or no such row. */
bool list_step(struct list *list, const struct app *app, int direction);
void list_draw(struct list *list, const struct app *app, const struct canvas *c,
	bool focus, bool header);
/* "3 of 214", "filter: x", "sorted by age", "2 marked". */
void list_words(const struct list *list, const struct app *app, char *out, size_t size);

#endif
