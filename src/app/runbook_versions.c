/* Two files for each book that was run or is trusted, named by a hash of its path: the
 * text it ran with, and the SHA-256 of the text that is trusted. Hides these files. What
 * is in them is foreign text: others may have written it; a trust that cannot be read is
 * none. */
#include "app/runbook_versions.h"

#include "model/diff.h"
#include "app/app.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "io/file.h"
#include "io/task.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, AROUND = 2 };

static void path_of(const struct runbook_row *row, const char *folder, const char *ending,
	char *out, size_t size)
{
	char name[HASH_TEXT];

	hash_lasting(row->path, strlen(row->path), name);
	snprintf(out, size, "%s/%s.%s", folder, name, ending);
}

bool runbook_versions_folder(const struct app *app, char *out, size_t size)
{
	char state[PATH_BYTES - 20];
	struct err err;

	if (app->demo || !file_state_folder(state, sizeof state, &err))
		return false;
	snprintf(out, size, "%s/runbooks", state);
	return true;
}

/* --- loading --- */

static bool read_file(const struct runbook_row *row, const char *folder,
	const char *ending, struct str *out)
{
	char path[PATH_BYTES + 60];
	struct err err;

	path_of(row, folder, ending, path, sizeof path);
	str_init(out, RUNBOOK_MAX_BYTES + 1);
	return !access(path, R_OK) && file_read(path, out, &err);
}

void runbook_version_load(struct runbook_row *row, const char *folder)
{
	char digest[SHA256_DIGITS + 1];
	struct str text;

	str_init(&text, 1);
	if (!row->page && read_file(row, folder, "ran", &text)) {
		struct untrusted before = untrusted_make(text.p, text.n);

		row->changed = !untrusted_eq(before, row->text);
		if (row->changed)
			row->before = untrusted_keep(before, RUNBOOK_MAX_BYTES);
	}
	str_release(&text);
	if (read_file(row, folder, "trusted", &text))
		row->trusted =
			untrusted_is(untrusted_trim(untrusted_make(text.p, text.n)),
				sha256_text(&row->text, 1, digest));
	/* It was read as it is now. */
	if (row->page && row->trusted)
		row->changed = false;
	str_release(&text);
}

/* --- what ran --- */

struct writing {
	struct task task;
	char path[PATH_BYTES + 60];
	struct untrusted text;
	struct err err;
};

static void write_text(struct task *task)
{
	struct writing *w = (struct writing *)task;
	size_t n;
	const void *bytes = text_raw(w->text, &n);

	file_replace(w->path, bytes, n, &w->err);
}

static void written(struct task *task)
{
	struct writing *w = (struct writing *)task;

	if (w->err.kind)
		log_add(LOG_WARN, "runbook: the text that ran is not kept: %s",
			w->err.text);
	untrusted_free(w->text);
	mem_free(w);
}

void runbook_ran(struct app *app, uint64_t id, struct untrusted text)
{
	struct runbook_row *row = runbooks_known(app->runbooks, id);
	char folder[PATH_BYTES];
	struct writing *w;

	/* Written once for each text. */
	if (!row || row->ran || !untrusted_eq(row->text, text) ||
		!runbook_versions_folder(app, folder, sizeof folder))
		return;
	row->ran = row->seen = true;
	row->changed = false;
	w = mem_new(1, sizeof *w);
	w->task = (struct task){
		.work = write_text, .done = written, .class = TASK_BACKGROUND};
	path_of(row, folder, "ran", w->path, sizeof w->path);
	w->text = untrusted_keep(text, RUNBOOK_MAX_BYTES + 1);
	task_submit(app->pool, &w->task);
	app_changed(app, CHANGED_RUNBOOKS);
}

/* --- what may run --- */

bool runbook_may_run(const struct runbook_row *row, struct err *err)
{
	char name[256];

	if (!runbook_is_file(row, err))
		return false;
	if (!row->changed || row->seen || row->trusted)
		return true;
	return err_set(err, ERR_REFUSED,
		"%.100s has changed since its last run: read what is new, then --changed "
		"runs it",
		runbook_name(row, name, sizeof name));
}

void runbook_changes_seen(struct app *app, uint64_t id)
{
	struct runbook_row *row = runbooks_known(app->runbooks, id);

	if (row)
		row->seen = true;
}

bool runbook_is_trusted(const struct runbook_row *row)
{
	return row->trusted && !row->page;
}

/* --- as it is on the disk now --- */

struct trust_look {
	struct task task;
	struct app *app;
	char trusted[PATH_BYTES + 60], *path; /* path NULL: it is built in */
	char digest[SHA256_DIGITS + 1];       /* of the text that is loaded */
	struct err why;                       /* ERR_NONE: all is well */
	void (*done)(void *ctx, const struct err *why);
	void *ctx;
};

static bool file_is(const char *path, const char *digest)
{
	char now[SHA256_DIGITS + 1];
	struct untrusted text;
	struct str bytes;
	struct err err;
	bool same;

	str_init(&bytes, RUNBOOK_MAX_BYTES + 1);
	same = file_read(path, &bytes, &err);
	text = untrusted_make(bytes.p, bytes.n);
	same = same && !strcmp(sha256_text(&text, 1, now), digest);
	str_release(&bytes);
	return same;
}

static void look_work(struct task *task)
{
	struct trust_look *look = (struct trust_look *)task;
	struct str text;
	struct err err;

	if (look->path && !file_is(look->path, look->digest)) {
		err_set(&look->why, ERR_BUSY,
			"its file is another than the one that was read");
		return;
	}
	str_init(&text, RUNBOOK_MAX_BYTES);
	if (!file_read(look->trusted, &text, &err) ||
		!untrusted_is(
			untrusted_trim(untrusted_make(text.p, text.n)), look->digest))
		err_set(&look->why, ERR_REFUSED, "it is not trusted as it is now");
	str_release(&text);
}

static void look_done(struct task *task)
{
	struct trust_look *look = (struct trust_look *)task;

	/* The next look is at what is there. */
	if (look->done && look->why.kind == ERR_BUSY)
		runbooks_load(look->app->runbooks);
	if (look->done)
		look->done(look->ctx, look->why.kind ? &look->why : NULL);
	mem_free(look->path);
	mem_free(look);
}

struct trust_look *runbook_trust_look(struct app *app, const struct runbook_row *row,
	void (*done)(void *ctx, const struct err *why), void *ctx)
{
	struct trust_look *look = mem_new(1, sizeof *look);
	char folder[PATH_BYTES];

	look->task = (struct task){
		.work = look_work, .done = look_done, .class = TASK_INTERACTIVE};
	look->app = app;
	look->done = done;
	look->ctx = ctx;
	look->path = row->built_in ? NULL : mem_strdup(row->path);
	sha256_text(&row->text, 1, look->digest);
	if (runbook_versions_folder(app, folder, sizeof folder))
		path_of(row, folder, "trusted", look->trusted, sizeof look->trusted);
	task_submit(app->pool, &look->task);
	return look;
}

void runbook_trust_forget(struct trust_look *look)
{
	if (look)
		look->done = NULL;
}

bool runbook_trust(
	struct app *app, const struct runbook_row *row, bool on, struct err *err)
{
	char folder[PATH_BYTES], path[PATH_BYTES + 60], digest[SHA256_DIGITS + 2];
	struct runbook_row *known = runbooks_known(app->runbooks, row->id);

	if (!runbook_versions_folder(app, folder, sizeof folder))
		return err_set(err, ERR_REFUSED,
			"nothing is kept here, so nothing can be trusted later");
	path_of(row, folder, "trusted", path, sizeof path);
	sha256_text(&row->text, 1, digest);
	digest[SHA256_DIGITS] = '\n';
	if (on && !file_replace(path, digest, SHA256_DIGITS + 1, err))
		return false;
	if (!on && unlink(path) && errno != ENOENT)
		return err_set(
			err, ERR_IO, "cannot remove %s: %s", path, strerror(errno));
	if (known)
		known->trusted = on;
	if (known && known->page && on)
		known->changed = false;
	app_changed(app, CHANGED_RUNBOOKS);
	return true;
}

void runbook_changes(const struct runbook_row *row, struct diff *out)
{
	*out = (struct diff){0};
	if (!untrusted_empty(row->before))
		diff_make(out, row->before, row->text, AROUND);
}
