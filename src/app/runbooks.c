/* Runbooks as files: folders read in a task, front matter taken apart, steps counted,
 * matched by alert name. The starter set is built in. What is in a file is foreign text.
 * Hides the task: the list is the old one until the new one is whole. Main thread, but
 * for reading. */
#include "app/runbooks.h"

#include "embedded.h"
#include "analysis/search.h"
#include "app/runbook_versions.h"
#include "app/setting.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "connect/docs.h"
#include "io/task.h"
#include "pages.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NAMES_MAX = 20000, DEPTH_MAX = 6 };
/* An index is many times what it is about. */
enum { SECTION_LEVELS = 4, SECTIONS_BYTES = 8 << 20 };
enum { RUNBOOKS_MAX = 2000, FILE_MAX_BYTES = RUNBOOK_MAX_BYTES + 1, LATE_MS = 10000 };

struct shelf {
	struct runbook_row **list;
	size_t count, cap;
	struct search *index; /* in that order; NULL until a task has made it */
	struct runbook_section *sections; /* behind them in the index */
	size_t section_count, section_cap;
};

/* A `source NAME docs` of the rc. */
struct site {
	char *name, *url, *filter;
	char folder[4096];
};

struct reading {
	struct task task;
	struct runbooks *runbooks; /* NULL: nobody waits for it any more */
	char *folders;             /* as in `set runbooks` */
	char versions[4096];       /* where those are; "": nowhere */
	struct site *sites;
	size_t site_count;
	struct shelf shelf;
	size_t looked_at; /* names of a folder and those below it */
	bool indexed;
};

struct runbooks {
	struct app *app;
	struct shelf shelf;
	struct reading *reading; /* the newest one */
	int64_t begun_at;
	bool told_late;
	bool indexed; /* somebody has looked for words: it is made from then on */
};

struct runbooks *runbooks_new(struct app *app)
{
	struct runbooks *runbooks = mem_new(1, sizeof *runbooks);

	runbooks->app = app;
	return runbooks;
}

static void free_row(struct runbook_row *row)
{
	runbook_release(&row->book);
	matchers_release(&row->labels);
	untrusted_free(row->text);
	untrusted_free(row->before);
	if (row->page)
		untrusted_free(row->page->links);
	mem_free(row->page);
	mem_free(row->path);
	mem_free(row);
}

static void forget(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->count; i++)
		free_row(shelf->list[i]);
	search_free(shelf->index);
	mem_free(shelf->list);
	mem_free(shelf->sections);
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

/* That of the front matter, else the first heading, else its path. */
static struct untrusted title_of(const struct runbook_row *row)
{
	struct untrusted rest = row->book.body, line;

	if (!untrusted_empty(row->book.title))
		return row->book.title;
	while (untrusted_line(&rest, &line))
		if (untrusted_starts(line, "# "))
			return untrusted_trim(untrusted_slice(line, 2, SIZE_MAX));
	return untrusted_str(row->path);
}

/* README.md, CHANGELOG.md and their like are about the folder. */
static bool is_about(const char *name)
{
	bool capital = false;

	for (; *name && strcmp(name, ".md"); name++) {
		if (*name >= 'a' && *name <= 'z')
			return false;
		capital |= *name >= 'A' && *name <= 'Z';
	}
	return capital;
}

/* The built-in one of the same name makes way. */
static bool replace(struct shelf *shelf, struct runbook_row *row, bool *kept)
{
	char name[256], other[256];

	runbook_name(row, name, sizeof name);
	for (size_t i = 0; i < shelf->count; i++) {
		struct runbook_row *old = shelf->list[i];

		if (old->built_in == row->built_in ||
			strcmp(runbook_name(old, other, sizeof other), name) != 0)
			continue;
		*kept = !row->built_in;
		if (row->built_in) {
			free_row(row);
			return true;
		}
		free_row(old);
		shelf->list[i] = row;
		return true;
	}
	return false;
}

/* NULL: it has no place there. */
static struct runbook_row *add(
	struct shelf *shelf, const char *path, struct untrusted text, bool built_in)
{
	struct runbook_row *row;
	const char *base = strrchr(path, '/');
	bool kept = true;
	struct err err;

	if (shelf->count == RUNBOOKS_MAX || is_about(base ? base + 1 : path))
		return NULL;
	row = mem_new(1, sizeof *row);
	row->path = mem_strdup(path);
	row->built_in = built_in;
	row->id = untrusted_hash(untrusted_str(path));
	row->text = untrusted_keep(text, FILE_MAX_BYTES);
	runbook_parse(&row->book, row->text);
	/* One at fault matches nothing; `runbook check` says so. */
	matchers_read(&row->labels, row->book.labels, &err);
	row->title = title_of(row);
	if (replace(shelf, row, &kept))
		return kept ? row : NULL;
	MEM_ROOM(shelf->list, shelf->count, shelf->cap);
	shelf->list[shelf->count++] = row;
	return row;
}

/* It stands in the list with the reason, and nothing of it can be run. */
static void add_unread(struct shelf *shelf, const char *path, const char *why)
{
	struct runbook_row *row;

	log_add(LOG_WARN, "runbook: %s: %s", path, why);
	row = add(shelf, path, UNTRUSTED_NONE, false);
	if (row)
		runbook_unread(&row->book, why);
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
		add_unread(shelf, path, "is not a plain file");
		fclose(f);
		return;
	}
	str_init(&text, FILE_MAX_BYTES);
	while ((n = fread(part, 1, sizeof part, f)) > 0 && str_add(&text, part, n))
		;
	fclose(f);
	add(shelf, path, untrusted_make(text.p, text.n), false);
	str_release(&text);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of a folder in order, so that the list does not depend on the file system; those
 * that begin with a dot are left out. */
static char **read_names(const char *folder, size_t *count)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char **names = NULL;
	size_t cap = 0;

	*count = 0;
	while (dir && *count < NAMES_MAX && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		MEM_ROOM(names, *count, cap);
		names[(*count)++] = mem_strdup(entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (*count)
		qsort(names, *count, sizeof *names, by_name);
	return names;
}

/* A checkout has folders in folders; links to folders are not followed. */
static void add_below(struct reading *reading, const char *folder, int depth)
{
	size_t count;
	char **names = read_names(folder, &count);

	for (size_t i = 0; i < count; i++) {
		char path[PATH_MAX];
		struct stat st;

		if (snprintf(path, sizeof path, "%s/%s", folder, names[i]) <
				(int)sizeof path &&
			!task_cancelled(&reading->task) &&
			reading->looked_at++ < NAMES_MAX && !lstat(path, &st)) {
			if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
				add_below(reading, path, depth + 1);
			else if (!S_ISDIR(st.st_mode) && str_ends(path, ".md"))
				add_file(&reading->shelf, path);
		}
		mem_free(names[i]);
	}
	mem_free(names);
}

static void add_folder(struct reading *reading, const char *folder)
{
	const char *home = getenv("HOME");
	size_t before = reading->shelf.count;
	char path[PATH_MAX];

	if (str_starts(folder, "~/") && home)
		snprintf(path, sizeof path, "%s%s", home, folder + 1);
	else
		str_copy(path, sizeof path, folder);
	reading->looked_at = 0;
	add_below(reading, path, 0);
	if (reading->looked_at >= NAMES_MAX)
		log_add(LOG_WARN,
			"runbooks: %s holds more than %d files: not all of it "
			"is read",
			folder, NAMES_MAX);
	if (reading->shelf.count == before)
		log_add(LOG_WARN, "runbooks: no Markdown files in %s", folder);
}

/* --- pages --- */

/* What is new in one is shown for so long. */
#define NEW_MS (7 * DAY_MS)

static void name_page(
	struct runbook_row *row, const struct site *site, const struct page_file *file)
{
	struct runbook_page *page = row->page;
	char name[PAGE_NAME];

	str_copy(page->site, sizeof page->site, site->name);
	str_copy(page->title, sizeof page->title, file->title);
	str_copy(page->etag, sizeof page->etag, file->etag);
	str_copy(page->modified, sizeof page->modified, file->modified);
	page->changed_at = file->changed_at;
	page->gone_at = file->gone_at;
	page->links = file->links;
	docs_name(site->url, site->filter, file->url, name, sizeof name);
	snprintf(page->name, sizeof page->name, "%s%s%s", site->name, *name ? ":" : "",
		name);
}

static void add_page(struct shelf *shelf, const struct site *site, const char *path)
{
	struct page_file file, before;
	struct runbook_row *row;
	char own[PAGE_URL + 80];

	if (shelf->count == RUNBOOKS_MAX || !page_file_read(path, &file))
		return;
	if (!docs_holds(site->url, site->filter, file.url)) {
		page_file_release(&file);
		return;
	}
	row = mem_new(1, sizeof *row);
	row->page = mem_new(1, sizeof *row->page);
	row->path = mem_strdup(file.url);
	snprintf(own, sizeof own, "%s %s", site->name, file.url);
	row->id = untrusted_hash(untrusted_str(own));
	row->text = file.text;
	runbook_prose(&row->book, row->text);
	name_page(row, site, &file);
	row->title = untrusted_str(*row->page->title ? row->page->title : row->path);
	if (page_file_before(path, &before)) {
		row->before = before.text;
		untrusted_free(before.links);
		row->changed = time_now_ms() - file.changed_at < NEW_MS;
	}
	MEM_ROOM(shelf->list, shelf->count, shelf->cap);
	shelf->list[shelf->count++] = row;
}

static void add_site(struct reading *reading, const struct site *site)
{
	size_t count;
	char **names = read_names(site->folder, &count);

	for (size_t i = 0; i < count; i++) {
		char path[PATH_MAX];

		if (str_ends(names[i], ".page") && !task_cancelled(&reading->task) &&
			snprintf(path, sizeof path, "%s/%s", site->folder, names[i]) <
				(int)sizeof path)
			add_page(&reading->shelf, site, path);
		mem_free(names[i]);
	}
	mem_free(names);
}

static void copy_sites(struct reading *reading, const struct app *app)
{
	reading->sites = mem_new(app->rc->source_count + 1, sizeof *reading->sites);
	for (size_t i = 0; i < app->rc->source_count; i++) {
		const struct rc_source *rc = &app->rc->sources[i];
		struct site *site = &reading->sites[reading->site_count];

		if (!rc->kind->site ||
			!pages_folder(app, rc->name, site->folder, sizeof site->folder))
			continue;
		site->name = mem_strdup(rc->name);
		site->url = mem_strdup(rc->url);
		site->filter = rc->filter ? mem_strdup(rc->filter) : NULL;
		reading->site_count++;
	}
}

static void add_starters(struct shelf *shelf)
{
	for (const struct embedded *e = embedded_files; e->name; e++)
		if (str_starts(e->name, "runbooks/"))
			add(shelf, e->name, untrusted_make(e->text, e->size), true);
}

static int by_title(const void *a, const void *b)
{
	return untrusted_cmp_natural((*(struct runbook_row *const *)a)->title,
		(*(struct runbook_row *const *)b)->title);
}

/* Its file's name and the alerts' are words too: of KubePodCrashLooping all four. */
static void index_book(struct search *search, const struct runbook_row *row)
{
	struct search_doc doc = {.title = row->title, .text = row->book.body};
	struct str also;
	char name[256];

	str_init(&also, 16 << 10);
	str_printf(&also, "%s ", runbook_name(row, name, sizeof name));
	text_add_line(&also, row->book.matches, 8000);
	str_putc(&also, ' ');
	text_add_line(&also, row->book.keywords, 4000);
	doc.also = untrusted_make(also.p, also.n);
	search_add(search, &doc);
	str_release(&also);
}

/* Headings of which every page has some: they tell nothing by themselves. */
static bool is_usual(struct untrusted heading)
{
	static const char *const usual[] = {"overview", "summary", "meaning", "impact",
		"diagnosis", "mitigation", "steps", "verify", "verification", "undo",
		"rollback", "escalate", "escalation", "contents", "introduction",
		"background", "symptoms", "cause", "causes", "resolution", "references",
		"see also", "links", "owner", "contacts", "notes", "history", "faq",
		"prerequisites", "what to do", "description", "details"};

	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (untrusted_size(heading) == strlen(usual[i]) &&
			untrusted_find_nocase(heading, usual[i]) == 0)
			return true;
	return false;
}

static void add_section(struct shelf *shelf, uint32_t row, struct untrusted text,
	struct runbook_section section)
{
	struct search_doc doc = {.title = section.heading,
		.also = shelf->list[row]->title,
		.text = text,
		.part_of = row + 1};

	if (untrusted_empty(section.heading) ||
		search_add(shelf->index, &doc) == UINT32_MAX)
		return;
	section.row = row;
	MEM_ROOM(shelf->sections, shelf->section_count, shelf->section_cap);
	shelf->sections[shelf->section_count++] = section;
}

/* Of a heading, to an end; 0: the line is none. */
static size_t heading_marks(struct untrusted line)
{
	size_t n = 0;

	while (n <= SECTION_LEVELS && untrusted_is(untrusted_slice(line, n, 1), "#"))
		n++;
	return n <= SECTION_LEVELS && untrusted_is(untrusted_slice(line, n, 1), " ") ? n
										     : 0;
}

/* What stands below each heading but the first, which is that of all of it; a usual one
 * goes on with what is above it. */
static void index_sections(struct shelf *shelf, uint32_t at)
{
	struct untrusted all = shelf->list[at]->text, rest = all, line, info;
	struct untrusted open = UNTRUSTED_NONE, heading;
	struct runbook_section section = {0};
	size_t from = 0, headings = 0;
	int number = 0;

	while (untrusted_line(&rest, &line)) {
		size_t fence = runbook_fence(line, open, &info);
		size_t marks = untrusted_empty(open) ? heading_marks(line) : 0;

		number++;
		if (fence)
			open = untrusted_empty(open)
				       ? untrusted_slice(untrusted_trim(line), 0, fence)
				       : UNTRUSTED_NONE;
		heading = untrusted_trim(untrusted_slice(line, marks, SIZE_MAX));
		if (!marks || !headings++ || is_usual(heading))
			continue;
		add_section(shelf, at,
			untrusted_slice(all, from, untrusted_offset(all, line) - from),
			section);
		section.line = number;
		section.heading = heading;
		from = untrusted_offset(all, line) + untrusted_size(line);
	}
	add_section(shelf, at, untrusted_slice(all, from, SIZE_MAX), section);
}

static void sort(struct shelf *shelf)
{
	if (shelf->count)
		qsort(shelf->list, shelf->count, sizeof(struct runbook_row *), by_title);
}

/* Takes some milliseconds: in a task. */
static void index_all(struct shelf *shelf)
{
	size_t bytes = 0;

	shelf->index = search_new();
	for (size_t i = 0; i < shelf->count; i++)
		index_book(shelf->index, shelf->list[i]);
	for (size_t i = 0; i < shelf->count; i++) {
		const struct runbook_row *row = shelf->list[i];

		if (!row->page)
			continue;
		bytes += untrusted_size(row->text);
		if (bytes > SECTIONS_BYTES) {
			log_add(LOG_INFO,
				"runbooks: pages of more than %d MiB are found "
				"as a whole, and not by section",
				SECTIONS_BYTES >> 20);
			break;
		}
		index_sections(shelf, (uint32_t)i);
	}
	search_settle(shelf->index);
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
	for (size_t i = 0; i < reading->site_count; i++)
		add_site(reading, &reading->sites[i]);
	for (size_t i = 0; *reading->versions && i < reading->shelf.count; i++)
		runbook_version_load(reading->shelf.list[i], reading->versions);
	sort(&reading->shelf);
	if (!reading->indexed)
		return;
	index_all(&reading->shelf);
	/* What the making of it took is many times what it is. */
	mem_trim();
}

/* What was noted of a text while it was read again: of few books anything is. */
static void carry_over(const struct shelf *from, struct shelf *to)
{
	for (size_t k = 0; k < from->count; k++) {
		const struct runbook_row *old = from->list[k];

		for (size_t i = 0; (old->ran || old->seen) && i < to->count; i++) {
			struct runbook_row *row = to->list[i];

			if (old->id != row->id || !untrusted_eq(old->text, row->text))
				continue;
			row->ran |= old->ran;
			row->seen |= old->seen;
			row->changed &= !old->ran;
		}
	}
}

static void have_read(struct task *task)
{
	struct reading *reading = (struct reading *)task;
	struct runbooks *runbooks = reading->runbooks;

	if (runbooks) {
		struct shelf old = runbooks->shelf;

		runbooks->reading = NULL;
		carry_over(&old, &reading->shelf);
		runbooks->shelf = reading->shelf;
		reading->shelf = old;
		app_changed(runbooks->app, CHANGED_RUNBOOKS);
	}
	forget(&reading->shelf);
	for (size_t i = 0; i < reading->site_count; i++) {
		mem_free(reading->sites[i].name);
		mem_free(reading->sites[i].url);
		mem_free(reading->sites[i].filter);
	}
	mem_free(reading->sites);
	mem_free(reading->folders);
	mem_free(reading);
}

void runbooks_load(struct runbooks *runbooks)
{
	const char *folders = settings_text(&runbooks->app->rc->settings, SET_RUNBOOKS);
	struct reading *reading;

	abandon(runbooks);
	/* The shipped ones are there at once. */
	if (!runbooks->shelf.count && str_starts(folders, "auto")) {
		add_starters(&runbooks->shelf);
		sort(&runbooks->shelf);
	}
	app_changed(runbooks->app, CHANGED_RUNBOOKS);
	reading = mem_new(1, sizeof *reading);
	reading->task = (struct task){
		.work = read_folders, .done = have_read, .class = TASK_INTERACTIVE};
	reading->runbooks = runbooks;
	/* A command does not wait twice. */
	reading->indexed = runbooks->indexed || !runbooks->app->live;
	reading->folders = mem_strdup(folders);
	copy_sites(reading, runbooks->app);
	if (!runbook_versions_folder(
		    runbooks->app, reading->versions, sizeof reading->versions))
		*reading->versions = '\0';
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

struct runbook_row *runbooks_known(struct runbooks *runbooks, uint64_t id)
{
	return (struct runbook_row *)runbooks_find(runbooks, id);
}

const char *runbook_name(const struct runbook_row *row, char *out, size_t size)
{
	const char *slash = strrchr(row->path, '/');

	if (row->page) {
		str_copy(out, size, row->page->name);
		return out;
	}
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

void runbooks_load_indexed(struct runbooks *runbooks)
{
	runbooks->indexed = true;
	runbooks_load(runbooks);
}

const struct search *runbooks_index(const struct runbooks *runbooks)
{
	if (!runbooks->indexed)
		runbooks_load_indexed((struct runbooks *)(uintptr_t)runbooks);
	return runbooks->shelf.index;
}

const struct runbook_section *runbooks_section(
	const struct runbooks *runbooks, uint32_t part)
{
	const struct shelf *shelf = &runbooks->shelf;

	return part >= shelf->count && part - shelf->count < shelf->section_count
		       ? &shelf->sections[part - shelf->count]
		       : NULL;
}

uint32_t runbooks_part(const struct runbooks *runbooks, uint32_t row, int line)
{
	const struct shelf *shelf = &runbooks->shelf;

	for (size_t i = 0; i < shelf->section_count; i++)
		if (shelf->sections[i].row == row && shelf->sections[i].line == line)
			return (uint32_t)(shelf->count + i);
	return row;
}

bool runbook_is_file(const struct runbook_row *row, struct err *err)
{
	return !row->page ||
	       err_set(err, ERR_REFUSED,
		       "%.80s is a page of the source %s, which is only read: it is "
		       "changed at %.200s; runbook new makes a book of yours",
		       row->page->name, row->page->site, row->path);
}

size_t runbooks_known_pages(const struct runbooks *runbooks, const char *site,
	struct source_page *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < runbooks->shelf.count && n < max; i++) {
		const struct runbook_row *row = runbooks->shelf.list[i];

		if (row->page && !strcmp(row->page->site, site))
			out[n++] = (struct source_page){row->path, row->page->etag,
				row->page->modified, row->page->links};
	}
	return n;
}

size_t runbooks_pages(const struct runbooks *runbooks, const char *site)
{
	size_t n = 0;

	for (size_t i = 0; i < runbooks->shelf.count; i++)
		n += runbooks->shelf.list[i]->page &&
		     !strcmp(runbooks->shelf.list[i]->page->site, site);
	return n;
}
