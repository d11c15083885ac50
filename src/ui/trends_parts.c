/* The parts of the trends pane, each a rectangle: how many rows it wants of a screen, and
 * how it is drawn. What does not fit is not drawn at all, rather than a half of it. The
 * order is the user's (app/trends.h). Main thread. */
#include "trends_parts.h"

#include "bars.h"
#include "base/text.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>

enum {
	CARD_ROWS = 3,
	COUNT_ROWS = 2,
	CHART_ROWS = 8,
	TALL_ROWS = 12,
	TALL_SCREEN = 40,
	SHARE_BAR = 8,
	HEAT_COLS = 28,
	WIDE_HEAT_COLS = 52,
};

/* --- cards --- */

static const char *const card_titles[TRENDS_CARDS] = {"Today", "Week", "Month"};

static void card_words(
	const struct trend_card *card, int which, bool narrow, char *out, size_t size)
{
	static const char *const before[] = {"last week", "last week", "last month"};
	long by = (long)card->count - (long)card->before;

	if (narrow || isnan(card->median))
		snprintf(out, size, "%+ld on %s", by, before[which]);
	else
		snprintf(out, size, "%+ld on %s, 4-week median %g", by, before[which],
			card->median);
}

static void draw_cards(const struct trends_look *look, const struct canvas *c)
{
	const struct trends_view *v = look->view;
	int width = c->cols / TRENDS_CARDS;

	canvas_blank_rows(c, 0, CARD_ROWS);
	for (int i = 0; i < TRENDS_CARDS; i++) {
		const struct trend_card *card = &v->cards[i];
		struct canvas part = canvas_part(c, 0, i * width, CARD_ROWS, width - 1);
		bool whole;
		char text[120];
		int col;

		col = canvas_put(&part, 0, 0, ROLE_DIM, card_titles[i]);
		canvas_printf(&part, 0, col + 2, ROLE_STRONG, "%zu", card->count);
		card_words(card, i, part.cols < 40, text, sizeof text);
		canvas_text(&part, 1, 0, part.cols, ROLE_TEXT, untrusted_str(text));
		whole = trends_complete(look->app, v, card->from, text, sizeof text);
		canvas_text(&part, 2, 0, part.cols, whole ? ROLE_DIM : ROLE_WARNING,
			untrusted_str(text));
	}
}

/* Where there is no room for cards. */
static void draw_counts(const struct trends_look *look, const struct canvas *c)
{
	const struct trends_view *v = look->view;
	char text[120];
	bool whole = trends_complete(look->app, v, v->from, text, sizeof text);

	canvas_blank_rows(c, 0, COUNT_ROWS);
	canvas_printf(c, 0, 0, ROLE_STRONG, "Today %zu  Week %zu  Month %zu",
		v->cards[0].count, v->cards[1].count, v->cards[2].count);
	canvas_text(
		c, 1, 0, c->cols, whole ? ROLE_DIM : ROLE_WARNING, untrusted_str(text));
}

static void draw_either(const struct trends_look *look, const struct canvas *c)
{
	if (c->rows >= CARD_ROWS)
		draw_cards(look, c);
	else
		draw_counts(look, c);
}

/* --- bars and heat --- */

static void draw_bars(const struct trends_look *look, const struct canvas *c)
{
	const struct trends_view *v = look->view;
	struct bars bars = {.values = v->days,
		.count = v->day_count,
		.marked = look->marked_day,
		.first_day = v->first_day};

	bars_draw(c, &bars);
}

static void draw_heat(const struct trends_look *look, const struct canvas *c)
{
	int cols = c->cols >= WIDE_HEAT_COLS ? WIDE_HEAT_COLS : HEAT_COLS;
	struct canvas part = canvas_part(c, 0, 0, CHART_ROWS, cols);

	canvas_blank_rows(c, 0, c->rows);
	bars_heat(&part, look->view->heat);
}

/* --- lines --- */

const char *trends_span_text(double ms, char out[TIME_TEXT])
{
	return isnan(ms) ? "-" : duration_text((int64_t)ms, out);
}

static void draw_interruptions(const struct trends_look *look, const struct canvas *c)
{
	const struct trends_view *v = look->view;
	size_t all = 0, before = 0;
	int col;

	for (int i = 0; i < TREND_TIMES; i++) {
		all += v->interruptions[i];
		before += v->interruptions_before[i];
	}
	canvas_blank_rows(c, 0, c->rows);
	col = canvas_put(c, 0, 0, ROLE_DIM, "Interruptions ");
	col += canvas_printf(c, 0, col, ROLE_STRONG, "%zu", all);
	canvas_printf(c, 0, col, ROLE_TEXT,
		"  asleep %zu  off-hours %zu  at work %zu  "
		"(before %zu)",
		v->interruptions[TREND_ASLEEP], v->interruptions[TREND_OFF],
		v->interruptions[TREND_WORK], before);
}

static void draw_times(const struct trends_look *look, const struct canvas *c)
{
	const struct trend_sum *s = &look->view->sum;
	char a[TIME_TEXT], b[TIME_TEXT], x[TIME_TEXT], y[TIME_TEXT];

	canvas_blank_rows(c, 0, c->rows);
	canvas_printf(c, 0, 0, ROLE_TEXT, "MTTA %s (p90 %s)  MTTR %s (p90 %s)  open %zu",
		trends_span_text(s->ack_median, a), trends_span_text(s->ack_p90, b),
		trends_span_text(s->end_median, x), trends_span_text(s->end_p90, y),
		s->open);
}

/* --- shares and strips --- */

static void draw_share(const struct trends_look *look, const struct canvas *c, int by)
{
	static const char *const titles[] = {"By problem", "By service", "By urgency"};
	const struct trends_view *v = look->view;

	canvas_put(c, 0, 0, ROLE_DIM, titles[by]);
	for (size_t i = 0; i < v->top_counts[by] && (int)i + 1 < c->rows; i++) {
		const struct trends_top *top = &v->tops[by][i];
		int row = (int)i + 1;

		canvas_printf(c, row, 0, ROLE_TEXT, "%3.0f %%", 100 * top->share);
		bars_share(c, row, 6, SHARE_BAR, top->share);
		canvas_text(c, row, 6 + SHARE_BAR + 1, c->cols - 6 - SHARE_BAR - 1,
			ROLE_TEXT, top->name);
	}
}

/* All three where each has room for a name. */
static void draw_shares(const struct trends_look *look, const struct canvas *c)
{
	int kinds = c->cols >= TRENDS_WIDE ? TREND_BY_URGENCY + 1 : 1;
	int width = c->cols / kinds;

	canvas_blank_rows(c, 0, c->rows);
	for (int by = 0; by < kinds; by++) {
		struct canvas part = canvas_part(c, 0, by * width, c->rows, width - 1);

		draw_share(look, &part, by);
	}
}

static void draw_strips(const struct trends_look *look, const struct canvas *c)
{
	const struct trends_view *v = look->view;
	int width = c->cols >= 2 * TRENDS_WIDE ? 2 : 1, right = 24 * width + 1;

	canvas_blank_rows(c, 0, c->rows);
	for (int hour = 0; hour < 24; hour += 6)
		canvas_printf(c, 0, hour * width, ROLE_DIM, "%02d", hour);
	canvas_put(c, 0, right, ROLE_DIM, "hours of the top problems");
	for (size_t i = 0; i < v->top_counts[TREND_BY_PROBLEM] && (int)i + 1 < c->rows;
		i++) {
		const struct trends_top *top = &v->tops[TREND_BY_PROBLEM][i];
		int row = (int)i + 1;

		bars_strip(c, row, 0, width, top->hours, 24);
		canvas_printf(c, row, right, ROLE_STRONG, "%5zu", top->count);
		canvas_text(c, row, right + 6, c->cols - right - 6, ROLE_TEXT, top->name);
	}
}

/* --- the table --- */

/* Besides its rows, a blank one above it where it is not the first. */
static const struct part {
	int least_cols;
	bool gap;
	void (*draw)(const struct trends_look *look, const struct canvas *c);
} parts[TRENDS_PART_COUNT] = {
	[TRENDS_CARDS_PART] = {0, false, draw_either},
	[TRENDS_BARS] = {30, true, draw_bars},
	[TRENDS_HEAT] = {HEAT_COLS, true, draw_heat},
	[TRENDS_INTERRUPTIONS] = {60, false, draw_interruptions},
	[TRENDS_TIMES] = {50, false, draw_times},
	[TRENDS_SHARES] = {30, true, draw_shares},
	[TRENDS_STRIPS] = {40, true, draw_strips},
};

static int rows_of(
	enum trends_part part, const struct trends_view *v, const struct canvas *c)
{
	switch (part) {
	case TRENDS_CARDS_PART:
		return c->cols < TRENDS_WIDE ||
				       c->rows < 2 * CARD_ROWS + TRENDS_LIST_LEAST
			       ? COUNT_ROWS
			       : CARD_ROWS;
	case TRENDS_BARS:
		return c->rows >= TALL_SCREEN ? TALL_ROWS : CHART_ROWS;
	case TRENDS_HEAT:
		return CHART_ROWS;
	case TRENDS_SHARES:
		return 1 + TRENDS_TOP;
	case TRENDS_STRIPS:
		return 1 + (int)v->top_counts[TREND_BY_PROBLEM];
	default:
		return 1;
	}
}

static bool pair(enum trends_part a, enum trends_part b)
{
	return (a == TRENDS_BARS && b == TRENDS_HEAT) ||
	       (a == TRENDS_HEAT && b == TRENDS_BARS);
}

/* Bars and heat that follow each other stand side by side, the heat on its own width. */
static void place_pair(struct trends_place *a, struct trends_place *b, int cols)
{
	int heat = cols >= 2 * TRENDS_WIDE ? WIDE_HEAT_COLS : HEAT_COLS;
	int rows = a->rows > b->rows ? a->rows : b->rows;

	a->rows = b->rows = rows;
	b->row = a->row;
	a->cols = a->part == TRENDS_HEAT ? heat : cols - heat - 2;
	b->cols = b->part == TRENDS_HEAT ? heat : cols - heat - 2;
	b->col = a->cols + 2;
	b->gap = a->gap;
}

size_t trends_place(const struct trends_view *v, const char *text, const struct canvas *c,
	struct trends_place out[TRENDS_PART_COUNT])
{
	enum trends_part order[TRENDS_PART_COUNT];
	size_t count = trends_parts(text, order), n = 0;
	int left = c->rows - TRENDS_LIST_LEAST, row = 0;

	for (size_t i = 0; i < count; i++) {
		struct trends_place place = {.part = order[i], .cols = c->cols};
		struct trends_place *before = n ? &out[n - 1] : NULL;
		int needs;

		if (order[i] == TRENDS_LIST) {
			place.rows = TRENDS_LIST_LEAST;
			out[n++] = place;
			continue;
		}
		place.rows = rows_of(order[i], v, c);
		place.gap = parts[order[i]].gap && n;
		needs = place.rows + place.gap;
		if (before && pair(before->part, order[i]) && c->cols >= TRENDS_WIDE) {
			place_pair(before, &place, c->cols);
			needs = 0;
		}
		if (needs > left || c->cols < parts[order[i]].least_cols)
			continue;
		left -= needs;
		out[n++] = place;
	}
	for (size_t i = 0; i < n; i++) {
		if (i && pair(out[i - 1].part, out[i].part) && c->cols >= TRENDS_WIDE) {
			out[i].row = out[i - 1].row;
			continue;
		}
		if (out[i].part == TRENDS_LIST && left > 0)
			out[i].rows += left;
		row += out[i].gap;
		out[i].row = row;
		row += out[i].rows;
	}
	return n;
}

void trends_part_draw(const struct trends_look *look, const struct trends_place *place,
	const struct canvas *c)
{
	struct canvas part =
		canvas_part(c, place->row, place->col, place->rows, place->cols);

	if (parts[place->part].draw)
		parts[place->part].draw(look, &part);
}
