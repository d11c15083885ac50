/* A runbook as a page: Markdown drawn for reading, code told apart. Also the pages of
 * one log line and of one event in full. Everything shown is foreign text and goes
 * through the canvas. Main thread. */
#include "model/diff.h"
#include "app/listing.h"
#include "app/logs.h"
#include "app/runbook_versions.h"
#include "app/runs.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "markdown.h"
#include "pages.h"
#include "pane.h"
#include "runbook_pane.h"

#include <stdio.h>
#include <string.h>

enum { CHANGES_SHOWN = 100 };
enum { OUTPUT_LINES = 200, OUTPUT_BYTES = 32 << 10 };

struct runbook_view {
	uint64_t id;
	struct page page;
	char title[96];
	size_t step;  /* the selected one */
	bool moved;   /* by somebody */
	bool reveals; /* the next drawing brings it into sight */
	bool dry;     /* below each step stands what it would do */
	int section;  /* line of a page at which it is opened; 0: none */
	struct markdown text;
};

/* --- steps --- */

static enum role class_role(enum audit_class class)
{
	return class == AUDIT_READ      ? ROLE_OK
	       : class == AUDIT_DESTROY ? ROLE_CRITICAL
					: ROLE_WARNING;
}

static enum role state_role(enum run_state state)
{
	return state == RUN_DONE      ? ROLE_OK
	       : state == RUN_RUNNING ? ROLE_STRONG
	       : state == RUN_SKIPPED ? ROLE_DIM
				      : ROLE_WARNING;
}

static void step_state(struct page *p, const struct run_result *r, int64_t now)
{
	char took[TIME_TEXT];

	if (r->state == RUN_NOT_YET)
		return;
	page_printf(p, state_role(r->state), "   %s", run_state_names[r->state]);
	/* The rest is of the time before. */
	if (r->state == RUN_REFUSED)
		return;
	if (now < r->started_at)
		now = r->started_at;
	if (r->state == RUN_RUNNING)
		page_printf(p, ROLE_DIM, " %s, C-c stops it",
			duration_text(now - r->started_at, took));
	/* None came from a host that was not reached. */
	if (r->state > RUN_RUNNING && r->started_at && r->is_command && r->exit_code >= 0)
		page_printf(p, ROLE_DIM, ", exit %d", r->exit_code);
	if (r->ended_at && r->started_at)
		page_printf(p, ROLE_DIM, ", %s",
			duration_text(r->ended_at - r->started_at, took));
	if (!r->ended_at && r->started_at && r->state != RUN_RUNNING)
		page_printf(p, ROLE_DIM, ", %s", time_stamp(r->started_at, now, took));
	if (r->intent)
		page_printf(p, ROLE_DIM, ", audit %llu", (unsigned long long)r->intent);
}

/* In place of its fence: number, class, kind, and what came of it. */
static void step_head(
	struct runbook_view *v, const struct app *app, struct run *run, size_t step)
{
	const struct runbook_step *s = &run_book(run)->steps[step];
	enum audit_class class = run_class(run, step);
	struct page *p = &v->page;
	bool here = v->step == step;

	page_line(p, 4, true);
	if (here)
		page_mark(p);
	page_printf(p, here ? ROLE_SELECTED : ROLE_DIM, "%s%2zu ",
		here ? canvas_glyph(GLYPH_CRUMB) : " ", step + 1);
	page_puts(p, ROLE_TEXT, " ");
	page_puts(p, class_role(class), audit_class_name(class));
	page_printf(p, ROLE_DIM, "  %s", step_kind_name(s->kind));
	if (s->rollback && runbook_undoes(run_book(run), step) != SIZE_MAX)
		page_printf(p, ROLE_DIM, "  takes back step %zu",
			runbook_undoes(run_book(run), step) + 1);
	if (*s->as)
		page_printf(p, ROLE_DIM, "  gives ${%s}", s->as);
	if (s->broken)
		page_puts(p, ROLE_WARNING, "   not understood: see runbook check");
	step_state(p, run_result(run, step), app->now);
}

/* Tabs go to every eighth column. */
static void output_line(struct page *p, struct untrusted line)
{
	struct untrusted piece;
	int column = 0;

	page_line(p, 4, true);
	page_printf(p, ROLE_DIM, "  %s ", canvas_glyph(GLYPH_V));
	while (untrusted_split(&line, "\t", &piece)) {
		if (column)
			page_printf(p, ROLE_TEXT, "%*s", 8 - column % 8, "");
		page_add(p, ROLE_TEXT, piece);
		column = (column ? column + 8 - column % 8 : 0) + text_width(piece, 4000);
	}
}

/* The end of what it printed, whole lines of it; true: there is more before it. */
static bool output_end(const struct run_result *r, struct untrusted *out)
{
	struct untrusted rest = untrusted_make(r->shown.p, r->shown.n), line;
	size_t lines = 0;
	bool cut = r->dropped;

	if (r->shown.n > OUTPUT_BYTES) {
		rest = untrusted_slice(rest, r->shown.n - OUTPUT_BYTES, SIZE_MAX);
		untrusted_line(&rest, &line);
		cut = true;
	}
	*out = rest;
	while (untrusted_line(&rest, &line))
		lines++;
	for (; lines > OUTPUT_LINES; lines--) {
		untrusted_line(out, &line);
		cut = true;
	}
	return cut;
}

/* All of it is in the file. */
static void step_output(struct page *p, const struct run_result *r)
{
	struct untrusted rest, line;

	if (output_end(r, &rest)) {
		page_line(p, 4, false);
		page_printf(p, ROLE_DIM, "    the end of it; all is in %s",
			*r->out_file ? r->out_file : "a file");
	}
	while (untrusted_line(&rest, &line))
		output_line(p, line);
	if (*r->why) {
		page_line(p, 4, false);
		page_printf(p, ROLE_WARNING, "    %s", r->why);
	}
}

/* What it would do exactly, or why it would be refused. */
static void step_dry(struct page *p, struct run *run, size_t step)
{
	struct untrusted rest, line;
	struct run_plan plan;
	struct err err = {0};

	page_line(p, 4, false);
	if (run_needless(run, step, &err) || err.kind) {
		page_printf(p, ROLE_DIM, "    %s", err.text);
		return;
	}
	if (!run_plan(run, step, &plan, &err)) {
		page_printf(p, ROLE_WARNING, "    would be refused: %s", err.text);
		return;
	}
	page_printf(p, ROLE_STRONG, "    would go to %s%s%s, class %s:", plan.place,
		*plan.as_user ? " as " : "", plan.as_user, audit_class_name(plan.class));
	rest = plan.shown;
	while (untrusted_line(&rest, &line)) {
		page_line(p, 8, true);
		page_puts(p, ROLE_CODE, "      ");
		/* The plan is gone with the next one. */
		page_add(p, ROLE_CODE, untrusted_copy(&p->arena, line));
	}
}

/* Behind a failure: what is offered. */
static void put_offer(struct page *p, const struct run *run)
{
	size_t failed;
	int next = run_rollback(run, &failed);

	if (next < 0)
		return;
	page_line(p, 2, false);
	page_printf(p, ROLE_WARNING,
		"step %zu went wrong: x on it tries it again, U takes back step %zu "
		"(step %d)",
		failed + 1, runbook_undoes(run_book(run), (size_t)next) + 1, next + 1);
}

/* One line for all of them: what stands behind "?" has to be given. */
static void put_variables(struct page *p, struct run *run)
{
	const struct runbook *book = run_book(run);

	if (book->var_count)
		page_line(p, 2, false);
	for (size_t i = 0; i < book->var_count; i++) {
		struct untrusted value;
		struct err err = {0};

		page_printf(p, ROLE_DIM, "%s%s=", i ? "  " : "with ", book->vars[i].name);
		if (run_value(run, &book->vars[i], &value, &err))
			page_add(p, ROLE_STRONG, value);
		else if (err.kind == ERR_MISSING)
			page_puts(p, ROLE_WARNING, "?");
		else
			page_printf(p, ROLE_WARNING, "(%s)", err.text);
	}
}

/* Of a page of a site: where it is, and how old what stands here is. */
static void put_page_head(struct page *p, const struct runbook_row *row, int64_t now)
{
	char when[TIME_TEXT];

	page_line(p, 0, false);
	page_printf(p, ROLE_DIM, "%s   as it is since %s   only read", row->path,
		time_stamp(row->page->changed_at, now, when));
	if (!row->page->gone_at)
		return;
	page_line(p, 2, false);
	page_printf(p, ROLE_WARNING,
		"Its site has it no more since %s: this is its last text.",
		time_stamp(row->page->gone_at, now, when));
}

static void put_head(struct runbook_view *v, const struct app *app,
	const struct runbook_row *row, struct run *run)
{
	const struct runbook *book = run_book(run);
	const char *about = runs_about(app->runs, v->id);
	struct page *p = &v->page;

	if (row->page) {
		put_page_head(p, row, app->now);
		return;
	}
	page_line(p, 0, false);
	page_printf(p, ROLE_DIM, "%zu step%s%s", book->step_count,
		book->step_count == 1 ? "" : "s",
		untrusted_empty(book->risk) ? "" : ", worst risk ");
	page_add(
		p, untrusted_is(book->risk, "read") ? ROLE_OK : ROLE_WARNING, book->risk);
	page_printf(p, ROLE_DIM, "   %s", row->path);
	if (book->fault_count)
		page_printf(p, ROLE_WARNING, "   line %d: %s", book->faults[0].line,
			book->faults[0].text);
	if (*about) {
		page_puts(p, ROLE_DIM, "   for ");
		page_puts(p, ROLE_STRONG, about);
	}
	put_variables(p, run);
	put_offer(p, run);
}

/* What is new since a step of it last ran. */
static void put_changes(
	struct page *p, const struct app *app, const struct runbook_row *row)
{
	static const enum role roles[] = {
		[DIFF_SAME] = ROLE_DIM, [DIFF_OLD] = ROLE_WARNING, [DIFF_NEW] = ROLE_OK};
	static const char *const marks[] = {
		[DIFF_SAME] = "  ", [DIFF_OLD] = "- ", [DIFF_NEW] = "+ "};
	struct diff diff;
	char when[TIME_TEXT];

	if (!row->changed)
		return;
	runbook_changes(row, &diff);
	page_line(p, 2, false);
	page_line(p, 2, false);
	page_printf(p, ROLE_WARNING, "Changed %s: %zu new line%s, %zu gone",
		row->page ? time_stamp(row->page->changed_at, app->now, when)
			  : "since it last ran",
		diff.added, diff.added == 1 ? "" : "s", diff.removed);
	for (size_t i = 0; i < diff.count && i < CHANGES_SHOWN; i++) {
		page_line(p, 2, true);
		if (diff.lines[i].gap) {
			page_puts(p, ROLE_DIM, "  ...");
			page_line(p, 2, true);
		}
		page_puts(p, roles[diff.lines[i].kind], marks[diff.lines[i].kind]);
		page_add(p, roles[diff.lines[i].kind], diff.lines[i].text);
	}
	if (diff.count > CHANGES_SHOWN) {
		page_line(p, 2, false);
		page_puts(p, ROLE_DIM, "oogway runbook diff prints all of it");
	}
	page_line(p, 2, false);
	diff_release(&diff);
}

/* A block as it is read: the step that it is, or none. */
struct open_block {
	struct untrusted fence;
	size_t step; /* its number; SIZE_MAX: text */
};

static size_t step_at(const struct runbook *book, int line)
{
	for (size_t i = 0; i < book->step_count; i++)
		if (book->steps[i].line == line)
			return i;
	return SIZE_MAX;
}

static void begin_block(struct runbook_view *v, const struct app *app, struct run *run,
	struct open_block *block, struct untrusted info)
{
	markdown_break(&v->text);
	if (block->step != SIZE_MAX) {
		step_head(v, app, run, block->step);
		return;
	}
	page_line(&v->page, 0, true);
	page_puts(&v->page, ROLE_DIM, "    ");
	page_add(&v->page, ROLE_DIM, info);
}

static void code_line(struct page *p, struct untrusted line)
{
	page_line(p, 4, true);
	page_puts(p, ROLE_CODE, "    ");
	page_add(p, ROLE_CODE, line);
}

static void fill(struct runbook_view *v, const struct app *app,
	const struct runbook_row *row, struct run *run)
{
	const struct runbook *book = run_book(run);
	struct untrusted rest = book->body, line, info;
	struct open_block block = {0};
	int number = book->body_line - 1;

	page_clear(&v->page);
	v->text = (struct markdown){.page = &v->page};
	put_head(v, app, row, run);
	put_changes(&v->page, app, row);
	while (untrusted_line(&rest, &line)) {
		size_t n = runbook_fence(line, block.fence, &info);

		number++;
		if (n && untrusted_empty(block.fence)) {
			block.fence = untrusted_slice(untrusted_trim(line), 0, n);
			block.step = step_at(book, number);
			begin_block(v, app, run, &block, info);
		} else if (n) {
			block.fence = UNTRUSTED_NONE;
			if (block.step != SIZE_MAX && v->dry)
				step_dry(&v->page, run, block.step);
			if (block.step != SIZE_MAX)
				step_output(&v->page, run_result(run, block.step));
			page_line(&v->page, 0, true);
		} else if (!untrusted_empty(block.fence)) {
			code_line(&v->page, line);
		} else {
			struct untrusted behind = rest, next = UNTRUSTED_NONE;

			untrusted_line(&behind, &next);
			markdown_line(&v->text, line, next);
			if (number == v->section)
				page_mark(&v->page);
		}
	}
}

/* The run holds the text that is shown, so that a step is what stands there; the
 * runbook may have been read anew meanwhile, and then the run begins anew too. */
static void reload(void *state, const struct app *app, uint32_t bits)
{
	struct runbook_view *v = state;
	const struct runbook_row *row = runbooks_find(app->runbooks, v->id);
	struct err err;
	struct run *run = row ? runs_open(app->runs, v->id, 0, &err) : NULL;

	if (bits & CHANGED_AUDIT)
		runs_recall(app->runs);
	page_clear(&v->page);
	/* It begins where it was left. */
	if (run && !v->moved && run_next(run) > 0) {
		v->reveals |= v->step != (size_t)run_next(run);
		v->step = (size_t)run_next(run);
	}
	if (run) {
		fill(v, app, row, run);
		return;
	}
	page_line(&v->page, 0, false);
	page_puts(&v->page, ROLE_WARNING,
		row ? err.text : "The runbook is not there any more.");
}

static void open_runbook(void *state, const struct app *app, uint64_t id)
{
	struct runbook_view *v = state;
	const struct runbook_row *row = runbooks_find(app->runbooks, id);

	v->id = id;
	page_init(&v->page);
	if (row)
		text_line(row->title, v->title, sizeof v->title);
	v->section = row && row->page ? row->section : 0;
	v->reveals |= v->section > 0;
	reload(v, app, 0);
}

static void close_page(void *state)
{
	page_release(&((struct runbook_view *)state)->page);
}

static void draw_page(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	(void)app;
	(void)focus;
	page_draw(&((struct runbook_view *)state)->page, c);
}

/* The page borrows from the run, whose text and output may be other ones by now: filled
 * anew for each drawing. */
static void draw(void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct runbook_view *v = state;

	reload(state, app, 0);
	draw_page(state, app, c, focus);
	if (!v->reveals)
		return;
	v->reveals = false;
	page_reveal(&v->page);
	draw_page(state, app, c, focus);
}

size_t runbook_pane_step(const struct pane *pane)
{
	return pane->class == &runbook_pane ? ((struct runbook_view *)pane->state)->step
					    : SIZE_MAX;
}

bool runbook_pane_dry(struct pane *pane)
{
	struct runbook_view *v = pane->state;

	v->dry = !v->dry;
	pane->dirty = true;
	return v->dry;
}

void runbook_pane_go(struct pane *pane, size_t step)
{
	struct runbook_view *v = pane->state;

	v->step = step;
	runbook_pane_reveal(pane);
}

void runbook_pane_reveal(struct pane *pane)
{
	struct runbook_view *v = pane->state;

	v->moved = v->reveals = true;
	pane->dirty = true;
}

bool runbook_pane_read(struct pane *pane, struct app *app, struct err *err)
{
	struct runbook_view *v = pane->state;
	const struct runbook_row *row = runbooks_find(app->runbooks, v->id);

	if (!row || runbook_may_run(row, err))
		return true;
	runbook_changes_seen(app, v->id);
	v->page.top = 0;
	v->reveals = false;
	pane->dirty = true;
	err_set(err, ERR_REFUSED,
		"it has changed since it last ran: read what is new, then once more");
	return false;
}

static bool select_step(struct runbook_view *v, const struct app *app, int by)
{
	const struct run *run = runs_find(app->runs, v->id);
	size_t count = run ? run_book(run)->step_count : 0;

	if (!count || (by < 0 && !v->step) || (by > 0 && v->step + 1 >= count))
		return false;
	v->step += (size_t)by;
	v->moved = true;
	v->reveals = true;
	return true;
}

static bool act_step(void *state, const struct app *app, enum pane_act act)
{
	struct runbook_view *v = state;

	if (act == ACT_NEXT || act == ACT_PREVIOUS)
		return select_step(v, app, act == ACT_NEXT ? 1 : -1);
	return page_act(&v->page, act);
}

static bool act(void *state, const struct app *app, enum pane_act act)
{
	(void)app;
	return page_act(&((struct runbook_view *)state)->page, act);
}

static void words(void *state, const struct app *app, char *out, size_t size)
{
	(void)app;
	snprintf(out, size, "%s", ((struct runbook_view *)state)->title);
}

static void text(void *state, const struct app *app, bool all, struct str *out)
{
	(void)app;
	(void)all;
	page_text(&((struct runbook_view *)state)->page, out);
}

static void book_text(void *state, const struct app *app, bool all, struct str *out)
{
	reload(state, app, 0);
	text(state, app, all, out);
}

const struct pane_class runbook_pane = {
	.name = "runbook",
	.title = "Runbook",
	.changes = CHANGED_RUNBOOKS | CHANGED_RUNS | CHANGED_AUDIT | CHANGED_CLOCK,
	.state_size = sizeof(struct runbook_view),
	.open = open_runbook,
	.close = close_page,
	.reload = reload,
	.draw = draw,
	.act = act_step,
	.text = book_text,
	.words = words,
};

/* --- one log line --- */

static void open_text(void *state, const struct app *app, uint64_t id)
{
	struct runbook_view *v = state;
	const struct log_row *row = logs_find(app->logs, id);
	struct page *p = &v->page;
	char when[TIME_TEXT];

	page_init(p);
	snprintf(v->title, sizeof v->title, "log line");
	if (!row)
		return;
	page_line(p, 0, false);
	page_puts(p, ROLE_DIM, time_rfc3339(row->at, when));
	page_printf(p, ROLE_DIM, "  %s  ", level_name(row->level));
	page_add(p, ROLE_DIM, untrusted_copy(&p->arena, row->host));
	page_puts(p, ROLE_DIM, "  ");
	page_add(p, ROLE_STRONG, untrusted_copy(&p->arena, row->unit));
	page_line(p, 0, false);
	page_line(p, 0, false);
	page_add(p, ROLE_TEXT, untrusted_copy(&p->arena, row->text));
}

const struct pane_class text_pane = {
	.name = "text",
	.title = "Log line",
	.state_size = sizeof(struct runbook_view),
	.open = open_text,
	.close = close_page,
	.draw = draw_page,
	.act = act,
	.text = text,
	.words = words,
};

/* --- one event --- */

static void open_event(void *state, const struct app *app, uint64_t id)
{
	struct runbook_view *v = state;
	const struct log_entry *entry = event_listing.find(app, id);
	struct page *p = &v->page;
	char when[TIME_TEXT];

	page_init(p);
	snprintf(v->title, sizeof v->title, "event");
	if (!entry)
		return;
	page_line(p, 0, false);
	page_puts(p, ROLE_DIM, time_rfc3339(entry->at, when));
	page_printf(p, ROLE_DIM, "  %s", log_level_name(entry->level));
	page_line(p, 0, false);
	page_line(p, 0, false);
	page_puts(p, ROLE_TEXT, entry->text);
}

const struct pane_class event_pane = {
	.name = "event",
	.title = "Event",
	.state_size = sizeof(struct runbook_view),
	.open = open_event,
	.close = close_page,
	.draw = draw_page,
	.act = act,
	.text = text,
	.words = words,
};
