/* A small chart: bars (a count for each day) or a line, with an optional limit. As a
 * picture it is drawn by cairo, which is opened when it is first needed. */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum figure_kind { FIGURE_BARS, FIGURE_LINE };

enum { FIGURE_MAX_POINTS = 400, FIGURE_MAX_BARS = 62, FIGURE_WIDTH = 592 };

#define FIGURE_MOST 1e15

struct figure {
	enum figure_kind kind;
	const char *title;
	const char *unit;          /* "pages", "%" or NULL */
	const char *const *labels; /* one for each value, or NULL */
	const double *values;      /* NaN: no value there */
	size_t count;
	double limit; /* NaN: none */
};

/* Smallest and largest value that is there; false when none is. */
bool figure_range(const struct figure *f, double *least, double *most);
/* Pixels of the picture as it is shown; it is drawn twice as fine. */
int figure_height(const struct figure *f);
/* The number as it stands beside a bar: "7", "0.25", "12k". */
const char *figure_number(double value, char *out, size_t size);
/* A PNG of figure_height() times FIGURE_WIDTH, on a transparent ground, in colours that
 * read on a light and on a dark one. Any thread; takes about 10 ms, so in a task.
 * Without libcairo *err says what to install. */
bool figure_png(const struct figure *f, struct str *png, struct err *err);

#endif
