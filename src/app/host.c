/* Reads this host on the tick grid and hands the numbers to the pipeline. Processes
 * are scanned on a pool thread, and only while somebody looks. Main thread. */
#include "app/host.h"

#include "app/setting.h"
#include "base/alloc.h"
#include "base/time.h"
#include "io/task.h"
#include "pipeline.h"

#include <string.h>

/* Lives until its task is done, also when the reader is gone before. */
struct scan {
	struct task task;
	struct host_reader *reader; /* NULL: nobody waits for it */
	struct host *host;          /* only its process part is touched */
	int64_t now;
	struct host_proc procs[HOST_MAX_PROCS];
	size_t count;
	bool running;
};

struct host_reader {
	struct app *app;
	struct host *host;
	int64_t next_at;
	bool procs_on;
	struct scan *scan;
	struct host_proc procs[HOST_MAX_PROCS];
	size_t proc_count;
};

struct host_reader *host_reader_new(struct app *app, const char *root)
{
	struct host_reader *reader = mem_new(1, sizeof *reader);

	reader->app = app;
	reader->host = host_new(root ? root : "");
	return reader;
}

static void free_scan(struct scan *scan)
{
	host_free(scan->host);
	mem_free(scan);
}

void host_reader_free(struct host_reader *reader)
{
	if (!reader)
		return;
	if (reader->scan && reader->scan->running)
		reader->scan->reader = NULL;
	else if (reader->scan)
		free_scan(reader->scan);
	host_free(reader->host);
	mem_free(reader);
}

void host_reader_read(struct host_reader *reader, int64_t now)
{
	struct host_metric list[HOST_MAX_METRICS];
	size_t n = host_read(reader->host, time_mono_ms(), list, HOST_MAX_METRICS);

	pipeline_reading(reader->app, now, list, n);
}

static void scan_work(struct task *task)
{
	struct scan *scan = (struct scan *)task;

	scan->count = host_scan_procs(scan->host, scan->now, scan->procs, HOST_MAX_PROCS);
}

static void scan_done(struct task *task)
{
	struct scan *scan = (struct scan *)task;
	struct host_reader *reader = scan->reader;

	scan->running = false;
	if (!reader) {
		free_scan(scan);
		return;
	}
	memcpy(reader->procs, scan->procs, scan->count * sizeof *scan->procs);
	reader->proc_count = scan->count;
	app_changed(reader->app, CHANGED_PROCESSES);
}

static void start_scan(struct host_reader *reader)
{
	struct scan *scan = reader->scan;

	if (!scan) {
		scan = reader->scan = mem_new(1, sizeof *scan);
		scan->host = host_new("");
		scan->reader = reader;
		scan->task = (struct task){
			.work = scan_work, .done = scan_done, .class = TASK_INTERACTIVE};
	}
	if (scan->running)
		return;
	scan->running = true;
	scan->now = time_mono_ms();
	task_submit(reader->app->pool, &scan->task);
}

void host_reader_tick(struct host_reader *reader, int64_t now)
{
	int64_t every = app_setting(reader->app, SET_REFRESH);

	if (now < reader->next_at)
		return;
	/* On the grid, so that several readers share their wake-ups. */
	reader->next_at = (now / every + 1) * every;
	host_reader_read(reader, now);
	if (reader->procs_on)
		start_scan(reader);
}

void host_reader_watch_procs(struct host_reader *reader, bool on)
{
	if (!reader || reader->procs_on == on)
		return;
	reader->procs_on = on;
	if (on)
		start_scan(reader);
}

size_t host_reader_proc_count(const struct host_reader *reader)
{
	return reader ? reader->proc_count : 0;
}

const struct host_proc *host_reader_proc(const struct host_reader *reader, size_t i)
{
	return &reader->procs[i];
}
