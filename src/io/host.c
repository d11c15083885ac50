/* This host: the files of /proc kept open and read with pread, the names and default
 * limits of every metric, and the order in which the parts speak. The parts
 * themselves are host_*.c. Allocates at birth only (a file larger than the buffer
 * makes it grow once, to a maximum). One thread at a time, whichever. */
#include "host_parts.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_FIRST = 64 << 10, TEXT_MAX = 1 << 20, RETRY_MS = 60000 };

static const char *const file_paths[FILE_COUNT] = {
	[FILE_STAT] = "/proc/stat",
	[FILE_LOADAVG] = "/proc/loadavg",
	[FILE_UPTIME] = "/proc/uptime",
	[FILE_MEMINFO] = "/proc/meminfo",
	[FILE_VMSTAT] = "/proc/vmstat",
	[FILE_PRESSURE_CPU] = "/proc/pressure/cpu",
	[FILE_PRESSURE_MEMORY] = "/proc/pressure/memory",
	[FILE_PRESSURE_IO] = "/proc/pressure/io",
	[FILE_MOUNTS] = "/proc/self/mountinfo",
	[FILE_DISKS] = "/proc/diskstats",
	[FILE_NICS] = "/proc/net/dev",
	[FILE_SNMP] = "/proc/net/snmp",
	[FILE_CONNTRACK] = "/proc/sys/net/netfilter/nf_conntrack_count",
	[FILE_CONNTRACK_MAX] = "/proc/sys/net/netfilter/nf_conntrack_max",
	[FILE_OPEN_FILES] = "/proc/sys/fs/file-nr",
};

/* Names of devices are built by their part; theirs here are only labels. */
static const struct {
	const char *name;
	enum unit unit;
	double warn, critical;
} metrics[METRIC_COUNT] = {
	[CPU] = {"cpu", UNIT_PERCENT, 85, 95},
	[CPU_USER] = {"cpu user", UNIT_PERCENT, NAN, NAN},
	[CPU_SYSTEM] = {"cpu system", UNIT_PERCENT, NAN, NAN},
	[CPU_IOWAIT] = {"cpu iowait", UNIT_PERCENT, 20, 50},
	[CPU_STEAL] = {"cpu steal", UNIT_PERCENT, 10, 30},
	/* Limits of the loads are for each core. */
	[LOAD_1] = {"load 1m", UNIT_NONE, 2, 4},
	[LOAD_5] = {"load 5m", UNIT_NONE, 1.5, 3},
	[LOAD_15] = {"load 15m", UNIT_NONE, 1.2, 2},
	[BLOCKED] = {"blocked", UNIT_NONE, NAN, NAN},
	[PRESSURE_CPU] = {"pressure cpu", UNIT_PERCENT, 40, 80},
	[PRESSURE_MEMORY] = {"pressure memory", UNIT_PERCENT, 10, 40},
	[PRESSURE_IO] = {"pressure io", UNIT_PERCENT, 40, 80},
	[MEMORY] = {"memory", UNIT_PERCENT, 90, 97},
	[SWAP] = {"swap", UNIT_PERCENT, 80, 95},
	[SWAP_IN] = {"swap in", UNIT_BYTES_PER_S, 1 << 20, 20 << 20},
	[SWAP_OUT] = {"swap out", UNIT_BYTES_PER_S, 1 << 20, 20 << 20},
	[OOM_KILLS] = {"oom kills", UNIT_NONE, 1, 5},
	[MOUNT_USED] = {"disk", UNIT_PERCENT, 85, 95},
	[MOUNT_INODES] = {"inodes", UNIT_PERCENT, 85, 95},
	[DISK_READ] = {"read", UNIT_BYTES_PER_S, NAN, NAN},
	[DISK_WRITE] = {"write", UNIT_BYTES_PER_S, NAN, NAN},
	[DISK_BUSY] = {"busy", UNIT_PERCENT, 95, NAN},
	[NIC_IN] = {"in", UNIT_BYTES_PER_S, NAN, NAN},
	[NIC_OUT] = {"out", UNIT_BYTES_PER_S, NAN, NAN},
	[NIC_ERRORS] = {"errors", UNIT_PER_S, 10, 100},
	[TCP_ESTABLISHED] = {"tcp established", UNIT_NONE, NAN, NAN},
	[TCP_RETRANSMITS] = {"tcp retransmits", UNIT_PER_S, NAN, NAN},
	[CONNTRACK] = {"conntrack", UNIT_PERCENT, 80, 95},
	[OPEN_FILES] = {"open files", UNIT_PERCENT, 80, 95},
	[PROCESSES] = {"processes", UNIT_NONE, NAN, NAN},
	[THREADS] = {"threads", UNIT_NONE, NAN, NAN},
	[TEMPERATURE] = {"temp CPU", UNIT_CELSIUS, 85, 95},
	[UPTIME] = {"uptime", UNIT_SECONDS, NAN, NAN},
};

static void (*const parts[])(struct host *, int64_t, struct sink *) = {
	host_read_cpu,
	host_read_pressure,
	host_read_memory,
	host_read_mounts,
	host_read_disks,
	host_read_nics,
	host_read_tcp,
	host_read_kernel,
	host_read_sensors,
};

static bool file_path(const struct host *host, const char *path, char *out, size_t size)
{
	int n = snprintf(out, size, "%s%s", host->root, path);

	return n > 0 && (size_t)n < size;
}

static bool file_open(struct host *host, enum file_id which, int64_t now)
{
	struct host_file *file = &host->files[which];
	char path[ROOT_MAX + 64];

	if (now < file->retry_at)
		return false;
	file->retry_at = now + RETRY_MS;
	if (file_path(host, file_paths[which], path, sizeof path))
		file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return file->fd >= 0;
}

static bool text_full(struct host *host, size_t n)
{
	if (n + 1 < host->text_cap)
		return false;
	if (host->text_cap >= TEXT_MAX)
		return true;
	host->text_cap *= 4;
	host->text = mem_resize(host->text, host->text_cap, 1);
	return false;
}

bool host_text(struct host *host, enum file_id which, int64_t now, struct scan *out)
{
	struct host_file *file = &host->files[which];
	size_t n = 0;

	if (file->fd < 0 && !file_open(host, which, now))
		return false;
	while (!text_full(host, n)) {
		ssize_t got =
			pread(file->fd, host->text + n, host->text_cap - 1 - n, (off_t)n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			close(file->fd);
			file->fd = -1;
			file->retry_at = now + RETRY_MS;
			return false;
		}
		if (!got)
			break;
		n += (size_t)got;
	}
	*out = (struct scan){host->text, host->text + n};
	return true;
}

struct scan host_once(const struct host *host, const char *path, char *buf, size_t n)
{
	char full[ROOT_MAX + 320];
	ssize_t got = -1;
	int fd;

	if (file_path(host, path, full, sizeof full)) {
		fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0) {
			got = read(fd, buf, n);
			close(fd);
		}
	}
	return (struct scan){buf, buf + (got > 0 ? got : 0)};
}

struct host_metric *sink_add(
	struct sink *sink, enum metric_id id, const char *name, double value)
{
	struct host_metric *m;

	if (sink->count == sink->max)
		return NULL;
	m = &sink->out[sink->count++];
	str_copy(m->name, sizeof m->name, name ? name : metrics[id].name);
	m->unit = metrics[id].unit;
	m->value = value;
	m->warn = metrics[id].warn;
	m->critical = metrics[id].critical;
	m->below = false;
	return m;
}

void metric_name(char out[HOST_NAME], const char *prefix, struct untrusted foreign,
	const char *suffix)
{
	char line[HOST_NAME * 4], word[HOST_NAME], tail[16] = "", hash[HASH_TEXT];
	size_t room = HOST_NAME - strlen(prefix) - strlen(suffix);

	text_line(foreign, line, sizeof line);
	if (strlen(line) >= room) {
		untrusted_hash_lasting(foreign, hash);
		snprintf(tail, sizeof tail, "~%.8s", hash);
		room -= strlen(tail);
	}
	str_copy(word, room, line);
	str_copy(out, HOST_NAME, prefix);
	for (int i = 0; i < 3; i++) {
		const char *piece = i == 0 ? word : i == 1 ? tail : suffix;
		size_t n = strlen(out);

		str_copy(out + n, HOST_NAME - n, piece);
	}
}

double counter_rate(struct counter *counter, uint64_t value, int64_t now)
{
	struct counter old = *counter;

	*counter = (struct counter){value, now, true};
	if (!old.known || now <= old.at || value < old.value)
		return NAN;
	return (double)(value - old.value) * 1000 / (double)(now - old.at);
}

double percent_of(double part, double whole)
{
	double percent = whole > 0 ? part * 100 / whole : 0;

	return percent < 0 ? 0 : percent > 100 ? 100 : percent;
}

struct device *device_find(struct device_set *set, struct untrusted name, bool *fresh)
{
	uint64_t key = untrusted_hash(name);
	struct device *d;

	*fresh = false;
	for (size_t i = 0; i < set->count; i++)
		if (set->list[i].key == key)
			return &set->list[i];
	if (set->count == sizeof set->list / sizeof set->list[0])
		return NULL;
	d = &set->list[set->count++];
	*d = (struct device){.key = key};
	*fresh = true;
	return d;
}

void device_sweep(struct device_set *set)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		bool seen = set->list[i].seen;

		set->list[i].seen = false;
		if (seen)
			set->list[kept++] = set->list[i];
	}
	set->count = kept;
}

static void find_name(struct host *host)
{
	char buf[HOST_NAME * 2];
	struct scan text = host_once(host, "/proc/sys/kernel/hostname", buf, sizeof buf);

	if (!text_to_id(untrusted_trim(scan_text(text)), host->name, sizeof host->name))
		str_copy(host->name, sizeof host->name, "localhost");
}

struct host *host_new(const char *root)
{
	struct host *host = mem_new(1, sizeof *host);

	str_copy(host->root, sizeof host->root, root);
	host->statvfs = statvfs;
	host->text_cap = TEXT_FIRST;
	host->text = mem_new(1, host->text_cap);
	host->cores = 1;
	for (int i = 0; i < FILE_COUNT; i++)
		host->files[i] = (struct host_file){-1, INT64_MIN};
	find_name(host);
	host_find_limits(host);
	host_find_sensors(host);
	return host;
}

void host_free(struct host *host)
{
	if (!host)
		return;
	for (int i = 0; i < FILE_COUNT; i++)
		if (host->files[i].fd >= 0)
			close(host->files[i].fd);
	for (size_t i = 0; i < host->sensor_count; i++)
		close(host->sensors[i]);
	proc_table_free(host->procs);
	mem_free(host->text);
	mem_free(host);
}

void host_set_statvfs(struct host *host, int (*read)(const char *, struct statvfs *))
{
	host->statvfs = read;
}

size_t host_read(struct host *host, int64_t now, struct host_metric *out, size_t max)
{
	struct sink sink = {out, 0, max};

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		parts[i](host, now, &sink);
	return sink.count;
}

int host_cores(const struct host *host)
{
	return host->cores;
}

const char *host_name(const struct host *host)
{
	return host->name;
}
