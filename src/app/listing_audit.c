/* Columns and JSON of audit records, oldest first. An
 * intent without an outcome is loud: nobody knows what
 * came of it. Main thread. */
#include "app/audits.h"
#include "app/listing.h"
#include "base/time.h"

#include <string.h>

static void audit_seq(const struct app *app, const void *row, struct cell *out)
{
	const struct audit_row *r = row;

	(void)app;
	cell_print(out, "%llu", (unsigned long long)r->seq);
	out->is_number = true;
	out->number = (double)r->seq;
	out->role = ROLE_DIM;
}

static void audit_when(const struct app *app, const void *row, struct cell *out)
{
	const struct audit_row *r = row;
	char text[TIME_TEXT];

	cell_print(out, "%s", time_stamp(r->at, app->now, text));
	out->is_number = true;
	out->number = (double)r->at;
	out->role = ROLE_DIM;
}

static void audit_kind(const struct app *app, const void *row, struct cell *out)
{
	const struct audit_row *r = row;

	(void)app;
	cell_text(out, untrusted_str(r->kind));
	out->role = !strcmp(r->kind, "refusal") ? ROLE_WARNING : ROLE_DIM;
}

static void audit_event(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(((const struct audit_row *)row)->event));
	out->role = ROLE_STRONG;
}

static void audit_target(const struct app *app, const void *row, struct cell *out)
{
	const struct audit_row *r = row;

	(void)app;
	cell_text(out, untrusted_empty(r->target) ? r->id : r->target);
}

static void audit_result(const struct app *app, const void *row, struct cell *out)
{
	const struct audit_row *r = row;

	(void)app;
	cell_text(out, untrusted_str(r->result));
	out->role = r->is_intent && !r->outcome ? ROLE_ALARM : ROLE_TEXT;
}

static void audit_who(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(((const struct audit_row *)row)->who));
	out->role = ROLE_DIM;
}

static void audit_origin(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(((const struct audit_row *)row)->origin));
	out->role = ROLE_DIM;
}

static const struct column audit_columns[] = {
	{"seq", "No.", 5, 2, COLUMN_RIGHT | COLUMN_DESC, audit_seq},
	{"time", "Time", 12, 1, COLUMN_DESC, audit_when},
	{"kind", "Kind", 7, 3, 0, audit_kind},
	{"event", "What", 16, 0, 0, audit_event},
	{"target", "On", 12, 0, COLUMN_FLEX, audit_target},
	{"result", "Result", 12, 0, COLUMN_FLEX, audit_result},
	{"who", "Who", 8, 4, 0, audit_who},
	{"origin", "From", 8, 5, 0, audit_origin},
};

static size_t audit_rows(const struct app *app)
{
	return audits_count(app->audits);
}

static const void *audit_row_at(const struct app *app, size_t i)
{
	return audits_row(app->audits, i);
}

static uint64_t audit_id(const void *row)
{
	return ((const struct audit_row *)row)->seq;
}

static const void *audit_find(const struct app *app, uint64_t id)
{
	return audits_find(app->audits, id);
}

static void audit_json(const struct app *app, const void *row, struct json_out *o)
{
	const struct audit_row *r = row;

	(void)app;
	json_put_i64(o, "seq", (int64_t)r->seq);
	json_put_time(o, "at", r->at);
	json_put_str(o, "kind", r->kind);
	json_put_str(o, "event", r->event);
	json_put_str(o, "class", r->class);
	json_put_str(o, "who", r->who);
	json_put_str(o, "origin", r->origin);
	json_put_str(o, "source", r->source);
	json_put_text(o, "id", r->id);
	json_put_text(o, "target", r->target);
	json_put_str(o, "result", r->result);
	json_put_i64(o, "ref", (int64_t)r->ref);
	json_put_i64(o, "outcome", (int64_t)r->outcome);
}

static bool audit_complete(const struct app *app, char *why, size_t size)
{
	return audits_complete(app->audits, why, size);
}

const struct listing audit_listing = {
	.noun = "audit",
	.schema = "oogway.audit/1",
	.columns = audit_columns,
	.column_count = sizeof audit_columns / sizeof audit_columns[0],
	.changes = CHANGED_AUDIT,
	.count = audit_rows,
	.row = audit_row_at,
	.id = audit_id,
	.find = audit_find,
	.json = audit_json,
	.complete = audit_complete,
};
