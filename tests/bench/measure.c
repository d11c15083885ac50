/*
 * The measurements. The rule of all of them: bytes get their time stamp when they are
 * read (pty.c reads before it lets the emulator work), and conditions on the screen are
 * found afterwards by playing the recorded output again, piece by piece, so that neither
 * the emulator's work nor the search for strings is in any time reported here.
 */
#include "measure.h"

#include <ctype.h>
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS             1000000LL
#define FRAME_LIMIT_MS 15000
#define BURST_GAP_MS   20
#define TREE_MAX       64
#define COLS           160
#define ROWS           48
#define KEY_WAIT_MS    500
#define KEY_QUIET_MS   15
#define STORM_RESIZES  50
#define STORM_STEP_MS  20
#define STORM_AFTER_MS 1500
#define SEEN_MAX       4096

static void pump_for(struct pty *pty, int64_t ns)
{
	int64_t until = pty_now() + ns;

	while (pty_now() < until && !pty_exited(pty, NULL))
		pty_pump(pty, until);
}

/* Until `quiet_ms` passed without output, at most `limit_ms`. */
static void pump_quiet(struct pty *pty, int quiet_ms, int limit_ms)
{
	int64_t limit = pty_now() + limit_ms * MS, since = pty_now();
	uint64_t total = pty_total(pty);

	while (pty_now() < limit && pty_now() - since < quiet_ms * MS &&
		!pty_exited(pty, NULL)) {
		pty_pump(pty, since + quiet_ms * MS);
		if (pty_total(pty) != total) {
			total = pty_total(pty);
			since = pty_now();
		}
	}
}

static double ms_between(int64_t from, int64_t to)
{
	return (double)(to - from) * 1e-6;
}

/* ---- first frame ---- */

/* The piece that made the screen whole; count when none did. */
static size_t ready_piece(
	const struct subject *subject, const struct pty *pty, int cols, int rows)
{
	struct emu *emu = emu_new(cols, rows, NULL, NULL);
	uint64_t first, fed = 0;
	size_t size, count, i;
	const struct pty_piece *pieces = pty_pieces(pty, &count);
	const char *raw = pty_raw(pty, &first, &size);

	for (i = 0; i < count; i++) {
		emu_feed(emu, raw + fed, (size_t)(pieces[i].end - fed));
		fed = pieces[i].end;
		if (subject_ready(subject, emu))
			break;
	}
	emu_free(emu);
	return i;
}

bool measure_frame(const struct subject *subject, int cols, int rows, struct frame *out)
{
	struct pty *pty = subject_start(subject, PURPOSE_QUIET, cols, rows, NULL);
	int64_t start;
	size_t count, ready, end;
	const struct pty_piece *pieces;

	if (!pty)
		return false;
	start = pty_started_at(pty);
	if (!subject_await_ready(subject, pty, FRAME_LIMIT_MS)) {
		pty_close(pty);
		return false;
	}
	pump_quiet(pty, 3 * BURST_GAP_MS, 1000);
	ready = ready_piece(subject, pty, cols, rows);
	pieces = pty_pieces(pty, &count);
	if (ready < count) {
		end = ready;
		while (end + 1 < count &&
			pieces[end + 1].at - pieces[end].at < BURST_GAP_MS * MS)
			end++;
		*out = (struct frame){.first_byte_ms = ms_between(start, pieces[0].at),
			.ready_ms = ms_between(start, pieces[ready].at),
			.burst_end_ms = ms_between(start, pieces[end].at),
			.bytes = (double)pieces[end].end};
	}
	pty_close(pty);
	return ready < count;
}

/* ---- steady state ---- */

struct tree {
	pid_t pid[TREE_MAX];
	int count;
};

static pid_t parent_of(pid_t pid)
{
	char path[64], text[512];
	FILE *file;
	size_t n;
	char *after;
	int parent = 0;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	n = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[n] = '\0';
	after = strrchr(text, ')');
	if (after)
		sscanf(after + 1, " %*c %d", &parent);
	return parent;
}

static bool in_tree(const struct tree *tree, pid_t pid)
{
	for (int i = 0; i < tree->count; i++)
		if (tree->pid[i] == pid)
			return true;
	return false;
}

/* The program and its descendants; rounds because /proc is in no order. */
static void tree_read(pid_t root, struct tree *tree)
{
	int before;

	tree->pid[0] = root;
	tree->count = 1;
	do {
		DIR *proc = opendir("/proc");
		struct dirent *entry;

		before = tree->count;
		while (proc && (entry = readdir(proc)) && tree->count < TREE_MAX) {
			pid_t pid = atoi(entry->d_name);

			if (pid > 0 && !in_tree(tree, pid) &&
				in_tree(tree, parent_of(pid)))
				tree->pid[tree->count++] = pid;
		}
		if (proc)
			closedir(proc);
	} while (tree->count > before && tree->count < TREE_MAX);
}

/* Sum of the lines "name: N" of a /proc file. */
static double proc_sum(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	char line[256];
	double sum = 0;
	size_t size = strlen(name);

	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, name, size) == 0 && line[size] == ':')
			sum += atof(line + size + 1);
	if (file)
		fclose(file);
	return sum;
}

static double tree_sum(const struct tree *tree, const char *file, const char *name)
{
	char path[64];
	double sum = 0;

	for (int i = 0; i < tree->count; i++) {
		snprintf(path, sizeof path, "/proc/%d/%s", (int)tree->pid[i], file);
		sum += proc_sum(path, name);
	}
	return sum;
}

static double tree_switches(const struct tree *tree)
{
	double sum = 0;

	for (int i = 0; i < tree->count; i++) {
		char path[320];
		DIR *tasks;
		struct dirent *entry;

		snprintf(path, sizeof path, "/proc/%d/task", (int)tree->pid[i]);
		tasks = opendir(path);
		while (tasks && (entry = readdir(tasks))) {
			if (!isdigit((unsigned char)entry->d_name[0]))
				continue;
			snprintf(path, sizeof path, "/proc/%d/task/%s/status",
				(int)tree->pid[i], entry->d_name);
			sum += proc_sum(path, "voluntary_ctxt_switches");
		}
		if (tasks)
			closedir(tasks);
	}
	return sum;
}

/* The clocks of living processes count nanoseconds, /proc/PID/stat only 10 ms. */
static double tree_cpu_s(const struct tree *tree)
{
	double sum = 0;

	for (int i = 0; i < tree->count; i++) {
		clockid_t clock;
		struct timespec used;

		if (clock_getcpuclockid(tree->pid[i], &clock) == 0 &&
			clock_gettime(clock, &used) == 0)
			sum += (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
	}
	return sum;
}

/* A clock of hours and minutes changes with the minute: at rest is within one. */
static void await_minute(struct pty *pty, double window_s)
{
	double left = 60 - (double)(time(NULL) % 60);

	if (left < window_s + 1 && window_s < 50)
		pump_for(pty, (int64_t)((left + 1) * 1e9));
}

bool measure_steady(const struct subject *subject, enum purpose purpose, double warm_s,
	double window_s, struct steady *out)
{
	struct pty *pty = subject_start(subject, purpose, COLS, ROWS, NULL);
	struct tree tree;
	double cpu, switches, bytes, seconds;
	int64_t start;

	if (!pty)
		return false;
	if (!subject_await_ready(subject, pty, FRAME_LIMIT_MS)) {
		pty_close(pty);
		return false;
	}
	pump_for(pty, (int64_t)(warm_s * 1e9));
	if (purpose == PURPOSE_QUIET)
		await_minute(pty, window_s);
	tree_read(pty_pid(pty), &tree);
	start = pty_now();
	bytes = (double)pty_total(pty);
	cpu = tree_cpu_s(&tree);
	switches = tree_switches(&tree);
	pump_for(pty, (int64_t)(window_s * 1e9));
	seconds = (double)(pty_now() - start) * 1e-9;
	*out = (struct steady){
		.bytes_per_s = ((double)pty_total(pty) - bytes) / seconds,
		.cpu_percent = 100 * (tree_cpu_s(&tree) - cpu) / seconds,
		.switches_per_s = (tree_switches(&tree) - switches) / seconds,
	};
	tree_read(pty_pid(pty), &tree);
	out->rss_mib = tree_sum(&tree, "status", "VmRSS") / 1024;
	out->anon_mib = tree_sum(&tree, "status", "RssAnon") / 1024;
	out->pss_mib = tree_sum(&tree, "smaps_rollup", "Pss") / 1024;
	bool alive = !pty_exited(pty, NULL);
	pty_close(pty);
	return alive;
}

/* ---- keys ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Nearest rank; sorts the values. */
static double percentile(double *values, int count, double part)
{
	int rank = (int)ceil(part * count) - 1;

	if (count == 0)
		return NAN;
	qsort(values, (size_t)count, sizeof *values, by_value);
	return values[rank < 0 ? 0 : rank];
}

/* 0 to 20 ms, the same in every run: without it the presses would follow the program's
 * own rhythm, and one that polls would always be met at the same moment of its turn. */
static int64_t jitter_ns(void)
{
	static uint32_t state = 1;

	state = state * 1664525u + 1013904223u;
	return (int64_t)(state >> 8) % (20 * MS);
}

/* False when no byte came. */
static bool press(struct pty *pty, const char *keys, double *ms, double *bytes)
{
	char why[128];
	uint64_t before;
	size_t seen, count;
	int64_t at, limit;
	const struct pty_piece *pieces;

	pump_quiet(pty, KEY_QUIET_MS, KEY_WAIT_MS);
	pump_for(pty, jitter_ns());
	before = pty_total(pty);
	pty_pieces(pty, &seen);
	at = pty_now();
	limit = at + KEY_WAIT_MS * MS;
	pty_keys(pty, keys, why, sizeof why);
	while (pty_total(pty) == before && pty_now() < limit && !pty_exited(pty, NULL))
		pty_pump(pty, limit);
	pieces = pty_pieces(pty, &count);
	if (count == seen)
		return false;
	*ms = ms_between(at, pieces[seen].at);
	pump_quiet(pty, KEY_QUIET_MS, KEY_WAIT_MS);
	*bytes = (double)(pty_total(pty) - before);
	return true;
}

bool measure_keys(const struct subject *subject, int presses, struct keys *out)
{
	struct pty *pty = subject_start(subject, PURPOSE_QUIET, COLS, ROWS, NULL);
	double *ms = calloc((size_t)presses, sizeof *ms);
	double *bytes = calloc((size_t)presses, sizeof *bytes);
	int answered = 0;

	if (!pty || !ms || !bytes || !subject_await_ready(subject, pty, FRAME_LIMIT_MS)) {
		pty_close(pty);
		free(ms);
		free(bytes);
		return false;
	}
	pump_for(pty, 1000 * MS);
	for (int i = 0; i < presses; i++) {
		bool down = i / 3 % 2 == 0; /* three there, three back: all move */

		if (press(pty, down ? subject->down : subject->up, &ms[answered],
			    &bytes[answered]))
			answered++;
	}
	*out = (struct keys){.first_byte_p50_ms = percentile(ms, answered, 0.5),
		.first_byte_p99_ms = percentile(ms, answered, 0.99),
		.first_byte_max_ms = percentile(ms, answered, 1),
		.bytes_p50 = percentile(bytes, answered, 0.5),
		.bytes_p99 = percentile(bytes, answered, 0.99),
		.unanswered = presses - answered};
	pty_close(pty);
	free(ms);
	free(bytes);
	return answered > 0;
}

/* ---- resizes ---- */

/*
 * A repaint is a burst (pieces less than 5 ms apart) of at least a third of what this
 * program needs for a first frame: the update of a clock is none. Bursts that run into
 * each other count once for each time that amount fits.
 */
static void count_repaints(
	struct pty *pty, size_t from, double frame, int64_t since, struct storm *out)
{
	size_t count;
	const struct pty_piece *pieces = pty_pieces(pty, &count);
	double burst = 0;

	out->repaints = out->answered_ms = 0;
	for (size_t i = from; i < count; i++) {
		double bytes = (double)(pieces[i].end - (i ? pieces[i - 1].end : 0));

		burst += bytes;
		if (i + 1 < count && pieces[i + 1].at - pieces[i].at < 5 * MS)
			continue;
		if (burst >= frame / 3) {
			out->repaints += burst < 1.5 * frame ? 1 : round(burst / frame);
			out->answered_ms = ms_between(since, pieces[i].at);
		}
		burst = 0;
	}
}

bool measure_storm(const struct subject *subject, struct storm *out)
{
	struct pty *pty = subject_start(subject, PURPOSE_QUIET, COLS, ROWS, NULL);
	int64_t since = 0;
	size_t from;
	double frame, before;

	if (!pty)
		return false;
	if (!subject_await_ready(subject, pty, FRAME_LIMIT_MS)) {
		pty_close(pty);
		return false;
	}
	pump_quiet(pty, 3 * BURST_GAP_MS, 1000);
	frame = (double)pty_total(pty);
	pump_for(pty, 1000 * MS);
	before = (double)pty_total(pty);
	for (int i = 0; i < STORM_RESIZES; i++) {
		bool last = i == STORM_RESIZES - 1;

		/* The last size is the first, so the frames compare. */
		since = pty_now();
		pty_resize(pty, last ? COLS : 120 + i % 30, last ? ROWS : 30 + i % 10);
		if (!last)
			pump_for(pty, STORM_STEP_MS * MS);
	}
	pty_pieces(pty, &from);
	pump_for(pty, STORM_AFTER_MS * MS);
	count_repaints(pty, from, frame, since, out);
	out->bytes = (double)pty_total(pty) - before;
	out->whole = subject_ready(subject, pty_emu(pty)) && !pty_exited(pty, NULL);
	pty_close(pty);
	return true;
}

/* ---- a slow line ---- */

/* Which rows are highlighted: runs of 10 or more cells in reverse or on a background of
 * their own; as one number, and how many cells they are. */
struct highlights {
	uint64_t hash;
	int cells;
};

static bool is_highlighted(const struct emu *emu, int row, int col)
{
	struct emu_cell cell;

	emu_cell(emu, row, col, &cell);
	return (cell.attrs & EMU_REVERSE) || cell.bg != EMU_COLOUR_DEFAULT;
}

static struct highlights highlights(const struct emu *emu)
{
	struct highlights found = {.hash = 14695981039346656037u};
	int rows = emu_rows(emu), cols = emu_cols(emu);

	for (int row = 0; row < rows; row++)
		for (int col = 0, run = 0; col < cols; col++) {
			run = is_highlighted(emu, row, col) ? run + 1 : 0;
			if (run == 10)
				found.hash = (found.hash ^ (uint64_t)(row * 4096 + col)) *
					     1099511628211u;
			found.cells += run == 10 ? 10 : run > 10;
		}
	return found;
}

struct seen {
	uint64_t hash[SEEN_MAX];
	int count;
};

/* True when it is new. */
static bool remember(struct seen *seen, uint64_t hash)
{
	for (int i = 0; i < seen->count; i++)
		if (seen->hash[i] == hash)
			return false;
	if (seen->count < SEEN_MAX)
		seen->hash[seen->count++] = hash;
	return true;
}

/* Half a move (the old row no longer highlighted, the new one not yet) is none. */
static bool took_effect(
	const struct subject *subject, struct emu *emu, struct seen *seen, int cells)
{
	struct highlights now;
	int row;

	if (subject->slow_text)
		return emu_find(emu, subject->slow_text, 0, &row, NULL, NULL);
	now = highlights(emu);
	return now.cells >= cells - cells / 10 && remember(seen, now.hash);
}

bool measure_slow(const struct subject *subject, long bytes_per_s, double live_s,
	double limit_s, struct slow *out)
{
	struct pty_link link = {.bytes_per_s = bytes_per_s, .round_trip_ms = 100};
	struct pty *pty = subject_start(subject, PURPOSE_LIVE, COLS, ROWS, &link);
	static struct seen seen;
	char why[128];
	int64_t at, limit;
	int cells;

	if (!pty)
		return false;
	if (!subject_await_ready(subject, pty, 60000)) {
		pty_close(pty);
		return false;
	}
	seen.count = 0;
	for (limit = pty_now() + (int64_t)(live_s * 1e9); pty_now() < limit;) {
		pty_pump(pty, limit);
		if (!subject->slow_text)
			remember(&seen, highlights(pty_emu(pty)).hash);
	}
	*out = (struct slow){.seconds = INFINITY,
		.backlog_bytes = (double)(pty_total(pty) - pty_shown(pty))};
	cells = highlights(pty_emu(pty)).cells;
	at = pty_now();
	limit = at + (int64_t)(limit_s * 1e9);
	pty_keys(pty, subject->slow_keys, why, sizeof why);
	while (pty_now() < limit && !pty_exited(pty, NULL)) {
		pty_pump(pty, limit);
		if (took_effect(subject, pty_emu(pty), &seen, cells)) {
			out->seconds = ms_between(at, pty_now()) / 1000;
			break;
		}
	}
	pty_close(pty);
	return true;
}

/* ---- fatal signals ---- */

bool measure_signal(const struct subject *subject, int signal, char *why, size_t size)
{
	struct pty *pty = subject_start(subject, PURPOSE_QUIET, COLS, ROWS, NULL);
	int64_t limit;

	if (!pty)
		return false;
	if (!subject_await_ready(subject, pty, FRAME_LIMIT_MS)) {
		pty_close(pty);
		return false;
	}
	pump_for(pty, 200 * MS);
	pty_signal(pty, signal);
	for (limit = pty_now() + 3000 * MS; pty_now() < limit && !pty_exited(pty, NULL);)
		pty_pump(pty, limit);
	if (!pty_exited(pty, NULL))
		snprintf(why, size, "still runs after 3 s");
	else
		pty_restored(pty, why, size);
	pty_close(pty);
	return true;
}
