/* Runbooks as files: folders read in a task, front matter taken apart, steps counted,
 * matched by alert name. The starter set is built in. What is in a file is foreign text.
 * Hides the task: the list is the old one until the new one is whole. Main thread, but
 * for reading. */
#include "app/runbooks.h"

#include "embedded.h"
#include "app/setting.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "io/task.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { RUNBOOKS_MAX = 2000, FILE_MAX_BYTES = RUNBOOK_MAX_BYTES + 1, LATE_MS = 10000 };

struct shelf {
	struct runbook_row **list;
	size_t count, cap;
};

struct reading {
	struct task task;
	struct runbooks *runbooks; /* NULL: nobody waits for it any more */
	char *folders;             /* as in `set runbooks` */
	struct shelf shelf;
};

struct runbooks {
	struct app *app;
	struct shelf shelf;
	struct reading *reading; /* the newest one */
	int64_t begun_at;
	bool told_late;
};

struct runbooks *runbooks_new(struct app *app)
{
	struct runbooks *runbooks = mem_new(1, sizeof *runbooks);

	runbooks->app = app;
	return runbooks;
}

static void forget(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->count; i++) {
		runbook_release(&shelf->list[i]->book);
		untrusted_free(shelf->list[i]->text);
		mem_free(shelf->list[i]->path);
		mem_free(shelf->list[i]);
	}
	mem_free(shelf->list);
	*shelf = (struct shelf){0};
}

/* Its result is for nobody; what waits for a dead file server cannot be ended. */
static void abandon(struct runbooks *runbooks)
{
	if (!runbooks->reading)
		return;
	runbooks->reading->runbooks = NULL;
	task_cancel(&runbooks->reading->task);
	runbooks->reading = NULL;
}

void runbooks_free(struct runbooks *runbooks)
{
	if (!runbooks)
		return;
	abandon(runbooks);
	forget(&runbooks->shelf);
	mem_free(runbooks);
}

static void add(struct shelf *shelf, const char *path, const char *text, size_t n)
{
	struct runbook_row *row;
	const char *base = strrchr(path, '/');

	if (shelf->count == RUNBOOKS_MAX || !strcmp(base ? base + 1 : path, "README.md"))
		return;
	row = mem_new(1, sizeof *row);
	row->path = mem_strdup(path);
	row->id = untrusted_hash(untrusted_str(path));
	row->text = untrusted_keep(untrusted_make(text, n), FILE_MAX_BYTES);
	runbook_parse(&row->book, row->text);
	row->title = untrusted_empty(row->book.title) ? untrusted_str(row->path)
						      : row->book.title;
	MEM_ROOM(shelf->list, shelf->count, shelf->cap);
	shelf->list[shelf->count++] = row;
}

/* It stands in the list with the reason, and nothing of it can be run. */
static void add_unread(struct shelf *shelf, const char *path, const char *why)
{
	size_t before = shelf->count;

	log_add(LOG_WARN, "runbook: %s: %s", path, why);
	add(shelf, path, "", 0);
	if (shelf->count > before)
		runbook_unread(&shelf->list[before]->book, why);
}

/* A link may lead to another name of its folder, and nowhere else. */
static bool leads_out(const char *path)
{
	char folder[PATH_MAX], real[PATH_MAX], own[PATH_MAX];
	size_t n;

	str_copy(folder, sizeof folder, path);
	if (strrchr(folder, '/'))
		*strrchr(folder, '/') = '\0';
	if (!realpath(path, real) || !realpath(folder, own))
		return false;
	n = strlen(own);
	return strncmp(real, own, n) != 0 || real[n] != '/';
}

static void add_file(struct shelf *shelf, const char *path)
{
	/* A FIFO among them would be waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	struct stat st;
	struct str text;
	char part[4096];
	size_t n;

	if (leads_out(path)) {
		add_unread(shelf, path, "leads out of its folder: it is not read");
		if (f)
			fclose(f);
		return;
	}

	if (!f) {
		char why[160];

		snprintf(why, sizeof why, "cannot be read: %s", strerror(errno));
		add_unread(shelf, path, why);
		return;
	}
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		log_add(LOG_WARN, "runbook: %s is not a plain file", path);
		fclose(f);
		return;
	}
	str_init(&text, FILE_MAX_BYTES);
	while ((n = fread(part, 1, sizeof part, f)) > 0 && str_add(&text, part, n))
		;
	fclose(f);
	add(shelf, path, str_text(&text), text.n);
	str_release(&text);
}

static void add_folder(struct reading *reading, const char *folder)
{
	char pattern[4096];
	glob_t found = {0};

	snprintf(pattern, sizeof pattern, "%s/*.md", folder);
	if (glob(pattern, GLOB_TILDE, NULL, &found))
		log_add(LOG_WARN, "runbooks: no Markdown files in %s", folder);
	for (size_t i = 0; i < found.gl_pathc && !task_cancelled(&reading->task); i++)
		add_file(&reading->shelf, found.gl_pathv[i]);
	globfree(&found);
}

static void add_starters(struct shelf *shelf)
{
	for (const struct embedded *e = embedded_files; e->name; e++)
		if (str_starts(e->name, "runbooks/"))
			add(shelf, e->name, e->text, e->size);
}

static int by_title(const void *a, const void *b)
{
	return untrusted_cmp_natural((*(struct runbook_row *const *)a)->title,
		(*(struct runbook_row *const *)b)->title);
}

static void sort(struct shelf *shelf)
{
	if (shelf->count)
		qsort(shelf->list, shelf->count, sizeof(struct runbook_row *), by_title);
}

static void read_folders(struct task *task)
{
	struct reading *reading = (struct reading *)task;

	for (const char *at = reading->folders; *at; at += *at == ',') {
		size_t n = strcspn(at, ",");
		char folder[4096];

		snprintf(folder, sizeof folder, "%.*s", (int)n, at);
		at += n;
		if (strcmp(folder, "auto"))
			add_folder(reading, folder);
		else
			add_starters(&reading->shelf);
	}
	sort(&reading->shelf);
}

static void have_read(struct task *task)
{
	struct reading *reading = (struct reading *)task;
	struct runbooks *runbooks = reading->runbooks;

	if (runbooks) {
		struct shelf old = runbooks->shelf;

		runbooks->reading = NULL;
		runbooks->shelf = reading->shelf;
		reading->shelf = old;
		app_changed(runbooks->app, CHANGED_RUNBOOKS);
	}
	forget(&reading->shelf);
	mem_free(reading->folders);
	mem_free(reading);
}

void runbooks_load(struct runbooks *runbooks)
{
	const char *folders = settings_text(&runbooks->app->rc->settings, SET_RUNBOOKS);
	struct reading *reading;

	abandon(runbooks);
	/* The shipped ones are there at once. */
	if (!strcmp(folders, "auto") ||
		(!runbooks->shelf.count && str_starts(folders, "auto"))) {
		forget(&runbooks->shelf);
		add_starters(&runbooks->shelf);
		sort(&runbooks->shelf);
	}
	app_changed(runbooks->app, CHANGED_RUNBOOKS);
	if (!strcmp(folders, "auto"))
		return;
	reading = mem_new(1, sizeof *reading);
	reading->task = (struct task){
		.work = read_folders, .done = have_read, .class = TASK_INTERACTIVE};
	reading->runbooks = runbooks;
	reading->folders = mem_strdup(folders);
	runbooks->reading = reading;
	runbooks->begun_at = runbooks->app->now;
	runbooks->told_late = false;
	task_submit(runbooks->app->pool, &reading->task);
}

void runbooks_tick(struct runbooks *runbooks, int64_t now)
{
	if (!runbooks->reading || runbooks->told_late ||
		now - runbooks->begun_at < LATE_MS)
		return;
	runbooks->told_late = true;
	app_notice(runbooks->app, true,
		"runbooks: %s does not answer (a dead file server?): the list stays as "
		"it "
		"is",
		runbooks->reading->folders);
}

bool runbooks_settled(const struct runbooks *runbooks)
{
	return !runbooks->reading;
}

size_t runbooks_count(const struct runbooks *runbooks)
{
	return runbooks->shelf.count;
}

const struct runbook_row *runbooks_at(const struct runbooks *runbooks, size_t i)
{
	return runbooks->shelf.list[i];
}

const struct runbook_row *runbooks_find(const struct runbooks *runbooks, uint64_t id)
{
	for (size_t i = 0; i < runbooks->shelf.count; i++)
		if (runbooks->shelf.list[i]->id == id)
			return runbooks->shelf.list[i];
	return NULL;
}

const char *runbook_name(const struct runbook_row *row, char *out, size_t size)
{
	const char *slash = strrchr(row->path, '/');

	str_copy(out, size, slash ? slash + 1 : row->path);
	if (str_ends(out, ".md"))
		out[strlen(out) - strlen(".md")] = '\0';
	return out;
}

const struct runbook_row *runbooks_named(
	const struct runbooks *runbooks, const char *wanted)
{
	char name[256];

	for (size_t i = 0; i < runbooks->shelf.count; i++)
		if (!strcmp(runbook_name(runbooks->shelf.list[i], name, sizeof name),
			    wanted))
			return runbooks->shelf.list[i];
	return NULL;
}

const struct runbook_row *runbooks_match(
	const struct runbooks *runbooks, struct untrusted alert_name)
{
	for (size_t i = 0; i < runbooks->shelf.count; i++) {
		struct untrusted rest = runbooks->shelf.list[i]->book.matches, word;

		while (untrusted_word(&rest, "[], \t", &word))
			if (untrusted_eq(word, alert_name))
				return runbooks->shelf.list[i];
	}
	return NULL;
}
