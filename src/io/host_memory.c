/* Memory, swap and the kernel's own tables (open files, connections tracked,
 * processes and threads): what runs out first. Processes are counted without a walk
 * through /proc. Whichever thread reads the host. */
#include "host_parts.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OOM_STEP_MS = 10000, OOM_WINDOW_MS = 300000, PAGE_DEFAULT = 4096 };

static bool value_of(struct scan text, const char *key, uint64_t *out)
{
	struct scan line;

	return scan_find(text, key, &line) && scan_u64(&line, out);
}

static void add_sizes(struct scan text, struct sink *sink)
{
	uint64_t total, available, swap, unused;

	if (value_of(text, "MemTotal:", &total) && total &&
		value_of(text, "MemAvailable:", &available))
		sink_add(sink, MEMORY, NULL,
			percent_of((double)total - (double)available, (double)total));
	if (value_of(text, "SwapTotal:", &swap) && swap &&
		value_of(text, "SwapFree:", &unused))
		sink_add(sink, SWAP, NULL,
			percent_of((double)swap - (double)unused, (double)swap));
}

/* Kills within the window: against the oldest reading that is not older. */
static double oom_kills(struct host *host, uint64_t kills, int64_t now)
{
	size_t newest = (host->oom_next + OOM_SLOTS - 1) % OOM_SLOTS;
	uint64_t base = kills;

	if (host->oom_count &&
		(kills < host->oom[newest].kills || now < host->oom[newest].at))
		host->oom_count = 0;
	if (!host->oom_count || now - host->oom[newest].at >= OOM_STEP_MS) {
		host->oom[host->oom_next] = (struct oom_slot){now, kills};
		host->oom_next = (host->oom_next + 1) % OOM_SLOTS;
		if (host->oom_count < OOM_SLOTS)
			host->oom_count++;
	}
	for (size_t i = 0; i < host->oom_count; i++) {
		struct oom_slot *slot =
			&host->oom[(host->oom_next + OOM_SLOTS - 1 - i) % OOM_SLOTS];

		base = slot->kills;
		if (now - slot->at > OOM_WINDOW_MS)
			break;
	}
	return (double)(kills - base);
}

static double page_size(void)
{
	long size = sysconf(_SC_PAGESIZE);

	return size > 0 ? (double)size : PAGE_DEFAULT;
}

static void add_events(
	struct host *host, struct scan text, int64_t now, struct sink *sink)
{
	uint64_t in, out, kills;

	if (value_of(text, "pswpin ", &in) && value_of(text, "pswpout ", &out)) {
		sink_add(sink, SWAP_IN, NULL,
			counter_rate(&host->swap[0], in, now) * page_size());
		sink_add(sink, SWAP_OUT, NULL,
			counter_rate(&host->swap[1], out, now) * page_size());
	}
	if (value_of(text, "oom_kill ", &kills))
		sink_add(sink, OOM_KILLS, NULL, oom_kills(host, kills, now));
}

void host_read_memory(struct host *host, int64_t now, struct sink *sink)
{
	struct scan text;

	if (host_text(host, FILE_MEMINFO, now, &text))
		add_sizes(text, sink);
	if (host_text(host, FILE_VMSTAT, now, &text))
		add_events(host, text, now, sink);
}

/* The link count of /proc is that of its own folders plus one for every process:
 * counted in one call instead of a walk. */
static int fixed_links(const struct host *host)
{
	char path[ROOT_MAX + 16];
	struct dirent *entry;
	int links = 2;
	DIR *dir;

	snprintf(path, sizeof path, "%s/proc", host->root);
	dir = opendir(path);
	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
			(entry->d_name[0] < '0' || entry->d_name[0] > '9'))
			links++;
	closedir(dir);
	return links;
}

void host_find_limits(struct host *host)
{
	static const char *const paths[] = {
		"/proc/sys/kernel/pid_max",
		"/proc/sys/kernel/threads-max",
	};

	host->proc_fixed_links = fixed_links(host);
	host->threads_max = NAN;
	for (int i = 0; i < 2; i++) {
		char buf[32];
		struct scan text = host_once(host, paths[i], buf, sizeof buf);
		uint64_t limit;

		if (scan_u64(&text, &limit) && limit)
			host->threads_max = fmin(host->threads_max, (double)limit);
	}
}

static void add_processes(struct host *host, int64_t now, struct sink *sink)
{
	char path[ROOT_MAX + 16];
	struct scan text, word;
	struct stat st;
	uint64_t threads;

	snprintf(path, sizeof path, "%s/proc", host->root);
	if (host->proc_fixed_links >= 0 && !stat(path, &st) &&
		st.st_nlink >= (nlink_t)host->proc_fixed_links)
		sink_add(sink, PROCESSES, NULL,
			(double)st.st_nlink - host->proc_fixed_links);
	/* 0.20 0.06 0.04 1/92 8936: running/all */
	if (!host_text(host, FILE_LOADAVG, now, &text) || !scan_skip(&text, 3) ||
		!scan_word(&text, &word))
		return;
	while (word.at < word.end && *word.at != '/')
		word.at++;
	if (word.at < word.end)
		word.at++;
	if (scan_u64(&word, &threads)) {
		struct host_metric *m = sink_add(sink, THREADS, NULL, (double)threads);

		if (m) {
			m->warn = host->threads_max * 0.8;
			m->critical = host->threads_max * 0.95;
		}
	}
}

void host_read_kernel(struct host *host, int64_t now, struct sink *sink)
{
	uint64_t used, unused, max;
	struct scan text;

	if (host_text(host, FILE_CONNTRACK, now, &text) && scan_u64(&text, &used) &&
		host_text(host, FILE_CONNTRACK_MAX, now, &text) &&
		scan_u64(&text, &max) && max)
		sink_add(sink, CONNTRACK, NULL, percent_of((double)used, (double)max));
	if (host_text(host, FILE_OPEN_FILES, now, &text) && scan_u64(&text, &used) &&
		scan_u64(&text, &unused) && scan_u64(&text, &max) && max)
		sink_add(sink, OPEN_FILES, NULL,
			percent_of((double)used - (double)unused, (double)max));
	add_processes(host, now, sink);
}
