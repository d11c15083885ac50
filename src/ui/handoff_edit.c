/* What is done in the handoff's pane: switching and moving parts, writing to one in the
 * user's editor, looking at the mail in a browser. Programs are started by argv, never
 * by a shell; the editor gets the terminal and the loop goes on behind it. Files are
 * written and read by tasks. Main thread. */
#include "handoff_pane.h"

#include "app/editor.h"
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/proc.h"
#include "io/task.h"
#include "lend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char scissors[] =
	"# ----- what stands above this line goes into the handoff -----";

/* --- parts --- */

static void swap(struct handoff_draft *draft, int at, int with)
{
	enum handoff_part part = draft->order[at];

	/* The header is always the first. */
	if (at < 1 || with < 1 || with >= HANDOFF_PARTS)
		return;
	draft->order[at] = draft->order[with];
	draft->order[with] = part;
}

static enum handoff_part chosen(struct call *call, size_t word, struct err *err)
{
	enum handoff_part part = call->argc > word
					 ? handoff_part_find(call->argv[word])
					 : handoff_pane_part(console_pane(call->ctx));

	if (part == HANDOFF_PARTS)
		err_set(err, ERR_USAGE,
			call->argc > word ? "no part is called %.40s"
					  : "which part%.0s? :handoff "
					    "lists them",
			call->argc > word ? call->argv[word] : "");
	return part;
}

enum status cmd_handoff_part(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	const struct handoff_view *view = handoffs_view(console->app->handoffs);
	enum handoff_part part = chosen(call, 1, err);
	const char *how = call->argv[0];
	struct handoff_draft draft;
	int at = 0;

	if (part == HANDOFF_PARTS || !view)
		return STATUS_USAGE;
	draft = view->draft;
	while (draft.order[at] != part)
		at++;
	if (part == HANDOFF_HEADER) {
		err_set(err, ERR_USAGE, "the header says what is complete: it stays");
		return STATUS_USAGE;
	}
	if (!strcmp(how, "on") || !strcmp(how, "off") || !strcmp(how, "toggle")) {
		draft.off[part] =
			!strcmp(how, "toggle") ? !draft.off[part] : !strcmp(how, "off");
	} else if (!strcmp(how, "up") || !strcmp(how, "down")) {
		swap(&draft, at, !strcmp(how, "up") ? at - 1 : at + 1);
	} else {
		err_set(err, ERR_USAGE, "expected: handoff part %s", call->command->args);
		return STATUS_USAGE;
	}
	if (!handoffs_change(console->app->handoffs, &draft, err))
		return STATUS_FAILED;
	if (console_pane(console)->class == &handoff_pane)
		handoff_pane_follow(console_pane(console), part);
	return STATUS_DONE;
}

/* --- files and programs --- */

struct paper {
	struct task task;
	struct console *console;
	char path[4096];
	struct str text;
	enum handoff_part part; /* HANDOFF_PARTS: it is looked at, not edited */
	char name[64];          /* of the schedule, and the shift: an editor may be */
	int64_t from_at;        /* open for longer than that lasts */
	bool back;              /* it is read back */
	struct err err;
};

static void program_line(void *ctx, struct untrusted line)
{
	(void)ctx;
	(void)line;
}

static void paper_free(struct paper *p)
{
	str_release(&p->text);
	mem_free(p);
}

static void work(struct task *task)
{
	struct paper *p = (struct paper *)task;

	if (!p->back) {
		file_replace(p->path, str_text(&p->text), p->text.n, &p->err);
		return;
	}
	str_reset(&p->text);
	file_read(p->path, &p->text, &p->err);
}

/* False with a sentence: they stay in their file. */
static bool take_words(struct paper *p, struct err *err)
{
	struct handoffs *handoffs = p->console->app->handoffs;
	const struct handoff_view *view = handoffs_view(handoffs);
	struct untrusted rest = untrusted_str(str_text(&p->text)), line;
	struct handoff_draft draft;
	struct str words;
	size_t n;

	if (!view || strcmp(view->name, p->name) || view->shift.from_at != p->from_at)
		return err_set(err, ERR_REFUSED, "another shift is shown now");
	draft = view->draft;
	str_init(&words, HANDOFF_WORDS - 1);
	while (untrusted_line(&rest, &line) && !untrusted_is(line, scissors)) {
		text_add_line(&words, line, 1000);
		str_putc(&words, '\n');
	}
	str_copy(draft.words[p->part], HANDOFF_WORDS, str_text(&words));
	n = strlen(draft.words[p->part]);
	while (n && draft.words[p->part][n - 1] == '\n')
		draft.words[p->part][--n] = '\0';
	if (words.cut)
		console_notice(p->console, true, "it was too long: its end is gone");
	str_release(&words);
	return handoffs_change(handoffs, &draft, err);
}

static void keep_words(struct paper *p)
{
	char notice[NOTICE_TEXT];
	struct err err = {0};

	if (take_words(p, &err)) {
		unlink(p->path);
		return;
	}
	snprintf(notice, sizeof notice, "%s; what you wrote is in %.300s", err.text,
		p->path);
	console_notice(p->console, true, notice);
}

static void edited(void *ctx, int exit_code, const struct err *why)
{
	struct paper *p = ctx;

	if (why || exit_code) {
		console_notice(p->console, true,
			"the editor failed: nothing was changed; set EDITOR");
		unlink(p->path);
		paper_free(p);
		return;
	}
	p->back = true;
	task_submit(p->console->app->pool, &p->task);
}

static void edit(struct paper *p)
{
	struct console *console = p->console;
	const char *argv[EDITOR_WORDS];
	char text[1000];
	struct err err;

	editor_argv(p->path, text, sizeof text, argv);
	if (lend(console, argv, edited, p, &err))
		return;
	console_notice(console, true, err.text);
	unlink(p->path);
	paper_free(p);
}

void handoff_edit_drop(struct console *console)
{
	struct paper *p = console->paper;

	console->paper = NULL;
	if (!p)
		return;
	unlink(p->path);
	paper_free(p);
}

void handoff_edit_begin(struct console *console)
{
	struct paper *p = console->paper;

	if (!p)
		return;
	if (console->mode != MODE_NORMAL) {
		handoff_edit_drop(console);
		console_notice(console, true,
			"the editor was not opened: another key came before it");
		return;
	}
	console->paper = NULL;
	edit(p);
}

static void looked(void *ctx, int exit_code, const struct err *why)
{
	struct paper *p = ctx;

	if (why || exit_code)
		console_notice(p->console, true, "the browser did not open the file");
	paper_free(p);
}

/* Where there is a screen for one; else the path is enough. */
static void show(struct paper *p)
{
	const char *browser = getenv("BROWSER"), *argv[EDITOR_WORDS];
	bool there = getenv("DISPLAY") || getenv("WAYLAND_DISPLAY");
	char text[1000], notice[NOTICE_TEXT];
	struct err err;

	if (!browser || !*browser)
		browser = there && str_ends(p->path, ".html") ? "xdg-open" : NULL;
	snprintf(notice, sizeof notice, "%s is written", p->path);
	console_notice(p->console, false, notice);
	if (!browser || !str_ends(p->path, ".html")) {
		paper_free(p);
		return;
	}
	program_argv(browser, p->path, text, sizeof text, argv);
	if (proc_start(p->console->app->loop,
		    &(struct proc_options){
			    .argv = argv, .line = program_line, .end = looked, .ctx = p},
		    &err))
		return;
	console_notice(p->console, true, err.text);
	paper_free(p);
}

static void done(struct task *task)
{
	struct paper *p = (struct paper *)task;

	if (task_cancelled(task) || p->console->closing) {
		paper_free(p);
		return;
	}
	if (p->err.kind) {
		console_notice(p->console, true, p->err.text);
		paper_free(p);
	} else if (p->part == HANDOFF_PARTS) {
		show(p);
	} else if (p->back) {
		keep_words(p);
		paper_free(p);
	} else {
		handoff_edit_drop(p->console);
		p->console->paper = p;
	}
}

static struct paper *paper_new(struct call *call, const char *name, struct err *err)
{
	char folder[3900];
	struct paper *p;

	if (!file_state_folder(folder, sizeof folder, err))
		return NULL;
	p = mem_new(1, sizeof *p);
	p->task.work = work;
	p->task.done = done;
	p->console = call->ctx;
	p->part = HANDOFF_PARTS;
	snprintf(p->path, sizeof p->path, "%s/%s", folder, name);
	str_init(&p->text, 4 << 20);
	return p;
}

enum status cmd_handoff_edit(struct call *call, struct err *err)
{
	const struct handoff_view *view = handoffs_view(call->app->handoffs);
	enum handoff_part part = chosen(call, 0, err);
	char name[60];
	struct paper *p;

	if (part == HANDOFF_PARTS || !view)
		return STATUS_USAGE;
	if (call->app->demo) {
		err_set(err, ERR_REFUSED, "the demo leaves no file behind");
		return STATUS_REFUSED;
	}
	snprintf(name, sizeof name, "handoff-%s-%d.md", handoff_parts[part].name,
		(int)getpid());
	p = paper_new(call, name, err);
	if (!p)
		return STATUS_FAILED;
	p->part = part;
	str_copy(p->name, sizeof p->name, view->name);
	p->from_at = view->shift.from_at;
	str_puts(&p->text, view->draft.words[part]);
	str_printf(&p->text,
		"\n%s\n# A line that begins with \"- \" is an item. Below: "
		"the handoff as it is.\n\n",
		scissors);
	str_puts(&p->text, str_text(&view->forms[HANDOFF_TEXT]));
	task_submit(call->app->pool, &p->task);
	return STATUS_DONE;
}

enum status cmd_handoff_preview(struct call *call, struct err *err)
{
	static const char *const ends[HANDOFF_FORMS] = {"txt", "md", "html"};
	const struct handoff_view *view = handoffs_view(call->app->handoffs);
	char name[60];
	struct paper *p;
	int form = 0;

	while (form < HANDOFF_FORMS && strcmp(handoff_forms[form], call->argv[0]) != 0)
		form++;
	if (form == HANDOFF_FORMS || !view) {
		err_set(err, ERR_USAGE, view ? "expected: handoff preview %s" : "%s",
			view ? call->command->args : handoffs_words(call->app->handoffs));
		return STATUS_USAGE;
	}
	if (call->app->demo) {
		err_set(err, ERR_REFUSED, "the demo leaves no file behind");
		return STATUS_REFUSED;
	}
	snprintf(name, sizeof name, "handoff-%.30s.%s", view->name, ends[form]);
	p = paper_new(call, name, err);
	if (!p)
		return STATUS_FAILED;
	str_puts(&p->text, str_text(&view->forms[form]));
	task_submit(call->app->pool, &p->task);
	return STATUS_DONE;
}
