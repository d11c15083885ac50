/* Sharing a rectangle between panes by weight, and changing how: sizes and texts in,
 * boxes and texts out; never refuses a size. Knows of panes their names only.
 * Pure. */
#include "layout.h"

#include "base/str.h"
#include "pane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 6, MOST_WEIGHT = 20 };

struct part {
	int pane, weight;
};

struct line {
	struct part parts[LAYOUT_MAX];
	size_t count;
	int weight;
};

static int pane_index(const char *name, size_t n)
{
	for (int i = 0; i < PANE_NUMBERED; i++)
		if (strlen(pane_classes[i]->name) == n &&
			!strncmp(pane_classes[i]->name, name, n))
			return i;
	return -1;
}

static bool parse_word(struct line *line, const char *word, size_t n, struct err *err)
{
	size_t name = 0;
	int weight = 1;

	while (name < n && word[name] != ':' && word[name] != '@')
		name++;
	if (name < n)
		weight = (int)strtol(word + name + 1, NULL, 10);
	if (weight < 1 || weight > MOST_WEIGHT)
		return err_set(err, ERR_INPUT, "a weight goes from 1 to %d", MOST_WEIGHT);
	if (!name) {
		line->weight = weight;
		return true;
	}
	if (line->count == LAYOUT_MAX || pane_index(word, name) < 0)
		return err_set(err, ERR_INPUT, "no pane is called %.*s", (int)name, word);
	line->parts[line->count++] = (struct part){pane_index(word, name), weight};
	return true;
}

static bool parse(const char *text, struct line *lines, size_t *count, struct err *err)
{
	*count = 1;
	lines[0] = (struct line){.weight = 1};
	while (*text) {
		size_t n = strcspn(text, " ");

		if (n == 1 && *text == '/') {
			if (!lines[*count - 1].count)
				return err_set(err, ERR_INPUT, "a row has no pane");
			if (*count == MOST_ROWS)
				return err_set(
					err, ERR_LIMIT, "at most %d rows", MOST_ROWS);
			lines[(*count)++] = (struct line){.weight = 1};
		} else if (n && !parse_word(&lines[*count - 1], text, n, err)) {
			return false;
		}
		text += n + (text[n] == ' ');
	}
	return true;
}

/* --- changing --- */

static bool find_pane(
	const struct line *lines, size_t count, int pane, size_t *line, size_t *at)
{
	for (*line = 0; *line < count; (*line)++)
		for (*at = 0; *at < lines[*line].count; (*at)++)
			if (lines[*line].parts[*at].pane == pane)
				return true;
	return false;
}

/* One step of a twentieth, taken from the largest of the others. */
static bool resize(int *const *weights, size_t n, size_t at, int by, struct err *err)
{
	int sum = 0;
	size_t other = at ? 0 : 1;

	if (n < 2)
		return err_set(err, ERR_USAGE, "it has all there is this way");
	for (size_t i = 0; i < n; i++)
		sum += *weights[i];
	for (size_t i = 0; i < n; i++) {
		*weights[i] = (*weights[i] * MOST_WEIGHT + sum / 2) / sum;
		*weights[i] = *weights[i] < 1 ? 1 : *weights[i];
	}
	for (size_t i = 0; i < n; i++)
		if (i != at && *weights[i] > *weights[other])
			other = i;
	if (*weights[at] + by < 1 || *weights[other] - by < 1 ||
		*weights[other] - by > MOST_WEIGHT || *weights[at] + by > MOST_WEIGHT)
		return err_set(err, ERR_USAGE, "it goes no further this way");
	*weights[at] += by;
	*weights[other] -= by;
	return true;
}

static bool resize_part(struct line *line, size_t at, int by, struct err *err)
{
	int *weights[LAYOUT_MAX];

	for (size_t i = 0; i < line->count; i++)
		weights[i] = &line->parts[i].weight;
	return resize(weights, line->count, at, by, err);
}

static bool resize_line(
	struct line *lines, size_t count, size_t at, int by, struct err *err)
{
	int *weights[MOST_ROWS];

	for (size_t i = 0; i < count; i++)
		weights[i] = &lines[i].weight;
	return resize(weights, count, at, by, err);
}

static void remove_part(struct line *lines, size_t *count, size_t line, size_t at)
{
	struct line *l = &lines[line];

	l->count--;
	memmove(l->parts + at, l->parts + at + 1, (l->count - at) * sizeof *l->parts);
	if (l->count)
		return;
	--*count;
	memmove(l, l + 1, (*count - line) * sizeof *l);
}

/* Within its row: changes places with its neighbour. */
static bool step_aside(struct line *line, size_t at, int by, struct err *err)
{
	size_t to = at + (size_t)by;
	struct part part = line->parts[at];

	if (to >= line->count)
		return err_set(err, ERR_USAGE, "it is the outermost of its row");
	line->parts[at] = line->parts[to];
	line->parts[to] = part;
	return true;
}

/* Into the row above or below; at the edge into a row of its own. */
static bool step_row(struct line *lines, size_t *count, size_t line, size_t at, int by,
	struct err *err)
{
	struct part part = lines[line].parts[at];
	struct line own = {.parts = {part}, .count = 1, .weight = lines[line].weight};
	bool edge = by < 0 ? !line : line + 1 == *count, alone = lines[line].count == 1;
	size_t to = line + (size_t)by;

	if (edge && (alone || *count == MOST_ROWS))
		return err_set(err, ERR_USAGE, "it goes no further this way");
	if (edge) {
		remove_part(lines, count, line, at);
		to = by < 0 ? 0 : *count;
		memmove(lines + to + 1, lines + to, (*count - to) * sizeof *lines);
		lines[to] = own;
		++*count;
		return true;
	}
	if (at > lines[to].count)
		at = lines[to].count;
	memmove(lines[to].parts + at + 1, lines[to].parts + at,
		(lines[to].count - at) * sizeof part);
	lines[to].parts[at] = part;
	lines[to].count++;
	find_pane(&lines[line], 1, part.pane, &to, &at);
	remove_part(lines, count, line, at);
	return true;
}

static bool add_pane(struct line *lines, size_t *count, int pane, struct err *err)
{
	size_t line, at, last = *count - 1;
	struct part part = {pane, 1};

	if (find_pane(lines, *count, pane, &line, &at))
		return err_set(err, ERR_USAGE, "it is shown");
	if (*count < MOST_ROWS) {
		lines[*count] = (struct line){
			.parts = {part}, .count = 1, .weight = lines[last].weight};
		++*count;
	} else {
		lines[last].parts[lines[last].count++] = part;
	}
	return true;
}

static bool change_lines(struct line *lines, size_t *count, enum layout_change change,
	int pane, struct err *err)
{
	size_t line, at;
	int by = change == LAYOUT_NARROWER || change == LAYOUT_SHORTER ||
				 change == LAYOUT_LEFT || change == LAYOUT_UP
			 ? -1
			 : 1;

	if (change == LAYOUT_SHOW)
		return add_pane(lines, count, pane, err);
	if (!find_pane(lines, *count, pane, &line, &at))
		return err_set(err, ERR_USAGE, "it is not in the grid: layout show");
	switch (change) {
	case LAYOUT_WIDER:
	case LAYOUT_NARROWER:
		return resize_part(&lines[line], at, by, err);
	case LAYOUT_TALLER:
	case LAYOUT_SHORTER:
		return resize_line(lines, *count, line, by, err);
	case LAYOUT_LEFT:
	case LAYOUT_RIGHT:
		return step_aside(&lines[line], at, by, err);
	case LAYOUT_UP:
	case LAYOUT_DOWN:
		return step_row(lines, count, line, at, by, err);
	default:
		if (*count == 1 && lines[0].count == 1)
			return err_set(err, ERR_USAGE, "it is the last one");
		remove_part(lines, count, line, at);
		return true;
	}
}

static void print_lines(const struct line *lines, size_t count, char text[LAYOUT_TEXT])
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (i)
			n += (size_t)snprintf(text + n, LAYOUT_TEXT - n, "/ ");
		for (size_t k = 0; k < lines[i].count; k++)
			n += (size_t)snprintf(text + n, LAYOUT_TEXT - n, "%s:%d ",
				pane_classes[lines[i].parts[k].pane]->name,
				lines[i].parts[k].weight);
		n += (size_t)snprintf(text + n, LAYOUT_TEXT - n, "@%d%s", lines[i].weight,
			i + 1 < count ? " " : "");
	}
}

bool layout_change(
	char text[LAYOUT_TEXT], enum layout_change change, int pane, struct err *err)
{
	struct line lines[MOST_ROWS + 1];
	size_t count, kept = 0;

	if (!parse(text, lines, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (lines[i].count)
			lines[kept++] = lines[i];
	if (!kept)
		return err_set(err, ERR_USAGE, "the layout has no pane");
	if (!change_lines(lines, &kept, change, pane, err))
		return false;
	print_lines(lines, kept, text);
	return true;
}

static void share_columns(
	struct layout *layout, const struct line *line, int row, int rows, int cols)
{
	int left = cols, weight = 0, col = 0;

	for (size_t i = 0; i < line->count; i++)
		weight += line->parts[i].weight;
	for (size_t i = 0; i < line->count && layout->count < LAYOUT_MAX; i++) {
		int width = left * line->parts[i].weight / weight;

		layout->boxes[layout->count++] =
			(struct layout_box){line->parts[i].pane, row, col, rows, width};
		col += width;
		left -= width;
		weight -= line->parts[i].weight;
	}
}

const char *layout_built_in(int rows, int cols, bool paged)
{
	if (cols >= 120 && rows >= 30)
		return paged ? "overview:5 metrics:4 @5 / alerts:5 anomalies:4 @4 / "
			       "logs:5 "
			       "sources:4 @3"
			     : "overview:5 metrics:4 @5 / processes:5 anomalies:4 @4 / "
			       "logs:5 sources:4 @3";
	if (cols >= 120)
		return paged ? "overview:5 metrics:4 @4 / alerts:5 logs:4 @3"
			     : "overview:5 metrics:4 @4 / processes:5 logs:4 @3";
	return rows >= 30 ? "overview @4 / metrics @5 / logs @3"
			  : "overview @2 / metrics @3";
}

bool layout_make(
	struct layout *layout, const char *text, int rows, int cols, struct err *err)
{
	struct line lines[MOST_ROWS];
	size_t count;
	int left = rows, weight = 0, row = 0;

	*layout = (struct layout){0};
	if (cols < LAYOUT_NARROW_COLS || rows < LAYOUT_NARROW_ROWS - 2) {
		layout->single = true;
		return true;
	}
	if (!parse(text, lines, &count, err)) {
		layout->single = true;
		return false;
	}
	for (size_t i = 0; i < count; i++)
		weight += lines[i].count ? lines[i].weight : 0;
	for (size_t i = 0; i < count; i++) {
		int height;

		if (!lines[i].count)
			continue;
		height = left * lines[i].weight / weight;
		share_columns(layout, &lines[i], row, height, cols);
		row += height;
		left -= height;
		weight -= lines[i].weight;
	}
	layout->single = !layout->count;
	return true;
}
