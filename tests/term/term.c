/*
 * term: runs screen-test scripts. Each script has a process, a folder and a time limit
 * of its own, several at once; reports come whole and in the order of the scripts.
 *
 *     cc -std=c11 -D_GNU_SOURCE -O2 -g -o term \
 *         tests/term/{term,script,words,screen,pty,watcher,emu}.c \
 *         $(pkg-config --cflags --libs vterm) -lutil
 *     ./term [-j N] FILE.t …          GENERATE=1 ./term FILE.t … rewrites snapshots
 *     ./term -h                       the options and the language
 *
 * pty.c, watcher.c and emu.c are also the base of tests/bench. Scripts find programs
 * through the environment ($OOGWAY, $LAB …). Exit: 0 all passed, 1 some failed, 2 usage.
 */
#include "script.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX     64
#define SCRIPT_LIMIT 60 /* seconds */
#define COPY_BYTES   4096

struct job {
	const char *path;
	pid_t pid;
	char tmp[PATH_MAX];
	FILE *report;
	double started, seconds;
	bool done, passed, timed_out;
};

struct settings {
	int jobs;
	double slowness;
	int limit_s;
	bool generate, verbose, keep;
};

static const char usage[] =
	"usage: term [options] FILE.t ...\n"
	"  -j N   run N scripts at once (0: one per processor)\n"
	"  -x F   all time limits times F, for sanitizers and valgrind\n"
	"  -t S   seconds a script may take (60)\n"
	"  -k     keep the folder TMP of each script\n"
	"  -v     name each directive as it runs\n"
	"GENERATE=1 in the environment rewrites the snapshots.\n\nThe language:\n";

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
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

static bool make_tmp(struct job *job)
{
	const char *base = getenv("TMPDIR");

	snprintf(job->tmp, sizeof job->tmp, "%s/term.XXXXXX",
		base && *base ? base : "/tmp");
	return mkdtemp(job->tmp) != NULL;
}

static _Noreturn void run_script(struct job *job, const struct settings *settings)
{
	struct script_options options = {.tmp = job->tmp,
		.slowness = settings->slowness,
		.generate = settings->generate,
		.verbose = settings->verbose,
		.out = job->report};
	int checks = 0, failures;

	/* sh children may print; it belongs to the report. */
	dup2(fileno(job->report), STDOUT_FILENO);
	dup2(fileno(job->report), STDERR_FILENO);
	failures = script_run(job->path, &options, &checks);
	fprintf(job->report, "  %d checks\n", checks);
	fclose(job->report);
	exit(failures > 0);
}

static void start(struct job *job, const struct settings *settings)
{
	job->started = now_s();
	job->report = tmpfile();
	if (!job->report || !make_tmp(job)) {
		fprintf(stderr, "term: no temporary file or folder: %s\n",
			strerror(errno));
		exit(2);
	}
	setvbuf(job->report, NULL, _IOLBF, 0);
	fcntl(fileno(job->report), F_SETFL, O_APPEND);
	job->pid = fork();
	if (job->pid == 0) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_script(job, settings);
	}
	if (job->pid < 0) {
		fprintf(stderr, "term: cannot fork: %s\n", strerror(errno));
		exit(2);
	}
}

static void finish(struct job *job, int status, const struct settings *settings)
{
	job->seconds = now_s() - job->started;
	job->done = true;
	job->passed = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (WIFSIGNALED(status) && !job->timed_out)
		fprintf(job->report, "  term itself died of signal %d\n",
			WTERMSIG(status));
	if (job->timed_out)
		fprintf(job->report, "  took longer than its limit\n");
	if (settings->keep)
		fprintf(job->report, "  TMP was %s\n", job->tmp);
	else
		nftw(job->tmp, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static void print_report(struct job *job)
{
	char buffer[COPY_BYTES];
	size_t n;

	printf("%s %s (%.2f s)\n", job->passed ? "ok    " : "not ok", job->path,
		job->seconds);
	fflush(job->report);
	rewind(job->report);
	while ((n = fread(buffer, 1, sizeof buffer, job->report)) > 0)
		fwrite(buffer, 1, n, stdout);
	fclose(job->report);
	fflush(stdout);
}

/* Ends scripts that are over their time. Its programs die with it: see watcher.c. */
static void check_limits(struct job *jobs, int count, const struct settings *settings)
{
	double limit = settings->limit_s * settings->slowness;

	for (int i = 0; i < count; i++)
		if (jobs[i].pid > 0 && !jobs[i].done && !jobs[i].timed_out &&
			now_s() - jobs[i].started > limit) {
			jobs[i].timed_out = true;
			kill(-jobs[i].pid, SIGKILL);
		}
}

static void collect(
	struct job *jobs, int count, const struct settings *settings, int *running)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < count; i++)
			if (jobs[i].pid == pid) {
				finish(&jobs[i], status, settings);
				(*running)--;
			}
}

static int run_all(struct job *jobs, int count, const struct settings *settings)
{
	int started = 0, running = 0, printed = 0, failed = 0;

	while (printed < count) {
		while (started < count && running < settings->jobs) {
			fflush(stdout);
			start(&jobs[started++], settings);
			running++;
		}
		poll(NULL, 0, 5);
		collect(jobs, count, settings, &running);
		check_limits(jobs, started, settings);
		for (; printed < count && jobs[printed].done; printed++) {
			print_report(&jobs[printed]);
			failed += !jobs[printed].passed;
		}
	}
	return failed;
}

static bool read_options(int argc, char **argv, struct settings *settings)
{
	int option;

	while ((option = getopt(argc, argv, "j:x:t:kvh")) != -1) {
		switch (option) {
		case 'j':
			settings->jobs = atoi(optarg);
			break;
		case 'x':
			settings->slowness = atof(optarg);
			break;
		case 't':
			settings->limit_s = atoi(optarg);
			break;
		case 'k':
			settings->keep = true;
			break;
		case 'v':
			settings->verbose = true;
			break;
		case 'h':
			fputs(usage, stdout);
			script_help(stdout);
			exit(0);
		default:
			return false;
		}
	}
	if (settings->jobs == 0)
		settings->jobs = (int)sysconf(_SC_NPROCESSORS_ONLN);
	return settings->jobs > 0 && settings->jobs <= JOBS_MAX &&
	       settings->slowness > 0 && settings->limit_s > 0 && optind < argc;
}

int main(int argc, char **argv)
{
	struct settings settings = {.jobs = 1,
		.slowness = 1,
		.limit_s = SCRIPT_LIMIT,
		.generate = getenv("GENERATE") && strcmp(getenv("GENERATE"), "0") != 0};
	struct job *jobs;
	int count, failed;

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
	if (!read_options(argc, argv, &settings)) {
		fputs(usage, stderr);
		script_help(stderr);
		return 2;
	}
	count = argc - optind;
	jobs = calloc((size_t)count, sizeof *jobs);
	if (!jobs)
		return 2;
	for (int i = 0; i < count; i++)
		jobs[i].path = argv[optind + i];
	failed = run_all(jobs, count, &settings);
	printf("%d passed, %d failed\n", count - failed, failed);
	free(jobs);
	return failed > 0;
}
