/* One alert or incident: what, since when, who has it, its labels, its annotations,
 * what happened before and since, and the runbook that matches. Filled anew for each
 * drawing, since its texts are the alert's. Main thread. */
#include "app/actions.h"
#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/charts.h"
#include "app/dossier.h"
#include "app/finding.h"
#include "app/findings.h"
#include "app/incidents.h"
#include "app/problems.h"
#include "app/rotas.h"
#include "app/runbook_match.h"
#include "app/runs.h"
#include "app/similar.h"
#include "app/sources.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "chart.h"
#include "model/entry.h"
#include "pages.h"
#include "pane.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The chart of an alert, where there is room for it. */
enum {
	CHART_PANE_ROWS = 16,
	CHART_LEAST = 8,
	CHART_MOST = 16,
	CAPTION_COLS = 14,
	MEMBERS_MOST = 12,
	MATCHES_SHOWN = 3,
	NEAREST_SHOWN = 2,
};

struct alert_view {
	uint64_t id;
	struct page page;
	uint64_t runbook; /* 0: none */
	char title[80];
	bool gone;
};

static const enum role severity_roles[SEVERITY_COUNT] = {
	ROLE_CRITICAL, ROLE_HIGH, ROLE_WARNING, ROLE_INFO, ROLE_OK};

static void field(struct page *p, const char *name, struct untrusted text)
{
	if (untrusted_empty(text))
		return;
	page_line(p, 14, false);
	page_printf(p, ROLE_DIM, "%-13s ", name);
	page_add(p, ROLE_TEXT, text);
}

static void moment(struct page *p, const char *name, int64_t at, int64_t now)
{
	char stamp[TIME_TEXT], age[TIME_TEXT];

	if (!at)
		return;
	page_line(p, 14, false);
	page_printf(p, ROLE_DIM, "%-13s ", name);
	page_puts(p, ROLE_TEXT, time_stamp(at, now, stamp));
	if (at > now)
		page_printf(p, ROLE_DIM, "  in %s", duration_text(at - now, age));
	else
		page_printf(p, ROLE_DIM, "  %s ago", duration_text(now - at, age));
}

struct members {
	const struct alert *list[MEMBERS_MOST];
	size_t count, total;
};

static int by_source(const void *a, const void *b)
{
	const struct alert *x = *(const struct alert *const *)a;
	const struct alert *y = *(const struct alert *const *)b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

/* All that tell of it, itself too, in the order of the sources: not as they came. */
static struct members members_of(const struct app *app, const struct alert *a)
{
	struct members m = {.count = 0};

	for (const struct alert *t = NULL; (t = alerts_twin(app->alerts, a, t));) {
		m.total++;
		if (m.count < MEMBERS_MOST)
			m.list[m.count++] = t;
	}
	qsort(m.list, m.count, sizeof *m.list, by_source);
	return m;
}

/* "am, prom"; where they differ each with its state: "am silenced, prom firing". */
static void told_by(struct page *p, const struct app *app, const struct alert *a)
{
	struct members m = members_of(app, a);
	const char *between = "";
	bool differ = false;

	for (size_t i = 0; i < m.count; i++)
		differ |= m.list[i]->state != a->state;
	page_line(p, 14, false);
	page_printf(p, ROLE_DIM, "%-13s ", m.count > 1 ? "sources" : "source");
	for (size_t i = 0; i < m.count; i++) {
		const struct alert *t = m.list[i];

		page_printf(p, ROLE_TEXT, "%s%s%s%s", between,
			sources_row(app->sources, t->source)->name, differ ? " " : "",
			differ ? alert_state_name(t->state) : "");
		between = ", ";
	}
}

/* What is on its way to the server and not there yet. */
static void pending(struct page *p, const struct app *app, const struct alert *a)
{
	const struct outbox_row *row = actions_on(app->actions, a->key);
	char words[240];

	if (!row)
		return;
	page_line(p, 14, false);
	page_printf(p, ROLE_DIM, "%-13s ", "pending");
	page_printf(p, row->state == OUTBOX_HELD ? ROLE_ALARM : ROLE_WARNING, "%s: %s",
		action_verbs[row->action.verb].name,
		action_row_words(app, row, words, sizeof words));
}

/* Others that tell of it, each as its source names it. */
static void members(struct page *p, const struct app *app, const struct alert *a)
{
	struct members m = members_of(app, a);
	size_t n = 0;

	for (size_t i = 0; i < m.count; i++) {
		const struct alert *t = m.list[i];

		if (t->key == a->key)
			continue;
		n++;
		page_line(p, 14, false);
		page_printf(p, ROLE_DIM, "%-13s ", n > 1 ? "" : "same as");
		page_printf(p, ROLE_TEXT, "%s %s  ",
			sources_row(app->sources, t->source)->name,
			alert_state_name(t->state));
		page_add(p, ROLE_TEXT, alert_name(t));
		if (!untrusted_empty(alert_text(t, ALERT_LINK))) {
			page_puts(p, ROLE_DIM, "  ");
			page_add(p, ROLE_DIM, alert_text(t, ALERT_LINK));
		}
	}
	if (m.total > m.count) {
		page_line(p, 14, false);
		page_printf(p, ROLE_DIM, "%-13s and %zu more", "", m.total - m.count);
	}
	if (n && problem_guessed(app, a)) {
		page_line(p, 14, false);
		page_printf(p, ROLE_DIM, "%-13s ", "joined");
		page_puts(p, ROLE_WARNING,
			"guessed from service, time and title; :problem split parts "
			"them");
	}
}

/* --- who responds --- */

static void responders(struct page *p, const struct response *r)
{
	static const enum role roles[RESPONDER_STATE_COUNT] = {
		ROLE_WARNING, ROLE_OK, ROLE_HIGH, ROLE_DIM};

	for (size_t i = 0; i < r->responder_count; i++) {
		const struct responder *one = &r->responders[i];

		page_line(p, 14, false);
		page_printf(p, ROLE_DIM, "%-13s ", i ? "" : "responders");
		page_add(p, ROLE_TEXT, one->who);
		page_printf(
			p, roles[one->state], "  %s", responder_state_names[one->state]);
	}
	if (r->responders_cut) {
		page_line(p, 14, false);
		page_printf(p, ROLE_DIM, "%-13s and more", "");
	}
}

static void next_update(struct page *p, const struct app *app, uint64_t key)
{
	int64_t at = dossier_next_update(app, key);
	char left[TIME_TEXT];

	if (!at)
		return;
	page_line(p, 14, false);
	page_printf(p, ROLE_DIM, "%-13s ", "next update");
	if (at > app->now)
		page_printf(p, at - app->now > UPDATE_SOON_MS ? ROLE_TEXT : ROLE_WARNING,
			"due in %s", duration_text(at - app->now, left));
	else
		page_printf(p, ROLE_ALARM, "overdue by %s",
			duration_text(app->now - at, left));
}

/* --- what was before --- */

static void similar(struct page *p, const struct app *app, uint64_t key)
{
	const struct similar_list *list = similar_of(app->similar, key);
	char when[TIME_TEXT];
	struct str words;

	if (!list || !list->count)
		return;
	page_line(p, 0, false);
	page_line(p, 0, false);
	page_puts(p, ROLE_HEADER, "Similar");
	if (*list->why)
		page_printf(p, ROLE_DIM, "  %s", list->why);
	str_init(&words, 400);
	for (size_t i = 0; i < list->count; i++) {
		const struct similar_one *one = &list->ones[i];

		str_reset(&words);
		similar_words(one, &words);
		page_line(p, 16, false);
		page_printf(p, ROLE_DIM, "  %-13s ",
			time_stamp(one->started_at, app->now, when));
		if (!one->same) {
			page_add(p, ROLE_TEXT, one->title);
			page_puts(p, ROLE_DIM, "  ");
		}
		page_printf(p, ROLE_TEXT, "%s", str_text(&words));
		for (size_t k = 0; k < one->note_count; k++) {
			page_line(p, 18, false);
			page_printf(p, ROLE_DIM, "  %-13s   ", "");
			page_add(p, ROLE_DIM, one->notes[k]);
		}
	}
	str_release(&words);
}

static void response(struct page *p, const struct app *app, uint64_t key)
{
	struct response r;

	dossier_response(app, key, &r);
	for (int i = 0; i < RESPONSE_ROLES; i++)
		field(p, response_role_names[i], r.roles[i]);
	responders(p, &r);
	next_update(p, app, key);
	if (untrusted_empty(r.number) && untrusted_empty(r.link))
		return;
	field(p, "bridge", r.number);
	field(p, untrusted_empty(r.number) ? "bridge" : "", r.link);
}

/* --- what it is --- */

static void head(struct alert_view *v, const struct app *app, const struct alert *a)
{
	struct page *p = &v->page;
	int64_t snoozed = actions_snoozed(app->actions, a);
	enum severity severity;
	char until[ROTA_TIME];
	struct untrusted by;

	page_line(p, 0, false);
	/* The worst that any member says, as in the row that led here. */
	severity = problem_of(app, a).severity;
	page_printf(p, severity_roles[severity], "%c %s  ", severity_letter(severity),
		severity_name(severity));
	page_add(p, ROLE_STRONG, alert_name(a));
	if (!untrusted_empty(alert_text(a, ALERT_SUMMARY))) {
		page_line(p, 0, false);
		page_add(p, ROLE_TEXT, alert_text(a, ALERT_SUMMARY));
	}
	page_line(p, 0, false);
	if (snoozed) {
		page_line(p, 14, false);
		page_printf(p, ROLE_DIM, "%-13s ", "state");
		page_printf(p, ROLE_TEXT, "snoozed until %s",
			rota_moment(snoozed, app->now, until));
		if (alert_snoozed(a, &by) && !untrusted_empty(by)) {
			page_puts(p, ROLE_TEXT, " by ");
			page_add(p, ROLE_TEXT, by);
		}
	} else {
		field(p, "state", untrusted_str(alert_state_name(a->state)));
	}
	pending(p, app, a);
	moment(p, "started", a->started_at, app->now);
	moment(p, "acknowledged", a->acked_at, app->now);
	field(p, "by", alert_text(a, ALERT_ACKED_BY));
	field(p, "assigned", alert_text(a, ALERT_ASSIGNED));
	if (a->next_at) {
		moment(p, "next", a->next_at, app->now);
		page_puts(p, ROLE_DIM, ": ");
		page_add(p, ROLE_TEXT,
			snoozed ? untrusted_str("snooze ends")
				: alert_text(a, ALERT_NEXT));
	} else {
		field(p, "next", alert_text(a, ALERT_NEXT));
	}
	moment(p, "ended", a->ended_at, app->now);
	response(p, app, dossier_page(app, a)->key);
	field(p, "service", alert_text(a, ALERT_SERVICE));
	told_by(p, app, a);
	members(p, app, a);
	field(p, "link", alert_text(a, ALERT_LINK));
	/* Of an alert from Prometheus this is the expression: the chart names it. */
	if (untrusted_starts(alert_text(a, ALERT_SOURCE_EXPR), "http"))
		field(p, "rule", alert_text(a, ALERT_SOURCE_EXPR));
}

/* The expression in one line, and what it is compared to. */
static void caption(struct page *p, const struct alert_chart *chart, int cols)
{
	char limit[UNIT_TEXT], tail[80] = "", more[60] = "";
	struct untrusted rest = chart->expr, word;
	struct str line, cut;

	if (chart->op != PROMEXPR_NONE)
		snprintf(tail, sizeof tail, " %s %s", promexpr_op_text(chart->op),
			unit_text(chart->series->unit, chart->constant, limit));
	if (chart->matched > 1)
		snprintf(more, sizeof more, "   %s of %zu",
			chart->lowest ? "lowest" : "highest", chart->matched);
	cols -= CAPTION_COLS + (int)strlen(tail) + (int)strlen(more);
	str_init(&line, 4096);
	str_init(&cut, 4096);
	while (untrusted_word(&rest, " \t\r\n", &word)) {
		if (line.n)
			str_putc(&line, ' ');
		text_add_line(&line, word, (size_t)(cols > 0 ? cols : 1));
	}
	text_add_line(
		&cut, untrusted_str(str_text(&line)), (size_t)(cols > 0 ? cols : 1));
	page_puts(p, ROLE_DIM, str_text(&cut));
	page_puts(p, ROLE_DIM, tail);
	page_puts(p, ROLE_DIM, more);
	str_release(&line);
	str_release(&cut);
}

static void chart_part(
	struct page *p, const struct app *app, uint64_t id, const struct canvas *c)
{
	const struct alert_chart *chart = charts_find(app->charts, id);
	int rows = c ? c->rows * 2 / 5 + 1 : 0;

	if (!chart || !c || c->rows < CHART_PANE_ROWS)
		return;
	/* Of an invented world nobody can be asked. */
	if (!chart->series && (!chart->why[0] || app->demo))
		return;
	page_line(p, 0, false);
	page_line(p, 0, true);
	page_printf(p, ROLE_DIM, "%-13s ", "chart");
	if (!chart->series) {
		page_puts(p, ROLE_DIM, chart->why);
		return;
	}
	caption(p, chart, c->cols);
	page_room(p, rows < CHART_LEAST  ? CHART_LEAST
		     : rows > CHART_MOST ? CHART_MOST
					 : rows);
}

static void draw_chart(
	const struct page *p, const struct app *app, uint64_t id, const struct canvas *c)
{
	const struct alert_chart *chart = charts_find(app->charts, id);
	struct canvas area = page_room_canvas(p, c);
	struct chart shown = {.from = window_from(app),
		.to = window_to(app),
		.low = NAN,
		.high = NAN,
		.limit = "limit "};

	/* Scrolled to a rest of a few rows, it would say nothing. */
	if (!chart || !chart->series || area.rows < CHART_LEAST / 2)
		return;
	shown.series = chart->series;
	chart_draw(&area, &shown);
}

/* Trigger and place in a line each: what the findings' page says first. */
static void cause(struct page *p, const struct app *app, uint64_t key)
{
	static const enum rca_part_id shown[] = {RCA_TRIGGER, RCA_WHERE};
	struct found found = findings_of(app->findings, key);
	const char *name = "cause";

	if (found.state == FOUND_LOOKING || found.state == FOUND_WAITING) {
		page_line(p, 14, false);
		page_printf(p, ROLE_DIM, "%-13s being looked into", name);
		name = "";
	}
	for (size_t i = 0; found.finding && i < 2; i++) {
		const struct finding_part *part = &found.finding->parts[shown[i]];

		if (shown[i] == RCA_TRIGGER && part->grade == RCA_UNKNOWN)
			continue;
		page_line(p, 14, false);
		page_printf(p, ROLE_DIM, "%-13s %s %s: ", name,
			shown[i] == RCA_TRIGGER ? "trigger" : "where",
			rca_grade_name(part->grade));
		page_add(p, part->grade ? ROLE_STRONG : ROLE_TEXT, part->sentence);
		if (shown[i] == RCA_WHERE)
			page_puts(p, ROLE_DIM, "   f opens it");
		name = "";
	}
}

static void pairs(struct page *p, const struct alert *a)
{
	if (a->label_count) {
		page_line(p, 0, false);
		page_line(p, 0, false);
		page_puts(p, ROLE_HEADER, "Labels");
	}
	for (size_t i = 0; i < a->label_count; i++) {
		struct pair pair = alert_label(a, i);

		page_line(p, 22, false);
		page_puts(p, ROLE_DIM, "  ");
		page_add(p, ROLE_DIM, pair.name);
		page_puts(p, ROLE_DIM, " = ");
		page_add(p, ROLE_TEXT, pair.value);
	}
	if (a->annotation_count) {
		page_line(p, 0, false);
		page_line(p, 0, false);
		page_puts(p, ROLE_HEADER, "Annotations");
	}
	for (size_t i = 0; i < a->annotation_count; i++) {
		struct pair pair = alert_annotation(a, i);

		page_line(p, 4, false);
		page_puts(p, ROLE_DIM, "  ");
		page_add(p, ROLE_DIM, pair.name);
		page_puts(p, ROLE_DIM, ": ");
		page_add(p, ROLE_TEXT, pair.value);
	}
}

/* --- what happened when --- */

static enum role line_role(const struct timeline_line *line)
{
	if (line->bad)
		return ROLE_WARNING;
	if (line->from == TIMELINE_CHANGE)
		return ROLE_STRONG;
	return line->kind == ENTRY_RESOLVE || line->from == TIMELINE_HERE ? ROLE_OK
									  : ROLE_TEXT;
}

/* The words of a log name who did it; those of a note do not. */
static bool names_who(const struct timeline_line *line)
{
	return !untrusted_empty(line->who) &&
	       (line->kind == ENTRY_NOTE || line->from == TIMELINE_CHANGE);
}

static void put_line(struct page *p, const struct app *app, const struct timeline_line *l)
{
	char when[TIME_TEXT];

	page_line(p, 26, false);
	page_printf(p, ROLE_DIM, "  %-13s ", time_stamp(l->at, app->now, when));
	page_printf(p, ROLE_DIM, "%-8s ", timeline_kind(l));
	if (names_who(l) && l->from == TIMELINE_LOG) {
		page_add(p, ROLE_DIM, l->who);
		page_puts(p, ROLE_DIM, ": ");
	}
	if (l->words)
		page_puts(p, line_role(l), l->words);
	if (l->words && !untrusted_empty(l->text))
		page_puts(p, ROLE_DIM, ": ");
	page_add(p, line_role(l), timeline_text(l));
	if (l->more) {
		page_puts(p, ROLE_DIM, "  ");
		page_puts(p, ROLE_DIM, l->more);
	}
	if (l->bad && !untrusted_empty(l->by)) {
		page_puts(p, ROLE_DIM, ": ");
		page_add(p, ROLE_DIM, l->by);
	}
	if (l->ours) {
		page_puts(p, ROLE_OK, "  from here, by ");
		page_add(p, ROLE_OK, l->by);
	}
}

/* All of it is drawn anew each time: of very many lines the newest. `incident show` has
 * the rest. */
enum { LINES_SHOWN = 1000, RAW_MOST = 1 << 20, RAW_LINE = 4096 };

/* One moment alone stands above already. */
static void timeline(struct page *p, const struct app *app, const struct dossier_head *h)
{
	struct timeline t;
	char how[200];
	size_t n, from;

	dossier_timeline(app, h, &t);
	from = t.count > LINES_SHOWN ? t.count - LINES_SHOWN : 0;
	dossier_log(app->dossier, h->key, &n);
	if (t.count > 1) {
		page_line(p, 0, false);
		page_line(p, 0, false);
		page_puts(p, ROLE_HEADER, "Timeline");
		if (n && !dossier_words(app->dossier, h->key, how, sizeof how))
			page_printf(p, ROLE_WARNING, "  %s", how);
	}
	if (t.left_out + from) {
		page_line(p, 0, false);
		page_printf(p, ROLE_DIM, "  %zu earlier lines are left out",
			t.left_out + from);
	}
	for (size_t i = from; t.count > 1 && i < t.count; i++)
		put_line(p, app, &t.lines[i]);
	timeline_release(&t);
}

/* As its source told it, when somebody wants to see that. */
static void raw(struct page *p, const struct app *app, uint64_t key)
{
	struct untrusted lines, line;
	char age[TIME_TEXT], shown[RAW_LINE];
	struct str text;
	int64_t told_at;

	if (!dossier_shows_raw(app->dossier))
		return;
	str_init(&text, RAW_MOST);
	page_line(p, 0, false);
	page_line(p, 0, false);
	page_puts(p, ROLE_HEADER, "As its source tells it");
	if (!dossier_raw(app->dossier, key, &text, &told_at)) {
		page_line(p, 0, false);
		page_puts(p, ROLE_DIM, "not known, or not read yet");
	} else if (told_at) {
		page_printf(p, ROLE_WARNING, "  as it was %s ago",
			duration_text(app->now - told_at, age));
	}
	lines = untrusted_make(text.p, text.n);
	while (untrusted_line(&lines, &line)) {
		page_line(p, 2, true);
		page_puts(p, ROLE_TEXT, text_line(line, shown, sizeof shown));
	}
	str_release(&text);
}

/* `:runbook 2` opens the second. */
static void put_match(struct page *p, const struct runbook_match *m, size_t number)
{
	page_line(p, 16, false);
	if (number == 1)
		page_printf(p, ROLE_DIM, "%-13s ", m->sure ? "runbook" : "");
	else
		page_printf(p, ROLE_DIM, "%-13s ", "");
	page_printf(p, ROLE_DIM, "%zu ", number);
	page_add(p, m->sure ? ROLE_STRONG : ROLE_TEXT, m->row->title);
	if (number == 1 && m->sure)
		page_puts(p, ROLE_DIM, "   r opens it");
	page_printf(
		p, m->kind == MATCH_PROPOSED ? ROLE_WARNING : ROLE_DIM, "   %s", m->why);
}

/* `runbook 2` opens the second. Why they are near matters little. */
static void put_nearest(struct page *p, const struct runbook_matches *all)
{
	page_line(p, 14, false);
	page_printf(p, ROLE_DIM, "%-13s ", "runbook");
	page_puts(p, ROLE_TEXT, "none is about this; near:");
	for (size_t i = 0; i < all->count && i < NEAREST_SHOWN; i++) {
		page_printf(p, ROLE_DIM, "%s %zu ", i ? "," : "", i + 1);
		page_add(p, ROLE_TEXT, all->list[i].row->title);
	}
}

static void put_matches(struct alert_view *v, const struct runbook_matches *all)
{
	struct page *p = &v->page;

	v->runbook = all->none ? 0 : all->list[0].row->id;
	if (all->none && all->count) {
		put_nearest(p, all);
		return;
	}
	/* Beside one that is named what only has some of the words is noise. */
	for (size_t i = 0; i < all->count && i < MATCHES_SHOWN; i++)
		if (all->list[i].sure || all->list[0].kind == MATCH_FOUND)
			put_match(p, &all->list[i], i + 1);
}

static void runbooks(struct alert_view *v, const struct app *app, const struct alert *a)
{
	struct runbook_matches all;
	bool is_ours = false;

	runbook_matches(app, a, &all);
	for (size_t i = 0; i < all.count; i++)
		is_ours |= all.list[i].kind == MATCH_URL;
	if (!is_ours)
		field(&v->page, "runbook page", alert_text(a, ALERT_RUNBOOK));
	put_matches(v, &all);
}

/* One that is over, as the store has it. */
static void fill_past(
	struct alert_view *v, const struct app *app, const struct past_row *row)
{
	const struct incident_row *i = &row->incident;
	struct dossier_head h = {.key = v->id,
		.started_at = i->started_at,
		.acked_at = row->taken_at,
		.ended_at = i->ended_at,
		.pages = true,
		.title = i->title,
		.acked_by = row->acked_by,
		.resolved_by = row->resolved_by};
	struct runbook_matches all;
	struct page *p = &v->page;

	text_line(i->title, v->title, sizeof v->title);
	page_line(p, 0, false);
	page_printf(p, severity_roles[i->severity], "%c %s  ",
		severity_letter(i->severity), severity_name(i->severity));
	page_add(p, ROLE_STRONG, i->title);
	page_line(p, 0, false);
	field(p, "state", untrusted_str(alert_state_name(i->state)));
	moment(p, "started", i->started_at, app->now);
	moment(p, "acknowledged", row->taken_at, app->now);
	field(p, "by", row->acked_by);
	moment(p, "ended", i->ended_at, app->now);
	field(p, "resolved by", row->resolved_by);
	field(p, "service", i->service);
	field(p, "priority", row->priority);
	field(p, "source", i->source);
	field(p, "link", row->link);
	response(p, app, v->id);
	cause(p, app, v->id);
	runbook_matches_past(app, v->id, i->title, &all);
	put_matches(v, &all);
	timeline(p, app, &h);
	similar(p, app, v->id);
	raw(p, app, v->id);
}

static void fill(void *state, const struct app *app, const struct canvas *c)
{
	struct alert_view *v = state;
	const struct alert *a = alerts_find(app->alerts, v->id);
	const struct past_row *past = a ? NULL : incidents_find(app->incidents, v->id);
	struct dossier_head h;

	page_clear(&v->page);
	v->gone = !a;
	if (past) {
		fill_past(v, app, past);
		return;
	}
	if (!a) {
		page_line(&v->page, 0, false);
		page_printf(&v->page, ROLE_OK,
			"%s is over: its source no longer lists it.", v->title);
		return;
	}
	text_line(alert_name(a), v->title, sizeof v->title);
	head(v, app, a);
	cause(&v->page, app, v->id);
	runbooks(v, app, a);
	chart_part(&v->page, app, v->id, c);
	h = dossier_head_of(dossier_page(app, a));
	timeline(&v->page, app, &h);
	similar(&v->page, app, h.key);
	pairs(&v->page, a);
	raw(&v->page, app, h.key);
}

static void open_alert(void *state, const struct app *app, uint64_t id)
{
	struct alert_view *v = state;

	v->id = id;
	page_init(&v->page);
	fill(v, app, NULL);
}

static void close_alert(void *state)
{
	page_release(&((struct alert_view *)state)->page);
}

static void draw(void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct alert_view *v = state;

	(void)focus;
	/* The page borrows from the alert: filled anew for each drawing. */
	fill(v, app, c);
	page_draw(&v->page, c);
	draw_chart(&v->page, app, v->id, c);
}

static bool act(void *state, const struct app *app, enum pane_act act)
{
	(void)app;
	return page_act(&((struct alert_view *)state)->page, act);
}

static struct pane_link link(void *state, const struct app *app)
{
	struct alert_view *v = state;

	(void)app;
	return v->runbook ? (struct pane_link){"runbook", v->runbook}
			  : (struct pane_link){0};
}

static void text(void *state, const struct app *app, bool all, struct str *out)
{
	(void)all;
	/* The page borrows from the alert. */
	fill(state, app, NULL);
	page_text(&((struct alert_view *)state)->page, out);
}

static void words(void *state, const struct app *app, char *out, size_t size)
{
	(void)app;
	snprintf(out, size, "%s", ((struct alert_view *)state)->title);
}

const struct pane_class alert_pane = {
	.name = "alert",
	.title = "Alert",
	.changes = CHANGED_ALERTS | CHANGED_ANOMALIES | CHANGED_CLOCK | CHANGED_RUNBOOKS |
		   CHANGED_CHARTS | CHANGED_WINDOW | CHANGED_PAST | CHANGED_ACTIONS |
		   CHANGED_TRENDS | CHANGED_FINDINGS,
	.state_size = sizeof(struct alert_view),
	.open = open_alert,
	.close = close_alert,
	.draw = draw,
	.act = act,
	.link = link,
	.text = text,
	.words = words,
};
