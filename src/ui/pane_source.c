/* One source in full: how it is and since when, its last error as a whole sentence, how
 * fast it answers, what it gives, and what to do. Filled anew for each drawing, since
 * its figures change. Main thread. */
#include "app/alerts.h"
#include "app/metrics.h"
#include "app/runbooks.h"
#include "app/sources.h"
#include "base/text.h"
#include "base/time.h"
#include "pages.h"
#include "pane.h"

#include <stdio.h>
#include <string.h>

enum { NAME_COLS = 14 };

struct source_view {
	uint64_t id;
	struct page page;
	char title[80];
};

static void name(struct page *p, const char *text)
{
	page_line(p, NAME_COLS, false);
	page_printf(p, ROLE_DIM, "%-13s ", text);
}

static void field(struct page *p, const char *word, enum role role, const char *text)
{
	if (!*text)
		return;
	name(p, word);
	page_puts(p, role, text);
}

/* "16:51:38  4m ago": the page is not drawn every second, so none are counted. */
static void moment(struct page *p, const char *word, int64_t at, int64_t now)
{
	char stamp[TIME_TEXT], age[TIME_TEXT];

	if (!at)
		return;
	name(p, word);
	page_puts(p, ROLE_TEXT, time_stamp(at, now, stamp));
	if (now - at >= MINUTE_MS)
		page_printf(p, ROLE_DIM, "  %s ago", duration_text(now - at, age));
}

static void state(struct page *p, const struct app *app, const struct source_row *row)
{
	static const struct {
		const char *word;
		enum role role;
	} looks[] = {
		[HEALTH_OK] = {"ok", ROLE_OK},
		[HEALTH_WAITING] = {"no answer yet", ROLE_DIM},
		[HEALTH_STALE] = {"failing", ROLE_WARNING},
		[HEALTH_BAD] = {"failing", ROLE_CRITICAL},
	};
	enum source_health health = source_health(row, app->now);
	const struct poll_status *s = &row->status;
	const char *word = looks[health].word;

	if (source_old(row, app->now))
		word = "stale";
	if (row->refused.kind)
		word = "not started";
	name(p, "state");
	page_puts(p, looks[health].role, word);
	if (health == HEALTH_OK && s->partial)
		page_puts(p, ROLE_WARNING, ", with a partial answer");
	if (s->survival)
		page_puts(p, ROLE_WARNING, ", slow: asking for the least");
	if (health != HEALTH_OK)
		moment(p, "since",
			source_old(row, app->now) ? s->last_ok_at : s->failing_since,
			app->now);
	if (s->last_ok_at)
		moment(p, "last answer", s->last_ok_at, app->now);
	else
		field(p, "last answer", ROLE_TEXT, "never");
	if (s->state == POLL_FAILING)
		moment(p, "next try", s->next_try_at > app->now ? s->next_try_at : 0,
			app->now);
}

/* The sentence as it came; that of a source that answers again is its last one. */
static void trouble(struct page *p, const struct app *app, const struct source_row *row)
{
	bool fine = source_health(row, app->now) == HEALTH_OK;
	bool now = row->refused.kind || row->status.state == POLL_FAILING;
	char words[240];

	if (!fine && !now)
		field(p, "error", ROLE_TEXT, "it hangs: an answer is waited for");
	field(p, now ? "error" : "last error", now ? ROLE_TEXT : ROLE_DIM,
		row->refused.kind ? row->refused.text : row->status.error.text);
	field(p, "warning", ROLE_WARNING, row->status.warning);
	field(p, "past", ROLE_TEXT, sources_past_words(row, app->now, words));
	field(p, "end", ROLE_WARNING, source_end(row, app->now, words, sizeof words));
	if (!fine)
		field(p, "what to do", ROLE_STRONG, source_advice(row));
}

static void speed(struct page *p, const struct source_row *row)
{
	const struct poll_status *s = &row->status;
	char last[TIME_TEXT], half[TIME_TEXT], most[TIME_TEXT];

	page_line(p, 0, false);
	if (s->answers && row->poll >= 0) {
		name(p, "latency");
		page_printf(p, ROLE_TEXT, "p50 %s   p95 %s   last %s",
			duration_text(s->p50_ms, half), duration_text(s->p95_ms, most),
			duration_text(s->latency_ms, last));
	}
	name(p, "answers");
	page_printf(p, ROLE_TEXT, "%llu, and %llu failure%s",
		(unsigned long long)s->answers, (unsigned long long)s->failures,
		s->failures == 1 ? "" : "s");
	if (row->poll < 0)
		return;
	name(p, "rate budget");
	if (s->limit_total > 0)
		page_printf(p, ROLE_TEXT, "%lld of %lld left",
			(long long)s->limit_remaining, (long long)s->limit_total);
	else
		page_puts(p, ROLE_DIM, "the server tells of none");
}

static void asked(struct page *p, const struct source_row *row)
{
	char every[TIME_TEXT], wait[TIME_TEXT];

	name(p, "interval");
	page_printf(p, ROLE_TEXT, "every %s", duration_text(row->every_ms, every));
	if (row->rc)
		page_printf(p, ROLE_DIM, ", waits %s for an answer",
			duration_text(row->rc->timeout_ms, wait));
	field(p, "kind", ROLE_TEXT, row->kind);
	field(p, "where", ROLE_TEXT, row->where);
	if (row->rc && row->rc->place.file) {
		name(p, "line");
		page_printf(
			p, ROLE_DIM, "%s:%d", row->rc->place.file, row->rc->place.line);
	}
}

static void part(struct page *p, size_t *parts, size_t n, const char *what)
{
	if (!n)
		return;
	page_printf(p, ROLE_TEXT, "%s%zu %s%s", (*parts)++ ? ", " : "", n, what,
		n == 1 || what[strlen(what) - 1] == 's' ? "" : "s");
}

static void lists(struct page *p, const struct app *app, const struct source_row *row)
{
	size_t series = 0, silences = 0, changes = 0, parts = 0;

	for (size_t i = 0; i < metrics_count(app->metrics); i++)
		series += metrics_at(app->metrics, i)->source == row->number;
	for (size_t i = 0; i < silences_count(app->alerts); i++)
		silences += silences_at(app->alerts, i)->source == row->number;
	for (size_t i = 0; i < changes_count(app->alerts); i++)
		changes += changes_at(app->alerts, i)->source == row->number;
	name(p, "lists");
	part(p, &parts, alerts_of(app->alerts, row->number), "alert");
	part(p, &parts, series, "series");
	part(p, &parts, silences, "silence");
	part(p, &parts, changes, "change");
	part(p, &parts, runbooks_pages(app->runbooks, row->name), "page");
	if (!parts)
		page_puts(p, ROLE_DIM, "nothing now");
	else if (source_old(row, app->now))
		page_puts(p, ROLE_WARNING, ", as of its last answer");
}

static const struct source_row *find(const struct source_view *v, const struct app *app)
{
	return source_listing.find(app, v->id);
}

static void fill(struct source_view *v, const struct app *app)
{
	const struct source_row *row = find(v, app);
	struct page *p = &v->page;

	page_clear(p);
	page_line(p, 0, false);
	if (!row) {
		page_printf(p, ROLE_TEXT, "%s is not in the rc any more.", v->title);
		return;
	}
	page_puts(p, ROLE_STRONG, row->name);
	page_line(p, 0, false);
	state(p, app, row);
	trouble(p, app, row);
	speed(p, row);
	asked(p, row);
	lists(p, app, row);
}

static void open_source(void *state, const struct app *app, uint64_t id)
{
	struct source_view *v = state;
	const struct source_row *row;

	v->id = id;
	page_init(&v->page);
	row = find(v, app);
	snprintf(v->title, sizeof v->title, "%s", row ? row->name : "this source");
}

static void close_source(void *state)
{
	page_release(&((struct source_view *)state)->page);
}

static void draw(void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct source_view *v = state;

	(void)focus;
	fill(v, app);
	page_draw(&v->page, c);
}

static bool act(void *state, const struct app *app, enum pane_act act)
{
	(void)app;
	return page_act(&((struct source_view *)state)->page, act);
}

static void text(void *state, const struct app *app, bool all, struct str *out)
{
	(void)all;
	fill(state, app);
	page_text(&((struct source_view *)state)->page, out);
}

static void words(void *state, const struct app *app, char *out, size_t size)
{
	(void)app;
	snprintf(out, size, "%s", ((struct source_view *)state)->title);
}

const struct pane_class source_pane = {
	.name = "source",
	.title = "Source",
	.changes = CHANGED_SOURCES | CHANGED_CLOCK | CHANGED_ALERTS | CHANGED_METRICS,
	.state_size = sizeof(struct source_view),
	.open = open_source,
	.close = close_source,
	.draw = draw,
	.act = act,
	.text = text,
	.words = words,
};
