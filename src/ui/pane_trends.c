/* The past: what it adds up to, in parts that the user switches and moves (drawn in
 * trends_parts.c) around a list of problems, services, days …; and the incidents behind
 * one row of that. A small screen keeps the counts and the list. Main thread. */
#include "app/alerts.h"
#include "app/setting.h"
#include "app/sources.h"
#include "app/trends.h"
#include "bars.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "pane.h"
#include "trends_parts.h"

#include <stdio.h>
#include <string.h>

enum { HEAD_ROWS = 5 };

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

static size_t marked_day(const struct trends_pane *pane, const struct trends_view *v)
{
	const struct trends_row *row =
		trends_find(pane->trends, pane->rows.list.selected);

	return v->by == TREND_BY_DAY && row ? row->group.key : SIZE_MAX;
}

static void draw_trends(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct trends_pane *pane = state;
	const struct trends_view *v = trends_view(pane->trends);
	struct trends_place places[TRENDS_PART_COUNT];
	struct trends_look look = {.app = app, .view = v};
	size_t n;

	if (!v || (!v->sum.count && !v->cards[2].count)) {
		pane_empty(c, trends_state(pane->trends));
		return;
	}
	look.marked_day = marked_day(pane, v);
	n = trends_place(
		v, settings_text(&app->rc->settings, SET_TRENDS_PARTS), c, places);
	canvas_blank_rows(c, 0, c->rows);
	for (size_t i = 0; i < n; i++) {
		struct canvas part =
			canvas_part(c, places[i].row, 0, places[i].rows, c->cols);

		if (places[i].part == TRENDS_LIST)
			list_draw(&pane->rows.list, app, &part, focus, part.rows > 2);
		else
			trends_part_draw(&look, &places[i], c);
	}
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
		trends_span_text(s->ack_median, a), trends_span_text(s->end_median, b),
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
	if (row->id && c->rows >= HEAD_ROWS + TRENDS_LIST_LEAST) {
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
	.changes = CHANGED_TRENDS | CHANGED_CLOCK | CHANGED_CONFIG,
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
