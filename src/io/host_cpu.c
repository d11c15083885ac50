/* Processor, load, pressure and temperature. The kernel lets idle and iowait step
 * back a little (they are estimated while a core sleeps): that is no change; any
 * other counter that falls makes a gap. Temperatures come from the processor's own
 * sensors only: a disk's would cost it a command, and some wake it. */
#include "host_parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TIME_USER, TIME_SYSTEM, TIME_STEAL, TIME_IOWAIT, TIME_IDLE, TIMES };
enum { MAX_HWMON = 64, MAX_INPUTS = 32 };

/* Columns of the line "cpu": user nice system idle iowait irq softirq steal. Guest
 * time is already in user. */
static const unsigned char time_columns[] = {
	TIME_USER,
	TIME_USER,
	TIME_SYSTEM,
	TIME_IDLE,
	TIME_IOWAIT,
	TIME_SYSTEM,
	TIME_SYSTEM,
	TIME_STEAL,
};

static bool parse_times(struct scan line, uint64_t out[TIMES])
{
	memset(out, 0, TIMES * sizeof out[0]);
	for (size_t i = 0; i < sizeof time_columns; i++) {
		uint64_t ticks;

		if (!scan_u64(&line, &ticks))
			return i > 3; /* before Linux 2.6.11 the last ones were missing */
		if (ticks > UINT64_MAX / 16)
			return false;
		out[time_columns[i]] += ticks;
	}
	return true;
}

static void add_times(
	struct host *host, int64_t now, const uint64_t times[TIMES], struct sink *sink)
{
	double share[TIMES], total = 0, busy;

	for (int i = 0; i < TIMES; i++) {
		uint64_t value = times[i];

		if (i >= TIME_IOWAIT && host->cpu[i].known && value < host->cpu[i].value)
			value = host->cpu[i].value;
		share[i] = counter_rate(&host->cpu[i], value, now);
		total += share[i];
	}
	for (int i = 0; i < TIMES; i++)
		share[i] = total > 0 ? share[i] * 100 / total : NAN;
	/* Rounding alone would make it a little more than all. */
	busy = share[TIME_USER] + share[TIME_SYSTEM] + share[TIME_STEAL];
	sink_add(sink, CPU, NULL, busy > 100 ? 100 : busy);
	sink_add(sink, CPU_USER, NULL, share[TIME_USER]);
	sink_add(sink, CPU_SYSTEM, NULL, share[TIME_SYSTEM]);
	sink_add(sink, CPU_IOWAIT, NULL, share[TIME_IOWAIT]);
	sink_add(sink, CPU_STEAL, NULL, share[TIME_STEAL]);
}

static void add_loads(struct host *host, int64_t now, struct sink *sink)
{
	struct scan text;

	if (!host_text(host, FILE_LOADAVG, now, &text))
		return;
	for (int i = LOAD_1; i <= LOAD_15; i++) {
		struct host_metric *m;
		double load;

		if (!scan_decimal(&text, &load))
			return;
		m = sink_add(sink, (enum metric_id)i, NULL, load);
		if (m) {
			m->warn *= host->cores;
			m->critical *= host->cores;
		}
	}
}

void host_read_cpu(struct host *host, int64_t now, struct sink *sink)
{
	struct scan text, line, word;
	uint64_t times[TIMES], blocked;
	bool known = false;
	int cores = 0;

	if (host_text(host, FILE_STAT, now, &text)) {
		struct scan rest = text;

		while (scan_line(&rest, &line) && scan_word(&line, &word) &&
			scan_starts(word, "cpu")) {
			if (scan_is(word, "cpu"))
				known = parse_times(line, times);
			else
				cores++;
		}
		host->cores = cores > 0 ? cores : 1;
		if (known)
			add_times(host, now, times, sink);
		known = scan_find(text, "procs_blocked ", &line) &&
			scan_u64(&line, &blocked);
	}
	add_loads(host, now, sink);
	if (known)
		sink_add(sink, BLOCKED, NULL, (double)blocked);
}

void host_read_pressure(struct host *host, int64_t now, struct sink *sink)
{
	for (int i = 0; i < 3; i++) {
		struct scan text, line;
		double percent;

		if (host_text(host, (enum file_id)(FILE_PRESSURE_CPU + i), now, &text) &&
			scan_find(text, "some avg10=", &line) &&
			scan_decimal(&line, &percent))
			sink_add(sink, (enum metric_id)(PRESSURE_CPU + i), NULL,
				percent > 100 ? 100 : percent);
	}
}

/* --- temperature --- */

static bool is_processor(struct scan name)
{
	static const char *const names[] = {
		"coretemp",
		"k10temp",
		"zenpower",
		"cpu_thermal",
		"cpu-thermal",
		"soc_thermal",
		"x86_pkg_temp",
	};

	if (scan_size(name) && name.end[-1] == '\n')
		name.end--;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (scan_is(name, names[i]))
			return true;
	return false;
}

static bool read_degrees(const struct host *host, const char *path, double *out)
{
	char buf[32];
	struct scan text = host_once(host, path, buf, sizeof buf);
	uint64_t value;

	if (!scan_u64(&text, &value) || value > 200000)
		return false;
	*out = (double)value / 1000;
	return true;
}

static bool keep_sensor(struct host *host, const char *path)
{
	char full[ROOT_MAX + 320];
	int n = snprintf(full, sizeof full, "%s%s", host->root, path);
	int fd;

	if (host->sensor_count == MAX_SENSORS || n < 0 || (size_t)n >= sizeof full)
		return false;
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	host->sensors[host->sensor_count++] = fd;
	return true;
}

/* One chip: its first sensor is the package on every driver listed above. */
static void find_chip(struct host *host, const char *chip)
{
	char path[320], name[32];
	double degrees;

	snprintf(path, sizeof path, "%s/name", chip);
	if (!is_processor(host_once(host, path, name, sizeof name)))
		return;
	for (int i = 1; i <= MAX_INPUTS; i++) {
		snprintf(path, sizeof path, "%s/temp%d_input", chip, i);
		if (!read_degrees(host, path, &degrees) || !keep_sensor(host, path))
			continue;
		snprintf(path, sizeof path, "%s/temp%d_crit", chip, i);
		if (read_degrees(host, path, &degrees) && degrees >= 60) {
			host->sensor_critical = degrees - 5;
			host->sensor_warn = degrees - 15;
		}
		return;
	}
}

static void find_zone(struct host *host, const char *zone)
{
	char path[320], type[32];
	double degrees;

	snprintf(path, sizeof path, "%s/type", zone);
	if (!is_processor(host_once(host, path, type, sizeof type)))
		return;
	snprintf(path, sizeof path, "%s/temp", zone);
	if (read_degrees(host, path, &degrees))
		keep_sensor(host, path);
}

static void each_entry(struct host *host, const char *folder, const char *prefix,
	void (*visit)(struct host *, const char *))
{
	char path[ROOT_MAX + 64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof path, "%s%s", host->root, folder);
	dir = opendir(path);
	for (int i = 0; dir && i < MAX_HWMON && (entry = readdir(dir)); i++) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		snprintf(path, sizeof path, "%s/%.48s", folder, entry->d_name);
		visit(host, path);
	}
	if (dir)
		closedir(dir);
}

void host_find_sensors(struct host *host)
{
	host->sensor_warn = host->sensor_critical = NAN;
	each_entry(host, "/sys/class/hwmon", "hwmon", find_chip);
	if (!host->sensor_count)
		each_entry(host, "/sys/class/thermal", "thermal_zone", find_zone);
}

void host_read_sensors(struct host *host, int64_t now, struct sink *sink)
{
	double hottest = NAN, uptime;
	struct scan text;

	for (size_t i = 0; i < host->sensor_count; i++) {
		char buf[32];
		ssize_t n = pread(host->sensors[i], buf, sizeof buf, 0);
		struct scan line = {buf, buf + (n > 0 ? n : 0)};
		uint64_t value;

		if (scan_u64(&line, &value) && value <= 200000)
			hottest = fmax(hottest, (double)value / 1000);
	}
	if (!isnan(hottest)) {
		struct host_metric *m = sink_add(sink, TEMPERATURE, NULL, hottest);

		if (m && !isnan(host->sensor_warn)) {
			m->warn = host->sensor_warn;
			m->critical = host->sensor_critical;
		}
	}
	if (host_text(host, FILE_UPTIME, now, &text) && scan_decimal(&text, &uptime))
		sink_add(sink, UPTIME, NULL, uptime);
}
