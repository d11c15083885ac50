/*
 * bench: measures the console against its targets and its peers, in one run on one
 * machine: what `make bench` prints. Prints tables; exits 0 when no target was missed,
 * 1 when one was, 2 when it could not measure.
 *
 *     cc -std=c11 -D_GNU_SOURCE -O2 -g -o tests/bench/bench tests/bench/{bench,subject,
 *         measure,payload,table}.c tests/term/{pty,watcher,emu}.c \
 *         $(pkg-config --cflags --libs vterm) -lutil -lm
 *     bench --list      bench      bench -n 20 first-frame keys
 *
 * What is measured, from the environment (defaults in the table `variables`):
 *     OOGWAY              the program
 *     OOGWAY_ARGS         for first-frame, idle output, keys, resize, signals
 *     OOGWAY_LIVE_ARGS    for live output, memory, cpu, slow-link: connected to the lab
 *     OOGWAY_INJECT_ARGS  for injection; may name $BENCH_EVIL_LOG, $BENCH_EVIL_JSON
 *     OOGWAY_INJECT_KEYS  pressed one after the other, separated by spaces
 *     OOGWAY_READY        texts that are all on the whole first screen, separated by |
 *     OOGWAY_DOWN, _UP    keys that move the cursor, as in tests/term scripts
 *     OOGWAY_SLOW_KEYS    pressed on the slow line, and
 *     OOGWAY_SLOW_TEXT    the text that must then appear; empty: a highlight that moves
 * Every program gets HOME and XDG_* folders of its own under a temporary one and is run
 * once before anything is timed, so its store exists. A log that grows by 10 lines a
 * second while a live section runs is $BENCH_GROWING_LOG.
 */
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"
#include "payload.h"
#include "table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RUNS_MAX     200
#define NOTES_MAX    64
#define LOG_LINES    2000

static const struct {
	const char *name, *value;
} variables[] = {
	{"OOGWAY", "./oogway"},
	{"OOGWAY_ARGS", ""},
	{"OOGWAY_LIVE_ARGS", "-c tests/lab/oogway.rc"},
	{"OOGWAY_INJECT_ARGS", ""},
	{"OOGWAY_INJECT_KEYS", ""},
	{"OOGWAY_READY", "? help"},
	{"OOGWAY_DOWN", "<Down>"},
	{"OOGWAY_UP", "<Up>"},
	{"OOGWAY_SLOW_KEYS", "<Down>"},
	{"OOGWAY_SLOW_TEXT", ""},
};

static char quiet_line[PATH_MAX], live_line[PATH_MAX], inject_line[PATH_MAX];
static char inject_keys[512], ready_texts[1024];

static struct subject subjects[] = {
	{.name = "oogway", .command = {quiet_line, live_line, inject_line}},
	{.name = "htop",
		.command = {"htop", NULL, "htop -p $BENCH_EVIL_PIDS"},
		.ready = {"Load average", "Command", "F10Quit"},
		.down = "<Down>",
		.up = "<Up>",
		.slow_keys = "<Down>"},
	{.name = "btop",
		.command = {"btop", NULL, "env XDG_CONFIG_HOME=$BENCH_BTOP btop"},
		.ready = {"Program:", "Free:", "download", "upload"},
		.down = "<Down>",
		.up = "<Up>",
		.slow_keys = "h",
		.slow_text = "Toggle CPU box"},
	{.name = "lnav",
		.command = {"lnav $BENCH_LOG", "lnav $BENCH_GROWING_LOG",
			"lnav $BENCH_EVIL_LOG"},
		.ready = {"request id=", "Text Filters", "View Help"},
		.down = "<Up>", /* it opens at the end of the file */
		.up = "<Down>",
		.slow_keys = "?",
		.slow_text = "A fancy log file viewer"},
};

static const struct {
	int number;
	const char *name;
} fatal_signals[] = {
	{SIGINT, "INT"},
	{SIGTERM, "TERM"},
	{SIGHUP, "HUP"},
	{SIGQUIT, "QUIT"},
	{SIGABRT, "ABRT"},
	{SIGSEGV, "SEGV"},
	{SIGBUS, "BUS"},
	{SIGFPE, "FPE"},
	{SIGILL, "ILL"},
};

/* The run as a whole. */
static struct {
	int runs, presses;
	double window_s, live_s, limit_s;
	long rate;
	char tmp[64];
	char notes[NOTES_MAX][320];
	int notes_count;
	pid_t writer;
} bench = {.runs = 10,
	.presses = 200,
	.window_s = 20,
	.live_s = 15,
	.limit_s = 60,
	.rate = 2000};

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *format, ...)
{
	va_list args;

	if (bench.notes_count == NOTES_MAX)
		return;
	va_start(args, format);
	vsnprintf(bench.notes[bench.notes_count++], sizeof bench.notes[0], format, args);
	va_end(args);
}

static void progress(const char *section, const struct subject *subject)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[Kbench: %s: %s", section, subject->name);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void min_and_median(double *values, int count, double *min, double *median)
{
	*min = *median = NAN;
	if (count == 0)
		return;
	qsort(values, (size_t)count, sizeof *values, by_value);
	*min = values[0];
	*median = count % 2 ? values[count / 2]
			    : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* ---- sections: each adds its rows, for every program that is present ---- */

/* Runs are interleaved, so that a busy moment of the machine hits all alike. */
static void section_first_frame(struct table *table)
{
	struct table_row *byte_min = table_add(table, "first byte, min ms", NO_TARGET, 0);
	struct table_row *byte = table_add(table, "first byte, median ms", NO_TARGET, 0);
	struct table_row *min = table_add(table, "first frame, min ms", NO_TARGET, 0);
	struct table_row *mid = table_add(table, "first frame, median ms", AT_MOST, 20);
	struct table_row *end = table_add(table, "and at rest, median ms", NO_TARGET, 0);
	struct table_row *size =
		table_add(table, "first frame, bytes to rest", AT_MOST, 10240);
	static double firsts[COUNT(subjects)][RUNS_MAX],
		readies[COUNT(subjects)][RUNS_MAX];
	static double ends[COUNT(subjects)][RUNS_MAX], sizes[COUNT(subjects)][RUNS_MAX];
	int counts[COUNT(subjects)] = {0};

	for (int run = 0; run < bench.runs; run++)
		for (size_t s = 0; s < COUNT(subjects); s++) {
			struct frame frame;
			int *n = &counts[s];

			if (!subjects[s].present)
				continue;
			progress("first-frame", &subjects[s]);
			if (!measure_frame(&subjects[s], 160, 48, &frame)) {
				note("%s: no first frame in run %d", subjects[s].name,
					run);
				continue;
			}
			firsts[s][*n] = frame.first_byte_ms;
			readies[s][*n] = frame.ready_ms;
			ends[s][*n] = frame.burst_end_ms;
			sizes[s][(*n)++] = frame.bytes;
		}
	for (size_t s = 0; s < COUNT(subjects); s++) {
		double unused;

		min_and_median(
			firsts[s], counts[s], &byte_min->value[s], &byte->value[s]);
		min_and_median(readies[s], counts[s], &min->value[s], &mid->value[s]);
		min_and_median(ends[s], counts[s], &unused, &end->value[s]);
		min_and_median(sizes[s], counts[s], &unused, &size->value[s]);
	}
}

/* Three sections look at the same window; it is measured once. */
static bool steady(size_t s, enum purpose purpose, struct steady *out)
{
	static struct steady known[COUNT(subjects)][PURPOSES];
	static int state[COUNT(subjects)][PURPOSES]; /* 1 measured, -1 failed */
	int *done = &state[s][purpose];

	if (!subjects[s].present)
		return false;
	if (*done == 0) {
		progress(purpose == PURPOSE_LIVE ? "live" : "idle", &subjects[s]);
		*done = measure_steady(&subjects[s], purpose, 4, bench.window_s,
				&known[s][purpose])
				? 1
				: -1;
		if (*done < 0)
			note("%s: could not be watched", subjects[s].name);
	}
	*out = known[s][purpose];
	return *done > 0;
}

static void section_idle(struct table *table)
{
	struct table_row *row = table_add(
		table, "bytes/s when nothing changes (own setting)", AT_MOST, 0);
	struct steady seen;

	for (size_t s = 0; s < COUNT(subjects); s++)
		if (steady(s, PURPOSE_QUIET, &seen))
			row->value[s] = seen.bytes_per_s;
}

static void section_live(struct table *table)
{
	struct table_row *row =
		table_add(table, "bytes/s, live dashboard 160x48", AT_MOST, 2300);
	struct steady seen;

	for (size_t s = 0; s < COUNT(subjects); s++)
		if (steady(s, PURPOSE_LIVE, &seen))
			row->value[s] = seen.bytes_per_s;
}

static void section_memory(struct table *table)
{
	struct table_row *anon = table_add(table, "RssAnon MiB", AT_MOST, 8);
	struct table_row *rss = table_add(table, "Rss MiB", AT_MOST, 22);
	struct table_row *pss = table_add(table, "Pss MiB", NO_TARGET, 0);
	struct steady seen;

	for (size_t s = 0; s < COUNT(subjects); s++)
		if (steady(s, PURPOSE_LIVE, &seen)) {
			anon->value[s] = seen.anon_mib;
			rss->value[s] = seen.rss_mib;
			pss->value[s] = seen.pss_mib;
		}
}

static void section_cpu(struct table *table)
{
	struct table_row *cpu = table_add(table, "CPU, % of a core", AT_MOST, 0.5);
	struct table_row *wakes =
		table_add(table, "voluntary context switches/s", AT_MOST, 8);
	struct steady seen;

	for (size_t s = 0; s < COUNT(subjects); s++)
		if (steady(s, PURPOSE_LIVE, &seen)) {
			cpu->value[s] = seen.cpu_percent;
			wakes->value[s] = seen.switches_per_s;
		}
}

static void section_keys(struct table *table)
{
	struct table_row *p50 =
		table_add(table, "key to first byte, p50 ms", NO_TARGET, 0);
	struct table_row *p99 = table_add(table, "key to first byte, p99 ms", AT_MOST, 5);
	struct table_row *max =
		table_add(table, "key to first byte, max ms", NO_TARGET, 0);
	struct table_row *size = table_add(table, "bytes a press, median", AT_MOST, 600);
	struct table_row *most = table_add(table, "bytes a press, p99", NO_TARGET, 0);
	struct table_row *lost = table_add(table, "presses without a byte", AT_MOST, 0);
	struct keys keys;

	for (size_t s = 0; s < COUNT(subjects); s++) {
		if (!subjects[s].present)
			continue;
		progress("keys", &subjects[s]);
		if (!measure_keys(&subjects[s], bench.presses, &keys)) {
			note("%s: no answer to any key", subjects[s].name);
			continue;
		}
		p50->value[s] = keys.first_byte_p50_ms;
		p99->value[s] = keys.first_byte_p99_ms;
		max->value[s] = keys.first_byte_max_ms;
		size->value[s] = keys.bytes_p50;
		most->value[s] = keys.bytes_p99;
		lost->value[s] = keys.unanswered;
	}
}

static void section_resize(struct table *table)
{
	struct table_row *paints =
		table_add(table, "repaints after the storm", AT_MOST, 2);
	struct table_row *size =
		table_add(table, "bytes, storm and after", AT_MOST, 61440);
	struct table_row *done =
		table_add(table, "last repaint over, ms after the last", NO_TARGET, 0);
	struct table_row *whole =
		table_add(table, "screen whole at the end", AT_LEAST, 1);
	struct storm storm;

	for (size_t s = 0; s < COUNT(subjects); s++) {
		if (!subjects[s].present)
			continue;
		progress("resize", &subjects[s]);
		if (!measure_storm(&subjects[s], &storm)) {
			note("%s: no resizes measured", subjects[s].name);
			continue;
		}
		paints->value[s] = storm.repaints;
		size->value[s] = storm.bytes;
		done->value[s] = storm.answered_ms;
		whole->value[s] = storm.whole;
	}
}

static void section_slow_link(struct table *table)
{
	struct table_row *answer =
		table_add(table, "key's effect on the screen, s", AT_MOST, 2);
	struct table_row *backlog =
		table_add(table, "backlog at the press, bytes", NO_TARGET, 0);
	struct slow slow;

	for (size_t s = 0; s < COUNT(subjects); s++) {
		if (!subjects[s].present)
			continue;
		progress("slow-link", &subjects[s]);
		if (!measure_slow(&subjects[s], bench.rate, bench.live_s, bench.limit_s,
			    &slow)) {
			note("%s: no first frame over the slow line in 60 s",
				subjects[s].name);
			continue;
		}
		answer->value[s] = slow.seconds;
		backlog->value[s] = slow.backlog_bytes;
		if (isinf(slow.seconds))
			note("%s: never = not within %.0f s", subjects[s].name,
				bench.limit_s);
	}
}

static void section_signals(struct table *table)
{
	struct table_row *row = table_add(
		table, "terminal restored, of 9", AT_LEAST, COUNT(fatal_signals));
	char why[256];

	for (size_t s = 0; s < COUNT(subjects); s++) {
		if (!subjects[s].present)
			continue;
		progress("signals", &subjects[s]);
		row->value[s] = 0;
		for (size_t i = 0; i < COUNT(fatal_signals); i++) {
			if (!measure_signal(&subjects[s], fatal_signals[i].number, why,
				    sizeof why))
				snprintf(why, sizeof why, "did not start");
			if (why[0])
				note("%s, SIG%s: %s", subjects[s].name,
					fatal_signals[i].name, why);
			else
				row->value[s]++;
		}
	}
}

static void section_injection(struct table *table)
{
	struct table_row *shown =
		table_add(table, "hostile texts shown, of 19", AT_LEAST, PAYLOADS);
	struct table_row *raw = table_add(table, "control sequences raw", AT_MOST, 0);
	struct table_row *hidden =
		table_add(table, "bidi or invisible characters raw", AT_MOST, 0);
	struct injection found;

	payload_plant(bench.tmp);
	for (size_t s = 0; s < COUNT(subjects); s++) {
		if (!subjects[s].present)
			continue;
		progress("injection", &subjects[s]);
		if (!payload_scan(&subjects[s], &found))
			continue;
		shown->value[s] = found.shown;
		raw->value[s] = found.raw;
		hidden->value[s] = found.invisible;
		if (found.which[0])
			note("%s let through: %s", subjects[s].name, found.which);
		if (found.shown > 0 && found.shown < PAYLOADS)
			note("%s did not show: %s", subjects[s].name, found.unseen);
		if (found.shown == 0)
			note("%s showed none of the texts: its zeros prove nothing",
				subjects[s].name);
	}
	payload_clear();
}

static const struct section {
	const char *name, *title, *help;
	void (*run)(struct table *table);
	bool live; /* wants the growing log */
} sections[] = {
	{"first-frame", "FIRST FRAME 160x48", "fresh process, warm cache, existing store",
		section_first_frame, false},
	{"keys", "KEYS 160x48", "cursor moves: latency and bytes", section_keys, false},
	{"resize", "50 RESIZES IN 1 s", "repaints and bytes", section_resize, false},
	{"idle", "OUTPUT AT REST", "bytes/s while nothing changes", section_idle, false},
	{"live", "OUTPUT LIVE", "bytes/s of a live screen", section_live, true},
	{"memory", "MEMORY 160x48", "live, program and children", section_memory, true},
	{"cpu", "CPU 160x48", "live: load and wake-ups", section_cpu, true},
	{"slow-link", "SLOW LINK 2 KB/s 160x48",
		"100 ms round trip, 256 KiB buffer, live", section_slow_link, true},
	{"signals", "FATAL SIGNALS", "what is left in the terminal", section_signals,
		false},
	{"injection", "INJECTION", "hostile text on its way to the terminal",
		section_injection, false},
};

/* ---- the log files of lnav and of whoever else wants them ---- */

static void log_line(FILE *file, int i)
{
	fprintf(file,
		"2026-08-20T10:%02d:%02d host%d app[77]: %s request id=%d took %d ms\n",
		i / 60 % 60, i % 60, i % 9, i % 8 ? "INFO" : "ERROR", i, i * 37 % 900);
}

static void make_log(const char *variable, const char *name)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", bench.tmp, name);
	setenv(variable, path, 1);
	file = fopen(path, "we");
	for (int i = 0; file && i < LOG_LINES; i++)
		log_line(file, i);
	if (file)
		fclose(file);
}

static void writer_start(void)
{
	static const struct timespec tenth = {.tv_nsec = 100000000};
	FILE *file;

	bench.writer = fork();
	if (bench.writer != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	file = fopen(getenv("BENCH_GROWING_LOG"), "ae");
	if (!file)
		_exit(1);
	for (int i = LOG_LINES;; i++) {
		log_line(file, i);
		fflush(file);
		nanosleep(&tenth, NULL);
	}
}

static void writer_stop(void)
{
	if (bench.writer > 0) {
		kill(bench.writer, SIGKILL);
		waitpid(bench.writer, NULL, 0);
	}
	bench.writer = 0;
}

/* ---- the run ---- */

static void make_lines(void)
{
	for (size_t i = 0; i < COUNT(variables); i++)
		setenv(variables[i].name, variables[i].value, 0);
	snprintf(quiet_line, sizeof quiet_line, "%s %s", getenv("OOGWAY"),
		getenv("OOGWAY_ARGS"));
	snprintf(live_line, sizeof live_line, "%s %s", getenv("OOGWAY"),
		getenv("OOGWAY_LIVE_ARGS"));
	snprintf(inject_line, sizeof inject_line, "%s %s", getenv("OOGWAY"),
		getenv("OOGWAY_INJECT_ARGS"));
	snprintf(inject_keys, sizeof inject_keys, "%s", getenv("OOGWAY_INJECT_KEYS"));
	snprintf(ready_texts, sizeof ready_texts, "%s", getenv("OOGWAY_READY"));
	subjects[0].down = getenv("OOGWAY_DOWN");
	subjects[0].up = getenv("OOGWAY_UP");
	subjects[0].slow_keys = getenv("OOGWAY_SLOW_KEYS");
	subjects[0].slow_text = getenv("OOGWAY_SLOW_TEXT");
	if (!*subjects[0].slow_text)
		subjects[0].slow_text = NULL;
}

static void split(char *text, const char *at, const char *out[SUBJECT_WORDS])
{
	int count = 0;

	for (char *word = strtok(text, at); word && count < SUBJECT_WORDS - 1;
		word = strtok(NULL, at))
		out[count++] = word;
}

static void find_subjects(const char *only)
{
	for (size_t s = 0; s < COUNT(subjects); s++) {
		struct subject *subject = &subjects[s];

		subject->present = (s == 0 || !only || strstr(only, subject->name)) &&
				   subject_present(subject);
		if (subject->present && !subject_warm(subject)) {
			note("%s is left out: its screen was never whole", subject->name);
			subject->present = false;
		} else if (s == 0 && !subject->present) {
			note("%s cannot be run: only the peers are measured",
				getenv("OOGWAY"));
		}
	}
}

static int run_section(const struct section *section)
{
	struct table table = {.title = section->title, .subjects = COUNT(subjects)};
	int missed;

	for (size_t s = 0; s < COUNT(subjects); s++)
		table.subject[s] = subjects[s].name;
	if (section->live)
		writer_start();
	section->run(&table);
	writer_stop();
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	missed = table_print(stdout, &table);
	for (int i = 0; i < bench.notes_count; i++)
		printf("  %s\n", bench.notes[i]);
	bench.notes_count = 0;
	fflush(stdout);
	return missed;
}

static int remove_one(
	const char *path, const struct stat *info, int type, struct FTW *ftw)
{
	(void)info;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

static bool make_folder(void)
{
	snprintf(bench.tmp, sizeof bench.tmp, "/tmp/bench.XXXXXX");
	if (!mkdtemp(bench.tmp))
		return false;
	setenv("BENCH_TMP", bench.tmp, 1);
	make_log("BENCH_LOG", "still.log");
	make_log("BENCH_GROWING_LOG", "growing.log");
	return true;
}

static void print_machine(void)
{
	struct utsname name;
	char model[128] = "unknown processor", line[256];
	FILE *file = fopen("/proc/cpuinfo", "re");

	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, "model name : %127[^\n]", model) == 1)
			break;
	if (file)
		fclose(file);
	uname(&name);
	printf("%ld x %s, Linux %s; xterm-256color; %d runs, %d presses, windows of %.0f "
	       "s\n",
		sysconf(_SC_NPROCESSORS_ONLN), model, name.release, bench.runs,
		bench.presses, bench.window_s);
	printf("ratio = oogway / target; - = not measured\n");
}

static const struct option long_options[] = {
	{"list", no_argument, NULL, 'l'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static void help(FILE *out)
{
	fputs("usage: bench [options] [section ...]\n"
	      "  -n N   first-frame runs (10)\n"
	      "  -k N   key presses (200)\n"
	      "  -s S   seconds of a window of output, CPU, memory (20)\n"
	      "  -w S   seconds live on the slow line before the key (15)\n"
	      "  -m S   seconds to wait for its effect (60)\n"
	      "  -p A,B only these peers; -p none: no peers\n"
	      "  -q     quick: -n 3 -k 40 -s 5 -w 5\n"
	      "  --list the sections\n",
		out);
}

static void list(void)
{
	for (size_t i = 0; i < COUNT(sections); i++)
		printf("%-12s %s\n", sections[i].name, sections[i].help);
}

static bool read_options(int argc, char **argv, const char **peers)
{
	int option;

	while ((option = getopt_long(argc, argv, "n:k:s:w:m:p:qh", long_options, NULL)) !=
		-1) {
		if (option == 'n')
			bench.runs = atoi(optarg);
		else if (option == 'k')
			bench.presses = atoi(optarg);
		else if (option == 's')
			bench.window_s = atof(optarg);
		else if (option == 'w')
			bench.live_s = atof(optarg);
		else if (option == 'm')
			bench.limit_s = atof(optarg);
		else if (option == 'p')
			*peers = optarg;
		else if (option == 'q')
			bench.runs = 3, bench.presses = 40,
			bench.window_s = bench.live_s = 5;
		else if (option == 'l' || option == 'h') {
			option == 'l' ? list() : help(stdout);
			exit(0);
		} else
			return false;
	}
	return bench.runs > 0 && bench.runs <= RUNS_MAX && bench.presses > 0 &&
	       bench.window_s > 0 && bench.live_s >= 0;
}

/* Is the section asked for? With none named, all are. */
static bool wanted(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static bool all_known(char **names)
{
	for (; *names; names++) {
		bool known = false;

		for (size_t i = 0; i < COUNT(sections); i++)
			known |= strcmp(*names, sections[i].name) == 0;
		if (!known) {
			fprintf(stderr, "bench: there is no section %s\n", *names);
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	const char *peers = NULL;
	int missed = 0;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (!read_options(argc, argv, &peers)) {
		help(stderr);
		return 2;
	}
	if (!all_known(argv + optind))
		return 2;
	if (!make_folder()) {
		perror("bench: no temporary folder");
		return 2;
	}
	make_lines();
	split(ready_texts, "|", subjects[0].ready);
	split(inject_keys, " ", subjects[0].inject_keys);
	find_subjects(peers);
	print_machine();
	for (size_t i = 0; i < COUNT(sections); i++)
		if (wanted(sections[i].name, argv + optind))
			missed += run_section(&sections[i]);
	nftw(bench.tmp, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	if (missed > 0)
		printf("\n%d targets missed\n", missed);
	return missed > 0;
}
