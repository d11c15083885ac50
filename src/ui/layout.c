/* Sharing a rectangle between panes by weight. Pure:
 * sizes in, boxes out; never refuses a size. */
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
