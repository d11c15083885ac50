/* io/host over a root in memory: the input is cut at NUL bytes and the pieces become
 * its files. The files are opened once and rewritten, as the kernel does. */
#include "io/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const char *const paths[] = {
	"/proc/stat",
	"/proc/loadavg",
	"/proc/uptime",
	"/proc/meminfo",
	"/proc/vmstat",
	"/proc/pressure/cpu",
	"/proc/self/mountinfo",
	"/proc/diskstats",
	"/proc/net/dev",
	"/proc/net/snmp",
	"/proc/sys/fs/file-nr",
	"/proc/7/stat",
	"/proc/8/stat",
};

enum { PATHS = sizeof paths / sizeof paths[0] };

static char root[] = "/dev/shm/oogway-fuzz-XXXXXX";
static int fds[PATHS];
static struct host *host;

static int some_space(const char *path, struct statvfs *s)
{
	*s = (struct statvfs){.f_blocks = 10, .f_bfree = strlen(path) % 12, .f_files = 1};
	return 0;
}

static void remove_root(void)
{
	char command[64];

	host_free(host);
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	if (system(command))
		perror(root);
}

static void make_root(void)
{
	char path[200];

	if (!mkdtemp(root))
		abort();
	atexit(remove_root);
	for (int i = 0; i < PATHS; i++) {
		snprintf(path, sizeof path, "%s%s", root, paths[i]);
		for (char *at = path + sizeof root; (at = strchr(at, '/')); *at++ = '/') {
			*at = '\0';
			mkdir(path, 0700);
		}
		fds[i] = open(path, O_RDWR | O_CREAT, 0600);
		if (fds[i] < 0)
			abort();
	}
	host = host_new(root);
	host_set_statvfs(host, some_space);
}

static void fill(const unsigned char *data, size_t size)
{
	for (int i = 0; i < PATHS; i++) {
		const unsigned char *end = size ? memchr(data, '\0', size) : NULL;
		size_t n = end ? (size_t)(end - data) : size;

		if (ftruncate(fds[i], 0) || pwrite(fds[i], data, n, 0) != (ssize_t)n)
			abort();
		data += n + (end != NULL);
		size -= n + (end != NULL);
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static struct host_metric out[HOST_MAX_METRICS];
	static struct host_proc procs[HOST_MAX_PROCS];
	static int64_t now;
	size_t n;

	if (!host)
		make_root();
	for (int round = 0; round < 2; round++) {
		fill(data, size / (size_t)(round + 1));
		n = host_read(host, now += 1000, out, HOST_MAX_METRICS);
		for (size_t i = 0; i < n; i++)
			if (!memchr(out[i].name, '\0', HOST_NAME) ||
				out[i].value - out[i].value > 0)
				abort();
		host_scan_procs(host, now, procs, HOST_MAX_PROCS);
	}
	return 0;
}
