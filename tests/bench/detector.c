/* How good the seasonal detector is on public labelled data: one configuration for
 * all. BENCH_DATA names the folder; without it nothing is measured.
 *
 * cloud/: event precision, recall and F1. A labelled event is a run of labelled
 * points; alarms within 12 points are one; both match within 3 points. nab/: the NAB
 * score (Lavin and Ahmad, Evaluating Real-time Anomaly Detection Algorithms, 2015) of
 * the begins of anomalies, without choosing a threshold for the corpus. */
#include "analysis/anomaly.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_POINTS = 40000, MERGE = 12, SLACK = 3, MAX_PATH = 600 };

struct data {
	struct point points[MAX_POINTS];
	bool label[MAX_POINTS], alarm[MAX_POINTS], began[MAX_POINTS];
	size_t n;
};

static struct data data;
static double fed_us;
static size_t fed_points;

static bool parse_row(char *row, struct point *point, bool *label)
{
	char *comma = strchr(row, ','), *end, stamp[TIME_TEXT];

	if (!comma)
		return false;
	snprintf(stamp, sizeof stamp, "%.19sZ", row + (*row == '"'));
	if (!time_parse(stamp, &point->at))
		return false;
	point->value = strtod(comma + 1, &end);
	*label = *end == ',' && end[1] == '1';
	return end != comma + 1 && isfinite(point->value);
}

static bool load(const char *path)
{
	char row[200];
	FILE *f = fopen(path, "r");

	data.n = 0;
	while (f && data.n < MAX_POINTS && fgets(row, sizeof row, f)) {
		struct point point;
		bool label;

		if (!parse_row(row, &point, &label))
			continue;
		data.points[data.n] = point;
		data.label[data.n++] = label;
	}
	if (f)
		fclose(f);
	return data.n > 10;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int64_t interval_of(void)
{
	int64_t steps[11];

	for (int i = 0; i < 10; i++)
		steps[i] = data.points[i + 1].at - data.points[i].at;
	qsort(steps, 10, sizeof steps[0], by_size);
	return steps[5] > 0 ? steps[5] : MINUTE_MS;
}

static void detect(void)
{
	static int64_t state[DETECTOR_MAX_STATE / sizeof(int64_t)];
	struct detector_config config;
	struct anomaly_track track = {0};
	int64_t interval = interval_of(), begin = time_mono_us();

	detector_config_init(
		&config, UNIT_NONE, (struct limits){NAN, NAN, false}, interval);
	detector_start(&detector_seasonal, state);
	for (size_t i = 0; i < data.n; i++) {
		struct verdict v =
			detector_feed(&detector_seasonal, state, &config, data.points[i]);
		int64_t at = data.points[i].at;

		anomaly_over(&track, at, anomaly_hold_ms(interval));
		data.alarm[i] = v.anomalous;
		data.began[i] = anomaly_feed(&track, &v, at, UNIT_NONE) == ANOMALY_BEGAN;
	}
	fed_us += (double)(time_mono_us() - begin);
	fed_points += data.n;
}

/* --- cloud --- */

struct tally {
	int events, found, alarms, right;
};

struct run {
	size_t from, to;
};

/* The next run of set points after *at, joined over holes of up to `hole` points. */
static bool next_run(const bool *set, size_t *at, size_t hole, struct run *out)
{
	size_t i = *at;

	while (i < data.n && !set[i])
		i++;
	if (i == data.n)
		return false;
	*out = (struct run){i, i};
	for (; i < data.n && i - out->to <= hole; i++)
		if (set[i])
			out->to = i;
	*at = out->to + 1;
	return true;
}

static bool any_near(const bool *set, struct run run)
{
	size_t from = run.from > SLACK ? run.from - SLACK : 0;

	for (size_t i = from; i <= run.to + SLACK && i < data.n; i++)
		if (set[i])
			return true;
	return false;
}

static void tally_series(struct tally *t)
{
	struct run run;

	for (size_t at = 0; next_run(data.label, &at, 1, &run); t->events++)
		t->found += any_near(data.alarm, run);
	for (size_t at = 0; next_run(data.alarm, &at, MERGE, &run); t->alarms++)
		t->right += any_near(data.label, run);
}

static void print_tally(const char *name, struct tally t)
{
	double p = t.alarms ? (double)t.right / t.alarms : 1;
	double r = t.events ? (double)t.found / t.events : 1;

	printf("  %-38.38s %6d %6d %6d  %5.3f  %5.3f  %5.3f\n", name, t.events, t.alarms,
		t.right, p, r, p + r > 0 ? 2 * p * r / (p + r) : 0);
}

struct listing {
	char names[100][256];
	int count;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void list(const char *path, const char *suffix, struct listing *out)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	out->count = 0;
	while (dir && out->count < 100 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && str_ends(entry->d_name, suffix))
			str_copy(out->names[out->count++], 256, entry->d_name);
	if (dir)
		closedir(dir);
	qsort(out->names, (size_t)out->count, sizeof out->names[0], by_name);
}

static void bench_cloud(const char *root, bool verbose)
{
	static struct listing folders, files;
	struct tally all = {0};
	char path[MAX_PATH];

	snprintf(path, sizeof path, "%s/cloud", root);
	list(path, "", &folders);
	printf("cloud                                    events alarms  right   prec. "
	       "recall     F1\n");
	for (int i = 0; i < folders.count; i++) {
		struct tally folder = {0};

		snprintf(path, sizeof path, "%s/cloud/%.60s", root, folders.names[i]);
		list(path, ".csv", &files);
		for (int k = 0; k < files.count; k++) {
			struct tally one = {0};

			snprintf(path, sizeof path, "%s/cloud/%.60s/%.60s", root,
				folders.names[i], files.names[k]);
			if (!load(path))
				continue;
			detect();
			tally_series(&one);
			if (verbose)
				print_tally(files.names[k], one);
			folder.events += one.events;
			folder.found += one.found;
			folder.alarms += one.alarms;
			folder.right += one.right;
		}
		print_tally(folders.names[i], folder);
		all.events += folder.events;
		all.found += folder.found;
		all.alarms += folder.alarms;
		all.right += folder.right;
	}
	print_tally("all", all);
}

/* --- nab --- */

static const struct {
	const char *name;
	double fp, fn;
} profiles[] = {{"standard", 0.11, 1}, {"low FP", 0.22, 1}, {"low FN", 0.11, 2}};

enum { PROFILES = 3, MAX_WINDOWS = 20 };

static double sigmoid(double at)
{
	return at > 3 ? -1 : 2 / (1 + exp(5 * at)) - 1;
}

struct nab {
	double raw[PROFILES];
	int windows, found, false_alarms;
};

static size_t read_windows(struct json of_file, struct run out[MAX_WINDOWS])
{
	size_t n = 0;

	for (struct json e = json_first(of_file); json_item(e) && n < MAX_WINDOWS;
		e = json_next(e)) {
		int64_t edge[2] = {0, 0};
		int k = 0;

		for (struct json t = json_first(e); json_item(t) && k < 2;
			t = json_next(t)) {
			char text[TIME_TEXT];

			text_line(
				untrusted_slice(json_text(t), 0, 19), text, sizeof text);
			str_copy(text + strlen(text), 2, "Z");
			time_parse(text, &edge[k++]);
		}
		out[n] = (struct run){data.n, 0};
		for (size_t i = 0; i < data.n; i++)
			if (data.points[i].at >= edge[0] &&
				data.points[i].at <= edge[1]) {
				if (out[n].from == data.n)
					out[n].from = i;
				out[n].to = i;
			}
		n += out[n].from < data.n;
	}
	return n;
}

static double false_score(size_t at, const struct run *windows, size_t n)
{
	const struct run *before = NULL;

	for (size_t i = 0; i < n; i++)
		if (windows[i].to < at)
			before = &windows[i];
	if (!before)
		return -1;
	return sigmoid(
		(double)(at - before->to) / fmax((double)(before->to - before->from), 1));
}

static void score_series(struct nab *nab, const struct run *windows, size_t n)
{
	size_t probation = (data.n < 5000 ? data.n : 5000) * 15 / 100;
	bool hit[MAX_WINDOWS] = {false};

	for (size_t i = probation; i < data.n; i++) {
		size_t w = 0;
		double score;

		if (!data.began[i])
			continue;
		while (w < n && (i < windows[w].from || i > windows[w].to))
			w++;
		if (w < n && hit[w])
			continue;
		if (w < n) {
			double width = (double)(windows[w].to - windows[w].from + 1);

			hit[w] = true;
			nab->found++;
			score = sigmoid(-(double)(windows[w].to - i + 1) / width) /
				sigmoid(-1);
			for (int p = 0; p < PROFILES; p++)
				nab->raw[p] += score;
			continue;
		}
		nab->false_alarms++;
		score = false_score(i, windows, n);
		for (int p = 0; p < PROFILES; p++)
			nab->raw[p] += score * profiles[p].fp;
	}
	for (size_t w = 0; w < n; w++)
		for (int p = 0; p < PROFILES; p++)
			nab->raw[p] -= hit[w] ? 0 : profiles[p].fn;
	nab->windows += (int)n;
}

static bool read_all(const char *path, struct str *out)
{
	char buf[8192];
	FILE *f = fopen(path, "r");
	size_t n;

	while (f && (n = fread(buf, 1, sizeof buf, f)) > 0)
		str_add(out, buf, n);
	if (f)
		fclose(f);
	return out->n > 0;
}

static void bench_nab(const char *root, bool verbose)
{
	struct json_doc doc;
	struct nab all = {0};
	struct str text;
	char path[MAX_PATH];

	str_init(&text, 1 << 20);
	snprintf(path, sizeof path, "%s/nab/windows.json", root);
	if (!read_all(path, &text) || !json_parse(&doc, text.p, text.n, 1 << 20, NULL)) {
		str_release(&text);
		return;
	}
	for (struct json e = json_first(json_root(&doc)); json_item(e);
		e = json_next(e)) {
		struct run windows[MAX_WINDOWS];
		struct nab before = all;
		char name[200];

		text_line(json_name(e), name, sizeof name);
		snprintf(path, sizeof path, "%s/nab/%s", root, name);
		if (!load(path))
			continue;
		detect();
		score_series(&all, windows, read_windows(e, windows));
		if (verbose)
			printf("  %-48s %d windows %d found %d false\n", name,
				all.windows - before.windows, all.found - before.found,
				all.false_alarms - before.false_alarms);
	}
	printf("nab   %d windows, %d found, %d false alarms\n", all.windows, all.found,
		all.false_alarms);
	for (int p = 0; p < PROFILES; p++) {
		double null = -profiles[p].fn * all.windows;

		printf("  %-10s %6.1f\n", profiles[p].name,
			100 * (all.raw[p] - null) / (all.windows - null));
	}
	json_release(&doc);
	str_release(&text);
}

int main(int argc, char **argv)
{
	const char *root = getenv("BENCH_DATA");
	bool verbose = argc > 1 && !strcmp(argv[1], "-v");
	struct stat st;

	if (!root || !*root || stat(root, &st)) {
		puts("detector bench skipped: BENCH_DATA names no folder");
		return 0;
	}
	setenv("TZ", "UTC", 1);
	bench_cloud(root, verbose);
	bench_nab(root, verbose);
	printf("%zu points, %.2f us for each, %zu bytes of state\n", fed_points,
		fed_us / (double)fed_points, detector_seasonal.state_size);
	return 0;
}
