/* `runbook new` and `runbook edit`: files in the user's own folder of `set runbooks`. A
 * built-in book is copied there first, and the copy stands in for it. The editor gets the
 * terminal: the console lends it, a script waits. Main thread. */
#include "cmd.h"

#include "app/editor.h"
#include "app/runbooks.h"
#include "app/setting.h"
#include "base/text.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* The first folder that is not the starter set. */
static bool own_folder(const struct app *app, char *out, size_t size, struct err *err)
{
	const char *at = settings_text(&app->rc->settings, SET_RUNBOOKS);
	const char *home = getenv("HOME");

	for (; *at; at += *at == ',') {
		size_t n = strcspn(at, ",");

		if (n && !(n == 4 && str_starts(at, "auto"))) {
			if (str_starts(at, "~/") && home)
				snprintf(out, size, "%s%.*s", home, (int)n - 1, at + 1);
			else
				snprintf(out, size, "%.*s", (int)n, at);
			return true;
		}
		at += n;
	}
	return err_set(err, ERR_USAGE,
		"no folder is yours: set runbooks = auto,~/runbooks names one");
}

static bool is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return n && !name[n] && name[0] != '-' && n < 100;
}

/* Never over a file that is there. */
static bool make_file(const char *path, const struct str *text, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	bool ok = fd >= 0 && write(fd, str_text(text), text->n) == (ssize_t)text->n;

	if (fd >= 0)
		ok &= !close(fd);
	if (!ok)
		err_set(err, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	return ok;
}

/* --- new --- */

static void compose(struct str *out, const struct call *call)
{
	const char *name = call->argv[0];

	str_puts(out, "---\ntitle: ");
	for (const char *p = name; *p; p++)
		str_putc(out, *p == '-' || *p == '_' ? ' ' : *p);
	str_puts(out, "\nmatches: [");
	for (size_t i = 1; i < call->argc; i++) {
		str_puts(out, i > 1 ? ", " : "");
		text_add_line(out, untrusted_str(call->argv[i]), 200);
	}
	str_printf(out,
		"]\nowner: %s\nrisk: read\nkeywords: []\nvars:\n"
		"  - host: {from: instance, type: host}\n---\n# ",
		getenv("USER") ? getenv("USER") : "on-call");
	for (const char *p = name; *p; p++)
		str_putc(out, *p == '-' || *p == '_' ? ' ' : *p);
	str_puts(out, "\n\n## Meaning\n\n## Impact\n\n## Steps\n\n"
		      "### 1. Look at the machine\nWhat it does now.\n\n"
		      "```sh host risk=read\nuptime\n```\n\n"
		      "## Verify\n\n## Undo\n\n## Escalate\n");
}

/* A page's name is that of another's. */
static bool is_free(struct call *call, struct err *err)
{
	const char *colon = strchr(call->argv[0], ':');
	const struct rc *rc = call->app->rc;

	for (size_t i = 0; colon && i < rc->source_count; i++) {
		size_t n = strlen(rc->sources[i].name);

		if (rc->sources[i].kind->site && n == (size_t)(colon - call->argv[0]) &&
			!strncmp(rc->sources[i].name, call->argv[0], n))
			return err_set(err, ERR_REFUSED,
				"%.80s would be a page of the source %s, which is only "
				"read: pages are made at %.200s; a book of yours has a "
				"name without a colon",
				call->argv[0], rc->sources[i].name, rc->sources[i].url);
	}
	return true;
}

enum status cmd_runbook_new(struct call *call, struct err *err)
{
	char folder[PATH_BYTES - 200], path[PATH_BYTES];
	struct str text;
	bool ok;

	if (!is_free(call, err))
		return STATUS_REFUSED;
	if (!is_name(call->argv[0])) {
		err_set(err, ERR_USAGE,
			"a runbook's name is a-z, 0-9, - and _, like disk-full");
		return STATUS_USAGE;
	}
	if (!own_folder(call->app, folder, sizeof folder, err))
		return STATUS_USAGE;
	snprintf(path, sizeof path, "%s/%s.md", folder, call->argv[0]);
	str_init(&text, 8000);
	compose(&text, call);
	ok = file_make_folder(folder, err) && make_file(path, &text, err);
	str_release(&text);
	if (!ok)
		return STATUS_FAILED;
	if (call->out) {
		str_printf(call->out, "%s\n", path);
		return STATUS_DONE;
	}
	runbooks_load(call->app->runbooks);
	return app_edit(call->app, path, err) ? STATUS_DONE : STATUS_FAILED;
}

/* --- edit --- */

struct waiting {
	struct loop *loop;
	int exit_code;
	struct err err;
};

static void no_line(void *ctx, struct untrusted line)
{
	(void)ctx;
	(void)line;
}

static void ended(void *ctx, int exit_code, const struct err *why)
{
	struct waiting *w = ctx;

	w->exit_code = exit_code;
	if (why)
		w->err = *why;
	loop_stop(w->loop);
}

/* A script has the terminal already. */
static bool edit_here(struct app *app, const char *path, struct err *err)
{
	struct waiting w = {.loop = app->loop};
	const char *argv[EDITOR_WORDS];
	char text[1000];

	editor_argv(path, text, sizeof text, argv);
	if (!proc_start(app->loop,
		    &(struct proc_options){.argv = argv,
			    .line = no_line,
			    .end = ended,
			    .ctx = &w,
			    .terminal = true},
		    err))
		return false;
	loop_run(app->loop);
	if (w.err.kind)
		*err = w.err;
	else if (w.exit_code)
		err_set(err, ERR_INPUT, "%s ended with %d; set EDITOR", argv[0],
			w.exit_code);
	return !w.err.kind && !w.exit_code;
}

static bool own_copy(struct app *app, const struct runbook_row *row, char *path,
	size_t size, struct err *err)
{
	char folder[PATH_BYTES - 300], name[256];
	struct str text;
	struct untrusted rest = row->text, line;
	bool ok;

	if (!own_folder(app, folder, sizeof folder, err))
		return false;
	snprintf(path, size, "%s/%s.md", folder, runbook_name(row, name, sizeof name));
	/* It has its copy already, which was not read yet. */
	if (!access(path, F_OK))
		return true;
	str_init(&text, RUNBOOK_MAX_BYTES + 1);
	while (untrusted_line(&rest, &line)) {
		text_add_line(&text, line, SIZE_MAX / 2);
		str_putc(&text, '\n');
	}
	ok = file_make_folder(folder, err) && make_file(path, &text, err);
	str_release(&text);
	return ok;
}

enum status cmd_runbook_edit(struct call *call, struct err *err)
{
	const struct runbook_row *row;
	char path[PATH_BYTES];
	bool ok;

	if (!runbook_books_ready(call, err))
		return STATUS_FAILED;
	row = runbooks_named(call->app->runbooks, call->argv[0]);
	if (!row) {
		err_set(err, ERR_MISSING,
			"no runbook is called %s: runbook new makes one", call->argv[0]);
		return STATUS_FAILED;
	}
	if (!runbook_is_file(row, err))
		return STATUS_REFUSED;
	if (row->built_in && !own_copy(call->app, row, path, sizeof path, err))
		return err->kind == ERR_USAGE ? STATUS_USAGE : STATUS_FAILED;
	if (!row->built_in)
		str_copy(path, sizeof path, row->path);
	ok = call->out ? edit_here(call->app, path, err) : app_edit(call->app, path, err);
	return ok ? STATUS_DONE : STATUS_FAILED;
}
