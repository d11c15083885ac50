/* One piece of evidence of a root cause: its sentence, the curve as it was when it was
 * looked into, with the moment from which on it counts, and the expression that gives it.
 * The points are kept with the finding: no server is asked. Main thread. */
#include "app/finding.h"
#include "app/findings.h"
#include "base/text.h"
#include "base/time.h"
#include "chart.h"
#include "pages.h"
#include "pane.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CHART_ROWS = 8, NAME_TEXT = 60 };

struct evidence_view {
	uint64_t id;
	struct page page;
	struct series *series; /* NULL: no points are kept */
	int64_t from, to, at;
	char title[140];
};

/* As pane_findings.c makes it. */
static const struct finding_evidence *evidence_of(const struct app *app, uint64_t id,
	const struct finding **finding, const struct finding_suspect **suspect)
{
	struct found found = findings_numbered(app->findings, (uint32_t)(id >> 16));
	size_t s = id >> 8 & 0xff, e = id & 0xff;

	*finding = found.finding;
	if (!found.finding || s >= found.finding->count)
		return NULL;
	*suspect = &found.finding->suspects[s];
	return e < (*suspect)->count ? &(*suspect)->evidence[e] : NULL;
}

static void take_points(struct evidence_view *v, const struct finding *f,
	const struct finding_suspect *s, const struct finding_evidence *e)
{
	char node[NAME_TEXT], metric[NAME_TEXT];

	snprintf(v->title, sizeof v->title, "%s  %s",
		text_line(s->node, node, sizeof node),
		text_line(e->query, metric, sizeof metric));
	v->at = e->at ? e->at : f->at;
	if (!e->point_count)
		return;
	v->series = series_new(e->query, 0, SIZE_MAX);
	series_merge(v->series, e->points, e->point_count);
	v->from = e->points[0].at;
	v->to = e->points[e->point_count - 1].at;
	v->series->interval_ms =
		e->point_count > 1 ? (v->to - v->from) / (int64_t)(e->point_count - 1)
				   : MINUTE_MS;
}

static void open_evidence(void *state, const struct app *app, uint64_t id)
{
	struct evidence_view *v = state;
	const struct finding *f;
	const struct finding_suspect *s = NULL;
	const struct finding_evidence *e = evidence_of(app, id, &f, &s);

	v->id = id;
	page_init(&v->page);
	if (e)
		take_points(v, f, s, e);
}

static void close_evidence(void *state)
{
	struct evidence_view *v = state;

	page_release(&v->page);
	series_free(v->series);
}

static void field(struct page *p, const char *name, struct untrusted text)
{
	if (untrusted_empty(text))
		return;
	page_line(p, 10, false);
	page_printf(p, ROLE_DIM, "%-9s ", name);
	page_add(p, ROLE_TEXT, text);
}

static void numbers(struct page *p, const struct finding_evidence *e, int64_t now)
{
	char stamp[TIME_TEXT];

	page_line(p, 0, false);
	if (!isnan(e->value)) {
		page_printf(p, ROLE_STRONG, "%.4g", e->value);
		if (!isnan(e->expected))
			page_printf(p, ROLE_DIM, "  expected %.4g", e->expected);
	}
	if (e->at)
		page_printf(p, ROLE_DIM, "  since %s", time_stamp(e->at, now, stamp));
	page_printf(p, ROLE_DIM, "  share %+.2f", e->share);
}

static void fill(struct evidence_view *v, const struct app *app, const struct canvas *c)
{
	const struct finding *f;
	const struct finding_suspect *s = NULL;
	const struct finding_evidence *e = evidence_of(app, v->id, &f, &s);

	page_clear(&v->page);
	page_line(&v->page, 0, false);
	if (!e) {
		page_puts(&v->page, ROLE_DIM, "This is not known any more.");
		return;
	}
	page_add(&v->page, ROLE_STRONG, s->node);
	page_puts(&v->page, ROLE_DIM, ": ");
	page_add(&v->page, ROLE_TEXT, e->sentence);
	numbers(&v->page, e, app->now);
	if (v->series && c && c->rows >= 9) {
		int rows = c->rows - (c->rows < 14 ? 3 : c->rows < 20 ? 7 : 9);

		page_line(&v->page, 0, false);
		page_room(&v->page, rows > 4 ? rows : 4);
	} else if (!v->series) {
		page_line(&v->page, 0, false);
		page_puts(&v->page, ROLE_DIM, "No curve belongs to it.");
	}
	page_line(&v->page, 0, false);
	field(&v->page, "metric", e->query);
	field(&v->page, "asked", e->expr);
}

static void draw(void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct evidence_view *v = state;
	struct canvas area;

	(void)focus;
	fill(v, app, c);
	page_draw(&v->page, c);
	area = page_room_canvas(&v->page, c);
	if (v->series && area.rows >= 4)
		chart_draw(&area, &(struct chart){.series = v->series,
					  .from = v->from,
					  .to = v->to,
					  .low = NAN,
					  .high = NAN,
					  .cursor = v->at});
}

static bool act(void *state, const struct app *app, enum pane_act act)
{
	(void)app;
	return page_act(&((struct evidence_view *)state)->page, act);
}

static void text(void *state, const struct app *app, bool all, struct str *out)
{
	struct evidence_view *v = state;
	char stamp[TIME_TEXT];

	fill(v, app, NULL);
	page_text(&v->page, out);
	for (size_t i = 0; all && v->series && i < v->series->count; i++) {
		struct point point = series_at(v->series, i);

		str_printf(out, "%s  %g\n", time_rfc3339(point.at, stamp), point.value);
	}
}

static void words(void *state, const struct app *app, char *out, size_t size)
{
	(void)app;
	snprintf(out, size, "%s", ((struct evidence_view *)state)->title);
}

const struct pane_class evidence_pane = {
	.name = "evidence",
	.title = "Evidence",
	.changes = CHANGED_FINDINGS,
	.state_size = sizeof(struct evidence_view),
	.open = open_evidence,
	.close = close_evidence,
	.draw = draw,
	.act = act,
	.text = text,
	.words = words,
};
