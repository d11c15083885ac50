/* Myers' greedy algorithm forwards, with the furthest points of each step kept to walk
 * back. Hides that walk, and what is done when two texts have too little in common: the
 * memory grows with the square of how much they differ, so that has a limit. */
#include "model/diff.h"

#include "base/alloc.h"

#include <string.h>

struct lines {
	struct untrusted *items;
	size_t count, cap;
};

struct walk {
	struct lines a, b;
	size_t from;           /* lines that both begin with */
	ptrdiff_t n, m;        /* those between what is common at both ends */
	ptrdiff_t *steps;      /* the furthest x of each diagonal, step after step */
	struct diff_line *out; /* back to front */
	size_t count;
};

static void read_lines(struct lines *to, struct untrusted text)
{
	struct untrusted line;

	*to = (struct lines){0};
	while (to->count < DIFF_LINES && untrusted_line(&text, &line)) {
		MEM_ROOM(to->items, to->count, to->cap);
		to->items[to->count++] = line;
	}
}

static bool same(const struct walk *w, ptrdiff_t x, ptrdiff_t y)
{
	return untrusted_eq(
		w->a.items[w->from + (size_t)x], w->b.items[w->from + (size_t)y]);
}

/* Step d has 2d + 1 diagonals, behind those of the steps before it. */
static ptrdiff_t *step_of(const struct walk *w, ptrdiff_t d)
{
	return w->steps + d * d + d;
}

static bool goes_down(const struct walk *w, ptrdiff_t d, ptrdiff_t k)
{
	const ptrdiff_t *before = step_of(w, d - 1);

	return k == -d || (k != d && before[k - 1] < before[k + 1]);
}

/* How many steps; -1: more than DIFF_MOST. */
static ptrdiff_t find_steps(struct walk *w)
{
	for (ptrdiff_t d = 0; d <= DIFF_MOST; d++) {
		ptrdiff_t *now;

		w->steps = mem_resize(
			w->steps, (size_t)((d + 1) * (d + 1)), sizeof *w->steps);
		now = step_of(w, d);
		for (ptrdiff_t k = -d; k <= d; k += 2) {
			ptrdiff_t x = 0, y;

			if (d && goes_down(w, d, k))
				x = step_of(w, d - 1)[k + 1];
			else if (d)
				x = step_of(w, d - 1)[k - 1] + 1;
			for (y = x - k; x < w->n && y < w->m && same(w, x, y); x++, y++)
				;
			now[k] = x;
			if (x >= w->n && y >= w->m)
				return d;
		}
	}
	return -1;
}

static void put(struct walk *w, enum diff_kind kind, struct untrusted text)
{
	w->out[w->count++] = (struct diff_line){.kind = kind, .text = text};
}

static void walk_back(struct walk *w, ptrdiff_t d)
{
	ptrdiff_t x = w->n, y = w->m;

	for (; d >= 0; d--) {
		ptrdiff_t k = x - y, x0 = 0, y0 = 0;
		bool down = d && goes_down(w, d, k);

		if (d) {
			x0 = down ? step_of(w, d - 1)[k + 1] : step_of(w, d - 1)[k - 1];
			y0 = x0 - (down ? k + 1 : k - 1);
		}
		while (x > x0 + (d && !down) && y > y0 + (d && down)) {
			x--, y--;
			put(w, DIFF_SAME, w->a.items[w->from + (size_t)x]);
		}
		if (d && down)
			put(w, DIFF_NEW, w->b.items[w->from + (size_t)--y]);
		else if (d)
			put(w, DIFF_OLD, w->a.items[w->from + (size_t)--x]);
	}
}

static void replace_all(struct walk *w)
{
	for (ptrdiff_t y = w->m; y-- > 0;)
		put(w, DIFF_NEW, w->b.items[w->from + (size_t)y]);
	for (ptrdiff_t x = w->n; x-- > 0;)
		put(w, DIFF_OLD, w->a.items[w->from + (size_t)x]);
}

static void trim_common(struct walk *w)
{
	size_t n = w->a.count, m = w->b.count;

	while (w->from < n && w->from < m &&
		untrusted_eq(w->a.items[w->from], w->b.items[w->from]))
		w->from++;
	while (n > w->from && m > w->from &&
		untrusted_eq(w->a.items[n - 1], w->b.items[m - 1])) {
		n--;
		m--;
	}
	w->n = (ptrdiff_t)(n - w->from);
	w->m = (ptrdiff_t)(m - w->from);
}

static void add(struct diff *to, struct diff_line line)
{
	MEM_ROOM(to->lines, to->count, to->cap);
	to->lines[to->count++] = line;
	to->removed += line.kind == DIFF_OLD;
	to->added += line.kind == DIFF_NEW;
}

/* Is a change at most `around` lines away? */
static bool near_change(
	const struct diff_line *lines, size_t count, size_t at, size_t around)
{
	size_t from = at > around ? at - around : 0, to = at + around;

	for (size_t i = from; i <= to && i < count; i++)
		if (lines[i].kind != DIFF_SAME)
			return true;
	return false;
}

static void keep_near(struct diff *out, const struct walk *w, size_t around)
{
	size_t behind = w->from + (size_t)w->n, total, at = 0;
	struct diff_line *all;
	bool gap = false;

	total = w->from + w->count + (w->a.count - behind);
	all = mem_new(total + 1, sizeof *all);
	for (size_t i = 0; i < w->from; i++)
		all[at++] = (struct diff_line){.text = w->a.items[i]};
	for (size_t i = w->count; i-- > 0;)
		all[at++] = w->out[i];
	for (size_t i = behind; i < w->a.count; i++)
		all[at++] = (struct diff_line){.text = w->a.items[i]};
	for (size_t i = 0; i < total; i++) {
		if (!near_change(all, total, i, around)) {
			gap = true;
			continue;
		}
		all[i].gap = gap;
		gap = false;
		add(out, all[i]);
	}
	mem_free(all);
}

void diff_make(
	struct diff *out, struct untrusted before, struct untrusted now, size_t around)
{
	struct walk w = {0};
	ptrdiff_t steps;

	*out = (struct diff){0};
	read_lines(&w.a, before);
	read_lines(&w.b, now);
	trim_common(&w);
	w.out = mem_new((size_t)(w.n + w.m) + 1, sizeof *w.out);
	steps = find_steps(&w);
	if (steps >= 0)
		walk_back(&w, steps);
	else
		replace_all(&w);
	keep_near(out, &w, around);
	mem_free(w.a.items);
	mem_free(w.b.items);
	mem_free(w.steps);
	mem_free(w.out);
}

void diff_release(struct diff *diff)
{
	mem_free(diff->lines);
	*diff = (struct diff){0};
}
