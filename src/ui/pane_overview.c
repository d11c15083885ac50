/* The overview: what needs me now, worst first; then what is soon or later. Its rows
 * point into app and are looked up anew for each drawing; the selection is an id. Main
 * thread. */
#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/metrics.h"
#include "app/overview.h"
#include "app/sources.h"
#include "base/text.h"
#include "base/time.h"
#include "pane.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 200 };

struct overview {
	struct need needs[MOST];
	uint64_t ids[MOST];    /* alert key or anomaly id */
	uint64_t series[MOST]; /* of the anomaly, 0: an alert */
	size_t count, total;
	uint64_t selected;
	size_t at, top;
	int page;
};

static const enum role severity_roles[SEVERITY_COUNT] = {
	ROLE_CRITICAL, ROLE_HIGH, ROLE_WARNING, ROLE_INFO, ROLE_OK};

static void reload(void *state, const struct app *app, uint32_t bits)
{
	struct overview *o = state;

	(void)bits;
	o->count = overview_needs(app, o->needs, MOST, &o->total);
	for (size_t i = 0; i < o->count; i++) {
		const struct need *need = &o->needs[i];

		o->ids[i] = need->alert ? need->alert->key : need->anomaly->id;
		o->series[i] = need->alert ? 0 : need->anomaly->series;
	}
	for (size_t i = 0; i < o->count; i++) {
		if (o->ids[i] == o->selected) {
			o->at = i;
			return;
		}
	}
	if (o->at >= o->count)
		o->at = o->count ? o->count - 1 : 0;
	o->selected = o->count ? o->ids[o->at] : 0;
}

static void open_overview(void *state, const struct app *app, uint64_t id)
{
	(void)id;
	reload(state, app, 0);
}

/* "4m", "4m -> ben in 6m", "4m ack you". */
static void right_words(const struct app *app, const struct need *need, bool narrow,
	char *out, size_t size)
{
	char age[TIME_TEXT], when[TIME_TEXT], who[24];
	const struct alert *a = need->alert;

	if (app->now - need->since < MINUTE_MS)
		snprintf(age, sizeof age, "<1m");
	else
		duration_text(app->now - need->since, age);
	if (a && a->state == ALERT_ACKNOWLEDGED) {
		text_line(alert_text(a, ALERT_ACKED_BY), who, sizeof who);
		snprintf(out, size, "%s  ack %s", age, narrow ? "" : who);
	} else if (a && a->next_at > app->now) {
		text_line(alert_text(a, ALERT_NEXT), who, sizeof who);
		duration_text(a->next_at - app->now, when);
		if (narrow)
			snprintf(out, size, "%s ->%s", age, when);
		else
			snprintf(out, size, "%s  -> %s in %s", age, *who ? who : "next",
				when);
	} else {
		snprintf(out, size, "%s", age);
	}
}

static void draw_need(const struct app *app, const struct canvas *c, int row,
	const struct need *need, bool selected)
{
	struct canvas line = *c;
	bool acked = need->alert && need->alert->state == ALERT_ACKNOWLEDGED;
	bool narrow = c->cols < 64;
	enum role role = acked ? ROLE_DIM : severity_roles[need->severity];
	char right[80];
	int col, room, width;

	if (selected)
		line.over = ROLE_SELECTED;
	canvas_blank(&line, row, 0, c->cols, ROLE_TEXT);
	canvas_printf(c, row, 0, role, "%c %c", severity_letter(need->severity),
		severity_mark(need->severity));
	right_words(app, need, narrow, right, sizeof right);
	width = text_width(untrusted_str(right), c->cols / 2);
	canvas_text(&line, row, c->cols - width, width, ROLE_DIM, untrusted_str(right));
	room = c->cols - width - 2;
	col = 4;
	if (need->alert) {
		struct untrusted service = alert_text(need->alert, ALERT_SERVICE);

		canvas_text(&line, row, col, narrow ? 12 : 16,
			acked ? ROLE_DIM : ROLE_STRONG, service);
		col += narrow ? 13 : 18;
		col += canvas_text(&line, row, col, room - col,
			       acked ? ROLE_DIM : ROLE_TEXT,
			       alert_text(need->alert, ALERT_TITLE)) +
		       2;
		if (room - col > 12)
			canvas_text(&line, row, col, room - col, ROLE_DIM,
				alert_text(need->alert, ALERT_SUMMARY));
	} else {
		int used = canvas_text(&line, row, col, room - col, ROLE_STRONG,
			untrusted_str(need->anomaly->name));

		col += used + 2;
		if (room - col > 8)
			canvas_text(&line, row, col, room - col, ROLE_DIM,
				untrusted_str(need->anomaly->reason));
	}
}

static int line_of(const struct canvas *c, int row, const char *word, enum role role,
	const char *text)
{
	canvas_blank(c, row, 0, c->cols, ROLE_TEXT);
	canvas_put(c, row, 0, ROLE_DIM, word);
	canvas_put(c, row, 10, role, text);
	return row + 1;
}

/* What is known beside the alerts: silences that end, changes, who is on call. */
static int draw_soon(const struct app *app, const struct canvas *c, int row)
{
	char text[256], what[120], when[TIME_TEXT];

	for (size_t i = 0; i < silences_count(app->alerts) && row < c->rows; i++) {
		const struct silence_row *s = silences_at(app->alerts, i);

		if (!s->active || s->ends_at - app->now > 15 * MINUTE_MS)
			continue;
		text_line(s->matchers, what, sizeof what);
		snprintf(text, sizeof text, "silence %s ends in %s", what,
			duration_text(s->ends_at - app->now, when));
		row = line_of(c, row, "Soon", ROLE_WARNING, text);
	}
	for (size_t i = 0; i < changes_count(app->alerts) && i < 2 && row < c->rows;
		i++) {
		const struct change_row *change = changes_at(app->alerts, i);

		if (change->at < window_from(app))
			break;
		text_line(change->summary, what, sizeof what);
		snprintf(text, sizeof text, "%s %s",
			time_stamp(change->at, app->now, when), what);
		row = line_of(c, row, "Changed", ROLE_TEXT, text);
	}
	return row;
}

static void draw_quiet(const struct app *app, const struct canvas *c, int row)
{
	char text[256];
	enum quiet quiet = alerts_quiet(app->alerts, text, sizeof text);

	if (quiet == QUIET_UNKNOWN) {
		canvas_blank(c, row, 0, c->cols, ROLE_ALARM);
		canvas_put(c, row, 0, ROLE_ALARM, text);
		return;
	}
	overview_headline(app, text, sizeof text);
	canvas_blank(c, row, 0, c->cols, ROLE_TEXT);
	canvas_put(c, row, 0, quiet == QUIET_YES ? ROLE_OK : ROLE_TEXT, text);
}

static void draw(void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct overview *o = state;
	char text[256];
	int row = 0, rows, foot;
	bool unknown = alerts_quiet(app->alerts, text, sizeof text) == QUIET_UNKNOWN;

	/* The rows point into app: looked up anew for each drawing. */
	reload(state, app, 0);
	if (unknown || !o->count)
		draw_quiet(app, c, row++);
	foot = c->rows > 12 ? 4 : 0;
	rows = c->rows - row - foot;
	if ((int)o->count < rows)
		rows = (int)o->count;
	o->page = rows > 0 ? rows : 1;
	if (o->at < o->top)
		o->top = o->at;
	if (o->at >= o->top + (size_t)o->page)
		o->top = o->at - (size_t)o->page + 1;
	if (o->top + (size_t)o->page > o->count)
		o->top = o->count > (size_t)o->page ? o->count - (size_t)o->page : 0;
	for (int i = 0; i < rows; i++, row++)
		draw_need(app, c, row, &o->needs[o->top + (size_t)i],
			focus && o->top + (size_t)i == o->at);
	if ((int)o->total > rows && row < c->rows) {
		canvas_blank(c, row, 0, c->cols, ROLE_TEXT);
		canvas_printf(c, row++, 0, ROLE_DIM, "%zu more", o->total - (size_t)rows);
	}
	if (row < c->rows)
		canvas_blank(c, row, 0, c->cols, ROLE_TEXT), row++;
	row = draw_soon(app, c, row);
	canvas_blank_rows(c, row, c->rows);
}

static bool act(void *state, const struct app *app, enum pane_act act)
{
	struct overview *o = state;
	int64_t by;

	(void)app;
	switch (act) {
	case ACT_DOWN:
		by = 1;
		break;
	case ACT_UP:
		by = -1;
		break;
	case ACT_PAGE_DOWN:
		by = o->page;
		break;
	case ACT_PAGE_UP:
		by = -o->page;
		break;
	case ACT_FIRST:
		by = -MOST;
		break;
	case ACT_LAST:
		by = MOST;
		break;
	default:
		return false;
	}
	by += (int64_t)o->at;
	if (by >= (int64_t)o->count)
		by = (int64_t)o->count - 1;
	o->at = by < 0 ? 0 : (size_t)by;
	o->selected = o->count ? o->ids[o->at] : 0;
	return true;
}

static struct pane_link link(void *state, const struct app *app)
{
	struct overview *o = state;

	(void)app;
	if (o->at >= o->count)
		return (struct pane_link){0};
	/* As drawn: the rows of anomalies move when another begins. */
	if (!o->series[o->at])
		return (struct pane_link){"alert", o->ids[o->at]};
	return (struct pane_link){"chart", o->series[o->at]};
}

static void words(void *state, const struct app *app, char *out, size_t size)
{
	struct overview *o = state;

	snprintf(out, size, "%zu of %zu  %s", o->count, o->total,
		alerts_counts(app->alerts).complete ? "complete" : "partial");
}

const struct pane_class overview_pane = {
	.name = "overview",
	.title = "Needs you now",
	.changes = CHANGED_ALERTS | CHANGED_ANOMALIES | CHANGED_SOURCES | CHANGED_CLOCK |
		   CHANGED_WINDOW,
	.state_size = sizeof(struct overview),
	.open = open_overview,
	.reload = reload,
	.draw = draw,
	.act = act,
	.link = link,
	.words = words,
};
