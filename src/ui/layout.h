/* Where panes stand: a grid on wide screens, fewer columns on usual ones, one pane
 * with tabs on small ones; or what the user wrote. Never refuses a size. Pure. */
#ifndef UI_LAYOUT_H
#define UI_LAYOUT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { LAYOUT_MAX = 9, LAYOUT_NARROW_COLS = 80, LAYOUT_NARROW_ROWS = 20 };

struct layout_box {
	int pane; /* index in pane_classes */
	int row, col, rows, cols;
};

struct layout {
	struct layout_box boxes[LAYOUT_MAX];
	size_t count;
	bool single; /* one pane with a tab bar */
};

/* text: rows of "PANE[:WEIGHT]" separated by '/', a row may end in "@WEIGHT". */
bool layout_make(
	struct layout *layout, const char *text, int rows, int cols, struct err *err);
enum layout_change {
	LAYOUT_WIDER,
	LAYOUT_NARROWER,
	LAYOUT_TALLER,
	LAYOUT_SHORTER,
	LAYOUT_LEFT,
	LAYOUT_RIGHT,
	LAYOUT_UP,
	LAYOUT_DOWN,
	LAYOUT_HIDE,
	LAYOUT_SHOW,
};
enum { LAYOUT_TEXT = 400 };
/* Changes such a text; false with a sentence when it cannot be done, the text is then
 * as it was. pane: index in pane_classes. */
bool layout_change(
	char text[LAYOUT_TEXT], enum layout_change change, int pane, struct err *err);
/* The built-in text for a size; paged: some source pages. */
const char *layout_built_in(int rows, int cols, bool paged);

#endif
