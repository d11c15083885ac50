/* Columns and JSON of the lines that come from followed files on other machines, oldest
 * first.. Main thread. */
#include "app/listing.h"
#include "app/remote.h"

static void tail_host(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(((const struct followed_line *)row)->host));
	out->role = ROLE_STRONG;
}

static void tail_text(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct followed_line *)row)->text);
}

static const struct column tail_columns[] = {
	{"host", "Host", 10, 0, 0, tail_host},
	{"line", "Line", 30, 0, COLUMN_FLEX, tail_text},
};

static size_t tail_rows(const struct app *app)
{
	return followed_count(remote_followed(app->remote));
}

static const void *tail_row_at(const struct app *app, size_t i)
{
	return followed_line(remote_followed(app->remote), i);
}

static uint64_t tail_id(const void *row)
{
	return ((const struct followed_line *)row)->id;
}

static const void *tail_row(const struct app *app, uint64_t id)
{
	return followed_find(remote_followed(app->remote), id);
}

static bool tail_place(const struct app *app, uint64_t id, size_t *at)
{
	const struct followed *tail = remote_followed(app->remote);
	size_t count = followed_count(tail);

	if (!followed_find(tail, id))
		return false;
	*at = (size_t)(id - followed_line(tail, 0)->id);
	return *at < count;
}

static void tail_json(const struct app *app, const void *row, struct json_out *out)
{
	const struct followed_line *line = row;

	(void)app;
	json_put_str(out, "host", line->host);
	json_put_text(out, "line", line->text);
}

const struct listing tail_listing = {
	.noun = "tail",
	.schema = "oogway.tail/1",
	.columns = tail_columns,
	.column_count = sizeof tail_columns / sizeof tail_columns[0],
	.changes = CHANGED_REMOTE,
	.count = tail_rows,
	.row = tail_row_at,
	.id = tail_id,
	.find = tail_row,
	.place = tail_place,
	.json = tail_json,
};
