/* What the parts of io/host share: files kept open, counters, and the sink that
 * metrics go to. */
#ifndef HOST_PARTS_H
#define HOST_PARTS_H

#include "host_scan.h"
#include "io/host.h"

#include <sys/statvfs.h>

enum {
	ROOT_MAX = 512,
	MAX_MOUNTS = 32,
	MAX_DISKS = 24,
	MAX_NICS = 24,
	MAX_SENSORS = 8,
	MOUNT_PATH = 512,
	OOM_SLOTS = 31,
};

enum file_id {
	FILE_STAT,
	FILE_LOADAVG,
	FILE_UPTIME,
	FILE_MEMINFO,
	FILE_VMSTAT,
	FILE_PRESSURE_CPU,
	FILE_PRESSURE_MEMORY,
	FILE_PRESSURE_IO,
	FILE_MOUNTS,
	FILE_DISKS,
	FILE_NICS,
	FILE_SNMP,
	FILE_CONNTRACK,
	FILE_CONNTRACK_MAX,
	FILE_OPEN_FILES,
	FILE_COUNT,
};

enum metric_id {
	CPU,
	CPU_USER,
	CPU_SYSTEM,
	CPU_IOWAIT,
	CPU_STEAL,
	LOAD_1,
	LOAD_5,
	LOAD_15,
	BLOCKED,
	PRESSURE_CPU,
	PRESSURE_MEMORY,
	PRESSURE_IO,
	MEMORY,
	SWAP,
	SWAP_IN,
	SWAP_OUT,
	OOM_KILLS,
	MOUNT_USED,
	MOUNT_INODES,
	DISK_READ,
	DISK_WRITE,
	DISK_BUSY,
	NIC_IN,
	NIC_OUT,
	NIC_ERRORS,
	TCP_ESTABLISHED,
	TCP_RETRANSMITS,
	CONNTRACK,
	OPEN_FILES,
	PROCESSES,
	THREADS,
	TEMPERATURE,
	UPTIME,
	METRIC_COUNT,
};

struct sink {
	struct host_metric *out;
	size_t count, max;
};

/* A number that only grows. */
struct counter {
	uint64_t value;
	int64_t at;
	bool known;
};

struct oom_slot {
	int64_t at;
	uint64_t kills;
};

struct mount {
	char path[MOUNT_PATH];
	char names[2][HOST_NAME];
	uint64_t key; /* what it shares its space with */
	bool whole;   /* not a bind mount of a directory */
};

/* A disk or an interface; found again by the hash of its name. */
struct device {
	uint64_t key;
	bool shown, seen;
	char names[3][HOST_NAME];
	struct counter counters[3];
};

struct device_set {
	struct device list[MAX_DISKS];
	size_t count;
};

struct host_file {
	int fd;
	int64_t retry_at;
};

struct proc_table;

struct host {
	char root[ROOT_MAX];
	char name[HOST_NAME];
	struct host_file files[FILE_COUNT];
	char *text;
	size_t text_cap;
	int (*statvfs)(const char *, struct statvfs *);
	int cores;
	struct counter cpu[5], swap[2], retransmits;
	struct oom_slot oom[OOM_SLOTS];
	size_t oom_count, oom_next;
	struct mount mounts[MAX_MOUNTS];
	size_t mount_count;
	bool mounts_known;
	struct device_set disks, nics;
	int sensors[MAX_SENSORS];
	double sensor_warn, sensor_critical;
	size_t sensor_count;
	int proc_fixed_links; /* links of /proc that are not processes; -1: unknown */
	double threads_max;
	struct proc_table *procs; /* the scan's own; nothing else touches it */
};

/* Text of a file, valid until the next call; false when it is not there. */
bool host_text(struct host *host, enum file_id which, int64_t now, struct scan *out);
/* Text of a small file that is read once. */
struct scan host_once(const struct host *host, const char *path, char *buf, size_t n);
/* New metric, or NULL when the sink is full. name NULL: the row's own. */
struct host_metric *sink_add(
	struct sink *sink, enum metric_id id, const char *name, double value);
/* "prefix foreign suffix", always less than HOST_NAME bytes. */
void metric_name(char out[HOST_NAME], const char *prefix, struct untrusted foreign,
	const char *suffix);
/* Per second since the last call; NaN for the first and after a fall. */
double counter_rate(struct counter *counter, uint64_t value, int64_t now);
double percent_of(double part, double whole);
/* The device of that name; NULL when there is no room. fresh: not seen before. */
struct device *device_find(struct device_set *set, struct untrusted name, bool *fresh);
/* Forgets the devices not seen since the last call. */
void device_sweep(struct device_set *set);

void host_read_cpu(struct host *host, int64_t now, struct sink *sink);
void host_read_pressure(struct host *host, int64_t now, struct sink *sink);
void host_read_memory(struct host *host, int64_t now, struct sink *sink);
void host_read_mounts(struct host *host, int64_t now, struct sink *sink);
void host_read_disks(struct host *host, int64_t now, struct sink *sink);
void host_read_nics(struct host *host, int64_t now, struct sink *sink);
void host_read_tcp(struct host *host, int64_t now, struct sink *sink);
void host_read_kernel(struct host *host, int64_t now, struct sink *sink);
void host_read_sensors(struct host *host, int64_t now, struct sink *sink);
void host_find_sensors(struct host *host);
void host_find_limits(struct host *host);
void proc_table_free(struct proc_table *table);

#endif
