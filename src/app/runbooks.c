/* Runbooks as files: folders read, front matter taken apart, steps counted, matched by
 * alert name. The starter set is built in. What is in a file is foreign text. Main
 * thread. */
#include "app/runbooks.h"

#include "embedded.h"
#include "app/setting.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { RUNBOOKS_MAX = 2000, FILE_MAX_BYTES = 256 * 1024 };

struct runbooks {
	struct app *app;
	struct runbook_row **list;
	size_t count, cap;
};

struct runbooks *runbooks_new(struct app *app)
{
	struct runbooks *runbooks = mem_new(1, sizeof *runbooks);

	runbooks->app = app;
	return runbooks;
}

static void forget(struct runbooks *runbooks)
{
	for (size_t i = 0; i < runbooks->count; i++) {
		untrusted_free(runbooks->list[i]->text);
		mem_free(runbooks->list[i]->path);
		mem_free(runbooks->list[i]);
	}
	runbooks->count = 0;
}

void runbooks_free(struct runbooks *runbooks)
{
	if (!runbooks)
		return;
	forget(runbooks);
	mem_free(runbooks->list);
	mem_free(runbooks);
}

static void front_line(struct runbook_row *row, struct untrusted line)
{
	struct {
		const char *key;
		struct untrusted *to;
	} keys[] = {
		{"title:", &row->title},
		{"owner:", &row->owner},
		{"risk:", &row->risk},
		{"matches:", &row->matches},
	};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (untrusted_starts(line, keys[i].key))
			*keys[i].to = untrusted_trim(
				untrusted_slice(line, strlen(keys[i].key), SIZE_MAX));
}

/* "[A, B]" is a list, "A" is one too. */
static struct untrusted inside_brackets(struct untrusted list)
{
	size_t n = untrusted_size(list);

	if (!untrusted_starts(list, "[") ||
		!untrusted_is(untrusted_slice(list, n - 1, 1), "]"))
		return list;
	return untrusted_trim(untrusted_slice(list, 1, n - 2));
}

static void parse(struct runbook_row *row)
{
	struct untrusted rest = row->text, line;
	bool front, fence = false;

	row->body = row->text;
	front = untrusted_line(&rest, &line) && untrusted_is(line, "---");
	while (front && untrusted_line(&rest, &line)) {
		if (untrusted_is(line, "---")) {
			row->body = rest;
			break;
		}
		front_line(row, line);
	}
	row->matches = inside_brackets(row->matches);
	rest = row->body;
	while (untrusted_line(&rest, &line)) {
		if (untrusted_starts(line, "```")) {
			row->steps += !fence;
			fence = !fence;
		} else if (!fence && untrusted_empty(row->title) &&
			   untrusted_starts(line, "# ")) {
			row->title = untrusted_trim(untrusted_slice(line, 2, SIZE_MAX));
		}
	}
}

static void add(struct runbooks *runbooks, const char *path, const char *text, size_t n)
{
	struct runbook_row *row;
	const char *base = strrchr(path, '/');

	if (runbooks->count == RUNBOOKS_MAX ||
		!strcmp(base ? base + 1 : path, "README.md"))
		return;
	row = mem_new(1, sizeof *row);
	row->path = mem_strdup(path);
	row->id = untrusted_hash(untrusted_str(path));
	row->text = untrusted_keep(untrusted_make(text, n), FILE_MAX_BYTES);
	parse(row);
	if (untrusted_empty(row->title))
		row->title = untrusted_str(row->path);
	MEM_ROOM(runbooks->list, runbooks->count, runbooks->cap);
	runbooks->list[runbooks->count++] = row;
}

static void add_file(struct runbooks *runbooks, const char *path)
{
	/* A FIFO among them would be waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	struct stat st;
	struct str text;
	char part[4096];
	size_t n;

	if (!f) {
		log_add(LOG_WARN, "runbook: cannot read %s: %s", path, strerror(errno));
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
	add(runbooks, path, str_text(&text), text.n);
	str_release(&text);
}

static void add_folder(struct runbooks *runbooks, const char *folder)
{
	char pattern[4096];
	glob_t found = {0};

	snprintf(pattern, sizeof pattern, "%s/*.md", folder);
	if (glob(pattern, GLOB_TILDE, NULL, &found))
		log_add(LOG_WARN, "runbooks: no Markdown files in %s", folder);
	for (size_t i = 0; i < found.gl_pathc; i++)
		add_file(runbooks, found.gl_pathv[i]);
	globfree(&found);
}

static int by_title(const void *a, const void *b)
{
	return untrusted_cmp_natural((*(struct runbook_row *const *)a)->title,
		(*(struct runbook_row *const *)b)->title);
}

void runbooks_load(struct runbooks *runbooks)
{
	const char *list = settings_text(&runbooks->app->rc->settings, SET_RUNBOOKS);

	forget(runbooks);
	for (; *list; list += *list == ',') {
		size_t n = strcspn(list, ",");
		char folder[4096];

		snprintf(folder, sizeof folder, "%.*s", (int)n, list);
		list += n;
		if (strcmp(folder, "auto")) {
			add_folder(runbooks, folder);
			continue;
		}
		for (const struct embedded *e = embedded_files; e->name; e++)
			if (str_starts(e->name, "runbooks/"))
				add(runbooks, e->name, e->text, e->size);
	}
	if (runbooks->count)
		qsort(runbooks->list, runbooks->count, sizeof(struct runbook_row *),
			by_title);
	app_changed(runbooks->app, CHANGED_RUNBOOKS);
}

size_t runbooks_count(const struct runbooks *runbooks)
{
	return runbooks->count;
}

const struct runbook_row *runbooks_at(const struct runbooks *runbooks, size_t i)
{
	return runbooks->list[i];
}

const struct runbook_row *runbooks_find(const struct runbooks *runbooks, uint64_t id)
{
	for (size_t i = 0; i < runbooks->count; i++)
		if (runbooks->list[i]->id == id)
			return runbooks->list[i];
	return NULL;
}

const struct runbook_row *runbooks_match(
	const struct runbooks *runbooks, struct untrusted alert_name)
{
	for (size_t i = 0; i < runbooks->count; i++) {
		struct untrusted rest = runbooks->list[i]->matches, word;

		while (untrusted_word(&rest, "[], \t", &word))
			if (untrusted_eq(word, alert_name))
				return runbooks->list[i];
	}
	return NULL;
}
