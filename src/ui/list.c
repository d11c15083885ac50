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
#include "columns.h"
#include "io/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STEP_ROWS = 64,
	AT_ONCE = 500,
	KEY_BYTES = 40,
	BLOCK_ENTRIES = 8192,
	MOST_BRIDGED = 4,
	MOST_MEASURED = 200,
	ARROW_COLS = 2, /* behind the title of the column that sorts */
	FOLD_COLS = 2,  /* before a name, where groups unfold */
	STEADY_COLS = 2
};

/* One row while it is being sorted. */
struct entry {
	uint64_t id;
	double number;
	bool is_number;
	char text[KEY_BYTES];
	unsigned char n;
	uint32_t group; /* its number, when rows are grouped */
};

/* Memory of entries: growing one array would move all of them again and again. */
struct entry_block {
	struct entry_block *next;
	struct entry entries[];
};

/* Entries that match, then their order, then its ids; then groups of them, and the ids
 * of what is shown of those. */
struct list_job {
	size_t next; /* row of the listing to look at */
	bool collected, grouped;
	struct entry **entries, **order; /* as they came; sorted, or NULL */
	size_t count, cap;
	struct entry *block; /* the newest, which has room for so many more */
	size_t room;
	struct entry_block *blocks;
	struct sort sort;
	bool sorting, sorted;
	uint64_t *rows;
	uint32_t *numbers; /* of each row, its group */
	size_t row_count;
	struct group_job *grouping; /* NULL: rows are not grouped */
	struct groups groups;
	struct group_rows shown;
};

void list_init(struct list *list, const struct listing *listing)
{
	*list = (struct list){.listing = listing, .sort_column = -1, .direct = true};
	map_init(&list->marks);
	map_init(&list->unfolded);
}

/* The listing has `total` rows: a list that is short takes no more than it needs. */
static struct entry *new_entry(struct list_job *job, size_t total)
{
	struct entry_block *block;

	if (!job->room) {
		job->room = total < BLOCK_ENTRIES ? total : BLOCK_ENTRIES;
		block = mem_new(1, sizeof *block + job->room * sizeof *block->entries);
		block->next = job->blocks;
		job->blocks = block;
		job->block = block->entries;
	}
	if (!job->cap) {
		job->cap = total;
		job->entries = mem_new(job->cap, sizeof *job->entries);
	}
	MEM_ROOM(job->entries, job->count, job->cap);
	job->room--;
	return job->entries[job->count++] = job->block++;
}

static void free_entries(struct list_job *job)
{
	struct entry_block *block;

	while ((block = job->blocks)) {
		job->blocks = block->next;
		mem_free(block);
	}
	mem_free(job->entries);
	mem_free(job->order);
	job->entries = job->order = NULL;
}

static void free_job(struct list *list)
{
	struct list_job *job = list->job;

	if (!job)
		return;
	sort_release(&job->sort);
	group_job_free(job->grouping);
	groups_release(&job->groups);
	mem_free(job->shown.rows);
	free_entries(job);
	mem_free(job->rows);
	mem_free(job->numbers);
	mem_free(job);
	list->job = NULL;
}

void list_release(struct list *list)
{
	free_job(list);
	filter_free(list->filter);
	map_release(&list->marks);
	map_release(&list->unfolded);
	groups_release(&list->groups);
	mem_free(list->rows);
}

static bool grouped(const struct list *list, const struct app *app)
{
	const struct grouping *grouping = list->listing->grouping;

	return grouping && grouping->wanted(app);
}

size_t list_count(const struct list *list, const struct app *app)
{
	return list->direct ? list->listing->count(app) : list->row_count;
}

/* Rows, those in folded groups too. */
static size_t list_size(const struct list *list, const struct app *app)
{
	return list->groups.count ? list->groups.member_count : list_count(list, app);
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

/* The group of a row when it is one of several, else NULL. */
static struct group *group_of(
	const struct list *list, const struct app *app, const void *row)
{
	struct group *group = NULL;

	if (row && list->groups.by_id.count)
		group = groups_find(
			&list->groups, list->listing->grouping->key(app, row));
	return group && group->sum.count > 1 ? group : NULL;
}

/* Where a row went that is not shown any more: into its group, which is folded; or a
 * group: it is the one row now that is left of it. 0: it is gone. */
static uint64_t home_of(const struct list *list, const struct app *app, uint64_t id)
{
	const struct group *group = groups_find(&list->groups, id);

	if (group)
		return list->groups.members[group->from];
	group = group_of(list, app, list->listing->find(app, id));
	return group ? group->sum.id : 0;
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
	uint64_t before = list->selected;

	/* As long as nobody has moved, the top is what one wants to see. */
	if (!list->touched && !list->tail) {
		list->at = list->top = 0;
	} else if (list->selected && !list->tail) {
		if (list->at < n && id_at(list, app, list->at) == list->selected)
			return;
		if (find_place(list, app, list->selected, &list->at))
			return;
		if (find_place(
			    list, app, home_of(list, app, list->selected), &list->at)) {
			list->selected = id_at(list, app, list->at);
			return;
		}
		list->lost_at = time_mono_ms();
	}
	settle(list, app);
	/* Another row has slipped under the cursor by itself. */
	if (before && before != list->selected && !list->tail)
		list->lost_at = time_mono_ms();
}

static void start_job(struct list *list, const struct app *app)
{
	free_job(list);
	list->job = mem_new(1, sizeof *list->job);
	if (grouped(list, app))
		list->job->grouping = group_job_new();
}

/* Plain words are looked for, and what answers them best is first. */
static bool rank(struct list *list, const struct app *app)
{
	const struct ranking *ranking = list->listing->ranking;
	size_t all = list->listing->count(app);

	if (!ranking || !list->filter || list->sort_column >= 0 ||
		!listing_is_words(list->filter_text))
		return false;
	free_job(list);
	groups_release(&list->groups);
	list->rows = mem_resize(list->rows, all + 1, sizeof *list->rows);
	list->row_count = ranking->find(app, list->filter_text, list->rows, all);
	list->direct = false;
	return list->row_count > 0;
}

void list_reload(struct list *list, const struct app *app)
{
	if (rank(list, app)) {
		follow(list, app);
		return;
	}
	if (!list->filter && list->sort_column < 0 && !grouped(list, app)) {
		free_job(list);
		groups_release(&list->groups);
		list->direct = true;
		follow(list, app);
		return;
	}
	start_job(list, app);
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
		struct entry *entry;

		if (list->filter && !filter_match(list->filter, app, list->listing, row))
			continue;
		entry = new_entry(job, total);
		fill_entry(list, app, row, entry);
		if (job->grouping)
			entry->group =
				group_job_add(job->grouping, app, list->listing, row);
	}
}

/* Equal entries keep their order, so the listing's own order breaks ties. */
static void begin_sort(struct list *list)
{
	struct list_job *job = list->job;

	sort_begin(&job->sort, (void *const *)job->entries, job->count, compare, list);
	job->sorting = true;
}

static void take_ids(struct list_job *job)
{
	if (!job->rows)
		job->rows = mem_new(job->count, sizeof *job->rows);
	if (!job->numbers && job->grouping)
		job->numbers = mem_new(job->count, sizeof *job->numbers);
	for (int i = 0; i < STEP_ROWS && job->row_count < job->count; i++) {
		size_t at = job->row_count++;
		const struct entry *entry = (job->order ? job->order : job->entries)[at];

		job->rows[at] = entry->id;
		if (job->grouping)
			job->numbers[at] = entry->group;
	}
	if (job->row_count == job->count)
		free_entries(job);
}

/* The rows are in order: now the groups, then what is shown of them. */
static bool group_step(struct list *list)
{
	struct list_job *job = list->job;

	if (!job->grouping)
		return false;
	if (job->grouped)
		return groups_rows(&job->groups, &list->unfolded, &job->shown);
	if (!group_job_ordered(job->grouping)) {
		group_job_order(job->grouping, job->rows, job->numbers, job->count);
		job->rows = NULL;
		job->numbers = NULL;
	} else if (!group_job_step(job->grouping)) {
		group_job_take(job->grouping, &job->groups);
		job->grouped = true;
	}
	return true;
}

/* One small step; false when the job is done. */
static bool step(struct list *list, const struct app *app, size_t total)
{
	struct list_job *job = list->job;

	/* Rows that come later are for the next job: the arrays have their size. */
	job->collected |= job->next >= total;
	if (!job->collected)
		look_at_rows(list, app, total);
	else if (list->sort_column >= 0 && !job->sorting)
		begin_sort(list);
	else if (job->sorting && !job->sorted) {
		job->sorted = !sort_step(&job->sort);
		if (job->sorted)
			job->order = (struct entry **)sort_take(&job->sort);
	} else if (job->row_count < job->count)
		take_ids(job);
	else
		return group_step(list);
	return true;
}

static void finish(struct list *list, const struct app *app)
{
	struct list_job *job = list->job;
	int direction = list->step;

	mem_free(list->rows);
	groups_release(&list->groups);
	if (job->grouping) {
		list->groups = job->groups;
		list->rows = job->shown.rows;
		list->row_count = job->shown.count;
		job->groups = (struct groups){0};
		job->shown.rows = NULL;
	} else {
		list->rows = job->rows;
		list->row_count = job->count;
		job->rows = NULL;
	}
	list->direct = false;
	list->step = 0;
	free_job(list);
	follow(list, app);
	if (direction)
		list_step(list, app, direction);
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

/* --- groups --- */

static struct group *selected_group(const struct list *list)
{
	struct group *group = groups_find(&list->groups, list->selected);

	return group && group->sum.count > 1 ? group : NULL;
}

const struct row_group *list_group(const struct list *list)
{
	const struct group *group = selected_group(list);

	return group ? &group->sum : NULL;
}

const void *list_first_row(const struct list *list, const struct app *app)
{
	const struct group *group = selected_group(list);

	return group ? list->listing->find(app, group->sum.first) : list_row(list, app);
}

static bool is_unfolded(const struct list *list, uint64_t id)
{
	return map_get(&list->unfolded, &id, sizeof id) != NULL;
}

static void set_folded(struct list *list, uint64_t id, bool fold)
{
	if (fold)
		map_del(&list->unfolded, &id, sizeof id);
	else
		map_put(&list->unfolded, &id, sizeof id, list);
}

static void show_groups(struct list *list, const struct app *app)
{
	struct group_rows shown = {list->rows, 0, 0};

	while (groups_rows(&list->groups, &list->unfolded, &shown))
		;
	list->rows = shown.rows;
	list->row_count = shown.count;
	if (list->job)
		list->job->shown = (struct group_rows){list->job->shown.rows, 0, 0};
	follow(list, app);
}

bool list_fold(struct list *list, const struct app *app, bool fold)
{
	const struct group *group = selected_group(list);

	if (!group && fold)
		group = group_of(list, app, list_row(list, app));
	if (!group || is_unfolded(list, group->sum.id) != fold)
		return false;
	set_folded(list, group->sum.id, fold);
	list->selected = group->sum.id;
	list->touched = true;
	show_groups(list, app);
	return true;
}

void list_fold_all(struct list *list, const struct app *app, bool fold)
{
	for (size_t i = 0; i < list->groups.count; i++)
		if (list->groups.list[i].sum.count > 1)
			set_folded(list, list->groups.list[i].sum.id, fold);
	if (!list->groups.count)
		return;
	show_groups(list, app);
}

void list_select(struct list *list, const struct app *app, uint64_t id)
{
	list->selected = id;
	list->tail = false;
	list->touched = list->moved = true;
	follow(list, app);
}

void list_move_to(struct list *list, const struct app *app, size_t at)
{
	size_t n = list_count(list, app);

	if (!n)
		return;
	list->touched = list->moved = true;
	list->at = at < n ? at : n - 1;
	list->selected = id_at(list, app, list->at);
	list->step = 0;
	/* A log that is at its end goes on following it. */
	list->tail = (list->listing == &log_listing || list->listing == &event_listing ||
			     list->listing == &audit_listing) &&
		     list->at == n - 1;
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
	/* Of what is ranked the best is what one wants to see. */
	if (list->listing->ranking && *text)
		list->touched = false;
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

bool list_marked(const struct list *list, uint64_t id)
{
	return map_get(&list->marks, &id, sizeof id) != NULL;
}

static void set_mark(struct list *list, uint64_t id, bool marked)
{
	if (marked)
		map_put(&list->marks, &id, sizeof id, list);
	else
		map_del(&list->marks, &id, sizeof id);
	list->marks_version++;
}

/* What is marked are rows: those of a group when its row is. */
static void mark_shown(struct list *list, uint64_t id, bool marked)
{
	const struct group *group = groups_find(&list->groups, id);

	if (!group || group->sum.count < 2)
		set_mark(list, id, marked);
	for (size_t i = 0; group && group->sum.count > 1 && i < group->sum.count; i++)
		set_mark(list, list->groups.members[group->from + i], marked);
}

/* Counted anew only when a mark has changed: a group may be large. */
static bool group_marked(const struct list *list, struct group *group)
{
	if (group->marked_at == list->marks_version + 1)
		return group->marked;
	group->marked_at = list->marks_version + 1;
	group->marked = list->marks.count >= group->sum.count;
	for (size_t i = 0; i < group->sum.count && group->marked; i++)
		group->marked = list_marked(list, list->groups.members[group->from + i]);
	return group->marked;
}

static bool shown_marked(const struct list *list, uint64_t id)
{
	struct group *group = groups_find(&list->groups, id);

	return group && group->sum.count > 1 ? group_marked(list, group)
					     : list_marked(list, id);
}

void list_mark(struct list *list, const struct app *app)
{
	if (!list_first_row(list, app))
		return;
	mark_shown(list, list->selected, !shown_marked(list, list->selected));
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
	for (size_t i = from; i <= to; i++)
		mark_shown(list, id_at(list, app, i), true);
}

void list_unmark(struct list *list)
{
	map_release(&list->marks);
	map_init(&list->marks);
	list->marks_version++;
	list->range_from = 0;
}

void list_each(const struct list *list, const struct app *app, bool all,
	bool (*take)(void *ctx, const void *row), void *ctx)
{
	const struct group *group = selected_group(list);
	bool marked = !all && list->marks.count;
	size_t from = 0, n = list_size(list, app);

	if (!all && !marked) {
		from = group ? group->from : 0;
		n = group ? from + group->sum.count : 0;
		if (!group && list_row(list, app))
			take(ctx, list_row(list, app));
	}
	for (size_t i = from; i < n; i++) {
		const void *row = list->groups.count ? list->listing->find(app,
							       list->groups.members[i])
						     : row_at(list, app, i);

		if (row && (!marked || list_marked(list, list->listing->id(row))) &&
			!take(ctx, row))
			return;
	}
}

struct targets {
	const struct list *list;
	uint64_t *ids;
	size_t count, cap;
};

static bool add_target(void *ctx, const void *row)
{
	struct targets *t = ctx;

	if (t->count == LIST_MAX_TARGETS)
		return false;
	MEM_ROOM(t->ids, t->count, t->cap);
	t->ids[t->count++] = t->list->listing->id(row);
	return true;
}

size_t list_targets(const struct list *list, const struct app *app, uint64_t **out)
{
	struct targets t = {.list = list};

	list_each(list, app, false, add_target, &t);
	*out = t.ids;
	return t.count;
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
	/* Of an unfolded group its members match, not the row above them. */
	for (size_t i = 1; i <= n; i++) {
		size_t at = (list->at + n + (direction > 0 ? i : n - i)) % n;

		if (is_unfolded(list, id_at(list, app, at)))
			continue;
		list_move_to(list, app, at);
		break;
	}
	return true;
}

/* --- drawing --- */

/* The widest text that is to be drawn in each column. */
static void measure_row(const struct list *list, const struct app *app, size_t at,
	struct column_need *needs)
{
	const void *row = row_at(list, app, at);
	const struct group *group =
		row ? group_of(list, app, row)
		    : groups_find(&list->groups, id_at(list, app, at));

	for (size_t k = 0; (row || group) && k < list->listing->column_count; k++) {
		const struct column *column = &list->listing->columns[k];
		struct cell cell = {0};
		int width;

		if (needs[k].hidden || (column->flags & COLUMN_SPARK))
			continue;
		if (row)
			column->cell(app, row, &cell);
		else
			list->listing->grouping->cell(app, &group->sum, k, &cell);
		width = text_width(cell.text, MOST_MEASURED);
		if (group && (column->flags & COLUMN_FOLD))
			width += FOLD_COLS;
		if (width > needs[k].seen)
			needs[k].seen = (uint8_t)width;
	}
}

/* Widths are kept when rows come and go, so that columns do not move by themselves. */
static void keep_widths(
	const struct list *list, int much, struct column_need *needs, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (needs[k].seen < list->seen[k] && needs[k].seen + much > list->seen[k])
			needs[k].seen = list->seen[k];
}

static bool is_cut(
	const struct column_need *needs, const struct column_place *places, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (places[k].width && places[k].width < needs[k].seen)
			return true;
	return false;
}

/* What is kept is given up for what is cut, but not for a single letter, nor while rows
 * are only scrolled. */
static void place_steadily(struct list *list, int cols, const struct column_need *now,
	struct column_place *places)
{
	size_t n = list->listing->column_count;
	struct column_need kept[COLUMNS_MOST];

	memcpy(kept, now, n * sizeof *kept);
	keep_widths(list, UINT8_MAX + 1, kept, n);
	columns_place(list->listing, cols, kept, places);
	if (is_cut(now, places, n) && list->top == list->seen_top) {
		memcpy(kept, now, n * sizeof *kept);
		keep_widths(list, STEADY_COLS, kept, n);
		columns_place(list->listing, cols, kept, places);
	}
	for (size_t k = 0; k < n; k++)
		list->seen[k] = kept[k].seen;
	list->seen_top = list->top;
}

static void place_columns(struct list *list, const struct app *app,
	const struct canvas *body, struct column_place *places)
{
	struct column_need needs[COLUMNS_MOST] = {0};
	size_t n = list_count(list, app), rows = body->rows > 0 ? (size_t)body->rows : 0;

	for (size_t k = 0; k < list->listing->column_count; k++) {
		const struct column *column = &list->listing->columns[k];
		int title = (int)strlen(column->title) + ARROW_COLS;

		needs[k].least = column->width;
		if ((int)k == list->sort_column && title > column->width)
			needs[k].least = (uint8_t)title;
		needs[k].hidden = list->listing->says && !list->listing->says(app, k);
	}
	for (size_t i = list->top; i < n && i < list->top + rows; i++)
		measure_row(list, app, i, needs);
	place_steadily(list, body->cols, needs, places);
}

/* Where a cell's text is; a chart has no text. */
static struct column_place draw_cell(const struct app *app, const struct canvas *c,
	int at, const struct column *column, struct column_place place,
	const struct cell *cell)
{
	struct untrusted text = untrusted_slice(cell->text, cell->said, SIZE_MAX);
	int width;

	if (cell->spark) {
		chart_spark(c, at, place.col, place.width, cell->role, cell->spark,
			window_from(app), window_to(app));
		return (struct column_place){0};
	}
	width = text_width(text, place.width);
	if (column->flags & COLUMN_RIGHT)
		place.col += place.width - width;
	place.width = canvas_text(c, at, place.col,
		column->flags & COLUMN_RIGHT ? width : place.width, cell->role, text);
	return place;
}

/* The text before the next cell's, whose role its neighbours may take. */
struct text_end {
	int col;
	enum role role;
};

static void draw_gap(
	const struct canvas *line, int at, struct text_end end, struct text_end next)
{
	int n = next.col - end.col;

	if (n > 0 && n <= MOST_BRIDGED && end.role == next.role && end.role < ROLE_COUNT)
		canvas_bridge(line, at, end.col, n, end.role);
}

/* One row of the list, which is a row of the listing or a group. */
struct shown {
	const void *row;           /* NULL: a group, or gone */
	const struct group *group; /* which it is, or which it belongs to */
	bool selected;
};

/* Groups unfold at the column that names a row: there is a mark before their name and
 * room before that of their members. */
static struct column_place place_name(const struct list *list, const struct canvas *c,
	int at, const struct shown *shown, struct column_place place)
{
	if (!shown->group || place.width < 6)
		return place;
	if (!shown->row)
		canvas_put(c, at, place.col, ROLE_DIM,
			canvas_glyph(is_unfolded(list, shown->group->sum.id)
					     ? GLYPH_UNFOLDED
					     : GLYPH_FOLDED));
	place.col += FOLD_COLS;
	place.width -= FOLD_COLS;
	return place;
}

static void draw_cells(const struct list *list, const struct app *app,
	const struct canvas *line, int at, const struct column_place *places,
	const struct shown *shown)
{
	struct text_end end = {0, ROLE_COUNT};
	struct column_place drawn;
	bool all_shown = true;

	for (size_t k = 0; k < list->listing->column_count; k++)
		all_shown &= places[k].width > 0;
	for (size_t k = 0; k < list->listing->column_count; k++) {
		const struct column *column = &list->listing->columns[k];
		struct column_place place = places[k];
		struct canvas c = *line;
		struct cell cell = {0};

		if (!place.width)
			continue;
		cell.room = place.width;
		/* The severity, a column without a title, keeps its colour there. */
		if (shown->selected && !k && !*column->title)
			c.over = ROLE_COUNT;
		if (shown->row)
			column->cell(app, shown->row, &cell);
		else
			list->listing->grouping->cell(app, &shown->group->sum, k, &cell);
		if (!all_shown)
			cell.said = 0;
		if (column->flags & COLUMN_FOLD)
			place = place_name(list, &c, at, shown, place);
		drawn = draw_cell(app, &c, at, column, place, &cell);
		if (!drawn.width)
			continue;
		/* The margin has no text before it. */
		if (end.role == ROLE_COUNT)
			end.role = cell.role;
		draw_gap(line, at, end, (struct text_end){drawn.col, cell.role});
		end = (struct text_end){drawn.col + drawn.width, cell.role};
	}
	draw_gap(line, at, end, (struct text_end){line->cols, end.role});
}

static void draw_row(const struct list *list, const struct app *app,
	const struct canvas *c, int at, const struct column_place *places, size_t i,
	bool focus)
{
	uint64_t id = id_at(list, app, i);
	struct shown shown = {row_at(list, app, i), NULL, i == list->at && focus};
	struct canvas line = *c;

	shown.group = shown.row ? group_of(list, app, shown.row)
				: groups_find(&list->groups, id);
	if (shown.selected)
		line.over = ROLE_SELECTED;
	else if (shown_marked(list, id))
		line.over = ROLE_MARKED;
	else if (list->job)
		line.over = ROLE_DIM;
	canvas_blank(&line, at, 0, c->cols, ROLE_TEXT);
	if (shown.row || shown.group)
		draw_cells(list, app, &line, at, places, &shown);
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

/* The row under the cursor has gone down by itself: what is first is what one wants to
 * see, and the cursor with it. */
static void back_to_top(struct list *list, const struct app *app)
{
	list->at = list->top = 0;
	list->selected = id_at(list, app, 0);
	list->lost_at = time_mono_ms();
}

void list_draw(struct list *list, const struct app *app, const struct canvas *c,
	bool focus, bool header)
{
	struct column_place places[COLUMNS_MOST];
	struct canvas body = header ? canvas_part(c, 1, 0, c->rows - 1, c->cols) : *c;
	size_t n = list_count(list, app), rows = (size_t)(body.rows > 0 ? body.rows : 0);

	list->page = body.rows;
	/* What the cursor stands on is what keys act on: it stays under it. */
	if (focus && n)
		list->touched = true;
	if (!list->selected || list->tail)
		settle(list, app);
	if (n && rows && !list->moved && !list->tail && list->at >= rows)
		back_to_top(list, app);
	if (list->at < list->top)
		list->top = list->at;
	if (rows && list->at >= list->top + rows)
		list->top = list->at - rows + 1;
	if (list->top + rows > n)
		list->top = n > rows ? n - rows : 0;
	place_columns(list, app, &body, places);
	if (header && c->rows > 1)
		draw_header(list, c, places);
	for (size_t i = 0; i < rows; i++) {
		if (list->top + i < n)
			draw_row(list, app, &body, (int)i, places, list->top + i, focus);
		else
			canvas_blank(&body, (int)i, 0, body.cols, ROLE_TEXT);
	}
	if (!n && rows > 2 && list->filter && list->listing->count(app))
		canvas_printf(&body, (int)rows / 2, 2, ROLE_DIM, "Nothing matches %s",
			list->filter_text);
}

/* Why the selected row answers the words. */
static void say_why(
	const struct list *list, const struct app *app, char *out, size_t size)
{
	const struct ranking *ranking = list->listing->ranking;
	const void *row = list_row(list, app);
	char why[160];

	if (!ranking || !row || !list->filter || list->sort_column >= 0 ||
		!listing_is_words(list->filter_text))
		return;
	ranking->why(app, list->filter_text, row, why, sizeof why);
	if (*why)
		snprintf(out, size, "  %s", why);
}

void list_words(const struct list *list, const struct app *app, char *out, size_t size)
{
	size_t n = list_size(list, app), all = list->listing->count(app), used;

	if (list->filter)
		used = (size_t)snprintf(
			out, size, "/%s  %zu of %zu", list->filter_text, n, all);
	else
		used = (size_t)snprintf(out, size, "%zu", n);
	if (list->groups.count && list->row_count != n && used < size)
		used += (size_t)snprintf(out + used, size - used, " in %zu row%s",
			list->row_count, list->row_count == 1 ? "" : "s");
	if (list->marks.count && used < size)
		used += (size_t)snprintf(
			out + used, size - used, "  %zu marked", list->marks.count);
	if (list->range_from && used < size)
		used += (size_t)snprintf(out + used, size - used, "  range begun");
	if (used < size)
		say_why(list, app, out + used, size - used);
}
