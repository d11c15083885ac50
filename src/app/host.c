/* Reads this host on the tick grid and hands the numbers to metrics. */
#include "app/host.h"

#include "pipeline.h"
#include "app/setting.h"
#include "base/alloc.h"
#include "base/time.h"

struct host_reader {
	struct app *app;
	struct host *host;
	int64_t next_at;
	bool procs_on;
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

void host_reader_free(struct host_reader *reader)
{
	if (!reader)
		return;
	host_free(reader->host);
	mem_free(reader);
}

void host_reader_read(struct host_reader *reader, int64_t now)
{
	struct host_metric list[HOST_MAX_METRICS];
	size_t n = host_read(reader->host, time_mono_ms(), list, HOST_MAX_METRICS);

	pipeline_reading(reader->app, now, list, n);
}

void host_reader_tick(struct host_reader *reader, int64_t now)
{
	int64_t every = app_setting(reader->app, SET_REFRESH);

	if (now < reader->next_at)
		return;
	/* On the grid, so that several readers share their wake-ups. */
	reader->next_at = (now / every + 1) * every;
	host_reader_read(reader, now);
	if (reader->procs_on) {
		reader->proc_count =
			host_scan_procs(reader->host, now, reader->procs, HOST_MAX_PROCS);
		app_changed(reader->app, CHANGED_METRICS);
	}
}

void host_reader_watch_procs(struct host_reader *reader, bool on)
{
	if (!reader || reader->procs_on == on)
		return;
	reader->procs_on = on;
	if (on)
		reader->proc_count = host_scan_procs(
			reader->host, time_now_ms(), reader->procs, HOST_MAX_PROCS);
}

size_t host_reader_procs(const struct host_reader *reader, const struct host_proc **out)
{
	if (!reader || !reader->procs_on)
		return 0;
	*out = reader->procs;
	return reader->proc_count;
}
