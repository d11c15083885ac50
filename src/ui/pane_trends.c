/* The past: cards of today, this week and this month, bars of days, the heat of the
 * week, interruptions, and a list of what it adds up to; and the incidents behind one
 * row of that. A small screen keeps the counts and the list. Main thread. */
#include "app/alerts.h"
#include "app/sources.h"
#include "app/trends.h"
#include "bars.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "pane.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	CARD_ROWS = 3,
	CHART_ROWS = 8,
	LINE_ROWS = 2,
	LIST_LEAST = 4,
	HEAT_COLS = 28,
	WIDE = 70,
	HEAD_ROWS = 5,
};

/* Begins with its list, as struct list_pane does. */
struct trends_pane {
	struct list_pane rows;
	struct trends *trends;
	uint64_t id; /* of the bar whose incidents these are; 0: all */
};

static void watch(struct trends_pane *pane, const struct app *app)
{
	pane->trends = app->trends;
	trends_watch(app->trends, true);
}

static void close_pane(void *state)
{
	struct trends_pane *pane = state;

	trends_watch(pane->trends, false);
	list_pane_close(state);
}

static void open_trends(void *state, const struct app *app, uint64_t id)
{
	struct trends_pane *pane = state;

	list_init(&pane->rows.list, &trend_listing);
	watch(pane, app);
	list_reload(&pane->rows.list, app);
	if (id)
		list_select(&pane->rows.list, app, id);
}

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

static void draw_cards(
	const struct app *app, const struct trends_view *v, const struct canvas *c)
{
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
		whole = trends_complete(app, v, card->from, text, sizeof text);
		canvas_text(&part, 2, 0, part.cols, whole ? ROLE_DIM : ROLE_WARNING,
			untrusted_str(text));
	}
}

/* Where there is no room for cards. */
static int draw_counts(
	const struct app *app, const struct trends_view *v, const struct canvas *c)
{
	char text[120];
	bool whole = trends_complete(app, v, v->from, text, sizeof text);

	canvas_blank_rows(c, 0, 2);
	canvas_printf(c, 0, 0, ROLE_STRONG, "Today %zu  Week %zu  Month %zu",
		v->cards[0].count, v->cards[1].count, v->cards[2].count);
	canvas_text(
		c, 1, 0, c->cols, whole ? ROLE_DIM : ROLE_WARNING, untrusted_str(text));
	return 2;
}

/* --- bars and lines --- */

static size_t marked_day(const struct trends_pane *pane, const struct trends_view *v)
{
	const struct trends_row *row =
		trends_find(pane->trends, pane->rows.list.selected);

	return v->by == TREND_BY_DAY && row ? row->group.key : SIZE_MAX;
}

static void draw_charts(const struct trends_pane *pane, const struct trends_view *v,
	const struct canvas *c)
{
	int heat = c->cols >= 2 * WIDE ? 52 : HEAT_COLS;
	struct canvas left = canvas_part(c, 0, 0, c->rows, c->cols - heat - 2);
	struct canvas right = canvas_part(c, 0, c->cols - heat, c->rows, heat);
	struct bars bars = {.values = v->days,
		.count = v->day_count,
		.marked = marked_day(pane, v),
		.first_day = v->first_day};

	canvas_blank_rows(c, 0, c->rows);
	bars_draw(&left, &bars);
	bars_heat(&right, v->heat);
}

static const char *span_text(double ms, char out[TIME_TEXT])
{
	return isnan(ms) ? "-" : duration_text((int64_t)ms, out);
}

static void draw_lines(const struct trends_view *v, const struct canvas *c)
{
	const struct trend_sum *s = &v->sum;
	char a[TIME_TEXT], b[TIME_TEXT], x[TIME_TEXT], y[TIME_TEXT];
	size_t all = 0, before = 0;
	int col;

	for (int i = 0; i < TREND_TIMES; i++) {
		all += v->interruptions[i];
		before += v->interruptions_before[i];
	}
	canvas_blank_rows(c, 0, LINE_ROWS);
	col = canvas_put(c, 0, 0, ROLE_DIM, "Interruptions ");
	col += canvas_printf(c, 0, col, ROLE_STRONG, "%zu", all);
	canvas_printf(c, 0, col, ROLE_TEXT,
		"  asleep %zu  off-hours %zu  at work %zu  "
		"(before %zu)",
		v->interruptions[TREND_ASLEEP], v->interruptions[TREND_OFF],
		v->interruptions[TREND_WORK], before);
	canvas_printf(c, 1, 0, ROLE_TEXT, "MTTA %s (p90 %s)  MTTR %s (p90 %s)  open %zu",
		span_text(s->ack_median, a), span_text(s->ack_p90, b),
		span_text(s->end_median, x), span_text(s->end_p90, y), s->open);
}

static void draw_trends(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct trends_pane *pane = state;
	const struct trends_view *v = trends_view(pane->trends);
	int row = 0, chart = c->rows >= 40 ? 2 * CHART_ROWS - 4 : CHART_ROWS;
	struct canvas part;

	if (!v || (!v->sum.count && !v->cards[2].count)) {
		pane_empty(c, trends_state(pane->trends));
		return;
	}
	if (c->cols < WIDE || c->rows < CARD_ROWS + LINE_ROWS + LIST_LEAST) {
		row = draw_counts(app, v, c);
	} else {
		draw_cards(app, v, c);
		row = CARD_ROWS;
		if (c->rows >= CARD_ROWS + chart + LINE_ROWS + LIST_LEAST + 1) {
			canvas_blank(c, row++, 0, c->cols, ROLE_TEXT);
			part = canvas_part(c, row, 0, chart, c->cols);
			draw_charts(pane, v, &part);
			row += chart;
		}
		part = canvas_part(c, row, 0, LINE_ROWS, c->cols);
		draw_lines(v, &part);
		row += LINE_ROWS;
	}
	part = canvas_part(c, row, 0, c->rows - row, c->cols);
	list_draw(&pane->rows.list, app, &part, focus, part.rows > 2);
}

static struct pane_link trends_link(void *state, const struct app *app)
{
	struct trends_pane *pane = state;

	if (!list_row(&pane->rows.list, app))
		return (struct pane_link){0};
	return (struct pane_link){"past", pane->rows.list.selected};
}

static void trends_words(void *state, const struct app *app, char *out, size_t size)
{
	struct trends_pane *pane = state;
	const struct trends_view *v = trends_view(pane->trends);
	char whole[80], scope[200];
	size_t n;

	if (!v) {
		snprintf(out, size, "reading");
		return;
	}
	n = (size_t)snprintf(out, size, "%zu in %d days by %s  ", v->sum.count,
		trends_days(pane->trends), trend_by_names[v->by]);
	trends_complete(app, v, v->from, whole, sizeof whole);
	sources_scope(app->sources, scope, sizeof scope);
	if (n < size)
		snprintf(out + n, size - n, "%s%s%s", whole, *scope ? ", " : "", scope);
}

/* --- the incidents behind a bar --- */

static void drill(struct trends_pane *pane, const struct app *app)
{
	trends_drill(pane->trends, pane->id);
	list_reload(&pane->rows.list, app);
}

static void open_past(void *state, const struct app *app, uint64_t id)
{
	struct trends_pane *pane = state;

	list_init(&pane->rows.list, &past_listing);
	watch(pane, app);
	pane->id = id;
	drill(pane, app);
}

static void reload_past(void *state, const struct app *app, uint32_t bits)
{
	struct trends_pane *pane = state;

	if (bits & CHANGED_TRENDS)
		drill(pane, app);
}

static void draw_head(const struct trends_pane *pane, const struct trends_row *row,
	const struct canvas *c)
{
	const struct trend_sum *s = &row->group.sum;
	uint32_t hours[24];
	char why[120], a[TIME_TEXT], b[TIME_TEXT];
	int col;

	canvas_blank_rows(c, 0, HEAD_ROWS);
	col = canvas_text(c, 0, 0, c->cols * 2 / 3, ROLE_STRONG, row->name);
	canvas_text(c, 0, col + 2, c->cols - col - 2, ROLE_DIM, row->service);
	if (row->cells)
		canvas_text(c, 1, 0, c->cols, ROLE_TEXT,
			untrusted_str(
				trends_explain(pane->trends, row, why, sizeof why)));
	else
		canvas_printf(c, 1, 0, ROLE_TEXT, "%zu in %d days, %zu before", s->count,
			trends_days(pane->trends), row->group.before);
	snprintf(why, sizeof why,
		"MTTA %s  MTTR %s  by itself %zu of %zu  never acted %zu",
		span_text(s->ack_median, a), span_text(s->end_median, b),
		s->auto_resolved, s->ended, s->never_acted);
	canvas_text(c, 2, 0, c->cols, ROLE_TEXT, untrusted_str(why));
	trends_strip(pane->trends, hours);
	canvas_put(c, 3, 0, ROLE_DIM, "00h");
	bars_strip(c, 3, 4, c->cols >= 60 ? 2 : 1, hours, 24);
	canvas_put(c, 3, c->cols >= 60 ? 53 : 29, ROLE_DIM, "24h");
}

static void draw_past(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct trends_pane *pane = state;
	const struct trends_row *row = trends_drilled(pane->trends);
	struct canvas rest = *c;

	if (!row) {
		pane_empty(c, trends_state(pane->trends));
		return;
	}
	if (row->id && c->rows >= HEAD_ROWS + LIST_LEAST) {
		draw_head(pane, row, c);
		rest = canvas_part(c, HEAD_ROWS, 0, c->rows - HEAD_ROWS, c->cols);
	}
	list_draw(&pane->rows.list, app, &rest, focus, rest.rows > 2);
}

/* The live page of an incident, while its source still lists it. */
static struct pane_link past_link(void *state, const struct app *app)
{
	struct trends_pane *pane = state;
	const struct past_incident *p = list_row(&pane->rows.list, app);
	char name[64];
	uint64_t key;

	if (!p || !text_to_id(p->source, name, sizeof name))
		return (struct pane_link){0};
	key = alert_key(name, p->upstream_id);
	if (!alerts_find(app->alerts, key))
		return (struct pane_link){0};
	return (struct pane_link){"alert", key};
}

static void past_words(void *state, const struct app *app, char *out, size_t size)
{
	struct trends_pane *pane = state;
	const struct trends_row *row = trends_drilled(pane->trends);
	char name[60];
	size_t n;

	text_line(row ? row->name : UNTRUSTED_NONE, name, sizeof name);
	n = (size_t)snprintf(out, size, "%s  ", name);
	if (n < size)
		list_words(&pane->rows.list, app, out + n, size - n);
}

const struct pane_class trends_pane = {
	.name = "trends",
	.title = "Trends",
	.changes = CHANGED_TRENDS | CHANGED_CLOCK,
	.state_size = sizeof(struct trends_pane),
	.open = open_trends,
	.close = close_pane,
	.reload = list_pane_reload,
	.draw = draw_trends,
	.act = list_pane_act,
	.list = list_pane_list,
	.link = trends_link,
	.words = trends_words,
};

const struct pane_class past_pane = {
	.name = "past",
	.title = "Past incidents",
	.changes = CHANGED_TRENDS | CHANGED_CLOCK,
	.state_size = sizeof(struct trends_pane),
	.open = open_past,
	.close = close_pane,
	.reload = reload_past,
	.draw = draw_past,
	.act = list_pane_act,
	.list = list_pane_list,
	.link = past_link,
	.words = past_words,
};
