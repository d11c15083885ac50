/* For the tests of the store: a folder of their own, a clock of their own, and a
 * console's loop that runs until something has come. */
#ifndef TESTS_UNIT_STORE_PLACE_H
#define TESTS_UNIT_STORE_PLACE_H

#include "base/text.h"
#include "io/loop.h"
#include "io/task.h"
#include "store/store.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256], file[512];
static int64_t test_now = INT64_C(1795000000000);

static inline int64_t clock_now(void)
{
	return test_now;
}

static inline void folder_make(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, sizeof folder, "%s/store-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(folder))
		abort();
	snprintf(file, sizeof file, "%s/state/oogway/oogway.db", folder);
}

static inline int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void folder_remove(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct store_config config_here(void)
{
	return (struct store_config){.path = file, .now = clock_now};
}

/* How many files beside the store have this in their names. */
static inline int files_with(const char *part)
{
	char parent[512];
	struct dirent *entry;
	DIR *dir;
	int count = 0;

	snprintf(parent, sizeof parent, "%s/state/oogway", folder);
	dir = opendir(parent);
	while (dir && (entry = readdir(dir)))
		count += strstr(entry->d_name, part) != NULL;
	if (dir)
		closedir(dir);
	return count;
}

/* Every table but those that are named: what an older schema did not have. */
static inline void drop_tables_but(struct db *db, const char *const *kept)
{
	char names[64][64], sql[100];
	struct db_rows rows;
	size_t n = 0;

	if (db_query(db, &rows,
		    "SELECT name FROM sqlite_master WHERE type = 'table' "
		    "AND name NOT LIKE 'sqlite_%'",
		    NULL, 0, NULL))
		while (n < 64 && db_next(&rows, NULL))
			text_line(row_text(&rows, 0), names[n++], sizeof names[0]);
	db_rows_free(&rows);
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (kept[k] && strcmp(kept[k], names[i]))
			k++;
		if (kept[k])
			continue;
		snprintf(sql, sizeof sql, "DROP TABLE %s", names[i]);
		if (!db_run(db, sql, NULL, 0, NULL))
			abort();
	}
}

/* --- a console --- */

struct console {
	struct loop *loop;
	struct task_pool *pool;
	struct store *store;
	struct store_report last;
	int reports, done;
	struct err err; /* of the last callback */
	struct loop_timer *limit;
	bool late, closing;
};

static inline void on_report(void *ctx, const struct store_report *report)
{
	struct console *c = ctx;

	c->last = *report;
	c->reports++;
}

static inline void on_limit(void *ctx)
{
	struct console *c = ctx;

	c->late = true;
	loop_stop(c->loop);
}

static inline void console_open(struct console *c, const struct store_config *config)
{
	struct store_config own = *config;

	memset(c, 0, sizeof *c);
	c->loop = loop_new();
	c->pool = task_pool_new(c->loop);
	c->limit = loop_timer(c->loop, on_limit, c);
	own.report = on_report;
	own.ctx = c;
	c->store = store_open(c->loop, c->pool, &own);
}

static inline void console_close(struct console *c)
{
	c->closing = true;
	task_pool_free(c->pool);
	store_close(c->store);
	loop_timer_free(c->limit);
	loop_free(c->loop);
}

static inline void on_done(void *ctx, const struct err *err)
{
	struct console *c = ctx;

	c->done++;
	c->err = err ? *err : (struct err){0};
	if (!c->closing) /* a loop that does not run must not be told to stop */
		loop_stop(c->loop);
}

static inline struct store_then then_done(struct console *c)
{
	return (struct store_then){on_done, c};
}

/* Until `done` callbacks have come in all; false after 20 s. */
static inline bool console_wait(struct console *c, int done)
{
	c->late = false;
	loop_timer_start(c->limit, 20000);
	while (c->done < done && !c->late)
		loop_run(c->loop);
	loop_timer_stop(c->limit);
	return !c->late;
}

#endif
