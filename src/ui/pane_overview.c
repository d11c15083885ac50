/* The overview: what needs me now, worst first; then what is soon or later. Its rows
 * point into app and are looked up anew for each drawing; the selection is an id. Main
 * thread. */
#include "app/actions.h"
#include "app/alerts.h"
#include "app/dossier.h"
#include "app/anomalies.h"
#include "app/metrics.h"
#include "app/overview.h"
#include "app/problems.h"
#include "app/sources.h"
#include "app/triggers.h"
#include "base/text.h"
#include "base/time.h"
#include "pane.h"

#include <stdio.h>
#include <string.h>

enum {
	MOST = 200,
	BRIEF_COLS = 100, /* narrower ones say less of who */
	STATE_COLS = 76,  /* … and then only how long */
};

struct overview {
	struct problem problems[MOST];
	uint64_t ids[MOST];
	uint64_t series[MOST]; /* of the anomaly, 0: an alert */
	size_t count, total;
	uint64_t selected;
	bool touched;     /* the user has moved: the selection follows its row */
	int64_t moved_at; /* monotonic: another row took the selection by itself */
	size_t at, top;
	int page;
};

static const enum role severity_roles[SEVERITY_COUNT] = {
	ROLE_CRITICAL, ROLE_HIGH, ROLE_WARNING, ROLE_INFO, ROLE_OK};

static void reload(void *state, const struct app *app, uint32_t bits)
{
	struct overview *o = state;
	uint64_t before = o->selected;

	(void)bits;
	o->count = problems_list(app, o->problems, MOST, &o->total);
	for (size_t i = 0; i < o->count; i++) {
		const struct problem *p = &o->problems[i];

		o->ids[i] = p->id;
		o->series[i] = p->alert ? 0 : p->anomaly->series;
	}
	/* Until then the worst is selected. */
	if (!o->touched)
		o->at = 0;
	for (size_t i = 0; o->touched && i < o->count; i++) {
		if (o->ids[i] == o->selected) {
			o->at = i;
			return;
		}
	}
	if (o->at >= o->count)
		o->at = o->count ? o->count - 1 : 0;
	o->selected = o->count ? o->ids[o->at] : 0;
	if (before && before != o->selected)
		o->moved_at = time_mono_ms();
}

int64_t overview_moved_at(const void *state)
{
	return ((const struct overview *)state)->moved_at;
}

static void open_overview(void *state, const struct app *app, uint64_t id)
{
	(void)id;
	reload(state, app, 0);
}

/* "update in 3m", when subscribers were promised word by then, or are waiting for it. */
static bool update_words(
	const struct app *app, const struct alert *a, bool narrow, char *out, size_t size)
{
	int64_t at = dossier_next_update(app, dossier_page(app, a)->key);
	char when[TIME_TEXT];

	if (!at || at - app->now > UPDATE_SOON_MS)
		return false;
	duration_text(at > app->now ? at - app->now : app->now - at, when);
	if (narrow)
		snprintf(out, size, at > app->now ? "upd %s" : "upd -%s", when);
	else
		snprintf(out, size, at > app->now ? "update in %s" : "update late %s",
			when);
	return true;
}

/* What it waits for: "-> ben in 6m", "ack you". What stands in brackets gives way to
 * the title. */
static void state_words(
	const struct app *app, const struct problem *p, int cols, char *out, size_t size)
{
	char when[TIME_TEXT], who[24], place[60] = "";
	struct untrusted next, where;
	const struct alert *a = p->alert;
	bool narrow = cols < STATE_COLS;

	out[0] = '\0';
	if (a && update_words(app, a, narrow, out, size))
		return;
	if (a && p->acknowledged && actions_snoozed(app->actions, a)) {
		duration_text(a->next_at - app->now, when);
		if (cols >= BRIEF_COLS && alert_snoozed(a, &where))
			text_line(where, place, sizeof place);
		if (*place)
			snprintf(out, size, "snoozed by %s, %s left", place, when);
		else
			snprintf(out, size, narrow ? "zz %s" : "snoozed, %s left", when);
	} else if (a && p->acknowledged && a->next_at > app->now &&
		   a->next_at - app->now < ACK_SOON_MS) {
		duration_text(a->next_at - app->now, when);
		snprintf(out, size, narrow ? "ack->%s" : "ack ends in %s", when);
	} else if (a && p->acknowledged) {
		text_line(alert_text(a, ALERT_ACKED_BY), who, sizeof who);
		snprintf(out, size, "ack%s%s", narrow ? "" : " ", narrow ? "" : who);
	} else if (a && a->next_at > app->now) {
		alert_next_parts(a, &next, &where);
		text_line(next, who, sizeof who);
		if (cols >= BRIEF_COLS)
			text_line(where, place, sizeof place);
		duration_text(a->next_at - app->now, when);
		if (narrow)
			snprintf(out, size, "->%s", when);
		else
			snprintf(out, size, "-> %s in %s%s%s", *who ? who : "next", when,
				*place ? " " : "", place);
	}
}

/* Seconds are not counted on the screen. */
static const char *age_words(int64_t ms, char out[TIME_TEXT])
{
	char far[TIME_TEXT];

	if (ms >= MINUTE_MS)
		return duration_text(ms, out);
	if (ms <= -MINUTE_MS)
		snprintf(out, TIME_TEXT, "in %.8s", duration_text(-ms, far));
	else
		snprintf(out, TIME_TEXT, "<1m");
	return out;
}

/* From the right: age, how old what is known of it is, what it waits for, who tells of
 * it. Returns where they begin. */
static int draw_right(const struct app *app, const struct canvas *c, int row,
	const struct problem *p, int64_t old_at)
{
	enum { AGE = 3, GAP = 2 };
	char age[TIME_TEXT] = "", old[TIME_TEXT], state[80] = "", from[128];
	bool narrow = c->cols < 64;
	int col = c->cols, width;

	if (p->since)
		age_words(app->now - p->since, age);
	width = text_width(untrusted_str(age), c->cols / 2);
	canvas_text(c, row, col - width, width, ROLE_DIM, untrusted_str(age));
	col -= (width < AGE ? AGE : width) + (narrow ? 1 : GAP);
	if (old_at) {
		snprintf(
			state, sizeof state, "%s old", age_words(app->now - old_at, old));
		width = (int)strlen(state);
		canvas_put(c, row, col - width, ROLE_WARNING, state);
		col -= width + (narrow ? 1 : GAP);
		state[0] = '\0';
	}
	if (!old_at || !narrow)
		state_words(app, p, c->cols, state, sizeof state);
	width = text_width(untrusted_str(state), c->cols / 2);
	canvas_text(c, row, col - width, width, ROLE_DIM, untrusted_str(state));
	col -= width ? width + (narrow ? 1 : GAP) : 0;
	/* The key that opens what is proposed for it. */
	if (p->alert && proposal_for(app->triggers, p->alert)) {
		canvas_put(c, row, col - 1, ROLE_WARNING, "!");
		col -= narrow ? 2 : 1 + GAP;
	}
	problem_sources(app, p, c->cols < BRIEF_COLS, from, sizeof from);
	width = text_width(untrusted_str(from), c->cols / 4);
	if (!narrow && width) {
		canvas_text(c, row, col - width, width, ROLE_DIM, untrusted_str(from));
		col -= width + GAP;
	}
	return col;
}

/* The anomaly that an alert speaks for stands behind its summary. */
static void draw_alert(
	const struct canvas *c, int row, int room, const struct problem *p, bool dim)
{
	bool narrow = c->cols < 64;
	int col = 4, service = narrow ? 12 : 16;

	canvas_text(c, row, col, service < room - col ? service : room - col,
		dim ? ROLE_DIM : ROLE_STRONG, alert_text(p->alert, ALERT_SERVICE));
	col += service + (narrow ? 1 : 2);
	col += canvas_text(c, row, col, room - col, dim ? ROLE_DIM : ROLE_TEXT,
		       alert_name(p->alert)) +
	       2;
	if (room - col > 12)
		col += canvas_text(c, row, col, room - col, ROLE_DIM,
			       alert_text(p->alert, ALERT_SUMMARY)) +
		       2;
	if (p->anomaly && room - col > 20)
		canvas_text(c, row, col, room - col, ROLE_DIM,
			untrusted_str(p->anomaly->reason));
}

static void draw_problem(const struct app *app, const struct canvas *c, int row,
	const struct problem *p, bool selected)
{
	struct canvas line = *c;
	enum role role = p->acknowledged ? ROLE_DIM : severity_roles[p->severity];
	int64_t old_at = problem_old(app, p);
	int col = 4, room;

	if (selected)
		line.over = ROLE_SELECTED;
	canvas_blank(&line, row, 0, c->cols, ROLE_TEXT);
	canvas_printf(c, row, 0, role, "%c %c", severity_letter(p->severity),
		severity_mark(p->severity));
	room = draw_right(app, &line, row, p, old_at);
	if (p->alert) {
		draw_alert(&line, row, room, p, p->acknowledged || old_at);
		return;
	}
	col += canvas_text(&line, row, col, room - col, old_at ? ROLE_DIM : ROLE_STRONG,
		       untrusted_str(p->anomaly->name)) +
	       2;
	if (room - col > 8)
		canvas_text(&line, row, col, room - col, ROLE_DIM,
			untrusted_str(p->anomaly->reason));
}

static int line_of(const struct canvas *c, int row, const char *word, enum role role,
	const char *text)
{
	canvas_blank(c, row, 0, c->cols, ROLE_TEXT);
	canvas_put(c, row, 0, ROLE_DIM, word);
	canvas_put(c, row, 10, role, text);
	return row + 1;
}

/* Those who subscribed were promised word. */
static int draw_updates(const struct app *app, const struct canvas *c, int row)
{
	struct dossier_update due[2];
	size_t n = dossier_updates(app, due, 2);
	char text[256], what[120], left[TIME_TEXT];

	for (size_t i = 0; i < n && row < c->rows; i++) {
		int64_t in = due[i].at - app->now;

		if (in > HOUR_MS)
			break;
		text_line(alert_text(due[i].alert, ALERT_TITLE), what, sizeof what);
		snprintf(text, sizeof text, "status update of %s %s %s", what,
			in > 0 ? "due in" : "overdue by",
			duration_text(in > 0 ? in : -in, left));
		row = line_of(c, row, "Soon",
			in <= 0                ? ROLE_ALARM
			: in <= UPDATE_SOON_MS ? ROLE_WARNING
					       : ROLE_TEXT,
			text);
	}
	return row;
}

/* What a trigger wants somebody to run. */
static int draw_proposals(const struct app *app, const struct canvas *c, int row)
{
	enum { SHOWN = 2 };
	size_t n = proposals_count(app->triggers);
	char text[500], words[400], about[100];

	for (size_t i = 0; i < n && i < SHOWN && row < c->rows; i++) {
		const struct proposal *p = proposals_at(app->triggers, i);
		const struct alert *a = alerts_find(app->alerts, p->alert);

		snprintf(text, sizeof text, "! %s%s%s %s", p->runbook, a ? " for " : "",
			a ? text_line(alert_text(a, ALERT_TITLE), about, sizeof about)
			  : "",
			proposal_words(p, words, sizeof words));
		row = line_of(c, row, "Runbook", ROLE_WARNING, text);
	}
	if (n > SHOWN && row < c->rows) {
		snprintf(text, sizeof text, "and %zu more proposed", n - SHOWN);
		row = line_of(c, row, "", ROLE_DIM, text);
	}
	return row;
}

/* They come back. */
static int draw_snoozes(const struct app *app, const struct canvas *c, int row)
{
	char text[256], what[120], left[TIME_TEXT];

	const struct alert *a;
	size_t i = 0;

	while (row < c->rows && (a = actions_next_snoozed(app->actions, &i))) {
		if (a->next_at - app->now > SNOOZE_SOON_MS)
			continue;
		text_line(alert_text(a, ALERT_TITLE), what, sizeof what);
		snprintf(text, sizeof text, "snooze of %s ends in %s", what,
			duration_text(a->next_at - app->now, left));
		row = line_of(c, row, "Soon",
			a->next_at - app->now < ACK_SOON_MS ? ROLE_WARNING : ROLE_TEXT,
			text);
	}
	return row;
}

/* What is known beside the alerts: silences that end, changes, who is on call. */
static int draw_soon(const struct app *app, const struct canvas *c, int row)
{
	char text[256], what[120], when[TIME_TEXT];

	row = draw_proposals(app, c, row);
	row = draw_updates(app, c, row);
	row = draw_snoozes(app, c, row);
	for (size_t i = 0; i < silences_count(app->alerts) && row < c->rows; i++) {
		const struct silence_row *s = silences_at(app->alerts, i);

		if (!s->active || s->ends_at - app->now > SILENCE_SOON_MS)
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
	canvas_put(c, row, 0,
		app->rc->conf.errors_total ? ROLE_WARNING
		: quiet == QUIET_YES       ? ROLE_OK
					   : ROLE_TEXT,
		text);
}

/* Worst first, and above the edge they would not be seen: they are told. */
static void draw_above(const struct canvas *c, int row, const struct overview *o)
{
	size_t open = 0;
	enum role role = ROLE_DIM;

	for (size_t i = 0; i < o->top; i++) {
		const struct problem *p = &o->problems[i];

		if (p->acknowledged)
			continue;
		if (!open++)
			role = severity_roles[p->severity];
	}
	canvas_blank(c, row, 0, c->cols, ROLE_TEXT);
	if (open)
		canvas_printf(
			c, row, 0, role, "%zu above, %zu not acknowledged", o->top, open);
	else
		canvas_printf(c, row, 0, role, "%zu above", o->top);
}

/* So that the selected one is among the rows, and no room is left over. */
static void scroll(struct overview *o, int rows)
{
	size_t page = rows > 0 ? (size_t)rows : 1;

	if (o->at < o->top)
		o->top = o->at;
	if (o->at >= o->top + page)
		o->top = o->at - page + 1;
	if (o->top + page > o->count)
		o->top = o->count > page ? o->count - page : 0;
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
	/* What does not fit is told in a row of its own. */
	if (!foot && rows > 3 && (int)o->total > rows)
		rows--;
	if ((int)o->count < rows)
		rows = (int)o->count;
	if (o->at < (size_t)(rows > 0 ? rows : 1))
		o->top = 0;
	scroll(o, rows);
	if (o->top && rows > 2) {
		rows--;
		scroll(o, rows);
		draw_above(c, row++, o);
	}
	o->page = rows > 0 ? rows : 1;
	for (int i = 0; i < rows; i++, row++)
		draw_problem(app, c, row, &o->problems[o->top + (size_t)i],
			focus && o->top + (size_t)i == o->at);
	if (o->total > o->top + (size_t)o->page && row < c->rows) {
		canvas_blank(c, row, 0, c->cols, ROLE_TEXT);
		canvas_printf(c, row++, 0, ROLE_DIM, "%zu more",
			o->total - o->top - (size_t)o->page);
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
	o->touched = true;
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

static void text(void *state, const struct app *app, bool all, struct str *out)
{
	struct overview *o = state;
	char line[256];

	reload(state, app, 0);
	if (all || o->at >= o->count)
		str_printf(out, "%s\n", overview_headline(app, line, sizeof line));
	for (size_t i = 0; i < o->count; i++)
		if (all || i == o->at)
			overview_print_problem(app, &o->problems[i], out);
}

static void words(void *state, const struct app *app, char *out, size_t size)
{
	struct overview *o = state;
	int n = snprintf(out, size, "%zu of %zu", o->count, o->total);

	pane_complete(app, out + n, size - (size_t)n);
}

const struct pane_class overview_pane = {
	.name = "overview",
	.title = "Needs you now",
	.changes = CHANGED_ALERTS | CHANGED_ANOMALIES | CHANGED_SOURCES | CHANGED_CLOCK |
		   CHANGED_WINDOW | CHANGED_RUNBOOKS,
	.state_size = sizeof(struct overview),
	.open = open_overview,
	.reload = reload,
	.draw = draw,
	.act = act,
	.link = link,
	.text = text,
	.words = words,
};
