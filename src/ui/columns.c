/* Widths of columns. A column gets room for what is written in it before a flexible one
 * gets room that it does not need, so no text is cut beside an empty column. Hides the
 * order in which that is decided. Pure. */
#include "columns.h"

#include <string.h>

/* Columns kept that long are not given up for the comfort of another one. */
enum { KEEP_LEVELS = 9, KEEP_NEEDED = 3 };

struct plan {
	const struct listing *listing;
	const struct column_need *needs;
	struct column_place *out;
	bool shown[COLUMNS_MOST];
	int left;
};

static int wish(const struct plan *p, size_t i)
{
	int want = COLUMN_WANTS(p->listing->columns[i].flags), seen = p->needs[i].seen;

	if (want > seen)
		want = seen;
	return want > p->needs[i].least ? want - p->needs[i].least : 0;
}

/* Columns used when those kept longer than `keep` have what they wish. */
static int used(const struct plan *p, int keep)
{
	int n = -COLUMNS_GAP;

	for (size_t i = 0; i < p->listing->column_count; i++) {
		if (!p->shown[i])
			continue;
		n += p->needs[i].least + COLUMNS_GAP;
		if (keep > KEEP_NEEDED && p->listing->columns[i].keep < keep)
			n += wish(p, i);
	}
	return n;
}

static void drop(struct plan *p, int cols)
{
	for (int keep = KEEP_LEVELS; keep > 0 && used(p, keep) > cols; keep--)
		for (size_t i = 0; i < p->listing->column_count; i++)
			if (p->listing->columns[i].keep == keep)
				p->shown[i] = false;
	p->left = cols - used(p, 0);
}

static void grow(struct plan *p, size_t i, int to)
{
	int by = to - p->out[i].width;

	if (by > p->left)
		by = p->left;
	if (!p->shown[i] || by <= 0)
		return;
	p->out[i].width += by;
	p->left -= by;
}

/* What is cut grows, the most wanted first; a fixed column by half its width at first,
 * so that one long name does not take the room of all titles. */
static void grow_cut(struct plan *p, bool whole)
{
	for (int keep = 0; keep <= KEEP_LEVELS; keep++) {
		for (size_t i = 0; i < p->listing->column_count; i++) {
			const struct column *column = &p->listing->columns[i];
			int to = p->needs[i].seen;

			if (column->keep != keep)
				continue;
			if (!whole && !(column->flags & COLUMN_FLEX) &&
				to > column->width * 3 / 2)
				to = column->width * 3 / 2;
			grow(p, i, to);
		}
	}
}

static void share_rest(struct plan *p)
{
	int flex = 0;

	for (size_t i = 0; i < p->listing->column_count; i++)
		if (p->shown[i] && (p->listing->columns[i].flags & COLUMN_FLEX))
			flex += p->listing->columns[i].width;
	for (size_t i = 0; i < p->listing->column_count && p->left > 0; i++) {
		const struct column *column = &p->listing->columns[i];

		if (!p->shown[i] || !(column->flags & COLUMN_FLEX))
			continue;
		grow(p, i, p->out[i].width + p->left * column->width / flex);
		flex -= column->width;
	}
}

void columns_place(const struct listing *listing, int cols,
	const struct column_need *needs, struct column_place *out)
{
	struct plan p = {.listing = listing, .needs = needs, .out = out};
	int col = 0;

	for (size_t i = 0; i < listing->column_count; i++)
		p.shown[i] = !needs[i].hidden;
	drop(&p, cols);
	memset(out, 0, listing->column_count * sizeof *out);
	for (size_t i = 0; i < listing->column_count; i++)
		if (p.shown[i])
			out[i].width = needs[i].least;
	for (size_t i = 0; i < listing->column_count; i++)
		grow(&p, i, needs[i].least + wish(&p, i));
	grow_cut(&p, false);
	grow_cut(&p, true);
	share_rest(&p);
	for (size_t i = 0; i < listing->column_count; i++) {
		if (!p.shown[i])
			continue;
		out[i].col = col;
		col += out[i].width + COLUMNS_GAP;
	}
}
