/* Scores what `oogway detect --scores` said of public labelled series, beside references
 * computed here on the same files. Labels are read here and nowhere else.
 *
 * usage: judge nab|cloud DATA ITEMS [-v]
 *
 * nab: the rules of A. Lavin and S. Ahmad, Evaluating Real-time Anomaly Detection
 * Algorithms, ICMLA 2015, sections II and III, as the project's own scorer applies them:
 * the first 15 % of a file, at most 750 points, are not scored; in a window the best,
 * that is the first, detection counts by a scaled sigmoid of its place; outside of one
 * each detection costs by its distance behind the last window; one threshold for the
 * whole corpus and each profile; 0 is what the null detector gets, 100 the perfect one.
 *
 * cloud: events are runs of labelled points, alarms within MERGE points are one, both
 * match within SLACK points. */
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MERGE = 12,
	SLACK = 3,
	MAX_FILES = 128,
	MAX_WINDOWS = 24,
	MAX_PATH = 700,
	PROFILES = 3,
	DATA_MAX = 64 << 20,
};

struct run {
	size_t from, to;
};

struct series {
	char name[128]; /* category/file.csv */
	int64_t *at;
	double *value;
	bool *label, *alarm;
	double *score;
	size_t n, windows;
	struct run window[MAX_WINDOWS];
};

static struct series all[MAX_FILES];
static size_t count;
static bool verbose;

static _Noreturn void die(const char *what, const char *which)
{
	fprintf(stderr, "judge: %s %s\n", what, which);
	exit(1);
}

/* --- reading --- */

static bool parse_time(const char *text, int64_t *out)
{
	char stamp[TIME_TEXT];

	snprintf(stamp, sizeof stamp, "%.19sZ", text + (*text == '"'));
	return time_parse(stamp, out);
}

/* A third column is the label, where there is one. */
static void load(struct series *s, const char *root, const char *set)
{
	char path[MAX_PATH], line[256];
	size_t room = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s/%s", root, set, s->name);
	f = fopen(path, "r");
	if (!f)
		die("cannot read", path);
	while (fgets(line, sizeof line, f)) {
		char *value = strchr(line, ','), *end;
		int64_t at;

		if (!value || !parse_time(line, &at))
			continue;
		if (s->n == room) {
			room = room ? 2 * room : 4096;
			s->at = mem_resize(s->at, room, sizeof *s->at);
			s->value = mem_resize(s->value, room, sizeof *s->value);
			s->label = mem_resize(s->label, room, sizeof *s->label);
		}
		value += 1 + (value[1] == '"');
		s->at[s->n] = at;
		s->value[s->n] = strtod(value, &end);
		if (end == value)
			s->value[s->n] = NAN;
		end = strchr(end, ',');
		s->label[s->n++] = end && end[1 + (end[1] == '"')] == '1';
	}
	fclose(f);
	s->score = mem_new(s->n + 1, sizeof *s->score);
	s->alarm = mem_new(s->n + 1, sizeof *s->alarm);
}

/* timestamp,value,anomaly_score,is_anomaly: as many rows as the series has. */
static bool load_items(struct series *s, const char *items, const char *set)
{
	char path[MAX_PATH], line[256];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s/%s", items, set, s->name);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f)) {
		char *comma = strchr(line, ',');
		int64_t at;

		comma = comma ? strchr(comma + 1, ',') : NULL;
		if (!comma || !parse_time(line, &at))
			continue;
		if (n == s->n || at != s->at[n])
			die("rows that are not the series' own:", path);
		s->score[n] = strtod(comma + 1, &comma);
		s->alarm[n++] = *comma == ',' && comma[1] == '1';
	}
	if (f)
		fclose(f);
	return n == s->n;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct series *)a)->name, ((const struct series *)b)->name);
}

static void find_files(const char *root, const char *set)
{
	char path[MAX_PATH];
	DIR *top, *folder;

	snprintf(path, sizeof path, "%s/%s", root, set);
	top = opendir(path);
	if (!top)
		die("no folder", path);
	for (struct dirent *d; (d = readdir(top));) {
		snprintf(path, sizeof path, "%s/%s/%s", root, set, d->d_name);
		folder = d->d_name[0] == '.' ? NULL : opendir(path);
		for (struct dirent *e; folder && (e = readdir(folder));)
			if (str_ends(e->d_name, ".csv") && count < MAX_FILES)
				snprintf(all[count++].name, sizeof all->name,
					"%.60s/%.60s", d->d_name, e->d_name);
		if (folder)
			closedir(folder);
	}
	closedir(top);
	qsort(all, count, sizeof *all, by_name);
	for (size_t i = 0; i < count; i++)
		load(&all[i], root, set);
}

static void add_window(struct series *s, struct json edges)
{
	int64_t edge[2] = {0, 0};
	struct run run = {s->n, 0};
	int k = 0;

	for (struct json t = json_first(edges); json_item(t) && k < 2; t = json_next(t)) {
		char text[TIME_TEXT];

		text_line(untrusted_slice(json_text(t), 0, 19), text, sizeof text);
		if (!parse_time(text, &edge[k++]))
			die("a window without a time:", s->name);
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->at[i] >= edge[0] && s->at[i] <= edge[1]) {
			if (run.from == s->n)
				run.from = i;
			run.to = i;
		}
	if (run.from < s->n && s->windows < MAX_WINDOWS)
		s->window[s->windows++] = run;
}

static size_t load_windows(const char *root)
{
	struct json_doc doc;
	struct err err;
	struct str text;
	char path[MAX_PATH];
	size_t n = 0;

	str_init(&text, DATA_MAX);
	snprintf(path, sizeof path, "%s/nab/windows.json", root);
	if (!file_read(path, &text, &err) ||
		!json_parse(&doc, text.p, text.n, DATA_MAX, NULL)) {
		str_release(&text);
		return 0;
	}
	for (struct json e = json_first(json_root(&doc)); json_item(e); e = json_next(e))
		for (size_t i = 0; i < count; i++)
			if (untrusted_is(json_name(e), all[i].name))
				for (struct json w = json_first(e); json_item(w);
					w = json_next(w))
					add_window(&all[i], w);
	for (size_t i = 0; i < count; i++)
		n += all[i].windows;
	json_release(&doc);
	str_release(&text);
	return n;
}

/* --- NAB's score --- */

static const struct profile {
	const char *name;
	double fp, fn;
} profiles[PROFILES] = {{"standard", 0.11, 1}, {"low FP", 0.22, 1}, {"low FN", 0.11, 2}};

enum part { PART_ALL, PART_EVEN, PART_ODD, PARTS };

struct detection {
	double score, worth; /* worth: of a hit 0..1, of a false alarm -1..0 */
	int window;          /* of the corpus, -1 outside */
};

static double sigmoid(double place)
{
	return place > 3 ? -1 : 2 / (1 + exp(5 * place)) - 1;
}

static bool in_part(size_t file, enum part part)
{
	return part == PART_ALL || (file % 2 == 0) == (part == PART_EVEN);
}

static size_t probation(const struct series *s)
{
	return (s->n < 5000 ? s->n : 5000) * 15 / 100;
}

static struct detection judge_point(const struct series *s, size_t i)
{
	struct detection d = {.score = s->score[i], .worth = -1, .window = -1};

	for (size_t w = 0; w < s->windows; w++) {
		struct run run = s->window[w];
		double width = (double)(run.to - run.from);

		if (i >= run.from && i <= run.to) {
			d.window = (int)w;
			d.worth = sigmoid(-(double)(run.to - i + 1) / (width + 1)) /
				  sigmoid(-1);
		} else if (i > run.to) {
			d.worth = sigmoid((double)(i - run.to) / fmax(width, 1));
		}
	}
	return d;
}

static int by_score(const void *a, const void *b)
{
	double x = ((const struct detection *)a)->score;
	double y = ((const struct detection *)b)->score;

	return x > y ? -1 : x < y;
}

static struct detection *detections(enum part part, size_t *out, size_t *windows)
{
	size_t n = 0, room = 0;
	struct detection *list;

	*windows = 0;
	for (size_t f = 0; f < count; f++)
		room += all[f].n;
	list = mem_new(room + 1, sizeof *list);
	for (size_t f = 0; f < count; f++) {
		if (!in_part(f, part))
			continue;
		for (size_t i = probation(&all[f]); i < all[f].n; i++) {
			struct detection d = judge_point(&all[f], i);

			if (!(d.score > 0))
				continue;
			d.window += d.window < 0 ? 0 : (int)*windows;
			list[n++] = d;
		}
		*windows += all[f].windows;
	}
	qsort(list, n, sizeof *list, by_score);
	*out = n;
	return list;
}

struct result {
	double score, threshold;
	int hits, alarms;
};

static double normal(double raw, size_t windows, const struct profile *p)
{
	return windows ? 100 * (raw + p->fn * (double)windows) /
				 ((double)windows * (1 + p->fn))
		       : 0;
}

/* At the best threshold, or at the one that is given (>= 0). */
static struct result sweep(enum part part, const struct profile *p, double given)
{
	size_t n, windows;
	struct detection *list = detections(part, &n, &windows);
	double *best = mem_new(windows + 1, sizeof *best);
	double raw = -p->fn * (double)windows;
	struct result now = {0, INFINITY, 0, 0}, top = now;

	for (size_t w = 0; w < windows; w++)
		best[w] = -p->fn;
	for (size_t i = 0; i < n && list[i].score >= given; i++) {
		const struct detection *d = &list[i];

		if (d->window < 0) {
			raw += d->worth * p->fp;
			now.alarms++;
		} else if (d->worth > best[d->window]) {
			now.hits += best[d->window] < 0;
			raw += d->worth - best[d->window];
			best[d->window] = d->worth;
		}
		now.score = normal(raw, windows, p);
		now.threshold = d->score;
		if (i + 1 < n && list[i + 1].score == d->score)
			continue;
		if (given < 0 && now.score > top.score)
			top = now;
	}
	mem_free(best);
	mem_free(list);
	return given < 0 ? top : now;
}

static void print_nab(const char *name)
{
	struct result r[PROFILES];

	for (int p = 0; p < PROFILES; p++)
		r[p] = sweep(PART_ALL, &profiles[p], -1);
	printf("  %-34s %8.1f %8.1f %8.1f   %4d of its windows, %d false\n", name,
		r[0].score, r[1].score, r[2].score, r[0].hits, r[0].alarms);
}

static void print_halves(void)
{
	struct result even = sweep(PART_EVEN, &profiles[0], -1);
	struct result odd = sweep(PART_ODD, &profiles[0], -1);

	printf("  by halves (every other file): %.1f and %.1f; each with the threshold "
	       "of "
	       "the other half %.1f and %.1f\n",
		even.score, odd.score,
		sweep(PART_EVEN, &profiles[0], odd.threshold).score,
		sweep(PART_ODD, &profiles[0], even.threshold).score);
}

static void print_files(void)
{
	struct result whole = sweep(PART_ALL, &profiles[0], -1);

	for (size_t f = 0; f < count; f++) {
		bool hit[MAX_WINDOWS] = {false};
		int hits = 0, alarms = 0;

		for (size_t i = probation(&all[f]); i < all[f].n; i++) {
			struct detection d = judge_point(&all[f], i);

			if (d.score < whole.threshold)
				continue;
			alarms += d.window < 0;
			hits += d.window >= 0 && !hit[d.window];
			if (d.window >= 0)
				hit[d.window] = true;
		}
		printf("    %-48s %d of %zu, %d false\n", all[f].name, hits,
			all[f].windows, alarms);
	}
}

/* --- references --- */

static uint64_t seed = 88172645463325252;

static double uniform(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double)(seed >> 11) / 9007199254740992.0;
}

static void ref_null(struct series *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->score[i] = 0;
}

static void ref_random(struct series *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->score[i] = uniform();
}

/* The first point of each window, and nothing else. */
static void ref_perfect(struct series *s)
{
	ref_null(s);
	for (size_t w = 0; w < s->windows; w++)
		s->score[s->window[w].from] = 1;
}

static double tail(double value, double mean, double sd)
{
	return sd > 0 ? 0.5 * erfc(fabs(value - mean) / sd / sqrt(2)) : 1;
}

/* Mean and deviation of the last 6400 values, anew every 100. */
static void ref_gaussian(struct series *s)
{
	enum { WINDOW = 6400, STEP = 100 };
	double mean = 0, sd = 0;
	size_t from = 0;

	for (size_t i = 0; i < s->n; i++) {
		s->score[i] = i ? 1 - tail(s->value[i], mean, sd) : 0;
		if (i + 1 > WINDOW && (i + 1 - WINDOW) % STEP == 0)
			from = i + 1 - WINDOW;
		if (i + 1 <= WINDOW || from == i + 1 - WINDOW) {
			double sum = 0, squares = 0, n = 0;

			for (size_t k = from; k <= i; k++)
				if (isfinite(s->value[k])) {
					sum += s->value[k];
					squares += s->value[k] * s->value[k];
					n++;
				}
			mean = n > 0 ? sum / n : 0;
			sd = n > 0 ? sqrt(fmax(squares / n - mean * mean, 0)) : 0;
		}
	}
}

/* How many deviations off the mean of the last 288 values; above 3 is an alarm. */
static void ref_sigma(struct series *s)
{
	enum { WINDOW = 288, LEAST = 24 };

	for (size_t i = 0; i < s->n; i++) {
		double sum = 0, squares = 0, n = 0, mean, sd;

		for (size_t k = i > WINDOW ? i - WINDOW : 0; k < i; k++)
			if (isfinite(s->value[k])) {
				sum += s->value[k];
				squares += s->value[k] * s->value[k];
				n++;
			}
		mean = n > 0 ? sum / n : 0;
		sd = n > 0 ? sqrt(fmax(squares / n - mean * mean, 0)) : 0;
		s->score[i] = n >= LEAST && sd > 0 && isfinite(s->value[i])
				      ? fabs(s->value[i] - mean) / sd
				      : 0;
		s->alarm[i] = s->score[i] > 3;
	}
}

/* The mean error of an exponential mean over ten points, against its distribution over
 * the last 288; an alarm when the tail is below 1e-5, and none for 12 points more. */
static void ref_ewma(struct series *s)
{
	double level = s->n ? s->value[0] : 0, recent = 0, mean = 0, square = 0;
	size_t quiet = 0;

	for (size_t i = 0; i < s->n; i++) {
		double error, sd = sqrt(fmax(square - mean * mean, 0));

		s->score[i] = 0;
		s->alarm[i] = false;
		if (!isfinite(s->value[i]))
			continue;
		error = fabs(s->value[i] - level);
		recent += (error - recent) / 10;
		if (i > 48 && sd > 0 && recent > mean && i >= quiet) {
			double p = fmax(tail(recent, mean, sd), 1e-300);

			s->score[i] = -log10(p);
			s->alarm[i] = p < 1e-5;
			quiet = s->alarm[i] ? i + 12 : quiet;
		}
		mean += (error - mean) / (i < 288 ? (double)(i + 1) : 288);
		square += (error * error - square) / (i < 288 ? (double)(i + 1) : 288);
		level += 0.2 * (s->value[i] - level);
	}
}

static void each(void (*detector)(struct series *s))
{
	for (size_t i = 0; i < count; i++)
		detector(&all[i]);
}

static size_t load_all_items(const char *items, const char *set)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += load_items(&all[i], items, set);
	return n;
}

static void judge_nab(const char *root, const char *items)
{
	static const struct {
		const char *name;
		void (*run)(struct series *s);
	} references[] = {{"null", ref_null}, {"perfect", ref_perfect},
		{"random", ref_random}, {"windowed Gaussian", ref_gaussian},
		{"n-sigma, last 288", ref_sigma}, {"EWMA likelihood", ref_ewma}};
	size_t windows;

	find_files(root, "nab");
	windows = load_windows(root);
	if (!windows) {
		printf("nab     %zu series; no windows.json with labels: not scored\n",
			count);
		return;
	}
	printf("nab     %zu series, %zu windows       standard   low FP   low FN\n",
		count, windows);
	if (load_all_items(items, "nab") < count)
		die("not all series were judged in", items);
	print_nab("oogway detect");
	print_halves();
	if (verbose)
		print_files();
	for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
		each(references[i].run);
		print_nab(references[i].name);
	}
}

/* --- cloud --- */

struct tally {
	int events, found, alarms, right;
};

/* The next run of set points from *at on, joined over holes of up to `hole` points. */
static bool next_run(const bool *set, size_t n, size_t *at, size_t hole, struct run *out)
{
	size_t i = *at;

	while (i < n && !set[i])
		i++;
	if (i >= n)
		return false;
	*out = (struct run){i, i};
	for (; i < n && i - out->to <= hole; i++)
		if (set[i])
			out->to = i;
	*at = out->to + 1;
	return true;
}

static bool any_near(const bool *set, size_t n, struct run run)
{
	size_t from = run.from > SLACK ? run.from - SLACK : 0;

	for (size_t i = from; i <= run.to + SLACK && i < n; i++)
		if (set[i])
			return true;
	return false;
}

static struct tally tally_of(enum part part)
{
	struct tally t = {0};

	for (size_t f = 0; f < count; f++) {
		const struct series *s = &all[f];
		struct run run;

		if (!in_part(f, part))
			continue;
		for (size_t at = 0; next_run(s->label, s->n, &at, 1, &run); t.events++)
			t.found += any_near(s->alarm, s->n, run);
		for (size_t at = 0; next_run(s->alarm, s->n, &at, MERGE, &run);
			t.alarms++)
			t.right += any_near(s->label, s->n, run);
	}
	return t;
}

static double f1_of(struct tally t)
{
	double p = t.alarms ? (double)t.right / t.alarms : 1;
	double r = t.events ? (double)t.found / t.events : 1;

	return p + r > 0 ? 2 * p * r / (p + r) : 0;
}

static void print_cloud(const char *name)
{
	struct tally t = tally_of(PART_ALL);

	printf("  %-34s %8.3f %8.3f %8.3f   halves %.3f and %.3f, %d alarms\n", name,
		f1_of(t), t.alarms ? (double)t.right / t.alarms : 1,
		(double)t.found / t.events, f1_of(tally_of(PART_EVEN)),
		f1_of(tally_of(PART_ODD)), t.alarms);
}

static void judge_cloud(const char *root, const char *items)
{
	struct tally t;

	find_files(root, "cloud");
	t = tally_of(PART_ALL);
	if (!t.events) {
		printf("cloud   %zu series without labels: not scored\n", count);
		return;
	}
	printf("cloud   %zu series, %d events              F1    prec.   recall\n", count,
		t.events);
	if (load_all_items(items, "cloud") < count)
		die("not all series were judged in", items);
	print_cloud("oogway detect");
	each(ref_sigma);
	print_cloud("n-sigma, last 288, above 3");
	each(ref_ewma);
	print_cloud("EWMA likelihood, below 1e-5");
}

int main(int argc, char **argv)
{
	verbose = argc > 4 && !strcmp(argv[4], "-v");
	if (argc < 4 || (strcmp(argv[1], "nab") && strcmp(argv[1], "cloud")))
		die("usage: judge nab|cloud DATA ITEMS", "[-v]");
	if (!strcmp(argv[1], "nab"))
		judge_nab(argv[2], argv[3]);
	else
		judge_cloud(argv[2], argv[3]);
	for (size_t i = 0; i < count; i++) {
		mem_free(all[i].at);
		mem_free(all[i].value);
		mem_free(all[i].label);
		mem_free(all[i].alarm);
		mem_free(all[i].score);
	}
	return 0;
}
