/* `source import`: reads the files it is given, or those other programs keep at their
 * usual places, and prints the lines for the rc or keeps them in imported.rc beside it.
 * It never changes an rc that somebody wrote: it says which line to add, and only where
 * there is no rc at all it writes one. Waits for files: for scripts only. Main thread. */
#include "cmd.h"

#include "base/text.h"
#include "import.h"
#include "io/file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_PLACES = 16, OUTPUT_MAX = 8 << 20 };

struct options {
	bool write;
	const char *source;
	const char *files[CONF_MAX_WORDS + MAX_PLACES];
	size_t count;
	bool usual; /* none was named */
	char places[MAX_PLACES][4096];
};

static void __attribute__((format(printf, 2, 3)))
say(struct call *call, const char *fmt, ...)
{
	char words[1024], text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	str_printf(
		call->told, "%s\n", text_line(untrusted_str(words), text, sizeof text));
}

/* --- which files --- */

static void __attribute__((format(printf, 2, 3)))
add_place(struct options *o, const char *fmt, ...)
{
	va_list ap;

	if (o->count == MAX_PLACES)
		return;
	va_start(ap, fmt);
	vsnprintf(o->places[o->count], sizeof o->places[0], fmt, ap);
	va_end(ap);
	o->files[o->count] = o->places[o->count];
	o->count++;
}

static void usual_places(struct options *o)
{
	const char *home = getenv("HOME"), *kube = getenv("KUBECONFIG");

	o->usual = true;
	if (home)
		add_place(o, "%s/.config/amtool/config.yml", home);
	add_place(o, "/etc/amtool/config.yml");
	if (!kube || !*kube) {
		if (home)
			add_place(o, "%s/.kube/config", home);
		return;
	}
	while (*kube) {
		size_t n = strcspn(kube, ":");

		if (n)
			add_place(o, "%.*s", (int)n, kube);
		kube += n + (kube[n] == ':');
	}
}

static bool take_words(struct call *call, struct options *o, struct err *err)
{
	char id[64];

	for (size_t i = 0; i < call->argc; i++) {
		const char *word = call->argv[i];

		if (!strcmp(word, "-w")) {
			o->write = true;
		} else if (!strcmp(word, "-s") && i + 1 < call->argc) {
			o->source = call->argv[++i];
			if (!text_to_id(untrusted_str(o->source), id, sizeof id))
				return err_set(err, ERR_USAGE,
					"-s takes the name of a source of the rc");
		} else if (word[0] == '-' && word[1]) {
			return err_set(err, ERR_USAGE, "expected: %s %s",
				call->command->name, call->command->args);
		} else {
			o->files[o->count++] = word;
		}
	}
	if (!o->count)
		usual_places(o);
	return true;
}

/* --- reading --- */

static bool read_one(struct call *call, const struct options *o, struct import *im,
	const char *file, size_t *failed)
{
	struct err err = {0};
	struct str text;
	bool ok;

	if (o->usual && access(file, F_OK)) {
		say(call, "%s: not there", file);
		return false;
	}
	str_init(&text, IMPORT_MAX_BYTES);
	ok = file_read(file, &text, &err) && import_read(im, file, &text, &err);
	str_release(&text);
	if (!ok) {
		say(call, "%s: %s", file, err.text);
		++*failed;
	}
	return ok;
}

static void tell_notes(struct call *call, const struct import *im)
{
	for (size_t i = 0; i < im->note_count; i++)
		say(call, "%s: %s%s", im->notes[i].file,
			im->notes[i].lost ? "left out: " : "", im->notes[i].text);
	if (im->notes_more)
		say(call, "and %zu more", im->notes_more);
}

/* --- writing --- */

static void imported_path(const struct rc *rc, char *out, size_t size)
{
	const char *slash = strrchr(rc->path, '/');

	snprintf(out, size, "%.*s/imported.rc", slash ? (int)(slash - rc->path) : 0,
		rc->path);
}

static bool is_included(const struct rc *rc, const char *path)
{
	for (size_t i = 0; i < rc->conf.file_count; i++)
		if (!strcmp(rc->conf.files[i], path))
			return true;
	return false;
}

/* The one line that makes the rc read it. */
static bool tell_include(struct call *call, const char *path, struct err *err)
{
	const struct rc *rc = call->app->rc;
	struct str line;
	bool ok = true;

	if (is_included(rc, path))
		return true;
	if (!access(rc->path, F_OK) || rc->path_named) {
		say(call, "add this line to %s: include -q imported.rc", rc->path);
		return true;
	}
	str_init(&line, CONF_MAX_LINE);
	str_puts(&line, "include -q imported.rc\n");
	ok = file_append(rc->path, &line, err);
	str_release(&line);
	if (ok)
		say(call, "there was no %s: it is made, and includes that file",
			rc->path);
	return ok;
}

static bool write_lines(
	struct call *call, const struct import *im, const char *path, struct err *err)
{
	char folder[4096];
	struct str text;
	bool ok;

	if (!im->sources && !im->queries) {
		say(call, "%s is as it was%s", path,
			im->item_count ? "; without -w the comments are printed" : "");
		return true;
	}
	str_copy(folder, sizeof folder, path);
	*strrchr(folder, '/') = '\0';
	str_init(&text, OUTPUT_MAX);
	import_print(im, call->app->now, &text);
	ok = file_make_folder(folder, err) && file_append(path, &text, err);
	str_release(&text);
	if (!ok)
		return false;
	say(call, "appended to %s", path);
	return tell_include(call, path, err);
}

static enum status finish(struct call *call, const struct options *o, struct import *im,
	const char *path, struct err *err)
{
	if (call->json)
		import_print_json(im, call->out);
	else if (!o->write)
		import_print(im, call->app->now, call->out);
	tell_notes(call, im);
	if (o->write && !write_lines(call, im, path, err))
		return STATUS_FAILED;
	return im->lost ? STATUS_PARTIAL : STATUS_DONE;
}

static enum status import_files(
	struct call *call, const struct options *o, struct err *err)
{
	char path[4200];
	struct rc *more = NULL;
	struct import im;
	size_t read = 0, failed = 0;
	enum status status;

	imported_path(call->app->rc, path, sizeof path);
	if (o->write && !access(path, F_OK) && !is_included(call->app->rc, path))
		more = rc_read(&(struct rc_options){.file = path, .no_system = true});
	import_init(&im, call->app->rc, more, o->source);
	for (size_t i = 0; i < o->count; i++)
		read += read_one(call, o, &im, o->files[i], &failed);
	if (read) {
		status = finish(call, o, &im, path, err);
		if (status == STATUS_DONE && failed)
			status = STATUS_PARTIAL;
	} else {
		status = STATUS_FAILED;
		err_set(err, ERR_MISSING, "%s",
			o->usual ? "nothing to import there; name a file"
				 : "nothing could be imported");
	}
	import_release(&im);
	rc_free(more);
	return status;
}

enum status cmd_source_import(struct call *call, struct err *err)
{
	struct options o = {0};

	if (!call->out || !call->told) {
		err_set(err, ERR_USAGE,
			"source import is for a shell: oogway source import FILE");
		return STATUS_USAGE;
	}
	if (!take_words(call, &o, err))
		return STATUS_USAGE;
	if (o.write && (call->app->readonly || call->app->demo)) {
		err_set(err, ERR_REFUSED, "-w: oogway is %s",
			call->app->demo ? "playing its demo" : "read-only");
		return STATUS_REFUSED;
	}
	return import_files(call, &o, err);
}
