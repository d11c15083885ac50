/* Columns and JSON of processes: the busiest and the
 * largest of this host, as the last scan saw them.
 * Main thread. */
#include "app/host.h"
#include "app/listing.h"

#include <math.h>

static void proc_pid(const struct app *app, const void *row, struct cell *out)
{
	const struct host_proc *p = row;

	(void)app;
	cell_print(out, "%d", p->pid);
	out->is_number = true;
	out->number = p->pid;
	out->role = ROLE_DIM;
}

static void proc_name(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_print(out, "%s", ((const struct host_proc *)row)->name);
	out->role = ROLE_STRONG;
}

static void proc_user(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_print(out, "%s", ((const struct host_proc *)row)->user);
	out->role = ROLE_DIM;
}

static void proc_cpu(const struct app *app, const void *row, struct cell *out)
{
	const struct host_proc *p = row;

	(void)app;
	out->is_number = true;
	out->number = isnan(p->cpu_percent) ? -1 : p->cpu_percent;
	/* Not known before its second scan. */
	if (isnan(p->cpu_percent))
		cell_print(out, "-");
	else
		cell_print(out, "%.0f %%", p->cpu_percent);
	out->role = p->cpu_percent >= 80 ? ROLE_WARNING : ROLE_TEXT;
}

static void proc_memory(const struct app *app, const void *row, struct cell *out)
{
	const struct host_proc *p = row;
	char text[UNIT_TEXT];

	(void)app;
	cell_print(out, "%s", unit_text(UNIT_BYTES, p->rss_bytes, text));
	out->is_number = true;
	out->number = p->rss_bytes;
}

/* D (waiting for a disk) and Z (zombie) are what one looks for. */
static void proc_state(const struct app *app, const void *row, struct cell *out)
{
	const struct host_proc *p = row;

	(void)app;
	cell_print(out, "%c", p->state);
	out->role = p->state == 'D' || p->state == 'Z' ? ROLE_WARNING : ROLE_DIM;
}

static void proc_threads(const struct app *app, const void *row, struct cell *out)
{
	const struct host_proc *p = row;

	(void)app;
	cell_print(out, "%d", p->threads);
	out->is_number = true;
	out->number = p->threads;
	out->role = ROLE_DIM;
}

static const struct column process_columns[] = {
	{"cpu", "CPU", 6, 0, COLUMN_RIGHT | COLUMN_DESC, proc_cpu},
	{"memory", "Memory", 8, 0, COLUMN_RIGHT | COLUMN_DESC, proc_memory},
	{"name", "Process", 14, 0, COLUMN_FLEX, proc_name},
	{"pid", "PID", 7, 2, COLUMN_RIGHT, proc_pid},
	{"user", "User", 10, 4, 0, proc_user},
	{"state", "S", 1, 5, 0, proc_state},
	{"threads", "Thr", 4, 6, COLUMN_RIGHT | COLUMN_DESC, proc_threads},
};

static size_t process_rows(const struct app *app)
{
	return host_reader_proc_count(app->host_reader);
}

static const void *process_row(const struct app *app, size_t i)
{
	return host_reader_proc(app->host_reader, i);
}

static uint64_t process_id(const void *row)
{
	return (uint64_t)((const struct host_proc *)row)->pid;
}

static const void *process_find(const struct app *app, uint64_t id)
{
	for (size_t i = 0; i < process_rows(app); i++)
		if (process_id(process_row(app, i)) == id)
			return process_row(app, i);
	return NULL;
}

static void process_json(const struct app *app, const void *row, struct json_out *o)
{
	const struct host_proc *p = row;
	const char state[2] = {p->state, 0};

	(void)app;
	json_put_i64(o, "pid", p->pid);
	json_put_str(o, "name", p->name);
	json_put_str(o, "user", p->user);
	json_put_str(o, "state", state);
	json_put_double(o, "cpu_percent", p->cpu_percent);
	json_put_double(o, "rss_bytes", p->rss_bytes);
	json_put_i64(o, "threads", p->threads);
}

const struct listing process_listing = {
	.noun = "process",
	.schema = "oogway.process/1",
	.columns = process_columns,
	.column_count = sizeof process_columns / sizeof process_columns[0],
	.changes = CHANGED_PROCESSES,
	.count = process_rows,
	.row = process_row,
	.id = process_id,
	.find = process_find,
	.json = process_json,
};
