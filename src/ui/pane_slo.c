/* One objective in full: its budget as a bar, each pair of windows with its verdict, the
 * curves of its window, and the queries that were asked. Filled anew for each drawing.
 * Main thread. */
#include "app/listing.h"
#include "app/slos.h"
#include "base/text.h"
#include "base/time.h"
#include "bars.h"
#include "chart.h"
#include "model/series.h"
#include "pages.h"
#include "pane.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	NAME_COLS = 14,
	CHART_ROWS = 8,
	TALL_ROWS = 12,
	BAR_COLS = 30,
	SHORT_BAR = 10,
	NARROW = 60,
};

struct slo_view {
	uint64_t id;
	struct page page;
	char title[80];
};

static void name(struct page *p, const char *text)
{
	page_line(p, NAME_COLS, false);
	page_printf(p, ROLE_DIM, "%-13s ", text);
}

static enum role role_of(enum slo_level level)
{
	switch (level) {
	case SLO_PAGE:
		return ROLE_CRITICAL;
	case SLO_TICKET:
	case SLO_SPENT:
		return ROLE_WARNING;
	case SLO_FINE:
		return ROLE_OK;
	default:
		return ROLE_DIM;
	}
}

static void head(struct page *p, const struct app *app, const struct slo_row *row)
{
	char words[400], target[SLO_TEXT], window[TIME_TEXT], stamp[TIME_TEXT];

	page_line(p, 0, false);
	page_puts(p, ROLE_STRONG, row->rc->name);
	page_printf(p, ROLE_DIM, "  %s of events good within %s, at %s",
		slo_target_text(row->rc, target),
		duration_text(row->rc->window_ms, window), row->rc->source);
	name(p, "state");
	page_printf(p, role_of(row->level), "%s", slo_level_names[row->level]);
	page_printf(p, ROLE_TEXT, "  %s", slo_words(app, row, words, sizeof words));
	if (row->since)
		page_printf(p, ROLE_DIM, ", since %s",
			time_stamp(row->since, app->now, stamp));
	if (row->silenced[row->level == SLO_TICKET])
		page_puts(p, ROLE_DIM, ", silenced");
}

static void budget(
	struct page *p, const struct app *app, const struct slo_row *row, int cells)
{
	const struct slo_state *s = &row->state;
	char left[SLO_TEXT], end[SLO_TEXT], covered[TIME_TEXT], all[TIME_TEXT],
		burn[SLO_TEXT];
	int full = slo_left_cells(row, cells);

	name(p, "budget left");
	if (!s->at || !s->known) {
		page_printf(p, ROLE_DIM, "not known: data for %s of %s",
			duration_text(s->budget.covered_ms, covered),
			duration_text(row->rc->window_ms, all));
		return;
	}
	page_printf(p,
		s->left <= 0     ? ROLE_CRITICAL
		: s->left < 0.25 ? ROLE_WARNING
				 : ROLE_OK,
		"%.*s", full, "##############################");
	page_printf(p, ROLE_DIM, "%.*s", cells - full, "..............................");
	page_printf(p, ROLE_TEXT, "  %s", slo_left_text(row, left));
	name(p, "spent on");
	page_printf(
		p, ROLE_TEXT, "%.0f bad of %.0f events", s->budget.bad, s->budget.total);
	if (s->budget.covered_ms < row->rc->window_ms - DAY_MS / 12)
		page_printf(p, ROLE_DIM, ", of %s of the %s",
			duration_text(s->budget.covered_ms, covered),
			duration_text(row->rc->window_ms, all));
	name(p, "ends");
	page_printf(p, s->ends_at ? ROLE_WARNING : ROLE_TEXT, "%s",
		slo_end_text(row, app->now, end));
	page_printf(
		p, ROLE_DIM, ", at the present rate of %s", slo_burn_text(s->rate, burn));
}

static void rules(struct page *p, const struct slo_row *row)
{
	char text[SLO_TEXT];

	page_line(p, 0, false);
	for (size_t rule = 0; rule < SLO_RULES; rule++) {
		bool fires = row->tracks[rule].fires;
		bool page = rule < SLO_PAGES;
		enum role role = !fires ? ROLE_TEXT : page ? ROLE_CRITICAL : ROLE_WARNING;

		page_line(p, NAME_COLS, false);
		page_printf(p, ROLE_DIM, "%-6s %5gx  ", page ? "page" : "ticket",
			slo_rules[rule].burn);
		page_printf(p, role, "%s", slo_rule_text(row, rule, text));
		if (fires)
			page_puts(p, role, "  fires");
	}
}

static void query(struct page *p, const char *word, const char *expr)
{
	name(p, word);
	page_puts(p, ROLE_TEXT, expr);
}

static void queries(struct page *p, const struct slo_row *row)
{
	char under[TIME_TEXT];

	page_line(p, 0, false);
	query(p, row->rc->bad ? "bad" : "good", row->rc->part);
	query(p, "total", row->rc->total);
	if (row->rc->under_ms) {
		name(p, "good is");
		page_printf(p, ROLE_TEXT, "what took no longer than %s",
			duration_text(row->rc->under_ms, under));
	}
	name(p, "asked");
	page_puts(p, ROLE_DIM,
		"once a minute, $window = 5m; what was before once, as 5m and 1h");
	if (row->rc->place.file) {
		name(p, "line");
		page_printf(
			p, ROLE_DIM, "%s:%d", row->rc->place.file, row->rc->place.line);
	}
}

/* rows: of each curve; 0: none. cols: what there is. */
static void fill(struct slo_view *v, const struct app *app, int rows, int cols)
{
	const struct slo_row *row = slos_find(app->slos, v->id);
	struct page *p = &v->page;

	page_clear(p);
	if (!row) {
		page_line(p, 0, false);
		page_printf(p, ROLE_TEXT, "%s is not in the rc any more.", v->title);
		return;
	}
	head(p, app, row);
	budget(p, app, row, cols < NARROW ? SHORT_BAR : BAR_COLS);
	rules(p, row);
	if (row->state.at && rows) {
		page_line(p, 0, false);
		page_line(p, 0, false);
		page_puts(p, ROLE_DIM,
			rows > CHART_ROWS ? "share of bad events, and below it the "
					    "budget left in this window"
					  : "share of bad events");
		page_room(p, rows > CHART_ROWS ? 2 * TALL_ROWS : CHART_ROWS);
	}
	queries(p, row);
}

static void open_slo(void *state, const struct app *app, uint64_t id)
{
	struct slo_view *v = state;
	const struct slo_row *row = slos_find(app->slos, id);

	v->id = id;
	page_init(&v->page);
	snprintf(v->title, sizeof v->title, "%s", row ? row->rc->name : "this SLO");
}

static void close_slo(void *state)
{
	page_release(&((struct slo_view *)state)->page);
}

static void draw_curve(const struct app *app, const struct slo_row *row,
	struct series *series, const struct canvas *c)
{
	struct chart chart = {.series = series,
		.from = row->state.at - row->rc->window_ms,
		.to = row->state.at,
		.limit = isnan(series->limits.critical) ? NULL : "allowed",
		.low = NAN,
		.high = NAN};

	(void)app;
	if (c->rows > 2)
		chart_draw(c, &chart);
	series_free(series);
}

static void draw(void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct slo_view *v = state;
	const struct slo_row *row = slos_find(app->slos, v->id);
	bool tall = c->rows >= 2 * TALL_ROWS + 16;
	struct canvas room, part;

	(void)focus;
	fill(v, app, tall ? TALL_ROWS : CHART_ROWS, c->cols);
	page_draw(&v->page, c);
	room = page_room_canvas(&v->page, c);
	if (!row || !row->state.at || room.rows < 3)
		return;
	part = tall ? canvas_part(&room, 0, 0, room.rows / 2, room.cols) : room;
	draw_curve(app, row, slo_ratio_series(app->slos, row), &part);
	if (!tall)
		return;
	part = canvas_part(&room, room.rows / 2, 0, room.rows - room.rows / 2, room.cols);
	draw_curve(app, row, slo_budget_series(app->slos, row), &part);
}

static bool act(void *state, const struct app *app, enum pane_act act)
{
	(void)app;
	return page_act(&((struct slo_view *)state)->page, act);
}

static void text(void *state, const struct app *app, bool all, struct str *out)
{
	(void)all;
	fill(state, app, 0, NARROW);
	page_text(&((struct slo_view *)state)->page, out);
}

static void words(void *state, const struct app *app, char *out, size_t size)
{
	(void)app;
	snprintf(out, size, "%s", ((struct slo_view *)state)->title);
}

const struct pane_class slo_pane = {
	.name = "slo",
	.title = "SLO",
	.changes = CHANGED_SLOS | CHANGED_CLOCK | CHANGED_CONFIG,
	.state_size = sizeof(struct slo_view),
	.open = open_slo,
	.close = close_slo,
	.draw = draw,
	.act = act,
	.text = text,
	.words = words,
};
