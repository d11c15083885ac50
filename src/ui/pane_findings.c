/* The root cause of an incident: its four parts, the suspects with their shares, what
 * moved when, what would prove it, and the runbooks. Each sentence is a row that Enter
 * goes behind: to the curve it was read from, the changes, the log, a runbook. A suspect
 * has a page of its own, with what each ranker gave it, and evidence one with its curve.
 * Pages are filled anew for each drawing, since findings come and go. Main thread. */
#include "app/alerts.h"
#include "app/finding.h"
#include "app/findings.h"
#include "app/incidents.h"
#include "app/runbook_match.h"
#include "base/text.h"
#include "base/time.h"
#include "bars.h"
#include "chart.h"
#include "pages.h"
#include "pane.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROWS_MOST = 120,
	NAME_COLS = 10,
	BAR_COLS = 12,
	SUSPECTS_SHOWN = 6,
	MOMENTS_MOST = 40,
	MOMENTS_SHOWN = 12,
	RUNBOOKS_SHOWN = 3,
	NAME_TEXT = 48,
	WHOLE = 0xff, /* in place of an evidence: all of the suspect */
};

struct findings_view {
	uint64_t id;
	struct page page;
	struct pane_link links[ROWS_MOST]; /* of the rows that can be selected */
	size_t count, selected;
	bool moved;
	bool part; /* of a suspect: the id is a place */
	char title[96];
};

/* What a link to evidence says: the finding, its suspect, which of its sentences. */
static uint64_t place_id(uint32_t serial, size_t suspect, size_t evidence)
{
	return (uint64_t)serial << 16 | (uint64_t)suspect << 8 | (uint64_t)evidence;
}

struct place {
	struct found found;
	const struct finding_suspect *suspect;
	const struct finding_evidence *evidence; /* NULL: of all */
};

static bool place_of(const struct app *app, uint64_t id, struct place *out)
{
	size_t s = id >> 8 & 0xff, e = id & 0xff;

	*out = (struct place){
		.found = findings_numbered(app->findings, (uint32_t)(id >> 16))};
	if (!out->found.finding || s >= out->found.finding->count)
		return false;
	out->suspect = &out->found.finding->suspects[s];
	if (e != WHOLE && e < out->suspect->count)
		out->evidence = &out->suspect->evidence[e];
	return e == WHOLE || out->evidence;
}

/* --- rows --- */

/* A row that can be selected; its words follow. */
static void row(struct findings_view *v, int indent, struct pane_link link)
{
	struct page *p = &v->page;
	bool chosen = v->count == v->selected;

	page_line(p, indent + 2, false);
	page_printf(p, ROLE_DIM, "%*s", indent, "");
	page_printf(p, ROLE_KEY, "%s ", chosen ? canvas_glyph(GLYPH_CRUMB) : " ");
	if (chosen)
		page_mark(p);
	if (v->count < ROWS_MOST)
		v->links[v->count++] = link;
}

static void section(struct page *p, const char *title)
{
	page_line(p, 0, false);
	page_line(p, 0, false);
	page_puts(p, ROLE_HEADER, title);
}

static enum role grade_role(enum rca_grade grade)
{
	static const enum role roles[] = {ROLE_DIM, ROLE_TEXT, ROLE_WARNING, ROLE_HIGH};

	return roles[grade];
}

/* What its sentence was read from. */
static struct pane_link behind(
	uint32_t serial, size_t s, size_t e, const struct finding_evidence *evidence)
{
	if (untrusted_is(evidence->ranker, "trigger"))
		return (struct pane_link){"changes", 0};
	if (untrusted_is(evidence->ranker, "words") ||
		untrusted_is(evidence->ranker, "statement"))
		return (struct pane_link){"logs", 0};
	return (struct pane_link){"evidence", place_id(serial, s, e)};
}

/* --- the four parts --- */

static void part_head(struct page *p, const struct finding *f, enum rca_part_id id)
{
	const struct finding_part *part = &f->parts[id];

	page_line(p, NAME_COLS + 2, false);
	page_printf(p, ROLE_HEADER, "  %-9s ", rca_part_names[id]);
	if (id != RCA_MISSING)
		page_printf(
			p, grade_role(part->grade), "%-8s ", rca_grade_name(part->grade));
	page_add(p,
		id == RCA_MISSING || part->grade == RCA_UNKNOWN ? ROLE_DIM : ROLE_STRONG,
		part->sentence);
}

static void trigger(struct findings_view *v, const struct finding *f)
{
	const struct finding_part *part = &f->parts[RCA_TRIGGER];

	if (part->grade == RCA_UNKNOWN) {
		part_head(&v->page, f, RCA_TRIGGER);
		return;
	}
	row(v, 0, (struct pane_link){"changes", 0});
	page_printf(&v->page, ROLE_HEADER, "%-9s ", rca_part_names[RCA_TRIGGER]);
	page_printf(
		&v->page, grade_role(part->grade), "%-8s ", rca_grade_name(part->grade));
	page_add(&v->page, ROLE_STRONG, part->sentence);
}

/* The sentences of the place are those of the first suspect that speak for it. */
static void where(struct findings_view *v, const struct found *found)
{
	const struct finding *f = found->finding;
	const struct finding_suspect *s = &f->suspects[0];

	part_head(&v->page, f, RCA_WHERE);
	for (size_t i = 0; f->parts[RCA_WHERE].grade && f->count && i < s->count; i++) {
		if (!(s->evidence[i].share > 0))
			continue;
		row(v, NAME_COLS, behind(found->serial, 0, i, &s->evidence[i]));
		page_add(&v->page, ROLE_TEXT, s->evidence[i].sentence);
	}
}

static void missing(struct page *p, const struct finding *f)
{
	const struct finding_part *part = &f->parts[RCA_MISSING];

	part_head(p, f, RCA_MISSING);
	for (size_t i = 0; i < part->count; i++) {
		page_line(p, NAME_COLS + 2, false);
		page_printf(
			p, ROLE_DIM, "%*s%s ", NAME_COLS, "", canvas_glyph(GLYPH_BULLET));
		page_add(p, ROLE_DIM, part->notes[i]);
	}
}

/* --- suspects --- */

static void suspects(struct findings_view *v, const struct found *found)
{
	const struct finding *f = found->finding;
	char bar[3 * BAR_COLS + 1], name[NAME_TEXT], clock[TIME_TEXT];
	double most = f->count ? f->suspects[0].score : 0;

	if (!f->count)
		return;
	section(&v->page, "Suspects");
	page_puts(&v->page, ROLE_DIM, "  by the sum of what is said of each");
	for (size_t i = 0; i < f->count && i < SUSPECTS_SHOWN; i++) {
		const struct finding_suspect *s = &f->suspects[i];

		row(v, 0,
			(struct pane_link){"suspect", place_id(found->serial, i, WHOLE)});
		text_line(s->node, name, sizeof name);
		page_printf(&v->page, ROLE_DIM, "%5.2f ", s->score);
		bars_text(bar, sizeof bar, BAR_COLS, most > 0 ? s->score / most : 0);
		page_puts(&v->page, ROLE_CHART, bar);
		page_printf(&v->page, ROLE_DIM, "%*s ",
			BAR_COLS - text_width(untrusted_str(bar), BAR_COLS), "");
		page_puts(&v->page, i ? ROLE_TEXT : ROLE_STRONG, name);
		if (s->since)
			page_printf(&v->page, ROLE_DIM, "  since %s",
				time_clock(s->since, clock));
	}
	if (f->count > SUSPECTS_SHOWN) {
		page_line(&v->page, 0, false);
		page_printf(&v->page, ROLE_DIM, "  and %zu more, all below",
			f->count - SUSPECTS_SHOWN);
	}
}

/* --- what moved when --- */

struct moment {
	int64_t at;
	const char *kind;
	struct untrusted node, text;
	struct pane_link link;
};

static int by_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static size_t moments(const struct found *found, struct moment *out)
{
	const struct finding *f = found->finding;
	size_t n = 0;

	out[n++] = (struct moment){.at = f->at, .kind = "alerted"};
	for (size_t i = 0; i < f->change_count && n < MOMENTS_MOST; i++)
		out[n++] = (struct moment){f->changes[i].at, "change", f->changes[i].node,
			f->changes[i].text, {"changes", 0}};
	for (size_t i = 0; i < f->count; i++) {
		const struct finding_suspect *s = &f->suspects[i];

		for (size_t k = 0; k < s->count && n < MOMENTS_MOST; k++)
			if (s->evidence[k].at && s->evidence[k].share >= 0.2 &&
				untrusted_is(s->evidence[k].ranker, "change"))
				out[n++] = (struct moment){s->evidence[k].at, "moved",
					s->node, s->evidence[k].query,
					behind(found->serial, i, k, &s->evidence[k])};
	}
	qsort(out, n, sizeof *out, by_time);
	return n;
}

static void timeline(struct findings_view *v, const struct found *found)
{
	struct moment list[MOMENTS_MOST + 1];
	size_t n = moments(found, list);
	char clock[TIME_TEXT];

	if (n < 2)
		return;
	section(&v->page, "What moved when");
	for (size_t i = 0; i < n && i < MOMENTS_SHOWN; i++) {
		const struct moment *m = &list[i];
		bool change = !strcmp(m->kind, "change");

		if (m->link.class)
			row(v, 0, m->link);
		else
			page_line(&v->page, 2, false);
		page_printf(&v->page, ROLE_DIM, "%s%s %-8s", m->link.class ? "" : "  ",
			time_clock(m->at, clock), m->kind);
		page_add(&v->page, change ? ROLE_STRONG : ROLE_TEXT, m->node);
		if (!untrusted_empty(m->text)) {
			page_puts(&v->page, ROLE_DIM, "  ");
			page_add(&v->page, change ? ROLE_TEXT : ROLE_DIM, m->text);
		}
	}
	if (n > MOMENTS_SHOWN) {
		page_line(&v->page, 2, false);
		page_printf(&v->page, ROLE_DIM, "  and %zu later", n - MOMENTS_SHOWN);
	}
}

/* --- what to do --- */

static void steps(struct page *p, const struct finding *f)
{
	char step[FINDING_STEP];

	for (size_t i = 0; i < FINDING_STEPS && finding_step(f, i, step); i++) {
		if (!i)
			section(p, "What would prove it");
		page_line(p, 4, false);
		page_printf(p, ROLE_DIM, "  %s ", canvas_glyph(GLYPH_BULLET));
		page_puts(p, ROLE_TEXT, step);
	}
}

static void runbooks(struct findings_view *v, const struct app *app)
{
	const struct alert *alert = alerts_find(app->alerts, v->id);
	const struct past_row *past =
		alert ? NULL : incidents_find(app->incidents, v->id);
	struct runbook_matches all = {.none = true};

	if (alert)
		runbook_matches(app, alert, &all);
	else if (past)
		runbook_matches_past(app, v->id, past->incident.title, &all);
	for (size_t i = 0; !all.none && i < all.count && i < RUNBOOKS_SHOWN; i++) {
		if (!all.list[i].sure && i)
			break;
		if (!i)
			section(&v->page, "Runbooks");
		row(v, 0, (struct pane_link){"runbook", all.list[i].row->id});
		page_add(&v->page, ROLE_STRONG, all.list[i].row->title);
		page_printf(&v->page, ROLE_DIM, "  %s", all.list[i].why);
	}
}

/* --- the page --- */

static void name_it(struct findings_view *v, const struct app *app)
{
	const struct alert *alert = alerts_find(app->alerts, v->id);
	const struct past_row *past =
		alert ? NULL : incidents_find(app->incidents, v->id);

	if (alert)
		text_line(alert_name(alert), v->title, sizeof v->title);
	else if (past)
		text_line(past->incident.title, v->title, sizeof v->title);
}

static void state_line(struct page *p, const struct app *app, const struct found *found)
{
	int64_t now = app->now;
	const struct finding *f = found->finding;
	char clock[TIME_TEXT], age[TIME_TEXT], window[TIME_TEXT];

	page_line(p, 0, false);
	if (f) {
		page_printf(p, ROLE_DIM, "Alerted %s, %s before and after",
			time_stamp(f->at, now, clock),
			duration_text(f->window_ms, window));
		if (f->made_at)
			page_printf(p, ROLE_DIM, "; looked into %s",
				time_clock_s(f->made_at, age));
	}
	if (found->state == FOUND_LOOKING)
		page_puts(p, ROLE_WARNING,
			f ? "; being looked into again" : "Being looked into…");
	else if (found->state == FOUND_WAITING)
		page_puts(p, ROLE_DIM,
			f ? "; waits to be looked into again"
			  : "Another is looked into first; this one is next.");
	else if (found->state == FOUND_FAILED)
		page_printf(p, ROLE_WARNING, "%sIt could not be looked into: %s",
			f ? "; " : "", found->why);
	else if (!f)
		page_puts(p, ROLE_DIM,
			app->demo ? "This world is invented: there is no server to ask."
				  : "Nobody has looked for the root cause of this yet: "
				    "f does.");
}

static void fill(struct findings_view *v, const struct app *app)
{
	struct found found = findings_of(app->findings, v->id);

	page_clear(&v->page);
	v->count = 0;
	name_it(v, app);
	state_line(&v->page, app, &found);
	if (!found.finding)
		return;
	page_line(&v->page, 0, false);
	trigger(v, found.finding);
	where(v, &found);
	part_head(&v->page, found.finding, RCA_FELT);
	missing(&v->page, found.finding);
	suspects(v, &found);
	timeline(v, &found);
	steps(&v->page, found.finding);
	runbooks(v, app);
	if (v->selected >= v->count && v->count) {
		v->selected = v->count - 1;
		fill(v, app);
	}
}

static void fill_suspect(struct findings_view *v, const struct app *app)
{
	char bar[3 * BAR_COLS + 1], name[NAME_TEXT];
	double most = 0.01;
	struct place place;

	page_clear(&v->page);
	v->count = 0;
	if (!place_of(app, v->id, &place)) {
		page_line(&v->page, 0, false);
		page_puts(&v->page, ROLE_DIM, "This is not known any more.");
		return;
	}
	text_line(place.suspect->node, name, sizeof name);
	snprintf(v->title, sizeof v->title, "%s", name);
	page_line(&v->page, 0, false);
	page_puts(&v->page, ROLE_STRONG, name);
	page_printf(&v->page, ROLE_DIM, "  %.2f in all: what each ranker gave it",
		place.suspect->score);
	page_line(&v->page, 0, false);
	for (size_t i = 0; i < place.suspect->count; i++)
		most = fmax(most, fabs(place.suspect->evidence[i].share));
	for (size_t i = 0; i < place.suspect->count; i++) {
		const struct finding_evidence *e = &place.suspect->evidence[i];

		row(v, 0, behind((uint32_t)(v->id >> 16), v->id >> 8 & 0xff, i, e));
		page_printf(
			&v->page, e->share < 0 ? ROLE_OK : ROLE_TEXT, "%+.2f ", e->share);
		bars_text(bar, sizeof bar, BAR_COLS, fabs(e->share) / most);
		page_puts(&v->page, e->share < 0 ? ROLE_DIM : ROLE_CHART, bar);
		page_printf(&v->page, ROLE_DIM, "%*s ",
			BAR_COLS - text_width(untrusted_str(bar), BAR_COLS), "");
		page_add(&v->page, ROLE_DIM, e->ranker);
		page_line(&v->page, 4, false);
		page_puts(&v->page, ROLE_TEXT, "    ");
		page_add(&v->page, ROLE_TEXT, e->sentence);
	}
	if (v->selected >= v->count && v->count) {
		v->selected = v->count - 1;
		fill_suspect(v, app);
	}
}

static void open_findings(void *state, const struct app *app, uint64_t id)
{
	struct findings_view *v = state;

	v->id = id;
	page_init(&v->page);
	name_it(v, app);
}

static void open_suspect(void *state, const struct app *app, uint64_t id)
{
	struct findings_view *v = state;

	v->id = id;
	v->part = true;
	page_init(&v->page);
	fill_suspect(v, app);
}

static void close_findings(void *state)
{
	page_release(&((struct findings_view *)state)->page);
}

static void show(struct findings_view *v, const struct canvas *c)
{
	if (v->moved)
		page_reveal(&v->page);
	v->moved = false;
	page_draw(&v->page, c);
}

static void draw(void *state, const struct app *app, const struct canvas *c, bool focus)
{
	(void)focus;
	fill(state, app);
	show(state, c);
}

static void draw_suspect(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	(void)focus;
	fill_suspect(state, app);
	show(state, c);
}

/* From row to row; behind the last and before the first the page goes on. */
static bool act(void *state, const struct app *app, enum pane_act act)
{
	struct findings_view *v = state;
	struct page *p = &v->page;
	bool down = act == ACT_DOWN || act == ACT_NEXT;

	(void)app;
	if (down || act == ACT_UP || act == ACT_PREVIOUS) {
		if (down ? v->selected + 1 < v->count : v->selected > 0) {
			v->selected += down ? 1 : -1;
			v->moved = true;
			return true;
		}
		return page_act(p, down ? ACT_DOWN : ACT_UP);
	}
	if (act == ACT_FIRST || act == ACT_LAST)
		v->selected = act == ACT_FIRST || !v->count ? 0 : v->count - 1;
	return page_act(p, act);
}

static struct pane_link link(void *state, const struct app *app)
{
	struct findings_view *v = state;

	(void)app;
	return v->selected < v->count ? v->links[v->selected] : (struct pane_link){0};
}

int64_t findings_moment(const void *state, const struct app *app)
{
	const struct findings_view *v = state;
	const struct finding *f =
		v->part ? findings_numbered(app->findings, (uint32_t)(v->id >> 16))
				  .finding
			: findings_of(app->findings, v->id).finding;

	return f ? f->at : 0;
}

static void text(void *state, const struct app *app, bool all, struct str *out)
{
	struct findings_view *v = state;

	(void)all;
	/* The page borrows from a finding, which may be another since it was drawn. */
	if (v->part)
		fill_suspect(v, app);
	else
		fill(v, app);
	page_text(&v->page, out);
}

static void words(void *state, const struct app *app, char *out, size_t size)
{
	(void)app;
	snprintf(out, size, "%s", ((struct findings_view *)state)->title);
}

const struct pane_class findings_pane = {
	.name = "findings",
	.title = "Root cause",
	.changes = CHANGED_FINDINGS | CHANGED_RUNBOOKS | CHANGED_PAST | CHANGED_ALERTS,
	.state_size = sizeof(struct findings_view),
	.open = open_findings,
	.close = close_findings,
	.draw = draw,
	.act = act,
	.link = link,
	.text = text,
	.words = words,
};

const struct pane_class suspect_pane = {
	.name = "suspect",
	.title = "Suspect",
	.changes = CHANGED_FINDINGS,
	.state_size = sizeof(struct findings_view),
	.open = open_suspect,
	.close = close_findings,
	.draw = draw_suspect,
	.act = act,
	.link = link,
	.text = text,
	.words = words,
};
