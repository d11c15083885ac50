/* This host, from /proc and /sys: counters read, rates computed. Pure functions over
 * a root directory, so that tests bring their own /proc.
 *
 * host_read() may run on main: it opens its files once, allocates nothing and takes
 * well under a millisecond. host_scan_procs() opens a file for every process: run it
 * in a task, only while somebody looks. The two share no state, so that a scan may
 * run on a pool thread while main reads; host_free() waits for neither. */
#ifndef IO_HOST_H
#define IO_HOST_H

#include "base/err.h"
#include "base/untrusted.h"
#include "base/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host;
struct statvfs;

enum { HOST_MAX_METRICS = 256, HOST_NAME = 64, HOST_MAX_PROCS = 64 };

/* One number of this host. `name` is stable and identifies it. Device, mount and
 * interface names are foreign: they come through text_line, and a name too long for
 * HOST_NAME ends with a hash of the whole. In the order of the pane:
 *
 *   cpu, cpu user, cpu system, cpu iowait, cpu steal        % of all cores together
 *   load 1m, load 5m, load 15m        limits relative to the cores
 *   blocked                           tasks waiting for a disk
 *   pressure cpu, pressure memory, pressure io   % of 10 s in which some task stalled
 *   memory, swap                      % used; memory by MemAvailable
 *   swap in, swap out                 bytes per second
 *   oom kills                         in the last 5 minutes, so that one is not missed
 *   disk MOUNT, disk MOUNT inodes     % used as df counts it (reserve is not free)
 *   DEV read, DEV write, DEV busy     physical disks only
 *   IF in, IF out, IF errors          errors and drops per second, both directions
 *   tcp established, tcp retransmits
 *   conntrack, open files             % of the maximum
 *   processes, threads
 *   temp CPU                          the hottest package
 *   uptime
 *
 * Left out: pseudo file systems, images (squashfs, iso9660), loop devices, second
 * mounts of a device, container layers, and every network or FUSE file system,
 * because statvfs() on a dead server hangs its caller for good. */
struct host_metric {
	char name[HOST_NAME];
	enum unit unit;
	double value;          /* NaN until there are two readings for a rate */
	double warn, critical; /* sensible defaults, NaN: none */
	bool below;            /* bad when low */
};

struct host_proc {
	int pid;
	char name[HOST_NAME]; /* comm, through text_line */
	char user[32];        /* through text_line; the number when there is no name */
	char state;           /* R running, S sleeping, D waiting for a disk, Z … */
	int threads;
	double cpu_percent; /* of one core, since the last scan; NaN in the first */
	double rss_bytes;
};

/* root: "" for the real host. */
struct host *host_new(const char *root);
void host_free(struct host *host);
/* What stands in for statvfs() in tests; paths come with the root in front. */
void host_set_statvfs(struct host *host, int (*read)(const char *, struct statvfs *));
/* Reads everything but processes. Returns the number of metrics, in out[]. A part
 * that cannot be read is left out. `now` is any clock in ms that does not jump
 * (time_mono_ms); no step forward, or a counter that fell (wrap, reset, replaced
 * device), makes the rate NaN once. */
size_t host_read(struct host *host, int64_t now, struct host_metric *out, size_t max);
/* The busiest processes by CPU and the largest by memory (a quarter of `max`, at most
 * HOST_MAX_PROCS, is kept for those), sorted by CPU, then memory. Looks at no more
 * than 65,536 processes. */
size_t host_scan_procs(struct host *host, int64_t now, struct host_proc *out, size_t max);
/* Cores that are on line, at least 1; known after the first host_read. */
int host_cores(const struct host *host);
/* Node name, through text_to_id or "localhost". */
const char *host_name(const struct host *host);

#endif
