/* The parts of the trends pane: where each stands on a screen, and how it is drawn. */
#ifndef UI_TRENDS_PARTS_H
#define UI_TRENDS_PARTS_H

#include "app/trends.h"
#include "base/time.h"
#include "canvas.h"

enum { TRENDS_WIDE = 70, TRENDS_LIST_LEAST = 4 };

struct trends_look {
	const struct app *app;
	const struct trends_view *view;
	size_t marked_day; /* SIZE_MAX: none */
};

struct trends_place {
	enum trends_part part;
	int row, col, rows, cols;
	bool gap; /* a blank row above */
};

/* Those that fit, in the order of the setting's text; the list takes what is left. */
size_t trends_place(const struct trends_view *v, const char *text, const struct canvas *c,
	struct trends_place out[TRENDS_PART_COUNT]);
/* All but the list. */
void trends_part_draw(const struct trends_look *look, const struct trends_place *place,
	const struct canvas *c);
/* "-" when there is none. */
const char *trends_span_text(double ms, char out[TIME_TEXT]);

#endif
