/* Lists: what is selected, filtered, sorted and marked, and how rows become cells.
 * Hides the order of rows: callers speak of ids. Long work goes in slices of a few ms.
 * Main thread. */
#include "list.h"

#include "base/alloc.h"
#include "base/sort.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "chart.h"
#include "io/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_ROWS = 64, AT_ONCE = 500, KEY_BYTES = 40, GAP = 2 };

/* One row while it is being sorted. */
struct entry {
	uint64_t id;
	double number;
	bool is_number;
	char text[KEY_BYTES];
	unsigned char n;
};

/* Entries that match, then their order, then its ids. */
struct list_job {
	size_t next; /* row of the listing to look at */
	struct entry *entries;
	size_t count, cap;
	struct sort sort;
	bool sorting;
	struct entry **order; /* NULL: that of the entries */
	uint64_t *rows;
	size_t row_count;
};

void list_init(struct list *list, const struct listing *listing)
{
	*list = (struct list){.listing = listing, .sort_column = -1, .direct = true};
	map_init(&list->marks);
}

static void free_job(struct list *list)
{
	struct list_job *job = list->job;

	if (!job)
		return;
	sort_release(&job->sort);
	mem_free(job->order);
	mem_free(job->entries);
	mem_free(job->rows);
	mem_free(job);
	list->job = NULL;
}

void list_release(struct list *list)
{
	free_job(list);
	filter_free(list->filter);
	map_release(&list->marks);
	mem_free(list->rows);
}

size_t list_count(const struct list *list, const struct app *app)
{
	return list->direct ? list->listing->count(app) : list->row_count;
}

static uint64_t id_at(const struct list *list, const struct app *app, size_t i)
{
	return list->direct ? list->listing->id(list->listing->row(app, i))
			    : list->rows[i];
}

static const void *row_at(const struct list *list, const struct app *app, size_t i)
{
	return list->direct ? list->listing->row(app, i)
			    : list->listing->find(app, list->rows[i]);
}

static void settle(struct list *list, const struct app *app)
{
	size_t n = list_count(list, app);

	if (!n) {
		list->at = list->top = 0;
		return;
	}
	if (list->tail)
		list->at = n - 1;
	if (list->at >= n)
		list->at = n - 1;
	list->selected = id_at(list, app, list->at);
}

/* Where the row with this id stands. */
static bool find_place(
	const struct list *list, const struct app *app, uint64_t id, size_t *at)
{
	size_t n = list_count(list, app);

	if (list->direct && list->listing->place)
		return list->listing->place(app, id, at);
	for (size_t i = 0; i < n; i++) {
		if (id_at(list, app, i) != id)
			continue;
		*at = i;
		return true;
	}
	return false;
}

/* After the order changed: the selected row is looked for where it is now. */
static void follow(struct list *list, const struct app *app)
{
	size_t n = list_count(list, app);

	/* As long as nobody has moved, the top is what one wants to see. */
	if (!list->touched && !list->tail) {
		list->at = list->top = 0;
	} else if (list->selected && !list->tail) {
		if (list->at < n && id_at(list, app, list->at) == list->selected)
			return;
		if (find_place(list, app, list->selected, &list->at))
			return;
		list->lost_at = app->now;
	}
	settle(list, app);
}

static void start_job(struct list *list)
{
	free_job(list);
	list->job = mem_new(1, sizeof *list->job);
}

void list_reload(struct list *list, const struct app *app)
{
	if (!list->filter && list->sort_column < 0) {
		free_job(list);
		list->direct = true;
		follow(list, app);
		return;
	}
	start_job(list);
	/* Of several keys in one turn each may make the order anew. */
	if (list->listing->count(app) <= AT_ONCE)
		list_work(list, app);
}

static void fill_entry(
	const struct list *list, const struct app *app, const void *row, struct entry *e)
{
	struct cell cell = {0};

	e->id = list->listing->id(row);
	if (list->sort_column < 0)
		return;
	list->listing->columns[list->sort_column].cell(app, row, &cell);
	e->is_number = cell.is_number;
	e->number = cell.number;
	if (!cell.is_number) {
		text_line(cell.text, e->text, sizeof e->text);
		e->n = (unsigned char)strlen(e->text);
	}
}

static int compare(const void *ctx, const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int order;

	if (a->is_number || b->is_number)
		order = (a->number > b->number) - (a->number < b->number);
	else
		order = untrusted_cmp_natural(
			untrusted_make(a->text, a->n), untrusted_make(b->text, b->n));
	return ((const struct list *)ctx)->sort_desc ? -order : order;
}

static void look_at_rows(struct list *list, const struct app *app, size_t total)
{
	struct list_job *job = list->job;

	for (int i = 0; i < STEP_ROWS && job->next < total; i++) {
		const void *row = list->listing->row(app, job->next++);

		if (list->filter && !filter_match(list->filter, app, list->listing, row))
			continue;
		MEM_ROOM(job->entries, job->count, job->cap);
		job->entries[job->count] = (struct entry){0};
		fill_entry(list, app, row, &job->entries[job->count++]);
	}
}

/* Equal entries keep their order, so the listing's own order breaks ties. */
static void begin_sort(struct list *list)
{
	struct list_job *job = list->job;
	struct entry **all = mem_new(job->count, sizeof *all);

	for (size_t i = 0; i < job->count; i++)
		all[i] = &job->entries[i];
	sort_begin(&job->sort, (void *const *)all, job->count, compare, list);
	mem_free(all);
	job->sorting = true;
}

static void take_ids(struct list_job *job)
{
	if (!job->rows)
		job->rows = mem_new(job->count, sizeof *job->rows);
	for (int i = 0; i < STEP_ROWS && job->row_count < job->count; i++) {
		size_t at = job->row_count++;

		job->rows[at] = job->order ? job->order[at]->id : job->entries[at].id;
	}
}

static void finish(struct list *list, const struct app *app)
{
	struct list_job *job = list->job;
	int direction = list->step;

	mem_free(list->rows);
	list->rows = job->rows;
	list->row_count = job->count;
	job->rows = NULL;
	list->direct = false;
	list->step = 0;
	free_job(list);
	follow(list, app);
	if (direction)
		list_step(list, app, direction);
}

/* One small step; false when the job is done. */
static bool step(struct list *list, const struct app *app, size_t total)
{
	struct list_job *job = list->job;

	if (job->next < total)
		look_at_rows(list, app, total);
	else if (list->sort_column >= 0 && !job->sorting)
		begin_sort(list);
	else if (job->sorting && !job->order && !sort_step(&job->sort))
		job->order = (struct entry **)sort_take(&job->sort);
	else if (!job->sorting || job->order) {
		take_ids(job);
		return job->row_count < job->count;
	}
	return true;
}

bool list_work(struct list *list, const struct app *app)
{
	int64_t until = loop_slice_end(app->loop);
	size_t total = list->job ? list->listing->count(app) : 0;

	while (list->job) {
		if (!step(list, app, total)) {
			finish(list, app);
			break;
		}
		if (time_mono_us() > until)
			return true;
	}
	return false;
}

const void *list_row(const struct list *list, const struct app *app)
{
	if (!list_count(list, app) || !list->selected)
		return NULL;
	return list->listing->find(app, list->selected);
}

void list_select(struct list *list, const struct app *app, uint64_t id)
{
	list->selected = id;
	list->tail = false;
	list->touched = true;
	follow(list, app);
}

void list_move_to(struct list *list, const struct app *app, size_t at)
{
	size_t n = list_count(list, app);

	if (!n)
		return;
	list->touched = true;
	list->at = at < n ? at : n - 1;
	list->selected = id_at(list, app, list->at);
	list->step = 0;
	/* A log that is at its end goes on following it. */
	list->tail = list->listing == &log_listing || list->listing == &event_listing
			     ? list->at == n - 1
			     : false;
}

void list_move(struct list *list, const struct app *app, int64_t by)
{
	int64_t to = (int64_t)list->at + by;

	list_move_to(list, app, to < 0 ? 0 : (size_t)to);
}

bool list_set_filter(
	struct list *list, const struct app *app, const char *text, struct err *err)
{
	struct filter *filter = *text ? filter_new(text, err) : NULL;

	if (*text && !filter)
		return false;
	if (strlen(text) >= sizeof list->filter_text) {
		filter_free(filter);
		return err_set(err, ERR_LIMIT, "a filter has at most %zu bytes",
			sizeof list->filter_text - 1);
	}
	filter_free(list->filter);
	list->filter = filter;
	str_copy(list->filter_text, sizeof list->filter_text, text);
	list_reload(list, app);
	return true;
}

bool list_sort(
	struct list *list, const struct app *app, const char *name, struct err *err)
{
	int count = (int)list->listing->column_count, column = list->sort_column;

	if (name && *name) {
		for (column = count - 1; column >= 0; column--)
			if (!strcmp(list->listing->columns[column].name, name))
				break;
		if (column < 0)
			return err_set(err, ERR_USAGE, "no column is called %s", name);
		if (column == list->sort_column) {
			list->sort_desc = !list->sort_desc;
			list_reload(list, app);
			return true;
		}
	} else {
		do
			column++;
		while (column < count &&
			(list->listing->columns[column].flags & COLUMN_SPARK));
		if (column >= count)
			column = -1;
	}
	list->sort_column = column;
	list->sort_desc =
		column >= 0 && (list->listing->columns[column].flags & COLUMN_DESC);
	list_reload(list, app);
	return true;
}

size_t list_targets(const struct list *list, uint64_t **out)
{
	const char *key;
	size_t n = 0;

	*out = list->marks.count ? mem_new(list->marks.count, sizeof **out) : NULL;
	for (size_t at = 0; *out && map_each(&list->marks, &at, &key, NULL);)
		memcpy(&(*out)[n++], key, sizeof **out);
	return n;
}

bool list_marked(const struct list *list, uint64_t id)
{
	return map_get(&list->marks, &id, sizeof id) != NULL;
}

void list_mark(struct list *list, const struct app *app)
{
	if (!list_row(list, app))
		return;
	if (list_marked(list, list->selected))
		map_del(&list->marks, &list->selected, sizeof list->selected);
	else
		map_put(&list->marks, &list->selected, sizeof list->selected, list);
	list_move(list, app, 1);
}

void list_mark_range(struct list *list, const struct app *app)
{
	size_t from, to;

	if (!list->range_from) {
		list->range_from = list->selected;
		return;
	}
	/* Rows may have come, gone or moved since the list was drawn: go by the ids. */
	if (!find_place(list, app, list->range_from, &from) ||
		!find_place(list, app, list->selected, &to)) {
		list->range_from = 0;
		return;
	}
	list->range_from = 0;
	if (from > to) {
		size_t swap = from;

		from = to;
		to = swap;
	}
	for (size_t i = from; i <= to; i++) {
		uint64_t id = id_at(list, app, i);

		map_put(&list->marks, &id, sizeof id, list);
	}
}

void list_unmark(struct list *list)
{
	map_release(&list->marks);
	map_init(&list->marks);
	list->range_from = 0;
}

bool list_step(struct list *list, const struct app *app, int direction)
{
	size_t n = list_count(list, app);

	/* The rows that match are still being looked for. */
	if (list->job && list->filter) {
		list->step = direction;
		return true;
	}
	if (!list->filter || !n)
		return false;
	list_move_to(list, app, (list->at + (direction > 0 ? 1 : n - 1)) % n);
	return true;
}

/* --- drawing --- */

struct column_place {
	int col, width;
};

/* Widths: fixed ones first, least wanted columns dropped until it fits, what is left
 * shared by the flexible ones. */
static void place_columns(const struct listing *l, int cols, struct column_place *out)
{
	bool shown[16];
	int used, flex, left, col = 0;

	for (size_t i = 0; i < l->column_count; i++)
		shown[i] = true;
	for (int keep = 9; keep >= 0; keep--) {
		used = flex = 0;
		for (size_t i = 0; i < l->column_count; i++) {
			used += shown[i] ? l->columns[i].width + GAP : 0;
			flex += shown[i] && (l->columns[i].flags & COLUMN_FLEX)
					? l->columns[i].width
					: 0;
		}
		if (used - GAP <= cols)
			break;
		for (size_t i = 0; i < l->column_count; i++)
			if (keep && l->columns[i].keep == keep)
				shown[i] = false;
	}
	left = cols - (used - GAP);
	for (size_t i = 0; i < l->column_count; i++) {
		const struct column *column = &l->columns[i];

		out[i] = (struct column_place){0};
		if (!shown[i])
			continue;
		out[i].col = col;
		out[i].width = column->width;
		if ((column->flags & COLUMN_FLEX) && flex > 0) {
			int share = left * column->width / flex;

			out[i].width += share;
			left -= share;
			flex -= column->width;
		}
		if (out[i].width < 0)
			out[i].width = 0;
		col += out[i].width + GAP;
	}
}

static void draw_cell(const struct app *app, const struct canvas *c, int at,
	const struct column *column, const struct column_place *place, const void *row)
{
	struct cell cell = {0};

	column->cell(app, row, &cell);
	if (cell.spark) {
		chart_spark(c, at, place->col, place->width, cell.role, cell.spark,
			window_from(app), window_to(app));
		return;
	}
	if (column->flags & COLUMN_RIGHT) {
		int width = text_width(cell.text, place->width);

		canvas_text(c, at, place->col + place->width - width, width, cell.role,
			cell.text);
	} else {
		canvas_text(c, at, place->col, place->width, cell.role, cell.text);
	}
}

static void draw_row(const struct list *list, const struct app *app,
	const struct canvas *c, int at, const struct column_place *places, size_t i,
	bool focus)
{
	const void *row = row_at(list, app, i);
	struct canvas line = *c;
	bool selected = i == list->at && focus;

	if (selected)
		line.over = ROLE_SELECTED;
	else if (row && list_marked(list, list->listing->id(row)))
		line.over = ROLE_MARKED;
	else if (list->job)
		line.over = ROLE_DIM;
	canvas_blank(&line, at, 0, c->cols, ROLE_TEXT);
	if (!row)
		return;
	for (size_t k = 0; k < list->listing->column_count; k++) {
		struct canvas cell = line;

		if (!places[k].width)
			continue;
		/* The severity, a column without a title, keeps its colour there. */
		if (selected && !k && !*list->listing->columns[k].title)
			cell.over = ROLE_COUNT;
		draw_cell(app, &cell, at, &list->listing->columns[k], &places[k], row);
	}
}

static void draw_header(const struct list *list, const struct canvas *c,
	const struct column_place *places)
{
	canvas_blank(c, 0, 0, c->cols, ROLE_HEADER);
	for (size_t k = 0; k < list->listing->column_count; k++) {
		const struct column *column = &list->listing->columns[k];
		char title[40];
		int width;

		snprintf(title, sizeof title, "%s%s", column->title,
			(int)k != list->sort_column ? ""
			: list->sort_desc           ? " v"
						    : " ^");
		width = text_width(untrusted_str(title), places[k].width);
		canvas_text(c, 0,
			places[k].col + (column->flags & COLUMN_RIGHT
							? places[k].width - width
							: 0),
			places[k].width, ROLE_HEADER, untrusted_str(title));
	}
}

void list_draw(struct list *list, const struct app *app, const struct canvas *c,
	bool focus, bool header)
{
	struct column_place places[16];
	struct canvas body = header ? canvas_part(c, 1, 0, c->rows - 1, c->cols) : *c;
	size_t n = list_count(list, app), rows = (size_t)(body.rows > 0 ? body.rows : 0);

	list->page = body.rows;
	/* What the cursor stands on is what keys act on: it stays under it. */
	if (focus && n)
		list->touched = true;
	place_columns(list->listing, c->cols, places);
	if (header && c->rows > 1)
		draw_header(list, c, places);
	if (!list->selected || list->tail)
		settle(list, app);
	if (list->at < list->top)
		list->top = list->at;
	if (rows && list->at >= list->top + rows)
		list->top = list->at - rows + 1;
	if (list->top + rows > n)
		list->top = n > rows ? n - rows : 0;
	for (size_t i = 0; i < rows; i++) {
		if (list->top + i < n)
			draw_row(list, app, &body, (int)i, places, list->top + i, focus);
		else
			canvas_blank(&body, (int)i, 0, body.cols, ROLE_TEXT);
	}
}

void list_words(const struct list *list, const struct app *app, char *out, size_t size)
{
	size_t n = list_count(list, app), all = list->listing->count(app), used;

	if (list->filter)
		used = (size_t)snprintf(
			out, size, "/%s  %zu of %zu", list->filter_text, n, all);
	else
		used = (size_t)snprintf(out, size, "%zu", n);
	if (list->marks.count && used < size)
		used += (size_t)snprintf(
			out + used, size - used, "  %zu marked", list->marks.count);
	if (list->range_from && used < size)
		snprintf(out + used, size - used, "  range begun");
}
