/* The host's figures from small trees of fake /proc and /sys files, and from files
 * that change between two readings. Run from the root of the repository. */
#include "base/alloc.h"
#include "base/text.h"
#include "io/host.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#define FIXTURES "tests/fixtures/host"

static struct host_metric read_out[HOST_MAX_METRICS];
static size_t read_count;

/* Three quarters used, none of the free half reserved; 10 % of the inodes. */
static int fake_statvfs(const char *path, struct statvfs *s)
{
	assert_null(strstr(path, "nfs"));
	assert_null(strstr(path, "sshfs"));
	*s = (struct statvfs){.f_blocks = 1000,
		.f_bfree = 250,
		.f_bavail = strstr(path, "data") ? 0 : 250,
		.f_files = strstr(path, "srv") || strstr(path, "home") ? 0 : 100,
		.f_ffree = 90};
	return 0;
}

static void read_at(struct host *host, int64_t now)
{
	read_count = host_read(host, now, read_out, HOST_MAX_METRICS);
	assert_true(read_count <= HOST_MAX_METRICS);
	for (size_t i = 0; i < read_count; i++) {
		assert_true(strlen(read_out[i].name) < HOST_NAME);
		for (size_t k = i + 1; k < read_count; k++)
			assert_string_not_equal(read_out[i].name, read_out[k].name);
		assert_false(isinf(read_out[i].value));
	}
}

static const struct host_metric *find(const char *name)
{
	for (size_t i = 0; i < read_count; i++)
		if (!strcmp(read_out[i].name, name))
			return &read_out[i];
	return NULL;
}

static double value(const char *name)
{
	const struct host_metric *m = find(name);

	if (!m)
		print_error("no metric \"%s\"\n", name);
	assert_non_null(m);
	return m->value;
}

static void near(double got, double want)
{
	if (!(fabs(got - want) < 1e-6 * (1 + fabs(want))))
		print_error("%.12g instead of %.12g\n", got, want);
	assert_true(fabs(got - want) < 1e-6 * (1 + fabs(want)));
}

struct expected {
	const char *name;
	double value, warn;
};

static void server_tree(void **state)
{
	static const struct expected rows[] = {
		{"cpu", NAN, 85},
		{"cpu user", NAN, NAN},
		{"cpu system", NAN, NAN},
		{"cpu iowait", NAN, 20},
		{"cpu steal", NAN, 10},
		{"load 1m", 3.2, 8},
		{"load 5m", 2.06, 6},
		{"load 15m", 1.04, 4.8},
		{"blocked", 2, NAN},
		{"pressure cpu", 12.34, 40},
		{"pressure memory", 0, 10},
		{"pressure io", 55, 40},
		{"memory", 75, 90},
		{"swap", 25, 80},
		{"swap in", NAN, 1 << 20},
		{"swap out", NAN, 1 << 20},
		{"oom kills", 0, 1},
		{"disk /", 75, 85},
		{"disk / inodes", 10, 85},
		{"disk /data of ops", 100, 85},
		{"disk /data of ops inodes", 10, 85},
		{"disk /dev/shm", 75, 85},
		{"disk /dev/shm inodes", 10, 85},
		{"disk /run", 75, 85},
		{"disk /run inodes", 10, 85},
		{"disk /srv", 75, 85},
		{"disk /var/lib/kubelet/pods/00000000-1111-2222-3333-4~H", 75, 85},
		{"disk /var/lib/kubelet/pods/00000000-1111-2222-3~H inodes", 10, 85},
		{"disk /var/lib/kubelet/pods/00000000-1111-2222-3333-4~H", 75, 85},
		{"disk /var/lib/kubelet/pods/00000000-1111-2222-3~H inodes", 10, 85},
		{"vda read", NAN, NAN},
		{"vda write", NAN, NAN},
		{"vda busy", NAN, 95},
		{"nvme0n1 read", NAN, NAN},
		{"nvme0n1 write", NAN, NAN},
		{"nvme0n1 busy", NAN, 95},
		{"eth0 in", NAN, NAN},
		{"eth0 out", NAN, NAN},
		{"eth0 errors", NAN, 10},
		{"tcp established", 42, NAN},
		{"tcp retransmits", NAN, NAN},
		{"conntrack", 90, 80},
		{"open files", 5.5, 80},
		{"processes", -1, NAN},
		{"threads", 412, 100800},
		{"temp CPU", 64, 85},
		{"uptime", 1377.87, NAN},
	};
	struct host *host = host_new(FIXTURES "/server");
	size_t n = sizeof rows / sizeof rows[0];

	(void)state;
	host_set_statvfs(host, fake_statvfs);
	read_at(host, 1000);
	for (size_t i = 0; i < n && i < read_count; i++) {
		const struct host_metric *m = &read_out[i];
		const char *cut = strstr(rows[i].name, "~H");

		if (cut) /* eight digits of a hash stand there */
			assert_int_equal(strncmp(m->name, rows[i].name, 40), 0);
		else
			assert_string_equal(m->name, rows[i].name);
		if (isnan(rows[i].value))
			assert_true(isnan(m->value));
		else if (rows[i].value >= 0)
			near(m->value, rows[i].value);
		assert_int_equal(isnan(rows[i].warn), isnan(m->warn));
		if (!isnan(rows[i].warn))
			near(m->warn, rows[i].warn);
	}
	assert_int_equal(read_count, n);
	assert_string_equal(host_name(host), "db-01.example");
	assert_int_equal(host_cores(host), 4);
	host_free(host);
}

static void container_tree(void **state)
{
	struct host *host = host_new(FIXTURES "/container");

	(void)state;
	host_set_statvfs(host, fake_statvfs);
	read_at(host, 1000);
	near(value("memory"), 75);
	assert_null(find("swap"));
	assert_null(find("cpu"));
	assert_non_null(find("disk /"));
	assert_non_null(find("disk /data"));
	assert_null(find("disk /etc/hosts"));
	assert_string_equal(host_name(host), "localhost");
	host_free(host);
}

static void nothing_there(void **state)
{
	struct host *host = host_new("/nonexistent");
	struct host_proc procs[4];

	(void)state;
	read_at(host, 1000);
	assert_int_equal(read_count, 0);
	assert_int_equal(host_scan_procs(host, 1000, procs, 4), 0);
	host_free(host);
	host_free(NULL);
}

static void hostile_tree(void **state)
{
	struct host *host = host_new(FIXTURES "/hostile");

	(void)state;
	host_set_statvfs(host, fake_statvfs);
	read_at(host, 1000);
	read_at(host, 2000);
	for (size_t i = 0; i < read_count; i++)
		for (const char *p = read_out[i].name; *p; p++)
			assert_true((unsigned char)*p >= 0x20);
	assert_non_null(find("disk /esc^[[2Jape line<U+202E>"));
	assert_non_null(find("e^[[31mth in"));
	assert_null(find("memory"));
	near(value("pressure cpu"), 100);
	assert_string_equal(host_name(host), "localhost");
	host_free(host);
}

static void full_sink(void **state)
{
	struct host *host = host_new(FIXTURES "/server");
	struct host_metric few[7];

	(void)state;
	host_set_statvfs(host, fake_statvfs);
	for (size_t max = 0; max <= 7; max++)
		assert_int_equal(host_read(host, 1000, few, max), max);
	host_free(host);
}

/* --- files that change --- */

static char root[64];

static void put(const char *path, const char *text)
{
	char full[256];
	int fd;

	snprintf(full, sizeof full, "%s%s", root, path);
	for (char *slash = full + strlen(root); (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof root, "/tmp/oogway-host-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int drop_root(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", root);
	return system(command);
}

static void cpu_rates(void **state)
{
	struct host *host = host_new(root);

	(void)state;
	put("/proc/stat", "cpu 100 0 50 800 40 5 5 0 20 0\ncpu0 1\ncpu1 1\n");
	read_at(host, 1000);
	assert_true(isnan(value("cpu")));
	/* +30 user, +10 nice, +10 system, +40 idle, +5 iowait, +5 steal */
	put("/proc/stat", "cpu 130 10 60 840 45 5 5 5 50 0\ncpu0 1\ncpu1 1\n");
	read_at(host, 2000);
	near(value("cpu"), 55);
	near(value("cpu user"), 40);
	near(value("cpu system"), 10);
	near(value("cpu iowait"), 5);
	near(value("cpu steal"), 5);
	/* idle and iowait may step back: no gap, no spike */
	put("/proc/stat", "cpu 140 10 60 839 44 5 5 5 0 0\ncpu0 1\n");
	read_at(host, 3000);
	near(value("cpu"), 100);
	near(value("cpu iowait"), 0);
	/* the same moment again, and a counter that fell: gaps */
	read_at(host, 3000);
	assert_true(isnan(value("cpu")));
	put("/proc/stat", "cpu 10 0 0 1000 50 0 0 0\n");
	read_at(host, 4000);
	assert_true(isnan(value("cpu")));
	put("/proc/stat", "cpu 20 0 0 1090 50 0 0 0\n");
	read_at(host, 5000);
	near(value("cpu"), 10);
	host_free(host);
}

static void device_rates(void **state)
{
	static const char disk[] = "8 0 sda 1 1 %d 1 1 1 %d 1 0 %d 1\n";
	static const char nic[] = "eth0: %d 0 %d 0 0 0 0 0 %d 0 0 %d 0 0 0 0\n";
	char text[200];
	struct host *host = host_new(root);

	(void)state;
	put("/sys/block/sda/device/model", "x");
	snprintf(text, sizeof text, disk, 100, 200, 1000);
	put("/proc/diskstats", text);
	snprintf(text, sizeof text, nic, 5000, 0, 100, 0);
	put("/proc/net/dev", text);
	read_at(host, 10000);
	assert_true(isnan(value("sda read")));
	snprintf(text, sizeof text, disk, 120, 240, 2500);
	put("/proc/diskstats", text);
	snprintf(text, sizeof text, nic, 9000, 4, 300, 2);
	put("/proc/net/dev", text);
	read_at(host, 12000);
	near(value("sda read"), 5120);
	near(value("sda write"), 10240);
	near(value("sda busy"), 75);
	near(value("eth0 in"), 2000);
	near(value("eth0 out"), 100);
	near(value("eth0 errors"), 3);
	/* replaced by another device of the same name */
	snprintf(text, sizeof text, nic, 10, 0, 10, 0);
	put("/proc/net/dev", text);
	read_at(host, 14000);
	assert_true(isnan(value("eth0 in")));
	/* gone, and back: nothing is remembered */
	put("/proc/net/dev", "\n");
	read_at(host, 16000);
	assert_null(find("eth0 in"));
	snprintf(text, sizeof text, nic, 900000, 0, 10, 0);
	put("/proc/net/dev", text);
	read_at(host, 18000);
	assert_true(isnan(value("eth0 in")));
	host_free(host);
}

static void oom_window(void **state)
{
	static const struct {
		int64_t at;
		int kills;
		double shown;
	} rows[] = {
		{0, 7, 0},
		{5000, 7, 0},
		{8000, 8, 1},
		{20000, 8, 1},
		{60000, 10, 3},
		{300000, 10, 3},
		{330000, 10, 2},
		{380000, 10, 0},
		{390000, 2, 0},
		{400000, 3, 1},
	};
	struct host *host = host_new(root);
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		snprintf(text, sizeof text, "pgfault 1\noom_kill %d\n", rows[i].kills);
		put("/proc/vmstat", text);
		read_at(host, rows[i].at);
		near(value("oom kills"), rows[i].shown);
	}
	host_free(host);
}

static void crowds(void **state)
{
	size_t size = 400000;
	char *text = mem_new(size, 1);
	size_t n = 0;
	struct host *host = host_new(root);

	(void)state;
	host_set_statvfs(host, fake_statvfs);
	for (int i = 0; i < 3000; i++)
		n += (size_t)snprintf(text + n, size - n,
			"1 2 8:%d / /mnt/volume-%d rw - ext4 /dev/x rw\n", i, i);
	put("/proc/self/mountinfo", text);
	n = 0;
	for (int i = 0; i < 3000; i++)
		n += (size_t)snprintf(
			text + n, size - n, "en%d: 9 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n", i);
	put("/proc/net/dev", text);
	read_at(host, 1000);
	assert_non_null(find("disk /mnt/volume-0"));
	assert_non_null(find("en0 in"));
	put("/proc/self/mountinfo", "");
	put("/proc/net/dev", "");
	read_at(host, 2000);
	assert_null(find("disk /mnt/volume-0"));
	mem_free(text);
	host_free(host);
}

/* --- processes --- */

static void put_process(int pid, const char *comm, int ticks, int start, int pages)
{
	char path[64], text[256];

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	snprintf(text, sizeof text,
		"%d (%s) R 1 1 1 0 -1 0 1 2 3 4 %d 0 0 0 20 0 3 0 %d 1000 %d 1\n", pid,
		comm, ticks, start, pages);
	put(path, text);
}

static void process_scan(void **state)
{
	struct host *host;
	struct host_proc out[4];
	double hz = (double)sysconf(_SC_CLK_TCK);

	(void)state;
	put_process(10, "idle", 500, 1, 10);
	put_process(11, "busy", 500, 1, 10);
	put_process(12, "large", 0, 1, 1000000);
	host = host_new(root);
	assert_int_equal(host_scan_procs(host, 1000, out, 4), 3);
	assert_int_equal(out[0].pid, 12);
	assert_true(isnan(out[0].cpu_percent));
	near(out[0].rss_bytes, 1e6 * (double)sysconf(_SC_PAGESIZE));
	assert_int_equal(out[0].threads, 3);
	assert_int_equal(out[0].state, 'R');

	put_process(11, "busy", 500 + (int)hz, 1, 10);
	put_process(10, "other", 40, 99, 10); /* the number was used again */
	put_process(13, "fresh", (int)hz / 2, 50, 10);
	put_process(14, "a", 9, 1, 10);
	put_process(15, "evil) R \x1b[2J\n(", 3, 1, 10);
	assert_int_equal(host_scan_procs(host, 3000, out, 4), 4);
	assert_string_equal(out[0].name, "busy");
	near(out[0].cpu_percent, 50);
	assert_string_equal(out[1].name, "fresh");
	near(out[1].cpu_percent, 25);
	assert_string_equal(out[2].name, "other");
	near(out[2].cpu_percent, 40 / hz * 50);
	assert_string_equal(out[3].name, "large"); /* by memory, though idle */

	/* Too soon to say; and then against the scan before that. */
	assert_int_equal(host_scan_procs(host, 3100, out, 4), 4);
	for (int i = 0; i < 4; i++)
		assert_true(isnan(out[i].cpu_percent));
	put_process(11, "busy", 500 + 2 * (int)hz, 1, 10);
	assert_int_equal(host_scan_procs(host, 4000, out, 4), 4);
	assert_string_equal(out[0].name, "busy");
	near(out[0].cpu_percent, 100);
	host_free(host);
}

static void process_names(void **state)
{
	struct host *host = host_new(FIXTURES "/server");
	struct host_proc out[HOST_MAX_PROCS];

	(void)state;
	assert_int_equal(host_scan_procs(host, 1000, out, HOST_MAX_PROCS), 3);
	assert_string_equal(out[0].name, "postgres: writer) R 1 (x");
	assert_string_equal(out[2].name, "evil^[]0;hi^G");
	assert_int_equal(out[2].state, 'D');
	assert_int_equal(host_scan_procs(host, 2000, out, 2), 2);
	assert_int_equal(host_scan_procs(host, 3000, out, 0), 0);
	host_free(host);
}

static void real_host(void **state)
{
	struct host *host = host_new("");
	struct host_proc out[HOST_MAX_PROCS];
	size_t n;

	(void)state;
	read_at(host, 1000);
	read_at(host, 2000);
	n = host_scan_procs(host, 1000, out, HOST_MAX_PROCS);
	assert_true(n > 0 && n <= HOST_MAX_PROCS);
	assert_true(out[0].user[0]);
	host_free(host);
}

#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, drop_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_tree),
		cmocka_unit_test(container_tree),
		cmocka_unit_test(nothing_there),
		cmocka_unit_test(hostile_tree),
		cmocka_unit_test(full_sink),
		WITH_ROOT(cpu_rates),
		WITH_ROOT(device_rates),
		WITH_ROOT(oom_window),
		WITH_ROOT(crowds),
		WITH_ROOT(process_scan),
		cmocka_unit_test(process_names),
		cmocka_unit_test(real_host),
	};

	return cmocka_run_group_tests_name("io_host", tests, NULL, NULL);
}
