/* One metric in full: the curve over the window with its axes, limits and expected
 * band, the same time yesterday or last week, and its figures. */
#include "app/anomalies.h"
#include "app/metrics.h"
#include "app/setting.h"
#include "app/sources.h"
#include "base/text.h"
#include "base/time.h"
#include "chart.h"
#include "pane.h"

#include <math.h>
#include <stdio.h>

struct chart_view {
	uint64_t id;
	char title[96];
};

static void open_chart(void *state, const struct app *app, uint64_t id)
{
	struct chart_view *v = state;
	const struct series *series = metrics_find(app->metrics, id);

	v->id = id;
	if (series)
		series_label(series, v->title, sizeof v->title);
}

static int64_t compare_span(const struct app *app)
{
	static const int64_t spans[] = {DAY_MS, 7 * DAY_MS, 0};

	return spans[app_setting(app, SET_COMPARE)];
}

static void draw_head(
	const struct app *app, const struct series *series, const struct canvas *c)
{
	int64_t from = window_from(app), to = window_to(app), back = compare_span(app);
	struct series_span span = series_in_window(app, series), past = {.count = 0};
	char now[UNIT_TEXT], low[UNIT_TEXT], high[UNIT_TEXT], mean[UNIT_TEXT];
	char stamp[TIME_TEXT];
	int col;
	struct point last;
	const char *why;

	if (back)
		past = series_span(series, from - back, to - back);
	canvas_blank_rows(c, 0, 2);
	col = canvas_text(c, 0, 0, c->cols, ROLE_STRONG, series->name);
	if (series_health(app, series, &why) > QUERY_FINE)
		col = canvas_printf(c, 0, col + 2, ROLE_WARNING, "%s", why);
	if (series_stale(app, series) && series_last(series, &last))
		canvas_printf(c, 0, col + 2, ROLE_WARNING, "%s stale",
			duration_text(app->now - last.at, stamp));
	col = canvas_printf(c, 1, 0, ROLE_TEXT, "%s %s   min %s   max %s   mean %s",
		app->window.to ? "last" : "now", series_now(app, series, now),
		unit_text(series->unit, span.low, low),
		unit_text(series->unit, span.high, high),
		unit_text(series->unit, span.mean, mean));
	if (past.count && past.mean != 0)
		canvas_printf(c, 1, col + 3, ROLE_DIM, "x %.2g against %s%s",
			span.mean / past.mean, back == DAY_MS ? "yesterday" : "last week",
			c->cols > 80 ? ", the dim line" : "");
}

static void draw(void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct chart_view *v = state;
	const struct series *series = metrics_find(app->metrics, v->id);
	struct canvas area = canvas_part(c, 2, 0, c->rows - 2, c->cols);
	struct chart chart = {.series = series,
		.from = window_from(app),
		.to = window_to(app),
		.compare_ms = compare_span(app),
		.low = NAN,
		.high = NAN};
	double expected;

	(void)focus;
	if (!series) {
		pane_empty(c, "This metric is gone: its source no longer gives it.");
		return;
	}
	anomalies_band(app->anomalies, v->id, &expected, &chart.low, &chart.high);
	draw_head(app, series, c);
	chart_draw(&area, &chart);
}

/* Selected: how it stands; all: its points in the window too. */
static void text(void *state, const struct app *app, bool all, struct str *out)
{
	const struct series *series =
		metrics_find(app->metrics, ((struct chart_view *)state)->id);
	struct series_span span;
	char now[UNIT_TEXT], low[UNIT_TEXT], high[UNIT_TEXT], stamp[TIME_TEXT];

	if (!series)
		return;
	span = series_in_window(app, series);
	text_add_line(out, series->name, 400);
	str_printf(out, "  %s  min %s  max %s\n", series_now(app, series, now),
		unit_text(series->unit, span.low, low),
		unit_text(series->unit, span.high, high));
	for (size_t i = 0; all && i < series->count; i++) {
		struct point point = series_at(series, i);

		if (point.at < window_from(app) || point.at > window_to(app))
			continue;
		time_rfc3339(point.at, stamp);
		str_printf(out, "%s  %g\n", stamp, point.value);
	}
}

static void words(void *state, const struct app *app, char *out, size_t size)
{
	char span[TIME_TEXT];

	snprintf(out, size, "%s  %s", ((struct chart_view *)state)->title,
		duration_text(app->window.span_ms, span));
}

const struct pane_class chart_pane = {
	.name = "chart",
	.title = "Chart",
	.changes = CHANGED_METRICS | CHANGED_WINDOW | CHANGED_CLOCK,
	.state_size = sizeof(struct chart_view),
	.open = open_chart,
	.draw = draw,
	.text = text,
	.words = words,
};
