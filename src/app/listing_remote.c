/* Columns and JSON of the hosts of the newest run on other machines, in the order in
 * which they were named. What they printed is shown by its first line; the page of a host
 * has the rest. Main thread. */
#include "app/listing.h"
#include "app/remote.h"
#include "base/time.h"

static void remote_host(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(((const struct fan_host *)row)->name));
	out->role = ROLE_STRONG;
}

static void remote_state(const struct app *app, const void *row, struct cell *out)
{
	static const char *const stages[SSH_STATE_COUNT] = {
		[SSH_WAITING] = "waiting",
		[SSH_CONNECTING] = "connecting",
		[SSH_AUTHENTICATING] = "logging in",
		[SSH_ASKING] = "asking",
		[SSH_STARTING] = "starting",
		[SSH_RUNNING] = "running",
	};
	const struct fan_host *host = row;
	char text[60];

	(void)app;
	if (host->state == FAN_CONNECTING && host->stage < SSH_STATE_COUNT)
		cell_text(out, untrusted_str(stages[host->stage]));
	else if (host->state > FAN_RUNNING)
		cell_print(out, "%s", fan_result(host, text, sizeof text));
	else
		cell_text(out, untrusted_str(fan_state_names[host->state]));
	out->role = host->state == FAN_DONE      ? ROLE_OK
		    : host->state <= FAN_RUNNING ? ROLE_DIM
		    : host->state == FAN_SKIPPED ? ROLE_DIM
						 : ROLE_CRITICAL;
}

static void remote_took(const struct app *app, const void *row, struct cell *out)
{
	const struct fan_host *host = row;
	int64_t end = host->ended_at ? host->ended_at : app->now;
	char text[TIME_TEXT];

	if (!host->started_at)
		return;
	out->is_number = true;
	out->number = (double)(end > host->started_at ? end - host->started_at : 0);
	cell_print(out, "%s", duration_text((int64_t)out->number, text));
	out->role = ROLE_DIM;
}

static void remote_group(const struct app *app, const void *row, struct cell *out)
{
	const struct fan_host *host = row;

	(void)app;
	if (host->group < 0)
		return;
	out->is_number = true;
	out->number = host->group;
	cell_print(out, "%d", host->group + 1);
	/* The first is what most have come to. */
	out->role = host->group ? ROLE_WARNING : ROLE_DIM;
}

static void remote_bytes(const struct app *app, const void *row, struct cell *out)
{
	const struct fan_host *host = row;

	(void)app;
	out->is_number = true;
	out->number = (double)(host->bytes[0] + host->bytes[1]);
	cell_print(out, "%.0f", out->number);
	out->role = ROLE_DIM;
}

static void remote_said(const struct app *app, const void *row, struct cell *out)
{
	const struct fan_host *host = row;
	int stream = host->shown[0].n ? 0 : 1;
	struct untrusted rest =
		untrusted_make(host->shown[stream].p, host->shown[stream].n);
	struct untrusted line = UNTRUSTED_NONE;

	(void)app;
	while (untrusted_empty(untrusted_trim(line)) && untrusted_line(&rest, &line))
		continue;
	if (*host->why)
		line = untrusted_str(host->why);
	cell_text(out, untrusted_trim(line));
	if (*host->why || stream)
		out->role = ROLE_WARNING;
}

static const struct column remote_columns[] = {
	{"host", "Host", 12, 0, 0 | COLUMN_WANT(30), remote_host},
	{"state", "State", 11, 0, 0, remote_state},
	{"time", "Time", 6, 2, COLUMN_RIGHT | COLUMN_DESC, remote_took},
	{"group", "Group", 5, 1, COLUMN_RIGHT, remote_group},
	{"bytes", "Bytes", 8, 3, COLUMN_RIGHT | COLUMN_DESC, remote_bytes},
	{"output", "Output", 20, 0, COLUMN_FLEX, remote_said},
};

static size_t remote_rows(const struct app *app)
{
	const struct fan *fan = remote_fan(app->remote, 0);

	return fan ? fan_count(fan) : 0;
}

static const void *remote_row_at(const struct app *app, size_t i)
{
	return fan_host(remote_fan(app->remote, 0), i);
}

/* Another run's rows are others. */
static uint64_t remote_id(const void *row)
{
	return ((const struct fan_host *)row)->key;
}

static const void *remote_find(const struct app *app, uint64_t id)
{
	const struct fan *fan = remote_fan(app->remote, 0);

	for (size_t i = 0; fan && i < fan_count(fan); i++)
		if (fan_host(fan, i)->key == id)
			return fan_host(fan, i);
	return NULL;
}

static void remote_json(const struct app *app, const void *row, struct json_out *out)
{
	(void)app;
	fan_json(row, out);
}

const struct listing remote_listing = {
	.noun = "remote",
	.schema = "oogway.remote/1",
	.columns = remote_columns,
	.column_count = sizeof remote_columns / sizeof remote_columns[0],
	.changes = CHANGED_REMOTE,
	.count = remote_rows,
	.row = remote_row_at,
	.id = remote_id,
	.find = remote_find,
	.json = remote_json,
};
