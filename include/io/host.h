/* This host, from /proc and /sys: counters read, rates computed. Pure functions over
 * a root directory, so that tests bring their own /proc. Called in a task or on
 * main (a full read without processes takes well under a millisecond). */
#ifndef IO_HOST_H
#define IO_HOST_H

#include "base/err.h"
#include "base/untrusted.h"
#include "model/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host;

enum { HOST_MAX_METRICS = 256, HOST_NAME = 64, HOST_MAX_PROCS = 64 };

/* One number of this host. `name` is built from foreign words (device, mount and
 * interface names) through text_line, at most HOST_NAME bytes: "cpu", "cpu iowait",
 * "load 1m", "memory", "swap", "disk /", "disk / inodes", "sda read", "eth0 in",
 * "pressure cpu", "pressure memory", "pressure io", "open files", "processes",
 * "temp CPU", … in the order of the pane. */
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
	char user[32];
	double cpu_percent; /* of one core, since the last scan */
	double rss_bytes;
};

/* root: "" for the real host. */
struct host *host_new(const char *root);
void host_free(struct host *host);
/* Reads everything but processes. Returns the number of metrics, in out[]. A part
 * that cannot be read is left out. */
size_t host_read(struct host *host, int64_t now, struct host_metric *out, size_t max);
/* The busiest processes by CPU, then memory. The first scan has no CPU figures. */
size_t host_scan_procs(struct host *host, int64_t now, struct host_proc *out, size_t max);
/* Node name, through text_to_id or "localhost". */
const char *host_name(const struct host *host);

#endif
