/* Drawing curves with characters: braille dots (2x4 a cell), eighth blocks, or ASCII.
 * Hides scales and axes; looks at a series, never changes it. Time is cut on a fixed
 * grid, so that a picture at rest stays the same. Main thread. */
#include "chart.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "base/utf8.h"
#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_COLUMNS = 512, AXIS_WIDTH = 10, MOST_WIDENINGS = 60 };

static enum chart_style style;

void chart_set_style(enum chart_style wanted)
{
	style = wanted;
}

static enum chart_style usable(void)
{
	return screen_graphics() == GRAPHICS_ASCII ? CHART_ASCII : style;
}

static const char *const blocks[] = {" ", "\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83",
	"\xe2\x96\x84", "\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"};
static const char *const marks[] = {" ", ".", ":", "-", "=", "+", "*", "%", "#"};

/* The bucket grid: width of a bucket in ms, and the end of the newest whole one. */
static int64_t grid_end(int64_t from, int64_t to, int width, int64_t *step)
{
	*step = (to - from) / width;
	if (*step < 1)
		*step = 1;
	return (to / *step + 1) * *step;
}

void chart_spark(const struct canvas *c, int row, int col, int width, enum role role,
	const struct series *series, int64_t from, int64_t to)
{
	double values[MOST_COLUMNS], low = 0, high = 0;
	int64_t step, end;
	bool any = false;

	if (width > MOST_COLUMNS)
		width = MOST_COLUMNS;
	if (width < 1)
		return;
	end = grid_end(from, to, width, &step);
	series_buckets(series, end - step * width, end, values, (size_t)width);
	for (int i = 0; i < width; i++) {
		if (isnan(values[i]))
			continue;
		low = any ? fmin(low, values[i]) : values[i];
		high = any ? fmax(high, values[i]) : values[i];
		any = true;
	}
	/* Small wiggles far from zero are not blown up to full height. */
	if (series->unit == UNIT_PERCENT && high < 100)
		high = fmax(high, 10);
	low = fmin(low, low > 0 ? low - (high - low) * 0.1 : low);
	if (low > 0 && low > high * 0.3)
		low = fmin(low, high * 0.5);
	else if (low > 0)
		low = 0;
	for (int i = 0; i < width; i++) {
		int level = 1;

		if (isnan(values[i]))
			continue;
		if (high > low)
			level += (int)((values[i] - low) / (high - low) * 7.0);
		level = level < 1 ? 1 : level > 8 ? 8 : level;
		canvas_put(c, row, col + i, role,
			usable() == CHART_ASCII ? marks[level] : blocks[level]);
	}
}

/* --- the full chart --- */

struct plot {
	struct canvas area; /* the curve */
	double low, high;   /* of the axis */
	double step;        /* between two of its labels */
	int64_t from, to;
	double values[MOST_COLUMNS * 2]; /* the highest in each dot's time */
	double dips[MOST_COLUMNS * 2];   /* the lowest */
	int n;                           /* dots across */
};

/* Goes by the clock. */
static double nice_time(double seconds)
{
	static const double steps[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
		3600, 7200, 10800, 21600, 43200, 86400};

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		if (steps[i] >= seconds)
			return steps[i];
	return ceil(seconds / 86400) * 86400;
}

/* 1, 2 or 5 times a power of ten; bytes by powers of two. */
static double nice(enum unit unit, double span, int steps)
{
	double raw = span / (steps > 0 ? steps : 1), power;

	if (raw <= 0 || !isfinite(raw))
		return 1;
	if ((unit == UNIT_BYTES || unit == UNIT_BYTES_PER_S) && raw > 1)
		return exp2(ceil(log2(raw)));
	if (unit == UNIT_SECONDS && raw > 30)
		return nice_time(raw);
	power = pow(10, floor(log10(raw)));
	if (raw / power <= 1)
		return power;
	if (raw / power <= 2)
		return 2 * power;
	return raw / power <= 5 ? 5 * power : 10 * power;
}

static double into(double value, double *low, double *high, bool *any)
{
	if (isnan(value))
		return value;
	*low = *any ? fmin(*low, value) : value;
	*high = *any ? fmax(*high, value) : value;
	*any = true;
	return value;
}

/* A limit nearby is shown; one far away must not flatten the curve. */
static void include_limit(
	const struct chart *chart, double limit, double *low, double *high)
{
	bool any = true;

	if (!isnan(limit) && (chart->limit || (limit <= *high * 2 && limit >= *low / 2)))
		into(limit, low, high, &any);
}

/* A half of the unit in which bytes are written, or all of it: what a label with one
 * digit behind the point, or none, can say exactly. */
static double least_step(enum unit unit, double high)
{
	double base;

	if ((unit != UNIT_BYTES && unit != UNIT_BYTES_PER_S) || high < 1000)
		return 0;
	base = pow(1024, floor(log2(high) / 10));
	return high / base < 9.95 ? base / 2 : base;
}

/* Two labels that say the same would make a flat curve look like a steep one. */
static bool labels_differ(const struct plot *plot, enum unit unit)
{
	char a[UNIT_TEXT], b[UNIT_TEXT];

	for (double v = plot->low; v < plot->high - plot->step / 2; v += plot->step)
		if (!strcmp(unit_text(unit, v, a), unit_text(unit, v + plot->step, b)))
			return false;
	return true;
}

/* A part of a whole is never more than that, but for what rounding adds. */
static double whole_of(enum unit unit, double low, double high)
{
	double whole = unit == UNIT_PERCENT ? 100 : unit == UNIT_RATIO ? 1 : HUGE_VAL;

	return low >= 0 && high <= whole * 1.01 ? whole : HUGE_VAL;
}

/* A line that does not move lies in the middle; one of nothing at the bottom. */
static void around(double *low, double *high)
{
	double room = fabs(*low) * 0.1;

	*high += *low != 0 ? room : 1;
	*low -= room;
}

static bool scale(struct plot *plot, const struct chart *chart, const double *past)
{
	double low = 0, high = 0, span, whole;
	enum unit unit = chart->series->unit;
	bool any = false;

	for (int i = 0; i < plot->n; i++) {
		into(plot->values[i], &low, &high, &any);
		into(plot->dips[i], &low, &high, &any);
		into(past[i], &low, &high, &any);
	}
	if (!any)
		return false;
	include_limit(chart, chart->series->limits.warn, &low, &high);
	include_limit(chart, chart->series->limits.critical, &low, &high);
	if (low >= 0 && low < high * 0.6)
		low = 0;
	whole = whole_of(unit, low, high);
	if (high <= low)
		around(&low, &high);
	if (high > whole)
		high = whole;
	span = high - low;
	for (int i = 0; i < MOST_WIDENINGS; i++) {
		plot->step = fmax(nice(unit, span, plot->area.rows / 3),
			least_step(unit, fabs(high)));
		plot->low = floor(low / plot->step) * plot->step;
		plot->high = fmin(ceil(high / plot->step) * plot->step, whole);
		if (labels_differ(plot, unit))
			break;
		span = plot->step * 1.5 * (plot->area.rows > 5 ? plot->area.rows / 3 : 1);
	}
	return true;
}

static int row_of(const struct plot *plot, double value)
{
	double part = (value - plot->low) / (plot->high - plot->low);

	return plot->area.rows - 1 -
	       (int)floor(fmin(fmax(part, 0), 0.9999) * plot->area.rows);
}

struct line {
	double value;
	enum role role;
	const char *name;
};

enum { MOST_LINES = 4 };

/* What was expected now before the limits: these are drawn over it. */
static size_t lines_of(
	const struct plot *plot, const struct chart *chart, struct line out[MOST_LINES])
{
	struct limits limits = chart->series->limits;
	const char *name = chart->limit;
	struct line all[MOST_LINES] = {
		{chart->low, ROLE_BAND, "expected, least "},
		{chart->high, ROLE_BAND, "expected, most "},
		{limits.warn, ROLE_WARNING, name ? name : "warn "},
		{limits.critical, ROLE_CRITICAL, name ? name : "critical "},
	};
	size_t n = 0;

	if (isnan(chart->low) || isnan(chart->high)) {
		all[0].value = all[1].value = NAN;
	} else if (row_of(plot, chart->low) == row_of(plot, chart->high)) {
		all[0].name = "expected ";
		all[1].value = NAN;
	}
	for (size_t i = 0; i < MOST_LINES; i++)
		if (all[i].value >= plot->low && all[i].value <= plot->high)
			out[n++] = all[i];
	return n;
}

static void draw_line(const struct plot *plot, const struct line *line)
{
	int row = row_of(plot, line->value);

	for (int col = 0; col < plot->area.cols; col++)
		canvas_put(&plot->area, row, col, line->role, canvas_glyph(GLYPH_LIMIT));
}

/* The curve, or a bar, is in that cell. */
static bool covered(const struct plot *plot, int row, int col, bool bars)
{
	int each = plot->n / plot->area.cols;

	for (int x = col * each - !bars; x < (col + 1) * each; x++) {
		if (x < 0 || isnan(plot->values[x]))
			continue;
		if (row >= row_of(plot, plot->values[x]) &&
			(bars || row <= row_of(plot, plot->dips[x])))
			return true;
	}
	return false;
}

/* The name stands where the curve leaves room for it, else at the old end of the line:
 * at the other it would cover the newest points. */
static void draw_name(const struct plot *plot, const struct line *line, bool bars)
{
	int row = row_of(plot, line->value), n = (int)strlen(line->name), at = 0,
	    room = 0;

	for (int col = 0; col < plot->area.cols && room < n; col++) {
		room = covered(plot, row, col, bars) ? 0 : room + 1;
		at = room == n ? col + 1 - n : 0;
	}
	canvas_put(&plot->area, row, at, line->role, line->name);
}

static enum role role_at(const struct chart *chart, double value)
{
	enum severity s = limits_judge(chart->series->limits, value);

	return s == SEVERITY_CRITICAL  ? ROLE_CRITICAL
	       : s == SEVERITY_WARNING ? ROLE_WARNING
				       : ROLE_CHART;
}

/* Dots of one value column in eighths or fourths of a row, from the bottom. */
static void draw_bars(const struct plot *plot, const struct chart *chart)
{
	bool ascii = usable() == CHART_ASCII;

	for (int col = 0; col < plot->area.cols; col++) {
		double value = plot->values[col];
		double height = (value - plot->low) / (plot->high - plot->low) *
				plot->area.rows * 8;
		int eighths = isnan(value) ? -1 : (int)lround(fmax(height, 1));
		enum role role = role_at(chart, value);

		for (int row = plot->area.rows - 1; row >= 0 && eighths > 0; row--) {
			int level = eighths > 8 ? 8 : eighths;

			canvas_put(&plot->area, row, col, role,
				ascii ? (level == 8 ? "#" : marks[level])
				      : blocks[level]);
			eighths -= 8;
		}
	}
}

/* Points may be rarer than columns: up to two and a half intervals without one are
 * joined by a straight line; a longer silence stays a gap. */
static void bridge(double *values, int n, const struct series *series, int64_t span_ms)
{
	int most =
		(int)(series->interval_ms * 5 / 2 * n / (span_ms > 0 ? span_ms : 1)) + 1;
	int last = -1;

	for (int x = 0; x < n; x++) {
		if (isnan(values[x]))
			continue;
		for (int k = last + 1; last >= 0 && x - last <= most && k < x; k++)
			values[k] = values[last] +
				    (values[x] - values[last]) * (k - last) / (x - last);
		last = x;
	}
}

/* What it is compared with, where the bars leave room. */
static void draw_dots(const struct plot *plot, const double *values)
{
	const char *dot = usable() == CHART_ASCII ? "." : "\xc2\xb7";

	for (int col = 0; col < plot->area.cols; col++)
		if (!isnan(values[col]))
			canvas_put(&plot->area, row_of(plot, values[col]), col, ROLE_BAND,
				dot);
}

static void put_braille(
	const struct canvas *c, int row, int col, enum role role, int dots)
{
	char utf8[5] = {0};

	utf8[utf8_encode(0x2800 + (uint32_t)dots, utf8)] = '\0';
	canvas_put(c, row, col, role, utf8);
}

/* Rows of dots, from the top. */
static int dot_of(const struct plot *plot, double value)
{
	double part = (value - plot->low) / (plot->high - plot->low);
	int rows = plot->area.rows * 4;

	return rows - 1 - (int)lround(fmin(fmax(part, 0), 1) * (rows - 1));
}

/* A line through the values: each column of dots goes from the highest to the lowest
 * value of its time, and is joined to the one before. */
static void draw_braille(const struct plot *plot, const double *values,
	const double *dips, const struct chart *chart)
{
	static const unsigned char bits[4][2] = {
		{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
	bool main = values == plot->values;
	int cols = plot->area.cols, top = -1, bottom = -1;
	unsigned char *cells = mem_new((size_t)plot->area.rows * (size_t)cols, 1);

	for (int x = 0; x < cols * 2; x++) {
		int high, low, from, to;

		if (isnan(values[x])) {
			top = -1;
			continue;
		}
		from = high = dot_of(plot, values[x]);
		to = low = dot_of(plot, dips[x]);
		if (top >= 0 && bottom < from)
			from = bottom;
		if (top >= 0 && top > to)
			to = top;
		for (int k = from; k <= to; k++)
			cells[k / 4 * cols + x / 2] |= bits[k % 4][x % 2];
		top = high;
		bottom = low;
	}
	for (int row = 0; row < plot->area.rows; row++) {
		for (int col = 0; col < cols; col++) {
			int dots = cells[row * cols + col];
			const double *judged =
				chart->series->limits.below ? dips : values;
			double value = judged[col * 2 + 1];

			if (isnan(value))
				value = judged[col * 2];
			if (dots)
				put_braille(&plot->area, row, col,
					main ? role_at(chart, value) : ROLE_BAND, dots);
		}
	}
	mem_free(cells);
}

static void draw_axes(
	const struct canvas *c, const struct plot *plot, const struct chart *chart)
{
	double step = plot->step;
	int last = -1;

	/* In one row there is no height: its label would be the value of nothing. */
	if (plot->area.rows < 2)
		last = 0;
	for (double v = plot->low; v <= plot->high + step / 1000; v += step) {
		int row = row_of(plot, v);
		char text[UNIT_TEXT];

		if (row == last)
			continue;
		last = row;
		unit_text(chart->series->unit, fabs(v) < step / 1e6 ? 0 : v, text);
		canvas_printf(c, row, 0, ROLE_DIM, "%*s", AXIS_WIDTH - 1, text);
		canvas_put(c, row, AXIS_WIDTH - 1, ROLE_DIM, canvas_glyph(GLYPH_AXIS));
	}
}

static const char *moment_text(const struct plot *plot, int64_t at, char out[TIME_TEXT])
{
	char stamp[TIME_TEXT];

	if (plot->to - plot->from > 6 * DAY_MS)
		time_day(at, out);
	else if (plot->to - plot->from > DAY_MS)
		snprintf(out, TIME_TEXT, "%.12s", time_stamp(at, at + 3 * DAY_MS, stamp));
	else if (plot->to - plot->from < 10 * MINUTE_MS)
		time_clock_s(at, out);
	else
		time_clock(at, out);
	return out;
}

/* Under the curve, unless another label stands there. */
static void draw_time(
	const struct canvas *c, const struct plot *plot, int64_t at, int *free)
{
	char text[TIME_TEXT];
	int width = (int)strlen(moment_text(plot, at, text));
	int col = AXIS_WIDTH + (int)((plot->area.cols - 1) * (at - plot->from) /
				       (plot->to - plot->from));

	col -= at == plot->to ? width - 1 : width / 2;
	if (col + width >= *free || col < AXIS_WIDTH - 1)
		return;
	canvas_put(c, plot->area.rows, col, ROLE_DIM, text);
	*free = col;
}

/* The newest moment first: it is the one that is kept where there is room for one. The
 * others are round ones of the local clock. */
static void draw_times(const struct canvas *c, const struct plot *plot)
{
	int labels = plot->area.cols / 16, free = c->cols + 1;
	int64_t span = plot->to - plot->from, step, at;

	if (span <= 0)
		return;
	step = (int64_t)nice_time((double)span / SECOND_MS / (labels > 1 ? labels : 1)) *
	       SECOND_MS;
	draw_time(c, plot, plot->to, &free);
	for (at = plot->to - (plot->to + time_offset_ms(plot->to)) % step;
		at >= plot->from; at -= step)
		draw_time(c, plot, at, &free);
}

/* Below the curve: it shows where there is none. */
static void draw_cursor(const struct plot *plot, const struct chart *chart)
{
	int64_t span = plot->to - plot->from;
	int col;

	if (chart->cursor <= plot->from || chart->cursor > plot->to || span <= 0)
		return;
	col = (int)((chart->cursor - plot->from) * plot->area.cols / span);
	for (int row = 0; row < plot->area.rows; row++)
		canvas_put(&plot->area, row, col, ROLE_DIM, canvas_glyph(GLYPH_V));
}

void chart_draw(const struct canvas *c, const struct chart *chart)
{
	struct plot *plot = mem_new(1, sizeof *plot);
	double *past = mem_new(MOST_COLUMNS * 2, sizeof *past);
	bool braille = usable() == CHART_BRAILLE;
	struct line lines[MOST_LINES];
	size_t line_count;

	canvas_blank_rows(c, 0, c->rows);
	plot->area = canvas_part(c, 0, AXIS_WIDTH, c->rows - 1, c->cols - AXIS_WIDTH);
	if (plot->area.cols > MOST_COLUMNS)
		plot->area.cols = MOST_COLUMNS;
	plot->from = chart->from;
	plot->to = chart->to;
	plot->n = plot->area.cols * (braille ? 2 : 1);
	for (int i = 0; i < MOST_COLUMNS * 2; i++)
		past[i] = NAN;
	if (plot->area.rows < 1 || plot->area.cols < 4)
		goto out;
	series_buckets(
		chart->series, chart->from, chart->to, plot->values, (size_t)plot->n);
	if (chart->compare_ms)
		series_buckets(chart->series, chart->from - chart->compare_ms,
			chart->to - chart->compare_ms, past, (size_t)plot->n);
	series_dips(chart->series, chart->from, chart->to, plot->dips, (size_t)plot->n);
	bridge(plot->dips, plot->n, chart->series, plot->to - plot->from);
	bridge(plot->values, plot->n, chart->series, plot->to - plot->from);
	bridge(past, plot->n, chart->series, plot->to - plot->from);
	if (!scale(plot, chart, past)) {
		canvas_put(c, c->rows / 2, AXIS_WIDTH, ROLE_DIM,
			"no points in this window: zoom out with - or go to . now");
		goto out;
	}
	draw_axes(c, plot, chart);
	draw_times(c, plot);
	draw_cursor(plot, chart);
	line_count = plot->area.rows > 1 ? lines_of(plot, chart, lines) : 0;
	for (size_t i = 0; i < line_count; i++)
		draw_line(plot, &lines[i]);
	if (braille) {
		draw_braille(plot, past, past, chart);
		draw_braille(plot, plot->values, plot->dips, chart);
	} else {
		draw_dots(plot, past);
		draw_bars(plot, chart);
	}
	for (size_t i = 0; i < line_count; i++)
		draw_name(plot, &lines[i], !braille);
out:
	mem_free(past);
	mem_free(plot);
}
