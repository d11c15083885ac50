/* Charts: sparklines for rows, and the full chart with axes. Main thread. */
#ifndef UI_CHART_H
#define UI_CHART_H

#include "canvas.h"

#include "model/series.h"

enum chart_style { CHART_BRAILLE, CHART_BLOCK, CHART_ASCII };

/* What `set charts` and the terminal allow. */
void chart_set_style(enum chart_style style);

/* One row of bars. The buckets lie on a fixed grid of time, so that a bar stays the
 * same while it moves left, and moves only when a bucket is full. Where there is no
 * value the canvas stays as it is. */
void chart_spark(const struct canvas *c, int row, int col, int width, enum role role,
	const struct series *series, int64_t from, int64_t to);

struct chart {
	const struct series *series;
	int64_t from, to;
	int64_t compare_ms; /* 0: none; the same series that much earlier */
	double low, high;   /* expected band now, NAN: none */
	const char *limit;  /* its only limit is always in sight, by this name; or NULL */
	int64_t cursor;     /* a moment to mark, 0: none */
};

void chart_draw(const struct canvas *c, const struct chart *chart);

#endif
