/* Columns and JSON of the incidents of the past: what the incidents pane shows and
 * `incident list -s` prints. The rows, and what may be said of their number, are those of
 * app/incidents.h. Main thread. */
#include "app/incidents.h"
#include "app/listing.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>

static const struct past_row *of(const void *row)
{
	return row;
}

static void severity_cell(const struct app *app, const void *row, struct cell *out)
{
	static const enum role roles[SEVERITY_COUNT] = {
		ROLE_CRITICAL, ROLE_HIGH, ROLE_WARNING, ROLE_INFO, ROLE_OK};
	enum severity severity = of(row)->incident.severity;

	(void)app;
	cell_print(out, "%c", severity_letter(severity));
	out->role = of(row)->incident.ended_at ? ROLE_DIM : roles[severity];
	out->is_number = true;
	out->number = severity;
}

static void at_cell(const struct app *app, const void *row, struct cell *out)
{
	char text[TIME_TEXT];

	cell_print(out, "%s", time_stamp(of(row)->incident.started_at, app->now, text));
	out->role = ROLE_DIM;
	out->is_number = true;
	out->number = (double)of(row)->incident.started_at;
}

static void number_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	if (of(row)->number)
		cell_print(out, "%u", (unsigned)of(row)->number);
	out->role = ROLE_DIM;
	out->is_number = true;
	out->number = of(row)->number;
}

static void service_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, of(row)->incident.service);
}

static void title_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, of(row)->incident.title);
	out->role = of(row)->incident.ended_at ? ROLE_TEXT : ROLE_STRONG;
}

static void acked_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct past_row *r = of(row);
	char text[TIME_TEXT];

	(void)app;
	out->role = ROLE_DIM;
	if (!r->taken_at)
		return;
	out->is_number = true;
	out->number = (double)(r->taken_at - r->incident.started_at);
	cell_print(out, "%s", duration_text(r->taken_at - r->incident.started_at, text));
}

static void lasted_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct incident_row *i = &of(row)->incident;
	int64_t until = i->ended_at ? i->ended_at : app->now;
	char text[TIME_TEXT];

	cell_print(out, "%s", duration_text(until - i->started_at, text));
	out->role = i->ended_at ? ROLE_DIM : ROLE_TEXT;
	out->is_number = true;
	out->number = (double)(until - i->started_at);
}

static void state_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct past_row *r = of(row);
	char who[40];

	(void)app;
	text_line(r->incident.state == ALERT_RESOLVED ? r->resolved_by : r->acked_by, who,
		sizeof who);
	if (r->incident.state == ALERT_FIRING)
		*who = '\0';
	cell_print(
		out, "%s%s%s", alert_state_name(r->incident.state), *who ? " " : "", who);
	out->role = r->incident.state == ALERT_RESOLVED ? ROLE_DIM : ROLE_TEXT;
}

static void source_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, of(row)->incident.source);
	out->role = ROLE_DIM;
}

static const struct column columns[] = {
	{"severity", "", 3, 0, 0, severity_cell},
	{"at", "Began", 12, 0, COLUMN_DESC, at_cell},
	{"number", "#", 6, 8, COLUMN_RIGHT | COLUMN_DESC, number_cell},
	{"service", "Service", 14, 1, 0, service_cell},
	{"title", "Incident", 18, 0, COLUMN_FLEX, title_cell},
	{"acked", "Ack", 5, 3, COLUMN_RIGHT | COLUMN_DESC, acked_cell},
	{"lasted", "Lasted", 6, 2, COLUMN_RIGHT | COLUMN_DESC, lasted_cell},
	{"state", "State", 12, 4, COLUMN_WANT(20), state_cell},
	{"source", "Source", 6, 7, 0, source_cell},
};

static size_t rows(const struct app *app)
{
	return incidents_count(app->incidents);
}

static const void *row_at(const struct app *app, size_t i)
{
	return incidents_at(app->incidents, i);
}

static uint64_t id_of(const void *row)
{
	return incident_id(row);
}

static const void *find(const struct app *app, uint64_t id)
{
	return incidents_find(app->incidents, id);
}

static void json(const struct app *app, const void *row, struct json_out *o)
{
	static const char *const urgencies[URGENCY_COUNT] = {"", "low", "high"};
	const struct past_row *r = of(row);
	const struct incident_row *i = &r->incident;

	(void)app;
	json_put_text(o, "source", i->source);
	json_put_text(o, "id", i->upstream_id);
	json_put_i64(o, "number", r->number);
	json_put_str(o, "severity", severity_name(i->severity));
	json_put_str(o, "urgency", urgencies[r->urgency]);
	json_put_text(o, "priority", r->priority);
	json_put_str(o, "state", alert_state_name(i->state));
	json_put_text(o, "title", i->title);
	json_put_text(o, "service", i->service);
	json_put_time(o, "started_at", i->started_at);
	json_put_time(o, "acknowledged_at", r->taken_at);
	json_put_text(o, "acknowledged_by", r->acked_by);
	json_put_time(o, "ended_at", i->ended_at);
	json_put_text(o, "resolved_by", r->resolved_by);
	json_put_text(o, "link", r->link);
}

static bool complete(const struct app *app, char *why, size_t size)
{
	return incidents_words(app->incidents, why, size);
}

const struct listing incidents_listing = {
	.noun = "incidents",
	.schema = "oogway.incidents/1",
	.columns = columns,
	.column_count = sizeof columns / sizeof columns[0],
	.changes = CHANGED_PAST,
	.count = rows,
	.row = row_at,
	.id = id_of,
	.find = find,
	.json = json,
	.complete = complete,
};
