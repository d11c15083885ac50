/* Columns and JSON of the past: bars (problems, services, days …) with what they add up
 * to, and the incidents behind one. What is not known is "-" in a cell and null in
 * JSON. Main thread. */
#include "app/listing.h"
#include "app/trends.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>

static const enum role severity_roles[SEVERITY_COUNT] = {
	ROLE_CRITICAL, ROLE_HIGH, ROLE_WARNING, ROLE_INFO, ROLE_OK};

/* --- bars --- */

static void name_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct trends_row *)row)->name);
	out->role = ROLE_STRONG;
}

static void service_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct trends_row *)row)->service);
}

static void count_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct trends_row *r = row;

	(void)app;
	out->is_number = true;
	out->number = (double)r->group.sum.count;
	cell_print(out, "%zu", r->group.sum.count);
}

static void share_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct trends_row *r = row;

	(void)app;
	out->is_number = true;
	out->number = r->share;
	cell_print(out, "%.0f %%", 100 * r->share);
	out->role = ROLE_DIM;
}

/* Against the span before. */
static void change_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct trend_group *g = &((const struct trends_row *)row)->group;
	double by = (double)g->sum.count - (double)g->before;

	(void)app;
	out->is_number = true;
	out->number = by;
	if (!g->before && g->sum.count)
		cell_print(out, "new");
	else if (by != 0)
		cell_print(out, "%+.0f", by);
	else
		cell_print(out, "=");
	out->role = by > 0 ? ROLE_WARNING : by < 0 ? ROLE_OK : ROLE_DIM;
}

static void percent(struct cell *out, size_t part, size_t of)
{
	out->is_number = true;
	out->number = of ? (double)part / (double)of : -1;
	if (of)
		cell_print(out, "%.0f %%", 100 * out->number);
	else
		cell_print(out, "-");
}

static void auto_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct trend_sum *s = &((const struct trends_row *)row)->group.sum;

	(void)app;
	percent(out, s->auto_resolved, s->ended);
}

static void never_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct trend_sum *s = &((const struct trends_row *)row)->group.sum;

	(void)app;
	percent(out, s->never_acted, s->ended);
}

static void span_cell(struct cell *out, double ms)
{
	char text[TIME_TEXT];

	out->is_number = true;
	out->number = isnan(ms) ? -1 : ms;
	cell_print(out, "%s", isnan(ms) ? "-" : duration_text((int64_t)ms, text));
}

static void ack_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	span_cell(out, ((const struct trends_row *)row)->group.sum.ack_median);
}

static void end_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	span_cell(out, ((const struct trends_row *)row)->group.sum.end_median);
}

static void last_cell(const struct app *app, const void *row, struct cell *out)
{
	cell_age(out, ((const struct trends_row *)row)->group.last_at, app->now);
	out->role = ROLE_DIM;
}

static const struct column bar_columns[] = {
	{"name", "Name", 22, 0, COLUMN_FLEX, name_cell},
	{"service", "Service", 14, 4, 0, service_cell},
	{"count", "Count", 5, 0, COLUMN_RIGHT | COLUMN_DESC, count_cell},
	{"share", "Share", 5, 5, COLUMN_RIGHT | COLUMN_DESC, share_cell},
	{"change", "+/-", 4, 2, COLUMN_RIGHT | COLUMN_DESC, change_cell},
	{"auto", "Auto", 5, 3, COLUMN_RIGHT | COLUMN_DESC, auto_cell},
	{"never", "Never", 5, 6, COLUMN_RIGHT | COLUMN_DESC, never_cell},
	{"mtta", "MTTA", 4, 7, COLUMN_RIGHT | COLUMN_DESC, ack_cell},
	{"mttr", "MTTR", 4, 3, COLUMN_RIGHT | COLUMN_DESC, end_cell},
	{"last", "Last", 4, 8, COLUMN_RIGHT, last_cell},
};

static size_t bar_count(const struct app *app)
{
	const struct trends_view *v = trends_view(app->trends);

	return v ? v->row_count : 0;
}

static const void *bar_at(const struct app *app, size_t i)
{
	return &trends_view(app->trends)->rows[i];
}

static uint64_t bar_id(const void *row)
{
	return ((const struct trends_row *)row)->id;
}

static const void *bar_find(const struct app *app, uint64_t id)
{
	return trends_find(app->trends, id);
}

static void put_id(struct json_out *o, uint64_t id)
{
	char text[20];

	snprintf(text, sizeof text, "%016llx", (unsigned long long)id);
	json_put_str(o, "id", text);
}

static void put_share(struct json_out *o, const char *name, size_t part, size_t of)
{
	json_put_double(o, name, of ? (double)part / (double)of : NAN);
}

static void bar_json(const struct app *app, const void *row, struct json_out *o)
{
	const struct trends_row *r = row;
	const struct trend_sum *s = &r->group.sum;
	char why[120];

	put_id(o, r->id);
	json_put_str(o, "by", trend_by_names[trends_by(app->trends)]);
	json_put_text(o, "name", r->name);
	json_put_text(o, "service", r->service);
	json_put_i64(o, "count", (int64_t)s->count);
	json_put_double(o, "share", r->share);
	json_put_i64(o, "before", (int64_t)r->group.before);
	json_put_i64(o, "open", (int64_t)s->open);
	put_share(o, "auto_resolved", s->auto_resolved, s->ended);
	put_share(o, "never_acted", s->never_acted, s->ended);
	json_put_double(o, "mtta_median_ms", s->ack_median);
	json_put_double(o, "mtta_p90_ms", s->ack_p90);
	json_put_double(o, "mttr_median_ms", s->end_median);
	json_put_double(o, "mttr_p90_ms", s->end_p90);
	json_put_time(o, "last_at", r->group.last_at);
	if (r->cells)
		json_put_str(o, "why", trends_explain(app->trends, r, why, sizeof why));
}

static bool complete(const struct app *app, char *why, size_t size)
{
	const struct trends_view *v = trends_view(app->trends);

	return v && trends_complete(app, v, v->from, why, size);
}

static void span_of(const struct app *app, int64_t *from, int64_t *to)
{
	const struct trends_view *v = trends_view(app->trends);

	*from = v ? v->from : 0;
	*to = v ? v->to : 0;
}

const struct listing trend_listing = {
	.noun = "trend",
	.schema = "oogway.trend/1",
	.columns = bar_columns,
	.column_count = sizeof bar_columns / sizeof bar_columns[0],
	.changes = CHANGED_TRENDS,
	.count = bar_count,
	.row = bar_at,
	.id = bar_id,
	.find = bar_find,
	.json = bar_json,
	.complete = complete,
	.window = span_of,
};

/* --- incidents --- */

static void severity_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct past_incident *p = row;

	(void)app;
	out->is_number = true;
	out->number = p->severity;
	cell_print(out, "%c", severity_letter((enum severity)p->severity));
	out->role = severity_roles[p->severity];
}

static void began_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct past_incident *p = row;
	char text[TIME_TEXT];

	out->is_number = true;
	out->number = (double)p->started_at;
	cell_print(out, "%s", time_stamp(p->started_at, app->now, text));
}

static void took_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct past_incident *p = row;

	(void)app;
	span_cell(out, p->ended_at ? (double)(p->ended_at - p->started_at) : NAN);
	if (!p->ended_at)
		cell_print(out, "open");
}

static void past_service_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct past_incident *)row)->service);
}

static void title_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct past_incident *)row)->title);
	out->role = ROLE_STRONG;
}

static const char *what_was_done(const struct past_incident *p)
{
	if (p->flags & TREND_BY_HAND)
		return "resolved";
	if (p->flags & TREND_ACTED)
		return "acted";
	return p->ended_at ? "by itself" : "";
}

static void done_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct past_incident *p = row;
	char who[60];

	(void)app;
	if (untrusted_empty(p->who))
		cell_print(out, "%s", what_was_done(p));
	else
		cell_print(out, "%s, %s", what_was_done(p),
			text_line(p->who, who, sizeof who));
	out->role = ROLE_DIM;
}

static void source_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct past_incident *)row)->source);
	out->role = ROLE_DIM;
}

static const struct column past_columns[] = {
	{"severity", "", 1, 0, 0, severity_cell},
	{"began", "Began", 12, 0, COLUMN_DESC, began_cell},
	{"took", "Took", 4, 2, COLUMN_RIGHT | COLUMN_DESC, took_cell},
	{"service", "Service", 12, 5, 0, past_service_cell},
	{"title", "Title", 24, 0, COLUMN_FLEX, title_cell},
	{"done", "Done", 14, 4, 0, done_cell},
	{"source", "Source", 6, 7, 0, source_cell},
};

static size_t past_rows(const struct app *app)
{
	return trends_count(app->trends);
}

static const void *past_row(const struct app *app, size_t i)
{
	return trends_at(app->trends, i);
}

static uint64_t past_id(const void *row)
{
	return ((const struct past_incident *)row)->id;
}

static const void *past_row_find(const struct app *app, uint64_t id)
{
	return trends_incident(app->trends, id);
}

static void past_json(const struct app *app, const void *row, struct json_out *o)
{
	const struct past_incident *p = row;

	(void)app;
	put_id(o, p->id);
	json_put_text(o, "source", p->source);
	json_put_text(o, "upstream_id", p->upstream_id);
	json_put_i64(o, "number", p->number);
	json_put_text(o, "title", p->title);
	json_put_text(o, "service", p->service);
	json_put_text(o, "summary", p->summary);
	json_put_str(o, "severity", severity_name((enum severity)p->severity));
	json_put_bool(o, "pages", p->flags & TREND_PAGES);
	json_put_bool(o, "acted", p->flags & TREND_ACTED);
	json_put_bool(o, "by_hand", p->flags & TREND_BY_HAND);
	json_put_text(o, "who", p->who);
	json_put_time(o, "started_at", p->started_at);
	json_put_time(o, "acked_at", p->taken_at);
	json_put_time(o, "ended_at", p->ended_at);
	json_put_time(o, "ended_after_at", p->ended_after_at);
}

const struct listing past_listing = {
	.noun = "past",
	.schema = "oogway.past/1",
	.columns = past_columns,
	.column_count = sizeof past_columns / sizeof past_columns[0],
	.changes = CHANGED_TRENDS,
	.count = past_rows,
	.row = past_row,
	.id = past_id,
	.find = past_row_find,
	.json = past_json,
	.complete = complete,
	.window = span_of,
};
